//! `Locked`, `Unlocked`: a step waits for the vault; it has not failed.

use std::sync::Arc;

use super::draft::Draft;
use crate::event::{Ready, StepEvent, WaitingUnlock};
use crate::state::cell::Phase;
use crate::state::cells::Cells;

pub(super) fn locked(draft: &mut Draft, at: usize, because: &str) {
    let phase = draft.cell(at).phase;
    if phase == Phase::Ready || phase.is_begun() {
        let because = because.to_owned();
        draft.event(at, StepEvent::WaitingUnlock(WaitingUnlock { because }));
    }
}

pub(super) fn unlocked(draft: &mut Draft) {
    let asking = Arc::clone(&draft.head().asking);
    for &at in asking.iter() {
        match draft.cell(at).phase {
            Phase::WaitingUnlock => look_again(draft, at, None),
            Phase::ParkedForUnlock => draft.perform(at, true),
            _ => {}
        }
    }
}

/// The same attempt is looked at once more, before anything is written.
pub(super) fn look_again(draft: &mut Draft, at: usize, approved_by: Option<String>) {
    let inputs = (*draft.cell(at).inputs).clone();
    draft.event(
        at,
        StepEvent::Ready(Ready {
            inputs,
            items: None,
            approved_by,
        }),
    );
    draft.prepare(at);
}
