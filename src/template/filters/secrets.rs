//! `password_hash`: a password as crypt(3) keeps it.

use super::Filter;
use crate::template::args::Args;
use crate::template::crypt::{self, Choices, Scheme};
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};

/// This family's table.
pub(super) const FILTERS: &[Filter] =
    &[Filter::new(&["password_hash"], &["hashtype", "salt", "salt_size", "rounds", "ident"], password_hash)];

/// A hash with a random salt differs per reading; a given salt makes it the same each time.
fn password_hash(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let name = args.str_or(0, "hashtype", "sha512")?;
    let Some(scheme) = Scheme::named(name) else {
        return Err(Error::new(format!(
            "{name} is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512"
        )));
    };
    let Some(password) = input.as_str() else {
        let name = if input.is_none() { "None" } else { input.type_name() };
        return Err(Error::new(format!("secret must be unicode or bytes, not {name}")));
    };
    let salt = args.get(1, "salt").filter(|v| !v.is_none()).map(Value::to_text).transpose()?;
    if salt.as_deref().is_none_or(str::is_empty) {
        eval.world().effect(Effect::Volatile)?;
    }
    let choices = Choices {
        salt: salt.as_deref(),
        salt_size: args.opt_int(2, "salt_size")?,
        rounds: args.opt_int(3, "rounds")?,
        ident: args.opt_str(4, "ident")?,
    };
    Ok(Value::text(crypt::hash(password, scheme, &choices)?, input.is_secret() || args.is_secret()))
}
