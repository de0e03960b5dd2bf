//! The small changes that every edit is made of, and what each means for the value.

use serde_json::{Map, Value};

/// A step on the way into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A key of a map.
    Key(String),
    /// A place in a list.
    Index(usize),
}

/// The way from the root to a value.
pub(super) type Path = Vec<Part>;

/// One change of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Another value in a place that exists.
    Set { path: Path, value: Value },
    /// A new entry in a map that exists, after another one or at the end.
    Insert {
        map: Path,
        after: Option<String>,
        key: String,
        value: Value,
    },
    /// A new item at the end of a list that exists.
    Append { list: Path, value: Value },
    /// An entry or item less; the map or list keeps at least one.
    Remove { path: Path },
}

impl Change {
    /// The value with this change; none where it does not fit.
    pub(super) fn intend(&self, root: &Value) -> Option<Value> {
        let mut changed = root.clone();
        match self {
            Self::Set { path, value } => *at(&mut changed, path)? = value.clone(),
            Self::Insert {
                map,
                after,
                key,
                value,
            } => {
                let place = at(&mut changed, map)?;
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                let entries = place.as_object_mut()?;
                if entries.contains_key(key) {
                    return None;
                }
                let index = match after {
                    Some(after) => 1 + entries.keys().position(|other| other == after)?,
                    None => entries.len(),
                };
                entries.shift_insert(index, key.clone(), value.clone());
            }
            Self::Append { list, value } => {
                let place = at(&mut changed, list)?;
                place.as_array_mut()?.push(value.clone());
            }
            Self::Remove { path } => match path.split_last()? {
                (Part::Key(key), parent) => {
                    at(&mut changed, parent)?
                        .as_object_mut()?
                        .shift_remove(key)?;
                }
                (Part::Index(index), parent) => {
                    let list = at(&mut changed, parent)?.as_array_mut()?;
                    if *index >= list.len() {
                        return None;
                    }
                    list.remove(*index);
                }
            },
        }
        Some(changed)
    }

    /// The place that it changes or changes something in.
    pub(super) fn place(&self) -> &[Part] {
        match self {
            Self::Set { path, .. } | Self::Remove { path } => path,
            Self::Insert { map, .. } => map,
            Self::Append { list, .. } => list,
        }
    }
}

fn at<'a>(root: &'a mut Value, path: &[Part]) -> Option<&'a mut Value> {
    path.iter().try_fold(root, |value, part| match part {
        Part::Key(key) => value.as_object_mut()?.get_mut(key),
        Part::Index(index) => value.as_array_mut()?.get_mut(*index),
    })
}

/// The value at a path.
pub(super) fn get<'a>(root: &'a Value, path: &[Part]) -> Option<&'a Value> {
    path.iter().try_fold(root, |value, part| match part {
        Part::Key(key) => value.as_object()?.get(key),
        Part::Index(index) => value.as_array()?.get(*index),
    })
}

/// The parts of a JSON pointer; none where it is none. A part that is a number means a place in a list
/// where a list stands.
pub(super) fn parse_pointer(root: &Value, pointer: &str) -> Option<Path> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let mut at = Some(root);
    let mut path = Vec::new();
    for part in pointer.strip_prefix('/')?.split('/') {
        let key = part.replace("~1", "/").replace("~0", "~");
        if let Some(Value::Array(list)) = at {
            let index = if key == "-" {
                list.len()
            } else {
                key.parse().ok()?
            };
            at = list.get(index);
            path.push(Part::Index(index));
        } else {
            at = at.and_then(|value| value.get(&key));
            path.push(Part::Key(key));
        }
    }
    Some(path)
}

/// A path as a JSON pointer.
pub(super) fn to_pointer(path: &[Part]) -> String {
    path.iter()
        .map(|part| match part {
            Part::Key(key) => format!("/{}", crate::tree::escape(key)),
            Part::Index(index) => format!("/{index}"),
        })
        .collect()
}

/// The smallest changes that make `new` of `old` at a path, so that comments inside stay.
pub(super) fn difference(path: &Path, old: &Value, new: &Value) -> Vec<Change> {
    let below = |part: Part| {
        let mut path = path.clone();
        path.push(part);
        path
    };
    match (old, new) {
        _ if old == new => Vec::new(),
        (Value::Object(old), Value::Object(new)) if !old.is_empty() && !new.is_empty() => {
            let mut changes = Vec::new();
            for (key, value) in new {
                match old.get(key) {
                    Some(before) => {
                        changes.extend(difference(&below(Part::Key(key.clone())), before, value));
                    }
                    None => changes.push(Change::Insert {
                        map: path.clone(),
                        after: None,
                        key: key.clone(),
                        value: value.clone(),
                    }),
                }
            }
            // Last, so that the map is never empty in between.
            changes.extend(old.keys().filter(|key| !new.contains_key(*key)).map(|key| {
                Change::Remove {
                    path: below(Part::Key(key.clone())),
                }
            }));
            changes
        }
        (Value::Array(old), Value::Array(new)) if !old.is_empty() && old.len() <= new.len() => {
            let mut changes = Vec::new();
            for (index, (before, after)) in old.iter().zip(new).enumerate() {
                changes.extend(difference(&below(Part::Index(index)), before, after));
            }
            changes.extend(new[old.len()..].iter().map(|value| Change::Append {
                list: path.clone(),
                value: value.clone(),
            }));
            changes
        }
        (Value::Array(old), Value::Array(new)) if !new.is_empty() => {
            // Fewer items: if some were only taken out, take those out.
            let mut kept = new.iter().peekable();
            let mut gone = Vec::new();
            for (index, before) in old.iter().enumerate() {
                if kept.peek() == Some(&before) {
                    kept.next();
                } else {
                    gone.push(index);
                }
            }
            if kept.peek().is_some() {
                return set(path, &Value::Array(new.clone()));
            }
            gone.into_iter()
                .rev()
                .map(|index| Change::Remove {
                    path: below(Part::Index(index)),
                })
                .collect()
        }
        _ => set(path, new),
    }
}

fn set(path: &Path, value: &Value) -> Vec<Change> {
    vec![Change::Set {
        path: path.clone(),
        value: value.clone(),
    }]
}
