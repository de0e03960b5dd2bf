//! Terraform's plan in JSON (`terraform show -json`, `plan_json`, `json-output`), read into changes for
//! people: one reader for the systems that carry Terraform out.
//!
//! Not here: how a plan is made or fetched, which is each connector's own.
//!
//! Invariants: what Terraform calls sensitive comes out as `(hidden)`, at any depth; everything is sorted,
//! so that the same plan gives the same changes.

mod plan;
pub mod practice;
mod stateful;

pub use plan::Plan;
pub use stateful::holds_data;
