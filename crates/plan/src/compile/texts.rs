//! The templates in a JSON tree.

use podium_model::expression::{Expression, Reference, SyntaxError, Template};
use podium_model::tree::escape;
use serde_json::Value;

/// A text that holds `${{ }}`.
pub(super) struct Text {
    /// The pointer from where the search began.
    pub(super) pointer: String,
    pub(super) references: Vec<Reference>,
    pub(super) errors: Vec<SyntaxError>,
    /// The text is exactly one expression.
    pub(super) whole: bool,
    /// That one expression is exactly one path.
    pub(super) is_path: bool,
}

/// Every text with an expression, in the order of the tree.
pub(super) fn find(value: &Value, pointer: &str) -> Vec<Text> {
    let mut found = Vec::new();
    walk(value, pointer, &mut found);
    found
}

/// Documents are at most 64 levels deep, so this recursion ends.
fn walk(value: &Value, pointer: &str, found: &mut Vec<Text>) {
    match value {
        Value::String(text) if text.contains("${{") => found.push(read(text, pointer)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(entries) => {
            for (key, item) in entries {
                walk(item, &format!("{pointer}/{}", escape(key)), found);
            }
        }
        _ => {}
    }
}

fn read(text: &str, pointer: &str) -> Text {
    let mut read = Text {
        pointer: pointer.to_owned(),
        references: Vec::new(),
        errors: Vec::new(),
        whole: false,
        is_path: false,
    };
    match Template::parse(text) {
        Ok(template) => {
            read.references = template.references();
            if let Some(only) = template.only() {
                read.whole = true;
                read.is_path = is_path(only.source(), &read.references);
            }
        }
        Err(errors) => read.errors = errors,
    }
    read
}

/// Bare CEL: its references, or what is wrong, and whether it is exactly one path.
pub(super) fn bare(source: &str) -> Result<(Vec<Reference>, bool), Vec<SyntaxError>> {
    let references = Expression::parse(source)?.references();
    let is_path = is_path(source, &references);
    Ok((references, is_path))
}

fn is_path(source: &str, references: &[Reference]) -> bool {
    matches!(references, [only] if source.trim().len() == only.end - only.start)
}
