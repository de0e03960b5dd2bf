//! Everything that a shell can ask of Podium, once: the window and the command line call the same
//! handlers.
//!
//! [`commands`] lists every command with its request and its response; a command without a handler does
//! not compile. The TypeScript types of the window are written from the same list.
//!
//! Not here: how anything is shown, and what only a desktop can do (`src-tauri`). Invariant: no command
//! gives a stored secret back (SECURITY, T1); `tests/desk/no_secret_comes_out.rs` tries the whole list.

mod batch;
mod commands;
mod drafts;
pub mod drawing;
mod error;
mod handlers;
mod link;
mod podium;
pub mod schemas;
pub mod types;
pub mod typescript;

pub use batch::{Batch, Batches};
pub use commands::{COMMANDS, CommandInfo};
pub use error::ApiError;
pub use handlers::demo::no_demo;
pub use handlers::records::read_record;
pub use link::open_link;
pub use podium::{Podium, connector_named};

/// The rooms below, so that a shell needs this crate alone.
pub use podium_connector as connector;
pub use podium_diagnostics as diagnostics;
pub use podium_engine as engine;
pub use podium_model as model;
pub use podium_plan as plan;
pub use podium_projections as projections;
pub use podium_runtime as runtime;
