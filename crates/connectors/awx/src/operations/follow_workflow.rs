//! Follows a workflow job: its nodes, the events of the jobs in them, and the approvals it waits for.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use podium_connector::{Context, LogLevel, LogLine};
use podium_diagnostics::{ErrorKind, Result};
use podium_rest::{Call, Job, Look, Stage};
use serde_json::{Value, json};

use super::follow_job::{Events, STAGES, cancel};
use crate::client::{Awx, flag, number, text};
use crate::config::Approvals;

/// One workflow job under way.
pub(crate) struct Workflow<'a, 'b> {
    cx: &'a dyn Context,
    awx: &'a Awx<'b>,
    id: i64,
    approvals: Approvals,
    /// Approvals that this step answered, or could not.
    answered: BTreeMap<i64, bool>,
    /// Node → the state that was told last.
    told: BTreeMap<i64, String>,
    /// Job → its events.
    pub(crate) events: BTreeMap<i64, Events>,
    /// Jobs whose last line was read.
    drained: BTreeSet<i64>,
    /// The workflow job as last seen.
    pub(crate) job: Value,
    /// Its nodes as last seen, in the order of their numbers.
    pub(crate) nodes: Vec<Node>,
}

/// One node of a workflow job.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    id: i64,
    pub(crate) name: String,
    /// The number of its job; none where it has not begun.
    pub(crate) job: Option<i64>,
    /// The kind of its job in AWX's word.
    pub(crate) kind: String,
    pub(crate) status: Option<String>,
    timed_out: bool,
    skipped: bool,
}

impl Node {
    pub(crate) fn of(value: &Value) -> Self {
        let job = value.pointer("/summary_fields/job");
        let name = job
            .map(|job| text(job, "name"))
            .filter(|name| !name.is_empty())
            .or_else(|| {
                value
                    .pointer("/summary_fields/unified_job_template/name")
                    .and_then(Value::as_str)
            })
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| text(value, "identifier"));
        Self {
            id: number(value, "id"),
            name: name.to_owned(),
            job: value.get("job").and_then(Value::as_i64),
            kind: job
                .map(|job| text(job, "type"))
                .unwrap_or_default()
                .to_owned(),
            status: job.map(|job| text(job, "status").to_owned()),
            timed_out: job.is_some_and(|job| flag(job, "timed_out")),
            skipped: flag(value, "do_not_run"),
        }
    }

    fn stage(&self) -> Option<Stage> {
        self.status.as_deref().map(|status| STAGES.of(status))
    }

    fn is_approval(&self) -> bool {
        self.kind == "workflow_approval"
    }

    fn waits(&self) -> bool {
        self.is_approval() && self.status.as_deref() == Some("pending")
    }

    fn words(&self) -> String {
        let name = &self.name;
        match (self.is_approval(), self.status.as_deref()) {
            (true, Some("pending")) => format!("`{name}` waits for an approval."),
            (true, Some("successful")) => format!("`{name}` was approved."),
            (true, Some("failed")) if self.timed_out => {
                format!("`{name}` was not answered in time.")
            }
            (true, Some("failed")) => format!("`{name}` was denied."),
            (_, Some(status)) => format!("`{name}`: {status}."),
            (_, None) if self.skipped => format!("`{name}` does not run on this path."),
            (_, None) => String::new(),
        }
    }

    /// What is said of it in the outputs.
    pub(crate) fn output(&self) -> Value {
        json!({
            "name": self.name,
            "job": self.job,
            "status": self.status.as_deref().unwrap_or("skipped"),
        })
    }
}

impl<'a, 'b> Workflow<'a, 'b> {
    pub(crate) fn new(
        cx: &'a dyn Context,
        awx: &'a Awx<'b>,
        id: i64,
        approvals: Approvals,
    ) -> Self {
        Self {
            cx,
            awx,
            id,
            approvals,
            answered: BTreeMap::new(),
            told: BTreeMap::new(),
            events: BTreeMap::new(),
            drained: BTreeSet::new(),
            job: Value::Null,
            nodes: Vec::new(),
        }
    }

    async fn look_at_nodes(&mut self) -> Result<(Vec<LogLine>, bool)> {
        let path = format!("workflow_jobs/{}/workflow_nodes/", self.id);
        let list = self.awx.all(&path, &[("order_by", "id")]).await?;
        self.nodes = list.iter().map(Node::of).collect();
        let mut lines = Vec::new();
        let mut more = false;
        for node in self.nodes.clone() {
            if let Some(id) = node.job.filter(|_| node.kind == "job") {
                // Looked at once more after its end, since the state comes before the last lines.
                let over = node.stage().is_some_and(Stage::is_end);
                if !self.drained.contains(&id) {
                    let (new, again) = self
                        .events
                        .entry(id)
                        .or_default()
                        .next(self.awx, id)
                        .await?;
                    more |= again;
                    if over && new.is_empty() {
                        self.drained.insert(id);
                    }
                    lines.extend(new.into_iter().map(|line| LogLine {
                        level: line.level,
                        text: format!("{} │ {}", node.name, line.text),
                    }));
                    if again {
                        continue;
                    }
                }
            }
            let words = node.words();
            if !words.is_empty() && self.told.get(&node.id) != Some(&words) {
                self.told.insert(node.id, words.clone());
                lines.push(LogLine {
                    level: match node.stage() {
                        Some(Stage::Failed) => LogLevel::Error,
                        Some(Stage::Stopped) => LogLevel::Warning,
                        _ => LogLevel::Info,
                    },
                    text: words,
                });
            }
        }
        Ok((lines, more))
    }

    /// Answers the approvals that wait, where the step says so. What AWX refuses, a person answers there.
    async fn answer(&mut self) -> Result<()> {
        let verb = match self.approvals {
            Approvals::Wait => return Ok(()),
            Approvals::Approve => "approve",
            Approvals::Deny => "deny",
        };
        for node in self.nodes.iter().filter(|node| node.waits()) {
            let Some(id) = node.job.filter(|id| !self.answered.contains_key(id)) else {
                continue;
            };
            let path = self.awx.at(&format!("workflow_approvals/{id}/{verb}/"));
            let call = Call::post(path, &json!({}))
                .repeatable()
                .needs("approve on the workflow template");
            let said = match self.awx.site.send(call).await {
                Ok(_) => {
                    self.answered.insert(id, true);
                    let word = if verb == "approve" {
                        "Approved"
                    } else {
                        "Denied"
                    };
                    (
                        LogLevel::Info,
                        format!("{word} `{}` in AWX, as the step says.", node.name),
                    )
                }
                // Somebody was faster, or only others may: the next look tells.
                Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::Forbidden) => {
                    self.answered.insert(id, false);
                    (LogLevel::Warning, error.message)
                }
                Err(error) => return Err(error),
            };
            self.cx.log(LogLine {
                level: said.0,
                text: said.1,
            });
        }
        Ok(())
    }

    fn words(&self) -> String {
        let name = text(&self.job, "name");
        let waiting: Vec<String> = self
            .nodes
            .iter()
            .filter(|node| node.waits())
            .map(|node| format!("`{}`", node.name))
            .collect();
        if !waiting.is_empty() {
            return format!(
                "`{name}` waits until somebody approves or denies {} in AWX: {}",
                waiting.join(", "),
                self.awx.link("workflow", &self.id.to_string()),
            );
        }
        let running: Vec<String> = self
            .nodes
            .iter()
            .filter(|node| node.stage().is_some_and(|stage| !stage.is_end()))
            .map(|node| {
                let task = node
                    .job
                    .and_then(|id| self.events.get(&id))
                    .and_then(|events| events.task.as_deref())
                    .filter(|task| !task.is_empty());
                match task {
                    Some(task) => format!("{} ({task})", node.name),
                    None => node.name.clone(),
                }
            })
            .collect();
        if running.is_empty() {
            format!("Running `{name}`")
        } else {
            format!("Running `{name}`: {}", running.join(", "))
        }
    }

    /// What failed, as sentences.
    pub(crate) fn said(&self) -> String {
        let mut said = Vec::new();
        for node in &self.nodes {
            if node.stage() != Some(Stage::Failed) {
                continue;
            }
            let mut words = if node.is_approval() {
                node.words()
            } else {
                format!("`{}` failed.", node.name)
            };
            if let Some(why) = node
                .job
                .and_then(|id| self.events.get(&id))
                .map(Events::said)
                && !why.is_empty()
            {
                words.push(' ');
                words.push_str(&why);
            }
            said.push(words);
        }
        said.truncate(3);
        said.join(" ")
    }
}

#[async_trait]
impl Job for Workflow<'_, '_> {
    async fn look(&mut self) -> Result<Look> {
        self.job = self.awx.get(&format!("workflow_jobs/{}/", self.id)).await?;
        let status = text(&self.job, "status").to_owned();
        let mut stage = STAGES.of(&status);
        let (lines, more) = self.look_at_nodes().await?;
        if stage.is_end() {
            if more || !lines.is_empty() {
                stage = Stage::Running;
            }
        } else {
            self.answer().await?;
            if self.nodes.iter().any(Node::waits) {
                stage = Stage::Waiting;
            }
        }
        let over = |node: &&Node| node.stage().is_some_and(Stage::is_end);
        let done = self.nodes.iter().filter(over).count();
        let of = self.nodes.iter().filter(|node| !node.skipped).count();
        Ok(Look {
            stage,
            words: self.words(),
            status,
            done: u32::try_from(done).ok().zip(u32::try_from(of).ok()),
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        cancel(self.awx, &format!("workflow_jobs/{}", self.id)).await
    }
}
