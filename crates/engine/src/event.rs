//! Events: what happened in a run, in the past tense. The journal holds them, and everything that a
//! screen shows is a fold over them.
//!
//! The JSON form (`event/1`) is a shape that other programs rely on; it is written by hand in
//! [`wire`](self) and does not change without a new number.

mod step;
mod wire;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use podium_diagnostics::Error;
use podium_model::{RunId, StepId};
use podium_plan::{Plan, Preview};

use crate::Instance;

pub use podium_connector::LogLine;
pub use step::{
    Accepted, Dispatched, Intent, Log, Progressed, Ready, Retrying, Skip, Skipped, StepCancelled,
    StepEvent, StepFailed, StepSucceeded, Stopping, Undone, Unknown, WaitingApproval,
    WaitingUnlock,
};
pub use wire::{EVENT_FORMAT, event_schema};

/// Something that happened, as the journal keeps it. The host gives `seq` (counted from 1, without a
/// gap) and `at`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The run.
    pub run: RunId,
    /// Its place in the run, counted from 1.
    pub seq: u64,
    /// When, in milliseconds since 1970 (UTC). Only for people: order is `seq`.
    pub at: i64,
    /// What.
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventBody {
    /// To the run.
    Run(RunEvent),
    /// To a step.
    Step {
        /// The step, or one element of it.
        step: Instance,
        /// Which attempt, counted from 1; 0 where none was begun.
        attempt: u32,
        /// What.
        event: StepEvent,
    },
}

impl EventBody {
    /// The event's type, for example `step.succeeded`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Run(event) => event.name(),
            Self::Step { event, .. } => event.name(),
        }
    }

    /// The step it is about.
    pub fn step(&self) -> Option<&Instance> {
        match self {
            Self::Run(_) => None,
            Self::Step { step, .. } => Some(step),
        }
    }
}

impl From<RunEvent> for EventBody {
    fn from(event: RunEvent) -> Self {
        Self::Run(event)
    }
}

/// Something that happened to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// It was made: plan and preview are fixed from here on.
    Created(Box<Created>),
    /// A person said yes to the preview.
    Approved(Approved),
    /// It goes (on).
    Started(Started),
    /// Nothing moves until somebody does something.
    Waiting(Waiting),
    /// It ended well.
    Succeeded(Succeeded),
    /// It ended badly.
    Failed(Failed),
    /// It was cancelled, and everything has stopped here.
    Cancelled(Cancelled),
}

/// A run was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Created {
    /// What will run.
    pub plan: Plan,
    /// What it would change; an approval is bound to its hash.
    pub preview: Preview,
    /// Who asked for it.
    pub by: String,
    /// The schedule that began it; absent where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schedule: Option<Occasion>,
    /// The run that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub undoes: Option<RunId>,
    /// Whether it was only looked at from here: it ran elsewhere, and its record was brought in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub recorded: bool,
}

/// What began a run in the place of a person: a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Occasion {
    /// Its name in the workspace.
    pub schedule: String,
    /// What people call it.
    pub title: String,
    /// When it was due, in milliseconds since 1970; absent where a person pressed its button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub due: Option<i64>,
    /// The same on the clock of its time zone, for example `Sunday 2026-03-29 03:00 (+02:00)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub due_there: Option<String>,
}

impl Occasion {
    /// In words: `begun by the schedule Nightly care, due Sunday 2026-03-29 03:00 (+02:00)`.
    pub fn words(&self) -> String {
        match &self.due_there {
            Some(there) => format!("begun by the schedule {}, due {there}", self.title),
            None => format!("begun by hand from the schedule {}", self.title),
        }
    }
}

/// A person said yes to the preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Approved {
    /// Who.
    pub by: String,
    /// The hash of the preview that they saw.
    pub hash: String,
    /// Set where the run may begin although it is no time for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub outside: Option<Outside>,
}

/// A run begins outside the window of its environment, or in a freeze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Outside {
    /// How it stood: `Closed until Monday 2026-11-30 09:00 (Europe/Berlin): frozen, nobody is there.`
    pub closed: String,
    /// Why it begins all the same, as the person said.
    pub reason: String,
}

/// A run goes (on).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Started {
    /// Who took it up again after it had ended; absent the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub again: Option<String>,
    /// Whether the application was gone in between; what was under way is being looked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub resumed: bool,
}

/// Nothing moves until somebody does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Waiting {
    /// What it waits for; never empty.
    #[serde(rename = "for")]
    pub for_: Vec<WaitFor>,
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "what", rename_all = "lowercase")]
pub enum WaitFor {
    /// A yes to the preview of this hash.
    Preview {
        /// The hash.
        hash: String,
    },
    /// A yes at a step.
    Approval {
        /// The step.
        step: Instance,
    },
    /// The vault.
    Unlock {
        /// The step.
        step: Instance,
    },
    /// A decision about a failure.
    Failure {
        /// The step.
        step: Instance,
    },
    /// Somebody who looks what became of it.
    Unknown {
        /// The step.
        step: Instance,
    },
    /// A cancel was asked for: what runs comes to an end, and nothing new begins.
    Cancel {
        /// Who asked.
        by: String,
    },
}

/// A run ended well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Succeeded {
    /// The workflow's outputs.
    #[ts(type = "Record<string, any>")]
    pub outputs: Map<String, Value>,
    /// Outputs that could not be worked out, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Error>>")]
    pub missing: Vec<Error>,
}

/// A run ended badly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Failed {
    /// The first failure.
    pub error: Error,
    /// The steps that failed, in the order of the plan.
    pub steps: Vec<StepId>,
}

/// A run was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Cancelled {
    /// Who asked.
    pub by: String,
    /// What goes on at the far side, as whole sentences.
    pub still_running: Vec<String>,
}
