//! What a module was called with, as its result tells it.

use super::coerce::coerce;
use super::schema::Schema;
use crate::{Data, Map};

/// What stands for a value that is never shown.
const HIDDEN: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

/// Every argument of a module with its value, coerced, its default, or null; names it does not know stay as given.
pub fn invocation(schema: &Schema, given: &Map) -> Map {
    let mut all = given.clone();
    for option in &schema.options {
        let names = std::iter::once(&option.name).chain(option.aliases);
        let value = names.clone().find_map(|name| given.get(*name)).cloned();
        let hidden = option.no_log && value.as_ref().is_some_and(|value| *value != Data::Null);
        let value = match value {
            _ if hidden => Data::str(HIDDEN),
            None | Some(Data::Null) => option.default.clone().unwrap_or(Data::Null),
            Some(value) => coerce(option.kind, value.clone()).unwrap_or(value),
        };
        for alias in option.aliases.iter().filter(|alias| given.contains_key(**alias)) {
            all.insert((*alias).to_string(), value.clone());
        }
        all.insert(option.name.to_string(), value);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::schema::{Kind, Opt};

    #[test]
    fn defaults_are_filled_in_and_secrets_hidden() {
        let mut schema = Schema::new("");
        let option = |name, aliases, kind, default, no_log| Opt {
            aliases,
            kind,
            default,
            no_log,
            ..Opt::of::<Option<String>>(name, "")
        };
        schema.options = vec![
            option("path", &["dest"], Kind::Str, None, false),
            option("force", &[], Kind::Bool, Some(Data::Bool(false)), false),
            option("password", &[], Kind::Str, None, true),
            option("state", &[], Kind::Str, None, false),
        ];
        let given = Map::from([
            ("dest".to_string(), Data::str("/x")),
            ("force".to_string(), Data::str("yes")),
            ("password".to_string(), Data::str("s3cret")),
            ("odd".to_string(), Data::Int(1)),
        ]);
        let told = invocation(&schema, &given);
        assert_eq!(told.get("path"), Some(&Data::str("/x")));
        assert_eq!(told.get("dest"), Some(&Data::str("/x")));
        assert_eq!(told.get("force"), Some(&Data::Bool(true)));
        assert_eq!(told.get("password"), Some(&Data::str(HIDDEN)));
        assert_eq!(told.get("state"), Some(&Data::Null));
        assert_eq!(told.get("odd"), Some(&Data::Int(1)));
    }
}
