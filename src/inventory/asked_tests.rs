//! What an inventory answers while a run asks it: patterns, hosts that join, files that cannot be read, many hosts.

use super::tests::{loaded, write};
use super::*;
use crate::vault::{self, Password, Vault};

fn names(hosts: &[std::sync::Arc<str>]) -> String {
    hosts.iter().map(|host| &**host).collect::<Vec<_>>().join(" ")
}

/// Observed with `ansible all --list-hosts -l @lim`.
#[test]
fn a_line_of_a_limit_file_is_one_pattern() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "i", "[web]\nw[1:5]\n[db]\nd[1:2]\nx.org\n");
    let source = folder.path().join("i").display().to_string();
    let lines = folder.path().join("lim");
    let table = [
        ("w1,w2\nd1 # c\r\n\tx.*\n~w[45]\nweb[2]\n", "w3 w4 w5 x.org"),
        ("w1:w2\nd1\n", "d1"),
        ("web\n!w1\n&web\n", "w2 w3 w4 w5"),
        ("\n  \n", "w1 w2 w3 w4 w5 d1 d2 x.org"),
        ("@other\nd2", "d2"),
        ("w1 \u{e9}\nw2\n", "w2"),
    ];
    for (text, wanted) in table {
        std::fs::write(&lines, text).unwrap();
        let (mut inventory, _) = loaded(&[&source]);
        inventory.set_limit(Some(&format!("@{}", lines.display()))).unwrap();
        assert_eq!(names(&inventory.hosts_matching("all").unwrap().hosts), wanted, "{text}");
    }
    let (mut inventory, _) = loaded(&[&source]);
    inventory.set_limit(Some("")).unwrap();
    assert!(!inventory.is_limited());
}

/// Observed with `ansible PATTERN --list-hosts`.
#[test]
fn patterns_pick_what_ansible_picks() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "i",
        "[web]\nw[1:5]\n[db]\nd[1:3]\nw1\n[prod:children]\nweb\n[x-y]\nz.example.com\n1.2.3.4\n",
    );
    write(folder.path(), "lim", "w1\ndb\n");
    let source = folder.path().join("i").display().to_string();
    let all = "d1 d2 d3 w1 z.example.com 1.2.3.4 w2 w3 w4 w5";
    let table = [
        ("all", all),
        ("*", all),
        ("", all),
        ("~", all),
        ("web:db", "w1 w2 w3 w4 w5 d1 d2 d3"),
        ("web,db", "w1 w2 w3 w4 w5 d1 d2 d3"),
        ("web:&db", "w1"),
        ("web:!w2", "w1 w3 w4 w5"),
        ("!web", "d1 d2 d3 z.example.com 1.2.3.4"),
        ("&db", "d1 d2 d3 w1"),
        ("~w[13]", "w1 w3"),
        ("~^(w|d)1", "w1 d1"),
        ("~1", "1.2.3.4"),
        ("web[0]", "w1"),
        ("web[-1]", "w5"),
        ("web[1:2]", "w2 w3"),
        ("web[2:]", "w3 w4 w5"),
        ("web[0-1]", "w1 w2"),
        ("w*", "w1 w2 w3 w4 w5"),
        ("w?", "w1 w2 w3 w4 w5"),
        ("w[13]", ""),
        ("d*:w*", "d1 d2 d3 w1 w2 w3 w4 w5"),
        ("*.example.com", "z.example.com"),
        ("z", ""),
        ("1.2.3.4", "1.2.3.4"),
        ("nope:web", "w1 w2 w3 w4 w5"),
        ("all:!prod", "d1 d2 d3 z.example.com 1.2.3.4"),
        ("prod:!db", "w2 w3 w4 w5"),
        ("all[1:3]", "d2 d3 w1"),
        ("web:&prod:!w[2:3]", "w1 w2 w3 w4 w5"),
        ("w1:22", ""),
        ("web:&nope", ""),
        ("db,web", "d1 d2 d3 w1 w2 w3 w4 w5"),
        ("w2,w1,w2", "w2 w1"),
        ("*[0]", "d1"),
        ("w*[1:2]", "w2 w3"),
        ("web[:2]", ""),
        ("ungrouped", ""),
        ("localhost,web", "localhost w1 w2 w3 w4 w5"),
        ("::1", "::1"),
        ("all", all),
    ];
    for (pattern, wanted) in table {
        let (mut inventory, _) = loaded(&[&source]);
        let matched = inventory.hosts_matching(pattern).unwrap();
        assert_eq!(names(&matched.hosts), wanted, "{pattern}");
    }
    let (mut inventory, _) = loaded(&[&source]);
    let said = |pattern: &str, inventory: &mut Inventory| inventory.hosts_matching(pattern).unwrap().warnings;
    assert_eq!(
        said("nope*:ungrouped:web[9:]", &mut inventory),
        ["Could not match supplied host pattern, ignoring: nope*"]
    );
    assert_eq!(said("w[13]", &mut inventory), ["Could not match supplied host pattern, ignoring: w"]);
    let limit = format!("@{}", folder.path().join("lim").display());
    for (limit, pattern, wanted) in [
        ("w1,w2", "web", "w1 w2"),
        ("!w1", "web", "w2 w3 w4 w5"),
        (&limit, "all", "d1 d2 d3 w1"),
        (" w1 , w2 ", "all", "w1 w2"),
        ("web:&db", "all", "w1"),
        ("nope", "all", ""),
        ("web", "localhost", ""),
    ] {
        inventory.set_limit(Some(limit)).unwrap();
        assert_eq!(names(&inventory.hosts_matching(pattern).unwrap().hosts), wanted, "{limit}");
    }
    let error = inventory.set_limit(Some("@/nope")).unwrap_err();
    assert_eq!(error.message, "Unable to find limit file b'/nope'");
}

#[test]
fn shares_of_the_hosts_are_whole_and_apart() {
    let (mut inventory, _) = loaded(&["h1,h2,h3,h4,h5"]);
    let mut seen = Vec::new();
    for k in 1..=3 {
        inventory.set_limit(None).unwrap();
        inventory.share(k, 3).unwrap();
        seen.push(names(&inventory.hosts_matching("all").unwrap().hosts));
    }
    assert_eq!(seen, ["h1 h4", "h2 h5", "h3"]);
    inventory.set_limit(Some("h2,h3")).unwrap();
    inventory.share(2, 2).unwrap();
    assert_eq!(names(&inventory.hosts_matching("all").unwrap().hosts), "h3");
    assert!(inventory.hosts_matching("localhost").unwrap().hosts.is_empty());
}

#[test]
fn the_implicit_localhost_is_local_and_in_no_group() {
    let mut inventory = Inventory::default();
    let matched = inventory.hosts_matching("localhost").unwrap();
    assert_eq!(names(&matched.hosts), "localhost");
    let host = &inventory.hosts["localhost"];
    assert!(host.implicit);
    assert_eq!(host.vars["ansible_connection"].as_str(), Some("local"));
    assert_eq!(inventory.group_names(host).len(), 0);
    assert_eq!(names(&inventory.hosts_matching("all").unwrap().hosts), "");
}

#[test]
fn groups_grow_while_the_run_goes_on() {
    let mut inventory = Inventory::default();
    inventory.add_host("h", Some("g"));
    inventory.add_group("p");
    inventory.add_child("p", "g").unwrap();
    inventory.settle().unwrap();
    assert_eq!(inventory.group_names(&inventory.hosts["h"]).join(" "), "g p");
    assert_eq!(inventory.groups["g"].depth, 2);
    assert!(inventory.add_child("g", "p").is_err());
    inventory.add_host("k", None);
    inventory.settle().unwrap();
    assert_eq!(inventory.group_names(&inventory.hosts["k"]).join(" "), "ungrouped");
    inventory.add_host("k", Some("g"));
    inventory.settle().unwrap();
    assert_eq!(inventory.group_names(&inventory.hosts["k"]).join(" "), "g p");
}

#[test]
fn a_file_that_cannot_be_read_fails_only_the_hosts_that_need_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "i", "[web]\nh1\n[db]\nh2\n");
    write(folder.path(), "group_vars/db.yml", "- 1\n");
    let password = Password::new("pw");
    write(folder.path(), "group_vars/web.yml", &vault::seal(b"x: hunter22", &password, None, None).unwrap());
    let (inventory, _) = loaded(&[&folder.path().join("i").display().to_string()]);
    let files = [VarFiles::find(folder.path(), Vault::default())];
    files[0].read_ahead(&inventory);
    let failed = |host: &str| inventory.layers(&inventory.hosts[host], &files, &[]).unwrap_err().message;
    assert!(
        failed("h2").contains("expected dicts but got a 'dict' and a '_AnsibleTaggedList'"),
        "{}",
        failed("h2")
    );
    assert_eq!(failed("h1"), "Attempting to decrypt but no vault secrets found.");
    let open = Vault::new(vec![vault::Secret { id: "default".into(), password }], "default", false);
    let files = [VarFiles::find(folder.path(), open)];
    let layers = inventory.layers(&inventory.hosts["h1"], &files, &[]).unwrap();
    assert!(crate::template::Value::from_node(&layers[0]["x"]).is_secret());
}

/// 5,000 hosts in 100 groups, each with a file of its own.
#[test]
fn a_large_inventory_is_read_without_quadratic_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for group in 0..100 {
        text += &format!("[g{group}]\n");
        (0..50)
            .for_each(|n| text += &format!("h{:04} ansible_host=10.0.{group}.{n} x={n}\n", group * 50 + n));
        write(folder.path(), &format!("group_vars/g{group}.yml"), "a: 1\nb: [1, 2]\n");
    }
    (0..5000).for_each(|n| write(folder.path(), &format!("host_vars/h{n:04}.yml"), "a: 2\nc: \"{{ a }}\"\n"));
    write(folder.path(), "i", &text);
    let started = std::time::Instant::now();
    let (mut inventory, _) = loaded(&[&folder.path().join("i").display().to_string()]);
    let read = started.elapsed();
    let files = [VarFiles::find(folder.path(), Vault::default())];
    files[0].read_ahead(&inventory);
    let with_files = started.elapsed();
    let hosts = inventory.hosts_matching("all:!g7:&h*").unwrap().hosts;
    assert_eq!(hosts.len(), 4950);
    let layers: usize =
        hosts.iter().map(|host| inventory.layers(&inventory.hosts[host], &files, &[]).unwrap().len()).sum();
    assert_eq!(layers, 4950 * 3);
    eprintln!("inventory {read:?}, with files {with_files:?}, with layers {:?}", started.elapsed());
    assert!(started.elapsed() < std::time::Duration::from_secs(8));
}

#[test]
fn a_group_above_all_is_an_error() {
    let mut inventory = Inventory::default();
    inventory.add_group("site");
    inventory.add_child("site", "all").unwrap();
    let error = inventory.settle().unwrap_err().to_string();
    assert!(error.contains("'site' as child to 'all' creates a recursive dependency loop"), "{error}");
}

#[test]
fn where_one_source_must_not_fail_the_causes_are_told_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "i", "[a\n");
    let source = [folder.path().join("i").display().to_string()];
    let options = Options { any_unparsed_is_failed: true, ..Options::default() };
    let mut told = Vec::new();
    let error = Inventory::load(&source, &options, &mut told).unwrap_err();
    assert_eq!(error.message, format!("Completely failed to parse inventory source {}", source[0]));
    let last = told.last().and_then(|told| told.cause.as_deref()).unwrap();
    assert_eq!(last.message, "Failed to parse inventory: not enough values to unpack (expected 3, got 2)");
    assert!(last.span.is_some_and(|span| span.to_string().ends_with("i:1")), "{:?}", last.span);
}

#[test]
fn it_is_noted_which_plugin_read_a_source() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "i", "[a-b]\nh\n");
    write(folder.path(), "c.yml", "plugin: constructed\n");
    let (ini, config) =
        (folder.path().join("i").display().to_string(), folder.path().join("c.yml").display().to_string());
    let (inventory, _) = loaded(&[&ini, &config]);
    for wanted in [
        (3, format!("auto declined parsing {ini} as it did not pass its verify_file() method")),
        (3, format!("Parsed {ini} inventory source with ini plugin")),
        (2, format!("Using inventory plugin 'constructed' to process inventory source '{config}'")),
        (4, "Not replacing invalid character(s) \"{'-'}\" in group name (a-b)".into()),
    ] {
        assert!(inventory.notes.contains(&wanted), "{wanted:?} is not in {:?}", inventory.notes);
    }
}

/// Observed with `ANSIBLE_PRECEDENCE=… ansible-inventory --host h`.
#[test]
fn the_order_of_groups_layers_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "i", "[web]\nh\n[web:vars]\nx=gi\n[all:vars]\nx=ai\n");
    for (name, value) in [("all", "api"), ("web", "gpi")] {
        write(folder.path(), &format!("group_vars/{name}.yml"), &format!("x: {value}\n"));
    }
    let source = [folder.path().join("i").display().to_string()];
    let files = [VarFiles::find(folder.path(), Vault::default())];
    for (order, wanted) in [
        ("", "gpi"),
        ("all_inventory", "ai"),
        ("groups_plugins_inventory,all_inventory", "ai"),
        ("all_plugins_inventory,nope,groups_inventory", "gi"),
        ("all_plugins_inventory,groups_plugins_play", "api"),
        ("nope", "none"),
    ] {
        let precedence = order.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let options = Options { precedence, ..Options::default() };
        let mut told = Vec::new();
        let inventory = Inventory::load(&source, &options, &mut told).unwrap();
        assert_eq!(told.len(), usize::from(order.contains("nope")), "{told:?}");
        let layers = inventory.layers(&inventory.hosts["h"], &files, &[]).unwrap();
        let value = layers.iter().filter_map(|layer| layer.get("x")).next_back();
        assert_eq!(value.and_then(|node| node.as_str()).unwrap_or("none"), wanted, "{order}");
    }
}

/// Observed with links and pipes in `host_vars/h1/`; where `host_vars/h1.yml` is a pipe, ansible-core waits for ever.
#[test]
fn variables_are_read_from_what_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "i", "h1\nh2\nh3\n");
    write(folder.path(), "host_vars/h1/b.yml", "b: 1\n");
    let at = |name: &str| folder.path().join("host_vars").join(name);
    let pipe = |path: std::path::PathBuf| {
        rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RUSR).unwrap();
    };
    pipe(at("h1/a.yml"));
    pipe(at("h2.yml"));
    std::os::unix::fs::symlink("nowhere", at("h1/c.yml")).unwrap();
    std::os::unix::fs::symlink("nowhere", at("h3.yml")).unwrap();
    let files = VarFiles::find(folder.path(), Vault::default());
    let names = |host: &str| {
        let vars = files.host(host).unwrap().unwrap_or_default();
        vars.keys().map(|name| name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("h1"), ["b"]);
    assert!(names("h3").is_empty());
    assert!(files.host("h2").unwrap_err().message.contains("h2.yml is a pipe"));
}
