//! Who holds the journal, and what a process does that does not.
//!
//! One process holds it and drives the runs. Another one asks it through the [inbox](crate::inbox), reads
//! the events of a run that is driven there and passes them on to its own listeners, and takes the run up
//! where that process ends.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_engine::event::{RunEvent, WaitFor};
use podium_engine::{Command, Event, EventBody};
use podium_journal::Journal;
use podium_model::RunId;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock;
use crate::host::Host;
use crate::inbox::{Asked, Begin, Question, Request, Taken};

/// How often somebody looks for an answer, for events, for requests.
const ROUND: Duration = Duration::from_millis(60);
/// Every so many rounds it is looked whether the journal is free.
const OFTEN: u32 = 8;
/// So long a request may lie there untouched.
const UNTOUCHED: Duration = Duration::from_secs(45);
/// So long one that was taken up may go without an answer.
const UNANSWERED: Duration = Duration::from_secs(120);

/// Begins a run that another process asks for, with the checks that its own person would meet.
pub type Answerer =
    Arc<dyn Fn(Begin) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// What this process has to do with others.
#[derive(Default)]
pub(crate) struct Elsewhere {
    /// Runs that are driven by another process, and watched from here.
    followed: HashSet<RunId>,
    /// Runs that are driven here since another process asked.
    guests: HashSet<RunId>,
    /// Nothing more is taken up: this process is about to end.
    closed: bool,
    /// Requests that are being carried out.
    busy: usize,
}

/// What became of a request.
enum Told {
    /// The owner answered.
    Answered(Result<()>),
    /// This process holds the journal now, and nobody had taken up the request.
    Ours,
    /// This process holds the journal now; the one that ended had taken up the request.
    OursHalfDone,
    /// It was taken back in time.
    TakenBack,
}

impl Host {
    /// Whether this process holds the journal.
    pub fn can_write(&self) -> bool {
        self.shared.opened().can_write()
    }

    /// Whether this process holds the journal, now that it has tried to.
    pub async fn lead(&self) -> Result<bool> {
        if self.can_write() {
            return Ok(true);
        }
        let folder = self.home().journal();
        let opened = tokio::task::spawn_blocking(move || Journal::open(&folder))
            .await
            .map_err(|panic| {
                Error::new(
                    ErrorKind::Internal,
                    Code::new("POD0612"),
                    "The journal stopped unexpectedly.",
                )
                .with_source(panic)
            })?;
        match opened {
            Ok(journal) => {
                self.shared.reopened(journal);
                Ok(self.can_write())
            }
            Err(error) if error.kind == ErrorKind::Conflict => Ok(self.can_write()),
            Err(error) => Err(error),
        }
    }

    /// Asks the process that holds the journal to begin a run, and then watches it from here. `stop` takes
    /// the request back as long as nobody has taken it up. Gives whether it has begun; `None` where this
    /// process holds the journal by now and begins the run itself.
    pub async fn begin_elsewhere(
        &self,
        begin: Begin,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<bool>> {
        let run = begin.run.clone();
        // What the preview left goes with the run.
        self.shared.handovers.give(&begin.preview.hash, &run);
        let told = self
            .request(&run, Request::Begin(Box::new(begin)), Some(stop))
            .await;
        match told {
            Ok(Told::Answered(Ok(()))) => {
                self.follow(&run);
                Ok(Some(true))
            }
            // Begun twice it would be the same run, since its id is the same.
            Ok(Told::Ours | Told::OursHalfDone) => Ok(None),
            Ok(Told::TakenBack) => {
                self.shared.handovers.forget(&run);
                Ok(Some(false))
            }
            Ok(Told::Answered(Err(error))) | Err(error) => {
                if self.events(&run, 1).await?.is_empty() {
                    self.shared.handovers.forget(&run);
                }
                Err(error)
            }
        }
    }

    /// Asks for a run that nobody drives to be taken up; by this process where it holds the journal, else
    /// by the one that does, watched from here.
    pub async fn take_up_anywhere(&self, run: &RunId) -> Result<bool> {
        loop {
            if self.lead().await? {
                return self.resume_one(run).await;
            }
            let id = clock::fresh_run_id();
            let request = Request::TakeUp { run: run.clone() };
            match self.request(&id, request, None).await? {
                Told::Answered(result) => {
                    result?;
                    self.follow(run);
                    return Ok(true);
                }
                Told::Ours | Told::OursHalfDone | Told::TakenBack => {}
            }
        }
    }

    /// Tells a run that is driven elsewhere what a person says. `None` where this process holds the journal
    /// by now.
    pub(crate) async fn say_elsewhere(
        &self,
        run: &RunId,
        command: &Command,
    ) -> Result<Option<Result<()>>> {
        let question = Question::of(command).ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                Code::new("POD0706"),
                "This cannot be asked from outside.",
            )
        })?;
        let request = Request::Say {
            run: run.clone(),
            question,
        };
        Ok(
            match self.request(&clock::fresh_run_id(), request, None).await? {
                Told::Answered(result) => Some(result),
                Told::Ours | Told::TakenBack => None,
                Told::OursHalfDone => Some(Err(half_done())),
            },
        )
    }

    async fn request(
        &self,
        id: &RunId,
        request: Request,
        stop: Option<&watch::Receiver<bool>>,
    ) -> Result<Told> {
        let asked = self.shared.inbox.ask(id, &request)?;
        let since = Instant::now();
        let mut taken = None;
        let mut round = 0_u32;
        loop {
            if let Some(answer) = asked.answered() {
                return Ok(Told::Answered(answer));
            }
            if stop.is_some_and(|stop| *stop.borrow()) && asked.take_back() {
                return Ok(Told::TakenBack);
            }
            round = round.wrapping_add(1);
            if round.is_multiple_of(OFTEN) {
                if self.lead().await? {
                    return Ok(inherited(&asked));
                }
                if taken.is_none() && since.elapsed() > UNTOUCHED {
                    if asked.take_back() {
                        return Err(nobody_answers());
                    }
                    taken = Some(Instant::now());
                }
                if taken.is_some_and(|taken| taken.elapsed() > UNANSWERED) {
                    return Err(no_answer());
                }
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    /// Passes the events of a run that another process drives on to the listeners here, until it ends; where
    /// that process ends first, this one takes the run up.
    pub fn follow(&self, run: &RunId) {
        if self.drives(run) || !self.elsewhere().followed.insert(run.clone()) {
            return;
        }
        let (host, run) = (self.clone(), run.clone());
        tokio::spawn(async move {
            if let Err(error) = host.follow_to_the_end(&run).await {
                host.shared.trouble(&run, &error);
            }
            host.elsewhere().followed.remove(&run);
        });
    }

    /// Whether the run is driven elsewhere and watched from here.
    pub fn follows(&self, run: &RunId) -> bool {
        self.elsewhere().followed.contains(run)
    }

    async fn follow_to_the_end(&self, run: &RunId) -> Result<()> {
        let (mut seen, mut ended) = (0, false);
        let writer = self.journal(Journal::writer_number).await?;
        let mut round = 0_u32;
        loop {
            // In this order: what the owner wrote before it ended is read after it is known to have ended.
            round = round.wrapping_add(1);
            let looks = round.is_multiple_of(OFTEN);
            let ours = looks && self.lead().await?;
            let events = self.events(run, seen + 1).await?;
            if let Some(last) = events.last() {
                seen = last.seq;
                ended = rests(&events).unwrap_or(ended);
                self.shared.publish(events);
            }
            if ended && self.has_ended(run).await? {
                return Ok(());
            }
            if ours {
                self.elsewhere().followed.remove(run);
                return if self.resume_one(run).await? {
                    Ok(())
                } else {
                    Err(left_behind(run))
                };
            }
            if looks && self.journal(Journal::writer_number).await? != writer {
                // Somebody else holds the journal now; that one takes it up, or has.
                self.elsewhere().followed.remove(run);
                self.take_up_anywhere(run).await?;
                return Ok(());
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    async fn has_ended(&self, run: &RunId) -> Result<bool> {
        let run = run.clone();
        let state = self
            .journal(move |journal| Ok(journal.run(&run)?.map(|row| row.state)))
            .await?;
        Ok(state.is_some_and(|state| matches!(&*state, "succeeded" | "failed" | "cancelled")))
    }

    /// Answers other processes for as long as this one holds the journal. `window` says that this process
    /// stays: it also takes the journal over when it becomes free, and goes on with what was under way.
    pub fn answer_others(&self, begins: Answerer, window: bool) {
        let host = self.clone();
        tokio::spawn(async move {
            let mut round = 0_u32;
            loop {
                tokio::time::sleep(ROUND).await;
                round = round.wrapping_add(1);
                if !host.can_write() {
                    if window && round.is_multiple_of(OFTEN) && host.lead().await.unwrap_or(false) {
                        let _ = host.resume().await;
                    }
                    continue;
                }
                let taken = {
                    // Together: what is taken up is known to be under way.
                    let mut elsewhere = host.elsewhere();
                    if elsewhere.closed {
                        return;
                    }
                    let taken = host.shared.inbox.take();
                    elsewhere.busy += taken.len();
                    taken
                };
                for taken in taken {
                    let (host, begins) = (host.clone(), Arc::clone(&begins));
                    tokio::spawn(async move {
                        let id = taken.id().to_owned();
                        let result = host.carry_out(taken, &begins).await;
                        host.shared.inbox.answer(&id, result);
                        host.elsewhere().busy -= 1;
                    });
                }
            }
        });
    }

    async fn carry_out(&self, taken: Taken, begins: &Answerer) -> Result<()> {
        match taken.request? {
            Request::Begin(begin) => {
                let run = begin.run.clone();
                if self.events(&run, 1).await?.is_empty() {
                    begins(*begin).await?;
                } else {
                    // A process that has ended had begun it.
                    self.resume_one(&run).await?;
                }
                self.elsewhere().guests.insert(run);
                Ok(())
            }
            Request::TakeUp { run } => {
                if !self.drives(&run) {
                    self.elsewhere().guests.insert(run.clone());
                }
                self.resume_one(&run).await.map(drop)
            }
            // Said once: what a process did that has ended is not done again.
            Request::Say { .. } if taken.again => Err(half_done()),
            Request::Say { run, question } => {
                if !self.drives(&run) {
                    self.elsewhere().guests.insert(run.clone());
                }
                self.ask(&run, question.command()?).await
            }
        }
    }

    /// Takes up nothing more from others. Gives the runs that are under way here for them.
    pub async fn close_inbox(&self) -> Vec<RunId> {
        self.elsewhere().closed = true;
        while self.elsewhere().busy > 0 {
            tokio::time::sleep(ROUND).await;
        }
        let guests: Vec<RunId> = self.elsewhere().guests.iter().cloned().collect();
        let mut under_way = Vec::new();
        for run in guests {
            if self.moves(&run).await {
                under_way.push(run);
            }
        }
        under_way
    }

    /// Waits until these runs have ended or wait for a person.
    pub async fn see_out(&self, runs: &[RunId]) {
        for run in runs {
            while self.moves(run).await {
                tokio::time::sleep(ROUND).await;
            }
        }
    }

    /// Whether the run is driven here and neither ended nor waiting for a person.
    async fn moves(&self, run: &RunId) -> bool {
        if !self.drives(run) {
            return false;
        }
        let of = run.clone();
        let events = self
            .journal(move |journal| journal.events_without_log(&of, 1))
            .await;
        // What cannot be read cannot be waited for.
        events.is_ok_and(|events| rests(&events) != Some(true))
    }

    fn elsewhere(&self) -> std::sync::MutexGuard<'_, Elsewhere> {
        self.shared
            .elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The process that was asked has ended, and this one holds the journal.
fn inherited(asked: &Asked<'_>) -> Told {
    if asked.take_back() {
        return Told::Ours;
    }
    asked.answered().map_or(Told::OursHalfDone, Told::Answered)
}

/// Whether the run has ended or waits for a person, by the last event that says so.
fn rests(events: &[Event]) -> Option<bool> {
    events.iter().rev().find_map(|event| match &event.body {
        EventBody::Run(RunEvent::Waiting(waiting)) => Some(
            waiting
                .for_
                .iter()
                .any(|what| !matches!(what, WaitFor::Cancel { .. })),
        ),
        EventBody::Run(RunEvent::Succeeded(_) | RunEvent::Failed(_) | RunEvent::Cancelled(_)) => {
            Some(true)
        }
        EventBody::Run(_) => Some(false),
        EventBody::Step { .. } => None,
    })
}

fn nobody_answers() -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0722"),
        "Another Podium of yours holds the journal and takes up nothing. Nothing was begun.",
    )
    .with_hint("Wait until that command has ended, or close that window, and try again.")
}

fn no_answer() -> Error {
    Error::new(
        ErrorKind::TimedOut,
        Code::new("POD0707"),
        "The Podium that holds the journal has taken this up and does not answer.",
    )
    .with_hint("Look at `podium runs list` before you ask again; it may have been done.")
}

fn half_done() -> Error {
    Error::new(
        ErrorKind::Unknown,
        Code::new("POD0738"),
        "The Podium that was asked has ended before it answered; what you said may have been done.",
    )
    .with_hint("Look at the run with `podium runs show`, and say it again where it still waits.")
}

fn left_behind(run: &RunId) -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0720"),
        format!("The Podium that drove `{run}` has ended, and the run could not be taken up here."),
    )
    .with_hint(format!("Take it up with `podium runs resume {run}`."))
}
