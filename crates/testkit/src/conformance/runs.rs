//! What does something.

use podium_connector::{Connector, Observed, Phase, StepRequest, Verb};
use podium_diagnostics::ErrorKind;
use serde_json::Value;

use super::{
    CANARY, Scene, Subject, Told, after_crash, again, against, is_possible, is_sentence,
    operation_of,
};
use crate::{FakeContext, Walked, walk};

/// A scene, walked from its preview to its verification.
async fn walked(subject: &dyn Subject, scene: &Scene) -> (FakeContext, Walked) {
    let cx = subject.context().await;
    let walked = walk(subject.connector().as_ref(), &cx, &scene.request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error:?}", scene.request.operation));
    (cx, walked)
}

/// The outputs fit their schema.
pub async fn a_run_gives_the_outputs_it_promises(subject: &dyn Subject) -> Told {
    for scene in subject.scenes() {
        let (_, walked) = walked(subject, &scene).await;
        let operation = operation_of(subject.connector().as_ref(), &scene.request);
        let mut schema = operation.output.clone();
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| {
                !walked
                    .outcome
                    .hidden
                    .iter()
                    .any(|hidden| name.as_str() == Some(hidden))
            });
        }
        let outputs = Value::Object(walked.outcome.outputs);
        let problems = against(&schema, &outputs);
        assert!(
            problems.is_empty(),
            "{}: {problems:?} in {outputs}",
            operation.name
        );
    }
    Ok(())
}

/// A sentence in the present, at least once where something is changed.
pub async fn a_run_says_what_it_does(subject: &dyn Subject) -> Told {
    for scene in subject.scenes() {
        let (cx, _) = walked(subject, &scene).await;
        let operation = operation_of(subject.connector().as_ref(), &scene.request);
        let progress = cx.records().progress;
        assert!(
            !operation.writes || !progress.is_empty(),
            "{} says nothing",
            operation.name
        );
        for one in progress {
            assert!(!one.words.trim().is_empty(), "{one:?}");
        }
    }
    Ok(())
}

/// Links are addresses that a browser opens.
pub async fn what_was_made_leads_to_a_page(subject: &dyn Subject) -> Told {
    for scene in subject.scenes() {
        let (_, walked) = walked(subject, &scene).await;
        for made in walked.outcome.made {
            assert!(!made.kind.is_empty() && !made.name.is_empty(), "{made:?}");
            if let Some(link) = made.link {
                assert!(
                    link.starts_with("https://") || link.starts_with("http://127.0.0.1"),
                    "{link}"
                );
            }
        }
    }
    Ok(())
}

/// Durable before the job is waited for, and never two for one attempt.
pub async fn the_far_id_is_kept(subject: &dyn Subject) -> Told {
    let mut any = false;
    for scene in subject.scenes().into_iter().filter(|scene| scene.has_job) {
        any = true;
        let (cx, _) = walked(subject, &scene).await;
        let accepted = cx.records().accepted;
        assert_eq!(
            accepted.len(),
            1,
            "{}: {accepted:?}",
            scene.request.operation
        );
        assert!(!accepted[0].is_empty());
    }
    if any {
        Ok(())
    } else {
        Err("no operation begins a job at the far side".into())
    }
}

/// `verify` agrees with what `run` did; [`walk`] calls it.
pub async fn what_ran_is_verified(subject: &dyn Subject) -> Told {
    for scene in subject.scenes() {
        let (cx, walked) = walked(subject, &scene).await;
        cx.set_phase(Phase::Read);
        subject
            .connector()
            .verify(&cx, &scene.request, &walked.outcome)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", scene.request.operation));
    }
    Ok(())
}

/// Not in what is shown, not in what is kept, not on the disk.
pub async fn no_secret_is_seen_anywhere(subject: &dyn Subject) -> Told {
    for scene in subject.scenes() {
        let (cx, walked) = walked(subject, &scene).await;
        let records = cx.records();
        let seen = format!("{walked:?} {records:?}");
        let operation = &scene.request.operation;
        assert!(!seen.contains(CANARY), "{operation}: {seen}");
        let state = cx.simulator_state().unwrap_or_default();
        assert!(!state.contains(CANARY), "{operation}: in the simulator");
        for file in cx.all_files() {
            let content = std::fs::read(&file).unwrap_or_default();
            let found = content
                .windows(CANARY.len())
                .any(|part| part == CANARY.as_bytes());
            assert!(!found, "{operation}: in {}", file.display());
        }
    }
    Ok(())
}

/// `run` with `resumed` set, on what was begun.
pub async fn after_a_crash_it_is_taken_up_and_not_done_twice(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let (cx, _) = walked(subject, &scene).await;
        let once = subject.things(&cx).await;
        cx.set_phase(Phase::Write);
        let request = after_crash(&cx, &scene.request);
        match connector.run(&cx, &request).await {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind, ErrorKind::Unknown, "{error:?}"),
        }
        assert_eq!(
            subject.things(&cx).await,
            once,
            "{}",
            scene.request.operation
        );
    }
    Ok(())
}

/// After a crash before the first call.
pub async fn before_it_began_nothing_is_adopted(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        cx.set_phase(Phase::Read);
        let request = StepRequest {
            resumed: true,
            ..scene.request.clone()
        };
        let observed = observe(connector.as_ref(), &cx, &request).await;
        match observed {
            Observed::NeverStarted => {}
            Observed::Unknown { because } => assert!(is_sentence(&because), "{because}"),
            // What is the same twice may always be taken up.
            Observed::Adopt => {
                let operation = operation_of(connector.as_ref(), &scene.request);
                assert!(
                    !operation.writes
                        || operation.delivery == podium_connector::Delivery::Idempotent,
                    "{} adopts what never began",
                    operation.name
                );
            }
        }
    }
    Ok(())
}

async fn observe(connector: &dyn Connector, cx: &FakeContext, request: &StepRequest) -> Observed {
    connector
        .observe(cx, request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error:?}", request.operation))
}

/// After a crash with the far id in the journal.
pub async fn after_it_began_it_is_adopted(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let mut any = false;
    for scene in subject.scenes().into_iter().filter(|scene| scene.has_job) {
        any = true;
        let (cx, _) = walked(subject, &scene).await;
        cx.set_phase(Phase::Read);
        let request = after_crash(&cx, &scene.request);
        let observed = observe(connector.as_ref(), &cx, &request).await;
        assert_eq!(observed, Observed::Adopt, "{}", scene.request.operation);
    }
    if any {
        Ok(())
    } else {
        Err("no operation begins a job at the far side".into())
    }
}

/// The second run of a workflow.
pub async fn a_second_run_is_harmless_or_told(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let (cx, _) = walked(subject, &scene).await;
        let request = again(&scene.request, "podium-run-second-step-1");
        match walk(connector.as_ref(), &cx, &request).await {
            Ok(_) => {}
            Err(error) => {
                assert!(
                    matches!(
                        error.kind,
                        ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Invalid
                    ),
                    "{error:?}"
                );
                assert!(error.hint.is_some(), "{error:?}");
            }
        }
    }
    Ok(())
}

/// Cancelled from the beginning: nothing goes on unseen.
pub async fn a_cancelled_run_stops(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    for scene in subject.scenes() {
        let cx = subject.context().await;
        cx.begin_attempt();
        cx.set_phase(Phase::Read);
        let preview = connector.preview(&cx, &scene.request).await;
        let preview = preview.unwrap_or_else(|error| panic!("{error:?}"));
        cx.begin_attempt();
        let prepared = connector.prepare(&cx, &scene.request, &preview).await;
        prepared.unwrap_or_else(|error| panic!("{error:?}"));
        cx.set_phase(Phase::Write);
        cx.cancel();
        if let Err(error) = connector.run(&cx, &scene.request).await {
            assert_eq!(error.kind, ErrorKind::Cancelled, "{error:?}");
        }
        cx.set_phase(Phase::Read);
        let request = after_crash(&cx, &scene.request);
        let goes_on = connector.cancelled(&cx, &request).await;
        for what in goes_on.unwrap_or_else(|error| panic!("{error:?}")).what {
            assert!(is_sentence(&what), "{what}");
        }
    }
    Ok(())
}

/// `drift` is empty where nobody changed anything.
pub async fn nothing_drifts_right_after_a_run(subject: &dyn Subject) -> Told {
    let connector = subject.connector();
    let mut any = false;
    for scene in subject.scenes() {
        if !is_possible(connector.as_ref(), &scene.request, Verb::Drift) {
            continue;
        }
        any = true;
        let (cx, _) = walked(subject, &scene).await;
        cx.set_phase(Phase::Read);
        let drift = connector.drift(&cx, &scene.request).await;
        let drift = drift.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(drift.items, [], "{}", scene.request.operation);
    }
    if any {
        Ok(())
    } else {
        Err("no operation can tell drift, and the manifest says why".into())
    }
}
