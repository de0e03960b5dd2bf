//! What is left in folders: nothing by a preview; notes on the last apply in our own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use podium_connector::write_private;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Remembers what the tool may leave in the configuration's folder while it only looks, and takes it
/// away again: the lock file of providers, and the folder of a state that does not exist yet.
pub(crate) struct Footprint {
    lock: PathBuf,
    before: Option<Vec<u8>>,
    states: PathBuf,
    state: Option<PathBuf>,
    had_states: bool,
    had_state: bool,
}

impl Footprint {
    pub(crate) fn of(folder: &Path, workspace: Option<&str>) -> Self {
        let lock = folder.join(".terraform.lock.hcl");
        let states = folder.join("terraform.tfstate.d");
        let state = workspace.map(|name| states.join(name));
        Self {
            before: std::fs::read(&lock).ok(),
            lock,
            had_states: states.exists(),
            had_state: state.as_ref().is_some_and(|path| path.exists()),
            states,
            state,
        }
    }

    /// Whether the tool chose providers that the folder does not name yet.
    pub(crate) fn would_write_lock(&self) -> bool {
        std::fs::read(&self.lock).ok() != self.before
    }
}

impl Drop for Footprint {
    fn drop(&mut self) {
        if self.would_write_lock() {
            let _ = match &self.before {
                Some(before) => std::fs::write(&self.lock, before),
                None => std::fs::remove_file(&self.lock),
            };
        }
        // `remove_dir` takes away empty folders only.
        if let Some(state) = &self.state
            && !self.had_state
        {
            let _ = std::fs::remove_dir(state);
        }
        if !self.had_states {
            let _ = std::fs::remove_dir(&self.states);
        }
    }
}

/// What was applied last to a state, so that it can be put back when inputs change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub(crate) lineage: Option<String>,
    pub(crate) serial: u64,
    pub(crate) variables: BTreeMap<String, Value>,
    pub(crate) targets: Vec<String>,
    /// Names only.
    pub(crate) secrets: Vec<String>,
    /// Of the files in the folder.
    pub(crate) files: String,
}

impl Applied {
    pub(crate) fn load(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Keeps it; a note that cannot be kept only makes a later undo less able.
    pub(crate) fn store(&self, path: &Path) {
        if let Some(folder) = path.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        if let Ok(text) = serde_json::to_vec(self) {
            let _ = write_private(path, &text);
        }
    }
}

/// A mark of all files in the folder that may shape the configuration; `None` where there are too many
/// to tell. States, locks, backups and hidden files do not count.
pub(crate) fn files_mark(folder: &Path) -> Option<String> {
    const MOST_FILES: usize = 2_000;
    const MOST_BYTES: u64 = 20 << 20;
    let mut files: BTreeMap<String, u64> = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    let mut bytes = 0;
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).ok()?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name.contains(".tfstate") {
                continue;
            }
            let kind = entry.file_type().ok()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                bytes += entry.metadata().ok()?.len();
                if files.len() >= MOST_FILES || bytes > MOST_BYTES {
                    return None;
                }
                let path = entry.path();
                let relative = path
                    .strip_prefix(folder)
                    .ok()?
                    .to_string_lossy()
                    .into_owned();
                files.insert(relative, mark(&std::fs::read(&path).ok()?, 0));
            }
        }
    }
    let whole = files.iter().fold(0, |so_far, (name, content)| {
        mark(&content.to_le_bytes(), mark(name.as_bytes(), so_far))
    });
    Some(format!("{:016x}-{}", whole, files.len()))
}

/// FNV-1a in 64 bits: tells a changed file from an unchanged one, and guards against nobody.
fn mark(bytes: &[u8], start: u64) -> u64 {
    bytes
        .iter()
        .fold(start ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// A name that is safe as one part of a path, and different for different texts.
pub(crate) fn slug(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    format!("{plain}-{:08x}", mark(text.as_bytes(), 0) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_folders_have_different_names() {
        assert_ne!(slug("a/b"), slug("a-b"));
        let long = slug(&"ä".repeat(500));
        assert!(long.len() < 60 && long.is_ascii());
    }

    #[test]
    fn a_changed_file_changes_the_mark_and_a_state_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("it is written");
        };
        write("main.tf", "a");
        let first = files_mark(folder.path());
        write("terraform.tfstate", "{}");
        write(".terraform.lock.hcl", "x");
        assert_eq!(files_mark(folder.path()), first);
        write("main.tf", "b");
        assert_ne!(files_mark(folder.path()), first);
    }

    #[test]
    fn a_look_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = folder.path().join(".terraform.lock.hcl");
        {
            let footprint = Footprint::of(folder.path(), Some("blue"));
            std::fs::create_dir_all(folder.path().join("terraform.tfstate.d/blue")).expect("made");
            std::fs::write(&lock, "chosen").expect("written");
            assert!(footprint.would_write_lock());
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            0
        );
    }
}
