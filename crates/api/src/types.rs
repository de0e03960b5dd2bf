//! Requests and responses that no lower room has a type for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use podium_connector::LogLine;
use podium_diagnostics::{Code, Diagnostic, Error};
use podium_model::document::Document;
use podium_model::edit::Edit;
use podium_model::layout::{Frame, Layout, Note, Place};
use podium_model::{CredentialName, EnvironmentName, OperationName, RunId, StepId};
use podium_plan::{Graph, Preview};
use podium_projections::RunSummary;

mod demo;
mod drift;
mod environments;
mod inside;
mod practice;
mod records;
mod schedules;
mod search;

pub use demo::{DemoRemoved, DemoStanding, DemoStays, DemoView, RemoveDemo};
pub use drift::{DriftHow, DriftRow, DriftState, DriftThing, DriftView, Stands};
pub use environments::{ApproveRun, EnvironmentView, WindowView};
pub use inside::{InsideView, LookInside, LookInsideRun};
pub use practice::{
    AddPractice, CallPractice, PracticeAnswer, PracticeIdentity, PracticeView, ResetPractice,
    ServePractice, ServedPractice, SetWeather, WeatherRule,
};
pub use records::{ImportRun, ImportedRun};
pub use schedules::{
    AskWhen, CreateSchedule, DueView, GetSchedule, HandledView, MissedView, Outcome, RunSchedule,
    ScheduleName, ScheduleState, ScheduleView, SchedulesView, SwitchOn, Watched, WhenView,
};
pub use search::{FoundSecret, SearchedCredential};

/// A request without anything in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Empty {}

/// The workspace that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WorkspaceView {
    /// What people call it.
    pub name: String,
    /// Its folder, for people.
    pub folder: String,
    /// Its environments, in their order.
    pub environments: Vec<EnvironmentView>,
    /// Where one goes that names none.
    pub default_environment: Option<EnvironmentName>,
    /// What is wrong with `podium.yaml` and the environments.
    pub diagnostics: Vec<Diagnostic>,
    /// Who is here, by the name they have on this computer.
    pub person: String,
    /// Whether it is a demo that Podium made, and can remove again.
    pub demo: bool,
}

/// What a person has chosen on this computer, for all workspaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SettingsView {
    /// The vault locks itself after so many minutes without anybody; never where absent.
    #[serde(default)]
    pub lock_after_minutes: Option<u32>,
}

/// A workflow on the home page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WorkflowTile {
    /// Its name in the workspace.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// One or two sentences.
    pub description: String,
    /// Ids of the connectors it uses, in the order of its steps.
    pub systems: Vec<String>,
    /// How many steps.
    pub steps: u32,
    /// How many problems stop it.
    pub problems: u32,
    /// Its inputs' JSON Schemas, in order.
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
    /// Its newest run.
    pub last_run: Option<RunSummary>,
    /// The heading under which it stands; empty where it has none.
    pub category: String,
    /// Its picture: the name of an icon, or one sign; empty where it has none.
    pub icon: String,
    /// Whether this person may run it, as `podium.yaml` says.
    pub may_run: bool,
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WorkflowName {
    /// Its name in the workspace.
    pub workflow: String,
}

/// A new workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CreateWorkflow {
    /// What people call it; its file name is made from it.
    pub title: String,
}

/// A workflow, open for editing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DocumentView {
    /// Its name in the workspace.
    pub workflow: String,
    /// Its file, relative to the workspace.
    pub file: String,
    /// The text.
    pub text: String,
    /// The version of text and layout together; an edit names the version it was made on.
    pub version: String,
    /// The text as data; absent where it cannot be read.
    pub document: Option<Document>,
    /// What to draw; as good as it can be where there are errors.
    pub graph: Graph,
    /// Where the nodes stand.
    pub layout: Layout,
    /// What is wrong, worst first.
    pub diagnostics: Vec<Diagnostic>,
    /// What undo would take back.
    pub undo: Option<String>,
    /// What redo would do again.
    pub redo: Option<String>,
}

/// An edit of a workflow from the canvas or the inspector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct EditDocument {
    /// The workflow.
    pub workflow: String,
    /// The version that the edit was made on.
    pub version: String,
    /// What undo will call it: `Add a step`.
    pub label: String,
    /// Edits of the same key within a short time become one step of undo (typing in one field).
    #[serde(default)]
    #[ts(optional)]
    pub merge: Option<String>,
    /// Changes of the text.
    #[serde(default)]
    pub edits: Vec<Edit>,
    /// Changes of places.
    #[serde(default)]
    pub moves: BTreeMap<String, Place>,
    /// Steps that tidying never moves, or moves again.
    #[serde(default)]
    #[ts(optional, as = "Option<BTreeMap<String, bool>>")]
    pub pins: BTreeMap<String, bool>,
    /// Frames as they are to be; null takes one away.
    #[serde(default)]
    #[ts(optional, as = "Option<BTreeMap<String, Option<Frame>>>")]
    pub frames: BTreeMap<String, Option<Frame>>,
    /// Notes as they are to be; null takes one away.
    #[serde(default)]
    #[ts(optional, as = "Option<BTreeMap<String, Option<Note>>>")]
    pub notes: BTreeMap<String, Option<Note>>,
}

/// What is to be copied out of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CopySteps {
    /// The workflow.
    pub workflow: String,
    /// Steps.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Frames.
    #[serde(default)]
    pub frames: Vec<String>,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A selection as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Fragment {
    /// For the clipboard.
    pub text: String,
}

/// What is to be put into a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PasteSteps {
    /// The workflow.
    pub workflow: String,
    /// The version that it is put into.
    pub version: String,
    /// What undo will call it: `Paste 3 steps`.
    pub label: String,
    /// From the clipboard.
    pub text: String,
    /// Where its upper left corner comes to stand; beside where it was copied where absent.
    #[serde(default)]
    #[ts(optional)]
    pub at: Option<Place>,
}

/// What was put into a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Pasted {
    /// The workflow with it.
    pub view: DocumentView,
    /// The new steps.
    pub steps: Vec<String>,
    /// The new frames.
    pub frames: Vec<String>,
    /// The new notes.
    pub notes: Vec<String>,
}

/// Two operations that are to be connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PortsOf {
    /// The operation that gives.
    pub from: OperationName,
    /// The step that expressions name.
    pub step: String,
    /// The operation that takes.
    pub to: OperationName,
}

/// An operation that gives something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WhatFits {
    /// The operation.
    pub from: OperationName,
}

/// An expression to try on the newest run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TryExpression {
    /// The workflow.
    pub workflow: String,
    /// The expression, bare or with `${{ }}`.
    pub text: String,
}

/// What an expression gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Tried {
    /// The run whose values were used; absent where there is none yet.
    pub run: Option<RunId>,
    /// When that run was made.
    #[ts(type = "number | null")]
    pub at: Option<i64>,
    /// The value, as far as it may be shown.
    #[ts(type = "any")]
    pub value: Option<Value>,
    /// Why there is none, as a sentence.
    pub because: Option<String>,
}

/// A new text from the text editor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SetText {
    /// The workflow.
    pub workflow: String,
    /// The version that the edit was made on.
    pub version: String,
    /// The whole text.
    pub text: String,
}

/// Putting nodes in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Tidy {
    /// The workflow.
    pub workflow: String,
    /// The version that the edit was made on.
    pub version: String,
    /// Only these steps; all where empty.
    #[serde(default)]
    pub only: Vec<StepId>,
}

/// Asking what a run would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct MakePreview {
    /// The workflow.
    pub workflow: String,
    /// Where; the workspace's default where absent.
    #[serde(default)]
    #[ts(optional)]
    pub environment: Option<EnvironmentName>,
    /// Inputs; the schema's defaults where absent.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
}

/// Asking what a workflow asks for, with the answers so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CheckInputs {
    /// The workflow.
    pub workflow: String,
    /// The answers so far, also those to inputs that are not asked for by now.
    #[serde(default)]
    #[ts(type = "Record<string, any>")]
    pub inputs: Map<String, Value>,
}

/// What a workflow asks for, and what is wrong with the answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CheckedInputs {
    /// The inputs that are asked for, in the order of the file. Only these are sent.
    pub asked: Vec<String>,
    /// What is wrong with their values.
    pub problems: Vec<InputProblem>,
}

/// What is wrong with one value in a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct InputProblem {
    /// Where: a JSON pointer into the answers.
    pub field: String,
    /// The code.
    pub code: Code,
    /// Nothing was given, rather than something wrong.
    pub missing: bool,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A preview and the graph it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PreviewView {
    /// The preview.
    pub preview: Preview,
    /// What people call the workflow.
    pub title: String,
    /// The graph.
    pub graph: Graph,
    /// Where the nodes stand.
    pub layout: Layout,
    /// The environment.
    pub environment: EnvironmentView,
    /// Warnings of the document.
    pub diagnostics: Vec<Diagnostic>,
    /// The newest run of the same that stands: what it left may have been changed by hand since.
    pub stands: Option<Stands>,
}

/// Beginning what was previewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StartRun {
    /// The hash of the preview that the person saw.
    pub hash: String,
    /// The environment's name, where it asks for that.
    #[serde(default)]
    #[ts(optional)]
    pub confirm: Option<String>,
    /// Whether this click is also the approval, where the environment asks for one and the person may
    /// give it.
    #[serde(default)]
    pub approve: bool,
    /// Why it is to begin outside the environment's window, or in a freeze.
    #[serde(default)]
    #[ts(optional)]
    pub override_window: Option<String>,
}

/// A run was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunStarted {
    /// Its id.
    pub run: RunId,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunName {
    /// Its id.
    pub run: RunId,
}

/// A run, now or at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GetRun {
    /// Its id.
    pub run: RunId,
    /// As it was after this event; now where absent.
    #[serde(default)]
    #[ts(optional, type = "number")]
    pub at: Option<u64>,
}

/// Which runs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ListRuns {
    /// Only of this workflow.
    #[serde(default)]
    #[ts(optional)]
    pub workflow: Option<String>,
    /// At the most so many, newest first; 100 where absent.
    #[serde(default)]
    #[ts(optional)]
    pub limit: Option<u32>,
}

/// Asking what is different between a run and another one, or what it would be today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CompareRun {
    /// The run.
    pub run: RunId,
    /// The other one; the workflow as it is now where absent.
    #[serde(default)]
    #[ts(optional)]
    pub with: Option<RunId>,
}

/// What is different between a run and another one, or what it would be today.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Comparison {
    /// Answers that differ.
    pub inputs: Vec<Difference>,
    /// What else differs: the environment's variables, bound credentials, results.
    pub settings: Vec<Difference>,
    /// Steps that differ, in the order of the run; those that are new at the end.
    pub steps: Vec<StepDifference>,
    /// Why the workflow cannot be planned today; then only what the run had is known.
    pub problem: Option<Error>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Difference {
    /// What: a path such as `with.variables.branch`.
    pub what: String,
    /// In the run; absent where it was not there.
    #[ts(type = "any")]
    pub before: Option<Value>,
    /// In the other one; absent where it is not there.
    #[ts(type = "any")]
    pub after: Option<Value>,
}

/// A step that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StepDifference {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How it differs.
    pub how: HowDifferent,
    /// What differs in it, where it is in both.
    pub fields: Vec<Difference>,
}

/// How a step differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum HowDifferent {
    /// Only the other one has it.
    Added,
    /// Only the run has it.
    Removed,
    /// Both have it, not alike.
    Changed,
}

/// Which log lines to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GetLogs {
    /// The run.
    pub run: RunId,
    /// Only of this step.
    #[serde(default)]
    #[ts(optional)]
    pub step: Option<String>,
    /// From this line on, counted from 0.
    #[serde(default)]
    #[ts(type = "number")]
    pub from: u64,
    /// At the most so many; 1,000 where absent.
    #[serde(default)]
    #[ts(optional)]
    pub limit: Option<u32>,
}

/// Log lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogEntry>,
    /// How many there are in all.
    #[ts(type = "number")]
    pub total: u64,
}

/// Where a text is in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FindInLog {
    /// The run.
    pub run: RunId,
    /// Only of this step.
    #[serde(default)]
    #[ts(optional)]
    pub step: Option<String>,
    /// The text; capitals do not count.
    pub text: String,
    /// The line from which the search goes on.
    #[ts(type = "number")]
    pub near: u64,
    /// Whether it goes back: to the match before `near`; else to the one at `near` or after.
    #[serde(default)]
    pub back: bool,
}

/// What a search in a log found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FoundInLog {
    /// How many lines have the text in them.
    #[ts(type = "number")]
    pub count: u64,
    /// Which of them this is, counted from 1; 0 where there is none.
    #[ts(type = "number")]
    pub which: u64,
    /// Its number in the log; absent where there is none.
    #[ts(type = "number | null")]
    pub line: Option<u64>,
}

/// Asking which parts of a log can be folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GetLogGroups {
    /// The run.
    pub run: RunId,
    /// Only of this step.
    #[serde(default)]
    #[ts(optional)]
    pub step: Option<String>,
}

/// A part of a log that can be folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogGroup {
    /// Its first line, which stays in sight.
    #[ts(type = "number")]
    pub from: u64,
    /// The line after its last one.
    #[ts(type = "number")]
    pub to: u64,
    /// What it is called.
    pub title: String,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogEntry {
    /// Its number, counted from 0.
    #[ts(type = "number")]
    pub number: u64,
    /// The step.
    pub step: String,
    /// When, RFC 3339.
    pub at: String,
    /// The line.
    #[serde(flatten)]
    pub line: LogLine,
}

/// A person's answer at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AnswerStep {
    /// The run.
    pub run: RunId,
    /// The step, or one element of it (`servers[2]`).
    pub step: String,
    /// What they say.
    pub answer: PersonsAnswer,
    /// Their remark.
    #[serde(default)]
    #[ts(optional)]
    pub comment: Option<String>,
}

/// What a person can say at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum PersonsAnswer {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// Try it again, with these inputs in place of the ones of the same names.
    Retry {
        /// The changed inputs.
        #[serde(default)]
        #[ts(type = "Record<string, any>")]
        with: Map<String, Value>,
    },
    /// Leave it out.
    Skip,
    /// It is done: somebody looked.
    Done,
    /// It failed; the run stops.
    Stop,
    /// It failed; the rest goes on.
    GoOn,
}

/// The vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum VaultView {
    /// There is none yet.
    Empty {
        /// Whether this computer has a keychain that can hold its key.
        keychain: bool,
        /// Why not.
        because: Option<String>,
    },
    /// It must be opened.
    Locked {
        /// Whether a passphrase opens it (else the keychain does).
        passphrase: bool,
        /// Why, in words.
        because: String,
    },
    /// It is open.
    Open {
        /// Where its key is, in words.
        key: String,
    },
}

/// Making the vault.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct CreateVault {
    /// The passphrase; absent for the keychain.
    #[serde(default)]
    #[ts(optional)]
    pub passphrase: Option<String>,
}

/// A stored credential, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CredentialView {
    /// Its name.
    pub name: CredentialName,
    /// Its kind.
    pub kind: String,
    /// What people call the kind.
    pub label: String,
    /// Fields that are no secret.
    pub fields: BTreeMap<String, String>,
    /// Names of fields that are, and are stored.
    pub hidden: Vec<String>,
    /// When it was stored, RFC 3339.
    pub created: String,
    /// Environments that use it.
    pub used_in: Vec<EnvironmentName>,
    /// The newest test.
    pub tested: Option<CredentialTest>,
    /// Whether a person can log in for it, in place of typing its secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub logs_in: bool,
    /// Set where it is invented, for practice clouds alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub practice: Option<PracticeIdentity>,
}

/// What a test of a credential gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CredentialTest {
    /// When, RFC 3339.
    pub at: String,
    /// Who it is; absent where the test failed or the kind has no identity.
    pub identity: Option<podium_connector::Identity>,
    /// Why it failed.
    pub error: Option<Error>,
    /// In one sentence.
    pub words: String,
    /// What it may do, as far as calls that only look can tell; empty where they cannot.
    #[serde(default)]
    pub rights: Vec<podium_connector::Right>,
}

/// A credential to store. The secret values go in and never come out.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct AddCredential {
    /// Its name.
    pub name: CredentialName,
    /// Its kind.
    pub kind: String,
    /// All fields, secret or not; the kind says which are.
    pub fields: BTreeMap<String, String>,
    /// It is invented, for practice clouds alone; fields that are wanted and not given are made up.
    #[serde(default)]
    #[ts(optional)]
    pub practice: Option<AddPractice>,
}

/// A stored credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CredentialRef {
    /// Its name.
    pub name: CredentialName,
}

/// A login that was begun: a person enters the code at the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LoginStarted {
    /// The credential that it is for.
    pub name: CredentialName,
    /// What to enter; short-lived, and of no use to anybody else.
    pub code: String,
    /// Where, in a browser of any computer.
    pub address: String,
    /// When it ends, RFC 3339.
    pub until: String,
}

/// Asking for the choices of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Discover {
    /// The workflow.
    pub workflow: String,
    /// Where to look; the workspace's default where absent.
    #[serde(default)]
    #[ts(optional)]
    pub environment: Option<EnvironmentName>,
    /// The step.
    pub step: StepId,
    /// What, as the schema's `x-podium-discover` names it.
    pub what: String,
}

/// What is there and what is missing on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Doctor {
    /// The checks.
    pub checks: Vec<Check>,
}

/// One check of the doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Check {
    /// What was looked at: `Terraform`.
    pub what: String,
    /// How it is.
    pub state: CheckState,
    /// In one sentence, with version and place.
    pub detail: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub hint: Option<String>,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It is there.
    Good,
    /// It is missing, and some steps cannot run.
    Missing,
    /// It is there and not right.
    Trouble,
}
