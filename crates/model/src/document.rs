//! The workflow document as data: what the author wrote, checked for shape, not yet for meaning.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

pub use crate::duration::Duration;
use crate::id::{OperationName, StepId};

/// A workflow, as written in `workflows/NAME.yaml`. Passive data; order is the author's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Document {
    /// The version of the format; `1`.
    pub podium: u32,
    /// What people call it; the file's name where empty.
    #[serde(default)]
    pub name: String,
    /// One or two sentences.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Name → JSON Schema (2020-12) of one input, with `default`, `title` and so on.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub inputs: IndexMap<String, Value>,
    /// Slot → what kind of credential goes there.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, Slot>")]
    pub credentials: IndexMap<String, Slot>,
    /// Step id → step.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, Step>")]
    pub steps: IndexMap<StepId, Step>,
    /// Name → template.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub outputs: IndexMap<String, Value>,
    /// Keys that this version does not know, kept and shown neutral.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(type = "Record<string, any>")]
    pub unknown: IndexMap<String, Value>,
}

/// A place for a credential; an environment binds it to a stored one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Slot {
    /// The kind, for example `aws` or `secret`; each connector's manifest names the kinds it takes.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Step {
    /// Which operation of which connector.
    pub uses: OperationName,
    /// What people call it; the id where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Inputs; any text in them may hold `${{ expression }}`.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub with: serde_json::Map<String, Value>,
    /// Steps that come first, beside those that `with` refers to.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// How many of the needed steps must have gone the wanted way.
    #[serde(default)]
    pub join: Join,
    /// Bare CEL; the step is skipped when it is false.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub condition: Option<String>,
    /// Bare CEL giving a list; the step runs once for each element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub for_each: Option<String>,
    /// How many elements at a time; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_parallel: Option<u32>,
    /// How many elements may fail before the rest is not started; 0 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_failures: Option<u32>,
    /// Tries beside the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub retry: Option<RetryRule>,
    /// Longest time for one attempt, for example `2m`; the unit is `ms`, `s`, `m` or `h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub timeout: Option<Duration>,
    /// What a failure means for the rest of the run.
    #[serde(default)]
    pub on_error: OnError,
    /// The operation's credential port → slot of the workflow.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, String>")]
    pub credentials: IndexMap<String, String>,
    /// Switched off: it is passed through as if it had succeeded without outputs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
    /// Steps to run instead of the connector's own undo, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub undo: Option<Vec<UndoStep>>,
    /// For people; Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Keys that this version does not know, kept and shown neutral.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(type = "Record<string, any>")]
    pub unknown: IndexMap<String, Value>,
}

/// One operation of an undo override.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct UndoStep {
    /// Which operation.
    pub uses: OperationName,
    /// Its inputs; `inputs`, `environment` and `steps` mean what they meant in the run.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub with: serde_json::Map<String, Value>,
    /// The operation's credential port → slot of the workflow.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, String>")]
    pub credentials: IndexMap<String, String>,
}

/// An edge that the author drew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
pub struct Need {
    /// The step that comes first.
    pub step: StepId,
    /// The way it must have gone.
    #[serde(default)]
    pub on: When,
}

/// The way a needed step must have gone.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// It succeeded (or is switched off).
    #[default]
    Success,
    /// It failed.
    Failure,
    /// It ended, in whatever way.
    Always,
}

/// How many needed steps are enough.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum Join {
    /// Each of them.
    #[default]
    All,
    /// One of them.
    Any,
    /// At least this many.
    #[serde(untagged)]
    AtLeast(u32),
}

/// What a failure means for the rest of the run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// Nothing new starts; what runs may end.
    #[default]
    Stop,
    /// The rest goes on; steps that need this one on success are skipped.
    Continue,
    /// A person is asked.
    Ask,
}

/// Tries beside the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct RetryRule {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// Wait before the second attempt.
    #[serde(default)]
    pub backoff: Duration,
    /// By how much each wait is longer than the one before; at least 1.
    #[serde(default = "one")]
    pub factor: f64,
    /// Longest wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max: Option<Duration>,
    /// Only for errors of these codes or kinds; all temporary ones where empty.
    #[serde(default)]
    pub on: Vec<String>,
}

fn one() -> f64 {
    1.0
}
