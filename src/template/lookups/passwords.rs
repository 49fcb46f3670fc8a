//! `password`: a random password, kept in a file of the controller.

use super::{Lookup, options, parameters};
use crate::template::args::Args;
use crate::template::crypt::{self, Choices, Scheme};
use crate::template::filters::Random;
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The longest password.
const LONGEST: i64 = 100_000;

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new("password", &[], password).open()];

/// What is asked for.
struct Wish {
    path: String,
    length: i64,
    encrypt: Option<String>,
    ident: Option<String>,
    chars: Vec<String>,
    seed: Option<Value>,
}

fn password(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    for term in &terms {
        let wish = wish(&term.to_text()?, args)?;
        let scheme = match &wish.encrypt {
            None => None,
            Some(name) => Some(Scheme::named(name).ok_or_else(|| {
                Error::new(format!(
                    "Installed passlib version 1.7.4 does not support the '{name}' algorithm."
                ))
                .hint("known are sha512_crypt, sha256_crypt, md5_crypt and bcrypt")
            })?),
        };
        let is_kept = wish.path != "/dev/null";
        match (is_kept, &wish.seed) {
            (true, _) => eval.world().effect(Effect::Acts)?,
            (false, Some(_)) if scheme.is_none() => {}
            (false, _) => eval.world().effect(Effect::Volatile)?,
        }
        let content = if is_kept {
            kept(eval, &wish, scheme)?
        } else {
            Content { password: generated(&wish)?, ..Content::default() }
        };
        let text = match scheme {
            None => content.password,
            Some(scheme) => {
                let choices = Choices {
                    salt: content.salt.as_deref(),
                    ident: content.ident.as_deref(),
                    ..Choices::default()
                };
                crypt::hash(&content.password, scheme, &choices)?
            }
        };
        out.push(Value::from(text));
    }
    Ok(out)
}

fn wish(term: &str, args: &Args) -> Result<Wish> {
    // The path may hold blanks; parameters start at the first word with a known name.
    let mut parsed = parameters::split(term)?;
    if parsed.raw.is_empty() {
        // parameters alone are a name
        parsed = parameters::Parameters { raw: term.to_owned(), named: Vec::new() };
    }
    let known = ["length", "encrypt", "chars", "ident", "seed"];
    let mut unknown: Vec<&str> =
        parsed.named.iter().map(|(n, _)| n.as_str()).filter(|n| !known.contains(n)).collect();
    if !unknown.is_empty() {
        unknown.sort_unstable();
        return Err(Error::new(format!(
            "Unrecognized parameter(s) given to password lookup: {}",
            unknown.join(", ")
        )));
    }
    let own = |name: &str| parsed.named.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let given = |name: &str| args.keyword(name).filter(|v| !v.is_none());
    let length = own("length").map(Value::str).or_else(|| given("length").cloned());
    let length = length.map_or(Ok(20), |value| options::integer("password", "length", &value, "integer"))?;
    if length > LONGEST {
        return Err(Error::new(format!("a password of {length} characters is too long")));
    }
    let chars = match (own("chars"), given("chars")) {
        (Some(text), _) => listed(text),
        (None, Some(text @ Value::Str(_))) => listed(&text.to_text()?),
        (None, Some(list)) => options::strings("password", "chars", list)?,
        (None, None) => ["ascii_letters", "digits", ".,:-_"].map(str::to_owned).to_vec(),
    };
    let text = |name: &str| match (own(name), given(name)) {
        (Some(text), _) => Ok(Some(text.to_owned())),
        (None, given) => given.map(Value::to_text).transpose(),
    };
    let (encrypt, ident) = (text("encrypt")?.filter(|name| !name.is_empty()), text("ident")?);
    // whatever it is, its text is the seed
    let seed = text("seed")?.filter(|seed| !seed.is_empty()).map(Value::from);
    Ok(Wish { path: parsed.raw, length, encrypt, ident, chars, seed })
}

/// Names of sets of characters, separated by commas; two commas are a comma.
fn listed(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.contains(",,") {
        out.push(",".to_owned());
    }
    out.extend(text.replace(",,", ",").split(',').filter(|c| !c.is_empty()).map(str::to_owned));
    out
}

fn characters(names: &[String]) -> Vec<char> {
    let lower = || 'a'..='z';
    let upper = || 'A'..='Z';
    let mut out: Vec<char> = Vec::new();
    for name in names {
        match name.as_str() {
            "ascii_letters" => out.extend(lower().chain(upper())),
            "ascii_lowercase" => out.extend(lower()),
            "ascii_uppercase" => out.extend(upper()),
            "digits" => out.extend('0'..='9'),
            "hexdigits" => out.extend("0123456789abcdefABCDEF".chars()),
            "octdigits" => out.extend('0'..='7'),
            "punctuation" => out.extend("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".chars()),
            "whitespace" => out.extend(" \t\n\r\x0b\x0c".chars()),
            "printable" => {
                out.extend(('0'..='9').chain(lower()).chain(upper()));
                out.extend("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\x0b\x0c".chars());
            }
            other => out.extend(other.chars()),
        }
    }
    out.retain(|c| !matches!(c, '"' | '\''));
    out
}

fn generated(wish: &Wish) -> Result<String> {
    let chars = characters(&wish.chars);
    if chars.is_empty() {
        return Err(Error::new("Cannot choose from an empty sequence")
            .hint("`chars` names no characters to make a password of"));
    }
    let mut random = match &wish.seed {
        Some(seed) => Random::seeded(seed).ok_or_else(|| Error::new("this kind of seed is not supported"))?,
        None => Random::from_system()?,
    };
    Ok((0..wish.length).filter_map(|_| chars.get(random.index(chars.len()))).collect())
}

/// What a password file holds: the password, and what its hash is made with, so that it stays the same.
#[derive(Default)]
struct Content {
    password: String,
    salt: Option<String>,
    ident: Option<String>,
}

impl Content {
    fn read(line: &str) -> Content {
        let (rest, ident) = match line.rsplit_once(" ident=") {
            Some((rest, ident)) => (rest, Some(ident.to_owned())),
            None => (line, None),
        };
        let (password, salt) = match rest.rsplit_once(" salt=") {
            Some((password, salt)) => (password, Some(salt.to_owned())),
            None => (rest, None),
        };
        Content { password: password.to_owned(), salt, ident }
    }

    fn line(&self) -> String {
        let part = |name: &str, value: &Option<String>| match value {
            Some(value) => format!(" {name}={value}"),
            None => String::new(),
        };
        format!("{}{}{}\n", self.password, part("salt", &self.salt), part("ident", &self.ident))
    }
}

/// What the file holds, completed and written where something was missing.
fn kept(eval: &Eval<'_>, wish: &Wish, scheme: Option<Scheme>) -> Result<Content> {
    let home = eval.world().environment("HOME");
    let expanded = crate::template::filters::expand_user(&wish.path, home.as_deref());
    let mut path = PathBuf::from(&expanded);
    if path.is_relative()
        && let Some(folder) = eval.world().search_path().pop()
    {
        path = folder.join(path);
    }
    let fail = |e: std::io::Error| Error::new(format!("the password file '{}': {e}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail)?;
    }
    // Other hosts' tasks may ask for the same file at this moment: one of them makes the password.
    let lock = lock(&path).map_err(fail)?;
    let old = match std::fs::read_to_string(&path) {
        // an empty file is none yet, an empty line is an empty password
        Ok(text) => Some(text).filter(|t| !t.is_empty()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(fail(e)),
    };
    let mut content = match &old {
        Some(text) => Content::read(text.trim_end()),
        None => Content { password: generated(wish)?, ..Content::default() },
    };
    if let (Some(wanted), Some(stored)) = (&wish.ident, &content.ident)
        && scheme.is_some()
        && wanted != stored
    {
        // the words are ansible-core's, which takes the one for the other
        return Err(Error::new(format!(
            "The ident parameter provided ({stored}) does not match the stored one ({wanted})."
        )));
    }
    let mut is_new = old.is_none();
    if let Some(scheme) = scheme {
        if content.salt.is_none() {
            content.salt = Some(crypt::random_salt(scheme, None)?);
            is_new = true;
        }
        if scheme == Scheme::Bcrypt && content.ident.is_none() {
            content.ident = Some(wish.ident.clone().unwrap_or_else(|| "2b".to_owned()));
            is_new = true;
        }
    }
    if is_new {
        let mut options = std::fs::OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(fail)?;
        file.write_all(content.line().as_bytes()).map_err(fail)?;
    }
    drop(lock);
    Ok(content)
}

/// Holds the folder of a password file while it lives.
fn lock(path: &Path) -> std::io::Result<std::fs::File> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = std::fs::File::open(folder)?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
    Ok(file)
}
