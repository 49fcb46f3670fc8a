//! Networks, as the collection ansible.utils has them: `ipsubnet`, `ipmath`, `nthhost`, `next_nth_usable`,
//! `network_in_usable`, `cidr_merge` and the like.

use super::Filter;
use super::addresses::{Address, invalid};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::netaddr::{Net, merged, spanning};
use crate::template::value::{Error, Result, Value};

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
    let query = args.get(0, "query").map_or(Ok(String::new()), Value::to_text)?;
    let index = args.opt_int(1, "index")?;
    if query.is_empty() {
        return Ok(net.to_string().into());
    }
    if let Ok(prefix) = query.parse::<u32>() {
        if prefix > net.ip.bits() {
            return Ok(Value::Bool(false));
        }
        return Ok(match index {
            // The nth of the networks around it, from the one of that size inwards.
            Some(index) if is_address || prefix < net.prefix => {
                let around: Vec<u32> = (prefix..net.prefix).collect();
                let at = if index < 0 { index + around.len() as i64 } else { index };
                match usize::try_from(at).ok().and_then(|at| around.get(at)) {
                    Some(&prefix) if is_address => Net { prefix, ..net }.network().to_string().into(),
                    Some(&prefix) if index == 0 => Net { prefix, ..net }.to_string().into(),
                    _ => Value::Bool(false),
                }
            }
            Some(index) => nth_subnet(net, prefix, index),
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
    // Counted in subnets of the size asked for, else of the value's own.
    let around = around.network();
    if !around.covers(net) {
        return Err(Error::new(format!("{net} is not in the subnet {around}")));
    }
    let shift = net.ip.bits() - net.prefix;
    let place = net.ip.number.wrapping_sub(around.ip.number).checked_shr(shift).unwrap_or(0);
    Ok((place + 1).to_string().into())
}

fn nth_subnet(net: Net, prefix: u32, index: i64) -> Value {
    let shift = net.ip.bits() - prefix;
    let step = |n: u128| if shift == 128 { Some(0) } else { n.checked_mul(1u128 << shift) };
    let offset = step(u128::from(index.unsigned_abs())).and_then(|o| i128::try_from(o).ok());
    let ip = match (offset, index < 0) {
        (Some(offset), false) => net.first().plus(offset),
        (Some(offset), true) => net.last().plus(1 - offset).or_else(|| net.last().plus(-offset)?.plus(1)),
        _ => None,
    };
    match ip.filter(|ip| net.holds(*ip)) {
        Some(ip) => Net { ip, prefix }.to_string().into(),
        None => Value::Bool(false),
    }
}

fn integer(args: &Args, name: &str) -> Result<i128> {
    match args.get(0, name) {
        None => Err(Error::new("Must pass in an integer")),
        Some(value) => value.to_text()?.trim().parse().map_err(|_| {
            Error::new(format!(
                "['argument \\'{name}\\' is of type {} and we were unable to convert to int']",
                value.type_name()
            ))
        }),
    }
}

/// The address so many further on.
fn math(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let amount = integer(args, "amount")?;
    let address = Address::read(&input, None).ok_or_else(|| invalid(&input))?;
    let ip = address.net.ip.plus(amount);
    ip.map(|ip| ip.to_string().into()).ok_or_else(|| Error::new("result outside valid IP address boundary!"))
}

/// The address at a place of the network.
fn nth_host(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let place = args.get(0, "query").map_or(Ok(String::new()), Value::to_text)?;
    let (Some(address), Ok(place)) = (Address::read(&input, None), place.parse()) else {
        return Ok(Value::Bool(false));
    };
    Ok(address.net.nth(place).map_or(Value::Bool(false), |ip| ip.to_string().into()))
}

/// The usable address so many further on or back.
fn neighbour(input: &Value, args: &Args, sign: i128) -> Result<Value> {
    let offset = args.get(0, "offset").map(|_| integer(args, "offset")).transpose()?;
    let Some(address) = Address::read(input, None) else { return Ok(Value::Bool(false)) };
    let offset = offset.ok_or_else(|| Error::new("Must pass in an integer"))?;
    let Some((first, last)) = address.net.usable() else { return Ok(Value::None) };
    let ip = address.net.ip.plus(offset.saturating_mul(sign)).filter(|ip| first <= *ip && *ip <= last);
    Ok(ip.map_or(Value::None, |ip| ip.to_string().into()))
}

/// Whether a network holds another, all of it or only with its usable addresses.
fn within(input: &Value, args: &Args, usable: bool) -> Result<Value> {
    let test = args.required(0, "test")?;
    let (Some(around), Some(inner)) = (Address::read(input, None), Address::read(test, None)) else {
        return Ok(Value::Bool(input.equals(test)? && !input.is_mapping()));
    };
    let (around, inner) = (around.net, inner.net);
    let (first, last) = match around.usable() {
        Some(pair) if usable => pair,
        _ => (around.first(), around.last()),
    };
    let same = inner.ip.six == around.ip.six;
    Ok(Value::Bool(same && first <= inner.first() && inner.last() <= last))
}

/// Those of a list that lie in a network.
fn reduce(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let around = Address::read(args.required(0, "network")?, None);
    let mut out = Vec::new();
    for item in input.iter()? {
        if let (Some(around), Some(inner)) = (&around, Address::read(&item, None))
            && around.net.covers(inner.net)
        {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

/// The fewest networks with the same addresses, or one that spans all.
fn merge(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let mut networks = Vec::new();
    for item in input.iter()? {
        let address = Address::read(&item, None);
        let address = address.ok_or_else(|| {
            Error::new(format!(
                "cidr_merge: error in netaddr:\ninvalid IPNetwork {}",
                item.to_text().unwrap_or_default()
            ))
        })?;
        networks.push(address.net);
    }
    match args.str_or(0, "action", "merge")? {
        "merge" => Ok(Value::list(merged(&networks).iter().map(|n| Value::from(n.to_string())))),
        "span" => Ok(spanning(&networks).map_or(Value::None, |n| n.to_string().into())),
        other => Err(Error::new(format!("cidr_merge: invalid action '{other}'"))),
    }
}

/// All addresses of a network, and how many they are.
fn range(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let failed = |what: &str| {
        let shown = input.repr().unwrap_or_default();
        Error::new(format!("Error while using plugin 'usable_range': {} {what}", shown))
    };
    let address =
        Address::read(&input, None).ok_or_else(|| failed("does not appear to be an IPv4 or IPv6 network"))?;
    let net = address.net;
    if net.ip != net.first() {
        return Err(failed("has host bits set"));
    }
    if !net.at_most(MOST) {
        return Err(failed(&format!("has more than {MOST} addresses")));
    }
    let count = (net.last().number - net.first().number) as i64 + 1;
    let all = (0..count).filter_map(|i| net.first().plus(i.into())).map(|ip| Value::from(ip.to_string()));
    Ok(Value::dict([("usable_ips", Value::list(all)), ("number_of_ips", Value::Int(count))]))
}
