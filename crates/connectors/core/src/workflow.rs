//! `workflow/call`: another workflow as one step.
//!
//! The run itself starts the other workflow and keeps its steps (`x-podium-runs: workflow`); here
//! stand its face, its choices and the words of its preview.

use async_trait::async_trait;
use podium_connector::{
    Action, Change, Choice, Confidence, Connector, Context, Identity, Manifest, Observed, Outcome,
    Problem, Simulator, StepPreview, StepRequest, Undo, UndoClass, UndoRecord, Verb,
};
use podium_diagnostics::Result;
use serde_json::{Value, json};

use crate::words::{self, NoSimulator};

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
        let shown = words::shown(&request.inputs);
        Ok(StepPreview {
            confidence: Confidence::Unknown,
            because: Some(
                "The changes of the other workflow are previewed when it begins.".to_owned(),
            ),
            changes: vec![Change {
                action: Action::Run,
                kind: "workflow".into(),
                name: words::plain(shown.get("workflow").unwrap_or(&Value::Null)),
                before: Value::Null,
                after: json!({ "inputs": shown.get("inputs") }),
                stateful: false,
                confidence: None,
                because: None,
            }],
            undo: Undo {
                class: UndoClass::Automatic,
                because: Some("Each step of the other workflow is taken back by itself.".into()),
            },
            outputs: serde_json::Map::new(),
            notes: Vec::new(),
        })
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
