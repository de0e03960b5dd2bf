//! The connector against its practice server, and against replies as they were read in AWX's source.

mod launch;
mod workflow;
mod world;
