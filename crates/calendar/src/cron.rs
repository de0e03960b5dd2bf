//! A cron expression of five fields.

use std::fmt;

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;

use crate::words;

/// A cron expression: minute, hour, day of the month, month, day of the week.
///
/// Names of months and days, `L` (last), `#` (the nth), `W` (the nearest working day), lists, ranges and steps
/// are understood, and the short forms `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Where both
/// a day of the month and a day of the week are given, either makes it due, as cron has always done it; `+`
/// before the day of the week asks for both.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    inner: croner::Cron,
}

/// Why a text is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronFault {
    /// It has not five fields.
    Fields {
        /// How many it has.
        found: usize,
    },
    /// One field cannot be read.
    Field {
        /// Which one, in words.
        name: &'static str,
        /// What stands there.
        text: String,
        /// What may stand there, in words.
        allowed: &'static str,
    },
    /// It can be read, and no day is like that, for example 30 February.
    Never,
    /// It is wrong as a whole.
    Other,
}

const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59, lists, ranges and steps such as `*/15`"),
    ("hour", "0 to 23, lists, ranges and steps such as `8-18/2`"),
    (
        "day of the month",
        "1 to 31, `L` for the last day, `15W` for the nearest working day",
    ),
    ("month", "1 to 12, or JAN to DEC"),
    (
        "day of the week",
        "0 to 7 (0 and 7 are Sunday), or MON to SUN; `MON#1` is the first Monday, `FRI#L` the last Friday",
    ),
];

const SHORT: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

impl Cron {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, CronFault> {
        let text = text.trim();
        let fields: Vec<&str> = text.split_whitespace().collect();
        let short = match fields.as_slice() {
            [one] => SHORT.iter().any(|known| known.eq_ignore_ascii_case(one)),
            _ => false,
        };
        if !short && fields.len() != 5 {
            return Err(CronFault::Fields {
                found: fields.len(),
            });
        }
        let written = if text.eq_ignore_ascii_case("@midnight") {
            "@daily"
        } else {
            text
        };
        let Some(inner) = read(written) else {
            return Err(which(&fields));
        };
        // One empty entry (`1,,2`) is passed over by the library; it is a slip all the same.
        if fields
            .iter()
            .any(|field| field.split(',').any(str::is_empty))
        {
            return Err(which_empty(&fields));
        }
        let cron = Self {
            text: fields.join(" "),
            inner,
        };
        let start = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
        if cron.next_on_the_wall(start, true).is_none() {
            return Err(CronFault::Never);
        }
        Ok(cron)
    }

    /// The expression as it was written, with single spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// In plain words, for example `each day at 02:00`.
    pub fn words(&self) -> String {
        words::of(&self.inner)
    }

    /// Whether it comes each hour of its days: such an expression goes by the time that passes, every other
    /// one by the clock on the wall.
    pub fn is_each_hour(&self) -> bool {
        self.inner.pattern.hours.values().len() == 24
    }

    /// The next time it names on a clock that is never put on or back.
    pub(crate) fn next_on_the_wall(&self, from: DateTime, inclusive: bool) -> Option<DateTime> {
        self.inner.find_next_occurrence(&from, inclusive).ok()
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl fmt::Display for CronFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields { found: 0 } => f.write_str("It is empty."),
            Self::Fields { found: 1 } => f.write_str("It has one field, and five are needed."),
            Self::Fields { found: 6 | 7 } => {
                f.write_str("It has more than five fields; seconds and years are not used here.")
            }
            Self::Fields { found } => write!(f, "It has {found} fields, and five are needed."),
            Self::Field {
                name,
                text,
                allowed,
            } => write!(f, "The {name} `{text}` cannot be read: {allowed}."),
            Self::Never => f.write_str("No day is ever like that, so it would never be due."),
            Self::Other => f.write_str("It cannot be read."),
        }
    }
}

impl std::error::Error for CronFault {}

fn read(text: &str) -> Option<croner::Cron> {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
        .parse(text)
        .ok()
}

/// The field that cannot be read: the one that is wrong also where all others are `*`.
fn which(fields: &[&str]) -> CronFault {
    (0..fields.len().min(5))
        .find(|place| {
            let alone: Vec<&str> = (0..5)
                .map(|at| if at == *place { fields[at] } else { "*" })
                .collect();
            read(&alone.join(" ")).is_none()
        })
        .map_or(CronFault::Other, |place| field(fields, place))
}

fn which_empty(fields: &[&str]) -> CronFault {
    fields
        .iter()
        .position(|field| field.split(',').any(str::is_empty))
        .map_or(CronFault::Other, |place| field(fields, place))
}

fn field(fields: &[&str], place: usize) -> CronFault {
    let (name, allowed) = FIELDS[place];
    CronFault::Field {
        name,
        text: fields[place].chars().take(40).collect(),
        allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        for (text, says) in [
            ("", "It is empty."),
            ("soon", "It has one field, and five are needed."),
            ("0 2 * *", "It has 4 fields, and five are needed."),
            (
                "0 0 2 * * *",
                "It has more than five fields; seconds and years are not used here.",
            ),
            (
                "0 25 * * *",
                "The hour `25` cannot be read: 0 to 23, lists, ranges and steps such as `8-18/2`.",
            ),
            ("0 2 * * MOON", "The day of the week `MOON` cannot be read"),
            ("0 2 * FEBR *", "The month `FEBR` cannot be read"),
            ("60 2 * * *", "The minute `60` cannot be read"),
            ("0 2 1,,2 * *", "The day of the month `1,,2` cannot be read"),
            ("ä 2 * * *", "The minute `ä` cannot be read"),
            (
                "0 0 30 2 *",
                "No day is ever like that, so it would never be due.",
            ),
        ] {
            let told = Cron::parse(text).unwrap_err().to_string();
            assert!(told.starts_with(says), "{text}: {told}");
        }
    }

    #[test]
    fn what_cron_knows_is_read() {
        for text in [
            "0 2 * * *",
            "*/15 8-18 * * MON-FRI",
            "0 6 L * *",
            "0 6 15W * *",
            "0 6 * * mon#1",
            "0 6 * * FRI#L",
            "0 0 1 JAN,JUL *",
            "0 0 29 2 *",
            "0 0 ? * 7",
            "0 0 13 * +FRI",
            "@daily",
            "@MIDNIGHT",
            "  0   2 * *\t* ",
        ] {
            assert!(Cron::parse(text).is_ok(), "{text}");
        }
        assert_eq!(
            Cron::parse("  0   2 * *\t* ").unwrap().as_str(),
            "0 2 * * *"
        );
        assert!(Cron::parse("30 * * * *").unwrap().is_each_hour());
        assert!(!Cron::parse("0 */2 * * *").unwrap().is_each_hour());
    }
}
