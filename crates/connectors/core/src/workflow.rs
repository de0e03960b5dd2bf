//! `workflow/call`: another workflow as one step.
//!
//! The called document is compiled into the plan of its caller (`x-podium-runs: workflow`), so that its
//! steps are previewed, run and taken back like all others; here stand its face and its choices. Asked
//! for anything else, it says so.

use async_trait::async_trait;
use podium_connector::{
    Choice, Connector, Context, Identity, Manifest, Observed, Outcome, Problem, Simulator,
    StepPreview, StepRequest, UndoRecord, Verb,
};
use podium_diagnostics::Result;

use crate::words::NoSimulator;

/// Calling workflows.
pub struct Workflow {
    manifest: Manifest,
}

impl Workflow {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: crate::manifest::workflow(),
        }
    }
}

impl Default for Workflow {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether this is the name of a file in `workflows/`, without a folder.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && !text.contains(['/', '\\', '\0'])
        && crate::place::problem(text).is_none()
}

#[async_trait]
impl Connector for Workflow {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, _state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(NoSimulator)
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        match request.inputs.text("workflow") {
            Some(name) if !is_name(name) => vec![Problem {
                field: "/workflow".into(),
                message: format!("`{name}` is no name of a workflow."),
                hint: Some("Give the file's name in workflows/, without .yaml.".into()),
                fatal: true,
            }],
            _ => Vec::new(),
        }
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

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        if what != "workflows" {
            return Err(self.not_possible(Verb::Discover, request));
        }
        let mut names: Vec<String> = std::fs::read_dir(cx.workspace().join("workflows"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned))
            .filter(|name| is_name(name))
            .collect();
        names.sort();
        Ok(names
            .into_iter()
            .map(|name| Choice {
                label: name.clone(),
                value: name,
            })
            .collect())
    }
}
