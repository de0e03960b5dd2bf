//! The core steps through their verbs, on real folders, processes and loopback.

mod command;
mod file;
mod http;
mod site;
mod small;
