//! Edits of a workflow's text that keep every byte they do not have to change.
//!
//! The canvas edits data; the file belongs to its author, with their comments, order and quotes. So an
//! edit becomes small changes, each change is made in the text, and the result is read again: unless it
//! holds exactly the value that was meant, and every comment, the edit is refused and nothing changes.
//!
//! Not here: whether the document makes sense afterwards (that is `parse` and `plan::compile`, which give
//! diagnostics), and positions on the canvas ([`crate::layout`]).
//!
//! Invariants: [`apply`] gives a text that reads as the intended value, or an error and no text; bytes
//! outside the edited entries stay the same; no comment outside a removed or replaced value is lost.

mod change;
mod emit;
pub mod fragment;
mod guard;
mod in_place;
mod plan;
mod rename;
mod syntax_tree;

#[cfg(test)]
mod tests;

use std::fmt;

use podium_diagnostics::{Code, Error, ErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::document::When;
use crate::id::{OperationName, StepId};
use crate::tree::{self, SourceMap};

use change::Change;

/// The document cannot be read, so it cannot be edited from outside its text.
pub const CANNOT_READ: Code = Code::new("POD0201");
/// There is nothing at the place that an edit names.
pub const NOT_THERE: Code = Code::new("POD0202");
/// Something is already at the place that an edit would fill.
pub const ALREADY_THERE: Code = Code::new("POD0203");
/// The value is used in several places by an anchor.
pub const USED_IN_PLACES: Code = Code::new("POD0204");
/// The text cannot be edited here without touching more than was meant.
pub const CANNOT_EDIT: Code = Code::new("POD0205");

/// One edit of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// Adds a step.
    AddStep {
        /// Its id; free so far.
        id: StepId,
        /// Which operation.
        uses: OperationName,
        /// What people call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        title: Option<String>,
        /// Its inputs.
        #[serde(default)]
        #[ts(type = "Record<string, any>")]
        with: Map<String, Value>,
        /// The step after which it stands in the text; at the end where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        after: Option<StepId>,
    },
    /// Removes a step, and takes it out of what other steps need.
    RemoveStep {
        /// Its id.
        id: StepId,
    },
    /// Gives a step another id, also where steps need it and expressions refer to it.
    RenameStep {
        /// Its id so far.
        id: StepId,
        /// Its new id; free so far.
        to: StepId,
    },
    /// Sets the value at a JSON pointer (RFC 6901), making the maps on the way.
    SetField {
        /// For example `/steps/network/with/directory`.
        pointer: String,
        /// The new value.
        #[ts(type = "any")]
        value: Value,
    },
    /// Removes the entry or item at a JSON pointer.
    RemoveField {
        /// For example `/steps/network/retry`.
        pointer: String,
    },
    /// Makes a step need another one, or need it in another way.
    AddNeed {
        /// The step that waits.
        step: StepId,
        /// The step that comes first.
        needs: StepId,
        /// The way it must have gone.
        #[serde(default)]
        on: When,
    },
    /// Makes a step no longer need another one.
    RemoveNeed {
        /// The step that waited.
        step: StepId,
        /// The step that came first.
        needs: StepId,
    },
    /// Sets a key at the top of the document, such as `name`.
    SetTop {
        /// The key.
        key: String,
        /// The new value.
        #[ts(type = "any")]
        value: Value,
    },
}

/// Why an edit was refused. The text is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct EditError {
    /// The stable code.
    pub code: Code,
    /// What is in the way, in whole sentences.
    pub message: String,
    /// What to do instead.
    pub hint: String,
    /// Where, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pointer: Option<String>,
}

impl EditError {
    fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: hint.into(),
            pointer: None,
        }
    }

    fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    fn not_there(what: &str, name: &str) -> Self {
        Self::new(
            NOT_THERE,
            format!("There is no {what} `{name}` in this workflow."),
            "Open the workflow again; it may have changed meanwhile.",
        )
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}] {}", self.message, self.code, self.hint)
    }
}

impl std::error::Error for EditError {}

impl From<EditError> for Error {
    fn from(error: EditError) -> Self {
        let kind = match error.code.as_str() {
            "POD0202" => ErrorKind::NotFound,
            "POD0203" => ErrorKind::Conflict,
            _ => ErrorKind::Invalid,
        };
        let converted = Self::new(kind, error.code, error.message).with_hint(error.hint);
        match error.pointer {
            Some(pointer) => converted.with_context("pointer", pointer),
            None => converted,
        }
    }
}

/// Makes the edits in a text, in their order; all of them or none.
///
/// A text without content starts as a document of the current version.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut open = Open::read("", &with_content(text, edits))?;
    for edit in edits {
        open.edit(edit)?;
    }
    Ok(open.source.text().to_owned())
}

/// Makes the edits in a text that was read before, in their order; all of them or none. Gives the new
/// text as it was read, so that nobody has to read it once more.
pub fn apply_to(source: &SourceMap, edits: &[Edit]) -> Result<SourceMap, EditError> {
    let text = with_content(source.text(), edits);
    let mut open = if text == source.text() {
        Open {
            source: source.clone(),
            value: source.root().to_value(),
        }
    } else {
        Open::read(source.file(), &text)?
    };
    for edit in edits {
        open.edit(edit)?;
    }
    Ok(open.source)
}

/// Something that can make a change in a text. What it gives is checked, so it may be wrong; it may also
/// give nothing.
trait Rewriter {
    fn rewrite(&self, source: &SourceMap, change: &Change) -> Option<String>;
}

/// Asked in this order. The first keeps bytes by construction and knows the ordinary shapes; the second
/// knows all of YAML.
const REWRITERS: [&dyn Rewriter; 2] = [&in_place::InPlace, &syntax_tree::SyntaxTree];

/// A document that is being edited: its text, and what it says.
struct Open {
    source: SourceMap,
    value: Value,
}

impl Open {
    fn read(file: &str, text: &str) -> Result<Self, EditError> {
        let (source, problems) = tree::read(file, text.as_bytes());
        let source = source.ok_or_else(|| {
            let why = problems.first();
            let place = why
                .and_then(|problem| problem.span)
                .map_or_else(String::new, |span| format!(" in line {}", span.start.line));
            let summary = why.map_or_else(String::new, |problem| format!(": {}", problem.summary));
            EditError::new(
                CANNOT_READ,
                format!("The text cannot be read{place}{summary}."),
                "Correct the text; then it can be edited here again.",
            )
        })?;
        let value = source.root().to_value();
        Ok(Self { source, value })
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), EditError> {
        if let Edit::RenameStep { id, to } = edit {
            return rename::rename(self, id, to);
        }
        for change in self.changes(edit)? {
            self.make(&change)?;
        }
        Ok(())
    }

    fn changes(&self, edit: &Edit) -> Result<Vec<Change>, EditError> {
        // What is written as an alias is replaced as a whole: its parts stand somewhere else.
        if let Edit::SetField { pointer, value } = edit
            && let Some(node) = self.source.node(pointer)
            && self.source.text()[node.bytes.start as usize..].starts_with('*')
            && let Some(path) = change::parse_pointer(&self.value, pointer)
        {
            let value = value.clone();
            return Ok(vec![Change::Set { path, value }]);
        }
        plan::changes(&self.value, edit)
    }

    /// Makes one change with the first rewriter whose result is what was meant.
    fn make(&mut self, change: &Change) -> Result<(), EditError> {
        let pointer = change::to_pointer(change.place());
        if let Some(places) = guard::shared_places(&self.source, change) {
            return Err(EditError::new(
                USED_IN_PLACES,
                format!("This value is used in {places} places by an anchor (`&`), and all would change."),
                "Edit the text: change it there for all, or replace the alias (`*`) by a value of its own.",
            )
            .at(pointer));
        }
        let intended = change
            .intend(&self.value)
            .ok_or_else(|| EditError::not_there("field", &pointer).at(&pointer))?;
        for rewriter in REWRITERS {
            let Some(text) = rewriter.rewrite(&self.source, change) else {
                continue;
            };
            if let Ok(open) = Self::read(self.source.file(), &text)
                && open.value == intended
                && same_order(&open.value, &intended, change)
                && guard::keeps_comments(&self.source, change, &open.source)
            {
                *self = open;
                return Ok(());
            }
        }
        Err(EditError::new(
            CANNOT_EDIT,
            "The text is written in a way that cannot be edited here without changing more of it.",
            "Edit it in the text.",
        )
        .at(pointer))
    }
}

/// Whether a new entry stands where it was meant to.
fn same_order(new: &Value, intended: &Value, change: &Change) -> bool {
    let Change::Insert { map, .. } = change else {
        return true;
    };
    let keys = |root| {
        let entries = change::get(root, map).and_then(Value::as_object);
        entries.map(|entries| entries.keys().cloned().collect::<Vec<_>>())
    };
    keys(new) == keys(intended)
}

/// The text, with the version where it holds no value yet.
fn with_content(text: &str, edits: &[Edit]) -> String {
    let is_content = |line: &str| {
        let line = line.trim_start_matches('\u{FEFF}').trim();
        !(line.is_empty() || line.starts_with('#') || line == "---")
    };
    let sets_version = edits
        .iter()
        .any(|edit| matches!(edit, Edit::SetTop { key, .. } if key == "podium"));
    if text.lines().any(is_content) || edits.is_empty() {
        return text.to_owned();
    }
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let between = if text.is_empty() || text.ends_with(['\n', '\u{FEFF}']) {
        ""
    } else {
        eol
    };
    let version = match edits.first() {
        Some(Edit::SetTop { key, value }) if sets_version && key == "podium" => value.to_string(),
        _ => "1".to_owned(),
    };
    format!("{text}{between}podium: {version}{eol}")
}
