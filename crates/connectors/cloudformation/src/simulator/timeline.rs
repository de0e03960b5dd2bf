//! What happens to a stack over time, laid out beforehand.

use std::collections::BTreeSet;

use serde_json::Value;

use super::evaluate::View;
use super::state::{Cloud, Due, Event, Resource, Set, Stack, Then};
use crate::template::{self, Template};

/// How long a resource takes where its template does not say, in milliseconds.
const TAKES: i64 = 700;
const STACK: &str = "AWS::CloudFormation::Stack";

/// Builds a row of events.
struct Row<'a> {
    at: i64,
    token: &'a str,
    name: String,
    id: String,
    dues: Vec<Due>,
}

impl Row<'_> {
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
            kind: STACK.into(),
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
        let stack = self.stacks[at].clone();
        let Ok(template) = Template::parse(set.version.template.clone(), &stack.name) else {
            return;
        };
        let verb = if set.fresh { "CREATE" } else { "UPDATE" };
        let mut row = Row {
            at: now,
            token,
            name: stack.name.clone(),
            id: stack.id.clone(),
            dues: Vec::new(),
        };
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
            let (Some(change), _) = (change, old) else {
                continue;
            };
            let anew = old.is_none() || change.replacement == "True";
            let physical = match old {
                Some(old) if !anew => old.physical.clone(),
                _ => view.physical(&wanted.id, &wanted.kind, &properties, self.count),
            };
            let resource = Resource {
                id: wanted.id.clone(),
                kind: wanted.kind.clone(),
                physical,
                properties,
                ..Resource::default()
            };
            let trouble = self.trouble(&stack, &template, &resource);
            let reason = trouble.fails.clone();
            row.at += 50;
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
        let mut version = set.version.clone();
        if let Some((id, _)) = failed {
            let reason = format!(
                "The following resource(s) failed to {}: [{id}].",
                verb.to_lowercase()
            );
            rolled_back(&mut row, &stack, set, &reason, &made, &touched, &template);
        } else {
            let view = View {
                template: &template,
                parameters: &set.version.parameters,
                resources: &living,
                stack: &stack.name,
                stack_id: &stack.id,
            };
            version.outputs = view.outputs();
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
        let stack = &mut self.stacks[at];
        stack.former = (!set.fresh).then(|| stack.now.clone());
        if set.fresh {
            stack.now = set.version.clone();
        }
        stack.pending = row.dues;
    }

    /// Turns a running update round.
    pub(super) fn turn_back(&mut self, now: i64, at: usize, token: &str) {
        let stack = self.stacks[at].clone();
        let mut row = Row {
            at: now,
            token,
            name: stack.name.clone(),
            id: stack.id.clone(),
            dues: Vec::new(),
        };
        let known = Template::parse(stack.now.template.clone(), &stack.name).ok();
        let former: Vec<String> = known
            .iter()
            .flat_map(Template::resources)
            .map(|resource| resource.id)
            .collect();
        row.stack(
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "User Initiated",
            Then::Status,
        );
        let (kept, made): (Vec<Resource>, Vec<Resource>) = stack
            .resources
            .iter()
            .cloned()
            .partition(|resource| former.contains(&resource.id));
        row.at += TAKES;
        for resource in kept
            .iter()
            .filter(|resource| resource.status.starts_with("UPDATE"))
        {
            let mut back = resource.clone();
            back.status = "UPDATE_COMPLETE".into();
            if let Some(template) = &known {
                let view = View {
                    template,
                    parameters: &stack.now.parameters,
                    resources: &kept,
                    stack: &stack.name,
                    stack_id: &stack.id,
                };
                back.properties = view.properties(&resource.id);
            }
            let event = row.about(&back, "UPDATE_COMPLETE", "");
            row.push(event, Then::Put(Box::new(back)));
        }
        row.stack(
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "",
            Then::Status,
        );
        row.remove(&made, None);
        row.stack(
            "UPDATE_ROLLBACK_COMPLETE",
            "",
            Then::Become(Box::new(stack.now.clone())),
        );
        self.stacks[at].pending = row.dues;
    }

    /// Lays out a deletion.
    pub(super) fn remove(&mut self, now: i64, at: usize, token: &str) {
        let stack = self.stacks[at].clone();
        let mut row = Row {
            at: now,
            token,
            name: stack.name.clone(),
            id: stack.id.clone(),
            dues: Vec::new(),
        };
        if stack.resources.is_empty() && stack.status == "REVIEW_IN_PROGRESS" {
            row.stack(
                "DELETE_COMPLETE",
                "User Initiated",
                Then::Become(Box::default()),
            );
        } else {
            row.stack("DELETE_IN_PROGRESS", "User Initiated", Then::Status);
            row.at += 50;
            let template = Template::parse(stack.now.template.clone(), &stack.name).ok();
            let left = row.remove(&stack.resources, template.as_ref());
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
        self.stacks[at].pending = row.dues;
        self.advance(now);
    }
}

/// The way back of a failed set.
fn rolled_back(
    row: &mut Row<'_>,
    stack: &Stack,
    set: &Set,
    reason: &str,
    made: &[Resource],
    touched: &[Resource],
    template: &Template,
) {
    if set.on_failure == "DO_NOTHING" {
        let status = if set.fresh {
            "CREATE_FAILED"
        } else {
            "UPDATE_FAILED"
        };
        row.stack(status, reason, Then::Become(Box::new(set.version.clone())));
        return;
    }
    if !set.fresh {
        row.stack("UPDATE_ROLLBACK_IN_PROGRESS", reason, Then::Status);
        for old in touched {
            row.at += TAKES / 2;
            let mut back = old.clone();
            back.status = "UPDATE_COMPLETE".into();
            let event = row.about(&back, "UPDATE_COMPLETE", "");
            row.push(event, Then::Put(Box::new(back)));
        }
        row.stack(
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "",
            Then::Status,
        );
        row.remove(made, None);
        row.stack(
            "UPDATE_ROLLBACK_COMPLETE",
            "",
            Then::Become(Box::new(stack.now.clone())),
        );
        return;
    }
    let (going, gone) = if set.on_failure == "DELETE" {
        ("DELETE_IN_PROGRESS", "DELETE_COMPLETE")
    } else {
        ("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE")
    };
    row.stack(
        going,
        &format!("{reason} Rollback requested by user."),
        Then::Status,
    );
    let left = row.remove(made, Some(template));
    if left.is_empty() {
        row.stack(gone, "", Then::Become(Box::new(set.version.clone())));
    } else {
        row.stack(
            "ROLLBACK_FAILED",
            &format!(
                "The following resource(s) failed to delete: [{}].",
                left.join(", ")
            ),
            Then::Status,
        );
    }
}
