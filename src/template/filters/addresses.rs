//! IP addresses, as the collection ansible.utils has them: `ipaddr`, `ipv4`, `ipv6`, `ipwrap`, `ip4_hex`, `ipv6form`,
//! `ipcut`.

use super::Filter;
use super::declared::{int, text, whole};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::netaddr::{Ip, Net};
use crate::template::value::{Error, Result, Value};
use num_bigint::BigInt;

/// How deep lists are looked into.
const DEEPEST: usize = 100;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["ansible.utils.ipaddr", "ansible.netcommon.ipaddr", "ipaddr"],
        &["query", "version", "alias"],
        |_, input, args| {
            let version = int(args, 1, "version")?.and_then(|v| i64::try_from(v).ok()).filter(|v| *v != 0);
            let alias = args.get(2, "alias").map_or(Ok("ipaddr".to_owned()), Value::to_text)?;
            queried(&input, &query_of(args)?, version, &alias)
        },
    ),
    Filter::new(&["ansible.utils.ipv4", "ansible.netcommon.ipv4", "ipv4"], &["query"], |_, input, args| {
        queried(&input, &query_of(args)?, Some(4), "ipv4")
    }),
    Filter::new(&["ansible.utils.ipv6", "ansible.netcommon.ipv6", "ipv6"], &["query"], |_, input, args| {
        queried(&input, &query_of(args)?, Some(6), "ipv6")
    }),
    Filter::new(
        &["ansible.utils.ipwrap", "ansible.netcommon.ipwrap", "ipwrap"],
        &["query"],
        |_, input, _| wrapped(&input, DEEPEST),
    ),
    Filter::new(&["ansible.utils.ip4_hex", "ansible.netcommon.ip4_hex", "ip4_hex"], &["delimiter"], hex),
    Filter::new(&["ansible.utils.ipv6form", "ipv6form"], &["format"], form),
    Filter::new(&["ansible.utils.ipcut", "ipcut"], &["amount"], cut),
];

/// What is asked for: text, or a number as text.
fn query_of(args: &Args) -> Result<String> {
    args.get(0, "query").map_or(Ok(String::new()), text)
}

/// A value as an address or network.
pub(super) struct Address {
    /// The network, or the address alone.
    pub net: Net,
    /// It was written with a prefix or mask.
    pub has_prefix: bool,
    /// As it was written; of a number, with its prefix.
    pub written: String,
}

impl Address {
    /// Reads text or a number.
    pub fn read(value: &Value, version: Option<i64>) -> Option<Address> {
        let number = match value {
            Value::Int(_) | Value::Big(_) => value.to_text().ok(),
            Value::Str(s) if !s.text.is_empty() && s.text.bytes().all(|b| b.is_ascii_digit()) => {
                Some(s.text.to_string())
            }
            _ => None,
        };
        let (net, has_prefix, written) = match (number, value) {
            (Some(number), _) => {
                let net = Net::host(Ip::of(number.parse().ok()?, version == Some(6)));
                (net, false, net.to_string())
            }
            (None, Value::Str(s)) => (Net::parse(&s.text)?, s.text.contains('/'), s.text.to_string()),
            _ => return None,
        };
        match (version, net.ip.six) {
            (Some(4), true) | (Some(6), false) => None,
            (Some(other), _) if other != 4 && other != 6 => None,
            _ => Some(Address { net, has_prefix, written }),
        }
    }

    /// The address with its prefix where it was written with one.
    fn shown(&self) -> String {
        if self.has_prefix { self.net.to_string() } else { self.net.ip.to_string() }
    }

    /// Whether it stands for a network rather than for a host in it.
    fn is_network(&self) -> bool {
        !self.net.at_most(1) && self.net.ip == self.net.first()
    }

    /// Whether it can be a host's address with its network.
    fn is_host(&self) -> bool {
        !self.is_network() || self.net.at_most(2)
    }
}

/// One value's answer, or those of a list that are not empty or false.
pub(super) fn queried(input: &Value, query: &str, version: Option<i64>, alias: &str) -> Result<Value> {
    within(input, query, version, alias, DEEPEST)
}

fn within(input: &Value, query: &str, version: Option<i64>, alias: &str, depth: usize) -> Result<Value> {
    match input {
        Value::List(_) | Value::Tuple(_) | Value::View(_)
            if depth < DEEPEST || !matches!(input, Value::Tuple(_)) =>
        {
            let mut out = Vec::new();
            let Some(depth) = depth.checked_sub(1) else {
                return Err(Error::new("maximum recursion depth exceeded"));
            };
            for item in input.iter()? {
                // Items of other types are passed over.
                if !matches!(
                    item,
                    Value::Str(_)
                        | Value::Int(_)
                        | Value::Big(_)
                        | Value::Bool(_)
                        | Value::List(_)
                        | Value::Tuple(_)
                        | Value::Undefined(_)
                ) {
                    continue;
                }
                let answer = within(&item, query, version, alias, depth)?;
                if answer.is_true()? {
                    out.push(answer);
                }
            }
            Ok(Value::list(out))
        }
        Value::Undefined(marker) => Err(Error(marker.clone())),
        one_value => one(one_value, query, version, alias),
    }
}

fn one(value: &Value, query: &str, version: Option<i64>, alias: &str) -> Result<Value> {
    match Address::read(value, version) {
        // Ansible takes the number zero for no value.
        Some(_) if value.as_int() == Some(0) => Ok(Value::Bool(false)),
        Some(address) => answer(&address, query, alias),
        None if matches!(value, Value::Str(_) | Value::Bool(_) | Value::Int(_) | Value::Big(_)) => {
            Ok(Value::Bool(false))
        }
        None => Err(Error::new(format!(
            "Unrecognized type <<class '{}'>> for {alias} filter <value>",
            value.type_name()
        ))),
    }
}

fn answer(a: &Address, query: &str, alias: &str) -> Result<Value> {
    let net = a.net;
    let text = |t: String| Ok(Value::from(t));
    let none = || Ok(Value::None);
    let when = |holds: bool, t: String| Ok(if holds { Value::from(t) } else { Value::None });
    // These are numbers first: one that fits into version 4 becomes an address of it.
    let usable = |net: Net| -> Result<Option<(Ip, Ip)>> {
        if !a.has_prefix { Err(Error::new("Not a network address")) } else { Ok(net.usable()) }
    };
    let shown = |ip: Ip| Ip::of(ip.number, false).to_string();
    match query {
        "" => text(a.shown()),
        "bool" => Ok(Value::Bool(true)),
        // The address of a network is a host's in version 6 (the anycast of its routers).
        "address" | "ip" => when(net.ip.six || a.is_host(), net.ip.to_string()),
        "host" => when(a.is_host(), net.to_string()),
        "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            let is_hosts = a.is_host() && net.broadcast() != Some(net.ip);
            Ok(if is_hosts { net.to_string().into() } else { Value::Bool(false) })
        }
        "ip/prefix" => when(!net.at_most(1) && a.is_host(), net.to_string()),
        "ip_netmask" => when(!net.at_most(1) && a.is_host(), format!("{} {}", net.ip, net.netmask())),
        "net" => when(a.is_network(), net.to_string()),
        "network" | "network_id" => text(net.first().to_string()),
        "network/prefix" | "subnet" => text(net.network().to_string()),
        "network_netmask" => text(format!("{} {}", net.first(), net.netmask())),
        "network_wildcard" => text(format!("{} {}", net.first(), net.hostmask())),
        "netmask" => text(net.netmask().to_string()),
        "hostmask" | "wildcard" => text(net.hostmask().to_string()),
        "broadcast" => net.broadcast().map_or_else(none, |ip| text(ip.to_string())),
        "prefix" => Ok(Value::Int(net.prefix.into())),
        "cidr" => text(net.to_string()),
        "size" => Ok(Value::int(net.size().into())),
        "size_usable" => {
            let taken = if net.at_most(1) {
                1
            } else if net.at_most(2) {
                0
            } else {
                2
            };
            Ok(Value::int(BigInt::from(net.size()) - taken))
        }
        "type" => Ok(Value::str(if a.is_network() { "network" } else { "address" })),
        "version" => Ok(Value::Int(if net.ip.six { 6 } else { 4 })),
        "int" if a.has_prefix => text(format!("{}/{}", net.ip.number, net.prefix)),
        "int" => Ok(Value::int(net.ip.number.into())),
        "revdns" => text(net.ip.reverse_name()),
        "public" => when(net.ip.is_public() && !net.ip.is_mask(), a.written.clone()),
        "private" => when(!net.ip.is_public() && !net.ip.is_multicast(), a.written.clone()),
        "unicast" => when(!is_multicast(net), a.written.clone()),
        "multicast" => when(is_multicast(net), a.written.clone()),
        "link-local" => when(net.ip.is_link_local(), a.written.clone()),
        "lo" | "loopback" => when(net.ip.is_loopback(), a.written.clone()),
        "ipv4" => Ok(match (net.ip.six, u32::try_from(net.ip.number & !(0xffff << 32))) {
            (false, _) => a.written.clone().into(),
            (true, Ok(number)) if net.prefix >= 96 => {
                let ip = Ip { six: false, number: number.into() };
                Net { ip, prefix: net.prefix - 96 }.to_string().into()
            }
            _ => Value::Bool(false),
        }),
        "ipv6" if !net.ip.six => {
            let ip = Ip { six: true, number: net.ip.number | 0xffff << 32 };
            text(Net { ip, prefix: net.prefix + 96 }.to_string())
        }
        "ipv6" => text(a.written.clone()),
        "6to4" => Ok(match net.ip.six {
            true if net.ip.number >> 112 == 0x2002
                && (!a.has_prefix
                    || a.is_host() && !net.at_most(1) && !(a.is_network() && net.at_most(2))) =>
            {
                a.written.clone().into()
            }
            false if (a.is_host() && !net.ip.is_multicast()) && !(a.is_network() && net.at_most(2)) => {
                let (high, low) = (net.ip.number >> 16, net.ip.number & 0xffff);
                format!("2002:{high:04x}:{low:04x}::1/48").into()
            }
            _ => Value::Bool(false),
        }),
        "first_usable" => usable(net)?.map_or_else(none, |(first, _)| text(shown(first))),
        "last_usable" => usable(net)?.map_or_else(none, |(_, last)| text(shown(last))),
        "range_usable" => {
            usable(net)?.map_or_else(none, |(first, last)| text(format!("{}-{}", shown(first), shown(last))))
        }
        "next_usable" | "previous_usable" => {
            let step = if query == "next_usable" { 1 } else { -1 };
            usable(net)?;
            Ok(beside(net, step)?)
        }
        "wrap" => Ok(in_brackets(a).into()),
        "peer" => peer(a),
        number if whole(number).is_some() => {
            let place = whole(number).unwrap_or(0);
            if net.at_most(1) {
                return text(a.shown());
            }
            Ok(match net.nth(place) {
                Some(ip) => Net { ip, ..net }.to_string().into(),
                None => Value::Bool(false),
            })
        }
        number if number.parse::<f64>().is_ok() && number.contains(|c: char| c.is_ascii_digit()) => {
            Ok(if net.at_most(1) { a.shown().into() } else { Value::Bool(false) })
        }
        other => match Net::parse(other) {
            Some(around) => when(around.covers(net), a.written.clone()),
            None => Err(Error::new(format!("{alias}: unknown filter type: {other}"))),
        },
    }
}

/// The address so many further on, where a host may have it.
pub(super) fn beside(net: Net, offset: i128) -> Result<Value> {
    let Some((first, last)) = net.usable() else { return Ok(Value::None) };
    let number = BigInt::from(net.ip.number) + offset;
    let ip = u128::try_from(&number)
        .map_err(|_| Error::new(format!("failed to detect a valid IP address from {number}")))?;
    let among = first.number <= ip && ip <= last.number;
    Ok(if among { Ip::of(ip, false).to_string().into() } else { Value::None })
}

/// An address of version 6 in brackets; of version 4 as it was written.
fn in_brackets(a: &Address) -> String {
    match (a.net.ip.six, a.has_prefix) {
        (true, true) => format!("[{}]/{}", a.net.ip, a.net.prefix),
        (true, false) => format!("[{}]", a.net.ip),
        (false, _) => a.written.clone(),
    }
}

/// Whether all of its addresses are for many hosts.
fn is_multicast(net: Net) -> bool {
    net.first().is_multicast() && net.last().is_multicast()
}

/// The other end of a network of two hosts.
fn peer(a: &Address) -> Result<Value> {
    if !a.has_prefix {
        return Err(Error::new("Not a network address"));
    }
    let other = match (a.net.at_most(1), a.net.at_most(2), a.net.at_most(4)) {
        (false, true, _) => a.net.ip.number ^ 1,
        (false, false, true) => match a.net.ip.number & 3 {
            0 => return Err(Error::new("Network address of /30 has no peer")),
            3 => return Err(Error::new("Broadcast address of /30 has no peer")),
            _ => a.net.ip.number ^ 3,
        },
        _ => return Err(Error::new("Not a point-to-point network")),
    };
    Ok(Ip { number: other, ..a.net.ip }.to_string().into())
}

/// Addresses of version 6 in brackets; anything else as it is. Numbers are addresses only within lists.
fn wrapped(input: &Value, depth: usize) -> Result<Value> {
    let Some(inner) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    Ok(match (input, Address::read(input, None)) {
        (Value::List(_) | Value::Tuple(_) | Value::View(_), _)
            if depth < DEEPEST || !matches!(input, Value::Tuple(_)) =>
        {
            Value::list(input.iter()?.map(|item| wrapped(&item, inner)).collect::<Result<Vec<_>>>()?)
        }
        (Value::Str(_) | Value::Bool(_), None) => input.clone(),
        (Value::Str(_), Some(a)) if depth == DEEPEST && !a.net.ip.six => a.shown().into(),
        (Value::Undefined(marker), _) => return Err(Error(marker.clone())),
        (other, _) if depth == DEEPEST && !other.is_str() => {
            return Err(Error::new(format!(
                "Unrecognized type <<class '{}'>> for ipwrap filter <value>",
                other.type_name()
            )));
        }
        (_, Some(a)) => in_brackets(&a).into(),
        (_, None) => input.clone(),
    })
}

pub(super) fn invalid(value: &Value) -> Error {
    Error::new(format!(
        "You must pass a valid IP address; {} is invalid",
        value.to_text().unwrap_or_default()
    ))
}

/// An address of version 4 as hexadecimal digits, with a delimiter between its bytes.
fn hex(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let ip = lone(&input)?;
    if ip.six {
        return Err(Error::new(format!("invalid literal for int() with base 10: {}", input.repr()?)));
    }
    let delimiter = args.get(0, "delimiter").filter(|v| !v.is_none());
    let delimiter = delimiter.map_or(Ok(String::new()), Value::to_text)?;
    let bytes = (ip.number as u32).to_be_bytes().map(|byte| format!("{byte:02x}"));
    Ok(bytes.join(&delimiter).into())
}

/// An address that is written as one: no number, no prefix.
pub(super) fn lone(input: &Value) -> Result<Ip> {
    input.as_str().and_then(Ip::parse).ok_or_else(|| invalid(input))
}

/// An address of version 6, compressed or in full; of version 4 as it is.
fn form(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Some(format) = args.get(0, "format").filter(|v| !v.is_none()) else {
        return Err(Error::new("You must pass valid format; None is not a valid format"));
    };
    let format = format.to_text()?;
    if !matches!(format.as_str(), "compress" | "expand" | "x509") {
        return Err(Error::new(format!(
            "['value of format must be one of: compress, expand, x509, got: {format}']"
        )));
    }
    let ip = lone(&input)?;
    let groups = (0..8).rev().map(|i| ip.number >> (16 * i) & 0xffff);
    Ok(match format.as_str() {
        "x509" if !ip.six => return Err(invalid(&input)),
        _ if !ip.six => return Ok(input),
        "compress" => ip.hexadecimal(),
        "expand" => groups.map(|g| format!("{g:04x}")).collect::<Vec<_>>().join(":"),
        _ => groups.map(|g| format!("{g:x}")).collect::<Vec<_>>().join(":"),
    }
    .into())
}

/// The first bits of an address, or the last where the amount is negative, in groups from the left.
fn cut(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let amount = int(args, 0, "amount")?
        .ok_or_else(|| Error::new("You must pass an integer for arithmetic; None is not a valid integer"))?;
    let ip = lone(&input)?;
    let bits = ip.bits();
    let wanted = u32::try_from(amount.unsigned_abs()).unwrap_or(bits).min(bits);
    let from = if amount < 0 { bits - wanted } else { 0 };
    let width = if ip.six { 16 } else { 8 };
    let group = |at: u32| {
        let size = width.min(from + wanted - at);
        let number = ip.number >> (bits - at - size) & ((1 << size) - 1);
        if ip.six { format!("{number:x}") } else { number.to_string() }
    };
    let groups: Vec<String> = (from..from + wanted).step_by(width as usize).map(group).collect();
    Ok(groups.join(if ip.six { ":" } else { "." }).into())
}
