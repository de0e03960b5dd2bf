//! A runbook started by its webhook: with the address alone, and followed where a login is there.

use std::sync::{Arc, Mutex};

use podium_connector::{
    Confidence, Connector, HttpRequest, HttpResponse, Observed, StepRequest, UndoClass,
};
use podium_connector_azure_automation::AzureAutomation;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

use crate::world::{calls, log, practice};

const URI: &str =
    "https://shop.webhook.we.azure-automation.net/webhooks?token=canary%2b4f1d9c7b2e%3d";

/// Who signed the certificate of a proxy on the way.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

fn builder(inputs: Value) -> RequestBuilder {
    let azure = AzureAutomation::new();
    RequestBuilder::new("azure-automation/call-webhook", inputs).with_defaults_of(azure.manifest())
}

fn step(inputs: Value) -> StepRequest {
    builder(inputs).build()
}

/// Azure's own address, played: one reply, and what was sent.
fn door(status: u16, body: &str) -> (FakeContext, Arc<Mutex<Vec<HttpRequest>>>) {
    let seen: Arc<Mutex<Vec<HttpRequest>>> = Arc::default();
    let (kept, body) = (seen.clone(), body.to_owned());
    let cx = FakeContext::playing([])
        .with_credential(
            "webhook",
            "azure-webhook",
            &[("authority", AUTHORITY)],
            &[("uri", URI)],
        )
        .answering(move |request: &HttpRequest| {
            kept.lock().unwrap().push(request.clone());
            Ok(HttpResponse {
                status,
                headers: vec![("content-type".into(), "application/json".into())],
                body: body.clone().into_bytes(),
            })
        });
    (cx, seen)
}

#[tokio::test]
async fn the_address_alone_starts_a_job_and_is_shown_nowhere() {
    let (cx, seen) = door(
        202,
        r#"{"JobIds":["0fa462ba-3aa2-4138-83ca-9ebc3bc55cdc"]}"#,
    );
    let azure = AzureAutomation::new();
    let request = step(json!({ "body": { "Branch": "Größe" } }));
    let walked = walk(&azure, &cx, &request).await.unwrap();
    assert_eq!(walked.preview.confidence, Confidence::Unknown);
    assert!(walked.preview.notes[0].contains("once Azure has accepted"));
    assert_eq!(walked.record.undo.class, UndoClass::Manual);
    let job = "0fa462ba-3aa2-4138-83ca-9ebc3bc55cdc";
    assert_eq!(walked.outcome.outputs["job"], job);
    assert_eq!(walked.outcome.outputs["status"], "Accepted");
    assert_eq!(cx.records().accepted, [format!("jobs/{job}")]);
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 1, "it is called once, and not in the preview");
    assert_eq!(seen[0].url, URI.replace("%2b", "%2B").replace("%3d", "%3D"));
    assert!(!seen[0].repeatable && !seen[0].reads);
    assert!(seen[0].secret_headers.is_empty(), "no login goes there");
    let trusted = seen[0].tls.as_ref().and_then(|tls| tls.roots.as_deref());
    assert_eq!(trusted, Some(AUTHORITY.as_bytes()));
    assert_eq!(
        serde_json::from_slice::<Value>(&seen[0].body).unwrap(),
        json!({ "Branch": "Größe" })
    );
    let told = format!(
        "{:?}{:?}{:?}{}",
        walked.preview,
        walked.record,
        walked.outcome,
        log(&cx)
    );
    assert!(!told.contains("canary"), "{told}");
    assert_eq!(azure.identify(&cx, &request).await.unwrap(), None);
}

#[tokio::test]
async fn a_reply_without_an_id_counts_as_accepted() {
    let (cx, _) = door(202, "");
    let outcome = AzureAutomation::new()
        .run(&cx, &step(json!({})))
        .await
        .unwrap();
    assert_eq!(outcome.outputs["job"], "");
}

#[tokio::test]
async fn a_refusal_says_where_to_look_and_keeps_the_address() {
    for (status, body) in [
        (
            400,
            r#"{"code":"BadRequest","message":"The webhook is expired."}"#,
        ),
        (404, r#"{"Message":"Not found."}"#),
    ] {
        let (cx, _) = door(status, body);
        let error = AzureAutomation::new()
            .run(&cx, &step(json!({})))
            .await
            .unwrap_err();
        assert_eq!(error.code.as_str(), "POD0481");
        assert!(
            error.hint.as_ref().unwrap().contains("webhook in Azure"),
            "{error:?}"
        );
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_start_of_which_nobody_knows_is_not_made_again() {
    let azure = AzureAutomation::new();
    let (cx, seen) = door(502, "<html>a proxy's</html>");
    let error = azure.run(&cx, &step(json!({}))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    let lost = builder(json!({})).resumed(None).build();
    assert!(matches!(
        azure.observe(&cx, &lost).await.unwrap(),
        Observed::Unknown { .. }
    ));
    let error = azure.run(&cx, &lost).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_that_is_none_is_told_before_anything_is_sent() {
    let cx = FakeContext::playing([]).with_credential(
        "webhook",
        "azure-webhook",
        &[],
        &[("uri", "https://portal.azure.com/canary")],
    );
    let error = AzureAutomation::new()
        .preview(&cx, &step(json!({})))
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0478");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn with_a_login_the_runbook_is_read_and_its_job_is_followed() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let request = step(json!({ "account": "shop-automation", "webhook": "shop-ring" }));
    let walked = walk(&azure, &cx, &request).await.unwrap();
    assert_eq!(walked.preview.changes[0].name, "shop-nightly-care");
    assert!(walked.preview.changes.len() > 1, "its text was read");
    assert_eq!(walked.outcome.outputs["status"], "Completed");
    assert!(log(&cx).contains("cared for west"));
    assert_eq!(calls(&cx, "POST", "/webhooks?"), 1);
    // After a crash the job is taken up by its id.
    let id = cx.records().accepted[0].clone();
    let known = builder(json!({ "account": "shop-automation", "webhook": "shop-ring" }))
        .resumed(Some(&id))
        .build();
    assert_eq!(azure.observe(&cx, &known).await.unwrap(), Observed::Adopt);
    azure.run(&cx, &known).await.unwrap();
    assert_eq!(calls(&cx, "POST", "/webhooks?"), 1);
}

#[tokio::test]
async fn a_webhook_that_is_off_is_told_in_the_preview() {
    let cx = practice();
    let azure = AzureAutomation::new();
    let request = step(json!({ "account": "shop-automation", "webhook": "shop-silent" }));
    let error = azure.preview(&cx, &request).await.unwrap_err();
    assert!(error.message.contains("is off"), "{error}");
    let error = azure.run(&cx, &request).await.unwrap_err();
    assert!(error.message.contains("disabled"), "{error}");
    let choices = azure.discover(&cx, &request, "webhooks").await.unwrap();
    let names: Vec<&str> = choices.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(names, ["shop-ring", "shop-silent"]);
}
