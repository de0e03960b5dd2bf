//! What a new version of a stack would change.

use serde_json::{Map, Value};

use super::evaluate::{View, is_name};
use super::state::{Change, Stack, Version};
use crate::template::{self, Template};

/// What a version would change.
pub(super) fn changes(stack: &Stack, template: &Template, version: &Version) -> Vec<Change> {
    let view = View {
        template,
        parameters: &version.parameters,
        resources: &stack.resources,
        stack: &stack.name,
        stack_id: &stack.id,
    };
    let mut changes = Vec::new();
    let mut wanted = Vec::new();
    for resource in super::timeline::ordered(template) {
        if !view.is_wanted(&resource.id) {
            continue;
        }
        wanted.push(resource.id.clone());
        let after = view.properties(&resource.id);
        let old = stack.resources.iter().find(|old| old.id == resource.id);
        let Some(old) = old else {
            changes.push(Change {
                action: "Add".into(),
                id: resource.id,
                kind: resource.kind,
                after,
                ..Change::default()
            });
            continue;
        };
        if old.properties == after && old.kind == resource.kind {
            continue;
        }
        let details = differences(&old.properties, &after);
        let anew = details.iter().any(|(_, anew)| *anew) || old.kind != resource.kind;
        let conditional = template.data["Resources"][&resource.id]["Metadata"]["Practice"]["Replace"]
            == "Conditional";
        changes.push(Change {
            action: "Modify".into(),
            id: resource.id,
            kind: resource.kind,
            physical: old.physical.clone(),
            replacement: match (anew, conditional) {
                (true, _) => "True",
                (false, true) => "Conditional",
                (false, false) => "False",
            }
            .into(),
            policy: String::new(),
            before: old.properties.clone(),
            after,
            details,
            set: None,
        });
    }
    let former = Template::parse(stack.now.template.clone(), &stack.name).ok();
    let gone = stack
        .resources
        .iter()
        .filter(|old| !wanted.contains(&old.id));
    changes.extend(gone.map(|old| {
        let policy = former
            .as_ref()
            .map(|template| &template.data["Resources"][&old.id]["DeletionPolicy"]);
        Change {
            action: "Remove".into(),
            id: old.id.clone(),
            kind: old.kind.clone(),
            physical: old.physical.clone(),
            policy: policy
                .map(template::plain)
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| "Delete".into()),
            before: old.properties.clone(),
            ..Change::default()
        }
    }));
    changes
}

fn differences(before: &Value, after: &Value) -> Vec<(String, bool)> {
    let empty = Map::new();
    let old = before.as_object().unwrap_or(&empty);
    let new = after.as_object().unwrap_or(&empty);
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| (name.clone(), is_name(name)))
        .collect()
}
