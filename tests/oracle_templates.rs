//! Every template of `oracle/templates/*.yml` through ansible-core and through impel: values, types and errors.
//!
//! Needs `IMPEL_ORACLE`, the folder that holds ansible-core's `python`; `IMPEL_SHOW=category` (or `all`, `messages`)
//! prints what differs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use impel::diag::{Diagnostic, Span};
use impel::template::{self, Dict, Effect, Value, World};
use impel::yaml;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

struct Case {
    category: String,
    source: String,
}

/// A world of fixed variables.
#[derive(Default)]
struct Fixed {
    variables: HashMap<String, Value>,
    folder: PathBuf,
    /// Templates that are found by name besides those of the folder.
    files: HashMap<PathBuf, String>,
    memory: RefCell<HashMap<usize, (Arc<str>, Value)>>,
}

impl World for Fixed {
    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned()
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        self.variables.keys().map(|k| Arc::from(k.as_str())).collect()
    }

    fn find_file(&self, _subfolder: &str, name: &Path) -> Option<PathBuf> {
        if self.files.contains_key(name) {
            return Some(name.to_owned());
        }
        Some(self.folder.join(name)).filter(|path| path.is_file())
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![self.folder.clone()]
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        if let Some(text) = self.files.get(path) {
            return Ok((text.clone().into_bytes(), false));
        }
        Ok((std::fs::read(path).map_err(|e| Diagnostic::user(e.to_string()))?, false))
    }

    fn decrypt(&self, _vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Err(Diagnostic::user("no password here"))
    }

    fn effect(&self, _effect: Effect) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn remembered(&self, template: &Arc<str>) -> Option<Value> {
        self.memory.borrow().get(&template.as_ptr().addr()).map(|(_, v)| v.clone())
    }

    fn remember(&self, template: &Arc<str>, value: &Value) {
        self.memory.borrow_mut().insert(template.as_ptr().addr(), (template.clone(), value.clone()));
    }

    fn config(&self, _name: &str) -> Option<Value> {
        None
    }

    fn warn(&self, _text: &str) {}
}

fn read_cases(folder: &Path, file: &str) -> (Vec<(String, Value)>, Vec<Case>) {
    let node = yaml::load_file(&folder.join(file)).unwrap();
    let root = node.as_map().unwrap();
    let variables = root.get("variables").and_then(|v| v.as_map()).unwrap();
    let variables =
        variables.pairs.iter().map(|(k, v)| (k.as_str().unwrap().to_owned(), Value::from_node(v)));
    let cases = root.get("cases").and_then(|v| v.as_seq()).unwrap().iter().map(|case| {
        let parts = case.as_seq().unwrap();
        let text = |i: usize| parts.get(i).and_then(|n| n.as_str()).unwrap().to_owned();
        Case { category: text(0), source: text(1) }
    });
    (variables.collect(), cases.collect())
}

fn ours(case: &Case, world: &Fixed) -> Result<String, Diagnostic> {
    world.memory.borrow_mut().clear();
    let span = None;
    match case.source.strip_prefix('=') {
        Some(condition) => {
            let truth = template::conditional(&Value::trusted(condition, span), world)?;
            Ok(if truth { "True".into() } else { "False".into() })
        }
        None => {
            let value = template::render(&Value::trusted(case.source.as_str(), span), world)?;
            if matches!(value, Value::Omit) {
                return Err(Diagnostic::user("A template was resolved to an Omit scalar."));
            }
            Ok(value.repr()?)
        }
    }
}

#[derive(Default, Clone, Copy)]
struct Score {
    same: usize,
    both_fail: usize,
    message_differs: usize,
    value_differs: usize,
    only_we_fail: usize,
    only_they_fail: usize,
}

impl Score {
    fn total(&self) -> usize {
        self.same
            + self.both_fail
            + self.message_differs
            + self.value_differs
            + self.only_we_fail
            + self.only_they_fail
    }

    fn right(&self) -> usize {
        self.same + self.both_fail + self.message_differs
    }
}

#[test]
fn templates_give_what_ansible_core_gives() {
    compare("cases.yml", 99.0);
}

#[test]
fn more_templates_give_what_ansible_core_gives() {
    compare("more.yml", 99.0);
}

#[test]
fn filters_tests_and_lookups_give_what_ansible_core_gives() {
    compare("plugins.yml", 98.5);
}

#[test]
fn filters_and_tests_take_what_those_of_ansible_core_take() {
    compare("details.yml", 99.0);
}

#[test]
fn methods_of_pythons_types_give_what_ansible_core_gives() {
    compare("methods.yml", 99.5);
}

/// Templates made at random by `grammar.py`; `IMPEL_RANDOM=COUNT` and `IMPEL_SEED` ask for others.
#[test]
fn random_templates_give_what_ansible_core_gives() {
    let Some(oracle) = std::env::var_os("IMPEL_ORACLE") else {
        eprintln!("left out: IMPEL_ORACLE does not name the folder of ansible-core's python");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/templates");
    let asked = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let output = Command::new(Path::new(&oracle).join("python"))
        .arg(folder.join("grammar.py"))
        .args([asked("IMPEL_RANDOM", "3000"), asked("IMPEL_SEED", "2")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let reference: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let world = world_of(read_cases(&folder, "more.yml").0, &folder);
    let mut tally = Tally::new(&folder);
    for expected in &reference {
        let source = expected["source"].as_str().unwrap().to_owned();
        if shown("trace") {
            eprintln!("{source:?}");
        }
        let case = Case { category: "random".into(), source };
        tally.add(&case, expected, &ours(&case, &world));
    }
    // what chance finds is told, and may be a little
    for told in std::mem::take(&mut tally.unmeant) {
        eprintln!("  {told}");
    }
    tally.end(99.7);
}

/// The templates of Jinja's own tests. Needs `IMPEL_JINJA_TESTS`, their folder.
#[test]
fn jinjas_own_tests_give_what_ansible_core_gives() {
    let (Some(oracle), Some(tests)) =
        (std::env::var_os("IMPEL_ORACLE"), std::env::var_os("IMPEL_JINJA_TESTS"))
    else {
        eprintln!("left out: IMPEL_ORACLE and IMPEL_JINJA_TESTS do not name folders");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/templates");
    let output = Command::new(Path::new(&oracle).join("python"))
        .arg(folder.join("harvest.py"))
        .arg(tests)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(cases.len() > 400, "only {} templates were recorded", cases.len());
    let mut tally = Tally::new(&folder);
    for expected in &cases {
        let place = Span::new(Path::new("variables"), 1, 1);
        let node = yaml::load(&expected["variables"].to_string(), place, yaml::Limits::default()).unwrap();
        let mut world = Fixed { folder: folder.join("files"), ..Fixed::default() };
        let pairs = node.as_map().unwrap().pairs.iter();
        world.variables = pairs.map(|(k, v)| (k.as_str().unwrap().to_owned(), Value::from_node(v))).collect();
        let vars = world.variables.iter().map(|(k, v)| (template::Key::str(k.as_str()), v.clone()));
        let vars = Value::Dict(vars.collect());
        world.variables.insert("vars".into(), vars);
        for (name, text) in expected["files"].as_object().unwrap() {
            world.files.insert(name.into(), text.as_str().unwrap().to_owned());
        }
        let source = expected["source"].as_str().unwrap().to_owned();
        if shown("trace") {
            eprintln!("{source:?}");
        }
        let case = Case { category: "jinja".into(), source };
        tally.add(&case, expected, &ours(&case, &world));
    }
    tally.end(97.0);
}

/// What the collections community.general and ansible.utils made of templates when `collections.json` was written.
#[test]
fn filters_of_collections_give_what_the_collections_gave() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/templates");
    let (variables, _) = read_cases(&folder, "plugins.yml");
    let variables = variables.into_iter().collect();
    let world = Fixed { variables, folder: folder.join("files"), ..Fixed::default() };
    let text = std::fs::read_to_string(folder.join("collections.json")).unwrap();
    let mut tally = Tally::new(&folder);
    for line in text.lines() {
        let expected: serde_json::Value = serde_json::from_str(line).unwrap();
        let source = expected["source"].as_str().unwrap().to_owned();
        let case = Case { category: "collections".into(), source };
        tally.add(&case, &expected, &ours(&case, &world));
    }
    tally.end(99.0);
}

fn world_of(variables: Vec<(String, Value)>, folder: &Path) -> Fixed {
    let mut all: HashMap<String, Value> = variables.iter().cloned().collect();
    let vars: Dict = variables.into_iter().map(|(k, v)| (template::Key::str(k), v)).collect();
    all.insert("vars".into(), Value::Dict(vars));
    Fixed { variables: all, folder: folder.join("files"), ..Fixed::default() }
}

/// Every case of a file through both.
fn compare(file: &str, threshold: f64) {
    let Some(oracle) = std::env::var_os("IMPEL_ORACLE") else {
        eprintln!("left out: IMPEL_ORACLE does not name the folder of ansible-core's python");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/templates");
    let output = Command::new(Path::new(&oracle).join("python"))
        .arg(folder.join("reference.py"))
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let reference: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let (variables, cases) = read_cases(&folder, file);
    assert_eq!(cases.len(), reference.len());
    let world = world_of(variables, &folder);
    let mut tally = Tally::new(&folder);
    for (case, expected) in cases.iter().zip(&reference) {
        tally.add(case, expected, &ours(case, &world));
    }
    tally.end(threshold);
}

/// How many cases are alike, by category, and which are not.
#[derive(Default)]
struct Tally {
    scores: BTreeMap<String, Score>,
    /// Templates that are known to differ, with a reason each in `differences.yml`.
    meant: HashSet<String>,
    /// What differs and is not known to.
    unmeant: Vec<String>,
}

/// Whether the environment asks to show what differs in a category.
fn shown(what: &str) -> bool {
    let show = std::env::var("IMPEL_SHOW").unwrap_or_default();
    show.split(',').any(|s| s == what || s == "all")
}

impl Tally {
    fn new(folder: &Path) -> Tally {
        let node = yaml::load_file(&folder.join("differences.yml")).unwrap();
        let known = node.as_map().unwrap().pairs.iter();
        let meant = known.map(|(source, _reason)| source.as_str().unwrap().to_owned()).collect();
        Tally { meant, ..Tally::default() }
    }

    /// Compares a case's results.
    fn add(&mut self, case: &Case, expected: &serde_json::Value, result: &Result<String, Diagnostic>) {
        let score = self.scores.entry(case.category.clone()).or_default();
        let mut told = None;
        match (expected["value"].as_str(), result) {
            (Some(theirs), Ok(value)) if theirs == value => score.same += 1,
            (Some(theirs), Ok(value)) => {
                score.value_differs += 1;
                told = Some(format!("theirs {theirs}\n    ours   {value}"));
            }
            (Some(theirs), Err(e)) => {
                score.only_we_fail += 1;
                told = Some(format!("theirs {theirs}\n    ours   error: {e}"));
            }
            (None, Ok(value)) => {
                score.only_they_fail += 1;
                told = Some(format!("theirs error: {}\n    ours   {value}", expected["error"]));
            }
            (None, Err(e)) => {
                let theirs: Vec<&str> =
                    expected["error"].as_array().unwrap().iter().filter_map(|m| m.as_str()).collect();
                let theirs = theirs.join(": ");
                if theirs == e.to_string() {
                    score.both_fail += 1;
                } else {
                    score.message_differs += 1;
                    if theirs.starts_with("Syntax error") != e.to_string().starts_with("Syntax error") {
                        told = Some(format!("theirs error: {theirs}\n    ours   error: {e}"));
                    }
                    if shown("messages") {
                        eprintln!(
                            "  {} {}\n    theirs error: {theirs}\n    ours   error: {e}",
                            case.category,
                            case.source.escape_debug()
                        );
                    }
                }
            }
        }
        let Some(told) = told else { return };
        if shown(&case.category) {
            eprintln!("  {} {}\n    {told}", case.category, case.source.escape_debug());
        }
        if !self.meant.contains(&case.source) {
            self.unmeant.push(format!("{}\n    {told}", case.source.escape_debug()));
        }
    }

    /// Prints the tally, and fails where too few cases are alike.
    fn end(&self, threshold: f64) {
        let mut sum = Score::default();
        eprintln!(
            "{:10} {:>5} {:>6} {:>6} {:>8} {:>7} {:>7} {:>7}",
            "", "all", "same", "fail", "message", "value", "we fail", "they f."
        );
        for (category, s) in &self.scores {
            eprintln!(
                "{category:10} {:>5} {:>6} {:>6} {:>8} {:>7} {:>7} {:>7}",
                s.total(),
                s.same,
                s.both_fail,
                s.message_differs,
                s.value_differs,
                s.only_we_fail,
                s.only_they_fail
            );
            sum.same += s.same;
            sum.both_fail += s.both_fail;
            sum.message_differs += s.message_differs;
            sum.value_differs += s.value_differs;
            sum.only_we_fail += s.only_we_fail;
            sum.only_they_fail += s.only_they_fail;
        }
        let percent = 100.0 * sum.right() as f64 / sum.total() as f64;
        eprintln!(
            "{} of {} right ({percent:.1} %), {} with another message",
            sum.right(),
            sum.total(),
            sum.message_differs
        );
        let threshold: f64 =
            std::env::var("IMPEL_THRESHOLD").ok().and_then(|t| t.parse().ok()).unwrap_or(threshold);
        let unmeant = self.unmeant.join("\n  ");
        assert!(
            unmeant.is_empty() || threshold == 0.0,
            "these differ without a reason in differences.yml:\n  {unmeant}"
        );
        assert!(percent >= threshold, "only {percent:.1} % right; IMPEL_SHOW=all tells what differs");
    }
}
