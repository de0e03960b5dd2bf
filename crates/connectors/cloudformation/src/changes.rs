//! Change sets: CloudFormation's own preview.

use std::collections::BTreeMap;
use std::time::Duration;

use podium_connector::{Action, Change, Confidence};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use crate::client::{Client, Does, pair};
use crate::config::{Desired, OnFailure};
use crate::errors::{CANCELLED, INVALID};
use crate::stack::Stack;
use crate::template::{Template, is_stateful};
use crate::xml::Node;

/// Waits between looks at a change set that is being worked out.
const LOOKS: [u64; 6] = [100, 200, 400, 800, 1_500, 2_500];
/// Longest time to work one out.
const LONGEST: i64 = 10 * 60 * 1000;

/// A change set that was made.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    /// The ARN of the change set.
    pub(crate) id: String,
    pub(crate) stack: String,
    pub(crate) stack_id: String,
    /// Whether making it made the stack's name too.
    pub(crate) made_stack: bool,
}

/// What became of a change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worked {
    Changes,
    Nothing,
}

/// What is there, and what shall be, for showing values.
pub(crate) struct Sides<'a> {
    pub(crate) before: Option<(&'a Template, BTreeMap<String, String>)>,
    pub(crate) after: (&'a Template, BTreeMap<String, String>),
}

impl Client<'_> {
    /// Makes a change set of this name. Where `again`, one of this name that is there is taken.
    pub(crate) async fn make_set(
        &self,
        desired: &Desired,
        existing: Option<&Stack>,
        name: &str,
        token: &str,
        does: Does,
    ) -> Result<Set> {
        let fresh = existing.is_none_or(Stack::is_review);
        let mut form = desired.form();
        form.push(pair("ChangeSetName", name));
        form.push(pair("ClientToken", token));
        form.push(pair(
            "ChangeSetType",
            if fresh { "CREATE" } else { "UPDATE" },
        ));
        if fresh && desired.on_failure == OnFailure::Delete {
            form.push(pair("OnStackFailure", "DELETE"));
        } else if desired.on_failure == OnFailure::Keep {
            form.push(pair("OnStackFailure", "DO_NOTHING"));
        }
        let reply = match self.ask("CreateChangeSet", &form, does).await? {
            Ok(reply) => reply,
            Err(refusal) if refusal.is_taken() => {
                let known = self.find_set(&desired.stack, name).await?;
                let Some(known) = known.filter(|_| does == Does::Keyed) else {
                    return Err(refusal.error("CreateChangeSet"));
                };
                return Ok(Set {
                    id: known.text("ChangeSetId").to_owned(),
                    stack: desired.stack.clone(),
                    stack_id: known.text("StackId").to_owned(),
                    made_stack: existing.is_none(),
                });
            }
            Err(refusal) => return Err(refusal.error("CreateChangeSet")),
        };
        Ok(Set {
            id: reply.text("Id").to_owned(),
            stack: desired.stack.clone(),
            stack_id: reply.text("StackId").to_owned(),
            made_stack: existing.is_none(),
        })
    }

    /// The change set of this name, first page; `None` where there is none.
    pub(crate) async fn find_set(&self, stack: &str, name: &str) -> Result<Option<Node>> {
        let form = vec![pair("StackName", stack), pair("ChangeSetName", name)];
        match self.ask("DescribeChangeSet", &form, Does::Look).await? {
            Ok(reply) => Ok(Some(reply)),
            Err(refusal) if refusal.is_missing() => Ok(None),
            Err(refusal) => Err(refusal.error("DescribeChangeSet")),
        }
    }

    /// Waits until CloudFormation has worked it out.
    pub(crate) async fn await_set(&self, set: &Set) -> Result<Worked> {
        let form = vec![
            pair("StackName", &set.stack),
            pair("ChangeSetName", &set.id),
        ];
        let begun = self.cx.now();
        for round in 0.. {
            let reply = self.call("DescribeChangeSet", &form, Does::Look).await?;
            let reason = reply.text("StatusReason");
            match reply.text("Status") {
                "CREATE_COMPLETE" => return Ok(Worked::Changes),
                "FAILED" if is_empty(reason) => return Ok(Worked::Nothing),
                "FAILED" => {
                    return Err(Error::new(
                        ErrorKind::Invalid,
                        INVALID,
                        format!("CloudFormation cannot work out the changes: {reason}"),
                    )
                    .with_hint("Correct the template or the parameters, then preview again."));
                }
                _ => {}
            }
            if self.cx.is_cancelled() {
                return Err(cancelled());
            }
            if self.cx.now() - begun > LONGEST {
                return Err(Error::new(
                    ErrorKind::TimedOut,
                    INVALID,
                    "CloudFormation has not worked out the changes within ten minutes.",
                )
                .with_hint("Try again; a macro in the template may hang."));
            }
            let wait = LOOKS[usize::min(round, LOOKS.len() - 1)];
            self.cx.sleep(Duration::from_millis(wait)).await;
        }
        unreachable!("the loop has no end of its own")
    }

    /// The changes, page by page.
    pub(crate) async fn read_set(&self, set: &Set, sides: &Sides<'_>) -> Result<Vec<Change>> {
        let form = vec![
            pair("StackName", &set.stack),
            pair("ChangeSetName", &set.id),
            pair("IncludePropertyValues", "true"),
        ];
        let pages = self.pages("DescribeChangeSet", &form).await?;
        Ok(pages
            .iter()
            .flat_map(|page| page.members("Changes"))
            .filter_map(|member| member.at("ResourceChange"))
            .map(|change| read_change(change, sides))
            .collect())
    }

    /// Takes a change set away again, and the stack's name where it came with it.
    pub(crate) async fn discard(&self, set: &Set, does: Does) -> Result<()> {
        let form = vec![
            pair("StackName", &set.stack),
            pair("ChangeSetName", &set.id),
        ];
        match self.ask("DeleteChangeSet", &form, does).await? {
            Ok(_) => {}
            Err(refusal) if refusal.is_missing() => {}
            Err(refusal) => return Err(refusal.error("DeleteChangeSet")),
        }
        if !set.made_stack {
            return Ok(());
        }
        // Only the empty name goes; had somebody executed a change set meanwhile, it stays.
        if let Some(stack) = self.stack(&set.stack_id).await?
            && stack.is_review()
        {
            let form = vec![pair("StackName", &set.stack_id)];
            self.call("DeleteStack", &form, does).await?;
        }
        Ok(())
    }
}

pub(crate) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, CANCELLED, "The step was cancelled.")
}

/// Whether a change set failed for want of changes.
fn is_empty(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("didn't contain changes")
        || reason.contains("did not contain changes")
        || reason.contains("no updates are to be performed")
}

fn read_change(change: &Node, sides: &Sides<'_>) -> Change {
    let id = change.text("LogicalResourceId");
    let kind = change.text("ResourceType").to_owned();
    let policy = change.text("PolicyAction");
    let mut confidence = None;
    let mut because = None;
    let action = match (change.text("Action"), change.text("Replacement")) {
        ("Add", _) => Action::Create,
        ("Remove", _) => {
            match policy {
                "Retain" => {
                    because = Some(
                        "It leaves the stack and stays in the account, by its deletion policy."
                            .to_owned(),
                    );
                }
                "Snapshot" => {
                    because = Some("A snapshot is taken first, by its deletion policy.".to_owned());
                }
                _ => {}
            }
            Action::Delete
        }
        ("Import", _) => {
            because = Some("It exists already and is taken into the stack.".to_owned());
            Action::Update
        }
        ("Dynamic", _) => {
            confidence = Some(Confidence::Unknown);
            because = Some("CloudFormation works it out while it runs.".to_owned());
            Action::Update
        }
        (_, "True") => {
            because = Some(replaced_because(change, "must be made anew"));
            Action::Replace
        }
        (_, "Conditional") => {
            confidence = Some(Confidence::Predicted);
            because = Some(replaced_because(change, "may have to be made anew"));
            Action::Replace
        }
        _ => Action::Update,
    };
    let (before, after) = values(change, id, action, sides);
    Change {
        action,
        name: id.to_owned(),
        stateful: is_stateful(&kind),
        kind,
        before,
        after,
        confidence,
        because,
    }
}

fn replaced_because(change: &Node, what: &str) -> String {
    let mut names: Vec<&str> = change
        .members("Details")
        .filter(|detail| detail.text("Target/RequiresRecreation") != "Never")
        .filter_map(|detail| detail.get("Target/Name"))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return format!("It {what}.");
    }
    format!("It {what}, since {} changes.", names.join(" and "))
}

/// Values before and after: as CloudFormation tells them, else as they follow from the templates.
fn values(change: &Node, id: &str, action: Action, sides: &Sides<'_>) -> (Value, Value) {
    let told = |context: &str| {
        let value: Value = serde_json::from_str(change.get(context)?).ok()?;
        Some(legible(value.get("Properties").cloned().unwrap_or(value)))
    };
    let worked = |side: Option<&(&Template, BTreeMap<String, String>)>| {
        side.map_or(Value::Null, |(template, values)| {
            template.properties(id, values)
        })
    };
    let before = match action {
        Action::Create => Value::Null,
        _ => told("BeforeContext").unwrap_or_else(|| worked(sides.before.as_ref())),
    };
    let after = match action {
        Action::Delete => Value::Null,
        _ => told("AfterContext").unwrap_or_else(|| worked(Some(&sides.after))),
    };
    let (Value::Object(mut old), Value::Object(mut new)) = (before.clone(), after.clone()) else {
        return (before, after);
    };
    // Of a change in place only what changes is of interest.
    let same: Vec<String> = old
        .iter()
        .filter(|(name, value)| new.get(*name) == Some(value))
        .map(|(n, _)| n.clone())
        .collect();
    for name in same {
        old.remove(&name);
        new.remove(&name);
    }
    mark_details(change, &mut old, &mut new);
    (Value::Object(old), Value::Object(new))
}

/// Names the properties that CloudFormation lists as changed where no value could be worked out.
fn mark_details(change: &Node, old: &mut Map<String, Value>, new: &mut Map<String, Value>) {
    for detail in change.members("Details") {
        let Some(name) = detail.get("Target/Name") else {
            continue;
        };
        if old.contains_key(name) || new.contains_key(name) {
            continue;
        }
        let value = |path: &str| detail.get(path).map(|text| legible(Value::from(text)));
        if let Some(value) = value("Target/BeforeValue") {
            old.insert(name.to_owned(), value);
        }
        let after = value("Target/AfterValue").unwrap_or_else(|| Value::from("(known later)"));
        new.insert(name.to_owned(), after);
    }
}

/// The vendor's marks in our words.
fn legible(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("{{changeSet:KNOWN_AFTER_APPLY}}") => {
            Value::from("(known later)")
        }
        Value::String(text) if text.len() >= 4 && text.bytes().all(|b| b == b'*') => {
            Value::from("(hidden)")
        }
        Value::Array(list) => Value::Array(list.into_iter().map(legible).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, inner)| (key, legible(inner)))
                .collect(),
        ),
        other => other,
    }
}
