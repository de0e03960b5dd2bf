//! `podium`: the product without a window.
//!
//! Arguments in, the same API as the window, text for people or JSON for programs out. Exit codes are
//! part of the interface (see [`exit`]). No secret is ever taken from an argument.

mod args;
mod commands;
mod exit;
mod interrupts;
mod output;
mod secrets;
mod telling;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PODIUM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let args = args::Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("Podium could not start its threads: {error}."));
            return ExitCode::from(exit::FAILED);
        }
    };
    let code = runtime.block_on(commands::run(args));
    // A read of standard input or a process that goes on must not hold the program.
    runtime.shutdown_background();
    ExitCode::from(code)
}
