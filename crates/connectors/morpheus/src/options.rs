//! Option types: the fields that a catalog item, a workflow or an instance type asks for.

use podium_connector::{Context, StepRequest};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::client::{INPUTS, SYSTEM, plain};

/// What stands in a preview for a value that nobody may see.
pub(crate) const HIDDEN: &str = "(hidden)";

/// What is wrong with the options given, as whole sentences.
fn problems(
    cx: &dyn Context,
    types: &Value,
    given: &Map<String, Value>,
    request: &StepRequest,
) -> Vec<String> {
    let secrets: Vec<String> = cx.secrets().into_iter().map(|(name, _)| name).collect();
    let later = |name: &str| {
        let pointer = format!("/options/{}", name.replace('~', "~0").replace('/', "~1"));
        request.inputs.is_unknown_in(&[&pointer]) || request.inputs.unknown.contains_key("/options")
    };
    let mut problems = Vec::new();
    let mut names = Vec::new();
    for one in types.as_array().into_iter().flatten() {
        let text = |field: &str| one[field].as_str().unwrap_or_default();
        let name = text("fieldName");
        names.push(format!("`{name}`"));
        let label = if text("fieldLabel").is_empty() {
            name
        } else {
            text("fieldLabel")
        };
        let is_secret = text("type") == "password";
        let is_bound = secrets.iter().any(|secret| secret == name);
        match given.get(name).filter(|value| !value.is_null()) {
            Some(_) if is_secret => problems.push(format!(
                "The option `{name}` ({label}) is a secret; bind a credential to `secrets.{name}` instead of writing it."
            )),
            Some(value) => problems.extend(misfit(one, name, label, value)),
            None => {
                let has_default = plain(&one["defaultValue"]).is_some_and(|text| !text.is_empty());
                if one["required"] == true && !has_default && !is_bound && !later(name) {
                    let how = if is_secret {
                        format!(" Bind a credential to `secrets.{name}`.")
                    } else {
                        String::new()
                    };
                    problems.push(format!("The option `{name}` ({label}) is needed, and there is none.{how}"));
                }
            }
        }
    }
    for name in given.keys() {
        if !names.contains(&format!("`{name}`")) {
            let has = if names.is_empty() {
                "there are none".to_owned()
            } else {
                names.join(", ")
            };
            problems.push(format!("There is no option `{name}`; {has}."));
        }
    }
    problems
}

fn misfit(one: &Value, name: &str, label: &str, value: &Value) -> Option<String> {
    let fits = match one["type"].as_str() {
        Some("number") => {
            value.is_number()
                || value
                    .as_str()
                    .is_some_and(|text| text.trim().parse::<f64>().is_ok())
        }
        Some("checkbox") => {
            value.is_boolean() || matches!(value.as_str(), Some("on" | "off" | "true" | "false"))
        }
        Some("text" | "textarea" | "hidden") => value.is_string() || value.is_number(),
        _ => true,
    };
    (!fits).then(|| {
        format!(
            "The option `{name}` ({label}) must be a {}.",
            one["type"].as_str().unwrap_or("text")
        )
    })
}

/// Fails where the options do not fit; every problem in one message.
pub(crate) fn check(
    cx: &dyn Context,
    types: &Value,
    given: &Map<String, Value>,
    request: &StepRequest,
) -> Result<()> {
    let problems = problems(cx, types, given, request);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Invalid, INPUTS, problems.join(" "))
        .with_hint("Correct the step's `options`."))
}

/// The options as they are sent: with the secrets that are bound.
pub(crate) fn sent(cx: &dyn Context, given: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut all = given.clone();
    for (name, lease) in cx.secrets() {
        let value = podium_rest::secret(&lease, "value", SYSTEM)?;
        all.insert(name, json!(value.expose_str().unwrap_or_default()));
    }
    Ok(all)
}

/// The options as they may be shown.
pub(crate) fn shown(cx: &dyn Context, given: &Map<String, Value>, request: &StepRequest) -> Value {
    let mut all: std::collections::BTreeMap<String, Value> = given.clone().into_iter().collect();
    request.inputs.fill_later("/options", &mut all);
    for (name, _) in cx.secrets() {
        all.insert(name, json!(HIDDEN));
    }
    json!(all)
}
