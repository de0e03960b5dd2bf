//! The preview document, `preview/1`: what a run would change everywhere, hashed.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use ts_rs::TS;

use podium_connector::{Action, Change, Confidence, Identity, Mode, StepPreview, Undo};
use podium_diagnostics::Error;
use podium_model::{CredentialName, OperationName, RunId, StepId};

use crate::plan::Plan;
use crate::proof::{Expected, Proof, ProofStanding};

/// The value of `podium` in a preview.
pub const PREVIEW_FORMAT: &str = "preview/1";

/// What a run would change in every system. Other programs rely on this shape (`podium schema
/// preview`); it does not change without a new number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Preview {
    /// `preview/1`.
    pub podium: String,
    /// `sha256:` and 64 hex digits over everything else in this document, as canonical JSON (RFC 8785
    /// key order, no white space).
    pub hash: String,
    /// The workflow's name in the workspace.
    pub workflow: String,
    /// Where it would run.
    pub environment: String,
    /// The inputs, defaults filled in.
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// The run that would be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub undoes: Option<RunId>,
    /// Who would do it, one line a credential.
    pub identities: Vec<PreviewIdentity>,
    /// Counts and words.
    pub summary: Summary,
    /// Every step, in the order of the plan.
    pub steps: Vec<PreviewStep>,
}

/// Who would do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct PreviewIdentity {
    /// The stored credential.
    pub credential: CredentialName,
    /// The system.
    pub system: String,
    /// The account, where it could be proven.
    pub account: Option<String>,
    /// The user, where it could be proven.
    pub user: Option<String>,
    /// The region or endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<String>,
    /// Why it could not be proven, or is another one than expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub problem: Option<Error>,
    /// How it compares with who the environment expects, where it expects somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub proof: Option<Proof>,
}

/// Counts and words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Summary {
    /// Things that will exist.
    pub create: u32,
    /// Things that change in place.
    pub update: u32,
    /// Things deleted and made anew.
    pub replace: u32,
    /// Things that will be gone.
    pub delete: u32,
    /// Things that run.
    pub run: u32,
    /// Steps of which nobody can know what they change.
    pub unknown: u32,
    /// The same in words, worst first.
    pub words: String,
}

/// One step of a preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct PreviewStep {
    /// The step.
    pub id: StepId,
    /// What people call it.
    pub title: String,
    /// Which operation.
    pub uses: OperationName,
    /// The workflow that it calls; what it changes stands at the steps `within` it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub calls: Option<String>,
    /// The call that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub within: Option<StepId>,
    /// Whether the far system is real.
    pub mode: Mode,
    /// Set where that is known only with inputs that are not known yet; `mode` is then that of the
    /// environment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub mode_open: bool,
    /// How sure the answer is.
    pub confidence: Confidence,
    /// Why not exact.
    pub because: Option<String>,
    /// Steps whose outputs must be known first; then it is previewed again.
    pub waits_for: Vec<StepId>,
    /// The changes.
    pub changes: Vec<Change>,
    /// How it can be taken back.
    pub undo: Undo,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub notes: Vec<String>,
    /// Whether it will be skipped: switched off, or its condition is already known to be false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub skipped: bool,
    /// Why it could not be previewed: a missing right, an unreachable system, a missing tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub problem: Option<Error>,
}

/// What became of asking one step.
#[derive(Clone, Debug, PartialEq)]
pub enum StepAnswer {
    /// The connector's answer.
    Answered(StepPreview),
    /// It will not run, because.
    Skipped(String),
    /// It could not be asked.
    Failed(Error),
}

impl PreviewStep {
    /// One step, from its connector's answer.
    pub fn new(
        plan_step: &crate::PlanStep,
        mode: Mode,
        waits_for: Vec<StepId>,
        answer: StepAnswer,
    ) -> Self {
        let mut step = Self {
            id: plan_step.id.clone(),
            title: plan_step.title.clone(),
            uses: plan_step.uses.clone(),
            calls: plan_step.call.as_ref().map(|call| call.workflow.clone()),
            within: plan_step.within.clone(),
            mode,
            mode_open: false,
            confidence: Confidence::Exact,
            because: None,
            waits_for,
            changes: Vec::new(),
            undo: Undo {
                class: podium_connector::UndoClass::Automatic,
                because: None,
            },
            notes: Vec::new(),
            skipped: false,
            problem: None,
        };
        match answer {
            StepAnswer::Answered(preview) => {
                step.confidence = preview.confidence;
                step.because = preview.because;
                step.changes = preview.changes;
                step.undo = preview.undo;
                step.notes = preview.notes;
            }
            StepAnswer::Skipped(because) => {
                step.because = Some(because);
                step.skipped = true;
            }
            StepAnswer::Failed(error) => {
                step.confidence = Confidence::Unknown;
                step.because = Some(error.message.clone());
                step.problem = Some(error);
            }
        }
        step
    }
}

impl Preview {
    /// The whole preview: counted, put into words, hashed.
    pub fn assemble(
        plan: &Plan,
        identities: Vec<PreviewIdentity>,
        steps: Vec<PreviewStep>,
    ) -> Self {
        let summary = Summary::of(&steps, plan.undoes().is_some());
        let mut preview = Self {
            podium: PREVIEW_FORMAT.to_owned(),
            hash: String::new(),
            workflow: plan.workflow().to_owned(),
            environment: plan.environment().to_string(),
            inputs: plan.inputs().clone(),
            undoes: plan.undoes().cloned(),
            identities,
            summary,
            steps,
        };
        preview.hash = preview.compute_hash();
        preview
    }

    /// The hash over everything but the hash itself.
    pub fn compute_hash(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a preview holds only JSON values");
        if let Some(object) = value.as_object_mut() {
            object.remove("hash");
        }
        let mut canonical = String::new();
        write_canonical(&value, &mut canonical);
        let mut text = String::from("sha256:");
        for byte in Sha256::digest(canonical.as_bytes()) {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Whether the hash is that of the content.
    pub fn is_intact(&self) -> bool {
        self.hash == self.compute_hash()
    }

    /// The step of this id.
    pub fn step(&self, id: &StepId) -> Option<&PreviewStep> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// Steps that could not be previewed.
    pub fn problems(&self) -> impl Iterator<Item = &PreviewStep> {
        self.steps.iter().filter(|step| step.problem.is_some())
    }

    /// Why nothing may be written with one of the credentials: it is another one than the environment
    /// expects, or that could not be proven.
    pub fn strangers(&self) -> impl Iterator<Item = &Error> {
        let stopped = self.identities.iter().filter(|one| one.is_stopped());
        stopped.filter_map(|one| one.problem.as_ref())
    }
}

impl PreviewIdentity {
    /// From a connector's answer, or the reason why there is none, and what is expected. `simulated` says
    /// that nobody was asked, since a simulator takes anybody.
    pub fn new(
        credential: CredentialName,
        system: &str,
        asked: Result<Option<Identity>, Error>,
        expected: &Expected,
        simulated: bool,
    ) -> Self {
        let held = match &asked {
            _ if simulated => expected.simulated(&credential).map(|proof| (proof, None)),
            Ok(identity) => expected.hold(&credential, identity.as_ref()),
            Err(error) => expected.unasked(&credential, error),
        };
        let mut line = Self {
            credential,
            system: system.to_owned(),
            account: None,
            user: None,
            place: None,
            problem: None,
            proof: None,
        };
        match asked {
            Ok(Some(identity)) => {
                line.system = identity.system;
                line.account = Some(identity.account);
                line.user = Some(identity.user);
                line.place = identity.place;
            }
            Ok(None) => {}
            Err(error) => line.problem = Some(error),
        }
        if let Some((proof, problem)) = held {
            line.problem = problem;
            line.proof = Some(proof);
        }
        line
    }

    /// Whether nothing may be written with it.
    pub fn is_stopped(&self) -> bool {
        matches!(
            self.proof.as_ref().map(|proof| proof.standing),
            Some(ProofStanding::Another | ProofStanding::Unproven)
        )
    }
}

impl Summary {
    /// Counts the changes of all steps and says them in words, worst first.
    pub fn of(steps: &[PreviewStep], undo: bool) -> Self {
        let mut summary = Self::default();
        for step in steps.iter().filter(|step| !step.skipped) {
            if step.confidence == Confidence::Unknown {
                summary.unknown += 1;
            }
            for change in &step.changes {
                match change.action {
                    Action::Create => summary.create += 1,
                    Action::Update => summary.update += 1,
                    Action::Replace => summary.replace += 1,
                    Action::Delete => summary.delete += 1,
                    Action::Run => summary.run += 1,
                    Action::Read => {}
                }
            }
        }
        summary.words = summary.in_words(undo);
        summary
    }

    fn in_words(&self, undo: bool) -> String {
        let mut does = Vec::new();
        for (count, verb) in [
            (self.delete, "deletes"),
            (self.replace, "replaces"),
            (self.update, "changes"),
            (self.create, "creates"),
            (self.run, "runs"),
        ] {
            if count > 0 {
                let things = if count == 1 { "thing" } else { "things" };
                does.push(format!("{verb} {count} {things}"));
            }
        }
        let mut words = match does.split_last() {
            None if self.unknown > 0 => String::from("Nothing is known to change"),
            None => String::from("Changes nothing"),
            Some((only, [])) => only.clone(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        };
        if let Some(first) = words.get(..1) {
            words = format!("{}{}", first.to_uppercase(), &words[1..]);
        }
        words.push('.');
        let destroys = self.delete > 0 || self.replace > 0;
        if self.unknown > 0 {
            let what = if self.unknown == 1 {
                "1 step cannot"
            } else {
                &format!("{} steps cannot", self.unknown)
            };
            let _ = write!(words, " {what} be known beforehand");
            if !undo && !destroys {
                words.push_str("; nothing else is deleted");
            }
            words.push('.');
        } else if !undo && !destroys && !does.is_empty() {
            words.push_str(" Nothing is deleted.");
        }
        words
    }
}

/// Canonical JSON: keys sorted by their UTF-16 code units as RFC 8785 asks, no white space.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_canonical(&object[key], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;

    /// Counts: delete, replace, update, create, run, unknown.
    fn words(counts: [u32; 6]) -> String {
        let [delete, replace, update, create, run, unknown] = counts;
        let summary = Summary {
            create,
            update,
            replace,
            delete,
            run,
            unknown,
            words: String::new(),
        };
        summary.in_words(false)
    }

    #[test]
    fn the_worst_comes_first_and_no_more_is_promised_than_is_known() {
        for (counts, expected) in [
            ([0; 6], "Changes nothing."),
            ([0, 0, 0, 6, 0, 0], "Creates 6 things. Nothing is deleted."),
            (
                [0, 0, 1, 6, 0, 0],
                "Changes 1 thing and creates 6 things. Nothing is deleted.",
            ),
            (
                [0, 0, 0, 7, 0, 1],
                "Creates 7 things. 1 step cannot be known beforehand; nothing else is deleted.",
            ),
            (
                [0, 0, 0, 0, 0, 2],
                "Nothing is known to change. 2 steps cannot be known beforehand; nothing else is deleted.",
            ),
            (
                [1, 2, 0, 0, 3, 0],
                "Deletes 1 thing, replaces 2 things and runs 3 things.",
            ),
        ] {
            assert_eq!(words(counts), expected);
        }
    }
}
