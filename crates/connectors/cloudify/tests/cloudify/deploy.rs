//! `cloudify/deploy`.

use podium_connector::{Action, Confidence, Connector, Context, Observed, Phase, UndoClass};
use podium_testkit::walk;
use serde_json::json;

use crate::world::{SHOP, cloudify, deploy, deploy_with, state, step, world};

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

#[tokio::test]
async fn an_installed_deployment_is_updated_as_cloudify_previewed_it_and_put_back() {
    let cx = world();
    let request = step(
        "deploy",
        json!({
            "blueprint": "shop-front", "deployment": "shop-branch-009",
            "inputs": { "branch": "Filiale 9 – Süd", "size": "large" },
        }),
    )
    .build();
    let walked = walk(&cloudify(), &cx, &request).await.unwrap();
    assert_eq!(walked.preview.confidence, Confidence::Exact);
    assert_eq!(
        walked.preview.changes[0].before["inputs"],
        json!({ "size": "small" })
    );
    assert_eq!(
        walked.preview.changes[0].after["inputs"],
        json!({ "size": "large" })
    );
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    let size = || state(&cx)["deployments"]["shop-branch-009"]["own"]["inputs"]["size"].clone();
    assert_eq!(size(), "large");

    // The same once more: nothing is done.
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let again = cloudify().preview(&cx, &request).await.unwrap();
    assert!(again.changes.is_empty(), "{again:?}");
    assert_eq!(again.undo.class, UndoClass::Automatic);

    cx.set_phase(Phase::Write);
    cx.begin_attempt();
    cloudify()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(size(), "small");
}

#[tokio::test]
async fn a_secret_is_stored_hidden_where_it_is_missing_and_never_seen() {
    const SECRET: &str = "hunter2-hunter2-hunter2";
    let cx = world().with_credential("secrets.pin", "secret", &[], &[("value", SECRET)]);
    let blueprint = SHOP.replace(
        "network: {",
        "network: { properties: { pin: { get_secret: pin } },",
    ) + "  pin: { value: { get_secret: pin } }\n";
    cx.write("blueprints/shop/blueprint.yaml", &blueprint);
    let request = deploy("shop-secret");
    let walked = walk(&cloudify(), &cx, &request).await.unwrap();
    assert_eq!(walked.outcome.hidden, ["outputs.pin"]);
    assert!(state(&cx)["secrets"].get("pin").is_some());
    let seen = format!("{walked:?} {:?} {:?}", cx.records(), cx.simulator_state());
    assert!(!seen.contains(SECRET));
    for file in cx.all_files() {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains(SECRET), "{}", file.display());
    }
    cx.begin_attempt();
    cloudify()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert!(state(&cx)["secrets"].get("pin").is_none());

    // Without the credential it says which are missing.
    let bare = world();
    bare.write("blueprints/shop/blueprint.yaml", &blueprint);
    let error = cloudify().preview(&bare, &request).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0488");
    assert!(error.message.contains("`pin`"), "{error}");
}

#[tokio::test]
async fn every_wrong_input_is_told_before_anything_is_sent() {
    let cx = world();
    let request = deploy_with(
        "shop-wrong",
        &json!({ "branch": "ab", "servers": "two", "colour": 1 }),
    );
    let error = cloudify().preview(&cx, &request).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0487");
    for text in [
        "`branch` breaks the rule `min_length: 3`",
        "`servers` must be of the type integer",
        "no input `colour`",
    ] {
        assert!(error.message.contains(text), "{error}");
    }
}

#[tokio::test]
async fn the_same_files_are_uploaded_once_and_links_may_not_lead_out() {
    let cx = world();
    walk(&cloudify(), &cx, &deploy("shop-one")).await.unwrap();
    let second = walk(&cloudify(), &cx, &deploy("shop-two")).await.unwrap();
    assert_ne!(
        second.preview.changes[0].kind, "blueprint",
        "it is there already"
    );
    assert_eq!(second.record.record["uploads"], false);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc", cx.workspace().join("blueprints/shop/out")).unwrap();
        let error = cloudify()
            .preview(&cx, &deploy("shop-three"))
            .await
            .unwrap_err();
        assert_eq!(error.code.as_str(), "POD0486");
    }
}
