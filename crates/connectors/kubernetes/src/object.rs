//! What an object is called, what of it is noise, and what must not be seen.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Stands for a value that must not be seen.
pub(crate) const HIDDEN: &str = "(hidden)";
/// kubectl keeps the whole manifest in it, the values of a Secret included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// One object of a cluster, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Ref {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

impl Ref {
    /// Of an object with its three names; absent where one is missing.
    pub(crate) fn of(object: &Value) -> Option<Self> {
        let text = |pointer: &str| {
            object
                .pointer(pointer)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        Some(Self {
            api_version: text("/apiVersion")?,
            kind: text("/kind")?,
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name")?,
        })
    }

    pub(crate) fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// The kind as people write it; with its group where that is not one of Kubernetes' own.
    pub(crate) fn label(&self) -> String {
        label(&self.api_version, &self.kind)
    }

    /// `namespace/name`, or the name.
    pub(crate) fn path(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The same whatever the version of its group.
    pub(crate) fn id(&self) -> String {
        format!("{}/{}/{}", self.group(), self.kind, self.path())
    }

    pub(crate) fn is_secret(&self) -> bool {
        self.kind == "Secret" && self.group().is_empty()
    }

    /// Whether data is lost with it.
    pub(crate) fn is_stateful(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "PersistentVolumeClaim"
                | "PersistentVolume"
                | "StatefulSet"
                | "Namespace"
                | "CustomResourceDefinition"
        )
    }
}

/// The kind as people write it.
pub(crate) fn label(api_version: &str, kind: &str) -> String {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if group.contains('.') && !group.ends_with(".k8s.io") {
        format!("{kind}.{group}")
    } else {
        kind.to_owned()
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.label(), self.path())
    }
}

/// The text at a pointer, or nothing.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The number at a pointer, or zero.
pub(crate) fn number(object: &Value, pointer: &str) -> i64 {
    object
        .pointer(pointer)
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// The list at a pointer, or an empty one.
pub(crate) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The condition of this type.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "/status/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == kind)
}

/// The object without what only the server writes, and without kubectl's copy of it.
pub(crate) fn plain(object: &Value) -> Value {
    let mut object = wanted(object);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(notes) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
    {
        notes.remove(LAST_APPLIED);
        if notes.is_empty() {
            metadata.remove("annotations");
        }
    }
    object
}

/// The object without what only the server writes.
pub(crate) fn wanted(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for noise in [
            "managedFields",
            "resourceVersion",
            "generation",
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
        ] {
            metadata.remove(noise);
        }
        if let Some(notes) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            notes.remove("deployment.kubernetes.io/revision");
            if notes.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    object
}

/// Puts [`HIDDEN`] in place of every value of a Secret.
pub(crate) fn hide(kind: &Ref, mut object: Value) -> Value {
    if kind.is_secret() {
        for part in ["data", "stringData"] {
            if let Some(values) = object.get_mut(part).and_then(Value::as_object_mut) {
                for value in values.values_mut() {
                    *value = Value::from(HIDDEN);
                }
            }
        }
    }
    object
}

/// The parts of two values that differ, each side with only these; nothing where they are the same.
pub(crate) fn differences(before: &Value, after: &Value) -> Option<(Value, Value)> {
    if before == after {
        return None;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let (mut left, mut right) = (Map::new(), Map::new());
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                match (old.get(key), new.get(key)) {
                    (Some(old), Some(new)) => {
                        if let Some((old, new)) = differences(old, new) {
                            left.insert(key.clone(), old);
                            right.insert(key.clone(), new);
                        }
                    }
                    (Some(old), None) => {
                        left.insert(key.clone(), old.clone());
                    }
                    (None, Some(new)) => {
                        right.insert(key.clone(), new.clone());
                    }
                    (None, None) => {}
                }
            }
            Some((Value::Object(left), Value::Object(right)))
        }
        (Value::Array(old), Value::Array(new)) => {
            named_differences(old, new).or_else(|| Some((before.clone(), after.clone())))
        }
        _ => Some((before.clone(), after.clone())),
    }
}

/// Lists whose items have names are compared item by item.
fn named_differences(old: &[Value], new: &[Value]) -> Option<(Value, Value)> {
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    let names: Option<Vec<String>> = old.iter().chain(new).map(name).collect();
    let mut names = names?;
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let find = |items: &[Value], wanted: &str| {
        items
            .iter()
            .find(|item| name(item).as_deref() == Some(wanted))
            .cloned()
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for wanted in names {
        match (find(old, &wanted), find(new, &wanted)) {
            (Some(old), Some(new)) => {
                if let Some((mut old, mut new)) = differences(&old, &new) {
                    for side in [&mut old, &mut new] {
                        if let Some(side) = side.as_object_mut() {
                            side.insert("name".into(), Value::from(wanted.as_str()));
                        }
                    }
                    left.push(old);
                    right.push(new);
                }
            }
            (Some(old), None) => left.push(old),
            (None, Some(new)) => right.push(new),
            (None, None) => {}
        }
    }
    if left.is_empty() && right.is_empty() {
        // Only their order differs.
        return None;
    }
    Some((Value::Array(left), Value::Array(right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_shown_and_named_items_are_compared_by_name() {
        let old = json!({"replicas": 1, "selector": {"app": "web"}, "containers": [
            {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}]},
            {"name": "log", "image": "log:1"},
        ]});
        let new = json!({"replicas": 1, "selector": {"app": "web"}, "paused": true, "containers": [
            {"name": "web", "image": "web:2", "env": [{"name": "A", "value": "1"}]},
            {"name": "log", "image": "log:1"},
        ]});
        assert_eq!(
            differences(&old, &new),
            Some((
                json!({"containers": [{"name": "web", "image": "web:1"}]}),
                json!({"containers": [{"name": "web", "image": "web:2"}], "paused": true}),
            ))
        );
        assert_eq!(differences(&old, &old), None);
    }

    #[test]
    fn a_secret_shows_its_keys_and_never_its_values() {
        let object = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "s", "annotations": {(LAST_APPLIED): "{\"data\":{\"a\":\"c2VjcmV0\"}}"}},
            "data": {"a": "c2VjcmV0"}, "stringData": {"b": "secret"},
        });
        let name = Ref::of(&object).expect("a name");
        let shown = hide(&name, plain(&object));
        assert_eq!(shown["data"], json!({"a": HIDDEN}));
        let text = shown.to_string();
        assert!(
            !text.contains("c2VjcmV0") && !text.contains("\"secret\""),
            "{text}"
        );
    }

    #[test]
    fn a_kind_of_somebody_else_is_named_with_its_group() {
        assert_eq!(label("apps/v1", "Deployment"), "Deployment");
        assert_eq!(label("rbac.authorization.k8s.io/v1", "Role"), "Role");
        assert_eq!(
            label("cert-manager.io/v1", "Certificate"),
            "Certificate.cert-manager.io"
        );
    }
}
