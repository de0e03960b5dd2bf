//! `kubernetes/delete`.
//!
//! Effect class: writes, idempotent: each object is deleted by its uid, so that one made anew under the
//! same name is never hit. Undo makes them anew from what was kept; their data is gone.

use podium_connector::{
    Action, Change, Confidence, Context, Made, Outcome, Progress, StepPreview, StepRequest, Undo,
    UndoClass, UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::apply_manifests::remember;
use super::restore_objects;
use crate::client::{Cluster, Kind, Remove};
use crate::config::{self, Delete, Dependents};
use crate::errors;
use crate::kept::Kept;
use crate::manifests;
use crate::object::{Ref, hide, plain, text};
use crate::plan;
use crate::target;
use crate::watch;

async fn targets(cluster: &Cluster<'_>, config: &Delete) -> Result<Vec<(Ref, Kind)>> {
    let namespace = config.namespace.as_deref();
    if let Some(manifests) = &config.manifests {
        let manifests = manifests::load(cluster.cx, manifests).await?;
        let mut items = Vec::new();
        for manifest in manifests {
            let name = manifest.name()?;
            // What the cluster has no kind for cannot be there.
            if cluster.kind(&name.api_version, &name.kind).await?.is_some() {
                items.push(manifest);
            }
        }
        let items = plan::plan(cluster, items, namespace, false).await?;
        return Ok(items
            .into_iter()
            .rev()
            .map(|item| (item.name, item.kind))
            .collect());
    }
    let kind = target::kind(
        cluster,
        config.kind.as_deref().unwrap_or_default(),
        config.api_version.as_deref(),
    )
    .await?;
    let names = match (&config.name, &config.selector) {
        (Some(name), _) => vec![target::named(cluster, &kind, namespace, name)],
        (None, Some(selector)) => target::selected(cluster, &kind, namespace, selector).await?,
        (None, None) => Vec::new(),
    };
    Ok(names.into_iter().map(|name| (name, kind.clone())).collect())
}

fn policy(config: &Delete) -> kube::core::params::PropagationPolicy {
    use kube::core::params::PropagationPolicy::{Background, Foreground, Orphan};
    match config.dependents {
        Dependents::Foreground => Foreground,
        Dependents::Background => Background,
        Dependents::Keep => Orphan,
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    if request.inputs.is_partial() {
        return Ok(StepPreview::unknown(
            format!(
                "Some of its inputs are known only after {}.",
                request.waits_for()
            ),
            undo_of(&[]),
        ));
    }
    let config: Delete = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let mut changes = Vec::new();
    let mut notes = cluster.login.warnings.clone();
    for (name, kind) in targets(&cluster, &config).await? {
        let living = cluster
            .get(&kind, &name)
            .await?
            .map_err(|status| errors::refused(&status, Some(&name)))?;
        let Some(living) = living else {
            notes.push(format!("{name} is not there; nothing is deleted."));
            continue;
        };
        let how = Remove {
            dry: true,
            uid: Some(text(&living, "/metadata/uid").to_owned()),
            policy: Some(policy(&config)),
            grace: None,
        };
        cluster
            .delete(&kind, &name, &how)
            .await?
            .map_err(|status| errors::refused(&status, Some(&name)))?;
        changes.push(Change {
            action: Action::Delete,
            kind: name.label(),
            name: name.path(),
            before: hide(&name, plain(&living)),
            after: Value::Null,
            stateful: name.is_stateful(),
            confidence: None,
            because: match name.kind.as_str() {
                "Namespace" => Some("Everything in it goes with it.".into()),
                "CustomResourceDefinition" => {
                    Some("Every object of this kind goes with it.".into())
                }
                _ => None,
            },
        });
    }
    Ok(StepPreview {
        confidence: Confidence::Exact,
        because: None,
        undo: undo_of(&changes),
        changes,
        outputs: Map::new(),
        notes,
    })
}

fn undo_of(changes: &[Change]) -> Undo {
    let pick = |wanted: &dyn Fn(&Change) -> bool| -> Vec<String> {
        changes
            .iter()
            .filter(|change| wanted(change))
            .map(|change| format!("{} `{}`", change.kind, change.name))
            .collect()
    };
    let secrets = pick(&|change| change.kind == "Secret");
    let whole = pick(&|change| {
        matches!(
            change.kind.as_str(),
            "Namespace" | "CustomResourceDefinition"
        )
    });
    let stateful = pick(&|change| change.stateful);
    if !secrets.is_empty() && secrets.len() == changes.len() {
        return Undo {
            class: UndoClass::Impossible,
            because: Some("The values of Secrets are kept nowhere; make them anew by hand.".into()),
        };
    }
    if !whole.is_empty() {
        return Undo {
            class: UndoClass::Manual,
            because: Some(format!(
                "{} comes back empty; what was in it must be applied again.",
                whole.join(" and ")
            )),
        };
    }
    let mut because = "They are made anew as they were, with new uids.".to_owned();
    if !stateful.is_empty() {
        because = format!("{because} What {} held is lost.", stateful.join(" and "));
    }
    if !secrets.is_empty() {
        because = format!(
            "{because} {} does not come back: its values are kept nowhere.",
            secrets.join(" and ")
        );
    }
    Undo {
        class: if changes.is_empty() {
            UndoClass::Automatic
        } else {
            UndoClass::Restore
        },
        because: (!changes.is_empty()).then_some(because),
    }
}

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let config: Delete = request.inputs.read()?;
    let record = if let Some(record) = Kept(cx).record() {
        record
    } else {
        let cluster = Cluster::open(cx).await?;
        // In the order of making: the undo goes through them backwards.
        let names: Vec<_> = targets(&cluster, &config)
            .await?
            .into_iter()
            .map(|(name, kind)| (name, kind, false))
            .collect();
        remember(&cluster, &names).await?
    };
    Ok(UndoRecord {
        undo: preview.undo.clone(),
        record: serde_json::to_value(record).unwrap_or_default(),
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Delete = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    // Only what was there when the step began: somebody may have made another one since.
    let record = Kept(cx).record().ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            errors::REFUSED,
            "What this step deletes was not noted before it began.",
        )
    })?;
    let mut gone = Vec::new();
    let mut deleted = Vec::new();
    for former in record.objects {
        let (Some(uid), kind) = (former.uid.clone(), former.kind()) else {
            continue;
        };
        if cx.is_cancelled() {
            return Err(errors::cancelled(
                "Deleting was cancelled; what was deleted so far is gone.",
            ));
        }
        let name = former.name;
        let how = Remove {
            uid: Some(uid.clone()),
            policy: Some(policy(&config)),
            ..Remove::default()
        };
        match cluster.delete(&kind, &name, &how).await? {
            Ok(true) => {}
            Ok(false) => continue,
            // The uid does not fit: the one that was previewed is gone.
            Err(status) if status.code == 409 => continue,
            Err(status) => return Err(errors::refused(&status, Some(&name))),
        }
        cx.progress(Progress {
            words: format!("Deleting {name}"),
            about: Some(format!("{} {}", name.label(), name.path())),
            ..Progress::default()
        });
        deleted.push(name.clone());
        gone.push((name, kind, Some(uid)));
    }
    watch::until_gone(&cluster, &gone, config::millis(&config.patience)).await?;
    let mut outputs = Map::new();
    outputs.insert(
        "deleted".into(),
        deleted
            .iter()
            .map(|name| Value::from(format!("{} {}", name.label(), name.path())))
            .collect(),
    );
    Ok(Outcome {
        outputs,
        made: deleted
            .iter()
            .map(|name| Made {
                kind: name.label(),
                name: name.path(),
                link: None,
            })
            .collect(),
        ..Outcome::default()
    })
}

/// The record of a deletion lists objects that were there: the undo makes them anew.
pub(crate) async fn verify(cx: &dyn Context, record: Option<crate::kept::Record>) -> Result<()> {
    let Some(record) = record else {
        return Ok(());
    };
    let cluster = Cluster::open(cx).await?;
    for former in record.objects {
        let Some(uid) = &former.uid else { continue };
        let found = cluster
            .get(&former.kind(), &former.name)
            .await?
            .map_err(|status| errors::refused(&status, Some(&former.name)))?;
        if found.is_some_and(|object| text(&object, "/metadata/uid") == uid) {
            return Err(Error::new(
                ErrorKind::Failed,
                errors::NOT_READY,
                format!("{} is still there.", former.name),
            )
            .with_hint("Look at its finalizers."));
        }
    }
    Ok(())
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    restore_objects::undo(cx, request, record).await
}
