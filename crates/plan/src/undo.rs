//! The plan that takes a run back.
//!
//! Every step that did something is undone after all steps that depended on it. What cannot be undone
//! stays in the plan as a step that is switched off, so that its line and its reason are read before the
//! click.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use podium_connector::{Undo, UndoClass, UndoRecord};
use podium_model::document::{Join, OnError, UndoStep, When};
use podium_model::expression::{Scope, render};
use podium_model::{OperationName, RunId, StepId};
use serde_json::{Map, Value, json};

use crate::plan::{Edge, EdgeKind, Plan, PlanStep, Work};

/// A step of a run that did something, or may have.
#[derive(Clone, Debug, PartialEq)]
pub struct DoneStep {
    /// The step.
    pub id: StepId,
    /// Which element of its `for_each`, and the element.
    pub item: Option<(usize, Value)>,
    /// Its inputs as they were, rendered.
    pub inputs: Map<String, Value>,
    /// The undo record made before it began.
    pub record: UndoRecord,
    /// When it began, compared with the others.
    pub order: u64,
    /// Its outputs.
    pub outputs: Value,
    /// Its status as expressions see it.
    pub status: String,
}

/// A call of a run that began, for the expressions of undo overrides.
#[derive(Clone, Debug, PartialEq)]
pub struct DoneCall {
    /// The step that called.
    pub id: StepId,
    /// The inputs as the called steps saw them.
    pub inputs: Map<String, Value>,
    /// Its outputs.
    pub outputs: Value,
    /// Its status as expressions see it.
    pub status: String,
}

impl PlanStep {
    /// Why a step of an undo plan does nothing.
    pub fn cannot_undo(&self) -> Option<&str> {
        match &self.work {
            Work::Undo { record, .. } if self.off => Some(
                record
                    .undo
                    .because
                    .as_deref()
                    .unwrap_or("It cannot be undone, and its connector does not say why."),
            ),
            _ => None,
        }
    }
}

impl Plan {
    /// The plan that takes back what `done` of this plan's run did.
    pub fn undo_of(run: &RunId, plan: &Self, done: &[DoneStep], calls: &[DoneCall]) -> Self {
        let mut done: Vec<&DoneStep> = done.iter().collect();
        // Last begun, first undone; elements of one step in reverse, too.
        done.sort_by(|a, b| {
            let item = |step: &DoneStep| step.item.as_ref().map(|(at, _)| *at);
            (b.order, item(b)).cmp(&(a.order, item(a)))
        });
        let mut names = Names::default();
        // For each step of the run, the ends of its undo chains.
        let mut ends: HashMap<&StepId, Vec<StepId>> = HashMap::new();
        let mut chains: Vec<(&DoneStep, Vec<PlanStep>)> = Vec::new();
        let mut scopes: HashMap<Option<&StepId>, Scope> = HashMap::new();
        for step in done.iter().copied() {
            let Some(was) = plan.step(&step.id) else {
                continue;
            };
            let scope = scopes
                .entry(was.within.as_ref())
                .or_insert_with(|| scope(run, plan, was.within.as_ref(), &done, calls));
            let chain = chain(plan, was, step, scope, &mut names);
            if let Some(last) = chain.last() {
                ends.entry(&step.id).or_default().push(last.id.clone());
            }
            chains.push((step, chain));
        }
        let dependents = dependents(plan, &ends.keys().copied().collect());
        let mut steps: Vec<PlanStep> = Vec::new();
        for (step, mut chain) in chains {
            if let Some(first) = chain.first_mut() {
                let mut before: Vec<&StepId> = dependents
                    .get(&step.id)
                    .into_iter()
                    .flatten()
                    .filter_map(|id| ends.get(id))
                    .flatten()
                    .collect();
                before.sort();
                before.dedup();
                first.edges = before.into_iter().map(after).collect();
            }
            steps.extend(chain);
        }
        Self {
            workflow: plan.workflow.clone(),
            title: plan.title.clone(),
            environment: plan.environment.clone(),
            mode: plan.mode,
            inputs: plan.inputs.clone(),
            environment_values: plan.environment_values.clone(),
            slots: plan.slots.clone(),
            credentials: plan.credentials.clone(),
            steps: in_order(steps),
            outputs: Map::new(),
            undoes: Some(run.clone()),
            approval: plan.approval,
            expected: plan.expected.clone(),
        }
    }
}

/// What the expressions of undo overrides see: what they saw in the run, in the workflow that `within`
/// calls, or in the first one.
fn scope(
    run: &RunId,
    plan: &Plan,
    within: Option<&StepId>,
    done: &[&DoneStep],
    calls: &[DoneCall],
) -> Scope {
    let is_here = |id: &StepId| {
        plan.step(id)
            .is_some_and(|step| step.within.as_ref() == within)
    };
    let mut steps = Map::new();
    for step in done.iter().rev().filter(|step| is_here(&step.id)) {
        if step.item.is_some() {
            let entry = steps
                .entry(step.id.local())
                .or_insert_with(|| json!({"outputs": [], "status": step.status}));
            if let Some(Value::Array(outputs)) = entry.get_mut("outputs") {
                outputs.push(step.outputs.clone());
            }
        } else {
            steps.insert(
                step.id.local().to_owned(),
                json!({"outputs": step.outputs, "status": step.status}),
            );
        }
    }
    for call in calls.iter().filter(|call| is_here(&call.id)) {
        steps.insert(
            call.id.local().to_owned(),
            json!({"outputs": call.outputs, "status": call.status}),
        );
    }
    let inputs = match within {
        None => Some(&plan.inputs),
        Some(within) => calls
            .iter()
            .find(|call| call.id == *within)
            .map(|call| &call.inputs),
    };
    Scope {
        inputs: Value::Object(inputs.cloned().unwrap_or_default()),
        environment: plan.environment_values.clone(),
        steps: Value::Object(steps),
        each: None,
        run: json!({"id": run.as_str()}),
    }
}

/// The steps that undo one step, in order.
fn chain(
    plan: &Plan,
    was: &PlanStep,
    done: &DoneStep,
    scope: &Scope,
    names: &mut Names,
) -> Vec<PlanStep> {
    let base = match &done.item {
        Some((at, _)) => format!("{}_{at}", done.id),
        None => done.id.to_string(),
    };
    let Some(overrides) = &was.undo else {
        let mut step = undo_step(plan, was, done, names.take(&base, ""));
        step.off = matches!(
            done.record.undo.class,
            UndoClass::Manual | UndoClass::Impossible
        );
        return vec![step];
    };
    let mut scope = scope.clone();
    scope.each = done.item.as_ref().map(|(_, each)| each.clone());
    let mut chain: Vec<PlanStep> = Vec::new();
    for (at, wanted) in overrides.iter().enumerate() {
        let suffix = if at == 0 {
            "_undo".to_owned()
        } else {
            format!("_undo_{}", at + 1)
        };
        let id = names.take(&base, &suffix);
        let mut step = match render(&Value::Object(wanted.with.clone()), &scope) {
            Ok(Value::Object(with)) => override_step(plan, was, wanted, id, with),
            Ok(_) => continue,
            Err(error) => {
                let mut step = undo_step(plan, was, done, id);
                let because = format!(
                    "Its own undo, `{}`, cannot be worked out from what the run left: {error}",
                    wanted.uses
                );
                step.off = true;
                step.work = Work::Undo {
                    of: was.id.clone(),
                    record: UndoRecord {
                        undo: Undo {
                            class: UndoClass::Manual,
                            because: Some(because),
                        },
                        record: done.record.record.clone(),
                    },
                };
                step
            }
        };
        step.edges = chain
            .last()
            .map(|last| after(&last.id))
            .into_iter()
            .collect();
        chain.push(step);
    }
    chain
}

fn undo_step(plan: &Plan, was: &PlanStep, done: &DoneStep, id: StepId) -> PlanStep {
    PlanStep {
        id,
        title: plan.title_path(was),
        uses: was.uses.clone(),
        with: done.inputs.clone(),
        edges: Vec::new(),
        join: Join::All,
        condition: None,
        for_each: None,
        max_parallel: 1,
        max_failures: 0,
        retry: was.retry.clone(),
        timeout: was.timeout,
        on_error: OnError::Stop,
        credentials: was.credentials.clone(),
        off: false,
        undo: None,
        approval: false,
        writes: was.writes,
        work: Work::Undo {
            of: was.id.clone(),
            record: done.record.clone(),
        },
        call: None,
        within: None,
    }
}

fn override_step(
    plan: &Plan,
    was: &PlanStep,
    wanted: &UndoStep,
    id: StepId,
    with: Map<String, Value>,
) -> PlanStep {
    let credentials: IndexMap<_, _> = wanted
        .credentials
        .iter()
        .filter_map(|(port, slot)| Some((port.clone(), plan.credentials.get(slot)?.clone())))
        .collect();
    let like = like(plan, &wanted.uses);
    PlanStep {
        id,
        title: plan.title_path(was),
        uses: wanted.uses.clone(),
        with,
        edges: Vec::new(),
        join: Join::All,
        condition: None,
        for_each: None,
        max_parallel: 1,
        max_failures: 0,
        retry: None,
        timeout: None,
        on_error: OnError::Stop,
        credentials,
        off: false,
        undo: None,
        approval: like.is_some_and(|step| step.approval),
        // Where the plan has no such step, the careful answer.
        writes: like.is_none_or(|step| step.writes),
        work: Work::Do,
        call: None,
        within: None,
    }
}

fn like<'p>(plan: &'p Plan, uses: &OperationName) -> Option<&'p PlanStep> {
    plan.steps.iter().find(|step| step.uses == *uses)
}

fn after(id: &StepId) -> Edge {
    Edge {
        from: id.clone(),
        on: When::Success,
        kind: EdgeKind::Order,
    }
}

/// One side of a step: a call lies around its steps, so its begin comes before them and its end after.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Side<'p> {
    id: &'p StepId,
    end: bool,
}

/// For each step that did something, the nearest ones after it that did, through those that did nothing.
fn dependents<'p>(plan: &'p Plan, done: &HashSet<&StepId>) -> HashMap<&'p StepId, Vec<&'p StepId>> {
    let mut calls: HashSet<&StepId> = HashSet::new();
    calls.extend(
        plan.steps
            .iter()
            .filter(|step| step.call.is_some())
            .map(|step| &step.id),
    );
    let end_of = |id: &'p StepId| Side {
        id,
        end: calls.contains(id),
    };
    let mut after: HashMap<Side<'p>, Vec<Side<'p>>> = HashMap::new();
    for step in &plan.steps {
        let begin = Side {
            id: &step.id,
            end: false,
        };
        for edge in &step.edges {
            after.entry(end_of(&edge.from)).or_default().push(begin);
        }
        if let Some(call) = &step.within {
            let (id, end) = (call, true);
            after
                .entry(Side { id, end: false })
                .or_default()
                .push(begin);
            after
                .entry(end_of(&step.id))
                .or_default()
                .push(Side { id, end });
        }
    }
    let mut dependents = HashMap::new();
    for step in plan.steps.iter().filter(|step| done.contains(&step.id)) {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut left: Vec<Side<'p>> = after.get(&end_of(&step.id)).cloned().unwrap_or_default();
        while let Some(next) = left.pop() {
            if !seen.insert(next) {
                continue;
            }
            if done.contains(next.id) && !calls.contains(next.id) {
                found.push(next.id);
            } else {
                left.extend(after.get(&next).into_iter().flatten());
            }
        }
        dependents.insert(&step.id, found);
    }
    dependents
}

/// Each after those it waits for. Steps come nearly so already; a step that was re-run, or whose order is
/// told wrongly, must not break the plan.
fn in_order(steps: Vec<PlanStep>) -> Vec<PlanStep> {
    let places: HashMap<StepId, usize> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| (step.id.clone(), at))
        .collect();
    let mut waiting: Vec<usize> = steps.iter().map(|step| step.edges.len()).collect();
    let mut children = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        for edge in &step.edges {
            if let Some(&from) = places.get(&edge.from) {
                children[from].push(at);
            }
        }
    }
    let mut ready: std::collections::BTreeSet<usize> =
        (0..steps.len()).filter(|at| waiting[*at] == 0).collect();
    let mut slots: Vec<Option<PlanStep>> = steps.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(slots.len());
    while let Some(at) = ready.pop_first() {
        ordered.extend(slots[at].take());
        for &child in &children[at] {
            waiting[child] = waiting[child].saturating_sub(1);
            if waiting[child] == 0 {
                ready.insert(child);
            }
        }
    }
    ordered
}

/// Gives every step of the plan an id of its own.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn take(&mut self, base: &str, suffix: &str) -> StepId {
        let mut number = 1;
        loop {
            let tail = if number == 1 {
                suffix.to_owned()
            } else {
                format!("{suffix}_{number}")
            };
            let last = base.rfind('.').map_or(0, |dot| dot + 1);
            let room = (last + 64).saturating_sub(tail.len()).max(last + 1);
            let name = format!("{}{tail}", &base[..base.len().min(room)]);
            number += 1;
            if self.0.contains(&name) {
                continue;
            }
            if let Ok(id) = StepId::address(&name) {
                self.0.insert(name);
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests;
