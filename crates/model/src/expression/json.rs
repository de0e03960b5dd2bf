//! Between JSON and CEL values.

use std::collections::HashMap;

use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelList, CelMap, CelMapKey, CelNull,
    CelOptional, CelString, CelTimestamp, CelUInt,
};
use cel::common::value::Val;
use serde_json::{Map, Number, Value};

use super::{EvaluationError, LARGEST_TEXT, Reference, Scope};

/// The parts of the scope that are referred to, by root; nothing else is worth converting.
pub(super) fn referenced_part(scope: &Scope, references: &[Reference]) -> Map<String, Value> {
    let mut paths: Vec<&[String]> = references.iter().map(|one| one.path.as_slice()).collect();
    paths.sort_by_key(|path| path.len());
    let mut roots = Map::new();
    for (index, path) in paths.iter().enumerate() {
        // A shorter path has already brought all that this one asks for.
        if !paths[..index]
            .iter()
            .any(|shorter| path.starts_with(shorter))
        {
            put(&mut roots, scope, path);
        }
    }
    roots
}

fn put(roots: &mut Map<String, Value>, scope: &Scope, path: &[String]) {
    let mut at = roots;
    for length in 1..=path.len() {
        let Some(value) = scope.get(&path[..length]) else {
            return;
        };
        let key = &path[length - 1];
        if length == path.len() || !value.is_object() {
            at.insert(key.clone(), value.clone());
            return;
        }
        let entry = at
            .entry(key.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(next) = entry else { return };
        at = next;
    }
}

/// A CEL value that borrows the texts. Whole numbers become `int`, so that arithmetic with literals
/// works.
pub(super) fn to_cel(value: &Value) -> Box<dyn Val + '_> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => number_to_cel(number),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(list) => Box::new(CelList::from(list.iter().map(to_cel).collect::<Vec<_>>())),
        Value::Object(map) => {
            let entries: HashMap<CelMapKey<'_>, Box<dyn Val + '_>> = map
                .iter()
                .map(|(key, value)| (CelMapKey::from(key.as_str()), to_cel(value)))
                .collect();
            Box::new(CelMap::from(entries))
        }
    }
}

fn number_to_cel(number: &Number) -> Box<dyn Val> {
    if let Some(whole) = number.as_i64() {
        Box::new(CelInt::from(whole))
    } else if let Some(large) = number.as_u64() {
        Box::new(CelUInt::from(large))
    } else {
        Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN)))
    }
}

/// JSON for a CEL value; keys of maps are sorted, because CEL keeps no order.
pub(super) fn from_cel(value: &(dyn Val + '_)) -> Result<Value, EvaluationError> {
    if let Some(value) = value.downcast_ref::<CelBool>() {
        return Ok(Value::Bool(*value.inner()));
    }
    if let Some(value) = value.downcast_ref::<CelInt>() {
        return Ok(Value::from(*value.inner()));
    }
    if let Some(value) = value.downcast_ref::<CelUInt>() {
        return Ok(Value::from(*value.inner()));
    }
    if let Some(value) = value.downcast_ref::<CelDouble>() {
        return Number::from_f64(*value.inner())
            .map(Value::Number)
            .ok_or_else(|| EvaluationError::Failed {
                message: "The result is not a number that can be written down.".to_owned(),
            });
    }
    if let Some(value) = value.downcast_ref::<CelString<'_>>() {
        return Ok(Value::from(value.inner()));
    }
    if value.downcast_ref::<CelNull>().is_some() {
        return Ok(Value::Null);
    }
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        let list: Result<Vec<_>, _> = list.inner().iter().map(|one| from_cel(&**one)).collect();
        return list.map(Value::Array);
    }
    if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        let mut entries = map
            .inner()
            .iter()
            .map(|(key, value)| Ok((key_text(key.inner()), from_cel(&**value)?)))
            .collect::<Result<Vec<_>, EvaluationError>>()?;
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        return Ok(Value::Object(entries.into_iter().collect()));
    }
    if let Some(optional) = value.downcast_ref::<CelOptional<'_>>() {
        return optional.inner().map_or(Ok(Value::Null), from_cel);
    }
    if let Some(length) = value.downcast_ref::<CelDuration>() {
        return Ok(Value::from(format!(
            "{}ms",
            length.inner().num_milliseconds()
        )));
    }
    if let Some(time) = value.downcast_ref::<CelTimestamp>() {
        return Ok(Value::from(time.inner().to_rfc3339()));
    }
    let found = match value.downcast_ref::<CelBytes<'_>>() {
        Some(_) => "bytes",
        None => "a type or a function",
    };
    Err(EvaluationError::WrongType {
        what: "The result".to_owned(),
        expected: "a text, a number, true or false, a list or a map".to_owned(),
        found: found.to_owned(),
    })
}

fn key_text(key: &dyn Val) -> String {
    match from_cel(key) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// The value, unless it is too large to pass on.
pub(super) fn within_size(value: Value) -> Result<Value, EvaluationError> {
    if weigh(&value, LARGEST_TEXT) > LARGEST_TEXT {
        return Err(EvaluationError::TooLarge);
    }
    Ok(value)
}

/// About how many bytes the value is as text; stops soon after `limit`.
pub(super) fn weigh(value: &Value, limit: usize) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
        Value::String(text) => text.len() + 2,
        Value::Array(list) => list.iter().fold(2, |sum, one| {
            if sum > limit {
                sum
            } else {
                sum + 1 + weigh(one, limit - sum)
            }
        }),
        Value::Object(map) => map.iter().fold(2, |sum, (key, one)| {
            if sum > limit {
                sum
            } else {
                sum + key.len() + 4 + weigh(one, limit - sum)
            }
        }),
    }
}

/// The kind of a value in words, with its article.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing (null)",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
