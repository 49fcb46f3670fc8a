//! Hardware addresses: `hwaddr`, `macaddr`, `random_mac`, `slaac`.

use super::{Filter, Random};
use crate::template::args::Args;
use crate::template::netaddr::{Ip, Net};
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
    Filter::new(&["ansible.utils.macaddr", "ansible.netcommon.macaddr", "macaddr"], &["query"], hardware),
    Filter::new(&["community.general.random_mac", "random_mac"], &["seed"], random),
    Filter::new(&["ansible.utils.slaac", "ansible.netcommon.slaac", "slaac"], &["query"], slaac),
];

/// The six bytes of a hardware address in any of the usual spellings.
fn bytes(text: &str) -> Option<[u8; 6]> {
    let parts: Vec<&str> = text.split([':', '-', '.']).collect();
    let width = match parts.len() {
        6 => 2,
        3 => 4,
        2 => 6,
        1 => 12,
        _ => return None,
    };
    let mut digits = String::new();
    for part in parts {
        let fits = !part.is_empty() && part.len() <= width && (width < 12 || part.len() == 12);
        if !fits || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        digits.push_str(&format!("{part:0>width$}"));
    }
    let number = u64::from_str_radix(&digits, 16).ok()?;
    let [_, _, address @ ..] = number.to_be_bytes();
    Some(address)
}

/// A hardware address in the spelling asked for.
fn hardware(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let query = args.str_or(0, "query", "")?;
    let text = input.to_text()?;
    let address = match &input {
        Value::Int(number) => u64::try_from(*number).ok().filter(|n| n >> 48 == 0).map(|n| {
            let [_, _, address @ ..] = n.to_be_bytes();
            address
        }),
        _ => bytes(&text),
    };
    let Some(address) = address else {
        if matches!(query, "" | "bool") {
            // An address of version 4 passes for one.
            return Ok(Ip::parse(&text)
                .filter(|ip| !ip.six && query.is_empty())
                .map_or(Value::None, |_| input));
        }
        return Err(Error::new(format!("hwaddr: not a hardware address: {text}")));
    };
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
    Ok(match query {
        "" => input,
        "bool" => Value::Bool(true),
        "int" => Value::Int(address.iter().fold(0, |n, b| n << 8 | i64::from(*b))),
        "bare" => lower.to_uppercase().into(),
        "cisco" => grouped(4, ".").into(),
        "eui48" | "win" => each(|b| format!("{b:02X}"), "-").into(),
        "linux" => grouped(2, ":").into(),
        "unix" => each(|b| format!("{b:x}"), ":").into(),
        "pgsql" | "postgresql" | "psql" => grouped(6, ":").into(),
        other => return Err(Error::new(format!("hwaddr: unknown filter type: {other}"))),
    })
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
    if parts.len() > 5 {
        return Err(wrong("5 colon(:) separated items max".into()));
    }
    for part in &parts {
        if part.is_empty() {
            return Err(wrong("empty item".into()));
        }
        if part.len() != 2 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong(format!("{part} not hexa byte")));
        }
    }
    let mut generator = match args.get(0, "seed").filter(|v| !v.is_none()) {
        Some(seed) => Random::seeded(seed).ok_or_else(|| Error::new("the seed must be text or a number"))?,
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
    let network = input.as_str().and_then(Net::parse).filter(|net| net.ip.six);
    let (Some(net), Some([a, b, c, d, e, f])) = (network, bytes(&args.required(0, "query")?.to_text()?))
    else {
        return Ok(Value::Bool(false));
    };
    let host = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    Ok(Ip { number: net.first().number.wrapping_add(host.into()), ..net.ip }.to_string().into())
}
