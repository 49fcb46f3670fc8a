//! What items came to: shown one by one, gathered for the task as a whole.

use super::*;

impl TaskRun {
    /// Shows the items that have ended since the last time, in order.
    pub(super) fn show_items(&mut self, shared: &Shared, line: &Arc<TaskLine>) {
        let Some(items) = &self.items else { return };
        while let Some(run) = self.runs.get(self.shown) {
            let State::Ended(answer) = &run.state else { return };
            let mut world = self.base.for_item(items.locals(self.shown));
            if let Some(name) = self.register() {
                world.set_local(name, Value::from_data(&Data::Map(answer.result.clone())));
            }
            let label = match label(&self.step.task, items, self.shown, &world) {
                Ok(label) => label,
                Err(error) => {
                    // ansible-core fails the item, with nothing but this to say
                    let why = format!("Failed to template loop_control.label: {error}");
                    if let Some(State::Ended(answer)) =
                        self.runs.get_mut(self.shown).map(|run| &mut run.state)
                    {
                        answer.status = Status::Failed;
                        answer.result.insert("failed".into(), true.into());
                        answer.result.insert("msg".into(), why.into());
                        answer.error = None;
                    }
                    // debug's items have no more than their label
                    let debug = matches!(
                        self.runs.get(self.shown).map(|run| &run.state),
                        Some(State::Ended(answer)) if answer.show.debug
                    );
                    let item = items_value(&self.items, self.shown);
                    if debug { Data::Null } else { item }
                }
            };
            let Some(items) = &self.items else { return };
            let Some(run) = self.runs.get(self.shown) else { return };
            let ItemRun { state: State::Ended(answer), delegate, begun, no_log, ignored, .. } = run else {
                return;
            };
            let result = answer.to_result(&self.host, line, begun.elapsed());
            let mut result = result.hidden(*no_log || answer.show.censored);
            result.delegate.clone_from(delegate);
            result.ignored = *ignored;
            describe_item(&mut result.result, items, self.shown, &label);
            result.item = Some(label.clone());
            result.index = Some(self.shown);
            if !line.include || !matches!(answer.status, Status::Ok { .. }) {
                shared.emit(Event::Item(Box::new(result)));
            }
            if let Some(State::Ended(answer)) = self.runs.get_mut(self.shown).map(|run| &mut run.state) {
                for consequence in &mut answer.consequences {
                    if let Consequence::Include(call) = consequence {
                        call.item = Some(label.clone());
                    }
                }
            }
            self.shown += 1;
        }
    }

    /// The answer of the task as a whole; `None` while it is not complete.
    pub fn answer(&self) -> Option<Answer> {
        if let Some(whole) = &self.whole {
            return Some(whole.clone());
        }
        let ended: Vec<&Answer> = self
            .runs
            .iter()
            .map(|run| match &run.state {
                State::Ended(answer) => Some(answer),
                _ => None,
            })
            .collect::<Option<_>>()?;
        match &self.items {
            None => {
                let mut answer = (*ended.first()?).clone();
                answer.delegate = self.runs.first().and_then(|run| run.delegate.clone());
                Some(answer)
            }
            Some(items) => Some(self.gather(items, &ended)),
        }
    }

    /// One answer of a loop's answers.
    pub(super) fn gather(&self, items: &Items, ended: &[&Answer]) -> Answer {
        let mut results = Vec::with_capacity(ended.len());
        let (mut changed, mut failed, mut skipped, mut unreachable) = (false, false, true, false);
        let mut consequences = Vec::new();
        let mut lists: [(&str, Vec<Data>); 2] = [("warnings", Vec::new()), ("deprecations", Vec::new())];
        for (index, answer) in ended.iter().enumerate() {
            changed |= answer.changed();
            failed |= answer.status == Status::Failed;
            unreachable |= answer.status == Status::Unreachable;
            skipped &= answer.status == Status::Skipped;
            consequences.extend(answer.consequences.iter().cloned());
            for (name, list) in &mut lists {
                if let Some(Data::List(found)) = answer.result.get(*name) {
                    list.extend(found.iter().cloned());
                }
            }
            if !self.is_read {
                continue;
            }
            let mut result = answer.result.clone();
            for (name, _) in &lists {
                result.shift_remove(*name);
            }
            if answer.status != Status::Skipped {
                result.entry("failed".into()).or_insert(Data::Bool(answer.status == Status::Failed));
            }
            add_lines(&mut result);
            crate::engine::commit::add_exception(&mut result, answer.status);
            describe_item(&mut result, items, index, &Data::Null);
            results.push(Data::Map(result));
        }
        let mut result = Map::new();
        result.insert("changed".into(), changed.into());
        let message = match (failed, skipped, unreachable) {
            (_, _, true) => "One or more items failed",
            (true, ..) => "One or more items failed",
            (_, true, _) => "All items skipped",
            _ => "All items completed",
        };
        result.insert("msg".into(), message.into());
        result.insert("results".into(), Data::List(results));
        for (name, list) in lists {
            if !list.is_empty() {
                result.insert(name.into(), Data::List(list));
            }
        }
        let status = if unreachable {
            Status::Unreachable
        } else if failed {
            Status::Failed
        } else if skipped {
            Status::Skipped
        } else {
            Status::Ok { changed }
        };
        let mut answer = Answer::new(status, result);
        answer.result.insert("changed".into(), changed.into());
        answer.result.entry("skipped".into()).or_insert(Data::Bool(false));
        answer.consequences = consequences;
        answer.show = ended.first().map(|answer| answer.show).unwrap_or_default();
        answer.show.censored = ended.iter().any(|answer| answer.show.censored);
        // its items have shown what is to be shown in full
        answer.show.always = false;
        answer.error = ended.iter().find_map(|answer| answer.error.clone());
        answer
    }

    /// Where `register` puts the result.
    pub fn register(&self) -> Option<Arc<str>> {
        register_name(&self.step.task, &self.base)
    }

    /// The handlers that it notifies.
    ///
    /// # Errors
    /// A handler's name cannot be rendered.
    pub fn notify(&self) -> Result<Vec<Arc<str>>, Diagnostic> {
        let mut names = Vec::new();
        for node in self.step.task.inherited(|k| &k.notify).into_iter() {
            // once one item has changed something, ansible-core notifies for every item that ran
            let ran = |index: &usize| match self.runs.get(*index).map(|run| &run.state) {
                Some(State::Ended(answer)) => answer.status != Status::Skipped,
                _ => false,
            };
            let items: Vec<usize> = match &self.items {
                Some(_) => (0..self.runs.len()).filter(ran).collect(),
                None => vec![0],
            };
            for index in items {
                let locals = self.items.as_ref().map(|items| items.locals(index)).unwrap_or_default();
                let value = rendered(node, &self.base.for_item(locals))?;
                let list = match &value {
                    Value::List(list) => list.items().to_vec(),
                    value => vec![value.clone()],
                };
                for name in list {
                    let name: Arc<str> = name.to_string().into();
                    if !name.is_empty() {
                        names.push(name);
                    }
                }
            }
        }
        Ok(names)
    }
}

/// An item as a result holds it.
fn items_value(items: &Option<Items>, index: usize) -> Data {
    let item = items.as_ref().and_then(|items| items.values.get(index));
    item.and_then(|item| item.to_data().ok()).unwrap_or(Data::Null)
}

/// What a result says about its item.
fn describe_item(result: &mut Map, items: &Items, index: usize, label: &Data) {
    let item = items.values.get(index).and_then(|value| value.to_data().ok()).unwrap_or(Data::Null);
    result.insert(items.loop_var.to_string(), item);
    result.insert("ansible_loop_var".into(), Data::from(&*items.loop_var));
    if let Some(name) = &items.index_var {
        result.insert(name.to_string(), Data::Int(index as i64));
        result.insert("ansible_index_var".into(), Data::from(&**name));
    }
    if items.extended
        && let Ok(extended) = items.locals(index).get("ansible_loop").map_or(Ok(Data::Null), Value::to_data)
    {
        result.insert("ansible_loop".into(), extended);
    }
    if !matches!(label, Data::Null) {
        result.insert("_ansible_item_label".into(), label.clone());
    }
}

/// The label of an item: `label` rendered, or the item itself.
fn label(task: &Task, items: &Items, index: usize, world: &TaskWorld) -> Result<Data, Diagnostic> {
    match &task.loop_control.label {
        Some(node) => Ok(rendered(node, world)?.to_data()?),
        // what the task registers may have taken the item's name
        None => Ok(world
            .locals()
            .get(&items.loop_var)
            .or_else(|| items.values.get(index))
            .cloned()
            .unwrap_or_default()
            .to_data()
            .unwrap_or_else(|error| Data::Str(Text { text: error.to_string().into(), secret: false }))),
    }
}
