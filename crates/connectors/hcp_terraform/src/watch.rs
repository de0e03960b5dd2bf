//! Follows a run: until its plan may be confirmed, then to its end. Its logs come from the storage, each
//! part once.

use std::time::Duration;

use async_trait::async_trait;
use podium_connector::{LogLevel, LogLine};
use podium_diagnostics::{Error, Result};
use podium_rest::{Job, Look, Stage, failed};
use serde_json::Value;

use crate::client::{Client, SYSTEM, Workspace, get, post};
use crate::config::Kind;
use crate::run::{Part, Run, policy};

/// Bytes of a log asked for at once, as the vendor's own client does.
const CHUNK: usize = 65_536;
/// Parts of a log that are fetched at one look; a longer one goes on at the next.
const MOST_CHUNKS: usize = 40;
const START: u8 = 0x02;
const END: u8 = 0x03;
const TAIL: usize = 40;

/// How far a log was read.
#[derive(Default)]
struct Reader {
    offset: usize,
    rest: Vec<u8>,
    ended: bool,
}

impl Reader {
    /// The whole lines that are new; with `all` also the last one without an end.
    async fn read(
        &mut self,
        client: &Client<'_>,
        address: &str,
        all: bool,
    ) -> Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        for _ in 0..MOST_CHUNKS {
            if self.ended {
                break;
            }
            let mark = if address.contains('?') { '&' } else { '?' };
            let url = format!("{address}{mark}limit={CHUNK}&offset={}", self.offset);
            let Some(bytes) = client.fetch(&url).await? else {
                break;
            };
            if bytes.is_empty() {
                break;
            }
            self.offset += bytes.len();
            let more = bytes.len() >= CHUNK;
            for byte in bytes {
                match byte {
                    START => {}
                    END => self.ended = true,
                    b'\n' => {
                        let line = std::mem::take(&mut self.rest);
                        lines.extend(line_of(&line));
                    }
                    byte => self.rest.push(byte),
                }
            }
            if !more {
                break;
            }
        }
        if all || self.ended {
            let line = std::mem::take(&mut self.rest);
            lines.extend(line_of(&line));
        }
        Ok(lines)
    }
}

/// A line for people: one in JSON by its message, colours taken away.
fn line_of(line: &[u8]) -> Option<LogLine> {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    if text.starts_with('{')
        && let Ok(value) = serde_json::from_str::<Value>(text)
        && let Some(message) = value["@message"].as_str()
    {
        let mut message = message.to_owned();
        if let Some(detail) = value["diagnostic"]["detail"]
            .as_str()
            .filter(|detail| !detail.is_empty())
        {
            message.push_str(": ");
            message.push_str(detail);
        }
        let level = match value["@level"].as_str() {
            Some("error") => LogLevel::Error,
            Some("warn") => LogLevel::Warning,
            Some("debug" | "trace") => LogLevel::Debug,
            _ => LogLevel::Info,
        };
        return Some(LogLine {
            level,
            text: message,
        });
    }
    let text = uncoloured(text);
    if text.trim().is_empty() {
        return None;
    }
    let words = text.trim_start_matches(['│', '╷', '╵', ' ']);
    let level = if words.starts_with("Error:") {
        LogLevel::Error
    } else if words.starts_with("Warning:") {
        LogLevel::Warning
    } else {
        LogLevel::Info
    };
    Some(LogLine { level, text })
}

fn uncoloured(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '\u{1b}' {
            // `ESC [ … letter`
            for inside in chars.by_ref() {
                if inside.is_ascii_alphabetic() {
                    break;
                }
            }
        } else if !char.is_control() || char == '\t' {
            plain.push(char);
        }
    }
    plain
}

/// How far a run is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until somebody may confirm it, or it ends.
    Planned,
    /// To its end.
    Ended,
}

/// A run that is followed.
pub(crate) struct Watch<'a> {
    client: &'a Client<'a>,
    workspace: &'a Workspace,
    kind: Kind,
    id: String,
    pub(crate) until: Until,
    pub(crate) overrides: bool,
    /// Whether only a preview asks: its calls are marked as looking.
    pub(crate) only_looks: bool,
    /// The last look.
    pub(crate) run: Run,
    plan_log: Reader,
    apply_log: Reader,
    tail: Vec<String>,
    done: u32,
    told_policy: bool,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(
        client: &'a Client<'a>,
        workspace: &'a Workspace,
        kind: Kind,
        id: &str,
    ) -> Self {
        Self {
            client,
            workspace,
            kind,
            id: id.to_owned(),
            until: Until::Ended,
            overrides: false,
            only_looks: false,
            run: Run::default(),
            plan_log: Reader::default(),
            apply_log: Reader::default(),
            tail: Vec::new(),
            done: 0,
            told_policy: false,
        }
    }

    async fn lines(&mut self, ended: bool) -> Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        let over = |part: &Part| {
            matches!(
                part.status.as_str(),
                "finished" | "errored" | "canceled" | "unreachable"
            )
        };
        let parts = [
            (&mut self.plan_log, &self.run.plan),
            (&mut self.apply_log, &self.run.apply),
        ];
        for (reader, part) in parts {
            let begun = !matches!(part.status.as_str(), "" | "pending" | "unreachable");
            if let Some(address) = part.log.as_deref().filter(|_| begun) {
                lines.extend(
                    reader
                        .read(self.client, address, ended || over(part))
                        .await?,
                );
            }
        }
        for line in &lines {
            let done = [
                ": Creation complete",
                ": Modifications complete",
                ": Destruction complete",
            ];
            self.done += u32::from(done.iter().any(|text| line.text.contains(text)));
            self.tail.push(line.text.clone());
        }
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
        Ok(lines)
    }

    /// What somebody at the far side must decide, and where.
    fn decision(&self) -> String {
        let page = self.client.page(self.workspace, &self.id);
        let place = page.map(|page| format!(" at {page}")).unwrap_or_default();
        match self.run.status.as_str() {
            "policy_override" | "tf_policy_override" => format!(
                "A policy failed softly: somebody with the right to override it must do so, or discard the run{place}"
            ),
            _ => format!(
                "A run task asks for a decision: somebody with the right must override it, or discard the run{place}"
            ),
        }
    }

    fn words(&self, stage: Stage) -> String {
        let name = &self.workspace.name;
        match (stage, self.run.status.as_str()) {
            (Stage::Waiting, _) => self.decision(),
            (_, "pending") => match self.run.position {
                Some(position) if position > 0 => {
                    format!("Waiting behind {position} other runs of `{name}`")
                }
                _ if self.workspace.locked => format!(
                    "Waiting: the workspace `{name}` is locked{}",
                    match self.workspace.locked_because.as_str() {
                        "" => String::new(),
                        why => format!(" ({why})"),
                    }
                ),
                _ => format!("Waiting for its turn in `{name}`"),
            },
            (_, status) if status.starts_with("fetching") => {
                format!("Fetching the configuration of `{name}`")
            }
            (_, "cost_estimating" | "cost_estimated") => format!("Estimating what `{name}` costs"),
            (_, "policy_checking" | "policy_checked" | "tf_policy_checked") => {
                format!("Checking policies of `{name}`")
            }
            (_, status) if status.starts_with("pre_") || status.starts_with("post_") => {
                format!("Running tasks of `{name}` ({})", status.replace('_', " "))
            }
            (_, "planning" | "plan_queued" | "queuing" | "planned") => format!("Planning `{name}`"),
            _ => format!("{} `{name}`", self.kind.doing()),
        }
    }

    /// Overrides what failed softly, where the step says so.
    async fn decide(&self) -> Result<()> {
        let send = |path: String| {
            let call = post(path, &Value::Null).needs("can-override");
            let call = if self.only_looks { call.looks() } else { call };
            self.client.site.send(call)
        };
        if self.run.status == "policy_override" {
            for check in policy_checks(self.client, &self.id).await? {
                let may = check["attributes"]["actions"]["is-overridable"]
                    .as_bool()
                    .unwrap_or(false);
                if let Some(id) = check["id"].as_str().filter(|_| may) {
                    send(format!("/policy-checks/{id}/actions/override")).await?;
                }
            }
            return Ok(());
        }
        for (id, _, status) in &self.run.task_stages {
            if status == "awaiting_override" {
                send(format!("/task-stages/{id}/actions/override")).await?;
            }
        }
        Ok(())
    }

    /// The error for a run that ended badly.
    pub(crate) fn failure(&self) -> Error {
        let said = match self.run.status.as_str() {
            "policy_soft_failed" => "a policy failed softly".to_owned(),
            "discarded" => "somebody there discarded it".to_owned(),
            "canceled" | "force_canceled" => "somebody there cancelled it".to_owned(),
            _ => self
                .tail
                .iter()
                .find_map(|line| {
                    line.split_once("Error: ")
                        .map(|(_, why)| why.trim().to_owned())
                })
                .unwrap_or_default(),
        };
        let page = self
            .client
            .page(self.workspace, &self.id)
            .unwrap_or_default();
        let what = format!("The run of `{}`", self.workspace.name);
        failed(SYSTEM, &what, &self.run.status, &said, &page)
            .with_context("run", &self.id)
            .with_source(self.tail.join("\n"))
    }
}

/// The policy checks of a run.
pub(crate) async fn policy_checks(client: &Client<'_>, run: &str) -> Result<Vec<Value>> {
    match client.list(get(format!("/runs/{run}/policy-checks"))).await {
        Err(error) if error.kind == podium_diagnostics::ErrorKind::NotFound => Ok(Vec::new()),
        list => list,
    }
}

#[async_trait]
impl Job for Watch<'_> {
    async fn look(&mut self) -> Result<Look> {
        self.run = self.client.run(&self.id).await?;
        let mut stage = self.run.stage();
        if stage == Stage::Waiting && self.overrides {
            self.decide().await?;
            stage = Stage::Running;
        }
        // What may be confirmed is planned, whatever the state is called.
        if self.until == Until::Planned && self.run.confirmable {
            stage = Stage::Done;
        }
        let mut lines = self.lines(stage.is_end()).await?;
        let checked =
            self.run.status.starts_with("policy") || stage.is_end() || self.run.confirmable;
        if checked && !self.told_policy && !self.run.status.ends_with("checking") {
            self.told_policy = true;
            for check in policy_checks(self.client, &self.id).await? {
                lines.push(LogLine {
                    level: LogLevel::Info,
                    text: policy(&check),
                });
            }
            lines.extend(self.run.cost.iter().map(|text| LogLine {
                level: LogLevel::Info,
                text: text.clone(),
            }));
        }
        let all = self
            .run
            .plan
            .counts
            .map_or(0, |counts| counts.iter().sum::<u64>());
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        Ok(Look {
            words: self.words(stage),
            status: self.run.status.clone(),
            done: (all > 0 && !self.run.apply.status.is_empty()).then(|| (self.done.min(all), all)),
            stage,
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        let action = if self.run.cancelable || !self.run.discardable {
            "cancel"
        } else {
            "discard"
        };
        self.client
            .act(&self.id, action, "Cancelled in Podium.", self.only_looks)
            .await
    }
}

/// How often a run is looked at.
pub(crate) fn pace() -> podium_rest::Pace {
    podium_rest::Pace {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(3),
        ..podium_rest::Pace::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_for_people() {
        let line = |text: &str| line_of(text.as_bytes()).map(|line| (line.level, line.text));
        assert_eq!(
            line("\u{1b}[1m\u{1b}[32mGrün\u{1b}[0m"),
            Some((LogLevel::Info, "Grün".into()))
        );
        assert_eq!(
            line(
                r#"{"@level":"error","@message":"Error: no","diagnostic":{"detail":"The zone is full."}}"#
            ),
            Some((LogLevel::Error, "Error: no: The zone is full.".into()))
        );
        assert_eq!(
            line("│ Error: x"),
            Some((LogLevel::Error, "│ Error: x".into()))
        );
        assert_eq!(line("   "), None);
    }
}
