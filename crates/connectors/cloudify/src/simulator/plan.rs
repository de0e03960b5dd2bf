//! A blueprint's files as the plan that the manager keeps.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Refused;

/// Workflows of every deployment (`cloudify/types/types.yaml`), with their parameters.
fn usual() -> Map<String, Value> {
    let any = |default: Value| json!({ "default": default });
    let own = |pairs: &[(&str, Value)]| {
        let parameters: Map<String, Value> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        json!({ "parameters": parameters, "plugin": "default_workflows" })
    };
    let picks = [
        ("node_ids", any(json!([]))),
        ("node_instance_ids", any(json!([]))),
        ("type_names", any(json!([]))),
    ];
    let with = |more: &[(&str, Value)]| {
        let mut all = picks.to_vec();
        all.extend_from_slice(more);
        own(&all)
    };
    [
        ("install", with(&[])),
        ("uninstall", with(&[("ignore_failure", any(json!(false)))])),
        (
            "start",
            with(&[
                ("operation_parms", any(json!({}))),
                ("run_by_dependency_order", any(json!(true))),
            ]),
        ),
        (
            "stop",
            with(&[
                ("operation_parms", any(json!({}))),
                ("run_by_dependency_order", any(json!(true))),
            ]),
        ),
        (
            "restart",
            with(&[
                ("stop_parms", any(json!({}))),
                ("start_parms", any(json!({}))),
                ("run_by_dependency_order", any(json!(true))),
            ]),
        ),
        (
            "execute_operation",
            with(&[
                ("operation", json!({})),
                ("operation_kwargs", any(json!({}))),
            ]),
        ),
        (
            "heal",
            own(&[
                ("node_instance_id", any(json!(""))),
                ("diagnose_value", any(json!("Not provided"))),
                ("ignore_failure", any(json!(false))),
            ]),
        ),
        (
            "scale",
            own(&[
                ("scalable_entity_name", json!({})),
                ("delta", any(json!(1))),
                ("scale_compute", any(json!(false))),
                ("ignore_failure", any(json!(false))),
            ]),
        ),
        ("check_status", with(&[])),
        ("check_drift", with(&[])),
    ]
    .into_iter()
    .map(|(name, workflow)| (name.to_owned(), workflow))
    .collect()
}

fn invalid(message: impl Into<String>) -> Refused {
    (
        400,
        "invalid_blueprint_error",
        format!("Invalid blueprint - {}", message.into()),
    )
}

/// The plan of a blueprint. Fails as the parser does.
pub(super) fn plan(files: &BTreeMap<String, Vec<u8>>, main: &str) -> Result<Value, Refused> {
    let mut whole = json!({});
    read(files, main, &mut whole, 0)?;
    if !whole["tosca_definitions_version"].is_string() {
        return Err(invalid(
            "tosca_definitions_version field must appear in the main blueprint file",
        ));
    }
    let templates = whole["node_templates"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let mut nodes = Vec::new();
    for (name, template) in &templates {
        let kind = template["type"]
            .as_str()
            .ok_or_else(|| invalid(format!("'type' is missing in node template '{name}'")))?;
        let mut relationships = Vec::new();
        for one in template["relationships"].as_array().into_iter().flatten() {
            let target = one["target"].as_str().unwrap_or_default();
            if !templates.contains_key(target) {
                return Err(invalid(format!(
                    "A relationship instance under node '{name}' of type '{}' declares an undefined target node '{target}'",
                    one["type"].as_str().unwrap_or_default()
                )));
            }
            relationships.push(json!({ "type": one["type"], "target_id": target }));
        }
        let scalable = &template["capabilities"]["scalable"]["properties"];
        let count = scalable["default_instances"]
            .as_u64()
            .or_else(|| template["instances"]["deploy"].as_u64())
            .unwrap_or(1);
        nodes.push(json!({
            "id": name, "name": name, "type": kind, "type_hierarchy": ["cloudify.nodes.Root", kind],
            "properties": template["properties"],
            "relationships": relationships,
            "number_of_instances": count,
            "capabilities": { "scalable": { "properties": {
                "default_instances": count, "current_instances": count, "planned_instances": count,
                "min_instances": 0, "max_instances": scalable["max_instances"].as_i64().unwrap_or(-1),
            } } },
        }));
    }
    let mut workflows = usual();
    for (name, workflow) in whole["workflows"].as_object().into_iter().flatten() {
        workflows.insert(
            name.clone(),
            json!({ "parameters": workflow["parameters"], "plugin": "own" }),
        );
    }
    Ok(json!({
        "description": whole["description"],
        "inputs": whole["inputs"].as_object().cloned().unwrap_or_default(),
        "nodes": nodes,
        "outputs": whole["outputs"].as_object().cloned().unwrap_or_default(),
        "capabilities": whole["capabilities"].as_object().cloned().unwrap_or_default(),
        "workflows": workflows,
        "scaling_groups": {}, "groups": {}, "policy_types": {}, "policy_triggers": {},
    }))
}

fn read(
    files: &BTreeMap<String, Vec<u8>>,
    file: &str,
    whole: &mut Value,
    depth: usize,
) -> Result<(), Refused> {
    let bytes = files.get(file).ok_or_else(|| {
        invalid(format!(
            "{file} does not exist in the application directory"
        ))
    })?;
    let text = String::from_utf8_lossy(bytes);
    let document: Value = serde_saphyr::from_str(&text)
        .map_err(|error| invalid(format!("Failed to parse {file}: {error}")))?;
    if !document.is_object() {
        return Err(invalid(format!("{file} is not a mapping")));
    }
    for (section, content) in document.as_object().into_iter().flatten() {
        match content {
            Value::Object(map) if whole[section].is_object() => {
                for (name, value) in map {
                    whole[section][name] = value.clone();
                }
            }
            _ if depth > 0 && whole.get(section).is_some() => {}
            content => whole[section] = content.clone(),
        }
    }
    for import in document["imports"].as_array().into_iter().flatten() {
        let Some(import) = import.as_str() else {
            continue;
        };
        if depth < 10 && files.contains_key(import) {
            read(files, import, whole, depth + 1)?;
        } else if import.contains("missing") {
            return Err(invalid(format!(
                "Import failed: Unable to open import url {import}"
            )));
        }
    }
    Ok(())
}

/// A value with the intrinsic functions worked out, as far as practice can.
pub(super) fn evaluate(value: &Value, inputs: &Value, deployment: &str) -> Value {
    let Some(map) = value.as_object() else {
        return match value {
            Value::Array(list) => list
                .iter()
                .map(|one| evaluate(one, inputs, deployment))
                .collect(),
            other => other.clone(),
        };
    };
    if map.len() == 1
        && let Some((function, argument)) = map.iter().next()
    {
        match function.as_str() {
            "get_input" => {
                let path: Vec<&str> = match argument {
                    Value::String(name) => vec![name],
                    Value::Array(path) => path.iter().filter_map(Value::as_str).collect(),
                    _ => Vec::new(),
                };
                let mut found = inputs;
                for part in path {
                    found = &found[part];
                }
                return found.clone();
            }
            "concat" => {
                let parts = argument.as_array().cloned().unwrap_or_default();
                let text: String = parts
                    .iter()
                    .map(|part| match evaluate(part, inputs, deployment) {
                        Value::String(text) => text,
                        other => other.to_string(),
                    })
                    .collect();
                return json!(text);
            }
            "get_secret" => return json!("(a secret of the practice manager)"),
            "get_attribute" | "get_property" => {
                let what = argument.as_array().and_then(|path| path.last());
                let what = what.and_then(Value::as_str).unwrap_or("value");
                return json!(match what {
                    "ip" | "public_ip" => "192.0.2.10".to_owned(),
                    "url" | "endpoint" => format!("https://{deployment}.example.com/"),
                    other => format!("{deployment}-{other}"),
                });
            }
            _ => {}
        }
    }
    map.iter()
        .map(|(name, one)| (name.clone(), evaluate(one, inputs, deployment)))
        .collect()
}
