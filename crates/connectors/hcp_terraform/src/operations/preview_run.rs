//! What a run would change: a plan-only run, which changes no resource and cannot be applied.

use podium_connector::{
    Action, Change, Confidence, Context, StepPreview, StepRequest, Undo, UndoClass,
};
use podium_diagnostics::Result;
use podium_rest::{Stage, follow};
use podium_tfplan::{Plan, holds_data};
use serde_json::{Map, Value};

use super::{Wish, check_twice, create_run, run_variables, secrets, upload, workspace_variables};
use crate::client::{Client, Workspace};
use crate::config::{self, Config, Kind};
use crate::run::Run;
use crate::watch::{Until, Watch, pace};

/// What a plan-only run found.
pub(crate) struct Found {
    pub(crate) run: Run,
    pub(crate) plan: Option<Plan>,
    pub(crate) notes: Vec<String>,
}

/// Plans without any effect, and reads what came of it.
pub(crate) async fn speculate(
    client: &Client<'_>,
    workspace: &Workspace,
    wish: &Wish<'_>,
) -> Result<Found> {
    let id = create_run(client, workspace, wish).await?;
    let mut watch = Watch::new(client, workspace, wish.kind, &id);
    watch.until = Until::Planned;
    watch.only_looks = true;
    let look = follow(client.cx, pace(), &mut watch).await?;
    let mut notes = Vec::new();
    match (look.stage, watch.run.status.as_str()) {
        (Stage::Done, _) => {}
        (_, "policy_soft_failed") => {
            notes.push(
                "A policy fails softly: the run will wait until somebody overrides it, or fail."
                    .to_owned(),
            );
        }
        _ => return Err(watch.failure()),
    }
    let plan = client.plan(&watch.run.plan.id).await?;
    notes.extend(watch.run.cost.clone());
    for check in crate::watch::policy_checks(client, &id).await? {
        notes.push(crate::run::policy(&check));
    }
    for (_, stage, status) in &watch.run.task_stages {
        notes.push(format!(
            "Run tasks ({}): {}.",
            stage.replace('_', " "),
            status.replace('_', " ")
        ));
    }
    Ok(Found {
        run: watch.run.clone(),
        plan,
        notes,
    })
}

fn job(kind: Kind, workspace: &str, because: &str) -> Change {
    Change {
        action: Action::Run,
        kind: kind.word().to_owned(),
        name: workspace.to_owned(),
        before: Value::Null,
        after: Value::Null,
        stateful: false,
        confidence: Some(Confidence::Unknown),
        because: Some(because.to_owned()),
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let inputs = &request.inputs;
    if inputs.is_unknown_in(&["/organization", "/workspace", "/kind"]) {
        return Ok(StepPreview::unknown(
            format!("Its inputs are known only after {}.", request.waits_for()),
            Undo {
                class: UndoClass::Restore,
                because: Some("How it is taken back is known when the workspace is.".into()),
            },
        ));
    }
    let config = config::read_partial(inputs)?;
    check_twice(cx, &config)?;
    let client = Client::new(cx)?;
    let workspace = client
        .workspace(&config.organization, &config.workspace)
        .await?;
    workspace.runs_there()?;
    let mut preview = StepPreview {
        confidence: Confidence::Predicted,
        because: None,
        changes: Vec::new(),
        undo: undo_of(&client, &workspace, config.kind).await?.0,
        outputs: Map::new(),
        notes: Vec::new(),
    };
    if workspace.locked {
        preview.notes.push(format!(
            "The workspace is locked{}: the run waits until somebody unlocks it.",
            match workspace.locked_because.as_str() {
                "" => String::new(),
                why => format!(" ({why})"),
            }
        ));
    }
    if let Some(why) = cannot_plan(&client, &workspace, &config, request).await? {
        if config.kind == Kind::Destroy {
            preview.changes = deletions(&client, &workspace, &config).await?;
        } else {
            preview
                .changes
                .push(job(config.kind, &workspace.name, &why));
        }
        preview.because = Some(why);
        return Ok(preview);
    }
    let configuration = match &config.directory {
        Some(folder) => Some(upload(&client, &workspace, folder, true).await?),
        None => None,
    };
    let found = speculate(
        &client,
        &workspace,
        &Wish {
            kind: config.kind,
            plan_only: true,
            variables: run_variables(&config.variables),
            targets: &config.targets,
            replace: &config.replace,
            message: "Preview by Podium; it changes nothing.".to_owned(),
            configuration,
            only_looks: true,
        },
    )
    .await?;
    tell(&mut preview, &workspace, config.kind, found);
    if !secrets(cx).is_empty() {
        preview.notes.push("Sensitive variables are planned with the values that the workspace has now; the run sets them first.".to_owned());
    }
    Ok(preview)
}

/// Why no plan is asked for.
async fn cannot_plan(
    client: &Client<'_>,
    workspace: &Workspace,
    config: &Config,
    request: &StepRequest,
) -> Result<Option<String>> {
    if request.inputs.is_partial() {
        return Ok(Some(format!(
            "Some inputs are known only after {}.",
            request.waits_for()
        )));
    }
    if workspace.locked {
        return Ok(Some(
            "A plan would wait for the lock of the workspace.".to_owned(),
        ));
    }
    let given = secrets(client.cx);
    if given.is_empty() || config.kind == Kind::Destroy {
        return Ok(None);
    }
    let known = workspace_variables(client, workspace).await?;
    let new: Vec<String> = given
        .iter()
        .filter(|(name, _)| known.iter().all(|(key, ..)| key != name))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    Ok((!new.is_empty()).then(|| {
        format!(
            "The sensitive variables {} are not in the workspace yet, and a preview sets none.",
            new.join(", ")
        )
    }))
}

async fn deletions(
    client: &Client<'_>,
    workspace: &Workspace,
    config: &Config,
) -> Result<Vec<Change>> {
    let resources = client.resources(workspace).await?;
    Ok(resources
        .into_iter()
        .filter(|one| config.targets.is_empty() || config.targets.contains(&one.address))
        .map(|one| Change {
            action: Action::Delete,
            stateful: holds_data(&one.kind),
            kind: one.kind,
            name: one.address,
            before: Value::Null,
            after: Value::Null,
            confidence: None,
            because: None,
        })
        .collect())
}

/// Puts what a plan found into an answer.
pub(crate) fn tell(preview: &mut StepPreview, workspace: &Workspace, kind: Kind, found: Found) {
    preview.notes.extend(found.notes);
    let Some(plan) = found.plan else {
        let counts = found.run.plan.counts.unwrap_or_default();
        let because =
            "the token may not read the plan itself; it needs the right to read the state.";
        preview.because = Some(format!(
            "Only how many things change is known, since {because}"
        ));
        preview.changes.push(job(
            kind,
            &workspace.name,
            "What changes stands in the plan, which the token may not read.",
        ));
        preview.notes.push(format!(
            "{} to add, {} to change, {} to destroy.",
            counts[0], counts[1], counts[2]
        ));
        return;
    };
    preview.confidence = Confidence::Exact;
    preview.because = None;
    preview.notes.extend(plan.notes.iter().cloned());
    if kind == Kind::Refresh {
        for item in &plan.drift {
            preview.changes.push(Change {
                action: Action::Read,
                kind: item.kind.clone(),
                name: item.name.clone(),
                before: item.expected.clone(),
                after: item.actual.clone(),
                stateful: false,
                confidence: None,
                because: Some("It was changed outside; the state takes it over.".into()),
            });
        }
        return;
    }
    if plan.is_empty() && plan.changed_outputs.is_empty() {
        preview
            .notes
            .push("Everything is as it shall be; nothing changes.".to_owned());
        if kind == Kind::Apply || kind == Kind::Destroy {
            preview.undo = Undo {
                class: UndoClass::Automatic,
                because: None,
            };
        }
    }
    if kind != Kind::Destroy && !plan.outputs.is_empty() {
        preview
            .outputs
            .insert("outputs".into(), Value::Object(plan.outputs));
    }
    preview.changes.extend(plan.changes);
}

/// How a run is taken back, with the run that was applied last.
pub(crate) async fn undo_of(
    client: &Client<'_>,
    workspace: &Workspace,
    kind: Kind,
) -> Result<(Undo, Option<Run>)> {
    let undo = |class, because: &str| Undo {
        class,
        because: (!because.is_empty()).then(|| because.to_owned()),
    };
    if kind == Kind::Plan {
        return Ok((undo(UndoClass::Automatic, ""), None));
    }
    if kind == Kind::Refresh {
        return Ok((
            undo(
                UndoClass::Manual,
                "A refresh changes only the state: the former one can be put back under States in HCP Terraform.",
            ),
            None,
        ));
    }
    if !workspace.has_state || workspace.resources == 0 {
        return Ok(match kind {
            Kind::Destroy => (undo(UndoClass::Automatic, "The state holds nothing."), None),
            _ => (
                undo(
                    UndoClass::Delete,
                    "The state held nothing before: what it makes is destroyed.",
                ),
                None,
            ),
        });
    }
    let applied = client.recent(&workspace.id, Some("applied")).await?;
    let former = applied
        .iter()
        .filter(|run| run["attributes"]["is-destroy"] != true)
        .map(Run::of)
        .find(|run| run.configuration.is_some());
    Ok(match (kind, former) {
        (_, None) => (
            undo(
                UndoClass::Manual,
                "No former run that was applied is found; start one by hand from the configuration you want back.",
            ),
            None,
        ),
        (Kind::Destroy, former) => (
            undo(
                UndoClass::Restore,
                "It is made anew from the configuration of the last run that was applied; what it held does not come back.",
            ),
            former,
        ),
        (_, former) => (
            undo(
                UndoClass::Restore,
                "The configuration and the variables of the last run that was applied are applied again. What the workspace's own variables were is not put back, and data in replaced things is lost.",
            ),
            former,
        ),
    })
}
