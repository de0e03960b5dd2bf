//! Every call of ours stands among the routes of AWX's own source, and so does every address that the
//! practice server gives.

use podium_connector::Connector;
use podium_connector_awx::Awx;
use podium_testkit::walk;
use serde_json::{Value, json};

use crate::world::{launch, practice, workflow};

/// The routes that were read in AWX's source, as parts of paths; `None` where the file is not here.
fn routes() -> Option<Vec<Vec<String>>> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../shared/specs/awx/routes.json"
    );
    let Ok(text) = std::fs::read_to_string(file) else {
        podium_testkit::skipped(
            "the routes of AWX (shared/specs/awx) are not beside this repository",
        );
        return None;
    };
    let spec: Value = serde_json::from_str(&text).unwrap();
    let routes = spec["routes"].as_array().unwrap().iter();
    Some(
        routes
            .map(|route| parts(route["path"].as_str().unwrap()))
            .collect(),
    )
}

fn parts(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

fn stands(routes: &[Vec<String>], path: &str) -> bool {
    let asked = parts(path);
    routes.iter().any(|route| {
        route.len() == asked.len()
            && route
                .iter()
                .zip(&asked)
                .all(|(known, part)| known.starts_with('{') || known == part)
    })
}

#[tokio::test]
async fn every_call_of_ours_is_a_route_of_awx() {
    let Some(routes) = routes() else { return };
    let awx = Awx::new();
    let cx = practice();
    let front = json!({
        "template": "shop-front", "variables": { "branch": "west" }, "limit": "web",
        "inventory": "shop-production", "credentials": ["shop-cloud"], "labels": ["nightly"],
        "execution_environment": "shop-ee", "instance_groups": ["default"],
    });
    walk(&awx, &cx, &launch(front.clone())).await.unwrap();
    let release = json!({
        "template": "shop-release", "variables": { "branch": "west" }, "approvals": "approve",
    });
    walk(&awx, &cx, &workflow(release)).await.unwrap();
    let request = launch(front);
    awx.identify(&cx, &request).await.unwrap();
    for what in [
        "templates",
        "organizations",
        "inventories",
        "credentials",
        "hosts",
        "labels",
    ] {
        awx.discover(&cx, &request, what).await.unwrap();
    }
    let mut checked = 0;
    for asked in cx.records().requests {
        let path = asked.split("127.0.0.1:9").nth(1).unwrap();
        let path = path.split('?').next().unwrap();
        if path != "/api/" {
            assert!(stands(&routes, path), "{asked}");
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}

/// Every address in a reply.
fn addresses(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("/api/v2/") => {
            found.push(text.split('?').next().unwrap().to_owned());
        }
        Value::Array(list) => list.iter().for_each(|one| addresses(one, found)),
        Value::Object(map) => map.values().for_each(|one| addresses(one, found)),
        _ => {}
    }
}

#[test]
fn every_address_of_the_practice_server_is_a_route_of_awx() {
    let Some(routes) = routes() else { return };
    let mut server = Awx::new().simulator(None);
    let mut found = Vec::new();
    let mut get = |path: &str| {
        let request = podium_connector::HttpRequest::get(format!("http://127.0.0.1:9{path}"))
            .secret_header("authorization", "Bearer practice".into());
        let reply = server.http(1_767_323_045_678, &request);
        assert_eq!(reply.status, 200, "{path}");
        addresses(&serde_json::from_slice(&reply.body).unwrap(), &mut found);
    };
    for path in [
        "/api/v2/",
        "/api/v2/me/",
        "/api/v2/job_templates/",
        "/api/v2/workflow_job_templates/",
        "/api/v2/workflow_job_templates/200/workflow_nodes/",
        "/api/v2/inventories/",
        "/api/v2/credentials/",
    ] {
        get(path);
    }
    assert!(found.len() > 200, "{}", found.len());
    for address in found {
        assert!(stands(&routes, &address), "{address}");
    }
}
