//! `azure-automation/run-runbook`.
//!
//! Effect class: writes, effectively once. The job's id is worked out of the step's key and sent by us, so
//! that after a lost reply or a crash it is asked for by its name before anything is started. The one test
//! of a draft has no name: there a mark (when the former test was made) tells whether a new one began.

use std::path::PathBuf;
use std::time::Duration;

use podium_connector::{
    Context, LogLevel, LogLine, Made, Observed, Outcome, StepRequest, StillRunning, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result, Retry};
use podium_rest::{Call, Pace, Search, Stage, begin, follow, segment};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::follow_job::{Remote, Running, STAGES};
use super::preview_run;
use crate::client::{Account, Azure, text};
use crate::config::{self, Errors, Run, Suspended, Version};
use crate::runbook::{Runbook, refused};

/// A far job ended badly.
const FAILED: Code = Code::new("POD0481");
/// The disk said no.
const DISK: Code = Code::new("POD0251");
/// What of a job's output is handed on, in characters.
const KEPT: usize = 64_000;

pub(crate) async fn prepare(cx: &dyn Context, request: &StepRequest) -> Result<UndoRecord> {
    let run = config::read(&request.inputs)?;
    // Found now, so that a name that leads nowhere is told before anything happens.
    if let Some(reverse) = run.reverse() {
        let azure = Azure::open(cx, run.subscription.as_deref())?;
        let account = azure
            .account(&run.account, run.resource_group.as_deref())
            .await?;
        let runbook = Runbook::find(&account, &reverse).await?;
        refused(&runbook.snags(&reverse, request))?;
    }
    Ok(UndoRecord {
        undo: preview_run::undo_of(run.undo_runbook.as_deref()),
        record: json!({ "reverse": run.reverse() }),
    })
}

pub(crate) fn reverse_of(record: &UndoRecord) -> Option<Run> {
    serde_json::from_value(record.record.get("reverse")?.clone()).ok()
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let run = config::read(&request.inputs)?;
    drive(cx, request, &run).await
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    match reverse_of(record) {
        Some(reverse) => drive(cx, request, &reverse).await,
        None => Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            record
                .undo
                .because
                .clone()
                .unwrap_or_else(|| "Azure Automation cannot take a job back.".into()),
        )),
    }
}

async fn drive(cx: &dyn Context, request: &StepRequest, run: &Run) -> Result<Outcome> {
    let azure = Azure::open(cx, run.subscription.as_deref())?;
    let account = azure
        .account(&run.account, run.resource_group.as_deref())
        .await?;
    let remote = match request.remote.as_deref().and_then(Remote::parse) {
        Some(remote) => remote,
        None => start(cx, request, &account, run).await?,
    };
    finish(cx, &account, run, remote).await
}

async fn start(
    cx: &dyn Context,
    request: &StepRequest,
    account: &Account<'_, '_>,
    run: &Run,
) -> Result<Remote> {
    let runbook = Runbook::find(account, run).await?;
    refused(&runbook.snags(run, request))?;
    let parameters = run.sent();
    let remote = match run.version {
        Version::Published => Remote::Job(config::job_id(&request.key)),
        Version::Draft => Remote::Test(runbook.name.clone()),
    };
    if run.version == Version::Draft && mark_of(cx, request).is_none() {
        let former = former_test(account, &remote).await?;
        set_mark(cx, request, &Mark { former })?;
    }
    let search = match run.version {
        Version::Published => Search::Certain,
        Version::Draft => Search::Likely,
    };
    let id = begin(
        cx,
        request,
        search,
        || look_for(cx, request, account, &remote),
        || put(account, &runbook, run, &remote, &parameters),
    )
    .await?;
    debug_assert_eq!(Remote::parse(&id).as_ref(), Some(&remote));
    Ok(remote)
}

async fn put(
    account: &Account<'_, '_>,
    runbook: &Runbook,
    run: &Run,
    remote: &Remote,
    parameters: &Map<String, Value>,
) -> Result<String> {
    let run_on = run.workers.as_deref().unwrap_or_default();
    let body = match remote {
        Remote::Job(_) => json!({ "properties": {
            "runbook": { "name": runbook.name }, "parameters": parameters, "runOn": run_on,
        } }),
        Remote::Test(_) => json!({ "parameters": parameters, "runOn": run_on }),
    };
    // Whether a second request for the same job is harmless is not documented: it is asked for first.
    let call = Call::put_once(account.at(&remote.path()), &body)
        .needs("Microsoft.Automation/automationAccounts/jobs/write");
    account.write(call).await?;
    Ok(remote.kept())
}

/// When the former test of a draft was made.
async fn former_test(account: &Account<'_, '_>, remote: &Remote) -> Result<Option<String>> {
    let found = account.find(&remote.path()).await?;
    Ok(found.map(|test| text(&test, "creationTime").to_owned()))
}

fn mark_path(cx: &dyn Context, request: &StepRequest) -> PathBuf {
    cx.keep().join(format!("test-{}.json", request.key))
}

/// What was there before our test; kept on disk.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Mark {
    /// When the former test was made, where there was one.
    former: Option<String>,
}

/// Nothing where nothing was begun.
fn mark_of(cx: &dyn Context, request: &StepRequest) -> Option<Mark> {
    let text = std::fs::read_to_string(mark_path(cx, request)).ok()?;
    serde_json::from_str(&text).ok()
}

fn set_mark(cx: &dyn Context, request: &StepRequest, mark: &Mark) -> Result<()> {
    let path = mark_path(cx, request);
    std::fs::write(&path, json!(mark).to_string()).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            DISK,
            format!("`{}` could not be written.", path.display()),
        )
        .with_hint("Free some space, then run again.")
        .with_source(error)
    })
}

async fn look_for(
    cx: &dyn Context,
    request: &StepRequest,
    account: &Account<'_, '_>,
    remote: &Remote,
) -> Result<Option<String>> {
    match remote {
        Remote::Job(_) => {
            let found = account.find(&remote.path()).await?;
            Ok(found.map(|_| remote.kept()))
        }
        Remote::Test(_) => {
            let Some(mark) = mark_of(cx, request) else {
                return Ok(None);
            };
            let now = former_test(account, remote).await?;
            Ok((now.is_some() && now != mark.former).then(|| remote.kept()))
        }
    }
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    let run = config::read(&request.inputs)?;
    let azure = Azure::open(cx, run.subscription.as_deref())?;
    let account = azure
        .account(&run.account, run.resource_group.as_deref())
        .await?;
    let known = request.remote.as_deref().and_then(Remote::parse);
    let remote = known.clone().unwrap_or_else(|| match run.version {
        Version::Published => Remote::Job(config::job_id(&request.key)),
        Version::Draft => Remote::Test(run.runbook.clone()),
    });
    if known.is_none() && run.version == Version::Draft {
        return Ok(match mark_of(cx, request) {
            None => Observed::NeverStarted,
            Some(mark) => match former_test(&account, &remote).await? {
                now if now == mark.former => Observed::NeverStarted,
                _ => Observed::Unknown {
                    because: format!(
                        "A test of the draft of `{}` began meanwhile, and tests carry no key: look whether it is of this step at {}.",
                        run.runbook,
                        remote.link(&account, &run.runbook)
                    ),
                },
            },
        });
    }
    Ok(match (account.find(&remote.path()).await?, known) {
        (Some(_), _) => Observed::Adopt,
        (None, None) => Observed::NeverStarted,
        (None, Some(_)) => Observed::Unknown {
            because: format!(
                "The job of `{}` is gone from Azure, which keeps jobs for thirty days: nobody can tell how it ended. Look at what the runbook was to do.",
                run.runbook
            ),
        },
    })
}

pub(crate) async fn cancelled(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let Some(remote) = request.remote.as_deref().and_then(Remote::parse) else {
        return Ok(StillRunning::default());
    };
    let run = config::read(&request.inputs)?;
    let azure = Azure::open(cx, run.subscription.as_deref())?;
    let account = azure
        .account(&run.account, run.resource_group.as_deref())
        .await?;
    still_running(&account, &remote, &run.runbook).await
}

/// What goes on of a job that was stopped.
pub(crate) async fn still_running(
    account: &Account<'_, '_>,
    remote: &Remote,
    runbook: &str,
) -> Result<StillRunning> {
    let Some(job) = account.find(&remote.path()).await? else {
        return Ok(StillRunning::default());
    };
    let status = text(remote.facts(&job), "status");
    let mut what = Vec::new();
    if !STAGES.of(status).is_end() {
        what.push(format!(
            "Look at {}: the job of `{}` is still there ({status}).",
            remote.link(account, runbook),
            runbook
        ));
    }
    Ok(StillRunning { what })
}

/// As Microsoft's own clients do it: five seconds, later fifteen.
fn pace() -> Pace {
    Pace {
        first: Duration::from_secs(2),
        longest: Duration::from_secs(15),
        grace: Duration::from_secs(90),
        ..Pace::default()
    }
}

pub(crate) async fn finish(
    cx: &dyn Context,
    account: &Account<'_, '_>,
    run: &Run,
    remote: Remote,
) -> Result<Outcome> {
    let link = remote.link(account, &run.runbook);
    let mut job = Running::new(account, remote.clone(), &run.runbook, run.suspended);
    let last = follow(cx, pace(), &mut job).await?;
    if last.stage != Stage::Done {
        return Err(failed(run, &job, &link));
    }
    let streams = &job.streams;
    if streams.failed > 0 {
        if run.errors == Errors::Fail {
            return Err(failed(run, &job, &link));
        }
        cx.log(LogLine {
            level: LogLevel::Warning,
            text: format!(
                "`{}` completed, and wrote {} errors on the way.",
                run.runbook, streams.failed
            ),
        });
    }
    let mut outputs = Map::new();
    let id = match &remote {
        Remote::Job(id) => id.clone(),
        Remote::Test(_) => String::new(),
    };
    outputs.insert("job".into(), json!(id));
    outputs.insert("url".into(), json!(link));
    outputs.insert("status".into(), json!(last.status));
    outputs.insert("errors".into(), json!(streams.failed));
    outputs.insert("warnings".into(), json!(streams.warned));
    let printed = output(account, &remote).await?;
    let read: Option<Value> = serde_json::from_str(printed.trim()).ok();
    outputs.insert("result".into(), read.unwrap_or(Value::Null));
    outputs.insert("output".into(), json!(printed));
    Ok(Outcome {
        outputs,
        made: vec![Made {
            kind: "job".into(),
            name: format!("{} {id}", run.runbook).trim().to_owned(),
            link: Some(link),
        }],
        undo: Some(json!({ "job": remote.kept() })),
        ..Outcome::default()
    })
}

/// What the job wrote into its Output stream, as one text. A test of a draft has no such document.
async fn output(account: &Account<'_, '_>, remote: &Remote) -> Result<String> {
    let Remote::Job(id) = remote else {
        return Ok(String::new());
    };
    let path = format!("jobs/{}/output", segment(id));
    let text = account
        .script(&path, "text/plain")
        .await?
        .unwrap_or_default();
    Ok(match text.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

fn failed(run: &Run, job: &Running<'_, '_>, link: &str) -> Error {
    let name = &run.runbook;
    let status = text(&job.facts, "status");
    let what = match status {
        "Stopped" if job.answered && run.suspended == Suspended::Stop => {
            format!(
                "The runbook `{name}` was suspended, and was stopped from here as the step says."
            )
        }
        "Stopped" => format!("The job of the runbook `{name}` was stopped in Azure."),
        "Completed" => format!(
            "The runbook `{name}` completed, and wrote {} errors on the way.",
            job.streams.failed
        ),
        _ => format!("The runbook `{name}` failed."),
    };
    let mut message = what;
    let exception = text(&job.facts, "exception").trim();
    let details = text(&job.facts, "statusDetails").trim();
    let details = if details == "None" { "" } else { details };
    let first = job.streams.errors.first().map_or("", String::as_str);
    for part in [exception, details, first] {
        if !part.is_empty() && !message.contains(part) {
            message.push(' ');
            message.push_str(part);
            if !part.ends_with(['.', '!', '?']) {
                message.push('.');
            }
        }
    }
    Error::new(ErrorKind::Failed, FAILED, message)
        .with_hint(format!(
            "Look at its streams at {link}, mend what they name, then run the step again."
        ))
        .with_retry(Retry::Permanent)
        .with_context("state", status)
        .with_source(job.streams.errors.join("\n"))
}

/// The job is there, and Azure calls it completed.
pub(crate) async fn verify(
    cx: &dyn Context,
    request: &StepRequest,
    outcome: &Outcome,
) -> Result<()> {
    let facts = outcome.undo.as_ref();
    let Some(remote) = facts
        .and_then(|facts| facts.get("job")?.as_str())
        .and_then(Remote::parse)
    else {
        return Ok(());
    };
    let run = config::read(&request.inputs)?;
    let azure = Azure::open(cx, run.subscription.as_deref())?;
    let account = azure
        .account(&run.account, run.resource_group.as_deref())
        .await?;
    let job = account.get(&remote.path()).await?;
    let status = text(remote.facts(&job), "status");
    if status == "Completed" {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Failed,
        FAILED,
        format!(
            "The job of `{}` is not completed any more: {status}.",
            run.runbook
        ),
    )
    .with_hint("Look at it in the portal."))
}
