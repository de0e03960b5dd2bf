//! Random graphs, outcomes, answers, orders and crashes from one seed.

use std::collections::HashMap;

use podium_connector::Delivery;
use podium_diagnostics::ErrorKind;
use podium_model::document::When;
use podium_plan::Plan;
use serde_json::{Value, json};

use super::world::{Act, Script, World, plan, replayed};
use crate::event::{EventBody, StepEvent};
use crate::state::{Phase, Way};
use crate::{Answer, Command, Instance};

/// `SplitMix64`.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
    fn one_in(&mut self, chance: usize) -> bool {
        self.below(chance) == 0
    }
}

fn graph(dice: &mut Dice) -> Value {
    let count = 1 + dice.below(14);
    graph_of(dice, count)
}

fn graph_of(dice: &mut Dice, count: usize) -> Value {
    let mut steps = Vec::new();
    for number in 0..count {
        let mut edges = Vec::new();
        for from in 0..number {
            if dice.one_in(3) {
                let way =
                    ["success", "success", "success", "data", "failure", "always"][dice.below(6)];
                edges.push(format!("s{from}:{way}"));
            }
        }
        let mut step = json!({"id": format!("s{number}"), "edges": edges});
        step["on_error"] = json!(["stop", "stop", "continue", "ask"][dice.below(4)]);
        step["join"] = [json!("all"), json!("all"), json!("any"), json!(2)][dice.below(4)].clone();
        match dice.below(9) {
            0 => {
                step["approval"] = json!(true);
                step["with"] = json!({"message": "Go?", "quorum": 1 + dice.below(2)});
            }
            1 => step["off"] = json!(true),
            2 => {
                step["condition"] =
                    json!(["inputs.size == 'small'", "inputs.size == 'large'"][dice.below(2)]);
            }
            3 => {
                step["for_each"] = json!(["[1, 2, 3, 4, 5]", "[]", "[1]"][dice.below(3)]);
                step["max_parallel"] = json!(1 + dice.below(3));
                step["max_failures"] = json!(dice.below(3));
            }
            4 => {
                step["retry"] =
                    json!({"attempts": 1 + dice.below(4), "on": ["failed", "throttled"]});
            }
            _ => {}
        }
        steps.push(step);
    }
    Value::Array(steps)
}

/// As [`graph`], where some steps are calls of graphs of their own, with calls among those.
fn calling(dice: &mut Dice, within: Option<&str>, depth: u32) -> Vec<Value> {
    let mut steps = Vec::new();
    let count = 1 + dice.below(5);
    for mut step in graph_of(dice, count).as_array().unwrap().clone() {
        if let Some(call) = within {
            step["id"] = json!(format!("{call}.{}", step["id"].as_str().unwrap()));
            step["within"] = json!(call);
            for edge in step["edges"].as_array_mut().unwrap() {
                *edge = json!(format!("{call}.{}", edge.as_str().unwrap()));
            }
        }
        if depth > 1 || !dice.one_in(3) {
            steps.push(step);
            continue;
        }
        for setting in [
            "for_each",
            "max_parallel",
            "max_failures",
            "retry",
            "approval",
        ] {
            step.as_object_mut().unwrap().remove(setting);
        }
        step["call"] = json!({
            "workflow": "w", "title": "W", "version": "sha256:0", "outputs": {"n": 1},
            "inputs": {"type": "object", "properties": {"size": {"type": "string", "default": "small"}}},
        });
        step["with"] = json!({"workflow": "w"});
        let id = step["id"].as_str().unwrap().to_owned();
        steps.push(step);
        steps.extend(calling(dice, Some(&id), depth + 1));
    }
    steps
}

/// A graph of this seed, with calls and without.
fn graphs(seed: u64) -> [Value; 2] {
    [
        graph(&mut Dice(seed)),
        Value::Array(calling(&mut Dice(seed), None, 0)),
    ]
}

/// What happens depends on the step and the attempt alone, so that a crash changes nothing of it.
struct Fate {
    seed: u64,
    order: Dice,
    crash: Option<Dice>,
    asked: HashMap<String, u32>,
}

impl Fate {
    fn new(seed: u64, crash: bool) -> Self {
        Self {
            seed,
            order: Dice(seed ^ 0xABCD),
            crash: crash.then_some(Dice(seed ^ 0x1234)),
            asked: HashMap::new(),
        }
    }
    fn dice(&self, about: &str) -> Dice {
        let mut dice = Dice(self.seed);
        for byte in about.bytes() {
            dice.0 ^= u64::from(byte);
            dice.next();
        }
        dice
    }
}

impl Script for Fate {
    fn act(&mut self, step: &Instance, attempt: u32) -> Act {
        match self.dice(&format!("{step}/{attempt}")).below(10) {
            0 | 1 => Act::Fail(ErrorKind::Failed),
            2 => Act::Fail(ErrorKind::Throttled),
            3 => Act::Unknown,
            _ => Act::Succeed(json!({"n": 1})),
        }
    }
    fn delivery(&mut self, step: &Instance) -> Delivery {
        if self.dice(&format!("{step}")).one_in(2) {
            Delivery::AtMostOnce
        } else {
            Delivery::Idempotent
        }
    }
    fn answer(&mut self, step: &Instance, phase: Phase) -> Option<Answer> {
        let times = self.asked.entry(step.to_string()).or_default();
        *times += 1;
        let times = *times;
        let throw = self.dice(&format!("{step}?{times}")).below(6);
        Some(match (phase, throw) {
            (Phase::WaitingApproval, 0) => Answer::Deny,
            (Phase::WaitingApproval, _) => Answer::Approve,
            (_, 0) => Answer::Skip,
            (_, 1) => Answer::Stop,
            (_, 2) if step.item.is_none() => Answer::GoOn,
            (_, 3) => Answer::MarkDone(serde_json::Map::new()),
            (_, _) if times > 3 => Answer::Stop,
            _ => Answer::Retry,
        })
    }
    fn pick(&mut self, among: usize) -> usize {
        // One order for all, so that two runs of a seed differ by the crashes alone.
        let _ = &self.order;
        let _ = among;
        0
    }
    fn crashes(&mut self) -> bool {
        self.crash.as_mut().is_some_and(|dice| dice.one_in(6))
    }
}

/// As [`Fate`], with reports in any order.
struct Shuffled(Fate);

impl Script for Shuffled {
    fn act(&mut self, step: &Instance, attempt: u32) -> Act {
        self.0.act(step, attempt)
    }
    fn delivery(&mut self, step: &Instance) -> Delivery {
        self.0.delivery(step)
    }
    fn answer(&mut self, step: &Instance, phase: Phase) -> Option<Answer> {
        self.0.answer(step, phase)
    }
    fn pick(&mut self, among: usize) -> usize {
        self.0.order.below(among)
    }
    fn crashes(&mut self) -> bool {
        self.0.crashes()
    }
}

fn check<S: Script>(plan: &Plan, world: &World<S>, seed: u64) {
    assert!(
        world.state.phase().is_ended(),
        "seed {seed}: ended as {:?} with {:?}",
        world.state.phase(),
        world
            .state
            .steps()
            .map(|(step, state)| (step, state.phase()))
            .collect::<Vec<_>>()
    );
    for (step, state) in world.state.steps() {
        assert!(
            state.phase().is_ended(),
            "seed {seed}: {step} is {:?}",
            state.phase()
        );
    }
    for (key, times) in &world.far.begins {
        assert_eq!(*times, 1, "seed {seed}: {key} was begun {times} times");
    }
    needs_come_first(plan, world, seed);
    gates_hold(plan, world, seed);
    calls_lie_around(plan, world, seed);
    counts_fit(world, seed);
    let again = replayed(&world.journal);
    assert_eq!(again.head, world.state.head, "seed {seed}");
    assert_eq!(again.cells, world.state.cells, "seed {seed}");
    if let Err(mismatch) = crate::replay(&world.journal) {
        panic!("seed {seed}: {mismatch}");
    }
}

/// Where each step had ended, and how, at each event: nothing begins before as many edges as its join
/// asks for are satisfied.
fn needs_come_first<S: Script>(plan: &Plan, world: &World<S>, seed: u64) {
    let mut state = crate::State::new("run_test".parse().unwrap());
    for event in &world.journal {
        if let EventBody::Step {
            step,
            event: StepEvent::Ready(_),
            ..
        } = &event.body
        {
            let planned = plan.step(&step.step).unwrap();
            let met = planned.edges.iter().filter(|edge| {
                let parent = state.step(&edge.from.clone().into()).unwrap().phase();
                match (parent.way(), edge.on) {
                    (None, _) => false,
                    (Some(_), When::Always) => true,
                    (Some(way), When::Success) => way == Way::Success,
                    (Some(way), When::Failure) => way == Way::Failure,
                }
            });
            let met = met.count();
            let need = match planned.join {
                podium_model::document::Join::All => planned.edges.len(),
                podium_model::document::Join::Any => planned.edges.len().min(1),
                podium_model::document::Join::AtLeast(some) => {
                    planned.edges.len().min(some as usize)
                }
            };
            assert!(
                met >= need,
                "seed {seed}: {step} began with {met} of {need}"
            );
        }
        crate::apply(&mut state, event);
    }
}

/// The steps of a call move only while it runs, and it ends when they all have.
fn calls_lie_around<S: Script>(plan: &Plan, world: &World<S>, seed: u64) {
    let mut state = crate::State::new("run_test".parse().unwrap());
    for event in &world.journal {
        if let EventBody::Step { step, event, .. } = &event.body {
            let planned = plan.step(&step.step).unwrap();
            let phase = |id: &podium_model::StepId| state.step(&id.clone().into()).unwrap().phase();
            if let Some(call) = &planned.within {
                let moves = !matches!(event, StepEvent::Skipped(_) | StepEvent::Retrying(_));
                if moves {
                    assert_eq!(
                        phase(call),
                        Phase::Called,
                        "seed {seed}: {step} outside its call"
                    );
                }
            }
            let ends = matches!(
                event,
                StepEvent::Succeeded(_) | StepEvent::Failed(_) | StepEvent::Cancelled(_)
            );
            if planned.call.is_some() && ends && phase(&planned.id) == Phase::Called {
                for inner in plan
                    .steps()
                    .iter()
                    .filter(|s| s.within.as_ref() == Some(&planned.id))
                {
                    assert!(
                        phase(&inner.id).is_ended(),
                        "seed {seed}: {step} ended before {}",
                        inner.id
                    );
                }
            }
            assert!(
                planned.call.is_none() || !matches!(event, StepEvent::Intent(_)),
                "seed {seed}: a call is no work of its own"
            );
        }
        crate::apply(&mut state, event);
    }
}

/// A gate that succeeded has enough yeses of different people in the journal before it.
fn gates_hold<S: Script>(plan: &Plan, world: &World<S>, seed: u64) {
    for gate in plan.steps().iter().filter(|step| step.approval) {
        let quorum = gate.with.get("quorum").and_then(Value::as_u64).unwrap_or(1);
        for event in &world.journal {
            let EventBody::Step { step, event, .. } = &event.body else {
                continue;
            };
            if step.step != gate.id {
                continue;
            }
            assert!(
                !matches!(event, StepEvent::Intent(_)),
                "seed {seed}: a gate is nobody's work"
            );
            if let StepEvent::Succeeded(done) = event
                && done.items.is_none()
            {
                let by = done.outputs["by"].as_array().unwrap();
                assert!(
                    by.len() as u64 >= quorum,
                    "seed {seed}: {step} opened by {by:?}"
                );
            }
        }
    }
}

/// The counts kept on the way are those that a fresh look gives.
fn counts_fit<S: Script>(world: &World<S>, seed: u64) {
    let cells = &world.state.cells;
    let moving = cells.iter().filter(|cell| cell.phase.is_moving()).count();
    let open = cells
        .iter()
        .filter(|cell| cell.item.is_none() && !cell.phase.is_ended())
        .count();
    assert_eq!(
        (world.state.head.moving, world.state.head.unsettled),
        (moving, open),
        "seed {seed}"
    );
}

#[test]
fn random_graphs_end_and_keep_every_promise() {
    for seed in 0..250 {
        for graph in graphs(seed) {
            let plan = plan(&graph);
            let mut world = World::started(&plan, Shuffled(Fate::new(seed, false)));
            world.run();
            check(&plan, &world, seed);
        }
    }
}

#[test]
fn random_graphs_keep_every_promise_when_the_host_dies_again_and_again() {
    let mut crashes = 0;
    for seed in 0..250 {
        for graph in graphs(seed) {
            let plan = plan(&graph);
            let mut world = World::started(&plan, Shuffled(Fate::new(seed, true)));
            world.run();
            check(&plan, &world, seed);
            crashes += world.crashes;
        }
    }
    assert!(crashes > 200, "{crashes} crashes");
}

/// A plan in which the order of reports cannot matter: a failure never stops the others.
fn independent(mut steps: Value) -> Value {
    for step in steps.as_array_mut().unwrap() {
        step["on_error"] = json!("continue");
        step["max_failures"] = json!(99);
        step["join"] = json!("all");
        step["approval"] = json!(false);
    }
    steps
}

/// Far systems that never leave anybody in doubt, so that nobody is asked.
struct Certain(Shuffled);

impl Script for Certain {
    fn act(&mut self, step: &Instance, attempt: u32) -> Act {
        match self.0.act(step, attempt) {
            Act::Unknown => Act::Succeed(json!({"n": 2})),
            other => other,
        }
    }
    fn delivery(&mut self, step: &Instance) -> Delivery {
        self.0.delivery(step)
    }
    fn pick(&mut self, among: usize) -> usize {
        self.0.pick(among)
    }
    fn crashes(&mut self) -> bool {
        self.0.crashes()
    }
}

#[test]
fn a_run_that_crashed_ends_as_one_that_did_not() {
    for (seed, graph) in (0..200).flat_map(|seed| graphs(seed).map(|graph| (seed, graph))) {
        let plan = plan(&independent(graph));
        let ended = |crash: bool| {
            let mut world = World::started(&plan, Certain(Shuffled(Fate::new(seed, crash))));
            world.run();
            let steps: Vec<_> = world
                .state
                .steps()
                .map(|(step, state)| {
                    (
                        step,
                        state.phase(),
                        state.attempt(),
                        state.outputs().clone(),
                    )
                })
                .collect();
            (steps, world.far.begins, world.state.phase())
        };
        assert_eq!(ended(true), ended(false), "seed {seed}");
    }
}

#[test]
fn a_cancel_at_any_point_ends_the_run() {
    for (seed, graph) in (0..200).flat_map(|seed| graphs(seed).map(|graph| (seed, graph))) {
        let plan = plan(&graph);
        let mut world = World::started(&plan, Shuffled(Fate::new(seed, false)));
        let mut dice = Dice(seed ^ 0x4D);
        for _ in 0..dice.below(30) {
            if world.reports.is_empty() {
                break;
            }
            let at = dice.below(world.reports.len());
            let report = world.reports.remove(at);
            world.command(report);
        }
        if world.state.phase().is_ended() {
            continue;
        }
        world.command(Command::Cancel { by: "ada".into() });
        let begun = world.far.begins.len();
        world.run();
        check(&plan, &world, seed);
        assert_eq!(world.outcome(), "run.cancelled", "seed {seed}");
        assert_eq!(
            world.far.begins.len(),
            begun,
            "seed {seed}: something began after the cancel"
        );
    }
}
