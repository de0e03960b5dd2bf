//! A person logs in by a code: begun, waited for, refused, expired; what comes of it is exchanged.

use std::time::Duration;

use podium_connector::{Connector, Context, HttpRequest, LoginCode, Method};
use podium_connector_azure_automation::AzureAutomation;
use podium_diagnostics::ErrorKind;
use podium_testkit::FakeContext;
use serde_json::json;

use crate::world::{calls, practice, run};

fn person(client: &str, secrets: &[(&str, &str)]) -> FakeContext {
    let fields = [
        ("url", "https://management.azure.com"),
        ("tenant", "shop.example"),
        ("client_id", client),
    ];
    practice().with_credential("azure", "azure", &fields, secrets)
}

/// What the person does in the browser.
async fn enter(cx: &FakeContext, code: &str, answer: &str) -> u16 {
    let url = format!("{}/device", cx.simulator().unwrap());
    let form = format!("code={code}&answer={answer}");
    let request = HttpRequest::write(Method::Post, url)
        .body("application/x-www-form-urlencoded", form.into_bytes());
    cx.http(request).await.unwrap().status
}

async fn begun(cx: &FakeContext) -> LoginCode {
    let azure = AzureAutomation::new();
    azure.begin_login(cx, &run("x", json!({}))).await.unwrap()
}

async fn until_asked(cx: &FakeContext, times: usize) {
    while calls(cx, "POST", "/oauth2/v2.0/token") < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_person_who_enters_the_code_gives_a_refresh_token_that_is_exchanged() {
    let cx = person("shop-desk", &[]);
    let azure = AzureAutomation::new();
    let request = run("x", json!({}));
    let code = begun(&cx).await;
    assert_eq!(code.code.len(), 8, "{}", code.code);
    assert!(code.address.ends_with("/device"), "{}", code.address);
    assert_eq!(code.expires, cx.now() + 900_000);
    let waiting = azure.finish_login(&cx, &request, &code);
    let browser = async {
        until_asked(&cx, 2).await;
        assert_eq!(enter(&cx, "nonsense", "yes").await, 404);
        assert_eq!(enter(&cx, &code.code.to_lowercase(), "yes").await, 200);
    };
    let secrets = tokio::join!(waiting, browser).0.unwrap();
    let names: Vec<&str> = secrets.keys().map(String::as_str).collect();
    assert_eq!(names, ["refresh_token"]);
    let token = secrets["refresh_token"].expose_str().unwrap().to_owned();
    assert!(!format!("{code:?} {secrets:?}").contains(&token));
    let state = cx.simulator_state().unwrap();
    assert!(!state.contains(&token), "{state}");
    assert!(
        !state.contains(code.device.expose_str().unwrap()),
        "{state}"
    );
    let cx = person("shop-desk", &[("refresh_token", &token)]);
    let identity = azure.identify(&cx, &request).await.unwrap().unwrap();
    assert_eq!(identity.user, "shop-desk");
    // A code counts once.
    let cx = person("shop-desk", &[]);
    let error = azure.finish_login(&cx, &request, &code).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized, "{error}");
}

#[tokio::test]
async fn a_person_who_says_no_is_heard() {
    let cx = person("shop-desk", &[]);
    let code = begun(&cx).await;
    assert_eq!(enter(&cx, &code.code, "no").await, 200);
    let error = AzureAutomation::new()
        .finish_login(&cx, &run("x", json!({})), &code)
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0528");
    assert!(error.message.contains("said no"), "{error}");
    assert!(
        error
            .hint
            .unwrap()
            .contains("podium credentials login azure")
    );
}

#[tokio::test]
async fn a_code_that_nobody_enters_expires() {
    let cx = person("shop-desk", &[]);
    let code = begun(&cx).await;
    let error = AzureAutomation::new()
        .finish_login(&cx, &run("x", json!({})), &code)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("has expired"), "{error}");
    assert!(cx.now() >= code.expires);
    let asked = calls(&cx, "POST", "/oauth2/v2.0/token");
    assert!(asked <= 451, "every two seconds at the most: {asked}");
}

#[tokio::test]
async fn a_login_that_is_given_up_ends_at_once() {
    let cx = person("shop-desk", &[]);
    let code = begun(&cx).await;
    cx.cancel();
    let error = AzureAutomation::new()
        .finish_login(&cx, &run("x", json!({})), &code)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(calls(&cx, "POST", "/oauth2/v2.0/token"), 0);
}

#[tokio::test]
async fn who_asks_too_often_slows_down() {
    let cx = person("shop-desk", &[]);
    let mut code = begun(&cx).await;
    code.every = Duration::from_secs(1);
    let start = cx.now();
    let request = run("x", json!({}));
    let azure = AzureAutomation::new();
    let waiting = azure.finish_login(&cx, &request, &code);
    let browser = async {
        until_asked(&cx, 3).await;
        enter(&cx, &code.code, "yes").await;
    };
    tokio::join!(waiting, browser).0.unwrap();
    // One second, and after the first `slow_down` six.
    assert!(
        cx.now() - start >= 1_000 + 6_000 + 6_000,
        "{}",
        cx.now() - start
    );
}

#[tokio::test]
async fn an_application_that_may_not_log_anybody_in_is_told_at_once() {
    let azure = AzureAutomation::new();
    let request = run("x", json!({}));
    let cx = person("not-public", &[]);
    let error = azure.begin_login(&cx, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.message.contains("AADSTS7000218"), "{error}");
    let cx = person("shop-desk", &[("client_secret", "s3cret-value")]);
    let error = azure.begin_login(&cx, &request).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0529");
    assert!(cx.records().requests.is_empty());
    assert!(azure.logs_in("azure"));
    assert!(!azure.logs_in("azure-webhook"));
}

#[tokio::test]
async fn a_login_that_ended_names_the_command_that_renews_it() {
    let azure = podium_connector::Explaining::over(std::sync::Arc::new(AzureAutomation::new()));
    let cx = person("shop-desk", &[("refresh_token", "expired-0.refresh")]);
    let error = azure.identify(&cx, &run("x", json!({}))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(
        error.message.contains("login of the credential `azure`"),
        "{error}"
    );
    assert!(error.message.contains("ninety days"), "{error}");
    let hint = error.hint.unwrap();
    assert!(hint.contains("`podium credentials login azure`"), "{hint}");
    let cx = person("shop-desk", &[]);
    let error = azure.identify(&cx, &run("x", json!({}))).await.unwrap_err();
    assert!(
        error
            .hint
            .unwrap()
            .contains("podium credentials login azure")
    );
}
