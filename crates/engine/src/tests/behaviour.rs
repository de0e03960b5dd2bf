//! Edges, joins, conditions, inputs, retries, timeouts, cancel, undo.

use podium_connector::Delivery;
use podium_diagnostics::{ErrorKind, Retry};
use serde_json::json;

use super::world::{Act, Acts, World, plan, plan_with};
use crate::event::{EventBody, Skip, StepEvent};
use crate::state::Phase;
use crate::{Answer, Command, Effect, decide};

fn fail() -> Act {
    Act::Fail(ErrorKind::Failed)
}

fn run(steps: &serde_json::Value, acts: Acts) -> World<Acts> {
    let mut world = World::started(&plan(steps), acts);
    world.run();
    world
}

#[test]
fn a_step_goes_through_its_states_in_order() {
    let world = run(&json!([{"id": "a"}]), Acts::default());
    assert_eq!(
        world.told("a"),
        [
            "step.ready",
            "step.intent",
            "step.dispatched",
            "step.succeeded"
        ]
    );
    assert_eq!(
        world.told(""),
        ["run.created", "run.started", "run.succeeded"]
    );
}

#[test]
fn a_workflow_without_steps_succeeds_at_once() {
    assert_eq!(run(&json!([]), Acts::default()).outcome(), "run.succeeded");
}

#[test]
fn outputs_flow_into_inputs_conditions_and_the_outputs_of_the_run() {
    let steps = json!([
        {"id": "network"},
        {"id": "servers", "edges": ["network:data"],
         "with": {"hosts": "${{ steps.network.outputs.hosts }}", "words": "in ${{ inputs.size }}"}},
        {"id": "never", "edges": ["network:data"], "condition": "steps.network.outputs.count > 5"},
        {"id": "after", "edges": ["never:always"], "with": {"was": "${{ steps.never.status }}"}},
    ]);
    let more = json!({"outputs": {"first": "${{ steps.network.outputs.hosts[0] }}", "gone": "${{ steps.never.outputs.x }}"}});
    let acts = Acts::new(&[(
        "network",
        Act::Succeed(json!({"hosts": ["h1", "h2"], "count": 2})),
    )]);
    let mut world = World::started(&plan_with(&steps, &more), acts);
    world.run();
    assert_eq!(
        json!(world.inputs("servers")),
        json!({"hosts": ["h1", "h2"], "words": "in small"})
    );
    assert_eq!(world.phase("never"), Phase::Skipped(Skip::Condition));
    assert_eq!(json!(world.inputs("after")), json!({"was": "skipped"}));
    assert_eq!(json!(world.outputs()), json!({"first": "h1"}));
}

#[test]
fn an_expression_without_a_value_fails_the_step_and_names_itself() {
    let steps = json!([
        {"id": "a"},
        {"id": "b", "edges": ["a:data"], "with": {"x": "${{ steps.a.outputs.typo }}"}},
        {"id": "c", "edges": ["a:data"], "condition": "steps.a.outputs.typo"},
    ]);
    let world = run(&steps, Acts::default());
    let error = world.last_error("b");
    assert_eq!(error.code.as_str(), "POD0728");
    assert!(
        error.message.contains("${{ steps.a.outputs.typo }}"),
        "{}",
        error.message
    );
    assert_eq!(world.outcome(), "run.failed");
}

#[test]
fn edges_follow_the_way_a_step_went() {
    let steps = json!([
        {"id": "page", "on_error": "continue"},
        {"id": "ok", "edges": ["page"]},
        {"id": "tell", "edges": ["page:failure"]},
        {"id": "clean", "edges": ["page:always"]},
        {"id": "later", "edges": ["ok:always"]},
    ]);
    let world = run(&steps, Acts::new(&[("page", fail())]));
    assert_eq!(world.phase("ok"), Phase::Skipped(Skip::Needs));
    assert_eq!(world.phase("tell"), Phase::Succeeded);
    assert_eq!(world.phase("clean"), Phase::Succeeded);
    assert_eq!(world.phase("later"), Phase::Succeeded);
    assert_eq!(world.outcome(), "run.succeeded");

    let world = run(&steps, Acts::default());
    assert_eq!(world.phase("tell"), Phase::Skipped(Skip::Needs));
}

#[test]
fn a_failure_stops_the_run_and_only_what_deals_with_it_begins() {
    let steps = json!([
        {"id": "page"},
        {"id": "tell", "edges": ["page:failure"]},
        {"id": "told", "edges": ["tell"]},
        {"id": "slow"},
        {"id": "next", "edges": ["slow"]},
    ]);
    let world = run(&steps, Acts::new(&[("page", fail())]));
    assert_eq!(world.phase("tell"), Phase::Succeeded);
    assert_eq!(world.phase("told"), Phase::Succeeded);
    assert_eq!(world.phase("next"), Phase::Skipped(Skip::Stopped));
    assert_eq!(world.outcome(), "run.failed");
}

#[test]
fn joins_count_edges_that_went_the_wanted_way() {
    for (join, failing, runs) in [
        (json!("any"), vec!["a", "b"], true),
        (json!("any"), vec!["a", "b", "c"], false),
        (json!(2), vec!["a"], true),
        (json!(2), vec!["a", "b"], false),
        (json!("all"), vec!["c"], false),
        (json!(9), vec![], true),
    ] {
        let steps = json!([
            {"id": "a", "on_error": "continue"}, {"id": "b", "on_error": "continue"},
            {"id": "c", "on_error": "continue"},
            {"id": "end", "edges": ["a", "b", "c"], "join": join},
        ]);
        let acts: Vec<(&str, Act)> = failing.iter().map(|step| (*step, fail())).collect();
        let world = run(&steps, Acts::new(&acts));
        let ran = world.phase("end") == Phase::Succeeded;
        assert_eq!(ran, runs, "join {join} with {failing:?} failing");
        assert_eq!(world.told("end").len(), if runs { 4 } else { 1 });
    }
}

#[test]
fn a_step_that_is_off_is_passed_through() {
    let steps =
        json!([{"id": "a"}, {"id": "b", "edges": ["a"], "off": true}, {"id": "c", "edges": ["b"]}]);
    let world = run(&steps, Acts::default());
    assert_eq!(world.told("b"), ["step.skipped"]);
    assert_eq!(world.phase("c"), Phase::Succeeded);
}

#[test]
fn temporary_errors_are_tried_again_with_growing_waits() {
    let steps =
        json!([{"id": "a", "retry": {"attempts": 4, "backoff": 1000, "factor": 3.0, "max": 5000}}]);
    let steps = replace_durations(steps);
    let busy = || ("a", Act::Fail(ErrorKind::Throttled));
    let world = run(&steps, Acts::new(&[busy(), busy(), busy()]));
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(world.timers, [1000, 3000, 5000]);

    let world = run(&steps, Acts::new(&[busy(), busy(), busy(), busy()]));
    assert_eq!(world.outcome(), "run.failed");
    assert_eq!(world.last_error("a").retry, Retry::Persistent);
}

#[test]
fn a_step_whose_preview_was_overtaken_is_looked_at_again_at_once_and_not_for_ever() {
    let once = |acts: &[(&str, Act)]| Acts {
        delivery: Some(Delivery::AtMostOnce),
        ..Acts::new(acts)
    };
    let stale = || ("a", Act::Fail(ErrorKind::Stale));
    let plain = json!([{"id": "a"}]);
    let world = run(&plain, once(&[stale()]));
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(world.timers, [0]);
    let told = world.told("a");
    let looks = told.iter().filter(|kind| **kind == "step.ready").count();
    assert_eq!(looks, 2, "{told:?}");
    let many: Vec<_> = (0..9).map(|_| stale()).collect();
    assert_eq!(run(&plain, once(&many)).outcome(), "run.failed");
}

/// Durations of the retry rule as the document's type has them in JSON.
fn replace_durations(steps: serde_json::Value) -> serde_json::Value {
    let wanted = serde_json::to_value(podium_model::document::Duration { millis: 1000 }).unwrap();
    if wanted == json!(1000) {
        return steps;
    }
    let mut steps = steps;
    for step in steps.as_array_mut().unwrap() {
        for path in ["/retry/backoff", "/retry/max", "/timeout"] {
            if let Some(value) = step.pointer_mut(path)
                && let Some(millis) = value.as_u64()
            {
                *value = serde_json::to_value(podium_model::document::Duration { millis }).unwrap();
            }
        }
    }
    steps
}

#[test]
fn what_cannot_be_repeated_is_tried_again_only_when_the_author_says_so() {
    let once = |acts: &[(&str, Act)]| Acts {
        delivery: Some(Delivery::AtMostOnce),
        ..Acts::new(acts)
    };
    let busy = ("a", Act::Fail(ErrorKind::Throttled));
    let plain = json!([{"id": "a"}]);
    assert_eq!(
        run(&plain, once(std::slice::from_ref(&busy))).outcome(),
        "run.failed"
    );
    assert_eq!(
        run(&plain, Acts::new(std::slice::from_ref(&busy))).outcome(),
        "run.succeeded"
    );
    let asked = json!([{"id": "a", "retry": {"attempts": 2, "on": []}}]);
    assert_eq!(run(&asked, once(&[busy])).outcome(), "run.succeeded");
}

#[test]
fn the_author_can_name_errors_to_try_again() {
    for (on, outcome) in [
        (json!(["POD0499"]), "run.succeeded"),
        (json!(["failed"]), "run.succeeded"),
        (json!(["throttled", "POD0001"]), "run.failed"),
        (json!([]), "run.failed"),
    ] {
        let steps = json!([{"id": "a", "retry": {"attempts": 2, "on": on}}]);
        assert_eq!(
            run(&steps, Acts::new(&[("a", fail())])).outcome(),
            outcome,
            "{on}"
        );
    }
}

#[test]
fn what_takes_too_long_is_stopped_and_fails() {
    let steps = replace_durations(json!([{"id": "a", "timeout": 120_000}]));
    let acts = Acts {
        delivery: Some(Delivery::AtMostOnce),
        ..Acts::new(&[("a", Act::Hang)])
    };
    let world = run(&steps, acts);
    let error = world.last_error("a");
    assert_eq!(error.code.as_str(), "POD0727");
    assert!(error.message.contains("2 min"), "{}", error.message);
}

#[test]
fn what_may_have_happened_is_never_done_again_by_itself() {
    let world = run(
        &json!([{"id": "a", "retry": {"attempts": 9, "on": ["unknown"]}}]),
        Acts::new(&[("a", Act::Unknown)]),
    );
    assert_eq!(world.phase("a"), Phase::Unknown);
    assert_eq!(world.outcome(), "run.waiting");
    assert_eq!(world.far.begins.len(), 1);
    let failed = run(
        &json!([{"id": "a"}]),
        Acts::new(&[("a", Act::Fail(ErrorKind::Unknown))]),
    );
    assert_eq!(failed.phase("a"), Phase::Unknown);
}

#[test]
fn a_cancel_stops_what_runs_and_begins_nothing() {
    let steps = json!([
        {"id": "a"}, {"id": "b", "edges": ["a"]}, {"id": "clean", "edges": ["a:always"]},
        {"id": "done"}, {"id": "gate", "approval": true, "with": {"message": "Go?"}},
    ]);
    let mut world = World::started(&plan(&steps), Acts::new(&[("a", Act::Hang)]));
    world.run();
    world.command(Command::Cancel { by: "ada".into() });
    world.run();
    assert_eq!(world.outcome(), "run.cancelled");
    assert_eq!(world.phase("a"), Phase::Cancelled);
    for skipped in ["b", "clean", "gate"] {
        assert_eq!(
            world.phase(skipped),
            Phase::Skipped(Skip::Cancelled),
            "{skipped}"
        );
    }
    assert_eq!(world.phase("done"), Phase::Succeeded);
    let refused = world
        .ask(&Command::Cancel { by: "ada".into() })
        .unwrap_err();
    assert_eq!(refused.error().code.as_str(), "POD0732");
}

#[test]
fn a_cancel_tells_what_goes_on_at_the_far_side() {
    let mut world = World::started(&plan(&json!([{"id": "a"}])), Acts::new(&[("a", Act::Hang)]));
    world.run();
    world.command(Command::Cancel { by: "ada".into() });
    world.reports.clear();
    world.command(Command::Ended {
        step: "a".parse().unwrap(),
        attempt: 1,
        still_running: vec!["The stack is still being made.".into()],
    });
    match &world.journal.last().unwrap().body {
        EventBody::Run(crate::event::RunEvent::Cancelled(cancelled)) => {
            assert_eq!(cancelled.still_running, ["The stack is still being made."]);
        }
        other => panic!("{}", other.name()),
    }
}

#[test]
fn an_undo_run_ends_its_steps_as_undone_and_takes_inputs_as_they_were() {
    let steps = json!([{
        "id": "a", "with": {"text": "${{ this is text now }}"},
        "work": {"kind": "undo", "of": "a", "record": {"undo": {"class": "delete", "because": null}, "record": {}}},
    }]);
    let mut world = World::started(
        &plan_with(&steps, &json!({"undoes": "run_before"})),
        Acts::default(),
    );
    world.run();
    assert_eq!(world.phase("a"), Phase::Undone);
    assert_eq!(
        json!(world.inputs("a")),
        json!({"text": "${{ this is text now }}"})
    );
    assert_eq!(world.outcome(), "run.succeeded");
}

#[test]
fn late_reports_change_nothing() {
    let mut world = run(&json!([{"id": "a"}]), Acts::default());
    let before = world.journal.len();
    let late = |attempt| Command::Failed {
        step: "a".parse().unwrap(),
        attempt,
        error: super::world::error(ErrorKind::Failed),
    };
    world.command(late(1));
    world.command(late(7));
    world.command(Command::Unlocked);
    world.command(Command::Resume);
    assert_eq!(world.journal.len(), before);
}

#[test]
fn the_last_lines_of_a_log_are_kept_after_the_end() {
    let mut world = run(&json!([{"id": "a"}]), Acts::default());
    world.command(Command::Log {
        step: "a".parse().unwrap(),
        attempt: 1,
        lines: vec![podium_connector::LogLine {
            level: podium_connector::LogLevel::Info,
            text: "bye".into(),
        }],
    });
    assert_eq!(world.told("a").last(), Some(&"step.log"));
    assert!(world.state.phase().is_ended());
}

#[test]
fn a_locked_vault_makes_a_step_wait_and_not_fail() {
    let mut world = World::started(&plan(&json!([{"id": "a"}])), Acts::default());
    world.reports.clear();
    let locked = |attempt| Command::Locked {
        step: "a".parse().unwrap(),
        attempt,
        because: "The keychain is locked.".into(),
    };
    world.command(locked(1));
    assert_eq!(world.phase("a"), Phase::WaitingUnlock);
    assert_eq!(world.outcome(), "run.waiting");
    world.command(Command::Unlocked);
    let prepared = world.reports.remove(0);
    world.command(prepared);
    world.reports.clear();
    world.command(locked(1));
    assert_eq!(world.phase("a"), Phase::ParkedForUnlock);
    world.command(Command::Unlocked);
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(world.far.begins.len(), 1);
}

#[test]
fn a_key_is_the_same_for_every_try_of_an_attempt_and_fits_everywhere() {
    let run = "run_test".parse().unwrap();
    let step = "a[3]".parse().unwrap();
    let key = crate::key(&run, &step, 1);
    assert_eq!(key, crate::key(&run, &step, 1));
    assert_ne!(key, crate::key(&run, &step, 2));
    assert!(
        key.len() <= 64 && key.starts_with('p') && key.bytes().all(|b| b.is_ascii_alphanumeric())
    );
}

#[test]
fn a_step_can_be_tried_again_after_the_run_has_ended() {
    let steps = json!([
        {"id": "a"},
        {"id": "b", "edges": ["a:data"], "with": {"port": 1}},
        {"id": "c", "edges": ["b"]},
        {"id": "other", "edges": ["a"]},
    ]);
    let mut world = run(&steps, Acts::new(&[("b", fail())]));
    assert_eq!(world.outcome(), "run.failed");
    assert_eq!(world.phase("c"), Phase::Skipped(Skip::Needs));
    world.command(Command::Answer {
        step: "b".parse().unwrap(),
        answer: Answer::RetryWith(json!({"port": 2}).as_object().unwrap().clone()),
        by: "ada".into(),
        comment: None,
    });
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(world.phase("c"), Phase::Succeeded);
    assert_eq!(json!(world.inputs("b")), json!({"port": 2}));
    assert_eq!(world.told("a").len(), 4, "what succeeded is not done again");
}

#[test]
fn the_same_state_and_command_give_the_same_decision() {
    let mut world = World::started(&plan(&json!([{"id": "a"}, {"id": "b"}])), Acts::default());
    let report = world.reports[0].clone();
    let first = decide(&world.state, &report).unwrap();
    assert_eq!(first, decide(&world.state, &report).unwrap());
    assert!(
        first
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Perform { .. }))
    );
    world.run();
}

#[test]
fn every_event_of_a_skip_says_why_in_a_sentence() {
    let steps = json!([{"id": "a", "on_error": "continue"}, {"id": "b", "edges": ["a"]}]);
    let world = run(&steps, Acts::new(&[("a", fail())]));
    let because = world.journal.iter().find_map(|event| match &event.body {
        EventBody::Step {
            event: StepEvent::Skipped(skipped),
            ..
        } => Some(skipped.because.clone()),
        _ => None,
    });
    assert_eq!(because.as_deref(), Some("`a` failed."));
}
