//! Zones of times (`timezone`): distances from UTC.

use crate::template::Eval;
use crate::template::args::Args;
use crate::template::calendar::zone_name;
use crate::template::value::{Error, Object, Result, Value, zone_repr};
use jiff::tz::{Offset, TimeZone};
use std::any::Any;

/// The zone of a time.
pub(super) struct Zone {
    zone: TimeZone,
    seconds: i32,
    name: String,
}

impl Zone {
    /// That of a time.
    pub(super) fn of(time: &jiff::Zoned) -> Zone {
        Zone { zone: time.time_zone().clone(), seconds: time.offset().seconds(), name: zone_name(time) }
    }

    /// Python's `timezone.utc`.
    pub(super) fn utc() -> Zone {
        Zone { zone: TimeZone::fixed(Offset::UTC), seconds: 0, name: "UTC".into() }
    }
}

/// The zone that an argument is; `None` for `None`.
///
/// # Errors
/// It is something else.
pub(super) fn argument(value: Option<&Value>) -> Result<Option<TimeZone>> {
    let value = match value {
        None | Some(Value::None) => return Ok(None),
        Some(value) => value,
    };
    if let Value::Object(object) = value
        && let Some(zone) = zone(&**object)
    {
        return Ok(Some(zone.zone.clone()));
    }
    let of = value.class_name();
    Err(Error::new(format!("tzinfo argument must be None or of a tzinfo subclass, not type '{of}'")))
}

fn zone(object: &dyn Object) -> Option<&Zone> {
    (object as &dyn Any).downcast_ref::<Zone>()
}

impl Object for Zone {
    fn type_name(&self) -> &'static str {
        "timezone"
    }

    fn repr(&self) -> String {
        zone_repr(self.seconds)
    }

    fn text(&self) -> String {
        self.name.clone()
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok((name == "utc").then(|| Value::object(Zone::utc())))
    }

    fn methods(&self) -> &'static [&'static str] {
        &["utcoffset", "tzname", "dst"]
    }

    fn call_method(&self, _eval: &mut Eval<'_>, name: &str, args: &Args) -> Result<Value> {
        args.required(0, "dt")?;
        Ok(match name {
            "utcoffset" => Value::Duration(jiff::SignedDuration::from_secs(self.seconds.into())),
            "tzname" => self.name.clone().into(),
            _ => Value::None,
        })
    }
}
