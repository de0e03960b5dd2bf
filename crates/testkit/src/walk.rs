//! The verbs in the order in which `runtime` calls them.

use podium_connector::{
    Connector, Context, Handover, Outcome, Phase, StepPreview, StepRequest, UndoRecord,
};
use podium_diagnostics::Result;

use crate::FakeContext;

/// What a step left behind.
#[derive(Debug)]
pub struct Walked {
    /// What it said it would do.
    pub preview: StepPreview,
    /// How to take it back.
    pub record: UndoRecord,
    /// What came of it.
    pub outcome: Outcome,
}

/// Previews, prepares, runs and verifies a step, each in its phase, as a new attempt. The facts that
/// the run adds for the undo are put beside the record as `runtime` does: under `learned`.
pub async fn walk(
    connector: &dyn Connector,
    cx: &FakeContext,
    request: &StepRequest,
) -> Result<Walked> {
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let preview = connector.preview(cx, request).await?;
    cx.begin_attempt();
    if let Some(recalled) = connector.recall(cx, request, None).await? {
        assert_eq!(recalled, preview, "the same answer as before");
    }
    let record = connector.prepare(cx, request, &preview).await?;
    cx.set_phase(Phase::Write);
    let outcome = connector.run(cx, request).await;
    Handover::clear(cx);
    let outcome = outcome?;
    cx.set_phase(Phase::Read);
    connector.verify(cx, request, &outcome).await?;
    cx.set_phase(Phase::Write);
    debug_assert!(cx.workspace().is_dir());
    Ok(Walked {
        preview,
        record,
        outcome,
    })
}
