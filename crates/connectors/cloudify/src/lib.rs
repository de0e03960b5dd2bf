//! Cloudify: blueprints become deployments, and workflows of deployments are executed.
//!
//! Requests are values in the manager's own interface (REST v3.1). A blueprint of the workspace is packed
//! in memory, always into the same bytes, and uploaded under an id that follows its content.
//!
//! Not here: plugins, snapshots, groups of deployments and users, which whoever runs the manager cares
//! for; and the language of blueprints, of which only what a preview shows is read.
//!
//! Invariants: a deployment carries the step's key as a label, so that one of the same name is never
//! mistaken for it; an execution is started only after the ones that are there were noted, so that it
//! is started once; the value of a secret is sent and never read.

mod archive;
mod auth;
mod blueprint;
mod client;
mod config;
mod goal;
mod look;
mod manifest;
mod operations;
mod simulator;
mod start;
mod watch;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use client::Manager;
use operations::{deploy_blueprint, execute_workflow, undo_deploy, uninstall_deployment};

/// Cloudify.
pub struct Cloudify {
    manifest: Manifest,
}

impl Cloudify {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Cloudify {
    fn default() -> Self {
        Self::new()
    }
}

/// Which operation a step asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Deploy,
    Execute,
    Uninstall,
}

fn asked(request: &StepRequest) -> Asked {
    match request.operation.operation() {
        "execute" => Asked::Execute,
        "uninstall" => Asked::Uninstall,
        _ => Asked::Deploy,
    }
}

#[async_trait]
impl Connector for Cloudify {
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
        look::identify(&Manager::of(cx)?).await.map(Some)
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        let operation = self
            .manifest
            .operations
            .iter()
            .find(|operation| operation.name == request.operation);
        let needed = operation.map_or(&[][..], |operation| &operation.permissions);
        look::rights(&Manager::of(cx)?, needed).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let manager = Manager::of(cx)?;
        match asked(request) {
            Asked::Deploy => deploy_blueprint::preview(&manager, request).await,
            Asked::Execute => execute_workflow::preview(&manager, request).await,
            Asked::Uninstall => uninstall_deployment::preview(&manager, request).await,
        }
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        let manager = Manager::of(cx)?;
        match asked(request) {
            Asked::Deploy => deploy_blueprint::prepare(&manager, request).await,
            Asked::Execute => execute_workflow::prepare(&manager, request).await,
            Asked::Uninstall => uninstall_deployment::prepare(&manager, request).await,
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        let manager = Manager::of(cx)?;
        match asked(request) {
            Asked::Deploy => deploy_blueprint::run(&manager, request).await,
            Asked::Execute => execute_workflow::run(&manager, request).await,
            Asked::Uninstall => uninstall_deployment::run(&manager, request).await,
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        let manager = Manager::of(cx)?;
        match asked(request) {
            Asked::Deploy => deploy_blueprint::observe(&manager, request).await,
            Asked::Execute => execute_workflow::observe(&manager, request).await,
            Asked::Uninstall => uninstall_deployment::observe(&manager, request).await,
        }
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        look::cancelled(&Manager::of(cx)?, request).await
    }

    async fn verify(&self, cx: &dyn Context, request: &StepRequest, _: &Outcome) -> Result<()> {
        let manager = Manager::of(cx)?;
        match asked(request) {
            Asked::Deploy => deploy_blueprint::verify(&manager, request).await,
            // The end of the execution was the check.
            Asked::Execute | Asked::Uninstall => Ok(()),
        }
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        let manager = Manager::of(cx)?;
        match asked(request) {
            Asked::Deploy => undo_deploy::preview(&manager, record).await,
            Asked::Execute => execute_workflow::preview_undo(&manager, record).await,
            Asked::Uninstall => uninstall_deployment::preview_undo(&manager, record).await,
        }
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        let manager = Manager::of(cx)?;
        match asked(request) {
            Asked::Deploy => undo_deploy::run(&manager, request, record).await,
            Asked::Execute => execute_workflow::run_undo(&manager, request, record).await,
            Asked::Uninstall => uninstall_deployment::run_undo(&manager, request, record).await,
        }
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        if asked(request) != Asked::Deploy {
            return Err(self.not_possible(Verb::Drift, request));
        }
        look::drift(&Manager::of(cx)?, request).await
    }

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        look::discover(&Manager::of(cx)?, request, what)
            .await?
            .ok_or_else(|| self.not_possible(Verb::Discover, request))
    }

    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        look::draw(&Manager::of(cx)?, request).await
    }
}
