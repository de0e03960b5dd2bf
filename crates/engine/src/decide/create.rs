//! `Create`: plan and preview are fixed from here on.

use podium_plan::{Plan, Preview};

use super::draft::Draft;
use crate::code;
use crate::event::{Created, Occasion, RunEvent, WaitFor, Waiting};
use crate::refusal::Refusal;
use crate::state::RunPhase;

pub(super) fn create(
    draft: &mut Draft,
    plan: &Plan,
    preview: &Preview,
    by: &str,
    schedule: Option<&Occasion>,
) -> Result<(), Refusal> {
    if draft.state().phase() != RunPhase::New {
        return Err(Refusal::new(
            code::NOT_NOW,
            format!("The run `{}` was already made.", draft.run()),
            "Give the new run an id of its own.",
        ));
    }
    if !preview.is_intact() {
        return Err(Refusal::new(
            code::STALE_PREVIEW,
            "The preview is not the one that its hash belongs to.",
            "Make a new preview and start from that.",
        ));
    }
    draft.run_event(RunEvent::Created(Box::new(Created {
        plan: plan.clone(),
        preview: preview.clone(),
        by: by.to_owned(),
        schedule: schedule.cloned(),
        undoes: plan.undoes().cloned(),
        recorded: false,
    })));
    if plan.needs_approval() {
        draft.run_event(RunEvent::Waiting(Waiting {
            for_: vec![WaitFor::Preview {
                hash: preview.hash.clone(),
            }],
        }));
    }
    Ok(())
}
