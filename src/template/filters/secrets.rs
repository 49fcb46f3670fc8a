//! `password_hash`: a password as crypt(3) keeps it. `vault`, `unvault`: encrypting and decrypting with a password
//! of the template's own. `hash_salt`, `type5_pw`, `comp_type5`: Cisco's hashes, as ansible.netcommon has them.

use super::{Filter, declared};
use crate::template::args::Args;
use crate::template::crypt::{self, Choices, Scheme};
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};
use crate::vault::{Password, Secret, Vault, is_encrypted, seal};
use num_traits::ToPrimitive;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["password_hash"], &["hashtype", "salt", "salt_size", "rounds", "ident"], password_hash),
    Filter::new(&["vault"], &["secret", "salt", "vault_id", "wrap_object", "vaultid"], vault),
    Filter::new(&["unvault"], &["secret", "vault_id", "vaultid"], unvault).sees_undefined(),
    Filter::new(&["ansible.netcommon.hash_salt", "hash_salt"], &[], hash_salt),
    Filter::new(&["ansible.netcommon.type5_pw", "type5_pw"], &["salt"], type5),
    Filter::new(
        &["ansible.netcommon.comp_type5", "comp_type5"],
        &["encrypted_password", "return_original"],
        is_type5,
    ),
];

/// The name of a password that only a template knows.
const OWN_ID: &str = "filter_default";

/// A password as crypt(3) keeps it. A hash with a random salt differs per reading; a given salt makes it the same each
/// time.
///
/// # Errors
/// There is no such scheme, a setting does not fit it, or the password is no text.
fn password_hash(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let name = args.get(0, "hashtype").map_or(Ok("sha512".to_owned()), Value::to_text)?;
    let Some(scheme) = Scheme::named(&name) else {
        return Err(Error::new(format!(
            "{name} is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512"
        )));
    };
    let given = |index: usize, name: &str| -> Result<Option<&Value>> {
        // what is false counts as not given
        match args.get(index, name) {
            Some(value) => Ok(value.is_true()?.then_some(value)),
            None => Ok(None),
        }
    };
    let salt = given(1, "salt")?.map(Value::to_text).transpose()?;
    let salt_size = match given(2, "salt_size")? {
        None => None,
        Some(size) => Some(size.as_int().ok_or_else(|| Error::new("salt_size must be an integer"))?),
    };
    let rounds = given(3, "rounds")?.map(rounds).transpose()?;
    let ident = match given(4, "ident")? {
        Some(Value::Str(ident)) => Some(&*ident.text),
        Some(other) if scheme == Scheme::Bcrypt => {
            return Err(Error::new(format!("Could not hash the secret: invalid ident: {}", other.repr()?)));
        }
        _ => None,
    };
    if salt.is_none() {
        eval.world().effect(Effect::Volatile)?;
    }
    let choices = Choices { salt: salt.as_deref(), salt_size, rounds, ident };
    let Some(password) = input.as_str() else {
        // the settings are looked at first
        crypt::hash(
            "",
            scheme,
            &Choices { rounds: choices.rounds.filter(|_| scheme == Scheme::Md5), ..choices },
        )?;
        let name = if input.is_none() { "None" } else { input.class_name() };
        return Err(Error::new(format!("secret must be unicode or bytes, not {name}")));
    };
    Ok(Value::text(crypt::hash(password, scheme, &choices)?, input.is_secret() || args.is_secret()))
}

/// How many rounds, as a number or its text.
fn rounds(value: &Value) -> Result<i64> {
    match value {
        Value::Float(_) => Err(Error::new("min_desired_rounds must be integer, not float")),
        Value::Str(text) => {
            crate::python::number::int(&text.text, 10).and_then(|n| n.to_i64()).ok_or_else(|| {
                let shown = crate::template::value::str_repr(&text.text);
                Error::new(format!("invalid literal for int() with base 10: {shown}"))
            })
        }
        other => other.as_int().ok_or_else(|| {
            Error::new(format!("min_desired_rounds must be integer, not {}", other.class_name()))
        }),
    }
}

/// The vault's text of a string, encrypted with `secret`; a random salt makes it differ per reading.
fn vault(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let secret = args.required(0, "secret")?;
    let Some(secret) = secret.as_str() else {
        return Err(mistyped("Secret passed is required to be a string", secret));
    };
    let Some(plain) = input.as_str() else { return Err(mistyped("Can only vault strings", &input)) };
    let salt = args.get(1, "salt").filter(|salt| !salt.is_none()).map(Value::to_text).transpose()?;
    if salt.is_none() {
        eval.world().effect(Effect::Volatile)?;
    }
    let id = own_id(eval, args.get(2, "vault_id"), args.get(4, "vaultid"))?;
    if args.bool(3, "wrap_object", false)? {
        return Ok(Value::text(plain, true));
    }
    let id = Some(id.as_str()).filter(|id| !id.is_empty());
    let sealed = seal(plain.as_bytes(), &Password::new(secret), salt.as_deref().map(str::as_bytes), id)
        .map_err(|fault| Error::new(format!("Unable to encrypt: {fault}")))?;
    Ok(Value::text(sealed, false))
}

/// What a vault holds, opened with `secret`; any other string as it is.
fn unvault(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let secret = args.required(0, "secret")?;
    let Some(secret) = secret.as_str() else {
        return Err(mistyped("Secret passed is required to be as string", secret));
    };
    let sealed = match &input {
        // the run's own passwords do not count here
        Value::Str(text) => eval.world().sealed(&text.text).unwrap_or_else(|| text.text.clone()),
        Value::Undefined(marker) => match &marker.sealed {
            Some(sealed) => sealed.clone(),
            None => return Err(Error(marker.clone())),
        },
        other => return Err(mistyped("Vault should be in the form of a string", other)),
    };
    if !is_encrypted(sealed.as_bytes()) {
        return Ok(input);
    }
    let id = own_id(eval, args.get(1, "vault_id"), args.get(2, "vaultid"))?;
    let secrets = vec![Secret { id, password: Password::new(secret) }];
    let strict = matches!(eval.world().config("DEFAULT_VAULT_ID_MATCH"), Some(Value::Bool(true)));
    let opened = Vault::new(secrets, OWN_ID, strict)
        .open(sealed.as_bytes())
        .map_err(|fault| Error::new(fault.to_string()).within("Unable to decrypt"))?;
    Ok(Value::text(String::from_utf8_lossy(&opened.plain).into_owned(), true))
}

/// The name that is given, by its older parameter too.
fn own_id(eval: &Eval<'_>, id: Option<&Value>, older: Option<&Value>) -> Result<String> {
    if let Some(older) = older.filter(|older| !older.is_none()) {
        eval.world().warn("Use of undocumented `vaultid`. Use `vault_id` instead.");
        return older.to_text();
    }
    match id {
        Some(id) if id.is_none() => Ok(String::new()),
        Some(id) => id.to_text(),
        None => Ok(OWN_ID.to_owned()),
    }
}

fn mistyped(message: &str, value: &Value) -> Error {
    Error::new(format!("{message}, instead we got {}.", super::class_name(value)))
}

/// The letters of the salts of Cisco's type 5.
const TYPE5_LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./";

/// The salt of a hashed password of four parts between dollars.
///
/// Errors: text of other parts.
fn hash_salt(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    Ok(Value::text(salt_of(&declared::text(&input)?)?, input.is_secret()))
}

fn salt_of(hashed: &str) -> Result<String> {
    match hashed.split('$').collect::<Vec<_>>().as_slice() {
        [_, _, salt, _] => Ok((*salt).to_owned()),
        _ => Err(Error::new(format!("Could not parse salt out password correctly from {hashed}"))),
    }
}

/// A password as Cisco's type 5 keeps it, which is MD5's crypt; a salt that is not given is four random letters.
///
/// Errors: a salt of other letters or of more than eight.
fn type5(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let salt = args.get(0, "salt").map_or(Ok(String::new()), declared::text)?;
    if salt.is_empty() {
        eval.world().effect(Effect::Volatile)?;
    }
    Ok(Value::text(type5_of(&input, &salt)?, input.is_secret() || args.is_secret()))
}

fn type5_of(password: &Value, salt: &str) -> Result<String> {
    if !salt.chars().all(|c| TYPE5_LETTERS.contains(c)) {
        return Err(Error::new(format!(
            "type5_pw salt used inproper characters, must be one of {TYPE5_LETTERS}"
        )));
    }
    let choices = Choices { salt: Some(salt), salt_size: salt.is_empty().then_some(4), ..Choices::default() };
    crypt::hash(&declared::text(password)?, Scheme::Md5, &choices)
}

/// Whether a password is the one of a type 5 hash; the hash itself if it is and `return_original` asks for it.
///
/// Errors: what is no such hash.
fn is_type5(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let hashed = declared::text(declared::required(args, 0, "encrypted_password")?)?;
    let original = declared::flag(args, 1, "return_original")?.unwrap_or(false);
    let same = type5_of(&input, &salt_of(&hashed)?)? == hashed;
    Ok(if same && original { Value::text(hashed, args.is_secret()) } else { Value::Bool(same) })
}
