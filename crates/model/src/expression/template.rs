//! Texts that may hold `${{ expression }}`, alone and in JSON trees.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::syntax::text_end;
use super::{EvaluationError, Expression, LARGEST_TEXT, Reference, Scope, SyntaxError};
use crate::id::StepId;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// A text that may hold `${{ expression }}`.
///
/// A text that is exactly one expression gives that expression's value, whatever its type; otherwise
/// the values are put into the text: texts as they are, lists and maps as JSON, null as nothing.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    /// The expression, and where it starts in the text.
    Value(Expression, usize),
}

impl Template {
    /// Reads a text.
    ///
    /// Fails with everything that is wrong with its expressions; the places are byte offsets in `text`.
    pub fn parse(text: &str) -> Result<Self, Vec<SyntaxError>> {
        let mut parts = Vec::new();
        let mut errors = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find(OPEN).map(|found| at + found) {
            if open > at {
                parts.push(Part::Text(text[at..open].to_owned()));
            }
            let start = open + OPEN.len();
            let Some(length) = content_length(&text[start..]) else {
                errors.push(SyntaxError {
                    message: "`${{` is never closed; write `}}` after the expression.".to_owned(),
                    start: open,
                    end: text.len(),
                });
                at = text.len();
                break;
            };
            match Expression::parse(&text[start..start + length]) {
                Ok(expression) => parts.push(Part::Value(expression, start)),
                Err(found) => errors.extend(found.into_iter().map(|error| SyntaxError {
                    start: start + error.start,
                    end: start + error.end,
                    ..error
                })),
            }
            at = start + length + CLOSE.len();
        }
        if at < text.len() {
            parts.push(Part::Text(text[at..].to_owned()));
        }
        if errors.is_empty() {
            Ok(Self { parts })
        } else {
            Err(errors)
        }
    }

    /// Whether it holds no expression.
    pub fn is_literal(&self) -> bool {
        !self
            .parts
            .iter()
            .any(|part| matches!(part, Part::Value(..)))
    }

    /// Its expression, where the text is exactly one.
    pub fn only(&self) -> Option<&Expression> {
        match self.parts.as_slice() {
            [Part::Value(expression, _)] => Some(expression),
            _ => None,
        }
    }

    /// What its expressions refer to; the places are byte offsets in the whole text.
    pub fn references(&self) -> Vec<Reference> {
        let of = |part: &Part| match part {
            Part::Text(_) => Vec::new(),
            Part::Value(expression, start) => expression
                .references()
                .into_iter()
                .map(|reference| Reference {
                    start: start + reference.start,
                    end: start + reference.end,
                    ..reference
                })
                .collect(),
        };
        self.parts.iter().flat_map(of).collect()
    }

    /// Its value in the given scope.
    pub fn render(&self, scope: &Scope) -> Result<Value, EvaluationError> {
        if let Some(expression) = self.only() {
            return expression.evaluate(scope);
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Value(expression, _) => match expression.evaluate(scope)? {
                    Value::String(value) => text.push_str(&value),
                    Value::Null => {}
                    other => text.push_str(&other.to_string()),
                },
            }
            if text.len() > LARGEST_TEXT {
                return Err(EvaluationError::TooLarge);
            }
        }
        Ok(Value::String(text))
    }
}

/// The length of an expression up to its `}}`, which may not stand in a text or close a map.
fn content_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            // A quote that is never closed is no quote, so that the error is about the expression.
            b'\'' | b'"' => {
                at = text_end(text, at).unwrap_or(at + 1);
                continue;
            }
            b'{' => open += 1,
            b'}' if open == 0 && bytes[at..].starts_with(CLOSE.as_bytes()) => return Some(at),
            b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    text.find(CLOSE)
}

/// Renders every text of a JSON tree. Keys stay as they are.
///
/// Fails with the first text that cannot be rendered.
pub fn render(value: &Value, scope: &Scope) -> Result<Value, EvaluationError> {
    let rendered = render_partly(value, scope, &|_| BTreeSet::new())?;
    Ok(rendered.value)
}

/// What the texts of a JSON tree refer to, each with the JSON pointer of its text. Texts that do not
/// parse give none.
pub fn references(value: &Value) -> Vec<(String, Reference)> {
    let mut found = Vec::new();
    each_text(value, &mut String::new(), &mut |pointer, text| {
        if let Ok(template) = Template::parse(text) {
            let here = template.references().into_iter();
            found.extend(here.map(|reference| (pointer.to_owned(), reference)));
        }
    });
    found
}

/// What is wrong with the texts of a JSON tree, each with the JSON pointer of its text.
pub fn syntax_errors(value: &Value) -> Vec<(String, SyntaxError)> {
    let mut found = Vec::new();
    each_text(value, &mut String::new(), &mut |pointer, text| {
        if let Err(errors) = Template::parse(text) {
            found.extend(errors.into_iter().map(|error| (pointer.to_owned(), error)));
        }
    });
    found
}

/// A JSON tree of which not everything can be known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The tree; null stands where a value is not known yet.
    pub value: Value,
    /// JSON pointer of each value that is not known → the steps after which it is, in the order of
    /// their ids.
    pub unknown: BTreeMap<String, Vec<StepId>>,
}

/// Tells the steps that must have run before the value at a path is known; none where it is.
pub type WaitsFor<'a> = dyn Fn(&[String]) -> BTreeSet<StepId> + 'a;

/// Paths that wait for these steps: `steps.ID` and what is below; `steps` alone waits for all of them.
pub fn after_steps(pending: &BTreeSet<StepId>) -> impl Fn(&[String]) -> BTreeSet<StepId> {
    move |path| match path {
        [root] if root == "steps" => pending.clone(),
        [root, id, ..] if root == "steps" => pending
            .iter()
            .filter(|step| step.as_str() == id)
            .cloned()
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Renders what can be known now; `pending` tells for each path what it waits for.
///
/// Fails with the first text that cannot be rendered although it waits for no step.
pub fn render_partly(
    value: &Value,
    scope: &Scope,
    pending: &WaitsFor<'_>,
) -> Result<Rendered, EvaluationError> {
    let mut unknown = BTreeMap::new();
    let value = render_at(value, scope, pending, &mut String::new(), &mut unknown)?;
    Ok(Rendered { value, unknown })
}

fn render_at(
    value: &Value,
    scope: &Scope,
    pending: &WaitsFor<'_>,
    pointer: &mut String,
    unknown: &mut BTreeMap<String, Vec<StepId>>,
) -> Result<Value, EvaluationError> {
    match value {
        Value::String(text) if text.contains(OPEN) => {
            let template = Template::parse(text).map_err(|errors| EvaluationError::Failed {
                message: errors
                    .into_iter()
                    .next()
                    .map_or_else(String::new, |e| e.message),
            })?;
            let waits_for = waits_for(&template, pending);
            if waits_for.is_empty() {
                return template.render(scope);
            }
            unknown.insert(pointer.clone(), waits_for);
            Ok(Value::Null)
        }
        Value::Array(list) => {
            let mut rendered = Vec::with_capacity(list.len());
            for (index, element) in list.iter().enumerate() {
                let length = push_key(pointer, &index.to_string());
                rendered.push(render_at(element, scope, pending, pointer, unknown)?);
                pointer.truncate(length);
            }
            Ok(Value::Array(rendered))
        }
        Value::Object(map) => {
            let mut rendered = Map::with_capacity(map.len());
            for (key, element) in map {
                let length = push_key(pointer, key);
                rendered.insert(
                    key.clone(),
                    render_at(element, scope, pending, pointer, unknown)?,
                );
                pointer.truncate(length);
            }
            Ok(Value::Object(rendered))
        }
        other => Ok(other.clone()),
    }
}

/// The steps that a template waits for.
fn waits_for(template: &Template, pending: &WaitsFor<'_>) -> Vec<StepId> {
    let steps: BTreeSet<StepId> = template
        .references()
        .iter()
        .flat_map(|reference| pending(&reference.path))
        .collect();
    steps.into_iter().collect()
}

fn each_text<'a>(value: &'a Value, pointer: &mut String, visit: &mut impl FnMut(&str, &'a str)) {
    match value {
        Value::String(text) if text.contains(OPEN) => visit(pointer, text),
        Value::Array(list) => {
            for (index, element) in list.iter().enumerate() {
                let length = push_key(pointer, &index.to_string());
                each_text(element, pointer, visit);
                pointer.truncate(length);
            }
        }
        Value::Object(map) => {
            for (key, element) in map {
                let length = push_key(pointer, key);
                each_text(element, pointer, visit);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// Appends a key to a JSON pointer; gives the length before.
fn push_key(pointer: &mut String, key: &str) -> usize {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    length
}
