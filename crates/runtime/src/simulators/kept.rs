//! What is kept of a simulator: its state, the weather over it, and where it is served.
//!
//! Invariants: a file holds a whole value at every moment, since the new one is written beside and takes
//! the name of the old one; only who holds the turn (a file lock) reads or writes state and weather.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use podium_connector::weather::Weather;
use podium_diagnostics::{Code, Error, ErrorKind, Result};

use crate::home::{create_private, storage};

/// The weather over a simulator is kept in a file that cannot be read.
const UNREADABLE_WEATHER: Code = Code::new("POD0834");

/// The files of one connector's simulator.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    connector: String,
}

/// The right to read and write, until it is dropped.
pub(crate) struct Turn<'a> {
    kept: &'a Kept,
    _lock: File,
}

/// The word that a simulator is served at an address, as long as this lives or its process does.
#[derive(Debug)]
pub(crate) struct Announced {
    path: PathBuf,
    lock: Option<File>,
}

impl Kept {
    /// In this folder, which is made where it is not there.
    pub(crate) fn new(folder: &Path, connector: &str) -> Result<Self> {
        create_private(folder)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            connector: connector.to_owned(),
        })
    }

    /// Where the state lies.
    pub(crate) fn state_file(&self) -> PathBuf {
        self.file("json")
    }

    fn weather_file(&self) -> PathBuf {
        self.file("weather.json")
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.connector))
    }

    /// Waits until nobody else has the turn. The lock is a file of its own, since those that hold
    /// something are other ones after each change.
    pub(crate) fn turn(&self) -> Result<Turn<'_>> {
        let path = self.file("lock");
        let lock = open(&path)?;
        lock.lock().map_err(|error| storage(&path, &error))?;
        Ok(Turn {
            kept: self,
            _lock: lock,
        })
    }

    /// Says that the simulator is served at this port.
    pub(crate) fn announce(&self, port: u16) -> Result<Announced> {
        let _alone = self.addresses_alone()?;
        let path = self.file(&format!("at-{port}"));
        let lock = open(&path)?;
        // The port is ours, and so is its file; one that was left behind has no lock.
        lock.lock().map_err(|error| storage(&path, &error))?;
        Ok(Announced {
            path,
            lock: Some(lock),
        })
    }

    /// Where it is served at this moment, by whichever process.
    pub(crate) fn addresses(&self) -> Result<Vec<String>> {
        let _alone = self.addresses_alone()?;
        let fail = |error: std::io::Error| storage(&self.folder, &error);
        let start = format!("{}.at-", self.connector);
        let mut ports = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            let port = name
                .to_str()
                .and_then(|name| name.strip_prefix(&start))
                .and_then(|port| port.parse::<u16>().ok());
            let Some(port) = port else { continue };
            let Ok(file) = File::open(entry.path()) else {
                continue;
            };
            match file.try_lock_shared() {
                Err(TryLockError::WouldBlock) => ports.push(port),
                // Its process is gone without a word.
                Ok(()) => drop(std::fs::remove_file(entry.path())),
                Err(TryLockError::Error(error)) => return Err(storage(&entry.path(), &error)),
            }
        }
        ports.sort_unstable();
        Ok(ports.into_iter().map(address).collect())
    }

    /// Held for moments only, so that no file is removed between its making and its locking.
    fn addresses_alone(&self) -> Result<File> {
        let path = self.folder.join("addresses.lock");
        let lock = open(&path)?;
        lock.lock().map_err(|error| storage(&path, &error))?;
        Ok(lock)
    }

    /// The weather over it. To read alone needs no turn, since the file is always whole.
    pub(crate) fn weather(&self) -> Result<Weather> {
        let path = self.weather_file();
        let Some(text) = read(&path)? else {
            return Ok(Weather::fair());
        };
        serde_json::from_str(&text).map_err(|error| {
            Error::new(
                ErrorKind::Invalid,
                UNREADABLE_WEATHER,
                format!("The weather in `{}` cannot be read.", path.display()),
            )
            .with_hint(format!(
                "Make a new one with `podium practice weather {0} RULE`, or none with \
                 `podium practice weather {0} --clear`.",
                self.connector
            ))
            .with_source(error)
        })
    }
}

impl Turn<'_> {
    /// The state as text; empty where nothing happened yet.
    pub(crate) fn state(&self) -> Result<String> {
        Ok(read(&self.kept.state_file())?.unwrap_or_default())
    }

    pub(crate) fn keep_state(&self, state: &str) -> Result<()> {
        self.keep(&self.kept.state_file(), state)
    }

    /// Fair weather leaves no file.
    pub(crate) fn keep_weather(&self, weather: &Weather) -> Result<()> {
        let path = self.kept.weather_file();
        if *weather == Weather::fair() {
            return remove(&path).map(drop);
        }
        let text = serde_json::to_string(weather).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                UNREADABLE_WEATHER,
                "The weather could not be written.",
            )
            .with_source(error)
        })?;
        self.keep(&path, &text)
    }

    /// Forgets state and weather; says whether there was a state.
    pub(crate) fn clear(&self) -> Result<bool> {
        remove(&self.kept.weather_file())?;
        remove(&self.kept.state_file())
    }

    fn keep(&self, path: &Path, text: &str) -> Result<()> {
        let beside = self.kept.file("new");
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, path))
            .map_err(|error| storage(path, &error))
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        drop(self.lock.take());
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The base address of what is served at a port.
pub(crate) fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn open(path: &Path) -> Result<File> {
    File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| storage(path, &error))
}

fn read(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(storage(path, &error)),
    }
}

/// Says whether there was something to remove.
fn remove(path: &Path) -> Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(storage(path, &error)),
    }
}
