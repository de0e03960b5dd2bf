//! The form that a workflow asks its questions with.

use podium_plan::ask;
use podium_plan::code::MISSING_WORKFLOW_INPUT;
use serde_json::Value;

use crate::types::{CheckInputs, CheckedInputs, InputProblem};
use crate::{ApiError, Podium};

impl Podium {
    /// What a workflow asks for with the answers so far, and what is wrong with them. A screen shows these
    /// fields and sends these values; `preview.make` and the command line hold to the same rules.
    pub async fn inputs_check(&self, request: CheckInputs) -> Result<CheckedInputs, ApiError> {
        let read = self.read_workflow(&request.workflow)?;
        let Some(document) = &read.parsed.value else {
            return Ok(CheckedInputs {
                asked: Vec::new(),
                problems: Vec::new(),
            });
        };
        let found = ask(&read.parsed, &request.inputs);
        let title = |name: &str| -> String {
            let schema = document.inputs.get(name);
            schema
                .and_then(|schema| schema.get("title"))
                .and_then(Value::as_str)
                .unwrap_or(name)
                .to_owned()
        };
        let problems = found
            .problems
            .into_iter()
            .filter_map(|problem| {
                let field = problem.address.field?.strip_prefix("/inputs")?.to_owned();
                let name = field.split('/').nth(1).unwrap_or_default();
                let missing = problem.code == MISSING_WORKFLOW_INPUT;
                let message = if missing {
                    format!("{} is needed.", title(name))
                } else {
                    // The field says by itself which one it is.
                    let detail = match problem.detail.split_once("`: ") {
                        Some((_, detail)) => detail,
                        None => &problem.detail,
                    };
                    match &problem.hint {
                        Some(hint) => format!("{detail} {hint}"),
                        None => detail.to_owned(),
                    }
                };
                Some(InputProblem {
                    field,
                    code: problem.code,
                    missing,
                    message,
                })
            })
            .collect();
        Ok(CheckedInputs {
            asked: document
                .inputs
                .keys()
                .filter(|name| !found.hidden.contains(name))
                .cloned()
                .collect(),
            problems,
        })
    }
}
