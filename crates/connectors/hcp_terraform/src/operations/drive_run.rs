//! `hcp-terraform/run`.
//!
//! Effect class: writes. HCP Terraform takes no key: the step's key stands in the run's message, and the
//! newest runs are searched for it before one is started. A plan that differs from the approved one is
//! discarded and never applied.

use std::path::PathBuf;

use podium_connector::{
    Confidence, Context, Made, Observed, Outcome, StepPreview, StepRequest, StillRunning,
    UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_rest::{Search, Stage, begin, follow};
use serde_json::{Value, json};

use super::preview_run::undo_of;
use super::{
    Record, Wish, check_twice, create_run, digest, run_variables, secrets, set_secrets, upload,
    workspace_variables,
};
use crate::client::{Client, STALE, Workspace};
use crate::config::{self, Config, Kind};
use crate::watch::{Until, Watch, pace};

fn approved_file(cx: &dyn Context) -> PathBuf {
    cx.keep().join("approved-plan.json")
}

fn marker(key: &str) -> String {
    format!("[podium {key}]")
}

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let config = config::read(&request.inputs)?;
    let client = Client::new(cx)?;
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    let (undo, former) = undo_of(&client, &workspace, config.kind).await?;
    let given = secrets(cx);
    let mut new_secrets = Vec::new();
    if !given.is_empty() {
        let known = workspace_variables(&client, &workspace).await?;
        new_secrets.extend(
            given
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| known.iter().all(|(key, ..)| key != name)),
        );
    }
    // What was approved is kept beside the undo, so that a different plan is never applied.
    let file = approved_file(cx);
    if preview.confidence == Confidence::Exact {
        let text = digest(&preview.changes).to_string();
        podium_connector::write_private(&file, text.as_bytes()).map_err(|error| {
            Error::new(
                ErrorKind::Storage,
                podium_diagnostics::Code::new("POD0494"),
                "What was approved could not be kept; nothing was started.",
            )
            .with_hint("Make room on the disk, then run the step again.")
            .with_source(error)
        })?;
    } else {
        let _ = std::fs::remove_file(&file);
    }
    let undo = match preview.undo.class {
        podium_connector::UndoClass::Automatic => preview.undo.clone(),
        _ => undo,
    };
    let record = Record {
        organization: config.organization,
        workspace: config.workspace,
        id: workspace.id.clone(),
        kind: config.kind,
        was_empty: !workspace.has_state || workspace.resources == 0,
        configuration: former.as_ref().and_then(|run| run.configuration.clone()),
        variables: former.map_or(Value::Null, |run| run.variables),
        new_secrets,
    };
    Ok(UndoRecord {
        undo,
        record: json!(record),
    })
}

/// The run that carries a key, among the newest.
async fn by_key(client: &Client<'_>, workspace: &Workspace, key: &str) -> Result<Option<String>> {
    let marker = marker(key);
    Ok(client
        .recent(&workspace.id, None)
        .await?
        .iter()
        .find(|run| {
            run["attributes"]["message"]
                .as_str()
                .is_some_and(|text| text.contains(&marker))
        })
        .and_then(|run| run["id"].as_str().map(str::to_owned)))
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config = config::read(&request.inputs)?;
    check_twice(cx, &config)?;
    let client = Client::new(cx)?;
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    workspace.runs_there()?;
    let find = || by_key(&client, &workspace, &request.key);
    let id = begin(cx, request, Search::Certain, find, || {
        start(&client, &workspace, &config, &request.key)
    })
    .await?;
    let approved = std::fs::read_to_string(approved_file(cx))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok());
    carry_out(&client, &workspace, &config, &id, approved.as_ref()).await
}

async fn start(
    client: &Client<'_>,
    workspace: &Workspace,
    config: &Config,
    key: &str,
) -> Result<String> {
    set_secrets(client, workspace).await?;
    let configuration = match &config.directory {
        Some(folder) => Some(upload(client, workspace, folder, config.kind == Kind::Plan).await?),
        None => None,
    };
    let message = config
        .message
        .as_deref()
        .unwrap_or("Started by Podium")
        .trim();
    create_run(
        client,
        workspace,
        &Wish {
            kind: config.kind,
            plan_only: config.kind == Kind::Plan,
            variables: run_variables(&config.variables),
            targets: &config.targets,
            replace: &config.replace,
            message: format!("{message} {}", marker(key)),
            configuration,
            only_looks: false,
        },
    )
    .await
}

/// Follows a run, confirms its plan where it is the approved one, and says what came of it.
pub(crate) async fn carry_out(
    client: &Client<'_>,
    workspace: &Workspace,
    config: &Config,
    id: &str,
    approved: Option<&Value>,
) -> Result<Outcome> {
    let cx = client.cx;
    let mut watch = Watch::new(client, workspace, config.kind, id);
    watch.overrides = config.override_policies;
    watch.until = Until::Planned;
    let mut look = follow(cx, pace(), &mut watch).await?;
    if look.stage == Stage::Done && watch.run.confirmable {
        if let Some(approved) = approved
            && let Some(plan) = client.plan(&watch.run.plan.id).await?
            && config.kind != Kind::Refresh
            && digest(&plan.changes) != *approved
        {
            client
                .act(id, "discard", "Podium: not what was approved.", false)
                .await?;
            return Err(Error::new(
                ErrorKind::Stale,
                STALE,
                format!(
                    "What HCP Terraform would do in `{}` is no longer what was approved. The run was discarded; nothing was done.",
                    workspace.name
                ),
            )
            .with_hint("Preview again and run it anew."));
        }
        if cx.is_cancelled() {
            client
                .act(id, "discard", "Cancelled in Podium.", false)
                .await?;
        } else {
            client
                .act(id, "apply", "Approved in Podium.", false)
                .await?;
        }
        watch.until = Until::Ended;
        look = follow(cx, pace(), &mut watch).await?;
    }
    if look.stage != Stage::Done {
        return Err(watch.failure());
    }
    let mut outcome = Outcome {
        undo: Some(json!({ "run": id })),
        ..Outcome::default()
    };
    outcome.outputs.insert("run_id".into(), json!(id));
    outcome
        .outputs
        .insert("status".into(), json!(watch.run.status));
    if let Some([added, changed, destroyed]) = watch.run.apply.counts.or(watch.run.plan.counts) {
        outcome.outputs.insert(
            "changes".into(),
            json!({ "added": added, "changed": changed, "destroyed": destroyed }),
        );
    }
    if matches!(config.kind, Kind::Apply | Kind::Refresh) {
        let (open, hidden) = client.outputs(workspace).await?;
        outcome
            .outputs
            .insert("outputs".into(), Value::Object(open));
        outcome.hidden = hidden
            .into_iter()
            .map(|name| format!("outputs.{name}"))
            .collect();
    }
    outcome.made.push(Made {
        kind: "run".into(),
        name: id.to_owned(),
        link: client.page(workspace, id),
    });
    if config.kind == Kind::Apply {
        for resource in client.resources(workspace).await? {
            outcome.made.push(Made {
                kind: resource.kind,
                name: resource.address,
                link: client.page(workspace, id),
            });
        }
    }
    Ok(outcome)
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config = config::read(&request.inputs)?;
    let client = Client::new(cx)?;
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    Ok(match by_key(&client, &workspace, &request.key).await? {
        Some(_) => Observed::Adopt,
        None => Observed::NeverStarted,
    })
}

pub(crate) async fn cancelled(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let Some(remote) = &request.remote else {
        return Ok(StillRunning::default());
    };
    let client = Client::new(cx)?;
    let run = client.run(remote).await?;
    let mut still = StillRunning::default();
    if !run.stage().is_end() {
        still.what.push(format!(
            "The run `{remote}` still goes on ({}): Terraform ends what it is doing. After some minutes HCP Terraform lets it be cancelled by force; its state may then be behind.",
            run.status.replace('_', " ")
        ));
    }
    Ok(still)
}

pub(crate) async fn verify(
    cx: &dyn Context,
    request: &StepRequest,
    outcome: &Outcome,
) -> Result<()> {
    let Some(id) = outcome.outputs.get("run_id").and_then(Value::as_str) else {
        return Ok(());
    };
    let config = config::read(&request.inputs)?;
    let client = Client::new(cx)?;
    let run = client.run(id).await?;
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    let left = config.kind == Kind::Destroy && config.targets.is_empty() && workspace.resources > 0;
    if run.stage() == Stage::Done && !left {
        return Ok(());
    }
    let said = if left {
        format!("{} things are still in its state", workspace.resources)
    } else {
        String::new()
    };
    let page = client.page(&workspace, id).unwrap_or_default();
    Err(podium_rest::failed(
        crate::client::SYSTEM,
        &format!("The run of `{}`", workspace.name),
        &run.status,
        &said,
        &page,
    ))
}
