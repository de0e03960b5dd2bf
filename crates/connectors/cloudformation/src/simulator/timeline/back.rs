//! Ways back: of a failure, of a cancelled update, of a rollback that itself failed.

use serde_json::Value;

use super::below::Below;
use super::{Row, TAKES, practice};
use crate::simulator::evaluate::View;
use crate::simulator::state::{Back, Cloud, Resource, Set, Stack, Then, Version};
use crate::template::{NESTED, Template};

/// Why a resource will not go back; a practice template says so.
fn refuses(template: Option<&Template>, id: &str) -> Option<String> {
    practice(template, id)["RollbackFail"]
        .as_str()
        .map(str::to_owned)
}

impl Row<'_> {
    /// Puts resources back as they were; gives those that would not, and why.
    fn put_back(
        &mut self,
        touched: &[Resource],
        template: Option<&Template>,
    ) -> Vec<(Resource, String)> {
        let mut held = Vec::new();
        for old in touched {
            self.at += TAKES / 2;
            let mut back = old.clone();
            if let Some(reason) = refuses(template, &old.id) {
                let event = self.about(&back, "UPDATE_FAILED", &reason);
                self.push(event, Then::Mark);
                held.push((back, reason));
                continue;
            }
            if old.kind == NESTED {
                self.below.push(Below::Back(old.physical.clone(), self.at));
            }
            back.status = "UPDATE_COMPLETE".into();
            back.reason.clear();
            let event = self.about(&back, "UPDATE_COMPLETE", "");
            self.push(event, Then::Put(Box::new(back)));
        }
        held
    }

    /// The end of the way back of an update: well, or stuck.
    fn end_back(
        &mut self,
        stuck: Vec<(Resource, String)>,
        made: &[Resource],
        version: &Version,
    ) -> Option<Back> {
        if !stuck.is_empty() {
            let names: Vec<&str> = stuck.iter().map(|(one, _)| one.id.as_str()).collect();
            let reason = format!(
                "The following resource(s) failed to update: [{}].",
                names.join(", ")
            );
            self.stack("UPDATE_ROLLBACK_FAILED", &reason, Then::Status);
            return Some(Back {
                stuck,
                made: made.to_vec(),
                version: version.clone(),
            });
        }
        self.stack(
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "",
            Then::Status,
        );
        self.remove(made, None);
        self.stack(
            "UPDATE_ROLLBACK_COMPLETE",
            "",
            Then::Become(Box::new(version.clone())),
        );
        None
    }
}

/// The way back of a failed set; gives what it could not do.
pub(super) fn rolled_back(
    row: &mut Row<'_>,
    stack: &Stack,
    set: &Set,
    reason: &str,
    made: &[Resource],
    touched: &[Resource],
    template: &Template,
) -> Option<Back> {
    if set.on_failure == "DO_NOTHING" {
        let status = if set.fresh {
            "CREATE_FAILED"
        } else {
            "UPDATE_FAILED"
        };
        row.stack(status, reason, Then::Become(Box::new(set.version.clone())));
        return None;
    }
    if !set.fresh {
        row.stack("UPDATE_ROLLBACK_IN_PROGRESS", reason, Then::Status);
        let held = row.put_back(touched, Some(template));
        return row.end_back(held, made, &stack.now);
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
    None
}

impl Cloud {
    /// Turns a running update round.
    pub(in crate::simulator) fn turn_back(&mut self, now: i64, at: usize, token: &str) {
        let version = self.stacks[at].now.clone();
        self.lay_back(now, at, token, &version, None);
    }

    /// Rolls a failure back that was kept as it was.
    pub(in crate::simulator) fn roll_back(&mut self, now: i64, at: usize, token: &str) {
        let stack = self.stacks[at].clone();
        if stack.status == "UPDATE_FAILED" {
            let version = stack.former.clone().unwrap_or_default();
            self.lay_back(now, at, token, &version, None);
            return;
        }
        let mut row = Row::of(now, &stack, token);
        row.stack("ROLLBACK_IN_PROGRESS", "User Initiated", Then::Status);
        let template = Template::parse(stack.now.template.clone(), &stack.name).ok();
        let left = row.remove(&stack.resources, template.as_ref());
        let (status, reason) = if left.is_empty() {
            ("ROLLBACK_COMPLETE", String::new())
        } else {
            (
                "ROLLBACK_FAILED",
                format!(
                    "The following resource(s) failed to delete: [{}].",
                    left.join(", ")
                ),
            )
        };
        row.stack(status, &reason, Then::Status);
        self.stacks[at].pending = row.dues;
        self.settle_below(row.below, token);
    }

    /// Goes on with a way back that failed.
    pub(in crate::simulator) fn continue_back(
        &mut self,
        now: i64,
        at: usize,
        token: &str,
        skip: &[String],
    ) {
        let Some(back) = self.stacks[at].back.take() else {
            return;
        };
        let stack = self.stacks[at].clone();
        let mut row = Row::of(now, &stack, token);
        row.stack(
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "User Initiated",
            Then::Status,
        );
        let mut held = Vec::new();
        for (one, reason) in back.stuck {
            row.at += TAKES / 2;
            let skipped = skip.contains(&one.id);
            if !skipped && !reason.is_empty() {
                let event = row.about(&one, "UPDATE_FAILED", &reason);
                row.push(event, Then::Mark);
                held.push((one, reason));
                continue;
            }
            let words = if skipped {
                "Resource rollback skipped by user"
            } else {
                ""
            };
            let event = row.about(&one, "UPDATE_COMPLETE", words);
            row.push(
                event,
                if skipped {
                    Then::Mark
                } else {
                    let mut one = one;
                    one.status = "UPDATE_COMPLETE".into();
                    one.reason.clear();
                    Then::Put(Box::new(one))
                },
            );
        }
        let back = row.end_back(held, &back.made, &back.version);
        let stack = &mut self.stacks[at];
        stack.back = back;
        stack.pending = row.dues;
        self.settle_below(row.below, token);
    }

    /// Lays out the way back to a former version from `start` on; what was to happen before then still
    /// does. `living` is what the stack will hold by then.
    pub(super) fn lay_back(
        &mut self,
        start: i64,
        at: usize,
        token: &str,
        version: &Version,
        living: Option<Vec<Resource>>,
    ) {
        let stack = self.stacks[at].clone();
        let living = living.unwrap_or_else(|| stack.resources.clone());
        let mut row = Row::of(start, &stack, token);
        let known = Template::parse(version.template.clone(), &stack.name).ok();
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
        let (kept, made): (Vec<Resource>, Vec<Resource>) = living
            .into_iter()
            .partition(|resource| former.contains(&resource.id));
        row.at += TAKES;
        let mut touched = Vec::new();
        for resource in &kept {
            let mut back = resource.clone();
            if let Some(template) = &known {
                let view = View {
                    template,
                    parameters: &version.parameters,
                    resources: &kept,
                    stack: &stack.name,
                    stack_id: &stack.id,
                };
                back.properties = view.properties(&resource.id);
            }
            let changes = back.properties != resource.properties && back.properties != Value::Null;
            if changes || resource.status.starts_with("UPDATE") {
                touched.push(back);
            }
        }
        let held = row.put_back(&touched, known.as_ref());
        let back = row.end_back(held, &made, version);
        let stack = &mut self.stacks[at];
        stack.back = back;
        stack.pending.retain(|due| due.at < start);
        stack.pending.append(&mut row.dues);
        self.settle_below(row.below, token);
    }
}
