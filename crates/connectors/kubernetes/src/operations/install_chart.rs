//! `kubernetes/helm`.
#![allow(clippy::unused_async)] // Not offered yet.
use podium_connector::{Context, Observed, Outcome, StepPreview, StepRequest, UndoRecord};
use podium_diagnostics::{Code, Error, ErrorKind, Result};

fn soon() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        Code::new("POD0430"),
        "Helm charts cannot be installed yet.",
    )
}
pub(crate) async fn preview(_: &dyn Context, _: &StepRequest) -> Result<StepPreview> {
    Err(soon())
}
pub(crate) async fn prepare(_: &dyn Context, _: &StepRequest) -> Result<UndoRecord> {
    Err(soon())
}
pub(crate) async fn run(_: &dyn Context, _: &StepRequest) -> Result<Outcome> {
    Err(soon())
}
pub(crate) async fn observe(_: &dyn Context, _: &StepRequest) -> Result<Observed> {
    Ok(Observed::NeverStarted)
}
pub(crate) async fn verify(_: &dyn Context, _: &StepRequest, _: &Outcome) -> Result<()> {
    Ok(())
}
pub(crate) async fn preview_undo(
    _: &dyn Context,
    _: &StepRequest,
    _: &UndoRecord,
) -> Result<StepPreview> {
    Err(soon())
}
pub(crate) async fn undo(_: &dyn Context, _: &StepRequest, _: &UndoRecord) -> Result<Outcome> {
    Err(soon())
}
