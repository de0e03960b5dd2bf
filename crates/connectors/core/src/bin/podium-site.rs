//! `podium-site DIRECTORY PORT HOME NAME`: serves a folder on 127.0.0.1 until `HOME/stop` exists.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let code = podium_connector_core::site::serve(&args, &mut |line| {
        let mut out = std::io::stdout().lock();
        // Whoever started it may be gone; the site goes on.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    });
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
