//! Beginning what is due: one timer, in one process.
//!
//! It begins only in the process that holds the journal and the lock of watching. A due time is noted, with the
//! id of its run, before anything is begun; what became of it is noted after. A process that ends in between
//! leaves a note that the next one finishes.
//!
//! The timer sleeps until the next due time and at most a minute: a computer that slept meanwhile is noticed
//! by its clock. Whatever cannot be begun is told and not tried again.

use std::collections::HashSet;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use podium_diagnostics::{Code, Error, ErrorKind};
use podium_engine::event::RunEvent;
use podium_engine::{Command, EventBody};
use podium_journal::RunRow;
use podium_model::RunId;
use podium_runtime::clock;
use podium_runtime::schedules::{
    Became, Begun, Handled, LATE, Next, Question, Rule, State, decide, finish,
};
use tokio::sync::Notify;

use super::reading::Loaded;
use super::words;
use crate::handlers::previews::stale;
use crate::podium::Previewed;
use crate::{ApiError, Podium};

/// The longest sleep.
const LONGEST: Duration = Duration::from_secs(60);
/// How often a process that does not hold the journal looks whether it does.
const STAND_BY: Duration = Duration::from_secs(1);
/// How often a test's clock is looked at.
const TEST: Duration = Duration::from_millis(50);

/// The timer of this process.
#[derive(Default)]
pub(crate) struct Timer {
    /// It may have something else to do than it thought.
    look: Notify,
    watches: AtomicBool,
    /// The schedules whose run is being begun.
    busy: Mutex<HashSet<String>>,
}

impl Timer {
    /// Something has changed: look again.
    pub(super) fn look(&self) {
        self.look.notify_one();
    }

    /// Whether this process begins what is due.
    pub(super) fn watches(&self) -> bool {
        self.watches.load(Ordering::Relaxed)
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<String>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the timer knows between two looks.
#[derive(Default)]
struct Watch {
    /// Locked while this process begins what is due.
    lock: Option<File>,
    stamp: Option<(std::time::SystemTime, u64)>,
    /// The last trouble, so that it is told once.
    trouble: Option<String>,
}

impl Podium {
    /// Begins what is due, from now on, for as long as this process holds the journal.
    pub fn watch_schedules(&self) {
        let podium = self.clone();
        tokio::spawn(async move {
            let mut watch = Watch::default();
            loop {
                let sleep = podium.look_at_schedules(&mut watch).await;
                tokio::select! {
                    () = tokio::time::sleep(sleep) => {}
                    () = podium.timer.look.notified() => {}
                }
            }
        });
    }

    /// One look; gives how long to sleep.
    async fn look_at_schedules(&self, watch: &mut Watch) -> Duration {
        let schedules = self.host.schedules();
        if !self.host.can_write() {
            watch.lock = None;
        } else if watch.lock.is_none() {
            watch.lock = schedules.watch().unwrap_or_default();
            if watch.lock.is_some() {
                self.host.schedules_changed();
            }
        }
        let here = watch.lock.is_some();
        self.timer.watches.store(here, Ordering::Relaxed);
        if !here {
            return STAND_BY;
        }
        let now = clock::wall();
        let next = match self.begin_what_is_due(now).await {
            Ok(next) => {
                watch.trouble = None;
                next
            }
            Err(error) => {
                if watch.trouble.as_ref() != Some(&error.message) {
                    tracing::warn!(error = %error.message, "what is due could not be looked at");
                    watch.trouble = Some(error.message);
                }
                None
            }
        };
        let stamp = schedules.stamp();
        if stamp != watch.stamp {
            watch.stamp = stamp;
            self.host.schedules_changed();
        }
        if clock::test_clock().is_some() {
            return TEST;
        }
        let wait = next.map_or(LONGEST, |next| {
            Duration::from_millis(u64::try_from(next - now).unwrap_or(0))
        });
        wait.clamp(Duration::from_millis(20), LONGEST)
    }

    /// Handles what is due at a moment; gives when the next is.
    async fn begin_what_is_due(&self, now: i64) -> Result<Option<i64>, ApiError> {
        let kept = self.host.schedules().read()?;
        let there = self.host.folder().schedules();
        let mut next: Option<i64> = None;
        for (name, state) in kept.schedules {
            // A file that is gone may come back; what it missed is told then.
            if !there.contains(&name) {
                continue;
            }
            match self.look_at_schedule(&name, state, now).await {
                Ok(Some(at)) => next = Some(next.map_or(at, |next| next.min(at))),
                Ok(None) => {}
                // One that cannot be read keeps no other one from its time.
                Err(error) => {
                    tracing::warn!(schedule = name, error = %error.message, "a schedule could not be looked at");
                }
            }
        }
        Ok(next)
    }

    async fn look_at_schedule(
        &self,
        name: &str,
        mut state: State,
        now: i64,
    ) -> Result<Option<i64>, ApiError> {
        self.settle_question(name, &mut state).await?;
        let busy = self.timer.busy().contains(name);
        if !busy && let Some(begun) = state.begun.clone() {
            let again = self.finish_begun(name, &state, &begun, now).await?;
            return Ok(again.then_some(now));
        }
        let on = state.on.is_some();
        // Cheap first: whether anything is due at all.
        let parsed = self.parse_schedule(name)?;
        let timetable = parsed
            .value
            .as_ref()
            .and_then(podium_model::Schedule::timetable);
        let (true, Some(timetable)) = (on, timetable) else {
            return Ok(None);
        };
        let rule = Rule {
            timetable: &timetable,
            missed: parsed
                .value
                .as_ref()
                .map(|read| read.missed)
                .unwrap_or_default(),
            paused: None,
        };
        if let Next::Wait(until) = decide(&state, &rule, now) {
            return Ok(until);
        }
        let loaded = self.load_schedule(name)?;
        let because = pause(&loaded, &state);
        let rule = Rule {
            paused: because.as_deref(),
            ..rule
        };
        let next = decide(&state, &rule, now);
        let again = self.do_next(loaded, &state, next, now).await?;
        Ok(again.then_some(now))
    }

    /// Does what was decided. Each change is durable before anything is begun. `false` where a run is being
    /// begun, which wakes the timer when that is done.
    async fn do_next(
        &self,
        loaded: Loaded,
        state: &State,
        next: Next,
        now: i64,
    ) -> Result<bool, ApiError> {
        let schedules = self.host.schedules();
        let name = loaded.name.clone();
        match next {
            Next::Wait(_) => return Ok(true),
            Next::CountFrom(at) => schedules.change(&name, |state| state.seen = at)?,
            Next::Skip {
                due,
                missed,
                because,
            } => schedules.change(&name, |state| {
                state.begun = None;
                state.note(Handled {
                    due,
                    at: now,
                    missed,
                    what: Became::Skipped { because },
                });
            })?,
            Next::Ask { first, due, count } => schedules.change(&name, |state| {
                state.begun = None;
                state.seen = state.seen.max(due);
                state.asked = Some(match state.asked.take() {
                    Some(before) => Question {
                        first: before.first,
                        due,
                        count: before.count.saturating_add(count),
                        run: None,
                    },
                    None => Question {
                        first,
                        due,
                        count,
                        run: None,
                    },
                });
            })?,
            Next::Begin { due, missed } => {
                if let Some(because) = self.still_going(&loaded, state).await? {
                    schedules.change(&name, |state| {
                        state.note(Handled {
                            due,
                            at: now,
                            missed,
                            what: Became::Skipped { because },
                        });
                    })?;
                } else {
                    let run = clock::fresh_run_id();
                    let begun = schedules.change(&name, |state| {
                        // The night that has come answers for those before it.
                        let asked = state.asked.take().map_or(0, |asked| asked.count);
                        let begun = Begun {
                            due,
                            run,
                            missed: missed.saturating_add(asked),
                        };
                        state.begun = Some(begun.clone());
                        state.seen = state.seen.max(due);
                        begun
                    })?;
                    self.begin_in_background(loaded, state.clone(), begun);
                    self.host.schedules_changed();
                    return Ok(false);
                }
            }
        }
        self.host.schedules_changed();
        Ok(true)
    }

    /// Why the next run is not begun: the last one of the same schedule goes on.
    async fn still_going(
        &self,
        loaded: &Loaded,
        state: &State,
    ) -> Result<Option<String>, ApiError> {
        if self.timer.busy().contains(&loaded.name) {
            return Ok(Some(String::from(
                "The run of the time before is still being previewed.",
            )));
        }
        let Some(run) = &state.latest else {
            return Ok(None);
        };
        let Some(row) = self.run_row(run).await? else {
            return Ok(None);
        };
        Ok(match &*row.state {
            "succeeded" | "failed" | "cancelled" => None,
            "waiting" | "created" => {
                Some(format!("The last run, {run}, still waits for somebody."))
            }
            _ => Some(format!("The last run, {run}, still goes on.")),
        })
    }

    async fn run_row(&self, run: &RunId) -> Result<Option<RunRow>, ApiError> {
        let of = run.clone();
        Ok(self.host.journal(move |journal| journal.run(&of)).await?)
    }

    /// Finishes what a process that has ended had noted: its run is there, or nothing was begun.
    async fn finish_begun(
        &self,
        name: &str,
        state: &State,
        begun: &Begun,
        now: i64,
    ) -> Result<bool, ApiError> {
        if self.run_row(&begun.run).await?.is_some() {
            self.approve_begun(begun, state, now).await;
            let run = begun.run.clone();
            self.note_begun(name, begun, Became::Begun { run })?;
            return Ok(true);
        }
        let loaded = self.load_schedule(name)?;
        let because = match &state.on {
            None => Some(String::from(
                "It was switched off before its run had begun.",
            )),
            Some(_) => pause(&loaded, state),
        };
        if let Some(because) = because {
            self.note_begun(name, begun, Became::Skipped { because })?;
            return Ok(true);
        }
        if let Some(next) = finish(begun, loaded.schedule.missed, now) {
            return self.do_next(loaded, state, next, now).await;
        }
        self.begin_in_background(loaded, state.clone(), begun.clone());
        Ok(false)
    }

    /// A run that was made and not begun: its yes came from the one who switched the schedule on. One that is
    /// late waits for a yes of its own.
    async fn approve_begun(&self, begun: &Begun, state: &State, now: i64) {
        let Ok(events) = self.host.events(&begun.run, 1).await else {
            return;
        };
        let [event] = events.as_slice() else { return };
        let (EventBody::Run(RunEvent::Created(created)), Some(agreed)) = (&event.body, &state.on)
        else {
            return;
        };
        if now - begun.due > LATE || created.plan.needs_approval() {
            return;
        }
        // While it is closed the run waits for a yes of its own, too.
        let name = created.plan.environment();
        if !matches!(self.outside(name, false, None), Ok(None)) {
            return;
        }
        let yes = Command::Approve {
            hash: created.preview.hash.clone(),
            by: agreed.by.clone(),
            outside: None,
        };
        // Where it has begun meanwhile there is nothing to say.
        let _ = self.host.ask(&begun.run, yes).await;
    }

    fn note_begun(&self, name: &str, begun: &Begun, what: Became) -> Result<(), ApiError> {
        let at = clock::wall();
        self.host.schedules().change(name, |state| {
            if state.begun.as_ref() == Some(begun) {
                state.begun = None;
            }
            state.note(Handled {
                due: begun.due,
                at,
                missed: begun.missed,
                what,
            });
        })?;
        self.host.schedules_changed();
        Ok(())
    }

    fn begin_in_background(&self, loaded: Loaded, state: State, begun: Begun) {
        if !self.timer.busy().insert(loaded.name.clone()) {
            return;
        }
        let podium = self.clone();
        tokio::spawn(async move {
            let name = loaded.name.clone();
            let what = match podium.begin_due(loaded, &state, &begun).await {
                Ok(()) => Became::Begun {
                    run: begun.run.clone(),
                },
                Err(error) => {
                    // It may have begun all the same, and its first step may have failed to be told.
                    match podium.run_row(&begun.run).await {
                        Ok(Some(_)) => Became::Begun {
                            run: begun.run.clone(),
                        },
                        _ => Became::Failed {
                            error: Error::from(error),
                        },
                    }
                }
            };
            let noted = podium.note_begun(&name, &begun, what);
            podium.timer.busy().remove(&name);
            match noted {
                Ok(()) => podium.timer.look(),
                // It is found again by its note, at the next look and no sooner.
                Err(error) => {
                    tracing::warn!(schedule = name, error = %error.message, "what became of a schedule could not be noted");
                }
            }
        });
    }

    /// Previews and begins the run of a due time, as the person who switched it on would.
    async fn begin_due(
        &self,
        mut loaded: Loaded,
        state: &State,
        begun: &Begun,
    ) -> Result<(), ApiError> {
        let (Some(agreed), Some(compiled)) = (&state.on, loaded.compiled.take()) else {
            return Err(ApiError::not_a_plan(&loaded.file, loaded.diagnostics));
        };
        let layout = self.layout_of(&loaded.schedule.workflow, &compiled.graph)?;
        let preview = self.host.preview(&compiled.plan).await?;
        for (file, version) in &compiled.made_from {
            let now = self.host.folder().read(file)?.map(|text| text.version);
            if now != *version {
                return Err(stale().into());
            }
        }
        let made = Previewed {
            plan: compiled.plan,
            preview,
            layout: Some(layout),
            made_from: Vec::new(),
            schedule: Some(loaded.occasion(Some(begun.due))),
            order: 0,
        };
        self.may_begin(&made, &agreed.by, agreed.typed.as_deref())?;
        self.has_its_keys(&made)?;
        if !self.host.can_write() {
            return Err(Error::new(
                ErrorKind::Conflict,
                Code::new("POD0845"),
                "Another Podium holds the journal now. Nothing was begun.",
            )
            .with_hint("It begins what is due from here on.")
            .into());
        }
        // In a freeze, or outside the window, it is told as one that could not begin.
        let approval = self.approval(&made, false, None)?;
        self.begin_here(&begun.run, made, &agreed.by, approval)
            .await
    }
}

/// Why a schedule that is switched on stands still.
fn pause(loaded: &Loaded, state: &State) -> Option<String> {
    if loaded.schedule.off {
        return Some(String::from("Its file says `off: true`."));
    }
    let changed = loaded.changed_since(state);
    (!changed.is_empty()).then(|| {
        format!(
            "Paused: {} since it was switched on, and nobody has agreed to that yet.",
            words::changed_words(&changed)
        )
    })
}
