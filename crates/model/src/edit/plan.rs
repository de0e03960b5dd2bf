//! From an edit to the changes it is made of.

use serde_json::{Map, Value, json};

use super::change::{Change, Part, Path, difference, get, parse_pointer};
use super::{ALREADY_THERE, CANNOT_EDIT, Edit, EditError};
use crate::document::When;
use crate::id::StepId;

/// The changes of an edit, to be made one after the other.
pub(super) fn changes(root: &Value, edit: &Edit) -> Result<Vec<Change>, EditError> {
    match edit {
        Edit::AddStep {
            id,
            uses,
            title,
            with,
            after,
        } => {
            let mut step = Map::new();
            step.insert("uses".to_owned(), json!(uses));
            if let Some(title) = title {
                step.insert("title".to_owned(), json!(title));
            }
            if !with.is_empty() {
                step.insert("with".to_owned(), json!(with));
            }
            add_step(root, id, Value::Object(step), after.as_ref())
        }
        Edit::RemoveStep { id } => {
            let mut changes = Vec::new();
            for other in steps(root).map_or_else(Vec::new, |steps| steps.keys().collect()) {
                if other != id.as_str() {
                    changes.extend(remove_need(root, other, id));
                }
            }
            let path = step_path(root, id)?;
            changes.push(removal(root, path));
            Ok(changes)
        }
        // Made in one go, because it changes words and no structure.
        Edit::RenameStep { .. } => Ok(Vec::new()),
        Edit::SetField { pointer, value } => set(root, pointer, value),
        Edit::RemoveField { pointer } => {
            let path = parse_pointer(root, pointer).unwrap_or_default();
            if path.is_empty() || get(root, &path).is_none() {
                return Err(EditError::not_there("field", pointer).at(pointer));
            }
            Ok(vec![removal(root, path)])
        }
        Edit::AddNeed { step, needs, on } => add_need(root, step, needs, *on),
        Edit::RemoveNeed { step, needs } => {
            step_path(root, step)?;
            Ok(remove_need(root, step.as_str(), needs))
        }
        Edit::SetTop { key, value } => set(root, &format!("/{}", crate::tree::escape(key)), value),
    }
}

fn add_step(
    root: &Value,
    id: &StepId,
    step: Value,
    after: Option<&StepId>,
) -> Result<Vec<Change>, EditError> {
    if let Some(after) = after {
        step_path(root, after)?;
    }
    let Some(steps) = steps(root) else {
        return set(root, &format!("/steps/{id}"), &step);
    };
    if steps.contains_key(id.as_str()) {
        return Err(EditError::new(
            ALREADY_THERE,
            format!("There is already a step `{id}`."),
            "Choose another id.",
        )
        .at(format!("/steps/{id}")));
    }
    Ok(vec![Change::Insert {
        map: vec![key("steps")],
        after: after.map(ToString::to_string),
        key: id.to_string(),
        value: step,
    }])
}

fn set(root: &Value, pointer: &str, value: &Value) -> Result<Vec<Change>, EditError> {
    let path = parse_pointer(root, pointer)
        .ok_or_else(|| EditError::not_there("field", pointer).at(pointer))?;
    if let Some(old) = get(root, &path) {
        return Ok(difference(&path, old, value));
    }
    // The deepest part that is there; the rest is made of maps.
    let there = (0..path.len())
        .rev()
        .find(|length| get(root, &path[..*length]).is_some())
        .unwrap_or(0);
    let (parent, missing) = path.split_at(there);
    let filled = missing[1..]
        .iter()
        .rev()
        .fold(value.clone(), |value, part| match part {
            Part::Key(key) => json!({ key: value }),
            Part::Index(_) => json!([value]),
        });
    let place = get(root, parent).unwrap_or(&Value::Null);
    match (place, &missing[0]) {
        (Value::Object(_) | Value::Null, Part::Key(key)) => Ok(vec![Change::Insert {
            map: parent.to_vec(),
            after: None,
            key: key.clone(),
            value: filled,
        }]),
        (Value::Array(list), Part::Index(index)) if *index == list.len() => {
            Ok(vec![Change::Append {
                list: parent.to_vec(),
                value: filled,
            }])
        }
        _ => Err(EditError::new(
            CANNOT_EDIT,
            format!("Nothing can be put at `{pointer}`: what stands above it is no map."),
            "Remove what stands above it first.",
        )
        .at(pointer)),
    }
}

/// Removes an entry; the last one of a map or list leaves it empty.
fn removal(root: &Value, path: Path) -> Change {
    if let Some((_, parent)) = path.split_last()
        && !parent.is_empty()
    {
        let empty = match get(root, parent) {
            Some(Value::Object(map)) if map.len() == 1 => Some(json!({})),
            Some(Value::Array(list)) if list.len() == 1 => Some(json!([])),
            _ => None,
        };
        if let Some(value) = empty {
            return Change::Set {
                path: parent.to_vec(),
                value,
            };
        }
    }
    Change::Remove { path }
}

fn add_need(
    root: &Value,
    step: &StepId,
    needs: &StepId,
    on: When,
) -> Result<Vec<Change>, EditError> {
    let mut path = step_path(root, step)?;
    step_path(root, needs)?;
    path.push(key("needs"));
    let need = match on {
        When::Success => json!(needs),
        When::Failure | When::Always => json!({ "step": needs, "on": on }),
    };
    match get(root, &path) {
        None => Ok(vec![Change::Insert {
            map: path[..2].to_vec(),
            after: has(root, &path[..2], "uses"),
            key: "needs".to_owned(),
            value: json!([need]),
        }]),
        Some(Value::Array(list)) => match list.iter().position(|one| is_need(one, needs)) {
            Some(index) if way(&list[index]) == on => Ok(Vec::new()),
            Some(index) => {
                path.push(Part::Index(index));
                Ok(vec![Change::Set { path, value: need }])
            }
            None => Ok(vec![Change::Append {
                list: path,
                value: need,
            }]),
        },
        Some(one) if is_need(one, needs) && way(one) == on => Ok(Vec::new()),
        Some(Value::Null) => Ok(vec![Change::Set {
            path,
            value: json!([need]),
        }]),
        Some(one) => {
            let both = if is_need(one, needs) {
                json!([need])
            } else {
                json!([one, need])
            };
            Ok(vec![Change::Set { path, value: both }])
        }
    }
}

/// `uses`, if the step has it: what is needed stands below it.
fn has(root: &Value, step: &[Part], name: &str) -> Option<String> {
    get(root, step)?.get(name).map(|_| name.to_owned())
}

fn remove_need(root: &Value, step: &str, needs: &StepId) -> Vec<Change> {
    let path = vec![key("steps"), key(step), key("needs")];
    match get(root, &path) {
        Some(Value::Array(list)) => {
            let matching: Vec<usize> = (0..list.len())
                .filter(|index| is_need(&list[*index], needs))
                .collect();
            if !matching.is_empty() && matching.len() == list.len() {
                return vec![removal(root, path)];
            }
            let item = |index: usize| {
                let mut path = path.clone();
                path.push(Part::Index(index));
                Change::Remove { path }
            };
            // From behind, so that the places before stay right.
            matching.into_iter().rev().map(item).collect()
        }
        Some(one) if is_need(one, needs) => vec![removal(root, path)],
        _ => Vec::new(),
    }
}

pub(super) fn is_need(need: &Value, id: &StepId) -> bool {
    let name = need.get("step").unwrap_or(need);
    name.as_str() == Some(id.as_str())
}

fn way(need: &Value) -> When {
    need.get("on")
        .and_then(|on| serde_json::from_value(on.clone()).ok())
        .unwrap_or_default()
}

pub(super) fn steps(root: &Value) -> Option<&Map<String, Value>> {
    root.get("steps")?.as_object()
}

pub(super) fn step_path(root: &Value, id: &StepId) -> Result<Path, EditError> {
    match steps(root) {
        Some(steps) if steps.contains_key(id.as_str()) => Ok(vec![key("steps"), key(id.as_str())]),
        _ => Err(EditError::not_there("step", id.as_str()).at(format!("/steps/{id}"))),
    }
}

fn key(name: &str) -> Part {
    Part::Key(name.to_owned())
}
