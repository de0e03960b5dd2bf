//! Inputs as typed, and the names by which a run is known again.

use std::fmt::Write as _;

use podium_connector::{Inputs, Problem, StepRequest};
use podium_diagnostics::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Which text of a runbook runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Version {
    #[default]
    Published,
    Draft,
}

/// What happens when the job is suspended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Suspended {
    /// Somebody resumes or stops it there.
    #[default]
    Wait,
    /// It is resumed from here, once.
    Resume,
    /// It is stopped, and the step fails.
    Stop,
}

/// What records of the Error stream mean for a job that ends well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Errors {
    #[default]
    Warn,
    Fail,
}

/// The inputs of `azure-automation/run-runbook`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Run {
    pub(crate) account: String,
    pub(crate) runbook: String,
    #[serde(default)]
    pub(crate) parameters: Map<String, Value>,
    #[serde(rename = "run_on")]
    pub(crate) workers: Option<String>,
    pub(crate) resource_group: Option<String>,
    pub(crate) subscription: Option<String>,
    #[serde(default)]
    pub(crate) version: Version,
    #[serde(default)]
    pub(crate) suspended: Suspended,
    #[serde(default)]
    pub(crate) errors: Errors,
    pub(crate) undo_runbook: Option<String>,
    #[serde(default)]
    pub(crate) undo_parameters: Map<String, Value>,
}

impl Run {
    /// The parameters as they are sent: texts, as Azure takes them.
    pub(crate) fn sent(&self) -> Map<String, Value> {
        self.parameters
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), Value::String(plain(value))))
            .collect()
    }

    /// The run that takes it back: the published text of the other runbook, in the same account.
    pub(crate) fn reverse(&self) -> Option<Self> {
        Some(Self {
            runbook: self.undo_runbook.clone()?,
            parameters: self.undo_parameters.clone(),
            version: Version::Published,
            undo_runbook: None,
            undo_parameters: Map::new(),
            ..self.clone()
        })
    }
}

/// Reads inputs that passed the schema.
pub(crate) fn read(inputs: &Inputs) -> Result<Run> {
    inputs.read()
}

/// The id of a job, worked out of the step's key: the same key gives the same job (RFC 9562, version 8).
pub(crate) fn job_id(key: &str) -> String {
    let mut bytes: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut hex = String::new();
    for byte in &bytes[..16] {
        let _ = write!(hex, "{byte:02x}");
    }
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// A value as a runbook takes it: a text as it is, everything else as JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is wrong with the inputs beyond their schema.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let inputs = &request.inputs;
    let mut problems = Vec::new();
    let mut add = |field: String, message: String, hint: &str, fatal| {
        problems.push(Problem {
            field,
            message,
            hint: Some(hint.into()),
            fatal,
        });
    };
    for field in [
        "account",
        "runbook",
        "undo_runbook",
        "resource_group",
        "schedule",
        "webhook",
    ] {
        if inputs
            .text(field)
            .is_some_and(|name| name.trim().is_empty() || name.contains('/'))
        {
            add(
                format!("/{field}"),
                "The name is empty, or holds a slash.".into(),
                "Give the name alone, as the portal shows it.",
                true,
            );
        }
    }
    for (field, message, hint) in schedule_problems(inputs) {
        add(field.into(), message, hint, true);
    }
    let map = |field: &str| inputs.get(field).and_then(Value::as_object);
    if inputs.get("undo_runbook").is_none()
        && !inputs.is_unknown_in(&["/undo_runbook"])
        && map("undo_parameters").is_some_and(|map| !map.is_empty())
    {
        add(
            "/undo_parameters".into(),
            "There are parameters for the undo, and no runbook that undoes.".into(),
            "Name it as `undo_runbook`, or remove the parameters.",
            true,
        );
    }
    for field in ["parameters", "undo_parameters"] {
        for name in map(field).into_iter().flat_map(Map::keys) {
            let small = name.to_lowercase();
            if ["password", "secret", "token", "apikey", "api_key"]
                .iter()
                .any(|word| small.contains(word))
            {
                add(
                    format!("/{field}/{}", name.replace('~', "~0").replace('/', "~1")),
                    format!(
                        "Azure keeps the parameter `{name}` with the job, where everybody who may look at jobs can read it."
                    ),
                    "Pass the name of a credential or of an encrypted variable of the automation account, and read it in the runbook.",
                    false,
                );
            }
        }
    }
    problems
}

/// What is wrong with a schedule: field, message, what to do.
fn schedule_problems(inputs: &Inputs) -> Vec<(&'static str, String, &'static str)> {
    let mut problems = Vec::new();
    let mut moments = Vec::new();
    for (field, pointer) in [("start", "/start"), ("ends", "/ends")] {
        let Some(text) = inputs.text(field) else {
            continue;
        };
        match text.trim().parse::<jiff::Timestamp>() {
            Ok(moment) => moments.push(moment),
            Err(_) => problems.push((
                pointer,
                format!("`{text}` is no moment with an offset."),
                "Write it as `2026-03-01T22:00:00+01:00`.",
            )),
        }
    }
    if let [start, ends] = moments.as_slice()
        && ends <= start
    {
        let message = "The schedule ends before it begins.".to_owned();
        problems.push(("/ends", message, "Give a later moment, or none."));
    }
    let has = |field: &str| {
        let list = inputs.get(field).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    };
    let every = inputs.text("every").unwrap_or("day");
    for (field, pointer, of) in [
        ("week_days", "/week_days", "week"),
        ("month_days", "/month_days", "month"),
    ] {
        if has(field) && every != of {
            problems.push((
                pointer,
                format!("These days count only every {of}."),
                "Set `every` accordingly, or remove them.",
            ));
        }
    }
    let days = inputs.get("month_days").and_then(Value::as_array);
    if days.into_iter().flatten().any(|day| day == 0) {
        let message = "No month has a day 0.".to_owned();
        problems.push((
            "/month_days",
            message,
            "Give 1 to 31, or -1 for the last one.",
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_gives_one_job_and_another_key_another() {
        let id = job_id("podium-run-test-step-1");
        assert_eq!(id, job_id("podium-run-test-step-1"));
        assert_ne!(id, job_id("podium-run-test-step-2"));
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "8");
    }
}
