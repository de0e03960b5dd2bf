use super::*;

fn at(text: &str) -> Millis {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn hours(days: &str, from: &str, to: &str) -> Hours {
    Hours {
        days: Day::parse(days).unwrap(),
        from: Minute::parse(from).unwrap(),
        to: Minute::parse(to).unwrap(),
    }
}

fn weekly(days: &str, because: &str) -> Freeze {
    Freeze {
        when: When::Weekly(hours(days, "00:00", "24:00")),
        because: because.to_owned(),
    }
}

fn once(from: &str, to: &str, because: &str) -> Freeze {
    Freeze {
        when: When::Once {
            from: Moment::parse(from).unwrap(),
            to: Moment::parse(to).unwrap(),
        },
        because: because.to_owned(),
    }
}

fn rules(zone: &str, windows: Vec<Hours>, freezes: Vec<Freeze>) -> Rules {
    Rules {
        zone: Zone::named(zone).unwrap(),
        windows,
        freezes,
    }
}

/// `open 2026-…Z` or `closed 2026-…Z`.
fn told(rules: &Rules, now: &str) -> String {
    let standing = rules.at(at(now));
    let until = standing.until.map_or_else(
        || String::from("for good"),
        |at| Timestamp::from_millisecond(at).unwrap().to_string(),
    );
    let word = if standing.open { "open" } else { "closed" };
    assert_eq!(standing.open, standing.because.is_none());
    format!("{word} {until}")
}

#[test]
fn a_window_is_open_on_its_days_and_hours_and_the_next_one_is_told() {
    // Berlin is one hour ahead in November.
    let rules = rules(
        "Europe/Berlin",
        vec![hours("mon-thu", "09:00", "17:00")],
        vec![],
    );
    for (now, expected) in [
        ("2026-11-23T07:59:59Z", "closed 2026-11-23T08:00:00Z"),
        ("2026-11-23T08:00:00Z", "open 2026-11-23T16:00:00Z"),
        ("2026-11-23T15:59:59Z", "open 2026-11-23T16:00:00Z"),
        ("2026-11-23T16:00:00Z", "closed 2026-11-24T08:00:00Z"),
        ("2026-11-26T16:00:00Z", "closed 2026-11-30T08:00:00Z"),
        ("2026-11-29T12:00:00Z", "closed 2026-11-30T08:00:00Z"),
    ] {
        assert_eq!(told(&rules, now), expected, "{now}");
    }
}

#[test]
fn a_window_across_midnight_belongs_to_the_day_on_which_it_begins() {
    let rules = rules("UTC", vec![hours("fri", "22:00", "04:00")], vec![]);
    for (now, expected) in [
        ("2026-11-26T23:00:00Z", "closed 2026-11-27T22:00:00Z"),
        ("2026-11-27T03:00:00Z", "closed 2026-11-27T22:00:00Z"),
        ("2026-11-27T23:00:00Z", "open 2026-11-28T04:00:00Z"),
        ("2026-11-28T03:59:00Z", "open 2026-11-28T04:00:00Z"),
        ("2026-11-28T04:00:00Z", "closed 2026-12-04T22:00:00Z"),
    ] {
        assert_eq!(told(&rules, now), expected, "{now}");
    }
}

#[test]
fn a_freeze_closes_also_what_is_open_and_days_that_join_are_one_time() {
    let rules = rules(
        "Europe/Berlin",
        vec![hours("mon-fri", "09:00", "17:00")],
        vec![
            weekly("friday", "nobody repairs a shop on Saturday"),
            once("2026-11-30", "2026-12-01 12:00", "stock-taking"),
        ],
    );
    for (now, expected) in [
        ("2026-11-26T10:00:00Z", "open 2026-11-26T16:00:00Z"),
        ("2026-11-27T10:00:00Z", "closed 2026-12-01T11:00:00Z"),
        ("2026-11-30T10:00:00Z", "closed 2026-12-01T11:00:00Z"),
        ("2026-12-01T11:00:00Z", "open 2026-12-01T16:00:00Z"),
    ] {
        assert_eq!(told(&rules, now), expected, "{now}");
    }
    let standing = rules.at(at("2026-11-27T10:00:00Z"));
    assert_eq!(
        rules.words(&standing),
        "Closed until Tuesday 2026-12-01 12:00 (Europe/Berlin): frozen, nobody repairs a shop on Saturday."
    );
    let standing = rules.at(at("2026-11-26T10:00:00Z"));
    assert_eq!(
        rules.words(&standing),
        "Open until Thursday 2026-11-26 17:00 (Europe/Berlin)."
    );
    let standing = rules.at(at("2026-11-26T20:00:00Z"));
    assert_eq!(
        rules.words(&standing),
        "Closed until Tuesday 2026-12-01 12:00 (Europe/Berlin): changes are made Monday to Friday, 09:00 to 17:00."
    );
}

#[test]
fn a_last_day_belongs_to_a_freeze_as_a_whole() {
    let rules = rules(
        "UTC",
        vec![],
        vec![once("2026-12-20", "2027-01-03", "Christmas")],
    );
    for (now, expected) in [
        ("2026-12-19T23:59:59Z", "open 2026-12-20T00:00:00Z"),
        ("2026-12-20T00:00:00Z", "closed 2027-01-04T00:00:00Z"),
        ("2027-01-03T23:59:59Z", "closed 2027-01-04T00:00:00Z"),
        ("2027-01-04T00:00:00Z", "open for good"),
    ] {
        assert_eq!(told(&rules, now), expected, "{now}");
    }
}

#[test]
fn a_freeze_of_every_day_has_no_opening_in_sight() {
    let closed = rules("UTC", vec![], vec![weekly("monday-sunday", "")]);
    assert_eq!(told(&closed, "2026-11-23T10:00:00Z"), "closed for good");
    let standing = closed.at(at("2026-11-23T10:00:00Z"));
    assert_eq!(
        closed.words(&standing),
        "Closed, and no opening is in sight: frozen (each day)."
    );
    let always = rules("UTC", vec![hours("mon-sun", "00:00", "24:00")], vec![]);
    assert_eq!(told(&always, "2026-11-23T10:00:00Z"), "open for good");
    assert!(rules("UTC", vec![], vec![]).is_empty());
}

#[test]
fn where_the_clock_is_put_on_or_back_what_is_doubtful_is_closed() {
    // 2026-10-25: 03:00 becomes 02:00 in Berlin; 02:30 comes at 00:30Z and at 01:30Z.
    let zone = "Europe/Berlin";
    let begins = rules(zone, vec![hours("sun", "02:30", "06:00")], vec![]);
    assert_eq!(
        told(&begins, "2026-10-25T00:45:00Z"),
        "closed 2026-10-25T01:30:00Z"
    );
    let ends = rules(zone, vec![hours("sun", "00:00", "02:30")], vec![]);
    assert_eq!(
        told(&ends, "2026-10-25T00:15:00Z"),
        "open 2026-10-25T00:30:00Z"
    );
    assert!(told(&ends, "2026-10-25T01:15:00Z").starts_with("closed"));
    let freeze = Freeze {
        when: When::Weekly(hours("sun", "02:30", "02:45")),
        because: String::new(),
    };
    let frozen = rules(zone, vec![], vec![freeze]);
    assert_eq!(
        told(&frozen, "2026-10-25T00:30:00Z"),
        "closed 2026-10-25T01:45:00Z"
    );
    // 2026-03-29: 02:00 becomes 03:00; there is no 02:30.
    assert!(told(&begins, "2026-03-29T01:15:00Z").starts_with("closed 2026-03-29T01:30"));
    // A day of 23 hours is one day, in New York too.
    let day = rules(
        "America/New_York",
        vec![hours("sun", "00:00", "24:00")],
        vec![],
    );
    assert_eq!(
        told(&day, "2026-03-08T05:00:00Z"),
        "open 2026-03-09T04:00:00Z"
    );
}

#[test]
fn days_times_and_dates_are_read_or_refused() {
    let names = |text: &str| {
        Day::parse(text).map(|days| {
            days.into_iter()
                .map(Day::name)
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    assert_eq!(names("Fri").as_deref(), Some("friday"));
    assert_eq!(names("sat-mon").as_deref(), Some("saturday sunday monday"));
    for bad in ["", "fr", "freitag", "mon-", "mon-xyz", "mo-fr"] {
        assert_eq!(names(bad), None, "{bad}");
    }
    assert_eq!(Minute::parse("9:05").unwrap().to_string(), "09:05");
    for bad in [
        "24:01", "9", "09:60", "09:5", "-1:00", "09:00:00", "+9:00", "aa:bb",
    ] {
        assert_eq!(Minute::parse(bad), None, "{bad}");
    }
    assert_eq!(
        Moment::parse("2026-12-24 12:00").unwrap().to_string(),
        "2026-12-24 12:00"
    );
    for bad in [
        "2026-02-30",
        "24.12.2026",
        "2026-12-24 25:00",
        "20261224",
        "tomorrow",
    ] {
        assert_eq!(Moment::parse(bad), None, "{bad}");
    }
    assert!(
        Moment::parse("2026-12-24")
            .unwrap()
            .is_before(Moment::parse("2026-12-24").unwrap())
    );
    assert!(
        !Moment::parse("2026-12-25")
            .unwrap()
            .is_before(Moment::parse("2026-12-24").unwrap())
    );
}

#[test]
fn the_ends_of_time_are_no_panic() {
    let rules = rules(
        "Europe/Berlin",
        vec![hours("mon-thu", "22:00", "17:00")],
        vec![once("2026-12-20", "9999-12-31", "")],
    );
    for at in [i64::MIN, i64::MAX, 0, -1] {
        let standing = rules.at(at);
        assert!(!rules.words(&standing).is_empty());
    }
}

#[test]
fn hours_are_told_in_words() {
    for (days, from, to, expected) in [
        (
            "mon-thu",
            "09:00",
            "17:00",
            "Monday to Thursday, 09:00 to 17:00",
        ),
        ("sat-sun", "00:00", "24:00", "Saturday and Sunday"),
        (
            "fri",
            "22:00",
            "04:00",
            "Friday, 22:00 to 04:00 the next day",
        ),
        ("mon-sun", "06:00", "22:00", "each day, 06:00 to 22:00"),
    ] {
        assert_eq!(hours(days, from, to).words(), expected);
    }
}
