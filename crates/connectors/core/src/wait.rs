//! `wait/for` and `wait/until`: time passes, also across a restart.

use std::time::Duration;

use async_trait::async_trait;
use podium_connector::{
    Action, Change, Connector, Context, Identity, Manifest, Observed, Outcome, Problem, Progress,
    Simulator, StepPreview, StepRequest, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::place;
use crate::words::{self, NoSimulator};

/// A duration or a time that cannot be read.
const NO_TIME: Code = Code::new("POD0131");
/// How long one look at the clock lasts; a computer that slept is noticed after this time.
const SLICE: i64 = 5_000;

/// Waiting.
pub struct Wait {
    manifest: Manifest,
}

impl Wait {
    /// The connector.
    pub fn new() -> Self {
        Self {
            manifest: crate::manifest::wait(),
        }
    }

    /// When to go on, in milliseconds since 1970.
    fn deadline(now: i64, request: &StepRequest) -> Result<i64, String> {
        if let Some(text) = request.inputs.text("duration") {
            return parse_duration(text)
                .and_then(|millis| now.checked_add(millis).ok_or("it is too long"))
                .map_err(|why| format!("`{text}` is no duration: {why}"));
        }
        let text = request.inputs.text("time").unwrap_or_default();
        text.parse::<jiff::Timestamp>()
            .map(jiff::Timestamp::as_millisecond)
            .map_err(|_| {
                format!("`{text}` is no time with a zone, such as 2030-01-31T18:00:00+01:00")
            })
    }
}

impl Default for Wait {
    fn default() -> Self {
        Self::new()
    }
}

/// `1h30m`, `500ms`: milliseconds.
fn parse_duration(text: &str) -> Result<i64, &'static str> {
    let mut rest = text;
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let unit_end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let number: i64 = number.parse().map_err(|_| "a number is missing")?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err("the unit is ms, s, m, h or d"),
        };
        sum = number
            .checked_mul(millis)
            .and_then(|part| sum.checked_add(part))
            .ok_or("it is too long")?;
        rest = after;
    }
    if text.is_empty() {
        return Err("it is empty");
    }
    Ok(sum)
}

#[async_trait]
impl Connector for Wait {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn simulator(&self, _state: Option<&str>) -> Box<dyn Simulator> {
        Box::new(NoSimulator)
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        let field = if request.operation.operation() == "for" {
            "duration"
        } else {
            "time"
        };
        if request.inputs.get(field).is_none() {
            return Vec::new();
        }
        match Self::deadline(0, request) {
            Ok(_) => Vec::new(),
            Err(why) => vec![Problem {
                field: format!("/{field}"),
                message: format!("{why}."),
                hint: Some(match field {
                    "duration" => "Write it like 30s, 5m or 1h30m.".into(),
                    _ => "Write it like 2030-01-31T18:00:00Z.".into(),
                }),
                fatal: true,
            }],
        }
    }

    async fn identify(&self, _: &dyn Context, _: &StepRequest) -> Result<Option<Identity>> {
        Ok(None)
    }

    async fn preview(&self, _: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        let shown = words::shown(&request.inputs);
        let name = shown
            .get("duration")
            .or_else(|| shown.get("time"))
            .map(words::plain)
            .unwrap_or_default();
        let change = Change {
            action: Action::Run,
            kind: "wait".into(),
            name,
            before: Value::Null,
            after: Value::Null,
            stateful: false,
            confidence: None,
            because: None,
        };
        Ok(words::preview(
            &request.inputs,
            vec![change],
            words::nothing_to_undo(),
        ))
    }

    async fn prepare(
        &self,
        _: &dyn Context,
        _: &StepRequest,
        _: &StepPreview,
    ) -> Result<UndoRecord> {
        Ok(UndoRecord {
            undo: words::nothing_to_undo(),
            record: Value::Null,
        })
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        let file = cx.keep().join(format!("deadline-{}", request.attempt));
        let kept = request
            .resumed
            .then(|| std::fs::read_to_string(&file).ok()?.trim().parse().ok())
            .flatten();
        let deadline = if let Some(kept) = kept {
            kept
        } else {
            let deadline = Self::deadline(cx.now(), request).map_err(|why| {
                Error::new(ErrorKind::Invalid, NO_TIME, format!("{why}."))
                    .with_hint("Write durations like 1h30m and times like 2030-01-31T18:00:00Z.")
            })?;
            std::fs::write(&file, deadline.to_string())
                .map_err(|error| place::disk(&file, "written", &error))?;
            deadline
        };
        cx.progress(Progress {
            words: format!("Waiting until {}", words::rfc3339(deadline)),
            ..Progress::default()
        });
        loop {
            let left = deadline.saturating_sub(cx.now());
            if left <= 0 {
                return Ok(words::outcome(json!({ "at": words::rfc3339(deadline) })));
            }
            if cx.is_cancelled() {
                return Err(words::cancelled("The wait"));
            }
            let slice = u64::try_from(left.min(SLICE)).unwrap_or_default();
            cx.sleep(Duration::from_millis(slice)).await;
        }
    }

    async fn observe(&self, _: &dyn Context, _: &StepRequest) -> Result<Observed> {
        Ok(Observed::Adopt)
    }

    async fn preview_undo(
        &self,
        _: &dyn Context,
        _: &StepRequest,
        _: &UndoRecord,
    ) -> Result<StepPreview> {
        Ok(words::undoes_nothing())
    }

    async fn undo(&self, _: &dyn Context, _: &StepRequest, _: &UndoRecord) -> Result<Outcome> {
        Ok(Outcome::default())
    }
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn durations_read_in_all_units_and_not_without() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(millis), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "5x",
            "1.5h",
            "-5s",
            "99999999999999999999s",
            "9999999999999d",
            "5ß",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
