//! A module at work on a host: its handle, and the engine's side of it.

use super::act::Act;
use super::ask::{Lane, Part, Question};
use super::input::Source;
use super::pipe::{Payload, Reply, Request, Run, Script};
use super::setting::Setting;
use super::system::{Me, Myself};
use crate::registry::{CheckMode, ModuleDef};
use crate::{Diff, Fault, Map, Outcome};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Whom a conversation talks as: an index that the engine gives to a pipe (host and become user).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity(pub u32);

/// What came of a change.
#[derive(Debug)]
pub enum Gate {
    /// It was done; the last reply.
    Acted(Reply),
    /// Check mode: it would be done.
    Foretold,
}

impl Gate {
    /// The reply, where it was done.
    pub fn acted(self) -> Option<Reply> {
        match self {
            Gate::Acted(reply) => Some(reply),
            Gate::Foretold => None,
        }
    }
}

/// One thing a conversation waits for.
pub(super) struct Slot {
    pub(super) want: RefCell<Option<Want>>,
    pub(super) answer: RefCell<Option<Answer>>,
}

pub(super) enum Want {
    Ask { lane: Lane, words: Vec<Vec<u8>> },
    Act(Request),
}

pub(super) enum Answer {
    Part(Part),
    Reply(Reply),
    /// The pipe broke; why.
    Lost(String),
}

struct State {
    setting: Setting,
    turn: Cell<bool>,
    wants_turn: Cell<bool>,
    changed: Cell<bool>,
    will_act: Cell<bool>,
    acted: Cell<bool>,
    endures: Cell<bool>,
    diff: RefCell<Vec<Diff>>,
    slots: RefCell<Vec<Rc<Slot>>>,
    me: RefCell<Option<Rc<Myself>>>,
}

/// A host as a module sees it: `ask` and `change`. Clones are the same conversation.
#[derive(Clone)]
pub struct Host {
    state: Rc<State>,
}

impl Host {
    /// What the task sets.
    pub(super) fn setting(&self) -> &Setting {
        &self.state.setting
    }

    fn new(setting: Setting) -> Host {
        let turn = Cell::new(setting.turn);
        Host {
            state: Rc::new(State {
                setting,
                turn,
                wants_turn: Cell::new(false),
                changed: Cell::new(false),
                will_act: Cell::new(false),
                acted: Cell::new(false),
                endures: Cell::new(false),
                diff: RefCell::default(),
                slots: RefCell::default(),
                me: RefCell::default(),
            }),
        }
    }

    /// Asks one question. Asking changes nothing, so it may happen ahead of the task's turn.
    ///
    /// # Errors
    /// The host could not answer.
    pub async fn ask<Q: Question>(&self, question: Q) -> Result<Q::Answer, Fault> {
        let lane = question.lane();
        if lane.heavy {
            self.turn().await;
        }
        let slot = self.wait_for(Want::Ask { lane, words: question.words() });
        question.read(Answered(slot).await.part()?)
    }

    /// Asks many questions at once: one round trip, and one fork for all of one kind.
    ///
    /// # Errors
    /// The first that the host could not answer.
    pub async fn ask_all<Q: Question>(
        &self,
        questions: impl IntoIterator<Item = Q>,
    ) -> Result<Vec<Q::Answer>, Fault> {
        let mut asked = Vec::new();
        for question in questions {
            let lane = question.lane();
            if lane.heavy {
                self.turn().await;
            }
            let slot = self.wait_for(Want::Ask { lane, words: question.words() });
            asked.push((question, slot));
        }
        let mut answers = Vec::with_capacity(asked.len());
        for (question, slot) in asked {
            answers.push(question.read(Answered(slot).await.part()?)?);
        }
        Ok(answers)
    }

    /// Asks two different questions at once.
    ///
    /// # Errors
    /// The first that the host could not answer.
    pub async fn ask_both<A: Question, B: Question>(
        &self,
        one: A,
        other: B,
    ) -> Result<(A::Answer, B::Answer), Fault> {
        let (one, other) = join(self.ask(one), self.ask(other)).await;
        Ok((one?, other?))
    }

    /// Asks a question whose answer may be that the pipe broke: then it is opened anew for what comes next
    /// (`reboot`, `wait_for_connection`). In the task's turn.
    ///
    /// # Errors
    /// The host is not to be reached, or could not answer.
    pub async fn attempt<Q: Question>(&self, question: Q) -> Result<Q::Answer, Fault> {
        self.turn().await;
        self.state.endures.set(true);
        let answer = self.ask(question).await;
        self.state.endures.set(false);
        answer
    }

    /// A change that may take the pipe with it: `None` where it did.
    ///
    /// # Errors
    /// What the act says of its reply.
    pub async fn change_and_lose<A: Act>(&self, act: A) -> Result<Option<Gate>, Fault> {
        self.turn().await;
        self.state.endures.set(true);
        let gate = self.change(None, act).await;
        match (self.state.endures.replace(false), gate) {
            (true, gate) => gate.map(Some),
            (false, _) => {
                self.foretell(None);
                Ok(None)
            }
        }
    }

    /// The host is the controller itself.
    pub fn is_local(&self) -> bool {
        self.state.setting.local
    }

    /// The only gate to altering the host. `diff` is what will differ (none, one or several), `act` how to do it.
    /// In check mode nothing is done. `changed` of the outcome comes from here.
    ///
    /// # Errors
    /// What the act says of its reply.
    pub async fn change<A: Act>(&self, diff: impl IntoIterator<Item = Diff>, act: A) -> Result<Gate, Fault> {
        self.change_if(diff, act, |_| true).await
    }

    /// A change of which only the reply tells whether something changed (`apt-get update`). Foretold as one.
    ///
    /// # Errors
    /// What the act says of its reply.
    pub async fn change_if<A: Act>(
        &self,
        diff: impl IntoIterator<Item = Diff>,
        act: A,
        changed: impl FnOnce(&Reply) -> bool,
    ) -> Result<Gate, Fault> {
        if self.check_mode() {
            self.foretell(diff);
            return Ok(Gate::Foretold);
        }
        let reply = self.act(act).await?;
        if changed(&reply) {
            self.foretell(diff);
        }
        Ok(Gate::Acted(reply))
    }

    /// What `change` would note in check mode: something will differ.
    pub fn foretell(&self, diff: impl IntoIterator<Item = Diff>) {
        self.state.changed.set(true);
        self.state.diff.borrow_mut().extend(diff);
    }

    async fn act<A: Act>(&self, mut act: A) -> Result<Reply, Fault> {
        self.state.will_act.set(true);
        self.turn().await;
        self.state.acted.set(true);
        let slots: Vec<_> =
            act.requests(self)?.into_iter().map(|request| self.wait_for(Want::Act(request))).collect();
        let (mut last, mut fault) = (Reply::default(), None);
        for slot in slots {
            last = Answered(slot).await.reply()?;
            if fault.is_none() {
                fault = act.judge(&last).err();
            }
        }
        match fault {
            Some(fault) => Err(fault),
            None => Ok(last),
        }
    }

    /// Sends what is no change to the host, in the task's turn.
    pub(super) async fn send(&self, request: Request) -> Result<Reply, Fault> {
        Answered(self.wait_for(Want::Act(request))).await.reply()
    }

    /// The same gate for what is altered on the controller (`fetch`): in check mode nothing is done.
    ///
    /// # Errors
    /// What the work says.
    pub async fn change_here<T>(
        &self,
        diff: impl IntoIterator<Item = Diff>,
        work: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.turn().await;
        if self.check_mode() {
            self.foretell(diff);
            return Ok(None);
        }
        self.state.acted.set(true);
        let done = work()?;
        self.foretell(diff);
        Ok(Some(done))
    }

    /// Waits for the task's turn: for heavy asks, streams and scratch files.
    pub async fn turn(&self) {
        Turn(self).await;
    }

    /// Puts a file into the session folder and gives its path. It belongs to the turn and is no change; done in
    /// check mode too. It goes with the pipe, or by [`Host::discard`].
    ///
    /// # Errors
    /// It cannot be read here or written there.
    pub async fn scratch(&self, source: &Source) -> Result<Vec<u8>, Fault> {
        self.scratch_program(source, "act_scratch", &super::act::SCRATCH).await
    }

    /// The same by a script of the module's own, which prints the path.
    ///
    /// # Errors
    /// It cannot be read here or written there.
    pub async fn scratch_program(
        &self,
        source: &Source,
        function: &'static str,
        script: &'static Script,
    ) -> Result<Vec<u8>, Fault> {
        self.turn().await;
        let (payload, len) = source.payload()?;
        let mut request = Request::call(function, [len.to_string().into_bytes()], &[script]);
        request.payload = payload;
        request.secret = source.secret;
        let reply = Answered(self.wait_for(Want::Act(request))).await.reply()?;
        match (reply.rc, reply.out.split_last()) {
            (0, Some((b'\n', path))) => Ok(path.to_vec()),
            _ => Err(super::act::refused("could not write a temporary file", &reply)),
        }
    }

    /// Removes scratch files.
    ///
    /// # Errors
    /// The conversation was cut.
    pub async fn discard(&self, paths: &[Vec<u8>]) -> Result<(), Fault> {
        let request = Request::call("act_discard", paths.iter().cloned(), &[&super::act::SCRATCH]);
        Answered(self.wait_for(Want::Act(request))).await.reply().map(drop)
    }

    /// Nothing was altered or wanted so far: what was asked still holds.
    pub fn is_untouched(&self) -> bool {
        !self.state.changed.get() && !self.state.acted.get()
    }

    /// Who we are there: user, group, home, umask. Asked once.
    ///
    /// # Errors
    /// The host could not answer.
    pub async fn me(&self) -> Result<Rc<Myself>, Fault> {
        let known = self.state.me.borrow().clone();
        if let Some(me) = known {
            return Ok(me);
        }
        let me = Rc::new(self.ask(Me).await?);
        *self.state.me.borrow_mut() = Some(me.clone());
        Ok(me)
    }

    fn wait_for(&self, mut want: Want) -> Rc<Slot> {
        if let Want::Act(request) = &mut want {
            request.secret |= self.state.setting.no_log;
            if let Run::Command(command) = &mut request.run {
                let mut environment = if command.plain { Vec::new() } else { self.environment().to_vec() };
                environment.append(&mut command.environment);
                command.environment = environment;
                command.timeout = command.timeout.or(self.state.setting.timeout);
            }
        }
        if let Want::Ask { lane, .. } = &mut want {
            lane.secret |= self.state.setting.no_log;
        }
        let slot = Rc::new(Slot { want: RefCell::new(Some(want)), answer: RefCell::new(None) });
        self.state.slots.borrow_mut().push(slot.clone());
        slot
    }
}

/// Two things awaited at once: what both wait for travels in one wave.
pub async fn join<A: Future, B: Future>(one: A, other: B) -> (A::Output, B::Output) {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        if first.is_none()
            && let Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = other.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}

/// Waits for one slot.
struct Answered(Rc<Slot>);

impl Future for Answered {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Answer> {
        match self.0.answer.borrow_mut().take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    }
}

impl Answer {
    fn part(self) -> Result<Part, Fault> {
        match self {
            Answer::Part(part) => Ok(part),
            Answer::Lost(why) => Err(Fault::new(why)),
            Answer::Reply(_) => Err(Fault::new("a question was answered as if it were a change")),
        }
    }

    fn reply(self) -> Result<Reply, Fault> {
        match self {
            Answer::Reply(reply) => Ok(reply),
            Answer::Lost(why) => Err(Fault::new(why)),
            Answer::Part(_) => Err(Fault::new("a change was answered as if it were a question")),
        }
    }
}

struct Turn<'a>(&'a Host);

impl Future for Turn<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let state = &self.0.state;
        if state.turn.get() {
            state.wants_turn.set(false);
            return Poll::Ready(());
        }
        state.wants_turn.set(true);
        Poll::Pending
    }
}

/// Where a conversation stands after a poll.
#[derive(Debug)]
pub enum Step {
    /// It has ended.
    Done(Box<Outcome>),
    /// It waits for replies: send a wave.
    Waiting,
    /// It goes on only in its task's turn: [`Conversation::grant_turn`], then poll again. What it still waits for
    /// may be sent before.
    WantsTurn,
}

/// A module started on a host, driven by the engine on the host's thread.
///
/// ```text
/// // What the engine does with the conversations of one host (one identity shown):
/// loop {
///     for conversation in &mut conversations {
///         match conversation.poll() {
///             Step::Done(outcome) => …,                       // commit in order; drop the conversation
///             Step::WantsTurn if it_is_the_first => conversation.grant_turn(), // and poll it again
///             Step::WantsTurn | Step::Waiting => {}
///         }
///     }
///     let (wave, requests) = Wave::gather(identity, &conversations);
///     if requests.is_empty() { break }
///     wave.accept(pipe.exchange(requests)?);                 // replies to dropped conversations go nowhere
/// }
/// ```
pub struct Conversation {
    host: Host,
    future: Pin<Box<dyn Future<Output = Result<Outcome, Fault>>>>,
    ended: bool,
}

impl Conversation {
    /// Starts a module; nothing is sent before the first [`Conversation::poll`] and wave.
    pub fn start(module: &ModuleDef, args: Map, setting: Setting) -> Conversation {
        let blind = setting.check_mode && module.check_mode == CheckMode::None;
        let host = Host::new(setting);
        let future = match blind {
            true => {
                let message = format!("remote module ({}) does not support check mode", module.name);
                let outcome = Outcome { skipped: true, ..Outcome::new() }.with("msg", message);
                Box::pin(async move { Ok(outcome) })
            }
            false => (module.run)(args, host.clone()),
        };
        Conversation { host, future, ended: false }
    }

    /// Runs the module until it waits or ends.
    pub fn poll(&mut self) -> Step {
        if self.ended {
            return self.done(Err(Fault::new("a conversation that has ended was polled")));
        }
        // Slots that were answered or whose future was dropped have no one else to hold them.
        self.host.state.slots.borrow_mut().retain(|slot| Rc::strong_count(slot) > 1);
        let mut context = Context::from_waker(Waker::noop());
        match self.future.as_mut().poll(&mut context) {
            Poll::Ready(result) => self.done(result),
            Poll::Pending if self.host.state.wants_turn.get() => Step::WantsTurn,
            Poll::Pending if self.is_waiting() => Step::Waiting,
            Poll::Pending => {
                self.done(Err(Fault::new("the module waits for something that is not its host")))
            }
        }
    }

    fn is_waiting(&self) -> bool {
        let slots = self.host.state.slots.borrow();
        slots.iter().any(|slot| Rc::strong_count(slot) > 1 && slot.answer.borrow().is_none())
    }

    fn done(&mut self, result: Result<Outcome, Fault>) -> Step {
        self.ended = true;
        let state = &self.host.state;
        let mut outcome = match result {
            Ok(outcome) => outcome,
            Err(fault) => Outcome { failed: Some(fault), ..Outcome::default() },
        };
        outcome.changed = state.changed.get();
        if outcome.diff.is_empty() {
            outcome.diff = state.diff.take();
        }
        Step::Done(Box::new(outcome))
    }

    /// The task's turn has come, until this conversation ends.
    pub fn grant_turn(&self) {
        self.host.state.turn.set(true);
    }

    /// The pipe broke. Whether it goes on all the same: then poll it again.
    pub fn broke(&mut self, why: &str) -> bool {
        if self.ended || !self.host.state.endures.replace(false) {
            return false;
        }
        for slot in self.host.state.slots.borrow().iter().filter(|slot| slot.answer.borrow().is_none()) {
            slot.want.borrow_mut().take();
            *slot.answer.borrow_mut() = Some(Answer::Lost(why.to_string()));
        }
        true
    }

    /// It has altered the host, or may have (even where its outcome is not `changed`): what was asked ahead of its
    /// turn anywhere is stale.
    pub fn has_acted(&self) -> bool {
        self.host.state.acted.get()
    }

    /// It has wanted a change so far, done or foretold.
    pub fn has_changed(&self) -> bool {
        self.host.state.changed.get()
    }

    /// It has something to change, and waits for its turn or has had it.
    pub fn will_act(&self) -> bool {
        self.host.state.will_act.get()
    }

    /// The pipe that it talks through.
    pub fn identity(&self) -> Identity {
        self.host.state.setting.identity
    }

    /// What it waits for and has not been sent yet.
    pub(super) fn unsent(&self) -> Vec<Rc<Slot>> {
        let slots = self.host.state.slots.borrow();
        slots.iter().filter(|slot| slot.want.borrow().is_some()).cloned().collect()
    }
}

/// Payload and its length for a request that carries bytes.
pub(super) fn bytes_payload(bytes: &[u8]) -> Payload {
    Payload::Bytes(bytes.into())
}
