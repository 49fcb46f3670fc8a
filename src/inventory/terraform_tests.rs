//! Terraform's states, whole and broken, as sources.

use super::{Inventory, Options};

const STATE: &str = r#"{"version": 4, "terraform_version": "1.9.0", "resources": [
  {"mode": "managed", "type": "ansible_host", "name": "web", "provider": "p", "instances": [
    {"index_key": 0, "attributes": {"name": "web1", "groups": ["web"], "variables": {"ansible_host": "10.0.0.1", "greeting": "{{ 1 + 1 }}"}}}]},
  {"mode": "managed", "type": "ansible_group", "name": "g", "instances": [
    {"attributes": {"name": "site", "children": ["web"], "variables": {"env": "prod"}}}]},
  {"mode": "data", "type": "aws_instance", "name": "no", "instances": [{"attributes": {"id": "no"}}]},
  {"mode": "managed", "type": "aws_instance", "name": "db", "instances": [
    {"index_key": "a", "attributes": {"public_ip": "10.0.0.2", "tags": {"Role": "data base", "x": "{{ 1 }}"}, "net": [{"mac": 7}]}},
    {"index_key": "b", "attributes": {"public_ip": null, "tags": {}}}]}]}"#;

fn load(files: &[(&str, &str)], source: &str) -> (Inventory, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let source = folder.path().join(source).display().to_string();
    let options = Options { any_unparsed_is_failed: false, ..Options::default() };
    let mut warnings = Vec::new();
    let inventory = Inventory::load(&[source], &options, &mut warnings).unwrap();
    let place = |error: &crate::diag::Diagnostic| error.span.map(|span| span.to_string()).unwrap_or_default();
    let told: Vec<String> = warnings
        .iter()
        .flat_map(|told| std::iter::successors(Some(told), |told| told.cause.as_deref()))
        .map(|told| format!("{} {} {}", told.message, told.hint.as_deref().unwrap_or_default(), place(told)))
        .collect();
    (inventory, told.join("\n"))
}

fn var(inventory: &Inventory, host: &str, name: &str) -> String {
    inventory.hosts[host].vars.get(name).map_or("none".into(), super::yaml::text_of)
}

#[test]
fn a_state_alone_gives_the_providers_hosts_and_groups() {
    let (inventory, told) = load(&[("terraform.tfstate", STATE)], "terraform.tfstate");
    assert_eq!(told, "");
    assert_eq!(inventory.hosts.keys().map(|host| &**host).collect::<Vec<_>>(), ["web1"]);
    assert_eq!(var(&inventory, "web1", "ansible_host"), "10.0.0.1");
    assert!(inventory.members("site").contains("web1"));
}

#[test]
fn a_source_file_says_which_resources_are_hosts() {
    let source = "plugin: terraform\nresources:\n  aws_instance:\n    host: public_ip\n    groups: aws\n    \
                  group_by: [tags.Role]\n    vars: {mac: net.0.mac, x: tags.x}\n";
    let files = [("terraform.tfstate", STATE), ("cloud.yml", source)];
    let (inventory, told) = load(&files, "cloud.yml");
    assert_eq!(told, "");
    assert_eq!(inventory.hosts.keys().map(|host| &**host).collect::<Vec<_>>(), ["web1", "db-a", "db-b"]);
    assert_eq!(var(&inventory, "db-a", "ansible_host"), "10.0.0.2");
    assert_eq!(var(&inventory, "db-a", "mac"), "7");
    assert_eq!(var(&inventory, "db-b", "ansible_host"), "none");
    assert!(inventory.members("data_base").contains("db-a"));
    assert_eq!(inventory.members("aws").len(), 2);
    let inert = &inventory.hosts["db-a"].vars["x"].kind;
    assert!(matches!(inert, crate::yaml::Kind::Str { unsafe_: true, .. }));
}

#[test]
fn what_terraform_show_prints_is_read_too() {
    let show = r#"{"format_version": "1.0", "values": {"root_module": {"resources": [], "child_modules": [
      {"resources": [{"mode": "managed", "type": "ansible_host", "name": "w", "values": {"name": "w1", "groups": null}}]}]}}}"#;
    let files = [("show.json", show), ("t.yml", "plugin: terraform\npath: show.json\n")];
    let (inventory, told) = load(&files, "t.yml");
    assert_eq!(told, "");
    assert!(inventory.hosts.contains_key("w1"));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let table = [
        ("plugin: terraform\nresorces: {}\n", "did you mean 'resources'", ":2:1"),
        ("plugin: terraform\nresources:\n  aws_instnce: {}\n", "did you mean 'aws_instance'", ":3:3"),
        (
            "plugin: terraform\nresources:\n  aws_instance: {name: tags.Nme}\n",
            "no attribute 'tags.Nme'",
            "tfstate:8:",
        ),
        (
            "plugin: terraform\nresources:\n  aws_instance: {groups: {a: b}}\n",
            "groups must be a string",
            ":3:26",
        ),
        ("plugin: terraform\npath: nothere\n", "nothere", ""),
        (
            "plugin: terraform\npath: ~/nothere\n",
            &*format!("{}/nothere", std::env::var("HOME").unwrap_or_default()),
            "",
        ),
        (
            "plugin: terraform\nresources:\n  aws_instance: {host: publc_ip}\n",
            "did you mean 'public_ip'",
            ":3:24",
        ),
        (
            "plugin: terraform\nresources:\n  aws_instance: {group_by: [tags.Rol]}\n",
            "did you mean 'tags.Role'",
            ":3:29",
        ),
        (
            "plugin: terraform\nresources:\n  aws_instance: {host: net}\n",
            "the attribute 'net' of aws_instance.db[\"a\"] is a list",
            "tfstate:8:",
        ),
        (
            "plugin: terraform\nresources:\n  aws_instance: {group_by: tags}\n",
            "'tags' of aws_instance.db[\"a\"] is a dict",
            "tfstate:8:",
        ),
    ];
    for (source, message, place) in table {
        let files = [("terraform.tfstate", STATE), ("t.yml", source)];
        let (_, told) = load(&files, "t.yml");
        assert!(told.contains(message) && told.contains(place), "{source}: {told}");
    }
    for (state, message) in [
        ("{\"version\": 3, \"modules\": []}", "version 3"),
        ("{\"version\": 4, \"resources\": []}", "names no host"),
        ("{\"a\": 1}", "neither a Terraform state"),
        (r#"{"format_version":"1.2","planned_values":{}}"#, "this is a plan"),
        (r#"{"format_version":"1.0"}"#, "nothing is deployed"),
        (
            &one(r#"{"name":"h","groups":"web"}"#),
            "the attribute 'groups' of ansible_host.a is a str where a list of names is wanted",
        ),
        (
            &one(r#"{"name":"h","groups":[1]}"#),
            "the attribute 'groups' of ansible_host.a is a int where a name is wanted",
        ),
        (
            &one(r#"{"name":"h","variables":"x"}"#),
            "the attribute 'variables' of ansible_host.a is a str where a mapping is wanted",
        ),
        (&one(r#"{"name":7}"#), "the attribute 'name' of ansible_host.a is a int"),
        (&one(r#"{"name":null}"#), "ansible_host.a has no name"),
        (
            &one(r#"{"name":"h"}},{"index_key":1,"attributes":{"name":"h"}"#),
            "both ansible_host.a and ansible_host.a[1] make a host named 'h'",
        ),
        ("{\"version\": 4,", "tfstate:"),
    ] {
        let (_, told) = load(&[("x.tfstate", state)], "x.tfstate");
        assert!(told.contains(message), "{state}: {told}");
    }
}

/// A state of one resource with these attributes.
fn one(attributes: &str) -> String {
    format!(
        r#"{{"version": 4, "resources": [{{"mode": "managed", "type": "ansible_host", "name": "a", "instances": [{{"attributes": {attributes}}}]}}]}}"#
    )
}

#[test]
fn what_is_about_to_be_destroyed_is_no_host() {
    let state =
        one(r#"{"name":"old"},"deposed":"0a"},{"attributes":{"name":"new","groups":null,"variables":null}"#);
    let (inventory, told) = load(&[("x.tfstate", &state)], "x.tfstate");
    assert_eq!(told, "");
    assert_eq!(inventory.hosts.keys().map(|host| &**host).collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_state_that_is_refused_leaves_nothing_behind() {
    let state = one(r#"{"name":"a","groups":["g"]}},{"index_key":1,"attributes":{"name":"b","groups":7}"#);
    let state = state.replace(r#""type""#, r#""module": "module.x", "type""#);
    let (inventory, told) = load(&[("x.tfstate", &state)], "x.tfstate");
    assert!(told.contains("the attribute 'groups' of module.x.ansible_host.a[1] is a int"), "{told}");
    assert!(inventory.hosts.is_empty() && !inventory.groups.contains_key("g"));
}

#[test]
fn what_terraform_show_prints_is_a_source_by_itself() {
    let show = r#"{"format_version":"1.0","values":{"root_module":{"resources":[
      {"mode":"managed","type":"ansible_host","name":"w","deposed_key":"x","values":{"name":"old"}},
      {"mode":"managed","type":"ansible_host","name":"w","values":{"name":"w1"}}]}}}"#;
    let (inventory, told) = load(&[("show.json", show)], "show.json");
    assert_eq!(told, "");
    assert_eq!(inventory.hosts.keys().map(|host| &**host).collect::<Vec<_>>(), ["w1"]);
}

#[test]
fn states_are_read_only_where_their_plugin_is_enabled() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.tfstate"), STATE).unwrap();
    let source = [folder.path().join("x.tfstate").display().to_string()];
    for (enabled, hosts) in [("ini", 0), ("auto", 1), ("terraform", 1)] {
        let options = Options { enabled: vec![enabled.into()], ..Options::default() };
        let mut warnings = Vec::new();
        let inventory = Inventory::load(&source, &options, &mut warnings).unwrap();
        assert_eq!(inventory.hosts.len(), hosts, "{enabled}: {warnings:?}");
    }
}
