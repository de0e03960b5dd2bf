//! What is known while a preview goes through the graph, workflow by workflow: a call opens a scope of its
//! own, and what comes out of it is known as far as the steps inside are.

use std::collections::{BTreeMap, BTreeSet};

use podium_model::StepId;
use podium_model::expression::{Scope, render_partly};
use podium_plan::{Plan, PlanStep};
use serde_json::{Map, Value, json};

/// Names of inputs or outputs that are not known yet → what they wait for.
pub(crate) type Later = BTreeMap<String, BTreeSet<StepId>>;

/// The scope that a call opens.
#[derive(Default)]
struct Opened {
    /// The inputs as far as they are known.
    inputs: Map<String, Value>,
    /// The others, and what they wait for.
    later: Later,
    /// Why the call is not made.
    skipped: Option<String>,
}

/// What comes out of a call.
struct Came {
    /// Outputs that are not known yet, and what they wait for.
    later: Later,
    /// Every step inside that must run first.
    all: BTreeSet<StepId>,
}

/// Everything known so far.
pub(crate) struct Known<'a> {
    plan: &'a Plan,
    /// Call (none for the first workflow) → its steps.
    steps: BTreeMap<Option<StepId>, Vec<&'a PlanStep>>,
    /// The calls, the inner ones first.
    calls: Vec<&'a PlanStep>,
    /// Call → `steps` as expressions see them in its workflow.
    seen: BTreeMap<Option<StepId>, Map<String, Value>>,
    pending: BTreeSet<StepId>,
    opened: BTreeMap<StepId, Opened>,
    came: BTreeMap<StepId, Came>,
    closed: BTreeSet<StepId>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        let mut steps: BTreeMap<_, Vec<&PlanStep>> = BTreeMap::new();
        for step in plan.steps() {
            steps.entry(step.within.clone()).or_default().push(step);
        }
        let calls = plan.steps().iter().rev().filter(|step| step.call.is_some());
        Self {
            plan,
            steps,
            calls: calls.collect(),
            seen: BTreeMap::new(),
            pending: BTreeSet::new(),
            opened: BTreeMap::new(),
            came: BTreeMap::new(),
            closed: BTreeSet::new(),
        }
    }

    /// Whether a step can be asked: everything before it is answered, and the call around it open.
    pub(crate) fn is_next(&self, step: &PlanStep) -> bool {
        step.edges
            .iter()
            .all(|edge| self.closed.contains(&edge.from))
            && step
                .within
                .as_ref()
                .is_none_or(|call| self.opened.contains_key(call))
    }

    /// A step changes nothing, so that its outputs are what it will give.
    pub(crate) fn knows(&mut self, step: &'a PlanStep, outputs: &Map<String, Value>) {
        self.seen.entry(step.within.clone()).or_default().insert(
            step.id.local().to_owned(),
            json!({"outputs": outputs, "status": "succeeded"}),
        );
    }

    /// What a step gives is known when it has run.
    pub(crate) fn waits(&mut self, step: &StepId) {
        self.pending.insert(step.clone());
    }

    /// A step, not a call, is answered.
    pub(crate) fn answered(&mut self, step: &StepId) {
        self.closed.insert(step.clone());
    }

    /// A call is answered: its steps see these inputs, and those in `later` when they are known.
    pub(crate) fn open(&mut self, call: &StepId, inputs: Map<String, Value>, later: Later) {
        let opened = Opened {
            inputs,
            later,
            skipped: None,
        };
        self.opened.insert(call.clone(), opened);
    }

    /// A call is not made.
    pub(crate) fn open_skipped(&mut self, call: &StepId, because: String) {
        let opened = Opened {
            skipped: Some(because),
            ..Opened::default()
        };
        self.opened.insert(call.clone(), opened);
    }

    /// Why a step does not run whatever it says itself: the call around it is not made.
    pub(crate) fn skipped_around(&self, step: &PlanStep) -> Option<&str> {
        self.opened.get(step.within.as_ref()?)?.skipped.as_deref()
    }

    /// Ends every call whose steps are all answered, the inner ones first.
    pub(crate) fn close_calls(&mut self) {
        let (calls, open) = std::mem::take(&mut self.calls)
            .into_iter()
            .partition(|step| {
                let is_open = self.opened.contains_key(&step.id);
                is_open
                    && self
                        .inside(&step.id)
                        .iter()
                        .all(|inner| self.closed.contains(&inner.id))
            });
        self.calls = open;
        let is_last = Vec::is_empty(&calls);
        for step in calls {
            self.close(step);
        }
        if !is_last {
            // The end of a call may be what one around it waited for.
            self.close_calls();
        }
    }

    fn close(&mut self, step: &'a PlanStep) {
        let Some(call) = &step.call else { return };
        let id = &step.id;
        let mut outputs = Map::new();
        let mut later = BTreeMap::new();
        let mut all: BTreeSet<StepId> = BTreeSet::new();
        for inner in self.inside(id) {
            all.extend(self.waits_for_step(&inner.id));
        }
        if self
            .opened
            .get(id)
            .is_some_and(|opened| opened.skipped.is_none())
        {
            let scope = self.scope(Some(id));
            for (name, template) in &call.outputs {
                let rendered =
                    render_partly(template, &scope, &|path| self.waits_for(Some(id), path));
                // What cannot be worked out is left out, as it will be in the run.
                let Ok(rendered) = rendered else { continue };
                let waits: BTreeSet<StepId> = rendered.unknown.into_values().flatten().collect();
                if waits.is_empty() {
                    outputs.insert(name.clone(), rendered.value);
                } else {
                    later.insert(name.clone(), waits);
                }
            }
        }
        self.knows(step, &outputs);
        self.came.insert(id.clone(), Came { later, all });
        self.closed.insert(id.clone());
    }

    fn inside(&self, call: &StepId) -> &[&'a PlanStep] {
        self.steps
            .get(&Some(call.clone()))
            .map_or(&[], Vec::as_slice)
    }

    /// What expressions see in the first workflow, or in the one that is called.
    pub(crate) fn scope(&self, within: Option<&StepId>) -> Scope {
        let steps = self.seen.get(&within.cloned()).cloned().unwrap_or_default();
        let inputs = match within {
            None => self.plan.inputs().clone(),
            Some(call) => self
                .opened
                .get(call)
                .map(|opened| opened.inputs.clone())
                .unwrap_or_default(),
        };
        Scope {
            inputs: Value::Object(inputs),
            environment: self.plan.environment_values().clone(),
            steps: Value::Object(steps),
            each: None,
            run: json!({"id": "(known later)"}),
        }
    }

    /// The steps that must have run before the value at a path is known.
    pub(crate) fn waits_for(&self, within: Option<&StepId>, path: &[String]) -> BTreeSet<StepId> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let opened = within.and_then(|call| self.opened.get(call));
        match (path.as_slice(), opened) {
            (["inputs"], Some(opened)) => opened.later.values().flatten().cloned().collect(),
            (["inputs", name, ..], Some(opened)) => {
                opened.later.get(*name).cloned().unwrap_or_default()
            }
            (["steps"], _) => {
                let here = self.steps.get(&within.cloned()).into_iter().flatten();
                here.flat_map(|step| self.waits_for_step(&step.id))
                    .collect()
            }
            (["steps", id, rest @ ..], _) => {
                let address = match within {
                    None => StepId::address(id).ok(),
                    Some(call) => StepId::address(&format!("{call}.{id}")).ok(),
                };
                let Some(address) = address else {
                    return BTreeSet::new();
                };
                match (self.came.get(&address), rest) {
                    (Some(came), ["outputs", name, ..]) => {
                        came.later.get(*name).cloned().unwrap_or_default()
                    }
                    _ => self.waits_for_step(&address),
                }
            }
            _ => BTreeSet::new(),
        }
    }

    /// The steps that must have run before everything about a step is known.
    fn waits_for_step(&self, step: &StepId) -> BTreeSet<StepId> {
        if let Some(came) = self.came.get(step) {
            return came.all.clone();
        }
        self.pending.get(step).cloned().into_iter().collect()
    }
}
