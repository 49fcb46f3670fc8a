//! `pause`: waits for time to pass or for the person at the terminal, once for all hosts.

mod keyboard;

use super::arguments::{flag, known, text};
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Event, Haste, Message, MessageKind, Next};
use crate::template::Value;
use impel_modules::{Data, Map};
use keyboard::{Keyboard, Pressed};
use std::time::{Duration, Instant};

/// Pauses the playbook.
pub struct Pause;

/// How long, as the task says it.
struct Time {
    seconds: u64,
    unit: &'static str,
}

impl Action for Pause {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        known(&call, &["echo", "minutes", "prompt", "seconds"])?;
        let echo = flag(&call, "echo")?.unwrap_or(true);
        let time = match time(&call) {
            Ok(time) => time,
            Err(message) => return Err(Diagnostic::user(message)),
        };
        let prompt = text(&call, "prompt");
        let hidden = if echo { "" } else { " (output is hidden)" };
        let keyboard = Keyboard::open();
        let say = |line: String| {
            call.shared.emit(Event::Message(Message { kind: MessageKind::Line, text: line }));
        };
        let (started, begun) = (jiff::Zoned::now(), Instant::now());
        let mut warnings = Vec::new();
        if let Some(time) = &time {
            say(format!("Pausing for {} seconds{hidden}", time.seconds));
            if keyboard.is_some() || prompt.is_some() {
                say("(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)".into());
            }
        }
        let question = match (&prompt, &time) {
            (Some(prompt), _) => Some(format!("[pause]\n{prompt}{hidden}:")),
            (None, None) => Some(format!("[pause]\nPress enter to continue, Ctrl+C to interrupt{hidden}:")),
            (None, Some(_)) => None,
        };
        if let (Some(question), Some(_)) = (question, &keyboard) {
            say(question);
        }
        let mut typed = String::new();
        let until = time.as_ref().map(|time| begun + Duration::from_secs(time.seconds));
        match (keyboard, until) {
            (Some(mut keyboard), until) => {
                let stop = || call.shared.interrupted();
                match keyboard.read(until, echo && until.is_none(), &stop) {
                    Pressed::Line(line) => typed = line,
                    Pressed::Time => {}
                    Pressed::Interrupt => {
                        say("Press 'C' to continue the play or 'A' to abort ".into());
                        if !keyboard.goes_on(&stop) {
                            return Err(aborted());
                        }
                    }
                    Pressed::Stop => return Err(aborted()),
                }
            }
            (None, Some(until)) => {
                while !call.shared.interrupted() && Instant::now() < until {
                    let left = until.saturating_duration_since(Instant::now());
                    std::thread::sleep(left.min(Duration::from_millis(100)));
                }
            }
            (None, None) => {
                warnings.push(Data::from("Not waiting for response to prompt as stdin is not interactive"));
            }
        }
        let took = begun.elapsed().as_secs_f64();
        let mut answer = Answer::ok(false, result(took, time.as_ref(), &started, echo, typed));
        if !warnings.is_empty() {
            answer.result.insert("warnings".into(), Data::List(warnings));
        }
        Ok(Next::Done(answer))
    }
}

fn aborted() -> Diagnostic {
    Diagnostic::user("Task failed").because(Diagnostic::user("user requested abort!"))
}

/// The time to wait: none to wait for a person. In Python's words where it means nothing.
fn time(call: &Call<'_>) -> Result<Option<Time>, String> {
    let given = |name: &str| call.args.get(name).filter(|value| !value.is_none());
    let (name, unit, factor, value) = match (given("minutes"), given("seconds")) {
        (Some(_), Some(_)) => return Err("parameters are mutually exclusive: minutes|seconds".into()),
        (Some(minutes), None) => ("minutes", "minutes", 60.0, minutes),
        (None, Some(seconds)) => ("seconds", "seconds", 1.0, seconds),
        (None, None) => return Ok(None),
    };
    let number = match value {
        Value::Float(number) => Some(*number),
        value => value.to_string().trim().parse::<i64>().ok().map(|number| number as f64),
    };
    let Some(number) = number else {
        return Err(format!(
            "argument '{name}' is of type {} and we were unable to convert to int: invalid literal for int() with \
             base 10: '{value}'",
            value.type_name()
        ));
    };
    Ok(Some(Time { seconds: ((number * factor) as i64).max(1) as u64, unit }))
}

fn result(took: f64, time: Option<&Time>, started: &jiff::Zoned, echo: bool, typed: String) -> Map {
    let unit = time.map_or("minutes", |time| time.unit);
    let shown = if unit == "minutes" { took / 60.0 } else { took };
    let shown = (shown * 100.0).round() / 100.0;
    let stamp = |at: &jiff::Zoned| at.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
    Map::from_iter(
        [
            ("rc", Data::from(0)),
            ("stderr", Data::from("")),
            ("stdout", Data::from(format!("Paused for {shown:?} {unit}"))),
            ("start", Data::from(stamp(started))),
            ("stop", Data::from(stamp(&jiff::Zoned::now()))),
            ("delta", Data::Int(took as i64)),
            ("echo", Data::Bool(echo)),
            ("user_input", Data::from(typed)),
        ]
        .map(|(name, value)| (name.to_string(), value)),
    )
}
