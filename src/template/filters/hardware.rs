//! Hardware addresses: `hwaddr`, `macaddr`, `random_mac`, `slaac`.

use super::addresses::Address;
use super::declared::{text, whole};
use super::{Filter, Random};
use crate::template::args::Args;
use crate::template::netaddr::Ip;
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["ansible.utils.hwaddr", "ansible.netcommon.hwaddr", "hwaddr"],
        &["query", "alias"],
        hardware,
    ),
    Filter::new(
        &["ansible.utils.macaddr", "ansible.netcommon.macaddr", "macaddr"],
        &["query", "alias"],
        hardware,
    ),
    Filter::new(&["community.general.random_mac", "random_mac"], &["seed"], random),
    Filter::new(&["ansible.utils.slaac", "ansible.netcommon.slaac", "slaac"], &["query"], slaac),
];

/// A hardware address.
#[derive(Clone, Copy)]
struct Hardware {
    number: u64,
    /// It has eight bytes (EUI-64), not six.
    long: bool,
}

/// How the two lengths are written: separators, how many words, how many digits a word has at least and at most.
const SHORT: &[(&str, usize, usize, usize)] =
    &[(":-", 6, 1, 2), (":-.", 3, 1, 4), (":-", 2, 5, 6), ("", 1, 11, 12)];
const LONG: &[(&str, usize, usize, usize)] = &[(":-", 8, 1, 2), (":-.", 4, 1, 4), ("", 1, 16, 16)];

impl Hardware {
    /// Reads text in any of the usual spellings, or a number.
    fn read(value: &Value) -> Option<Hardware> {
        let text = match value {
            Value::Str(_) | Value::Int(_) | Value::Big(_) => value.to_text().ok()?,
            _ => return None,
        };
        let number = whole(&text).and_then(|n| u64::try_from(n).ok());
        let spelled = |forms: &[(&str, usize, usize, usize)], long: bool| {
            let found = forms.iter().find_map(|form| spelled(&text, *form))?;
            Some(Hardware { number: found, long })
        };
        spelled(SHORT, false)
            .or_else(|| number.filter(|n| n >> 48 == 0).map(|number| Hardware { number, long: false }))
            .or_else(|| spelled(LONG, true))
            .or_else(|| number.map(|number| Hardware { number, long: true }))
    }

    /// The six bytes.
    fn short(self) -> Result<[u8; 6]> {
        let [a, b, address @ ..] = self.number.to_be_bytes();
        match (a, b) {
            (0, 0) => Ok(address),
            _ => Err(Error::new(format!("integer out of bounds: '0x{:x}'!", self.number))),
        }
    }

    /// The eight bytes, those of a short one around `ff:fe`.
    fn long(self) -> u64 {
        match self.number.to_be_bytes() {
            [_, _, a, b, c, d, e, f] if !self.long => u64::from_be_bytes([a, b, c, 0xff, 0xfe, d, e, f]),
            _ => self.number,
        }
    }
}

/// The number that text in such a spelling stands for.
fn spelled(text: &str, (by, words, least, most): (&str, usize, usize, usize)) -> Option<u64> {
    let separator = text.chars().find(|c| by.contains(*c));
    let parts: Vec<&str> = match separator {
        Some(separator) => text.split(separator).collect(),
        None => vec![text],
    };
    let fits =
        |part: &&str| (least..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
    if parts.len() != words || !parts.iter().all(fits) {
        return None;
    }
    let digits: String = parts.iter().map(|part| format!("{part:0>most$}")).collect();
    u64::from_str_radix(&digits, 16).ok()
}

/// A hardware address in the spelling asked for.
fn hardware(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let query = args.get(0, "query").map_or(Ok(String::new()), text)?;
    let usual = args.callee.rsplit('.').next().unwrap_or("hwaddr");
    let alias = match args.get(1, "alias").filter(|v| !v.is_none()) {
        Some(alias) => alias.to_text()?,
        None => usual.to_owned(),
    };
    let Some(address) = Hardware::read(&input) else {
        if matches!(query.as_str(), "" | "bool") {
            return Ok(Value::None);
        }
        return Err(Error::new(format!("{alias}: not a hardware address: {}", input.to_text()?)));
    };
    match query.as_str() {
        "" => return Ok(input.to_text()?.into()),
        "bool" => return Ok(Value::Bool(true)),
        "int" => return Ok(Value::int(BigInt::from(address.number))),
        "bare" | "cisco" | "eui48" | "win" | "linux" | "unix" | "pgsql" | "postgresql" | "psql" => {}
        other => return Err(Error::new(format!("{alias}: unknown filter type: {other}"))),
    }
    let address = address.short()?;
    let each = |format: fn(&u8) -> String, by: &str| address.iter().map(format).collect::<Vec<_>>().join(by);
    let lower = each(|b| format!("{b:02x}"), "");
    let grouped = |width: usize, by: &str| {
        lower
            .as_bytes()
            .chunks(width)
            .map(|c| String::from_utf8_lossy(c).into_owned())
            .collect::<Vec<_>>()
            .join(by)
    };
    Ok(match query.as_str() {
        "bare" => lower.to_uppercase(),
        "cisco" => grouped(4, "."),
        "eui48" | "win" => each(|b| format!("{b:02X}"), "-"),
        "linux" => grouped(2, ":"),
        "unix" => each(|b| format!("{b:x}"), ":"),
        _ => grouped(6, ":"),
    }
    .into())
}

/// The bytes of a hardware address that are missing, drawn at random or from a seed.
fn random(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Some(prefix) = input.as_str() else {
        return Err(Error::new(format!(
            "Invalid value type (<class '{}'>) for random_mac ({})",
            input.type_name(),
            input.to_text()?
        )));
    };
    let prefix = prefix.to_lowercase();
    let parts: Vec<&str> = prefix.split(':').collect();
    let wrong = |what: String| Error::new(format!("Invalid value ({prefix}) for random_mac: {what}"));
    // Only the start of each item is looked at.
    let starts = |part: &str| part.len() > 1 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    if parts.len() > 5 {
        return Err(wrong("5 colon(:) separated items max".into()));
    }
    let said: Vec<String> = parts
        .iter()
        .filter_map(|part| match *part {
            "" => Some("empty item".to_owned()),
            part if !starts(part) => Some(format!("{part} not hexa byte")),
            _ => None,
        })
        .collect();
    if !said.is_empty() {
        return Err(wrong(said.join(",")));
    }
    let mut generator = match args.get(0, "seed").filter(|v| !v.is_none()) {
        Some(seed) => Random::seeded(seed).ok_or_else(|| {
            Error::new("The only supported seed types are: None,\nint, float, str, bytes, and bytearray.")
        })?,
        None => {
            eval.world().effect(Effect::Volatile)?;
            Random::from_system()?
        }
    };
    // Forty bits, the first digit of which is not zero.
    let least = BigInt::from(1u64 << 36);
    let drawn = generator.below(&(BigInt::from(1u64 << 40) - &least)) + least;
    let digits = format!("{:010x}", drawn.to_u64().unwrap_or_default());
    let rest = digits.as_bytes().chunks(2).map(|c| String::from_utf8_lossy(c).into_owned());
    let all: Vec<String> = parts.iter().map(|p| (*p).to_owned()).chain(rest).take(6).collect();
    Ok(all.join(":").into())
}

/// The address that a host with that hardware address gives itself in a network of version 6.
fn slaac(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let network = Address::read(&input, None).map(|a| a.net).filter(|net| net.ip.six);
    let (Some(net), Some(hardware)) = (network, args.get(0, "query").and_then(Hardware::read)) else {
        return Ok(Value::Bool(false));
    };
    let host = hardware.long() ^ 2 << 56;
    let number = net.first().number.checked_add(host.into()).ok_or_else(|| {
        let sum = BigInt::from(net.first().number) + host;
        Error::new(format!("bad address format: {sum}"))
    })?;
    Ok(Ip { number, ..net.ip }.to_string().into())
}
