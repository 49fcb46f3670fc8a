//! Warnings that come up outside the sinks: kept until there is a screen, sent as events while a run goes on.

use crate::diag::{Diagnostic, Span};
use crate::engine::{Event, Message, MessageKind};
use crate::report::{Screen, ansible_error};
use crate::yaml::{self, Notice};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where warnings go.
#[derive(Clone, Default)]
pub(super) struct Notices(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: Vec<(MessageKind, String)>,
    events: Option<Sender<Event>>,
}

impl Notices {
    /// A warning, with its place where it has one.
    pub(super) fn warn(&self, text: &str, span: Option<Span>) {
        let text = match span {
            Some(span) => ansible_error(&Diagnostic::user(text).at(span)),
            None => text.to_string(),
        };
        self.say(MessageKind::Warning, text);
    }

    /// Hears what the YAML loader has to say, from now on.
    pub(super) fn hear_yaml(&self) {
        let notices = self.clone();
        yaml::listen(move |notice| {
            let text = yaml_text(&notice);
            match notice {
                Notice::Warning(_) => notices.say(MessageKind::Warning, text),
                Notice::Deprecated(_) => notices.say(MessageKind::Deprecation, text),
            }
        });
    }

    fn say(&self, kind: MessageKind, text: String) {
        let mut state = self.state();
        let message = Event::Message(Message { kind: kind.clone(), text: text.clone() });
        let sent = state.events.as_ref().is_some_and(|events| events.send(message).is_ok());
        if !sent {
            state.waiting.push((kind, text));
        }
    }

    /// Shows what has been waiting.
    pub(super) fn show(&self, screen: &mut Screen) {
        for (kind, text) in std::mem::take(&mut self.state().waiting) {
            match kind {
                MessageKind::Deprecation => screen.deprecation(&text),
                _ => screen.warning(&text),
            }
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

/// A notice as ansible-core lays it out: the message, the place, what follows from it.
fn yaml_text(notice: &Notice) -> String {
    let said = notice.diagnostic();
    match &said.hint {
        Some(hint) => format!("{}\n{hint}\n", ansible_error(said)),
        None => ansible_error(said),
    }
}

/// Shows what the YAML loader has had to say so far.
pub(super) fn show_yaml(screen: &mut Screen) {
    for notice in yaml::notices() {
        let text = yaml_text(&notice);
        match notice {
            Notice::Warning(_) => screen.warning(&text),
            Notice::Deprecated(_) => screen.deprecation(&text),
        }
    }
}
