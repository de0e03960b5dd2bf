//! Gives a step another id, in every place that names it, and changes nothing but the ids' own bytes.

use serde_json::Value;

use super::change::{Change, parse_pointer};
use super::plan::{is_need, step_path, steps};
use super::{ALREADY_THERE, CANNOT_EDIT, EditError, Open, guard};
use crate::expression::{Expression, Reference, Template};
use crate::id::StepId;
use crate::tree::{Kind, SourceMap, escape};

pub(super) fn rename(open: &mut Open, id: &StepId, to: &StepId) -> Result<(), EditError> {
    let path = step_path(&open.value, id)?;
    if id == to {
        return Ok(());
    }
    if steps(&open.value).is_some_and(|steps| steps.contains_key(to.as_str())) {
        return Err(EditError::new(
            ALREADY_THERE,
            format!("There is already a step `{to}`."),
            "Choose another id.",
        )
        .at(format!("/steps/{to}")));
    }

    let mut words = Vec::new();
    let mut whole = Vec::new();
    if let Some(entry) = open
        .source
        .node("/steps")
        .and_then(|steps| steps.get(id.as_str()))
    {
        words.push(inside_quotes(
            &open.source,
            entry.key.start as usize..entry.key.end as usize,
            id,
        ));
    }
    for pointer in needs_of(&open.value, id) {
        let bytes = own_bytes(&open.source, &pointer);
        words.extend(bytes.map(|bytes| inside_quotes(&open.source, bytes, id)));
    }
    for (pointer, text) in expression_texts(&open.value) {
        if own_bytes(&open.source, &pointer).is_none() {
            continue;
        }
        let places = mentions(&pointer, &text, id);
        let located: Option<Vec<_>> = places
            .iter()
            .map(|at| locate(&open.source, &pointer, *at, id))
            .collect();
        match located {
            Some(found) => words.extend(found),
            // The text is written so that its places cannot be told, for example folded: it is set anew.
            None => whole.push((
                renamed_pointer(&pointer, id, to),
                replace(&text, &places, id, to),
            )),
        }
    }
    words.sort_by_key(|range| range.start);
    words.dedup();

    let old = open.source.text();
    let mut text = String::with_capacity(old.len());
    let mut done = 0;
    for range in words {
        text.push_str(&old[done..range.start]);
        text.push_str(to.as_str());
        done = range.end;
    }
    text.push_str(&old[done..]);

    let intended = renamed(&open.value, id, to);
    let mut next = Open::read(open.source.file(), &text).map_err(|_| cannot(id))?;
    for (pointer, value) in whole {
        let path = parse_pointer(&next.value, &pointer).ok_or_else(|| cannot(id))?;
        next.make(&Change::Set {
            path,
            value: Value::String(value),
        })?;
    }
    let nothing = Change::Insert {
        map: path,
        after: None,
        key: String::new(),
        value: Value::Null,
    };
    if next.value != intended || !guard::keeps_comments(&open.source, &nothing, &next.source) {
        return Err(cannot(id));
    }
    *open = next;
    Ok(())
}

fn cannot(id: &StepId) -> EditError {
    EditError::new(
        CANNOT_EDIT,
        format!("`{id}` is named in a way that cannot be renamed here without changing more of the text."),
        "Rename it in the text.",
    )
    .at(format!("/steps/{id}"))
}

/// Pointers of the texts in `needs` that are this id.
fn needs_of(root: &Value, id: &StepId) -> Vec<String> {
    let mut found = Vec::new();
    for (step, value) in steps(root).into_iter().flatten() {
        let base = format!("/steps/{}/needs", escape(step));
        let mut add = |pointer: String, need: &Value| {
            if is_need(need, id) {
                let inner = if need.is_object() { "/step" } else { "" };
                found.push(format!("{pointer}{inner}"));
            }
        };
        match value.get("needs") {
            Some(Value::Array(list)) => {
                for (index, need) in list.iter().enumerate() {
                    add(format!("{base}/{index}"), need);
                }
            }
            Some(one) => add(base, one),
            None => {}
        }
    }
    found
}

/// Every text that may hold expressions, with its pointer: inputs, conditions and loops of steps, their
/// undo, and the outputs.
pub(super) fn expression_texts(root: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (step, value) in steps(root).into_iter().flatten() {
        for field in ["with", "if", "for_each", "undo"] {
            if let Some(value) = value.get(field) {
                texts(
                    value,
                    format!("/steps/{}/{field}", escape(step)),
                    &mut found,
                );
            }
        }
    }
    if let Some(outputs) = root.get("outputs") {
        texts(outputs, "/outputs".to_owned(), &mut found);
    }
    found
}

fn texts(value: &Value, pointer: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((pointer, text.clone())),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                texts(value, format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                texts(value, format!("{pointer}/{}", escape(key)), found);
            }
        }
        _ => {}
    }
}

/// Where in a text the id stands in references to the step: byte offsets in the text.
fn mentions(pointer: &str, text: &str, id: &StepId) -> Vec<usize> {
    let is_bare = pointer.split('/').nth(1) == Some("steps")
        && matches!(pointer.split('/').nth(3), Some("if" | "for_each"))
        && !text.contains("${{");
    let references: Vec<Reference> = if is_bare {
        Expression::parse(text).map_or_else(|_| Vec::new(), |one| one.references())
    } else {
        Template::parse(text).map_or_else(|_| Vec::new(), |one| one.references())
    };
    references
        .iter()
        .filter(|one| matches!(one.path.as_slice(), [root, step, ..] if root == "steps" && step == id.as_str()))
        .filter_map(|one| {
            let after_root = one.start + "steps".len();
            let rest = text.get(after_root..one.end)?;
            rest.find(id.as_str()).map(|at| after_root + at)
        })
        .collect()
}

/// The bytes in the file of an id at an offset of a text.
fn locate(
    source: &SourceMap,
    pointer: &str,
    offset: usize,
    id: &StepId,
) -> Option<std::ops::Range<usize>> {
    let span = source.inside(pointer, offset, id.as_str().len())?;
    let (start, end) = (span.start.byte as usize, span.end.byte as usize);
    (source.text().get(start..end)? == id.as_str()).then_some(start..end)
}

/// The bytes of the value at a pointer, unless it is reached by an alias: then they are somewhere else.
fn own_bytes(source: &SourceMap, pointer: &str) -> Option<std::ops::Range<usize>> {
    let ends = pointer.match_indices('/').map(|(at, _)| at).skip(1);
    for end in ends.chain([pointer.len()]) {
        let node = source.node(&pointer[..end])?;
        if source.text()[node.bytes.start as usize..].starts_with('*')
            && !matches!(&node.kind, Kind::Text(text) if text.starts_with('*'))
        {
            return None;
        }
    }
    let node = source.node(pointer)?;
    Some(node.bytes.start as usize..node.bytes.end as usize)
}

/// The id's own bytes, without the quotes around it.
fn inside_quotes(
    source: &SourceMap,
    bytes: std::ops::Range<usize>,
    id: &StepId,
) -> std::ops::Range<usize> {
    let inner = bytes.start + 1..bytes.end.saturating_sub(1);
    match source.text().get(inner.clone()) {
        Some(word) if word == id.as_str() => inner,
        _ => bytes,
    }
}

fn replace(text: &str, places: &[usize], id: &StepId, to: &StepId) -> String {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.dedup();
    let mut changed = text.to_owned();
    for at in places.into_iter().rev() {
        changed.replace_range(at..at + id.as_str().len(), to.as_str());
    }
    changed
}

/// The value as it is to be.
pub(super) fn renamed(root: &Value, id: &StepId, to: &StepId) -> Value {
    let mut changed = root.clone();
    for pointer in needs_of(root, id) {
        if let Some(need) = changed.pointer_mut(&pointer) {
            *need = Value::String(to.to_string());
        }
    }
    for (pointer, text) in expression_texts(root) {
        let places = mentions(&pointer, &text, id);
        if let Some(value) = changed.pointer_mut(&pointer) {
            *value = Value::String(replace(&text, &places, id, to));
        }
    }
    if let Some(Value::Object(steps)) = changed.get_mut("steps") {
        *steps = std::mem::take(steps)
            .into_iter()
            .map(|(key, value)| {
                let key = if key == id.as_str() {
                    to.to_string()
                } else {
                    key
                };
                (key, value)
            })
            .collect();
    }
    changed
}

fn renamed_pointer(pointer: &str, id: &StepId, to: &StepId) -> String {
    match pointer.strip_prefix(&format!("/steps/{id}/")) {
        Some(rest) => format!("/steps/{to}/{rest}"),
        None => pointer.to_owned(),
    }
}
