//! What the operations share.

pub(crate) mod delete_thing;
pub(crate) mod order_item;
pub(crate) mod provision_instance;
pub(crate) mod run_workflow;

use std::fmt::Write as _;
use std::time::Duration;

use podium_connector::{
    Action, Change, Confidence, Context, Made, StepPreview, Undo, UndoClass, write_private,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::Call;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::{Appliance, FAILED, id, name};
use crate::config::Common;
use crate::watch::Thing;

pub(crate) fn change(
    action: Action,
    kind: &str,
    name: &str,
    before: Value,
    after: Value,
) -> Change {
    Change {
        action,
        kind: kind.to_owned(),
        name: name.to_owned(),
        before,
        after,
        stateful: false,
        confidence: None,
        because: None,
    }
}

pub(crate) fn undo(class: UndoClass, because: Option<&str>) -> Undo {
    Undo {
        class,
        because: because.map(str::to_owned),
    }
}

/// A preview that was worked out and not told by the appliance.
pub(crate) fn predicted(
    because: &str,
    changes: Vec<Change>,
    undo: Undo,
    notes: Vec<String>,
) -> StepPreview {
    StepPreview {
        confidence: Confidence::Predicted,
        because: Some(because.to_owned()),
        changes,
        undo,
        outputs: Map::new(),
        notes,
    }
}

/// The undo of an undo.
pub(crate) fn no_way_back() -> Undo {
    undo(
        UndoClass::Impossible,
        Some("what is taken back is not brought back by an undo; run the step again."),
    )
}

pub(crate) fn made(appliance: &Appliance<'_>, kind: &str, name: &str, thing: Thing) -> Made {
    Made {
        kind: kind.to_owned(),
        name: name.to_owned(),
        link: Some(thing.page(appliance)),
    }
}

/// A uuid that follows from the step's key: an instance that carries it was made by this step.
pub(crate) fn uuid(key: &str) -> String {
    let digest = Sha256::digest(format!("podium {key}").as_bytes());
    let mut text = String::new();
    for (at, byte) in digest.iter().take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match at {
            6 => byte & 0x0f | 0x80,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Keeps something of this step on disk.
pub(crate) fn keep(cx: &dyn Context, file: &str, value: &Value) -> Result<()> {
    let path = cx.keep().join(format!("morpheus-{file}.json"));
    write_private(&path, value.to_string().as_bytes()).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            Code::new("POD0604"),
            "A note of this step cannot be written.",
        )
        .with_hint("Make room on the disk, then run the step again.")
        .with_source(error)
    })
}

/// What was kept.
pub(crate) fn kept(cx: &dyn Context, file: &str) -> Option<Value> {
    let path = cx.keep().join(format!("morpheus-{file}.json"));
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn on(flag: bool) -> &'static str {
    if flag { "on" } else { "off" }
}

/// The call that deletes a thing, with the choices about what stays.
pub(crate) fn removal(thing: Thing, common: &Common) -> Call {
    let call = Call::delete(format!("/api/{}", thing.remote()))
        .query("force", on(common.force))
        .query("preserveVolumes", on(common.keep_volumes))
        .query("keepBackups", on(common.keep_backups));
    match thing {
        Thing::App(_) | Thing::Item(_) => call.query("removeInstances", "on"),
        _ => call,
    }
}

/// What goes when a thing is deleted.
pub(crate) fn loss(kind: &str, found: &Value, common: &Common) -> Change {
    let mut gone = change(
        Action::Delete,
        kind,
        &name(found),
        json!({ "id": id(found), "status": found["status"] }),
        Value::Null,
    );
    gone.stateful = !common.keep_volumes;
    gone
}

/// Deletes a thing and waits until it is gone, or is marked to go.
pub(crate) async fn remove(
    appliance: &Appliance<'_>,
    thing: Thing,
    common: &Common,
) -> Result<Gone> {
    let cx = appliance.context();
    let Some(found) = thing.now(appliance).await? else {
        return Ok(Gone::Before);
    };
    if is_leaving(&found) {
        return Ok(Gone::Later);
    }
    cx.progress(podium_connector::Progress {
        words: format!("Removing `{}`", name(&found)),
        status: Some(crate::watch::word_of(thing, &found)),
        ..Default::default()
    });
    if appliance.find(removal(thing, common)).await?.is_none() {
        return Ok(Gone::Before);
    }
    for _ in 0..600 {
        let Some(found) = thing.now(appliance).await? else {
            return Ok(Gone::Now);
        };
        if is_leaving(&found) {
            return Ok(Gone::Later);
        }
        match crate::watch::stage_of(thing, &found) {
            podium_rest::Stage::Failed => {
                return Err(Error::new(
                    ErrorKind::Failed,
                    FAILED,
                    format!(
                        "`{}` could not be removed; it is `{}` now.",
                        name(&found),
                        crate::watch::word_of(thing, &found)
                    ),
                )
                .with_hint("Look at its history in Morpheus; `force` lets Morpheus forget it where the cloud does not answer.")
                .with_context("link", thing.page(appliance)));
            }
            podium_rest::Stage::Waiting => {
                cx.progress(podium_connector::Progress {
                    words: format!(
                        "Waits until somebody approves the removal: {}",
                        appliance.page("/operations/approvals")
                    ),
                    status: Some(crate::watch::word_of(thing, &found)),
                    ..Default::default()
                });
            }
            _ => {}
        }
        if cx.is_cancelled() {
            return Err(Error::new(
                ErrorKind::Cancelled,
                Code::new("POD0479"),
                "The removal has begun in Morpheus and goes on.",
            ));
        }
        cx.sleep(Duration::from_secs(1)).await;
    }
    Err(Error::new(
        ErrorKind::TimedOut,
        FAILED,
        format!(
            "Morpheus was asked to remove `{}`, and it is still there.",
            name(&found)
        ),
    )
    .with_hint("Look at its history in Morpheus."))
}

/// What became of a thing that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It was not there.
    Before,
    Now,
    /// A policy keeps it for some days; until then it can be called back.
    Later,
}

/// Whether a policy keeps it for some days before it goes.
pub(crate) fn is_leaving(found: &Value) -> bool {
    found["removalDate"].is_string() || found["status"].as_str() == Some("pendingRemoval")
}

/// Whether a policy of the group or the cloud keeps what is deleted for some days.
pub(crate) async fn keeps_deleted(appliance: &Appliance<'_>, found: &Value) -> Result<bool> {
    for (path, of) in [("groups", "group"), ("zones", "cloud")] {
        let id = id(&found[of]);
        if id == 0 {
            continue;
        }
        let call = Call::get(format!("/api/{path}/{id}/policies"));
        match appliance.all(call, "policies").await {
            Ok(all) => {
                let keeps = all.iter().any(|one| {
                    one["enabled"] != json!(false)
                        && one["policyType"]["code"].as_str() == Some("delayedRemoval")
                });
                if keeps {
                    return Ok(true);
                }
            }
            // Who may not see policies is told less.
            Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
