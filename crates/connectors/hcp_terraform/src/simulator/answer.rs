//! Answers to requests.

use std::collections::BTreeMap;

use podium_connector::{HttpRequest, HttpResponse, Method};
use podium_tfplan::practice::Wish;
use serde_json::{Value, json};

use super::configuration;
use super::render::{self, beside};
use super::state::{Configuration, Run, State, Var};

const MEDIA: &str = "application/vnd.api+json; charset=utf-8";

fn reply(status: u16, body: &Value) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![
            ("content-type".into(), MEDIA.into()),
            ("tfp-api-version".into(), "2.6".into()),
            ("tfp-appname".into(), "HCP Terraform".into()),
            ("x-ratelimit-limit".into(), "30".into()),
            ("x-ratelimit-remaining".into(), "29".into()),
            ("x-ratelimit-reset".into(), "0.033".into()),
        ],
        body: if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        },
    }
}

fn plain_text(status: u16, body: Vec<u8>) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type".into(), "text/plain".into())],
        body,
    }
}

fn refuse(status: u16, title: &str, detail: Option<&str>) -> HttpResponse {
    let mut error = json!({ "status": status.to_string(), "title": title });
    if let Some(detail) = detail {
        error["detail"] = json!(detail);
    }
    reply(status, &json!({ "errors": [error] }))
}

fn missing() -> HttpResponse {
    refuse(404, "not found", None)
}

fn invalid(title: &str, detail: &str, pointer: &str) -> HttpResponse {
    reply(
        422,
        &json!({ "errors": [{ "status": "422", "title": title, "detail": detail, "source": { "pointer": pointer } }] }),
    )
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
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

type Query = BTreeMap<String, String>;

/// A page of a list by the vendor's rules.
fn page(all: &[Value], query: &Query) -> HttpResponse {
    let number = |name: &str, default: usize| {
        query
            .get(name)
            .map_or(Some(default), |text| text.parse().ok())
    };
    let (Some(at), Some(size)) = (number("page[number]", 1), number("page[size]", 20)) else {
        return refuse(
            400,
            "bad request",
            Some("page[number] and page[size] are numbers"),
        );
    };
    let (at, size) = (at.max(1), size.clamp(1, 100));
    let pages = all.len().div_ceil(size).max(1);
    let data: Vec<Value> = all
        .iter()
        .skip((at - 1) * size)
        .take(size)
        .cloned()
        .collect();
    reply(
        200,
        &json!({
            "data": data,
            "links": { "self": "", "first": "", "prev": null, "next": null, "last": "" },
            "meta": { "pagination": {
                "current-page": at, "page-size": size, "prev-page": (at > 1).then(|| at - 1),
                "next-page": (at < pages).then(|| at + 1), "total-pages": pages, "total-count": all.len(),
            } },
        }),
    )
}

pub(super) fn answer(state: &mut State, now: i64, request: &HttpRequest) -> HttpResponse {
    let (scheme, rest) = request
        .url
        .split_once("://")
        .unwrap_or(("http", &request.url));
    let (host, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let base = format!("{scheme}://{host}");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: Query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect();
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(plain)
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let get = request.method == Method::Get;
    match parts.as_slice() {
        [".well-known", "terraform.json"] if get => {
            return reply(
                200,
                &json!({ "tfe.v2": "/api/v2/", "tfe.v2.1": "/api/v2/", "tfe.v2.2": "/api/v2/", "state.v2": "/api/v2/" }),
            );
        }
        ["_archivist", "v1", "object", object] => {
            return storage(state, now, request, object, &query);
        }
        ["api", "v2", "ping"] if get => return plain_ping(),
        ["api", "v2", ..] => {}
        _ => return missing(),
    }
    let token = header(request, "authorization")
        .and_then(|text| text.strip_prefix("Bearer "))
        .unwrap_or_default();
    if token.is_empty() || token == "expired" {
        return refuse(401, "unauthorized", None);
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    api(
        state,
        now,
        request.method,
        &parts[2..],
        &query,
        &body,
        &base,
    )
}

fn plain_ping() -> HttpResponse {
    HttpResponse {
        status: 204,
        ..reply(204, &Value::Null)
    }
}

fn api(
    state: &mut State,
    now: i64,
    method: Method,
    parts: &[&str],
    query: &Query,
    body: &Value,
    base: &str,
) -> HttpResponse {
    let get = method == Method::Get;
    let post = method == Method::Post;
    match parts {
        ["account", "details"] if get => reply(
            200,
            &json!({ "data": {
            "id": "user-Pract1ce", "type": "users",
            "attributes": { "username": "möwe", "email": "shop.keeper@example.com", "is-service-account": false, "auth-method": "hcp_username_password", "v2-only": true, "avatar-url": "", "two-factor": { "enabled": true, "verified": true }, "permissions": { "can-create-organizations": true } },
        } }),
        ),
        ["organizations"] if get => {
            let all: Vec<Value> = state
                .organizations
                .iter()
                .map(|name| render::organization(name))
                .collect();
            page(&all, query)
        }
        ["organizations", name] if get => {
            match state.organizations.iter().find(|one| one == name) {
                Some(name) => reply(200, &json!({ "data": render::organization(name) })),
                None => missing(),
            }
        }
        ["organizations", name, "workspaces"] if get => {
            if !state.organizations.iter().any(|one| one == name) {
                return missing();
            }
            let search = query
                .get("search[name]")
                .map(String::as_str)
                .unwrap_or_default();
            let all: Vec<Value> = state
                .spaces
                .iter()
                .filter(|space| space.organization == *name && space.name.contains(search))
                .map(|space| render::space(state, space))
                .collect();
            page(&all, query)
        }
        ["organizations", name, "workspaces", rest @ ..] => match rest {
            [space] if get => match state
                .spaces
                .iter()
                .find(|one| one.organization == *name && one.name == *space)
            {
                Some(space) => reply(200, &json!({ "data": render::space(state, space) })),
                None => missing(),
            },
            [] if post => {
                let wanted = body
                    .pointer("/data/attributes/name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                if state
                    .spaces
                    .iter()
                    .any(|one| one.organization == *name && one.name == wanted)
                {
                    return invalid(
                        "invalid attribute",
                        "Name has already been taken",
                        "/data/attributes/name",
                    );
                }
                let at = state.add(name, &wanted, false);
                reply(
                    201,
                    &json!({ "data": render::space(state, &state.spaces[at]) }),
                )
            }
            _ => missing(),
        },
        ["workspaces", id, rest @ ..] => {
            match state.spaces.iter().position(|space| space.id == *id) {
                Some(at) => of_space(state, now, method, at, rest, query, body, base),
                None => missing(),
            }
        }
        ["configuration-versions", id] if get => {
            match state.configurations.iter().find(|one| one.id == *id) {
                Some(one) => reply(
                    200,
                    &json!({ "data": render::configuration(one, base, now) }),
                ),
                None => missing(),
            }
        }
        ["runs"] if post => create_run(state, now, body),
        ["runs", id, rest @ ..] => match state.runs.iter().position(|run| run.id == *id) {
            Some(at) => of_run(state, now, method, at, rest, query, base),
            None => missing(),
        },
        ["plans", id, rest @ ..] if get => {
            let Some(run) = state.runs.iter().find(|run| beside(run, "plan") == *id) else {
                return missing();
            };
            match rest {
                [] => reply(200, &json!({ "data": render::plan(run, base) })),
                ["json-output"] => plan_json(state, run, base),
                _ => missing(),
            }
        }
        ["applies", id] if get => match state.runs.iter().find(|run| beside(run, "apply") == *id) {
            Some(run) => reply(200, &json!({ "data": render::apply(run, base) })),
            None => missing(),
        },
        ["cost-estimates", id] if get => {
            match state.runs.iter().find(|run| beside(run, "ce") == *id) {
                Some(run) => reply(200, &json!({ "data": render::cost(run) })),
                None => missing(),
            }
        }
        ["policy-checks", id, "actions", "override"] if post => match state
            .runs
            .iter_mut()
            .find(|run| beside(run, "polchk") == *id)
        {
            Some(run) if run.status == "policy_override" => {
                run.overridden = true;
                reply(200, &json!({ "data": render::policy(run) }))
            }
            Some(_) => refuse(409, "transition not allowed", None),
            None => missing(),
        },
        _ => missing(),
    }
}

fn plan_json(state: &State, run: &Run, base: &str) -> HttpResponse {
    let forbidden = state
        .spaces
        .iter()
        .any(|space| space.id == run.space && space.name.contains("forbidden"));
    if forbidden {
        return missing();
    }
    if run.plan_status != "finished" {
        return HttpResponse {
            status: 204,
            ..reply(204, &Value::Null)
        };
    }
    let mut there = reply(307, &Value::Null);
    there.headers.push((
        "location".into(),
        format!("{base}/_archivist/v1/object/json-{}", run.id),
    ));
    there
}

#[expect(clippy::too_many_arguments, reason = "one request, taken apart once")]
fn of_space(
    state: &mut State,
    now: i64,
    method: Method,
    at: usize,
    rest: &[&str],
    query: &Query,
    body: &Value,
    base: &str,
) -> HttpResponse {
    let attributes = &body["data"]["attributes"];
    match (method, rest) {
        (Method::Get, []) => reply(
            200,
            &json!({ "data": render::space(state, &state.spaces[at]) }),
        ),
        (Method::Get, ["runs"]) => {
            let id = state.spaces[at].id.clone();
            let wanted: Vec<&str> = query
                .get("filter[status]")
                .map(|text| text.split(',').collect())
                .unwrap_or_default();
            let all: Vec<Value> = state
                .runs
                .iter()
                .rev()
                .filter(|run| {
                    run.space == id && (wanted.is_empty() || wanted.contains(&run.status.as_str()))
                })
                .map(render::run)
                .collect();
            page(&all, query)
        }
        (Method::Get, ["vars"]) => {
            let space = &state.spaces[at];
            let all: Vec<Value> = space
                .variables
                .iter()
                .map(|var| render::variable(space, var))
                .collect();
            reply(200, &json!({ "data": all }))
        }
        (Method::Post, ["vars"]) => {
            let text = |name: &str| attributes[name].as_str().unwrap_or_default().to_owned();
            let sensitive = attributes["sensitive"].as_bool().unwrap_or(false);
            if state.spaces[at]
                .variables
                .iter()
                .any(|var| var.key == text("key"))
            {
                return invalid(
                    "invalid attribute",
                    "Key has already been taken",
                    "/data/attributes/key",
                );
            }
            let var = Var {
                id: state.id("var"),
                key: text("key"),
                value: if sensitive {
                    String::new()
                } else {
                    text("value")
                },
                category: text("category"),
                hcl: attributes["hcl"].as_bool().unwrap_or(false),
                sensitive,
                description: text("description"),
            };
            let space = &mut state.spaces[at];
            space.variables.push(var);
            let shown = space
                .variables
                .last()
                .map(|var| render::variable(space, var));
            reply(201, &json!({ "data": shown }))
        }
        (Method::Patch | Method::Delete, ["vars", id]) => {
            let space = &mut state.spaces[at];
            let Some(place) = space.variables.iter().position(|var| var.id == *id) else {
                return missing();
            };
            if method == Method::Delete {
                space.variables.remove(place);
                return reply(204, &Value::Null);
            }
            let var = &mut space.variables[place];
            var.sensitive = attributes["sensitive"].as_bool().unwrap_or(var.sensitive);
            if let Some(value) = attributes["value"].as_str() {
                var.value = if var.sensitive {
                    String::new()
                } else {
                    value.to_owned()
                };
            }
            let shown = render::variable(space, &space.variables[place]);
            reply(200, &json!({ "data": shown }))
        }
        (Method::Post, ["configuration-versions"]) => {
            let one = Configuration {
                id: state.id("cv"),
                space: state.spaces[at].id.clone(),
                speculative: attributes["speculative"].as_bool().unwrap_or(false),
                source: "tfe-api".into(),
                ..Configuration::default()
            };
            let shown = render::configuration(&one, base, now);
            state.configurations.push(one);
            reply(201, &json!({ "data": shown }))
        }
        (Method::Get, ["current-state-version"]) => {
            let space = &state.spaces[at];
            if space.state.serial == 0 {
                return missing();
            }
            reply(200, &json!({ "data": render::state_version(space) }))
        }
        (Method::Get, ["current-state-version-outputs"]) => {
            page(&render::outputs(&state.spaces[at]), query)
        }
        (Method::Post, ["actions", "lock"]) => {
            let space = &mut state.spaces[at];
            if space.locked.is_some() {
                return refuse(
                    409,
                    "unable to lock workspace",
                    Some("The workspace is already locked."),
                );
            }
            space.locked = Some(body["reason"].as_str().unwrap_or_default().to_owned());
            reply(
                200,
                &json!({ "data": render::space(state, &state.spaces[at]) }),
            )
        }
        (Method::Post, ["actions", "unlock"]) => {
            if state.spaces[at].locked.take().is_none() {
                return refuse(
                    409,
                    "unable to unlock workspace",
                    Some("The workspace is already unlocked."),
                );
            }
            reply(
                200,
                &json!({ "data": render::space(state, &state.spaces[at]) }),
            )
        }
        _ => missing(),
    }
}

fn create_run(state: &mut State, now: i64, body: &Value) -> HttpResponse {
    let attributes = &body["data"]["attributes"];
    let beside = |name: &str| {
        body.pointer(&format!("/data/relationships/{name}/data/id"))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let flag = |name: &str| attributes[name].as_bool().unwrap_or(false);
    let list = |name: &str| {
        attributes[name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let space = beside("workspace")
        .and_then(|id| state.spaces.iter().find(|space| space.id == id).cloned());
    let Some(space) = space else {
        return missing();
    };
    let configuration = beside("configuration-version").or(space.configuration);
    let found = configuration.and_then(|id| {
        state
            .configurations
            .iter()
            .find(|one| one.id == id)
            .cloned()
    });
    let Some(configuration) = found.filter(|one| one.uploaded.is_some()) else {
        return invalid(
            "invalid attribute",
            "Configuration version is missing",
            "/data/relationships/configuration-version",
        );
    };
    let run = Run {
        id: state.id("run"),
        space: space.id,
        configuration: configuration.id,
        message: attributes["message"]
            .as_str()
            .unwrap_or("Queued manually via the Terraform Enterprise API")
            .to_owned(),
        created: now,
        plan_only: flag("plan-only") || configuration.speculative,
        auto_apply: flag("auto-apply"),
        wish: Wish {
            destroy: flag("is-destroy"),
            targets: list("target-addrs"),
            replace: list("replace-addrs"),
            refresh_only: flag("refresh-only"),
        },
        variables: attributes["variables"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| {
                Some((
                    one["key"].as_str()?.to_owned(),
                    one["value"].as_str()?.to_owned(),
                ))
            })
            .collect(),
        status: "pending".into(),
        since: now,
        ..Run::default()
    };
    let shown = render::run(&run);
    state.runs.push(run);
    reply(201, &json!({ "data": shown }))
}

fn of_run(
    state: &mut State,
    now: i64,
    method: Method,
    at: usize,
    rest: &[&str],
    query: &Query,
    base: &str,
) -> HttpResponse {
    let run = &mut state.runs[at];
    match (method, rest) {
        (Method::Get, []) => {
            let mut included = Vec::new();
            let asked = query.get("include").map(String::as_str).unwrap_or_default();
            for part in asked.split(',') {
                match part {
                    "plan" => included.push(render::plan(run, base)),
                    "apply" => included.push(render::apply(run, base)),
                    "cost_estimate" => included.push(render::cost(run)),
                    _ => {}
                }
            }
            let mut body = json!({ "data": render::run(run) });
            if !asked.is_empty() {
                body["included"] = json!(included);
            }
            reply(200, &body)
        }
        (Method::Get, ["plan"]) => reply(200, &json!({ "data": render::plan(run, base) })),
        (Method::Get, ["apply"]) => reply(200, &json!({ "data": render::apply(run, base) })),
        (Method::Get, ["policy-checks"]) => {
            let all = if render::has_policy(run) {
                vec![render::policy(run)]
            } else {
                Vec::new()
            };
            page(&all, query)
        }
        (Method::Get, ["task-stages"]) => page(&[], query),
        (Method::Post, ["actions", action]) => {
            let shown = render::run(run);
            let may = |name: &str| shown["attributes"]["actions"][name] == true;
            match *action {
                "apply" if may("is-confirmable") => {
                    "confirmed".clone_into(&mut run.status);
                    run.since = now;
                }
                "discard" if may("is-discardable") => {
                    "discarded".clone_into(&mut run.status);
                    run.since = now;
                }
                "cancel" if may("is-cancelable") => {
                    run.stop = true;
                    if run.status == "pending" {
                        "canceled".clone_into(&mut run.status);
                    } else {
                        run.since = now + 2_000;
                    }
                }
                "apply" | "discard" | "cancel" | "force-cancel" => {
                    return refuse(409, "transition not allowed", None);
                }
                _ => return missing(),
            }
            reply(202, &Value::Null)
        }
        _ => missing(),
    }
}

/// The storage: its addresses are their own permission. A token is not looked at: the vendor's own client
/// sends it along, Podium does not.
fn storage(
    state: &mut State,
    now: i64,
    request: &HttpRequest,
    object: &str,
    query: &Query,
) -> HttpResponse {
    if let Some(id) = object.strip_prefix("upload-") {
        let Some(at) = state
            .configurations
            .iter()
            .position(|one| one.id == id && one.uploaded.is_none())
        else {
            return plain_text(404, Vec::new());
        };
        let Some(template) = configuration::read(&request.body) else {
            return plain_text(422, b"not a gzipped tar".to_vec());
        };
        let one = &mut state.configurations[at];
        one.template = template;
        one.uploaded = Some(now);
        if !one.speculative {
            let (space, id) = (one.space.clone(), one.id.clone());
            if let Some(space) = state.spaces.iter_mut().find(|known| known.id == space) {
                space.configuration = Some(id);
            }
        }
        return plain_text(200, Vec::new());
    }
    if let Some(id) = object.strip_prefix("json-") {
        return match state.runs.iter().find(|run| run.id == id) {
            Some(run) => plain_text(200, run.plan.to_string().into_bytes()),
            None => plain_text(404, Vec::new()),
        };
    }
    let Some(id) = object.strip_prefix("log-") else {
        return plain_text(404, Vec::new());
    };
    let found = state.runs.iter().find_map(|run| {
        if beside(run, "plan") == id {
            return Some((run, &run.plan_log, &run.plan_status));
        }
        (beside(run, "apply") == id).then_some((run, &run.apply_log, &run.apply_status))
    });
    let Some((_, lines, status)) = found else {
        return plain_text(404, Vec::new());
    };
    let mut log = b"\x02Terraform v1.5.7\non linux_amd64\n".to_vec();
    for line in lines {
        log.extend_from_slice(format!("\u{1b}[0m{line}\n").as_bytes());
    }
    if matches!(status.as_str(), "finished" | "errored" | "canceled") {
        log.push(3);
    }
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let offset = number("offset").unwrap_or(0).min(log.len());
    let end = number("limit").map_or(log.len(), |limit| (offset + limit).min(log.len()));
    plain_text(200, log[offset..end].to_vec())
}
