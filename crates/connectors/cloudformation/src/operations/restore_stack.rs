//! Taking a deployment or a deletion back.

use podium_connector::{
    Confidence, Context, Outcome, Progress, StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::delete_stack::{deletable, gone_with, remove};
use super::deploy_stack::{apply, work_out};
use super::{Kept, Record, set_name};
use crate::changes::Worked;
use crate::client::Client;
use crate::config::{Desired, Given, OnFailure};
use crate::errors::TEMPLATE;
use crate::stack::{Stack, Standing};
use crate::template::Template;
use crate::watch::{Course, Kind};

fn read(record: &UndoRecord) -> Result<Record> {
    serde_json::from_value(record.record.clone()).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            Code::new("POD0130"),
            "The undo record cannot be read.",
        )
        .with_source(error)
    })
}

/// The stack that this step made, as it is now. Never one of the same name that somebody else made.
async fn ours(client: &Client<'_>, record: &Record) -> Result<Option<Stack>> {
    if let Some(begun) = Kept(client.cx).begun() {
        return client.living(&begun.stack).await;
    }
    // The reply that names the stack was lost: it is ours when it holds our change set.
    match client.living(&record.stack).await? {
        Some(stack)
            if client
                .find_set(&record.stack, &set_name(&record.key))
                .await?
                .is_some() =>
        {
            Ok(Some(stack))
        }
        _ => Ok(None),
    }
}

fn former(
    client: &Client<'_>,
    record: &Record,
    stack: &Stack,
    now: Option<&Stack>,
) -> Result<Desired> {
    let body = Kept(client.cx).template().ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            TEMPLATE,
            format!(
                "The former template of `{}` is not in the run's folder any more.",
                stack.name
            ),
        )
        .with_hint("Deploy the former version from git instead.")
    })?;
    let parameters = stack
        .parameters
        .iter()
        .filter_map(|(name, value)| {
            let hidden = value.starts_with("***");
            let known = now.is_some_and(|now| now.parameters.iter().any(|(n, _)| n == name));
            match (hidden, known) {
                (true, true) => Some((name.clone(), Given::Former)),
                (true, false) => None,
                (false, _) => Some((name.clone(), Given::Plain(value.clone()))),
            }
        })
        .collect();
    // Rights that the newer template needed may be needed to take its things away.
    let mut capabilities = stack.capabilities.clone();
    for capability in now.into_iter().flat_map(|now| &now.capabilities) {
        if !capabilities.contains(capability) {
            capabilities.push(capability.clone());
        }
    }
    Ok(Desired {
        stack: stack.name.clone(),
        template: Template::parse(body, &stack.name)?,
        parameters,
        capabilities,
        tags: stack.tags.iter().cloned().collect(),
        on_failure: OnFailure::Rollback,
        role: stack.role.clone(),
        bucket: record.bucket.clone(),
    })
}

fn notes(stack: &Stack) -> Vec<String> {
    let hidden: Vec<String> = stack
        .parameters
        .iter()
        .filter(|(_, value)| value.starts_with("***"))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if hidden.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "The secret value of {} stays as it is now: CloudFormation does not give the former one back.",
        hidden.join(" and ")
    )]
}

fn answer(changes: Vec<podium_connector::Change>, notes: Vec<String>) -> StepPreview {
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes,
        undo: Undo {
            class: UndoClass::Automatic,
            because: None,
        },
        outputs: Map::new(),
        notes,
    }
}

pub(crate) async fn preview(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let was = read(record)?;
    let client = Client::new(cx, Some(&was.region))?;
    let Some(before) = &was.former else {
        return match ours(&client, &was).await? {
            Some(stack) => {
                deletable(&stack)?;
                Ok(answer(gone_with(&client, &stack).await?, Vec::new()))
            }
            None => Ok(answer(
                Vec::new(),
                vec![format!("There is no stack `{}` any more.", was.stack)],
            )),
        };
    };
    let now = client.living(&before.name).await?;
    if now
        .as_ref()
        .is_some_and(|now| now.standing() == Standing::Running && !now.is_review())
    {
        let mut preview = answer(
            Vec::new(),
            vec!["The stack is still changing; that is waited for first.".into()],
        );
        preview.confidence = Confidence::Unknown;
        preview.because = Some("The stack is still changing.".into());
        return Ok(preview);
    }
    let desired = former(&client, &was, before, now.as_ref())?;
    let name = set_name(&format!("{}-undo-preview", request.key));
    let looked = work_out(&client, &desired, now.as_ref(), &name).await?;
    let mut notes = notes(before);
    notes.extend(looked.notes);
    if looked.worked == Worked::Nothing {
        notes.push("The stack is as it was before.".into());
    }
    Ok(answer(looked.changes, notes))
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let was = read(record)?;
    let client = Client::new(cx, Some(&was.region))?;
    let done = restored(&client, request, &was).await;
    client.tidy().await;
    done
}

async fn restored(client: &Client<'_>, request: &StepRequest, was: &Record) -> Result<Outcome> {
    let cx = client.cx;
    cx.progress(Progress {
        words: format!("Taking back the stack {}", was.stack),
        ..Progress::default()
    });
    let Some(before) = &was.former else {
        if let Some(stack) = ours(client, was).await? {
            let stack = settled(client, stack).await?;
            if stack.standing() != Standing::Gone {
                deletable(&stack)?;
                remove(client, request, &stack, None).await?;
            }
        }
        return Ok(Outcome::default());
    };
    let now = match client.living(&before.name).await? {
        Some(stack) => Some(settled(client, stack).await?),
        None => None,
    };
    let now = now.filter(|stack| stack.standing() != Standing::Gone);
    if request.resumed
        && let Some(stack) = &now
    {
        let course = Course {
            stack: &stack.id,
            token: &request.key,
            kind: Kind::Update,
            limit: None,
        };
        if client.began(&course).await? {
            client.follow(&course).await?;
            return Ok(Outcome::default());
        }
    }
    if let Some(stack) = &now {
        stack.ready()?;
    }
    let desired = former(client, was, before, now.as_ref())?;
    apply(client, request, &desired, now, None).await?;
    Ok(Outcome {
        outputs: Map::<String, Value>::new(),
        ..Outcome::default()
    })
}

/// Waits until nothing changes the stack any more, for example the way back of a cancelled update.
async fn settled(client: &Client<'_>, mut stack: Stack) -> Result<Stack> {
    let mut wait = 500;
    while stack.standing() == Standing::Running && !stack.is_review() {
        if client.cx.is_cancelled() {
            return Err(crate::changes::cancelled());
        }
        client
            .cx
            .sleep(std::time::Duration::from_millis(wait))
            .await;
        wait = (wait * 2).min(15_000);
        if let Some(now) = client.stack(&stack.id).await? {
            stack = now;
        } else {
            stack.status = "DELETE_COMPLETE".into();
            break;
        }
    }
    Ok(stack)
}
