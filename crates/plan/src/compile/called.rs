//! A call: the called document is checked by the same code, and its steps become steps of this plan.

use std::cell::Cell;

use indexmap::IndexMap;
use podium_diagnostics::Diagnostic;
use podium_model::document::{Step, UndoStep};
use podium_model::id::LONGEST_ADDRESS;
use podium_model::nearest::nearest;
use podium_model::tree::{escape, short};
use podium_model::{CredentialName, Environment, StepId};
use serde_json::Value;

use super::explain::{What, explain};
use super::inputs::{below, stands};
use super::texts::find;
use super::{Checked, Checker, error};
use crate::call::Call;
use crate::code;
use crate::graph::{CalledGraph, Graph};
use crate::library::{Entry, Library, is_name};
use crate::plan::PlanStep;

/// Calls inside calls beyond this are refused.
const MAX_DEPTH: usize = 16;
/// Called steps in one plan beyond this are refused.
const MAX_STEPS: usize = 20_000;

/// Where a document is called from.
#[derive(Clone)]
pub(super) struct Caller<'a> {
    /// The names of the workflows from the first on, this one included.
    chain: Vec<&'a str>,
    library: &'a Library,
    /// Slot of this document → slot of the first one; absent for the first itself.
    slots: Option<IndexMap<String, String>>,
    /// Called steps so far, over all calls.
    expanded: &'a Cell<usize>,
}

/// A called workflow, checked.
pub(super) struct Called {
    call: Call,
    graph: Graph,
    /// With their own ids; empty where something is wrong or no environment is known.
    steps: Vec<PlanStep>,
}

impl<'a> Caller<'a> {
    /// The workflow that a person asked for.
    pub(super) fn none(workflow: &'a str, library: &'a Library, expanded: &'a Cell<usize>) -> Self {
        Self {
            chain: vec![workflow],
            library,
            slots: None,
            expanded,
        }
    }
}

impl Called {
    pub(super) fn drawn(&self, step: &StepId) -> CalledGraph {
        CalledGraph {
            step: step.to_string(),
            workflow: self.call.workflow.clone(),
            title: self.call.title.clone(),
            graph: self.graph.clone(),
        }
    }

    /// Makes the step a call, and gives the steps inside it with their addresses.
    pub(super) fn into_steps(self, step: &mut PlanStep) -> Vec<PlanStep> {
        step.call = Some(self.call);
        let call = &step.id;
        // Too long an address was told as an error, and then there is no plan.
        let inside = |id: &StepId| id.inside(call).unwrap_or_else(|| id.clone());
        self.steps
            .into_iter()
            .map(|mut step| {
                step.id = inside(&step.id);
                for edge in &mut step.edges {
                    edge.from = inside(&edge.from);
                }
                step.within = Some(match &step.within {
                    Some(within) => inside(within),
                    None => call.clone(),
                });
                step
            })
            .collect()
    }
}

impl<'a> Checker<'a> {
    /// Checks a call and the workflow it calls.
    pub(super) fn call(&mut self, checked: &Checked<'a>) -> Option<Called> {
        self.not_for_a_call(checked);
        let (name, entry) = self.callee(checked)?;
        self.version(checked, name, entry);
        self.call_inputs(checked, entry);
        let slots = self.call_slots(checked, entry);
        let document = entry.parsed.value.as_ref();
        let count = document.map_or(0, |document| document.steps.len());
        let expanded = self.caller.expanded.get() + count;
        self.caller.expanded.set(expanded);
        if expanded > MAX_STEPS {
            let detail = format!("The calls bring more than {MAX_STEPS} steps into one run.");
            let hint =
                "Let the inner workflows do more with fewer steps, or make several runs of it.";
            self.problem(
                error(code::CALL_TOO_DEEP, "The calls go too deep", detail),
                &workflow_of(checked),
                hint,
            );
            return None;
        }
        let Some(document) = document else {
            self.has_errors(checked, entry, entry.parsed.diagnostics.clone());
            return None;
        };
        let mut caller = self.caller.clone();
        caller.chain.push(name);
        caller.slots = Some(slots);
        let mut child = Checker::new(
            document,
            &entry.parsed,
            self.binding,
            self.manifests,
            caller,
        );
        let (_, order) = child.check(None);
        let mut problems = std::mem::take(&mut child.problems);
        problems.sort_by_key(|diagnostic| diagnostic.span.map_or(0, |span| span.start.byte));
        let graph = child.graph(&problems);
        problems.append(&mut child.problems_inside);
        let call = Call {
            workflow: name.to_owned(),
            title: if document.name.is_empty() {
                name.to_owned()
            } else {
                document.name.clone()
            },
            version: entry.version.clone(),
            inputs: entry.input.clone(),
            outputs: child.outputs(),
        };
        let mut steps = Vec::new();
        if problems.iter().any(Diagnostic::is_error) {
            self.has_errors(checked, entry, problems);
        } else {
            self.problems_inside.append(&mut problems);
            if let Some(binding) = self.binding {
                steps = child.plan_steps(&order, binding.environment);
                self.address_fits(checked, &steps);
            }
        }
        Some(Called { call, graph, steps })
    }

    /// The workflow that a step calls; tells why there is none.
    fn callee(&mut self, checked: &Checked<'a>) -> Option<(&'a str, &'a Entry)> {
        let pointer = workflow_of(checked);
        let name = checked.step.with.get("workflow")?.as_str()?;
        if !is_name(name) {
            let (detail, hint) = if name.contains("${{") {
                (
                    "Which workflow is called must be known before the run, so that its changes can be \
                     previewed."
                        .to_owned(),
                    "Write its name; to choose between two, make two calls, each with an `if`.",
                )
            } else {
                (
                    format!("`{}` is no name of a file in workflows/.", short(name)),
                    "Give the file's name without folder and without .yaml; a call does not leave \
                     the workspace.",
                )
            };
            let diagnostic = error(
                code::CALL_NOT_PLAIN,
                "The called workflow is not named plainly",
                detail,
            );
            self.problem(diagnostic, &pointer, hint);
            return None;
        }
        if let Some(from) = self.caller.chain.iter().position(|known| *known == name) {
            let mut way: Vec<String> = self.caller.chain[from..]
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            way.push(format!("`{name}`"));
            let detail = if way.len() == 2 {
                format!("`{name}` calls itself.")
            } else {
                format!("Each calls the next: {}.", way.join(" → "))
            };
            let diagnostic = error(code::CALL_CYCLE, "The calls go in a circle", detail);
            let hint = "Call a workflow that does not lead back here; to repeat something, use `for_each`.";
            self.problem(diagnostic, &pointer, hint);
            return None;
        }
        if self.caller.chain.len() > MAX_DEPTH {
            let detail = format!(
                "`{name}` would be call number {} inside calls.",
                self.caller.chain.len()
            );
            let diagnostic = error(code::CALL_TOO_DEEP, "The calls go too deep", detail);
            let hint = format!("At most {MAX_DEPTH} calls stand inside each other.");
            self.problem(diagnostic, &pointer, hint);
            return None;
        }
        let library = self.caller.library;
        let Some(entry) = library.get(name) else {
            let hint = match nearest(name, library.names()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Make it as workflows/{name}.yaml, or name another one."),
            };
            let detail = format!("There is no `workflows/{}.yaml`.", short(name));
            let diagnostic = error(code::NO_SUCH_WORKFLOW, "There is no such workflow", detail);
            self.problem(diagnostic, &pointer, hint);
            return None;
        };
        Some((name, entry))
    }

    /// Settings that an attempt has; a call has none, its steps do.
    fn not_for_a_call(&mut self, checked: &Checked<'a>) {
        let Step {
            for_each,
            retry,
            timeout,
            undo,
            ..
        } = checked.step;
        for (is, setting, because, hint) in [
            (
                for_each.is_some(),
                "for_each",
                "how often it runs must be known before the run, so that its changes can be previewed",
                "Put `for_each` at steps of the called workflow, or write one call for each element.",
            ),
            (
                retry.is_some(),
                "retry",
                "what is tried again is a step, and steps that were done stay done",
                "Put `retry` at steps of the called workflow.",
            ),
            (
                timeout.is_some(),
                "timeout",
                "what can be stopped for taking too long is a step",
                "Put `timeout` at steps of the called workflow.",
            ),
            (
                undo.is_some(),
                "undo",
                "each step of the called workflow is taken back by itself",
                "Put `undo` at steps of the called workflow.",
            ),
        ] {
            if is {
                let detail = format!("`{setting}` is not for a call: {because}.");
                let diagnostic = error(
                    code::NOT_FOR_A_CALL,
                    "The setting is not for a call",
                    detail,
                );
                self.problem_at_key(diagnostic, &format!("{}/{setting}", checked.pointer), hint);
            }
        }
    }

    pub(super) fn call_in_undo(&mut self, pointer: &str) {
        let diagnostic = error(
            code::NOT_FOR_A_CALL,
            "An undo cannot call a workflow",
            "What takes a step back is a list of single steps.",
        );
        let hint = "Write the steps of that workflow here.";
        self.problem(diagnostic, &format!("{pointer}/uses"), hint);
    }

    fn version(&mut self, checked: &Checked<'a>, name: &str, entry: &Entry) {
        let pinned = checked.step.with.get("version").and_then(Value::as_str);
        let Some(pinned) = pinned.filter(|pinned| *pinned != entry.version) else {
            return;
        };
        let diagnostic = error(
            code::CALLED_CHANGED,
            "The called workflow has changed",
            format!(
                "The call is for `{name}` as it was at `{}`; `{}` is now `{}`.",
                short(pinned),
                entry.file,
                entry.version
            ),
        );
        let hint = format!(
            "Look at what changed (`git diff {}`), then write `version: {}`.",
            entry.file, entry.version
        );
        self.problem(
            diagnostic,
            &format!("{}/with/version", checked.pointer),
            hint,
        );
    }

    /// What is given, against what the called workflow asks for.
    fn call_inputs(&mut self, checked: &Checked<'a>, entry: &'a Entry) {
        let base = format!("{}/with/inputs", checked.pointer);
        let given = checked.with.get("inputs").unwrap_or(&Value::Null);
        if !given.is_object() {
            // One expression that gives them all is checked when it is known.
            return;
        }
        let texts = find(given, "");
        for wrong in entry
            .checker
            .iter()
            .flat_map(|checker| checker.iter_errors(given))
        {
            if !stands(&wrong, &texts) {
                continue;
            }
            for explained in explain(&wrong, &entry.input) {
                let pointer = format!("{base}{}", explained.pointer);
                let name = explained.pointer.trim_start_matches('/').replace('/', ".");
                let detail = match explained.what {
                    What::Bad => format!("`{}`: {}", short(&name), explained.detail),
                    What::Missing | What::Unknown => explained.detail,
                };
                match explained.what {
                    What::Missing => {
                        let detail = format!("{detail} `{}` asks for it.", entry.file);
                        let diagnostic = error(
                            code::MISSING_WORKFLOW_INPUT,
                            "An input has no value",
                            detail,
                        );
                        self.problem_at_key(diagnostic, &pointer, explained.hint);
                    }
                    What::Unknown => {
                        let diagnostic = error(
                            code::UNKNOWN_WORKFLOW_INPUT,
                            "The workflow has no such input",
                            detail,
                        );
                        self.problem_at_key(diagnostic, &pointer, explained.hint);
                    }
                    What::Bad => {
                        let diagnostic = error(
                            code::BAD_WORKFLOW_INPUT,
                            "The value given is not allowed",
                            detail,
                        );
                        self.problem(diagnostic, &pointer, explained.hint);
                    }
                }
            }
        }
        self.types_fit(&entry.input, &texts, &base, None);
    }

    /// Slot of the called workflow → slot of the first one.
    fn call_slots(&mut self, checked: &Checked<'a>, entry: &'a Entry) -> IndexMap<String, String> {
        let base = format!("{}/credentials", checked.pointer);
        let mut slots = IndexMap::new();
        let Some(called) = &entry.parsed.value else {
            return slots;
        };
        for name in checked.step.credentials.keys() {
            if called.credentials.contains_key(name) {
                continue;
            }
            let names = called.credentials.keys().map(String::as_str);
            let hint = Self::other_names(name, names, "", "Remove it; it takes no credentials.");
            let diagnostic = error(
                code::UNKNOWN_PORT,
                "The called workflow takes no such credential",
                format!("`{}` has no slot `{}`.", entry.file, short(name)),
            );
            self.problem_at_key(diagnostic, &below(&base, name), hint);
        }
        let document = self.document;
        for (name, slot) in &called.credentials {
            let given = checked.step.credentials.get(name);
            let wanted = given.unwrap_or(name);
            let place = below(&base, name);
            let Some(found) = document.credentials.get(wanted) else {
                let fitting = document
                    .credentials
                    .iter()
                    .find(|(_, own)| own.kind == slot.kind);
                let hint = match fitting {
                    Some((own, _)) => {
                        format!("Write `credentials: {{ {name}: {own} }}` at the call.")
                    }
                    None => format!(
                        "Add `{name}: {{ type: {} }}` under `credentials:` at the top of the workflow.",
                        slot.kind
                    ),
                };
                let (code, detail) = if given.is_some() {
                    (
                        code::UNKNOWN_SLOT,
                        format!(
                            "`{}` does not stand under `credentials:` at the top.",
                            short(wanted)
                        ),
                    )
                } else {
                    (
                        code::MISSING_CREDENTIAL,
                        format!(
                            "`{}` asks for `{name}` (`{}`), and this workflow has no slot of that name.",
                            entry.file, slot.kind
                        ),
                    )
                };
                let diagnostic = error(code, "The called workflow needs a credential", detail);
                self.problem_at_key(
                    diagnostic,
                    if given.is_some() { &place } else { &base },
                    hint,
                );
                continue;
            };
            if found.kind == slot.kind {
                if let Some(root) = self.root_slot(wanted) {
                    slots.insert(name.clone(), root.to_owned());
                }
                continue;
            }
            let diagnostic = error(
                code::WRONG_KIND,
                "The credential is of another kind",
                format!(
                    "`{wanted}` is of the kind `{}`; `{name}` of `{}` is `{}`.",
                    short(&found.kind),
                    entry.file,
                    short(&slot.kind)
                ),
            );
            let hint = format!("Write `credentials: {{ {name}: SLOT }}` with a slot of that kind.");
            self.problem_at_key(diagnostic, &place, hint);
        }
        slots
    }

    /// The slot of the first workflow that a slot here stands for.
    pub(super) fn root_slot<'s>(&'s self, slot: &'s str) -> Option<&'s str> {
        match &self.caller.slots {
            None => Some(slot),
            Some(slots) => slots.get(slot).map(String::as_str),
        }
    }

    /// Port → slot to port → stored credential.
    pub(super) fn bind(
        &self,
        ports: &IndexMap<String, String>,
        environment: &Environment,
    ) -> IndexMap<String, CredentialName> {
        ports
            .iter()
            .filter_map(|(port, slot)| {
                let name = environment.credentials.get(self.root_slot(slot)?)?;
                Some((port.clone(), name.clone()))
            })
            .collect()
    }

    /// The author's own undo, with the slots of the first workflow.
    pub(super) fn undo_steps(&self, undo: &[UndoStep]) -> Vec<UndoStep> {
        let mut undo = undo.to_vec();
        for step in &mut undo {
            step.credentials = step
                .credentials
                .iter()
                .filter_map(|(port, slot)| Some((port.clone(), self.root_slot(slot)?.to_owned())))
                .collect();
        }
        undo
    }

    fn has_errors(&mut self, checked: &Checked<'a>, entry: &Entry, mut problems: Vec<Diagnostic>) {
        let count = problems.iter().filter(|problem| problem.is_error()).count();
        self.problems_inside.append(&mut problems);
        let things = if count == 1 { "error" } else { "errors" };
        let diagnostic = error(
            code::CALLED_HAS_ERRORS,
            "The called workflow has errors of its own",
            format!("`{}` has {count} {things}.", entry.file),
        );
        let hint = format!("Open `{}`: each is told there with its place.", entry.file);
        self.problem(diagnostic, &workflow_of(checked), hint);
    }

    /// Addresses become parts of file names, so there is an end to their length.
    fn address_fits(&mut self, checked: &Checked<'a>, steps: &[PlanStep]) {
        let longest = steps.iter().map(|step| step.id.as_str().len()).max();
        if longest.is_none_or(|longest| checked.id.as_str().len() + 1 + longest <= LONGEST_ADDRESS)
        {
            return;
        }
        let diagnostic = error(
            code::CALL_TOO_DEEP,
            "The calls go too deep",
            format!(
                "The ids of calls and steps are longer than {LONGEST_ADDRESS} characters together."
            ),
        );
        self.problem_at_key(diagnostic, &checked.pointer, "Give the calls shorter ids.");
    }

    /// What a step gives, as a schema, and who says so.
    pub(super) fn output_schema(&self, step: &'a Step) -> Option<(&'a Value, String)> {
        let operation = self.manifests.operation(&step.uses)?;
        if !crate::call::is_call(operation) {
            return Some((&operation.output, operation.name.to_string()));
        }
        let name = step.with.get("workflow")?.as_str()?;
        let entry = self.caller.library.get(name)?;
        Some((&entry.output, entry.file.clone()))
    }
}

fn workflow_of(checked: &Checked<'_>) -> String {
    format!("{}/with/{}", checked.pointer, escape("workflow"))
}
