//! Hosts from Terraform: a local state file, or what `terraform show -json` printed.
//!
//! The resources `ansible_host` and `ansible_group` of the provider `ansible/ansible` say by themselves what they are.
//! Of any other resource a source file says so:
//!
//! ```yaml
//! plugin: terraform
//! path: terraform.tfstate        # beside this file; or the output of terraform show -json
//! resources:
//!   aws_instance:
//!     name: tags.Name            # where the host's name is; else the resource's name, with its index
//!     host: public_ip            # where ansible_host is
//!     groups: [aws]              # groups that all of them are in
//!     group_by: [tags.Role]      # attributes whose values are names of groups
//!     vars: {zone: availability_zone}
//! ```

use super::model::{Inventory, fit};
use super::yaml::text_of;
use crate::diag::{Diagnostic, Span, nearest};
use crate::vault::Vault;
use crate::yaml::{Kind, Mapping, Node};
use std::path::Path;
use std::sync::Arc;

/// One resource, as both forms of the state have it.
struct Resource<'s> {
    kind: &'s str,
    name: &'s str,
    index: Option<&'s Node>,
    attributes: &'s Mapping,
    span: Span,
}

/// How resources of a type become hosts.
#[derive(Default)]
struct Rule {
    kind: String,
    name: Option<String>,
    host: Option<String>,
    groups: Vec<String>,
    group_by: Vec<String>,
    vars: Vec<(String, String)>,
    span: Option<Span>,
}

/// Reads a source file that names a state and says which resources are hosts.
///
/// # Errors
/// An option that there is not or that makes no sense; as [`read_state`].
pub fn read(inventory: &mut Inventory, root: &Node, path: &Path, vault: &Vault) -> Result<(), Diagnostic> {
    let Some(options) = root.as_map() else {
        return Err(Diagnostic::parse("a terraform source is a mapping", root.span));
    };
    let mut state = None;
    let mut rules = Vec::new();
    for (key, value) in &options.pairs {
        match key.as_str() {
            Some("plugin") => {}
            Some("path") => state = Some(text(value, "path")?),
            Some("resources") => rules = rules_of(value)?,
            _ => return Err(unknown(key, &["path", "resources"])),
        }
    }
    let state = state.unwrap_or("terraform.tfstate");
    let folder = path.parent().unwrap_or(Path::new("."));
    read_state(inventory, &folder.join(state), &rules, vault)
}

/// Reads a state file alone: only what `ansible_host` and `ansible_group` say.
///
/// # Errors
/// It is no state, or says nothing about hosts.
pub fn read_alone(inventory: &mut Inventory, path: &Path, vault: &Vault) -> Result<(), Diagnostic> {
    read_state(inventory, path, &[], vault)
}

fn read_state(
    inventory: &mut Inventory,
    path: &Path,
    rules: &[Rule],
    vault: &Vault,
) -> Result<(), Diagnostic> {
    let root = vault.yaml(path)?;
    let resources = resources(&root)?;
    let mut seen = Seen { inventory, source: path.into(), hosts: 0 };
    for resource in &resources {
        match resource.kind {
            "ansible_host" => seen.ansible_host(resource)?,
            "ansible_group" => seen.ansible_group(resource)?,
            kind => {
                for rule in rules.iter().filter(|rule| rule.kind == kind) {
                    seen.by_rule(resource, rule)?;
                }
            }
        }
    }
    let unused = rules.iter().find(|rule| !resources.iter().any(|resource| resource.kind == rule.kind));
    if let Some(rule) = unused {
        let message = format!("the state has no resource of type '{}'", rule.kind);
        let mut error = Diagnostic::parse(message, rule.span.unwrap_or(root.span));
        if let Some(near) = nearest(&rule.kind, resources.iter().map(|resource| resource.kind)) {
            error = error.hint(format!("did you mean '{near}'?"));
        }
        return Err(error);
    }
    if seen.hosts == 0 {
        return Err(Diagnostic::parse("the Terraform state names no host", root.span).hint(
            "declare ansible_host resources of the provider ansible/ansible, or say in a source file with 'plugin: \
             terraform' which 'resources' are hosts",
        ));
    }
    Ok(())
}

/// All managed resources of a state of version 4, or of what `terraform show -json` printed.
fn resources(root: &Node) -> Result<Vec<Resource<'_>>, Diagnostic> {
    let map = root.as_map();
    let get = |name: &str| map.and_then(|map| map.get(name));
    if get("format_version").is_some() {
        let Some(values) = get("values").and_then(Node::as_map) else {
            return Err(Diagnostic::parse(
                "the output of terraform show has no 'values': nothing is deployed",
                root.span,
            ));
        };
        let mut found = Vec::new();
        if let Some(module) = values.get("root_module") {
            module_resources(module, &mut found, 0);
        }
        return Ok(found);
    }
    match get("version").map(|version| (&version.kind, version.span)) {
        Some((Kind::Int(4), _)) => {}
        Some((Kind::Int(version), span)) => {
            let message = format!("a Terraform state of version {version}; impel reads version 4");
            return Err(Diagnostic::parse(message, span)
                .hint("terraform show -json prints any version in a form that impel reads"));
        }
        _ => {
            let message = "this is neither a Terraform state nor the output of terraform show -json";
            return Err(Diagnostic::parse(message, root.span));
        }
    }
    let all = get("resources").and_then(Node::as_seq).unwrap_or_default();
    let mut found = Vec::new();
    for node in all {
        let Some(resource) = node.as_map().filter(|map| is_managed(map)) else { continue };
        let word = |name: &str| resource.get(name).and_then(Node::as_str);
        let (Some(kind), Some(name)) = (word("type"), word("name")) else {
            return Err(Diagnostic::parse("a resource without type or name", node.span));
        };
        for instance in resource.get("instances").and_then(Node::as_seq).unwrap_or_default() {
            let attributes = instance.as_map().and_then(|map| map.get("attributes")).and_then(Node::as_map);
            let Some(attributes) = attributes else { continue };
            let index = instance.as_map().and_then(|map| map.get("index_key"));
            found.push(Resource { kind, name, index, attributes, span: instance.span });
        }
    }
    Ok(found)
}

fn is_managed(resource: &Mapping) -> bool {
    resource.get("mode").and_then(Node::as_str).is_none_or(|mode| mode == "managed")
}

/// Modules within modules.
const DEEPEST: usize = 100;

fn module_resources<'s>(module: &'s Node, found: &mut Vec<Resource<'s>>, depth: usize) {
    let Some(module) = module.as_map().filter(|_| depth < DEEPEST) else { return };
    for node in module.get("resources").and_then(Node::as_seq).unwrap_or_default() {
        let Some(resource) = node.as_map().filter(|map| is_managed(map)) else { continue };
        let word = |name: &str| resource.get(name).and_then(Node::as_str);
        let attributes = resource.get("values").and_then(Node::as_map);
        if let (Some(kind), Some(name), Some(attributes)) = (word("type"), word("name"), attributes) {
            found.push(Resource { kind, name, index: resource.get("index"), attributes, span: node.span });
        }
    }
    for child in module.get("child_modules").and_then(Node::as_seq).unwrap_or_default() {
        module_resources(child, found, depth + 1);
    }
}

struct Seen<'i> {
    inventory: &'i mut Inventory,
    source: Arc<Path>,
    hosts: usize,
}

impl Seen<'_> {
    /// A resource of the provider: `name`, `groups`, `variables`.
    fn ansible_host(&mut self, resource: &Resource<'_>) -> Result<(), Diagnostic> {
        let name = own_name(resource)?;
        let groups = names(resource.attributes.get("groups"));
        self.host(name, &groups);
        if let Some(variables) = resource.attributes.get("variables").and_then(Node::as_map) {
            let host = self.inventory.add_host(name, None);
            let vars = Arc::make_mut(&mut host.vars);
            vars.extend(variables.pairs.iter().map(|(key, value)| (text_of(key).into(), value.clone())));
        }
        Ok(())
    }

    /// A resource of the provider: `name`, `children`, `variables`.
    fn ansible_group(&mut self, resource: &Resource<'_>) -> Result<(), Diagnostic> {
        let name = own_name(resource)?;
        self.inventory.add_group(name);
        for child in names(resource.attributes.get("children")) {
            self.inventory.add_group(child);
            self.inventory.add_child(name, child).map_err(|error| error.at(resource.span))?;
        }
        if let Some(variables) = resource.attributes.get("variables").and_then(Node::as_map) {
            let vars = Arc::make_mut(&mut self.inventory.add_group(name).vars);
            vars.extend(variables.pairs.iter().map(|(key, value)| (text_of(key).into(), value.clone())));
        }
        Ok(())
    }

    /// Any other resource, as a rule says.
    fn by_rule(&mut self, resource: &Resource<'_>, rule: &Rule) -> Result<(), Diagnostic> {
        let name = match &rule.name {
            Some(path) => match at(resource.attributes, path).filter(|node| !node.is_null()) {
                Some(node) => text_of(node),
                None => {
                    let message = format!("{}.{} has no attribute '{path}'", resource.kind, resource.name);
                    let known = resource.attributes.pairs.iter().filter_map(|(key, _)| key.as_str());
                    let mut error = Diagnostic::parse(message, resource.span);
                    if let Some(near) = nearest(path, known) {
                        error = error.hint(format!("did you mean '{near}'?"));
                    }
                    return Err(error);
                }
            },
            None => match resource.index {
                Some(index) => format!("{}-{}", resource.name, text_of(index)),
                None => resource.name.to_owned(),
            },
        };
        let groups: Vec<&str> = rule.groups.iter().map(String::as_str).collect();
        self.host(&name, &groups);
        for path in &rule.group_by {
            let values = match at(resource.attributes, path).map(|node| &node.kind) {
                None | Some(Kind::Null) => Vec::new(),
                Some(Kind::Seq(items)) => items.iter().map(text_of).collect(),
                Some(_) => at(resource.attributes, path).map(text_of).into_iter().collect(),
            };
            for group in values.iter().filter(|group| !group.is_empty()) {
                self.inventory.add_host(&name, Some(&fit(group)));
            }
        }
        let mut vars: Vec<(&str, &Node)> = Vec::new();
        let address = rule.host.as_deref().and_then(|path| at(resource.attributes, path));
        vars.extend(address.filter(|node| !node.is_null()).map(|node| ("ansible_host", node)));
        let wanted =
            rule.vars.iter().filter_map(|(name, path)| Some((&**name, at(resource.attributes, path)?)));
        vars.extend(wanted);
        let host = self.inventory.add_host(&name, None);
        // what a cloud says of its machines is no template
        let untrusted = vars.into_iter().map(|(name, node)| (Arc::from(name), inert(node, 0)));
        Arc::make_mut(&mut host.vars).extend(untrusted);
        Ok(())
    }

    fn host(&mut self, name: &str, groups: &[&str]) {
        self.hosts += 1;
        let source = self.source.clone();
        self.inventory.add_host(name, None).source.get_or_insert(source);
        for group in groups {
            self.inventory.add_host(name, Some(group));
        }
    }
}

/// The attribute at a path such as `network.0.address`.
fn at<'s>(attributes: &'s Mapping, path: &str) -> Option<&'s Node> {
    let mut parts = path.split('.');
    let mut node = attributes.get(parts.next()?)?;
    for part in parts {
        node = match &node.kind {
            Kind::Map(map) => map.get(part)?,
            Kind::Seq(items) => items.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(node)
}

/// The value with strings that are never templates.
fn inert(node: &Node, depth: usize) -> Node {
    let deeper = |node: &Node| inert(node, depth + 1);
    let kind = match &node.kind {
        _ if depth > DEEPEST => Kind::Null,
        Kind::Str { text, .. } => Kind::Str { text: text.clone(), unsafe_: true },
        Kind::Seq(items) => Kind::Seq(items.iter().map(deeper).collect()),
        Kind::Map(map) => Kind::Map(Arc::new(Mapping {
            pairs: map.pairs.iter().map(|(key, value)| (key.clone(), deeper(value))).collect(),
        })),
        other => other.clone(),
    };
    Node { kind, span: node.span }
}

fn own_name<'s>(resource: &Resource<'s>) -> Result<&'s str, Diagnostic> {
    resource.attributes.get("name").and_then(Node::as_str).ok_or_else(|| {
        let message = format!("{}.{} has no name", resource.kind, resource.name);
        Diagnostic::parse(message, resource.span)
    })
}

fn names(list: Option<&Node>) -> Vec<&str> {
    list.and_then(Node::as_seq).unwrap_or_default().iter().filter_map(Node::as_str).collect()
}

fn rules_of(node: &Node) -> Result<Vec<Rule>, Diagnostic> {
    let Some(map) = node.as_map() else {
        return Err(Diagnostic::parse("resources must be a mapping of resource types", node.span));
    };
    map.pairs.iter().map(|(key, value)| rule(key, value)).collect()
}

fn rule(key: &Node, node: &Node) -> Result<Rule, Diagnostic> {
    let mut rule =
        Rule { kind: text(key, "a resource's type")?.to_owned(), span: Some(key.span), ..Rule::default() };
    if node.is_null() {
        return Ok(rule);
    }
    let Some(map) = node.as_map() else {
        return Err(Diagnostic::parse("what becomes of a resource is said in a mapping", node.span));
    };
    for (key, value) in &map.pairs {
        match key.as_str() {
            Some("name") => rule.name = Some(text(value, "name")?.to_owned()),
            Some("host") => rule.host = Some(text(value, "host")?.to_owned()),
            Some("groups") => rule.groups = texts(value, "groups")?,
            Some("group_by") => rule.group_by = texts(value, "group_by")?,
            Some("vars") => {
                let Some(vars) = value.as_map() else {
                    return Err(Diagnostic::parse(
                        "vars must be a mapping of names to attributes",
                        value.span,
                    ));
                };
                for (name, path) in &vars.pairs {
                    rule.vars
                        .push((text(name, "a variable")?.to_owned(), text(path, "an attribute")?.to_owned()));
                }
            }
            _ => return Err(unknown(key, &["name", "host", "groups", "group_by", "vars"])),
        }
    }
    Ok(rule)
}

fn text<'n>(node: &'n Node, what: &str) -> Result<&'n str, Diagnostic> {
    node.as_str().ok_or_else(|| {
        Diagnostic::parse(format!("{what} must be a string, not a {}", node.type_name()), node.span)
    })
}

fn texts(node: &Node, what: &str) -> Result<Vec<String>, Diagnostic> {
    match node.as_seq() {
        Some(items) => items.iter().map(|item| text(item, what).map(str::to_owned)).collect(),
        None => Ok(vec![text(node, what)?.to_owned()]),
    }
}

fn unknown(key: &Node, known: &[&str]) -> Diagnostic {
    let name = text_of(key);
    let error = Diagnostic::parse(format!("there is no option '{name}'"), key.span);
    match nearest(&name, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint(format!("there are {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Inventory, Options};

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
        let (inventory, warnings) = Inventory::load(&[source], &options).unwrap();
        let place =
            |error: &crate::diag::Diagnostic| error.span.map(|span| span.to_string()).unwrap_or_default();
        let told: Vec<String> = warnings
            .iter()
            .flat_map(|told| std::iter::successors(Some(told), |told| told.cause.as_deref()))
            .map(|told| {
                format!("{} {} {}", told.message, told.hint.as_deref().unwrap_or_default(), place(told))
            })
            .collect();
        (inventory, told.join("\n"))
    }

    fn var(inventory: &Inventory, host: &str, name: &str) -> String {
        inventory.hosts[host].vars.get(name).map_or("none".into(), super::text_of)
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
            ("{\"version\": 4,", "tfstate:"),
        ] {
            let (_, told) = load(&[("x.tfstate", state)], "x.tfstate");
            assert!(told.contains(message), "{state}: {told}");
        }
    }
}
