//! Looking whether what a run left is still so: asked when a person asks, told as the answers come.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use podium_connector::{Drift, DriftItem, Support, Verb};
use podium_diagnostics::{Code, Error, ErrorKind, Result as Told};
use podium_engine::EventBody;
use podium_engine::event::RunEvent;
use podium_journal::{Journal, RunRow};
use podium_model::RunId;
use podium_plan::{Plan, PlanStep};
use podium_projections::{Standing, standing};
use podium_runtime::clock;
use serde_json::Value;
use tokio::sync::watch;

use crate::handlers::compare::differ;
use crate::handlers::runs::no_run;
use crate::types::{DriftHow, DriftRow, DriftState, DriftThing, DriftView, RunName, Stands};
use crate::{ApiError, Podium};

/// Looks that are kept, so that a person finds again what was found.
const KEPT: usize = 16;
/// Things that are told of one step.
const THINGS: usize = 200;
/// Elements of a step's list that are asked.
const ELEMENTS: u32 = 50;

/// A look, and the way to stop it.
struct Look {
    view: DriftView,
    stop: watch::Sender<u32>,
}

/// The looks of this process, the one begun last at the end.
#[derive(Default)]
pub(crate) struct Looks(Mutex<VecDeque<Look>>);

impl Looks {
    fn kept(&self) -> MutexGuard<'_, VecDeque<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, run: &RunId) -> Option<DriftView> {
        let kept = self.kept();
        let look = kept.iter().find(|look| look.view.run == *run);
        look.map(|look| look.view.clone())
    }
}

/// What a look is about to ask.
struct Question {
    plan: Plan,
    things: Vec<Standing>,
    /// For each thing the number of its row.
    rows: Vec<usize>,
    view: DriftView,
}

impl Podium {
    /// Begins to look; one that goes on is told instead.
    pub async fn drift_look(&self, request: RunName) -> Result<DriftView, ApiError> {
        let going = self.looks.of(&request.run);
        if let Some(view) = going.filter(|view| view.ended.is_none()) {
            return Ok(view);
        }
        let mut question = self.question(&request.run).await?;
        let (stop, stopped) = watch::channel(0);
        {
            let mut kept = self.looks.kept();
            kept.retain(|look| look.view.run != request.run);
            kept.push_back(Look {
                view: question.view.clone(),
                stop,
            });
            // One that goes on is not forgotten; it is told to the end.
            if kept.len() > KEPT
                && let Some(at) = kept.iter().position(|look| look.view.ended.is_some())
            {
                kept.remove(at);
            }
        }
        let view = question.view.clone();
        let podium = self.clone();
        tokio::spawn(async move {
            podium
                .carry_out(&mut question, stopped, |view| podium.keep_look(view))
                .await;
        });
        Ok(view)
    }

    /// What the newest look at a run has found so far; nothing where nobody has looked.
    pub async fn drift_get(&self, request: RunName) -> Result<Option<DriftView>, ApiError> {
        Ok(self.looks.of(&request.run))
    }

    /// Stops looking. What was asked already is told.
    pub async fn drift_stop(&self, request: RunName) -> Result<Option<DriftView>, ApiError> {
        for look in self.looks.kept().iter() {
            if look.view.run == request.run {
                look.stop.send_modify(|asked| *asked += 1);
            }
        }
        Ok(self.looks.of(&request.run))
    }

    /// Looks to the end; `tell` hears how far it is. `stop` counts up to stop it.
    pub async fn drift_to_end(
        &self,
        run: &RunId,
        stop: watch::Receiver<u32>,
        tell: impl FnMut(&DriftView),
    ) -> Result<DriftView, ApiError> {
        let mut question = self.question(run).await?;
        self.carry_out(&mut question, stop, tell).await;
        Ok(question.view)
    }

    fn keep_look(&self, view: &DriftView) {
        let mut kept = self.looks.kept();
        if let Some(look) = kept.iter_mut().find(|look| look.view.run == view.run) {
            look.view = view.clone();
        }
        drop(kept);
        self.host.looked(&view.run);
    }

    async fn carry_out(
        &self,
        question: &mut Question,
        stop: watch::Receiver<u32>,
        mut tell: impl FnMut(&DriftView),
    ) {
        let Question {
            plan,
            things,
            rows,
            view,
        } = question;
        let mut open = vec![0_usize; view.rows.len()];
        for row in rows.iter() {
            open[*row] += 1;
        }
        let asked = std::mem::take(things);
        let elements: Vec<Option<u32>> = asked.iter().map(|thing| thing.id.item).collect();
        let run = view.run.clone();
        let heard = |number: usize, answer: Told<Drift>| {
            let place = rows[number];
            open[place] -= 1;
            let row = &mut view.rows[place];
            hear(row, elements[number], answer);
            if open[place] == 0 {
                settle(row);
            }
            view.sentence = sentence(view);
            tell(view);
        };
        self.host
            .drift(&run, plan, asked, stop.clone(), heard)
            .await;
        view.stopped = view.rows.iter().any(|row| row.state == DriftState::Stopped);
        view.ended = Some(clock::now());
        view.sentence = sentence(view);
        tell(view);
    }

    /// What there is to ask about a run; refused where nothing of it stands.
    async fn question(&self, run: &RunId) -> Result<Question, ApiError> {
        let id = run.clone();
        let (row, undone_by, events) = self
            .host
            .journal(move |journal| {
                let row = journal.run(&id)?;
                let undone = journal.undone_by(&id)?;
                let by = undone.into_iter().find(|row| row.state == "succeeded");
                Ok((row, by, journal.events_without_log(&id, 1)?))
            })
            .await?;
        let row = row.ok_or_else(|| no_run(run))?;
        super::records::refuse(run, &events)?;
        let (plan, mut things) = standing(&events).ok_or_else(|| no_run(run))?;
        let refused = |why: String, hint: String| {
            Error::new(ErrorKind::Invalid, Code::new("POD0745"), why).with_hint(hint)
        };
        if let Some(of) = &row.undoes {
            return Err(refused(
                format!("`{run}` took `{of}` back, so that nothing of it stands."),
                String::from("Look at a deployment that stands; `podium runs list` shows them."),
            )
            .into());
        }
        if let Some(by) = undone_by {
            return Err(refused(
                format!(
                    "`{run}` was taken back by `{}`, so that nothing of it stands.",
                    by.run
                ),
                String::from("Deploy again, and look at that run."),
            )
            .into());
        }
        if !matches!(row.state.as_str(), "succeeded" | "failed" | "cancelled") {
            return Err(refused(
                format!("`{run}` has not ended yet."),
                String::from("Look when it has; what it makes still changes."),
            )
            .into());
        }
        let newer = {
            let (row, plan) = (row.clone(), plan.clone());
            self.host
                .journal(move |journal| newer_than(journal, &row, &plan))
                .await?
        };
        // So many elements of a list are asked; the row says how many there are.
        let mut beyond = Vec::new();
        things.retain(|thing| {
            let asked = thing.id.item.is_none_or(|item| item < ELEMENTS);
            if !asked {
                beyond.push(thing.id.step.clone());
            }
            asked
        });
        let mut rows: Vec<DriftRow> = Vec::new();
        let mut asked = Vec::new();
        let mut places = Vec::new();
        for thing in things {
            let Some(step) = plan.step(&thing.id.step) else {
                continue;
            };
            let there = rows.last().is_some_and(|row| row.step == step.id);
            if !there {
                let more = beyond.iter().filter(|id| **id == step.id).count();
                rows.push(self.row(run, &plan, step, &thing, more));
            }
            let place = rows.len() - 1;
            let row = &mut rows[place];
            row.since = row.since.max(thing.at);
            if row.state == DriftState::Asking {
                places.push(place);
                asked.push(thing);
            }
        }
        let mut view = DriftView {
            run: run.clone(),
            title: row.title,
            environment: row.environment,
            since: row.last_at,
            began: clock::now(),
            ended: None,
            stopped: false,
            sentence: String::new(),
            newer,
            rows,
        };
        view.sentence = sentence(&view);
        Ok(Question {
            plan,
            things: asked,
            rows: places,
            view,
        })
    }

    fn row(
        &self,
        run: &RunId,
        plan: &Plan,
        step: &PlanStep,
        thing: &Standing,
        beyond: usize,
    ) -> DriftRow {
        let operation = self.manifests.operation(&step.uses);
        let (state, mut because) = match operation.map(|known| known.capability.get(Verb::Drift)) {
            Some(Support::No { because }) => (
                DriftState::CannotKnow,
                Some(format!("This cannot be known here, because {because}")),
            ),
            Some(Support::Partly { because }) => (
                DriftState::Asking,
                Some(format!("Looked at in part: {because}")),
            ),
            _ => (DriftState::Asking, None),
        };
        if beyond > 0 && state == DriftState::Asking {
            let of = ELEMENTS as usize + beyond;
            let words = format!("It ran for {of} elements; the first {ELEMENTS} are looked at.");
            because = Some(match because {
                Some(before) => format!("{words} {before}"),
                None => words,
            });
        }
        let mode = thing.mode.unwrap_or_else(|| {
            let request = thing.request(run, step);
            crate::podium::connector_named(step.uses.connector())
                .ok()
                .and_then(|connector| connector.mode(&request, plan.mode()))
                .unwrap_or(plan.mode())
        });
        DriftRow {
            step: step.id.clone(),
            title: step.title.clone(),
            uses: step.uses.clone(),
            mode,
            since: thing.at,
            state,
            because,
            things: Vec::new(),
            more: 0,
            error: None,
        }
    }

    /// The newest run that stands of what a plan would do once more: the same workflow, environment and
    /// answers.
    pub(crate) async fn stands(&self, plan: &Plan) -> Option<Stands> {
        let plan = plan.clone();
        let found = self
            .host
            .journal(move |journal| {
                let rows = journal.runs()?;
                for row in rows.iter().filter(|row| row.state == "succeeded") {
                    let taken_back = || {
                        rows.iter().any(|other| {
                            other.state == "succeeded" && other.undoes.as_ref() == Some(&row.run)
                        })
                    };
                    if is_alike(journal, row, &plan)? && !taken_back() {
                        return Ok(Some(Stands {
                            run: row.run.clone(),
                            at: row.last_at,
                        }));
                    }
                }
                Ok(None)
            })
            .await;
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "what stands could not be read");
            None
        })
    }
}

/// Whether a run did what this plan says: the same workflow, environment and answers.
fn is_alike(journal: &Journal, row: &RunRow, plan: &Plan) -> Told<bool> {
    if row.undoes.is_some()
        || row.workflow != plan.workflow()
        || row.environment != plan.environment().as_str()
    {
        return Ok(false);
    }
    let first = journal.events(&row.run, 1, 1)?;
    Ok(first.iter().any(|event| {
        matches!(&event.body, EventBody::Run(RunEvent::Created(created))
            if !created.recorded && created.plan.inputs() == plan.inputs())
    }))
}

/// A later run that did the same once more, and was not taken back.
fn newer_than(journal: &Journal, run: &RunRow, plan: &Plan) -> Told<Option<RunId>> {
    let rows = journal.runs()?;
    for row in rows.iter().take_while(|row| row.run != run.run) {
        let taken_back = rows
            .iter()
            .any(|other| other.state == "succeeded" && other.undoes.as_ref() == Some(&row.run));
        if row.state != "created" && !taken_back && is_alike(journal, row, plan)? {
            return Ok(Some(row.run.clone()));
        }
    }
    Ok(None)
}

/// Takes one answer into its row.
fn hear(row: &mut DriftRow, element: Option<u32>, answer: Told<Drift>) {
    match answer {
        Ok(drift) => {
            for item in drift.items {
                if row.things.len() < THINGS {
                    row.things.push(thing(item, element));
                } else {
                    row.more = row.more.saturating_add(1);
                }
            }
        }
        Err(error) => {
            // The first failure tells; the others are mostly the same.
            row.error.get_or_insert(error);
        }
    }
}

/// Every answer of a row is there.
fn settle(row: &mut DriftRow) {
    let why = row.error.as_ref().map(|error| error.kind);
    row.state = match why {
        _ if !row.things.is_empty() => DriftState::Changed,
        None => DriftState::Same,
        Some(ErrorKind::Cancelled) => {
            row.error = None;
            DriftState::Stopped
        }
        Some(ErrorKind::Unsupported) => {
            row.because = row.error.take().map(|error| error.message);
            DriftState::CannotKnow
        }
        Some(_) => DriftState::Failed,
    };
}

/// A difference, field by field where both sides have fields.
fn thing(item: DriftItem, element: Option<u32>) -> DriftThing {
    let how = match (&item.expected, &item.actual) {
        (_, Value::Null) => DriftHow::Gone,
        (Value::Null, _) => DriftHow::Added,
        _ => DriftHow::Changed,
    };
    let mut fields = Vec::new();
    if how == DriftHow::Changed {
        differ("", Some(&item.expected), Some(&item.actual), &mut fields);
    }
    DriftThing {
        kind: item.kind,
        name: item.name,
        element,
        how,
        fields,
    }
}

/// What was found so far, in words.
fn sentence(view: &DriftView) -> String {
    let count = |state: DriftState| view.rows.iter().filter(|row| row.state == state).count();
    let total = view.rows.len();
    let things: usize = view
        .rows
        .iter()
        .map(|row| row.things.len() + row.more as usize)
        .sum();
    let asking = count(DriftState::Asking);
    if view.ended.is_none() && asking > 0 {
        return format!(
            "Asking {}; {} answered.",
            steps(total),
            match total - asking {
                0 => String::from("none has"),
                1 => String::from("one has"),
                more => format!("{more} have"),
            }
        );
    }
    let (same, unknown, failed) = (
        count(DriftState::Same),
        count(DriftState::CannotKnow),
        count(DriftState::Failed),
    );
    let mut words = Vec::new();
    words.push(if total == 0 {
        String::from("This run left nothing that could have changed.")
    } else if things > 0 {
        match things {
            1 => String::from("One thing is no longer as this run left it."),
            more => format!("{more} things are no longer as this run left them."),
        }
    } else if same == total {
        String::from("Everything is as this run left it.")
    } else if same > 0 {
        format!("What {} left is as it was.", steps(same))
    } else {
        String::from("Nothing was found out.")
    });
    if unknown > 0 {
        words.push(format!("Of {} it cannot be known.", steps(unknown)));
    }
    if failed > 0 {
        words.push(format!("{} could not be asked.", capital(&steps(failed))));
    }
    if view.stopped {
        words.push(String::from("The look was stopped."));
    }
    words.join(" ")
}

fn steps(count: usize) -> String {
    match count {
        1 => String::from("one step"),
        more => format!("{more} steps"),
    }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(rest).collect()
    })
}

#[cfg(test)]
mod tests;
