//! Whole runs out, where a person wants them gone.

use podium_diagnostics::Result;
use podium_model::RunId;
use rusqlite::{TransactionBehavior, params};

use crate::{Journal, fault};

/// The largest file that is written anew after runs were taken out, in bytes: a larger one only gives the
/// room back to itself.
const REWRITE_UP_TO: u64 = 256 << 20;

impl Journal {
    /// Takes whole runs out, with what is kept beside them under these kinds: all of them, or none. What
    /// stood there is overwritten. A run that is not there is no error.
    pub fn forget(&self, runs: &[RunId], kinds: &[&str]) -> Result<()> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("removing runs", &error);
        if runs.is_empty() {
            return Ok(());
        }
        let mut writer = self.writer()?;
        let connection = &mut writer.connection;
        connection
            .pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))
            .map_err(failed)?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for run in runs {
            for table in ["event", "log", "run"] {
                transaction
                    .prepare_cached(&format!("DELETE FROM {table} WHERE run = ?1"))
                    .and_then(|mut delete| delete.execute(params![run.as_str()]))
                    .map_err(failed)?;
            }
            for kind in kinds {
                transaction
                    .prepare_cached("DELETE FROM blob WHERE kind = ?1 AND key = ?2")
                    .and_then(|mut delete| delete.execute(params![kind, run.as_str()]))
                    .map_err(failed)?;
            }
        }
        transaction.commit().map_err(failed)
    }

    /// Writes the file anew without the room that removed runs left, where it is not too large for that. A
    /// disk without room for it leaves the file as it is: nothing is lost by that.
    pub fn compact(&self) -> Result<()> {
        let writer = self.writer()?;
        let size = std::fs::metadata(self.file()).map_or(u64::MAX, |about| about.len());
        let statements = if size <= REWRITE_UP_TO {
            "VACUUM; PRAGMA wal_checkpoint(TRUNCATE);"
        } else {
            "PRAGMA wal_checkpoint(TRUNCATE);"
        };
        // Somebody who reads at this moment, or a full disk: the next start does the rest.
        let _ = writer.connection.execute_batch(statements);
        Ok(())
    }
}
