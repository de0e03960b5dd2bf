//! `Start`: the run begins.

use super::draft::{Draft, Todo};
use crate::code;
use crate::event::{RunEvent, Started};
use crate::refusal::Refusal;
use crate::state::RunPhase;

pub(super) fn start(draft: &mut Draft) -> Result<(), Refusal> {
    let state = draft.state();
    if state.phase() != RunPhase::Created {
        return Err(Refusal::new(
            code::NOT_NOW,
            match state.phase() {
                RunPhase::New => "There is no such run yet.",
                _ => "The run has already begun.",
            },
            "Open the run to see where it stands.",
        ));
    }
    if state.plan().is_some_and(podium_plan::Plan::needs_approval) && !state.is_approved() {
        return Err(Refusal::new(
            code::NOT_APPROVED,
            "Somebody must approve the preview before anything is written here.",
            "Read the preview and approve it, or ask a person who may.",
        ));
    }
    draft.run_event(RunEvent::Started(Started::default()));
    for (at, step) in state.graph.steps().iter().enumerate() {
        if step.edges.is_empty() || state.cells[at].pending == 0 {
            draft.todo.push_back(Todo::Step(at));
        }
    }
    Ok(())
}
