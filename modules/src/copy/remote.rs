//! `copy` with `remote_src`: from one place on the host to another.

use super::{Copy, Target};
use crate::attributes::{Wanted, path_info};
use crate::file::{basename, dirname};
use crate::host::{
    Algorithm, Attributes, Checksum, CopyFile, Host, Readlink, Source, Stat, Status, Tree, WriteFile, join,
    symlink,
};
use crate::{Data, Fault, Outcome};
use std::collections::BTreeMap;

impl Copy {
    pub(super) async fn copy_there(&self, host: &Host, dest: Vec<u8>) -> Result<Outcome, Fault> {
        let Some(src) = &self.src else { return Err(Fault::new("src (or content) is required")) };
        let src = host.path(src).await?;
        let shown = String::from_utf8_lossy(&src).into_owned();
        let Some(status) = host.ask(Stat::behind(&src)).await? else {
            return Err(Fault::at("src", format!("Source {shown} not found")));
        };
        if status.is_folder() {
            return self.copy_folder_there(host, &src, dest).await;
        }
        let target = Target::look(host, &dest, Some(basename(&src)), self.follow).await?;
        if target.status.is_some() && !self.force {
            let outcome = Outcome::new().with("msg", "file already exists");
            let outcome = outcome.with("src", shown).with("dest", target.shown());
            return Ok(outcome.with_all(path_info(target.status.as_ref())));
        }
        let md5 = async {
            match host.is_result_read() {
                true => host.ask(Checksum::sized(&src, Algorithm::Md5, status.size)).await,
                false => Ok(None),
            }
        };
        let sha1 = host.ask(Checksum::sized(&src, Algorithm::Sha1, status.size));
        let (sha1, md5) = join(sha1, md5).await;
        let Some(sha1) = sha1? else {
            return Err(Fault::at("src", format!("Source {shown} not readable")));
        };
        self.check_sum(&sha1)?;
        let wanted = Copy::wanted_mode(&self.attributes.resolve(host).await?, Some(status.mode()));
        let shown_src = shown.clone();
        let outcome = Outcome::new()
            .with("src", shown)
            .with("dest", target.shown())
            .with("checksum", sha1.as_str())
            .with("md5sum", Data::from(md5?));
        let there = target.status.as_ref();
        let is_same = target.sum.as_ref() == Some(&sha1) && there.is_some_and(|s| !s.is_link());
        let mut now = target.status.clone();
        let mut backup = None;
        if !is_same {
            if !target.has_folder {
                if !target.makes_folders {
                    let folder = String::from_utf8_lossy(dirname(&target.path)).into_owned();
                    return Err(Fault::at("dest", format!("Destination directory {folder} does not exist")));
                }
                let folder = dirname(&target.path).to_vec();
                if host.check_mode() {
                    host.foretell(None);
                    let message =
                        format!("dest directory {} would be created", String::from_utf8_lossy(&folder));
                    return Ok(Outcome::new().with("msg", message).with("src", shown_src));
                }
                self.make_folders(host, &folder, &wanted).await?;
            }
            let write = WriteFile {
                backup: self.backup && there.is_some(),
                unsafe_writes: self.attributes.unsafe_writes,
                tell: true,
                validate: crate::edit::validate_words(self.validate.as_deref())?,
                ..WriteFile::new(&target.path, Source::bytes(Vec::new()))
            };
            let Some(reply) = host.change(None, CopyFile { from: src, write }).await?.acted() else {
                return Ok(outcome.with_all(path_info(there)));
            };
            backup = WriteFile::backup(&reply);
            now = WriteFile::status(&reply);
        }
        now = self.finish_attributes(host, now, &wanted).await?;
        Ok(outcome.with_some("backup_file", backup).with_all(path_info(now.as_ref())))
    }

    async fn finish_attributes(
        &self,
        host: &Host,
        now: Option<Status>,
        wanted: &Wanted,
    ) -> Result<Option<Status>, Fault> {
        let Some(status) = &now else { return Ok(now) };
        let Some(difference) = wanted.difference(host, status).await? else { return Ok(now) };
        match host.change(None, difference.act).await?.acted() {
            Some(_) => host.ask(Stat::of(&status.path)).await,
            None => Ok(now),
        }
    }

    /// A folder goes into a folder that is there, or becomes the one that is not.
    async fn copy_folder_there(&self, host: &Host, src: &[u8], dest: Vec<u8>) -> Result<Outcome, Fault> {
        let shown = String::from_utf8_lossy(src).into_owned();
        let mut root = dest;
        while root.len() > 1 && root.ends_with(b"/") {
            root.pop();
        }
        let mut top = src.to_vec();
        while top.len() > 1 && top.ends_with(b"/") {
            top.pop();
        }
        match host.ask(Stat::behind(&root)).await? {
            Some(there) if there.is_folder() && !src.ends_with(b"/") => {
                root = [&root, &b"/"[..], basename(&top)].concat();
            }
            Some(there) if !there.is_folder() => {
                let message =
                    format!("cannot use a folder as the source of {}", String::from_utf8_lossy(&root));
                return Err(Fault::at("dest", message));
            }
            _ => {}
        }
        let wanted = self.attributes.resolve(host).await?;
        let below = host.ask(Tree::below(&top)).await?;
        let place = |path: &[u8]| [&root, path.get(top.len()..).unwrap_or_default()].concat();
        let there = host.ask_all(below.iter().map(|s| Stat::of(&place(&s.path)))).await?;
        let mut missing = Vec::new();
        for (status, now) in below.iter().zip(&there) {
            if status.is_folder() && now.is_none() {
                missing.push(place(&status.path));
            }
        }
        self.make_these(host, &missing, &wanted).await?;
        // New folders are as their originals, whatever `directory_mode` says.
        let mut alike: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
        for (status, now) in below.iter().zip(&there) {
            if status.is_folder() && now.is_none() {
                alike.entry(status.mode()).or_default().push(place(&status.path));
            }
        }
        for (mode, paths) in alike {
            host.change(None, Attributes { paths, mode: Some(mode), ..Attributes::default() }).await?;
        }
        let files: Vec<_> = below.iter().zip(&there).filter(|(status, _)| status.is_file()).collect();
        let sums = |paths: Vec<Vec<u8>>| {
            let ask = move |path: Vec<u8>| Checksum::sized(&path, Algorithm::Sha1, u64::MAX);
            host.ask_all(paths.into_iter().map(ask).collect::<Vec<_>>())
        };
        let here = sums(files.iter().map(|(s, _)| s.path.clone()).collect()).await?;
        let away = sums(files.iter().map(|(s, _)| place(&s.path)).collect()).await?;
        for ((status, now), (one, other)) in files.iter().zip(here.iter().zip(&away)) {
            if now.is_some() && (!self.force || one == other) {
                continue;
            }
            let write = WriteFile {
                // A copy of a folder keeps its files' modes.
                mode: Some(status.mode()),
                backup: self.backup && now.is_some(),
                ..WriteFile::new(&place(&status.path), Source::bytes(Vec::new()))
            };
            host.change(None, CopyFile { from: status.path.clone(), write }).await?;
        }
        for (status, now) in below.iter().zip(&there).filter(|(status, _)| status.is_link()) {
            let target = host.ask(Readlink::of(&status.path)).await?.unwrap_or_default();
            let place = place(&status.path);
            let says = match now {
                Some(now) if now.is_link() => host.ask(Readlink::of(&place)).await?,
                _ => None,
            };
            if says.as_ref() != Some(&target) {
                host.change(None, symlink(&target, &place)).await?;
            }
        }
        let mut status = host.ask(Stat::of(&root)).await?;
        // The task's own attributes are those of the folder itself.
        if let Some(now) = status.clone()
            && let Some(difference) = wanted.difference(host, &now).await?
            && host.change(None, difference.act).await?.acted().is_some()
        {
            status = host.ask(Stat::of(&root)).await?;
        }
        if host.is_untouched() && src.ends_with(b"/") {
            root.push(b'/');
        }
        let outcome = Outcome::new()
            .with("src", shown)
            .with("dest", Data::lossy(&root))
            .with("checksum", Data::Null)
            .with("md5sum", Data::Null);
        Ok(outcome.with_all(path_info(status.as_ref())))
    }
}
