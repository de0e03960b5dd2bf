//! Answers to requests, in Schematics' own form.

use std::collections::BTreeMap;

use podium_connector::{HttpRequest, HttpResponse, Method};
use serde_json::{Value, json};

use super::state::{Activity, Kept, Space, State};
use super::{jobs, tokens};

pub(super) fn reply(status: u16, body: &Value) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        },
    }
}

/// A refusal in the form that is taken for Schematics' own.
fn refuse(status: u16, id: &str, message: &str) -> HttpResponse {
    reply(
        status,
        &json!({
            "requestid": "5f1c0de0-practice", "timestamp": "2026-01-02T03:04:05.678Z",
            "messageid": id, "message": message, "statuscode": status,
        }),
    )
}

/// A header, secret or not.
pub(super) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let open = request
        .headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    let hidden = request
        .secret_headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    open.map(|(_, value)| value.as_str())
        .or_else(|| hidden.and_then(|(_, value)| value.expose_str()))
}

fn plain(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

pub(super) fn form(request: &HttpRequest) -> BTreeMap<String, String> {
    pairs(&String::from_utf8_lossy(&request.body))
}

pub(super) fn answer(state: &mut State, now: i64, request: &HttpRequest) -> HttpResponse {
    let rest = request
        .url
        .split_once("://")
        .map_or(request.url.as_str(), |(_, rest)| rest);
    let target = rest.find('/').map_or("/", |at| &rest[at..]);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = pairs(query);
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(plain)
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if parts == ["identity", "token"] && request.method == Method::Post {
        return tokens::exchange(state, now, request);
    }
    if !tokens::holds(now, request) {
        return refuse(
            401,
            "M1004",
            "The request requires a valid IAM token: it is missing or has expired.",
        );
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let get = request.method == Method::Get;
    match parts.as_slice() {
        ["v1", "version"] if get => reply(
            200,
            &json!({
                "builddate": "2026-10-01", "buildno": "1", "commitsha": "0000000",
                "terraform_version": "v1.5.7", "helm_version": "v3", "helm_provider_version": "v1",
                "terraform_provider_version": "v1.70.0",
                "supported_template_types": { "templateNames": ["terraform_v1.4", "terraform_v1.5"] },
            }),
        ),
        ["v2", "locations"] if get => reply(
            200,
            &json!({ "locations": [
            { "name": "Frankfurt", "id": "eu-de", "country": "Deutschland", "geography": "Europe", "geography_code": "eu", "metro": "Frankfurt", "region": "eu-de", "kind": "region", "multizone_metro": "fra" },
            { "name": "London", "id": "eu-gb", "country": "United Kingdom", "geography": "Europe", "geography_code": "eu", "metro": "London", "region": "eu-gb", "kind": "region", "multizone_metro": "lon" },
            { "name": "Dallas", "id": "us-south", "country": "United States", "geography": "America", "geography_code": "us", "metro": "Dallas", "region": "us-south", "kind": "region", "multizone_metro": "dal" },
        ] }),
        ),
        ["v1", "resource_groups"] if get => reply(
            200,
            &json!([
                { "account_id": "0a1b2c3d", "default": true, "name": "default", "resource_group_id": "default", "state": "ACTIVE" },
                { "account_id": "0a1b2c3d", "default": false, "name": "Läden", "resource_group_id": "b7f2laeden", "state": "ACTIVE" },
            ]),
        ),
        ["v1", "workspaces"] if get => list(state, &query),
        ["v1", "workspaces"] if request.method == Method::Post => create(state, now, &body),
        ["v2", "jobs", id, "files"] if get => files(state, id, &query),
        ["v1", "workspaces", id, rest @ ..] => {
            let Some(at) = state.workspaces.iter().position(|space| space.id == *id) else {
                return refuse(
                    404,
                    "M2001",
                    &format!("The workspace {id} does not exist, or you may not see it."),
                );
            };
            of_workspace(state, at, now, request, rest, &query, &body)
        }
        _ => refuse(404, "M1000", &format!("There is nothing at {path}.")),
    }
}

fn number(query: &BTreeMap<String, String>, name: &str, default: usize) -> Option<usize> {
    match query.get(name) {
        None => Some(default),
        Some(text) => text.parse().ok(),
    }
}

fn list(state: &State, query: &BTreeMap<String, String>) -> HttpResponse {
    let (Some(offset), Some(limit)) = (number(query, "offset", 0), number(query, "limit", 100))
    else {
        return refuse(400, "M1002", "offset and limit are numbers.");
    };
    if limit == 0 || limit > 2_000 {
        return refuse(400, "M1002", "limit is between 1 and 2000.");
    }
    let page: Vec<Value> = state
        .workspaces
        .iter()
        .skip(offset)
        .take(limit)
        .map(shown)
        .collect();
    reply(
        200,
        &json!({
            "offset": offset, "limit": limit, "count": state.workspaces.len(), "workspaces": page,
        }),
    )
}

fn stamp(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

fn template_id(space: &Space) -> String {
    format!("{}-t1", space.id.rsplit('.').next().unwrap_or_default())
}

fn store(space: &Space) -> Vec<Value> {
    space
        .variables
        .iter()
        .map(|kept| {
            json!({
                "name": kept.name, "value": if kept.secure { "" } else { &kept.value },
                "type": kept.kind, "secure": kept.secure, "description": "",
            })
        })
        .collect()
}

fn shown(space: &Space) -> Value {
    let busy = space.activities.iter().any(|one| one.status.is_empty());
    let last = space.activities.last();
    json!({
        "id": space.id, "name": space.name, "description": space.description,
        "crn": format!("crn:v1:bluemix:public:schematics:{}:a/0a1b2c3d:practice:workspace:{}", space.location, space.id),
        "created_at": stamp(space.created), "created_by": "shop.keeper@example.com",
        "location": space.location, "resource_group": space.resource_group, "tags": space.tags,
        "type": [space.terraform],
        "status": if busy { "In progress" } else { &space.status },
        "workspace_status": {
            "frozen": space.frozen, "locked": space.locked || busy,
            "frozen_by": if space.frozen { "auditor@example.com" } else { "" },
            "locked_by": if space.locked || busy { "shop.keeper@example.com" } else { "" },
        },
        "workspace_status_msg": { "status_code": if space.says.is_empty() { "200" } else { "400" }, "status_msg": space.says },
        "template_repo": {
            "url": space.url, "repo_url": space.url, "full_url": format!("{}/tree/{}", space.url, space.branch), "branch": space.branch,
            "release": space.release, "repo_sha_value": format!("{:040x}", space.url.len() * 7919 + space.branch.len()),
            "has_uploadedgitrepotar": false,
        },
        "template_data": [{
            "id": template_id(space), "folder": space.folder, "type": space.terraform, "compact": false,
            "has_githubtoken": false, "variablestore": store(space), "values": "", "values_metadata": [],
            "values_url": format!("/v1/workspaces/{}/template_data/{}/values", space.id, template_id(space)),
        }],
        "runtime_data": [{ "id": template_id(space), "engine_name": "terraform", "engine_version": "v1.5.7" }],
        "last_activity_id": last.map(|one| one.id.as_str()).unwrap_or_default(),
        "last_action_name": last.map(|one| one.command.as_str()).unwrap_or_default(),
    })
}

fn create(state: &mut State, now: i64, body: &Value) -> HttpResponse {
    let text = |pointer: &str| {
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let name = text("/name");
    if name.is_empty() {
        return refuse(400, "M2002", "The field name is mandatory.");
    }
    let terraform = text("/type/0");
    if !["terraform_v1.4", "terraform_v1.5"].contains(&terraform.as_str()) {
        return refuse(
            400,
            "M2003",
            &format!("The template type {terraform} is not supported."),
        );
    }
    let or = |text: String, other: &str| {
        if text.is_empty() {
            other.to_owned()
        } else {
            text
        }
    };
    let (branch, release) = (
        text("/template_repo/branch"),
        text("/template_repo/release"),
    );
    let space = state.add(&name, &text("/template_repo/url"));
    space.description = text("/description");
    space.location = or(text("/location"), "eu-de");
    space.resource_group = or(text("/resource_group"), "default");
    space.terraform = terraform;
    space.created = now;
    space.tags = body["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    space.branch = if release.is_empty() {
        or(branch, "main")
    } else {
        branch
    };
    space.release = release;
    space.folder = or(text("/template_data/0/folder"), ".");
    space.status = "Connecting".into();
    space.ready = now + 3_000;
    if let Some(list) = body
        .pointer("/template_data/0/variablestore")
        .and_then(Value::as_array)
    {
        space.variables = kept(list);
    }
    let body = shown(space);
    reply(201, &body)
}

fn kept(list: &[Value]) -> Vec<Kept> {
    list.iter()
        .filter_map(|entry| {
            let secure = entry["secure"].as_bool().unwrap_or(false);
            Some(Kept {
                name: entry["name"].as_str()?.to_owned(),
                value: if secure {
                    String::new()
                } else {
                    entry["value"].as_str().unwrap_or_default().to_owned()
                },
                kind: entry["type"].as_str().unwrap_or_default().to_owned(),
                secure,
            })
        })
        .collect()
}

fn of_workspace(
    state: &mut State,
    at: usize,
    now: i64,
    request: &HttpRequest,
    rest: &[&str],
    query: &BTreeMap<String, String>,
    body: &Value,
) -> HttpResponse {
    let template = state.template(&state.workspaces[at]);
    let space = &mut state.workspaces[at];
    let busy = space.activities.iter().any(|one| one.status.is_empty());
    match (request.method, rest) {
        (Method::Get, []) => reply(200, &shown(space)),
        (Method::Patch | Method::Put, []) => {
            if busy || space.locked || space.frozen {
                return refuse(
                    409,
                    "M2010",
                    &format!("The workspace {} is locked or frozen.", space.name),
                );
            }
            update(space, now, body);
            reply(200, &shown(space))
        }
        (Method::Delete, []) => {
            if !tokens::delegates(request) {
                return refuse(400, "M1005", "The header refresh_token is mandatory.");
            }
            if busy {
                return refuse(409, "M2010", "The workspace is locked: a job works in it.");
            }
            let gone = state.workspaces.remove(at);
            reply(200, &json!(gone.id))
        }
        (Method::Get, ["template_data", _, "values"]) => reply(
            200,
            &json!({ "env_values": [], "values": "", "variablestore": store(space) }),
        ),
        (Method::Put, ["template_data", _, "values"]) => {
            if busy {
                return refuse(409, "M2010", "The workspace is locked: a job works in it.");
            }
            space.variables = kept(body["variablestore"].as_array().map_or(&[], Vec::as_slice));
            reply(
                200,
                &json!({ "env_values": [], "values": "", "variablestore": store(space) }),
            )
        }
        (Method::Post, ["plan"]) | (Method::Put, ["apply" | "destroy" | "refresh"]) => {
            if !tokens::delegates(request) {
                return refuse(400, "M1005", "The header refresh_token is mandatory.");
            }
            if busy || space.locked {
                return refuse(
                    409,
                    "M2010",
                    &format!(
                        "The workspace {} is locked by shop.keeper@example.com: a job works in it.",
                        space.name
                    ),
                );
            }
            if space.frozen {
                return refuse(
                    409,
                    "M2011",
                    &format!(
                        "The workspace {} is frozen by auditor@example.com.",
                        space.name
                    ),
                );
            }
            let Some(template) = template else {
                return refuse(
                    400,
                    "M2020",
                    "The workspace has no template that could be read.",
                );
            };
            let (starts, ends) = jobs::times(space, now);
            let mut activity = Activity {
                id: format!(
                    "{:032x}",
                    u128::from(state.counted) << 64 | u128::from(now.unsigned_abs())
                ),
                command: rest[0].to_uppercase(),
                targets: body
                    .pointer("/action_options/target")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
                at: now,
                starts,
                ends,
                ..Activity::default()
            };
            activity.plan = jobs::plan(space, &template, &activity);
            let id = activity.id.clone();
            space.activities.push(activity);
            state.counted += 1;
            reply(202, &json!({ "activityid": id }))
        }
        (Method::Get, ["actions"]) => {
            let (Some(offset), Some(limit)) =
                (number(query, "offset", 0), number(query, "limit", 100))
            else {
                return refuse(400, "M1002", "offset and limit are numbers.");
            };
            let page: Vec<Value> = space
                .activities
                .iter()
                .rev()
                .skip(offset)
                .take(limit)
                .map(|one| activity(space, one, now))
                .collect();
            reply(
                200,
                &json!({ "workspace_id": space.id, "workspace_name": space.name, "actions": page }),
            )
        }
        (method, ["actions", id, more @ ..]) => {
            let Some(found) = space.activities.iter().position(|one| one.id == *id) else {
                return refuse(404, "M2030", &format!("The activity {id} does not exist."));
            };
            match (method, more) {
                (Method::Get, []) => reply(200, &activity(space, &space.activities[found], now)),
                (Method::Get, ["logs"]) => reply(
                    200,
                    &json!({
                        "action_id": id, "name": space.activities[found].command,
                        "templates": [{ "template_id": template_id(space), "template_type": space.terraform, "log_url": log_url(space, id) }],
                    }),
                ),
                (Method::Delete, []) => {
                    let one = &mut space.activities[found];
                    if !one.status.is_empty() {
                        return refuse(409, "M2031", "The activity has ended.");
                    }
                    one.stopped = Some(now);
                    reply(202, &json!({ "activityid": id }))
                }
                _ => refuse(405, "M1001", "This method is not allowed here."),
            }
        }
        (Method::Get, ["runtime_data", _, "log_store", "actions", id]) => {
            let Some(one) = space.activities.iter().find(|one| one.id == *id) else {
                return refuse(404, "M2030", &format!("The activity {id} does not exist."));
            };
            reply(200, &json!(jobs::log(space, one, now)))
        }
        (Method::Get, ["output_values"]) => {
            let values: serde_json::Map<String, Value> = space.state.outputs.iter().map(|(name, output)| {
                (name.clone(), json!({ "sensitive": output.sensitive, "type": "string", "value": output.value }))
            }).collect();
            reply(
                200,
                &json!([{ "folder": space.folder, "id": template_id(space), "value_type": space.terraform, "output_values": [values] }]),
            )
        }
        (Method::Get, ["resources"]) => {
            let things: Vec<Value> = space.state.things.iter().map(|(address, values)| {
                let kind = podium_tfplan::practice::kind(address);
                json!({
                    "resource_type": kind, "resource_name": address.rsplit('.').next(),
                    "resource_id": values.get("id"), "resource_tainted": false, "resource_status": "active",
                })
            }).collect();
            reply(
                200,
                &json!([{
                    "folder": space.folder, "id": template_id(space), "type": space.terraform,
                    "resources_count": things.len(), "null_resources": [], "related_resources": [], "resources": things,
                }]),
            )
        }
        _ => refuse(404, "M1000", "There is nothing at this path."),
    }
}

fn update(space: &mut Space, now: i64, body: &Value) {
    let text = |pointer: &str| {
        body.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let former = (
        space.url.clone(),
        space.branch.clone(),
        space.release.clone(),
        space.folder.clone(),
    );
    if let Some(url) = text("/template_repo/url") {
        space.url = url;
    }
    if let Some(branch) = text("/template_repo/branch") {
        space.branch = branch;
        space.release.clear();
    }
    if let Some(release) = text("/template_repo/release") {
        space.release = release;
    }
    if let Some(folder) = text("/template_data/0/folder") {
        space.folder = folder;
    }
    if let Some(list) = body
        .pointer("/template_data/0/variablestore")
        .and_then(Value::as_array)
    {
        space.variables = kept(list);
    }
    if let Some(description) = text("/description") {
        space.description = description;
    }
    if former
        != (
            space.url.clone(),
            space.branch.clone(),
            space.release.clone(),
            space.folder.clone(),
        )
    {
        space.status = "Scanning".into();
        space.ready = now + 3_000;
    }
}

fn log_url(space: &Space, id: &str) -> String {
    format!(
        "https://schematics.cloud.ibm.com/v1/workspaces/{}/runtime_data/{}/log_store/actions/{id}",
        space.id,
        template_id(space)
    )
}

fn activity(space: &Space, one: &Activity, now: i64) -> Value {
    let status = jobs::status(space, one, now);
    let (add, change, destroy) = podium_tfplan::practice::counts(&one.plan);
    json!({
        "action_id": one.id, "name": one.command, "status": status,
        "message": one.failed.iter().collect::<Vec<_>>(),
        "performed_at": stamp(one.at), "performed_by": "shop.keeper@example.com",
        "templates": [{
            "template_id": template_id(space), "template_type": space.terraform, "status": status,
            "message": one.failed.clone().unwrap_or_default(), "start_time": stamp(one.starts), "end_time": stamp(one.ends),
            "log_url": log_url(space, &one.id),
            "log_summary": { "activity_status": status, "resources_added": add, "resources_modified": change, "resources_destroyed": destroy },
        }],
    })
}

fn files(state: &State, id: &str, query: &BTreeMap<String, String>) -> HttpResponse {
    let one = state
        .workspaces
        .iter()
        .flat_map(|space| &space.activities)
        .find(|one| one.id == id);
    let Some(one) = one else {
        return refuse(404, "M3001", &format!("The job {id} does not exist."));
    };
    let kind = query
        .get("file_type")
        .map(String::as_str)
        .unwrap_or_default();
    if kind != "plan_json" || one.status != "COMPLETED" {
        return refuse(404, "M3002", &format!("The job {id} has no file {kind}."));
    }
    reply(
        200,
        &json!({
            "job_id": id, "job_name": one.command, "file_type": kind, "file_content": one.plan.to_string(),
            "summary": [], "updated_at": stamp(one.ends), "additional_files": [],
        }),
    )
}
