//! A host in small: it makes events durable before it performs effects, plays the far systems by a
//! script or a seed, and can crash at any point. It checks the engine's promises as it goes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use podium_connector::{Delivery, Observed, Outcome, StepPreview, Undo, UndoClass, UndoRecord};
use podium_diagnostics::{Code, Error, ErrorKind};
use podium_plan::{Plan, Preview};

use crate::event::{EventBody, RunEvent, StepEvent};
use crate::state::Phase;
use crate::{Answer, Command, Effect, Event, Instance, Refusal, State, TimerKind, apply, decide};

/// A plan from short JSON: defaults of each step filled in.
pub(super) fn plan(steps: &Value) -> Plan {
    plan_with(steps, &json!({}))
}

pub(super) fn plan_with(steps: &Value, more: &Value) -> Plan {
    let mut full = json!({
        "workflow": "test", "title": "Test", "environment": "play", "mode": "simulated",
        "inputs": {"size": "small"}, "environment_values": {"name": "play", "vars": {}},
        "slots": {}, "credentials": {}, "outputs": {}, "approval": false,
    });
    let mut list = Vec::new();
    for step in steps.as_array().unwrap() {
        let mut whole = json!({
            "title": step["id"], "uses": "test/do", "with": {}, "edges": [], "join": "all",
            "condition": null, "for_each": null, "max_parallel": 1, "max_failures": 0,
            "retry": null, "timeout": null, "on_error": "stop", "credentials": {}, "off": false,
            "undo": null, "approval": false, "writes": true, "work": {"kind": "do"},
        });
        for (key, value) in step.as_object().unwrap() {
            whole[key] = match key.as_str() {
                "edges" => value.as_array().unwrap().iter().map(edge).collect(),
                _ => value.clone(),
            };
        }
        list.push(whole);
    }
    full["steps"] = Value::Array(list);
    for (key, value) in more.as_object().unwrap() {
        full[key] = value.clone();
    }
    serde_json::from_value(full).unwrap()
}

/// `"a"`, `"a:failure"`, or `"a:data"`.
fn edge(short: &Value) -> Value {
    let text = short.as_str().unwrap();
    let (from, on) = text.split_once(':').unwrap_or((text, "success"));
    if on == "data" {
        json!({"from": from, "on": "success", "kind": {"kind": "data", "paths": [], "drawn": false}})
    } else {
        json!({"from": from, "on": on, "kind": {"kind": "order"}})
    }
}

pub(super) fn error(kind: ErrorKind) -> Error {
    Error::new(kind, Code::new("POD0499"), "The far system said no.")
}

/// What a far system does with an attempt.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Succeed(Value),
    Fail(ErrorKind),
    Unknown,
    /// It goes on until it is stopped.
    Hang,
}

/// Who plays the far systems and the people.
pub(super) trait Script {
    fn act(&mut self, step: &Instance, attempt: u32) -> Act;
    fn delivery(&mut self, _step: &Instance) -> Delivery {
        Delivery::Idempotent
    }
    /// The answer of a person where the step waits for one; none where nobody answers.
    fn answer(&mut self, _step: &Instance, _phase: Phase) -> Option<Answer> {
        None
    }
    fn preview(&mut self, _step: &Instance, _attempt: u32) -> StepPreview {
        StepPreview::unknown("a test", undo())
    }
    /// Which of the waiting reports comes next.
    fn pick(&mut self, among: usize) -> usize {
        let _ = among;
        0
    }
    /// Whether the host dies now.
    fn crashes(&mut self) -> bool {
        false
    }
}

pub(super) fn undo() -> Undo {
    Undo {
        class: UndoClass::Delete,
        because: None,
    }
}

/// What each step does, in order of its attempts; success with no outputs where nothing is said.
#[derive(Default)]
pub(super) struct Acts {
    pub(super) by_step: HashMap<String, Vec<Act>>,
    pub(super) answers: HashMap<String, Vec<Answer>>,
    pub(super) delivery: Option<Delivery>,
}

impl Acts {
    pub(super) fn new(acts: &[(&str, Act)]) -> Self {
        let mut all = Self::default();
        for (step, act) in acts {
            all.by_step
                .entry((*step).to_owned())
                .or_default()
                .push(act.clone());
        }
        all
    }

    pub(super) fn answering(mut self, answers: &[(&str, Answer)]) -> Self {
        for (step, answer) in answers {
            self.answers
                .entry((*step).to_owned())
                .or_default()
                .push(answer.clone());
        }
        self
    }
}

impl Script for Acts {
    fn act(&mut self, step: &Instance, _attempt: u32) -> Act {
        match self.by_step.get_mut(&step.to_string()) {
            Some(acts) if !acts.is_empty() => acts.remove(0),
            _ => Act::Succeed(json!({})),
        }
    }
    fn delivery(&mut self, _step: &Instance) -> Delivery {
        self.delivery.clone().unwrap_or(Delivery::Idempotent)
    }
    fn answer(&mut self, step: &Instance, _phase: Phase) -> Option<Answer> {
        let answers = self.answers.get_mut(&step.to_string())?;
        (!answers.is_empty()).then(|| answers.remove(0))
    }
}

/// The far side: what was begun, by key.
#[derive(Default)]
pub(super) struct FarSide {
    pub(super) begun: BTreeMap<String, Act>,
    /// How often each key was begun; more than once is a broken promise.
    pub(super) begins: BTreeMap<String, u32>,
}

pub(super) struct World<S> {
    pub(super) state: State,
    pub(super) journal: Vec<Event>,
    pub(super) far: FarSide,
    pub(super) script: S,
    /// Reports that are under way to the engine; gone with the host.
    pub(super) reports: Vec<Command>,
    pub(super) timers: Vec<u64>,
    pub(super) considered: usize,
    pub(super) crashes: u32,
    /// Type, step and attempt of the step events in the journal.
    durable: BTreeSet<(&'static str, Instance, u32)>,
    /// Attempts that run until they are stopped.
    hanging: BTreeSet<(Instance, u32)>,
}

impl<S: Script> World<S> {
    pub(super) fn new(plan: &Plan, script: S) -> Self {
        let mut world = Self {
            state: State::new("run_test".parse().unwrap()),
            journal: Vec::new(),
            far: FarSide::default(),
            script,
            reports: Vec::new(),
            timers: Vec::new(),
            considered: 0,
            crashes: 0,
            durable: BTreeSet::new(),
            hanging: BTreeSet::new(),
        };
        let preview = Preview::assemble(plan, Vec::new(), Vec::new());
        world.command(Command::Create {
            plan: Box::new(plan.clone()),
            preview: Box::new(preview),
            by: "ada".to_owned(),
            schedule: None,
        });
        world
    }

    pub(super) fn started(plan: &Plan, script: S) -> Self {
        let mut world = Self::new(plan, script);
        world.command(Command::Start);
        world
    }

    #[expect(clippy::needless_pass_by_value, reason = "a report is used up")]
    pub(super) fn command(&mut self, command: Command) {
        self.ask(&command).unwrap();
    }

    /// One decision: its events durable, then its effects performed.
    pub(super) fn ask(&mut self, command: &Command) -> Result<(), Refusal> {
        let decision = decide(&self.state, command)?;
        self.considered += decision.considered;
        assert!(
            decision.effects.is_empty() || !decision.events.is_empty(),
            "effects without events: {decision:?}"
        );
        for body in decision.events {
            let event = Event {
                run: self.state.run().clone(),
                seq: self.journal.len() as u64 + 1,
                at: 1_000 * i64::try_from(self.journal.len()).unwrap(),
                body,
            };
            apply(&mut self.state, &event);
            if let EventBody::Step { step, attempt, .. } = &event.body {
                self.durable
                    .insert((event.body.name(), step.clone(), *attempt));
            }
            self.journal.push(event);
        }
        for effect in decision.effects {
            if self.script.crashes() {
                self.crash();
                break;
            }
            self.perform(effect);
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect) {
        self.check_ordered(&effect);
        match effect {
            Effect::Prepare { step, attempt, .. } => {
                let preview = Box::new(self.script.preview(&step, attempt));
                let delivery = self.script.delivery(&step);
                self.reports.push(Command::Prepared {
                    step,
                    attempt,
                    preview,
                    undo: Some(UndoRecord {
                        undo: undo(),
                        record: json!({}),
                    }),
                    delivery,
                    mode: None,
                });
            }
            Effect::Perform {
                step,
                attempt,
                key,
                resumed,
                ..
            } => {
                let act = if let Some(act) = self.far.begun.get(&key) {
                    assert!(resumed, "{step} attempt {attempt} is begun twice");
                    act.clone()
                } else {
                    let act = self.script.act(&step, attempt);
                    *self.far.begins.entry(key.clone()).or_default() += 1;
                    self.far.begun.insert(key, act.clone());
                    act
                };
                let report = match act {
                    Act::Succeed(outputs) => Command::Succeeded {
                        step,
                        attempt,
                        outcome: Box::new(Outcome {
                            outputs: outputs.as_object().cloned().unwrap_or_default(),
                            ..Outcome::default()
                        }),
                    },
                    Act::Fail(kind) => Command::Failed {
                        step,
                        attempt,
                        error: error(kind),
                    },
                    Act::Unknown => Command::BecameUnknown {
                        step,
                        attempt,
                        because: "Nobody saw it.".to_owned(),
                    },
                    Act::Hang => {
                        self.hanging.insert((step, attempt));
                        return;
                    }
                };
                self.reports.push(report);
            }
            Effect::Observe {
                step, attempt, key, ..
            } => {
                let observed = if self.far.begun.contains_key(&key) {
                    Observed::Adopt
                } else {
                    Observed::NeverStarted
                };
                self.reports.push(Command::Observed {
                    step,
                    attempt,
                    observed,
                });
            }
            Effect::Timer {
                step,
                attempt,
                kind,
                millis,
            } => {
                self.timers.push(millis);
                let timer = kind;
                if kind == TimerKind::Backoff || self.hanging.contains(&(step.clone(), attempt)) {
                    self.reports.push(Command::TimerFired {
                        step,
                        attempt,
                        timer,
                    });
                }
            }
            Effect::CancelStep { step, attempt } => {
                self.hanging.remove(&(step.clone(), attempt));
                self.reports
                    .retain(|report| !is_about(report, &step, attempt));
                self.reports.push(Command::Ended {
                    step,
                    attempt,
                    still_running: Vec::new(),
                });
            }
        }
    }

    /// An effect is performed only after the event that ordered it, and only where all that the step
    /// needs is in the journal.
    fn check_ordered(&self, effect: &Effect) {
        let (wanted, step, attempt) = match effect {
            Effect::Prepare { step, attempt, .. } => ("step.ready", step, attempt),
            Effect::Perform { step, attempt, .. } | Effect::Observe { step, attempt, .. } => {
                ("step.intent", step, attempt)
            }
            Effect::Timer { .. } | Effect::CancelStep { .. } => return,
        };
        let found = self.durable.contains(&(wanted, step.clone(), *attempt));
        assert!(found, "{wanted} of {step} is not in the journal");
    }

    /// The host is gone: what was not durable is lost; the far side goes on.
    fn crash(&mut self) {
        self.crashes += 1;
        self.reports.clear();
        self.hanging.clear();
        self.state = replayed(&self.journal);
        let resume = decide(&self.state, &Command::Resume).unwrap();
        if resume.events.is_empty() {
            assert!(resume.effects.is_empty());
        }
        self.command(Command::Resume);
    }

    /// Lets reports in until nothing is left to do, and people answer.
    pub(super) fn run(&mut self) -> &mut Self {
        for _ in 0..2_000_000 {
            if self.reports.is_empty() {
                if self.state.phase().is_ended() || !self.answer_one() {
                    return self;
                }
                continue;
            }
            let at = self.script.pick(self.reports.len());
            let report = self.reports.remove(at);
            self.command(report);
        }
        panic!("the run does not end");
    }

    fn answer_one(&mut self) -> bool {
        let asking: Vec<(Instance, Phase)> = self
            .state
            .steps()
            .filter(|(_, step)| step.phase().is_asking())
            .map(|(step, state)| (step, state.phase()))
            .collect();
        for (step, phase) in asking {
            if let Some(answer) = self.script.answer(&step, phase) {
                let by = format!("bob{}", self.journal.len());
                self.command(Command::Answer {
                    step,
                    answer,
                    by,
                    comment: None,
                });
                return true;
            }
        }
        false
    }

    pub(super) fn phase(&self, step: &str) -> Phase {
        self.state.step(&step.parse().unwrap()).unwrap().phase()
    }

    /// Event types of a step, or of the run where `step` is empty.
    pub(super) fn told(&self, step: &str) -> Vec<&'static str> {
        self.journal
            .iter()
            .filter(|event| {
                event
                    .body
                    .step()
                    .map_or(step.is_empty(), |of| of.to_string() == step)
            })
            .map(|event| event.body.name())
            .collect()
    }

    pub(super) fn outcome(&self) -> &'static str {
        self.journal.last().unwrap().body.name()
    }

    pub(super) fn last_error(&self, step: &str) -> Error {
        let found = self
            .journal
            .iter()
            .rev()
            .find_map(|event| match &event.body {
                EventBody::Step {
                    step: of,
                    event: StepEvent::Failed(failed),
                    ..
                } if of.to_string() == step => Some(failed.error.clone()),
                _ => None,
            });
        found.unwrap()
    }

    pub(super) fn inputs(&self, step: &str) -> Map<String, Value> {
        let step = step.parse().unwrap();
        self.state.step(&step).unwrap().inputs().clone()
    }

    pub(super) fn outputs(&self) -> Map<String, Value> {
        match &self.journal.last().unwrap().body {
            EventBody::Run(RunEvent::Succeeded(done)) => done.outputs.clone(),
            other => panic!("{}", other.name()),
        }
    }
}

fn is_about(report: &Command, of: &Instance, number: u32) -> bool {
    match report {
        Command::Prepared { step, attempt, .. }
        | Command::Succeeded { step, attempt, .. }
        | Command::Failed { step, attempt, .. }
        | Command::TimerFired { step, attempt, .. }
        | Command::BecameUnknown { step, attempt, .. } => step == of && *attempt == number,
        _ => false,
    }
}

/// The state that these events give, by way of their JSON.
pub(super) fn replayed(journal: &[Event]) -> State {
    let mut state = State::new("run_test".parse().unwrap());
    for event in journal {
        let text = serde_json::to_string(event).unwrap();
        let back: Event = serde_json::from_str(&text).unwrap();
        assert_eq!(&back, event);
        apply(&mut state, &back);
    }
    state
}
