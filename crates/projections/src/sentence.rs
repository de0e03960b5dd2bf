//! Where things stand, in words.

use podium_diagnostics::Error;

use crate::view::{RunState, RunView, StepState, StepView};

/// One sentence for the run: `Setting up servers · 2 of 5`.
pub(crate) fn of_run(view: &RunView) -> String {
    let counts = &view.counts;
    let steps = |count: u32| {
        let word = if count == 1 { "step" } else { "steps" };
        format!("{count} {word}")
    };
    match view.state {
        RunState::Created => "Not begun".to_owned(),
        RunState::Running => match now(view) {
            Some(now) => format!(
                "{now} · {} of {}",
                (counts.ended() + 1).min(counts.total),
                counts.total
            ),
            None if view.sentence.is_empty() || counts.ended() == 0 => "Starting".to_owned(),
            // Between two steps the last words stay.
            None => view.sentence.clone(),
        },
        RunState::Waiting => match view.questions.as_slice() {
            [] => "Waiting".to_owned(),
            [only] => format!("Waits: {}", only.message),
            [first, rest @ ..] => format!("Waits: {} And {} more.", first.message, rest.len()),
        },
        RunState::Cancelling => match now(view) {
            Some(now) => format!("Stopping · {now}"),
            None => "Stopping".to_owned(),
        },
        RunState::Succeeded if view.undoes.is_some() => {
            format!("Taken back: {}", steps(counts.succeeded))
        }
        RunState::Succeeded => match counts.failed {
            0 => format!("Done: {}", steps(counts.succeeded)),
            failed => format!("Done: {}; {failed} failed", steps(counts.succeeded)),
        },
        RunState::Failed => match &view.error {
            Some(error) => format!("Failed: {}", error.message),
            None => "Failed".to_owned(),
        },
        RunState::Cancelled => match view.still_running.as_slice() {
            [] => "Cancelled".to_owned(),
            [first, ..] => format!("Cancelled. {first}"),
        },
    }
}

fn now(view: &RunView) -> Option<String> {
    let first = *view.active.first()?;
    let title = &view.steps.get(first)?.title;
    Some(match view.active.len() {
        1 => title.clone(),
        more => format!("{title} and {} more", more - 1),
    })
}

/// One sentence for a step, where its last event did not bring one.
pub(crate) fn of_step(step: &StepView) -> String {
    match step.state {
        StepState::Waiting => "Waits for the steps before",
        StepState::Ready => "Looks once more what it would change",
        StepState::WaitingApproval => "Waits for a yes",
        StepState::WaitingUnlock => "Waits until the vault is unlocked",
        StepState::Intent | StepState::Dispatched => "Begins",
        StepState::Accepted => "The far system has taken it",
        StepState::Running => "Runs",
        StepState::Retrying => "Waits before the next attempt",
        StepState::Asked => "Failed; somebody must decide",
        StepState::Unknown => "Nobody knows whether it happened; somebody must look",
        StepState::Succeeded => "Done",
        StepState::Undone => "Taken back",
        StepState::Failed => "Failed",
        StepState::Cancelled => "Stopped",
        StepState::Skipped => "Skipped",
    }
    .to_owned()
}

/// How a failure is put beside a question.
pub(crate) fn of_failure(title: &str, error: &Error) -> String {
    format!("`{title}` failed: {}", error.message)
}
