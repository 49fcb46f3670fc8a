//! Generated patterns and subjects through Python's `re` and through impel: matches, groups, and what is rejected.
//!
//! Needs `IMPEL_ORACLE`, the folder that holds ansible-core's `python`; `IMPEL_SHOW=all` prints what differs.

use impel::template::pyregex::{Flags, PyRegex};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The spans of a pattern's matches, in characters as Python counts them.
fn matches(pattern: &str, subject: &str) -> Result<Vec<Vec<(i64, i64)>>, String> {
    let regex = PyRegex::new(pattern, Flags::default()).map_err(|e| e.0)?;
    let place = |byte: usize| subject[..byte].chars().count() as i64;
    let found = regex.find_all(subject).map_err(|e| format!("while matching: {}", e.0))?;
    let spans = |m: &impel::template::pyregex::Match<'_>| {
        (0..=regex.groups()).map(|g| m.span(g).map_or((-1, -1), |(a, b)| (place(a), place(b)))).collect()
    };
    Ok(found.iter().map(spans).collect())
}

#[test]
fn generated_patterns_match_as_in_python() {
    let Some(oracle) = std::env::var_os("IMPEL_ORACLE") else {
        eprintln!("left out: IMPEL_ORACLE does not name the folder of ansible-core's python");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/templates/patterns.py");
    let seed = std::env::var("IMPEL_SEED").unwrap_or_else(|_| "1".into());
    let count = std::env::var("IMPEL_CASES").unwrap_or_else(|_| "6000".into());
    let output =
        Command::new(Path::new(&oracle).join("python")).arg(script).args([&seed, &count]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shows = std::env::var("IMPEL_SHOW").is_ok_and(|s| s == "all");
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let (pattern, subject) = (case["pattern"].as_str().unwrap(), case["subject"].as_str().unwrap());
        let ours = matches(pattern, subject);
        let theirs: Result<Vec<Vec<(i64, i64)>>, &str> = match case["error"].as_str() {
            Some(error) => Err(error),
            None => Ok(serde_json::from_value(case["matches"].clone()).unwrap()),
        };
        let verdict = match (&theirs, &ours) {
            (Ok(a), Ok(b)) if a == b => "same",
            (Err(a), Err(b)) if a == b => "same error",
            (Err(_), Err(_)) => "other words",
            (Ok(_), Ok(_)) => "other matches",
            (Ok(_), Err(_)) => "only we reject",
            (Err(_), Ok(_)) => "only Python rejects",
        };
        *tally.entry(verdict).or_default() += 1;
        if shows && !verdict.starts_with("same") {
            eprintln!("{verdict}: {pattern:?} on {subject:?}\n    theirs {theirs:?}\n    ours   {ours:?}");
        }
    }
    eprintln!("{tally:?}");
    let count = |verdict: &str| tally.get(verdict).copied().unwrap_or(0);
    let all: usize = tally.values().sum();
    let right = count("same") + count("same error") + count("other words");
    assert!(all > 1000, "only {all} cases");
    assert_eq!(count("only Python rejects"), 0, "what Python rejects is rejected");
    assert!(right * 1000 >= all * 995, "{right} of {all} right; IMPEL_SHOW=all tells what differs");
}
