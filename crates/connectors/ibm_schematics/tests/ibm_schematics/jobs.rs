//! Plan, apply, destroy, and the way back.

use podium_connector::{Action, Confidence, Connector, Observed, Phase, UndoClass};
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

use crate::{practice, step};

fn saved(cx: &FakeContext) -> Value {
    serde_json::from_str(&cx.simulator_state().unwrap()).unwrap()
}

fn workspace(cx: &FakeContext, name: &str) -> Value {
    let state = saved(cx);
    let all = state["workspaces"].as_array().unwrap();
    all.iter()
        .find(|one| one["name"] == name)
        .cloned()
        .unwrap_or_default()
}

fn jobs(cx: &FakeContext, name: &str) -> Vec<String> {
    let space = workspace(cx, name);
    let all = space["activities"].as_array().unwrap();
    all.iter()
        .map(|one| one["command"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_new_is_applied_and_taken_back_again() {
    let (schematics, cx) = practice();
    let apply = step(
        &schematics,
        "ibm-schematics/apply",
        json!({
            "workspace": "shop-network", "variables": { "branch": "wést" },
        }),
    );
    cx.set_phase(Phase::Read);
    let who = schematics.identify(&cx, &apply).await.unwrap().unwrap();
    assert_eq!(who.user, "shop.keeper@example.com");
    assert_eq!(who.account, "0a1b2c3d4e5f60718293a4b5c6d7e8f9");

    let done = walk(&schematics, &cx, &apply).await.unwrap();
    assert_eq!(done.preview.confidence, Confidence::Predicted);
    assert_eq!(done.record.undo.class, UndoClass::Delete);
    let variable = &done.preview.changes[0];
    assert_eq!(
        (variable.action, variable.name.as_str()),
        (Action::Create, "branch")
    );
    assert_eq!(variable.after, json!("wést"));
    assert_eq!(
        done.outcome.outputs["outputs"]["url"],
        "https://shop-wést.example.com"
    );
    assert_eq!(done.outcome.hidden, ["outputs.db_password"]);
    assert!(
        !Value::Object(done.outcome.outputs.clone())
            .to_string()
            .contains("hidden-")
    );
    assert_eq!(done.outcome.made.len(), 3);
    assert!(
        cx.records()
            .progress
            .iter()
            .any(|told| told.done == Some((3, 3))),
        "{:?}",
        cx.records().progress
    );

    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let back = schematics
        .preview_undo(&cx, &apply, &done.record)
        .await
        .unwrap();
    let deleted = back
        .changes
        .iter()
        .filter(|c| c.action == Action::Delete)
        .count();
    assert_eq!(
        deleted, 4,
        "three resources and a variable: {:?}",
        back.changes
    );
    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    schematics.undo(&cx, &apply, &done.record).await.unwrap();
    let space = workspace(&cx, "shop-network");
    assert_eq!(space["state"]["things"], json!({}));
    assert_eq!(space["variables"], json!([]));
    assert_eq!(jobs(&cx, "shop-network"), ["APPLY", "DESTROY"]);
}

#[tokio::test]
async fn a_plan_is_what_the_next_preview_of_an_apply_shows() {
    let (schematics, cx) = practice();
    let inputs = json!({ "workspace": "shop-network", "variables": { "branch": "west" } });
    let plan = step(&schematics, "ibm-schematics/plan", inputs.clone());
    let done = walk(&schematics, &cx, &plan).await.unwrap();
    assert_eq!(
        done.outcome.outputs["changes"],
        json!({ "create": 3, "update": 0, "replace": 0, "delete": 0 })
    );
    assert_eq!(done.outcome.outputs["empty"], false);
    assert_eq!(done.record.undo.class, UndoClass::Restore);

    let apply = step(&schematics, "ibm-schematics/apply", inputs);
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let preview = schematics.preview(&cx, &apply).await.unwrap();
    assert!(preview.because.unwrap().contains("last plan"));
    let names: Vec<&str> = preview.changes.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ibm_database.orders",
            "ibm_is_subnet.shop",
            "ibm_is_vpc.shop"
        ]
    );
    assert_eq!(preview.changes[0].after["adminpassword"], "(hidden)");
    assert_eq!(
        jobs(&cx, "shop-network"),
        ["PLAN"],
        "a preview starts no job"
    );

    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    schematics.undo(&cx, &plan, &done.record).await.unwrap();
    assert_eq!(workspace(&cx, "shop-network")["variables"], json!([]));
    assert_eq!(jobs(&cx, "shop-network"), ["PLAN"]);
}

#[tokio::test]
async fn a_changed_workspace_gets_its_former_variables_and_repository_again() {
    let (schematics, cx) = practice();
    let first = step(
        &schematics,
        "ibm-schematics/apply",
        json!({
            "workspace": "shop-network", "variables": { "branch": "west" },
        }),
    );
    walk(&schematics, &cx, &first).await.unwrap();
    let second = step(
        &schematics,
        "ibm-schematics/apply",
        json!({
            "workspace": "shop-network", "variables": { "branch": "east", "size": 3 },
            "repository": { "branch": "slim" },
        }),
    );
    // Another step of the run, with a folder of its own.
    let second = podium_connector::StepRequest {
        key: "podium-second".into(),
        ..second
    };
    let done = walk(&schematics, &cx, &second).await.unwrap();
    assert_eq!(done.record.undo.class, UndoClass::Restore);
    let moved = done
        .preview
        .changes
        .iter()
        .find(|c| c.kind == "workspace")
        .unwrap();
    assert_eq!(
        (&moved.before, &moved.after),
        (&json!({ "branch": "main" }), &json!({ "branch": "slim" }))
    );
    assert_eq!(
        workspace(&cx, "shop-network")["state"]["things"]
            .as_object()
            .unwrap()
            .len(),
        2
    );

    cx.begin_attempt();
    let back = podium_connector::StepRequest {
        key: "podium-third".into(),
        ..second
    };
    schematics.undo(&cx, &back, &done.record).await.unwrap();
    let space = workspace(&cx, "shop-network");
    assert_eq!(space["branch"], "main");
    assert_eq!(
        space["state"]["things"]["ibm_is_vpc.shop"]["name"],
        "shop-west"
    );
    assert_eq!(space["variables"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_destroyed_workspace_is_made_anew() {
    let (schematics, cx) = practice();
    let apply = step(
        &schematics,
        "ibm-schematics/apply",
        json!({ "workspace": "shop-Grün-Æøå" }),
    );
    walk(&schematics, &cx, &apply).await.unwrap();
    let destroy = step(
        &schematics,
        "ibm-schematics/destroy",
        json!({ "workspace": "shop-Grün-Æøå" }),
    );
    let done = walk(&schematics, &cx, &destroy).await.unwrap();
    assert_eq!(done.preview.changes.len(), 3);
    let database = done
        .preview
        .changes
        .iter()
        .find(|c| c.kind == "ibm_database")
        .unwrap();
    assert!(database.stateful && database.action == Action::Delete);
    assert_eq!(done.outcome.outputs["left"], 0);
    let undo = podium_connector::StepRequest {
        key: "podium-second".into(),
        ..destroy
    };
    schematics.undo(&cx, &undo, &done.record).await.unwrap();
    assert_eq!(
        workspace(&cx, "shop-Grün-Æøå")["state"]["things"]
            .as_object()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn a_job_that_fails_is_told_in_terraforms_words() {
    let (schematics, cx) = practice();
    let apply = step(
        &schematics,
        "ibm-schematics/apply",
        json!({ "workspace": "shop-broken" }),
    );
    let error = walk(&schematics, &cx, &apply).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Failed, "POD0495")
    );
    assert!(
        error
            .message
            .contains("the zone has no free addresses left"),
        "{error}"
    );
    assert!(error.hint.is_some());
}

#[tokio::test]
async fn a_workspace_that_somebody_holds_is_left_alone() {
    let (schematics, cx) = practice();
    for (name, word) in [
        ("shop-locked", "is locked"),
        ("shop-frozen", "is frozen by auditor@example.com"),
    ] {
        let apply = step(
            &schematics,
            "ibm-schematics/apply",
            json!({ "workspace": name }),
        );
        cx.begin_attempt();
        cx.set_phase(Phase::Read);
        let preview = schematics.preview(&cx, &apply).await.unwrap();
        assert!(preview.notes[0].contains(word), "{:?}", preview.notes);
        cx.set_phase(Phase::Write);
        let error = schematics.run(&cx, &apply).await.unwrap_err();
        assert_eq!(
            (error.kind, error.code.as_str()),
            (ErrorKind::Conflict, "POD0491")
        );
        assert!(error.message.contains(word), "{error}");
        assert!(jobs(&cx, name).is_empty());
    }
}

#[tokio::test]
async fn a_new_workspace_is_made_and_goes_with_the_undo() {
    let (schematics, cx) = practice();
    let apply = step(
        &schematics,
        "ibm-schematics/apply",
        json!({
            "workspace": "shop-nord", "variables": { "branch": "nord" },
            "repository": { "url": "https://github.com/acme/shop-network", "branch": "main" },
            "create": { "location": "eu-de", "terraform": "terraform_v1.5" },
        }),
    );
    let done = walk(&schematics, &cx, &apply).await.unwrap();
    assert_eq!(done.preview.changes[0].kind, "workspace");
    assert_eq!(
        workspace(&cx, "shop-nord")["state"]["things"]["ibm_is_vpc.shop"]["name"],
        "shop-nord"
    );
    cx.begin_attempt();
    schematics.undo(&cx, &apply, &done.record).await.unwrap();
    assert_eq!(workspace(&cx, "shop-nord"), Value::Null);
}

#[tokio::test]
async fn secure_values_go_in_and_never_come_out() {
    let (schematics, cx) = practice();
    let cx = cx.with_credential(
        "secrets.db_password",
        "secret",
        &[],
        &[("value", "Gänsefüßchen-9")],
    );
    let apply = step(
        &schematics,
        "ibm-schematics/apply",
        json!({ "workspace": "shop-network" }),
    );
    let done = walk(&schematics, &cx, &apply).await.unwrap();
    let variable = &done.preview.changes[0];
    assert_eq!(
        (variable.name.as_str(), &variable.after),
        ("db_password", &json!("(hidden)"))
    );
    let everything = format!("{:?}{:?}{:?}", done, cx.records(), cx.simulator_state());
    assert!(!everything.contains("Gänsefüßchen"));
    // Without the port, changing another variable would empty the secure one.
    let (_, other) = practice();
    drop(other);
    let plain = FakeContext::simulated(schematics.simulator(cx.simulator_state().as_deref()));
    let more = step(
        &schematics,
        "ibm-schematics/apply",
        json!({ "workspace": "shop-network", "variables": { "branch": "x" } }),
    );
    plain.set_phase(Phase::Read);
    let error = schematics.preview(&plain, &more).await.unwrap_err();
    assert!(
        error.message.contains("`db_password`") && error.message.contains("emptied"),
        "{error}"
    );
}

#[tokio::test]
async fn after_a_crash_the_job_is_found_and_not_started_again() {
    let (schematics, cx) = practice();
    let apply = step(
        &schematics,
        "ibm-schematics/apply",
        json!({ "workspace": "shop-slow" }),
    );
    assert_eq!(
        schematics.observe(&cx, &apply).await.unwrap(),
        Observed::NeverStarted
    );
    let first = schematics.run(&cx, &apply).await.unwrap();
    let again = RequestBuilder::new("ibm-schematics/apply", json!({ "workspace": "shop-slow" }))
        .with_defaults_of(schematics.manifest())
        .resumed(None)
        .build();
    assert_eq!(
        schematics.observe(&cx, &again).await.unwrap(),
        Observed::Adopt
    );
    let second = schematics.run(&cx, &again).await.unwrap();
    assert_eq!(first.outputs["activity_id"], second.outputs["activity_id"]);
    assert_eq!(jobs(&cx, "shop-slow"), ["APPLY"]);
}

#[tokio::test]
async fn a_long_log_a_queue_and_an_odd_state_are_lived_through() {
    let (schematics, cx) = practice();
    for name in ["shop-chatty", "shop-waiting", "shop-odd-state"] {
        cx.begin_attempt();
        let plan = step(
            &schematics,
            "ibm-schematics/plan",
            json!({ "workspace": name }),
        );
        let plan = podium_connector::StepRequest {
            key: format!("key-{name}"),
            ..plan
        };
        schematics.run(&cx, &plan).await.unwrap();
    }
    let records = cx.records();
    let told = |text: &str| {
        records
            .log
            .iter()
            .filter(|line| line.text.contains(text))
            .count()
    };
    assert_eq!(
        told("Reading the price of article"),
        20_000,
        "each line once"
    );
    assert_eq!(told("`REVIEWING` is a state that Podium does not know"), 1);
    assert!(
        records
            .progress
            .iter()
            .any(|p| p.words.contains("Waiting for a free place"))
    );
}
