//! What an account keeps by name: schedules, their links to runbooks, webhooks, variables.

use std::collections::BTreeMap;

use podium_connector::Method;
use serde_json::{Map, Value, json};

use super::automation::{PAGE, missing, new_job};
use super::jobs::instant;
use super::world::World;
use super::{Asked, Reply, nothing, ok, refused, refused_plainly, with};

fn table_of<'w>(world: &'w mut World, table: &str) -> &'w mut BTreeMap<String, Value> {
    match table {
        "schedules" => &mut world.schedules,
        "jobSchedules" => &mut world.job_schedules,
        "webhooks" => &mut world.webhooks,
        _ => &mut world.variables,
    }
}

/// What an account has from the start.
fn given(table: &str) -> Vec<(&'static str, Value)> {
    match table {
        "schedules" => vec![(
            "shop-every-night",
            json!({ "frequency": "Day", "interval": 1, "isEnabled": true, "startTime": "2026-01-02T22:00:00+00:00", "nextRun": "2026-01-02T22:00:00+00:00", "timeZone": "Europe/Berlin", "description": null }),
        )],
        "jobSchedules" => vec![(
            "0fa462ba-3aa2-4138-83ca-9ebc3bc55cdc",
            json!({ "jobScheduleId": "0fa462ba-3aa2-4138-83ca-9ebc3bc55cdc", "runbook": { "name": "shop-nightly-care" }, "schedule": { "name": "shop-every-night" }, "runOn": null, "parameters": { "Branch": "west" } }),
        )],
        "webhooks" => vec![
            (
                "shop-silent",
                json!({ "isEnabled": false, "expiryTime": "2027-01-01T00:00:00+00:00", "runbook": { "name": "shop-report" }, "lastInvokedTime": null, "runOn": null, "parameters": null, "uri": "", "creationTime": "2025-11-03T08:00:00+00:00", "lastModifiedTime": "2025-11-03T08:00:00+00:00" }),
            ),
            (
                "shop-ring",
                json!({ "isEnabled": true, "expiryTime": "2027-01-01T00:00:00+00:00", "runbook": { "name": "shop-nightly-care" }, "lastInvokedTime": null, "runOn": null, "parameters": { "Branch": "west" }, "uri": "", "creationTime": "2025-11-03T08:00:00+00:00", "lastModifiedTime": "2025-11-03T08:00:00+00:00" }),
            ),
        ],
        _ => vec![
            (
                "LastCare",
                json!({ "value": "\"never\"", "isEncrypted": false, "description": null }),
            ),
            (
                "TillPin",
                json!({ "value": null, "isEncrypted": true, "description": null }),
            ),
        ],
    }
}

pub(crate) fn answer(
    world: &mut World,
    asked: &Asked<'_>,
    root: &str,
    account: &str,
    table: &str,
    rest: &[&str],
) -> Reply {
    let before = format!("{account}/");
    let known = table_of(world, table);
    for (name, value) in given(table) {
        known.entry(format!("{before}{name}")).or_insert(value);
    }
    let show = |name: &str, value: &Value| {
        json!({
            "id": format!("{root}/{table}/{name}"), "name": name,
            "type": format!("Microsoft.Automation/AutomationAccounts/{table}"), "properties": value,
        })
    };
    match (asked.method, rest) {
        (Method::Get, []) => {
            let rows: Vec<Value> = known
                .iter()
                .filter(|(_, value)| !value.is_null())
                .filter_map(|(key, value)| {
                    Some(show(key.strip_prefix(&before)?, &listed(table, value)))
                })
                .collect();
            asked.list(PAGE, &rows)
        }
        (Method::Post, ["generateUri"]) if table == "webhooks" => ok(json!(format!(
            "{}/webhooks?token=practice%2b{:x}",
            asked.host, asked.now
        ))),
        (Method::Get, [name]) => match known.get(&format!("{before}{name}")) {
            Some(value) if !value.is_null() => ok(show(name, value)),
            _ => missing(table),
        },
        (Method::Put, [name]) => {
            let body = match asked.json() {
                Ok(body) => body,
                Err(reply) => return reply,
            };
            let key = format!("{before}{name}");
            let new = known.get(&key).is_none_or(Value::is_null);
            let mut facts: Map<String, Value> =
                body["properties"].as_object().cloned().unwrap_or_default();
            if let Some(no) = refusal(table, asked.now, new, &facts) {
                return no;
            }
            if facts.get("isEncrypted") == Some(&json!(true)) {
                facts.insert("value".into(), Value::Null);
            }
            let shown_uri = facts.remove("uri");
            if table != "jobSchedules" {
                facts.insert("creationTime".into(), json!(instant(asked.now)));
                facts.insert("lastModifiedTime".into(), json!(instant(asked.now)));
            }
            if table == "schedules" {
                facts.insert("isEnabled".into(), json!(true));
                facts.insert(
                    "nextRun".into(),
                    facts.get("startTime").cloned().unwrap_or_default(),
                );
            }
            if table == "jobSchedules" {
                facts.insert("jobScheduleId".into(), json!(name));
            }
            if table == "webhooks" {
                facts.insert("uri".into(), json!(""));
            }
            let mut reply = show(name, &Value::Object(facts.clone()));
            if let Some(uri) = shown_uri {
                reply["properties"]["uri"] = uri;
            }
            known.insert(key, Value::Object(facts));
            match worked_on(world, asked, root, name) {
                Some(later) => later,
                None => with(if new { 201 } else { 200 }, reply),
            }
        }
        (Method::Patch, [name]) => {
            let body = match asked.json() {
                Ok(body) => body,
                Err(reply) => return reply,
            };
            match known.get_mut(&format!("{before}{name}")) {
                Some(Value::Object(facts)) => {
                    let changes = body["properties"].as_object().into_iter().flatten();
                    for (field, value) in changes {
                        facts.insert(field.clone(), value.clone());
                    }
                    ok(show(name, &Value::Object(facts.clone())))
                }
                _ => missing(table),
            }
        }
        (Method::Delete, [name]) => {
            // A thing of the start stays away once it is deleted.
            match known.get_mut(&format!("{before}{name}")) {
                Some(value) if !value.is_null() => {
                    *value = Value::Null;
                    if table == "schedules" {
                        untie(world, &before, name);
                    }
                    nothing(200)
                }
                _ => nothing(204),
            }
        }
        _ => refused(
            404,
            "InvalidResourceType",
            "The resource type could not be found.",
        ),
    }
}

/// A list of links leaves out what they hand over.
fn listed(table: &str, value: &Value) -> Value {
    let mut value = value.clone();
    if table == "jobSchedules" {
        value["parameters"] = Value::Null;
    }
    value
}

/// What Azure does not take.
fn refusal(table: &str, now: i64, new: bool, facts: &Map<String, Value>) -> Option<Reply> {
    let bad = |message: &str| Some(refused_plainly(400, "BadRequest", message));
    match table {
        "schedules" => {
            let start = facts.get("startTime").and_then(Value::as_str);
            let start = start.and_then(|text| text.parse::<jiff::Timestamp>().ok());
            match start {
                None => bad("The start time of the schedule is missing or not valid."),
                Some(start) if start.as_millisecond() < now + 5 * 60 * 1_000 => bad(
                    "The start time of the schedule must be at least 5 minutes after the time you create the schedule.",
                ),
                Some(_) => None,
            }
        }
        "jobSchedules" if !new => Some(refused_plainly(
            409,
            "Conflict",
            "A job schedule for the specified runbook and schedule already exists.",
        )),
        "jobSchedules" => {
            let book = facts["runbook"]["name"].as_str().unwrap_or_default();
            match super::seed::find(book) {
                Some(book) if book.state != "New" => None,
                _ => bad("The runbook does not exist or is not published."),
            }
        }
        _ => None,
    }
}

/// Links of a schedule go with it.
fn untie(world: &mut World, before: &str, schedule: &str) {
    for (key, link) in &mut world.job_schedules {
        let its = link["schedule"]["name"].as_str();
        if key.starts_with(before) && its.is_some_and(|name| name.eq_ignore_ascii_case(schedule)) {
            *link = Value::Null;
        }
    }
}

/// Some names are worked on for longer: `slowly` by `Azure-AsyncOperation`, `lately` by `Location`, and with
/// `in-vain` it ends badly.
fn worked_on(world: &mut World, asked: &Asked<'_>, root: &str, name: &str) -> Option<Reply> {
    let header = match name {
        name if name.contains("slowly") => "azure-asyncoperation",
        name if name.contains("lately") => "location",
        _ => return None,
    };
    let id = format!("{:x}", asked.now);
    let ends = (asked.now + 6_000, !name.contains("in-vain"));
    world.pending.insert(id.clone(), ends);
    let link = format!(
        "{}{root}/operationResults/{id}?api-version=2024-10-23",
        asked.host
    );
    let kind = if header == "location" {
        "&by=location"
    } else {
        ""
    };
    let mut reply = nothing(202);
    reply
        .headers
        .push((header.to_owned(), format!("{link}{kind}")));
    reply
        .headers
        .push(("retry-after".to_owned(), "2".to_owned()));
    Some(reply)
}

/// How far a write is that is worked on.
pub(crate) fn pending(world: &World, asked: &Asked<'_>, id: &str) -> Reply {
    let Some((ends, well)) = world.pending.get(id) else {
        return missing("operation");
    };
    let by_location = asked.get("by").is_some();
    let over = asked.now >= *ends;
    match (over, well) {
        (false, _) if by_location => nothing(202),
        (false, _) => ok(json!({ "status": "InProgress" })),
        (true, true) if by_location => nothing(200),
        (true, true) => ok(json!({ "status": "Succeeded" })),
        (true, false) => ok(json!({
            "status": "Failed", "error": { "code": "Conflict", "message": "Für den Zeitplan ist kein Platz." },
        })),
    }
}

/// A start by webhook: whoever has the address may do it. `practice-NAME` is the token of the webhook NAME.
pub(crate) fn webhook(world: &mut World, asked: &Asked<'_>) -> Reply {
    let token = asked.get("token").unwrap_or_default();
    if asked.method != Method::Post || token.is_empty() {
        return refused_plainly(400, "BadRequest", "The webhook is not valid.");
    }
    let account = "shop-automation";
    for (name, value) in given("webhooks") {
        world
            .webhooks
            .entry(format!("{account}/{name}"))
            .or_insert(value);
    }
    let known = token.strip_prefix("practice-").map(|name| {
        let found = world.webhooks.get(&format!("{account}/{name}"));
        (name, found.filter(|one| !one.is_null()).cloned())
    });
    let (book, parameters) = match known {
        Some((name, Some(hook))) if name != "practice" => {
            if hook["isEnabled"] == false {
                return refused_plainly(400, "BadRequest", "The webhook is disabled.");
            }
            let book = hook["runbook"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            (book, hook["parameters"].clone())
        }
        Some((name, None)) if name != "practice" => return missing("webhook"),
        _ => ("shop-nightly-care".to_owned(), json!({ "Branch": "west" })),
    };
    let id = format!("00000000-0000-4000-8000-{:012x}", asked.now.unsigned_abs());
    let body = json!({ "parameters": parameters, "runOn": "" });
    match new_job(asked, &id, &book, &body) {
        Ok(job) => {
            world.jobs.insert(format!("{account}/{id}"), job);
            with(202, json!({ "JobIds": [id] }))
        }
        Err(reply) => reply,
    }
}
