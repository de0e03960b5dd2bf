//! What follows from a command: one file for each, named for it.
//!
//! A decision tries its events on a [`Draft`](draft::Draft) of the state as it makes them, so that what
//! follows from an event (the next steps, the end of the run) is in the same decision, and becomes
//! durable with it.

mod accept;
mod answer;
mod approve;
mod call;
mod cancel;
mod create;
mod draft;
mod end;
mod ended;
mod expression;
mod fail;
mod lock;
mod log;
mod observe;
mod prepare;
mod progress;
mod resume;
mod schedule;
mod start;
mod succeed;
mod timer;
mod unknown;

use crate::code;
use crate::command::Command;
use crate::effect::Effect;
use crate::event::EventBody;
use crate::refusal::Refusal;
use crate::state::State;

use draft::Draft;

/// What follows from a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// What is now true, in order; to be made durable as one.
    pub events: Vec<EventBody>,
    /// What is then to be done, in order.
    pub effects: Vec<Effect>,
    /// How many steps were looked at; in proportion to what changed.
    pub considered: usize,
}

/// Decides what follows from a command. Pure: the same state and command give the same decision.
///
/// Refuses what a person asks and the run cannot do now; nothing has changed then. A report about an
/// attempt that has ended gives an empty decision.
pub fn decide(state: &State, command: &Command) -> Result<Decision, Refusal> {
    if state.head.recorded && !matches!(command, Command::Resume) {
        return Err(Refusal::new(
            code::RECORDED,
            format!(
                "The run `{}` is a record: it ran elsewhere, and what it made is not here.",
                state.run()
            ),
            "Preview the workflow and deploy it here.",
        ));
    }
    let mut draft = Draft::new(state);
    match command {
        Command::Create {
            plan,
            preview,
            by,
            schedule,
        } => create::create(&mut draft, plan, preview, by, schedule.as_ref())?,
        Command::Approve { hash, by, outside } => {
            approve::approve(&mut draft, hash, by, outside.as_ref())?;
        }
        Command::Start => start::start(&mut draft)?,
        Command::Prepared {
            step,
            attempt,
            preview,
            undo,
            delivery,
            mode,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                prepare::prepared(&mut draft, at, preview, undo.as_ref(), delivery, *mode);
            }
        }
        Command::PrepareFailed {
            step,
            attempt,
            error,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                prepare::prepare_failed(&mut draft, at, error);
            }
        }
        Command::Accepted {
            step,
            attempt,
            remote,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                accept::accepted(&mut draft, at, remote);
            }
        }
        Command::Progress {
            step,
            attempt,
            progress,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                progress::progress(&mut draft, at, progress);
            }
        }
        Command::Log {
            step,
            attempt,
            lines,
        } => log::log(&mut draft, step, *attempt, lines),
        Command::Succeeded {
            step,
            attempt,
            outcome,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                succeed::succeeded(&mut draft, at, outcome);
            }
        }
        Command::Failed {
            step,
            attempt,
            error,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                fail::failed(&mut draft, at, error);
            }
        }
        Command::Ended {
            step,
            attempt,
            still_running,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                ended::ended(&mut draft, at, still_running);
            }
        }
        Command::BecameUnknown {
            step,
            attempt,
            because,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                unknown::became_unknown(&mut draft, at, because);
            }
        }
        Command::Observed {
            step,
            attempt,
            observed,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                observe::observed(&mut draft, at, observed);
            }
        }
        Command::Locked {
            step,
            attempt,
            because,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                lock::locked(&mut draft, at, because);
            }
        }
        Command::Unlocked => lock::unlocked(&mut draft),
        Command::TimerFired {
            step,
            attempt,
            timer,
        } => {
            if let Some(at) = draft.current(step, *attempt) {
                timer::timer_fired(&mut draft, at, *timer);
            }
        }
        Command::Answer {
            step,
            answer,
            by,
            comment,
        } => answer::answer(&mut draft, step, answer, by, comment.as_deref())?,
        Command::Cancel { by } => cancel::cancel(&mut draft, by)?,
        Command::Resume => resume::resume(&mut draft),
    }
    schedule::follow(&mut draft);
    end::end(&mut draft);
    Ok(draft.into_decision())
}
