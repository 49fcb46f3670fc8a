//! Several templates at once: blocks and `extends`, `include`, `import`.

use super::Eval;
use super::frame::Frame;
use super::output::Output;
use super::state::{Blocks, DEFAULTS, Origin, State};
use crate::diag::Span;
use crate::template::args::Args;
use crate::template::syntax::{Block, Expr, Place, Program};
use crate::template::value::{Error, Object, Result, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// A template found by its name.
struct Loaded {
    program: Arc<Program>,
    origin: Origin,
    /// The file was wholly encrypted.
    secret: bool,
}

impl Eval<'_> {
    /// Runs the state's program, then the templates that it extends.
    pub(super) fn run_program(&mut self, out: &mut Output) -> Result<()> {
        self.run_extending(self.state.shared_program(), out)
    }

    /// As [`Eval::run_program`]; `program` is the state's.
    pub(super) fn run_extending(&mut self, mut program: Arc<Program>, out: &mut Output) -> Result<()> {
        for _ in 0..50 {
            if !program.blocks.is_empty() {
                let mut blocks = self.state.blocks.as_deref().cloned().unwrap_or_default();
                for block in program.blocks.values() {
                    let own = (program.clone(), self.state.origin, block.clone());
                    blocks.entry(block.name.clone()).or_default().push(own);
                }
                self.state.blocks = Some(Arc::new(blocks));
            }
            self.body(&program.body, out)?;
            match self.state.parent.take() {
                Some((parent, origin)) => {
                    program = parent;
                    self.state.origin = origin;
                    self.state.replace_program(program.clone());
                }
                None => return Ok(()),
            }
        }
        Err(Error::new("templates extend each other too deep"))
    }

    /// `self`: the blocks of this template.
    pub(super) fn myself(&mut self) -> Value {
        let blocks = self.state.blocks.clone().unwrap_or_default();
        Value::object(Myself { blocks, frame: self.state.top().clone() })
    }

    /// A template by name, found along the search path: within its folders, however the name is written.
    fn load(&mut self, name: &str, place: Place) -> Result<Loaded> {
        let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            let error = Error::new(name.to_owned()).hint("a template's name cannot lead out of its folders");
            return Err(error.at(self.span(place)));
        }
        let relative = PathBuf::from_iter(parts);
        let folders = self.world.search_path();
        // A value's templates are those beside the playbook; a file's stand in the folders of templates, too.
        let found = match &self.state.origin {
            Origin::File(_) => self.world.find_file("templates", &relative),
            Origin::Scalar(_) => self.world.find_included(&relative),
        };
        let Some(path) = found else {
            let searched: Vec<PathBuf> = match self.state.origin {
                Origin::File(_) => folders.into_iter().flat_map(|f| [f.join("templates"), f]).collect(),
                Origin::Scalar(_) => folders.into_iter().next_back().into_iter().collect(),
            };
            let s = if searched.len() == 1 { "" } else { "s" };
            let searched: Vec<String> = searched.iter().map(|p| format!("'{}'", p.display())).collect();
            let error = Error::new(format!("'{name}' not found in search path{s}: {}", searched.join(", ")));
            return Err(error.at(self.span(place)));
        };
        self.world.effect(crate::template::Effect::ReadsController)?;
        let (bytes, secret) = self.world.read_file(&path)?;
        let text = crate::template::codecs::decode(&bytes, "utf-8", "strict")?;
        let start = Span::new(&path, 1, 1);
        let origin = Origin::File(if secret { start.sealed() } else { start });
        let options = self.state.options.clone();
        let program = self.compiled(&text, options.as_deref().unwrap_or(&DEFAULTS), false, origin)?;
        Ok(Loaded { program, origin, secret })
    }

    /// `{% extends name %}`: what follows in this template prints nothing.
    pub(super) fn extends(&mut self, name: &Expr, place: Place) -> Result<()> {
        if self.state.parent.is_some() {
            return Err(Error::new("extended multiple times"));
        }
        let name = self.expr(name)?.defined()?.to_text()?;
        let Loaded { program, origin, .. } = self.load(&name, place)?;
        self.state.parent = Some((program, origin));
        Ok(())
    }

    /// A block where it stands: printed, unless this template extends another.
    pub(super) fn block_here(&mut self, block: &Arc<Block>, out: &mut Output) -> Result<()> {
        if self.state.parent.is_some() {
            return Ok(());
        }
        let around = if block.scoped { self.state.frame() } else { self.state.top() }.clone();
        self.block(&block.name, 0, &around, out)
    }

    /// Prints a block at a level of inheritance (0 the most derived).
    fn block(&mut self, name: &Arc<str>, level: usize, around: &Arc<Frame>, out: &mut Output) -> Result<()> {
        let Some(blocks) = self.state.blocks.clone() else { return Ok(()) };
        let Some((program, origin, block)) = blocks.get(name).and_then(|all| all.get(level)) else {
            return Ok(());
        };
        if block.required {
            return Err(Error::new(format!("Required block '{name}' not found")));
        }
        let frame = Frame::within(around);
        let next =
            Super { blocks: blocks.clone(), name: name.clone(), level: level + 1, frame: around.clone() };
        let above = match blocks.get(name).is_some_and(|all| all.len() > level + 1) {
            true => Value::object(next),
            false => Value::undefined(format!("there is no parent block called '{name}'.")),
        };
        frame.set(&"super".into(), above);
        let program = self.state.replace_program(program.clone());
        let origin = std::mem::replace(&mut self.state.origin, *origin);
        let frame = self.state.enter(frame);
        let result = self.body(&block.body, out);
        program.map(|program| self.state.replace_program(program));
        self.state.origin = origin;
        self.state.enter(frame);
        result.map(|_| ())
    }

    /// A state for another template, which sees this one's names where it is to have the context.
    fn other(&mut self, program: Arc<Program>, origin: Origin, context: bool) -> State {
        let mut state = State::new(program, origin);
        state.options = self.state.options.clone();
        state.isolated = self.state.isolated || !context;
        if !context {
            return state;
        }
        let frame = Frame::within(self.state.frame());
        state.scoped(frame.clone(), frame)
    }

    /// `{% include name %}`.
    pub(super) fn include(
        &mut self,
        name: &Expr,
        ignore_missing: bool,
        context: bool,
        place: Place,
        out: &mut Output,
    ) -> Result<()> {
        let value = self.expr(name)?.defined()?;
        let names = self.template_names(&value)?;
        let mut missing = None;
        for name in &names {
            let Loaded { program, origin, secret } = match self.load(name, place) {
                Ok(found) => found,
                Err(e) if e.message().contains("' not found in search path") => {
                    missing = Some(e);
                    continue;
                }
                Err(e) => return Err(e),
            };
            let state = self.other(program, origin, context);
            let before = out.pieces.len();
            self.within(state, |eval| eval.run_program(out))?;
            if secret {
                out.pieces
                    .iter_mut()
                    .skip(before)
                    .for_each(|part| *part = std::mem::take(part).into_secret());
            }
            return Ok(());
        }
        match missing {
            Some(_) if ignore_missing => Ok(()),
            Some(error) if names.len() > 1 => {
                let text = format!("none of the templates given were found: {}", names.join(", "));
                Err(Error::new(text).at(error.0.span))
            }
            Some(error) => Err(error),
            None if ignore_missing => Ok(()),
            None => Err(Error::new("Tried to select from an empty list of templates.")),
        }
    }

    /// `{% import name as … %}`: the module.
    pub(super) fn import(&mut self, name: &Expr, context: bool, place: Place) -> Result<Value> {
        let name = self.expr(name)?.defined()?.to_text()?;
        let Loaded { program, origin, .. } = self.load(&name, place)?;
        let mut state = self.other(program, origin, context);
        let top = state.top().clone();
        let mut out = Output::default();
        self.within(state, |eval| eval.run_program(&mut out))?;
        let printed = self.concat(out)?;
        let printed = Value::text(
            if printed.is_none() { String::new() } else { printed.to_text()? },
            printed.is_secret(),
        );
        Ok(Value::object(Module { top, name, printed }))
    }

    /// `{% from name import a as b %}`.
    pub(super) fn import_names(
        &mut self,
        name: &Expr,
        names: &[(Arc<str>, Arc<str>)],
        context: bool,
        place: Place,
    ) -> Result<()> {
        let module = self.import(name, context, place)?;
        let Value::Object(object) = &module else { return Ok(()) };
        let line = self.state.program().position(place).0;
        for (name, alias) in names {
            let value = object.attribute(self, name)?.unwrap_or_else(|| {
                let module = object.repr();
                Value::undefined(format!(
                    "the template {module} (imported on line {line}) does not export the requested name '{name}'"
                ))
            });
            self.state.frame().set(alias, value);
        }
        Ok(())
    }
}

/// What `import` yields: the names that a template exports.
struct Module {
    top: Arc<Frame>,
    name: String,
    /// What it printed.
    printed: Value,
}

impl Object for Module {
    fn printed(&self) -> Option<Value> {
        Some(self.printed.clone())
    }

    fn type_name(&self) -> &'static str {
        "TemplateModule"
    }

    fn repr(&self) -> String {
        crate::template::value::str_repr(&self.name)
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(if name.starts_with('_') { None } else { self.top.own(name) })
    }
}

/// `self` within a template with blocks.
struct Myself {
    blocks: Arc<Blocks>,
    frame: Arc<Frame>,
}

impl Object for Myself {
    fn type_name(&self) -> &'static str {
        "TemplateReference"
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        let Some((name, _)) = self.blocks.get_key_value(name) else { return Ok(None) };
        let (blocks, frame) = (self.blocks.clone(), self.frame.clone());
        Ok(Some(Value::object(Super { blocks, name: name.clone(), level: 0, frame })))
    }
}

/// `super` within a block, or a block taken off `self`.
struct Super {
    blocks: Arc<Blocks>,
    name: Arc<str>,
    level: usize,
    frame: Arc<Frame>,
}

impl Object for Super {
    fn type_name(&self) -> &'static str {
        "BlockReference"
    }

    fn callable(&self) -> bool {
        true
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        if name != "super" {
            return Ok(None);
        }
        if self.blocks.get(&self.name).is_none_or(|all| all.len() <= self.level + 1) {
            return Ok(Some(Value::undefined(format!("there is no parent block called '{}'.", self.name))));
        }
        Ok(Some(Value::object(Super {
            blocks: self.blocks.clone(),
            name: self.name.clone(),
            level: self.level + 1,
            frame: self.frame.clone(),
        })))
    }

    fn call(&self, eval: &mut Eval<'_>, _args: Args) -> Result<Value> {
        let blocks = eval.state.blocks.replace(self.blocks.clone());
        let mut out = Output::default();
        let result = eval.block(&self.name, self.level, &self.frame, &mut out);
        eval.state.blocks = blocks;
        result?;
        eval.concat(out)
    }
}
