//! The contract between Podium and a system: what it can do, as data, and the verbs every one answers.
//!
//! A connector never touches the world by itself. It builds requests as values (an HTTP call, a process
//! to start) and hands them to the [`Context`] that `runtime` gives it; retry, rate limits, tracing,
//! redaction and the refusal of writes during a preview are layers around that context.
//!
//! What a system cannot do is said before the wire, as [`Support::No`] with a reason; a verb is never
//! skipped in silence. `tests/contract` repeats the sentences of [`Connector`] as checks.

mod change;
mod connector;
mod context;
mod explained;
mod handover;
mod later;
mod login;
mod manifest;
mod outcome;
pub mod repeat;
mod request;
mod simulator;
mod transport;
pub mod weather;

pub use change::{Action, Change, Confidence, StepPreview, Undo, UndoClass};
pub use connector::Connector;
pub use context::{Context, Lease, LogLevel, LogLine, Mode, Phase, Progress, Tool};
pub use explained::{
    CODE, EXPLAINED, Explaining, Explanation, STATUS, When, explain, explanation, explanations,
};
pub use handover::{Fingerprint, Handover, write_private};
pub use later::{LATER, inside};
pub use login::LoginCode;
pub use manifest::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb,
};
pub use outcome::{
    Choice, Drawing, DrawnEdge, DrawnNode, Drift, DriftItem, Fact, Identity, Made, Observed,
    Outcome, Right, StillRunning, UndoRecord,
};
pub use request::{Inputs, Problem, StepRequest, Unknown, need};
pub use simulator::{SimulatedExit, SimulatedProcess, Simulator};
pub use transport::{
    Exit, HttpRequest, HttpResponse, Method, Process, ProcessEvent, ProcessSpec, SecretFile, Stop,
    Stream, Tls,
};
