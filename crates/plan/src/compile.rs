//! Document + catalogue → plan, or all the reasons why not.
//!
//! Every check adds to one list; none stops the others. The same checks run without an environment
//! ([`check`]) and with one ([`compile`]); only the second gives a plan.
//!
//! A workflow that is called is checked by the same code, once for each call, and becomes a part of the
//! plan of its caller (`called`). What is wrong in it is told with its own file and place.
//!
//! Cost: linear in the size of the documents, but for sorting. No recursion over steps, only over calls,
//! which are limited in depth and number.

mod called;
mod credentials;
mod edges;
mod explain;
mod inputs;
mod order;
mod references;
mod schema;
mod texts;
mod workflow_inputs;

pub(crate) use schema::Types;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use podium_connector::{Mode, Operation};
use podium_diagnostics::{Code, Diagnostic, Span};
use podium_model::document::{Document, Step};
use podium_model::nearest::nearest;
use podium_model::parse::Parsed;
use podium_model::tree::{Kind, SourceMap, escape, short};
use podium_model::{Environment, EnvironmentName, StepId};
use serde_json::{Map, Value, json};

use crate::call::is_call;
use crate::code;
use crate::graph::{Badge, Graph, GraphEdge, GraphNode};
use crate::library::Library;
use crate::manifests::Manifests;
use crate::questions::{Answer, Questions};

use called::{Called, Caller};

use crate::plan::{Edge, Plan, PlanStep, Work};
use crate::proof::Expected;
pub(crate) use inputs::takes_null;

/// After this many problems the rest is noise.
const MAX_PROBLEMS: usize = 2_000;

/// The environment that a workflow is compiled for.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// Its name.
    pub name: &'a EnvironmentName,
    /// Its content.
    pub environment: &'a Environment,
}

/// What came of compiling.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The plan; `None` where one of the diagnostics is an error, and from [`check`].
    pub plan: Option<Plan>,
    /// Everything that is wrong, the parser's part included, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// The graph for drawing.
    pub graph: Graph,
}

impl Compiled {
    /// Whether one of the diagnostics is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks a workflow as far as that is possible without an environment and inputs.
pub fn check(
    workflow: &str,
    parsed: &Parsed<Document>,
    library: &Library,
    manifests: &Manifests,
) -> Compiled {
    run(workflow, parsed, None, library, manifests)
}

/// Compiles a workflow for an environment, with inputs.
pub fn compile(
    workflow: &str,
    parsed: &Parsed<Document>,
    binding: &Binding<'_>,
    inputs: &Map<String, Value>,
    library: &Library,
    manifests: &Manifests,
) -> Compiled {
    run(
        workflow,
        parsed,
        Some((binding, inputs)),
        library,
        manifests,
    )
}

/// What a workflow asks for with these answers.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The names of the inputs that are not asked for.
    pub hidden: Vec<String>,
    /// What is wrong with the answers; the field is a pointer below `/inputs`, into the value.
    pub problems: Vec<Diagnostic>,
}

/// What a workflow asks for with these answers. An answer to what is not asked for is no problem here: a
/// form keeps it, and does not send it.
pub fn ask(parsed: &Parsed<Document>, answers: &Map<String, Value>) -> Asked {
    let mut asked = Asked {
        hidden: Vec::new(),
        problems: Vec::new(),
    };
    let Some(document) = &parsed.value else {
        return asked;
    };
    let questions = Questions::read(document.inputs.iter());
    let found = questions.answers(answers, &|_| false);
    for (question, answer) in questions.iter().zip(found) {
        if matches!(answer, Answer::NotAsked(_) | Answer::Undecided(_)) {
            asked.hidden.push(question.name.to_owned());
        }
    }
    let manifests = Manifests::default();
    let library = Library::default();
    let expanded = Cell::new(0);
    let caller = Caller::none("", &library, &expanded);
    let mut checker = Checker::new(document, parsed, None, &manifests, caller);
    checker.problems.clear();
    checker.workflow_inputs(Some(answers));
    asked.problems = checker.problems;
    // What is wrong with the file itself is told where the file is looked at.
    let about_answers = [code::MISSING_WORKFLOW_INPUT, code::BAD_WORKFLOW_INPUT];
    asked
        .problems
        .retain(|problem| about_answers.contains(&problem.code));
    asked
}

fn run(
    workflow: &str,
    parsed: &Parsed<Document>,
    bound: Option<(&Binding<'_>, &Map<String, Value>)>,
    library: &Library,
    manifests: &Manifests,
) -> Compiled {
    let Some(document) = &parsed.value else {
        return Compiled {
            plan: None,
            diagnostics: parsed.diagnostics.clone(),
            graph: Graph::default(),
        };
    };
    let binding = bound.map(|(binding, _)| *binding);
    let expanded = Cell::new(0);
    let caller = Caller::none(workflow, library, &expanded);
    let mut checker = Checker::new(document, parsed, binding, manifests, caller);
    let (values, order) = checker.check(bound.map(|(_, inputs)| inputs));

    let mut diagnostics = std::mem::take(&mut checker.problems);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.map_or(0, |span| span.start.byte));
    let graph = checker.graph(&diagnostics);
    let mut told: HashSet<Diagnostic> = HashSet::new();
    for diagnostic in std::mem::take(&mut checker.problems_inside) {
        // A workflow that is called twice is wrong once.
        if told.insert(diagnostic.clone()) {
            diagnostics.push(diagnostic);
        }
    }
    let plan = match bound {
        Some((binding, _)) if !diagnostics.iter().any(Diagnostic::is_error) => {
            Some(checker.plan(workflow, *binding, values, &order))
        }
        _ => None,
    };
    Compiled {
        plan,
        diagnostics,
        graph,
    }
}

/// One step on its way to a plan.
struct Checked<'a> {
    id: &'a StepId,
    step: &'a Step,
    /// `/steps/ID`.
    pointer: String,
    operation: Option<&'a Operation>,
    with: Map<String, Value>,
    edges: Vec<Edge>,
    /// Where each edge stands in the file: a JSON pointer, and bytes inside its text.
    places: Vec<(String, Option<(usize, usize)>)>,
    /// The workflow it calls, checked.
    called: Option<Called>,
}

struct Checker<'a> {
    document: &'a Document,
    map: &'a SourceMap,
    binding: Option<Binding<'a>>,
    manifests: &'a Manifests,
    /// Place in the file by id.
    index: HashMap<&'a str, usize>,
    /// Ids of steps that stand in the file and could not be read.
    unreadable: Vec<&'a str>,
    steps: Vec<Checked<'a>>,
    problems: Vec<Diagnostic>,
    /// What is wrong in the workflows that are called.
    problems_inside: Vec<Diagnostic>,
    /// Names looked at for hints.
    compared: usize,
    /// Where this document is called from.
    caller: Caller<'a>,
}

impl<'a> Checker<'a> {
    fn new(
        document: &'a Document,
        parsed: &'a Parsed<Document>,
        binding: Option<Binding<'a>>,
        manifests: &'a Manifests,
        caller: Caller<'a>,
    ) -> Self {
        let index = document
            .steps
            .keys()
            .enumerate()
            .map(|(place, id)| (id.as_str(), place))
            .collect::<HashMap<_, _>>();
        let written = parsed.map.node("/steps").map(|node| &node.kind);
        let unreadable = match written {
            Some(Kind::Map(entries)) => entries
                .keys()
                .map(String::as_str)
                .filter(|id| !index.contains_key(id))
                .collect(),
            _ => Vec::new(),
        };
        Self {
            document,
            map: &parsed.map,
            binding,
            manifests,
            index,
            unreadable,
            steps: Vec::with_capacity(document.steps.len()),
            problems: parsed.diagnostics.clone(),
            problems_inside: Vec::new(),
            compared: 0,
            caller,
        }
    }

    /// Every check; gives the inputs, and the places of the steps in order.
    fn check(&mut self, inputs: Option<&Map<String, Value>>) -> (Map<String, Value>, Vec<usize>) {
        let broken = self.problems.iter().any(Diagnostic::is_error);
        let values = self.workflow_inputs(inputs);
        self.slots();
        self.steps();
        self.workflow_outputs();
        let order = self.order();
        self.unreachable(&order);
        if self.document.steps.is_empty() && !broken {
            self.no_steps();
        }
        (values, order)
    }

    /// Adds a problem at a pointer; the place is looked up.
    fn problem(&mut self, diagnostic: Diagnostic, pointer: &str, hint: impl Into<String>) {
        let span = self.map.place(pointer);
        self.problem_at(diagnostic, pointer, span, hint);
    }

    /// Adds a problem about a key, rather than its value.
    fn problem_at_key(&mut self, diagnostic: Diagnostic, pointer: &str, hint: impl Into<String>) {
        let span = self.map.nearest_key(pointer);
        self.problem_at(diagnostic, pointer, span, hint);
    }

    fn problem_at(
        &mut self,
        diagnostic: Diagnostic,
        pointer: &str,
        span: Option<Span>,
        hint: impl Into<String>,
    ) {
        if self.is_full() {
            return;
        }
        let mut diagnostic = diagnostic
            .with_hint(hint)
            .in_file(self.map.file())
            .at_field(pointer);
        diagnostic.span = span;
        let mut parts = pointer.split('/').skip(1);
        if parts.next() == Some("steps") {
            diagnostic.address.step = parts.next().map(str::to_owned);
        }
        self.problems.push(diagnostic);
    }

    /// Whether more problems would be noise.
    fn is_full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    fn no_steps(&mut self) {
        let diagnostic = Diagnostic::warning(
            code::NO_STEPS,
            "The workflow has no steps",
            "It would do nothing.",
        );
        self.problem(
            diagnostic,
            "/steps",
            "Drag an operation onto the canvas, or write a step under `steps:`.",
        );
    }

    /// Everything about single steps; after it `self.steps` has one entry for each step.
    fn steps(&mut self) {
        for (id, step) in &self.document.steps {
            let pointer = format!("/steps/{id}");
            let operation = self.operation(&step.uses, &format!("{pointer}/uses"));
            let mut checked = Checked {
                id,
                step,
                operation,
                with: step.with.clone(),
                edges: Vec::new(),
                places: Vec::new(),
                called: None,
                pointer,
            };
            self.needs(&mut checked);
            let texts = references::texts_of(&step.with);
            self.expressions(&mut checked, &texts);
            if let Some(operation) = operation {
                let each = step.for_each.as_deref();
                checked.with = self.with(operation, &step.with, &texts, &checked.pointer, each);
                if is_call(operation) {
                    checked.called = self.call(&checked);
                } else {
                    self.ports(operation, &step.credentials, &checked.pointer, step.off);
                    self.read_only(operation, &checked.pointer, step.off);
                }
            }
            self.join(&checked);
            self.settings(&checked);
            if let Some(undo) = &step.undo {
                self.undo(&checked, undo);
            }
            self.steps.push(checked);
        }
    }

    fn undo(&mut self, checked: &Checked<'a>, undo: &'a [podium_model::document::UndoStep]) {
        // One override may be written without a list.
        let is_list = self
            .map
            .node(&format!("{}/undo", checked.pointer))
            .is_some_and(|node| matches!(node.kind, Kind::List(_)));
        for (place, step) in undo.iter().enumerate() {
            let pointer = if is_list {
                format!("{}/undo/{place}", checked.pointer)
            } else {
                format!("{}/undo", checked.pointer)
            };
            let operation = self.operation(&step.uses, &format!("{pointer}/uses"));
            let texts = references::texts_of(&step.with);
            self.undo_references(checked, &texts, &format!("{pointer}/with"));
            if operation.is_some_and(is_call) {
                self.call_in_undo(&pointer);
            }
            if let Some(operation) = operation {
                let each = checked.step.for_each.as_deref();
                self.with(operation, &step.with, &texts, &pointer, each);
                self.ports(operation, &step.credentials, &pointer, false);
            }
        }
    }

    fn operation(
        &mut self,
        name: &podium_model::OperationName,
        pointer: &str,
    ) -> Option<&'a Operation> {
        if let Some(operation) = self.manifests.operation(name) {
            return Some(operation);
        }
        let near = self.manifests.nearest(name).map(str::to_owned);
        let (code, summary, detail, otherwise) = match self.manifests.connector(name.connector()) {
            Some(connector) => {
                let has: Vec<String> = connector
                    .operations
                    .iter()
                    .map(|operation| format!("`{}`", operation.name))
                    .collect();
                (
                    code::UNKNOWN_OPERATION,
                    "The connector has no such operation",
                    format!("{} does not do `{}`.", connector.label, name.operation()),
                    format!("It has {}.", has.join(", ")),
                )
            }
            None => (
                code::UNKNOWN_CONNECTOR,
                "There is no such connector",
                format!("No connector is called `{}`.", short(name.connector())),
                "`podium connectors` lists them all.".to_owned(),
            ),
        };
        let hint = near.map_or(otherwise, |near| format!("Did you mean `{near}`?"));
        self.problem(Diagnostic::error(code, summary, detail), pointer, hint);
        None
    }

    /// Settings that are allowed and have no effect.
    fn settings(&mut self, checked: &Checked<'_>) {
        let step = checked.step;
        let mut wasted = |setting: &str, detail: String, hint: &str| {
            let diagnostic =
                Diagnostic::warning(code::NO_EFFECT, "The setting has no effect", detail);
            self.problem(diagnostic, &format!("{}/{setting}", checked.pointer), hint);
        };
        if step.for_each.is_none() {
            for (setting, given) in [
                ("max_parallel", step.max_parallel),
                ("max_failures", step.max_failures),
            ] {
                if given.is_some() {
                    wasted(
                        setting,
                        format!("`{setting}` is for steps with `for_each`, and this one has none."),
                        "Remove it, or add `for_each`.",
                    );
                }
            }
        }
        if let Some(retry) = &step.retry {
            if retry.attempts == 1 {
                wasted(
                    "retry",
                    "One attempt is what a step has anyway; the first one counts.".to_owned(),
                    "Write `attempts: 2` or more, or remove `retry`.",
                );
            }
            if let Some(max) = retry.max.filter(|max| *max < retry.backoff) {
                wasted(
                    "retry/max",
                    format!(
                        "The longest wait, {max}, is shorter than the first, {}.",
                        retry.backoff
                    ),
                    "Make `max` longer than `backoff`.",
                );
            }
        }
    }

    fn graph(&self, diagnostics: &[Diagnostic]) -> Graph {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for diagnostic in diagnostics {
            if diagnostic.severity != podium_diagnostics::Severity::Info
                && let Some(step) = diagnostic.address.step.as_deref()
            {
                *counts.entry(step).or_default() += 1;
            }
        }
        let mut nodes: Vec<GraphNode> = self
            .steps
            .iter()
            .map(|checked| node(checked, counts.get(checked.id.as_str()).copied()))
            .collect();
        nodes.extend(self.unreadable.iter().map(|id| {
            let text = |key: &str| {
                let node = self.map.node(&format!("/steps/{}/{key}", escape(id)));
                match node.map(|node| &node.kind) {
                    Some(Kind::Text(text)) => text.clone(),
                    _ => String::new(),
                }
            };
            let title = text("title");
            GraphNode {
                id: (*id).to_owned(),
                title: if title.is_empty() {
                    (*id).to_owned()
                } else {
                    title
                },
                uses: text("uses"),
                problems: counts.get(id).copied().unwrap_or(1),
                badges: Vec::new(),
                within: None,
            }
        }));
        let calls = self
            .steps
            .iter()
            .filter_map(|checked| Some(checked.called.as_ref()?.drawn(checked.id)))
            .collect();
        let edges = self
            .steps
            .iter()
            .flat_map(|checked| {
                checked.edges.iter().map(|edge| GraphEdge {
                    from: edge.from.to_string(),
                    to: checked.id.to_string(),
                    on: edge.on,
                    kind: edge.kind.clone(),
                })
            })
            .collect();
        Graph {
            nodes,
            edges,
            calls,
        }
    }

    /// Only called when nothing is wrong.
    fn plan(
        &mut self,
        workflow: &str,
        binding: Binding<'_>,
        inputs: Map<String, Value>,
        order: &[usize],
    ) -> Plan {
        let environment = binding.environment;
        Plan {
            workflow: workflow.to_owned(),
            title: self.document.name.clone(),
            environment: binding.name.clone(),
            mode: if environment.practice {
                Mode::Simulated
            } else {
                Mode::Real
            },
            inputs,
            environment_values: json!({
                "name": binding.name.as_str(),
                "vars": environment.vars.clone(),
            }),
            slots: self.document.credentials.clone(),
            credentials: environment
                .credentials
                .iter()
                .filter(|(slot, _)| self.document.credentials.contains_key(*slot))
                .map(|(slot, name)| (slot.clone(), name.clone()))
                .collect(),
            steps: self.plan_steps(order, environment),
            outputs: self.outputs(),
            undoes: None,
            approval: environment.protect.approval,
            expected: Expected::of(environment),
        }
    }

    /// The templates of the workflow's outputs.
    fn outputs(&self) -> Map<String, Value> {
        let outputs = self.document.outputs.iter();
        outputs
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// The steps in order, those of a called workflow right after their call.
    fn plan_steps(&mut self, order: &[usize], environment: &Environment) -> Vec<PlanStep> {
        let mut steps = Vec::new();
        for place in order {
            let called = self.steps[*place].called.take();
            let mut step = self.plan_step(&self.steps[*place], environment);
            let Some(called) = called else {
                steps.push(step);
                continue;
            };
            // What it changes is told at its steps.
            step.writes = false;
            step.credentials.clear();
            let inside = called.into_steps(&mut step);
            steps.push(step);
            steps.extend(inside);
        }
        steps
    }

    fn plan_step(&self, checked: &Checked<'_>, environment: &Environment) -> PlanStep {
        let step = checked.step;
        PlanStep {
            id: checked.id.clone(),
            title: title(checked),
            uses: step.uses.clone(),
            with: checked.with.clone(),
            edges: checked.edges.clone(),
            join: step.join,
            condition: step.condition.clone(),
            for_each: step.for_each.clone(),
            max_parallel: step.max_parallel.unwrap_or(1),
            max_failures: step.max_failures.unwrap_or(0),
            retry: step.retry.clone(),
            timeout: step.timeout,
            on_error: step.on_error,
            credentials: self.bind(&step.credentials, environment),
            off: step.off,
            undo: step.undo.as_deref().map(|undo| self.undo_steps(undo)),
            approval: checked.operation.is_some_and(waits_for_approval),
            writes: checked.operation.is_none_or(|operation| operation.writes),
            work: Work::Do,
            call: None,
            within: None,
        }
    }

    /// A hint for a name that does not exist: the nearest, else all there are, else `nothing`.
    fn other_names<'n>(
        word: &str,
        names: impl Iterator<Item = &'n str> + Clone,
        prefix: &str,
        nothing: &str,
    ) -> String {
        if let Some(near) = nearest(word, names.clone()) {
            return format!("Did you mean `{prefix}{near}`?");
        }
        let mut all: Vec<String> = names
            .take(13)
            .map(|name| format!("`{prefix}{name}`"))
            .collect();
        if all.is_empty() {
            return nothing.to_owned();
        }
        if all.len() > 12 {
            all.truncate(12);
            return format!("There are {} and more.", all.join(", "));
        }
        let verb = if all.len() == 1 { "is" } else { "are" };
        format!("There {verb} {}.", all.join(", "))
    }
}

fn node(checked: &Checked<'_>, problems: Option<u32>) -> GraphNode {
    let step = checked.step;
    let badges = [
        (step.off, Badge::Off),
        (step.condition.is_some(), Badge::Condition),
        (step.for_each.is_some(), Badge::ForEach),
        (
            checked.operation.is_some_and(waits_for_approval),
            Badge::Approval,
        ),
        (
            step.retry.as_ref().is_some_and(|retry| retry.attempts > 1),
            Badge::Retry,
        ),
        (step.undo.is_some(), Badge::Undo),
        (step.join != podium_model::document::Join::All, Badge::Join),
        (!step.note.is_empty(), Badge::Note),
        (!step.unknown.is_empty(), Badge::Unknown),
    ];
    GraphNode {
        id: checked.id.to_string(),
        title: title(checked),
        uses: step.uses.to_string(),
        problems: problems.unwrap_or(0),
        badges: badges
            .into_iter()
            .filter_map(|(is, badge)| is.then_some(badge))
            .collect(),
        within: None,
    }
}

fn title(checked: &Checked<'_>) -> String {
    if checked.step.title.is_empty() {
        checked.id.to_string()
    } else {
        checked.step.title.clone()
    }
}

fn waits_for_approval(operation: &Operation) -> bool {
    operation
        .input
        .get("x-podium-waits")
        .and_then(Value::as_str)
        == Some("approval")
}

/// An error without place and hint, which are added with it.
fn error(code: Code, summary: &str, detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, summary, detail)
}

#[cfg(test)]
mod tests;
