//! Routes of the practice appliance.

use serde_json::{Value, json};

use super::make::by_id;
use super::state::World;
use super::{Answer, Asked, refused, wire};

fn gone() -> super::Refused {
    refused(404, "Specified Resource Not Found")
}

fn done() -> Value {
    json!({ "success": true })
}

impl World {
    /// The answer of a route; `None` where there is no such route.
    pub(super) fn route(&mut self, asked: &Asked<'_>, parts: &[&str]) -> Option<Answer> {
        let number = |text: &str| text.parse::<u64>().unwrap_or_default();
        Some(match (asked.method, parts) {
            ("GET", ["ping"]) => Ok(json!({ "success": true, "buildVersion": "9.0.0" })),
            ("GET", ["whoami"]) => Ok(Self::whoami()),
            ("GET", ["catalog", "types"]) => {
                Ok(wire::page(asked, "catalogItemTypes", self.catalog.clone()))
            }
            ("GET", ["catalog", "types", id]) => one(&self.catalog, number(id), "catalogItemType"),
            ("POST", ["catalog", "orders"]) => self.order(asked),
            ("GET", ["catalog", "items"]) => {
                let all = self.items.iter().map(|item| self.item(item)).collect();
                Ok(wire::page(asked, "items", all))
            }
            ("GET", ["catalog", "items", id]) => by_id(&self.items, number(id))
                .map(|item| json!({ "item": self.item(item) }))
                .ok_or_else(gone),
            ("DELETE", ["catalog", "items", id]) => self.delete(asked, "items", number(id)),
            ("GET", ["groups", id, "policies"]) => {
                let of = |one: &&Value| one["site"]["id"] == json!(number(id));
                Ok(wire::page(
                    asked,
                    "policies",
                    self.policies.iter().filter(of).cloned().collect(),
                ))
            }
            ("GET", ["zones", _, "policies"]) => Ok(wire::page(asked, "policies", Vec::new())),
            ("GET", ["instances", "service-plans"]) => Ok(json!({ "plans": self.plans })),
            ("POST", ["instances"]) => self.provision(asked),
            ("POST", ["apps"]) => self.app(asked),
            ("GET", ["instances" | "apps" | "job-executions"]) => Ok(self.list(asked, parts[0])),
            ("GET", ["instances" | "apps" | "job-executions", id]) => {
                self.thing(parts[0], number(id))
            }
            ("DELETE", ["instances" | "apps", id]) => self.delete(asked, parts[0], number(id)),
            ("PUT", ["instances" | "apps", id, "cancel-removal"]) => {
                self.call_back(parts[0], number(id))
            }
            (
                "PUT",
                [
                    "instances",
                    id,
                    action @ ("start" | "stop" | "restart" | "suspend" | "lock" | "unlock"),
                ],
            ) => self.switch(number(id), action),
            ("GET", ["instances", id, "history"]) => {
                let of =
                    |one: &&super::state::Process| one.of == ("instance".to_owned(), number(id));
                let all = self
                    .processes
                    .iter()
                    .filter(of)
                    .map(super::state::Process::shown)
                    .collect();
                Ok(wire::page(asked, "processes", all))
            }
            ("GET", ["processes"]) => {
                let all = self
                    .processes
                    .iter()
                    .map(super::state::Process::shown)
                    .collect();
                Ok(wire::page(asked, "processes", all))
            }
            ("GET", ["processes", id]) => self
                .processes
                .iter()
                .find(|one| one.id == number(id))
                .map(|one| json!({ "process": one.shown() }))
                .ok_or_else(gone),
            ("POST", ["processes", id, "cancel"]) => self.cancel(number(id)),
            ("POST", [list @ ("tasks" | "task-sets"), id, "execute"]) => {
                self.execute(asked, list, number(id))
            }
            ("GET", ["approvals"]) => {
                let all = self.approvals.iter().map(|one| {
                    let mut one = one.clone();
                    if let Some(fields) = one.as_object_mut() {
                        fields.remove("approvalItems");
                    }
                    one
                });
                Ok(wire::page(asked, "approvals", all.collect()))
            }
            ("GET", ["approvals", id]) => one(&self.approvals, number(id), "approval"),
            ("GET", ["approval-items", id]) => self
                .approvals
                .iter()
                .flat_map(|one| one["approvalItems"].as_array().into_iter().flatten())
                .find(|item| item["id"] == json!(number(id)))
                .map(|item| json!({ "approvalItem": item }))
                .ok_or_else(gone),
            ("PUT", ["approval-items", id, action]) => self
                .decide(number(id), action)
                .map(|()| done())
                .ok_or_else(gone),
            ("GET", [list]) => {
                let (name, all) = self.known(list)?;
                Ok(wire::page(asked, name, all.clone()))
            }
            ("GET", [list, id]) => {
                let (name, all) = self.known(list)?;
                let field = match name {
                    "zones" => "zone",
                    "taskSets" => "taskSet",
                    other => other.strip_suffix('s').unwrap_or(other),
                };
                one(all, number(id), field)
            }
            _ => return None,
        })
    }

    /// The lists that only the seed fills.
    fn known(&self, list: &str) -> Option<(&'static str, &Vec<Value>)> {
        Some(match list {
            "groups" => ("groups", &self.groups),
            "zones" => ("zones", &self.zones),
            "environments" => ("environments", &self.environments),
            "instance-types" => ("instanceTypes", &self.types),
            "service-plans" => ("servicePlans", &self.plans),
            "blueprints" => ("blueprints", &self.blueprints),
            "tasks" => ("tasks", &self.tasks),
            "task-sets" => ("taskSets", &self.workflows),
            _ => return None,
        })
    }

    fn whoami() -> Value {
        let permissions: Vec<Value> = [
            "Service Catalog", "Provisioning: Instances", "Provisioning: Apps", "Provisioning: Tasks",
            "Provisioning: Job Executions", "Operations: Approvals", "Operations: Activity",
        ]
        .iter()
        .map(|name| json!({ "name": name, "code": name.to_lowercase().replace(": ", "-"), "access": "full" }))
        .collect();
        json!({
            "user": { "id": 1, "accountId": 1, "username": "practice", "displayName": "Practice", "account": { "id": 1, "name": "Practice" } },
            "isMasterAccount": true, "permissions": permissions, "appliance": { "buildVersion": "9.0.0" },
        })
    }

    fn list(&self, asked: &Asked<'_>, list: &str) -> Value {
        let (name, all) = match list {
            "apps" => ("apps", &self.apps),
            "job-executions" => ("jobExecutions", &self.executions),
            _ => ("instances", &self.instances),
        };
        let all = all.iter().map(|one| self.as_it_is(one)).collect();
        wire::page(asked, name, all)
    }

    fn as_it_is(&self, found: &Value) -> Value {
        let mut shown = found.clone();
        shown["status"] = self.word(found);
        shown
    }

    fn thing(&self, list: &str, id: u64) -> Answer {
        let (field, all) = match list {
            "apps" => ("app", &self.apps),
            "job-executions" => ("jobExecution", &self.executions),
            _ => ("instance", &self.instances),
        };
        let found = by_id(all, id).ok_or_else(gone)?;
        let mut shown = self.as_it_is(found);
        if field == "jobExecution" {
            let process = self
                .processes
                .iter()
                .find(|one| one.of == ("execution".to_owned(), id));
            // The vendor's document has a text here; what it is, `/api/processes` tells.
            shown["process"] = process.map_or(Value::Null, |one| json!(one.id.to_string()));
        }
        Ok(json!({ field: shown }))
    }

    fn call_back(&mut self, list: &str, id: u64) -> Answer {
        let all = if list == "apps" {
            &mut self.apps
        } else {
            &mut self.instances
        };
        let found = all
            .iter_mut()
            .find(|one| one["id"] == json!(id))
            .ok_or_else(gone)?;
        if !found["removalDate"].is_string() {
            return Err(refused(400, "Instance is not pending removal"));
        }
        found["removalDate"] = Value::Null;
        found["status"] = json!("running");
        Ok(json!({ "success": true, "instance": found }))
    }

    fn switch(&mut self, id: u64, action: &str) -> Answer {
        let found = self
            .instances
            .iter_mut()
            .find(|one| one["id"] == json!(id))
            .ok_or_else(gone)?;
        match action {
            "stop" => found["status"] = json!("stopped"),
            "suspend" => found["status"] = json!("suspended"),
            "lock" => found["locked"] = json!(true),
            "unlock" => found["locked"] = json!(false),
            _ => found["status"] = json!("running"),
        }
        Ok(done())
    }

    fn cancel(&mut self, id: u64) -> Answer {
        let at = self
            .processes
            .iter()
            .position(|one| one.id == id)
            .ok_or_else(gone)?;
        let mut one = self.processes[at].clone();
        if one.ended.is_some() {
            return Err(refused(400, "Process is not cancelable"));
        }
        "cancelled".clone_into(&mut one.status);
        one.ended = Some(self.now);
        one.approval = None;
        self.settle(&one, false);
        self.processes[at] = one;
        Ok(done())
    }
}

fn one(all: &[Value], id: u64, field: &str) -> Answer {
    by_id(all, id)
        .map(|found| json!({ field: found }))
        .ok_or_else(gone)
}
