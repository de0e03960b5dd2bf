//! What a run would do, as far as the runbook's text tells.

use podium_connector::{
    Action, Change, Confidence, Context, StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{ErrorKind, Result};
use serde_json::{Map, Value, json};

use super::draw_runbook::{Starter, starters};
use super::run_runbook::reverse_of;
use crate::client::Azure;
use crate::config::{self, Run, Version};
use crate::reader::{self, Touch};
use crate::runbook::{Runbook, refused};

const BECAUSE: &str = "It was read from the runbook's text; what the text computes, loops over or calls elsewhere cannot be seen before it runs.";
const GRAPH: &str =
    "A graphical runbook has no text that could be read; what it does is known only when it runs.";
const DRAFT: &str =
    "A test of a draft really runs: it changes what the published runbook would change.";

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let inputs = &request.inputs;
    if inputs.is_unknown_in(&[
        "/account",
        "/runbook",
        "/resource_group",
        "/subscription",
        "/version",
    ]) {
        return Ok(StepPreview::unknown(
            format!(
                "Which runbook it runs is known only after {}.",
                request.waits_for()
            ),
            undo_of(inputs.text("undo_runbook")),
        ));
    }
    let run = known(request)?;
    look(cx, request, &run).await
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    match reverse_of(record) {
        Some(reverse) => look(cx, request, &reverse).await,
        None => Ok(StepPreview {
            confidence: Confidence::Exact,
            because: None,
            changes: Vec::new(),
            undo: record.undo.clone(),
            outputs: Map::new(),
            notes: record.undo.because.clone().into_iter().collect(),
        }),
    }
}

/// The inputs with what is known only later left out or marked so.
fn known(request: &StepRequest) -> Result<Run> {
    let mut inputs = request.inputs.clone();
    let maps = ["parameters", "undo_parameters"];
    for pointer in request.inputs.unknown.keys() {
        let field = pointer.trim_start_matches('/').split('/').next();
        if let Some(field) = field.filter(|field| !maps.contains(field)) {
            inputs.values.shift_remove(field);
        }
    }
    for field in maps {
        if let Some(Value::Object(map)) = inputs.values.get(field).cloned() {
            let mut values = map.into_iter().collect();
            request.inputs.fill_later(&format!("/{field}"), &mut values);
            inputs
                .values
                .insert(field.into(), Value::Object(values.into_iter().collect()));
        } else {
            inputs.values.shift_remove(field);
        }
    }
    config::read(&inputs)
}

/// As a webhook starts it: what the webhook gives is not of the step, and the call itself comes as a parameter.
pub(crate) async fn look_by_webhook(
    cx: &dyn Context,
    request: &StepRequest,
    run: &Run,
) -> Result<StepPreview> {
    look_at(cx, request, run, false).await
}

async fn look(cx: &dyn Context, request: &StepRequest, run: &Run) -> Result<StepPreview> {
    look_at(cx, request, run, true).await
}

async fn look_at(
    cx: &dyn Context,
    request: &StepRequest,
    run: &Run,
    own: bool,
) -> Result<StepPreview> {
    let azure = Azure::open(cx, run.subscription.as_deref())?;
    let account = azure
        .account(&run.account, run.resource_group.as_deref())
        .await?;
    let runbook = Runbook::find(&account, run).await?;
    let mut snags = runbook.snags(run, request);
    snags.retain(|snag| own && !request.inputs.is_unknown_in(&[snag.field.as_str()]));
    refused(&snags)?;
    let mut notes = Vec::new();
    if run.version == Version::Draft {
        notes.push(DRAFT.to_owned());
    }
    let text = match runbook.content(&account).await {
        Ok(text) => text,
        Err(error) if error.kind == ErrorKind::Forbidden => {
            notes.push("The identity may not read the runbook's text.".into());
            None
        }
        Err(error) => return Err(error),
    };
    let read = text
        .as_deref()
        .and_then(|text| reader::read(&runbook.kind, text, &runbook.values(run)));
    let mut after = Map::new();
    after.insert("account".into(), json!(account.name));
    after.insert("type".into(), json!(runbook.kind));
    after.insert(
        "run_on".into(),
        json!(run.workers.as_deref().unwrap_or("Azure")),
    );
    let parameters = run.sent();
    if !parameters.is_empty() {
        after.insert("parameters".into(), Value::Object(parameters));
    }
    let mut changes = vec![Change {
        action: Action::Run,
        kind: match run.version {
            Version::Published => "runbook",
            Version::Draft => "draft of a runbook",
        }
        .to_owned(),
        name: runbook.name.clone(),
        before: Value::Null,
        after: Value::Object(after),
        stateful: false,
        confidence: None,
        because: None,
    }];
    let (confidence, because) = match &read {
        Some(_) => (Confidence::Predicted, BECAUSE),
        None => (Confidence::Unknown, GRAPH),
    };
    let mut because = match (&read, &text) {
        (None, None) => {
            "The runbook's text could not be read, so that what it does is known only when it runs."
                .to_owned()
        }
        _ => because.to_owned(),
    };
    if let Some(read) = read {
        if read.touches.is_empty() {
            notes.push("No command that changes something is seen in its text.".into());
        }
        changes.extend(read.touches.iter().map(line));
        notes.extend(read.notes);
    }
    notes.extend(
        starters(&account, &runbook.name)
            .await?
            .iter()
            .map(Starter::note),
    );
    let waits = request.waits_for();
    if !waits.is_empty() {
        because = format!("{because} Some inputs are known only after {waits}.");
    }
    Ok(StepPreview {
        confidence,
        because: Some(because),
        changes,
        undo: undo_of(run.undo_runbook.as_deref()),
        outputs: Map::new(),
        notes,
    })
}

fn line(touch: &Touch) -> Change {
    let computed = touch.name.is_none();
    let times = match touch.times {
        1 => String::new(),
        n => format!(" It stands in the text {n} times."),
    };
    Change {
        action: touch.action,
        kind: touch.kind.clone(),
        name: touch
            .name
            .clone()
            .unwrap_or_else(|| "(named when it runs)".to_owned()),
        before: Value::Null,
        after: Value::Null,
        stateful: touch.action == Action::Delete && touch.is_stateful(),
        confidence: computed.then_some(Confidence::Unknown),
        because: Some(if computed {
            format!(
                "`{}` stands in the text, and its name is computed.{times}",
                touch.command
            )
        } else {
            format!("`{}` stands in the text.{times}", touch.command)
        }),
    }
}

pub(crate) fn undo_of(runbook: Option<&str>) -> Undo {
    match runbook {
        Some(name) => Undo {
            class: UndoClass::Restore,
            because: Some(format!(
                "The runbook `{name}` is run, which the step names as its undo; whether it takes everything back is up to it."
            )),
        },
        None => Undo {
            class: UndoClass::Manual,
            because: Some(
                "Azure Automation cannot take back what a runbook did. Name a runbook that does as `undo_runbook`, or do it by hand.".into(),
            ),
        },
    }
}
