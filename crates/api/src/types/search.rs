//! Searching everything for a secret.

use podium_model::CredentialName;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a search for a credential's secrets looked at, and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SearchedCredential {
    /// The credential.
    pub name: CredentialName,
    /// How many files were read.
    #[ts(type = "number")]
    pub files: u64,
    /// How many bytes they have.
    #[ts(type = "number")]
    pub bytes: u64,
    /// How many events of the history were read.
    #[ts(type = "number")]
    pub events: u64,
    /// What could not be read.
    pub unread: Vec<String>,
    /// Where a secret stands; empty is as it should be.
    pub found: Vec<FoundSecret>,
}

/// A place where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FoundSecret {
    /// A file, or an event of a run.
    pub place: String,
    /// The credential's field.
    pub field: String,
}
