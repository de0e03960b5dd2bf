//! `octopus/deploy-release`: POST `deployments` (contract, call 8), followed by its task.

use podium_connector::{
    Action, Change, Confidence, Context, Drawing, Drift, DriftItem, Made, Observed, Outcome,
    StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Search, begin, segment};
use serde_json::{Map, Value, json};

use super::started::{self, Plan};
use crate::client::{Octopus, Thing};
use crate::config::Config;
use crate::task::{Task, parts, remote};

const SCRIPTS: &str =
    "Octopus names the steps and their targets; what their scripts change is known when they run.";

/// Everything a deployment is about, looked up.
struct Deployment {
    project: Thing,
    release: Thing,
    environment: Thing,
    tenant: Option<Thing>,
}

impl Deployment {
    async fn of(octopus: &Octopus<'_>, config: &Config, version: &str) -> Result<Self> {
        let name = podium_connector::need(config.project.as_ref(), "project")?;
        let project = octopus.named("projects", "project", name).await?;
        let release = octopus.release_needed(&project, version).await?;
        let (environment, tenant) = started::target(octopus, config).await?;
        Ok(Self {
            project,
            release,
            environment,
            tenant,
        })
    }

    async fn plan(&self, octopus: &Octopus<'_>) -> Result<Plan> {
        let mut path = format!(
            "releases/{}/deployments/preview/{}",
            segment(&self.release.id),
            segment(&self.environment.id)
        );
        if let Some(tenant) = &self.tenant {
            path = format!("{path}/{}", segment(&tenant.id));
        }
        Ok(Plan(octopus.site.send(octopus.get(&path)).await?))
    }

    /// Deployments to the same place, the newest first.
    async fn before(&self, octopus: &Octopus<'_>) -> Result<Vec<Thing>> {
        let mut call = octopus
            .get("deployments")
            .query("projects", &self.project.id)
            .query("environments", &self.environment.id);
        if let Some(tenant) = &self.tenant {
            call = call.query("tenants", &tenant.id);
        }
        octopus.list(call).await
    }

    fn place(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("{} for {}", self.environment.name, tenant.name),
            None => self.environment.name.clone(),
        }
    }

    /// The release that stands there: of the newest deployment that ended well.
    async fn standing(&self, octopus: &Octopus<'_>) -> Result<Option<Thing>> {
        for deployment in self.before(octopus).await? {
            let task = deployment.body["TaskId"].as_str().unwrap_or_default();
            let path = format!("tasks/{}", segment(task));
            let Some(task) = octopus.site.find(octopus.get(&path)).await? else {
                continue;
            };
            if task["FinishedSuccessfully"] != true {
                continue;
            }
            let id = deployment.body["ReleaseId"].as_str().unwrap_or_default();
            let path = format!("releases/{}", segment(id));
            if let Some(release) = octopus.site.find(octopus.get(&path)).await? {
                return Ok(Some(Thing::of(release)));
            }
        }
        Ok(None)
    }

    fn words(&self) -> String {
        format!(
            "Deploying {} {} to {}",
            self.project.name,
            self.release.name,
            self.place()
        )
    }

    fn change(&self, standing: Option<&Thing>) -> Change {
        Change {
            action: if standing.is_some() {
                Action::Update
            } else {
                Action::Create
            },
            kind: "Deployment".into(),
            name: format!("{} in {}", self.project.name, self.place()),
            before: standing.map_or(Value::Null, |release| json!({ "release": release.name })),
            after: json!({ "release": self.release.name }),
            stateful: false,
            confidence: None,
            because: None,
        }
    }
}

fn undo_of(standing: Option<&Thing>) -> Undo {
    match standing {
        Some(release) => Undo {
            class: UndoClass::Restore,
            because: Some(format!(
                "The release {} that stands there now is deployed again.",
                release.name
            )),
        },
        None => Undo {
            class: UndoClass::Manual,
            because: Some(
                "Nothing was deployed there before, and Octopus has no way to take a deployment away: remove it by a runbook or by hand.".into(),
            ),
        },
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let config = Config::of(request)?;
    let later = |what: &str| {
        let undo = Undo {
            class: UndoClass::Restore,
            because: Some("The release that stands there is deployed again.".into()),
        };
        Ok(StepPreview::unknown(format!("{what} is known later"), undo))
    };
    if config.project.is_none() {
        return later("the project");
    }
    if config.environment.is_none() {
        return later("the environment");
    }
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let Some(version) = &config.release else {
        return without_release(&octopus, &config).await;
    };
    let deployment = Deployment::of(&octopus, &config, version).await?;
    let plan = deployment.plan(&octopus).await?;
    let standing = deployment.standing(&octopus).await?;
    if !request.inputs.is_partial() {
        plan.answers(&config, &started::secrets(cx))?;
        plan.skipped(&config)?;
    }
    let mut changes = vec![deployment.change(standing.as_ref())];
    changes.extend(plan.changes(&config));
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(SCRIPTS.into()),
        changes,
        undo: undo_of(standing.as_ref()),
        outputs: Map::new(),
        notes: plan.remarks(),
    })
}

/// The release is made by an earlier step: what can be said is where it goes and what stands there.
async fn without_release(octopus: &Octopus<'_>, config: &Config) -> Result<StepPreview> {
    let name = podium_connector::need(config.project.as_ref(), "project")?;
    let project = octopus.named("projects", "project", name).await?;
    let (environment, tenant) = started::target(octopus, config).await?;
    let deployment = Deployment {
        project,
        release: Thing::of(json!({ "Version": "(known later)" })),
        environment,
        tenant,
    };
    let standing = deployment.standing(octopus).await?;
    let mut changes = vec![deployment.change(standing.as_ref())];
    // The steps of the newest release are the best guess at those of the next one.
    let path = format!("projects/{}/releases", segment(&deployment.project.id));
    let newest = octopus.list(octopus.get(&path)).await?.into_iter().next();
    let confidence = match newest {
        Some(newest) => {
            let like = Deployment {
                release: newest,
                ..deployment
            };
            changes.extend(like.plan(octopus).await?.changes(config));
            Confidence::Predicted
        }
        None => Confidence::Unknown,
    };
    Ok(StepPreview {
        confidence,
        because: Some("The release is made by an earlier step; its steps are taken to be those of the newest one.".into()),
        changes,
        undo: undo_of(standing.as_ref()),
        outputs: Map::new(),
        notes: Vec::new(),
    })
}

pub(crate) async fn prepare(cx: &dyn Context, request: &StepRequest) -> Result<UndoRecord> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let version = podium_connector::need(config.release.as_ref(), "release")?;
    let deployment = Deployment::of(&octopus, &config, version).await?;
    let standing = deployment.standing(&octopus).await?;
    Ok(UndoRecord {
        undo: undo_of(standing.as_ref()),
        record: json!({ "release": standing.map(|release| release.name) }),
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config = Config::of(request)?;
    let version = podium_connector::need(config.release.as_ref(), "release")?;
    deploy(cx, request, &config, version).await
}

async fn deploy(
    cx: &dyn Context,
    request: &StepRequest,
    config: &Config,
    version: &str,
) -> Result<Outcome> {
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let deployment = Deployment::of(&octopus, config, version).await?;
    let find = || async {
        let before = deployment.before(&octopus).await?;
        let found = started::by_comment(&before, &request.key);
        Ok(found.map(|found| remote(&found.body)))
    };
    let body = body(cx, &octopus, &deployment, config, &request.key).await?;
    let start = || async {
        let call = Call::post(octopus.path("deployments"), &body).needs("DeploymentCreate");
        Ok(remote(&octopus.site.send(call).await?))
    };
    let id = begin(cx, request, Search::Likely, find, start).await?;
    let (made, task) = parts(&id).ok_or_else(|| odd(&id))?;
    let mut task = Task::new(&octopus, config, task, deployment.words());
    task.finish().await?;
    let link = task.page();
    let outputs = json!({
        "deployment_id": made,
        "task_id": parts(&id).map(|(_, task)| task),
        "release": deployment.release.name,
        "environment": deployment.environment.name,
        "link": link,
    });
    Ok(Outcome {
        outputs: outputs.as_object().cloned().unwrap_or_default(),
        made: vec![Made {
            kind: "Deployment".into(),
            name: format!(
                "{} {} in {}",
                deployment.project.name,
                deployment.release.name,
                deployment.place()
            ),
            link: Some(link),
        }],
        ..Outcome::default()
    })
}

pub(crate) fn odd(id: &str) -> Error {
    Error::new(
        ErrorKind::Unknown,
        Code::new("POD0480"),
        "Octopus started something and named no task.",
    )
    .with_hint("Look at the tasks in Octopus before running the step again.")
    .with_context("reply", id)
}

async fn body(
    cx: &dyn Context,
    octopus: &Octopus<'_>,
    deployment: &Deployment,
    config: &Config,
    key: &str,
) -> Result<Value> {
    let plan = deployment.plan(octopus).await?;
    let place = (&deployment.environment, deployment.tenant.as_ref());
    let mut body = started::body(cx, octopus, &plan, config, place, key).await?;
    body["ReleaseId"] = json!(deployment.release.id);
    body["ForcePackageDownload"] = json!(config.download_packages.unwrap_or_default());
    Ok(body)
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let version = podium_connector::need(config.release.as_ref(), "release")?;
    let deployment = Deployment::of(&octopus, &config, version).await?;
    let before = deployment.before(&octopus).await?;
    Ok(if started::by_comment(&before, &request.key).is_some() {
        Observed::Adopt
    } else {
        Observed::Unknown {
            because: format!(
                "No deployment of {} to {} carries this step's mark; Octopus may have lost it. Look at the newest deployment there.",
                deployment.project.name,
                deployment.place()
            ),
        }
    })
}

pub(crate) async fn verify(
    cx: &dyn Context,
    request: &StepRequest,
    outcome: &Outcome,
) -> Result<()> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let version = outcome.outputs.get("release").and_then(Value::as_str);
    let deployment = Deployment::of(&octopus, &config, version.unwrap_or_default()).await?;
    let standing = deployment.standing(&octopus).await?;
    if standing.as_ref().map(|release| &release.id) == Some(&deployment.release.id) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        Code::new("POD0446"),
        format!(
            "{} in {} is {} now, and not {}: somebody deployed in between.",
            deployment.project.name,
            deployment.place(),
            standing.map_or("absent".to_owned(), |release| release.name),
            deployment.release.name
        ),
    )
    .with_hint("Look at the project in Octopus, then deploy again."))
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let mut config = Config::of(request)?;
    let Some(version) = record.record["release"].as_str() else {
        return Ok(StepPreview {
            confidence: Confidence::Exact,
            because: None,
            changes: Vec::new(),
            undo: record.undo.clone(),
            outputs: Map::new(),
            notes: record.undo.because.clone().into_iter().collect(),
        });
    };
    config.release = Some(version.to_owned());
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let deployment = Deployment::of(&octopus, &config, version).await?;
    let standing = deployment.standing(&octopus).await?;
    let is_there = standing.as_ref().map(|release| &release.id) == Some(&deployment.release.id);
    let plan = deployment.plan(&octopus).await?;
    let mut changes = Vec::new();
    if !is_there {
        changes.push(deployment.change(standing.as_ref()));
        changes.extend(plan.changes(&config));
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(SCRIPTS.into()),
        changes,
        undo: undo_of(standing.as_ref()),
        outputs: Map::new(),
        notes: plan.remarks(),
    })
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let config = Config::of(request)?;
    match record.record["release"].as_str() {
        Some(version) => {
            let octopus = Octopus::open(cx, config.space.as_deref()).await?;
            let deployment = Deployment::of(&octopus, &config, version).await?;
            let standing = deployment.standing(&octopus).await?;
            if standing.map(|release| release.id) == Some(deployment.release.id) {
                return Ok(Outcome::default());
            }
            deploy(cx, request, &config, version).await
        }
        None => Err(Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            "Nothing was deployed there before, and Octopus has no way to take a deployment away.",
        )
        .with_hint("Remove it by a runbook or by hand.")),
    }
}

pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let version = podium_connector::need(config.release.as_ref(), "release")?;
    let deployment = Deployment::of(&octopus, &config, version).await?;
    let standing = deployment.standing(&octopus).await?;
    let mut drift = Drift::default();
    if standing.as_ref().map(|release| &release.id) != Some(&deployment.release.id) {
        drift.items.push(DriftItem {
            kind: "Deployment".into(),
            name: format!("{} in {}", deployment.project.name, deployment.place()),
            expected: json!(deployment.release.name),
            actual: standing.map_or(Value::Null, |release| json!(release.name)),
        });
    }
    Ok(drift)
}

pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let version = podium_connector::need(config.release.as_ref(), "release")?;
    let deployment = Deployment::of(&octopus, &config, version).await?;
    Ok(deployment.plan(&octopus).await?.drawing())
}
