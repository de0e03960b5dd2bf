//! Things of the practice server in AWX's own form.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::launch::flags;
use super::world::{Approval, Job, Node, Workflow, World};
use super::{Asked, seed};

pub(crate) fn instant(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |at| format!("{at:.6}"))
}

pub(crate) fn uuid(id: i64, at: usize) -> String {
    format!("{id:08x}-0000-4000-8000-{at:012x}")
}

/// `GET /api/`.
pub(crate) fn api(root: &str) -> Value {
    json!({
        "description": "AWX REST API",
        "current_version": format!("{root}v2/"),
        "available_versions": { "v2": format!("{root}v2/") },
        "oauth2": format!("{root}o/"),
        "custom_logo": "", "custom_login_info": "", "login_redirect_override": "",
    })
}

/// The document of version 2: every list that is there.
pub(crate) fn top(root: &str) -> Value {
    let mut top = Map::new();
    for name in [
        "ping",
        "config",
        "me",
        "organizations",
        "users",
        "projects",
        "credentials",
        "credential_types",
        "tokens",
        "inventories",
        "groups",
        "hosts",
        "job_templates",
        "jobs",
        "unified_job_templates",
        "unified_jobs",
        "workflow_job_templates",
        "workflow_jobs",
        "workflow_approvals",
        "workflow_job_nodes",
        "workflow_job_template_nodes",
        "labels",
        "instance_groups",
        "execution_environments",
    ] {
        let place = if name == "workflow_job_template_nodes" {
            "workflow_job_template_nodes"
        } else {
            name
        };
        top.insert(name.into(), json!(format!("{root}/{place}/")));
    }
    Value::Object(top)
}

fn kind(table: &str) -> &str {
    match table {
        "inventories" => "inventory",
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

/// A row of the seed as the server shows it.
pub(crate) fn row(root: &str, table: &str, row: &Value) -> Value {
    let id = row["id"].as_i64().unwrap_or_default();
    let url = format!("{root}/{table}/{id}/");
    let mut body = json!({
        "id": id, "type": kind(table), "url": url, "related": { "named_url": url },
        "summary_fields": { "user_capabilities": {
            "edit": true, "delete": true, "start": row["may_start"] != false, "schedule": true, "copy": true,
        } },
        "created": "2025-11-03T08:00:00.000000Z", "modified": "2025-12-01T08:00:00.000000Z",
    });
    for (name, value) in row.as_object().into_iter().flatten() {
        if !matches!(
            name.as_str(),
            "id" | "asks" | "survey" | "nodes" | "groups" | "count" | "may_start" | "credentials"
        ) {
            body[name] = value.clone();
        }
    }
    for (field, table) in [
        ("organization", "organizations"),
        ("inventory", "inventories"),
        ("project", "projects"),
        ("execution_environment", "execution_environments"),
        ("credential_type", "credential_types"),
    ] {
        if let Some(found) = row[field].as_i64().and_then(|id| seed::row(table, id)) {
            body["summary_fields"][field] =
                json!({ "id": found["id"], "name": found["name"], "description": "" });
            body["related"][field] = json!(format!("{root}/{table}/{}/", found["id"]));
        }
    }
    if table == "job_templates" || table == "workflow_job_templates" {
        template(&mut body, row, &url, table);
    }
    if table == "inventories" {
        let hosts = seed::hosts(id);
        body["total_hosts"] = json!(hosts.len());
        body["total_groups"] = json!(row["groups"].as_object().map_or(0, Map::len));
        body["related"]["hosts"] = json!(format!("{url}hosts/"));
        body["related"]["groups"] = json!(format!("{url}groups/"));
        body["related"]["script"] = json!(format!("{url}script/"));
    }
    body
}

fn template(body: &mut Value, row: &Value, url: &str, table: &str) {
    if let Value::Object(map) = body {
        map.extend(flags(row));
    }
    body["survey_enabled"] = json!(!seed::questions(row).is_empty());
    body["related"]["launch"] = json!(format!("{url}launch/"));
    body["related"]["survey_spec"] = json!(format!("{url}survey_spec/"));
    if table == "job_templates" {
        body["related"]["jobs"] = json!(format!("{url}jobs/"));
        let credentials: Vec<Value> = row["credentials"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| seed::row("credentials", id.as_i64()?))
            .map(|one| json!({ "id": one["id"], "name": one["name"], "description": "", "kind": one["kind"], "cloud": one["kind"] == "aws" }))
            .collect();
        body["summary_fields"]["credentials"] = json!(credentials);
    } else {
        body["related"]["workflow_jobs"] = json!(format!("{url}workflow_jobs/"));
        body["related"]["workflow_nodes"] = json!(format!("{url}workflow_nodes/"));
    }
}

/// Variables as AWX gives them back: a text of JSON.
fn variables(with: &Map<String, Value>) -> String {
    with.get("extra_vars")
        .map_or_else(|| "{}".to_owned(), Value::to_string)
}

pub(crate) fn job(asked: &Asked<'_>, job: &Job) -> Value {
    let (root, now) = (asked.root, asked.now);
    let url = format!("{root}/jobs/{}/", job.id);
    let status = job.status(now);
    let over = job.is_over(now);
    let model = job.model();
    let named = |table: &str, id: &Value| {
        id.as_i64()
            .and_then(|id| seed::row(table, id))
            .map(|row| json!({ "id": row["id"], "name": row["name"], "description": "" }))
    };
    let mut summary = json!({
        "created_by": { "id": 1, "username": job.by },
        "job_template": { "id": job.template, "name": job.name(), "description": "" },
        "unified_job_template": { "id": job.template, "name": job.name(), "unified_job_type": "job" },
        "user_capabilities": { "delete": true, "start": true },
    });
    for (field, table, id) in [
        ("inventory", "inventories", &job.with["inventory"]),
        ("project", "projects", &model["project"]),
        ("organization", "organizations", &model["organization"]),
    ] {
        if let Some(found) = named(table, id) {
            summary[field] = found;
        }
    }
    let explanation = if status == "pending" && job.name().contains("waiting") {
        "This job is not ready to start because there is not enough available capacity."
    } else {
        ""
    };
    let mut body = json!({
        "id": job.id, "type": "job", "url": url, "name": job.name(), "description": "",
        "related": {
            "created_by": format!("{root}/users/1/"),
            "job_template": format!("{root}/job_templates/{}/", job.template),
            "job_events": format!("{url}job_events/"),
            "job_host_summaries": format!("{url}job_host_summaries/"),
            "stdout": format!("{url}stdout/"),
            "cancel": format!("{url}cancel/"),
            "relaunch": format!("{url}relaunch/"),
        },
        "summary_fields": summary,
        "created": instant(job.launched), "modified": instant(now),
        "unified_job_template": job.template, "job_template": job.template,
        "launch_type": job.launch_type, "status": status,
        "failed": matches!(status, "failed" | "error" | "canceled"),
        "started": (now >= job.starts()).then(|| instant(job.starts())),
        "finished": over.then(|| instant(job.ends())),
        "canceled_on": job.cancelled.filter(|_| over).map(instant),
        "elapsed": f64::from(i32::try_from((job.ends().min(now) - job.starts()).max(0)).unwrap_or(0)) / 1_000.0,
        "job_explanation": explanation, "job_args": "", "job_cwd": "", "job_env": {},
        "result_traceback": "", "event_processing_finished": now >= job.ends() + 1_000,
        "job_type": job.with.get("job_type").unwrap_or(&model["job_type"]),
        "inventory": job.with["inventory"], "project": model["project"], "playbook": model["playbook"],
        "limit": job.with.get("limit").cloned().unwrap_or_else(|| json!("")),
        "job_tags": job.with.get("job_tags").cloned().unwrap_or_else(|| json!("")),
        "extra_vars": variables(&job.with), "allow_simultaneous": true,
        "artifacts": if over && status == "successful" { json!({ "shop_url": format!("http://shop.example/{}", job.id) }) } else { json!({}) },
    });
    if let Some(id) = job.workflow {
        body["related"]["source_workflow_job"] = json!(format!("{root}/workflow_jobs/{id}/"));
        body["summary_fields"]["source_workflow_job"] = json!({ "id": id, "name": "" });
    }
    body
}

pub(crate) fn workflow(world: &World, asked: &Asked<'_>, job: &Workflow) -> Value {
    let root = asked.root;
    let url = format!("{root}/workflow_jobs/{}/", job.id);
    let (status, end) = world.workflow_status(asked.now, job);
    let sliced = job.sliced;
    json!({
        "id": job.id, "type": "workflow_job", "url": url, "name": job.name(), "description": "",
        "related": {
            "created_by": format!("{root}/users/1/"),
            "workflow_job_template": format!("{root}/workflow_job_templates/{}/", job.template),
            "workflow_nodes": format!("{url}workflow_nodes/"),
            "cancel": format!("{url}cancel/"),
            "relaunch": format!("{url}relaunch/"),
        },
        "summary_fields": {
            "created_by": { "id": 1, "username": job.by },
            "workflow_job_template": { "id": job.template, "name": job.name(), "description": "" },
            "user_capabilities": { "delete": true, "start": true },
        },
        "created": instant(job.launched), "modified": instant(asked.now),
        "unified_job_template": job.template,
        "workflow_job_template": sliced.is_none().then_some(job.template),
        "job_template": sliced, "is_sliced_job": sliced.is_some(),
        "launch_type": "manual", "status": status,
        "failed": matches!(status, "failed" | "error" | "canceled"),
        "started": (status != "pending").then(|| instant(job.launched + 1_000)),
        "finished": end.map(instant), "canceled_on": job.cancelled.filter(|_| end.is_some()).map(instant),
        "elapsed": 0.0, "job_explanation": "", "result_traceback": "",
        "extra_vars": variables(&job.with),
        "limit": job.with.get("limit").cloned().unwrap_or(Value::Null),
        "inventory": job.with.get("inventory").cloned().unwrap_or(Value::Null),
    })
}

/// A node of a workflow job.
pub(crate) fn node(world: &World, asked: &Asked<'_>, workflow: &Workflow, node: &Node) -> Value {
    let root = asked.root;
    let ids = |edge: &str| -> Vec<i64> {
        let wanted = node.model[edge].as_array();
        workflow
            .nodes
            .iter()
            .filter(|other| wanted.is_some_and(|list| list.contains(&other.model["id"])))
            .map(|other| other.id)
            .collect()
    };
    let mut summary = json!({
        "workflow_job": { "id": workflow.id, "name": workflow.name(), "description": "" },
        "unified_job_template": model(&node.model),
    });
    if let Some(id) = node.job {
        if let Some(job) = world.jobs.get(&id) {
            let status = job.status(asked.now);
            summary["job"] = json!({
                "id": id, "name": job.name(), "description": "", "status": status,
                "failed": matches!(status, "failed" | "error" | "canceled"), "elapsed": 0.0, "type": "job",
            });
        } else if let Some(one) = world.approvals.get(&id) {
            summary["job"] = json!({
                "id": id, "name": one.name, "description": "", "status": one.status(asked.now),
                "timed_out": one.timed_out(asked.now), "type": "workflow_approval",
            });
        }
    }
    json!({
        "id": node.id, "type": "workflow_job_node",
        "url": format!("{root}/workflow_job_nodes/{}/", node.id),
        "related": {
            "workflow_job": format!("{root}/workflow_jobs/{}/", workflow.id),
            "job": node.job.map(|id| if world.jobs.contains_key(&id) {
                format!("{root}/jobs/{id}/")
            } else {
                format!("{root}/workflow_approvals/{id}/")
            }),
        },
        "summary_fields": summary,
        "created": instant(workflow.launched), "modified": instant(asked.now),
        "job": node.job, "workflow_job": workflow.id,
        "unified_job_template": node.model["template"],
        "success_nodes": ids("success"), "failure_nodes": ids("failure"), "always_nodes": ids("always"),
        "all_parents_must_converge": false, "do_not_run": node.skipped,
        "identifier": node.model["identifier"],
    })
}

/// What a node runs, in short.
fn model(node: &Value) -> Value {
    if let Some(name) = node["approval"].as_str() {
        return json!({
            "id": 9_000 + node["id"].as_i64().unwrap_or_default(), "name": name, "description": "",
            "unified_job_type": "workflow_approval", "timeout": node["timeout"],
        });
    }
    let template = node["template"]
        .as_i64()
        .and_then(|id| seed::row("job_templates", id));
    json!({
        "id": node["template"], "name": template.map_or(&Value::Null, |one| &one["name"]),
        "description": "", "unified_job_type": "job",
    })
}

/// A node of a workflow template.
pub(crate) fn template_node(root: &str, template: &Value, node: &Value) -> Value {
    let edge = |name: &str| node[name].as_array().cloned().unwrap_or_default();
    json!({
        "id": node["id"], "type": "workflow_job_template_node",
        "url": format!("{root}/workflow_job_template_nodes/{}/", node["id"]),
        "related": { "workflow_job_template": format!("{root}/workflow_job_templates/{}/", template["id"]) },
        "summary_fields": {
            "workflow_job_template": { "id": template["id"], "name": template["name"], "description": "" },
            "unified_job_template": model(node),
        },
        "workflow_job_template": template["id"],
        "unified_job_template": model(node)["id"],
        "success_nodes": edge("success"), "failure_nodes": edge("failure"), "always_nodes": edge("always"),
        "all_parents_must_converge": false, "identifier": node["identifier"],
        "extra_data": {}, "inventory": null, "limit": null,
    })
}

pub(crate) fn approval(world: &World, asked: &Asked<'_>, one: &Approval) -> Value {
    let root = asked.root;
    let url = format!("{root}/workflow_approvals/{}/", one.id);
    let status = one.status(asked.now);
    let workflow = world.workflows.get(&one.workflow);
    json!({
        "id": one.id, "type": "workflow_approval", "url": url, "name": one.name, "description": "",
        "related": {
            "approve": format!("{url}approve/"), "deny": format!("{url}deny/"),
            "source_workflow_job": format!("{root}/workflow_jobs/{}/", one.workflow),
        },
        "summary_fields": {
            "workflow_job": { "id": one.workflow, "name": workflow.map(Workflow::name), "description": "" },
            "source_workflow_job": { "id": one.workflow, "name": workflow.map(Workflow::name), "status": "running" },
            "user_capabilities": { "delete": true, "start": true },
        },
        "created": instant(one.created), "modified": instant(asked.now), "status": status,
        "failed": matches!(status, "failed" | "canceled"),
        "finished": one.ends().filter(|end| asked.now >= *end).map(instant),
        "launch_type": "workflow", "elapsed": 0.0, "job_explanation": "",
        "can_approve_or_deny": status == "pending", "timed_out": one.timed_out(asked.now),
        "approval_expiration": (one.timeout > 0).then(|| instant(one.created + one.timeout * 1_000)),
    })
}
