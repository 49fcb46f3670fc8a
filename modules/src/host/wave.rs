//! One exchange for all that a host's conversations wait for.

use super::ask::{Framing, Lane, Part};
use super::conversation::{Answer, Conversation, Identity, Slot, Step, Want};
use super::pipe::{Pipe, PipeError, Reply, Request};
use super::setting::Setting;
use crate::registry::ModuleDef;
use crate::{Map, Outcome};
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;

/// A call's argument list stays far below what any system takes.
const WORDS: usize = 400;
const BYTES: usize = 60_000;

/// The requests of one wave, and who waits for which reply.
pub struct Wave {
    calls: Vec<Call>,
    nonce: Rc<str>,
}

struct Call {
    /// Who waits, and for which of the answers.
    slots: Vec<(Rc<Slot>, usize)>,
    framing: Option<Framing>,
}

/// A call that still takes questions.
struct Open {
    lane: Lane,
    words: Vec<Vec<u8>>,
    /// Which question has which words: what two tasks ask alike is asked once.
    asked: HashMap<Vec<Vec<u8>>, usize>,
    slots: Vec<(Rc<Slot>, usize)>,
    bytes: usize,
}

impl Wave {
    /// Collects what the conversations of this identity wait for and nobody has sent, in order; questions of one
    /// kind become one request. A change is never reordered with what its own conversation asked before.
    pub fn gather<'a>(
        identity: Identity,
        conversations: impl IntoIterator<Item = &'a Conversation>,
    ) -> (Wave, Vec<Request>) {
        let mut wave = Wave { calls: Vec::new(), nonce: nonce().into() };
        let (mut open, mut acts): (Vec<Open>, Vec<(Rc<Slot>, Request)>) = (Vec::new(), Vec::new());
        for conversation in conversations.into_iter().filter(|c| c.identity() == identity) {
            for slot in conversation.unsent() {
                let want = slot.want.borrow_mut().take();
                match want {
                    Some(Want::Ask { lane, words }) => join(&mut open, lane, words, slot),
                    Some(Want::Act(request)) => acts.push((slot, request)),
                    None => {}
                }
            }
        }
        let mut requests = Vec::with_capacity(open.len() + acts.len());
        for call in open {
            requests.push(wave.request(&call));
            wave.calls.push(Call { slots: call.slots, framing: Some(call.lane.framing) });
        }
        for (slot, request) in acts {
            requests.push(request);
            wave.calls.push(Call { slots: vec![(slot, 0)], framing: None });
        }
        (wave, requests)
    }

    fn request(&self, call: &Open) -> Request {
        let mut words = Vec::with_capacity(call.words.len() + call.lane.fixed.len() + 1);
        if call.lane.framing != Framing::Alone {
            words.push(self.nonce.as_bytes().to_vec());
        }
        words.extend(call.lane.fixed.iter().cloned());
        words.extend(call.words.iter().cloned());
        let mut request = Request::call(call.lane.function, words, &[call.lane.script]);
        request.secret = call.lane.secret;
        request
    }

    /// Hands each reply to those who wait for it.
    pub fn accept(self, replies: Vec<Reply>) {
        for (call, reply) in self.calls.into_iter().zip(replies) {
            match call.framing {
                None => {
                    if let Some((slot, _)) = call.slots.first() {
                        *slot.answer.borrow_mut() = Some(Answer::Reply(reply));
                    }
                }
                Some(Framing::Alone | Framing::Single | Framing::Whole) => {
                    let part = Part::whole(reply, self.nonce.clone());
                    for (slot, _) in call.slots {
                        *slot.answer.borrow_mut() = Some(Answer::Part(part.clone()));
                    }
                }
                Some(Framing::Parts) => {
                    let asked = call.slots.iter().map(|(_, index)| index + 1).max().unwrap_or(0);
                    let parts = parts(asked, &reply, &self.nonce);
                    for (slot, index) in call.slots {
                        *slot.answer.borrow_mut() = parts.get(index).cloned().map(Answer::Part);
                    }
                }
            }
        }
    }
}

fn join(open: &mut Vec<Open>, lane: Lane, words: Vec<Vec<u8>>, slot: Rc<Slot>) {
    let size: usize = words.iter().map(|w| w.len() + 1).sum();
    let with_room = open
        .iter_mut()
        .find(|call| call.lane.joins(&lane) && call.slots.len() < WORDS && call.bytes + size < BYTES);
    let call = match with_room {
        Some(call) => call,
        None => {
            let asked = HashMap::new();
            open.push(Open { lane, words: Vec::new(), asked, slots: Vec::new(), bytes: 0 });
            let Some(call) = open.last_mut() else { return };
            call
        }
    };
    let next = call.asked.len();
    let index = *call.asked.entry(words.clone()).or_insert(next);
    if index == next {
        call.words.extend(words);
        call.bytes += size;
    }
    call.slots.push((slot, index));
}

/// Cuts `answer NONCE RC\n answer NONCE RC\n …` into that many parts.
fn parts(asked: usize, reply: &Reply, nonce: &Rc<str>) -> Vec<Part> {
    let err: Rc<[u8]> = reply.err.as_slice().into();
    let mut rest = reply.out.as_slice();
    let finder = memchr::memmem::Finder::new(nonce.as_bytes());
    let mut parts = Vec::with_capacity(asked);
    for _ in 0..asked {
        let cut = finder.find(rest).and_then(|at| {
            let (out, tail) = rest.split_at_checked(at)?;
            let tail = tail.get(nonce.len()..)?;
            let end = memchr::memchr(b'\n', tail)?;
            let rc = std::str::from_utf8(tail.get(..end)?).ok()?.trim().parse().ok()?;
            Some((out, rc, tail.get(end + 1..)?))
        });
        let (out, rc) = match cut {
            Some((out, rc, after)) => {
                rest = after;
                (out, rc)
            }
            // The function died on the way: what it said is on stderr.
            None => (&[][..], if reply.rc == 0 { -1 } else { reply.rc }),
        };
        parts.push(Part { rc, out: out.into(), err: err.clone(), nonce: nonce.clone() });
    }
    parts
}

/// 32 letters that no output contains by chance.
pub(super) fn nonce() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

/// Runs one module from start to end over a pipe, alone and in its turn: for tests and `impel module`.
///
/// # Errors
/// The pipe broke.
pub fn run_alone(
    pipe: &mut dyn Pipe,
    module: &ModuleDef,
    args: Map,
    setting: Setting,
) -> Result<Outcome, PipeError> {
    let mut conversation = Conversation::start(module, args, Setting { turn: true, ..setting });
    loop {
        if let Step::Done(outcome) = conversation.poll() {
            return Ok(*outcome);
        }
        let (wave, requests) = Wave::gather(conversation.identity(), [&conversation]);
        if requests.is_empty() {
            return Err(PipeError::Protocol("the module waits for nothing that can be sent".into()));
        }
        wave.accept(pipe.exchange(requests)?);
    }
}
