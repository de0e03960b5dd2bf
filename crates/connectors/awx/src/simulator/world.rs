//! What happened at the practice server: jobs, workflow jobs, approvals, tokens; and how time moves them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::seed;

/// How the practice server's own tokens begin.
pub(crate) const OWN: &str = "awx-";
/// From the launch to the first move.
const QUEUED: i64 = 1_000;
/// From there to the first line.
const PLACED: i64 = 500;
/// What a job takes where its name asks for nothing else.
const SHORT: i64 = 6_000;

/// The server's memory.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct World {
    next: i64,
    pub(crate) jobs: BTreeMap<i64, Job>,
    pub(crate) workflows: BTreeMap<i64, Workflow>,
    pub(crate) approvals: BTreeMap<i64, Approval>,
    tokens: BTreeMap<String, Token>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            next: 5_000,
            jobs: BTreeMap::new(),
            workflows: BTreeMap::new(),
            approvals: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct Token {
    user: String,
    expires: i64,
}

/// One job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Job {
    pub(crate) id: i64,
    pub(crate) template: i64,
    pub(crate) launched: i64,
    pub(crate) by: String,
    /// `manual`, `workflow`, `relaunch`.
    pub(crate) launch_type: String,
    /// What it was launched with; passwords are `$encrypted$`.
    pub(crate) with: Map<String, Value>,
    pub(crate) hosts: Vec<String>,
    pub(crate) cancelled: Option<i64>,
    pub(crate) workflow: Option<i64>,
}

/// One workflow job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Workflow {
    pub(crate) id: i64,
    pub(crate) template: i64,
    /// The job template that was cut into slices, in place of a workflow template.
    pub(crate) sliced: Option<i64>,
    pub(crate) launched: i64,
    pub(crate) by: String,
    pub(crate) with: Map<String, Value>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) cancelled: Option<i64>,
}

/// One node of a workflow job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Node {
    pub(crate) id: i64,
    /// As in the template: number, template, edges.
    pub(crate) model: Value,
    pub(crate) job: Option<i64>,
    pub(crate) skipped: bool,
}

/// One approval.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Approval {
    pub(crate) id: i64,
    pub(crate) workflow: i64,
    pub(crate) name: String,
    pub(crate) created: i64,
    /// Seconds; 0 waits for ever.
    pub(crate) timeout: i64,
    pub(crate) decided: Option<(i64, bool, String)>,
    pub(crate) cancelled: Option<i64>,
}

impl Job {
    pub(crate) fn model(&self) -> &'static Value {
        seed::row("job_templates", self.template).unwrap_or(&Value::Null)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.model()["name"].as_str().unwrap_or_default()
    }

    /// When its first line comes.
    pub(crate) fn starts(&self) -> i64 {
        let room = if self.name().contains("waiting") {
            10_000
        } else {
            0
        };
        self.launched + QUEUED + room + PLACED
    }

    /// When it would end by itself.
    pub(crate) fn own_end(&self) -> i64 {
        let takes = match self.name() {
            name if name.contains("slow") => 60_000,
            name if name.contains("chatty") => 30_000,
            _ => SHORT,
        };
        self.starts() + takes
    }

    /// When it ends, however it does.
    pub(crate) fn ends(&self) -> i64 {
        match self.cancelled {
            Some(at) => (at + 1_000).min(self.own_end()),
            None => self.own_end(),
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        let flaky = self.name().contains("flaky") && self.launch_type != "relaunch";
        flaky || self.name().contains("broken")
    }

    pub(crate) fn status(&self, now: i64) -> &'static str {
        if now >= self.ends() {
            return match self.cancelled {
                Some(at) if at < self.own_end() => "canceled",
                _ if self.is_broken() => "failed",
                _ => "successful",
            };
        }
        if now < self.starts() - PLACED {
            "pending"
        } else if now < self.starts() {
            "waiting"
        } else if self.name().contains("odd-state") && now < self.starts() + 3_000 {
            "reticulating"
        } else {
            "running"
        }
    }

    pub(crate) fn is_over(&self, now: i64) -> bool {
        now >= self.ends()
    }
}

impl Approval {
    pub(crate) fn ends(&self) -> Option<i64> {
        let late = (self.timeout > 0).then(|| self.created + self.timeout * 1_000);
        self.decided
            .as_ref()
            .map(|(at, ..)| *at)
            .or(self.cancelled)
            .or(late)
    }

    pub(crate) fn status(&self, now: i64) -> &'static str {
        match &self.decided {
            Some((_, true, _)) => "successful",
            Some((_, false, _)) => "failed",
            None if self.cancelled.is_some() => "canceled",
            None if self.timed_out(now) => "failed",
            None => "pending",
        }
    }

    pub(crate) fn timed_out(&self, now: i64) -> bool {
        self.decided.is_none()
            && self.cancelled.is_none()
            && self.ends().is_some_and(|end| now >= end)
    }
}

impl Workflow {
    pub(crate) fn model(&self) -> &'static Value {
        match self.sliced {
            Some(id) => seed::row("job_templates", id),
            None => seed::row("workflow_job_templates", self.template),
        }
        .unwrap_or(&Value::Null)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.model()["name"].as_str().unwrap_or_default()
    }
}

/// How a node of a workflow job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    Not,
    Under,
    /// When, and whether well.
    Over(i64, bool),
    Skipped,
}

impl World {
    pub(crate) fn id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn token(&mut self, now: i64, user: &str) -> (i64, String, i64) {
        let id = self.id();
        let token = format!("{OWN}{id:030x}");
        // As the server's own setting has it: a thousand years are usual; here a day.
        let expires = now + 86_400_000;
        self.tokens.insert(
            token.clone(),
            Token {
                user: user.to_owned(),
                expires,
            },
        );
        (id, token, expires)
    }

    pub(crate) fn user_of(&self, now: i64, token: &str) -> Option<String> {
        let known = self.tokens.get(token)?;
        (now < known.expires).then(|| known.user.clone())
    }

    pub(crate) fn stand(&self, now: i64, node: &Node) -> Stand {
        if node.skipped {
            return Stand::Skipped;
        }
        let Some(id) = node.job else {
            return Stand::Not;
        };
        if let Some(job) = self.jobs.get(&id) {
            return if job.is_over(now) {
                Stand::Over(job.ends(), job.status(now) == "successful")
            } else {
                Stand::Under
            };
        }
        let Some(approval) = self.approvals.get(&id) else {
            return Stand::Skipped;
        };
        match approval.ends() {
            Some(end) if now >= end => Stand::Over(end, approval.status(now) == "successful"),
            _ => Stand::Under,
        }
    }

    /// The state of a workflow job, and when it ended.
    pub(crate) fn workflow_status(
        &self,
        now: i64,
        workflow: &Workflow,
    ) -> (&'static str, Option<i64>) {
        if now < workflow.launched + QUEUED {
            return ("pending", None);
        }
        let mut end = workflow.launched + QUEUED;
        let mut failed = false;
        for node in &workflow.nodes {
            match self.stand(now, node) {
                Stand::Not | Stand::Under if workflow.cancelled.is_some() && node.job.is_none() => {
                }
                Stand::Not | Stand::Under => return ("running", None),
                Stand::Skipped => {}
                Stand::Over(at, well) => {
                    end = end.max(at);
                    let handled = ["failure", "always"].iter().any(|edge| {
                        node.model[*edge]
                            .as_array()
                            .is_some_and(|list| !list.is_empty())
                    });
                    failed |= !well && !handled;
                }
            }
        }
        match workflow.cancelled {
            Some(at) => ("canceled", Some(end.max(at))),
            None if failed => ("failed", Some(end)),
            None => ("successful", Some(end)),
        }
    }

    /// Starts every node whose time has come, as often as one start leads to the next.
    pub(crate) fn advance(&mut self, now: i64) {
        let ids: Vec<i64> = self.workflows.keys().copied().collect();
        for id in ids {
            while self.step(now, id) {}
        }
    }

    fn step(&mut self, now: i64, id: i64) -> bool {
        let Some(workflow) = self.workflows.get(&id) else {
            return false;
        };
        let begins = workflow.launched + QUEUED;
        if workflow.cancelled.is_some() || now < begins {
            return false;
        }
        let workflow = workflow.clone();
        for (at, node) in workflow.nodes.iter().enumerate() {
            if node.job.is_some() || node.skipped {
                continue;
            }
            let own = node.model["id"].as_i64().unwrap_or_default();
            let mut parents = false;
            let mut open = false;
            let mut wanted = false;
            let mut when = begins;
            for parent in &workflow.nodes {
                for (edge, well_wanted) in [
                    ("success", Some(true)),
                    ("failure", Some(false)),
                    ("always", None),
                ] {
                    let leads = parent.model[edge]
                        .as_array()
                        .is_some_and(|list| list.iter().any(|one| *one == own));
                    if !leads {
                        continue;
                    }
                    parents = true;
                    match self.stand(now, parent) {
                        Stand::Not | Stand::Under => open = true,
                        Stand::Skipped => {}
                        Stand::Over(end, well) => {
                            when = when.max(end);
                            wanted |= well_wanted.is_none_or(|wanted| wanted == well);
                        }
                    }
                }
            }
            if open && !wanted {
                continue;
            }
            if parents && !wanted {
                if let Some(workflow) = self.workflows.get_mut(&id) {
                    workflow.nodes[at].skipped = true;
                }
                return true;
            }
            self.start(&workflow, at, when);
            return true;
        }
        false
    }

    fn start(&mut self, workflow: &Workflow, at: usize, when: i64) {
        let job = self.id();
        let model = &workflow.nodes[at].model;
        if let Some(name) = model["approval"].as_str() {
            self.approvals.insert(
                job,
                Approval {
                    id: job,
                    workflow: workflow.id,
                    name: name.to_owned(),
                    created: when,
                    timeout: model["timeout"].as_i64().unwrap_or_default(),
                    decided: None,
                    cancelled: None,
                },
            );
        } else {
            let template = model["template"].as_i64().unwrap_or_default();
            let inventory = seed::row("job_templates", template)
                .and_then(|one| one["inventory"].as_i64())
                .unwrap_or_default();
            let mut with = Map::new();
            with.insert("inventory".into(), json!(inventory));
            if let Some(variables) = workflow.with.get("extra_vars") {
                with.insert("extra_vars".into(), variables.clone());
            }
            let mut hosts = seed::hosts(inventory);
            if let Some((slice, of)) = model["slice"].as_u64().zip(model["slices"].as_u64()) {
                let mut count = 0;
                hosts.retain(|_| {
                    count += 1;
                    count % of == slice
                });
            }
            self.jobs.insert(
                job,
                Job {
                    id: job,
                    template,
                    launched: when,
                    by: workflow.by.clone(),
                    launch_type: "workflow".into(),
                    with,
                    hosts,
                    cancelled: None,
                    workflow: Some(workflow.id),
                },
            );
        }
        if let Some(workflow) = self.workflows.get_mut(&workflow.id) {
            workflow.nodes[at].job = Some(job);
        }
    }

    /// Stops a workflow job and what runs in it.
    pub(crate) fn cancel_workflow(&mut self, now: i64, id: i64) {
        let Some(workflow) = self.workflows.get_mut(&id) else {
            return;
        };
        workflow.cancelled = Some(now);
        let jobs: Vec<i64> = workflow.nodes.iter().filter_map(|node| node.job).collect();
        for id in jobs {
            if let Some(job) = self.jobs.get_mut(&id)
                && !job.is_over(now)
            {
                job.cancelled.get_or_insert(now);
            }
            if let Some(approval) = self.approvals.get_mut(&id)
                && approval.ends().is_none_or(|end| now < end)
            {
                approval.cancelled = Some(now);
            }
        }
    }
}
