//! Finding tools on this computer, and Podium's own programs beside it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use podium_connector::Tool;
use podium_diagnostics::{Code, Error, ErrorKind, Result};

/// Finds the first of `names` on `path`, as an absolute path; never inside `workspace`, since a folder
/// from git must not bring its own `terraform` (SECURITY, T12).
pub fn find(names: &[&str], path: Option<&OsStr>, workspace: &Path) -> Result<Tool> {
    let folders: Vec<PathBuf> = path
        .map(|path| std::env::split_paths(path).collect())
        .unwrap_or_default();
    let usable = |folder: &&PathBuf| folder.is_absolute() && !folder.starts_with(workspace);
    for name in names {
        for folder in folders.iter().filter(usable) {
            let candidate = folder.join(name);
            if is_program(&candidate) {
                return Ok(Tool {
                    name: (*name).to_owned(),
                    path: candidate,
                });
            }
        }
    }
    let listed = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(" or ");
    Err(Error::new(
        ErrorKind::MissingTool,
        Code::new("POD0301"),
        format!("{listed} is not installed on this computer."),
    )
    .with_hint("Install it. `podium doctor` lists every tool and how to get it."))
}

/// The same error for a step that a practice environment carries out without the tool.
pub(crate) fn or_practise(mut error: Error) -> Error {
    if error.kind == ErrorKind::MissingTool {
        let hint = error.hint.unwrap_or_default();
        error.hint = Some(format!(
            "{hint} Or choose a practice environment, where it is not needed."
        ));
    }
    error
}

/// One of Podium's own programs: in `$PODIUM_LIBEXEC`, else beside the running program.
pub fn own(name: &str) -> Result<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut folders = Vec::new();
    if let Some(folder) = std::env::var_os("PODIUM_LIBEXEC") {
        folders.push(PathBuf::from(folder));
    }
    if let Ok(program) = std::env::current_exe() {
        // A test runs one folder below the programs.
        folders.extend(program.ancestors().skip(1).take(2).map(Path::to_path_buf));
    }
    folders
        .iter()
        .map(|folder| folder.join(&file))
        .find(|path| is_program(path))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::MissingTool,
                Code::new("POD0302"),
                format!("Podium's own program `{name}` is missing beside the application."),
            )
            .with_hint("Install Podium again; its programs belong into one folder.")
        })
}

fn is_program(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        path.metadata()
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_inside_the_workspace_is_never_taken() {
        let workspace = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        for folder in [workspace.path(), elsewhere.path()] {
            let file = folder.join("terraform");
            std::fs::write(&file, "#!/bin/sh\n").unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755))
                .unwrap();
        }
        let path = std::env::join_paths([workspace.path(), elsewhere.path()]).unwrap();
        let tool = find(&["tofu", "terraform"], Some(&path), workspace.path()).unwrap();
        assert_eq!(tool.path, elsewhere.path().join("terraform"));
    }

    #[test]
    fn a_missing_tool_says_what_to_do() {
        let error = find(&["terraform", "tofu"], None, Path::new("/w")).unwrap_err();
        assert_eq!(error.code.as_str(), "POD0301");
        assert!(
            error.message.contains("`terraform` or `tofu`"),
            "{}",
            error.message
        );
        assert!(error.hint.is_some());
    }
}
