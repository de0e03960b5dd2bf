//! The end of a run, or the point where nothing moves until somebody does something.

use std::sync::Arc;

use podium_diagnostics::{Error, ErrorKind};

use super::draft::Draft;
use super::expression;
use crate::code;
use crate::event::{Cancelled, Failed, RunEvent, Succeeded, WaitFor, Waiting};
use crate::state::RunPhase;
use crate::state::cell::Phase;
use crate::state::cells::Cells;

pub(super) fn end(draft: &mut Draft) {
    let head = draft.head();
    let goes = matches!(head.phase, RunPhase::Running | RunPhase::Cancelling);
    if !goes || head.moving > 0 || !draft.has_changed() {
        return;
    }
    if !head.asking.is_empty() {
        if head.phase == RunPhase::Running {
            wait(draft);
        }
        return;
    }
    if head.unsettled > 0 {
        return;
    }
    if let Some(by) = &head.cancel {
        let by = by.to_string();
        let still_running = steps(draft)
            .filter(|at| draft.cell(*at).phase == Phase::Cancelled && !draft.graph().is_call(*at))
            .flat_map(|at| draft.cell(at).still_running.to_vec())
            .collect();
        draft.run_event(RunEvent::Cancelled(Cancelled { by, still_running }));
        return;
    }
    let failed: Vec<usize> = steps(draft).filter(|at| has_failed(draft, *at)).collect();
    let Some(first) = head.stopped_by.or_else(|| failed.first().copied()) else {
        let (outputs, missing) = expression::outputs(draft);
        draft.run_event(RunEvent::Succeeded(Succeeded { outputs, missing }));
        return;
    };
    let error = draft
        .cell(first)
        .error
        .as_deref()
        .cloned()
        .unwrap_or_else(|| {
            Error::new(
                ErrorKind::Cancelled,
                code::STOPPED_FROM_OUTSIDE,
                format!("`{}` was stopped.", draft.plan_step(first).title),
            )
        });
    let steps = failed
        .into_iter()
        .map(|at| draft.plan_step(at).id.clone())
        .collect();
    draft.run_event(RunEvent::Failed(Failed { error, steps }));
}

/// Whether a step and all calls around it failed: the failure of a step does not count where its call
/// goes on.
fn has_failed(draft: &Draft, at: usize) -> bool {
    let mut step = Some(at);
    while let Some(at) = step {
        if !matches!(draft.cell(at).phase, Phase::Failed | Phase::Cancelled) {
            return false;
        }
        step = draft.graph().within(at);
    }
    true
}

fn steps(draft: &Draft) -> impl Iterator<Item = usize> + use<> {
    0..draft.graph().steps().len()
}

fn wait(draft: &mut Draft) {
    let asking = Arc::clone(&draft.head().asking);
    let for_ = asking
        .iter()
        .filter_map(|&at| {
            let step = draft.instance(at);
            match draft.cell(at).phase {
                Phase::WaitingApproval => Some(WaitFor::Approval { step }),
                Phase::WaitingUnlock | Phase::ParkedForUnlock => Some(WaitFor::Unlock { step }),
                Phase::Asked => Some(WaitFor::Failure { step }),
                Phase::Unknown => Some(WaitFor::Unknown { step }),
                _ => None,
            }
        })
        .collect();
    draft.run_event(RunEvent::Waiting(Waiting { for_ }));
}
