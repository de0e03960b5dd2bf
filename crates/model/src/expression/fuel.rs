//! A counter that ends an evaluation after a bounded amount of work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cel::ExecutionError;
use cel::common::types::{CelBytes, CelList, CelMap, CelOptional, CelString};
use cel::common::value::Val;

/// Bytes of text that cost one unit.
const BYTES_A_UNIT: usize = 64;

/// The units that are left. Once it has run out it stays so.
#[derive(Debug)]
pub(super) struct Fuel {
    left: AtomicU64,
    empty: AtomicBool,
    asked: AtomicU64,
}

impl Fuel {
    pub(super) fn new(units: u64) -> Self {
        Self {
            left: AtomicU64::new(units),
            empty: AtomicBool::new(false),
            asked: AtomicU64::new(0),
        }
    }

    /// Takes units, or fails when fewer are left.
    pub(super) fn take(&self, units: u64) -> Result<(), ExecutionError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(units)
            });
        if taken.is_err() || self.is_empty() {
            self.empty.store(true, Ordering::Relaxed);
            self.left.store(0, Ordering::Relaxed);
            return Err(ExecutionError::InternalError("fuel".to_owned()));
        }
        Ok(())
    }

    /// Takes what a value weighs; never looks at more of it than there is fuel for.
    pub(super) fn take_for(&self, value: &dyn Val) -> Result<(), ExecutionError> {
        let left = self.left.load(Ordering::Relaxed);
        self.take(weigh(value, left))
    }

    /// Whether it has run out at any time.
    pub(super) fn is_empty(&self) -> bool {
        self.empty.load(Ordering::Relaxed)
    }

    /// How often it was asked, for tests of boundedness.
    #[cfg(test)]
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// What is left, for tests of boundedness.
    #[cfg(test)]
    pub(super) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

/// The cost of a text of this many bytes.
pub(super) fn of_text(bytes: usize) -> u64 {
    1 + (bytes / BYTES_A_UNIT) as u64
}

/// One unit for each value in the tree and each 64 bytes of text; stops soon after `limit`.
fn weigh(value: &dyn Val, limit: u64) -> u64 {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return of_text(text.inner().len());
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        return of_text(bytes.inner().len());
    }
    let mut sum = 1;
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        for element in list.inner() {
            if sum > limit {
                break;
            }
            sum += weigh(element.as_ref(), limit - sum);
        }
    } else if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        for (key, element) in map.inner() {
            if sum > limit {
                break;
            }
            sum += weigh(key.inner(), limit - sum);
            if sum <= limit {
                sum += weigh(element.as_ref(), limit - sum);
            }
        }
    } else if let Some(optional) = value.downcast_ref::<CelOptional<'_>>()
        && let Some(inner) = optional.inner()
    {
        sum += weigh(inner, limit);
    }
    sum
}
