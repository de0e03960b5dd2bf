//! `schedules/NAME.yaml`: a workflow that is due again and again.

use indexmap::IndexMap;
use podium_calendar::{Cron, Timetable, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::id::EnvironmentName;

/// A schedule, as written. What could not be read is empty, and a diagnostic says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Schedule {
    /// What people call it; the workflow's name where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The workflow that is run, by the name of its file.
    pub workflow: String,
    /// Where it is run, by the name of its file.
    pub environment: Option<EnvironmentName>,
    /// With what.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub inputs: IndexMap<String, Value>,
    /// When: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// On which clock, by its name in the IANA database, for example `Europe/Berlin`.
    pub time_zone: String,
    /// What is done about a time at which the computer slept or Podium was closed.
    #[serde(default)]
    pub missed: Missed,
    /// Nobody can switch it on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
    /// Keys that this version does not know, kept and shown neutral.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(type = "Record<string, any>")]
    pub unknown: IndexMap<String, Value>,
}

/// What is done about a time that was missed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// A person is asked.
    #[default]
    Ask,
    /// It is run as soon as that is possible: once, however many were missed.
    Run,
    /// Nothing; the next time counts.
    Skip,
}

impl Schedule {
    /// When it is due. `None` where expression or zone cannot be read.
    pub fn timetable(&self) -> Option<Timetable> {
        let cron = Cron::parse(&self.cron).ok()?;
        Some(Timetable::new(cron, Zone::named(&self.time_zone)?))
    }
}
