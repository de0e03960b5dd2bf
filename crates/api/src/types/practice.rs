//! The practice clouds of this computer.

use std::collections::BTreeMap;

use podium_connector::Mode;
use podium_diagnostics::Error;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A connector's practice cloud as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PracticeView {
    /// The connector.
    pub connector: String,
    /// What people call it.
    pub label: String,
    /// Always simulated; it is said on every line.
    pub mode: Mode,
    /// Whether it is asked by HTTP; another one plays a tool, and has no address and no weather.
    pub http: bool,
    /// Where it is served at this moment, by whichever process.
    pub addresses: Vec<String>,
    /// Where its state lies, once there is one.
    pub state: String,
    /// Whether there is one.
    pub begun: bool,
    /// The weather over it; empty where it is fair.
    pub weather: Vec<WeatherRule>,
    /// Why the weather cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub trouble: Option<Error>,
}

/// One rule of the weather.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WeatherRule {
    /// As it is written: `cut:POST @/stacks x2`.
    pub rule: String,
    /// How many calls it met.
    pub met: u32,
    /// How many it still meets; no end where absent.
    pub left: Option<u32>,
}

/// Serving simulators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServePractice {
    /// Whose; every one that is asked by HTTP where empty.
    #[serde(default)]
    pub connectors: Vec<String>,
    /// The port of the first; each one after has the next. Free ones where absent.
    #[serde(default)]
    #[ts(optional)]
    pub port: Option<u16>,
}

/// A simulator that is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServedPractice {
    /// The connector.
    pub connector: String,
    /// What people call it.
    pub label: String,
    /// Always simulated.
    pub mode: Mode,
    /// Its base address.
    pub address: String,
}

/// A call of a practice cloud past Podium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallPractice {
    /// The connector.
    pub connector: String,
    /// The method of HTTP.
    pub method: String,
    /// Path and query, as the vendor's interface has them.
    pub path: String,
    /// What is sent.
    #[serde(default)]
    #[ts(optional)]
    pub body: Option<String>,
    /// Its type; JSON where absent.
    #[serde(default)]
    #[ts(optional)]
    pub content_type: Option<String>,
}

/// What a practice cloud answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PracticeAnswer {
    /// Always simulated.
    pub mode: Mode,
    /// The status of HTTP.
    pub status: u16,
    /// Its text.
    pub body: String,
}

/// The weather over a practice cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SetWeather {
    /// The connector.
    pub connector: String,
    /// Its rules, in order, in place of those before; an empty list for fair weather. Where absent, the
    /// weather stays as it is and is only told.
    #[serde(default)]
    #[ts(optional)]
    pub rules: Option<Vec<String>>,
}

/// Practice clouds to begin anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ResetPractice {
    /// The connectors; all where empty.
    pub connectors: Vec<String>,
}

/// An invented identity to store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AddPractice {
    /// What it alone meets: rules of the weather.
    #[serde(default)]
    pub weather: Vec<String>,
    /// When it ends, in seconds from now; not at all where absent.
    #[serde(default)]
    #[ts(optional, type = "number")]
    pub ends_in_seconds: Option<i64>,
    /// Who it is there, by the words of its system: `cluster` → `shops-eu`.
    #[serde(default)]
    #[ts(optional, as = "Option<BTreeMap<String, String>>")]
    pub is: BTreeMap<String, String>,
}

/// An invented identity: practice clouds alone take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PracticeIdentity {
    /// What it alone meets: rules of the weather.
    pub weather: Vec<String>,
    /// When it ends, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ends: Option<String>,
    /// Who it is there, by the words of its system.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(optional, as = "Option<BTreeMap<String, String>>")]
    pub is: BTreeMap<String, String>,
}
