//! A saved plan (`show -json`), read into changes for people.

use std::collections::BTreeSet;

use podium_connector::{Action, Change, DriftItem, LATER};
use serde_json::{Map, Value};

use crate::stateful;

const HIDDEN: &str = "(hidden)";

/// What a plan holds. Everything is sorted by address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The changes, without those that change nothing.
    pub changes: Vec<Change>,
    /// What was changed outside.
    pub drift: Vec<DriftItem>,
    /// Outputs whose value is already certain and not sensitive.
    pub outputs: Map<String, Value>,
    /// Names of outputs that change.
    pub changed_outputs: Vec<String>,
    /// Remarks.
    pub notes: Vec<String>,
    /// Things that come under the state without being made.
    pub imported: Vec<String>,
    /// Names of variables whose value stands in the plan; ephemeral ones do not.
    pub kept_variables: BTreeSet<String>,
}

impl Plan {
    /// Reads the answer of `show -json`; `None` where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        value.get("format_version")?;
        let mut plan = Self::default();
        for entry in list(&value, "resource_changes") {
            plan.add(entry);
        }
        plan.changes.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in list(&value, "resource_drift") {
            if let Some(item) = drifted(entry) {
                plan.drift.push(item);
            }
        }
        plan.drift.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(outputs) = value.get("output_changes").and_then(Value::as_object) {
            for (name, change) in outputs {
                plan.add_output(name, change);
            }
        }
        if let Some(variables) = value.get("variables").and_then(Value::as_object) {
            plan.kept_variables = variables.keys().cloned().collect();
        }
        plan.notes.sort();
        Some(plan)
    }

    /// Whether nothing at all would be done.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|c| c.action == Action::Read) && self.imported.is_empty()
    }

    fn add(&mut self, entry: &Value) {
        let change = entry.get("change").unwrap_or(&Value::Null);
        let address = text(entry, "address");
        let kind = text(entry, "type");
        if let Some(former) = entry.get("previous_address").and_then(Value::as_str) {
            self.notes
                .push(format!("`{former}` is called `{address}` from now on."));
        }
        if change.get("importing").is_some() {
            self.notes.push(format!(
                "`{address}` exists already and comes under Terraform's care."
            ));
            self.imported.push(address.clone());
        }
        let actions: Vec<&str> = list(change, "actions")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let action = match actions.as_slice() {
            ["create"] => Action::Create,
            ["update"] => Action::Update,
            ["delete"] => Action::Delete,
            ["read"] => Action::Read,
            ["delete", "create"] | ["create", "delete" | "forget"] => Action::Replace,
            ["forget"] => {
                self.notes.push(format!(
                    "`{address}` stays as it is, and leaves Terraform's care."
                ));
                return;
            }
            _ => return,
        };
        let part = |key: &str| change.get(key).unwrap_or(&Value::Null);
        let (before, after) = (
            masked(part("before"), part("before_sensitive"), &Value::Null),
            masked(
                part("after"),
                part("after_sensitive"),
                part("after_unknown"),
            ),
        );
        self.changes.push(Change {
            action,
            stateful: stateful::holds_data(&kind),
            kind,
            name: address,
            before,
            after,
            confidence: None,
            because: because(entry, change, action),
        });
    }

    fn add_output(&mut self, name: &str, change: &Value) {
        let actions = list(change, "actions");
        let same = actions.len() == 1 && actions[0] == "no-op";
        if !same {
            self.changed_outputs.push(name.to_owned());
        }
        let is = |key: &str| {
            change
                .get(key)
                .is_some_and(|value| value != &Value::Bool(false))
        };
        if is("after_sensitive") || is("after_unknown") {
            return;
        }
        if let Some(after) = change.get("after").filter(|after| !after.is_null())
            && !after.to_string().contains(LATER)
        {
            self.outputs.insert(name.to_owned(), after.clone());
        }
    }
}

fn drifted(entry: &Value) -> Option<DriftItem> {
    let change = entry.get("change")?;
    let part = |key: &str| change.get(key).unwrap_or(&Value::Null);
    // What is sensitive on one side is hidden on both: the other may be the secret that was there.
    let hidden = either(part("before_sensitive"), part("after_sensitive"));
    let mut expected = masked(part("before"), &hidden, &Value::Null);
    let mut actual = masked(part("after"), &hidden, &Value::Null);
    if let (Some(before), Some(after)) = (part("before").as_object(), part("after").as_object()) {
        let differs = |name: &String| before.get(name) != after.get(name);
        for side in [&mut expected, &mut actual] {
            if let Value::Object(side) = side {
                side.retain(|name, _| differs(name));
            }
        }
    }
    (expected != actual || list(change, "actions").iter().any(|a| a == "update")).then(|| {
        DriftItem {
            kind: text(entry, "type"),
            name: text(entry, "address"),
            expected,
            actual,
        }
    })
}

/// Marks of what is sensitive in one or the other.
fn either(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
        (Value::Object(a), Value::Object(b)) => {
            let mut all = a.clone();
            for (name, mark) in b {
                let both = either(a.get(name).unwrap_or(&Value::Null), mark);
                all.insert(name.clone(), both);
            }
            Value::Object(all)
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .map(|at| {
                let of = |side: &[Value]| side.get(at).cloned().unwrap_or(Value::Null);
                either(&of(a), &of(b))
            })
            .collect(),
        (Value::Object(_) | Value::Array(_), _) => a.clone(),
        _ => b.clone(),
    }
}

/// Why it is replaced, deleted or read, in words.
fn because(entry: &Value, change: &Value, action: Action) -> Option<String> {
    let paths: BTreeSet<String> = list(change, "replace_paths")
        .iter()
        .filter_map(Value::as_array)
        .map(|path| {
            let parts: Vec<String> = path
                .iter()
                .map(|part| {
                    part.as_str()
                        .map_or_else(|| part.to_string(), str::to_owned)
                })
                .collect();
            format!("`{}`", parts.join("."))
        })
        .collect();
    let words = match entry.get("action_reason").and_then(Value::as_str) {
        Some("replace_because_cannot_update") if !paths.is_empty() => {
            let paths: Vec<String> = paths.into_iter().collect();
            format!("{} cannot change in place.", paths.join(", "))
        }
        Some("replace_because_cannot_update") => "It cannot change in place.".to_owned(),
        Some("replace_because_tainted") => "A former attempt to make it ended halfway.".to_owned(),
        Some("replace_by_request") => "It was asked for by name.".to_owned(),
        Some("replace_by_triggers") => "Something that it is bound to changes.".to_owned(),
        Some("delete_because_no_resource_config") => {
            "It is no longer in the configuration.".to_owned()
        }
        Some("delete_because_no_module") => {
            "Its module is no longer in the configuration.".to_owned()
        }
        Some(
            "delete_because_wrong_repetition"
            | "delete_because_count_index"
            | "delete_because_each_key",
        ) => "The configuration asks for fewer of them.".to_owned(),
        Some("read_because_config_unknown" | "read_because_dependency_pending") => {
            "What it reads is known only after other changes.".to_owned()
        }
        _ if action == Action::Replace => "It cannot change in place.".to_owned(),
        _ => return None,
    };
    Some(words)
}

/// The value with what is sensitive hidden and what is not yet known named so. Keys are sorted.
fn masked(value: &Value, sensitive: &Value, unknown: &Value) -> Value {
    if sensitive == &Value::Bool(true) {
        return Value::String(HIDDEN.to_owned());
    }
    if unknown == &Value::Bool(true) {
        return Value::String(LATER.to_owned());
    }
    match value {
        Value::Array(items) => {
            let later = unknown.as_array().map_or(0, Vec::len);
            (0..items.len().max(later))
                .map(|index| {
                    let at = |side: &Value| side.get(index).cloned().unwrap_or(Value::Null);
                    masked(&at(value), &at(sensitive), &at(unknown))
                })
                .collect()
        }
        Value::Object(_) | Value::Null => {
            let mut keys: BTreeSet<&String> = BTreeSet::new();
            for side in [value, unknown] {
                keys.extend(side.as_object().into_iter().flat_map(Map::keys));
            }
            if value.is_null() && keys.is_empty() {
                return Value::Null;
            }
            let mut map = Map::new();
            for key in keys {
                let at = |side: &Value| side.get(key).cloned().unwrap_or(Value::Null);
                map.insert(
                    key.clone(),
                    masked(&at(value), &at(sensitive), &at(unknown)),
                );
            }
            Value::Object(map)
        }
        plain => plain.clone(),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sensitive_values_are_hidden_and_later_ones_named_at_any_depth() {
        let after = json!({"input": {"name": "shop", "secret": "s3cret"}, "tags": ["a"]});
        let sensitive = json!({"input": {"secret": true}});
        let unknown = json!({"id": true, "tags": [false, true], "input": {}});
        assert_eq!(
            masked(&after, &sensitive, &unknown),
            json!({
                "id": LATER,
                "input": {"name": "shop", "secret": HIDDEN},
                "tags": ["a", LATER],
            })
        );
        assert_eq!(masked(&after, &json!(true), &json!({})), json!(HIDDEN));
    }

    #[test]
    fn a_replaced_thing_is_called_replaced_and_says_why() {
        let plan = Plan::read(
            &json!({
                "format_version": "1.2",
                "resource_changes": [{
                    "address": "aws_db_instance.main", "type": "aws_db_instance",
                    "action_reason": "replace_because_cannot_update",
                    "change": {
                        "actions": ["create", "delete"], "before": {"engine": "a"},
                        "after": {"engine": "b"}, "replace_paths": [["engine"]],
                    },
                }],
            })
            .to_string(),
        )
        .expect("a plan");
        let change = &plan.changes[0];
        assert_eq!(change.action, Action::Replace);
        assert!(change.stateful);
        assert_eq!(
            change.because.as_deref(),
            Some("`engine` cannot change in place.")
        );
    }

    /// In the form of the documentation of `resource_drift`; the values are made up.
    #[test]
    fn drift_shows_what_differs_and_hides_what_either_side_calls_sensitive() {
        let entry = |address: &str, actions: &str, after: Value| {
            json!({
                "address": address, "type": "aws_db_instance",
                "change": {
                    "actions": [actions],
                    "before": {"name": "shop", "size": 1, "password": "old-canary", "tags": {"a": "1", "key": "k-canary"}},
                    "after": after,
                    "before_sensitive": {"password": true}, "after_sensitive": {"tags": {"key": true}},
                },
            })
        };
        let plan = Plan::read(
            &json!({
                "format_version": "1.2",
                "resource_drift": [
                    entry("b.gone", "delete", Value::Null),
                    entry("a.changed", "update", json!({"name": "shop", "size": 2, "password": "new-canary", "tags": {"a": "1", "key": "l-canary"}})),
                ],
            })
            .to_string(),
        )
        .expect("a plan");
        assert_eq!(plan.drift[0].name, "a.changed");
        assert_eq!(
            plan.drift[0].expected,
            json!({"size": 1, "password": HIDDEN, "tags": {"a": "1", "key": HIDDEN}})
        );
        assert_eq!(
            plan.drift[0].actual,
            json!({"size": 2, "password": HIDDEN, "tags": {"a": "1", "key": HIDDEN}})
        );
        assert_eq!(plan.drift[1].actual, Value::Null);
        let told = serde_json::to_string(&plan.drift).expect("JSON");
        assert!(!told.contains("canary"), "{told}");
    }

    #[test]
    fn only_certain_and_open_outputs_flow_on() {
        let plan = Plan::read(
            &json!({
                "format_version": "1.2",
                "output_changes": {
                    "sure": {"actions": ["create"], "after": ["a"], "after_unknown": false, "after_sensitive": false},
                    "later": {"actions": ["create"], "after_unknown": true, "after_sensitive": false},
                    "partly": {"actions": ["create"], "after": {"a": 1}, "after_unknown": {"b": true}, "after_sensitive": false},
                    "secret": {"actions": ["no-op"], "after": "x", "after_unknown": false, "after_sensitive": true},
                },
            })
            .to_string(),
        )
        .expect("a plan");
        assert_eq!(plan.outputs, *json!({"sure": ["a"]}).as_object().unwrap());
        assert_eq!(plan.changed_outputs, ["sure", "later", "partly"]);
    }
}
