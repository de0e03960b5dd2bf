//! `cloudformation/deploy`.
//!
//! Effect class: writes, effectively once. The change set is named by the step's key and executed
//! under it; after a crash the events are searched for the key before anything is sent again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use podium_connector::{
    Action, Change, Confidence, Context, Observed, Outcome, Progress, StepPreview, StepRequest,
    Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::{Begun, Kept, Record, outcome, outputs, set_name, without_bucket};
use crate::bucket::Bucket;
use crate::changes::{Set, Sides, Worked};
use crate::client::{Client, Does, pair};
use crate::config::{self, Deploy, Desired};
use crate::errors::STACK_FAILED;
use crate::parcel::Parcel;
use crate::stack::{Stack, Standing};
use crate::template::{NESTED, Template, is_stateful};
use crate::watch::{Course, Kind};

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let inputs = &request.inputs;
    let unknown = |name: &str| {
        let pointer = format!("/{name}");
        inputs
            .unknown
            .keys()
            .any(|key| *key == pointer || key.starts_with(&format!("{pointer}/")))
    };
    if ["stack", "template", "region", "role"]
        .into_iter()
        .any(unknown)
    {
        return Ok(StepPreview::unknown(
            known_later(request),
            undo_of(false, &[]),
        ));
    }
    let config: Deploy = known_part(request).read()?;
    let client = Client::new(cx, config::region(request))?;
    let existing = client.living(&config.stack).await?;
    if let Some(stack) = &existing {
        stack.ready()?;
    }
    let desired = Desired::of(cx, &config, existing.as_ref())?;
    if !unknown("bucket") {
        desired.long_way()?;
    }
    if inputs.is_partial() {
        return offline(&client, request, &desired, existing.as_ref()).await;
    }
    let name = set_name(&format!("{}-preview", request.key));
    let mut looked = work_out(&client, &desired, existing.as_ref(), &name).await?;
    let real = existing.as_ref().filter(|stack| !stack.is_review());
    let said = std::mem::take(&mut looked.notes);
    let stuck = without_bucket(looked.former, desired.bucket.as_ref());
    let mut preview = preview_of(looked.changes, looked.worked, real);
    if let Some(stuck) = stuck.filter(|_| looked.worked == Worked::Changes) {
        preview.undo = stuck;
    }
    preview
        .notes
        .extend(existing.iter().flat_map(Stack::remarks));
    preview.notes.extend(said);
    Ok(preview)
}

/// What a change set showed.
pub(crate) struct Looked {
    pub(crate) changes: Vec<Change>,
    pub(crate) worked: Worked,
    /// The length of the former template, where there is one and it was read.
    former: Option<usize>,
    /// What became of a long template on its way.
    pub(crate) notes: Vec<String>,
}

/// Makes a change set, reads it, and takes it away again, whatever happens in between.
pub(crate) async fn work_out(
    client: &Client<'_>,
    desired: &Desired,
    existing: Option<&Stack>,
    name: &str,
) -> Result<Looked> {
    let mut parcel = client.place(desired, name, Does::Preview).await?;
    let looked = look(client, desired, existing, name, &mut parcel).await;
    let mut said = Vec::new();
    if let Some(parcel) = &parcel {
        said.push(format!(
            "The template is {} bytes long. For CloudFormation to read it, it lies in the bucket `{}` for as long as it is worked on.",
            desired.template.body.len(),
            parcel.spot.bucket
        ));
        said.extend(client.take_away(parcel, Does::Preview).await);
    }
    let mut looked = looked?;
    looked.notes = said;
    Ok(looked)
}

async fn look(
    client: &Client<'_>,
    desired: &Desired,
    existing: Option<&Stack>,
    name: &str,
    parcel: &mut Option<Parcel>,
) -> Result<Looked> {
    // One that a crash left behind is of an older preview.
    if existing.is_some()
        && let Some(left) = client.find_set(&desired.stack, name).await?
    {
        let left = Set {
            id: left.text("ChangeSetId").to_owned(),
            stack: desired.stack.clone(),
            stack_id: left.text("StackId").to_owned(),
            made_stack: false,
            nested: desired.template.is_nesting(),
        };
        client.discard(&left, Does::Preview).await?;
    }
    let token = format!("{name}-{}", client.cx.now());
    let mut set = client
        .make_set(desired, existing, name, &token, parcel, Does::Preview)
        .await?;
    // A name that only an earlier, interrupted preview made goes as well.
    set.made_stack = existing.is_none();
    let read = read(client, desired, existing, &set).await;
    let discarded = client.discard(&set, Does::Preview).await;
    let read = read?;
    discarded?;
    Ok(read)
}

async fn read(
    client: &Client<'_>,
    desired: &Desired,
    existing: Option<&Stack>,
    set: &Set,
) -> Result<Looked> {
    let mut looked = Looked {
        changes: Vec::new(),
        worked: client.await_set(set).await?,
        former: None,
        notes: Vec::new(),
    };
    if looked.worked == Worked::Nothing {
        return Ok(looked);
    }
    let former = match existing.filter(|stack| !stack.is_review()) {
        Some(stack) => {
            let body = client.original(&stack.id).await?;
            looked.former = Some(body.len());
            let values: BTreeMap<String, String> = stack.parameters.iter().cloned().collect();
            Template::parse(body, &stack.name)
                .ok()
                .map(|template| (template, values))
        }
        None => None,
    };
    let sides = Sides {
        before: former
            .as_ref()
            .map(|(template, values)| (template, values.clone())),
        after: (&desired.template, desired.plain(existing)),
    };
    looked.changes = client.read_set(set, &sides).await?;
    Ok(looked)
}

fn preview_of(changes: Vec<Change>, worked: Worked, existing: Option<&Stack>) -> StepPreview {
    let mut known = Map::new();
    let mut notes = Vec::new();
    let undo = match (worked, existing) {
        (Worked::Nothing, Some(stack)) => {
            known = outputs(stack);
            notes.push("The stack is as it shall be; nothing changes.".to_owned());
            Undo {
                class: UndoClass::Automatic,
                because: None,
            }
        }
        (_, existing) => {
            if let Some(stack) = existing {
                known.insert("stack_id".into(), Value::from(stack.id.as_str()));
            }
            notes.push("A change set does not look inside custom resources, and does not check quotas and rights.".to_owned());
            if changes.iter().any(|change| change.kind == NESTED) {
                notes.push("What is undone of nested stacks follows the templates that lie at their addresses by then.".to_owned());
            }
            undo_of(existing.is_some(), &changes)
        }
    };
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes,
        undo,
        outputs: known,
        notes,
    }
}

fn undo_of(existed: bool, changes: &[Change]) -> Undo {
    let lost: Vec<String> = changes
        .iter()
        .filter(|change| {
            change.stateful && matches!(change.action, Action::Delete | Action::Replace)
        })
        .map(|change| format!("`{}`", change.name))
        .collect();
    if !existed {
        return Undo {
            class: UndoClass::Delete,
            because: Some("The stack is new and is deleted with all that it made.".into()),
        };
    }
    let mut because = String::from("The former template and parameters are applied again.");
    if !lost.is_empty() {
        let lost = lost.join(" and ");
        let _ = write!(because, " What {lost} held does not come back.");
    }
    Undo {
        class: UndoClass::Restore,
        because: Some(because),
    }
}

fn known_later(request: &StepRequest) -> String {
    let mut steps: Vec<String> = request
        .inputs
        .unknown
        .values()
        .flat_map(|unknown| unknown.after.iter().map(|step| format!("`{step}`")))
        .collect();
    steps.sort();
    steps.dedup();
    format!(
        "Some of its inputs are known only after {}.",
        steps.join(" and ")
    )
}

/// The inputs without what is not yet known, so that they read.
fn known_part(request: &StepRequest) -> podium_connector::Inputs {
    let mut values = request.inputs.values.clone();
    for pointer in request.inputs.unknown.keys() {
        let first = pointer
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        if let Some(value) = values.get(first)
            && value.is_null()
        {
            values.remove(first);
        }
    }
    if let Some(Value::Object(tags)) = values.get_mut("tags") {
        tags.retain(|_, value| !value.is_null());
    }
    podium_connector::Inputs::known(values)
}

/// What can be said without asking for a change set: by comparing names.
async fn offline(
    client: &Client<'_>,
    request: &StepRequest,
    desired: &Desired,
    existing: Option<&Stack>,
) -> Result<StepPreview> {
    let real = existing.filter(|stack| !stack.is_review());
    let members = match real {
        Some(stack) => client.members(&stack.id).await?,
        None => Vec::new(),
    };
    let values = desired.plain(existing);
    let wanted = desired.template.resources();
    let line = |action, kind: &str, name: &str, after: Value| Change {
        action,
        kind: kind.to_owned(),
        name: name.to_owned(),
        before: Value::Null,
        after,
        stateful: is_stateful(kind),
        confidence: None,
        because: None,
    };
    let mut changes: Vec<Change> = wanted
        .iter()
        .map(|resource| {
            if members.iter().any(|member| member.id == resource.id) {
                let mut change = line(Action::Update, &resource.kind, &resource.id, Value::Null);
                change.confidence = Some(Confidence::Unknown);
                change.because = Some("Whether it changes depends on values known later.".into());
                change
            } else {
                let after = desired.template.properties(&resource.id, &values);
                line(Action::Create, &resource.kind, &resource.id, after)
            }
        })
        .collect();
    changes.extend(
        members
            .iter()
            .filter(|member| wanted.iter().all(|resource| resource.id != member.id))
            .map(|member| line(Action::Delete, &member.kind, &member.id, Value::Null)),
    );
    let undo = undo_of(real.is_some(), &changes);
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(known_later(request)),
        changes,
        undo,
        outputs: Map::new(),
        notes: vec![
            "Read from the template; CloudFormation is asked as soon as all values are known."
                .into(),
        ],
    })
}

pub(crate) async fn prepare(
    cx: &dyn Context,
    request: &StepRequest,
    preview: &StepPreview,
) -> Result<UndoRecord> {
    let config: Deploy = request.inputs.read()?;
    let kept = Kept(cx);
    let record = if let Some(record) = kept.record() {
        record
    } else {
        let client = Client::new(cx, config::region(request))?;
        let former = client
            .living(&config.stack)
            .await?
            .filter(|stack| !stack.is_review());
        if let Some(stack) = &former {
            kept.set_template(&client.original(&stack.id).await?)?;
        }
        let record = Record {
            stack: config.stack,
            region: client.signer.region.clone(),
            key: request.key.clone(),
            former,
            bucket: Bucket::of(config.bucket.as_deref(), config.prefix.as_deref()),
        };
        kept.set_record(&record)?;
        record
    };
    let length = record.former.as_ref().and(kept.template());
    let length = length.map(|template| template.len());
    let undo = match (preview.undo.class, &record.former) {
        (UndoClass::Automatic, Some(_)) => preview.undo.clone(),
        (_, former) => without_bucket(length, record.bucket.as_ref())
            .unwrap_or_else(|| undo_of(former.is_some(), &preview.changes)),
    };
    Ok(UndoRecord {
        undo,
        record: serde_json::to_value(record).unwrap_or_default(),
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: Deploy = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    let done = deployed(&client, request, &config).await;
    client.tidy().await;
    done
}

async fn deployed(client: &Client<'_>, request: &StepRequest, config: &Deploy) -> Result<Outcome> {
    let cx = client.cx;
    cx.progress(Progress {
        words: format!("Deploying the stack {}", config.stack),
        ..Progress::default()
    });
    if request.resumed
        && let Some((stack, kind)) = begun_before(client, request, &config.stack).await?
    {
        let course = course(&stack, request, kind, config.timeout);
        if client.began(&course).await? {
            return finish(client, &course).await;
        }
    }
    let mut existing = client.living(&config.stack).await?;
    if let Some(failed) = existing.take_if(|stack| is_our_ruin(cx, stack)) {
        clear(client, request, &failed).await?;
    }
    if let Some(stack) = &existing {
        stack.ready()?;
    }
    let desired = Desired::of(cx, config, existing.as_ref())?;
    apply(client, request, &desired, existing, config.timeout).await
}

/// Makes the change set, executes it under the step's key, and follows it to its end. A long template
/// stays in its bucket; whoever calls tidies up.
pub(crate) async fn apply(
    client: &Client<'_>,
    request: &StepRequest,
    desired: &Desired,
    existing: Option<Stack>,
    limit: Option<u32>,
) -> Result<Outcome> {
    let cx = client.cx;
    let real = existing.as_ref().filter(|stack| !stack.is_review());
    let kind = if real.is_some() {
        Kind::Update
    } else {
        Kind::Create
    };
    let name = set_name(&request.key);
    let mut parcel = client.place(desired, &name, Does::Keyed).await?;
    let set = client
        .make_set(
            desired,
            existing.as_ref(),
            &name,
            &request.key,
            &mut parcel,
            Does::Keyed,
        )
        .await?;
    Kept(cx).set_begun(&Begun {
        stack: set.stack_id.clone(),
        created: kind == Kind::Create,
    })?;
    if request.remote.as_deref() != Some(set.stack_id.as_str()) {
        cx.accepted(&set.stack_id).await?;
    }
    let worked = match client.await_set(&set).await {
        Ok(worked) => worked,
        Err(error) => {
            // The reason of the failure matters more than that of the tidying.
            let _ = client.discard(&set, Does::Keyed).await;
            return Err(error);
        }
    };
    if worked == Worked::Nothing {
        client
            .discard(
                &Set {
                    made_stack: false,
                    ..set
                },
                Does::Keyed,
            )
            .await?;
        let stack = real.cloned().unwrap_or_default();
        return Ok(outcome(client, &stack));
    }
    let course = course(&set.stack_id, request, kind, limit);
    let form = vec![
        pair("StackName", &set.stack),
        pair("ChangeSetName", &set.id),
        pair("ClientRequestToken", &request.key),
    ];
    if let Err(refusal) = client.ask("ExecuteChangeSet", &form, Does::Keyed).await?
        && !client.began(&course).await?
    {
        return Err(refusal.error("ExecuteChangeSet"));
    }
    finish(client, &course).await
}

fn course<'a>(
    stack: &'a str,
    request: &'a StepRequest,
    kind: Kind,
    limit: Option<u32>,
) -> Course<'a> {
    Course {
        stack,
        token: &request.key,
        kind,
        limit,
    }
}

async fn finish(client: &Client<'_>, course: &Course<'_>) -> Result<Outcome> {
    let stack = client.follow(course).await?;
    Ok(outcome(client, &stack))
}

/// The stack that an earlier life of this attempt was working on.
async fn begun_before(
    client: &Client<'_>,
    request: &StepRequest,
    name: &str,
) -> Result<Option<(String, Kind)>> {
    let begun = Kept(client.cx).begun();
    let created = begun.as_ref().is_some_and(|begun| begun.created);
    let kind = if created { Kind::Create } else { Kind::Update };
    if let Some(remote) = request.remote.clone().or(begun.map(|begun| begun.stack)) {
        return Ok(Some((remote, kind)));
    }
    Ok(client.living(name).await?.map(|stack| (stack.id, kind)))
}

/// A stack that an earlier attempt of this very step made and that failed; nothing of it is of use.
fn is_our_ruin(cx: &dyn Context, stack: &Stack) -> bool {
    let ours = Kept(cx)
        .begun()
        .is_some_and(|begun| begun.created && begun.stack == stack.id);
    ours && matches!(
        stack.status.as_str(),
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED"
    )
}

async fn clear(client: &Client<'_>, request: &StepRequest, failed: &Stack) -> Result<()> {
    let token = format!("{}-clear", request.key);
    client.delete(&failed.id, &token, None).await?;
    client
        .follow(&Course {
            stack: &failed.id,
            token: &token,
            kind: Kind::Delete,
            limit: None,
        })
        .await?;
    Ok(())
}

pub(crate) async fn observe(cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
    let config: Deploy = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    let Some((stack, kind)) = begun_before(&client, request, &config.stack).await? else {
        return Ok(Observed::NeverStarted);
    };
    let course = course(&stack, request, kind, config.timeout);
    if client.began(&course).await? {
        return Ok(Observed::Adopt);
    }
    let set = client
        .find_set(&config.stack, &set_name(&request.key))
        .await?;
    Ok(if set.is_some() {
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
    let id = outcome
        .outputs
        .get("stack_id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let stack = client.stack(id).await?;
    if stack.as_ref().is_some_and(|stack| {
        stack.standing() == Standing::Done || stack.status == "UPDATE_ROLLBACK_COMPLETE"
    }) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Failed,
        STACK_FAILED,
        format!(
            "The stack is {} and not complete.",
            stack.map_or("gone".to_owned(), |stack| stack.status)
        ),
    )
    .with_hint("Somebody else changed it right after; its events in AWS tell who."))
}
