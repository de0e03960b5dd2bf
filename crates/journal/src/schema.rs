//! The tables, and the way from each version to the next. A step that was released never changes.

use rusqlite::{Connection, Transaction};

/// The version that this code writes.
#[expect(clippy::cast_possible_truncation, reason = "there are a few")]
pub(crate) const VERSION: u32 = STEPS.len() as u32;

/// Step N leads from version N to version N + 1.
const STEPS: [&str; 1] = ["
    CREATE TABLE meta (
        key   TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES ('epoch', 0);

    -- One row an event; payload is the event as JSON.
    CREATE TABLE event (
        run     TEXT NOT NULL,
        seq     INTEGER NOT NULL,
        payload TEXT NOT NULL,
        crc     INTEGER NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;

    -- Made from the events, for lists.
    CREATE TABLE run (
        run         TEXT PRIMARY KEY,
        workflow    TEXT NOT NULL,
        title       TEXT NOT NULL,
        environment TEXT NOT NULL,
        started_by  TEXT NOT NULL,
        undoes      TEXT,
        state       TEXT NOT NULL,
        created_at  INTEGER NOT NULL,
        last_at     INTEGER NOT NULL,
        last_seq    INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Made from the events: where the lines of a step's log are.
    CREATE TABLE log (
        run   TEXT NOT NULL,
        step  TEXT NOT NULL,
        first INTEGER NOT NULL,
        lines INTEGER NOT NULL,
        seq   INTEGER NOT NULL,
        PRIMARY KEY (run, step, first)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE blob (
        kind  TEXT NOT NULL,
        key   TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID;
"];

/// The version of a file; 0 where it is new.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a file to [`VERSION`], in one transaction.
pub(crate) fn migrate(transaction: &Transaction, from: u32) -> rusqlite::Result<()> {
    for step in STEPS.iter().skip(from as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)
}
