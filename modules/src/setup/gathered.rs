//! What the facts script said, cut into sections and files.

use crate::{Data, Map};
use std::collections::BTreeMap;

/// The script's answer: files by path, everything else by section.
#[derive(Debug, Default)]
pub struct Gathered {
    files: BTreeMap<String, String>,
    sections: Vec<(String, String)>,
    errors: Vec<(String, String)>,
    present: Vec<String>,
    commands: Vec<String>,
}

impl Gathered {
    /// Cuts `out` and `err` at the lines that begin with `nonce`.
    pub fn new(nonce: &str, out: &[u8], err: &[u8]) -> Gathered {
        let mut this =
            Gathered { sections: sections(nonce, out), errors: sections(nonce, err), ..Gathered::default() };
        let listed = this.section("files").unwrap_or("").to_owned();
        for line in listed.split('\n') {
            let Some((path, text)) = line.split_once(':').filter(|(path, _)| path.starts_with('/')) else {
                continue;
            };
            let file = this.files.entry(path.to_owned()).or_default();
            if !file.is_empty() {
                file.push('\n');
            }
            file.push_str(text);
        }
        this.present = this.lines("present");
        this.commands = this.lines("commands");
        this
    }

    /// Whether the script came to its end.
    pub fn is_complete(&self) -> bool {
        self.sections.last().is_some_and(|(name, _)| name == "end")
    }

    /// A section's text, without the newline that ends it.
    pub fn section(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str())
    }

    /// The sections whose names begin with `prefix`, with the rest of their names.
    pub fn sections_of<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.sections.iter().filter_map(move |(n, text)| Some((n.strip_prefix(prefix)?, text.as_str())))
    }

    /// What a program wrote on its standard error, by the name of its section there.
    pub fn error(&self, name: &str) -> &str {
        self.errors.iter().find(|(n, _)| n == name).map_or("", |(_, text)| text.as_str())
    }

    /// A file's text, blanks around it removed; none where it is missing or empty.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// Whether a file among those read is there with at least one line.
    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The files whose paths begin with `prefix`, with the rest of their paths, sorted.
    pub fn files_of<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(move |(path, text)| (&path[prefix.len()..], text.as_str()))
    }

    /// Whether the path was seen by the script's tests.
    pub fn is_present(&self, path: &str) -> bool {
        self.present.iter().any(|p| p == path)
    }

    /// Whether any path that ends so was seen by the script's tests.
    pub fn is_present_ending(&self, end: &str) -> bool {
        self.present.iter().any(|p| p.ends_with(end))
    }

    /// Whether the target has a program of that name in its path.
    pub fn has_command(&self, name: &str) -> bool {
        self.commands.iter().any(|c| c == name || c.rsplit('/').next() == Some(name))
    }

    /// The symbolic links that `ls -ld` listed in a section: path and where it leads.
    pub fn links(&self, section: &str) -> Vec<(String, String)> {
        let Some(text) = self.section(section) else { return Vec::new() };
        text.lines()
            .filter_map(|line| {
                let (head, target) = line.split_once(" -> ")?;
                let path = &head[head.find(" /")? + 1..];
                Some((path.to_owned(), target.to_owned()))
            })
            .collect()
    }

    fn lines(&self, section: &str) -> Vec<String> {
        self.section(section).unwrap_or("").lines().map(str::to_owned).collect()
    }
}

fn sections(nonce: &str, bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.split('\n') {
        if let Some(name) = line.strip_prefix(nonce).and_then(|rest| rest.strip_prefix(' ')) {
            // The script puts a newline of its own before each marker.
            if let Some((_, body)) = sections.last_mut()
                && body.ends_with('\n')
            {
                body.pop();
            }
            sections.push((name.to_owned(), String::new()));
        } else if let Some((_, body)) = sections.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    sections
}

/// A map being filled with facts.
#[derive(Default)]
pub struct Facts(pub Map);

impl Facts {
    /// Sets one fact.
    pub fn set(&mut self, name: &str, value: impl Into<Data>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

/// A map from a few pairs.
pub fn map<const N: usize>(pairs: [(&str, Data); N]) -> Data {
    Data::Map(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A list of strings.
pub fn strings<I: IntoIterator<Item = S>, S: AsRef<str>>(items: I) -> Data {
    Data::List(items.into_iter().map(|s| Data::str(s.as_ref())).collect())
}
