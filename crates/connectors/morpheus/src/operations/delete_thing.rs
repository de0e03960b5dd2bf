//! `morpheus/delete`: an instance, an app or an ordered item is removed.

use podium_connector::{
    Action, Confidence, Observed, Outcome, StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::Call;
use serde_json::{Map, Value, json};

use super::{Gone, change, is_leaving, keeps_deleted, loss, no_way_back, predicted, remove, undo};
use crate::client::{APPS, Appliance, INSTANCES, ITEMS, id, name, plain};
use crate::config::{Delete, Kind};
use crate::watch::Thing;
use podium_connector::need;

const CALLED_BACK: &str =
    "a policy keeps what is deleted for some days; until then it is called back";
const GONE: &str = "what is deleted is gone with its data; no policy keeps it for some days.";

fn thing(kind: Kind, found: &Value) -> Thing {
    match kind {
        Kind::Instance => Thing::Instance(id(found)),
        Kind::App => Thing::App(id(found)),
        Kind::CatalogItem => Thing::Item(id(found)),
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Instance => "instance",
        Kind::App => "app",
        Kind::CatalogItem => "order",
    }
}

/// What is meant by a name or an id; `None` where there is none. Fails where several are.
async fn there(appliance: &Appliance<'_>, config: &Delete) -> Result<Option<Value>> {
    let wanted = need(config.name.as_ref(), "name")?.trim();
    let list = match config.kind {
        Kind::Instance => &INSTANCES,
        Kind::App => &APPS,
        Kind::CatalogItem => &ITEMS,
    };
    let all = appliance.all((list.call)(), list.name).await?;
    let fits = |one: &&Value| name(one) == wanted || plain(&one["id"]).as_deref() == Some(wanted);
    let mut found = all.iter().filter(fits);
    match (found.next(), found.next()) {
        (one, None) => Ok(one.cloned()),
        _ => Err(Error::new(
            ErrorKind::Invalid,
            crate::client::INPUTS,
            format!(
                "Morpheus has more than one {} called `{wanted}`.",
                list.what
            ),
        )
        .with_hint("Write its id instead of its name.")),
    }
}

async fn back(appliance: &Appliance<'_>, config: &Delete, found: Option<&Value>) -> Result<Undo> {
    let Some(found) = found else {
        return Ok(undo(UndoClass::Automatic, None));
    };
    let kept = !config.common.force
        && config.kind == Kind::Instance
        && keeps_deleted(appliance, found).await?;
    Ok(if kept {
        undo(UndoClass::Restore, Some(CALLED_BACK))
    } else {
        undo(UndoClass::Impossible, Some(GONE))
    })
}

pub(crate) async fn preview(
    appliance: &Appliance<'_>,
    request: &StepRequest,
) -> Result<StepPreview> {
    let config: Delete = request.inputs.read()?;
    if config.name.is_none() {
        let because = format!(
            "what is deleted is known only after {}.",
            request.waits_for()
        );
        return Ok(StepPreview::unknown(
            because,
            undo(UndoClass::Impossible, Some(GONE)),
        ));
    }
    let found = there(appliance, &config).await?;
    let back = back(appliance, &config, found.as_ref()).await?;
    let mut notes = Vec::new();
    let mut changes = Vec::new();
    match &found {
        None => notes.push(format!(
            "There is no {} of this name; nothing is done.",
            word(config.kind)
        )),
        Some(found) if is_leaving(found) => {
            notes.push("It is marked to go already; nothing is done.".to_owned());
        }
        Some(found) => {
            changes.push(loss(word(config.kind), found, &config.common));
            for one in found["instances"].as_array().into_iter().flatten() {
                changes.push(loss("instance", one, &config.common));
            }
            if config.common.keep_volumes {
                notes.push("Its volumes stay, and cost on.".to_owned());
            }
            if !config.common.keep_backups {
                notes.push("Its backups go with it.".to_owned());
            }
        }
    }
    if changes.is_empty() {
        return Ok(StepPreview {
            confidence: Confidence::Exact,
            because: None,
            changes,
            undo: undo(UndoClass::Automatic, None),
            outputs: Map::new(),
            notes,
        });
    }
    Ok(predicted(
        "Morpheus has no preview of a removal; what is there now is shown.",
        changes,
        back,
        notes,
    ))
}

pub(crate) async fn prepare(
    appliance: &Appliance<'_>,
    request: &StepRequest,
) -> Result<UndoRecord> {
    let config: Delete = request.inputs.read()?;
    let found = there(appliance, &config).await?;
    Ok(UndoRecord {
        undo: back(appliance, &config, found.as_ref()).await?,
        record: json!({
            "thing": found.as_ref().map(|found| thing(config.kind, found).remote()),
            "name": found.as_ref().map(name),
        }),
    })
}

pub(crate) async fn run(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Outcome> {
    let config: Delete = request.inputs.read()?;
    let found = there(appliance, &config).await?;
    let gone = match (&found, request.remote.as_deref().and_then(Thing::parse)) {
        (_, Some(known)) => remove(appliance, known, &config.common).await?,
        (None, None) => Gone::Before,
        (Some(found), None) => {
            let thing = thing(config.kind, found);
            appliance.context().accepted(&thing.remote()).await?;
            remove(appliance, thing, &config.common).await?
        }
    };
    let mut outputs = Map::new();
    let was_there = gone != Gone::Before || request.remote.is_some();
    outputs.insert("deleted".into(), json!(was_there && gone != Gone::Later));
    outputs.insert("kept_by_policy".into(), json!(gone == Gone::Later));
    Ok(Outcome {
        outputs,
        ..Outcome::default()
    })
}

pub(crate) async fn observe(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config: Delete = request.inputs.read()?;
    // Gone, or going, is what was wanted, whoever did it.
    Ok(match there(appliance, &config).await? {
        Some(found) if !is_leaving(&found) => Observed::NeverStarted,
        _ => Observed::Adopt,
    })
}

fn deleted(record: &UndoRecord) -> Option<Thing> {
    Thing::parse(record.record["thing"].as_str()?)
}

pub(crate) async fn preview_undo(
    appliance: &Appliance<'_>,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let Some(thing) = deleted(record) else {
        return Ok(predicted(
            "there was nothing to delete.",
            Vec::new(),
            no_way_back(),
            vec!["There was nothing to delete.".into()],
        ));
    };
    let called = record.record["name"].as_str().unwrap_or_default();
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    match thing.now(appliance).await? {
        Some(found) if is_leaving(&found) => changes.push(change(
            Action::Update,
            "instance",
            called,
            json!({ "status": found["status"] }),
            json!({ "status": "running" }),
        )),
        Some(_) => notes.push(format!(
            "`{called}` is there; there is nothing to take back."
        )),
        None => {
            return Ok(StepPreview::unknown(
                GONE,
                undo(UndoClass::Impossible, Some(GONE)),
            ));
        }
    }
    Ok(predicted(
        "Morpheus calls the removal off.",
        changes,
        no_way_back(),
        notes,
    ))
}

pub(crate) async fn run_undo(appliance: &Appliance<'_>, record: &UndoRecord) -> Result<Outcome> {
    let Some(thing) = deleted(record) else {
        return Ok(Outcome::default());
    };
    match thing.now(appliance).await? {
        Some(found) if is_leaving(&found) => {
            let path = format!("/api/{}/cancel-removal", thing.remote());
            appliance.send(Call::put(path, &Value::Null)).await?;
            Ok(Outcome::default())
        }
        Some(_) => Ok(Outcome::default()),
        None => Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            format!(
                "`{}` is gone from Morpheus and cannot be called back.",
                record.record["name"].as_str().unwrap_or_default()
            ),
        )
        .with_hint("Make it anew, and restore its data from a backup.")),
    }
}
