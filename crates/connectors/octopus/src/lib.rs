//! Octopus Deploy: releases, deployments and runbooks, followed by their server tasks.
//!
//! Requests are values over `podium-rest`: JSON with an API key. The connector speaks to the classic
//! routes where they carry what Podium needs (a comment to find a lost deployment by, values for prompted
//! variables), and to the command route where Octopus itself decides (the next version of a release).
//!
//! Not here: making projects, processes and variables, which belongs to those who own them in Octopus.
//!
//! Invariants: a deployment carries the step's key in its comment and is looked for by it before it is
//! called lost; an interruption is answered only where the step says so; the undo of a deployment is
//! always a deployment that a person can see in Octopus.

mod auth;
mod client;
mod config;
mod look;
mod manifest;
mod operations;
mod simulator;
mod task;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use operations::{create_release, deploy_release, run_runbook};

/// Octopus Deploy.
pub struct Octopus {
    manifest: Manifest,
}

impl Octopus {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Octopus {
    fn default() -> Self {
        Self::new()
    }
}

/// The operations, as a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    CreateRelease,
    DeployRelease,
    RunRunbook,
}

fn operation(request: &StepRequest) -> Operation {
    match request.operation.operation() {
        "create-release" => Operation::CreateRelease,
        "deploy-release" => Operation::DeployRelease,
        _ => Operation::RunRunbook,
    }
}

#[async_trait]
impl Connector for Octopus {
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
        look::identify(cx, request).await.map(Some)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        match operation(request) {
            Operation::CreateRelease => create_release::preview(cx, request).await,
            Operation::DeployRelease => deploy_release::preview(cx, request).await,
            Operation::RunRunbook => run_runbook::preview(cx, request).await,
        }
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        match operation(request) {
            Operation::CreateRelease => Ok(create_release::prepare(request, preview)),
            Operation::DeployRelease => deploy_release::prepare(cx, request).await,
            Operation::RunRunbook => run_runbook::prepare(request),
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        match operation(request) {
            Operation::CreateRelease => create_release::run(cx, request).await,
            Operation::DeployRelease => deploy_release::run(cx, request).await,
            Operation::RunRunbook => run_runbook::run(cx, request).await,
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        match operation(request) {
            Operation::CreateRelease => create_release::observe(cx, request).await,
            Operation::DeployRelease => deploy_release::observe(cx, request).await,
            Operation::RunRunbook => run_runbook::observe(cx, request).await,
        }
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        task::still_running(cx, request).await
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        match operation(request) {
            Operation::CreateRelease => create_release::verify(cx, request, outcome).await,
            Operation::DeployRelease => deploy_release::verify(cx, request, outcome).await,
            // A task that ended well has accounted for every step itself.
            Operation::RunRunbook => Ok(()),
        }
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        match operation(request) {
            Operation::CreateRelease => create_release::preview_undo(cx, request, record).await,
            Operation::DeployRelease => deploy_release::preview_undo(cx, request, record).await,
            Operation::RunRunbook => run_runbook::preview_undo(cx, request, record).await,
        }
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        match operation(request) {
            Operation::CreateRelease => create_release::undo(cx, request, record).await,
            Operation::DeployRelease => deploy_release::undo(cx, request, record).await,
            Operation::RunRunbook => run_runbook::undo(cx, request, record).await,
        }
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        match operation(request) {
            Operation::CreateRelease => create_release::drift(cx, request).await,
            Operation::DeployRelease => deploy_release::drift(cx, request).await,
            Operation::RunRunbook => Err(self.not_possible(Verb::Drift, request)),
        }
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
        match operation(request) {
            Operation::DeployRelease => deploy_release::draw(cx, request).await,
            Operation::RunRunbook => run_runbook::draw(cx, request).await,
            Operation::CreateRelease => Err(self.not_possible(Verb::Draw, request)),
        }
    }
}
