//! `ansible_ssh_*args`: options as one would type them behind `ssh`.

/// Options of `ssh`, translated into the keywords of its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Arguments {
    /// Keyword in lower case and value, the first of each wins.
    pub options: Vec<(String, String)>,
    /// `-F`: another file instead of the user's and the system's.
    pub config_file: Option<String>,
    /// The first option that only the `ssh` program understands.
    pub foreign: Option<String>,
    /// All words, for the `ssh` program.
    pub words: Vec<String>,
}

impl Arguments {
    /// Splits `text` as a shell would and appends what it says.
    ///
    /// # Errors
    /// Quotes that do not close, or an option without its value.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let words =
            shlex::split(text).ok_or_else(|| format!("quotes do not match in ssh arguments: {text}"))?;
        self.words.extend(words.iter().cloned());
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
                self.foreign.get_or_insert(word);
                continue;
            };
            let mut rest = flags.chars();
            while let Some(flag) = rest.next() {
                if !"oipljJFbBcDeEIkLmOQRSwW".contains(flag) || flag == 'k' {
                    self.flag(flag);
                    continue;
                }
                let attached: String = rest.by_ref().collect();
                let value = if attached.is_empty() { words.next() } else { Some(attached) };
                let value = value.ok_or_else(|| format!("-{flag} in ssh arguments lacks its value"))?;
                self.option(flag, value)?;
            }
        }
        Ok(())
    }

    fn flag(&mut self, flag: char) {
        let (key, value) = match flag {
            '4' => ("addressfamily", "inet"),
            '6' => ("addressfamily", "inet6"),
            'A' => ("forwardagent", "yes"),
            'a' => ("forwardagent", "no"),
            // Said to a terminal, about a terminal, or done already.
            'C' | 'q' | 'v' | 'T' | 'x' | 'k' => return,
            _ => {
                self.foreign.get_or_insert(format!("-{flag}"));
                return;
            }
        };
        self.options.push((key.into(), value.into()));
    }

    fn option(&mut self, flag: char, value: String) -> Result<(), String> {
        let key = match flag {
            'o' => {
                let (key, value) =
                    keyword(&value).ok_or_else(|| format!("-o {value} in ssh arguments has no value"))?;
                self.options.push((key, value));
                return Ok(());
            }
            'i' => "identityfile",
            'p' => "port",
            'l' => "user",
            'J' => "proxyjump",
            'c' => "ciphers",
            'm' => "macs",
            // The escape character is always off.
            'e' => return Ok(()),
            'F' => {
                self.config_file.get_or_insert(value);
                return Ok(());
            }
            _ => {
                self.foreign.get_or_insert(format!("-{flag}"));
                return Ok(());
            }
        };
        self.options.push((key.into(), value));
        Ok(())
    }
}

/// A line of ssh_config: the keyword in lower case and its value without the quotes around it.
pub fn keyword(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let end = line.find(|c: char| c == '=' || c.is_whitespace())?;
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let value = rest.strip_prefix('=').unwrap_or(rest).trim();
    let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).filter(|v| !v.contains('"'));
    let value = bare.unwrap_or(value);
    (!key.is_empty() && !value.is_empty()).then(|| (key.to_lowercase(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Arguments {
        let mut arguments = Arguments::default();
        arguments.add(text).unwrap();
        arguments
    }

    #[test]
    fn options_become_keywords() {
        let text = r#"-C -o ControlMaster=auto -oPort=2222 -o "User me" -i ~/.ssh/k -J a@b:1 -F cfg -4 -l x"#;
        let arguments = parsed(text);
        let pairs: Vec<String> = arguments.options.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            pairs.join(" "),
            "controlmaster=auto port=2222 user=me identityfile=~/.ssh/k proxyjump=a@b:1 addressfamily=inet user=x"
        );
        assert_eq!((arguments.config_file.as_deref(), arguments.foreign), (Some("cfg"), None));
    }

    #[test]
    fn what_only_ssh_understands_is_named() {
        assert_eq!(parsed("-W a:1").foreign.as_deref(), Some("-W"));
        assert_eq!(parsed("-CqY").foreign.as_deref(), Some("-Y"));
        assert_eq!(parsed("-o ProxyCommand='ssh -W %h:%p x'").options[0].1, "ssh -W %h:%p x");
    }

    #[test]
    fn what_is_incomplete_is_refused() {
        for text in ["-o", "-p", "-o Port", "'x"] {
            assert!(Arguments::default().add(text).is_err(), "{text}");
        }
    }
}
