//! Follows one job: its state, and its events by a watermark, so that each line is fetched once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_trait::async_trait;
use podium_connector::{LogLevel, LogLine};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Job, Look, Stage, Stages};
use serde_json::{Map, Value, json};

use crate::client::{Awx, entries, flag, number, text};

/// A far job ended badly.
pub(crate) const FAILED: Code = Code::new("POD0481");
/// Events on one page; the most that AWX gives.
const PAGE: usize = 200;
/// Pages that one look fetches; the next one goes on from there.
const PAGES: usize = 10;
/// Failed tasks that an error names.
const NAMED: usize = 3;
/// Looks at a job that has ended and whose events are still being written down.
const LATE: u32 = 20;

/// AWX's words for the state of a job.
pub(crate) const STAGES: Stages = Stages(&[
    ("new", Stage::Running),
    ("pending", Stage::Running),
    ("waiting", Stage::Running),
    ("running", Stage::Running),
    ("successful", Stage::Done),
    ("failed", Stage::Failed),
    ("error", Stage::Failed),
    ("canceled", Stage::Stopped),
]);

/// The events of a job, from where they were left off.
#[derive(Debug, Default)]
pub(crate) struct Events {
    counter: i64,
    /// The task that is under way.
    pub(crate) task: Option<String>,
    /// What failed, as sentences.
    pub(crate) failures: Vec<String>,
    failed: usize,
}

impl Events {
    /// New lines, and whether there may be more at once.
    pub(crate) async fn next(&mut self, awx: &Awx<'_>, job: i64) -> Result<(Vec<LogLine>, bool)> {
        let mut lines = Vec::new();
        for _ in 0..PAGES {
            let call = Call::get(awx.at(&format!("jobs/{job}/job_events/")))
                .query("order_by", "counter")
                .query("counter__gt", self.counter)
                .query("page_size", PAGE);
            let page = entries(awx.site.send(call).await?);
            for event in &page {
                self.take(event, &mut lines);
            }
            if page.len() < PAGE {
                return Ok((lines, false));
            }
        }
        Ok((lines, true))
    }

    fn take(&mut self, event: &Value, lines: &mut Vec<LogLine>) {
        self.counter = self.counter.max(number(event, "counter"));
        let kind = text(event, "event");
        let ignored = event
            .pointer("/event_data/ignore_errors")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let bad = matches!(
            kind,
            "runner_on_failed" | "runner_on_unreachable" | "runner_on_async_failed"
        ) && !ignored;
        if kind == "playbook_on_task_start" || kind == "playbook_on_handler_task_start" {
            self.task = Some(text(event, "task").to_owned());
        }
        if bad {
            self.failed += 1;
            if self.failures.len() < NAMED {
                self.failures.push(failure(event));
            }
        }
        let level = match kind {
            _ if bad => LogLevel::Error,
            "warning" | "deprecated" => LogLevel::Warning,
            "error" => LogLevel::Error,
            "verbose" | "debug" => LogLevel::Debug,
            _ => LogLevel::Info,
        };
        let printed = plain(text(event, "stdout"));
        lines.extend(
            printed
                .lines()
                .map(str::trim_end)
                .filter(|line| !line.is_empty())
                .map(|line| LogLine {
                    level,
                    text: line.to_owned(),
                }),
        );
    }

    /// What failed, as sentences; empty where no task did.
    pub(crate) fn said(&self) -> String {
        let mut said = self.failures.join(" ");
        if self.failed > self.failures.len() {
            let more = self.failed - self.failures.len();
            let _ = write!(said, " {more} more failed.");
        }
        said
    }
}

fn failure(event: &Value) -> String {
    let host = Some(text(event, "host_name"))
        .filter(|host| !host.is_empty())
        .or_else(|| event.pointer("/event_data/host").and_then(Value::as_str))
        .unwrap_or("a host");
    let task = text(event, "task");
    let why = event
        .pointer("/event_data/res/msg")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let what = if text(event, "event") == "runner_on_unreachable" {
        format!("`{host}` could not be reached")
    } else {
        format!("`{task}` failed on `{host}`")
    };
    match why {
        "" => format!("{what}."),
        why if why.ends_with(['.', '!', '?']) => format!("{what}: {why}"),
        why => format!("{what}: {why}."),
    }
}

/// Text without the colours of a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        if rest.next() == Some('[') {
            for c in rest.by_ref() {
                if ('@'..='~').contains(&c) {
                    break;
                }
            }
        }
    }
    plain
}

/// One job under way.
pub(crate) struct Playbook<'a, 'b> {
    pub(crate) awx: &'a Awx<'b>,
    pub(crate) id: i64,
    pub(crate) events: Events,
    /// The job as last seen.
    pub(crate) job: Value,
    late: u32,
}

impl<'a, 'b> Playbook<'a, 'b> {
    pub(crate) fn new(awx: &'a Awx<'b>, id: i64) -> Self {
        Self {
            awx,
            id,
            events: Events::default(),
            job: Value::Null,
            late: 0,
        }
    }
}

#[async_trait]
impl Job for Playbook<'_, '_> {
    async fn look(&mut self) -> Result<Look> {
        let job = self.awx.get(&format!("jobs/{}/", self.id)).await?;
        let status = text(&job, "status").to_owned();
        let mut stage = STAGES.of(&status);
        let (lines, more) = self.events.next(self.awx, self.id).await?;
        if stage.is_end() {
            let written = job
                .get("event_processing_finished")
                .and_then(Value::as_bool)
                .unwrap_or(true);
            // The state comes before the last lines.
            if more || !lines.is_empty() {
                self.late = 0;
                stage = Stage::Running;
            } else if !written && self.late < LATE {
                self.late += 1;
                stage = Stage::Running;
            }
        }
        let words = words(&job, &self.events);
        self.job = job;
        Ok(Look {
            stage,
            status,
            words,
            done: None,
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        cancel(self.awx, &format!("jobs/{}", self.id)).await
    }
}

/// What a job does now.
fn words(job: &Value, events: &Events) -> String {
    let name = text(job, "name");
    let why = text(job, "job_explanation").trim();
    match text(job, "status") {
        "new" | "pending" if !why.is_empty() => format!("`{name}` waits in AWX: {why}"),
        "new" | "pending" => format!("`{name}` waits its turn in AWX"),
        "waiting" => format!("`{name}` waits for a place to run"),
        _ => match &events.task {
            Some(task) if !task.is_empty() => format!("Running `{name}`: {task}"),
            _ => format!("Running `{name}`"),
        },
    }
}

/// Asks for a job to be stopped; one that has ended already is none the worse.
pub(crate) async fn cancel(awx: &Awx<'_>, job: &str) -> Result<()> {
    let call = Call::post(awx.at(&format!("{job}/cancel/")), &json!({}))
        .repeatable()
        .needs("admin of the job, or execute on its template");
    match awx.site.send(call).await {
        Err(error) if !is_refused_method(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Whether AWX says that this cannot be done to a job in its state (405).
fn is_refused_method(error: &Error) -> bool {
    error
        .context
        .iter()
        .any(|(name, value)| name == podium_connector::STATUS && value == "405")
}

/// The error for a job that ended badly.
pub(crate) fn failed(kind: &str, job: &Value, said: &str, link: &str) -> Error {
    let name = text(job, "name");
    let id = number(job, "id");
    let explanation = text(job, "job_explanation").trim();
    let what = match text(job, "status") {
        "canceled" => format!("The {kind} `{name}` (number {id}) was cancelled in AWX."),
        "error" => format!("AWX could not run the {kind} `{name}` (number {id})."),
        _ => format!("The {kind} `{name}` (number {id}) failed in AWX."),
    };
    let mut message = what;
    for part in [said, explanation] {
        if !part.is_empty() {
            message.push(' ');
            message.push_str(part);
            if !part.ends_with(['.', '!', '?']) {
                message.push('.');
            }
        }
    }
    let trace = text(job, "result_traceback").trim();
    let mut error = Error::new(ErrorKind::Failed, FAILED, message)
        .with_hint(format!(
            "Look at it at {link}, mend what it names, then run the step again."
        ))
        .with_retry(podium_diagnostics::Retry::Permanent)
        .with_context("job", id)
        .with_context("state", text(job, "status"));
    if !trace.is_empty() {
        error = error.with_source(trace);
    }
    error
}

/// What came of a job, host by host, and over all.
pub(crate) async fn hosts(awx: &Awx<'_>, id: i64) -> Result<(Map<String, Value>, i64)> {
    let list = awx
        .all(
            &format!("jobs/{id}/job_host_summaries/"),
            &[("order_by", "host_name")],
        )
        .await?;
    let mut changed = 0;
    let mut by_host: BTreeMap<String, Value> = BTreeMap::new();
    for one in &list {
        changed += number(one, "changed");
        by_host.insert(
            text(one, "host_name").to_owned(),
            json!({
                "ok": number(one, "ok"),
                "changed": number(one, "changed"),
                "failed": number(one, "failures"),
                "unreachable": number(one, "dark"),
                "skipped": number(one, "skipped"),
                "rescued": number(one, "rescued"),
                "ignored": number(one, "ignored"),
            }),
        );
    }
    Ok((by_host.into_iter().collect(), changed))
}

/// The link for people in a finished job, where it has artifacts: values that the playbook set.
pub(crate) fn artifacts(job: &Value) -> Value {
    match job.get("artifacts") {
        Some(Value::Object(map)) if !flag(job, "failed") => Value::Object(map.clone()),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_away_and_umlauts_stay() {
        assert_eq!(
            plain("\u{1b}[0;32mok: [größe]\u{1b}[0m\u{1b}[K"),
            "ok: [größe]"
        );
        assert_eq!(plain("\u{1b}"), "");
    }

    #[test]
    fn a_failed_task_is_told_and_an_ignored_one_is_not() {
        let mut events = Events::default();
        let mut lines = Vec::new();
        for ignored in [true, false] {
            let event = json!({
                "counter": 4, "event": "runner_on_failed", "host_name": "wéb1", "task": "Install",
                "stdout": "fatal: [wéb1]: FAILED!\r\n\r\n",
                "event_data": { "ignore_errors": ignored, "res": { "msg": "no room" } },
            });
            events.take(&event, &mut lines);
        }
        assert_eq!(events.said(), "`Install` failed on `wéb1`: no room.");
        assert_eq!(events.counter, 4);
        let levels: Vec<LogLevel> = lines.iter().map(|line| line.level).collect();
        assert_eq!(levels, [LogLevel::Info, LogLevel::Error]);
    }
}
