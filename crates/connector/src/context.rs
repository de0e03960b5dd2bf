//! What a connector may use while it answers a verb.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use podium_diagnostics::Result;
use podium_model::CredentialName;
use podium_secret::Secret;

use crate::outcome::Made;
use crate::transport::{HttpRequest, HttpResponse, Process, ProcessSpec};

/// Whether the far system is the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The real one.
    Real,
    /// A simulator of Podium.
    Simulated,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Only looking; everything else is refused by the context.
    Read,
    /// Also writing.
    Write,
}

/// A credential, lent for one attempt.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The name under which it is stored.
    pub credential: CredentialName,
    /// Its kind.
    pub kind: String,
    /// Fields that are no secret.
    pub fields: BTreeMap<String, String>,
    /// Fields that are.
    pub secrets: BTreeMap<String, Secret>,
}

/// A tool found on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Tool {
    /// The name asked for, for example `terraform`.
    pub name: String,
    /// Where it is, absolute.
    pub path: PathBuf,
}

/// What a step does now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Progress {
    /// One sentence in the present: `Creating the stack shop`.
    pub words: String,
    /// The thing it is about: a resource's address, a host, a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub about: Option<String>,
    /// The state of that thing in the system's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub status: Option<String>,
    /// Things done so far, of how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub done: Option<(u32, u32)>,
    /// Something made just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub made: Option<Made>,
}

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For the curious.
    Debug,
    /// As the tool prints it.
    Info,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

/// One line of a step's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LogLine {
    /// How loud.
    pub level: LogLevel,
    /// The text, without the line end.
    pub text: String,
}

/// What `runtime` gives a connector for one verb of one step.
#[async_trait]
pub trait Context: Send + Sync {
    /// The workspace's folder; relative paths in inputs start here, and stay inside.
    fn workspace(&self) -> &Path;
    /// A folder of this attempt alone, mode 0700, on memory where the system has such a place. It and
    /// what is in it go when the attempt ends.
    fn private(&self) -> &Path;
    /// A folder of this step in this run, mode 0700, on disk; it stays for the undo.
    fn keep(&self) -> &Path;
    /// The folder of real effects on this computer that the demo may make and undo removes; the same
    /// for all runs of a workspace.
    fn sandbox(&self) -> &Path;
    /// A folder of this connector in this workspace, mode 0700, on disk; the same for all runs. What is
    /// in it may be lost without harm: downloaded plugins, notes on what was applied last.
    fn cache(&self) -> &Path {
        self.keep()
    }
    /// A folder that is handed from a preview to the run of that very preview, mode 0700, in private
    /// space as [`Context::private`]: what `preview` leaves here, `recall` and `run` of the same step
    /// find. It goes when the step or the run ends, and with a preview that nobody runs. Absent where
    /// there is no such run.
    fn handover(&self) -> Option<&Path> {
        None
    }
    /// Whether the far system is real.
    fn mode(&self) -> Mode;
    /// What may be done.
    fn phase(&self) -> Phase;
    /// The base address of the simulator of a connector, `http://127.0.0.1:PORT`, in
    /// [`Mode::Simulated`] where the connector's simulator speaks HTTP.
    fn simulator(&self) -> Option<&str>;

    /// The credential at a port of the operation.
    fn credential(&self, port: &str) -> Option<&Lease>;
    /// All credentials at ports that begin with `secrets.`: the rest of the name, and the lease.
    fn secrets(&self) -> Vec<(String, Lease)>;
    /// Finds a tool: the workspace's pinned one, else the first on `PATH`, never one inside the
    /// workspace. Fails with [`ErrorKind::MissingTool`](podium_diagnostics::ErrorKind::MissingTool) and
    /// says how to get it. In [`Mode::Simulated`] it gives the simulator's program.
    async fn tool(&self, names: &[&str]) -> Result<Tool>;

    /// Sends an HTTP request through the layers.
    async fn http(&self, request: HttpRequest) -> Result<HttpResponse>;
    /// Starts a process under its supervisor, or joins or replays it (see [`ProcessSpec::label`]).
    async fn process(&self, spec: ProcessSpec) -> Result<Box<dyn Process>>;
    /// Waits. Ends early when the run is cancelled.
    async fn sleep(&self, time: Duration);
    /// Waits, also when the run is cancelled: for a far system that needs time to stop. Short times only.
    async fn pause(&self, time: Duration);
    /// Now: milliseconds since 1970 (UTC).
    fn now(&self) -> i64;

    /// Says what the step does now. In the journal before it is shown.
    fn progress(&self, progress: Progress);
    /// Adds a line to the step's log, through the redactor.
    fn log(&self, line: LogLine);
    /// Keeps the id that the far system gave; durable when this returns. Call it once, as soon as it is
    /// known.
    async fn accepted(&self, remote: &str) -> Result<()>;
    /// Whether the run was cancelled.
    fn is_cancelled(&self) -> bool;
}
