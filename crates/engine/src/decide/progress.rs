//! `Progress`: what the step does now.

use podium_connector::Progress;

use super::draft::Draft;
use crate::event::{Progressed, StepEvent};
use crate::state::cells::Cells;

pub(super) fn progress(draft: &mut Draft, at: usize, progress: &Progress) {
    if draft.cell(at).phase.is_begun() {
        draft.event(
            at,
            StepEvent::Progress(Progressed {
                progress: progress.clone(),
                stopping: None,
            }),
        );
    }
}
