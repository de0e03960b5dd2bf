//! What a playbook does, as it is told: the same, whichever way it came (see `stream`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One thing that a playbook does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// A play begins.
    Play { name: String },
    /// A task begins, on all its hosts.
    Task(Task),
    /// A task begins on one host.
    Start(Answer),
    /// It went well there.
    Ok(Answer),
    /// It went wrong there.
    Failed(Answer),
    /// It was left out there.
    Skipped(Answer),
    /// The host could not be reached.
    Unreachable(Answer),
    /// It is tried again.
    Retry(Answer),
    /// No host matched.
    NoHosts,
    /// All hosts failed.
    NoHostsLeft,
    /// The end.
    Stats {
        hosts: BTreeMap<String, BTreeMap<String, u64>>,
        #[serde(default)]
        run: Map<String, Value>,
        #[serde(default)]
        custom: Map<String, Value>,
    },
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Task {
    pub(crate) task: String,
    pub(crate) id: String,
}

/// What a host answered to a task.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(clippy::struct_excessive_bools)] // They stand so on the wire.
pub(crate) struct Answer {
    pub(crate) host: String,
    pub(crate) task: String,
    pub(crate) id: String,
    pub(crate) module: String,
    pub(crate) changed: bool,
    /// The task is marked `no_log`.
    pub(crate) hidden: bool,
    /// A failure that the playbook ignores.
    pub(crate) ignored: bool,
    /// The module has no check mode.
    pub(crate) unchecked: bool,
    pub(crate) msg: Value,
    pub(crate) stderr: Value,
    pub(crate) stdout: Value,
    pub(crate) rc: Value,
    pub(crate) diff: Vec<Diff>,
    /// What the play shows to whoever watches it (`debug`).
    pub(crate) shown: Vec<Value>,
}

/// A difference that a module shows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Diff {
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) prepared: Value,
}

impl Answer {
    /// What the play shows, line by line; for a failure also what its command printed.
    pub(crate) fn told(&self, failed: bool) -> Vec<String> {
        if self.hidden {
            return Vec::new();
        }
        let mut lines: Vec<String> = self
            .shown
            .iter()
            .flat_map(|value| match value {
                Value::String(text) => text.lines().map(str::to_owned).collect(),
                other => serde_json::to_string_pretty(other)
                    .map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
                    .unwrap_or_default(),
            })
            .collect();
        if failed {
            for (name, value) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
                if let Value::String(text) = value {
                    lines.extend(text.lines().map(|line| format!("{name}: {line}")));
                }
            }
        }
        lines
    }

    /// Whether there was no `ssh` to reach the host by (ansible-core, `plugins/connection/ssh.py`).
    pub(crate) fn without_ssh(&self) -> bool {
        self.msg.as_str().is_some_and(|text| {
            text.contains("Unable to execute ssh command line") && text.contains("No such file")
        })
    }

    /// Its reason, in one line.
    pub(crate) fn reason(&self) -> String {
        if self.hidden {
            return "its answer is hidden, since the task is marked `no_log`".to_owned();
        }
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if self.without_ssh() {
            return "`ssh` is not installed on this computer".to_owned();
        }
        let mut reason = text(&self.msg);
        if reason.is_empty() || reason == "non-zero return code" {
            let more = text(&self.stderr);
            let more = if more.is_empty() {
                text(&self.stdout)
            } else {
                more
            };
            if !more.is_empty() {
                reason = if reason.is_empty() {
                    more
                } else {
                    format!("{reason}: {more}")
                };
            }
        }
        let mut line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > 500 {
            line = line.chars().take(500).collect::<String>() + "…";
        }
        if line.is_empty() {
            "it gave no reason".to_owned()
        } else {
            line
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_play_shows_is_told_line_by_line_and_nothing_of_a_hidden_task() {
        let mut answer = Answer {
            shown: vec!["one\ntwo".into(), serde_json::json!({"a": 1})],
            stdout: "printed".into(),
            ..Answer::default()
        };
        assert_eq!(answer.told(false), ["one", "two", "{", "  \"a\": 1", "}"]);
        assert_eq!(answer.told(true).last().unwrap(), "stdout: printed");
        answer.hidden = true;
        assert!(answer.told(true).is_empty());
    }

    #[test]
    fn the_reason_is_the_message_or_what_was_printed() {
        let mut answer = Answer {
            msg: "non-zero return code".into(),
            ..Answer::default()
        };
        answer.stderr = "no such\n file".into();
        assert_eq!(answer.reason(), "non-zero return code: no such file");
        answer.hidden = true;
        assert!(answer.reason().contains("no_log"));
    }
}
