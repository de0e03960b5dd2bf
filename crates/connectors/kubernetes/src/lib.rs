//! Kubernetes: manifests by server-side apply, previewed by the server's own dry run and followed until
//! they are ready; Helm charts and Kustomize folders by their own tools.
//!
//! Requests are built by `kube` and sent by the context, so that its layers are the only door to the
//! network. The same connector speaks to any cluster of a kubeconfig and to the practice cluster.
//!
//! Not here: watch streams (objects are looked at again and again, which needs no open connection),
//! `exec` and port-forward, rendering charts (Helm does it) and folders of Kustomize (kubectl does it).
//!
//! Invariants: every write is idempotent, so that a lost attempt is simply done again: apply is by one
//! field manager, `podium`; a deletion names the uid of what was previewed. Fields of other managers are
//! taken over only with `force`. The values of a Secret are in no preview, record, log or file.

mod auth;
mod client;
mod config;
mod errors;
mod fields;
mod helm;
mod kept;
mod look;
mod manifest;
mod manifests;
mod object;
mod operations;
mod plan;
mod pods;
mod readiness;
mod simulator;
mod target;
mod watch;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Right, Simulator, StepPreview, StepRequest, StillRunning, Undo, UndoClass, UndoRecord, Verb,
};
use podium_diagnostics::Result;
use serde_json::Value;

use operations::{
    apply_manifests, delete_objects, install_chart, restart_workload, restore_objects,
    wait_for_objects,
};

/// Kubernetes.
pub struct Kubernetes {
    manifest: Manifest,
}

impl Kubernetes {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self::new()
    }
}

/// Which operation a request means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Apply,
    Delete,
    Wait,
    Restart,
    Helm,
}

fn what(request: &StepRequest) -> What {
    match request.operation.operation() {
        "delete" => What::Delete,
        "wait" => What::Wait,
        "restart" => What::Restart,
        "helm" => What::Helm,
        _ => What::Apply,
    }
}

fn nothing_to_undo() -> StepPreview {
    StepPreview {
        confidence: podium_connector::Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: Undo {
            class: UndoClass::Automatic,
            because: None,
        },
        outputs: serde_json::Map::new(),
        notes: vec!["There is nothing to take back.".into()],
    }
}

#[async_trait]
impl Connector for Kubernetes {
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

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        look::rights(cx, request).await
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        match what(request) {
            What::Apply => apply_manifests::preview(cx, request).await,
            What::Delete => delete_objects::preview(cx, request).await,
            What::Wait => wait_for_objects::preview(cx, request).await,
            What::Restart => restart_workload::preview(cx, request).await,
            What::Helm => install_chart::preview(cx, request).await,
        }
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        match what(request) {
            What::Apply => apply_manifests::prepare(cx, request, preview).await,
            What::Delete => delete_objects::prepare(cx, request, preview).await,
            What::Restart => Ok(restart_workload::prepare()),
            What::Helm => install_chart::prepare(cx, request).await,
            What::Wait => Ok(UndoRecord {
                undo: preview.undo.clone(),
                record: Value::Null,
            }),
        }
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        match what(request) {
            What::Apply => apply_manifests::run(cx, request).await,
            What::Delete => delete_objects::run(cx, request).await,
            What::Wait => wait_for_objects::run(cx, request).await,
            What::Restart => restart_workload::run(cx, request).await,
            What::Helm => install_chart::run(cx, request).await,
        }
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        match what(request) {
            What::Helm => install_chart::observe(cx, request).await,
            What::Restart => restart_workload::observe(cx, request).await,
            // Doing it again is the same as having done it once.
            What::Apply | What::Delete | What::Wait => Ok(Observed::Adopt),
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
        match what(request) {
            What::Apply => apply_manifests::verify(cx, request).await,
            What::Delete => delete_objects::verify(cx, kept::Kept(cx).record()).await,
            What::Helm => install_chart::verify(outcome),
            What::Wait | What::Restart => Ok(()),
        }
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        match what(request) {
            What::Apply | What::Delete => restore_objects::preview(cx, record).await,
            What::Helm => install_chart::preview_undo(cx, request, record).await,
            What::Wait | What::Restart => Ok(nothing_to_undo()),
        }
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        match what(request) {
            What::Apply => restore_objects::undo(cx, request, record).await,
            What::Delete => delete_objects::undo(cx, request, record).await,
            What::Helm => install_chart::undo(cx, request, record).await,
            What::Wait | What::Restart => Ok(Outcome::default()),
        }
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        match what(request) {
            What::Apply => look::drift(cx, request).await,
            What::Delete | What::Wait | What::Restart | What::Helm => {
                Err(self.not_possible(Verb::Drift, request))
            }
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
        match what(request) {
            What::Apply => look::draw(cx, request).await,
            What::Delete | What::Wait | What::Restart | What::Helm => {
                Err(self.not_possible(Verb::Draw, request))
            }
        }
    }
}
