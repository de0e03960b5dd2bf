//! A step that calls a workflow: it begins like any other, its steps then run as steps of this run, and
//! it ends when all of them have.
//!
//! - The steps of a call begin after the call has, and see its inputs. A call that does not run has steps
//!   that do not run.
//! - A failure inside stops the called workflow, as it would stop a run; when everything that was under
//!   way there has ended, the call has failed, and its own `on_error` says what that means outside.
//! - When a workflow around it stops, nothing new begins inside but what deals with a failure.
//! - A call that is tried again tries those of its steps again that did not succeed.

use serde_json::{Map, Value};

use podium_diagnostics::{Error, ErrorKind};

use super::draft::Draft;
use super::{expression, fail, schedule};
use crate::code;
use crate::event::{Ready, Skip, StepCancelled, StepEvent, StepSucceeded};
use crate::state::cell::Phase;
use crate::state::cells::Cells;

/// Works out what is given to the called workflow, and lets its steps begin.
pub(super) fn begin(draft: &mut Draft, at: usize, attempt: u32) {
    match inputs(draft, at) {
        Ok(inputs) => draft.event_of(
            at,
            attempt,
            StepEvent::Ready(Ready {
                inputs,
                ..Ready::default()
            }),
        ),
        Err(error) => fail::fail_for_good(draft, at, error),
    }
}

fn inputs(draft: &Draft, at: usize) -> Result<Map<String, Value>, Error> {
    let mut inputs = expression::inputs(draft, at)?;
    if let Some(call) = &draft.plan_step(at).call {
        let given = inputs.get("inputs").unwrap_or(&Value::Null);
        let given = call.inputs(given, &|_| false).map_err(|because| {
            Error::new(
                ErrorKind::Invalid,
                code::CALL_INPUTS,
                format!(
                    "`{}` cannot be called with these inputs: {because}",
                    call.workflow
                ),
            )
            .with_hint(
                "Look at the outputs of the steps before, correct the inputs, and try again.",
            )
        })?;
        inputs.insert("inputs".to_owned(), Value::Object(given));
    }
    Ok(inputs)
}

/// A step of a call that has ended without beginning it.
pub(super) fn skip_inside(draft: &mut Draft, call: usize, at: usize) {
    let title = &draft.plan_step(call).title;
    let (why, went) = match draft.cell(call).phase {
        Phase::Skipped(Skip::Person) => (Skip::Needs, "was left out"),
        Phase::Skipped(why) => (why, "is not made"),
        Phase::Cancelled => (Skip::Cancelled, "was stopped"),
        _ => (Skip::Needs, "failed"),
    };
    let because = format!("The call `{title}` {went}.");
    schedule::skip(draft, at, why, because);
}

/// Ends a call when all its steps have ended.
pub(super) fn end(draft: &mut Draft, at: usize) {
    let cell = draft.cell(at);
    if cell.phase != Phase::Called || cell.open_inside > 0 {
        return;
    }
    let inside: Vec<usize> = draft.graph().inside(at).to_vec();
    let is = |wanted: fn(Phase) -> bool| {
        inside
            .iter()
            .copied()
            .find(|step| wanted(draft.cell(*step).phase))
    };
    let failed = cell
        .stopped_by
        .or_else(|| is(|phase| phase == Phase::Failed));
    let stopped = is(|phase| {
        matches!(
            phase,
            Phase::Cancelled | Phase::Skipped(Skip::Cancelled | Skip::Stopped)
        )
    });
    if let Some(failed) = failed {
        let error = in_words(draft, failed);
        fail::give_up(draft, at, error, Vec::new(), true);
    } else if stopped.is_some() {
        // What goes on at the far side is told by the steps themselves.
        draft.event(at, StepEvent::Cancelled(StepCancelled::default()));
    } else {
        let outputs = expression::call_outputs(draft, at);
        draft.event(
            at,
            StepEvent::Succeeded(StepSucceeded {
                outputs,
                ..StepSucceeded::default()
            }),
        );
    }
}

fn in_words(draft: &Draft, failed: usize) -> Error {
    let title = &draft.plan_step(failed).title;
    let Some(first) = draft.cell(failed).error.as_deref().cloned() else {
        return Error::new(
            ErrorKind::Failed,
            code::CALLED_FAILED,
            format!("`{title}` failed."),
        );
    };
    let mut error = Error::new(
        ErrorKind::Failed,
        code::CALLED_FAILED,
        format!("`{title}` failed. {}", first.message),
    );
    error.hint.clone_from(&first.hint);
    error.with_source(first)
}
