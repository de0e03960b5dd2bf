//! The plan as a graph with indices, made once for a run.

use std::collections::HashMap;

use podium_model::StepId;
use podium_model::document::{Join, When};
use podium_plan::{EdgeKind, Plan, PlanStep, Preview};

/// What a run was made of, and who waits for whom.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) made: Option<Made>,
    index: HashMap<StepId, usize>,
    /// Step → those that wait for it.
    children: Vec<Vec<Edge>>,
    /// Step → those that it waits for.
    parents: Vec<Vec<Edge>>,
    /// Step → how many of its edges must have gone the wanted way.
    need: Vec<u32>,
    /// Step → the call that it belongs to.
    within: Vec<Option<usize>>,
    /// Call → the steps that it brings, without those of calls among them.
    inside: Vec<Vec<usize>>,
}

#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) plan: Plan,
    pub(crate) preview: Preview,
    /// Step → its place in the preview.
    previewed: Vec<Option<usize>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// The step at the other end.
    pub(crate) step: usize,
    pub(crate) on: When,
    pub(crate) data: bool,
}

impl Graph {
    pub(crate) fn new(plan: Plan, preview: Preview) -> Self {
        let index: HashMap<StepId, usize> = plan
            .steps()
            .iter()
            .enumerate()
            .map(|(at, step)| (step.id.clone(), at))
            .collect();
        let mut children = vec![Vec::new(); plan.steps().len()];
        let mut parents = children.clone();
        for (at, step) in plan.steps().iter().enumerate() {
            for edge in &step.edges {
                if let Some(&from) = index.get(&edge.from) {
                    let (on, data) = (edge.on, matches!(edge.kind, EdgeKind::Data { .. }));
                    children[from].push(Edge { step: at, on, data });
                    parents[at].push(Edge {
                        step: from,
                        on,
                        data,
                    });
                }
            }
        }
        let within: Vec<Option<usize>> = plan
            .steps()
            .iter()
            .map(|step| index.get(step.within.as_ref()?).copied())
            .collect();
        let mut inside = vec![Vec::new(); plan.steps().len()];
        for (at, call) in within.iter().enumerate() {
            if let Some(call) = call {
                inside[*call].push(at);
            }
        }
        let need = plan
            .steps()
            .iter()
            .zip(&parents)
            .map(|(step, parents)| {
                let edges = u32::try_from(parents.len()).unwrap_or(u32::MAX);
                match step.join {
                    Join::All => edges,
                    Join::Any => edges.min(1),
                    Join::AtLeast(some) => edges.min(some),
                }
            })
            .collect();
        let mut previewed = vec![None; plan.steps().len()];
        for (place, step) in preview.steps.iter().enumerate() {
            if let Some(&at) = index.get(&step.id) {
                previewed[at] = Some(place);
            }
        }
        Self {
            made: Some(Made {
                plan,
                preview,
                previewed,
            }),
            index,
            children,
            parents,
            need,
            within,
            inside,
        }
    }

    pub(crate) fn steps(&self) -> &[PlanStep] {
        self.made.as_ref().map_or(&[], |made| made.plan.steps())
    }

    pub(crate) fn index(&self, id: &StepId) -> Option<usize> {
        self.index.get(id).copied()
    }

    pub(crate) fn children(&self, step: usize) -> &[Edge] {
        &self.children[step]
    }

    /// What was approved for this step.
    pub(crate) fn approved(&self, step: usize) -> Option<&podium_plan::PreviewStep> {
        let made = self.made.as_ref()?;
        made.preview.steps.get(made.previewed[step]?)
    }

    /// The call that a step belongs to.
    pub(crate) fn within(&self, step: usize) -> Option<usize> {
        self.within[step]
    }

    /// The steps that a call brings.
    pub(crate) fn inside(&self, call: usize) -> &[usize] {
        &self.inside[call]
    }

    /// Whether a step calls a workflow.
    pub(crate) fn is_call(&self, step: usize) -> bool {
        self.steps()[step].call.is_some()
    }

    /// The edges into a step.
    pub(crate) fn parents(&self, step: usize) -> &[Edge] {
        &self.parents[step]
    }

    /// How many of a step's edges must have gone the wanted way.
    pub(crate) fn need(&self, step: usize) -> u32 {
        self.need[step]
    }
}
