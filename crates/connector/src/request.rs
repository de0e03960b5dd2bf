//! What a connector is asked to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::{OperationName, RunId, StepId};

/// Inputs that are not as the schema says.
const SCHEMA: Code = Code::new("POD0130");

/// A step as its connector sees it: inputs rendered, credentials named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRequest {
    /// The run; absent during a preview before a run exists.
    pub run: Option<RunId>,
    /// The step.
    pub step: StepId,
    /// Which attempt, counted from 1.
    pub attempt: u32,
    /// Which operation.
    pub operation: OperationName,
    /// The inputs.
    pub inputs: Inputs,
    /// The key to send where the system takes one: the same for every try of this attempt, also after
    /// a crash. At most 64 characters of `[a-zA-Z0-9-]`, starting with a letter.
    pub key: String,
    /// Whether this attempt was begun before and the application died in between.
    pub resumed: bool,
    /// The id that the far system gave, where it was accepted before the application died.
    pub remote: Option<String>,
}

/// The rendered inputs of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The values; `null` where not yet known. Defaults of the schema are filled in.
    pub values: serde_json::Map<String, Value>,
    /// JSON pointer into `values` → why it is not yet known. Empty when the step runs.
    #[serde(default)]
    pub unknown: BTreeMap<String, Unknown>,
}

/// Why an input is not yet known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// The steps after which it is known.
    pub after: Vec<StepId>,
}

impl Inputs {
    /// Inputs that are all known.
    pub fn known(values: serde_json::Map<String, Value>) -> Self {
        Self {
            values,
            unknown: BTreeMap::new(),
        }
    }

    /// The input of this name, where it is known and not null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// The input of this name as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Whether anything is not yet known.
    pub fn is_partial(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// The inputs read into the operation's own type, as if what is not yet known was left out.
    ///
    /// Fails with POD0130. The schema has been checked before, so that where all is known this is a
    /// defect of the schema.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        let mut known = self.values.clone();
        known.retain(|_, value| !value.is_null());
        serde_json::from_value(Value::Object(known)).map_err(|error| {
            Error::new(
                ErrorKind::Invalid,
                SCHEMA,
                "The step's inputs are not as its schema says.",
            )
            .with_hint(
                "Look at the step's fields under `with`; `podium validate` shows each problem.",
            )
            .with_source(error)
        })
    }
}

/// A text of an operation's own type that must be known when it is used, by the input's name. Fails with
/// POD0130.
pub fn need<'a>(value: Option<&'a String>, name: &str) -> Result<&'a str> {
    value
        .map(String::as_str)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Invalid,
                SCHEMA,
                format!("The step's input `{name}` is not known."),
            )
            .with_hint("Fill it in, or look at the step that gives it.")
            .with_context("field", format!("/{name}"))
        })
}

/// What is wrong with an input, beyond what its schema says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer into `with`.
    pub field: String,
    /// A whole sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Whether the step cannot run.
    pub fatal: bool,
}
