//! The demo: a copy of its workspace, and beside it what a person finds who has worked with Podium for a
//! while: recorded runs, one that waits for a yes, something that was changed by hand, invented
//! identities.

mod beside;

use std::path::Path;

use include_dir::{Dir, include_dir};
use podium_api::runtime::reason;
use podium_api::types::CreateVault;
use podium_api::{ApiError, Podium};

use crate::args::Demo;
use crate::output::invalid;
use crate::{exit, output};

/// The demo workspace, carried in the program, so that it is there without a network.
static DEMO: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/demo");

/// `podium demo DIR`
pub(crate) async fn run(command: Demo, json: bool, fd: Option<i32>) -> Result<u8, ApiError> {
    let Demo {
        directory,
        bare,
        complete,
    } = command;
    if !complete {
        copy(&directory)?;
    }
    let mut told = Vec::new();
    if !bare {
        let podium = Podium::open(&directory).await?;
        let passphrase = crate::secrets::passphrase(fd)?;
        // Where there is no vault yet, or it stays locked, the identities say so.
        let _ = podium
            .vault_unlock(CreateVault {
                passphrase: passphrase.clone(),
            })
            .await;
        told = beside::make(&podium, passphrase).await;
        super::run::leave(&podium).await;
    }
    if json {
        output::json(&serde_json::json!({ "workspace": directory, "beside": told }));
        return Ok(exit::SUCCEEDED);
    }
    output::line(&format!(
        "The demo workspace is in `{}`.",
        directory.display()
    ));
    for part in &told {
        output::line(&format!("  {part}"));
    }
    output::line(&format!(
        "Look at what a run would change:\n  podium -C {} preview open-a-shop-branch",
        directory.display()
    ));
    Ok(exit::SUCCEEDED)
}

fn copy(directory: &Path) -> Result<(), ApiError> {
    let used = std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        return Err(invalid(
            "POD0820",
            format!(
                "`{}` is not empty; nothing was written.",
                directory.display()
            ),
            "Name a folder that is empty or not there; `--complete` adds what is missing beside a demo that is there.",
        ));
    }
    let written = std::fs::create_dir_all(directory).and_then(|()| DEMO.extract(directory));
    written.map_err(|error| {
        invalid(
            "POD0821",
            format!(
                "The demo could not be written to `{}`: {}.",
                directory.display(),
                reason(&error)
            ),
            "Name a folder of yours with some space left.",
        )
    })
}
