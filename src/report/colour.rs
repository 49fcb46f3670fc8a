//! Colours as Ansible names and codes them.

use std::collections::HashMap;

/// What a text is about; the palette gives it its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hue {
    /// A good result without change.
    Ok,
    /// A change.
    Changed,
    /// A failure.
    Error,
    /// Something skipped.
    Skip,
    /// A host out of reach.
    Unreachable,
    /// A warning.
    Warn,
    /// A deprecation.
    Deprecate,
    /// Detail for debugging.
    Debug,
    /// A line that only verbosity shows.
    Verbose,
    /// An included file.
    Included,
    /// A line that a difference adds.
    DiffAdd,
    /// A line that a difference removes.
    DiffRemove,
    /// Where in a file a difference is.
    DiffLines,
    /// Something to look at.
    Highlight,
}

impl Hue {
    /// Every hue with its name in the configuration and the colour that Ansible gives it.
    pub const ALL: [(Hue, &'static str, &'static str); 14] = [
        (Hue::Ok, "COLOR_OK", "green"),
        (Hue::Changed, "COLOR_CHANGED", "yellow"),
        (Hue::Error, "COLOR_ERROR", "red"),
        (Hue::Skip, "COLOR_SKIP", "cyan"),
        (Hue::Unreachable, "COLOR_UNREACHABLE", "bright red"),
        (Hue::Warn, "COLOR_WARN", "bright purple"),
        (Hue::Deprecate, "COLOR_DEPRECATE", "purple"),
        (Hue::Debug, "COLOR_DEBUG", "dark gray"),
        (Hue::Verbose, "COLOR_VERBOSE", "blue"),
        (Hue::Included, "COLOR_INCLUDED", "cyan"),
        (Hue::DiffAdd, "COLOR_DIFF_ADD", "green"),
        (Hue::DiffRemove, "COLOR_DIFF_REMOVE", "red"),
        (Hue::DiffLines, "COLOR_DIFF_LINES", "cyan"),
        (Hue::Highlight, "COLOR_HIGHLIGHT", "white"),
    ];
}

/// Which colour a hue has, as the parameters of a terminal's `m` sequence.
#[derive(Clone, Debug)]
pub struct Palette {
    codes: HashMap<Hue, String>,
}

impl Default for Palette {
    fn default() -> Palette {
        let codes = Hue::ALL.iter().filter_map(|(hue, _, name)| Some((*hue, code(name)?))).collect();
        Palette { codes }
    }
}

impl Palette {
    /// Gives a hue another colour; a name that is none changes nothing and returns false.
    pub fn set(&mut self, hue: Hue, name: &str) -> bool {
        match code(name) {
            Some(code) => {
                self.codes.insert(hue, code);
                true
            }
            None => false,
        }
    }

    /// The text in the hue's colour, each line on its own.
    pub fn paint(&self, text: &str, hue: Hue) -> String {
        let Some(code) = self.codes.get(&hue) else { return text.to_string() };
        let lines: Vec<String> = text.split('\n').map(|line| format!("\x1b[{code}m{line}\x1b[0m")).collect();
        lines.join("\n")
    }
}

/// The parameters for a colour's name: Ansible's names, `colorN`, `rgbRGB` (0 to 5 each), `grayN` (0 to 23).
fn code(name: &str) -> Option<String> {
    let fixed = match name {
        "black" => "0;30",
        "bright gray" => "0;37",
        "blue" => "0;34",
        "white" => "1;37",
        "green" => "0;32",
        "bright blue" => "1;34",
        "cyan" => "0;36",
        "bright green" => "1;32",
        "red" => "0;31",
        "bright cyan" => "1;36",
        "purple" | "magenta" => "0;35",
        "bright red" => "1;31",
        "yellow" => "0;33",
        "bright purple" | "bright magenta" => "1;35",
        "dark gray" => "1;30",
        "bright yellow" => "1;33",
        "normal" => "0",
        _ => return extended(name),
    };
    Some(fixed.to_string())
}

fn extended(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix("color") {
        return number.parse::<u8>().ok().map(|n| format!("38;5;{n}"));
    }
    if let Some(number) = name.strip_prefix("gray") {
        return number.parse::<u8>().ok().filter(|n| *n < 24).map(|n| format!("38;5;{}", 232 + u16::from(n)));
    }
    let digits: Vec<u32> = name.strip_prefix("rgb")?.chars().map_while(|c| c.to_digit(6)).collect();
    match digits[..] {
        [r, g, b] if name.len() == 6 => Some(format!("38;5;{}", 16 + 36 * r + 6 * g + b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_painted_on_its_own() {
        assert_eq!(Palette::default().paint("a\nb", Hue::Error), "\x1b[0;31ma\x1b[0m\n\x1b[0;31mb\x1b[0m");
    }

    #[test]
    fn colours_have_names_numbers_and_parts() {
        for (name, expected) in
            [("bright red", "1;31"), ("color208", "38;5;208"), ("rgb505", "38;5;201"), ("gray3", "38;5;235")]
        {
            assert_eq!(code(name).as_deref(), Some(expected));
        }
        assert_eq!(code("pinkish"), None);
        assert_eq!(code("rgb999"), None);
    }
}
