//! Every request of ours, and what the simulator answers, against the vendor's own description.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use podium_connector::{Connector, HttpRequest};
use podium_connector_hcp_terraform::HcpTerraform;
use podium_testkit::{FakeContext, skipped, walk};
use serde_json::{Value, json};

use crate::step;

/// Paths that the description lacks, as its own contract sheet says.
const LACKING: &[&str] = &["/runs/{}/actions/discard", "/runs/{}/actions/cancel"];

type Seen = Arc<Mutex<Vec<(HttpRequest, Value)>>>;

fn description() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../shared/specs/hcp-terraform/openapi-spec.json");
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// A context whose requests and replies are kept.
fn watched(hcp: &HcpTerraform) -> (FakeContext, Seen) {
    let seen: Seen = Arc::default();
    let simulator = Mutex::new((hcp.simulator(None), 1_767_323_045_000_i64));
    let kept = seen.clone();
    let cx = FakeContext::simulated(hcp.simulator(None)).answering(move |request| {
        let mut simulator = simulator.lock().unwrap();
        simulator.1 += 1_500;
        let now = simulator.1;
        let reply = simulator.0.http(now, request);
        let body = serde_json::from_slice(&reply.body).unwrap_or_default();
        kept.lock().unwrap().push((request.clone(), body));
        Ok(reply)
    });
    (cx, seen)
}

async fn story() -> Vec<(HttpRequest, Value)> {
    let hcp = HcpTerraform::new();
    let (cx, seen) = watched(&hcp);
    let cx = cx.with_credential(
        "secrets.db_password",
        "secret",
        &[],
        &[("value", "long-enough-9")],
    );
    cx.write(
        "infra/main.tf",
        "resource \"aws_vpc\" \"x\" {\n  name = \"x\"\n}\n",
    );
    let apply = step(
        &hcp,
        "shop-network",
        json!({ "variables": { "branch": "west" }, "targets": ["aws_vpc.shop"] }),
    );
    hcp.identify(&cx, &apply).await.unwrap();
    let done = walk(&hcp, &cx, &apply).await.unwrap();
    hcp.draw(&cx, &apply).await.unwrap();
    hcp.drift(&cx, &apply).await.unwrap();
    for what in ["organizations", "workspaces", "resources"] {
        hcp.discover(&cx, &apply, what).await.unwrap();
    }
    cx.begin_attempt();
    hcp.preview_undo(&cx, &apply, &done.record).await.unwrap();
    hcp.undo(&cx, &apply, &done.record).await.unwrap();
    let folder = step(&hcp, "shop-empty", json!({ "directory": "infra" }));
    cx.begin_attempt();
    hcp.run(&cx, &folder).await.unwrap();
    seen.lock().unwrap().clone()
}

fn path_of(request: &HttpRequest) -> Option<String> {
    let (_, rest) = request.url.split_once("/api/v2")?;
    Some(rest.split('?').next().unwrap().to_owned())
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
async fn every_request_is_one_of_the_descriptions() {
    let Some(description) = description() else {
        skipped("the description of HCP Terraform is not beside the repository");
        return;
    };
    let paths = description["paths"].as_object().unwrap();
    let mut looked_at = BTreeSet::new();
    for (request, _) in story().await {
        let Some(path) = path_of(&request) else {
            continue;
        };
        let method = request.method.as_str().to_lowercase();
        // A plain path goes before one with a place for a name.
        let found = paths
            .iter()
            .filter(|(template, _)| fits(template, &path))
            .min_by_key(|(template, _)| template.matches('{').count());
        let lacking = LACKING.iter().any(|template| fits(template, &path));
        let Some((template, operations)) = found else {
            assert!(lacking, "{method} {path} is not described");
            continue;
        };
        assert!(
            operations[&method].is_object(),
            "{method} {template} is not described"
        );
        looked_at.insert(format!("{method} {template}"));
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let kind = body["data"]["type"].as_str().unwrap_or_default();
        let known = description.pointer(&format!("/components/schemas/{kind}/properties"));
        for part in ["attributes", "relationships"] {
            let Some(known) = known.and_then(|known| known[part]["properties"].as_object()) else {
                continue;
            };
            for name in body["data"][part]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
            {
                assert!(known.contains_key(name), "{kind}: {part} has no `{name}`");
            }
        }
    }
    assert!(looked_at.len() >= 14, "{looked_at:?}");
}

#[tokio::test]
async fn what_the_simulator_answers_has_the_descriptions_names() {
    let Some(description) = description() else {
        skipped("the description of HCP Terraform is not beside the repository");
        return;
    };
    // Beyond the description, and in use: go-tfe reads them.
    let beyond = ["value", "category"];
    let mut kinds = BTreeSet::new();
    for (request, reply) in story().await {
        if path_of(&request).is_none() {
            continue;
        }
        let listed = reply["data"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![reply["data"].clone()]);
        let beside = reply["included"].as_array().cloned().unwrap_or_default();
        for thing in listed.iter().chain(&beside) {
            let Some(kind) = thing["type"].as_str() else {
                continue;
            };
            let Some(known) = description
                .pointer(&format!(
                    "/components/schemas/{kind}/properties/attributes/properties"
                ))
                .and_then(Value::as_object)
            else {
                continue;
            };
            kinds.insert(kind.to_owned());
            for (name, _) in thing["attributes"].as_object().into_iter().flatten() {
                assert!(
                    known.contains_key(name) || beyond.contains(&name.as_str()),
                    "{kind} has no `{name}`"
                );
            }
        }
    }
    assert!(kinds.len() >= 8, "{kinds:?}");
}

#[tokio::test]
async fn the_storage_never_gets_our_token() {
    let mut stored = 0;
    for (request, _) in story().await {
        if path_of(&request).is_none() {
            stored += 1;
            assert!(request.secret_headers.is_empty(), "{}", request.url);
            assert!(
                request
                    .headers
                    .iter()
                    .all(|(name, _)| name != "authorization")
            );
        }
    }
    assert!(stored > 5, "logs, plans and an upload");
}
