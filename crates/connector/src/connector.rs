//! The verbs.

use std::collections::BTreeMap;

use async_trait::async_trait;

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;

use crate::change::StepPreview;
use crate::context::{Context, Mode};
use crate::login::LoginCode;
use crate::manifest::{Manifest, Support, Verb};
use crate::outcome::{
    Choice, Drawing, Drift, Identity, Observed, Outcome, Right, StillRunning, UndoRecord,
};
use crate::request::{Problem, StepRequest};
use crate::simulator::Simulator;

/// A system that Podium drives. The documentation of each verb is its specification; the capability
/// of an operation ([`Operation::capability`](crate::Operation::capability)) says which verbs apply.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// What it is, as data. The same value every time.
    fn manifest(&self) -> &Manifest;

    /// The far system in small, for practice environments and tests; starts from `state`, the text a
    /// former one gave for saving, or fresh.
    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator>;

    /// Checks inputs beyond their schema. Pure: no network, no credentials, no files. Inputs not yet
    /// known are no problem.
    fn validate(&self, request: &StepRequest) -> Vec<Problem>;

    /// Whether an operation reaches the real system where the environment says `mode`, as far as its
    /// inputs tell; `None` while an input that decides this is not known. Pure.
    fn mode(&self, request: &StepRequest, mode: Mode) -> Option<Mode> {
        let _ = request;
        Some(if self.manifest().local {
            Mode::Real
        } else {
            mode
        })
    }

    /// Proves who would do it, with a call that only looks; `None` where the operation acts as the user
    /// of this computer and no credential is bound.
    async fn identify(&self, cx: &dyn Context, request: &StepRequest) -> Result<Option<Identity>>;

    /// What the bound credential may do, as far as calls that only look can tell; empty where they cannot.
    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        let _ = (cx, request);
        Ok(Vec::new())
    }

    /// Whether a person can log in for a kind of credential of this connector, so that a secret of it is
    /// made by the far system and typed by nobody. Pure.
    fn logs_in(&self, kind: &str) -> bool {
        let _ = kind;
        false
    }

    /// Begins such a login for the credential at the operation's port. Only looks.
    async fn begin_login(&self, cx: &dyn Context, request: &StepRequest) -> Result<LoginCode> {
        let _ = cx;
        Err(no_login(request))
    }

    /// Waits until the person has logged in; the secret fields of the credential that came of it. Only
    /// looks. Ends early, with an error, where the person said no, the code has expired, or
    /// [`Context::is_cancelled`] turns true.
    async fn finish_login(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        begun: &LoginCode,
    ) -> Result<BTreeMap<String, Secret>> {
        let _ = (cx, begun);
        Err(no_login(request))
    }

    /// Says what would change. Writes nothing anywhere but in [`Context::private`] and, where the
    /// system's own preview needs it (a change set), an object that changes no resource and is removed
    /// again. Inputs may be partly unknown: the answer says so and is as good as it can be. The same
    /// world and inputs give the same answer.
    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview>;

    /// Gives the answer of [`Connector::preview`] (with `undo` that of [`Connector::preview_undo`]) again,
    /// from what that left in [`Context::handover`], where the connector can prove that everything it was
    /// worked out from is as it was: inputs, credentials, files, the tool, the state it can see. Cheap:
    /// starts no process and asks no far system. `None` where it cannot; then the step is previewed again.
    ///
    /// Whoever gives an answer here also does in `run` what that answer says, and refuses with
    /// [`ErrorKind::Stale`] where the system does not take it any more.
    async fn recall(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        undo: Option<&UndoRecord>,
    ) -> Result<Option<StepPreview>> {
        let _ = (cx, request, undo);
        Ok(None)
    }

    /// Makes the undo record, before the first effect: looks and keeps what must be put back (in the
    /// record, or in [`Context::keep`] when large). Writes nothing at the far side.
    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord>;

    /// Does it, and returns when it has ended. With `resumed` it takes up what was begun before: a
    /// process by its label, a far operation by its key or its remote id; nothing is done twice. When
    /// [`Context::is_cancelled`] turns true it stops gently and fails with
    /// [`ErrorKind::Cancelled`]. Where what was approved can no longer be done as it was, and nothing has
    /// been done yet, it fails with [`ErrorKind::Stale`]; then the step is previewed once more.
    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome>;

    /// Finds out what became of an attempt that was running when the application died. Only looks.
    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed>;

    /// Says, after a cancel, what goes on at the far side.
    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        let _ = (cx, request);
        Ok(StillRunning::default())
    }

    /// Checks that it is as intended; called after `run`. Fails with what is not. A tool that accounts for
    /// everything it did has checked already; nobody starts it once more for that.
    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        let _ = (cx, request, outcome);
        Ok(())
    }

    /// Says what taking it back would change. As [`Connector::preview`].
    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview>;

    /// Takes it back. As [`Connector::run`]; it also cleans up a half-done step.
    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome>;

    /// Says what was changed outside since.
    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        let _ = cx;
        Err(self.not_possible(Verb::Drift, request))
    }

    /// Choices for a field whose schema names `what` under `x-podium-discover`.
    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        let _ = (cx, what);
        Err(self.not_possible(Verb::Discover, request))
    }

    /// Its own graph: the resources of a plan, the tasks of a playbook.
    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        let _ = cx;
        Err(self.not_possible(Verb::Draw, request))
    }

    /// The error for a verb that this operation cannot do, with the manifest's reason.
    fn not_possible(&self, verb: Verb, request: &StepRequest) -> Error {
        let support = self
            .manifest()
            .operations
            .iter()
            .find(|operation| operation.name == request.operation)
            .map(|operation| operation.capability.get(verb));
        let because = match support {
            Some(Support::No { because } | Support::Partly { because }) => because.as_str(),
            _ => "it has no such verb.",
        };
        Error::new(
            ErrorKind::Unsupported,
            Code::new("POD0430"),
            format!(
                "`{}` cannot do this here, because {because}",
                request.operation
            ),
        )
    }
}

fn no_login(request: &StepRequest) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        Code::new("POD0529"),
        format!(
            "Nobody can log in for a credential of `{}`.",
            request.operation
        ),
    )
    .with_hint("Its secrets are typed or read from a file: store it with `podium credentials add`.")
}
