//! What can be done with a template, and taken back.

pub(crate) mod draw_template;
pub(crate) mod follow_job;
pub(crate) mod follow_workflow;
pub(crate) mod launch_template;
pub(crate) mod look_around;
pub(crate) mod preview_launch;
