//! `octopus/create-release`: POST `releases/create/v1` (contract, call 6).

use podium_connector::{
    Action, Change, Confidence, Context, Drift, DriftItem, Made, Observed, Outcome, Progress,
    StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Search, begin, segment};
use serde_json::{Map, Value, json};

use crate::client::{Octopus, Thing};
use crate::config::Config;

/// What stands in the preview for a version that Octopus chooses.
const ITS_OWN: &str = "(Octopus's next version)";

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let config = Config::of(request)?;
    let undo = Undo {
        class: UndoClass::Delete,
        because: Some("The release is deleted; one that was deployed meanwhile stays.".into()),
    };
    let Some(name) = &config.project else {
        return Ok(StepPreview::unknown("the project is known later", undo));
    };
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let project = octopus.named("projects", "project", name).await?;
    let mut notes = Vec::new();
    if project.body["IsDisabled"] == true {
        notes.push(format!(
            "The project {} is disabled in Octopus.",
            project.name
        ));
    }
    let existing = match &config.version {
        Some(version) => octopus.release(&project, version).await?,
        None => None,
    };
    if let Some(existing) = existing {
        return kept(&config, &project, &existing, notes);
    }
    let unknown = request.inputs.unknown.contains_key("/version");
    let version = match &config.version {
        Some(version) => version.as_str(),
        None if unknown => "(known later)",
        None => ITS_OWN,
    };
    let mut after = json!({
        "project": project.name,
        "channel": config.channel.as_deref().unwrap_or("(Octopus's default)"),
    });
    if let Some(packages) = &config.packages {
        after["packages"] = json!(packages);
    }
    if let Some(reference) = &config.git_ref {
        after["git"] = json!(reference);
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some("Octopus has no trial of a release: it checks packages and channel rules when the release is made.".into()),
        changes: vec![Change {
            action: Action::Create,
            kind: "Release".into(),
            name: format!("{} {version}", project.name),
            before: Value::Null,
            after,
            stateful: false,
            confidence: None,
            because: None,
        }],
        undo,
        outputs: Map::new(),
        notes,
    })
}

/// The answer where the release is there already.
fn kept(
    config: &Config,
    project: &Thing,
    existing: &Thing,
    notes: Vec<String>,
) -> Result<StepPreview> {
    if config.keep_existing != Some(true) {
        return Err(Error::new(
            ErrorKind::Conflict,
            Code::new("POD0446"),
            format!("Octopus has a release {} {} already.", project.name, existing.name),
        )
        .with_hint("Give another version, leave it to Octopus, or allow the existing one with `keep_existing: true`."));
    }
    Ok(StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: Undo {
            class: UndoClass::Automatic,
            because: Some("The release was there before, and nothing changes.".into()),
        },
        outputs: Map::new(),
        notes,
    })
}

pub(crate) fn prepare(request: &StepRequest, preview: &StepPreview) -> UndoRecord {
    UndoRecord {
        undo: preview.undo.clone(),
        record: json!({ "existed": preview.changes.is_empty(), "key": request.key }),
    }
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let name = podium_connector::need(config.project.as_ref(), "project")?;
    let project = octopus.named("projects", "project", name).await?;
    cx.progress(Progress {
        words: format!("Creating a release of {}", project.name),
        ..Progress::default()
    });
    let find = || async {
        let found = match &config.version {
            Some(version) => octopus.release(&project, version).await?,
            None => by_key(&octopus, &project, &request.key).await?,
        };
        Ok(found.map(|release| release.id))
    };
    let start = || async {
        let call = Call::post(
            octopus.path("releases/create/v1"),
            &body(&config, &octopus, &project, &request.key),
        )
        .needs("ReleaseCreate");
        let made = octopus.site.send(call).await?;
        Ok(made["ReleaseId"].as_str().unwrap_or_default().to_owned())
    };
    let id = begin(cx, request, Search::Certain, find, start).await?;
    let path = format!("releases/{}", segment(&id));
    let release = Thing::of(octopus.site.send(octopus.get(&path)).await?);
    let slug = project.body["Slug"].as_str().unwrap_or(&project.id);
    let link = octopus.page(
        &release.body,
        &format!("projects/{slug}/deployments/releases/{}", release.name),
    );
    let outputs = json!({
        "release_id": release.id,
        "version": release.name,
        "link": link,
    });
    Ok(Outcome {
        outputs: outputs.as_object().cloned().unwrap_or_default(),
        made: vec![Made {
            kind: "Release".into(),
            name: format!("{} {}", project.name, release.name),
            link: Some(link),
        }],
        undo: Some(json!({ "release": release.id, "version": release.name })),
        ..Outcome::default()
    })
}

/// A release that this step made: its notes end with the key.
async fn by_key(octopus: &Octopus<'_>, project: &Thing, key: &str) -> Result<Option<Thing>> {
    let path = format!("projects/{}/releases", segment(&project.id));
    let releases = octopus.list(octopus.get(&path)).await?;
    Ok(releases.into_iter().find(|release| {
        release.body["ReleaseNotes"]
            .as_str()
            .is_some_and(|notes| notes.ends_with(&mark(key)))
    }))
}

fn mark(key: &str) -> String {
    format!("[{key}]")
}

fn body(config: &Config, octopus: &Octopus<'_>, project: &Thing, key: &str) -> Value {
    let notes = config.notes.as_deref().unwrap_or_default();
    let mut body = json!({
        "spaceIdOrName": octopus.space.id,
        "ProjectName": project.name,
        "ReleaseNotes": format!("{notes} {}", mark(key)).trim(),
        "IgnoreIfAlreadyExists": config.keep_existing.unwrap_or_default(),
    });
    let fields = [
        ("ReleaseVersion", &config.version),
        ("ChannelName", &config.channel),
        ("PackageVersion", &config.package_version),
        ("GitRef", &config.git_ref),
        ("GitCommit", &config.git_commit),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    if let Some(packages) = config.packages.as_ref().filter(|list| !list.is_empty()) {
        let list: Vec<String> = packages
            .iter()
            .map(|(step, version)| format!("{step}:{version}"))
            .collect();
        body["Packages"] = json!(list);
    }
    body
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let name = podium_connector::need(config.project.as_ref(), "project")?;
    let project = octopus.named("projects", "project", name).await?;
    let found = by_key(&octopus, &project, &request.key).await?;
    Ok(match found {
        Some(_) => Observed::Adopt,
        None => Observed::NeverStarted,
    })
}

pub(crate) async fn verify(
    cx: &dyn Context,
    request: &StepRequest,
    outcome: &Outcome,
) -> Result<()> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let id = outcome.outputs.get("release_id").and_then(Value::as_str);
    let path = format!("releases/{}", segment(id.unwrap_or_default()));
    octopus.site.send(octopus.get(&path)).await.map(|_| ())
}

/// The release of the record that is still there, and whether it was deployed.
async fn standing(
    octopus: &Octopus<'_>,
    config: &Config,
    record: &UndoRecord,
) -> Result<Option<(Thing, bool)>> {
    if record.record["existed"] == true {
        return Ok(None);
    }
    let release = if let Some(id) = record.record["learned"]["release"].as_str() {
        let path = format!("releases/{}", segment(id));
        octopus.site.find(octopus.get(&path)).await?.map(Thing::of)
    } else {
        // The step was stopped before it knew what it had made.
        let name = podium_connector::need(config.project.as_ref(), "project")?;
        let project = octopus.named("projects", "project", name).await?;
        let key = record.record["key"].as_str().unwrap_or_default();
        by_key(octopus, &project, key).await?
    };
    let Some(release) = release else {
        return Ok(None);
    };
    let path = format!("releases/{}/deployments", segment(&release.id));
    let deployments = octopus.list(octopus.get(&path)).await?;
    Ok(Some((release, !deployments.is_empty())))
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let mut preview = StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: Undo {
            class: UndoClass::Impossible,
            because: Some("A deleted release is made anew, not brought back.".into()),
        },
        outputs: Map::new(),
        notes: Vec::new(),
    };
    match standing(&octopus, &config, record).await? {
        None => {}
        Some((release, true)) => preview.notes.push(format!(
            "The release {} was deployed; Octopus keeps what was deployed, and so does this undo.",
            release.name
        )),
        Some((release, false)) => preview.changes.push(Change {
            action: Action::Delete,
            kind: "Release".into(),
            name: format!(
                "{} {}",
                config.project.as_deref().unwrap_or_default(),
                release.name
            ),
            before: json!({ "version": release.name }),
            after: Value::Null,
            stateful: false,
            confidence: None,
            because: None,
        }),
    }
    Ok(preview)
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    if let Some((release, false)) = standing(&octopus, &config, record).await? {
        cx.progress(Progress {
            words: format!("Deleting the release {}", release.name),
            ..Progress::default()
        });
        let path = octopus.path(&format!("releases/{}", segment(&release.id)));
        let call = Call::delete(path).needs("ReleaseDelete");
        octopus.site.find(call).await?;
    }
    Ok(Outcome::default())
}

pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let config = Config::of(request)?;
    let octopus = Octopus::open(cx, config.space.as_deref()).await?;
    let name = podium_connector::need(config.project.as_ref(), "project")?;
    let project = octopus.named("projects", "project", name).await?;
    let found = match &config.version {
        Some(version) => octopus.release(&project, version).await?,
        None => by_key(&octopus, &project, &request.key).await?,
    };
    let mut drift = Drift::default();
    if found.is_none() {
        drift.items.push(DriftItem {
            kind: "Release".into(),
            name: project.name,
            expected: json!(config.version.as_deref().unwrap_or(ITS_OWN)),
            actual: Value::Null,
        });
    }
    Ok(drift)
}
