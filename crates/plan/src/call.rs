//! A step that calls another workflow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// The keyword in an operation's input schema that says that the run itself does it: `workflow`.
const RUNS: &str = "x-podium-runs";

/// What a step calls. The called document is compiled into the plan of its caller; here is what the run
/// needs of it beside the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Call {
    /// The called workflow's name in the workspace.
    pub workflow: String,
    /// What people call it.
    pub title: String,
    /// `sha256:` and 64 hex digits over the file it was compiled from.
    pub version: String,
    /// What it may be given: one JSON Schema of an object, whose properties are its inputs.
    #[ts(type = "any")]
    pub inputs: Value,
    /// Name → template of its outputs, in the scope of its own steps.
    #[ts(type = "Record<string, any>")]
    pub outputs: Map<String, Value>,
}

impl Call {
    /// The inputs as the called steps see them: defaults filled in, checked against their schemas. What
    /// `is_unknown` names is not known yet and neither filled in nor checked.
    ///
    /// Fails with the first thing that is wrong, as a sentence.
    pub fn inputs(
        &self,
        given: &Value,
        is_unknown: &dyn Fn(&str) -> bool,
    ) -> Result<Map<String, Value>, String> {
        let given = match given {
            Value::Object(given) => given.clone(),
            Value::Null => Map::new(),
            _ => return Err("`inputs` is no map.".to_owned()),
        };
        let none = Map::new();
        let schemas = self
            .inputs
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        if let Some(name) = given.keys().find(|name| !schemas.contains_key(*name)) {
            return Err(format!("`{}` has no input `{name}`.", self.workflow));
        }
        let mut inputs = Map::new();
        for (name, schema) in schemas {
            if is_unknown(name) {
                continue;
            }
            let value = match (given.get(name), schema.get("default")) {
                (Some(value), _) | (None, Some(value)) => value.clone(),
                (None, None) if is_optional(schema) => Value::Null,
                (None, None) => return Err(format!("`{name}` has no value.")),
            };
            if given.contains_key(name)
                && let Ok(validator) = jsonschema::validator_for(schema)
                && let Err(wrong) = validator.validate(&value)
            {
                return Err(format!("`{name}`: {wrong}."));
            }
            inputs.insert(name.clone(), value);
        }
        Ok(inputs)
    }
}

/// Whether an operation calls another workflow.
pub(crate) fn is_call(operation: &podium_connector::Operation) -> bool {
    operation.input.get(RUNS).and_then(Value::as_str) == Some("workflow")
}

/// Whether an input may be left out although it has no default.
pub(crate) fn is_optional(schema: &Value) -> bool {
    crate::compile::takes_null(schema)
}
