//! Follows a task: its state, its messages, its end.

use std::time::Duration;

use async_trait::async_trait;
use podium_connector::{Context, LogLevel, LogLine, Mode};
use podium_diagnostics::{Error, Result};
use podium_rest::{Job, Look, Pace, Stage, Stages, failed};
use serde_json::Value;

use crate::client::{Client, SYSTEM};

/// States of a task. Only `COMPLETED` is confirmed; the others are taken from the product's older
/// versions, and any other word is watched on.
const STAGES: Stages = Stages(&[
    ("COMPLETED", Stage::Done),
    ("NEW", Stage::Running),
    ("READY", Stage::Running),
    ("QUEUED", Stage::Running),
    ("RUNNING", Stage::Running),
    ("PENDING", Stage::Running),
    ("IN_PROGRESS", Stage::Running),
    ("FAILED", Stage::Failed),
    ("ERROR", Stage::Failed),
    ("REJECTED", Stage::Failed),
    ("CANCELED", Stage::Stopped),
    ("CANCELLED", Stage::Stopped),
    ("WAITING", Stage::Waiting),
    ("WAITING_FOR_APPROVAL", Stage::Waiting),
    ("PENDING_APPROVAL", Stage::Waiting),
]);

/// What a task's state means. A task with an error and a word that nobody knows has failed.
pub(crate) fn stage(task: &Value) -> Stage {
    let status = task["status"].as_str().unwrap_or_default();
    match STAGES.of(status) {
        Stage::Unrecognised if !said(task, "error_message").is_empty() => Stage::Failed,
        stage => stage,
    }
}

pub(crate) fn said(task: &Value, name: &str) -> String {
    task[name].as_str().unwrap_or_default().trim().to_owned()
}

pub(crate) fn pace(cx: &dyn Context) -> Pace {
    let (first, longest) = match cx.mode() {
        Mode::Real => (5_000, 10_000),
        Mode::Simulated => (500, 3_000),
    };
    Pace {
        first: Duration::from_millis(first),
        longest: Duration::from_millis(longest),
        ..Pace::default()
    }
}

/// A task that is followed.
pub(crate) struct Task<'a> {
    pub(crate) client: &'a Client<'a>,
    pub(crate) offering: String,
    pub(crate) id: String,
    pub(crate) last: Value,
    told: String,
}

impl<'a> Task<'a> {
    pub(crate) fn new(client: &'a Client<'a>, offering: &str, id: &str) -> Self {
        Self {
            client,
            offering: offering.to_owned(),
            id: id.to_owned(),
            last: Value::Null,
            told: String::new(),
        }
    }

    /// The error for a task that ended badly.
    pub(crate) fn failure(&self) -> Error {
        let status = self.last["status"].as_str().unwrap_or_default();
        let why = match said(&self.last, "error_message") {
            why if why.is_empty() => said(&self.last, "description_message"),
            why => why,
        };
        let page = self.client.page().unwrap_or_default();
        let what = format!("The task `{}` of `{}`", self.id, self.offering);
        failed(SYSTEM, &what, status, &why, &page).with_context("task", &self.id)
    }
}

#[async_trait]
impl Job for Task<'_> {
    async fn look(&mut self) -> Result<Look> {
        self.last = self.client.task(&self.id).await?;
        let stage = stage(&self.last);
        let status = self.last["status"].as_str().unwrap_or_default().to_owned();
        let message = said(&self.last, "description_message");
        // The message grows: only what is new is told.
        let fresh = message
            .strip_prefix(self.told.as_str())
            .unwrap_or(&message)
            .to_owned();
        let mut lines: Vec<LogLine> = fresh
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| LogLine {
                level: LogLevel::Info,
                text: line.to_owned(),
            })
            .collect();
        if stage == Stage::Failed {
            lines.extend(
                said(&self.last, "error_message")
                    .lines()
                    .map(|line| LogLine {
                        level: LogLevel::Error,
                        text: line.to_owned(),
                    }),
            );
        }
        self.told = message;
        let localized = match said(&self.last, "status_localized") {
            words if words.is_empty() => status.clone(),
            words => words,
        };
        let words = if stage == Stage::Waiting {
            let place = self
                .client
                .page()
                .map(|page| format!(" at {page}"))
                .unwrap_or_default();
            format!(
                "`{}` waits for an approval: somebody it is assigned to must approve it in Orchestrator under Assignments{place}",
                self.offering
            )
        } else {
            format!("Launching `{}` ({localized})", self.offering)
        };
        Ok(Look {
            stage,
            status,
            words,
            done: None,
            lines,
        })
    }

    /// No call to stop a task is documented: it goes on, and `cancelled` says so.
    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unknown_state_is_watched_on_unless_it_carries_an_error() {
        for (task, wanted) in [
            (
                json!({ "status": "COMPLETED", "error_message": "" }),
                Stage::Done,
            ),
            (json!({ "status": "Running" }), Stage::Running),
            (json!({ "status": "BREWING" }), Stage::Unrecognised),
            (
                json!({ "status": "BREWING", "error_message": "CTJCO0999E no room" }),
                Stage::Failed,
            ),
            (json!({}), Stage::Unrecognised),
        ] {
            assert_eq!(stage(&task), wanted, "{task}");
        }
    }
}
