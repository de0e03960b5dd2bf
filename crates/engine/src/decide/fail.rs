//! `Failed`: tried again, asked, or the end of the step.
//!
//! A failure is tried again when the error is temporary or named in `retry.on`, and tries are left. The
//! author's `retry` holds for every operation; where there is none, only what can be repeated without
//! harm is tried again: the look before anything is written, and operations whose system makes a
//! repetition harmless. A step whose preview no longer holds, and which did nothing, is looked at again at
//! once, whatever the author's rule.

use podium_connector::Delivery;
use podium_diagnostics::{Error, ErrorKind, Retry};
use podium_model::document::{Duration, OnError, RetryRule};

use super::draft::Draft;
use super::{ended, schedule, unknown};
use crate::effect::{Effect, TimerKind};
use crate::event::{Retrying, StepEvent, StepFailed};
use crate::state::cell::Phase;
use crate::state::cells::Cells;

/// Tries of a step whose preview was overtaken each time.
const STALE_TRIES: u32 = 5;

pub(super) fn failed(draft: &mut Draft, at: usize, error: &Error) {
    let cell = draft.cell(at);
    if !cell.phase.is_begun() {
        return;
    }
    let stopped = cell.stopping.is_some() || draft.head().cancel.is_some();
    match error.kind {
        ErrorKind::Cancelled if stopped => ended::ended(draft, at, &[]),
        ErrorKind::Unknown => unknown::became_unknown(draft, at, &error.message),
        ErrorKind::Locked => super::lock::locked(draft, at, &error.message),
        _ => fail(draft, at, error, Vec::new()),
    }
}

/// The last attempt failed: the next one, or the end.
pub(super) fn fail(draft: &mut Draft, at: usize, error: &Error, still_running: Vec<String>) {
    let again = if still_running.is_empty() {
        wait_before_next(draft, at, error)
    } else {
        None
    };
    if let Some(wait_ms) = again {
        draft.event(
            at,
            StepEvent::Retrying(Retrying {
                error: Some(error.clone()),
                wait_ms,
                by: None,
                inputs: None,
            }),
        );
        let (step, attempt) = (draft.instance(at), draft.cell(at).attempt);
        draft.effect(Effect::Timer {
            step,
            attempt,
            kind: TimerKind::Backoff,
            millis: wait_ms,
        });
        return;
    }
    let mut error = error.clone();
    if error.retry == Retry::Temporary && draft.cell(at).tries > 1 {
        error.retry = Retry::Persistent;
    }
    give_up(draft, at, error, still_running, true);
}

/// A failure that no repetition can mend, such as an expression without a value.
pub(super) fn fail_for_good(draft: &mut Draft, at: usize, error: Error) {
    give_up(draft, at, error, Vec::new(), true);
}

/// The step has failed. `ask` is false where a person has already decided.
pub(super) fn give_up(
    draft: &mut Draft,
    at: usize,
    error: Error,
    still_running: Vec<String>,
    ask: bool,
) {
    let on_error = draft.plan_step(at).on_error;
    let is_step = draft.cell(at).item.is_none();
    let ask = ask && is_step && on_error == OnError::Ask && draft.head().cancel.is_none();
    let go_on = is_step && on_error == OnError::Continue;
    end_failed(
        draft,
        at,
        StepFailed {
            error,
            ask,
            go_on,
            by: None,
            still_running,
        },
    );
}

pub(super) fn end_failed(draft: &mut Draft, at: usize, failed: StepFailed) {
    draft.event(at, StepEvent::Failed(failed));
    if draft.cell(at).phase == Phase::Failed && draft.cell(at).item.is_none() {
        schedule::close_questions(draft);
    }
}

/// The wait before the next attempt, where there is one.
fn wait_before_next(draft: &Draft, at: usize, error: &Error) -> Option<u64> {
    let cell = draft.cell(at);
    if draft.head().cancel.is_some() {
        return None;
    }
    // Nothing was done, and another look decides: it goes on, or a person is asked. Not without end,
    // where somebody else changes the same thing all the time.
    if error.kind == ErrorKind::Stale && cell.tries < STALE_TRIES {
        return Some(0);
    }
    let harmless = cell.phase == Phase::Ready
        || matches!(
            cell.delivery.as_deref(),
            Some(Delivery::Idempotent | Delivery::EffectivelyOnce)
        );
    let own;
    let rule = match &draft.plan_step(at).retry {
        Some(rule) => rule,
        None if harmless => {
            own = RetryRule {
                attempts: 3,
                backoff: Duration { millis: 1_000 },
                factor: 2.0,
                max: Some(Duration { millis: 30_000 }),
                on: Vec::new(),
            };
            &own
        }
        None => return None,
    };
    let wanted = if rule.on.is_empty() {
        error.retry == Retry::Temporary
    } else {
        rule.on
            .iter()
            .any(|name| name == error.code.as_str() || *name == kind_name(error.kind))
    };
    (wanted && cell.tries < rule.attempts).then(|| backoff(rule, cell.tries))
}

/// The wait after this many tries: the first wait times the factor for each try beyond the first.
fn backoff(rule: &RetryRule, tries: u32) -> u64 {
    let longest = rule.max.map_or(24 * 3_600_000, |max| max.millis);
    let exponent = i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a wait is small, and the cast back saturates"
    )]
    let wait = (rule.backoff.millis as f64 * rule.factor.max(1.0).powi(exponent)) as u64;
    wait.min(longest)
}

fn kind_name(kind: ErrorKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}
