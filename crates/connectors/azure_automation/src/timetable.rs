//! A schedule as a step wants it, and as Azure gives it: compared field by field, and put back at its next
//! moment.

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::config::{Run, Version};

/// A schedule that Azure would not take.
const NOT_TAKEN: Code = Code::new("POD0482");
/// How soon a schedule may begin at the earliest, in milliseconds.
const SOONEST: i64 = 5 * 60 * 1_000;
/// When a schedule runs next, as Azure tells it.
pub(crate) const NEXT: &str = "nextRun";

/// How often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Often {
    Once,
    Minute,
    Hour,
    #[default]
    Day,
    Week,
    Month,
}

impl Often {
    /// Azure's word.
    fn word(self) -> &'static str {
        match self {
            Self::Once => "OneTime",
            Self::Minute => "Minute",
            Self::Hour => "Hour",
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
        }
    }
}

/// The inputs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Timetable {
    pub(crate) account: String,
    pub(crate) runbook: String,
    pub(crate) schedule: String,
    pub(crate) start: String,
    pub(crate) ends: Option<String>,
    #[serde(default)]
    pub(crate) every: Often,
    pub(crate) interval: Option<u32>,
    #[serde(default)]
    pub(crate) week_days: Vec<String>,
    #[serde(default)]
    pub(crate) month_days: Vec<i64>,
    pub(crate) time_zone: Option<String>,
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) parameters: Map<String, Value>,
    #[serde(rename = "run_on")]
    pub(crate) workers: Option<String>,
    pub(crate) resource_group: Option<String>,
    pub(crate) subscription: Option<String>,
}

impl Timetable {
    /// What the schedule starts, as a run of it.
    pub(crate) fn run(&self) -> Run {
        Run {
            account: self.account.clone(),
            runbook: self.runbook.clone(),
            parameters: self.parameters.clone(),
            workers: self.workers.clone(),
            resource_group: self.resource_group.clone(),
            subscription: self.subscription.clone(),
            version: Version::Published,
            ..Run::default()
        }
    }

    /// The schedule as Azure takes it.
    pub(crate) fn wanted(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("startTime".into(), json!(self.start));
        facts.insert("frequency".into(), json!(self.every.word()));
        if self.every != Often::Once {
            facts.insert("interval".into(), json!(self.interval.unwrap_or(1)));
        }
        let words = self.description.as_deref().unwrap_or_default();
        facts.insert("description".into(), json!(words));
        facts.insert(
            "timeZone".into(),
            json!(self.time_zone.as_deref().unwrap_or("UTC")),
        );
        if let Some(ends) = &self.ends {
            facts.insert("expiryTime".into(), json!(ends));
        }
        let mut advanced = Map::new();
        if !self.week_days.is_empty() {
            advanced.insert("weekDays".into(), json!(self.week_days));
        }
        if !self.month_days.is_empty() {
            advanced.insert("monthDays".into(), json!(self.month_days));
        }
        if !advanced.is_empty() {
            facts.insert("advancedSchedule".into(), Value::Object(advanced));
        }
        facts
    }

    /// What the link hands to each run.
    pub(crate) fn link(&self) -> Value {
        json!({
            "parameters": self.run().sent(), "runOn": self.workers.as_deref().unwrap_or_default(),
        })
    }
}

/// What of a schedule is what somebody wrote.
pub(crate) fn kept(facts: &Value) -> Map<String, Value> {
    const WRITTEN: [&str; 9] = [
        "startTime",
        "expiryTime",
        "interval",
        "frequency",
        "timeZone",
        "description",
        "advancedSchedule",
        "isEnabled",
        // Where it would go on, when it is put back.
        NEXT,
    ];
    let all = facts.as_object().into_iter().flatten();
    all.filter(|(name, value)| WRITTEN.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// A schedule in a form that can be compared: moments as numbers, what was left out filled in.
fn plain(facts: &Map<String, Value>) -> Map<String, Value> {
    let get = |name: &str| facts.get(name).filter(|value| !value.is_null());
    let moment = |name: &str| {
        let text = get(name).and_then(Value::as_str)?;
        // The year 9999 is how Azure says never.
        let never = text.starts_with("9999");
        (!never).then(|| millis(text).map_or_else(|| json!(text), |millis| json!(millis)))
    };
    let list = |name: &str| {
        let list = get("advancedSchedule")
            .and_then(|advanced| advanced.get(name))
            .and_then(Value::as_array);
        let mut list: Vec<String> = list.into_iter().flatten().map(Value::to_string).collect();
        list.sort();
        list
    };
    let word = |name: &str, default: &str| {
        let text = get(name).and_then(Value::as_str).unwrap_or(default);
        json!(text.to_lowercase())
    };
    let mut plain = Map::new();
    plain.insert("startTime".into(), moment("startTime").into());
    plain.insert("expiryTime".into(), moment("expiryTime").into());
    plain.insert("frequency".into(), word("frequency", "OneTime"));
    let once = plain["frequency"] == "onetime";
    let interval = get("interval").filter(|_| !once).and_then(Value::as_i64);
    plain.insert("interval".into(), json!(interval.unwrap_or(1)));
    plain.insert("timeZone".into(), word("timeZone", "UTC"));
    let words = get("description").and_then(Value::as_str).unwrap_or("");
    plain.insert("description".into(), json!(words));
    plain.insert("weekDays".into(), json!(list("weekDays")));
    plain.insert("monthDays".into(), json!(list("monthDays")));
    let on = get("isEnabled").and_then(Value::as_bool).unwrap_or(true);
    plain.insert("isEnabled".into(), json!(on));
    plain
}

/// Names of the fields in which a schedule is not as wanted.
pub(crate) fn differences(wanted: &Map<String, Value>, now: &Map<String, Value>) -> Vec<String> {
    let (wanted, now) = (plain(wanted), plain(now));
    let differ = wanted
        .iter()
        .filter(|(name, value)| now.get(*name) != Some(value));
    differ.map(|(name, _)| name.clone()).collect()
}

pub(crate) fn millis(text: &str) -> Option<i64> {
    let moment: jiff::Timestamp = text.trim().parse().ok()?;
    Some(moment.as_millisecond())
}

/// Refuses a schedule that Azure would refuse: it must begin five minutes from now at the earliest.
pub(crate) fn soon_enough(facts: &Map<String, Value>, now: i64) -> Result<()> {
    let start = facts.get("startTime").and_then(Value::as_str);
    let begins = start.and_then(millis);
    if begins.is_none_or(|begins| begins >= now + SOONEST) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        NOT_TAKEN,
        format!(
            "The schedule would begin at {}, and Azure takes none that begins within the next five minutes or in the past.",
            start.unwrap_or_default()
        ),
    )
    .with_hint("Give a later moment as `start`; the time of day is what a daily schedule keeps.")
    .with_context("field", "/start"))
}

/// A schedule that is put back begins at its next moment, since Azure takes none that begins in the past;
/// nothing where it has had its only one.
pub(crate) fn later(facts: &Map<String, Value>, now: i64) -> Option<Map<String, Value>> {
    let mut facts = facts.clone();
    let next = facts.remove(NEXT);
    let moment = |value: Option<&Value>| value.and_then(Value::as_str).and_then(millis);
    let Some(start) = moment(facts.get("startTime")) else {
        return Some(facts);
    };
    if start >= now + SOONEST {
        return Some(facts);
    }
    // What Azure told as the next moment minds summer time; counting on from the first one does not.
    let start = moment(next.as_ref()).unwrap_or(start);
    let interval = facts
        .get("interval")
        .and_then(Value::as_i64)
        .unwrap_or(1)
        .max(1);
    let step = match facts.get("frequency").and_then(Value::as_str) {
        Some("Minute") => jiff::Span::new().try_minutes(interval),
        Some("Hour") => jiff::Span::new().try_hours(interval),
        Some("Day") => jiff::Span::new().try_days(interval),
        Some("Week") => jiff::Span::new().try_weeks(interval),
        Some("Month") => jiff::Span::new().try_months(interval),
        _ => return None,
    }
    .ok()?;
    let first = jiff::Timestamp::from_millisecond(start).ok()?;
    let first = first.to_zoned(jiff::tz::TimeZone::UTC);
    let mut times: i64 = 0;
    // From the first one each time, so that the 31st of a month does not become the 28th for ever.
    let next = loop {
        let next = first
            .checked_add(step.checked_mul(times).ok()?)
            .ok()?
            .timestamp();
        if next.as_millisecond() >= now + SOONEST {
            break next;
        }
        times += 1;
    };
    facts.insert("startTime".into(), json!(next.to_string()));
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_schedule_is_the_same_in_whatever_form_azure_gives_it() {
        let wanted = map(&json!({
            "startTime": "2026-03-01T23:00:00+01:00", "frequency": "Week", "interval": 1,
            "description": "", "timeZone": "Europe/Berlin", "advancedSchedule": { "weekDays": ["Monday", "Friday"] },
        }));
        let given = map(&json!({
            "startTime": "2026-03-01T22:00:00.0000000+00:00", "expiryTime": "9999-12-31T23:59:59.9999999+00:00",
            "frequency": "Week", "interval": 1, "description": null, "timeZone": "Europe/Berlin", "isEnabled": true,
            "advancedSchedule": { "weekDays": ["Friday", "Monday"], "monthDays": null, "monthlyOccurrences": null },
        }));
        assert_eq!(differences(&wanted, &given), Vec::<String>::new());
        let mut other = given.clone();
        other.insert("isEnabled".into(), json!(false));
        other.insert("interval".into(), json!(2));
        assert_eq!(differences(&wanted, &other), ["interval", "isEnabled"]);
    }

    #[test]
    fn a_schedule_that_is_put_back_begins_at_its_next_moment() {
        let now = millis("2026-05-10T12:00:00Z").unwrap();
        for (frequency, start, next) in [
            (
                "Day",
                "2026-01-02T22:00:00+01:00",
                Some("2026-05-10T21:00:00Z"),
            ),
            (
                "Month",
                "2026-01-31T10:00:00Z",
                Some("2026-05-31T10:00:00Z"),
            ),
            ("Hour", "2026-05-10T11:02:00Z", Some("2026-05-10T13:02:00Z")),
            ("OneTime", "2026-01-02T22:00:00Z", None),
            ("Day", "2027-01-02T22:00:00Z", Some("2027-01-02T22:00:00Z")),
        ] {
            let facts = map(&json!({
                "startTime": start, "frequency": frequency, "interval": 1, "timeZone": "Europe/Berlin",
            }));
            let later = later(&facts, now);
            let given = later
                .as_ref()
                .map(|facts| facts["startTime"].as_str().unwrap());
            assert_eq!(given, next, "{frequency}");
        }
        let summer = map(&json!({
            "startTime": "2026-01-02T22:00:00+01:00", "nextRun": "2026-05-10T22:00:00+02:00",
            "frequency": "Day", "interval": 1, "timeZone": "Europe/Berlin",
        }));
        let later = later(&summer, now).unwrap();
        assert_eq!(later["startTime"], "2026-05-10T20:00:00Z");
        assert!(!later.contains_key(NEXT));
    }
}
