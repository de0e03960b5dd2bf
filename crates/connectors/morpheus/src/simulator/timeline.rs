//! What happens while time passes: processes go from step to step, and things with them.

use serde_json::{Value, json};

use super::state::{Process, Step, TROUBLE, World};
use super::wire;

impl World {
    /// Lets time pass until now.
    pub(super) fn advance(&mut self, now: i64) {
        self.now = self.now.max(now);
        for at in 0..self.processes.len() {
            let mut one = self.processes[at].clone();
            if one.ended.is_some() || one.approval.is_some() {
                continue;
            }
            self.play(&mut one);
            self.processes[at] = one;
        }
    }

    fn play(&mut self, one: &mut Process) {
        while one.ended.is_none() {
            let Some(step) = one.steps.get(one.at).cloned() else {
                "complete".clone_into(&mut one.status);
                one.ended = Some(one.since);
                self.settle(one, true);
                return;
            };
            let ends = one.since + step.millis;
            if self.now < ends {
                return;
            }
            one.since = ends;
            if step.fails {
                "failed".clone_into(&mut one.status);
                one.error = Some(TROUBLE.to_owned());
                one.ended = Some(ends);
                self.settle(one, false);
                return;
            }
            one.at += 1;
        }
    }

    /// What a process leaves behind at its end.
    pub(super) fn settle(&mut self, one: &Process, well: bool) {
        let (kind, number) = (one.of.0.as_str(), one.of.1);
        if one.kind == "remove" {
            if well {
                self.forget(kind, number);
            }
            return;
        }
        let word = match (kind, well, one.status.as_str()) {
            (_, false, "cancelled") => "cancelled",
            (_, false, "denied") => "denied",
            (_, false, _) => "failed",
            ("execution", true, _) => "success",
            _ => "running",
        };
        let ended = one.ended.map(wire::time);
        let list = match kind {
            "instance" => &mut self.instances,
            "app" => &mut self.apps,
            _ => &mut self.executions,
        };
        let mut inner = Vec::new();
        if let Some(found) = list.iter_mut().find(|thing| thing["id"] == json!(number)) {
            found["status"] = json!(word);
            if kind == "execution" {
                found["endDate"] = json!(ended);
                found["statusMessage"] = json!((!well).then_some(TROUBLE));
                if well {
                    found["resultData"] = json!("{\"ok\": true}");
                }
            } else if !well {
                found["statusMessage"] = json!(TROUBLE);
            }
            inner = found["instances"].as_array().cloned().unwrap_or_default();
        }
        for part in inner {
            if let Some(found) = self
                .instances
                .iter_mut()
                .find(|thing| thing["id"] == part["id"])
            {
                found["status"] = json!(word);
            }
        }
    }

    fn forget(&mut self, kind: &str, number: u64) {
        let is_it = |thing: &Value| thing["id"] == json!(number);
        match kind {
            "instance" => {
                self.instances.retain(|thing| !is_it(thing));
                self.items
                    .retain(|item| item["instance"]["id"] != json!(number));
            }
            "app" => {
                let inner: Vec<Value> = self
                    .apps
                    .iter()
                    .filter(|thing| is_it(thing))
                    .flat_map(|app| app["instances"].as_array().cloned().unwrap_or_default())
                    .map(|one| one["id"].clone())
                    .collect();
                self.apps.retain(|thing| !is_it(thing));
                self.instances.retain(|thing| !inner.contains(&thing["id"]));
                self.items.retain(|item| item["app"]["id"] != json!(number));
            }
            _ => {}
        }
    }

    /// Starts a process; where an approval is asked for, it waits. The word for the state of the thing.
    pub(super) fn work(
        &mut self,
        kind: &str,
        of: (&str, u64),
        name: &str,
        steps: &[&str],
    ) -> &'static str {
        let lower = name.to_lowercase();
        let is = |word: &str| lower.contains(word);
        let last = steps.len().saturating_sub(1);
        let removes = kind == "remove";
        let steps: Vec<Step> = steps
            .iter()
            .enumerate()
            .map(|(at, step)| Step {
                id: self.id(),
                name: (*step).to_owned(),
                millis: if is("slow") && at == last && !removes {
                    60_000
                } else {
                    1_200
                },
                lines: if is("chatty") && at == last && !removes {
                    20_000
                } else {
                    1
                },
                fails: is("broken") && at == last && !removes,
            })
            .collect();
        let id = self.id();
        let mut process = Process {
            id,
            kind: kind.to_owned(),
            of: (of.0.to_owned(), of.1),
            name: name.to_owned(),
            status: "running".to_owned(),
            error: None,
            begun: self.now,
            ended: None,
            steps,
            at: 0,
            since: self.now,
            approval: None,
        };
        let waits = is("waiting") && !removes;
        if waits {
            "queued".clone_into(&mut process.status);
            process.approval = Some(self.ask(of, name));
        }
        self.processes.push(process);
        if waits {
            "pendingApproval"
        } else {
            "provisioning"
        }
    }

    /// Asks for an approval; its id.
    fn ask(&mut self, of: (&str, u64), name: &str) -> u64 {
        let (id, item) = (self.id(), self.id());
        let now = wire::time(self.now);
        let kind = if of.0 == "execution" {
            "jobExecution"
        } else {
            of.0
        };
        self.approvals.push(json!({
            "id": id, "name": format!("APPROVAL-{id:07}"), "internalId": null, "externalId": null,
            "externalName": null, "requestType": "Instance Approval",
            "account": { "id": 1, "name": "Practice" }, "approver": { "id": 1, "name": "Practice" },
            "accountIntegration": null, "status": "1 requested", "errorMessage": null,
            "dateCreated": now, "lastUpdated": now, "requestBy": "Practice",
            "approvalItems": [{
                "id": item, "name": format!("ITEM-{item:07}"), "externalId": null, "externalName": null,
                "internalId": null, "status": "requested",
                "errorMessage": null, "dateCreated": now, "lastUpdated": now, "approval": { "id": id },
                "reference": { "id": of.1, "type": kind, "name": name, "displayName": name },
            }],
        }));
        id
    }

    /// Approves, denies or cancels an item.
    pub(super) fn decide(&mut self, item: u64, action: &str) -> Option<()> {
        let now = self.now;
        let approval = self.approvals.iter_mut().find(|one| {
            one["approvalItems"]
                .as_array()
                .is_some_and(|items| items.iter().any(|i| i["id"] == json!(item)))
        })?;
        let (word, status) = match action {
            "approve" => ("approved", "provisioning"),
            "deny" => ("denied", "denied"),
            "cancel" => ("cancelled", "cancelled"),
            _ => return None,
        };
        approval["status"] = json!(format!("1 {word}"));
        approval["lastUpdated"] = json!(wire::time(now));
        approval["approvalItems"][0]["status"] = json!(word);
        let id = approval["id"].as_u64()?;
        let at = self
            .processes
            .iter()
            .position(|one| one.approval == Some(id))?;
        let mut one = self.processes[at].clone();
        one.approval = None;
        one.since = now;
        if action == "approve" {
            "running".clone_into(&mut one.status);
            self.name_state(&one.of.0, one.of.1, status);
        } else {
            word.clone_into(&mut one.status);
            one.ended = Some(now);
            self.settle(&one, false);
        }
        self.processes[at] = one;
        Some(())
    }

    /// Sets the state of an instance, an app or an execution.
    pub(super) fn name_state(&mut self, kind: &str, number: u64, word: &str) {
        let list = match kind {
            "instance" => &mut self.instances,
            "app" => &mut self.apps,
            _ => &mut self.executions,
        };
        let word = if kind == "execution" && word == "provisioning" {
            "running"
        } else {
            word
        };
        if let Some(found) = list.iter_mut().find(|thing| thing["id"] == json!(number)) {
            found["status"] = json!(word);
        }
    }
}
