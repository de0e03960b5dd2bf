//! The folder between us and the caller.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use podium_supervisor::{EXIT, Ended, OUTPUT, RESERVE, STARTED, Started};

/// Room kept for `exit.json`.
const ROOM: usize = 4096;

/// The folder, with room kept for the end.
pub(crate) struct Folder {
    path: PathBuf,
    reserve: File,
    /// Whether what is written must outlive a power cut.
    durable: bool,
}

impl Folder {
    /// Takes the folder for a child. Fails where it has been taken before.
    pub(crate) fn take(path: &Path, durable: bool) -> io::Result<Self> {
        let path = path.canonicalize()?;
        let mode = fs::metadata(&path)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "the folder {} is open to others (mode {:o})",
                    path.display(),
                    mode & 0o777
                ),
            ));
        }
        if [STARTED, EXIT].iter().any(|name| path.join(name).exists()) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut reserve = private().create_new(true).open(path.join(RESERVE))?;
        reserve.write_all(&[b' '; ROOM])?;
        if durable {
            reserve.sync_all()?;
        }
        Ok(Self {
            path,
            reserve,
            durable,
        })
    }

    /// Opens the file for the output.
    pub(crate) fn output(&self) -> io::Result<File> {
        File::options()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(self.path.join(OUTPUT))
    }

    /// Writes `started.json`.
    pub(crate) fn started(&self, started: &Started) -> io::Result<()> {
        let temporary = self.path.join("started.tmp");
        let mut file = private().create(true).truncate(true).open(&temporary)?;
        file.write_all(&serde_json::to_vec(started)?)?;
        if self.durable {
            file.sync_all()?;
        }
        fs::rename(&temporary, self.path.join(STARTED))?;
        self.sync()
    }

    /// Writes `exit.json`, into the room that was kept. Tries for half a minute where the disk resists.
    pub(crate) fn ended(mut self, ended: &Ended) -> io::Result<()> {
        let mut tries = 30;
        loop {
            match self.try_ended(ended) {
                Ok(()) => return Ok(()),
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {
                    tries -= 1;
                    thread::sleep(Duration::from_secs(1));
                }
            }
        }
    }

    fn try_ended(&mut self, ended: &Ended) -> io::Result<()> {
        let mut text = serde_json::to_vec(ended)?;
        // Blanks after JSON are JSON: the file keeps its blocks and needs no new ones.
        text.resize(text.len().max(ROOM), b' ');
        self.reserve.rewind()?;
        self.reserve.write_all(&text)?;
        if self.durable {
            self.reserve.sync_all()?;
        }
        fs::rename(self.path.join(RESERVE), self.path.join(EXIT))?;
        self.sync()
    }

    fn sync(&self) -> io::Result<()> {
        if !self.durable {
            return Ok(());
        }
        File::open(&self.path)?.sync_all()
    }
}

fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

/// Reads a file or pipe to its end, at most so many bytes.
pub(crate) fn read_all(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(64 * 1024);
    from.take(most + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the description is too long",
        ));
    }
    Ok(bytes)
}

/// Milliseconds since 1970 (UTC).
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|time| i64::try_from(time.as_millis()).ok())
        .unwrap_or_default()
}
