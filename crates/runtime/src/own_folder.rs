//! A folder of this process among those of others, which is swept away when the process is gone.

use std::fs::File;
use std::path::{Path, PathBuf};

use podium_diagnostics::Result;

use crate::clock;
use crate::home::{create_private, storage};

/// The ending of the file beside the folder that is locked while its process lives.
const LOCK: &str = "lock";

/// The folder; it goes when this is dropped.
pub(crate) struct OwnFolder {
    folder: PathBuf,
    lock: PathBuf,
    _locked: File,
}

impl OwnFolder {
    /// Makes one among those in `all`.
    pub(crate) fn make(all: &Path) -> Result<Self> {
        create_private(all)?;
        let folder = all.join(clock::fresh_run_id().as_str());
        let (fresh, lock) = (folder.with_extension("fresh"), folder.with_extension(LOCK));
        // Locked before it has its name and before there is a folder: nobody takes it for abandoned.
        let locked = File::create(&fresh).map_err(|error| storage(&fresh, &error))?;
        locked.lock().map_err(|error| storage(&fresh, &error))?;
        std::fs::rename(&fresh, &lock).map_err(|error| storage(&lock, &error))?;
        create_private(&folder)?;
        Ok(Self {
            folder,
            lock,
            _locked: locked,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// Takes away what processes left that are gone.
    pub(crate) fn sweep(all: &Path) {
        for entry in std::fs::read_dir(all).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "fresh") {
                continue;
            }
            let lock = path.with_extension(LOCK);
            let lives = File::options()
                .write(true)
                .open(&lock)
                .is_ok_and(|file| file.try_lock().is_err());
            if !lives {
                let _ = std::fs::remove_dir_all(path.with_extension(""));
                let _ = std::fs::remove_file(lock);
            }
        }
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = std::fs::remove_file(&self.lock);
    }
}
