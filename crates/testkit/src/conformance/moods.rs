//! Far systems that fail, dawdle, chatter, speak oddly and wait.

use std::time::Duration;

use podium_connector::{Context as _, EXPLAINED, Mode, Phase, StepRequest, Support, Verb};
use podium_diagnostics::{Error, ErrorKind, Result};

use super::{Mood, Subject, Told, after_crash, is_sentence, support};
use crate::{FakeContext, Walked, walk};

/// Lines that a talkative job writes at least.
const MANY: usize = 2_000;
/// Calls that reading such a log may take: far fewer than lines.
const FEW: usize = 400;

async fn tried(subject: &dyn Subject, request: &StepRequest) -> (FakeContext, Result<Walked>) {
    let cx = subject.context().await;
    let told = walk(subject.connector().as_ref(), &cx, request).await;
    (cx, told)
}

/// Lets the run go on: counted time by a step, real time by a little.
async fn a_moment(cx: &FakeContext) {
    if cx.mode() == Mode::Simulated {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn assert_told(error: &Error) {
    assert!(is_sentence(&error.message), "{error:?}");
    assert!(error.hint.is_some(), "{error:?}");
}

/// Its own words, and what to do.
pub async fn a_failed_job_gives_the_systems_own_reason(subject: &dyn Subject) -> Told {
    let request = subject.mood(Mood::Fails)?;
    let (_, told) = tried(subject, &request).await;
    let error = told.expect_err("it fails");
    assert_eq!(error.kind, ErrorKind::Failed, "{error:?}");
    assert_told(&error);
    Ok(())
}

/// The far job is stopped, not only left.
pub async fn a_slow_job_can_be_cancelled(subject: &dyn Subject) -> Told {
    let request = subject.mood(Mood::Slow)?;
    let connector = subject.connector();
    let cx = subject.context().await;
    cx.begin_attempt();
    let scenes = subject.scenes();
    let has_job = scenes
        .iter()
        .any(|scene| scene.has_job && scene.request.operation == request.operation);
    let began = || {
        let records = cx.records();
        !records.accepted.is_empty() || (!has_job && !records.progress.is_empty())
    };
    let run = connector.run(&cx, &request);
    let cancel = async {
        while !began() {
            a_moment(&cx).await;
        }
        cx.cancel();
    };
    let (told, ()) = tokio::join!(run, cancel);
    let error = told.expect_err("it was cancelled");
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error:?}");
    cx.set_phase(Phase::Read);
    let later = after_crash(&cx, &request);
    let goes_on = connector.cancelled(&cx, &later).await;
    let goes_on = goes_on.unwrap_or_else(|error| panic!("{error:?}")).what;
    for what in &goes_on {
        assert!(is_sentence(what), "{what}");
    }
    // Either it has stopped, or it is said what goes on; a system that cannot stop says so before.
    match support(connector.as_ref(), &request, Verb::Cancel) {
        Support::Yes => assert!(goes_on.is_empty(), "it goes on: {goes_on:?}"),
        Support::Partly { .. } => {}
        Support::No { .. } => assert!(!goes_on.is_empty(), "nobody says what goes on"),
    }
    Ok(())
}

/// Every line once, in far fewer calls than lines.
pub async fn a_huge_log_is_told_line_by_line(subject: &dyn Subject) -> Told {
    let request = subject.mood(Mood::Chatty)?;
    let (cx, told) = tried(subject, &request).await;
    told.unwrap_or_else(|error| panic!("{error:?}"));
    let records = cx.records();
    assert!(records.log.len() >= MANY, "{} lines", records.log.len());
    assert!(
        records.requests.len() < FEW,
        "{} calls",
        records.requests.len()
    );
    Ok(())
}

/// A word that no document has ends nothing.
pub async fn an_unknown_state_is_watched_to_the_end(subject: &dyn Subject) -> Told {
    let request = subject.mood(Mood::OddState)?;
    let (cx, told) = tried(subject, &request).await;
    told.unwrap_or_else(|error| panic!("{error:?}"));
    let records = cx.records();
    assert!(
        records
            .log
            .iter()
            .any(|line| line.text.contains("does not know"))
            || records
                .progress
                .iter()
                .any(|one| one.words.contains("does not know")),
        "nobody says that the word is unknown"
    );
    Ok(())
}

/// Said in words, and waited for until the run is cancelled.
pub async fn a_person_at_the_far_side_is_waited_for(subject: &dyn Subject) -> Told {
    let request = subject.mood(Mood::WaitsForAPerson)?;
    let cx = subject.context().await;
    cx.begin_attempt();
    let connector = subject.connector();
    let waits = || {
        let told = cx.records().progress;
        told.iter().any(|one| {
            let words = one.words.to_lowercase();
            words.contains("wait") || words.contains("approv")
        })
    };
    let run = connector.run(&cx, &request);
    let cancel = async {
        while !waits() {
            a_moment(&cx).await;
        }
        cx.cancel();
    };
    let (told, ()) = tokio::join!(run, cancel);
    let error = told.expect_err("nobody answered");
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error:?}");
    Ok(())
}

/// From the input to the outputs.
pub async fn names_in_any_script_come_through(subject: &dyn Subject) -> Told {
    let request = subject.mood(Mood::OtherScripts)?;
    assert!(
        request
            .inputs
            .values
            .values()
            .any(|value| !value.to_string().is_ascii()),
        "the request is in plain ASCII"
    );
    let (_, told) = tried(subject, &request).await;
    told.unwrap_or_else(|error| panic!("{error:?}"));
    Ok(())
}

/// Cause and next action come from the list.
pub async fn a_known_error_is_explained(subject: &dyn Subject) -> Told {
    let request = subject.mood(Mood::Explained)?;
    let (_, told) = tried(subject, &request).await;
    let error = told.expect_err("it is refused");
    assert_told(&error);
    assert!(
        error.context.iter().any(|(name, _)| name == EXPLAINED),
        "{error:?}"
    );
    Ok(())
}
