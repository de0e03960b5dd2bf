//! Environments, and when runs may begin in them.

use std::collections::BTreeMap;

use podium_model::{CredentialName, EnvironmentName, RunId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// An environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of its own in the file"
)]
pub struct EnvironmentView {
    /// Its name.
    pub name: EnvironmentName,
    /// What people call it.
    pub title: String,
    /// Simulators stand in for far systems.
    pub practice: bool,
    /// A person must approve first.
    pub approval: bool,
    /// The person confirms by typing the name.
    pub type_name: bool,
    /// Nothing is ever written here.
    pub read_only: bool,
    /// Variables.
    #[ts(type = "Record<string, any>")]
    pub vars: Map<String, Value>,
    /// Slot → credential.
    pub credentials: BTreeMap<String, CredentialName>,
    /// Slot → who its credential must turn out to be, in words: `cluster shops-eu`.
    pub expect: BTreeMap<String, String>,
    /// When runs may begin; absent where that is at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub window: Option<WindowView>,
}

/// When runs may begin, and how it stands at the moment of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WindowView {
    /// Whether a run may begin now.
    pub open: bool,
    /// The same in words, with the next change: `Open until Thursday 2026-11-26 17:00 (Europe/Berlin).`
    pub words: String,
    /// When that changes, in milliseconds since 1970; absent where no change is in sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub until: Option<i64>,
    /// The clock that is meant.
    pub time_zone: String,
    /// The hours in which runs may begin, in words; always where there are none.
    pub windows: Vec<String>,
    /// The times in which none may, in words.
    pub freezes: Vec<String>,
    /// Whether a person may begin one all the same, with a reason. Taking back always may.
    pub may_override: bool,
}

/// Saying yes to the preview of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ApproveRun {
    /// Its id.
    pub run: RunId,
    /// Why it is to begin outside the environment's window, or in a freeze.
    #[serde(default)]
    #[ts(optional)]
    pub override_window: Option<String>,
}
