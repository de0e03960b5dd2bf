//! IBM Cloud Orchestrator against its practice cloud, and against odd answers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use podium_connector::{Action, Connector, Observed, Phase, StepRequest, UndoClass, UndoRecord};
use podium_connector_ibm_orchestrator::Orchestrator;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

fn practice() -> (Orchestrator, FakeContext) {
    let ico = Orchestrator::new();
    let cx = FakeContext::simulated(ico.simulator(None));
    (ico, cx)
}

fn launch(ico: &Orchestrator, inputs: Value) -> StepRequest {
    RequestBuilder::new("ibm-orchestrator/launch", inputs)
        .with_defaults_of(ico.manifest())
        .build()
}

fn saved(cx: &FakeContext) -> Value {
    serde_json::from_str(&cx.simulator_state().unwrap()).unwrap()
}

#[tokio::test]
async fn a_shop_is_opened_and_closed_again() {
    let (ico, cx) = practice();
    let open = launch(
        &ico,
        json!({
            "offering": "Open a shop", "parameters": { "name": "Läden-West", "size": 2, "colour": "rot" },
            "undo": { "offering": "Close a shop", "instance_parameter": "id" },
        }),
    );
    cx.set_phase(Phase::Read);
    let who = ico.identify(&cx, &open).await.unwrap().unwrap();
    assert_eq!(who.user, "practice");
    let done = walk(&ico, &cx, &open).await.unwrap();
    assert_eq!(done.preview.changes[0].action, Action::Run);
    assert_eq!(done.preview.changes[0].after["name"], "Läden-West");
    assert!(
        done.preview.notes[0].contains("`colour`"),
        "{:?}",
        done.preview.notes
    );
    assert_eq!(done.record.undo.class, UndoClass::Delete);
    assert_eq!(done.outcome.outputs["status"], "COMPLETED");
    let instance = done.outcome.outputs["service_instance"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(saved(&cx)["instances"][&instance][0], "Läden-West");

    let mut record: UndoRecord = done.record.clone();
    record.record["learned"] = done.outcome.undo.clone().unwrap();
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let back = ico.preview_undo(&cx, &open, &record).await.unwrap();
    assert_eq!(back.changes[0].after["id"], json!(instance));
    cx.set_phase(Phase::Write);
    cx.begin_attempt();
    let undo = StepRequest {
        key: "podium-undo".into(),
        ..open
    };
    ico.undo(&cx, &undo, &record).await.unwrap();
    assert!(saved(&cx)["instances"].get(&instance).is_none());
}

#[tokio::test]
async fn a_form_is_told_with_its_place_and_nothing_is_launched() {
    let (ico, cx) = practice();
    let error = ico
        .run(&cx, &launch(&ico, json!({ "offering": "shop form" })))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Invalid, "POD0492")
    );
    assert!(
        error
            .hint
            .unwrap()
            .contains("/teamworks/executeServiceByName")
    );
    assert_eq!(saved(&cx)["tasks"], json!([]));
}

#[tokio::test]
async fn a_failed_task_gives_its_own_reason() {
    let (ico, cx) = practice();
    let error = walk(
        &ico,
        &cx,
        &launch(&ico, json!({ "offering": "shop broken" })),
    )
    .await
    .unwrap_err();
    assert!(
        error
            .message
            .contains("CTJCO0999E The pool has no free addresses left."),
        "{error}"
    );
}

#[tokio::test]
async fn an_approval_is_waited_for_and_said() {
    let (ico, cx) = practice();
    walk(
        &ico,
        &cx,
        &launch(&ico, json!({ "offering": "shop waiting" })),
    )
    .await
    .unwrap();
    assert!(
        cx.records()
            .progress
            .iter()
            .any(|told| told.words.contains("waits for an approval"))
    );
}

#[tokio::test]
async fn after_a_crash_the_task_is_found_by_its_mark() {
    let (ico, cx) = practice();
    let inputs = json!({ "offering": "shop slow" });
    let first = launch(&ico, inputs.clone());
    assert_eq!(
        ico.observe(&cx, &first).await.unwrap(),
        Observed::NeverStarted
    );
    let one = ico.run(&cx, &first).await.unwrap();
    let again = StepRequest {
        resumed: true,
        ..launch(&ico, inputs)
    };
    assert_eq!(ico.observe(&cx, &again).await.unwrap(), Observed::Adopt);
    let two = ico.run(&cx, &again).await.unwrap();
    assert_eq!(one.outputs["task_id"], two.outputs["task_id"]);
    assert_eq!(saved(&cx)["tasks"].as_array().unwrap().len(), 1);
    // A task without a mark may be ours: a person is asked.
    let mut state = saved(&cx);
    state["tasks"][0]["parm"] = json!({});
    let cx = FakeContext::simulated(ico.simulator(Some(&state.to_string())));
    assert!(matches!(
        ico.observe(&cx, &again).await.unwrap(),
        Observed::Unknown { .. }
    ));
}

#[tokio::test]
async fn secrets_go_along_and_come_out_nowhere() {
    let (ico, cx) = practice();
    let cx = cx
        .with_credential(
            "ico",
            "ibm-orchestrator",
            &[("url", "https://ico.example"), ("user", "möwe")],
            &[("password", "Sehr-geheim-77")],
        )
        .with_credential(
            "secrets.password",
            "secret",
            &[],
            &[("value", "Gänsefüßchen-9")],
        );
    let done = walk(
        &ico,
        &cx,
        &launch(&ico, json!({ "offering": "Open a shop" })),
    )
    .await
    .unwrap();
    assert_eq!(done.preview.changes[0].after["password"], "(hidden)");
    let everything = format!("{done:?}{:?}{:?}", cx.records(), cx.simulator_state());
    assert!(!everything.contains("Gänsefüßchen") && !everything.contains("Sehr-geheim"));
}
