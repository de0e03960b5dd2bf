//! Following one operation on a stack to its end, event by event.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use podium_connector::{Context, LogLevel, LogLine, Made, Progress};
use podium_diagnostics::{Error, ErrorKind, Result};

use crate::changes::cancelled;
use crate::client::{Client, Does, pair};
use crate::errors::STACK_FAILED;
use crate::stack::{Stack, Standing};
use crate::template::{DEPTH, NESTED};
use crate::xml::Node;

/// Waits between looks, in milliseconds; the first are short, so that a short stack ends soon.
const LOOKS: [u64; 10] = [
    200, 500, 1_000, 1_500, 2_000, 3_000, 5_000, 8_000, 12_000, 15_000,
];
/// Looks without any event of ours before the stack's own word is taken.
const PATIENCE: usize = 8;
/// So many nested stacks are followed; more would be asked for too often.
const MOST_NESTED: usize = 60;

/// What is followed.
#[derive(Clone, Debug)]
pub(crate) struct Course<'a> {
    /// The stack's ARN.
    pub(crate) stack: &'a str,
    /// The token that our events carry.
    pub(crate) token: &'a str,
    /// What is done, for cancelling and for words.
    pub(crate) kind: Kind,
    /// Minutes after which it is called off.
    pub(crate) limit: Option<u32>,
}

/// What is done to the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Create,
    Update,
    Delete,
    /// Back to the last good state.
    Back,
}

#[derive(Clone, Debug)]
struct Event {
    id: String,
    about: String,
    kind: String,
    physical: String,
    status: String,
    reason: String,
    token: String,
    at: Option<i64>,
}

impl Event {
    fn of(node: &Node) -> Self {
        let text = |name: &str| node.text(name).to_owned();
        Self {
            id: text("EventId"),
            about: text("LogicalResourceId"),
            kind: text("ResourceType"),
            physical: text("PhysicalResourceId"),
            status: text("ResourceStatus"),
            reason: text("ResourceStatusReason"),
            token: text("ClientRequestToken"),
            at: node
                .get("Timestamp")
                .and_then(|time| time.parse::<jiff::Timestamp>().ok())
                .map(jiff::Timestamp::as_millisecond),
        }
    }

    /// Whether it is about the stack itself. A nested one that was never made has no id either.
    fn is_stack(&self, stack: &str) -> bool {
        let name = stack.split('/').nth(1).unwrap_or(stack);
        self.kind == NESTED
            && (self.physical == stack || (self.physical.is_empty() && self.about == name))
    }

    /// Whether it is a failure by itself, and not because another thing failed.
    fn is_first_cause(&self, stack: &str) -> bool {
        let echo = ["cancelled", "canceled", "rollback requested"];
        let reason = self.reason.to_ascii_lowercase();
        self.status.ends_with("_FAILED")
            && !self.is_stack(stack)
            && !echo.iter().any(|word| reason.contains(word))
    }

    /// Whether it only says that something in a nested stack failed.
    fn is_echo_from_below(&self) -> bool {
        self.kind == NESTED && self.reason.to_ascii_lowercase().contains("embedded stack")
    }

    /// The nested stack that it tells of.
    fn nested(&self, stack: &str) -> Option<&str> {
        (self.kind == NESTED && self.physical != stack && self.physical.starts_with("arn:"))
            .then_some(self.physical.as_str())
    }
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    ours: Vec<Event>,
    /// Nested stacks: ARN → the path to it, as `Network/Inner/`.
    nested: BTreeMap<String, String>,
    /// Failures in nested stacks that have no other cause, with their path.
    below: Vec<Event>,
}

impl Seen {
    /// Notes the nested stacks of which events tell.
    fn note_nested(&mut self, stack: &str, path: &str, events: &[Event]) {
        for event in events {
            if let Some(id) = event.nested(stack)
                && self.nested.len() < MOST_NESTED
                && path.matches('/').count() < DEPTH
                && !self.nested.contains_key(id)
            {
                self.nested
                    .insert(id.to_owned(), format!("{path}{}/", event.about));
            }
        }
    }

    /// What failed first, and not because another thing failed.
    fn cause(&self, stack: &str) -> Option<&Event> {
        let own = || self.ours.iter().filter(|event| event.is_first_cause(stack));
        own()
            .filter(|event| !event.is_echo_from_below())
            .chain(&self.below)
            .min_by_key(|event| event.at.unwrap_or(i64::MAX))
            .or_else(|| own().next())
    }
}

impl Client<'_> {
    /// The events of a stack that were not seen yet, oldest first.
    async fn fresh_events(&self, stack: &str, ids: &mut BTreeSet<String>) -> Result<Vec<Event>> {
        let mut form = vec![pair("StackName", stack)];
        let mut fresh: Vec<Event> = Vec::new();
        for _ in 0..1_000 {
            let page = match self.ask("DescribeStackEvents", &form, Does::Look).await? {
                Ok(page) => page,
                Err(refusal) if refusal.is_missing() => break,
                Err(refusal) => return Err(refusal.error("DescribeStackEvents")),
            };
            let before = fresh.len();
            let mut known = false;
            for event in page.members("StackEvents").map(Event::of) {
                if ids.contains(&event.id) {
                    known = true;
                } else {
                    fresh.push(event);
                }
            }
            let next = page.get("NextToken").map(str::to_owned);
            // Newest come first: once a known one is met, all older ones are known.
            let (Some(next), false, true) = (next, known, fresh.len() > before) else {
                break;
            };
            form.truncate(1);
            form.push(pair("NextToken", next));
        }
        fresh.reverse();
        ids.extend(fresh.iter().map(|event| event.id.clone()));
        Ok(fresh)
    }

    /// The events of an operation so far, oldest first; empty where it never began.
    async fn events(&self, course: &Course<'_>, seen: &mut Seen) -> Result<Vec<Event>> {
        let mut fresh = self.fresh_events(course.stack, &mut seen.ids).await?;
        let mut begun = !seen.ours.is_empty();
        fresh.retain(|event| {
            begun = begun || event.token == course.token;
            event.token == course.token || (begun && event.token.is_empty())
        });
        seen.note_nested(course.stack, "", &fresh);
        Ok(fresh)
    }

    /// Tells what happened in nested stacks since the operation began.
    async fn tell_nested(&self, course: &Course<'_>, seen: &mut Seen) -> Result<()> {
        let since = seen.ours.first().and_then(|event| event.at);
        let mut asked: BTreeSet<String> = BTreeSet::new();
        // Telling of one may bring others to light.
        while let Some((id, path)) = seen
            .nested
            .iter()
            .find(|(id, _)| !asked.contains(*id))
            .map(|(id, path)| (id.clone(), path.clone()))
        {
            asked.insert(id.clone());
            let mut fresh = self.fresh_events(&id, &mut seen.ids).await?;
            fresh.retain(|event| event.at.is_none() || event.at >= since);
            seen.note_nested(&id, &path, &fresh);
            for mut event in fresh {
                // Its own beginning and end are told by the stack around it.
                if event.is_stack(&id) {
                    continue;
                }
                event.about = format!("{path}{}", event.about);
                tell(self.cx, &event, course.stack, None);
                if event.is_first_cause(&id) && !event.is_echo_from_below() {
                    seen.below.push(event);
                }
            }
        }
        Ok(())
    }

    /// Whether the operation ever began.
    pub(crate) async fn began(&self, course: &Course<'_>) -> Result<bool> {
        Ok(!self.events(course, &mut Seen::default()).await?.is_empty())
    }

    /// Follows the operation until it ends. Gives the stack as it then is.
    pub(crate) async fn follow(&self, course: &Course<'_>) -> Result<Stack> {
        let mut seen = Seen::default();
        let mut round = 0;
        let mut silent = 0;
        let mut lost = 0_u32;
        let mut called_off = false;
        loop {
            let fresh = match self.events(course, &mut seen).await {
                Ok(fresh) => fresh,
                Err(error) if may_pass(&error) && !self.cx.is_cancelled() => {
                    lost += 1;
                    self.wait_out(lost, &error).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            lost = 0;
            if fresh.is_empty() {
                silent += 1;
            } else {
                round = round.min(2);
                silent = 0;
            }
            for event in fresh {
                tell(self.cx, &event, course.stack, self.link(course.stack));
                seen.ours.push(event);
            }
            match self.tell_nested(course, &mut seen).await {
                Err(error) if !may_pass(&error) => return Err(error),
                // What is missed now is told the next time.
                _ => {}
            }
            if is_over(course, &seen, silent) {
                match self.stack(course.stack).await {
                    Ok(None) => return end(course, gone(course), &seen, called_off),
                    Ok(Some(stack)) if stack.standing() != Standing::Running => {
                        for event in self.events(course, &mut seen).await.unwrap_or_default() {
                            tell(self.cx, &event, course.stack, self.link(course.stack));
                            seen.ours.push(event);
                        }
                        let _ = self.tell_nested(course, &mut seen).await;
                        return end(course, stack, &seen, called_off);
                    }
                    Ok(Some(_)) => {}
                    Err(error) if may_pass(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            if self.cx.is_cancelled() {
                self.call_off(course).await?;
                return Err(cancelled());
            }
            if !called_off && self.is_late(course, &seen) {
                self.call_off(course).await?;
                called_off = true;
            }
            let wait = LOOKS[usize::min(round, LOOKS.len() - 1)];
            round += 1;
            self.cx.sleep(Duration::from_millis(wait)).await;
        }
    }

    async fn wait_out(&self, lost: u32, error: &Error) {
        if lost == 1 {
            self.cx.log(LogLine {
                level: LogLevel::Warning,
                text: format!(
                    "AWS cannot be asked right now; the stack goes on by itself. {}",
                    error.message
                ),
            });
        }
        self.cx
            .sleep(Duration::from_secs(60.min(1 << lost.min(6))))
            .await;
    }

    fn is_late(&self, course: &Course<'_>, seen: &Seen) -> bool {
        let begun = seen.ours.first().and_then(|event| event.at);
        match (course.limit, begun) {
            (Some(minutes), Some(begun)) => self.cx.now() - begun > i64::from(minutes) * 60_000,
            _ => false,
        }
    }

    /// Asks CloudFormation to stop.
    async fn call_off(&self, course: &Course<'_>) -> Result<()> {
        let (action, form) = match course.kind {
            Kind::Delete | Kind::Back => return Ok(()),
            Kind::Update => (
                "CancelUpdateStack",
                vec![
                    pair("StackName", course.stack),
                    pair("ClientRequestToken", course.token),
                ],
            ),
            Kind::Create => ("DeleteStack", vec![pair("StackName", course.stack)]),
        };
        let words = match self.ask(action, &form, Does::Keyed).await? {
            Ok(_) if course.kind == Kind::Create => {
                "The stack was being created and is deleted now.".to_owned()
            }
            Ok(_) => "The update is rolled back now.".to_owned(),
            Err(refusal) => format!("It cannot be stopped any more: {}", refusal.message),
        };
        self.cx.log(LogLine {
            level: LogLevel::Warning,
            text: words,
        });
        Ok(())
    }
}

/// Whether it is time to ask for the stack's own word: its last event is an end, or nothing came
/// for long, since some servers give events no token.
fn is_over(course: &Course<'_>, seen: &Seen, silent: usize) -> bool {
    let last = seen
        .ours
        .iter()
        .rev()
        .find(|event| event.is_stack(course.stack));
    match last {
        Some(event) => Standing::of(&event.status) != Standing::Running,
        None => silent > 0 && silent.is_multiple_of(PATIENCE),
    }
}

fn end(course: &Course<'_>, stack: Stack, seen: &Seen, called_off: bool) -> Result<Stack> {
    let good = match course.kind {
        Kind::Create | Kind::Update => stack.standing() == Standing::Done,
        Kind::Delete => stack.standing() == Standing::Gone,
        Kind::Back => matches!(stack.standing(), Standing::RolledBack | Standing::Done),
    };
    if good && !called_off {
        return Ok(stack);
    }
    Err(failure(course, &stack, seen, called_off).with_context("stack", &stack.id))
}

/// Whether a failed look may succeed later.
fn may_pass(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Unreachable | ErrorKind::Throttled | ErrorKind::TimedOut
    )
}

fn gone(course: &Course<'_>) -> Stack {
    Stack {
        id: course.stack.to_owned(),
        status: "DELETE_COMPLETE".into(),
        ..Stack::default()
    }
}

fn failure(course: &Course<'_>, stack: &Stack, seen: &Seen, called_off: bool) -> Error {
    let name = if stack.name.is_empty() {
        course.stack
    } else {
        &stack.name
    };
    let state = match (course.kind, stack.standing()) {
        (_, Standing::RolledBack) => "and was rolled back".to_owned(),
        (Kind::Create | Kind::Update, Standing::Gone) => "and was deleted again".to_owned(),
        _ => format!("and is {} now", stack.status),
    };
    let cause = seen.cause(course.stack);
    let why = match cause {
        Some(event) => {
            let reason = if event.reason.is_empty() {
                "no reason given."
            } else {
                &event.reason
            };
            let end = if reason.trim_end().ends_with(['.', '!', '?']) {
                ""
            } else {
                "."
            };
            format!(
                "`{}` ({}) failed: {}{end}",
                event.about,
                event.kind,
                reason.trim_end()
            )
        }
        None if stack.reason.is_empty() => "CloudFormation gives no reason.".to_owned(),
        None => stack.reason.clone(),
    };
    let what = match course.kind {
        Kind::Create => "could not be created",
        Kind::Update => "could not be updated",
        Kind::Delete => "could not be deleted",
        Kind::Back => "could not be brought back",
    };
    let (kind, message) = if called_off {
        (
            ErrorKind::TimedOut,
            format!("The stack `{name}` took longer than allowed {state}."),
        )
    } else {
        (
            ErrorKind::Failed,
            format!("The stack `{name}` {what} {state}. {why}"),
        )
    };
    let hint = match stack.standing() {
        Standing::RolledBack if course.kind == Kind::Create => {
            "Correct the cause; Undo removes what is left, and so does `cloudformation/delete`."
        }
        Standing::RolledBack => "Everything is as before. Correct the cause, then deploy again.",
        Standing::Failed if course.kind == Kind::Back => {
            "Repair the resource that the message names, or name it under `skip`, then run it again."
        }
        Standing::Failed if course.kind == Kind::Delete => {
            "Empty or release what could not be deleted (a bucket with objects, for example), then delete again."
        }
        _ => "Correct the cause, then deploy again.",
    };
    Error::new(kind, STACK_FAILED, message)
        .with_hint(hint)
        .with_retry(podium_diagnostics::Retry::Permanent)
        .with_context("status", &stack.status)
}

fn tell(cx: &dyn Context, event: &Event, stack: &str, link: Option<String>) {
    let verb = event.status.split('_').next().unwrap_or_default();
    let words = match (verb, event.status.as_str()) {
        (_, status) if status.ends_with("_FAILED") => "Failed:",
        (_, status) if status.contains("ROLLBACK") => "Rolling back",
        ("CREATE", status) if status.ends_with("_COMPLETE") => "Created",
        ("CREATE", _) => "Creating",
        ("UPDATE", status) if status.ends_with("_COMPLETE") => "Updated",
        ("UPDATE", _) => "Updating",
        ("DELETE", status) if status.ends_with("_COMPLETE") => "Deleted",
        ("DELETE", status) if status.ends_with("_SKIPPED") => "Left alone",
        ("DELETE", _) => "Deleting",
        ("IMPORT", _) => "Importing",
        ("REVIEW", _) => "Reviewing",
        _ => "Working on",
    };
    let failed = event.status.ends_with("_FAILED");
    let mut text = format!("{} {} {}", event.status, event.kind, event.about);
    if !event.reason.is_empty() {
        text.push_str(": ");
        text.push_str(&event.reason);
    }
    cx.log(LogLine {
        level: if failed {
            LogLevel::Error
        } else {
            LogLevel::Info
        },
        text,
    });
    let made = (event.status == "CREATE_COMPLETE").then(|| Made {
        kind: event.kind.clone(),
        name: if event.physical.is_empty() {
            event.about.clone()
        } else {
            event.physical.clone()
        },
        link: if event.is_stack(stack) { link } else { None },
    });
    cx.progress(Progress {
        words: format!("{words} {}", event.about),
        about: Some(event.about.clone()),
        status: Some(event.status.clone()),
        done: None,
        made,
    });
}
