//! `Answer`: a person decides at a step.
//!
//! | the step | answers |
//! |---|---|
//! | waits for a yes | approve, deny (stop) |
//! | failed and asks, or is unknown | retry (with inputs), skip, mark done, stop, go on |
//! | waits for the vault | skip, stop |
//! | failed or was stopped, also in a run that has ended | retry (with inputs) |

use serde_json::{Map, Value, json};

use podium_diagnostics::{Error, ErrorKind};
use podium_model::document::OnError;

use super::draft::{Draft, Todo};
use super::{fail, lock, schedule};
use crate::Instance;
use crate::code;
use crate::command::Answer;
use crate::event::{
    Retrying, RunEvent, Skip, Skipped, Started, StepEvent, StepFailed, StepSucceeded,
    WaitingApproval,
};
use crate::refusal::Refusal;
use crate::state::RunPhase;
use crate::state::cell::Phase;
use crate::state::cells::Cells;

pub(super) fn answer(
    draft: &mut Draft,
    step: &Instance,
    answer: &Answer,
    by: &str,
    comment: Option<&str>,
) -> Result<(), Refusal> {
    let Some(at) = draft.state().find(step) else {
        return Err(Refusal::new(
            code::NO_SUCH_STEP,
            format!("This run has no step `{step}`."),
            "Open the run to see its steps.",
        ));
    };
    let phase = draft.cell(at).phase;
    match (phase, answer) {
        (Phase::WaitingApproval, Answer::Approve) => approve(draft, at, by, comment),
        (Phase::WaitingApproval, Answer::Deny | Answer::Stop) => {
            deny(draft, at, by, comment);
            Ok(())
        }
        (Phase::Asked | Phase::Unknown, answer) => decide(draft, at, answer, by, comment),
        (Phase::WaitingUnlock | Phase::ParkedForUnlock, Answer::Skip | Answer::Stop) => {
            decide(draft, at, answer, by, comment)
        }
        (Phase::Failed | Phase::FailedGoOn | Phase::Cancelled, Answer::Retry) => {
            reopen(draft, at, by, None)
        }
        (Phase::Failed | Phase::FailedGoOn | Phase::Cancelled, Answer::RetryWith(inputs)) => {
            reopen(draft, at, by, Some(inputs))
        }
        _ => Err(does_not_fit(draft, at)),
    }
}

fn does_not_fit(draft: &Draft, at: usize) -> Refusal {
    Refusal::new(
        code::ANSWER_DOES_NOT_FIT,
        format!(
            "`{}` is `{}`; that answer does not fit.",
            draft.plan_step(at).title,
            draft.cell(at).phase.status()
        ),
        "Open the run to see what can be answered now; somebody may have been faster.",
    )
}

fn approve(draft: &mut Draft, at: usize, by: &str, comment: Option<&str>) -> Result<(), Refusal> {
    let Some(question) = draft.cell(at).question.as_deref().cloned() else {
        return Err(does_not_fit(draft, at));
    };
    if question.by.iter().any(|name| name == by) {
        return Err(Refusal::new(
            code::SAME_PERSON_TWICE,
            format!(
                "`{by}` has already said yes; {} people must.",
                question.quorum
            ),
            "Ask somebody else to look at it too.",
        ));
    }
    let mut people = question.by.clone();
    people.push(by.to_owned());
    if people.len() < question.quorum as usize {
        let question = WaitingApproval {
            by: people,
            ..question
        };
        draft.event(at, StepEvent::WaitingApproval(Box::new(question)));
    } else if question.reason.is_some() {
        lock::look_again(draft, at, Some(people.join(", ")));
    } else {
        let mut outputs = Map::new();
        outputs.insert("by".to_owned(), json!(people));
        if let Some(note) = comment {
            outputs.insert("note".to_owned(), json!(note));
        }
        draft.event(
            at,
            StepEvent::Succeeded(StepSucceeded {
                outputs,
                by: Some(people.join(", ")),
                ..StepSucceeded::default()
            }),
        );
    }
    Ok(())
}

/// A no is an end, not a question: `on_error: ask` does not ask again.
fn deny(draft: &mut Draft, at: usize, by: &str, comment: Option<&str>) {
    let said = comment.map_or_else(String::new, |comment| format!(" {comment}"));
    let error = Error::new(
        ErrorKind::Failed,
        code::DENIED,
        format!("`{by}` said no.{said}"),
    )
    .with_hint("Talk with them, then start a new run.");
    let step = draft.plan_step(at);
    let go_on = step.on_error == OnError::Continue && draft.cell(at).item.is_none();
    let failed = StepFailed {
        error,
        ask: false,
        go_on,
        by: Some(by.to_owned()),
        still_running: Vec::new(),
    };
    fail::end_failed(draft, at, failed);
}

fn decide(
    draft: &mut Draft,
    at: usize,
    answer: &Answer,
    by: &str,
    comment: Option<&str>,
) -> Result<(), Refusal> {
    let who = Some(by.to_owned());
    match answer {
        Answer::Retry => again(draft, at, by, None),
        Answer::RetryWith(inputs) => again(draft, at, by, Some(inputs)),
        Answer::Skip => draft.event(
            at,
            StepEvent::Skipped(Skipped {
                because: match comment {
                    Some(comment) => format!("`{by}` left it out: {comment}"),
                    None => format!("`{by}` left it out."),
                },
                why: Skip::Person,
                by: who,
            }),
        ),
        Answer::MarkDone(outputs) => draft.event(
            at,
            StepEvent::Succeeded(StepSucceeded {
                outputs: outputs.clone(),
                by: who,
                ..StepSucceeded::default()
            }),
        ),
        Answer::Stop | Answer::GoOn => {
            let cell = draft.cell(at);
            let error = cell.error.as_deref().cloned().unwrap_or_else(|| {
                Error::new(
                    ErrorKind::Failed,
                    code::GIVEN_UP,
                    format!("`{by}` gave it up."),
                )
                .with_hint("Look at the far system: some of it may have happened.")
            });
            let failed = StepFailed {
                error,
                ask: false,
                go_on: *answer == Answer::GoOn,
                by: who,
                still_running: cell.still_running.to_vec(),
            };
            fail::end_failed(draft, at, failed);
        }
        Answer::Approve | Answer::Deny => return Err(does_not_fit(draft, at)),
    }
    Ok(())
}

fn again(draft: &mut Draft, at: usize, by: &str, inputs: Option<&Map<String, Value>>) {
    let error = draft.cell(at).error.as_deref().cloned();
    draft.event(
        at,
        StepEvent::Retrying(Retrying {
            error,
            wait_ms: 0,
            by: Some(by.to_owned()),
            inputs: inputs.cloned(),
        }),
    );
    if draft.cell(at).phase == Phase::Retrying {
        schedule::attempt(draft, at);
    }
}

/// A step that had ended is tried again; a run that had ended goes on.
fn reopen(
    draft: &mut Draft,
    at: usize,
    by: &str,
    inputs: Option<&Map<String, Value>>,
) -> Result<(), Refusal> {
    let step = draft.cell(at).step;
    if draft.cell(at).item.is_some() && draft.cell(step).phase.is_ended() {
        return Err(Refusal::new(
            code::ANSWER_DOES_NOT_FIT,
            "One element of a step that has ended cannot be tried again alone.",
            "Try the whole step again: elements that succeeded are kept.",
        ));
    }
    if draft.head().phase == RunPhase::Cancelling {
        return Err(Refusal::new(
            code::NOT_NOW,
            "The run is being cancelled.",
            "Wait until it has ended, then try the step again.",
        ));
    }
    if draft.head().phase.is_ended() {
        draft.run_event(RunEvent::Started(Started {
            again: Some(by.to_owned()),
            resumed: false,
        }));
    }
    again(draft, at, by, inputs);
    for step in 0..draft.graph().steps().len() {
        draft.todo.push_back(Todo::Step(step));
    }
    Ok(())
}
