//! What tests of a connector stand on: a [`FakeContext`] that really starts processes, serves a
//! simulator, or plays what was recorded; builders for requests; and a walk through the verbs.
//!
//! Not here: anything that ships. `runtime` has its own context; where the two differ, the sentences
//! of `podium_connector::Context` decide.
//!
//! Invariants: nothing is written outside the temporary folders of the context; the network is
//! loopback; with a simulator nothing sleeps, since time is counted and not waited for.

pub mod conformance;
mod context;
pub mod hostile;
mod http;
mod peers;
mod process;
mod request;
mod specs;
mod walk;

pub use context::{FakeContext, Records};
pub use http::{Answer, HttpSide, Recorded, loopback};
pub use peers::{go_peers, peers, skipped};
pub use process::Playback;
pub use request::RequestBuilder;
pub use specs::{Overheard, overhearing, vendor_specs};
pub use walk::{Walked, walk};
