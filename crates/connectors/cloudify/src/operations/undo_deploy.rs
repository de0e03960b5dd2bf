//! Takes a deployment back: uninstalls and deletes what was made, or updates back to what it was.

use podium_connector::{
    Action, Confidence, Outcome, StepPreview, StepRequest, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use super::{change, delete_deployment, is_installed, losses, made_by, make_way, settle, undo};
use crate::client::{self, Manager};
use crate::config::OnCancel;
use crate::start::Wanted;
use crate::watch::Execution;

fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}

fn names(record: &Value, name: &str) -> Vec<String> {
    record[name]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one.as_str().map(str::to_owned))
        .collect()
}

/// Whether the deployment is the one that the step made. Fails where somebody made another one.
fn ours(found: &Value, record: &Value) -> Result<()> {
    if made_by(found, text(record, "key")) {
        return Ok(());
    }
    let name = text(record, "deployment");
    Err(Error::new(
        ErrorKind::Conflict,
        Code::new("POD0446"),
        format!("The deployment `{name}` is not the one that the step made: somebody made it anew, or took the label `{}` away.", super::KEY),
    )
    .with_hint("Look at it in Cloudify, and delete it there if it is to go."))
}

pub(crate) async fn preview(manager: &Manager<'_>, record: &UndoRecord) -> Result<StepPreview> {
    let record = &record.record;
    let name = text(record, "deployment");
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    let found = manager.find(client::deployment(name)).await?;
    match (&record["before"], found) {
        (_, None) => notes.push(format!("The deployment `{name}` is gone already.")),
        (Value::Null, Some(found)) => {
            ours(&found, record)?;
            changes.extend(losses(manager, name).await?);
            changes.push(change(
                Action::Delete,
                "deployment",
                name,
                json!({ "blueprint": found["blueprint_id"] }),
                Value::Null,
            ));
        }
        (before, Some(found)) if before["met"] == true => {
            let _ = found;
            notes.push(format!("The step did not change the deployment `{name}`."));
        }
        (before, Some(found)) => {
            changes.push(change(
                Action::Update,
                "deployment",
                name,
                json!({ "blueprint": found["blueprint_id"], "inputs": found["inputs"] }),
                json!({ "blueprint": before["blueprint"], "inputs": before["inputs"] }),
            ));
            if before["installed"] != true {
                changes.extend(losses(manager, name).await?);
            }
        }
    }
    if record["uploads"] == true {
        let id = text(record, "blueprint");
        changes.push(change(
            Action::Delete,
            "blueprint",
            id,
            json!({}),
            Value::Null,
        ));
        notes.push(format!(
            "The blueprint `{id}` stays where another deployment uses it by then."
        ));
    }
    for secret in names(record, "secrets") {
        changes.push(change(
            Action::Delete,
            "secret",
            &secret,
            json!(super::HIDDEN),
            Value::Null,
        ));
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some("Cloudify has no preview of an uninstallation: the node instances are those that are there now.".into()),
        changes,
        undo: undo(
            UndoClass::Impossible,
            Some("what is taken back is not brought back by an undo; run the step again."),
        ),
        outputs: Map::new(),
        notes,
    })
}

pub(crate) async fn run(
    manager: &Manager<'_>,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let record = &record.record;
    let name = text(record, "deployment");
    let before = &record["before"];
    let found = manager.find(client::deployment(name)).await?;
    if let Some(found) = found.filter(|_| before["met"] != true) {
        if before.is_null() {
            ours(&found, record)?;
            uninstall(manager, request, name).await?;
            delete_deployment(manager, name).await?;
        } else {
            restore(manager, request, name, before, &found).await?;
        }
    }
    if record["uploads"] == true {
        match manager
            .find(client::delete_blueprint(text(record, "blueprint")))
            .await
        {
            // Another deployment uses it by now.
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => {
                other?;
            }
        }
    }
    for secret in names(record, "secrets") {
        manager.find(client::delete_secret(&secret)).await?;
    }
    Ok(Outcome::default())
}

async fn uninstall(manager: &Manager<'_>, request: &StepRequest, name: &str) -> Result<()> {
    let mut wanted = Wanted::new(name, "uninstall");
    wanted.undo = true;
    make_way(manager, request, &wanted).await?;
    super::execute(manager, request, &wanted, OnCancel::Cancel)
        .await
        .map(|_| ())
}

/// Puts the blueprint and the inputs back that the deployment had.
async fn restore(
    manager: &Manager<'_>,
    request: &StepRequest,
    name: &str,
    before: &Value,
    found: &Value,
) -> Result<()> {
    if before["installed"] != true {
        return uninstall(manager, request, name).await;
    }
    if let Some(id) = &request.remote {
        let execution = Execution::new(manager, id, OnCancel::Cancel);
        return execution.follow().await.map(|_| ());
    }
    settle(manager, name, Some(OnCancel::Cancel)).await?;
    if found["blueprint_id"] == before["blueprint"]
        && found["inputs"] == before["inputs"]
        && is_installed(found)
    {
        return Ok(());
    }
    let body = json!({
        "blueprint_id": before["blueprint"],
        "inputs": before["inputs"],
        "preview": false,
    });
    let reply = manager.send(client::update(name, &body)).await?;
    let id = reply["execution_id"].as_str().unwrap_or_default();
    manager.context().accepted(id).await?;
    Execution::new(manager, id, OnCancel::Cancel)
        .follow()
        .await
        .map(|_| ())
}
