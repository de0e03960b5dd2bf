//! Follows a far job to its end.

use std::time::Duration;

use async_trait::async_trait;
use podium_connector::{Context, LogLevel, LogLine, Progress};
use podium_diagnostics::{Code, Error, ErrorKind, Result};

const CANCELLED: Code = Code::new("POD0479");

/// What a system's word for the state of a job means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It goes on by itself.
    Running,
    /// It waits for a person at the far side.
    Waiting,
    /// It ended well.
    Done,
    /// It ended badly.
    Failed,
    /// It was stopped.
    Stopped,
    /// A word that the vendor's documents do not have: taken for running, and said in the log.
    Unrecognised,
}

impl Stage {
    /// Whether nothing more happens.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Stopped)
    }
}

/// A system's words for the states of a job.
#[derive(Clone, Copy, Debug)]
pub struct Stages(pub &'static [(&'static str, Stage)]);

impl Stages {
    /// What a word means, in capitals or not.
    pub fn of(&self, word: &str) -> Stage {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(word))
            .map_or(Stage::Unrecognised, |(_, stage)| *stage)
    }
}

/// One look at a far job.
#[derive(Clone, Debug)]
pub struct Look {
    /// What its state means.
    pub stage: Stage,
    /// The system's own word.
    pub status: String,
    /// What it does now, as a sentence in the present: `Deploying shop 1.4 to Production`.
    pub words: String,
    /// Parts done so far, of how many.
    pub done: Option<(u32, u32)>,
    /// Lines of its log that were not given before.
    pub lines: Vec<LogLine>,
}

/// A job at the far system.
#[async_trait]
pub trait Job: Send {
    /// Looks at it. What the connector wants to know at the end, it keeps itself.
    async fn look(&mut self) -> Result<Look>;

    /// Asks for it to be stopped. Called once at most.
    async fn stop(&mut self) -> Result<()>;
}

/// How often a job is looked at, and for how long the far system may be out of reach.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between the first looks.
    pub first: Duration,
    /// Between later ones; it grows by half each time.
    pub longest: Duration,
    /// A job goes on while the line is down: so long it is tried to reach it again.
    pub patience: Duration,
    /// So long it is waited for the job to stop after a cancel.
    pub grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(5),
            patience: Duration::from_secs(600),
            grace: Duration::from_secs(30),
        }
    }
}

/// Looks until the job has ended, tells what changed, and gives the last look, good or bad.
///
/// When the run is cancelled, [`Job::stop`] is called once and the job is followed to its end; a job that ends
/// well all the same is a success. A look that fails since the system cannot be reached, asks to slow
/// down or has a fault of its own is tried again for [`Pace::patience`].
///
/// Fails with [`ErrorKind::Cancelled`] (POD0479) where it was stopped because the run was cancelled, and
/// where it has not stopped within [`Pace::grace`]; then the connector's `cancelled` says what goes on.
pub async fn follow(cx: &dyn Context, pace: Pace, job: &mut dyn Job) -> Result<Look> {
    let mut wait = pace.first;
    let mut told = None;
    let mut odd: Option<String> = None;
    let mut stopping = None;
    let mut last_seen = cx.now();
    loop {
        if cx.is_cancelled() && stopping.is_none() {
            stopping = Some(cx.now());
            wait = pace.first;
            job.stop().await?;
        }
        match job.look().await {
            Ok(mut seen) => {
                last_seen = cx.now();
                for line in seen.lines.drain(..) {
                    cx.log(line);
                }
                if seen.stage == Stage::Unrecognised && odd.as_ref() != Some(&seen.status) {
                    odd = Some(seen.status.clone());
                    cx.log(LogLine {
                        level: LogLevel::Warning,
                        text: format!(
                            "`{}` is a state that Podium does not know; it is watched until it ends.",
                            seen.status
                        ),
                    });
                }
                let now = (seen.words.clone(), seen.status.clone(), seen.done);
                if told.as_ref() != Some(&now) {
                    cx.progress(Progress {
                        words: seen.words.clone(),
                        status: Some(seen.status.clone()),
                        done: seen.done,
                        ..Progress::default()
                    });
                    told = Some(now);
                    wait = pace.first;
                }
                if seen.stage == Stage::Stopped && stopping.is_some() {
                    return Err(Error::new(
                        ErrorKind::Cancelled,
                        CANCELLED,
                        format!("It was cancelled there: {}.", seen.status),
                    ));
                }
                if seen.stage.is_end() {
                    return Ok(seen);
                }
            }
            Err(error) if is_passing(&error) && within(cx, last_seen, pace.patience) => {
                cx.log(LogLine {
                    level: LogLevel::Warning,
                    text: format!(
                        "{} It is asked again; the job there goes on.",
                        error.message
                    ),
                });
            }
            Err(error) => return Err(error),
        }
        match stopping {
            Some(since) if !within(cx, since, pace.grace) => return Err(goes_on()),
            Some(_) => cx.pause(wait).await,
            None => cx.sleep(wait).await,
        }
        wait = (wait + wait / 2).min(pace.longest);
    }
}

fn goes_on() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        CANCELLED,
        "It was asked to stop there, and has not stopped yet.",
    )
}

fn is_passing(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Unreachable | ErrorKind::Throttled | ErrorKind::TimedOut
    ) || (error.kind == ErrorKind::Failed && error.retry != podium_diagnostics::Retry::Permanent)
}

fn within(cx: &dyn Context, since: i64, patience: Duration) -> bool {
    let passed = u128::try_from(cx.now().saturating_sub(since)).unwrap_or(0);
    passed < patience.as_millis()
}
