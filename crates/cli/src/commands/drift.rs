//! Looking whether what a run left is still so.

use podium_api::model::RunId;
use podium_api::projections::RunState;
use podium_api::types::{DriftHow, DriftRow, DriftState, DriftView, ListRuns};
use podium_api::{ApiError, Podium};
use serde_json::Value;

use crate::interrupts::Interrupts;
use crate::output::invalid;
use crate::telling::label;
use crate::{exit, output};

/// Longest value on a line; what is longer is cut.
const VALUE: usize = 160;

/// `podium runs drift`
pub(crate) async fn drift(podium: &Podium, run: RunId, json: bool) -> Result<u8, ApiError> {
    let view = look(podium, &run).await?;
    if json {
        output::json(&view);
    } else {
        show(&view);
    }
    Ok(code(&view))
}

/// The newest run that stands.
pub(crate) async fn newest_standing(podium: &Podium) -> Result<RunId, ApiError> {
    let runs = podium
        .run_list(ListRuns {
            workflow: None,
            limit: Some(1_000),
        })
        .await?;
    runs.into_iter()
        .find(|run| {
            run.state == RunState::Succeeded
                && run.undoes.is_none()
                && run.undone_by.is_none()
                && !run.recorded
        })
        .map(|run| run.id)
        .ok_or_else(|| {
            invalid(
                "POD0745",
                "No run stands whose things could have changed.",
                "Name a run; `podium runs list` shows them.",
            )
        })
}

/// Looks, and says at the terminal how far it is. An interrupt stops the look.
pub(crate) async fn look(podium: &Podium, run: &RunId) -> Result<DriftView, ApiError> {
    let (stop, stopped) = tokio::sync::watch::channel(0);
    let mut interrupts = Interrupts::listen()?;
    let loud = output::is_interactive();
    let mut told = String::new();
    let looking = podium.drift_to_end(run, stopped, |view| {
        if loud && view.ended.is_none() && view.sentence != told {
            view.sentence.clone_into(&mut told);
            output::complain(&told);
        }
    });
    tokio::pin!(looking);
    loop {
        tokio::select! {
            view = &mut looking => return view,
            () = interrupts.next() => stop.send_modify(|asked| *asked += 1),
        }
    }
}

/// What was found, step by step.
pub(crate) fn show(view: &DriftView) {
    output::line(&format!(
        "{} · {} in {}",
        view.run, view.title, view.environment
    ));
    output::line(&view.sentence);
    if let Some(newer) = &view.newer {
        output::line(&format!(
            "{newer} did the same later; what that one changed is told here as well."
        ));
    }
    for row in &view.rows {
        show_row(row);
    }
}

fn show_row(row: &DriftRow) {
    let word = match row.state {
        DriftState::Asking => "asking",
        DriftState::Same => "as it was",
        DriftState::Changed => "changed",
        DriftState::CannotKnow => "cannot know",
        DriftState::Failed => "not asked",
        DriftState::Stopped => "stopped",
    };
    let pad = "  ".repeat(row.step.depth());
    output::line(&format!(
        "  {word:<12} {pad}{} · {} · {} · {}",
        row.step,
        row.title,
        row.uses,
        label(row.mode, false)
    ));
    for thing in &row.things {
        let of = thing
            .element
            .map(|element| format!(" of [{element}]"))
            .unwrap_or_default();
        let how = match thing.how {
            DriftHow::Gone => " is gone",
            DriftHow::Added => " was added",
            DriftHow::Changed => "",
        };
        output::line(&format!("      {} {}{of}{how}", thing.kind, thing.name));
        for field in &thing.fields {
            let what = if field.what.is_empty() {
                String::new()
            } else {
                format!("{}: ", field.what)
            };
            output::line(&format!(
                "        {what}{} → {}",
                value(field.before.as_ref()),
                value(field.after.as_ref())
            ));
        }
    }
    if row.more > 0 {
        output::line(&format!("      and {} more", row.more));
    }
    if let Some(because) = &row.because {
        output::line(&format!("      {because}"));
    }
    if let Some(error) = &row.error {
        output::line(&format!("      ! {} [{}]", error.message, error.code));
        if let Some(hint) = &error.hint {
            output::line(&format!("        {hint}"));
        }
    }
}

fn value(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return String::from("(none)"),
        Some(value) => value.to_string(),
    };
    if text.chars().count() <= VALUE {
        return text;
    }
    let mut cut: String = text.chars().take(VALUE).collect();
    cut.push('…');
    cut
}

/// 0 where nothing was changed, 1 where something was or a step could not be asked, 3 where it was stopped.
/// What nobody can know changes nothing of it.
fn code(view: &DriftView) -> u8 {
    if view.stopped {
        return exit::CANCELLED;
    }
    let trouble = view
        .rows
        .iter()
        .any(|row| matches!(row.state, DriftState::Changed | DriftState::Failed));
    if trouble {
        exit::FAILED
    } else {
        exit::SUCCEEDED
    }
}
