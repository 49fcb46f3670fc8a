//! What changes when another text is rendered: the program, its scopes, its blocks, how it is read.

use super::frame::Frame;
use crate::diag::Span;
use crate::template::TemplateOptions;
use crate::template::syntax::{Block, Program};
use crate::template::value::Value;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// The blocks of a template and its parents, by name, the most derived first.
pub(super) type Blocks = HashMap<Arc<str>, Vec<(Arc<Program>, Origin, Arc<Block>)>>;

static NO_PROGRAM: LazyLock<Program> = LazyLock::new(Default::default);
/// How templates are read where nobody says otherwise.
pub(super) static DEFAULTS: LazyLock<TemplateOptions> = LazyLock::new(Default::default);

/// Where a program's text stands in the user's files.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// A value in a file: its start; lines within a block scalar are counted from there.
    Scalar(Option<Span>),
    /// A file of its own: exact.
    File(Span),
}

impl Default for Origin {
    fn default() -> Origin {
        Origin::Scalar(None)
    }
}

/// What changes when another text is rendered, and comes back afterwards. What most templates never need (names of
/// their own, blocks, options) is not made for them.
#[derive(Default)]
pub(super) struct State {
    program: Option<Arc<Program>>,
    pub origin: Origin,
    /// The innermost scope, once there is one.
    scope: Option<Arc<Frame>>,
    /// The scope that an import exports, once there is one.
    top: Option<Arc<Frame>>,
    /// The world's variables are not seen (in what is imported without context).
    pub isolated: bool,
    /// The blocks, if there are any.
    pub blocks: Option<Arc<Blocks>>,
    /// The template that this one extends, once `extends` was reached.
    pub parent: Option<(Arc<Program>, Origin)>,
    /// How other templates are read, where that is not the default.
    pub options: Option<Arc<TemplateOptions>>,
}

impl State {
    /// To render a program that sees none of the names around it.
    pub fn new(program: Arc<Program>, origin: Origin) -> State {
        State { program: Some(program), origin, ..State::default() }
    }

    /// The same in a scope: `frame` the innermost, `top` what it exports.
    pub fn scoped(self, frame: Arc<Frame>, top: Arc<Frame>) -> State {
        State { scope: Some(frame), top: Some(top), ..self }
    }

    /// The same for templates that are read in another way than by default.
    pub fn reading(self, options: TemplateOptions) -> State {
        State { options: Some(Arc::new(options)), ..self }
    }

    /// The program that runs.
    pub fn program(&self) -> &Program {
        self.program.as_deref().unwrap_or(&NO_PROGRAM)
    }

    /// The program that runs, to be kept.
    pub fn shared_program(&self) -> Arc<Program> {
        self.program.clone().unwrap_or_default()
    }

    /// Runs another program in this state; the one before it comes back.
    pub fn replace_program(&mut self, program: Arc<Program>) -> Option<Arc<Program>> {
        self.program.replace(program)
    }

    /// What a name of the template's own stands for.
    pub fn name(&self, name: &str) -> Option<Value> {
        self.scope.as_ref()?.get(name)
    }

    /// The innermost scope.
    pub fn frame(&mut self) -> &Arc<Frame> {
        let top = self.top.get_or_insert_default();
        self.scope.get_or_insert_with(|| top.clone())
    }

    /// The scope that an import exports.
    pub fn top(&mut self) -> &Arc<Frame> {
        self.top.get_or_insert_default()
    }

    /// Makes an empty scope within `around` the innermost: the one there is, where nobody else has kept it.
    pub fn renew(&mut self, around: &Arc<Frame>) {
        match self.scope.as_mut().and_then(Arc::get_mut) {
            Some(own) => own.clear(),
            None => self.scope = Some(Frame::within(around)),
        }
    }

    /// Makes another scope the innermost; the one before it comes back.
    pub fn enter(&mut self, frame: Arc<Frame>) -> Arc<Frame> {
        let before = self.frame().clone();
        self.scope = Some(frame);
        before
    }
}
