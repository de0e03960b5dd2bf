//! `cloudify/uninstall`: the nodes of a deployment go, and then the deployment itself.

use podium_connector::{
    Action, Confidence, Observed, Outcome, StepPreview, StepRequest, UndoClass, UndoRecord,
};
use podium_diagnostics::Result;
use serde_json::{Map, Value, json};

use super::{KEY, change, delete_deployment, in_the_way, is_installed, losses, settle, undo};
use crate::client::{self, Manager};
use crate::config::{OnCancel, Uninstall};
use crate::start::{self, Wanted};
use podium_connector::need;

const LOST: &str = "what the nodes held is gone; they are made anew from the blueprint";

fn wanted(config: &Uninstall) -> Result<Wanted> {
    let name = need(config.deployment.as_ref(), "deployment")?;
    let mut wanted = Wanted::new(name, "uninstall");
    wanted
        .parameters
        .insert("ignore_failure".into(), json!(config.ignore_failure));
    wanted.queue = config.queue;
    Ok(wanted)
}

pub(crate) async fn preview(manager: &Manager<'_>, request: &StepRequest) -> Result<StepPreview> {
    let config: Uninstall = request.inputs.read()?;
    let back = undo(UndoClass::Restore, Some(LOST));
    let Some(name) = &config.deployment else {
        let because = format!(
            "the deployment is known only after {}.",
            request.waits_for()
        );
        return Ok(StepPreview::unknown(because, back));
    };
    let mut notes = Vec::new();
    let mut changes = Vec::new();
    let found = manager.find(client::deployment(name)).await?;
    if let Some(found) = &found {
        notes.extend(in_the_way(manager, name, config.queue).await?);
        changes.extend(losses(manager, name).await?);
        if !config.keep_deployment {
            changes.push(change(
                Action::Delete,
                "deployment",
                name,
                json!({ "blueprint": found["blueprint_id"] }),
                Value::Null,
            ));
        }
        if config.ignore_failure {
            notes.push("Operations that fail are passed over, so that something may stay behind outside Cloudify.".into());
        }
    } else {
        notes.push(format!("There is no deployment `{name}`; nothing is done."));
    }
    let nothing = changes.is_empty();
    Ok(StepPreview {
        confidence: if nothing { Confidence::Exact } else { Confidence::Predicted },
        because: (!nothing).then(|| {
            "Cloudify has no preview of an uninstallation: the node instances are those that are there now.".to_owned()
        }),
        changes,
        undo: if nothing { undo(UndoClass::Automatic, None) } else { back },
        outputs: Map::new(),
        notes,
    })
}

pub(crate) async fn prepare(manager: &Manager<'_>, request: &StepRequest) -> Result<UndoRecord> {
    let config: Uninstall = request.inputs.read()?;
    let name = need(config.deployment.as_ref(), "deployment")?;
    let Some(found) = manager.find(client::deployment(name)).await? else {
        return Ok(UndoRecord {
            undo: undo(UndoClass::Automatic, None),
            record: json!({ "deployment": name, "before": null }),
        });
    };
    let labels: Vec<Value> = found["labels"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|label| {
            let key = label["key"]
                .as_str()
                .filter(|key| !key.starts_with("csys-"))?;
            Some(json!({ key: label["value"] }))
        })
        .collect();
    Ok(UndoRecord {
        undo: undo(UndoClass::Restore, Some(LOST)),
        record: json!({
            "deployment": name,
            "before": {
                "blueprint": found["blueprint_id"],
                "inputs": found["inputs"],
                "display_name": found["display_name"],
                "site_name": found["site_name"],
                "visibility": found["visibility"],
                "labels": labels,
                "installed": is_installed(&found),
            },
        }),
    })
}

pub(crate) async fn run(manager: &Manager<'_>, request: &StepRequest) -> Result<Outcome> {
    let config: Uninstall = request.inputs.read()?;
    let wanted = wanted(&config)?;
    let name = wanted.deployment.clone();
    let mut outputs = Map::new();
    outputs.insert("deployment".into(), json!(name));
    let found = manager.find(client::deployment(&name)).await?;
    // A resumed attempt may have deleted it already.
    outputs.insert(
        "deleted".into(),
        json!(!config.keep_deployment && (found.is_some() || request.resumed)),
    );
    if let Some(found) = found {
        let begun = start::has_begun(manager, request, &wanted).await?;
        if begun || is_installed(&found) || !losses(manager, &name).await?.is_empty() {
            let end = super::execute(manager, request, &wanted, config.on_cancel).await?;
            outputs.insert("execution".into(), end["id"].clone());
        }
        if !config.keep_deployment {
            delete_deployment(manager, &name).await?;
        }
    }
    Ok(Outcome {
        outputs,
        ..Outcome::default()
    })
}

pub(crate) async fn observe(manager: &Manager<'_>, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config: Uninstall = request.inputs.read()?;
    let wanted = wanted(&config)?;
    // Gone is what was wanted, whoever did it.
    if manager
        .find(client::deployment(&wanted.deployment))
        .await?
        .is_none()
    {
        return Ok(Observed::Adopt);
    }
    Ok(match start::find(manager, request, &wanted).await? {
        Some(_) => Observed::Adopt,
        None => Observed::NeverStarted,
    })
}

pub(crate) async fn preview_undo(
    manager: &Manager<'_>,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let record = &record.record;
    let before = &record["before"];
    let name = record["deployment"].as_str().unwrap_or_default();
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    if before.is_null() {
        notes.push("There was nothing to uninstall; there is nothing to take back.".to_owned());
    } else {
        let found = manager.find(client::deployment(name)).await?;
        let after = json!({ "blueprint": before["blueprint"], "inputs": before["inputs"] });
        if found.is_none() {
            changes.push(change(
                Action::Create,
                "deployment",
                name,
                Value::Null,
                after,
            ));
        }
        let installed = found.as_ref().is_some_and(is_installed);
        if before["installed"] == true && !installed {
            let run = format!("install on {name}");
            changes.push(change(
                Action::Run,
                "workflow",
                &run,
                Value::Null,
                json!({}),
            ));
        }
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some("Cloudify has no preview of an installation.".into()),
        changes,
        undo: undo(
            UndoClass::Impossible,
            Some("what is taken back is not brought back by an undo; run the step again."),
        ),
        outputs: Map::new(),
        notes,
    })
}

pub(crate) async fn run_undo(
    manager: &Manager<'_>,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let record = &record.record;
    let before = &record["before"];
    if before.is_null() {
        return Ok(Outcome::default());
    }
    let name = record["deployment"].as_str().unwrap_or_default();
    if manager.find(client::deployment(name)).await?.is_none() {
        let mut labels = before["labels"].as_array().cloned().unwrap_or_default();
        labels.retain(|label| label.get(KEY).is_none());
        labels.push(json!({ KEY: request.key }));
        let mut body = json!({
            "blueprint_id": before["blueprint"],
            "inputs": before["inputs"],
            "labels": labels,
        });
        for field in ["display_name", "site_name", "visibility"] {
            if !before[field].is_null() {
                body[field] = before[field].clone();
            }
        }
        manager.send(client::put_deployment(name, &body)).await?;
        settle(manager, name, None).await?;
    }
    let mut wanted = Wanted::new(name, "install");
    wanted.undo = true;
    super::make_way(manager, request, &wanted).await?;
    let found = manager.send(client::deployment(name)).await?;
    if before["installed"] == true && !is_installed(&found) {
        super::execute(manager, request, &wanted, OnCancel::Cancel).await?;
    }
    Ok(Outcome::default())
}
