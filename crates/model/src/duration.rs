//! Lengths of time as people write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A length of time; its text is a whole number and `ms`, `s`, `m` or `h`: `500ms`, `2s`, `2m`, `1h`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS,
)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Duration {
    /// Milliseconds.
    pub millis: u64,
}

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADuration {
    /// The text that was probably meant.
    pub meant: Option<String>,
}

impl fmt::Display for NotADuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a length of time is a whole number and `ms`, `s`, `m` or `h`, for example `90s`",
        )
    }
}

impl std::error::Error for NotADuration {}

/// The units, large first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The longest: about ten years, so that adding a few never overflows a clock.
const LONGEST: u64 = 10 * 366 * 24 * 3_600_000;

impl FromStr for Duration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let size = UNITS.iter().find(|(name, _)| *name == unit);
        let millis = size.and_then(|(_, size)| number.parse::<u64>().ok()?.checked_mul(*size));
        match millis {
            Some(millis) if millis <= LONGEST => Ok(Self { millis }),
            Some(_) => Err(NotADuration { meant: None }),
            None => Err(NotADuration {
                meant: meant(text).map(|millis| Self { millis }.to_string()),
            }),
        }
    }
}

/// What other ways of writing mean: `30`, `1m30s`, `1.5h`, `2 min`, `90 seconds`.
fn meant(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest.is_empty() || rest.len() > 40 {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().ok()?;
        rest = rest[end..].trim_start();
        let end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let size = match rest[..end].trim().to_lowercase().as_str() {
            "ms" | "milliseconds" | "millis" => 1.0,
            "" | "s" | "sec" | "secs" | "second" | "seconds" => 1e3,
            "m" | "min" | "mins" | "minute" | "minutes" => 6e4,
            "h" | "hr" | "hour" | "hours" => 3.6e6,
            "d" | "day" | "days" => 8.64e7,
            _ => return None,
        };
        total += number * size;
        rest = &rest[end..];
    }
    #[allow(clippy::cast_precision_loss)]
    let longest = LONGEST as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (total > 0.0 && total <= longest).then_some(total.round() as u64)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS
            .into_iter()
            .find(|(_, size)| self.millis > 0 && self.millis.is_multiple_of(*size))
            .unwrap_or(("ms", 1));
        write!(f, "{}{unit}", self.millis / size)
    }
}

impl TryFrom<String> for Duration {
    type Error = NotADuration;
    fn try_from(text: String) -> Result<Self, NotADuration> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        Self::from_millis(duration.millis)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]+(ms|s|m|h)$",
            "description": "A length of time: a whole number and `ms`, `s`, `m` or `h`.",
            "examples": ["500ms", "2s", "2m", "1h"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn a_length_of_time_has_one_text() {
        for (text, millis, written) in [
            ("500ms", 500, "500ms"),
            ("2s", 2_000, "2s"),
            ("90s", 90_000, "90s"),
            ("120s", 120_000, "2m"),
            ("1h", 3_600_000, "1h"),
            ("0s", 0, "0ms"),
        ] {
            let duration: Duration = text.parse().expect(text);
            assert_eq!(duration.millis, millis, "{text}");
            assert_eq!(duration.to_string(), written, "{text}");
            let json = serde_json::to_string(&duration).expect("a text");
            assert_eq!(json, format!("\"{written}\""));
            assert_eq!(
                serde_json::from_str::<Duration>(&json).expect("its own text"),
                duration
            );
        }
    }

    #[test]
    fn other_ways_of_writing_it_are_guessed() {
        for (text, meant) in [
            ("30", Some("30s")),
            ("1m30s", Some("90s")),
            ("1.5h", Some("90m")),
            ("2 min", Some("2m")),
            ("2d", Some("48h")),
            ("1.5s", Some("1500ms")),
            ("soon", None),
            ("-2s", None),
            ("", None),
            ("99999999999999999999h", None),
        ] {
            let wrong = text.parse::<Duration>().expect_err(text);
            assert_eq!(wrong.meant.as_deref(), meant, "{text}");
        }
    }
}
