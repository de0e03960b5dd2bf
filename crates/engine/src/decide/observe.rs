//! `Observed`: what became of an attempt whose host was gone.

use podium_connector::Observed;

use super::draft::Draft;
use super::unknown;
use crate::event::{StepCancelled, StepEvent};
use crate::state::cells::Cells;

pub(super) fn observed(draft: &mut Draft, at: usize, observed: &Observed) {
    let cell = draft.cell(at);
    if !cell.phase.is_begun() || !cell.adrift {
        return;
    }
    match observed {
        Observed::NeverStarted if draft.head().cancel.is_some() => {
            draft.event(at, StepEvent::Cancelled(StepCancelled::default()));
        }
        Observed::NeverStarted => draft.perform(at, false),
        Observed::Adopt => draft.perform(at, true),
        Observed::Unknown { because } => unknown::became_unknown(draft, at, because),
    }
}
