//! One event into the state. Total: an event that does not fit changes nothing.

use std::sync::Arc;

use serde_json::Value;

use crate::event::{Event, EventBody, RunEvent, Skip, StepEvent, WaitFor};
use crate::state::cell::{Cell, Phase};
use crate::state::cells::{Cells, find_next_item, recount, set_phase, set_stopped_by, stopped_by};
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
            open_inside: u32::try_from(graph.inside(at).len()).unwrap_or(u32::MAX),
            outputs: Arc::new(Value::Object(serde_json::Map::new())),
            ..Cell::default()
        })
        .collect();
    state.head.unsettled = state.cells.len();
    state.head.phase = RunPhase::Created;
    state.head.recorded = created.recorded;
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
            let (step, is_step) = (cell.step, cell.item.is_none());
            match &ready.items {
                None if is_step && cells.graph().is_call(step) => {
                    set_phase(cells, at, Phase::Called);
                }
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
            let is_call = cell.item.is_none() && cells.graph().is_call(at);
            if cells.cell(at).items.is_empty() {
                set_phase(cells, at, Phase::Retrying);
            } else {
                reopen_elements(cells, at);
            }
            if is_call {
                reopen_inside(cells, at);
            }
            if had_ended {
                reopen(cells, at);
                wait_again(cells, None);
            } else if is_call {
                wait_again(cells, Some(at));
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
            if phase == Phase::Failed && is_step && stopped_by(cells, at).is_none() {
                set_stopped_by(cells, at, Some(at));
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

/// Gives a step the cells of its elements. Where it had the same before, those that succeeded are kept.
fn expand(cells: &mut impl Cells, at: usize, items: &[Value]) {
    let before = cells.cell(at).items.clone();
    let same = |(item, each): (usize, &Value)| cells.cell(item).each.as_deref() == Some(each);
    if !items.is_empty() && before.len() == items.len() && before.zip(items).all(same) {
        return reopen_elements(cells, at);
    }
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

/// The steps of a call that did not succeed wait again, those of calls among them too.
fn reopen_inside(cells: &mut impl Cells, call: usize) {
    let graph = Arc::clone(cells.graph());
    cells.cell_mut(call).stopped_by = None;
    for &step in graph.inside(call) {
        if !matches!(cells.cell(step).phase, Phase::Failed | Phase::Cancelled) {
            continue;
        }
        cells.cell_mut(step).tries = 0;
        set_phase(cells, step, Phase::Waiting);
        if graph.is_call(step) {
            reopen_inside(cells, step);
        }
    }
}

/// A step that had ended is tried again: what stops for it does not, and the calls around it go on.
fn reopen(cells: &mut impl Cells, at: usize) {
    let graph = Arc::clone(cells.graph());
    if stopped_by(cells, at) == Some(at) {
        set_stopped_by(cells, at, None);
    }
    let mut inner = at;
    while let Some(call) = graph.within(inner) {
        let phase = cells.cell(call).phase;
        if phase.is_ended() || phase == Phase::Asked {
            cells.cell_mut(call).stopped_by = None;
            cells.cell_mut(call).error = None;
            set_phase(cells, call, Phase::Called);
            if stopped_by(cells, call) == Some(call) {
                set_stopped_by(cells, call, None);
            }
        }
        inner = call;
    }
}

/// What was skipped because of others waits again, inside this call or everywhere. Work in proportion to
/// the plan, once for each time that a person asks.
fn wait_again(cells: &mut impl Cells, inside: Option<usize>) {
    let graph = Arc::clone(cells.graph());
    let steps = graph.steps().len();
    let mut is_meant = vec![inside.is_none(); steps];
    // A call stands before its steps in the plan, so what becomes of it is known when they are looked at.
    for step in 0..steps {
        let call = graph.within(step);
        is_meant[step] |= call.is_some_and(|call| is_meant[call] || inside == Some(call));
        let is_open = call.is_none_or(|call| !cells.cell(call).phase.is_ended());
        if is_meant[step]
            && is_open
            && matches!(
                cells.cell(step).phase,
                Phase::Skipped(Skip::Needs | Skip::Stopped | Skip::Cancelled)
            )
        {
            set_phase(cells, step, Phase::Waiting);
        }
    }
    for step in 0..steps {
        recount(cells, step);
    }
}
