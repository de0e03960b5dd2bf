//! The history, and everything a person can do to a run.

use std::path::Path;

use podium_api::engine::EventBody;
use podium_api::engine::event::RunEvent;
use podium_api::model::RunId;
use podium_api::projections::StepState;
use podium_api::runtime::reason;
use podium_api::types::{
    AnswerStep, ApproveRun, GetLogs, GetRun, ImportRun, ListRuns, PersonsAnswer, RunName,
};
use podium_api::{ApiError, Podium};
use serde_json::{Map, json};

use super::drift;
use super::run::{begin, watch};
use crate::args::{Decision, Runs};
use crate::output::invalid;
use crate::telling::{label, label_of_run};
use crate::{exit, output};

pub(crate) async fn run(podium: &Podium, command: Runs, json: bool) -> Result<u8, ApiError> {
    match command {
        Runs::List { workflow, limit } => list(podium, workflow, limit, json).await,
        Runs::Show { run } => show(podium, run, json).await,
        Runs::Events { run } => {
            let run = named(podium, run).await?;
            for event in podium.host().events(&run, 1).await? {
                output::json(&event);
            }
            Ok(exit::SUCCEEDED)
        }
        Runs::Logs { run, step } => logs(podium, run, step, json).await,
        Runs::Resume { run } => {
            let run = named(podium, run).await?;
            let listener = podium.host().listen();
            if !podium.host().take_up_anywhere(&run).await? {
                return Err(invalid(
                    "POD0720",
                    format!("Another Podium drives `{run}`."),
                    "Watch it there, or end that one first.",
                ));
            }
            watch(podium, &run, listener, json).await
        }
        Runs::Cancel { run } => {
            podium.run_cancel(RunName { run: parse(&run)? }).await?;
            settle(podium, &run, json).await
        }
        Runs::Approve {
            run,
            step: None,
            override_window,
            ..
        } => {
            let run_id = parse(&run)?;
            podium
                .run_approve(ApproveRun {
                    run: run_id,
                    override_window,
                })
                .await?;
            settle(podium, &run, json).await
        }
        Runs::Approve {
            run,
            step: Some(step),
            comment,
            ..
        } => {
            answer(podium, &run, step, PersonsAnswer::Approve, comment).await?;
            settle(podium, &run, json).await
        }
        Runs::Answer {
            run,
            step,
            decision,
            comment,
        } => {
            let said = match decision {
                Decision::Retry => PersonsAnswer::Retry { with: Map::new() },
                Decision::Skip => PersonsAnswer::Skip,
                Decision::Done => PersonsAnswer::Done,
                Decision::Stop => PersonsAnswer::Stop,
                Decision::GoOn => PersonsAnswer::GoOn,
                Decision::Deny => PersonsAnswer::Deny,
            };
            answer(podium, &run, step, said, comment).await?;
            settle(podium, &run, json).await
        }
        Runs::Retry { run, step } => {
            let steps = match step {
                Some(step) => vec![step],
                None => failed_steps(podium, &run).await?,
            };
            for step in steps {
                let again = PersonsAnswer::Retry { with: Map::new() };
                answer(podium, &run, step, again, None).await?;
            }
            // Also where the Podium that is open does it.
            podium.host().follow(&parse(&run)?);
            settle(podium, &run, json).await
        }
        Runs::Undo { run, consent } => {
            let view = podium
                .run_preview_undo(RunName { run: parse(&run)? })
                .await?;
            begin(podium, &view, consent, json).await
        }
        Runs::Drift { run } => {
            let run = match run {
                Some(run) => parse(&run)?,
                None => drift::newest_standing(podium).await?,
            };
            drift::drift(podium, run, json).await
        }
        Runs::Import { file } => import(podium, &file, json).await,
        Runs::Export { run } => export(podium, &run).await,
    }
}

async fn list(
    podium: &Podium,
    workflow: Option<String>,
    limit: u32,
    as_json: bool,
) -> Result<u8, ApiError> {
    let runs = podium
        .run_list(ListRuns {
            workflow,
            limit: Some(limit),
        })
        .await?;
    if as_json {
        output::json(&runs);
    } else if runs.is_empty() {
        output::line("No runs yet. `podium run FILE -e ENV` makes the first.");
    } else {
        for run in runs {
            let recorded = if run.recorded { "  recorded" } else { "" };
            let begun = run
                .schedule
                .as_ref()
                .map(|schedule| format!("  {}", schedule.words()))
                .unwrap_or_default();
            output::line(&format!(
                "{}  {:<10}  {:<16}  {}  {}{recorded}{begun}",
                run.id,
                word(&run.state),
                label_of_run(run.mode),
                run.title,
                run.environment
            ));
        }
    }
    Ok(exit::SUCCEEDED)
}

async fn show(podium: &Podium, run: Option<String>, as_json: bool) -> Result<u8, ApiError> {
    let run = named(podium, run).await?;
    let view = podium.run_get(GetRun { run, at: None }).await?;
    if as_json {
        output::json(&view);
        return Ok(exit::SUCCEEDED);
    }
    output::line(&format!(
        "{} · {} in {} · {}",
        view.id,
        view.title,
        view.environment,
        label_of_run(view.mode)
    ));
    if let Some(schedule) = &view.schedule {
        output::line(&format!("{}.", capital(&schedule.words())));
    }
    output::line(&view.sentence);
    if let Some(outside) = &view.outside {
        let by = view.approved_by.as_deref().unwrap_or(&view.by);
        output::line(&format!(
            "Begun outside its window by {by}: {} ({})",
            outside.reason,
            outside.closed.trim_end_matches('.')
        ));
    }
    for step in &view.steps {
        let pad = "  ".repeat(step.id.step.depth());
        let what = match &step.calls {
            Some(workflow) => format!("calls {workflow}"),
            None => format!("{} · {}", step.uses, label(step.mode, step.mode_open)),
        };
        output::line(&format!(
            "  {:<12} {pad}{} · {what}",
            word(&step.state),
            step.title
        ));
        if let Some(error) = &step.error {
            output::line(&format!("      {} [{}]", error.message, error.code));
            if let Some(hint) = &error.hint {
                output::line(&format!("      {hint}"));
            }
        }
        for made in &step.made {
            let link = made
                .link
                .as_deref()
                .map(|link| format!(" {link}"))
                .unwrap_or_default();
            output::line(&format!("      {} {}{link}", made.kind, made.name));
        }
    }
    Ok(exit::SUCCEEDED)
}

async fn logs(
    podium: &Podium,
    run: Option<String>,
    step: Option<String>,
    as_json: bool,
) -> Result<u8, ApiError> {
    let run = named(podium, run).await?;
    let mut from = 0;
    loop {
        let page = podium
            .run_logs(GetLogs {
                run: run.clone(),
                step: step.clone(),
                from,
                limit: Some(10_000),
            })
            .await?;
        for entry in &page.lines {
            if as_json {
                output::json(entry);
            } else {
                output::line(&format!("{} │ {}", entry.step, entry.line.text));
            }
        }
        from += page.lines.len() as u64;
        if page.lines.is_empty() || from >= page.total {
            return Ok(exit::SUCCEEDED);
        }
    }
}

async fn export(podium: &Podium, run: &str) -> Result<u8, ApiError> {
    let id = parse(run)?;
    let view = podium
        .run_get(GetRun {
            run: id.clone(),
            at: None,
        })
        .await?;
    let events = podium.host().events(&id, 1).await?;
    output::pretty(&json!({ "podium": "export/1", "run": view, "events": events }));
    Ok(exit::SUCCEEDED)
}

async fn import(podium: &Podium, file: &Path, as_json: bool) -> Result<u8, ApiError> {
    let read = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let text = read.map_err(|error| {
        invalid(
            "POD0825",
            format!("`{}` cannot be read: {}.", file.display(), reason(&error)),
            "Name a file that `podium runs export RUN` wrote.",
        )
    })?;
    let imported = podium.run_import(ImportRun { text }).await?;
    if as_json {
        output::json(&imported);
    } else if imported.already {
        output::line(&format!("`{}` is in the history already.", imported.run));
    } else {
        output::line(&format!(
            "{} ({}) is in the history now, as a record: it can be looked at and compared, not taken back.",
            imported.title, imported.run
        ));
    }
    Ok(exit::SUCCEEDED)
}

/// After a person's word: tells the run to its end where it is driven here or has ended by that word,
/// else gives its state.
async fn settle(podium: &Podium, run: &str, as_json: bool) -> Result<u8, ApiError> {
    let run = parse(run)?;
    let listener = podium.host().listen();
    let here = podium.host().drives(&run) || podium.host().follows(&run);
    if here || has_ended(podium, &run).await? {
        return watch(podium, &run, listener, as_json).await;
    }
    let view = podium.run_get(GetRun { run, at: None }).await?;
    if as_json {
        output::json(&view);
    } else {
        output::line(&view.sentence);
    }
    Ok(exit::SUCCEEDED)
}

async fn has_ended(podium: &Podium, run: &RunId) -> Result<bool, ApiError> {
    let events = podium.host().events(run, 1).await?;
    let last = events.iter().rev().find_map(|event| match &event.body {
        EventBody::Run(event) => Some(event),
        EventBody::Step { .. } => None,
    });
    Ok(matches!(
        last,
        Some(RunEvent::Succeeded(_) | RunEvent::Failed(_) | RunEvent::Cancelled(_))
    ))
}

async fn answer(
    podium: &Podium,
    run: &str,
    step: String,
    answer: PersonsAnswer,
    comment: Option<String>,
) -> Result<(), ApiError> {
    podium
        .run_answer(AnswerStep {
            run: parse(run)?,
            step,
            answer,
            comment,
        })
        .await?;
    Ok(())
}

/// The steps that a run failed by, or that were stopped with it.
async fn failed_steps(podium: &Podium, run: &str) -> Result<Vec<String>, ApiError> {
    let view = podium
        .run_get(GetRun {
            run: parse(run)?,
            at: None,
        })
        .await?;
    let failed: Vec<String> = view
        .steps
        .iter()
        .filter(|step| matches!(step.state, StepState::Failed | StepState::Cancelled))
        .map(|step| step.id.to_string())
        .collect();
    if failed.is_empty() {
        return Err(invalid(
            "POD0721",
            format!("No step of `{run}` has failed."),
            "Look at it with `podium runs show`; `podium run` starts the workflow anew.",
        ));
    }
    Ok(failed)
}

async fn named(podium: &Podium, run: Option<String>) -> Result<RunId, ApiError> {
    if let Some(run) = run {
        return parse(&run);
    }
    let newest = podium
        .run_list(ListRuns {
            workflow: None,
            limit: Some(1),
        })
        .await?;
    newest.into_iter().next().map(|run| run.id).ok_or_else(|| {
        invalid(
            "POD0717",
            "There are no runs yet.",
            "`podium run FILE -e ENV` makes the first.",
        )
    })
}

fn parse(run: &str) -> Result<RunId, ApiError> {
    run.parse()
        .map_err(|error: podium_api::model::id::NotAName| {
            invalid(
                "POD0717",
                format!("`{run}` is {error}."),
                "`podium runs list` shows the runs of this computer.",
            )
        })
}

/// A state as it stands in the JSON.
/// With a capital first.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn word(state: &impl serde::Serialize) -> String {
    serde_json::to_value(state)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
