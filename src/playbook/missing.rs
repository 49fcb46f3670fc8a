//! What a playbook asks for that Ansible has and impel does not have yet: one list, before anything runs.

use super::known::{self, short};
use super::source::What;
use super::{Item, Keywords, Playbook, Task};
use crate::diag::Span;
use crate::template::{self, PluginKind};
use crate::yaml::{Kind, Node};
use std::fmt;
use std::path::{Path, PathBuf};

/// What impel has.
pub trait Known {
    /// Whether impel has the module, keyword, lookup, strategy … of that (short) name.
    fn has(&self, what: What, name: &str) -> bool;
}

/// Something that impel does not have yet, and where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What sort of thing.
    pub what: What,
    /// Its name.
    pub name: String,
    /// Where.
    pub span: Span,
}

/// The sort of thing and its name.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Keyword => "keyword",
            What::Module => "module",
            What::Lookup => "lookup",
            What::Filter => "filter",
            What::Test => "test",
            What::Strategy => "strategy",
            What::Connection => "connection",
            What::Become => "become method",
        };
        write!(f, "{what} '{}'", self.name)
    }
}

/// Everything in a playbook that impel does not have yet, in order of appearance.
pub fn missing(playbook: &Playbook, known: &dyn Known) -> Vec<Missing> {
    let mut scan = Scan { known, found: Vec::new(), base: None };
    for play in &playbook.plays {
        scan.base = play.file.parent().map(Path::to_path_buf);
        scan.keywords(&play.keywords);
        scan.named(What::Strategy, play.strategy.as_ref());
        let plugs: [(&str, Option<&Node>); 8] = [
            ("order", play.order.as_ref()),
            ("serial", play.serial.first()),
            ("max_fail_percentage", play.max_fail_percentage.as_ref()),
            ("force_handlers", play.force_handlers.as_ref()),
            ("vars_files", play.vars_files.first()),
            ("gather_subset", play.gather.subset.as_ref()),
            ("gather_timeout", play.gather.timeout.as_ref()),
            ("fact_path", play.gather.fact_path.as_ref()),
        ];
        plugs.iter().for_each(|(name, node)| scan.keyword(name, *node));
        if let Some(prompt) = play.vars_prompt.first() {
            scan.ask(What::Keyword, "vars_prompt", prompt.span);
        }
        for role in &play.roles {
            scan.keywords(&role.keywords);
        }
        for section in &play.sections {
            scan.items(&section.items);
        }
        play.handlers.iter().for_each(|list| scan.items(list));
    }
    scan.found
}

/// The same for what a dynamic include brings while the playbook runs.
pub fn missing_in(items: &[Item], known: &dyn Known) -> Vec<Missing> {
    let mut scan = Scan { known, found: Vec::new(), base: None };
    scan.items(items);
    scan.found
}

struct Scan<'a> {
    known: &'a dyn Known,
    found: Vec<Missing>,
    /// The playbook's folder, beside which the user's own plugins are.
    base: Option<PathBuf>,
}

impl Scan<'_> {
    fn ask(&mut self, what: What, name: &str, span: Span) {
        if !self.known.has(what, name) {
            let missing = Missing { what, name: name.to_owned(), span };
            if !self.found.contains(&missing) {
                self.found.push(missing);
            }
        }
    }

    fn keyword(&mut self, name: &str, node: Option<&Node>) {
        if let Some(node) = node {
            self.ask(What::Keyword, name, node.span);
        }
    }

    /// A plugin that is named as text; what is a template is found out when it is rendered.
    fn named(&mut self, what: What, node: Option<&Node>) {
        if let Some(node) = node
            && let Some(name) = node.as_str().filter(|name| !name.contains("{{"))
        {
            self.ask(what, short(name), node.span);
        }
    }

    fn keywords(&mut self, keywords: &Keywords) {
        for (name, node) in keywords.written() {
            match name {
                "connection" => self.named(What::Connection, Some(node)),
                "become_method" => self.named(What::Become, Some(node)),
                _ => self.keyword(name, Some(node)),
            }
            self.templates(node, false, 0);
        }
        keywords.when.iter().for_each(|node| self.templates(node, true, 0));
        keywords.vars.pairs.iter().for_each(|(_, node)| self.templates(node, false, 0));
    }

    /// Filters, tests and lookups in the templates of a value.
    fn templates(&mut self, node: &Node, conditional: bool, depth: usize) {
        match &node.kind {
            Kind::Str { text, unsafe_: false } => {
                for (kind, name) in template::absent(text, conditional) {
                    self.plugin(kind, &name, node.span);
                }
            }
            Kind::Seq(items) | Kind::Tuple(items) if depth < 1_000 => {
                items.iter().for_each(|item| self.templates(item, conditional, depth + 1));
            }
            Kind::Map(map) if depth < 1_000 => {
                map.pairs.iter().for_each(|(_, value)| self.templates(value, conditional, depth + 1));
            }
            _ => {}
        }
    }

    /// What Ansible has and impel has not. A name that neither has fails when it is rendered, as it does there.
    fn plugin(&mut self, kind: PluginKind, name: &str, span: Span) {
        let (what, builtin, folder) = match kind {
            PluginKind::Filter => (What::Filter, known::FILTERS, "filter_plugins"),
            PluginKind::Test => (What::Test, known::TESTS, "test_plugins"),
            PluginKind::Lookup => (What::Lookup, known::LOOKUPS, "lookup_plugins"),
        };
        let users = || self.base.as_ref().is_some_and(|base| base.join(folder).is_dir());
        let bare = short(name);
        if builtin.contains(&bare) || bare.contains('.') || users() {
            self.ask(what, bare, span);
        }
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Task(task) => self.task(task),
                Item::Block(block) => {
                    self.keywords(&block.keywords);
                    self.items(&block.block);
                    self.items(&block.rescue);
                    self.items(&block.always);
                }
            }
        }
    }

    fn task(&mut self, task: &Task) {
        for link in task.parent.chain() {
            if let super::Scope::Import(keywords) | super::Scope::Apply(keywords) = &link.scope {
                self.keywords(keywords);
            }
        }
        if !task.action.written.contains("{{") {
            self.ask(What::Module, &task.action.name, task.action.span);
        }
        self.keywords(&task.keywords);
        task.action.args.iter().for_each(|(name, node)| {
            let conditional = matches!((&*task.action.name, &**name), ("assert", "that") | ("debug", "var"));
            self.templates(node, conditional, 0);
        });
        let plain = [&task.name, &task.action.raw, &task.action.whole, &task.loop_control.label];
        plain.into_iter().flatten().for_each(|node| self.templates(node, false, 0));
        let conditions = [&task.changed_when, &task.failed_when, &task.until];
        conditions.into_iter().flatten().for_each(|node| self.templates(node, true, 0));
        if let Some(lookup) = &task.loop_ {
            self.templates(&lookup.items, false, 0);
        }
        if let Some(lookup) = task.loop_.as_ref() {
            match &lookup.lookup {
                Some(name) => self.ask(What::Lookup, name, lookup.span),
                None => self.keyword("loop", Some(&lookup.items)),
            }
        }
        let control = &task.loop_control;
        let plugs: [(&str, Option<&Node>); 9] = [
            ("async", task.async_.as_ref()),
            ("poll", task.poll.as_ref()),
            ("until", task.until.first()),
            ("retries", task.retries.as_ref()),
            ("delay", task.delay.as_ref()),
            ("loop_control.pause", control.pause.as_ref()),
            ("loop_control.extended", control.extended.as_ref()),
            ("loop_control.break_when", control.break_when.first()),
            ("listen", task.listen.first()),
        ];
        plugs.iter().for_each(|(name, node)| self.keyword(name, *node));
    }
}
