//! A cron expression in plain words.

use croner::Cron;

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// More than so many times of a day are not listed.
const LISTED: usize = 6;

/// For example `each day at 02:00`, `Monday to Friday at 07:30`, `every 15 minutes`.
pub(crate) fn of(cron: &Cron) -> String {
    simple(cron).unwrap_or_else(|| {
        let told = cron.describe();
        let mut letters = told.trim_end_matches('.').chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_lowercase().chain(letters).collect()
        })
    })
}

fn simple(cron: &Cron) -> Option<String> {
    let pattern = &cron.pattern;
    let (times, often) = times(&pattern.minutes.values(), &pattern.hours.values())?;
    let mut days = days(cron)?;
    let months = pattern.months.values();
    if months.len() < 12 {
        let names = months.iter().map(|month| MONTHS[usize::from(*month) - 1]);
        let names = list(&names.collect::<Vec<_>>());
        days = if days == "each day" {
            format!("each day in {names}")
        } else {
            format!("{} in {names}", days.trim_end_matches(" of the month"))
        };
    }
    Some(match (often, days.as_str()) {
        (true, "each day") => times,
        (true, _) => format!("{times}, {days}"),
        (false, _) => format!("{days} {times}"),
    })
}

/// When on its days, and whether that is a rhythm by itself rather than times of a day.
fn times(minutes: &[u16], hours: &[u16]) -> Option<(String, bool)> {
    let span = |hours: &[u16]| {
        let (first, last) = (*hours.first()?, *hours.last()?);
        let without_gap = usize::from(last - first) + 1 == hours.len();
        Some(match hours.len() {
            24 => String::new(),
            1 => format!(" from {first:02}:00 to {first:02}:59"),
            _ if without_gap => format!(" from {first:02}:00 to {last:02}:59"),
            _ => return None,
        })
    };
    if minutes.len() * hours.len() <= LISTED {
        let times = hours.iter().flat_map(|hour| {
            minutes
                .iter()
                .map(move |minute| format!("{hour:02}:{minute:02}"))
        });
        let times: Vec<String> = times.collect();
        let times: Vec<&str> = times.iter().map(String::as_str).collect();
        return Some((format!("at {}", list(&times)), false));
    }
    if minutes.len() == 60 {
        return Some((format!("each minute{}", span(hours)?), true));
    }
    if let Some(step) = step(minutes, 60) {
        return Some((format!("every {step} minutes{}", span(hours)?), true));
    }
    let past = minutes.iter().map(|minute| format!(":{minute:02}"));
    let past: Vec<String> = past.collect();
    let past: Vec<&str> = past.iter().map(String::as_str).collect();
    if past.len() > LISTED {
        return None;
    }
    let past = list(&past);
    if let Some(step) = step(hours, 24) {
        return Some((format!("every {step} hours at {past}"), true));
    }
    Some((format!("each hour at {past}{}", span(hours)?), true))
}

/// The step where the values are all multiples of one below `end`, and more than two.
fn step(values: &[u16], end: u16) -> Option<u16> {
    let step = *values.get(1)?;
    let expected: Vec<u16> = (0..end).step_by(usize::from(step)).collect();
    (step > 1 && end.is_multiple_of(step) && expected == values).then_some(step)
}

fn days(cron: &Cron) -> Option<String> {
    let pattern = &cron.pattern;
    let (month, week) = (&pattern.days, &pattern.days_of_week);
    let any_month_day = month.values().len() == 31;
    let any_week_day = week.values().iter().filter(|day| **day < 7).count() == 7;
    match (any_month_day, any_week_day) {
        (true, true) => Some("each day".to_owned()),
        (true, false) => week_days(cron),
        (false, true) => month_days(cron),
        (false, false) => None,
    }
}

fn week_days(cron: &Cron) -> Option<String> {
    let text = cron.pattern.as_str();
    let field = text.split_whitespace().nth(4)?;
    let week = &cron.pattern.days_of_week;
    if week.has_modifiers() {
        let (day, which) = field.split_once('#').or_else(|| {
            let day = field.strip_suffix(['L', 'l'])?;
            Some((day, "L"))
        })?;
        let day = DAYS[usize::from(day.parse::<u16>().ok()? % 7)];
        let which = match which {
            "1" => "first",
            "2" => "second",
            "3" => "third",
            "4" => "fourth",
            "5" => "fifth",
            "L" => "last",
            _ => return None,
        };
        return Some(format!("on the {which} {day} of the month"));
    }
    let mut days: Vec<u16> = week.values().iter().map(|day| day % 7).collect();
    // Monday first.
    days.sort_by_key(|day| (day + 6) % 7);
    days.dedup();
    Some(match days.as_slice() {
        [1, 2, 3, 4, 5] => "Monday to Friday".to_owned(),
        [6, 0] => "on Saturdays and Sundays".to_owned(),
        days => {
            let names: Vec<&str> = days.iter().map(|day| DAYS[usize::from(*day)]).collect();
            format!("each {}", list(&names))
        }
    })
}

fn month_days(cron: &Cron) -> Option<String> {
    let month = &cron.pattern.days;
    let days = month.values();
    if month.has_modifiers() {
        let field = cron.pattern.as_str().split_whitespace().nth(2)?;
        return field
            .eq_ignore_ascii_case("L")
            .then(|| "on the last day of the month".to_owned());
    }
    let days: Vec<String> = days.iter().map(u16::to_string).collect();
    let names: Vec<&str> = days.iter().map(String::as_str).collect();
    match names.as_slice() {
        [one] => Some(format!("on day {one} of the month")),
        many if many.len() <= LISTED => Some(format!("on days {} of the month", list(many))),
        _ => None,
    }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn common_expressions_are_told_as_people_say_them() {
        for (cron, words) in [
            ("0 2 * * *", "each day at 02:00"),
            ("@daily", "each day at 00:00"),
            ("0 6,18 * * *", "each day at 06:00 and 18:00"),
            ("30 7 * * MON-FRI", "Monday to Friday at 07:30"),
            ("0 9 * * 6,7", "on Saturdays and Sundays at 09:00"),
            ("0 9 * * mon,THU", "each Monday and Thursday at 09:00"),
            ("0 9 * * 0", "each Sunday at 09:00"),
            ("* * * * *", "each minute"),
            ("*/15 * * * *", "every 15 minutes"),
            ("@hourly", "each hour at :00"),
            ("5 * * * *", "each hour at :05"),
            ("0 */2 * * *", "every 2 hours at :00"),
            (
                "*/10 8-18 * * MON-FRI",
                "every 10 minutes from 08:00 to 18:59, Monday to Friday",
            ),
            ("0 6 L * *", "on the last day of the month at 06:00"),
            ("0 6 1 * *", "on day 1 of the month at 06:00"),
            ("0 6 1,15 * *", "on days 1 and 15 of the month at 06:00"),
            ("0 6 1 1,7 *", "on day 1 in January and July at 06:00"),
            ("0 6 * DEC *", "each day in December at 06:00"),
            ("0 6 * * MON#1", "on the first Monday of the month at 06:00"),
            ("0 6 * * FRI#L", "on the last Friday of the month at 06:00"),
            ("0 6 * * 5L", "on the last Friday of the month at 06:00"),
        ] {
            assert_eq!(crate::Cron::parse(cron).unwrap().words(), words, "{cron}");
        }
    }

    #[test]
    fn whatever_can_be_read_has_words() {
        for cron in [
            "7,13,29 3-5,9 15W * +MON",
            "0 0 1-7 * MON",
            "1-59/7 * * * *",
            "3 1-23/5 */3 2-4 SUN#2",
        ] {
            let words = crate::Cron::parse(cron).unwrap().words();
            assert!(
                words.len() > 8 && !words.starts_with(char::is_uppercase),
                "{cron}: {words}"
            );
        }
    }
}
