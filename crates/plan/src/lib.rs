//! Document + catalogue → plan, and the preview document.
//!
//! [`compile`](fn@compile) is the only way to a new [`Plan`]; the engine never sees a document. Pure: no
//! clock, no files, no async. It never names a particular connector: what it knows of them are
//! manifests.
//!
//! The [`Preview`] is assembled here from the connectors' answers ([`podium_connector::StepPreview`]),
//! hashed, and put into words; asking the connectors is `runtime`.

mod call;
pub mod code;
mod compile;
mod departure;
mod graph;
mod library;
mod manifests;
mod plan;
mod port;
mod preview;
mod proof;
mod questions;
mod undo;

pub use call::Call;
pub use compile::{Asked, Binding, Compiled, ask, check, compile};
pub use departure::departure;
pub use graph::{Badge, CalledGraph, Graph, GraphEdge, GraphNode};
pub use library::{Library, Source};
pub use manifests::Manifests;
pub use plan::{Edge, EdgeKind, Plan, PlanStep, Work};
pub use port::{Converter, Fit, between, fitting};
pub use preview::{PREVIEW_FORMAT, Preview, PreviewIdentity, PreviewStep, StepAnswer, Summary};
pub use proof::{Expected, Proof, ProofStanding};
pub use undo::{DoneCall, DoneStep};
