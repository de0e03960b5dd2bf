//! What to do about a schedule at a moment. Pure: the same state, rule and moment give the same answer.

use podium_calendar::Timetable;
use podium_model::schedule::Missed;

use super::{Begun, State};

/// Up to so late, in milliseconds, a run is on time: the timer wakes at least once a minute, and may have
/// something else in hand.
pub const LATE: i64 = 120_000;
/// A clock that goes back by more than this was wrong before, and is right now.
const WRONG: i64 = 24 * 3_600_000;
/// Missed times are counted up to here.
const COUNTED: usize = 1_000;

/// What a schedule says, as far as it is needed to decide.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// When it is due.
    pub timetable: &'a Timetable,
    /// What is done about a time that was missed.
    pub missed: Missed,
    /// Why it stands still though it is switched on: something has changed since. As a sentence.
    pub paused: Option<&'a str>,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing before this moment; never where absent.
    Wait(Option<i64>),
    /// Begin the run of this due time.
    Begin {
        /// When it was due.
        due: i64,
        /// How many before it were missed.
        missed: u32,
    },
    /// Nothing is begun for this due time.
    Skip {
        /// When it was due.
        due: i64,
        /// How many before it were missed.
        missed: u32,
        /// Why, as a sentence.
        because: String,
    },
    /// A person is asked.
    Ask {
        /// The first that was missed.
        first: i64,
        /// The last.
        due: i64,
        /// How many.
        count: u32,
    },
    /// The clock was wrong and is right now: count from this moment.
    CountFrom(i64),
}

/// What to do about a schedule that is switched on. What was noted as being begun comes first: see
/// [`finish`].
pub fn decide(state: &State, rule: &Rule<'_>, now: i64) -> Next {
    let times = rule.timetable;
    if now < state.seen - WRONG {
        return Next::CountFrom(now);
    }
    // Where the clock was put back a little, what it shows again was handled before.
    let from = state.seen;
    let Some(due) = times.last_due_in(from, now) else {
        return Next::Wait(times.next_after(from.max(now)));
    };
    if state.was_handled(due) {
        return Next::CountFrom(due);
    }
    let count = times.count_in(from, now, COUNTED);
    let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    let first = times.next_after(from).unwrap_or(due);
    if let Some(because) = rule.paused {
        return Next::Skip {
            due,
            missed: count - 1,
            because: because.to_owned(),
        };
    }
    if now - due <= LATE {
        return Next::Begin {
            due,
            missed: count - 1,
        };
    }
    missed(rule.missed, first, due, count)
}

/// What to do about a due time of which is noted that it was being begun, where no run came of it: the process
/// ended in between. `None`: begin it now, under the id that was noted.
pub fn finish(begun: &Begun, policy: Missed, now: i64) -> Option<Next> {
    if now - begun.due <= LATE {
        return None;
    }
    match missed(policy, begun.due, begun.due, begun.missed + 1) {
        Next::Begin { .. } => None,
        other => Some(other),
    }
}

fn missed(policy: Missed, first: i64, due: i64, count: u32) -> Next {
    match policy {
        Missed::Run => Next::Begin {
            due,
            missed: count - 1,
        },
        Missed::Ask => Next::Ask { first, due, count },
        Missed::Skip => Next::Skip {
            due,
            missed: count - 1,
            because: String::from(
                "It was missed: the computer slept, or Podium was closed. The schedule says to skip that.",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use podium_calendar::{Cron, Zone};

    use super::super::{Became, Handled};
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    fn table(cron: &str) -> Timetable {
        Timetable::new(
            Cron::parse(cron).unwrap(),
            Zone::named("Europe/Berlin").unwrap(),
        )
    }

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn since(seen: &str) -> State {
        State {
            seen: at(seen),
            ..State::default()
        }
    }

    fn ask(state: &State, cron: &str, missed: Missed, now: i64) -> Next {
        let timetable = table(cron);
        let rule = Rule {
            timetable: &timetable,
            missed,
            paused: None,
        };
        decide(state, &rule, now)
    }

    const NIGHTLY: &str = "0 2 * * *";

    #[test]
    fn before_it_is_due_nothing_happens() {
        let state = since("2026-06-01T12:00:00Z");
        let due = at("2026-06-02T00:00:00Z");
        for now in [at("2026-06-01T12:00:00Z"), due - 1] {
            assert_eq!(
                ask(&state, NIGHTLY, Missed::Run, now),
                Next::Wait(Some(due))
            );
        }
    }

    #[test]
    fn at_its_time_it_is_begun_whatever_is_said_of_missed_ones() {
        let state = since("2026-06-01T12:00:00Z");
        let due = at("2026-06-02T00:00:00Z");
        for policy in [Missed::Ask, Missed::Run, Missed::Skip] {
            for now in [due, due + MINUTE, due + LATE] {
                assert_eq!(
                    ask(&state, NIGHTLY, policy, now),
                    Next::Begin { due, missed: 0 }
                );
            }
        }
    }

    #[test]
    fn asleep_over_three_nights_each_policy_does_one_thing() {
        let state = since("2026-06-01T12:00:00Z");
        let now = at("2026-06-04T09:00:00Z");
        let due = at("2026-06-04T00:00:00Z");
        assert_eq!(
            ask(&state, NIGHTLY, Missed::Run, now),
            Next::Begin { due, missed: 2 }
        );
        assert!(matches!(
            ask(&state, NIGHTLY, Missed::Skip, now),
            Next::Skip { due: of, missed: 2, .. } if of == due
        ));
        let first = at("2026-06-02T00:00:00Z");
        assert_eq!(
            ask(&state, NIGHTLY, Missed::Ask, now),
            Next::Ask {
                first,
                due,
                count: 3
            }
        );
        // Woken in time for the last of them, that one is run, and nobody is asked.
        assert_eq!(
            ask(&state, NIGHTLY, Missed::Ask, due + MINUTE),
            Next::Begin { due, missed: 2 }
        );
    }

    #[test]
    fn what_was_handled_is_handled_once() {
        let mut state = since("2026-06-01T12:00:00Z");
        let due = at("2026-06-02T00:00:00Z");
        state.note(Handled {
            due,
            at: due,
            missed: 0,
            what: Became::Skipped {
                because: String::new(),
            },
        });
        let next = Next::Wait(Some(due + 24 * HOUR));
        assert_eq!(ask(&state, NIGHTLY, Missed::Run, due + MINUTE), next);
        // The clock is put back by an hour, and goes over 02:00 once more.
        assert_eq!(ask(&state, NIGHTLY, Missed::Run, due - HOUR), next);
        assert_eq!(ask(&state, NIGHTLY, Missed::Run, due + 1), next);
    }

    #[test]
    fn a_clock_that_was_years_ahead_stops_nothing_for_years_and_repeats_nothing() {
        let mut state = since("2026-06-01T12:00:00Z");
        let due = at("2026-06-02T00:00:00Z");
        let handled = |due: i64| Handled {
            due,
            at: due,
            missed: 0,
            what: Became::Skipped {
                because: String::new(),
            },
        };
        state.note(handled(due));
        state.note(handled(at("2031-01-01T01:00:00Z")));
        let now = due - HOUR;
        assert_eq!(ask(&state, NIGHTLY, Missed::Run, now), Next::CountFrom(now));
        state.seen = now;
        // The same night again: it was handled.
        assert_eq!(
            ask(&state, NIGHTLY, Missed::Run, due + 1),
            Next::CountFrom(due)
        );
        state.seen = due;
        assert_eq!(
            ask(&state, NIGHTLY, Missed::Run, due + 24 * HOUR),
            Next::Begin {
                due: due + 24 * HOUR,
                missed: 0
            }
        );
    }

    #[test]
    fn while_it_is_paused_its_times_pass_and_are_told() {
        let timetable = table(NIGHTLY);
        let rule = Rule {
            timetable: &timetable,
            missed: Missed::Run,
            paused: Some("It has changed."),
        };
        let state = since("2026-06-01T12:00:00Z");
        assert_eq!(
            decide(&state, &rule, at("2026-06-03T09:00:00Z")),
            Next::Skip {
                due: at("2026-06-03T00:00:00Z"),
                missed: 1,
                because: "It has changed.".to_owned()
            }
        );
    }

    #[test]
    fn the_nights_on_which_clocks_change_have_one_run_each() {
        for (from, to) in [
            ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
            ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"),
        ] {
            let mut state = since(from);
            let mut begun = Vec::new();
            let mut now = at(from);
            while now < at(to) {
                if let Next::Begin { due, missed } = ask(&state, "30 2 * * *", Missed::Run, now) {
                    assert_eq!(missed, 0);
                    begun.push(due);
                    state.seen = due;
                }
                now += MINUTE / 2;
            }
            assert_eq!(begun.len(), 2, "{from}");
        }
    }

    #[test]
    fn each_minute_for_months_is_counted_up_to_a_limit_and_run_once() {
        let state = since("2026-01-01T00:00:00Z");
        let now = at("2026-06-01T00:00:30Z");
        assert_eq!(
            ask(&state, "* * * * *", Missed::Ask, now),
            Next::Begin {
                due: now - 30_000,
                missed: 999
            }
        );
    }

    #[test]
    fn what_was_being_begun_when_the_process_ended_is_finished_or_asked_about() {
        let due = at("2026-06-02T00:00:00Z");
        let begun = Begun {
            due,
            run: "run_test".parse().unwrap(),
            missed: 1,
        };
        for policy in [Missed::Ask, Missed::Run, Missed::Skip] {
            assert_eq!(finish(&begun, policy, due + MINUTE), None);
        }
        let later = due + 8 * HOUR;
        assert_eq!(finish(&begun, Missed::Run, later), None);
        assert_eq!(
            finish(&begun, Missed::Ask, later),
            Some(Next::Ask {
                first: due,
                due,
                count: 2
            })
        );
        assert!(matches!(
            finish(&begun, Missed::Skip, later),
            Some(Next::Skip { missed: 1, .. })
        ));
    }
}
