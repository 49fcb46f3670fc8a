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
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// One resource, as both forms of the state have it.
struct Resource<'s> {
    kind: &'s str,
    name: &'s str,
    index: Option<&'s Node>,
    /// The module that it stands in, below the root.
    module: Option<&'s str>,
    attributes: &'s Mapping,
    span: Span,
}

impl Resource<'_> {
    /// As Terraform addresses it.
    fn address(&self) -> String {
        let index = self.index.map(|index| match index.as_str() {
            Some(key) => format!("[\"{key}\"]"),
            None => format!("[{}]", text_of(index)),
        });
        let module = self.module.map(|module| format!("{module}.")).unwrap_or_default();
        format!("{module}{}.{}{}", self.kind, self.name, index.unwrap_or_default())
    }

    /// What is wrong with one of its attributes.
    fn wrong(&self, attribute: &str, found: &Node, wanted: &str) -> Diagnostic {
        let (address, kind) = (self.address(), found.type_name());
        let message =
            format!("the attribute '{attribute}' of {address} is a {kind} where {wanted} is wanted");
        Diagnostic::parse(message, found.span)
    }

    /// The value at a path, what is null left out.
    fn at(&self, path: &Attribute) -> Option<&Node> {
        at(self.attributes, &path.path).filter(|node| !node.is_null())
    }

    /// A name: text or a number.
    fn word(&self, path: &Attribute, wanted: &str) -> Result<Option<String>, Diagnostic> {
        self.at(path).map(|node| word(node).ok_or_else(|| self.wrong(&path.path, node, wanted))).transpose()
    }
}

/// Text or a number as text.
fn word(node: &Node) -> Option<String> {
    matches!(node.kind, Kind::Str { .. } | Kind::Int(_) | Kind::Big(_)).then(|| text_of(node))
}

/// Where in a resource something is, and where that is said.
#[derive(Clone)]
struct Attribute {
    path: String,
    span: Span,
}

/// How resources of a type become hosts.
#[derive(Default)]
struct Rule {
    kind: String,
    name: Option<Attribute>,
    host: Option<Attribute>,
    groups: Vec<String>,
    group_by: Vec<Attribute>,
    vars: Vec<(String, Attribute)>,
    span: Option<Span>,
}

/// Whether a file is what Terraform wrote, a state by its name or the output of `terraform show -json` by its first
/// words.
pub fn is_state(path: &Path) -> bool {
    use std::io::Read as _;
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("tfstate") => true,
        Some("json") => {
            let mut start = [0; 64];
            let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
            let text = String::from_utf8_lossy(&start);
            let words = text.trim_start().strip_prefix('{').map(str::trim_start);
            read.is_ok() && words.is_some_and(|words| words.starts_with("\"format_version\""))
        }
        _ => false,
    }
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
    let home = state.strip_prefix("~/").zip(std::env::var_os("HOME"));
    let state = home.map_or_else(|| folder.join(state), |(rest, home)| Path::new(&home).join(rest));
    read_state(inventory, &state, &rules, vault)
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
    let mut seen = Seen { inventory, source: path.into(), made: HashMap::new() };
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
    for rule in rules {
        let of_kind: Vec<&Resource<'_>> =
            resources.iter().filter(|resource| resource.kind == rule.kind).collect();
        // one resource may lack a tag; what all of them lack is misspelt
        let nowhere =
            |path: &&Attribute| of_kind.iter().all(|resource| at(resource.attributes, &path.path).is_none());
        if let Some(path) = rule.attributes().find(nowhere).filter(|_| !of_kind.is_empty()) {
            let known = of_kind.iter().flat_map(|resource| paths(resource.attributes));
            let message = format!("no {} has an attribute '{}'", rule.kind, path.path);
            let error = Diagnostic::parse(message, path.span);
            let known: Vec<String> = known.collect();
            return Err(match nearest(&path.path, known.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean '{near}'?")),
                None => error,
            });
        }
        if !of_kind.is_empty() {
            continue;
        }
        let message = format!("the state has no resource of type '{}'", rule.kind);
        let mut error = Diagnostic::parse(message, rule.span.unwrap_or(root.span));
        if let Some(near) = nearest(&rule.kind, resources.iter().map(|resource| resource.kind)) {
            error = error.hint(format!("did you mean '{near}'?"));
        }
        return Err(error);
    }
    if seen.made.is_empty() {
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
            if let Some(planned) = get("planned_values") {
                let message = "this is a plan, of which nothing is deployed yet";
                return Err(Diagnostic::parse(message, planned.span)
                    .hint("terraform show -json without a file prints what is deployed"));
            }
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
            // what was replaced and is still to be destroyed
            if instance.as_map().is_some_and(|map| map.get("deposed").is_some_and(|key| !key.is_null())) {
                continue;
            }
            let attributes = instance.as_map().and_then(|map| map.get("attributes")).and_then(Node::as_map);
            let Some(attributes) = attributes else { continue };
            let index = instance.as_map().and_then(|map| map.get("index_key"));
            found.push(Resource {
                kind,
                name,
                index,
                module: word("module"),
                attributes,
                span: instance.span,
            });
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
    let address = module.get("address").and_then(Node::as_str);
    for node in module.get("resources").and_then(Node::as_seq).unwrap_or_default() {
        let Some(resource) = node.as_map().filter(|map| is_managed(map)) else { continue };
        if resource.get("deposed_key").is_some_and(|key| !key.is_null()) {
            continue;
        }
        let word = |name: &str| resource.get(name).and_then(Node::as_str);
        let attributes = resource.get("values").and_then(Node::as_map);
        if let (Some(kind), Some(name), Some(attributes)) = (word("type"), word("name"), attributes) {
            let index = resource.get("index");
            found.push(Resource { kind, name, index, module: address, attributes, span: node.span });
        }
    }
    for child in module.get("child_modules").and_then(Node::as_seq).unwrap_or_default() {
        module_resources(child, found, depth + 1);
    }
}

struct Seen<'i> {
    inventory: &'i mut Inventory,
    source: Arc<Path>,
    /// The resource of each host, and whether that says by itself that it is one.
    made: HashMap<String, (String, bool)>,
}

impl Seen<'_> {
    /// A resource of the provider: `name`, `groups`, `variables`.
    fn ansible_host(&mut self, resource: &Resource<'_>) -> Result<(), Diagnostic> {
        let name = own_name(resource)?;
        let groups = names(resource, "groups")?;
        self.host(name, &groups, resource, true)?;
        let host = self.inventory.add_host(name, None);
        let vars = Arc::make_mut(&mut host.vars);
        vars.extend(variables(resource)?.map(|(key, value)| (text_of(key).into(), value.clone())));
        Ok(())
    }

    /// A resource of the provider: `name`, `children`, `variables`.
    fn ansible_group(&mut self, resource: &Resource<'_>) -> Result<(), Diagnostic> {
        let name = own_name(resource)?;
        self.inventory.add_group(name);
        for child in names(resource, "children")? {
            self.inventory.add_group(child);
            self.inventory.add_child(name, child).map_err(|error| error.at(resource.span))?;
        }
        for (key, value) in variables(resource)? {
            let set = self.inventory.set_group_var(name, text_of(key).into(), value.clone());
            set.map_err(|why| Diagnostic::parse(why, value.span))?;
        }
        Ok(())
    }

    /// Any other resource, as a rule says.
    fn by_rule(&mut self, resource: &Resource<'_>, rule: &Rule) -> Result<(), Diagnostic> {
        let name = match &rule.name {
            Some(path) => {
                resource.word(path, "a name")?.filter(|name| !name.is_empty()).ok_or_else(|| {
                    let message = format!("{} has no attribute '{}'", resource.address(), path.path);
                    let known: Vec<String> = paths(resource.attributes).collect();
                    let error = Diagnostic::parse(message, resource.span);
                    match nearest(&path.path, known.iter().map(String::as_str)) {
                        Some(near) => error.hint(format!("did you mean '{near}'?")),
                        None => error,
                    }
                })?
            }
            None => match resource.index {
                Some(index) => format!("{}-{}", resource.name, text_of(index)),
                None => resource.name.to_owned(),
            },
        };
        let groups: Vec<&str> = rule.groups.iter().map(String::as_str).collect();
        self.host(&name, &groups, resource, false)?;
        for path in &rule.group_by {
            let Some(value) = resource.at(path) else { continue };
            let wrong = |found: &Node| resource.wrong(&path.path, found, "the name of a group");
            let word = |node: &Node| match node.kind {
                Kind::Bool(_) => Some(text_of(node)),
                _ => word(node),
            };
            let values = match &value.kind {
                Kind::Seq(items) => items.iter().map(|item| word(item).ok_or_else(|| wrong(item))).collect(),
                _ => word(value).ok_or_else(|| wrong(value)).map(|one| vec![one]),
            };
            for group in values?.iter().filter(|group| !group.is_empty()) {
                self.inventory.add_host(&name, Some(&fit(group)));
            }
        }
        let mut vars: Vec<(&str, &Node)> = Vec::new();
        if let Some(path) = &rule.host
            && let Some(address) = resource.at(path)
        {
            resource.word(path, "an address")?;
            vars.push(("ansible_host", address));
        }
        vars.extend(rule.vars.iter().filter_map(|(name, path)| Some((&**name, resource.at(path)?))));
        let host = self.inventory.add_host(&name, None);
        // what a cloud says of its machines is no template
        let untrusted = vars.into_iter().map(|(name, node)| (Arc::from(name), inert(node, 0)));
        Arc::make_mut(&mut host.vars).extend(untrusted);
        Ok(())
    }

    /// Adds a host. That a mapped resource and an `ansible_host` of one name are one machine is meant; two of a sort
    /// are two machines.
    fn host(
        &mut self,
        name: &str,
        groups: &[&str],
        resource: &Resource<'_>,
        by_itself: bool,
    ) -> Result<(), Diagnostic> {
        let here = (resource.address(), by_itself);
        if let Some(known) =
            self.made.insert(name.to_owned(), here.clone()).filter(|known| known.1 == by_itself)
        {
            let message = format!("both {} and {} make a host named '{name}'", known.0, here.0);
            return Err(Diagnostic::parse(message, resource.span)
                .hint("names of hosts must be unique: say with 'name' which attribute tells them apart"));
        }
        let source = self.source.clone();
        self.inventory.add_host(name, None).source.get_or_insert(source);
        for group in groups {
            self.inventory.add_host(name, Some(group));
        }
        Ok(())
    }
}

/// The paths to all that a resource says, some levels deep.
fn paths(attributes: &Mapping) -> impl Iterator<Item = String> + '_ {
    attributes.pairs.iter().flat_map(|(key, value)| {
        let key = text_of(key);
        let inner = value.as_map().map(|map| map.pairs.as_slice()).unwrap_or_default();
        let inner: Vec<String> = inner.iter().map(|(name, _)| format!("{key}.{}", text_of(name))).collect();
        std::iter::once(key).chain(inner)
    })
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
    let name = resource.attributes.get("name").filter(|name| !name.is_null());
    match name.map(|name| (name.as_str(), name)) {
        Some((Some(name), _)) if !name.is_empty() => Ok(name),
        Some((None, name)) => Err(resource.wrong("name", name, "a name")),
        _ => Err(Diagnostic::parse(format!("{} has no name", resource.address()), resource.span)),
    }
}

/// A list of names; null is none.
fn names<'s>(resource: &Resource<'s>, attribute: &str) -> Result<Vec<&'s str>, Diagnostic> {
    let Some(list) = resource.attributes.get(attribute).filter(|list| !list.is_null()) else {
        return Ok(Vec::new());
    };
    let Some(items) = list.as_seq() else { return Err(resource.wrong(attribute, list, "a list of names")) };
    items.iter().map(|item| item.as_str().ok_or_else(|| resource.wrong(attribute, item, "a name"))).collect()
}

/// `variables`; null is none.
fn variables<'s>(resource: &Resource<'s>) -> Result<impl Iterator<Item = &'s (Node, Node)>, Diagnostic> {
    let none: &[(Node, Node)] = &[];
    let pairs = match resource.attributes.get("variables").map(|node| (&node.kind, node)) {
        None | Some((Kind::Null, _)) => none,
        Some((Kind::Map(map), _)) => &map.pairs,
        Some((_, node)) => return Err(resource.wrong("variables", node, "a mapping")),
    };
    Ok(pairs.iter())
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
            Some("name") => rule.name = Some(attribute(value, "name")?),
            Some("host") => rule.host = Some(attribute(value, "host")?),
            Some("groups") => rule.groups = texts(value, "groups")?,
            Some("group_by") => {
                let items = value.as_seq().unwrap_or(std::slice::from_ref(value));
                rule.group_by =
                    items.iter().map(|item| attribute(item, "group_by")).collect::<Result<_, _>>()?;
            }
            Some("vars") => {
                let Some(vars) = value.as_map() else {
                    return Err(Diagnostic::parse(
                        "vars must be a mapping of names to attributes",
                        value.span,
                    ));
                };
                for (name, path) in &vars.pairs {
                    let name = text(name, "a variable")?.to_owned();
                    rule.vars.push((name, attribute(path, "an attribute")?));
                }
            }
            _ => return Err(unknown(key, &["name", "host", "groups", "group_by", "vars"])),
        }
    }
    Ok(rule)
}

fn attribute(node: &Node, what: &str) -> Result<Attribute, Diagnostic> {
    Ok(Attribute { path: text(node, what)?.to_owned(), span: node.span })
}

impl Rule {
    /// All attributes that it speaks of.
    fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        let vars = self.vars.iter().map(|(_, path)| path);
        self.name.iter().chain(&self.host).chain(&self.group_by).chain(vars)
    }
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
