//! `vars_prompt`: what a person is asked before a play begins.

use super::*;
use crate::engine::event::told;
use crate::playbook::Prompt;
use crate::template::crypt::{self, Choices, Scheme};

/// Algorithms that ansible-core has through passlib, and impel has not.
const OTHER_ALGORITHMS: &str = "
    apr_md5_crypt argon2 atlassian_pbkdf2_sha1 bcrypt_sha256 bigcrypt bsd_nthash bsdi_crypt
    cisco_asa cisco_pix cisco_type7 crypt16 cta_pbkdf2_sha1 des_crypt django_argon2 django_bcrypt
    django_bcrypt_sha256 django_des_crypt django_disabled django_pbkdf2_sha1 django_pbkdf2_sha256
    django_salted_md5 django_salted_sha1 dlitz_pbkdf2_sha1 fshp grub_pbkdf2_sha512 hex_md4 hex_md5
    hex_sha1 hex_sha256 hex_sha512 htdigest ldap_bcrypt ldap_bsdi_crypt ldap_des_crypt ldap_hex_md5
    ldap_hex_sha1 ldap_md5 ldap_md5_crypt ldap_pbkdf2_sha1 ldap_pbkdf2_sha256 ldap_pbkdf2_sha512
    ldap_plaintext ldap_salted_md5 ldap_salted_sha1 ldap_salted_sha256 ldap_salted_sha512 ldap_sha1
    ldap_sha1_crypt ldap_sha256_crypt ldap_sha512_crypt lmhash msdcc msdcc2 mssql2000 mssql2005
    mysql323 mysql41 nthash oracle10 oracle11 pbkdf2_sha1 pbkdf2_sha256 pbkdf2_sha512 phpass
    postgres_md5 roundup_plaintext scram scrypt sha1_crypt sun_md5_crypt unix_disabled unix_fallback";

/// An entry of `vars_prompt`, rendered.
struct Question<'p> {
    prompt: &'p Prompt,
    text: String,
    default: Option<String>,
    private: bool,
    confirm: bool,
    hash: Option<Hash>,
    unsafe_: bool,
}

/// How an answer is hashed.
struct Hash {
    algorithm: String,
    salt: Option<String>,
    salt_size: Option<i64>,
}

impl<'p> Question<'p> {
    fn of(prompt: &'p Prompt, world: &TaskWorld) -> Result<Question<'p>, Diagnostic> {
        let value = |node: &Option<Node>| -> Result<Option<Value>, Diagnostic> {
            let value = node.as_ref().map(|node| rendered(node, world)).transpose()?;
            Ok(value.filter(|value| !matches!(value, Value::None | Value::Omit)))
        };
        let text = |node: &Option<Node>| Ok::<_, Diagnostic>(value(node)?.map(|value| value.to_string()));
        let flag = |node: &Option<Node>, usual: bool| match value(node)? {
            None => Ok(usual),
            Some(value) => to_bool(&value).ok_or_else(|| {
                let place = node.as_ref().map(|node| node.span);
                Diagnostic::user(format!("The value '{value}' is not a valid boolean.")).at(place)
            }),
        };
        let default = text(&prompt.default)?;
        let shown = match &prompt.prompt {
            None => prompt.name.to_string(),
            Some(_) => text(&prompt.prompt)?.unwrap_or_default(),
        };
        let question = match &default {
            _ if shown.is_empty() => format!("input for {}: ", prompt.name),
            Some(default) => format!("{shown} [{default}]: "),
            None => format!("{shown}: "),
        };
        let algorithm = text(&prompt.encrypt)?.filter(|name| !name.is_empty());
        let hash = match algorithm {
            None => None,
            Some(algorithm) => {
                let salt_size = text(&prompt.salt_size)?.and_then(|size| size.trim().parse().ok());
                Some(Hash { algorithm, salt: text(&prompt.salt)?, salt_size })
            }
        };
        Ok(Question {
            prompt,
            text: question,
            default,
            private: flag(&prompt.private, true)?,
            confirm: flag(&prompt.confirm, false)?,
            hash,
            unsafe_: flag(&prompt.unsafe_, false)?,
        })
    }
}

impl Hash {
    fn of(&self, answer: &str) -> Result<String, Diagnostic> {
        let name = &self.algorithm;
        if name == "plaintext" {
            return Ok(answer.to_owned());
        }
        // Ansible's own short names are not for prompts
        let scheme = Scheme::named(name).filter(|_| name.ends_with("_crypt") || name == "bcrypt");
        let Some(scheme) = scheme else {
            let message = match OTHER_ALGORITHMS.split_whitespace().any(|other| other == name) {
                true => format!("vars_prompt: impel does not have the algorithm '{name}'"),
                false => format!("Installed passlib version 1.7.4 does not support the '{name}' algorithm."),
            };
            return Err(Diagnostic::user(message)
                .hint("there are sha512_crypt, sha256_crypt, md5_crypt, bcrypt and plaintext"));
        };
        let choices = Choices { salt: self.salt.as_deref(), salt_size: self.salt_size, ..Choices::default() };
        Ok(crypt::hash(answer, scheme, &choices)?)
    }
}

impl Run<'_> {
    /// Asks for what `vars_prompt` names and `-e` does not give.
    ///
    /// # Errors
    /// A question cannot be rendered; nobody answers any more; the answer cannot be hashed.
    pub(super) fn prompts(&self, play: &Play, vars: &mut PlayVars) -> Result<(), Diagnostic> {
        let mut answers = crate::maps::IndexMap::default();
        let world = self.play_world(vars, None);
        // all is rendered before the first question
        let questions: Vec<Question<'_>> =
            play.vars_prompt.iter().map(|prompt| Question::of(prompt, &world)).collect::<Result<_, _>>()?;
        for question in questions {
            let prompt = question.prompt;
            if self.shared.store.extra.contains_key(&prompt.name) {
                continue;
            }
            let given = self.answer(&question)?.filter(|text| !text.is_empty() || question.default.is_none());
            let text = given.or(question.default);
            let text = match (&question.hash, text) {
                (None, text) => text.unwrap_or_else(|| "None".into()),
                (Some(hash), Some(text)) => hash.of(&text)?,
                (Some(_), None) => {
                    let message = "secret must be unicode or bytes, not None";
                    return Err(Diagnostic::new(ErrorKind::Internal, message).at(prompt.span));
                }
            };
            let value =
                if question.unsafe_ { Value::str(text) } else { Value::trusted(text, Some(prompt.span)) };
            answers.insert(prompt.name.clone(), value);
        }
        vars.prompts = Arc::new(answers);
        Ok(())
    }

    /// What the person says; `None` where nobody is there.
    fn answer(&self, question: &Question<'_>) -> Result<Option<String>, Diagnostic> {
        if !self.ask.is_there() {
            self.shared.warn("Not prompting as we are not in interactive mode");
            return Ok(None);
        }
        loop {
            let first = self.line(&question.text, question)?;
            if !question.confirm || self.line(&format!("confirm {}", question.text), question)? == first {
                return Ok(Some(first));
            }
            let text = "***** VALUES ENTERED DO NOT MATCH ****".to_owned();
            self.shared.emit(Event::Message(Message { kind: MessageKind::Line, text }));
        }
    }

    fn line(&self, text: &str, question: &Question<'_>) -> Result<String, Diagnostic> {
        // what was told before stands above the question
        told(&self.shared.events);
        self.ask.line(text, question.private).ok_or_else(|| match self.shared.interrupted() {
            true => Diagnostic::user("User interrupted execution"),
            false => {
                let message = format!("the input ended at the prompt for '{}'", question.prompt.name);
                Diagnostic::new(ErrorKind::Internal, message)
            }
        })
    }
}
