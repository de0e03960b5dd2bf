//! `environments/NAME.yaml`: where a workflow runs, and with what.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::id::CredentialName;

/// An environment, as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Environment {
    /// Its place in the row, small first.
    #[serde(default)]
    pub order: i64,
    /// What people call it; the file's name where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// `environment.vars.NAME` in expressions.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub vars: IndexMap<String, Value>,
    /// Slot of the workflow → name of a stored credential.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, CredentialName>")]
    pub credentials: IndexMap<String, CredentialName>,
    /// Slot of the workflow → who its credential must turn out to be, before anything is written with it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(as = "std::collections::HashMap<String, Expectation>")]
    pub expect: IndexMap<String, Expectation>,
    /// What must hold before anything is written here.
    #[serde(default)]
    pub protect: Protection,
    /// Simulators stand in for every far system; every step says Simulated.
    #[serde(default)]
    pub practice: bool,
    /// Keys that this version does not know, kept and shown neutral.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(type = "Record<string, any>")]
    pub unknown: IndexMap<String, Value>,
}

/// Who a credential must turn out to be: the system's word (`cluster`, `account`, `user`) → what it may be.
/// `account` stands for whatever the system calls it.
pub type Expectation = IndexMap<String, Vec<String>>;

/// What must hold before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Protection {
    /// A person approves the preview first.
    #[serde(default)]
    pub approval: bool,
    /// How the person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub confirm: Option<Confirm>,
    /// Nothing is ever written here.
    #[serde(default)]
    pub read_only: bool,
}

/// How a person confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// By typing the environment's name.
    TypeName,
}
