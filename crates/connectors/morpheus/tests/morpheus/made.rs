//! What is made, and taken back.

use podium_connector::{Action, Connector, HttpResponse, Observed, Phase, UndoClass};
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, walk};
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

#[tokio::test]
async fn a_refusal_that_comes_as_a_success_is_one() {
    let cx = world();
    let mut request = instance("shop").build();
    request
        .inputs
        .values
        .insert("layout".into(), json!("no such layout"));
    let error = morpheus().preview(&cx, &request).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0487");
    assert!(error.message.contains("`VMware VM`"), "{error}");

    let refusing = FakeContext::playing([])
        .answering(|_| {
            let body =
                r#"{"success": false, "errors": {"layout": "Layout not found with id 132499"}}"#;
            Ok(HttpResponse {
                status: 200,
                headers: vec![("content-type".into(), "application/json".into())],
                body: body.as_bytes().to_vec(),
            })
        })
        .with_credential(
            "morpheus",
            "morpheus",
            &[("url", "http://127.0.0.1:9")],
            &[("token", "t-123456789")],
        );
    let error = morpheus().identify(&refusing, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(
        error.message.contains("Layout not found with id 132499"),
        "{error}"
    );
}

#[tokio::test]
async fn a_password_of_an_order_is_bound_and_never_seen() {
    const SECRET: &str = "0815-4711-0815-4711";
    let options = json!({ "name": "Laden" });
    let order = step(
        "order",
        json!({ "item": "shop server", "options": options }),
    )
    .build();
    let cx = world().with_credential("secrets.pin", "secret", &[], &[("value", SECRET)]);
    let walked = walk(&morpheus(), &cx, &order).await.unwrap();
    assert_eq!(
        walked.preview.changes[0].after["options"]["pin"],
        "(hidden)"
    );
    let seen = format!("{walked:?} {:?} {:?}", cx.records(), cx.simulator_state());
    assert!(!seen.contains(SECRET));

    let written = step(
        "order",
        json!({ "item": "shop server", "options": { "name": "x", "pin": "1" } }),
    );
    let error = morpheus()
        .preview(&world(), &written.build())
        .await
        .unwrap_err();
    assert!(error.message.contains("`secrets.pin`"), "{error}");
}

#[tokio::test]
async fn an_approval_is_waited_for_with_its_link_or_given() {
    let cx = world();
    let mut request = instance("waiting-west").build();
    request
        .inputs
        .values
        .insert("approval".into(), json!("give"));
    walk(&morpheus(), &cx, &request).await.unwrap();
    assert!(
        cx.records()
            .progress
            .iter()
            .any(|one| one.words.contains("Approved `APPROVAL-"))
    );

    let cx = world();
    let request = instance("waiting-east").build();
    let run = morpheus();
    let (told, ()) = tokio::join!(run.run(&cx, &request), async {
        while !cx
            .records()
            .progress
            .iter()
            .any(|one| one.words.contains("/operations/approvals/"))
        {
            tokio::task::yield_now().await;
        }
        cx.cancel();
    });
    assert_eq!(told.unwrap_err().kind, ErrorKind::Cancelled);
    let item = &state(&cx)["approvals"][0]["approvalItems"][0]["status"];
    assert_eq!(item, "cancelled", "the open approval is withdrawn");
}
