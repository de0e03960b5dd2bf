//! What a shell is told when a command fails.

use std::fmt;

use podium_diagnostics::{Address, Code, Diagnostic, Error, ErrorKind, Retry};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Code, what, what to do, where, and whether a retry can help. Shells switch on the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// The stable code.
    pub code: Code,
    /// The kind.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub hint: Option<String>,
    /// Where, when it is about a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub address: Option<Address>,
    /// Whether a retry can help.
    pub retry: Retry,
    /// All that is wrong with the document, when that is why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Diagnostic>>")]
    pub diagnostics: Vec<Diagnostic>,
}

impl ApiError {
    /// A document that cannot become a plan, with every reason.
    pub fn not_a_plan(file: &str, diagnostics: Vec<Diagnostic>) -> Self {
        let errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count();
        let problems = if errors == 1 { "problem" } else { "problems" };
        Self {
            code: Code::new("POD0711"),
            kind: ErrorKind::Invalid,
            message: format!("`{file}` has {errors} {problems} and cannot run."),
            hint: Some(String::from("Each problem names its place and what to do.")),
            address: diagnostics
                .iter()
                .find(|diagnostic| diagnostic.is_error())
                .map(|diagnostic| diagnostic.address.clone()),
            retry: Retry::Permanent,
            diagnostics,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self {
            code: error.code,
            kind: error.kind,
            message: error.message,
            hint: error.hint,
            address: None,
            retry: error.retry,
            diagnostics: Vec::new(),
        }
    }
}

impl From<ApiError> for Error {
    /// For another process: what is wrong with a document stays behind, and its code says where to look.
    fn from(error: ApiError) -> Self {
        let made = Self::new(error.kind, error.code, error.message);
        match error.hint {
            Some(hint) => made.with_hint(hint),
            None => made,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for ApiError {}
