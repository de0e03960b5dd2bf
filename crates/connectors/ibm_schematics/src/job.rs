//! Follows an activity of a workspace: its state, its log, its end.

use async_trait::async_trait;
use podium_connector::{Context, LogLevel, LogLine, Mode};
use podium_diagnostics::{Error, Result};
use podium_rest::{Job, Look, Pace, Stage, Stages};
use serde_json::Value;

use crate::client::{Client, SYSTEM, plain};
use crate::config::Command;

/// The states of an activity (`CREATED` … `FAILED` are documented; the words of the newer jobs as well).
const STAGES: Stages = Stages(&[
    ("created", Stage::Running),
    ("pending", Stage::Running),
    ("in progress", Stage::Running),
    ("inprogress", Stage::Running),
    ("completed", Stage::Done),
    ("failed", Stage::Failed),
    ("stopped", Stage::Stopped),
    ("cancelled", Stage::Stopped),
    ("canceled", Stage::Stopped),
    ("stop in progress", Stage::Running),
    ("stopping", Stage::Running),
    ("job pending", Stage::Running),
    ("job in progress", Stage::Running),
    ("job ready to execute", Stage::Running),
    ("job stop in progress", Stage::Running),
    ("job finished", Stage::Done),
    ("job failed", Stage::Failed),
    ("job cancelled", Stage::Stopped),
    ("job stopped", Stage::Stopped),
]);

/// What a state means.
pub(crate) fn stage(status: &str) -> Stage {
    STAGES.of(&plain(status))
}

/// Schematics takes 50 calls a minute of one user: a look is two.
pub(crate) fn pace(cx: &dyn Context) -> Pace {
    let (first, longest) = match cx.mode() {
        Mode::Real => (4_000, 10_000),
        Mode::Simulated => (500, 3_000),
    };
    Pace {
        first: std::time::Duration::from_millis(first),
        longest: std::time::Duration::from_millis(longest),
        ..Pace::default()
    }
}

/// An activity.
pub(crate) struct Activity<'a> {
    pub(crate) client: &'a Client<'a>,
    pub(crate) command: Command,
    pub(crate) workspace: String,
    pub(crate) name: String,
    pub(crate) template: String,
    pub(crate) id: String,
    seen: usize,
    /// The last lines of the log, for the words of a failure.
    pub(crate) tail: Vec<String>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    all: u32,
    done: u32,
}

const TAIL: usize = 40;

impl<'a> Activity<'a> {
    pub(crate) fn new(
        client: &'a Client<'a>,
        command: Command,
        workspace: &crate::client::Workspace,
        id: String,
    ) -> Self {
        Self {
            client,
            command,
            workspace: workspace.id.clone(),
            name: workspace.name.clone(),
            template: workspace.template.clone(),
            id,
            seen: 0,
            tail: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// The whole lines of the log that were not given before.
    fn fresh(&mut self, log: &str, ended: bool) -> Vec<LogLine> {
        // A log that has become shorter was begun anew.
        if log.len() < self.seen || !log.is_char_boundary(self.seen) {
            self.seen = 0;
        }
        let rest = &log[self.seen..];
        let whole = match rest.rfind('\n') {
            Some(at) => at + 1,
            None if ended => rest.len(),
            None => 0,
        };
        let whole = if ended { rest.len() } else { whole };
        let lines: Vec<LogLine> = rest[..whole]
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .map(|line| LogLine {
                level: level(line),
                text: line.to_owned(),
            })
            .collect();
        self.seen += whole;
        for line in &lines {
            self.counts.read(words(&line.text));
            self.tail.push(words(&line.text).to_owned());
        }
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
        lines
    }

    /// The error for an activity that failed or was stopped.
    pub(crate) fn failure(&self, look: &Look) -> Error {
        let said = self
            .tail
            .iter()
            .position(|line| line.contains("Error:"))
            .map(|at| {
                let line = &self.tail[at];
                line[line.find("Error:").unwrap_or_default()..]
                    .trim_start_matches("Error:")
                    .trim()
                    .to_owned()
            })
            .unwrap_or_default();
        let page = crate::client::link(self.client.cx, &self.workspace).unwrap_or_default();
        let what = format!(
            "The {} of the workspace `{}`",
            self.command.word(),
            self.name
        );
        podium_rest::failed(SYSTEM, &what, &look.status, &said, &page)
            .with_context("activity", &self.id)
            .with_source(self.tail.join("\n"))
    }
}

/// A line without the time and the name of the command that Schematics puts before it.
fn words(line: &str) -> &str {
    line.split_once(" | ")
        .map_or(line, |(_, words)| words)
        .trim()
}

fn level(line: &str) -> LogLevel {
    let words = words(line).trim_start_matches(['│', ' ']);
    if words.starts_with("Error:") || line.contains("[ERROR]") {
        LogLevel::Error
    } else if words.starts_with("Warning:") || line.contains("[WARN") {
        LogLevel::Warning
    } else {
        LogLevel::Info
    }
}

impl Counts {
    fn read(&mut self, line: &str) {
        if let Some(rest) = line.trim_start_matches(['│', ' ']).strip_prefix("Plan: ") {
            self.all = rest
                .split(|char: char| !char.is_ascii_digit())
                .filter_map(|part| part.parse::<u32>().ok())
                .sum();
            self.done = 0;
        }
        if [
            ": Creation complete",
            ": Modifications complete",
            ": Destruction complete",
        ]
        .iter()
        .any(|text| line.contains(text))
        {
            self.done += 1;
        }
    }

    fn of(&self) -> Option<(u32, u32)> {
        (self.all > 0).then(|| (self.done.min(self.all), self.all))
    }
}

/// The state of an activity, and what it says.
fn state(activity: &Value) -> (String, Option<String>) {
    let status = activity["status"]
        .as_str()
        .or_else(|| activity["templates"][0]["status"].as_str())
        .unwrap_or_default()
        .to_owned();
    let says = activity["message"]
        .as_array()
        .and_then(|lines| lines.last())
        .or_else(|| Some(&activity["templates"][0]["message"]))
        .and_then(Value::as_str)
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned);
    (status, says)
}

#[async_trait]
impl Job for Activity<'_> {
    async fn look(&mut self) -> Result<Look> {
        let activity = self.client.activity(&self.workspace, &self.id).await?;
        let (status, says) = state(&activity);
        let stage = stage(&status);
        let log = self
            .client
            .log(&self.workspace, &self.template, &self.id)
            .await?;
        let lines = self.fresh(&log, stage.is_end());
        let queued = ["created", "pending", "job pending"].contains(&plain(&status).as_str());
        let words = if queued {
            format!("Waiting for a free place in Schematics for `{}`", self.name)
        } else {
            let says = says.map(|says| format!(": {says}")).unwrap_or_default();
            format!("{} `{}`{says}", self.command.doing(), self.name)
        };
        Ok(Look {
            stage,
            status,
            words,
            done: self.counts.of(),
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        self.client.stop(&self.workspace, &self.id).await
    }
}
