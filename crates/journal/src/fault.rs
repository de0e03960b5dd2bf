//! What SQLite and the system say, in our own words.

use std::path::Path;

use podium_diagnostics::{Error, ErrorKind, reason, without_number};
use rusqlite::ErrorCode;

use crate::code;

/// `SQLITE_IOERR_SHMSIZE`, which SQLite gives in place of `SQLITE_FULL` for this one file.
const NO_ROOM_FOR_INDEX: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// An error of SQLite while the file was in use.
pub(crate) fn of_sqlite(doing: &str, error: &rusqlite::Error) -> Error {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
    };
    if matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..)
    ) {
        return row_damaged(error);
    }
    // There was no room for the index of the write-ahead log.
    if error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == NO_ROOM_FOR_INDEX)
    {
        return disk_full(doing).with_source(error);
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => disk_full(doing).with_source(error),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::new(
            ErrorKind::Storage,
            code::ROW_DAMAGED,
            format!("The journal is damaged: it was found while {doing}."),
        )
        .with_hint("Start Podium again: the file is then moved aside and what is whole is saved.")
        .with_source(error),
        _ => Error::new(
            ErrorKind::Storage,
            code::CANNOT_OPEN,
            format!(
                "The journal could not be used while {doing}: {}.",
                without_number(&error.to_string())
            ),
        )
        .with_hint("Check that the disk is there, writable, and not full.")
        .with_source(error),
    }
}

/// An error of the system about a file or folder.
pub(crate) fn of_system(doing: &str, path: &Path, error: &std::io::Error) -> Error {
    if matches!(
        error.kind(),
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
    ) {
        return disk_full(doing).with_source(error);
    }
    Error::new(
        ErrorKind::Storage,
        code::CANNOT_OPEN,
        format!(
            "`{}` could not be used while {doing}: {}.",
            path.display(),
            reason(error)
        ),
    )
    .with_hint("Check that the folder is yours and writable.")
    .with_source(error)
}

pub(crate) fn disk_full(doing: &str) -> Error {
    Error::new(
        ErrorKind::Storage,
        code::DISK_FULL,
        format!("The disk is full: it was noticed while {doing}."),
    )
    .with_hint("Free some space, then resume the run; everything recorded so far is kept.")
}

/// A row that is not as it was written.
pub(crate) fn row_damaged(why: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Storage,
        code::ROW_DAMAGED,
        "An event in the journal is damaged.",
    )
    .with_hint("The events before it can still be read; for the rest, look at the far systems.")
    .with_source(why)
}
