//! A second reader: what two readers understand differently is refused, not guessed.

use podium_diagnostics::{Diagnostic, Position, Span};
use serde_json::Value;

use super::lines::{Lines, start};
use super::{AMBIGUOUS_YAML, Bytes, Kind, MAX_DEPTH, MAX_NODES, Node};

/// What the second reader says of a text.
pub(super) type Other = Result<Value, serde_saphyr::Error>;

/// Reads a text that our reader has accepted, so that its depth and its aliases are within limits.
pub(super) fn read(text: &str, lines: &Lines) -> Other {
    read_within(text, lines, None)
}

/// Reads a text of which nothing is known yet. What is too deep, too much or repeats itself by aliases
/// is given up; then the answer says nothing about the text.
pub(super) fn read_unchecked(text: &str, lines: &Lines) -> Other {
    let limits = serde_saphyr::budget! {
        max_depth: MAX_DEPTH,
        max_nodes: 2 * MAX_NODES,
        max_events: 4 * MAX_NODES,
        max_aliases: 0,
    };
    read_within(text, lines, limits)
}

fn read_within(text: &str, lines: &Lines, limits: Option<serde_saphyr::Budget>) -> Other {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        merge_keys: serde_saphyr::MergeKeyPolicy::AsOrdinary,
        emit_comments: false,
        budget: limits,
    };
    let body = text.get(lines.mark..).unwrap_or(text);
    serde_saphyr::from_str_with_options(body, options)
}

/// The first thing that the second reader reads differently from our tree.
pub(super) fn disagreement(
    file: &str,
    text: &str,
    lines: &Lines,
    root: &Node,
    other: &Other,
) -> Option<Diagnostic> {
    let other = match other {
        Ok(value) => value,
        Err(error) => {
            let span = error.location().map_or_else(start, |place| {
                let at = place
                    .span()
                    .byte_offset()
                    .and_then(|byte| usize::try_from(byte).ok());
                if let Some(byte) = at {
                    lines.span(text, &range(byte + lines.mark))
                } else {
                    let at = Position {
                        line: u32::try_from(place.line()).unwrap_or(1),
                        column: u32::try_from(place.column()).unwrap_or(1),
                        byte: 0,
                    };
                    Span { start: at, end: at }
                }
            });
            let reason = error.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            return Some(
                Diagnostic::error(
                    AMBIGUOUS_YAML,
                    "Two YAML readers do not agree on this",
                    format!("One accepts the file, the other refuses it here: {reason}."),
                )
                .with_hint("Put the value in quotes, or write it in a simpler form.")
                .in_file(file)
                .at(span),
            );
        }
    };
    let bytes = differs(root, other)?;
    Some(
        Diagnostic::error(
            AMBIGUOUS_YAML,
            "Two YAML readers do not agree on this",
            "One reads a text where the other reads something else, so that another tool may understand \
             the file differently.",
        )
        .with_hint("Put the value in quotes to make it a text.")
        .in_file(file)
        .at(lines.span(text, &bytes)),
    )
}

fn range(byte: usize) -> Bytes {
    let byte = super::lines::small(byte);
    byte..byte
}

/// The bytes of the first value that differs.
fn differs(node: &Node, other: &Value) -> Option<Bytes> {
    let same = match (&node.kind, other) {
        (Kind::Null, Value::Null) => true,
        (Kind::Bool(a), Value::Bool(b)) => a == b,
        (Kind::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Kind::Text(a), Value::String(b)) => a == b,
        (Kind::List(a), Value::Array(b)) => {
            if a.len() == b.len() {
                return a.iter().zip(b).find_map(|(a, b)| differs(a, b));
            }
            false
        }
        (Kind::Map(a), Value::Object(b)) => {
            if a.len() == b.len() {
                return a.iter().find_map(|(key, entry)| match b.get(key) {
                    Some(other) => differs(&entry.value, other),
                    None => Some(entry.key.clone()),
                });
            }
            false
        }
        _ => false,
    };
    (!same).then(|| node.bytes.clone())
}
