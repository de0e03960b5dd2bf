//! What the context promises, on real processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::FakeContext;
use podium_connector::weather::{Does, Weather};
use podium_connector::{
    Context, Exit, HttpRequest, HttpResponse, Method, Phase, ProcessEvent, ProcessSpec, SecretFile,
    Stop, repeat,
};
use podium_diagnostics::{ErrorKind, Retry};
use podium_secret::Secret;

fn shell(cx: &FakeContext, label: &str, script: &str, reads: bool) -> ProcessSpec {
    ProcessSpec {
        label: label.to_owned(),
        program: "/bin/sh".into(),
        args: vec!["-c".to_owned(), script.to_owned()],
        env: Vec::new(),
        directory: cx.workspace().to_path_buf(),
        secret_files: Vec::new(),
        reads,
        stop: Stop::Once,
    }
}

async fn read(cx: &FakeContext, spec: ProcessSpec) -> (Vec<String>, Exit) {
    let mut process = cx.process(spec).await.expect("it starts");
    let mut lines = Vec::new();
    loop {
        match process.next().await.expect("somebody saw it") {
            ProcessEvent::Line { text, .. } => lines.push(text),
            ProcessEvent::Exited(exit) => return (lines, exit),
        }
    }
}

#[tokio::test]
async fn a_label_that_ran_is_replayed_and_not_started_again() {
    let cx = FakeContext::real();
    let script = "echo x >> count; echo line; exit 3";
    let first = read(&cx, shell(&cx, "work", script, false)).await;
    let second = read(&cx, shell(&cx, "work", script, false)).await;
    assert_eq!(first, (vec!["line".to_owned()], Exit::Code(3)));
    assert_eq!(first, second);
    assert_eq!(cx.records().started, ["work"]);
    cx.begin_attempt();
    read(&cx, shell(&cx, "work", script, false)).await;
    let count = std::fs::read_to_string(cx.workspace().join("count")).expect("it ran");
    assert_eq!(count, "x\nx\n");
}

#[tokio::test]
async fn while_only_looking_a_writing_process_is_refused() {
    let cx = FakeContext::real();
    cx.set_phase(Phase::Read);
    let spec = shell(&cx, "work", "true", false);
    let refused = cx.process(spec).await.err().expect("it is refused");
    assert_eq!(refused.code.as_str(), "POD0431");
    read(&cx, shell(&cx, "look", "true", true)).await;
}

#[tokio::test]
async fn a_secret_file_is_there_for_the_process_alone_and_its_value_is_hidden() {
    let cx = FakeContext::real().with_credential(
        "secrets.token",
        "secret",
        &[],
        &[("value", "open sesame 42")],
    );
    let path = cx.private().join("token");
    let mut spec = shell(&cx, "cat", "cat \"$FILE\"", false);
    spec.env = vec![("FILE".to_owned(), path.to_string_lossy().into_owned())];
    spec.secret_files = vec![SecretFile {
        name: "token".to_owned(),
        content: Secret::from("open sesame 42"),
        executable: false,
    }];
    let (lines, exit) = read(&cx, spec).await;
    assert_eq!(lines, ["[hidden: secrets-token]"]);
    assert!(exit.is_success());
    assert!(!path.exists());
}

#[tokio::test]
async fn cancelling_interrupts_the_group_and_a_lost_process_says_so() {
    let cx = FakeContext::real();
    cx.cancel_on("ready");
    let script = "trap 'echo gently; exit 7' INT; echo ready; while :; do sleep 0.05; done";
    let (lines, exit) = read(&cx, shell(&cx, "work", script, false)).await;
    assert_eq!(lines, ["ready", "gently"]);
    assert_eq!(exit, Exit::Code(7));
    assert!(cx.is_cancelled());
    cx.lose("work");
    let mut process = cx
        .process(shell(&cx, "work", script, false))
        .await
        .expect("its record is there");
    process.next().await.expect("a line");
    process.next().await.expect("a line");
    let lost = process.next().await.expect_err("nobody saw it");
    assert_eq!(lost.kind, podium_diagnostics::ErrorKind::Unknown);
}

#[tokio::test]
async fn a_call_is_repeated_as_the_runtime_repeats_it_and_its_waits_are_counted() {
    let asked = AtomicUsize::new(0);
    let cx = FakeContext::playing([]).answering(move |_| {
        let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        Ok(HttpResponse {
            status: if first { 429 } else { 201 },
            headers: vec![("retry-after".to_owned(), "7".to_owned())],
            body: Vec::new(),
        })
    });
    let before = cx.now();
    let write = HttpRequest::write(Method::Post, "https://far.example/things");
    assert_eq!(cx.http(write).await.expect("a reply").status, 201);
    assert_eq!(cx.now() - before, 7000);
    assert_eq!(cx.records().requests.len(), 2);
}

#[tokio::test]
async fn a_lost_write_is_unknown_and_a_lost_read_is_tried_four_times() {
    let cx = FakeContext::playing([]).answering(|_| Err(repeat::broken("https://far.example")));
    let write = HttpRequest::write(Method::Post, "https://far.example/things");
    let error = cx.http(write).await.expect_err("it is lost");
    assert_eq!(error.kind, ErrorKind::Unknown);
    assert_eq!(cx.records().requests.len(), 1);
    let read = HttpRequest::get("https://far.example/things");
    let error = cx.http(read).await.expect_err("it is lost");
    assert_eq!(
        (error.kind, error.retry),
        (ErrorKind::Unreachable, Retry::Persistent)
    );
    assert_eq!(cx.records().requests.len(), 5);
}

#[tokio::test]
async fn a_cancelled_call_is_not_repeated() {
    let cx = FakeContext::playing([]).answering(|_| Err(repeat::broken("https://far.example")));
    cx.cancel();
    cx.http(HttpRequest::get("https://far.example/"))
        .await
        .expect_err("it is lost");
    assert_eq!(cx.records().requests.len(), 1);
}

/// A context whose server counts what it handled.
fn counting() -> (FakeContext, Arc<AtomicUsize>) {
    let handled = Arc::new(AtomicUsize::new(0));
    let count = handled.clone();
    let cx = FakeContext::playing([]).answering(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(HttpResponse {
            status: 200,
            headers: Vec::new(),
            body: b"done".to_vec(),
        })
    });
    (cx, handled)
}

#[tokio::test]
async fn weather_decides_what_is_handled_and_what_is_heard_of_it() {
    let address = "http://127.0.0.1:9/things";
    let read = || HttpRequest::get(address);
    let write = || HttpRequest::write(Method::Post, address);
    // The rule, the call, what is heard in the end, how often it was handled, the seconds that passed.
    for (rule, request, heard, handled, seconds) in [
        (Does::throttle(3).times(2), write(), "200", 1, 6.0),
        (Does::throttle(61), write(), "429", 0, 0.0),
        (Does::Cut.rule().times(1), read(), "200", 2, 0.5),
        (
            Does::Cut.rule().times(1),
            write(),
            "POD0410 Unknown",
            1,
            0.0,
        ),
        (Does::Refuse.rule(), write(), "POD0410 Unknown", 0, 0.0),
        (Does::Refuse.rule(), read(), "POD0410 Unreachable", 0, 3.5),
        (Does::html(502).times(1), read(), "200", 1, 0.5),
        (Does::html(502), write(), "502", 0, 0.0),
        (
            Does::redirect("https://elsewhere.example/"),
            read(),
            "302",
            0,
            0.0,
        ),
        (Does::slow(29_000), write(), "200", 1, 29.0),
        (Does::slow(30_000), write(), "POD0408 Unknown", 1, 30.0),
        (Does::status(500), read(), "500", 0, 0.0),
    ] {
        let words = rule.to_string();
        let (cx, count) = counting();
        let cx = cx.with_weather(rule);
        let before = cx.now();
        let outcome = match cx.http(request).await {
            Ok(reply) => reply.status.to_string(),
            Err(error) => format!("{} {:?}", error.code, error.kind),
        };
        assert_eq!(outcome, heard, "{words}");
        assert_eq!(count.load(Ordering::SeqCst), handled, "{words}");
        let passed = std::time::Duration::from_secs_f64(seconds).as_millis();
        assert_eq!(u128::try_from(cx.now() - before), Ok(passed), "{words}");
    }
}

#[tokio::test]
async fn weather_can_change_while_a_context_lives() {
    let (cx, count) = counting();
    cx.set_weather(Does::Refuse);
    let write = || HttpRequest::write(Method::Post, "http://127.0.0.1:9/");
    cx.http(write()).await.expect_err("it is refused");
    assert_eq!(cx.weather().rules[0].met(), 1);
    cx.set_weather(Weather::fair());
    cx.http(write()).await.expect("a reply");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
