//! `morpheus/run-workflow`: a workflow or a task is executed.

use podium_connector::{
    Action, Observed, Outcome, StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::Result;
use podium_rest::{Call, Search, begin};
use serde_json::{Map, Value, json};

use super::{change, made, no_way_back, predicted, undo};
use crate::client::{Appliance, INSTANCES, List, TASKS, WORKFLOWS, id, name};
use crate::config::{On, RunWorkflow};
use crate::options;
use crate::watch::{Followed, Thing};

const NO_DRY_RUN: &str =
    "Morpheus has no dry run of workflows and tasks; their steps and targets are shown.";

/// A workflow or a task, and where it runs.
struct Goal {
    thing: Value,
    is_task: bool,
    /// Ids and names of the targets.
    targets: Vec<(u64, String)>,
}

impl Goal {
    async fn of(appliance: &Appliance<'_>, config: &RunWorkflow) -> Result<Self> {
        let (list, wanted): (&List, &str) = match (&config.workflow, &config.task) {
            (_, Some(task)) if config.workflow.is_none() => (&TASKS, task),
            (workflow, _) => (
                &WORKFLOWS,
                podium_connector::need(workflow.as_ref(), "workflow")?,
            ),
        };
        let is_task = list.name == TASKS.name;
        let found = appliance.named(list, wanted).await?;
        let (path, field) = if is_task {
            ("tasks", "task")
        } else {
            ("task-sets", "taskSet")
        };
        let mut whole = appliance
            .send(Call::get(format!("/api/{path}/{}", id(&found))))
            .await?;
        let mut targets = Vec::new();
        for one in &config.targets {
            match config.on {
                On::Instance => {
                    let instance = appliance.named(&INSTANCES, one).await?;
                    targets.push((id(&instance), name(&instance)));
                }
                On::Server => {
                    targets.push((one.parse().unwrap_or_default(), format!("server {one}")));
                }
                _ => {}
            }
        }
        Ok(Self {
            thing: whole[field].take(),
            is_task,
            targets,
        })
    }

    fn kind(&self) -> &'static str {
        if self.is_task { "task" } else { "workflow" }
    }

    fn place(&self) -> String {
        let path = if self.is_task { "tasks" } else { "task-sets" };
        format!("/api/{path}/{}/execute", id(&self.thing))
    }

    fn body(&self, appliance: &Appliance<'_>, config: &RunWorkflow, key: &str) -> Result<Value> {
        let mut job = json!({
            "name": key,
            "targetType": config.on.word(),
            "customOptions": options::sent(appliance.context(), &config.options)?,
        });
        let ids: Vec<u64> = self.targets.iter().map(|(id, _)| *id).collect();
        match config.on {
            On::Appliance => {}
            On::Instance => job["instances"] = json!(ids),
            On::Server => job["servers"] = json!(ids),
            On::InstanceLabel => job["instanceLabel"] = json!(config.label),
            On::ServerLabel => job["serverLabel"] = json!(config.label),
        }
        Ok(json!({ "job": job }))
    }
}

fn back(config: &RunWorkflow) -> Undo {
    match &config.undo_workflow {
        Some(name) => undo(
            UndoClass::Restore,
            Some(&format!(
                "the workflow `{name}` is run, which is said to take it back"
            )),
        ),
        None => undo(
            UndoClass::Manual,
            Some(
                "nobody knows what takes it back; name a workflow that does under `undo_workflow`.",
            ),
        ),
    }
}

/// What runs, in its order.
async fn steps(appliance: &Appliance<'_>, goal: &Goal) -> Result<Vec<(String, String)>> {
    let of = |task: &Value| {
        let kind = task["taskType"]["name"].as_str().unwrap_or("task");
        (kind.to_owned(), name(task))
    };
    if goal.is_task {
        return Ok(vec![of(&goal.thing)]);
    }
    let mut steps = Vec::new();
    if let Some(all) = goal.thing["taskSetTasks"].as_array() {
        for one in all {
            let (kind, called) = of(&one["task"]);
            let phase = one["taskPhase"].as_str().unwrap_or("operation");
            let called = if phase == "operation" {
                called
            } else {
                format!("{phase}: {called}")
            };
            steps.push((kind, called));
        }
        return Ok(steps);
    }
    for one in goal.thing["tasks"].as_array().into_iter().flatten() {
        let number = one.as_u64().unwrap_or_else(|| id(one));
        if let Some(found) = appliance
            .find(Call::get(format!("/api/tasks/{number}")))
            .await?
        {
            steps.push(of(&found["task"]));
        }
    }
    Ok(steps)
}

pub(crate) async fn preview(
    appliance: &Appliance<'_>,
    request: &StepRequest,
) -> Result<StepPreview> {
    let config: RunWorkflow = request.inputs.read()?;
    if request
        .inputs
        .is_unknown_in(&["/workflow", "/task", "/targets"])
    {
        let because = format!(
            "what runs, or where, is known only after {}.",
            request.waits_for()
        );
        return Ok(StepPreview::unknown(because, back(&config)));
    }
    let goal = Goal::of(appliance, &config).await?;
    let cx = appliance.context();
    options::check(cx, &goal.thing["optionTypes"], &config.options, request)?;
    let mut notes = Vec::new();
    if let Some(name) = &config.undo_workflow {
        appliance.named(&WORKFLOWS, name).await?;
    }
    let on: Value = match config.on {
        On::Appliance => json!("the appliance"),
        On::Instance | On::Server => goal.targets.iter().map(|(_, name)| json!(name)).collect(),
        On::InstanceLabel | On::ServerLabel => {
            notes.push("Which machines have the label is decided when it runs.".to_owned());
            json!(format!(
                "{} {}",
                config.on.word(),
                config.label.as_deref().unwrap_or_default()
            ))
        }
    };
    let after = json!({ "on": on, "options": options::shown(cx, &config.options, request) });
    let mut changes = vec![change(
        Action::Run,
        goal.kind(),
        &name(&goal.thing),
        Value::Null,
        after,
    )];
    if !goal.is_task {
        for (kind, called) in steps(appliance, &goal).await? {
            changes.push(change(
                Action::Run,
                &kind,
                &called,
                Value::Null,
                Value::Null,
            ));
        }
    }
    Ok(predicted(NO_DRY_RUN, changes, back(&config), notes))
}

pub(crate) fn prepare(request: &StepRequest) -> Result<UndoRecord> {
    let config: RunWorkflow = request.inputs.read()?;
    Ok(UndoRecord {
        undo: back(&config),
        record: json!({
            "workflow": config.undo_workflow,
            "on": config.on.word(),
            "targets": config.targets,
            "label": config.label,
        }),
    })
}

/// The execution that carries this name.
async fn found(appliance: &Appliance<'_>, key: &str) -> Result<Option<String>> {
    let call = Call::get("/api/job-executions")
        .query("phrase", key)
        .needs("Provisioning: Job Executions");
    let all = appliance.all(call, "jobExecutions").await?;
    Ok(all
        .iter()
        .find(|one| one["name"].as_str() == Some(key) || one["job"]["name"].as_str() == Some(key))
        .map(|one| Thing::Job(id(one)).remote()))
}

async fn execute(
    appliance: &Appliance<'_>,
    request: &StepRequest,
    config: &RunWorkflow,
    key: &str,
) -> Result<(Goal, Value, Thing)> {
    let goal = Goal::of(appliance, config).await?;
    let cx = appliance.context();
    options::check(cx, &goal.thing["optionTypes"], &config.options, request)?;
    let body = goal.body(appliance, config, key)?;
    let find = || found(appliance, key);
    let start = || async {
        let reply = appliance
            .send(Call::post(goal.place(), &body).needs("Provisioning: Tasks"))
            .await?;
        Ok(Thing::Job(id(&reply["jobExecution"])).remote())
    };
    let remote = begin(cx, request, Search::Certain, find, start).await?;
    let thing = Thing::parse(&remote).unwrap_or(Thing::Job(0));
    let end = Followed::new(appliance, thing, config.common.approval)
        .follow()
        .await?;
    Ok((goal, end, thing))
}

pub(crate) async fn run(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Outcome> {
    let config: RunWorkflow = request.inputs.read()?;
    let (goal, end, thing) = execute(appliance, request, &config, &request.key).await?;
    let mut outputs = Map::new();
    outputs.insert("execution".into(), json!(id(&end)));
    outputs.insert("status".into(), end["status"].clone());
    outputs.insert("link".into(), json!(thing.page(appliance)));
    if let Some(result) = end["resultData"].as_str() {
        outputs.insert("result".into(), json!(result));
    }
    Ok(Outcome {
        outputs,
        hidden: Vec::new(),
        made: vec![made(appliance, goal.kind(), &name(&goal.thing), thing)],
        undo: None,
    })
}

pub(crate) async fn observe(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() || found(appliance, &request.key).await?.is_some() {
        return Ok(Observed::Adopt);
    }
    Ok(Observed::NeverStarted)
}

fn undoing(record: &UndoRecord) -> Result<RunWorkflow> {
    let mut inputs = podium_connector::Inputs::default();
    if let Value::Object(values) = &record.record {
        inputs.values.clone_from(values);
    }
    inputs.read()
}

pub(crate) async fn preview_undo(
    appliance: &Appliance<'_>,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let config = undoing(record)?;
    if config.workflow.is_none() {
        let because = record.undo.because.clone().unwrap_or_default();
        return Ok(StepPreview::unknown(because, record.undo.clone()));
    }
    let goal = Goal::of(appliance, &config).await?;
    let on: Vec<&String> = goal.targets.iter().map(|(_, name)| name).collect();
    let mut changes = vec![change(
        Action::Run,
        "workflow",
        &name(&goal.thing),
        Value::Null,
        json!({ "on": if on.is_empty() { json!(config.on.word()) } else { json!(on) } }),
    )];
    for (kind, called) in steps(appliance, &goal).await? {
        changes.push(change(
            Action::Run,
            &kind,
            &called,
            Value::Null,
            Value::Null,
        ));
    }
    Ok(predicted(NO_DRY_RUN, changes, no_way_back(), Vec::new()))
}

pub(crate) async fn run_undo(
    appliance: &Appliance<'_>,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let config = undoing(record)?;
    if config.workflow.is_none() {
        return Err(podium_diagnostics::Error::new(
            podium_diagnostics::ErrorKind::Unsupported,
            podium_diagnostics::Code::new("POD0430"),
            format!(
                "What ran cannot be taken back by Podium: {}",
                record
                    .undo
                    .because
                    .as_deref()
                    .unwrap_or("nobody knows how.")
            ),
        ));
    }
    let key = format!("{}-undo", request.key);
    // A second undo under the same key finds the first.
    let mut again = request.clone();
    again.resumed = true;
    execute(appliance, &again, &config, &key).await?;
    Ok(Outcome::default())
}
