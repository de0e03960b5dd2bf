//! Chores of the house: `cargo xtask gen` writes what is generated, `cargo xtask tidy` checks what no
//! compiler sees.

mod big_one;
mod generate;
mod tidy;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = root();
    match std::env::args().nth(1).as_deref() {
        Some("gen") => match generate::write(&root) {
            Ok(written) => {
                for file in written {
                    say(&format!("written: {file}"));
                }
                ExitCode::SUCCESS
            }
            Err(error) => {
                say(&format!("error: {error}"));
                ExitCode::FAILURE
            }
        },
        Some("tidy") => {
            let found = tidy::check(&root);
            for trouble in &found {
                say(trouble);
            }
            if found.is_empty() {
                say("tidy");
                ExitCode::SUCCESS
            } else {
                say(&format!("{} to tidy", found.len()));
                ExitCode::FAILURE
            }
        }
        _ => {
            say("cargo xtask gen | tidy");
            ExitCode::from(2)
        }
    }
}

/// The repository's folder: two above this crate.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new("."))
        .to_path_buf()
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
