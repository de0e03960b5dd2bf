//! What the window wants to find again: undo history of documents, drafts.

use podium_diagnostics::Result;
use rusqlite::{OptionalExtension, params};

use crate::{Journal, fault};

impl Journal {
    /// Keeps a value under a kind and a key; the one before is gone.
    pub fn put_blob(&self, kind: &str, key: &str, value: &[u8]) -> Result<()> {
        self.writer()?
            .connection
            .execute(
                "INSERT INTO blob (kind, key, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
                params![kind, key, value],
            )
            .map(|_| ())
            .map_err(|error| fault::of_sqlite("keeping a draft", &error))
    }

    /// The value under a kind and a key.
    pub fn get_blob(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.reader()
            .query_row(
                "SELECT value FROM blob WHERE kind = ?1 AND key = ?2",
                params![kind, key],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| fault::of_sqlite("reading a draft", &error))
    }

    /// The keys of a kind, sorted.
    pub fn blob_keys(&self, kind: &str) -> Result<Vec<String>> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("reading drafts", &error);
        let reader = self.reader();
        let mut statement = reader
            .prepare_cached("SELECT key FROM blob WHERE kind = ?1 ORDER BY key")
            .map_err(failed)?;
        let keys = statement
            .query_map([kind], |row| row.get(0))
            .map_err(failed)?;
        keys.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Forgets a value; no error where there is none.
    pub fn delete_blob(&self, kind: &str, key: &str) -> Result<()> {
        self.writer()?
            .connection
            .execute(
                "DELETE FROM blob WHERE kind = ?1 AND key = ?2",
                params![kind, key],
            )
            .map(|_| ())
            .map_err(|error| fault::of_sqlite("forgetting a draft", &error))
    }
}
