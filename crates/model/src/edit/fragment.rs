//! A selection as text, and back: what the clipboard carries from one workflow to another, or to a chat.
//!
//! A fragment reads like a workflow: its steps, the questions and the credential slots that they use, and
//! where they stand. A slot is a name and a kind; no value of a secret is ever in a workflow, so none is
//! in a fragment.
//!
//! Invariants: what is pasted where nothing is taken has the values that were copied; an id that is taken
//! becomes a free one everywhere in the fragment, and nothing outside of it changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::emit::{self, Style};
use super::plan::steps;
use super::rename::{expression_texts, renamed};
use super::{CANNOT_READ, Edit, EditError};
use crate::expression::{Expression, Reference, Template};
use crate::id::StepId;
use crate::layout::Layout;
use crate::tree;

/// What is copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Steps by id.
    pub steps: BTreeSet<String>,
    /// Frames by id.
    pub frames: BTreeSet<String>,
    /// Notes by id.
    pub notes: BTreeSet<String>,
}

/// What a fragment becomes in a workflow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pasted {
    /// The changes of the text.
    pub edits: Vec<Edit>,
    /// Where the new things stand, as they stood where they were copied.
    pub layout: Layout,
    /// The new steps' ids, in the order of the fragment.
    pub steps: Vec<StepId>,
}

/// The selection of a workflow as text. What the selected steps waited for outside of the selection stays
/// behind; values that they use from outside stay, by name.
pub fn copy(text: &str, layout: &Layout, selection: &Selection) -> Result<String, EditError> {
    let root = read(text)?;
    let mut chosen = Map::new();
    for (id, step) in steps(&root).into_iter().flatten() {
        if selection.steps.contains(id) {
            let mut step = step.clone();
            keep_needs(&mut step, |need| selection.steps.contains(need));
            chosen.insert(id.clone(), step);
        }
    }
    let mut fragment = Map::new();
    fragment.insert("podium".to_owned(), json!(1));
    let chosen = Value::Object(chosen);
    let holder = json!({ "steps": chosen });
    let asked = named(&holder, "inputs");
    let slots = slots_of(&holder);
    for (key, wanted) in [("inputs", asked), ("credentials", slots)] {
        let there = root.get(key).and_then(Value::as_object);
        let part: Map<String, Value> = there
            .into_iter()
            .flatten()
            .filter(|(name, _)| wanted.contains(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !part.is_empty() {
            fragment.insert(key.to_owned(), Value::Object(part));
        }
    }
    if chosen.as_object().is_some_and(|steps| !steps.is_empty()) {
        fragment.insert("steps".to_owned(), chosen);
    }
    let places = Layout {
        nodes: only(&layout.nodes, &selection.steps),
        frames: only(&layout.frames, &selection.frames),
        notes: only(&layout.notes, &selection.notes),
        ..Layout::default()
    };
    // A layout has texts as keys, so this cannot fail.
    if let Ok(Value::Object(mut places)) = serde_json::to_value(&places) {
        places.shift_remove("podium");
        places.retain(|_, value| value.as_object().is_some_and(|map| !map.is_empty()));
        if !places.is_empty() {
            let mut places = Value::Object(places);
            whole(&mut places);
            fragment.insert("layout".to_owned(), places);
        }
    }
    let style = Style { eol: "\n", step: 2 };
    Ok(fragment
        .iter()
        .map(|(key, value)| emit::entry(key, value, 0, style))
        .collect())
}

/// Reads a fragment, or a whole workflow, or steps alone, as somebody sent it, and says what becomes of it
/// in this workflow. Whoever makes the edits makes them all.
pub fn paste(text: &str, layout: &Layout, fragment: &str) -> Result<Pasted, EditError> {
    let target = if text.trim().is_empty() {
        json!({})
    } else {
        read(text)?
    };
    let mut root = as_fragment(fragment)?;
    let mut places = root
        .get("layout")
        .and_then(|places| {
            let mut places = places.clone();
            places
                .as_object_mut()?
                .insert("podium".to_owned(), json!(1));
            serde_json::from_value::<Layout>(places).ok()
        })
        .unwrap_or_default();

    let taken = |id: &str, root: &Value| {
        steps(&target).is_some_and(|steps| steps.contains_key(id))
            || steps(root).is_some_and(|steps| steps.contains_key(id))
    };
    let ids: Vec<String> = steps(&root)
        .into_iter()
        .flatten()
        .map(|(id, _)| id.clone())
        .collect();
    for id in &ids {
        if !steps(&target).is_some_and(|steps| steps.contains_key(id)) {
            continue;
        }
        let free = free(id, |candidate| taken(candidate, &root));
        let (from, to) = (step_id(id)?, step_id(&free)?);
        root = renamed(&root, &from, &to);
        places.rename(id, &free);
    }
    let names = slots_in(&target, &mut root);

    let mut edits = Vec::new();
    let asked = named(&root, "inputs");
    for (key, wanted) in [("inputs", &asked), ("credentials", &names)] {
        for (name, value) in root
            .get(key)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let there = target.get(key).and_then(|map| map.get(name)).is_some();
            if wanted.contains(name) && !there {
                edits.push(set(&[key, name], value.clone()));
            }
        }
    }
    let mut made = Vec::new();
    let inside: BTreeSet<String> = steps(&root)
        .into_iter()
        .flatten()
        .map(|(id, _)| id.clone())
        .collect();
    for (id, step) in steps(&root).into_iter().flatten() {
        let id = step_id(id)?;
        let mut step = step.clone();
        keep_needs(&mut step, |need| inside.contains(need));
        edits.push(set(&["steps", id.as_str()], step));
        made.push(id);
    }
    let mut free_places = Layout {
        nodes: only(&places.nodes, &inside),
        ..Layout::default()
    };
    for (id, frame) in places.frames {
        let id = free(&id, |one| {
            layout.frames.contains_key(one) || free_places.frames.contains_key(one)
        });
        free_places.frames.insert(id, frame);
    }
    for (id, note) in places.notes {
        let id = free(&id, |one| {
            layout.notes.contains_key(one) || free_places.notes.contains_key(one)
        });
        free_places.notes.insert(id, note);
    }
    if made.is_empty() && free_places.frames.is_empty() && free_places.notes.is_empty() {
        return Err(nothing());
    }
    Ok(Pasted {
        edits,
        layout: free_places,
        steps: made,
    })
}

/// Writes whole numbers without a point, as people do.
fn whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "places are far smaller than 2^53"
            )]
            if let Some(float) = number.as_f64().filter(|float| float.fract() == 0.0) {
                *value = json!(float as i64);
            }
        }
        Value::Object(map) => map.values_mut().for_each(whole),
        _ => {}
    }
}

fn read(text: &str) -> Result<Value, EditError> {
    super::Open::read("", text).map(|open| open.value)
}

/// The text as a fragment: without the marks that a chat puts around, and with its steps under `steps`.
fn as_fragment(text: &str) -> Result<Value, EditError> {
    let bare: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("```"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let (source, _) = tree::read("", bare.as_bytes());
    let root = source.map(|source| source.root().to_value());
    let Some(Value::Object(map)) = root else {
        return Err(nothing());
    };
    let is_step = |value: &Value| value.get("uses").is_some_and(Value::is_string);
    if map.get("steps").is_some_and(Value::is_object) || map.contains_key("layout") {
        return Ok(Value::Object(map));
    }
    if !map.is_empty() && map.values().all(is_step) {
        return Ok(json!({ "steps": map }));
    }
    Err(nothing())
}

fn nothing() -> EditError {
    EditError::new(
        CANNOT_READ,
        "What was copied holds no steps.",
        "Copy steps in Podium, or the text of steps: ids with `uses` below them.",
    )
}

fn step_id(id: &str) -> Result<StepId, EditError> {
    id.parse().map_err(|_| {
        EditError::new(
            CANNOT_READ,
            format!("`{}` cannot be the id of a step.", tree::short(id)),
            "Ids are small letters, digits and `_`, beginning with a letter.",
        )
    })
}

fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    let stem = name
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .strip_suffix('_')
        .unwrap_or(name);
    // One of so many is free: a document never has as many.
    (2..=u32::MAX)
        .map(|number| format!("{stem}_{number}"))
        .find(|candidate| !taken(candidate))
        .unwrap_or_else(|| name.to_owned())
}

fn set(path: &[&str], value: Value) -> Edit {
    let pointer = path
        .iter()
        .flat_map(|part| ["/".to_owned(), tree::escape(part)])
        .collect();
    Edit::SetField { pointer, value }
}

fn only<T: Clone>(all: &BTreeMap<String, T>, wanted: &BTreeSet<String>) -> BTreeMap<String, T> {
    all.iter()
        .filter(|(id, _)| wanted.contains(*id))
        .map(|(id, value)| (id.clone(), value.clone()))
        .collect()
}

/// Takes out of `needs` what is not kept.
fn keep_needs(step: &mut Value, keep: impl Fn(&str) -> bool) {
    let id_of = |need: &Value| {
        let id = need.as_str().or_else(|| need.get("step")?.as_str());
        id.map(str::to_owned)
    };
    let Some(map) = step.as_object_mut() else {
        return;
    };
    let Some(needs) = map.get_mut("needs") else {
        return;
    };
    let gone = match needs {
        Value::Array(list) => {
            list.retain(|need| id_of(need).is_none_or(|id| keep(&id)));
            list.is_empty()
        }
        one => id_of(one).is_some_and(|id| !keep(&id)),
    };
    if gone {
        map.shift_remove("needs");
    }
}

/// The names below a root that the expressions use, such as `inputs`.
fn named(root: &Value, wanted: &str) -> BTreeSet<String> {
    expression_texts(root)
        .iter()
        .flat_map(|(pointer, text)| references(pointer, text))
        .filter_map(|reference| match reference.path.as_slice() {
            [first, name, ..] if first == wanted => Some(name.clone()),
            _ => None,
        })
        .collect()
}

fn references(pointer: &str, text: &str) -> Vec<Reference> {
    let bare = matches!(pointer.split('/').nth(3), Some("if" | "for_each"));
    if bare && !text.contains("${{") {
        Expression::parse(text).map_or_else(|_| Vec::new(), |one| one.references())
    } else {
        Template::parse(text).map_or_else(|_| Vec::new(), |one| one.references())
    }
}

/// The credential slots that steps name.
fn slots_of(root: &Value) -> BTreeSet<String> {
    steps(root)
        .into_iter()
        .flatten()
        .filter_map(|(_, step)| step.get("credentials")?.as_object())
        .flat_map(|ports| ports.values().filter_map(Value::as_str).map(str::to_owned))
        .collect()
}

/// Gives slots whose names mean another kind in the target names of their own; the slots that are used.
fn slots_in(target: &Value, root: &mut Value) -> BTreeSet<String> {
    let kind = |root: &Value, name: &str| {
        let slot = root.get("credentials")?.get(name)?;
        Some(slot.get("type")?.as_str()?.to_owned())
    };
    for name in slots_of(root) {
        let (Some(mine), Some(theirs)) = (kind(root, &name), kind(target, &name)) else {
            continue;
        };
        if mine == theirs {
            continue;
        }
        let fresh = free(&name, |one| {
            kind(target, one).is_some() || kind(root, one).is_some()
        });
        if let Some(slots) = root.get_mut("credentials").and_then(Value::as_object_mut)
            && let Some(slot) = slots.shift_remove(&name)
        {
            slots.insert(fresh.clone(), slot);
        }
        let all = root.get_mut("steps").and_then(Value::as_object_mut);
        for step in all.into_iter().flat_map(|steps| steps.values_mut()) {
            let ports = step.get_mut("credentials").and_then(Value::as_object_mut);
            for slot in ports.into_iter().flat_map(|ports| ports.values_mut()) {
                if slot.as_str() == Some(&name) {
                    *slot = Value::String(fresh.clone());
                }
            }
        }
    }
    slots_of(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Note, Place};

    const TEXT: &str = r#"podium: 1
name: Shop
inputs:
  branch: { type: string }
  size: { type: string }
credentials:
  cloud: { type: aws }
  other: { type: aws }
steps:
  network:
    uses: terraform/apply
    with: { directory: infra, variables: { branch: "${{ inputs.branch }}" } }
  servers:
    uses: ansible/playbook
    needs: [network]
    if: steps.network.outputs.ready
    with:
      playbook: site.yml
      inventory: { hosts: "${{ steps.network.outputs.hosts }}" }
  stack:
    uses: cloudformation/deploy
    needs: [{ step: servers, on: always }, network]
    credentials: { aws: cloud }
    with: { stack: shop, template: s.yaml }
"#;

    fn layout() -> Layout {
        let mut layout = Layout::default();
        for (id, x) in [("network", 0.0), ("servers", 300.0), ("stack", 600.0)] {
            layout.nodes.insert(
                id.to_owned(),
                Place {
                    x,
                    y: 40.0,
                    ..Place::default()
                },
            );
        }
        layout.notes.insert(
            "note".to_owned(),
            Note {
                text: "Why".to_owned(),
                ..Note::default()
            },
        );
        layout
    }

    fn selection(steps: &[&str]) -> Selection {
        Selection {
            steps: steps.iter().map(ToString::to_string).collect(),
            notes: BTreeSet::from(["note".to_owned()]),
            ..Selection::default()
        }
    }

    #[test]
    fn a_selection_carries_what_it_needs_and_nothing_else() {
        let text = copy(TEXT, &layout(), &selection(&["servers", "stack"])).expect("copies");
        assert_eq!(
            text,
            "\
podium: 1
credentials:
  cloud:
    type: aws
steps:
  servers:
    uses: ansible/playbook
    if: steps.network.outputs.ready
    with:
      playbook: site.yml
      inventory:
        hosts: \"${{ steps.network.outputs.hosts }}\"
  stack:
    uses: cloudformation/deploy
    needs: [{ step: servers, on: always }]
    credentials:
      aws: cloud
    with:
      stack: shop
      template: s.yaml
layout:
  nodes:
    servers:
      x: 300
      \"y\": 40
    stack:
      x: 600
      \"y\": 40
  notes:
    note:
      x: 0
      \"y\": 0
      width: 0
      height: 0
      text: Why
"
        );
    }

    #[test]
    fn a_paste_elsewhere_gives_the_same_steps() {
        let all = selection(&["network", "servers", "stack"]);
        let text = copy(TEXT, &layout(), &all).expect("copies");
        for around in [text.clone(), format!("```yaml\n{text}```\n")] {
            let pasted =
                paste("podium: 1\nname: New\n", &Layout::default(), &around).expect("pastes");
            let made =
                super::super::apply("podium: 1\nname: New\n", &pasted.edits).expect("applies");
            let (old, new) = (read(TEXT).expect("reads"), read(&made).expect("reads"));
            assert_eq!(new["steps"], old["steps"]);
            assert_eq!(new["inputs"], json!({ "branch": { "type": "string" } }));
            assert_eq!(new["credentials"], json!({ "cloud": { "type": "aws" } }));
            assert_eq!(pasted.layout.nodes, layout().nodes);
            assert_eq!(pasted.layout.notes, layout().notes);
        }
    }

    #[test]
    fn ids_that_are_taken_become_new_ones_with_their_references() {
        let text = copy(TEXT, &layout(), &selection(&["network", "servers"])).expect("copies");
        let once = paste(TEXT, &layout(), &text).expect("pastes");
        assert_eq!(
            once.steps.iter().map(StepId::as_str).collect::<Vec<_>>(),
            ["network_2", "servers_2"]
        );
        let made = super::super::apply(TEXT, &once.edits).expect("applies");
        let new = read(&made).expect("reads");
        assert_eq!(new["steps"]["servers_2"]["needs"], json!(["network_2"]));
        assert_eq!(
            new["steps"]["servers_2"]["if"],
            "steps.network_2.outputs.ready"
        );
        assert_eq!(
            new["steps"]["servers_2"]["with"]["inventory"]["hosts"],
            "${{ steps.network_2.outputs.hosts }}"
        );
        assert!(made.starts_with(TEXT), "what was there stays byte for byte");
        assert!(once.layout.nodes.contains_key("network_2"));
        assert!(once.layout.notes.contains_key("note_2"));
        let twice = paste(&made, &layout(), &text).expect("pastes");
        assert_eq!(twice.steps[0].as_str(), "network_3");
    }

    #[test]
    fn a_slot_of_another_kind_keeps_its_kind_under_a_new_name() {
        let text = copy(TEXT, &layout(), &selection(&["stack"])).expect("copies");
        let target = "podium: 1\ncredentials:\n  cloud: { type: azure }\n";
        let pasted = paste(target, &Layout::default(), &text).expect("pastes");
        let made = super::super::apply(target, &pasted.edits).expect("applies");
        let new = read(&made).expect("reads");
        assert_eq!(
            new["credentials"],
            json!({ "cloud": { "type": "azure" }, "cloud_2": { "type": "aws" } })
        );
        assert_eq!(
            new["steps"]["stack"]["credentials"],
            json!({ "aws": "cloud_2" })
        );
    }

    #[test]
    fn steps_alone_are_enough_and_other_texts_are_refused_in_words() {
        let pasted = paste(
            "",
            &Layout::default(),
            "a:\n  uses: command/run\n  needs: [x]\n",
        )
        .expect("pastes");
        assert_eq!(
            pasted.edits,
            [set(&["steps", "a"], json!({ "uses": "command/run" }))]
        );
        for text in [
            "",
            "hello",
            "a: 1\n",
            "- a\n",
            "steps: {}\n",
            "{",
            "Über: uns",
        ] {
            assert_eq!(paste(TEXT, &layout(), text), Err(nothing()), "{text}");
        }
        let bad = paste(TEXT, &layout(), "Über uns:\n  uses: command/run\n").expect_err("no id");
        assert!(bad.message.contains("cannot be the id"), "{bad}");
    }
}
