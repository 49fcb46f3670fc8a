//! The text behind spans: files read once, and texts that never were files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, RwLock};

/// Files above this size are not read for an excerpt.
const LARGEST: u64 = 8 << 20;

static TEXTS: LazyLock<RwLock<HashMap<PathBuf, Option<Arc<str>>>>> = LazyLock::new(Default::default);

/// Gives the text that a name such as `<adhoc 'ping' task>` stands for.
pub fn remember_source(name: &Path, text: impl Into<Arc<str>>) {
    let mut texts = TEXTS.write().unwrap_or_else(|e| e.into_inner());
    texts.insert(name.to_path_buf(), Some(text.into()));
}

/// One line of a source (from 1) without its end, if the source can be read and has it.
pub fn source_line(file: &Path, line: u32) -> Option<String> {
    let text = text(file)?;
    text.lines().nth((line as usize).checked_sub(1)?).map(str::to_string)
}

fn text(file: &Path) -> Option<Arc<str>> {
    let known = TEXTS.read().unwrap_or_else(|e| e.into_inner()).get(file).cloned();
    if let Some(known) = known {
        return known;
    }
    let small = std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
    let read = small.then(|| std::fs::read(file).ok()).flatten();
    let text: Option<Arc<str>> = read.map(|bytes| String::from_utf8_lossy(&bytes).into());
    TEXTS.write().unwrap_or_else(|e| e.into_inner()).insert(file.to_path_buf(), text.clone());
    text
}
