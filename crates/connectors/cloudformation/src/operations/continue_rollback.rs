//! `cloudformation/continue-rollback`.
//!
//! Effect class: writes, effectively once: the call carries the step's key, and the events are searched
//! for it before anything is sent again. A stack that is in order is left alone.

use podium_connector::{
    Action, Change, Confidence, Context, Observed, Outcome, Progress, StepPreview, StepRequest,
    Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use super::{Begun, Kept, outcome};
use crate::client::{Client, Does, Form, pair};
use crate::config::{self, Continue};
use crate::errors::{INVALID, STACK_FAILED, STATE};
use crate::stack::{Member, Stack, Standing};
use crate::template::is_stateful;
use crate::watch::{Course, Kind};

/// The way back that a stack needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The way back failed and goes on.
    Continue,
    /// A failure was kept as it was and is rolled back now.
    Roll,
    /// It is in order.
    None,
}

fn way(stack: &Stack) -> Result<Way> {
    match stack.status.as_str() {
        "UPDATE_ROLLBACK_FAILED" => Ok(Way::Continue),
        "UPDATE_FAILED" | "CREATE_FAILED" => Ok(Way::Roll),
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "DELETE_FAILED" => Err(Error::new(
            ErrorKind::Conflict,
            STATE,
            format!(
                "The stack `{}` is {}: there is no good state to go back to.",
                stack.name, stack.status
            ),
        )
        .with_hint("Run `cloudformation/delete` on it, then deploy again.")),
        _ if stack.is_review() => Ok(Way::None),
        _ => stack.ready().map(|()| Way::None),
    }
}

fn no_stack(name: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        INVALID,
        format!("There is no stack `{name}` in this region."),
    )
    .with_hint("Check the stack's name, the region and the account.")
}

/// Resources whose way back failed.
fn stuck(members: &[Member]) -> impl Iterator<Item = &Member> {
    members
        .iter()
        .filter(|member| member.status.ends_with("_FAILED") && !is_cancelled(&member.reason))
}

/// Whether it failed only because another did.
fn is_cancelled(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("cancelled") || reason.contains("canceled")
}

/// Fails where a resource to skip is none of those that are stuck. A resource of a nested stack is named
/// with its stack, and left to CloudFormation to judge.
fn check_skip(stack: &Stack, skip: &[String], members: &[Member]) -> Result<()> {
    for name in skip.iter().filter(|name| !name.contains('.')) {
        if stuck(members).any(|member| member.id == *name) {
            continue;
        }
        let known: Vec<String> = stuck(members).map(|m| format!("`{}`", m.id)).collect();
        return Err(Error::new(
            ErrorKind::Invalid,
            INVALID,
            format!(
                "`{name}` cannot be skipped: it is no resource of `{}` whose way back failed.",
                stack.name
            ),
        )
        .with_hint(if known.is_empty() {
            "Take it out of `skip`.".to_owned()
        } else {
            format!("Those are: {}.", known.join(", "))
        })
        .with_context("field", "/skip"));
    }
    Ok(())
}

fn line(member: &Member, action: Action, because: String) -> Change {
    Change {
        action,
        kind: member.kind.clone(),
        name: member.id.clone(),
        before: json!({ "status": member.status }),
        after: Value::Null,
        stateful: is_stateful(&member.kind),
        confidence: None,
        because: Some(because),
    }
}

fn undo(way: Way) -> Undo {
    if way == Way::None {
        return Undo {
            class: UndoClass::Automatic,
            because: None,
        };
    }
    Undo {
        class: UndoClass::Impossible,
        because: Some(
            "It ends a deployment that failed; the half-done state before is of no use.".into(),
        ),
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    if request
        .inputs
        .is_unknown_in(&["/stack", "/region", "/skip"])
    {
        return Ok(StepPreview::unknown(
            format!(
                "Which stack it is, is known only after {}.",
                request.waits_for()
            ),
            undo(Way::Continue),
        ));
    }
    let config: Continue = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    let stack = client
        .living(&config.stack)
        .await?
        .ok_or_else(|| no_stack(&config.stack))?;
    let way = way(&stack)?;
    let mut outputs = Map::new();
    outputs.insert("stack_id".into(), Value::from(stack.id.as_str()));
    if way == Way::None {
        outputs.insert("continued".into(), false.into());
        return Ok(StepPreview {
            confidence: Confidence::Exact,
            because: None,
            changes: Vec::new(),
            undo: undo(way),
            outputs,
            notes: vec![format!(
                "The stack `{}` is in order ({}); nothing has to be brought back.",
                stack.name, stack.status
            )],
        });
    }
    let members = client.members(&stack.id).await?;
    check_skip(&stack, &config.skip, &members)?;
    let mut changes = Vec::new();
    for member in stuck(&members) {
        let reason = if member.reason.is_empty() {
            "no reason was given.".to_owned()
        } else {
            member.reason.clone()
        };
        changes.push(if config.skip.contains(&member.id) {
            line(
                member,
                Action::Read,
                "It is skipped: it stays as it is, and counts as brought back.".to_owned(),
            )
        } else {
            line(
                member,
                Action::Update,
                format!("It is brought back once more; before, that failed: {reason}"),
            )
        });
    }
    outputs.insert("continued".into(), true.into());
    let mut notes = Vec::new();
    if !config.skip.is_empty() {
        notes.push("What is skipped is no longer as the template says. Bring both in line before the next deployment, or that may fail for good.".to_owned());
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(
            "CloudFormation has no preview of a way back; these are the resources that hold it up."
                .into(),
        ),
        changes,
        undo: undo(way),
        outputs,
        notes,
    })
}

pub(crate) fn prepare(preview: &StepPreview) -> UndoRecord {
    UndoRecord {
        undo: preview.undo.clone(),
        record: Value::Null,
    }
}

/// What taking it back would be: nothing.
pub(crate) fn nothing(record: &UndoRecord) -> StepPreview {
    let because = record.undo.because.clone();
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: record.undo.clone(),
        outputs: Map::new(),
        notes: vec![
            because.unwrap_or_else(|| "Nothing was brought back; nothing is taken back.".into()),
        ],
    }
}

fn course<'a>(stack: &'a str, request: &'a StepRequest) -> Course<'a> {
    Course {
        stack,
        token: &request.key,
        kind: Kind::Back,
        limit: None,
    }
}

fn done(client: &Client<'_>, stack: &Stack, continued: bool) -> Outcome {
    let mut outcome = outcome(client, stack);
    outcome.outputs = Map::new();
    outcome
        .outputs
        .insert("stack_id".into(), stack.id.as_str().into());
    outcome
        .outputs
        .insert("status".into(), stack.status.as_str().into());
    outcome.outputs.insert("continued".into(), continued.into());
    outcome
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Continue = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    cx.progress(Progress {
        words: format!("Bringing the stack {} back", config.stack),
        ..Progress::default()
    });
    let begun = request
        .remote
        .clone()
        .or(Kept(cx).begun().map(|begun| begun.stack));
    if request.resumed
        && let Some(id) = &begun
        && client.began(&course(id, request)).await?
    {
        let stack = client.follow(&course(id, request)).await?;
        return Ok(done(&client, &stack, true));
    }
    let stack = client
        .living(&config.stack)
        .await?
        .ok_or_else(|| no_stack(&config.stack))?;
    let way = way(&stack)?;
    if way == Way::None {
        return Ok(done(&client, &stack, false));
    }
    check_skip(&stack, &config.skip, &client.members(&stack.id).await?)?;
    Kept(cx).set_begun(&Begun {
        stack: stack.id.clone(),
        created: false,
    })?;
    if request.remote.as_deref() != Some(stack.id.as_str()) {
        cx.accepted(&stack.id).await?;
    }
    let mut form: Form = vec![
        pair("StackName", &stack.id),
        pair("ClientRequestToken", &request.key),
    ];
    if let Some(role) = &config.role {
        form.push(pair("RoleARN", role));
    }
    let action = if way == Way::Roll {
        "RollbackStack"
    } else {
        for (at, name) in config.skip.iter().enumerate() {
            form.push((format!("ResourcesToSkip.member.{}", at + 1), name.clone()));
        }
        "ContinueUpdateRollback"
    };
    if let Err(refusal) = client.ask(action, &form, Does::Keyed).await?
        && !client.began(&course(&stack.id, request)).await?
    {
        return Err(refusal.error(action));
    }
    let stack = client.follow(&course(&stack.id, request)).await?;
    Ok(done(&client, &stack, true))
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    let client = Client::new(cx, config::region(request))?;
    let begun = Kept(cx).begun().map(|begun| begun.stack);
    let Some(id) = request.remote.clone().or(begun) else {
        return Ok(Observed::NeverStarted);
    };
    Ok(if client.began(&course(&id, request)).await? {
        Observed::Adopt
    } else {
        Observed::NeverStarted
    })
}

pub(crate) async fn verify(
    cx: &dyn Context,
    request: &StepRequest,
    outcome: &Outcome,
) -> Result<()> {
    let client = Client::new(cx, config::region(request))?;
    let id = outcome.outputs.get("stack_id").and_then(Value::as_str);
    let stack = client.stack(id.unwrap_or_default()).await?;
    match stack {
        Some(stack)
            if matches!(stack.standing(), Standing::RolledBack | Standing::Done)
                || stack.is_review() =>
        {
            Ok(())
        }
        other => Err(Error::new(
            ErrorKind::Failed,
            STACK_FAILED,
            format!(
                "The stack is {} and not in order.",
                other.map_or("gone".to_owned(), |stack| stack.status)
            ),
        )
        .with_hint("Somebody else changed it right after; its events in AWS tell who.")),
    }
}
