//! Ids, values and the workflow document: its text, its meaning, its versions.
//!
//! Everything here is pure: no clock, no randomness, no files, no async. Text comes in as `&str` and
//! goes out as `String`; who reads and writes files is `runtime`.
//!
//! Not here: whether a document can run (that is `plan::compile`, which knows the connectors).

pub mod document;
pub mod duration;
pub mod edit;
pub mod environment;
pub mod expression;
pub mod history;
pub mod id;
pub mod layout;
pub mod nearest;
pub mod parse;
pub mod schedule;
pub mod schema;
mod stack;
pub mod tree;
pub mod wanted;
#[doc(hidden)]
pub mod work;
pub mod workspace;

pub use document::Document;
pub use environment::Environment;
pub use id::{CredentialName, EnvironmentName, OperationName, RunId, StepId};
pub use schedule::Schedule;
pub use wanted::WantedTool;
pub use workspace::{CatalogEntry, Workspace};
