//! Cloudify through its verbs, against the practice manager and against odd replies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod deploy;
mod spec;
mod workflows;
mod world;
