//! `terraform/destroy`: deletes everything that the state holds. Effect: writes, at least once.

use podium_connector::{Context, Outcome, StepPreview, StepRequest, UndoClass, UndoRecord};
use podium_diagnostics::Result;

use crate::carry;
use crate::client::Session;
use crate::footprint::Footprint;
use crate::operations::apply_configuration::{before, keep_before, record};
use crate::operations::{Looked, look, open, told};
use crate::undo::{self, Record, Way};

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let session = match open(cx, request, "preview-").await? {
        Ok(session) => session,
        Err(unknown) => return Ok(unknown),
    };
    Ok(match look(&session, request, &["-destroy"]).await? {
        Looked::Unknown(unknown) => unknown,
        Looked::Plan {
            mut plan, notes, ..
        } => {
            plan.outputs.clear();
            let undo = undo::of_destroy(&plan.changes);
            told(request, plan, notes, undo)
        }
    })
}

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let session = Session::open(cx, request, "prepare-").await?;
    let _footprint = Footprint::of(&session.folder, session.config.workspace.as_deref());
    session.ready().await?;
    let before = session.state("state").await?;
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

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let session = Session::open(cx, request, "").await?;
    let before = before(cx);
    let mut outcome = carry::out(&session, request, "destroy", &["-destroy"], &before).await?;
    outcome.outputs.clear();
    outcome.hidden.clear();
    Ok(outcome)
}
