//! Terraform and OpenTofu, through the real program and its streams of JSON.
//!
//! What it does: makes plans that leave no trace, applies saved plans with live progress by resource,
//! and takes back what it made. Not here: what a provider does at its far side, and HCP Terraform.
//!
//! Invariants: no secret is ever an argument or a `TF_VAR_…`; the plan that is applied is the very one that
//! was previewed, and it goes with its step; `init` is started only where what it reads has changed;
//! sensitive outputs are named and never read; the configuration's folder gets nothing but what
//! Terraform itself must keep there (a local state, the lock file of providers), and by a preview
//! nothing at all; tool settings are the user's own, never the workspace's.

mod auth;
mod carry;
mod client;
mod config;
mod drawing;
mod explained;
mod fault;
mod footprint;
mod manifest;
mod operations;
mod saved;
mod setup;
mod simulator;
mod state;
mod stream;
mod undo;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Simulator, StepPreview, StepRequest, UndoClass, UndoRecord, Verb,
};
use podium_diagnostics::Result;
use serde_json::Value;

use operations::{
    apply_configuration as apply, destroy_configuration as destroy, plan_configuration,
};

/// The connector.
pub struct Terraform {
    manifest: Manifest,
}

impl Terraform {
    /// Makes it.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Terraform {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for Terraform {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(simulator::SimulatedTerraform::new(state))
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        config::Config::of(request).err().unwrap_or_default()
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        match request.operation.operation() {
            "plan" => plan_configuration::preview(cx, request).await,
            "destroy" => destroy::preview(cx, request).await,
            _ => apply::preview(cx, request).await,
        }
    }

    async fn recall(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        undo: Option<&UndoRecord>,
    ) -> Result<Option<StepPreview>> {
        saved::recall(cx, request, undo).await
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        match request.operation.operation() {
            "plan" => Ok(UndoRecord {
                undo: plan_configuration::undo(),
                record: Value::Null,
            }),
            "destroy" => destroy::prepare(cx, request, preview).await,
            _ => apply::prepare(cx, request, preview).await,
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        match request.operation.operation() {
            "plan" => plan_configuration::run(cx, request).await,
            "destroy" => destroy::run(cx, request).await,
            _ => apply::run(cx, request).await,
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        let what = request.operation.operation();
        // Until the mark stands, nothing was changed. From then on the process itself tells: `run`
        // takes it up by its label, and says so where nobody saw its end.
        Ok(if what == "plan" || !carry::began(cx.keep(), what) {
            Observed::NeverStarted
        } else {
            Observed::Adopt
        })
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        match request.operation.operation() {
            "apply" => apply::preview_undo(cx, request, record).await,
            "plan" => Ok(plan_configuration::nothing()),
            _ => Ok(destroy::nothing(record)),
        }
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        match request.operation.operation() {
            "apply" => apply::undo(cx, request, record).await,
            "plan" => Ok(Outcome::default()),
            _ if record.undo.class == UndoClass::Automatic => Ok(Outcome::default()),
            _ => Err(self.not_possible(Verb::Undo, request)),
        }
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        operations::drift(cx, request).await
    }

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        operations::discover(cx, request, what).await
    }

    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        operations::draw(cx, request).await
    }
}
