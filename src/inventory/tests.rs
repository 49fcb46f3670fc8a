//! Inventories of every sort against what ansible-inventory says about them.

use super::*;
use crate::vault::Vault;
use crate::yaml::{Kind, Node};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn loaded(sources: &[&str]) -> (Inventory, Vec<String>) {
    let sources: Vec<String> = sources.iter().map(|s| (*s).to_owned()).collect();
    let mut warnings = Vec::new();
    let inventory = Inventory::load(&sources, &Options::default(), &mut warnings).unwrap();
    (inventory, warnings.iter().map(|w| w.to_string()).collect())
}

fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => json!(value),
        Kind::Int(value) => json!(value),
        Kind::Big(value) => serde_json::from_str(&value.to_string()).unwrap(),
        Kind::Float(value) => json!(value),
        Kind::Str { text, unsafe_: true } => json!({ "__ansible_unsafe": &**text }),
        Kind::Str { text, .. } | Kind::Vault(text) => json!(&**text),
        Kind::Bytes(bytes) => json!(String::from_utf8_lossy(bytes)),
        Kind::Date(date) => json!(date.to_string()),
        Kind::Time(at) => json!(at.to_string()),
        Kind::DateTime(at) => json!(at.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
        Kind::Zoned(at) => json!(at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
        Kind::Seq(items) | Kind::Tuple(items) | Kind::Set(items) => items.iter().map(value).collect(),
        Kind::Again(_) => json!(null),
        Kind::Map(map) => {
            Value::Object(map.pairs.iter().map(|(k, v)| (k.as_str().unwrap().to_owned(), value(v))).collect())
        }
    }
}

/// The form of `ansible-inventory --list`.
fn listed(inventory: &Inventory) -> Value {
    let folders: Vec<VarFiles> =
        inventory.folders.iter().map(|folder| VarFiles::find(folder, Vault::default())).collect();
    let mut hostvars = serde_json::Map::new();
    for host in inventory.members(ALL) {
        let mut vars = serde_json::Map::new();
        for layer in inventory.layers(&inventory.hosts[&host], &folders, &[]).unwrap() {
            vars.extend(layer.iter().map(|(name, node)| (name.to_string(), value(node))));
        }
        if !vars.is_empty() {
            hostvars.insert(host.to_string(), vars.into());
        }
    }
    let mut listing = serde_json::Map::new();
    listing.insert("_meta".into(), json!({ "hostvars": hostvars, "profile": "inventory_legacy" }));
    let mut next = vec![ALL.to_owned()];
    while let Some(name) = next.pop() {
        let group = &inventory.groups[&*name];
        let mut shown = serde_json::Map::new();
        let names = |names: &crate::maps::IndexSet<std::sync::Arc<str>>| -> Vec<String> {
            names.iter().map(|n| n.to_string()).collect()
        };
        if !group.children.is_empty() {
            shown.insert("children".into(), json!(names(&group.children)));
        }
        if !group.hosts.is_empty() && name != ALL {
            shown.insert("hosts".into(), json!(names(&group.hosts)));
        }
        next.extend(names(&group.children));
        if !shown.is_empty() {
            listing.insert(name, shown.into());
        }
    }
    Value::Object(listing)
}

/// What ansible-inventory says: the listing and the first lines of its warnings.
fn oracle(sources: &[&str], folder: &Path) -> Option<(Value, Vec<String>)> {
    let Some(bin) = std::env::var_os("IMPEL_ORACLE") else {
        eprintln!("skipped: IMPEL_ORACLE (ansible-core's bin folder) is not set");
        return None;
    };
    let mut command = Command::new(PathBuf::from(bin).join("ansible-inventory"));
    command.current_dir(folder).arg("--list").env("ANSIBLE_DEPRECATION_WARNINGS", "0");
    sources.iter().for_each(|source| {
        command.args(["-i", source]);
    });
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let listing = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{sources:?}: {said}"));
    let warnings = said.lines().filter_map(|line| line.strip_prefix("[WARNING]: ")).map(str::to_owned);
    Some((listing, warnings.filter(|line| !line.starts_with("Found variable using reserved name")).collect()))
}

pub(super) fn write(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    if text.starts_with("#!") {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Each case: its sources, and its files.
pub(super) type Case = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    (
        &["i"],
        &[(
            "i",
            "h0 x=1\nh0 y=2 # c\n[web]\nw[01:03] port2=80\nh1:2222 l=[1,'a'] t=True n=None f=1e3 s=\"two words\" q=\"'01'\"\n[web:vars]\na=1\nb = x y # z\nc=\"q\"\nd={'a': (1, 2)}\ne=\nf=[1\ng=yes\nh=0777\ni=\"{{ foo }}\"\n[p:children]\nweb\nother\n[other]\nh0 x=3\n[empty]\n[ungrouped]\nu\n[all:vars]\nz=1\n",
        )],
    ),
    (&["i"], &[("i", "[a:vars]\nx=1\n[a]\nh\n[b:children]\na # c\n[a:vars]\nx=2\ny=\n[c:children]\nb\na\n")]),
    (&["i"], &[("i", "[a:foo]\nx\n")]),
    (&["i"], &[("i", "[a:vars]\nx=1\n")]),
    (&["i"], &[("i", "h\n[a:children]\nb\n")]),
    (&["i"], &[("i", "h2\n[a]\nh1 foo\n")]),
    (&["i"], &[("i", "[a]\nh1 x=\"y\n")]),
    (&["i"], &[("i", "[a]\n[a:vars]\nfoo\n")]),
    (&["i"], &[("i", "[a]\nh[1:]\n")]),
    (&["i"], &[("i", "[a]\nh1\n[b:children]\na x\n")]),
    (&["i"], &[("i", "[a]\n[a:children]\na\n")]),
    (&["i"], &[("i", "[a]\n[b:children]\na\n[a:children]\nb\n")]),
    (&["i"], &[("i", "[a b]\nx\n")]),
    (&["i"], &[("i", "[a]\nb\n[x]\na\n[b]\nc\n[c]\nd\n")]),
    (&["i"], &[("i", "[bad-name]\nx\n[1x]\ny\n")]),
    (
        &["i"],
        &[("i", "[fe80::1]:22\n::1\n[a]\n\"quoted host\" a=b\nhost_only=1\nh a=b=c c='x=y' d=a\\ b e=a#b\n")],
    ),
    (&["i"], &[("i", "")]),
    (&["nope"], &[]),
    (&["a,b:22,c"], &[]),
    (&["localhost,"], &[]),
    (
        &["i", "j", "x,y"],
        &[("i", "[g]\na v=1\n[g:vars]\nw=1\n"), ("j", "[g]\nb v=2\n[g:vars]\nw=2\n[k]\na\n")],
    ),
    // priority and depth
    (
        &["i"],
        &[(
            "i",
            "[a]\nh\n[b]\nh\n[c]\nh\n[p:children]\na\n[a:vars]\nv=a\n[b:vars]\nv=b\n[c:vars]\nv=c\nansible_group_priority=10\n[p:vars]\nv=p\nu=p\n",
        )],
    ),
    // YAML
    (
        &["i.yml"],
        &[(
            "i.yml",
            "all:\n  hosts:\n    t1:\n    t[2:3]: {x: 1, d: 2020-01-01}\n  vars: {g: 1}\n  children:\n    o:\n      children:\n        gx: {hosts: t5}\n        gy: {hosts: {t6: , 'h:22': }, vars: {a: [1]}}\n      vars: {v: \"{{ x }}\"}\n    l: {hosts: {t1: {y: !unsafe z}}}\n",
        )],
    ),
    (&["i.yml"], &[("i.yml", "a: {hosts: {h: 1}}\n")]),
    (&["i.yml"], &[("i.yml", "a: {hosts: [h]}\n")]),
    (&["i.yml"], &[("i.yml", "a: {foo: 1, hosts: {h: }}\nb: 3\n")]),
    (&["i.yml"], &[("i.yml", "a: {hosts: {1: }}\n")]),
    (&["i.yml"], &[("i.yml", "- a\n")]),
    (&["i.yml"], &[("i.yml", "")]),
    (&["i.yml"], &[("i.yml", "plugin: nope\n")]),
    (&["i.yml"], &[("i.yml", "a: {{ x }}\n")]),
    (&["i"], &[("i", "all:\n  hosts:\n    h:\n")]),
    (&["i.json"], &[("i.json", "{\"a\": {\"hosts\": {\"h\": {\"x\": 1e3}}}}")]),
    // TOML
    (
        &["i.toml"],
        &[(
            "i.toml",
            "[all.vars]\nj = false\n[web]\nchildren = [\"apache\"]\nvars = { p = 8080, d = 2020-01-01 }\n[web.hosts]\nh1 = {}\nh2 = { ansible_port = 222 }\n[apache.hosts]\n\"t[1:2]\" = { m = 1.5 }\n",
        )],
    ),
    (&["i.toml"], &[("i.toml", "[a\n")]),
    // scripts
    (
        &["s"],
        &[(
            "s",
            "#!/bin/sh\necho '{\"g\": {\"hosts\": [\"a\", \"b\"], \"vars\": {\"x\": 1}, \"children\": [\"k\"]}, \"k\": [\"c\"], \"_meta\": {\"hostvars\": {\"a\": {\"y\": [1, null]}, \"zz\": {\"q\": 1}}}}'\n",
        )],
    ),
    (
        &["s"],
        &[(
            "s",
            "#!/bin/sh\nif [ $1 = --list ]; then echo '{\"g\": [\"a\"], \"h\": {\"hosts\": [\"b\"]}}'; else echo \"{\\\"me\\\": \\\"$2\\\"}\"; fi\n",
        )],
    ),
    (&["s"], &[("s", "#!/bin/sh\necho oops >&2; exit 3\n")]),
    (&["s"], &[("s", "#!/bin/sh\necho '[1]'\n")]),
    (&["s"], &[("s", "#!/bin/sh\necho 'nope'\n")]),
    (&["s"], &[("s", "#!/nonexistent\n")]),
    // folders
    (
        &["d"],
        &[
            ("d/2.ini", "[g]\nb\n"),
            ("d/1", "[g]\na\n"),
            ("d/x.bak", "nope nope"),
            ("d/.h", "nope nope"),
            ("d/README.md", "# x"),
            ("d/sub/k.yml", "k: {hosts: {c: }}"),
            ("d/group_vars/g.yml", "v: 1"),
            ("d/host_vars/c", "v: 2"),
            ("d/sub/group_vars/g.yml", "sub: 1"),
        ],
    ),
    // variable files
    (
        &["i"],
        &[
            ("i", "[web]\nh1 v=inv\nh2\n[db]\nh3\n[web:vars]\nc=inv\nk=1\n"),
            ("group_vars/all/10.yml", "a: dir\nz: 0"),
            ("group_vars/all/5.yml", "z: 1"),
            ("group_vars/all/Z.yml", "z: 2"),
            ("group_vars/all/a.yml", "z: 3"),
            ("group_vars/all/.h.yml", "no: 1"),
            ("group_vars/all/b.yml~", "no: 1"),
            ("group_vars/all/c.txt", "no: 1"),
            ("group_vars/all/noext", "n: 1"),
            ("group_vars/all/sub/y.yml", "s: 1"),
            ("group_vars/all/.hid/y.yml", "no: 1"),
            ("group_vars/all.yml", "b: 1"),
            ("group_vars/web.yml", "c: yml"),
            ("group_vars/web.yaml", "c: yaml"),
            ("group_vars/db.json", "{\"d\": 1}"),
            ("host_vars/h1.yml", "v: file\ne: 1"),
            ("host_vars/h2.yml/x.yml", "f: 1"),
            ("host_vars/h3", "g: 1"),
            ("host_vars/h3.yml", "g: 2"),
            ("host_vars/other.yml", "g: 2"),
            ("group_vars/ungrouped.yml", ""),
        ],
    ),
    (
        &["d1/i", "d2/i"],
        &[
            ("d1/i", "[g]\nh\n[p:children]\ng\n"),
            ("d2/i", "[g]\nh\n"),
            ("d1/group_vars/g.yml", "v: d1"),
            ("d2/group_vars/p.yml", "v: d2p\nw: 1"),
            ("d2/group_vars/all.yml", "v: d2all\nx: d2"),
            ("d1/group_vars/all.yml", "x: d1"),
            ("d1/host_vars/h.yml", "y: 1"),
            ("d2/host_vars/h.yml", "y: 2"),
        ],
    ),
    // constructed and generator
    (
        &["a.ini", "b.yml"],
        &[
            (
                "a.ini",
                "[web]\nh1 x=1 os=deb tags=\"{'a':'b','c':''}\" l=\"['p','q','']\" s=abc e=\nh2 x=0 os=rh\n[web:vars]\ngv=1\n[all:vars]\nav=1\n",
            ),
            (
                "b.yml",
                "plugin: constructed\ncompose:\n  y: x + 1\n  z: \"nope.foo\"\n  gn: group_names\n  ih: inventory_hostname\n  lit: \"'{{ 1 }}'\"\n  d: \"{'k': [x, none, 1.5, true]}\"\n  seeav: av\n  seegv: gv\n  y2: y + 1\ngroups:\n  big: x > 0\n  strg: s\n  num: x\n  undefd: nope\n  hn: inventory_hostname.startswith('h')\n  bad-n: true\nkeyed_groups:\n  - key: os\n    prefix: os\n  - key: tags\n    prefix: t\n    default_value: dv\n  - key: tags\n    prefix: u\n    trailing_separator: false\n  - key: tags\n    prefix: v\n  - key: l\n    prefix: l\n    default_value: dv\n  - key: l\n    prefix: m\n  - key: s\n    separator: \"\"\n  - key: s\n  - key: e\n    prefix: ee\n  - key: e\n    prefix: ef\n    default_value: dd\n  - key: os\n    prefix: par\n    parent_group: \"all_{{ os }}\"\n",
            ),
        ],
    ),
    (
        &["a.ini", "b.yml"],
        &[
            (
                "a.ini",
                "[web]\nh1 x=1 os=deb tags=\"{'a':'b','c':''}\" l=\"['p','q','']\" s=abc e=\nh2 x=0 os=rh\n[web:vars]\ngv=1\n[all:vars]\nav=1\n",
            ),
            (
                "b.yml",
                "plugin: constructed\ncompose:\n  y: x + 1\n  z: \"nope.foo\"\n  gn: group_names\n  ih: inventory_hostname\n  lit: \"'{{ 1 }}'\"\n  d: \"{'k': [x, none, 1.5, true]}\"\n  seeav: av\n  seegv: gv\n  y2: y + 1\ngroups:\n  big: x > 0\n  strg: s\n  num: x\n  undefd: nope\n  hn: inventory_hostname.startswith('h')\n  bad-n: true\nkeyed_groups:\n  - key: os\n    prefix: os\n  - key: tags\n    prefix: t\n    default_value: dv\n  - key: tags\n    prefix: u\n    trailing_separator: false\n  - key: tags\n    prefix: v\n  - key: l\n    prefix: l\n    default_value: dv\n  - key: l\n    prefix: m\n  - key: s\n    separator: \"\"\n  - key: s\n  - key: e\n    prefix: ee\n  - key: e\n    prefix: ef\n    default_value: dd\n  - key: x\n    prefix: num\n  - key: os\n    prefix: par\n    parent_group: \"all_{{ os }}\"\n  - key: y\n    prefix: y\n",
            ),
        ],
    ),
    (
        &["a.ini", "b.yml"],
        &[
            (
                "a.ini",
                "[web]\nh1 x=1 os=deb tags=\"{'a':'b','c':''}\" l=\"['p','q','']\" s=abc e=\nh2 x=0 os=rh\n[web:vars]\ngv=1\n[all:vars]\nav=1\n",
            ),
            (
                "b.yml",
                "plugin: constructed\nstrict: true\ncompose:\n  y: x + 1\n  z: \"nope.foo\"\n  gn: group_names\n  ih: inventory_hostname\n  lit: \"'{{ 1 }}'\"\n  d: \"{'k': [x, none, 1.5, true]}\"\n  seeav: av\n  seegv: gv\n  y2: y + 1\ngroups:\n  big: x > 0\n  strg: s\n  num: x\n  undefd: nope\n  hn: inventory_hostname.startswith('h')\n  bad-n: true\n",
            ),
        ],
    ),
    (
        &["g.yml"],
        &[(
            "g.yml",
            "plugin: generator\nhosts:\n  name: \"{{ operation }}_{{ app }}\"\n  parents:\n    - name: \"{{ operation }}\"\n      parents: [{name: \"{{app}}\", vars: {application: \"{{ app }}\"}}]\n    - name: runner\nlayers:\n  operation: [build, launch]\n  app: [web, api]\n",
        )],
    ),
    (
        &["a.ini", "b.yml"],
        &[
            (
                "a.ini",
                "[web]\nh1 x=1 os=deb tags=\"{'a':'b','c':''}\" l=\"['p','q','']\" s=abc e=\nh2 x=0 os=rh\n[web:vars]\ngv=1\n[all:vars]\nav=1\n",
            ),
            (
                "b.yml",
                "plugin: constructed\nuse_vars_plugins: true\ncompose: {q: fromfile + 1}\nkeyed_groups: [{key: os, leading_separator: x}]\nleading_separator: false\n",
            ),
            ("group_vars/web.yml", "fromfile: 1\n"),
        ],
    ),
    (
        &["s.yml", "c.yml"],
        &[
            (
                "s.yml",
                "all:\n  hosts:\n    host0:\n      hostvar0:\n        key0: value0\n      hostvar1: hostvalue1\n      hostvar2:\n        - item0\n",
            ),
            (
                "c.yml",
                "plugin: ansible.builtin.constructed\nstrict: True\nkeyed_groups:\n  - key: hostvar0\n  - key: hostvar1\n  - key: hostvar2\n\n  - key: hostvar0\n    separator: 'separator'\n  - key: hostvar1\n    separator: 'separator'\n  - key: hostvar2\n    separator: 'separator'\n\n  - key: hostvar0\n    prefix: 'prefix'\n  - key: hostvar1\n    prefix: 'prefix'\n  - key: hostvar2\n    prefix: 'prefix'\n",
            ),
        ],
    ),
    (
        &["s.yml", "c.yml"],
        &[
            (
                "s.yml",
                "all:\n  hosts:\n    host0:\n      hostvar0:\n        key0: value0\n      hostvar1: hostvalue1\n      hostvar2:\n        - item0\n",
            ),
            (
                "c.yml",
                "plugin: ansible.builtin.constructed\nkeyed_groups:\n  - key: hostvar0\n  - key: hostvar1\n  - key: hostvar2\n\n  - key: hostvar0\n    separator: 'separator'\n  - key: hostvar1\n    separator: 'separator'\n  - key: hostvar2\n    separator: 'separator'\n\n  - key: hostvar0\n    prefix: 'prefix'\n  - key: hostvar1\n    prefix: 'prefix'\n  - key: hostvar2\n    prefix: 'prefix'\nleading_separator: False\n",
            ),
        ],
    ),
    (
        &["s.yml", "c.yml"],
        &[
            (
                "s.yml",
                "all:\n  hosts:\n    host0:\n      tags:\n        name: \"host0\"\n        environment: \"test\"\n        status: \"\"\n        type: ~\n      os: \"\"\n      roles:\n        - db\n        - web\n        - \"\"\n        - ~\n",
            ),
            (
                "c.yml",
                "plugin: ansible.builtin.constructed\nkeyed_groups:\n  - key: tags\n    prefix: tag\n    default_value: \"running\"\n\n  - key: tags\n    prefix: without_trailing\n    trailing_separator: false\n",
            ),
        ],
    ),
    (
        &["s.yml", "c.yml"],
        &[
            (
                "s.yml",
                "all:\n  hosts:\n    host0:\n      tags:\n        name: \"host0\"\n        environment: \"test\"\n        status: \"\"\n        type: ~\n      os: \"\"\n      roles:\n        - db\n        - web\n        - \"\"\n        - ~\n",
            ),
            (
                "c.yml",
                "plugin: ansible.builtin.constructed\nkeyed_groups:\n  - key: roles\n    default_value: storage\n    prefix: host\n\n  - key: '[]'\n    default_value: default_value\n    prefix: empty_list_test\n",
            ),
        ],
    ),
    (
        &["s.yml", "c.yml"],
        &[
            (
                "s.yml",
                "all:\n  hosts:\n    host0:\n      tags:\n        name: \"host0\"\n        environment: \"test\"\n        status: \"\"\n        type: ~\n      os: \"\"\n      roles:\n        - db\n        - web\n        - \"\"\n        - ~\n",
            ),
            (
                "c.yml",
                "plugin: ansible.builtin.constructed\nkeyed_groups:\n  - key: os\n    default_value: \"fedora\"\n    prefix: host\n\n  - key: invalid_var | default(None)\n    prefix: none_test\n    default_value: default_value\n\n  - key: '\"\"'\n    prefix: empty_test\n    default_value: default_value\n",
            ),
        ],
    ),
    (
        &["s.yml", "c.yml"],
        &[
            (
                "s.yml",
                "all:\n  hosts:\n    host0:\n      tags:\n        name: \"host0\"\n        environment: \"test\"\n        status: \"\"\n        type: ~\n      os: \"\"\n      roles:\n        - db\n        - web\n        - \"\"\n        - ~\n",
            ),
            (
                "c.yml",
                "plugin: ansible.builtin.constructed\nkeyed_groups:\n  - key: tags\n    prefix: tag\n    trailing_separator: False\n",
            ),
        ],
    ),
];

#[test]
fn every_sort_of_inventory_is_read_as_ansible_reads_it() {
    let mut wrong = Vec::new();
    let only = std::env::var("IMPEL_CASE_FROM").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    for (number, (sources, files)) in CASES.iter().chain(odd_cases::CASES).enumerate().skip(only) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        files.iter().for_each(|(name, text)| write(&folder, name, text));
        let Some((wanted, wanted_warnings)) = oracle(sources, &folder) else { return };
        let full: Vec<String> = sources
            .iter()
            .map(|source| {
                if source.contains(',') {
                    (*source).to_owned()
                } else {
                    folder.join(source).display().to_string()
                }
            })
            .collect();
        let (inventory, warnings) = loaded(&full.iter().map(String::as_str).collect::<Vec<_>>());
        let got = listed(&inventory);
        let first = files.first().map(|(_, text)| *text).unwrap_or_default();
        if got != wanted {
            wrong.push(format!("case {number}: {sources:?} {first:?}\n  ours   {got}\n  theirs {wanted}"));
        }
        let bare = |lines: Vec<String>| -> Vec<String> {
            lines
                .iter()
                .map(|line| line.lines().next().unwrap_or_default().trim_end_matches('.').to_owned())
                .collect()
        };
        let (warnings, mut wanted_warnings) = (bare(warnings), bare(wanted_warnings));
        // Ansible's order of these is that of a set; parsers' own words differ.
        if wanted_warnings.iter().all(|line| line.starts_with("Found both")) {
            wanted_warnings.sort();
        }
        for line in &mut wanted_warnings {
            let cut = line.find("is invalid: ").map(|at| at + "is invalid: ".len());
            line.truncate(cut.unwrap_or(line.len()));
        }
        let warnings: Vec<String> = warnings
            .iter()
            .map(|line| match line.find("is invalid: ") {
                Some(at) => line[..at + "is invalid: ".len()].to_owned(),
                None => line.clone(),
            })
            .collect();
        if warnings != wanted_warnings {
            wrong.push(format!(
                "case {number}: {sources:?} {first:?}\n  ours   {warnings:#?}\n  theirs {wanted_warnings:#?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_of_this_machine_means_the_first_host_with_such_a_name() {
    let mut inventory = Inventory::default();
    for host in ["a", "::1", "127.0.0.1"] {
        inventory.add_host(host, Some(ALL));
    }
    let one = |inventory: &mut Inventory, pattern: &str| inventory.hosts_matching(pattern).unwrap().hosts;
    assert_eq!(one(&mut inventory, "localhost"), ["::1".into()]);
    assert_eq!(one(&mut inventory, "127.0.0.1"), ["127.0.0.1".into()]);
    let said =
        ["A duplicate localhost-like entry was found (127.0.0.1). First found localhost was ::1".to_owned()];
    assert_eq!(inventory.take_twice(), said);
    let mut inventory = Inventory::default();
    assert_eq!(one(&mut inventory, "127.0.0.1"), ["127.0.0.1".into()]);
    assert_eq!(one(&mut inventory, "localhost"), ["127.0.0.1".into()]);
}

#[test]
fn a_subscript_beyond_the_hosts_is_an_error() {
    let mut inventory = Inventory::default();
    inventory.add_group("empty");
    inventory.add_host("a", Some("web"));
    for pattern in ["web[1]", "!web[1]", "a:web[-2]", "a[7]"] {
        let error = inventory.hosts_matching(pattern).unwrap_err();
        assert!(error.message.starts_with("No hosts matched the subscripted pattern '"), "{pattern}");
    }
    for pattern in ["web[1:3]", "empty[0]"] {
        assert!(inventory.hosts_matching(pattern).unwrap().hosts.is_empty(), "{pattern}");
    }
}

#[test]
fn an_address_is_its_own_short_name() {
    for (name, short) in [
        ("a.b.c", "a"),
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.300", "10"),
        ("1.2.3", "1"),
        ("001.2.3.4", "001.2.3.4"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("fe80::1.x", "fe80::1"),
    ] {
        assert_eq!(Inventory::short_name(name), short, "{name}");
    }
}

/// Each of them costs the same: walking all hosts for each would take minutes.
#[test]
fn many_hosts_are_added_in_linear_time() {
    let (start, mut inventory) = (std::time::Instant::now(), Inventory::default());
    for number in 0..200_000 {
        inventory.add_host(&format!("h{number}"), Some("web"));
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(30), "{:?}", start.elapsed());
}
