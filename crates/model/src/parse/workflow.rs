//! The outer keys of a workflow.

use indexmap::IndexMap;

use super::reader::{Path, Reader};
use super::{NOT_A_DOCUMENT, WRONG_TYPE, step, version};
use crate::document::{Document, Slot};
use crate::id::{CredentialName, StepId};
use crate::tree::Kind;

const KEYS: [&str; 7] = [
    "podium",
    "name",
    "description",
    "inputs",
    "credentials",
    "steps",
    "outputs",
];

pub(super) fn document(reader: &mut Reader<'_>) -> Option<Document> {
    let root = reader.map.root();
    if !is_map(reader, "Begin with `podium: 1`, then `name:` and `steps:`.") {
        return None;
    }
    let version = version::check(reader, true)?;
    let path = Path::ROOT;
    let fields = reader.fields(root, &path, &KEYS, &[], "")?;
    let mut document = Document {
        podium: version,
        name: super::stem(reader.map.file()).to_owned(),
        ..Document::default()
    };
    if let Some(node) = fields.get("name")
        && let Some(name) = reader.text(node, &path.key("name"))
    {
        document.name = name;
    }
    if let Some(node) = fields.get("description") {
        let text = reader.text(node, &path.key("description"));
        document.description = text.unwrap_or_default();
    }

    let inputs = path.key("inputs");
    let hint = "Write `inputs:` and under it for example `branch: { type: string }`.";
    for (name, entry) in reader.entries(fields.get("inputs"), &inputs, hint) {
        let here = inputs.key(name);
        if reader.name::<StepId>(name, &here, &entry.key).is_none() {
            continue;
        }
        match &entry.value.kind {
            Kind::Map(_) => {
                document
                    .inputs
                    .insert(name.to_owned(), entry.value.to_value());
            }
            Kind::Null => {
                document
                    .inputs
                    .insert(name.to_owned(), serde_json::json!({}));
            }
            _ => {
                let hint =
                    "Write what may be given, for example `{ type: string, default: small }`.";
                reader.wrong_type(&entry.value, &here, "a map", hint);
            }
        }
    }

    document.credentials = slots(reader, fields.get("credentials"));

    let steps = path.key("steps");
    let hint = "Write `steps:` and under it each step by its id, without `-`: `network:` and its keys, \
                indented.";
    for (id, entry) in reader.entries(fields.get("steps"), &steps, hint) {
        let here = steps.key(id);
        let name = reader.name::<StepId>(id, &here, &entry.key);
        let step = step::step(reader, &entry.value, &here, entry);
        if let (Some(name), Some(step)) = (name, step) {
            document.steps.insert(name, step);
        }
    }

    let outputs = path.key("outputs");
    let hint =
        "Write `outputs:` and under it for example `url: \"${{ steps.shop.outputs.url }}\"`.";
    for (name, entry) in reader.entries(fields.get("outputs"), &outputs, hint) {
        let here = outputs.key(name);
        if reader.name::<StepId>(name, &here, &entry.key).is_some() {
            document
                .outputs
                .insert(name.to_owned(), entry.value.to_value());
        }
    }
    document.unknown = fields.unknown;
    Some(document)
}

/// Says so where the outermost value is no map.
pub(super) fn is_map(reader: &mut Reader<'_>, hint: &str) -> bool {
    let root = reader.map.root();
    let (code, summary, detail) = match root.kind {
        Kind::Map(_) => return true,
        Kind::Null => (
            NOT_A_DOCUMENT,
            "The file is empty",
            "There is nothing in it.",
        ),
        _ => (
            NOT_A_DOCUMENT,
            "The file is no map",
            "Its outermost value is not made of keys and values.",
        ),
    };
    let bytes = reader.short(root);
    reader.error(code, summary, detail, hint, &Path::ROOT, &bytes);
    false
}

fn slots(reader: &mut Reader<'_>, node: Option<&crate::tree::Node>) -> IndexMap<String, Slot> {
    let mut slots = IndexMap::new();
    let root = Path::ROOT;
    let path = root.key("credentials");
    let Some(node) = node else { return slots };
    let Kind::Map(entries) = &node.kind else {
        let hint = "Write `credentials:` and under it for example `cloud: { type: aws }`.";
        reader.wrong_type(node, &path, "a map", hint);
        return slots;
    };
    for (name, entry) in entries {
        let here = path.key(name);
        // The rule for stored names is the rule for slots; only the word differs.
        if reader
            .name::<CredentialName>(name, &here, &entry.key)
            .is_none()
        {
            continue;
        }
        if let Kind::Text(kind) = &entry.value.kind {
            reader.error(
                WRONG_TYPE,
                "The value has the wrong type",
                "A text stands where a map belongs.",
                format!("Write `{{ type: {} }}`.", super::reader::shorten(kind)),
                &here,
                &entry.value.bytes,
            );
            continue;
        }
        let hint = "Write for example `{ type: aws }`.";
        let node = &entry.value;
        let fields = slot_fields(reader, node, &here, hint);
        if let Some((kind, title)) = fields {
            slots.insert(name.clone(), Slot { kind, title });
        }
    }
    slots
}

fn slot_fields(
    reader: &mut Reader<'_>,
    node: &crate::tree::Node,
    path: &Path<'_>,
    hint: &str,
) -> Option<(String, String)> {
    // A missing `type` was told about by `fields`.
    let fields = reader.fields(node, path, &["type", "title"], &["type"], hint)?;
    let kind = fields
        .get("type")
        .and_then(|node| reader.text(node, &path.key("type")))?;
    let title = fields
        .get("title")
        .and_then(|node| reader.text(node, &path.key("title")));
    Some((kind, title.unwrap_or_default()))
}
