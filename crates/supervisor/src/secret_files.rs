//! Private files for the length of one child.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use podium_supervisor::SecretFile;

/// The files that were made. Dropping it overwrites and removes them.
#[derive(Default)]
pub(crate) struct SecretFiles(Vec<PathBuf>);

impl SecretFiles {
    /// Makes them. Where one fails, those made before it are removed.
    pub(crate) fn make(files: &[SecretFile]) -> io::Result<Self> {
        let mut made = Self::default();
        for file in files {
            made.add(file).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", file.path.display()))
            })?;
        }
        Ok(made)
    }

    fn add(&mut self, file: &SecretFile) -> io::Result<()> {
        // One that an earlier attempt left behind, or a link somebody put there, is not written through.
        remove(&file.path)?;
        let mode = if file.executable { 0o700 } else { 0o600 };
        let mut open = File::options()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&file.path)?;
        self.0.push(file.path.clone());
        open.set_permissions(fs::Permissions::from_mode(mode))?;
        open.write_all(file.content.expose())
    }
}

impl Drop for SecretFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            if remove(path).is_err() {
                // Overwriting failed; the name at least must go.
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if found.is_file() {
        let mut file = File::options().write(true).open(path)?;
        let zeros = [0; 4096];
        let mut left = found.len();
        while left > 0 {
            let now = usize::try_from(left)
                .unwrap_or(zeros.len())
                .min(zeros.len());
            file.write_all(&zeros[..now])?;
            left -= now as u64;
        }
        file.sync_all()?;
    }
    fs::remove_file(path)
}
