//! Steps that call a workflow: its steps run as steps of the same run.

use podium_diagnostics::ErrorKind;
use podium_plan::Plan;
use serde_json::{Value, json};

use super::world::{Act, Acts, World, plan_with, replayed};
use crate::state::Phase;
use crate::{Answer, Command};

fn call(id: &str, edges: &[&str], more: &Value) -> Value {
    let mut step = json!({
        "id": id, "edges": edges, "with": {"workflow": "shop", "inputs": {"name": "west"}},
        "call": {
            "workflow": "shop", "title": "Shop", "version": "sha256:0",
            "inputs": {"type": "object", "properties": {
                "name": {"type": "string", "minLength": 2}, "size": {"type": "string", "default": "small"},
            }},
            "outputs": {"url": "${{ steps.two.outputs.url }}/${{ inputs.size }}", "none": "${{ steps.one.outputs.x }}"},
        },
    });
    for (key, value) in more.as_object().unwrap() {
        step[key] = value.clone();
    }
    step
}

/// `before → shop { one → two, on failure: broom } → after`.
fn shop(more: &Value) -> Plan {
    let steps = json!([
        {"id": "before"},
        call("shop", &["before:data"], more),
        {"id": "shop.one", "within": "shop", "with": {"name": "${{ inputs.name }}-${{ inputs.size }}"}},
        {"id": "shop.two", "within": "shop", "edges": ["shop.one:data"], "with": {"it": "${{ steps.one.status }}"}},
        {"id": "shop.broom", "within": "shop", "edges": ["shop.one:failure"]},
        {"id": "after", "edges": ["shop:data"], "with": {"url": "${{ steps.shop.outputs.url }}"}},
        {"id": "other"},
    ]);
    plan_with(
        &steps,
        &json!({"outputs": {"url": "${{ steps.shop.outputs.url }}"}}),
    )
}

fn fails(step: &str) -> (&str, Act) {
    (step, Act::Fail(ErrorKind::Failed))
}

fn phases<S: super::world::Script>(world: &World<S>) -> Vec<Phase> {
    world
        .state
        .steps()
        .map(|(_, state)| state.phase())
        .collect()
}

fn settled<S: super::world::Script>(world: &World<S>) {
    assert_eq!(replayed(&world.journal).cells, world.state.cells);
    if let Err(mismatch) = crate::replay(&world.journal) {
        panic!("{mismatch}");
    }
}

#[test]
fn a_call_begins_runs_its_steps_in_their_own_scope_and_gives_their_outputs() {
    let acts = Acts::new(&[("shop.two", Act::Succeed(json!({"url": "http://two"})))]);
    let mut world = World::started(&shop(&json!({})), acts);
    world.run();
    assert_eq!(world.told("shop"), ["step.ready", "step.succeeded"]);
    assert_eq!(
        Value::from(world.inputs("shop")),
        json!({"workflow": "shop", "inputs": {"name": "west", "size": "small"}})
    );
    assert_eq!(world.inputs("shop.one")["name"], "west-small");
    assert_eq!(world.inputs("shop.two")["it"], "succeeded");
    assert_eq!(world.inputs("after")["url"], "http://two/small");
    assert_eq!(world.outputs()["url"], "http://two/small");
    assert_eq!(world.outcome(), "run.succeeded");
    settled(&world);
}

#[test]
fn a_call_that_does_not_run_has_steps_that_do_not_run() {
    for (more, before) in [
        (
            json!({"condition": "inputs.size == 'large'"}),
            Act::Succeed(json!({})),
        ),
        (json!({"off": true}), Act::Succeed(json!({}))),
        (json!({}), Act::Fail(ErrorKind::Failed)),
    ] {
        let mut world = World::started(&shop(&more), Acts::new(&[("before", before)]));
        world.run();
        for step in ["shop", "shop.one", "shop.two", "shop.broom"] {
            assert!(
                matches!(world.phase(step), Phase::Skipped(_)),
                "{more}: {step}"
            );
        }
        assert!(world.state.phase().is_ended());
        settled(&world);
    }
}

#[test]
fn a_failure_stops_the_called_workflow_and_fails_the_call() {
    let mut world = World::started(&shop(&json!({})), Acts::new(&[fails("shop.one")]));
    world.run();
    assert_eq!(
        world.phase("shop.broom"),
        Phase::Succeeded,
        "what deals with it still runs"
    );
    assert_eq!(world.phase("shop"), Phase::Failed);
    let error = world.last_error("shop");
    assert_eq!(error.code.as_str(), "POD0736");
    assert_eq!(error.message, "`shop.one` failed. The far system said no.");
    assert!(matches!(world.phase("after"), Phase::Skipped(_)));
    assert_eq!(world.outcome(), "run.failed");
    settled(&world);
}

#[test]
fn what_a_failed_call_means_outside_is_said_by_its_on_error() {
    let plan = shop(&json!({"on_error": "continue"}));
    let mut world = World::started(&plan, Acts::new(&[fails("shop.one")]));
    world.run();
    assert_eq!(world.phase("shop.one"), Phase::Failed);
    assert_eq!(world.phase("shop"), Phase::FailedGoOn);
    assert_eq!(world.outcome(), "run.succeeded");

    let plan = shop(&json!({"on_error": "ask"}));
    for (answer, ends) in [
        (
            Answer::MarkDone(json!({"url": "u"}).as_object().unwrap().clone()),
            "run.succeeded",
        ),
        (Answer::GoOn, "run.succeeded"),
        (Answer::Stop, "run.failed"),
    ] {
        let acts = Acts::new(&[fails("shop.one")]).answering(&[("shop", answer)]);
        let mut world = World::started(&plan, acts);
        world.run();
        assert_eq!(world.outcome(), ends);
        settled(&world);
    }
}

#[test]
fn a_call_that_is_tried_again_keeps_what_was_done() {
    let plan = shop(&json!({"on_error": "ask"}));
    let url = Act::Succeed(json!({"url": "u"}));
    let acts =
        Acts::new(&[fails("shop.two"), ("shop.two", url)]).answering(&[("shop", Answer::Retry)]);
    let mut world = World::started(&plan, acts);
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(
        world.far.begins.len(),
        6,
        "before, one, two twice, after, other"
    );
    assert_eq!(world.inputs("after")["url"], "u/small");
    settled(&world);
}

#[test]
fn a_step_inside_an_ended_run_is_tried_again_and_its_call_goes_on() {
    let acts = Acts::new(&[
        fails("shop.one"),
        ("shop.two", Act::Succeed(json!({"url": "u"}))),
    ]);
    let mut world = World::started(&shop(&json!({})), acts);
    world.run();
    assert_eq!(world.outcome(), "run.failed");
    world.command(Command::Answer {
        step: "shop.one".parse().unwrap(),
        answer: Answer::Retry,
        by: "ada".into(),
        comment: None,
    });
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(world.phase("shop"), Phase::Succeeded);
    assert_eq!(world.phase("shop.two"), Phase::Succeeded);
    assert_eq!(world.inputs("after")["url"], "u/small");
    settled(&world);
}

#[test]
fn a_failure_outside_lets_nothing_new_begin_inside() {
    // `other` fails while `shop.one` runs.
    let mut world = World::started(
        &shop(&json!({})),
        Acts::new(&[("other", Act::Hang), ("shop.one", Act::Hang)]),
    );
    world.run();
    assert_eq!(world.phase("shop.one"), Phase::Dispatched);
    world.command(Command::Failed {
        step: "other".parse().unwrap(),
        attempt: 1,
        error: super::world::error(ErrorKind::Failed),
    });
    world.command(Command::Succeeded {
        step: "shop.one".parse().unwrap(),
        attempt: 1,
        outcome: Box::default(),
    });
    world.run();
    assert!(
        matches!(world.phase("shop.two"), Phase::Skipped(_)),
        "{:?}",
        phases(&world)
    );
    assert_eq!(world.phase("shop"), Phase::Cancelled);
    assert_eq!(world.outcome(), "run.failed");
    settled(&world);
}

#[test]
fn inputs_that_do_not_fit_are_told_before_anything_inside_begins() {
    let plan = shop(
        &json!({"with": {"workflow": "shop", "inputs": {"name": "${{ steps.before.outputs.n }}"}}}),
    );
    let acts = Acts::new(&[
        ("before", Act::Succeed(json!({"n": "w"}))),
        ("shop.two", Act::Succeed(json!({"url": "u"}))),
    ]);
    let mut world = World::started(&plan, acts);
    world.run();
    let error = world.last_error("shop");
    assert_eq!(error.code.as_str(), "POD0735");
    assert!(error.message.contains("`name`"), "{error}");
    assert!(matches!(world.phase("shop.one"), Phase::Skipped(_)));
    // A person gives others.
    world.command(Command::Answer {
        step: "shop".parse().unwrap(),
        answer: Answer::RetryWith(
            json!({"inputs": {"name": "north"}})
                .as_object()
                .unwrap()
                .clone(),
        ),
        by: "ada".into(),
        comment: None,
    });
    world.run();
    assert_eq!(world.inputs("shop.one")["name"], "north-small");
    assert_eq!(world.outcome(), "run.succeeded");
    settled(&world);
}

#[test]
fn a_cancel_stops_what_runs_inside() {
    let mut world = World::started(&shop(&json!({})), Acts::new(&[("shop.one", Act::Hang)]));
    world.run();
    world.command(Command::Cancel { by: "ada".into() });
    world.run();
    assert_eq!(world.phase("shop.one"), Phase::Cancelled);
    assert_eq!(world.phase("shop"), Phase::Cancelled);
    assert_eq!(world.outcome(), "run.cancelled");
    settled(&world);
}

#[test]
fn a_call_without_steps_is_done_at_once() {
    let steps = json!([call("shop", &[], &json!({}))]);
    let mut world = World::started(&plan_with(&steps, &json!({})), Acts::default());
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
}
