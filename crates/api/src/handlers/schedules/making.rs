//! Making a schedule: a file of the workspace, written once and the author's own from then on.

use std::fmt::Write as _;

use podium_diagnostics::Diagnostic;
use podium_model::Schedule;
use podium_model::parse::parse_schedule;
use podium_runtime::clock;
use serde_json::Value;

use super::reading::upcoming;
use crate::handlers::workspace::fresh_name;
use crate::types::{AskWhen, CreateSchedule, GetSchedule, ScheduleView, WhenView};
use crate::{ApiError, Podium};

/// So many of the next times show whether an expression is what was meant.
const SHOWN: usize = 3;

impl Podium {
    /// When a cron expression is due, before it stands in a file.
    pub async fn schedule_when(&self, request: AskWhen) -> Result<WhenView, ApiError> {
        let text = lines(&[
            ("workflow", Value::from("any")),
            ("environment", Value::from("any")),
            ("cron", Value::from(request.cron)),
            ("time_zone", Value::from(request.time_zone)),
        ]);
        let parsed = parse_schedule("", text.as_bytes());
        let table = parsed.value.as_ref().and_then(Schedule::timetable);
        let problem = |field: &str| {
            let mut about = parsed.diagnostics.iter().filter(|one| one.is_error());
            about
                .find(|one| one.address.field.as_deref() == Some(field))
                .map(in_words)
        };
        Ok(WhenView {
            words: table
                .as_ref()
                .map(podium_calendar::Timetable::words)
                .unwrap_or_default(),
            upcoming: table
                .map(|table| upcoming(&table, clock::wall(), SHOWN))
                .unwrap_or_default(),
            cron_problem: problem("/cron"),
            zone_problem: problem("/time_zone"),
        })
    }

    /// Makes a schedule, switched off. Nothing is written where something about it is wrong.
    pub async fn schedule_create(&self, request: CreateSchedule) -> Result<ScheduleView, ApiError> {
        let folder = self.host.folder();
        let title = request.title.trim();
        let called = if title.is_empty() {
            &request.workflow
        } else {
            title
        };
        let name = fresh_name(called, "schedule", &folder.schedules());
        let mut entries = vec![
            ("workflow", Value::from(request.workflow.as_str())),
            ("environment", Value::from(request.environment.as_str())),
            ("cron", Value::from(request.cron)),
            ("time_zone", Value::from(request.time_zone)),
            (
                "missed",
                serde_json::to_value(request.missed).unwrap_or_default(),
            ),
        ];
        if !title.is_empty() {
            entries.insert(0, ("title", Value::from(title)));
        }
        let mut text = lines(&entries);
        if !request.inputs.is_empty() {
            text.push_str("inputs:\n");
            for (name, value) in &request.inputs {
                let _ = writeln!(text, "  {}: {value}", Value::from(name.as_str()));
            }
        }
        let file = folder.schedule_file(&name);
        let parsed = parse_schedule(&file, text.as_bytes());
        if parsed.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(ApiError::not_a_plan(&file, parsed.diagnostics));
        }
        folder.write(&file, None, text.as_bytes())?;
        self.host.schedules_changed();
        self.schedule_get(GetSchedule {
            schedule: name,
            count: None,
        })
        .await
    }
}

/// A line for each; JSON is YAML.
fn lines(entries: &[(&str, Value)]) -> String {
    entries
        .iter()
        .fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name}: {value}");
            text
        })
}

fn in_words(problem: &Diagnostic) -> String {
    match &problem.hint {
        Some(hint) => format!("{} {hint}", problem.detail),
        None => problem.detail.clone(),
    }
}
