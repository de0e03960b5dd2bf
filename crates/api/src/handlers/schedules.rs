//! Schedules: what they say, where they stand, and what a person does about them.
//!
//! A schedule is a file of the workspace; that it is switched on is known to this computer alone. What a
//! person agrees to is the meaning of its files then, so that nothing runs that nobody agreed to.

mod firing;
mod making;
mod reading;
mod words;

use podium_diagnostics::{Code, Error, ErrorKind};
use podium_engine::event::Occasion;
use podium_model::RunId;
use podium_runtime::clock;
use podium_runtime::schedules::{Agreed, Became, Handled, Question, State};

pub(crate) use firing::Timer;
use reading::Loaded;

use crate::types::{
    Empty, GetSchedule, MakePreview, PreviewView, RunSchedule, ScheduleName, ScheduleState,
    ScheduleView, SchedulesView, SwitchOn, Watched,
};
use crate::{ApiError, Podium};

/// So many of the next times stand in a list.
const IN_LIST: usize = 3;
/// So many of the next times where one schedule is looked at.
const IN_DETAIL: usize = 10;
/// More than a year of days is not told.
const AT_MOST: usize = 366;

impl Podium {
    /// The schedules, and what this computer knows of them.
    pub async fn schedule_list(&self, _: Empty) -> Result<SchedulesView, ApiError> {
        let (kept, problem) = match self.host.schedules().read() {
            Ok(kept) => (Some(kept), None),
            Err(error) => (None, Some(error)),
        };
        let mut schedules = Vec::new();
        for name in self.host.folder().schedules() {
            let loaded = self.load_schedule(&name)?;
            let state = kept
                .as_ref()
                .and_then(|kept| kept.schedules.get(&name).cloned())
                .unwrap_or_default();
            schedules.push(self.schedule_view(&loaded, &state, IN_LIST).await?);
        }
        let watched = self.watched();
        let some_on = schedules.iter().any(|view| view.on_by.is_some());
        Ok(SchedulesView {
            sentence: words::watched(watched, some_on),
            schedules,
            watched,
            problem,
        })
    }

    /// A schedule with its next times.
    pub async fn schedule_get(&self, request: GetSchedule) -> Result<ScheduleView, ApiError> {
        let count = request
            .count
            .map_or(IN_DETAIL, |count| (count as usize).min(AT_MOST));
        let loaded = self.load_schedule(&request.schedule)?;
        let state = self.host.schedules().state(&request.schedule)?;
        self.schedule_view(&loaded, &state, count).await
    }

    /// Switches a schedule on, on this computer, as a person has just seen it.
    pub async fn schedule_on(&self, request: SwitchOn) -> Result<ScheduleView, ApiError> {
        let loaded = self.load_schedule(&request.schedule)?;
        if loaded.schedule.off {
            return Err(Error::new(
                ErrorKind::Forbidden,
                Code::new("POD0842"),
                format!(
                    "`{}` says `off: true`, so nobody can switch it on.",
                    loaded.file
                ),
            )
            .with_hint("Take that line out of the file first.")
            .into());
        }
        let Some(compiled) = loaded.compiled.as_ref().filter(|_| !loaded.is_broken()) else {
            return Err(ApiError {
                code: Code::new("POD0841"),
                message: format!("The schedule `{}` cannot run as it stands.", loaded.name),
                ..ApiError::not_a_plan(&loaded.file, loaded.diagnostics)
            });
        };
        if request.fingerprint != loaded.fingerprint() {
            return Err(Error::new(
                ErrorKind::Stale,
                Code::new("POD0843"),
                format!(
                    "The schedule `{}`, or what it runs, has changed since you looked at it.",
                    loaded.name
                ),
            )
            .with_hint("Look at it again, and switch it on then.")
            .into());
        }
        let by = Self::who();
        self.allowed(&loaded.schedule.workflow, &by)?;
        self.confirm(&compiled.plan, request.confirm.as_deref())?;
        let now = clock::wall();
        let agreed = Agreed {
            by,
            at: now,
            files: loaded.meaning.clone(),
            typed: request.confirm.filter(|_| compiled.environment.type_name),
        };
        self.host.schedules().change(&loaded.name, |state| {
            state.on = Some(agreed);
            state.seen = now;
            state.asked = None;
        })?;
        self.timer.look();
        self.host.schedules_changed();
        self.schedule_get(GetSchedule {
            schedule: loaded.name,
            count: None,
        })
        .await
    }

    /// Switches a schedule off, on this computer. A run that goes on is left alone.
    pub async fn schedule_off(&self, request: ScheduleName) -> Result<ScheduleView, ApiError> {
        let loaded = self.load_schedule(&request.schedule)?;
        self.host.schedules().change(&loaded.name, |state| {
            state.on = None;
            state.asked = None;
        })?;
        self.timer.look();
        self.host.schedules_changed();
        self.schedule_get(GetSchedule {
            schedule: loaded.name,
            count: None,
        })
        .await
    }

    /// What the run of a schedule would change now: to try it, or for a time that was missed.
    pub async fn schedule_preview(&self, request: RunSchedule) -> Result<PreviewView, ApiError> {
        let loaded = self.load_schedule(&request.schedule)?;
        let due = if request.missed {
            Some(self.open_question(&loaded.name)?.due)
        } else {
            None
        };
        if loaded.is_broken() {
            return Err(ApiError::not_a_plan(&loaded.file, loaded.diagnostics));
        }
        let view = self.preview_make(loaded.asks_for()).await?;
        self.belongs_to(&view.preview.hash, loaded.occasion(due));
        Ok(view)
    }

    /// Leaves the times that were missed; the next one counts.
    pub async fn schedule_leave(&self, request: ScheduleName) -> Result<ScheduleView, ApiError> {
        let loaded = self.load_schedule(&request.schedule)?;
        self.open_question(&loaded.name)?;
        let (by, now) = (Self::who(), clock::wall());
        self.host.schedules().change(&loaded.name, |state| {
            if let Some(asked) = state.asked.take() {
                state.note(Handled {
                    due: asked.due,
                    at: now,
                    missed: asked.count.saturating_sub(1),
                    what: Became::Left { by },
                });
            }
        })?;
        self.host.schedules_changed();
        self.schedule_get(GetSchedule {
            schedule: loaded.name,
            count: None,
        })
        .await
    }

    /// What is asked about a schedule; an answer that became a run is settled first.
    fn open_question(&self, name: &str) -> Result<Question, ApiError> {
        self.host.schedules().state(name)?.asked.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                Code::new("POD0844"),
                format!("Nothing that `{name}` has missed waits for an answer."),
            )
            .with_hint("`podium schedules missed` lists what does; `podium schedules now` runs it all the same.")
            .into()
        })
    }

    /// A person is about to begin the run of a schedule: where it is for a time that was missed, the question
    /// knows its run from here on, so that it is answered once also if this process ends in between.
    pub(crate) fn answering(
        &self,
        schedule: Option<&Occasion>,
        run: &RunId,
    ) -> Result<(), ApiError> {
        let Some((occasion, due)) = schedule.and_then(|of| Some((of, of.due?))) else {
            return Ok(());
        };
        let taken = self.host.schedules().change(&occasion.schedule, |state| {
            let asked = state.asked.as_mut().filter(|asked| asked.due == due);
            match asked {
                Some(asked) => {
                    asked.run = Some(run.clone());
                    true
                }
                None => false,
            }
        })?;
        if taken {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            Code::new("POD0844"),
            format!(
                "What `{}` had missed does not wait for an answer any more. Nothing was begun.",
                occasion.schedule
            ),
        )
        .with_hint("Somebody has answered, or its next time has come. `podium schedules` shows what became of it.")
        .into())
    }

    /// What came of that. What cannot be noted here is found again by its run.
    pub(crate) fn answered(&self, schedule: Option<&Occasion>, run: &RunId, begun: bool) {
        let Some(occasion) = schedule else { return };
        let now = clock::wall();
        let noted = self.host.schedules().change(&occasion.schedule, |state| {
            if occasion.due.is_none() {
                if begun {
                    state.latest = Some(run.clone());
                }
                return;
            }
            let ours = |asked: &mut Question| asked.run.as_ref() == Some(run);
            if begun {
                if let Some(asked) = state.asked.take_if(ours) {
                    state.note(asked.became(run.clone(), now));
                }
            } else if let Some(asked) = state.asked.as_mut()
                && asked.run.as_ref() == Some(run)
            {
                asked.run = None;
            }
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "what became of a schedule's run could not be noted");
        }
        self.host.schedules_changed();
    }

    /// Settles a question whose answer became a run before the process that gave it ended.
    async fn settle_question(&self, name: &str, state: &mut State) -> Result<(), ApiError> {
        let Some(run) = state.asked.as_ref().and_then(|asked| asked.run.clone()) else {
            return Ok(());
        };
        let of = run.clone();
        if self
            .host
            .journal(move |journal| journal.run(&of))
            .await?
            .is_none()
        {
            return Ok(());
        }
        let now = clock::wall();
        *state = self.host.schedules().change(name, |state| {
            let ours = |asked: &mut Question| asked.run.as_ref() == Some(&run);
            if let Some(asked) = state.asked.take_if(ours) {
                state.note(asked.became(run.clone(), now));
            }
            state.clone()
        })?;
        Ok(())
    }

    /// Says that a preview is that of a schedule's run.
    fn belongs_to(&self, hash: &str, occasion: Occasion) {
        let mut previewed = self
            .previewed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(made) = previewed.get_mut(hash) {
            made.schedule = Some(occasion);
        }
    }

    /// Who begins what is due.
    fn watched(&self) -> Watched {
        if self.timer.watches() {
            Watched::Here
        } else if self.host.schedules().is_watched() {
            Watched::Elsewhere
        } else {
            Watched::Nobody
        }
    }

    async fn schedule_view(
        &self,
        loaded: &Loaded,
        state: &State,
        count: usize,
    ) -> Result<ScheduleView, ApiError> {
        let mut state = state.clone();
        self.settle_question(&loaded.name, &mut state).await?;
        let changed = loaded.changed_since(&state);
        let stands = match &state.on {
            _ if loaded.is_broken() => ScheduleState::Broken,
            _ if loaded.schedule.off => ScheduleState::OffInFile,
            None => ScheduleState::Off,
            Some(_) if !changed.is_empty() => ScheduleState::Changed,
            Some(_) => ScheduleState::On,
        };
        let from = clock::wall().max(if state.on.is_some() { state.seen } else { 0 });
        let upcoming = loaded.upcoming(from, count);
        let mut history = Vec::new();
        for handled in state.history.iter().rev() {
            let row = match &handled.what {
                Became::Begun { run } => {
                    let run = run.clone();
                    self.host.journal(move |journal| journal.run(&run)).await?
                }
                _ => None,
            };
            history.push(words::handled(loaded, handled, row.as_ref()));
            if history.len() >= count.max(IN_LIST) * 2 {
                break;
            }
        }
        let environment = loaded.environment.as_ref();
        Ok(ScheduleView {
            title: loaded.title().to_owned(),
            workflow: loaded.schedule.workflow.clone(),
            workflow_title: loaded.workflow_title.clone(),
            environment: loaded.schedule.environment.clone(),
            environment_title: environment.map_or_else(String::new, |view| view.title.clone()),
            inputs: loaded.inputs(),
            cron: loaded.schedule.cron.clone(),
            time_zone: loaded.schedule.time_zone.clone(),
            words: loaded
                .timetable
                .as_ref()
                .map(podium_calendar::Timetable::words)
                .unwrap_or_default(),
            missed: loaded.schedule.missed,
            missed_words: words::missed_rule(loaded.schedule.missed).to_owned(),
            state: stands,
            sentence: words::stands(stands, loaded, &state, &changed, upcoming.first()),
            promise: words::promise(loaded, upcoming.first()),
            fingerprint: loaded.fingerprint(),
            type_name: environment.is_some_and(|view| view.type_name),
            approval: environment.is_some_and(|view| view.approval),
            on_by: state.on.as_ref().map(|agreed| agreed.by.clone()),
            on_since: state.on.as_ref().map(|agreed| agreed.at),
            changed,
            upcoming,
            question: state
                .asked
                .as_ref()
                .map(|asked| words::question(loaded, asked)),
            history,
            diagnostics: loaded.diagnostics.clone(),
            name: loaded.name.clone(),
            file: loaded.file.clone(),
        })
    }
}

impl Loaded {
    /// What is asked for when its run is previewed.
    fn asks_for(&self) -> MakePreview {
        MakePreview {
            workflow: self.schedule.workflow.clone(),
            environment: self.schedule.environment.clone(),
            inputs: self.inputs(),
        }
    }

    /// What stands in the run about where it came from.
    fn occasion(&self, due: Option<i64>) -> Occasion {
        Occasion {
            schedule: self.name.clone(),
            title: self.title().to_owned(),
            due,
            due_there: due.map(|due| self.there(due)),
        }
    }
}
