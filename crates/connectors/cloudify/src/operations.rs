//! What the operations share.

pub(crate) mod deploy_blueprint;
pub(crate) mod execute_workflow;
pub(crate) mod undo_deploy;
pub(crate) mod uninstall_deployment;

use podium_connector::{Action, Change, Confidence, Made, Undo, UndoClass};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::blueprint::{is_stateful, tells_a_secret};
use crate::client::{self, Manager};
use crate::config::OnCancel;
use crate::start::Wanted;
use crate::watch::{Execution, STAGES};

/// The label that tells which step made a deployment. Keys are in small letters there.
pub(crate) const KEY: &str = "podium-key";
/// What stands in a preview for a value that nobody may see.
pub(crate) const HIDDEN: &str = "(hidden)";

/// The value of a label of a deployment or a blueprint.
pub(crate) fn label<'a>(thing: &'a Value, key: &str) -> Option<&'a str> {
    thing["labels"]
        .as_array()?
        .iter()
        .find(|label| label["key"].as_str() == Some(key))?["value"]
        .as_str()
}

/// Whether a deployment was made under this key. Some versions keep labels in small letters.
pub(crate) fn made_by(deployment: &Value, key: &str) -> bool {
    label(deployment, KEY).is_some_and(|value| value.eq_ignore_ascii_case(key))
}

/// Whether its nodes are installed.
pub(crate) fn is_installed(deployment: &Value) -> bool {
    deployment["installation_status"].as_str() == Some("active")
}

pub(crate) fn change(
    action: Action,
    kind: &str,
    name: &str,
    before: Value,
    after: Value,
) -> Change {
    Change {
        action,
        kind: kind.to_owned(),
        name: name.to_owned(),
        before,
        after,
        stateful: false,
        confidence: None,
        because: None,
    }
}

pub(crate) fn undo(class: UndoClass, because: Option<&str>) -> Undo {
    Undo {
        class,
        because: because.map(str::to_owned),
    }
}

pub(crate) fn made(manager: &Manager<'_>, kind: &str, name: &str) -> Made {
    Made {
        kind: kind.to_owned(),
        name: name.to_owned(),
        link: Some(manager.console()),
    }
}

/// The node instances of a deployment, in a stable order.
pub(crate) async fn instances(manager: &Manager<'_>, deployment: &str) -> Result<Vec<Value>> {
    let call = client::get("/node-instances")
        .query("deployment_id", deployment)
        .query(
            "_include",
            "id,node_id,state,relationships,has_configuration_drift,is_status_check_ok",
        )
        .needs("node_instance_list");
    let mut found = manager.items(call).await?;
    found.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
    Ok(found)
}

/// The nodes of a deployment, in a stable order.
pub(crate) async fn nodes(manager: &Manager<'_>, deployment: &str) -> Result<Vec<Value>> {
    let call = client::get("/nodes")
        .query("deployment_id", deployment)
        .query("_include", "id,type,relationships,number_of_instances")
        .needs("node_list");
    let mut found = manager.items(call).await?;
    found.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
    Ok(found)
}

/// What goes when a deployment is uninstalled: each node instance that is there.
pub(crate) async fn losses(manager: &Manager<'_>, deployment: &str) -> Result<Vec<Change>> {
    let nodes = nodes(manager, deployment).await?;
    let kind_of = |node: &str| {
        nodes
            .iter()
            .find(|one| one["id"].as_str() == Some(node))
            .and_then(|one| one["type"].as_str())
            .unwrap_or("node")
            .to_owned()
    };
    Ok(instances(manager, deployment)
        .await?
        .iter()
        .filter(|one| !matches!(one["state"].as_str(), Some("uninitialized" | "deleted")))
        .map(|one| {
            let kind = kind_of(one["node_id"].as_str().unwrap_or_default());
            let mut gone = change(
                Action::Delete,
                &kind,
                one["id"].as_str().unwrap_or_default(),
                json!({ "state": one["state"] }),
                Value::Null,
            );
            gone.stateful = is_stateful(&kind);
            gone.confidence = Some(Confidence::Predicted);
            gone
        })
        .collect())
}

/// The executions of a deployment that have not ended, the newest first.
pub(crate) async fn unfinished(manager: &Manager<'_>, deployment: &str) -> Result<Vec<Value>> {
    let call = client::get("/executions")
        .query("deployment_id", deployment)
        .query("_include_system_workflows", true)
        .query("_sort", "-created_at")
        .needs("execution_list");
    Ok(manager
        .items(call)
        .await?
        .into_iter()
        .filter(|one| {
            !STAGES
                .of(one["status"].as_str().unwrap_or_default())
                .is_end()
        })
        .collect())
}

/// What the preview says of executions that are in the way.
pub(crate) async fn in_the_way(
    manager: &Manager<'_>,
    deployment: &str,
    queue: bool,
) -> Result<Option<String>> {
    let running = unfinished(manager, deployment).await?;
    let Some(one) = running.first() else {
        return Ok(None);
    };
    let (workflow, _) = crate::watch::names(one);
    let status = one["status"].as_str().unwrap_or("running");
    let then = if queue {
        "this step will be queued behind it"
    } else {
        "Cloudify refuses a second one unless `queue` is set"
    };
    Ok(Some(format!(
        "`{workflow}` is `{status}` on `{deployment}` now; {then}."
    )))
}

/// Waits for what still runs on a deployment to end, whatever its end; stops it first where asked.
pub(crate) async fn settle(
    manager: &Manager<'_>,
    deployment: &str,
    stop: Option<OnCancel>,
) -> Result<()> {
    for one in unfinished(manager, deployment).await? {
        let id = crate::start::id(&one);
        if let Some(stop) = stop {
            match manager.send(client::act(&id, stop.action())).await {
                Err(error) if client::code_of(&error) != Some("illegal_action_error") => {
                    return Err(error);
                }
                _ => {}
            }
        }
        match Execution::new(manager, &id, OnCancel::Cancel)
            .follow()
            .await
        {
            Err(error) if error.kind != ErrorKind::Failed => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Stops what the step left running, unless the workflow that takes it back runs already.
pub(crate) async fn make_way(
    manager: &Manager<'_>,
    request: &podium_connector::StepRequest,
    wanted: &Wanted,
) -> Result<()> {
    if crate::start::has_begun(manager, request, wanted).await? {
        return Ok(());
    }
    settle(manager, &wanted.deployment, Some(OnCancel::Cancel)).await
}

/// Starts a workflow, or takes it up, and follows it to its end.
pub(crate) async fn execute(
    manager: &Manager<'_>,
    request: &podium_connector::StepRequest,
    wanted: &Wanted,
    on_cancel: OnCancel,
) -> Result<Value> {
    let id = crate::start::start(manager, request, wanted).await?;
    Execution::new(manager, &id, on_cancel).follow().await
}

/// What the deployment gives: outputs and capabilities, and the names of those that tell a secret.
pub(crate) async fn outputs(
    manager: &Manager<'_>,
    deployment: &Value,
) -> Result<(Map<String, Value>, Vec<String>)> {
    let id = deployment["id"].as_str().unwrap_or_default();
    let mut all = Map::new();
    let mut hidden = Vec::new();
    for kind in ["outputs", "capabilities"] {
        let path = format!("/deployments/{}/{kind}", podium_rest::segment(id));
        let reply = manager.send(client::get(&path)).await?;
        let mut shown = Map::new();
        for (name, value) in reply[kind].as_object().into_iter().flatten() {
            if tells_a_secret(&deployment[kind][name.as_str()]) {
                hidden.push(format!("{kind}.{name}"));
            } else {
                shown.insert(name.clone(), value.clone());
            }
        }
        all.insert(kind.to_owned(), Value::Object(shown));
    }
    Ok((all, hidden))
}

/// Deletes a deployment and waits until it is gone.
pub(crate) async fn delete_deployment(manager: &Manager<'_>, id: &str) -> Result<()> {
    let cx = manager.context();
    if manager
        .find(client::delete_deployment(id, false))
        .await?
        .is_none()
    {
        return Ok(());
    }
    for _ in 0..120 {
        if manager.find(client::deployment(id)).await?.is_none() {
            return Ok(());
        }
        cx.pause(client::BEAT).await;
    }
    Err(Error::new(
        ErrorKind::TimedOut,
        client::FAILED,
        format!("Cloudify was asked to delete the deployment `{id}`, and it is still there."),
    )
    .with_hint("Look at its last execution in Cloudify; then run the step again."))
}

/// Something that is not there. Fails with POD0445.
pub(crate) fn missing(what: &str, name: &str, tenant: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0445"),
        format!("Cloudify has no {what} `{name}` in the tenant `{tenant}`."),
    )
    .with_hint("Check the name and the tenant of the credential; a thing that the identity may not see answers the same.")
}
