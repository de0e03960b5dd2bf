//! Who a credential turns out to be: asked before a preview, and again right before the first write of a run.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use podium_connector::{Identity, Inputs, Mode, StepRequest};
use podium_diagnostics::{ErrorKind, Result};
use podium_model::{CredentialName, RunId};
use podium_plan::{Expected, Plan, PlanStep};
use podium_vault::Credential;

use crate::clock;
use crate::host::{Host, Shared};
use crate::preview::{Look, mode_of};

/// So long a proof is taken for true within a run, in milliseconds: the steps that begin together, and the
/// elements of a list, ask once. Whoever waited longer asks again.
const HOLDS: i64 = 60_000;

/// What was proven in the runs of this process, and when.
#[derive(Default)]
pub(crate) struct Proofs(Mutex<HashMap<RunId, HashMap<CredentialName, i64>>>);

impl Proofs {
    fn holds(&self, run: &RunId, name: &CredentialName, now: i64) -> bool {
        let proven = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = proven.get(run).and_then(|of| of.get(name)).copied();
        // A clock that was set back proves nothing.
        at.is_some_and(|at| (at..at.saturating_add(HOLDS)).contains(&now))
    }

    fn keep(&self, run: &RunId, name: &CredentialName, now: i64) {
        let mut proven = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = proven.entry(run.clone()).or_default();
        of.insert(name.clone(), now);
    }

    /// A run has ended.
    pub(crate) fn forget(&self, run: &RunId) {
        let mut proven = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        proven.remove(run);
    }
}

/// A plan and a question that ask who a credential is, by an operation of the connector that brings its kind.
pub(crate) fn question(shared: &Shared, credential: &Credential) -> Option<(Plan, StepRequest)> {
    let manifests = || shared.in_order().iter().map(|one| one.manifest());
    let bringer = manifests().find(|manifest| {
        manifest
            .credentials
            .iter()
            .any(|kind| kind.id == credential.kind)
    })?;
    let (operation, port) = bringer.operations.iter().find_map(|operation| {
        let port = operation
            .credentials
            .iter()
            .find(|port| port.kind == credential.kind && !port.name.ends_with('*'))?;
        Some((operation, port))
    })?;
    let plan = Plan::for_identity(
        &operation.name,
        &port.name,
        &credential.name,
        "identity".parse().ok()?,
        "identity".parse().ok()?,
        if credential.practice.is_some() {
            Mode::Simulated
        } else {
            Mode::Real
        },
    );
    let request = request(plan.steps().first()?);
    Some((plan, request))
}

fn request(step: &PlanStep) -> StepRequest {
    StepRequest {
        run: None,
        step: step.id.clone(),
        attempt: 1,
        operation: step.uses.clone(),
        inputs: Inputs::default(),
        key: String::from("identity"),
        resumed: false,
        remote: None,
    }
}

impl Host {
    /// A plan of one step that takes this credential, to ask its connector who it is; `None` where no
    /// connector brings its kind.
    pub fn question_of(&self, credential: &Credential) -> Option<(Plan, StepRequest)> {
        question(&self.shared, credential)
    }
}

impl Shared {
    /// Who a credential is, as the connector of one of its steps tells; with `certain` also as that tells
    /// which brings the credential's kind, where none of those can.
    pub(crate) async fn who(
        self: &Arc<Self>,
        plan: &Plan,
        steps: &[&PlanStep],
        name: &CredentialName,
        certain: bool,
    ) -> Result<Option<Identity>> {
        let mut asked = HashSet::new();
        for step in steps {
            if !asked.insert(step.uses.connector().to_owned()) {
                continue;
            }
            let answer = self.ask_who(plan, step, &request(step)).await?;
            if answer.is_some() || !certain {
                return Ok(answer);
            }
        }
        let stored = self.stored().await?;
        let credential = stored.iter().find(|one| one.name == *name);
        let question = credential.and_then(|credential| question(self, credential));
        match &question {
            Some((plan, request)) if !asked.contains(request.operation.connector()) => {
                let [step, ..] = plan.steps() else {
                    return Ok(None);
                };
                self.ask_who(plan, step, request).await
            }
            _ => Ok(None),
        }
    }

    async fn ask_who(
        self: &Arc<Self>,
        plan: &Plan,
        step: &PlanStep,
        request: &StepRequest,
    ) -> Result<Option<Identity>> {
        let look = Look::open(self, plan, step).await?;
        let answer = look.identify(request).await;
        look.close().await;
        answer
    }

    /// Holds who the credentials of a step are against who is expected, before the step writes. A proof of
    /// this run holds for a moment.
    pub(crate) async fn prove(
        self: &Arc<Self>,
        run: &RunId,
        plan: &Plan,
        step: &PlanStep,
    ) -> Result<()> {
        let expected: &Expected = plan.expected();
        if expected.is_empty() || !step.writes {
            return Ok(());
        }
        for name in step.credentials.values() {
            if !expected.names(name) || self.proofs.holds(run, name, clock::now()) {
                continue;
            }
            if mode_of(self, plan, step) == Mode::Simulated
                && !self.invented_names().await.contains(name)
            {
                continue;
            }
            let held = match self.who(plan, &[step], name, true).await {
                Ok(identity) => expected.hold(name, identity.as_ref()),
                // The step waits for the vault as it does for any other reason.
                Err(error) if error.kind == ErrorKind::Locked => return Err(error),
                Err(error) => expected.unasked(name, &error),
            };
            if let Some((_, Some(error))) = held {
                return Err(error);
            }
            self.proofs.keep(run, name, clock::now());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_a_moment_and_for_its_run_alone() {
        let proofs = Proofs::default();
        let (run, other) = (clock::fresh_run_id(), clock::fresh_run_id());
        let name: CredentialName = "login".parse().unwrap();
        proofs.keep(&run, &name, 1_000);
        assert!(proofs.holds(&run, &name, 1_000));
        assert!(proofs.holds(&run, &name, 60_999));
        assert!(!proofs.holds(&run, &name, 61_000));
        assert!(!proofs.holds(&run, &name, 999), "the clock was set back");
        assert!(!proofs.holds(&other, &name, 1_000));
        proofs.forget(&run);
        assert!(!proofs.holds(&run, &name, 1_000));
    }
}
