//! `podium demo DIR --remove`: first what would go and what stays, then the question.

use std::path::{Path, PathBuf};

use podium_api::runtime::Home;
use podium_api::runtime::demo::Mark;
use podium_api::runtime::workspace::version_of;
use podium_api::types::{CreateVault, DemoStays, DemoView, Empty, RemoveDemo};
use podium_api::{ApiError, Podium, no_demo};

use crate::{exit, output};

/// The file that makes a folder a workspace.
const WORKSPACE: &str = "podium.yaml";

pub(super) async fn run(
    directory: &Path,
    yes: bool,
    leave: bool,
    json: bool,
    fd: Option<i32>,
) -> Result<u8, ApiError> {
    let home = Home::of_user()?;
    let folder = full(directory);
    let Some(mark) = Mark::find(&home, &folder)? else {
        // Only where it is empty: a removal was cut off at its very end.
        let _ = std::fs::remove_dir(home.demos());
        return Err(no_demo(directory).into());
    };
    stand_up(&home, mark)?;
    let podium = Podium::open(&folder).await?;
    let code = with(&podium, yes, leave, json, fd).await;
    super::super::run::leave(&podium).await;
    code
}

async fn with(
    podium: &Podium,
    yes: bool,
    leave: bool,
    json: bool,
    fd: Option<i32>,
) -> Result<u8, ApiError> {
    let passphrase = crate::secrets::passphrase(fd)?;
    // Where there is none there is nothing to open; where it stays locked, the removal says so.
    let _ = podium.vault_unlock(CreateVault { passphrase }).await;
    let view = podium.demo_preview(Empty {}).await?;
    if !yes {
        if json {
            output::json(&serde_json::json!({ "removed": false, "preview": view }));
            return Ok(exit::REFUSED);
        }
        tell(&view, leave);
        if !output::is_interactive() || !output::ask("Remove the demo?") {
            output::line("Nothing was removed. `--yes` removes it without this question.");
            return Ok(exit::REFUSED);
        }
    }
    let mut say = |what: &str| {
        if json {
            output::json(&serde_json::json!({ "gone": what }));
        } else {
            output::line(&format!("  gone: {what}"));
        }
    };
    let removed = podium
        .demo_remove_telling(RemoveDemo { leave }, &mut say)
        .await?;
    if json {
        output::json(
            &serde_json::json!({ "removed": true, "gone": removed.gone, "stays": removed.stays }),
        );
        return Ok(exit::SUCCEEDED);
    }
    stays(&removed.stays);
    output::line("The demo is removed.");
    Ok(exit::SUCCEEDED)
}

fn tell(view: &DemoView, leave: bool) {
    output::line(&format!("The demo in `{}`. This goes:", view.folder));
    for run in &view.standing {
        let words = if leave {
            "It is left as it is, since you asked for that."
        } else {
            &run.words
        };
        output::line(&format!(
            "  “{}” in `{}`. {words}",
            run.title, run.environment
        ));
    }
    for what in &view.goes {
        output::line(&format!("  {what}"));
    }
    stays(&view.stays);
}

fn stays(stays: &[DemoStays]) {
    if !stays.is_empty() {
        output::line("This stays:");
    }
    for one in stays {
        output::line(&format!("  {}: {}", one.what, one.because));
    }
}

/// The full path of a folder that may be gone by now.
fn full(directory: &Path) -> PathBuf {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
    let there = absolute
        .ancestors()
        .find_map(|above| Some((above, above.canonicalize().ok()?)));
    match there {
        Some((above, full)) => match absolute.strip_prefix(above) {
            Ok(rest) if rest.as_os_str().is_empty() => full,
            Ok(rest) => full.join(rest),
            Err(_) => absolute,
        },
        None => absolute,
    }
}

/// A demo whose folder somebody removed by hand, or that is half removed, is a workspace for the time of its
/// removal: what it made elsewhere is found from there.
fn stand_up(home: &Home, mut mark: Mark) -> Result<(), ApiError> {
    let file = mark.folder.join(WORKSPACE);
    if file.exists() {
        return Ok(());
    }
    let content: &[u8] = b"podium: 1\n";
    if !mark.folder.exists() && !mark.folders.contains(&mark.folder) {
        mark.folders.push(mark.folder.clone());
    }
    let versions = mark.files.entry(WORKSPACE.to_owned()).or_default();
    versions.insert(version_of(content));
    mark.keep(home)?;
    let made = std::fs::create_dir_all(&mark.folder).and_then(|()| std::fs::write(&file, content));
    made.map_err(|error| {
        crate::output::invalid(
            "POD0821",
            format!(
                "The folder `{}` is gone and cannot be made for the removal: {}.",
                mark.folder.display(),
                podium_api::runtime::reason(&error)
            ),
            "Make it by hand, then remove the demo again.",
        )
    })
}
