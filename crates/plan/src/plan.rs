//! What will run, checked: every name resolved, every expression parsed, no cycles.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::call::Call;
use crate::proof::Expected;
use podium_connector::{Mode, UndoRecord};
use podium_model::document::{Duration, Join, OnError, RetryRule, Slot, UndoStep, When};
use podium_model::{CredentialName, Environment, EnvironmentName, OperationName, RunId, StepId};

/// A checked workflow, bound to an environment and to inputs. Made by `compile` (and, for taking a run
/// back, by `Plan::undo_of`); stored in the journal with the run, so that an old run keeps its graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Plan {
    /// The workflow's name in the workspace: its file name without the ending.
    pub(crate) workflow: String,
    /// What people call it.
    pub(crate) title: String,
    /// Where it runs.
    pub(crate) environment: EnvironmentName,
    /// Whether the far systems are real, as the environment says.
    pub(crate) mode: Mode,
    /// The inputs, defaults filled in.
    #[ts(type = "Record<string, any>")]
    pub(crate) inputs: Map<String, Value>,
    /// `environment.name` and `environment.vars` as expressions see them.
    #[ts(type = "any")]
    pub(crate) environment_values: Value,
    /// The credential slots of the workflow.
    #[ts(as = "std::collections::HashMap<String, Slot>")]
    pub(crate) slots: IndexMap<String, Slot>,
    /// Slot → stored credential, as the environment binds it.
    #[ts(as = "std::collections::HashMap<String, CredentialName>")]
    pub(crate) credentials: IndexMap<String, CredentialName>,
    /// The steps, in an order in which every step comes after those it waits for, and the steps of a
    /// called workflow right after their call; ties in the order of the file.
    pub(crate) steps: Vec<PlanStep>,
    /// Name → template, rendered when the run has ended.
    #[ts(type = "Record<string, any>")]
    pub(crate) outputs: Map<String, Value>,
    /// The run that this plan takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub(crate) undoes: Option<RunId>,
    /// Whether a person must approve the preview before anything is written.
    pub(crate) approval: bool,
    /// Who the credentials must turn out to be, as the environment says.
    #[serde(default, skip_serializing_if = "Expected::is_empty")]
    #[ts(skip)]
    #[schemars(skip)]
    pub(crate) expected: Expected,
}

/// One step, checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct PlanStep {
    /// Its id.
    pub id: StepId,
    /// What people call it.
    pub title: String,
    /// Which operation.
    pub uses: OperationName,
    /// Inputs, with templates; defaults of the operation's schema filled in.
    #[ts(type = "Record<string, any>")]
    pub with: Map<String, Value>,
    /// The steps it waits for, drawn and by reference; at most one edge from each step.
    pub edges: Vec<Edge>,
    /// How many of them must have gone the wanted way.
    pub join: Join,
    /// Bare CEL.
    pub condition: Option<String>,
    /// Bare CEL giving a list.
    pub for_each: Option<String>,
    /// How many elements at a time.
    pub max_parallel: u32,
    /// How many elements may fail.
    pub max_failures: u32,
    /// Tries beside the first.
    pub retry: Option<RetryRule>,
    /// Longest time for one attempt.
    pub timeout: Option<Duration>,
    /// What a failure means for the rest.
    pub on_error: OnError,
    /// The operation's credential port → stored credential. Ports whose slot the environment does not
    /// bind are absent (compile has said so).
    #[ts(as = "std::collections::HashMap<String, CredentialName>")]
    pub credentials: IndexMap<String, CredentialName>,
    /// Switched off.
    pub off: bool,
    /// The override of the connector's own undo.
    pub undo: Option<Vec<UndoStep>>,
    /// Whether it waits for a person's yes: the number of people, from the operation's schema keyword
    /// `x-podium-waits: approval`.
    pub approval: bool,
    /// Whether running it can change anything outside, as the manifest says.
    pub writes: bool,
    /// What is done.
    pub work: Work,
    /// The workflow that it calls; its steps stand in the same plan, each `within` this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub call: Option<Call>,
    /// The call that it belongs to: it begins after that one has begun, sees its siblings and the inputs
    /// of the call, and the call ends after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub within: Option<StepId>,
}

/// What is done in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Work {
    /// The operation.
    Do,
    /// The operation of an earlier run is taken back; `with` holds its inputs as they were.
    Undo {
        /// The step of that run.
        of: StepId,
        /// The record made before it began.
        record: UndoRecord,
    },
}

/// An edge into a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Edge {
    /// The step that comes first.
    pub from: StepId,
    /// The way it must have gone.
    pub on: When,
    /// Where it comes from.
    pub kind: EdgeKind,
}

/// Where an edge comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum EdgeKind {
    /// Drawn under `needs`.
    Order,
    /// A value flows: the paths below `steps.ID`, for example `outputs.url`.
    Data {
        /// The paths, sorted.
        paths: Vec<String>,
        /// Whether it is also drawn under `needs`.
        drawn: bool,
    },
}

impl Plan {
    /// The workflow's name in the workspace.
    pub fn workflow(&self) -> &str {
        &self.workflow
    }

    /// What people call it.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Where it runs.
    pub fn environment(&self) -> &EnvironmentName {
        &self.environment
    }

    /// `environment` as expressions see it: `{name, vars}`.
    pub fn environment_values(&self) -> &Value {
        &self.environment_values
    }

    /// Whether the far systems are real.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The inputs, defaults filled in.
    pub fn inputs(&self) -> &Map<String, Value> {
        &self.inputs
    }

    /// The credential slots of the workflow.
    pub fn slots(&self) -> &IndexMap<String, Slot> {
        &self.slots
    }

    /// Slot → stored credential.
    pub fn credentials(&self) -> &IndexMap<String, CredentialName> {
        &self.credentials
    }

    /// The steps, each after those it waits for.
    pub fn steps(&self) -> &[PlanStep] {
        &self.steps
    }

    /// The step of this id.
    pub fn step(&self, id: &StepId) -> Option<&PlanStep> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// The title of a step with those of the calls that it stands in: `Shop › Network`.
    pub fn title_path(&self, step: &PlanStep) -> String {
        let mut titles = vec![step.title.as_str()];
        let mut at = step;
        while let Some(call) = at.within.as_ref().and_then(|call| self.step(call)) {
            titles.push(call.title.as_str());
            at = call;
        }
        titles.reverse();
        titles.join(" › ")
    }

    /// Name → template of the workflow's outputs.
    pub fn outputs(&self) -> &Map<String, Value> {
        &self.outputs
    }

    /// The run that this plan takes back.
    pub fn undoes(&self) -> Option<&RunId> {
        self.undoes.as_ref()
    }

    /// Whether a person must approve the preview first.
    pub fn needs_approval(&self) -> bool {
        self.approval
    }

    /// Who the credentials must turn out to be.
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// The same plan with what the environment expects now: a run is taken back by who is expected then.
    #[must_use]
    pub fn expecting(mut self, environment: &Environment) -> Self {
        self.expected = Expected::of(environment);
        self
    }

    /// This step alone, to ask who does it; `None` where nobody certain is expected of it.
    pub fn to_prove(&self, step: &PlanStep) -> Option<Self> {
        let names = || step.credentials.values();
        if !step.writes || !names().any(|name| self.expected.names(name)) {
            return None;
        }
        Some(Self {
            workflow: String::new(),
            title: String::new(),
            environment: self.environment.clone(),
            mode: self.mode,
            inputs: Map::new(),
            environment_values: Value::Null,
            slots: IndexMap::new(),
            credentials: IndexMap::new(),
            steps: vec![step.clone()],
            outputs: Map::new(),
            undoes: self.undoes.clone(),
            approval: false,
            expected: self.expected.clone(),
        })
    }

    /// A plan of one step that does nothing but take a credential, to ask the connector who it is.
    pub fn for_identity(
        operation: &OperationName,
        port: &str,
        credential: &CredentialName,
        environment: EnvironmentName,
        id: StepId,
        mode: Mode,
    ) -> Self {
        let step = PlanStep {
            id,
            title: String::new(),
            uses: operation.clone(),
            with: Map::new(),
            edges: Vec::new(),
            join: Join::All,
            condition: None,
            for_each: None,
            max_parallel: 1,
            max_failures: 0,
            retry: None,
            timeout: None,
            on_error: OnError::Stop,
            credentials: IndexMap::from([(port.to_owned(), credential.clone())]),
            off: false,
            undo: None,
            approval: false,
            writes: false,
            work: Work::Do,
            call: None,
            within: None,
        };
        Self {
            workflow: String::new(),
            title: String::new(),
            environment,
            mode,
            inputs: Map::new(),
            environment_values: Value::Null,
            slots: IndexMap::new(),
            credentials: IndexMap::new(),
            steps: vec![step],
            outputs: Map::new(),
            undoes: None,
            approval: false,
            expected: Expected::default(),
        }
    }
}
