//! A Terraform in small, for the simulators of systems that carry Terraform out: a template, variables and a
//! state in; a plan in Terraform's own JSON, a log and a new state out.
//!
//! It knows no provider and no language: the parts of a template are data, their texts hold `${var.NAME}`
//! and `${ADDRESS.ATTRIBUTE}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A thing that a template asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// `ibm_is_vpc.shop`.
    pub address: String,
    /// What it shall be.
    pub attributes: Map<String, Value>,
    /// Attributes that cannot change in place.
    pub replaced_by: Vec<String>,
    /// Attributes that are not shown.
    pub sensitive: Vec<String>,
    /// Whether making it fails, with these words.
    pub fails: Option<String>,
}

/// An output of a template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Output {
    /// Its value, with `${…}` in its texts.
    pub value: Value,
    /// Whether it is shown.
    pub sensitive: bool,
}

/// A template: what a repository or an uploaded folder holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    /// In the order in which they are made.
    pub parts: Vec<Part>,
    /// By name.
    pub outputs: BTreeMap<String, Output>,
    /// Variables and their defaults; null where one must be given.
    pub variables: BTreeMap<String, Value>,
}

/// What exists: address → values, `id` among them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By address.
    pub things: BTreeMap<String, Map<String, Value>>,
    /// Outputs of the last apply, by name.
    pub outputs: BTreeMap<String, Output>,
    /// How often it was written.
    pub serial: u64,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// Everything shall be gone.
    pub destroy: bool,
    /// Only these addresses, where there are any.
    pub targets: Vec<String>,
    /// These are made anew.
    pub replace: Vec<String>,
    /// Only the state is brought up to date.
    pub refresh_only: bool,
}

/// The kind that an address begins with.
pub fn kind(address: &str) -> &str {
    let own = address.rsplit("module.").next().unwrap_or(address);
    let own = if address.starts_with("module.") {
        own.split_once('.').map_or(own, |(_, rest)| rest)
    } else {
        own
    };
    own.split('.').next().unwrap_or(own)
}

struct Values<'a> {
    variables: &'a BTreeMap<String, Value>,
    defaults: &'a BTreeMap<String, Value>,
    things: BTreeMap<String, Map<String, Value>>,
}

impl Values<'_> {
    /// What stands for a name; nothing where it is known only later.
    fn of(&self, name: &str) -> Option<Value> {
        if let Some(variable) = name.strip_prefix("var.") {
            let given = self.variables.get(variable);
            return given.or_else(|| self.defaults.get(variable)).cloned();
        }
        let (address, attribute) = name.rsplit_once('.')?;
        self.things.get(address)?.get(attribute).cloned()
    }

    /// The value with its names filled in; nothing where one is known only later.
    fn fill(&self, value: &Value) -> Option<Value> {
        match value {
            Value::String(text) => {
                if let Some(name) = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'))
                    && !name.contains('$')
                {
                    return self.of(name);
                }
                let mut filled = String::new();
                let mut rest = text.as_str();
                while let Some((before, after)) = rest.split_once("${") {
                    let (name, after) = after.split_once('}')?;
                    filled.push_str(before);
                    match self.of(name)? {
                        Value::String(text) => filled.push_str(&text),
                        other => filled.push_str(&other.to_string()),
                    }
                    rest = after;
                }
                filled.push_str(rest);
                Some(Value::String(filled))
            }
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(name, value)| Some((name.clone(), self.fill(value)?)))
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object),
            plain => Some(plain.clone()),
        }
    }
}

/// Variables that the template needs and nobody gave.
pub fn missing(template: &Template, variables: &BTreeMap<String, Value>) -> Vec<String> {
    template
        .variables
        .iter()
        .filter(|(name, default)| default.is_null() && !variables.contains_key(*name))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The plan, as `terraform show -json` gives it.
pub fn plan(
    template: &Template,
    state: &State,
    variables: &BTreeMap<String, Value>,
    wish: &Wish,
) -> Value {
    let mut values = Values {
        variables,
        defaults: &template.variables,
        things: state.things.clone(),
    };
    let chosen =
        |address: &str| wish.targets.is_empty() || wish.targets.iter().any(|t| t == address);
    let mut changes = Vec::new();
    let nothing = Vec::new();
    let parts = if wish.destroy || wish.refresh_only {
        &nothing
    } else {
        &template.parts
    };
    for part in parts.iter().filter(|part| chosen(&part.address)) {
        let change = planned(part, &values, wish);
        if let Some(after) = change["change"]["after"].as_object() {
            let mut known = after.clone();
            if change["change"]["actions"] == json!(["create"]) {
                known.remove("id");
            }
            values.things.insert(part.address.clone(), known);
        }
        changes.push(change);
    }
    if !wish.refresh_only {
        for (address, before) in &state.things {
            let asked = template.parts.iter().any(|part| part.address == *address);
            if chosen(address) && (wish.destroy || !asked) {
                changes.push(entry(
                    address,
                    &["delete"],
                    before,
                    &Value::Null,
                    &json!(false),
                ));
            }
        }
    }
    let outputs: Map<String, Value> = template
        .outputs
        .iter()
        .map(|(name, output)| {
            let before = state.outputs.get(name);
            let after = if wish.destroy {
                Some(Value::Null)
            } else {
                values.fill(&output.value)
            };
            let action = match (before, &after) {
                (Some(_), Some(Value::Null)) => "delete",
                (None, _) => "create",
                (Some(before), Some(after)) if before.value == *after => "no-op",
                _ => "update",
            };
            let change = json!({
                "actions": [action], "before": before.map(|b| &b.value), "after": after,
                "after_unknown": after.is_none(), "before_sensitive": output.sensitive,
                "after_sensitive": output.sensitive,
            });
            (name.clone(), change)
        })
        .collect();
    json!({
        "format_version": "1.2", "terraform_version": "1.5.7",
        "variables": variables.iter().map(|(name, value)| (name.clone(), json!({ "value": value }))).collect::<Map<_, _>>(),
        "resource_changes": changes, "resource_drift": [], "output_changes": outputs,
        "configuration": { "root_module": { "resources": template.parts.iter().map(|part| json!({
            "address": part.address, "mode": "managed", "type": kind(&part.address),
        })).collect::<Vec<_>>() } },
        "applyable": true, "complete": true, "errored": false,
    })
}

fn planned(part: &Part, values: &Values<'_>, wish: &Wish) -> Value {
    let before = values.things.get(&part.address);
    let mut after = Map::new();
    let mut later = Map::new();
    for (name, value) in &part.attributes {
        match values.fill(value) {
            Some(value) => after.insert(name.clone(), value),
            None => later.insert(name.clone(), json!(true)),
        };
    }
    let mut reason = None;
    let mut paths = Vec::new();
    let actions: &[&str] = match before {
        None => &["create"],
        Some(before) => {
            let changed = |name: &String| before.get(name) != after.get(name);
            paths = part
                .replaced_by
                .iter()
                .filter(|name| changed(name))
                .map(|name| json!([name]))
                .collect();
            if wish.replace.contains(&part.address) {
                reason = Some("replace_by_request");
                &["delete", "create"]
            } else if !paths.is_empty() {
                reason = Some("replace_because_cannot_update");
                &["delete", "create"]
            } else if part.attributes.keys().any(changed) {
                &["update"]
            } else {
                &["no-op"]
            }
        }
    };
    match before.and_then(|before| before.get("id")) {
        Some(id) if actions.len() == 1 => after.insert("id".into(), id.clone()),
        _ => later.insert("id".into(), json!(true)),
    };
    let sensitive: Map<String, Value> = part
        .sensitive
        .iter()
        .map(|name| (name.clone(), json!(true)))
        .collect();
    let mut change = entry(
        &part.address,
        actions,
        &before.cloned().unwrap_or_default(),
        &Value::Object(after),
        &Value::Object(sensitive),
    );
    if before.is_none() {
        change["change"]["before"] = Value::Null;
    }
    change["change"]["after_unknown"] = Value::Object(later);
    if let Some(reason) = reason {
        change["action_reason"] = json!(reason);
        change["change"]["replace_paths"] = Value::Array(paths);
    }
    change
}

fn entry(
    address: &str,
    actions: &[&str],
    before: &Map<String, Value>,
    after: &Value,
    sensitive: &Value,
) -> Value {
    json!({
        "address": address, "mode": "managed", "type": kind(address),
        "name": address.rsplit('.').next(),
        "change": {
            "actions": actions, "before": before, "after": after, "after_unknown": {},
            "before_sensitive": sensitive, "after_sensitive": sensitive,
        },
    })
}

/// How many are added, changed and destroyed by a plan.
pub fn counts(plan: &Value) -> (u64, u64, u64) {
    let mut counts = (0, 0, 0);
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        for action in change["change"]["actions"].as_array().into_iter().flatten() {
            match action.as_str() {
                Some("create") => counts.0 += 1,
                Some("update") => counts.1 += 1,
                Some("delete") => counts.2 += 1,
                _ => {}
            }
        }
    }
    counts
}

/// Carries a plan out: the new state, and the words of what failed.
pub fn apply(
    template: &Template,
    state: &State,
    variables: &BTreeMap<String, Value>,
    plan: &Value,
) -> (State, Option<String>) {
    let mut values = Values {
        variables,
        defaults: &template.variables,
        things: state.things.clone(),
    };
    let mut failed = None;
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let address = change["address"].as_str().unwrap_or_default();
        let actions = &change["change"]["actions"];
        if actions == &json!(["delete"]) {
            values.things.remove(address);
            continue;
        }
        let Some(part) = template.parts.iter().find(|part| part.address == address) else {
            continue;
        };
        if actions == &json!(["no-op"]) {
            continue;
        }
        if let Some(words) = &part.fails {
            failed = Some(words.clone());
            break;
        }
        let mut made = Map::new();
        for (name, value) in &part.attributes {
            made.insert(name.clone(), values.fill(value).unwrap_or(Value::Null));
        }
        let former = values
            .things
            .get(address)
            .and_then(|thing| thing.get("id"))
            .cloned();
        let id = former
            .filter(|_| actions == &json!(["update"]))
            .unwrap_or_else(|| {
                json!(format!(
                    "{}-{:04}",
                    address.replace('.', "-"),
                    state.serial + 1
                ))
            });
        made.insert("id".into(), id);
        values.things.insert(address.to_owned(), made);
    }
    let outputs = template
        .outputs
        .iter()
        .filter_map(|(name, output)| {
            let value = values.fill(&output.value)?;
            let output = Output {
                value,
                sensitive: output.sensitive,
            };
            (!values.things.is_empty()).then(|| (name.clone(), output))
        })
        .collect();
    let state = State {
        things: values.things,
        outputs,
        serial: state.serial + 1,
    };
    (state, failed)
}

/// What Terraform prints while it plans.
pub fn words_of_plan(plan: &Value) -> Vec<String> {
    let mut lines = vec![
        "Terraform used the selected providers to generate the following execution plan."
            .to_owned(),
    ];
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let address = change["address"].as_str().unwrap_or_default();
        let actions: Vec<&str> = change["change"]["actions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        match actions.as_slice() {
            ["create"] => lines.push(format!("  # {address} will be created")),
            ["update"] => lines.push(format!("  # {address} will be updated in-place")),
            ["delete"] => lines.push(format!("  # {address} will be destroyed")),
            ["delete", "create"] => lines.push(format!("  # {address} must be replaced")),
            _ => {}
        }
    }
    let (add, change, destroy) = counts(plan);
    lines.push(if (add, change, destroy) == (0, 0, 0) {
        "No changes. Your infrastructure matches the configuration.".to_owned()
    } else {
        format!("Plan: {add} to add, {change} to change, {destroy} to destroy.")
    });
    lines
}

/// What Terraform prints while it applies.
pub fn words_of_apply(plan: &Value, failed: Option<(&str, &str)>) -> Vec<String> {
    let mut lines = Vec::new();
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let address = change["address"].as_str().unwrap_or_default();
        for action in change["change"]["actions"].as_array().into_iter().flatten() {
            let (doing, done) = match action.as_str() {
                Some("create") => ("Creating...", "Creation complete after 1s"),
                Some("update") => ("Modifying...", "Modifications complete after 1s"),
                Some("delete") => ("Destroying...", "Destruction complete after 1s"),
                _ => continue,
            };
            lines.push(format!("{address}: {doing}"));
            if let Some((broken, why)) = failed
                && broken == address
            {
                lines.push(format!("Error: {why}"));
                lines.push(format!("  with {address},"));
                return lines;
            }
            lines.push(format!("{address}: {done}"));
        }
    }
    let (add, change, destroy) = counts(plan);
    lines.push(format!(
        "Apply complete! Resources: {add} added, {change} changed, {destroy} destroyed."
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use podium_connector::Action;

    fn template() -> Template {
        serde_json::from_value(json!({
            "variables": { "branch": null, "size": 2 },
            "parts": [
                { "address": "ibm_is_vpc.shop", "attributes": { "name": "shop-${var.branch}" }, "replaced_by": ["name"] },
                { "address": "ibm_is_subnet.shop", "attributes": { "vpc": "${ibm_is_vpc.shop.id}", "size": "${var.size}" } },
            ],
            "outputs": { "vpc": { "value": "${ibm_is_vpc.shop.id}" } },
        }))
        .unwrap()
    }

    fn variables(branch: &str) -> BTreeMap<String, Value> {
        BTreeMap::from([("branch".to_owned(), json!(branch))])
    }

    #[test]
    fn what_is_made_is_found_again_changed_and_taken_away() {
        let template = template();
        assert_eq!(missing(&template, &BTreeMap::new()), ["branch"]);
        let read = |state: &State, branch: &str, wish: &Wish| {
            let plan = plan(&template, state, &variables(branch), wish);
            (Plan::read(&plan.to_string()).unwrap(), plan)
        };
        let actions = |plan: &Plan| plan.changes.iter().map(|c| c.action).collect::<Vec<_>>();
        let (first, raw) = read(&State::default(), "west", &Wish::default());
        assert_eq!(actions(&first), [Action::Create, Action::Create]);
        assert_eq!(
            first.changes[0].after,
            json!({ "id": "(known later)", "size": 2, "vpc": "(known later)" })
        );
        let (state, failed) = apply(&template, &State::default(), &variables("west"), &raw);
        assert_eq!((state.things.len(), failed), (2, None));
        assert_eq!(
            state.outputs["vpc"].value,
            state.things["ibm_is_vpc.shop"]["id"]
        );
        let (again, _) = read(&state, "west", &Wish::default());
        assert!(again.is_empty(), "{again:?}");
        assert_eq!(again.outputs["vpc"], state.things["ibm_is_vpc.shop"]["id"]);
        let (moved, raw) = read(&state, "öst", &Wish::default());
        assert_eq!(actions(&moved), [Action::Update, Action::Replace]);
        let (state, _) = apply(&template, &state, &variables("öst"), &raw);
        assert_eq!(state.things["ibm_is_vpc.shop"]["name"], "shop-öst");
        let wish = Wish {
            destroy: true,
            ..Wish::default()
        };
        let (gone, raw) = read(&state, "öst", &wish);
        assert_eq!(actions(&gone), [Action::Delete, Action::Delete]);
        let (state, _) = apply(&template, &state, &variables("öst"), &raw);
        assert!(state.things.is_empty() && state.outputs.is_empty());
    }
}
