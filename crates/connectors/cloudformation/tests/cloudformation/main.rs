//! CloudFormation through its verbs: the same checks against the practice cloud and against a real
//! AWS API server (`real_…`), and what only the practice cloud can show.

#![allow(clippy::unwrap_used, reason = "a check that cannot go on has failed")]

mod bucket;
mod checks;
mod client;
mod long;
mod nested;
mod practice;
mod real;
mod specification;
mod trouble;
mod upkeep;
mod world;
