//! `password`: a random password, kept in a file of the controller.

use super::{Lookup, parameters};
use crate::template::args::Args;
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
    chars: Vec<String>,
    seed: Option<Value>,
}

fn password(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    for term in &terms {
        let wish = wish(&term.to_text()?, args)?;
        if let Some(kind) = &wish.encrypt {
            return Err(Error::new(format!("encrypt={kind} is not supported by the password lookup yet")));
        }
        let is_kept = wish.path != "/dev/null";
        match (is_kept, &wish.seed) {
            (true, _) => eval.world().effect(Effect::Acts)?,
            (false, None) => eval.world().effect(Effect::Volatile)?,
            (false, Some(_)) => {}
        }
        let text = if is_kept { kept(eval, &wish)? } else { generated(&wish)? };
        out.push(Value::text(text, true));
    }
    Ok(out)
}

fn wish(term: &str, args: &Args) -> Result<Wish> {
    // The path may hold blanks; parameters start at the first word with a known name.
    let parsed = parameters::split(term)?;
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
    let length = match (own("length"), given("length")) {
        (Some(text), _) => text.trim().parse().ok(),
        (None, Some(value)) => value.as_int().or_else(|| value.as_str().and_then(|s| s.trim().parse().ok())),
        (None, None) => Some(20),
    };
    let Some(length) = length.filter(|l| (0..=LONGEST).contains(l)) else {
        return Err(Error::new("invalid literal for the length of a password"));
    };
    let chars = match (own("chars"), given("chars")) {
        (Some(text), _) => listed(text),
        (None, Some(text @ Value::Str(_))) => listed(&text.to_text()?),
        (None, Some(list)) => list.iter()?.map(|v| v.to_text()).collect::<Result<_>>()?,
        (None, None) => ["ascii_letters", "digits", ".,:-_"].map(str::to_owned).to_vec(),
    };
    let seed = own("seed").map(Value::str).or_else(|| given("seed").cloned());
    let encrypt = match (own("encrypt"), given("encrypt")) {
        (Some(kind), _) => Some(kind.to_owned()),
        (None, Some(kind)) => Some(kind.to_text()?),
        (None, None) => None,
    };
    Ok(Wish { path: parsed.raw, length, encrypt, chars, seed })
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
        return Err(Error::new("no characters to make a password of"));
    }
    let mut random = match &wish.seed {
        Some(seed) if seed.is_true()? => {
            Random::seeded(seed).ok_or_else(|| Error::new("this kind of seed is not supported"))?
        }
        _ => Random::from_system()?,
    };
    Ok((0..wish.length).filter_map(|_| chars.get(random.index(chars.len()))).collect())
}

/// The password in the file, which is made if there is none.
fn kept(eval: &Eval<'_>, wish: &Wish) -> Result<String> {
    let home = eval.world().environment("HOME");
    let expanded = crate::template::filters::expand_user(&wish.path, home.as_deref());
    let mut path = PathBuf::from(&expanded);
    if path.is_relative()
        && let Some(folder) = eval.world().search_path().pop()
    {
        path = folder.join(path);
    }
    if let Some(found) = stored(&path)? {
        return Ok(found);
    }
    let fail = |e: std::io::Error| Error::new(format!("the password file '{}': {e}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail)?;
    }
    let password = generated(wish)?;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => {
            writeln!(file, "{password}").map_err(fail)?;
            Ok(password)
        }
        // Another host's task was first, or the file is there and empty.
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => match stored(&path)? {
            Some(found) => Ok(found),
            None => {
                std::fs::write(&path, format!("{password}\n")).map_err(fail)?;
                Ok(password)
            }
        },
        Err(e) => Err(fail(e)),
    }
}

/// What the file holds, without the salt that may follow it.
fn stored(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let line = text.trim_end();
            let password = line.rsplit_once(" salt=").map_or(line, |(password, _)| password);
            Ok(Some(password.to_owned()).filter(|p| !p.is_empty()))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::new(format!("the password file '{}': {e}", path.display()))),
    }
}
