//! `Prepared`, `PrepareFailed`: the last look before anything is written.

use podium_connector::{Delivery, Mode, StepPreview, UndoRecord};
use podium_diagnostics::{Error, ErrorKind};
use podium_plan::{PreviewStep, StepAnswer};

use super::draft::Draft;
use super::{fail, lock, schedule};
use crate::event::{Intent, StepEvent, WaitingApproval};
use crate::state::cell::Phase;
use crate::state::cells::Cells;

pub(super) fn prepared(
    draft: &mut Draft,
    at: usize,
    preview: &StepPreview,
    undo: Option<&UndoRecord>,
    delivery: &Delivery,
    mode: Option<Mode>,
) {
    if draft.cell(at).phase != Phase::Ready {
        return;
    }
    if draft.is_blocked(at) {
        return schedule::skip_blocked(draft, at);
    }
    if let Some(reason) = differs(draft, at, preview) {
        let title = &draft.plan_step(at).title;
        let question = WaitingApproval {
            message: format!("Go on with `{title}`?"),
            reason: Some(format!("It differs from what was approved. {reason}")),
            quorum: 1,
            preview: Some(preview.clone()),
            ..WaitingApproval::default()
        };
        return draft.event(at, StepEvent::WaitingApproval(Box::new(question)));
    }
    let step = draft.instance(at);
    let cell = draft.cell(at);
    let intent = Intent {
        key: crate::key(draft.run(), &step, cell.attempt),
        undo: undo.cloned(),
        inputs: (*cell.inputs).clone(),
        preview: preview.clone(),
        delivery: delivery.clone(),
        mode,
    };
    draft.event(at, StepEvent::Intent(Box::new(intent)));
    draft.perform(at, false);
}

/// How the step differs now from what a person said yes to; absent where it does not, and in a run that
/// nobody had to or did approve.
fn differs(draft: &Draft, at: usize, now: &StepPreview) -> Option<String> {
    if !draft.head().approved {
        return None;
    }
    let cell = draft.cell(at);
    let approved = draft.graph().approved(cell.step)?;
    match &cell.approved {
        None => podium_plan::departure(approved, now),
        Some(fresh) => {
            let fresh = PreviewStep::new(
                draft.plan_step(at),
                approved.mode,
                Vec::new(),
                StepAnswer::Answered((**fresh).clone()),
            );
            podium_plan::departure(&fresh, now)
        }
    }
}

pub(super) fn prepare_failed(draft: &mut Draft, at: usize, error: &Error) {
    if draft.cell(at).phase != Phase::Ready {
        return;
    }
    if error.kind == ErrorKind::Locked {
        return lock::locked(draft, at, &error.message);
    }
    if draft.is_blocked(at) {
        return schedule::skip_blocked(draft, at);
    }
    fail::fail(draft, at, error, Vec::new());
}
