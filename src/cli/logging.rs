//! What the layers below the commands say of themselves: warnings always, more by `IMPEL_LOG`.

use std::fmt;

use crate::report::harmless;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Which variable says how much is told: a level (`debug`), or targets with theirs (`impel::pipe=debug`).
pub const VARIABLE: &str = "IMPEL_LOG";

/// Shows events on stderr from here on, one line each; called once, before anything else.
pub fn start() {
    let told = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let wanted = told.as_deref().map(str::parse::<Targets>);
    let bad = matches!(wanted, Some(Err(_)));
    let usual = || Targets::new().with_default(LevelFilter::WARN);
    let filter = wanted.and_then(Result::ok).unwrap_or_else(usual);
    let events = layer().with_writer(std::io::stderr).with_ansi(false).event_format(Line);
    // only another subscriber could be in the way, and there is none
    let _ = tracing_subscriber::registry().with(events).with(filter).try_init();
    if bad {
        tracing::warn!(
            "{VARIABLE} is left out: {:?} is neither a level (error, warn, info, debug, trace) nor a list such as \
             impel::pipe=debug",
            told.unwrap_or_default()
        );
    }
}

/// `[WARNING]: text` and `[ERROR]: text` as everywhere, else the level and where it was said.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = String::new();
        context.field_format().format_fields(Writer::new(&mut text), event)?;
        let text = harmless(&text);
        match *event.metadata().level() {
            Level::WARN => writeln!(out, "[WARNING]: {text}"),
            Level::ERROR => writeln!(out, "[ERROR]: {text}"),
            level => writeln!(out, "{level} {}: {text}", event.metadata().target()),
        }
    }
}
