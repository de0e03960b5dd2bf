//! One step.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::reader::{Path, Reader, shorten};
use super::{BAD_OPERATION, WRONG_TYPE};
use crate::document::{Join, Need, OnError, RetryRule, Step, UndoStep, When};
use crate::id::{OperationName, StepId};
use crate::tree::{Entry, Kind, Node};

const KEYS: [&str; 16] = [
    "uses",
    "title",
    "with",
    "needs",
    "join",
    "if",
    "for_each",
    "max_parallel",
    "max_failures",
    "retry",
    "timeout",
    "on_error",
    "credentials",
    "off",
    "undo",
    "note",
];

const ON: [(&str, When); 3] = [
    ("success", When::Success),
    ("failure", When::Failure),
    ("always", When::Always),
];

/// `None` where nobody can tell which operation it is.
pub(super) fn step(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &Path<'_>,
    entry: &Entry,
) -> Option<Step> {
    let hint = "Write for example `uses: terraform/apply` under the step's id.";
    if node.kind == Kind::Null {
        reader.error(
            super::MISSING_KEY,
            "Something is missing",
            "The step is empty; it needs at least `uses`.",
            hint,
            path,
            &entry.key,
        );
        return None;
    }
    let fields = reader.fields(node, path, &KEYS, &["uses"], hint)?;
    let uses = fields
        .get("uses")
        .and_then(|node| uses(reader, node, &path.key("uses")));
    let text = |reader: &mut Reader<'_>, key: &str| {
        fields
            .get(key)
            .and_then(|node| reader.text(node, &path.key(key)))
            .unwrap_or_default()
    };
    let title = text(reader, "title");
    let remark = text(reader, "note");
    let with = with(reader, fields.get("with"), &path.key("with"));
    let needs = needs(reader, fields.get("needs"), &path.key("needs"));
    let join = fields
        .get("join")
        .and_then(|node| join(reader, node, &path.key("join")));
    let condition = fields
        .get("if")
        .and_then(|node| bare(reader, node, &path.key("if")));
    let for_each = fields
        .get("for_each")
        .and_then(|node| bare(reader, node, &path.key("for_each")));
    let max_parallel = fields
        .get("max_parallel")
        .and_then(|node| reader.count(node, &path.key("max_parallel"), 1));
    let max_failures = fields
        .get("max_failures")
        .and_then(|node| reader.count(node, &path.key("max_failures"), 0));
    let retry = fields
        .get("retry")
        .and_then(|node| retry(reader, node, &path.key("retry")));
    let timeout = fields.get("timeout").and_then(|node| {
        let path = path.key("timeout");
        reader
            .duration(node, &path)
            .filter(|time| positive(reader, time.millis, node, &path))
    });
    let on_error = fields.get("on_error").and_then(|node| {
        let words = [
            ("stop", OnError::Stop),
            ("continue", OnError::Continue),
            ("ask", OnError::Ask),
        ];
        reader.choice(node, &path.key("on_error"), &words)
    });
    let credentials = credentials(reader, fields.get("credentials"), &path.key("credentials"));
    let off = fields
        .get("off")
        .is_some_and(|node| reader.boolean(node, &path.key("off")));
    let undo = fields
        .get("undo")
        .map(|node| undo(reader, node, &path.key("undo")));
    Some(Step {
        uses: uses?,
        title,
        with,
        needs,
        join: join.unwrap_or_default(),
        condition,
        for_each,
        max_parallel,
        max_failures,
        retry,
        timeout,
        on_error: on_error.unwrap_or_default(),
        credentials,
        off,
        undo,
        note: remark,
        unknown: fields.unknown,
    })
}

fn uses(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<OperationName> {
    let text = reader.text(node, path)?;
    if let Ok(name) = text.parse() {
        return Some(name);
    }
    let lower = text.trim().to_lowercase().replace([' ', '_'], "-");
    let hint = match lower.parse::<OperationName>() {
        Ok(name) => format!("Write `{name}`."),
        Err(_) if text.contains(['.', ':']) => {
            "Put a `/` between the connector and the operation, for example `terraform/apply`."
                .to_owned()
        }
        Err(_) => "Write the connector, a `/` and the operation, for example `terraform/apply`."
            .to_owned(),
    };
    let detail = format!(
        "`{}` is not `connector/operation`, in small letters, digits and `-`.",
        shorten(&text)
    );
    reader.error(
        BAD_OPERATION,
        "Not the name of an operation",
        detail,
        hint,
        path,
        &reader.short(node),
    );
    None
}

fn with(reader: &mut Reader<'_>, node: Option<&Node>, path: &Path<'_>) -> Map<String, Value> {
    match node.map(|node| (node, node.to_value())) {
        None => Map::new(),
        Some((_, Value::Object(values))) => values,
        Some((node, _)) => {
            let hint = "Write each input under `with:` as `name: value`.";
            reader.wrong_type(node, path, "a map", hint);
            Map::new()
        }
    }
}

fn needs(reader: &mut Reader<'_>, node: Option<&Node>, path: &Path<'_>) -> Vec<Need> {
    let Some(node) = node else { return Vec::new() };
    let Kind::List(items) = &node.kind else {
        let hint = match &node.kind {
            Kind::Text(text) => format!("Write `needs: [{}]`.", shorten(text)),
            _ => {
                "Write for example `needs: [network]` or `needs: [{ step: network, on: failure }]`."
                    .to_owned()
            }
        };
        reader.wrong_type(node, path, "a list of steps", &hint);
        return Vec::new();
    };
    let mut needs = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let here = path.item(index);
        let need = match &item.kind {
            Kind::Text(_) => reader.name_value::<StepId>(item, &here).map(|step| Need {
                step,
                on: When::Success,
            }),
            Kind::Map(_) => {
                let hint = "Write `{ step: network, on: success }`; `on` may be left out.";
                reader
                    .fields(item, &here, &["step", "on"], &["step"], hint)
                    .and_then(|fields| {
                        let on = fields
                            .get("on")
                            .and_then(|node| reader.choice(node, &here.key("on"), &ON));
                        let step = fields.get("step")?;
                        let step = reader.name_value(step, &here.key("step"))?;
                        Some(Need {
                            step,
                            on: on.unwrap_or_default(),
                        })
                    })
            }
            _ => {
                let hint = "Write the id of a step, or `{ step: ID, on: failure }`.";
                reader.wrong_type(item, &here, "a step", hint);
                None
            }
        };
        needs.extend(need);
    }
    needs
}

fn join(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<Join> {
    match &node.kind {
        Kind::Number(_) => reader.count(node, path, 1).map(Join::AtLeast),
        Kind::Text(text) if text == "all" => Some(Join::All),
        Kind::Text(text) if text == "any" => Some(Join::Any),
        Kind::Text(text) => {
            reader.not_a_choice(node, path, text, ["all", "any", "2"].into_iter());
            None
        }
        _ => {
            let hint = "Write `all`, `any`, or how many of the needed steps are enough.";
            reader.wrong_type(node, path, "`all`, `any` or a number", hint);
            None
        }
    }
}

/// An expression without `${{ }}`. A list or a literal written as YAML means itself.
fn bare(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<String> {
    match &node.kind {
        Kind::Text(text) => {
            let trimmed = text.trim();
            let inner = trimmed
                .strip_prefix("${{")
                .and_then(|rest| rest.strip_suffix("}}"));
            if let Some(inner) = inner {
                reader.error(
                    WRONG_TYPE,
                    "The expression stands in `${{ }}`",
                    "This key holds an expression already; the signs around it do not belong here.",
                    format!("Write `{}`.", shorten(inner.trim())),
                    path,
                    &reader.short(node),
                );
                return None;
            }
            Some(text.clone())
        }
        Kind::Bool(_) | Kind::Number(_) | Kind::List(_) => Some(node.to_value().to_string()),
        _ => {
            let hint = "Write an expression, for example `inputs.size == 'large'`.";
            reader.wrong_type(node, path, "an expression", hint);
            None
        }
    }
}

fn retry(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Option<RetryRule> {
    let keys = ["attempts", "backoff", "factor", "max", "on"];
    let hint = "Write for example `{ attempts: 3, backoff: 2s }`.";
    let fields = reader.fields(node, path, &keys, &["attempts"], hint)?;
    let attempts = fields
        .get("attempts")
        .and_then(|node| reader.whole(node, &path.key("attempts"), 1, 1_000));
    let backoff = fields
        .get("backoff")
        .and_then(|node| reader.duration(node, &path.key("backoff")));
    let max = fields
        .get("max")
        .and_then(|node| reader.duration(node, &path.key("max")));
    let factor = fields.get("factor").and_then(|node| {
        let path = path.key("factor");
        let Kind::Number(number) = &node.kind else {
            reader.wrong_type(node, &path, "a number", "Write a number from 1 to 100.");
            return None;
        };
        let factor = number
            .as_f64()
            .filter(|factor| (1.0..=100.0).contains(factor));
        if factor.is_none() {
            reader.error(
                super::OUT_OF_RANGE,
                "The number is out of range",
                format!("`{number}` is not a number from 1 to 100."),
                "Write `1` for waits of equal length, `2` to double each.",
                &path,
                &node.bytes,
            );
        }
        factor
    });
    let mut on = Vec::new();
    if let Some(list) = fields.get("on") {
        let path = path.key("on");
        if let Kind::List(items) = &list.kind {
            for (index, item) in items.iter().enumerate() {
                on.extend(reader.text(item, &path.item(index)));
            }
        } else {
            let hint = "Write for example `[unreachable, throttled]`.";
            reader.wrong_type(list, &path, "a list", hint);
        }
    }
    Some(RetryRule {
        attempts: attempts.and_then(|n| u32::try_from(n).ok()).unwrap_or(2),
        backoff: backoff.unwrap_or_default(),
        factor: factor.unwrap_or(1.0),
        max,
        on,
    })
}

fn positive(reader: &mut Reader<'_>, millis: u64, node: &Node, path: &Path<'_>) -> bool {
    if millis == 0 {
        reader.error(
            super::OUT_OF_RANGE,
            "The number is out of range",
            "With no time at all the step can never end well.",
            "Write for example `2m`, or leave it out.",
            path,
            &node.bytes,
        );
    }
    millis > 0
}

fn credentials(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    path: &Path<'_>,
) -> IndexMap<String, String> {
    let Some(node) = node else {
        return IndexMap::new();
    };
    let Kind::Map(entries) = &node.kind else {
        let hint =
            "Write the operation's port and the workflow's slot, for example `{ aws: cloud }`.";
        reader.wrong_type(node, path, "a map", hint);
        return IndexMap::new();
    };
    entries
        .iter()
        .filter_map(|(port, entry)| {
            let slot = reader.text(&entry.value, &path.key(port))?;
            Some((port.clone(), slot))
        })
        .collect()
}

fn undo(reader: &mut Reader<'_>, node: &Node, path: &Path<'_>) -> Vec<UndoStep> {
    let one = |reader: &mut Reader<'_>, node: &Node, path: &Path<'_>| {
        let hint = "Write for example `{ uses: command/run, with: { program: cleanup } }`.";
        let fields = reader.fields(
            node,
            path,
            &["uses", "with", "credentials"],
            &["uses"],
            hint,
        )?;
        let uses = fields
            .get("uses")
            .and_then(|node| uses(reader, node, &path.key("uses")));
        let with = with(reader, fields.get("with"), &path.key("with"));
        let credentials = credentials(reader, fields.get("credentials"), &path.key("credentials"));
        Some(UndoStep {
            uses: uses?,
            with,
            credentials,
        })
    };
    match &node.kind {
        Kind::List(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| one(reader, item, &path.item(index)))
            .collect(),
        _ => one(reader, node, path).into_iter().collect(),
    }
}
