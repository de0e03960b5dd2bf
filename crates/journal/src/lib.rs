//! The journal: every event of every run, durable before anything is done or shown.
//!
//! One SQLite file in the data folder, one writer at a time (an exclusive lock of the system, and a
//! fencing number inside the file), any number of readers. [`Journal::append`] is atomic and refuses a
//! gap; when it returns, the events survive a power cut.
//!
//! Beside the events: an index of the runs and of log lines, both made from the events in the same
//! transaction, and a small store of blobs for what the window wants to find again (undo history of a
//! document, drafts).
//!
//! Deliberately not here: what events mean (`engine`), views (`projections`), secrets (there are none
//! in an event), and the clock: times are those of the events.
//!
//! Invariants:
//! - an acknowledged event is never lost by a crash of the program or of the machine; it goes only where a
//!   person has whole runs removed ([`Journal::forget`]);
//! - a damaged file is never read as if it were whole: each row has a checksum, and the file is moved
//!   aside, never deleted;
//! - a file written by a newer version is read, never written.
#![deny(missing_docs)]

mod append;
mod blob;
mod checksum;
mod code;
mod damage;
mod fault;
mod folder;
mod forget;
mod journal;
mod log;
mod read;
mod schema;

pub use journal::{Journal, Options};
pub use log::{LogIndex, LogOf, LoggedLine};
pub use read::RunRow;
