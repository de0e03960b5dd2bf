//! Saving what is whole from a damaged file.

use std::path::Path;

use podium_diagnostics::{Error, ErrorKind};
use rusqlite::{Connection, OpenFlags, params};

use crate::append::append_in;
use crate::{code, read};

/// Copies every run up to its first damaged event into a fresh file; gives what people should be told.
pub(crate) fn save(into: &mut Connection, aside: &Path, why: &str) -> Error {
    let (runs, events) = copy_runs(into, aside).unwrap_or_default();
    let blobs = copy_blobs(into, aside).unwrap_or_default();
    let name = aside
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Error::new(
        ErrorKind::Storage,
        code::WAS_DAMAGED,
        format!(
            "The journal was damaged. It was moved aside as `{name}`, and {events} events of {runs} \
             runs were saved from it."
        ),
    )
    .with_hint("Runs that were under way may miss their last events: look at the far systems.")
    .with_context("moved to", aside.display())
    .with_context("drafts saved", blobs)
    .with_source(why)
}

fn open(aside: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(
        aside,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}

fn copy_runs(into: &mut Connection, aside: &Path) -> rusqlite::Result<(usize, usize)> {
    let from = open(aside)?;
    let mut runs: Vec<String> = Vec::new();
    let mut statement = from.prepare("SELECT DISTINCT run FROM event")?;
    let mut rows = statement.query([])?;
    while let Ok(Some(row)) = rows.next() {
        runs.extend(row.get(0));
    }
    let mut saved = (0, 0);
    for run in runs {
        let mut statement =
            from.prepare("SELECT payload, crc FROM event WHERE run = ?1 ORDER BY seq")?;
        let mut rows = statement.query([&run])?;
        let mut events = Vec::new();
        while let Ok(Some(row)) = rows.next() {
            let (Ok(payload), Ok(crc)) = (row.get::<_, String>(0), row.get(1)) else {
                break;
            };
            match read::parse(&payload, crc) {
                Ok(event) if event.seq == events.len() as u64 + 1 => events.push(event),
                _ => break,
            }
        }
        if !events.is_empty() && append_in(into, None, &events).is_ok() {
            saved.0 += 1;
            saved.1 += events.len();
        }
    }
    Ok(saved)
}

fn copy_blobs(into: &mut Connection, aside: &Path) -> rusqlite::Result<usize> {
    let from = open(aside)?;
    let mut statement = from.prepare("SELECT kind, key, value FROM blob")?;
    let mut rows = statement.query([])?;
    let mut saved = 0;
    while let Ok(Some(row)) = rows.next() {
        let (Ok(kind), Ok(key), Ok(value)) = (
            row.get::<_, String>(0),
            row.get::<_, String>(1),
            row.get::<_, Vec<u8>>(2),
        ) else {
            break;
        };
        saved += into.execute(
            "INSERT OR REPLACE INTO blob (kind, key, value) VALUES (?1, ?2, ?3)",
            params![kind, key, value],
        )?;
    }
    Ok(saved)
}
