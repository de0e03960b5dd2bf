//! Names and ids as types, each with one text form and one way in.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A text that is not a valid name; says what a valid one looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAName {
    /// What it was to name, for example `step id`.
    pub what: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
}

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = if self.what.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        };
        write!(f, "not {article} {}: {}", self.what, self.rule)
    }
}

impl std::error::Error for NotAName {}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $check:expr) => {
        name!($(#[$doc])* $type, $what, $rule, $check, stored as $check);
    };
    // What is stored may be wider than what is written in a document.
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $check:expr, stored as $stored:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
        #[serde(try_from = "String", into = "String")]
        #[ts(type = "string")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NotAName;
            fn from_str(text: &str) -> Result<Self, NotAName> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAName { what: $what, rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = NotAName;
            fn try_from(text: String) -> Result<Self, NotAName> {
                let check: fn(&str) -> bool = $stored;
                if check(&text) {
                    Ok(Self(text))
                } else {
                    Err(NotAName { what: $what, rule: $rule })
                }
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

/// `[a-z][a-z0-9_]*`, at most 64 bytes: one path segment in CEL.
fn is_identifier(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 128 bytes: safe as a file name.
fn is_file_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Longest address of a step, in bytes: it is a part of file names.
pub const LONGEST_ADDRESS: usize = 160;

/// Identifiers with dots between them: `shop.network`.
fn is_address(text: &str) -> bool {
    text.len() <= LONGEST_ADDRESS && text.split('.').all(is_identifier)
}

name!(
    /// The id of a step inside its workflow, `network`; in a plan and in everything that follows from
    /// it also the address of a step of a called workflow, `shop.network`: the id of the call, a dot,
    /// the id inside. A document writes ids without dots, and `parse` reads no others; addresses are
    /// made by [`StepId::inside`] and read by [`StepId::address`].
    StepId,
    "step id",
    "it starts with a small letter and holds small letters, digits and `_`, 64 at most",
    is_identifier,
    stored as is_address
);

impl StepId {
    /// Reads an address, dots included.
    pub fn address(text: &str) -> Result<Self, NotAName> {
        Self::try_from(text.to_owned())
    }

    /// The address of this step inside a call; `None` where it would be longer than
    /// [`LONGEST_ADDRESS`].
    pub fn inside(&self, call: &Self) -> Option<Self> {
        Self::address(&format!("{call}.{self}")).ok()
    }

    /// The last part of the address: the id in the step's own workflow.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('.').map_or(&*self.0, |(_, last)| last)
    }

    /// In how many calls it stands.
    pub fn depth(&self) -> usize {
        self.0.bytes().filter(|byte| *byte == b'.').count()
    }
}

name!(
    /// The name of an environment; its file is `environments/NAME.yaml`.
    EnvironmentName,
    "environment name",
    "it starts with a letter or digit and holds letters, digits, `_`, `.` and `-`, 128 at most",
    is_file_name
);

name!(
    /// The name under which a credential is stored.
    CredentialName,
    "credential name",
    "it starts with a letter or digit and holds letters, digits, `_`, `.` and `-`, 128 at most",
    is_file_name
);

name!(
    /// The id of a run: `run_` and 26 characters that sort by time (Crockford base 32).
    RunId,
    "run id",
    "it is `run_` followed by letters and digits",
    |text| text.strip_prefix("run_").is_some_and(|rest| {
        (1..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    })
);

name!(
    /// `connector/operation`, for example `terraform/apply`.
    OperationName,
    "operation",
    "it is `connector/operation`, in small letters, digits and `-`",
    |text| text.split_once('/').is_some_and(|(connector, operation)| {
        [connector, operation].iter().all(|part| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
    })
);

impl OperationName {
    /// The part before the slash, for example `terraform`.
    pub fn connector(&self) -> &str {
        self.0
            .split_once('/')
            .map_or("", |(connector, _)| connector)
    }

    /// The part after the slash, for example `apply`.
    pub fn operation(&self) -> &str {
        self.0
            .split_once('/')
            .map_or("", |(_, operation)| operation)
    }
}
