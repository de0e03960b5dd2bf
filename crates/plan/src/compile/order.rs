//! The order of the steps: cycles, and steps that can never run.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use podium_diagnostics::Diagnostic;
use podium_model::document::{Join, When};

use super::{Checked, Checker, error};
use crate::code;

/// More cycles than this in one document are told when these are gone.
const MAX_CYCLES: usize = 20;
/// Steps looked at while two ways to one step are compared.
const MAX_WORK: usize = 200_000;
/// Failures that one step may depend on.
const MAX_FAILURES: usize = 16;

impl Checker<'_> {
    /// The places of all steps, each after those it waits for, ties as in the file. Tells of cycles.
    pub(super) fn order(&mut self) -> Vec<usize> {
        let count = self.steps.len();
        let mut waiting = vec![0usize; count];
        let mut children = vec![Vec::new(); count];
        for (to, checked) in self.steps.iter().enumerate() {
            for edge in &checked.edges {
                if let Some(&from) = self.index.get(edge.from.as_str()) {
                    children[from].push(to);
                    waiting[to] += 1;
                }
            }
        }
        let mut ready: BinaryHeap<Reverse<usize>> = (0..count)
            .filter(|step| waiting[*step] == 0)
            .map(Reverse)
            .collect();
        let mut order = Vec::with_capacity(count);
        let mut done = vec![false; count];
        let mut cycles = 0;
        loop {
            while let Some(Reverse(step)) = ready.pop() {
                if std::mem::replace(&mut done[step], true) {
                    continue;
                }
                order.push(step);
                for &child in &children[step] {
                    waiting[child] = waiting[child].saturating_sub(1);
                    if waiting[child] == 0 && !done[child] {
                        ready.push(Reverse(child));
                    }
                }
            }
            let Some(start) = done.iter().position(|done| !done) else {
                return order;
            };
            let cycle = self.cycle(start, &done);
            if cycles < MAX_CYCLES {
                self.tell_cycle(&cycle);
            }
            cycles += 1;
            // Go on as if the cycle were not there, so that others are found in the same pass.
            ready.extend(cycle.into_iter().map(Reverse));
        }
    }

    /// Every step that is left waits for another that is left: walking back must come to a place twice.
    fn cycle(&self, start: usize, done: &[bool]) -> Vec<usize> {
        let mut way = Vec::new();
        let mut seen = vec![usize::MAX; done.len()];
        let mut step = start;
        loop {
            if seen[step] != usize::MAX {
                let mut cycle = way.split_off(seen[step]);
                cycle.reverse();
                let first = cycle
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, step)| **step)
                    .map_or(0, |(at, _)| at);
                cycle.rotate_left(first);
                return cycle;
            }
            seen[step] = way.len();
            way.push(step);
            let before = self.steps[step]
                .edges
                .iter()
                .filter_map(|edge| self.index.get(edge.from.as_str()).copied())
                .find(|from| !done[*from]);
            match before {
                Some(before) => step = before,
                None => return vec![step],
            }
        }
    }

    fn tell_cycle(&mut self, cycle: &[usize]) {
        let (Some(&first), Some(&last)) = (cycle.first(), cycle.last()) else {
            return;
        };
        let mut names: Vec<String> = cycle
            .iter()
            .take(30)
            .map(|step| format!("`{}`", self.steps[*step].id))
            .collect();
        if cycle.len() > 30 {
            names.push(format!("{} more", cycle.len() - 30));
        }
        names.push(format!("`{}`", self.steps[first].id));
        let detail = format!("Each waits for the one before: {}.", names.join(" → "));
        let from = self.steps[last].id.clone();
        let at = self.steps[first]
            .edges
            .iter()
            .position(|edge| edge.from == from)
            .unwrap_or(0);
        let (pointer, place) = self.steps[first]
            .places
            .get(at)
            .cloned()
            .unwrap_or_else(|| (self.steps[first].pointer.clone(), None));
        let span = match place {
            Some((start, length)) => self.map.inside(&pointer, start, length),
            None => self.map.place(&pointer),
        };
        let diagnostic = error(code::CYCLE, "Steps wait for each other", detail);
        let hint = format!(
            "Remove one of these edges, for example that `{}` waits for `{from}`.",
            self.steps[first].id
        );
        self.problem_at(diagnostic, &pointer, span, hint);
    }

    /// Warns of steps that can never run. Only the first of a row is told.
    pub(super) fn unreachable(&mut self, order: &[usize]) {
        let count = self.steps.len();
        let mut never = vec![false; count];
        // Steps that must have failed for this one to run.
        let mut failures: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut work = 0;
        let mut told: Vec<(usize, String, String, &'static str)> = Vec::new();
        for &at in order {
            let checked = &self.steps[at];
            if checked
                .step
                .condition
                .as_ref()
                .is_some_and(|condition| condition.trim() == "false")
            {
                never[at] = true;
                told.push((
                    at,
                    format!("{}/if", checked.pointer),
                    format!("The condition of `{}` is always false.", checked.id),
                    "Remove the condition; write `off: true` to switch the step off.",
                ));
                continue;
            }
            let mut possible = 0;
            let mut root = None;
            let mut follows = false;
            for (place, edge) in checked.edges.iter().enumerate() {
                let Some(&from) = self.index.get(edge.from.as_str()) else {
                    possible += 1;
                    continue;
                };
                if never[from] && edge.on != When::Always {
                    follows = true;
                } else if self.steps[from].step.off && edge.on == When::Failure {
                    root = Some((
                        place,
                        format!(
                            "`{}` waits for `{}` to fail, which is switched off.",
                            checked.id, edge.from
                        ),
                    ));
                } else {
                    possible += 1;
                }
                if checked.step.join == Join::All {
                    merge(&mut failures, at, from, edge.on);
                }
            }
            let wanted = match checked.step.join {
                Join::All => checked.edges.len(),
                Join::Any => usize::from(!checked.edges.is_empty()),
                Join::AtLeast(wanted) => wanted as usize,
            };
            if possible < wanted.min(checked.edges.len()) {
                never[at] = true;
                if let Some((place, detail)) = root
                    && !follows
                {
                    let pointer = checked.places[place].0.clone();
                    told.push((
                        at,
                        pointer,
                        detail,
                        "Remove the need, or switch the other step on.",
                    ));
                }
                continue;
            }
            if checked.step.join == Join::All
                && let Some((failed, place)) = self.contradiction(checked, &failures, &mut work)
            {
                never[at] = true;
                let failed = &self.steps[failed].id;
                let detail = format!(
                    "`{}` can only run when `{failed}` has both failed and succeeded.",
                    checked.id
                );
                let pointer = checked.places[place].0.clone();
                told.push((
                    at,
                    pointer,
                    detail,
                    "Write `join: any`, or remove one of the needs.",
                ));
            }
        }
        for (_, pointer, detail, hint) in told {
            let diagnostic =
                Diagnostic::warning(code::UNREACHABLE, "The step can never run", detail);
            self.problem(diagnostic, &pointer, hint);
        }
    }

    /// A step that must have failed by one edge and succeeded by another: it, and the place of the other.
    fn contradiction(
        &self,
        checked: &Checked<'_>,
        failures: &[Vec<usize>],
        work: &mut usize,
    ) -> Option<(usize, usize)> {
        let at = *self.index.get(checked.id.as_str())?;
        for &failed in &failures[at] {
            for (place, edge) in checked.edges.iter().enumerate() {
                let from = *self.index.get(edge.from.as_str())?;
                if edge.on != When::Success || failures[from].contains(&failed) {
                    continue;
                }
                if self.needs_success(from, failed, work) {
                    return Some((failed, place));
                }
            }
        }
        None
    }

    /// Whether `step` runs only when `wanted` has succeeded.
    fn needs_success(&self, step: usize, wanted: usize, work: &mut usize) -> bool {
        let mut left = vec![step];
        let mut seen = HashSet::new();
        while let Some(step) = left.pop() {
            *work += 1;
            if step == wanted {
                return true;
            }
            if *work > MAX_WORK || !seen.insert(step) {
                continue;
            }
            let checked = &self.steps[step];
            if checked.step.join == Join::All {
                let before = checked
                    .edges
                    .iter()
                    .filter(|edge| edge.on == When::Success)
                    .filter_map(|edge| self.index.get(edge.from.as_str()).copied());
                left.extend(before);
            }
        }
        false
    }
}

fn merge(failures: &mut [Vec<usize>], at: usize, from: usize, on: When) {
    if on == When::Always || at == from {
        return;
    }
    let mut more = failures[from].clone();
    if on == When::Failure {
        more.push(from);
    }
    for failed in more {
        if failures[at].len() < MAX_FAILURES && !failures[at].contains(&failed) {
            failures[at].push(failed);
        }
    }
}
