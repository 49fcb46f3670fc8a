//! What every thread of a run sees.

use super::action::Actions;
use super::event::{Event, Message, MessageKind};
use super::options::RunOptions;
use crate::config::Config;
use crate::pipe::Prompter;
use crate::playbook::Task;
use crate::vars::VarStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::Sender;

/// What every thread of a run sees.
pub struct Shared {
    /// What the command line asks.
    pub options: RunOptions,
    /// The configuration.
    pub config: Arc<Config>,
    /// The variables.
    pub store: Arc<VarStore>,
    /// The actions of the controller.
    pub actions: &'static dyn Actions,
    /// Whom to ask about host keys and passphrases.
    pub prompter: Arc<dyn Prompter>,
    /// Counts everything that altered anything anywhere: what was asked ahead before the last one is stale.
    pub epoch: AtomicU64,
    /// How often the user has interrupted: after the first nothing new starts, after the second pipes are cut.
    pub interrupts: Arc<AtomicU8>,
    /// Set to cut every pipe.
    pub cut: Arc<AtomicBool>,
    /// Where events go.
    pub events: Sender<Event>,
}

impl Shared {
    /// Sends an event. Where nobody listens any more there is nobody to tell.
    pub fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Whether anything reads what a successful result of this task contains.
    pub fn is_read(&self, task: &Task) -> bool {
        !self.options.terse || task.register.is_some() || !task.failed_when.is_empty()
    }

    /// Shows a warning, each text once.
    pub fn warn(&self, text: impl Into<String>) {
        self.emit(Event::Message(Message { kind: MessageKind::Warning, text: text.into() }));
    }

    /// Shows a line from this verbosity on.
    pub fn verbose(&self, level: u8, host: Option<&Arc<str>>, text: impl Into<String>) {
        if self.options.verbosity >= level || self.options.log_verbosity >= level {
            let kind = MessageKind::Verbose { level, host: host.cloned() };
            self.emit(Event::Message(Message { kind, text: text.into() }));
        }
    }

    /// Something altered something: what was asked ahead anywhere is stale.
    pub fn altered(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// The present epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Whether the user wants it to stop.
    pub fn interrupted(&self) -> bool {
        self.interrupts.load(Ordering::SeqCst) > 0
    }
}
