//! Runs: previewed, approved, carried out, taken back.

use podium_connector::{Action, Confidence, Connector, Observed, Phase, StepRequest, UndoClass};
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

use crate::{practice, step};

fn saved(cx: &FakeContext) -> Value {
    serde_json::from_str(&cx.simulator_state().unwrap()).unwrap()
}

fn workspace(cx: &FakeContext, name: &str) -> Value {
    let state = saved(cx);
    let all = state["spaces"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).cloned().unwrap()
}

/// State and purpose of every run, oldest first.
fn runs(cx: &FakeContext) -> Vec<(String, bool)> {
    let state = saved(cx);
    let all = state["runs"].as_array().unwrap().clone();
    all.iter()
        .map(|run| {
            (
                run["status"].as_str().unwrap().to_owned(),
                run["plan_only"] == true,
            )
        })
        .collect()
}

fn again(request: &StepRequest, key: &str) -> StepRequest {
    StepRequest {
        key: key.to_owned(),
        ..request.clone()
    }
}

#[tokio::test]
async fn a_plan_is_approved_applied_and_destroyed_again() {
    let (hcp, cx) = practice();
    let apply = step(
        &hcp,
        "shop-network",
        json!({ "variables": { "branch": "wést", "size": 3 } }),
    );
    cx.set_phase(Phase::Read);
    let who = hcp.identify(&cx, &apply).await.unwrap().unwrap();
    assert_eq!(
        (who.account.as_str(), who.user.as_str()),
        ("acme", "möwe (shop.keeper@example.com)")
    );
    let done = walk(&hcp, &cx, &apply).await.unwrap();
    assert_eq!(done.preview.confidence, Confidence::Exact);
    let names: Vec<&str> = done
        .preview
        .changes
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "aws_db_instance.orders",
            "aws_vpc.shop",
            "module.web.aws_instance.shop"
        ]
    );
    assert_eq!(done.preview.changes[0].after["password"], "(hidden)");
    assert!(
        done.preview
            .notes
            .iter()
            .any(|note| note.contains("USD a month")),
        "{:?}",
        done.preview.notes
    );
    assert_eq!(
        done.preview.outputs["outputs"]["url"],
        "https://shop-wést.example.com"
    );
    assert_eq!(done.record.undo.class, UndoClass::Delete);
    assert_eq!(
        done.outcome.outputs["outputs"]["url"],
        "https://shop-wést.example.com"
    );
    assert_eq!(done.outcome.hidden, ["outputs.db_password"]);
    assert_eq!(
        runs(&cx),
        [
            ("planned_and_finished".into(), true),
            ("applied".into(), false)
        ]
    );
    assert!(
        cx.records()
            .log
            .iter()
            .any(|line| line.text == "Apply complete! Resources: 3 added, 0 changed, 0 destroyed.")
    );
    assert!(
        cx.records()
            .progress
            .iter()
            .any(|told| told.done == Some((3, 3)))
    );

    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let back = hcp.preview_undo(&cx, &apply, &done.record).await.unwrap();
    assert!(back.changes.iter().all(|c| c.action == Action::Delete) && back.changes.len() == 3);
    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    hcp.undo(&cx, &again(&apply, "podium-undo"), &done.record)
        .await
        .unwrap();
    assert_eq!(workspace(&cx, "shop-network")["state"]["things"], json!({}));
}

#[tokio::test]
async fn a_second_run_says_that_nothing_changes_and_a_changed_one_says_replace() {
    let (hcp, cx) = practice();
    let first = step(
        &hcp,
        "shop-network",
        json!({ "variables": { "branch": "west" } }),
    );
    walk(&hcp, &cx, &first).await.unwrap();
    let done = walk(&hcp, &cx, &again(&first, "podium-second"))
        .await
        .unwrap();
    assert!(done.preview.changes.is_empty());
    assert_eq!(done.record.undo.class, UndoClass::Automatic);
    assert_eq!(done.outcome.outputs["status"], "planned_and_finished");

    let other = again(
        &step(
            &hcp,
            "shop-network",
            json!({ "variables": { "branch": "east" } }),
        ),
        "podium-third",
    );
    let done = walk(&hcp, &cx, &other).await.unwrap();
    let database = done
        .preview
        .changes
        .iter()
        .find(|c| c.kind == "aws_db_instance")
        .unwrap();
    assert_eq!(database.action, Action::Replace);
    assert!(database.stateful && database.because.as_deref().unwrap().contains("`name`"));
    assert_eq!(done.record.undo.class, UndoClass::Restore);
    cx.begin_attempt();
    hcp.undo(&cx, &again(&other, "podium-undo"), &done.record)
        .await
        .unwrap();
    let space = workspace(&cx, "shop-network");
    assert_eq!(
        space["state"]["things"]["aws_vpc.shop"]["tag"], "shop-west",
        "the former variables"
    );
}

#[tokio::test]
async fn a_plan_that_is_not_the_approved_one_is_discarded() {
    let (hcp, cx) = practice();
    let apply = step(
        &hcp,
        "shop-network",
        json!({ "variables": { "branch": "west" } }),
    );
    cx.set_phase(Phase::Read);
    let preview = hcp.preview(&cx, &apply).await.unwrap();
    cx.begin_attempt();
    hcp.prepare(&cx, &apply, &preview).await.unwrap();
    cx.set_phase(Phase::Write);
    let other = step(
        &hcp,
        "shop-network",
        json!({ "variables": { "branch": "north" } }),
    );
    let error = hcp.run(&cx, &other).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Stale, "POD0490")
    );
    assert_eq!(runs(&cx)[1].0, "discarded");
    assert_eq!(workspace(&cx, "shop-network")["state"]["things"], json!({}));
}

#[tokio::test]
async fn a_folder_is_sent_as_the_configuration() {
    let (hcp, cx) = practice();
    cx.write("infra/main.tf", "variable \"branch\" {}\nresource \"aws_s3_bucket\" \"waren\" {\n  name = \"waren-${var.branch}\"\n}\noutput \"bucket\" {\n  value = aws_s3_bucket.waren.name\n}\n");
    cx.write(
        "infra/.terraform/secret.tf",
        "resource \"aws_vpc\" \"no\" {\n}\n",
    );
    cx.write("infra/Größe/notes.txt", "ä");
    let apply = step(
        &hcp,
        "shop-empty",
        json!({ "directory": "infra", "variables": { "branch": "süd" } }),
    );
    let done = walk(&hcp, &cx, &apply).await.unwrap();
    let names: Vec<&str> = done
        .preview
        .changes
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    assert_eq!(names, ["aws_s3_bucket.waren"]);
    assert_eq!(done.outcome.outputs["outputs"]["bucket"], "waren-süd");
    let state = saved(&cx);
    let sent: Vec<bool> = state["configurations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["source"] == "tfe-api")
        .map(|one| one["speculative"] == true)
        .collect();
    assert_eq!(sent, [true, false], "the preview's is speculative");
}

#[tokio::test]
async fn a_workspace_without_a_configuration_is_refused_with_the_systems_words() {
    let (hcp, cx) = practice();
    let apply = step(&hcp, "shop-empty", json!({}));
    cx.set_phase(Phase::Read);
    let error = hcp.preview(&cx, &apply).await.unwrap_err();
    assert!(
        error.message.contains("Configuration version is missing"),
        "{error}"
    );
    let outside = step(&hcp, "shop-empty", json!({ "directory": "nothing" }));
    let error = hcp.preview(&cx, &outside).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0494");
}

#[tokio::test]
async fn a_run_that_fails_is_told_in_terraforms_words() {
    let (hcp, cx) = practice();
    let apply = step(&hcp, "shop-broken", json!({}));
    let error = walk(&hcp, &cx, &apply).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(
        error.message.contains("InsufficientDBInstanceCapacity"),
        "{error}"
    );
}

#[tokio::test]
async fn a_policy_that_fails_softly_is_overridden_where_the_step_says_so() {
    let (hcp, cx) = practice();
    let apply = step(&hcp, "shop-waiting", json!({ "override_policies": true }));
    let done = walk(&hcp, &cx, &apply).await.unwrap();
    assert_eq!(done.outcome.outputs["status"], "applied");
    assert!(
        cx.records()
            .log
            .iter()
            .any(|line| line.text.contains("was overridden")),
        "{:?}",
        cx.records().log
    );
}

#[tokio::test]
async fn without_the_right_to_read_a_plan_only_counts_are_told() {
    let (hcp, cx) = practice();
    let apply = step(&hcp, "shop-forbidden", json!({}));
    let done = walk(&hcp, &cx, &apply).await.unwrap();
    assert_eq!(done.preview.confidence, Confidence::Predicted);
    assert!(
        done.preview
            .notes
            .contains(&"3 to add, 0 to change, 0 to destroy.".to_owned())
    );
    assert_eq!(done.outcome.outputs["status"], "applied");
}

#[tokio::test]
async fn sensitive_values_are_kept_by_the_workspace_and_go_with_the_undo() {
    let (hcp, cx) = practice();
    let cx = cx.with_credential(
        "secrets.db_password",
        "secret",
        &[],
        &[("value", "Gänsefüßchen-9")],
    );
    let apply = step(&hcp, "shop-network", json!({}));
    let done = walk(&hcp, &cx, &apply).await.unwrap();
    assert_eq!(done.preview.confidence, Confidence::Predicted);
    assert!(
        done.preview
            .because
            .as_deref()
            .unwrap()
            .contains("`db_password`")
    );
    let everything = format!("{done:?}{:?}{:?}", cx.records(), cx.simulator_state());
    assert!(!everything.contains("Gänsefüßchen"));
    assert_eq!(
        workspace(&cx, "shop-network")["variables"][0]["sensitive"],
        true
    );
    cx.begin_attempt();
    hcp.undo(&cx, &again(&apply, "podium-undo"), &done.record)
        .await
        .unwrap();
    assert_eq!(workspace(&cx, "shop-network")["variables"], json!([]));
}

#[tokio::test]
async fn after_a_crash_the_run_is_found_by_its_message() {
    let (hcp, cx) = practice();
    let inputs = json!({ "organization": "acme", "workspace": "shop-slow" });
    let apply = RequestBuilder::new("hcp-terraform/run", inputs.clone())
        .with_defaults_of(hcp.manifest())
        .build();
    assert_eq!(
        hcp.observe(&cx, &apply).await.unwrap(),
        Observed::NeverStarted
    );
    let first = hcp.run(&cx, &apply).await.unwrap();
    let later = RequestBuilder::new("hcp-terraform/run", inputs)
        .with_defaults_of(hcp.manifest())
        .resumed(None)
        .build();
    assert_eq!(hcp.observe(&cx, &later).await.unwrap(), Observed::Adopt);
    let second = hcp.run(&cx, &later).await.unwrap();
    assert_eq!(first.outputs["run_id"], second.outputs["run_id"]);
    assert_eq!(runs(&cx).len(), 1);
}

#[tokio::test]
async fn a_long_log_and_an_odd_state_are_lived_through() {
    let (hcp, cx) = practice();
    for name in ["shop-chatty", "shop-odd-state"] {
        cx.begin_attempt();
        let apply = again(
            &step(&hcp, name, json!({ "kind": "plan" })),
            &format!("key-{name}"),
        );
        hcp.run(&cx, &apply).await.unwrap();
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
    assert_eq!(told("`pondering` is a state that Podium does not know"), 1);
}

#[tokio::test]
async fn drift_and_the_picture_are_read_without_a_change() {
    let (hcp, cx) = practice();
    let apply = step(&hcp, "shop-network", json!({}));
    walk(&hcp, &cx, &apply).await.unwrap();
    let mut state = saved(&cx);
    let at = state["spaces"]
        .as_array()
        .unwrap()
        .iter()
        .position(|one| one["name"] == "shop-network")
        .unwrap();
    state["spaces"][at]["drifted"] = json!([["aws_vpc.shop", "tag", "by hand"]]);
    let cx = FakeContext::simulated(hcp.simulator(Some(&state.to_string())));
    cx.set_phase(Phase::Read);
    let drift = hcp.drift(&cx, &apply).await.unwrap();
    assert_eq!(drift.items.len(), 1);
    assert_eq!(drift.items[0].actual["tag"], "by hand");
    let drawing = hcp.draw(&cx, &apply).await.unwrap();
    assert_eq!(
        drawing.nodes.len(),
        6,
        "repository, workspace, module, three resources"
    );
    for (what, least) in [("organizations", 2), ("workspaces", 320), ("resources", 3)] {
        let choices = hcp.discover(&cx, &apply, what).await.unwrap();
        assert!(choices.len() >= least, "{what}: {}", choices.len());
    }
    assert!(
        hcp.rights(&cx, &apply)
            .await
            .unwrap()
            .iter()
            .all(|right| right.held == Some(true))
    );
}
