//! What went wrong with an operation.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Code;

/// The kinds are few and the same for every connector; the code tells the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The input is wrong; the same call will fail again.
    Invalid,
    /// The thing asked for is not there.
    NotFound,
    /// Somebody else holds it, or it changed in between.
    Conflict,
    /// What was previewed and approved no longer holds; nothing was done. It is previewed once more.
    Stale,
    /// No credential, or one that the far system refused.
    Unauthorized,
    /// The identity is known and lacks a right.
    Forbidden,
    /// A tool that is needed is not installed, or too old.
    MissingTool,
    /// The far system could not be reached.
    Unreachable,
    /// The far system asks us to slow down.
    Throttled,
    /// It took longer than allowed.
    TimedOut,
    /// The far system or the tool did the work and reports failure.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It may or may not have happened; nobody can tell from here.
    Unknown,
    /// The vault or the keychain is locked or absent.
    Locked,
    /// The disk is full or cannot be written.
    Storage,
    /// The system cannot do this at all; the message says why.
    Unsupported,
    /// A defect of Podium.
    Internal,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// No: something must change first.
    Permanent,
    /// Yes: it may pass by itself.
    Temporary,
    /// It was temporary, and was tried until the limit.
    Persistent,
}

/// An operation failed. For the program (kind, code, retry), the user (message, hint) and the
/// maintainer (context, source).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Error {
    /// The kind, for deciding what to do.
    pub kind: ErrorKind,
    /// The stable code.
    pub code: Code,
    /// What happened, in a sentence for people. Holds no secret.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub hint: Option<String>,
    /// Whether trying again can help.
    pub retry: Retry,
    /// Facts for the maintainer: name and value. Hold no secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<(String, String)>>")]
    pub context: Vec<(String, String)>,
    /// The error underneath, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub source: Option<String>,
}

impl Error {
    /// A permanent error. [`ErrorKind::Unreachable`], [`ErrorKind::Throttled`] and
    /// [`ErrorKind::TimedOut`] start as temporary.
    pub fn new(kind: ErrorKind, code: Code, message: impl Into<String>) -> Self {
        let retry = match kind {
            ErrorKind::Unreachable | ErrorKind::Throttled | ErrorKind::TimedOut => Retry::Temporary,
            _ => Retry::Permanent,
        };
        Self {
            kind,
            code,
            message: message.into(),
            hint: None,
            retry,
            context: Vec::new(),
            source: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says whether trying again can help.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Adds a fact for the maintainer. Never a secret.
    #[must_use]
    pub fn with_context(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.context.push((name.into(), value.to_string()));
        self
    }

    /// Keeps the error underneath, as text.
    #[must_use]
    pub fn with_source(mut self, source: impl fmt::Display) -> Self {
        self.source = Some(source.to_string());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)?;
        if let Some(hint) = &self.hint {
            write!(f, " {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
