//! Approvals, departures, questions.

use podium_connector::{Action, Change, Confidence, StepPreview};
use podium_diagnostics::ErrorKind;
use podium_plan::{Preview, PreviewStep, StepAnswer};
use serde_json::{Value, json};

use super::world::{Act, Acts, Script, World, plan, plan_with, undo};
use crate::event::Skip;
use crate::state::Phase;
use crate::{Answer, Command, Instance};

fn gate(quorum: u32) -> Value {
    json!([
        {"id": "gate", "approval": true, "with": {"message": "Go ${{ inputs.size }}?", "to": ["ops"], "quorum": quorum}},
        {"id": "after", "edges": ["gate:data"], "with": {"by": "${{ steps.gate.outputs.by }}"}},
    ])
}

fn answer(step: &str, answer: Answer, by: &str) -> Command {
    Command::Answer {
        step: step.parse().unwrap(),
        answer,
        by: by.into(),
        comment: None,
    }
}

#[test]
fn a_gate_opens_when_enough_different_people_say_yes() {
    let mut world = World::started(&plan(&gate(2)), Acts::default());
    world.run();
    assert_eq!(
        world.told(""),
        ["run.created", "run.started", "run.waiting"]
    );
    assert_eq!(world.phase("after"), Phase::Waiting);
    world.command(answer("gate", Answer::Approve, "ada"));
    let twice = world
        .ask(&answer("gate", Answer::Approve, "ada"))
        .unwrap_err();
    assert_eq!(twice.error().code.as_str(), "POD0725");
    assert_eq!(world.phase("after"), Phase::Waiting);
    world.command(answer("gate", Answer::Approve, "bob"));
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(json!(world.inputs("after")), json!({"by": ["ada", "bob"]}));
    assert!(world.far.begins.len() == 1, "a gate is nobody's work");
}

#[test]
fn one_no_ends_it() {
    let mut world = World::started(&plan(&gate(2)), Acts::default());
    world.command(answer("gate", Answer::Deny, "ada"));
    assert_eq!(world.last_error("gate").code.as_str(), "POD0726");
    assert_eq!(world.phase("after"), Phase::Skipped(Skip::Needs));
    assert_eq!(world.outcome(), "run.failed");
}

#[test]
fn a_gate_cannot_be_skipped_or_marked_done() {
    let mut world = World::started(&plan(&gate(1)), Acts::default());
    for wrong in [
        Answer::Skip,
        Answer::MarkDone(serde_json::Map::new()),
        Answer::Retry,
        Answer::GoOn,
    ] {
        let refused = world.ask(&answer("gate", wrong, "ada")).unwrap_err();
        assert_eq!(refused.error().code.as_str(), "POD0724");
    }
    let refused = world
        .ask(&answer("nowhere", Answer::Approve, "ada"))
        .unwrap_err();
    assert_eq!(refused.error().code.as_str(), "POD0723");
}

#[test]
fn a_preview_is_approved_by_its_hash_before_the_run_begins() {
    let protected = plan_with(&json!([{"id": "a"}]), &json!({"approval": true}));
    let mut world = World::new(&protected, Acts::default());
    assert_eq!(world.outcome(), "run.waiting");
    let refused = world.ask(&Command::Start).unwrap_err();
    assert_eq!(refused.error().code.as_str(), "POD0734");
    let stale = Command::Approve {
        hash: "sha256:00".into(),
        by: "ada".into(),
        outside: None,
    };
    assert_eq!(
        world.ask(&stale).unwrap_err().error().code.as_str(),
        "POD0733"
    );
    let hash = world.state.preview().unwrap().hash.clone();
    world.command(Command::Approve {
        hash,
        by: "ada".into(),
        outside: None,
    });
    world.command(Command::Start);
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
}

#[test]
fn a_person_decides_about_a_failure_that_asks() {
    let steps = json!([{"id": "a", "on_error": "ask"}, {"id": "b", "edges": ["a"]}]);
    for (said, phase, after, outcome) in [
        (
            Answer::Retry,
            Phase::Succeeded,
            Phase::Succeeded,
            "run.succeeded",
        ),
        (
            Answer::Skip,
            Phase::Skipped(Skip::Person),
            Phase::Succeeded,
            "run.succeeded",
        ),
        (
            Answer::MarkDone(serde_json::Map::new()),
            Phase::Succeeded,
            Phase::Succeeded,
            "run.succeeded",
        ),
        (
            Answer::Stop,
            Phase::Failed,
            Phase::Skipped(Skip::Needs),
            "run.failed",
        ),
        (
            Answer::GoOn,
            Phase::FailedGoOn,
            Phase::Skipped(Skip::Needs),
            "run.succeeded",
        ),
    ] {
        let acts =
            Acts::new(&[("a", Act::Fail(ErrorKind::Failed))]).answering(&[("a", said.clone())]);
        let mut world = World::started(&plan(&steps), acts);
        world.run();
        assert_eq!(world.phase("a"), phase, "{said:?}");
        assert_eq!(world.phase("b"), after, "{said:?}");
        assert_eq!(world.outcome(), outcome, "{said:?}");
    }
}

#[test]
fn questions_are_closed_when_the_run_stops() {
    let steps = json!([{"id": "gate", "approval": true, "with": {"message": "Go?"}}, {"id": "a"}]);
    let mut world = World::started(
        &plan(&steps),
        Acts::new(&[("a", Act::Fail(ErrorKind::Failed))]),
    );
    world.run();
    assert_eq!(world.phase("gate"), Phase::Skipped(Skip::Stopped));
    assert_eq!(world.outcome(), "run.failed");
}

/// A far system that would do something else than what was approved, from the second look on.
struct Shifting {
    looks: u32,
    from: u32,
}

fn creates(name: &str) -> StepPreview {
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: vec![Change {
            action: if name == "db" {
                Action::Delete
            } else {
                Action::Create
            },
            kind: "thing".into(),
            name: name.into(),
            before: json!({"a": 1}),
            after: Value::Null,
            stateful: name == "db",
            confidence: None,
            because: None,
        }],
        undo: undo(),
        outputs: serde_json::Map::new(),
        notes: Vec::new(),
    }
}

impl Script for Shifting {
    fn act(&mut self, _step: &Instance, _attempt: u32) -> Act {
        Act::Succeed(json!({}))
    }
    fn preview(&mut self, _step: &Instance, _attempt: u32) -> StepPreview {
        self.looks += 1;
        creates(if self.looks >= self.from {
            "db"
        } else {
            "page"
        })
    }
}

fn approved(from: u32) -> World<Shifting> {
    let plan = plan(&json!([{"id": "a"}]));
    let mut world = World::new(&plan, Shifting { looks: 0, from });
    let step = PreviewStep::new(
        &plan.steps()[0],
        plan.mode(),
        Vec::new(),
        StepAnswer::Answered(creates("page")),
    );
    let preview = Preview::assemble(&plan, Vec::new(), vec![step]);
    let hash = preview.hash.clone();
    world.state = crate::State::new("run_test".parse().unwrap());
    world.journal.clear();
    world.command(Command::Create {
        plan: Box::new(plan),
        preview: Box::new(preview),
        by: "ada".into(),
        schedule: None,
    });
    world.command(Command::Approve {
        hash,
        by: "ada".into(),
        outside: None,
    });
    world.command(Command::Start);
    world.run();
    world
}

#[test]
fn what_was_approved_runs_without_another_question() {
    assert_eq!(approved(9).outcome(), "run.succeeded");
}

#[test]
fn what_differs_from_the_approved_waits_for_a_fresh_yes_and_is_looked_at_again() {
    let mut world = approved(1);
    assert_eq!(world.phase("a"), Phase::WaitingApproval);
    assert!(world.far.begins.is_empty());
    world.command(answer("a", Answer::Approve, "bob"));
    world.run();
    assert_eq!(world.outcome(), "run.succeeded");
    assert_eq!(world.script.looks, 2);

    let mut denied = approved(1);
    denied.command(answer("a", Answer::Deny, "bob"));
    assert_eq!(denied.outcome(), "run.failed");
    assert!(denied.far.begins.is_empty());
}
