//! `http/request` and `http/check`, against recordings and the practice web.

use std::sync::{Arc, Mutex};

use podium_connector::{
    Action, Confidence, Connector, HttpRequest, HttpResponse, Observed, UndoClass,
};
use podium_connector_core::Http;
use podium_diagnostics::{ErrorKind, Retry};
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

fn request(operation: &str, inputs: Value) -> podium_connector::StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(Http::new().manifest())
        .build()
}

/// A context that answers alike and keeps what was asked.
fn answering(
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> (FakeContext, Arc<Mutex<Vec<HttpRequest>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let reply = HttpResponse {
        status,
        headers: headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    };
    let keep = asked.clone();
    let cx = FakeContext::real().answering(move |request| {
        keep.lock().unwrap().push(request.clone());
        Ok(reply.clone())
    });
    (cx, asked)
}

#[tokio::test]
async fn a_request_sends_its_data_and_hands_on_the_answer() {
    let (cx, asked) = answering(201, &[("x-id", "7")], r#"{"id":7}"#);
    let post = request(
        "http/request",
        json!({ "url": "https://example.com/things?k=v", "method": "POST", "json": { "name": "ü" }, "headers": { "X-A": "b" } }),
    );
    let walked = walk(&Http::new(), &cx, &post).await.unwrap();
    assert_eq!(walked.preview.changes[0].action, Action::Run);
    assert_eq!(
        walked.preview.changes[0].name,
        "POST https://example.com/things"
    );
    assert_eq!(walked.preview.confidence, Confidence::Unknown);
    assert_eq!(walked.record.undo.class, UndoClass::Impossible);
    let outputs = walked.outcome.outputs;
    assert_eq!(outputs["status"], 201);
    assert_eq!(outputs["json"], json!({ "id": 7 }));
    assert_eq!(outputs["headers"]["x-id"], "7");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].body, r#"{"name":"ü"}"#.as_bytes());
    assert!(
        asked[0]
            .headers
            .contains(&("content-type".into(), "application/json".into()))
    );
    assert!(asked[0].headers.contains(&("x-a".into(), "b".into())));
    assert!(!asked[0].reads && !asked[0].repeatable);
}

#[tokio::test]
async fn an_answer_that_is_not_as_expected_fails_with_what_it_was() {
    for (status, body, expect, why) in [
        (
            404,
            "",
            json!({}),
            "It answered 404, and a status of 200 to 299 was expected.",
        ),
        (
            200,
            "",
            json!({ "status": 204 }),
            "It answered 200, and 204 was expected.",
        ),
        (
            200,
            "",
            json!({ "status": [201, 204] }),
            "It answered 200, and 201 or 204 was expected.",
        ),
        (
            200,
            "closed",
            json!({ "contains": "open" }),
            "The answer does not contain `open`.",
        ),
    ] {
        let (cx, _) = answering(status, &[], body);
        let check = request(
            "http/check",
            json!({ "url": "https://example.com/", "expect": expect }),
        );
        let error = Http::new().run(&cx, &check).await.unwrap_err();
        assert!(error.message.ends_with(why), "{}", error.message);
        assert_eq!(error.code.as_str(), "POD0440");
        assert_eq!(error.retry, Retry::Temporary, "the page may come up yet");
    }
    let (cx, _) = answering(404, &[], "");
    let check = request(
        "http/check",
        json!({ "url": "https://example.com/", "expect": { "status": 404 } }),
    );
    assert_eq!(
        Http::new().run(&cx, &check).await.unwrap().outputs["status"],
        404
    );
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let (cx, asked) = answering(302, &[("location", "https://elsewhere.example/")], "");
    let check = request("http/check", json!({ "url": "https://example.com/" }));
    let error = Http::new().run(&cx, &check).await.unwrap_err();
    assert!(
        error
            .message
            .contains("points to `https://elsewhere.example/`"),
        "{}",
        error.message
    );
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_login_goes_into_a_header_that_cannot_be_seen() {
    for (fields, header, value) in [
        (vec![], "authorization", "Bearer s3cret-value"),
        (
            vec![("scheme", "basic"), ("user", "zoë")],
            "authorization",
            "Basic em/Dqzpz M2NyZXQtdmFsdWU=",
        ),
        (
            vec![("scheme", "header"), ("header", "X-Api-Key")],
            "x-api-key",
            "s3cret-value",
        ),
    ] {
        let (cx, asked) = answering(200, &[], "");
        let cx = cx.with_credential("auth", "http-auth", &fields, &[("value", "s3cret-value")]);
        let get = request("http/request", json!({ "url": "https://example.com/" }));
        Http::new().run(&cx, &get).await.unwrap();
        let asked = asked.lock().unwrap();
        let (name, secret) = &asked[0].secret_headers[0];
        assert_eq!(name, header);
        let seen = secret.expose_str().unwrap();
        assert_eq!(seen.replace(' ', ""), value.replace(' ', ""));
        assert!(
            !format!("{:?}", asked[0]).contains("s3cret"),
            "not even in a debug print"
        );
    }
    for fields in [
        vec![("scheme", "basic")],
        vec![("scheme", "header")],
        vec![("scheme", "digest")],
    ] {
        let (cx, asked) = answering(200, &[], "");
        let cx = cx.with_credential("auth", "http-auth", &fields, &[("value", "s3cret-value")]);
        let get = request("http/request", json!({ "url": "https://example.com/" }));
        let error = Http::new().preview(&cx, &get).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0441");
        assert!(asked.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn after_a_crash_a_lost_write_is_asked_of_a_person_and_a_read_is_done_again() {
    let (cx, _) = answering(200, &[], "");
    let http = Http::new();
    let get = request("http/check", json!({ "url": "https://example.com/" }));
    assert_eq!(http.observe(&cx, &get).await.unwrap(), Observed::Adopt);
    let post = request(
        "http/request",
        json!({ "url": "https://example.com/pay", "method": "POST" }),
    );
    let Observed::Unknown { because } = http.observe(&cx, &post).await.unwrap() else {
        panic!("nobody can know");
    };
    assert!(because.contains("https://example.com/pay"));
}

#[tokio::test]
async fn in_practice_the_web_is_played_and_this_computer_is_real() {
    let http = Http::new();
    let cx = FakeContext::simulated(http.simulator(None));
    let put = |body: &str| {
        request(
            "http/request",
            json!({ "url": "https://example.com/x", "method": "PUT", "body": body }),
        )
    };
    let walked = walk(&http, &cx, &put("hello")).await.unwrap();
    assert_eq!(walked.outcome.outputs["status"], 201);
    assert_eq!(walked.outcome.outputs["json"]["simulated"], true);
    assert!(walked.preview.notes[0].contains("nothing is sent"));
    let get = request(
        "http/check",
        json!({ "url": "https://example.com/x", "expect": { "contains": "hello" } }),
    );
    assert_eq!(
        walk(&http, &cx, &get).await.unwrap().outcome.outputs["text"],
        "hello"
    );
    let here = request("http/check", json!({ "url": "http://localhost:4/x" }));
    let _ = http.run(&cx, &here).await;
    let asked = cx.records().requests;
    assert!(
        asked[..2]
            .iter()
            .all(|r| r.ends_with("http://127.0.0.1:9/")),
        "{asked:?}"
    );
    assert_eq!(asked[2], "GET http://localhost:4/x");
    // What was put is still there after the practice cloud was saved and started again.
    let again = FakeContext::simulated(http.simulator(cx.simulator_state().as_deref()));
    assert_eq!(
        walk(&http, &again, &get).await.unwrap().outcome.outputs["text"],
        "hello"
    );
}

#[test]
fn whether_it_is_real_depends_on_the_address() {
    use podium_connector::Mode::{Real, Simulated};
    let connector = Http::new();
    let at = |url: &str| request("http/check", json!({ "url": url }));
    for (url, given, mode) in [
        ("https://example.com/", Real, Some(Real)),
        ("https://example.com/", Simulated, Some(Simulated)),
        ("http://127.0.0.1:8080/x", Simulated, Some(Real)),
        ("http://[::1]:8080/", Simulated, Some(Real)),
    ] {
        assert_eq!(connector.mode(&at(url), given), mode, "{url}");
    }
    let mut later = at("(known later)");
    later.inputs.unknown.insert(
        String::from("/url"),
        podium_connector::Unknown {
            after: vec!["shop".parse().unwrap()],
        },
    );
    assert_eq!(connector.mode(&later, Simulated), None);
    assert_eq!(connector.mode(&later, Real), Some(Real));
}

#[tokio::test]
async fn an_unreachable_address_is_an_error_that_may_pass() {
    let cx = FakeContext::real();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let check = request(
        "http/check",
        json!({ "url": format!("http://127.0.0.1:{port}/") }),
    );
    let error = Http::new().run(&cx, &check).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(error.retry, Retry::Temporary);
}

#[test]
fn wrong_addresses_and_headers_are_told_before_they_are_sent() {
    for (inputs, field, fatal) in [
        (json!({ "url": "ftp://x" }), "/url", true),
        (json!({ "url": "https://" }), "/url", true),
        (json!({ "url": "https://a b/" }), "/url", true),
        (json!({ "url": "https://me:pw@example.com/" }), "/url", true),
        (json!({ "url": "http://example.com/" }), "/url", false),
        (
            json!({ "url": "https://e.com", "headers": { "a b": "c" } }),
            "/headers",
            true,
        ),
        (
            json!({ "url": "https://e.com", "headers": { "a": "c\r\nx: y" } }),
            "/headers",
            true,
        ),
        (
            json!({ "url": "https://e.com", "headers": { "Authorization": "Bearer x" } }),
            "/headers",
            true,
        ),
        (
            json!({ "url": "https://e.com", "method": "POST", "json": 1, "body": "x" }),
            "/body",
            true,
        ),
        (
            json!({ "url": "https://e.com", "body": "x" }),
            "/method",
            false,
        ),
    ] {
        let problems = Http::new().validate(&request("http/request", inputs.clone()));
        assert_eq!(problems.len(), 1, "{inputs}: {problems:?}");
        assert_eq!(
            (problems[0].field.as_str(), problems[0].fatal),
            (field, fatal),
            "{inputs}"
        );
    }
    for url in [
        "https://example.com",
        "http://localhost:8080/x?y#z",
        "http://[::1]:80/",
    ] {
        assert!(
            Http::new()
                .validate(&request("http/check", json!({ "url": url })))
                .is_empty()
        );
    }
}
