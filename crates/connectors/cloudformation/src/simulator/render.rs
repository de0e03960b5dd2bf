//! Replies as XML, in the vendor's shapes.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::state::{Change, Event, Stack};
use crate::template::Template;
use crate::xml::escape;

pub(super) fn reply(action: &str, result: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata></{action}Response>"
    )
}

pub(super) fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>",
        escape(message)
    )
}

/// Elements of names and texts; empty texts are left out.
pub(super) fn elements(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, text) in pairs.iter().filter(|(_, text)| !text.is_empty()) {
        let _ = write!(out, "<{name}>{}</{name}>", escape(text));
    }
    out
}

pub(super) fn list(name: &str, members: impl Iterator<Item = String>) -> String {
    let mut out = format!("<{name}>");
    for member in members {
        let _ = write!(out, "<member>{member}</member>");
    }
    let _ = write!(out, "</{name}>");
    out
}

pub(super) fn time(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map(|time| time.to_string())
        .unwrap_or_default()
}

pub(super) fn stack_xml(stack: &Stack) -> String {
    let hidden = Template::parse(stack.now.template.clone(), &stack.name).ok();
    let head = elements(&[
        ("StackId", &stack.id),
        ("StackName", &stack.name),
        ("StackStatus", &stack.status),
        ("StackStatusReason", &stack.reason),
        ("CreationTime", &time(stack.made_at)),
        ("LastUpdatedTime", &time(stack.changed_at)),
        (
            "EnableTerminationProtection",
            if stack.protected { "true" } else { "false" },
        ),
        ("RoleARN", stack.now.role.as_deref().unwrap_or_default()),
        (
            "ParentId",
            stack.inside.as_ref().map_or("", |inside| &inside.parent),
        ),
        (
            "RootId",
            stack.inside.as_ref().map_or("", |inside| &inside.root),
        ),
    ]);
    let parameters = stack.now.parameters.iter().map(|(name, value)| {
        let secret = hidden
            .as_ref()
            .is_some_and(|template| template.is_hidden(name));
        elements(&[
            ("ParameterKey", name),
            ("ParameterValue", if secret { "****" } else { value }),
        ])
    });
    let outputs = stack
        .now
        .outputs
        .iter()
        .map(|(name, value)| elements(&[("OutputKey", name), ("OutputValue", value)]));
    let tags = stack
        .now
        .tags
        .iter()
        .map(|(name, value)| elements(&[("Key", name), ("Value", value)]));
    let capabilities = stack.now.capabilities.iter().map(|one| escape(one));
    // A stack that is a name alone was never asked for anything.
    let done = stack.status != "REVIEW_IN_PROGRESS";
    format!(
        "{head}{}{}{}{}",
        list("Parameters", parameters.filter(|_| done)),
        list("Outputs", outputs),
        list("Tags", tags.filter(|_| done)),
        list("Capabilities", capabilities.filter(|_| done)),
    )
}

pub(super) fn event_xml(stack: &Stack, event: &Event) -> String {
    elements(&[
        ("StackId", &stack.id),
        ("StackName", &stack.name),
        ("EventId", &event.id),
        ("LogicalResourceId", &event.about),
        ("PhysicalResourceId", &event.physical),
        ("ResourceType", &event.kind),
        ("Timestamp", &time(event.at)),
        ("ResourceStatus", &event.status),
        ("ResourceStatusReason", &event.reason),
        ("ClientRequestToken", &event.token),
    ])
}

pub(super) fn change_xml(change: &Change, values: bool) -> String {
    let context = |value: &Value| {
        if !values || value.is_null() {
            return String::new();
        }
        json!({ "Properties": masked(value) }).to_string()
    };
    let head = elements(&[
        ("PolicyAction", &change.policy),
        ("Action", &change.action),
        ("LogicalResourceId", &change.id),
        ("PhysicalResourceId", &change.physical),
        ("ResourceType", &change.kind),
        ("Replacement", &change.replacement),
        ("ChangeSetId", change.set.as_deref().unwrap_or_default()),
        ("BeforeContext", &context(&change.before)),
        ("AfterContext", &context(&change.after)),
    ]);
    let details = change.details.iter().map(|(name, anew)| {
        let target = elements(&[
            ("Attribute", "Properties"),
            ("Name", name),
            ("RequiresRecreation", if *anew { "Always" } else { "Never" }),
        ]);
        format!("<Target>{target}</Target><Evaluation>Static</Evaluation><ChangeSource>DirectModification</ChangeSource>")
    });
    let scope = if details.len() == 0 {
        Vec::new()
    } else {
        vec!["Properties".to_owned()]
    };
    format!(
        "<Type>Resource</Type><ResourceChange>{head}{}{}</ResourceChange>",
        list("Scope", scope.into_iter()),
        list("Details", details)
    )
}

/// Fingerprints of secrets as the vendor shows secrets.
pub(super) fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("****") => Value::from("****"),
        Value::Array(list) => list.iter().map(masked).collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, inner)| (key.clone(), masked(inner)))
                .collect(),
        ),
        other => other.clone(),
    }
}

pub(super) fn drifts(stack: &Stack) -> String {
    let all = stack.resources.iter().map(|one| {
        let mut actual = one.properties.clone();
        for (name, value) in &one.changed {
            actual[name] = value.clone();
        }
        elements(&[
            ("StackId", &stack.id),
            ("LogicalResourceId", &one.id),
            ("PhysicalResourceId", &one.physical),
            ("ResourceType", &one.kind),
            (
                "StackResourceDriftStatus",
                if one.changed.is_empty() {
                    "IN_SYNC"
                } else {
                    "MODIFIED"
                },
            ),
            ("ExpectedProperties", &masked(&one.properties).to_string()),
            ("ActualProperties", &masked(&actual).to_string()),
            ("Timestamp", &time(one.at)),
        ])
    });
    list("StackResourceDrifts", all)
}
