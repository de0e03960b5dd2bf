//! Azure Automation: runbooks, run as jobs, published or as the test of a draft, followed stream by stream;
//! started by a webhook; tied to a schedule.
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
mod timetable;

use std::collections::BTreeMap;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, LoginCode, Manifest, Observed, Outcome,
    Problem, Right, Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;
use podium_secret::Secret;

use operations::{
    call_webhook, draw_runbook, look_around, preview_run, run_runbook, schedule_runbook,
};

/// What an operation does; the closed list of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Run,
    Call,
    Schedule,
}

impl Does {
    fn of(request: &StepRequest) -> Self {
        match request.operation.operation() {
            "call-webhook" => Self::Call,
            "schedule-runbook" => Self::Schedule,
            _ => Self::Run,
        }
    }
}

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
        match Does::of(request) {
            Does::Call => call_webhook::identify(cx, request).await,
            _ => look_around::identify(cx, request).await.map(Some),
        }
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        match Does::of(request) {
            Does::Call => Ok(Vec::new()),
            Does::Run => look_around::rights(cx, request, &look_around::NEEDED).await,
            Does::Schedule => look_around::rights(cx, request, &look_around::SCHEDULING).await,
        }
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
        match Does::of(request) {
            Does::Run => preview_run::preview(cx, request).await,
            Does::Call => call_webhook::preview(cx, request).await,
            Does::Schedule => schedule_runbook::preview(cx, request).await,
        }
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        match Does::of(request) {
            Does::Run => run_runbook::prepare(cx, request).await,
            Does::Call => Ok(call_webhook::prepare()),
            Does::Schedule => schedule_runbook::prepare(cx, request).await,
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        match Does::of(request) {
            Does::Run => run_runbook::run(cx, request).await,
            Does::Call => call_webhook::run(cx, request).await,
            Does::Schedule => schedule_runbook::run(cx, request).await,
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        match Does::of(request) {
            Does::Run => run_runbook::observe(cx, request).await,
            Does::Call => Ok(call_webhook::observe(request)),
            Does::Schedule => Ok(schedule_runbook::observe()),
        }
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        match Does::of(request) {
            Does::Run => run_runbook::cancelled(cx, request).await,
            Does::Call => call_webhook::cancelled(cx, request).await,
            Does::Schedule => Ok(StillRunning::default()),
        }
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        match Does::of(request) {
            // A start that nobody follows leaves nothing to look at; a job that was followed has ended.
            Does::Call => Ok(()),
            Does::Run => run_runbook::verify(cx, request, outcome).await,
            Does::Schedule => schedule_runbook::verify(cx, request).await,
        }
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        match Does::of(request) {
            Does::Schedule => schedule_runbook::preview_undo(cx, request, record).await,
            _ => preview_run::preview_undo(cx, request, record).await,
        }
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        match Does::of(request) {
            Does::Schedule => schedule_runbook::undo(cx, request, record).await,
            _ => run_runbook::undo(cx, request, record).await,
        }
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        match Does::of(request) {
            Does::Schedule => schedule_runbook::drift(cx, request).await,
            _ => Err(self.not_possible(Verb::Drift, request)),
        }
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
        if Does::of(request) == Does::Call {
            return Err(self.not_possible(Verb::Draw, request));
        }
        draw_runbook::draw(cx, request).await
    }
}
