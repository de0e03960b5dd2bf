//! Opening, and the connections.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use podium_diagnostics::{Error, ErrorKind, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{code, damage, fault, folder, schema};

/// The journal of one data folder. Can be shared between threads; calls block.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// Absent where this is a reader.
    writer: Option<Mutex<Writer>>,
    reader: Mutex<Connection>,
    notes: Vec<Error>,
    low: AtomicBool,
}

#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) epoch: i64,
    /// Held for as long as this writes.
    _lock: File,
}

/// Settings of a journal.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes set aside for the moment when the disk is full.
    pub reserve: u64,
    /// The largest file, in bytes, that is checked as a whole when it is opened; beyond, the rows'
    /// checksums alone speak.
    pub check_up_to: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reserve: 32 * 1024 * 1024,
            check_up_to: 64 * 1024 * 1024,
        }
    }
}

impl Journal {
    /// Opens the journal for writing, and makes it where there is none.
    ///
    /// A damaged file is moved aside and what is whole is saved; [`Journal::notes`] says so. A file of a
    /// newer version is opened for reading only, and said so. Fails when another process writes here
    /// (`POD0601`), on a network disk, and when the folder cannot be used.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_with(folder, &Options::default())
    }

    /// As [`Journal::open`], with settings.
    pub fn open_with(folder: &Path, options: &Options) -> Result<Self> {
        const NEEDED: i32 = 3_051_003;
        if rusqlite::version_number() < NEEDED {
            return Err(Error::new(
                ErrorKind::Internal,
                code::CANNOT_OPEN,
                format!("SQLite {} is too old for the journal.", rusqlite::version()),
            )
            .with_hint("Build Podium with the SQLite that it brings."));
        }
        folder::make(folder)?;
        let lock = folder::lock(folder)?;
        let path = folder.join(folder::FILE);
        drop(folder::private_file(&path)?);
        let mut notes = Vec::new();
        let (mut connection, version) = match healthy(&path, options) {
            Ok(healthy) => healthy,
            Err(Trouble::Damaged(why)) => {
                let aside = folder::move_aside(folder)?;
                drop(folder::private_file(&path)?);
                let mut fresh =
                    connect(&path).map_err(|e| fault::of_sqlite("making it anew", &e))?;
                let version = prepare(&mut fresh, 0, folder)?;
                notes.push(damage::save(&mut fresh, &aside, &why));
                (fresh, version)
            }
            Err(Trouble::Other(error)) => return Err(error),
        };
        if version > schema::VERSION {
            notes.push(newer(version));
            return Self::reading(folder, connection, notes);
        }
        prepare(&mut connection, version, folder)?;
        let epoch = take_over(&mut connection)
            .map_err(|error| fault::of_sqlite("taking it over", &error))?;
        folder::reserve(folder, options.reserve);
        let reader = connect(&path).map_err(|e| fault::of_sqlite("opening it", &e))?;
        read_only(&reader).map_err(|e| fault::of_sqlite("opening it", &e))?;
        Ok(Self {
            folder: folder.to_owned(),
            writer: Some(Mutex::new(Writer {
                connection,
                epoch,
                _lock: lock,
            })),
            reader: Mutex::new(reader),
            notes,
            low: AtomicBool::new(false),
        })
    }

    /// Opens the journal for reading, also while another process writes. Fails where there is none.
    pub fn open_read_only(folder: &Path) -> Result<Self> {
        let path = folder.join(folder::FILE);
        if !path.exists() {
            return Err(Error::new(
                ErrorKind::NotFound,
                code::CANNOT_OPEN,
                format!("There is no journal in `{}`.", folder.display()),
            )
            .with_hint("Nothing has run here yet, or PODIUM_HOME names another folder."));
        }
        let doing = "opening it for reading";
        let connection = connect(&path).map_err(|error| fault::of_sqlite(doing, &error))?;
        let version =
            schema::version(&connection).map_err(|error| fault::of_sqlite(doing, &error))?;
        let notes = if version > schema::VERSION {
            vec![newer(version)]
        } else {
            Vec::new()
        };
        Self::reading(folder, connection, notes)
    }

    fn reading(folder: &Path, connection: Connection, notes: Vec<Error>) -> Result<Self> {
        read_only(&connection).map_err(|error| fault::of_sqlite("opening it", &error))?;
        Ok(Self {
            folder: folder.to_owned(),
            writer: None,
            reader: Mutex::new(connection),
            notes,
            low: AtomicBool::new(false),
        })
    }

    /// What people should be told about the opening: that a damaged file was moved aside, or that this
    /// file can only be read.
    pub fn notes(&self) -> &[Error] {
        &self.notes
    }

    /// Whether this journal can be written.
    pub fn can_write(&self) -> bool {
        self.writer.is_some()
    }

    /// Whether the disk was full: the reserve has been given back, and nothing new should begin.
    pub fn is_low(&self) -> bool {
        self.low.load(Ordering::Relaxed)
    }

    /// Bytes that are free on the journal's disk, where that can be known.
    pub fn free_space(&self) -> Option<u64> {
        folder::free_space(&self.folder)
    }

    /// Writes a whole copy of the journal to a file that must not exist yet.
    pub fn snapshot(&self, to: &Path) -> Result<()> {
        copy(&self.reader(), to)
    }

    /// The file of the database.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(folder::FILE)
    }

    pub(crate) fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn writer(&self) -> Result<MutexGuard<'_, Writer>> {
        match &self.writer {
            Some(writer) => Ok(writer.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Err(self.notes.first().cloned().unwrap_or_else(|| {
                Error::new(
                    ErrorKind::Conflict,
                    code::ANOTHER_INSTANCE,
                    "The journal is open for reading only.",
                )
                .with_hint("Use the window or command that runs things here.")
            })),
        }
    }

    /// The disk is full: gives the reserve back; whether that may help.
    pub(crate) fn use_reserve(&self) -> bool {
        self.low.store(true, Ordering::Relaxed);
        folder::free_reserve(&self.folder)
    }
}

enum Trouble {
    Damaged(String),
    Other(Error),
}

fn newer(version: u32) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        code::NEWER,
        format!(
            "The journal was written by a newer Podium (version {version}; this one knows {}).",
            schema::VERSION
        ),
    )
    .with_hint("Update Podium. Until then the history can be read, and nothing can run.")
}

/// Opens the file and checks that it is whole.
fn healthy(path: &Path, options: &Options) -> Result<(Connection, u32), Trouble> {
    let looked = || -> rusqlite::Result<(Connection, u32, String)> {
        let connection = connect(path)?;
        let version = schema::version(&connection)?;
        let size = std::fs::metadata(path).map_or(0, |about| about.len());
        let verdict = if size <= options.check_up_to {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?
        } else {
            "ok".to_owned()
        };
        Ok((connection, version, verdict))
    };
    match looked() {
        Ok((connection, version, verdict)) if verdict == "ok" => Ok((connection, version)),
        Ok((.., verdict)) => Err(Trouble::Damaged(verdict)),
        Err(error) if is_damage(&error) => Err(Trouble::Damaged(error.to_string())),
        Err(error) => Err(Trouble::Other(fault::of_sqlite("opening it", &error))),
    }
}

pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseCorrupt | NotADatabase)
    )
}

/// Opens a connection as the journal needs it.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

fn read_only(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "query_only", true)
}

/// Brings a file to this version, with a copy of the old one first.
fn prepare(connection: &mut Connection, version: u32, folder: &Path) -> Result<u32> {
    let doing = "bringing it up to date";
    let failed = |error: rusqlite::Error| fault::of_sqlite(doing, &error);
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .map_err(failed)?;
    if version == schema::VERSION {
        return Ok(version);
    }
    if version > 0 {
        let copies = folder.join("backups");
        folder::make(&copies)?;
        let to = copies.join(format!("journal-v{version}.db"));
        let _ = std::fs::remove_file(&to);
        copy(connection, &to)?;
    }
    let transaction = connection.transaction().map_err(failed)?;
    schema::migrate(&transaction, version).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(schema::VERSION)
}

fn copy(connection: &Connection, to: &Path) -> Result<()> {
    let doing = "copying it";
    drop(folder::private_file(to)?);
    let mut target = Connection::open(to).map_err(|error| fault::of_sqlite(doing, &error))?;
    let backup = rusqlite::backup::Backup::new(connection, &mut target)
        .map_err(|error| fault::of_sqlite(doing, &error))?;
    backup
        .run_to_completion(1024, Duration::ZERO, None)
        .map_err(|error| fault::of_sqlite(doing, &error))
}

/// Counts up who has the journal. In a transaction of its own, whose end is looked at: on a full disk a
/// statement gives its row, and only the commit fails.
fn take_over(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE meta SET value = value + 1 WHERE key = 'epoch'", [])?;
    let epoch = transaction.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| {
        row.get(0)
    })?;
    transaction.commit()?;
    Ok(epoch)
}
