//! IP addresses and networks of both versions, as the `ipaddr` family computes with them.

use num_bigint::BigUint;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ip {
    /// Version 6.
    pub six: bool,
    /// Its number.
    pub number: u128,
}

/// An address with the length of its network's prefix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Net {
    /// The address, any of the network's.
    pub ip: Ip,
    /// How many bits are the network's.
    pub prefix: u32,
}

/// Networks that are not reachable everywhere, by IANA's registries.
const LOCAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];

/// What within them is reachable all the same.
const GLOBAL: &[&str] = &[
    "192.0.0.9/32",
    "192.0.0.10/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
];

impl Ip {
    /// How many bits an address has.
    pub fn bits(self) -> u32 {
        if self.six { 128 } else { 32 }
    }

    /// The address of that number, of version 4 where it fits unless `six`.
    pub fn of(number: u128, six: bool) -> Ip {
        Ip { six: six || number > u128::from(u32::MAX), number }
    }

    /// Reads an address.
    pub fn parse(text: &str) -> Option<Ip> {
        if let Ok(four) = text.parse::<Ipv4Addr>() {
            return Some(Ip { six: false, number: u32::from(four).into() });
        }
        text.parse::<Ipv6Addr>().ok().map(|six| Ip { six: true, number: six.into() })
    }

    /// The address further on, if there is one.
    pub fn plus(self, offset: i128) -> Option<Ip> {
        let number = self.number.checked_add_signed(offset)?;
        (self.six || number <= u128::from(u32::MAX)).then_some(Ip { number, ..self })
    }

    /// Whether it lies in one of those networks.
    fn within(self, networks: &[&str]) -> bool {
        networks.iter().filter_map(|n| Net::parse(n)).any(|n| n.holds(self))
    }

    /// Whether it is a multicast address.
    pub fn is_multicast(self) -> bool {
        self.within(&["224.0.0.0/4", "ff00::/8"])
    }

    /// Whether it is one host's and reachable everywhere.
    pub fn is_public(self) -> bool {
        !self.is_multicast() && (!self.within(LOCAL) || self.within(GLOBAL))
    }

    /// Whether it is this machine's own.
    pub fn is_loopback(self) -> bool {
        self.within(&["127.0.0.0/8", "::1/128"])
    }

    /// Whether it is valid on one link only.
    pub fn is_link_local(self) -> bool {
        self.within(&["169.254.0.0/16", "fe80::/10"])
    }

    /// Whether it is a network's mask or its inverse rather than an address.
    pub fn is_mask(self) -> bool {
        let all = if self.six { u128::MAX } else { u32::MAX.into() };
        let ones = |mask: u128| mask & mask.wrapping_add(1) == 0;
        ones(self.number) || ones(self.number ^ all)
    }

    /// As Python's `ipaddress` writes it: version 6 in hexadecimal only.
    pub fn hexadecimal(self) -> String {
        if !self.six {
            return self.to_string();
        }
        // The standard library writes these two ranges with a dotted end.
        match self.number >> 32 {
            0xffff => format!("::ffff:{:x}:{:x}", self.number >> 16 & 0xffff, self.number & 0xffff),
            _ => Ipv6Addr::from(self.number).to_string(),
        }
    }

    /// Its name in the reverse zones of DNS.
    pub fn reverse_name(self) -> String {
        if self.six {
            let nibbles: String = (0..32).map(|i| format!("{:x}.", self.number >> (4 * i) & 15)).collect();
            return format!("{nibbles}ip6.arpa.");
        }
        let bytes: String = (0..4).map(|i| format!("{}.", self.number >> (8 * i) & 255)).collect();
        format!("{bytes}in-addr.arpa.")
    }
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.six {
            // As the C library does, with a dotted end where the address stands for one of version 4.
            true if self.number >> 32 == 0 && self.number >> 16 != 0 => {
                write!(f, "::{}", Ipv4Addr::from(self.number as u32))
            }
            true => write!(f, "{}", Ipv6Addr::from(self.number)),
            false => write!(f, "{}", Ipv4Addr::from(self.number as u32)),
        }
    }
}

impl Net {
    /// An address alone.
    pub fn host(ip: Ip) -> Net {
        Net { ip, prefix: ip.bits() }
    }

    /// Reads `address` or `address/length`, where the length may be a netmask or a wildcard mask.
    pub fn parse(text: &str) -> Option<Net> {
        let (address, mask) = match text.split_once('/') {
            Some((address, mask)) => (address, Some(mask)),
            None => (text, None),
        };
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let ip = if digits(address) { Ip::of(address.parse().ok()?, false) } else { Ip::parse(address)? };
        let Some(mask) = mask else { return Some(Net::host(ip)) };
        let prefix = if digits(mask) {
            mask.parse().ok()?
        } else {
            let mask = Ip::parse(mask).filter(|m| m.six == ip.six)?.number;
            let all = Net::host(ip).all_ones();
            let ones = |m: u128| (m ^ all).wrapping_add(1) & (m ^ all) == 0;
            if ones(mask) {
                mask.count_ones()
            } else if ones(mask ^ all) {
                (mask ^ all).count_ones()
            } else {
                return None;
            }
        };
        (prefix <= ip.bits()).then_some(Net { ip, prefix })
    }

    fn all_ones(self) -> u128 {
        if self.ip.six { u128::MAX } else { u32::MAX.into() }
    }

    /// The bits that are not the network's.
    fn host_bits(self) -> u128 {
        let free = self.ip.bits() - self.prefix;
        if free == 128 { u128::MAX } else { (1u128 << free) - 1 }
    }

    /// The first address.
    pub fn first(self) -> Ip {
        Ip { number: self.ip.number & !self.host_bits(), ..self.ip }
    }

    /// The last address.
    pub fn last(self) -> Ip {
        Ip { number: self.ip.number | self.host_bits(), ..self.ip }
    }

    /// The network by its first address.
    pub fn network(self) -> Net {
        Net { ip: self.first(), ..self }
    }

    /// The mask of the network's bits.
    pub fn netmask(self) -> Ip {
        Ip { number: self.all_ones() ^ self.host_bits(), ..self.ip }
    }

    /// The mask of the host's bits.
    pub fn hostmask(self) -> Ip {
        Ip { number: self.host_bits(), ..self.ip }
    }

    /// How many addresses it has.
    pub fn size(self) -> BigUint {
        BigUint::from(self.host_bits()) + 1u32
    }

    /// Whether it has no more addresses than that.
    pub fn at_most(self, addresses: u128) -> bool {
        self.host_bits() < addresses
    }

    /// The broadcast address, where there is one.
    pub fn broadcast(self) -> Option<Ip> {
        (!self.at_most(2)).then(|| self.last())
    }

    /// The first and last address that a host may have.
    pub fn usable(self) -> Option<(Ip, Ip)> {
        match self.host_bits() {
            0 => None,
            1 => Some((self.first(), self.last())),
            _ => Some((self.first().plus(1)?, self.last().plus(-1)?)),
        }
    }

    /// Whether the address is one of its.
    pub fn holds(self, ip: Ip) -> bool {
        ip.six == self.ip.six && self.first() <= ip && ip <= self.last()
    }

    /// Whether all of the other's addresses are its.
    pub fn covers(self, other: Net) -> bool {
        self.holds(other.first()) && self.holds(other.last())
    }

    /// The address at that place, counted from the end where negative.
    pub fn nth(self, place: i128) -> Option<Ip> {
        let ip = if place < 0 { self.last().plus(place + 1)? } else { self.first().plus(place)? };
        self.holds(ip).then_some(ip)
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.prefix)
    }
}

/// The networks that hold the addresses from one number to another.
fn between(six: bool, first: u128, last: u128) -> Vec<Net> {
    let bits = if six { 128 } else { 32 };
    let mut out = Vec::new();
    let mut next = first;
    loop {
        let ip = Ip { six, number: next };
        // The largest network that begins here and does not end beyond.
        let net = (0..=bits)
            .map(|prefix| Net { ip, prefix })
            .find(|net| net.first() == ip && net.last().number <= last)
            .unwrap_or(Net::host(ip));
        out.push(net);
        match net.last().number.checked_add(1) {
            Some(number) if number <= last => next = number,
            _ => return out,
        }
    }
}

/// The fewest networks that hold the same addresses, those of version 4 first. One that touches no other stays as it was
/// written, with the bits of its host.
pub fn merged(networks: &[Net]) -> Vec<Net> {
    struct Range {
        six: bool,
        last: u128,
        first: u128,
        /// The network that it was, unless it was joined with another.
        net: Option<Net>,
    }
    let range = |net: &Net| Range {
        six: net.ip.six,
        last: net.last().number,
        first: net.first().number,
        net: Some(*net),
    };
    let mut ranges: Vec<Range> = networks.iter().map(range).collect();
    ranges.sort_by_key(|r| (r.six, r.last, r.first));
    let mut joined: Vec<Range> = Vec::new();
    while let Some(mut range) = ranges.pop() {
        while let Some(before) =
            ranges.pop_if(|before| before.six == range.six && range.first <= before.last.saturating_add(1))
        {
            range = Range { first: range.first.min(before.first), net: None, ..range };
        }
        joined.push(range);
    }
    let parts = joined.iter().rev().map(|range| match range.net {
        Some(net) => vec![net],
        None => between(range.six, range.first, range.last),
    });
    parts.flatten().collect()
}

/// The network around the first and the last in order, as netaddr finds it; one alone stays as it is. Where networks
/// overlap or begin alike, it need not hold all of them.
///
/// # Errors
/// They are of both versions.
pub fn spanning(networks: &[Net]) -> Result<Option<Net>, &'static str> {
    let order = |net: &&Net| (net.ip.six, net.first(), net.prefix, net.ip);
    let (Some(lowest), Some(highest)) =
        (networks.iter().min_by_key(order), networks.iter().max_by_key(order))
    else {
        return Ok(None);
    };
    if networks.len() == 1 {
        return Ok(Some(*lowest));
    }
    if lowest.ip.six != highest.ip.six {
        return Err("IP sequence cannot contain both IPv4 and IPv6!");
    }
    let mut net = Net { ip: highest.last(), ..*highest };
    while net.prefix > 0 && net.ip > lowest.first() {
        net.prefix -= 1;
        net = net.network();
    }
    Ok(Some(net))
}
