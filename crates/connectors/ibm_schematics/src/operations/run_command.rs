//! `ibm-schematics/plan`, `apply` and `destroy`.
//!
//! Effect class: writes. Schematics takes no key: before the call that starts a job is sent, the
//! activities that are there are kept on disk, and a new one of the same command by the same user is ours.
//! A second one would change nothing, since Terraform compares first, and Schematics refuses it while the
//! first one works.

use podium_connector::{
    Action, Context, Made, Observed, Outcome, Progress, StepPreview, StepRequest, StillRunning,
    UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_rest::{Search, Stage, begin, follow};
use serde_json::{Map, Value, json};

use super::preview_command::undo_of;
use super::{
    Baseline, Record, baseline, begun_since, creation, keep_baseline, moved, outputs,
    repository_of, secrets, wanted,
};
use crate::client::{Client, FAILED, Workspace, link};
use crate::config::{self, Command, Config};
use crate::job::{Activity, pace, stage};

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let command = Command::of(request);
    let config = config::read(&request.inputs)?;
    let client = Client::new(cx)?;
    let Some((workspace, there)) = client.find(&config.workspace).await? else {
        let record = Record {
            command: Some(command),
            workspace: config.workspace,
            ..Record::default()
        };
        return Ok(UndoRecord {
            undo: preview.undo.clone(),
            record: json!(record),
        });
    };
    let resources = there.resources(&workspace.id).await?;
    let variables = wanted(&workspace, &config.variables, &secrets(cx))?;
    let (repo, folder) = moved(&workspace, config.repository.as_ref());
    let moves = !repo.as_object().is_none_or(Map::is_empty) || folder.is_some();
    let undo = undo_of(
        command,
        &workspace,
        &resources,
        variables.is_some(),
        moves,
        &preview.changes,
    );
    let record = Record {
        command: Some(command),
        workspace: workspace.name.clone(),
        id: Some(workspace.id.clone()),
        sets_variables: variables.is_some(),
        sets_repository: moves,
        repository: repository_of(&workspace),
        commit: workspace.commit.clone(),
        resources: resources.into_iter().map(|one| one.address).collect(),
        variables: workspace.variables,
    };
    Ok(UndoRecord {
        undo,
        record: json!(record),
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let command = Command::of(request);
    let config = config::read(&request.inputs)?;
    let client = Client::new(cx)?;
    let (workspace, there) = match client.find(&config.workspace).await? {
        Some(found) => found,
        None if command == Command::Apply
            && config.create.is_some()
            && request.remote.is_none() =>
        {
            make(&client, &config, &request.key).await?
        }
        None => client.workspace(&config.workspace).await?,
    };
    let workspace = settled(&there, workspace).await?;
    let id = start(
        &there,
        request,
        command,
        &workspace,
        &config.targets,
        || async { set_up(&there, &workspace, &config).await },
    )
    .await?;
    finish(&there, command, &workspace, id).await
}

/// Makes the workspace; one that carries the step's key was made by a call whose reply was lost.
async fn make<'a>(
    client: &Client<'a>,
    config: &Config,
    key: &str,
) -> Result<(Workspace, Client<'a>)> {
    client.cx.progress(Progress {
        words: format!("Making the workspace `{}`", config.workspace),
        ..Progress::default()
    });
    let id = match client.create(&creation(config, key)).await {
        Err(error) if error.kind == ErrorKind::Unknown => {
            match client.find(&config.workspace).await? {
                Some((found, _)) => found.id,
                None => return Err(error),
            }
        }
        made => made?,
    };
    client.workspace(&id).await
}

/// Waits until Schematics has read the repository.
async fn settled(client: &Client<'_>, workspace: Workspace) -> Result<Workspace> {
    let mut workspace = workspace;
    let mut wait = pace(client.cx).first;
    let mut told = false;
    while workspace.is_preparing() && !client.cx.is_cancelled() {
        if !told {
            client.cx.progress(Progress {
                words: format!("Reading the repository of `{}`", workspace.name),
                status: Some(workspace.status.clone()),
                ..Progress::default()
            });
            told = true;
        }
        client.cx.sleep(wait).await;
        wait = (wait + wait / 2).min(pace(client.cx).longest);
        let (again, _) = client.workspace(&workspace.id).await?;
        workspace = again;
    }
    let status = crate::client::plain(&workspace.status);
    if status == "template error" {
        return Err(Error::new(
            ErrorKind::Failed,
            FAILED,
            format!(
                "Schematics cannot read the repository of the workspace `{}`. {}",
                workspace.name, workspace.says
            ),
        )
        .with_hint("Check the repository's address, branch and folder in the workspace, then run the step again.")
        .with_source(&workspace.status));
    }
    Ok(workspace)
}

/// Sets variables and repository as the step wants them.
async fn set_up(client: &Client<'_>, workspace: &Workspace, config: &Config) -> Result<()> {
    workspace.free()?;
    let (repo, folder) = moved(workspace, config.repository.as_ref());
    let mut workspace = workspace.clone();
    if !repo.as_object().is_none_or(Map::is_empty) || folder.is_some() {
        client
            .set_repository(&workspace, &repo, folder.as_deref())
            .await?;
        let (again, _) = client.workspace(&workspace.id).await?;
        workspace = settled(client, again).await?;
    }
    let secrets = secrets(client.cx);
    if let Some(variables) = wanted(&workspace, &config.variables, &secrets)? {
        client
            .set_variables(&workspace, &variables, &secrets)
            .await?;
    }
    Ok(())
}

/// Starts a job once; the id of its activity.
pub(crate) async fn start<Ready>(
    client: &Client<'_>,
    request: &StepRequest,
    command: Command,
    workspace: &Workspace,
    targets: &[String],
    set_up: impl Fn() -> Ready + Send + Sync,
) -> Result<String>
where
    Ready: Future<Output = Result<()>> + Send,
{
    let cx = client.cx;
    let find = || async {
        match baseline(cx, request, command) {
            Some(baseline) => begun_since(client, &baseline, command).await,
            None => Ok(None),
        }
    };
    begin(cx, request, Search::Certain, find, || async {
        set_up().await?;
        if baseline(cx, request, command).is_none() {
            let known = client.activities(&workspace.id).await?;
            let known = known.iter().filter_map(|one| one["action_id"].as_str());
            let before = Baseline {
                known: known.map(str::to_owned).collect(),
                user: client.user().await?,
                workspace: workspace.id.clone(),
            };
            keep_baseline(cx, request, command, &before)?;
        }
        client.start(workspace, command, targets).await
    })
    .await
}

/// Follows a job to its end and says what came of it.
pub(crate) async fn finish(
    client: &Client<'_>,
    command: Command,
    workspace: &Workspace,
    id: String,
) -> Result<Outcome> {
    let cx = client.cx;
    let mut job = Activity::new(client, command, workspace, id.clone());
    let look = follow(cx, pace(cx), &mut job).await?;
    if look.stage != Stage::Done {
        return Err(job.failure(&look));
    }
    let mut outcome = Outcome {
        undo: Some(json!({ "activity": id })),
        ..Outcome::default()
    };
    outcome
        .outputs
        .insert("workspace_id".into(), json!(workspace.id));
    outcome.outputs.insert("activity_id".into(), json!(id));
    match command {
        Command::Plan => {
            outcome
                .made
                .push(made(cx, workspace, "plan", &workspace.name));
            if let Some(plan) = client.plan_of(&id).await? {
                let count = |action| plan.changes.iter().filter(|c| c.action == action).count();
                let counts = json!({
                    "create": count(Action::Create), "update": count(Action::Update),
                    "replace": count(Action::Replace), "delete": count(Action::Delete),
                });
                outcome.outputs.insert("changes".into(), counts);
                outcome
                    .outputs
                    .insert("empty".into(), json!(plan.is_empty()));
            }
        }
        Command::Apply => {
            let (open, hidden) = outputs(&client.outputs(&workspace.id).await?);
            outcome
                .outputs
                .insert("outputs".into(), Value::Object(open));
            outcome.hidden = hidden
                .into_iter()
                .map(|name| format!("outputs.{name}"))
                .collect();
            for resource in client.resources(&workspace.id).await? {
                outcome
                    .made
                    .push(made(cx, workspace, &resource.kind, &resource.address));
            }
        }
        Command::Destroy => {
            let left = client.resources(&workspace.id).await?.len();
            outcome.outputs.insert("left".into(), json!(left));
        }
    }
    Ok(outcome)
}

fn made(cx: &dyn Context, workspace: &Workspace, kind: &str, name: &str) -> Made {
    Made {
        kind: kind.to_owned(),
        name: name.to_owned(),
        link: link(cx, &workspace.id),
    }
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let command = Command::of(request);
    let Some(before) = baseline(cx, request, command) else {
        return Ok(Observed::NeverStarted);
    };
    let client = Client::new(cx)?;
    let (_, there) = client.workspace(&before.workspace).await?;
    Ok(match begun_since(&there, &before, command).await? {
        Some(_) => Observed::Adopt,
        None => Observed::NeverStarted,
    })
}

pub(crate) async fn cancelled(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let Some(remote) = &request.remote else {
        return Ok(StillRunning::default());
    };
    let client = Client::new(cx)?;
    let wanted = request.inputs.text("workspace").unwrap_or_default();
    let Some((workspace, there)) = client.find(wanted).await? else {
        return Ok(StillRunning::default());
    };
    let activity = there.activity(&workspace.id, remote).await?;
    let status = activity["status"].as_str().unwrap_or_default();
    let mut still = StillRunning::default();
    if !stage(status).is_end() {
        still.what.push(format!(
            "Schematics still works on `{}` ({status}): Terraform ends what it is doing. If it hangs, force it to stop in Schematics; its state may then be behind.",
            workspace.name
        ));
    }
    Ok(still)
}

pub(crate) async fn verify(cx: &dyn Context, request: &StepRequest) -> Result<()> {
    let command = Command::of(request);
    let config = config::read(&request.inputs)?;
    let (workspace, there) = Client::new(cx)?.workspace(&config.workspace).await?;
    let wrong = |what: String| {
        Err(Error::new(ErrorKind::Failed, FAILED, what)
            .with_hint("Look at the workspace in Schematics: somebody else may have worked in it."))
    };
    match command {
        Command::Apply if crate::client::plain(&workspace.status) == "failed" => wrong(format!(
            "The workspace `{}` is in the state `{}`. {}",
            workspace.name, workspace.status, workspace.says
        )),
        Command::Destroy if config.targets.is_empty() => {
            let left = there.resources(&workspace.id).await?;
            match left.first() {
                None => Ok(()),
                Some(first) => wrong(format!(
                    "{} things are still in the workspace `{}`, `{}` among them.",
                    left.len(),
                    workspace.name,
                    first.address
                )),
            }
        }
        _ => Ok(()),
    }
}
