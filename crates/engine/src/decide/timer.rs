//! `TimerFired`: the wait before the next attempt is over, or an attempt has taken too long.

use podium_connector::Progress;

use super::draft::Draft;
use super::schedule;
use crate::effect::{Effect, TimerKind};
use crate::event::{Progressed, StepEvent, Stopping};
use crate::state::cell::Phase;
use crate::state::cells::Cells;

pub(super) fn timer_fired(draft: &mut Draft, at: usize, timer: TimerKind) {
    let cell = draft.cell(at);
    match timer {
        TimerKind::Backoff if cell.phase == Phase::Retrying => schedule::attempt(draft, at),
        TimerKind::Timeout if cell.phase.is_begun() && cell.stopping.is_none() => {
            let allowed = draft.plan_step(at).timeout.unwrap_or_default();
            let words = format!("Stopping: it took longer than {}", in_words(allowed.millis));
            stop(draft, at, Stopping::Timeout, words);
        }
        TimerKind::Backoff | TimerKind::Timeout => {}
    }
}

/// Asks an attempt to come to an end.
pub(super) fn stop(draft: &mut Draft, at: usize, why: Stopping, words: String) {
    draft.event(
        at,
        StepEvent::Progress(Progressed {
            progress: Progress {
                words,
                ..Progress::default()
            },
            stopping: Some(why),
        }),
    );
    let (step, attempt) = (draft.instance(at), draft.cell(at).attempt);
    draft.effect(Effect::CancelStep { step, attempt });
}

/// A length of time as the author would write it.
pub(super) fn in_words(millis: u64) -> String {
    match millis {
        _ if millis >= 3_600_000 && millis.is_multiple_of(3_600_000) => {
            format!("{} h", millis / 3_600_000)
        }
        _ if millis >= 60_000 && millis.is_multiple_of(60_000) => {
            format!("{} min", millis / 60_000)
        }
        _ if millis >= 1_000 && millis.is_multiple_of(1_000) => format!("{} s", millis / 1_000),
        _ => format!("{millis} ms"),
    }
}
