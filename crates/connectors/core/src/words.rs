//! What the core connectors say alike: values known later, undo classes, cancellation.

use podium_connector::{
    Change, Confidence, Inputs, Outcome, Simulator, StepPreview, Undo, UndoClass,
};
use podium_diagnostics::{Code, Error, ErrorKind};
use serde_json::{Map, Value};

/// The run was cancelled while this step worked.
const CANCELLED: Code = Code::new("POD0320");
/// The inputs are not as the operation's schema says.
const INPUTS: Code = Code::new("POD0130");

/// A connector whose far side is this computer has nothing to play.
pub(crate) struct NoSimulator;

impl Simulator for NoSimulator {
    fn speaks_http(&self) -> bool {
        false
    }

    fn save(&self) -> String {
        String::new()
    }
}

/// The inputs as a preview shows them: what is not yet known is the text `(known later)`.
pub(crate) fn shown(inputs: &Inputs) -> Map<String, Value> {
    let mut values = Value::Object(inputs.values.clone());
    for pointer in inputs.unknown.keys() {
        if let Some(value) = values.pointer_mut(pointer) {
            *value = Value::from("(known later)");
        }
    }
    match values {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Whether this input, or something inside it, is not yet known.
pub(crate) fn is_unknown(inputs: &Inputs, name: &str) -> bool {
    let pointer = format!("/{name}");
    inputs
        .unknown
        .keys()
        .any(|key| *key == pointer || key.starts_with(&format!("{pointer}/")))
}

/// Why a preview is not exact, where something is known only later.
pub(crate) fn known_later(inputs: &Inputs) -> Option<String> {
    if !inputs.is_partial() {
        return None;
    }
    let mut steps: Vec<&str> = inputs
        .unknown
        .values()
        .flat_map(|unknown| unknown.after.iter().map(podium_model::StepId::as_str))
        .collect();
    steps.sort_unstable();
    steps.dedup();
    let steps: Vec<String> = steps.into_iter().map(|step| format!("`{step}`")).collect();
    Some(format!(
        "Some of its inputs are known only after {}.",
        steps.join(" and ")
    ))
}

/// A preview that is exact where all inputs are known, and predicted where not.
pub(crate) fn preview(inputs: &Inputs, changes: Vec<Change>, undo: Undo) -> StepPreview {
    let because = known_later(inputs);
    StepPreview {
        confidence: if because.is_some() {
            Confidence::Predicted
        } else {
            Confidence::Exact
        },
        because,
        changes,
        undo,
        outputs: Map::new(),
        notes: Vec::new(),
    }
}

/// There is nothing to take back.
pub(crate) fn nothing_to_undo() -> Undo {
    Undo {
        class: UndoClass::Automatic,
        because: None,
    }
}

/// What undoing such a step does: nothing.
pub(crate) fn undoes_nothing() -> StepPreview {
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: nothing_to_undo(),
        outputs: Map::new(),
        notes: Vec::new(),
    }
}

/// Outputs and nothing else.
pub(crate) fn outcome(outputs: Value) -> Outcome {
    Outcome {
        outputs: match outputs {
            Value::Object(map) => map,
            _ => Map::new(),
        },
        ..Outcome::default()
    }
}

pub(crate) fn cancelled(what: &str) -> Error {
    Error::new(
        ErrorKind::Cancelled,
        CANCELLED,
        format!("{what} was cancelled."),
    )
}

/// Inputs that do not read although the schema let them pass.
pub(crate) fn unreadable(why: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Invalid,
        INPUTS,
        "The step's inputs are not as its schema says.",
    )
    .with_hint("Look at the step's fields under `with`; `podium validate` shows each problem.")
    .with_source(why)
}

/// The first line of a text, at most 80 characters, for names in previews.
pub(crate) fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 80 {
        return line.to_owned();
    }
    let cut: String = line.chars().take(79).collect();
    format!("{cut}…")
}

/// Text of a plain value; other values as JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Milliseconds since 1970 as RFC 3339, UTC.
pub(crate) fn rfc3339(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| millis.to_string(), |time| time.to_string())
}
