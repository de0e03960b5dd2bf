//! `kubernetes/helm`.
//!
//! Effect class: writes, at least once: each revision that this step makes has the step's key as its
//! description, so that after a crash Helm's own history tells whether it was made.

use std::collections::BTreeMap;

use podium_connector::{
    Action, Change, Confidence, Context, Made, Observed, Outcome, Progress, StepPreview,
    StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::Remove;
use crate::config::{self, Helm as Config};
use crate::errors::{self, NOT_READY};
use crate::helm::{Session, deployed, objects, refused};
use crate::object::{Ref, differences, hide, list, plain, text};
use crate::plan;
use crate::watch;

/// What undo needs.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// The revision that ran before.
    former: Option<i64>,
    /// Whether the namespace was not there.
    makes_namespace: bool,
}

fn undo_of(former: Option<i64>) -> Undo {
    match former {
        Some(revision) => Undo {
            class: UndoClass::Restore,
            because: Some(format!(
                "Helm rolls back to revision {revision}; hooks are not taken back."
            )),
        },
        None => Undo {
            class: UndoClass::Delete,
            because: Some(
                "The release is new and is uninstalled; what its volumes hold by then is lost."
                    .into(),
            ),
        },
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    if request.inputs.is_partial() {
        return Ok(StepPreview::unknown(
            format!(
                "Some of its inputs are known only after {}.",
                request.waits_for()
            ),
            undo_of(None),
        ));
    }
    let config: Config = request.inputs.read()?;
    let session = Session::open(cx, config, "preview").await?;
    let history = session.history("history").await?;
    let former = deployed(&history);
    free(&history)?;
    let mut args = session.upgrade("preview")?;
    args.push("--dry-run=server".into());
    let said = session.call("trial", &args, true).await?;
    if !said.well {
        return Err(refused(&said, "The chart cannot be rendered."));
    }
    let release: Value = serde_json::from_str(&said.out)
        .map_err(|_| refused(&said, "The trial of the chart cannot be read."))?;
    let after = objects(text(&release, "/manifest"))?;
    let before = match former {
        Some(revision) => session.manifest("former", Some(revision)).await?,
        None => Vec::new(),
    };
    let mut changes = vec![release_line(&session, &history, former, &release)];
    if session.config.create_namespace
        && !plan::is_there(&session.cluster, &session.namespace).await?
    {
        changes.insert(
            0,
            line(
                Action::Create,
                &plan::namespace_ref(&session.namespace),
                Value::Null,
                Value::Null,
            ),
        );
    }
    changes.extend(compare(&before, &after, &session.namespace));
    for hook in list(&release, "/hooks") {
        changes.push(Change {
            action: Action::Run,
            kind: text(hook, "/kind").to_owned(),
            name: text(hook, "/name").to_owned(),
            before: Value::Null,
            after: json!({ "on": hook["events"] }),
            stateful: false,
            confidence: Some(Confidence::Unknown),
            because: Some("A hook of the chart; what it does cannot be known.".into()),
        });
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(
            "Helm rendered the chart for this cluster; the lines are its manifests compared with those of the installed release."
                .into(),
        ),
        changes,
        undo: undo_of(former),
        outputs: Map::new(),
        notes: session.cluster.warnings(),
    })
}

/// Nobody else may be at work on the release.
fn free(history: &[Value]) -> Result<()> {
    let Some(last) = history.last() else {
        return Ok(());
    };
    let status = text(last, "/status");
    if !status.starts_with("pending") {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        errors::TOOL,
        format!(
            "Another operation on the release is in progress: its last revision is `{status}`."
        ),
    )
    .with_hint(
        "Wait; if nobody works on it, roll back to the last deployed revision of `helm history`.",
    ))
}

fn line(action: Action, name: &Ref, before: Value, after: Value) -> Change {
    Change {
        action,
        kind: name.label(),
        name: name.path(),
        before: hide(name, before),
        after: hide(name, after),
        stateful: name.is_stateful() && action != Action::Update,
        confidence: None,
        because: None,
    }
}

fn release_line(
    session: &Session<'_>,
    history: &[Value],
    former: Option<i64>,
    release: &Value,
) -> Change {
    let metadata = &release["chart"]["metadata"];
    let chart = format!("{}-{}", text(metadata, "/name"), text(metadata, "/version"));
    let now = history
        .iter()
        .rev()
        .find(|entry| entry["revision"].as_i64() == former);
    Change {
        action: if former.is_some() {
            Action::Update
        } else {
            Action::Create
        },
        kind: "Release".into(),
        name: format!("{}/{}", session.namespace, session.config.release),
        before: match (former, now) {
            (Some(revision), Some(entry)) => {
                json!({ "revision": revision, "chart": entry["chart"] })
            }
            _ => Value::Null,
        },
        after: json!({ "revision": history.len() + 1, "chart": chart }),
        stateful: false,
        confidence: None,
        because: None,
    }
}

fn compare(before: &[Value], after: &[Value], namespace: &str) -> Vec<Change> {
    let by_name = |objects: &[Value]| -> BTreeMap<String, (Ref, Value)> {
        objects
            .iter()
            .filter_map(|object| {
                let name = Ref::of(object)?;
                let place = name
                    .namespace
                    .clone()
                    .unwrap_or_else(|| namespace.to_owned());
                Some((
                    format!("{}/{}/{place}/{}", name.group(), name.kind, name.name),
                    (name, plain(object)),
                ))
            })
            .collect()
    };
    let (old, new) = (by_name(before), by_name(after));
    let mut changes = Vec::new();
    for (id, (name, object)) in &new {
        match old.get(id) {
            None => changes.push(line(Action::Create, name, Value::Null, object.clone())),
            Some((_, former)) => {
                if let Some((former, object)) = differences(former, object) {
                    changes.push(line(Action::Update, name, former, object));
                }
            }
        }
    }
    for (id, (name, object)) in &old {
        if !new.contains_key(id) {
            changes.push(line(Action::Delete, name, object.clone(), Value::Null));
        }
    }
    changes
}

pub(crate) async fn prepare(cx: &dyn Context, request: &StepRequest) -> Result<UndoRecord> {
    let kept = crate::kept::Kept(cx);
    let noted: Option<Record> = kept
        .read("release.json")
        .and_then(|value| serde_json::from_value(value).ok());
    let record = if let Some(record) = noted {
        record
    } else {
        let config: Config = request.inputs.read()?;
        let session = Session::open(cx, config, "prepare").await?;
        let record = Record {
            former: deployed(&session.history("history").await?),
            makes_namespace: session.config.create_namespace
                && !plan::is_there(&session.cluster, &session.namespace).await?,
        };
        let note = serde_json::to_value(&record).unwrap_or_default();
        kept.write("release.json", &note)?;
        record
    };
    Ok(UndoRecord {
        undo: undo_of(record.former),
        record: serde_json::to_value(&record).unwrap_or_default(),
    })
}

/// The revision that this attempt made.
fn ours<'a>(history: &'a [Value], key: &str) -> Option<&'a Value> {
    let wanted = format!("podium {key}");
    history
        .iter()
        .rev()
        .find(|entry| text(entry, "/description") == wanted && text(entry, "/status") == "deployed")
}

fn seconds(config: &Config) -> String {
    format!("{}s", (config::millis(&config.patience) / 1_000).max(1))
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Config = request.inputs.read()?;
    let session = Session::open(cx, config, "run").await?;
    if request.resumed
        && let Some(done) = ours(&session.history("history-before").await?, &request.key)
    {
        return Ok(outcome(&session, done, None));
    }
    cx.progress(Progress {
        words: format!("Installing the chart as {}", session.config.release),
        ..Progress::default()
    });
    let mut args = session.upgrade(&request.key)?;
    if session.config.create_namespace {
        args.push("--create-namespace".into());
    }
    if session.config.wait {
        args.extend(["--wait".into(), "--wait-for-jobs".into()]);
    }
    args.extend(["--timeout".into(), seconds(&session.config)]);
    let said = session.call("upgrade", &args, false).await?;
    if !said.well {
        return Err(refused(&said, "The chart was not installed."));
    }
    let release: Value = serde_json::from_str(&said.out).unwrap_or_default();
    let history = session.history("history-after").await?;
    let done = history.last().cloned().unwrap_or_default();
    Ok(outcome(
        &session,
        &done,
        Some(text(&release, "/info/notes")),
    ))
}

fn outcome(session: &Session<'_>, entry: &Value, notes: Option<&str>) -> Outcome {
    let mut outputs = Map::new();
    for (name, value) in [
        ("release", Value::from(session.config.release.as_str())),
        ("namespace", Value::from(session.namespace.as_str())),
        ("revision", entry["revision"].clone()),
        ("status", entry["status"].clone()),
        ("chart", entry["chart"].clone()),
        ("app_version", entry["app_version"].clone()),
    ] {
        if !value.is_null() {
            outputs.insert(name.into(), value);
        }
    }
    if let Some(notes) = notes.filter(|notes| !notes.trim().is_empty()) {
        outputs.insert("notes".into(), Value::from(notes.trim()));
    }
    Outcome {
        outputs,
        made: vec![Made {
            kind: "Release".into(),
            name: format!("{}/{}", session.namespace, session.config.release),
            link: None,
        }],
        ..Outcome::default()
    }
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    let config: Config = request.inputs.read()?;
    let session = Session::open(cx, config, "observe").await?;
    let history = session.history("history").await?;
    if ours(&history, &request.key).is_some() {
        return Ok(Observed::Adopt);
    }
    let last = history
        .last()
        .map(|entry| text(entry, "/status"))
        .unwrap_or_default();
    Ok(if last.starts_with("pending") {
        Observed::Unknown {
            because: format!(
                "Helm began a revision of `{}` and nobody saw how it ended. Look at `helm history {}`: roll back to the last deployed revision, then retry.",
                session.config.release, session.config.release
            ),
        }
    } else {
        Observed::NeverStarted
    })
}

pub(crate) fn verify(outcome: &Outcome) -> Result<()> {
    let status = outcome
        .outputs
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if status == "deployed" {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Failed,
        NOT_READY,
        format!("The release is `{status}` and not deployed."),
    )
    .with_hint("`helm history` tells what became of each revision."))
}

fn read(record: &UndoRecord) -> Result<Record> {
    serde_json::from_value(record.record.clone()).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            errors::TOOL,
            "The undo record of this step cannot be read.",
        )
        .with_source(error)
    })
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let config: Config = request.inputs.read()?;
    let record = read(record)?;
    let session = Session::open(cx, config, "preview-undo").await?;
    let history = session.history("history").await?;
    let mut changes = Vec::new();
    if !history.is_empty() {
        let now = session.manifest("now", None).await?;
        let then = match record.former {
            Some(revision) => session.manifest("then", Some(revision)).await?,
            None => Vec::new(),
        };
        changes.push(Change {
            action: if record.former.is_some() {
                Action::Update
            } else {
                Action::Delete
            },
            kind: "Release".into(),
            name: format!("{}/{}", session.namespace, session.config.release),
            before: json!({ "revision": history.last().map(|entry| entry["revision"].clone()) }),
            after: record.former.map_or(
                Value::Null,
                |revision| json!({ "as in revision": revision }),
            ),
            stateful: false,
            confidence: None,
            because: None,
        });
        changes.extend(compare(&now, &then, &session.namespace));
    }
    if record.makes_namespace && plan::is_there(&session.cluster, &session.namespace).await? {
        let mut gone = line(
            Action::Delete,
            &plan::namespace_ref(&session.namespace),
            Value::Null,
            Value::Null,
        );
        gone.because = Some("Everything in it goes with it.".into());
        changes.push(gone);
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some("The lines are the manifests of the two revisions compared.".into()),
        changes,
        undo: Undo {
            class: UndoClass::Manual,
            because: Some("Run the step again to have it back.".into()),
        },
        outputs: Map::new(),
        notes: session.cluster.warnings(),
    })
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let config: Config = request.inputs.read()?;
    let record = read(record)?;
    let session = Session::open(cx, config, "undo").await?;
    let history = session.history("history").await?;
    if !history.is_empty() {
        let mut args = match record.former {
            Some(revision) => vec![
                "rollback".to_owned(),
                session.config.release.clone(),
                revision.to_string(),
            ],
            None => vec!["uninstall".to_owned(), session.config.release.clone()],
        };
        args.extend(session.place());
        args.extend([
            "--wait".into(),
            "--timeout".into(),
            seconds(&session.config),
        ]);
        let said = session.call("back", &args, false).await?;
        if !said.well {
            return Err(refused(&said, "The release was not taken back."));
        }
    }
    if record.makes_namespace {
        let (name, kind) = (plan::namespace_ref(&session.namespace), plan::namespaces());
        match session
            .cluster
            .delete(&kind, &name, &Remove::default())
            .await?
        {
            Ok(_) => watch::until_gone(&session.cluster, &[(name, kind, None)], 300_000).await?,
            Err(status) => return Err(errors::refused(&status, Some(&name))),
        }
    }
    Ok(Outcome::default())
}
