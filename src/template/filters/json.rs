//! JSON: `to_json`, `to_nice_json`, `tojson`, `from_json`, `json_query`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::pyjson::{self, Layout};
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["to_json"], &[], |eval, input, args| {
        let layout = layout(args, Layout::default())?;
        write(eval, &input, &layout)
    })
    .open(),
    Filter::new(&["to_nice_json"], &["indent", "sort_keys"], |eval, input, args| {
        let mut nice = Layout { sort_keys: true, ..Layout::default() };
        nice.indent(&Value::Int(4))?;
        if let Some(indent) = args.positional.first() {
            nice.indent(indent)?;
        }
        if let Some(sort) = args.positional.get(1) {
            nice.sort_keys = sort.is_true()?;
        }
        write(eval, &input, &layout(args, nice)?)
    })
    .open(),
    Filter::new(&["community.general.json_query", "json_query"], &["expr"], json_query),
    Filter::new(&["tojson"], &["indent"], |eval, input, args| {
        let mut layout = Layout { sort_keys: true, ..Layout::default() };
        if let Some(indent) = args.get(0, "indent") {
            layout.indent(indent)?;
        }
        let text = pyjson::write(eval, &input, &layout)?;
        let text = text
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\'', "\\u0027");
        Ok(Value::text(text, input.is_secret()).into_markup())
    }),
    Filter::new(&["from_json"], &["profile"], |_, input, _| match &input {
        Value::Str(s) => pyjson::read(&s.text, s.secret),
        Value::Bytes(b) => pyjson::read(&String::from_utf8_lossy(b), false),
        other => Err(Error::new(format!(
            "the JSON object must be str, bytes or bytearray, not {}",
            match other.type_name() {
                "dict" => "_AnsibleLazyTemplateDict",
                "list" => "_AnsibleLazyTemplateList",
                name => name,
            }
        ))),
    }),
];

fn write(eval: &mut Eval<'_>, input: &Value, layout: &Layout) -> Result<Value> {
    Ok(Value::text(pyjson::write(eval, input, layout)?, input.is_secret()))
}

/// The keywords of `json.dumps`.
fn layout(args: &Args, mut layout: Layout) -> Result<Layout> {
    for (name, value) in &args.named {
        match &**name {
            "indent" => layout.indent(value)?,
            "sort_keys" => layout.sort_keys = value.is_true()?,
            "ensure_ascii" => layout.ensure_ascii = value.is_true()?,
            "allow_nan" => layout.allow_nan = value.is_true()?,
            "separators" if !value.is_none() => {
                let parts: Vec<String> = value.iter()?.map(|v| v.to_text()).collect::<Result<_>>()?;
                let [item, key] = parts.as_slice() else {
                    return Err(Error::new("separators must be a pair"));
                };
                layout.separators = Some((item.clone(), key.clone()));
            }
            "separators" | "skipkeys" | "check_circular" | "vault_to_text" | "preprocess_unsafe"
            | "profile" => {}
            name => {
                return Err(Error::new(format!(
                    "JSONEncoder.__init__() got an unexpected keyword argument '{name}'"
                )));
            }
        }
    }
    Ok(layout)
}

/// What a JMESPath expression selects.
fn json_query(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let expression = args.required(0, "expr")?.to_text()?;
    crate::template::jmespath::search(&expression, &input).map_err(|e| {
        Error::new(format!("JMESPathError in json_query filter plugin:\n{}", e.message()))
            .hint(format!("the expression is: {expression}"))
    })
}
