//! The other workflows of a workspace, as far as they are called.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use podium_model::document::Document;
use podium_model::expression::references;
use podium_model::parse::{Parsed, parse_workflow};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::call::{is_call, is_optional};
use crate::manifests::Manifests;
use crate::questions::WHEN;

/// More workflows than this are not gathered for one; calls of the rest are told as missing.
const MAX_WORKFLOWS: usize = 1_000;

/// The workflows that a document calls, and that those call, read and parsed. Plain data: the files are
/// read by whoever gathers them.
#[derive(Debug, Default)]
pub struct Library {
    workflows: BTreeMap<String, Entry>,
    names: Vec<String>,
}

/// One workflow that is called.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) parsed: Parsed<Document>,
    pub(crate) file: String,
    pub(crate) version: String,
    /// One schema of what it may be given.
    pub(crate) input: Value,
    pub(crate) checker: Option<jsonschema::Validator>,
    /// One schema of what it gives.
    pub(crate) output: Value,
}

/// The text of a workflow.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its file, relative to the workspace.
    pub file: String,
    /// Its content.
    pub text: Vec<u8>,
}

impl Library {
    /// Reads everything that `root` calls, directly or through others. `names` are those of all
    /// workflows, for hints; `read` gives the text of one, where there is one.
    pub fn gather(
        root: &Parsed<Document>,
        manifests: &Manifests,
        names: Vec<String>,
        mut read: impl FnMut(&str) -> Option<Source>,
    ) -> Self {
        let mut library = Self {
            workflows: BTreeMap::new(),
            names,
        };
        let mut left = callees(root, manifests);
        while let Some(name) = left.pop() {
            if library.workflows.contains_key(&name) || library.workflows.len() >= MAX_WORKFLOWS {
                continue;
            }
            let Some(source) = read(&name) else { continue };
            let entry = Entry::new(source, manifests);
            left.extend(callees(&entry.parsed, manifests));
            library.workflows.insert(name, entry);
        }
        library
    }

    /// The content hash that a call may pin, of a workflow that was gathered.
    pub fn version(&self, workflow: &str) -> Option<&str> {
        self.get(workflow).map(|entry| entry.version.as_str())
    }

    pub(crate) fn get(&self, workflow: &str) -> Option<&Entry> {
        self.workflows.get(workflow)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.names.iter().map(String::as_str)
    }
}

impl Entry {
    fn new(source: Source, manifests: &Manifests) -> Self {
        let parsed = parse_workflow(&source.file, &source.text);
        let (input, output) = parsed.value.as_ref().map_or_else(
            || (json!({}), json!({})),
            |document| (input_of(document), output_of(document, manifests)),
        );
        Self {
            version: version_of(&source.text),
            checker: jsonschema::validator_for(&input).ok(),
            file: source.file,
            parsed,
            input,
            output,
        }
    }
}

/// The content hash of a workflow's file, as a call pins it.
fn version_of(text: &[u8]) -> String {
    let mut version = String::from("sha256:");
    for byte in Sha256::digest(text) {
        let _ = write!(version, "{byte:02x}");
    }
    version
}

/// Whether this is the name of a file in `workflows/`: no folder, nothing that leads out of it.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && !text.starts_with('.')
        && !text.contains("${{")
        && !text.contains(['/', '\\', ':'])
        && !text.chars().any(char::is_control)
}

/// The names that a document's calls name plainly.
fn callees(parsed: &Parsed<Document>, manifests: &Manifests) -> Vec<String> {
    let steps = parsed
        .value
        .iter()
        .flat_map(|document| document.steps.values());
    steps
        .filter(|step| manifests.operation(&step.uses).is_some_and(is_call))
        .filter_map(|step| step.with.get("workflow")?.as_str())
        .filter(|name| is_name(name))
        .map(str::to_owned)
        .collect()
}

/// One schema for all inputs of a workflow.
pub(crate) fn input_of(document: &Document) -> Value {
    let required: Vec<&String> = document
        .inputs
        .iter()
        .filter(|(_, schema)| {
            // Whether one with a condition is needed is known when the others are.
            schema.get("default").is_none() && schema.get(WHEN).is_none() && !is_optional(schema)
        })
        .map(|(name, _)| name)
        .collect();
    let properties: Map<String, Value> = document
        .inputs
        .iter()
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    json!({
        "type": "object", "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

/// One schema for all outputs: what is exactly one path has the type of what it names.
fn output_of(document: &Document, manifests: &Manifests) -> Value {
    let properties: Map<String, Value> = document
        .outputs
        .iter()
        .map(|(name, template)| {
            let schema = output_schema(document, manifests, template);
            (name.clone(), schema.unwrap_or_else(|| json!({})))
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn output_schema(document: &Document, manifests: &Manifests, template: &Value) -> Option<Value> {
    let inner = template.as_str()?.strip_prefix("${{")?.strip_suffix("}}")?;
    let found = references(template);
    let [(_, only)] = found.as_slice() else {
        return None;
    };
    if only.path.join(".") != inner.trim() {
        return None;
    }
    let path: Vec<&str> = only.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["inputs", name] => document.inputs.get(*name).cloned(),
        ["steps", id, "outputs", name] => {
            let step = document
                .steps
                .iter()
                .find(|(known, _)| known.as_str() == *id)?
                .1;
            if step.for_each.is_some() {
                return None;
            }
            let operation = manifests.operation(&step.uses)?;
            operation.output.get("properties")?.get(*name).cloned()
        }
        _ => None,
    }
}
