//! What is kept, and what is lent.

use std::collections::BTreeMap;

use podium_model::CredentialName;
use podium_secret::Secret;
use serde::{Deserialize, Serialize};

/// A credential without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The name it is known by.
    pub name: CredentialName,
    /// Its kind, for example `aws`.
    pub kind: String,
    /// Fields that are no secret. They can be read while the vault is locked.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Names of the fields that are secret. Filled by the vault.
    #[serde(default)]
    pub secret_fields: Vec<String>,
    /// When it was added, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// A person's remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The last test. Filled by the vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<TestResult>,
    /// Set where it is invented: no real system knows it, and practice clouds alone take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<Practice>,
    /// What stored it, where no person did: `demo`. Whoever stores it anew takes the mark away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// What an invented identity meets in a practice cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Practice {
    /// Weather that it alone meets: rules as `podium practice weather` takes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weather: Vec<String>,
    /// When it ends, in milliseconds since 1970 (UTC); from then on it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<i64>,
    /// Who it is there, by the words of its system: `cluster` → `shops-eu`. The practice cloud itself knows
    /// nobody.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub is: BTreeMap<String, String>,
}

impl Credential {
    /// One with nothing but a name and a kind.
    pub fn new(name: CredentialName, kind: impl Into<String>, created_at_ms: i64) -> Self {
        Self {
            name,
            kind: kind.into(),
            fields: BTreeMap::new(),
            secret_fields: Vec::new(),
            created_at_ms,
            note: None,
            tested: None,
            practice: None,
            origin: None,
        }
    }
}

/// What a test of a credential showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Whether the far system took it.
    pub ok: bool,
    /// Who one is there, or why it was refused. Holds no secret.
    pub words: String,
    /// The same as data, in the shape of who tested it. Holds no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<serde_json::Value>,
}

/// What a lease is for; it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// The run; none for a preview or a test.
    pub run: Option<String>,
    /// The step.
    pub step: String,
    /// The port of the operation.
    pub port: String,
}

/// A credential with its secrets, lent for one attempt.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The name under which it is stored.
    pub credential: CredentialName,
    /// Its kind.
    pub kind: String,
    /// Fields that are no secret.
    pub fields: BTreeMap<String, String>,
    /// Whether it is invented, for practice clouds alone.
    pub practice: bool,
    /// Fields that are. Zeroed when dropped.
    pub secrets: BTreeMap<String, Secret>,
}
