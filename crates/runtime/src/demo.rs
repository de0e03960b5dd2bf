//! What the demo made on this computer, so that it can be taken away again without touching anything else.
//!
//! A [`Mark`] is written before the first file of the demo is, and removed after everything else: whatever
//! is cut off in between can be finished. It knows what the demo wrote by content, not by name: what a
//! person changed or added is theirs.

mod files;
mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::RunId;
use serde::{Deserialize, Serialize};

use crate::home::{Home, create_private, storage};

pub use files::{Found, remove_files};
pub use repository::{Repository, UNFINISHED, remove_repository};

/// What a mark says of itself.
const FORMAT: &str = "demo/1";
/// Whatever the demo stores in the vault says that it came from here.
pub const ORIGIN: &str = "demo";
/// The mark of a demo cannot be read.
const UNREADABLE: Code = Code::new("POD0860");

/// What a demo made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    podium: String,
    /// The demo's folder.
    pub folder: PathBuf,
    /// Folders that were made for it, itself among them, outermost first.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// Its files, with every version of each that the demo wrote; on its branches they differ.
    #[serde(default)]
    pub files: BTreeMap<String, BTreeSet<String>>,
    /// The runs that it brought into the history.
    #[serde(default)]
    pub records: BTreeSet<RunId>,
    /// The names under which it stored something in the vault.
    #[serde(default)]
    pub credentials: BTreeSet<String>,
    /// Whether it made the vault.
    #[serde(default)]
    pub vault: bool,
    /// Practice clouds that held something before it.
    #[serde(default)]
    pub practice: BTreeSet<String>,
    /// The commits that it made.
    #[serde(default)]
    pub commits: BTreeSet<String>,
    /// The version of its repository's settings.
    #[serde(default)]
    pub repository: Option<String>,
}

impl Mark {
    /// A mark of a demo in this folder, of which nothing is there yet. The folder is a full path.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            podium: FORMAT.to_owned(),
            folder,
            folders: Vec::new(),
            files: BTreeMap::new(),
            records: BTreeSet::new(),
            credentials: BTreeSet::new(),
            vault: false,
            practice: BTreeSet::new(),
            commits: BTreeSet::new(),
            repository: None,
        }
    }

    /// The mark of the demo in a folder; `None` where none was made there.
    pub fn find(home: &Home, folder: &Path) -> Result<Option<Self>> {
        let path = home.demo(folder);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let mark = Self::read(&path, &text)?;
                // Two folders may share a name of a file; only one of them is meant.
                Ok((mark.folder == folder).then_some(mark))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(storage(&path, &error)),
        }
    }

    /// The marks of the demos in other folders that are still there.
    pub fn others(home: &Home, folder: &Path) -> Vec<Self> {
        let entries = std::fs::read_dir(home.demos()).into_iter().flatten();
        let mut others: Vec<Self> = entries
            .flatten()
            .filter_map(|entry| {
                let text = std::fs::read_to_string(entry.path()).ok()?;
                Self::read(&entry.path(), &text).ok()
            })
            .filter(|mark| mark.folder != folder && mark.folder.is_dir())
            .collect();
        others.sort_by(|a, b| a.folder.cmp(&b.folder));
        others
    }

    fn read(path: &Path, text: &str) -> Result<Self> {
        let unreadable = |why: String| {
            Error::new(
                ErrorKind::Invalid,
                UNREADABLE,
                format!("What the demo made stands in `{}`, and that cannot be read: {why}.", path.display()),
            )
            .with_hint(
                "Nothing was removed. A newer Podium may have written it; if not, remove the demo's folder \
                 and this file by hand.",
            )
        };
        let mark: Self =
            serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        if mark.podium != FORMAT {
            return Err(unreadable(format!("it is of the kind `{}`", mark.podium)));
        }
        Ok(mark)
    }

    /// Keeps it; the one before is gone.
    pub fn keep(&self, home: &Home) -> Result<()> {
        create_private(&home.demos())?;
        let path = home.demo(&self.folder);
        let fresh = path.with_extension("new");
        let text = serde_json::to_vec_pretty(self).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                UNREADABLE,
                "What the demo made could not be written down.",
            )
            .with_hint("Nothing was made. The path of the demo's folder must be readable as text.")
            .with_source(error)
        })?;
        std::fs::write(&fresh, text)
            .and_then(|()| std::fs::File::open(&fresh)?.sync_all())
            .and_then(|()| std::fs::rename(&fresh, &path))
            .map_err(|error| storage(&path, &error))
    }

    /// Forgets it: nothing of the demo is left.
    pub fn forget(&self, home: &Home) -> Result<()> {
        let path = home.demo(&self.folder);
        for path in [path.with_extension("new"), path] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(storage(&path, &error));
                }
                _ => {}
            }
        }
        // Only where it is empty.
        let _ = std::fs::remove_dir(home.demos());
        Ok(())
    }
}

/// The practice clouds that hold something at this moment.
pub fn practice_begun(home: &Home) -> BTreeSet<String> {
    let entries = std::fs::read_dir(home.practice()).into_iter().flatten();
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let connector = name.strip_suffix(".json")?;
        (!connector.contains('.')).then(|| connector.to_owned())
    });
    names.collect()
}

/// Removes a folder of Podium's own with everything in it; no error where it is not there.
pub fn clear(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(storage(folder, &error)),
        _ => Ok(()),
    }
}

/// Removes a file of Podium's own; no error where it is not there.
pub fn clear_file(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(storage(file, &error)),
        _ => Ok(()),
    }
}

/// Makes a folder with those above it; gives those that were not there, outermost first, and the full path.
pub fn make_folder(folder: &Path) -> std::io::Result<(Vec<PathBuf>, PathBuf)> {
    let missing: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|part| !part.as_os_str().is_empty() && !part.exists())
        .map(Path::to_path_buf)
        .collect();
    std::fs::create_dir_all(folder)?;
    let made = missing.iter().rev().map(|part| part.canonicalize());
    Ok((
        made.collect::<std::io::Result<_>>()?,
        folder.canonicalize()?,
    ))
}
