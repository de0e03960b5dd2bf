//! Follows one job: its state, and the records of its streams, each fetched once.

use std::collections::BTreeSet;

use async_trait::async_trait;
use podium_connector::{LogLevel, LogLine};
use podium_diagnostics::{ErrorKind, Result};
use podium_rest::{Call, Job, Look, Stage, Stages, segment};
use serde_json::{Value, json};

use crate::client::{Account, properties, text, versioned};
use crate::config::Suspended;

/// Azure's words for the state of a job.
pub(crate) const STAGES: Stages = Stages(&[
    ("New", Stage::Running),
    ("Activating", Stage::Running),
    ("Running", Stage::Running),
    ("Completed", Stage::Done),
    ("Failed", Stage::Failed),
    ("Stopped", Stage::Stopped),
    ("Blocked", Stage::Running),
    ("Suspended", Stage::Waiting),
    ("Disconnected", Stage::Running),
    ("Suspending", Stage::Running),
    ("Stopping", Stage::Running),
    ("Resuming", Stage::Running),
    ("Removing", Stage::Running),
]);
/// Whole records that one look fetches; the others are told in short.
const WHOLE: usize = 40;
/// A summary of this length is taken for cut off.
const CUT: usize = 1_000;
/// Records of the Error stream that an error names.
const NAMED: usize = 3;

/// A job, or the one test of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remote {
    Job(String),
    Test(String),
}

impl Remote {
    /// As it is kept: `jobs/ID`, `test/RUNBOOK`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('/')?;
        match kind {
            _ if name.is_empty() => None,
            "jobs" => Some(Self::Job(name.to_owned())),
            "test" => Some(Self::Test(name.to_owned())),
            _ => None,
        }
    }

    pub(crate) fn kept(&self) -> String {
        match self {
            Self::Job(id) => format!("jobs/{id}"),
            Self::Test(runbook) => format!("test/{runbook}"),
        }
    }

    /// Below the account.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Job(id) => format!("jobs/{}", segment(id)),
            Self::Test(runbook) => format!("runbooks/{}/draft/testJob", segment(runbook)),
        }
    }

    /// What belongs to it: a job has `properties`, a test has not.
    pub(crate) fn facts<'v>(&self, value: &'v Value) -> &'v Value {
        match self {
            Self::Job(_) => properties(value),
            Self::Test(_) => value,
        }
    }

    pub(crate) fn link(&self, account: &Account<'_, '_>, runbook: &str) -> String {
        match self {
            Self::Job(id) => account.link(&format!("jobs/{}", segment(id))),
            Self::Test(_) => account.link(&format!("runbooks/{}/overview", segment(runbook))),
        }
    }
}

/// The records of a job's streams, from where they were left off.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// The time of the newest record, in Azure's own text.
    since: Option<String>,
    seen: BTreeSet<String>,
    /// The server does not take the filter: everything is listed each time.
    whole: bool,
    pub(crate) errors: Vec<String>,
    pub(crate) failed: usize,
    pub(crate) warned: usize,
}

impl Streams {
    /// The filter for records from a time on. Its grammar is what Microsoft's clients send; nobody
    /// documents it.
    fn filter(since: &str) -> String {
        format!("properties/time ge {since}")
    }

    async fn records(&mut self, account: &Account<'_, '_>, path: &str) -> Result<Vec<Value>> {
        let call = || versioned(Call::get(account.at(path)));
        if let Some(since) = self.since.as_deref().filter(|_| !self.whole) {
            match account
                .azure
                .all(call().query("$filter", Self::filter(since)))
                .await
            {
                Err(error) if error.kind == ErrorKind::Invalid => self.whole = true,
                records => return records,
            }
        }
        account.azure.all(call()).await
    }

    /// New lines, oldest first.
    pub(crate) async fn next(
        &mut self,
        account: &Account<'_, '_>,
        remote: &Remote,
    ) -> Result<Vec<LogLine>> {
        let path = format!("{}/streams", remote.path());
        let mut new: Vec<Value> = Vec::new();
        for record in self.records(account, &path).await? {
            let facts = properties(&record);
            let id = text(facts, "jobStreamId").replace(':', "_");
            if self.seen.insert(id) {
                new.push(facts.clone());
            }
        }
        new.sort_by_key(order);
        let mut lines = Vec::new();
        let mut fetched = 0;
        for record in &new {
            let time = text(record, "time");
            if self
                .since
                .as_deref()
                .is_none_or(|since| instant(time) >= instant(since))
            {
                self.since = Some(time.to_owned());
            }
            let summary = record.get("summary").and_then(Value::as_str);
            let cut =
                summary.is_none_or(|text| text.chars().count() >= CUT || text.ends_with("..."));
            let said = if cut && fetched < WHOLE && text(record, "streamType") != "Progress" {
                fetched += 1;
                self.record(account, &path, record)
                    .await?
                    .or_else(|| summary.map(str::to_owned))
            } else {
                summary.map(str::to_owned)
            };
            self.tell(
                text(record, "streamType"),
                &said.unwrap_or_default(),
                &mut lines,
            );
        }
        Ok(lines)
    }

    /// The whole of one record.
    async fn record(
        &self,
        account: &Account<'_, '_>,
        path: &str,
        record: &Value,
    ) -> Result<Option<String>> {
        // A single record has colons in its id where the list has underscores: the list's form is asked for.
        let id = text(record, "jobStreamId").replace(':', "_");
        let found = account.find(&format!("{path}/{}", segment(&id))).await?;
        Ok(found.and_then(|found| {
            let said = text(properties(&found), "streamText");
            (!said.is_empty()).then(|| said.to_owned())
        }))
    }

    fn tell(&mut self, stream: &str, said: &str, lines: &mut Vec<LogLine>) {
        let level = match stream {
            "Error" => LogLevel::Error,
            "Warning" => LogLevel::Warning,
            "Verbose" | "Debug" | "Progress" => LogLevel::Debug,
            _ => LogLevel::Info,
        };
        if level == LogLevel::Error {
            self.failed += 1;
            if self.errors.len() < NAMED {
                self.errors.push(said.trim().to_owned());
            }
        }
        self.warned += usize::from(level == LogLevel::Warning);
        lines.extend(
            said.lines()
                .map(str::trim_end)
                .filter(|line| !line.is_empty())
                .map(|line| LogLine {
                    level,
                    text: line.to_owned(),
                }),
        );
    }
}

/// The order in which records were written: their ids end in ticks and a running number.
fn order(record: &Value) -> (i128, String) {
    let id = text(record, "jobStreamId").replace(':', "_");
    let tail = id.split_once('_').map_or(id.as_str(), |(_, tail)| tail);
    (instant(text(record, "time")), tail.to_owned())
}

/// A time as nanoseconds; unreadable ones come first.
fn instant(text: &str) -> i128 {
    text.parse::<jiff::Timestamp>()
        .map_or(0, jiff::Timestamp::as_nanosecond)
}

/// One job under way.
pub(crate) struct Running<'s, 'a> {
    pub(crate) account: &'s Account<'s, 'a>,
    pub(crate) remote: Remote,
    pub(crate) runbook: String,
    suspended: Suspended,
    pub(crate) streams: Streams,
    /// What is known of it since the last look.
    pub(crate) facts: Value,
    /// Whether it was resumed or stopped from here, for being suspended.
    pub(crate) answered: bool,
}

impl<'s, 'a> Running<'s, 'a> {
    pub(crate) fn new(
        account: &'s Account<'s, 'a>,
        remote: Remote,
        runbook: &str,
        suspended: Suspended,
    ) -> Self {
        Self {
            account,
            remote,
            runbook: runbook.to_owned(),
            suspended,
            streams: Streams::default(),
            facts: Value::Null,
            answered: false,
        }
    }

    async fn tell(&self, verb: &str) -> Result<()> {
        let path = self.account.at(&format!("{}/{verb}", self.remote.path()));
        let call = versioned(Call::post(path, &json!({})))
            .repeatable()
            .needs(format!(
                "Microsoft.Automation/automationAccounts/jobs/{verb}/action"
            ));
        self.account.azure.site.send(call).await?;
        Ok(())
    }

    fn words(&self) -> String {
        let name = &self.runbook;
        let facts = &self.facts;
        match text(facts, "status") {
            "New" | "Activating" => format!("`{name}` waits for a worker"),
            "Suspended" => {
                let why = text(facts, "exception").trim();
                let why = if why.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", why.lines().next().unwrap_or_default())
                };
                format!(
                    "`{name}` is suspended{why} and waits until somebody resumes or stops it in Azure: {}",
                    self.remote.link(self.account, name)
                )
            }
            "Blocked" => format!("`{name}` is blocked: Azure does not let it start now"),
            "Disconnected" => format!("`{name}` runs where Azure cannot see it now"),
            "Suspending" => format!("Suspending `{name}`"),
            "Resuming" => format!("Resuming `{name}`"),
            "Stopping" => format!("Stopping `{name}`"),
            _ => format!("Running `{name}`"),
        }
    }
}

#[async_trait]
impl Job for Running<'_, '_> {
    async fn look(&mut self) -> Result<Look> {
        let job = self.account.get(&self.remote.path()).await?;
        self.facts = self.remote.facts(&job).clone();
        let status = text(&self.facts, "status").to_owned();
        let mut stage = STAGES.of(&status);
        let lines = self.streams.next(self.account, &self.remote).await?;
        if stage.is_end() && !lines.is_empty() {
            // The state comes before the last records.
            stage = Stage::Running;
        }
        if stage == Stage::Waiting && !self.answered {
            match self.suspended {
                Suspended::Wait => {}
                Suspended::Resume => {
                    self.answered = true;
                    self.tell("resume").await?;
                }
                Suspended::Stop => {
                    self.answered = true;
                    self.tell("stop").await?;
                }
            }
        }
        Ok(Look {
            stage,
            words: self.words(),
            status,
            done: None,
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        match self.tell("stop").await {
            // It has ended meanwhile.
            Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::Conflict) => Ok(()),
            told => told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stand_in_the_order_in_which_they_were_written() {
        let record = |time: &str, id: &str| json!({ "time": time, "jobStreamId": id });
        let mut records = [
            record(
                "2018-02-07T02:33:18.469135+00:00",
                "a_00636535675984691350_00000000000000000002",
            ),
            record(
                "2018-02-07T02:33:18.1232703+00:00",
                "a_00636535675981232703_00000000000000000003",
            ),
            record(
                "2018-02-07T02:33:18.1232703+00:00",
                "a:00636535675981232703:00000000000000000001",
            ),
        ];
        records.sort_by_key(order);
        let ends: Vec<char> = records
            .iter()
            .map(|one| text(one, "jobStreamId").chars().last().unwrap())
            .collect();
        assert_eq!(ends, ['1', '3', '2']);
    }

    #[test]
    fn a_remote_is_kept_as_text() {
        for text in [
            "jobs/5b8a3960-e8ab-45f6-bec6-567df8467d1a",
            "test/Größe prüfen",
        ] {
            assert_eq!(Remote::parse(text).unwrap().kept(), text);
        }
        for text in ["", "jobs/", "x/y", "jobs"] {
            assert_eq!(Remote::parse(text), None);
        }
    }
}
