//! `copy` of a folder: everything is looked at once, what differs travels as one stream.

use super::Copy;
use crate::args::Mode;
use crate::attributes::Wanted;
use crate::file::{basename, dirname};
use crate::host::{
    Algorithm, Attributes, Checksum, Host, Readlink, Source, Stat, Status, TarFile, TreeEntry, TreeKind,
    WriteFile, WriteTree, symlink,
};
use crate::{Fault, Outcome};
use std::collections::{BTreeSet, HashMap};

/// What one entry becomes on the host.
struct Planned {
    path: Vec<u8>,
    entry: TreeEntry,
    now: Option<Status>,
}

impl Copy {
    /// Copies entries below `dest`; below a folder of the source's name there, unless `src` ends with a slash.
    pub(super) async fn copy_tree(
        &self,
        host: &Host,
        entries: Vec<TreeEntry>,
        dest: Vec<u8>,
    ) -> Result<Outcome, Fault> {
        let src = self.src.as_ref().map_or("", |src| src.written());
        let mut top = dest.clone();
        while top.len() > 1 && top.ends_with(b"/") {
            top.pop();
        }
        let shown = format!("{}/", String::from_utf8_lossy(&top));
        let mut root = top.clone();
        if !src.ends_with('/') && !src.is_empty() {
            root = [&root, &b"/"[..], basename(src.as_bytes())].concat();
        }
        let wanted = self.attributes.resolve(host).await?;
        let planned = self.look(host, &root, entries).await?;
        self.folders(host, &root, &planned, &wanted).await?;
        let (files, rest): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|p| matches!(p.entry.kind, TreeKind::File(_)));
        self.files(host, &root, files, &wanted).await?;
        self.links(host, rest).await?;
        Ok(self.with_src(Outcome::new()).with("dest", shown))
    }

    async fn look(&self, host: &Host, root: &[u8], entries: Vec<TreeEntry>) -> Result<Vec<Planned>, Fault> {
        let path = |entry: &TreeEntry| [root, b"/", &entry.path].concat();
        let ask = |entry: &TreeEntry| match entry.kind {
            TreeKind::Link(_) => Stat::of(&path(entry)),
            TreeKind::File(_) if !self.follow => Stat::of(&path(entry)),
            _ => Stat::behind(&path(entry)),
        };
        let stats = host.ask_all(entries.iter().map(ask)).await?;
        let plan = |(entry, now): (TreeEntry, _)| Planned { path: path(&entry), entry, now };
        Ok(entries.into_iter().zip(stats).map(plan).collect())
    }

    /// Makes the folders that are missing, the root and its parents among them.
    async fn folders(
        &self,
        host: &Host,
        root: &[u8],
        planned: &[Planned],
        wanted: &Wanted,
    ) -> Result<(), Fault> {
        let mut needed: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut there: BTreeSet<&[u8]> = BTreeSet::new();
        for plan in planned {
            if let (TreeKind::Folder, Some(now)) = (&plan.entry.kind, &plan.now) {
                if !now.is_folder() {
                    let shown = String::from_utf8_lossy(&plan.path).into_owned();
                    return Err(Fault::at("dest", format!("{shown} already exists as a file")));
                }
                there.insert(&plan.path);
            }
            let mut folder = match plan.entry.kind {
                TreeKind::Folder => plan.path.clone(),
                _ => dirname(&plan.path).to_vec(),
            };
            while folder.len() > root.len() && needed.insert(folder.clone()) {
                folder = dirname(&folder).to_vec();
            }
        }
        let mut missing: Vec<Vec<u8>> = Vec::new();
        let mut above = root.to_vec();
        while above != b"/" && above != b"." && host.ask(Stat::behind(&above)).await?.is_none() {
            missing.push(above.clone());
            above = dirname(&above).to_vec();
        }
        missing.reverse();
        missing.extend(needed.into_iter().filter(|folder| !there.contains(folder.as_slice())));
        self.make_these(host, &missing, wanted).await
    }

    async fn files(
        &self,
        host: &Host,
        root: &[u8],
        files: Vec<Planned>,
        wanted: &Wanted,
    ) -> Result<(), Fault> {
        let mut sums = Vec::new();
        for plan in &files {
            if let (TreeKind::File(source), Some(now)) = (&plan.entry.kind, &plan.now)
                && now.is_file()
                && now.size == source.len()
            {
                sums.push((plan.path.clone(), Checksum::sized(&plan.path, Algorithm::Sha1, now.size)));
            }
        }
        let (paths, questions): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        let answers = host.ask_all(questions).await?;
        let sums: HashMap<Vec<u8>, Option<String>> = paths.into_iter().zip(answers).collect();
        let (mut differing, mut attributes) = (Vec::new(), Vec::<Attributes>::new());
        for plan in files {
            let TreeKind::File(source) = &plan.entry.kind else { continue };
            if plan.now.is_some() && !self.force {
                continue;
            }
            let same = match sums.get(&plan.path) {
                Some(Some(sum)) => sum == source.sha1()?,
                _ => false,
            };
            match plan.now.as_ref().filter(|_| same) {
                Some(now) => {
                    let wanted = Copy::wanted_mode(wanted, Some(plan.entry.mode));
                    attributes.extend(wanted.plain_difference(now)?.map(|difference| difference.act));
                }
                None => {
                    let source = source.clone();
                    differing.push((plan, source));
                }
            }
        }
        if !differing.is_empty() {
            self.send(host, root, differing, wanted).await?;
        }
        if !attributes.is_empty() {
            host.change(None, attributes).await?;
        }
        Ok(())
    }

    async fn send(
        &self,
        host: &Host,
        root: &[u8],
        differing: Vec<(Planned, Source)>,
        wanted: &Wanted,
    ) -> Result<(), Fault> {
        if self.backup || self.validate.is_some() {
            return self.send_singly(host, differing, wanted).await;
        }
        let me = host.me().await?;
        let replaces = differing.iter().any(|(plan, _)| plan.now.is_some());
        let mut folders: Vec<Vec<u8>> = Vec::new();
        let mut numbers: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut files = Vec::with_capacity(differing.len());
        for (plan, source) in differing {
            let folder = dirname(&plan.path).to_vec();
            let number = *numbers.entry(folder.clone()).or_insert_with(|| {
                folders.push(folder);
                folders.len() - 1
            });
            let base = plan.now.as_ref().filter(|now| now.is_file());
            let umask = me.umask;
            let before = base.map_or(0o666 & !umask, Status::mode);
            let mode = match &wanted.mode {
                None => before,
                Some(Mode::Preserve) => plan.entry.mode,
                Some(mode) => mode.apply(before, false, umask)?,
            };
            files.push(TarFile {
                folder: number,
                name: basename(&plan.path).to_vec(),
                mode,
                uid: wanted.uid.or(base.map(|b| b.uid)).unwrap_or(me.uid),
                gid: wanted.gid.or(base.map(|b| b.gid)).unwrap_or(me.gid),
                source,
            });
        }
        let act = WriteTree { files, folders, beside: root.to_vec(), replaces };
        host.change(None, act).await.map(drop)
    }

    /// With `backup` or `validate` each file is a matter of its own.
    async fn send_singly(
        &self,
        host: &Host,
        differing: Vec<(Planned, Source)>,
        wanted: &Wanted,
    ) -> Result<(), Fault> {
        let validate = crate::edit::validate_words(self.validate.as_deref())?;
        for (plan, source) in differing {
            let wanted = Copy::wanted_mode(wanted, Some(plan.entry.mode));
            let base = plan.now.as_ref().filter(|now| now.is_file());
            let umask = host.me().await?.umask;
            let mode = match &wanted.mode {
                None => None,
                Some(mode) => Some(mode.apply(base.map_or(0o666 & !umask, Status::mode), false, umask)?),
            };
            let sha1 = source.sha1()?.to_string();
            let act = WriteFile {
                owner: (wanted.uid, wanted.gid),
                mode,
                backup: self.backup && plan.now.is_some(),
                unsafe_writes: self.attributes.unsafe_writes,
                validate: validate.clone(),
                ..WriteFile::new(&plan.path, source)
            };
            host.change(None, act).await.map_err(|fault| fault.with("checksum", sha1))?;
        }
        Ok(())
    }

    async fn links(&self, host: &Host, planned: Vec<Planned>) -> Result<(), Fault> {
        for plan in planned {
            let TreeKind::Link(target) = &plan.entry.kind else { continue };
            let says = match &plan.now {
                Some(now) if now.is_link() => host.ask(Readlink::of(&plan.path)).await?,
                _ => None,
            };
            if says.as_ref() != Some(target) {
                host.change(None, symlink(target, &plan.path)).await?;
            }
        }
        Ok(())
    }
}
