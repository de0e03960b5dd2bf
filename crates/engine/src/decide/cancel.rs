//! `Cancel`: nothing new begins, what runs is stopped, and the run ends when all of it has.

use super::draft::{Draft, Todo};
use super::{fail, schedule, timer};
use crate::code;
use crate::effect::Effect;
use crate::event::{
    Cancelled, RunEvent, StepCancelled, StepEvent, StepFailed, Stopping, WaitFor, Waiting,
};
use crate::refusal::Refusal;
use crate::state::RunPhase;
use crate::state::cell::Phase;
use crate::state::cells::Cells;

pub(super) fn cancel(draft: &mut Draft, by: &str) -> Result<(), Refusal> {
    let by = by.to_owned();
    match draft.state().phase() {
        RunPhase::New => Err(Refusal::new(
            code::NOT_NOW,
            "There is no such run yet.",
            "Look for the run in the list of runs.",
        )),
        RunPhase::Succeeded | RunPhase::Failed | RunPhase::Cancelled => Err(Refusal::new(
            code::NOT_NOW,
            "The run has already ended.",
            "To take back what it did, undo it.",
        )),
        RunPhase::Created => {
            draft.run_event(RunEvent::Cancelled(Cancelled {
                by,
                still_running: Vec::new(),
            }));
            Ok(())
        }
        RunPhase::Cancelling => Ok(()),
        RunPhase::Running | RunPhase::Waiting => {
            draft.run_event(RunEvent::Waiting(Waiting {
                for_: vec![WaitFor::Cancel { by }],
            }));
            for at in 0..draft.len() {
                stop(draft, at);
            }
            Ok(())
        }
    }
}

fn stop(draft: &mut Draft, at: usize) {
    let cell = draft.cell(at);
    let still_running = cell.still_running.to_vec();
    match cell.phase {
        Phase::Ready => {
            let (step, attempt) = (draft.instance(at), cell.attempt);
            schedule::skip_blocked(draft, at);
            draft.effect(Effect::CancelStep { step, attempt });
        }
        Phase::WaitingApproval | Phase::WaitingUnlock => schedule::skip_blocked(draft, at),
        Phase::Retrying => draft.event(at, StepEvent::Cancelled(StepCancelled::default())),
        Phase::ParkedForUnlock => draft.event(
            at,
            StepEvent::Cancelled(StepCancelled {
                still_running: vec![
                    "It had begun and waited for the vault; what it began was not stopped."
                        .to_owned(),
                ],
            }),
        ),
        Phase::Unknown => draft.event(at, StepEvent::Cancelled(StepCancelled { still_running })),
        Phase::Asked => {
            if let Some(error) = cell.error.as_deref().cloned() {
                let by = draft.head().cancel.as_deref().map(str::to_owned);
                let failed = StepFailed {
                    error,
                    ask: false,
                    go_on: false,
                    by,
                    still_running,
                };
                fail::end_failed(draft, at, failed);
            }
        }
        Phase::Intent | Phase::Dispatched | Phase::Accepted | Phase::Running => {
            if cell.stopping != Some(Stopping::Cancel) {
                timer::stop(draft, at, Stopping::Cancel, "Stopping".to_owned());
            }
        }
        Phase::Expanded => draft.todo.push_back(Todo::Elements(at)),
        Phase::Called => draft.todo.push_back(Todo::Call(at)),
        Phase::Waiting
        | Phase::Succeeded
        | Phase::Undone
        | Phase::Failed
        | Phase::FailedGoOn
        | Phase::Cancelled
        | Phase::Skipped(_) => {}
    }
}
