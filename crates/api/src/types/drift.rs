//! What became of the things that a run left.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use podium_connector::Mode;
use podium_diagnostics::Error;
use podium_model::{OperationName, RunId, StepId};

use super::Difference;

/// A look at what a run left: whether it is still so. Lives as long as this process; nothing of it is in
/// the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DriftView {
    /// The run.
    pub run: RunId,
    /// What people call its workflow.
    pub title: String,
    /// Where it ran.
    pub environment: String,
    /// When it ended, in milliseconds since 1970.
    #[ts(type = "number")]
    pub since: i64,
    /// When the look began.
    #[ts(type = "number")]
    pub began: i64,
    /// When it ended; absent while it goes on.
    #[ts(type = "number | null")]
    pub ended: Option<i64>,
    /// Whether somebody stopped it.
    pub stopped: bool,
    /// In words: `2 things were changed by hand since.`
    pub sentence: String,
    /// A later run of the same workflow in the same environment with the same answers: what that one
    /// changed is told here as well.
    pub newer: Option<RunId>,
    /// The steps that may have changed something, in the order of the plan.
    pub rows: Vec<DriftRow>,
}

/// What became of the things that one step left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DriftRow {
    /// The step.
    pub step: StepId,
    /// What people call it.
    pub title: String,
    /// Which operation.
    pub uses: OperationName,
    /// Whether the system that is asked is the real one.
    pub mode: Mode,
    /// When the step had done it, in milliseconds since 1970.
    #[ts(type = "number")]
    pub since: i64,
    /// How it stands.
    pub state: DriftState,
    /// Why nobody can know, or what is not looked at; as a whole sentence.
    pub because: Option<String>,
    /// What is no longer as the step left it.
    pub things: Vec<DriftThing>,
    /// How many more there are.
    pub more: u32,
    /// Why it could not be asked.
    pub error: Option<Error>,
}

/// How the things of one step stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    /// It is being asked.
    Asking,
    /// Everything is as the step left it.
    Same,
    /// Something is not.
    Changed,
    /// Nobody can know; the row says why.
    CannotKnow,
    /// It could not be asked.
    Failed,
    /// The look was stopped before.
    Stopped,
}

/// A thing that is no longer as a step left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DriftThing {
    /// The system's word for the kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Which element of the step's list it belongs to, counted from 0.
    pub element: Option<u32>,
    /// How it changed.
    pub how: DriftHow,
    /// What differs: `before` as it was left, `after` as it is.
    pub fields: Vec<Difference>,
}

/// How a thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DriftHow {
    /// It is gone.
    Gone,
    /// It is there and should not be.
    Added,
    /// It is another one.
    Changed,
}

/// The run that stands where a preview is about to change things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Stands {
    /// The run.
    pub run: RunId,
    /// When it ended, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
}
