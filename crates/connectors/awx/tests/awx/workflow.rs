//! Workflow templates: their nodes, their approvals, their other paths.

use podium_connector::{Action, Connector, Phase};
use podium_connector_awx::Awx;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::json;

use crate::world::{calls, log, practice, workflow};

#[tokio::test]
async fn a_workflow_is_previewed_node_by_node_and_approved_from_here() {
    let cx = practice();
    let request = workflow(json!({
        "template": "shop-release", "variables": { "branch": "west" }, "approvals": "approve",
    }));
    let walked = walk(&Awx::new(), &cx, &request).await.unwrap();
    let lines: Vec<(Action, &str, &str)> = walked
        .preview
        .changes
        .iter()
        .map(|change| (change.action, change.kind.as_str(), change.name.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Action::Run, "workflow template", "shop-release"),
            (Action::Run, "job template", "shop-front"),
            (Action::Read, "approval", "Go live?"),
            (Action::Run, "job template", "shop-report"),
            (Action::Run, "job template", "shop-front-remove"),
        ]
    );
    assert_eq!(
        walked.preview.changes[4].because.as_deref(),
        Some("It runs after `Go live?` has failed.")
    );
    assert!(
        walked
            .preview
            .notes
            .iter()
            .any(|note| note.contains("itself approves `Go live?`"))
    );
    let outputs = &walked.outcome.outputs;
    assert_eq!(outputs["status"], "successful");
    assert_eq!(outputs["nodes"][3]["status"], "skipped");
    let log = log(&cx);
    assert!(log.contains("shop-front │ changed: [shop-web-1]"), "{log}");
    assert!(log.contains("`Go live?` was approved."), "{log}");
    assert_eq!(
        log.matches("shop-front │ TASK [Gathering Facts]").count(),
        1
    );
    assert_eq!(calls(&cx, "POST", "/approve/"), 1);
}

#[tokio::test]
async fn a_workflow_that_waits_says_who_must_do_what_and_where() {
    let cx = practice();
    let awx = Awx::new();
    let request = workflow(json!({ "template": "shop-waiting" }));
    cx.set_phase(Phase::Write);
    // Nobody answers: the approval runs out of time.
    let error = awx.run(&cx, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(
        error.message.contains("was not answered in time"),
        "{error}"
    );
    let words = cx.records().progress;
    let waiting = words
        .iter()
        .find(|one| one.words.contains("waits until somebody approves"));
    let waiting = &waiting.unwrap().words;
    assert!(
        waiting.contains("`Darf es losgehen?`") && waiting.contains("/#/jobs/workflow/"),
        "{waiting}"
    );
    assert_eq!(calls(&cx, "POST", "/approve/"), 0);
}

#[tokio::test]
async fn a_denied_approval_takes_the_other_path() {
    let cx = practice();
    let request = workflow(json!({
        "template": "shop-release", "variables": { "branch": "west" }, "approvals": "deny",
    }));
    let outcome = Awx::new().run(&cx, &request).await.unwrap();
    assert_eq!(outcome.outputs["status"], "successful");
    assert_eq!(outcome.outputs["nodes"][2]["status"], "skipped");
    assert_eq!(outcome.outputs["nodes"][3]["name"], "shop-front-remove");
    assert!(log(&cx).contains("The workflow went on another path: `Go live?` was denied."));
}

#[tokio::test]
async fn a_failed_node_is_told_with_its_reason_unless_the_workflow_mends_it() {
    let cx = practice();
    let error = Awx::new()
        .run(&cx, &workflow(json!({ "template": "shop-release-broken" })))
        .await
        .unwrap_err();
    assert!(error.message.contains("`shop-broken` failed."), "{error}");
    assert!(error.message.contains("No space left on device"), "{error}");
    let outcome = Awx::new()
        .run(&cx, &workflow(json!({ "template": "shop-rescue" })))
        .await
        .unwrap();
    assert_eq!(outcome.outputs["nodes"][1]["name"], "shop-front-remove");
}

#[tokio::test]
async fn a_workflow_is_drawn_with_its_edges() {
    let cx = practice();
    let drawing = Awx::new()
        .draw(&cx, &workflow(json!({ "template": "shop-release" })))
        .await
        .unwrap();
    assert_eq!(drawing.nodes.len(), 4);
    assert_eq!(drawing.edges.len(), 3);
    let drawing = Awx::new()
        .draw(&cx, &workflow(json!({ "template": "Größe ausrollen" })))
        .await
        .unwrap();
    assert_eq!(drawing.nodes[0].name, "Größe prüfen – ñandú");
}
