//! What each command does.

mod credentials;
mod demo;
mod documents;
mod drift;
mod machine;
mod practice;
mod run;
mod runs;
mod schedules;

use podium_api::diagnostics::Code;
use podium_api::{ApiError, Podium};

use crate::args::{Args, Command, What};
use crate::{exit, output, secrets};

/// There is no vault yet.
const NO_VAULT: Code = Code::new("POD0503");

/// Carries out a command; gives the exit code.
pub(crate) async fn run(args: Args) -> u8 {
    let as_json = args.json;
    match dispatch(args).await {
        Ok(code) => code,
        Err(error) => {
            output::error(&error, as_json);
            exit::FAILED
        }
    }
}

async fn dispatch(args: Args) -> Result<u8, ApiError> {
    let Args {
        directory,
        json,
        passphrase_fd,
        command,
    } = args;
    match command {
        Command::Demo(command) => demo::run(command, json, passphrase_fd).await,
        Command::Simulate {
            connector,
            tool,
            args,
        } => machine::simulate(&connector, &tool, args),
        command => {
            let podium = Podium::open(&directory).await?;
            match command {
                Command::Validate { files } => documents::validate(&podium, &files, json),
                Command::Schema { kind } => documents::schema(&podium, &kind),
                Command::Graph {
                    file,
                    inside: None,
                    format,
                    ..
                } => documents::graph(&podium, &file, format).await,
                Command::Graph {
                    file,
                    inside: Some(step),
                    environment,
                    inputs,
                    format,
                } => {
                    unlock(&podium, passphrase_fd).await?;
                    let what = What {
                        file,
                        environment,
                        inputs,
                    };
                    documents::inside(&podium, what, &step, format, json).await
                }
                Command::Connectors { name } => {
                    machine::connectors(&podium, name.as_deref(), json).await
                }
                Command::Doctor => machine::doctor(&podium, json).await,
                Command::Practice { command } => practice::run(&podium, command, json).await,
                Command::Preview { what, out, drift } => {
                    unlock(&podium, passphrase_fd).await?;
                    run::preview(&podium, what, out.as_deref(), drift, json).await
                }
                Command::Run {
                    what,
                    preview,
                    consent,
                } => {
                    unlock(&podium, passphrase_fd).await?;
                    podium.answer_others(false);
                    let code = run::run(&podium, what, preview.as_deref(), consent, json).await;
                    run::leave(&podium).await;
                    code
                }
                Command::Runs { command } => {
                    unlock(&podium, passphrase_fd).await?;
                    podium.answer_others(false);
                    let code = runs::run(&podium, command, json).await;
                    run::leave(&podium).await;
                    code
                }
                Command::Schedules { command } => {
                    schedules::run(&podium, command, passphrase_fd, json).await
                }
                Command::Credentials { command } => {
                    credentials::run(&podium, command, passphrase_fd, json).await
                }
                Command::Demo(_) | Command::Simulate { .. } => Ok(exit::SUCCEEDED),
            }
        }
    }
}

/// Opens the vault where that is possible without asking; where it is not, the steps that need it say
/// so themselves.
pub(crate) async fn unlock(podium: &Podium, fd: Option<i32>) -> Result<(), ApiError> {
    let passphrase = secrets::passphrase(fd)?;
    let given = passphrase.is_some();
    let opened = podium
        .vault_unlock(podium_api::types::CreateVault { passphrase })
        .await;
    match opened {
        // Without a vault there is nothing to open, and nothing that needs it to be open.
        Err(error) if given && error.code != NO_VAULT => Err(error),
        _ => Ok(()),
    }
}
