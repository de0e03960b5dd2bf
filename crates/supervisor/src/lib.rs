//! The files between Podium and `podium-run`, the small program that owns one child process.
//!
//! The caller makes a folder (0700), starts `podium-run DIR` and writes one [`Spec`] to its standard
//! input. From then on they speak through the folder alone, so that the child outlives the caller:
//!
//! | file | what | when |
//! |---|---|---|
//! | `started.json` | a [`Started`] | the child runs |
//! | `output.jsonl` | one [`Line`] a line, in the order they came, secrets replaced | as the child writes |
//! | `exit.json` | an [`Ended`] | last of all; every line is in `output.jsonl` by then |
//! | `exit.reserve` | room for `exit.json`, so that a full disk cannot swallow the end | before the child is started |
//!
//! So, to somebody who looks after a crash: `exit.json` — it ended so; `started.json` — ask
//! [`Started::is_supervised`]; `exit.reserve` alone — it may have been started; none of them — it was not.
//!
//! Not here: what to start and what its output means. The program in `main.rs` has the rest.
//!
//! Invariants: a file named `*.json` is whole or absent; a process is known by its number, its start time
//! and the boot, never by the number alone; no secret is in an argument, in the environment of
//! `podium-run`, or in any of these files.

mod ended;
mod line;
mod process;
mod spec;
mod started;

pub use ended::{Ended, FailedStart};
pub use line::{Line, lines};
pub use process::{began, boot_id};
pub use spec::{Redact, SecretFile, Spec};
pub use started::Started;

/// Name of the file with a [`Started`].
pub const STARTED: &str = "started.json";
/// Name of the file with a [`Line`] a line.
pub const OUTPUT: &str = "output.jsonl";
/// Name of the file with an [`Ended`].
pub const EXIT: &str = "exit.json";
/// Name of the file that keeps room for [`EXIT`].
pub const RESERVE: &str = "exit.reserve";

/// Whether the process of a [`Started`] still runs: same number, same start time, same boot.
pub fn is_alive(started: &Started) -> bool {
    started.is_alive()
}

/// Sends a signal to what the child runs in groups beside its own, and not to the child: the true tool under
/// one that only looks on. `false` where there is nothing of the kind.
///
/// Only the children of the group are meant; what these put into groups of their own is theirs to end.
pub fn signal_below(started: &Started, signal: i32) -> std::io::Result<bool> {
    started.signal_below(signal)
}

/// Sends a signal to all that is left of the child's group. `false` where nobody is left.
///
/// Checks first that the group is still the one that was started, so that a number used again by the
/// system never costs a stranger its life.
pub fn signal_group(started: &Started, signal: i32) -> std::io::Result<bool> {
    started.signal_group(signal)
}
