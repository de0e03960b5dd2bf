//! JSON Schemas, by the name that `podium schema` takes. What is published here is committed under
//! `docs/schemas/` and made from the types, so that neither can say what the other does not.

use podium_diagnostics::{Code, Error, ErrorKind};
use serde_json::{Value, json};

use crate::{ApiError, Podium};

/// Every shape that other programs rely on, by its kind.
pub fn published() -> Vec<(&'static str, Value)> {
    KINDS
        .iter()
        .filter_map(|kind| Some((*kind, published_as(kind)?)))
        .collect()
}

/// The kinds that have a schema, beside operations.
const KINDS: [&str; 6] = [
    "workflow",
    "environment",
    "schedule",
    "workspace",
    "preview",
    "event",
];

fn published_as(kind: &str) -> Option<Value> {
    match kind {
        "workflow" => Some(podium_model::schema::workflow()),
        "environment" => Some(podium_model::schema::environment()),
        "schedule" => Some(podium_model::schema::schedule()),
        "workspace" => Some(podium_model::schema::workspace()),
        "preview" => Some(preview()),
        "event" => Some(podium_model::schema::of::<podium_engine::Event>(
            "event",
            "An event of a run of Podium",
        )),
        _ => None,
    }
}

fn preview() -> Value {
    let mut schema =
        podium_model::schema::of::<podium_plan::Preview>("preview", "A preview of Podium");
    schema["properties"]["podium"] = json!({
        "const": podium_plan::PREVIEW_FORMAT,
        "description": "The version of this shape.",
    });
    schema["properties"]["hash"]["pattern"] = json!("^sha256:[0-9a-f]{64}$");
    schema
}

impl Podium {
    /// The JSON Schema of a kind of document, or of an operation's inputs (`terraform/apply`).
    pub fn schema(&self, kind: &str) -> Result<Value, ApiError> {
        let operation = || {
            self.host
                .manifests()
                .into_iter()
                .flat_map(|manifest| manifest.operations)
                .find(|known| known.name.as_str() == kind)
                .map(|known| known.input)
        };
        published_as(kind).or_else(operation).ok_or_else(|| {
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
