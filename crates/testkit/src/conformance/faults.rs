//! Troubles on the line and in front of the far system.

use podium_connector::weather::{Does, Rule, Weather};
use podium_connector::{Method, Phase, StepRequest};
use podium_diagnostics::{Error, ErrorKind};

use super::{Line, Subject, Told, after_crash};
use crate::{FakeContext, walk};

const ELSEWHERE: &str = "https://elsewhere.example/login?next=1";

/// The first scene, or why the line has no weather.
fn scene(subject: &dyn Subject) -> Result<(StepRequest, &'static str), String> {
    match subject.line() {
        Line::Http { start } => {
            let scenes = subject.scenes();
            let scene = scenes
                .iter()
                .find(|scene| scene.has_job)
                .or(scenes.first())
                .expect("a subject has a scene");
            Ok((scene.request.clone(), start))
        }
        Line::Process => Err("it drives a program, which has its own line".into()),
    }
}

/// Asks who acts, in this weather.
async fn identified(subject: &dyn Subject, rule: Rule) -> (FakeContext, Error) {
    let (request, _) = scene(subject).expect("the caller asked");
    let cx = subject.context().await;
    cx.set_weather(rule);
    cx.set_phase(Phase::Read);
    let told = subject.connector().identify(&cx, &request).await;
    (cx, told.expect_err("the weather is bad"))
}

/// 401 whatever is sent.
pub async fn a_refused_credential_is_told_with_the_next_action(subject: &dyn Subject) -> Told {
    scene(subject)?;
    let (_, error) = identified(subject, Does::status(401)).await;
    assert_eq!(error.kind, ErrorKind::Unauthorized, "{error:?}");
    assert!(error.hint.is_some(), "{error:?}");
    Ok(())
}

/// 429 with `Retry-After`, three times on the way; it takes longer, and is done once.
pub async fn throttled_it_waits_and_goes_on(subject: &dyn Subject) -> Told {
    let (request, _) = scene(subject)?;
    let calm = subject.context().await;
    walked(subject, &calm, &request).await;
    let cx = subject.context().await;
    let before = podium_connector::Context::now(&cx);
    cx.set_weather(
        Weather::fair()
            .and(Does::throttle(2).times(2))
            .and(Does::throttle(2).after(4).times(1)),
    );
    walked(subject, &cx, &request).await;
    assert_eq!(
        subject.things(&cx).await.len(),
        subject.things(&calm).await.len()
    );
    let waited = podium_connector::Context::now(&cx) - before;
    assert!(waited >= 6_000, "it waited {waited} ms");
    Ok(())
}

async fn walked(subject: &dyn Subject, cx: &FakeContext, request: &StepRequest) {
    walk(subject.connector().as_ref(), cx, request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error:?}", request.operation));
}

/// Not for ever: it gives up and says what to do.
pub async fn throttled_for_ever_it_says_so(subject: &dyn Subject) -> Told {
    scene(subject)?;
    let (_, error) = identified(subject, Does::throttle(1)).await;
    assert_eq!(error.kind, ErrorKind::Throttled, "{error:?}");
    assert!(error.hint.is_some(), "{error:?}");
    Ok(())
}

/// The token ends after the first calls of the run. A session is made anew; a fixed key is refused, and
/// the step is taken up with the next one.
pub async fn an_expired_session_loses_nothing(subject: &dyn Subject) -> Told {
    let (request, _) = scene(subject)?;
    let connector = subject.connector();
    let calm = subject.context().await;
    walked(subject, &calm, &request).await;
    for let_through in [1, 3, 6] {
        let cx = subject.context().await;
        cx.begin_attempt();
        cx.set_weather(Does::Expire.rule().after(let_through).times(1));
        let told = connector.run(&cx, &request).await;
        cx.set_weather(Weather::fair());
        if let Err(error) = told {
            assert_eq!(error.kind, ErrorKind::Unauthorized, "{error:?}");
            assert!(error.hint.is_some(), "{error:?}");
            let later = after_crash(&cx, &request);
            connector
                .run(&cx, &later)
                .await
                .or_else(not_begun)
                .unwrap_or_else(|error| panic!("{error:?}"));
        }
        let (expired, calm) = (subject.things(&cx).await, subject.things(&calm).await);
        assert!(
            expired.len() <= calm.len(),
            "{expired:?} instead of {calm:?}"
        );
    }
    Ok(())
}

/// A system without a key asks a person where nobody can tell.
fn not_begun(error: Error) -> Result<podium_connector::Outcome, Error> {
    if error.kind == ErrorKind::Unknown {
        Ok(podium_connector::Outcome::default())
    } else {
        Err(error)
    }
}

/// The call was handled, and its reply is lost.
pub async fn a_lost_reply_is_not_done_twice(subject: &dyn Subject) -> Told {
    let (request, start) = scene(subject)?;
    let connector = subject.connector();
    let calm = subject.context().await;
    let at_first = subject.things(&calm).await;
    walked(subject, &calm, &request).await;
    let once = subject.things(&calm).await;
    let mut met = 0;
    for method in [Method::Post, Method::Put, Method::Patch] {
        let cx = subject.context().await;
        cx.begin_attempt();
        cx.set_weather(Does::Cut.rule().of(method).at(start).times(1));
        let told = connector.run(&cx, &request).await;
        met += cx.weather().rules.iter().map(Rule::met).sum::<u32>();
        if let Err(error) = told {
            assert!(
                matches!(error.kind, ErrorKind::Unknown | ErrorKind::Unreachable),
                "{error:?}"
            );
            let later = after_crash(&cx, &request);
            connector
                .run(&cx, &later)
                .await
                .or_else(not_begun)
                .unwrap_or_else(|error| panic!("{error:?}"));
        }
        let things = subject.things(&cx).await;
        assert_eq!(things.len(), once.len(), "{things:?} instead of {once:?}");
    }
    assert!(met > 0, "no call that writes has `{start}` in its path");
    assert!(at_first.len() <= once.len());
    Ok(())
}

/// Once; nobody notices but the log.
pub async fn a_refused_connection_is_tried_again(subject: &dyn Subject) -> Told {
    let (request, _) = scene(subject)?;
    let cx = subject.context().await;
    cx.set_weather(Does::Refuse.rule().of(Method::Get).times(1));
    cx.set_phase(Phase::Read);
    let told = subject.connector().preview(&cx, &request).await;
    told.unwrap_or_else(|error| panic!("{error:?}"));
    Ok(())
}

/// For ever.
pub async fn an_unreachable_system_is_told(subject: &dyn Subject) -> Told {
    scene(subject)?;
    let (_, error) = identified(subject, Does::Refuse.rule()).await;
    assert!(
        matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Unknown),
        "{error:?}"
    );
    assert!(error.hint.is_some(), "{error:?}");
    Ok(())
}

/// A gateway's 503 while the job is watched.
pub async fn a_fault_of_the_server_in_the_middle_loses_nothing(subject: &dyn Subject) -> Told {
    let (request, _) = scene(subject)?;
    let calm = subject.context().await;
    walked(subject, &calm, &request).await;
    let cx = subject.context().await;
    cx.begin_attempt();
    cx.set_weather(
        Weather::fair()
            .and(Does::status(503).of(Method::Get).after(3).times(2))
            .and(Does::html(502).of(Method::Get).after(6).times(1)),
    );
    let told = subject.connector().run(&cx, &request).await;
    told.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(
        subject.things(&cx).await.len(),
        subject.things(&calm).await.len()
    );
    Ok(())
}

/// Not "unexpected token <": a proxy's page.
pub async fn a_proxys_page_is_called_one(subject: &dyn Subject) -> Told {
    scene(subject)?;
    for status in [200, 500, 502] {
        let (_, error) = identified(subject, Does::html(status)).await;
        let told = error.to_string().to_lowercase();
        assert!(
            ["web page", "proxy", "is not", "html"]
                .iter()
                .any(|word| told.contains(word)),
            "{status}: {error:?}"
        );
        assert!(error.hint.is_some(), "{error:?}");
    }
    Ok(())
}

/// The credential stays here.
pub async fn a_redirect_is_not_followed(subject: &dyn Subject) -> Told {
    scene(subject)?;
    let (cx, error) = identified(subject, Does::redirect(ELSEWHERE)).await;
    assert!(
        error.message.contains("elsewhere.example") || error.hint.is_some(),
        "{error:?}"
    );
    for asked in cx.records().requests {
        assert!(!asked.contains("elsewhere.example"), "{asked}");
    }
    Ok(())
}
