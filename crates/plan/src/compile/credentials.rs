//! Slots and ports.

use indexmap::IndexMap;
use podium_connector::{CredentialPort, Operation};
use podium_model::tree::short;

use super::inputs::below;
use super::{Checker, error};
use crate::code;

impl Checker<'_> {
    /// The slots of the workflow.
    pub(super) fn slots(&mut self) {
        let kinds = self.manifests.kinds();
        if kinds.is_empty() {
            return;
        }
        for (name, slot) in &self.document.credentials {
            if kinds.contains(&slot.kind.as_str()) {
                continue;
            }
            let hint = Self::other_names(&slot.kind, kinds.iter().copied(), "", "");
            let diagnostic = error(
                code::UNKNOWN_KIND,
                "There is no such kind of credential",
                format!(
                    "No connector takes a credential of the kind `{}`.",
                    short(&slot.kind)
                ),
            );
            self.problem(
                diagnostic,
                &format!("{}/type", below("/credentials", name)),
                hint,
            );
        }
    }

    /// The ports of one step or undo step.
    pub(super) fn ports(
        &mut self,
        operation: &Operation,
        given: &IndexMap<String, String>,
        pointer: &str,
        off: bool,
    ) {
        let base = format!("{pointer}/credentials");
        for (name, slot) in given {
            let here = below(&base, name);
            let Some(port) = port(operation, name) else {
                let names = operation.credentials.iter().map(|port| port.name.as_str());
                let nothing = "Remove it; the operation takes no credentials.";
                let hint = Self::other_names(name, names, "", nothing);
                let diagnostic = error(
                    code::UNKNOWN_PORT,
                    "The operation takes no such credential",
                    format!("`{}` has no credential `{}`.", operation.name, short(name)),
                );
                self.problem_at_key(diagnostic, &here, hint);
                continue;
            };
            self.slot(port, slot, &here, operation, off);
        }
        for port in operation.credentials.iter().filter(|port| port.required) {
            if !given.contains_key(&port.name) {
                self.missing_credential(port, operation, &base);
            }
        }
    }

    fn slot(
        &mut self,
        port: &CredentialPort,
        slot: &str,
        pointer: &str,
        operation: &Operation,
        off: bool,
    ) {
        let document = self.document;
        let Some(found) = document.credentials.get(slot) else {
            let names = document.credentials.keys().map(String::as_str);
            let nothing = format!(
                "Add `{}: {{ type: {} }}` under `credentials:` at the top of the workflow.",
                short(slot),
                port.kind
            );
            let hint = Self::other_names(slot, names, "", &nothing);
            let diagnostic = error(
                code::UNKNOWN_SLOT,
                "The workflow has no such credential",
                format!(
                    "`{}` does not stand under `credentials:` at the top.",
                    short(slot)
                ),
            );
            self.problem(diagnostic, pointer, hint);
            return;
        };
        if found.kind != port.kind {
            let fitting: Vec<&str> = document
                .credentials
                .iter()
                .filter(|(_, slot)| slot.kind == port.kind)
                .map(|(name, _)| name.as_str())
                .collect();
            let hint = match fitting.first() {
                Some(name) => format!("Use `{name}`, which is of the kind `{}`.", port.kind),
                None => format!(
                    "Add a slot `{{ type: {} }}` under `credentials:` at the top of the workflow.",
                    port.kind
                ),
            };
            let diagnostic = error(
                code::WRONG_KIND,
                "The credential is of another kind",
                format!(
                    "`{slot}` is of the kind `{}`; `{}` takes `{}`.",
                    short(&found.kind),
                    port.name,
                    port.kind
                ),
            );
            self.problem(diagnostic, pointer, hint);
            return;
        }
        let Some(binding) = self.binding else { return };
        // Simulators need no credential; what acts on this computer alone is real even there.
        let simulated = binding.environment.practice
            && self
                .manifests
                .connector(operation.name.connector())
                .is_none_or(|connector| !connector.local);
        // In a called workflow the environment binds the slot of the one that a person asked for.
        let Some(slot) = self.root_slot(slot).map(str::to_owned) else {
            return;
        };
        if off || simulated || binding.environment.credentials.contains_key(&slot) {
            return;
        }
        let diagnostic = error(
            code::UNBOUND_SLOT,
            "The environment has no credential for this",
            format!(
                "`{}` does not say which stored credential `{slot}` is.",
                binding.name
            ),
        );
        let hint = format!(
            "Add `{slot}: NAME` under `credentials:` in environments/{}.yaml.",
            binding.name
        );
        self.problem(diagnostic, pointer, hint);
    }

    fn missing_credential(&mut self, port: &CredentialPort, operation: &Operation, base: &str) {
        let fitting = self
            .document
            .credentials
            .iter()
            .find(|(_, slot)| slot.kind == port.kind)
            .map(|(name, _)| name.clone());
        let hint = match fitting {
            Some(slot) => format!(
                "Add `credentials: {{ {}: {slot} }}` to the step.",
                port.name
            ),
            None => format!(
                "Add `cloud: {{ type: {} }}` under `credentials:` at the top, and \
                 `credentials: {{ {}: cloud }}` to the step.",
                port.kind, port.name
            ),
        };
        let diagnostic = error(
            code::MISSING_CREDENTIAL,
            "The step needs a credential",
            format!(
                "`{}` cannot run without `{}`: {}.",
                operation.name, port.name, port.title
            ),
        );
        self.problem_at_key(diagnostic, base, hint);
    }
}

/// The port of this name; `secrets.*` stands for any name after the dot.
fn port<'p>(operation: &'p Operation, name: &str) -> Option<&'p CredentialPort> {
    operation.credentials.iter().find(|port| {
        port.name == name
            || port
                .name
                .strip_suffix('*')
                .is_some_and(|prefix| name.len() > prefix.len() && name.starts_with(prefix))
    })
}
