//! A file of the host brought to the controller: streamed, summed on the way, in its place at once or not at all.

use super::act::refused;
use super::ask::path_word;
use super::conversation::Host;
use super::input::Source;
use super::pipe::{Request, Script};
use super::wave::nonce;
use crate::Fault;
use sha1::{Digest, Sha1};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

static SEND: Script = Script { name: "ask_send", text: include_str!("ask/send.sh"), needs: &[] };

/// What was received: a file of another name beside its place, gone unless it is kept.
pub struct Received {
    temporary: Temporary,
    place: PathBuf,
    /// The SHA-1 of the bytes, in hex.
    pub sha1: String,
    /// How many they are.
    pub len: u64,
}

/// Removed when dropped; once it has been renamed there is nothing left to remove.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

/// How much more than its size a file may hold: one that grows while it is read, one of /proc that tells no size.
const GROWTH: u64 = 256 << 20;

/// Where the stream goes. It fails only for one that does not end: a disk that is full is told when the stream is
/// over.
struct Filling {
    file: File,
    left: u64,
    sha1: Sha1,
    len: u64,
    failed: Option<std::io::Error>,
}

/// The pipe's end of it.
struct Sink(Arc<Mutex<Filling>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Ok(mut filling) = self.0.lock() else { return Ok(bytes.len()) };
        let Some(left) = filling.left.checked_sub(bytes.len() as u64) else {
            return Err(std::io::Error::other("the host sends far more than the file's size"));
        };
        filling.left = left;
        if filling.failed.is_none() {
            filling.failed = filling.file.write_all(bytes).err();
            filling.sha1.update(bytes);
            filling.len += bytes.len() as u64;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Host {
    /// Streams a file of the host to the controller, beside `place`, whose folder is made. It belongs to the turn;
    /// what is there changes only with [`Received::keep`]. `size` is what the host says of the file: one that sends
    /// far more is given up.
    ///
    /// # Errors
    /// The host cannot read it, or the controller cannot write it.
    pub async fn receive(&self, path: &[u8], place: &Path, size: u64) -> Result<Received, Fault> {
        self.turn().await;
        let (temporary, file) = beside(place)?;
        let left = size.saturating_add(GROWTH);
        let filling = Filling { file, left, sha1: Sha1::new(), len: 0, failed: None };
        let filling = Arc::new(Mutex::new(filling));
        let mut request = Request::call("ask_send", [path_word(path)], &[&SEND]);
        request.sink = Some(Box::new(Sink(filling.clone())));
        let reply = self.send(request).await?;
        if reply.rc != 0 {
            return Err(refused("the file cannot be read", &reply));
        }
        let Ok(mut filling) = filling.lock() else { return Err(Fault::new("the stream was cut")) };
        if let Some(error) = filling.failed.take() {
            return Err(Fault::new(format!("could not write {}: {error}", place.display())));
        }
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        Ok(Received {
            temporary,
            place: place.to_path_buf(),
            sha1: hex(&filling.sha1.finalize_reset()),
            len: filling.len,
        })
    }
}

impl Received {
    /// The MD5 of the bytes, in hex.
    ///
    /// # Errors
    /// The controller cannot read what it has written.
    pub fn md5(&self) -> Result<String, Fault> {
        let source = Source::file(&self.temporary.0)
            .map_err(|e| Fault::new(format!("could not read {}: {e}", self.temporary.0.display())))?;
        source.md5().map(str::to_string)
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// The controller refuses.
    pub fn keep(self) -> Result<(), Fault> {
        std::fs::rename(&self.temporary.0, &self.place)
            .map_err(|e| Fault::new(format!("could not write {}: {e}", self.place.display())))
    }
}

/// A new file beside `place`, with the mode of what is there, else the umask's.
fn beside(place: &Path) -> Result<(Temporary, File), Fault> {
    if let Some(folder) = place.parent() {
        let fault = |e| format!("Unable to create local directories '{}': {e}", folder.display());
        std::fs::create_dir_all(folder).map_err(|e| Fault::new(fault(e)))?;
    }
    let path = place.with_file_name(format!(".impel-{}", nonce().get(..16).unwrap_or("r")));
    let refused = |e: std::io::Error| Fault::new(format!("could not write {}: {e}", place.display()));
    let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(refused)?;
    let temporary = Temporary(path);
    if let Ok(now) = std::fs::metadata(place) {
        file.set_permissions(now.permissions()).map_err(refused)?;
    }
    Ok((temporary, file))
}
