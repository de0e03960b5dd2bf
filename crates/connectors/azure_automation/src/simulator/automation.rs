//! Automation accounts: runbooks, jobs, tests of drafts. Tables of an account are in [`tables`].

use std::collections::BTreeMap;

use podium_connector::Method;
use serde_json::{Value, json};

use super::seed::{self, ACCOUNTS, Runbook, SUBSCRIPTION};
use super::tables;
use super::world::{Job, World};
use super::{Asked, Reply, nothing, ok, refused, refused_plainly, with, words};

/// Entries on a page.
pub(crate) const PAGE: usize = 40;
/// Records of a stream on a page.
const RECORDS: usize = 100;

pub(crate) fn answer(world: &mut World, asked: &Asked<'_>) -> Reply {
    let small: Vec<String> = asked.path.iter().map(|part| part.to_lowercase()).collect();
    let small: Vec<&str> = small.iter().map(String::as_str).collect();
    match (asked.method, small.as_slice()) {
        (Method::Get, ["subscriptions"]) => ok(json!({
            "value": [{
                "id": format!("/subscriptions/{SUBSCRIPTION}"), "subscriptionId": SUBSCRIPTION,
                "displayName": "Shop practice", "state": "Enabled",
            }],
            "count": { "type": "Total", "value": 1 },
        })),
        (
            Method::Get,
            [
                "subscriptions",
                id,
                "providers",
                "microsoft.automation",
                "automationaccounts",
            ],
        ) if *id == SUBSCRIPTION => {
            let rows = ACCOUNTS.iter().map(|(name, group)| account(name, group));
            asked.list(PAGE, &rows.collect::<Vec<_>>())
        }
        (
            _,
            [
                "subscriptions",
                id,
                "resourcegroups",
                group,
                "providers",
                "microsoft.automation",
                "automationaccounts",
                name,
                ..,
            ],
        ) if *id == SUBSCRIPTION => {
            let known = ACCOUNTS.iter().find(|(known, place)| {
                known.to_lowercase() == *name && place.to_lowercase() == *group
            });
            match known {
                Some((name, group)) => below(world, asked, name, group),
                None => refused(
                    404,
                    "ResourceNotFound",
                    &format!(
                        "The Resource 'Microsoft.Automation/automationAccounts/{}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
                        asked.path[7], asked.path[3]
                    ),
                ),
            }
        }
        (_, ["subscriptions", id, ..]) if *id != SUBSCRIPTION => refused(
            404,
            "SubscriptionNotFound",
            &format!("The subscription '{id}' could not be found."),
        ),
        _ => refused(
            404,
            "InvalidResourceType",
            "The resource type could not be found.",
        ),
    }
}

fn id_of(name: &str, group: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Automation/automationAccounts/{name}"
    )
}

fn account(name: &str, group: &str) -> Value {
    json!({
        "id": id_of(name, group), "name": name, "location": "westeurope",
        "type": "Microsoft.Automation/AutomationAccounts", "tags": {},
        "properties": { "state": "Ok", "sku": { "name": "Basic" }, "creationTime": "2025-11-03T08:00:00.0000000+00:00" },
    })
}

pub(crate) fn missing(what: &str) -> Reply {
    refused_plainly(
        404,
        "ResourceNotFound",
        &format!("The {what} does not exist."),
    )
}

fn below(world: &mut World, asked: &Asked<'_>, name: &str, group: &str) -> Reply {
    let root = id_of(name, group);
    let rest = &asked.path[8..];
    match (asked.method, rest) {
        (Method::Get, []) => ok(account(name, group)),
        (Method::Get, ["providers", "Microsoft.Authorization", "permissions"]) => ok(json!({
            "value": [{ "actions": ["Microsoft.Automation/automationAccounts/*"], "notActions": [] }],
        })),
        (Method::Get, ["runbooks"]) => {
            let rows = seed::runbooks();
            let rows: Vec<Value> = rows.iter().map(|one| runbook(&root, one)).collect();
            asked.list(PAGE, &rows)
        }
        (_, ["runbooks", book, more @ ..]) => match seed::find(book) {
            Some(book) => book_answer(world, asked, &root, name, &book, more),
            None => missing("runbook"),
        },
        (Method::Get, ["jobs"]) => {
            let mut rows: Vec<&Job> = jobs_of(world, name);
            rows.sort_by_key(|job| -job.created);
            let rows: Vec<Value> = rows
                .iter()
                .map(|job| {
                    let mut facts = job.facts(asked.now);
                    if let Value::Object(map) = &mut facts {
                        for field in ["exception", "parameters", "statusDetails", "startedBy"] {
                            map.remove(field);
                        }
                    }
                    wrapped(&root, job, &facts)
                })
                .collect();
            asked.list(PAGE, &rows)
        }
        (_, ["jobs", id, more @ ..]) => job_answer(world, asked, &root, name, id, more),
        (Method::Get, ["operationResults", id]) => tables::pending(world, asked, id),
        (Method::Get, ["hybridRunbookWorkerGroups"]) => {
            let rows = ["shop-workers", "größe-workers"].map(|group| {
                json!({
                    "id": format!("{root}/hybridRunbookWorkerGroups/{group}"), "name": group,
                    "type": "Microsoft.Automation/AutomationAccounts/HybridRunbookWorkerGroups",
                    "properties": { "groupType": "User", "credential": { "name": null } },
                })
            });
            asked.list(PAGE, &rows)
        }
        (
            _,
            [
                table @ ("schedules" | "jobSchedules" | "webhooks" | "variables"),
                more @ ..,
            ],
        ) => tables::answer(world, asked, &root, name, table, more),
        _ => refused(
            404,
            "InvalidResourceType",
            "The resource type could not be found.",
        ),
    }
}

fn runbook(root: &str, one: &Runbook) -> Value {
    json!({
        "id": format!("{root}/runbooks/{}", one.name), "name": one.name, "location": "westeurope",
        "type": "Microsoft.Automation/AutomationAccounts/Runbooks", "tags": {}, "etag": null,
        "properties": {
            "runbookType": one.kind, "state": one.state, "logVerbose": false, "logProgress": false,
            "logActivityTrace": 0, "jobCount": 0, "parameters": one.parameters, "outputTypes": [],
            "provisioningState": "Succeeded", "description": null, "lastModifiedBy": "shop",
            "creationTime": "2025-11-03T08:00:00.0000000+00:00", "lastModifiedTime": "2025-12-01T08:00:00.0000000+00:00",
        },
    })
}

fn jobs_of<'w>(world: &'w World, account: &str) -> Vec<&'w Job> {
    let before = format!("{account}/");
    world
        .jobs
        .iter()
        .filter(|(key, _)| key.starts_with(&before))
        .map(|(_, job)| job)
        .collect()
}

fn wrapped(root: &str, job: &Job, facts: &Value) -> Value {
    json!({
        "id": format!("{root}/jobs/{}", job.id), "name": job.id,
        "type": "Microsoft.Automation/AutomationAccounts/Jobs", "properties": facts,
    })
}

/// A job that is asked for, or why not.
pub(crate) fn new_job(
    asked: &Asked<'_>,
    id: &str,
    book: &str,
    facts: &Value,
) -> Result<Job, Reply> {
    let bad = |message: &str| refused_plainly(400, "BadRequest", message);
    let Some(book) = seed::find(book) else {
        return Err(bad("The runbook does not exist or is not published."));
    };
    let mut parameters = BTreeMap::new();
    for (name, value) in facts["parameters"].as_object().into_iter().flatten() {
        let Some(text) = value.as_str() else {
            return Err(bad(&format!(
                "The value of the parameter '{name}' is not a string."
            )));
        };
        let known = book
            .parameters
            .as_object()
            .is_some_and(|all| all.keys().any(|one| one.eq_ignore_ascii_case(name)));
        if !known && book.kind != "Python3" {
            return Err(bad(&format!(
                "The runbook parameter '{name}' is not a valid parameter name."
            )));
        }
        parameters.insert(name.clone(), text.to_owned());
    }
    for (name, one) in book.parameters.as_object().into_iter().flatten() {
        let given = parameters
            .keys()
            .any(|known| known.eq_ignore_ascii_case(name));
        if one["isMandatory"] == true && !given {
            return Err(bad(&format!(
                "The mandatory parameter '{name}' of the runbook is missing."
            )));
        }
    }
    let run_on = facts["runOn"].as_str().unwrap_or_default();
    if !matches!(run_on, "" | "Azure" | "shop-workers" | "größe-workers") {
        return Err(bad(&format!(
            "The hybrid runbook worker group '{run_on}' does not exist."
        )));
    }
    Ok(Job {
        id: id.to_owned(),
        runbook: book.name,
        parameters,
        run_on: run_on.to_owned(),
        created: asked.now,
        stopped: None,
        suspended: None,
        resumed: None,
    })
}

fn book_answer(
    world: &mut World,
    asked: &Asked<'_>,
    root: &str,
    account: &str,
    book: &Runbook,
    rest: &[&str],
) -> Reply {
    let key = format!("{account}/{}", book.name);
    match (asked.method, rest) {
        (Method::Get, []) => ok(runbook(root, book)),
        (Method::Get, ["content"]) if book.state == "New" => missing("published runbook content"),
        (_, ["draft", ..]) if book.state == "Published" => missing("runbook draft"),
        (Method::Get, ["content"] | ["draft", "content"]) => words(book.text.clone()),
        (Method::Get, ["draft"]) => ok(json!({ "inEdit": true, "parameters": book.parameters })),
        (Method::Put, ["draft", "testJob"]) => {
            let running = world
                .tests
                .get(&key)
                .is_some_and(|job| job.ends().is_none_or(|end| asked.now < end));
            if running {
                return refused_plainly(
                    409,
                    "Conflict",
                    "A test job of this runbook draft is already running.",
                );
            }
            let job = asked
                .json()
                .and_then(|body| new_job(asked, "", &book.name, &body));
            match job {
                Ok(job) => {
                    let facts = test(&job, asked.now);
                    world.tests.insert(key, job);
                    with(201, facts)
                }
                Err(reply) => reply,
            }
        }
        (_, ["draft", "testJob", more @ ..]) => {
            let path = format!("{root}/runbooks/{}/draft/testJob/streams", book.name);
            match world.tests.get_mut(&key) {
                Some(job) => act(asked, job, more, &path, test),
                None => missing("test job"),
            }
        }
        _ => refused(
            404,
            "InvalidResourceType",
            "The resource type could not be found.",
        ),
    }
}

/// The test of a draft: without wrapping, and with less.
fn test(job: &Job, now: i64) -> Value {
    let mut facts = job.facts(now);
    if let Value::Object(map) = &mut facts {
        for field in [
            "jobId",
            "runbook",
            "provisioningState",
            "startedBy",
            "jobRuntimeEnvironment",
        ] {
            map.remove(field);
        }
        map.insert("logActivityTrace".into(), json!(0));
    }
    facts
}

fn job_answer(
    world: &mut World,
    asked: &Asked<'_>,
    root: &str,
    account: &str,
    id: &str,
    rest: &[&str],
) -> Reply {
    let key = format!("{account}/{id}");
    if (asked.method, rest) == (Method::Put, &[]) {
        if world.jobs.contains_key(&key) {
            return refused_plainly(409, "Conflict", "The job already exists.");
        }
        let body = match asked.json() {
            Ok(body) => body,
            Err(reply) => return reply,
        };
        let facts = &body["properties"];
        let book = facts["runbook"]["name"].as_str().unwrap_or_default();
        if seed::find(book).is_some_and(|book| book.state == "New") {
            return refused_plainly(
                400,
                "BadRequest",
                "The runbook does not exist or is not published.",
            );
        }
        return match new_job(asked, id, book, facts) {
            Ok(job) => {
                let reply = with(201, wrapped(root, &job, &job.facts(asked.now)));
                world.jobs.insert(key, job);
                reply
            }
            Err(reply) => reply,
        };
    }
    let path = format!("{root}/jobs/{id}/streams");
    let Some(job) = world.jobs.get_mut(&key) else {
        return missing("job");
    };
    match (asked.method, rest) {
        (Method::Get, ["output"]) => words(job.output(asked.now)),
        (Method::Get, ["runbookContent"]) => words(
            seed::find(&job.runbook)
                .map(|book| book.text)
                .unwrap_or_default(),
        ),
        _ => {
            let whole = |job: &Job, now: i64| wrapped(root, job, &job.facts(now));
            act(asked, job, rest, &path, whole)
        }
    }
}

/// What a job and a test have in common.
fn act(
    asked: &Asked<'_>,
    job: &mut Job,
    rest: &[&str],
    path: &str,
    show: impl Fn(&Job, i64) -> Value,
) -> Reply {
    let now = asked.now;
    let status = job.status(now);
    let over = matches!(status, "Completed" | "Failed" | "Stopped");
    let no = |verb: &str| {
        refused_plainly(
            400,
            "BadRequest",
            &format!("The job is in a state ({status}) in which it cannot be {verb}."),
        )
    };
    match (asked.method, rest) {
        (Method::Get, []) => ok(show(job, now)),
        (Method::Get, ["streams"]) => match since(asked.get("$filter")) {
            Ok((since, kind)) => {
                let chosen = job.chosen(now, since, kind.as_deref());
                asked.page(RECORDS, chosen.len(), |at| job.short(path, chosen[at]))
            }
            Err(why) => refused_plainly(400, "BadRequest", &why),
        },
        (Method::Get, ["streams", id]) => match job.record(now, path, id) {
            Some(record) => ok(record),
            None => missing("job stream"),
        },
        (Method::Post, ["stop"]) if over => no("stopped"),
        (Method::Post, ["stop"]) => {
            job.stopped.get_or_insert(now);
            nothing(200)
        }
        (Method::Post, ["suspend"]) if status != "Running" => no("suspended"),
        (Method::Post, ["suspend"]) => {
            job.suspended = Some(now);
            job.resumed = None;
            nothing(200)
        }
        (Method::Post, ["resume"]) if status != "Suspended" => no("resumed"),
        (Method::Post, ["resume"]) => {
            job.resumed = Some(now);
            nothing(200)
        }
        _ => refused(
            404,
            "InvalidResourceType",
            "The resource type could not be found.",
        ),
    }
}

/// The filter of a list of records: a time, a stream.
fn since(filter: Option<&str>) -> Result<(Option<i64>, Option<String>), String> {
    let (mut since, mut kind) = (None, None);
    for part in filter
        .unwrap_or_default()
        .split(" and ")
        .filter(|part| !part.is_empty())
    {
        let bad = || format!("The filter '{part}' is not valid.");
        if let Some(time) = part.strip_prefix("properties/time ge ") {
            let time: jiff::Timestamp = time.parse().map_err(|_| bad())?;
            since = Some(time.as_millisecond());
        } else if let Some(name) = part.strip_prefix("properties/streamType eq ") {
            kind = Some(name.trim_matches('\'').to_owned());
        } else {
            return Err(bad());
        }
    }
    Ok((since, kind))
}
