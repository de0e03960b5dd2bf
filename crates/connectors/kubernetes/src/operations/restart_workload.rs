//! `kubernetes/restart`.
//!
//! Effect class: writes, idempotent under the step's key: the annotation that makes the roll-out holds
//! it, so that a second try of the same attempt restarts nothing again.

use podium_connector::{
    Action, Change, Confidence, Context, Made, Observed, Outcome, Progress, StepPreview,
    StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::client::{Cluster, Kind};
use crate::config::{self, Restart};
use crate::errors::{self, REFUSED};
use crate::object::{Ref, number, text};
use crate::target;
use crate::watch;

/// What kubectl writes, so that `kubectl rollout history` shows it.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";
const KEY: &str = "podium.dev/restarted-by";

fn undo() -> Undo {
    Undo {
        class: UndoClass::Automatic,
        because: Some("The same Pods run again, only newer; there is nothing to take back.".into()),
    }
}

async fn find(cluster: &Cluster<'_>, config: &Restart) -> Result<(Ref, Kind, Value)> {
    let kind = target::kind(cluster, &config.kind, Some("apps/v1")).await?;
    let name = target::named(cluster, &kind, config.namespace.as_deref(), &config.name);
    let living = cluster
        .get(&kind, &name)
        .await?
        .map_err(|status| errors::refused(&status, Some(&name)))?
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                REFUSED,
                format!("{name} is not there."),
            )
            .with_hint("Check its name and its namespace.")
        })?;
    if living["spec"]["paused"] == Value::Bool(true) {
        return Err(Error::new(
            ErrorKind::Conflict,
            REFUSED,
            format!("The roll-out of {name} is paused, so that it cannot be restarted."),
        )
        .with_hint("Resume it first: `spec.paused: false`."));
    }
    Ok((name, kind, living))
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    if request.inputs.is_partial() {
        return Ok(StepPreview::unknown(
            format!(
                "Some of its inputs are known only after {}.",
                request.waits_for()
            ),
            undo(),
        ));
    }
    let config: Restart = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let (name, kind, living) = find(&cluster, &config).await?;
    // Tried with a fixed time, so that the answer is the same each time.
    cluster
        .patch(
            &kind,
            &name,
            &change("2000-01-01T00:00:00Z", &request.key),
            true,
        )
        .await?
        .map_err(|status| errors::refused(&status, Some(&name)))?;
    let pods = match config.kind.as_str() {
        "DaemonSet" => number(&living, "/status/desiredNumberScheduled"),
        _ => living
            .pointer("/spec/replicas")
            .and_then(Value::as_i64)
            .unwrap_or(1),
    };
    Ok(StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: vec![Change {
            action: Action::Run,
            kind: name.label(),
            name: name.path(),
            before: Value::Null,
            after: json!({ "pods made anew": pods }),
            stateful: false,
            confidence: None,
            because: None,
        }],
        undo: undo(),
        outputs: Map::new(),
        notes: cluster.warnings(),
    })
}

fn change(at: &str, key: &str) -> Value {
    json!({"spec": {"template": {"metadata": {"annotations": {(RESTARTED): at, (KEY): key}}}}})
}

pub(crate) fn prepare() -> UndoRecord {
    UndoRecord {
        undo: undo(),
        record: Value::Null,
    }
}

/// Whether the Pods already carry this step's key.
fn is_begun(living: &Value, request: &StepRequest) -> bool {
    living
        .pointer("/spec/template/metadata/annotations")
        .and_then(|notes| notes.get(KEY))
        .and_then(Value::as_str)
        == Some(request.key.as_str())
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    let config: Restart = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let (_, _, living) = find(&cluster, &config).await?;
    Ok(if is_begun(&living, request) {
        Observed::Adopt
    } else {
        Observed::NeverStarted
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Restart = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let (name, kind, living) = find(&cluster, &config).await?;
    if !is_begun(&living, request) {
        let now = jiff::Timestamp::from_millisecond(cx.now())
            .unwrap_or_default()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        cluster
            .patch(&kind, &name, &change(&now, &request.key), false)
            .await?
            .map_err(|status| errors::refused(&status, Some(&name)))?;
    }
    cx.progress(Progress {
        words: format!("Restarting {name}"),
        about: Some(format!("{} {}", name.label(), name.path())),
        ..Progress::default()
    });
    if config.wait {
        watch::until_ready(
            &cluster,
            &[(name.clone(), kind)],
            config::millis(&config.patience),
        )
        .await?;
    }
    let mut outputs = Map::new();
    outputs.insert(
        "object".into(),
        Value::from(format!("{} {}", name.label(), name.path())),
    );
    outputs.insert(
        "namespace".into(),
        Value::from(text(&living, "/metadata/namespace")),
    );
    Ok(Outcome {
        outputs,
        made: vec![Made {
            kind: name.label(),
            name: name.path(),
            link: None,
        }],
        ..Outcome::default()
    })
}
