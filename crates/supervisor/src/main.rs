//! `podium-run DIR`: starts one child process, records what it writes and how it ends, and outlives
//! whoever started it. What stands in the folder is told in the library of this crate.
//!
//! Not here: any meaning. It does not know what the child is, never retries, and signals the child only
//! where [`Spec::liveness`](podium_supervisor::Spec::liveness) asks for it.
//!
//! Invariants: the child is in a session and a group of its own, apart from the caller's; no open file of
//! the caller reaches it; its output passes the redactor before it touches the disk; secret files are gone
//! when `exit.json` is there.

#[cfg(unix)]
mod apart;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod cutter;
#[cfg(unix)]
mod folder;
#[cfg(unix)]
mod output;
#[cfg(unix)]
mod secret_files;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    use std::io::Write as _;

    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [directory] = arguments.as_slice() else {
        let _ = writeln!(std::io::stderr(), "usage: podium-run DIR < spec.json");
        return 2.into();
    };
    match child::supervise(std::path::Path::new(directory)) {
        Ok(()) => 0.into(),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "podium-run: {error}");
            2.into()
        }
    }
}

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    // Windows needs a job object in place of the group; until then nothing is started.
    3.into()
}
