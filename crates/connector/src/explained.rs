//! Errors that a system really gives, explained as data (`explained.json` of each connector).
//!
//! A connector reports what the system said; the layer here looks it up and adds the cause and the next
//! action, without network. What is not in the list keeps the connector's own words.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use podium_diagnostics::{Error, Result};
use podium_secret::Secret;
use serde::{Deserialize, Serialize};

use crate::change::StepPreview;
use crate::connector::Connector;
use crate::context::{Context, Mode};
use crate::login::LoginCode;
use crate::manifest::Manifest;
use crate::outcome::{
    Choice, Drawing, Drift, Identity, Observed, Outcome, Right, StillRunning, UndoRecord,
};
use crate::request::{Problem, StepRequest};
use crate::simulator::Simulator;

/// Name of the context pair that holds the HTTP status of a refusal.
pub const STATUS: &str = "status";
/// Name of the context pair that holds the system's own code of a refusal.
pub const CODE: &str = "code";
/// Name of the context pair that holds the id of the explanation that was added.
pub const EXPLAINED: &str = "explained";

/// One error of a system, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Unique over all systems, `connector/what-is-wrong`: `octopus/release-exists`.
    pub id: String,
    /// How it is known again.
    pub when: When,
    /// Why it happens, in whole sentences.
    pub cause: String,
    /// What to do next, in whole sentences. `{credential}` stands for the name of the credential, as the
    /// error's context pair `credential` has it, else for `NAME`.
    pub next: String,
    /// Where the fact is from: a vendor's page, a specification, an observation with the version seen.
    pub source: String,
}

/// What an error must be; every part that is there must fit, and one at least is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The HTTP status, or the exit code of a tool, as the error's context pair [`STATUS`] has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// The system's own code, as the pair [`CODE`] has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Texts that all stand in the message or in what is underneath, in capitals or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
}

impl When {
    fn fits(&self, error: &Error) -> bool {
        let pair = |name: &str| {
            error
                .context
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        let said = || {
            let mut said = error.message.to_lowercase();
            if let Some(source) = &error.source {
                said.push('\n');
                said.push_str(&source.to_lowercase());
            }
            said
        };
        self.status
            .is_none_or(|status| pair(STATUS) == Some(status.to_string().as_str()))
            && self
                .code
                .as_deref()
                .is_none_or(|code| pair(CODE) == Some(code))
            && (self.contains.is_empty() || {
                let said = said();
                self.contains
                    .iter()
                    .all(|text| said.contains(&text.to_lowercase()))
            })
    }

    /// Whether it asks for anything at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads a connector's `explained.json`.
///
/// # Panics
/// When it is no such list; it is compiled in, so that a test of the catalogue sees it.
pub fn explanations(json: &str) -> Vec<Explanation> {
    serde_json::from_str(json).expect("explained.json is compiled in, and a test reads each")
}

/// The first explanation that fits.
pub fn explanation<'a>(list: &'a [Explanation], error: &Error) -> Option<&'a Explanation> {
    list.iter().find(|one| one.when.fits(error))
}

/// Adds cause and next action to an error, where one of the explanations fits; else it stays as it is.
pub fn explain(list: &[Explanation], mut error: Error) -> Error {
    let known = error.context.iter().any(|(name, _)| name == EXPLAINED);
    if known {
        return error;
    }
    if let Some(one) = explanation(list, &error) {
        if !error.message.contains(&one.cause) {
            if !error.message.ends_with(['.', '!', '?', '`']) {
                error.message.push('.');
            }
            error.message.push(' ');
            error.message.push_str(&one.cause);
        }
        let credential = error.context.iter().find(|(name, _)| name == "credential");
        let credential = credential.map_or("NAME", |(_, name)| name.as_str());
        error.hint = Some(one.next.replace("{credential}", credential));
        error.context.push((EXPLAINED.to_owned(), one.id.clone()));
    }
    error
}

/// A connector whose errors are explained from its own list.
pub struct Explaining(Arc<dyn Connector>);

impl Explaining {
    /// Puts the layer around a connector.
    pub fn over(connector: Arc<dyn Connector>) -> Arc<dyn Connector> {
        if connector.manifest().explained.is_empty() {
            return connector;
        }
        Arc::new(Self(connector))
    }

    fn told<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| explain(&self.0.manifest().explained, error))
    }
}

#[async_trait]
impl Connector for Explaining {
    fn manifest(&self) -> &Manifest {
        self.0.manifest()
    }

    fn simulator(&self, state: Option<&str>) -> Box<dyn Simulator> {
        self.0.simulator(state)
    }

    fn validate(&self, request: &StepRequest) -> Vec<Problem> {
        self.0.validate(request)
    }

    fn mode(&self, request: &StepRequest, mode: Mode) -> Option<Mode> {
        self.0.mode(request, mode)
    }

    async fn identify(&self, cx: &dyn Context, request: &StepRequest) -> Result<Option<Identity>> {
        self.told(self.0.identify(cx, request).await)
    }

    async fn rights(&self, cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
        self.told(self.0.rights(cx, request).await)
    }

    fn logs_in(&self, kind: &str) -> bool {
        self.0.logs_in(kind)
    }

    async fn begin_login(&self, cx: &dyn Context, request: &StepRequest) -> Result<LoginCode> {
        self.told(self.0.begin_login(cx, request).await)
    }

    async fn finish_login(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        begun: &LoginCode,
    ) -> Result<BTreeMap<String, Secret>> {
        self.told(self.0.finish_login(cx, request, begun).await)
    }

    async fn preview(&self, cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
        self.told(self.0.preview(cx, request).await)
    }

    async fn recall(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        undo: Option<&UndoRecord>,
    ) -> Result<Option<StepPreview>> {
        self.told(self.0.recall(cx, request, undo).await)
    }

    async fn prepare(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        preview: &StepPreview,
    ) -> Result<UndoRecord> {
        self.told(self.0.prepare(cx, request, preview).await)
    }

    async fn run(&self, cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
        self.told(self.0.run(cx, request).await)
    }

    async fn observe(&self, cx: &dyn Context, request: &StepRequest) -> Result<Observed> {
        self.told(self.0.observe(cx, request).await)
    }

    async fn cancelled(&self, cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
        self.told(self.0.cancelled(cx, request).await)
    }

    async fn verify(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        self.told(self.0.verify(cx, request, outcome).await)
    }

    async fn preview_undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<StepPreview> {
        self.told(self.0.preview_undo(cx, request, record).await)
    }

    async fn undo(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        record: &UndoRecord,
    ) -> Result<Outcome> {
        self.told(self.0.undo(cx, request, record).await)
    }

    async fn drift(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
        self.told(self.0.drift(cx, request).await)
    }

    async fn discover(
        &self,
        cx: &dyn Context,
        request: &StepRequest,
        what: &str,
    ) -> Result<Vec<Choice>> {
        self.told(self.0.discover(cx, request, what).await)
    }

    async fn draw(&self, cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
        self.told(self.0.draw(cx, request).await)
    }
}

#[cfg(test)]
mod tests {
    use podium_diagnostics::{Code, ErrorKind};

    use super::*;

    fn list() -> Vec<Explanation> {
        explanations(
            r#"[
            {"id": "far/full", "when": {"status": 409, "contains": ["quota", "DISK"]},
             "cause": "The disk is full.", "next": "Ask for more.", "source": "seen"},
            {"id": "far/any", "when": {"code": "E1"},
             "cause": "It is E1.", "next": "Wait.", "source": "seen"}
        ]"#,
        )
    }

    fn error(message: &str) -> Error {
        Error::new(ErrorKind::Failed, Code::new("POD0446"), message).with_hint("Look.")
    }

    #[test]
    fn every_part_that_is_asked_for_must_fit() {
        let list = list();
        let full = error("No")
            .with_context(STATUS, 409)
            .with_source("Quota of disk x");
        assert_eq!(explanation(&list, &full).unwrap().id, "far/full");
        assert!(explanation(&list, &error("quota disk")).is_none());
        assert!(explanation(&list, &error("No").with_context(STATUS, 409)).is_none());
        let code = error("x").with_context(CODE, "E1");
        assert_eq!(explanation(&list, &code).unwrap().id, "far/any");
    }

    #[test]
    fn what_is_explained_says_the_cause_and_the_next_action_once() {
        let told = explain(&list(), error("It says no").with_context(CODE, "E1"));
        assert_eq!(told.message, "It says no. It is E1.");
        assert_eq!(told.hint.as_deref(), Some("Wait."));
        assert_eq!(explain(&list(), told.clone()), told);
    }

    #[test]
    fn what_nobody_explained_stays_as_it_is() {
        assert_eq!(explain(&list(), error("Odd")), error("Odd"));
    }
}
