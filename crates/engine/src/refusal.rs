//! Why a command changes nothing.

use std::fmt;

use podium_diagnostics::{Code, Error, ErrorKind};

/// A command that cannot be followed; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(Box<Error>);

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(Box::new(
            Error::new(ErrorKind::Invalid, code, message).with_hint(hint),
        ))
    }

    /// Why, with code and next action.
    pub fn error(&self) -> &Error {
        &self.0
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        *refusal.0
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refusal {}
