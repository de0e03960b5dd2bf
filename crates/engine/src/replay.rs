//! A recorded history, decided again: the same commands must give the same events for ever.
//!
//! A history holds events alone. Each decision begins with an event that tells which command it was, so
//! that a journal, as `podium runs events --json` prints it, is a history as it stands.

use std::fmt;

use serde_json::Value;

use podium_connector::{Delivery, Observed, Outcome, StepPreview, Undo, UndoClass};
use podium_diagnostics::Error;

use crate::event::{EventBody, RunEvent, StepEvent, Stopping, WaitFor, WaitingApproval};
use crate::state::Phase;
use crate::{Answer, Command, Event, Instance, State, TimerKind, apply, code, decide};

/// Where a history and the engine part.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The number of the event.
    pub seq: u64,
    /// What the history has, and what the engine would say now.
    pub because: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}: {}", self.seq, self.because)
    }
}

impl std::error::Error for Mismatch {}

/// Decides a whole history again, from its first event on; gives the state at its end.
pub fn replay(history: &[Event]) -> Result<State, Mismatch> {
    let Some(first) = history.first() else {
        return Err(Mismatch {
            seq: 0,
            because: "The history is empty.".to_owned(),
        });
    };
    let mut state = State::new(first.run.clone());
    let mut rest = history;
    while let Some(next) = rest.first() {
        let part = |because: String| Mismatch {
            seq: next.seq,
            because,
        };
        let command = command(&state, rest)
            .ok_or_else(|| part(format!("`{}` does not fit here.", next.body.name())))?;
        let decision =
            decide(&state, &command).map_err(|refusal| part(format!("Refused now: {refusal}")))?;
        if decision.events.is_empty() {
            return Err(part(format!("`{}` is not decided now.", next.body.name())));
        }
        for body in &decision.events {
            match rest.split_first() {
                Some((event, after)) if event.body == *body => {
                    apply(&mut state, event);
                    rest = after;
                }
                found => {
                    return Err(Mismatch {
                        seq: found.map_or(next.seq, |(event, _)| event.seq),
                        because: format!(
                            "The history has {:?}, and now it would be {body:?}.",
                            found.map(|(event, _)| &event.body)
                        ),
                    });
                }
            }
        }
    }
    Ok(state)
}

/// The command whose decision begins with the first of these events.
fn command(state: &State, rest: &[Event]) -> Option<Command> {
    match &rest.first()?.body {
        EventBody::Run(event) => run_command(event, rest.get(1)),
        EventBody::Step {
            step,
            attempt,
            event,
        } => step_command(state, step, *attempt, event),
    }
}

fn run_command(event: &RunEvent, next: Option<&Event>) -> Option<Command> {
    Some(match event {
        RunEvent::Created(created) => Command::Create {
            plan: Box::new(created.plan.clone()),
            preview: Box::new(created.preview.clone()),
            by: created.by.clone(),
            schedule: created.schedule.clone(),
        },
        RunEvent::Approved(approved) => Command::Approve {
            hash: approved.hash.clone(),
            by: approved.by.clone(),
            outside: approved.outside.clone(),
        },
        RunEvent::Started(started) if started.resumed => Command::Resume,
        RunEvent::Started(started) if started.again.is_some() => match &next?.body {
            EventBody::Step {
                step,
                event: StepEvent::Retrying(retrying),
                ..
            } => retry(step, retrying)?,
            _ => return None,
        },
        RunEvent::Started(_) => Command::Start,
        RunEvent::Waiting(waiting) => match waiting.for_.first()? {
            WaitFor::Cancel { by } => Command::Cancel { by: by.clone() },
            _ => return None,
        },
        RunEvent::Cancelled(cancelled) => Command::Cancel {
            by: cancelled.by.clone(),
        },
        RunEvent::Succeeded(_) | RunEvent::Failed(_) => return None,
    })
}

fn retry(step: &Instance, retrying: &crate::event::Retrying) -> Option<Command> {
    Some(Command::Answer {
        step: step.clone(),
        answer: match &retrying.inputs {
            Some(inputs) => Answer::RetryWith(inputs.clone()),
            None => Answer::Retry,
        },
        by: retrying.by.clone()?,
        comment: None,
    })
}

fn step_command(
    state: &State,
    step: &Instance,
    attempt: u32,
    event: &StepEvent,
) -> Option<Command> {
    let at = state.find(step)?;
    let cell = &state.cells[at];
    let step = step.clone();
    let says = |answer: Answer, by: String, comment: Option<String>| Command::Answer {
        step: step.clone(),
        answer,
        by,
        comment,
    };
    let prepared = |preview: StepPreview| Command::Prepared {
        step: step.clone(),
        attempt,
        preview: Box::new(preview),
        undo: None,
        delivery: Delivery::AtMostOnce,
        mode: None,
    };
    let failed = |error: &Error, still_running: &[String]| match cell.phase {
        Phase::Ready => Command::PrepareFailed {
            step: step.clone(),
            attempt,
            error: error.clone(),
        },
        _ if [code::TOOK_TOO_LONG, code::STOPPED_FROM_OUTSIDE].contains(&error.code) => {
            Command::Ended {
                step: step.clone(),
                attempt,
                still_running: still_running.to_vec(),
            }
        }
        _ => Command::Failed {
            step: step.clone(),
            attempt,
            error: error.clone(),
        },
    };
    let done = |outcome: Outcome| Command::Succeeded {
        step: step.clone(),
        attempt,
        outcome: Box::new(outcome),
    };
    Some(match event {
        StepEvent::Ready(ready) => match (cell.phase, &ready.approved_by) {
            (Phase::Retrying, _) => Command::TimerFired {
                step,
                attempt: attempt.checked_sub(1)?,
                timer: TimerKind::Backoff,
            },
            (Phase::WaitingApproval, Some(people)) => {
                let by = last_voice(cell.question.as_deref()?, people);
                says(Answer::Approve, by, None)
            }
            (Phase::WaitingUnlock, _) => Command::Unlocked,
            _ => return None,
        },
        StepEvent::WaitingApproval(question) => match &question.preview {
            Some(preview) => prepared(preview.clone()),
            None => says(Answer::Approve, question.by.last()?.clone(), None),
        },
        StepEvent::WaitingUnlock(waiting) => Command::Locked {
            step,
            attempt,
            because: waiting.because.clone(),
        },
        StepEvent::Intent(intent) => Command::Prepared {
            step,
            attempt,
            preview: Box::new(intent.preview.clone()),
            undo: intent.undo.clone(),
            delivery: intent.delivery.clone(),
            mode: intent.mode,
        },
        StepEvent::Dispatched(_) if cell.phase == Phase::ParkedForUnlock => Command::Unlocked,
        StepEvent::Dispatched(dispatched) => Command::Observed {
            step,
            attempt,
            observed: if dispatched.resumed {
                Observed::Adopt
            } else {
                Observed::NeverStarted
            },
        },
        StepEvent::Accepted(accepted) => Command::Accepted {
            step,
            attempt,
            remote: accepted.remote.clone(),
        },
        StepEvent::Progress(progress) => match progress.stopping {
            Some(Stopping::Timeout) => Command::TimerFired {
                step,
                attempt,
                timer: TimerKind::Timeout,
            },
            Some(Stopping::Cancel) => return None,
            None => Command::Progress {
                step,
                attempt,
                progress: progress.progress.clone(),
            },
        },
        StepEvent::Log(log) => Command::Log {
            step,
            attempt,
            lines: log.lines.clone(),
        },
        StepEvent::Retrying(retrying) => match &retrying.by {
            Some(_) => retry(&step, retrying)?,
            None => failed(retrying.error.as_ref()?, &[]),
        },
        StepEvent::Succeeded(succeeded) => match (&succeeded.by, cell.phase) {
            (Some(people), Phase::WaitingApproval) => {
                let by = last_voice(cell.question.as_deref()?, people);
                let note = succeeded.outputs.get("note").and_then(Value::as_str);
                says(Answer::Approve, by, note.map(str::to_owned))
            }
            (Some(by), _) => says(
                Answer::MarkDone(succeeded.outputs.clone()),
                by.clone(),
                None,
            ),
            (None, _) => done(Outcome {
                outputs: succeeded.outputs.clone(),
                hidden: succeeded.hidden.clone(),
                made: succeeded.made.clone(),
                undo: succeeded.undo.clone(),
            }),
        },
        StepEvent::Undone(undone) => done(Outcome {
            outputs: undone.outputs.clone(),
            made: undone.made.clone(),
            ..Outcome::default()
        }),
        StepEvent::Failed(end) => match &end.by {
            Some(by) if cell.phase == Phase::WaitingApproval => {
                let said = end.error.message.strip_prefix(&format!("`{by}` said no. "));
                says(Answer::Deny, by.clone(), said.map(str::to_owned))
            }
            Some(by) if end.go_on => says(Answer::GoOn, by.clone(), None),
            Some(by) => says(Answer::Stop, by.clone(), None),
            None => failed(&end.error, &end.still_running),
        },
        StepEvent::Skipped(skipped) => match &skipped.by {
            Some(by) => {
                let said = skipped
                    .because
                    .strip_prefix(&format!("`{by}` left it out: "));
                says(Answer::Skip, by.clone(), said.map(str::to_owned))
            }
            // Looked at when nothing new may begin any more: what it would change does not matter.
            None => prepared(StepPreview::unknown(
                "",
                Undo {
                    class: UndoClass::Automatic,
                    because: None,
                },
            )),
        },
        StepEvent::Cancelled(cancelled) => match cancelled.still_running.as_slice() {
            [] if cell.adrift => Command::Observed {
                step,
                attempt,
                observed: Observed::NeverStarted,
            },
            still_running => Command::Ended {
                step,
                attempt,
                still_running: still_running.to_vec(),
            },
        },
        StepEvent::Unknown(unknown) => Command::BecameUnknown {
            step,
            attempt,
            because: unknown.because.clone(),
        },
    })
}

/// Who spoke last, where all who spoke are joined by commas.
fn last_voice(question: &WaitingApproval, people: &str) -> String {
    let before = question.by.join(", ");
    people
        .strip_prefix(&before)
        .map_or(people, |rest| rest.trim_start_matches(", "))
        .to_owned()
}
