//! Every request of ours, and what the simulator answers, against the vendor's own description.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use podium_connector::{Connector, HttpRequest};
use podium_connector_ibm_schematics::Schematics;
use podium_testkit::{FakeContext, skipped, walk};
use serde_json::{Value, json};

use crate::step;

fn description() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../shared/specs/ibm-schematics/operations.json");
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

async fn story() -> Vec<(HttpRequest, Value)> {
    let schematics = Schematics::new();
    let seen: Arc<Mutex<Vec<(HttpRequest, Value)>>> = Arc::default();
    let simulator = Mutex::new((schematics.simulator(None), 1_767_323_045_000_i64));
    let kept = seen.clone();
    let cx = FakeContext::simulated(schematics.simulator(None)).answering(move |request| {
        let mut simulator = simulator.lock().unwrap();
        simulator.1 += 1_500;
        let now = simulator.1;
        let reply = simulator.0.http(now, request);
        let body = serde_json::from_slice(&reply.body).unwrap_or_default();
        kept.lock().unwrap().push((request.clone(), body));
        Ok(reply)
    });
    let apply = step(
        &schematics,
        "ibm-schematics/apply",
        json!({
            "workspace": "shop-network", "variables": { "branch": "west", "size": 3 },
            "repository": { "branch": "slim" }, "targets": ["ibm_is_vpc.shop"],
        }),
    );
    schematics.identify(&cx, &apply).await.unwrap();
    let done = walk(&schematics, &cx, &apply).await.unwrap();
    schematics.draw(&cx, &apply).await.unwrap();
    schematics.drift(&cx, &apply).await.unwrap();
    for what in [
        "workspaces",
        "locations",
        "resource-groups",
        "terraform-versions",
        "resources",
    ] {
        schematics.discover(&cx, &apply, what).await.unwrap();
    }
    cx.begin_attempt();
    let back = podium_connector::StepRequest {
        key: "podium-undo".into(),
        ..apply
    };
    schematics.undo(&cx, &back, &done.record).await.unwrap();
    let made = step(
        &schematics,
        "ibm-schematics/apply",
        json!({
            "workspace": "shop-nord", "repository": { "url": "https://github.com/acme/shop-network", "branch": "main" },
            "create": { "location": "eu-de", "terraform": "terraform_v1.5" },
        }),
    );
    let made = podium_connector::StepRequest {
        key: "podium-nord".into(),
        ..made
    };
    let done = walk(&schematics, &cx, &made).await.unwrap();
    cx.begin_attempt();
    schematics
        .undo(
            &cx,
            &podium_connector::StepRequest {
                key: "podium-nord-undo".into(),
                ..made
            },
            &done.record,
        )
        .await
        .unwrap();
    let plan = step(
        &schematics,
        "ibm-schematics/plan",
        json!({ "workspace": "shop-network" }),
    );
    walk(
        &schematics,
        &cx,
        &podium_connector::StepRequest {
            key: "podium-plan".into(),
            ..plan
        },
    )
    .await
    .unwrap();
    seen.lock().unwrap().clone()
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
}

#[tokio::test]
async fn every_request_and_every_reply_has_the_descriptions_names() {
    let Some(description) = description() else {
        skipped("the description of Schematics is not beside the repository");
        return;
    };
    let operations = description["operations"].as_array().unwrap();
    let names = |model: &str| -> BTreeSet<String> {
        description["models"][model]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|field| field["name"].as_str().map(str::to_owned))
            .collect()
    };
    let held = |what: &str, thing: &Value, model: &str| {
        let known = names(model);
        assert!(!known.is_empty(), "{model} is not described");
        for (name, _) in thing.as_object().into_iter().flatten() {
            assert!(known.contains(name), "{what}: {model} has no `{name}`");
        }
    };
    let mut looked_at = BTreeSet::new();
    for (request, reply) in story().await {
        let (_, rest) = request.url.split_once("://").unwrap();
        let target = &rest[rest.find('/').unwrap()..];
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == "/identity/token" {
            continue;
        }
        let method = request.method.as_str();
        let operation = operations
            .iter()
            .filter(|one| one["method"] == method && fits(one["path"].as_str().unwrap(), path))
            .min_by_key(|one| one["path"].as_str().unwrap().matches('{').count())
            .unwrap_or_else(|| panic!("{method} {path} is not described"));
        let name = operation["operation"].as_str().unwrap();
        looked_at.insert(name.to_owned());
        let listed = |part: &str, wanted: &str| {
            operation[part]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one == wanted)
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let key = pair.split('=').next().unwrap();
            // The signal of a stop is in the vendor's documents, and not in this client.
            assert!(
                listed("query", key) || key == "signal",
                "{name} has no query `{key}`"
            );
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        for (key, _) in body.as_object().into_iter().flatten() {
            assert!(listed("body", key), "{name} has no field `{key}`");
        }
        match name {
            "GetWorkspace" | "CreateWorkspace" | "UpdateWorkspace" => {
                held(name, &reply, "WorkspaceResponse");
                held(
                    name,
                    &reply["template_data"][0],
                    "TemplateSourceDataResponse",
                );
                held(name, &reply["template_repo"], "TemplateRepoResponse");
            }
            "ListWorkspaces" => held(name, &reply, "WorkspaceResponseList"),
            "GetWorkspaceActivity" => {
                held(name, &reply, "WorkspaceActivity");
                held(name, &reply["templates"][0], "WorkspaceActivityTemplate");
                held(name, &reply["templates"][0]["log_summary"], "LogSummary");
            }
            "GetWorkspaceOutputs" => held(name, &reply[0], "OutputValuesInner"),
            "GetWorkspaceResources" => held(name, &reply[0], "TemplateResources"),
            "GetJobFiles" => held(name, &reply, "JobFileData"),
            "GetSchematicsVersion" => held(name, &reply, "VersionResponse"),
            "ListResourceGroup" => held(name, &reply[0], "ResourceGroupResponse"),
            _ => {}
        }
    }
    assert!(looked_at.len() >= 16, "{looked_at:?}");
}
