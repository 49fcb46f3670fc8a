//! What consumes events, and how several consume the same ones.

use crate::engine::Event;
use std::sync::mpsc::Receiver;

/// Consumes the events of a run, in order.
pub trait Sink: Send {
    /// Takes notice of one event.
    fn take(&mut self, event: &Event);
}

/// All sinks of a run.
#[derive(Default)]
pub struct Reports {
    sinks: Vec<Box<dyn Sink>>,
}

impl Reports {
    /// No sinks yet.
    pub fn new() -> Reports {
        Reports::default()
    }

    /// Adds a sink; sinks are told in the order in which they were added.
    #[must_use]
    pub fn and(mut self, sink: impl Sink + 'static) -> Reports {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Tells every sink every event until the engine hangs up.
    pub fn run(mut self, events: &Receiver<Event>) -> Reports {
        while let Ok(event) = events.recv() {
            self.take(&event);
        }
        self
    }
}

impl Sink for Reports {
    fn take(&mut self, event: &Event) {
        // nothing that a sink shows: all before it has been taken
        if let Event::Told(answer) = event {
            let _ = answer.send(());
            return;
        }
        for sink in &mut self.sinks {
            sink.take(event);
        }
    }
}
