//! Warnings that come up outside the sinks: kept until there is a screen, sent as events while a run goes on.

use crate::diag::{Diagnostic, Span};
use crate::engine::{Event, Message, MessageKind};
use crate::report::{Screen, ansible_error};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where warnings go.
#[derive(Clone, Default)]
pub(super) struct Notices(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: Vec<String>,
    events: Option<Sender<Event>>,
}

impl Notices {
    /// A warning, with its place where it has one.
    pub(super) fn warn(&self, text: &str, span: Option<Span>) {
        let text = match span {
            Some(span) => ansible_error(&Diagnostic::user(text).at(span)),
            None => text.to_string(),
        };
        let mut state = self.state();
        let message = Event::Message(Message { kind: MessageKind::Warning, text: text.clone() });
        let sent = state.events.as_ref().is_some_and(|events| events.send(message).is_ok());
        if !sent {
            state.waiting.push(text);
        }
    }

    /// Shows what has been waiting.
    pub(super) fn show(&self, screen: &mut Screen) {
        for text in std::mem::take(&mut self.state().waiting) {
            screen.warning(&text);
        }
    }

    /// From now on warnings are events, or, with `None`, no longer.
    pub(super) fn to_events(&self, events: Option<Sender<Event>>) {
        self.state().events = events;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}
