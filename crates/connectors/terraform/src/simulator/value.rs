//! Values, and what is not known of them: JSON with marks that never leave the simulator.

use serde_json::{Map, Number, Value, json};

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// Terraform could; this simulator cannot. Begins with a small letter, without a full stop.
    Cannot(String),
    /// Terraform would refuse as well.
    Wrong(String),
}

pub(crate) type Answer = Result<Value, Refusal>;

const UNKNOWN: &str = "\u{0}unknown";
const SET: &str = "\u{0}set";
/// The address of a thing of which only the provider knows the rest.
const PROVIDER: &str = "\u{0}provider";

pub(crate) fn wrong<T>(words: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Wrong(words.into()))
}

pub(crate) fn cannot<T>(words: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Cannot(words.into()))
}

/// A value that is known only after it is made.
pub(crate) fn unknown() -> Value {
    json!({UNKNOWN: true})
}

pub(crate) fn is_unknown(value: &Value) -> bool {
    value.get(UNKNOWN).is_some()
}

/// Whether anything in it is not known yet.
pub(crate) fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(entries) => is_unknown(value) || entries.values().any(has_unknown),
        _ => false,
    }
}

/// A set: sorted, each once.
pub(crate) fn set(items: Vec<Value>) -> Value {
    let mut items = items;
    items.sort_by_key(ToString::to_string);
    items.dedup();
    json!({SET: items})
}

pub(crate) fn as_set(value: &Value) -> Option<&Vec<Value>> {
    value.get(SET)?.as_array()
}

/// The items of a list or a set.
pub(crate) fn items(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().or_else(|| as_set(value))
}

/// Marks the values of a thing whose provider would know more.
pub(crate) fn partial(mut values: Map<String, Value>, address: &str) -> Value {
    values.insert(PROVIDER.to_owned(), json!(address));
    Value::Object(values)
}

/// The entries of an object, in the order of their names.
pub(crate) fn entries(value: &Value) -> Option<Vec<(&String, &Value)>> {
    if is_unknown(value) || as_set(value).is_some() {
        return None;
    }
    let mut entries: Vec<_> = value
        .as_object()?
        .iter()
        .filter(|(name, _)| *name != PROVIDER)
        .collect();
    entries.sort_by(|a, b| a.0.cmp(b.0));
    Some(entries)
}

/// Without marks: what is known, and the shape of what is not (`true` for a whole value, else nested).
pub(crate) fn settle(value: &Value) -> (Option<Value>, Option<Value>) {
    if is_unknown(value) {
        return (None, Some(json!(true)));
    }
    if let Some(items) = items(value) {
        let (known, later): (Vec<_>, Vec<_>) = items.iter().map(settle).unzip();
        let later = later.iter().any(Option::is_some).then(|| {
            let shape = later.into_iter().map(|part| part.unwrap_or(json!(false)));
            Value::Array(shape.collect())
        });
        let known = known.into_iter().map(Option::unwrap_or_default).collect();
        return (Some(Value::Array(known)), later);
    }
    let Some(entries) = entries(value) else {
        return (Some(value.clone()), None);
    };
    let (mut known, mut later) = (Map::new(), Map::new());
    for (name, value) in entries {
        let (sure, open) = settle(value);
        if let Some(sure) = sure {
            known.insert(name.clone(), sure);
        }
        if let Some(open) = open {
            later.insert(name.clone(), open);
        }
    }
    let later = (!later.is_empty()).then_some(Value::Object(later));
    (Some(Value::Object(known)), later)
}

/// Without marks; `None` where a part of it is not known.
pub(crate) fn known(value: &Value) -> Option<Value> {
    let (known, later) = settle(value);
    known.filter(|_| later.is_none())
}

/// An attribute or an entry.
pub(crate) fn entry(value: &Value, name: &str) -> Answer {
    if is_unknown(value) {
        return Ok(unknown());
    }
    if let Some(found) = value.get(name).filter(|_| as_set(value).is_none()) {
        return Ok(found.clone());
    }
    match value.get(PROVIDER) {
        Some(address) => cannot(format!(
            "know `{name}` of {}: only its provider does",
            address.as_str().unwrap_or_default()
        )),
        None if value.is_object() => wrong(format!(
            "This object does not have an attribute named \"{name}\"."
        )),
        None => wrong(format!(
            "This value does not have any attributes: `{name}`."
        )),
    }
}

/// An item by its number or its name.
pub(crate) fn index(value: &Value, key: &Value) -> Answer {
    if is_unknown(value) || is_unknown(key) {
        return Ok(unknown());
    }
    if let Value::Array(items) = value {
        let at = number(key)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return match items.get(at as usize) {
            Some(item) if at >= 0.0 && at.fract() == 0.0 => Ok(item.clone()),
            _ => wrong("The given index is greater than or equal to the length of the collection."),
        };
    }
    entry(value, &text(key)?)
}

/// As a text, as Terraform converts it.
pub(crate) fn text(value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => wrong("A string is required here."),
    }
}

pub(crate) fn number(value: &Value) -> Result<f64, Refusal> {
    let found = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    };
    found.map_or_else(|| wrong("A number is required here."), Ok)
}

pub(crate) fn truth(value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => wrong("A bool is required here."),
    }
}

/// A number, whole where it is whole.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn from_number(number: f64) -> Answer {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Ok(json!(number as i64));
    }
    Number::from_f64(number).map_or_else(
        || wrong("The result of the calculation is no number."),
        |number| Ok(Value::Number(number)),
    )
}

/// Whether two values are the same, numbers by what they count.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// The items of a list or a set, for a function of this name.
pub(crate) fn all(name: &str, value: &Value) -> Result<Vec<Value>, Refusal> {
    items(value).map_or_else(
        || wrong(format!("`{name}` needs a list or a set.")),
        |items| Ok(items.clone()),
    )
}

/// The entries of a map or an object, for a function of this name.
pub(crate) fn named(name: &str, value: &Value) -> Result<Vec<(String, Value)>, Refusal> {
    let Some(entries) = entries(value) else {
        return wrong(format!("`{name}` needs a map or an object."));
    };
    Ok(entries
        .into_iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect())
}
