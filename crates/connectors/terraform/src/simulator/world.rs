//! States, plans and applies of the simulated Terraform.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::hcl::{self, Block};

/// All states, by folder and workspace.
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
}

/// A fault of the files or the inputs.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) summary: String,
    pub(crate) detail: String,
    pub(crate) place: Option<(String, usize, usize)>,
}

/// The configuration of a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    pub(crate) variables: Vec<Block>,
    pub(crate) resources: BTreeMap<String, Block>,
    pub(crate) outputs: Vec<Block>,
}

/// One thing that is planned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) address: String,
    pub(crate) kind: String,
    /// `create`, `update`, `replace`, `delete` or `noop`.
    pub(crate) action: &'static str,
    pub(crate) before: Option<Map<String, Value>>,
    pub(crate) after: Map<String, Value>,
    pub(crate) unknown: BTreeSet<String>,
    pub(crate) replaced_for: Vec<String>,
}

impl Files {
    pub(crate) fn read(folder: &Path) -> Result<Self, Fault> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "tf"))
            .collect();
        names.sort();
        let mut files = Self::default();
        for name in names {
            let text = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
            let blocks = hcl::read(&text).map_err(|fault| Fault {
                summary: "Invalid expression".to_owned(),
                detail: fault.words,
                place: Some((name.clone(), fault.line, fault.column)),
            })?;
            for block in blocks {
                match (block.kind.as_str(), block.labels.as_slice()) {
                    ("variable", [_]) => files.variables.push(block),
                    ("output", [_]) => files.outputs.push(block),
                    ("resource", [kind, name]) => {
                        files.resources.insert(format!("{kind}.{name}"), block);
                    }
                    _ => {}
                }
            }
        }
        Ok(files)
    }

    /// Addresses of resources that this one uses.
    pub(crate) fn uses(&self, address: &str) -> BTreeSet<String> {
        let mut paths = Vec::new();
        if let Some(block) = self.resources.get(address) {
            block
                .attributes
                .iter()
                .for_each(|(_, expr)| expr.paths(&mut paths));
            for inner in &block.blocks {
                inner
                    .attributes
                    .iter()
                    .for_each(|(_, expr)| expr.paths(&mut paths));
            }
        }
        paths
            .iter()
            .filter(|path| path.len() >= 2)
            .map(|path| format!("{}.{}", path[0], path[1]))
            .filter(|other| other != address && self.resources.contains_key(other))
            .collect()
    }

    /// Addresses so that what is used comes first; a circle is cut.
    pub(crate) fn order(&self) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        let mut left: BTreeSet<String> = self.resources.keys().cloned().collect();
        while !left.is_empty() {
            let next = left
                .iter()
                .find(|address| self.uses(address).iter().all(|used| !left.contains(used)))
                .or_else(|| left.iter().next())
                .cloned();
            if let Some(next) = next {
                left.remove(&next);
                order.push(next);
            }
        }
        order
    }

    /// The variables with their defaults, or what is missing; and names that nobody declares.
    pub(crate) fn variables(
        &self,
        given: &Map<String, Value>,
    ) -> Result<(Map<String, Value>, Vec<String>), Fault> {
        let mut values = Map::new();
        for block in &self.variables {
            let name = &block.labels[0];
            let default = block.get("default").and_then(|expr| expr.value(&|_| None));
            let Some(value) = given.get(name).cloned().or(default) else {
                return Err(Fault {
                    summary: "No value for required variable".to_owned(),
                    detail: format!(
                        "The root module input variable \"{name}\" is not set, and has no default value."
                    ),
                    place: Some(("main.tf".to_owned(), 1, 1)),
                });
            };
            values.insert(name.clone(), value);
        }
        let strange = given
            .keys()
            .filter(|name| !values.contains_key(*name))
            .cloned()
            .collect();
        Ok((values, strange))
    }
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
    pub(crate) fn plan(&self, files: &Files, asked: &Asked) -> Vec<Step> {
        let state = self.state(&asked.key);
        let meant = |address: &str| {
            asked.targets.is_empty()
                || asked.targets.iter().any(|target| target == address)
                || (!asked.destroy
                    && asked
                        .targets
                        .iter()
                        .any(|target| files.uses(target).contains(address)))
        };
        let gone = |address: &String, (kind, values): &(String, Map<String, Value>)| Step {
            address: address.clone(),
            kind: kind.clone(),
            action: "delete",
            before: Some(values.clone()),
            after: Map::new(),
            unknown: BTreeSet::new(),
            replaced_for: Vec::new(),
        };
        if asked.refresh_only {
            return Vec::new();
        }
        let mut steps: Vec<Step> = state
            .resources
            .iter()
            .filter(|(address, _)| asked.destroy || !files.resources.contains_key(*address))
            .filter(|(address, _)| meant(address))
            .map(|(address, resource)| gone(address, resource))
            .collect();
        if asked.destroy {
            let order = files.order();
            steps.sort_by_key(|step| {
                std::cmp::Reverse(order.iter().position(|address| *address == step.address))
            });
            return steps;
        }
        let mut known: BTreeMap<String, (Map<String, Value>, BTreeSet<String>)> = BTreeMap::new();
        for address in files.order() {
            let step = one(files, &state, asked, &address, &known);
            known.insert(address.clone(), (step.after.clone(), step.unknown.clone()));
            if meant(&address) {
                steps.push(step);
            }
        }
        steps
    }
}

/// Looks a path up among variables and what is known of resources.
pub(crate) fn look(
    path: &[String],
    variables: &Map<String, Value>,
    known: &BTreeMap<String, (Map<String, Value>, BTreeSet<String>)>,
) -> Option<Value> {
    let below = |value: &Value, path: &[String]| {
        path.iter()
            .try_fold(value.clone(), |value, key| value.get(key).cloned())
    };
    match path {
        [root, name, rest @ ..] if root == "var" => below(variables.get(name)?, rest),
        [kind, name, attribute, rest @ ..] => {
            let (values, unknown) = known.get(&format!("{kind}.{name}"))?;
            if unknown.contains(attribute) {
                return None;
            }
            below(values.get(attribute)?, rest)
        }
        _ => None,
    }
}

fn one(
    files: &Files,
    state: &State,
    asked: &Asked,
    address: &str,
    known: &BTreeMap<String, (Map<String, Value>, BTreeSet<String>)>,
) -> Step {
    let block = &files.resources[address];
    let kind = block.labels[0].clone();
    let mut after = Map::new();
    let mut unknown = BTreeSet::new();
    for (name, expr) in &block.attributes {
        if matches!(
            name.as_str(),
            "depends_on" | "provider" | "count" | "for_each"
        ) {
            continue;
        }
        match expr.value(&|path| look(path, &asked.variables, known)) {
            Some(value) => {
                after.insert(name.clone(), value);
            }
            None => {
                unknown.insert(name.clone());
            }
        }
    }
    let own = |name: &str| name != "id" && name != "output";
    let before = state
        .resources
        .get(address)
        .map(|(_, values)| values.clone());
    let mut replaced_for = Vec::new();
    let action = match &before {
        None => "create",
        Some(before) => {
            let former: Map<String, Value> = before
                .iter()
                .filter(|(name, _)| own(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if unknown.is_empty() && former == after {
                "noop"
            } else {
                if before.get("triggers_replace") != after.get("triggers_replace") {
                    replaced_for.push("triggers_replace".to_owned());
                }
                if replaced_for.is_empty() {
                    "update"
                } else {
                    "replace"
                }
            }
        }
    };
    match (&before, action) {
        (Some(before), "noop") => after.clone_from(before),
        (Some(before), "update") => {
            after.insert("id".to_owned(), before["id"].clone());
            unknown.insert("output".to_owned());
        }
        _ => {
            unknown.insert("id".to_owned());
            unknown.insert("output".to_owned());
        }
    }
    if kind != "terraform_data" {
        unknown.remove("output");
    }
    Step {
        address: address.to_owned(),
        kind,
        action,
        before,
        after,
        unknown,
        replaced_for,
    }
}

/// The answer of `show -json`.
pub(crate) fn shown(files: &Files, asked: &Asked, steps: &[Step]) -> Value {
    let changes: Vec<Value> = steps
        .iter()
        .map(|step| {
            let actions = match step.action {
                "replace" => json!(["delete", "create"]),
                "noop" => json!(["no-op"]),
                action => json!([action]),
            };
            let later: Map<String, Value> = step
                .unknown
                .iter()
                .map(|name| (name.clone(), json!(true)))
                .collect();
            let gone = step.action == "delete";
            let mut change = json!({
                "actions": actions,
                "before": step.before,
                "after": if gone { Value::Null } else { json!(step.after) },
                "after_unknown": later,
                "before_sensitive": false,
                "after_sensitive": {},
            });
            if !step.replaced_for.is_empty() {
                change["replace_paths"] = step.replaced_for.iter().map(|name| json!([name])).collect();
            }
            json!({
                "address": step.address, "mode": "managed", "type": step.kind, "change": change,
                "action_reason": if step.action == "replace" { "replace_because_cannot_update" } else { "" },
            })
        })
        .collect();
    let known = known_after(steps);
    let mut outputs = Map::new();
    for block in files
        .outputs
        .iter()
        .filter(|_| !asked.destroy && !asked.refresh_only)
    {
        let value = output(block, &asked.variables, &known);
        let sensitive = is_sensitive(block);
        outputs.insert(
            block.labels[0].clone(),
            json!({
                "actions": ["create"],
                "after": if sensitive { None } else { value.clone() },
                "after_unknown": value.is_none(),
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
    json!({
        "format_version": "1.2", "resource_changes": changes, "output_changes": outputs,
        "variables": variables, "configuration": {"root_module": {"resources": resources}},
    })
}

pub(crate) fn known_after(
    steps: &[Step],
) -> BTreeMap<String, (Map<String, Value>, BTreeSet<String>)> {
    steps
        .iter()
        .map(|step| {
            (
                step.address.clone(),
                (step.after.clone(), step.unknown.clone()),
            )
        })
        .collect()
}

pub(crate) fn is_sensitive(block: &Block) -> bool {
    block.get("sensitive") == Some(&hcl::Expr::Plain(Value::Bool(true)))
}

pub(crate) fn output(
    block: &Block,
    variables: &Map<String, Value>,
    known: &BTreeMap<String, (Map<String, Value>, BTreeSet<String>)>,
) -> Option<Value> {
    block
        .get("value")?
        .value(&|path| look(path, variables, known))
}

/// The answer of `state pull`.
pub(crate) fn pulled(state: &State) -> String {
    if state.serial == 0 {
        return String::new();
    }
    let resources: Vec<Value> = state
        .resources
        .iter()
        .map(|(address, (kind, values))| {
            let name = address.strip_prefix(&format!("{kind}.")).unwrap_or(address);
            json!({
                "mode": "managed", "type": kind, "name": name,
                "provider": "provider[\"terraform.io/builtin/simulated\"]",
                "instances": [{"attributes": values}],
            })
        })
        .collect();
    json!({
        "version": 4, "serial": state.serial, "lineage": state.lineage, "resources": resources,
    })
    .to_string()
}
