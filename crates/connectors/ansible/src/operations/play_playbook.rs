//! `ansible/playbook`: brings hosts into the state that a playbook describes. Effect: writes, at least
//! once; after a crash the process is taken up by its label, else a check shows what is left to do.

use std::path::Path;

use podium_connector::{Context, Made, Outcome, Progress, StepRequest, UndoRecord, write_private};
use podium_diagnostics::{Error, ErrorKind, Result, reason};
use serde_json::{Map, Value, json};

use crate::client::{Ended, How, Session};
use crate::events::{Answer, Event};
use crate::fault;
use crate::operations::check_playbook::{playbook, stopped, undo_of};

/// Whether the playbook was about to be played.
pub(crate) fn began(keep: &Path, label: &str) -> bool {
    keep.join(format!("{label}-began.json")).exists()
}

/// The undo record: everything that it needs is in the inputs.
pub(crate) fn prepare(request: &StepRequest) -> UndoRecord {
    UndoRecord {
        undo: undo_of(request),
        record: json!({ "undo_playbook": request.inputs.text("undo_playbook") }),
    }
}

/// Plays the playbook, or the one that takes it back.
pub(crate) async fn run(
    cx: &dyn Context,
    request: &StepRequest,
    taking_back: bool,
) -> Result<Outcome> {
    let label = if taking_back { "undo-play" } else { "play" };
    let mut session = Session::open(cx, request).await?;
    if taking_back {
        session = session.whole();
    }
    let playbook = playbook(&session, taking_back)?;
    stopped(cx)?;
    let how = if session.config.check_only && !taking_back {
        How::Check
    } else {
        How::Play
    };
    let mark = cx.keep().join(format!("{label}-began.json"));
    write_private(&mark, json!({ "at": cx.now() }).to_string().as_bytes()).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            fault::TOOL_FAILED,
            format!("A note on the start cannot be written: {}.", reason(&error)),
        )
    })?;
    let mut told = Told::default();
    let ended = session
        .call(label, &playbook, how, &mut |event| told.tell(cx, event))
        .await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) if error.kind == ErrorKind::Unknown => {
            return Err(lost(&playbook, told.changed));
        }
        Err(error) => return Err(error),
    };
    if ended.success && !ended.no_hosts_at_all() {
        return Ok(outcome(&ended));
    }
    Err(account(&session, &playbook, &ended))
}

impl Ended {
    fn no_hosts_at_all(&self) -> bool {
        self.no_hosts && self.hosts.is_empty()
    }
}

fn outcome(ended: &Ended) -> Outcome {
    let mut outputs = Map::new();
    for (name, value) in &ended.stats {
        outputs.insert(name.clone(), value.clone());
    }
    outputs.insert("changed".to_owned(), json!(ended.changed()));
    outputs.insert("hosts".to_owned(), json!(ended.hosts));
    let made = ended
        .hosts
        .iter()
        .filter(|(_, stats)| stats.get("changed").is_some_and(|n| *n > 0))
        .map(|(host, _)| Made {
            kind: "host".to_owned(),
            name: host.clone(),
            link: None,
        })
        .collect();
    Outcome {
        outputs,
        made,
        ..Outcome::default()
    }
}

fn lost(playbook: &str, changed: u32) -> Error {
    Error::new(
        ErrorKind::Unknown,
        fault::END_UNKNOWN,
        format!("Nobody saw how `{playbook}` ended. {changed} changes had been reported."),
    )
    .with_hint("Preview the step: its check shows what is left to change. Then run it again, or take it back.")
}

/// Why it did not reach its end.
fn account(session: &Session<'_>, playbook: &str, ended: &Ended) -> Error {
    let changed = ended.changed();
    if session.cx.is_cancelled() {
        let made = match changed {
            0 => "No change had been made.".to_owned(),
            1 => "1 change had been made.".to_owned(),
            n => format!("{n} changes had been made."),
        };
        return Error::new(
            ErrorKind::Cancelled,
            fault::STOPPED,
            format!("Stopped on request. {made}"),
        )
        .with_hint("Run it again to go on: tasks that are done already change nothing.");
    }
    if let Some(how) = ended.cut_short() {
        return Error::new(
            ErrorKind::Unknown,
            fault::END_UNKNOWN,
            format!("`{playbook}` {how}. {changed} changes had been reported."),
        )
        .with_hint("Preview the step: its check shows what is left to change.");
    }
    if !ended.failed.is_empty() || !ended.unreachable.is_empty() {
        return fault::from_answers(&ended.failed, &ended.unreachable, changed);
    }
    if ended.no_hosts_at_all() {
        return fault::no_hosts();
    }
    session.gave_up(ended)
}

/// What was told to people so far.
#[derive(Default)]
struct Told {
    changed: u32,
    ended: u32,
    begun: u32,
}

impl Told {
    fn tell(&mut self, cx: &dyn Context, event: &Event) {
        let (answer, status) = match event {
            Event::Start(answer) => {
                self.begun += 1;
                (answer, "running")
            }
            Event::Ok(answer) if answer.changed => {
                self.changed += 1;
                (answer, "changed")
            }
            Event::Ok(answer) => (answer, "ok"),
            Event::Failed(answer) if answer.ignored => (answer, "ignored"),
            Event::Failed(answer) => (answer, "failed"),
            Event::Skipped(answer) => (answer, "skipped"),
            Event::Unreachable(answer) => (answer, "unreachable"),
            Event::Retry(answer) => (answer, "again"),
            _ => return,
        };
        if !matches!(status, "running" | "again") {
            self.ended += 1;
        }
        cx.progress(Progress {
            words: words(answer, status),
            about: Some(format!("{} · {}", answer.host, answer.task)),
            status: Some(status.to_owned()),
            done: Some((self.ended, self.begun.max(self.ended))),
            made: None,
        });
    }
}

fn words(answer: &Answer, status: &str) -> String {
    let (task, host) = (&answer.task, &answer.host);
    match status {
        "running" => format!("Playing `{task}` on `{host}`"),
        "changed" => format!("`{task}` changed `{host}`"),
        "ok" => format!("`{task}` is in order on `{host}`"),
        "skipped" => format!("`{task}` is left out on `{host}`"),
        "unreachable" => format!("`{host}` cannot be reached"),
        "again" => format!("Trying `{task}` again on `{host}`"),
        "ignored" => format!("`{task}` failed on `{host}`, which is ignored"),
        _ => format!("`{task}` failed on `{host}`"),
    }
}

/// Nothing more than what the run itself told: Ansible reports each task.
pub(crate) fn verify(outcome: &Outcome) -> Result<()> {
    let failed = outcome
        .outputs
        .get("hosts")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .find(|(_, stats)| {
            ["failed", "unreachable"]
                .iter()
                .any(|key| stats.get(key).and_then(Value::as_u64).unwrap_or(0) > 0)
        });
    match failed {
        None => Ok(()),
        Some((host, _)) => Err(Error::new(
            ErrorKind::Failed,
            fault::TASK_FAILED,
            format!("The playbook ended well, and reports a failure on `{host}`."),
        )
        .with_hint("Look at the step's log.")),
    }
}
