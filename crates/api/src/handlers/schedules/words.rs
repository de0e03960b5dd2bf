//! Schedules in words, the same for every shell.

use std::fmt::Write as _;

use podium_connector::Mode;
use podium_journal::RunRow;
use podium_model::schedule::Missed;
use podium_projections::RunState;
use podium_runtime::schedules::{Became, Handled, LATE, Question, State};

use super::reading::Loaded;
use crate::types::{DueView, HandledView, MissedView, Outcome, ScheduleState, Watched};

/// More inputs than that are counted, not listed.
const LISTED: usize = 4;

pub(super) fn watched(watched: Watched, some_on: bool) -> String {
    match watched {
        Watched::Here => "What is due is begun here, as long as this stays open.",
        Watched::Elsewhere => "What is due is begun by the Podium that is open.",
        Watched::Nobody if some_on => {
            "Nobody begins what is due now. Open the window, or leave `podium schedules watch` running."
        }
        Watched::Nobody => {
            "What is switched on is begun while the window is open, or `podium schedules watch` runs."
        }
    }
    .to_owned()
}

pub(super) fn missed_rule(missed: Missed) -> &'static str {
    match missed {
        Missed::Ask => "A time that was missed is asked about: run it then, or leave it.",
        Missed::Run => {
            "A time that was missed is made up for as soon as that is possible: once, however many were missed."
        }
        Missed::Skip => "A time that was missed is skipped; the next one counts.",
    }
}

/// Where it stands.
pub(super) fn stands(
    stands: ScheduleState,
    loaded: &Loaded,
    state: &State,
    changed: &[String],
    next: Option<&DueView>,
) -> String {
    let by = state.on.as_ref().map(|agreed| agreed.by.as_str());
    match stands {
        ScheduleState::Broken => match by {
            Some(by) => format!("{by} switched it on, and it cannot run as it stands now."),
            None => "It cannot run as it stands.".to_owned(),
        },
        ScheduleState::OffInFile => match by {
            Some(by) => {
                format!("{by} switched it on; its file says `off: true` now, so nothing is begun.")
            }
            None => "Its file says `off: true`, so nobody can switch it on.".to_owned(),
        },
        ScheduleState::Off => match next {
            Some(next) => format!(
                "Off on this computer. Its next time would be {}.",
                next.there
            ),
            None => "Off on this computer.".to_owned(),
        },
        ScheduleState::Changed => format!(
            "Paused: {} since {} switched it on. Look at it and switch it on again.",
            changed_words(changed),
            by.unwrap_or("somebody"),
        ),
        ScheduleState::On => {
            let on = match &state.on {
                Some(agreed) => format!("On since {}, by {}.", loaded.there(agreed.at), agreed.by),
                None => String::new(),
            };
            match next {
                Some(next) => format!("Next: {}. {on}", next.there),
                None => on,
            }
        }
    }
}

/// `a.yaml has changed`, `a.yaml and 2 more files have changed`.
pub(super) fn changed_words(changed: &[String]) -> String {
    match changed {
        [] => "something has changed".to_owned(),
        [one] => format!("`{one}` has changed"),
        [one, another] => format!("`{one}` and `{another}` have changed"),
        [one, more @ ..] => format!("`{one}` and {} more files have changed", more.len()),
    }
}

/// What switching it on means.
pub(super) fn promise(loaded: &Loaded, next: Option<&DueView>) -> Vec<String> {
    let mut said = Vec::new();
    let (Some(table), Some(environment)) = (&loaded.timetable, &loaded.environment) else {
        return said;
    };
    let inputs: Vec<String> = loaded
        .schedule
        .inputs
        .iter()
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name} = {text}"),
            None => format!("{name} = {value}"),
        })
        .collect();
    let with = match inputs.as_slice() {
        [] => String::new(),
        some if some.len() <= LISTED => format!(", with {}", some.join(", ")),
        many => format!(", with {} inputs", many.len()),
    };
    said.push(format!(
        "It runs `{}` in {} {}{with}.",
        loaded.workflow_title,
        environment.title,
        table.words()
    ));
    if let Some(next) = next {
        said.push(format!("The next time is {}.", next.there));
        said.extend(next.note.clone());
    }
    said.push(missed_rule(loaded.schedule.missed).to_owned());
    if environment.approval {
        said.push(format!(
            "{} asks for an approval: each run is previewed at its time and waits for a yes.",
            environment.title
        ));
    } else {
        said.push(
            "Nobody is asked at its time: the preview is made and the run begins.".to_owned(),
        );
    }
    if environment.type_name {
        said.push(format!(
            "{} asks you to type its name first: `{}`.",
            environment.title, environment.name
        ));
    }
    if let Some(compiled) = &loaded.compiled
        && compiled.plan.mode() == Mode::Real
        && compiled
            .plan
            .steps()
            .iter()
            .any(|step| !step.credentials.is_empty())
    {
        said.push(
            "It takes credentials out of the vault. Where that is locked at its time, nothing is begun and you \
             are told."
                .to_owned(),
        );
    }
    said.push(
        "It runs on this computer alone, while the window is open or `podium schedules watch` runs.".to_owned(),
    );
    said.push(
        "When the schedule, its workflow or its environment changes, it stands still until you agree again. \
         Files that its steps read, such as a playbook, are not looked at."
            .to_owned(),
    );
    said
}

pub(super) fn question(loaded: &Loaded, asked: &Question) -> MissedView {
    let there = loaded.there(asked.due);
    let sentence = match asked.count {
        0 | 1 => format!("Missed at {there}. Run it now, or leave it?"),
        2 => format!("Missed at {there}, and once before. Run it once now, or leave it?"),
        count => format!(
            "Missed at {there}, and {} times before. Run it once now, or leave it?",
            count - 1
        ),
    };
    MissedView {
        first: asked.first,
        due: asked.due,
        there,
        count: asked.count,
        sentence,
    }
}

pub(super) fn handled(loaded: &Loaded, handled: &Handled, row: Option<&RunRow>) -> HandledView {
    let there = loaded.there(handled.due);
    let run_state = row.and_then(|row| {
        serde_json::from_value::<RunState>(serde_json::Value::from(row.state.as_str())).ok()
    });
    let late = handled.at - handled.due > LATE;
    let (what, mut sentence, run, error) = match &handled.what {
        Became::Begun { run } => {
            let began = if late {
                format!("Begun at {}", loaded.there(handled.at))
            } else {
                "Begun".to_owned()
            };
            let sentence = format!("{began}; {}.", run_words(run_state));
            (Outcome::Begun, sentence, Some(run.clone()), None)
        }
        Became::Skipped { because } => (
            Outcome::Skipped,
            format!("Nothing was begun. {because}"),
            None,
            None,
        ),
        Became::Left { by } => (
            Outcome::Left,
            format!("Missed, and left by {by}."),
            None,
            None,
        ),
        Became::Failed { error } => (
            Outcome::Failed,
            format!("Nothing could be begun: {}", error.message),
            None,
            Some(error.clone()),
        ),
    };
    match handled.missed {
        0 => {}
        1 => sentence.push_str(" One time before it was missed."),
        many => {
            let _ = write!(sentence, " {many} times before it were missed.");
        }
    }
    HandledView {
        due: handled.due,
        there,
        at: handled.at,
        missed: handled.missed,
        what,
        sentence,
        run,
        run_state,
        error,
    }
}

fn run_words(state: Option<RunState>) -> &'static str {
    match state {
        None => "its run is not in the journal any more",
        Some(RunState::Created) => "it waits for a yes",
        Some(RunState::Running) => "it goes on",
        Some(RunState::Waiting) => "it waits for somebody",
        Some(RunState::Cancelling) => "it is being stopped",
        Some(RunState::Succeeded) => "it succeeded",
        Some(RunState::Failed) => "it failed",
        Some(RunState::Cancelled) => "it was cancelled",
    }
}
