//! Starts an execution exactly once, although the manager takes no key.
//!
//! Before the first try the ids of the executions that are there are noted on disk. What is found later
//! and stands in no note was begun by this step: a manager refuses a second execution on a deployment
//! that has one, so that somebody else's cannot come in between unless it is the same workflow with the
//! same parameters.

use std::collections::BTreeSet;
use std::path::PathBuf;

use podium_connector::{Context, StepRequest, write_private};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Search, begin};
use serde_json::{Map, Value, json};

use crate::client::{self, BEAT, Manager, is_too_early};

/// So many beats it is waited until a deployment can be worked with.
const BEATS: usize = 600;

/// An execution that is wanted.
#[expect(clippy::struct_excessive_bools, reason = "three are flags of the call")]
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) deployment: String,
    pub(crate) workflow: String,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) custom_parameters: bool,
    pub(crate) queue: bool,
    pub(crate) force: bool,
    /// Whether it takes a step back; its note is another one.
    pub(crate) undo: bool,
}

impl Wanted {
    /// A workflow without parameters.
    pub(crate) fn new(deployment: &str, workflow: &str) -> Self {
        Self {
            deployment: deployment.to_owned(),
            workflow: workflow.to_owned(),
            parameters: Map::new(),
            custom_parameters: false,
            queue: false,
            force: false,
            undo: false,
        }
    }

    pub(crate) fn body(&self, dry_run: bool) -> Value {
        json!({
            "deployment_id": self.deployment,
            "workflow_id": self.workflow,
            "parameters": self.parameters,
            "allow_custom_parameters": self.custom_parameters.to_string(),
            "force": self.force.to_string(),
            "dry_run": dry_run.to_string(),
            "queue": self.queue.to_string(),
        })
    }

    fn fits(&self, execution: &Value) -> bool {
        let given = &execution["parameters"];
        execution["workflow_id"].as_str() == Some(&self.workflow)
            && execution["is_dry_run"].as_bool() != Some(true)
            && self
                .parameters
                .iter()
                .all(|(name, value)| given[name.as_str()] == *value)
    }
}

/// Where the note of an attempt lies.
fn note(cx: &dyn Context, request: &StepRequest, wanted: &Wanted) -> PathBuf {
    let what = if wanted.undo { "undo" } else { "run" };
    let workflow = podium_rest::segment(&wanted.workflow);
    let key = &request.key;
    cx.keep()
        .join(format!("cloudify-{what}-{workflow}-{key}.json"))
}

/// Starts it, or finds the one that was started before; its id, durable.
pub(crate) async fn start(
    manager: &Manager<'_>,
    request: &StepRequest,
    wanted: &Wanted,
) -> Result<String> {
    let cx = manager.context();
    let path = note(cx, request, wanted);
    if request.remote.is_none() && !(request.resumed && path.is_file()) {
        let before: Vec<String> = list(manager, wanted).await?.iter().map(id).collect();
        write_private(&path, json!(before).to_string().as_bytes()).map_err(|error| {
            Error::new(
                ErrorKind::Storage,
                Code::new("POD0604"),
                "The note of what ran before cannot be written.",
            )
            .with_hint("Make room on the disk, then run the step again.")
            .with_source(error)
        })?;
    }
    let find = || find(manager, request, wanted);
    let first = || async {
        for _ in 0..BEATS {
            match manager.send(client::start(&wanted.body(false))).await {
                Err(error) if is_too_early(&error) && !cx.is_cancelled() => cx.sleep(BEAT).await,
                other => return other.map(|execution| id(&execution)),
            }
        }
        Err(too_long(&wanted.deployment))
    };
    begin(cx, request, Search::Certain, find, first).await
}

/// Whether this attempt started it before the application died.
pub(crate) async fn has_begun(
    manager: &Manager<'_>,
    request: &StepRequest,
    wanted: &Wanted,
) -> Result<bool> {
    let is_known = request.remote.is_some();
    Ok(is_known || (request.resumed && find(manager, request, wanted).await?.is_some()))
}

/// The execution that this attempt started, where it did.
pub(crate) async fn find(
    manager: &Manager<'_>,
    request: &StepRequest,
    wanted: &Wanted,
) -> Result<Option<String>> {
    let path = note(manager.context(), request, wanted);
    let Some(before) = std::fs::read(path)
        .ok()
        .and_then(|text| serde_json::from_slice::<BTreeSet<String>>(&text).ok())
    else {
        return Ok(None);
    };
    Ok(list(manager, wanted)
        .await?
        .iter()
        .rev()
        .filter(|execution| wanted.fits(execution))
        .map(id)
        .find(|id| !before.contains(id)))
}

async fn list(manager: &Manager<'_>, wanted: &Wanted) -> Result<Vec<Value>> {
    manager
        .items(client::executions(&wanted.deployment, &wanted.workflow))
        .await
}

pub(crate) fn id(execution: &Value) -> String {
    execution["id"].as_str().unwrap_or_default().to_owned()
}

/// The error for a deployment that does not get ready.
pub(crate) fn too_long(deployment: &str) -> Error {
    Error::new(
        ErrorKind::TimedOut,
        client::FAILED,
        format!("The deployment `{deployment}` did not get ready within ten minutes."),
    )
    .with_hint("Look at its last execution in Cloudify; then run the step again.")
}
