//! `cloudify/deploy`.

use podium_connector::{Action, Confidence, Connector, Observed, Phase, UndoClass};
use podium_testkit::walk;
use serde_json::json;

use crate::world::{cloudify, deploy, state, world};

#[tokio::test]
async fn a_blueprint_is_uploaded_deployed_and_installed_and_taken_back_whole() {
    let cx = world();
    let request = deploy("shop-west");
    let walked = walk(&cloudify(), &cx, &request).await.unwrap();
    assert_eq!(walked.preview.confidence, Confidence::Predicted);
    let lines: Vec<(Action, &str, &str)> = walked
        .preview
        .changes
        .iter()
        .map(|one| (one.action, one.kind.as_str(), one.name.as_str()))
        .collect();
    assert_eq!(lines[0].1, "blueprint");
    assert_eq!(
        &lines[1..],
        [
            (Action::Create, "deployment", "shop-west"),
            (Action::Create, "cloudify.nodes.Network", "network"),
            (Action::Create, "cloudify.nodes.Volume", "disk"),
            (Action::Create, "cloudify.nodes.WebServer", "web"),
        ]
    );
    assert_eq!(walked.record.undo.class, UndoClass::Delete);
    assert_eq!(
        walked.outcome.outputs["outputs"]["name"],
        "Filiale Zürich–West"
    );
    assert!(
        cx.records()
            .log
            .iter()
            .any(|line| line.text.contains("läuft"))
    );

    cx.set_phase(Phase::Read);
    let undo = cloudify()
        .preview_undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(
        undo.changes.iter().filter(|one| one.stateful).count(),
        1,
        "{undo:?}"
    );
    cx.set_phase(Phase::Write);
    cx.begin_attempt();
    cloudify()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    let after = state(&cx);
    assert!(after["deployments"].get("shop-west").is_none());
    assert_eq!(
        after["blueprints"].as_object().unwrap().len(),
        2,
        "only the seed is left"
    );
}

#[tokio::test]
async fn after_a_crash_the_same_install_is_taken_up() {
    let cx = world();
    let request = deploy("shop-crash");
    assert_eq!(
        cloudify().observe(&cx, &request).await.unwrap(),
        Observed::NeverStarted
    );
    let outcome = cloudify().run(&cx, &request).await.unwrap();
    let id = outcome.outputs["execution"].as_str().unwrap().to_owned();
    // As if the application had died before the id was durable.
    let mut lost = request.clone();
    lost.resumed = true;
    assert_eq!(
        cloudify().observe(&cx, &lost).await.unwrap(),
        Observed::Adopt
    );
    let again = cloudify().run(&cx, &lost).await.unwrap();
    assert_eq!(again.outputs["execution"], json!(id));
    let installs = state(&cx)["executions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["workflow"] == "install")
        .count();
    assert_eq!(installs, 1);
}
