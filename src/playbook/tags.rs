//! Which tasks the tags on the command line choose.

/// Whether a task with these tags (rendered, its inherited ones too) runs under `--tags` and `--skip-tags`.
/// An empty `only` means `all`.
pub fn tags_match(tags: &[impl AsRef<str>], only: &[impl AsRef<str>], skip: &[impl AsRef<str>]) -> bool {
    let has = |name: &str| tags.iter().any(|tag| tag.as_ref() == name);
    let tagged = tags.iter().any(|tag| tag.as_ref() != "untagged");
    let named = |list: &[&str]| list.iter().any(|name| has(name) || (*name == "untagged" && !tagged));
    let only: Vec<&str> = only.iter().map(AsRef::as_ref).collect();
    let skip: Vec<&str> = skip.iter().map(AsRef::as_ref).collect();

    let chosen = has("always")
        || (only.is_empty() || only.contains(&"all")) && !has("never")
        || named(&only)
        || only.contains(&"tagged") && tagged && !has("never");
    let skipped = if skip.contains(&"all") {
        !has("always") || skip.contains(&"always")
    } else {
        named(&skip) || skip.contains(&"tagged") && tagged
    };
    chosen && !skipped
}

#[cfg(test)]
mod tests {
    use super::tags_match;

    #[test]
    fn chooses_as_ansible_does() {
        let none: [&str; 0] = [];
        type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], bool);
        let cases: &[Case<'_>] = &[
            (&none, &none, &none, true),
            (&["never"], &none, &none, false),
            (&["never"], &["all"], &none, false),
            (&["never", "a"], &["a"], &none, true),
            (&["never"], &["never"], &none, true),
            (&["never", "always"], &none, &none, true),
            (&["a"], &["b"], &none, false),
            (&["always"], &["b"], &none, true),
            (&["always"], &none, &["always"], false),
            (&["always"], &none, &["all"], true),
            (&["always"], &none, &["all", "always"], false),
            (&["a"], &none, &["all"], false),
            (&["a"], &["tagged"], &none, true),
            (&none, &["tagged"], &none, false),
            (&["never"], &["tagged"], &none, false),
            (&none, &["untagged"], &none, true),
            (&["a"], &["untagged"], &none, false),
            (&["a"], &none, &["tagged"], false),
            (&none, &none, &["tagged"], true),
            (&none, &none, &["untagged"], false),
            (&["a"], &none, &["a"], false),
            (&["a", "b"], &["a"], &["b"], false),
        ];
        for (tags, only, skip, wanted) in cases {
            assert_eq!(tags_match(tags, only, skip), *wanted, "{tags:?} only {only:?} skip {skip:?}");
        }
    }
}
