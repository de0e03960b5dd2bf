//! Who set which fields: the tries of `managedFields` (`fieldsV1`).
//!
//! `f:NAME` is a field, `k:{…}` an item of a list by its keys, `v:…` one by its value, `i:N` one by its
//! place; `.` stands for the thing itself.

use serde_json::{Map, Value};

/// The fields of one manager.
pub(crate) fn managed<'a>(object: &'a Value, manager: &str, operation: &str) -> Option<&'a Value> {
    entries(object)
        .find(|entry| {
            entry.get("manager").and_then(Value::as_str) == Some(manager)
                && entry.get("operation").and_then(Value::as_str) == Some(operation)
                && entry.get("subresource").is_none_or(|sub| sub == "")
        })
        .and_then(|entry| entry.get("fieldsV1"))
}

/// The entries of `managedFields`.
pub(crate) fn entries(object: &Value) -> impl Iterator<Item = &Value> {
    crate::object::list(object, "/metadata/managedFields").iter()
}

/// Only what the trie names, with the keys of list items, so that it can be applied again.
pub(crate) fn extract(value: &Value, trie: &Value) -> Option<Value> {
    let trie = trie.as_object()?;
    let children: Vec<(&String, &Value)> = trie.iter().filter(|(key, _)| *key != ".").collect();
    if children.is_empty() {
        // A leaf: the whole value.
        return Some(value.clone());
    }
    match value {
        Value::Object(map) => {
            let mut taken = Map::new();
            for (key, below) in children {
                if let Some(name) = key.strip_prefix("f:")
                    && let Some(found) = map.get(name)
                    && let Some(part) = extract(found, below)
                {
                    taken.insert(name.to_owned(), part);
                }
            }
            Some(Value::Object(taken))
        }
        Value::Array(items) => {
            let mut taken = Vec::new();
            for (at, item) in items.iter().enumerate() {
                for (key, below) in &children {
                    if !is_item(key, item, at) {
                        continue;
                    }
                    let mut part = extract(item, below)?;
                    if let Some(keys) = keys_of(key)
                        && let Some(part) = part.as_object_mut()
                    {
                        for (name, key) in keys {
                            part.insert(name, key);
                        }
                    }
                    taken.push(part);
                }
            }
            Some(Value::Array(taken))
        }
        other => Some(other.clone()),
    }
}

/// The keys of `k:{…}`.
pub(crate) fn keys_of(step: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(step.strip_prefix("k:")?).ok()
}

/// Whether a step of a trie means this item of a list.
pub(crate) fn is_item(step: &str, item: &Value, at: usize) -> bool {
    if let Some(keys) = keys_of(step) {
        return keys.iter().all(|(name, key)| item.get(name) == Some(key));
    }
    if let Some(text) = step.strip_prefix("v:") {
        return serde_json::from_str::<Value>(text).is_ok_and(|value| value == *item);
    }
    step.strip_prefix("i:")
        .is_some_and(|text| text.parse() == Ok(at))
}

/// Whether two tries name a common field.
pub(crate) fn touch(left: &Value, right: &Value) -> bool {
    let (Some(left), Some(right)) = (left.as_object(), right.as_object()) else {
        return false;
    };
    let leaf = |map: &Map<String, Value>| map.keys().all(|key| key == ".");
    if leaf(left) || leaf(right) {
        return true;
    }
    left.iter()
        .filter(|(key, _)| *key != ".")
        .any(|(key, below)| right.get(key).is_some_and(|other| touch(below, other)))
}

/// The places where two values differ, as a trie of plain fields; items of lists as one.
pub(crate) fn changed(before: &Value, after: &Value) -> Value {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut trie = Map::new();
            for key in old.keys().chain(new.keys()) {
                let (old, new) = (old.get(key), new.get(key));
                if old != new {
                    let below = match (old, new) {
                        (Some(old), Some(new)) => changed(old, new),
                        _ => Value::Object(Map::new()),
                    };
                    trie.insert(format!("f:{key}"), below);
                }
            }
            Value::Object(trie)
        }
        _ => Value::Object(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_manager_set_is_taken_out_with_the_keys_of_its_items() {
        let object = json!({
            "metadata": {"labels": {"app": "web", "team": "b"}},
            "spec": {"replicas": 3, "containers": [
                {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}]},
                {"name": "log", "image": "log:1"},
            ], "finalizers": ["a", "b"]},
        });
        let trie = json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}}},
                       "f:finalizers": {"v:\"b\"": {}}},
        });
        assert_eq!(
            extract(&object, &trie),
            Some(json!({
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1"}], "finalizers": ["b"]},
            }))
        );
    }

    #[test]
    fn two_sets_touch_where_they_name_the_same_field_or_one_holds_the_other() {
        let one = json!({"f:spec": {"f:replicas": {}}});
        assert!(touch(&one, &json!({"f:spec": {}})));
        assert!(!touch(
            &one,
            &json!({"f:spec": {"f:paused": {}}, "f:data": {}})
        ));
        let changed = changed(
            &json!({"spec": {"replicas": 1, "paused": true}}),
            &json!({"spec": {"replicas": 2, "paused": true}}),
        );
        assert_eq!(changed, one);
    }
}
