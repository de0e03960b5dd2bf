//! The real layer against servers that do what no server should.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use podium_connector::Tls;
use podium_diagnostics::Retry;
use podium_testkit::hostile::{Elsewhere, Reset, SelfSigned, Silent};

use super::*;

const FREE: Fence = Fence {
    phase: Phase::Write,
    mode: Mode::Real,
    practice: false,
};

const SECRET: &str = "s3cr3t-value-that-stays-here";

fn read(url: &str) -> HttpRequest {
    HttpRequest::get(url).secret_header("authorization", SECRET.into())
}

fn write(url: &str) -> HttpRequest {
    HttpRequest::write(Method::Post, url)
        .secret_header("authorization", SECRET.into())
        .body("application/json", r#"{"name":"größe"}"#)
}

async fn call(request: &HttpRequest) -> Result<HttpResponse> {
    send(FREE, &Invented::default(), request, || false).await
}

#[tokio::test]
async fn nothing_is_said_to_a_server_whose_certificate_nobody_signed() {
    let server = SelfSigned::start().await;
    for request in [read(&server.address()), write(&server.address())] {
        let error = call(&request).await.unwrap_err();
        assert_eq!(error.code.as_str(), "POD0407", "{error:?}");
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        assert_eq!(error.retry, Retry::Permanent);
        assert!(error.message.contains(&server.address()), "{error}");
        let hint = error.hint.as_deref().unwrap_or_default();
        assert!(
            hint.contains("certificate") && hint.contains("clock"),
            "{hint}"
        );
        assert!(!format!("{error:?}").contains(SECRET));
    }
    assert_eq!(server.received().connections(), 2, "it is not asked again");
    assert!(server.received().is_empty());

    // The control: told to trust it, the same call arrives with its secret.
    let mut trusted = write(&server.address());
    trusted.tls = Some(Arc::new(Tls {
        roots: Some(server.certificate().into()),
        ..Tls::default()
    }));
    assert_eq!(call(&trusted).await.unwrap().status, 200);
    assert!(server.received().holds(SECRET.as_bytes()));
}

#[tokio::test]
async fn a_server_that_wants_another_certificate_of_ours_says_so() {
    let server = SelfSigned::demanding_identity().await;
    let mut request = write(&server.address());
    request.tls = Some(Arc::new(Tls {
        roots: Some(server.certificate().into()),
        ..Tls::default()
    }));
    let error = call(&request).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0411", "{error:?}");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.hint.is_some());
    assert!(server.received().requests().is_empty());
}

#[tokio::test]
async fn a_write_whose_reply_was_reset_is_unknown_and_goes_out_once() {
    let server = Reset::start().await;
    let error = call(&write(&server.address())).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0410", "{error:?}");
    assert_eq!(
        (error.kind, error.retry),
        (ErrorKind::Unknown, Retry::Permanent)
    );
    assert!(error.hint.is_some());
    assert!(!format!("{error:?}").contains(SECRET));
    assert_eq!(server.received().requests().len(), 1);
}

#[tokio::test]
async fn a_read_whose_reply_was_reset_is_asked_once_more() {
    let server = Reset::times(1).await;
    assert_eq!(call(&read(&server.address())).await.unwrap().status, 200);
    assert_eq!(server.received().requests().len(), 2);
}

#[tokio::test]
async fn a_write_with_a_key_goes_again_with_the_same_bytes() {
    let server = Reset::times(1).await;
    let mut keyed = write(&server.address()).header("idempotency-key", "k-1");
    keyed.repeatable = true;
    assert_eq!(call(&keyed).await.unwrap().status, 200);
    let requests = server.received().requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
}

#[tokio::test]
async fn who_says_nothing_leaves_a_write_unknown() {
    let server = Silent::start().await;
    let mut request = write(&server.address());
    request.timeout = Some(Duration::from_millis(300));
    let error = call(&request).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0408", "{error:?}");
    assert_eq!(error.kind, ErrorKind::Unknown);
    assert_eq!(server.received().requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_a_reply_and_the_other_host_hears_nothing() {
    for status in [301, 302, 303, 307, 308] {
        let server = Elsewhere::with_status(status).await;
        for request in [read(&server.address()), write(&server.address())] {
            let reply = call(&request).await.unwrap();
            assert_eq!(reply.status, status);
            let place = reply.header("location").unwrap_or_default();
            assert!(place.ends_with("/elsewhere"), "{place}");
        }
        assert!(server.received().holds(SECRET.as_bytes()));
        assert_eq!(server.received_elsewhere().connections(), 0);
    }
}

#[tokio::test]
async fn a_cancelled_call_does_not_wait_for_its_next_try() {
    let server = Reset::start().await;
    let asked = AtomicUsize::new(0);
    let cancelled = || asked.fetch_add(1, Ordering::SeqCst) > 0;
    let error = send(
        FREE,
        &Invented::default(),
        &read(&server.address()),
        cancelled,
    )
    .await
    .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0410");
    assert_eq!(server.received().requests().len(), 1);
}
