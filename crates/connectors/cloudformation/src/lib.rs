//! AWS CloudFormation: stacks, previewed by change sets and watched resource by resource.
//!
//! Requests are values: the Query protocol, signed with Signature Version 4, read from XML. The same
//! connector speaks to AWS, to a test server at another endpoint, and to the practice cloud.
//!
//! Not here: S3 (templates longer than a request takes are refused with the reason), stack sets,
//! and judging templates, which CloudFormation does itself.
//!
//! Invariants: nothing is executed twice, since the change set carries the step's key and the events
//! are searched for it first; a stack is followed by its ARN, so that one of the same name is never
//! mistaken for it; a secret goes into a parameter marked `NoEcho` or nowhere.

mod auth;
mod changes;
mod client;
mod config;
mod errors;
mod look;
mod manifest;
mod operations;
mod simulator;
mod stack;
mod template;
mod watch;
mod xml;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, UndoRecord, Verb,
};
use podium_diagnostics::Result;
use serde_json::Value;

use operations::{delete_stack, deploy_stack, restore_stack};

/// CloudFormation.
pub struct CloudFormation {
    manifest: Manifest,
}

impl CloudFormation {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for CloudFormation {
    fn default() -> Self {
        Self::new()
    }
}

fn is_delete(request: &StepRequest) -> bool {
    request.operation.operation() == "delete"
}

#[async_trait]
impl Connector for CloudFormation {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(simulator::Practice::new(state))
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(path) = request.inputs.text("template")
            && let Some(why) = config::path_problem(path)
        {
            problems.push(Problem {
                field: "/template".into(),
                message: format!("The template `{path}` cannot be used: {why}."),
                hint: Some("Give a YAML or JSON file inside the workspace.".into()),
                fatal: true,
            });
        }
        if let Some(Value::Object(template)) = request.inputs.get("template")
            && !template.get("Resources").is_some_and(Value::is_object)
        {
            problems.push(Problem {
                field: "/template".into(),
                message: "The template has no `Resources`.".into(),
                hint: Some("Each template has at least one resource.".into()),
                fatal: true,
            });
        }
        problems
    }

    async fn identify(&self, cx: &dyn Context, request: &StepRequest) -> Result<Option<Identity>> {
        look::identify(cx, request).await.map(Some)
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        look::rights(cx, request).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        if is_delete(request) {
            delete_stack::preview(cx, request).await
        } else {
            deploy_stack::preview(cx, request).await
        }
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        if is_delete(request) {
            delete_stack::prepare(cx, request).await
        } else {
            deploy_stack::prepare(cx, request, preview).await
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        if is_delete(request) {
            delete_stack::run(cx, request).await
        } else {
            deploy_stack::run(cx, request).await
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        if is_delete(request) {
            delete_stack::observe(cx, request).await
        } else {
            deploy_stack::observe(cx, request).await
        }
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        look::still_running(cx, request).await
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        if is_delete(request) {
            delete_stack::verify(cx, request).await
        } else {
            deploy_stack::verify(cx, request, outcome).await
        }
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        restore_stack::preview(cx, request, record).await
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        restore_stack::undo(cx, request, record).await
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        if is_delete(request) {
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
