//! Runbooks: previewed, run, followed, found again, taken back.

use podium_connector::{Action, Confidence, Connector, Observed, Phase, UndoClass};
use podium_connector_azure_automation::AzureAutomation;
use podium_diagnostics::ErrorKind;
use podium_testkit::walk;
use serde_json::json;

use crate::world::{calls, log, practice, run, step};

fn west() -> serde_json::Value {
    json!({ "parameters": { "Branch": "west" } })
}

#[tokio::test]
async fn a_runbook_is_read_and_run_and_followed_to_its_end() {
    let cx = practice();
    let walked = walk(
        &AzureAutomation::new(),
        &cx,
        &run("shop-nightly-care", west()),
    )
    .await
    .unwrap();
    let preview = &walked.preview;
    assert_eq!(preview.confidence, Confidence::Predicted);
    assert!(preview.because.as_ref().unwrap().contains("cannot be seen"));
    let lines: Vec<(Action, &str, &str)> = preview
        .changes
        .iter()
        .map(|one| (one.action, one.kind.as_str(), one.name.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Action::Run, "runbook", "shop-nightly-care"),
            (Action::Delete, "AzSnapshot", "(named when it runs)"),
            (Action::Update, "AzVM", "(named when it runs)"),
            (Action::Update, "AzVM", "west"),
            (Action::Update, "AutomationVariable", "LastCare"),
        ]
    );
    assert!(preview.changes[1].stateful);
    assert_eq!(
        preview.notes,
        [
            "The schedule `shop-every-night` starts this runbook too.",
            "The webhook `shop-ring` starts this runbook too.",
        ]
    );
    let outputs = &walked.outcome.outputs;
    assert_eq!(outputs["status"], "Completed");
    assert_eq!(outputs["warnings"], 1);
    assert_eq!(outputs["errors"], 0);
    assert!(
        outputs["output"]
            .as_str()
            .unwrap()
            .starts_with("cared for west\r\n")
    );
    let log = log(&cx);
    assert_eq!(log.matches("cared for west").count(), 1, "{log}");
    assert!(
        log.contains(" end"),
        "the whole of a long record is fetched: {log}"
    );
    assert!(log.contains("Schluß"), "{log}");
    let id = outputs["job"].as_str().unwrap();
    assert_eq!(cx.records().accepted, [format!("jobs/{id}")]);
    assert!(calls(&cx, "GET", "%24filter=properties%2Ftime%20ge") > 0);
}

#[tokio::test]
async fn a_job_is_started_once_whatever_happens() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let first = azure
        .run(&cx, &run("shop-nightly-care", west()))
        .await
        .unwrap();
    let lost = step("shop-nightly-care", west()).resumed(None).build();
    assert_eq!(azure.observe(&cx, &lost).await.unwrap(), Observed::Adopt);
    let again = azure.run(&cx, &lost).await.unwrap();
    assert_eq!(again.outputs["job"], first.outputs["job"]);
    assert_eq!(calls(&cx, "PUT", "/jobs/"), 1);
    let other = step("shop-nightly-care", west())
        .key("podium-other-1")
        .resumed(None)
        .build();
    assert_eq!(
        azure.observe(&cx, &other).await.unwrap(),
        Observed::NeverStarted
    );
}

#[tokio::test]
async fn a_failed_runbook_gives_its_own_words() {
    let cx = practice();
    let error = AzureAutomation::new()
        .run(&cx, &run("shop-broken", json!({})))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Failed, "POD0481")
    );
    assert!(
        error.message.contains("Für die Größe ist kein Platz."),
        "{error}"
    );
}

#[tokio::test]
async fn errors_on_the_way_are_told_and_can_fail_the_step() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let outcome = azure
        .run(&cx, &run("shop-complains", json!({})))
        .await
        .unwrap();
    assert_eq!(outcome.outputs["errors"], 1);
    assert!(log(&cx).contains("wrote 1 errors on the way"));
    let cx = practice();
    let error = azure
        .run(&cx, &run("shop-complains", json!({ "errors": "fail" })))
        .await
        .unwrap_err();
    assert!(error.message.contains("Für die Größe"), "{error}");
}

#[tokio::test]
async fn a_suspended_job_is_resumed_or_stopped_as_the_step_says() {
    let azure = AzureAutomation::new();
    let cx = practice();
    let outcome = azure
        .run(&cx, &run("shop-waiting", json!({ "suspended": "resume" })))
        .await
        .unwrap();
    assert_eq!(outcome.outputs["status"], "Completed");
    assert_eq!(calls(&cx, "POST", "/resume"), 1);
    let words = cx.records().progress;
    let waiting = words.iter().find(|one| one.words.contains("is suspended"));
    assert!(
        waiting
            .unwrap()
            .words
            .contains("until somebody resumes or stops it")
    );
    let cx = practice();
    let error = azure
        .run(&cx, &run("shop-waiting", json!({ "suspended": "stop" })))
        .await
        .unwrap_err();
    assert!(error.message.contains("was stopped from here"), "{error}");
}

#[tokio::test]
async fn the_test_of_a_draft_is_said_to_run_really_and_is_found_again() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let inputs = json!({ "version": "draft", "parameters": { "Branch": "west" } });
    let walked = walk(&azure, &cx, &run("shop-edited", inputs.clone()))
        .await
        .unwrap();
    assert!(
        walked.preview.notes[0].contains("really runs"),
        "{:?}",
        walked.preview.notes
    );
    assert_eq!(walked.preview.changes[0].kind, "draft of a runbook");
    assert_eq!(walked.outcome.outputs["status"], "Completed");
    assert_eq!(cx.records().accepted, ["test/shop-edited"]);
    let lost = step("shop-edited", inputs.clone()).resumed(None).build();
    assert!(matches!(
        azure.observe(&cx, &lost).await.unwrap(),
        Observed::Unknown { .. }
    ));
    let known = step("shop-edited", inputs)
        .resumed(Some("test/shop-edited"))
        .build();
    assert_eq!(azure.observe(&cx, &known).await.unwrap(), Observed::Adopt);
    let error = azure
        .preview(&cx, &run("shop-report", json!({ "version": "draft" })))
        .await
        .unwrap_err();
    assert!(error.message.contains("has no draft"), "{error}");
}

#[tokio::test]
async fn undo_runs_the_runbook_that_is_named_for_it() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let inputs = json!({
        "parameters": { "Branch": "west" },
        "undo_runbook": "shop-clean-up", "undo_parameters": { "Branch": "west" },
    });
    let request = run("shop-nightly-care", inputs.clone());
    let walked = walk(&azure, &cx, &request).await.unwrap();
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    cx.set_phase(Phase::Read);
    let preview = azure
        .preview_undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(preview.changes[1].name, "shop-old");
    assert!(preview.changes[2].stateful, "{:?}", preview.changes);
    cx.set_phase(Phase::Write);
    let undo = step("shop-nightly-care", inputs)
        .key("podium-undo-1")
        .build();
    let outcome = azure.undo(&cx, &undo, &walked.record).await.unwrap();
    assert_ne!(outcome.outputs["job"], walked.outcome.outputs["job"]);
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_before_anything_runs() {
    let cx = practice();
    let azure = AzureAutomation::new();
    for (parameters, said, field) in [
        (
            json!({}),
            "needs the parameter `Branch`",
            "/parameters/Branch",
        ),
        (
            json!({ "Branch": "a", "Größe": 1 }),
            "no parameter `Größe`",
            "/parameters/Größe",
        ),
        (
            json!({ "branch": "a", "KeepDays": "many" }),
            "takes a whole number",
            "/parameters/KeepDays",
        ),
    ] {
        let request = run("shop-nightly-care", json!({ "parameters": parameters }));
        for error in [
            azure.preview(&cx, &request).await.unwrap_err(),
            azure.run(&cx, &request).await.unwrap_err(),
        ] {
            assert!(error.message.contains(said), "{error}");
            assert!(
                error.context.contains(&("field".into(), field.into())),
                "{error:?}"
            );
        }
    }
    assert_eq!(calls(&cx, "PUT", "/jobs/"), 0);
}

#[tokio::test]
async fn a_graphical_runbook_cannot_be_read_and_says_so() {
    let cx = practice();
    let preview = AzureAutomation::new()
        .preview(&cx, &run("shop-drawn", json!({})))
        .await
        .unwrap();
    assert_eq!(preview.confidence, Confidence::Unknown);
    assert!(preview.because.unwrap().contains("graphical"));
}

#[tokio::test]
async fn a_chatty_runbook_is_printed_whole_and_each_record_once() {
    let cx = practice();
    let outcome = AzureAutomation::new()
        .run(&cx, &run("shop-chatty", json!({})))
        .await
        .unwrap();
    let log = cx.records().log;
    assert_eq!(log.len(), 20_000);
    assert_eq!(log[19_999].text, "packed part 20000 – größe 0");
    assert!(outcome.outputs["output"].as_str().unwrap().ends_with('…'));
    // Two hundred pages of new records, and few that are asked for again.
    assert!(
        calls(&cx, "GET", "/streams") < 300,
        "{}",
        calls(&cx, "GET", "/streams")
    );
}
