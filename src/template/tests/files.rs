//! The controller's files: `exists`, `file`, `directory`, `link`, `mount`, `abs`, `same_file`, `vaulted_file`.

use super::Test;
use crate::template::value::{Error, Result, Value, str_repr};
use crate::template::{Effect, Eval};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["exists"], &[], |eval, input, _| on_file(eval, &input, |p| p.exists())),
    Test::new(&["file", "is_file"], &[], |eval, input, _| on_file(eval, &input, |p| p.is_file())),
    Test::new(&["directory", "is_dir"], &[], |eval, input, _| on_file(eval, &input, |p| p.is_dir())),
    Test::new(&["link", "is_link"], &[], |eval, input, _| on_link(eval, &input, |p| p.is_symlink())),
    Test::new(&["link_exists"], &[], |eval, input, _| {
        on_link(eval, &input, |p| p.symlink_metadata().is_ok())
    }),
    Test::new(&["mount", "is_mount"], &[], |eval, input, _| on_link(eval, &input, is_mount)),
    Test::new(&["abs", "is_abs"], &[], |_, input, _| Ok(path_of(&input)?.is_absolute())),
    Test::new(&["same_file", "is_same_file"], &["path2"], |eval, input, args| {
        eval.world().effect(Effect::ReadsController)?;
        let meta = |path: PathBuf| {
            path.metadata().map_err(|e| {
                let shown = str_repr(&path.to_string_lossy());
                Error::new(match e.raw_os_error() {
                    Some(2) => format!("[Errno 2] No such file or directory: {shown}"),
                    Some(n) => format!("[Errno {n}] {e}: {shown}"),
                    None => e.to_string(),
                })
            })
        };
        let (a, b) = (meta(file_of(&input)?)?, meta(file_of(args.required(0, "path2")?)?)?);
        Ok(a.dev() == b.dev() && a.ino() == b.ino())
    }),
    Test::new(&["vaulted_file"], &[], |eval, input, _| {
        eval.world().effect(Effect::ReadsController)?;
        let path = path_of(&input)?;
        let mut start = Vec::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(14).read_to_end(&mut start))
            .map_err(|e| Error::new(format!("Cannot test if the file {} is a vault: {e}", path.display())))?;
        Ok(start == b"$ANSIBLE_VAULT")
    }),
];

fn path_of(value: &Value) -> Result<PathBuf> {
    match value {
        Value::Str(s) => Ok(PathBuf::from(&*s.text)),
        Value::Bytes(b) => Ok(PathBuf::from(std::ffi::OsStr::from_bytes(b))),
        Value::Undefined(marker) => Err(Error(marker.clone())),
        other => {
            Err(Error::new(format!("expected str, bytes or os.PathLike object, not {}", other.type_name())))
        }
    }
}

/// A file by its path, or by the number under which it is open.
fn file_of(value: &Value) -> Result<PathBuf> {
    match value.as_int() {
        Some(number) => Ok(PathBuf::from(format!("/proc/self/fd/{number}"))),
        None => path_of(value),
    }
}

/// Asks of a file.
fn on_file(eval: &Eval<'_>, input: &Value, test: impl FnOnce(&Path) -> bool) -> Result<bool> {
    eval.world().effect(Effect::ReadsController)?;
    Ok(test(&file_of(input)?))
}

/// Asks of a link, which has no number.
fn on_link(eval: &Eval<'_>, input: &Value, test: impl FnOnce(&Path) -> bool) -> Result<bool> {
    eval.world().effect(Effect::ReadsController)?;
    match input {
        Value::Str(_) | Value::Bytes(_) | Value::Undefined(_) => Ok(test(&path_of(input)?)),
        other => {
            let name = other.class_name();
            Err(Error::new(format!("lstat: path should be string, bytes or os.PathLike, not {name}")))
        }
    }
}

fn is_mount(path: &Path) -> bool {
    let Ok(here) = path.symlink_metadata() else { return false };
    if here.is_symlink() {
        return false;
    }
    match path.join("..").symlink_metadata() {
        Ok(above) => here.dev() != above.dev() || here.ino() == above.ino(),
        Err(_) => false,
    }
}
