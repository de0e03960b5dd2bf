//! Morpheus through its verbs, against the practice appliance and against odd replies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod made;
mod spec;
mod world;
