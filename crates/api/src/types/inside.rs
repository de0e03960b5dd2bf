//! The graph inside a step.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use podium_connector::Mode;
use podium_model::layout::Layout;
use podium_model::{EnvironmentName, OperationName, RunId, StepId};
use podium_plan::Graph;

/// Asking for the graph inside a step of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LookInside {
    /// The workflow.
    pub workflow: String,
    /// Where to look; the workspace's default where absent.
    #[serde(default)]
    #[ts(optional)]
    pub environment: Option<EnvironmentName>,
    /// The step.
    pub step: StepId,
    /// Inputs; those of the newest run, then the schema's defaults where absent.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
}

/// Asking for the graph inside a step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LookInsideRun {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepId,
}

/// The graph inside a step, as its system draws it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct InsideView {
    /// The step.
    pub step: StepId,
    /// What people call it.
    pub title: String,
    /// Which operation.
    pub uses: OperationName,
    /// Where it was looked.
    pub environment: String,
    /// Whether the system that was asked is the real one.
    pub mode: Mode,
    /// Whether that depends on an input that is not known yet.
    pub mode_open: bool,
    /// The things: `title` is the name, `uses` the system's word for the kind.
    pub graph: Graph,
    /// Where they stand.
    pub layout: Layout,
    /// How many more there are than are drawn.
    pub more: u32,
    /// In words: `8 things of 4 kinds.`, or why there is nothing to see; whole sentences.
    pub sentence: String,
    /// Nobody can look inside; the sentence says why.
    pub cannot: bool,
}
