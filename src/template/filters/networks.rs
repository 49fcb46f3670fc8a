//! Networks, as the collection ansible.utils has them: `ipsubnet`, `ipmath`, `nthhost`, `next_nth_usable`,
//! `network_in_usable`, `cidr_merge` and the like.

use super::Filter;
use super::addresses::{Address, beside, invalid};
use super::declared::{int, text, texts};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::netaddr::{Ip, Net, merged, spanning};
use crate::template::value::{Error, Result, Value};
use num_bigint::BigUint;

/// How many addresses `usable_range` lists at most.
const MOST: u128 = 1 << 20;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["ansible.utils.ipsubnet", "ansible.netcommon.ipsubnet", "ipsubnet"],
        &["query", "index"],
        subnet,
    ),
    Filter::new(&["ansible.utils.ipmath", "ansible.netcommon.ipmath", "ipmath"], &["amount"], math),
    Filter::new(&["ansible.utils.nthhost", "ansible.netcommon.nthhost", "nthhost"], &["query"], nth_host),
    Filter::new(
        &["ansible.utils.next_nth_usable", "ansible.netcommon.next_nth_usable", "next_nth_usable"],
        &["offset"],
        |_, input, args| neighbour(&input, args, 1),
    ),
    Filter::new(
        &[
            "ansible.utils.previous_nth_usable",
            "ansible.netcommon.previous_nth_usable",
            "previous_nth_usable",
        ],
        &["offset"],
        |_, input, args| neighbour(&input, args, -1),
    ),
    Filter::new(
        &["ansible.utils.network_in_network", "ansible.netcommon.network_in_network", "network_in_network"],
        &["test"],
        |_, input, args| within(&input, args, false),
    ),
    Filter::new(
        &["ansible.utils.network_in_usable", "ansible.netcommon.network_in_usable", "network_in_usable"],
        &["test"],
        |_, input, args| within(&input, args, true),
    ),
    Filter::new(
        &["ansible.utils.reduce_on_network", "ansible.netcommon.reduce_on_network", "reduce_on_network"],
        &["network"],
        reduce,
    ),
    Filter::new(
        &["ansible.utils.cidr_merge", "ansible.netcommon.cidr_merge", "cidr_merge"],
        &["action"],
        merge,
    ),
    Filter::new(&["ansible.utils.usable_range", "usable_range"], &[], range),
];

/// The number of subnets of a size, one of them, or the place of a subnet within a network (from 1).
fn subnet(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Some(Address { net, has_prefix, .. }) = Address::read(&input, None) else {
        return Ok(Value::Bool(false));
    };
    let is_address = !has_prefix || net.at_most(1);
    let net = net.network();
    let query = args.get(0, "query").map_or(Ok(String::new()), text)?;
    let index = int(args, 1, "index")?.map(|i| i64::try_from(i).unwrap_or(i64::MAX));
    if query.is_empty() {
        return Ok(net.to_string().into());
    }
    if let Ok(prefix) = query.parse::<u32>() {
        if prefix > net.ip.bits() {
            return Ok(Value::Bool(false));
        }
        if is_address && prefix == net.prefix {
            return Err(Error::new("list index out of range"));
        }
        return Ok(match index {
            // The nth of the networks around it, from the one of that size inwards.
            Some(index) if is_address || prefix < net.prefix => {
                let around: Vec<u32> = (prefix..net.prefix).collect();
                let at = if index < 0 { index + around.len() as i64 } else { index };
                match usize::try_from(at).ok().and_then(|at| around.get(at)) {
                    // Places beyond half of the bits are not looked at.
                    _ if is_address && index > i64::from(net.ip.bits() / 2) => Value::Bool(false),
                    Some(&prefix) if is_address => Net { prefix, ..net }.network().to_string().into(),
                    Some(&prefix) if index == 0 => numbered(net.ip, prefix)?,
                    None if is_address && index > 0 => return Err(Error::new("list index out of range")),
                    _ => Value::Bool(false),
                }
            }
            Some(index) => nth_subnet(net, prefix, index)?,
            None if is_address => Net { prefix, ..net }.network().to_string().into(),
            None if prefix < net.prefix => {
                return Err(Error::new(format!("Requested subnet size of {query} is invalid")));
            }
            None => {
                let shift = prefix - net.prefix;
                num_bigint::BigUint::from(2u32).pow(shift).to_string().into()
            }
        });
    }
    let around = Net::parse(&query).ok_or_else(|| {
        Error::new(format!("You must pass a valid subnet or IP address; {query} is invalid"))
    })?;
    // Counted in subnets of the value's size. Versions do not matter: these are numbers of as many bits as the value.
    let (number, around) = (around.ip.number, around.network());
    let outside = || Error::new(format!("{net} is not in the subnet {around}"));
    let shift = net.ip.bits().checked_sub(around.prefix).ok_or_else(|| Error::new("negative shift count"))?;
    let within = |number: u128| number.checked_shr(shift).unwrap_or(0);
    if within(net.ip.number) != within(number) || net.prefix < around.prefix {
        return Err(outside());
    }
    let base = within(around.ip.number).checked_shl(shift).unwrap_or(0);
    let size = net.ip.bits() - net.prefix;
    let place = net.ip.number.checked_sub(base).ok_or_else(outside)?.checked_shr(size).unwrap_or(0);
    Ok((BigUint::from(place) + 1u32).to_string().into())
}

/// A network by the number of its address: one that fits into version 4 is of that version.
fn numbered(ip: Ip, prefix: u32) -> Result<Value> {
    let ip = Ip::of(ip.number, false);
    match prefix <= ip.bits() {
        true => Ok(Net { ip, prefix }.to_string().into()),
        false => Err(Error::new(format!("invalid IPNetwork {ip}/{prefix}"))),
    }
}

fn nth_subnet(net: Net, prefix: u32, index: i64) -> Result<Value> {
    let shift = net.ip.bits() - prefix;
    let step = |n: u128| if shift == 128 { Some(0) } else { n.checked_mul(1u128 << shift) };
    let offset = step(u128::from(index.unsigned_abs())).and_then(|o| i128::try_from(o).ok());
    let ip = match (offset, index < 0) {
        (Some(offset), false) => net.first().plus(offset),
        (Some(offset), true) => net.last().plus(1 - offset).or_else(|| net.last().plus(-offset)?.plus(1)),
        _ => None,
    };
    match ip.filter(|ip| net.holds(*ip)) {
        Some(ip) => numbered(ip, prefix),
        None => Ok(Value::Bool(false)),
    }
}

/// The address so many further on.
fn math(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let amount = int(args, 0, "amount")?
        .ok_or_else(|| Error::new("You must pass an integer for arithmetic; None is not a valid integer"))?;
    let text = input.as_str().filter(|text| text.contains(['.', ':']));
    let net = text.and_then(Net::parse).ok_or_else(|| invalid(&input))?;
    let ip = net.ip.plus(amount);
    ip.map(|ip| ip.to_string().into()).ok_or_else(|| Error::new("result outside valid IP address boundary!"))
}

/// The address at a place of the network.
fn nth_host(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let place = args.get(0, "query").map_or(Ok(String::new()), text)?;
    let (Some(address), Ok(place)) = (Address::read(&input, None), place.parse::<i128>()) else {
        return Ok(Value::Bool(false));
    };
    match address.net.nth(place) {
        Some(ip) => Ok(ip.to_string().into()),
        None if place >= 0 => Ok(Value::Bool(false)),
        None => Err(Error::new("index out range for address range size!")),
    }
}

/// The usable address so many further on or back.
fn neighbour(input: &Value, args: &Args, sign: i128) -> Result<Value> {
    let offset = int(args, 0, "offset")?;
    let Some(address) = Address::read(input, None) else { return Ok(Value::Bool(false)) };
    let offset = offset.ok_or_else(|| Error::new("Must pass in an integer"))?;
    beside(address.net, offset.saturating_mul(sign))
}

/// The numbers of the addresses of a network, or only of those that hosts may have: comparisons care for numbers only,
/// whatever the version, and what is no address counts as zero.
fn numbers(value: &Value, usable: bool) -> (u128, u128) {
    let Some(Address { net, .. }) = Address::read(value, None) else { return (0, 0) };
    match net.usable() {
        Some((first, last)) if usable => (first.number, last.number),
        // A network of two has no broadcast address: its first address stands for it.
        _ if net.at_most(2) => (net.first().number, net.first().number),
        _ => (net.first().number, net.last().number),
    }
}

/// Whether a network holds another, all of it or only with its usable addresses.
fn within(input: &Value, args: &Args, usable: bool) -> Result<Value> {
    let (first, last) = numbers(input, usable);
    let inner = args.get(0, "test").map_or((0, 0), |test| numbers(test, false));
    Ok(Value::Bool(first <= inner.0 && inner.1 <= last))
}

/// Those of a list that lie in a network, as text.
fn reduce(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let (first, last) = args.get(0, "network").map_or((0, 0), |network| numbers(network, false));
    let inside = |text: &String| {
        let inner = numbers(&Value::str(text.as_str()), false);
        first <= inner.0 && inner.1 <= last
    };
    Ok(Value::list(texts(&input, "value")?.into_iter().filter(inside).map(Value::from)))
}

/// The fewest networks with the same addresses, or one that spans all.
fn merge(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let failed = |what: String| Error::new(format!("cidr_merge: error in netaddr:\n{what}"));
    let mut networks = Vec::new();
    for text in texts(&input, "value")? {
        let net = Net::parse(&text).filter(|_| text.contains(['.', ':']));
        networks.push(net.ok_or_else(|| failed(format!("invalid IPNetwork {text}")))?);
    }
    match args.get(0, "action").map_or(Ok("merge".to_owned()), text)?.as_str() {
        "merge" => Ok(Value::list(merged(&networks).iter().map(|n| Value::from(n.to_string())))),
        "span" => {
            let all = spanning(&networks).map_err(|e| failed(e.into()))?;
            Ok(all.map_or(Value::None, |n| n.to_string().into()))
        }
        other => Err(Error::new(format!("cidr_merge: invalid action '{other}'"))),
    }
}

/// All addresses of a network, and how many they are.
fn range(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let failed = |what: &str| {
        let shown = input.repr().unwrap_or_default();
        Error::new(format!("Error while using plugin 'usable_range': {} {what}", shown))
    };
    if !input.is_str() {
        return Err(Error::new(format!(
            "Error while using plugin 'usable_range': not expecting type '<class '{}'>'",
            input.type_name()
        )));
    }
    let is_number = input.as_str().is_some_and(|text| !text.contains(['.', ':']));
    let written = Address::read(&input, None).filter(|_| !is_number);
    let address = written.ok_or_else(|| failed("does not appear to be an IPv4 or IPv6 network"))?;
    let net = address.net;
    if net.ip != net.first() {
        return Err(failed("has host bits set"));
    }
    if !net.at_most(MOST) {
        return Err(failed(&format!("has more than {MOST} addresses")));
    }
    let count = (net.last().number - net.first().number) as i64 + 1;
    let all = (0..count).filter_map(|i| net.first().plus(i.into())).map(|ip| Value::from(ip.hexadecimal()));
    Ok(Value::dict([("usable_ips", Value::list(all)), ("number_of_ips", Value::Int(count))]))
}
