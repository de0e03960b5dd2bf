//! Every call of a whole story, held against the table of routes of the manager's own source.

use podium_connector::Connector;
use podium_testkit::{overhearing, skipped, vendor_specs, walk};
use serde_json::{Value, json};

use crate::world::{cloudify, deploy, step, with_blueprint};

/// Whether a path is one of a route: `/api/v3.1/blueprints/{blueprint_id}`.
fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) =
        (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route
            .iter()
            .zip(&path)
            .all(|(a, b)| a == b || (a.starts_with('{') && !b.is_empty()))
}

#[tokio::test]
async fn every_call_is_a_route_of_the_manager() {
    let Some(folder) = vendor_specs("cloudify") else {
        return skipped(
            "every_call_is_a_route_of_the_manager: the vendors' specifications are not beside the repository",
        );
    };
    let text = std::fs::read_to_string(folder.join("routes-v3.1.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let (cx, heard) = overhearing(cloudify().simulator(None));
    let cx = with_blueprint(cx).with_credential(
        "cloudify",
        "cloudify",
        &[("url", "http://127.0.0.1:9")],
        &[("token", "a-token-of-practice")],
    );
    let first = deploy("shop-west");
    let walked = walk(&cloudify(), &cx, &first).await.unwrap();
    for what in ["blueprints", "deployments", "sites", "workflows"] {
        cloudify().discover(&cx, &first, what).await.unwrap();
    }
    cloudify().identify(&cx, &first).await.unwrap();
    cloudify().rights(&cx, &first).await.unwrap();
    cloudify().drift(&cx, &first).await.unwrap();
    cloudify().draw(&cx, &first).await.unwrap();
    cloudify().cancelled(&cx, &first).await.unwrap();
    let scale = step(
        "execute",
        json!({ "deployment": "shop-west", "workflow": "scale", "parameters": { "scalable_entity_name": "web" } }),
    );
    walk(&cloudify(), &cx, &scale.key("key-scale").build())
        .await
        .unwrap();
    let mut changed = deploy("shop-west");
    changed
        .inputs
        .values
        .insert("inputs".into(), json!({ "branch": "Genève" }));
    changed.key = "key-changed".into();
    walk(&cloudify(), &cx, &changed).await.unwrap();
    cloudify().undo(&cx, &first, &walked.record).await.unwrap();

    let heard = heard.lock().unwrap();
    assert!(heard.len() > 60, "{}", heard.len());
    for one in heard.iter() {
        let path = one.request.url.strip_prefix("http://127.0.0.1:9").unwrap();
        let path = path.split('?').next().unwrap();
        let method = one.request.method.as_str();
        let known = table["routes"].as_array().unwrap().iter().any(|route| {
            fits(route["path"].as_str().unwrap(), path)
                && route["methods"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|one| one == method)
        });
        assert!(known, "{method} {path} is no route of the manager");
        assert!(
            one.reply.status < 500,
            "{method} {path}: {}",
            one.reply.status
        );
    }
}
