//! `podium.yaml` at the root of a workspace.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::id::EnvironmentName;

/// A workspace, as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Workspace {
    /// The version of the format; `1`.
    pub podium: u32,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// Tool → version requirement, for example `terraform: ">=1.5"`.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, String>")]
    pub tools: IndexMap<String, String>,
    /// Where commands go that name no environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub default_environment: Option<EnvironmentName>,
}
