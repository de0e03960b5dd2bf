//! Views of recorded histories: what a person reads, at the end and at each event before.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;

use podium_engine::{Event, Phase, State, apply};
use podium_projections::{
    BarKind, QuestionKind, RunMode, RunState, RunSummary, RunView, StepState, fold,
};
use serde_json::json;

fn history(name: &str) -> Vec<Event> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/histories")
        .join(format!("{name}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/histories");
    std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".jsonl").map(str::to_owned)
        })
        .collect()
}

fn view(name: &str) -> RunView {
    let events = history(name);
    RunView::of(events[0].run.clone(), &events)
}

/// The sentences of the run as they changed.
fn sentences(name: &str) -> Vec<String> {
    let events = history(name);
    let mut view = RunView::new(events[0].run.clone());
    let mut said: Vec<String> = Vec::new();
    for event in &events {
        fold(&mut view, event);
        if said.last() != Some(&view.sentence) {
            said.push(view.sentence.clone());
        }
    }
    said
}

fn at_question(name: &str, kind: QuestionKind) -> RunView {
    let events = history(name);
    let mut view = RunView::new(events[0].run.clone());
    for event in &events {
        fold(&mut view, event);
        let settled = view.state == RunState::Waiting;
        if settled && view.questions.iter().any(|question| question.kind == kind) {
            return view;
        }
    }
    panic!("{name} never asks that");
}

#[test]
fn a_run_is_told_in_sentences() {
    assert_eq!(
        sentences("a-shop-opens"),
        [
            "Not begun",
            "Starting",
            "Network · 1 of 5",
            "Servers · 2 of 5",
            "Sign-off · 3 of 5",
            "Waits: Open small?",
            "Shop · 4 of 5",
            "Done: 4 steps",
        ]
    );
}

#[test]
fn views_agree_with_the_engine_at_every_event() {
    for name in names() {
        let events = history(&name);
        let mut state = State::new(events[0].run.clone());
        let mut view = RunView::new(events[0].run.clone());
        for event in &events {
            apply(&mut state, event);
            fold(&mut view, event);
            for (id, step) in state.steps() {
                let whole = view.step(&id.step).unwrap();
                let shown = match id.item {
                    None => whole,
                    Some(item) => &whole.items[item as usize],
                };
                assert_eq!(
                    shown.state.is_ended(),
                    step.phase().is_ended(),
                    "{name}, event {}: {id} is {:?} and {:?}",
                    event.seq,
                    shown.state,
                    step.phase()
                );
                let asking = matches!(
                    step.phase(),
                    Phase::WaitingApproval | Phase::Asked | Phase::Unknown | Phase::WaitingUnlock
                );
                assert_eq!(
                    shown.state.is_asking(),
                    asking,
                    "{name}, event {}: {id}",
                    event.seq
                );
            }
            let counts = view.counts;
            let all = counts.ended() + counts.waiting + counts.active + counts.asking;
            assert_eq!(all, counts.total, "{name}, event {}", event.seq);
            assert_eq!(view.state.is_ended(), state.phase().is_ended(), "{name}");
        }
    }
}

#[test]
fn a_prefix_shows_the_run_as_it_was() {
    for name in names() {
        let events = history(&name);
        let mut view = RunView::new(events[0].run.clone());
        for event in &events {
            fold(&mut view, event);
            view.explain();
            assert_eq!(
                RunView::at(events[0].run.clone(), &events, event.seq),
                view,
                "{name}"
            );
        }
    }
}

#[test]
fn an_open_question_says_who_is_asked_and_who_said_yes() {
    let view = at_question("a-shop-opens", QuestionKind::Approval);
    let question = &view.questions[0];
    assert_eq!(question.message, "Open small?");
    assert_eq!(
        (question.quorum, question.to.as_slice()),
        (2, ["ops".to_owned()].as_slice())
    );
    assert!(!view.undo.possible, "a run under way cannot be taken back");
    let ended = self::view("a-shop-opens");
    assert!(ended.questions.is_empty());
    let gate = ended.step(&"sign_off".parse().unwrap()).unwrap();
    assert_eq!(gate.state, StepState::Succeeded);
    assert!(
        gate.bars
            .iter()
            .any(|bar| bar.kind == BarKind::Person && bar.to.is_some())
    );
}

#[test]
fn a_failed_step_tells_its_error_and_the_run_too() {
    let view = view("a-failure-stops-the-run-and-is-told");
    assert_eq!(view.state, RunState::Failed);
    assert_eq!(view.sentence, "Failed: The far system said no.");
    let shop = view.step(&"shop".parse().unwrap()).unwrap();
    assert_eq!(shop.error.as_ref().unwrap().code.as_str(), "POD0499");
    assert!(view.undo.possible);
    assert_eq!(view.counts.failed, 1);
}

#[test]
fn attempts_and_waits_are_apart_on_the_timeline() {
    let view = view("tried-again-twice");
    let bars = &view.steps[0].bars;
    let work: Vec<u32> = bars
        .iter()
        .filter(|bar| bar.kind == BarKind::Work)
        .map(|bar| bar.attempt)
        .collect();
    assert_eq!(work, [1, 2, 3]);
    assert_eq!(
        bars.iter()
            .filter(|bar| bar.kind == BarKind::Backoff)
            .count(),
        2
    );
    assert!(bars.windows(2).all(|pair| pair[0].to == Some(pair[1].from)));
}

#[test]
fn elements_fold_into_their_step_with_counts() {
    let view = view("elements-some-fail");
    let hosts = view.step(&"host".parse().unwrap()).unwrap();
    assert_eq!(
        (hosts.item_counts.succeeded, hosts.item_counts.failed),
        (2, 1)
    );
    assert_eq!(hosts.items[1].state, StepState::Failed);
    assert_eq!(hosts.items[2].title, "z");
    assert_eq!(hosts.outputs, json!([{}, null, {}]));
    assert_eq!(view.state, RunState::Succeeded);
}

#[test]
fn a_run_that_was_taken_back_says_so() {
    let undo = view("taken-back");
    assert_eq!(undo.sentence, "Taken back: 1 step");
    assert!(!undo.undo.possible);
    let mut before = view("a-shop-opens");
    assert!(before.undo.possible);
    before.set_undone_by(undo.id.clone());
    let summary = RunSummary::from(&before);
    assert_eq!(summary.undone_by, Some(undo.id));
    assert!(!summary.undo.possible && summary.undo.because.is_some());
}

#[test]
fn a_cancelled_run_names_who_asked() {
    let view = view("cancelled-while-it-ran");
    assert_eq!(view.state, RunState::Cancelled);
    assert_eq!(view.cancelled_by.as_deref(), Some("ada"));
    assert_eq!(view.counts.cancelled, 1);
}

#[test]
fn a_run_taken_up_again_shows_what_waits_again() {
    let events = history("taken-up-again-after-a-failure");
    let reopened = events
        .iter()
        .rfind(|event| event.body.name() == "run.started")
        .unwrap()
        .seq;
    let failed = RunView::at(events[0].run.clone(), &events, reopened - 1);
    assert_eq!(failed.state, RunState::Failed);
    assert_eq!(failed.counts.skipped, 3);
    let going = RunView::at(events[0].run.clone(), &events, reopened + 1);
    assert_eq!(
        (going.state, going.counts.skipped, going.ended_at),
        (RunState::Running, 0, None)
    );
}

#[test]
fn a_view_survives_its_json() {
    for name in names() {
        let before = view(&name);
        let text = serde_json::to_string(&before).unwrap();
        let after: RunView = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&after).unwrap(), text);
        let first = &before.steps[0].id.step;
        assert_eq!(after.step(first).unwrap().id, before.steps[0].id);
    }
}

#[test]
fn a_waiting_step_says_what_it_waits_for_and_who_holds_it() {
    let events = history("a-shop-opens");
    let asking = events
        .iter()
        .find(|event| {
            let view = RunView::at(event.run.clone(), &events, event.seq);
            view.steps
                .iter()
                .any(|step| step.state == StepState::WaitingApproval)
        })
        .unwrap();
    let view = RunView::at(asking.run.clone(), &events, asking.seq);
    let step = |id: &str| view.step(&id.parse().unwrap()).unwrap();
    let names =
        |ids: &[podium_model::StepId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&step("shop").held_by), ["sign_off"]);
    assert!(names(&step("shop").waits_for).contains(&"sign_off".to_owned()));
    // What waits for a waiting step is held by the same answer.
    let after = view
        .steps
        .iter()
        .find(|step| names(&step.waits_for).contains(&"shop".to_owned()))
        .unwrap();
    assert_eq!(names(&after.held_by), ["sign_off"]);

    // Before that, it waits for a step that runs: nobody holds it.
    let early = RunView::at(asking.run.clone(), &events, 4);
    let shop = early.step(&"shop".parse().unwrap()).unwrap();
    assert!(shop.held_by.is_empty() && !shop.waits_for.is_empty());
    // At the end nothing waits.
    let last = RunView::of(asking.run.clone(), &events);
    assert!(last.steps.iter().all(|step| step.waits_for.is_empty()));
}

#[test]
fn a_run_with_real_and_simulated_steps_is_mixed_in_the_list_too() {
    use podium_connector::Mode::{Real, Simulated};
    assert_eq!(RunMode::of([Real, Simulated], Real), RunMode::Mixed);
    assert_eq!(
        RunMode::of([Simulated, Simulated], Real),
        RunMode::Simulated
    );
    assert_eq!(RunMode::of([], Simulated), RunMode::Simulated);

    let mut events = history("a-shop-opens");
    let mut first = serde_json::to_value(&events[0]).unwrap();
    first["data"]["preview"]["steps"] = json!([
        {"id": "network", "title": "Network", "uses": "test/do", "mode": "real",
         "confidence": "exact", "because": null, "waits_for": [], "changes": [],
         "undo": {"class": "delete", "because": null}},
        {"id": "servers", "title": "Servers", "uses": "test/do", "mode": "simulated",
         "confidence": "exact", "because": null, "waits_for": [], "changes": [],
         "undo": {"class": "delete", "because": null}},
    ]);
    events[0] = serde_json::from_value(first).unwrap();
    let view = RunView::of(events[0].run.clone(), &events);
    assert_eq!(view.mode, RunMode::Mixed);
    assert_eq!(RunSummary::from(&view).mode, RunMode::Mixed);
}

#[test]
fn a_step_tells_its_condition_and_what_it_was_when_it_was_looked_at() {
    let events = history("a-shop-opens");
    let mut view = RunView::new(events[0].run.clone());
    fold(&mut view, &events[0]);
    let shop = |view: &RunView| {
        let step = view.steps.iter().find(|step| step.id.to_string() == "shop");
        step.map(|step| (step.condition.clone(), step.condition_held))
            .unwrap()
    };
    let written = Some("inputs.size == 'small'".to_owned());
    assert_eq!(shop(&view), (written.clone(), None));
    for event in &events {
        fold(&mut view, event);
    }
    assert_eq!(shop(&view), (written.clone(), Some(true)));
    // What was left out for another reason was never looked at.
    assert_eq!(shop(&self::view("a-no-ends-it")), (written, None));

    // The same run, had the condition been false.
    let mut skipped = history("a-no-ends-it");
    let place = skipped.iter().position(|event| {
        let event = serde_json::to_value(event).unwrap();
        event["type"] == "step.skipped" && event["step"] == "shop"
    });
    let event = &mut skipped[place.unwrap()];
    let mut told = serde_json::to_value(&*event).unwrap();
    told["data"]["why"] = json!("condition");
    *event = serde_json::from_value(told).unwrap();
    assert_eq!(
        shop(&RunView::of(skipped[0].run.clone(), &skipped)).1,
        Some(false)
    );
}
