//! What a caller asks to be done: executions, what is done with them, updates.

use serde_json::{Map, Value, json};

use super::answer::{bad, gone, not_allowed};
use super::state::World;
use super::timeline::tasks;
use super::{Answer, Asked, Refused, wire};

impl World {
    pub(super) fn executions(&mut self, asked: &Asked<'_>, parts: &[&str]) -> Answer {
        let now = self.now;
        match (asked.method, parts) {
            ("GET", [_]) => {
                let all = self.executions.iter().map(|one| one.shown(now)).collect();
                Ok((200, wire::page(asked, all)))
            }
            ("POST", [_]) => self.start(asked),
            (method, [_, id]) => {
                let at = self
                    .executions
                    .iter()
                    .position(|one| one.id == *id)
                    .ok_or_else(|| gone("Execution", id))?;
                if method == "POST" {
                    let body = asked.body()?;
                    self.act(at, body["action"].as_str().unwrap_or_default())?;
                    self.advance(now);
                }
                Ok((200, self.executions[at].shown(now)))
            }
            _ => Err(not_allowed()),
        }
    }

    fn act(&mut self, at: usize, action: &str) -> Result<(), Refused> {
        let one = &mut self.executions[at];
        let status = match action {
            "cancel" => "cancelling",
            "force-cancel" => "force_cancelling",
            "kill" => "kill_cancelling",
            "resume" | "force-resume" if one.status == "failed" || one.status == "cancelled" => {
                one.ended = None;
                "started"
            }
            "resume" | "force-resume" => {
                return Err((
                    409,
                    "conflict_error",
                    format!(
                        "Cannot resume execution: `{}` in state: `{}`. Expected execution to be in `cancelled` or `failed` state",
                        one.id, one.status
                    ),
                ));
            }
            _ => {
                return Err(bad(
                    "bad_parameters_error",
                    format!(
                        "Invalid action: {action}, Valid action values are: ['cancel', 'force-cancel', 'kill', 'resume', 'force-resume', 'requeue']"
                    ),
                ));
            }
        };
        if status != "started" && one.has_ended() {
            return Err(bad(
                "illegal_action_error",
                format!(
                    "Can't {action} execution {} because it's in status {}",
                    one.id, one.status
                ),
            ));
        }
        // One that has not begun is gone at once.
        if one.status == "queued" && status != "started" {
            "cancelled".clone_into(&mut one.status);
            one.ended = Some(self.now);
            return Ok(());
        }
        status.clone_into(&mut one.status);
        Ok(())
    }

    fn start(&mut self, asked: &Asked<'_>) -> Answer {
        let body = asked.body()?;
        let text = |field: &str| {
            body[field].as_str().map(str::to_owned).ok_or_else(|| {
                bad(
                    "bad_parameters_error",
                    format!("Missing {field} in json request body"),
                )
            })
        };
        let flag = |field: &str| {
            body[field] == true
                || body[field]
                    .as_str()
                    .is_some_and(|t| t.eq_ignore_ascii_case("true"))
        };
        let (id, workflow) = (text("deployment_id")?, text("workflow_id")?);
        let found = self.shown(&id).ok_or_else(|| gone("Deployment", &id))?;
        let Some(declared) = found["workflows"].as_array().and_then(|all| {
            all.iter()
                .find(|one| one["name"].as_str() == Some(&workflow))
        }) else {
            return Err(bad(
                "nonexistent_workflow_error",
                format!("Workflow {workflow} does not exist in deployment {id}"),
            ));
        };
        let parameters = merged(
            &declared["parameters"],
            &body["parameters"],
            flag("allow_custom_parameters"),
            &workflow,
        )?;
        let busy = if flag("force") {
            Ok(())
        } else {
            self.refuse_busy(&id, &workflow)
        };
        let mut queued = false;
        if let Err(refused) = busy {
            if refused.1 != "existing_running_execution_error" || !flag("queue") {
                return Err(refused);
            }
            queued = true;
        }
        let dry_run = flag("dry_run");
        let instances = self.touched(&id, &workflow, &parameters)?;
        let road = if workflow == "scale" && parameters["delta"].as_i64().unwrap_or(0) < 0 {
            "uninstall"
        } else {
            &workflow
        };
        let road = if workflow == "scale" && road != "uninstall" {
            "install"
        } else {
            road
        };
        let tasks = tasks(
            if workflow == "heal" { "restart" } else { road },
            &instances,
            dry_run,
        );
        let after = json!({ "delta": parameters["delta"] });
        let now = self.now;
        let one = self.accept(&id, &workflow, parameters, tasks, after);
        one.dry_run = dry_run;
        if queued {
            "queued".clone_into(&mut one.status);
        }
        Ok((201, one.shown(now)))
    }

    /// The instances that a workflow works on.
    fn touched(
        &self,
        id: &str,
        workflow: &str,
        parameters: &Value,
    ) -> Result<Vec<super::state::Instance>, Refused> {
        let all = &self.deployments[id].instances;
        if workflow == "scale" {
            let node = parameters["scalable_entity_name"]
                .as_str()
                .unwrap_or_default();
            let own: Vec<_> = all.iter().filter(|one| one.node == node).cloned().collect();
            if own.is_empty() {
                return Err(bad(
                    "illegal_execution_parameters_error",
                    format!("No scaling group or node named {node} was found"),
                ));
            }
            let delta = parameters["delta"].as_i64().unwrap_or(1);
            let count = usize::try_from(delta.abs()).unwrap_or(0);
            if delta < 0 {
                return Ok(own.into_iter().rev().take(count).collect());
            }
            let model = own[0].clone();
            return Ok((0..count)
                .map(|number| {
                    let mut one = model.clone();
                    one.id = format!("{node}_new{number}");
                    one
                })
                .collect());
        }
        let wanted = |field: &str, value: &str| {
            parameters[field].as_array().is_none_or(|list| {
                list.is_empty() || list.iter().any(|one| one.as_str() == Some(value))
            })
        };
        let healed = parameters["node_instance_id"]
            .as_str()
            .filter(|id| workflow == "heal" && !id.is_empty());
        Ok(all
            .iter()
            .filter(|one| wanted("node_ids", &one.node) && wanted("node_instance_ids", &one.id))
            .filter(|one| healed.is_none_or(|id| one.id == id))
            .cloned()
            .collect())
    }

    pub(super) fn updates(&mut self, asked: &Asked<'_>, parts: &[&str]) -> Answer {
        match (asked.method, parts) {
            ("GET", [_]) => Ok((200, wire::page(asked, self.updates.clone()))),
            ("GET", [_, id]) => self
                .updates
                .iter()
                .find(|one| one["id"].as_str() == Some(id))
                .map(|one| (200, one.clone()))
                .ok_or_else(|| gone("DeploymentUpdate", id)),
            ("POST", [_, id, "update", "initiate"]) => self.update(asked, id),
            _ => Err(not_allowed()),
        }
    }

    fn update(&mut self, asked: &Asked<'_>, id: &str) -> Answer {
        let body = asked.body()?;
        let found = self.shown(id).ok_or_else(|| gone("Deployment", id))?;
        let preview = body["preview"] == true;
        let blueprint = body["blueprint_id"]
            .as_str()
            .or(found["blueprint_id"].as_str())
            .unwrap_or_default()
            .to_owned();
        let plan = self
            .blueprints
            .get(&blueprint)
            .ok_or_else(|| gone("Blueprint", &blueprint))?["plan"]
            .clone();
        self.refuse_busy(id, "update")?;
        let mut given = Map::new();
        for (name, value) in found["inputs"].as_object().into_iter().flatten() {
            if plan["inputs"].get(name).is_some() {
                given.insert(name.clone(), value.clone());
            }
        }
        given.extend(body["inputs"].as_object().cloned().unwrap_or_default());
        let inputs = self.inputs(&plan, &Value::Object(given))?;
        let old: Vec<String> = {
            let mut names: Vec<String> = self.deployments[id]
                .instances
                .iter()
                .map(|one| one.node.clone())
                .collect();
            names.dedup();
            names
        };
        let new: Vec<&str> = plan["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|node| node["id"].as_str())
            .collect();
        let mut steps = Vec::new();
        let mut step = |action: &str, kind: &str, entity: String| {
            steps.push(json!({ "id": format!("step-{}", steps.len() + 1), "action": action, "entity_type": kind, "entity_id": entity, "topology_order": 0 }));
        };
        for node in new
            .iter()
            .filter(|node| !old.iter().any(|known| known == *node))
        {
            step("add", "node", format!("nodes:{node}"));
        }
        for node in old.iter().filter(|node| !new.contains(&node.as_str())) {
            step("remove", "node", format!("nodes:{node}"));
        }
        if inputs != found["inputs"] {
            for node in new
                .iter()
                .filter(|node| old.iter().any(|known| known == *node))
            {
                step("modify", "property", format!("nodes:{node}:properties"));
            }
        }
        let workflows = self
            .deployment(id, &blueprint, &inputs, &json!({}), true)
            .map(|one| one.own["workflows"].clone());
        let instances = self.deployments[id].instances.clone();
        let tasks = if preview {
            Vec::new()
        } else {
            tasks("update", &instances, false)
        };
        let after = if preview {
            json!({ "nodes": instances.iter().map(|one| json!({ "id": one.node })).collect::<Vec<_>>() })
        } else {
            json!({
                "blueprint_id": blueprint, "inputs": inputs, "outputs": plan["outputs"],
                "capabilities": plan["capabilities"], "workflows": workflows, "nodes": plan["nodes"],
            })
        };
        let execution = self
            .accept(
                id,
                "csys_update_deployment",
                json!({ "preview": preview }),
                tasks,
                after,
            )
            .id
            .clone();
        let number = self.id();
        let update = json!({
            "id": format!("{id}_{}", wire::suffix(number)), "deployment_id": id, "state": "updating",
            "execution_id": execution, "old_blueprint_id": found["blueprint_id"], "new_blueprint_id": blueprint,
            "old_inputs": found["inputs"], "new_inputs": inputs, "steps": steps, "preview": preview,
            "created_at": wire::time(self.now), "visibility": "tenant", "tenant_name": "default_tenant", "created_by": "admin",
        });
        self.updates.push(update.clone());
        Ok((200, update))
    }
}

/// Given parameters over the declared ones. Fails as the manager does.
fn merged(declared: &Value, given: &Value, custom: bool, workflow: &str) -> Result<Value, Refused> {
    let given = given.as_object().cloned().unwrap_or_default();
    let empty = Map::new();
    let declared = declared.as_object().unwrap_or(&empty);
    let mut all = Map::new();
    for (name, one) in declared {
        match given.get(name).or_else(|| one.get("default")) {
            Some(value) => {
                all.insert(name.clone(), value.clone());
            }
            None => {
                return Err(bad(
                    "illegal_execution_parameters_error",
                    format!(
                        "Workflow \"{workflow}\" must be provided with the following parameters to execute: {name}"
                    ),
                ));
            }
        }
    }
    for (name, value) in given {
        if !declared.contains_key(&name) && !custom {
            return Err(bad(
                "illegal_execution_parameters_error",
                format!(
                    "Workflow \"{workflow}\" does not have the following parameters declared: {name}. Remove these parameters or use the flag for allowing custom parameters"
                ),
            ));
        }
        all.insert(name, value);
    }
    Ok(Value::Object(all))
}
