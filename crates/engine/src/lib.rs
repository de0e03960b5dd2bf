//! The engine: what happens next in a run. Pure, so that the same code drives the application, a
//! cluster and a simulator with one seed.
//!
//! [`decide`](fn@decide) looks at a [`State`] and a [`Command`] and gives the events that are now true
//! and the [`Effect`]s that they order; [`apply`](fn@apply) takes one event into the state and cannot
//! fail. The host stamps the events, makes them durable, applies them, and only then performs the
//! effects.
//!
//! Deliberately not here: clock, randomness, files, async, any particular connector, the document. Time
//! is a timer that the host reports; ids are arguments.
//!
//! Invariants:
//! - the state is a fold of the events and of nothing else;
//! - an effect is handed out only with the events that order it;
//! - nothing begins before its needs have gone the wanted way, and no path passes an open approval;
//! - what may have happened is asked for, never done again blindly;
//! - the work per event is in proportion to what changed, not to the size of the plan.
#![deny(missing_docs)]

mod apply;
mod code;
pub mod command;
mod decide;
pub mod effect;
pub mod event;
mod instance;
mod refusal;
mod replay;
pub mod state;

pub use apply::apply;
pub use command::{Answer, Command};
pub use decide::{Decision, decide};
pub use effect::{Effect, TimerKind};
pub use event::{Event, EventBody};
pub use instance::Instance;
pub use refusal::Refusal;
pub use replay::{Mismatch, replay};
pub use state::{Phase, RunPhase, State, StepState};

use podium_model::RunId;
use sha2::{Digest, Sha256};

/// The idempotency key of an attempt: the same for every try of it, also after a crash. 33 characters
/// of `[a-z0-9]`, starting with a letter.
pub fn key(run: &RunId, step: &Instance, attempt: u32) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(format!("{run}/{step}/{attempt}").as_bytes());
    let mut key = String::from("p");
    for byte in &digest[..16] {
        let _ = write!(key, "{byte:02x}");
    }
    key
}

#[cfg(test)]
mod tests;
