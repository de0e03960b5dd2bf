//! Conditions, lists and inputs, worked out from what is known now.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use podium_diagnostics::{Error, ErrorKind};
use podium_model::expression::{EvaluationError, Expression, Reference, Scope, references, render};
use podium_plan::Work;

use super::draft::Draft;
use crate::code;
use crate::state::cells::Cells;

/// What the expressions of a cell see, as far as they refer to it: a long list among the inputs is not
/// copied for each of a thousand elements. Of the steps, those that the cell has an edge from, since a
/// reference is an edge.
fn scope(draft: &Draft, at: usize, references: &[Reference]) -> Scope {
    let cell = draft.cell(at);
    let wanted = Wanted::new(references);
    let mut steps = Map::new();
    for edge in draft.graph().parents(cell.step) {
        let id = draft.plan_step(edge.step).id.local();
        if wanted.has("steps", id) {
            steps.insert(id.to_owned(), seen(draft, edge.step));
        }
    }
    let each = cell.each.as_deref().cloned();
    let within = draft.graph().within(cell.step);
    with_steps(draft, within, &wanted, steps, each)
}

/// Root and name of each reference; a root alone wants all of it.
struct Wanted<'a>(HashSet<(&'a str, Option<&'a str>)>);

impl<'a> Wanted<'a> {
    fn new(references: &'a [Reference]) -> Self {
        let first_two = |reference: &'a Reference| {
            let mut path = reference.path.iter().map(String::as_str);
            Some((path.next()?, path.next()))
        };
        Self(references.iter().filter_map(first_two).collect())
    }

    fn has(&self, root: &'a str, name: &'a str) -> bool {
        self.0.contains(&(root, None)) || self.0.contains(&(root, Some(name)))
    }
}

fn seen(draft: &Draft, at: usize) -> Value {
    let cell = draft.cell(at);
    json!({"outputs": *cell.outputs, "status": cell.phase.status()})
}

fn with_steps(
    draft: &Draft,
    within: Option<usize>,
    wanted: &Wanted,
    steps: Map<String, Value>,
    each: Option<Value>,
) -> Scope {
    let plan = draft.state().plan();
    // In a called workflow, what the call gives.
    let given = match within {
        Some(call) => draft
            .cell(call)
            .inputs
            .get("inputs")
            .and_then(Value::as_object),
        None => plan.map(podium_plan::Plan::inputs),
    };
    let inputs = given
        .into_iter()
        .flatten()
        .filter(|(name, _)| wanted.has("inputs", name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Scope {
        inputs: Value::Object(inputs),
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
        .and_then(|expression| expression.is_true(&scope(draft, at, &expression.references())))
        .map_err(|error| in_words("The condition", text, &error))
}

pub(super) fn list(draft: &Draft, at: usize, text: &str) -> Result<Vec<Value>, Error> {
    let value = parse(text)
        .and_then(|expression| expression.evaluate(&scope(draft, at, &expression.references())))
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
    let changed = changed(draft, at);
    let step = draft.plan_step(at);
    let referred: Vec<Reference> = step.with.values().flat_map(referred).collect();
    let scope = scope(draft, at, &referred);
    let mut inputs = Map::new();
    for (name, template) in &step.with {
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

/// What the texts of a template refer to.
fn referred(template: &Value) -> impl Iterator<Item = Reference> + use<> {
    references(template)
        .into_iter()
        .map(|(_, reference)| reference)
}

/// The outputs of the workflow, and those that cannot be worked out.
pub(super) fn outputs(draft: &Draft) -> (Map<String, Value>, Vec<Error>) {
    let Some(plan) = draft.state().plan() else {
        return (Map::new(), Vec::new());
    };
    let of_the_run = (0..plan.steps().len()).filter(|at| draft.graph().within(*at).is_none());
    outputs_of(draft, None, plan.outputs(), of_the_run)
}

/// The outputs of a called workflow. What cannot be worked out is left out, as in a run.
pub(super) fn call_outputs(draft: &Draft, call: usize) -> Map<String, Value> {
    let Some(called) = &draft.plan_step(call).call else {
        return Map::new();
    };
    let inside = draft.graph().inside(call).iter().copied();
    outputs_of(draft, Some(call), &called.outputs, inside).0
}

fn outputs_of(
    draft: &Draft,
    within: Option<usize>,
    templates: &Map<String, Value>,
    steps: impl Iterator<Item = usize>,
) -> (Map<String, Value>, Vec<Error>) {
    if templates.is_empty() {
        return (Map::new(), Vec::new());
    }
    let referred: Vec<Reference> = templates.values().flat_map(referred).collect();
    let wanted = Wanted::new(&referred);
    let steps = steps
        .filter(|at| wanted.has("steps", draft.plan_step(*at).id.local()))
        .map(|at| (draft.plan_step(at).id.local().to_owned(), seen(draft, at)))
        .collect();
    let scope = with_steps(draft, within, &wanted, steps, None);
    let mut outputs = Map::new();
    let mut missing = Vec::new();
    for (name, template) in templates {
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
