//! `cloudformation/delete`.
//!
//! Effect class: writes, effectively once: the deletion carries the step's key, and a stack that is
//! gone stays gone.

use podium_connector::{
    Confidence, Context, Observed, Outcome, Progress, StepPreview, StepRequest, Undo, UndoClass,
    UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, json};

use super::{Begun, Kept, Record, deletions, without_bucket};
use crate::bucket::Bucket;
use crate::client::{Client, Does, pair};
use crate::config::{self, Delete};
use crate::errors::PROTECTED;
use crate::stack::{Stack, Standing};
use crate::template::{DEPTH, NESTED, Template};
use crate::watch::{Course, Kind};

impl Client<'_> {
    /// Asks for a deletion under a key.
    pub(crate) async fn delete(&self, id: &str, token: &str, role: Option<&str>) -> Result<()> {
        let mut form = vec![pair("StackName", id), pair("ClientRequestToken", token)];
        if let Some(role) = role {
            form.push(pair("RoleARN", role));
        }
        self.call("DeleteStack", &form, Does::Keyed).await?;
        Ok(())
    }
}

/// Fails where the stack may not be deleted, or not now.
pub(crate) fn deletable(stack: &Stack) -> Result<()> {
    let name = &stack.name;
    if stack.protected {
        // A nested stack takes its protection from the stack around it all.
        let holder = stack
            .root
            .as_deref()
            .and_then(|root| root.split('/').nth(1))
            .unwrap_or(name);
        return Err(Error::new(
            ErrorKind::Forbidden,
            PROTECTED,
            format!("The stack `{name}` is protected against deletion, so that nothing of it is deleted."),
        )
        .with_hint(format!(
            "If it really may go, switch termination protection off in AWS (`aws cloudformation update-termination-protection --stack-name {holder} --no-enable-termination-protection`), then preview again."
        )));
    }
    let updating = stack.status.starts_with("UPDATE_") && stack.standing() == Standing::Running;
    if updating {
        return stack.ready();
    }
    Ok(())
}

fn undo_of(stack: Option<&Stack>, length: Option<usize>, bucket: Option<&Bucket>) -> Undo {
    let Some(stack) = stack else {
        return Undo {
            class: UndoClass::Automatic,
            because: None,
        };
    };
    let hidden: Vec<String> = stack
        .parameters
        .iter()
        .filter(|(_, value)| value.starts_with("***"))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !hidden.is_empty() {
        return Undo {
            class: UndoClass::Manual,
            because: Some(format!(
                "CloudFormation does not give the secret value of {} back; deploy the stack anew with it.",
                hidden.join(" and ")
            )),
        };
    }
    without_bucket(length, bucket).unwrap_or_else(|| Undo {
        class: UndoClass::Restore,
        because: Some(
            "The stack is made anew from its template; what its resources held is gone.".into(),
        ),
    })
}

fn bucket(config: &Delete) -> Option<Bucket> {
    Bucket::of(config.bucket.as_deref(), config.prefix.as_deref())
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let unknown = ["/stack", "/region"]
        .iter()
        .any(|p| request.inputs.unknown.contains_key(*p));
    if unknown {
        let undo = Undo {
            class: UndoClass::Restore,
            because: Some(
                "The stack is made anew from its template; what its resources held is gone.".into(),
            ),
        };
        return Ok(StepPreview::unknown(
            "Which stack it is, is known later.",
            undo,
        ));
    }
    let config: Delete = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    let stack = client.living(&config.stack).await?;
    let mut preview = StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: undo_of(stack.as_ref(), None, None),
        outputs: Map::new(),
        notes: Vec::new(),
    };
    let Some(stack) = stack else {
        preview
            .notes
            .push(format!("There is no stack `{}`.", config.stack));
        preview.outputs.insert("deleted".into(), false.into());
        return Ok(preview);
    };
    deletable(&stack)?;
    preview.notes = stack
        .remarks()
        .into_iter()
        .filter(|_| stack.root.is_some())
        .collect();
    preview.changes = gone_with(&client, &stack).await?;
    if !stack.is_review() {
        let length = client.original(&stack.id).await?.len();
        preview.undo = undo_of(Some(&stack), Some(length), bucket(&config).as_ref());
    }
    preview.outputs.insert("deleted".into(), true.into());
    preview.outputs.insert("stack_id".into(), stack.id.into());
    Ok(preview)
}

/// A line for each thing that goes with the stack, those of nested stacks with the path of theirs.
pub(crate) async fn gone_with(
    client: &Client<'_>,
    stack: &Stack,
) -> Result<Vec<podium_connector::Change>> {
    let mut lines = Vec::new();
    let mut open = vec![(stack.id.clone(), String::new())];
    while let Some((id, path)) = open.pop() {
        let members = client.members(&id).await?;
        let template = match client.original(&id).await {
            Ok(body) => Template::parse(body, &id).ok(),
            // A name without a template has nothing to keep.
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Invalid) => None,
            Err(error) => return Err(error),
        };
        let mut nested = Vec::new();
        for mut line in deletions(&members, template.as_ref()) {
            let below = members.iter().find(|member| member.id == line.name);
            line.name = format!("{path}{}", line.name);
            if line.kind == NESTED
                && line.because.is_none()
                && path.matches('/').count() < DEPTH
                && let Some(below) = below.filter(|below| !below.physical.is_empty())
            {
                nested.push((below.physical.clone(), format!("{}/", line.name)));
            }
            lines.push(line);
        }
        nested.reverse();
        open.extend(nested);
    }
    Ok(lines)
}

pub(crate) async fn prepare(cx: &dyn Context, request: &StepRequest) -> Result<UndoRecord> {
    let config: Delete = request.inputs.read()?;
    let kept = Kept(cx);
    let record = if let Some(record) = kept.record() {
        record
    } else {
        let client = Client::new(cx, config::region(request))?;
        let former = client.living(&config.stack).await?;
        if let Some(stack) = former.as_ref().filter(|stack| !stack.is_review()) {
            kept.set_template(&client.original(&stack.id).await?)?;
        }
        let record = Record {
            bucket: bucket(&config),
            stack: config.stack,
            region: client.signer.region.clone(),
            key: request.key.clone(),
            former,
        };
        kept.set_record(&record)?;
        record
    };
    Ok(UndoRecord {
        undo: undo_of(
            record.former.as_ref(),
            kept.template().map(|template| template.len()),
            record.bucket.as_ref(),
        ),
        record: serde_json::to_value(record).unwrap_or_default(),
    })
}

fn course<'a>(stack: &'a str, request: &'a StepRequest) -> Course<'a> {
    Course {
        stack,
        token: &request.key,
        kind: Kind::Delete,
        limit: None,
    }
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Delete = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    cx.progress(Progress {
        words: format!("Deleting the stack {}", config.stack),
        ..Progress::default()
    });
    if request.resumed
        && let Some(begun) = Kept(cx).begun()
        && client.began(&course(&begun.stack, request)).await?
    {
        client.follow(&course(&begun.stack, request)).await?;
        return Ok(done(&begun.stack));
    }
    let Some(stack) = client.living(&config.stack).await? else {
        return Ok(Outcome {
            outputs: json!({ "deleted": false })
                .as_object()
                .cloned()
                .unwrap_or_default(),
            ..Outcome::default()
        });
    };
    deletable(&stack)?;
    remove(&client, request, &stack, config.role.as_deref()).await?;
    Ok(done(&stack.id))
}

fn done(id: &str) -> Outcome {
    Outcome {
        outputs: json!({ "deleted": true, "stack_id": id })
            .as_object()
            .cloned()
            .unwrap_or_default(),
        ..Outcome::default()
    }
}

/// Deletes a stack under the step's key and follows it to its end.
pub(crate) async fn remove(
    client: &Client<'_>,
    request: &StepRequest,
    stack: &Stack,
    role: Option<&str>,
) -> Result<()> {
    let cx = client.cx;
    Kept(cx).set_begun(&Begun {
        stack: stack.id.clone(),
        created: false,
    })?;
    if request.remote.as_deref() != Some(stack.id.as_str()) {
        cx.accepted(&stack.id).await?;
    }
    if stack.is_review() {
        // Nothing is behind the name; it goes at once and has no events.
        return client.delete(&stack.id, &request.key, role).await;
    }
    client.delete(&stack.id, &request.key, role).await?;
    client.follow(&course(&stack.id, request)).await?;
    Ok(())
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    let client = Client::new(cx, config::region(request))?;
    let begun = Kept(cx).begun();
    let id = request.remote.clone().or(begun.map(|begun| begun.stack));
    if let Some(id) = id {
        let gone = client
            .stack(&id)
            .await?
            .is_none_or(|stack| stack.standing() == Standing::Gone);
        if gone || client.began(&course(&id, request)).await? {
            return Ok(Observed::Adopt);
        }
    }
    Ok(Observed::NeverStarted)
}

pub(crate) async fn verify(cx: &dyn Context, request: &StepRequest) -> Result<()> {
    let config: Delete = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    match client.living(&config.stack).await? {
        None => Ok(()),
        Some(stack) => Err(Error::new(
            ErrorKind::Failed,
            crate::errors::STACK_FAILED,
            format!(
                "There is a stack `{}` again ({}).",
                stack.name, stack.status
            ),
        )
        .with_hint("Somebody made it anew right after.")),
    }
}
