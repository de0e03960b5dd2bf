//! Conditions, lists and inputs, worked out from what is known now.

use serde_json::{Map, Value, json};

use podium_diagnostics::{Error, ErrorKind};
use podium_model::expression::{EvaluationError, Expression, Scope, render};
use podium_plan::Work;

use super::draft::Draft;
use crate::code;
use crate::state::cells::Cells;

/// What the expressions of a cell see: of the steps, those it has an edge from, since a reference is an
/// edge.
fn scope(draft: &Draft, at: usize) -> Scope {
    let cell = draft.cell(at);
    let mut steps = Map::new();
    for edge in draft.graph().parents(cell.step) {
        let id = draft.plan_step(edge.step).id.to_string();
        steps.insert(id, seen(draft, edge.step));
    }
    with_steps(draft, steps, cell.each.as_deref().cloned())
}

fn seen(draft: &Draft, at: usize) -> Value {
    let cell = draft.cell(at);
    json!({"outputs": *cell.outputs, "status": cell.phase.status()})
}

fn with_steps(draft: &Draft, steps: Map<String, Value>, each: Option<Value>) -> Scope {
    let plan = draft.state().plan();
    Scope {
        inputs: Value::Object(plan.map(|plan| plan.inputs().clone()).unwrap_or_default()),
        environment: plan.map_or(Value::Null, |plan| plan.environment_values().clone()),
        steps: Value::Object(steps),
        each,
        run: json!({"id": draft.run()}),
    }
}

fn parse(text: &str) -> Result<Expression, EvaluationError> {
    Expression::parse(text).map_err(|errors| EvaluationError::Failed {
        message: errors
            .into_iter()
            .next()
            .map_or_else(String::new, |error| error.message),
    })
}

fn in_words(what: &str, text: &str, error: &EvaluationError) -> Error {
    Error::new(
        ErrorKind::Invalid,
        code::EXPRESSION_FAILED,
        format!("{what} `{text}` cannot be worked out: {error}"),
    )
    .with_hint("Look at the outputs of the steps before, correct the expression, and try again.")
}

pub(super) fn is_true(draft: &Draft, at: usize, text: &str) -> Result<bool, Error> {
    parse(text)
        .and_then(|expression| expression.is_true(&scope(draft, at)))
        .map_err(|error| in_words("The condition", text, &error))
}

pub(super) fn list(draft: &Draft, at: usize, text: &str) -> Result<Vec<Value>, Error> {
    let value = parse(text)
        .and_then(|expression| expression.evaluate(&scope(draft, at)))
        .map_err(|error| in_words("The list", text, &error))?;
    match value {
        Value::Array(items) => Ok(items),
        _ => Err(in_words(
            "The list",
            text,
            &EvaluationError::Failed {
                message: "It gives no list.".to_owned(),
            },
        )),
    }
}

/// The inputs of a cell, rendered, with what a person changed put in.
pub(super) fn inputs(draft: &Draft, at: usize) -> Result<Map<String, Value>, Error> {
    let step = draft.plan_step(at);
    let mut inputs = match step.work {
        // The inputs of an undo are those of the run that is taken back; texts that look like
        // templates are values there.
        Work::Undo { .. } => step.with.clone(),
        Work::Do => rendered(draft, at)?,
    };
    inputs.extend(changed(draft, at));
    Ok(inputs)
}

/// What a person changed: for the whole step, and for this element.
fn changed(draft: &Draft, at: usize) -> Map<String, Value> {
    let cell = draft.cell(at);
    let mut changed = Map::new();
    for from in [&draft.cell(cell.step).changed, &cell.changed] {
        changed.extend(from.as_deref().cloned().unwrap_or_default());
    }
    changed
}

fn rendered(draft: &Draft, at: usize) -> Result<Map<String, Value>, Error> {
    let scope = scope(draft, at);
    let changed = changed(draft, at);
    let mut inputs = Map::new();
    for (name, template) in &draft.plan_step(at).with {
        if changed.contains_key(name) {
            continue;
        }
        let value = render(template, &scope).map_err(|error| {
            in_words(&format!("The input `{name}`"), &shortened(template), &error)
        })?;
        inputs.insert(name.clone(), value);
    }
    Ok(inputs)
}

/// The outputs of the workflow, and those that cannot be worked out.
pub(super) fn outputs(draft: &Draft) -> (Map<String, Value>, Vec<Error>) {
    let Some(plan) = draft.state().plan() else {
        return (Map::new(), Vec::new());
    };
    if plan.outputs().is_empty() {
        return (Map::new(), Vec::new());
    }
    let steps = plan
        .steps()
        .iter()
        .enumerate()
        .map(|(at, step)| (step.id.to_string(), seen(draft, at)))
        .collect();
    let scope = with_steps(draft, steps, None);
    let mut outputs = Map::new();
    let mut missing = Vec::new();
    for (name, template) in plan.outputs() {
        match render(template, &scope) {
            Ok(value) => {
                outputs.insert(name.clone(), value);
            }
            Err(error) => missing.push(in_words(
                &format!("The output `{name}`"),
                &shortened(template),
                &error,
            )),
        }
    }
    (outputs, missing)
}

fn shortened(template: &Value) -> String {
    let text = match template {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
