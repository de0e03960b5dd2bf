//! What a caller asks to be made: orders, instances, apps, executions; and to be removed.

use serde_json::{Value, json};

use super::state::World;
use super::{Answer, Asked, Refused, invalid, refused, wire};

const STEPS: [&str; 3] = ["prepare resources", "configure instance", "deploy instance"];

fn number(value: &Value) -> u64 {
    value["id"]
        .as_u64()
        .or_else(|| value.as_u64())
        .unwrap_or_default()
}

pub(super) fn by_id(list: &[Value], id: u64) -> Option<&Value> {
    list.iter().find(|one| one["id"] == json!(id))
}

fn short(thing: &Value) -> Value {
    json!({ "id": thing["id"], "code": thing["code"], "name": thing["name"] })
}

impl World {
    /// A new instance; its id.
    pub(super) fn instance(
        &mut self,
        name: &str,
        group: &Value,
        cloud: &Value,
        kind: &Value,
        plan: &Value,
        uuid: Option<&str>,
    ) -> u64 {
        let id = self.id();
        let now = wire::time(self.now);
        let layout = &kind["instanceTypeLayouts"][0];
        self.instances.push(json!({
            "id": id, "uuid": uuid.map_or_else(|| wire::uuid(id), str::to_owned), "accountId": 1,
            "tenant": { "id": 1, "name": "Practice" },
            "instanceType": { "id": kind["id"], "code": kind["code"], "category": "os", "name": kind["name"] },
            "group": { "id": group["id"], "name": group["name"] },
            "cloud": { "id": cloud["id"], "name": cloud["name"] },
            "containers": [id + 1_000], "servers": [id + 2_000],
            "connectionInfo": [{ "ip": format!("192.0.2.{}", id % 250 + 1), "port": 22 }],
            "layout": { "id": layout["id"], "name": layout["name"] },
            "plan": short(plan), "name": name, "displayName": name, "description": null,
            "environment": null, "config": {}, "volumes": [{ "id": id + 3_000, "name": "root", "rootVolume": true, "size": 10 }],
            "labels": [], "instanceVersion": "1", "status": "provisioning", "statusMessage": null,
            "dateCreated": now, "lastUpdated": now, "removalDate": null,
        }));
        id
    }

    pub(super) fn provision(&mut self, asked: &Asked<'_>) -> Answer {
        let body = asked.body()?;
        let wanted = &body["instance"];
        let name = wanted["name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(invalid(400, "name", "Name is required"));
        }
        if self.instances.iter().any(|one| one["name"] == json!(name)) {
            return Err(invalid(400, "name", "Name must be unique"));
        }
        let cloud = by_id(&self.zones, number(&body["zoneId"])).cloned();
        let cloud = cloud.ok_or_else(|| invalid(400, "zoneId", "Cloud not found"))?;
        let group = by_id(&self.groups, number(&wanted["site"])).cloned();
        let group = group.ok_or_else(|| invalid(400, "site", "Group not found"))?;
        let kind = self
            .types
            .iter()
            .find(|one| one["code"] == wanted["instanceType"]["code"])
            .cloned();
        let kind = kind.ok_or_else(|| invalid(400, "instanceType", "Instance type not found"))?;
        let layout = number(&wanted["layout"]);
        let layouts = kind["instanceTypeLayouts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if by_id(&layouts, layout).is_none() {
            // The vendor's own example of a refusal that is a success by its status.
            return Err(invalid(
                200,
                "layout",
                &format!("Layout not found with id {layout}"),
            ));
        }
        let plan = by_id(&self.plans, number(&wanted["plan"])).cloned();
        let plan = plan.ok_or_else(|| invalid(200, "plan", "Plan not found"))?;
        let copies = body["copies"].as_u64().unwrap_or(1);
        let quota = self.policies.iter().any(|one| {
            one["policyType"]["code"] == "maxVms"
                && one["enabled"] == true
                && one["site"]["id"] == group["id"]
        });
        if quota && copies > 5 {
            return Err(refused(
                400,
                "Policy Violation: Max VMs (5) exceeded for group",
            ));
        }
        let id = self.instance(&name, &group, &cloud, &kind, &plan, wanted["uuid"].as_str());
        let word = self.work("provision", ("instance", id), &name, &STEPS);
        self.name_state("instance", id, word);
        if let Some(made) = self.instances.iter_mut().find(|one| one["id"] == json!(id)) {
            made["description"] = wanted["description"].clone();
            made["labels"] = if wanted["labels"].is_array() {
                wanted["labels"].clone()
            } else {
                json!([])
            };
            made["environment"] = wanted["instanceContext"].clone();
        }
        Ok(json!({ "success": true, "instance": by_id(&self.instances, id) }))
    }

    pub(super) fn app(&mut self, asked: &Asked<'_>) -> Answer {
        let body = asked.body()?;
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(invalid(400, "name", "Name is required"));
        }
        if self.apps.iter().any(|one| one["name"] == json!(name)) {
            return Err(invalid(400, "name", "Name must be unique"));
        }
        let blueprint = by_id(&self.blueprints, number(&body["blueprintId"])).cloned();
        let blueprint =
            blueprint.ok_or_else(|| invalid(400, "blueprintId", "Blueprint not found"))?;
        let id = self.make_app(&name, &blueprint, number(&body["group"]));
        if let Some(made) = self.apps.iter_mut().find(|one| one["id"] == json!(id)) {
            made["description"] = body["description"].clone();
        }
        Ok(json!({ "success": true, "app": by_id(&self.apps, id) }))
    }

    fn make_app(&mut self, name: &str, blueprint: &Value, group: u64) -> u64 {
        let id = self.id();
        let group = by_id(&self.groups, group)
            .or(self.groups.first())
            .cloned()
            .unwrap_or_default();
        let (cloud, kind, plan) = (
            self.zones[0].clone(),
            self.types[0].clone(),
            self.plans[0].clone(),
        );
        let mut parts = Vec::new();
        for tier in blueprint["config"]["tiers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(tier, _)| tier)
        {
            let called = format!("{name}-{}", tier.to_lowercase());
            let part = self.instance(&called, &group, &cloud, &kind, &plan, None);
            parts.push(json!({ "id": part, "name": called }));
        }
        let now = wire::time(self.now);
        let word = self.work("provision", ("app", id), name, &STEPS);
        self.apps.push(json!({
            "id": id, "name": name, "description": null, "labels": [], "environment": "dev", "accountId": 1,
            "account": { "id": 1, "name": "Practice" }, "owner": { "id": 1, "username": "practice" },
            "siteId": group["id"], "group": { "id": group["id"], "name": group["name"] },
            "blueprint": { "id": blueprint["id"], "name": blueprint["name"], "type": blueprint["type"] },
            "type": blueprint["type"], "dateCreated": now, "lastUpdated": now, "removalDate": null,
            "appContext": "dev", "status": word, "appStatus": "pending",
            "instanceCount": parts.len(), "containerCount": parts.len(), "appTiers": [], "instances": parts,
        }));
        id
    }

    /// Checks an order, and places it unless it is only to be checked.
    pub(super) fn order(&mut self, asked: &Asked<'_>) -> Answer {
        let body = asked.body()?;
        let only_check = asked.flag("validate");
        let wanted = body["order"]["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if wanted.is_empty() {
            return Err(invalid(400, "items", "Order must have at least one item"));
        }
        let mut lines = Vec::new();
        for one in &wanted {
            let kind = self
                .catalog
                .iter()
                .find(|kind| {
                    kind["id"] == one["type"]["id"]
                        || (one["type"]["id"].is_null() && kind["name"] == one["type"]["name"])
                })
                .cloned()
                .ok_or_else(|| invalid(400, "type", "Catalog item type not found"))?;
            for option in kind["optionTypes"].as_array().into_iter().flatten() {
                let field = option["fieldName"].as_str().unwrap_or_default();
                let given = one["config"]
                    .get(field)
                    .is_some_and(|value| !value.is_null() && value != "");
                if option["required"] == true && !given && option["defaultValue"].is_null() {
                    let label = option["fieldLabel"].as_str().unwrap_or(field);
                    return Err(invalid(400, field, &format!("{label} is required")));
                }
            }
            let id = if only_check {
                0
            } else {
                self.place(&kind, &one["config"])
            };
            lines.push(json!({
                "id": id, "type": { "id": kind["id"], "name": kind["name"], "type": kind["type"] },
                "quantity": 1, "price": 42.5, "currency": "EUR", "unit": "month", "valid": true,
                "status": if only_check { "VALID" } else { "ORDERED" },
                "dateCreated": wire::time(self.now), "lastUpdated": wire::time(self.now),
            }));
        }
        let id = if only_check { 0 } else { self.id() };
        Ok(json!({
            "success": true, "msg": if only_check { "Order validated" } else { "Order created" },
            "order": { "id": id, "name": null, "items": lines, "stats": { "price": 42.5, "currency": "EUR", "unit": "month" } },
        }))
    }

    fn place(&mut self, kind: &Value, config: &Value) -> u64 {
        let id = self.id();
        let base = kind["name"].as_str().unwrap_or("item").to_owned();
        let name = config["name"]
            .as_str()
            .map_or_else(|| format!("{base} {id}"), str::to_owned);
        let now = wire::time(self.now);
        let mut item = json!({
            "id": id, "name": name, "type": { "id": kind["id"], "name": base, "type": kind["type"] },
            "quantity": 1, "status": "ORDERED", "statusMessage": null,
            "orderDate": now, "dateCreated": now, "lastUpdated": now,
        });
        match kind["type"].as_str() {
            Some("blueprint") => {
                let blueprint = self.blueprints[0].clone();
                let app = self.make_app(&name, &blueprint, 0);
                item["refType"] = json!("App");
                item["app"] = json!({ "id": app });
            }
            Some("workflow") => {
                let job = self.execution(&name, &name, &["run task"]);
                item["refType"] = json!("Execution");
                item["execution"] = json!({ "id": job });
            }
            _ => {
                let (group, cloud) = (self.groups[0].clone(), self.zones[0].clone());
                let (one, plan) = (self.types[0].clone(), self.plans[0].clone());
                let made = self.instance(&name, &group, &cloud, &one, &plan, None);
                let word = self.work("provision", ("instance", made), &name, &STEPS);
                self.name_state("instance", made, word);
                item["refType"] = json!("Instance");
                item["instance"] = json!({ "id": made });
            }
        }
        self.items.push(item);
        id
    }

    /// An inventory item with what was made of it as it is now.
    pub(super) fn item(&self, item: &Value) -> Value {
        let mut shown = item.clone();
        for (field, list) in [
            ("instance", &self.instances),
            ("app", &self.apps),
            ("execution", &self.executions),
        ] {
            let number = item[field]["id"].as_u64();
            if let Some(found) = number.and_then(|number| by_id(list, number)) {
                shown[field] = json!({
                    "id": found["id"], "name": found["name"], "status": self.word(found),
                });
                if field == "instance" {
                    shown[field]["locations"] = json!([format!(
                        "Http: {}:80",
                        found["connectionInfo"][0]["ip"]
                            .as_str()
                            .unwrap_or_default()
                    )]);
                    shown[field]["virtualMachines"] = json!(1);
                    shown[field]["version"] = json!("1");
                }
                shown["statusMessage"] = found["statusMessage"].clone();
            }
        }
        shown
    }

    /// The word for a state: what is called `odd-state…` has one of its own at first.
    pub(super) fn word(&self, found: &Value) -> Value {
        let odd = found["name"]
            .as_str()
            .is_some_and(|name| name.to_lowercase().contains("odd-state"))
            || found["job"]["name"]
                .as_str()
                .is_some_and(|name| name.to_lowercase().contains("odd-state"));
        let status = found["status"].as_str().unwrap_or_default();
        let running = matches!(status, "provisioning" | "running");
        let young = self.processes.iter().any(|one| {
            json!(one.of.1) == found["id"] && one.ended.is_none() && one.approval.is_none()
        });
        if odd && running && young {
            json!("reticulating")
        } else {
            found["status"].clone()
        }
    }

    /// A new execution; its id.
    fn execution(&mut self, name: &str, of: &str, steps: &[&str]) -> u64 {
        let (id, job) = (self.id(), self.id());
        let now = wire::time(self.now);
        let word = self.work("execution", ("execution", id), of, steps);
        let word = if word == "provisioning" {
            "running"
        } else {
            word
        };
        self.executions.push(json!({
            "id": id, "name": name, "process": null,
            "job": { "id": job, "name": of, "description": null, "type": { "id": 1, "code": "morpheus.workflow", "name": "Workflow Job" } },
            "description": null, "dateCreated": now, "startDate": now, "duration": 0,
            "resultData": null, "status": word, "statusMessage": null, "createdBy": null,
        }));
        id
    }

    pub(super) fn execute(&mut self, asked: &Asked<'_>, list: &str, id: u64) -> Answer {
        let body = asked.body()?;
        let (found, steps) = if list == "tasks" {
            let found = by_id(&self.tasks, id).cloned();
            (found, vec!["run task".to_owned()])
        } else {
            let found = by_id(&self.workflows, id).cloned();
            let tasks = found
                .as_ref()
                .and_then(|one| one["taskSetTasks"].as_array().cloned());
            let names = tasks
                .unwrap_or_default()
                .iter()
                .map(|one| one["task"]["name"].as_str().unwrap_or("task").to_owned())
                .collect();
            (found, names)
        };
        let found = found.ok_or_else(|| refused(404, "Specified Resource Not Found"))?;
        let job = &body["job"];
        for option in found["optionTypes"].as_array().into_iter().flatten() {
            let field = option["fieldName"].as_str().unwrap_or_default();
            if option["required"] == true
                && job["customOptions"].get(field).is_none_or(Value::is_null)
            {
                return Err(invalid(
                    400,
                    field,
                    &format!(
                        "{} is required",
                        option["fieldLabel"].as_str().unwrap_or(field)
                    ),
                ));
            }
        }
        let target = job["targetType"].as_str().unwrap_or("appliance");
        if target == "instance" {
            for one in job["instances"].as_array().into_iter().flatten() {
                if by_id(&self.instances, number(one)).is_none() {
                    return Err(invalid(
                        400,
                        "instances",
                        &format!("Instance not found with id {one}"),
                    ));
                }
            }
        }
        let of = found["name"].as_str().unwrap_or_default().to_owned();
        let name = job["name"].as_str().unwrap_or(&of).to_owned();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let made = self.execution(&name, &of, &steps);
        let shown = by_id(&self.executions, made).cloned().unwrap_or_default();
        Ok(
            json!({ "success": true, "job": { "id": shown["job"]["id"] }, "jobExecution": { "id": made, "processId": null } }),
        )
    }

    /// Removes an instance, an app or an ordered item.
    pub(super) fn delete(&mut self, asked: &Asked<'_>, list: &str, id: u64) -> Answer {
        let (kind, number) = match list {
            "items" => {
                let Some(item) = by_id(&self.items, id).cloned() else {
                    return Err(refused(404, "Specified Resource Not Found"));
                };
                if let Some(made) = item["instance"]["id"].as_u64() {
                    ("instance", made)
                } else if let Some(made) = item["app"]["id"].as_u64() {
                    ("app", made)
                } else {
                    self.items.retain(|one| one["id"] != json!(id));
                    return Ok(json!({ "success": true }));
                }
            }
            "apps" => ("app", id),
            _ => ("instance", id),
        };
        self.start_removal(asked, kind, number)
    }

    fn start_removal(&mut self, asked: &Asked<'_>, kind: &str, id: u64) -> Result<Value, Refused> {
        let list = if kind == "app" {
            &self.apps
        } else {
            &self.instances
        };
        let Some(found) = by_id(list, id).cloned() else {
            return Err(refused(404, "Specified Resource Not Found"));
        };
        if found["locked"] == true {
            return Err(refused(400, "Instance is locked and cannot be deleted"));
        }
        let keeps = kind == "instance"
            && !asked.flag("force")
            && self.policies.iter().any(|one| {
                one["policyType"]["code"] == "delayedRemoval"
                    && one["enabled"] == true
                    && one["site"]["id"] == found["group"]["id"]
            });
        let now = self.now;
        let list = if kind == "app" {
            &mut self.apps
        } else {
            &mut self.instances
        };
        if let Some(found) = list.iter_mut().find(|one| one["id"] == json!(id)) {
            if keeps {
                found["status"] = json!("pendingRemoval");
                found["removalDate"] = json!(wire::time(now + 30 * 86_400_000));
                return Ok(json!({ "success": true }));
            }
            found["status"] = json!("removing");
        }
        // What still works on it is stopped.
        for one in &mut self.processes {
            if one.of == (kind.to_owned(), id) && one.ended.is_none() {
                "cancelled".clone_into(&mut one.status);
                one.ended = Some(now);
                one.approval = None;
            }
        }
        let name = found["name"].as_str().unwrap_or_default().to_owned();
        self.work("remove", (kind, id), &name, &["remove resources"]);
        Ok(json!({ "success": true }))
    }
}
