//! What a template asks for, and what becomes of the answers.

use serde_json::{Map, Value, json};

use super::world::{Job, Node, Workflow, World};
use super::{Asked, Reply, ok, refused, render, seed, with};

/// Prompts: the flag's middle, the field.
const PROMPTS: [(&str, &str); 16] = [
    ("variables", "extra_vars"),
    ("limit", "limit"),
    ("tags", "job_tags"),
    ("skip_tags", "skip_tags"),
    ("inventory", "inventory"),
    ("job_type", "job_type"),
    ("diff_mode", "diff_mode"),
    ("credential", "credentials"),
    ("verbosity", "verbosity"),
    ("scm_branch", "scm_branch"),
    ("execution_environment", "execution_environment"),
    ("labels", "labels"),
    ("instance_groups", "instance_groups"),
    ("forks", "forks"),
    ("job_slice_count", "job_slice_count"),
    ("timeout", "timeout"),
];

/// The flags of a template, as they stand in its own document and in that of its launch.
pub(crate) fn flags(template: &Value) -> Map<String, Value> {
    PROMPTS
        .iter()
        .map(|(what, _)| {
            (
                format!("ask_{what}_on_launch"),
                json!(seed::asks(template, what)),
            )
        })
        .collect()
}

fn passwords(template: &Value) -> Vec<String> {
    template["credentials"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| seed::row("credentials", id.as_i64()?))
        .flat_map(|credential| credential["asks"].as_array().into_iter().flatten())
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn needed(template: &Value) -> Vec<&str> {
    seed::questions(template)
        .iter()
        .filter(|question| question["required"] == true && question["default"] == "")
        .filter_map(|question| question["variable"].as_str())
        .collect()
}

/// `GET …/launch/`.
pub(crate) fn asked(table: &str, template: &Value) -> Reply {
    let survey = !seed::questions(template).is_empty();
    let inventory_needed = table == "job_templates" && template["inventory"].is_null();
    let passwords = passwords(template);
    let needed = needed(template);
    let mut body = json!({
        "can_start_without_user_input": passwords.is_empty() && needed.is_empty() && !inventory_needed
            && !PROMPTS.iter().any(|(what, _)| seed::asks(template, what)),
        "survey_enabled": survey,
        "variables_needed_to_start": needed,
        "extra_vars": template["extra_vars"],
        "defaults": { "extra_vars": template["extra_vars"], "limit": template["limit"], "inventory": { "id": template["inventory"] } },
    });
    if table == "job_templates" {
        body["passwords_needed_to_start"] = json!(passwords);
        body["inventory_needed_to_start"] = json!(inventory_needed);
        body["credential_needed_to_start"] = json!(false);
        body["job_template_data"] = json!({ "id": template["id"], "name": template["name"], "description": template["description"] });
    } else {
        body["node_templates_missing"] = json!([]);
        body["node_prompts_rejected"] = json!([]);
        body["workflow_job_template_data"] = json!({ "id": template["id"], "name": template["name"], "description": template["description"] });
    }
    if let Value::Object(map) = &mut body {
        map.extend(flags(template));
    }
    ok(body)
}

/// `POST …/launch/`.
pub(crate) fn launch(world: &mut World, asked: &Asked<'_>, table: &str, template: &Value) -> Reply {
    if template["may_start"] == false {
        return refused(403, "You do not have permission to perform this action.");
    }
    let Value::Object(given) = &asked.body else {
        return with(
            400,
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary."] }),
        );
    };
    let mut taken = Map::new();
    let mut ignored = Map::new();
    let mut errors: Map<String, Value> = Map::new();
    let variables = match variables(given.get("extra_vars")) {
        Ok(variables) => variables,
        Err(why) => return with(400, json!({ "extra_vars": [why] })),
    };
    let survey = seed::questions(template);
    let mut kept = Map::new();
    let mut lost = Map::new();
    for (name, value) in variables {
        let question = survey.iter().find(|one| one["variable"] == name.as_str());
        if let Some(question) = question {
            if let Some(why) = wrong(question, &value) {
                errors
                    .entry("variables_needed_to_start")
                    .or_insert_with(|| json!([]))
                    .as_array_mut()
                    .into_iter()
                    .for_each(|list| list.push(json!(why)));
            }
            let value = if question["type"] == "password" {
                json!("$encrypted$")
            } else {
                value
            };
            kept.insert(name, value);
        } else if seed::asks(template, "variables") {
            kept.insert(name, value);
        } else {
            lost.insert(name, value);
        }
    }
    if !lost.is_empty() {
        ignored.insert("extra_vars".into(), Value::Object(lost));
    }
    for question in survey {
        let name = question["variable"].as_str().unwrap_or_default();
        if kept.contains_key(name) {
            continue;
        }
        if question["default"] != "" {
            kept.insert(name.to_owned(), question["default"].clone());
        } else if question["required"] == true {
            errors
                .entry("variables_needed_to_start")
                .or_insert_with(|| json!([]))
                .as_array_mut()
                .into_iter()
                .for_each(|list| list.push(json!(format!("'{name}' value missing"))));
        }
    }
    taken.insert("extra_vars".into(), Value::Object(kept));
    for (what, field) in &PROMPTS[1..] {
        let Some(value) = given.get(*field) else {
            continue;
        };
        if !seed::asks(template, what) {
            ignored.insert((*field).to_owned(), value.clone());
        } else if let Some(why) = unknown(field, value) {
            errors.insert((*field).to_owned(), json!([why]));
        } else {
            taken.insert((*field).to_owned(), value.clone());
        }
    }
    let missing: Vec<String> = passwords(template)
        .into_iter()
        .filter(|name| {
            given
                .get("credential_passwords")
                .and_then(|passwords| passwords.get(name))
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
        })
        .collect();
    if !missing.is_empty() {
        errors.insert("passwords_needed_to_start".into(), json!(missing));
    }
    if table == "job_templates"
        && template["inventory"].is_null()
        && !taken.contains_key("inventory")
    {
        errors.insert(
            "inventory".into(),
            json!(["Job Template Inventory is missing or undefined."]),
        );
    }
    if !errors.is_empty() {
        return with(400, Value::Object(errors));
    }
    begin(world, asked, table, template, taken, &ignored)
}

fn begin(
    world: &mut World,
    asked: &Asked<'_>,
    table: &str,
    template: &Value,
    mut taken: Map<String, Value>,
    ignored: &Map<String, Value>,
) -> Reply {
    let id = world.id();
    let number = template["id"].as_i64().unwrap_or_default();
    let slices = taken
        .get("job_slice_count")
        .and_then(Value::as_u64)
        .filter(|count| *count > 1 && table == "job_templates");
    if table == "workflow_job_templates" || slices.is_some() {
        let models: Vec<Value> = match slices {
            Some(count) => (0..count)
                .map(|slice| json!({ "id": slice + 1, "template": number, "slice": slice, "slices": count, "identifier": format!("slice-{}", slice + 1) }))
                .collect(),
            None => template["nodes"].as_array().cloned().unwrap_or_default(),
        };
        let nodes = models
            .into_iter()
            .map(|model| Node {
                id: world.id(),
                model,
                job: None,
                skipped: false,
            })
            .collect();
        world.workflows.insert(
            id,
            Workflow {
                id,
                template: number,
                sliced: slices.map(|_| number),
                launched: asked.now,
                by: asked.user.clone(),
                with: taken,
                nodes,
                cancelled: None,
            },
        );
        let mut body = render::workflow(world, asked, &world.workflows[&id]);
        body["workflow_job"] = json!(id);
        body["ignored_fields"] = Value::Object(ignored.clone());
        return with(201, body);
    }
    let inventory = taken
        .get("inventory")
        .or_else(|| template.get("inventory"))
        .and_then(Value::as_i64)
        .unwrap_or_default();
    taken.insert("inventory".into(), json!(inventory));
    let hosts = limited(
        inventory,
        taken
            .get("limit")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    );
    world.jobs.insert(
        id,
        Job {
            id,
            template: number,
            launched: asked.now,
            by: asked.user.clone(),
            launch_type: "manual".into(),
            with: taken,
            hosts,
            cancelled: None,
            workflow: None,
        },
    );
    let mut body = render::job(asked, &world.jobs[&id]);
    body["job"] = json!(id);
    body["ignored_fields"] = Value::Object(ignored.clone());
    with(201, body)
}

/// The hosts of an inventory that a plain limit leaves: names and groups.
fn limited(inventory: i64, limit: &str) -> Vec<String> {
    let mut hosts = seed::hosts(inventory);
    let groups = seed::row("inventories", inventory).map(|one| &one["groups"]);
    if !limit.trim().is_empty() && limit != "all" {
        let parts: Vec<&str> = limit.split([',', ':']).map(str::trim).collect();
        hosts.retain(|host| {
            parts.iter().any(|part| {
                part == host
                    || groups.is_some_and(|groups| {
                        groups[*part]
                            .as_array()
                            .is_some_and(|list| list.iter().any(|one| one == host.as_str()))
                    })
            })
        });
    }
    hosts
}

fn variables(given: Option<&Value>) -> Result<Map<String, Value>, String> {
    match given {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(Value::String(text)) if text.trim().is_empty() || text.trim() == "---" => {
            Ok(Map::new())
        }
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|error| format!("Cannot parse as JSON (error: {error}) or YAML.")),
        Some(_) => Err("Value must be a dictionary or a string.".into()),
    }
}

fn unknown(field: &str, value: &Value) -> Option<String> {
    let table = match field {
        "inventory" => "inventories",
        "credentials" => "credentials",
        "execution_environment" => "execution_environments",
        "labels" => "labels",
        "instance_groups" => "instance_groups",
        "job_type" => {
            let known = matches!(value.as_str(), Some("run" | "check"));
            return (!known).then(|| format!("{value} is not a valid choice."));
        }
        _ => return None,
    };
    let list = match value {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    list.iter().find_map(|id| {
        let known = id.as_i64().is_some_and(|id| seed::row(table, id).is_some());
        (!known).then(|| format!("Invalid pk \"{id}\" - object does not exist."))
    })
}

fn wrong(question: &Value, value: &Value) -> Option<String> {
    let name = question["variable"].as_str().unwrap_or_default();
    let (min, max) = (question["min"].as_f64(), question["max"].as_f64());
    match question["type"].as_str().unwrap_or_default() {
        "text" | "textarea" | "password" => {
            let Some(text) = value.as_str() else {
                return Some(format!(
                    "Value {value} for '{name}' expected to be a string."
                ));
            };
            let length = u32::try_from(text.chars().count()).map_or(f64::MAX, f64::from);
            (min.is_some_and(|min| length < min)).then(|| {
                format!(
                    "'{name}' value {value} is too small (length is {length} must be at least {}).",
                    min.unwrap_or_default()
                )
            })
        }
        "integer" => match value.as_f64().filter(|_| value.is_i64()) {
            None => Some(format!(
                "Value {value} for '{name}' expected to be an integer."
            )),
            Some(number) if max.is_some_and(|max| number > max) => Some(format!(
                "'{name}' value {value} is too large (must be no more than {}).",
                max.unwrap_or_default()
            )),
            Some(_) => None,
        },
        "multiplechoice" => {
            let choices = question["choices"].as_array();
            let known = choices.is_some_and(|choices| choices.contains(value));
            (!known).then(|| {
                format!(
                    "Value {value} for '{name}' expected to be one of {}.",
                    question["choices"]
                )
            })
        }
        _ => None,
    }
}
