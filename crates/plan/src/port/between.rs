//! What two operations have to say to each other.

use podium_connector::Operation;
use podium_model::tree::escape;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::{Converter, Port};

/// One output held against one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Fit {
    /// The output's name.
    pub output: String,
    /// The input's pointer below `with`, such as `/inventory/hosts`.
    pub field: String,
    /// What the output is, in words: `a folder path`.
    pub gives: String,
    /// What the input takes, in words.
    pub takes: String,
    /// Why the two do not go together, as a sentence that names both types; absent where they do.
    pub because: Option<String>,
    /// What makes them go together, the likeliest first; empty where nothing is needed or known.
    pub converters: Vec<Converter>,
}

/// Every declared output of one operation against every input of another one. `step` is the id that the
/// converters' expressions name.
pub fn between(from: &Operation, step: &str, to: &Operation) -> Vec<Fit> {
    let inputs = inputs(&to.input);
    let mut fits = Vec::new();
    for (output, schema) in properties(&from.output) {
        let port = Port::of_schema(schema);
        for (field, title, wanted) in &inputs {
            let (gives, takes) = (port.words(), wanted.words());
            let refused = port.refuses(wanted);
            let path = format!("steps.{step}.outputs.{output}");
            fits.push(Fit {
                because: refused.then(|| {
                    let name = title_of(output, schema);
                    format!("“{name}” is {gives}; “{title}” takes {takes}.")
                }),
                converters: if refused {
                    port.converters(wanted, &path)
                } else {
                    Vec::new()
                },
                output: output.to_owned(),
                field: field.clone(),
                gives,
                takes,
            });
        }
    }
    fits
}

/// Whether an operation has an input that takes something of what another one gives, as it is or
/// converted. An operation that gives nothing known in advance fits all that take something.
pub fn fitting(from: &Operation, to: &Operation) -> bool {
    let inputs = inputs(&to.input);
    if inputs.is_empty() {
        return false;
    }
    let outputs: Vec<Port> = properties(&from.output)
        .map(|(_, schema)| Port::of_schema(schema))
        .collect();
    let open = from.output.get("additionalProperties") != Some(&Value::Bool(false));
    open || outputs.iter().any(|given| {
        inputs.iter().any(|(.., wanted)| {
            !given.refuses(wanted) || !given.converters(wanted, "one").is_empty()
        })
    })
}

/// The places of a form that take a value, groups opened one level.
fn inputs(schema: &Value) -> Vec<(String, String, Port)> {
    let mut found = Vec::new();
    for (name, property) in properties(schema) {
        let pointer = format!("/{}", escape(name));
        let title = title_of(name, property);
        for (inner, below) in properties(property) {
            found.push((
                format!("{pointer}/{}", escape(inner)),
                format!("{title} › {}", title_of(inner, below)),
                Port::of_schema(below),
            ));
        }
        found.push((pointer, title, Port::of_schema(property)));
    }
    found
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.as_str(), property))
}

fn title_of(name: &str, schema: &Value) -> String {
    match schema.get("title").and_then(Value::as_str) {
        Some(title) => title.to_owned(),
        None => name.to_owned(),
    }
}
