//! Which call gets which answer.

use podium_connector::Method;
use serde_json::{Map, Value, json};

use super::query::{list, page};
use super::world::World;
use super::{
    Asked, Reply, events, launch, missing, nothing, ok, refused, render, seed, with, words,
};

/// Tables that are nothing but rows.
const TABLES: [&str; 10] = [
    "organizations",
    "projects",
    "credentials",
    "credential_types",
    "inventories",
    "execution_environments",
    "labels",
    "instance_groups",
    "job_templates",
    "workflow_job_templates",
];

pub(crate) fn answer(world: &mut World, asked: &Asked<'_>) -> Reply {
    let number = asked.path.get(1).and_then(|id| id.parse::<i64>().ok());
    let path = format!("{}/{}/", asked.root, asked.path.join("/"));
    match (asked.method, asked.path.as_slice()) {
        (Method::Get, []) => ok(render::top(asked.root)),
        (Method::Get, ["ping"]) => ok(json!({
            "ha": false, "version": seed::VERSION, "active_node": "practice",
            "install_uuid": "00000000-0000-4000-8000-000000000024",
            "instances": [], "instance_groups": [],
        })),
        (Method::Get, ["config"]) => ok(json!({
            "version": seed::VERSION, "time_zone": "UTC", "license_info": {},
            "install_uuid": "00000000-0000-4000-8000-000000000024",
        })),
        (Method::Get, ["me" | "users"]) => list(&path, &asked.query, vec![user(asked)]),
        (Method::Get, ["users", "1"]) => ok(user(asked)),
        (Method::Get, ["tokens"]) => list(&path, &asked.query, Vec::new()),
        (Method::Post, ["tokens"]) => token(world, asked),
        (Method::Get, [table]) if TABLES.contains(table) => {
            list(&path, &asked.query, rows(asked, table))
        }
        (Method::Get, ["unified_job_templates"]) => {
            let mut all = rows(asked, "job_templates");
            all.extend(rows(asked, "workflow_job_templates"));
            list(&path, &asked.query, all)
        }
        (Method::Get, ["jobs"]) => list(&path, &asked.query, jobs(world, asked)),
        (Method::Get, ["workflow_jobs"]) => list(&path, &asked.query, workflows(world, asked)),
        (Method::Get, ["unified_jobs"]) => {
            let mut all = jobs(world, asked);
            all.extend(workflows(world, asked));
            list(&path, &asked.query, all)
        }
        (Method::Get, ["workflow_approvals"]) => {
            let all = world
                .approvals
                .values()
                .map(|one| render::approval(world, asked, one))
                .collect();
            list(&path, &asked.query, all)
        }
        (method, ["jobs", _, rest @ ..]) => match number {
            Some(id) => job(world, asked, method, id, rest, &path),
            None => missing(),
        },
        (method, ["workflow_jobs", _, rest @ ..]) => match number {
            Some(id) => workflow(world, asked, method, id, rest, &path),
            None => missing(),
        },
        (method, ["workflow_approvals", _, rest @ ..]) => match number {
            Some(id) => approval(world, asked, method, id, rest),
            None => missing(),
        },
        (method, [table, _, rest @ ..]) if TABLES.contains(table) => {
            match number.and_then(|id| seed::row(table, id)) {
                Some(row) => below(world, asked, method, table, row, rest, &path),
                None => missing(),
            }
        }
        _ => missing(),
    }
}

fn user(asked: &Asked<'_>) -> Value {
    json!({
        "id": 1, "type": "user", "url": format!("{}/users/1/", asked.root), "related": {},
        "summary_fields": {}, "username": asked.user, "first_name": "", "last_name": "",
        "email": "", "is_superuser": false, "is_system_auditor": false,
    })
}

fn token(world: &mut World, asked: &Asked<'_>) -> Reply {
    let (id, token, expires) = world.token(asked.now, &asked.user);
    with(
        201,
        json!({
            "id": id, "type": "o_auth2_access_token", "url": format!("{}/tokens/{id}/", asked.root),
            "related": {}, "summary_fields": {}, "token": token, "refresh_token": null,
            "application": null, "expires": render::instant(expires),
            "scope": asked.body["scope"].as_str().unwrap_or("write"),
            "description": asked.body["description"].as_str().unwrap_or_default(),
        }),
    )
}

fn rows(asked: &Asked<'_>, table: &str) -> Vec<Value> {
    seed::rows(table)
        .iter()
        .map(|row| render::row(asked.root, table, row))
        .collect()
}

/// Jobs as a list has them: without what is long.
fn jobs(world: &World, asked: &Asked<'_>) -> Vec<Value> {
    world
        .jobs
        .values()
        .map(|job| {
            let mut row = render::job(asked, job);
            if let Value::Object(map) = &mut row {
                for field in [
                    "job_args",
                    "job_cwd",
                    "job_env",
                    "result_traceback",
                    "event_processing_finished",
                    "artifacts",
                ] {
                    map.remove(field);
                }
            }
            row
        })
        .collect()
}

fn workflows(world: &World, asked: &Asked<'_>) -> Vec<Value> {
    world
        .workflows
        .values()
        .map(|one| render::workflow(world, asked, one))
        .collect()
}

fn not_allowed(method: Method) -> Reply {
    refused(405, &format!("Method \"{}\" not allowed.", method.as_str()))
}

fn below(
    world: &mut World,
    asked: &Asked<'_>,
    method: Method,
    table: &str,
    row: &Value,
    rest: &[&str],
    path: &str,
) -> Reply {
    let id = row["id"].as_i64().unwrap_or_default();
    match (method, table, rest) {
        (Method::Get, _, []) => ok(render::row(asked.root, table, row)),
        (Method::Get, "inventories", ["hosts"]) => {
            let rows = seed::hosts(id)
                .iter()
                .enumerate()
                .map(|(at, name)| named(asked, "host", id * 10_000 + number(at), name))
                .collect();
            list(path, &asked.query, rows)
        }
        (Method::Get, "inventories", ["groups"]) => {
            let groups = row["groups"].as_object().into_iter().flatten();
            let rows = groups
                .enumerate()
                .map(|(at, (name, _))| named(asked, "group", id * 100 + number(at), name))
                .collect();
            list(path, &asked.query, rows)
        }
        (Method::Get, "inventories", ["script"]) => ok(script(row)),
        (Method::Get, "job_templates" | "workflow_job_templates", ["survey_spec"]) => {
            match seed::questions(row) {
                [] => ok(json!({})),
                _ => ok(row["survey"].clone()),
            }
        }
        (Method::Get, "job_templates" | "workflow_job_templates", ["launch"]) => {
            launch::asked(table, row)
        }
        (Method::Post, "job_templates" | "workflow_job_templates", ["launch"]) => {
            launch::launch(world, asked, table, row)
        }
        (Method::Get, "job_templates", ["jobs"]) => {
            let mut all = jobs(world, asked);
            all.retain(|job| job["job_template"] == id);
            list(path, &asked.query, all)
        }
        (Method::Get, "workflow_job_templates", ["workflow_jobs"]) => {
            let mut all = workflows(world, asked);
            all.retain(|job| job["workflow_job_template"] == id);
            list(path, &asked.query, all)
        }
        (Method::Get, "job_templates", ["slice_workflow_jobs"]) => {
            let mut all = workflows(world, asked);
            all.retain(|job| job["job_template"] == id);
            list(path, &asked.query, all)
        }
        (Method::Get, "workflow_job_templates", ["workflow_nodes"]) => {
            let nodes = row["nodes"].as_array().into_iter().flatten();
            let rows = nodes
                .map(|node| render::template_node(asked.root, row, node))
                .collect();
            list(path, &asked.query, rows)
        }
        (_, _, []) => not_allowed(method),
        _ => missing(),
    }
}

fn number(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(0) + 1
}

fn named(asked: &Asked<'_>, kind: &str, id: i64, name: &str) -> Value {
    json!({
        "id": id, "type": kind, "url": format!("{}/{kind}s/{id}/", asked.root), "related": {},
        "summary_fields": {}, "name": name, "description": "", "enabled": true,
    })
}

/// An inventory as Ansible reads it.
fn script(row: &Value) -> Value {
    let mut body = Map::new();
    let mut groups: Vec<&String> = Vec::new();
    for (name, hosts) in row["groups"].as_object().into_iter().flatten() {
        groups.push(name);
        body.insert(name.clone(), json!({ "hosts": hosts }));
    }
    body.insert("all".into(), json!({ "children": groups }));
    let id = row["id"].as_i64().unwrap_or_default();
    let vars: Map<String, Value> = seed::hosts(id)
        .into_iter()
        .map(|host| (host, json!({})))
        .collect();
    body.insert("_meta".into(), json!({ "hostvars": vars }));
    Value::Object(body)
}

fn job(
    world: &mut World,
    asked: &Asked<'_>,
    method: Method,
    id: i64,
    rest: &[&str],
    path: &str,
) -> Reply {
    let Some(job) = world.jobs.get(&id) else {
        return missing();
    };
    let over = job.is_over(asked.now);
    match (method, rest) {
        (Method::Get, []) => ok(render::job(asked, job)),
        (Method::Delete, []) if over => {
            world.jobs.remove(&id);
            nothing(204)
        }
        (Method::Delete, []) => with(
            409,
            json!({ "error": "Cannot delete running job resource." }),
        ),
        (Method::Get, ["job_events"]) => {
            let after = asked
                .query
                .get("counter__gt")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0);
            if asked.query.get("counter__gt").is_some() {
                return since(asked, job, after, path);
            }
            let (rows, _) = events::after(job, asked.now, asked.root, 0, usize::MAX);
            list(path, &asked.query, rows)
        }
        (Method::Get, ["job_host_summaries"]) => {
            let rows = if over {
                events::summaries_of(job)
                    .into_iter()
                    .enumerate()
                    .map(|(at, one)| {
                        json!({
                            "id": id * 1_000 + number(at), "type": "job_host_summary", "related": {},
                            "url": format!("{}/job_host_summaries/{}/", asked.root, id * 1_000 + number(at)),
                            "summary_fields": {}, "job": id, "host_name": one.host, "ok": one.ok,
                            "changed": one.changed, "failures": one.failed, "dark": 0, "skipped": 0,
                            "rescued": 0, "ignored": 0, "processed": 1, "failed": one.failed > 0,
                        })
                    })
                    .collect()
            } else {
                Vec::new()
            };
            list(path, &asked.query, rows)
        }
        (Method::Get, ["stdout"]) => {
            let format = asked.query.get("format").unwrap_or("api");
            let text = events::text(job, asked.now, format.starts_with("ansi"));
            match format {
                "json" => ok(json!({
                    "range": { "start": 0, "end": text.lines().count(), "absolute_end": text.lines().count() },
                    "content": text,
                })),
                _ => words(text),
            }
        }
        (Method::Get, ["cancel"]) => ok(json!({ "can_cancel": !over })),
        (Method::Post, ["cancel"]) if over => not_allowed(method),
        (Method::Post, ["cancel"]) => {
            if let Some(job) = world.jobs.get_mut(&id) {
                job.cancelled.get_or_insert(asked.now);
            }
            nothing(202)
        }
        (Method::Get, ["relaunch"]) => ok(json!({
            "passwords_needed_to_start": [],
            "retry_counts": { "all": job.hosts.len(), "failed": broken_hosts(job, over).len() },
        })),
        (Method::Post, ["relaunch"]) => {
            let mut again = job.clone();
            if asked.body["hosts"] == "failed" {
                again.hosts = broken_hosts(job, over);
                if again.hosts.is_empty() {
                    return with(
                        400,
                        json!({ "hosts": "Cannot relaunch because previous job had 0 failed hosts." }),
                    );
                }
                again
                    .with
                    .insert("limit".into(), json!(again.hosts.join(",")));
            }
            again.id = world.id();
            again.launched = asked.now;
            again.launch_type = "relaunch".into();
            again.cancelled = None;
            again.workflow = None;
            let mut body = render::job(asked, &again);
            body["job"] = json!(again.id);
            world.jobs.insert(again.id, again);
            with(201, body)
        }
        (_, [] | ["cancel" | "relaunch"]) => not_allowed(method),
        _ => missing(),
    }
}

/// The hosts on which a job failed, once it is over.
fn broken_hosts(job: &super::world::Job, over: bool) -> Vec<String> {
    let summaries = events::summaries_of(job).into_iter();
    summaries
        .filter(|one| over && one.failed > 0)
        .map(|one| one.host)
        .collect()
}

/// A page of the events after a counter, made without the others.
fn since(asked: &Asked<'_>, job: &super::world::Job, after: usize, path: &str) -> Reply {
    let size = asked
        .query
        .get("page_size")
        .and_then(|text| text.parse().ok())
        .unwrap_or(25)
        .clamp(1, 200);
    let (rows, count) = events::after(job, asked.now, asked.root, after, size + 1);
    page(path, &asked.query, &rows, count.saturating_sub(after))
}

fn workflow(
    world: &mut World,
    asked: &Asked<'_>,
    method: Method,
    id: i64,
    rest: &[&str],
    path: &str,
) -> Reply {
    let Some(job) = world.workflows.get(&id) else {
        return missing();
    };
    let over = world.workflow_status(asked.now, job).1.is_some();
    match (method, rest) {
        (Method::Get, []) => ok(render::workflow(world, asked, job)),
        (Method::Delete, []) if over => {
            world.workflows.remove(&id);
            nothing(204)
        }
        (Method::Get, ["workflow_nodes"]) => {
            let rows = job
                .nodes
                .iter()
                .map(|node| render::node(world, asked, job, node))
                .collect();
            list(path, &asked.query, rows)
        }
        (Method::Get, ["cancel"]) => ok(json!({ "can_cancel": !over })),
        (Method::Post, ["cancel"]) if over => not_allowed(method),
        (Method::Post, ["cancel"]) => {
            world.cancel_workflow(asked.now, id);
            nothing(202)
        }
        (_, [] | ["cancel"]) => not_allowed(method),
        _ => missing(),
    }
}

fn approval(world: &mut World, asked: &Asked<'_>, method: Method, id: i64, rest: &[&str]) -> Reply {
    let Some(one) = world.approvals.get(&id) else {
        return missing();
    };
    match (method, rest) {
        (Method::Get, []) => ok(render::approval(world, asked, one)),
        (Method::Post, ["approve" | "deny"]) => {
            if one.status(asked.now) != "pending" {
                return with(
                    400,
                    json!({ "error": "This workflow step has already been approved or denied." }),
                );
            }
            let yes = rest == ["approve"];
            if let Some(one) = world.approvals.get_mut(&id) {
                one.decided = Some((asked.now, yes, asked.user.clone()));
            }
            world.advance(asked.now);
            nothing(204)
        }
        (_, [] | ["approve" | "deny"]) => not_allowed(method),
        _ => missing(),
    }
}
