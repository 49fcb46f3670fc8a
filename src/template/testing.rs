//! A world of fixed variables, and tests of the engine as a whole; what ansible-core makes of templates is compared
//! in `tests/oracle_templates.rs`.

use super::value::Value;
use super::{Effect, TemplateOptions, World, conditional, expression, render, render_template_file};
use crate::diag::{Diagnostic, Span};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variables, and a vault that knows one password.
#[derive(Default)]
pub struct Fixed {
    pub variables: HashMap<String, Value>,
    pub config: HashMap<String, Value>,
    pub files: HashMap<String, String>,
    pub environment: HashMap<String, String>,
    memory: RefCell<HashMap<usize, (Arc<str>, Value)>>,
}

impl Fixed {
    /// Variables as a YAML file would hold them.
    pub fn of(yaml: &str) -> Fixed {
        Fixed::of_file(yaml, Path::new("vars.yml"))
    }

    pub fn of_file(yaml: &str, path: &Path) -> Fixed {
        let span = Span::new(path, 1, 1);
        let node = crate::yaml::load(yaml, span, crate::yaml::Limits::default()).unwrap();
        let mut world = Fixed::default();
        for (key, value) in node.as_map().map(|m| m.pairs.as_slice()).unwrap_or_default() {
            world.variables.insert(key.as_str().unwrap().to_owned(), Value::from_node(value));
        }
        world
    }

    pub fn text(&self, template: &str) -> String {
        self.memory.borrow_mut().clear();
        match render(&Value::trusted(template, None), self) {
            Ok(value) => value.repr().unwrap(),
            Err(e) => format!("error: {e}"),
        }
    }
}

impl World for Fixed {
    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned()
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        self.variables.keys().map(|k| Arc::from(k.as_str())).collect()
    }

    fn find_file(&self, _subfolder: &str, name: &Path) -> Option<PathBuf> {
        self.files.contains_key(name.to_str()?).then(|| name.to_owned())
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![PathBuf::from("/templates")]
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        Ok((self.files[path.to_str().unwrap()].clone().into_bytes(), false))
    }

    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Ok(format!("plain of {}", vault.trim()).into())
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

    fn config(&self, name: &str) -> Option<Value> {
        self.config.get(name).cloned()
    }

    fn warn(&self, _text: &str) {}

    fn environment(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }
}

/// Runs work on a stack as small as a thread's by default.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn what_is_bounded_ends_in_a_clear_error() {
    on_small_stack(|| {
        let world = Fixed::of("a: '{{ b }}'\nb: '{{ a }}'\nself_: '{{ [[[[[[[[self_]]]]]]]] }}'");
        let deep = |n: usize| format!("{{{{ {}1{} }}}}", "[".repeat(n), "]".repeat(n));
        let doubled = |how: &str| {
            format!(
                "{{% set ns = namespace(x='aa') %}}{{% for i in range(60) %}}{{% set ns.x = {how} %}}{{% endfor %}}{{{{ ns.x | length }}}}"
            )
        };
        let sum = format!("{{{{ 1{} }}}}", " + 1".repeat(50_000));
        let chain = format!("{{{{ 'x'{} }}}}", " | upper".repeat(50_000));
        let cases = [
            ("{{ a }}".to_owned(), "Recursive loop detected in template"),
            ("{{ self_ }}".to_owned(), "maximum recursion depth exceeded"),
            (
                "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}".to_owned(),
                "maximum recursion depth exceeded",
            ),
            (
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}".to_owned(),
                "maximum recursion depth exceeded",
            ),
            (
                "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}".to_owned(),
                "maximum recursion depth exceeded",
            ),
            ("{{ ('[' * 900 ~ ']' * 900) | from_json | length }}".to_owned(), "1"),
            ("{{ ('[' * 900 ~ ']' * 900) | from_yaml | length }}".to_owned(), "1"),
            ("{{ ('[' * 280 ~ ']' * 280) | from_json | flatten }}".to_owned(), "[]"),
            ("{{ ('[' * 280 ~ ']' * 280) | from_json | to_json }}".to_owned(), "[[[["),
            ("{{ ('[' * 230 ~ ']' * 230) | from_json }}".to_owned(), "[[[["),
            ("{{ ('[' * 230 ~ ']' * 230) | from_json | to_yaml }}".to_owned(), "- - - -"),
            ("{{ ('[' * 900 ~ ']' * 900) | from_json }}".to_owned(), "Recursive loop detected in template"),
            ("{{ ('[' * 100000) | from_json }}".to_owned(), "decoding a JSON array"),
            ("{{ ('[' * 100000) | from_yaml }}".to_owned(), "nested deeper"),
            ("{{ ('a: &a [1, *a]' | from_yaml).a[1][1][0] }}".to_owned(), "1"),
            ("{{ 'a: &a [1, *a]' | from_yaml }}".to_owned(), "Recursive loop detected in template"),
            (deep(70), "[[[["),
            (deep(10_000), "too many operators"),
            (sum, "too many operators"),
            (chain, "too many operators"),
            ("{{ 'a' * 10**9 * 10 }}".to_owned(), "too large"),
            ("{{ [0] * 10**12 }}".to_owned(), "too large"),
            ("{{ range(10**12) | list }}".to_owned(), "Range too big"),
            ("{% for x in range(10**12) %}{% endfor %}".to_owned(), "Range too big"),
            ("{{ 10 ** (10 ** 10) }}".to_owned(), "too large"),
            (doubled("ns.x ~ ns.x"), "too large"),
            (doubled("ns.x + ns.x"), "too large"),
            (doubled("ns.x | replace('a', 'aa')"), "too large"),
            ("{{ '%1000000000d' % 1 }}".to_owned(), "too large"),
            ("{{ 'x'.ljust(10**12) }}".to_owned(), "too large"),
        ];
        for (template, expected) in cases {
            let got = world.text(&template);
            assert!(
                got.contains(expected),
                "{}: {}",
                &template[..template.len().min(60)],
                &got[..got.len().min(200)]
            );
        }
    });
}

#[test]
fn a_template_is_rendered_only_where_the_user_wrote_it() {
    let mut world = Fixed::of("a: '{{ 1 + 1 }}'\nraw: !unsafe '{{ 1 + 1 }}'\nsealed: !vault |\n  secret\n");
    world.variables.insert("host".into(), Value::str("{{ 1 + 1 }}"));
    assert_eq!(world.text("{{ a }}"), "2");
    for name in ["raw", "host"] {
        assert_eq!(world.text(&format!("{{{{ {name} }}}}")), "'{{ 1 + 1 }}'", "{name}");
        assert_eq!(world.text(&format!("{{{{ [{name}] }}}}")), "['{{ 1 + 1 }}']", "{name}");
        assert_eq!(world.text(&format!("{{{{ {name} ~ '' }}}}")), "'{{ 1 + 1 }}'", "{name}");
    }
    assert_eq!(world.text("{{ '{{ 1 }}' }}"), "'{{ 1 }}'");
    assert_eq!(world.text("{{ sealed }}"), "'plain of secret'");
}

#[test]
fn the_secret_bit_reaches_whatever_is_made_of_a_secret() {
    let world = Fixed::of("sealed: !vault |\n  x\nboth: 'a {{ sealed }}'\nplain: x");
    let secret = |template: &str| render(&Value::trusted(template, None), &world).unwrap().is_secret();
    for template in [
        "{{ sealed }}",
        "{{ both }}",
        "{{ sealed | upper }}",
        "{{ sealed ~ 'x' }}",
        "{{ 'x' + sealed }}",
        "{{ '%s' % sealed }}",
        "{{ '{}'.format(sealed) }}",
        "{{ sealed[1:] }}",
        "{{ sealed.split() }}",
        "{{ [sealed] | join('-') }}",
        "{{ {'a': [sealed]} }}",
        "{% set x %}{{ sealed }}!{% endset %}{{ x }}",
    ] {
        assert!(secret(template), "{template}");
    }
    for template in ["{{ plain }}", "{{ plain | upper }}", "{{ sealed | length }}", "{{ sealed == 'x' }}"] {
        assert!(!secret(template), "{template}");
    }
}

#[test]
fn an_error_points_at_its_place_and_offers_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vars.yml");
    let text = "colour: 1\nouter: |\n  first\n  {{ colr }}\nlines: \"a\\n  {{ colr }}\"\n";
    std::fs::write(&path, text).unwrap();
    let world = Fixed::of_file(text, &path);
    let error = render(&world.variables["outer"], &world).unwrap_err();
    assert_eq!(error.message, "'colr' is undefined");
    assert_eq!(error.hint.as_deref(), Some("did you mean 'colour'?"));
    assert_eq!(error.span.unwrap().to_string(), format!("{}:4:6", path.display()));
    let error = render(&world.variables["lines"], &world).unwrap_err();
    assert_eq!(error.span.unwrap().to_string(), format!("{}:5:8", path.display()));
    let span = Span::new(Path::new("motd.j2"), 1, 1);
    let text = "line\n  {% if true %}\n  {{ nosuch }}\n{% endif %}\n";
    let error = render_template_file(text, span, &TemplateOptions::default(), &world).unwrap_err();
    assert_eq!(error.span.unwrap().to_string(), "motd.j2:3:6");
    let broken = "#jinja2: trim_blocks: True\nline\n  {{ a b }}\n";
    let error = render_template_file(broken, span, &TemplateOptions::default(), &world).unwrap_err();
    let said = "Syntax error in template: expected token 'end of print statement', got 'b'";
    assert_eq!((error.message.as_str(), error.span.unwrap().to_string().as_str()), (said, "motd.j2:3:8"));
}

#[test]
fn what_a_template_changes_is_its_own_copy() {
    let world = Fixed::of("l: [1]\nd: {k: [1]}");
    assert_eq!(world.text("{% set _ = l.append(2) %}{{ l }}"), "[1, 2]");
    assert_eq!(world.text("{{ l }}"), "[1]");
    assert_eq!(world.text("{% set _ = d.k.append(2) %}{{ d }}"), "{'k': [1, 2]}");
    assert_eq!(world.text("{{ d }}"), "{'k': [1]}");
}

#[test]
fn extensions_are_off_unless_the_configuration_asks_for_them() {
    let mut world = Fixed::of("l: [1, 2, 3]");
    let template = "{% for x in l %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}";
    assert!(world.text(template).contains("Encountered unknown tag 'break'"));
    let extensions = Value::str("jinja2.ext.do,jinja2.ext.loopcontrols");
    world.config.insert("DEFAULT_JINJA2_EXTENSIONS".into(), extensions);
    assert_eq!(world.text(template), "1");
    assert_eq!(world.text("{% set m = [] %}{% do m.append(1) if l else 0 %}{{ m }}"), "[1]");
    for (template, expected) in [
        ("{% break %}", "error: Error rendering template: 'break' outside loop"),
        ("{% for x in l if x > 1 %}{% continue %}{% else %}none{% endfor %}", "'none'"),
        ("{% for x in l %}{% set y %}{% break %}{% endset %}{{ x }}{% endfor %}", "None"),
        ("{% trans %}a{% endtrans %}", "Encountered unknown tag 'trans'"),
    ] {
        let said = world.text(template);
        assert!(said.contains(expected), "{template}: {said}");
    }
}

#[test]
fn translations_call_what_the_template_defines() {
    let mut world = Fixed::of("n: 2");
    world.config.insert("DEFAULT_JINJA2_EXTENSIONS".into(), Value::str("jinja2.ext.i18n,jinja2.ext.debug"));
    let functions = "{% macro gettext(a) %}<{{ a }}>{% endmacro %}{% macro ngettext(a, b, n) %}{{ b if n > 1 else a \
                     }}{% endmacro %}";
    for (template, expected) in [
        ("{% trans %}100% a{% endtrans %}", "'<100% a>'"),
        ("{% trans x=1 %}100% {{ x }}{% endtrans %}", "'<100% 1>'"),
        ("{% trans n %}{{ n }} a{% pluralize %}{{ n }} bs{% endtrans %}", "'2 bs'"),
        ("{% trans c=n.__abs__|d(1), n=1 %}{{ n }} a{% pluralize n %}bs{% endtrans %}", "'1 a'"),
        ("{% trans trimmed %} a\n  b {% endtrans %}", "'<a b>'"),
        (
            "{% trans %}{% if n %}{% endtrans %}",
            "control structures in translatable sections are not allowed; saw `if`",
        ),
        ("{% trans %}a{% pluralize %}b{% endtrans %}", "pluralize without variables"),
        ("{% debug %}", "error: Error rendering template."),
    ] {
        let said = world.text(&format!("{functions}{template}"));
        assert!(said.contains(expected), "{template}: {said}");
    }
    assert!(world.text("{% trans %}a{% endtrans %}").contains("'gettext' is undefined"));
}

#[test]
fn template_files_are_text_with_pythons_escapes() {
    let mut world = Fixed::of("n: 5\nl: [1]");
    world.files.insert("inc.j2".into(), "[{{ n }}{{ '\\t' }}]\n".into());
    let file = |text: &str| {
        let span = Span::new(Path::new("t.j2"), 1, 1);
        render_template_file(text, span, &TemplateOptions::default(), &world)
            .map(|s| s.text.to_string())
            .unwrap()
    };
    assert_eq!(file("{{ n }}"), "5");
    assert_eq!(file("{{ l }}\n\n"), "[1]\n\n");
    assert_eq!(file("{{ 'a\\tb' }}\n"), "a\tb\n");
    assert_eq!(file("{% if n %}\nx\n{% endif %}\n"), "x\n");
    assert_eq!(file("{% include 'inc.j2' %}\n"), "[5\t]\n");
    assert_eq!(
        file("#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% n %] {{ n }}\n"),
        "5 {{ n }}\n"
    );
}

#[test]
fn conditionals_and_expressions() {
    let world = Fixed::of("n: 5\nt: true");
    let truth = |text: &str| conditional(&Value::trusted(text, None), &world);
    assert!(truth("n == 5 and t").unwrap());
    assert!(truth("{{ t }}").unwrap());
    assert!(
        truth("n")
            .unwrap_err()
            .to_string()
            .starts_with("Conditional result (True) was derived from value of type 'int'")
    );
    assert!(conditional(&Value::str("n == 5"), &world).is_err(), "what a host says is no condition");
    assert_eq!(expression("n + 1", &world).unwrap().repr().unwrap(), "6");
}

#[test]
fn what_grows_without_end_ends_with_an_error() {
    let world = Fixed::of("n: 1");
    for template in [
        "{{ ('a' * 1000000) | regex_replace('a', 'b' * 10000) }}",
        "{{ ('a ' * 1000000) | wordwrap(1, wrapstring='b' * 2000) }}",
        "{{ ('a\n' * 1000000) | comment(decoration='x' * 2000) }}",
        "{% for i in range(60) %}{{ 'x' * 100000000 }}{% endfor %}",
        "{{ range(10 ** 12) | list }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | string }}",
        "{{ ('a' * 5000) is match('(a|a)*b') }}",
    ] {
        let said = world.text(template);
        assert!(said.starts_with("error: ") && said.len() < 1000, "{template}: {said:.200}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 3000, failure_persistence: None, ..Default::default() })]
    #[test]
    fn no_text_makes_the_engine_panic(parts in proptest::collection::vec(proptest::sample::select(FRAGMENTS), 0..14)) {
        let world = Fixed::of("a: 1\nl: [1, 2]");
        let text = parts.concat();
        world.text(&text);
        let _ = conditional(&Value::trusted(text.as_str(), None), &world);
        let span = Span::new(Path::new("t.j2"), 1, 1);
        let options = TemplateOptions { lstrip_blocks: true, ..TemplateOptions::default() };
        let _ = render_template_file(&text, span, &options, &world);
    }
}

/// What templates are made of, and what trips a lexer.
const FRAGMENTS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{-",
    "-%}",
    "+%}",
    " raw ",
    " endraw ",
    "raw\u{a0}",
    " ",
    "\n",
    "'",
    "\"",
    "\\",
    "+",
    "-",
    ":",
    ",",
    " for x in ",
    " if ",
    " else ",
    " endif ",
    " endfor ",
    " set x = ",
    " do ",
    "é",
    "\u{a0}",
    "1",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "a",
    "l",
    "|upper",
    ".",
    "~",
    " is ",
    " in ",
    " not ",
    "99999999999999999999999999999999999999999",
    "#jinja2: ",
    "macro m(x)",
    " endmacro ",
    " call m()",
    " endcall ",
    " include 'x' ",
    " block b ",
    " endblock ",
    "[::-1]",
    "%s",
];

#[test]
#[ignore = "a measurement"]
fn speed() {
    let world = Fixed::of("n: 5\ns: hello\nd: {a: {b: 1}}\nl: [1, 2, 3]");
    for template in
        ["{{ n }}", "{{ d.a.b }}", "a {{ s | upper }} b {{ n + 1 }}", "{{ l | map('string') | join(',') }}"]
    {
        let value = Value::trusted(template, None);
        let start = std::time::Instant::now();
        let rounds = 20_000;
        for _ in 0..rounds {
            world.memory.borrow_mut().clear();
            render(&value, &world).unwrap();
        }
        eprintln!("{template:40} {:>9.0}/s", f64::from(rounds) / start.elapsed().as_secs_f64());
    }
}

#[test]
fn a_command_that_never_ends_is_ended() {
    let mut world = Fixed::default();
    world.environment.insert("IMPEL_LOOKUP_TIMEOUT".into(), "1".into());
    let said = world.text("{{ lookup('pipe', 'sleep 1000 | sleep 1000') }}");
    assert!(said.contains("it did not end within 1 seconds"), "{said}");
    assert_eq!(world.text("{{ lookup('pipe', 'echo a; echo b') }}"), "'a\\nb'");
}
