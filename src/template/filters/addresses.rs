//! IP addresses, as the collection ansible.utils has them: `ipaddr`, `ipv4`, `ipv6`, `ipwrap`, `ip4_hex`, `ipv6form`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::netaddr::{Ip, Net};
use crate::template::value::{Error, Result, Value};
use num_bigint::BigInt;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["ansible.utils.ipaddr", "ansible.netcommon.ipaddr", "ipaddr"],
        &["query", "version", "alias"],
        |_, input, args| {
            let version = args.opt_int(1, "version")?;
            queried(&input, &query_of(args)?, version, "ipaddr")
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
        |_, input, _| wrapped(&input),
    ),
    Filter::new(&["ansible.utils.ip4_hex", "ansible.netcommon.ip4_hex", "ip4_hex"], &["delimiter"], hex),
    Filter::new(&["ansible.utils.ipv6form", "ipv6form"], &["format"], form),
];

/// What is asked for: text, or a number as text.
fn query_of(args: &Args) -> Result<String> {
    args.get(0, "query").map_or(Ok(String::new()), Value::to_text)
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
    match input {
        Value::List(_) | Value::Tuple(_) | Value::View(_) => {
            let mut out = Vec::new();
            for item in input.iter()? {
                let Ok(answer) = one(&item, query, version, alias) else { continue };
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
    let usable = |net: Net| -> Result<Option<(Ip, Ip)>> {
        if !a.has_prefix { Err(Error::new("Not a network address")) } else { Ok(net.usable()) }
    };
    match query {
        "" => text(a.shown()),
        "bool" => Ok(Value::Bool(true)),
        // The address of a network is a host's in version 6 (the anycast of its routers).
        "address" | "ip" => when(net.ip.six || a.is_host(), net.ip.to_string()),
        "host" => when(a.is_host(), net.to_string()),
        "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            Ok(if a.is_host() { net.to_string().into() } else { Value::Bool(false) })
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
        "public" => when(net.ip.is_public(), a.written.clone()),
        "private" => when(!net.ip.is_public() && !net.ip.is_multicast(), a.written.clone()),
        "unicast" => when(!net.ip.is_multicast(), a.written.clone()),
        "multicast" => when(net.ip.is_multicast(), a.written.clone()),
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
        "ipv6" => text(a.shown()),
        "6to4" => Ok(match net.ip.six {
            true if net.ip.number >> 112 == 0x2002 => a.written.clone().into(),
            false if (a.is_host() && !net.ip.is_multicast()) && !(a.is_network() && net.at_most(2)) => {
                let (high, low) = (net.ip.number >> 16, net.ip.number & 0xffff);
                format!("2002:{high:04x}:{low:04x}::1/48").into()
            }
            _ => Value::Bool(false),
        }),
        "first_usable" => usable(net)?.map_or_else(none, |(first, _)| text(first.to_string())),
        "last_usable" => usable(net)?.map_or_else(none, |(_, last)| text(last.to_string())),
        "range_usable" => usable(net)?.map_or_else(none, |(first, last)| text(format!("{first}-{last}"))),
        "next_usable" | "previous_usable" => {
            let step = if query == "next_usable" { 1 } else { -1 };
            let Some((first, last)) = usable(net)? else { return none() };
            let next = net.ip.plus(step).filter(|ip| first <= *ip && *ip <= last);
            next.map_or_else(none, |ip| text(ip.to_string()))
        }
        "peer" => peer(a),
        number if number.parse::<i128>().is_ok() => {
            let place = number.parse().unwrap_or(0);
            if net.at_most(1) {
                return text(a.shown());
            }
            Ok(match net.nth(place) {
                Some(ip) => Net { ip, ..net }.to_string().into(),
                None => Value::Bool(false),
            })
        }
        other => match Net::parse(other) {
            Some(around) => when(around.covers(net), a.written.clone()),
            None => Err(Error::new(format!("{alias}: unknown filter type: {other}"))),
        },
    }
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

/// Addresses of version 6 in brackets; anything else as it is.
fn wrapped(input: &Value) -> Result<Value> {
    if let Value::List(_) | Value::Tuple(_) | Value::View(_) = input {
        return Ok(Value::list(input.iter()?.map(|item| wrapped(&item)).collect::<Result<Vec<_>>>()?));
    }
    Ok(match Address::read(input, None) {
        Some(a) if a.net.ip.six && a.has_prefix => format!("[{}]/{}", a.net.ip, a.net.prefix).into(),
        Some(a) if a.net.ip.six => format!("[{}]", a.net.ip).into(),
        Some(a) if !input.is_str() => a.net.to_string().into(),
        Some(a) => a.shown().into(),
        None => input.clone(),
    })
}

pub(super) fn invalid(value: &Value) -> Error {
    Error::new(format!(
        "You must pass a valid IP address; {} is invalid",
        value.to_text().unwrap_or_default()
    ))
}

/// An address of version 4 as hexadecimal digits.
fn hex(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let ip = input.as_str().and_then(Ip::parse).filter(|ip| !ip.six).ok_or_else(|| invalid(&input))?;
    let bytes = (ip.number as u32).to_be_bytes().map(|byte| format!("{byte:02x}"));
    Ok(bytes.join(args.str_or(0, "delimiter", "")?).into())
}

/// An address of version 6, compressed or in full.
fn form(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let format = args.str(0, "format")?;
    if !matches!(format, "compress" | "expand" | "x509") {
        return Err(Error::new(format!(
            "['value of format must be one of: compress, expand, x509, got: {format}']"
        )));
    }
    let ip = input.as_str().and_then(Ip::parse).filter(|ip| ip.six).ok_or_else(|| invalid(&input))?;
    let groups = (0..8).rev().map(|i| ip.number >> (16 * i) & 0xffff);
    Ok(match format {
        "compress" => ip.to_string(),
        "expand" => groups.map(|g| format!("{g:04x}")).collect::<Vec<_>>().join(":"),
        _ => groups.map(|g| format!("{g:x}")).collect::<Vec<_>>().join(":"),
    }
    .into())
}
