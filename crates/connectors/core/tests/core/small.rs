//! Approval, wait and workflow.

use std::time::Duration;

use podium_connector::{Confidence, Connector, Context, Observed, Support, UndoClass, Verb};
use podium_connector_core::{Approval, Wait, Workflow, connectors};
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::json;

fn practice(connector: &dyn Connector) -> FakeContext {
    FakeContext::simulated(connector.simulator(None))
}

#[tokio::test]
async fn an_approval_says_whom_it_asks_and_leaves_the_waiting_to_the_run() {
    let approval = Approval::new();
    let marker = &approval.manifest().operations[0].input["x-podium-waits"];
    assert_eq!(marker, "approval");
    let request = RequestBuilder::new(
        "approval/ask",
        json!({ "message": "Open west?\nReally?", "to": ["ops"], "quorum": 2 }),
    )
    .build();
    let problems = approval.validate(&request);
    assert_eq!(problems.len(), 1);
    assert!(!problems[0].fatal, "a group may hold more than one");
    let walked = walk(&approval, &practice(&approval), &request)
        .await
        .unwrap();
    assert_eq!(walked.preview.changes[0].name, "Open west?");
    assert_eq!(walked.preview.confidence, Confidence::Exact);
    assert_eq!(walked.record.undo.class, UndoClass::Automatic);
    assert!(walked.outcome.outputs.is_empty());
}

#[tokio::test]
async fn a_wait_ends_on_time_and_a_restart_does_not_start_it_over() {
    let wait = Wait::new();
    let cx = practice(&wait);
    let request = RequestBuilder::new("wait/for", json!({ "duration": "1h" })).build();
    let begun = cx.now();
    cx.cancel();
    let error = wait.run(&cx, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(cx.now(), begun, "a cancelled wait does not go on");

    cx.begin_attempt();
    cx.pass(Duration::from_secs(1800));
    let resumed = RequestBuilder::new("wait/for", json!({ "duration": "1h" }))
        .resumed(None)
        .build();
    assert_eq!(wait.observe(&cx, &resumed).await.unwrap(), Observed::Adopt);
    let outcome = wait.run(&cx, &resumed).await.unwrap();
    assert_eq!(cx.now() - begun, 3_600_000, "half of it had passed already");
    assert_eq!(outcome.outputs["at"], "2026-01-02T04:04:05.678Z");
}

#[tokio::test]
async fn a_time_that_has_passed_is_not_waited_for() {
    let wait = Wait::new();
    let cx = practice(&wait);
    let before = cx.now();
    let past = json!({ "time": "2020-01-31T18:00:00+01:00" });
    let request = RequestBuilder::new("wait/until", past).build();
    let outcome = wait.run(&cx, &request).await.unwrap();
    assert_eq!(outcome.outputs["at"], "2020-01-31T17:00:00Z");
    assert_eq!(cx.now(), before);
}

#[tokio::test]
async fn a_wrong_time_is_told_before_it_runs() {
    let wait = Wait::new();
    for (operation, inputs, fatal) in [
        ("wait/for", json!({ "duration": "5 minutes" }), true),
        ("wait/for", json!({ "duration": "5m" }), false),
        ("wait/until", json!({ "time": "tomorrow" }), true),
        ("wait/until", json!({ "time": "2030-01-31T18:00:00" }), true),
        (
            "wait/until",
            json!({ "time": "2030-01-31T18:00:00Z" }),
            false,
        ),
        ("wait/until", json!({ "time": null }), false),
    ] {
        let request = RequestBuilder::new(operation, inputs.clone()).build();
        let problems = wait.validate(&request);
        assert_eq!(
            problems.iter().any(|p| p.fatal),
            fatal,
            "{inputs}: {problems:?}"
        );
    }
}

#[tokio::test]
async fn a_call_offers_the_workflows_there_are_and_says_who_runs_it() {
    let workflow = Workflow::new();
    let cx = practice(&workflow);
    cx.write("workflows/öffnen.yaml", "podium: 1");
    cx.write("workflows/a.yaml", "podium: 1");
    cx.write("workflows/a.layout.json", "{}");
    let request = RequestBuilder::new("workflow/call", json!({ "workflow": "a" })).build();
    let choices = workflow.discover(&cx, &request, "workflows").await.unwrap();
    let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(values, ["a", "öffnen"]);
    let error = workflow.preview(&cx, &request).await.unwrap_err();
    assert!(error.message.contains("steps of this run"), "{error}");
    let error = workflow.run(&cx, &request).await.unwrap_err();
    assert!(
        error.message.contains("steps of this run"),
        "{}",
        error.message
    );
    let bad = RequestBuilder::new("workflow/call", json!({ "workflow": "../x" })).build();
    assert!(workflow.validate(&bad)[0].fatal);
}

#[tokio::test]
async fn what_a_manifest_calls_impossible_fails_with_its_reason() {
    for connector in connectors() {
        for operation in &connector.manifest().operations {
            let cx = practice(connector.as_ref());
            let request = RequestBuilder::new(operation.name.as_str(), json!({})).build();
            if let Support::No { because } = operation.capability.get(Verb::Draw) {
                let error = connector.draw(&cx, &request).await.unwrap_err();
                assert!(
                    error.message.contains(because.as_str()),
                    "{}",
                    error.message
                );
            }
            if let Support::No { .. } = operation.capability.get(Verb::Identify) {
                assert_eq!(connector.identify(&cx, &request).await.unwrap(), None);
            }
        }
    }
}
