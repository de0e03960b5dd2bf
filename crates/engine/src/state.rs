//! The state of a run: a fold of its events, and of nothing else.
//!
//! A run: `new → created → running ⇄ waiting → succeeded | failed | cancelled`, with `cancelling`
//! before the last; an ended run can be taken up again (`running`). Steps: see [`cell`].
//!
//! [`State`] holds one [`Cell`](cell::Cell) a step, and one more for each element of a `for_each` that
//! has begun. What changes cells goes through [`Cells`](cells::Cells), so that a decision can try its
//! events on a copy of the few cells they touch.

pub(crate) mod cell;
pub(crate) mod cells;
pub(crate) mod graph;

use std::collections::BTreeSet;
use std::sync::Arc;

use podium_model::{RunId, StepId};
use podium_plan::{Plan, Preview};
use serde_json::Value;

use crate::Instance;
use cell::Cell;
use graph::Graph;

pub use cell::{Phase, Way};

/// Where a run stands, as far as its events tell.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) run: RunId,
    pub(crate) graph: Arc<Graph>,
    pub(crate) head: Head,
    pub(crate) cells: Vec<Cell>,
}

/// What belongs to the run as a whole; small, since each decision copies it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Head {
    /// The number of the last event.
    pub(crate) seq: u64,
    pub(crate) phase: RunPhase,
    /// Whether a person approved the preview.
    pub(crate) approved: bool,
    /// Whether it ran elsewhere, and only its record is here.
    pub(crate) recorded: bool,
    /// Who asked for a cancel.
    pub(crate) cancel: Option<Arc<str>>,
    /// The step whose failure stops the run.
    pub(crate) stopped_by: Option<usize>,
    /// Cells that move by themselves.
    pub(crate) moving: usize,
    /// Cells that wait for somebody.
    pub(crate) asking: Arc<BTreeSet<usize>>,
    /// Steps (not elements) that have not ended.
    pub(crate) unsettled: usize,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RunPhase {
    /// Nothing has happened.
    #[default]
    New,
    /// Made, not begun.
    Created,
    /// Something moves.
    Running,
    /// Nothing moves until somebody does something.
    Waiting,
    /// What runs comes to an end; nothing new begins.
    Cancelling,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Cancelled.
    Cancelled,
}

impl RunPhase {
    /// Whether the run has ended; it can be taken up again by a retry.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl State {
    /// A run of which nothing is known yet.
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            graph: Arc::new(Graph::default()),
            head: Head::default(),
            cells: Vec::new(),
        }
    }

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The number of the last event; the next one has one more.
    pub fn seq(&self) -> u64 {
        self.head.seq
    }

    /// Where the run stands.
    pub fn phase(&self) -> RunPhase {
        self.head.phase
    }

    /// Whether a person said yes to the preview.
    pub fn is_approved(&self) -> bool {
        self.head.approved
    }

    /// What runs; absent before the run is made.
    pub fn plan(&self) -> Option<&Plan> {
        self.graph.made.as_ref().map(|made| &made.plan)
    }

    /// What it would change, as approved; absent before the run is made.
    pub fn preview(&self) -> Option<&Preview> {
        self.graph.made.as_ref().map(|made| &made.preview)
    }

    /// Where a step, or one element of it, stands; absent where there is none.
    pub fn step(&self, instance: &Instance) -> Option<StepState<'_>> {
        let index = self.find(instance)?;
        Some(StepState {
            cell: &self.cells[index],
        })
    }

    /// Every step in the order of the plan, each followed by the elements of its `for_each`.
    pub fn steps(&self) -> impl Iterator<Item = (Instance, StepState<'_>)> {
        (0..self.graph.steps().len()).flat_map(move |index| {
            std::iter::once(index)
                .chain(self.cells[index].items.clone())
                .map(move |at| {
                    (
                        self.instance(at),
                        StepState {
                            cell: &self.cells[at],
                        },
                    )
                })
        })
    }

    pub(crate) fn find(&self, instance: &Instance) -> Option<usize> {
        let index = self.graph.index(&instance.step)?;
        match instance.item {
            None => Some(index),
            Some(item) => {
                let items = &self.cells.get(index)?.items;
                let at = items.start + item as usize;
                items.contains(&at).then_some(at)
            }
        }
    }

    fn instance(&self, at: usize) -> Instance {
        let cell = &self.cells[at];
        Instance {
            step: self.graph.steps()[cell.step].id.clone(),
            item: cell.item,
        }
    }

    /// The ids of the steps, in the order of the plan.
    pub fn ids(&self) -> impl Iterator<Item = &StepId> {
        self.graph.steps().iter().map(|step| &step.id)
    }
}

/// Where one step stands.
#[derive(Clone, Copy, Debug)]
pub struct StepState<'a> {
    cell: &'a Cell,
}

impl<'a> StepState<'a> {
    /// Its phase.
    pub fn phase(&self) -> Phase {
        self.cell.phase
    }

    /// The last attempt; 0 where none was begun.
    pub fn attempt(&self) -> u32 {
        self.cell.attempt
    }

    /// The inputs of the last attempt.
    pub fn inputs(&self) -> &'a serde_json::Map<String, Value> {
        &self.cell.inputs
    }

    /// The outputs.
    pub fn outputs(&self) -> &'a Value {
        &self.cell.outputs
    }

    /// The id that the far system gave to the last attempt.
    pub fn remote(&self) -> Option<&'a str> {
        self.cell.remote.as_deref()
    }

    /// Whether the last attempt was begun and its host is gone; what became of it is being asked.
    pub fn is_adrift(&self) -> bool {
        self.cell.adrift
    }
}
