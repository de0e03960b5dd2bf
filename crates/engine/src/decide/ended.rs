//! `Ended`: an attempt was stopped, by a cancel, by its timeout, or from outside.

use podium_diagnostics::{Error, ErrorKind};

use super::draft::Draft;
use super::fail;
use crate::code;
use crate::event::{StepCancelled, StepEvent, Stopping};
use crate::state::cells::Cells;

pub(super) fn ended(draft: &mut Draft, at: usize, still_running: &[String]) {
    let cell = draft.cell(at);
    if !cell.phase.is_begun() {
        return;
    }
    let still_running = still_running.to_vec();
    if draft.head().cancel.is_some() || cell.stopping == Some(Stopping::Cancel) {
        draft.event(at, StepEvent::Cancelled(StepCancelled { still_running }));
        return;
    }
    let error = if cell.stopping == Some(Stopping::Timeout) {
        let allowed = draft.plan_step(at).timeout.unwrap_or_default();
        Error::new(
            ErrorKind::TimedOut,
            code::TOOK_TOO_LONG,
            format!(
                "It took longer than its `timeout` of {} and was stopped.",
                super::timer::in_words(allowed.millis)
            ),
        )
        .with_hint(
            "See in the log how far it came; give it more time under `timeout`, or try again.",
        )
    } else {
        Error::new(
            ErrorKind::Cancelled,
            code::STOPPED_FROM_OUTSIDE,
            "It was stopped, and nobody asked for that here.",
        )
        .with_hint("See in the log how far it came, then try again.")
    };
    fail::fail(draft, at, &error, still_running);
}
