//! What begins now, and what never will.
//!
//! - An edge is satisfied by the way its first step went: `success` by success (also of a step that is
//!   switched off, or left out by a person), `failure` by failure, `always` by any end. A step that was
//!   skipped satisfies `always` alone.
//! - A step begins when as many edges are satisfied as its `join` asks for and every step whose value it
//!   uses has ended. It is skipped as soon as that cannot happen any more.
//! - When the run stops after a failure, only what deals with a failure still begins: a step reached by
//!   a satisfied `failure` edge, by an `always` edge from a step that did not succeed, or from such a
//!   step. After a cancel nothing begins.

use std::sync::Arc;

use serde_json::Value;

use podium_diagnostics::Error;
use podium_plan::Work;

use super::draft::{Draft, Todo};
use super::{call, expression, fail};
use crate::event::{Ready, Skip, Skipped, StepEvent, WaitingApproval};
use crate::state::cell::Phase;
use crate::state::cells::Cells;

/// Looks at everything that the events so far may have made possible or impossible.
pub(super) fn follow(draft: &mut Draft) {
    while let Some(todo) = draft.todo.pop_front() {
        draft.considered += 1;
        match todo {
            Todo::Step(at) => consider(draft, at),
            Todo::Elements(at) => elements(draft, at),
            Todo::Call(at) => call::end(draft, at),
        }
    }
}

fn consider(draft: &mut Draft, at: usize) {
    let cell = draft.cell(at);
    if cell.phase != Phase::Waiting {
        return;
    }
    if let Some(call) = draft.graph().within(at) {
        match draft.cell(call).phase {
            Phase::Called => {}
            phase if phase.is_ended() => return call::skip_inside(draft, call, at),
            _ => return,
        }
    }
    let need = draft.graph().need(at);
    if cell.met + cell.pending < need {
        let (why, because) = if draft.head().cancel.is_some() {
            (Skip::Cancelled, "The run was cancelled.".to_owned())
        } else {
            (Skip::Needs, because_of_needs(draft, at))
        };
        skip(draft, at, why, because);
    } else if cell.met >= need && cell.pending_data == 0 {
        begin(draft, at);
    }
}

pub(super) fn skip(draft: &mut Draft, at: usize, why: Skip, because: String) {
    draft.event(
        at,
        StepEvent::Skipped(Skipped {
            because,
            why,
            by: None,
        }),
    );
}

/// Ends a cell since nothing new may begin: skipped, or stopped between two attempts.
pub(super) fn skip_blocked(draft: &mut Draft, at: usize) {
    if draft.cell(at).was_begun() {
        draft.event(
            at,
            StepEvent::Cancelled(crate::event::StepCancelled::default()),
        );
        return;
    }
    if draft.head().cancel.is_some() {
        skip(
            draft,
            at,
            Skip::Cancelled,
            "The run was cancelled.".to_owned(),
        );
    } else {
        let because = match draft.stopper(at) {
            Some(by) => {
                let what = match draft.graph().within(by) {
                    Some(call) => format!("`{}`", draft.plan_step(call).title),
                    None => "The run".to_owned(),
                };
                format!(
                    "{what} stops, since `{}` failed.",
                    draft.plan_step(by).title
                )
            }
            None => "Too many elements failed.".to_owned(),
        };
        skip(draft, at, Skip::Stopped, because);
    }
}

fn because_of_needs(draft: &Draft, at: usize) -> String {
    let missed: Vec<String> = draft
        .graph()
        .parents(at)
        .iter()
        .filter_map(|edge| {
            let phase = draft.cell(edge.step).phase;
            let title = &draft.plan_step(edge.step).title;
            (!crate::state::cell::satisfies(phase.way()?, edge.on)).then(|| {
                let went = match phase {
                    Phase::Skipped(_) => "was skipped",
                    Phase::Cancelled => "was stopped",
                    Phase::Failed | Phase::FailedGoOn => "failed",
                    _ => "did not fail",
                };
                format!("`{title}` {went}")
            })
        })
        .take(3)
        .collect();
    format!("{}.", missed.join(", "))
}

fn begin(draft: &mut Draft, at: usize) {
    if draft.is_blocked(at) {
        return skip_blocked(draft, at);
    }
    let step = draft.plan_step(at);
    if step.off {
        return skip(draft, at, Skip::Off, "It is switched off.".to_owned());
    }
    if let Some(condition) = &step.condition {
        match expression::is_true(draft, at, condition) {
            Ok(true) => {}
            Ok(false) => {
                let because = format!("Its condition `{condition}` is false.");
                return skip(draft, at, Skip::Condition, because);
            }
            Err(error) => return fail::fail_for_good(draft, at, error),
        }
    }
    attempt(draft, at);
}

/// Begins the next attempt of a cell, or the elements of a step.
pub(super) fn attempt(draft: &mut Draft, at: usize) {
    let step = draft.plan_step(at);
    let next = draft.cell(at).attempt + 1;
    if let (Some(list), None) = (&step.for_each, draft.cell(at).item) {
        match expression::list(draft, at, list) {
            Ok(items) => draft.event_of(
                at,
                next,
                StepEvent::Ready(Ready {
                    items: Some(items),
                    ..Ready::default()
                }),
            ),
            Err(error) => fail::fail_for_good(draft, at, error),
        }
        return;
    }
    if step.call.is_some() {
        return call::begin(draft, at, next);
    }
    let inputs = match expression::inputs(draft, at) {
        Ok(inputs) => inputs,
        Err(error) => return fail::fail_for_good(draft, at, error),
    };
    let question = (step.approval && step.work == Work::Do).then(|| question(&inputs));
    draft.event_of(
        at,
        next,
        StepEvent::Ready(Ready {
            inputs,
            ..Ready::default()
        }),
    );
    match question {
        Some(question) => draft.event(at, StepEvent::WaitingApproval(Box::new(question))),
        None => draft.prepare(at),
    }
}

/// The question of an approval step, from its inputs.
fn question(inputs: &serde_json::Map<String, Value>) -> WaitingApproval {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let to = match inputs.get("to") {
        Some(Value::Array(list)) => list.iter().filter_map(text).collect(),
        Some(one) => text(one).into_iter().collect(),
        None => Vec::new(),
    };
    let quorum = inputs.get("quorum").and_then(Value::as_u64).unwrap_or(1);
    WaitingApproval {
        to,
        message: inputs.get("message").and_then(text).unwrap_or_default(),
        reason: None,
        quorum: u32::try_from(quorum).unwrap_or(u32::MAX).max(1),
        by: Vec::new(),
        preview: None,
    }
}

/// Begins as many elements as may run at a time, and ends the step when all have ended.
fn elements(draft: &mut Draft, at: usize) {
    let step = draft.plan_step(at);
    let at_a_time = step.max_parallel.max(1);
    loop {
        let cell = draft.cell(at);
        if cell.phase != Phase::Expanded {
            return;
        }
        let too_many = cell.failed_items > step.max_failures;
        let item = cell.items.start + cell.next_item;
        if !cell.items.contains(&item) {
            break;
        }
        if too_many || draft.is_blocked(at) {
            skip_blocked(draft, item);
        } else if cell.live_items < at_a_time {
            attempt(draft, item);
        } else {
            return;
        }
    }
    if draft.cell(at).open_items == 0 {
        end_elements(draft, at);
    }
}

fn end_elements(draft: &mut Draft, at: usize) {
    let cell = draft.cell(at);
    let items = cell.items.clone();
    let failed = cell.failed_items;
    let allowed = draft.plan_step(at).max_failures;
    let cancelled = items.clone().any(|item| {
        matches!(
            draft.cell(item).phase,
            Phase::Cancelled | Phase::Skipped(Skip::Cancelled | Skip::Stopped)
        )
    });
    if failed > allowed {
        let first = items
            .clone()
            .find_map(|item| draft.cell(item).error.as_deref().cloned());
        let error = elements_failed(failed, items.len(), first);
        fail::give_up(draft, at, error, Vec::new(), true);
    } else if cancelled {
        let still_running = items
            .filter(|item| draft.cell(*item).phase == Phase::Cancelled)
            .flat_map(|item| draft.cell(item).still_running.to_vec())
            .collect();
        draft.event(
            at,
            StepEvent::Cancelled(crate::event::StepCancelled { still_running }),
        );
    } else {
        let outputs: Vec<Value> = items
            .map(|item| match draft.cell(item).phase.way() {
                Some(crate::state::Way::Success) => (*draft.cell(item).outputs).clone(),
                _ => Value::Null,
            })
            .collect();
        draft.event(
            at,
            StepEvent::Succeeded(crate::event::StepSucceeded {
                items: Some(outputs),
                ..Default::default()
            }),
        );
    }
}

fn elements_failed(failed: u32, of: usize, first: Option<Error>) -> Error {
    let mut error = Error::new(
        podium_diagnostics::ErrorKind::Failed,
        crate::code::ELEMENTS_FAILED,
        match &first {
            Some(first) => format!("{failed} of {of} elements failed. {}", first.message),
            None => format!("{failed} of {of} elements failed."),
        },
    );
    error.hint = first.as_ref().and_then(|first| first.hint.clone());
    match first {
        Some(first) => error.with_source(first),
        None => error,
    }
}

/// After a failure that stops the run: questions that nobody needs to answer any more are closed.
pub(super) fn close_questions(draft: &mut Draft) {
    let asking = Arc::clone(&draft.head().asking);
    for &at in asking.iter() {
        let begun = !matches!(
            draft.cell(at).phase,
            Phase::WaitingApproval | Phase::WaitingUnlock
        );
        if !begun && draft.is_blocked(at) {
            skip_blocked(draft, at);
        }
    }
}
