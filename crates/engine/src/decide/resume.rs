//! `Resume`: the application was gone. What may have begun is asked for; the rest goes on.

use super::draft::{Draft, Todo};
use super::lock;
use crate::effect::{Effect, TimerKind};
use crate::event::{RunEvent, Started};
use crate::state::RunPhase;
use crate::state::cell::Phase;
use crate::state::cells::Cells;

pub(super) fn resume(draft: &mut Draft) {
    let state = draft.state();
    if !matches!(
        state.phase(),
        RunPhase::Running | RunPhase::Waiting | RunPhase::Cancelling
    ) {
        return;
    }
    let needs_something = |phase: Phase| {
        phase.is_moving() || matches!(phase, Phase::WaitingUnlock | Phase::ParkedForUnlock)
    };
    let under_way: Vec<usize> = (0..draft.len())
        .filter(|at| needs_something(draft.cell(*at).phase))
        .collect();
    if under_way.is_empty() {
        return;
    }
    draft.run_event(RunEvent::Started(Started {
        again: None,
        resumed: true,
    }));
    for at in under_way {
        let (step, cell) = (draft.instance(at), draft.cell(at));
        let attempt = cell.attempt;
        match cell.phase {
            Phase::Ready => draft.prepare(at),
            Phase::WaitingUnlock => lock::look_again(draft, at, None),
            Phase::Retrying => {
                let millis = cell.wait_ms;
                draft.effect(Effect::Timer {
                    step,
                    attempt,
                    kind: TimerKind::Backoff,
                    millis,
                });
            }
            Phase::ParkedForUnlock => draft.perform(at, true),
            _ => {
                let effect = Effect::Observe {
                    key: crate::key(draft.run(), &step, attempt),
                    step,
                    attempt,
                    inputs: (*cell.inputs).clone(),
                    remote: cell.remote.as_deref().map(str::to_owned),
                };
                draft.effect(effect);
            }
        }
    }
    for at in 0..state.graph.steps().len() {
        if draft.cell(at).phase == Phase::Expanded {
            draft.todo.push_back(Todo::Elements(at));
        }
    }
}
