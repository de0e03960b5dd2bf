//! A step that calls another workflow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::questions::{Answer, Questions};

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
        let questions = self.questions();
        let known = |name: &String| questions.iter().any(|question| question.name == name);
        if let Some(name) = given.keys().find(|name| !known(name)) {
            return Err(format!("`{}` has no input `{name}`.", self.workflow));
        }
        let mut inputs = Map::new();
        let answers = questions.answers(&given, is_unknown);
        for (question, answer) in questions.iter().zip(answers) {
            let name = question.name;
            match &answer {
                Answer::Later => continue,
                Answer::Missing => return Err(format!("`{name}` has no value.")),
                Answer::Undecided(because) => {
                    return Err(format!(
                        "When `{name}` is asked for cannot be told: {because}"
                    ));
                }
                Answer::Given(value) => {
                    if let Ok(validator) = jsonschema::validator_for(question.schema)
                        && let Err(wrong) = validator.validate(value)
                    {
                        return Err(format!("`{name}`: {wrong}."));
                    }
                }
                Answer::NotAsked(value) => {
                    if given.get(name).is_some_and(|given| given != value) {
                        return Err(format!(
                            "`{name}` is given, and not asked for with these inputs."
                        ));
                    }
                }
                Answer::Default(_) => {}
            }
            if let Some(value) = answer.value() {
                inputs.insert(name.to_owned(), value.clone());
            }
        }
        Ok(inputs)
    }

    /// Each input that is asked for by a condition, with the inputs that the condition reads; those read
    /// come first.
    pub fn conditions(&self) -> Vec<(String, Vec<String>)> {
        self.questions()
            .conditions()
            .map(|(name, reads)| {
                let reads = reads.into_iter().map(str::to_owned).collect();
                (name.to_owned(), reads)
            })
            .collect()
    }

    fn questions(&self) -> Questions<'_> {
        let schemas = self.inputs.get("properties").and_then(Value::as_object);
        Questions::read(schemas.into_iter().flatten())
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
