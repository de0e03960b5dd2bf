//! Nested stacks: made, changed, put back and deleted along with the stack around them.
//!
//! The practice cloud has no bucket to read from: the template of a nested stack stands in the one around
//! it, as `Metadata: { Practice: { Template: { … } } }` beside the `TemplateURL`.

use serde_json::Value;

use super::{Trouble, practice};
use crate::simulator::compare;
use crate::simulator::evaluate;
use crate::simulator::state::{Cloud, Inside, Resource, Set, Stack, Version};
use crate::template::{self, Template};

/// What becomes of a nested stack while the one around it changes: its ARN, and when.
pub(super) enum Below {
    Gone(String, i64),
    Back(String, i64),
}

/// What CloudFormation says where it cannot read a template.
const NO_TEMPLATE: &str = "TemplateURL must reference a valid S3 object to which you have access.";

/// What a nested stack shall be.
pub(in crate::simulator) fn wanted(
    around: &Template,
    id: &str,
    properties: &Value,
    former: Option<&Version>,
) -> Result<(Template, Version), String> {
    let body = &practice(Some(around), id)["Template"];
    if !body.is_object() {
        return Err(NO_TEMPLATE.to_owned());
    }
    let template = Template::parse(body.to_string(), id)
        .map_err(|error| format!("Template format error: {}", error.message))?;
    let given: Vec<(String, Option<String>)> = properties["Parameters"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), Some(template::plain(value))))
        .collect();
    let parameters = evaluate::parameters(&template, &given, former.unwrap_or(&Version::default()))
        .map_err(|(_, _, message)| message)?;
    let version = Version {
        template: template.body.clone(),
        parameters,
        ..Version::default()
    };
    Ok((template, version))
}

impl Cloud {
    /// The nested stack behind a resource: the one it has, or the name that a change set made for it.
    pub(in crate::simulator) fn nested_at(
        &self,
        around: &Stack,
        id: &str,
        old: Option<&Resource>,
    ) -> Option<usize> {
        let physical = old.map(|old| old.physical.as_str());
        self.stacks.iter().position(|stack| {
            let inside = stack
                .inside
                .as_ref()
                .is_some_and(|inside| inside.parent == around.id && inside.id == id);
            !stack.is_gone()
                && match physical {
                    Some(physical) => stack.id == physical,
                    None => inside && stack.status == "REVIEW_IN_PROGRESS",
                }
        })
    }

    /// As [`Cloud::nested_at`], made where there is none.
    pub(in crate::simulator) fn nested_or_new(
        &mut self,
        now: i64,
        around: &Stack,
        id: &str,
        old: Option<&Resource>,
    ) -> usize {
        if let Some(at) = self.nested_at(around, id, old) {
            return at;
        }
        self.count += 1;
        let name = format!("{}-{id}-{:06X}", around.name, self.count);
        let at = self.make_name(now, &name);
        self.stacks[at].inside = Some(Inside {
            parent: around.id.clone(),
            root: around
                .inside
                .as_ref()
                .map_or_else(|| around.id.clone(), |inside| inside.root.clone()),
            id: id.to_owned(),
        });
        at
    }

    /// Lays out what happens in a nested stack; gives how long it takes and why it fails.
    pub(super) fn lay_nested(
        &mut self,
        start: i64,
        around: &Stack,
        template: &Template,
        resource: &mut Resource,
        old: Option<&Resource>,
        token: &str,
    ) -> Trouble {
        let id = resource.id.clone();
        let former = self
            .nested_at(around, &id, old)
            .filter(|_| old.is_some())
            .map(|at| self.stacks[at].now.clone());
        let (inner, version) = match wanted(template, &id, &resource.properties, former.as_ref()) {
            Ok(wanted) => wanted,
            Err(why) => {
                resource.physical.clear();
                return Trouble {
                    takes: 100,
                    fails: Some(why),
                };
            }
        };
        let at = self.nested_or_new(start, around, &id, old);
        resource.physical.clone_from(&self.stacks[at].id);
        let changes = self.nested_changes(start, at, &inner, &version);
        self.stacks[at].sets.clear();
        let set = Set {
            fresh: former.is_none(),
            version,
            changes,
            on_failure: "ROLLBACK".into(),
            ..Set::default()
        };
        let laid = self.lay(start, at, &set, token);
        let arn = &resource.physical;
        let verb = if set.fresh { "created" } else { "updated" };
        Trouble {
            takes: laid.end - start,
            fails: match laid.came {
                Ok(version) => {
                    resource.outputs = version.outputs;
                    self.stacks[at].inside_living = laid.living;
                    None
                }
                Err(why) => {
                    self.stacks[at].inside_living = laid.living;
                    Some(format!(
                        "Embedded stack {arn} was not successfully {verb}: {why} "
                    ))
                }
            },
        }
    }

    /// What a version of a stack would change, with what is nested in it.
    fn nested_changes(
        &mut self,
        now: i64,
        at: usize,
        template: &Template,
        version: &Version,
    ) -> Vec<crate::simulator::state::Change> {
        let mut changes = compare::changes(&self.stacks[at], template, version);
        // Without sets nothing of it can fail here.
        let _ = self.look_below(now, at, template, version, &mut changes, None);
        changes
    }

    /// Carries out what the stack around decided.
    pub(super) fn settle_below(&mut self, below: Vec<Below>, token: &str) {
        for one in below {
            let (id, at, gone) = match &one {
                Below::Gone(id, at) => (id, *at, true),
                Below::Back(id, at) => (id, *at, false),
            };
            let Some(place) = self.stacks.iter().position(|stack| stack.id == *id) else {
                continue;
            };
            let stack = &mut self.stacks[place];
            let living = std::mem::take(&mut stack.inside_living);
            let living = (!living.is_empty()).then_some(living);
            if gone {
                self.lay_removal(at, place, token, living);
            } else {
                // It was changed before, or it is still to be: its version is not the same then.
                let version = match (&living, stack.status.as_str(), &stack.former) {
                    (None, "UPDATE_COMPLETE", Some(former)) => former.clone(),
                    _ => stack.now.clone(),
                };
                self.lay_back(at, place, token, &version, living);
            }
        }
    }
}
