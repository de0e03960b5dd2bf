//! The core steps through their verbs, on real folders, processes and loopback.

#![allow(clippy::unwrap_used, reason = "a check that cannot go on has failed")]

mod command;
mod file;
mod http;
mod site;
mod small;
