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

    /// The folder of a run.
    pub fn run(&self, run: &RunId) -> PathBuf {
        self.root.join("runs").join(run.as_str())
    }

    /// What a step keeps for its undo.
    pub fn keep(&self, run: &RunId, step: &StepId) -> PathBuf {
        self.of_step(run, step, "keep")
    }

    /// Records of the processes of one attempt: what started, what it printed, how it ended.
    pub fn attempt(&self, run: &RunId, step: &StepId, attempt: u32) -> PathBuf {
        self.of_step(run, step, &format!("attempt-{attempt}"))
    }

    /// The steps have a folder of their own, so that a step may be called as any file of the run.
    fn of_step(&self, run: &RunId, step: &StepId, part: &str) -> PathBuf {
        let run = self.run(run);
        // Where earlier versions put it; what they began is finished and undone there.
        let before = run.join(step.as_str()).join(part);
        if before.is_dir() {
            return before;
        }
        run.join("steps").join(folder_of(step.as_str())).join(part)
    }

    /// Scratch space of previews, a folder a process; emptied when a preview ends.
    pub fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// The states of the simulators.
    pub fn practice(&self) -> PathBuf {
        self.root.join("practice")
    }

    /// What is known of the schedules of one workspace.
    pub fn schedules(&self, workspace: &Path) -> PathBuf {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(workspace.to_string_lossy().as_bytes());
        let name = digest[..8]
            .iter()
            .fold(0_u64, |name, byte| (name << 8) | u64::from(*byte));
        self.root
            .join("schedules")
            .join(format!("{name:016x}.json"))
    }

    /// What the demos made, a file each.
    pub fn demos(&self) -> PathBuf {
        self.root.join("demos")
    }

    /// What the demo in this folder made.
    pub fn demo(&self, folder: &Path) -> PathBuf {
        self.demos().join(format!("{:08x}.json", fnv(folder)))
    }

    /// What connectors keep between runs of one workspace.
    pub fn caches(&self, workspace: &Path) -> PathBuf {
        self.root
            .join("cache")
            .join(format!("{:08x}", fnv(workspace)))
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
        self.caches(workspace).join(connector)
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

/// The name of a step's folder. A step may be called `con` or `nul`, and no folder may on Windows; a name
/// with a `-` is that of no step.
pub(crate) fn folder_of(step: &str) -> String {
    format!("s-{step}")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home, RunId) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        (folder, home, crate::clock::fresh_run_id())
    }

    #[test]
    fn no_step_is_in_the_way_of_another_or_of_the_run() {
        let (_folder, home, run) = home();
        let longest = format!("a{}", "b".repeat(63));
        let names = [
            "owner", "inbox", "steps", "keep", "con", "nul", "s", &longest,
        ];
        let mut made = vec![home.run(&run).join("owner")];
        std::fs::create_dir_all(home.run(&run)).unwrap();
        std::fs::write(&made[0], "").unwrap();
        for name in names {
            let step: StepId = name.parse().unwrap();
            for path in [home.keep(&run, &step), home.attempt(&run, &step, 1)] {
                create_private(&path).unwrap();
                assert!(!made.contains(&path), "{}", path.display());
                for part in path.strip_prefix(home.root()).unwrap() {
                    assert!(part != "con" && part != "nul", "{}", path.display());
                }
                made.push(path);
            }
        }
        // Made, they are where they were before.
        assert_eq!(home.keep(&run, &"steps".parse().unwrap()), made[5]);
    }

    #[test]
    fn what_an_older_version_kept_is_found_where_it_lies() {
        let (_folder, home, run) = home();
        let step: StepId = "network".parse().unwrap();
        let old = home.run(&run).join("network");
        create_private(&old.join("keep")).unwrap();
        assert_eq!(home.keep(&run, &step), old.join("keep"));
        // Its inbox was no step.
        create_private(&home.run(&run).join("inbox")).unwrap();
        let inbox = home.keep(&run, &"inbox".parse().unwrap());
        assert_eq!(inbox, home.run(&run).join("steps/s-inbox/keep"));
        // A new attempt of such a run goes to the new place.
        let again = home.attempt(&run, &step, 2);
        assert_eq!(again, home.run(&run).join("steps/s-network/attempt-2"));
    }
}
