//! Azure Automation: runbooks, run as jobs, published or as the test of a draft, followed stream by stream.
//!
//! Not here: writing and publishing runbooks, which is somebody's work there; and deployments of Azure's own
//! templates.
//!
//! Invariants: a job's id is worked out of the step's key, so that it is started once; a secret is never a
//! parameter of a job, since Azure keeps those in the clear; a token is asked for anew when it is refused.

mod auth;
mod client;
mod config;
mod manifest;
mod operations;
mod reader;
mod runbook;
mod simulator;

use std::collections::BTreeMap;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Identity, LoginCode, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;
use podium_secret::Secret;

use operations::{draw_runbook, look_around, preview_run, run_runbook};

/// Azure Automation.
pub struct AzureAutomation {
    manifest: Manifest,
}

impl AzureAutomation {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for AzureAutomation {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for AzureAutomation {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(simulator::Practice::new(state))
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        config::problems(request)
    }

    async fn identify(&self, cx: &dyn Context, request: &StepRequest) -> Result<Option<Identity>> {
        look_around::identify(cx, request).await.map(Some)
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        look_around::rights(cx, request).await
    }

    fn logs_in(&self, kind: &str) -> bool {
        kind == "azure"
    }

    async fn begin_login(&self, cx: &dyn Context, _: &StepRequest) -> Result<LoginCode> {
        auth::begin_login(cx).await
    }

    async fn finish_login(
        &self,
        cx: &dyn Context,
        _: &StepRequest,
        begun: &LoginCode,
    ) -> Result<BTreeMap<String, Secret>> {
        auth::finish_login(cx, begun).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        preview_run::preview(cx, request).await
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        run_runbook::prepare(cx, request).await
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        run_runbook::run(cx, request).await
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        run_runbook::observe(cx, request).await
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        run_runbook::cancelled(cx, request).await
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        run_runbook::verify(cx, request, outcome).await
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        preview_run::preview_undo(cx, request, record).await
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        run_runbook::undo(cx, request, record).await
    }

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        look_around::discover(cx, request, what)
            .await?
            .ok_or_else(|| self.not_possible(Verb::Discover, request))
    }

    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        draw_runbook::draw(cx, request).await
    }
}
