//! Verbs that only look: rights, drift, choices, the picture of a workspace.

use podium_connector::{
    Choice, Context, Drawing, DrawnEdge, DrawnNode, Drift, DriftItem, Right, StepRequest,
};
use podium_diagnostics::{ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::config;
use crate::operations::moved;

pub(crate) async fn rights(cx: &dyn Context) -> Result<Vec<Right>> {
    let seen = match Client::new(cx)?.workspaces().await {
        Ok(_) => true,
        Err(error) if error.kind == ErrorKind::Forbidden => false,
        Err(error) => return Err(error),
    };
    let right = |what: &str, held| Right {
        what: what.to_owned(),
        held,
    };
    Ok(vec![
        right("look at workspaces", Some(seen)),
        right("change variables and repositories of workspaces", None),
        right("start and stop jobs", None),
    ])
}

/// What was changed in the workspace since: variables and where the configuration is. What became of the
/// resources Schematics finds out only by a job.
pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let config = config::read(&request.inputs)?;
    let (workspace, _) = Client::new(cx)?.workspace(&config.workspace).await?;
    let mut drift = Drift::default();
    for (name, value) in &config.variables {
        let wanted = config::text_of(value);
        let there = workspace.variables.iter().find(|known| known.name == *name);
        let actual = there.map_or(Value::Null, |known| {
            if known.secure {
                json!("(hidden)")
            } else {
                json!(known.value)
            }
        });
        if actual != json!(wanted) {
            drift.items.push(DriftItem {
                kind: "variable".into(),
                name: name.clone(),
                expected: json!(wanted),
                actual,
            });
        }
    }
    let (repo, folder) = moved(&workspace, config.repository.as_ref());
    let mut expected: Map<String, Value> = repo.as_object().cloned().unwrap_or_default();
    if let Some(folder) = folder {
        expected.insert("folder".into(), json!(folder));
    }
    if !expected.is_empty() {
        let actual: Map<String, Value> = expected
            .keys()
            .map(|name| {
                let there = match name.as_str() {
                    "url" => &workspace.url,
                    "branch" => &workspace.branch,
                    "folder" => &workspace.folder,
                    _ => &workspace.release,
                };
                (name.clone(), json!(there))
            })
            .collect();
        drift.items.push(DriftItem {
            kind: "workspace".into(),
            name: workspace.name,
            expected: Value::Object(expected),
            actual: Value::Object(actual),
        });
    }
    drift
        .items
        .sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
    Ok(drift)
}

pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let client = Client::new(cx)?;
    let choice = |value: &str, label: String| Choice {
        value: value.to_owned(),
        label,
    };
    let mut choices: Vec<Choice> = match what {
        "workspaces" => {
            let all = client.workspaces().await?;
            let twice = |name: &str| all.iter().filter(|one| one.name == name).count() > 1;
            all.iter()
                .map(|one| {
                    let value = if twice(&one.name) { &one.id } else { &one.name };
                    choice(
                        value,
                        format!("{} ({}, {})", one.name, one.location, one.status),
                    )
                })
                .collect()
        }
        "resources" => {
            let wanted = request.inputs.text("workspace").unwrap_or_default();
            match client.find(wanted).await? {
                Some((workspace, there)) => there
                    .resources(&workspace.id)
                    .await?
                    .iter()
                    .map(|one| choice(&one.address, one.address.clone()))
                    .collect(),
                None => Vec::new(),
            }
        }
        "locations" => {
            let reply = client.choices("/v2/locations").await?;
            reply["locations"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| {
                    let value = one["region"].as_str().or_else(|| one["id"].as_str())?;
                    let label = one["name"].as_str().or_else(|| one["geography"].as_str());
                    Some(choice(
                        value,
                        label
                            .map_or_else(|| value.to_owned(), |label| format!("{label} ({value})")),
                    ))
                })
                .collect()
        }
        "resource-groups" => {
            let reply = client.choices("/v1/resource_groups").await?;
            reply
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| {
                    let name = one["name"].as_str()?;
                    Some(choice(
                        one["resource_group_id"].as_str().unwrap_or(name),
                        name.to_owned(),
                    ))
                })
                .collect()
        }
        "terraform-versions" => versions(&client.choices("/v1/version").await?)
            .into_iter()
            .map(|version| choice(&version, version.clone()))
            .collect(),
        _ => return Ok(None),
    };
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices.dedup();
    Ok(Some(choices))
}

/// The kinds of template that the service offers (unconfirmed form of `supported_template_types`): every
/// text in it that begins with `terraform_v`.
fn versions(reply: &Value) -> Vec<String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.starts_with("terraform_v") => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(map) => {
                for (name, value) in map {
                    if name.starts_with("terraform_v") {
                        found.push(name.clone());
                    }
                    walk(value, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&reply["supported_template_types"], &mut found);
    found.sort();
    found.dedup();
    found
}

/// The repository, the workspace, and what is in its state.
pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let config = config::read_partial(&request.inputs)?;
    let (workspace, client) = Client::new(cx)?.workspace(&config.workspace).await?;
    let mut drawing = Drawing::default();
    let mut node = |id: &str, kind: &str, name: &str| {
        drawing.nodes.push(DrawnNode {
            id: id.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
        });
    };
    node("workspace", "workspace", &workspace.name);
    let mut edges = Vec::new();
    if !workspace.url.is_empty() {
        node("repository", "repository", &workspace.url);
        edges.push(("repository".to_owned(), "workspace".to_owned()));
    }
    for resource in client.resources(&workspace.id).await? {
        node(&resource.address, &resource.kind, &resource.address);
        edges.push(("workspace".to_owned(), resource.address));
    }
    drawing.edges = edges
        .into_iter()
        .map(|(from, to)| DrawnEdge { from, to })
        .collect();
    Ok(drawing)
}
