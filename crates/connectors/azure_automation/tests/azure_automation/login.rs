//! Tokens of Entra ID: for a secret, a certificate, a refresh token; expired, refused, to the right place.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use podium_connector::{Connector, HttpRequest, HttpResponse};
use podium_connector_azure_automation::AzureAutomation;
use podium_diagnostics::ErrorKind;
use podium_testkit::FakeContext;
use serde_json::{Value, json};

use crate::world::{calls, practice, run};

const PEM: &str = include_str!("../fixtures/practice.pem");

fn fields() -> Vec<(&'static str, &'static str)> {
    vec![
        ("url", "https://management.azure.com"),
        ("tenant", "shop.example"),
        ("client_id", "11111111-2222-4333-8444-555555555555"),
        ("subscription", "00000000-0000-4000-8000-5409005409aa"),
    ]
}

/// Azure's own addresses, played: the forms of the token requests are kept.
fn azure(secrets: &[(&str, &str)], forms: &Arc<Mutex<Vec<String>>>) -> FakeContext {
    let forms = forms.clone();
    FakeContext::playing([])
        .with_credential("azure", "azure", &fields(), secrets)
        .answering(move |request: &HttpRequest| {
            let data = |status: u16, body: Value| HttpResponse {
                status,
                headers: vec![("content-type".into(), "application/json".into())],
                body: body.to_string().into_bytes(),
            };
            if request.url.starts_with("https://login.microsoftonline.com/shop.example/oauth2/v2.0/token") {
                forms.lock().unwrap().push(String::from_utf8(request.body.clone()).unwrap());
                return Ok(data(200, json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "t-123456789" })));
            }
            assert!(request.url.starts_with("https://management.azure.com/subscriptions?"), "{}", request.url);
            let (name, value) = &request.secret_headers[0];
            assert_eq!((name.as_str(), value.expose_str().unwrap()), ("authorization", "Bearer t-123456789"));
            Ok(data(200, json!({ "value": [{ "subscriptionId": "00000000-0000-4000-8000-5409005409aa", "displayName": "Größe" }] })))
        })
}

#[tokio::test]
async fn each_kind_of_proof_asks_for_a_token_in_its_own_way() {
    for (secrets, parts) in [
        (
            vec![("client_secret", "s3cret/+=value")],
            vec![
                "grant_type=client_credentials",
                "client_secret=s3cret%2F%2B%3Dvalue",
                "scope=https%3A%2F%2Fmanagement.azure.com%2F.default",
                "client_id=11111111-2222-4333-8444-555555555555",
            ],
        ),
        (
            vec![("certificate", PEM)],
            vec![
                "grant_type=client_credentials",
                "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
                "client_assertion=ey",
            ],
        ),
        (
            vec![("refresh_token", "0.refresh-me")],
            vec![
                "grant_type=refresh_token",
                "refresh_token=0.refresh-me",
                "scope=https%3A%2F%2Fmanagement.azure.com%2Fuser_impersonation",
            ],
        ),
    ] {
        let forms = Arc::default();
        let cx = azure(&secrets, &forms);
        let identity = AzureAutomation::new()
            .identify(&cx, &run("x", json!({})))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            identity.account,
            "00000000-0000-4000-8000-5409005409aa (Größe)"
        );
        let forms = forms.lock().unwrap();
        assert_eq!(forms.len(), 1, "one token for the whole verb");
        for part in parts {
            assert!(forms[0].contains(part), "{part}: {}", forms[0]);
        }
        assert!(!forms[0].contains("PRIVATE"), "the key stays here");
    }
}

#[tokio::test]
async fn a_companys_own_authority_is_trusted_where_tokens_are_given_and_by_azure_itself() {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let on_one_line = pem.replace('\n', "\\n");
    for (authority, wanted) in [("", None), (pem, Some(pem)), (&on_one_line, Some(pem))] {
        let seen = Arc::new(Mutex::new(Vec::<(String, Option<String>)>::new()));
        let kept = seen.clone();
        let fields = [fields(), vec![("authority", authority)]].concat();
        let cx = FakeContext::playing([])
            .with_credential("azure", "azure", &fields, &[("client_secret", "s")])
            .answering(move |request: &HttpRequest| {
                let roots = request.tls.as_ref().and_then(|tls| tls.roots.clone());
                let roots = roots.map(|roots| String::from_utf8(roots).unwrap());
                kept.lock().unwrap().push((request.url.clone(), roots));
                let body = json!({ "access_token": "t", "value": [{ "subscriptionId": "one" }] });
                Ok(HttpResponse {
                    status: 200,
                    headers: vec![("content-type".into(), "application/json".into())],
                    body: body.to_string().into_bytes(),
                })
            });
        let azure = AzureAutomation::new();
        azure.identify(&cx, &run("x", json!({}))).await.unwrap();
        let seen = seen.lock().unwrap();
        let came = |host: &str| seen.iter().any(|(url, _)| url.starts_with(host));
        assert!(came("https://login.microsoftonline.com/"), "{seen:?}");
        assert!(came("https://management.azure.com/"), "{seen:?}");
        for (url, roots) in seen.iter() {
            assert_eq!(roots.as_deref(), wanted, "{url}");
        }
    }
}

#[tokio::test]
async fn a_token_that_ends_on_the_way_is_asked_for_anew() {
    let cx = practice();
    let awx = AzureAutomation::new();
    // A runbook that waits for more than the hour that a token holds.
    let request = run("shop-waiting", json!({}));
    let run = awx.run(&cx, &request);
    let later = async {
        while !cx
            .records()
            .progress
            .iter()
            .any(|one| one.words.contains("is suspended"))
        {
            tokio::task::yield_now().await;
        }
        cx.pass(Duration::from_secs(3_700));
        while calls(&cx, "POST", "/oauth2/v2.0/token") < 2 {
            tokio::task::yield_now().await;
        }
        cx.cancel();
    };
    let error = tokio::join!(run, later).0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error}");
    assert_eq!(calls(&cx, "POST", "/oauth2/v2.0/token"), 2);
    assert_eq!(calls(&cx, "POST", "/stop"), 1);
}

#[tokio::test]
async fn a_secret_that_is_refused_is_told_in_the_words_of_entra_id_and_not_shown() {
    for (secret, said) in [
        ("expired-4f1d9c7b2e", "AADSTS7000222"),
        ("wrong-4f1d9c7b2e", "AADSTS7000215"),
    ] {
        let cx =
            practice().with_credential("azure", "azure", &fields(), &[("client_secret", secret)]);
        let error = AzureAutomation::new()
            .identify(&cx, &run("x", json!({})))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        assert!(error.message.contains(said), "{error}");
        assert!(!format!("{error:?}").contains(secret), "{error:?}");
        assert!(!error.message.contains("Trace ID"), "{error}");
    }
}

#[tokio::test]
async fn no_token_and_no_secret_is_kept_by_the_practice_cloud() {
    let cx = practice().with_credential(
        "azure",
        "azure",
        &fields(),
        &[("client_secret", "canary-4f1d9c7b2e")],
    );
    AzureAutomation::new()
        .run(&cx, &run("shop-report", json!({})))
        .await
        .unwrap();
    let state = cx.simulator_state().unwrap();
    assert!(!state.contains("canary"), "{state}");
    assert!(
        !state.contains("practice."),
        "a token is kept as its fingerprint: {state}"
    );
}
