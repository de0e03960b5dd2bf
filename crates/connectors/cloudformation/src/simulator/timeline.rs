//! What happens to a stack over time, laid out beforehand.

mod back;
mod below;

use std::collections::BTreeSet;

use serde_json::Value;

use super::evaluate::View;
use super::state::{Cloud, Due, Event, Resource, Set, Stack, Then, Version};
use crate::template::{self, NESTED, Template};
use back::rolled_back;
use below::Below;
pub(super) use below::wanted as nested_wanted;

/// How long a resource takes where its template does not say, in milliseconds.
const TAKES: i64 = 700;

/// Builds a row of events.
struct Row<'a> {
    at: i64,
    token: &'a str,
    name: String,
    id: String,
    dues: Vec<Due>,
    /// What becomes of nested stacks along the way.
    below: Vec<Below>,
}

/// What was laid out for a stack.
struct Laid {
    /// When its work ends, well or not; a way back is not counted.
    end: i64,
    /// What it is then, or why it failed.
    came: Result<Version, String>,
    /// Its resources then.
    living: Vec<Resource>,
}

impl<'a> Row<'a> {
    fn of(at: i64, stack: &Stack, token: &'a str) -> Self {
        Self {
            at,
            token,
            name: stack.name.clone(),
            id: stack.id.clone(),
            dues: Vec::new(),
            below: Vec::new(),
        }
    }

    fn push(&mut self, event: Event, then: Then) {
        self.dues.push(Due {
            at: self.at,
            event,
            then,
        });
    }

    fn stack(&mut self, status: &str, reason: &str, then: Then) {
        let event = Event {
            about: self.name.clone(),
            kind: NESTED.into(),
            physical: self.id.clone(),
            status: status.into(),
            reason: reason.into(),
            token: self.token.into(),
            ..Event::default()
        };
        self.push(event, then);
    }

    fn about(&self, resource: &Resource, status: &str, reason: &str) -> Event {
        Event {
            about: resource.id.clone(),
            kind: resource.kind.clone(),
            physical: resource.physical.clone(),
            status: status.into(),
            reason: reason.into(),
            token: self.token.into(),
            ..Event::default()
        }
    }

    /// Works on one resource; gives whether it went well.
    fn work(&mut self, verb: &str, resource: &Resource, trouble: &Trouble) -> bool {
        let mut half = resource.clone();
        half.status = format!("{verb}_IN_PROGRESS");
        let begun = self.about(
            &Resource {
                physical: String::new(),
                ..half.clone()
            },
            &half.status,
            "",
        );
        self.push(
            begun,
            if verb == "CREATE" {
                Then::Put(Box::new(half.clone()))
            } else {
                Then::Mark
            },
        );
        if resource.kind == NESTED {
            let event = self.about(resource, &half.status, "Resource creation Initiated");
            self.push(event, Then::Mark);
        }
        self.at += trouble.takes;
        let (status, then) = if trouble.fails.is_some() {
            (format!("{verb}_FAILED"), Then::Mark)
        } else {
            half.status = format!("{verb}_COMPLETE");
            (half.status.clone(), Then::Put(Box::new(half.clone())))
        };
        let event = self.about(
            resource,
            &status,
            trouble.fails.as_deref().unwrap_or_default(),
        );
        self.push(event, then);
        trouble.fails.is_none()
    }

    /// Takes resources away, the last made first; gives those that would not go.
    fn remove(&mut self, resources: &[Resource], template: Option<&Template>) -> Vec<String> {
        let mut left = Vec::new();
        for resource in resources.iter().rev() {
            let practice = practice(template, &resource.id);
            let retained = template.is_some_and(|template| {
                template.data["Resources"][&resource.id]["DeletionPolicy"] == "Retain"
            });
            if retained {
                let event = self.about(resource, "DELETE_SKIPPED", "");
                self.push(event, Then::Drop);
                continue;
            }
            let event = self.about(resource, "DELETE_IN_PROGRESS", "");
            self.push(event, Then::Mark);
            if resource.kind == NESTED {
                self.below
                    .push(Below::Gone(resource.physical.clone(), self.at));
            }
            self.at += takes(&practice) / 2;
            if let Some(reason) = practice["DeleteFail"].as_str() {
                let event = self.about(resource, "DELETE_FAILED", reason);
                self.push(event, Then::Mark);
                left.push(resource.id.clone());
            } else {
                let event = self.about(resource, "DELETE_COMPLETE", "");
                self.push(event, Then::Drop);
            }
        }
        left
    }
}

/// How long a resource takes and why it fails.
struct Trouble {
    takes: i64,
    fails: Option<String>,
}

fn practice(template: Option<&Template>, id: &str) -> Value {
    template.map_or(Value::Null, |template| {
        template.data["Resources"][id]["Metadata"]["Practice"].clone()
    })
}

fn takes(practice: &Value) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds of a practice stack are few"
    )]
    practice["Seconds"]
        .as_f64()
        .map_or(TAKES, |seconds| (seconds * 1000.0) as i64)
}

/// Resources in an order in which each comes after those it needs.
pub(super) fn ordered(template: &Template) -> Vec<template::Resource> {
    let mut left = template.resources();
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let next = left
            .iter()
            .position(|one| one.after.is_subset(&done))
            .unwrap_or(0);
        let one = left.remove(next);
        done.insert(one.id.clone());
        ordered.push(one);
    }
    ordered
}

impl Cloud {
    /// Why a resource of this kind and name cannot be made.
    fn trouble(&self, stack: &Stack, template: &Template, resource: &Resource) -> Trouble {
        let practice = practice(Some(template), &resource.id);
        let mut trouble = Trouble {
            takes: takes(&practice),
            fails: practice["Fail"].as_str().map(str::to_owned),
        };
        if resource.kind == "AWS::CloudFormation::WaitCondition" {
            let seconds: u16 = template::plain(&resource.properties["Timeout"])
                .parse()
                .unwrap_or(1);
            trouble.takes = i64::from(seconds) * 1000;
            trouble.fails =
                Some("WaitCondition timed out. Received 0 conditions when expecting 1".into());
        }
        let taken = self
            .stacks
            .iter()
            .filter(|other| other.id != stack.id && !other.is_gone())
            .any(|other| {
                other
                    .resources
                    .iter()
                    .any(|one| one.kind == resource.kind && one.physical == resource.physical)
            });
        if taken {
            trouble.fails = Some(format!("{} already exists", resource.physical));
        }
        trouble
    }

    /// Lays out what executing a change set does.
    pub(super) fn execute(&mut self, now: i64, at: usize, set: &Set, token: &str) {
        self.lay(now, at, set, token);
    }

    fn lay(&mut self, start: i64, at: usize, set: &Set, token: &str) -> Laid {
        let stack = self.stacks[at].clone();
        let nothing = |why: String| Laid {
            end: start,
            came: Err(why),
            living: stack.resources.clone(),
        };
        let template = match Template::parse(set.version.template.clone(), &stack.name) {
            Ok(template) => template,
            Err(error) => return nothing(error.message),
        };
        let verb = if set.fresh { "CREATE" } else { "UPDATE" };
        let mut row = Row::of(start, &stack, token);
        row.stack(
            &format!("{verb}_IN_PROGRESS"),
            "User Initiated",
            Then::Status,
        );
        let mut made: Vec<Resource> = Vec::new();
        let mut living = stack.resources.clone();
        let mut touched: Vec<Resource> = Vec::new();
        let mut failed = None;
        for wanted in ordered(&template) {
            self.count += 1;
            let view = View {
                template: &template,
                parameters: &set.version.parameters,
                resources: &living,
                stack: &stack.name,
                stack_id: &stack.id,
            };
            if !view.is_wanted(&wanted.id) {
                continue;
            }
            let old = stack.resources.iter().find(|old| old.id == wanted.id);
            let change = set.changes.iter().find(|change| change.id == wanted.id);
            let properties = view.properties(&wanted.id);
            let Some(change) = change else {
                continue;
            };
            let anew = old.is_none() || change.replacement == "True";
            let physical = match old {
                Some(old) if !anew => old.physical.clone(),
                _ => view.physical(&wanted.id, &wanted.kind, &properties, self.count),
            };
            let mut resource = Resource {
                id: wanted.id.clone(),
                kind: wanted.kind.clone(),
                physical,
                properties,
                ..Resource::default()
            };
            row.at += 50;
            let trouble = if wanted.kind == NESTED {
                self.lay_nested(row.at, &stack, &template, &mut resource, old, token)
            } else {
                self.trouble(&stack, &template, &resource)
            };
            let reason = trouble.fails.clone();
            let good = row.work(
                if old.is_none() { "CREATE" } else { "UPDATE" },
                &resource,
                &trouble,
            );
            living.retain(|one| one.id != resource.id);
            living.push(resource.clone());
            match old {
                None => made.push(resource),
                Some(old) => touched.push(old.clone()),
            }
            if !good {
                failed = Some((wanted.id.clone(), reason.unwrap_or_default()));
                break;
            }
        }
        row.at += 50;
        let mut laid = Laid {
            end: row.at,
            came: Ok(set.version.clone()),
            living: Vec::new(),
        };
        let mut back = None;
        if let Some((id, _)) = failed {
            let reason = format!(
                "The following resource(s) failed to {}: [{id}].",
                verb.to_lowercase()
            );
            back = rolled_back(&mut row, &stack, set, &reason, &made, &touched, &template);
            laid.came = Err(reason);
        } else {
            let view = View {
                template: &template,
                parameters: &set.version.parameters,
                resources: &living,
                stack: &stack.name,
                stack_id: &stack.id,
            };
            let mut version = set.version.clone();
            version.outputs = view.outputs();
            laid.came = Ok(version.clone());
            let gone: Vec<Resource> = stack
                .resources
                .iter()
                .filter(|old| {
                    set.changes
                        .iter()
                        .any(|c| c.id == old.id && c.action == "Remove")
                })
                .cloned()
                .collect();
            if !gone.is_empty() {
                row.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "", Then::Status);
                let former = Template::parse(stack.now.template.clone(), &stack.name).ok();
                row.remove(&gone, former.as_ref());
            }
            row.stack(
                &format!("{verb}_COMPLETE"),
                "",
                Then::Become(Box::new(version)),
            );
        }
        laid.living = living;
        let stack = &mut self.stacks[at];
        stack.back = back;
        if set.fresh {
            stack.now = set.version.clone();
        }
        stack.pending = row.dues;
        self.settle_below(row.below, token);
        laid
    }

    /// Lays out a deletion.
    pub(super) fn remove(&mut self, now: i64, at: usize, token: &str) {
        self.lay_removal(now, at, token, None);
        self.advance(now);
    }

    /// Lays out a deletion from `start` on; what was to happen before then still does. `living` is what
    /// it will hold by then.
    fn lay_removal(&mut self, start: i64, at: usize, token: &str, living: Option<Vec<Resource>>) {
        let stack = self.stacks[at].clone();
        let resources = living.unwrap_or_else(|| stack.resources.clone());
        let mut row = Row::of(start, &stack, token);
        if resources.is_empty() && stack.status == "REVIEW_IN_PROGRESS" {
            row.stack(
                "DELETE_COMPLETE",
                "User Initiated",
                Then::Become(Box::default()),
            );
        } else {
            row.stack("DELETE_IN_PROGRESS", "User Initiated", Then::Status);
            row.at += 50;
            let template = Template::parse(stack.now.template.clone(), &stack.name).ok();
            let left = row.remove(&resources, template.as_ref());
            if left.is_empty() {
                row.stack(
                    "DELETE_COMPLETE",
                    "",
                    Then::Become(Box::new(stack.now.clone())),
                );
            } else {
                let reason = format!(
                    "The following resource(s) failed to delete: [{}].",
                    left.join(", ")
                );
                row.stack("DELETE_FAILED", &reason, Then::Status);
            }
        }
        let stack = &mut self.stacks[at];
        stack.pending.retain(|due| due.at < start);
        stack.pending.append(&mut row.dues);
        self.settle_below(row.below, token);
    }
}
