//! IBM Cloud Orchestrator 2.4 and 2.5: offerings of its self-service catalogue, launched and followed.
//!
//! The product is withdrawn; whoever still runs it takes its steps along. Not here: making offerings, and the
//! processes behind them, which are the product's own.
//!
//! Invariants: nothing is launched twice, since the step's key goes along and is looked for; a state that
//! nobody knows ends nothing; what goes into a launch as a secret comes out nowhere, and a task's own
//! parameters are never outputs.

mod client;
mod config;
mod look;
mod manifest;
mod operations;
mod simulator;
mod task;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Identity, Manifest, Observed, Outcome, Problem, Right, Simulator,
    StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use operations::launch_offering;

/// IBM Cloud Orchestrator.
pub struct Orchestrator {
    manifest: Manifest,
}

impl Orchestrator {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Orchestrator {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for Orchestrator {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(simulator::Practice::new(state))
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        config::problems(request)
    }

    async fn identify(&self, cx: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        client::Client::new(cx)?.identity().await.map(Some)
    }

    async fn rights(&self, cx: &dyn Context, _: &StepRequest) -> Result<Vec<Right>> {
        look::rights(cx).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        launch_offering::preview(cx, request).await
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        launch_offering::prepare(request)
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        launch_offering::run(cx, request).await
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        launch_offering::observe(cx, request).await
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        launch_offering::cancelled(cx, request).await
    }

    async fn verify(&self, cx: &dyn Context, _: &StepRequest, outcome: &Outcome) -> Result<()> {
        launch_offering::verify(cx, outcome).await
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        _: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        launch_offering::preview_undo(cx, record).await
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        launch_offering::undo(cx, request, record).await
    }

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        look::discover(cx, request, what)
            .await?
            .ok_or_else(|| self.not_possible(Verb::Discover, request))
    }
}
