//! Ansible as a system that Podium drives.

mod manifest;

use async_trait::async_trait;
use podium_connector::{
    Connector, Context, Identity, Manifest, Observed, Outcome, Problem, Simulator, StepPreview,
    StepRequest, UndoRecord, Verb,
};
use podium_diagnostics::Result;

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

struct Nothing;

impl Simulator for Nothing {
    fn save(&self) -> String {
        String::new()
    }
}

#[async_trait]
impl Connector for Ansible {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, _state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(Nothing)
    }

    fn validate(&self, _request: &StepRequest) -> Vec<Problem> {
        Vec::new()
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, _: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        Err(self.not_possible(Verb::Preview, request))
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        Err(self.not_possible(Verb::Run, request))
    }

    async fn run(&self, _: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        Err(self.not_possible(Verb::Run, request))
    }

    async fn observe(&self, _: &dyn Context, request: &StepRequest) -> Result<Observed> {
        Err(self.not_possible(Verb::Observe, request))
    }

    async fn preview_undo(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        _: &UndoRecord,
    ) -> Result<StepPreview> {
        Err(self.not_possible(Verb::Undo, request))
    }

    async fn undo(
        &self,
        _: &dyn Context,
        request: &StepRequest,
        _: &UndoRecord,
    ) -> Result<Outcome> {
        Err(self.not_possible(Verb::Undo, request))
    }
}
