//! The history, and everything a person can do to a run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use podium_connector::{Inputs, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind};
use podium_engine::event::RunEvent;
use podium_engine::{Answer, Command, EventBody};
use podium_journal::{Journal, RunRow};
use podium_model::RunId;
use podium_projections::{RunSummary, RunView};

use crate::types::{AnswerStep, ApproveRun, Empty, GetRun, ListRuns, PersonsAnswer, RunName};
use crate::{ApiError, Podium};

/// How many views of runs are kept at hand.
const SEEN: usize = 8;

/// Views of runs, each with the number of the last event that was folded; the one seen last at the end.
pub(crate) type Seen = Mutex<Vec<(RunView, u64)>>;
/// Lines of the history, each with the number of the run's last event then.
pub(crate) type Summaries = Mutex<HashMap<RunId, (u64, RunSummary)>>;

impl Podium {
    /// The history, newest first.
    pub async fn run_list(&self, request: ListRuns) -> Result<Vec<RunSummary>, ApiError> {
        let limit = request.limit.unwrap_or(100) as usize;
        let workflow = request.workflow;
        let known = Arc::clone(&self.summaries);
        let summaries = self
            .host
            .journal(move |journal| {
                let rows = journal.runs()?;
                let mut undone: HashMap<RunId, RunId> = HashMap::new();
                for row in rows.iter().filter(|row| row.state == "succeeded") {
                    if let Some(of) = &row.undoes {
                        undone.entry(of.clone()).or_insert_with(|| row.run.clone());
                    }
                }
                let mut summaries = Vec::new();
                for row in rows
                    .iter()
                    .filter(|row| workflow.as_ref().is_none_or(|name| row.workflow == *name))
                    .take(limit)
                {
                    let mut summary = known_summary(&known, journal, row)?;
                    if let Some(by) = undone.get(&row.run) {
                        summary.set_undone_by(by.clone());
                    }
                    summaries.push(summary);
                }
                Ok(summaries)
            })
            .await?;
        Ok(summaries)
    }

    /// A run, now or at a moment.
    pub async fn run_get(&self, request: GetRun) -> Result<RunView, ApiError> {
        let run = request.run.clone();
        let seen = Arc::clone(&self.seen);
        let (mut view, by) = self
            .host
            .journal(move |journal| {
                let view = match request.at {
                    Some(at) => then(journal, &request.run, at)?,
                    None => now(&seen, journal, &request.run)?,
                };
                Ok((view, taken_back_by(journal, &request.run)?))
            })
            .await?;
        if view.seq == 0 {
            return Err(no_run(&run).into());
        }
        if let Some(by) = by.filter(|_| request.at.is_none()) {
            view.set_undone_by(by);
        }
        settle(&mut view);
        view.layout = self.layout_of_run(&view).await;
        Ok(view)
    }

    /// Stops a run gently.
    pub async fn run_cancel(&self, request: RunName) -> Result<Empty, ApiError> {
        self.host
            .ask(&request.run, Command::Cancel { by: Self::who() })
            .await?;
        Ok(Empty {})
    }

    /// Says yes to the preview of a run that waits for it.
    pub async fn run_approve(&self, request: ApproveRun) -> Result<Empty, ApiError> {
        let events = self.host.events(&request.run, 1).await?;
        let created = created(&events).ok_or_else(|| no_run(&request.run))?;
        let waits = !events
            .iter()
            .any(|event| matches!(&event.body, EventBody::Run(RunEvent::Started(_))));
        let mut outside = None;
        if waits {
            let reason = request.override_window.as_deref();
            let undo = created.undoes.is_some();
            outside = self.outside(created.plan.environment(), undo, reason)?;
        }
        let approve = Command::Approve {
            hash: created.preview.hash.clone(),
            by: Self::who(),
            outside,
        };
        self.host.ask(&request.run, approve).await?;
        Ok(Empty {})
    }

    /// A person's answer at a step.
    pub async fn run_answer(&self, request: AnswerStep) -> Result<Empty, ApiError> {
        let step = request.step.parse().map_err(|error: String| {
            Error::new(ErrorKind::Invalid, Code::new("POD0708"), error)
                .with_hint("Name a step of the run; `podium runs show` lists them.")
        })?;
        let answer = match request.answer {
            PersonsAnswer::Approve => Answer::Approve,
            PersonsAnswer::Deny => Answer::Deny,
            PersonsAnswer::Retry { with } if with.is_empty() => Answer::Retry,
            PersonsAnswer::Retry { with } => Answer::RetryWith(with),
            PersonsAnswer::Skip => Answer::Skip,
            PersonsAnswer::Done => Answer::MarkDone(serde_json::Map::new()),
            PersonsAnswer::Stop => Answer::Stop,
            PersonsAnswer::GoOn => Answer::GoOn,
        };
        if matches!(answer, Answer::Retry | Answer::RetryWith(_)) {
            self.may_go_on(&request.run).await?;
        }
        let command = Command::Answer {
            step,
            answer,
            by: Self::who(),
            comment: request.comment,
        };
        self.host.ask(&request.run, command).await?;
        Ok(Empty {})
    }
}

impl Podium {
    /// A run that has ended begins anew when a step of it is tried again: at a time at which it may.
    async fn may_go_on(&self, run: &RunId) -> Result<(), ApiError> {
        let events = self.host.events(run, 1).await?;
        let ended = events.iter().rev().find_map(|event| match &event.body {
            EventBody::Run(event) => Some(matches!(
                event,
                RunEvent::Succeeded(_) | RunEvent::Failed(_) | RunEvent::Cancelled(_)
            )),
            EventBody::Step { .. } => None,
        });
        let (Some(true), Some(created)) = (ended, created(&events)) else {
            return Ok(());
        };
        let refused = self.outside(created.plan.environment(), created.undoes.is_some(), None);
        refused.map(|_| ()).map_err(|mut error| {
            if error.code.as_str() == "POD0752" {
                error.hint = Some(String::from(
                    "Wait until it is open, or begin the run anew: that takes a reason where the environment does.",
                ));
            }
            error
        })
    }
}

/// What the run was made with.
fn created(events: &[podium_engine::Event]) -> Option<&podium_engine::event::Created> {
    events.iter().find_map(|event| match &event.body {
        EventBody::Run(RunEvent::Created(created)) => Some(created.as_ref()),
        _ => None,
    })
}

/// The view as it is now. What was folded of a run before is kept, so that a long run costs each time
/// only what is new.
fn now(seen: &Seen, journal: &Journal, run: &RunId) -> podium_diagnostics::Result<RunView> {
    let known = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let at = seen.iter().position(|(view, _)| view.id == *run);
        at.map(|at| seen.remove(at))
    };
    let (mut view, upto) = known.unwrap_or_else(|| (RunView::new(run.clone()), 0));
    let last = journal.last_seq(run)?;
    // Where the journal has less than was seen, another file is there now.
    if last < upto {
        view = RunView::new(run.clone());
    }
    let from = if last < upto { 1 } else { upto + 1 };
    for event in &journal.events_without_log(run, from)? {
        podium_projections::fold(&mut view, event);
    }
    view.set_log_lengths(&journal.log_lengths(run, last)?);
    view.seq = last;
    view.explain();
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.push((view.clone(), last));
    let over = seen.len().saturating_sub(SEEN);
    seen.drain(..over);
    Ok(view)
}

/// What of a run was open until its inputs were known: whether a step reaches the real system.
fn settle(view: &mut RunView) {
    view.settle_modes(|step, mode| {
        let connector = crate::podium::connector_named(step.uses.connector()).ok()?;
        let request = StepRequest {
            run: None,
            step: step.id.step.clone(),
            attempt: step.attempt,
            operation: step.uses.clone(),
            inputs: Inputs {
                values: step.inputs.clone(),
                ..Inputs::default()
            },
            key: String::from("mode"),
            resumed: false,
            remote: None,
        };
        connector.mode(&request, mode)
    });
}

/// The view as it was after an event.
fn then(journal: &Journal, run: &RunId, at: u64) -> podium_diagnostics::Result<RunView> {
    let events = journal.events_without_log(run, 1)?;
    let mut view = RunView::at(run.clone(), &events, at);
    view.set_log_lengths(&journal.log_lengths(run, at)?);
    view.seq = view.seq.max(at.min(journal.last_seq(run)?));
    Ok(view)
}

/// The line of a run in the history; one that has not moved since is not read again.
fn known_summary(
    known: &Summaries,
    journal: &Journal,
    row: &RunRow,
) -> podium_diagnostics::Result<RunSummary> {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((seq, summary)) = lock().get(&row.run)
        && *seq == row.last_seq
    {
        return Ok(summary.clone());
    }
    let events = journal.events_without_log(&row.run, 1)?;
    let mut view = RunView::of(row.run.clone(), &events);
    settle(&mut view);
    let summary = RunSummary::from(&view);
    lock().insert(row.run.clone(), (row.last_seq, summary.clone()));
    Ok(summary)
}

/// The run that took this one back, where one did to its end.
fn taken_back_by(journal: &Journal, run: &RunId) -> podium_diagnostics::Result<Option<RunId>> {
    let undone = journal.undone_by(run)?;
    Ok(undone
        .into_iter()
        .find(|row| row.state == "succeeded")
        .map(|row| row.run))
}

pub(crate) fn no_run(run: &RunId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0717"),
        format!("There is no run `{run}`."),
    )
    .with_hint("`podium runs list` shows the runs of this computer.")
}
