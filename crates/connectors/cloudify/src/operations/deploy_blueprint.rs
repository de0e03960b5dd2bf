//! `cloudify/deploy`: a blueprint becomes a deployment and is installed; one that is there is updated.

use podium_connector::{
    Action, Change, Confidence, LATER, Observed, Outcome, StepPreview, StepRequest, UndoClass,
    UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use super::{HIDDEN, KEY, change, in_the_way, is_installed, made, made_by, missing, undo};
use crate::blueprint::shown;
use crate::client::{self, BEAT, FAILED, Manager};
use crate::config::{Deploy, OnCancel};
use crate::goal::{Goal, blueprint_there, no_secrets, upload};
use crate::start::{self, Wanted};
use crate::watch::Execution;
use podium_connector::need;

pub(crate) async fn preview(manager: &Manager<'_>, request: &StepRequest) -> Result<StepPreview> {
    let known = undo(UndoClass::Delete, None);
    if request.inputs.text("blueprint").is_none() {
        let because = format!("the blueprint is known only after {}.", request.waits_for());
        return Ok(StepPreview::unknown(because, known));
    }
    let goal = Goal::of(manager, request).await?;
    goal.check(request)?;
    let Some(name) = goal.config.deployment.clone() else {
        let because = format!(
            "the deployment's name is known only after {}.",
            request.waits_for()
        );
        let mut preview = StepPreview::unknown(because, known);
        preview.changes = created(&goal, LATER, request);
        return Ok(preview);
    };
    let (lacking, to_make) = goal.missing_secrets(manager).await?;
    if !lacking.is_empty() {
        return Err(no_secrets(&lacking));
    }
    let mut changes: Vec<Change> = to_make
        .iter()
        .map(|name| change(Action::Create, "secret", name, Value::Null, json!(HIDDEN)))
        .collect();
    let mut notes = Vec::new();
    let mut checked = goal.archive.is_none();
    if let Some((kind, body)) = goal.upload() {
        let there = blueprint_there(manager, &goal).await?;
        if there {
            checked = true;
        } else {
            let call = client::put_blueprint(&goal.blueprint_id, true, &kind, body);
            match manager.send(call).await {
                Ok(_) => checked = true,
                // Managers before 6.1 have no such call.
                Err(error) if matches!(error.kind, ErrorKind::NotFound) => {
                    notes.push("This manager cannot check a blueprint beforehand; it does when it is uploaded.".to_owned());
                }
                Err(error) => return Err(error),
            }
            changes.push(change(
                Action::Create,
                "blueprint",
                &goal.blueprint_id,
                Value::Null,
                json!({ "from": goal.config.blueprint }),
            ));
        }
    }
    let found = manager.find(client::deployment(&name)).await?;
    let Some(found) = found.filter(|found| !made_by(found, &request.key) || is_installed(found))
    else {
        changes.extend(created(&goal, &name, request));
        let said = if checked {
            "; Cloudify has checked the blueprint itself"
        } else {
            ""
        };
        return Ok(StepPreview {
            confidence: Confidence::Predicted,
            because: Some(format!(
                "Cloudify has no preview of an installation: the nodes are read from the blueprint{said}."
            )),
            changes,
            undo: known,
            outputs: Map::new(),
            notes,
        });
    };
    notes.extend(in_the_way(manager, &name, goal.config.queue).await?);
    if request.inputs.is_unknown_in(&["/inputs"]) {
        let because = format!(
            "the deployment is updated with inputs that are known only after {}.",
            request.waits_for()
        );
        let mut preview = StepPreview::unknown(because, undo(UndoClass::Restore, None));
        preview.changes = changes;
        preview.notes = notes;
        return Ok(preview);
    }
    if goal.is_met(&found) {
        notes.push(format!(
            "The deployment `{name}` is as it shall be; nothing is done."
        ));
        return Ok(StepPreview {
            confidence: Confidence::Exact,
            because: None,
            changes,
            undo: undo(UndoClass::Automatic, None),
            outputs: Map::new(),
            notes,
        });
    }
    if is_installed(&found) {
        update_preview(manager, &goal, &found, changes, notes).await
    } else {
        changes.push(change(
            Action::Run,
            "workflow",
            &format!("install on {name}"),
            json!({ "installation_status": found["installation_status"] }),
            json!({ "installation_status": "active" }),
        ));
        changes.extend(created(&goal, &name, request).into_iter().skip(1));
        Ok(StepPreview {
            confidence: Confidence::Predicted,
            because: Some("Cloudify has no preview of an installation: the nodes are read from the blueprint.".into()),
            changes,
            undo: undo(UndoClass::Restore, None),
            outputs: Map::new(),
            notes,
        })
    }
}

/// The deployment and its nodes, as they would be made.
fn created(goal: &Goal, name: &str, request: &StepRequest) -> Vec<Change> {
    let mut inputs = goal
        .config
        .inputs
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    request.inputs.fill_later("/inputs", &mut inputs);
    let after = json!({ "blueprint": goal.blueprint_id, "inputs": inputs });
    let mut changes = vec![change(
        Action::Create,
        "deployment",
        name,
        Value::Null,
        after,
    )];
    for node in &goal.blueprint.nodes {
        let mut one = change(
            Action::Create,
            &node.kind,
            &node.name,
            Value::Null,
            shown(node),
        );
        one.stateful = node.is_stateful();
        changes.push(one);
    }
    changes
}

/// Asks Cloudify what an update would do; its own preview.
async fn update_preview(
    manager: &Manager<'_>,
    goal: &Goal,
    found: &Value,
    mut changes: Vec<Change>,
    notes: Vec<String>,
) -> Result<StepPreview> {
    let name = goal.deployment()?;
    let mut before = json!({ "blueprint": found["blueprint_id"] });
    let mut after = json!({ "blueprint": goal.blueprint_id });
    for input in goal.differing(found) {
        before["inputs"][input.as_str()] = found["inputs"][input.as_str()].clone();
        after["inputs"][input.as_str()] = goal.config.inputs[input].clone();
    }
    changes.push(change(Action::Update, "deployment", name, before, after));
    let back = undo(
        UndoClass::Restore,
        Some("what a removed node held is gone when it is made anew"),
    );
    let upload_first = changes.iter().any(|change| change.kind == "blueprint");
    if upload_first {
        return Ok(StepPreview {
            confidence: Confidence::Predicted,
            because: Some(
                "Cloudify can preview an update only once the blueprint is uploaded.".into(),
            ),
            changes,
            undo: back,
            outputs: Map::new(),
            notes,
        });
    }
    let body = update_body(goal, true);
    let reply = manager.send(client::update(name, &body).looks()).await?;
    let reply = updated(manager, reply).await?;
    for step in reply["steps"].as_array().into_iter().flatten() {
        let action = match step["action"].as_str() {
            Some("add") => Action::Create,
            Some("remove") => Action::Delete,
            _ => Action::Update,
        };
        let entity = step["entity_id"].as_str().unwrap_or_default();
        let kind = step["entity_type"].as_str().unwrap_or("entity");
        let plain = entity.strip_prefix("nodes:").unwrap_or(entity);
        changes.push(change(
            action,
            kind,
            &plain.replace(':', " "),
            Value::Null,
            Value::Null,
        ));
    }
    Ok(StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes,
        undo: back,
        outputs: Map::new(),
        notes,
    })
}

fn update_body(goal: &Goal, preview: bool) -> Value {
    json!({
        "blueprint_id": goal.blueprint_id,
        "inputs": goal.config.inputs,
        "preview": preview,
    })
}

/// An update once its steps are known; newer managers work them out in an execution of their own.
async fn updated(manager: &Manager<'_>, mut reply: Value) -> Result<Value> {
    let cx = manager.context();
    let id = start::id(&reply);
    for _ in 0..60 {
        let state = reply["state"].as_str().unwrap_or_default();
        if matches!(state, "preview" | "successful") || id.is_empty() {
            return Ok(reply);
        }
        if state == "failed" {
            break;
        }
        cx.sleep(BEAT).await;
        reply = manager.send(client::update_of(&id).looks()).await?;
    }
    Err(Error::new(
        ErrorKind::Failed,
        FAILED,
        "Cloudify could not work out what the update would do.",
    )
    .with_hint("Look at the deployment's last execution in Cloudify.")
    .with_context("update", id))
}

pub(crate) async fn prepare(manager: &Manager<'_>, request: &StepRequest) -> Result<UndoRecord> {
    let goal = Goal::of(manager, request).await?;
    let name = goal.deployment()?;
    let (_, secrets) = goal.missing_secrets(manager).await?;
    let uploads = goal.archive.is_some() && !blueprint_there(manager, &goal).await?;
    let found = manager.find(client::deployment(name)).await?;
    let before = match &found {
        Some(found) if !made_by(found, &request.key) => json!({
            "blueprint": found["blueprint_id"],
            "inputs": found["inputs"],
            "installed": is_installed(found),
            "met": goal.is_met(found),
        }),
        _ => Value::Null,
    };
    let class = match &before {
        Value::Null => undo(UndoClass::Delete, None),
        before if before["met"] == true && secrets.is_empty() && !uploads => {
            undo(UndoClass::Automatic, None)
        }
        _ => undo(
            UndoClass::Restore,
            Some("what a removed node held is gone when it is made anew"),
        ),
    };
    Ok(UndoRecord {
        undo: class,
        record: json!({
            "deployment": name,
            "key": request.key,
            "blueprint": goal.blueprint_id,
            "uploads": uploads,
            "secrets": secrets,
            "before": before,
        }),
    })
}

pub(crate) async fn run(manager: &Manager<'_>, request: &StepRequest) -> Result<Outcome> {
    let goal = Goal::of(manager, request).await?;
    let name = goal.deployment()?;
    let mut things = make_secrets(manager, &goal).await?;
    if upload(manager, &goal).await? {
        things.push(made(manager, "blueprint", &goal.blueprint_id));
    }
    let execution = if let Some(id) = &request.remote {
        Execution::new(manager, id, goal.config.on_cancel)
            .follow()
            .await?
    } else {
        match manager.find(client::deployment(name)).await? {
            Some(found) if !made_by(&found, &request.key) => {
                if goal.is_met(&found) {
                    Value::Null
                } else if is_installed(&found) {
                    update(manager, name, &goal).await?
                } else {
                    install(manager, request, &goal).await?
                }
            }
            found => {
                if found.is_none() {
                    create(manager, request, &goal).await?;
                }
                environment(manager, name).await?;
                install(manager, request, &goal).await?
            }
        }
    };
    things.push(made(manager, "deployment", name));
    let deployment = manager
        .find(client::deployment(name))
        .await?
        .ok_or_else(|| missing("deployment", name, &manager.tenant))?;
    let (mut outputs, hidden) = super::outputs(manager, &deployment).await?;
    outputs.insert("deployment".into(), json!(name));
    outputs.insert("blueprint".into(), json!(goal.blueprint_id));
    if let Some(id) = execution["id"].as_str() {
        outputs.insert("execution".into(), json!(id));
    }
    outputs.insert("console".into(), json!(manager.console()));
    Ok(Outcome {
        outputs,
        hidden,
        made: things,
        undo: None,
    })
}

async fn make_secrets(manager: &Manager<'_>, goal: &Goal) -> Result<Vec<podium_connector::Made>> {
    let (lacking, to_make) = goal.missing_secrets(manager).await?;
    if !lacking.is_empty() {
        return Err(no_secrets(&lacking));
    }
    let mut things = Vec::new();
    for (name, lease) in manager.context().secrets() {
        if !to_make.contains(&name) {
            continue;
        }
        let value = podium_rest::secret(&lease, "value", client::SYSTEM)?;
        let text = value.expose_str().unwrap_or_default();
        let body = json!({
            "value": text, "is_hidden_value": true, "update_if_exists": false, "visibility": "tenant",
        });
        match manager.send(client::put_secret(&name, &body)).await {
            // A repeated call after a lost reply.
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => {
                other?;
            }
        }
        things.push(made(manager, "secret", &name));
    }
    Ok(things)
}

async fn create(manager: &Manager<'_>, request: &StepRequest, goal: &Goal) -> Result<()> {
    let mut labels: Vec<Value> = goal
        .config
        .labels
        .iter()
        .map(|(key, value)| json!({ key: value }))
        .collect();
    labels.push(json!({ KEY: request.key }));
    let mut body = json!({
        "blueprint_id": goal.blueprint_id,
        "inputs": goal.config.inputs,
        "labels": labels,
        "visibility": goal.config.visibility.as_deref().unwrap_or("tenant"),
        "skip_plugins_validation": goal.config.skip_plugins_validation,
    });
    if let Some(name) = &goal.config.display_name {
        body["display_name"] = json!(name);
    }
    if let Some(site) = &goal.config.site {
        body["site_name"] = json!(site);
    }
    let name = goal.deployment()?;
    match manager.send(client::put_deployment(name, &body)).await {
        Err(error) if error.kind == ErrorKind::Conflict => {
            let found = manager.find(client::deployment(name)).await?;
            if found.is_some_and(|found| made_by(&found, &request.key)) {
                Ok(())
            } else {
                Err(error)
            }
        }
        other => other.map(|_| ()),
    }
}

/// Waits until the deployment can be worked with, and tells why it cannot.
async fn environment(manager: &Manager<'_>, name: &str) -> Result<()> {
    let call = client::executions(name, "create_deployment_environment");
    let Some(newest) = manager.items(call).await?.into_iter().next() else {
        return Ok(());
    };
    let id = start::id(&newest);
    Execution::new(manager, &id, OnCancel::Cancel)
        .follow()
        .await
        .map(|_| ())
}

fn wanted(goal: &Goal) -> Result<Wanted> {
    let mut wanted = Wanted::new(goal.deployment()?, "install");
    wanted.queue = goal.config.queue;
    Ok(wanted)
}

async fn install(manager: &Manager<'_>, request: &StepRequest, goal: &Goal) -> Result<Value> {
    super::execute(manager, request, &wanted(goal)?, goal.config.on_cancel).await
}

/// Updates a deployment that is there. The update names its execution, which is followed.
async fn update(manager: &Manager<'_>, name: &str, goal: &Goal) -> Result<Value> {
    let body = update_body(goal, false);
    let reply = manager.send(client::update(name, &body)).await?;
    let id = reply["execution_id"].as_str().unwrap_or_default();
    manager.context().accepted(id).await?;
    Execution::new(manager, id, goal.config.on_cancel)
        .follow()
        .await
}

pub(crate) async fn observe(manager: &Manager<'_>, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config: Deploy = request.inputs.read()?;
    let name = need(config.deployment.as_ref(), "deployment")?;
    let Some(found) = manager.find(client::deployment(name)).await? else {
        return Ok(Observed::NeverStarted);
    };
    if made_by(&found, &request.key) {
        return Ok(Observed::Adopt);
    }
    // Not made here, so that it is updated: a second update is refused while one runs, and one that has
    // ended well leaves nothing to do.
    let running = super::unfinished(manager, name).await?;
    if running.is_empty() {
        return Ok(Observed::NeverStarted);
    }
    Ok(Observed::Unknown {
        because: format!(
            "`{}` runs on the deployment `{name}`, and Cloudify does not tell who started it. Look at its executions: {}",
            crate::watch::names(&running[0]).0,
            manager.console()
        ),
    })
}

pub(crate) async fn verify(manager: &Manager<'_>, request: &StepRequest) -> Result<()> {
    let config: Deploy = request.inputs.read()?;
    let name = need(config.deployment.as_ref(), "deployment")?;
    let found = manager
        .find(client::deployment(name))
        .await?
        .ok_or_else(|| missing("deployment", name, &manager.tenant))?;
    match found["installation_status"].as_str() {
        Some("active") | None => Ok(()),
        Some(other) => Err(Error::new(
            ErrorKind::Failed,
            FAILED,
            format!("The deployment `{name}` was installed, and Cloudify calls it `{other}`."),
        )
        .with_hint("Look at its node instances in Cloudify.")),
    }
}
