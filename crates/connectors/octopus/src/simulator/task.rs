//! Tasks: states that follow from the time, logs, and questions to people.

use serde_json::{Value, json};

use super::Refused;
use super::world::{SPACE, Task, World};

/// Lines of a task that talks much.
const CHATTY: usize = 20_000;
/// Time between asking to stop and having stopped.
const STOPPING: i64 = 1_500;

/// Begins a task; its id.
pub(crate) fn begin(
    world: &mut World,
    now: i64,
    mood: &str,
    words: &str,
    steps: &[&str],
) -> String {
    let number = world.next.entry("ServerTasks".into()).or_insert(0);
    *number += 1;
    let id = format!("ServerTasks-{number}");
    world.tasks.push(Task {
        id: id.clone(),
        words: words.to_owned(),
        begun: now,
        takes: match mood {
            "slow" => 60_000,
            "odd-state" => 8_000,
            _ => 3_000,
        },
        mood: mood.to_owned(),
        cancelled: None,
        answered: None,
        steps: steps.iter().map(|step| (*step).to_owned()).collect(),
    });
    id
}

impl Task {
    fn passed(&self, now: i64) -> i64 {
        let passed = now - self.begun;
        match (&self.mood[..], &self.answered) {
            // It stands still from the middle until somebody answers.
            ("waiting", None) => passed.min(self.takes / 2),
            ("waiting", Some((at, _))) => self.takes / 2 + (now - at),
            _ => passed,
        }
    }

    pub(crate) fn waits(&self, now: i64) -> bool {
        self.mood == "waiting"
            && self.answered.is_none()
            && self.cancelled.is_none()
            && self.passed(now) >= self.takes / 2
    }

    pub(crate) fn state(&self, now: i64) -> &'static str {
        let passed = self.passed(now);
        if let Some(at) = self.cancelled {
            return if now - at >= STOPPING {
                "Canceled"
            } else {
                "Cancelling"
            };
        }
        let aborted = self
            .answered
            .as_ref()
            .is_some_and(|(_, answer)| answer == "Abort");
        match passed {
            ..500 => "Queued",
            _ if aborted => "Failed",
            passed if passed < self.takes => {
                if self.mood == "odd-state" && passed < self.takes / 2 {
                    "Pondering"
                } else {
                    "Executing"
                }
            }
            _ if self.mood == "broken" => "Failed",
            _ => "Success",
        }
    }

    pub(crate) fn is_over(&self, now: i64) -> bool {
        matches!(
            self.state(now),
            "Success" | "Failed" | "Canceled" | "TimedOut"
        )
    }

    pub(crate) fn body(&self, now: i64) -> Value {
        let state = self.state(now);
        let error = match (state, &self.answered) {
            ("Failed", Some(_)) => "The manual intervention was answered with Abort.",
            ("Failed", None) => "The remote script failed with exit code 1. Größe: zu klein.",
            _ => "",
        };
        json!({
            "Id": self.id, "SpaceId": SPACE, "Name": "Deploy", "Description": self.words,
            "State": state, "IsCompleted": self.is_over(now),
            "FinishedSuccessfully": state == "Success",
            "HasPendingInterruptions": self.waits(now),
            "HasWarningsOrErrors": state == "Failed", "ErrorMessage": error, "CanRerun": self.is_over(now),
            "Links": {
                "Self": format!("/api/{SPACE}/tasks/{}", self.id),
                "Web": format!("/app#/{SPACE}/tasks/{}", self.id),
            },
        })
    }

    fn lines(&self, now: i64) -> Vec<Value> {
        let passed = self.passed(now).clamp(0, self.takes);
        let whole = if self.mood == "chatty" { CHATTY } else { 12 };
        let parts = usize::try_from(self.takes).unwrap_or(1);
        let so_far = whole * usize::try_from(passed).unwrap_or(0) / parts;
        let mut lines: Vec<Value> = (0..so_far)
            .map(|at| {
                let text = match at {
                    0 => format!("{} beginnt — größte Vorsicht", self.words),
                    at => format!("Line {at} of {whole}: naïve café ✓"),
                };
                line(at, "Info", &text)
            })
            .collect();
        if self.state(now) == "Failed" {
            lines.push(line(
                whole,
                "Error",
                "The remote script failed with exit code 1",
            ));
        }
        lines
    }

    /// The task with its log; `tail` last lines of each activity.
    pub(crate) fn details(&self, now: i64, tail: Option<usize>) -> Value {
        let lines = self.lines(now);
        let from = tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        let done = self.passed(now).clamp(0, self.takes) * 100 / self.takes.max(1);
        let state = self.state(now);
        json!({
            "Task": self.body(now),
            "ActivityLogs": [{
                "Id": format!("{}_root", self.id), "Name": self.words,
                "Status": if state == "Success" { "Success" } else { "Running" },
                "LogElements": [],
                "Children": [{
                    "Id": format!("{}_step1", self.id), "Name": "Deploy the package",
                    "Status": if state == "Success" { "Success" } else { "Running" },
                    "LogElements": lines[from..], "Children": [],
                }],
            }],
            "Progress": { "ProgressPercentage": done, "EstimatedTimeRemaining": "a moment" },
            "PhysicalLogSize": lines.len() * 40,
        })
    }

    pub(crate) fn raw(&self, now: i64) -> Value {
        let lines: Vec<String> = self
            .lines(now)
            .iter()
            .map(|line| line["MessageText"].as_str().unwrap_or_default().to_owned())
            .collect();
        Value::String(lines.join("\n"))
    }

    /// What it asks a person.
    pub(crate) fn interruption(&self, now: i64) -> Option<Value> {
        let asked = self.mood == "waiting" && self.passed(now) >= self.takes / 2;
        asked.then(|| {
            json!({
                "Id": format!("Interruptions-{}", self.id.trim_start_matches("ServerTasks-")),
                "Title": "Bitte prüfen: may it go on?", "Type": "ManualIntervention",
                "IsPending": self.waits(now), "TaskId": self.id,
                "CanTakeResponsibility": true, "HasResponsibility": false, "ResponsibleTeamIds": [],
                "Form": {
                    "Values": { "Instructions": null, "Notes": null, "Result": null },
                    "Elements": [
                        { "Name": "Instructions", "Control": { "Type": "Paragraph", "Text": "Look first." } },
                        { "Name": "Notes", "Control": { "Type": "TextArea", "Label": "Notes" } },
                        { "Name": "Result", "IsValueRequired": true, "Control": { "Type": "SubmitButtonGroup", "Buttons": [
                            { "Text": "Proceed", "Value": "Proceed" }, { "Text": "Abort", "Value": "Abort" },
                        ] } },
                    ],
                },
                "Links": {},
            })
        })
    }
}

fn line(at: usize, category: &str, text: &str) -> Value {
    json!({
        "Category": category, "MessageText": text, "Detail": null,
        "OccurredAt": format!("2026-01-02T03:{:02}:{:02}.{:03}+00:00", at / 60_000, at / 1_000 % 60, at % 1_000),
    })
}

/// Answers an interruption.
pub(crate) fn submit(
    world: &mut World,
    now: i64,
    id: &str,
    values: &Value,
) -> Result<Value, Refused> {
    let number = id.trim_start_matches("Interruptions-");
    let task = world.task_mut(&format!("ServerTasks-{number}"))?;
    if !task.waits(now) {
        return Err((400, "This interruption has already been submitted.".into()));
    }
    let Some(answer @ ("Proceed" | "Abort")) = values["Result"].as_str() else {
        return Err((400, "A value is required for 'Result'.".into()));
    };
    task.answered = Some((now, answer.to_owned()));
    Ok(task.interruption(now).unwrap_or_default())
}
