//! What Orchestrator does for a step.

pub(crate) mod launch_offering;
