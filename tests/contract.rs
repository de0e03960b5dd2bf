//! Every connector, held against the sentences of the contract: the same checks by the same names, on
//! each one's simulator.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "contract/octopus.rs"]
mod octopus;
