//! `needs` and `join`.

use std::collections::HashMap;

use podium_diagnostics::Diagnostic;
use podium_model::StepId;
use podium_model::document::{Join, When};

use super::{Checked, Checker, error};
use crate::code;
use crate::plan::{Edge, EdgeKind};

/// Names looked at in all, for hints about steps that do not exist.
const MAX_COMPARED: usize = 500_000;

impl<'a> Checker<'a> {
    /// The drawn edges of a step.
    pub(super) fn needs(&mut self, checked: &mut Checked<'a>) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (place, need) in checked.step.needs.iter().enumerate() {
            let pointer = self.need_pointer(&checked.pointer, place);
            let id = need.step.as_str();
            if need.step == *checked.id {
                let diagnostic = error(
                    code::SELF_REFERENCE,
                    "The step waits for itself",
                    format!("`{id}` stands in its own `needs`."),
                );
                self.problem(diagnostic, &pointer, "Remove it.");
                continue;
            }
            if !self.index.contains_key(id) {
                self.unknown_step(id, &pointer, None);
                continue;
            }
            if let Some(first) = seen.insert(id, place) {
                let other = checked.step.needs[first].on;
                let (detail, hint) = if other == need.on {
                    (
                        format!("`{id}` stands in `needs` already."),
                        "Remove one of the two.",
                    )
                } else {
                    (
                        format!("`{id}` stands in `needs` already, with another `on`."),
                        "Keep one of the two; `on: always` covers both ways.",
                    )
                };
                let diagnostic = error(code::DUPLICATE_NEED, "A need stands twice", detail);
                self.problem(diagnostic, &pointer, hint);
                continue;
            }
            checked.edges.push(Edge {
                from: need.step.clone(),
                on: need.on,
                kind: EdgeKind::Order,
            });
            checked.places.push((pointer, None));
        }
    }

    /// Where the step's id stands in a need; both forms of writing it are looked for.
    fn need_pointer(&self, step: &str, place: usize) -> String {
        let short = format!("{step}/needs/{place}");
        let long = format!("{short}/step");
        if self.map.node(&long).is_some() {
            long
        } else {
            short
        }
    }

    /// `bytes` is the place inside the text at the pointer.
    pub(super) fn unknown_step(&mut self, id: &str, pointer: &str, bytes: Option<(usize, usize)>) {
        if self.unreadable.contains(&id) {
            // What is wrong with it is told at the step itself.
            return;
        }
        if self.is_full() {
            return;
        }
        // Comparing every wrong id with every step is quadratic: beyond some work the hint is plain.
        self.compared += self.document.steps.len();
        let hint = if self.compared > MAX_COMPARED {
            "Look for its id in the outline.".to_owned()
        } else {
            let names = self.document.steps.keys().map(StepId::as_str);
            Self::other_names(id, names, "", "Add the step, or remove this.")
        };
        let diagnostic = error(
            code::UNKNOWN_STEP,
            "There is no such step",
            format!("No step has the id `{}`.", podium_model::tree::short(id)),
        );
        match bytes {
            Some((start, length)) => {
                let span = self.map.inside(pointer, start, length);
                self.problem_at(diagnostic, pointer, span, hint);
            }
            None => self.problem(diagnostic, pointer, hint),
        }
    }

    /// Whether `join` can ever be reached.
    pub(super) fn join(&mut self, checked: &Checked<'_>) {
        let pointer = format!("{}/join", checked.pointer);
        let count = checked.edges.len();
        match checked.step.join {
            Join::AtLeast(wanted) if wanted as usize > count => {
                let diagnostic = error(
                    code::JOIN_TOO_LARGE,
                    "The step waits for more steps than there are",
                    format!("`join: {wanted}` asks for {wanted} steps; it waits for {count}."),
                );
                let hint = match count {
                    0 => "Name the steps under `needs`, or remove `join`.".to_owned(),
                    1 => "Remove `join`.".to_owned(),
                    _ => format!("Write a number from 1 to {count}, `any` or `all`."),
                };
                self.problem(diagnostic, &pointer, hint);
            }
            Join::Any | Join::AtLeast(_) if count < 2 => {
                let diagnostic = Diagnostic::warning(
                    code::NO_EFFECT,
                    "The setting has no effect",
                    "With fewer than two steps before it there is nothing to join.",
                );
                self.problem(diagnostic, &pointer, "Remove `join`.");
            }
            Join::All | Join::Any | Join::AtLeast(_) => {}
        }
    }
}

/// Whether a step that went this way gave outputs.
pub(super) fn gives_outputs(on: When) -> bool {
    match on {
        When::Success | When::Always => true,
        When::Failure => false,
    }
}
