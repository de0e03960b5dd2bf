//! Where Podium keeps its own things: `$PODIUM_HOME`, else the platform's data folder.

use std::path::{Path, PathBuf};

use podium_diagnostics::{Code, Error, ErrorKind, Result, reason};
use podium_model::{RunId, StepId};

/// The folder of Podium's state.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The home of this user: `$PODIUM_HOME`, else the platform's data folder.
    pub fn of_user() -> Result<Self> {
        let root = std::env::var_os("PODIUM_HOME")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
            .or_else(platform_folder)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Storage,
                    Code::new("POD0620"),
                    "There is no folder for Podium's own state.",
                )
                .with_hint("Set the variable PODIUM_HOME to a folder of yours.")
            })?;
        Self::at(&root)
    }

    /// A home at this folder, made with mode 0700 where it is not there.
    pub fn at(root: &Path) -> Result<Self> {
        create_private(root)?;
        let root = root.canonicalize().map_err(|error| storage(root, &error))?;
        Ok(Self { root })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The journal's folder.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// The vault's file.
    pub fn vault(&self) -> PathBuf {
        self.root.join("vault").join("vault.json")
    }

    /// What a step keeps for its undo.
    pub fn keep(&self, run: &RunId, step: &StepId) -> PathBuf {
        self.root
            .join("runs")
            .join(run.as_str())
            .join(step.as_str())
            .join("keep")
    }

    /// Records of the processes of one attempt: what started, what it printed, how it ended.
    pub fn attempt(&self, run: &RunId, step: &StepId, attempt: u32) -> PathBuf {
        self.root
            .join("runs")
            .join(run.as_str())
            .join(step.as_str())
            .join(format!("attempt-{attempt}"))
    }

    /// Scratch space of previews; emptied when a preview ends.
    pub fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// The states of the simulators.
    pub fn practice(&self) -> PathBuf {
        self.root.join("practice")
    }

    /// Real effects on this computer, for all runs of one workspace.
    pub fn sandbox(&self, workspace: &Path) -> PathBuf {
        let name = workspace.file_name().map_or_else(String::new, |name| {
            name.to_string_lossy()
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                .collect()
        });
        self.root
            .join("sandbox")
            .join(format!("{name}-{:08x}", fnv(workspace)))
    }

    /// What a connector may keep between runs of one workspace, and lose without harm.
    pub fn cache(&self, workspace: &Path, connector: &str) -> PathBuf {
        self.root
            .join("cache")
            .join(format!("{:08x}", fnv(workspace)))
            .join(connector)
    }

    /// What a program said of itself, for the file at this path.
    pub(crate) fn tool(&self, program: &Path) -> PathBuf {
        self.root
            .join("cache")
            .join("tools")
            .join(format!("{:08x}.json", fnv(program)))
    }

    /// Memory-backed private space of this user where the system has one, else a folder of the home.
    pub fn private(&self) -> PathBuf {
        match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
            Some(folder) if folder.is_absolute() && folder.is_dir() => {
                folder.join(format!("podium-{:08x}", fnv(&self.root)))
            }
            _ => self.root.join("private"),
        }
    }
}

/// Makes a folder with mode 0700, parents included.
pub(crate) fn create_private(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| storage(folder, &error))
}

/// The error for a file or folder that could not be read or written.
pub(crate) fn storage(path: &Path, error: &std::io::Error) -> Error {
    let full = error.kind() == std::io::ErrorKind::StorageFull;
    let (code, message, hint) = if full {
        (
            "POD0610",
            format!(
                "The disk is full; `{}` could not be written.",
                path.display()
            ),
            "Free some space and try again. Nothing that was written before is lost.",
        )
    } else {
        (
            "POD0611",
            format!(
                "`{}` could not be read or written: {}.",
                path.display(),
                reason(error)
            ),
            "Check that the folder exists and belongs to you.",
        )
    };
    Error::new(ErrorKind::Storage, Code::new(code), message)
        .with_hint(hint)
        .with_source(error)
}

fn platform_folder() -> Option<PathBuf> {
    let home = || {
        std::env::var_os("HOME")
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support/Podium"))
    } else if cfg!(windows) {
        std::env::var_os("LOCALAPPDATA").map(|data| PathBuf::from(data).join("Podium"))
    } else {
        std::env::var_os("XDG_DATA_HOME")
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
            .or_else(|| home().map(|home| home.join(".local/share")))
            .map(|data| data.join("podium"))
    }
}

/// FNV-1a over the path, to tell folders of the same name apart. Not for security.
fn fnv(path: &Path) -> u32 {
    path.to_string_lossy()
        .bytes()
        .fold(0x811c_9dc5, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
}
