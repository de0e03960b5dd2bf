//! Morpheus: items of its catalog are ordered, instances and apps provisioned, workflows run.
//!
//! Requests are values in the appliance's own interface. What was ordered is followed through its
//! processes, and through the approvals that its policies ask for.
//!
//! Not here: clouds, groups, policies, plans and users, which whoever runs the appliance cares for.
//!
//! Invariants: an instance carries a uuid, an app a remark and an execution a name that follow from the
//! step's key, so that each is found again and made once; an order has nothing of the kind, so that one
//! that cannot be told apart is asked about; a password goes into an option and never comes out.

mod auth;
mod client;
mod config;
mod look;
mod manifest;
mod operations;
mod options;
mod simulator;
mod watch;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use client::Appliance;
use operations::{delete_thing, order_item, provision_instance, run_workflow};

/// Morpheus.
pub struct Morpheus {
    manifest: Manifest,
}

impl Morpheus {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Morpheus {
    fn default() -> Self {
        Self::new()
    }
}

/// Which operation a step asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Order,
    Provision,
    RunWorkflow,
    Delete,
}

fn asked(request: &StepRequest) -> Asked {
    match request.operation.operation() {
        "provision" => Asked::Provision,
        "run-workflow" => Asked::RunWorkflow,
        "delete" => Asked::Delete,
        _ => Asked::Order,
    }
}

#[async_trait]
impl Connector for Morpheus {
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
        look::identify(&Appliance::of(cx)?).await.map(Some)
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        let operation = self
            .manifest
            .operations
            .iter()
            .find(|operation| operation.name == request.operation);
        let needed = operation.map_or(&[][..], |operation| &operation.permissions);
        look::rights(&Appliance::of(cx)?, needed).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let appliance = Appliance::of(cx)?;
        match asked(request) {
            Asked::Order => order_item::preview(&appliance, request).await,
            Asked::Provision => provision_instance::preview(&appliance, request).await,
            Asked::RunWorkflow => run_workflow::preview(&appliance, request).await,
            Asked::Delete => delete_thing::preview(&appliance, request).await,
        }
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        let appliance = Appliance::of(cx)?;
        match asked(request) {
            Asked::Order => order_item::prepare(&appliance, request).await,
            Asked::Provision => provision_instance::prepare(request),
            Asked::RunWorkflow => run_workflow::prepare(request),
            Asked::Delete => delete_thing::prepare(&appliance, request).await,
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        let appliance = Appliance::of(cx)?;
        match asked(request) {
            Asked::Order => order_item::run(&appliance, request).await,
            Asked::Provision => provision_instance::run(&appliance, request).await,
            Asked::RunWorkflow => run_workflow::run(&appliance, request).await,
            Asked::Delete => delete_thing::run(&appliance, request).await,
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        let appliance = Appliance::of(cx)?;
        match asked(request) {
            Asked::Order => order_item::observe(&appliance, request).await,
            Asked::Provision => provision_instance::observe(&appliance, request).await,
            Asked::RunWorkflow => run_workflow::observe(&appliance, request).await,
            Asked::Delete => delete_thing::observe(&appliance, request).await,
        }
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        look::cancelled(&Appliance::of(cx)?, request).await
    }

    async fn verify(&self, cx: &dyn Context, request: &StepRequest, _: &Outcome) -> Result<()> {
        let _ = (cx, request);
        Ok(())
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        let appliance = Appliance::of(cx)?;
        match asked(request) {
            Asked::Order => order_item::preview_undo(&appliance, record).await,
            Asked::Provision => provision_instance::preview_undo(&appliance, record).await,
            Asked::RunWorkflow => run_workflow::preview_undo(&appliance, record).await,
            Asked::Delete => delete_thing::preview_undo(&appliance, record).await,
        }
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        let appliance = Appliance::of(cx)?;
        match asked(request) {
            Asked::Order => order_item::run_undo(&appliance, record).await,
            Asked::Provision => provision_instance::run_undo(&appliance, record).await,
            Asked::RunWorkflow => run_workflow::run_undo(&appliance, request, record).await,
            Asked::Delete => delete_thing::run_undo(&appliance, record).await,
        }
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        if asked(request) != Asked::Provision {
            return Err(self.not_possible(Verb::Drift, request));
        }
        provision_instance::drift(&Appliance::of(cx)?, request).await
    }

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        look::discover(&Appliance::of(cx)?, request, what)
            .await?
            .ok_or_else(|| self.not_possible(Verb::Discover, request))
    }

    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        look::draw(&Appliance::of(cx)?, request).await
    }
}
