//! Events in.

use podium_diagnostics::{Error, ErrorKind, Result};
use podium_engine::Event;
use podium_engine::event::{EventBody, RunEvent, StepEvent};
use podium_model::RunId;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use crate::checksum::crc32;
use crate::{Journal, code, fault};

impl Journal {
    /// Makes events durable: all of them, or none. They must follow those that are there without a gap,
    /// run by run.
    ///
    /// Fails with `POD0604` when the disk is full (what was there is kept), `POD0605` on a gap, and
    /// `POD0602` when another process has taken over.
    pub fn append(&self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        match self.try_append(events) {
            Err(error) if error.code == code::DISK_FULL && self.use_reserve() => {
                self.try_append(events)
            }
            done => done,
        }
    }

    fn try_append(&self, events: &[Event]) -> Result<()> {
        let mut writer = self.writer()?;
        let epoch = writer.epoch;
        append_in(&mut writer.connection, Some(epoch), events)
    }
}

/// Appends in one transaction; with an epoch, only where that is still ours.
pub(crate) fn append_in(
    connection: &mut rusqlite::Connection,
    epoch: Option<i64>,
    events: &[Event],
) -> Result<()> {
    let failed = |error: rusqlite::Error| fault::of_sqlite("writing events", &error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    if let Some(ours) = epoch {
        let now: i64 = transaction
            .query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| {
                row.get(0)
            })
            .map_err(failed)?;
        if now != ours {
            return Err(Error::new(
                ErrorKind::Conflict,
                code::TAKEN_OVER,
                "Another Podium has taken over this data folder.",
            )
            .with_hint("Close this one; the other goes on with the runs."));
        }
    }
    let mut at: Option<(&RunId, u64)> = None;
    for event in events {
        let last = match at {
            Some((run, last)) if *run == event.run => last,
            _ => last_seq(&transaction, &event.run).map_err(failed)?,
        };
        if event.seq != last + 1 {
            return Err(Error::new(
                ErrorKind::Conflict,
                code::GAP,
                format!(
                    "Event {} of `{}` does not follow event {last}.",
                    event.seq, event.run
                ),
            )
            .with_hint("Start Podium again; the run goes on from what is recorded."));
        }
        insert(&transaction, event)?;
        at = Some((&event.run, event.seq));
    }
    transaction.commit().map_err(failed)
}

fn last_seq(transaction: &Transaction, run: &RunId) -> rusqlite::Result<u64> {
    let last: Option<i64> = transaction
        .prepare_cached("SELECT last_seq FROM run WHERE run = ?1")?
        .query_row([run.as_str()], |row| row.get(0))
        .optional()?;
    Ok(u64::try_from(last.unwrap_or(0)).unwrap_or(0))
}

fn insert(transaction: &Transaction, event: &Event) -> Result<()> {
    let payload = serde_json::to_string(event).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            code::CANNOT_OPEN,
            format!("An event cannot be written: {error}."),
        )
        .with_hint("This is a defect of Podium; please report it with this message.")
    })?;
    index(transaction, event)
        .and_then(|()| {
            transaction
                .prepare_cached(
                    "INSERT INTO event (run, seq, payload, crc) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    event.run.as_str(),
                    number(event.seq),
                    payload,
                    crc32(payload.as_bytes())
                ])
        })
        .map(|_| ())
        .map_err(|error| fault::of_sqlite("writing events", &error))
}

/// SQLite's whole numbers are signed.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The rows that are made from events.
fn index(transaction: &Transaction, event: &Event) -> rusqlite::Result<()> {
    let run = event.run.as_str();
    let (mut state, mut from) = (None, None);
    match &event.body {
        EventBody::Run(RunEvent::Created(created)) => {
            transaction
                .prepare_cached(
                    "INSERT INTO run (run, workflow, title, environment, started_by, undoes, state,
                         created_at, last_at, last_seq)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'created', ?7, ?7, ?8)
                     ON CONFLICT (run) DO NOTHING",
                )?
                .execute(params![
                    run,
                    created.plan.workflow(),
                    created.plan.title(),
                    created.plan.environment().as_str(),
                    created.by,
                    created.undoes.as_ref().map(RunId::as_str),
                    event.at,
                    number(event.seq),
                ])?;
            return Ok(());
        }
        EventBody::Run(RunEvent::Waiting(_)) => state = Some("waiting"),
        EventBody::Run(RunEvent::Started(_)) => state = Some("running"),
        EventBody::Run(RunEvent::Succeeded(_)) => state = Some("succeeded"),
        EventBody::Run(RunEvent::Failed(_)) => state = Some("failed"),
        EventBody::Run(RunEvent::Cancelled(_)) => state = Some("cancelled"),
        EventBody::Run(RunEvent::Approved(_))
        | EventBody::Step {
            event: StepEvent::Progress(_),
            ..
        } => {}
        EventBody::Step {
            step,
            event: StepEvent::Log(log),
            ..
        } => {
            transaction
                .prepare_cached(
                    "INSERT INTO log (run, step, first, lines, seq)
                     VALUES (?1, ?2, (SELECT coalesce(max(first + lines), 0) FROM log
                                      WHERE run = ?1 AND step = ?2), ?3, ?4)",
                )?
                .execute(params![
                    run,
                    step.to_string(),
                    number(log.lines.len() as u64),
                    number(event.seq)
                ])?;
        }
        EventBody::Step { .. } => {
            state = Some("running");
            from = Some("waiting");
        }
    }
    transaction
        .prepare_cached(
            "UPDATE run SET last_seq = ?2, last_at = ?3,
                 state = CASE WHEN ?4 IS NULL OR (?5 IS NOT NULL AND state <> ?5)
                              THEN state ELSE ?4 END
             WHERE run = ?1",
        )?
        .execute(params![run, number(event.seq), event.at, state, from])?;
    Ok(())
}

impl Journal {
    /// Makes the disk look full after this many pages. For tests alone: it stands where a full disk
    /// would speak, in SQLite itself.
    #[doc(hidden)]
    pub fn limit_pages_for_tests(&self, pages: u32) {
        if let Ok(writer) = self.writer() {
            let _ = writer.connection.pragma_update_and_check(
                None,
                "max_page_count",
                pages,
                |_| Ok(()),
            );
        }
    }
}
