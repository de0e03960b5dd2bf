//! `Accepted`: the far system gave an id.

use super::draft::Draft;
use crate::event::{Accepted, StepEvent};
use crate::state::cells::Cells;

pub(super) fn accepted(draft: &mut Draft, at: usize, remote: &str) {
    let cell = draft.cell(at);
    if cell.phase.is_begun() && cell.remote.as_deref() != Some(remote) {
        let remote = remote.to_owned();
        draft.event(at, StepEvent::Accepted(Accepted { remote }));
    }
}
