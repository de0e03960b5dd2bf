//! The connector against its practice cloud, and against replies as the specification has them.

#![allow(clippy::unwrap_used, reason = "a check that cannot go on has failed")]

mod device;
mod login;
mod run;
mod schedule;
mod specification;
mod webhook;
mod world;
