//! `BecameUnknown`: it may or may not have happened. Never done again blindly; a person looks.

use super::draft::Draft;
use crate::event::{StepCancelled, StepEvent, Unknown};
use crate::state::cells::Cells;

pub(super) fn became_unknown(draft: &mut Draft, at: usize, because: &str) {
    if !draft.cell(at).phase.is_begun() {
        return;
    }
    let because = because.to_owned();
    if draft.head().cancel.is_some() {
        draft.event(
            at,
            StepEvent::Cancelled(StepCancelled {
                still_running: vec![because],
            }),
        );
    } else {
        draft.event(at, StepEvent::Unknown(Unknown { because }));
    }
}
