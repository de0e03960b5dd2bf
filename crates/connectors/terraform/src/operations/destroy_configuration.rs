//! `terraform/destroy`: deletes everything that the state holds. Effect: writes, at least once.

use podium_connector::{
    Confidence, Context, Outcome, StepPreview, StepRequest, UndoClass, UndoRecord,
};
use podium_diagnostics::Result;

use crate::carry;
use crate::client::Session;
use crate::operations::apply_configuration::{before, keep_before, record, state_before};
use crate::operations::{Looked, look, open, told};
use crate::saved;
use crate::undo::{self, Record, Way};

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let session = match open(cx, request, "preview-").await? {
        Ok(session) => session,
        Err(unknown) => return Ok(unknown),
    };
    let fingerprint = saved::fingerprint(&session, request, None);
    Ok(match look(&session, request, &["-destroy"]).await? {
        Looked::Unknown(unknown) => unknown,
        Looked::Plan {
            mut plan,
            notes,
            note,
        } => {
            plan.outputs.clear();
            let undo = undo::of_destroy(&plan.changes);
            let preview = told(request, plan, notes, undo);
            saved::leave(&session, request, fingerprint.as_deref(), &preview, &note);
            preview
        }
    })
}

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let session = Session::open(cx, request, "prepare-").await?;
    let before = state_before(&session).await?;
    keep_before(cx, &before)?;
    record(
        preview.undo.clone(),
        &Record {
            way: match preview.undo.class {
                UndoClass::Automatic => Way::Nothing,
                _ => Way::Person,
            },
            before,
            planned: preview
                .changes
                .iter()
                .map(|change| (change.name.clone(), change.action))
                .collect(),
            state_copy: false,
        },
    )
}

/// What taking it back would be: nothing, since nothing can be.
pub(crate) fn nothing(record: &UndoRecord) -> StepPreview {
    let because = record.undo.because.clone();
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: record.undo.clone(),
        outputs: serde_json::Map::new(),
        notes: because.into_iter().collect(),
    }
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let session = Session::open(cx, request, "").await?;
    let before = before(cx);
    let mut outcome = carry::out(&session, request, "destroy", &["-destroy"], &before).await?;
    outcome.outputs.clear();
    outcome.hidden.clear();
    Ok(outcome)
}
