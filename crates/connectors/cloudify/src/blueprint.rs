//! What a blueprint declares: inputs, nodes, secrets, outputs. Read from its file in the workspace, or
//! from the plan that the manager has made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use podium_connector::Context;
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::archive::{self, UNREADABLE};

/// Longest file of a blueprint that is read here.
const LONGEST: usize = 4_000_000;

/// A blueprint.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blueprint {
    pub(crate) inputs: BTreeMap<String, Input>,
    pub(crate) nodes: Vec<Node>,
    /// Names that stand in `get_secret`.
    pub(crate) secrets: BTreeSet<String>,
    /// Imports that only the manager can resolve: plugins, other blueprints, addresses.
    pub(crate) imports: Vec<String>,
}

/// A declared input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    pub(crate) kind: Option<String>,
    pub(crate) has_default: bool,
    pub(crate) required: bool,
    pub(crate) constraints: Vec<Value>,
}

/// A node template.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) instances: Option<u64>,
    /// The names of the nodes that it stands upon.
    pub(crate) needs: Vec<String>,
}

impl Node {
    /// Whether data is lost with it, as far as the name of its type tells.
    pub(crate) fn is_stateful(&self) -> bool {
        is_stateful(&self.kind)
    }
}

/// Whether things of this type hold data, as far as its name tells.
pub(crate) fn is_stateful(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    [
        "volume",
        "disk",
        "database",
        "dbms",
        "storage",
        "bucket",
        "filesystem",
        "rds",
    ]
    .iter()
    .any(|word| kind.contains(word))
}

impl Blueprint {
    /// From the plan of an uploaded blueprint.
    pub(crate) fn from_plan(plan: &Value) -> Self {
        let mut own = Self::default();
        for (name, input) in plan["inputs"].as_object().into_iter().flatten() {
            own.inputs.insert(name.clone(), Input::read(input));
        }
        for node in plan["nodes"].as_array().into_iter().flatten() {
            let scalable = &node["capabilities"]["scalable"]["properties"];
            own.nodes.push(Node {
                name: text(node, &["id", "name"]),
                kind: text(node, &["type"]),
                instances: scalable["default_instances"]
                    .as_u64()
                    .or_else(|| node["number_of_instances"].as_u64()),
                needs: targets(&node["relationships"], "target_id"),
            });
        }
        find_secrets(plan, &mut own.secrets);
        own.sort();
        own
    }

    /// From a file in the workspace, with the files beside it that it imports.
    pub(crate) fn from_file(cx: &dyn Context, folder: &str, main: &str) -> Result<Self> {
        let root = archive::folder(cx, folder)?;
        let mut own = Self::default();
        own.add_file(&root, folder, main, 0)?;
        own.sort();
        Ok(own)
    }

    fn add_file(&mut self, root: &Path, folder: &str, file: &str, depth: usize) -> Result<()> {
        let refuse = |why: String| {
            Error::new(
                ErrorKind::Invalid,
                UNREADABLE,
                format!("The blueprint `{folder}/{file}` cannot be read: {why}."),
            )
            .with_hint("Give a YAML file in Cloudify's language (`tosca_definitions_version: cloudify_dsl_1_5`).")
        };
        let path = root
            .join(file)
            .canonicalize()
            .map_err(|_| refuse("it is not there".into()))?;
        if !path.starts_with(root) {
            return Err(refuse("it leads out of its folder".into()));
        }
        let bytes = std::fs::read(&path).map_err(|error| refuse(error.to_string()))?;
        if bytes.len() > LONGEST {
            return Err(refuse("it is too long".into()));
        }
        let document: Value = String::from_utf8(bytes)
            .map_err(|_| "it is no UTF-8".to_owned())
            .and_then(|text| serde_saphyr::from_str(&text).map_err(|error| error.to_string()))
            .map_err(refuse)?;
        if !document.is_object() {
            return Err(refuse("it is no mapping".into()));
        }
        self.add(&document);
        for import in document["imports"].as_array().into_iter().flatten() {
            let Some(import) = import.as_str() else {
                continue;
            };
            if depth < 10 && !import.contains(':') && root.join(import).is_file() {
                self.add_file(root, folder, import, depth + 1)?;
            } else {
                self.imports.push(import.to_owned());
            }
        }
        Ok(())
    }

    fn add(&mut self, document: &Value) {
        for (name, input) in document["inputs"].as_object().into_iter().flatten() {
            self.inputs.insert(name.clone(), Input::read(input));
        }
        for (name, node) in document["node_templates"].as_object().into_iter().flatten() {
            let scalable = &node["capabilities"]["scalable"]["properties"];
            self.nodes.push(Node {
                name: name.clone(),
                kind: text(node, &["type"]),
                instances: match &scalable["default_instances"] {
                    Value::Null => match &node["instances"]["deploy"] {
                        Value::Null => Some(1),
                        given => given.as_u64(),
                    },
                    given => given.as_u64(),
                },
                needs: targets(&node["relationships"], "target"),
            });
        }
        find_secrets(document, &mut self.secrets);
    }

    /// Puts nodes into the order in which they are installed: each after those that it stands upon.
    fn sort(&mut self) {
        self.nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let mut open = std::mem::take(&mut self.nodes);
        let names: BTreeSet<String> = open.iter().map(|node| node.name.clone()).collect();
        let mut done = BTreeSet::new();
        while !open.is_empty() {
            let at = open
                .iter()
                .position(|node| {
                    node.needs
                        .iter()
                        .all(|need| done.contains(need) || !names.contains(need))
                })
                .unwrap_or(0);
            let node = open.remove(at);
            done.insert(node.name.clone());
            self.nodes.push(node);
        }
    }

    /// What is wrong with the inputs of a deployment, as whole sentences: (name, sentence).
    pub(crate) fn problems(
        &self,
        given: &Map<String, Value>,
        later: &dyn Fn(&str) -> bool,
    ) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        for (name, input) in &self.inputs {
            match given.get(name).filter(|value| !value.is_null()) {
                None if later(name) || input.has_default || !input.required => {}
                None => problems.push((
                    name.clone(),
                    format!("The blueprint needs the input `{name}`, and there is none."),
                )),
                Some(value) => problems.extend(
                    input
                        .problem(name, value)
                        .map(|problem| (name.clone(), problem)),
                ),
            }
        }
        for name in given.keys().filter(|name| !self.inputs.contains_key(*name)) {
            let near: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
            let has = if near.is_empty() {
                "it takes none".to_owned()
            } else {
                format!("it takes {}", list(&near))
            };
            problems.push((
                name.clone(),
                format!("The blueprint has no input `{name}`; {has}."),
            ));
        }
        problems
    }
}

impl Input {
    fn read(value: &Value) -> Self {
        Self {
            kind: value["type"].as_str().map(str::to_owned),
            has_default: value
                .as_object()
                .is_some_and(|input| input.get("default").is_some_and(|value| !value.is_null())),
            required: value["required"].as_bool().unwrap_or(true),
            constraints: value["constraints"].as_array().cloned().unwrap_or_default(),
        }
    }

    /// What is wrong with a value; `None` also where only the manager can tell.
    fn problem(&self, name: &str, value: &Value) -> Option<String> {
        // An intrinsic function is worked out by the manager.
        if value.as_object().is_some_and(|map| {
            map.len() == 1
                && map
                    .keys()
                    .all(|key| key.starts_with("get_") || key == "concat")
        }) {
            return None;
        }
        if let Some(kind) = &self.kind {
            let fits = match kind.as_str() {
                "string" | "regex" | "textarea" | "blueprint_id" | "deployment_id"
                | "secret_key" | "capability_value" => value.is_string(),
                "integer" => value.is_i64() || value.is_u64(),
                "float" => value.is_number(),
                "boolean" => value.is_boolean(),
                "list" => value.is_array(),
                "dict" => value.is_object(),
                _ => true,
            };
            if !fits {
                return Some(format!("The input `{name}` must be of the type {kind}."));
            }
        }
        self.constraints
            .iter()
            .flat_map(|one| one.as_object().into_iter().flatten())
            .find_map(|(rule, bound)| {
                breaks(rule, bound, value)
                    .then(|| format!("The input `{name}` breaks the rule `{rule}: {bound}`."))
            })
    }
}

/// Whether a value breaks a rule; rules that are not known here are the manager's.
fn breaks(rule: &str, bound: &Value, value: &Value) -> bool {
    let (number, limit) = (value.as_f64(), bound.as_f64());
    let against = |worse: fn(f64, f64) -> bool| {
        number
            .zip(limit)
            .is_some_and(|(number, limit)| worse(number, limit))
    };
    let length = match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(list) => Some(list.len()),
        Value::Object(map) => Some(map.len()),
        _ => None,
    };
    let long = |worse: fn(usize, usize) -> bool| {
        let limit = bound.as_u64().and_then(|limit| usize::try_from(limit).ok());
        length
            .zip(limit)
            .is_some_and(|(length, limit)| worse(length, limit))
    };
    match rule {
        "equal" => value != bound,
        "greater_than" => against(|number, limit| number <= limit),
        "greater_or_equal" => against(|number, limit| number < limit),
        "less_than" => against(|number, limit| number >= limit),
        "less_or_equal" => against(|number, limit| number > limit),
        "in_range" => number.is_some_and(|number| {
            bound[0].as_f64().is_some_and(|low| number < low)
                || bound[1].as_f64().is_some_and(|high| number > high)
        }),
        "valid_values" => bound
            .as_array()
            .is_some_and(|values| !values.contains(value)),
        "length" => long(|length, limit| length != limit),
        "min_length" => long(|length, limit| length < limit),
        "max_length" => long(|length, limit| length > limit),
        _ => false,
    }
}

fn text(value: &Value, names: &[&str]) -> String {
    names
        .iter()
        .find_map(|name| value[*name].as_str())
        .unwrap_or_default()
        .to_owned()
}

fn targets(relationships: &Value, field: &str) -> Vec<String> {
    let mut targets: Vec<String> = relationships
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one[field].as_str())
        .map(str::to_owned)
        .collect();
    targets.sort();
    targets.dedup();
    targets
}

/// The names that stand in `get_secret`, anywhere.
fn find_secrets(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(name) if key == "get_secret" => {
                        found.insert(name.clone());
                    }
                    Value::Array(path) if key == "get_secret" => {
                        found.extend(path.first().and_then(Value::as_str).map(str::to_owned));
                    }
                    value => find_secrets(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| find_secrets(value, found)),
        _ => {}
    }
}

/// Whether a value is worked out from a secret, or may be.
pub(crate) fn tells_a_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key == "get_secret" || tells_a_secret(value)),
        Value::Array(list) => list.iter().any(tells_a_secret),
        _ => false,
    }
}

/// Names in backticks.
pub(crate) fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// How a node stands in a preview.
pub(crate) fn shown(node: &Node) -> Value {
    let count = node
        .instances
        .map_or_else(|| json!("(known later)"), |n| json!(n));
    if node.needs.is_empty() {
        json!({ "instances": count })
    } else {
        json!({ "instances": count, "stands_upon": node.needs })
    }
}
