//! The configuration as a graph: resources, and which of them uses which.

use std::collections::{BTreeMap, BTreeSet};

use podium_connector::{Drawing, DrawnEdge, DrawnNode};
use serde_json::Value;

/// Reads the part `configuration` of `show -json`. Sorted by address.
pub(crate) fn of(text: &str) -> Drawing {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let mut found = BTreeMap::new();
    module(
        "",
        value
            .pointer("/configuration/root_module")
            .unwrap_or(&Value::Null),
        &mut found,
    );
    let mut edges = BTreeSet::new();
    for (address, (_, used)) in &found {
        for other in used {
            if other != address && found.contains_key(other) {
                edges.insert((other.clone(), address.clone()));
            }
        }
    }
    Drawing {
        nodes: found
            .iter()
            .map(|(address, (kind, _))| DrawnNode {
                id: address.clone(),
                kind: kind.clone(),
                name: address.clone(),
            })
            .collect(),
        edges: edges
            .into_iter()
            .map(|(from, to)| DrawnEdge { from, to })
            .collect(),
    }
}

fn module(prefix: &str, value: &Value, found: &mut BTreeMap<String, (String, BTreeSet<String>)>) {
    let list = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    for resource in list("resources") {
        let text = |key: &str| {
            resource
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let mut used = BTreeSet::new();
        references(&resource, prefix, &mut used);
        found.insert(
            format!("{prefix}{}", text("address")),
            (text("type").to_owned(), used),
        );
    }
    let calls = value.get("module_calls").and_then(Value::as_object);
    for (name, call) in calls.into_iter().flatten() {
        let inner = format!("{prefix}module.{name}.");
        module(&inner, call.get("module").unwrap_or(&Value::Null), found);
        // What a module is given, all in it may use; that is as much as can be said without reading
        // its insides.
        let mut used = BTreeSet::new();
        references(
            call.get("expressions").unwrap_or(&Value::Null),
            prefix,
            &mut used,
        );
        for (address, (_, of_it)) in found.iter_mut() {
            if address.starts_with(&inner) {
                of_it.extend(used.iter().cloned());
            }
        }
    }
}

fn references(value: &Value, prefix: &str, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if matches!(key.as_str(), "references" | "depends_on") {
                    let texts = inner
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str);
                    used.extend(texts.map(|text| format!("{prefix}{text}")));
                } else {
                    references(inner, prefix, used);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, prefix, used)),
        _ => {}
    }
}
