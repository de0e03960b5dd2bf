//! The shapes of the views.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use podium_connector::{Change, Confidence, Made, Mode, Undo};
use podium_diagnostics::Error;
use podium_engine::event::{Occasion, Outside};
use podium_engine::{Event, Instance};
use podium_model::document::When;
use podium_model::layout::Layout;
use podium_model::{OperationName, RunId, StepId};

use crate::fold;

/// Everything about one run that fits on a screen. Times are milliseconds since 1970 (UTC).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunView {
    /// The run.
    pub id: RunId,
    /// The number of the last event in this view.
    #[ts(type = "number")]
    pub seq: u64,
    /// The workflow's name in the workspace.
    pub workflow: String,
    /// What people call it.
    pub title: String,
    /// Where it runs.
    pub environment: String,
    /// Whether the systems it reaches are real.
    pub mode: RunMode,
    /// Where it stands.
    pub state: RunState,
    /// Where it stands, in words: `Setting up servers · 2 of 5`.
    pub sentence: String,
    /// Who asked for it.
    pub by: String,
    /// The schedule that began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schedule: Option<Occasion>,
    /// The inputs.
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// The hash of the preview it was made from.
    pub preview: String,
    /// What the preview says in words.
    pub changes_in_words: String,
    /// Who said yes to the preview.
    pub approved_by: Option<String>,
    /// Why it began outside its environment's window, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub outside: Option<Outside>,
    /// When it was made.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it began.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// The steps, in the order of the plan.
    pub steps: Vec<StepView>,
    /// The edges between them.
    pub edges: Vec<GraphEdge>,
    /// How many steps stand where.
    pub counts: Counts,
    /// What waits for somebody.
    pub questions: Vec<Question>,
    /// The workflow's outputs.
    #[ts(type = "Record<string, any>")]
    pub outputs: Map<String, Value>,
    /// Outputs that could not be worked out.
    pub missing: Vec<Error>,
    /// Why it failed.
    pub error: Option<Error>,
    /// What goes on at the far side after a cancel.
    pub still_running: Vec<String>,
    /// Who asked for a cancel.
    pub cancelled_by: Option<String>,
    /// The run that this one takes back.
    pub undoes: Option<RunId>,
    /// The run that took this one back; filled in by who reads the journal.
    pub undone_by: Option<RunId>,
    /// Whether it ran elsewhere, and is only a record here.
    pub recorded: bool,
    /// Whether it can be taken back.
    pub undo: UndoView,
    /// Where the steps stood when it began; filled in by who reads the journal.
    pub layout: Layout,

    /// Step → its place in `steps`.
    #[serde(skip)]
    #[ts(skip)]
    pub(crate) index: HashMap<StepId, usize>,
    /// Steps under way.
    #[serde(skip)]
    #[ts(skip)]
    pub(crate) active: BTreeSet<usize>,
}

/// Whether the systems that a run reaches are real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum RunMode {
    /// All of them.
    #[default]
    Real,
    /// None of them.
    Simulated,
    /// Some are; each step says which.
    Mixed,
}

impl RunMode {
    /// That of steps; `otherwise` where there are none.
    pub fn of(steps: impl IntoIterator<Item = Mode>, otherwise: Mode) -> Self {
        let (mut real, mut simulated) = (false, false);
        for mode in steps {
            match mode {
                Mode::Real => real = true,
                Mode::Simulated => simulated = true,
            }
        }
        match (real, simulated) {
            (true, true) => Self::Mixed,
            (true, false) => Self::Real,
            (false, true) => Self::Simulated,
            (false, false) => Self::of([otherwise], otherwise),
        }
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Made, not begun.
    #[default]
    Created,
    /// Something moves.
    Running,
    /// Nothing moves until somebody does something.
    Waiting,
    /// What runs comes to an end.
    Cancelling,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Cancelled.
    Cancelled,
}

impl RunState {
    /// Whether the run has ended.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// One step, or one element of its `for_each`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StepView {
    /// `servers`, or `servers[2]` for an element.
    pub id: Instance,
    /// What people call it.
    pub title: String,
    /// Which operation.
    pub uses: OperationName,
    /// The workflow that it calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub calls: Option<String>,
    /// The call that it belongs to; its steps stand right after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub within: Option<StepId>,
    /// Whether the far system is real.
    pub mode: Mode,
    /// Set while that depends on inputs that are not known yet.
    pub mode_open: bool,
    /// Where it stands.
    pub state: StepState,
    /// Where it stands, in words.
    pub sentence: String,
    /// Which attempt; 0 before the first.
    pub attempt: u32,
    /// The things it works on, each with its last status.
    pub things: Vec<Thing>,
    /// Things done so far, of how many.
    pub done: Option<(u32, u32)>,
    /// The inputs of the last attempt.
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// The outputs; a list of them for a step with `for_each`.
    #[ts(type = "any")]
    pub outputs: Value,
    /// Outputs that exist and are not shown.
    pub hidden: Vec<String>,
    /// What was made or changed.
    pub made: Vec<Made>,
    /// Why it failed, or is tried again.
    pub error: Option<Error>,
    /// Why it was skipped, is unknown, or waits.
    pub because: Option<String>,
    /// While it waits: the steps before it that have not ended.
    pub waits_for: Vec<StepId>,
    /// While it waits: the nearest steps before it that go on only when somebody does something.
    pub held_by: Vec<StepId>,
    /// The condition as written.
    pub condition: Option<String>,
    /// What the condition was when it was looked at.
    pub condition_held: Option<bool>,
    /// What goes on at the far side after it was stopped.
    pub still_running: Vec<String>,
    /// How it can be taken back.
    pub undo: Undo,
    /// Whether running it can change anything outside.
    pub writes: bool,
    /// How sure `changes` is.
    pub confidence: Confidence,
    /// What it would change, or changes, as last looked at.
    pub changes: Vec<Change>,
    /// The id that the far system gave.
    pub remote: Option<String>,
    /// Who approved it, left it out, or said that it is done.
    pub by: Option<String>,
    /// How many lines its log has.
    #[ts(type = "number")]
    pub log_lines: u64,
    /// When its first attempt began.
    #[ts(type = "number | null")]
    pub started_at: Option<i64>,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// From begin to end, waits included.
    #[ts(type = "number | null")]
    pub duration_ms: Option<i64>,
    /// Attempts and waits, for the timeline.
    pub bars: Vec<Bar>,
    /// The elements of its `for_each`.
    pub items: Vec<StepView>,
    /// How many elements stand where.
    pub item_counts: Counts,

    /// Thing → its place in `things`.
    #[serde(skip)]
    #[ts(skip)]
    pub(crate) thing_at: HashMap<String, usize>,
    /// Whether it was skipped because of what became of other steps.
    #[serde(skip)]
    #[ts(skip)]
    pub(crate) skipped_for_others: bool,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// For the steps it needs.
    #[default]
    Waiting,
    /// Looked at once more.
    Ready,
    /// For a person's yes.
    WaitingApproval,
    /// For the vault.
    WaitingUnlock,
    /// About to be done.
    Intent,
    /// Handed to its connector.
    Dispatched,
    /// Taken by the far system.
    Accepted,
    /// Reporting.
    Running,
    /// Until the next attempt.
    Retrying,
    /// It failed, and a person is asked.
    Asked,
    /// Nobody knows.
    Unknown,
    /// It did what it should.
    Succeeded,
    /// Taken back.
    Undone,
    /// It failed.
    Failed,
    /// It was stopped.
    Cancelled,
    /// It does not run.
    Skipped,
}

impl StepState {
    /// Whether it has ended.
    pub fn is_ended(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Undone | Self::Failed | Self::Cancelled | Self::Skipped
        )
    }

    /// Whether it is under way.
    pub fn is_active(self) -> bool {
        matches!(
            self,
            Self::Ready
                | Self::Intent
                | Self::Dispatched
                | Self::Accepted
                | Self::Running
                | Self::Retrying
        )
    }

    /// Whether it waits for somebody.
    pub fn is_asking(self) -> bool {
        matches!(
            self,
            Self::WaitingApproval | Self::WaitingUnlock | Self::Asked | Self::Unknown
        )
    }
}

/// A thing that a step works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Thing {
    /// A resource's address, a host, a task.
    pub about: String,
    /// Its state in the system's own word, or what was last said of it.
    pub status: String,
}

/// An edge between steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "RunEdge")]
pub struct GraphEdge {
    /// The step that comes first.
    pub from: StepId,
    /// The step that waits.
    pub to: StepId,
    /// The way the first must have gone.
    pub on: When,
    /// Whether a value flows.
    pub data: bool,
}

/// How many stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Counts {
    /// All of them.
    pub total: u32,
    /// For others.
    pub waiting: u32,
    /// Under way.
    pub active: u32,
    /// For somebody.
    pub asking: u32,
    /// Ended well (or taken back).
    pub succeeded: u32,
    /// Ended badly.
    pub failed: u32,
    /// Stopped.
    pub cancelled: u32,
    /// Not run.
    pub skipped: u32,
}

impl Counts {
    /// How many have ended.
    pub fn ended(&self) -> u32 {
        self.succeeded + self.failed + self.cancelled + self.skipped
    }

    pub(crate) fn of(&mut self, state: StepState) -> &mut u32 {
        match state {
            StepState::Waiting => &mut self.waiting,
            StepState::Succeeded | StepState::Undone => &mut self.succeeded,
            StepState::Failed => &mut self.failed,
            StepState::Cancelled => &mut self.cancelled,
            StepState::Skipped => &mut self.skipped,
            state if state.is_asking() => &mut self.asking,
            _ => &mut self.active,
        }
    }
}

/// Something that waits for somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Question {
    /// The step; absent for the preview of the whole run.
    pub step: Option<Instance>,
    /// What kind of question.
    pub kind: QuestionKind,
    /// Who is asked; empty where anybody may answer.
    pub to: Vec<String>,
    /// The question.
    pub message: String,
    /// Why it is asked.
    pub reason: Option<String>,
    /// How many people must say yes.
    pub quorum: u32,
    /// Who said yes so far.
    pub by: Vec<String>,
    /// What the step would change now, where that is the question.
    pub changes: Vec<Change>,
}

/// What kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// May this run begin? Bound to the preview's hash.
    Preview,
    /// The author wanted a yes here.
    Approval,
    /// The step would do something other than what was approved.
    Differs,
    /// The vault is locked.
    Unlock,
    /// It failed: again, skip, stop?
    Failure,
    /// It may or may not have happened: somebody must look.
    Unknown,
}

/// A stretch of time on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Bar {
    /// What it shows.
    pub kind: BarKind,
    /// Of which attempt.
    pub attempt: u32,
    /// When it began.
    #[ts(type = "number")]
    pub from: i64,
    /// When it ended; absent while it lasts.
    #[ts(type = "number | null")]
    pub to: Option<i64>,
}

/// What a [`Bar`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum BarKind {
    /// The last look before anything is written.
    Prepare,
    /// Work.
    Work,
    /// A wait for a person.
    Person,
    /// A wait for the vault.
    Vault,
    /// The wait before the next attempt.
    Backoff,
}

/// Whether a run can be taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UndoView {
    /// Whether it can, at least in part.
    pub possible: bool,
    /// Why not, or what stays.
    pub because: Option<String>,
}

impl RunView {
    /// A run of which nothing is known yet.
    pub fn new(id: RunId) -> Self {
        Self {
            id,
            seq: 0,
            workflow: String::new(),
            title: String::new(),
            environment: String::new(),
            mode: RunMode::Real,
            state: RunState::Created,
            sentence: String::new(),
            by: String::new(),
            schedule: None,
            inputs: Map::new(),
            preview: String::new(),
            changes_in_words: String::new(),
            approved_by: None,
            outside: None,
            created_at: 0,
            started_at: None,
            ended_at: None,
            steps: Vec::new(),
            edges: Vec::new(),
            counts: Counts::default(),
            questions: Vec::new(),
            outputs: Map::new(),
            missing: Vec::new(),
            error: None,
            still_running: Vec::new(),
            cancelled_by: None,
            undoes: None,
            undone_by: None,
            recorded: false,
            undo: UndoView::default(),
            layout: Layout::default(),
            index: HashMap::new(),
            active: BTreeSet::new(),
        }
    }

    /// The view after these events, from the first on.
    pub fn of(id: RunId, events: &[Event]) -> Self {
        let mut view = Self::new(id);
        for event in events {
            fold(&mut view, event);
        }
        view.explain();
        view
    }

    /// Works out what waiting steps wait for. [`fold`](fn@fold) leaves that to who shows the view, once
    /// for all events that came.
    pub fn explain(&mut self) {
        crate::hold::explain(self);
    }

    /// Says of steps whose mode was open what it is, as far as their inputs tell by now: `of` gives the
    /// mode of a step, for the mode that its environment says.
    pub fn settle_modes(&mut self, mut of: impl FnMut(&StepView, Mode) -> Option<Mode>) {
        let mut settled = false;
        for step in self.steps.iter_mut().filter(|step| step.mode_open) {
            if step.inputs.is_empty() {
                continue;
            }
            if let Some(mode) = of(step, step.mode) {
                step.mode = mode;
                step.mode_open = false;
                settled = true;
            }
        }
        if settled {
            self.mode = RunMode::of(self.steps.iter().map(|step| step.mode), Mode::Real);
        }
    }

    /// Says how many lines each step (or element) has logged, where the events were read without them.
    pub fn set_log_lengths(&mut self, lengths: &[(String, u64)]) {
        for (name, lines) in lengths {
            let Ok(id) = name.parse::<Instance>() else {
                continue;
            };
            let Some(step) = self
                .index
                .get(&id.step)
                .and_then(|&at| self.steps.get_mut(at))
            else {
                continue;
            };
            match id.item {
                None => step.log_lines = *lines,
                Some(item) => {
                    if let Some(element) = step.items.get_mut(item as usize) {
                        element.log_lines = *lines;
                    }
                }
            }
        }
    }

    /// The view as it was after the event of this number: travel in time.
    pub fn at(id: RunId, events: &[Event], seq: u64) -> Self {
        let upto = events.partition_point(|event| event.seq <= seq);
        Self::of(id, &events[..upto])
    }

    /// The step of this id.
    pub fn step(&self, id: &StepId) -> Option<&StepView> {
        match self.index.get(id) {
            Some(&at) => self.steps.get(at),
            None => self.steps.iter().find(|step| step.id.step == *id),
        }
    }

    /// Says which run took this one back.
    pub fn set_undone_by(&mut self, run: RunId) {
        self.undone_by = Some(run);
        self.undo = taken_back();
    }
}

/// One line in a list of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// The workflow's name in the workspace.
    pub workflow: String,
    /// What people call it.
    pub title: String,
    /// Where it runs.
    pub environment: String,
    /// Whether the systems it reaches are real.
    pub mode: RunMode,
    /// Where it stands.
    pub state: RunState,
    /// The same in words.
    pub sentence: String,
    /// Who asked for it.
    pub by: String,
    /// The schedule that began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schedule: Option<Occasion>,
    /// When it was made.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// How many steps stand where.
    pub counts: Counts,
    /// How many questions are open.
    pub questions: u32,
    /// Whether it can be taken back.
    pub undo: UndoView,
    /// The run that this one takes back.
    pub undoes: Option<RunId>,
    /// The run that took this one back.
    pub undone_by: Option<RunId>,
    /// Whether it ran elsewhere, and is only a record here.
    pub recorded: bool,
}

impl RunSummary {
    /// Says which run took this one back.
    pub fn set_undone_by(&mut self, run: RunId) {
        self.undone_by = Some(run);
        self.undo = taken_back();
    }
}

fn taken_back() -> UndoView {
    UndoView {
        possible: false,
        because: Some("It has already been taken back.".to_owned()),
    }
}

impl From<&RunView> for RunSummary {
    fn from(view: &RunView) -> Self {
        Self {
            id: view.id.clone(),
            workflow: view.workflow.clone(),
            title: view.title.clone(),
            environment: view.environment.clone(),
            mode: view.mode,
            state: view.state,
            sentence: view.sentence.clone(),
            by: view.by.clone(),
            schedule: view.schedule.clone(),
            created_at: view.created_at,
            ended_at: view.ended_at,
            counts: view.counts,
            questions: u32::try_from(view.questions.len()).unwrap_or(u32::MAX),
            undo: view.undo.clone(),
            undoes: view.undoes.clone(),
            undone_by: view.undone_by.clone(),
            recorded: view.recorded,
        }
    }
}
