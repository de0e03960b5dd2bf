//! Follows an execution: its state, its events and its log.

use async_trait::async_trait;
use podium_connector::{LogLevel, LogLine};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_rest::{Job, Look, Pace, Stage, Stages, follow};
use serde_json::Value;

use crate::client::{self, BEAT, FAILED, Manager, entries};
use crate::config::OnCancel;

/// Events of one page.
const BATCH: usize = 1_000;
/// Pages of events of one look; more are left for the next, so that a cancel is heard.
const PAGES: usize = 5;

/// The manager's words for the state of an execution (`cloudify.models_states.ExecutionState`).
pub(crate) const STAGES: Stages = Stages(&[
    ("pending", Stage::Running),
    ("started", Stage::Running),
    ("cancelling", Stage::Running),
    ("force_cancelling", Stage::Running),
    ("kill_cancelling", Stage::Running),
    ("queued", Stage::Running),
    ("scheduled", Stage::Running),
    ("terminated", Stage::Done),
    ("failed", Stage::Failed),
    ("cancelled", Stage::Stopped),
]);

/// One execution that is followed.
pub(crate) struct Execution<'a> {
    manager: &'a Manager<'a>,
    id: String,
    on_cancel: OnCancel,
    seen: usize,
    /// The last state of it, as the manager gives it.
    last: Value,
    /// What the last failed task said.
    failure: Option<String>,
    /// What it does now.
    now: Option<String>,
}

impl<'a> Execution<'a> {
    pub(crate) fn new(manager: &'a Manager<'a>, id: &str, on_cancel: OnCancel) -> Self {
        Self {
            manager,
            id: id.to_owned(),
            on_cancel,
            seen: 0,
            last: Value::Null,
            failure: None,
            now: None,
        }
    }

    /// Follows it to its end. Fails where it did not end well.
    pub(crate) async fn follow(mut self) -> Result<Value> {
        let pace = Pace {
            first: BEAT / 2,
            ..Pace::default()
        };
        let context = self.manager.context();
        let end = follow(context, pace, &mut self).await?;
        if end.stage == Stage::Done {
            return Ok(self.last);
        }
        Err(self.broken(&end))
    }

    fn broken(&self, end: &Look) -> Error {
        let (workflow, deployment) = names(&self.last);
        let system = client::SYSTEM;
        if end.stage == Stage::Stopped {
            return Error::new(
                ErrorKind::Failed,
                FAILED,
                format!("Somebody cancelled `{workflow}` on `{deployment}` in {system}."),
            )
            .with_hint("Ask who did it and why; then run the step again, or undo it.")
            .with_context("execution", &self.id);
        }
        let said = self.last["error"].as_str().unwrap_or_default();
        let why = self
            .failure
            .clone()
            .or_else(|| last_line(said))
            .unwrap_or_else(|| "it does not say why".to_owned());
        Error::new(
            ErrorKind::Failed,
            FAILED,
            format!("`{workflow}` on `{deployment}` failed: {}", sentence(&why)),
        )
        .with_hint("Mend what the log says, then run the step again, or undo it; what was made so far stays until then.")
        .with_context("execution", &self.id)
        .with_source(said)
    }

    /// The events that were not seen before, as lines.
    async fn news(&mut self, ended: bool) -> Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        let most = if ended { usize::MAX } else { PAGES };
        for _ in 0..most {
            let call = client::events(&self.id, self.seen, BATCH);
            let events = entries(self.manager.send(call).await?);
            for event in &events {
                self.hear(event);
                lines.extend(line(event));
            }
            self.seen += events.len();
            if events.len() < BATCH {
                break;
            }
        }
        Ok(lines)
    }

    fn hear(&mut self, event: &Value) {
        let message = event["message"].as_str().unwrap_or_default();
        match event["event_type"].as_str() {
            Some("task_failed" | "workflow_failed") if self.failure.is_none() => {
                let cause = event["error_causes"]
                    .as_array()
                    .and_then(|causes| causes.last())
                    .and_then(|cause| cause["message"].as_str());
                let what = match (about(event), cause) {
                    (Some(about), Some(cause)) => format!("{about}: {cause}"),
                    (Some(about), None) => format!("{about}: {message}"),
                    (None, Some(cause)) => cause.to_owned(),
                    (None, None) => message.to_owned(),
                };
                self.failure = Some(what);
            }
            // A task that was tried again went well in the end.
            Some("task_succeeded") => self.failure = None,
            Some("task_started") => self.now = about(event).or(Some(message.to_owned())),
            _ => {}
        }
    }
}

#[async_trait]
impl Job for Execution<'_> {
    async fn look(&mut self) -> Result<Look> {
        let found = self.manager.send(client::execution(&self.id)).await?;
        let status = found["status"].as_str().unwrap_or_default().to_owned();
        let stage = STAGES.of(&status);
        self.last = found;
        let lines = self.news(stage.is_end()).await?;
        Ok(Look {
            stage,
            words: words(&self.last, &status, self.now.as_deref()),
            status,
            done: done(&self.last),
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        let call = client::act(&self.id, self.on_cancel.action());
        match self.manager.send(call).await {
            // It ended in the same moment.
            Err(error) if client::code_of(&error) == Some("illegal_action_error") => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

fn words(execution: &Value, status: &str, now: Option<&str>) -> String {
    let (workflow, deployment) = names(execution);
    match status {
        "queued" => format!("`{workflow}` waits until another execution has ended"),
        "scheduled" => format!(
            "`{workflow}` is to begin at {}",
            execution["scheduled_for"]
                .as_str()
                .unwrap_or("a later time")
        ),
        "pending" => format!("`{workflow}` on `{deployment}` is about to begin"),
        "cancelling" | "force_cancelling" | "kill_cancelling" => {
            format!("`{workflow}` on `{deployment}` is being stopped")
        }
        _ => match now {
            Some(now) => format!("Running `{workflow}` on `{deployment}`: {now}"),
            None => format!("Running `{workflow}` on `{deployment}`"),
        },
    }
}

/// The workflow and the deployment of an execution.
pub(crate) fn names(execution: &Value) -> (&str, &str) {
    let text = |name: &str| execution[name].as_str().unwrap_or("?");
    (text("workflow_id"), text("deployment_id"))
}

fn done(execution: &Value) -> Option<(u32, u32)> {
    let number = |name: &str| u32::try_from(execution[name].as_u64()?).ok();
    let total = number("total_operations").filter(|total| *total > 0)?;
    Some((number("finished_operations").unwrap_or(0).min(total), total))
}

/// What an event is about: `web_1 create`.
fn about(event: &Value) -> Option<String> {
    let node = event["node_instance_id"]
        .as_str()
        .or_else(|| event["node_name"].as_str())?;
    let operation = event["operation"].as_str()?;
    let operation = operation.rsplit('.').next().unwrap_or(operation);
    Some(format!("`{node}` {operation}"))
}

fn line(event: &Value) -> Vec<LogLine> {
    let level = match event["level"].as_str() {
        Some("debug") => LogLevel::Debug,
        Some("warning") => LogLevel::Warning,
        Some("error" | "critical") => LogLevel::Error,
        _ if event["event_type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with("_failed")) =>
        {
            LogLevel::Error
        }
        _ => LogLevel::Info,
    };
    let message = event["message"].as_str().unwrap_or_default();
    let about = match about(event) {
        Some(about) => format!("{}: ", about.replace('`', "")),
        None => String::new(),
    };
    message
        .lines()
        .map(|text| LogLine {
            level,
            text: format!("{about}{text}"),
        })
        .collect()
}

/// The last line of a traceback, which says what happened.
fn last_line(text: &str) -> Option<String> {
    text.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .map(str::to_owned)
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
