//! The connector against its practice server, and against replies as they were read in AWX's source.

#![allow(clippy::unwrap_used, reason = "a check that cannot go on has failed")]

mod launch;
mod specification;
mod workflow;
mod world;
