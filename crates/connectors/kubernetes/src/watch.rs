//! Waiting for objects, by looking again and again. The context counts the time, so that a test does not
//! wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use podium_connector::Progress;
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::client::{Cluster, Kind};
use crate::errors::{self, NOT_READY};
use crate::object::{Ref, text};
use crate::pods::{self, Trouble};
use crate::readiness::{self, Standing};

/// Between two looks, in milliseconds, growing.
const FIRST: u64 = 500;
const LONGEST: u64 = 3_000;
/// So long a trouble that somebody must mend is looked at before the step fails, in milliseconds: an
/// image may still be on its way, a Secret be made by somebody else.
const PATIENCE: i64 = 45_000;

/// What an object that is waited for is called, and where it is.
pub(crate) type Watched = (Ref, Kind);

/// Waits until all are ready; fails with the reason where one fails or the time is over.
pub(crate) async fn until_ready(
    cluster: &Cluster<'_>,
    watched: &[Watched],
    patience: i64,
) -> Result<Vec<Value>> {
    let cx = cluster.cx;
    let deadline = cx.now().saturating_add(patience);
    let mut ready: BTreeMap<String, Value> = BTreeMap::new();
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let mut wait = FIRST;
    let mut since: Option<i64> = None;
    loop {
        let mut open: Vec<(&Ref, String, Option<Value>)> = Vec::new();
        for (name, kind) in watched {
            if ready.contains_key(&name.id()) {
                continue;
            }
            if cx.is_cancelled() {
                return Err(errors::cancelled("Waiting was cancelled."));
            }
            let found = cluster
                .get(kind, name)
                .await?
                .map_err(|status| errors::refused(&status, Some(name)))?;
            let standing = found.as_ref().map_or_else(
                || Standing::Waiting("it is not there yet".into()),
                readiness::judge,
            );
            match (standing, found) {
                (Standing::Ready, Some(object)) => {
                    ready.insert(name.id(), object);
                    tell(cluster, name, "ready", ready.len(), watched.len());
                }
                (Standing::Failed(words), object) => {
                    return Err(give_up(cluster, name, object.as_ref(), &words, false).await);
                }
                (Standing::Waiting(words), object) => open.push((name, words, object)),
                (Standing::Ready, None) => {}
            }
        }
        if open.is_empty() {
            return Ok(ready.into_values().collect());
        }
        for (name, words, _) in &open {
            if told.insert(name.id(), words.clone()).as_ref() != Some(words) {
                tell(cluster, name, words, ready.len(), watched.len());
            }
        }
        let mut lasting = None;
        for (name, _, object) in &open {
            let found = match object {
                Some(object) => troubles_of(cluster, object).await?,
                None => Vec::new(),
            };
            if let Some(trouble) = found.iter().find(|trouble| trouble.lasting) {
                lasting = Some((*name, trouble.words.clone()));
            }
        }
        let now = cx.now();
        match &lasting {
            Some((name, _)) => {
                let began = *since.get_or_insert(now);
                if now - began >= PATIENCE {
                    let object = open
                        .iter()
                        .find(|(other, ..)| other == name)
                        .and_then(|(_, _, object)| object.clone());
                    return Err(give_up(
                        cluster,
                        name,
                        object.as_ref(),
                        "its Pods do not run",
                        false,
                    )
                    .await);
                }
            }
            None => since = None,
        }
        if now >= deadline {
            let (name, words, object) = &open[0];
            return Err(give_up(cluster, name, object.as_ref(), words, true).await);
        }
        if cx.is_cancelled() {
            return Err(errors::cancelled("Waiting was cancelled."));
        }
        cx.sleep(Duration::from_millis(wait)).await;
        wait = (wait * 3 / 2).min(LONGEST);
    }
}

fn tell(cluster: &Cluster<'_>, name: &Ref, words: &str, done: usize, all: usize) {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    cluster.cx.progress(Progress {
        words: format!("{name}: {words}"),
        about: Some(format!("{} {}", name.label(), name.path())),
        status: Some(words.to_owned()),
        done: Some((count(done), count(all))),
        made: None,
    });
}

async fn troubles_of(cluster: &Cluster<'_>, object: &Value) -> Result<Vec<Trouble>> {
    if text(object, "/kind") == "Pod" {
        return Ok(pods::trouble(object).into_iter().collect());
    }
    let Some(selector) = readiness::selector(object) else {
        return Ok(Vec::new());
    };
    pods::troubles(cluster, text(object, "/metadata/namespace"), &selector).await
}

/// The error for an object that does not become ready, with what its Pods say.
async fn give_up(
    cluster: &Cluster<'_>,
    name: &Ref,
    object: Option<&Value>,
    words: &str,
    late: bool,
) -> Error {
    let found = match object {
        Some(object) => troubles_of(cluster, object).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let said: BTreeSet<String> = found
        .iter()
        .map(|trouble| {
            if trouble.container.is_empty() {
                trouble.words.clone()
            } else {
                format!("container `{}`: {}", trouble.container, trouble.words)
            }
        })
        .collect();
    let namespace = name.namespace.clone().unwrap_or_default();
    let last = pods::show_logs(cluster, &namespace, &found).await;
    let mut message = format!("{name} is not ready: {words}.");
    for words in said.iter().take(3) {
        message = format!("{message} Its Pod says: {words}.");
    }
    let error = Error::new(
        if late {
            ErrorKind::TimedOut
        } else {
            ErrorKind::Failed
        },
        NOT_READY,
        message,
    )
    .with_retry(podium_diagnostics::Retry::Permanent)
    .with_hint(if said.is_empty() {
        "Look at its events and its Pods; give `patience` more time where it only is slow."
    } else {
        "Mend what the Pod says, then run again; the step's log has its last lines."
    })
    .with_context("object", name);
    match last {
        Some(line) => error.with_source(line),
        None => error,
    }
}

/// Waits until none is there any more.
pub(crate) async fn until_gone(
    cluster: &Cluster<'_>,
    watched: &[(Ref, Kind, Option<String>)],
    patience: i64,
) -> Result<()> {
    let cx = cluster.cx;
    let deadline = cx.now().saturating_add(patience);
    let mut open: Vec<&(Ref, Kind, Option<String>)> = watched.iter().collect();
    let mut wait = FIRST;
    loop {
        let mut left = Vec::new();
        let mut held = None;
        for entry in open {
            let (name, kind, uid) = entry;
            let found = cluster
                .get(kind, name)
                .await?
                .map_err(|status| errors::refused(&status, Some(name)))?;
            // Another object of the same name is not the one that was deleted.
            if let Some(object) = found
                && uid
                    .as_ref()
                    .is_none_or(|uid| text(&object, "/metadata/uid") == uid)
            {
                held = Some((name, object));
                left.push(entry);
            } else {
                tell(
                    cluster,
                    name,
                    "gone",
                    watched.len() - left.len(),
                    watched.len(),
                );
            }
        }
        let Some((name, object)) = held else {
            return Ok(());
        };
        open = left;
        if cx.is_cancelled() {
            return Err(errors::cancelled(
                "Waiting for the deletion was cancelled; what was asked for goes on.",
            ));
        }
        if cx.now() >= deadline {
            let finalizers: Vec<&str> = crate::object::list(&object, "/metadata/finalizers")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let error = Error::new(
                ErrorKind::TimedOut,
                NOT_READY,
                format!("{name} is being deleted, and is still there."),
            )
            .with_retry(podium_diagnostics::Retry::Permanent);
            return Err(if finalizers.is_empty() {
                error
                    .with_hint("Something that it owns is still ending; give `patience` more time.")
            } else {
                error.with_hint(format!(
                    "It waits for {}: whoever set that must do its part first.",
                    finalizers.join(", ")
                ))
            });
        }
        cx.sleep(Duration::from_millis(wait)).await;
        wait = (wait * 3 / 2).min(LONGEST);
    }
}
