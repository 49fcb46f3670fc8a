//! `recurse: true`, and what `state: absent` would remove.

use super::Work;
use crate::host::{Attributes, RealPath, Stat, Status, Tree};
use crate::{Data, Fault, Map};
use std::collections::HashSet;

/// Links that lead to folders are walked too; more of them than this is a loop or a mistake.
const WALKS: usize = 1000;

impl Work<'_> {
    /// Sets the attributes on everything below; links are followed where the task says so.
    pub(super) async fn set_below(&mut self, top: &[u8]) -> Result<(), Fault> {
        let wanted = self.wanted().await?;
        let (mut folders, mut seen) = (vec![top.to_vec()], HashSet::new());
        let mut found: Vec<Status> = Vec::new();
        while let Some(folder) = folders.pop() {
            if seen.len() > WALKS {
                return Err(Fault::new("too many links to folders below").with("path", self.shown()));
            }
            for status in self.host.ask(Tree::below(&folder)).await? {
                if !seen.insert((status.dev, status.inode)) && status.is_folder() {
                    continue;
                }
                if status.is_link() && self.args.follow {
                    let (behind, real) =
                        self.host.ask_both(Stat::behind(&status.path), RealPath::of(&status.path)).await?;
                    match (behind, real) {
                        (Some(behind), Some(_)) if seen.contains(&(behind.dev, behind.inode)) => {}
                        (Some(behind), Some(real)) if behind.is_folder() => folders.push(real),
                        (Some(behind), Some(real)) => found.push(Status { path: real, ..behind }),
                        _ => {}
                    }
                }
                found.push(status);
            }
        }
        self.set_many(&wanted, &found).await
    }

    /// One call for all that need the same.
    async fn set_many(&mut self, wanted: &crate::attributes::Wanted, found: &[Status]) -> Result<(), Fault> {
        let mut groups: Vec<Attributes> = Vec::new();
        for status in found {
            let difference = if wanted.is_asked() {
                wanted.difference(self.host, status).await?
            } else {
                wanted.plain_difference(status)?
            };
            let Some(difference) = difference else { continue };
            let act = difference.act;
            let alike = groups.iter_mut().find(|g| {
                g.owner == act.owner && g.mode == act.mode && g.flags == act.flags && g.context == act.context
            });
            match alike {
                Some(group) => group.paths.extend(act.paths),
                None => groups.push(act),
            }
        }
        if !groups.is_empty() {
            self.host.change(None, groups).await.map_err(|f| f.with("path", self.shown()))?;
        }
        Ok(())
    }

    /// The `path_content` of the diff: what stands below a folder that goes.
    pub(super) async fn contents_before(&mut self) -> Result<(), Fault> {
        let below = self.host.ask(Tree::below(&self.path)).await?;
        let named = |folders: bool| {
            let some = below.iter().skip(1).filter(|s| s.is_folder() == folders);
            Data::List(some.map(|s| Data::lossy(&s.path)).collect())
        };
        let mut content = Map::new();
        content.insert("directories".into(), named(true));
        content.insert("files".into(), named(false));
        self.before.insert("path_content".into(), Data::Map(content));
        Ok(())
    }
}
