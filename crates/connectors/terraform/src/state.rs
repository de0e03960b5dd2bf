//! What is known of a state: whose it is, which version, which things are in it. Never its values.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A state without its values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Who it is; a new state has a new one. Absent where there is none yet.
    pub(crate) lineage: Option<String>,
    /// Counts its versions.
    pub(crate) serial: u64,
    /// Addresses of the things that it manages; data that is only read is left out.
    pub(crate) addresses: BTreeSet<String>,
    /// Whether anything in it lives at a far side; `terraform_data` lives in the state alone.
    #[serde(default)]
    pub(crate) far: bool,
}

impl State {
    /// Reads a state file of version 4; an empty text is no state yet.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::default());
        }
        let value: Value = serde_json::from_str(text).ok()?;
        let mut addresses = BTreeSet::new();
        let mut far = false;
        for resource in value.get("resources").and_then(Value::as_array)? {
            if resource.get("mode").and_then(Value::as_str) != Some("managed") {
                continue;
            }
            let part = |key: &str| resource.get(key).and_then(Value::as_str);
            let module = part("module").map(|m| format!("{m}.")).unwrap_or_default();
            let base = format!("{module}{}.{}", part("type")?, part("name")?);
            far |= !part("provider").is_some_and(|p| p.contains("builtin/terraform"));
            let instances = resource.get("instances").and_then(Value::as_array)?;
            for instance in instances {
                addresses.insert(match instance.get("index_key") {
                    None | Some(Value::Null) => base.clone(),
                    Some(key) => format!("{base}[{key}]"),
                });
            }
        }
        Some(Self {
            lineage: value
                .get("lineage")
                .and_then(Value::as_str)
                .map(str::to_owned),
            serial: value.get("serial").and_then(Value::as_u64).unwrap_or(0),
            addresses,
            far,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_written_as_terraform_writes_them() {
        let state = State::read(
            &json!({
                "version": 4, "serial": 3, "lineage": "l",
                "resources": [
                    {"mode": "managed", "type": "t", "name": "plain", "instances": [{}]},
                    {"mode": "managed", "type": "t", "name": "gone", "instances": []},
                    {"mode": "data", "type": "t", "name": "read", "instances": [{}]},
                    {"mode": "managed", "module": "module.m[\"x\"]", "type": "t", "name": "many",
                     "instances": [{"index_key": 0}, {"index_key": "a b"}]},
                ],
            })
            .to_string(),
        )
        .expect("a state");
        let addresses: Vec<&str> = state.addresses.iter().map(String::as_str).collect();
        assert_eq!(
            addresses,
            [
                r#"module.m["x"].t.many["a b"]"#,
                r#"module.m["x"].t.many[0]"#,
                "t.plain"
            ]
        );
        assert_eq!((state.serial, state.lineage.as_deref()), (3, Some("l")));
        assert_eq!(State::read("\n"), Some(State::default()));
        assert_eq!(State::read("{"), None);
    }
}
