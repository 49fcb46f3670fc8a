//! Lists put together: `zip`, `zip_longest`, `product`, `permutations`, `combinations`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// The most items that a filter may yield.
pub(super) const MOST: usize = 1_000_000;

/// The most places that all items together may have.
const CELLS: usize = 10_000_000;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["zip"], &[], zip).open(),
    Filter::new(&["zip_longest"], &[], zip_longest).open(),
    Filter::new(&["product"], &[], product).open(),
    Filter::new(&["permutations"], &["r"], |_, input, args| choose(&input, args, true)),
    Filter::new(&["combinations"], &["r"], |_, input, args| {
        match args.get(0, "r") {
            None => return Err(Error::new("combinations() missing required argument 'r' (pos 2)")),
            Some(Value::None) => {
                return Err(Error::new("'NoneType' object cannot be interpreted as an integer"));
            }
            Some(_) => {}
        }
        choose(&input, args, false)
    }),
];

fn columns(input: &Value, args: &Args) -> Result<Vec<Vec<Value>>> {
    let mut columns = vec![input.iter()?.collect::<Vec<_>>()];
    for other in &args.positional {
        columns.push(other.iter()?.collect());
    }
    Ok(columns)
}

/// Rows of the nth items of all lists, as many as the shortest has.
///
/// # Errors
/// Something cannot be walked, or `strict` is asked for and they differ in length.
fn zip(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if let Some((name, _)) = args.named.iter().find(|(n, _)| &**n != "strict") {
        return Err(Error::new(format!("zip() got an unexpected keyword argument '{name}'")));
    }
    let columns = columns(&input, args)?;
    let length = columns.iter().map(Vec::len).min().unwrap_or(0);
    if args.keyword("strict").is_some_and(|v| v.is_true().unwrap_or(false))
        && let Some(at) = columns.iter().skip(1).position(|c| Some(c.len()) != columns.first().map(Vec::len))
    {
        let first = columns.first().map_or(0, Vec::len);
        let how = if columns.get(at + 1).map_or(0, Vec::len) < first { "shorter" } else { "longer" };
        let than = if at == 0 { "argument 1".to_owned() } else { format!("arguments 1-{}", at + 1) };
        return Err(Error::new(format!("zip() argument {} is {how} than {than}", at + 2)));
    }
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let rows = (0..length).map(|_| Value::tuple(columns.iter_mut().filter_map(Iterator::next)));
    Ok(Value::list(rows.collect::<Vec<_>>()))
}

/// Rows of the nth items of all lists, as many as the longest has, gaps filled with `fillvalue`.
///
/// # Errors
/// Something cannot be walked.
fn zip_longest(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if args.named.iter().any(|(n, _)| &**n != "fillvalue") {
        return Err(Error::new("zip_longest() got an unexpected keyword argument"));
    }
    let fill = args.keyword("fillvalue").cloned().unwrap_or(Value::None);
    let columns = columns(&input, args)?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let rows = (0..length)
        .map(|_| Value::tuple(columns.iter_mut().map(|c| c.next().unwrap_or_else(|| fill.clone()))));
    Ok(Value::list(rows.collect::<Vec<_>>()))
}

fn too_many() -> Error {
    Error::new(format!("the result would have more than {MOST} items"))
}

/// Every combination of an item of each list, all of them `repeat` times.
///
/// # Errors
/// Something cannot be walked, or there would be too many.
fn product(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if let Some((name, _)) = args.named.iter().find(|(n, _)| &**n != "repeat") {
        return Err(Error::new(format!("product() got an unexpected keyword argument '{name}'")));
    }
    let repeat = match args.keyword("repeat") {
        None => 1,
        Some(v) => match v.as_int() {
            Some(n) if n < 0 => return Err(Error::new("repeat argument cannot be negative")),
            Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
            None => {
                let name = v.type_name();
                return Err(Error::new(format!("'{name}' object cannot be interpreted as an integer")));
            }
        },
    };
    let columns = columns(&input, args)?;
    if columns.len().saturating_mul(repeat) > 1000 {
        return Err(too_many());
    }
    let columns: Vec<&Vec<Value>> = std::iter::repeat_n(&columns, repeat).flatten().collect();
    let count = columns.iter().try_fold(1usize, |n, c| n.checked_mul(c.len()).filter(|n| *n <= MOST));
    if count.is_none() && columns.iter().all(|c| !c.is_empty()) {
        return Err(too_many());
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    if count.unwrap_or(0) == 0 {
        rows.clear();
    }
    for column in columns {
        let mut next = Vec::with_capacity(rows.len() * column.len());
        for row in &rows {
            for item in column {
                let mut row = row.clone();
                row.push(item.clone());
                next.push(row);
            }
        }
        rows = next;
    }
    Ok(Value::list(rows.into_iter().map(Value::tuple)))
}

/// All ways to take `r` items, with (`ordered`) or without regard to their order.
fn choose(input: &Value, args: &Args, ordered: bool) -> Result<Value> {
    let items: Vec<Value> = input.iter()?.collect();
    let take = match args.opt_int(0, "r")? {
        Some(n) if n < 0 => return Err(Error::new("r must be non-negative")),
        Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
        None => items.len(),
    };
    if take > items.len() {
        return Ok(Value::list([]));
    }
    // How many there will be, known before any is made.
    let mut count: u128 = 1;
    // Without order, leaving out is as many ways as taking.
    let steps = if ordered { take } else { take.min(items.len() - take) };
    for i in 0..steps {
        count = count.saturating_mul((items.len() - i) as u128);
        if !ordered {
            count /= i as u128 + 1;
        }
        if count > MOST as u128 * 1000 {
            return Err(too_many());
        }
    }
    if count > MOST as u128 || count.saturating_mul(take as u128) > CELLS as u128 {
        return Err(too_many());
    }
    let mut chosen: Vec<usize> = Vec::new();
    let mut out = Vec::new();
    // Each step tries the next index at the last place; without order indices only grow.
    let mut next = 0;
    loop {
        if chosen.len() == take {
            if out.len() >= MOST {
                return Err(too_many());
            }
            out.push(Value::tuple(chosen.iter().filter_map(|i| items.get(*i)).cloned()));
        } else {
            let needed = if ordered { 0 } else { take - chosen.len() - 1 };
            while next < items.len() && ordered && chosen.contains(&next) {
                next += 1;
            }
            if next + needed < items.len() {
                chosen.push(next);
                next = if ordered { 0 } else { next + 1 };
                continue;
            }
        }
        match chosen.pop() {
            Some(last) => next = last + 1,
            None => break,
        }
    }
    Ok(Value::list(out))
}
