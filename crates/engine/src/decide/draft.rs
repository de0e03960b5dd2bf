//! A state with the events of one decision tried on it; copies only the cells that they touch.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use podium_model::RunId;
use podium_plan::PlanStep;

use super::Decision;
use crate::Instance;
use crate::apply::apply_body;
use crate::effect::Effect;
use crate::event::{EventBody, RunEvent, StepEvent};
use crate::state::cell::{Cell, Phase};
use crate::state::cells::{Cells, stopped_by};
use crate::state::graph::Graph;
use crate::state::{Head, State};

/// What is still to be looked at in this decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// A step that may have become possible, or impossible.
    Step(usize),
    /// A step whose elements may begin, or have ended.
    Elements(usize),
    /// A call whose steps may all have ended.
    Call(usize),
}

pub(super) struct Draft<'a> {
    base: &'a State,
    head: Head,
    changed: HashMap<usize, Cell>,
    grown: Vec<Cell>,
    pub(super) todo: VecDeque<Todo>,
    pub(super) considered: usize,
    events: Vec<EventBody>,
    effects: Vec<Effect>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(base: &'a State) -> Self {
        Self {
            base,
            head: base.head.clone(),
            changed: HashMap::new(),
            grown: Vec::new(),
            todo: VecDeque::new(),
            considered: 0,
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub(super) fn into_decision(self) -> Decision {
        Decision {
            events: self.events,
            effects: self.effects,
            considered: self.considered,
        }
    }

    pub(super) fn state(&self) -> &'a State {
        self.base
    }

    pub(super) fn run(&self) -> &'a RunId {
        &self.base.run
    }

    pub(super) fn plan_step(&self, at: usize) -> &'a PlanStep {
        let base = self.base;
        &base.graph.steps()[self.cell(at).step]
    }

    pub(super) fn has_changed(&self) -> bool {
        !self.events.is_empty()
    }

    pub(super) fn instance(&self, at: usize) -> Instance {
        Instance {
            step: self.plan_step(at).id.clone(),
            item: self.cell(at).item,
        }
    }

    /// The cell that a report is about, where the report is about its last attempt.
    pub(super) fn current(&self, step: &Instance, attempt: u32) -> Option<usize> {
        let at = self.base.find(step)?;
        (self.cell(at).attempt == attempt).then_some(at)
    }

    /// A run event that is now true.
    pub(super) fn run_event(&mut self, event: RunEvent) {
        let body = EventBody::Run(event);
        apply_body(self, None, &body);
        self.events.push(body);
    }

    /// An event of the cell's last attempt that is now true. When it ends the step, what waited for it
    /// is looked at in [`follow`](super::schedule::follow).
    pub(super) fn event(&mut self, at: usize, event: StepEvent) {
        let attempt = self.cell(at).attempt;
        self.event_of(at, attempt, event);
    }

    pub(super) fn event_of(&mut self, at: usize, attempt: u32, event: StepEvent) {
        let body = event.of(self.instance(at), attempt);
        apply_body(self, Some(at), &body);
        self.events.push(body);
        let cell = self.cell(at);
        let (step, phase) = (cell.step, cell.phase);
        let ended = phase.is_ended();
        if cell.item.is_some() {
            if ended {
                self.todo.push_back(Todo::Elements(step));
            }
        } else if ended {
            let graph = Arc::clone(&self.base.graph);
            for child in graph.children(step) {
                self.todo.push_back(Todo::Step(child.step));
            }
            if let Some(call) = graph.within(step) {
                self.todo.push_back(Todo::Call(call));
            }
            for &inside in graph.inside(step) {
                self.todo.push_back(Todo::Step(inside));
            }
        } else if phase == Phase::Expanded {
            self.todo.push_back(Todo::Elements(step));
        } else if phase == Phase::Called {
            let graph = Arc::clone(&self.base.graph);
            for &inside in graph.inside(step) {
                self.todo.push_back(Todo::Step(inside));
            }
            self.todo.push_back(Todo::Call(step));
        }
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Whether nothing new may begin at this cell.
    pub(super) fn is_blocked(&self, at: usize) -> bool {
        self.head.cancel.is_some() || (!self.cell(at).was_begun() && self.stopper(at).is_some())
    }

    /// The step whose failure keeps this cell from beginning: one of its own workflow, or one of those
    /// around it. What deals with a failure begins all the same, with everything inside it.
    pub(super) fn stopper(&self, at: usize) -> Option<usize> {
        let graph = &self.base.graph;
        let mut step = self.cell(at).step;
        let mut handler = false;
        loop {
            handler |= self.cell(step).handler;
            if let (false, Some(by)) = (handler, stopped_by(self, step)) {
                return Some(by);
            }
            step = graph.within(step)?;
        }
    }

    /// Asks for one more look, before anything is written.
    pub(super) fn prepare(&mut self, at: usize) {
        let cell = self.cell(at);
        let (attempt, inputs) = (cell.attempt, (*cell.inputs).clone());
        let step = self.instance(at);
        self.effect(Effect::Prepare {
            step,
            attempt,
            inputs,
        });
    }

    /// Hands the attempt to its connector.
    pub(super) fn perform(&mut self, at: usize, resumed: bool) {
        self.event(
            at,
            StepEvent::Dispatched(crate::event::Dispatched { resumed }),
        );
        let step = self.instance(at);
        let cell = self.cell(at);
        let attempt = cell.attempt;
        let effect = Effect::Perform {
            step: step.clone(),
            attempt,
            key: crate::key(self.run(), &step, attempt),
            inputs: (*cell.inputs).clone(),
            resumed,
            remote: cell.remote.as_deref().map(str::to_owned),
        };
        let stopping = cell.stopping.is_some();
        self.effect(effect);
        if stopping {
            self.effect(Effect::CancelStep { step, attempt });
        } else if let Some(timeout) = self.plan_step(at).timeout {
            self.effect(Effect::Timer {
                step,
                attempt,
                kind: crate::TimerKind::Timeout,
                millis: timeout.millis,
            });
        }
    }
}

impl Cells for Draft<'_> {
    fn graph(&self) -> &Arc<Graph> {
        &self.base.graph
    }
    fn head(&self) -> &Head {
        &self.head
    }
    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }
    fn len(&self) -> usize {
        self.base.cells.len() + self.grown.len()
    }
    fn cell(&self, at: usize) -> &Cell {
        match at.checked_sub(self.base.cells.len()) {
            Some(grown) => &self.grown[grown],
            None => self.changed.get(&at).unwrap_or(&self.base.cells[at]),
        }
    }
    fn cell_mut(&mut self, at: usize) -> &mut Cell {
        let base = self.base;
        if let Some(grown) = at.checked_sub(base.cells.len()) {
            return &mut self.grown[grown];
        }
        self.changed
            .entry(at)
            .or_insert_with(|| base.cells[at].clone())
    }
    fn push(&mut self, cell: Cell) {
        self.grown.push(cell);
    }
}
