//! What a job would change, as far as Schematics tells without starting one.
//!
//! A plan is a job there, and a preview starts no jobs: the last plan is read where it still fits, else
//! the state and the variables.

use std::fmt::Write as _;

use podium_connector::{
    Action, Change, Confidence, Context, StepPreview, StepRequest, Undo, UndoClass,
};
use podium_diagnostics::Result;
use podium_tfplan::{Plan, holds_data};
use serde_json::{Map, Value, json};

use super::{moved, secrets, wanted};
use crate::client::{Client, Resource, Variable, Workspace};
use crate::config::{self, Command, Config};
use crate::job::stage;

const HIDDEN: &str = "(hidden)";

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let command = Command::of(request);
    let inputs = &request.inputs;
    if inputs.is_unknown_in(&["/workspace", "/repository", "/create", "/targets"]) {
        return Ok(StepPreview::unknown(
            format!("Its inputs are known only after {}.", request.waits_for()),
            Undo {
                class: UndoClass::Restore,
                because: Some("How it is taken back is known when the workspace is.".into()),
            },
        ));
    }
    let config = config::read_partial(inputs)?;
    let client = Client::new(cx)?;
    let found = match &config.create {
        Some(_) if command == Command::Apply => client.find(&config.workspace).await?,
        _ => Some(client.workspace(&config.workspace).await?),
    };
    match found {
        None => Ok(of_new(cx, &config)),
        Some((workspace, there)) => {
            of_existing(cx, request, command, &config, &workspace, &there).await
        }
    }
}

fn line(action: Action, kind: &str, name: String, before: Value, after: Value) -> Change {
    Change {
        action,
        kind: kind.to_owned(),
        name,
        before,
        after,
        stateful: false,
        confidence: None,
        because: None,
    }
}

fn job(command: Command, workspace: &str, because: Option<&str>) -> Change {
    let mut change = line(
        Action::Run,
        command.word(),
        workspace.to_owned(),
        Value::Null,
        Value::Null,
    );
    if let Some(because) = because {
        change.confidence = Some(Confidence::Unknown);
        change.because = Some(because.to_owned());
    }
    change
}

/// The workspace is made by the step.
fn of_new(cx: &dyn Context, config: &Config) -> StepPreview {
    let body = super::creation(config, "");
    let mut after = body.as_object().cloned().unwrap_or_default();
    after.retain(|name, _| name != "tags" && name != "name");
    let mut changes = vec![line(
        Action::Create,
        "workspace",
        config.workspace.clone(),
        Value::Null,
        Value::Object(after),
    )];
    let hidden = secrets(cx);
    let mut variables: Vec<(String, Value)> = config
        .variables
        .iter()
        .map(|(name, value)| (name.clone(), json!(config::text_of(value))))
        .chain(hidden.keys().map(|name| (name.clone(), json!(HIDDEN))))
        .collect();
    variables.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in variables {
        changes.push(line(Action::Create, "variable", name, Value::Null, value));
    }
    changes.push(job(
        Command::Apply,
        &config.workspace,
        Some("Schematics has not read the configuration yet, since the workspace is new."),
    ));
    StepPreview {
        confidence: Confidence::Predicted,
        because: Some("The workspace is new; what its configuration makes is known when Schematics has read it.".into()),
        changes,
        undo: Undo {
            class: UndoClass::Delete,
            because: Some("What it makes is destroyed, and the workspace is deleted.".into()),
        },
        outputs: Map::new(),
        notes: Vec::new(),
    }
}

async fn of_existing(
    cx: &dyn Context,
    request: &StepRequest,
    command: Command,
    config: &Config,
    workspace: &Workspace,
    client: &Client<'_>,
) -> Result<StepPreview> {
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    if let Err(held) = workspace.free() {
        notes.push(format!(
            "{} The step waits for nobody and fails while it is so.",
            held.message
        ));
    }
    let hidden = secrets(cx);
    let variables = wanted(workspace, &config.variables, &hidden)?;
    changes.extend(variable_lines(workspace, variables.as_deref()));
    let (repo, folder) = moved(workspace, config.repository.as_ref());
    let moves = !repo.as_object().is_none_or(Map::is_empty) || folder.is_some();
    if moves {
        changes.push(repository_line(workspace, &repo, folder.as_deref()));
    }
    let resources = client.resources(&workspace.id).await?;
    let partial = request.inputs.is_partial();
    let same = variables.is_none() && !moves && !partial;
    let last = match command {
        Command::Apply if same && config.targets.is_empty() => last_plan(client, workspace).await?,
        _ => None,
    };
    let chosen = |address: &str| {
        config.targets.is_empty() || config.targets.iter().any(|target| target == address)
    };
    let because = match (command, &last) {
        (Command::Plan, _) => {
            changes.push(job(command, &workspace.name, None));
            "A plan changes no resource; what it finds is known when it has run."
        }
        (Command::Apply, Some(plan)) => {
            changes.extend(
                plan.changes
                    .iter()
                    .filter(|change| change.action != Action::Read)
                    .cloned(),
            );
            if plan.changes.is_empty() {
                changes.push(job(command, &workspace.name, None));
                notes.push("The last plan found nothing to change.".to_owned());
            }
            notes.extend(plan.notes.iter().cloned());
            "This is what the last plan of the workspace found; Schematics plans anew when it applies."
        }
        (Command::Apply, None) => {
            changes.push(job(
                command,
                &workspace.name,
                Some("Schematics can only plan by a job, which a preview does not start."),
            ));
            notes.push(match resources.len() {
                0 => "The workspace holds nothing yet.".to_owned(),
                1 => "The workspace holds one resource.".to_owned(),
                many => format!("The workspace holds {many} resources."),
            });
            notes.push(
                "Put `ibm-schematics/plan` before it to see each change before it is approved."
                    .to_owned(),
            );
            "Schematics can only plan by a job, which a preview does not start."
        }
        (Command::Destroy, _) => {
            changes.extend(
                resources
                    .iter()
                    .filter(|one| chosen(&one.address))
                    .map(deletion),
            );
            if resources.is_empty() {
                notes.push("The workspace holds nothing; there is nothing to destroy.".to_owned());
            }
            "Read from the workspace's state; Schematics looks anew when it destroys."
        }
    };
    if partial {
        notes.push(format!(
            "Some inputs are known only after {}.",
            request.waits_for()
        ));
    }
    let mut known = Map::new();
    known.insert("workspace_id".into(), json!(workspace.id));
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(because.to_owned()),
        undo: undo_of(
            command,
            workspace,
            &resources,
            variables.is_some(),
            moves,
            &changes,
        ),
        changes,
        outputs: known,
        notes,
    })
}

fn deletion(resource: &Resource) -> Change {
    let mut change = line(
        Action::Delete,
        &resource.kind,
        resource.address.clone(),
        json!({ "id": resource.id }),
        Value::Null,
    );
    change.stateful = holds_data(&resource.kind);
    change
}

/// The changed variables, by name.
pub(crate) fn variable_lines(workspace: &Workspace, variables: Option<&[Variable]>) -> Vec<Change> {
    let shown = |variable: &Variable| {
        if variable.secure {
            json!(HIDDEN)
        } else {
            json!(variable.value)
        }
    };
    let mut lines: Vec<Change> = variables
        .into_iter()
        .flatten()
        .filter_map(|after| {
            let before = workspace
                .variables
                .iter()
                .find(|known| known.name == after.name);
            if before == Some(after) && !after.secure {
                return None;
            }
            Some(line(
                if before.is_some() {
                    Action::Update
                } else {
                    Action::Create
                },
                "variable",
                after.name.clone(),
                before.map_or(Value::Null, shown),
                shown(after),
            ))
        })
        .collect();
    if let Some(variables) = variables {
        for gone in &workspace.variables {
            if variables.iter().all(|kept| kept.name != gone.name) {
                lines.push(line(
                    Action::Delete,
                    "variable",
                    gone.name.clone(),
                    shown(gone),
                    Value::Null,
                ));
            }
        }
    }
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

pub(crate) fn repository_line(workspace: &Workspace, repo: &Value, folder: Option<&str>) -> Change {
    let (mut before, mut after) = (Map::new(), Map::new());
    for (name, value) in repo.as_object().into_iter().flatten() {
        let former = match name.as_str() {
            "url" => &workspace.url,
            "branch" => &workspace.branch,
            _ => &workspace.release,
        };
        if *value != json!(former) {
            before.insert(name.clone(), json!(former));
            after.insert(name.clone(), value.clone());
        }
    }
    if let Some(folder) = folder {
        before.insert("folder".into(), json!(workspace.folder));
        after.insert("folder".into(), json!(folder));
    }
    line(
        Action::Update,
        "workspace",
        workspace.name.clone(),
        Value::Object(before),
        Value::Object(after),
    )
}

/// The plan of the newest job, where that was a plan that went well.
async fn last_plan(client: &Client<'_>, workspace: &Workspace) -> Result<Option<Plan>> {
    let mut activities = client.activities(&workspace.id).await?;
    activities.sort_by(|a, b| b["performed_at"].as_str().cmp(&a["performed_at"].as_str()));
    let Some(last) = activities.first() else {
        return Ok(None);
    };
    let is_plan = last["name"]
        .as_str()
        .is_some_and(|name| name.to_lowercase().contains("plan"));
    let done = stage(last["status"].as_str().unwrap_or_default()) == podium_rest::Stage::Done;
    match last["action_id"].as_str() {
        Some(id) if is_plan && done => client.plan_of(id).await,
        _ => Ok(None),
    }
}

/// How a command is taken back.
pub(crate) fn undo_of(
    command: Command,
    workspace: &Workspace,
    resources: &[Resource],
    variables: bool,
    moves: bool,
    changes: &[Change],
) -> Undo {
    let secure = workspace.variables.iter().any(|variable| variable.secure);
    let mut words = String::new();
    let class = match command {
        Command::Plan if !variables && !moves => UndoClass::Automatic,
        Command::Plan => {
            words.push_str("The workspace's former variables and repository are put back.");
            UndoClass::Restore
        }
        Command::Apply if resources.is_empty() => {
            words.push_str("The workspace held nothing before: what it makes is destroyed.");
            UndoClass::Delete
        }
        Command::Apply if variables || moves => {
            words.push_str("The former variables and repository are put back and applied.");
            UndoClass::Restore
        }
        Command::Apply => {
            words.push_str("The step changes no variable and no repository, so that Podium knows no former version to go back to: set the older branch, release or values in the workspace and apply it.");
            UndoClass::Manual
        }
        Command::Destroy if resources.is_empty() => UndoClass::Automatic,
        Command::Destroy => {
            words.push_str("It is made anew from the same configuration and variables; what it held does not come back.");
            UndoClass::Restore
        }
    };
    if variables && secure && !matches!(command, Command::Destroy) {
        words.push_str(" Schematics does not give the former values of secure variables; they keep the ones of this step.");
    }
    let lost: Vec<String> = changes
        .iter()
        .filter(|change| {
            change.stateful && matches!(change.action, Action::Delete | Action::Replace)
        })
        .map(|change| format!("`{}`", change.name))
        .collect();
    if !lost.is_empty() && command == Command::Apply {
        let _ = write!(words, " What {} held is lost.", lost.join(" and "));
    }
    Undo {
        class,
        because: (!words.is_empty()).then(|| words.trim().to_owned()),
    }
}
