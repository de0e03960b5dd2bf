//! Types of variables, and what `for_each` goes through.

use serde_json::{Map, Value, json};

use super::value::{
    Answer, all, as_set, cannot, entries, from_number, named, number, set, text, truth, wrong,
};

/// Converts a value to the type that a variable asks for.
pub(crate) fn convert(value: &Value, wanted: &hcl::Expression) -> Answer {
    use hcl::Expression;
    if value.is_null() {
        return Ok(Value::Null);
    }
    match wanted {
        Expression::Variable(kind) => match kind.as_str() {
            "string" => Ok(json!(text(value)?)),
            "number" => from_number(number(value)?),
            "bool" => Ok(json!(truth(value)?)),
            _ => Ok(value.clone()),
        },
        Expression::FuncCall(call) => {
            let kind = call.name.name.as_str();
            let Some(inner) = call.args.first() else {
                return Ok(value.clone());
            };
            match (kind, inner) {
                ("list" | "set", _) => {
                    let made = all(kind, value)?
                        .iter()
                        .map(|item| convert(item, inner))
                        .collect::<Result<Vec<_>, _>>()?;
                    Ok(if kind == "set" {
                        set(made)
                    } else {
                        Value::Array(made)
                    })
                }
                ("map", _) => named(kind, value)?
                    .into_iter()
                    .map(|(name, item)| Ok((name, convert(&item, inner)?)))
                    .collect::<Result<Map<_, _>, _>>()
                    .map(Value::Object),
                ("object", Expression::Object(parts)) => {
                    named(kind, value)?;
                    let mut made = Map::new();
                    for (key, part) in parts {
                        let name = match key {
                            hcl::ObjectKey::Identifier(name) => name.as_str().to_owned(),
                            other => other.to_string(),
                        };
                        made.insert(name.clone(), member(value.get(&name), &name, part)?);
                    }
                    Ok(Value::Object(made))
                }
                ("tuple", _) => Ok(value.clone()),
                _ => cannot(format!("convert to the type `{kind}`")),
            }
        }
        _ => cannot("read this type"),
    }
}

/// A member of an object, with `optional(type, default)`.
fn member(value: Option<&Value>, name: &str, wanted: &hcl::Expression) -> Answer {
    let hcl::Expression::FuncCall(call) = wanted else {
        return value.map_or_else(
            || wrong(format!("The attribute `{name}` is required.")),
            |it| convert(it, wanted),
        );
    };
    if call.name.name.as_str() != "optional" {
        return value.map_or_else(
            || wrong(format!("The attribute `{name}` is required.")),
            |it| convert(it, wanted),
        );
    }
    let nothing = super::evaluate::Scope {
        look: &|_, _| wrong("A default refers to nothing."),
        here: Vec::new(),
    };
    match (value.filter(|it| !it.is_null()), call.args.as_slice()) {
        (Some(it), [kind, ..]) => convert(it, kind),
        (None, [kind, other, ..]) => convert(&nothing.value(other)?, kind),
        _ => Ok(Value::Null),
    }
}

/// Whether it is a set or an object, as `for_each` wants it: names and values.
pub(crate) fn pairs(value: &Value) -> Option<Vec<(String, Value)>> {
    if let Some(items) = as_set(value) {
        return items
            .iter()
            .map(|item| Some((text(item).ok()?, item.clone())))
            .collect();
    }
    let entries = entries(value)?;
    Some(
        entries
            .into_iter()
            .map(|(name, it)| (name.clone(), it.clone()))
            .collect(),
    )
}
