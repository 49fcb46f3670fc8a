//! An item from its condition to its module, and from the module's outcome to an answer or another attempt.

use super::*;
use crate::engine::event::Delegate;
use crate::engine::settings;
use crate::template::World;

/// The address of the host that does a task's work, where it is not its name.
fn address(world: &TaskWorld) -> Option<Arc<str>> {
    let delegate = world.delegate()?;
    let address = TaskWorld::new(delegate.clone()).variable("ansible_host")?;
    let address = template::render(&address, world).ok()?.to_string();
    let name = delegate.called.as_ref().unwrap_or(&delegate.host.name);
    Some(address).filter(|address| *address != **name).map(Into::into)
}

impl TaskRun {
    /// From an item's condition to the start of its module, or its end where it has none.
    pub(super) fn begin(
        &mut self,
        shared: &Shared,
        reach: &mut dyn Reach,
        index: usize,
        grant: Grant,
    ) -> Begun {
        self.waits_for_names = false;
        let task = self.step.task.clone();
        let locals = self.items.as_ref().map(|items| items.locals(index)).unwrap_or_default();
        let mut world = self.base.for_item(locals.clone());
        if let Some(run) = self.runs.get_mut(index) {
            run.locals = locals.into_iter().collect();
        }
        if matches!(&*task.action.name, "set_fact" | "include_vars") {
            for (name, value) in self.set_before(index) {
                if !shared.store.extra.contains_key(name) {
                    world.set_local(name.clone(), value.clone());
                }
            }
        }
        if self.sees_itself {
            let ended = self.runs.iter().take(index).rev().find_map(|run| match &run.state {
                State::Ended(answer) if answer.status != Status::Skipped => Some(answer),
                _ => None,
            });
            if let (Some(answer), Some(name)) = (ended, register_name(&task, &world)) {
                world.set_local(name, registered(answer));
            }
        }
        let begun = self.begin_in(shared, reach, &task, &mut world, index, grant);
        if grant == Grant::Ahead && world.blocked() {
            self.waits_for_names = world.strongest_effect().is_none();
            return Begun::NotYet;
        }
        // what fails before the action is not tried again
        let is_attempt = begun.is_ok();
        let (mut answer, settings) = match begun {
            Ok(Start::Conversation(conversation, call, settings)) => {
                let settings = *settings;
                let running = Running {
                    world,
                    settings: settings.clone(),
                    conversation: *conversation,
                    finish: call.finish,
                    module: call.name,
                    args: call.args,
                    begun: std::time::Instant::now(),
                };
                return Begun::Yes(State::Running(Box::new(running)), Box::new(settings));
            }
            Ok(Start::NotYet) => return Begun::NotYet,
            Ok(Start::Answer(answer, settings)) => (*answer, *settings),
            Err(error) => {
                // what failed may be a condition: the keywords still say what a failure means
                let settings =
                    Settings::of(&task, &world).unwrap_or_else(|_| Settings::of_failure(&task, &world));
                if let Some(why) = settings::no_log_error(&task, &world) {
                    shared.warn(format!("Invalid no_log value for task, output will be masked: {why}"));
                }
                (Answer::failed_at(error, self.step.task.span), settings)
            }
        };
        finish_answer(&mut answer, &task, &mut world);
        if grant == Grant::Ahead && world.blocked() {
            self.waits_for_names = world.strongest_effect().is_none();
            return Begun::NotYet;
        }
        warn(&mut answer, &world);
        self.settings = settings.clone();
        self.decide(index);
        let state = match is_attempt {
            true => self.retry(shared, answer, &world, index, None),
            false => State::Ended(answer),
        };
        Begun::Yes(state, Box::new(settings))
    }

    /// What the items before this one have set, each item's looked at once.
    fn set_before(&mut self, index: usize) -> &IndexMap<Arc<str>, Value> {
        let (seen, set) = &mut self.set;
        while *seen < index {
            let Some(ItemRun { state: State::Ended(answer), .. }) = self.runs.get(*seen) else { break };
            for consequence in &answer.consequences {
                let (Consequence::Set(vars) | Consequence::Included(vars, _)) = consequence else { continue };
                set.extend(vars.iter().cloned());
            }
            *seen += 1;
        }
        set
    }

    /// Takes in the host that does the item's work, where that is another; an answer where its name says nothing.
    fn delegate(
        &mut self,
        shared: &Shared,
        task: &Arc<Task>,
        world: &mut TaskWorld,
        index: usize,
    ) -> Result<Option<Answer>, Diagnostic> {
        let show = |run: &mut TaskRun, name: Arc<str>| {
            if let Some(run) = run.runs.get_mut(index) {
                run.delegate = Some(Delegate { name, address: None });
            }
        };
        let found = settings::delegate(task, world);
        if !matches!(found, Ok(Ok(_)))
            && let Some(written) = task.inherited(|k| &k.delegate_to).and_then(|node| node.as_str())
        {
            show(self, written.into());
        }
        match found? {
            Ok(None) => Ok(None),
            Ok(Some(name)) => {
                if *name != *self.host {
                    show(self, name.clone());
                }
                world.set_delegate(&name, shared.store.delegate(&name));
                Ok(None)
            }
            Err(error) => {
                let text = format!("Task failed: {error}");
                let mut answer = Answer::failed(text.clone());
                answer.error = Some(Arc::new(Diagnostic::user(text).at(task.span)));
                Ok(Some(answer))
            }
        }
    }

    fn begin_in(
        &mut self,
        shared: &Shared,
        reach: &mut dyn Reach,
        task: &Arc<Task>,
        world: &mut TaskWorld,
        index: usize,
        grant: Grant,
    ) -> Result<Start, Diagnostic> {
        let unnamed = self.delegate(shared, task, world, index)?;
        if let Some(answer) = unnamed {
            let settings = Settings::of_failure(task, world);
            return Ok(Start::Answer(Box::new(answer), Box::new(settings)));
        }
        for condition in task.when() {
            let value = Value::from_node(condition);
            if !outcome::holds(&value, world, condition.span)? {
                let answer = Answer::skipped("Conditional result was False", value.to_data().ok());
                let settings =
                    Settings::of(task, world).unwrap_or_else(|_| Settings::of_failure(task, world));
                if let Some(run) = self.runs.get_mut(index) {
                    run.delegate = None;
                }
                return Ok(Start::Answer(Box::new(answer), Box::new(settings)));
            }
        }
        let settings = Settings::of(task, world)?;
        world.set_check_mode(settings.check);
        self.settings = settings.clone();
        let name = action_name(task, world)?;
        let action = shared.actions.find(&name);
        if let Some(action) = action
            && action.haste() == Haste::AtTurn
            && grant == Grant::Ahead
        {
            return Ok(Start::NotYet);
        }
        if task.action.raw.is_some() && !task.action.takes_raw_text() {
            let message = format!("Action '{}' does not support raw params.", args::qualified(task));
            return Err(Diagnostic::user(message));
        }
        let (mut arguments, raw) = match action {
            Some(action) if action.wants_raw() => args::as_written(task),
            _ => args::render(task, world)?,
        };
        for (name, data) in &settings.defaults {
            if !arguments.contains_key(name.as_str()) {
                arguments.insert(name.as_str().into(), Value::from_data(data));
            }
        }
        if let Some(run) = self.runs.get_mut(index)
            && let Some(delegate) = &mut run.delegate
        {
            delegate.address = address(world);
        }
        let call = match action {
            Some(action) => {
                let locals = self.runs.get(index).map(|run| run.locals.clone()).unwrap_or_default();
                let call = Call {
                    shared,
                    task,
                    name: &name,
                    args: arguments,
                    raw,
                    world,
                    settings: &settings,
                    locals: &locals,
                };
                let next = match action.run(call) {
                    Ok(next) => next,
                    Err(error) => {
                        let answer = Answer::refused(error, task.span);
                        return Ok(Start::Answer(Box::new(answer), Box::new(settings)));
                    }
                };
                match next {
                    Next::Done(answer) => return Ok(Start::Answer(Box::new(answer), Box::new(settings))),
                    Next::Module(call) => call,
                }
            }
            None => ModuleCall::new(name, to_map(&arguments, raw.as_ref())?),
        };
        let Some(module) = registry::find(&call.name) else {
            let message = format!("couldn't resolve module/action '{}'", call.name);
            return Err(Diagnostic::user(message).at(task.action.span));
        };
        if grant == Grant::Ahead && module.always_acts && !args::is_conditional(&call.args) {
            return Ok(Start::NotYet);
        }
        let identity = reach.identity(world, &settings)?;
        let setting = Setting {
            identity,
            local: reach.is_local(identity),
            check_mode: settings.check,
            diff_mode: settings.diff,
            verbosity: shared.options.verbosity,
            turn: grant == Grant::Turn,
            environment: settings
                .environment
                .iter()
                .map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes()))
                .collect(),
            inputs: call.inputs.clone(),
            no_log: settings.no_log,
            unread: !shared.is_read(task),
            timeout: (settings.timeout > 0).then(|| std::time::Duration::from_secs(settings.timeout)),
        };
        let conversation = Conversation::start(module, call.args.clone(), setting);
        Ok(Start::Conversation(Box::new(conversation), call, Box::new(settings)))
    }

    pub(super) fn module_ended(
        &mut self,
        shared: &Shared,
        index: usize,
        outcome: impel_modules::Outcome,
        grant: Grant,
        line: Option<&Arc<TaskLine>>,
    ) {
        let task = self.step.task.clone();
        let Some(run) = self.runs.get_mut(index) else { return };
        let State::Running(running) = std::mem::replace(&mut run.state, State::Waiting) else { return };
        let Running { mut world, settings, conversation, finish, module, args, .. } = *running;
        if conversation.has_acted() {
            self.acted = true;
            shared.altered();
        }
        let timed_out = |fault: &impel_modules::Fault| fault.result.contains_key("timedout");
        if settings.timeout > 0 && outcome.failed.as_ref().is_some_and(timed_out) {
            run.state = State::Ended(Answer::timed_out(settings.timeout, task.span));
            return;
        }
        let mut answer = outcome::answer(outcome, &task, &settings, &self.host);
        if matches!(&*module, "setup" | "gather_facts") {
            answer.show.seldom = true;
        }
        if let Some(finish) = finish {
            answer = finish(answer);
        }
        // shown from -vvv on, and kept in the results of a loop
        if (shared.options.verbosity >= 3 || task.loop_.is_some() && task.register.is_some())
            && let Some(module) = registry::find(&module)
        {
            let args = impel_modules::args::invocation(&(module.schema)(), &args);
            let told = Map::from([("module_args".to_string(), Data::Map(args))]);
            answer.result.insert("invocation".into(), Data::Map(told));
        }
        finish_answer(&mut answer, &task, &mut world);
        warn(&mut answer, &world);
        if grant == Grant::Ahead && world.blocked() {
            // what judges the result is known only at its turn
            return;
        }
        let state = self.retry(shared, answer, &world, index, line);
        if let Some(run) = self.runs.get_mut(index) {
            run.state = state;
        }
    }

    /// `until`: another attempt, or the end.
    pub(super) fn retry(
        &mut self,
        shared: &Shared,
        mut answer: Answer,
        world: &TaskWorld,
        index: usize,
        line: Option<&Arc<TaskLine>>,
    ) -> State {
        let task = self.step.task.clone();
        if task.until.is_empty() && task.retries.is_none() || answer.status == Status::Skipped {
            return State::Ended(answer);
        }
        let retries = self.settings.retries.unwrap_or(3.0).max(0.0) as u64;
        let delay = self.settings.delay.unwrap_or(5.0).clamp(0.0, 86_400.0);
        let Some(attempts) = self.runs.get(index).map(|run| run.attempts) else {
            return State::Ended(answer);
        };
        let done = match task.until.is_empty() {
            true => Ok(answer.status != Status::Failed),
            false => all_hold(&task.until, world),
        };
        answer.result.insert("attempts".into(), Data::Int(attempts as i64));
        match done {
            Ok(true) => State::Ended(answer),
            Err(error) => State::Ended(Answer::failed_at(error, self.step.task.span)),
            Ok(false) if attempts > retries || answer.status == Status::Unreachable => {
                answer.status = Status::Failed;
                answer.result.insert("failed".into(), true.into());
                answer.result.insert("attempts".into(), Data::Int(retries as i64));
                State::Ended(answer)
            }
            Ok(false) => {
                if let Some(line) = line.or(self.line.as_ref()) {
                    let mut shown = answer.clone();
                    shown.result.insert("retries".into(), Data::Int(retries as i64 + 1));
                    let attempt = shown.to_result(&self.host, line, Duration::ZERO);
                    let no_log = self.runs.get(index).is_some_and(|run| run.no_log);
                    let attempt = attempt.hidden(no_log);
                    let left = (retries + 1).saturating_sub(attempts);
                    shared.emit(Event::Retry(Box::new(Retry { attempt, left })));
                }
                State::Paused(Instant::now() + Duration::from_secs_f64(delay))
            }
        }
    }
}

/// What an item's begin came to.
enum Start {
    Answer(Box<Answer>, Box<Settings>),
    Conversation(Box<Conversation>, ModuleCall, Box<Settings>),
    NotYet,
}

/// The action's name; it may be a template (`action: "{{ … }}"`).
fn action_name(task: &Task, world: &TaskWorld) -> Result<Arc<str>, Diagnostic> {
    let name = &task.action.name;
    if !template::is_template(name) {
        return Ok(name.clone());
    }
    let rendered =
        template::render(&Value::trusted(name.clone(), Some(task.action.span)), world)?.to_string();
    let short =
        rendered.strip_prefix("ansible.builtin.").or_else(|| rendered.strip_prefix("ansible.legacy."));
    Ok(short.unwrap_or(&rendered).into())
}

/// `changed_when`, `failed_when` and what they see.
fn finish_answer(answer: &mut Answer, task: &Task, world: &mut TaskWorld) {
    if let Some(name) = register_name(task, world) {
        world.set_local(name, registered(answer));
    }
    judge(answer, task, world);
}

/// An answer as the task's own templates see it under `register`.
fn registered(answer: &Answer) -> Value {
    let mut result = answer.result.clone();
    add_lines(&mut result);
    result.entry("failed".into()).or_insert(Data::Bool(answer.status == Status::Failed));
    crate::engine::commit::add_exception(&mut result, answer.status);
    Value::from_data(&Data::Map(result))
}

fn warn(answer: &mut Answer, world: &TaskWorld) {
    let warnings = world.take_warnings();
    if warnings.is_empty() {
        return;
    }
    let entry = answer.result.entry("warnings".into()).or_insert_with(|| Data::List(Vec::new()));
    if let Data::List(list) = entry {
        list.extend(warnings.into_iter().map(Data::from));
    }
}

pub(super) fn register_name(task: &Task, world: &TaskWorld) -> Option<Arc<str>> {
    let node = task.register.as_ref()?;
    match node.as_str() {
        Some(text) if !template::is_template(text) => Some(text.into()),
        _ => Some(rendered(node, world).ok()?.to_string().into()),
    }
}

/// Arguments as a module gets them.
fn to_map(args: &crate::engine::action::Arguments, raw: Option<&Value>) -> Result<Map, Diagnostic> {
    let mut map = Map::new();
    if let Some(raw) = raw {
        map.insert("_raw_params".into(), raw.to_data()?);
    }
    for (name, value) in args {
        map.insert(name.to_string(), value.to_data()?);
    }
    Ok(map)
}
