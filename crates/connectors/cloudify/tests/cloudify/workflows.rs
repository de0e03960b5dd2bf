//! `cloudify/execute` and `cloudify/uninstall`.

use podium_connector::{Connector, UndoClass};
use podium_testkit::walk;
use serde_json::json;

use crate::world::{cloudify, state, step, world};

#[tokio::test]
async fn a_scaling_is_rehearsed_run_and_taken_back() {
    let cx = world();
    let request = step(
        "execute",
        json!({
            "deployment": "shop-branch-001", "workflow": "scale",
            "parameters": { "scalable_entity_name": "web", "delta": 2 },
        }),
    )
    .build();
    let count = || {
        state(&cx)["deployments"]["shop-branch-001"]["instances"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["node"] == "web")
            .count()
    };
    assert_eq!(count(), 2);
    let walked = walk(&cloudify(), &cx, &request).await.unwrap();
    assert_eq!(count(), 4);
    let changes = &walked.preview.changes;
    assert_eq!(changes[1].before, json!({ "instances": 2 }));
    assert_eq!(changes[1].after, json!({ "instances": 4 }));
    assert!(
        changes
            .iter()
            .any(|one| one.name.starts_with("create on web_")),
        "{changes:?}"
    );
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    cx.begin_attempt();
    cloudify()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(count(), 2);
    // Taking it back twice changes nothing.
    cx.begin_attempt();
    cloudify()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(count(), 2);
}

#[tokio::test]
async fn an_uninstalled_deployment_is_gone_and_comes_back_by_undo() {
    let cx = world();
    let request = step("uninstall", json!({ "deployment": "shop-branch-002" })).build();
    let walked = walk(&cloudify(), &cx, &request).await.unwrap();
    assert_eq!(walked.outcome.outputs["deleted"], true);
    assert!(state(&cx)["deployments"].get("shop-branch-002").is_none());
    cx.begin_attempt();
    cloudify()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    let back = &state(&cx)["deployments"]["shop-branch-002"];
    assert_eq!(back["installed"], true);
    assert_eq!(back["own"]["inputs"]["branch"], "Filiale 2 – Süd");
}
