//! Schedules: what is due again and again, and what became of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use podium_diagnostics::{Diagnostic, Error};
use podium_model::schedule::Missed;
use podium_model::{EnvironmentName, RunId};
use podium_projections::RunState;

/// The schedules of the workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SchedulesView {
    /// They, by name.
    pub schedules: Vec<ScheduleView>,
    /// Who begins what is due.
    pub watched: Watched,
    /// The same as a sentence; for example why nothing would begin now.
    pub sentence: String,
    /// Why nothing is known of what is switched on; none is begun then.
    pub problem: Option<Error>,
}

/// Who begins what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    /// This process.
    Here,
    /// Another process of this user: the window, or `podium schedules watch`.
    Elsewhere,
    /// Nobody: what becomes due is missed, and told when the window is opened again.
    Nobody,
}

/// A schedule, and what this computer knows of it. Times are milliseconds since 1970 (UTC).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ScheduleView {
    /// Its name in the workspace.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its file, relative to the workspace.
    pub file: String,
    /// The workflow that it runs.
    pub workflow: String,
    /// What people call that.
    pub workflow_title: String,
    /// Where it runs.
    pub environment: Option<EnvironmentName>,
    /// What people call that.
    pub environment_title: String,
    /// With what.
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// The cron expression.
    pub cron: String,
    /// The time zone.
    pub time_zone: String,
    /// When, in plain words: `each day at 02:00, Europe/Berlin`; empty where it cannot be read.
    pub words: String,
    /// What is done about a time that was missed.
    pub missed: Missed,
    /// The same as a sentence.
    pub missed_words: String,
    /// Where it stands.
    pub state: ScheduleState,
    /// Where it stands, as one or two sentences.
    pub sentence: String,
    /// What switching it on means, as sentences: what it does, when next, what the environment asks for.
    pub promise: Vec<String>,
    /// What a person agrees to who switches it on: goes back with `schedule.on`.
    pub fingerprint: String,
    /// Whether switching it on asks for the environment's name, typed.
    pub type_name: bool,
    /// Whether each run waits for a person's yes.
    pub approval: bool,
    /// Who switched it on; absent where it is off.
    pub on_by: Option<String>,
    /// When.
    #[ts(type = "number | null")]
    pub on_since: Option<i64>,
    /// The files that have changed since; it stands still until somebody looks at them and switches it on
    /// again.
    pub changed: Vec<String>,
    /// The next times, the nearest first: also while it is off, to look at.
    pub upcoming: Vec<DueView>,
    /// What a person is asked.
    pub question: Option<MissedView>,
    /// What became of the last due times, the newest first.
    pub history: Vec<HandledView>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleState {
    /// Nobody has switched it on, on this computer.
    Off,
    /// It runs when it is due.
    On,
    /// It was switched on and has changed since: it stands still until somebody agrees again.
    Changed,
    /// Its file says `off: true`.
    OffInFile,
    /// It cannot run: see what is wrong with it.
    Broken,
}

/// A time at which something is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DueView {
    /// The moment.
    #[ts(type = "number")]
    pub at: i64,
    /// The same on the clock of its time zone: `Sunday 2026-03-29 03:00 (+02:00)`.
    pub there: String,
    /// What summer time makes of it, as a sentence.
    pub note: Option<String>,
}

/// Due times that were missed, and of which a person decides: run it now, or leave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MissedView {
    /// The first of them.
    #[ts(type = "number")]
    pub first: i64,
    /// The last of them, which is the one that is run.
    #[ts(type = "number")]
    pub due: i64,
    /// The last one on the clock of its time zone.
    pub there: String,
    /// How many.
    pub count: u32,
    /// In words: `Missed at …, and 2 times before. Run it now, or leave it?`
    pub sentence: String,
}

/// A due time, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HandledView {
    /// When it was due.
    #[ts(type = "number")]
    pub due: i64,
    /// The same on the clock of its time zone.
    pub there: String,
    /// When that was decided.
    #[ts(type = "number")]
    pub at: i64,
    /// How many due times before it were missed and are told with it.
    pub missed: u32,
    /// What became of it.
    pub what: Outcome,
    /// In words.
    pub sentence: String,
    /// The run that was begun.
    pub run: Option<RunId>,
    /// Where that stands.
    pub run_state: Option<RunState>,
    /// Why nothing could be begun.
    pub error: Option<Error>,
}

/// What became of a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A run was begun.
    Begun,
    /// Nothing was begun, as it should be.
    Skipped,
    /// A person left it.
    Left,
    /// Nothing could be begun.
    Failed,
}

/// A schedule, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ScheduleName {
    /// Its name in the workspace.
    pub schedule: String,
}

/// A schedule with as many of its next times as are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GetSchedule {
    /// Its name in the workspace.
    pub schedule: String,
    /// How many of its next times; ten where absent, at most 366.
    #[serde(default)]
    #[ts(optional)]
    pub count: Option<u32>,
}

/// A cron expression that somebody thinks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AskWhen {
    /// The cron expression.
    pub cron: String,
    /// The time zone.
    pub time_zone: String,
}

/// When that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WhenView {
    /// In plain words; empty where it cannot be read.
    pub words: String,
    /// Its next times.
    pub upcoming: Vec<DueView>,
    /// What is wrong with the expression, as sentences.
    pub cron_problem: Option<String>,
    /// What is wrong with the time zone.
    pub zone_problem: Option<String>,
}

/// A schedule that is to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CreateSchedule {
    /// What people call it; the workflow's name where empty.
    #[serde(default)]
    pub title: String,
    /// The workflow that it runs.
    pub workflow: String,
    /// Where.
    pub environment: EnvironmentName,
    /// With what.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// The cron expression.
    pub cron: String,
    /// The time zone.
    pub time_zone: String,
    /// What is done about a time that was missed.
    #[serde(default)]
    pub missed: Missed,
}

/// A person switches a schedule on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SwitchOn {
    /// Its name in the workspace.
    pub schedule: String,
    /// The fingerprint of what they have seen.
    pub fingerprint: String,
    /// The environment's name, where it asks for that to be typed.
    #[serde(default)]
    #[ts(optional)]
    pub confirm: Option<String>,
}

/// The run of a schedule, before its time or after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunSchedule {
    /// Its name in the workspace.
    pub schedule: String,
    /// For the time that was missed and asked about; without it the run is one of its own, to try it.
    #[serde(default)]
    pub missed: bool,
}
