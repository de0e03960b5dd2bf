//! JSON Schemas, by the name that `podium schema` takes.

use podium_diagnostics::{Code, Error, ErrorKind};
use serde_json::Value;

use crate::{ApiError, Podium};

/// The kinds that have a schema, beside operations.
const KINDS: [&str; 5] = ["workflow", "environment", "workspace", "preview", "event"];

impl Podium {
    /// The JSON Schema of a kind of document, or of an operation's inputs (`terraform/apply`).
    pub fn schema(&self, kind: &str) -> Result<Value, ApiError> {
        let schema = match kind {
            "workflow" => Some(schemars::schema_for!(podium_model::Document).into()),
            "environment" => Some(schemars::schema_for!(podium_model::Environment).into()),
            "workspace" => Some(schemars::schema_for!(podium_model::Workspace).into()),
            "preview" => Some(schemars::schema_for!(podium_plan::Preview).into()),
            "event" => Some(podium_engine::event::event_schema()),
            operation => self
                .host
                .manifests()
                .into_iter()
                .flat_map(|manifest| manifest.operations)
                .find(|known| known.name.as_str() == operation)
                .map(|known| known.input),
        };
        schema.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                Code::new("POD0823"),
                format!("There is no schema of `{kind}`."),
            )
            .with_hint(format!(
                "There are: {}, and every operation.",
                KINDS.join(", ")
            ))
            .into()
        })
    }
}
