//! The lines of `terraform … -json`, read in one place.

use serde_json::{Map, Value};

/// One thing that the tool says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// Which version of Terraform it is; absent for OpenTofu.
    Version(String),
    /// It plans to do something.
    Planned(Deed),
    /// Something was changed outside.
    Drifted(Deed),
    /// It begins to do something.
    Began(Deed),
    /// It still does it; the message says how long.
    Goes(Deed),
    /// It has done it.
    Did(Deed),
    /// It could not do it.
    Failed(Deed),
    /// How many of what; at the end of a plan or an apply.
    Summary,
    /// Outputs: name → as told.
    Outputs(Map<String, Value>),
    /// An error or a warning.
    Diagnostic(Diagnostic),
    /// Anything else.
    Other,
}

/// An action on a resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Deed {
    /// Its address, for example `module.net.aws_vpc.main[0]`.
    pub(crate) address: String,
    /// Its type, for example `aws_vpc`.
    pub(crate) kind: String,
    /// `create`, `update`, `replace`, `delete`, `read`, `noop`, …
    pub(crate) action: String,
}

/// A diagnostic of the tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Diagnostic {
    /// Whether it is an error; else a warning.
    pub(crate) error: bool,
    /// One line.
    pub(crate) summary: String,
    /// The rest, with line breaks.
    pub(crate) detail: String,
    /// The resource it is about.
    pub(crate) address: Option<String>,
    /// File, line and column, from 1.
    pub(crate) place: Option<(String, u64, u64)>,
}

/// One line: what it means, its text for people, and its level.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) event: Event,
    pub(crate) text: String,
    pub(crate) level: String,
}

/// Reads a line; `None` where it is not of the stream.
pub(crate) fn read(line: &str) -> Option<Line> {
    let value: Value = serde_json::from_str(line).ok()?;
    let kind = value.get("type")?.as_str()?;
    let deed = |under: &str| deed(value.get(under));
    let event = match kind {
        "version" => Event::Version(text_of(&value, "terraform")),
        "planned_change" => Event::Planned(deed("change")),
        "resource_drift" => Event::Drifted(deed("change")),
        "apply_start" => Event::Began(deed("hook")),
        "apply_progress" | "provision_start" | "provision_progress" => Event::Goes(deed("hook")),
        "apply_complete" => Event::Did(deed("hook")),
        "apply_errored" => Event::Failed(deed("hook")),
        "change_summary" => Event::Summary,
        "outputs" => Event::Outputs(value.get("outputs")?.as_object()?.clone()),
        "diagnostic" => Event::Diagnostic(diagnostic(value.get("diagnostic")?)),
        _ => Event::Other,
    };
    let mut text = text_of(&value, "@message");
    if let Event::Diagnostic(diagnostic) = &event
        && !diagnostic.detail.is_empty()
    {
        text = format!("{text}: {}", diagnostic.detail.trim());
    }
    Some(Line {
        event,
        text,
        level: text_of(&value, "@level"),
    })
}

fn text_of(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn deed(change: Option<&Value>) -> Deed {
    let Some(change) = change else {
        return Deed::default();
    };
    let resource = change.get("resource").unwrap_or(&Value::Null);
    Deed {
        address: text_of(resource, "addr"),
        kind: text_of(resource, "resource_type"),
        action: text_of(change, "action"),
    }
}

fn diagnostic(value: &Value) -> Diagnostic {
    let place = value.get("range").and_then(|range| {
        let start = range.get("start")?;
        Some((
            range.get("filename")?.as_str()?.to_owned(),
            start.get("line")?.as_u64()?,
            start.get("column")?.as_u64()?,
        ))
    });
    Diagnostic {
        error: value.get("severity").and_then(Value::as_str) != Some("warning"),
        summary: text_of(value, "summary"),
        detail: text_of(value, "detail"),
        address: value
            .get("address")
            .and_then(Value::as_str)
            .map(str::to_owned),
        place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_failure_is_read_with_its_place() {
        let line = r#"{"@level":"error","@message":"Error: Invalid expression","@module":"terraform.ui","diagnostic":{"severity":"error","summary":"Invalid expression","detail":"Expected the start of an expression.","range":{"filename":"main.tf","start":{"line":2,"column":11,"byte":42},"end":{"line":3,"column":1,"byte":43}}},"type":"diagnostic"}"#;
        let line = read(line).expect("a line of the stream");
        let Event::Diagnostic(diagnostic) = line.event else {
            panic!("a diagnostic");
        };
        assert_eq!(diagnostic.place, Some(("main.tf".to_owned(), 2, 11)));
        assert_eq!(
            line.text,
            "Error: Invalid expression: Expected the start of an expression."
        );
    }

    #[test]
    fn what_is_no_json_or_no_event_is_told_apart() {
        assert_eq!(read("Terraform v1.5"), None);
        assert_eq!(read("{\"a\":1}"), None);
        let odd = read(r#"{"type":"something_new","@message":"x"}"#).expect("a line");
        assert_eq!(odd.event, Event::Other);
        let poor = read(r#"{"type":"apply_start"}"#).expect("a line");
        assert_eq!(poor.event, Event::Began(Deed::default()));
    }
}
