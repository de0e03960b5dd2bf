//! IBM Cloud Schematics: Terraform as a service, by workspaces and their jobs.
//!
//! Not here: Ansible actions, blueprints and agents of Schematics; making and keeping API keys.
//!
//! Invariants: the API key goes to IAM and nowhere else, and what IAM gives goes to Schematics; secure
//! values go in and never come out; a preview starts no job; a job is looked for before it is started
//! again.

mod auth;
mod client;
mod config;
mod job;
mod look;
mod manifest;
mod operations;
mod simulator;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use operations::{preview_command, run_command, undo_command};

/// IBM Cloud Schematics.
pub struct Schematics {
    manifest: Manifest,
}

impl Schematics {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Schematics {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for Schematics {
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
        preview_command::preview(cx, request).await
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        run_command::prepare(cx, request, preview).await
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        run_command::run(cx, request).await
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        run_command::observe(cx, request).await
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        run_command::cancelled(cx, request).await
    }

    async fn verify(&self, cx: &dyn Context, request: &StepRequest, _: &Outcome) -> Result<()> {
        run_command::verify(cx, request).await
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        undo_command::preview(cx, request, record).await
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        undo_command::undo(cx, request, record).await
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        if config::Command::of(request) == config::Command::Destroy {
            return Err(self.not_possible(Verb::Drift, request));
        }
        look::drift(cx, request).await
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

    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        look::draw(cx, request).await
    }
}
