//! A cron expression in a time zone: which moments it means.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::cron::Cron;
use crate::zone::{Zone, moment};
use crate::{Local, Millis};

/// When something comes again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timetable {
    cron: Cron,
    zone: Zone,
}

/// A moment at which something is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The moment.
    pub at: Millis,
    /// What summer time made of it, where it made something of it.
    pub shift: Option<Shift>,
}

/// What summer time makes of a time on the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shift {
    /// The clock is put on over the time that was meant, so it comes at the moment when that happens.
    LeftOut {
        /// The time that does not exist that day, for example `02:30`.
        meant: String,
    },
    /// The clock is put back, so this time comes twice; this is the first.
    FirstOfTwo,
}

impl Timetable {
    /// An expression in a zone.
    pub fn new(cron: Cron, zone: Zone) -> Self {
        Self { cron, zone }
    }

    /// The expression.
    pub fn cron(&self) -> &Cron {
        &self.cron
    }

    /// The zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// In plain words, for example `each day at 02:00, Europe/Berlin`.
    pub fn words(&self) -> String {
        format!("{}, {}", self.cron.words(), self.zone.name())
    }

    /// A moment on the clock of its zone.
    pub fn local(&self, at: Millis) -> Local {
        self.zone.local(at)
    }

    /// The first moment after another one, never that one itself.
    pub fn next_after(&self, after: Millis) -> Option<Millis> {
        self.due_after(after).map(|due| due.at)
    }

    /// The first that is due after a moment, never at that moment itself.
    pub fn due_after(&self, after: Millis) -> Option<Due> {
        let each_hour = self.cron.is_each_hour();
        let rules = &self.zone.rules;
        let start = moment(after);
        let mut offset = rules.to_offset(start);
        let mut from = offset.to_datetime(start);
        let mut inclusive = false;
        // In the second pass of an hour that comes twice, the wall has shown these times before.
        if !each_hour && let Some(end) = self.already_shown(start, offset, from) {
            (from, inclusive) = (end, true);
        }
        let mut found = self.cron.next_on_the_wall(from, inclusive)?;
        for change in rules.following(start) {
            let at = change.timestamp();
            let (before, after) = (offset.to_datetime(at), change.offset().to_datetime(at));
            if found < before {
                let twice = !each_hour && after < before && found >= after;
                return due(offset, found, twice.then_some(Shift::FirstOfTwo));
            }
            let left_out = after > before && found < after;
            if left_out && !each_hour {
                return Some(Due {
                    at: at.as_millisecond(),
                    shift: Some(Shift::LeftOut {
                        meant: format!("{:02}:{:02}", found.hour(), found.minute()),
                    }),
                });
            }
            if each_hour && (left_out || after < before) {
                found = self.cron.next_on_the_wall(after, true)?;
            }
            offset = change.offset();
        }
        due(offset, found, None)
    }

    /// The times after a moment, at most so many.
    pub fn upcoming(&self, after: Millis, count: usize) -> Vec<Due> {
        let mut after = after;
        std::iter::from_fn(|| {
            let due = self.due_after(after)?;
            after = due.at;
            Some(due)
        })
        .take(count)
        .collect()
    }

    /// The last moment that is due after `from` and not after `to`.
    pub fn last_due_in(&self, from: Millis, to: Millis) -> Option<Millis> {
        let next = |after: Millis| self.next_after(after).filter(|at| *at <= to);
        let mut found = next(from)?;
        // What comes next only grows with the moment one asks from, so the last one is found by halving.
        let (mut low, mut high) = (found, to);
        while low < high {
            let middle = low + (high - low) / 2;
            match next(middle) {
                Some(later) => {
                    found = later;
                    low = later;
                }
                None => high = middle,
            }
        }
        Some(found)
    }

    /// How many moments are due after `from` and not after `to`; counted up to `limit`.
    pub fn count_in(&self, from: Millis, to: Millis, limit: usize) -> usize {
        let mut after = from;
        (0..limit)
            .take_while(|_| match self.next_after(after) {
                Some(at) if at <= to => {
                    after = at;
                    true
                }
                _ => false,
            })
            .count()
    }

    /// Where the clock was put back a short time ago: until when the wall shows times for the second time.
    fn already_shown(&self, at: Timestamp, offset: Offset, local: DateTime) -> Option<DateTime> {
        let soon = at.checked_add(jiff::SignedDuration::from_millis(1)).ok()?;
        let change = self.zone.rules.preceding(soon).next()?;
        let earlier = change
            .timestamp()
            .checked_sub(jiff::SignedDuration::from_millis(1))
            .ok()?;
        let before = self.zone.rules.to_offset(earlier);
        let end = before.to_datetime(change.timestamp());
        (before > offset && local < end).then_some(end)
    }
}

fn due(offset: Offset, found: DateTime, shift: Option<Shift>) -> Option<Due> {
    let at = offset.to_timestamp(found).ok()?;
    Some(Due {
        at: at.as_millisecond(),
        shift,
    })
}

#[cfg(test)]
mod tests;
