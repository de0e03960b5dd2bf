//! What people say to a run, as it travels between processes.

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_engine::event::Outside;
use podium_engine::{Answer, Command};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The commands that people give, as they travel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Question {
    Approve {
        hash: String,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outside: Option<Outside>,
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

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "say", content = "with", rename_all = "snake_case")]
pub(crate) enum Say {
    Approve,
    Deny,
    Retry,
    RetryWith(Map<String, Value>),
    Skip,
    MarkDone(Map<String, Value>),
    Stop,
    GoOn,
}

impl Question {
    pub(crate) fn of(command: &Command) -> Option<Self> {
        Some(match command {
            Command::Approve { hash, by, outside } => Self::Approve {
                hash: hash.clone(),
                by: by.clone(),
                outside: outside.clone(),
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

    pub(crate) fn command(self) -> Result<Command> {
        Ok(match self {
            Self::Approve { hash, by, outside } => Command::Approve { hash, by, outside },
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
