//! Asking every step what it would change, in graph order, without writing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::join_all;
use podium_connector::{
    Choice, Confidence, Connector, Drawing, Identity, Inputs, LoginCode, Mode, Phase, StepPreview,
    StepRequest, Undo, UndoClass, Unknown,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::StepId;
use podium_model::document::UndoStep;
use podium_model::document::{Join, When};
use podium_model::expression::{Expression, Rendered, Scope, render_partly};
use podium_plan::{
    Call, Edge, Plan, PlanStep, Preview, PreviewIdentity, PreviewStep, StepAnswer, Work,
};
use podium_secret::Secret;
use serde_json::{Map, Value};
use tokio::sync::watch;

mod each;

use crate::clock;
use crate::context::StepContext;
use crate::home::folder_of;
use crate::host::{ContextFor, Shared};
use crate::known::{Known, Later};

/// A preview on its way through the graph.
struct Walk<'a> {
    shared: &'a Arc<Shared>,
    plan: &'a Plan,
    folder: PathBuf,
    handover: PathBuf,
    known: Known<'a>,
    /// Steps that will be skipped, so that no edge of success or failure leads on from them. One that is
    /// switched off is none of these: what needs it goes on.
    left_out: BTreeSet<StepId>,
}

/// The preview of a whole plan.
pub(crate) async fn preview(shared: &Arc<Shared>, plan: &Plan) -> Result<Preview> {
    let folder = shared.scratch()?;
    let mut walk = Walk {
        shared,
        plan,
        folder: folder.clone(),
        handover: shared.handovers.begin()?,
        known: Known::new(plan),
        left_out: BTreeSet::new(),
    };
    let mut steps: BTreeMap<StepId, PreviewStep> = BTreeMap::new();
    let mut left: Vec<&PlanStep> = plan.steps().iter().collect();
    while !left.is_empty() {
        // Everything whose forerunners are answered is asked at the same time.
        let (now, later): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|step| walk.known.is_next(step));
        if now.is_empty() {
            return Err(Error::new(
                ErrorKind::Internal,
                Code::new("POD0709"),
                "The plan's steps wait for each other.",
            ));
        }
        let answers = join_all(now.iter().map(|step| walk.ask(step))).await;
        for (step, mut asked) in now.into_iter().zip(answers) {
            walk.learn(step, &mut asked);
            let mode = asked.mode.unwrap_or_else(|| mode_of(shared, plan, step));
            let mut previewed = PreviewStep::new(step, mode, asked.waits_for, asked.answer);
            previewed.mode_open = asked.mode_open;
            if asked.left_out && !step.off {
                walk.left_out.insert(step.id.clone());
            }
            steps.insert(step.id.clone(), previewed);
        }
        walk.known.close_calls();
        left = later;
    }
    let identities = identities(&walk, &steps).await;
    let _ = tokio::fs::remove_dir_all(&folder).await;
    let ordered = plan
        .steps()
        .iter()
        .filter_map(|step| steps.remove(&step.id))
        .collect();
    let preview = Preview::assemble(plan, identities, ordered);
    shared.handovers.keep(&walk.handover, &preview.hash);
    Ok(preview)
}

/// What became of asking one step.
struct Asked {
    /// The answer.
    answer: StepAnswer,
    /// Steps whose outputs must be known first.
    waits_for: Vec<StepId>,
    /// Whether it reaches the real system, as far as its inputs tell.
    mode: Option<Mode>,
    /// Whether that depends on an input that is not known yet.
    mode_open: bool,
    /// Of a call: its inputs as far as they are known, and what the others wait for.
    given: Option<(Map<String, Value>, Later)>,
    /// Whether no edge of success or failure leads on from it: it will be skipped, and not for want of
    /// elements, which is a success.
    left_out: bool,
}

impl Asked {
    fn skipped(because: String) -> Self {
        Self {
            answer: StepAnswer::Skipped(because),
            waits_for: Vec::new(),
            mode: None,
            mode_open: false,
            given: None,
            left_out: true,
        }
    }
}

impl<'a> Walk<'a> {
    /// Why a step will not begin: too many of those it needs will be skipped. As the engine decides it
    /// (`decide/schedule.rs`).
    fn never_begins(&self, step: &PlanStep) -> Option<String> {
        let missed: Vec<&Edge> = step
            .edges
            .iter()
            .filter(|edge| edge.on != When::Always && self.left_out.contains(&edge.from))
            .collect();
        let left = step.edges.len() - missed.len();
        let needed = match step.join {
            Join::All => step.edges.len(),
            Join::Any => 1,
            Join::AtLeast(number) => number as usize,
        };
        if missed.is_empty() || left >= needed.min(step.edges.len()) {
            return None;
        }
        let titles: Vec<String> = missed
            .iter()
            .take(3)
            .map(|edge| {
                let title = self.plan.step(&edge.from).map(|step| step.title.as_str());
                format!("`{}` is skipped", title.unwrap_or(edge.from.as_str()))
            })
            .collect();
        Some(format!("{}.", titles.join(", ")))
    }

    async fn ask(&self, step: &PlanStep) -> Asked {
        if let Some(because) = self.known.skipped_around(step) {
            return Asked::skipped(because.to_owned());
        }
        if step.off {
            return Asked::skipped(String::from("The step is switched off."));
        }
        if let Some(because) = self.never_begins(step) {
            return Asked::skipped(because);
        }
        let within = step.within.as_ref();
        let scope = self.known.scope(within);
        let pending = |path: &[String]| self.known.waits_for(within, path);
        let mut waits_for = BTreeSet::new();
        if let Some(condition) = step
            .condition
            .as_deref()
            .and_then(|text| Expression::parse(text).ok())
        {
            let unknown: BTreeSet<StepId> = condition
                .references()
                .iter()
                .flat_map(|reference| pending(&reference.path))
                .collect();
            if unknown.is_empty() {
                match condition.is_true(&scope) {
                    Ok(true) => {}
                    Ok(false) => {
                        return Asked::skipped(format!(
                            "Its condition `{}` does not hold.",
                            condition.source()
                        ));
                    }
                    Err(error) => return failed(step, &error.to_string()),
                }
            }
            waits_for.extend(unknown);
        }
        if let Some(list) = &step.for_each {
            return self.ask_each(step, list, scope, waits_for).await;
        }
        let rendered = match render_partly(&Value::Object(step.with.clone()), &scope, &pending) {
            Ok(rendered) => rendered,
            Err(error) => return failed(step, &error.to_string()),
        };
        waits_for.extend(rendered.unknown.values().flatten().cloned());
        if let Some(call) = &step.call {
            return called(step, call, &rendered, waits_for);
        }
        let Value::Object(values) = rendered.value else {
            return failed(step, "its inputs are no map");
        };
        let request = request_of(step, values, rendered.unknown);
        let waits_for = waits_for.into_iter().collect();
        let mode = self
            .shared
            .connector(&step.uses)
            .ok()
            .map(|connector| connector.mode(&request, self.plan.mode()));
        let (mode, mode_open) = (mode.flatten(), mode == Some(None));
        let answer = match self.ask_connector(step, &request, true).await {
            Ok(mut preview) => {
                if let (Work::Do, Some(steps)) = (&step.work, &step.undo) {
                    preview.undo = override_class(steps);
                }
                StepAnswer::Answered(preview)
            }
            Err(error) => StepAnswer::Failed(error),
        };
        Asked {
            answer,
            waits_for,
            mode,
            mode_open,
            given: None,
            left_out: false,
        }
    }

    /// Asks for each element of a list, as far as they are known; one answer for all.
    async fn ask_each(
        &self,
        step: &PlanStep,
        list: &str,
        mut scope: Scope,
        mut waits_for: BTreeSet<StepId>,
    ) -> Asked {
        let within = step.within.as_ref();
        let Ok(list) = Expression::parse(list) else {
            return failed(step, "its list is no expression");
        };
        let later: BTreeSet<StepId> = list
            .references()
            .iter()
            .flat_map(|reference| self.known.waits_for(within, &reference.path))
            .collect();
        let items = if later.is_empty() {
            match list.evaluate(&scope) {
                Ok(Value::Array(items)) => items.into_iter().map(Some).collect(),
                Ok(_) => return failed(step, "`for_each` gives no list"),
                Err(error) => return failed(step, &error.to_string()),
            }
        } else {
            // Asked once, for an element that nobody knows yet.
            vec![None]
        };
        waits_for.extend(later.iter().cloned());
        let of = items.len();
        let mut answers = Vec::new();
        let mut mode = None;
        for item in items.into_iter().take(each::ASKED) {
            let pending = |path: &[String]| {
                if path.first().is_some_and(|root| root == "each") {
                    later.clone()
                } else {
                    self.known.waits_for(within, path)
                }
            };
            scope.each = item;
            let rendered = match render_partly(&Value::Object(step.with.clone()), &scope, &pending)
            {
                Ok(rendered) => rendered,
                Err(error) => return failed(step, &error.to_string()),
            };
            waits_for.extend(rendered.unknown.values().flatten().cloned());
            let Value::Object(values) = rendered.value else {
                return failed(step, "its inputs are no map");
            };
            let request = request_of(step, values, rendered.unknown);
            let connector = self.shared.connector(&step.uses).ok();
            mode = connector.and_then(|connector| connector.mode(&request, self.plan.mode()));
            match self.ask_connector(step, &request, false).await {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    return Asked {
                        answer: StepAnswer::Failed(error),
                        waits_for: waits_for.into_iter().collect(),
                        mode,
                        mode_open: false,
                        given: None,
                        left_out: false,
                    };
                }
            }
        }
        let answer = match each::together(answers, of) {
            Some(mut preview) => {
                if let (Work::Do, Some(steps)) = (&step.work, &step.undo) {
                    preview.undo = override_class(steps);
                }
                StepAnswer::Answered(preview)
            }
            None => StepAnswer::Skipped(String::from("Its list is empty.")),
        };
        Asked {
            answer,
            waits_for: waits_for.into_iter().collect(),
            mode,
            mode_open: false,
            given: None,
            left_out: false,
        }
    }

    /// `hands_over`: whether the run may find again what the connector leaves. The elements of a list have one
    /// folder between them, and leave nothing.
    async fn ask_connector(
        &self,
        step: &PlanStep,
        request: &StepRequest,
        hands_over: bool,
    ) -> Result<StepPreview> {
        let handover = hands_over.then(|| self.handover.join(folder_of(step.id.as_str())));
        let look = Look::within(self.shared, self.plan, step, &self.folder, handover).await?;
        let answer = look.preview(step, request).await;
        look.close().await;
        answer
    }

    /// Keeps what later previews may count on: the outputs of a step that changes nothing, and what a
    /// call gives to its steps.
    fn learn(&mut self, step: &'a PlanStep, asked: &mut Asked) {
        if step.call.is_some() {
            return self.open(step, asked);
        }
        self.known.answered(&step.id);
        let certain = match &asked.answer {
            StepAnswer::Answered(preview) => {
                let certain = step.for_each.is_none()
                    && preview.confidence == Confidence::Exact
                    && preview.changes.is_empty();
                if certain {
                    self.known.knows(step, &preview.outputs);
                }
                certain && !preview.outputs.is_empty()
            }
            StepAnswer::Skipped(_) => {
                self.known.knows(step, &Map::new());
                true
            }
            StepAnswer::Failed(_) => false,
        };
        if !certain {
            self.known.waits(&step.id);
        }
    }

    fn open(&mut self, step: &PlanStep, asked: &mut Asked) {
        if let Some((inputs, later)) = asked.given.take() {
            return self.known.open(&step.id, inputs, later);
        }
        let because = match &asked.answer {
            StepAnswer::Failed(_) => format!("The call `{}` cannot be made.", step.title),
            _ => format!("The call `{}` is not made.", step.title),
        };
        self.known.open_skipped(&step.id, because);
    }
}

fn request_of(
    step: &PlanStep,
    values: Map<String, Value>,
    unknown: BTreeMap<String, Vec<StepId>>,
) -> StepRequest {
    StepRequest {
        run: None,
        step: step.id.clone(),
        attempt: 1,
        operation: step.uses.clone(),
        inputs: Inputs {
            values,
            unknown: unknown
                .into_iter()
                .map(|(pointer, after)| (pointer, Unknown { after }))
                .collect(),
        },
        key: String::from("preview"),
        resumed: false,
        remote: None,
    }
}

/// What a call gives to its steps: its inputs as far as they are known, and what the others wait for.
pub(crate) fn given(
    call: &Call,
    rendered: &Rendered,
) -> std::result::Result<(Map<String, Value>, Later), String> {
    let given = rendered.value.get("inputs").unwrap_or(&Value::Null);
    let mut later = Later::new();
    let names = call.inputs.get("properties").and_then(Value::as_object);
    for (pointer, after) in &rendered.unknown {
        let mut parts = pointer.split('/').skip(1);
        if parts.next() != Some("inputs") {
            continue;
        }
        let unknown: Vec<&str> = match parts.next() {
            Some(name) => vec![name],
            None => names
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect(),
        };
        for name in unknown {
            later
                .entry(name.to_owned())
                .or_default()
                .extend(after.iter().cloned());
        }
    }
    // What is asked for only by such a value is known later as well.
    for (name, reads) in call.conditions() {
        let after: Vec<_> = reads
            .iter()
            .filter_map(|read| later.get(read))
            .flatten()
            .cloned()
            .collect();
        if !after.is_empty() {
            later.entry(name).or_default().extend(after);
        }
    }
    let inputs = call.inputs(given, &|name| later.contains_key(name))?;
    Ok((inputs, later))
}

/// The preview of a call itself; what it changes is told at its steps.
fn called(step: &PlanStep, call: &Call, rendered: &Rendered, waits_for: BTreeSet<StepId>) -> Asked {
    let given = match given(call, rendered) {
        Ok(given) => given,
        Err(because) => return failed(step, because.trim_end_matches('.')),
    };
    let preview = StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: Undo {
            class: UndoClass::Automatic,
            because: Some("Each of its steps is taken back by itself.".to_owned()),
        },
        outputs: Map::new(),
        notes: Vec::new(),
    };
    Asked {
        answer: StepAnswer::Answered(preview),
        waits_for: waits_for.into_iter().collect(),
        mode: None,
        mode_open: false,
        given: Some(given),
        left_out: false,
    }
}

fn failed(step: &PlanStep, why: &str) -> Asked {
    Asked {
        answer: StepAnswer::Failed(
            Error::new(
                ErrorKind::Invalid,
                Code::new("POD0710"),
                format!(
                    "The inputs of `{}` could not be worked out: {why}.",
                    step.id
                ),
            )
            .with_hint("Correct the expression in the step."),
        ),
        waits_for: Vec::new(),
        mode: None,
        mode_open: false,
        given: None,
        left_out: false,
    }
}

/// The class of an author's own undo.
pub(crate) fn override_class(steps: &[UndoStep]) -> Undo {
    if steps.is_empty() {
        return Undo {
            class: UndoClass::Impossible,
            because: Some(String::from("The author says that nothing takes it back.")),
        };
    }
    let names: Vec<String> = steps
        .iter()
        .map(|step| format!("`{}`", step.uses))
        .collect();
    Undo {
        class: UndoClass::Automatic,
        because: Some(format!(
            "The author's own steps take it back: {}.",
            names.join(", ")
        )),
    }
}

/// As far as the connector alone tells it, without the step's inputs.
pub(crate) fn mode_of(shared: &Shared, plan: &Plan, step: &PlanStep) -> Mode {
    if step.call.is_some() {
        return plan.mode();
    }
    match shared.connector(&step.uses) {
        Ok(connector) if connector.manifest().local => Mode::Real,
        _ => plan.mode(),
    }
}

/// Who would do it: one proof a credential.
async fn identities(
    walk: &Walk<'_>,
    asked: &BTreeMap<StepId, PreviewStep>,
) -> Vec<PreviewIdentity> {
    let mut used: BTreeMap<_, Vec<&PlanStep>> = BTreeMap::new();
    let skipped = |step: &PlanStep| asked.get(&step.id).is_some_and(|step| step.skipped);
    for step in walk.plan.steps().iter().filter(|step| !skipped(step)) {
        for name in step.credentials.values() {
            used.entry(name.clone()).or_default().push(step);
        }
    }
    // In practice only an invented identity is somebody.
    let invented = &walk.shared.invented_names().await;
    let expected = walk.plan.expected();
    let proofs = used.into_iter().filter_map(|(name, steps)| {
        let first = *steps.first()?;
        Some(async move {
            let nobody = |step: &PlanStep| {
                mode_of(walk.shared, walk.plan, step) == Mode::Simulated
                    && !invented.contains(&name)
            };
            let met: Vec<&PlanStep> = steps.into_iter().filter(|step| !nobody(step)).collect();
            let (simulated, proof) = if met.is_empty() {
                (true, Ok(None))
            } else {
                let certain = expected.names(&name);
                (
                    false,
                    walk.shared.who(walk.plan, &met, &name, certain).await,
                )
            };
            PreviewIdentity::new(name, first.uses.connector(), proof, expected, simulated)
        })
    });
    join_all(proofs).await
}

/// A connector and a context that only looks, for one step. Close it when the question is answered.
pub struct Look {
    context: StepContext,
    connector: Arc<dyn Connector>,
    folders: Vec<PathBuf>,
    /// While it lives, the question is not cancelled.
    _cancel: watch::Sender<u32>,
}

impl Look {
    /// For a question beside any preview: its folders go with it.
    pub(crate) async fn open(shared: &Arc<Shared>, plan: &Plan, step: &PlanStep) -> Result<Self> {
        let folder = shared.scratch()?;
        let mut look = Self::within(shared, plan, step, &folder, None).await?;
        look.folders.push(folder);
        Ok(look)
    }

    async fn within(
        shared: &Arc<Shared>,
        plan: &Plan,
        step: &PlanStep,
        folder: &std::path::Path,
        handover: Option<PathBuf>,
    ) -> Result<Self> {
        let connector = shared.connector(&step.uses)?;
        let (cancel, cancelled) = watch::channel(0);
        let unique = clock::fresh_run_id();
        let keep = match (&step.work, plan.undoes()) {
            (Work::Undo { of, .. }, Some(run)) => shared.home.keep(run, of),
            _ => folder.join(folder_of(step.id.as_str())).join("keep"),
        };
        let private = shared.home.private().join(unique.as_str());
        let context = shared
            .context(ContextFor {
                connector: &connector,
                plan_step: step,
                mode: plan.mode(),
                phase: Phase::Read,
                keep,
                handover,
                processes: private.join("processes"),
                private: private.clone(),
                purpose: None,
                cancel: cancelled,
            })
            .await?;
        Ok(Self {
            context,
            connector,
            folders: vec![private],
            _cancel: cancel,
        })
    }

    /// Who would do it.
    pub async fn identify(&self, request: &StepRequest) -> Result<Option<Identity>> {
        let mut identity = self.connector.identify(&self.context, request).await?;
        if let Some(identity) = &mut identity {
            self.context.invented.turn(identity);
        }
        Ok(identity)
    }

    /// Begins a login of a person for the credential of this step.
    pub async fn begin_login(&self, request: &StepRequest) -> Result<LoginCode> {
        self.connector.begin_login(&self.context, request).await
    }

    /// Waits until the person has logged in; the secrets to keep.
    pub async fn finish_login(
        &self,
        request: &StepRequest,
        begun: &LoginCode,
    ) -> Result<BTreeMap<String, Secret>> {
        self.connector
            .finish_login(&self.context, request, begun)
            .await
    }

    /// What the credential may do.
    pub async fn rights(&self, request: &StepRequest) -> Result<Vec<podium_connector::Right>> {
        self.connector.rights(&self.context, request).await
    }

    /// Choices for a field.
    pub async fn discover(&self, request: &StepRequest, what: &str) -> Result<Vec<Choice>> {
        self.connector.discover(&self.context, request, what).await
    }

    /// The graph inside the step.
    pub async fn draw(&self, request: &StepRequest) -> Result<Drawing> {
        let mut drawing = self.connector.draw(&self.context, request).await?;
        for node in &mut drawing.nodes {
            node.name = self.context.redactor.redact(&node.name).into_owned();
        }
        Ok(drawing)
    }

    async fn preview(&self, step: &PlanStep, request: &StepRequest) -> Result<StepPreview> {
        let mut preview = match &step.work {
            Work::Do => self.connector.preview(&self.context, request).await,
            Work::Undo { record, .. } => {
                self.connector
                    .preview_undo(&self.context, request, record)
                    .await
            }
        }?;
        self.context.note_tools(&mut preview);
        Ok(preview)
    }

    /// Removes what was only needed for the question.
    pub async fn close(self) {
        for folder in self.folders {
            let _ = tokio::fs::remove_dir_all(folder).await;
        }
    }
}
