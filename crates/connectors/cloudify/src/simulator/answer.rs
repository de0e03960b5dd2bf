//! Routes of the practice manager.

use serde_json::{Map, Value, json};

use super::state::{Execution, World};
use super::{Answer, Asked, Refused, plan, seed, upload, wire};
use crate::blueprint::Blueprint;

pub(super) fn gone(kind: &str, id: &str) -> Refused {
    (
        404,
        "not_found_error",
        format!("Requested `{kind}` with ID `{id}` was not found"),
    )
}

pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Refused {
    (400, code, message.into())
}

/// Ids are letters, digits and `_-.`, beginning with a letter.
fn check_id(what: &str, id: &str) -> Result<(), Refused> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !id.chars().all(plain) {
        return Err(bad(
            "bad_parameters_error",
            format!(
                "The `{what}` argument contains illegal characters. Only letters, digits and the characters \"-\", \".\" and \"_\" are allowed"
            ),
        ));
    }
    if !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(bad(
            "bad_parameters_error",
            format!("The `{what}` argument must begin with a letter"),
        ));
    }
    Ok(())
}

impl World {
    /// The answer of a route; `None` where there is no such route.
    pub(super) fn route(&mut self, now: i64, asked: &Asked<'_>) -> Option<Answer> {
        let parts: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        Some(match (asked.method, parts.as_slice()) {
            ("GET", ["status" | "cluster-status"]) => {
                Ok((200, json!({ "status": "OK", "services": {} })))
            }
            ("GET", ["ok"]) => Ok((200, json!("OK"))),
            ("GET", ["config"]) => Ok((
                200,
                json!({ "items": [], "metadata": { "pagination": { "total": 0, "size": 1000, "offset": 0 } } }),
            )),
            ("GET", ["user"]) => Ok((
                200,
                json!({
                    "username": asked.user, "role": "sys_admin", "groups": 0, "active": true, "last_login_at": wire::time(now),
                    "tenants": { &asked.tenant: { "tenant-role": "user", "roles": ["user"] } }, "tenant_roles": { "direct": {}, "groups": {} },
                }),
            )),
            ("GET", ["tenants"]) => {
                let all = super::state::TENANTS
                    .iter()
                    .map(|name| json!({ "name": name, "groups": 0, "users": 1 }));
                Ok((200, wire::page(asked, all.collect())))
            }
            ("GET", ["permissions"]) => Ok((200, permissions(asked))),
            ("GET", ["sites"]) => {
                let all = self
                    .sites
                    .iter()
                    .map(|name| json!({ "name": name, "location": null, "visibility": "tenant" }));
                Ok((200, wire::page(asked, all.collect())))
            }
            (_, ["tokens", ..]) => self.tokens(asked, &parts),
            (_, ["secrets", ..]) => self.secrets(asked, &parts),
            (_, ["blueprints", ..]) => self.blueprints(asked, &parts),
            (_, ["deployments", ..]) => self.deployments(asked, &parts),
            (_, ["executions", ..]) => self.executions(asked, &parts),
            (_, ["deployment-updates", ..]) => self.updates(asked, &parts),
            ("GET", ["events"]) => Ok((200, self.events(asked))),
            ("GET", ["nodes"]) => Ok((200, self.nodes(asked))),
            ("GET", ["node-instances"]) => Ok((200, self.node_instances(asked))),
            ("GET", ["node-instances", id]) => self.node_instance(asked, id),
            _ => return None,
        })
    }

    fn tokens(&mut self, asked: &Asked<'_>, parts: &[&str]) -> Answer {
        match (asked.method, parts) {
            ("POST", [_]) => {
                let body = asked.body()?;
                let id = wire::suffix(self.id());
                let kept = json!({
                    "id": id, "username": asked.user, "description": body["description"],
                    "expiration_date": body["expiration_date"], "last_used": null, "role": "sys_admin",
                });
                self.tokens.push(kept.clone());
                let mut given = kept;
                given["value"] = json!(format!("ctok-{id}-practice"));
                Ok((200, given))
            }
            ("GET", [_]) => Ok((200, wire::page(asked, self.tokens.clone()))),
            ("DELETE", [_, id]) => {
                let before = self.tokens.len();
                self.tokens.retain(|token| token["id"].as_str() != Some(id));
                if before == self.tokens.len() {
                    return Err(gone("Token", id));
                }
                Ok((204, Value::Null))
            }
            _ => Err(not_allowed()),
        }
    }

    fn secrets(&mut self, asked: &Asked<'_>, parts: &[&str]) -> Answer {
        match (asked.method, parts) {
            ("GET", [_]) => Ok((
                200,
                wire::page(asked, self.secrets.values().cloned().collect()),
            )),
            ("GET", [_, key]) => {
                let mut found = self
                    .secrets
                    .get(*key)
                    .cloned()
                    .ok_or_else(|| gone("Secret", key))?;
                found["value"] = json!("");
                Ok((200, found))
            }
            ("PUT", [_, key]) => {
                let body = asked.body()?;
                let update = body["update_if_exists"] == true || body["update_if_exists"] == "true";
                if self.secrets.contains_key(*key) && !update {
                    return Err((
                        409,
                        "conflict_error",
                        format!(
                            "<Secret id=`{key}` tenant=`default_tenant`> already exists on <Tenant name=`default_tenant`> or with global visibility"
                        ),
                    ));
                }
                Ok((200, self.keep_secret(key, body["is_hidden_value"] == true)))
            }
            ("DELETE", [_, key]) => {
                self.secrets
                    .remove(*key)
                    .ok_or_else(|| gone("Secret", key))?;
                Ok((204, Value::Null))
            }
            _ => Err(not_allowed()),
        }
    }

    fn blueprints(&mut self, asked: &Asked<'_>, parts: &[&str]) -> Answer {
        match (asked.method, parts) {
            ("GET", [_]) => Ok((
                200,
                wire::page(asked, self.blueprints.values().cloned().collect()),
            )),
            ("GET", [_, id]) => {
                let found = self
                    .blueprints
                    .get(*id)
                    .cloned()
                    .ok_or_else(|| gone("Blueprint", id))?;
                let include: Option<Vec<&str>> =
                    asked.query("_include").map(|all| all.split(',').collect());
                Ok((200, wire::project(found, include.as_deref())))
            }
            ("PUT", [_, id] | [_, id, "validate"]) => {
                check_id("blueprint_id", id)?;
                let only_check = parts.len() == 3;
                if self.blueprints.contains_key(*id) && !only_check {
                    return Err((
                        409,
                        "conflict_error",
                        format!(
                            "blueprint with id={id} already exists on tenant {} or with global visibility",
                            asked.tenant
                        ),
                    ));
                }
                let sent = upload::read(asked.request)?;
                let main = sent.params["application_file_name"]
                    .as_str()
                    .unwrap_or("blueprint.yaml");
                let made = plan::plan(&sent.files, main)?;
                if only_check {
                    return Ok((204, Value::Null));
                }
                let now = wire::time(self.now);
                let labels: Vec<Value> = sent.params["labels"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .flat_map(|one| one.as_object().into_iter().flatten())
                    .map(|(key, value)| json!({ "key": key, "value": value, "created_at": now, "creator_id": 0 }))
                    .collect();
                let kept = seed::blueprint(id, main, &made, &json!(labels), self.now);
                self.blueprints.insert((*id).to_owned(), kept.clone());
                Ok((201, kept))
            }
            ("DELETE", [_, id]) => {
                if !self.blueprints.contains_key(*id) {
                    return Err(gone("Blueprint", id));
                }
                let users: Vec<&str> = self
                    .deployments
                    .iter()
                    .filter(|(_, one)| one.own["blueprint_id"].as_str() == Some(id))
                    .map(|(name, _)| name.as_str())
                    .collect();
                if !users.is_empty() && !asked.flag("force") {
                    return Err(bad(
                        "dependent_exists_error",
                        format!(
                            "Can't delete blueprint {id} - There exist deployments for this blueprint; Deployments ids: {}",
                            users.join(",")
                        ),
                    ));
                }
                self.blueprints.remove(*id);
                Ok((204, Value::Null))
            }
            _ => Err(not_allowed()),
        }
    }

    fn deployments(&mut self, asked: &Asked<'_>, parts: &[&str]) -> Answer {
        match (asked.method, parts) {
            ("GET", [_]) => {
                let all = self
                    .deployments
                    .keys()
                    .filter_map(|id| self.shown(id))
                    .collect();
                Ok((200, wire::page(asked, all)))
            }
            ("PUT", [_, id]) => self.create(asked, id),
            (method, [_, id, rest @ ..]) => {
                let found = self.shown(id).ok_or_else(|| gone("Deployment", id))?;
                match (method, rest) {
                    ("GET", []) => {
                        let mut found = found;
                        found["drifted_instances"] = json!(self.drifted(id));
                        let include: Option<Vec<&str>> =
                            asked.query("_include").map(|all| all.split(',').collect());
                        Ok((200, wire::project(found, include.as_deref())))
                    }
                    ("GET", [kind @ ("outputs" | "capabilities")]) => {
                        let values: Map<String, Value> = found[*kind]
                            .as_object()
                            .into_iter()
                            .flatten()
                            .map(|(name, one)| {
                                (
                                    name.clone(),
                                    plan::evaluate(&one["value"], &found["inputs"], id),
                                )
                            })
                            .collect();
                        Ok((200, json!({ "deployment_id": id, *kind: values })))
                    }
                    ("DELETE", []) => self.delete(asked, id),
                    _ => Err(not_allowed()),
                }
            }
            _ => Err(not_allowed()),
        }
    }

    fn create(&mut self, asked: &Asked<'_>, id: &str) -> Answer {
        check_id("deployment_id", id)?;
        let body = asked.body()?;
        let blueprint = body["blueprint_id"]
            .as_str()
            .ok_or_else(|| {
                bad(
                    "bad_parameters_error",
                    "Missing blueprint_id in json request body",
                )
            })?
            .to_owned();
        if self.deployments.contains_key(id) {
            return Err((
                409,
                "conflict_error",
                format!(
                    "deployment with id={id} already exists on tenant {} or with global visibility",
                    asked.tenant
                ),
            ));
        }
        let kept = self
            .blueprints
            .get(&blueprint)
            .ok_or_else(|| gone("Blueprint", &blueprint))?;
        let inputs = self.inputs(&kept["plan"], &body["inputs"])?;
        let made = self
            .deployment(id, &blueprint, &inputs, &body, false)
            .ok_or_else(|| gone("Blueprint", &blueprint))?;
        self.deployments.insert(id.to_owned(), made);
        self.accept(
            id,
            "create_deployment_environment",
            json!({}),
            Vec::new(),
            Value::Null,
        );
        Ok((201, self.shown(id).unwrap_or_default()))
    }

    /// The inputs with their defaults. Fails as the manager does.
    pub(super) fn inputs(&self, plan: &Value, given: &Value) -> Result<Value, Refused> {
        let declared = Blueprint::from_plan(plan);
        let names: Vec<String> = declared.inputs.keys().cloned().collect();
        let expected = format!("expected inputs: {names:?}").replace('"', "'");
        let mut all = Map::new();
        let given = given.as_object().cloned().unwrap_or_default();
        for (name, input) in plan["inputs"].as_object().into_iter().flatten() {
            match given.get(name).or_else(|| input.get("default")) {
                Some(value) => {
                    all.insert(name.clone(), value.clone());
                }
                None => {
                    return Err(bad(
                        "missing_required_deployment_input_error",
                        format!("Required inputs '{name}' were not specified - {expected}"),
                    ));
                }
            }
        }
        if let Some(name) = given.keys().find(|name| !names.contains(name)) {
            return Err(bad(
                "unknown_deployment_input_error",
                format!("Unknown input '{name}' specified - {expected}"),
            ));
        }
        if let Some((name, _)) = declared.problems(&given, &|_| true).first() {
            return Err(bad(
                "constraint_error",
                format!(
                    "Value {} of input {name} violates its constraints.",
                    given[name]
                ),
            ));
        }
        if let Some(name) = declared
            .secrets
            .iter()
            .find(|name| !self.secrets.contains_key(*name))
        {
            return Err(bad(
                "unknown_deployment_secret_error",
                format!("Required secrets: [{name}] don't exist in this tenant"),
            ));
        }
        Ok(Value::Object(all))
    }

    fn delete(&mut self, asked: &Asked<'_>, id: &str) -> Answer {
        self.refuse_busy(id, "delete_deployment_environment")?;
        let live: Vec<String> = self.deployments[id]
            .instances
            .iter()
            .filter(|one| !matches!(one.state.as_str(), "uninitialized" | "deleted"))
            .map(|one| one.id.clone())
            .collect();
        if !live.is_empty() && !asked.flag("force") {
            return Err(bad(
                "dependent_exists_error",
                format!(
                    "Can't delete deployment {id} - There are live nodes for this deployment. Live nodes ids: {}",
                    live.join(",")
                ),
            ));
        }
        self.accept(
            id,
            "delete_deployment_environment",
            json!({ "delete_logs": false }),
            Vec::new(),
            Value::Null,
        );
        Ok((204, Value::Null))
    }

    pub(super) fn refuse_busy(&self, id: &str, workflow: &str) -> Result<(), Refused> {
        let busy: Vec<&Execution> = self
            .executions
            .iter()
            .filter(|one| one.deployment == id && one.is_active())
            .collect();
        let Some(first) = busy.first() else {
            return Ok(());
        };
        if first.workflow == "create_deployment_environment" {
            return Err(bad(
                "deployment_environment_creation_in_progress_error",
                "Deployment environment creation is still in progress, try again in a minute",
            ));
        }
        let ids: Vec<String> = busy.iter().map(|one| format!("'{}'", one.id)).collect();
        Err(bad(
            "existing_running_execution_error",
            format!(
                "The following executions are currently running for this deployment: [{}]. To execute the workflow `{workflow}` anyway, pass 'force=true' as a query parameter to this request.",
                ids.join(", ")
            ),
        ))
    }

    fn events(&self, asked: &Asked<'_>) -> Value {
        let logs = asked
            .query
            .iter()
            .any(|(name, value)| name == "type" && value == "cloudify_log");
        let (size, offset) = wire::span(asked, 10_000);
        let mut total = 0;
        let mut items = Vec::new();
        for one in &self.executions {
            let fits = |name: &str, own: &str| asked.query(name).is_none_or(|wanted| wanted == own);
            if !fits("execution_id", &one.id) || !fits("deployment_id", &one.deployment) {
                continue;
            }
            let (given, count) = one.events(offset.saturating_sub(total), size - items.len(), logs);
            items.extend(given);
            total += count;
        }
        json!({
            "items": items,
            "metadata": { "pagination": { "total": total, "size": size, "offset": offset } },
        })
    }

    fn nodes(&self, asked: &Asked<'_>) -> Value {
        let mut all = Vec::new();
        for (id, one) in &self.deployments {
            if asked
                .query("deployment_id")
                .is_some_and(|wanted| wanted != id)
            {
                continue;
            }
            let blueprint = one.own["blueprint_id"].as_str().unwrap_or_default();
            let nodes = self
                .blueprints
                .get(blueprint)
                .map(|kept| &kept["plan"]["nodes"]);
            for node in nodes.and_then(Value::as_array).into_iter().flatten() {
                let mut shown = node.clone();
                let count = one
                    .instances
                    .iter()
                    .filter(|i| node["id"].as_str() == Some(&i.node))
                    .count();
                shown["deployment_id"] = json!(id);
                shown["blueprint_id"] = json!(blueprint);
                shown["number_of_instances"] = json!(count);
                shown["planned_number_of_instances"] = json!(count);
                shown["tenant_name"] = json!("default_tenant");
                shown["visibility"] = json!("tenant");
                all.push(shown);
            }
        }
        wire::page(asked, all)
    }

    fn node_instances(&self, asked: &Asked<'_>) -> Value {
        let mut all = Vec::new();
        for (id, one) in &self.deployments {
            if asked
                .query("deployment_id")
                .is_some_and(|wanted| wanted != id)
            {
                continue;
            }
            for (index, instance) in one.instances.iter().enumerate() {
                all.push(json!({
                    "id": instance.id, "node_id": instance.node, "deployment_id": id, "state": instance.state,
                    "relationships": [], "runtime_properties": {}, "host_id": null, "index": index + 1, "version": 1,
                    "scaling_groups": [], "system_properties": {}, "tenant_name": "default_tenant", "visibility": "tenant",
                    "is_status_check_ok": true, "has_configuration_drift": instance.drifted,
                }));
            }
        }
        wire::page(asked, all)
    }

    fn node_instance(&self, asked: &Asked<'_>, id: &str) -> Answer {
        let all = self.node_instances(asked);
        let found = all["items"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|one| one["id"].as_str() == Some(id));
        found
            .map(|one| (200, one.clone()))
            .ok_or_else(|| gone("NodeInstance", id))
    }
}

pub(super) fn not_allowed() -> Refused {
    (
        405,
        "method_not_allowed_error",
        "The method is not allowed for the requested URL.".into(),
    )
}

/// Which role has which right: everything for administrators, looking for viewers.
fn permissions(asked: &Asked<'_>) -> Value {
    let rights = [
        "blueprint_get",
        "blueprint_list",
        "blueprint_upload",
        "blueprint_delete",
        "deployment_get",
        "deployment_list",
        "deployment_create",
        "deployment_delete",
        "deployment_update_create",
        "deployment_update_get",
        "execution_start",
        "execution_list",
        "execution_get",
        "execution_cancel",
        "event_list",
        "node_list",
        "node_instance_list",
        "secret_list",
        "secret_create",
        "secret_delete",
    ];
    let rows = rights
        .iter()
        .flat_map(|right| {
            let looks = right.ends_with("_get") || right.ends_with("_list");
            let mut roles = vec!["sys_admin", "manager", "user", "operations"];
            if looks {
                roles.push("viewer");
            }
            roles
                .into_iter()
                .map(move |role| json!({ "role": role, "permission": right }))
        })
        .collect();
    wire::page(asked, rows)
}
