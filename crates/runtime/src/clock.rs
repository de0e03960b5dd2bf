//! The clock and fresh ids: the two things that the pure rooms are given as arguments.

use std::time::{SystemTime, UNIX_EPOCH};

use podium_model::RunId;

/// Milliseconds since 1970 (UTC).
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| {
            i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
        })
}

/// The variable that names a file with the moment that schedules and windows of time go by, in place of the
/// computer's clock. For tests alone: nights pass there in seconds. Events keep the computer's time.
const TEST_CLOCK: &str = "PODIUM_TEST_CLOCK";

/// The moment that schedules and windows of time go by: the computer's clock, outside tests.
pub fn wall() -> i64 {
    test_clock()
        .and_then(|file| std::fs::read_to_string(file).ok())
        .and_then(|text| text.trim().parse::<jiff::Timestamp>().ok())
        .map_or_else(now, jiff::Timestamp::as_millisecond)
}

/// The file of a test's clock, where a test set one.
pub fn test_clock() -> Option<std::path::PathBuf> {
    std::env::var_os(TEST_CLOCK)
        .filter(|file| !file.is_empty())
        .map(std::path::PathBuf::from)
}

/// A moment as RFC 3339 with milliseconds, in UTC.
pub fn rfc3339(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or_else(
        |_| String::from("1970-01-01T00:00:00.000Z"),
        |time| format!("{time:.3}"),
    )
}

/// Crockford's base 32, which sorts as the numbers do.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A fresh run id: 10 characters of time (milliseconds) and 16 of chance, so that ids sort by time.
pub fn fresh_run_id() -> RunId {
    let mut chance = [0_u8; 16];
    // Without a source of chance the ids of one millisecond could meet; the journal refuses a run that
    // exists, so nothing is overwritten even then.
    let _ = getrandom::fill(&mut chance);
    let time = u64::try_from(now()).unwrap_or(0);
    let mut text = String::from("run_");
    for place in (0..10).rev() {
        text.push(char::from(
            DIGITS[usize::try_from((time >> (place * 5)) & 31).unwrap_or(0)],
        ));
    }
    for byte in chance {
        text.push(char::from(DIGITS[usize::from(byte & 31)]));
    }
    text.parse()
        .expect("base 32 digits after run_ are a run id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        assert_eq!(rfc3339(1_767_323_045_678), "2026-01-02T03:04:05.678Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn run_ids_differ() {
        assert_ne!(fresh_run_id(), fresh_run_id());
        assert_eq!(fresh_run_id().as_str().len(), 30);
    }
}
