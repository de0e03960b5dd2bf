//! `environments/NAME.yaml`: where a workflow runs, and with what.

use indexmap::IndexMap;
use podium_calendar::Zone;
use podium_calendar::window::{self, Day, Hours, Minute, Moment, Rules, When};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::id::CredentialName;

/// An environment, as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Environment {
    /// Its place in the row, small first.
    #[serde(default)]
    pub order: i64,
    /// What people call it; the file's name where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// `environment.vars.NAME` in expressions.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub vars: IndexMap<String, Value>,
    /// Slot of the workflow → name of a stored credential.
    #[serde(default)]
    #[ts(as = "std::collections::HashMap<String, CredentialName>")]
    pub credentials: IndexMap<String, CredentialName>,
    /// Slot of the workflow → who its credential must turn out to be, before anything is written with it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(as = "std::collections::HashMap<String, Expectation>")]
    pub expect: IndexMap<String, Expectation>,
    /// What must hold before anything is written here.
    #[serde(default)]
    pub protect: Protection,
    /// Simulators stand in for every far system; every step says Simulated.
    #[serde(default)]
    pub practice: bool,
    /// Keys that this version does not know, kept and shown neutral.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[ts(type = "Record<string, any>")]
    pub unknown: IndexMap<String, Value>,
}

/// Who a credential must turn out to be: the system's word (`cluster`, `account`, `user`) → what it may be.
/// `account` stands for whatever the system calls it.
pub type Expectation = IndexMap<String, Vec<String>>;

/// What must hold before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Protection {
    /// A person approves the preview first.
    #[serde(default)]
    pub approval: bool,
    /// How the person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub confirm: Option<Confirm>,
    /// Nothing is ever written here.
    #[serde(default)]
    pub read_only: bool,
    /// The clock that `window` and `freeze` mean: an IANA name, for example `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub time_zone: Option<String>,
    /// Runs begin within one of these, and at no other time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Window>>")]
    pub window: Vec<Window>,
    /// No run begins in one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Freeze>>")]
    pub freeze: Vec<Freeze>,
    /// Whether a person may begin a run outside the window, or in a freeze, with a reason. Taking a run back
    /// is possible with a reason in any case.
    #[serde(
        default,
        rename = "override",
        skip_serializing_if = "std::ops::Not::not"
    )]
    #[ts(optional, rename = "override", as = "Option<bool>")]
    pub may_override: bool,
}

/// Hours in which runs may begin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Window {
    /// The days on which they begin: `monday`, `mon`, `mon-thu`; each day where absent.
    #[serde(default)]
    pub days: Vec<String>,
    /// When they begin: `09:00`; the beginning of the day where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from: Option<String>,
    /// When they end: `17:00`; the end of the day where absent, the next day where it is not after `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub to: Option<String>,
}

/// A time in which no run may begin: some days of each week, or once from a date to a date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Freeze {
    /// The days of each week; absent where it is a time of the calendar.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub days: Vec<String>,
    /// With `days` a time of the day (`12:00`), else a date (`2026-12-20`, `2026-12-20 18:00`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from: Option<String>,
    /// With `days` a time of the day, else a date; that day belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub to: Option<String>,
    /// Why, for whoever is stopped by it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[ts(optional, as = "Option<String>")]
    pub because: String,
}

impl Protection {
    /// When runs may begin; `None` where that is at any time.
    pub fn rules(&self) -> Option<Rules> {
        if self.window.is_empty() && self.freeze.is_empty() {
            return None;
        }
        let zone = self.time_zone.as_deref().map(Zone::named);
        let read = || {
            Some(Rules {
                zone: zone.clone().flatten()?,
                windows: self
                    .window
                    .iter()
                    .map(Window::hours)
                    .collect::<Option<_>>()?,
                freezes: self
                    .freeze
                    .iter()
                    .map(Freeze::rule)
                    .collect::<Option<_>>()?,
            })
        };
        // What was meant to protect must not become no protection.
        Some(read().unwrap_or_else(|| Rules {
            zone: zone.clone().flatten().unwrap_or_else(Zone::utc),
            windows: Vec::new(),
            freezes: vec![window::Freeze {
                when: When::Weekly(Hours {
                    days: Day::all(),
                    from: Minute::START,
                    to: Minute::END,
                }),
                because: String::from("`window` or `freeze` cannot be read"),
            }],
        }))
    }
}

impl Window {
    fn hours(&self) -> Option<Hours> {
        hours(&self.days, self.from.as_deref(), self.to.as_deref())
    }
}

impl Freeze {
    fn rule(&self) -> Option<window::Freeze> {
        let when = if self.days.is_empty() {
            let from = Moment::parse(self.from.as_deref()?)?;
            let to = match self.to.as_deref() {
                Some(to) => Moment::parse(to)?,
                None => from,
            };
            When::Once { from, to }
        } else {
            When::Weekly(hours(&self.days, self.from.as_deref(), self.to.as_deref())?)
        };
        Some(window::Freeze {
            when,
            because: self.because.clone(),
        })
    }
}

fn hours(days: &[String], from: Option<&str>, to: Option<&str>) -> Option<Hours> {
    let named: Vec<Vec<Day>> = days
        .iter()
        .map(|text| Day::parse(text))
        .collect::<Option<_>>()?;
    Some(Hours {
        days: if named.is_empty() {
            Day::all()
        } else {
            named.concat()
        },
        from: from.map_or(Some(Minute::START), Minute::parse)?,
        to: to.map_or(Some(Minute::END), Minute::parse)?,
    })
}

/// How a person confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// By typing the environment's name.
    TypeName,
}
