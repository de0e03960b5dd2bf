//! Makes the histories of `tests/histories/`, where a new one is wanted: run with `PODIUM_RECORD=1`.
//! A history that is there is never written again; what the engine decides about it is fixed.

use std::fmt::Write as _;
use std::path::Path;

use podium_diagnostics::ErrorKind;
use serde_json::{Value, json};

use super::world::{Act, Acts, World, plan, plan_with};
use crate::{Answer, Command, Event, replay};

fn record(name: &str, world: &World<Acts>) {
    let mut text = String::new();
    for event in &world.journal {
        writeln!(text, "{}", serde_json::to_string(event).unwrap()).unwrap();
    }
    replay(&world.journal).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/histories")
        .join(name);
    if std::env::var_os("PODIUM_RECORD").is_some() && !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn shop() -> Value {
    json!([
        {"id": "network", "title": "Network"},
        {"id": "servers", "title": "Servers", "edges": ["network:data"],
         "with": {"hosts": "${{ steps.network.outputs.hosts }}"}},
        {"id": "sign_off", "title": "Sign-off", "edges": ["servers"], "approval": true,
         "with": {"message": "Open ${{ inputs.size }}?", "to": ["ops"], "quorum": 2}},
        {"id": "shop", "title": "Shop", "edges": ["sign_off"], "condition": "inputs.size == 'small'"},
        {"id": "tell", "title": "Tell", "edges": ["shop:failure"]},
    ])
}

fn hosts() -> (&'static str, Act) {
    ("network", Act::Succeed(json!({"hosts": ["h1", "h2"]})))
}

fn yes() -> (&'static str, Answer) {
    ("sign_off", Answer::Approve)
}

#[test]
fn records_runs_that_later_versions_must_decide_the_same_way() {
    let run = |plan: &podium_plan::Plan, acts: Acts| {
        let mut world = World::started(plan, acts);
        world.run();
        world
    };
    let outputs = json!({"outputs": {"hosts": "${{ steps.network.outputs.hosts }}"}});
    record(
        "a-shop-opens.jsonl",
        &run(
            &plan_with(&shop(), &outputs),
            Acts::new(&[hosts()]).answering(&[yes(), yes()]),
        ),
    );
    record(
        "a-failure-stops-the-run-and-is-told.jsonl",
        &run(
            &plan(&shop()),
            Acts::new(&[hosts(), ("shop", Act::Fail(ErrorKind::Failed))])
                .answering(&[yes(), yes()]),
        ),
    );
    record(
        "a-no-ends-it.jsonl",
        &run(
            &plan(&shop()),
            Acts::new(&[hosts()]).answering(&[("sign_off", Answer::Deny)]),
        ),
    );
    record(
        "tried-again-twice.jsonl",
        &run(
            &plan(&json!([{"id": "a"}])),
            Acts::new(&[
                ("a", Act::Fail(ErrorKind::Throttled)),
                ("a", Act::Fail(ErrorKind::Unreachable)),
            ]),
        ),
    );
    record(
        "nobody-knows-and-a-person-looks.jsonl",
        &run(
            &plan(&json!([{"id": "a"}, {"id": "b", "edges": ["a"]}])),
            Acts::new(&[("a", Act::Unknown)])
                .answering(&[("a", Answer::MarkDone(serde_json::Map::new()))]),
        ),
    );
    record(
        "elements-some-fail.jsonl",
        &run(
            &plan(
                &json!([{"id": "host", "for_each": "['x', 'y', 'z']", "max_failures": 1,
            "max_parallel": 2, "with": {"name": "${{ each }}"}}, {"id": "end", "edges": ["host"]}]),
            ),
            Acts::new(&[("host[1]", Act::Fail(ErrorKind::Failed))]),
        ),
    );
    let mut cancelled = run(
        &plan(&json!([{"id": "a"}, {"id": "b", "edges": ["a"]}])),
        Acts::new(&[("a", Act::Hang)]),
    );
    cancelled.command(Command::Cancel { by: "ada".into() });
    cancelled.run();
    record("cancelled-while-it-ran.jsonl", &cancelled);
    let mut again = run(
        &plan(&shop()),
        Acts::new(&[hosts(), ("servers", Act::Fail(ErrorKind::Failed))]).answering(&[yes(), yes()]),
    );
    again.command(Command::Answer {
        step: "servers".parse().unwrap(),
        answer: Answer::Retry,
        by: "ada".into(),
        comment: None,
    });
    again.run();
    record("taken-up-again-after-a-failure.jsonl", &again);
    let undo = json!([{"id": "network", "work": {"kind": "undo", "of": "network",
        "record": {"undo": {"class": "delete", "because": null}, "record": {"stack": "x"}}}}]);
    record(
        "taken-back.jsonl",
        &run(
            &plan_with(&undo, &json!({"undoes": "run_before"})),
            Acts::default(),
        ),
    );
}

#[test]
fn a_history_that_was_decided_otherwise_is_seen() {
    let mut world = World::started(&plan(&shop()), Acts::new(&[hosts()]));
    world.run();
    let mut history: Vec<Event> = world.journal.clone();
    let gone = history
        .iter()
        .position(|event| event.body.name() == "step.intent")
        .unwrap();
    history.remove(gone);
    assert!(replay(&history).is_err());
    assert!(replay(&[]).is_err());
}
