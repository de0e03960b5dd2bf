//! One event into the view. Total: what does not fit changes nothing but the number.

use podium_connector::{Confidence, Mode, Undo, UndoClass};
use podium_engine::event::{
    Created, EventBody, RunEvent, Skip, StepEvent, WaitFor, WaitingApproval,
};
use podium_engine::{Event, Instance};
use podium_model::StepId;
use podium_model::document::When;
use podium_plan::{EdgeKind, Plan, PlanStep, Preview};
use serde_json::{Map, Value};

use crate::sentence;
use crate::view::{
    Bar, BarKind, Counts, GraphEdge, Question, QuestionKind, RunMode, RunState, RunView, StepState,
    StepView, Thing, UndoView,
};

/// Takes one event into the view.
pub fn fold(view: &mut RunView, event: &Event) {
    view.seq = event.seq;
    match &event.body {
        EventBody::Run(body) => fold_run(view, event.at, body),
        EventBody::Step {
            step,
            attempt,
            event: body,
        } => {
            fold_step(view, event.at, step, *attempt, body);
            let words = matches!(body, StepEvent::Log(_));
            if words {
                return;
            }
        }
    }
    view.sentence = sentence::of_run(view);
}

fn fold_run(view: &mut RunView, at: i64, event: &RunEvent) {
    match event {
        RunEvent::Created(created) => create(view, at, created),
        RunEvent::Approved(approved) => {
            view.approved_by = Some(approved.by.clone());
            view.outside.clone_from(&approved.outside);
            view.questions
                .retain(|question| question.kind != QuestionKind::Preview);
            if view.state == RunState::Waiting {
                view.state = RunState::Created;
            }
        }
        RunEvent::Started(started) => {
            view.started_at.get_or_insert(at);
            if started.again.is_some() {
                view.ended_at = None;
                "Starting again".clone_into(&mut view.sentence);
                view.error = None;
                view.cancelled_by = None;
                view.still_running.clear();
                view.undo = UndoView::default();
            }
            if view.state != RunState::Cancelling {
                view.state = RunState::Running;
            }
        }
        RunEvent::Waiting(waiting) => {
            for what in &waiting.for_ {
                match what {
                    WaitFor::Cancel { by } => {
                        view.cancelled_by = Some(by.clone());
                        view.state = RunState::Cancelling;
                    }
                    WaitFor::Preview { .. } => {
                        view.state = RunState::Waiting;
                        view.questions.push(Question {
                            step: None,
                            kind: QuestionKind::Preview,
                            to: Vec::new(),
                            message: format!("Start `{}`?", view.title),
                            reason: Some(view.changes_in_words.clone()),
                            quorum: 1,
                            by: Vec::new(),
                            changes: Vec::new(),
                        });
                    }
                    WaitFor::Approval { .. }
                    | WaitFor::Unlock { .. }
                    | WaitFor::Failure { .. }
                    | WaitFor::Unknown { .. } => view.state = RunState::Waiting,
                }
            }
        }
        RunEvent::Succeeded(done) => {
            view.outputs.clone_from(&done.outputs);
            view.missing.clone_from(&done.missing);
            end(view, at, RunState::Succeeded);
        }
        RunEvent::Failed(failed) => {
            view.error = Some(failed.error.clone());
            end(view, at, RunState::Failed);
        }
        RunEvent::Cancelled(cancelled) => {
            view.cancelled_by = Some(cancelled.by.clone());
            view.still_running.clone_from(&cancelled.still_running);
            end(view, at, RunState::Cancelled);
        }
    }
}

fn create(view: &mut RunView, at: i64, created: &Created) {
    let Created {
        plan, preview, by, ..
    } = created;
    plan.workflow().clone_into(&mut view.workflow);
    plan.title().clone_into(&mut view.title);
    view.environment = plan.environment().to_string();
    view.inputs.clone_from(plan.inputs());
    view.by.clone_from(by);
    view.schedule.clone_from(&created.schedule);
    view.preview.clone_from(&preview.hash);
    view.changes_in_words.clone_from(&preview.summary.words);
    view.undoes.clone_from(&created.undoes);
    view.recorded = created.recorded;
    view.created_at = at;
    view.index = plan
        .steps()
        .iter()
        .enumerate()
        .map(|(at, step)| (step.id.clone(), at))
        .collect();
    view.steps = plan
        .steps()
        .iter()
        .map(|step| new_step(plan, step))
        .collect();
    fill_in_preview(view, preview);
    view.mode = mode_of_all(view, plan.mode());
    view.edges = plan.steps().iter().flat_map(edges_into).collect();
    let total = u32::try_from(view.steps.len()).unwrap_or(u32::MAX);
    view.counts = Counts {
        total,
        waiting: total,
        ..Counts::default()
    };
}

/// The edges into a step; where it is the first inside a call, one from the call.
fn edges_into(step: &PlanStep) -> Vec<GraphEdge> {
    let edge = |from: &StepId, on: When, data: bool| GraphEdge {
        from: from.clone(),
        to: step.id.clone(),
        on,
        data,
    };
    match &step.within {
        Some(call) if step.edges.is_empty() => vec![edge(call, When::Success, false)],
        _ => step
            .edges
            .iter()
            .map(|one| edge(&one.from, one.on, matches!(one.kind, EdgeKind::Data { .. })))
            .collect(),
    }
}

fn new_step(plan: &Plan, step: &PlanStep) -> StepView {
    let mut view = blank(
        step.id.clone().into(),
        step.title.clone(),
        step.uses.clone(),
        plan.mode(),
        step.writes,
    );
    view.condition.clone_from(&step.condition);
    view.calls = step.call.as_ref().map(|call| call.workflow.clone());
    view.within.clone_from(&step.within);
    view
}

fn blank(
    id: Instance,
    title: String,
    uses: podium_model::OperationName,
    mode: Mode,
    writes: bool,
) -> StepView {
    let mut step = StepView {
        id,
        title,
        uses,
        calls: None,
        within: None,
        mode,
        mode_open: false,
        state: StepState::Waiting,
        sentence: String::new(),
        attempt: 0,
        things: Vec::new(),
        done: None,
        inputs: Map::new(),
        outputs: Value::Object(Map::new()),
        hidden: Vec::new(),
        made: Vec::new(),
        error: None,
        because: None,
        waits_for: Vec::new(),
        held_by: Vec::new(),
        condition: None,
        condition_held: None,
        still_running: Vec::new(),
        undo: Undo {
            class: UndoClass::Automatic,
            because: None,
        },
        writes,
        confidence: Confidence::Exact,
        changes: Vec::new(),
        remote: None,
        by: None,
        log_lines: 0,
        started_at: None,
        ended_at: None,
        duration_ms: None,
        bars: Vec::new(),
        items: Vec::new(),
        item_counts: Counts::default(),
        thing_at: std::collections::HashMap::new(),
        skipped_for_others: false,
    };
    step.sentence = sentence::of_step(&step);
    step
}

/// What is real about a call is what its steps do.
fn mode_of_all(view: &RunView, otherwise: Mode) -> RunMode {
    let modes = view.steps.iter().filter(|step| step.calls.is_none());
    RunMode::of(modes.map(|step| step.mode), otherwise)
}

fn fill_in_preview(view: &mut RunView, preview: &Preview) {
    for previewed in &preview.steps {
        if let Some(&at) = view.index.get(&previewed.id) {
            let step = &mut view.steps[at];
            step.mode = previewed.mode;
            step.mode_open = previewed.mode_open;
            step.undo.clone_from(&previewed.undo);
            step.confidence = previewed.confidence;
            step.changes.clone_from(&previewed.changes);
        }
    }
}

fn end(view: &mut RunView, at: i64, state: RunState) {
    view.state = state;
    view.ended_at = Some(at);
    view.questions.clear();
    view.undo = undo_of(view);
}

/// Whether the run can be taken back, once it has ended.
fn undo_of(view: &RunView) -> UndoView {
    let no = |because: &str| UndoView {
        possible: false,
        because: Some(because.to_owned()),
    };
    if view.recorded {
        return no("It ran elsewhere and is only a record here; what it made is not here.");
    }
    if view.undoes.is_some() {
        return no("This run has itself taken one back.");
    }
    let begun = |step: &&StepView| step.writes && (step.attempt > 0 || !step.items.is_empty());
    let by_hand =
        |step: &&StepView| matches!(step.undo.class, UndoClass::Manual | UndoClass::Impossible);
    let all = view.steps.iter().filter(begun).count();
    let stays: Vec<&StepView> = view.steps.iter().filter(begun).filter(by_hand).collect();
    match (all, stays.as_slice()) {
        (0, _) => no("It changed nothing."),
        (all, stays) if stays.len() == all => no(stays[0]
            .undo
            .because
            .as_deref()
            .unwrap_or("None of its steps can be taken back.")),
        (_, []) => UndoView {
            possible: true,
            because: None,
        },
        (_, stays) => {
            let titles: Vec<String> = stays
                .iter()
                .map(|step| format!("`{}`", step.title))
                .collect();
            UndoView {
                possible: true,
                because: Some(format!("Not by itself: {}.", titles.join(", "))),
            }
        }
    }
}

fn fold_step(view: &mut RunView, at: i64, id: &Instance, attempt: u32, event: &StepEvent) {
    let Some(&place) = view.index.get(&id.step) else {
        return;
    };
    let reports = matches!(event, StepEvent::Progress(_) | StepEvent::Log(_));
    if !reports && view.state == RunState::Waiting {
        view.state = RunState::Running;
    }
    let before = view.steps[place].state;
    let is_call = id.item.is_none() && view.steps[place].calls.is_some();
    let retried = matches!(event, StepEvent::Retrying(_)) && (before.is_ended() || is_call);
    match id.item {
        None => update(&mut view.steps[place], at, attempt, event),
        Some(item) => {
            let parent = &mut view.steps[place];
            if let Some(step) = parent.items.get_mut(item as usize) {
                let was = step.state;
                update(step, at, attempt, event);
                let is = step.state;
                *parent.item_counts.of(was) -= 1;
                *parent.item_counts.of(is) += 1;
                if !parent.state.is_ended() {
                    parent.sentence = of_elements(&parent.item_counts);
                }
            }
        }
    }
    if matches!(event, StepEvent::Intent(_)) {
        view.mode = mode_of_all(view, view.steps[place].mode);
    }
    moved(view, place, before);
    if retried && id.item.is_none() {
        if is_call {
            inside_waits_again(view, place);
        }
        if before.is_ended() {
            calls_go_on(view, place);
            wait_again(view, None);
        } else {
            wait_again(view, Some(place));
        }
    }
    if !reports {
        ask(view, place, id, event);
    }
}

fn of_elements(counts: &Counts) -> String {
    match counts.failed {
        0 => format!("{} of {} done", counts.succeeded, counts.total),
        failed => format!(
            "{} of {} done, {failed} failed",
            counts.succeeded, counts.total
        ),
    }
}

/// Keeps the counts and the set of active steps in step.
fn moved(view: &mut RunView, place: usize, before: StepState) {
    let after = view.steps[place].state;
    if before != after {
        *view.counts.of(before) -= 1;
        *view.counts.of(after) += 1;
    }
    // A call does what its steps do; those are shown.
    if after.is_active() && view.steps[place].calls.is_none() {
        view.active.insert(place);
    } else {
        view.active.remove(&place);
    }
}

/// A step is tried again: what was skipped because of others waits again, inside this call or everywhere.
fn wait_again(view: &mut RunView, inside: Option<usize>) {
    let mut is_meant = vec![inside.is_none(); view.steps.len()];
    for place in 0..view.steps.len() {
        let call = view.steps[place].within.as_ref();
        let call = call.and_then(|call| view.index.get(call)).copied();
        is_meant[place] |= call.is_some_and(|call| is_meant[call] || inside == Some(call));
        let is_open = call.is_none_or(|call| !view.steps[call].state.is_ended());
        let step = &view.steps[place];
        if is_meant[place] && is_open && step.state == StepState::Skipped && step.skipped_for_others
        {
            go_back(view, place, StepState::Waiting);
        }
    }
}

/// A step that had ended has not any more.
fn go_back(view: &mut RunView, place: usize, state: StepState) {
    let step = &mut view.steps[place];
    let before = step.state;
    step.state = state;
    step.because = None;
    step.ended_at = None;
    step.duration_ms = None;
    step.sentence = sentence::of_step(step);
    moved(view, place, before);
}

/// A call is tried again: its steps that did not succeed wait again.
fn inside_waits_again(view: &mut RunView, call: usize) {
    let id = view.steps[call].id.step.clone();
    for place in call + 1..view.steps.len() {
        let step = &mut view.steps[place];
        let ended_badly = matches!(step.state, StepState::Failed | StepState::Cancelled);
        if step.within.as_ref() != Some(&id) || !ended_badly {
            continue;
        }
        go_back(view, place, StepState::Waiting);
        if view.steps[place].calls.is_some() {
            inside_waits_again(view, place);
        }
    }
}

/// A step is tried again: the calls around it go on.
fn calls_go_on(view: &mut RunView, place: usize) {
    let mut inner = place;
    while let Some(call) = view.steps[inner]
        .within
        .as_ref()
        .and_then(|call| view.index.get(call))
    {
        let call = *call;
        let state = view.steps[call].state;
        if state.is_ended() || state == StepState::Asked {
            view.steps[call].error = None;
            go_back(view, call, StepState::Running);
            let id = view.steps[call].id.clone();
            view.questions
                .retain(|question| question.step.as_ref() != Some(&id));
        }
        inner = call;
    }
}

fn update(step: &mut StepView, at: i64, attempt: u32, event: &StepEvent) {
    let before = step.state;
    let mut words = None;
    if !matches!(event, StepEvent::Log(_)) {
        step.attempt = step.attempt.max(attempt);
    }
    match event {
        StepEvent::Ready(ready) => {
            step.started_at.get_or_insert(at);
            step.ended_at = None;
            step.duration_ms = None;
            step.because = None;
            step.still_running.clear();
            step.inputs.clone_from(&ready.inputs);
            step.condition_held = step.condition.as_ref().map(|_| true);
            if let Some(by) = &ready.approved_by {
                step.by = Some(by.clone());
            }
            if let Some(items) = &ready.items {
                expand(step, items);
                words = Some(of_elements(&step.item_counts));
                bar(step, at, BarKind::Work);
                step.state = StepState::Running;
            } else if step.calls.is_some() {
                step.state = StepState::Running;
                bar(step, at, BarKind::Work);
            } else {
                step.state = StepState::Ready;
                bar(step, at, BarKind::Prepare);
            }
        }
        StepEvent::WaitingApproval(question) => {
            step.state = StepState::WaitingApproval;
            step.because.clone_from(&question.reason);
            words = Some(question.message.clone());
            if before != StepState::WaitingApproval {
                bar(step, at, BarKind::Person);
            }
        }
        StepEvent::WaitingUnlock(waiting) => {
            step.state = StepState::WaitingUnlock;
            step.because = Some(waiting.because.clone());
            bar(step, at, BarKind::Vault);
        }
        StepEvent::Intent(intent) => {
            step.state = StepState::Intent;
            step.error = None;
            step.inputs.clone_from(&intent.inputs);
            step.changes.clone_from(&intent.preview.changes);
            step.confidence = intent.preview.confidence;
            if let Some(mode) = intent.mode {
                step.mode = mode;
                step.mode_open = false;
            }
            step.undo = intent
                .undo
                .as_ref()
                .map_or_else(|| intent.preview.undo.clone(), |record| record.undo.clone());
        }
        StepEvent::Dispatched(dispatched) => {
            step.state = StepState::Dispatched;
            if dispatched.resumed {
                words = Some("Picked up again".to_owned());
            }
            bar(step, at, BarKind::Work);
        }
        StepEvent::Accepted(accepted) => {
            step.state = StepState::Accepted;
            step.remote = Some(accepted.remote.clone());
        }
        StepEvent::Progress(said) => {
            if before.is_active() && said.stopping.is_none() {
                step.state = StepState::Running;
            }
            let progress = &said.progress;
            words = Some(progress.words.clone()).filter(|words| !words.is_empty());
            step.done = progress.done.or(step.done);
            step.made.extend(progress.made.clone());
            if let Some(about) = &progress.about {
                let status = progress.status.as_ref().unwrap_or(&progress.words);
                tell_thing(step, about, status);
            }
        }
        StepEvent::Log(log) => {
            step.log_lines += log.lines.len() as u64;
            return;
        }
        StepEvent::Retrying(retrying) => {
            step.state = StepState::Retrying;
            step.error.clone_from(&retrying.error);
            step.ended_at = None;
            step.duration_ms = None;
            step.things.clear();
            step.thing_at.clear();
            step.done = None;
            bar(step, at, BarKind::Backoff);
            if before.is_ended() && !step.items.is_empty() {
                retry_elements(step);
            }
        }
        StepEvent::Succeeded(done) => {
            step.state = StepState::Succeeded;
            step.outputs = match &done.items {
                Some(items) => Value::Array(items.clone()),
                None => Value::Object(done.outputs.clone()),
            };
            step.hidden.clone_from(&done.hidden);
            if !done.made.is_empty() || done.items.is_none() {
                step.made.clone_from(&done.made);
            }
            step.error = None;
            step.because = None;
            step.by = done.by.clone().or(step.by.take());
        }
        StepEvent::Undone(undone) => {
            step.state = StepState::Undone;
            step.outputs = Value::Object(undone.outputs.clone());
            step.made.clone_from(&undone.made);
            step.error = None;
        }
        StepEvent::Failed(failed) => {
            step.state = if failed.ask {
                StepState::Asked
            } else {
                StepState::Failed
            };
            step.error = Some(failed.error.clone());
            step.still_running.clone_from(&failed.still_running);
            step.by = failed.by.clone().or(step.by.take());
            words = Some(failed.error.message.clone());
            if failed.ask {
                bar(step, at, BarKind::Person);
            }
        }
        StepEvent::Skipped(skipped) => {
            step.state = StepState::Skipped;
            step.because = Some(skipped.because.clone());
            if skipped.why == Skip::Condition {
                step.condition_held = Some(false);
            }
            step.skipped_for_others =
                matches!(skipped.why, Skip::Needs | Skip::Stopped | Skip::Cancelled);
            step.by.clone_from(&skipped.by);
            words = Some(skipped.because.clone());
        }
        StepEvent::Cancelled(cancelled) => {
            step.state = StepState::Cancelled;
            step.still_running.clone_from(&cancelled.still_running);
            words = cancelled.still_running.first().cloned();
        }
        StepEvent::Unknown(unknown) => {
            step.state = StepState::Unknown;
            step.because = Some(unknown.because.clone());
            bar(step, at, BarKind::Person);
        }
    }
    if step.state.is_ended() && !before.is_ended() {
        step.ended_at = Some(at);
        step.duration_ms = step.started_at.map(|from| (at - from).max(0));
        close_bar(step, at);
    }
    if step.state != before || words.is_some() {
        step.sentence = words.unwrap_or_else(|| sentence::of_step(step));
    }
}

fn expand(step: &mut StepView, items: &[Value]) {
    let title = |each: &Value| match each {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let same = |(item, each): (&StepView, &Value)| item.title == title(each);
    if step.items.len() == items.len() && step.items.iter().zip(items).all(same) {
        // Tried again with the call around it: what succeeded is kept.
        return retry_elements(step);
    }
    step.items = (0..)
        .zip(items)
        .map(|(number, each)| {
            let title = title(each);
            let mut item = blank(
                Instance::item(step.id.step.clone(), number),
                title,
                step.uses.clone(),
                step.mode,
                step.writes,
            );
            item.undo = step.undo.clone();
            item
        })
        .collect();
    let total = u32::try_from(items.len()).unwrap_or(u32::MAX);
    step.item_counts = Counts {
        total,
        waiting: total,
        ..Counts::default()
    };
}

fn retry_elements(step: &mut StepView) {
    step.state = StepState::Running;
    for item in &mut step.items {
        if item.state.is_ended() && item.state != StepState::Succeeded {
            *step.item_counts.of(item.state) -= 1;
            item.state = StepState::Waiting;
            item.ended_at = None;
            item.sentence = sentence::of_step(item);
            *step.item_counts.of(item.state) += 1;
        }
    }
}

fn tell_thing(step: &mut StepView, about: &str, status: &str) {
    if let Some(&at) = step.thing_at.get(about) {
        status.clone_into(&mut step.things[at].status);
    } else {
        step.thing_at.insert(about.to_owned(), step.things.len());
        step.things.push(Thing {
            about: about.to_owned(),
            status: status.to_owned(),
        });
    }
}

fn bar(step: &mut StepView, at: i64, kind: BarKind) {
    close_bar(step, at);
    step.bars.push(Bar {
        kind,
        attempt: step.attempt,
        from: at,
        to: None,
    });
}

fn close_bar(step: &mut StepView, at: i64) {
    if let Some(last) = step.bars.last_mut() {
        last.to.get_or_insert(at);
    }
}

/// Opens, changes or closes the question of a step.
fn ask(view: &mut RunView, place: usize, id: &Instance, event: &StepEvent) {
    view.questions
        .retain(|question| question.step.as_ref() != Some(id));
    let title = &view.steps[place].title;
    let question = |kind: QuestionKind, message: String, reason: Option<String>| Question {
        step: Some(id.clone()),
        kind,
        to: Vec::new(),
        message,
        reason,
        quorum: 1,
        by: Vec::new(),
        changes: Vec::new(),
    };
    let open = match event {
        StepEvent::WaitingApproval(asked) => approval(&question, asked),
        StepEvent::WaitingUnlock(waiting) => question(
            QuestionKind::Unlock,
            "Unlock the vault.".to_owned(),
            Some(waiting.because.clone()),
        ),
        StepEvent::Failed(failed) if failed.ask => question(
            QuestionKind::Failure,
            sentence::of_failure(title, &failed.error),
            failed.error.hint.clone(),
        ),
        StepEvent::Unknown(unknown) => question(
            QuestionKind::Unknown,
            format!("Did `{title}` happen?"),
            Some(unknown.because.clone()),
        ),
        _ => return,
    };
    view.questions.push(open);
}

fn approval(
    question: &dyn Fn(QuestionKind, String, Option<String>) -> Question,
    asked: &WaitingApproval,
) -> Question {
    let kind = if asked.reason.is_some() {
        QuestionKind::Differs
    } else {
        QuestionKind::Approval
    };
    let mut open = question(kind, asked.message.clone(), asked.reason.clone());
    open.to.clone_from(&asked.to);
    open.quorum = asked.quorum;
    open.by.clone_from(&asked.by);
    if let Some(preview) = &asked.preview {
        open.changes.clone_from(&preview.changes);
    }
    open
}
