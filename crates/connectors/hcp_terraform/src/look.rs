//! Verbs that only look: rights, drift, choices, the picture of a workspace.

use podium_connector::{Choice, Context, Drawing, DrawnEdge, DrawnNode, Drift, Right, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind, Result};

use crate::client::Client;
use crate::config::{self, Kind};
use crate::operations::preview_run::speculate;
use crate::operations::{Wish, run_variables};

pub(crate) async fn rights(cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
    let config = config::read_partial(&request.inputs)?;
    let client = Client::new(cx)?;
    if config.organization.is_empty() || config.workspace.is_empty() {
        return Ok(Vec::new());
    }
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    Ok([
        ("plan in the workspace", "can-queue-run"),
        ("apply in the workspace", "can-queue-apply"),
        ("destroy in the workspace", "can-queue-destroy"),
        (
            "read plans and outputs of the workspace",
            "can-read-state-outputs",
        ),
        ("set variables of the workspace", "can-update-variable"),
    ]
    .into_iter()
    .map(|(what, right)| Right {
        what: what.to_owned(),
        held: workspace.may(right),
    })
    .collect())
}

/// What was changed outside, by a plan-only run that only refreshes.
pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let config = config::read(&request.inputs)?;
    let client = Client::new(cx)?;
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    let wish = Wish {
        kind: Kind::Refresh,
        plan_only: true,
        variables: run_variables(&config.variables),
        targets: &config.targets,
        replace: &[],
        message: "A look for drift by Podium; it changes nothing.".to_owned(),
        configuration: None,
        only_looks: true,
    };
    let found = speculate(&client, &workspace, &wish).await?;
    match found.plan {
        Some(plan) => Ok(Drift { items: plan.drift }),
        None => Err(Error::new(
            ErrorKind::Forbidden,
            Code::new("POD0444"),
            "HCP Terraform looked for drift, and the token may not read what it found.",
        )
        .with_hint(
            "Ask for the right to read the state of the workspace, or bind a token that has it.",
        )),
    }
}

pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let client = Client::new(cx)?;
    let config = config::read_partial(&request.inputs)?;
    let choice = |value: &str, label: String| Choice {
        value: value.to_owned(),
        label,
    };
    let mut choices: Vec<Choice> = match what {
        "organizations" => client
            .organizations()
            .await?
            .iter()
            .filter_map(|one| {
                let name = one["attributes"]["name"]
                    .as_str()
                    .or_else(|| one["id"].as_str())?;
                Some(choice(name, name.to_owned()))
            })
            .collect(),
        "workspaces" if config.organization.is_empty() => Vec::new(),
        "workspaces" => client
            .workspaces(&config.organization)
            .await?
            .iter()
            .filter_map(|one| {
                let name = one["attributes"]["name"].as_str()?;
                let label = match one["attributes"]["description"].as_str() {
                    Some(words) if !words.is_empty() => format!("{name} ({words})"),
                    _ => name.to_owned(),
                };
                Some(choice(name, label))
            })
            .collect(),
        "resources" if config.workspace.is_empty() => Vec::new(),
        "resources" => {
            let workspace = client
                .workspace(&config.organization, &config.workspace)
                .await?;
            let resources = client.resources(&workspace).await?;
            resources
                .iter()
                .map(|one| choice(&one.address, one.address.clone()))
                .collect()
        }
        _ => return Ok(None),
    };
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices.dedup();
    Ok(Some(choices))
}

/// The workspace, what feeds it, and what is in its state.
pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let config = config::read_partial(&request.inputs)?;
    let client = Client::new(cx)?;
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    let mut drawing = Drawing::default();
    let mut add = |id: &str, kind: &str, name: String, from: Option<&str>| {
        drawing.nodes.push(DrawnNode {
            id: id.to_owned(),
            kind: kind.to_owned(),
            name,
        });
        if let Some(from) = from {
            drawing.edges.push(DrawnEdge {
                from: from.to_owned(),
                to: id.to_owned(),
            });
        }
    };
    let source = match (&config.directory, &workspace.vcs) {
        (Some(folder), _) => Some(("folder", folder.clone())),
        (None, Some(repository)) => Some(("repository", repository.clone())),
        (None, None) => None,
    };
    if let Some((kind, name)) = &source {
        add("source", kind, name.clone(), None);
    }
    add(
        "workspace",
        "workspace",
        workspace.name.clone(),
        source.as_ref().map(|_| "source"),
    );
    let mut modules = std::collections::BTreeSet::new();
    for resource in client.resources(&workspace).await? {
        let module = resource
            .address
            .strip_suffix(&format!(
                ".{}.{}",
                resource.kind,
                resource.address.rsplit('.').next().unwrap_or_default()
            ))
            .map(str::to_owned);
        let from = match module {
            Some(module) => {
                if modules.insert(module.clone()) {
                    add(&module, "module", module.clone(), Some("workspace"));
                }
                module
            }
            None => "workspace".to_owned(),
        };
        let name = match resource.count {
            0 | 1 => resource.address.clone(),
            many => format!("{} ({many})", resource.address),
        };
        add(&resource.address, &resource.kind, name, Some(&from));
    }
    Ok(drawing)
}
