//! The parsed model: what was written, with its place, and who stands above whom.

use super::{Keywords, Vars};
use crate::diag::Span;
use crate::yaml::Node;
use std::path::PathBuf;
use std::sync::Arc;

/// A playbook with its imports resolved.
#[derive(Debug, Default)]
pub struct Playbook {
    /// The plays in order.
    pub plays: Vec<Arc<Play>>,
}

/// One play. Its role tasks are items already, behind `pre_tasks`.
#[derive(Debug)]
pub struct Play {
    /// Numbers all plays of a run.
    pub id: u32,
    /// Where it starts.
    pub span: Span,
    /// The file that it stands in; its folder is `playbook_dir` of the first playbook only.
    pub file: PathBuf,
    /// `name`; the host pattern stands in where it is missing.
    pub name: Option<Node>,
    /// `hosts`: a string or a list of strings, perhaps a template.
    pub hosts: Node,
    /// What is handed down, `vars` included.
    pub keywords: Arc<Keywords>,
    /// `vars_files`: each a name or a list of which the first that exists counts.
    pub vars_files: Arc<[Node]>,
    /// `vars_prompt`.
    pub vars_prompt: Vec<Prompt>,
    /// Everything about `gather_facts`.
    pub gather: Gather,
    /// `pre_tasks`, roles, `tasks`, `post_tasks`; handlers are flushed after each of these four that is not empty
    /// (roles and tasks count as one).
    pub sections: Vec<Section>,
    /// Lists of handlers, in the order they run: one for each role, the play's own, one for each role that
    /// `import_role` brought in; what `include_role` brings in while the play runs goes behind them. Where names
    /// meet, the last list that has one wins, and within a list the first.
    pub handlers: Vec<Vec<Item>>,
    /// The roles of the play in order, without those that dependencies brought in.
    pub roles: Vec<Arc<Role>>,
    /// The roles that `import_role` brought in, in order.
    pub imported_roles: Vec<Arc<Role>>,
    /// `serial`: each step a number or a percentage.
    pub serial: Vec<Node>,
    /// `strategy`.
    pub strategy: Option<Node>,
    /// `order`.
    pub order: Option<Node>,
    /// `max_fail_percentage`.
    pub max_fail_percentage: Option<Node>,
    /// `force_handlers`.
    pub force_handlers: Option<Node>,
}

/// A stretch of a play, after which notified handlers run.
#[derive(Debug)]
pub struct Section {
    /// `pre_tasks`, `tasks` (roles before them) or `post_tasks`.
    pub name: &'static str,
    /// What runs in it.
    pub items: Vec<Item>,
}

/// What a play says about gathering facts.
#[derive(Debug, Default)]
pub struct Gather {
    /// `gather_facts`.
    pub wanted: Option<Node>,
    /// `gather_subset`.
    pub subset: Option<Node>,
    /// `gather_timeout`.
    pub timeout: Option<Node>,
    /// `fact_path`.
    pub fact_path: Option<Node>,
}

/// One entry of `vars_prompt`.
#[derive(Debug)]
pub struct Prompt {
    /// The variable.
    pub name: Arc<str>,
    /// What to show; the variable's name where nothing is said, not even `null`.
    pub prompt: Option<Node>,
    /// What an empty answer means.
    pub default: Option<Node>,
    /// No echo (the default).
    pub private: Option<Node>,
    /// Ask twice.
    pub confirm: Option<Node>,
    /// Hash the answer with this method.
    pub encrypt: Option<Node>,
    /// The hash's salt.
    pub salt: Option<Node>,
    /// The length of a random salt.
    pub salt_size: Option<Node>,
    /// The answer is never a template.
    pub unsafe_: Option<Node>,
    /// Where its name stands.
    pub span: Span,
}

/// What a list of tasks holds. Static imports are resolved into their items already.
#[derive(Clone, Debug)]
pub enum Item {
    /// A task; in a list of handlers, a handler.
    Task(Arc<Task>),
    /// A block.
    Block(Arc<Block>),
}

/// A block with its three lists. Its keywords are those of its tasks' nearest [`Scope::Block`].
#[derive(Debug)]
pub struct Block {
    /// Numbers all tasks and blocks of a run.
    pub id: u32,
    /// Where it starts.
    pub span: Span,
    /// `name`.
    pub name: Option<Node>,
    /// What its tasks inherit.
    pub keywords: Arc<Keywords>,
    /// The tasks.
    pub block: Vec<Item>,
    /// What runs after a failure among them.
    pub rescue: Vec<Item>,
    /// What runs in any case.
    pub always: Vec<Item>,
    /// Who stands above the block itself.
    pub parent: Arc<Parent>,
}

/// One task or handler.
#[derive(Debug)]
pub struct Task {
    /// Numbers all tasks and blocks of a run; dynamically included ones get new numbers each time.
    pub id: u32,
    /// Where it starts.
    pub span: Span,
    /// `name`, unrendered.
    pub name: Option<Node>,
    /// What it does.
    pub action: Action,
    /// Its own keywords; [`Task::inherited`] walks further up.
    pub keywords: Arc<Keywords>,
    /// `loop` or `with_…`.
    pub loop_: Option<Loop>,
    /// `loop_control`.
    pub loop_control: LoopControl,
    /// `register`: a name.
    pub register: Option<Node>,
    /// `changed_when`, conditions that must all hold.
    pub changed_when: Vec<Node>,
    /// `failed_when`, conditions that must all hold.
    pub failed_when: Vec<Node>,
    /// `until`, conditions that must all hold.
    pub until: Vec<Node>,
    /// `retries`.
    pub retries: Option<Node>,
    /// `delay`.
    pub delay: Option<Node>,
    /// `async`.
    pub async_: Option<Node>,
    /// `poll`.
    pub poll: Option<Node>,
    /// `listen`, of handlers.
    pub listen: Vec<Node>,
    /// Whether it stands among handlers.
    pub handler: bool,
    /// Made by impel, not written by anyone: `meta: role_complete`, implied flushes.
    pub implicit: bool,
    /// Who stands above it.
    pub parent: Arc<Parent>,
}

/// What a task does: an action's or module's name and its arguments, unrendered.
#[derive(Debug)]
pub struct Action {
    /// The name with `ansible.builtin.` and `ansible.legacy.` taken off.
    pub name: Arc<str>,
    /// The name as it was written.
    pub written: Arc<str>,
    /// Where the action stands.
    pub span: Span,
    /// The arguments in order.
    pub args: Vec<(Arc<str>, Node)>,
    /// Free-form text (`_raw_params`): a command, a file name, what `meta` should do.
    pub raw: Option<Node>,
    /// Arguments that are one template as a whole (`args: "{{ … }}"`), a map once rendered; what is written in
    /// `args` wins over it.
    pub whole: Option<Node>,
}

/// `loop`, or `with_` and the name of a lookup.
#[derive(Debug)]
pub struct Loop {
    /// The lookup of `with_…`; `None` for `loop`.
    pub lookup: Option<Arc<str>>,
    /// What it is given.
    pub items: Node,
    /// Where the keyword stands.
    pub span: Span,
}

/// `loop_control`, every entry a template perhaps.
#[derive(Debug, Default)]
pub struct LoopControl {
    /// `loop_var`, `item` by default.
    pub loop_var: Option<Node>,
    /// `index_var`.
    pub index_var: Option<Node>,
    /// `label`.
    pub label: Option<Node>,
    /// `pause`, seconds.
    pub pause: Option<Node>,
    /// `extended`.
    pub extended: Option<Node>,
    /// `extended_allitems`.
    pub extended_allitems: Option<Node>,
    /// `break_when`, conditions that must all hold.
    pub break_when: Vec<Node>,
}

/// One role as it was asked for in one place. Two that were asked for alike share an [`Role::identity`].
#[derive(Debug)]
pub struct Role {
    /// Equal for equal name, parameters and keywords: such a role runs once on a host unless
    /// [`Role::allow_duplicates`].
    pub identity: u32,
    /// The name as messages show it.
    pub name: Arc<str>,
    /// Its folder.
    pub path: PathBuf,
    /// Where it was asked for.
    pub span: Span,
    /// The keywords it was asked for with, `vars` included.
    pub keywords: Arc<Keywords>,
    /// Role parameters: whatever else stood beside `role:`.
    pub params: Arc<Vars>,
    /// `defaults/main.yml`.
    pub defaults: Arc<Vars>,
    /// `vars/main.yml`.
    pub vars: Arc<Vars>,
    /// `meta/main.yml: allow_duplicates`, or include_role's own word (true by default there).
    pub allow_duplicates: bool,
    /// The roles that it depends on, in order.
    pub dependencies: Vec<Arc<Role>>,
    /// Its `meta/argument_specs.yml` or the entry in `meta/main.yml`.
    pub argument_specs: Option<Node>,
    /// Whether its defaults and vars are seen by the rest of the play.
    pub public: bool,
    /// Brought in by include_role or import_role, not by `roles:`.
    pub included: bool,
}

/// A link of the chain from a task up to its play.
#[derive(Debug)]
pub struct Parent {
    /// What stands here.
    pub scope: Scope,
    /// What stands above; the play's link has none.
    pub up: Option<Arc<Parent>>,
}

/// What a task can stand in.
#[derive(Clone, Debug)]
pub enum Scope {
    /// The play.
    Play {
        /// The number of the play.
        id: u32,
        /// What it hands down.
        keywords: Arc<Keywords>,
        /// `vars_files`, which the names of static imports may use.
        vars_files: Arc<[Node]>,
    },
    /// A role: its own tasks, and those of its dependencies (which stand in a role link of their own below it).
    Role(Arc<Role>),
    /// A block.
    Block(Arc<Keywords>),
    /// A static import, whose keywords are handed down.
    Import(Arc<Keywords>),
    /// A dynamic include: only its `vars` and the values of its arguments reach the tasks within.
    Include(Arc<Task>),
    /// `apply` of an include; its keywords are handed down.
    Apply(Arc<Keywords>),
    /// A file of tasks, for the search path: the folder it stands in.
    File(PathBuf),
    /// Variables of an include that are known as values: its loop item, say. They rank as include parameters.
    Values(Arc<Vars>),
}

impl Scope {
    /// The keywords that this link hands down.
    pub fn keywords(&self) -> Option<&Keywords> {
        match self {
            Scope::Play { keywords: k, .. } | Scope::Block(k) | Scope::Import(k) | Scope::Apply(k) => Some(k),
            Scope::Role(role) => Some(&role.keywords),
            Scope::Include(_) | Scope::File(_) | Scope::Values(_) => None,
        }
    }
}

impl Role {
    /// All that it depends on, the furthest first, then the role itself: the order in which their defaults and
    /// vars add up.
    pub fn with_dependencies(&self) -> Vec<&Role> {
        let mut all: Vec<&Role> =
            self.dependencies.iter().flat_map(|role| role.with_dependencies()).collect();
        all.push(self);
        all
    }
}

impl Parent {
    /// This link and all above it, the play last.
    pub fn chain(&self) -> impl Iterator<Item = &Parent> {
        std::iter::successors(Some(self), |link| link.up.as_deref())
    }

    /// A link below this one.
    pub fn below(self: &Arc<Parent>, scope: Scope) -> Arc<Parent> {
        Arc::new(Parent { scope, up: Some(self.clone()) })
    }

    /// The nearest role.
    pub fn role(&self) -> Option<&Arc<Role>> {
        self.roles().next()
    }

    /// The roles above, nearest first.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.chain().filter_map(|link| match &link.scope {
            Scope::Role(role) => Some(role),
            _ => None,
        })
    }

    /// The keywords of every link, nearest first.
    pub fn keywords(&self) -> impl Iterator<Item = &Keywords> {
        self.chain().filter_map(|link| link.scope.keywords())
    }
}

impl Task {
    /// The task's own keywords, then those of everything above it, the play's last.
    pub fn levels(&self) -> impl Iterator<Item = &Keywords> {
        std::iter::once(&*self.keywords).chain(self.parent.keywords())
    }

    /// The nearest value of a keyword: `task.inherited(|k| &k.become_)`.
    pub fn inherited<'a>(&'a self, of: impl Fn(&'a Keywords) -> &'a Option<Node>) -> Option<&'a Node> {
        self.levels().find_map(|level| of(level).as_ref())
    }

    /// Every value of a keyword that adds up (`environment`, `module_defaults`), the outermost first, so that
    /// later ones win.
    pub fn gathered<'a>(&'a self, of: impl Fn(&'a Keywords) -> &'a Option<Node>) -> Vec<&'a Node> {
        let mut all: Vec<&Node> = self.levels().filter_map(|level| of(level).as_ref()).collect();
        all.reverse();
        all
    }

    /// All conditions that must hold, the outermost first.
    pub fn when(&self) -> Vec<&Node> {
        let levels: Vec<&Keywords> = self.levels().collect();
        levels.into_iter().rev().flat_map(|level| &level.when).collect()
    }

    /// All tags, unrendered: its own first, then those it inherits.
    pub fn tags(&self) -> Vec<&Node> {
        self.levels().flat_map(|level| &level.tags).collect()
    }

    /// The role that the task belongs to.
    pub fn role(&self) -> Option<&Arc<Role>> {
        self.parent.role()
    }

    /// The name of the loop's variable as written, for what needs it before rendering.
    pub fn loop_var(&self) -> &str {
        self.loop_control.loop_var.as_ref().and_then(Node::as_str).unwrap_or("item")
    }
}
