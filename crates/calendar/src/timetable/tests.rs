use super::*;

fn table(cron: &str, zone: &str) -> Timetable {
    Timetable::new(Cron::parse(cron).unwrap(), Zone::named(zone).unwrap())
}

fn at(text: &str) -> Millis {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

/// The next times, as the wall there shows them.
fn next(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let table = table(cron, zone);
    let shown = |due: Due| {
        let local = table.local(due.at);
        let note = match due.shift {
            None => String::new(),
            Some(Shift::LeftOut { meant }) => format!(" for {meant}"),
            Some(Shift::FirstOfTwo) => " first".to_owned(),
        };
        format!("{} {}{}{note}", &local.date[5..], local.time, local.offset)
    };
    let due = table.upcoming(at(after), count);
    due.into_iter().map(shown).collect()
}

#[test]
fn a_time_that_does_not_exist_is_due_when_the_clock_is_put_on() {
    assert_eq!(
        next("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3),
        [
            "03-28 02:30+01:00",
            "03-29 03:00+02:00 for 02:30",
            "03-30 02:30+02:00"
        ]
    );
    assert_eq!(
        next("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
        ["03-08 03:00-04:00 for 02:30", "03-09 02:30-04:00"]
    );
    // Half an hour only, where the clock moves by half an hour.
    assert_eq!(
        next(
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00:00Z",
            2
        ),
        ["10-04 02:30+11:00 for 02:15", "10-05 02:15+11:00"]
    );
    // A whole day that was left out.
    assert_eq!(
        next("0 12 * * *", "Pacific/Apia", "2011-12-29T23:00:00Z", 2),
        ["12-31 00:00+14:00 for 12:00", "12-31 12:00+14:00"]
    );
}

#[test]
fn several_times_of_an_hour_that_does_not_exist_are_due_once() {
    assert_eq!(
        next("*/20 2 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", 2),
        ["03-29 03:00+02:00 for 02:00", "03-30 02:00+02:00"]
    );
    // Also where the end of that hour is due by itself.
    assert_eq!(
        next("30 2,3 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", 3),
        [
            "03-29 03:00+02:00 for 02:30",
            "03-29 03:30+02:00",
            "03-30 02:30+02:00"
        ]
    );
    assert_eq!(
        next("0 2,3 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", 2),
        ["03-29 03:00+02:00 for 02:00", "03-30 02:00+02:00"]
    );
}

#[test]
fn a_time_that_comes_twice_is_due_the_first_time() {
    assert_eq!(
        next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        ["10-25 02:30+02:00 first", "10-26 02:30+01:00"]
    );
    assert_eq!(
        next("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
        ["11-01 01:30-04:00 first", "11-02 01:30-05:00"]
    );
    // Asked in the second pass of the hour, and at its very edges.
    for after in [
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:10:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T01:59:59.999Z",
    ] {
        assert_eq!(
            next("30 2 * * *", "Europe/Berlin", after, 1),
            ["10-26 02:30+01:00"],
            "{after}"
        );
    }
    assert_eq!(
        next("0 3 * * *", "Europe/Berlin", "2026-10-25T01:30:00Z", 1),
        ["10-25 03:00+01:00"]
    );
    assert_eq!(
        next("*/30 2 * * *", "Europe/Berlin", "2026-10-24T22:00:00Z", 3),
        [
            "10-25 02:00+02:00 first",
            "10-25 02:30+02:00 first",
            "10-26 02:00+01:00"
        ]
    );
}

#[test]
fn what_comes_each_hour_goes_by_the_time_that_passes() {
    assert_eq!(
        next("30 * * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", 4),
        [
            "03-29 00:30+01:00",
            "03-29 01:30+01:00",
            "03-29 03:30+02:00",
            "03-29 04:30+02:00"
        ]
    );
    assert_eq!(
        next("30 * * * *", "Europe/Berlin", "2026-10-24T23:00:00Z", 4),
        [
            "10-25 01:30+02:00",
            "10-25 02:30+02:00",
            "10-25 02:30+01:00",
            "10-25 03:30+01:00"
        ]
    );
    assert_eq!(
        next(
            "*/30 * * * *",
            "America/New_York",
            "2026-11-01T05:15:00Z",
            4
        ),
        [
            "11-01 01:30-04:00",
            "11-01 01:00-05:00",
            "11-01 01:30-05:00",
            "11-01 02:00-05:00"
        ]
    );
}

#[test]
fn each_minute_of_the_days_on_which_clocks_change_is_due_exactly_once() {
    for (zone, day, minutes) in [
        ("Europe/Berlin", "2026-03-28T23:00:00Z", 23 * 60),
        ("Europe/Berlin", "2026-10-24T22:00:00Z", 25 * 60),
        ("America/New_York", "2026-03-08T05:00:00Z", 23 * 60),
        ("America/New_York", "2026-11-01T04:00:00Z", 25 * 60),
        ("Australia/Lord_Howe", "2026-10-03T13:30:00Z", 23 * 60 + 30),
    ] {
        let table = table("* * * * *", zone);
        let start = at(day) - 1;
        let due = table.upcoming(start, minutes);
        for (place, due) in due.iter().enumerate() {
            assert_eq!(
                due.at,
                at(day) + i64::try_from(place).unwrap() * 60_000,
                "{zone}"
            );
        }
        let last = table.local(due[minutes - 1].at);
        assert_eq!(last.time, "23:59", "{zone}");
    }
}

#[test]
fn never_the_moment_itself_and_always_later() {
    for cron in ["* * * * *", "30 2 * * *", "0 0 L * *", "0 3 * * MON#1"] {
        for zone in ["Europe/Berlin", "America/New_York", "UTC", "Asia/Kathmandu"] {
            let table = table(cron, zone);
            let mut after = at("2026-03-28T22:59:59.500Z");
            for _ in 0..500 {
                let next = table.next_after(after).unwrap();
                assert!(next > after, "{cron} {zone}");
                after = next;
            }
        }
    }
}

#[test]
fn rare_days_are_found() {
    assert_eq!(
        next("0 0 29 2 *", "Europe/Berlin", "2026-01-01T00:00:00Z", 1),
        ["02-29 00:00+01:00"]
    );
    let table = table("0 0 29 2 +MON", "Europe/Berlin");
    let found = table.next_after(at("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(table.local(found).date, "2044-02-29");
}

#[test]
fn days_of_the_month_and_of_the_week() {
    assert_eq!(
        next("0 6 L * *", "UTC", "2026-01-31T07:00:00Z", 2),
        ["02-28 06:00+00:00", "03-31 06:00+00:00"]
    );
    assert_eq!(
        next("0 6 * * FRI#L", "UTC", "2026-01-01T00:00:00Z", 2),
        ["01-30 06:00+00:00", "02-27 06:00+00:00"]
    );
    assert_eq!(
        next("0 6 * * MON#1", "UTC", "2026-01-01T00:00:00Z", 2),
        ["01-05 06:00+00:00", "02-02 06:00+00:00"]
    );
    // Either of the two, as cron has always done it.
    assert_eq!(
        next("0 6 13 * FRI", "UTC", "2026-01-08T00:00:00Z", 3),
        [
            "01-09 06:00+00:00",
            "01-13 06:00+00:00",
            "01-16 06:00+00:00"
        ]
    );
}

#[test]
fn the_last_of_many_is_found_without_counting_them() {
    let nightly = table("0 2 * * *", "Europe/Berlin");
    let from = at("2026-03-26T12:00:00Z");
    let to = at("2026-03-30T12:00:00Z");
    assert_eq!(
        nightly.last_due_in(from, to),
        Some(at("2026-03-30T00:00:00Z"))
    );
    assert_eq!(nightly.count_in(from, to, 100), 4);
    assert_eq!(nightly.count_in(from, to, 3), 3);
    // The end counts, the beginning does not.
    let due = at("2026-03-30T00:00:00Z");
    assert_eq!(nightly.last_due_in(due, due), None);
    assert_eq!(nightly.last_due_in(due - 1, due), Some(due));
    assert_eq!(nightly.last_due_in(due, due + 3_600_000), None);
    // The clock was set back.
    assert_eq!(nightly.last_due_in(to, from), None);
    let minutely = table("* * * * *", "Europe/Berlin");
    assert_eq!(
        minutely.last_due_in(0, at("2026-03-30T12:34:56Z")),
        Some(at("2026-03-30T12:34:00Z"))
    );
    let mornings = table("* 6 1 * *", "America/New_York");
    assert_eq!(
        mornings.last_due_in(from, at("2026-04-20T00:00:00Z")),
        Some(at("2026-04-01T10:59:00Z"))
    );
}

#[test]
fn the_edges_of_time_are_no_panic() {
    let nightly = table("0 2 * * *", "Europe/Berlin");
    assert!(nightly.next_after(i64::MAX).is_none());
    assert!(nightly.next_after(0).is_some());
    let _ = nightly.next_after(i64::MIN);
}
