//! INI files as Python's `configparser` reads them: fact files of hosts, the `ini` lookup, `from_ini`.

use indexmap::IndexMap;

/// How deep values may refer to each other.
const DEEPEST: usize = 10;

/// A value refers to no more others than this, directly or through them, and is no longer in bytes: ten levels of a
/// few each would take for ever.
const MOST: usize = 1 << 20;

type Section = IndexMap<String, Option<String>>;

/// A file's sections.
pub struct IniFile {
    sections: IndexMap<String, Section>,
    defaults: Section,
    case_sensitive: bool,
}

impl IniFile {
    /// Reads a file's text.
    ///
    /// # Errors
    /// In the words of `configparser`: no section header, lines that are nothing, duplicates.
    pub fn read(text: &str, case_sensitive: bool, allow_no_value: bool) -> Result<IniFile, String> {
        let mut file = IniFile { sections: IndexMap::new(), defaults: Section::new(), case_sensitive };
        // The section and option that lines are added to, and how far that option is indented.
        let mut section: Option<String> = None;
        let mut option: Option<(String, usize)> = None;
        for (number, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.starts_with(['#', ';']) {
                continue;
            }
            let indent = line.chars().take_while(|c| c.is_whitespace()).count();
            if trimmed.is_empty() || option.as_ref().is_some_and(|(_, at)| indent > *at) {
                if let (Some(section), Some((option, _))) = (&section, &option)
                    && let Some(Some(value)) = file.section_mut(section).get_mut(option)
                {
                    value.push('\n');
                    value.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = trimmed
                .strip_prefix('[')
                .and_then(|t| t.rsplit_once(']'))
                .map(|(n, _)| n)
                .filter(|n| !n.is_empty())
            {
                if file.sections.contains_key(name) {
                    return Err(format!(
                        "While reading from '<???>' [line {:2}]: section '{name}' already exists",
                        number + 1
                    ));
                }
                if name != "DEFAULT" {
                    file.sections.insert(name.to_owned(), Section::new());
                }
                section = Some(name.to_owned());
                option = None;
                continue;
            }
            let Some(current) = &section else {
                return Err("File contains no section headers.".to_owned());
            };
            let (name, value) = match trimmed.find(['=', ':']) {
                Some(at) => (trimmed[..at].trim_end(), Some(trimmed[at + 1..].trim())),
                None if allow_no_value => (trimmed, None),
                None => return Err("Source contains parsing errors: '<???>'".to_owned()),
            };
            if name.is_empty() {
                return Err("Source contains parsing errors: '<???>'".to_owned());
            }
            let name = file.folded(name);
            let line_number = number + 1;
            let options = file.section_mut(current);
            if options.contains_key(&name) {
                return Err(format!(
                    "While reading from '<???>' [line {line_number:2}]: option '{name}' in section '{current}' already exists"
                ));
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
    /// It refers to what does not exist, to itself, or grows without end.
    pub fn get(
        &self,
        section: &str,
        option: &str,
        interpolate: bool,
    ) -> Result<Option<Option<String>>, String> {
        let option = self.folded(option);
        match self.raw(section, &option) {
            Some(Some(raw)) if interpolate => {
                let mut filling =
                    Filling { file: self, section, option: &option, raw, out: String::new(), left: MOST };
                filling.fill(raw, DEEPEST)?;
                Ok(Some(Some(filling.out)))
            }
            value => Ok(value.cloned()),
        }
    }

    /// An option's value as written.
    fn raw(&self, section: &str, folded: &str) -> Option<&Option<String>> {
        self.sections.get(section).and_then(|s| s.get(folded)).or_else(|| self.defaults.get(folded))
    }
}

/// One option's value being filled in, by the rules of `BasicInterpolation`.
struct Filling<'a> {
    file: &'a IniFile,
    section: &'a str,
    option: &'a str,
    raw: &'a str,
    out: String,
    left: usize,
}

impl Filling<'_> {
    fn fill(&mut self, text: &str, depth: usize) -> Result<(), String> {
        let (option, section, raw) = (self.option, self.section, self.raw);
        let Some(depth) = depth.checked_sub(1) else {
            return Err(format!(
                "Recursion limit exceeded in value substitution: option '{option}' in section '{section}' contains an \
                 interpolation key which cannot be substituted in {DEEPEST} steps. Raw value: '{raw}'"
            ));
        };
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('%') {
            self.out.push_str(before);
            if let Some(behind) = from.strip_prefix('%') {
                self.out.push('%');
                rest = behind;
                continue;
            }
            let Some(named) = from.strip_prefix('(') else {
                return Err(format!("'%' must be followed by '%' or '(', found: '%{from}'"));
            };
            let named = named.split_once(")s").filter(|(name, _)| !name.is_empty() && !name.contains(')'));
            let Some((name, behind)) = named else {
                return Err(format!("bad interpolation variable reference '%{from}'"));
            };
            let name = self.file.folded(name);
            let Some(inner) = self.file.raw(section, &name) else {
                return Err(format!(
                    "Bad value substitution: option '{option}' in section '{section}' contains an interpolation key \
                     '{name}' which is not a valid option name. Raw value: '{raw}'"
                ));
            };
            let left = self.left.checked_sub(1).filter(|_| self.out.len() <= MOST);
            self.left =
                left.ok_or_else(|| format!("option '{option}' in section '{section}' grows without end"))?;
            self.fill(inner.as_deref().unwrap_or_default(), depth)?;
            rest = behind;
        }
        self.out.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_does_not_grow_without_end() {
        let line = |n: u32| format!("o{n}={}\n", format!("%(o{})s", n + 1).repeat(20));
        for last in ["", "text"] {
            let text = format!("[a]\n{}o9={last}\n", (1..9).map(line).collect::<String>());
            let file = IniFile::read(&text, false, false).unwrap();
            assert!(file.get("a", "o1", true).unwrap_err().contains("grows without end"));
            assert_eq!(file.get("a", "o9", true), Ok(Some(Some(last.to_owned()))));
        }
    }
}
