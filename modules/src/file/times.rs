//! Access and modification times of `file`.

use super::{File, Work};
use crate::Fault;
use crate::host::{Probe, Status, touch};

/// What a time should be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Time {
    Preserve,
    Now,
    /// Year, month, day, hour, minute, second in the host's own zone.
    At([u32; 6]),
}

/// Both times of a task.
#[derive(Clone, Debug)]
pub(super) struct Times {
    access: Time,
    modification: Time,
}

impl Time {
    fn stamp(&self) -> String {
        match self {
            Time::Preserve => String::new(),
            Time::Now => "now".into(),
            Time::At([y, mo, d, h, mi, s]) => format!("{y:04}{mo:02}{d:02}{h:02}{mi:02}.{s:02}"),
        }
    }
}

impl Times {
    pub(super) fn read(args: &File, touch: bool) -> Result<Times, Fault> {
        let one = |name: &str, text: &Option<String>, format: &str| match text.as_deref() {
            None if touch => Ok(Time::Now),
            None | Some("preserve") => Ok(Time::Preserve),
            Some("now") => Ok(Time::Now),
            Some(text) => parse(text, format).map(Time::At).map_err(|remains| {
                let why = match remains {
                    Some(rest) => format!("unconverted data remains: {rest}"),
                    None => format!("time data '{text}' does not match format '{format}'"),
                };
                Fault::at(
                    name,
                    format!("Error while obtaining timestamp for time {text} using format {format}: {why}"),
                )
            }),
        };
        Ok(Times {
            access: one("access_time", &args.access_time, &args.access_time_format)?,
            modification: one("modification_time", &args.modification_time, &args.modification_time_format)?,
        })
    }

    /// Neither is to be set.
    pub(super) fn preserve(&self) -> bool {
        self.access == Time::Preserve && self.modification == Time::Preserve
    }

    /// As `touch` takes them: access, modification.
    pub(super) fn stamps(&self) -> (String, String) {
        (self.access.stamp(), self.modification.stamp())
    }
}

impl Work<'_> {
    /// Sets the times that differ.
    pub(super) async fn set_times(&mut self, now: &Status) -> Result<(), Fault> {
        if self.times.preserve() {
            return Ok(());
        }
        let times = self.times.clone();
        let mut differs = false;
        for (name, time, is) in
            [("atime", &times.access, now.atime), ("mtime", &times.modification, now.mtime)]
        {
            let wanted = match time {
                Time::Preserve => continue,
                Time::Now => None,
                Time::At(at) => Some(self.seconds(*at).await?),
            };
            // A stamp has whole seconds, and so has a file that bears it.
            if wanted != Some(is) {
                differs = true;
                self.before.insert(name.into(), is.into());
                if let Some(wanted) = wanted {
                    self.after.insert(name.into(), wanted.into());
                }
            }
        }
        if differs {
            let (access, modification) = times.stamps();
            let gate = self.host.change(None, touch(&now.path, &access, &modification)).await;
            gate.map_err(|fault| fault.with("path", self.shown()))?;
        }
        Ok(())
    }

    /// Seconds since 1970 of a time in the host's zone.
    async fn seconds(&self, [y, mo, d, h, mi, s]: [u32; 6]) -> Result<f64, Fault> {
        let text = format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}");
        let part = self.host.ask(Probe::command(["date", "-d", &text, "+%s"])).await?;
        part.text().trim().parse().map_err(|_| Fault::new(format!("the host cannot read the time {text}")))
    }
}

/// Python's `strptime` for what times of files are written in; else what is left of the text, where anything is.
fn parse(text: &str, format: &str) -> Result<[u32; 6], Option<String>> {
    let (at, rest) = fields(text, format).ok_or(None)?;
    if !rest.is_empty() {
        return Err(Some(rest.to_string()));
    }
    let [_, month, day, hour, minute, second] = at;
    let sane =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 62;
    if sane { Ok(at) } else { Err(None) }
}

/// Year, month, day, hour, minute, second, and the text behind them.
fn fields<'t>(text: &'t str, format: &str) -> Option<([u32; 6], &'t str)> {
    let mut at = [1900, 1, 1, 0, 0, 0];
    let mut rest = text;
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            rest = if letter.is_whitespace() { rest.trim_start() } else { rest.strip_prefix(letter)? };
            continue;
        }
        let letter = letters.next()?;
        let (slot, digits) = match letter {
            'Y' => (0, 4),
            'm' => (1, 2),
            'd' => (2, 2),
            'H' => (3, 2),
            'M' => (4, 2),
            'S' => (5, 2),
            'y' => (0, 2),
            '%' => {
                rest = rest.strip_prefix('%')?;
                continue;
            }
            _ => return None,
        };
        let end = rest.bytes().take(digits).take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(end)?;
        rest = after;
        let number: u32 = number.parse().ok()?;
        *at.get_mut(slot)? = match letter {
            'y' if number < 69 => 2000 + number,
            'y' => 1900 + number,
            _ => number,
        };
    }
    Some((at, rest))
}
