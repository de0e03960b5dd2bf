//! Real third-party software, where it is installed.

use std::path::PathBuf;

/// The folder named by `PODIUM_PEERS` that holds `bin/` with real tools, when it holds all of `tools`.
pub fn peers(tools: &[&str]) -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("PODIUM_PEERS")?);
    tools
        .iter()
        .all(|tool| root.join("bin").join(tool).is_file())
        .then_some(root)
}

/// The folder of the real tools that are built with Go, when all of `tools` are in it.
pub fn go_peers(tools: &[&str]) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("PODIUM_PEERS")?).join("go/bin");
    tools
        .iter()
        .all(|tool| folder.join(tool).is_file())
        .then_some(folder)
}

/// Says on standard error that a test against real software was skipped, and why. A skipped test is
/// never counted as proof.
#[allow(clippy::print_stderr)] // A skipped test must be seen.
pub fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
