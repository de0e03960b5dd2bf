//! What a connector is asked to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use podium_model::{OperationName, RunId, StepId};

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

    /// The inputs read into the operation's own type. Fails with a sentence for people; the schema has
    /// been checked before, so that this is a defect of the schema where all is known.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_value(Value::Object(self.values.clone()))
            .map_err(|error| error.to_string())
    }
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
