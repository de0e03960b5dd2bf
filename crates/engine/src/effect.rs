//! Effects: what is to be done now. The host performs an effect only after the events of the same
//! decision are durable.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use podium_connector::{Inputs, StepRequest};
use podium_model::RunId;
use podium_plan::PlanStep;

use crate::Instance;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Look once more what the step would change (`preview`, or `preview_undo` in an undo run), make
    /// the undo record (`prepare`), and answer with `Prepared`, `PrepareFailed` or `Locked`. Writes
    /// nothing.
    Prepare {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// Its inputs, all known.
        inputs: Map<String, Value>,
    },
    /// Do it (`run`, or `undo`), and answer with `Accepted`, `Progress`, `Log`, and in the end
    /// `Succeeded`, `Failed`, `Ended` or `BecameUnknown`.
    Perform {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// The idempotency key.
        key: String,
        /// Its inputs.
        inputs: Map<String, Value>,
        /// Whether it was begun before; nothing must then be done twice.
        resumed: bool,
        /// The id that the far system gave.
        remote: Option<String>,
    },
    /// Find out what became of it (`observe`), and answer with `Observed`.
    Observe {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// The idempotency key.
        key: String,
        /// Its inputs.
        inputs: Map<String, Value>,
        /// The id that the far system gave.
        remote: Option<String>,
    },
    /// Wait, then answer with `TimerFired`. A timer of an attempt that has ended is not answered, or
    /// its answer has no effect.
    Timer {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
        /// What for.
        kind: TimerKind,
        /// How long.
        millis: u64,
    },
    /// Stop it gently (a `Prepare` or `Perform` that runs); it then ends with `Ended`.
    CancelStep {
        /// The step.
        step: Instance,
        /// The attempt.
        attempt: u32,
    },
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimerKind {
    /// The wait before the next attempt.
    Backoff,
    /// The longest time of an attempt.
    Timeout,
}

impl Effect {
    /// The step it is about.
    pub fn step(&self) -> &Instance {
        match self {
            Self::Prepare { step, .. }
            | Self::Perform { step, .. }
            | Self::Observe { step, .. }
            | Self::Timer { step, .. }
            | Self::CancelStep { step, .. } => step,
        }
    }

    /// The attempt it is about.
    pub fn attempt(&self) -> u32 {
        match self {
            Self::Prepare { attempt, .. }
            | Self::Perform { attempt, .. }
            | Self::Observe { attempt, .. }
            | Self::Timer { attempt, .. }
            | Self::CancelStep { attempt, .. } => *attempt,
        }
    }

    /// The request for the connector, where the effect is one. `plan` is the step of the run's plan.
    pub fn request(&self, run: &RunId, plan: &PlanStep) -> Option<StepRequest> {
        let (key, inputs, resumed, remote) = match self {
            Self::Prepare {
                step,
                attempt,
                inputs,
            } => (crate::key(run, step, *attempt), inputs, false, &None),
            Self::Perform {
                key,
                inputs,
                resumed,
                remote,
                ..
            } => (key.clone(), inputs, *resumed, remote),
            Self::Observe {
                key,
                inputs,
                remote,
                ..
            } => (key.clone(), inputs, true, remote),
            Self::Timer { .. } | Self::CancelStep { .. } => return None,
        };
        Some(StepRequest {
            run: Some(run.clone()),
            step: plan.id.clone(),
            attempt: self.attempt(),
            operation: plan.uses.clone(),
            inputs: Inputs::known(inputs.clone()),
            key,
            resumed,
            remote: remote.clone(),
        })
    }
}
