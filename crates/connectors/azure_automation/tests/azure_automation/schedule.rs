//! Schedules: made and tied to a runbook, compared, changed, put back; and writes that Azure works on for longer.

use podium_connector::{Action, Connector, Context, Phase, StepRequest, UndoClass};
use podium_connector_azure_automation::AzureAutomation;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

use crate::world::{calls, practice};

fn builder(more: Value) -> RequestBuilder {
    let mut inputs = json!({
        "account": "shop-automation", "runbook": "shop-nightly-care", "schedule": "Nächte im März",
        "start": "2026-03-01T23:00:00+01:00", "parameters": { "Branch": "west", "KeepDays": 7 },
    });
    if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
        inputs.extend(more);
    }
    let azure = AzureAutomation::new();
    RequestBuilder::new("azure-automation/schedule-runbook", inputs)
        .with_defaults_of(azure.manifest())
}

fn step(more: Value) -> StepRequest {
    builder(more).build()
}

fn lines(changes: &[podium_connector::Change]) -> Vec<(Action, &str)> {
    changes
        .iter()
        .map(|one| (one.action, one.kind.as_str()))
        .collect()
}

/// A table of the practice cloud, without what was deleted.
fn table(cx: &FakeContext, name: &str) -> Vec<String> {
    let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
    let rows = state[name].as_object().unwrap().iter();
    rows.filter(|(_, row)| !row.is_null())
        .map(|(key, _)| key.split('/').nth(1).unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_schedule_is_made_tied_compared_and_taken_back() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let request = step(json!({}));
    let walked = walk(&azure, &cx, &request).await.unwrap();
    let made = [
        (Action::Create, "schedule"),
        (Action::Create, "job schedule"),
    ];
    assert_eq!(lines(&walked.preview.changes), made);
    assert_eq!(walked.record.undo.class, UndoClass::Delete);
    assert_eq!(walked.outcome.outputs["schedule"], "Nächte im März");
    assert_ne!(walked.outcome.outputs["next_run"], "");
    assert!(azure.drift(&cx, &request).await.unwrap().items.is_empty());
    assert!(table(&cx, "schedules").contains(&"Nächte im März".to_owned()));

    // A second run changes nothing, also under another key.
    let again = builder(json!({})).key("podium-other-1").build();
    assert!(azure.preview(&cx, &again).await.unwrap().changes.is_empty());
    let before = (
        calls(&cx, "PUT", "/"),
        calls(&cx, "PATCH", "/"),
        calls(&cx, "DELETE", "/"),
    );
    let second = azure.run(&cx, &again).await.unwrap();
    assert_eq!(second.outputs["link"], walked.outcome.outputs["link"]);
    assert_eq!(
        (
            calls(&cx, "PUT", "/"),
            calls(&cx, "PATCH", "/"),
            calls(&cx, "DELETE", "/")
        ),
        before
    );

    cx.set_phase(Phase::Read);
    let preview = azure
        .preview_undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    let gone = [
        (Action::Delete, "schedule"),
        (Action::Delete, "job schedule"),
    ];
    assert_eq!(lines(&preview.changes), gone);
    cx.set_phase(Phase::Write);
    azure.undo(&cx, &request, &walked.record).await.unwrap();
    assert_eq!(table(&cx, "schedules"), ["shop-every-night"]);
    assert_eq!(table(&cx, "job_schedules").len(), 1);
    // Twice is the same as once.
    azure.undo(&cx, &request, &walked.record).await.unwrap();
}

#[tokio::test]
async fn a_schedule_that_was_there_is_changed_and_put_back() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let inputs =
        json!({ "schedule": "shop-every-night", "every": "week", "week_days": ["Friday"] });
    let request = step(inputs.clone());
    let walked = walk(&azure, &cx, &request).await.unwrap();
    // The link of before hands over fewer parameters, and cannot be changed.
    let changes = [
        (Action::Update, "schedule"),
        (Action::Replace, "job schedule"),
    ];
    assert_eq!(lines(&walked.preview.changes), changes);
    assert_eq!(walked.record.undo.class, UndoClass::Restore);
    let drifted = step(json!({ "schedule": "shop-every-night" }));
    let drift = azure.drift(&cx, &drifted).await.unwrap();
    assert_eq!(drift.items[0].actual["frequency"], "Week");
    assert_eq!(drift.items[0].expected["frequency"], "Day");

    let undo = builder(inputs).key("podium-undo-1").build();
    azure.undo(&cx, &undo, &walked.record).await.unwrap();
    let back = step(json!({
        "schedule": "shop-every-night", "time_zone": "Europe/Berlin", "parameters": { "Branch": "west" },
        "start": "2026-01-02T22:00:00Z",
    }));
    let left = azure.drift(&cx, &back).await.unwrap().items;
    assert_eq!(left, [], "as it was, link and all");
}

#[tokio::test]
async fn a_schedule_that_another_runbook_needs_now_is_not_deleted() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let request = step(json!({}));
    let walked = walk(&azure, &cx, &request).await.unwrap();
    let theirs = builder(json!({ "runbook": "shop-report", "parameters": {} }))
        .key("podium-theirs-1")
        .build();
    walk(&azure, &cx, &theirs).await.unwrap();
    let preview = azure
        .preview_undo(&cx, &request, &walked.record)
        .await
        .unwrap();
    assert_eq!(lines(&preview.changes), [(Action::Delete, "job schedule")]);
    assert_eq!(
        preview.notes,
        ["The schedule starts the runbook `shop-report` too."]
    );
    azure.undo(&cx, &request, &walked.record).await.unwrap();
    assert!(table(&cx, "schedules").contains(&"Nächte im März".to_owned()));
    assert!(azure.drift(&cx, &theirs).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn what_azure_would_not_take_is_refused_in_the_preview() {
    let azure = AzureAutomation::new();
    let cx = practice();
    let soon = step(json!({ "start": "2026-01-02T03:00:00Z" }));
    assert!(cx.now() > 0);
    let error = azure.preview(&cx, &soon).await.unwrap_err();
    assert!(
        error.message.contains("within the next five minutes"),
        "{error}"
    );
    assert!(error.context.contains(&("field".into(), "/start".into())));
    let error = azure
        .preview(&cx, &step(json!({ "parameters": {} })))
        .await
        .unwrap_err();
    assert!(
        error.message.contains("needs the parameter `Branch`"),
        "{error}"
    );
    let error = azure
        .preview(
            &cx,
            &step(json!({ "runbook": "shop-new", "parameters": {} })),
        )
        .await
        .unwrap_err();
    assert!(error.message.contains("never published"), "{error}");
    for (more, field) in [
        (json!({ "start": "tomorrow" }), "/start"),
        (json!({ "ends": "2026-02-01T00:00:00Z" }), "/ends"),
        (json!({ "week_days": ["Friday"] }), "/week_days"),
        (
            json!({ "every": "month", "month_days": [0] }),
            "/month_days",
        ),
    ] {
        let problems = azure.validate(&step(more));
        assert_eq!(problems.len(), 1, "{field}: {problems:?}");
        assert_eq!(
            (problems[0].field.as_str(), problems[0].fatal),
            (field, true)
        );
    }
    assert_eq!(calls(&cx, "PUT", "/"), 0);
}

#[tokio::test]
async fn a_schedule_that_was_switched_off_outside_is_drift_and_is_switched_on() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let request = step(json!({}));
    walk(&azure, &cx, &request).await.unwrap();
    let state = cx.simulator_state().unwrap();
    let mut state: Value = serde_json::from_str(&state).unwrap();
    state["schedules"]["shop-automation/Nächte im März"]["isEnabled"] = json!(false);
    let cx = FakeContext::simulated(azure.simulator(Some(&state.to_string())));
    let drift = azure.drift(&cx, &request).await.unwrap();
    assert_eq!(drift.items.len(), 1);
    let error = azure
        .verify(&cx, &request, &podium_connector::Outcome::default())
        .await
        .unwrap_err();
    assert!(error.message.contains("not as it was put there"), "{error}");
    azure.run(&cx, &request).await.unwrap();
    assert_eq!((calls(&cx, "PUT", "/"), calls(&cx, "PATCH", "/")), (0, 1));
    assert!(azure.drift(&cx, &request).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_write_that_azure_works_on_is_followed_to_its_end() {
    let azure = AzureAutomation::new();
    for name in ["shop-slowly", "shop-lately"] {
        let cx = practice();
        let start = cx.now();
        azure
            .run(&cx, &step(json!({ "schedule": name })))
            .await
            .unwrap();
        assert!(cx.now() - start >= 6_000, "{name}: it was not waited for");
        assert!(calls(&cx, "GET", "/operationResults/") >= 3, "{name}");
    }
    for name in ["shop-slowly-in-vain", "shop-lately-in-vain"] {
        let cx = practice();
        let error = azure
            .run(&cx, &step(json!({ "schedule": name })))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed);
        assert!(error.message.contains("Für den Zeitplan"), "{error}");
        assert_eq!(calls(&cx, "PUT", "/jobSchedules/"), 0);
    }
}
