//! What can be done with a runbook, and taken back.

pub(crate) mod call_webhook;
pub(crate) mod draw_runbook;
pub(crate) mod follow_job;
pub(crate) mod look_around;
pub(crate) mod preview_run;
pub(crate) mod run_runbook;
pub(crate) mod schedule_runbook;
