//! Verbs that only look: who it is, what it may do, choices, drift, the graph.

use podium_connector::{
    Choice, Drawing, DrawnEdge, DrawnNode, Drift, DriftItem, Fact, Identity, Right, StepRequest,
    StillRunning,
};
use podium_diagnostics::{ErrorKind, Result};
use podium_rest::segment;
use serde_json::{Value, json};

use crate::blueprint::Blueprint;
use crate::client::{self, Manager};
use crate::config::{self, Deploy, Source};
use crate::operations::{instances, nodes, unfinished};
use crate::watch::names;

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// The tenant is the account.
pub(crate) async fn identify(manager: &Manager<'_>) -> Result<Identity> {
    let user = manager.send(client::get("/user")).await?;
    let version = manager.send(client::get("/version")).await?;
    let version = text(&version, "version");
    let host = manager.host();
    let user = text(&user, "username");
    Ok(Identity {
        system: "cloudify".into(),
        facts: Fact::list([
            ("tenant", manager.tenant.as_str()),
            ("server", &host),
            ("user", &user),
        ]),
        account: manager.tenant.clone(),
        user,
        place: Some(if version.is_empty() {
            host
        } else {
            format!("{host} (Cloudify {version})")
        }),
        expires: None,
    })
}

/// What a role may do is a table that every user may read.
pub(crate) async fn rights(manager: &Manager<'_>, needed: &[String]) -> Result<Vec<Right>> {
    let user = manager
        .send(client::get("/user").query("_get_data", true))
        .await?;
    let table = match manager.send(client::get("/permissions")).await {
        Ok(table) => table,
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut roles = vec![text(&user, "role")];
    for (tenant, held) in user["tenants"].as_object().into_iter().flatten() {
        if *tenant == manager.tenant {
            let held = held["roles"].as_array().or_else(|| held.as_array());
            roles.extend(
                held.into_iter()
                    .flatten()
                    .filter_map(|role| role.as_str().map(str::to_owned)),
            );
        }
    }
    let rows = client::entries(table);
    Ok(needed
        .iter()
        .map(|right| {
            let mut with_it = rows
                .iter()
                .filter(|row| row["permission"].as_str() == Some(right))
                .peekable();
            let held = with_it.peek().is_some().then(|| {
                with_it.any(|row| roles.iter().any(|role| row["role"].as_str() == Some(role)))
            });
            Right {
                what: right.clone(),
                held,
            }
        })
        .collect())
}

/// Choices for a field.
pub(crate) async fn discover(
    manager: &Manager<'_>,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let list = |path: &str, include: &str| {
        client::get(path)
            .query("_include", include)
            .query("_sort", "id")
    };
    let choices = match what {
        "blueprints" => {
            let call = list("/blueprints", "id,description,state").query("state", "uploaded");
            choices(&manager.items(call).await?, "id", "description")
        }
        "deployments" => {
            let call = list("/deployments", "id,display_name");
            choices(&manager.items(call).await?, "id", "display_name")
        }
        "sites" => {
            let call = client::get("/sites")
                .query("_include", "name")
                .query("_sort", "name");
            choices(&manager.items(call).await?, "name", "name")
        }
        "workflows" => {
            let Some(name) = request.inputs.text("deployment") else {
                return Ok(Some(Vec::new()));
            };
            let found = manager.find(client::deployment(name)).await?;
            let workflows = found.map_or(Value::Null, |mut found| found["workflows"].take());
            let workflows = match workflows {
                Value::Array(all) => all,
                _ => Vec::new(),
            };
            let open: Vec<Value> = workflows
                .into_iter()
                .filter(|one| one["is_available"].as_bool() != Some(false))
                .collect();
            choices(&open, "name", "name")
        }
        _ => return Ok(None),
    };
    Ok(Some(choices))
}

fn choices(items: &[Value], value: &str, label: &str) -> Vec<Choice> {
    items
        .iter()
        .map(|item| {
            let value = text(item, value);
            let label = text(item, label);
            Choice {
                label: if label.is_empty() || label == value {
                    value.clone()
                } else {
                    format!("{label} ({value})")
                },
                value,
            }
        })
        .collect()
}

/// What goes on after a cancel, and how to stop it harder.
pub(crate) async fn cancelled(
    manager: &Manager<'_>,
    request: &StepRequest,
) -> Result<StillRunning> {
    let Some(name) = request.inputs.text("deployment") else {
        return Ok(StillRunning::default());
    };
    let running = match unfinished(manager, name).await {
        Ok(running) => running,
        Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let what = running
        .iter()
        .map(|one| {
            let (workflow, deployment) = names(one);
            let status = text(one, "status");
            let harder = match status.as_str() {
                "cancelling" => "its running operations end first. `Force cancel` in Cloudify leaves the workflow at once, `Kill` also stops the operations",
                "force_cancelling" => "its operations go on by themselves. `Kill` in Cloudify stops them as well",
                "kill_cancelling" => "its processes are being killed",
                "queued" | "scheduled" => "it has not begun, and begins by itself unless it is cancelled in Cloudify",
                _ => "it was not stopped; cancel it in Cloudify",
            };
            format!(
                "`{workflow}` on `{deployment}` is `{status}`: {harder} (execution {}, {}).",
                text(one, "id"),
                manager.console()
            )
        })
        .collect();
    Ok(StillRunning { what })
}

/// What differs from what the step left.
pub(crate) async fn drift(manager: &Manager<'_>, request: &StepRequest) -> Result<Drift> {
    let config: Deploy = request.inputs.read()?;
    let name = podium_connector::need(config.deployment.as_ref(), "deployment")?;
    let mut items = Vec::new();
    let mut say = |kind: &str, name: &str, expected: Value, actual: Value| {
        items.push(DriftItem {
            kind: kind.to_owned(),
            name: name.to_owned(),
            expected,
            actual,
        });
    };
    let Some(found) = manager.find(client::deployment(name)).await? else {
        say("deployment", name, json!("there"), Value::Null);
        return Ok(Drift { items });
    };
    if let Some(Ok(Source::Uploaded(id))) = config.blueprint.as_deref().map(config::source)
        && found["blueprint_id"].as_str() != Some(&id)
    {
        say(
            "deployment",
            "blueprint",
            json!(id),
            found["blueprint_id"].clone(),
        );
    }
    for (input, value) in &config.inputs {
        let actual = &found["inputs"][input.as_str()];
        if actual != value {
            say("input", input, value.clone(), actual.clone());
        }
    }
    if let Some(status) = found["installation_status"].as_str()
        && status != "active"
    {
        say(
            "deployment",
            "installation_status",
            json!("active"),
            json!(status),
        );
    }
    for one in instances(manager, name).await? {
        let id = text(&one, "id");
        if one["state"].as_str() != Some("started") {
            say("node instance", &id, json!("started"), one["state"].clone());
        }
        if one["has_configuration_drift"].as_bool() == Some(true) {
            say(
                "configuration",
                &id,
                json!("as installed"),
                json!("changed outside"),
            );
        }
        if one["is_status_check_ok"].as_bool() == Some(false) {
            say("status", &id, json!("ok"), json!("the last check failed"));
        }
    }
    Ok(Drift { items })
}

/// The nodes of the deployment, or of the blueprint where there is no deployment yet.
pub(crate) async fn draw(manager: &Manager<'_>, request: &StepRequest) -> Result<Drawing> {
    let mut drawing = Drawing::default();
    let found = match request.inputs.text("deployment") {
        Some(name) => manager.find(client::deployment(name)).await?,
        None => None,
    };
    if let Some(found) = found {
        for node in nodes(manager, &text(&found, "id")).await? {
            let id = text(&node, "id");
            for relation in node["relationships"].as_array().into_iter().flatten() {
                drawing.edges.push(DrawnEdge {
                    from: text(relation, "target_id"),
                    to: id.clone(),
                });
            }
            drawing.nodes.push(DrawnNode {
                kind: text(&node, "type"),
                name: id.clone(),
                id,
            });
        }
        return Ok(drawing);
    }
    let Some(source) = request.inputs.text("blueprint").map(config::source) else {
        return Ok(drawing);
    };
    let blueprint = match source {
        Ok(Source::File { folder, main }) => {
            Blueprint::from_file(manager.context(), &folder, &main)?
        }
        Ok(Source::Uploaded(id)) => {
            let path = format!("/blueprints/{}", segment(&id));
            let found = manager.find(client::get(&path)).await?;
            Blueprint::from_plan(&found.unwrap_or_default()["plan"])
        }
        Err(_) => return Ok(drawing),
    };
    for node in blueprint.nodes {
        for need in &node.needs {
            drawing.edges.push(DrawnEdge {
                from: need.clone(),
                to: node.name.clone(),
            });
        }
        drawing.nodes.push(DrawnNode {
            id: node.name.clone(),
            kind: node.kind,
            name: node.name,
        });
    }
    Ok(drawing)
}
