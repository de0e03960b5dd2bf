//! AWX and the automation controller of Red Hat's Ansible Automation Platform: job templates and workflow
//! templates, launched with their prompts and surveys, followed event by event.
//!
//! Not here: making templates, inventories and projects, which are somebody's work there; and Ansible on
//! this computer, which is the connector `ansible`.
//!
//! Invariants: what a template would ignore is refused before the launch, and a job that ignored something
//! all the same is stopped; a template is launched once, since its job carries the step's key; a secret
//! goes into a password question or a credential's password and nowhere else.

mod auth;
mod client;
mod config;
mod hosts;
mod manifest;
mod operations;
mod simulator;
mod survey;
mod template;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Identity, Manifest, Observed, Outcome, Problem, Right,
    Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use operations::{draw_template, launch_template, look_around, preview_launch};

/// AWX.
pub struct Awx {
    manifest: Manifest,
}

impl Awx {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Awx {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for Awx {
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
        look_around::identify(cx).await.map(Some)
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        look_around::rights(cx, request).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        preview_launch::preview(cx, request).await
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        launch_template::prepare(cx, request).await
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        launch_template::run(cx, request).await
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        launch_template::observe(cx, request).await
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        launch_template::cancelled(cx, request).await
    }

    async fn verify(&self, cx: &dyn Context, _: &StepRequest, outcome: &Outcome) -> Result<()> {
        launch_template::verify(cx, outcome).await
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        preview_launch::preview_undo(cx, request, record).await
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        launch_template::undo(cx, request, record).await
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
        draw_template::draw(cx, request).await
    }
}
