//! `encrypt_string`: strings from the command line, the standard input or a person, as `!vault` values.

use super::{Desk, EncryptWith, files, options_error};
use crate::cli::passwords::Person;
use crate::diag::Diagnostic;
use crate::engine::Ask;
use clap::Args;
use std::io::{IsTerminal, Read};
use zeroize::Zeroizing;

/// What is to be encrypted, under which names.
#[derive(Clone, Debug, Args)]
pub(super) struct Strings {
    /// String to encrypt.
    #[arg(value_name = "string_to_encrypt")]
    strings: Vec<String>,
    /// Prompt for the string to encrypt.
    #[arg(short = 'p', long)]
    prompt: bool,
    /// Do not hide input when prompted for the string to encrypt.
    #[arg(long)]
    show_input: bool,
    /// Specify the variable name. This argument may be specified multiple times.
    #[arg(short = 'n', long = "name", value_name = "ENCRYPT_STRING_NAMES")]
    names: Vec<String>,
    /// Specify the variable name for stdin.
    #[arg(long, value_name = "ENCRYPT_STRING_STDIN_NAME")]
    stdin_name: Option<String>,
}

/// How far values are indented below their name.
const INDENT: &str = "          ";

/// A string with where it comes from.
struct Plain {
    text: Zeroizing<Vec<u8>>,
    from: &'static str,
    name: Option<String>,
}

impl Strings {
    pub(super) fn check(&self) -> Result<(), Diagnostic> {
        if self.prompt && self.takes_stdin() {
            let message = "The --prompt option is not supported if also reading input from stdin";
            return Err(options_error(message));
        }
        Ok(())
    }

    fn takes_stdin(&self) -> bool {
        let none = self.strings.is_empty() && !self.prompt;
        none || self.stdin_name.is_some() || self.strings.iter().any(|text| text == "-")
    }

    /// All strings, in the order in which they are shown.
    fn all(self) -> Result<Vec<Plain>, Diagnostic> {
        let mut all = Vec::new();
        if self.prompt {
            all.push(self.asked()?);
        }
        if self.takes_stdin() {
            all.push(Plain { text: from_stdin()?, from: "stdin", name: self.stdin_name.clone() });
        }
        let given = self.strings.iter().filter(|text| *text != "-").count();
        if let Some(last) = self.names.last().filter(|_| self.names.len() < given) {
            super::say("The number of --name options do not match the number of args.");
            super::say(&format!("The last named variable will be \"{last}\". The rest will not have names."));
        }
        let mut names = self.names.into_iter();
        for text in self.strings.into_iter().filter(|text| text != "-") {
            let text = Zeroizing::new(text.into_bytes());
            if text.is_empty() {
                return Err(options_error(
                    "The plaintext provided from the command line args was empty, not encrypting",
                ));
            }
            let name = names.next().filter(|name| !name.is_empty());
            all.push(Plain { text, from: "the command line args", name });
        }
        Ok(all)
    }

    /// A name and a string, asked for.
    fn asked(&self) -> Result<Plain, Diagnostic> {
        let nobody = || Diagnostic::user("EOF when reading a line");
        let name = Person.line("Variable name (enter for no name): ", false).ok_or_else(nobody)?;
        let text = match self.show_input {
            true => Person.line("String to encrypt:", false).map(Zeroizing::new),
            false => Person::password("String to encrypt (hidden): "),
        };
        let text = text.ok_or_else(nobody)?;
        if text.is_empty() {
            return Err(options_error("The plaintext provided from the prompt was empty, not encrypting"));
        }
        let name = Some(name).filter(|name| !name.is_empty());
        Ok(Plain { text: Zeroizing::new(text.as_bytes().to_vec()), from: "the interactive prompt", name })
    }
}

fn from_stdin() -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
    if std::io::stdin().is_terminal() {
        super::say(
            "Reading plaintext input from stdin. (ctrl-d to end input, twice if your content does not already have a \
             newline)",
        );
    }
    let mut text = Zeroizing::new(Vec::new());
    std::io::stdin()
        .lock()
        .read_to_end(&mut text)
        .map_err(|e| Diagnostic::user(format!("the standard input cannot be read: {e}")))?;
    if text.is_empty() {
        return Err(options_error("stdin was empty, not encrypting"));
    }
    Ok(text)
}

impl Desk {
    pub(super) fn encrypt_strings(
        &mut self,
        strings: Strings,
        by: &EncryptWith,
        output: Option<&str>,
    ) -> Result<(), Diagnostic> {
        let all = strings.all()?;
        // all of them before anything is said: one that cannot be encrypted is the only answer
        let sealed = all.iter().map(|plain| by.seal(&plain.text)).collect::<Result<Vec<_>, _>>()?;
        let mut written = String::new();
        for (number, (plain, sealed)) in all.iter().zip(&sealed).enumerate() {
            if all.len() > 1 {
                let number = number + 1;
                super::say(&match &plain.name {
                    Some(name) => format!(
                        "# The encrypted version of variable (\"{name}\", the string #{number} from {}).",
                        plain.from
                    ),
                    // the parenthesis is ansible-core's
                    None => format!("# The encrypted version of the string #{number} from {}.)", plain.from),
                });
            }
            if let Some(name) = &plain.name {
                written.push_str(name);
                written.push_str(": ");
            }
            written.push_str("!vault |\n");
            sealed.lines().for_each(|line| written.extend([INDENT, line, "\n"]));
        }
        files::write(output.unwrap_or("-"), written.as_bytes(), files::Keep::Nothing)?;
        self.done("Encryption successful");
        Ok(())
    }
}
