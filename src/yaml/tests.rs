//! The loader and the emitter against tables, and against PyYAML with Ansible's constructors.

use super::*;
use crate::diag::Span;
use impel_modules::pyregex::{Flags, PyRegex, Replacement};
use std::path::{Path, PathBuf};
use std::process::Command;

fn origin() -> Span {
    Span::new(Path::new("f.yml"), 1, 1)
}

fn yaml(text: &str) -> Result<Node, String> {
    match read(text, origin(), Limits::default()) {
        Ok(loaded) => Ok(loaded.node),
        Err(error) => {
            let at = error.span.map(|span| format!(" @{}:{}", span.line, span.column)).unwrap_or_default();
            Err(error.message.trim_start_matches("YAML parsing failed: ").to_owned() + &at)
        }
    }
}

fn shown(text: &str) -> String {
    match yaml(text) {
        Ok(node) => repr::of_node(&node),
        Err(error) => error,
    }
}

/// Each line was observed with ansible-core 2.19.
#[test]
fn documents_read_as_ansible_reads_them() {
    let table = [
        ("a: yes\nb: y\nc: on\nd: Off\ne: NO", "{'a': True, 'b': 'y', 'c': True, 'd': False, 'e': False}"),
        (
            "a: 0777\nb: 0o777\nc: 12:30:45\nd: 1_000\ne: 1e3\nf: 1.5e3\ng: 1.5e+3\nh: .5\ni: 0x1F\nj: 0b11",
            "{'a': 511, 'b': '0o777', 'c': 45045, 'd': 1000, 'e': '1e3', 'f': '1.5e3', 'g': 1500.0, 'h': 0.5, 'i': 31, 'j': 3}",
        ),
        (
            "a: 190:20:30.15\nb: 08\nc: 1__0\nd: 1:99\ne: 01:02",
            "{'a': 685230.15, 'b': '08', 'c': 10, 'd': '1:99', 'e': '01:02'}",
        ),
        ("a: -0x1F\nb: +12\nc: 1_2:30\nd: 0_\ne: -1:30", "{'a': -31, 'b': 12, 'c': 750, 'd': 0, 'e': -90}"),
        (
            "a: 12345678901234567890\nb: -9223372036854775808\nc: 0xFFFFFFFFFFFFFFFFFF",
            "{'a': 12345678901234567890, 'b': -9223372036854775808, 'c': 4722366482869645213695}",
        ),
        ("a: 2001-01-01", "{'a': datetime.date(2001, 1, 1)}"),
        (
            "a: 2001-1-1 1:02:03\nb: 2001-12-14T21:59:43.",
            "{'a': datetime.datetime(2001, 1, 1, 1, 2, 3), 'b': datetime.datetime(2001, 12, 14, 21, 59, 43)}",
        ),
        (
            "a: 2001-12-14t21:59:43.1234567-05:30",
            "{'a': datetime.datetime(2001, 12, 14, 21, 59, 43, 123456, \
             tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=66600)))}",
        ),
        ("1: a\ntrue: d\n1.0: e", "{1: 'e'}"),
        ("a: !unsafe \"12\"", "{'a': 12}"),
        ("a: ! \"12\"", "{'a': 12}"),
        (
            "a: !!int \" 12 \"\nb: !!float \"1e3\"\nc: !!bool \"yes\"\nd: !!str 1\ne: !!str",
            "{'a': 12, 'b': 1000.0, 'c': True, 'd': '1', 'e': ''}",
        ),
        ("a: !!binary |\n  aGVs\n  bG8=", "{'a': b'hello'}"),
        ("a: !!set {a, b: 1}", "{'a': {'a', 'b'}}"),
        ("a: !!omap [x: 1, y: 2]", "{'a': [('x', 1), ('y', 2)]}"),
        ("a: ! \"12\\n\"\nb: !unsafe \"0x1F\\n\"\nc: \"12\\n\"", "{'a': 12, 'b': 31, 'c': '12\\n'}"),
        ("a: &a [1, *a]\nb: &b {c: *b, <<: *b}", "{'a': [1, [...]], 'b': {'c': {...}}}"),
        ("<<: !!set {a, b: 1}\nc: !!str {=: 1}\n!!value d: 2", "{'a': None, 'b': 1, 'c': '1', 'd': 2}"),
        (
            "a: !!timestamp 2001-1-1\nb: !!int \"٣\"\nc: !!int \"--1\"",
            "{'a': datetime.date(2001, 1, 1), 'b': 3, 'c': 1}",
        ),
        ("a: !!python/unicode b\nc: !!python/dict {b: c}", "{'a': 'b', 'c': {'b': 'c'}}"),
        ("<<: {a: 1, b: 2}\na: 3\nc: 4", "{'a': 3, 'b': 2, 'c': 4}"),
        ("<<: [{a: 1}, {a: 2, b: 3}]", "{'a': 1, 'b': 3}"),
        ("<<: {a: 1}\n<<: {b: 2}", "{'a': 1, 'b': 2}"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n  b: 2", "{'x': {'a': 1}, 'y': {'a': 1, 'b': 2}}"),
        ("=: x\n\"<<\": y", "{'=': 'x', '<<': 'y'}"),
        ("%TAG !y! tag:yaml.org,2002:\n---\na: !y!int \"3\"", "{'a': 3}"),
        ("a: |2\n   x\n  y", "{'a': ' x\\ny'}"),
        ("a: >\n x\n y\n\n z\n  w\n v\n", "{'a': 'x y\\nz\\n w\\nv\\n'}"),
        ("a: |-\n x\n   \n", "{'a': 'x\\n  '}"),
        ("a: {a:1}\nb: [b:c]\nc: {\"a\":b}", "{'a': {'a:1': None}, 'b': ['b:c'], 'c': {'a': 'b'}}"),
        ("", "None"),
        ("# c\n", "None"),
        ("---", "None"),
        ("\u{feff}a: b", "{'a': 'b'}"),
        ("ｗ: b", "{'ｗ': 'b'}"),
        // JSON is tried first, and differs.
        ("{\"a\": 1e3, \"b\": \"\\ud83d\\ude00\", \"c\": NaN}", "{'a': 1000.0, 'b': '😀', 'c': nan}"),
        ("{\"a\": 010, \"b\": 12:30}", "{'a': 8, 'b': 750}"),
    ];
    for (text, wanted) in table {
        assert_eq!(shown(text), wanted, "{text}");
    }
}

/// Words and places as ansible-core 2.19 gives them; it gives no place where a value cannot be made of a scalar.
#[test]
fn errors_have_ansibles_words_and_place() {
    let table = [
        ("a: {{ x }}", "This may be an issue with missing quotes around a template block. @1:4"),
        ("a: b: c", "Colons in unquoted values must be followed by a non-space character. @1:5"),
        ("a: b\n c: 1", "Mapping values are not allowed in this context. @2:3"),
        ("a:\n\tb: 1", "Tabs are usually invalid in YAML. @2:1"),
        ("a: \"x\" y", "Values starting with a quote must end with the same quote. @1:4"),
        ("a: \"x\nb: 3\n", "While scanning a quoted scalar found unexpected end of stream. @3:1"),
        ("a:\n  - b\n c: 1", "While parsing a block mapping did not find expected key. @3:2"),
        ("a: [1, 2\nb: 3", "While parsing a flow sequence did not find expected ',' or ']'. @2:2"),
        ("a: @x", "While scanning for the next token found character that cannot start any token. @1:4"),
        ("a: \"\\d\"", "While parsing a quoted scalar found unknown escape character. @1:5"),
        ("- [\"\\", "While parsing a quoted scalar found unknown escape character. @1:5"),
        ("a: 1\n---\nb: 2", "Expected a single document in the stream but found another document. @2:1"),
        ("a: !foo bar", "Could not determine a constructor for the tag '!foo'. @1:4"),
        ("a: =", "Could not determine a constructor for the tag 'tag:yaml.org,2002:value'. @1:4"),
        (
            "a: !!python/object:os.system x",
            "Could not determine a constructor for the tag 'tag:yaml.org,2002:python/object:os.system'. @1:4",
        ),
        ("? [a, b]\n: c", "While constructing a mapping found unhashable key. @1:3"),
        ("a: !!set [a]", "Expected a mapping node, but found sequence. @1:4"),
        ("a: !!str [a]", "Expected a scalar node, but found sequence. @1:4"),
        ("a: !!seq foo", "Expected a sequence node, but found scalar. @1:4"),
        ("a: !vault [x]", "The '!vault' tag requires a string value. @1:4"),
        ("a: !vault 12", "The '!vault' tag requires a string value. @1:4"),
        ("a: *x", "Found undefined alias. @1:4"),
        ("a: &x 1\nb: &x 2", "Found duplicate anchor; first occurrence second occurrence. @2:4"),
        ("a: &x !unsafe [*x]", "Found unconstructable recursive node. @1:4"),
        ("a: \"\\ud83d\"", "While parsing a quoted scalar found invalid Unicode character escape code. @1:7"),
        ("[\"\\ud83d\"]", "While parsing a quoted scalar found invalid Unicode character escape code. @1:5"),
        (
            "? !unsafe <<\n: a",
            "Could not determine a constructor for the tag 'tag:yaml.org,2002:merge'. @1:3",
        ),
        ("a: !unsafe '='", "Could not determine a constructor for the tag 'tag:yaml.org,2002:value'. @1:4"),
        (
            "a: !!omap [x]",
            "While constructing an ordered map expected a mapping of length 1, but found scalar. @1:12",
        ),
        ("a: [!!foo x]\nb: !!int y", "invalid literal for int() with base 10: 'y' @2:4"),
        (
            "a: 2001-01-01T00:00:00+24:00",
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not datetime.timedelta(days=1). @1:4",
        ),
        ("%YAML 1.3\n---\na: 1", "Found incompatible YAML document. @1:1"),
        (
            "a: \u{1}",
            "unacceptable character #x0001: control characters are not allowed in \"<unicode string>\", position 3 @1:4",
        ),
        ("a: !!int foo", "invalid literal for int() with base 10: 'foo' @1:4"),
        ("a: !!float foo", "could not convert string to float: 'foo' @1:4"),
        ("a: 2001-13-45", "month must be in 1..12 @1:4"),
        ("a: 0b_", "invalid literal for int() with base 2: '' @1:4"),
        (
            "a: !!binary a",
            "Failed to decode base64 data: Invalid base64-encoded string: number of data characters (1) cannot be 1 more than a multiple of 4. @1:4",
        ),
        ("a: !!binary \"a*b=\"", "Failed to decode base64 data: Incorrect padding. @1:4"),
        ("a: !y!int 3", "While parsing a node found undefined tag handle. @1:4"),
        ("a: [a, , b]", "While parsing a flow node did not find expected node content. @1:8"),
    ];
    for (text, wanted) in table {
        assert_eq!(shown(text), wanted, "{text}");
    }
}

#[test]
fn unsafe_reaches_down_and_only_there() {
    let node = yaml("a: !unsafe {b: c, d: [e]}\nf: g").unwrap();
    let pairs = &node.as_map().unwrap().pairs;
    let unsafe_ = |node: &Node| matches!(node.kind, Kind::Str { unsafe_: true, .. });
    let inner = pairs[0].1.as_map().unwrap();
    assert!(unsafe_(&inner.pairs[0].1));
    assert!(unsafe_(&inner.pairs[1].1.as_seq().unwrap()[0]));
    assert!(!unsafe_(&pairs[1].1));
}

#[test]
fn vaulted_text_is_kept_as_it_stands() {
    let node = yaml("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n").unwrap();
    let Kind::Vault(text) = &node.as_map().unwrap().pairs[0].1.kind else { panic!("{node:?}") };
    assert_eq!(&**text, "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
}

#[test]
fn nodes_stand_where_their_first_token_stands() {
    let node =
        read("a:\n  b: !unsafe x\nc: &k\n  - d\ne: *k", Span::new(Path::new("f"), 10, 5), Limits::default())
            .unwrap()
            .node;
    let places: Vec<_> =
        node.as_map().unwrap().pairs.iter().map(|(k, v)| (k.span.to_string(), v.span.to_string())).collect();
    let wanted = [("f:10:5", "f:11:3"), ("f:12:1", "f:12:4"), ("f:14:1", "f:12:4")];
    assert_eq!(places, wanted.map(|(k, v)| (k.to_owned(), v.to_owned())));
    let json = yaml("{\n \"a\": [1,\n  \"b\"]}").unwrap();
    assert_eq!(json.as_map().unwrap().pairs[0].1.as_seq().unwrap()[1].span.to_string(), "f.yml:3:3");
}

#[test]
fn duplicate_keys_are_told_of() {
    let loaded = read("a: 1\nb: 2\na: 3", origin(), Limits::default()).unwrap();
    let said: Vec<_> = loaded
        .notices
        .iter()
        .map(|n| (n.diagnostic().message.clone(), n.diagnostic().span.unwrap().to_string()))
        .collect();
    assert_eq!(said, [("Found duplicate mapping key 'a'.".to_owned(), "f.yml:3:1".to_owned())]);
    let many: String = (0..100).map(|n| format!("k{n}: {n}\n")).collect();
    let loaded = read(&format!("{many}k7: x\nk99: y\n"), origin(), Limits::default()).unwrap();
    assert_eq!(loaded.notices.len(), 2);
    assert_eq!(loaded.node.as_map().unwrap().get("k7").unwrap().as_str(), Some("x"));
}

#[test]
fn bombs_and_towers_are_errors_in_bounded_time() {
    let started = std::time::Instant::now();
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..40 {
        let before = n - 1;
        bomb += &format!(
            "a{n}: &a{n} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}, *a{before}]\n"
        );
    }
    assert!(shown(&bomb).starts_with("The document stands for more than"));
    let mut merges = "a0: &a0 {k0: x}\n".to_owned();
    for n in 1..40 {
        merges += &format!("a{n}: &a{n} {{<<: *a{0}, k{n}: y}}\n", n - 1);
    }
    assert!(yaml(&merges).is_ok());
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("[\n", "]\n")] {
        let tower = open.repeat(10_000) + &close.repeat(10_000);
        assert!(shown(&tower).starts_with("The document is nested deeper"), "{open}");
        assert!(shown(&open.repeat(100_000)).starts_with("The document is nested deeper"), "{open}");
    }
    assert!(shown(&"- ".repeat(10_000)).starts_with("The document is nested deeper"));
    assert!(shown(&"? ".repeat(10_000)).starts_with("The document is nested deeper"));
    let chain: String = (1..10_000).map(|n| format!("- &b{n} [*b{}]\n", n - 1)).collect();
    assert!(shown(&format!("- &b0 []\n{chain}")).starts_with("The document is nested deeper"));
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
}

/// Inputs on which libyaml-safer 0.3.0 panicked.
#[test]
fn inputs_that_made_the_parser_panic_are_read() {
    assert_eq!(shown("{foo : !!str, bar: 1}"), "{'foo': '', 'bar': 1}");
    assert_eq!(shown("a: |\n  x\n   "), "{'a': 'x\\n '}");
    assert_eq!(shown("- |\n x\n  "), "['x\\n ']");
    for text in [
        "\"\\",
        "a: \"\\x",
        "a: >\n ",
        "|",
        "a: |1",
        "[!",
        "!<",
        "%",
        "%TAG",
        "&",
        "*",
        "'",
        "? ",
        "!%41%",
        "!%e4%b8%ad x",
        "!%e4%b8 x",
    ] {
        let _ = shown(text);
    }
}

#[test]
fn trees_are_written_as_pyyaml_writes_them() {
    let s = |text: &str| Tree::Str(text.into());
    let map = |pairs: Vec<(&str, Tree)>| {
        Tree::Map(pairs.into_iter().map(|(k, v)| (Tree::Str(k.into()), v)).collect())
    };
    let long = "word ".repeat(20);
    let tree = map(vec![
        ("b", Tree::Seq(vec![Tree::Int(1), s("x"), map(vec![("k", s("v")), ("e", Tree::Seq(vec![]))])])),
        ("a", s("l1\nl2")),
        ("n", Tree::Null),
        ("t", Tree::Bool(true)),
        ("f", Tree::Float(1.0)),
        ("g", Tree::Float(1e20)),
        ("s", s("yes")),
        ("long", s(long.trim())),
        ("dt", Tree::Stamp("2001-01-01".into())),
        ("dts", s("2001-01-01")),
        ("emoji", s("\u{1f389}é")),
        ("bin", Tree::Bytes(b"hello".to_vec())),
    ]);
    let nice = Emit { indent: 4, ..Emit::default() };
    let wanted = "a: 'l1\n\n    l2'\nb:\n- 1\n- x\n-   e: []\n    k: v\nbin: !!binary |\n    aGVsbG8=\ndt: 2001-01-01\ndts: '2001-01-01'\nemoji: \"\\U0001F389é\"\nf: 1.0\ng: 1.0e+20\nlong: word word word word word word word word word word word word word word word word\n    word word word word\nn: null\ns: 'yes'\nt: true\n";
    assert_eq!(dump(&tree, &nice).unwrap(), wanted);
    let shared = Tree::Shared(std::sync::Arc::new(Tree::Seq(vec![Tree::Int(1), Tree::Int(2)])));
    let twice = Tree::Seq(vec![shared.clone(), shared]);
    let mixed = Emit { default_flow_style: None, ..Emit::default() };
    assert_eq!(dump(&twice, &mixed).unwrap(), "- &id001 [1, 2]\n- *id001\n");
    assert_eq!(dump(&s("x"), &mixed).unwrap(), "x\n");
}

/// Every YAML file below `IMPEL_YAML_CORPUS` reads as the ansible-core in `IMPEL_ORACLE` reads it.
#[test]
fn a_corpus_reads_as_the_oracle_reads_it() {
    let (Some(oracle), Some(corpus)) =
        (std::env::var_os("IMPEL_ORACLE"), std::env::var_os("IMPEL_YAML_CORPUS"))
    else {
        eprintln!(
            "skipped: IMPEL_ORACLE (ansible-core's bin) and IMPEL_YAML_CORPUS (a folder) are not both set"
        );
        return;
    };
    let script = include_str!("oracle.py");
    let output =
        Command::new(PathBuf::from(oracle).join("python")).args(["-c", script]).arg(corpus).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in text.lines() {
        let Node { kind: Kind::Seq(row), .. } =
            json::read(line, origin(), Limits { depth: 1000, ..Limits::default() }).unwrap()
        else {
            panic!("{line}")
        };
        let (path, wanted) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        count += 1;
        if let ([_, _, nice, mixed], Ok(text)) = (&row[..], std::fs::read_to_string(path)) {
            let node = read_yaml(&text, Span::new(Path::new(path), 1, 1), Limits::default()).unwrap().node;
            let mixed_style = Emit { default_flow_style: None, sort_keys: false, ..Emit::default() };
            for (wanted, options) in [(nice, Emit { indent: 4, ..Emit::default() }), (mixed, mixed_style)] {
                let got = dump(&tree(&node), &options).unwrap();
                if Some(&*got) != wanted.as_str() {
                    let (a, b) = (got.lines(), wanted.as_str().unwrap_or_default().lines());
                    let first = a.zip(b).find(|(a, b)| a != b);
                    wrong.push(format!("{path} written {first:?}"));
                }
            }
        }
        let got = match std::fs::read_to_string(path)
            .map(|text| read(&text, Span::new(Path::new(path), 1, 1), Limits::default()))
        {
            Ok(Ok(loaded)) => canonical(&loaded.node),
            Ok(Err(error)) => format!(
                "ERR {} {}",
                error.message,
                error.span.map(|s| format!("{}:{}", s.line, s.column)).unwrap_or_default()
            ),
            Err(error) => format!("ERR {error}"),
        };
        // Where Ansible gives no place, ours is extra.
        let bare =
            |text: &str| text.rsplit_once(' ').map_or_else(|| text.to_owned(), |(text, _)| text.to_owned());
        // Ansible knows no places in JSON.
        let without = |pattern: &str, with: &str, text: &str| {
            let regex = PyRegex::new(pattern, Flags::default()).unwrap();
            regex.replace(text, &Replacement::parse(with, &regex).unwrap(), 0).unwrap().0
        };
        let placeless = without(r"@\d+:\d+", "@", &got);
        let same = got == *wanted
            || placeless == *wanted
            || got.starts_with("ERR")
                && wanted.starts_with("ERR")
                && wanted.ends_with(' ')
                && bare(&got) == wanted.trim_end();
        if !same {
            let at = got.bytes().zip(wanted.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(40);
            let cut = |text: &str| {
                String::from_utf8_lossy(&text.as_bytes()[at.min(text.len())..(at + 160).min(text.len())])
                    .into_owned()
            };
            wrong.push(format!("{path}\n   ours   {}\n   theirs {}", cut(&got), cut(wanted)));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("{count} files alike");
}

fn tree(node: &Node) -> Tree {
    match &node.kind {
        Kind::Null => Tree::Null,
        Kind::Bool(value) => Tree::Bool(*value),
        Kind::Int(value) => Tree::Int(*value),
        Kind::Big(value) => Tree::Big((**value).clone()),
        Kind::Float(value) => Tree::Float(*value),
        Kind::Str { text, .. } | Kind::Vault(text) => Tree::Str(text.to_string()),
        Kind::Bytes(bytes) => Tree::Bytes(bytes.to_vec()),
        Kind::Seq(items) | Kind::Tuple(items) => Tree::Seq(items.iter().map(tree).collect()),
        Kind::Again(_) => Tree::Null,
        Kind::Set(items) => Tree::Set(items.iter().map(tree).collect()),
        Kind::Map(map) => Tree::Map(map.pairs.iter().map(|(key, value)| (tree(key), tree(value))).collect()),
        Kind::Date(date) => Tree::Stamp(date.to_string()),
        Kind::Time(at) => Tree::Stamp(at.to_string()),
        Kind::DateTime(at) => Tree::Stamp(at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
        Kind::Zoned(at) => Tree::Stamp(at.strftime("%Y-%m-%d %H:%M:%S%:z").to_string()),
    }
}

/// A form that the oracle's script writes too.
fn canonical(node: &Node) -> String {
    form(node, &mut Vec::new())
}

/// `above` are the collections around it, by where their content lies.
fn form(node: &Node, above: &mut Vec<usize>) -> String {
    let address = match &node.kind {
        Kind::Seq(items) => items.as_ptr() as usize,
        Kind::Map(map) => std::sync::Arc::as_ptr(map) as usize,
        Kind::Again(again) => {
            let kind = again.whole().unwrap().clone();
            return form(&Node { kind, span: node.span }, above);
        }
        _ => 0,
    };
    if address != 0 && above.contains(&address) {
        return "REC".into();
    }
    above.push(address);
    let form = shape(node, above);
    above.pop();
    form
}

fn shape(node: &Node, above: &mut Vec<usize>) -> String {
    let mut list = |items: &[Node]| items.iter().map(|item| form(item, above)).collect::<Vec<_>>().join(",");
    match &node.kind {
        Kind::Str { text, unsafe_ } => {
            format!("s{}{}", if *unsafe_ { "u" } else { "" }, repr::of_str(text)) + &at(node)
        }
        Kind::Vault(text) => format!("v{}", repr::of_str(text)),
        Kind::Bytes(bytes) => format!("b{bytes:?}"),
        Kind::Seq(items) => format!("[{}]{}", list(items), at(node)),
        Kind::Tuple(items) => format!("({})", list(items)),
        Kind::Set(items) => {
            let mut items: Vec<_> = items.iter().map(repr::of_node).collect();
            items.sort();
            format!("S{{{}}}", items.join(","))
        }
        Kind::Map(map) => {
            let pairs: Vec<_> =
                map.pairs.iter().map(|(k, v)| form(k, above) + ":" + &form(v, above)).collect();
            format!("{{{}}}{}", pairs.join(","), at(node))
        }
        Kind::Time(at) => format!("t{at}"),
        Kind::DateTime(at) => format!("d{}", at.strftime("%Y-%m-%dT%H:%M:%S%.6f")),
        Kind::Again(_) => "REC".into(),
        Kind::Zoned(at) => format!("d{}", at.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z")),
        _ => repr::of_node(node),
    }
}

fn at(node: &Node) -> String {
    format!("@{}:{}", node.span.line, node.span.column)
}
