//! `Succeeded`: the step did what it should.

use podium_connector::Outcome;
use podium_plan::Work;

use super::draft::Draft;
use crate::event::{StepEvent, StepSucceeded, Undone};
use crate::state::cells::Cells;

pub(super) fn succeeded(draft: &mut Draft, at: usize, outcome: &Outcome) {
    if !draft.cell(at).phase.is_begun() {
        return;
    }
    let event = match draft.plan_step(at).work {
        Work::Do => StepEvent::Succeeded(StepSucceeded {
            outputs: outcome.outputs.clone(),
            hidden: outcome.hidden.clone(),
            made: outcome.made.clone(),
            undo: outcome.undo.clone(),
            ..StepSucceeded::default()
        }),
        Work::Undo { .. } => StepEvent::Undone(Undone {
            made: outcome.made.clone(),
            outputs: outcome.outputs.clone(),
        }),
    };
    draft.event(at, event);
}
