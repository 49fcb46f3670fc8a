//! Values out of files of rows and sections: `csvfile`, `ini`.

use super::{Lookup, files, options, parameters};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::csv::Csv;
use crate::template::filters::from_encoding;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, Result, Value};
use impel_modules::configparser::IniFile;

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] =
    &[Lookup::new("csvfile", &[], csv_file).open(), Lookup::new("ini", &[], ini).open()];

const CSV_OPTIONS: &[&str] = &["col", "default", "delimiter", "encoding", "file", "keycol"];
const INI_OPTIONS: &[&str] = &[
    "type",
    "file",
    "section",
    "re",
    "encoding",
    "default",
    "case_sensitive",
    "allow_no_value",
    "allow_none",
    "interpolation",
];

/// An option as a term gives it, which holds for the terms behind it, too; or as the lookup's keywords do.
struct Options<'a> {
    terms: Vec<(String, String)>,
    args: &'a Args,
}

impl Options<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        let own = self.terms.iter().rev().find(|(n, _)| n == name);
        let value = own.map(|(_, v)| Value::str(v.as_str())).or_else(|| self.args.keyword(name).cloned());
        value.filter(|value| !value.is_none())
    }

    fn text(&self, name: &str, default: &str) -> Result<String> {
        self.value(name).map_or(Ok(default.to_owned()), |v| v.to_text())
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool> {
        options::flag(self.value(name).as_ref(), default)
    }

    /// This one has no type: as a keyword any word is a yes, while a term's word is read as a boolean.
    fn case_sensitive(&self) -> Result<bool> {
        match self.terms.iter().any(|(name, _)| name == "case_sensitive") {
            true => self.flag("case_sensitive", false),
            false => self.value("case_sensitive").map_or(Ok(false), |value| value.is_true()),
        }
    }

    fn index(&self, name: &str, default: i64) -> Result<i64> {
        match self.value(name) {
            None => Ok(default),
            Some(value) => options::integer("csvfile", name, &value, "int"),
        }
    }
}

/// A file's text, read in an encoding.
fn text_of(eval: &Eval<'_>, name: &str, encoding: &str, missing: &str) -> Result<(String, bool)> {
    let Some(path) = files::find(eval, "files", name)? else {
        return Err(
            Error::new(missing.to_owned()).hint(format!("there is no file '{name}' on the search path"))
        );
    };
    let (bytes, secret) = eval.world().read_file(&path)?;
    Ok((from_encoding(&bytes, encoding)?, secret))
}

fn csv_file(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let required = || Error::new("Search key is required but was not found");
    if terms.is_empty() {
        return Err(required());
    }
    let mut out = Vec::new();
    let mut options = Options { terms: Vec::new(), args };
    for term in &terms {
        let parsed = parameters::split(&term.to_text()?)?;
        if parsed.raw.is_empty() {
            return Err(required());
        }
        if let Some((name, _)) = parsed.named.iter().find(|(n, _)| !CSV_OPTIONS.contains(&n.as_str())) {
            return Err(Error::new(format!("'{name}' is not a valid option")));
        }
        options.terms.extend(parsed.named);
        let delimiter = match options.text("delimiter", "TAB")?.as_str() {
            "TAB" | "\t" => '\t',
            other => {
                let mut chars = other.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => c,
                    _ => return Err(Error::new("\"delimiter\" must be a 1-character string")),
                }
            }
        };
        let reader = Csv { delimiter, skip_spaces: false, strict: false, lone_returns: true };
        let (key_column, column) = (options.index("keycol", 0)?, options.index("col", 1)?);
        let name = options.text("file", "ansible.csv")?;
        let missing = "expected str, bytes or os.PathLike object, not NoneType";
        let (text, secret) = text_of(eval, &name, &options.text("encoding", "utf-8")?, missing)?;
        let cell = |row: &[String], at: i64| {
            let at = if at < 0 { at + row.len() as i64 } else { at };
            usize::try_from(at).ok().and_then(|at| row.get(at).cloned())
        };
        let beyond = || Error::new("list index out of range");
        let mut found = None;
        for row in reader.rows(&text).map_err(Error::new)? {
            if row.is_empty() {
                continue;
            }
            if cell(&row, key_column).ok_or_else(beyond)? == parsed.raw {
                found = Some(Value::text(cell(&row, column).ok_or_else(beyond)?, secret));
                break;
            }
        }
        match found.or_else(|| options.value("default")) {
            None | Some(Value::None) => {}
            Some(Value::List(list)) => out.extend(list.items().iter().cloned()),
            Some(value) => out.push(value),
        }
    }
    Ok(out)
}

fn ini(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    let mut options = Options { terms: Vec::new(), args };
    for term in &terms {
        let text = term.to_text()?;
        let (mut key, mut named) = (text.clone(), Vec::new());
        if text.contains('=') {
            let parsed = parameters::split(&text)?;
            if let Some((name, _)) = parsed.named.iter().find(|(n, _)| !INI_OPTIONS.contains(&n.as_str())) {
                return Err(Error::new(format!("'{name}' is not a valid option.")));
            }
            if parsed.raw.is_empty() {
                return Err(Error::new(format!(
                    "No key to look up was provided as first term within string inline options: {text}"
                )));
            }
            (key, named) = (parsed.raw, parsed.named);
        }
        options.terms.extend(named);
        let name = options.text("file", "ansible.ini")?;
        let is_properties = match options.text("type", "ini")?.as_str() {
            "ini" => false,
            "properties" => true,
            other => {
                return Err(Error::new(format!(
                    "Invalid value '{other}' for config 'type' for 'ini' lookup plugin."
                )));
            }
        };
        let encoding = options.text("encoding", "utf-8")?;
        let (content, secret) = text_of(eval, &name, &encoding, "Invalid filename None.")?;
        let section =
            if is_properties { "java_properties".to_owned() } else { options.text("section", "global")? };
        let content = if is_properties { format!("[java_properties]\n{content}") } else { content };
        let file = IniFile::read(
            &content,
            options.case_sensitive()?,
            options.flag("allow_no_value", false)? || options.flag("allow_none", false)?,
        )
        .map_err(|e| match e.ends_with("already exists") && e.contains("option") {
            true => Error::new(format!("Duplicate option in '{name}': {e}")),
            false => Error::new(e),
        })?;
        let interpolate = options.flag("interpolation", true)?;
        let value = |v: Option<String>| v.map_or(Value::None, |v| Value::text(v, secret));
        let no_section = || Error::new(format!("No section '{section}' in '{name}'."));
        if options.flag("re", false)? {
            let regex = PyRegex::new(&key, Flags::default())?;
            for option in file.options(&section).ok_or_else(no_section)? {
                if regex.match_start(&option)?.is_some() {
                    out.extend(file.get(&section, &option, interpolate).map_err(Error::new)?.map(value));
                }
            }
            continue;
        }
        file.options(&section).ok_or_else(no_section)?;
        match file.get(&section, &key, interpolate).map_err(Error::new)? {
            Some(found) => out.extend(found.map(|v| Value::text(v, secret))),
            None => match options.value("default") {
                None => out.push(Value::str("")),
                Some(Value::List(list)) => out.extend(list.items().iter().cloned()),
                Some(default) => out.push(default),
            },
        }
    }
    Ok(out)
}
