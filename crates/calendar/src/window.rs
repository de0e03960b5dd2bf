//! When something may change: hours that are open, days that are frozen.
//!
//! Rules are given, and a moment; the answer is whether it is open then, until when, and why not. Where a
//! clock is put on or back, what is doubtful counts as closed: an opening begins at the later and ends at the
//! earlier of two moments that may be meant, a freeze the other way round.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, ToSpan as _};

use crate::zone::{moment, weekday};
use crate::{Millis, Zone};

/// A minute of the day; 1,440 is its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(u16);

/// A day of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u8);

/// A day of the calendar, perhaps with a time of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    date: Date,
    time: Option<Minute>,
}

/// The same hours on some days of each week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The days on which they begin.
    pub days: Vec<Day>,
    /// When they begin.
    pub from: Minute,
    /// When they end; the next day where that is not after `from`.
    pub to: Minute,
}

/// A time in which nothing may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// When.
    pub when: When,
    /// A person's reason; may be empty.
    pub because: String,
}

/// When a freeze is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Each week.
    Weekly(Hours),
    /// Once. A last day without a time belongs to it as a whole.
    Once {
        /// From here.
        from: Moment,
        /// Until here.
        to: Moment,
    },
}

/// When something may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The clock that they mean.
    pub zone: Zone,
    /// Open in any of these; always where there are none.
    pub windows: Vec<Hours>,
    /// Closed in each of these, also within a window.
    pub freezes: Vec<Freeze>,
}

/// How it stands at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is open.
    pub open: bool,
    /// When that changes; absent where no change is in sight.
    pub until: Option<Millis>,
    /// Why it is closed, as a part of a sentence: `frozen: stock-taking`.
    pub because: Option<String>,
}

/// Changes of the standing are looked for so far ahead.
const STEPS: usize = 1_500;
const WHOLE_DAY: u16 = 1_440;
const NAMES: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

impl Minute {
    /// The beginning of the day.
    pub const START: Self = Self(0);
    /// Its end.
    pub const END: Self = Self(WHOLE_DAY);

    /// Reads `09:00`; `24:00` is the end of the day.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.trim().split_once(':')?;
        let number = |text: &str| {
            let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok()).flatten()
        };
        let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
        let all = hour * 60 + minute;
        (minute < 60 && all <= WHOLE_DAY).then_some(Self(all))
    }

    /// This minute of a day; the end of one is the beginning of the next.
    fn on(self, day: Date) -> Option<DateTime> {
        if self.0 >= WHOLE_DAY {
            return Some(day.tomorrow().ok()?.to_datetime(Time::midnight()));
        }
        let hour = i8::try_from(self.0 / 60).ok()?;
        let minute = i8::try_from(self.0 % 60).ok()?;
        Some(day.at(hour, minute, 0, 0))
    }
}

impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Day {
    /// All of them.
    pub fn all() -> Vec<Self> {
        (0..7).map(Self).collect()
    }

    /// Reads a day (`friday`, `Fri`), or days from one to another (`monday-thursday`, also `sat-mon`).
    pub fn parse(text: &str) -> Option<Vec<Self>> {
        let one = |text: &str| {
            let text = text.trim().to_ascii_lowercase();
            let at = NAMES
                .iter()
                .position(|name| *name == text || (text.len() == 3 && name.starts_with(&text)))?;
            u8::try_from(at).ok()
        };
        let Some((first, last)) = text.split_once('-') else {
            return Some(vec![Self(one(text)?)]);
        };
        let (first, last) = (one(first)?, one(last)?);
        let count = (last + 7 - first) % 7 + 1;
        Some((0..count).map(|at| Self((first + at) % 7)).collect())
    }

    /// Its name in small letters, as it is written in files.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0) % 7]
    }

    fn of(date: Date) -> Self {
        Self(u8::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default())
    }

    fn words(self) -> &'static str {
        weekday(
            Weekday::from_monday_zero_offset(i8::try_from(self.0).unwrap_or_default())
                .unwrap_or(Weekday::Monday),
        )
    }
}

impl Moment {
    /// Reads `2026-12-20`, or `2026-12-20 18:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, time) = match text.split_once([' ', 'T']) {
            Some((date, time)) => (date, Some(Minute::parse(time)?)),
            None => (text, None),
        };
        // Exactly this form; the library takes others too.
        let plain = date.len() == 10 && date.bytes().filter(|b| *b == b'-').count() == 2;
        let date: Date = plain.then(|| date.parse().ok()).flatten()?;
        Some(Self { date, time })
    }

    fn first(self) -> Option<DateTime> {
        self.time.unwrap_or(Minute::START).on(self.date)
    }

    fn last(self) -> Option<DateTime> {
        self.time.unwrap_or(Minute::END).on(self.date)
    }

    /// Whether a time from here to `to` has any length.
    pub fn is_before(self, to: Self) -> bool {
        matches!((self.first(), to.last()), (Some(from), Some(to)) if from < to)
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.time {
            Some(time) => write!(f, "{} {time}", self.date),
            None => write!(f, "{}", self.date),
        }
    }
}

impl Hours {
    /// In words: `Monday to Thursday, 09:00 to 17:00`.
    pub fn words(&self) -> String {
        let mut days = days_in_words(&self.days);
        let whole = self.from == Minute::START && (self.to == Minute::END || self.to == self.from);
        if !whole {
            let next = if self.to <= self.from {
                " the next day"
            } else {
                ""
            };
            let _ = write!(days, ", {} to {}{next}", self.from, self.to);
        }
        days
    }

    /// The one that begins on a day, on the wall.
    fn on(&self, day: Date) -> Option<(DateTime, DateTime)> {
        if !self.days.contains(&Day::of(day)) {
            return None;
        }
        let end = if self.to <= self.from {
            self.to.on(day.tomorrow().ok()?)?
        } else {
            self.to.on(day)?
        };
        Some((self.from.on(day)?, end))
    }
}

impl Freeze {
    /// In words: `Friday: nobody repairs a shop on Saturday`.
    pub fn words(&self) -> String {
        let mut words = match &self.when {
            When::Weekly(hours) => hours.words(),
            When::Once { from, to } if from == to => from.to_string(),
            When::Once { from, to } => format!("{from} to {to}"),
        };
        if !self.because.is_empty() {
            let _ = write!(words, ": {}", self.because);
        }
        words
    }
}

impl Rules {
    /// Whether there is anything to hold.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty() && self.freezes.is_empty()
    }

    /// How it stands at a moment.
    pub fn at(&self, now: Millis) -> Standing {
        let because = self.closed_at(now);
        let open = because.is_none();
        let mut until = None;
        let mut at = now;
        for _ in 0..STEPS {
            let Some(next) = self.next_edge(at) else {
                break;
            };
            if self.closed_at(next).is_none() != open {
                until = Some(next);
                break;
            }
            at = next;
        }
        Standing {
            open,
            until,
            because,
        }
    }

    /// In words, for a person who asks: `Open until Thursday 2026-11-26 17:00 (Europe/Berlin).`
    pub fn words(&self, standing: &Standing) -> String {
        let until = standing.until.map(|at| {
            let there = self.zone.local(at);
            format!(
                "{} {} {} ({})",
                there.weekday,
                there.date,
                there.time,
                self.zone.name()
            )
        });
        match (standing.open, until) {
            (true, Some(until)) => format!("Open until {until}."),
            (true, None) => String::from("Open."),
            (false, until) => {
                let because = standing.because.as_deref().unwrap_or_default();
                let because = because.trim_end_matches('.');
                match until {
                    Some(until) => format!("Closed until {until}: {because}."),
                    None => format!("Closed, and no opening is in sight: {because}."),
                }
            }
        }
    }

    /// Why it is closed at a moment; `None` where it is open.
    fn closed_at(&self, at: Millis) -> Option<String> {
        let today = self.day(at);
        for freeze in &self.freezes {
            let frozen = match &freeze.when {
                When::Weekly(hours) => self.within(hours, today, at, Doubt::In),
                When::Once { from, to } => self
                    .once(*from, *to)
                    .is_some_and(|(from, to)| (from..to).contains(&at)),
            };
            if frozen {
                return Some(if freeze.because.is_empty() {
                    format!("frozen ({})", freeze.words())
                } else {
                    format!("frozen, {}", freeze.because)
                });
            }
        }
        let inside = |hours: &Hours| self.within(hours, today, at, Doubt::Out);
        if self.windows.is_empty() || self.windows.iter().any(inside) {
            return None;
        }
        let windows: Vec<String> = self.windows.iter().map(Hours::words).collect();
        Some(format!("changes are made {}", windows.join("; ")))
    }

    fn within(&self, hours: &Hours, today: Date, at: Millis, doubt: Doubt) -> bool {
        around(today, 2, 1).any(|day| {
            self.hours_on(hours, day, doubt)
                .is_some_and(|(from, to)| (from..to).contains(&at))
        })
    }

    fn hours_on(&self, hours: &Hours, day: Date, doubt: Doubt) -> Option<(Millis, Millis)> {
        let (from, to) = hours.on(day)?;
        let (early, late) = (doubt == Doubt::In, doubt == Doubt::Out);
        Some((self.wall(from, early)?, self.wall(to, late)?))
    }

    fn once(&self, from: Moment, to: Moment) -> Option<(Millis, Millis)> {
        Some((
            self.wall(from.first()?, true)?,
            self.wall(to.last()?, false)?,
        ))
    }

    /// The first moment after `at` at which a rule begins or ends.
    fn next_edge(&self, at: Millis) -> Option<Millis> {
        let today = self.day(at);
        let weekly = |hours: &Hours, doubt: Doubt| {
            let edges = around(today, 2, 9).filter_map(|day| self.hours_on(hours, day, doubt));
            first_after(at, edges)
        };
        let windows = self
            .windows
            .iter()
            .filter_map(|hours| weekly(hours, Doubt::Out));
        let freezes = self.freezes.iter().filter_map(|freeze| match &freeze.when {
            When::Weekly(hours) => weekly(hours, Doubt::In),
            When::Once { from, to } => first_after(at, self.once(*from, *to).into_iter()),
        });
        windows.chain(freezes).min()
    }

    fn day(&self, at: Millis) -> Date {
        self.zone.rules.to_datetime(moment(at)).date()
    }

    /// The moment at which the wall shows this. Where it never does, or twice: the earlier or the later one
    /// that may be meant.
    fn wall(&self, at: DateTime, early: bool) -> Option<Millis> {
        let ambiguous = self.zone.rules.to_ambiguous_timestamp(at);
        let on = |offset: jiff::tz::Offset| offset.to_timestamp(at).ok();
        let found: Timestamp = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => on(offset)?,
            AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
                let (one, other) = (on(before)?, on(after)?);
                if early {
                    one.min(other)
                } else {
                    one.max(other)
                }
            }
        };
        Some(found.as_millisecond())
    }
}

/// What becomes of moments that are doubtful.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// They belong to it.
    In,
    /// They do not.
    Out,
}

/// The days around one.
fn around(day: Date, before: i64, after: i64) -> impl Iterator<Item = Date> {
    (-before..=after).filter_map(move |by| day.checked_add(by.days()).ok())
}

fn first_after(at: Millis, spans: impl Iterator<Item = (Millis, Millis)>) -> Option<Millis> {
    spans
        .filter(|(from, to)| from < to)
        .flat_map(|(from, to)| [from, to])
        .filter(|edge| *edge > at)
        .min()
}

/// `Monday to Thursday`, `Saturday and Sunday`, `each day`.
fn days_in_words(days: &[Day]) -> String {
    let mut sorted: Vec<Day> = days.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let [first, .., last] = sorted.as_slice() else {
        return sorted
            .first()
            .map_or_else(|| String::from("no day"), |day| day.words().to_owned());
    };
    if sorted.len() == 7 {
        return String::from("each day");
    }
    let in_a_row = usize::from(last.0 - first.0) + 1 == sorted.len();
    if in_a_row && sorted.len() > 2 {
        return format!("{} to {}", first.words(), last.words());
    }
    let words: Vec<&str> = sorted.iter().map(|day| day.words()).collect();
    match words.split_last() {
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
