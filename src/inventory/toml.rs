//! TOML inventories, turned into the tree that the YAML reader takes.

use super::model::Inventory;
use crate::diag::{Diagnostic, Span};
use crate::yaml::{Kind, Mapping, Node};
use std::sync::Arc;

/// Reads a TOML inventory, the text of the file that `origin` names.
///
/// # Errors
/// What is not TOML, or not an inventory.
pub fn read(
    inventory: &mut Inventory,
    text: &str,
    origin: Span,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Diagnostic> {
    let (path, start) = (origin.file(), origin.at(1, 0));
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        let column = before.chars().rev().take_while(|c| *c != '\n').count() as u32 + 1;
        Diagnostic::parse(
            format!(
                "TOML file {} is invalid: {}",
                crate::yaml::repr::of_str(&path.to_string_lossy()),
                error.message()
            ),
            start.at(before.matches('\n').count() as u32 + 1, column),
        )
    })?;
    if table.is_empty() {
        return Err(Diagnostic::parse("Parsed empty TOML file", start));
    }
    if table.contains_key("plugin") {
        return Err(Diagnostic::parse("Plugin configuration TOML file, not TOML inventory", start));
    }
    let span = start.at(0, 0);
    let mut root = node(&toml::Value::Table(table), span);
    // `children` is a list of names here; the groups themselves stand at the top.
    if let Kind::Map(groups) = &mut root.kind {
        for (name, group) in &mut Arc::make_mut(groups).pairs {
            let Kind::Map(sections) = &mut group.kind else { continue };
            for (key, value) in &mut Arc::make_mut(sections).pairs {
                if key.as_str() == Some("children") {
                    let Kind::Seq(names) = &value.kind else {
                        let (group, class) = (super::yaml::text_of(name), value.type_name());
                        let message = format!(
                            "Invalid \"children\" entry for \"{group}\" group, requires a list, found \"<class '{class}'>\" instead."
                        );
                        return Err(Diagnostic::parse(message, span));
                    };
                    let none = Node { kind: Kind::Null, span };
                    let pairs = names.iter().map(|name| (name.clone(), none.clone())).collect();
                    value.kind = Kind::Map(Arc::new(Mapping { pairs }));
                }
            }
        }
    }
    let groups = root.as_map().map(|groups| groups.pairs.as_slice()).unwrap_or_default();
    super::yaml::read_toml(inventory, groups, &path, warnings)
}

fn node(value: &toml::Value, span: Span) -> Node {
    let text = |text: String| Kind::Str { text: text.into(), unsafe_: false };
    let kind = match value {
        toml::Value::String(value) => text(value.clone()),
        toml::Value::Integer(value) => Kind::Int(*value),
        toml::Value::Float(value) => Kind::Float(*value),
        toml::Value::Boolean(value) => Kind::Bool(*value),
        toml::Value::Datetime(value) => moment(&value.to_string()).unwrap_or_else(|| text(value.to_string())),
        toml::Value::Array(items) => Kind::Seq(items.iter().map(|item| node(item, span)).collect()),
        toml::Value::Table(table) => {
            let pairs =
                table.iter().map(|(key, value)| (Node { kind: text(key.clone()), span }, node(value, span)));
            Kind::Map(Arc::new(Mapping { pairs: pairs.collect() }))
        }
    };
    Node { kind, span }
}

/// A date, a time of day, or a time stamp with or without zone.
fn moment(text: &str) -> Option<Kind> {
    if let Ok(date) = text.parse::<jiff::civil::Date>()
        && text.len() == 10
    {
        return Some(Kind::Date(date));
    }
    if let Ok(at) = jiff::fmt::temporal::DateTimeParser::new().parse_timestamp(text) {
        let offset = match text.get(19..).and_then(|rest| rest.find(['+', '-']).and_then(|at| rest.get(at..)))
        {
            Some(zone) => {
                let hours: i8 = zone.get(..3)?.parse().ok()?;
                let minutes: i32 = zone.get(4..6)?.parse().ok()?;
                let minutes = if hours < 0 || zone.starts_with('-') { -minutes } else { minutes };
                jiff::tz::Offset::from_seconds(i32::from(hours) * 3600 + minutes * 60).ok()?
            }
            None => jiff::tz::Offset::UTC,
        };
        return Some(Kind::Zoned(at.to_zoned(offset.to_time_zone())));
    }
    match text.contains(['T', 't', ' ']) {
        true => text.parse().ok().map(Kind::DateTime),
        false => text.parse().ok().map(Kind::Time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_times_or_both() {
        assert!(matches!(moment("2020-01-01"), Some(Kind::Date(_))));
        assert!(matches!(moment("12:42:42"), Some(Kind::Time(time)) if time.to_string() == "12:42:42"));
        assert!(matches!(moment("2020-01-01T12:42:42"), Some(Kind::DateTime(_))));
        assert!(matches!(moment("2020-01-01T12:42:42-07:00"), Some(Kind::Zoned(_))));
        assert!(moment("noon").is_none());
    }
}
