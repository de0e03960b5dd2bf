//! A plan carried out: progress while it goes, and an honest account of how far it came.

use std::collections::{BTreeMap, BTreeSet};

use podium_connector::{Made, Outcome, Progress, StepRequest, write_private};
use podium_diagnostics::{Error, ErrorKind, Result, reason};
use serde_json::{Map, Value, json};

use crate::client::{Call, Ended, Session};
use crate::fault;
use crate::saved;
use crate::state::State;
use crate::stream::{Deed, Event};
use crate::undo::names;

/// The file that says: the next thing is the first effect.
fn began_file(session: &Session<'_>, what: &str) -> std::path::PathBuf {
    session.cx.keep().join(format!("{what}-began.json"))
}

/// Whether the first effect was about to happen.
pub(crate) fn began(keep: &std::path::Path, what: &str) -> bool {
    keep.join(format!("{what}-began.json")).exists()
}

/// Plans and applies. `what` is `apply`, `destroy` or `undo`; `how` are arguments of the plan.
pub(crate) async fn out(
    session: &Session<'_>,
    request: &StepRequest,
    what: &'static str,
    how: &[&str],
    before: &State,
) -> Result<Outcome> {
    let cx = session.cx;
    session.stop_if_cancelled("Nothing was changed.")?;
    let began = began_file(session, what);
    let mut secrets = false;
    let mut known = None;
    // What had begun is taken up by its label; it needs no plan any more.
    if !(request.resumed && began.exists()) {
        if let Some((_, note)) = saved::plan(session)? {
            say(session, "Carrying out the approved plan", None);
            secrets = note.secrets_again;
            known = Some(note.state);
        } else {
            say(session, "Planning", None);
            session.ready().await?;
            session.plan("plan", how, true).await?;
        }
    }
    let before = known.as_ref().unwrap_or(before);
    session.stop_if_cancelled("Nothing was changed.")?;
    write_private(&began, json!({"at": cx.now()}).to_string().as_bytes()).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            fault::TOOL_FAILED,
            format!("A note on the start cannot be written: {}.", reason(&error)),
        )
    })?;
    let mut track = Track::default();
    let lock = format!("-lock-timeout={}", session.config.lock_timeout);
    let call = |name, secrets| {
        let call = Call::writing(name, &["apply", "-json", "-input=false", "-no-color"])
            .arg(lock.clone())
            .arg(session.plan_file().to_string_lossy());
        if secrets { call.with_secrets() } else { call }
    };
    let mut ended = session
        .events(call("apply", secrets), &mut |event| {
            track.take(session, event);
        })
        .await;
    // Variables that the plan does not keep must be handed over again. Where that was not known, the
    // tool says so before it does anything.
    if let Ok(refused) = &ended
        && !secrets
        && refused
            .diagnostics
            .iter()
            .any(|d| d.detail.contains("ephemeral input variable"))
    {
        ended = session
            .events(call("apply-with-secrets", true), &mut |event| {
                track.take(session, event);
            })
            .await;
    }
    match ended {
        Ok(ended) if ended.is_success() => track.check()?,
        Ok(ended) if track.is_untouched() && ended.is_stale() => {
            let _ = std::fs::remove_file(&began);
            return Err(fault::stale());
        }
        Ok(ended) => return Err(track.account(session, what, &ended)),
        Err(error) if error.kind == ErrorKind::Unknown => {
            return Err(lost(session, what, before, &track).await);
        }
        Err(error) => return Err(error),
    }
    Ok(Outcome {
        made: track.made(),
        outputs: track.outputs,
        hidden: track.hidden,
        undo: None,
    })
}

/// Nobody saw how it ended: says what can be said, and what to look at.
async fn lost(session: &Session<'_>, what: &str, before: &State, track: &Track) -> Error {
    let now = session.state("lost-state").await.ok();
    let state = match &now {
        Some(now) if now.serial == before.serial => format!(
            "The state is still at version {}; nothing that was finished is missing from it.",
            now.serial
        ),
        Some(now) => format!(
            "The state went from version {} to {}: {} were added.",
            before.serial,
            now.serial,
            now.addresses.difference(&before.addresses).count()
        ),
        None => "The state could not be read.".to_owned(),
    };
    let open = if track.open.is_empty() {
        String::new()
    } else {
        format!(
            " {} may exist without being in the state.",
            names(track.open.keys().map(String::as_str))
        )
    };
    Error::new(
        ErrorKind::Unknown,
        fault::END_UNKNOWN,
        format!("Nobody saw how `terraform {what}` ended. {state}{open}"),
    )
    .with_hint("Look at the system itself; then undo the step, or run the workflow again: Terraform goes on from its state.")
}

fn say(session: &Session<'_>, words: &str, about: Option<&str>) {
    session.cx.progress(Progress {
        words: words.to_owned(),
        about: about.map(str::to_owned),
        ..Progress::default()
    });
}

/// How far an apply has come.
#[derive(Debug, Default)]
struct Track {
    planned: BTreeMap<String, Deed>,
    open: BTreeMap<String, Deed>,
    done: BTreeSet<String>,
    failed: BTreeSet<String>,
    outputs: Map<String, Value>,
    hidden: Vec<String>,
}

impl Track {
    fn take(&mut self, session: &Session<'_>, event: &Event) {
        match event {
            Event::Planned(deed) if !matches!(deed.action.as_str(), "noop" | "read") => {
                self.planned.insert(deed.address.clone(), deed.clone());
            }
            Event::Began(deed) => {
                self.open.insert(deed.address.clone(), deed.clone());
                self.tell(session, deed, words(&deed.action).0, false);
            }
            Event::Did(deed) => {
                self.open.remove(&deed.address);
                let whole = match self.planned.get(&deed.address) {
                    // A replacement is done when the new one is there, whichever comes first.
                    Some(planned) if planned.action == "replace" => deed.action == "create",
                    Some(_) => true,
                    None => false,
                };
                if whole {
                    self.done.insert(deed.address.clone());
                }
                let made = whole && deed.action != "delete";
                self.tell(session, deed, words(&deed.action).1, made);
            }
            Event::Failed(deed) => {
                self.open.remove(&deed.address);
                self.failed.insert(deed.address.clone());
                self.tell(session, deed, "Failed", false);
            }
            Event::Outputs(outputs) => {
                for (name, output) in outputs {
                    if output.get("sensitive") == Some(&Value::Bool(true)) {
                        self.hidden.push(name.clone());
                    } else if let Some(value) = output.get("value") {
                        self.outputs.insert(name.clone(), value.clone());
                    }
                }
                self.hidden.sort();
                self.hidden.dedup();
            }
            _ => {}
        }
    }

    fn tell(&self, session: &Session<'_>, deed: &Deed, verb: &str, made: bool) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        session.cx.progress(Progress {
            words: format!("{verb} `{}`", deed.address),
            about: Some(deed.address.clone()),
            status: Some(verb.to_lowercase()),
            done: Some((count(self.done.len()), count(self.planned.len()))),
            made: made.then(|| Made {
                kind: deed.kind.clone(),
                name: deed.address.clone(),
                link: None,
            }),
        });
    }

    fn made(&self) -> Vec<Made> {
        self.planned
            .values()
            .filter(|deed| deed.action != "delete" && self.done.contains(&deed.address))
            .map(|deed| Made {
                kind: deed.kind.clone(),
                name: deed.address.clone(),
                link: None,
            })
            .collect()
    }

    /// Whether it began nothing.
    fn is_untouched(&self) -> bool {
        self.open.is_empty() && self.done.is_empty() && self.failed.is_empty()
    }

    /// What `verify` means here: the apply itself has accounted for everything that it planned to make,
    /// change or delete. What becomes of it afterwards is drift.
    fn check(&self) -> Result<()> {
        let missing: Vec<&str> = self
            .planned
            .values()
            .filter(|deed| {
                matches!(
                    deed.action.as_str(),
                    "create" | "update" | "replace" | "delete"
                )
            })
            .map(|deed| deed.address.as_str())
            .filter(|address| !self.done.contains(*address))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Failed,
            fault::NOT_AS_INTENDED,
            format!(
                "Terraform reported success, and told nothing of the end of {}.",
                names(missing)
            ),
        )
        .with_hint("Preview the step to see what is missing."))
    }

    /// Why it did not reach its end, and what stands now.
    fn account(&self, session: &Session<'_>, what: &str, ended: &Ended) -> Error {
        let halfway: Vec<&str> = self
            .open
            .keys()
            .chain(&self.failed)
            .map(String::as_str)
            .filter(|address| !self.done.contains(*address))
            .collect();
        let far = format!(
            "{} of {} changes are done{}.",
            self.done.len(),
            self.planned.len(),
            if halfway.is_empty() {
                String::new()
            } else {
                format!("; {} may be there in part", names(halfway.iter().copied()))
            }
        );
        let touched = !self.done.is_empty() || !halfway.is_empty();
        if session.cx.is_cancelled() {
            return Error::new(
                ErrorKind::Cancelled,
                fault::STOPPED,
                format!("Stopped on request. {far}"),
            )
            .with_hint("Undo the step to take back what was done, or run it again to go on.");
        }
        if let Some(signal) = ended.exit.signal() {
            return Error::new(
                ErrorKind::Unknown,
                fault::END_UNKNOWN,
                format!("`terraform {what}` was killed (signal {signal}). {far}"),
            )
            .with_hint("Look at the system itself; then undo the step, or run it again: Terraform goes on from its state.");
        }
        let reason = fault::error(
            what,
            &session.config.directory,
            &ended.diagnostics,
            &ended.rest,
        );
        if !touched {
            return reason;
        }
        Error {
            kind: match reason.kind {
                ErrorKind::Unauthorized | ErrorKind::Forbidden => reason.kind,
                _ => ErrorKind::Failed,
            },
            code: fault::APPLY_FAILED,
            message: format!("{} {far}", reason.message),
            hint: Some(
                "Correct the cause and run it again: Terraform goes on from here. Or undo the step to take back what was done."
                    .to_owned(),
            ),
            ..reason
        }
    }
}

fn words(action: &str) -> (&'static str, &'static str) {
    match action {
        "create" => ("Creating", "Created"),
        "update" => ("Changing", "Changed"),
        "delete" => ("Deleting", "Deleted"),
        "read" => ("Reading", "Read"),
        _ => ("Working on", "Done with"),
    }
}
