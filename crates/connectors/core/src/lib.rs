//! The steps that need no far system of their own: approval, HTTP, command, file, site, wait, and
//! calling another workflow.
//!
//! Each is a connector of its own with the prefix of its operations; [`connectors`] gives them all.
//! Their effects on this computer (a page on 127.0.0.1, files in the sandbox) are real in practice
//! environments too; HTTP to other computers and commands are played there.
//!
//! Not here: waiting for people and running child workflows. Those belong to the run; the manifests
//! mark them with `x-podium-waits` and `x-podium-runs`.
//!
//! Invariants: no path leaves the folder it starts in, not by `..` and not by a link; what is
//! overwritten is kept first; nothing is stopped by its process id.

mod approval;
mod command;
mod file;
mod http;
mod manifest;
mod place;
pub mod site;
mod wait;
mod words;
mod workflow;

use std::sync::Arc;

use podium_connector::Connector;

pub use approval::Approval;
pub use command::Command;
pub use file::File;
pub use http::Http;
pub use site::Site;
pub use wait::Wait;
pub use workflow::Workflow;

/// The core connectors, in the order of the palette.
pub fn connectors() -> Vec<Arc<dyn Connector>> {
    vec![
        Arc::new(Approval::new()),
        Arc::new(Http::new()),
        Arc::new(Command::new()),
        Arc::new(File::new()),
        Arc::new(Site::new()),
        Arc::new(Wait::new()),
        Arc::new(Workflow::new()),
    ]
}
