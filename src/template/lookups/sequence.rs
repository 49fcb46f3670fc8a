//! `sequence`: numbers from a start to an end, each in a format.

use super::lists::MOST;
use super::{options, parameters};
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, str_repr};
use crate::template::{Eval, format};

/// What a sequence is made of.
#[derive(Clone)]
struct Sequence {
    start: i64,
    count: Option<i64>,
    end: Option<i64>,
    stride: i64,
    format: String,
}

/// The numbers of each term, or of the options where there is no term; nothing where there is neither.
pub(super) fn sequence(_eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut given = Sequence { start: 1, count: None, end: None, stride: 1, format: "%d".to_owned() };
    for (name, value) in &args.named {
        given.set(name, value)?;
    }
    let mut out = Vec::new();
    if terms.is_empty() && !args.named.is_empty() {
        given.numbers(&mut out)?;
    }
    for term in &terms {
        let Some(text) = term.as_str() else {
            return Err(Error::new(format!(
                "unknown error parsing with_sequence arguments: {}. Error was: expected string or bytes-like \
                 object, got '{}'",
                term.to_text()?,
                term.type_name()
            )));
        };
        let mut sequence = given.clone();
        if !sequence.shortcut(text)? {
            let parsed = parameters::split(text)?;
            let mut unknown = Vec::new();
            for (name, value) in &parsed.named {
                if !sequence.set(name, &Value::str(value.as_str()))? {
                    unknown.push(str_repr(name));
                }
            }
            if !parsed.raw.is_empty() {
                unknown.push("'_raw_params'".to_owned());
            }
            if !unknown.is_empty() {
                return Err(Error::new(format!(
                    "unrecognized arguments to with_sequence: [{}]",
                    unknown.join(", ")
                )));
            }
        }
        sequence.numbers(&mut out)?;
    }
    Ok(out)
}

fn integer(name: &str, value: &Value) -> Result<i64> {
    options::integer("sequence", name, value, "integer")
}

impl Sequence {
    /// Sets a parameter; says whether there is one of that name.
    fn set(&mut self, name: &str, value: &Value) -> Result<bool> {
        match name {
            "start" => self.start = integer(name, value)?,
            "end" => self.end = Some(integer(name, value)?),
            "count" => self.count = Some(integer(name, value)?),
            "stride" => self.stride = integer(name, value)?,
            "format" => self.format = value.to_text()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The form `[start-]end[/stride][:format]`; says whether the term has it.
    fn shortcut(&mut self, term: &str) -> Result<bool> {
        let (numbers, format) = match term.split_once(':') {
            Some((numbers, format)) => (numbers, Some(format)),
            None => (term, None),
        };
        let (range, stride) = match numbers.split_once('/') {
            Some((range, stride)) => (range, Some(stride)),
            None => (numbers, None),
        };
        let (start, end) = match range.split_once('-') {
            Some((start, end)) => (Some(start), end),
            None => (None, range),
        };
        let is_number = |s: &str| {
            let s = s.strip_prefix("0x").unwrap_or(s);
            !s.is_empty() && s.chars().all(|c| c.is_ascii_hexdigit())
        };
        let all = [start, Some(end), stride];
        if format.is_some_and(str::is_empty) || !all.into_iter().flatten().all(is_number) {
            return Ok(false);
        }
        self.end = Some(integer("end", &end.into())?);
        if let Some(start) = start {
            self.start = integer("start", &start.into())?;
        }
        if let Some(stride) = stride {
            self.stride = integer("stride", &stride.into())?;
        }
        if let Some(format) = format {
            format.clone_into(&mut self.format);
        }
        Ok(true)
    }

    fn numbers(&self, out: &mut Vec<Value>) -> Result<()> {
        let too_large = || Error::new(format!("the sequence would have more than {MOST} numbers"));
        let (mut start, mut stride) = (self.start, self.stride);
        let end = match (self.count, self.end) {
            (None, None) => return Err(Error::new("must specify count or end in with_sequence")),
            (Some(_), Some(_)) => {
                return Err(Error::new("can't specify both count and end in with_sequence"));
            }
            (Some(0), None) => {
                (start, stride) = (0, 0);
                0
            }
            (Some(count), None) => {
                // As in Ansible, where a stride backwards goes two numbers further.
                let last = i128::from(start) + i128::from(count) * i128::from(stride) - 1;
                i64::try_from(last).map_err(|_| too_large())?
            }
            (None, Some(end)) => end,
        };
        if stride > 0 && end < start {
            return Err(Error::new("to count backwards make stride negative"));
        }
        if stride < 0 && end > start {
            return Err(Error::new("to count forward don't make stride negative"));
        }
        if self.format.matches('%').count() != 1 {
            return Err(Error::new(format!("bad formatting string: {}", self.format)));
        }
        if stride == 0 {
            return Ok(());
        }
        let mut at = i128::from(start);
        while (stride > 0 && at <= i128::from(end)) || (stride < 0 && at >= i128::from(end)) {
            if out.len() >= MOST {
                return Err(too_large());
            }
            let number = Value::Int(at as i64);
            let text = format::percent(&self.format, &number).map_err(|_| {
                Error::new(format!("problem formatting {at} with {}", str_repr(&self.format)))
            })?;
            out.push(Value::from(text));
            at += i128::from(stride);
        }
        Ok(())
    }
}
