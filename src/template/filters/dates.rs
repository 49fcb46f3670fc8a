//! Times: `to_datetime`, `strftime`.

use super::Filter;
use crate::template::args::Args;
use crate::template::calendar;
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["to_datetime"], &["format"], |_, input, args| {
        let format = match args.get(0, "format") {
            None => "%Y-%m-%d %H:%M:%S",
            Some(Value::Str(format)) => &format.text,
            Some(other) => {
                let name = if other.is_none() { "None" } else { other.class_name() };
                return Err(Error::new(format!("strptime() argument 2 must be str, not {name}")));
            }
        };
        match input.as_str() {
            Some(text) => calendar::parse(text, format),
            None => {
                let name = input.clone().defined()?.type_name();
                Err(Error::new(format!("strptime() argument 1 must be str, not {name}")))
            }
        }
    }),
    Filter::new(&["strftime"], &["second", "utc"], strftime),
];

/// A format, the time to show (now, if none), and whether in UTC rather than the controller's zone.
fn strftime(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let format = match &input {
        Value::Str(s) => s.text.clone(),
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        other => {
            let name = if other.is_none() { "None" } else { other.class_name() };
            return Err(Error::new(format!("strftime() argument 1 must be str, not {name}")));
        }
    };
    let is_utc = args.bool(1, "utc", false)?;
    let time = match args.get(0, "second") {
        None | Some(Value::None) => {
            eval.world().effect(Effect::Volatile)?;
            Timestamp::now()
        }
        Some(value) => {
            let seconds = match (value.as_number(), value) {
                (Some(number), _) => Some(number.float()),
                (None, Value::Str(s)) => crate::python::number::float(&s.text),
                _ => None,
            };
            let Some(seconds) = seconds.filter(|s| s.is_finite() && s.abs() < 1e14) else {
                let shown = value.to_text()?;
                return Err(Error::new(format!("Invalid value for epoch value ({shown})")));
            };
            Timestamp::from_second(seconds.floor() as i64)
                .map_err(|_| Error::new("timestamp out of range for platform time_t"))?
        }
    };
    let zone = if is_utc { TimeZone::UTC } else { TimeZone::system() };
    let name = if is_utc { "GMT".to_owned() } else { zone.to_offset_info(time).abbreviation().to_owned() };
    Ok(Value::text(calendar::format(&format, &time.to_zoned(zone), &name), input.is_secret()))
}
