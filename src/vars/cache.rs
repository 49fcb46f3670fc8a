//! The facts cache `jsonfile`: a file a host, in the form that ansible-core 2.19 reads and writes.

use crate::diag::{Diagnostic, ErrorKind};
use crate::template::{Key, Value, codecs, pyjson};
use impel_modules::Data;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A folder of cached facts.
pub struct FactsCache {
    folder: PathBuf,
    prefix: String,
    /// How long facts count; `None` is for ever.
    lasts: Option<Duration>,
    /// What went wrong, to be shown: a run does without its cache.
    warnings: Mutex<Vec<String>>,
}

impl FactsCache {
    /// Opens the folder, made if need be. `lasts` is in seconds; 0 is for ever.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: &Path, prefix: &str, lasts: u64) -> Result<FactsCache, Diagnostic> {
        std::fs::create_dir_all(folder).map_err(|error| {
            let folder = folder.display();
            let message = format!(
                "error in 'jsonfile' cache plugin while trying to create cache dir '{folder}': {error}; nothing is \
                 cached"
            );
            Diagnostic::new(ErrorKind::User, message)
        })?;
        let lasts = (lasts > 0).then(|| Duration::from_secs(lasts));
        let warnings = Mutex::default();
        Ok(FactsCache { folder: folder.to_path_buf(), prefix: prefix.to_owned(), lasts, warnings })
    }

    fn warn(&self, text: String) {
        self.warnings.lock().unwrap_or_else(|e| e.into_inner()).push(text);
    }

    /// What went wrong since the last time.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// The file of a host; none for names that are no file's.
    fn file(&self, host: &str) -> Option<PathBuf> {
        let fit = !host.contains(['/', '\0']) && !host.is_empty();
        fit.then(|| self.folder.join(format!("{}s1_{host}", self.prefix)))
    }

    /// The facts that are cached for a host and have not expired, by the names under which they were cached. Where the
    /// file holds no facts, a warning is noted, too.
    ///
    /// # Errors
    /// It holds none: a play on that host cannot go on.
    pub fn facts(&self, host: &str) -> Result<Vec<(Arc<str>, Value)>, Corrupt> {
        let Some(path) = self.file(host) else { return Ok(Vec::new()) };
        let Ok(meta) = path.metadata() else { return Ok(Vec::new()) };
        let age = meta.modified().ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
        if self.lasts.is_some_and(|lasts| age > lasts) {
            return Ok(Vec::new());
        }
        read(&path).map_err(|corrupt| {
            self.warn(format!("the cached facts in {} are left out: {}", path.display(), corrupt.why));
            Corrupt { path, ..corrupt }
        })
    }

    /// As ansible-core does it, removes the file that holds no facts, so that the next run does without; tells so.
    pub fn remove(&self, corrupt: &Corrupt) -> Diagnostic {
        self.take_warnings();
        let path = corrupt.path.display();
        if !corrupt.readable {
            return Diagnostic::user(format!(
                "Error while accessing the cache file '{path}': {}",
                corrupt.why
            ));
        }
        let why = crate::yaml::repr::of_str(&corrupt.why);
        self.warn(format!(
            "error in 'jsonfile' cache plugin while trying to read {path} : b{why}. Most likely a corrupt file, so \
             erasing and failing."
        ));
        let gone = match std::fs::remove_file(&corrupt.path) {
            Ok(()) => "It has been removed, so you can re-run your command now.".to_owned(),
            Err(error) => format!("It cannot be removed: {error}"),
        };
        Diagnostic::user(format!(
            "The cache file {path} was corrupt, or did not otherwise contain valid data. {gone}"
        ))
    }

    /// Writes a host's facts in place of those that were cached.
    pub(super) fn store(&self, host: &str, facts: &[(String, Data)]) {
        let Some(path) = self.file(host) else { return };
        let map = facts.iter().cloned().collect();
        let payload = Data::str(Data::Map(map).to_json_text());
        let text = Data::Map([("__payload__".to_owned(), payload)].into_iter().collect()).to_json_text();
        let written = tempfile::NamedTempFile::new_in(&self.folder)
            .and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file))
            .and_then(|file| file.persist(&path).map_err(|error| error.error));
        if let Err(error) = written {
            self.warn(format!("facts cannot be cached in {}: {error}", path.display()));
        }
    }

    /// Forgets a host's facts.
    pub fn forget(&self, host: &str) {
        if let Some(path) = self.file(host) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A file of the cache that holds no facts.
#[derive(Clone, Debug)]
pub struct Corrupt {
    path: PathBuf,
    why: String,
    /// It could be read, and what was in it is wrong.
    readable: bool,
}

fn read(path: &Path) -> Result<Vec<(Arc<str>, Value)>, Corrupt> {
    let corrupt = |readable: bool, why: String| Corrupt { path: PathBuf::new(), why, readable };
    let wrong = |why: String| corrupt(true, why);
    let bytes = std::fs::read(path).map_err(|error| corrupt(false, error.to_string()))?;
    let text = codecs::decode(&bytes, "utf-8", "strict").map_err(|error| wrong(error.to_string()))?;
    let parsed = |text: &str| pyjson::read(text, false).map_err(|error| wrong(error.to_string()));
    let whole = parsed(&text)?;
    let payload = whole.get("__payload__");
    let payload = payload.as_ref().and_then(Value::as_str);
    let facts = parsed(payload.ok_or_else(|| wrong("it holds no facts".into()))?)?;
    let facts = untagged(&facts, 0);
    let dict = facts.as_dict().ok_or_else(|| wrong("it holds no dictionary".into()))?;
    Ok(dict.pairs().iter().filter_map(|(key, value)| Some((key.as_str()?.into(), value.clone()))).collect())
}

/// How deep cached values are followed.
const DEEPEST: usize = 200;

/// How ansible-core names dates in its cache, and points in time.
const DATE: &str = "AnsibleSerializableDate";
const DATE_TIME: &str = "AnsibleSerializableDateTime";

/// A date, or a point in time, in the form that it is cached in.
fn moment(class: &Option<Value>, iso: &Option<Value>) -> Option<Value> {
    let iso = iso.as_ref()?;
    let text = untagged(iso, DEEPEST - 1).to_string();
    match class.as_ref()?.as_str()? {
        DATE => text.parse().ok().map(Value::Date),
        DATE_TIME => text.parse().ok().map(|time| Value::DateTime(Arc::new(time))),
        _ => None,
    }
}

/// A value as it is cached: dates in ansible-core's form, which JSON has none for.
pub(super) fn cached(value: &Value, depth: usize) -> Option<Data> {
    let moment = |class: &str| {
        let text = value.to_string().replace(' ', "T");
        let pairs = [("iso8601".to_owned(), Data::from(text)), ("__ansible_type".to_owned(), class.into())];
        Some(Data::Map(pairs.into_iter().collect()))
    };
    match value {
        _ if depth > DEEPEST => None,
        Value::Date(_) => moment(DATE),
        Value::DateTime(_) => moment(DATE_TIME),
        Value::List(list) => {
            Some(Data::List(list.items().iter().map(|item| cached(item, depth + 1)).collect::<Option<_>>()?))
        }
        Value::Dict(dict) => {
            let pairs = dict.pairs();
            let pairs =
                pairs.iter().map(|(key, value)| Some((key.value().to_string(), cached(value, depth + 1)?)));
            Some(Data::Map(pairs.collect::<Option<_>>()?))
        }
        value => value.to_data().ok(),
    }
}

/// ansible-core keeps where values came from: `{"value": …, "tags": […], "__ansible_type": …}` is its value.
fn untagged(value: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::None;
    }
    if let Some(dict) = value.as_dict() {
        if let Some(moment) = moment(&dict.get("__ansible_type"), &dict.get("iso8601")) {
            return moment;
        }
        if let (Some(_), Some(inner)) = (dict.get("__ansible_type"), dict.get("value")) {
            return untagged(&inner.clone(), depth + 1);
        }
        let pairs: Vec<(Key, Value)> =
            dict.pairs().iter().map(|(key, value)| (key.clone(), untagged(value, depth + 1))).collect();
        return Value::Dict(pairs.into_iter().collect());
    }
    match value {
        Value::List(list) => Value::list(list.items().iter().map(|item| untagged(item, depth + 1))),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vars::VarStore;

    #[test]
    fn facts_are_kept_from_run_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let host: Arc<str> = "h".into();
        let run = || {
            let cache = FactsCache::open(&folder.path().join("c"), "p_", 0).unwrap();
            let mut store = VarStore::default();
            store.cache = Some(Arc::new(cache));
            store.set_host(&host, Vec::new(), Vec::new());
            store.host("h").unwrap()
        };
        let first = run();
        first.add_facts([("ansible_system".into(), Value::str("Linux")), ("mine".into(), Value::Int(5))]);
        let text = std::fs::read_to_string(folder.path().join("c/p_s1_h")).unwrap();
        assert!(
            text.contains(r#"\"ansible_system\": \"Linux\""#) && text.contains(r#"\"mine\": 5"#),
            "{text}"
        );
        let facts = run().facts().shown;
        assert_eq!(facts.get("system").unwrap().as_str(), Some("Linux"));
        assert!(matches!(facts.get("mine"), Some(Value::Int(5))));
        run().clear_facts();
        assert!(run().facts().is_empty());
    }

    #[test]
    fn dates_stay_dates() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FactsCache::open(folder.path(), "", 0).unwrap();
        let date = Value::Date("2001-02-03".parse().unwrap());
        let time = Value::DateTime(Arc::new("2001-02-03T04:05:06".parse().unwrap()));
        let list = cached(&Value::list([date, time]), 0).unwrap();
        cache.store("h", &[("when".into(), list)]);
        let facts = cache.facts("h").unwrap();
        assert_eq!(
            facts[0].1.to_string(),
            "[datetime.date(2001, 2, 3), datetime.datetime(2001, 2, 3, 4, 5, 6)]"
        );
        std::fs::write(folder.path().join("s1_h"), "[1]").unwrap();
        assert!(cache.facts("h").is_err());
        assert!(cache.take_warnings()[0].ends_with("it holds no facts"));
    }

    #[test]
    fn what_ansible_core_cached_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let payload = r#"{\"ansible_foo\": {\"value\": [1, {\"a\": {\"value\": \"x\", \"tags\": [], \"__ansible_type\": \"_AnsibleTaggedStr\"}}], \"tags\": [{\"__ansible_type\": \"Origin\"}], \"__ansible_type\": \"_AnsibleTaggedList\"}}"#;
        std::fs::write(folder.path().join("s1_h"), format!("{{\"__payload__\": \"{payload}\"}}")).unwrap();
        let cache = FactsCache::open(folder.path(), "", 86400).unwrap();
        let facts = cache.facts("h").unwrap();
        assert_eq!(facts[0].0.as_ref(), "ansible_foo");
        assert_eq!(facts[0].1.to_string(), "[1, {'a': 'x'}]");
        std::fs::write(folder.path().join("s1_h"), "{").unwrap();
        let corrupt = cache.facts("h").unwrap_err();
        assert!(cache.facts("../h").unwrap().is_empty());
        assert!(cache.remove(&corrupt).message.ends_with("so you can re-run your command now."));
        assert!(cache.facts("h").unwrap().is_empty());
    }
}
