//! Calls, logins, replies, pages and jobs, held against what a far system may do.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use podium_connector::{Context, HttpRequest, HttpResponse, Phase, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{
    Call, Dialect, Exchange, Fault, Headers, Job, Login, Look, Next, Pace, Search, Site, Stage,
    Stages, begin, follow,
};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

const FAR: Dialect = Dialect {
    system: "Far",
    fault: |reply| {
        let body: Value = serde_json::from_slice(&reply.body).ok()?;
        Some(Fault {
            message: body["message"].as_str()?.to_owned(),
            code: body["code"].as_str().map(str::to_owned),
        })
    },
};
const BASE: &str = "https://far.example/base";

fn reply(status: u16, kind: &str, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type".into(), kind.into())],
        body: body.as_bytes().to_vec(),
    }
}

fn data(status: u16, body: &Value) -> HttpResponse {
    reply(status, "application/json", &body.to_string())
}

fn answering(answer: impl Fn(&HttpRequest) -> HttpResponse + Send + Sync + 'static) -> FakeContext {
    FakeContext::playing([]).answering(move |request| Ok(answer(request)))
}

fn site(cx: &FakeContext) -> Site<'_> {
    let key = vec![("x-key".to_owned(), "k-123456789".into())];
    Site::new(cx, FAR, BASE, Login::Fixed(key))
}

async fn refused(status: u16, kind: &str, body: &str, call: Call) -> Error {
    let answer = reply(status, kind, body);
    let cx = answering(move |_| answer.clone());
    site(&cx).send(call).await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_is_told_in_the_systems_own_words() {
    let body = r#"{"message": "Grün ist aus", "code": "E7"}"#;
    let call = Call::post("/things", &json!({})).needs("ThingCreate");
    for (status, kind, code) in [
        (400, ErrorKind::Invalid, "POD0475"),
        (401, ErrorKind::Unauthorized, "POD0443"),
        (403, ErrorKind::Forbidden, "POD0444"),
        (404, ErrorKind::NotFound, "POD0445"),
        (409, ErrorKind::Conflict, "POD0446"),
        (422, ErrorKind::Invalid, "POD0475"),
        (429, ErrorKind::Throttled, "POD0447"),
        (500, ErrorKind::Failed, "POD0476"),
        (502, ErrorKind::Unknown, "POD0476"),
        (503, ErrorKind::Unreachable, "POD0476"),
    ] {
        let error = refused(status, "application/json", body, call.clone()).await;
        assert_eq!((error.kind, error.code.as_str()), (kind, code), "{status}");
        assert!(error.message.contains("Grün ist aus."), "{error}");
        assert!(error.hint.is_some(), "{error}");
        assert!(error.context.contains(&("code".into(), "E7".into())));
    }
    let denied = refused(403, "application/json", body, call).await;
    assert!(denied.message.contains("`ThingCreate`"), "{denied}");
}

#[tokio::test]
async fn a_page_of_a_proxy_is_called_one() {
    let call = Call::get("/things");
    let error = refused(502, "text/html", "<html>Bad gateway</html>", call.clone()).await;
    assert!(error.message.contains("web page"), "{error}");
    let error = refused(200, "text/html", "<html>Log in</html>", call).await;
    assert_eq!(error.code.as_str(), "POD0449");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_says_where_it_leads() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let cx = answering(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        let mut reply = reply(302, "text/plain", "");
        reply.headers.push((
            "location".into(),
            "https://evil.example/login?token=x".into(),
        ));
        reply
    });
    let error = site(&cx).send(Call::get("/things")).await.unwrap_err();
    assert_eq!(error.code.as_str(), "POD0448");
    assert!(
        error.message.contains("https://evil.example/login"),
        "{error}"
    );
    assert!(!error.message.contains("token"), "{error}");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn pages_are_walked_by_links_and_never_to_another_host() {
    let cx = answering(|request| {
        let at = request.url.rsplit('=').next().unwrap().parse().unwrap_or(0);
        let next = match at {
            4 => Value::Null,
            at => json!(format!("/base/things?page={}", at + 1)),
        };
        data(200, &json!({ "items": [at], "next": next }))
    });
    let next = |page: &Value, _: &HttpResponse| {
        page["next"]
            .as_str()
            .map(|link| Next::Link(link.to_owned()))
    };
    let pages = site(&cx).pages(Call::get("/things"), next).await.unwrap();
    assert_eq!(pages.len(), 5);

    for link in [
        "https://evil.example/x",
        "//evil.example/x",
        "https://far.example.evil/x",
    ] {
        let cx = answering(move |_| data(200, &json!({ "next": link })));
        let error = site(&cx)
            .pages(Call::get("/things"), next)
            .await
            .unwrap_err();
        assert_eq!(error.code.as_str(), "POD0448", "{link}");
        assert_eq!(cx.records().requests.len(), 1);
    }
}

#[tokio::test]
async fn a_list_that_goes_in_circles_ends_with_an_error() {
    let cx = answering(|_| data(200, &json!({ "next": "/base/things" })));
    let next = |page: &Value, _: &HttpResponse| {
        page["next"]
            .as_str()
            .map(|link| Next::Link(link.to_owned()))
    };
    let error = site(&cx)
        .pages(Call::get("/things"), next)
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0477");
}

#[tokio::test]
async fn names_in_paths_and_queries_are_escaped() {
    let cx = answering(|_| reply(204, "text/plain", ""));
    let path = format!("/things/{}", podium_rest::segment("Größe a/b"));
    let value = site(&cx)
        .send(Call::get(path).query("filter", "name eq 'ä&b'"))
        .await
        .unwrap();
    assert_eq!(value, Value::Null);
    assert_eq!(
        cx.records().requests,
        [format!(
            "GET {BASE}/things/Gr%C3%B6%C3%9Fe%20a%2Fb?filter=name%20eq%20%27%C3%A4%26b%27"
        )]
    );
}

struct Tokens(AtomicUsize);

#[async_trait]
impl Exchange for &Tokens {
    async fn login(&self, _cx: &dyn Context) -> Result<Headers> {
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        let token = format!("Bearer token-{turn}");
        Ok(vec![("authorization".to_owned(), token.as_str().into())])
    }
}

fn token_of(request: &HttpRequest) -> &str {
    request.secret_headers[0].1.expose_str().unwrap()
}

#[tokio::test]
async fn an_expired_session_is_made_anew_once() {
    let cx = answering(|request| {
        if token_of(request) == "Bearer token-0" {
            data(401, &json!({ "message": "expired" }))
        } else {
            data(200, &json!("ok"))
        }
    });
    let tokens = Tokens(AtomicUsize::new(0));
    let site = Site::new(&cx, FAR, BASE, Login::Exchanged(Box::new(&tokens)));
    assert_eq!(site.send(Call::get("/a")).await.unwrap(), json!("ok"));
    assert_eq!(site.send(Call::get("/b")).await.unwrap(), json!("ok"));
    assert_eq!(tokens.0.load(Ordering::Relaxed), 2);

    let cx = answering(|_| data(401, &json!({ "message": "no" })));
    let site = Site::new(&cx, FAR, BASE, Login::Exchanged(Box::new(&tokens)));
    let error = site.send(Call::get("/a")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert_eq!(cx.records().requests.len(), 2);
}

fn request() -> StepRequest {
    RequestBuilder::new("far/start", json!({})).build()
}

fn lost() -> Error {
    Error::new(ErrorKind::Unknown, Code::new("POD0410"), "The line broke.")
}

#[tokio::test]
async fn a_job_whose_reply_was_lost_is_found_and_not_begun_again() {
    let cx = FakeContext::playing([]);
    let begun = AtomicUsize::new(0);
    let start = || async {
        begun.fetch_add(1, Ordering::Relaxed);
        Err(lost())
    };
    let found = || async { Ok(Some("job-1".to_owned())) };
    let id = begin(&cx, &request(), Search::Certain, found, start).await;
    assert_eq!(id.unwrap(), "job-1");
    assert_eq!(begun.load(Ordering::Relaxed), 1);
    assert_eq!(cx.records().accepted, ["job-1"]);
}

#[tokio::test]
async fn a_job_that_is_surely_not_there_is_begun_once_more() {
    let cx = FakeContext::playing([]);
    let begun = AtomicUsize::new(0);
    let start = || async {
        match begun.fetch_add(1, Ordering::Relaxed) {
            0 => Err(lost()),
            _ => Ok("job-2".to_owned()),
        }
    };
    let none = || async { Ok(None) };
    let id = begin(&cx, &request(), Search::Certain, none, start).await;
    assert_eq!(id.unwrap(), "job-2");
    let error = begin(&cx, &request(), Search::Likely, none, || async {
        Err(lost())
    })
    .await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Unknown);
}

#[tokio::test]
async fn after_a_crash_a_job_is_taken_up_and_not_begun() {
    let cx = FakeContext::playing([]);
    let never = || async { panic!("it must not be begun") };
    let known = RequestBuilder::new("far/start", json!({})).resumed(Some("job-3"));
    let none = || async { Ok(None) };
    let id = begin(&cx, &known.build(), Search::Likely, none, never).await;
    assert_eq!(id.unwrap(), "job-3");
    let lost = RequestBuilder::new("far/start", json!({}))
        .resumed(None)
        .build();
    let error = begin(&cx, &lost, Search::Likely, none, never)
        .await
        .unwrap_err();
    assert_eq!(error.code.as_str(), "POD0480");
}

const WORDS: Stages = Stages(&[
    ("Queued", Stage::Running),
    ("Done", Stage::Done),
    ("Canceled", Stage::Stopped),
]);

struct Played {
    words: Vec<Result<&'static str>>,
    stopped: usize,
}

#[async_trait]
impl Job for Played {
    async fn look(&mut self) -> Result<Look> {
        let next = if self.words.len() > 1 {
            self.words.remove(0)
        } else {
            self.words[0].clone()
        };
        next.map(|word| Look {
            stage: WORDS.of(word),
            status: word.to_owned(),
            words: "Working".to_owned(),
            done: None,
            lines: Vec::new(),
        })
    }

    async fn stop(&mut self) -> Result<()> {
        self.stopped += 1;
        Ok(())
    }
}

fn played(words: impl IntoIterator<Item = Result<&'static str>>) -> Played {
    Played {
        words: words.into_iter().collect(),
        stopped: 0,
    }
}

#[tokio::test]
async fn an_unknown_word_does_not_end_a_job() {
    let cx = FakeContext::playing([]);
    let mut job = played([Ok("queued"), Ok("Pondering"), Ok("Pondering"), Ok("Done")]);
    let last = follow(&cx, Pace::default(), &mut job).await.unwrap();
    assert_eq!(last.stage, Stage::Done);
    let log = cx.records().log;
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].text.contains("`Pondering`"), "{log:?}");
}

#[tokio::test]
async fn a_job_is_followed_through_a_broken_line_but_not_for_ever() {
    let cx = FakeContext::playing([]);
    let down = || Error::new(ErrorKind::Unreachable, Code::new("POD0409"), "Down.");
    let mut job = played([Err(down()), Err(down()), Ok("Done")]);
    assert_eq!(
        follow(&cx, Pace::default(), &mut job).await.unwrap().stage,
        Stage::Done
    );
    let mut job = played([Err(down())]);
    let error = follow(&cx, Pace::default(), &mut job).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn a_cancelled_job_is_asked_to_stop_once_and_seen_to_its_end() {
    let cx = FakeContext::playing([]);
    cx.cancel();
    let mut job = played([Ok("Queued"), Ok("Queued"), Ok("Canceled")]);
    let error = follow(&cx, Pace::default(), &mut job).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(job.stopped, 1);

    let mut stubborn = played([Ok("Queued")]);
    let error = follow(&cx, Pace::default(), &mut stubborn)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert!(error.message.contains("not stopped yet"), "{error}");
}

#[tokio::test]
async fn a_preview_may_post_only_what_looks() {
    let cx = answering(|_| data(200, &json!({})));
    cx.set_phase(Phase::Read);
    let call = Call::post("/search", &json!({ "q": 1 }));
    assert!(site(&cx).send(call.clone()).await.is_err());
    assert!(site(&cx).send(call.looks()).await.is_ok());
}
