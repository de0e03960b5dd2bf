//! Events out.

use podium_diagnostics::Result;
use podium_engine::Event;
use podium_model::RunId;
use rusqlite::{Row, params};

use crate::append::number;
use crate::checksum::crc32;
use crate::{Journal, fault};

/// A run in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// The workflow's name in the workspace.
    pub workflow: String,
    /// What people call it.
    pub title: String,
    /// Where it runs.
    pub environment: String,
    /// Who asked for it.
    pub by: String,
    /// The run that it takes back.
    pub undoes: Option<RunId>,
    /// `created`, `running`, `waiting`, `succeeded`, `failed` or `cancelled`.
    pub state: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// When its last event happened.
    pub last_at: i64,
    /// The number of its last event.
    pub last_seq: u64,
}

impl Journal {
    /// The events of a run from a number on, at most `limit` of them, in order.
    ///
    /// Fails with `POD0608` at a row that is damaged.
    pub fn events(&self, run: &RunId, from_seq: u64, limit: usize) -> Result<Vec<Event>> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("reading events", &error);
        let reader = self.reader();
        let mut statement = reader
            .prepare_cached(
                "SELECT payload, crc FROM event WHERE run = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
            )
            .map_err(failed)?;
        let rows = statement
            .query_map(
                params![run.as_str(), number(from_seq), number(limit as u64)],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)),
            )
            .map_err(failed)?;
        rows.map(|row| {
            row.map_err(failed)
                .and_then(|(payload, crc)| parse(&payload, crc))
        })
        .collect()
    }

    /// The same without the log lines, which are read by range ([`Journal::log_index`]): what a run did is
    /// little, what its tools said may be much.
    pub fn events_without_log(&self, run: &RunId, from_seq: u64) -> Result<Vec<Event>> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("reading events", &error);
        let reader = self.reader();
        let mut statement = reader
            .prepare_cached(
                "SELECT payload, crc FROM event WHERE run = ?1 AND seq >= ?2
                 AND seq NOT IN (SELECT seq FROM log WHERE run = ?1) ORDER BY seq",
            )
            .map_err(failed)?;
        let rows = statement
            .query_map(params![run.as_str(), number(from_seq)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
            })
            .map_err(failed)?;
        rows.map(|row| {
            row.map_err(failed)
                .and_then(|(payload, crc)| parse(&payload, crc))
        })
        .collect()
    }

    /// The number of a run's last event; 0 where there is none.
    pub fn last_seq(&self, run: &RunId) -> Result<u64> {
        Ok(self.run(run)?.map_or(0, |row| row.last_seq))
    }

    /// Which writer this is, counted from 1: it grows each time another process opens the journal for
    /// writing.
    pub fn writer_number(&self) -> Result<u64> {
        self.reader()
            .query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| {
                row.get::<_, i64>(0)
            })
            .map(|number| u64::try_from(number).unwrap_or_default())
            .map_err(|error| fault::of_sqlite("reading who writes", &error))
    }

    /// All runs, the newest first.
    pub fn runs(&self) -> Result<Vec<RunRow>> {
        self.run_rows("ORDER BY created_at DESC, run DESC", [])
    }

    /// Runs that have not ended, the oldest first; these are resumed after a start.
    pub fn open_runs(&self) -> Result<Vec<RunRow>> {
        self.run_rows(
            "WHERE state IN ('created', 'running', 'waiting') ORDER BY created_at, run",
            [],
        )
    }

    /// One run.
    pub fn run(&self, run: &RunId) -> Result<Option<RunRow>> {
        Ok(self.run_rows("WHERE run = ?1", [run.as_str()])?.pop())
    }

    /// The runs that take a run back, the newest first.
    pub fn undone_by(&self, run: &RunId) -> Result<Vec<RunRow>> {
        self.run_rows(
            "WHERE undoes = ?1 ORDER BY created_at DESC, run DESC",
            [run.as_str()],
        )
    }

    fn run_rows(&self, rest: &str, params: impl rusqlite::Params) -> Result<Vec<RunRow>> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("reading the list of runs", &error);
        let reader = self.reader();
        let mut statement = reader
            .prepare_cached(&format!(
                "SELECT run, workflow, title, environment, started_by, undoes, state, created_at,
                     last_at, last_seq FROM run {rest}"
            ))
            .map_err(failed)?;
        let rows = statement.query_map(params, run_row).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }
}

fn run_row(row: &Row) -> rusqlite::Result<RunRow> {
    let id = |column: usize, text: String| {
        text.parse().map_err(|error: podium_model::id::NotAName| {
            rusqlite::Error::FromSqlConversionFailure(
                column,
                rusqlite::types::Type::Text,
                Box::new(error),
            )
        })
    };
    Ok(RunRow {
        run: id(0, row.get(0)?)?,
        workflow: row.get(1)?,
        title: row.get(2)?,
        environment: row.get(3)?,
        by: row.get(4)?,
        undoes: row
            .get::<_, Option<String>>(5)?
            .map(|text| id(5, text))
            .transpose()?,
        state: row.get(6)?,
        created_at: row.get(7)?,
        last_at: row.get(8)?,
        last_seq: u64::try_from(row.get::<_, i64>(9)?).unwrap_or(0),
    })
}

/// An event from its row, checked.
pub(crate) fn parse(payload: &str, crc: u32) -> Result<Event> {
    if crc32(payload.as_bytes()) != crc {
        return Err(fault::row_damaged("its checksum does not fit"));
    }
    serde_json::from_str(payload).map_err(fault::row_damaged)
}
