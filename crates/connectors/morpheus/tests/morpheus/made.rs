//! What is made, and taken back.

use podium_connector::{Action, Connector, Observed, Phase, UndoClass};
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::json;

use crate::world::{instance, morpheus, names, state, step, world};

#[tokio::test]
async fn an_instance_is_made_followed_and_removed_again() {
    let cx = world();
    let request = instance("Laden–Süd").build();
    let walked = walk(&morpheus(), &cx, &request).await.unwrap();
    let line = &walked.preview.changes[0];
    assert_eq!(
        (line.action, line.name.as_str()),
        (Action::Create, "Laden–Süd")
    );
    assert_eq!(line.after["price"], "9.90 EUR a month");
    assert_eq!(walked.outcome.outputs["status"], "running");
    assert!(
        cx.records()
            .log
            .iter()
            .any(|line| line.text == "configure instance läuft")
    );

    // The same step again: the name is taken.
    let again = instance("Laden–Süd").key("another").build();
    let error = morpheus().preview(&cx, &again).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);

    cx.begin_attempt();
    morpheus()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert!(!names(&cx, "instances").contains(&"Laden–Süd".to_owned()));
    cx.begin_attempt();
    morpheus()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
}

#[tokio::test]
async fn after_a_crash_the_same_instance_is_taken_up() {
    let cx = world();
    let request = instance("shop-crash").build();
    assert_eq!(
        morpheus().observe(&cx, &request).await.unwrap(),
        Observed::NeverStarted
    );
    morpheus().run(&cx, &request).await.unwrap();
    let lost = instance("shop-crash").resumed(None).build();
    assert_eq!(
        morpheus().observe(&cx, &lost).await.unwrap(),
        Observed::Adopt
    );
    morpheus().run(&cx, &lost).await.unwrap();
    assert_eq!(
        names(&cx, "instances")
            .iter()
            .filter(|name| *name == "shop-crash")
            .count(),
        1
    );
}

#[tokio::test]
async fn an_order_is_checked_placed_and_taken_back() {
    let cx = world();
    let order = |options: serde_json::Value| {
        step("order", json!({ "item": "shop app", "options": options })).build()
    };
    cx.set_phase(Phase::Read);
    let error = morpheus()
        .preview(&cx, &order(json!({ "seats": "viele" })))
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0487");
    for text in [
        "`name` (Name) is needed",
        "`seats` (Plätze) must be a number",
    ] {
        assert!(error.message.contains(text), "{error}");
    }
    cx.set_phase(Phase::Write);
    let request = order(json!({ "name": "Café", "seats": 12 }));
    let walked = walk(&morpheus(), &cx, &request).await.unwrap();
    assert_eq!(
        walked.preview.changes[0].after["price"],
        "42.50 EUR a month"
    );
    assert!(walked.outcome.outputs["app"].is_number());
    assert_eq!(names(&cx, "apps"), ["Café"]);
    cx.begin_attempt();
    morpheus()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert!(names(&cx, "apps").is_empty() && names(&cx, "items").is_empty());
}

#[tokio::test]
async fn a_deletion_is_called_back_where_a_policy_keeps_it() {
    let cx = world();
    // Every fortieth server is in the group `Archiv`, whose policy keeps what is deleted.
    let request = step("delete", json!({ "name": "shop-server-040" })).build();
    let walked = walk(&morpheus(), &cx, &request).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    assert_eq!(walked.outcome.outputs["kept_by_policy"], true);
    cx.begin_attempt();
    morpheus()
        .undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    let back = state(&cx)["instances"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "shop-server-040")
        .cloned()
        .unwrap();
    assert_eq!(back["status"], "running");

    let request = step("delete", json!({ "name": "shop-server-001" })).build();
    let walked = walk(&morpheus(), &cx, &request).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Impossible);
    assert!(walked.preview.changes[0].stateful);
    assert!(!names(&cx, "instances").contains(&"shop-server-001".to_owned()));
}
