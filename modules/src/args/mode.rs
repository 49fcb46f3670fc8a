//! File modes: octal or symbolic, as `chmod` and Ansible read them.

use crate::{Data, Fault};

/// What a task asks a file's mode to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// These bits.
    Bits(u32),
    /// `u=rwX,g-w`: these changes to what is there.
    Symbolic(String),
    /// `preserve`: as at the source.
    Preserve,
}

impl Mode {
    /// Reads a value: a number is taken as it is (YAML has read `0644` as octal), text as octal digits or symbols.
    ///
    /// # Errors
    /// It is neither.
    pub fn read(value: &Data) -> Result<Mode, Fault> {
        let text = match value {
            Data::Int(i) => {
                return u32::try_from(*i)
                    .ok()
                    .map(Mode::Bits)
                    .ok_or_else(|| bad("mode must be in octal or symbolic form", &i.to_string()));
            }
            other => super::python_str(other),
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(Mode::Symbolic(String::new()));
        }
        if text == "preserve" {
            return Ok(Mode::Preserve);
        }
        let digits = text.strip_prefix("0o").unwrap_or(text);
        // Digits that are not octal mean nothing; that is said where the mode would be set.
        if !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && let Ok(bits) = u32::from_str_radix(digits, 8)
        {
            return Ok(Mode::Bits(bits));
        }
        Ok(Mode::Symbolic(text.to_string()))
    }

    /// The permission bits that result for a file with `bits` now; `umask` counts where no one is named.
    ///
    /// # Errors
    /// A symbolic mode that means nothing.
    pub fn apply(&self, bits: u32, directory: bool, umask: u32) -> Result<u32, Fault> {
        match self {
            Mode::Bits(bits) => Ok(bits & 0o7777),
            Mode::Preserve => Ok(bits),
            // An empty word is as good as none.
            Mode::Symbolic(text) if text.is_empty() => Ok(bits),
            Mode::Symbolic(text) => symbolic(text, bits & 0o7777, directory, umask),
        }
    }
}

fn bad(message: &str, details: &str) -> Fault {
    Fault::new(message).with("details", format!("bad symbolic permission for mode: {details}"))
}

fn symbolic(text: &str, start: u32, directory: bool, umask: u32) -> Result<u32, Fault> {
    let mut bits = start;
    for clause in text.split(',') {
        let wrong = || bad("mode must be in octal or symbolic form", clause);
        let split = clause.find(['+', '-', '=']).ok_or_else(wrong)?;
        let (who, mut rest) = clause.split_at_checked(split).ok_or_else(wrong)?;
        // `a` stands alone.
        if who != "a" && !who.chars().all(|c| "ugo".contains(c)) {
            return Err(wrong());
        }
        while let Some(operator) = rest.chars().next() {
            let after = rest.get(1..).ok_or_else(wrong)?;
            let end = after.find(['+', '-', '=']).unwrap_or(after.len());
            let (letters, next) = after.split_at_checked(end).ok_or_else(wrong)?;
            // `X` looks at what was there before the whole mode was applied, as Ansible's does.
            let (mask, given) = permissions(who, letters, start, bits, directory, umask).ok_or_else(wrong)?;
            bits = match operator {
                '+' => bits | given,
                '-' => bits & !given,
                _ => (bits & !mask) | given,
            };
            rest = next;
        }
    }
    Ok(bits)
}

/// The bits that `who=` clears, and those that the letters stand for.
fn permissions(
    who: &str,
    letters: &str,
    start: u32,
    now: u32,
    directory: bool,
    umask: u32,
) -> Option<(u32, u32)> {
    let all = who.is_empty() || who.contains('a');
    let (mut mask, mut given) = (0, 0);
    for (one, shift, special) in [('u', 6, 0o4000), ('g', 3, 0o2000), ('o', 0, 0o1000)] {
        if !all && !who.contains(one) {
            continue;
        }
        mask |= 0o7 << shift;
        for letter in letters.chars() {
            let execute = directory || start & 0o111 != 0;
            given |= match letter {
                'r' => 0o4 << shift,
                'w' => 0o2 << shift,
                'x' => 0o1 << shift,
                'X' => u32::from(execute) << shift,
                's' if one != 'o' => special,
                't' if one == 'o' || who.is_empty() || all => 0o1000,
                's' | 't' => 0,
                'u' => (now >> 6 & 7) << shift,
                'g' => (now >> 3 & 7) << shift,
                'o' => (now & 7) << shift,
                _ => return None,
            };
        }
        mask |= match one {
            'u' | 'g' if letters.contains('s') || !directory => special,
            'o' if letters.contains('t') || all => special,
            _ => 0,
        };
    }
    if who.is_empty() {
        given &= !umask;
    }
    Some((mask, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbolic_modes_change_what_is_there() {
        for (mode, before, directory, after) in [
            ("u=rwx,g=rx,o=", 0o644, false, 0o750),
            ("a+X", 0o644, false, 0o644),
            ("a+X", 0o744, false, 0o755),
            ("a+X", 0o644, true, 0o755),
            ("u+s", 0o755, false, 0o4755),
            ("g=u", 0o740, false, 0o770),
            ("o-rwx,g-w", 0o777, false, 0o750),
            ("ug=rw,o=r", 0o777, false, 0o664),
            ("+x", 0o644, false, 0o755),
            ("u=rwX,go=rX", 0o600, true, 0o755),
            ("+t", 0o755, true, 0o1755),
        ] {
            let got = Mode::read(&Data::str(mode)).unwrap().apply(before, directory, 0o022).unwrap();
            assert_eq!(format!("{got:o}"), format!("{after:o}"), "{mode} on {before:o}");
        }
        for wrong in ["u=foo", "foo=r", "ao=r", "oa=r", "u"] {
            assert!(Mode::read(&Data::str(wrong)).unwrap().apply(0, false, 0).is_err(), "{wrong}");
        }
    }
}
