//! `kubernetes/apply`.
//!
//! Effect class: writes, idempotent. Server-side apply under one field manager: twice is the same as
//! once, so that an attempt that was lost is simply done again. Preview: the server's own dry run.

use podium_connector::{
    Action, Change, Confidence, Context, Fingerprint, Handover, Made, Outcome, Progress,
    StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::client::{self, Cluster, MANAGER};
use crate::config::{self, Apply};
use crate::errors::{self, Conflict};
use crate::kept::{Former, Kept, Record, to_keep};
use crate::manifests;
use crate::object::{self, Ref, differences, hide, list, plain, text};
use crate::plan::{self, Item};
use crate::readiness;
use crate::watch;

/// What is previewed for one object.
struct Looked {
    change: Option<Change>,
    conflict: Option<Conflict>,
    /// Of the living object, so that a change in between is seen.
    mark: String,
    notes: Vec<String>,
}

pub(crate) async fn items(cluster: &Cluster<'_>, config: &Apply) -> Result<Vec<Item>> {
    let manifests = manifests::load(cluster.cx, &config.manifests).await?;
    plan::plan(
        cluster,
        manifests,
        config.namespace.as_deref(),
        config.create_namespace,
    )
    .await
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    if request.inputs.is_partial() {
        return Ok(StepPreview::unknown(
            format!(
                "Some of its inputs are known only after {}.",
                request.waits_for()
            ),
            Undo {
                class: UndoClass::Restore,
                because: Some("What it makes is deleted, and what it changes is put back.".into()),
            },
        ));
    }
    let config: Apply = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let items = items(&cluster, &config).await?;
    let mut changes = Vec::new();
    let mut conflicts = Vec::new();
    let mut notes = cluster.login.warnings.clone();
    let mut marks = Map::new();
    let mut unchanged = 0;
    for item in &items {
        let looked = look(&cluster, item, config.force).await?;
        marks.insert(item.name.id(), Value::from(looked.mark));
        notes.extend(looked.notes);
        conflicts.extend(looked.conflict);
        match looked.change {
            Some(change) => changes.push(change),
            None => unchanged += 1,
        }
    }
    if !conflicts.is_empty() {
        return Err(errors::conflict(&conflicts));
    }
    for warning in cluster.warnings() {
        if !notes.contains(&warning) {
            notes.push(warning);
        }
    }
    if unchanged > 0 {
        notes.push(match unchanged {
            1 => "1 object is as it shall be.".to_owned(),
            count => format!("{count} objects are as they shall be."),
        });
    }
    let sure = changes.iter().all(|change| change.confidence.is_none());
    let preview = StepPreview {
        confidence: if sure {
            Confidence::Exact
        } else {
            Confidence::Predicted
        },
        because: (!sure).then(|| {
            "The cluster cannot be asked about objects whose namespace or kind is made by this step."
                .to_owned()
        }),
        undo: undo_of(&changes),
        changes,
        outputs: Map::new(),
        notes,
    };
    Handover::leave(cx, Some("kubernetes/apply"), &preview, Value::Object(marks));
    Ok(preview)
}

fn mark(object: Option<&Value>) -> String {
    let mut mark = Fingerprint::new();
    mark.add(
        "object",
        object
            .map(|object| plain(object).to_string())
            .unwrap_or_default()
            .as_bytes(),
    );
    mark.finish()
}

async fn look(cluster: &Cluster<'_>, item: &Item, force: bool) -> Result<Looked> {
    let name = &item.name;
    let create = |after: Value| Change {
        action: Action::Create,
        kind: name.label(),
        name: name.path(),
        before: Value::Null,
        after: hide(name, after),
        stateful: name.is_stateful(),
        confidence: None,
        because: None,
    };
    if let Some(because) = &item.later {
        let mut change = create(plain(&item.object));
        change.confidence = Some(Confidence::Predicted);
        change.because = Some(format!("The cluster cannot be asked yet, since {because}."));
        return Ok(Looked {
            change: Some(change),
            conflict: None,
            mark: mark(None),
            notes: Vec::new(),
        });
    }
    let located = |error: Error| error.with_context("manifest", &item.place);
    let living = cluster
        .get(&item.kind, name)
        .await?
        .map_err(|status| located(errors::refused(&status, Some(name))))?;
    if let Some(living) = &living
        && living.pointer("/metadata/deletionTimestamp").is_some()
    {
        return Err(Error::new(
            ErrorKind::Conflict,
            errors::REFUSED,
            format!("{name} is just being deleted."),
        )
        .with_hint("Wait until it is gone, then preview again."));
    }
    let mut notes = Vec::new();
    let mut how = client::Apply {
        dry: true,
        force: false,
        manager: MANAGER,
    };
    let mut tried = cluster.apply(&item.kind, name, &item.object, how).await?;
    if let Err(status) = &tried
        && errors::is_field_conflict(status)
    {
        let conflict = Conflict::of(status, name);
        if !force {
            return Ok(Looked {
                change: None,
                conflict: Some(conflict),
                mark: mark(living.as_ref()),
                notes,
            });
        }
        for (field, owner) in &conflict.fields {
            notes.push(format!("`{field}` of {name} is taken over from `{owner}`."));
        }
        how.force = true;
        tried = cluster.apply(&item.kind, name, &item.object, how).await?;
    }
    let would = tried.map_err(|status| located(errors::refused(&status, Some(name))))?;
    let change = match &living {
        None => Some(create(plain(&would))),
        Some(living) => differences(&plain(living), &plain(&would)).map(|(before, after)| Change {
            action: Action::Update,
            kind: name.label(),
            name: name.path(),
            before: hide(name, before),
            after: hide(name, after),
            stateful: false,
            confidence: None,
            because: None,
        }),
    };
    Ok(Looked {
        change,
        conflict: None,
        mark: mark(living.as_ref()),
        notes,
    })
}

/// How the changes can be taken back.
pub(crate) fn undo_of(changes: &[Change]) -> Undo {
    let hidden: Vec<String> = changes
        .iter()
        .filter(|change| {
            change.kind == "Secret"
                && change.action != Action::Create
                && ["data", "stringData"].iter().any(|part| {
                    change.before.get(part).is_some() || change.after.get(part).is_some()
                })
        })
        .map(|change| format!("`{}`", change.name))
        .collect();
    let kept_out = |hidden: &[String]| {
        format!(
            "The former values of the Secret {} are kept nowhere and do not come back by themselves: set them again by hand.",
            hidden.join(" and ")
        )
    };
    if changes.is_empty() {
        return Undo {
            class: UndoClass::Automatic,
            because: None,
        };
    }
    if changes.iter().all(|change| change.action == Action::Create) {
        let stateful: Vec<String> = changes
            .iter()
            .filter(|change| change.stateful)
            .map(|change| format!("{} `{}`", change.kind, change.name))
            .collect();
        return Undo {
            class: UndoClass::Delete,
            because: Some(if stateful.is_empty() {
                "What it made is deleted.".into()
            } else {
                format!(
                    "What it made is deleted; what {} holds by then is lost.",
                    stateful.join(" and ")
                )
            }),
        };
    }
    if !hidden.is_empty() && hidden.len() == changes.len() {
        return Undo {
            class: UndoClass::Manual,
            because: Some(kept_out(&hidden)),
        };
    }
    let mut because =
        "What was there before is put back, field by field; what is new is deleted.".to_owned();
    if !hidden.is_empty() {
        because = format!("{because} {}", kept_out(&hidden));
    }
    Undo {
        class: UndoClass::Restore,
        because: Some(because),
    }
}

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let config: Apply = request.inputs.read()?;
    let kept = Kept(cx);
    let record = if let Some(record) = kept.record() {
        record
    } else {
        let cluster = Cluster::open(cx).await?;
        let items = items(&cluster, &config).await?;
        let names: Vec<_> = items
            .into_iter()
            .map(|item| (item.name, item.kind, item.later.is_some()))
            .collect();
        remember(&cluster, &names).await?
    };
    let made_only = record.objects.iter().all(|former| former.uid.is_none());
    let undo = match preview.undo.class {
        // A retry sees its own former attempt, and what it must put back is older.
        UndoClass::Automatic if made_only && !record.objects.is_empty() => Undo {
            class: UndoClass::Delete,
            because: Some("What it made is deleted.".into()),
        },
        _ => preview.undo.clone(),
    };
    Ok(UndoRecord {
        undo,
        record: serde_json::to_value(record).unwrap_or_default(),
    })
}

/// Keeps each object as it is now.
pub(crate) async fn remember(
    cluster: &Cluster<'_>,
    names: &[(Ref, client::Kind, bool)],
) -> Result<Record> {
    let kept = Kept(cluster.cx);
    let mut record = Record {
        objects: Vec::new(),
        cluster: mark_of(cluster).await?,
    };
    for (at, (name, kind, later)) in names.iter().enumerate() {
        let living = if *later {
            None
        } else {
            cluster
                .get(kind, name)
                .await?
                .map_err(|status| errors::refused(&status, Some(name)))?
        };
        let mut former = Former {
            name: name.clone(),
            plural: kind.plural.clone(),
            namespaced: kind.namespaced,
            uid: None,
            file: None,
        };
        if let Some(living) = living {
            let file = format!("before-{at}.json");
            kept.write(&file, &to_keep(name, &living))?;
            former.uid = Some(text(&living, "/metadata/uid").to_owned());
            former.file = Some(file);
        }
        record.objects.push(former);
    }
    kept.set_record(&record)?;
    Ok(record)
}

/// What tells one cluster from another: the uid of its oldest namespace; empty where nobody may look.
pub(crate) async fn mark_of(cluster: &Cluster<'_>) -> Result<String> {
    let name = plan::namespace_ref("kube-system");
    Ok(match cluster.get(&plan::namespaces(), &name).await? {
        Ok(Some(found)) => text(&found, "/metadata/uid").to_owned(),
        _ => String::new(),
    })
}

/// Fails where the previewed objects are not as they were.
async fn still(cluster: &Cluster<'_>, items: &[Item]) -> Result<()> {
    let Some(handover) = Handover::find(cluster.cx) else {
        return Ok(());
    };
    for item in items.iter().filter(|item| item.later.is_none()) {
        let Some(seen) = handover.note.get(item.name.id()).and_then(Value::as_str) else {
            continue;
        };
        let living = cluster
            .get(&item.kind, &item.name)
            .await?
            .map_err(|status| errors::refused(&status, Some(&item.name)))?;
        if mark(living.as_ref()) != seen {
            return Err(Error::new(
                ErrorKind::Stale,
                Code::new("POD0468"),
                format!("{} changed since the preview.", item.name),
            )
            .with_hint("Look at the new preview."));
        }
    }
    Ok(())
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Apply = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let items = items(&cluster, &config).await?;
    if !request.resumed && request.attempt == 1 {
        still(&cluster, &items).await?;
    }
    for warning in &cluster.login.warnings {
        say(cx, warning);
    }
    let mut uids = Map::new();
    let mut made = Vec::new();
    let all = u32::try_from(items.len()).unwrap_or(u32::MAX);
    for (at, item) in items.iter().enumerate() {
        if cx.is_cancelled() {
            return Err(errors::cancelled(
                "Applying was cancelled; what was applied so far stays until it is undone.",
            ));
        }
        wait_for_definition(&cluster, item).await?;
        let applied = apply_one(&cluster, item, config.force).await?;
        let thing = Made {
            kind: item.name.label(),
            name: item.name.path(),
            link: None,
        };
        cx.progress(Progress {
            words: format!("Applied {}", item.name),
            about: Some(format!("{} {}", item.name.label(), item.name.path())),
            status: Some("applied".into()),
            done: Some((u32::try_from(at + 1).unwrap_or(u32::MAX), all)),
            made: Some(thing.clone()),
        });
        uids.insert(item.name.id(), applied["metadata"]["uid"].clone());
        made.push(thing);
    }
    for warning in cluster.warnings() {
        say(cx, &warning);
    }
    let found = if config.wait {
        let watched: Vec<watch::Watched> = items
            .iter()
            .filter(|item| readiness::is_watched(&item.name))
            .map(|item| (item.name.clone(), item.kind.clone()))
            .collect();
        watch::until_ready(&cluster, &watched, config::millis(&config.patience)).await?
    } else {
        Vec::new()
    };
    Ok(Outcome {
        outputs: outputs(&cluster, &config, &items, &found).await?,
        made,
        undo: Some(json!({ "uids": uids })),
        ..Outcome::default()
    })
}

fn say(cx: &dyn Context, words: &str) {
    cx.log(podium_connector::LogLine {
        level: podium_connector::LogLevel::Warning,
        text: words.to_owned(),
    });
}

/// A kind that this step defines is served a moment after its definition is stored.
async fn wait_for_definition(cluster: &Cluster<'_>, item: &Item) -> Result<()> {
    if item.later.is_none()
        || cluster
            .kind(&item.kind.api_version, &item.kind.kind)
            .await?
            .is_some()
    {
        return Ok(());
    }
    let definition = Ref {
        api_version: "apiextensions.k8s.io/v1".into(),
        kind: "CustomResourceDefinition".into(),
        namespace: None,
        name: format!("{}.{}", item.kind.plural, item.kind.group()),
    };
    let kind = cluster
        .known_kind(&definition.api_version, &definition.kind)
        .await?;
    watch::until_ready(cluster, &[(definition, kind)], 60_000).await?;
    let deadline = cluster.cx.now() + 30_000;
    loop {
        cluster.forget_kinds(&item.kind.api_version);
        if cluster
            .kind(&item.kind.api_version, &item.kind.kind)
            .await?
            .is_some()
            || cluster.cx.now() >= deadline
        {
            return Ok(());
        }
        cluster
            .cx
            .sleep(std::time::Duration::from_millis(300))
            .await;
    }
}

async fn apply_one(cluster: &Cluster<'_>, item: &Item, force: bool) -> Result<Value> {
    let how = client::Apply {
        dry: false,
        force,
        manager: MANAGER,
    };
    let mut tries = 0;
    loop {
        match cluster
            .apply(&item.kind, &item.name, &item.object, how)
            .await?
        {
            Ok(applied) => return Ok(applied),
            // A namespace or a kind that was made a moment ago is not everywhere at once.
            Err(status) if status.code == 404 && item.later.is_some() && tries < 20 => {
                tries += 1;
                cluster
                    .cx
                    .sleep(std::time::Duration::from_millis(300))
                    .await;
            }
            Err(status) => {
                return Err(errors::refused(&status, Some(&item.name))
                    .with_context("manifest", &item.place));
            }
        }
    }
}

/// What later steps may want to know.
async fn outputs(
    cluster: &Cluster<'_>,
    config: &Apply,
    items: &[Item],
    found: &[Value],
) -> Result<Map<String, Value>> {
    let namespace = config
        .namespace
        .clone()
        .or_else(|| items.iter().find_map(|item| item.name.namespace.clone()))
        .unwrap_or_else(|| cluster.namespace().to_owned());
    let mut addresses = Map::new();
    for item in items {
        if !matches!(item.name.kind.as_str(), "Service" | "Ingress") {
            continue;
        }
        let seen = found
            .iter()
            .find(|object| Ref::of(object).is_some_and(|name| name == item.name))
            .cloned();
        let object = match seen {
            Some(object) => object,
            None => cluster.find(&item.name).await?.unwrap_or_default(),
        };
        if let Some(address) = address(&object) {
            addresses.insert(item.name.name.clone(), Value::from(address));
        }
    }
    let url = items
        .iter()
        .filter(|item| matches!(item.name.kind.as_str(), "Service" | "Ingress"))
        .max_by_key(|item| item.name.kind == "Ingress")
        .and_then(|item| addresses.get(&item.name.name).cloned());
    let mut outputs = Map::new();
    outputs.insert("namespace".into(), Value::from(namespace));
    outputs.insert(
        "objects".into(),
        items
            .iter()
            .map(|item| Value::from(format!("{} {}", item.name.label(), item.name.path())))
            .collect(),
    );
    outputs.insert("addresses".into(), Value::Object(addresses));
    if let Some(url) = url {
        outputs.insert("url".into(), url);
    }
    Ok(outputs)
}

/// Where a Service or an Ingress can be reached.
fn address(object: &Value) -> Option<String> {
    let balancer =
        list(object, "/status/loadBalancer/ingress")
            .first()
            .map(|at| match object::text(at, "/hostname") {
                "" => object::text(at, "/ip").to_owned(),
                name => name.to_owned(),
            });
    if text(object, "/kind") == "Ingress" {
        let host = list(object, "/spec/rules")
            .iter()
            .map(|rule| text(rule, "/host"))
            .find(|host| !host.is_empty())
            .map(str::to_owned)
            .or(balancer)?;
        let scheme = if list(object, "/spec/tls").is_empty() {
            "http"
        } else {
            "https"
        };
        let path = list(object, "/spec/rules")
            .first()
            .and_then(|rule| list(rule, "/http/paths").first())
            .map(|path| text(path, "/path").to_owned())
            .filter(|path| path.starts_with('/'))
            .unwrap_or_else(|| "/".into());
        return Some(format!("{scheme}://{host}{path}"));
    }
    let port = list(object, "/spec/ports")
        .first()
        .map_or(80, |port| object::number(port, "/port"));
    let name = text(object, "/metadata/name");
    let host =
        balancer.unwrap_or_else(|| format!("{name}.{}.svc", text(object, "/metadata/namespace")));
    let scheme = if port == 443 { "https" } else { "http" };
    Some(if matches!(port, 80 | 443) {
        format!("{scheme}://{host}/")
    } else {
        format!("{scheme}://{host}:{port}/")
    })
}

/// Checks that every object is as applied: another dry run changes nothing.
pub(crate) async fn verify(cx: &dyn Context, request: &StepRequest) -> Result<()> {
    let config: Apply = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    for item in items(&cluster, &config).await? {
        if item.later.is_none() && cluster.find(&item.name).await?.is_some() {
            continue;
        }
        return Err(Error::new(
            ErrorKind::Failed,
            errors::NOT_READY,
            format!("{} is gone again.", item.name),
        )
        .with_hint("Somebody else, or a controller of the cluster, deleted it right after; its events tell who."));
    }
    Ok(())
}
