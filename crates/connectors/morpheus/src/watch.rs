//! Follows what was ordered: its state, the processes that work on it, approvals.

use std::collections::BTreeMap;

use async_trait::async_trait;
use podium_connector::{LogLevel, LogLine};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_rest::{Call, Job, Look, Pace, Stage, Stages, follow};
use serde_json::{Value, json};

use crate::client::{Appliance, FAILED, id, name, plain};
use crate::config::Approval;

/// The words for the state of an instance, an app, an order, a job or a process. The vendor lists none:
/// these were seen in its documents, everything else is watched on.
const STAGES: Stages = Stages(&[
    ("running", Stage::Done),
    ("warning", Stage::Done),
    ("complete", Stage::Done),
    ("completed", Stage::Done),
    ("success", Stage::Done),
    ("succeeded", Stage::Done),
    ("active", Stage::Done),
    ("failed", Stage::Failed),
    ("error", Stage::Failed),
    ("denied", Stage::Failed),
    ("expired", Stage::Failed),
    ("cancelled", Stage::Stopped),
    ("canceled", Stage::Stopped),
    ("pending", Stage::Running),
    ("queued", Stage::Running),
    ("ordered", Stage::Running),
    ("provisioning", Stage::Running),
    ("deploying", Stage::Running),
    ("finishing", Stage::Running),
    ("starting", Stage::Running),
    ("stopping", Stage::Running),
    ("restarting", Stage::Running),
    ("removing", Stage::Running),
    ("in progress", Stage::Running),
    ("pendingApproval", Stage::Waiting),
    ("pending approval", Stage::Waiting),
    ("pendingRemovalApproval", Stage::Waiting),
    ("requested", Stage::Waiting),
]);

/// What a word means for work: a job, a process, an event. There `running` is no end.
fn work(word: &str) -> Stage {
    if word.eq_ignore_ascii_case("running") {
        return Stage::Running;
    }
    STAGES.of(word)
}

/// What a word means for this thing.
fn meaning(thing: Thing, found: &Value) -> Stage {
    let word = status(thing, found);
    match behind(thing, found) {
        Some(Thing::Job(_)) => work(&word),
        _ => STAGES.of(&word),
    }
}

/// What is followed. Its text is the remote id: `instances/17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Instance(u64),
    App(u64),
    Item(u64),
    Job(u64),
}

impl Thing {
    pub(crate) fn remote(self) -> String {
        match self {
            Self::Instance(id) => format!("instances/{id}"),
            Self::App(id) => format!("apps/{id}"),
            Self::Item(id) => format!("catalog/items/{id}"),
            Self::Job(id) => format!("job-executions/{id}"),
        }
    }

    pub(crate) fn parse(remote: &str) -> Option<Self> {
        let (kind, id) = remote.rsplit_once('/')?;
        let id = id.parse().ok()?;
        Some(match kind {
            "instances" => Self::Instance(id),
            "apps" => Self::App(id),
            "catalog/items" => Self::Item(id),
            "job-executions" => Self::Job(id),
            _ => return None,
        })
    }

    /// Where the reply has it.
    fn field(self) -> &'static str {
        match self {
            Self::Instance(_) => "instance",
            Self::App(_) => "app",
            Self::Item(_) => "item",
            Self::Job(_) => "jobExecution",
        }
    }

    pub(crate) fn call(self) -> Call {
        Call::get(format!("/api/{}", self.remote()))
    }

    /// The page of it.
    pub(crate) fn page(self, appliance: &Appliance<'_>) -> String {
        appliance.page(&match self {
            Self::Instance(id) => format!("/provisioning/instances/{id}"),
            Self::App(id) => format!("/provisioning/apps/{id}"),
            Self::Item(_) => "/service-catalog/inventory".to_owned(),
            Self::Job(_) => "/provisioning/executions".to_owned(),
        })
    }

    /// As it is now; `None` where it is gone.
    pub(crate) async fn now(self, appliance: &Appliance<'_>) -> Result<Option<Value>> {
        let found = appliance.find(self.call()).await?;
        Ok(found.map(|mut found| found[self.field()].take()))
    }
}

/// A thing that is followed to its end.
pub(crate) struct Followed<'a> {
    appliance: &'a Appliance<'a>,
    thing: Thing,
    approval: Approval,
    /// How much of each event was told: its state and the length of its output.
    told: BTreeMap<u64, (String, usize)>,
    /// The approval that was given.
    given: Option<u64>,
    last: Value,
    failure: Option<String>,
    processes: Vec<u64>,
}

impl<'a> Followed<'a> {
    pub(crate) fn new(appliance: &'a Appliance<'a>, thing: Thing, approval: Approval) -> Self {
        Self {
            appliance,
            thing,
            approval,
            told: BTreeMap::new(),
            given: None,
            last: Value::Null,
            failure: None,
            processes: Vec::new(),
        }
    }

    /// Follows it to its end. Fails where it did not end well.
    pub(crate) async fn follow(mut self) -> Result<Value> {
        let context = self.appliance.context();
        let end = follow(context, Pace::default(), &mut self).await?;
        if end.stage == Stage::Done {
            return Ok(self.last);
        }
        let called = name(&self.last);
        let what = if called.is_empty() {
            self.thing.remote()
        } else {
            called
        };
        let said = self.failure.take().or_else(|| reason(&self.last));
        let message = match (end.stage, said) {
            (Stage::Stopped, _) => format!("Somebody cancelled `{what}` in Morpheus."),
            (_, Some(why)) => format!("`{what}` ended as `{}`: {}", end.status, sentence(&why)),
            (_, None) => format!(
                "`{what}` ended as `{}`, and Morpheus does not say why.",
                end.status
            ),
        };
        let hint = if end.status.eq_ignore_ascii_case("denied") {
            "Ask whoever denied it; then run the step again."
        } else {
            "Mend what the log says, then run the step again, or undo it; what was made so far stays until then."
        };
        Err(Error::new(ErrorKind::Failed, FAILED, message)
            .with_hint(hint)
            .with_context("link", self.thing.page(self.appliance))
            .with_source(&self.last))
    }

    /// What was made behind an inventory item, where there is something.
    fn behind(&self) -> Option<Thing> {
        behind(self.thing, &self.last)
    }

    async fn processes(&mut self) -> Result<Vec<Value>> {
        let query = |name: &str, id: u64| {
            Call::get("/api/processes")
                .query(name, id)
                .needs("Operations: Activity")
        };
        let call = match self.behind() {
            Some(Thing::Instance(id)) => query("instanceId", id),
            Some(Thing::App(id)) => query("appId", id),
            Some(Thing::Job(_)) => {
                // What a job does is in itself, or behind the id of its process.
                let process = &self.last["process"];
                if process.is_object() {
                    return Ok(vec![process.clone()]);
                }
                let of = plain(process).or_else(|| plain(&self.last["processId"]));
                let Some(process) = of else {
                    return Ok(Vec::new());
                };
                let path = format!("/api/processes/{}", podium_rest::segment(&process));
                let found = self.appliance.find(Call::get(path)).await?;
                return Ok(found
                    .into_iter()
                    .map(|mut one| one["process"].take())
                    .collect());
            }
            _ => return Ok(Vec::new()),
        };
        let mut all = self.appliance.all(call, "processes").await?;
        all.sort_by_key(id);
        Ok(all)
    }

    /// What is new in the processes, as lines.
    async fn news(&mut self) -> Result<(Vec<LogLine>, Option<(u32, u32)>, Option<String>)> {
        let processes = self.processes().await?;
        let mut lines = Vec::new();
        let mut percent = None;
        let mut now = None;
        self.processes.clear();
        for process in &processes {
            let status = plain(&process["status"]).unwrap_or_default();
            if !work(&status).is_end() {
                self.processes.push(id(process));
                percent = process["percent"].as_f64();
            }
            let events = process["events"].as_array();
            for event in events.into_iter().flatten() {
                if !work(event["status"].as_str().unwrap_or_default()).is_end() {
                    now = Some(title(event));
                }
                self.tell(event, &mut lines);
            }
            if events.is_none_or(Vec::is_empty) {
                self.tell(process, &mut lines);
            }
        }
        let done = percent.map(|percent| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is between 0 and 100"
            )]
            let part = percent.clamp(0.0, 100.0) as u32;
            (part, 100)
        });
        Ok((lines, done, now))
    }

    fn tell(&mut self, event: &Value, lines: &mut Vec<LogLine>) {
        let status = plain(&event["status"]).unwrap_or_default();
        let output = event["output"].as_str().unwrap_or_default();
        let (told, length) = self.told.get(&id(event)).cloned().unwrap_or_default();
        let what = title(event);
        let is_bad = work(&status) == Stage::Failed;
        let level = if is_bad {
            LogLevel::Error
        } else {
            LogLevel::Info
        };
        let mut say = |level: LogLevel, text: String| lines.push(LogLine { level, text });
        // A log that was cut short begins anew.
        let fresh = output.get(length..).unwrap_or(output);
        // A line that is being written is told when it is whole, or when the event has ended.
        let goes_on = !work(&status).is_end();
        let whole = if goes_on {
            fresh.rfind('\n').map_or(0, |at| at + 1)
        } else {
            fresh.len()
        };
        for line in fresh[..whole].lines() {
            say(LogLevel::Info, line.to_owned());
        }
        if status != told {
            let more = event["message"].as_str().filter(|text| !text.is_empty());
            let more = more.map_or_else(String::new, |text| format!(" ({text})"));
            say(level, format!("{what}: {status}{more}"));
            let error = event["error"]
                .as_str()
                .filter(|text| !text.trim().is_empty());
            if let Some(error) = error {
                for line in error.lines() {
                    say(LogLevel::Error, line.to_owned());
                }
            }
            if is_bad {
                let why = error
                    .or(event["reason"].as_str())
                    .unwrap_or("it does not say why");
                self.failure = Some(format!("{what}: {}", why.trim()));
            }
        }
        let seen = output.len() - fresh.len() + whole;
        self.told.insert(id(event), (status, seen));
    }

    /// Finds the approval that is waited for, and gives it where that is wanted; what to say.
    async fn approval(&mut self) -> Result<String> {
        let behind = self.behind().unwrap_or(self.thing);
        let Some((approval, item)) =
            open_approval(self.appliance, behind, &name(&self.last)).await?
        else {
            return Ok(format!(
                "Waits for an approval in Morpheus: {}",
                self.appliance.page("/operations/approvals")
            ));
        };
        let link = self
            .appliance
            .page(&format!("/operations/approvals/{}", id(&approval)));
        let called = name(&approval);
        if self.approval == Approval::Wait {
            let by = approval["approver"]["name"]
                .as_str()
                .unwrap_or("somebody with the right");
            return Ok(format!("Waits until {by} approves `{called}`: {link}"));
        }
        if self.given != Some(item) {
            self.appliance.send(answer(item, "approve")).await?;
            self.given = Some(item);
        }
        Ok(format!("Approved `{called}`: {link}"))
    }
}

/// Approves, denies or cancels an approval item.
fn answer(item: u64, action: &str) -> Call {
    Call::put(format!("/api/approval-items/{item}/{action}"), &json!({}))
        .needs("Operations: Approvals")
}

/// The open approval of a thing, and its item.
async fn open_approval(
    appliance: &Appliance<'_>,
    thing: Thing,
    called: &str,
) -> Result<Option<(Value, u64)>> {
    let call = Call::get("/api/approvals")
        .query("sort", "dateCreated")
        .query("direction", "desc")
        .needs("Operations: Approvals");
    let wanted = match thing {
        Thing::Instance(id) | Thing::App(id) | Thing::Item(id) | Thing::Job(id) => id,
    };
    for one in appliance.all(call, "approvals").await? {
        let status = one["status"].as_str().unwrap_or_default().to_lowercase();
        if !(status.contains("request") || status.contains("pending")) {
            continue;
        }
        let path = format!("/api/approvals/{}", id(&one));
        let Some(found) = appliance.find(Call::get(path)).await? else {
            continue;
        };
        let items = found["approval"]["approvalItems"].as_array();
        for item in items.into_iter().flatten() {
            let about = &item["reference"];
            let is_it = id(about) == wanted
                && thing
                    .field()
                    .eq_ignore_ascii_case(about["type"].as_str().unwrap_or_default())
                || (!called.is_empty() && about["name"].as_str() == Some(called));
            if is_it {
                return Ok(Some((found["approval"].clone(), id(item))));
            }
        }
    }
    Ok(None)
}

/// What was made behind an inventory item; the thing itself where it is none.
pub(crate) fn behind(thing: Thing, found: &Value) -> Option<Thing> {
    if !matches!(thing, Thing::Item(_)) {
        return Some(thing);
    }
    let of = |field: &str| Some(id(&found[field])).filter(|id| *id > 0);
    of("instance")
        .map(Thing::Instance)
        .or_else(|| of("app").map(Thing::App))
        .or_else(|| {
            of("execution")
                .or_else(|| of("jobExecution"))
                .map(Thing::Job)
        })
}

/// The state of a thing, in the appliance's word. An order's is that of what was made of it.
fn status(thing: Thing, found: &Value) -> String {
    let text = |value: &Value| value["status"].as_str().map(str::to_owned);
    match thing {
        Thing::Item(_) => ["instance", "app", "execution", "jobExecution"]
            .iter()
            .find_map(|field| text(&found[*field]))
            .or_else(|| text(found)),
        _ => text(found),
    }
    .unwrap_or_default()
}

fn title(event: &Value) -> String {
    let called = event["displayName"].as_str().unwrap_or_default();
    let kind = event["processType"]["name"].as_str().unwrap_or_default();
    match (called, kind) {
        ("", "") => "step".to_owned(),
        ("", one) | (one, "") => one.to_owned(),
        (called, kind) => format!("{kind} {called}"),
    }
}

fn reason(found: &Value) -> Option<String> {
    ["statusMessage", "errorMessage", "error", "resultData"]
        .iter()
        .find_map(|field| found[*field].as_str())
        .or_else(|| found["instance"]["statusMessage"].as_str())
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned)
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[async_trait]
impl Job for Followed<'_> {
    async fn look(&mut self) -> Result<Look> {
        let Some(found) = self.thing.now(self.appliance).await? else {
            return Err(Error::new(
                ErrorKind::NotFound,
                FAILED,
                format!(
                    "`{}` is gone from Morpheus while it was worked on.",
                    self.thing.remote()
                ),
            )
            .with_hint("Ask who deleted it; then run the step again."));
        };
        self.last = found;
        let status = status(self.thing, &self.last);
        let mut stage = meaning(self.thing, &self.last);
        let called = name(&self.last);
        let (lines, done, now) = self.news().await?;
        let words = if stage == Stage::Waiting {
            let words = self.approval().await?;
            if self.given.is_some() {
                stage = Stage::Running;
            }
            words
        } else {
            match now {
                Some(now) => format!("Working on `{called}`: {now}"),
                None => format!("Working on `{called}`"),
            }
        };
        Ok(Look {
            stage,
            status,
            words,
            done,
            lines,
        })
    }

    async fn stop(&mut self) -> Result<()> {
        let behind = self.behind().unwrap_or(self.thing);
        if meaning(self.thing, &self.last) == Stage::Waiting {
            let open = open_approval(self.appliance, behind, &name(&self.last)).await?;
            if let Some((_, item)) = open {
                return self
                    .appliance
                    .send(answer(item, "cancel"))
                    .await
                    .map(|_| ());
            }
        }
        for process in self.processes.clone() {
            let call = Call::post(format!("/api/processes/{process}/cancel"), &json!({}))
                .repeatable()
                .needs("Operations: Activity");
            match self.appliance.send(call).await {
                // Not every process can be cancelled; what goes on is said after the cancel.
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::NotFound
                    ) =>
                {
                    self.appliance.context().log(LogLine {
                        level: LogLevel::Warning,
                        text: error.message,
                    });
                }
                other => {
                    other?;
                }
            }
        }
        Ok(())
    }
}

/// What a state word means.
pub(crate) fn stage_of(thing: Thing, found: &Value) -> Stage {
    meaning(thing, found)
}

/// The state word.
pub(crate) fn word_of(thing: Thing, found: &Value) -> String {
    status(thing, found)
}
