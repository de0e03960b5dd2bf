//! The demo: a copy of its workspace, and beside it what a person finds who has worked with Podium for a
//! while: recorded runs, one that waits for a yes, something that was changed by hand, invented
//! identities, a git repository. And its removal.
//!
//! Invariant: what is made stands in the demo's mark before it is made, so that all of it can be removed,
//! also where the making was cut off.

mod beside;
mod branches;
mod git;
mod remove;

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use podium_api::runtime::demo::{Mark, make_folder, practice_begun};
use podium_api::runtime::workspace::version_of;
use podium_api::runtime::{Home, reason};
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
        remove,
        yes,
        leave_standing,
    } = command;
    if remove {
        return remove::run(&directory, yes, leave_standing, json, fd).await;
    }
    let home = Home::of_user()?;
    let mut mark = if complete {
        marked(&home, &directory)?
    } else {
        copy(&home, &directory)?
    };
    let mut told = Vec::new();
    if !bare {
        told.push(git::make(&home, &mut mark).await);
        let podium = Podium::open(&directory).await?;
        let passphrase = crate::secrets::passphrase(fd)?;
        // Where there is no vault yet, or it stays locked, the identities say so.
        let _ = podium
            .vault_unlock(CreateVault {
                passphrase: passphrase.clone(),
            })
            .await;
        told.extend(beside::make(&podium, &mut mark, passphrase).await);
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
    let place = quoted(&directory);
    output::line(&format!(
        "Look at what a run would change:\n  podium -C {place} preview open-a-shop-branch\n\
         Take all of it away again:\n  podium demo {place} --remove"
    ));
    Ok(exit::SUCCEEDED)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-~:\\".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    if cfg!(windows) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The files of the demo, with `/` in their names.
fn files() -> Vec<(String, &'static [u8])> {
    let mut ahead = vec![&DEMO];
    let mut files = Vec::new();
    while let Some(folder) = ahead.pop() {
        ahead.extend(folder.dirs());
        for file in folder.files() {
            let name = file.path().to_string_lossy().replace('\\', "/");
            files.push((name, file.contents()));
        }
    }
    files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    files
}

/// Writes down what this version of the demo consists of, beside what earlier ones did.
fn know(mark: &mut Mark) {
    for (name, content) in files() {
        let versions = mark.files.entry(name.clone()).or_default();
        versions.insert(version_of(content));
        versions.extend(
            branches::versions(&name, content)
                .iter()
                .map(|text| version_of(text)),
        );
    }
    mark.records.extend(beside::recorded());
    mark.credentials.extend(beside::credentials());
}

fn copy(home: &Home, directory: &Path) -> Result<Mark, ApiError> {
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
    let failed = |error: std::io::Error| {
        invalid(
            "POD0821",
            format!(
                "The demo could not be written to `{}`: {}.",
                directory.display(),
                reason(&error)
            ),
            "Name a folder of yours with some space left.",
        )
    };
    let (folders, folder) = make_folder(directory).map_err(failed)?;
    let mut mark = Mark::new(folder);
    mark.folders = folders;
    mark.practice = practice_begun(home);
    // A demo that was here before and was removed by hand may have left a mark.
    if let Some(before) = Mark::find(home, &mark.folder)? {
        mark.vault = before.vault;
        mark.practice = before.practice;
    }
    know(&mut mark);
    mark.keep(home)?;
    DEMO.extract(&mark.folder).map_err(failed)?;
    Ok(mark)
}

/// The mark of the demo that is there. One that an older version made has none and gets one: what in its
/// folder is as this version has it is the demo's.
fn marked(home: &Home, directory: &Path) -> Result<Mark, ApiError> {
    let folder: PathBuf = directory.canonicalize().map_err(|error| {
        invalid(
            "POD0801",
            format!(
                "There is no folder `{}`: {}.",
                directory.display(),
                reason(&error)
            ),
            "`podium demo DIR` without `--complete` makes it.",
        )
    })?;
    let mut mark = Mark::find(home, &folder)?.unwrap_or_else(|| {
        let mut mark = Mark::new(folder.clone());
        // What stands there may be of anybody.
        mark.practice = practice_begun(home);
        mark.folders = vec![folder];
        mark
    });
    know(&mut mark);
    mark.keep(home)?;
    Ok(mark)
}
