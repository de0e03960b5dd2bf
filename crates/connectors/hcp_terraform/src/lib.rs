//! HCP Terraform and Terraform Enterprise: runs of a workspace, planned there, approved here.
//!
//! Not here: making workspaces, policies and variable sets; stacks; the Terraform on this computer, which is
//! the connector `terraform`.
//!
//! Invariants: the token goes to the host it was given for and to no other, and an address that carries a
//! token of its own is read only at the storage of that host and is written nowhere; a run is never applied
//! by itself; a plan that is not the approved one is discarded.

mod archive;
mod client;
mod config;
mod look;
mod manifest;
mod operations;
mod pack;
mod run;
mod simulator;
mod watch;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use operations::{drive_run, preview_run, undo_run};

/// HCP Terraform.
pub struct HcpTerraform {
    manifest: Manifest,
}

impl HcpTerraform {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for HcpTerraform {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for HcpTerraform {
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
        let organization = request.inputs.text("organization");
        let identity = client::Client::new(cx)?.identity(organization).await?;
        Ok(Some(identity))
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        look::rights(cx, request).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        preview_run::preview(cx, request).await
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        drive_run::prepare(cx, request, preview).await
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        drive_run::run(cx, request).await
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        drive_run::observe(cx, request).await
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        drive_run::cancelled(cx, request).await
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        drive_run::verify(cx, request, outcome).await
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        _: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        undo_run::preview(cx, record).await
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        undo_run::undo(cx, request, record).await
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
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
