//! Things in the form of JSON:API.

use podium_tfplan::practice;
use serde_json::{Value, json};

use super::state::{Configuration, Run, Space, State, Var};

pub(super) fn stamp(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

fn link(kind: &str, id: &str) -> Value {
    json!({ "data": { "id": id, "type": kind } })
}

pub(super) fn organization(name: &str) -> Value {
    json!({
        "id": name, "type": "organizations",
        "attributes": {
            "name": name, "external-id": format!("org-{name}"), "email": "shop.keeper@example.com",
            "created-at": "2025-10-09T08:53:20.000Z", "cost-estimation-enabled": true, "plan-identifier": "practice",
            "collaborator-auth-policy": "password", "permissions": { "can-create-workspace": true },
        },
        "links": { "self": format!("/api/v2/organizations/{name}") },
    })
}

pub(super) fn space(state: &State, space: &Space) -> Value {
    let last = state.runs.iter().rev().find(|run| run.space == space.id);
    let has_state = space.state.serial > 0;
    let busy = state
        .runs
        .iter()
        .any(|run| run.space == space.id && !run.plan_only && !run.ended());
    let permissions = json!({
        "can-update": true, "can-destroy": true, "can-queue-destroy": true, "can-queue-run": true,
        "can-queue-apply": true, "can-read-state-versions": true, "can-read-state-outputs": true,
        "can-update-variable": true, "can-read-variable": true, "can-lock": true, "can-unlock": true,
        "can-force-unlock": false, "can-read-settings": true, "can-manage-tags": true,
    });
    let repository = space.vcs.as_ref().map(|repository| {
        json!({
            "identifier": repository, "branch": "main", "display-identifier": repository,
            "repository-http-url": format!("https://github.com/{repository}"),
        })
    });
    let relationships = json!({
        "organization": link("organizations", &space.organization),
        "current-run": { "data": last.map(|run| json!({ "id": run.id, "type": "runs" })) },
        "latest-run": { "data": last.map(|run| json!({ "id": run.id, "type": "runs" })) },
        "current-state-version": { "data": has_state.then(|| json!({ "id": format!("sv-{}", &space.id[3..]), "type": "state-versions" })) },
        "current-configuration-version": { "data": space.configuration.as_ref().map(|id| json!({ "id": id, "type": "configuration-versions" })) },
    });
    json!({
        "id": space.id, "type": "workspaces",
        "attributes": {
            "name": space.name, "description": space.description, "auto-apply": false,
            "allow-destroy-plan": true, "created-at": stamp(space.created), "updated-at": stamp(space.created),
            "environment": "default", "execution-mode": "remote", "operations": true,
            "locked": space.locked.is_some() || busy,
            "locked-reason": space.locked.clone().unwrap_or_default(),
            "queue-all-runs": false, "speculative-enabled": true, "structured-run-output-enabled": false,
            "terraform-version": "1.5.7", "working-directory": "", "global-remote-state": false,
            "resource-count": space.state.things.len(), "source": "tfe-api",
            "vcs-repo": repository,
            "vcs-repo-identifier": space.vcs,
            "tag-names": [], "trigger-prefixes": [], "trigger-patterns": [], "file-triggers-enabled": true,
            "actions": { "is-destroyable": true },
            "permissions": permissions,
        },
        "relationships": relationships,
        "links": { "self": format!("/api/v2/organizations/{}/workspaces/{}", space.organization, space.name) },
    })
}

pub(super) fn variable(space: &Space, var: &Var) -> Value {
    json!({
        "id": var.id, "type": "vars",
        "attributes": {
            "key": var.key, "value": if var.sensitive { Value::Null } else { json!(var.value) },
            "sensitive": var.sensitive, "category": var.category, "hcl": var.hcl,
            "created-at": stamp(space.created), "description": var.description, "version-id": "0",
        },
        "relationships": { "configurable": link("workspaces", &space.id) },
        "links": { "self": format!("/api/v2/workspaces/{}/vars/{}", space.id, var.id) },
    })
}

pub(super) fn configuration(one: &Configuration, base: &str, now: i64) -> Value {
    let status = match one.uploaded {
        None => "pending",
        Some(at) if now < at + 1_000 => "fetching",
        Some(_) => "uploaded",
    };
    let mut data = json!({
        "id": one.id, "type": "configuration-versions",
        "attributes": {
            "auto-queue-runs": false, "error": null, "error-message": null, "source": one.source,
            "speculative": one.speculative, "provisional": false, "status": status, "status-timestamps": {},
        },
        "relationships": { "ingress-attributes": { "data": null } },
        "links": { "self": format!("/api/v2/configuration-versions/{}", one.id) },
    });
    if one.uploaded.is_none() {
        data["attributes"]["upload-url"] =
            json!(format!("{base}/_archivist/v1/object/upload-{}", one.id));
    }
    data
}

pub(super) fn run(one: &Run) -> Value {
    let confirmable = matches!(
        one.status.as_str(),
        "planned" | "policy_checked" | "cost_estimated"
    ) && !one.plan_only;
    let cancelable = [
        "pending",
        "plan_queued",
        "planning",
        "pondering",
        "confirmed",
        "applying",
    ]
    .contains(&one.status.as_str());
    let has_changes = practice::counts(&one.plan) != (0, 0, 0);
    json!({
        "id": one.id, "type": "runs",
        "attributes": {
            "actions": {
                "is-cancelable": cancelable, "is-confirmable": confirmable,
                "is-discardable": confirmable || one.status == "policy_override", "is-force-cancelable": false,
            },
            "allow-empty-apply": false, "auto-apply": one.auto_apply, "canceled-at": null,
            "created-at": stamp(one.created), "has-changes": has_changes, "is-destroy": one.wish.destroy,
            "message": one.message, "plan-only": one.plan_only, "refresh": true, "refresh-only": one.wish.refresh_only,
            "replace-addrs": one.wish.replace, "save-plan": false, "source": "tfe-api",
            "status": one.status, "status-timestamps": {}, "target-addrs": one.wish.targets,
            "terraform-version": "1.5.7", "trigger-reason": "manual", "updated-at": stamp(one.since),
            "permissions": { "can-apply": true, "can-cancel": true, "can-discard": true, "can-force-cancel": false, "can-force-execute": true, "can-comment": true, "can-override-policy-check": true },
            "variables": one.variables.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect::<Vec<_>>(),
        },
        "relationships": {
            "workspace": link("workspaces", &one.space),
            "configuration-version": link("configuration-versions", &one.configuration),
            "plan": link("plans", &beside(one, "plan")),
            "apply": link("applies", &beside(one, "apply")),
            "cost-estimate": link("cost-estimates", &beside(one, "ce")),
            "created-by": link("users", "user-Pract1ce"),
            "task-stages": { "data": [] },
            "policy-checks": { "data": if has_policy(one) { json!([{ "id": beside(one, "polchk"), "type": "policy-checks" }]) } else { json!([]) } },
            "run-events": { "data": [] },
            "comments": { "data": [] },
        },
        "links": { "self": format!("/api/v2/runs/{}", one.id) },
    })
}

/// The id of a thing beside a run.
pub(super) fn beside(run: &Run, kind: &str) -> String {
    format!("{kind}-{}", run.id.trim_start_matches("run-"))
}

pub(super) fn has_policy(run: &Run) -> bool {
    run.overridden || run.status == "policy_override"
}

fn log_url(base: &str, run: &Run, kind: &str) -> String {
    format!("{base}/_archivist/v1/object/log-{}", beside(run, kind))
}

pub(super) fn plan(one: &Run, base: &str) -> Value {
    let (add, change, destroy) = practice::counts(&one.plan);
    let status = if one.plan_status.is_empty() {
        "pending"
    } else {
        &one.plan_status
    };
    json!({
        "id": beside(one, "plan"), "type": "plans",
        "attributes": {
            "execution-details": { "mode": "remote" }, "generated-configuration": false,
            "has-changes": add + change + destroy > 0, "resource-additions": add, "resource-changes": change,
            "resource-destructions": destroy, "resource-imports": 0, "status": status, "status-timestamps": {},
            "structured-run-output-enabled": false, "log-read-url": log_url(base, one, "plan"),
            "actions": { "is-exportable": true }, "permissions": { "can-export": true },
        },
        "relationships": { "state-versions": { "data": [] } },
        "links": { "self": format!("/api/v2/plans/{}", beside(one, "plan")), "json-output": format!("/api/v2/plans/{}/json-output", beside(one, "plan")) },
    })
}

pub(super) fn apply(one: &Run, base: &str) -> Value {
    let (add, change, destroy) = if one.apply_status == "finished" {
        practice::counts(&one.plan)
    } else {
        (0, 0, 0)
    };
    let ended = one.ended() && one.apply_status.is_empty();
    let status = if ended {
        "unreachable"
    } else if one.apply_status.is_empty() {
        "pending"
    } else {
        &one.apply_status
    };
    json!({
        "id": beside(one, "apply"), "type": "applies",
        "attributes": {
            "execution-details": { "mode": "remote" }, "status": status, "status-timestamps": {},
            "log-read-url": log_url(base, one, "apply"), "resource-additions": add, "resource-changes": change,
            "resource-destructions": destroy, "resource-imports": 0,
        },
        "relationships": { "state-versions": { "data": [] } },
        "links": { "self": format!("/api/v2/applies/{}", beside(one, "apply")) },
    })
}

pub(super) fn cost(one: &Run) -> Value {
    let (add, change, destroy) = practice::counts(&one.plan);
    let priced = add * 7 + change;
    let done = one.plan_status == "finished";
    json!({
        "id": beside(one, "ce"), "type": "cost-estimates",
        "attributes": {
            "status": if done { "finished" } else { "pending" }, "status-timestamps": {}, "error-message": null,
            "resources": {}, "resources-count": add + change + destroy, "matched-resources-count": add,
            "unmatched-resources-count": change + destroy, "prior-monthly-cost": "0.0",
            "proposed-monthly-cost": format!("{priced}.0"), "delta-monthly-cost": format!("{priced}.0"),
        },
    })
}

pub(super) fn policy(one: &Run) -> Value {
    json!({
        "id": beside(one, "polchk"), "type": "policy-checks",
        "attributes": {
            "result": { "result": one.overridden, "passed": 2, "total-failed": 1, "hard-failed": 0, "soft-failed": 1, "advisory-failed": 0, "duration": 3 },
            "scope": "organization", "status": if one.overridden { "overridden" } else { "soft_failed" },
            "status-timestamps": {}, "actions": { "is-overridable": !one.overridden }, "permissions": { "can-override": true },
        },
        "relationships": { "run": link("runs", &one.id) },
    })
}

pub(super) fn state_version(space: &Space) -> Value {
    let resources: Vec<Value> = space.state.things.keys().map(|address| {
        let kind = practice::kind(address);
        let module = address.strip_suffix(&format!(".{kind}.{}", address.rsplit('.').next().unwrap_or_default()))
            .map_or_else(|| "root".to_owned(), |module| module.replace("module.", ""));
        json!({ "name": address.rsplit('.').next(), "type": kind, "module": module, "count": 1, "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]" })
    }).collect();
    json!({
        "id": format!("sv-{}", &space.id[3..]), "type": "state-versions",
        "attributes": {
            "created-at": stamp(space.created), "serial": space.state.serial, "size": 900, "status": "finalized",
            "resources-processed": true, "resources": resources, "modules": {}, "providers": {},
            "terraform-version": "1.5.7", "state-version": 4,
        },
        "relationships": { "workspace": link("workspaces", &space.id) },
    })
}

pub(super) fn outputs(space: &Space) -> Vec<Value> {
    space.state.outputs.iter().map(|(name, output)| json!({
        "id": format!("wsout-{}-{name}", &space.id[3..]), "type": "state-version-outputs",
        "attributes": {
            "name": name, "sensitive": output.sensitive, "type": "string", "detailed-type": "string",
            "value": if output.sensitive { Value::Null } else { output.value.clone() },
        },
    })).collect()
}
