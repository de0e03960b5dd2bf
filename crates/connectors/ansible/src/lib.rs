//! Ansible, through the real `ansible-playbook`, with live events by task and host: carried by
//! ansible-runner where it is installed.
//!
//! What it does: checks a playbook and tells what it would change, plays it, and plays the one that
//! takes it back. Not here: AWX, and what a module does on its host.
//!
//! Invariants: no secret is ever an argument or in the environment; what a task marks `no_log` leaves
//! nothing but its name; the settings are our own, an `ansible.cfg` of the workspace is not read.

mod auth;
mod client;
mod config;
mod events;
mod explained;
mod fault;
mod manifest;
mod operations;
mod simulator;
mod stream;

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Drawing, Drift, Identity, Manifest, Observed, Outcome, Problem,
    Simulator, StepPreview, StepRequest, UndoRecord,
};
use podium_diagnostics::Result;

use operations::{check_playbook as check, play_playbook as play};

/// The connector.
pub struct Ansible {
    manifest: Manifest,
}

impl Ansible {
    /// Makes it.
    pub fn new() -> Self {
        Self {
            manifest: manifest::manifest(),
        }
    }
}

impl Default for Ansible {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for Ansible {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(simulator::SimulatedAnsible::new(state))
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        config::Config::of(request).err().unwrap_or_default()
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        check::preview(cx, request, "preview-check", None).await
    }

    async fn recall(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        undo: Option<&UndoRecord>,
    ) -> Result<Option<StepPreview>> {
        Ok(check::recall(cx, request, undo).await)
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        Ok(play::prepare(request))
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        play::run(cx, request, false).await
    }

    async fn observe(&self, cx: &dyn Context, _: &StepRequest) -> Result<Observed> {
        // Until the mark stands, nothing was changed. From then on the process itself tells: `run`
        // takes it up by its label, and says so where nobody saw its end.
        Ok(if play::began(cx.keep(), "play") {
            Observed::Adopt
        } else {
            Observed::NeverStarted
        })
    }

    async fn verify(&self, _: &dyn Context, _: &StepRequest, outcome: &Outcome) -> Result<()> {
        play::verify(outcome)
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        if check::only_looks(request) {
            return Ok(check::nothing());
        }
        if request.inputs.text("undo_playbook").is_none() {
            return Ok(check::by_hand(record));
        }
        check::preview(cx, request, "preview-undo-check", Some(record)).await
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        _: &UndoRecord,
    ) -> Result<Outcome> {
        if check::only_looks(request) {
            return Ok(Outcome::default());
        }
        play::run(cx, request, true).await
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        check::drift(cx, request).await
    }

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        check::discover(cx, request, what).await
    }

    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        check::draw(cx, request).await
    }
}
