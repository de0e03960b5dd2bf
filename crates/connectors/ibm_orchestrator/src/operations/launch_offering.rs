//! `ibm-orchestrator/launch`.
//!
//! Effect class: writes. Orchestrator takes no key: the step's key is sent in the launch's `parm` and
//! looked for among the tasks; what is not found so must be looked for by a person.

use podium_connector::{
    Action, Change, Confidence, Context, Made, Observed, Outcome, StepPreview, StepRequest,
    StillRunning, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Search, Stage, begin, follow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::{Client, MARKER, NAME, Offering, begun};
use crate::config::{self, Config, Undoing};
use crate::task::{Task, pace, said, stage};

const HIDDEN: &str = "(hidden)";

/// What the undo needs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Record {
    offering: String,
    undo: Option<Undoing>,
    /// Put beside by what runs the step: `{ "service_instance": … }`.
    #[serde(default)]
    learned: Value,
}

/// The values of the ports `secrets.NAME`.
fn secrets(cx: &dyn Context) -> Vec<(String, podium_secret::Secret)> {
    cx.secrets()
        .into_iter()
        .filter_map(|(name, lease)| Some((name, lease.secrets.get("value")?.clone())))
        .collect()
}

/// The parameters with the secrets among them, for the launch alone.
fn with_secrets(cx: &dyn Context, open: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut all = open.clone();
    for (name, value) in secrets(cx) {
        if all.contains_key(&name) {
            return Err(Error::new(
                ErrorKind::Invalid,
                NAME,
                format!("The parameter `{name}` is given twice: in the step, and as a secret."),
            )
            .with_hint("Take it out of `parameters`, or unbind `secrets.` of that name."));
        }
        all.insert(name, json!(value.expose_str().unwrap_or_default()));
    }
    Ok(all)
}

fn undo_of(undoing: Option<&Undoing>) -> Undo {
    match undoing.filter(|undo| !undo.offering.trim().is_empty()) {
        Some(undo) => Undo {
            class: UndoClass::Delete,
            because: Some(format!("The offering `{}` is launched.", undo.offering)),
        },
        None => Undo {
            class: UndoClass::Manual,
            because: Some("The step names no offering that takes it back: launch the one that deletes what it made, in Orchestrator.".into()),
        },
    }
}

fn run_line(offering: &Offering, parameters: Map<String, Value>) -> Change {
    Change {
        action: Action::Run,
        kind: "offering".into(),
        name: offering.name.clone(),
        before: Value::Null,
        after: if parameters.is_empty() {
            Value::Null
        } else {
            Value::Object(parameters)
        },
        stateful: false,
        confidence: None,
        because: None,
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let inputs = &request.inputs;
    let config = config::read_partial(inputs)?;
    if inputs.is_unknown_in(&["/offering"]) {
        return Ok(StepPreview::unknown(
            format!(
                "Which offering is launched is known only after {}.",
                request.waits_for()
            ),
            undo_of(config.undo.as_ref()),
        ));
    }
    let client = Client::new(cx)?;
    let offering = client.offering(&config.offering).await?;
    let mut notes = Vec::new();
    let mut shown: Map<String, Value> = config.parameters.clone();
    for (name, _) in secrets(cx) {
        shown.insert(name, json!(HIDDEN));
    }
    shown.sort_keys();
    if let Some(model) = client.model(&offering).await? {
        let known = |name: &str| model.fields.iter().any(|(field, _)| field == name);
        let unknown: Vec<String> = shown
            .keys()
            .filter(|name| !known(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if !unknown.is_empty() && !model.fields.is_empty() {
            notes.push(format!(
                "The offering's form has no field {}.",
                unknown.join(", ")
            ));
        }
        let open: Vec<String> = model
            .fields
            .iter()
            .filter(|(field, _)| !shown.contains_key(field))
            .map(|(field, _)| format!("`{field}`"))
            .collect();
        if !open.is_empty() {
            notes.push(format!(
                "These fields of the form are left empty: {}.",
                open.join(", ")
            ));
        }
    } else if offering.human && shown.is_empty() {
        notes.push("The offering has a form; without `parameters` Orchestrator may ask for it in place of a launch.".to_owned());
    }
    if !offering.description.is_empty() {
        notes.push(format!("Orchestrator says of it: {}", offering.description));
    }
    if inputs.is_partial() {
        notes.push(format!(
            "Some inputs are known only after {}.",
            request.waits_for()
        ));
    }
    let mut changes = vec![run_line(&offering, shown)];
    if let (Some(kind), Some(id)) = (&config.instance_type, &config.instance)
        && !inputs.is_unknown_in(&["/instance", "/instance_type"])
    {
        changes.push(instance_line(&client, kind, id).await?);
    }
    if let Some(undo) = config
        .undo
        .as_ref()
        .filter(|undo| !undo.offering.is_empty())
    {
        client.offering(&undo.offering).await?;
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some("Orchestrator has no preview; what the offering's process does is known to those who wrote it.".into()),
        changes,
        undo: undo_of(config.undo.as_ref()),
        outputs: Map::new(),
        notes,
    })
}

async fn instance_line(client: &Client<'_>, kind: &str, id: &str) -> Result<Change> {
    let found = client.instance(kind, id).await?.ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            NAME,
            format!("Orchestrator has no instance `{id}` of the type `{kind}`, or the user may not see it."),
        )
        .with_hint("Choose one from the list; it may have been deleted.")
    })?;
    let mut before = Map::new();
    for name in ["displayname", "name", "status", "state"] {
        if let Some(text) = found[name].as_str() {
            before.insert(name.to_owned(), json!(text));
        }
    }
    Ok(Change {
        action: Action::Update,
        kind: kind.to_owned(),
        name: id.to_owned(),
        before: Value::Object(before),
        after: Value::Null,
        stateful: false,
        confidence: Some(Confidence::Unknown),
        because: Some(
            "What an action does with an instance is known to those who wrote it.".into(),
        ),
    })
}

pub(crate) fn prepare(request: &StepRequest) -> Result<UndoRecord> {
    let config = config::read(&request.inputs)?;
    let record = Record {
        offering: config.offering,
        undo: config.undo.clone(),
        learned: Value::Null,
    };
    Ok(UndoRecord {
        undo: undo_of(config.undo.as_ref()),
        record: json!(record),
    })
}

/// The task that carries a key.
async fn by_key(client: &Client<'_>, key: &str) -> Result<Option<String>> {
    Ok(client
        .tasks()
        .await?
        .iter()
        .find(|task| task["parm"][MARKER] == key)
        .and_then(|task| {
            task["id"]
                .as_str()
                .map(str::to_owned)
                .or_else(|| task["id"].as_u64().map(|id| id.to_string()))
        }))
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config = config::read(&request.inputs)?;
    let client = Client::new(cx)?;
    launch(&client, request, &config).await
}

async fn launch(client: &Client<'_>, request: &StepRequest, config: &Config) -> Result<Outcome> {
    let cx = client.cx;
    let offering = client.offering(&config.offering).await?;
    let find = || by_key(client, &request.key);
    let id = begin(cx, request, Search::Likely, find, || async {
        let parameters = with_secrets(cx, &config.parameters)?;
        let kind = match &config.parameter_type {
            Some(kind) if !kind.trim().is_empty() => kind.clone(),
            _ => client
                .model(&offering)
                .await?
                .map_or_else(|| "Object".to_owned(), |model| model.kind),
        };
        let reply = client
            .launch(
                &offering,
                &kind,
                &parameters,
                config.instance.as_deref(),
                &request.key,
            )
            .await?;
        begun(client, &offering, &reply)
    })
    .await?;
    let mut task = Task::new(client, &offering.name, &id);
    let look = follow(cx, pace(cx), &mut task).await?;
    if look.stage != Stage::Done {
        return Err(task.failure());
    }
    let instance = [
        &task.last["serviceInstanceId"],
        &task.last["serviceInstance"]["id"],
    ]
    .into_iter()
    .find_map(|id| {
        id.as_str()
            .map(str::to_owned)
            .or_else(|| id.as_u64().map(|id| id.to_string()))
    })
    .filter(|id| !id.is_empty() && id != "0");
    let mut outcome = Outcome {
        undo: Some(json!({ "service_instance": instance })),
        ..Outcome::default()
    };
    outcome.outputs.insert("task_id".into(), json!(id));
    outcome.outputs.insert("status".into(), json!(look.status));
    outcome.outputs.insert(
        "message".into(),
        json!(
            said(&task.last, "description_message")
                .lines()
                .last()
                .unwrap_or_default()
        ),
    );
    if let Some(instance) = instance {
        outcome
            .outputs
            .insert("service_instance".into(), json!(instance));
        outcome.made.push(Made {
            kind: "service instance".into(),
            name: instance,
            link: client.page(),
        });
    }
    Ok(outcome)
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let client = Client::new(cx)?;
    Ok(match by_key(&client, &request.key).await? {
        Some(_) => Observed::Adopt,
        // Whether the mark is kept is unconfirmed, so that its absence proves nothing where other new
        // tasks of this user are there.
        None if client
            .tasks()
            .await?
            .iter()
            .all(|task| task["parm"][MARKER].is_string()) =>
        {
            Observed::NeverStarted
        }
        None => Observed::Unknown {
            because: format!(
                "Orchestrator has tasks without Podium's mark, and nobody can tell whether one of them is of this step. Look under Assignments and History for one of `{}`.",
                request.inputs.text("offering").unwrap_or_default()
            ),
        },
    })
}

pub(crate) async fn cancelled(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let Some(remote) = &request.remote else {
        return Ok(StillRunning::default());
    };
    let client = Client::new(cx)?;
    let task = client.task(remote).await?;
    let mut still = StillRunning::default();
    if !stage(&task).is_end() {
        still.what.push(format!(
            "The task `{remote}` goes on in Orchestrator, which documents no call to stop one: a person may stop its process there."
        ));
    }
    Ok(still)
}

pub(crate) async fn verify(cx: &dyn Context, outcome: &Outcome) -> Result<()> {
    let Some(id) = outcome.outputs.get("task_id").and_then(Value::as_str) else {
        return Ok(());
    };
    let client = Client::new(cx)?;
    let mut task = Task::new(&client, "the offering", id);
    task.last = client.task(id).await?;
    if stage(&task.last) == Stage::Done {
        return Ok(());
    }
    Err(task.failure())
}

fn read_record(record: &UndoRecord) -> Result<Record> {
    serde_json::from_value(record.record.clone()).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            Code::new("POD0130"),
            "The undo record of this step cannot be read.",
        )
        .with_source(error)
    })
}

/// The launch that takes it back, with the id of what was made where it wants one.
fn taking_back(record: &Record) -> Option<Config> {
    let undo = record
        .undo
        .clone()
        .filter(|undo| !undo.offering.trim().is_empty())?;
    let mut parameters = undo.parameters;
    let instance = record.learned["service_instance"].as_str();
    if let (Some(name), Some(instance)) = (
        undo.instance_parameter.filter(|name| !name.is_empty()),
        instance,
    ) {
        parameters.insert(name, json!(instance));
    }
    Some(Config {
        offering: undo.offering,
        parameters,
        parameter_type: undo.parameter_type,
        ..Config::default()
    })
}

pub(crate) async fn preview_undo(cx: &dyn Context, record: &UndoRecord) -> Result<StepPreview> {
    let read = read_record(record)?;
    let mut preview = StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: record.undo.clone(),
        outputs: Map::new(),
        notes: Vec::new(),
    };
    let Some(config) = taking_back(&read) else {
        preview.notes.extend(record.undo.because.clone());
        return Ok(preview);
    };
    let offering = Client::new(cx)?.offering(&config.offering).await?;
    preview.confidence = Confidence::Predicted;
    preview.because = Some("Orchestrator has no preview; what the offering's process does is known to those who wrote it.".into());
    let mut shown = config.parameters;
    shown.sort_keys();
    preview.changes.push(run_line(&offering, shown));
    Ok(preview)
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let read = read_record(record)?;
    let Some(config) = taking_back(&read) else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            record
                .undo
                .because
                .clone()
                .unwrap_or_else(|| "It cannot be taken back from here.".into()),
        ));
    };
    let client = Client::new(cx)?;
    let mut outcome = launch(&client, request, &config).await?;
    outcome.made.clear();
    Ok(outcome)
}
