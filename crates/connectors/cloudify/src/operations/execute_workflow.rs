//! `cloudify/execute`: any workflow of a deployment.

use podium_connector::{
    Action, Change, Confidence, Observed, Outcome, StepPreview, StepRequest, Undo, UndoClass,
    UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use super::{change, in_the_way, instances, is_installed, made, missing, nodes, undo};
use crate::blueprint::list;
use crate::client::{self, BEAT, Manager, entries};
use crate::config::{Execute, OnCancel};
use crate::start::{self, Wanted};
use crate::watch::{Execution, STAGES};
use podium_connector::need;

/// So many seconds a dry run may take in a preview.
const REHEARSAL: i64 = 60_000;

fn wanted(config: &Execute) -> Result<Wanted> {
    let name = need(config.deployment.as_ref(), "deployment")?;
    let workflow = need(config.workflow.as_ref(), "workflow")?;
    Ok(Wanted {
        parameters: config.parameters.clone(),
        custom_parameters: config.custom_parameters,
        queue: config.queue,
        force: config.force,
        ..Wanted::new(name, workflow)
    })
}

async fn deployment(manager: &Manager<'_>, name: &str) -> Result<Value> {
    manager
        .find(client::deployment(name))
        .await?
        .ok_or_else(|| missing("deployment", name, &manager.tenant))
}

/// What takes a workflow back.
fn back(config: &Execute, found: Option<&Value>) -> Undo {
    let installed = found.is_some_and(is_installed);
    match config.workflow.as_deref() {
        Some("scale") if delta(config).is_some_and(|delta| delta < 0) => undo(
            UndoClass::Restore,
            Some("what the removed instances held is gone; new ones take their place"),
        ),
        Some("scale" | "start" | "stop") => undo(UndoClass::Restore, None),
        Some("install") if !installed => undo(UndoClass::Restore, None),
        Some("uninstall") if installed => undo(
            UndoClass::Restore,
            Some("what the nodes held is gone; they are made anew"),
        ),
        Some("check_status" | "check_drift" | "validate_agents") => {
            undo(UndoClass::Automatic, None)
        }
        Some(workflow) => undo(
            UndoClass::Manual,
            Some(&format!(
                "Cloudify does not know what takes the workflow `{workflow}` back; write the steps that do under `undo`."
            )),
        ),
        None => undo(UndoClass::Manual, Some("the workflow is not known yet.")),
    }
}

/// How many instances more a scaling asks for; 1 where it does not say.
fn delta(config: &Execute) -> Option<i64> {
    match config.parameters.get("delta") {
        None => Some(1),
        Some(Value::String(text)) => text.trim_start_matches('+').parse().ok(),
        Some(value) => value.as_i64(),
    }
}

/// The workflow of the deployment. Fails where it has none of this name, or its parameters do not fit.
fn check(config: &Execute, found: &Value, later: bool) -> Result<()> {
    let (Some(wanted), Some(workflows)) = (&config.workflow, found["workflows"].as_array()) else {
        return Ok(());
    };
    let name = config.deployment.as_deref().unwrap_or_default();
    let invalid = |message: String, hint: &str| {
        Err(Error::new(ErrorKind::Invalid, Code::new("POD0487"), message).with_hint(hint))
    };
    let Some(workflow) = workflows
        .iter()
        .find(|one| one["name"].as_str() == Some(wanted))
    else {
        let names: Vec<&str> = workflows
            .iter()
            .filter_map(|w| w["name"].as_str())
            .collect();
        return invalid(
            format!(
                "The deployment `{name}` has no workflow `{wanted}`; it has {}.",
                list(&names)
            ),
            "Take one of these.",
        );
    };
    let empty = Map::new();
    let declared = workflow["parameters"].as_object().unwrap_or(&empty);
    let unknown: Vec<&str> = config
        .parameters
        .keys()
        .filter(|given| !declared.contains_key(*given))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() && !config.custom_parameters {
        let names: Vec<&str> = declared.keys().map(String::as_str).collect();
        return invalid(
            format!(
                "The workflow `{wanted}` has no parameter {}; it has {}.",
                list(&unknown),
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    list(&names)
                }
            ),
            "Correct the name, or allow parameters of your own with `custom_parameters`.",
        );
    }
    let lacking: Vec<&str> = declared
        .iter()
        .filter(|(name, one)| {
            one.as_object()
                .is_some_and(|one| !one.contains_key("default"))
                && one["required"] != json!(false)
                && !config.parameters.contains_key(*name)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    if lacking.is_empty() || later {
        return Ok(());
    }
    invalid(
        format!(
            "The workflow `{wanted}` needs the parameter {}.",
            list(&lacking)
        ),
        "Fill it in under `parameters`.",
    )
}

pub(crate) async fn preview(manager: &Manager<'_>, request: &StepRequest) -> Result<StepPreview> {
    let config: Execute = request.inputs.read()?;
    let (Some(name), Some(workflow)) = (&config.deployment, &config.workflow) else {
        let because = format!(
            "the deployment or the workflow is known only after {}.",
            request.waits_for()
        );
        return Ok(StepPreview::unknown(because, back(&config, None)));
    };
    let later = request.inputs.is_unknown_in(&["/parameters"]);
    let Some(found) = manager.find(client::deployment(name)).await? else {
        let because = format!(
            "there is no deployment `{name}` yet; if an earlier step makes it, more is known then."
        );
        return Ok(StepPreview::unknown(because, back(&config, None)));
    };
    check(&config, &found, later)?;
    let mut notes = Vec::new();
    let busy = in_the_way(manager, name, config.queue).await?;
    let is_busy = busy.is_some();
    notes.extend(busy);
    let mut parameters = config.parameters.clone().into_iter().collect();
    request.inputs.fill_later("/parameters", &mut parameters);
    let mut changes = vec![change(
        Action::Run,
        "workflow",
        &format!("{workflow} on {name}"),
        Value::Null,
        json!({ "parameters": parameters }),
    )];
    changes.extend(effects(manager, &config, name).await?);
    let mut because =
        "Cloudify tells what a workflow does only while it runs; what follows from its name and the node instances is shown.".to_owned();
    if config.dry_run && !is_busy && !later {
        match rehearse(manager, &config).await? {
            Some(steps) => {
                because = String::from(
                    "a dry run shows which operations run and in which order, and not what they change.",
                );
                changes.extend(steps);
            }
            None => notes.push("The dry run did not end within a minute and was stopped.".into()),
        }
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(because),
        changes,
        undo: back(&config, Some(&found)),
        outputs: Map::new(),
        notes,
    })
}

/// What the workflows of every deployment do to its node instances.
async fn effects(manager: &Manager<'_>, config: &Execute, name: &str) -> Result<Vec<Change>> {
    let predicted = |mut one: Change| {
        one.confidence = Some(Confidence::Predicted);
        one
    };
    match config.workflow.as_deref() {
        Some("uninstall") => super::losses(manager, name).await,
        Some("install") => Ok(nodes(manager, name)
            .await?
            .iter()
            .map(|node| {
                let text = |field: &str| node[field].as_str().unwrap_or_default();
                let after = json!({ "instances": node["number_of_instances"] });
                predicted(change(
                    Action::Create,
                    text("type"),
                    text("id"),
                    Value::Null,
                    after,
                ))
            })
            .collect()),
        Some("scale") => {
            let Some(what) = config
                .parameters
                .get("scalable_entity_name")
                .and_then(Value::as_str)
            else {
                return Ok(Vec::new());
            };
            let now = instances(manager, name).await?;
            let now = now
                .iter()
                .filter(|one| one["node_id"].as_str() == Some(what))
                .count();
            let now = i64::try_from(now).unwrap_or(i64::MAX);
            let Some(delta) = delta(config) else {
                return Ok(Vec::new());
            };
            let before = json!({ "instances": now });
            let after = json!({ "instances": now.saturating_add(delta).max(0) });
            let mut one = predicted(change(Action::Update, "node", what, before, after));
            one.stateful = delta < 0;
            Ok(vec![one])
        }
        Some("heal") => {
            let ids = config.parameters.get("node_instance_id");
            Ok(ids
                .and_then(Value::as_str)
                .map(|id| {
                    let mut one = change(
                        Action::Replace,
                        "node instance",
                        id,
                        Value::Null,
                        Value::Null,
                    );
                    one.because = Some(
                        "what is not healthy is made anew, with all that stands upon it.".into(),
                    );
                    predicted(one)
                })
                .into_iter()
                .collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// Runs the task graph without its operations; the operations in their order. `None` where it takes
/// too long; then it is stopped.
async fn rehearse(manager: &Manager<'_>, config: &Execute) -> Result<Option<Vec<Change>>> {
    let cx = manager.context();
    let body = wanted(config)?.body(true);
    // It changes nothing but the list of executions.
    let begun = manager.send(client::start(&body).looks()).await?;
    let id = start::id(&begun);
    let since = cx.now();
    loop {
        let found = manager.send(client::execution(&id)).await?;
        let stage = STAGES.of(found["status"].as_str().unwrap_or_default());
        if stage.is_end() {
            if stage != podium_rest::Stage::Done {
                let why = found["error"].as_str().unwrap_or("it does not say why");
                return Err(Error::new(
                    ErrorKind::Failed,
                    client::FAILED,
                    format!(
                        "The dry run of `{}` failed: {why}",
                        config.workflow.as_deref().unwrap_or("?")
                    ),
                )
                .with_hint("Mend what it says; or leave the dry run out with `dry_run: false`."));
            }
            break;
        }
        if cx.now() - since > REHEARSAL || cx.is_cancelled() {
            manager.send(client::act(&id, "cancel").looks()).await?;
            return Ok(None);
        }
        cx.sleep(BEAT).await;
    }
    let mut steps = Vec::new();
    let mut from = 0;
    loop {
        let events = entries(manager.send(client::events(&id, from, 1_000)).await?);
        for event in &events {
            if event["event_type"].as_str() != Some("sending_task") {
                continue;
            }
            let text = |name: &str| event[name].as_str().unwrap_or_default();
            let node = if text("node_instance_id").is_empty() {
                text("node_name")
            } else {
                text("node_instance_id")
            };
            let operation = text("operation").rsplit('.').next().unwrap_or_default();
            steps.push(change(
                Action::Run,
                "operation",
                &format!("{operation} on {node}"),
                Value::Null,
                Value::Null,
            ));
        }
        from += events.len();
        if events.len() < 1_000 {
            return Ok(Some(steps));
        }
    }
}

pub(crate) async fn prepare(manager: &Manager<'_>, request: &StepRequest) -> Result<UndoRecord> {
    let config: Execute = request.inputs.read()?;
    let name = need(config.deployment.as_ref(), "deployment")?;
    let found = deployment(manager, name).await?;
    check(&config, &found, false)?;
    let (workflow, parameters) = match config.workflow.as_deref() {
        Some("scale") => {
            let mut parameters = config.parameters.clone();
            parameters.insert("delta".into(), json!(-delta(&config).unwrap_or_default()));
            (Some("scale"), parameters)
        }
        Some("start") => (Some("stop"), config.parameters.clone()),
        Some("stop") => (Some("start"), config.parameters.clone()),
        Some("install") if !is_installed(&found) => (Some("uninstall"), Map::new()),
        Some("uninstall") if is_installed(&found) => (Some("install"), Map::new()),
        _ => (None, Map::new()),
    };
    Ok(UndoRecord {
        undo: back(&config, Some(&found)),
        record: json!({
            "deployment": name,
            "workflow": workflow,
            "parameters": parameters,
            "custom_parameters": config.custom_parameters,
            "counts": counts(manager, name).await?,
        }),
    })
}

/// How many instances each node has.
async fn counts(manager: &Manager<'_>, name: &str) -> Result<Value> {
    let mut counts = Map::new();
    for one in instances(manager, name).await? {
        let node = one["node_id"].as_str().unwrap_or_default().to_owned();
        let count = counts.get(&node).and_then(Value::as_u64).unwrap_or(0);
        counts.insert(node, json!(count + 1));
    }
    Ok(Value::Object(counts))
}

pub(crate) async fn run(manager: &Manager<'_>, request: &StepRequest) -> Result<Outcome> {
    let config: Execute = request.inputs.read()?;
    let wanted = wanted(&config)?;
    let end = super::execute(manager, request, &wanted, config.on_cancel).await?;
    let found = deployment(manager, &wanted.deployment).await?;
    let (mut outputs, hidden) = super::outputs(manager, &found).await?;
    outputs.insert("deployment".into(), json!(wanted.deployment));
    outputs.insert("execution".into(), end["id"].clone());
    outputs.insert("console".into(), json!(manager.console()));
    Ok(Outcome {
        outputs,
        hidden,
        made: vec![made(
            manager,
            "execution",
            &format!("{} on {}", wanted.workflow, wanted.deployment),
        )],
        undo: None,
    })
}

pub(crate) async fn observe(manager: &Manager<'_>, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config: Execute = request.inputs.read()?;
    let found = start::find(manager, request, &wanted(&config)?).await?;
    Ok(match found {
        Some(_) => Observed::Adopt,
        None => Observed::NeverStarted,
    })
}

pub(crate) async fn preview_undo(
    manager: &Manager<'_>,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let config = undoing(record);
    let Some(workflow) = &config.workflow else {
        return Ok(StepPreview::unknown(
            record
                .undo
                .because
                .clone()
                .unwrap_or_else(|| "there is nothing to take back.".into()),
            record.undo.clone(),
        ));
    };
    let name = config.deployment.as_deref().unwrap_or_default();
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    if manager.find(client::deployment(name)).await?.is_none() {
        notes.push(format!(
            "The deployment `{name}` is gone; there is nothing to take back."
        ));
    } else if is_back(manager, record, name).await? {
        notes.push(format!(
            "The deployment `{name}` is as it was; there is nothing to take back."
        ));
    } else {
        let run = format!("{workflow} on {name}");
        let after = json!({ "parameters": config.parameters });
        changes.push(change(Action::Run, "workflow", &run, Value::Null, after));
        changes.extend(effects(manager, &config, name).await?);
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some("Cloudify tells what a workflow does only while it runs.".into()),
        changes,
        undo: undo(
            UndoClass::Impossible,
            Some("what is taken back is not brought back by an undo; run the step again."),
        ),
        outputs: Map::new(),
        notes,
    })
}

fn undoing(record: &UndoRecord) -> Execute {
    let record = &record.record;
    Execute {
        deployment: record["deployment"].as_str().map(str::to_owned),
        workflow: record["workflow"].as_str().map(str::to_owned),
        parameters: record["parameters"]
            .as_object()
            .cloned()
            .unwrap_or_default(),
        custom_parameters: record["custom_parameters"] == true,
        ..Execute::default()
    }
}

/// Whether a scaling never happened, or was taken back already.
async fn is_back(manager: &Manager<'_>, record: &UndoRecord, name: &str) -> Result<bool> {
    let record = &record.record;
    Ok(record["workflow"] == "scale" && counts(manager, name).await? == record["counts"])
}

pub(crate) async fn run_undo(
    manager: &Manager<'_>,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let config = undoing(record);
    if config.workflow.is_none() {
        return match record.undo.class {
            UndoClass::Automatic => Ok(Outcome::default()),
            _ => Err(Error::new(
                ErrorKind::Unsupported,
                Code::new("POD0430"),
                format!(
                    "The workflow cannot be taken back by Podium: {}",
                    record
                        .undo
                        .because
                        .as_deref()
                        .unwrap_or("nobody knows how.")
                ),
            )),
        };
    }
    let mut wanted = wanted(&config)?;
    wanted.undo = true;
    if manager
        .find(client::deployment(&wanted.deployment))
        .await?
        .is_none()
    {
        return Ok(Outcome::default());
    }
    super::make_way(manager, request, &wanted).await?;
    if !start::has_begun(manager, request, &wanted).await?
        && is_back(manager, record, &wanted.deployment).await?
    {
        return Ok(Outcome::default());
    }
    let id = start::start(manager, request, &wanted).await?;
    Execution::new(manager, &id, OnCancel::Cancel)
        .follow()
        .await?;
    Ok(Outcome::default())
}
