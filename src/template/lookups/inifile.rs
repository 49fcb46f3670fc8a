//! INI files as Python's `configparser` reads them.

use crate::template::value::{Error, Result};
use indexmap::IndexMap;

/// How deep values may refer to each other.
const DEEPEST: usize = 10;

type Section = IndexMap<String, Option<String>>;

/// A file's sections.
pub(crate) struct IniFile {
    sections: IndexMap<String, Section>,
    defaults: Section,
    case_sensitive: bool,
}

impl IniFile {
    /// Reads a file's text.
    ///
    /// # Errors
    /// In the words of `configparser`: no section header, lines that are nothing, duplicates.
    pub fn read(text: &str, case_sensitive: bool, allow_no_value: bool) -> Result<IniFile> {
        let mut file = IniFile { sections: IndexMap::new(), defaults: Section::new(), case_sensitive };
        // The section and option that lines are added to, and how far that option is indented.
        let mut section: Option<String> = None;
        let mut option: Option<(String, usize)> = None;
        for (number, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.starts_with(['#', ';']) {
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            if trimmed.is_empty() || option.as_ref().is_some_and(|(_, at)| indent > *at) {
                if let (Some(section), Some((option, _))) = (&section, &option)
                    && let Some(Some(value)) = file.section_mut(section).get_mut(option)
                {
                    value.push('\n');
                    value.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.split_once(']')).map(|(n, _)| n) {
                if file.sections.contains_key(name) {
                    return Err(Error::new(format!(
                        "While reading from '<???>' [line {:2}]: section '{name}' already exists",
                        number + 1
                    )));
                }
                if name != "DEFAULT" {
                    file.sections.insert(name.to_owned(), Section::new());
                }
                section = Some(name.to_owned());
                option = None;
                continue;
            }
            let Some(current) = &section else {
                return Err(Error::new("File contains no section headers."));
            };
            let (name, value) = match trimmed.find(['=', ':']) {
                Some(at) => (trimmed[..at].trim_end(), Some(trimmed[at + 1..].trim())),
                None if allow_no_value => (trimmed, None),
                None => return Err(Error::new("Source contains parsing errors: '<???>'")),
            };
            if name.is_empty() {
                return Err(Error::new("Source contains parsing errors: '<???>'"));
            }
            let name = file.folded(name);
            let line_number = number + 1;
            let options = file.section_mut(current);
            if options.contains_key(&name) {
                return Err(Error::new(format!(
                    "While reading from '<???>' [line {line_number:2}]: option '{name}' in section '{current}' already exists"
                )));
            }
            options.insert(name.clone(), value.map(str::to_owned));
            option = Some((name, indent));
        }
        for options in file.sections.values_mut().chain([&mut file.defaults]) {
            for value in options.values_mut().flatten() {
                value.truncate(value.trim_end_matches('\n').len());
            }
        }
        Ok(file)
    }

    fn folded(&self, name: &str) -> String {
        if self.case_sensitive { name.to_owned() } else { name.to_lowercase() }
    }

    fn section_mut(&mut self, name: &str) -> &mut Section {
        match name {
            "DEFAULT" => &mut self.defaults,
            name => self.sections.entry(name.to_owned()).or_default(),
        }
    }

    /// The names of its sections, the defaults last where there are any.
    pub fn sections(&self) -> Vec<String> {
        let defaults = (!self.defaults.is_empty()).then(|| "DEFAULT".to_owned());
        self.sections.keys().cloned().chain(defaults).collect()
    }

    /// A section's options, the defaults first; none where there is no such section.
    pub fn options(&self, section: &str) -> Option<Vec<String>> {
        let own = match section {
            "DEFAULT" => None,
            name => Some(self.sections.get(name)?),
        };
        let mut names: Vec<String> = self.defaults.keys().cloned().collect();
        for name in own.into_iter().flat_map(IndexMap::keys) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        Some(names)
    }

    /// An option's value; the inner `None` is an option without one.
    ///
    /// # Errors
    /// It refers to what does not exist.
    pub fn get(&self, section: &str, option: &str, interpolate: bool) -> Result<Option<Option<String>>> {
        let option = self.folded(option);
        let raw = |name: &str| {
            self.sections.get(section).and_then(|s| s.get(name)).or_else(|| self.defaults.get(name))
        };
        match raw(&option) {
            None => Ok(None),
            Some(Some(value)) if interpolate => {
                Ok(Some(Some(self.interpolated(value, section, &option, DEEPEST)?)))
            }
            Some(value) => Ok(Some(value.clone())),
        }
    }

    fn interpolated(&self, value: &str, section: &str, option: &str, depth: usize) -> Result<String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::new(format!(
                "Recursion limit exceeded in value substitution: option '{option}' in section '{section}'"
            )));
        };
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                out.push('%');
                rest = after;
                continue;
            }
            let Some((name, after)) = after.strip_prefix('(').and_then(|a| a.split_once(")s")) else {
                return Err(Error::new(format!("'%' must be followed by '%' or '(', found: '%{after}'")));
            };
            let Some(inner) = self.get(section, name, false)? else {
                return Err(Error::new(format!(
                    "Bad value substitution: option '{option}' in section '{section}' contains an interpolation \
                     key '{name}' which is not a valid option name. Raw value: '{value}'"
                )));
            };
            out.push_str(&self.interpolated(&inner.unwrap_or_default(), section, option, depth)?);
            rest = after;
        }
        Ok(out + rest)
    }
}
