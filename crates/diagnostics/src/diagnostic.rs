//! What is wrong with a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Code;

/// How much a diagnostic matters. Only `Error` stops a document from becoming a plan.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Neutral: something kept and not understood, such as an unknown key.
    Info,
    /// It will run, and may surprise.
    Warning,
    /// It cannot run.
    Error,
}

/// A point in a text.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    TS,
)]
pub struct Position {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in Unicode scalar values, counted from 1.
    pub column: u32,
    /// Offset in bytes from the start of the text, counted from 0.
    pub byte: u32,
}

/// A range in a text; `end` is exclusive.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    TS,
)]
pub struct Span {
    /// Where it starts.
    pub start: Position,
    /// Where it ends, exclusive.
    pub end: Position,
}

/// What a diagnostic is about: the file, and inside it the step and field where that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
pub struct Address {
    /// The file, relative to the workspace, with `/` as separator. Empty where there is no file.
    pub file: String,
    /// The id of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub step: Option<String>,
    /// A JSON pointer into the document (RFC 6901), for example `/steps/network/with/directory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
}

/// Something to tell the author about a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The stable code.
    pub code: Code,
    /// One line without the author's words in it.
    pub summary: String,
    /// Whole sentences: what, why. Values stand in backticks.
    pub detail: String,
    /// What to do next, when there is a good guess (for example the nearest right name).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub hint: Option<String>,
    /// What it is about.
    pub address: Address,
    /// Where it stands in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub span: Option<Span>,
}

impl Diagnostic {
    /// An error with the given code.
    pub fn error(code: Code, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, summary, detail)
    }

    /// A warning with the given code.
    pub fn warning(code: Code, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, summary, detail)
    }

    /// A neutral remark with the given code.
    pub fn info(code: Code, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Info, code, summary, detail)
    }

    fn new(
        severity: Severity,
        code: Code,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code,
            summary: summary.into(),
            detail: detail.into(),
            hint: None,
            address: Address::default(),
            span: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says which file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.address.file = file.into();
        self
    }

    /// Says which step.
    #[must_use]
    pub fn at_step(mut self, step: impl Into<String>) -> Self {
        self.address.step = Some(step.into());
        self
    }

    /// Says which field, as a JSON pointer into the document.
    #[must_use]
    pub fn at_field(mut self, pointer: impl Into<String>) -> Self {
        self.address.field = Some(pointer.into());
        self
    }

    /// Says where in the text.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Whether this stops the document from becoming a plan.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
