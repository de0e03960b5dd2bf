//! `azure-automation/schedule-runbook`.
//!
//! Effect class: writes, idempotent. A schedule has a name and is put as a whole; the link between it and a
//! runbook has an id worked out of the step's key, and is looked for before it is made. A link cannot be
//! changed: one with other parameters is deleted and made anew.

use std::collections::BTreeSet;

use podium_connector::{
    Action, Change, Confidence, Context, Drift, DriftItem, Made, Observed, Outcome, Progress,
    StepPreview, StepRequest, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, segment};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::{Account, Azure, properties, text};
use crate::config;
use crate::runbook::{Runbook, refused};
use crate::timetable::{NEXT, Timetable, differences, kept, later, soon_enough};

/// A schedule that is not as it was put there.
const DIFFERS: Code = Code::new("POD0481");

/// What stands in the account for this step.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Seen {
    /// The schedule, as far as it can be put back.
    schedule: Option<Map<String, Value>>,
    /// The link to the runbook: its id, what it hands over.
    link: Option<(String, Value)>,
    /// Other runbooks that the schedule starts.
    others: BTreeSet<String>,
}

async fn see(account: &Account<'_, '_>, wanted: &Timetable) -> Result<Seen> {
    let path = format!("schedules/{}", segment(&wanted.schedule));
    let Some(found) = account.find(&path).await? else {
        return Ok(Seen::default());
    };
    let mut seen = Seen {
        schedule: Some(kept(properties(&found))),
        ..Seen::default()
    };
    for one in account.all("jobSchedules").await? {
        let facts = properties(&one);
        let name = |pointer: &str| facts.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        if !name("/schedule/name").eq_ignore_ascii_case(&wanted.schedule) {
            continue;
        }
        if !name("/runbook/name").eq_ignore_ascii_case(&wanted.runbook) {
            seen.others.insert(name("/runbook/name").to_owned());
            continue;
        }
        let id = Some(text(facts, "jobScheduleId")).filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| text(&one, "name"));
        // The list leaves the parameters out.
        let whole = account.find(&link_path(id)).await?;
        let facts = whole.as_ref().map_or(facts, properties);
        let link = json!({
            "parameters": facts.get("parameters").filter(|map| map.is_object()).cloned().unwrap_or_else(|| json!({})),
            "runOn": facts.get("runOn").and_then(Value::as_str).unwrap_or_default(),
        });
        seen.link = Some((id.to_owned(), link));
    }
    Ok(seen)
}

fn link_path(id: &str) -> String {
    format!("jobSchedules/{}", segment(id))
}

/// Puts the schedule there as wanted, where it is not.
async fn put_schedule(
    cx: &dyn Context,
    account: &Account<'_, '_>,
    name: &str,
    wanted: &Map<String, Value>,
    now: Option<&Map<String, Value>>,
) -> Result<()> {
    let path = account.at(&format!("schedules/{}", segment(name)));
    let on = wanted.get("isEnabled") != Some(&json!(false));
    let differ = now.map(|now| differences(wanted, now));
    let only_off = differ.as_ref().is_some_and(|names| names == &["isEnabled"]);
    if differ.as_ref().is_none_or(|names| !names.is_empty()) && !only_off {
        soon_enough(wanted, cx.now())?;
        let mut facts = wanted.clone();
        facts.remove("isEnabled");
        facts.remove(NEXT);
        let call = Call::put(path.as_str(), &json!({ "name": name, "properties": facts }))
            .needs("Microsoft.Automation/automationAccounts/schedules/write");
        account.write(call).await?;
    }
    let was_off = now.is_some_and(|now| now.get("isEnabled") == Some(&json!(false)));
    if !on || only_off || was_off {
        let facts = json!({ "isEnabled": on });
        let call = Call::patch(path, &json!({ "name": name, "properties": facts }))
            .repeatable()
            .needs("Microsoft.Automation/automationAccounts/schedules/write");
        account.write(call).await?;
    }
    Ok(())
}

fn say(cx: &dyn Context, words: String, wanted: &Timetable) {
    cx.progress(Progress {
        words,
        about: Some(wanted.schedule.clone()),
        ..Progress::default()
    });
}

async fn remove(account: &Account<'_, '_>, path: &str) -> Result<()> {
    let call = Call::delete(account.at(path));
    match account.write(call).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Ties the schedule to the runbook under this id; asked for first, since whether a second request is
/// harmless is not documented.
async fn put_link(
    account: &Account<'_, '_>,
    wanted: &Timetable,
    id: &str,
    link: &Value,
) -> Result<()> {
    let path = link_path(id);
    if account.find(&path).await?.is_some() {
        return Ok(());
    }
    let body = json!({ "properties": {
        "schedule": { "name": wanted.schedule }, "runbook": { "name": wanted.runbook },
        "parameters": link["parameters"], "runOn": link["runOn"],
    } });
    let call = Call::put_once(account.at(&path), &body)
        .needs("Microsoft.Automation/automationAccounts/jobSchedules/write");
    match account.write(call).await {
        // The reply was lost: it is there, or it is not.
        Err(error) if error.kind == ErrorKind::Unknown => match account.find(&path).await? {
            Some(_) => Ok(()),
            None => Err(error),
        },
        other => other.map(|_| ()),
    }
}

async fn account<'s, 'a>(azure: &'s Azure<'a>, wanted: &Timetable) -> Result<Account<'s, 'a>> {
    azure
        .account(&wanted.account, wanted.resource_group.as_deref())
        .await
}

fn undo_of(seen: &Seen) -> Undo {
    let stays = "Runs that it started until then stay done.";
    match (&seen.schedule, &seen.link) {
        (None, _) => Undo {
            class: UndoClass::Delete,
            because: Some(format!("The schedule and its link are deleted. {stays}")),
        },
        _ => Undo {
            class: UndoClass::Restore,
            because: Some(format!("The schedule is put back as it was. {stays}")),
        },
    }
}

fn line(action: Action, kind: &str, name: &str, before: Value, after: Value) -> Change {
    Change {
        action,
        kind: kind.into(),
        name: name.into(),
        before,
        after,
        stateful: false,
        confidence: None,
        because: None,
    }
}

/// The lines of a preview that goes from what is seen to this schedule and this link.
fn lines(
    wanted: &Timetable,
    seen: &Seen,
    schedule: Option<&Map<String, Value>>,
    link: Option<&Value>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let object = |facts: &Map<String, Value>| Value::Object(facts.clone());
    let name = wanted.schedule.as_str();
    match (&seen.schedule, schedule) {
        (None, Some(after)) => {
            changes.push(line(
                Action::Create,
                "schedule",
                name,
                Value::Null,
                object(after),
            ));
        }
        (Some(now), Some(after)) if !differences(after, now).is_empty() => {
            changes.push(line(
                Action::Update,
                "schedule",
                name,
                object(now),
                object(after),
            ));
        }
        (Some(now), None) => {
            changes.push(line(
                Action::Delete,
                "schedule",
                name,
                object(now),
                Value::Null,
            ));
        }
        _ => {}
    }
    let tie = format!("{name} → {}", wanted.runbook);
    let kind = "job schedule";
    match (&seen.link, link) {
        (None, Some(after)) => {
            changes.push(line(Action::Create, kind, &tie, Value::Null, after.clone()));
        }
        (Some((_, now)), Some(after)) if now != after => {
            let mut change = line(Action::Replace, kind, &tie, now.clone(), after.clone());
            change.because =
                Some("Azure cannot change a link: it is deleted and made anew.".into());
            changes.push(change);
        }
        (Some((_, now)), None) => {
            changes.push(line(Action::Delete, kind, &tie, now.clone(), Value::Null));
        }
        _ => {}
    }
    changes
}

fn others(seen: &Seen) -> Vec<String> {
    let others = seen.others.iter();
    others
        .map(|runbook| format!("The schedule starts the runbook `{runbook}` too."))
        .collect()
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let mut inputs = request.inputs.clone();
    let later = |pointer: &String| !pointer.starts_with("/parameters");
    if inputs.unknown.keys().any(later) {
        return Ok(StepPreview::unknown(
            format!(
                "How the schedule will be is known only after {}.",
                request.waits_for()
            ),
            undo_of(&Seen::default()),
        ));
    }
    if let Some(Value::Object(map)) = inputs.values.get("parameters").cloned() {
        let mut values = map.into_iter().collect();
        request.inputs.fill_later("/parameters", &mut values);
        let filled = Value::Object(values.into_iter().collect());
        inputs.values.insert("parameters".into(), filled);
    }
    let wanted: Timetable = inputs.read()?;
    let azure = Azure::open(cx, wanted.subscription.as_deref())?;
    let account = account(&azure, &wanted).await?;
    let runbook = Runbook::find(&account, &wanted.run()).await?;
    let mut snags = runbook.snags(&wanted.run(), request);
    snags.retain(|snag| !request.inputs.is_unknown_in(&[snag.field.as_str()]));
    refused(&snags)?;
    let seen = see(&account, &wanted).await?;
    let facts = wanted.wanted();
    let changes = lines(&wanted, &seen, Some(&facts), Some(&wanted.link()));
    if changes.iter().any(|change| change.kind == "schedule") {
        soon_enough(&facts, cx.now())?;
    }
    let mut notes = others(&seen);
    if changes.is_empty() {
        notes.push("The schedule stands there as it should, and nothing is changed.".into());
    }
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(
            "Azure has no dry run; it was compared with what stands in the account.".into(),
        ),
        changes,
        undo: undo_of(&seen),
        outputs: Map::new(),
        notes,
    })
}

pub(crate) async fn prepare(cx: &dyn Context, request: &StepRequest) -> Result<UndoRecord> {
    let wanted: Timetable = request.inputs.read()?;
    let azure = Azure::open(cx, wanted.subscription.as_deref())?;
    let seen = see(&account(&azure, &wanted).await?, &wanted).await?;
    Ok(UndoRecord {
        undo: undo_of(&seen),
        record: json!(seen),
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let wanted: Timetable = request.inputs.read()?;
    let azure = Azure::open(cx, wanted.subscription.as_deref())?;
    let account = account(&azure, &wanted).await?;
    let runbook = Runbook::find(&account, &wanted.run()).await?;
    refused(&runbook.snags(&wanted.run(), request))?;
    let seen = see(&account, &wanted).await?;
    say(
        cx,
        format!("Putting the schedule {}", wanted.schedule),
        &wanted,
    );
    put_schedule(
        cx,
        &account,
        &wanted.schedule,
        &wanted.wanted(),
        seen.schedule.as_ref(),
    )
    .await?;
    say(
        cx,
        format!("Tying it to the runbook {}", wanted.runbook),
        &wanted,
    );
    let link = wanted.link();
    let own = config::job_id(&request.key);
    let id = match &seen.link {
        Some((id, now)) if *now == link => id.clone(),
        former => {
            if let Some((former, _)) = former.as_ref().filter(|(id, _)| *id != own) {
                remove(&account, &link_path(former)).await?;
            }
            put_link(&account, &wanted, &own, &link).await?;
            own
        }
    };
    let path = format!("schedules/{}", segment(&wanted.schedule));
    let now = account.get(&path).await?;
    let page = account.link(&path);
    let mut outputs = Map::new();
    outputs.insert("schedule".into(), json!(wanted.schedule));
    outputs.insert("link".into(), json!(id));
    outputs.insert("next_run".into(), json!(text(properties(&now), "nextRun")));
    outputs.insert("url".into(), json!(page));
    Ok(Outcome {
        outputs,
        made: vec![Made {
            kind: "schedule".into(),
            name: wanted.schedule.clone(),
            link: Some(page),
        }],
        ..Outcome::default()
    })
}

/// Everything about it is asked for before it is written, so that it may be begun again at any point.
pub(crate) fn observe() -> Observed {
    Observed::Adopt
}

pub(crate) async fn verify(cx: &dyn Context, request: &StepRequest) -> Result<()> {
    let found = drift(cx, request).await?;
    let Some(first) = found.items.first() else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Failed,
        DIFFERS,
        format!(
            "The {} `{}` is not as it was put there: {} instead of {}.",
            first.kind, first.name, first.actual, first.expected
        ),
    )
    .with_hint("Somebody changed it in this moment, or Azure did not take it; run the step again."))
}

pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let wanted: Timetable = request.inputs.read()?;
    let azure = Azure::open(cx, wanted.subscription.as_deref())?;
    let seen = see(&account(&azure, &wanted).await?, &wanted).await?;
    let changes = lines(&wanted, &seen, Some(&wanted.wanted()), Some(&wanted.link()));
    Ok(Drift {
        items: changes
            .into_iter()
            .map(|change| DriftItem {
                kind: change.kind,
                name: change.name,
                expected: change.after,
                actual: change.before,
            })
            .collect(),
    })
}

/// What stands there, and what the record says to put back.
fn former(record: &UndoRecord) -> Seen {
    serde_json::from_value(record.record.clone()).unwrap_or_default()
}

pub(crate) async fn preview_undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let wanted: Timetable = request.inputs.read()?;
    let azure = Azure::open(cx, wanted.subscription.as_deref())?;
    let seen = see(&account(&azure, &wanted).await?, &wanted).await?;
    let mut former = former(record);
    if former.schedule.is_none() && !seen.others.is_empty() {
        former.schedule.clone_from(&seen.schedule);
    }
    let link = former.link.as_ref().map(|(_, link)| link);
    Ok(StepPreview {
        confidence: Confidence::Predicted,
        because: Some(
            "Azure has no dry run; it was compared with what stands in the account.".into(),
        ),
        changes: lines(&wanted, &seen, former.schedule.as_ref(), link),
        undo: record.undo.clone(),
        outputs: Map::new(),
        notes: others(&seen),
    })
}

pub(crate) async fn undo(
    cx: &dyn Context,
    request: &StepRequest,
    record: &UndoRecord,
) -> Result<Outcome> {
    let wanted: Timetable = request.inputs.read()?;
    let azure = Azure::open(cx, wanted.subscription.as_deref())?;
    let account = account(&azure, &wanted).await?;
    let (former, seen) = (former(record), see(&account, &wanted).await?);
    let same = |link: &Option<(String, Value)>| link.as_ref().map(|(_, link)| link.clone());
    if same(&former.link) != same(&seen.link)
        && let Some((id, _)) = &seen.link
    {
        remove(&account, &link_path(id)).await?;
    }
    match &former.schedule {
        None if seen.others.is_empty() => {
            remove(
                &account,
                &format!("schedules/{}", segment(&wanted.schedule)),
            )
            .await?;
        }
        // Somebody tied another runbook to it meanwhile: it is theirs now.
        None => {}
        Some(facts) => {
            let facts = later(facts, cx.now());
            if let Some(facts) = facts {
                put_schedule(
                    cx,
                    &account,
                    &wanted.schedule,
                    &facts,
                    seen.schedule.as_ref(),
                )
                .await?;
            }
        }
    }
    if let Some((_, link)) = &former.link
        && same(&former.link) != same(&seen.link)
    {
        let id = config::job_id(&request.key);
        put_link(&account, &wanted, &id, link).await?;
    }
    Ok(Outcome::default())
}
