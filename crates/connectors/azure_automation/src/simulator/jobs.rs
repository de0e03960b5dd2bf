//! Jobs by the clock: their states and what they write.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::world::Job;

/// From the request to the first state after `New`.
const QUEUED: i64 = 1_000;
/// From there to `Running`.
const ACTIVATED: i64 = 2_000;
/// What a job takes where its name asks for nothing else.
const SHORT: i64 = 8_000;
/// Records of a chatty job.
const MANY: usize = 20_000;

pub(crate) fn instant(millis: i64) -> String {
    Timestamp::from_millisecond(millis)
        .map(|at| format!("{at:.7}").replace('Z', "+00:00"))
        .unwrap_or_default()
}

impl Job {
    pub(crate) fn starts(&self) -> i64 {
        self.created + QUEUED + ACTIVATED
    }

    /// When it is suspended, and until when.
    fn pause(&self) -> Option<(i64, Option<i64>)> {
        let from = if self.runbook.contains("waiting") {
            Some(self.starts() + 3_000)
        } else {
            self.suspended
        };
        from.map(|from| (from, self.resumed.filter(|at| *at >= from)))
    }

    /// When it would end by itself; never while nobody resumes it.
    fn own_end(&self) -> Option<i64> {
        let takes = match self.runbook.as_str() {
            name if name.contains("slow") => 60_000,
            name if name.contains("chatty") => 30_000,
            _ => SHORT,
        };
        let end = self.starts() + takes;
        match self.pause() {
            Some((from, _)) if from >= end => Some(end),
            Some((_, None)) => None,
            Some((from, Some(until))) => Some(end + (until - from)),
            None => Some(end),
        }
    }

    pub(crate) fn ends(&self) -> Option<i64> {
        match (self.stopped, self.own_end()) {
            (Some(at), Some(end)) => Some(end.min(at + 1_000)),
            (Some(at), None) => Some(at + 1_000),
            (None, end) => end,
        }
    }

    fn is_broken(&self) -> bool {
        self.runbook.contains("broken")
    }

    pub(crate) fn status(&self, now: i64) -> &'static str {
        if self.ends().is_some_and(|end| now >= end) {
            let early = self
                .stopped
                .is_some_and(|at| self.own_end().is_none_or(|end| at < end));
            return match (early, self.is_broken()) {
                (true, _) => "Stopped",
                (false, true) => "Failed",
                (false, false) => "Completed",
            };
        }
        if self.stopped.is_some_and(|at| now >= at) {
            return "Stopping";
        }
        if let Some((from, until)) = self.pause()
            && now >= from
            && until.is_none_or(|until| now < until)
        {
            return "Suspended";
        }
        if now < self.created + QUEUED {
            "New"
        } else if now < self.starts() {
            "Activating"
        } else if self.runbook.contains("odd-state") && now < self.starts() + 4_000 {
            "Defragmenting"
        } else {
            "Running"
        }
    }

    pub(crate) fn exception(&self, now: i64) -> Option<&'static str> {
        match self.status(now) {
            "Failed" => Some(
                "The running command stopped because the preference variable \"ErrorActionPreference\" or common parameter is set to Stop: Für die Größe ist kein Platz.",
            ),
            "Suspended" if self.runbook.contains("waiting") => {
                Some("Somebody must look at the till first.")
            }
            _ => None,
        }
    }

    /// What belongs to a job, without its wrapping.
    pub(crate) fn facts(&self, now: i64) -> Value {
        let status = self.status(now);
        let over = self.ends().filter(|end| now >= *end);
        json!({
            "jobId": self.id,
            "runbook": { "name": self.runbook },
            "provisioningState": match status {
                "Completed" | "Stopped" => "Succeeded",
                "Failed" => "Failed",
                "Suspended" => "Suspended",
                _ => "Processing",
            },
            "creationTime": instant(self.created),
            "startTime": (now >= self.starts()).then(|| instant(self.starts())),
            "endTime": over.map(instant),
            "lastModifiedTime": instant(over.unwrap_or(now)),
            "lastStatusModifiedTime": instant(over.unwrap_or(now)),
            "exception": self.exception(now),
            "status": status, "statusDetails": "None",
            "parameters": self.parameters, "runOn": self.run_on, "startedBy": "practice",
            "jobRuntimeEnvironment": { "runtimeEnvironmentName": "PowerShell-7.2" },
        })
    }

    fn count(&self) -> usize {
        if self.runbook.contains("chatty") {
            MANY
        } else {
            6
        }
    }

    /// When a record was written.
    fn written(&self, at: usize) -> i64 {
        let run = if self.runbook.contains("chatty") {
            30_000
        } else {
            SHORT
        };
        let share =
            i64::try_from(at).unwrap_or(0) * (run - 500) / i64::try_from(self.count()).unwrap_or(1);
        self.starts() + share
    }

    /// Stream, and the whole text.
    fn said(&self, at: usize) -> (&'static str, String) {
        if self.runbook.contains("chatty") {
            return (
                "Output",
                format!("packed part {} – größe {}", at + 1, at % 7),
            );
        }
        let complains = self.runbook.contains("complains") || self.is_broken();
        let branch = self
            .parameters
            .get("Branch")
            .map_or("the shop", String::as_str);
        match at {
            0 => ("Progress", String::new()),
            1 => ("Verbose", format!("Looking for {branch}")),
            2 => ("Output", format!("cared for {branch}")),
            3 => ("Warning", "The till in Größenau is old.".into()),
            4 if complains => ("Error", "Für die Größe ist kein Platz.".into()),
            // Longer than a list shows.
            4 => ("Output", format!("{} end", "a long line, ".repeat(100))),
            _ => ("Output", "Schluß".into()),
        }
    }

    /// How many records there are by now.
    fn so_far(&self, now: i64) -> usize {
        let until = match (self.pause(), self.ends()) {
            (Some((from, None)), _) => now.min(from),
            (_, Some(end)) if self.status(now) == "Stopped" => now.min(end),
            _ => now,
        };
        if self.written(self.count()) <= until {
            return self.count();
        }
        (0..self.count())
            .take_while(|at| self.written(*at) <= until)
            .count()
    }

    fn record_id(&self, at: usize) -> String {
        // Ticks of .NET: hundreds of nanoseconds since the year 1.
        let ticks = self.written(at) * 10_000 + 621_355_968_000_000_000;
        format!("{}_{ticks:020}_{:020}", self.id, at + 1)
    }

    /// Which records there are from a time on, of one stream or of all.
    pub(crate) fn chosen(&self, now: i64, since: Option<i64>, stream: Option<&str>) -> Vec<usize> {
        (0..self.so_far(now))
            .filter(|at| since.is_none_or(|since| self.written(*at) >= since))
            .filter(|at| stream.is_none_or(|stream| self.said(*at).0 == stream))
            .collect()
    }

    /// A record as a list shows it.
    pub(crate) fn short(&self, path: &str, at: usize) -> Value {
        let id = self.record_id(at);
        let (stream, text) = self.said(at);
        let short: String = text.chars().take(1_000).collect();
        json!({
            "id": format!("{path}/{id}"),
            "properties": {
                "jobStreamId": id, "time": instant(self.written(at)), "streamType": stream,
                "summary": (stream != "Progress").then_some(short),
            },
        })
    }

    /// One whole record.
    pub(crate) fn record(&self, now: i64, path: &str, id: &str) -> Option<Value> {
        let at = (0..self.so_far(now)).find(|at| self.record_id(*at) == id)?;
        let (stream, text) = self.said(at);
        let short: String = text.chars().take(1_000).collect();
        Some(json!({
            "id": format!("{path}/{id}"),
            "properties": {
                "jobStreamId": id.replace('_', ":"), "time": instant(self.written(at)),
                "streamType": stream, "summary": short, "streamText": text, "value": {},
            },
        }))
    }

    /// Everything in the Output stream.
    pub(crate) fn output(&self, now: i64) -> String {
        (0..self.so_far(now))
            .map(|at| self.said(at))
            .filter(|(stream, _)| *stream == "Output")
            .map(|(_, text)| text + "\r\n")
            .collect()
    }
}
