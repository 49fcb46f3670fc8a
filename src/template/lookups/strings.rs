//! `random_string` of community.general: text of random characters; with a seed as Python draws it.

use super::Lookup;
use crate::template::args::Args;
use crate::template::filters::Random;
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The most characters.
const LONGEST: i64 = 1_000_000;

const OPTIONS: &[&str] = &[
    "length",
    "upper",
    "lower",
    "numbers",
    "special",
    "min_upper",
    "min_lower",
    "min_numeric",
    "min_special",
    "override_all",
    "override_special",
    "ignore_similar_chars",
    "similar_chars",
    "base64",
    "seed",
];

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] =
    &[Lookup::new("community.general.random_string", OPTIONS, random_string)];

fn random_string(eval: &mut Eval<'_>, _terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let flag = |name: &str, default: bool| args.keyword(name).map_or(Ok(default), Value::is_true);
    let count = |name: &str, default: i64| -> Result<i64> {
        match args.keyword(name) {
            None => Ok(default),
            Some(value) => super::options::integer("community.general.random_string", name, value, "int"),
        }
    };
    let text = |name: &str| args.keyword(name).filter(|v| !v.is_none()).map(Value::to_text).transpose();
    let special = text("override_special")?.unwrap_or_else(|| "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".into());
    let mut sets: Vec<(&str, &str, bool, Vec<char>)> = vec![
        ("upper", "min_upper", true, ('A'..='Z').collect()),
        ("lower", "min_lower", true, ('a'..='z').collect()),
        ("numbers", "min_numeric", true, ('0'..='9').collect()),
        ("special", "min_special", true, special.chars().collect()),
    ];
    if flag("ignore_similar_chars", false)? {
        let similar = text("similar_chars")?.unwrap_or_else(|| "il1LoO0".into());
        for (_, _, _, chars) in &mut sets {
            chars.retain(|c| !similar.contains(*c));
        }
    }
    for (name, _, wanted, _) in &mut sets {
        *wanted = flag(name, true)?;
    }
    let seed = text("seed")?;
    let mut generator = match &seed {
        Some(seed) => Random::of_text(seed),
        None => {
            eval.world().effect(Effect::Volatile)?;
            Random::from_system()?
        }
    };
    let mut out = Vec::new();
    let mut draw = |from: &[char], times: i64, out: &mut Vec<char>| -> Result<()> {
        if times > LONGEST {
            return Err(Error::new(format!("a text of {times} characters is too long")));
        }
        for _ in 0..times {
            let none = || Error::new("Available characters cannot be None, please change constraints");
            let at = if from.is_empty() { None } else { Some(generator.index(from.len())) };
            out.push(*at.and_then(|at| from.get(at)).ok_or_else(none)?);
        }
        Ok(())
    };
    let all: Vec<char> = match text("override_all")? {
        Some(all) => all.chars().collect(),
        None => {
            // Those that there must be come first.
            for at in [2, 1, 0, 3] {
                let Some((_, least, _, chars)) = sets.get(at) else { continue };
                draw(chars, count(least, 0)?, &mut out)?;
            }
            sets.iter().filter(|(_, _, wanted, _)| *wanted).flat_map(|(_, _, _, c)| c.clone()).collect()
        }
    };
    if all.is_empty() {
        return Err(Error::new("Available characters cannot be None, please change constraints"));
    }
    draw(&all, count("length", 8)? - out.len() as i64, &mut out)?;
    if seed.is_none() {
        for i in (1..out.len()).rev() {
            out.swap(i, generator.index(i + 1));
        }
    }
    let text: String = out.into_iter().collect();
    Ok(vec![Value::from(if flag("base64", false)? { STANDARD.encode(text) } else { text })])
}
