//! Runs of elsewhere, brought in as a record: to look at, to compare with, never to go on with.

use std::collections::BTreeSet;

use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_engine::event::RunEvent;
use podium_engine::{Event, EventBody};
use podium_model::RunId;
use serde_json::Value;

use crate::types::{ImportRun, ImportedRun};
use crate::{ApiError, Podium};

/// What a record says of itself.
const RECORD_FORMAT: &str = "export/1";

/// The file is no record of a run.
const NO_RECORD: Code = Code::new("POD0740");
/// The record is of a run that has not ended.
const NOT_ENDED: Code = Code::new("POD0741");
/// The run is only a record.
const RECORDED: Code = Code::new("POD0739");
/// Another process holds the journal.
const HELD: Code = Code::new("POD0742");

impl Podium {
    /// Brings the record of a run into the history. It is looked at only: nothing of it goes on here, and
    /// what it made is not here. One that is there already stays as it is.
    pub async fn run_import(
        &self,
        request: ImportRun,
    ) -> std::result::Result<ImportedRun, ApiError> {
        self.run_record(read_record(&request.text)?).await
    }

    /// The same, of events that were read already.
    pub async fn run_record(
        &self,
        mut events: Vec<Event>,
    ) -> std::result::Result<ImportedRun, ApiError> {
        if !has_ended(&events) {
            return Err(Error::new(
                ErrorKind::Invalid,
                NOT_ENDED,
                "The run in this record has not ended; a record does not go on.",
            )
            .with_hint("Export it again when it has ended.")
            .into());
        }
        for event in &mut events {
            if let EventBody::Run(RunEvent::Created(created)) = &mut event.body {
                created.recorded = true;
            }
        }
        Ok(self.bring(events).await?)
    }

    async fn bring(&self, events: Vec<Event>) -> Result<ImportedRun> {
        let (run, title) = match events.first() {
            Some(Event {
                run,
                body: EventBody::Run(RunEvent::Created(created)),
                ..
            }) => (run.clone(), created.plan.title().to_owned()),
            _ => return Err(no_record("it does not begin with the making of a run")),
        };
        if !self.host.lead().await? {
            return Err(Error::new(
                ErrorKind::Conflict,
                HELD,
                "Another Podium holds the history, so that nothing can be brought into it.",
            )
            .with_hint("Close the other window or wait for the other command, then try again."));
        }
        let id = run.clone();
        let already = self
            .host
            .journal(move |journal| {
                if journal.last_seq(&id)? > 0 {
                    return Ok(true);
                }
                journal.append(&events)?;
                Ok(false)
            })
            .await?;
        Ok(ImportedRun {
            run,
            title,
            already,
        })
    }
}

/// The events of a record: `podium runs export` writes one.
pub fn read_record(text: &str) -> Result<Vec<Event>> {
    let record: Value = serde_json::from_str(text)
        .map_err(|error| no_record(&format!("it is no JSON: {error}")).with_source(error))?;
    if record["podium"] != RECORD_FORMAT {
        return Err(no_record(&format!(
            "it does not say `\"podium\": \"{RECORD_FORMAT}\"`"
        )));
    }
    let Some(list) = record["events"].as_array() else {
        return Err(no_record("it has no `events`"));
    };
    let mut events: Vec<Event> = Vec::with_capacity(list.len());
    for (at, value) in list.iter().enumerate() {
        let number = at as u64 + 1;
        let event: Event = serde_json::from_value(value.clone()).map_err(|error| {
            no_record(&format!("its event {number} cannot be read: {error}")).with_source(error)
        })?;
        if event.seq != number {
            return Err(no_record(&format!(
                "its event {number} is numbered {}; something is missing",
                event.seq
            )));
        }
        events.push(event);
    }
    let runs: BTreeSet<_> = events.iter().map(|event| &event.run).collect();
    if runs.len() != 1 {
        return Err(no_record(&format!(
            "it holds events of {} runs, not of one",
            runs.len()
        )));
    }
    Ok(events)
}

/// Refuses to take back what was only brought in as a record.
pub(crate) fn refuse(run: &RunId, events: &[Event]) -> Result<()> {
    match events.first().map(|event| &event.body) {
        Some(EventBody::Run(RunEvent::Created(created))) if created.recorded => Err(Error::new(
            ErrorKind::Invalid,
            RECORDED,
            format!("The run `{run}` is a record: it ran elsewhere, and what it made is not here."),
        )
        .with_hint("It can be looked at and compared; ask where it ran for more.")),
        _ => Ok(()),
    }
}

fn has_ended(events: &[Event]) -> bool {
    let last = events.iter().rev().find_map(|event| match &event.body {
        EventBody::Run(event) => Some(event),
        EventBody::Step { .. } => None,
    });
    matches!(
        last,
        Some(RunEvent::Succeeded(_) | RunEvent::Failed(_) | RunEvent::Cancelled(_))
    )
}

fn no_record(because: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        NO_RECORD,
        format!("This is no record of a run: {because}."),
    )
    .with_hint("`podium runs export RUN` writes one.")
}
