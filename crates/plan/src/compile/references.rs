//! What expressions name, and the edges that follow from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use podium_diagnostics::Diagnostic;
use podium_model::document::When;
use podium_model::expression::{Expression, ROOTS, Reference, SyntaxError};
use podium_model::nearest::nearest;
use podium_model::tree::{escape, short};
use serde_json::{Map, Value};

use super::edges::gives_outputs;
use super::schema::{Inside, Types, port_at, property};
use super::texts::{Text, bare, find};
use super::{Checked, Checker, error};
use crate::code;
use crate::plan::{Edge, EdgeKind};
use crate::port::Port;

/// Where an expression stands, and what it may name there.
struct Site<'s> {
    pointer: String,
    /// The step whose outputs do not exist yet.
    own: Option<&'s str>,
    /// Whether `each` means something.
    each: bool,
}

/// A step that an expression names.
struct Named {
    step: usize,
    /// Below `steps.ID`, for example `outputs.url`.
    path: String,
    pointer: String,
    place: (usize, usize),
}

impl<'a> Checker<'a> {
    /// Everything about a step's expressions; adds the edges that follow from them.
    pub(super) fn expressions(&mut self, checked: &mut Checked<'a>, texts: &[Text]) {
        let mut named = Vec::new();
        let own = checked.id.as_str();
        for text in texts {
            let site = Site {
                pointer: format!("{}/with{}", checked.pointer, text.pointer),
                own: Some(own),
                each: checked.step.for_each.is_some(),
            };
            self.syntax(&text.errors, &site.pointer);
            for reference in &text.references {
                named.extend(self.reference(reference, &site));
            }
        }
        for (key, source, wanted) in [
            ("if", &checked.step.condition, Types::BOOLEAN),
            ("for_each", &checked.step.for_each, Types::LIST),
        ] {
            let Some(source) = source else { continue };
            let site = Site {
                pointer: format!("{}/{key}", checked.pointer),
                own: Some(own),
                each: false,
            };
            named.extend(self.bare(source, &site, wanted));
        }
        self.data_edges(checked, named);
    }

    /// When an input is asked for: bare CEL over the other inputs.
    pub(super) fn input_condition(&mut self, condition: &Expression, pointer: &str) {
        let site = Site {
            pointer: pointer.to_owned(),
            own: None,
            each: false,
        };
        let other = condition.references().into_iter().find(|reference| {
            let root = reference.path.first().map_or("", String::as_str);
            root != "inputs" && ROOTS.contains(&root)
        });
        if let Some(reference) = other {
            let detail = "What is asked for is known before anything runs: a `when` reads `inputs`, \
                          and nothing else.";
            let hint = "Write for example `inputs.size == 'large'`.".to_owned();
            return self.unknown(&reference, &site, 1, detail, hint);
        }
        self.bare(condition.source(), &site, Types::BOOLEAN);
    }

    fn bare(&mut self, source: &str, site: &Site<'_>, wanted: Types) -> Vec<Named> {
        let (references, is_path) = match bare(source) {
            Ok(read) => read,
            Err(errors) => {
                self.syntax(&errors, &site.pointer);
                return Vec::new();
            }
        };
        let before = self.problems.len();
        let named = references
            .iter()
            .filter_map(|reference| self.reference(reference, site))
            .collect();
        let port = match references.as_slice() {
            [only] if is_path && before == self.problems.len() => self.path_port(&only.path, None),
            [] => serde_json::from_str(source)
                .map_or(Port::any(), |value| Types::of_value(&value).into()),
            _ => Port::any(),
        };
        if !port.types.overlaps(wanted) {
            let (code, summary, what) = if wanted == Types::BOOLEAN {
                (
                    code::NOT_A_CONDITION,
                    "The condition is neither true nor false",
                    "A condition",
                )
            } else {
                (
                    code::NOT_A_LIST,
                    "There is no list to go through",
                    "`for_each`",
                )
            };
            let hint = match port.converters(&wanted.into(), source.trim()).first() {
                Some(first) => format!("Write for example `{}`.", first.expression),
                None if wanted == Types::BOOLEAN => {
                    "Compare it with something, for example `inputs.size == 'large'`.".to_owned()
                }
                None => {
                    "Write an expression that gives a list, for example `inputs.hosts`.".to_owned()
                }
            };
            let detail = format!(
                "{what} wants {}; `{}` is {}.",
                wanted.words(),
                short(source.trim()),
                port.words()
            );
            self.problem(error(code, summary, detail), &site.pointer, hint);
        }
        named
    }

    /// Checks the references of an undo override, which may name its own step and adds no edges.
    pub(super) fn undo_references(&mut self, checked: &Checked<'_>, texts: &[Text], pointer: &str) {
        for text in texts {
            let site = Site {
                pointer: format!("{pointer}{}", text.pointer),
                own: None,
                each: checked.step.for_each.is_some(),
            };
            self.syntax(&text.errors, &site.pointer);
            for reference in &text.references {
                self.reference(reference, &site);
            }
        }
    }

    /// The outputs of the workflow.
    pub(super) fn workflow_outputs(&mut self) {
        for (name, value) in &self.document.outputs {
            for text in find(value, "") {
                let site = Site {
                    pointer: format!("/outputs/{}{}", escape(name), text.pointer),
                    own: None,
                    each: false,
                };
                self.syntax(&text.errors, &site.pointer);
                for reference in &text.references {
                    self.reference(reference, &site);
                }
            }
        }
    }

    pub(super) fn syntax(&mut self, errors: &[SyntaxError], pointer: &str) {
        for wrong in errors {
            let diagnostic = error(
                code::BAD_EXPRESSION,
                "The expression cannot be read",
                wrong.message.clone(),
            );
            let length = wrong.end.saturating_sub(wrong.start);
            let span = self.map.inside(pointer, wrong.start, length);
            self.problem_at(
                diagnostic,
                pointer,
                span,
                "Expressions are CEL, for example `inputs.size == 'large' ? 3 : 1`.",
            );
        }
    }

    /// Checks one reference; gives the step it names, where there is one.
    fn reference(&mut self, reference: &Reference, site: &Site<'_>) -> Option<Named> {
        let path: Vec<&str> = reference.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["inputs", name, rest @ ..] => {
                let document = self.document;
                if let Some(schema) = document.inputs.get(*name) {
                    self.inside(schema, rest, reference, site, 2);
                } else {
                    let names = document.inputs.keys().map(String::as_str);
                    let nothing = "Add it under `inputs:` at the top of the workflow.";
                    let hint = Self::other_names(name, names, "inputs.", nothing);
                    self.unknown(reference, site, 2, "The workflow has no such input.", hint);
                }
                None
            }
            ["environment", rest @ ..] => {
                self.environment(rest, reference, site);
                None
            }
            ["steps", id, rest @ ..] => self.step_reference(id, rest, reference, site),
            ["each", ..] if !site.each => {
                let detail = "`each` is the element of `for_each`, and means nothing here.";
                let hint = "Add `for_each` to the step; in `if` and `for_each` themselves there is no element.";
                self.unknown(reference, site, 1, detail, hint.to_owned());
                None
            }
            ["run", name, ..] if *name != "id" => {
                let hint = "Write `run.id`.".to_owned();
                self.unknown(reference, site, 2, "Of a run only its id is known.", hint);
                None
            }
            [] | ["inputs" | "steps" | "each" | "run", ..] => None,
            [root, ..] => {
                let hint = self.root_hint(root);
                let detail = "Expressions know `inputs`, `environment`, `steps`, `each` and `run`.";
                self.unknown(reference, site, 1, detail, hint);
                None
            }
        }
    }

    fn root_hint(&self, root: &str) -> String {
        if self.document.inputs.contains_key(root) {
            return format!("Did you mean `inputs.{root}`?");
        }
        if self.index.contains_key(root) {
            return format!("Did you mean `steps.{root}.outputs`?");
        }
        match nearest(root, ROOTS) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Put a text in quotes: `'…'`.".to_owned(),
        }
    }

    fn environment(&mut self, rest: &[&str], reference: &Reference, site: &Site<'_>) {
        match rest {
            [] | ["name" | "vars"] => {}
            ["vars", name, ..] => {
                let Some(binding) = self.binding else { return };
                let vars = &binding.environment.vars;
                if vars.contains_key(*name) {
                    return;
                }
                let names = vars.keys().map(String::as_str);
                let nothing = format!(
                    "Add it under `vars:` in environments/{}.yaml.",
                    binding.name
                );
                let hint = Self::other_names(name, names, "environment.vars.", &nothing);
                let detail = format!("The environment `{}` has no such variable.", binding.name);
                self.unknown(reference, site, 3, &detail, hint);
            }
            [name, ..] => {
                let hint = match nearest(name, ["name", "vars"]) {
                    Some(near) if *name != near => format!("Did you mean `environment.{near}`?"),
                    _ => format!("Did you mean `environment.vars.{name}`?"),
                };
                let detail = "Of the environment only `name` and `vars` are known.";
                self.unknown(reference, site, 2, detail, hint);
            }
        }
    }

    fn step_reference(
        &mut self,
        id: &str,
        rest: &[&str],
        reference: &Reference,
        site: &Site<'_>,
    ) -> Option<Named> {
        if site.own == Some(id) {
            let diagnostic = error(
                code::SELF_REFERENCE,
                "The step refers to itself",
                format!("The outputs of `{id}` do not exist before it has run."),
            );
            let hint = "Use an input, or the output of a step before it.".to_owned();
            self.at_reference(diagnostic, reference, site, reference.path.len(), hint);
            return None;
        }
        let Some(&step) = self.index.get(id) else {
            let (start, end) = part(reference, 2);
            self.unknown_step(id, &site.pointer, Some((start, end - start)));
            return None;
        };
        let named = Some(Named {
            step,
            path: rest.join("."),
            pointer: site.pointer.clone(),
            place: (reference.start, reference.end - reference.start),
        });
        let document = self.document;
        let target = &document.steps[step];
        match rest {
            ["outputs", below @ ..] => {
                if target.off && site.own.is_some() {
                    let diagnostic = Diagnostic::warning(
                        code::OUTPUT_OF_OFF,
                        "The step before is switched off",
                        format!("`{id}` is switched off, so it gives no outputs."),
                    );
                    let hint = format!("Switch `{id}` on, or this step off as well.");
                    self.at_reference(diagnostic, reference, site, reference.path.len(), hint);
                }
                if target.for_each.is_some() {
                    if let [name, ..] = below {
                        let detail = format!(
                            "`{id}` runs once for each element, so its outputs are a list, one entry each."
                        );
                        let hint = format!(
                            "Write `steps.{id}.outputs.map(o, o.{name})`, or `[0]` for one."
                        );
                        self.unknown_output(reference, site, 4, detail, hint);
                    }
                } else if let Some((schema, who)) = self.output_schema(target) {
                    self.output(schema, &who, below, reference, site);
                }
            }
            ["status", ..] | [] => {}
            [name, ..] => {
                let hint = match nearest(name, ["outputs", "status"]) {
                    Some(near) => format!("Did you mean `steps.{id}.{near}`?"),
                    None => format!("Did you mean `steps.{id}.outputs.{name}`?"),
                };
                let detail = "Of a step only `outputs` and `status` are known.";
                self.unknown(reference, site, 3, detail, hint);
            }
        }
        named
    }

    fn output(
        &mut self,
        schema: &'a Value,
        who: &str,
        below: &[&str],
        reference: &Reference,
        site: &Site<'_>,
    ) {
        let Some((name, rest)) = below.split_first() else {
            return;
        };
        match property(schema, name) {
            Inside::Schema(schema) => self.inside(schema, rest, reference, site, 4),
            Inside::Open => {}
            Inside::Closed(names) => {
                let prefix = format!("{}.", reference.path[..3].join("."));
                let nothing = "It gives no outputs.";
                let hint = Self::other_names(name, names.iter().copied(), &prefix, nothing);
                let detail = format!("`{who}` gives no output of that name.");
                self.unknown_output(reference, site, 4, detail, hint);
            }
        }
    }

    /// Follows a path into a schema as far as that is closed. `depth` parts of the path are done.
    fn inside(
        &mut self,
        schema: &'a Value,
        rest: &[&str],
        reference: &Reference,
        site: &Site<'_>,
        depth: usize,
    ) {
        let mut schema = schema;
        for (index, name) in rest.iter().enumerate() {
            match property(schema, name) {
                Inside::Schema(inner) => schema = inner,
                Inside::Open => return,
                Inside::Closed(names) => {
                    let done = depth + index;
                    let prefix = format!("{}.", reference.path[..done].join("."));
                    let hint =
                        Self::other_names(name, names.iter().copied(), &prefix, "It has no parts.");
                    let detail = format!(
                        "`{}` has no part of that name.",
                        reference.path[..done].join(".")
                    );
                    self.unknown(reference, site, done + 1, &detail, hint);
                    return;
                }
            }
        }
    }

    /// The path's first `parts` parts are what is wrong.
    fn unknown(
        &mut self,
        reference: &Reference,
        site: &Site<'_>,
        parts: usize,
        detail: &str,
        hint: String,
    ) {
        let path = reference.path[..parts.min(reference.path.len())].join(".");
        let diagnostic = error(
            code::UNKNOWN_NAME,
            "The expression names something that does not exist",
            format!("`{}` does not exist. {detail}", short(&path)),
        );
        self.at_reference(diagnostic, reference, site, parts, hint);
    }

    fn unknown_output(
        &mut self,
        reference: &Reference,
        site: &Site<'_>,
        parts: usize,
        detail: String,
        hint: String,
    ) {
        let diagnostic = error(code::UNKNOWN_OUTPUT, "The step has no such output", detail);
        self.at_reference(diagnostic, reference, site, parts, hint);
    }

    fn at_reference(
        &mut self,
        diagnostic: Diagnostic,
        reference: &Reference,
        site: &Site<'_>,
        parts: usize,
        hint: String,
    ) {
        let (start, end) = part(reference, parts);
        let span = self.map.inside(&site.pointer, start, end - start);
        self.problem_at(diagnostic, &site.pointer, span, hint);
    }

    /// What a path gives, as far as that is known.
    pub(super) fn path_port(&self, path: &[String], for_each: Option<&str>) -> Port {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let below = |rest: &[&str]| -> String {
            rest.iter().fold(String::new(), |pointer, part| {
                format!("{pointer}/{}", escape(part))
            })
        };
        match parts.as_slice() {
            ["inputs", name, rest @ ..] => self
                .document
                .inputs
                .get(*name)
                .map_or(Port::any(), |schema| port_at(schema, &below(rest))),
            ["environment", "name"] | ["run", "id"] | ["steps", _, "status"] => Types::TEXT.into(),
            ["environment", "vars", name, rest @ ..] => self
                .binding
                .and_then(|binding| binding.environment.vars.get(*name))
                .and_then(|value| value.pointer(&below(rest)))
                .map_or(Port::any(), |value| Types::of_value(value).into()),
            ["steps", id, "outputs", rest @ ..] => {
                let document = self.document;
                let Some(step) = self.index.get(id).map(|place| &document.steps[*place]) else {
                    return Port::any();
                };
                if step.for_each.is_some() {
                    return if rest.is_empty() {
                        Types::LIST.into()
                    } else {
                        Port::any()
                    };
                }
                self.output_schema(step)
                    .map_or(Port::any(), |(schema, _)| port_at(schema, &below(rest)))
            }
            ["each"] => for_each.map_or(Port::any(), |source| self.element_port(source)),
            _ => Port::any(),
        }
    }

    /// What the elements of a list are.
    fn element_port(&self, source: &str) -> Port {
        match bare(source) {
            Ok((references, true)) => {
                let mut path = references[0].path.clone();
                // Schemas know all elements of a list under any number.
                path.push("0".to_owned());
                self.path_port(&path, None)
            }
            Ok((references, _)) if references.is_empty() => {
                match serde_json::from_str::<Value>(source) {
                    Ok(Value::Array(items)) if !items.is_empty() => Types::of_values(&items).into(),
                    _ => Port::any(),
                }
            }
            _ => Port::any(),
        }
    }

    fn data_edges(&mut self, checked: &mut Checked<'a>, named: Vec<Named>) {
        if named.is_empty() {
            return;
        }
        let drawn: HashMap<String, usize> = checked
            .edges
            .iter()
            .enumerate()
            .map(|(place, edge)| (edge.from.to_string(), place))
            .collect();
        let mut by_step: BTreeMap<usize, (BTreeSet<String>, Named)> = BTreeMap::new();
        for one in named {
            by_step
                .entry(one.step)
                .and_modify(|(paths, _)| {
                    paths.insert(one.path.clone());
                })
                .or_insert_with(|| (BTreeSet::from([one.path.clone()]), one));
        }
        for (step, (paths, first)) in by_step {
            let Some((id, _)) = self.document.steps.get_index(step) else {
                continue;
            };
            let only_status = paths.iter().all(|path| path == "status");
            let paths = paths.into_iter().filter(|path| !path.is_empty()).collect();
            if let Some(place) = drawn.get(id.as_str()) {
                let edge = &mut checked.edges[*place];
                edge.kind = EdgeKind::Data { paths, drawn: true };
                if !gives_outputs(edge.on) && !only_status {
                    let diagnostic = error(
                        code::OUTPUT_OF_FAILED,
                        "A step that has failed gives no outputs",
                        format!("This step runs when `{id}` has failed, and uses its outputs."),
                    );
                    let span = self
                        .map
                        .inside(&first.pointer, first.place.0, first.place.1);
                    let hint = format!(
                        "Use `steps.{id}.status`, an input, or the output of a step before `{id}`."
                    );
                    self.problem_at(diagnostic, &first.pointer, span, hint);
                }
                continue;
            }
            checked.edges.push(Edge {
                from: id.clone(),
                // Whoever asks how a step went wants to run however it went.
                on: if only_status {
                    When::Always
                } else {
                    When::Success
                },
                kind: EdgeKind::Data {
                    paths,
                    drawn: false,
                },
            });
            checked.places.push((first.pointer, Some(first.place)));
        }
    }
}

/// The bytes of the first `parts` parts of a path that is written with dots.
fn part(reference: &Reference, parts: usize) -> (usize, usize) {
    if parts >= reference.path.len() {
        return (reference.start, reference.end);
    }
    let length = reference.path[..parts].join(".").len();
    (
        reference.start,
        (reference.start + length).min(reference.end),
    )
}

/// The texts under `with`.
pub(super) fn texts_of(with: &Map<String, Value>) -> Vec<Text> {
    with.iter()
        .flat_map(|(key, value)| find(value, &format!("/{}", escape(key))))
        .collect()
}
