//! Keeping secrets out of sight.

use base64::prelude::{BASE64_STANDARD, Engine};
use impel_modules::{Data, Map, Text};
use std::collections::HashSet;
use std::sync::{Arc, RwLock};

/// What stands where a secret stood.
pub const MASK: &str = "********";

/// From how many characters on a secret is also masked inside longer text. Shorter ones (`1`, `true`, `root`) would
/// hide too much else: they are masked where a value is known to be one, which every value that was rendered from a
/// vault is.
const LEAST: usize = 6;

/// The secrets that a run has met. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    known: Arc<RwLock<Known>>,
    off: bool,
}

#[derive(Debug, Default)]
struct Known {
    all: HashSet<Arc<str>>,
    /// The longest first, so that a secret that holds another is hidden whole.
    sorted: Vec<Arc<str>>,
    /// What is no secret, whatever holds it.
    open: HashSet<Arc<str>>,
}

impl Masks {
    /// No secrets known; `off` shows them all (`--no-mask`).
    pub fn new(off: bool) -> Masks {
        Masks { known: Arc::default(), off }
    }

    /// Whether secrets are masked at all.
    pub fn hide(&self) -> bool {
        !self.off
    }

    /// Remembers a secret, to be masked wherever it turns up; of one with several lines each line, too, since
    /// differences and outputs are shown line by line.
    pub fn add(&self, secret: &str) {
        if self.off {
            return;
        }
        let secret = secret.trim_end_matches(['\n', '\r']);
        self.add_forms(secret);
        self.add_forms(secret.trim());
        if secret.contains('\n') {
            secret.lines().for_each(|line| self.add_forms(line.trim()));
        }
    }

    /// Names that the run shows in any case (its hosts'): none of them is a secret, though one may stand in a vault.
    pub fn reveal<'n>(&self, names: impl IntoIterator<Item = &'n Arc<str>>) {
        let mut known = self.known.write().unwrap_or_else(|e| e.into_inner());
        for name in names {
            known.all.remove(name);
            known.open.insert(name.clone());
        }
        let Known { all, sorted, .. } = &mut *known;
        sorted.retain(|secret| all.contains(secret));
    }

    /// Remembers what was made of a secret: its hash, say. Where a known secret stands in it as it is, that one is
    /// masked anyway, and what stands around it is not secret: a rendered file's other lines, the keys of a dict.
    pub fn add_made(&self, made: &str) {
        if !self.off && is_long(made) && !self.holds(made) {
            self.add(made);
        }
    }

    /// Whether a known secret stands in the text.
    fn holds(&self, text: &str) -> bool {
        let known = self.known.read().unwrap_or_else(|e| e.into_inner());
        let stands = |secret: &Arc<str>| {
            text.contains(&**secret) && (!is_number(secret) || without_number(text, secret) != text)
        };
        known.all.contains(text) || known.sorted.iter().any(stands)
    }

    /// Whether the text is base64 (a file that `slurp` read) in which a known secret stands.
    fn holds_encoded(&self, text: &str) -> bool {
        let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\n');
        if text.len() < LEAST_ENCODED || !text.bytes().all(is_digit) {
            return false;
        }
        let digits: Vec<u8> = text.bytes().filter(|b| *b != b'\n').collect();
        BASE64_STANDARD.decode(digits).is_ok_and(|bytes| self.holds(&String::from_utf8_lossy(&bytes)))
    }

    /// A secret as it is and as JSON, Python, YAML, shells and addresses write it, as far as that differs.
    fn add_forms(&self, secret: &str) {
        self.add_one(secret);
        if secret.bytes().all(|b| b.is_ascii_alphanumeric()) || !is_long(secret) {
            return;
        }
        let mut json = String::new();
        super::dump::string(&mut json, secret);
        // Python's json, which leaves nothing but ASCII, and its repr
        for quoted in [ascii(&json), json, crate::yaml::repr::of_str(secret)] {
            self.add_one(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
        }
        if secret.contains('\'') {
            self.add_one(&secret.replace('\'', "''"));
            self.add_one(&secret.replace('\'', "'\\''"));
            self.add_one(&secret.replace('\'', "'\"'\"'"));
        }
        if secret.len() <= LONGEST_ADDRESS {
            self.add_one(&quoted(secret, b"_.-~/"));
            self.add_one(&quoted(secret, b"_.-~"));
        }
    }

    fn add_one(&self, secret: &str) {
        if !is_long(secret) {
            return;
        }
        if self.known.read().unwrap_or_else(|e| e.into_inner()).all.contains(secret) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(|e| e.into_inner());
        if known.open.contains(secret) {
            return;
        }
        let secret: Arc<str> = secret.into();
        if known.all.insert(secret.clone()) {
            let place = known.sorted.partition_point(|k| k.len() >= secret.len());
            known.sorted.insert(place, secret);
        }
    }

    /// The text with all known secrets masked.
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_string();
        for secret in &self.known.read().unwrap_or_else(|e| e.into_inner()).sorted {
            if !masked.contains(&**secret) {
                continue;
            }
            masked = match is_number(secret) {
                true => without_number(&masked, secret),
                false => masked.replace(&**secret, MASK),
            };
        }
        masked
    }

    /// The map with what is secret masked.
    pub fn map(&self, map: &Map) -> Map {
        if self.off {
            return map.clone();
        }
        map.values().for_each(|value| self.learn(value));
        map.iter().map(|(key, value)| (key.clone(), self.value(value))).collect()
    }

    /// The value with what is secret masked.
    pub fn data(&self, data: &Data) -> Data {
        if self.off {
            return data.clone();
        }
        self.learn(data);
        self.value(data)
    }

    fn learn(&self, data: &Data) {
        match data {
            Data::Str(Text { text, secret: true }) => self.add_made(text),
            Data::List(items) => items.iter().for_each(|item| self.learn(item)),
            Data::Map(map) => map.values().for_each(|value| self.learn(value)),
            _ => {}
        }
    }

    fn value(&self, data: &Data) -> Data {
        match data {
            Data::Str(Text { secret: true, .. }) => Data::str(MASK),
            Data::Str(text) if self.holds_encoded(&text.text) => Data::str(MASK),
            Data::Str(text) => Data::str(self.text(&text.text)),
            Data::Bytes(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                if self.holds(&text) { Data::str(self.text(&text)) } else { data.clone() }
            }
            Data::List(items) => Data::List(items.iter().map(|item| self.value(item)).collect()),
            Data::Map(map) => {
                Data::Map(map.iter().map(|(key, value)| (self.text(key), self.value(value))).collect())
            }
            other => other.clone(),
        }
    }
}

fn is_number(secret: &str) -> bool {
    secret.bytes().all(|b| b.is_ascii_digit())
}

/// The text with a number masked where it stands alone: in longer numbers (times, sizes) its digits mean nothing.
fn without_number(text: &str, number: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(number) {
        out.push_str(before);
        let inside =
            out.ends_with(|c: char| c.is_ascii_digit()) || after.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(if inside { number } else { MASK });
        rest = after;
    }
    out + rest
}

/// Shorter base64 holds no secret that is masked inside other text.
const LEAST_ENCODED: usize = 8;

/// Longer texts are in no address.
const LONGEST_ADDRESS: usize = 1000;

/// Whether a secret is long enough to be masked inside other text.
fn is_long(secret: &str) -> bool {
    secret.chars().take(LEAST).count() == LEAST
}

/// The text with `\u` for what is not ASCII.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            c => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    out
}

/// The text as it stands in an address: `%40` for `@`, but for letters, digits and these bytes.
fn quoted(text: &str, safe: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b if b.is_ascii_alphanumeric() || safe.contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Data {
        Data::Str(Text { text: text.into(), secret: true })
    }

    #[test]
    fn a_secret_is_masked_whole_and_inside_other_text() {
        let map = Map::from([("a".into(), secret("hunter22")), ("b".into(), Data::str("pw=hunter22;"))]);
        let masked = Masks::new(false).map(&map);
        assert_eq!(masked["a"], Data::str("********"));
        assert_eq!(masked["b"], Data::str("pw=********;"));
    }

    #[test]
    fn a_short_secret_is_masked_only_where_it_is_the_value() {
        let map = Map::from([("a".into(), secret("no")), ("b".into(), Data::str("nobody"))]);
        let masked = Masks::new(false).map(&map);
        assert_eq!((&masked["a"], &masked["b"]), (&Data::str("********"), &Data::str("nobody")));
    }

    #[test]
    fn each_line_of_a_long_secret_is_masked() {
        let masks = Masks::default();
        masks.add("-----\nlineone1\n  linetwo2\n");
        assert_eq!(masks.text("+lineone1 -----\n+linetwo2 line"), "+******** -----\n+******** line");
    }

    #[test]
    fn what_is_made_of_a_secret_hides_it_but_not_what_stands_around_it() {
        let masks = Masks::default();
        masks.add("hunter22");
        let map = Map::from([("a".into(), secret("enabled=true\npw=hunter22\n"))]);
        assert_eq!(masks.map(&map)["a"], Data::str("********"));
        assert_eq!(masks.text("enabled=true pw=hunter22"), "enabled=true pw=********");
        masks.add_made("aHVudGVyMjI=");
        assert_eq!(masks.text("is aHVudGVyMjI="), "is ********");
    }

    #[test]
    fn a_secret_is_masked_as_json_python_shells_and_addresses_write_it() {
        let masks = Masks::default();
        masks.add("a\"b\\c'd@é");
        for written in [
            r#"a\"b\\c'd@é"#,
            r#"a\"b\\c'd@\u00e9"#,
            r#"a"b\\c\'d@é"#,
            r#"a"b\c'"'"'d@é"#,
            "a\"b\\c''d@é",
            "a%22b%5Cc%27d%40%C3%A9",
        ] {
            assert_eq!(masks.text(&format!("<{written}>")), "<********>", "{written}");
        }
    }

    #[test]
    fn a_secret_in_a_file_that_was_read_as_base64_hides_it() {
        let masks = Masks::default();
        masks.add("hunter22");
        let encoded = |text: &str| Data::str(BASE64_STANDARD.encode(text));
        assert_eq!(masks.data(&encoded("user=me\npw=hunter22\n")), Data::str("********"));
        assert_eq!(masks.data(&encoded("user=me\n")), encoded("user=me\n"));
    }

    #[test]
    fn digits_are_masked_as_a_number_of_their_own() {
        let masks = Masks::default();
        masks.add("123456");
        assert_eq!(
            masks.text("123456 pin=123456, 1234567 0123456"),
            "******** pin=********, 1234567 0123456"
        );
        masks.add_made("a1234567");
        assert_eq!(masks.text("is a1234567"), "is ********");
    }

    #[test]
    fn the_names_of_hosts_are_no_secrets() {
        let masks = Masks::default();
        masks.add("localhost");
        masks.reveal(&["localhost".into(), "web001".into()]);
        masks.add("web001");
        masks.add("hunter22");
        assert_eq!(masks.text("localhost web001 hunter22"), "localhost web001 ********");
    }

    #[test]
    fn bytes_are_masked_too() {
        let masks = Masks::default();
        masks.add("hunter22");
        assert_eq!(masks.data(&Data::Bytes(b"hunter22"[..].into())), Data::str("********"));
        assert_eq!(masks.data(&Data::Bytes(b"other"[..].into())), Data::Bytes(b"other"[..].into()));
    }

    #[test]
    fn masking_can_be_turned_off() {
        let map = Map::from([("a".into(), secret("hunter22"))]);
        assert_eq!(Masks::new(true).map(&map), map);
    }
}
