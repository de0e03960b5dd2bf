//! `podium.yaml` at the root of a workspace.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::id::EnvironmentName;
use crate::wanted::WantedTool;

/// A workspace, as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Workspace {
    /// The version of the format; `1`.
    pub podium: u32,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// Tool → the version it must have, for example `terraform: ">= 1.5, < 2"`; a step that needs another
    /// is refused in its preview.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, WantedTool>")]
    pub tools: IndexMap<String, WantedTool>,
    /// Where commands go that name no environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub default_environment: Option<EnvironmentName>,
    /// Workflow → how it stands on the home page.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(as = "std::collections::HashMap<String, CatalogEntry>")]
    pub catalog: IndexMap<String, CatalogEntry>,
    /// Role → the people who have it, by the name they have on their computer.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(as = "std::collections::HashMap<String, Vec<String>>")]
    pub people: IndexMap<String, Vec<String>>,
}

/// How a workflow stands on the home page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CatalogEntry {
    /// The heading under which it stands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// Its picture: one of the names of the icons, or one sign such as `🥐`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// Roles and people who may run it; everybody where empty.
    #[serde(default, rename = "for", skip_serializing_if = "Vec::is_empty")]
    pub for_: Vec<String>,
}

impl Workspace {
    /// Whether a person may run a workflow: it is for everybody, for them, or for a role they have.
    pub fn may_run(&self, workflow: &str, person: &str) -> bool {
        let Some(entry) = self.catalog.get(workflow) else {
            return true;
        };
        let has_role = |role: &str| {
            self.people
                .get(role)
                .is_some_and(|people| people.iter().any(|one| one == person))
        };
        entry.for_.is_empty()
            || entry
                .for_
                .iter()
                .any(|name| name == person || has_role(name))
    }
}
