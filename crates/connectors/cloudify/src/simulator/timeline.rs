//! What happens while time passes: tasks begin and end, and executions with them.

use serde_json::{Value, json};

use super::state::{Event, Execution, Instance, Task, World};
use super::wire;

/// What a task says that fails.
pub(super) const TROUBLE: &str = "the machine does not answer: no route to 192.0.2.99";
/// Between the acceptance of an execution and its begin.
const PENDING: i64 = 300;

fn lifecycle(operation: &str) -> String {
    format!("cloudify.interfaces.lifecycle.{operation}")
}

/// The operations that take an instance somewhere, with the state after each.
fn road(workflow: &str) -> &'static [(&'static str, &'static str)] {
    match workflow {
        "install" => &[
            ("create", "creating"),
            ("configure", "configuring"),
            ("start", "started"),
        ],
        "uninstall" => &[("stop", "stopped"), ("delete", "deleted")],
        "start" => &[("start", "started")],
        "stop" => &[("stop", "stopped")],
        "restart" => &[("stop", "stopped"), ("start", "started")],
        "check_status" => &[("check_status", "")],
        "check_drift" => &[("check_drift", "")],
        "update" => &[("update", "")],
        _ => &[("execute_operation", "")],
    }
}

/// The tasks of a workflow over these instances, in their order.
pub(super) fn tasks(workflow: &str, instances: &[Instance], dry_run: bool) -> Vec<Task> {
    let down = matches!(workflow, "uninstall" | "stop");
    let mut order: Vec<&Instance> = instances.iter().collect();
    if down {
        order.reverse();
    }
    let mut tasks = Vec::new();
    for one in order {
        for (operation, state) in road(workflow) {
            let slow = one.node.starts_with("slow") && matches!(*operation, "start" | "stop");
            tasks.push(Task {
                instance: one.id.clone(),
                node: one.node.clone(),
                operation: lifecycle(operation),
                millis: match (dry_run, slow) {
                    (true, _) => 20,
                    (false, true) => 60_000,
                    (false, false) => 700,
                },
                leads_to: (!state.is_empty() && !dry_run).then(|| (*state).to_owned()),
                fails: !dry_run && one.node.starts_with("broken") && *operation == "create",
                lines: match (
                    dry_run,
                    one.node.starts_with("chatty") && *operation == "start",
                ) {
                    (true, _) => 0,
                    (false, true) => 20_000,
                    (false, false) => 1,
                },
            });
        }
    }
    tasks
}

impl World {
    /// Lets time pass until now.
    pub(super) fn advance(&mut self, now: i64) {
        self.now = self.now.max(now);
        for at in 0..self.executions.len() {
            let mut one = self.executions[at].clone();
            if one.has_ended() {
                continue;
            }
            if one.status == "queued" {
                let before = self.executions[..at].iter().rev();
                let blocked = before
                    .filter(|other| other.deployment == one.deployment)
                    .any(|other| !other.has_ended());
                if blocked {
                    continue;
                }
                let freed = self.executions[..at]
                    .iter()
                    .filter(|other| other.deployment == one.deployment)
                    .filter_map(|other| other.ended)
                    .max();
                "pending".clone_into(&mut one.status);
                one.since = freed.unwrap_or(self.now).max(one.created);
            }
            self.play(&mut one);
            self.executions[at] = one;
        }
    }

    fn play(&mut self, one: &mut Execution) {
        let now = self.now;
        if matches!(one.status.as_str(), "force_cancelling" | "kill_cancelling") {
            self.end(one, "cancelled", None, now);
            return;
        }
        if one.status == "pending" && now >= one.since + PENDING {
            "started".clone_into(&mut one.status);
            one.since += PENDING;
            one.started = Some(one.since);
            let dry = if one.dry_run { " (dry run)" } else { "" };
            one.tell(
                one.since,
                "workflow_started",
                &format!("Starting '{}' workflow execution{dry}", one.workflow),
                None,
            );
            one.begin();
        }
        while matches!(one.status.as_str(), "started" | "cancelling") {
            let Some(task) = one.tasks.get(one.at).cloned() else {
                let at = one.since;
                if one.status == "cancelling" {
                    self.end(one, "cancelled", None, at);
                } else {
                    self.end(one, "terminated", None, at);
                }
                return;
            };
            let ends = one.since + task.millis;
            if now < ends {
                return;
            }
            one.since = ends;
            self.finish(one, &task);
            if one.has_ended() {
                return;
            }
            one.at += 1;
            if one.status == "cancelling" {
                self.end(one, "cancelled", None, ends);
                return;
            }
            one.begin();
        }
        if one.status == "cancelling" && one.started.is_none() {
            self.end(one, "cancelled", None, now);
        }
    }

    fn finish(&mut self, one: &mut Execution, task: &Task) {
        let at = one.since;
        if task.lines > 0 {
            one.events.push(Event {
                at,
                kind: None,
                message: if task.lines == 1 {
                    format!("{} läuft", task.instance)
                } else {
                    format!("{} line", task.instance)
                },
                task: Some((
                    task.node.clone(),
                    task.instance.clone(),
                    task.operation.clone(),
                )),
                times: task.lines,
            });
        }
        let name = &task.operation;
        if task.fails {
            one.tell(
                at,
                "task_failed",
                &format!("Task failed '{name}' -> {TROUBLE}"),
                Some(task),
            );
            let error = format!(
                "Traceback (most recent call last):\n  …\nRuntimeError: Workflow failed: Task failed '{name}' -> {TROUBLE}"
            );
            self.end(one, "failed", Some(error), at);
            return;
        }
        one.tell(
            at,
            "task_succeeded",
            &format!("Task succeeded '{name}'"),
            Some(task),
        );
        if let Some(state) = &task.leads_to
            && let Some(deployment) = self.deployments.get_mut(&one.deployment)
            && let Some(instance) = deployment
                .instances
                .iter_mut()
                .find(|i| i.id == task.instance)
        {
            instance.state.clone_from(state);
        }
    }

    fn end(&mut self, one: &mut Execution, status: &str, error: Option<String>, at: i64) {
        status.clone_into(&mut one.status);
        one.ended = Some(at);
        let workflow = &one.workflow;
        let (kind, message) = match status {
            "terminated" => (
                "workflow_succeeded",
                format!("'{workflow}' workflow execution succeeded"),
            ),
            "failed" => (
                "workflow_failed",
                format!(
                    "'{workflow}' workflow execution failed: {}",
                    error
                        .as_deref()
                        .and_then(|e| e.lines().last())
                        .unwrap_or_default()
                ),
            ),
            _ => (
                "workflow_cancelled",
                format!("'{workflow}' workflow execution cancelled"),
            ),
        };
        one.tell(at, kind, &message, None);
        one.error = error;
        if status == "terminated" && !one.dry_run {
            self.after(one);
        }
        if one.workflow == "csys_update_deployment"
            && let Some(update) = self
                .updates
                .iter_mut()
                .find(|u| u["execution_id"] == json!(one.id))
        {
            let preview = update["preview"] == true;
            update["state"] = json!(match (status, preview) {
                ("terminated", true) => "preview",
                ("terminated", false) => "successful",
                _ => "failed",
            });
        }
    }

    /// What a workflow leaves when it ended well.
    fn after(&mut self, one: &Execution) {
        let fresh = self.next + 1;
        let Some(deployment) = self.deployments.get_mut(&one.deployment) else {
            return;
        };
        match one.workflow.as_str() {
            "install" => deployment.installed = true,
            "uninstall" => {
                deployment.installed = false;
                for instance in &mut deployment.instances {
                    "uninitialized".clone_into(&mut instance.state);
                }
            }
            "delete_deployment_environment" => {
                self.deployments.remove(&one.deployment);
            }
            "scale" => {
                let node = one.parameters["scalable_entity_name"]
                    .as_str()
                    .unwrap_or_default();
                let delta = one.after["delta"].as_i64().unwrap_or(0);
                resize(&mut deployment.instances, node, delta, fresh);
                self.next += u64::try_from(delta.max(0)).unwrap_or(0);
            }
            "csys_update_deployment" => {
                for field in [
                    "blueprint_id",
                    "inputs",
                    "outputs",
                    "capabilities",
                    "workflows",
                ] {
                    if !one.after[field].is_null() {
                        deployment.own[field] = one.after[field].clone();
                    }
                }
                let wanted = one.after["nodes"].as_array().cloned().unwrap_or_default();
                let names: Vec<&str> = wanted.iter().filter_map(|n| n["id"].as_str()).collect();
                deployment
                    .instances
                    .retain(|i| names.contains(&i.node.as_str()));
                let mut added = 0;
                for name in names {
                    if !deployment.instances.iter().any(|i| i.node == name) {
                        deployment.instances.push(Instance {
                            id: format!("{name}_{}", wire::suffix(fresh + added)),
                            node: name.to_owned(),
                            state: "started".to_owned(),
                            drifted: false,
                        });
                        added += 1;
                    }
                }
                self.next += added;
            }
            _ => {}
        }
    }
}

/// Adds or removes instances of a node.
pub(super) fn resize(instances: &mut Vec<Instance>, node: &str, delta: i64, fresh: u64) {
    for number in 0..delta.max(0) {
        instances.push(Instance {
            id: format!(
                "{node}_{}",
                wire::suffix(fresh + u64::try_from(number).unwrap_or(0))
            ),
            node: node.to_owned(),
            state: "started".to_owned(),
            drifted: false,
        });
    }
    for _ in 0..(-delta).max(0) {
        if let Some(at) = instances.iter().rposition(|one| one.node == node) {
            instances.remove(at);
        }
    }
}

impl Execution {
    /// Tells that the task at hand begins.
    fn begin(&mut self) {
        if let Some(task) = self.tasks.get(self.at).cloned() {
            let name = &task.operation;
            let at = self.since;
            self.tell(
                at,
                "sending_task",
                &format!("Sending task '{name}'"),
                Some(&task),
            );
            if !self.dry_run {
                self.tell(
                    at,
                    "task_started",
                    &format!("Task started '{name}'"),
                    Some(&task),
                );
            }
        }
    }

    fn tell(&mut self, at: i64, kind: &str, message: &str, task: Option<&Task>) {
        self.events.push(Event {
            at,
            kind: Some(kind.to_owned()),
            message: message.to_owned(),
            task: task.map(|task| {
                (
                    task.node.clone(),
                    task.instance.clone(),
                    task.operation.clone(),
                )
            }),
            times: 1,
        });
    }
}

impl World {
    /// Accepts an execution; its id.
    pub(super) fn accept(
        &mut self,
        deployment: &str,
        workflow: &str,
        parameters: Value,
        tasks: Vec<Task>,
        after: Value,
    ) -> &mut Execution {
        let id = wire::uuid(self.id());
        let blueprint = self
            .deployments
            .get(deployment)
            .map_or_else(String::new, |one| {
                one.own["blueprint_id"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            });
        let now = self.now;
        self.executions.push(Execution {
            id,
            deployment: deployment.to_owned(),
            blueprint,
            workflow: workflow.to_owned(),
            parameters,
            status: "pending".to_owned(),
            error: None,
            created: now,
            started: None,
            ended: None,
            dry_run: false,
            tasks,
            at: 0,
            since: now,
            events: Vec::new(),
            after,
        });
        let last = self.executions.len() - 1;
        &mut self.executions[last]
    }
}
