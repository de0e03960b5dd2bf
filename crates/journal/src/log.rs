//! Log lines, by range.

use podium_diagnostics::Result;
use podium_engine::event::{EventBody, StepEvent};
use podium_model::RunId;
use rusqlite::params;

use crate::append::number;
use crate::read::parse;
use crate::{Journal, fault};

/// Whose lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOf<'a> {
    /// Of every step.
    Run,
    /// Of one step with all its elements (`servers`), or of one element (`servers[2]`).
    Step(&'a str),
}

/// Where the lines of a log are: one event after the other, without what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogIndex {
    parts: Vec<Part>,
    total: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// The number of its first line in this log.
    first: u64,
    seq: u64,
}

impl LogIndex {
    /// How many lines there are.
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedLine {
    /// Its number in the log that was asked for, counted from 0.
    pub number: u64,
    /// The step, or the element of it.
    pub step: String,
    /// When it was recorded, in milliseconds since 1970.
    pub at: i64,
    /// The attempt it belongs to.
    pub attempt: u32,
    /// The line.
    pub line: podium_engine::event::LogLine,
}

impl Journal {
    /// Where the lines of a log are, in the order in which they were written.
    pub fn log_index(&self, run: &RunId, of: LogOf<'_>) -> Result<LogIndex> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("reading a log", &error);
        let step = match of {
            LogOf::Run => None,
            LogOf::Step(step) => Some(step),
        };
        let reader = self.reader();
        // The elements of `servers` are the names between `servers[` and `servers\`.
        let mut statement = reader
            .prepare_cached(
                "SELECT seq, lines FROM log WHERE run = ?1 AND (?2 IS NULL OR step = ?2
                     OR (step >= ?2 || '[' AND step < ?2 || '\\')) ORDER BY seq",
            )
            .map_err(failed)?;
        let mut rows = statement
            .query(params![run.as_str(), step])
            .map_err(failed)?;
        let mut index = LogIndex::default();
        while let Some(row) = rows.next().map_err(failed)? {
            let (seq, lines): (i64, i64) =
                (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            index.parts.push(Part {
                first: index.total,
                seq: u64::try_from(seq).unwrap_or(0),
            });
            index.total += u64::try_from(lines).unwrap_or(0);
        }
        Ok(index)
    }

    /// Lines from a number on, at most `limit` of them. Reads only the events that hold them.
    pub fn log_lines(
        &self,
        run: &RunId,
        index: &LogIndex,
        from: u64,
        limit: usize,
    ) -> Result<Vec<LoggedLine>> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("reading a log", &error);
        let end = from.saturating_add(limit as u64).min(index.total);
        let mut lines = Vec::new();
        if from >= end {
            return Ok(lines);
        }
        let start = index.parts.partition_point(|part| part.first <= from) - 1;
        let reader = self.reader();
        let mut statement = reader
            .prepare_cached("SELECT payload, crc FROM event WHERE run = ?1 AND seq = ?2")
            .map_err(failed)?;
        for part in index.parts[start..]
            .iter()
            .take_while(|part| part.first < end)
        {
            let (payload, crc): (String, u32) = statement
                .query_row(params![run.as_str(), number(part.seq)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .map_err(failed)?;
            let event = parse(&payload, crc)?;
            if let EventBody::Step {
                step,
                attempt,
                event: StepEvent::Log(log),
            } = event.body
            {
                lines.extend(
                    (part.first..)
                        .zip(log.lines)
                        .filter(|(number, _)| (from..end).contains(number))
                        .map(|(number, line)| LoggedLine {
                            number,
                            step: step.to_string(),
                            at: event.at,
                            attempt,
                            line,
                        }),
                );
            }
        }
        Ok(lines)
    }

    /// How many lines each step (or element) has logged up to an event.
    pub fn log_lengths(&self, run: &RunId, up_to: u64) -> Result<Vec<(String, u64)>> {
        let failed = |error: rusqlite::Error| fault::of_sqlite("reading a log", &error);
        let reader = self.reader();
        let mut statement = reader
            .prepare_cached(
                "SELECT step, sum(lines) FROM log WHERE run = ?1 AND seq <= ?2 GROUP BY step",
            )
            .map_err(failed)?;
        let rows = statement
            .query_map(params![run.as_str(), number(up_to)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
            })
            .map_err(failed)?;
        rows.map(|row| {
            row.map(|(step, lines)| (step, u64::try_from(lines).unwrap_or(0)))
                .map_err(failed)
        })
        .collect()
    }
}
