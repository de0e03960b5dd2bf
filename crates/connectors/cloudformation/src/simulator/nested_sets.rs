//! Change sets of nested stacks, below that of the stack around them.

use super::answer::WORKS_OUT;
use super::compare;
use super::evaluate::{ACCOUNT, View};
use super::state::{Change, Cloud, Set, Version};
use super::timeline::{nested_wanted, ordered};
use crate::template::{NESTED, Template};

/// What CloudFormation says of a set without changes.
pub(super) const SAME: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

impl Cloud {
    /// Adds what changes in nested stacks to the changes of a stack. With a name it makes their change
    /// sets too; fails with the reason of the set around them.
    pub(super) fn look_below(
        &mut self,
        now: i64,
        at: usize,
        template: &Template,
        version: &Version,
        changes: &mut Vec<Change>,
        named: Option<&str>,
    ) -> Result<(), String> {
        let around = self.stacks[at].clone();
        for wanted in ordered(template) {
            let view = View {
                template,
                parameters: &version.parameters,
                resources: &around.resources,
                stack: &around.name,
                stack_id: &around.id,
            };
            if wanted.kind != NESTED || !view.is_wanted(&wanted.id) {
                continue;
            }
            let properties = view.properties(&wanted.id);
            let old = around.resources.iter().find(|old| old.id == wanted.id);
            let child = match named {
                Some(_) => self.nested_or_new(now, &around, &wanted.id, old),
                None => match self.nested_at(&around, &wanted.id, old) {
                    Some(child) => child,
                    None => continue,
                },
            };
            let former = old.map(|_| self.stacks[child].now.clone());
            let mut set = Set {
                name: named.unwrap_or_default().to_owned(),
                execution: "AVAILABLE".into(),
                ready_at: now + WORKS_OUT,
                fresh: old.is_none(),
                nested: true,
                ..Set::default()
            };
            match nested_wanted(template, &wanted.id, &properties, former.as_ref()) {
                Ok((inner, inner_version)) => {
                    set.changes = compare::changes(&self.stacks[child], &inner, &inner_version);
                    let mut below = std::mem::take(&mut set.changes);
                    if let Err(why) =
                        self.look_below(now, child, &inner, &inner_version, &mut below, named)
                    {
                        set.reason = why;
                    } else if below.is_empty() && old.is_some() {
                        set.reason = SAME.into();
                    }
                    set.changes = below;
                    set.version = inner_version;
                }
                Err(why) => set.reason = why,
            }
            let same = set.reason == SAME;
            let failed = !set.reason.is_empty() && !same;
            set.id = format!(
                "arn:aws:cloudformation:us-east-1:{ACCOUNT}:changeSet/{}/{}",
                set.name,
                self.id()
            );
            let id = set.id.clone();
            if named.is_some() {
                self.stacks[child].sets.push(set);
            }
            if failed {
                return Err(format!(
                    "Nested change set {id} was not successfully created: Currently in FAILED."
                ));
            }
            let known = changes.iter_mut().find(|change| change.id == wanted.id);
            if let Some(change) = known {
                change.set = Some(id);
            } else if !same {
                changes.push(Change {
                    action: "Modify".into(),
                    id: wanted.id,
                    kind: NESTED.into(),
                    physical: self.stacks[child].id.clone(),
                    replacement: "False".into(),
                    before: properties.clone(),
                    after: properties,
                    set: Some(id),
                    ..Change::default()
                });
            }
        }
        Ok(())
    }

    /// Takes the change sets below those of this name away, and the names that were made for them.
    pub(super) fn discard_below(&mut self, stack: &str, name: &str) {
        let children: Vec<String> = self
            .stacks
            .iter()
            .filter(|child| {
                child
                    .inside
                    .as_ref()
                    .is_some_and(|inside| inside.parent == stack)
            })
            .map(|child| child.id.clone())
            .collect();
        for child in children {
            self.discard_below(&child, name);
            for one in self.stacks.iter_mut().filter(|one| one.id == child) {
                one.sets.retain(|set| set.name != name);
            }
            self.stacks
                .retain(|one| one.id != child || one.status != "REVIEW_IN_PROGRESS");
        }
    }
}
