//! `state: link` and `state: hard`.

use super::{Work, dirname, python_error};
use crate::attributes::state_name;
use crate::host::{Host, Probe, Readlink, RealPath, Stat, Status, hard_link, symlink};
use crate::{Data, Fault, Outcome};

impl Work<'_> {
    pub(super) async fn symlink(
        &mut self,
        now: Option<Status>,
        src: Option<Vec<u8>>,
    ) -> Result<Outcome, Fault> {
        let says = match &now {
            Some(now) if now.is_link() => self.host.ask(Readlink::of(&self.path)).await?,
            _ => None,
        };
        let src = match (src, &says) {
            (Some(src), _) => src,
            (None, Some(says)) if self.args.follow => says.clone(),
            (None, Some(_)) => {
                // Nothing to link: only the link's own attributes.
                self.begin_diff("link", now.as_ref());
                if let Some(now) = now {
                    self.set_attributes(now).await?;
                }
                return Ok(Outcome::new().with("dest", self.shown()).with("src", Data::Null));
            }
            (None, None) => return Err(Fault::at("src", "src is required for creating new symlinks")),
        };
        let with_src =
            |fault: Fault, work: &Self| fault.with("path", work.shown()).with("src", Data::lossy(&src));
        // A relative source starts at the link's folder; at the path itself where that is a folder.
        let base = match &now {
            Some(now) if now.is_folder() => self.path.clone(),
            _ => dirname(&self.path).to_vec(),
        };
        let absolute = if src.starts_with(b"/") { src.clone() } else { [&base, &b"/"[..], &src].concat() };
        let exists = self.host.ask(Stat::behind(&absolute)).await?.is_some();
        let force = self.args.force;
        if !force && !exists {
            let shown = String::from_utf8_lossy(&absolute);
            let message = format!(
                "src file does not exist, use 'force=yes' if you really want to create the link: {shown}"
            );
            return Err(with_src(Fault::at("src", message), self));
        }
        if let Some(now) = now.as_ref().filter(|now| !now.is_link()) {
            let shown = String::from_utf8_lossy(&self.path).into_owned();
            if !force {
                let message = format!("refusing to convert from {} to symlink for {shown}", state_name(now));
                return Err(Fault::at("path", message).with("path", self.shown()));
            }
            if now.is_folder() && !is_empty(self.host, &self.path).await? {
                let message = format!("the directory {shown} is not empty, refusing to convert it");
                return Err(Fault::at("path", message).with("path", self.shown()));
            }
        }
        self.begin_diff("link", now.as_ref());
        let outcome = |work: &Self| Outcome::new().with("dest", work.shown()).with("src", Data::lossy(&src));
        if says.as_deref() != Some(&src) {
            if let Some(says) = &says {
                self.before.insert("src".into(), Data::lossy(says));
                self.after.insert("src".into(), Data::lossy(&src));
            }
            let gate = self.host.change(None, symlink(&src, &self.path)).await;
            let gate = gate.map_err(|fault| linking(&fault, &src, self))?;
            if gate.acted().is_none() && now.is_none() {
                return Ok(outcome(self));
            }
        }
        if self.args.attributes.is_empty() && self.times.preserve() {
            if self.args.follow && !exists && !self.host.check_mode() {
                self.warn_dangling();
            }
            return Ok(outcome(self));
        }
        self.link_attributes(&src).await?;
        Ok(outcome(self))
    }

    /// Attributes go to what the link leads to, or with `follow: false` to the link.
    async fn link_attributes(&mut self, src: &[u8]) -> Result<(), Fault> {
        let status = match (self.args.follow, self.host.check_mode()) {
            (false, _) => self.host.ask(Stat::of(&self.path)).await?,
            (true, false) => match self.host.ask(RealPath::of(&self.path)).await? {
                Some(real) => self.host.ask(Stat::of(&real)).await?,
                None => None,
            },
            (true, true) => {
                let base = dirname(&self.path);
                let target = if src.starts_with(b"/") { src.to_vec() } else { [base, b"/", src].concat() };
                self.host.ask(Stat::behind(&target)).await?
            }
        };
        match status {
            Some(status) => self.set_attributes(status).await,
            None => {
                self.warn_dangling();
                Ok(())
            }
        }
    }

    fn warn_dangling(&mut self) {
        self.warnings.push(
            "Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this."
                .into(),
        );
    }

    pub(super) async fn hard(&mut self, now: Option<Status>, src: Option<Vec<u8>>) -> Result<Outcome, Fault> {
        let Some(src) = src else {
            if let Some(now) = now.filter(|now| state_name(now) == "hard") {
                // Nothing to link: only its attributes.
                self.begin_diff("hard", Some(&now));
                self.set_attributes(now).await?;
                return Ok(Outcome::new().with("dest", self.shown()).with("src", Data::Null));
            }
            return Err(Fault::at("src", "src is required for creating new hardlinks"));
        };
        let with_src =
            |fault: Fault, work: &Self| fault.with("dest", work.shown()).with("src", Data::lossy(&src));
        let (source, says) = self.host.ask_both(Stat::behind(&src), Readlink::of(&self.path)).await?;
        let Some(source) = source else {
            return Err(with_src(Fault::at("src", "src does not exist"), self));
        };
        self.begin_diff("hard", now.as_ref());
        let same = now.as_ref().is_some_and(|now| (now.inode, now.dev) == (source.inode, source.dev));
        let outcome = |work: &Self| Outcome::new().with("dest", work.shown()).with("src", Data::lossy(&src));
        if !same {
            if let Some(now) = &now {
                let message = match state_name(now) {
                    "link" => {
                        self.before
                            .insert("src".into(), says.as_deref().map(Data::lossy).unwrap_or_default());
                        self.after.insert("src".into(), Data::lossy(&src));
                        None
                    }
                    "hard" => Some("Cannot link, different hard link exists at destination".to_string()),
                    "file" => Some("Cannot link, file exists at destination".to_string()),
                    state => Some(format!("Cannot link, {state} exists at destination")),
                };
                if let Some(message) = message.filter(|_| !self.args.force || now.is_folder()) {
                    return Err(with_src(Fault::at("path", message), self));
                }
            }
            let gate = self.host.change(None, hard_link(&src, &self.path)).await;
            let gate = gate.map_err(|fault| linking(&fault, &src, self))?;
            if gate.acted().is_none() && now.is_none() {
                return Ok(outcome(self));
            }
        }
        let status =
            if self.host.check_mode() { Some(source) } else { self.host.ask(Stat::of(&self.path)).await? };
        if let Some(status) = status {
            self.set_attributes(status).await?;
        }
        Ok(outcome(self))
    }
}

/// `[Errno 2] No such file or directory: b'/from' -> b'/to'`.
fn linking(fault: &Fault, src: &[u8], work: &Work<'_>) -> Fault {
    let said = fault.message.trim_start_matches("Error while linking: ");
    let said =
        if said.contains("hard link not allowed for directory") { "Operation not permitted" } else { said };
    let error = python_error(said, src);
    let to = match error.starts_with("[Errno") {
        true => format!(" -> b'{}'", String::from_utf8_lossy(&work.path)),
        false => String::new(),
    };
    Fault::new(format!("Error while linking: {error}{to}")).with("path", work.shown())
}

/// Whether nothing is in the folder.
async fn is_empty(host: &Host, path: &[u8]) -> Result<bool, Fault> {
    let part = host.ask(Probe::command([&b"ls"[..], b"-A", path])).await?;
    Ok(part.rc == 0 && part.out.is_empty())
}
