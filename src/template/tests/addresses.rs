//! Addresses and networks, as ansible.utils tests them: `ip`, `in_network`, `private`, `mac` and the like. They go by
//! Python's `ipaddress`, which is stricter than the library behind `ipaddr`.

use super::Test;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::netaddr::{Ip, Net};
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["ansible.utils.ip", "ip"], &[], |_, v, _| Ok(network(&v).is_some())),
    Test::new(&["ansible.utils.ip_address", "ip_address"], &[], |_, v, _| Ok(address(&v).is_some())),
    Test::new(&["ansible.utils.ipv4", "ipv4"], &[], |_, v, _| Ok(network(&v).is_some_and(|n| !n.ip.six))),
    Test::new(&["ansible.utils.ipv4_address", "ipv4_address"], &[], |_, v, _| is(&v, |ip| !ip.six)),
    Test::new(&["ansible.utils.ipv4_hostmask", "ipv4_hostmask"], &[], |_, v, _| is(&v, is_hostmask)),
    Test::new(&["ansible.utils.ipv4_netmask", "ipv4_netmask"], &[], |_, v, _| is(&v, is_netmask)),
    Test::new(&["ansible.utils.ipv6", "ipv6"], &[], |_, v, _| Ok(network(&v).is_some_and(|n| n.ip.six))),
    Test::new(&["ansible.utils.ipv6_address", "ipv6_address"], &[], |_, v, _| is(&v, |ip| ip.six)),
    Test::new(&["ansible.utils.ipv6_ipv4_mapped", "ipv6_ipv4_mapped"], &[], |_, v, _| {
        is(&v, |ip| within(ip, &["::ffff:0:0/96"]))
    }),
    Test::new(&["ansible.utils.ipv6_sixtofour", "ipv6_sixtofour"], &[], |_, v, _| {
        is(&v, |ip| within(ip, &["2002::/16"]))
    }),
    Test::new(&["ansible.utils.ipv6_teredo", "ipv6_teredo"], &[], |_, v, _| {
        is(&v, |ip| within(ip, &["2001::/32"]))
    }),
    Test::new(&["ansible.utils.loopback", "loopback"], &[], |_, v, _| is(&v, Ip::is_loopback)),
    Test::new(&["ansible.utils.multicast", "multicast"], &[], |_, v, _| is(&v, Ip::is_multicast)),
    Test::new(&["ansible.utils.unspecified", "unspecified"], &[], |_, v, _| is(&v, |ip| ip.number == 0)),
    Test::new(&["ansible.utils.private", "private"], &[], |_, v, _| is(&v, is_private)),
    Test::new(&["ansible.utils.public", "public"], &[], |_, v, _| {
        is(&v, |ip| !is_private(ip) && !within(ip, &["100.64.0.0/10"]))
    }),
    Test::new(&["ansible.utils.reserved", "reserved"], &[], |_, v, _| is(&v, |ip| within(ip, RESERVED))),
    Test::new(&["ansible.utils.mac", "mac"], &[], mac),
    Test::new(&["ansible.utils.in_network", "in_network"], &["network"], |_, v, args| {
        lies_in(&v, args.required(0, "network")?)
    }),
    Test::new(&["ansible.utils.subnet_of", "subnet_of"], &["network_b"], |_, v, args| {
        lies_in(&v, args.required(0, "network_b")?)
    }),
    Test::new(&["ansible.utils.supernet_of", "supernet_of"], &["network_b"], |_, v, args| {
        lies_in(args.required(0, "network_b")?, &v)
    }),
    Test::new(&["ansible.utils.in_any_network", "in_any_network"], &["networks"], |_, v, args| {
        Ok(how_many(&v, args)? > 0)
    }),
    Test::new(&["ansible.utils.in_one_network", "in_one_network"], &["networks"], |_, v, args| {
        Ok(how_many(&v, args)? == 1)
    }),
];

/// Networks that Python 3.11 takes for private.
const PRIVATE: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/29",
    "192.0.0.170/31",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/127",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2001:10::/28",
    "fc00::/7",
    "fe80::/10",
];

/// Networks that are kept for later.
const RESERVED: &[&str] = &[
    "240.0.0.0/4",
    "::/5",
    "800::/5",
    "1000::/4",
    "4000::/2",
    "8000::/2",
    "c000::/3",
    "e000::/4",
    "f000::/5",
    "f800::/6",
    "fe00::/9",
];

fn within(ip: Ip, networks: &[&str]) -> bool {
    networks.iter().filter_map(|n| Net::parse(n)).any(|n| n.holds(ip))
}

/// An address alone; one of version 6 may name its link.
fn address(value: &Value) -> Option<Ip> {
    let text = value.as_str()?;
    match text.split_once('%') {
        Some((text, link)) if !link.is_empty() && !link.contains('%') => Ip::parse(text).filter(|ip| ip.six),
        Some(_) => None,
        None => Ip::parse(text),
    }
}

/// An address or a network without bits for hosts.
fn network(value: &Value) -> Option<Net> {
    let text = value.as_str()?;
    let Some((first, mask)) = text.split_once('/') else { return address(value).map(Net::host) };
    let ip = address(&Value::str(first))?;
    let digits = !mask.is_empty() && mask.bytes().all(|b| b.is_ascii_digit());
    if !digits && ip.six {
        return None;
    }
    let net = Net::parse(&format!("{ip}/{mask}"))?;
    (net.first() == ip).then_some(net)
}

fn is(value: &Value, holds: fn(Ip) -> bool) -> Result<bool> {
    Ok(address(value).is_some_and(holds))
}

fn is_private(ip: Ip) -> bool {
    match ip.six && ip.number >> 32 == 0xffff {
        true => within(Ip { six: false, number: ip.number & 0xffff_ffff }, PRIVATE),
        false => within(ip, PRIVATE),
    }
}

/// Whether it is the mask of a network; the collection tries it on 10.0.0.0, which needs seven bits.
fn is_netmask(ip: Ip) -> bool {
    !ip.six && (7..=32).any(|prefix| Net { ip, prefix }.netmask() == ip)
}

/// Whether it is the inverse of such a mask.
fn is_hostmask(ip: Ip) -> bool {
    !ip.six && (7..32).any(|prefix| Net { ip, prefix }.hostmask() == ip)
}

fn lies_in(inner: &Value, outer: &Value) -> Result<bool> {
    Ok(matches!((network(inner), network(outer)), (Some(inner), Some(outer)) if outer.covers(inner)))
}

/// How many of the networks hold it.
fn how_many(value: &Value, args: &Args) -> Result<usize> {
    let networks = args.required(0, "networks")?;
    match networks {
        // Text is a list of its characters, of which none is a network.
        Value::Str(_) => Ok(0),
        Value::List(_) | Value::View(_) => {
            let mut count = 0;
            for network in networks.iter()? {
                count += usize::from(lies_in(value, &network)?);
            }
            Ok(count)
        }
        Value::Undefined(marker) => Err(Error(marker.clone())),
        other => Err(Error::new(format!("'{}' object is not iterable", other.type_name()))),
    }
}

/// Whether text is a hardware address: six bytes between colons or hyphens, three groups between dots, twelve digits.
fn mac(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<bool> {
    let Some(text) = input.as_str() else {
        return Err(Error::new(format!("expected string or bytes-like object, got '{}'", input.type_name())));
    };
    let groups = |by: &[char], count: usize, width: usize| {
        let parts: Vec<&str> = text.split(by).collect();
        let fits = |p: &&str| p.len() == width && p.bytes().all(|b| b.is_ascii_hexdigit());
        parts.len() == count && parts.iter().all(fits)
    };
    Ok(groups(&[':', '-'], 6, 2) || groups(&['.'], 3, 4) || groups(&[], 1, 12))
}
