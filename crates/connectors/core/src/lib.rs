//! The steps that need no far system of their own: approval, HTTP, command, file, site, wait, and
//! calling another workflow.
//!
//! Each is a connector of its own with the prefix of its operations; [`connectors`] gives them all.
//! Their effects on this computer (a page on 127.0.0.1, files in the sandbox) are real in practice
//! environments too; HTTP to other computers and commands are played there.

mod manifest;
mod pending;

use std::sync::Arc;

use podium_connector::Connector;

/// The core connectors, in the order of the palette.
pub fn connectors() -> Vec<Arc<dyn Connector>> {
    [
        manifest::approval(),
        manifest::http(),
        manifest::command(),
        manifest::file(),
        manifest::site(),
        manifest::wait(),
        manifest::workflow(),
    ]
    .into_iter()
    .map(|manifest| Arc::new(pending::Pending(manifest)) as Arc<dyn Connector>)
    .collect()
}
