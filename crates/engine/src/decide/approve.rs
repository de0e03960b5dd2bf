//! `Approve`: a person says yes to the preview, bound to its hash.

use super::draft::Draft;
use crate::code;
use crate::event::{Approved, Outside, RunEvent};
use crate::refusal::Refusal;
use crate::state::RunPhase;

pub(super) fn approve(
    draft: &mut Draft,
    hash: &str,
    by: &str,
    outside: Option<&Outside>,
) -> Result<(), Refusal> {
    let state = draft.state();
    let Some(preview) = state
        .preview()
        .filter(|_| state.phase() == RunPhase::Created)
    else {
        return Err(Refusal::new(
            code::NOT_NOW,
            "A preview can be approved only before its run begins.",
            "Open the run: a step that waits for a yes is answered there.",
        ));
    };
    if preview.hash != hash {
        return Err(Refusal::new(
            code::STALE_PREVIEW,
            format!(
                "The approval is for the preview `{hash}`, and this run has `{}`.",
                preview.hash
            ),
            "Read the preview of this run, and approve that one.",
        ));
    }
    draft.run_event(RunEvent::Approved(Approved {
        by: by.to_owned(),
        hash: hash.to_owned(),
        outside: outside.cloned(),
    }));
    Ok(())
}
