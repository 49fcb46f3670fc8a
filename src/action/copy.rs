//! `copy`: the controller's side, which finds the source.

use super::arguments::{flag, text, to_map};
use crate::diag::Diagnostic;
use crate::engine::{Action, Call, ModuleCall, Next};
use crate::template::World;
use crate::vault::Fault;
use impel_modules::host::{Input, Source, TreeEntry, TreeKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Finds what is to be copied.
pub struct Copy;

/// Folders nest no deeper than this.
const DEPTH: usize = 200;

impl Action for Copy {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let mut args = to_map(&call)?;
        let remote = flag(&call, "remote_src")?.unwrap_or(false);
        let decrypt = flag(&call, "decrypt")?.unwrap_or(true);
        args.shift_remove("decrypt");
        args.shift_remove("local_follow");
        let mut module = ModuleCall::new("copy", args);
        match (call.args.get("content"), text(&call, "src")) {
            // text is the module's own business, and so is what goes with what
            (Some(content), Some(_)) if !content.is_none() => {
                return Err(Diagnostic::user("src and content are mutually exclusive"));
            }
            (Some(content), None) if !content.is_none() => {}
            (_, Some(src)) if src.is_empty() => return Err(Diagnostic::user("src (or content) is required")),
            (_, None) => return Err(Diagnostic::user("src (or content) is required")),
            (_, Some(_)) if remote => {}
            (_, Some(src)) => {
                let Some(path) = call.world.find_file("files", Path::new(src.trim_end_matches('/'))) else {
                    let error = missing(&call, "files", &src);
                    return Err(Diagnostic {
                        message: format!("Unexpected AnsibleActionFail error: {}", error.message),
                        ..error
                    });
                };
                let slash = if src.ends_with('/') { "/" } else { "" };
                let whole = format!(
                    "{}{slash}",
                    std::path::absolute(&path).unwrap_or_else(|_| path.clone()).display()
                );
                module.args.insert("src".into(), whole.into());
                let follow = flag(&call, "local_follow")?.unwrap_or(true);
                module.inputs.push(("src".into(), input(&call, &path, follow, decrypt)?));
            }
        }
        Ok(Next::Module(module))
    }
}

/// A file or a folder on the controller.
fn input(call: &Call<'_>, path: &Path, follow: bool, decrypt: bool) -> Result<Input, Diagnostic> {
    if path.is_dir() {
        let mut folder = Folder { world: call.world, follow, decrypt, entries: Vec::new() };
        folder.walk(path, &mut Vec::new(), 0)?;
        return Ok(Input::Tree(folder.entries));
    }
    file(call.world, path, decrypt).map(Input::File)
}

/// A file on the controller; one that is encrypted is opened if it is to be decrypted.
///
/// # Errors
/// It cannot be read or opened.
pub fn file(world: &dyn World, path: &Path, decrypt: bool) -> Result<Source, Diagnostic> {
    let source = Source::file(path).map_err(|error| unreadable(path, &error))?;
    if !decrypt {
        return Ok(source);
    }
    let mut head = [0u8; 14];
    let encrypted = std::fs::File::open(path)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head))
        .is_ok_and(|()| &head == b"$ANSIBLE_VAULT");
    if !encrypted {
        return Ok(source);
    }
    let (bytes, secret) = world.read_file(path).map_err(|error| {
        let error = match error.message == Fault::NoSecrets.to_string() {
            true => Diagnostic::user(format!(
                "A vault password or secret must be specified to decrypt {}",
                path.display()
            )),
            false => error,
        };
        Diagnostic::user("Task failed").because(error)
    })?;
    let mode = source.mode;
    let mut plain = Source::bytes(bytes);
    (plain.secret, plain.mode) = (secret, mode);
    Ok(plain)
}

/// A folder that is copied as a whole.
struct Folder<'a> {
    world: &'a dyn World,
    follow: bool,
    decrypt: bool,
    entries: Vec<TreeEntry>,
}

impl Folder<'_> {
    fn walk(&mut self, folder: &Path, below: &mut Vec<u8>, depth: usize) -> Result<(), Diagnostic> {
        if depth > DEPTH {
            return Err(Diagnostic::user(format!(
                "{} nests too deep, or a link leads back into it",
                folder.display()
            )));
        }
        let read = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        let mut paths: Vec<PathBuf> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().as_bytes();
            let len = below.len();
            if len > 0 {
                below.push(b'/');
            }
            below.extend_from_slice(name);
            let own = std::fs::symlink_metadata(&path).map_err(|error| unreadable(&path, &error))?;
            if own.is_symlink() && !self.follow {
                let target = std::fs::read_link(&path).map_err(|error| unreadable(&path, &error))?;
                let kind = TreeKind::Link(target.as_os_str().as_bytes().to_vec());
                self.entries.push(TreeEntry { path: below.clone(), kind, mode: 0o777 });
            } else {
                let meta = std::fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
                let mode = meta.mode() & 0o7777;
                if meta.is_dir() {
                    self.entries.push(TreeEntry { path: below.clone(), kind: TreeKind::Folder, mode });
                    self.walk(&path, below, depth + 1)?;
                } else if meta.is_file() {
                    let source = file(self.world, &path, self.decrypt)?;
                    self.entries.push(TreeEntry { path: below.clone(), kind: TreeKind::File(source), mode });
                }
            }
            below.truncate(len);
        }
        Ok(())
    }
}

/// A file that cannot be read, and why.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::user(format!("cannot read {}: {error}", path.display()))
}

/// A file that was not found, and where it was looked for.
pub fn missing(call: &Call<'_>, subfolder: &str, name: &str) -> Diagnostic {
    let mut places: Vec<String> = Vec::new();
    let base = call.world.layers().store.run.playbook_dir.clone();
    let folders = call.world.search_path();
    // beside the playbook ansible-core looks twice
    let again = (folders.len() == 1).then_some(base);
    for folder in folders.into_iter().chain(again) {
        places.push(folder.join(subfolder).join(name).display().to_string());
        places.push(folder.join(name).display().to_string());
    }
    Diagnostic::user(format!(
        "Could not find or access '{name}'\nSearched in:\n\t{} on the Ansible Controller.\nIf you are using a module \
         and expect the file to exist on the remote, see the remote_src option",
        places.join("\n\t")
    ))
    .at(call.task.action.span)
}
