//! Asking a run that another process of the same user drives: a folder with one file a question.
//!
//! The window may drive a run that the command line approves or cancels. The folder is 0700, so only
//! the same user can ask; there is no socket and no port.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_engine::{Answer, Command};
use podium_model::RunId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::driver::{Door, Message};
use crate::home::{Home, create_private, storage};

/// How long an owner may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the folder is looked at.
const ROUND: Duration = Duration::from_millis(150);

/// The commands that people give, as they travel.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
enum Question {
    Approve {
        hash: String,
        by: String,
    },
    Cancel {
        by: String,
    },
    Unlocked,
    Answer {
        step: String,
        say: Say,
        by: String,
        comment: Option<String>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "say", content = "with", rename_all = "snake_case")]
enum Say {
    Approve,
    Deny,
    Retry,
    RetryWith(Map<String, Value>),
    Skip,
    MarkDone(Map<String, Value>),
    Stop,
    GoOn,
}

/// What became of a question.
pub(crate) enum Sent {
    /// The owner answered.
    Answered(Result<()>),
    /// The run ended before the owner could decide it.
    Ended,
}

/// What stands in a file of an answer.
#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    Ok,
    Err(Error),
    Ended,
}

/// Asks the owner of a run and waits for its answer.
///
/// `is_free` says whether the run has no owner any more: then nobody will answer.
pub(crate) async fn send(
    home: &Home,
    run: &RunId,
    command: &Command,
    is_free: impl Fn() -> bool,
) -> Result<Sent> {
    let question = Question::of(command).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            Code::new("POD0706"),
            "This cannot be asked from outside.",
        )
    })?;
    let folder = folder(home, run);
    create_private(&folder)?;
    let id = crate::clock::fresh_run_id();
    let (file, answer) = (
        folder.join(format!("{id}.ask")),
        folder.join(format!("{id}.answer")),
    );
    let text = serde_json::to_vec(&question).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            Code::new("POD0706"),
            "A question could not be written.",
        )
        .with_source(error)
    })?;
    let fresh = folder.join(format!("{id}.fresh"));
    std::fs::write(&fresh, text).map_err(|error| storage(&fresh, &error))?;
    std::fs::rename(&fresh, &file).map_err(|error| storage(&file, &error))?;
    let asked = Instant::now();
    let mut round = 0_u32;
    while asked.elapsed() < PATIENCE {
        round += 1;
        // Only a question that nobody has taken yet may be taken back.
        if round.is_multiple_of(10) && is_free() && std::fs::remove_file(&file).is_ok() {
            return Ok(Sent::Ended);
        }
        if let Ok(text) = std::fs::read(&answer) {
            let _ = std::fs::remove_file(&answer);
            return Ok(match serde_json::from_slice(&text) {
                Ok(Reply::Ok) => Sent::Answered(Ok(())),
                Ok(Reply::Err(error)) => Sent::Answered(Err(error)),
                Ok(Reply::Ended) => Sent::Ended,
                Err(error) => Sent::Answered(Err(Error::new(
                    ErrorKind::Internal,
                    Code::new("POD0707"),
                    "The answer of the Podium that drives the run cannot be read.",
                )
                .with_hint("Look at the run; what was asked may have been done.")
                .with_source(error))),
            });
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    let _ = std::fs::remove_file(&file);
    Err(Error::new(
        ErrorKind::TimedOut,
        Code::new("POD0707"),
        format!("The Podium that drives `{run}` did not answer."),
    )
    .with_hint("Close that window or end that command; the run can then be taken up here."))
}

/// Answers questions until the driver is gone.
pub(crate) async fn serve(home: Home, run: RunId, door: Door) {
    let folder = folder(&home, &run);
    loop {
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = door.closed() => return,
        }
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_none_or(|ending| ending != "ask") {
                continue;
            }
            let text = std::fs::read(&path).unwrap_or_default();
            let _ = std::fs::remove_file(&path);
            let Ok(question) = serde_json::from_slice::<Question>(&text) else {
                continue;
            };
            let reply = match question.command() {
                Ok(command) => {
                    let (answer, answered) = oneshot::channel();
                    let _ = door.send(Message::Ask(command, answer));
                    match answered.await {
                        Ok(Ok(())) => Reply::Ok,
                        Ok(Err(error)) => Reply::Err(error),
                        Err(_) => Reply::Ended,
                    }
                }
                Err(error) => Reply::Err(error),
            };
            if let Ok(text) = serde_json::to_vec(&reply) {
                let fresh = path.with_extension("fresh");
                if std::fs::write(&fresh, text).is_ok() {
                    let _ = std::fs::rename(&fresh, path.with_extension("answer"));
                }
            }
        }
    }
}

fn folder(home: &Home, run: &RunId) -> PathBuf {
    home.root().join("runs").join(run.as_str()).join("inbox")
}

impl Question {
    fn of(command: &Command) -> Option<Self> {
        Some(match command {
            Command::Approve { hash, by } => Self::Approve {
                hash: hash.clone(),
                by: by.clone(),
            },
            Command::Cancel { by } => Self::Cancel { by: by.clone() },
            Command::Unlocked => Self::Unlocked,
            Command::Answer {
                step,
                answer,
                by,
                comment,
            } => Self::Answer {
                step: step.to_string(),
                say: match answer.clone() {
                    Answer::Approve => Say::Approve,
                    Answer::Deny => Say::Deny,
                    Answer::Retry => Say::Retry,
                    Answer::RetryWith(inputs) => Say::RetryWith(inputs),
                    Answer::Skip => Say::Skip,
                    Answer::MarkDone(outputs) => Say::MarkDone(outputs),
                    Answer::Stop => Say::Stop,
                    Answer::GoOn => Say::GoOn,
                },
                by: by.clone(),
                comment: comment.clone(),
            },
            _ => return None,
        })
    }

    fn command(self) -> Result<Command> {
        Ok(match self {
            Self::Approve { hash, by } => Command::Approve { hash, by },
            Self::Cancel { by } => Command::Cancel { by },
            Self::Unlocked => Command::Unlocked,
            Self::Answer {
                step,
                say,
                by,
                comment,
            } => Command::Answer {
                step: step.parse().map_err(|error: String| {
                    Error::new(ErrorKind::Invalid, Code::new("POD0708"), error)
                        .with_hint("Name a step of the run; `podium runs show` lists them.")
                })?,
                answer: match say {
                    Say::Approve => Answer::Approve,
                    Say::Deny => Answer::Deny,
                    Say::Retry => Answer::Retry,
                    Say::RetryWith(inputs) => Answer::RetryWith(inputs),
                    Say::Skip => Answer::Skip,
                    Say::MarkDone(outputs) => Answer::MarkDone(outputs),
                    Say::Stop => Answer::Stop,
                    Say::GoOn => Answer::GoOn,
                },
                by,
                comment,
            },
        })
    }
}
