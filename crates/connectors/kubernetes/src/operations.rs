//! What can be done to a cluster, and taken back.

pub(crate) mod apply_manifests;
pub(crate) mod delete_objects;
pub(crate) mod install_chart;
pub(crate) mod restart_workload;
pub(crate) mod restore_objects;
pub(crate) mod wait_for_objects;
