//! One event into the state. Total: an event that does not fit changes nothing.

use std::sync::Arc;

use serde_json::Value;

use crate::event::{Event, EventBody, RunEvent, Skip, StepEvent, WaitFor};
use crate::state::cell::{Cell, Phase};
use crate::state::cells::{Cells, find_next_item, recount, set_phase};
use crate::state::graph::Graph;
use crate::state::{RunPhase, State};

/// Takes one event into the state.
pub fn apply(state: &mut State, event: &Event) {
    if let EventBody::Run(RunEvent::Created(created)) = &event.body {
        create(state, created);
    } else {
        let at = event.body.step().map(|instance| state.find(instance));
        match at {
            None => apply_body(state, None, &event.body),
            Some(Some(at)) => apply_body(state, Some(at), &event.body),
            Some(None) => {}
        }
    }
    state.head.seq = event.seq;
}

fn create(state: &mut State, created: &crate::event::Created) {
    let graph = Graph::new(created.plan.clone(), created.preview.clone());
    let count = |data: bool, at: usize| {
        let edges = graph.parents(at).iter().filter(|edge| edge.data || !data);
        u32::try_from(edges.count()).unwrap_or(u32::MAX)
    };
    state.cells = (0..graph.steps().len())
        .map(|at| Cell {
            step: at,
            pending: count(false, at),
            pending_data: count(true, at),
            outputs: Arc::new(Value::Object(serde_json::Map::new())),
            ..Cell::default()
        })
        .collect();
    state.head.unsettled = state.cells.len();
    state.head.phase = RunPhase::Created;
    state.graph = Arc::new(graph);
}

/// Takes the body of an event into the cells; `at` is the cell of the step it is about.
pub(crate) fn apply_body(cells: &mut impl Cells, at: Option<usize>, body: &EventBody) {
    match (body, at) {
        (EventBody::Run(event), _) => apply_run(cells, event),
        (EventBody::Step { attempt, event, .. }, Some(at)) => {
            let moves = !matches!(event, StepEvent::Progress(_) | StepEvent::Log(_));
            if moves && cells.head().phase == RunPhase::Waiting {
                cells.head_mut().phase = RunPhase::Running;
            }
            apply_step(cells, at, *attempt, event);
        }
        (EventBody::Step { .. }, None) => {}
    }
}

fn apply_run(cells: &mut impl Cells, event: &RunEvent) {
    let head = cells.head_mut();
    match event {
        RunEvent::Created(_) => {}
        RunEvent::Approved(_) => head.approved = true,
        RunEvent::Started(started) => {
            if head.phase != RunPhase::Cancelling {
                head.phase = RunPhase::Running;
            }
            if started.again.is_some() {
                head.phase = RunPhase::Running;
                head.cancel = None;
                head.stopped_by = None;
            }
            if started.resumed {
                for at in 0..cells.len() {
                    if cells.cell(at).phase.is_begun() {
                        cells.cell_mut(at).adrift = true;
                    }
                }
            }
        }
        RunEvent::Waiting(waiting) => {
            for what in &waiting.for_ {
                match what {
                    WaitFor::Cancel { by } => {
                        head.cancel = Some(by.as_str().into());
                        head.phase = RunPhase::Cancelling;
                    }
                    WaitFor::Preview { .. } => {}
                    WaitFor::Approval { .. }
                    | WaitFor::Unlock { .. }
                    | WaitFor::Failure { .. }
                    | WaitFor::Unknown { .. } => head.phase = RunPhase::Waiting,
                }
            }
        }
        RunEvent::Succeeded(_) => head.phase = RunPhase::Succeeded,
        RunEvent::Failed(_) => head.phase = RunPhase::Failed,
        RunEvent::Cancelled(_) => head.phase = RunPhase::Cancelled,
    }
}

fn apply_step(cells: &mut impl Cells, at: usize, attempt: u32, event: &StepEvent) {
    let cell = cells.cell_mut(at);
    match event {
        StepEvent::Ready(ready) => {
            if attempt != cell.attempt {
                cell.attempt = attempt;
                cell.tries += 1;
                cell.remote = None;
                cell.stopping = None;
            }
            cell.inputs = Arc::new(ready.inputs.clone());
            if ready.approved_by.is_some() {
                cell.approved = cell
                    .question
                    .as_ref()
                    .and_then(|question| question.preview.clone().map(Arc::new));
            }
            cell.question = None;
            match &ready.items {
                None => set_phase(cells, at, Phase::Ready),
                Some(items) => expand(cells, at, items),
            }
        }
        StepEvent::WaitingApproval(question) => {
            cell.question = Some(Arc::new((**question).clone()));
            set_phase(cells, at, Phase::WaitingApproval);
        }
        StepEvent::WaitingUnlock(_) => {
            let phase = if cell.phase.is_begun() || cell.phase == Phase::ParkedForUnlock {
                Phase::ParkedForUnlock
            } else {
                Phase::WaitingUnlock
            };
            set_phase(cells, at, phase);
        }
        StepEvent::Intent(intent) => {
            cell.inputs = Arc::new(intent.inputs.clone());
            cell.delivery = Some(Arc::new(intent.delivery.clone()));
            set_phase(cells, at, Phase::Intent);
        }
        StepEvent::Dispatched(_) => {
            cell.adrift = false;
            let phase = match cell.phase {
                Phase::Accepted | Phase::Running => cell.phase,
                _ if cell.remote.is_some() => Phase::Accepted,
                _ => Phase::Dispatched,
            };
            set_phase(cells, at, phase);
        }
        StepEvent::Accepted(accepted) => {
            cell.remote = Some(accepted.remote.as_str().into());
            set_phase(cells, at, Phase::Accepted);
        }
        StepEvent::Progress(progress) => {
            if progress.stopping.is_some() {
                cell.stopping = progress.stopping;
            } else if cell.phase.is_begun() {
                set_phase(cells, at, Phase::Running);
            }
        }
        StepEvent::Log(_) => {}
        StepEvent::Retrying(retrying) => {
            cell.wait_ms = retrying.wait_ms;
            cell.error = retrying.error.clone().map(Arc::new);
            if retrying.by.is_some() {
                cell.tries = 0;
            }
            if let Some(inputs) = &retrying.inputs {
                let changed = cell.changed.get_or_insert_default();
                Arc::make_mut(changed).extend(inputs.clone());
            }
            let had_ended = cell.phase.is_ended();
            if cell.items.is_empty() {
                set_phase(cells, at, Phase::Retrying);
            } else {
                reopen_elements(cells, at);
            }
            if had_ended {
                reopen(cells, at);
            }
        }
        StepEvent::Succeeded(done) => {
            cell.outputs = Arc::new(match &done.items {
                Some(items) => Value::Array(items.clone()),
                None => Value::Object(done.outputs.clone()),
            });
            cell.error = None;
            set_phase(cells, at, Phase::Succeeded);
        }
        StepEvent::Undone(undone) => {
            cell.outputs = Arc::new(Value::Object(undone.outputs.clone()));
            cell.error = None;
            set_phase(cells, at, Phase::Undone);
        }
        StepEvent::Failed(failed) => {
            cell.error = Some(Arc::new(failed.error.clone()));
            cell.still_running = Arc::new(failed.still_running.clone());
            let is_step = cell.item.is_none();
            let phase = match (failed.ask, failed.go_on) {
                (true, _) => Phase::Asked,
                (false, true) => Phase::FailedGoOn,
                (false, false) => Phase::Failed,
            };
            set_phase(cells, at, phase);
            if phase == Phase::Failed && is_step && cells.head().stopped_by.is_none() {
                cells.head_mut().stopped_by = Some(at);
            }
        }
        StepEvent::Skipped(skipped) => set_phase(cells, at, Phase::Skipped(skipped.why)),
        StepEvent::Cancelled(cancelled) => {
            cell.still_running = Arc::new(cancelled.still_running.clone());
            set_phase(cells, at, Phase::Cancelled);
        }
        StepEvent::Unknown(unknown) => {
            cell.still_running = Arc::new(vec![unknown.because.clone()]);
            cell.error = None;
            set_phase(cells, at, Phase::Unknown);
        }
    }
}

/// Gives a step the cells of its elements.
fn expand(cells: &mut impl Cells, at: usize, items: &[Value]) {
    let start = cells.len();
    for (item, each) in (0..).zip(items) {
        cells.push(Cell {
            step: at,
            item: Some(item),
            each: Some(Arc::new(each.clone())),
            outputs: Arc::new(Value::Null),
            ..Cell::default()
        });
    }
    let cell = cells.cell_mut(at);
    cell.items = start..start + items.len();
    cell.next_item = 0;
    cell.open_items = u32::try_from(items.len()).unwrap_or(u32::MAX);
    set_phase(cells, at, Phase::Expanded);
}

/// The elements that did not succeed wait again.
fn reopen_elements(cells: &mut impl Cells, at: usize) {
    set_phase(cells, at, Phase::Expanded);
    cells.cell_mut(at).next_item = 0;
    for item in cells.cell(at).items.clone() {
        if cells.cell(item).phase.is_ended() && cells.cell(item).phase != Phase::Succeeded {
            cells.cell_mut(item).tries = 0;
            set_phase(cells, item, Phase::Waiting);
        }
    }
    cells.cell_mut(at).next_item = 0;
    find_next_item(cells, at);
}

/// A step that had ended is tried again: what was skipped because of its end waits again. Work in
/// proportion to the plan, once for each time that a person asks.
fn reopen(cells: &mut impl Cells, at: usize) {
    if cells.head().stopped_by == Some(at) {
        cells.head_mut().stopped_by = None;
    }
    let steps = cells.graph().steps().len();
    for step in 0..steps {
        if matches!(
            cells.cell(step).phase,
            Phase::Skipped(Skip::Needs | Skip::Stopped | Skip::Cancelled)
        ) {
            set_phase(cells, step, Phase::Waiting);
        }
    }
    for step in 0..steps {
        recount(cells, step);
    }
}
