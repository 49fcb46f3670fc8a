//! `for` and its `loop`.

use super::Eval;
use super::frame::Frame;
use super::output::Output;
use super::statements::Flow;
use crate::template::args::Args;
use crate::template::syntax::For;
use crate::template::value::{Error, Object, Result, Value};
use std::sync::{Arc, LazyLock, Mutex};

static LOOP: LazyLock<Arc<str>> = LazyLock::new(|| "loop".into());

impl Eval<'_> {
    /// Runs a loop over `iter`; `depth` counts the recursion of `loop(…)`.
    pub(super) fn for_loop(
        &mut self,
        head: &Arc<For>,
        iter: &Value,
        depth: usize,
        out: &mut Output,
    ) -> Result<Flow> {
        let around = self.state.frame().clone();
        let result = self.iterate(head, iter, depth, &around, out);
        self.state.enter(around);
        result
    }

    fn iterate(
        &mut self,
        head: &Arc<For>,
        iter: &Value,
        depth: usize,
        around: &Arc<Frame>,
        out: &mut Output,
    ) -> Result<Flow> {
        let items: Arc<[Value]> = match &head.filter {
            None => iter.iter()?.collect(),
            Some(filter) => {
                let mut kept = Vec::new();
                for item in self.items(iter)? {
                    self.state.renew(around);
                    self.assign(&head.target, item.clone())?;
                    if self.expr(filter)?.is_true()? {
                        kept.push(item);
                    }
                }
                kept.into()
            }
        };
        let last_seen = Arc::new(Mutex::new(None));
        // what `continue` or `break` cut off does not count as an iteration
        let mut iterated = false;
        for (index, item) in items.iter().enumerate() {
            super::halt::check()?;
            self.state.renew(around);
            let item = self.read(item.clone());
            self.assign(&head.target, item)?;
            if head.speaks_of_loop {
                let state = Loop {
                    items: items.clone(),
                    index,
                    depth,
                    seen: last_seen.clone(),
                    recursive: head.recursive.then(|| (head.clone(), around.clone())),
                };
                self.state.frame().set(&LOOP, Value::object(state));
            }
            match self.body(&head.body, out)? {
                Flow::Next => iterated = true,
                Flow::Continue => {}
                Flow::Break => break,
            }
        }
        if !iterated && !head.otherwise.is_empty() {
            self.state.renew(around);
            return self.body(&head.otherwise, out);
        }
        Ok(Flow::Next)
    }
}

/// `loop` within a `for`.
struct Loop {
    items: Arc<[Value]>,
    index: usize,
    depth: usize,
    /// What `loop.changed` saw last.
    seen: Arc<Mutex<Option<Vec<Value>>>>,
    recursive: Option<(Arc<For>, Arc<Frame>)>,
}

impl Object for Loop {
    fn type_name(&self) -> &'static str {
        "LoopContext"
    }

    fn repr(&self) -> String {
        format!("<LoopContext {}/{}>", self.index + 1, self.items.len())
    }

    fn attribute(&self, eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        let (index, length) = (self.index, self.items.len());
        Ok(Some(match name {
            "index" => (index + 1).into(),
            "index0" => index.into(),
            "revindex" => (length - index).into(),
            "revindex0" => (length - index - 1).into(),
            "first" => (index == 0).into(),
            "last" => (index + 1 == length).into(),
            "length" => length.into(),
            "depth" => (self.depth + 1).into(),
            "depth0" => self.depth.into(),
            "previtem" => match index.checked_sub(1).and_then(|i| self.items.get(i)) {
                Some(item) => eval.read(item.clone()),
                None => Value::undefined("there is no previous item"),
            },
            "nextitem" => match self.items.get(index + 1) {
                Some(item) => eval.read(item.clone()),
                None => Value::undefined("there is no next item"),
            },
            _ => return Ok(None),
        }))
    }

    fn methods(&self) -> &'static [&'static str] {
        &["cycle", "changed"]
    }

    fn call_method(&self, _eval: &mut Eval<'_>, name: &str, args: &Args) -> Result<Value> {
        if name == "cycle" {
            let count = args.positional.len();
            return match args.positional.get(self.index % count.max(1)) {
                Some(item) => Ok(item.clone()),
                None => Err(Error::new("no items for cycling given")),
            };
        }
        let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
        let changed = seen.as_ref() != Some(&args.positional);
        *seen = Some(args.positional.clone());
        Ok(Value::Bool(changed))
    }

    fn callable(&self) -> bool {
        true
    }

    fn call(&self, eval: &mut Eval<'_>, args: Args) -> Result<Value> {
        let Some((head, around)) = &self.recursive else {
            return Err(Error::new("The loop must have the 'recursive' marker to be called recursively."));
        };
        let iter = args.required(0, "iterable")?.clone();
        let before = eval.state.enter(around.clone());
        let mut out = Output::default();
        let result = eval.for_loop(head, &iter, self.depth + 1, &mut out);
        eval.state.enter(before);
        result?;
        eval.concat(out)
    }
}
