//! Inputs that are known only after other steps, and paths inside the workspace: what every connector
//! that calls a tool asks of its inputs.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde_json::Value;

use crate::request::{Inputs, StepRequest};

/// Stands for a value that is known only after another step.
pub const LATER: &str = "(known later)";

impl StepRequest {
    /// The names of the steps that must have run before everything is known: `a`, `b`.
    pub fn waits_for(&self) -> String {
        let mut steps: Vec<String> = self
            .inputs
            .unknown
            .values()
            .flat_map(|unknown| &unknown.after)
            .map(|step| format!("`{step}`"))
            .collect();
        steps.sort();
        steps.dedup();
        steps.join(", ")
    }
}

impl Inputs {
    /// Whether one of these inputs, or a part of one, is not yet known. Named by JSON pointers.
    pub fn is_unknown_in(&self, fields: &[&str]) -> bool {
        self.unknown.keys().any(|pointer| {
            pointer.is_empty()
                || fields.iter().any(|field| {
                    pointer
                        .strip_prefix(field)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
        })
    }

    /// Puts [`LATER`] where an entry of the object at `field`, or a part of one, is not yet known.
    pub fn fill_later(&self, field: &str, values: &mut BTreeMap<String, Value>) {
        for pointer in self.unknown.keys() {
            let Some(rest) = pointer
                .strip_prefix(field)
                .and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            let (name, below) = rest
                .split_once('/')
                .map_or((rest, None), |(n, b)| (n, Some(b)));
            let name = name.replace("~1", "/").replace("~0", "~");
            let later = Value::String(LATER.to_owned());
            match below {
                None => {
                    values.insert(name, later);
                }
                Some(below) => {
                    if let Some(place) = values
                        .get_mut(&name)
                        .and_then(|value| value.pointer_mut(&format!("/{below}")))
                    {
                        *place = later;
                    }
                }
            }
        }
    }
}

/// A path that stays inside the workspace, in its plain form: relative, with `/`, without `.` and `..`;
/// `.` for the workspace itself. Else a sentence that says why not.
pub fn inside(text: &str) -> Result<String, String> {
    if text.contains('\0') {
        return Err("The path holds a character that no path may hold.".to_owned());
    }
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().unwrap_or_default()),
            Component::CurDir => {}
            Component::ParentDir => {
                if parts.pop().is_none() {
                    return Err(format!("`{text}` leads out of the workspace."));
                }
            }
            Component::RootDir | Component::Prefix(_) => {
                return Err(format!("`{text}` is not a path inside the workspace."));
            }
        }
    }
    Ok(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Unknown;
    use serde_json::json;

    #[test]
    fn a_path_is_made_plain_and_stays_inside() {
        for (text, expected) in [
            ("infra/network", Ok("infra/network")),
            ("./infra//network/", Ok("infra/network")),
            ("infra/../infra/Straße", Ok("infra/Straße")),
            (".", Ok(".")),
            ("..", Err(())),
            ("infra/../../other", Err(())),
            ("/etc", Err(())),
            ("a\0b", Err(())),
        ] {
            assert_eq!(inside(text).as_deref().map_err(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_known_later_stands_as_such_at_its_place() {
        let after = || Unknown {
            after: vec!["servers".parse().expect("a step")],
        };
        let inputs = Inputs {
            values: serde_json::Map::new(),
            unknown: [
                ("/variables/hosts/1".to_owned(), after()),
                ("/variables/a~1b".to_owned(), after()),
                ("/variables_of_others".to_owned(), after()),
            ]
            .into(),
        };
        let mut values = BTreeMap::from([("hosts".to_owned(), json!(["one", "two"]))]);
        inputs.fill_later("/variables", &mut values);
        assert_eq!(values["hosts"], json!(["one", LATER]));
        assert_eq!(values["a/b"], json!(LATER));
        assert_eq!(values.len(), 2);
        assert!(inputs.is_unknown_in(&["/directory", "/variables"]));
        assert!(!inputs.is_unknown_in(&["/directory", "/var"]));
    }
}
