//! What tests of a connector stand on: a [`FakeContext`] that really starts processes, serves a
//! simulator, or plays what was recorded; builders for requests; a walk through the verbs; and a real
//! [`Cluster`] where its programs are installed.
//!
//! Not here: anything that ships. `runtime` has its own context; where the two differ, the sentences
//! of `podium_connector::Context` decide.
//!
//! Invariants: nothing is written outside the temporary folders of the context; the network is
//! loopback; with a simulator nothing sleeps, since time is counted and not waited for.

pub mod cluster;
pub mod conformance;
mod context;
pub mod hostile;
mod http;
mod ministack;
mod peers;
mod process;
mod request;
mod specs;
mod walk;

pub use cluster::Cluster;
pub use context::{FakeContext, Records};
pub use http::{Answer, Ask, HttpSide, Recorded, loopback, shared_runtime};
pub use ministack::{Account, MiniStack};
pub use peers::{go_peers, peers, skipped};
pub use process::Playback;
pub use request::RequestBuilder;
pub use specs::{Overheard, overhearing, vendor_specs};
pub use walk::{Walked, walk};
