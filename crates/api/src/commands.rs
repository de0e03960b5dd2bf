//! Every command, once: name, request, response, handler.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ts_rs::TS;

use podium_connector::{Choice, Manifest};
use podium_diagnostics::{Code, Error, ErrorKind};
use podium_model::OperationName;
use podium_plan::Fit;
use podium_projections::{RunSummary, RunView};

use crate::types::{
    AddCredential, AnswerStep, ApproveRun, AskWhen, CallPractice, CheckInputs, CheckedInputs,
    CompareRun, Comparison, CopySteps, CreateSchedule, CreateVault, CreateWorkflow, CredentialRef,
    CredentialTest, CredentialView, DemoRemoved, DemoView, Discover, Doctor, DocumentView,
    DriftView, EditDocument, Empty, FindInLog, FoundInLog, Fragment, GetLogGroups, GetLogs, GetRun,
    GetSchedule, ImportRun, ImportedRun, InsideView, ListRuns, LogGroup, LogPage, LoginStarted,
    LookInside, LookInsideRun, MakePreview, PasteSteps, Pasted, PortsOf, PracticeAnswer,
    PracticeView, PreviewView, RemoveDemo, ResetPractice, RunName, RunSchedule, RunStarted,
    ScheduleName, ScheduleView, SchedulesView, SearchedCredential, ServePractice, ServedPractice,
    SetText, SetWeather, SettingsView, StartRun, SwitchOn, Tidy, Tried, TryExpression, VaultView,
    WhatFits, WhenView, WorkflowName, WorkflowTile, WorkspaceView,
};
use crate::{ApiError, Podium};

/// What is known of a command without calling it.
#[derive(Clone, Copy, Debug)]
pub struct CommandInfo {
    /// Its name.
    pub name: &'static str,
    /// Its request's type in TypeScript.
    pub request: fn() -> String,
    /// Its response's type in TypeScript.
    pub response: fn() -> String,
    /// What it does.
    pub about: &'static str,
}

macro_rules! commands {
    ($($(#[doc = $about:literal])* $name:literal: $request:ty => $response:ty, $handler:ident;)*) => {
        /// Every command.
        pub const COMMANDS: &[CommandInfo] = &[$(CommandInfo {
            name: $name,
            request: ts_name::<$request>,
            response: ts_name::<$response>,
            about: concat!($($about),*),
        }),*];

        impl Podium {
            /// Carries out a command by name. What a shell sends is checked against the command's type.
            pub async fn call(&self, name: &str, request: Value) -> Result<Value, ApiError> {
                match name {
                    $($name => {
                        let response: $response = self.$handler(read::<$request>(name, request)?).await?;
                        write(&response)
                    })*
                    _ => Err(unknown(name)),
                }
            }
        }

        /// Visits the TypeScript type of every request and response.
        pub(crate) fn visit_types(visitor: &mut impl ts_rs::TypeVisitor) {
            $(
                visitor.visit::<$request>();
                visitor.visit::<$response>();
            )*
        }
    };
}

commands! {
    /// The workspace that is open.
    "workspace.get": Empty => WorkspaceView, workspace_get;
    /// The workflows, for the home page.
    "workflow.list": Empty => Vec<WorkflowTile>, workflow_list;
    /// Makes an empty workflow.
    "workflow.create": CreateWorkflow => DocumentView, workflow_create;
    /// Opens a workflow for editing.
    "document.open": WorkflowName => DocumentView, document_open;
    /// Changes a workflow from canvas or inspector.
    "document.edit": EditDocument => DocumentView, document_edit;
    /// Replaces the text of a workflow.
    "document.set_text": SetText => DocumentView, document_set_text;
    /// Takes back the newest edit.
    "document.undo": WorkflowName => DocumentView, document_undo;
    /// Does again what was taken back.
    "document.redo": WorkflowName => DocumentView, document_redo;
    /// Puts nodes in order.
    "document.tidy": Tidy => DocumentView, document_tidy;
    /// A selection as text, for the clipboard.
    "document.copy": CopySteps => Fragment, document_copy;
    /// Puts a selection into a workflow, as one step of undo.
    "document.paste": PasteSteps => Pasted, document_paste;
    /// What flows between two operations, and what does not.
    "port.between": PortsOf => Vec<Fit>, port_between;
    /// The operations that take something of what one gives.
    "port.fitting": WhatFits => Vec<OperationName>, port_fitting;
    /// What an expression gives with the values of the newest run.
    "expression.try": TryExpression => Tried, expression_try;
    /// The connectors and their operations.
    "connector.list": Empty => Vec<Manifest>, connector_list;
    /// Live choices of a field.
    "connector.discover": Discover => Vec<Choice>, connector_discover;
    /// What a workflow asks for with the answers so far, and what is wrong with them.
    "inputs.check": CheckInputs => CheckedInputs, inputs_check;
    /// What a run would change everywhere.
    "preview.make": MakePreview => PreviewView, preview_make;
    /// Begins what was previewed.
    "run.start": StartRun => RunStarted, run_start;
    /// The history.
    "run.list": ListRuns => Vec<RunSummary>, run_list;
    /// A run, now or at a moment.
    "run.get": GetRun => RunView, run_get;
    /// Log lines.
    "run.logs": GetLogs => LogPage, run_logs;
    /// Where a text is in a log.
    "run.find_log": FindInLog => FoundInLog, run_find_log;
    /// Parts of a log that can be folded.
    "run.log_groups": GetLogGroups => Vec<LogGroup>, run_log_groups;
    /// What is different between a run and another one, or what it would be today.
    "run.compare": CompareRun => Comparison, run_compare;
    /// Brings the record of a run of elsewhere into the history, to look at.
    "run.import": ImportRun => ImportedRun, run_import;
    /// Stops a run gently.
    "run.cancel": RunName => Empty, run_cancel;
    /// Says yes to the preview of a run that waits for it.
    "run.approve": ApproveRun => Empty, run_approve;
    /// A person's answer at a step.
    "run.answer": AnswerStep => Empty, run_answer;
    /// What taking a run back would change.
    "run.preview_undo": RunName => PreviewView, run_preview_undo;
    /// The schedules, and what this computer knows of them.
    "schedule.list": Empty => SchedulesView, schedule_list;
    /// A schedule with its next times.
    "schedule.get": GetSchedule => ScheduleView, schedule_get;
    /// When a cron expression is due, before it stands in a file.
    "schedule.when": AskWhen => WhenView, schedule_when;
    /// Makes a schedule: a file of the workspace. It is off.
    "schedule.create": CreateSchedule => ScheduleView, schedule_create;
    /// Switches a schedule on, on this computer, as a person has just seen it.
    "schedule.on": SwitchOn => ScheduleView, schedule_on;
    /// Switches a schedule off, on this computer.
    "schedule.off": ScheduleName => ScheduleView, schedule_off;
    /// What the run of a schedule would change now: to try it, or for a time that was missed. `run.start`
    /// begins it.
    "schedule.preview": RunSchedule => PreviewView, schedule_preview;
    /// Leaves the times that were missed; the next one counts.
    "schedule.leave": ScheduleName => ScheduleView, schedule_leave;
    /// The graph inside a step, as its system draws it.
    "step.inside": LookInside => InsideView, step_inside;
    /// The same for a step of a run.
    "run.inside": LookInsideRun => InsideView, run_inside;
    /// Begins to look whether what a run left is still so.
    "drift.look": RunName => DriftView, drift_look;
    /// What the newest look has found so far.
    "drift.get": RunName => Option<DriftView>, drift_get;
    /// Stops looking.
    "drift.stop": RunName => Option<DriftView>, drift_stop;
    /// The state of the vault.
    "vault.get": Empty => VaultView, vault_get;
    /// Makes the vault.
    "vault.create": CreateVault => VaultView, vault_create;
    /// Opens the vault.
    "vault.unlock": CreateVault => VaultView, vault_unlock;
    /// Closes the vault.
    "vault.lock": Empty => VaultView, vault_lock;
    /// The stored credentials, without anything secret.
    "credential.list": Empty => Vec<CredentialView>, credential_list;
    /// Stores a credential. Its values go in and never come out.
    "credential.add": AddCredential => CredentialView, credential_add;
    /// Proves a credential with a call that only looks.
    "credential.test": CredentialRef => CredentialTest, credential_test;
    /// Begins a login of a person: a code to enter in a browser. One of before is given up.
    "credential.login": CredentialRef => LoginStarted, credential_login;
    /// Waits until that login is done; keeps what came of it and proves it.
    "credential.login_wait": CredentialRef => CredentialTest, credential_login_wait;
    /// Gives that login up.
    "credential.login_cancel": CredentialRef => Empty, credential_login_cancel;
    /// Searches everything that Podium has on this computer for a credential's secrets.
    "credential.search": CredentialRef => SearchedCredential, credential_search;
    /// Removes a credential.
    "credential.remove": CredentialRef => Empty, credential_remove;
    /// The practice clouds: where they are served, where their state lies, what weather is over them.
    "practice.list": Empty => Vec<PracticeView>, practice_list;
    /// Serves simulators on loopback, as long as this process lives.
    "practice.serve": ServePractice => Vec<ServedPractice>, practice_serve;
    /// Calls a practice cloud past Podium, as a colleague at its console would.
    "practice.call": CallPractice => PracticeAnswer, practice_call;
    /// Sets the weather over a practice cloud, or tells it.
    "practice.weather": SetWeather => PracticeView, practice_weather;
    /// Forgets what practice clouds hold; gives those that held something.
    "practice.reset": ResetPractice => Vec<PracticeView>, practice_reset;
    /// What would go and what would stay if the demo that is open were removed.
    "demo.preview": Empty => DemoView, demo_preview;
    /// Removes the demo that is open: what stands is taken back first.
    "demo.remove": RemoveDemo => DemoRemoved, demo_remove;
    /// What a person has chosen on this computer.
    "settings.get": Empty => SettingsView, settings_get;
    /// Changes that.
    "settings.set": SettingsView => SettingsView, settings_set;
    /// Somebody is there.
    "person.here": Empty => Empty, person_here;
    /// What is there and what is missing on this computer.
    "doctor.get": Empty => Doctor, doctor_get;
}

fn read<T: DeserializeOwned>(name: &str, request: Value) -> Result<T, ApiError> {
    let request = if request.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        request
    };
    serde_json::from_value(request).map_err(|error| {
        // The text of the error may quote what was sent, and that may be a secret.
        let place = error.classify();
        Error::new(
            ErrorKind::Invalid,
            Code::new("POD0806"),
            format!("The request of `{name}` has not the shape that it must have ({place:?})."),
        )
        .with_hint("This is a defect of the shell; the shapes are in docs/schemas.")
        .into()
    })
}

fn write<T: Serialize>(response: &T) -> Result<Value, ApiError> {
    serde_json::to_value(response).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            Code::new("POD0807"),
            "The answer could not be written as JSON.",
        )
        .with_source(error)
        .into()
    })
}

fn unknown(name: &str) -> ApiError {
    let shown: String = name.chars().take(60).collect();
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0808"),
        format!("There is no command `{shown}`."),
    )
    .with_hint("This is a defect of the shell, or it belongs to another version of Podium.")
    .into()
}

fn ts_name<T: TS>() -> String {
    T::name(&crate::typescript::config())
}
