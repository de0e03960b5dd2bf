//! Commands: what a person, the clock or the host asks of a run.
//!
//! A command of a person that cannot be followed is refused with a code. A report about an attempt that
//! has already ended, or about a timer nobody waits for, is no error: it changes nothing.

use podium_connector::{
    Delivery, LogLine, Mode, Observed, Outcome, Progress, StepPreview, UndoRecord,
};
use podium_diagnostics::Error;
use podium_plan::{Plan, Preview};
use serde_json::{Map, Value};

use crate::event::{Occasion, Outside};
use crate::{Instance, TimerKind};

/// What is asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// Make the run.
    Create {
        /// What will run.
        plan: Box<Plan>,
        /// What it would change.
        preview: Box<Preview>,
        /// Who asks.
        by: String,
        /// The schedule that is due, where one is.
        schedule: Option<Occasion>,
    },
    /// Say yes to the preview.
    Approve {
        /// The hash of the preview that the person saw.
        hash: String,
        /// Who.
        by: String,
        /// Why it begins outside its window, where it does.
        outside: Option<Outside>,
    },
    /// Begin.
    Start,
    /// Report: a `Prepare` effect is done.
    Prepared {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// What it would change now.
        preview: Box<StepPreview>,
        /// How to take it back; absent in an undo run.
        undo: Option<UndoRecord>,
        /// What happens when a reply is lost, as the manifest says.
        delivery: Delivery,
        /// Whether the far system is the real one, now that the inputs are known.
        mode: Option<Mode>,
    },
    /// Report: a `Prepare` effect failed; nothing was written.
    PrepareFailed {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// Why.
        error: Error,
    },
    /// Report: the far system gave an id. Its event must be durable before the connector goes on.
    Accepted {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// The id.
        remote: String,
    },
    /// Report: what the step does now.
    Progress {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// In the connector's words.
        progress: Progress,
    },
    /// Report: lines of the step's log, already redacted.
    Log {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// The lines.
        lines: Vec<LogLine>,
    },
    /// Report: it is done (and verified).
    Succeeded {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// What came of it.
        outcome: Box<Outcome>,
    },
    /// Report: it failed. An error of the kind `Unknown` is treated as [`Command::BecameUnknown`].
    Failed {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// Why.
        error: Error,
    },
    /// Report: it was stopped.
    Ended {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// What goes on at the far side, as whole sentences.
        still_running: Vec<String>,
    },
    /// Report: it may or may not have happened.
    BecameUnknown {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// Why, and what to look at.
        because: String,
    },
    /// Report: an `Observe` effect is done.
    Observed {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// What became of it.
        observed: Observed,
    },
    /// Report: a credential cannot be had, since the vault is locked.
    Locked {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// Why, as a sentence.
        because: String,
    },
    /// The vault is open again.
    Unlocked,
    /// A timer has run out.
    TimerFired {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// What it was for.
        timer: TimerKind,
    },
    /// A person answers at a step.
    Answer {
        /// The step.
        step: Instance,
        /// What they say.
        answer: Answer,
        /// Who.
        by: String,
        /// Their remark.
        comment: Option<String>,
    },
    /// Stop: nothing new begins, what runs is stopped.
    Cancel {
        /// Who asks.
        by: String,
    },
    /// Go on after the application was gone. Gives effects for everything that was under way.
    Resume,
}

/// What a person says at a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Yes: to an approval, or to a preview that differs.
    Approve,
    /// No.
    Deny,
    /// Try it again. Also in a run that has ended: it is taken up again.
    Retry,
    /// Try it again with these inputs in place of the rendered ones of the same names.
    RetryWith(Map<String, Value>),
    /// Leave it out; what needs it goes on as if it had succeeded.
    Skip,
    /// It is done: somebody looked, or did it by hand.
    MarkDone(Map<String, Value>),
    /// It failed, and the run stops.
    Stop,
    /// It failed, and the rest goes on.
    GoOn,
}
