//! Records of runs of elsewhere.

use podium_model::RunId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A record to bring in.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ImportRun {
    /// The text that `podium runs export` wrote.
    pub text: String,
}

/// What was brought in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportedRun {
    /// The run.
    #[ts(type = "string")]
    pub run: RunId,
    /// What people call it.
    pub title: String,
    /// Whether it was there before; nothing has changed then.
    pub already: bool,
}
