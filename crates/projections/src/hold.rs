//! What a waiting step waits for.

use std::collections::{BTreeSet, HashMap};

use crate::view::{RunView, StepState};

/// Fills in `waits_for` and `held_by`. The steps of a plan stand in an order in which each comes after
/// those it waits for, so one pass is enough.
pub(crate) fn explain(view: &mut RunView) {
    let mut before: HashMap<usize, Vec<usize>> = HashMap::new();
    for edge in &view.edges {
        if let (Some(&from), Some(&to)) = (view.index.get(&edge.from), view.index.get(&edge.to)) {
            before.entry(to).or_default().push(from);
        }
    }
    let none = Vec::new();
    let mut held: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); view.steps.len()];
    for at in 0..view.steps.len() {
        let (mut waits, mut holders) = (BTreeSet::new(), BTreeSet::new());
        if view.steps[at].state == StepState::Waiting {
            for &from in before.get(&at).unwrap_or(&none) {
                let state = view.steps[from].state;
                if state.is_asking() {
                    holders.insert(from);
                } else if state == StepState::Waiting {
                    holders.extend(held[from].iter().copied());
                }
                if !state.is_ended() {
                    waits.insert(from);
                }
            }
        }
        let ids = |places: &BTreeSet<usize>| {
            places
                .iter()
                .map(|&place| view.steps[place].id.step.clone())
                .collect()
        };
        let (waits_for, held_by) = (ids(&waits), ids(&holders));
        view.steps[at].waits_for = waits_for;
        view.steps[at].held_by = held_by;
        held[at] = holders;
    }
}
