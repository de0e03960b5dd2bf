//! One step, or one element of a `for_each`.
//!
//! ```text
//! waiting ─→ ready ─→ intent ─→ dispatched ─→ accepted ─→ running ─→ succeeded | undone
//!    │         │ ⇅                    └──────────┴───────────┴─→ failed | cancelled | unknown
//!    │         │ waiting_approval, waiting_unlock
//!    │         └─→ retrying ─→ ready (the next attempt)
//!    ├─→ expanded (its elements run) ─→ succeeded | failed | cancelled
//!    ├─→ called (the steps of the workflow it calls run) ─→ succeeded | failed | cancelled
//!    └─→ skipped
//! failed with a question (asked) and unknown wait for a person:
//!    ─→ ready (the next attempt) | succeeded | skipped | failed
//! failed, cancelled ─→ retrying, when a person asks; what was skipped for it waits again
//! ```

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use podium_connector::{Delivery, StepPreview};
use podium_diagnostics::Error;
use podium_model::document::When;

use crate::event::{Skip, Stopping, WaitingApproval};

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// For the steps it needs.
    #[default]
    Waiting,
    /// Looked at once more; nothing is written.
    Ready,
    /// For a person's yes.
    WaitingApproval,
    /// For the vault, before anything was written.
    WaitingUnlock,
    /// For the vault, in the middle.
    ParkedForUnlock,
    /// About to be done.
    Intent,
    /// Handed to its connector.
    Dispatched,
    /// Taken by the far system.
    Accepted,
    /// Reporting.
    Running,
    /// Until the next attempt.
    Retrying,
    /// It failed, and a person is asked.
    Asked,
    /// Nobody knows; a person is asked.
    Unknown,
    /// Its elements run.
    Expanded,
    /// The steps of the workflow that it calls run.
    Called,
    /// It did what it should.
    Succeeded,
    /// The step of the earlier run was taken back.
    Undone,
    /// It failed.
    Failed,
    /// It failed, and the rest goes on.
    FailedGoOn,
    /// It was stopped.
    Cancelled,
    /// It does not run.
    Skipped(Skip),
}

/// The way an ended step went, as its edges see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It succeeded, is switched off, or a person left it out.
    Success,
    /// It failed.
    Failure,
    /// It did not run, or was stopped.
    Neither,
}

impl Phase {
    /// The way it went; absent where it has not ended.
    pub fn way(self) -> Option<Way> {
        match self {
            Self::Succeeded | Self::Undone | Self::Skipped(Skip::Off | Skip::Person) => {
                Some(Way::Success)
            }
            Self::Failed | Self::FailedGoOn => Some(Way::Failure),
            Self::Cancelled
            | Self::Skipped(Skip::Condition | Skip::Needs | Skip::Stopped | Skip::Cancelled) => {
                Some(Way::Neither)
            }
            Self::Waiting
            | Self::Ready
            | Self::WaitingApproval
            | Self::WaitingUnlock
            | Self::ParkedForUnlock
            | Self::Intent
            | Self::Dispatched
            | Self::Accepted
            | Self::Running
            | Self::Retrying
            | Self::Asked
            | Self::Unknown
            | Self::Expanded
            | Self::Called => None,
        }
    }

    /// Whether it has ended.
    pub fn is_ended(self) -> bool {
        self.way().is_some()
    }

    /// Whether it was begun and has not ended: something may be happening at the far side.
    pub fn is_begun(self) -> bool {
        matches!(
            self,
            Self::Intent | Self::Dispatched | Self::Accepted | Self::Running
        )
    }

    /// Whether it goes on by itself.
    pub(crate) fn is_moving(self) -> bool {
        self.is_begun() || matches!(self, Self::Ready | Self::Retrying)
    }

    /// Whether it waits for somebody.
    pub(crate) fn is_asking(self) -> bool {
        matches!(
            self,
            Self::WaitingApproval
                | Self::WaitingUnlock
                | Self::ParkedForUnlock
                | Self::Asked
                | Self::Unknown
        )
    }

    /// Its status as expressions see it.
    pub fn status(self) -> &'static str {
        match self {
            Self::Succeeded | Self::Skipped(Skip::Off) => "succeeded",
            Self::Undone => "undone",
            Self::Failed | Self::FailedGoOn | Self::Asked => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped(_) => "skipped",
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
            Self::WaitingApproval => "waiting_approval",
            Self::WaitingUnlock | Self::ParkedForUnlock => "waiting_unlock",
            Self::Ready => "ready",
            Self::Retrying => "retrying",
            Self::Intent
            | Self::Dispatched
            | Self::Accepted
            | Self::Running
            | Self::Expanded
            | Self::Called => "running",
        }
    }
}

/// Whether an edge is satisfied by the way its first step went.
pub(crate) fn satisfies(way: Way, on: When) -> bool {
    match on {
        When::Success => way == Way::Success,
        When::Failure => way == Way::Failure,
        When::Always => true,
    }
}

impl Cell {
    /// Whether an attempt was ever handed to the connector.
    pub(crate) fn was_begun(&self) -> bool {
        self.delivery.is_some()
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    /// Its place in the plan.
    pub(crate) step: usize,
    pub(crate) item: Option<u32>,
    pub(crate) phase: Phase,
    pub(crate) attempt: u32,
    /// Attempts since it began, or since a person asked for another.
    pub(crate) tries: u32,

    /// Edges whose first step has not ended.
    pub(crate) pending: u32,
    /// Those of them through which a value flows.
    pub(crate) pending_data: u32,
    /// Edges that went the wanted way.
    pub(crate) met: u32,
    /// Whether it deals with a failure, so that it begins although the run stops.
    pub(crate) handler: bool,

    /// Rendered inputs of the last attempt.
    pub(crate) inputs: Arc<Map<String, Value>>,
    /// Inputs that a person changed.
    pub(crate) changed: Option<Arc<Map<String, Value>>>,
    /// Outputs: an object, or a list of them for a `for_each`.
    pub(crate) outputs: Arc<Value>,
    /// The element that this cell is for.
    pub(crate) each: Option<Arc<Value>>,
    pub(crate) remote: Option<Arc<str>>,
    pub(crate) delivery: Option<Arc<Delivery>>,
    pub(crate) error: Option<Arc<Error>>,
    /// What goes on at the far side, or why nobody knows.
    pub(crate) still_running: Arc<Vec<String>>,
    pub(crate) wait_ms: u64,
    pub(crate) stopping: Option<Stopping>,
    /// Begun, and its host is gone.
    pub(crate) adrift: bool,
    /// The open question.
    pub(crate) question: Option<Arc<WaitingApproval>>,
    /// A preview that a person approved after it differed.
    pub(crate) approved: Option<Arc<StepPreview>>,

    /// Where the elements' cells are.
    pub(crate) items: Range<usize>,
    pub(crate) next_item: usize,
    pub(crate) live_items: u32,
    pub(crate) open_items: u32,
    pub(crate) failed_items: u32,

    /// Of a call: its steps that have not ended.
    pub(crate) open_inside: u32,
    /// Of a call: the step whose failure stops the called workflow.
    pub(crate) stopped_by: Option<usize>,
}
