//! Taking back: what was made is deleted, what was changed is put back field by field, for each manager
//! that had set it, so that nobody finds its fields taken over.

use podium_connector::{
    Action, Change, Confidence, Context, Outcome, Progress, StepPreview, StepRequest, Undo,
    UndoClass, UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use super::apply_manifests::mark_of;
use crate::client::{Apply, Cluster, MANAGER, Remove};
use crate::errors;
use crate::fields;
use crate::kept::{Former, Kept, Record};
use crate::object::{Ref, differences, hide, plain, text};
use crate::watch;

/// So long a deletion may take, in milliseconds.
const PATIENCE: i64 = 300_000;

/// What must happen to one object.
enum Step {
    Nothing,
    /// It was not there before.
    Delete {
        uid: String,
        living: Value,
    },
    /// It was there and is there.
    PutBack {
        living: Value,
        former: Value,
    },
    /// It was there and is gone.
    MakeAnew {
        former: Value,
    },
    /// It cannot be taken back, because.
    Leave(String),
}

pub(crate) fn read(record: &UndoRecord) -> Result<Record> {
    serde_json::from_value(record.record.clone()).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            errors::REFUSED,
            "The undo record of this step cannot be read.",
        )
        .with_source(error)
    })
}

async fn open<'a>(cx: &'a dyn Context, record: &Record) -> Result<Cluster<'a>> {
    let cluster = Cluster::open(cx).await?;
    let mark = mark_of(&cluster).await?;
    if !record.cluster.is_empty() && !mark.is_empty() && record.cluster != mark {
        return Err(Error::new(
            ErrorKind::Conflict,
            errors::REFUSED,
            "The credential leads to another cluster than the one that the step changed.",
        )
        .with_hint("Bind the credential of that cluster, then undo again."));
    }
    Ok(cluster)
}

/// The uid that the run learned of an object.
fn learned<'a>(record: &'a UndoRecord, name: &Ref) -> Option<&'a str> {
    let uids = record
        .record
        .pointer("/learned/uids")
        .or_else(|| record.record.pointer("/uids"))?;
    uids.get(name.id())?.as_str()
}

async fn step(cluster: &Cluster<'_>, undo: &UndoRecord, former: &Former) -> Result<Step> {
    let name = &former.name;
    let living = cluster
        .get(&former.kind(), name)
        .await?
        .map_err(|status| errors::refused(&status, Some(name)))?;
    let Some(file) = &former.file else {
        let Some(living) = living else {
            return Ok(Step::Nothing);
        };
        let uid = text(&living, "/metadata/uid").to_owned();
        let ours = match learned(undo, name) {
            Some(known) => known == uid,
            None => fields::managed(&living, MANAGER, "Apply").is_some(),
        };
        return Ok(if ours {
            Step::Delete { uid, living }
        } else {
            Step::Leave(format!(
                "{name} is another one now than the one that was made, and stays."
            ))
        });
    };
    let Some(kept) = Kept(cluster.cx).read(file) else {
        return Ok(Step::Leave(format!(
            "How {name} was before is not known any more; it stays as it is."
        )));
    };
    Ok(match living {
        None if name.is_secret() => Step::Leave(format!(
            "{name} is gone, and its values were kept nowhere: make it anew by hand."
        )),
        None => Step::MakeAnew { former: kept },
        Some(living) => Step::PutBack {
            living,
            former: kept,
        },
    })
}

/// The differences from what is there to what was there; of a Secret without its values.
fn back(name: &Ref, living: &Value, former: &Value) -> Option<(Value, Value)> {
    let mut now = plain(living);
    if name.is_secret()
        && let Some(map) = now.as_object_mut()
    {
        map.remove("data");
        map.remove("stringData");
    }
    differences(&now, &plain(former))
}

pub(crate) async fn preview(cx: &dyn Context, undo: &UndoRecord) -> Result<StepPreview> {
    let record = read(undo)?;
    let cluster = open(cx, &record).await?;
    let mut changes = Vec::new();
    let mut notes = cluster.login.warnings.clone();
    for former in record.objects.iter().rev() {
        let name = &former.name;
        let line = |action, before: Value, after: Value| Change {
            action,
            kind: name.label(),
            name: name.path(),
            before: hide(name, before),
            after: hide(name, after),
            stateful: name.is_stateful() && action == Action::Delete,
            confidence: None,
            because: None,
        };
        match step(&cluster, undo, former).await? {
            Step::Nothing => {}
            Step::Leave(why) => notes.push(why),
            Step::Delete { living, .. } => {
                let mut change = line(Action::Delete, plain(&living), Value::Null);
                if name.kind == "Namespace" {
                    change.because = Some("Everything in it goes with it.".into());
                }
                changes.push(change);
            }
            Step::MakeAnew { former } => {
                changes.push(line(Action::Create, Value::Null, plain(&former)));
            }
            Step::PutBack { living, former } => {
                if name.is_secret() {
                    notes.push(format!(
                        "The values of {name} stay as they are: the former ones are kept nowhere."
                    ));
                }
                if let Some((now, then)) = back(name, &living, &former) {
                    changes.push(line(Action::Update, now, then));
                }
            }
        }
    }
    Ok(StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes,
        undo: Undo {
            class: UndoClass::Manual,
            because: Some("Run the step again to have it back.".into()),
        },
        outputs: serde_json::Map::new(),
        notes,
    })
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    undo: &UndoRecord,
) -> Result<Outcome> {
    let _ = request;
    let record = read(undo)?;
    let cluster = open(cx, &record).await?;
    let mut gone = Vec::new();
    for former in record.objects.iter().rev() {
        if cx.is_cancelled() {
            return Err(errors::cancelled(
                "Taking back was cancelled; undo again to go on.",
            ));
        }
        let name = &former.name;
        let kind = former.kind();
        let told = match step(&cluster, undo, former).await? {
            Step::Nothing => continue,
            Step::Leave(why) => {
                cx.log(podium_connector::LogLine {
                    level: podium_connector::LogLevel::Warning,
                    text: why,
                });
                continue;
            }
            Step::Delete { uid, .. } => {
                let how = Remove {
                    uid: Some(uid.clone()),
                    policy: Some(kube::core::params::PropagationPolicy::Background),
                    ..Remove::default()
                };
                match cluster.delete(&kind, name, &how).await? {
                    Ok(_) => {}
                    // Another one took its place a moment ago.
                    Err(status) if status.code == 409 => continue,
                    Err(status) => return Err(errors::refused(&status, Some(name))),
                }
                gone.push((name.clone(), kind, Some(uid)));
                "Deleting"
            }
            Step::MakeAnew { mut former } => {
                if let Some(metadata) = former.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.remove("managedFields");
                    metadata.remove("ownerReferences");
                }
                cluster
                    .create(&kind, name, &former)
                    .await?
                    .map_err(|status| errors::refused(&status, Some(name)))?;
                "Made anew"
            }
            Step::PutBack { living, former } => {
                put_back(&cluster, name, &kind, living, &former).await?;
                "Put back"
            }
        };
        cx.progress(Progress {
            words: format!("{told} {name}"),
            about: Some(format!("{} {}", name.label(), name.path())),
            ..Progress::default()
        });
    }
    watch::until_gone(&cluster, &gone, PATIENCE).await?;
    Ok(Outcome::default())
}

/// Puts an object back: first our own fields as they were, then those that were taken over from other
/// appliers, each in its name, then what is left in the name of whoever had set it.
pub(crate) async fn put_back(
    cluster: &Cluster<'_>,
    name: &Ref,
    kind: &crate::client::Kind,
    living: Value,
    former: &Value,
) -> Result<()> {
    let is_ours = fields::managed(&living, MANAGER, "Apply").is_some();
    let was_ours = fields::managed(former, MANAGER, "Apply").is_some();
    restore(cluster, name, kind, &living, former).await?;
    if is_ours && !was_ours && !name.is_secret() {
        // Only now that others own everything again can ours be let go whole.
        apply_as(cluster, name, kind, &wanted(name, former, None), MANAGER).await?;
    }
    Ok(())
}

async fn restore(
    cluster: &Cluster<'_>,
    name: &Ref,
    kind: &crate::client::Kind,
    living: &Value,
    former: &Value,
) -> Result<()> {
    if fields::managed(living, MANAGER, "Apply").is_some() {
        let own = match fields::managed(former, MANAGER, "Apply") {
            // Applying a Secret without its former values would delete them.
            Some(_) if name.is_secret() => None,
            Some(trie) => Some(wanted(name, former, Some(trie))),
            None => Some(wanted(name, former, None)),
        };
        if let Some(own) = own {
            apply_as(cluster, name, kind, &own, MANAGER).await?;
        }
    }
    let Some(mut now) = current(cluster, name, kind).await? else {
        return Ok(());
    };
    for entry in fields::entries(former) {
        let manager = text(entry, "/manager");
        let Some(trie) = entry.get("fieldsV1") else {
            continue;
        };
        if manager == MANAGER || text(entry, "/operation") != "Apply" || name.is_secret() {
            continue;
        }
        let changed = fields::changed(&plain(&now), &plain(former));
        if changed.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(());
        }
        if fields::touch(&changed, trie) {
            apply_as(
                cluster,
                name,
                kind,
                &wanted(name, former, Some(trie)),
                manager,
            )
            .await?;
            match current(cluster, name, kind).await? {
                Some(newer) => now = newer,
                None => return Ok(()),
            }
        }
    }
    replace_rest(cluster, name, kind, now, former).await
}

async fn current(
    cluster: &Cluster<'_>,
    name: &Ref,
    kind: &crate::client::Kind,
) -> Result<Option<Value>> {
    cluster
        .get(kind, name)
        .await?
        .map_err(|status| errors::refused(&status, Some(name)))
}

/// What no applier had set: put in place of what is there, in the name of whoever had set it.
async fn replace_rest(
    cluster: &Cluster<'_>,
    name: &Ref,
    kind: &crate::client::Kind,
    mut now: Value,
    former: &Value,
) -> Result<()> {
    for _ in 0..5 {
        if back(name, &now, former).is_none() {
            return Ok(());
        }
        let changed = fields::changed(&plain(&now), &plain(former));
        let manager = fields::entries(former)
            .filter(|entry| entry.get("subresource").is_none_or(|sub| sub == ""))
            .find(|entry| {
                entry
                    .get("fieldsV1")
                    .is_some_and(|trie| fields::touch(&changed, trie))
            })
            .map_or("podium-undo", |entry| text(entry, "/manager"));
        let mut whole = crate::object::wanted(former);
        if name.is_secret() {
            for part in ["data", "type", "immutable"] {
                if let Some(value) = now.get(part) {
                    whole[part] = value.clone();
                }
            }
        }
        whole["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"].clone();
        match cluster.replace(kind, name, &whole, manager).await? {
            Ok(_) => return Ok(()),
            // Somebody, often a controller, wrote in between.
            Err(status) if status.code == 409 => match current(cluster, name, kind).await? {
                Some(newer) => now = newer,
                None => return Ok(()),
            },
            Err(status) => return Err(errors::refused(&status, Some(name))),
        }
    }
    Err(Error::new(
        ErrorKind::Conflict,
        errors::REFUSED,
        format!("{name} changes all the time and could not be put back."),
    )
    .with_hint("Stop what changes it, then undo again."))
}

/// The part of an object that a manager had set, with its name.
fn wanted(name: &Ref, former: &Value, trie: Option<&Value>) -> Value {
    let mut part = trie
        .and_then(|trie| fields::extract(former, trie))
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}));
    part["apiVersion"] = Value::from(name.api_version.as_str());
    part["kind"] = Value::from(name.kind.as_str());
    if !part["metadata"].is_object() {
        part["metadata"] = json!({});
    }
    part["metadata"]["name"] = Value::from(name.name.as_str());
    if let Some(namespace) = &name.namespace {
        part["metadata"]["namespace"] = Value::from(namespace.as_str());
    }
    part
}

async fn apply_as(
    cluster: &Cluster<'_>,
    name: &Ref,
    kind: &crate::client::Kind,
    content: &Value,
    manager: &str,
) -> Result<()> {
    let how = Apply {
        dry: false,
        force: true,
        manager,
    };
    match cluster.apply(kind, name, content, how).await? {
        Ok(_) => Ok(()),
        // Without our fields it would not be whole; then it is replaced below.
        Err(status) if status.code == 422 => Ok(()),
        Err(status) => Err(errors::refused(&status, Some(name))),
    }
}
