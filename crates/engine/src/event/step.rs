//! What happens to a step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use podium_connector::{Delivery, LogLine, Made, Mode, Progress, StepPreview, UndoRecord};
use podium_diagnostics::Error;

use crate::{EventBody, Instance};

/// Something that happened to a step.
#[derive(Clone, Debug, PartialEq)]
pub enum StepEvent {
    /// Its needs are met and its inputs known; it is looked at once more before anything is written.
    Ready(Ready),
    /// It waits for a person's yes.
    WaitingApproval(Box<WaitingApproval>),
    /// It waits for the vault.
    WaitingUnlock(WaitingUnlock),
    /// It is about to be done: key and undo record are durable from here on.
    Intent(Box<Intent>),
    /// It was handed to its connector.
    Dispatched(Dispatched),
    /// The far system took it and gave it an id.
    Accepted(Accepted),
    /// What it does now.
    Progress(Progressed),
    /// Lines of its log.
    Log(Log),
    /// It failed and is tried again.
    Retrying(Retrying),
    /// It did what it should.
    Succeeded(StepSucceeded),
    /// It failed.
    Failed(StepFailed),
    /// It does not run.
    Skipped(Skipped),
    /// It was stopped.
    Cancelled(StepCancelled),
    /// It may or may not have happened; nobody can tell from here.
    Unknown(Unknown),
    /// The step of the earlier run was taken back.
    Undone(Undone),
}

impl StepEvent {
    /// The event about this attempt of this step.
    pub fn of(self, step: Instance, attempt: u32) -> EventBody {
        EventBody::Step {
            step,
            attempt,
            event: self,
        }
    }
}

/// A step's needs are met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Ready {
    /// Its inputs, rendered. Empty for a step with `for_each`: its elements have their own.
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// The elements of `for_each`; each then has events of its own, as `ID[0]`, `ID[1]` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "any[]")]
    pub items: Option<Vec<Value>>,
    /// Who said yes to a preview that differed from the approved one; it is then looked at once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub approved_by: Option<String>,
}

/// A step waits for a person's yes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct WaitingApproval {
    /// Who is asked, as the author wrote it; empty where anybody may answer.
    pub to: Vec<String>,
    /// The question.
    pub message: String,
    /// Why it is asked although the author did not: the preview differs from the approved one.
    pub reason: Option<String>,
    /// How many people must say yes.
    pub quorum: u32,
    /// Who said yes so far.
    pub by: Vec<String>,
    /// What the step would change now, where it differs from what was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub preview: Option<StepPreview>,
}

/// A step waits for the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct WaitingUnlock {
    /// Why, as a sentence.
    pub because: String,
}

/// A step is about to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Intent {
    /// The idempotency key: the same for every try of this attempt, also after a crash.
    pub key: String,
    /// How to take it back; absent where there is nothing (a step of an undo run).
    pub undo: Option<UndoRecord>,
    /// The inputs it is done with.
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// What it will change.
    pub preview: StepPreview,
    /// What happens when a reply is lost.
    pub delivery: Delivery,
    /// Whether the far system is the real one or a simulator stands in. Absent in runs of earlier
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub mode: Option<Mode>,
}

/// A step was handed to its connector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Dispatched {
    /// Whether an attempt that was begun before is taken up again.
    pub resumed: bool,
}

/// The far system took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Accepted {
    /// The id it gave.
    pub remote: String,
}

/// What a step does now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Progressed {
    /// The connector's words, or those of the engine.
    #[serde(flatten)]
    #[ts(flatten)]
    pub progress: Progress,
    /// Set when this attempt is being stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub stopping: Option<Stopping>,
}

/// Why an attempt is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum Stopping {
    /// It took longer than its `timeout`.
    Timeout,
    /// A person asked.
    Cancel,
}

/// Lines of a step's log; as many as came together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Log {
    /// The lines.
    pub lines: Vec<LogLine>,
}

/// A step failed, or a person asked, and it is tried again. The event carries the attempt that ended;
/// the next is one more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Retrying {
    /// Why; absent where a person asked without a failure.
    pub error: Option<Error>,
    /// The wait before.
    pub wait_ms: u64,
    /// Who asked; absent where it is the retry rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<String>,
    /// Inputs that a person changed for the attempts to come; they replace the rendered ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Record<string, any>")]
    pub inputs: Option<Map<String, Value>>,
}

/// A step did what it should.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct StepSucceeded {
    /// The outputs. For a step with `for_each` they are in `items`.
    #[ts(type = "Record<string, any>")]
    pub outputs: Map<String, Value>,
    /// For a step with `for_each`: the outputs of its elements, in order; null where one failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "any[]")]
    pub items: Option<Vec<Value>>,
    /// Names of outputs that exist and are not shown.
    #[serde(default)]
    pub hidden: Vec<String>,
    /// What was made or changed.
    #[serde(default)]
    pub made: Vec<Made>,
    /// Facts that the undo needs beside its record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "any")]
    pub undo: Option<Value>,
    /// The person who said that it is done, or who approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<String>,
}

/// A step failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct StepFailed {
    /// Why.
    pub error: Error,
    /// Whether a person is asked what to do; the step has then not ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub ask: bool,
    /// Whether the rest of the run goes on as if it were no failure of the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub go_on: bool,
    /// The person who decided so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<String>,
    /// What goes on at the far side, where it was stopped for taking too long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub still_running: Vec<String>,
}

/// A step does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Skipped {
    /// Why, as a sentence.
    pub because: String,
    /// Why, for programs.
    pub why: Skip,
    /// The person who decided so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<String>,
}

/// Why a step does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum Skip {
    /// It is switched off; what needs it goes on as if it had succeeded.
    Off,
    /// Its condition is false.
    Condition,
    /// Too few of the steps it needs went the wanted way.
    Needs,
    /// The run stops after a failure.
    Stopped,
    /// The run was cancelled.
    Cancelled,
    /// A person decided so; what needs it goes on as if it had succeeded.
    Person,
}

/// A step was stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct StepCancelled {
    /// What goes on at the far side, as whole sentences.
    pub still_running: Vec<String>,
}

/// It may or may not have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Unknown {
    /// Why, and what to look at.
    pub because: String,
}

/// The step of the earlier run was taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Undone {
    /// What was removed or put back.
    pub made: Vec<Made>,
    /// The outputs of the undo, where there are any.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub outputs: Map<String, Value>,
}
