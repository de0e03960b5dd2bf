//! Removing the demo.

use podium_model::RunId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What would go and what would stay if the demo were removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DemoView {
    /// The folder of the demo.
    pub folder: String,
    /// What would go, a sentence each.
    pub goes: Vec<String>,
    /// Deployments that stand or are under way. They are taken back first.
    pub standing: Vec<DemoStanding>,
    /// What stays.
    pub stays: Vec<DemoStays>,
}

/// A deployment of the demo that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DemoStanding {
    /// The run.
    #[ts(type = "string")]
    pub run: RunId,
    /// What people call it.
    pub title: String,
    /// Where it stands.
    pub environment: String,
    /// What becomes of it, in words.
    pub words: String,
}

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DemoStays {
    /// What.
    pub what: String,
    /// Why.
    pub because: String,
}

/// How to remove the demo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RemoveDemo {
    /// Deployments that stand are left as they are, and named.
    #[serde(default)]
    pub leave: bool,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DemoRemoved {
    /// What went, a sentence each.
    pub gone: Vec<String>,
    /// What stayed.
    pub stays: Vec<DemoStays>,
}
