//! A server task, followed to its end: its log, its interruptions, its cancel.

use std::collections::BTreeMap;

use async_trait::async_trait;
use podium_connector::{Context, LogLevel, LogLine, StepRequest, StillRunning};
use podium_diagnostics::Result;
use podium_rest::{Call, Job, Look, Pace, Stage, Stages, failed, follow, segment};
use serde_json::{Value, json};

use crate::client::{Octopus, SYSTEM};
use crate::config::{Config, Interruptions};

/// Lines of one activity that are asked for at a time.
const TAIL: u32 = 1_000;

/// Words of `TaskState` (contract, "States").
const STATES: Stages = Stages(&[
    ("Queued", Stage::Running),
    ("Executing", Stage::Running),
    ("Cancelling", Stage::Running),
    ("Success", Stage::Done),
    ("Failed", Stage::Failed),
    ("TimedOut", Stage::Failed),
    ("Canceled", Stage::Stopped),
]);

/// One task, as it was last seen.
pub(crate) struct Task<'a> {
    octopus: &'a Octopus<'a>,
    id: String,
    words: String,
    config: &'a Config,
    /// The last line seen of each activity: when it occurred and its text.
    seen: BTreeMap<String, (String, String)>,
    pub(crate) last: Value,
}

impl<'a> Task<'a> {
    pub(crate) fn new(
        octopus: &'a Octopus<'a>,
        config: &'a Config,
        id: &str,
        words: impl Into<String>,
    ) -> Self {
        Self {
            octopus,
            id: id.to_owned(),
            words: words.into(),
            config,
            seen: BTreeMap::new(),
            last: Value::Null,
        }
    }

    /// Follows it; an error where it did not end well.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        let cx = self.octopus.cx;
        let end = follow(cx, Pace::default(), self).await?;
        if end.stage == Stage::Done {
            return Ok(());
        }
        let said = self.last["ErrorMessage"].as_str().unwrap_or_default();
        let what = format!("The task {}", self.id);
        Err(failed(SYSTEM, &what, &end.status, said, &self.page()))
    }

    pub(crate) fn page(&self) -> String {
        self.octopus.page(&self.last, &format!("tasks/{}", self.id))
    }

    fn path(&self, rest: &str) -> String {
        self.octopus
            .path(&format!("tasks/{}{rest}", segment(&self.id)))
    }

    /// The lines that were not seen before, of all activities, in their order.
    fn news(&mut self, activities: &[Value], lines: &mut Vec<LogLine>) {
        for activity in activities {
            let id = activity["Id"].as_str().unwrap_or_default();
            let logs = activity["LogElements"].as_array();
            let logs: Vec<&Value> = logs.into_iter().flatten().collect();
            let key = |line: &Value| {
                let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                (text("OccurredAt"), text("MessageText"))
            };
            let known = self.seen.get(id);
            let place = known.and_then(|last| logs.iter().rposition(|line| key(line) == *last));
            if known.is_some() && place.is_none() {
                lines.push(LogLine {
                    level: LogLevel::Warning,
                    text: format!(
                        "Octopus wrote faster than it was read; some lines are only at {}.",
                        self.page()
                    ),
                });
            }
            let from = place.map_or(0, |at| at + 1);
            if let Some(line) = logs.last() {
                self.seen.insert(id.to_owned(), key(line));
            }
            lines.extend(logs.iter().skip(from).map(|line| LogLine {
                level: level(line["Category"].as_str().unwrap_or_default()),
                text: line["MessageText"].as_str().unwrap_or_default().to_owned(),
            }));
            if let Some(children) = activity["Children"].as_array() {
                self.news(children, lines);
            }
        }
    }

    /// What Octopus waits for, answered where the step says so. The words for people.
    async fn interruption(&self) -> Result<Option<String>> {
        let call = self
            .octopus
            .get("interruptions")
            .query("regarding", &self.id)
            .query("pendingOnly", true);
        let pending = self.octopus.list(call).await?;
        let Some(asked) = pending.first() else {
            return Ok(None);
        };
        let title = asked.body["Title"].as_str().unwrap_or(&asked.id);
        let approve = self.config.interruptions.unwrap_or_default() == Interruptions::Approve;
        if approve && let Some(answer) = proceed(&asked.body, self.notes()) {
            let path = format!("interruptions/{}", segment(&asked.id));
            if asked.body["HasResponsibility"] != true {
                let take = Call::put(
                    self.octopus.path(&format!("{path}/responsible")),
                    &Value::Null,
                )
                .needs("InterruptionSubmit");
                self.octopus.site.send(take).await?;
            }
            let submit = Call::post(self.octopus.path(&format!("{path}/submit")), &answer)
                .needs("InterruptionSubmit");
            self.octopus.site.send(submit).await?;
            self.octopus.cx.log(LogLine {
                level: LogLevel::Info,
                text: format!("`{title}` was answered with Proceed, as the step says."),
            });
            return Ok(None);
        }
        Ok(Some(format!(
            "Waiting for a person in Octopus: {title}, at {}",
            self.page()
        )))
    }

    fn notes(&self) -> &str {
        self.config
            .interruption_notes
            .as_deref()
            .unwrap_or("Approved by a Podium workflow.")
    }
}

/// The values that answer a manual intervention with Proceed; `None` where the form has no such button,
/// as a guided failure has not. The names are taken from the form, as the contract asks.
fn proceed(interruption: &Value, notes: &str) -> Option<Value> {
    let mut values = interruption["Form"]["Values"].clone();
    let elements = interruption["Form"]["Elements"].as_array()?;
    let mut answered = false;
    for element in elements {
        let Some(name) = element["Name"].as_str() else {
            continue;
        };
        let control = &element["Control"];
        let buttons = control["Buttons"].as_array();
        let button = buttons.into_iter().flatten().find(|button| {
            let says = |key: &str| {
                button[key]
                    .as_str()
                    .is_some_and(|text| text.eq_ignore_ascii_case("proceed"))
            };
            says("Value") || says("Text")
        });
        if let Some(button) = button {
            values[name] = button["Value"].clone();
            answered = true;
        } else if control["Type"] == "TextArea" || name == "Notes" {
            values[name] = json!(notes);
        }
    }
    answered.then_some(values)
}

fn level(category: &str) -> LogLevel {
    match category {
        "Trace" | "Verbose" => LogLevel::Debug,
        "Warning" | "Alert" => LogLevel::Warning,
        "Error" | "Fatal" => LogLevel::Error,
        _ => LogLevel::Info,
    }
}

#[async_trait]
impl Job for Task<'_> {
    async fn look(&mut self) -> Result<Look> {
        let call = Call::get(self.path("/details"))
            .query("verbose", false)
            .query("tail", TAIL);
        let mut details = self.octopus.site.send(call).await?;
        self.last = details["Task"].take();
        let mut lines = Vec::new();
        let activities = details["ActivityLogs"].as_array().cloned();
        self.news(&activities.unwrap_or_default(), &mut lines);
        let status = self.last["State"].as_str().unwrap_or_default().to_owned();
        let mut stage = STATES.of(&status);
        // Whatever the word: these two say plainly whether it has ended.
        if stage == Stage::Unrecognised && self.last["IsCompleted"] == true {
            stage = if self.last["FinishedSuccessfully"] == true {
                Stage::Done
            } else {
                Stage::Failed
            };
        }
        let mut words = self.words.clone();
        if !stage.is_end()
            && self.last["HasPendingInterruptions"] == true
            && let Some(waits) = self.interruption().await?
        {
            stage = Stage::Waiting;
            words = waits;
        }
        let percent = details["Progress"]["ProgressPercentage"].as_u64();
        Ok(Look {
            stage,
            status,
            words,
            done: percent.and_then(|done| Some((u32::try_from(done).ok()?, 100))),
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        let call = Call::post(self.path("/cancel"), &Value::Null)
            .repeatable()
            .needs("TaskCancel");
        self.octopus.site.send(call).await.map(|_| ())
    }
}

/// What goes on at Octopus after a cancel.
pub(crate) async fn still_running(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let Some((_, id)) = request.remote.as_deref().and_then(parts) else {
        return Ok(StillRunning::default());
    };
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let call = octopus.get(&format!("tasks/{}", segment(id)));
    let Some(task) = octopus.site.find(call).await? else {
        return Ok(StillRunning::default());
    };
    let state = task["State"].as_str().unwrap_or_default();
    let mut what = Vec::new();
    if !STATES.of(state).is_end() && task["IsCompleted"] != true {
        what.push(format!(
            "The task {id} is still {} in Octopus: {}.",
            state.to_lowercase(),
            octopus.page(&task, &format!("tasks/{id}"))
        ));
    }
    Ok(StillRunning { what })
}

/// The far id of what was started, from what Octopus says of it: what is carried out, and the task itself,
/// `Deployments-3/ServerTasks-8`.
pub(crate) fn remote(started: &Value) -> String {
    let text = |name: &str| started[name].as_str().unwrap_or_default();
    format!("{}/{}", text("Id"), text("TaskId"))
}

/// The parts of [`remote`].
pub(crate) fn parts(remote: &str) -> Option<(&str, &str)> {
    remote
        .split_once('/')
        .filter(|(_, task)| task.starts_with("ServerTasks-"))
}
