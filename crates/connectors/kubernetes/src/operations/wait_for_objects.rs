//! `kubernetes/wait`.
//!
//! Effect class: only looks.

use std::time::Duration;

use podium_connector::{
    Action, Change, Confidence, Context, Outcome, Progress, StepPreview, StepRequest, Undo,
    UndoClass,
};
use podium_diagnostics::{Error, ErrorKind, Result, Retry};
use serde_json::{Map, Value};

use crate::client::{Cluster, Kind};
use crate::config::{self, Until, Wait};
use crate::errors::{self, NOT_READY};
use crate::object::{Ref, condition, text};
use crate::readiness::{self, Standing};
use crate::target;
use crate::watch;

fn nothing() -> Undo {
    Undo {
        class: UndoClass::Automatic,
        because: Some("Waiting changes nothing.".into()),
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    if request.inputs.is_partial() {
        return Ok(StepPreview::unknown(
            format!(
                "Some of its inputs are known only after {}.",
                request.waits_for()
            ),
            nothing(),
        ));
    }
    let config: Wait = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let what = what(&config);
    let mut notes = cluster.login.warnings.clone();
    // An earlier step of the workflow may bring the kind or the object.
    match target::kind(&cluster, &config.kind, config.api_version.as_deref()).await {
        Ok(kind) => {
            for name in names(&cluster, &config, &kind).await? {
                let words = match cluster.find(&name).await? {
                    None => "is not there now".to_owned(),
                    Some(object) => match standing(&object, &config) {
                        Standing::Ready => "is so already".to_owned(),
                        Standing::Waiting(words) | Standing::Failed(words) => {
                            format!("is not so now: {words}")
                        }
                    },
                };
                notes.push(format!("{name} {words}."));
            }
        }
        Err(error) if error.kind == ErrorKind::NotFound => notes.push(error.message),
        Err(error) => return Err(error),
    }
    Ok(StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: vec![Change {
            action: Action::Read,
            kind: config.kind.clone(),
            name: what,
            before: Value::Null,
            after: Value::Null,
            stateful: false,
            confidence: None,
            because: None,
        }],
        undo: nothing(),
        outputs: Map::new(),
        notes,
    })
}

fn what(config: &Wait) -> String {
    let which = config
        .name
        .clone()
        .or_else(|| config.selector.clone())
        .unwrap_or_default();
    let until = match config.until {
        Until::Ready => "ready".to_owned(),
        Until::Gone => "gone".to_owned(),
        Until::Condition => config.condition.clone().unwrap_or_default(),
    };
    format!("{which} until {until}")
}

async fn names(cluster: &Cluster<'_>, config: &Wait, kind: &Kind) -> Result<Vec<Ref>> {
    let namespace = config.namespace.as_deref();
    match (&config.name, &config.selector) {
        (Some(name), _) => Ok(vec![target::named(cluster, kind, namespace, name)]),
        (None, Some(selector)) => target::selected(cluster, kind, namespace, selector).await,
        (None, None) => Ok(Vec::new()),
    }
}

fn standing(object: &Value, config: &Wait) -> Standing {
    if config.until != Until::Condition {
        return readiness::judge(object);
    }
    let wanted = config.condition.as_deref().unwrap_or_default();
    let (kind, status) = wanted.split_once('=').unwrap_or((wanted, "True"));
    match condition(object, kind) {
        Some(found) if text(found, "/status").eq_ignore_ascii_case(status) => Standing::Ready,
        Some(found) => Standing::Waiting(format!(
            "{kind} is {}{}",
            text(found, "/status"),
            match text(found, "/message") {
                "" => String::new(),
                message => format!(": {message}"),
            }
        )),
        None => Standing::Waiting(format!("it does not say `{kind}` yet")),
    }
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Wait = request.inputs.read()?;
    let cluster = Cluster::open(cx).await?;
    let kind = target::kind(&cluster, &config.kind, config.api_version.as_deref()).await?;
    let patience = config::millis(&config.patience);
    let names = match config.until {
        Until::Gone => {
            let names = names(&cluster, &config, &kind).await?;
            let gone: Vec<_> = names
                .iter()
                .map(|name| (name.clone(), kind.clone(), None))
                .collect();
            watch::until_gone(&cluster, &gone, patience).await?;
            names
        }
        Until::Ready if config.name.is_some() => {
            let names = names(&cluster, &config, &kind).await?;
            let watched: Vec<watch::Watched> = names
                .iter()
                .map(|name| (name.clone(), kind.clone()))
                .collect();
            watch::until_ready(&cluster, &watched, patience).await?;
            names
        }
        Until::Ready | Until::Condition => by_looking(&cluster, &config, &kind, patience).await?,
    };
    let mut outputs = Map::new();
    outputs.insert(
        "objects".into(),
        names
            .iter()
            .map(|name| Value::from(format!("{} {}", name.label(), name.path())))
            .collect(),
    );
    Ok(Outcome {
        outputs,
        ..Outcome::default()
    })
}

/// Until at least one is there and all are so.
async fn by_looking(
    cluster: &Cluster<'_>,
    config: &Wait,
    kind: &Kind,
    patience: i64,
) -> Result<Vec<Ref>> {
    let cx = cluster.cx;
    let deadline = cx.now().saturating_add(patience);
    loop {
        let names = names(cluster, config, kind).await?;
        let mut open = names.is_empty().then(|| "none is there yet".to_owned());
        for name in &names {
            let words = match cluster.find(name).await? {
                None => Some(format!("{name} is not there yet")),
                Some(object) => match standing(&object, config) {
                    Standing::Ready => None,
                    Standing::Waiting(words) => Some(format!("{name}: {words}")),
                    Standing::Failed(words) => {
                        return Err(Error::new(
                            ErrorKind::Failed,
                            NOT_READY,
                            format!("{name} failed: {words}."),
                        )
                        .with_hint("Look at its events and its log."));
                    }
                },
            };
            open = open.or(words);
        }
        let Some(words) = open else {
            return Ok(names);
        };
        if cx.is_cancelled() {
            return Err(errors::cancelled("Waiting was cancelled."));
        }
        if cx.now() >= deadline {
            return Err(Error::new(
                ErrorKind::TimedOut,
                NOT_READY,
                format!("The time is over: {words}."),
            )
            .with_retry(Retry::Permanent)
            .with_hint("Give `patience` more time, or look at what holds it up."));
        }
        cx.progress(Progress {
            words,
            ..Progress::default()
        });
        cx.sleep(Duration::from_secs(2)).await;
    }
}
