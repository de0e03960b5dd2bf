//! The demo's own git repository, looked at without git: whether it holds anything that is not the demo's.

use std::path::{Path, PathBuf};

use podium_diagnostics::Result;

use super::Mark;
use crate::home::storage;
use crate::workspace::version_of;

/// Where it is made before it takes its place.
pub const UNFINISHED: &str = ".podium-git";

/// What became of the demo's repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repository {
    /// There is none that the demo made.
    None,
    /// It is as the demo made it, whatever is checked out.
    Unchanged,
    /// It holds commits of somebody.
    OwnCommits,
    /// Its settings were changed: it may know other places.
    OwnSettings,
}

impl Repository {
    /// Looks at the repository in the demo's folder.
    pub fn look(mark: &Mark) -> Self {
        let folder = mark.folder.join(".git");
        let is_folder = std::fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir());
        if !is_folder || mark.commits.is_empty() {
            return Self::None;
        }
        let settings = std::fs::read(folder.join("config")).unwrap_or_default();
        let known = |id: &str| mark.commits.contains(id) || id.bytes().all(|byte| byte == b'0');
        if ids_of(&folder).iter().any(|id| !known(id)) {
            Self::OwnCommits
        } else if mark.repository.as_ref() == Some(&version_of(&settings)) {
            Self::Unchanged
        } else {
            Self::OwnSettings
        }
    }
}

/// Removes the repository where it holds nothing but what the demo made, and what is left of one that was
/// never finished.
pub fn remove_repository(mark: &Mark) -> Result<Repository> {
    let look = Repository::look(mark);
    let mut go = vec![mark.folder.join(UNFINISHED)];
    if look == Repository::Unchanged {
        go.push(mark.folder.join(".git"));
    }
    for folder in go {
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(storage(&folder, &error));
            }
            _ => {}
        }
    }
    Ok(look)
}

/// Every commit that anything points to, or once did: branches, tags, what is stashed, a merge under way,
/// the logs.
fn ids_of(folder: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = vec![folder.join("packed-refs")];
    let top = std::fs::read_dir(folder).into_iter().flatten().flatten();
    // HEAD, ORIG_HEAD, MERGE_HEAD and their like.
    files.extend(
        top.map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().ends_with("_HEAD") || path.ends_with("HEAD")),
    );
    let mut ahead = vec![folder.join("refs"), folder.join("logs")];
    while let Some(next) = ahead.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                ahead.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let mut ids = Vec::new();
    for file in files {
        let text = std::fs::read(file).unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            // A log has two at the beginning of a line, everything else has one.
            let words = line.split([' ', '\t']).take(2);
            ids.extend(words.filter(|word| is_id(word)).map(str::to_owned));
        }
    }
    ids
}

fn is_id(word: &str) -> bool {
    matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}
