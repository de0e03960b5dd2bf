//! A playbook in check mode: what it would change, task by task and host by host. Effect: none.

use std::collections::BTreeSet;

use podium_connector::{
    Action, Change, Choice, Confidence, Context, Drawing, DrawnEdge, DrawnNode, Drift, DriftItem,
    Handover, StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::client::{Ended, How, Kind, Session};
use crate::config::place_is_unknown;
use crate::events::{Answer, Diff};
use crate::fault;

const BECAUSE: &str = "Check mode tells what each module would change; tasks that depend on earlier changes may differ.";

/// Whether the step changes nothing by its own inputs.
pub(crate) fn only_looks(request: &StepRequest) -> bool {
    request.inputs.get("check_only") == Some(&json!(true))
}

/// Taking back what only looked.
pub(crate) fn nothing() -> StepPreview {
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: Undo {
            class: UndoClass::Automatic,
            because: Some("It only looks.".to_owned()),
        },
        outputs: serde_json::Map::new(),
        notes: Vec::new(),
    }
}

/// How the step is taken back.
pub(crate) fn undo_of(request: &StepRequest) -> Undo {
    if only_looks(request) {
        return Undo {
            class: UndoClass::Automatic,
            because: Some("It only looks.".to_owned()),
        };
    }
    match request.inputs.text("undo_playbook") {
        Some(playbook) => Undo {
            class: UndoClass::Automatic,
            because: Some(format!("Plays `{playbook}`.")),
        },
        None => Undo {
            class: UndoClass::Manual,
            because: Some(
                "Ansible keeps no record of what was there before. Name a playbook that takes it back, or take it back by hand."
                    .to_owned(),
            ),
        },
    }
}

/// Says what a playbook would change. `label` names the call.
pub(crate) async fn preview(
    cx: &dyn Context,
    request: &StepRequest,
    label: &str,
    taking_back: Option<&UndoRecord>,
) -> Result<StepPreview> {
    let undo = if taking_back.is_some() {
        Undo {
            class: UndoClass::Manual,
            because: Some("Run the workflow again to have it back.".to_owned()),
        }
    } else {
        undo_of(request)
    };
    let later = || format!("Some inputs are known only after {}.", request.waits_for());
    if place_is_unknown(request) {
        // What is missing on this computer is told now, not in the middle of the run.
        cx.tool(&["ansible-playbook"]).await?;
        return Ok(StepPreview::unknown(later(), undo));
    }
    let mut session = Session::open(cx, request).await?;
    if taking_back.is_some() {
        session = session.whole();
    }
    let playbook = playbook(&session, taking_back.is_some())?;
    let fingerprint = session.fingerprint(request, taking_back);
    let ended = session
        .call(label, &playbook, How::Check, &mut |_| {})
        .await?;
    stopped(cx)?;
    if let Some(how) = ended.cut_short() {
        return Err(unfinished(&playbook, &how));
    }
    let nothing_ran = ended.answers.is_empty() && ended.hosts.is_empty();
    if !ended.success && nothing_ran {
        let error = session.gave_up(&ended);
        if request.inputs.is_partial() {
            let mut unknown = StepPreview::unknown(later(), undo);
            unknown.notes.push(format!(
                "A guess was not possible either: {}",
                error.message
            ));
            return Ok(unknown);
        }
        return Err(error);
    }
    let mut notes = notes(&ended);
    if ended.no_hosts && nothing_ran {
        notes.push("No host of the inventory is meant by the playbook.".to_owned());
    }
    let preview = StepPreview {
        confidence: Confidence::Predicted,
        because: Some(if request.inputs.is_partial() {
            later()
        } else {
            BECAUSE.to_owned()
        }),
        changes: changes(&ended),
        undo,
        outputs: serde_json::Map::new(),
        notes,
    };
    if !request.inputs.is_partial() {
        Handover::leave(cx, fingerprint.as_deref(), &preview, Value::Null);
    }
    Ok(preview)
}

/// The check that still stands: nothing that it was made from has changed since, as far as that can be
/// seen from here. What has happened on a host in these few minutes is seen by the play itself, which
/// changes only what is not yet as it shall be.
pub(crate) async fn recall(
    cx: &dyn Context,
    request: &StepRequest,
    undo: Option<&UndoRecord>,
) -> Option<StepPreview> {
    Handover::find(cx)?;
    let session = Session::open(cx, request).await.ok()?;
    let fingerprint = session.fingerprint(request, undo);
    Handover::still(cx, fingerprint.as_deref()).map(|found| found.preview)
}

/// What taking it back would be where no playbook does so: nothing by itself.
pub(crate) fn by_hand(record: &UndoRecord) -> StepPreview {
    StepPreview {
        undo: record.undo.clone(),
        notes: record.undo.because.clone().into_iter().collect(),
        ..nothing()
    }
}

/// Which playbook: the step's, or the one that takes it back.
pub(crate) fn playbook(session: &Session<'_>, taking_back: bool) -> Result<String> {
    if !taking_back {
        return Ok(session.config.playbook.clone());
    }
    session.config.undo_playbook.clone().ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            fault::NOT_UNDONE,
            "Ansible keeps no record of what was there before, and the step names no playbook that takes it back.",
        )
        .with_hint("Name one under `undo_playbook`, or take it back by hand.")
    })
}

pub(crate) fn stopped(cx: &dyn Context) -> Result<()> {
    if cx.is_cancelled() {
        return Err(Error::new(
            ErrorKind::Cancelled,
            fault::STOPPED,
            "Stopped on request. Nothing was changed.",
        ));
    }
    Ok(())
}

/// A check that did not come to its end says nothing about what would change.
fn unfinished(playbook: &str, how: &str) -> Error {
    Error::new(
        ErrorKind::Failed,
        fault::TOOL_FAILED,
        format!("The check of `{playbook}` {how}. Nothing was changed."),
    )
    .with_hint("Preview the step again.")
}

/// Changes in the order of the tasks, then of the hosts' names.
fn changes(ended: &Ended) -> Vec<Change> {
    let mut lines: Vec<(usize, &str, Change)> = Vec::new();
    for (kind, answer) in &ended.answers {
        let unchecked = answer.unchecked && matches!(kind, Kind::Skipped | Kind::Ok);
        if !(unchecked || *kind == Kind::Ok && answer.changed) {
            continue;
        }
        let place = ended.order.get(&answer.id).copied().unwrap_or(usize::MAX);
        lines.push((place, &answer.host, change(answer, unchecked)));
    }
    lines.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    lines.into_iter().map(|(_, _, change)| change).collect()
}

fn change(answer: &Answer, unchecked: bool) -> Change {
    let (before, after) = sides(answer);
    let all = |value: &Value, is: &dyn Fn(&Value) -> bool| match value {
        Value::Array(items) if !items.is_empty() => items.iter().all(is),
        other => is(other),
    };
    let gone = |value: &Value| all(value, &|one| one.get("state") == Some(&json!("absent")));
    let empty =
        |value: &Value| gone(value) || all(value, &|one| one.is_null() || one == &json!(""));
    let action = if unchecked || runs(&answer.module) {
        Action::Run
    } else if gone(&after) || (!empty(&before) && empty(&after) && !after.is_null()) {
        Action::Delete
    } else if !answer.diff.is_empty() && empty(&before) && !after.is_null() {
        Action::Create
    } else {
        Action::Update
    };
    Change {
        action,
        kind: answer.module.clone(),
        name: format!("{} · {}", answer.host, answer.task),
        before,
        after,
        stateful: false,
        confidence: unchecked.then_some(Confidence::Unknown),
        because: if unchecked {
            Some(
                "The module cannot be checked; what it does is known only when it runs.".to_owned(),
            )
        } else if answer.hidden {
            Some("The task is marked `no_log`; what changes is hidden.".to_owned())
        } else {
            None
        },
    }
}

fn runs(module: &str) -> bool {
    matches!(
        module.rsplit('.').next().unwrap_or(module),
        "command" | "shell" | "raw" | "script" | "expect"
    )
}

/// Before and after: of one difference as it is, of several as lists.
fn sides(answer: &Answer) -> (Value, Value) {
    if answer.hidden {
        return (json!("(hidden)"), json!("(hidden)"));
    }
    let side = |of: fn(&Diff) -> &Value| -> Value {
        let all: Vec<Value> = answer.diff.iter().map(|diff| of(diff).clone()).collect();
        match all.len() {
            0 => Value::Null,
            1 => all.into_iter().next().unwrap_or_default(),
            _ => Value::Array(all),
        }
    };
    let before = side(|diff| &diff.before);
    let after = side(|diff| {
        if diff.after.is_null() {
            &diff.prepared
        } else {
            &diff.after
        }
    });
    (before, after)
}

fn notes(ended: &Ended) -> Vec<String> {
    let mut notes = BTreeSet::new();
    for (kind, answer) in &ended.answers {
        match kind {
            Kind::Unreachable => {
                notes.insert(format!(
                    "`{}` could not be reached; what changes there is not known.",
                    answer.host
                ));
            }
            Kind::Failed if !answer.ignored => {
                notes.insert(format!(
                    "On `{}` the check ends at `{}`: {}. What comes after is not known.",
                    answer.host,
                    answer.task,
                    answer.reason().trim_end_matches('.')
                ));
            }
            Kind::Skipped | Kind::Ok if answer.unchecked => {
                notes.insert(format!("`{}` cannot be checked beforehand.", answer.task));
            }
            _ => {}
        }
    }
    notes.into_iter().collect()
}

/// What a check would change now.
pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let session = Session::open(cx, request).await?;
    if session.config.check_only {
        // It made nothing that could drift.
        return Ok(Drift::default());
    }
    let playbook = playbook(&session, false)?;
    let ended = session
        .call("drift-check", &playbook, How::Check, &mut |_| {})
        .await?;
    stopped(cx)?;
    if let Some(how) = ended.cut_short() {
        return Err(unfinished(&playbook, &how));
    }
    if !ended.success {
        if ended.failed.is_empty() && ended.unreachable.is_empty() {
            return Err(session.gave_up(&ended));
        }
        return Err(fault::from_answers(&ended.failed, &ended.unreachable, 0));
    }
    Ok(Drift {
        items: changes(&ended)
            .into_iter()
            .filter(|change| change.confidence.is_none())
            .map(|change| DriftItem {
                kind: change.kind,
                name: change.name,
                expected: change.after,
                actual: change.before,
            })
            .collect(),
    })
}

/// The tasks of a playbook, in order.
pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    if place_is_unknown(request) {
        return Ok(Drawing::default());
    }
    let session = Session::open(cx, request).await?;
    let playbook = playbook(&session, false)?;
    let ended = session
        .call("draw-list", &playbook, How::ListTasks, &mut |_| {})
        .await?;
    if !ended.success {
        return Err(session.gave_up(&ended));
    }
    let mut drawing = Drawing::default();
    for line in ended.rest.lines() {
        let Some((name, _)) = line.trim_end().rsplit_once("TAGS: [") else {
            continue;
        };
        let (kind, name) = match name.trim().strip_prefix("play #") {
            Some(play) => ("play", play.split_once(": ").map_or(play, |(_, name)| name)),
            None => ("task", name.trim()),
        };
        let id = (drawing.nodes.len() + 1).to_string();
        if let Some(former) = drawing.nodes.last() {
            let former: &DrawnNode = former;
            drawing.edges.push(DrawnEdge {
                from: former.id.clone(),
                to: id.clone(),
            });
        }
        drawing.nodes.push(DrawnNode {
            id,
            kind: kind.to_owned(),
            name: name.trim().to_owned(),
        });
    }
    Ok(drawing)
}

/// Choices for a field.
pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Vec<Choice>> {
    let choices = |values: Vec<String>| {
        values
            .into_iter()
            .map(|value| Choice {
                label: value.clone(),
                value,
            })
            .collect()
    };
    match what {
        "playbooks" => Ok(choices(playbooks(cx.workspace()))),
        "tags" => {
            let session = Session::open(cx, request).await?;
            let playbook = playbook(&session, false)?;
            let ended = session
                .call("discover-tags", &playbook, How::ListTags, &mut |_| {})
                .await?;
            if !ended.success {
                return Err(session.gave_up(&ended));
            }
            let tags: BTreeSet<String> = ended
                .rest
                .lines()
                .filter_map(|line| line.trim().strip_prefix("TASK TAGS: ["))
                .flat_map(|tags| tags.trim_end_matches(']').split(','))
                .map(|tag| tag.trim().to_owned())
                .filter(|tag| !tag.is_empty())
                .collect();
            Ok(choices(tags.into_iter().collect()))
        }
        _ => Err(Error::new(
            ErrorKind::Invalid,
            fault::TOOL_FAILED,
            format!("There is no list of `{what}`."),
        )),
    }
}

/// Files that look like playbooks: YAML with a line `hosts:`; roles, variables and hidden folders are
/// left out. Sorted.
fn playbooks(workspace: &std::path::Path) -> Vec<String> {
    const MOST: usize = 300;
    let mut found = Vec::new();
    let mut open = vec![(workspace.to_path_buf(), 0)];
    while let Some((folder, depth)) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            let left_out = [
                "roles",
                "group_vars",
                "host_vars",
                "node_modules",
                "collections",
            ];
            if kind.is_dir() {
                if depth < 4 && !left_out.contains(&name.as_str()) {
                    open.push((entry.path(), depth + 1));
                }
                continue;
            }
            let is_yaml = std::path::Path::new(&name)
                .extension()
                .is_some_and(|end| end == "yml" || end == "yaml");
            if is_yaml
                && found.len() < MOST
                && entry.metadata().is_ok_and(|facts| facts.len() < 1 << 20)
                && std::fs::read_to_string(entry.path()).is_ok_and(|text| {
                    text.lines()
                        .any(|line| line.trim_start_matches(['-', ' ']).starts_with("hosts:"))
                })
                && let Ok(relative) = entry.path().strip_prefix(workspace)
            {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}
