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
    let inner = text
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"));
    if let Some(inner) = inner {
        if let Some(reference) = plain_path(inner, 3) {
            read.whole = true;
            read.is_path = true;
            read.references.push(reference);
            return read;
        }
        read.whole = Expression::parse(inner).is_ok();
    }
    match Template::parse(text) {
        Ok(template) => read.references = template.references(),
        Err(errors) => read.errors = errors,
    }
    if let (true, Some(inner), [only]) = (read.whole, inner, read.references.as_slice()) {
        read.is_path = inner.trim().len() == only.end - only.start;
    }
    read
}

/// Bare CEL: its references, or what is wrong, and whether it is exactly one path.
pub(super) fn bare(source: &str) -> Result<(Vec<Reference>, bool), Vec<SyntaxError>> {
    if let Some(reference) = plain_path(source, 0) {
        return Ok((vec![reference], true));
    }
    let references = Expression::parse(source)?.references();
    let is_path = matches!(references.as_slice(), [only]
        if source.trim().len() == only.end - only.start);
    Ok((references, is_path))
}

/// Words that CEL keeps for itself.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// `inputs.branch` and its like, read without a CEL parser: most expressions are no more than this.
fn plain_path(source: &str, shift: usize) -> Option<Reference> {
    let trimmed = source.trim();
    let start = source.len() - source.trim_start().len() + shift;
    let path: Vec<String> = trimmed.split('.').map(str::to_owned).collect();
    let plain = path.len() > 1
        && path.iter().all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !RESERVED.contains(&part.as_str())
        });
    plain.then(|| Reference {
        path,
        start,
        end: start + trimmed.len(),
    })
}
