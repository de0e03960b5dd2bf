//! What the practice manager knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::wire;

/// The tenants that there are.
pub(super) const TENANTS: [&str; 3] = ["default_tenant", "shop", "Großkunden"];

/// Everything.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct World {
    pub(super) next: u64,
    pub(super) now: i64,
    pub(super) blueprints: BTreeMap<String, Value>,
    pub(super) deployments: BTreeMap<String, Deployment>,
    pub(super) executions: Vec<Execution>,
    pub(super) updates: Vec<Value>,
    /// Names only; a value is never kept.
    pub(super) secrets: BTreeMap<String, Value>,
    pub(super) tokens: Vec<Value>,
    pub(super) sites: Vec<String>,
}

/// A deployment and its node instances.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Deployment {
    /// As the manager gives it, without what follows from its executions.
    pub(super) own: Value,
    pub(super) instances: Vec<Instance>,
    pub(super) installed: bool,
}

/// A node instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) node: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) drifted: bool,
}

/// An execution of a workflow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Execution {
    pub(super) id: String,
    pub(super) deployment: String,
    pub(super) blueprint: String,
    pub(super) workflow: String,
    pub(super) parameters: Value,
    pub(super) status: String,
    pub(super) error: Option<String>,
    pub(super) created: i64,
    pub(super) started: Option<i64>,
    pub(super) ended: Option<i64>,
    pub(super) dry_run: bool,
    pub(super) tasks: Vec<Task>,
    /// The task that runs, and since when.
    pub(super) at: usize,
    pub(super) since: i64,
    pub(super) events: Vec<Event>,
    /// What is done to the deployment at a good end.
    pub(super) after: Value,
}

/// One operation of a workflow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) instance: String,
    pub(super) node: String,
    pub(super) operation: String,
    pub(super) millis: i64,
    /// The state of the instance when it is done.
    pub(super) leads_to: Option<String>,
    pub(super) fails: bool,
    pub(super) lines: usize,
}

/// An event, or so many lines of a log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) at: i64,
    /// The event's type; a line of the log where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    pub(super) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<(String, String, String)>,
    /// How many lines it stands for.
    #[serde(default = "one")]
    pub(super) times: usize,
}

fn one() -> usize {
    1
}

impl World {
    pub(super) fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A deployment as the manager gives it.
    pub(super) fn shown(&self, id: &str) -> Option<Value> {
        let found = self.deployments.get(id)?;
        let mut own = found.own.clone();
        let latest =
            self.executions.iter().rev().find(|one| {
                one.deployment == id && one.workflow != "create_deployment_environment"
            });
        let state = latest.map_or("completed", |one| match one.status.as_str() {
            "terminated" => "completed",
            "failed" => "failed",
            "cancelled" => "cancelled",
            _ => "in_progress",
        });
        own["installation_status"] = json!(if found.installed {
            "active"
        } else {
            "inactive"
        });
        own["latest_execution_status"] = json!(state);
        own["deployment_status"] = json!(match (state, found.installed) {
            ("in_progress", _) => "in_progress",
            ("completed", true) => "good",
            _ => "requires_attention",
        });
        own["latest_execution"] = json!(latest.map(|one| &one.id));
        Some(own)
    }

    pub(super) fn drifted(&self, deployment: &str) -> usize {
        self.deployments
            .get(deployment)
            .map_or(0, |one| one.instances.iter().filter(|i| i.drifted).count())
    }
}

impl Execution {
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "terminated" | "failed" | "cancelled")
    }

    /// Whether it holds its deployment.
    pub(super) fn is_active(&self) -> bool {
        !self.has_ended() && self.status != "queued"
    }

    /// As the manager gives it. A deployment called `odd-state…` reports a word of its own for ten seconds.
    pub(super) fn shown(&self, now: i64) -> Value {
        let odd = self.deployment.contains("odd-state")
            && self.status == "started"
            && self.started.is_some_and(|since| now - since < 10_000);
        let status = if odd { "hibernating" } else { &self.status };
        json!({
            "id": self.id,
            "workflow_id": self.workflow,
            "deployment_id": self.deployment,
            "deployment_display_name": self.deployment,
            "blueprint_id": self.blueprint,
            "parameters": self.parameters,
            "status": status,
            "status_display": if status == "terminated" { "completed" } else { status },
            "error": self.error,
            "created_at": wire::time(self.created),
            "started_at": self.started.map(wire::time),
            "ended_at": self.ended.map(wire::time),
            "scheduled_for": null,
            "is_system_workflow": false,
            "is_dry_run": self.dry_run,
            "total_operations": self.tasks.len(),
            "finished_operations": self.at.min(self.tasks.len()),
            "tenant_name": "default_tenant",
            "created_by": "admin",
            "visibility": "tenant",
            "private_resource": false,
            "resource_availability": "tenant",
        })
    }

    /// The events from one on, at most so many, and how many there are.
    pub(super) fn events(&self, offset: usize, size: usize, logs: bool) -> (Vec<Value>, usize) {
        let mut total = 0;
        let mut given = Vec::new();
        for event in &self.events {
            if event.kind.is_none() && !logs {
                continue;
            }
            let first = offset.saturating_sub(total).min(event.times);
            let more = size - given.len();
            for number in first..event.times.min(first.saturating_add(more)) {
                given.push(self.event(event, number));
            }
            total += event.times;
        }
        (given, total)
    }

    fn event(&self, event: &Event, number: usize) -> Value {
        let time = wire::time(event.at);
        let message = if event.times > 1 {
            format!("{} {}", event.message, number + 1)
        } else {
            event.message.clone()
        };
        let mut shown = json!({
            "type": if event.kind.is_some() { "cloudify_event" } else { "cloudify_log" },
            "timestamp": time,
            "reported_timestamp": time,
            "message": message,
            "execution_id": self.id,
            "workflow_id": self.workflow,
            "deployment_id": self.deployment,
            "deployment_display_name": self.deployment,
            "blueprint_id": self.blueprint,
            "node_name": null,
            "node_instance_id": null,
            "operation": null,
            "error_causes": null,
        });
        if let Some(kind) = &event.kind {
            shown["event_type"] = json!(kind);
        } else {
            shown["level"] = json!("info");
            shown["logger"] = json!("ctx.logger");
        }
        if let Some((node, instance, operation)) = &event.task {
            shown["node_name"] = json!(node);
            shown["node_instance_id"] = json!(instance);
            shown["operation"] = json!(operation);
        }
        if event.kind.as_deref() == Some("task_failed") {
            shown["error_causes"] = json!([{
                "type": "NonRecoverableError", "message": super::timeline::TROUBLE, "traceback": "Traceback (most recent call last): …",
            }]);
        }
        shown
    }
}
