//! What the simulator remembers, and how it works out what is to be done.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::files::{Fault, Files};
use super::ground::{Ground, Known, shaped};
use super::hcl::Block;
use super::value::{has_unknown, settle, unknown};

/// All states of all folders and workspaces.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) states: BTreeMap<String, State>,
    next: u64,
}

/// One state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) lineage: String,
    pub(crate) serial: u64,
    /// Address → kind and values.
    pub(crate) resources: BTreeMap<String, (String, Map<String, Value>)>,
    /// What somebody changed outside; null where the whole thing is gone.
    #[serde(default)]
    pub(crate) outside: BTreeMap<String, Value>,
}

impl State {
    /// As it is really, with what was changed outside.
    fn refreshed(&self) -> Self {
        let mut state = self.clone();
        for (address, change) in &self.outside {
            match change {
                Value::Object(change) => {
                    if let Some((_, values)) = state.resources.get_mut(address) {
                        values.extend(change.clone());
                    }
                }
                _ => {
                    state.resources.remove(address);
                }
            }
        }
        state
    }
}

/// What a plan file holds: the question, not the answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) key: String,
    pub(crate) serial: u64,
    pub(crate) variables: Map<String, Value>,
    pub(crate) targets: Vec<String>,
    pub(crate) destroy: bool,
    pub(crate) refresh_only: bool,
    #[serde(default)]
    pub(crate) replace: Vec<String>,
}

/// One thing that is planned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) address: String,
    pub(crate) kind: String,
    /// `create`, `update`, `replace`, `delete` or `noop`.
    pub(crate) action: &'static str,
    pub(crate) before: Option<Map<String, Value>>,
    /// With marks where a value is not known yet.
    pub(crate) after: Map<String, Value>,
    pub(crate) replaced_for: Vec<String>,
    /// Made anew since somebody asked for it by name.
    pub(crate) requested: bool,
}

/// What is to be done, and what will be known then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) known: Known,
    /// What was changed outside, as `resource_drift` tells it.
    pub(crate) outside: Vec<Value>,
}

/// `kind.name["key"]` without its key.
pub(crate) fn base(address: &str) -> &str {
    address.split('[').next().unwrap_or(address)
}

impl World {
    pub(crate) fn state(&self, key: &str) -> State {
        self.states.get(key).cloned().unwrap_or_default()
    }

    /// A name that was not given before.
    pub(crate) fn fresh(&mut self) -> String {
        self.next += 1;
        format!("sim-{:06}", self.next)
    }

    /// Works out what is to be done, in the order of doing.
    pub(crate) fn plan(&self, files: &Files, asked: &Asked) -> Result<Plan, Fault> {
        let state = self.state(&asked.key).refreshed();
        let hit = |target: &String, address: &str| target == address || target == base(address);
        let meant = |address: &str| {
            asked.targets.is_empty()
                || asked.targets.iter().any(|target| hit(target, address))
                || (!asked.destroy
                    && asked
                        .targets
                        .iter()
                        .any(|target| files.uses(base(target)).contains(base(address))))
        };
        let outside = drifted(&self.state(&asked.key));
        if asked.refresh_only {
            let known = state_known(files, &state);
            return Ok(Plan {
                steps: Vec::new(),
                known,
                outside,
            });
        }
        let gone = |address: &str| {
            let (kind, values) = &state.resources[address];
            Step {
                address: address.to_owned(),
                kind: kind.clone(),
                action: "delete",
                before: Some(values.clone()),
                after: Map::new(),
                replaced_for: Vec::new(),
                requested: false,
            }
        };
        let order = files.order();
        let place = |step: &Step| order.iter().position(|at| at == base(&step.address));
        let mut known = Known::new();
        let mut steps = Vec::new();
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        if !asked.destroy {
            for address in &order {
                let block = &files.resources[address];
                let ground = Ground {
                    files,
                    variables: &asked.variables,
                    known: &known,
                };
                let mut made = Vec::new();
                for instance in ground.instances(address, block)? {
                    let values = ground.values(block, &instance)?;
                    let forced = asked.replace.iter().any(|one| hit(one, &instance.address));
                    let step = one(&state, block, &instance.address, values, forced);
                    made.push((instance.key, step.after.clone()));
                    wanted.insert(instance.address);
                    if meant(&step.address) {
                        steps.push(step);
                    }
                }
                let whole = shaped(block, address, made);
                known.insert(address.clone(), whole);
            }
        }
        let mut left: Vec<Step> = state
            .resources
            .keys()
            .filter(|address| !wanted.contains(*address) && meant(address))
            .map(|address| gone(address))
            .collect();
        left.sort_by_key(|step| std::cmp::Reverse(place(step)));
        left.extend(steps);
        Ok(Plan {
            steps: left,
            known,
            outside,
        })
    }
}

/// What was changed outside, as the plan tells it.
fn drifted(state: &State) -> Vec<Value> {
    state
        .outside
        .iter()
        .filter_map(|(address, change)| {
            let (kind, before) = state.resources.get(address)?;
            let after = change.as_object().map(|change| {
                let mut after = before.clone();
                after.extend(change.clone());
                after
            });
            let action = if after.is_some() { "update" } else { "delete" };
            Some(json!({
                "address": address, "mode": "managed", "type": kind,
                "change": {
                    "actions": [action], "before": before, "after": after,
                    "before_sensitive": {}, "after_sensitive": {},
                },
            }))
        })
        .collect()
}

/// What a state says of each thing of the files.
pub(crate) fn state_known(files: &Files, state: &State) -> Known {
    let mut known = Known::new();
    for (address, block) in &files.resources {
        let made: Vec<(Value, Map<String, Value>)> = state
            .resources
            .iter()
            .filter(|(instance, _)| base(instance) == address)
            .map(|(instance, (_, values))| (key(instance), values.clone()))
            .collect();
        let many = block.get("count").is_some() || block.get("for_each").is_some();
        if many || !made.is_empty() {
            known.insert(address.clone(), shaped(block, address, made));
        }
    }
    known
}

/// The key in an address; `null` where it has none.
fn key(address: &str) -> Value {
    address
        .split_once('[')
        .and_then(|(_, key)| serde_json::from_str(key.strip_suffix(']')?).ok())
        .unwrap_or(Value::Null)
}

fn one(
    state: &State,
    block: &Block,
    address: &str,
    values: Map<String, Value>,
    forced: bool,
) -> Step {
    let kind = block.labels[0].clone();
    let built_in = kind == "terraform_data";
    let mut after = values;
    let before = state
        .resources
        .get(address)
        .map(|(_, values)| values.clone());
    let mut replaced_for = Vec::new();
    let action = match &before {
        None => "create",
        Some(before) => {
            let computed = |name: &str| name == "id" || built_in && name == "output";
            let former: Map<String, Value> = before
                .iter()
                .filter(|(name, _)| !computed(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let settled: Map<String, Value> = after
                .iter()
                .map(|(name, value)| (name.clone(), settle(value).0.unwrap_or_default()))
                .collect();
            if former == settled && !after.values().any(has_unknown) {
                "noop"
            } else if before.get("triggers_replace") != settled.get("triggers_replace")
                || after.get("triggers_replace").is_some_and(has_unknown)
            {
                replaced_for.push("triggers_replace".to_owned());
                "replace"
            } else {
                "update"
            }
        }
    };
    let requested = forced && matches!(action, "noop" | "update");
    let action = if requested { "replace" } else { action };
    match (&before, action) {
        (Some(before), "noop") => after.clone_from(before),
        (Some(before), "update") => {
            after.insert(
                "id".to_owned(),
                before.get("id").cloned().unwrap_or_default(),
            );
        }
        _ => {
            after.insert("id".to_owned(), unknown());
        }
    }
    if built_in && action != "noop" {
        let input = |values: &Map<String, Value>| values.get("input").cloned();
        let former = before.as_ref().filter(|_| action == "update");
        // What comes out changes only with what goes in.
        let output = match former {
            Some(former) if input(former) == input(&after) => former.get("output").cloned(),
            _ => Some(unknown()),
        };
        after.insert("output".to_owned(), output.unwrap_or_default());
    }
    Step {
        address: address.to_owned(),
        kind,
        action,
        before,
        after,
        replaced_for,
        requested,
    }
}

/// The answer of `show -json`.
pub(crate) fn shown(files: &Files, asked: &Asked, plan: &Plan) -> Result<Value, Fault> {
    let changes: Vec<Value> = plan.steps.iter().map(change).collect();
    let ground = Ground {
        files,
        variables: &asked.variables,
        known: &plan.known,
    };
    let mut outputs = Map::new();
    for block in files
        .outputs
        .iter()
        .filter(|_| !asked.destroy && !asked.refresh_only)
    {
        let (value, later) = settle(&ground.output(block)?);
        let sensitive = ground.is_sensitive(block)?;
        let value = value.filter(|_| later.is_none() && !sensitive);
        outputs.insert(
            block.labels[0].clone(),
            json!({
                "actions": ["create"],
                "after": value,
                "after_unknown": later.is_some(),
                "after_sensitive": sensitive,
            }),
        );
    }
    let resources: Vec<Value> = files
        .resources
        .iter()
        .map(|(address, block)| {
            let used: Vec<String> = files.uses(address).into_iter().collect();
            json!({"address": address, "type": block.labels[0], "expressions": {"all": {"references": used}}})
        })
        .collect();
    let variables: Map<String, Value> = asked
        .variables
        .keys()
        .map(|name| (name.clone(), json!({})))
        .collect();
    Ok(json!({
        "format_version": "1.2", "resource_changes": changes, "output_changes": outputs,
        "resource_drift": plan.outside,
        "variables": variables, "configuration": {"root_module": {"resources": resources}},
    }))
}

fn change(step: &Step) -> Value {
    let actions = match step.action {
        "replace" => json!(["delete", "create"]),
        "noop" => json!(["no-op"]),
        action => json!([action]),
    };
    let (after, later) = settle(&Value::Object(step.after.clone()));
    let mut change = json!({
        "actions": actions,
        "before": step.before,
        "after": if step.action == "delete" { None } else { after },
        "after_unknown": later.unwrap_or_else(|| json!({})),
        "before_sensitive": false,
        "after_sensitive": {},
    });
    if !step.replaced_for.is_empty() {
        change["replace_paths"] = step.replaced_for.iter().map(|name| json!([name])).collect();
    }
    json!({
        "address": step.address, "mode": "managed", "type": step.kind, "change": change,
        "action_reason": match (step.action, step.requested) {
            ("replace", true) => "replace_by_request",
            ("replace", false) => "replace_because_cannot_update",
            _ => "",
        },
    })
}

/// The answer of `state pull`.
pub(crate) fn pulled(state: &State) -> String {
    if state.serial == 0 {
        return String::new();
    }
    let mut resources: BTreeMap<&str, (&str, Vec<Value>)> = BTreeMap::new();
    for (address, (kind, values)) in &state.resources {
        let mut instance = json!({"attributes": values});
        let key = key(address);
        if !key.is_null() {
            instance["index_key"] = key;
        }
        let entry = resources.entry(base(address)).or_insert((kind, Vec::new()));
        entry.1.push(instance);
    }
    let resources: Vec<Value> = resources
        .into_iter()
        .map(|(address, (kind, instances))| {
            let name = address.strip_prefix(&format!("{kind}.")).unwrap_or(address);
            json!({
                "mode": "managed", "type": kind, "name": name,
                "provider": "provider[\"terraform.io/builtin/simulated\"]",
                "instances": instances,
            })
        })
        .collect();
    json!({
        "version": 4, "serial": state.serial, "lineage": state.lineage, "resources": resources,
    })
    .to_string()
}
