//! The data folder: private, local, with one writer.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use podium_diagnostics::{Error, ErrorKind, Result};

use crate::{code, fault};

pub(crate) const FILE: &str = "journal.db";
const LOCK: &str = "engine.lock";
const RESERVE: &str = "reserve";

/// Makes the folder where it is missing, mode 0700.
pub(crate) fn make(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| fault::of_system("making the data folder", folder, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(|error| {
            fault::of_system("closing the data folder to others", folder, &error)
        })?;
    }
    refuse_network(folder)
}

/// SQLite's locks cannot be trusted over a network.
#[cfg(target_os = "linux")]
fn refuse_network(folder: &Path) -> Result<()> {
    const NFS: u64 = 0x6969;
    const SMB: u64 = 0x517B;
    const SMB2: u64 = 0xFE53_4D42;
    const CIFS: u64 = 0xFF53_4D42;
    const AFS: u64 = 0x5346_414F;
    let Ok(about) = rustix::fs::statfs(folder) else {
        return Ok(());
    };
    #[expect(clippy::cast_sign_loss, reason = "its width differs by target")]
    let kind = (about.f_type as u64) & 0xFFFF_FFFF;
    if [NFS, SMB, SMB2, CIFS, AFS].contains(&kind) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            code::NETWORK_FOLDER,
            format!(
                "The data folder `{}` is on a network disk.",
                folder.display()
            ),
        )
        .with_hint("Set PODIUM_HOME to a folder on a disk of this computer."));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_folder: &Path) -> Result<()> {
    Ok(())
}

/// Opens or makes a file that only this user can read.
pub(crate) fn private_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let doing = "opening it";
    let file = options
        .open(path)
        .map_err(|error| fault::of_system(doing, path, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .map_err(|error| fault::of_system(doing, path, &error))?;
    }
    Ok(file)
}

/// Takes the writer's lock, which ends with the process. Fails when another process has it.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let mut file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => {
            let _ = file.set_len(0);
            let _ = write!(file, "{}", std::process::id());
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            let _ = file.rewind();
            let _ = file.read_to_string(&mut process);
            Err(Error::new(
                ErrorKind::Conflict,
                code::ANOTHER_INSTANCE,
                "Another Podium is running with this data folder.",
            )
            .with_hint("Use the window or command that is open, or close it first.")
            .with_context("process", process.trim())
            .with_context("folder", folder.display()))
        }
        Err(TryLockError::Error(error)) => {
            Err(fault::of_system("taking the writer's lock", &path, &error))
        }
    }
}

/// Sets space aside that is given back when the disk is full, so that what is under way can be
/// recorded. Best effort: without it everything works but that.
pub(crate) fn reserve(folder: &Path, bytes: u64) {
    let path = folder.join(RESERVE);
    if bytes == 0 || fs::metadata(&path).is_ok_and(|about| about.len() == bytes) {
        return;
    }
    let Ok(mut file) = private_file(&path) else {
        return;
    };
    let block = [0x50_u8; 8 * 1024];
    let mut left = bytes;
    let _ = file.set_len(0);
    while left > 0 {
        let part = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if file.write_all(&block[..part]).is_err() {
            drop(file);
            let _ = fs::remove_file(&path);
            return;
        }
        left -= part as u64;
    }
}

/// Gives the reserve back; whether there was one.
pub(crate) fn free_reserve(folder: &Path) -> bool {
    fs::remove_file(folder.join(RESERVE)).is_ok()
}

/// Bytes that are free for this user on the folder's disk.
#[cfg(unix)]
pub(crate) fn free_space(folder: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(folder).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(not(unix))]
pub(crate) fn free_space(_folder: &Path) -> Option<u64> {
    None
}

/// Moves the file and its companions aside, under the first number that is free.
pub(crate) fn move_aside(folder: &Path) -> Result<PathBuf> {
    let number = (1..10_000)
        .find(|number| !folder.join(format!("{FILE}.damaged-{number}")).exists())
        .unwrap_or(1_u32);
    let aside = folder.join(format!("{FILE}.damaged-{number}"));
    for ending in ["", "-wal", "-shm"] {
        let from = folder.join(format!("{FILE}{ending}"));
        let to = folder.join(format!("{FILE}.damaged-{number}{ending}"));
        match fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if !ending.is_empty() && error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(fault::of_system("moving it aside", &from, &error)),
        }
    }
    Ok(aside)
}
