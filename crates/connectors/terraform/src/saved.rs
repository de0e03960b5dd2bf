//! The plan that a person approved, kept until it is applied.
//!
//! A preview leaves its plan in the handover folder, and with it what that plan was made from. Where all of
//! it is as it was, the plan is applied as it stands: what was approved is what is done. Terraform itself
//! refuses a saved plan whose state has moved on.

use std::path::PathBuf;

use podium_connector::{Context, Fingerprint, Handover, StepPreview, StepRequest, UndoRecord};
use podium_diagnostics::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::Session;
use crate::fault;
use crate::setup::LOCK;
use crate::state::State;

/// What goes with the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The state that the plan was made for, without values.
    pub(crate) state: State,
    /// Whether anything is to be done at all.
    pub(crate) nothing: bool,
    /// Whether some secrets do not stand in the plan and are handed over again.
    pub(crate) secrets_again: bool,
    /// Outputs that are known beforehand.
    pub(crate) outputs: Map<String, Value>,
}

/// Leaves the plan of a preview, where its inputs are all known.
pub(crate) fn leave(
    session: &Session<'_>,
    request: &StepRequest,
    fingerprint: Option<&str>,
    preview: &StepPreview,
    note: &Note,
) {
    if request.inputs.is_partial() {
        Handover::clear(session.cx);
        return;
    }
    let note = serde_json::to_value(note).unwrap_or_default();
    Handover::leave(session.cx, fingerprint, preview, note);
}

/// Keeps the chosen versions of providers beside the plan: it is applied with no others, and a preview
/// leaves none in the workspace.
pub(crate) fn keep_lock(session: &Session<'_>) {
    let Some(folder) = session.cx.handover() else {
        return;
    };
    let copy = folder.join(LOCK);
    let _ = match std::fs::read(session.folder.join(LOCK)) {
        Ok(lock) => podium_connector::write_private(&copy, &lock),
        Err(_) => std::fs::remove_file(&copy),
    };
}

/// The preview that still stands.
pub(crate) async fn recall(
    cx: &dyn Context,
    request: &StepRequest,
    undo: Option<&UndoRecord>,
) -> Result<Option<StepPreview>> {
    if Handover::find(cx).is_none() {
        return Ok(None);
    }
    // What is wrong with the folder or the tool by now is told by the preview that follows.
    let Ok(session) = Session::open(cx, request, "recall-").await else {
        return Ok(None);
    };
    let fingerprint = fingerprint(&session, request, undo);
    Ok(Handover::still(cx, fingerprint.as_deref())
        .filter(|found| plan_is_there(cx, &found.note))
        .map(|found| found.preview))
}

fn plan_is_there(cx: &dyn Context, note: &Value) -> bool {
    let nothing = note.get("nothing") == Some(&Value::Bool(true));
    nothing
        || cx
            .handover()
            .is_some_and(|folder| folder.join(PLAN).exists())
}

/// The file of the plan in the handover folder.
pub(crate) const PLAN: &str = "plan.tfplan";

/// The plan that is to be carried out now; `None` where nobody handed one over and none was expected.
/// Fails as stale where one was expected.
pub(crate) fn plan(session: &Session<'_>) -> Result<Option<(PathBuf, Note)>> {
    let Some(folder) = session.cx.handover() else {
        return Ok(None);
    };
    let note = note(session.cx);
    let plan = folder.join(PLAN);
    match note {
        Some(note) if note.nothing || plan.exists() => {
            let lock = session.folder.join(LOCK);
            if !lock.exists()
                && let Ok(chosen) = std::fs::read(folder.join(LOCK))
            {
                let _ = std::fs::write(lock, chosen);
            }
            Ok(Some((plan, note)))
        }
        _ => Err(fault::stale()),
    }
}

/// What was noted with the plan that lies in the handover folder.
pub(crate) fn note(cx: &dyn Context) -> Option<Note> {
    serde_json::from_value(Handover::find(cx)?.note).ok()
}

/// Everything that a plan is made from and that can be seen without asking anybody; `None` where there is
/// too much of it. A state that is no file beside the configuration is left to Terraform, which knows
/// whether a plan is still of that state.
pub(crate) fn fingerprint(
    session: &Session<'_>,
    request: &StepRequest,
    undo: Option<&UndoRecord>,
) -> Option<String> {
    if request.inputs.is_partial() {
        return None;
    }
    let mut mark = Fingerprint::new();
    mark.add("operation", request.operation.to_string().as_bytes());
    mark.add(
        "inputs",
        Value::Object(request.inputs.values.clone())
            .to_string()
            .as_bytes(),
    );
    if let Some(undo) = undo {
        mark.add("undo", undo.record.to_string().as_bytes());
    }
    for port in ["aws"] {
        if let Some(lease) = session.cx.credential(port) {
            mark.add_credential(port, lease);
        }
    }
    for (name, lease) in session.cx.secrets() {
        mark.add_credential(&name, &lease);
    }
    let setup = session.setup();
    mark.add_facts(setup.tool);
    if let Some(settings) = setup.settings {
        mark.add_facts(settings);
    }
    mark.add_facts(&session.folder.join(LOCK));
    if let Some(state) = session.local_state() {
        mark.add_facts(&state);
    }
    let counts = |name: &str| !name.starts_with('.') && !name.contains(".tfstate");
    std::iter::once(session.folder.clone())
        .chain(
            setup
                .modules()
                .into_iter()
                .filter(|module| !module.starts_with(&session.folder)),
        )
        .all(|folder| mark.add_folder(&folder, &counts))
        .then(|| mark.finish())
}
