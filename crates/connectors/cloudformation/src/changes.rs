//! Change sets: CloudFormation's own preview.

use std::collections::BTreeMap;
use std::time::Duration;

use podium_connector::{Action, Change, Confidence};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use crate::client::{Client, Does, Form, pair};
use crate::config::{Desired, OnFailure};
use crate::errors::{BUCKET, CANCELLED, INVALID};
use crate::parcel::Parcel;
use crate::stack::Stack;
use crate::template::{DEPTH, NESTED, Template, is_stateful};
use crate::xml::Node;

/// Waits between looks at a change set that is being worked out.
const LOOKS: [u64; 6] = [100, 200, 400, 800, 1_500, 2_500];
/// Longest time to work one out.
const LONGEST: i64 = 10 * 60 * 1000;

/// Times that a template is put anew which somebody else took away.
const ANEW: usize = 4;

/// A change set that was made.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    /// The ARN of the change set.
    pub(crate) id: String,
    pub(crate) stack: String,
    pub(crate) stack_id: String,
    /// Whether making it made the stack's name too.
    pub(crate) made_stack: bool,
    /// Whether it stands at the head of change sets of nested stacks.
    pub(crate) nested: bool,
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
    /// Makes a change set of this name. A run takes one of this name that is there. A long template is in
    /// the parcel; where somebody else took that away meanwhile, it is put anew.
    pub(crate) async fn make_set(
        &self,
        desired: &Desired,
        existing: Option<&Stack>,
        name: &str,
        token: &str,
        parcel: &mut Option<Parcel>,
        does: Does,
    ) -> Result<Set> {
        for _ in 0..ANEW {
            let address = parcel
                .as_ref()
                .map(|parcel| self.template_url(&parcel.spot));
            let form = set_form(desired, existing, name, token, address.as_deref());
            let refusal = match self.ask("CreateChangeSet", &form, does).await? {
                Ok(reply) => return Ok(made(&reply, "Id", desired, existing)),
                Err(refusal) => refusal,
            };
            if refusal.is_taken() {
                let known = self.find_set(&desired.stack, name).await?;
                return match known.filter(|_| does == Does::Keyed) {
                    Some(known) => Ok(made(&known, "ChangeSetId", desired, existing)),
                    None => Err(refusal.error("CreateChangeSet")),
                };
            }
            match parcel {
                Some(borrowed) if self.vanished(borrowed).await => {
                    *parcel = self.place(desired, name, does).await?;
                }
                _ => return Err(refusal.error("CreateChangeSet")),
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            BUCKET,
            "The template was taken out of the bucket again and again before CloudFormation read it.",
        )
        .with_hint("Name another `prefix`, so that nothing else cleans up there."))
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
                    let (inner, at) = self.nested_reason(reason).await;
                    if set.nested && is_empty(&inner) {
                        return Ok(Worked::Nothing);
                    }
                    let reason = if at.is_empty() {
                        reason.to_owned()
                    } else {
                        format!("{inner} (in the nested stack `{at}`)")
                    };
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

    /// Why a nested change set failed, where the reason names one, and its stack; else the reason itself.
    async fn nested_reason(&self, reason: &str) -> (String, String) {
        let mut said = (reason.to_owned(), String::new());
        for _ in 0..DEPTH {
            let Some(set) = nested_set(&said.0) else {
                break;
            };
            let form = vec![pair("ChangeSetName", set)];
            // Without the inner reason the outer one is told.
            let Ok(Ok(reply)) = self.ask("DescribeChangeSet", &form, Does::Look).await else {
                break;
            };
            let inner = reply.text("StatusReason");
            if inner.is_empty() || inner == said.0 {
                break;
            }
            said = (inner.to_owned(), reply.text("StackName").to_owned());
        }
        said
    }

    /// The changes, page by page, those of nested stacks after the line of their stack, with its path.
    pub(crate) async fn read_set(&self, set: &Set, sides: &Sides<'_>) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        // Read from the end, so that what is nested comes right after its own line.
        let mut open: Vec<Line> = self.set_lines(set.id.clone(), &set.stack).await?;
        open.reverse();
        while let Some(line) = open.pop() {
            let Line { path, change } = line;
            let nests = change.text("ResourceType") == NESTED;
            let inner = change.get("ChangeSetId").map(str::to_owned);
            let sides = path.is_empty().then_some(sides);
            let mut read = read_change(&change, sides);
            let deep = path.matches('/').count() >= DEPTH;
            read.name = format!("{path}{}", read.name);
            let below = format!("{}/", read.name);
            if let (true, Some(id), false) = (nests, inner, deep) {
                let mut lines = self.set_lines(id, "").await?;
                if lines.is_empty() && read.action == Action::Update {
                    // It was only looked at: nothing in it changes.
                    continue;
                }
                for line in &mut lines {
                    line.path.clone_from(&below);
                }
                lines.reverse();
                open.extend(lines);
            } else if nests && read.action != Action::Delete {
                read.confidence = Some(Confidence::Predicted);
                read.because
                    .get_or_insert_with(|| "CloudFormation did not look inside.".to_owned());
            }
            changes.push(read);
        }
        Ok(changes)
    }

    /// The lines of one change set.
    async fn set_lines(&self, id: String, stack: &str) -> Result<Vec<Line>> {
        let mut form = vec![pair("ChangeSetName", id)];
        if !stack.is_empty() {
            form.push(pair("StackName", stack));
        }
        form.push(pair("IncludePropertyValues", "true"));
        let pages = self.pages("DescribeChangeSet", &form).await?;
        Ok(pages
            .iter()
            .flat_map(|page| page.members("Changes"))
            .filter_map(|member| member.at("ResourceChange"))
            .map(|change| Line {
                path: String::new(),
                change: change.clone(),
            })
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
        if set.nested {
            self.await_gone(set).await?;
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

impl Client<'_> {
    /// Waits until a change set with nested ones is gone; those go one after the other.
    async fn await_gone(&self, set: &Set) -> Result<()> {
        for wait in LOOKS.into_iter().chain([5_000; 10]) {
            match self.find_set(&set.stack, &set.id).await? {
                Some(left) if left.text("Status").starts_with("DELETE_") => {
                    if left.text("Status") == "DELETE_FAILED" {
                        return Err(Error::new(
                            ErrorKind::Failed,
                            INVALID,
                            format!(
                                "CloudFormation could not take its preview of `{}` away again: {}",
                                set.stack,
                                left.text("StatusReason")
                            ),
                        )
                        .with_hint("Delete the change set in AWS, then preview again."));
                    }
                    self.cx.sleep(Duration::from_millis(wait)).await;
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

/// The form that asks for a change set.
fn set_form(
    desired: &Desired,
    existing: Option<&Stack>,
    name: &str,
    token: &str,
    address: Option<&str>,
) -> Form {
    let fresh = existing.is_none_or(Stack::is_review);
    let mut form = desired.form(address);
    form.push(pair("ChangeSetName", name));
    form.push(pair("ClientToken", token));
    form.push(pair(
        "ChangeSetType",
        if fresh { "CREATE" } else { "UPDATE" },
    ));
    if desired.template.is_nesting() {
        form.push(pair("IncludeNestedStacks", "true"));
    }
    if fresh && desired.on_failure == OnFailure::Delete {
        form.push(pair("OnStackFailure", "DELETE"));
    } else if desired.on_failure == OnFailure::Keep {
        form.push(pair("OnStackFailure", "DO_NOTHING"));
    }
    form
}

/// The change set that a reply tells of.
fn made(reply: &Node, id: &str, desired: &Desired, existing: Option<&Stack>) -> Set {
    Set {
        id: reply.text(id).to_owned(),
        stack: desired.stack.clone(),
        stack_id: reply.text("StackId").to_owned(),
        made_stack: existing.is_none(),
        nested: desired.template.is_nesting(),
    }
}

/// One line of a change set, and the path of the nested stack that it is in.
struct Line {
    path: String,
    change: Node,
}

/// The ARN of the nested change set that a reason names.
fn nested_set(reason: &str) -> Option<&str> {
    if !reason.to_ascii_lowercase().contains("nested change set") {
        return None;
    }
    reason
        .split_whitespace()
        .find(|word| word.starts_with("arn:"))
        .map(|word| word.trim_end_matches(['.', ',', ':']))
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

fn read_change(change: &Node, sides: Option<&Sides<'_>>) -> Change {
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
fn values(change: &Node, id: &str, action: Action, sides: Option<&Sides<'_>>) -> (Value, Value) {
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
        _ => told("BeforeContext")
            .unwrap_or_else(|| worked(sides.and_then(|sides| sides.before.as_ref()))),
    };
    let after = match action {
        Action::Delete => Value::Null,
        _ => told("AfterContext").unwrap_or_else(|| worked(sides.map(|sides| &sides.after))),
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
