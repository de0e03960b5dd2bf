//! AWS CloudFormation: stacks, previewed by change sets and watched resource by resource.
//!
//! Requests are values: the Query protocol, signed with Signature Version 4, read from XML. The same
//! connector speaks to AWS, to a test server at another endpoint, and to the practice cloud.
//!
//! Templates longer than a request takes go through a bucket of the step's and are removed from it again.
//!
//! Not here: all else of S3, changing stack sets (they are read), and judging templates, which
//! CloudFormation does itself.
//!
//! Invariants: nothing is executed twice, since the change set carries the step's key and the events
//! are searched for it first; a stack is followed by its ARN, so that one of the same name is never
//! mistaken for it; a secret goes into a parameter marked `NoEcho` or nowhere.

mod auth;
mod bucket;
mod changes;
mod client;
mod config;
mod errors;
mod explained;
mod look;
mod manifest;
mod operations;
mod parcel;
mod simulator;
mod stack;
mod template;
mod watch;
mod xml;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, UndoClass, UndoRecord, Verb,
};
use podium_diagnostics::Result;
use serde_json::Value;

use operations::{continue_rollback, delete_stack, deploy_stack, read_stack_set, restore_stack};

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

/// Which of the operations is asked for.
enum Asked {
    Deploy,
    Delete,
    Continue,
    ReadSet,
}

fn asked(request: &StepRequest) -> Asked {
    match request.operation.operation() {
        "delete" => Asked::Delete,
        "continue-rollback" => Asked::Continue,
        "read-stack-set" => Asked::ReadSet,
        _ => Asked::Deploy,
    }
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
        if let Some(prefix) = request.inputs.text("prefix")
            && let Some(why) = bucket::prefix_problem(prefix)
        {
            problems.push(Problem {
                field: "/prefix".into(),
                message: format!("The prefix `{prefix}` cannot be used: {why}."),
                hint: Some("Write it like a folder, for example `podium/templates`.".into()),
                fatal: true,
            });
        }
        if let Some(template @ Value::Object(_)) = request.inputs.get("template")
            && template.to_string().len() > template::LIMIT
            && request.inputs.text("bucket").is_none()
            && !request.inputs.unknown.contains_key("/bucket")
        {
            let error = parcel::too_long(
                request.inputs.text("stack").unwrap_or_default(),
                template.to_string().len(),
            );
            problems.push(Problem {
                field: "/bucket".into(),
                message: error.message,
                hint: error.hint,
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
        match asked(request) {
            Asked::Deploy => deploy_stack::preview(cx, request).await,
            Asked::Delete => delete_stack::preview(cx, request).await,
            Asked::Continue => continue_rollback::preview(cx, request).await,
            Asked::ReadSet => read_stack_set::preview(cx, request).await,
        }
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        match asked(request) {
            Asked::Deploy => deploy_stack::prepare(cx, request, preview).await,
            Asked::Delete => delete_stack::prepare(cx, request).await,
            Asked::Continue => Ok(continue_rollback::prepare(preview)),
            Asked::ReadSet => Ok(UndoRecord {
                undo: read_stack_set::undo(),
                record: Value::Null,
            }),
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        match asked(request) {
            Asked::Deploy => deploy_stack::run(cx, request).await,
            Asked::Delete => delete_stack::run(cx, request).await,
            Asked::Continue => continue_rollback::run(cx, request).await,
            Asked::ReadSet => read_stack_set::run(cx, request).await,
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        match asked(request) {
            Asked::Deploy => deploy_stack::observe(cx, request).await,
            Asked::Delete => delete_stack::observe(cx, request).await,
            Asked::Continue => continue_rollback::observe(cx, request).await,
            Asked::ReadSet => Ok(Observed::NeverStarted),
        }
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        if matches!(asked(request), Asked::ReadSet) {
            return Ok(StillRunning::default());
        }
        look::still_running(cx, request).await
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        match asked(request) {
            Asked::Deploy => deploy_stack::verify(cx, request, outcome).await,
            Asked::Delete => delete_stack::verify(cx, request).await,
            Asked::Continue => continue_rollback::verify(cx, request, outcome).await,
            Asked::ReadSet => Ok(()),
        }
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        match asked(request) {
            Asked::Deploy | Asked::Delete => restore_stack::preview(cx, request, record).await,
            Asked::Continue => Ok(continue_rollback::nothing(record)),
            Asked::ReadSet => Ok(read_stack_set::nothing()),
        }
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        match asked(request) {
            Asked::Deploy | Asked::Delete => restore_stack::undo(cx, request, record).await,
            Asked::Continue if record.undo.class != UndoClass::Automatic => {
                Err(self.not_possible(Verb::Undo, request))
            }
            Asked::Continue | Asked::ReadSet => Ok(Outcome::default()),
        }
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        match asked(request) {
            Asked::Deploy | Asked::Continue => look::drift(cx, request).await,
            Asked::Delete | Asked::ReadSet => Err(self.not_possible(Verb::Drift, request)),
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
        match asked(request) {
            Asked::ReadSet => read_stack_set::draw(cx, request).await,
            _ => look::draw(cx, request).await,
        }
    }
}
