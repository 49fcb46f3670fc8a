//! `fetch`: a file of the host brought to the controller, never outside of the folder that the task names.

#[cfg(test)]
mod tests;

use crate::args::PathArg;
use crate::host::{Access, Algorithm, Checksum, Host, Source, Stat, join};
use crate::registry::Module;
use crate::{Args, Data, Fault, Outcome};
use std::path::{Path, PathBuf};

/// Fetch files from remote nodes.
#[derive(Args)]
pub struct Fetch {
    /// The file on the host; a folder cannot be fetched.
    src: PathArg,
    /// The folder on the controller to save the file into, or with `flat` the file.
    dest: String,
    /// Fail when the file cannot be read.
    #[arg(default = true)]
    fail_on_missing: bool,
    /// Compare the checksums after fetching.
    #[arg(default = true)]
    validate_checksum: bool,
    /// Do not add the host's name and the path to `dest`; where that ends with `/`, only the file's name.
    #[arg(default = false)]
    flat: bool,
    /// The name of the host's folder; set by impel.
    #[arg(name = "_host")]
    host: Option<String>,
}

impl Module for Fetch {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let path = host.path(&self.src).await?;
        let shown = String::from_utf8_lossy(&path).into_owned();
        let (status, access) = join(host.ask(Stat::behind(&path)), host.ask(Access::of(&path))).await;
        let status = match status {
            Ok(Some(status)) if !status.is_folder() && !access?.0 => Err(Fault::new("Permission denied")),
            status => status,
        };
        if let Err(fault) = &status {
            let message = format!("File is not readable: {shown}: {}", fault.message);
            return self.missing(&message, &format!("{message}, not transferring, ignored"), Some(shown));
        }
        let Some(status) = status? else {
            let message = "the remote file does not exist, not transferring, ignored";
            return self.missing(message, message, Some(shown));
        };
        if status.is_folder() {
            let message = "remote file is a directory, fetch cannot work on directories";
            return self.missing(message, &format!("{message}, not transferring, ignored"), None);
        }
        let place = self.place(&path)?;
        let place_shown = place.display().to_string();
        if place.is_dir() {
            return Err(Fault::at(
                "dest",
                format!(
                    "calculated dest '{place_shown}' is an existing directory, use another path that does not point to \
                     an existing directory"
                ),
            ));
        }
        // What was fetched to the same place a moment ago, by a task before, counts.
        let here = Source::file(&place).ok().filter(|_| place.is_file());
        if let Some(here) = here.filter(|here| status.size == 0 || here.len() == status.size) {
            let sum = host.ask(Checksum::sized(&path, Algorithm::Sha1, status.size)).await?;
            if sum.as_deref() == Some(here.sha1()?) {
                return Ok(Outcome::new()
                    .with_some("md5sum", host.for_result(|| here.md5())?)
                    .with("file", shown)
                    .with("dest", place_shown)
                    .with("checksum", here.sha1()?));
            }
        }
        host.turn().await;
        // A link of the controller's own is followed.
        let place = std::fs::canonicalize(&place).unwrap_or(place);
        let sum = async {
            match self.validate_checksum && status.is_file() {
                true => host.ask(Checksum::sized(&path, Algorithm::Sha1, status.size)).await,
                false => Ok(None),
            }
        };
        let (sum, received) = join(sum, host.receive(&path, &place, status.size)).await;
        let (sum, received) = (sum?, received.map_err(|fault| fault.with("file", shown.as_str()))?);
        let sha1 = received.sha1.clone();
        if let Some(sum) = sum.filter(|sum| *sum != sha1) {
            return Err(Fault::new("checksum mismatch")
                .with("md5sum", received.md5()?)
                .with("file", shown)
                .with("dest", place_shown)
                .with("remote_md5sum", Data::Null)
                .with("checksum", sha1)
                .with("remote_checksum", sum));
        }
        let md5 = host.for_result(|| received.md5())?;
        host.change_here(None, || received.keep()).await?;
        Ok(Outcome::new()
            .with_some("md5sum", md5)
            .with("dest", place_shown)
            .with("remote_md5sum", Data::Null)
            .with("remote_checksum", sha1.as_str())
            .with("checksum", sha1))
    }
}

impl Fetch {
    /// A file that is not there to be fetched: a failure, or by `fail_on_missing=false` none.
    fn missing(&self, message: &str, ignored: &str, file: Option<String>) -> Result<Outcome, Fault> {
        match self.fail_on_missing {
            true => Err(Fault::new(message)),
            false => Ok(Outcome::new().with("msg", ignored).with_some("file", file)),
        }
    }

    /// Where it goes. What the host says of its paths (`~`, `$HOME`) never leads out of the folder.
    fn place(&self, path: &[u8]) -> Result<PathBuf, Fault> {
        let text = String::from_utf8_lossy(path);
        let dest = Path::new(&self.dest);
        if !self.flat {
            let mut place = dest.to_path_buf();
            place.extend(within(self.host.as_deref().unwrap_or_default()));
            let inside = within(&text);
            if inside.is_empty() {
                return Err(Fault::at("src", format!("{text} names no file")));
            }
            place.extend(inside);
            return Ok(place);
        }
        if !self.dest.ends_with('/') {
            if dest.is_dir() {
                return Err(Fault::at(
                    "dest",
                    "dest is an existing directory, use a trailing slash if you want to fetch src into that directory",
                ));
            }
            return Ok(dest.to_path_buf());
        }
        match within(&text).last() {
            Some(name) => Ok(dest.join(name)),
            None => Err(Fault::at("src", format!("{text} names no file"))),
        }
    }
}

/// The components of a path that stay below where it starts: `..` leads no further up.
fn within(path: &str) -> Vec<&str> {
    let mut inside = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(inside.pop()),
            part => inside.push(part),
        }
    }
    inside
}
