//! `approval/ask`: a person says yes.
//!
//! The waiting, the counting and the answers belong to the run (`x-podium-waits: approval`); `run`
//! is called once they are there and has nothing left to do.

use async_trait::async_trait;
use podium_connector::{
    Action, Change, Connector, Context, Identity, Manifest, Observed, Outcome, Problem, Simulator,
    StepPreview, StepRequest, UndoRecord,
};
use podium_diagnostics::Result;
use serde_json::{Value, json};

use crate::words::{self, NoSimulator};

/// Asking people.
pub struct Approval {
    manifest: Manifest,
}

impl Approval {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: crate::manifest::approval(),
        }
    }
}

impl Default for Approval {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for Approval {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, _state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(NoSimulator)
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        let people = request.inputs.get("to").and_then(Value::as_array);
        let quorum = request.inputs.get("quorum").and_then(Value::as_u64);
        let (Some(people), Some(quorum)) = (people, quorum) else {
            return Vec::new();
        };
        // A name may be a group, so fewer names than voices is a surprise and no mistake.
        if people.is_empty() || quorum <= people.len() as u64 {
            return Vec::new();
        }
        vec![Problem {
            field: "/quorum".into(),
            message: format!(
                "{quorum} people must say yes, and only {} may answer.",
                people.len()
            ),
            hint: Some(
                "Name more people, or ask for fewer. A group counts as one name here.".into(),
            ),
            fatal: false,
        }]
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, _: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let shown = words::shown(&request.inputs);
        let change = Change {
            action: Action::Run,
            kind: "approval".into(),
            name: words::short(&words::plain(shown.get("message").unwrap_or(&Value::Null))),
            before: Value::Null,
            after: json!({ "to": shown.get("to"), "quorum": shown.get("quorum") }),
            stateful: false,
            confidence: None,
            because: None,
        };
        Ok(words::preview(
            &request.inputs,
            vec![change],
            words::nothing_to_undo(),
        ))
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        _: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        Ok(UndoRecord {
            undo: words::nothing_to_undo(),
            record: Value::Null,
        })
    }

    async fn run(&self, _: &dyn Context, _: &StepRequest) -> Result<Outcome> {
        Ok(Outcome::default())
    }

    async fn observe(&self, _: &dyn Context, _: &StepRequest) -> Result<Observed> {
        Ok(Observed::Adopt)
    }

    async fn preview_undo(
        &self,
        _: &dyn Context,
        _: &StepRequest,
        _: &UndoRecord,
    ) -> Result<StepPreview> {
        Ok(words::undoes_nothing())
    }

    async fn undo(&self, _: &dyn Context, _: &StepRequest, _: &UndoRecord) -> Result<Outcome> {
        Ok(Outcome::default())
    }
}
