//! The operations, one file each.

pub(crate) mod create_release;
pub(crate) mod deploy_release;
pub(crate) mod run_runbook;
mod started;
