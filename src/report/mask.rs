//! Keeping secrets out of sight.

use impel_modules::{Data, Map, Text};
use std::collections::HashSet;
use std::sync::{Arc, RwLock};

/// What stands where a secret stood.
const MASK: &str = "********";

/// From how many characters on a secret is also masked inside longer text; shorter ones hide too much else.
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
}

impl Masks {
    /// No secrets known; `off` shows them all (`--no-mask`).
    pub fn new(off: bool) -> Masks {
        Masks { known: Arc::default(), off }
    }

    /// Remembers a secret, to be masked wherever it turns up; of one with several lines each line, too, since
    /// differences and outputs are shown line by line.
    pub fn add(&self, secret: &str) {
        if self.off {
            return;
        }
        let secret = secret.trim_end_matches(['\n', '\r']);
        self.add_one(secret);
        if secret.contains('\n') {
            secret.lines().for_each(|line| self.add_one(line.trim()));
        }
    }

    fn add_one(&self, secret: &str) {
        if secret.chars().take(LEAST).count() < LEAST {
            return;
        }
        if self.known.read().unwrap_or_else(|e| e.into_inner()).all.contains(secret) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(|e| e.into_inner());
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
            if masked.contains(&**secret) {
                masked = masked.replace(&**secret, MASK);
            }
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
            Data::Str(Text { text, secret: true }) => self.add(text),
            Data::List(items) => items.iter().for_each(|item| self.learn(item)),
            Data::Map(map) => map.values().for_each(|value| self.learn(value)),
            _ => {}
        }
    }

    fn value(&self, data: &Data) -> Data {
        match data {
            Data::Str(Text { secret: true, .. }) => Data::str(MASK),
            Data::Str(text) => Data::str(self.text(&text.text)),
            Data::List(items) => Data::List(items.iter().map(|item| self.value(item)).collect()),
            Data::Map(map) => {
                Data::Map(map.iter().map(|(key, value)| (self.text(key), self.value(value))).collect())
            }
            other => other.clone(),
        }
    }
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
    fn masking_can_be_turned_off() {
        let map = Map::from([("a".into(), secret("hunter22"))]);
        assert_eq!(Masks::new(true).map(&map), map);
    }
}
