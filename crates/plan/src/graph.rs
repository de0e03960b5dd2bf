//! The graph for drawing: there even where the document is wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use podium_model::document::When;

use crate::plan::EdgeKind;

/// Steps and edges, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Graph {
    /// The steps.
    pub nodes: Vec<GraphNode>,
    /// The edges between steps that exist.
    pub edges: Vec<GraphEdge>,
    /// The graphs of the workflows that steps call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CalledGraph>>")]
    pub calls: Vec<CalledGraph>,
}

/// The graph of a called workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CalledGraph {
    /// The step that calls it.
    pub step: String,
    /// The called workflow's name in the workspace.
    pub workflow: String,
    /// What people call it.
    pub title: String,
    /// Its steps, with their own ids.
    pub graph: Graph,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct GraphNode {
    /// The id as written; of a step that cannot be read it may be no valid id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Which operation; empty where that cannot be read.
    pub uses: String,
    /// How many errors and warnings are about it.
    pub problems: u32,
    /// What is special about it.
    pub badges: Vec<Badge>,
    /// The call that it belongs to; only in the graph of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub within: Option<String>,
}

/// What is special about a step.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// Switched off.
    Off,
    /// It has a condition.
    Condition,
    /// It runs once for each element of a list.
    ForEach,
    /// It waits for a person.
    Approval,
    /// It is tried again after a failure.
    Retry,
    /// It has an undo of its own.
    Undo,
    /// It goes on when one or some of its needed steps went the wanted way.
    Join,
    /// It has a note.
    Note,
    /// It has keys that this version does not know.
    Unknown,
}

/// An edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct GraphEdge {
    /// The step that comes first.
    pub from: String,
    /// The step that waits.
    pub to: String,
    /// The way the first must have gone.
    pub on: When,
    /// Where it comes from.
    #[serde(flatten)]
    #[ts(flatten)]
    pub kind: EdgeKind,
}

impl Graph {
    /// The graph of a plan, for example of one that takes a run back.
    pub fn of_plan(plan: &crate::Plan) -> Self {
        let nodes = plan
            .steps()
            .iter()
            .map(|step| GraphNode {
                id: step.id.to_string(),
                title: step.title.clone(),
                uses: step.uses.to_string(),
                problems: 0,
                badges: if step.off {
                    vec![Badge::Off]
                } else {
                    Vec::new()
                },
                within: step.within.as_ref().map(ToString::to_string),
            })
            .collect();
        let edges = plan
            .steps()
            .iter()
            .flat_map(|step| {
                step.edges.iter().map(|edge| GraphEdge {
                    from: edge.from.to_string(),
                    to: step.id.to_string(),
                    on: edge.on,
                    kind: edge.kind.clone(),
                })
            })
            .collect();
        Self {
            nodes,
            edges,
            calls: Vec::new(),
        }
    }
}
