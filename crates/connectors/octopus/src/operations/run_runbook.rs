//! `octopus/run-runbook`: POST `runbookRuns` (contract, call 12, classic), followed by its task.

use podium_connector::{
    Action, Change, Confidence, Context, Drawing, Made, Observed, Outcome, StepPreview,
    StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Search, begin, segment};
use serde_json::{Map, Value, json};

use super::deploy_release::odd;
use super::started::{self, Plan};
use crate::client::{Octopus, Thing, missing};
use crate::config::Config;
use crate::task::{Task, parts, remote};

/// Everything a run is about, looked up.
struct Runbook {
    book: Thing,
    snapshot: String,
    environment: Thing,
    tenant: Option<Thing>,
}

impl Runbook {
    async fn of(octopus: &Octopus<'_>, config: &Config, name: &str) -> Result<Self> {
        let project = podium_connector::need(config.project.as_ref(), "project")?;
        let project = octopus.named("projects", "project", project).await?;
        let list = format!("projects/{}/runbooks", segment(&project.id));
        let runbook = octopus.named(&list, "runbook", name).await?;
        let snapshot = match &config.snapshot {
            Some(name) => {
                let list = format!("projects/{}/runbookSnapshots", segment(&project.id));
                octopus.named(&list, "snapshot", name).await?.id
            }
            None => runbook.body["PublishedRunbookSnapshotId"]
                .as_str()
                .filter(|id| !id.is_empty())
                .map(str::to_owned)
                .ok_or_else(|| {
                    missing("published snapshot of", &runbook.name)
                        .with_hint("Publish the runbook in Octopus, or name the snapshot to run.")
                })?,
        };
        let (environment, tenant) = started::target(octopus, config).await?;
        Ok(Self {
            book: runbook,
            snapshot,
            environment,
            tenant,
        })
    }

    async fn plan(&self, octopus: &Octopus<'_>) -> Result<Plan> {
        let mut path = format!(
            "runbookSnapshots/{}/runbookRuns/preview/{}",
            segment(&self.snapshot),
            segment(&self.environment.id)
        );
        if let Some(tenant) = &self.tenant {
            path = format!("{path}/{}", segment(&tenant.id));
        }
        Ok(Plan(octopus.site.send(octopus.get(&path)).await?))
    }

    fn place(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("{} for {}", self.environment.name, tenant.name),
            None => self.environment.name.clone(),
        }
    }

    async fn runs(&self, octopus: &Octopus<'_>) -> Result<Vec<Thing>> {
        let call = octopus
            .get("runbookRuns")
            .query("runbooks", &self.book.id)
            .query("environments", &self.environment.id);
        octopus.list(call).await
    }

    fn change(&self) -> Change {
        Change {
            action: Action::Run,
            kind: "Runbook".into(),
            name: format!("{} in {}", self.book.name, self.place()),
            before: Value::Null,
            after: json!({ "snapshot": self.snapshot }),
            stateful: false,
            confidence: None,
            because: None,
        }
    }
}

fn undo_of(config: &Config) -> Undo {
    match &config.undo_runbook {
        Some(name) => Undo {
            class: UndoClass::Restore,
            because: Some(format!(
                "The runbook {name} is run; the step names it as the way back."
            )),
        },
        None => Undo {
            class: UndoClass::Manual,
            because: Some(
                "Nobody but its author knows what takes a runbook back; name one as `undo_runbook`."
                    .into(),
            ),
        },
    }
}

async fn look(cx: &dyn Context, config: &Config, name: &str, partial: bool) -> Result<StepPreview> {
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let runbook = Runbook::of(&octopus, config, name).await?;
    let plan = runbook.plan(&octopus).await?;
    if !partial {
        plan.answers(config, &started::secrets(cx))?;
        plan.skipped(config)?;
    }
    let mut changes = vec![runbook.change()];
    changes.extend(plan.changes(config));
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some("Octopus names the steps and their targets; what their scripts change is known when they run.".into()),
        changes,
        undo: undo_of(config),
        outputs: Map::new(),
        notes: plan.remarks(),
    })
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let config = Config::of(request)?;
    for (name, value) in [
        ("project", &config.project),
        ("runbook", &config.runbook),
        ("environment", &config.environment),
    ] {
        if value.is_none() {
            let because = format!("the {name} is known later");
            return Ok(StepPreview::unknown(because, undo_of(&config)));
        }
    }
    let name = podium_connector::need(config.runbook.as_ref(), "runbook")?;
    look(cx, &config, name, request.inputs.is_partial()).await
}

pub(crate) fn prepare(request: &StepRequest) -> Result<UndoRecord> {
    let config = Config::of(request)?;
    Ok(UndoRecord {
        undo: undo_of(&config),
        record: json!({ "runbook": config.undo_runbook }),
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config = Config::of(request)?;
    let name = podium_connector::need(config.runbook.as_ref(), "runbook")?;
    carry_out(cx, request, &config, name).await
}

async fn carry_out(
    cx: &dyn Context,
    request: &StepRequest,
    config: &Config,
    name: &str,
) -> Result<Outcome> {
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let runbook = Runbook::of(&octopus, config, name).await?;
    let find = || async {
        let runs = runbook.runs(&octopus).await?;
        let found = started::by_comment(&runs, &request.key);
        Ok(found.map(|found| remote(&found.body)))
    };
    let body = body(cx, &octopus, &runbook, config, &request.key).await?;
    let start = || async {
        let call = Call::post(octopus.path("runbookRuns"), &body).needs("RunbookRunCreate");
        Ok(remote(&octopus.site.send(call).await?))
    };
    let id = begin(cx, request, Search::Likely, find, start).await?;
    let (made, task_id) = parts(&id).ok_or_else(|| odd(&id))?;
    let words = format!("Running {} in {}", runbook.book.name, runbook.place());
    let mut task = Task::new(&octopus, config, task_id, words);
    task.finish().await?;
    let link = task.page();
    let outputs = json!({
        "run_id": made,
        "task_id": task_id,
        "environment": runbook.environment.name,
        "link": link,
    });
    Ok(Outcome {
        outputs: outputs.as_object().cloned().unwrap_or_default(),
        made: vec![Made {
            kind: "Runbook run".into(),
            name: format!("{} in {}", runbook.book.name, runbook.place()),
            link: Some(link),
        }],
        ..Outcome::default()
    })
}

async fn body(
    cx: &dyn Context,
    octopus: &Octopus<'_>,
    runbook: &Runbook,
    config: &Config,
    key: &str,
) -> Result<Value> {
    let plan = runbook.plan(octopus).await?;
    let place = (&runbook.environment, runbook.tenant.as_ref());
    let mut body = started::body(cx, octopus, &plan, config, place, key).await?;
    body["RunbookId"] = json!(runbook.book.id);
    body["RunbookSnapshotId"] = json!(runbook.snapshot);
    Ok(body)
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let name = podium_connector::need(config.runbook.as_ref(), "runbook")?;
    let runbook = Runbook::of(&octopus, &config, name).await?;
    let runs = runbook.runs(&octopus).await?;
    Ok(if started::by_comment(&runs, &request.key).is_some() {
        Observed::Adopt
    } else {
        Observed::Unknown {
            because: format!(
                "No run of {} in {} carries this step's mark. Look at the newest run there.",
                runbook.book.name,
                runbook.place()
            ),
        }
    })
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let mut config = Config::of(request)?;
    match record.record["runbook"].as_str() {
        Some(name) => {
            alone(&mut config);
            look(cx, &config, name, false).await
        }
        None => Ok(StepPreview {
            confidence: Confidence::Exact,
            because: None,
            changes: Vec::new(),
            undo: record.undo.clone(),
            outputs: Map::new(),
            notes: record.undo.because.clone().into_iter().collect(),
        }),
    }
}

/// The way back is a runbook of its own: the step's snapshot and left-out steps are not its.
fn alone(config: &mut Config) {
    config.snapshot = None;
    config.skip = None;
    config.undo_runbook = None;
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let mut config = Config::of(request)?;
    match record.record["runbook"].as_str() {
        Some(name) => {
            alone(&mut config);
            carry_out(cx, request, &config, name).await
        }
        None => Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            "Nobody but its author knows what takes this runbook back.",
        )
        .with_hint(
            "Take it back by hand, and name a runbook as `undo_runbook` for the next time.",
        )),
    }
}

pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let name = podium_connector::need(config.runbook.as_ref(), "runbook")?;
    let runbook = Runbook::of(&octopus, &config, name).await?;
    Ok(runbook.plan(&octopus).await?.drawing())
}
