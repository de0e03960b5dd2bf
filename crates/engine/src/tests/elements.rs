//! `for_each`.

use podium_diagnostics::ErrorKind;
use serde_json::{Value, json};

use super::world::{Act, Acts, World, plan};
use crate::event::{EventBody, Skip, StepEvent};
use crate::state::Phase;
use crate::{Answer, Command};

fn each(more: &Value) -> Value {
    let mut step = json!({
        "id": "host", "for_each": "['x', 'y', 'z', 'w']", "with": {"name": "n-${{ each }}"},
    });
    for (key, value) in more.as_object().unwrap() {
        step[key] = value.clone();
    }
    json!([step, {"id": "end", "edges": ["host:data"], "with": {"all": "${{ steps.host.outputs }}"}}])
}

fn run(more: &Value, acts: Acts) -> World<Acts> {
    let mut world = World::started(&plan(&each(more)), acts);
    world.run();
    world
}

#[test]
fn every_element_runs_with_its_own_inputs_and_outputs_come_as_a_list() {
    let acts = Acts::new(&[("host[1]", Act::Succeed(json!({"ip": 7})))]);
    let world = run(&json!({}), acts);
    assert_eq!(json!(world.inputs("host[2]")), json!({"name": "n-z"}));
    assert_eq!(
        json!(world.inputs("end")),
        json!({"all": [{}, {"ip": 7}, {}, {}]})
    );
    assert_eq!(world.outcome(), "run.succeeded");
}

#[test]
fn an_empty_list_succeeds_at_once() {
    let world = run(&json!({"for_each": "[]"}), Acts::default());
    assert_eq!(world.phase("host"), Phase::Succeeded);
    assert_eq!(json!(world.inputs("end")), json!({"all": []}));
}

#[test]
fn what_is_no_list_fails_with_a_code() {
    let world = run(&json!({"for_each": "inputs.size"}), Acts::default());
    assert_eq!(world.last_error("host").code.as_str(), "POD0728");
}

#[test]
fn no_more_than_max_parallel_run_at_a_time() {
    for (limit, most) in [(1, 1), (3, 3), (9, 4)] {
        let world = run(&json!({"max_parallel": limit}), Acts::default());
        let (mut live, mut seen) = (0, 0);
        for event in &world.journal {
            if event.body.step().is_some_and(|step| step.item.is_some()) {
                match &event.body {
                    EventBody::Step {
                        event: StepEvent::Ready(_),
                        ..
                    } => live += 1,
                    EventBody::Step {
                        event: StepEvent::Succeeded(_),
                        ..
                    } => live -= 1,
                    _ => {}
                }
                seen = seen.max(live);
            }
        }
        assert_eq!(seen, most, "max_parallel {limit}");
    }
}

#[test]
fn more_failures_than_allowed_stop_the_rest() {
    let fail = |step| (step, Act::Fail(ErrorKind::Failed));
    let world = run(&json!({"max_failures": 1}), Acts::new(&[fail("host[0]")]));
    assert_eq!(world.phase("host"), Phase::Succeeded);
    assert_eq!(
        json!(world.inputs("end")),
        json!({"all": [null, {}, {}, {}]})
    );

    let world = run(
        &json!({"max_failures": 1}),
        Acts::new(&[fail("host[0]"), fail("host[1]")]),
    );
    assert_eq!(world.phase("host"), Phase::Failed);
    assert_eq!(world.phase("host[2]"), Phase::Skipped(Skip::Stopped));
    let error = world.last_error("host");
    assert_eq!(error.code.as_str(), "POD0729");
    assert!(error.message.starts_with("2 of 4"), "{}", error.message);
}

#[test]
fn a_retry_of_the_step_keeps_elements_that_succeeded() {
    let acts = Acts::new(&[("host[2]", Act::Fail(ErrorKind::Failed))]);
    let mut world = run(&json!({}), acts);
    assert_eq!(world.outcome(), "run.failed");
    world.command(Command::Answer {
        step: "host".parse().unwrap(),
        answer: Answer::Retry,
        by: "ada".into(),
        comment: None,
    });
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(world.far.begins.len(), 6, "4 elements, 1 again, 1 end");
}

#[test]
fn a_failed_list_that_asks_can_be_tried_again() {
    let acts = Acts::new(&[("host[0]", Act::Fail(ErrorKind::Failed))])
        .answering(&[("host", Answer::Retry)]);
    let world = run(&json!({"on_error": "ask"}), acts);
    assert_eq!(world.outcome(), "run.succeeded");
}

#[test]
fn a_cancel_ends_elements_too() {
    let mut world = World::started(
        &plan(&each(&json!({}))),
        Acts::new(&[("host[1]", Act::Hang)]),
    );
    world.run();
    world.command(Command::Cancel { by: "ada".into() });
    world.run();
    assert_eq!(world.phase("host[0]"), Phase::Succeeded);
    assert_eq!(world.phase("host[1]"), Phase::Cancelled);
    assert_eq!(world.phase("host[3]"), Phase::Skipped(Skip::Cancelled));
    assert_eq!(world.phase("host"), Phase::Cancelled);
    assert_eq!(world.outcome(), "run.cancelled");
}

#[test]
fn ten_thousand_failing_elements_do_not_exhaust_the_stack() {
    let more = json!({
        "for_each": "inputs.many", "max_parallel": 10000, "max_failures": 100_000,
        "with": {"x": "${{ each.missing }}"},
    });
    let many: Vec<Value> = (0..10_000)
        .map(|number| json!({"number": number}))
        .collect();
    let plan = super::world::plan_with(&each(&more), &json!({"inputs": {"many": many}}));
    let mut world = World::started(&plan, Acts::default());
    world.run();
    assert_eq!(world.phase("host[9999]"), Phase::Failed);
    assert_eq!(world.outcome(), "run.succeeded");
}
