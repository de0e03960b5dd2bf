//! Server-side apply and its books (`managedFields`).
//!
//! A set of fields is a trie in the form of `fieldsV1`. Lists whose items have keys are merged by these;
//! all others are one value, as in the server's schema.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::store::stamp;
use crate::fields::{is_item, keys_of};

/// The keys of the items of a list, by the list's name and with the keys' defaults.
fn list_keys(path: &[String], items: &[Value]) -> Option<Vec<(&'static str, Option<Value>)>> {
    let parent = path.iter().rev().nth(1).map(String::as_str);
    let keys = match path.last()?.as_str() {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "resourceClaims"
        | "webhooks"
        | "validations" => vec![("name", None)],
        "ports" if parent == Some("spec") => {
            vec![("port", None), ("protocol", Some(json!("TCP")))]
        }
        "ports" => vec![("containerPort", None), ("protocol", Some(json!("TCP")))],
        "volumeMounts" => vec![("mountPath", None)],
        "volumeDevices" => vec![("devicePath", None)],
        "ownerReferences" => vec![("uid", None)],
        "conditions" => vec![("type", None)],
        "hostAliases" => vec![("ip", None)],
        "topologySpreadConstraints" => vec![("topologyKey", None), ("whenUnsatisfiable", None)],
        _ => return None,
    };
    items.iter().all(Value::is_object).then_some(keys)
}

/// Lists that are sets of plain values.
fn is_set(path: &[String]) -> bool {
    path.last().is_some_and(|name| name == "finalizers")
}

fn key_of(keys: &[(&str, Option<Value>)], item: &Value) -> String {
    let mut map = Map::new();
    for (name, default) in keys {
        if let Some(value) = item.get(*name).cloned().or_else(|| default.clone()) {
            map.insert((*name).to_owned(), value);
        }
    }
    format!("k:{}", Value::Object(map))
}

fn leaf() -> Value {
    Value::Object(Map::new())
}

/// The fields that a value sets.
pub(super) fn fields_of(value: &Value, path: &mut Vec<String>) -> Value {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut trie = Map::new();
            for (name, below) in map {
                path.push(name.clone());
                trie.insert(format!("f:{name}"), fields_of(below, path));
                path.pop();
            }
            Value::Object(trie)
        }
        Value::Array(items) if is_set(path) => Value::Object(
            items
                .iter()
                .map(|item| (format!("v:{item}"), leaf()))
                .collect(),
        ),
        Value::Array(items) => match list_keys(path, items) {
            Some(keys) => {
                let mut trie = Map::new();
                for item in items {
                    let mut below = fields_of(item, path);
                    if let Some(below) = below.as_object_mut() {
                        below.insert(".".into(), leaf());
                    }
                    trie.insert(key_of(&keys, item), below);
                }
                Value::Object(trie)
            }
            None => leaf(),
        },
        _ => leaf(),
    }
}

/// What an applied configuration sets, without what names it.
fn applied_fields(config: &Value) -> Value {
    let mut trie = fields_of(config, &mut Vec::new());
    if let Some(map) = trie.as_object_mut() {
        for name in ["f:apiVersion", "f:kind", "f:status"] {
            map.remove(name);
        }
        let empty = map
            .get_mut("f:metadata")
            .and_then(Value::as_object_mut)
            .is_none_or(|metadata| {
                for name in [
                    "f:name",
                    "f:namespace",
                    "f:managedFields",
                    "f:resourceVersion",
                    "f:uid",
                    "f:creationTimestamp",
                    "f:generation",
                ] {
                    metadata.remove(name);
                }
                metadata.is_empty()
            });
        if empty {
            map.remove("f:metadata");
        }
    }
    trie
}

fn is_leaf(trie: &Value) -> bool {
    trie.as_object()
        .is_none_or(|map| map.keys().all(|key| key == "."))
}

/// Every leaf of a trie, as a path of its steps.
fn leaves(trie: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let Some(map) = trie.as_object() else { return };
    if is_leaf(trie) {
        found.push(path.clone());
        return;
    }
    if map.contains_key(".") {
        let mut own = path.clone();
        own.push(".".into());
        found.push(own);
    }
    for (step, below) in map.iter().filter(|(step, _)| *step != ".") {
        path.push(step.clone());
        leaves(below, path, found);
        path.pop();
    }
}

pub(super) fn all_leaves(trie: &Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    if trie.as_object().is_some_and(|map| !map.is_empty()) {
        leaves(trie, &mut Vec::new(), &mut found);
    }
    found
}

fn has(trie: &Value, path: &[String]) -> bool {
    let Some((step, rest)) = path.split_first() else {
        return true;
    };
    if step == "." {
        return trie.get(".").is_some();
    }
    trie.get(step).is_some_and(|below| has(below, rest))
}

/// Whether the trie owns this very leaf, or a leaf above it.
fn owns(trie: &Value, path: &[String]) -> bool {
    let mut at = trie;
    for step in path {
        match at.get(step) {
            Some(below) => at = below,
            None => return step != "." && at.as_object().is_some_and(Map::is_empty),
        }
    }
    true
}

fn cut(trie: &mut Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    let Some(map) = trie.as_object_mut() else {
        return;
    };
    if rest.is_empty() {
        map.remove(step);
    } else if let Some(below) = map.get_mut(step) {
        cut(below, rest);
        if below.as_object().is_some_and(Map::is_empty) {
            map.remove(step);
        }
    }
}

fn add(trie: &mut Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    if let Some(map) = trie.as_object_mut() {
        add(map.entry(step.clone()).or_insert_with(leaf), rest);
    }
}

/// The value at a path of steps.
fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    let Some((step, rest)) = path.split_first() else {
        return Some(value);
    };
    if step == "." {
        return Some(value);
    }
    if let Some(name) = step.strip_prefix("f:") {
        return at(value.get(name)?, rest);
    }
    let items = value.as_array()?;
    let found = items
        .iter()
        .enumerate()
        .find(|(place, item)| is_keyed(step, item, *place))?
        .1;
    at(found, rest)
}

/// As [`is_item`], where a key that the item leaves out has its default.
fn is_keyed(step: &str, item: &Value, place: usize) -> bool {
    if let Some(keys) = keys_of(step) {
        return keys.iter().all(|(name, key)| match item.get(name) {
            Some(value) => value == key,
            None => name == "protocol" && key == "TCP",
        });
    }
    is_item(step, item, place)
}

fn remove_at(value: &mut Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    if let Some(name) = step.strip_prefix("f:") {
        if rest.is_empty() {
            if let Some(map) = value.as_object_mut() {
                map.remove(name);
            }
        } else if let Some(below) = value.get_mut(name) {
            remove_at(below, rest);
            let hollow = below.as_object().is_some_and(Map::is_empty)
                || below.as_array().is_some_and(Vec::is_empty);
            if hollow && let Some(map) = value.as_object_mut() {
                map.remove(name);
            }
        }
        return;
    }
    let Some(items) = value.as_array_mut() else {
        return;
    };
    let Some(place) = (0..items.len()).find(|place| is_keyed(step, &items[*place], *place)) else {
        return;
    };
    if rest.is_empty() || rest[0] == "." {
        items.remove(place);
    } else {
        remove_at(&mut items[place], rest);
    }
}

/// The configuration laid over what is there.
fn merge(live: &Value, config: &Value, path: &mut Vec<String>) -> Value {
    match (live, config) {
        (Value::Object(old), Value::Object(new)) => {
            let mut merged = old.clone();
            for (name, value) in new {
                path.push(name.clone());
                let below = match old.get(name) {
                    Some(old) => merge(old, value, path),
                    None => value.clone(),
                };
                path.pop();
                merged.insert(name.clone(), below);
            }
            Value::Object(merged)
        }
        (Value::Array(old), Value::Array(new)) if is_set(path) => {
            let mut merged = old.clone();
            merged.extend(new.iter().filter(|item| !old.contains(item)).cloned());
            Value::Array(merged)
        }
        (Value::Array(old), Value::Array(new)) => {
            let Some(keys) = list_keys(path, new) else {
                return config.clone();
            };
            let mut merged = old.clone();
            for item in new {
                let key = key_of(&keys, item);
                match merged.iter_mut().find(|known| key_of(&keys, known) == key) {
                    Some(known) => *known = merge(known, item, path),
                    None => merged.push(item.clone()),
                }
            }
            Value::Array(merged)
        }
        _ => config.clone(),
    }
}

fn entries(object: &Value) -> Vec<Value> {
    crate::fields::entries(object).cloned().collect()
}

fn is_entry(entry: &Value, manager: &str, operation: &str) -> bool {
    entry["manager"] == manager
        && entry["operation"] == operation
        && entry.get("subresource").is_none()
}

fn entry(manager: &str, operation: &str, api_version: &str, now: i64, fields: &Value) -> Value {
    json!({
        "manager": manager, "operation": operation, "apiVersion": api_version, "time": stamp(now),
        "fieldsType": "FieldsV1", "fieldsV1": fields,
    })
}

/// A field that another manager owns: its dotted name and the owner.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) field: String,
    pub(super) owner: String,
    pub(super) operation: String,
    pub(super) api_version: String,
}

/// How messages write a path: `.spec.containers[name="web"].image`.
fn shown(path: &[String]) -> String {
    let mut words = String::new();
    for step in path {
        if let Some(name) = step.strip_prefix("f:") {
            words.push('.');
            words.push_str(name);
        } else if let Some(keys) = keys_of(step) {
            let keys: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let _ = write!(words, "[{}]", keys.join(","));
        } else if let Some(value) = step.strip_prefix("v:") {
            let _ = write!(words, "[={value}]");
        }
    }
    words
}

/// Who applies, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct By<'a> {
    pub(super) manager: &'a str,
    pub(super) api_version: &'a str,
    pub(super) force: bool,
    pub(super) now: i64,
}

/// Applies a configuration to what is there.
pub(super) fn apply(live: Option<&Value>, config: &Value, by: By<'_>) -> Result<Value, Vec<Taken>> {
    let new = applied_fields(config);
    let empty = json!({});
    let live = live.unwrap_or(&empty);
    let mut books = entries(live);
    let mine = books
        .iter()
        .find(|entry| is_entry(entry, by.manager, "Apply"))
        .map_or_else(leaf, |entry| entry["fieldsV1"].clone());
    let mut taken = Vec::new();
    let mut lost: Vec<Vec<String>> = Vec::new();
    for path in all_leaves(&new) {
        if path.last().is_some_and(|step| step == ".") || at(live, &path) == at(config, &path) {
            continue;
        }
        for other in &books {
            if is_entry(other, by.manager, "Apply") || !owns(&other["fieldsV1"], &path) {
                continue;
            }
            lost.push(path.clone());
            taken.push(Taken {
                field: shown(&path),
                owner: other["manager"].as_str().unwrap_or_default().to_owned(),
                operation: other["operation"].as_str().unwrap_or_default().to_owned(),
                api_version: other["apiVersion"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    if !taken.is_empty() && !by.force {
        return Err(taken);
    }
    for book in &mut books {
        if !is_entry(book, by.manager, "Apply") {
            for path in &lost {
                cut(&mut book["fieldsV1"], path);
            }
        }
    }
    let mut merged = merge(live, config, &mut Vec::new());
    for path in all_leaves(&mine) {
        let still = has(&new, &path)
            || books.iter().any(|other| {
                !is_entry(other, by.manager, "Apply") && owns(&other["fieldsV1"], &path)
            });
        if !still {
            remove_at(&mut merged, &path);
        }
    }
    books.retain(|entry| !is_entry(entry, by.manager, "Apply"));
    if new.as_object().is_some_and(|map| !map.is_empty()) {
        books.push(entry(by.manager, "Apply", by.api_version, by.now, &new));
    }
    books.retain(|entry| {
        entry["fieldsV1"]
            .as_object()
            .is_some_and(|map| !map.is_empty())
    });
    merged["metadata"]["managedFields"] = Value::Array(books);
    Ok(merged)
}

/// Keeps the books for an update: who writes owns what changed, and the others lose it.
pub(super) fn note_update(live: Option<&Value>, mut new: Value, by: By<'_>) -> Value {
    let empty = json!({});
    let live = live.unwrap_or(&empty);
    let given = entries(&new);
    let mut books = if given.is_empty() {
        entries(live)
    } else {
        given
    };
    let (before, after) = (applied_fields(live), applied_fields(&new));
    let mut changed: Vec<Vec<String>> = all_leaves(&after)
        .into_iter()
        .filter(|path| at(live, path) != at(&new, path))
        .collect();
    let removed: Vec<Vec<String>> = all_leaves(&before)
        .into_iter()
        .filter(|path| !has(&after, path) && at(&new, path).is_none())
        .collect();
    for book in &mut books {
        for path in changed.iter().chain(&removed) {
            if !is_entry(book, by.manager, "Update") && path.last().is_some_and(|step| step != ".")
            {
                cut(&mut book["fieldsV1"], path);
            }
        }
    }
    let mut own = books
        .iter()
        .find(|entry| is_entry(entry, by.manager, "Update"))
        .map_or_else(leaf, |entry| entry["fieldsV1"].clone());
    for path in changed.drain(..) {
        add(&mut own, &path);
    }
    for path in &removed {
        cut(&mut own, path);
    }
    books.retain(|entry| !is_entry(entry, by.manager, "Update"));
    if own.as_object().is_some_and(|map| !map.is_empty()) {
        books.push(entry(by.manager, "Update", by.api_version, by.now, &own));
    }
    books.retain(|entry| {
        entry["fieldsV1"]
            .as_object()
            .is_some_and(|map| !map.is_empty())
    });
    new["metadata"]["managedFields"] = Value::Array(books);
    new
}

/// A merge patch (RFC 7386).
pub(super) fn merge_patch(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            if let Some(map) = target.as_object_mut() {
                map.remove(name);
            }
        } else {
            merge_patch(&mut target[name.as_str()], value);
        }
    }
}

/// A strategic merge patch: as a merge patch, with lists by their keys.
pub(super) fn strategic_patch(target: &mut Value, change: &Value, path: &mut Vec<String>) {
    match change {
        Value::Object(map) => {
            if !target.is_object() {
                *target = json!({});
            }
            for (name, value) in map {
                if name.starts_with('$') {
                    continue;
                }
                if value.is_null() {
                    if let Some(map) = target.as_object_mut() {
                        map.remove(name);
                    }
                    continue;
                }
                path.push(name.clone());
                strategic_patch(&mut target[name.as_str()], value, path);
                path.pop();
            }
        }
        Value::Array(items) => {
            let (Some(keys), Some(known)) = (list_keys(path, items), target.as_array_mut()) else {
                *target = change.clone();
                return;
            };
            for item in items {
                let key = key_of(&keys, item);
                let place = known.iter().position(|old| key_of(&keys, old) == key);
                match (place, item["$patch"] == "delete") {
                    (Some(place), true) => {
                        known.remove(place);
                    }
                    (Some(place), false) => strategic_patch(&mut known[place], item, path),
                    (None, true) => {}
                    (None, false) => known.push(item.clone()),
                }
            }
        }
        other => *target = other.clone(),
    }
}

/// A JSON patch (RFC 6902), as far as clients use it.
pub(super) fn json_patch(target: &mut Value, steps: &[Value]) -> Result<(), String> {
    for change in steps {
        let path = change["path"].as_str().unwrap_or_default();
        let (parent, last) = path.rsplit_once('/').ok_or("a path is missing")?;
        let last = last.replace("~1", "/").replace("~0", "~");
        let gone = || {
            format!(
                "jsonpatch {} operation does not apply: doc is missing path: {path}",
                change["op"].as_str().unwrap_or_default()
            )
        };
        let holder = target.pointer_mut(parent).ok_or_else(gone)?;
        match (change["op"].as_str().unwrap_or_default(), holder) {
            ("add" | "replace", Value::Object(map)) => {
                map.insert(last, change["value"].clone());
            }
            ("add", Value::Array(items)) => {
                let place = last.parse().unwrap_or(items.len()).min(items.len());
                items.insert(place, change["value"].clone());
            }
            ("replace", Value::Array(items)) => {
                let place: usize = last.parse().map_err(|_| gone())?;
                *items.get_mut(place).ok_or_else(gone)? = change["value"].clone();
            }
            ("remove", Value::Object(map)) => {
                map.remove(&last).ok_or_else(gone)?;
            }
            ("remove", Value::Array(items)) => {
                let place: usize = last.parse().map_err(|_| gone())?;
                if place >= items.len() {
                    return Err(gone());
                }
                items.remove(place);
            }
            ("test", holder) => {
                let found = match holder {
                    Value::Object(map) => map.get(&last),
                    Value::Array(items) => last.parse::<usize>().ok().and_then(|at| items.get(at)),
                    _ => None,
                };
                if found != Some(&change["value"]) {
                    return Err(format!("testing value {path} failed"));
                }
            }
            (other, _) => return Err(format!("operation {other} is not simulated")),
        }
    }
    Ok(())
}
