//! When a call goes again, and what is said when it does not: one policy for everything that carries
//! out HTTP calls, as a pure value. The clock and the waiting belong to the caller.
//!
//! ```text
//! loop {
//!     let outcome = exchange(request);
//!     match repeats.wait(request, &outcome, now) {
//!         Some(time) => sleep(time),
//!         None => return repeats.end(request, outcome),
//!     }
//! }
//! ```

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use podium_diagnostics::{Code, Error, ErrorKind, Result, Retry};

use crate::transport::{HttpRequest, HttpResponse};

/// The reply is larger than what is read.
pub const TOO_LARGE: Code = Code::new("POD0403");
/// No reply came in time, although a connection was made.
pub const TIMED_OUT: Code = Code::new("POD0408");
/// No connection could be made; nothing was sent.
pub const UNREACHABLE: Code = Code::new("POD0409");
/// The connection ended before the reply was whole.
pub const BROKEN: Code = Code::new("POD0410");

/// Tries of a call, the first one included.
const TRIES: u32 = 4;
/// The first wait where the far system names none; each one after is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Longest wait that a `Retry-After` may ask for before the call is given up to its step.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The tries of one call.
///
/// - A reply 429, or a 503 that says when to come back, was **not handled** (RFC 6585 §4, RFC 9110
///   §15.6.4): it is waited out for every call, also for a write that must not happen twice.
/// - A reply 502, 503 or 504 without such a word, and a temporary trouble of the network, may stand for
///   something that was done: only a call that is [`HttpRequest::repeatable`] goes again.
/// - `Retry-After` is heard as seconds and as a date (RFC 9110 §10.2.3), up to one minute; what asks for
///   more is given to the step as it is.
/// - A write of which one reply was lost and none came is [`ErrorKind::Unknown`]: it may have happened.
#[derive(Clone, Debug)]
pub struct Repeats {
    tried: u32,
    wait: Duration,
    lost: bool,
}

impl Default for Repeats {
    fn default() -> Self {
        Self {
            tried: 0,
            wait: FIRST_WAIT,
            lost: false,
        }
    }
}

impl Repeats {
    /// No try yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often it was tried.
    pub fn tried(&self) -> u32 {
        self.tried
    }

    /// Counts a try; gives how long to wait before the next one, or nothing where there is none.
    /// `now` is in milliseconds since 1970.
    pub fn wait(
        &mut self,
        request: &HttpRequest,
        outcome: &Result<HttpResponse>,
        now: i64,
    ) -> Option<Duration> {
        self.tried += 1;
        if let Err(error) = outcome {
            self.lost |= !request.reads && reply_was_lost(error);
        }
        if self.tried >= TRIES {
            return None;
        }
        let wait = match outcome {
            Ok(reply) => {
                let asked = retry_after(reply, now);
                let again = match reply.status {
                    429 => true,
                    503 => asked.is_some() || request.repeatable,
                    502 | 504 => request.repeatable,
                    _ => false,
                };
                again.then(|| asked.unwrap_or(self.wait))
            }
            Err(error) => {
                (request.repeatable && error.retry == Retry::Temporary).then_some(self.wait)
            }
        }
        .filter(|wait| *wait <= LONGEST_WAIT)?;
        self.wait *= 2;
        Some(wait)
    }

    /// What the caller gives back in the end. A reply is a reply, whatever its status.
    pub fn end(
        &self,
        request: &HttpRequest,
        outcome: Result<HttpResponse>,
    ) -> Result<HttpResponse> {
        outcome.map_err(|mut error| {
            if self.tried > 1 {
                if error.retry == Retry::Temporary {
                    error.retry = Retry::Persistent;
                }
                error = error.with_context("tries", self.tried);
            }
            // Also where the last try did not even get there: an earlier one may have done it.
            if self.lost || (!request.reads && reply_was_lost(&error)) {
                error.kind = ErrorKind::Unknown;
                error.retry = Retry::Permanent;
            }
            error
        })
    }
}

/// The error of a call for which no connection could be made. `host` is scheme, host and port.
pub fn unreachable(host: &str) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        UNREACHABLE,
        format!("`{host}` could not be reached."),
    )
    .with_hint("Check the address, the network and a VPN, then try again.")
}

/// The error of a call that was sent and got no reply in time.
pub fn timed_out(host: &str) -> Error {
    Error::new(
        ErrorKind::TimedOut,
        TIMED_OUT,
        format!("`{host}` did not answer in time."),
    )
    .with_hint("Check the network and whether the system is up, then try again.")
}

/// The error of a call whose connection ended before the reply was whole.
pub fn broken(host: &str) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        BROKEN,
        format!("The connection to `{host}` broke before the reply was whole."),
    )
    .with_hint("Try again; Podium looks first whether it happened.")
}

/// Whether the call may have been handled although no reply came.
fn reply_was_lost(error: &Error) -> bool {
    [TOO_LARGE, TIMED_OUT, BROKEN].contains(&error.code)
}

/// When the far system wants to be asked again. A date is measured against the reply's own `date`
/// where it has one, so that a wrong clock here does no harm.
pub fn retry_after(reply: &HttpResponse, now: i64) -> Option<Duration> {
    let text = reply.header("retry-after")?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let from = reply
        .header("date")
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .unwrap_or_else(|| moment(now));
    // A date that has passed asks for no wait.
    Some(at.duration_since(from).unwrap_or_default())
}

fn moment(now: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;

    /// 2026-01-02T03:04:05Z
    const NOW: i64 = 1_767_323_045_000;

    fn reply(status: u16, headers: &[(&str, &str)]) -> HttpResponse {
        HttpResponse {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
        }
    }

    fn trouble(kind: ErrorKind, code: Code) -> Result<HttpResponse> {
        Err(Error::new(kind, code, "It did not work."))
    }

    fn look() -> HttpRequest {
        HttpRequest::get("http://far.example/")
    }

    fn write() -> HttpRequest {
        HttpRequest::write(Method::Post, "http://far.example/")
    }

    fn keyed() -> HttpRequest {
        HttpRequest {
            repeatable: true,
            ..write()
        }
    }

    fn first(request: &HttpRequest, outcome: &Result<HttpResponse>) -> Option<u64> {
        let wait = Repeats::new().wait(request, outcome, NOW)?;
        Some(u64::try_from(wait.as_millis()).unwrap())
    }

    #[test]
    fn what_was_not_handled_goes_again_and_what_may_have_been_only_if_it_may() {
        let soon: &[(&str, &str)] = &[("retry-after", "3")];
        for (outcome, read, keyed_write, plain_write) in [
            (Ok(reply(429, &[])), Some(500), Some(500), Some(500)),
            (Ok(reply(429, soon)), Some(3000), Some(3000), Some(3000)),
            (Ok(reply(503, soon)), Some(3000), Some(3000), Some(3000)),
            (Ok(reply(503, &[])), Some(500), Some(500), None),
            (Ok(reply(502, soon)), Some(3000), Some(3000), None),
            (Ok(reply(504, &[])), Some(500), Some(500), None),
            (Ok(reply(500, soon)), None, None, None),
            (Ok(reply(401, &[])), None, None, None),
            (Ok(reply(302, &[])), None, None, None),
            (Ok(reply(200, &[])), None, None, None),
            (
                trouble(ErrorKind::Unreachable, BROKEN),
                Some(500),
                Some(500),
                None,
            ),
            (
                trouble(ErrorKind::TimedOut, TIMED_OUT),
                Some(500),
                Some(500),
                None,
            ),
            (
                trouble(ErrorKind::Unauthorized, Code::new("POD0407")),
                None,
                None,
                None,
            ),
        ] {
            assert_eq!(first(&look(), &outcome), read, "a read: {outcome:?}");
            assert_eq!(first(&keyed(), &outcome), keyed_write, "keyed: {outcome:?}");
            assert_eq!(first(&write(), &outcome), plain_write, "plain: {outcome:?}");
        }
    }

    #[test]
    fn waits_double_and_the_fourth_try_is_the_last() {
        let mut repeats = Repeats::new();
        let outcome = trouble(ErrorKind::Unreachable, UNREACHABLE);
        let waits: Vec<_> = (0..4)
            .map(|_| repeats.wait(&look(), &outcome, NOW).map(|w| w.as_millis()))
            .collect();
        assert_eq!(waits, [Some(500), Some(1000), Some(2000), None]);
        let error = repeats.end(&look(), outcome).unwrap_err();
        assert_eq!(error.retry, Retry::Persistent);
        assert_eq!(error.context, [("tries".to_owned(), "4".to_owned())]);
    }

    #[test]
    fn a_later_moment_is_heard_as_seconds_and_as_a_date_in_each_of_its_forms() {
        for (headers, seconds) in [
            (vec![("retry-after", "7")], Some(7)),
            (vec![("retry-after", " 0 ")], Some(0)),
            (
                vec![("retry-after", "Fri, 02 Jan 2026 03:04:15 GMT")],
                Some(10),
            ),
            (
                vec![("retry-after", "Friday, 02-Jan-26 03:04:15 GMT")],
                Some(10),
            ),
            (vec![("retry-after", "Fri Jan  2 03:04:15 2026")], Some(10)),
            (
                vec![("retry-after", "Fri, 02 Jan 2026 03:00:00 GMT")],
                Some(0),
            ),
            // The far system's own clock counts.
            (
                vec![
                    ("date", "Fri, 02 Jan 2026 05:00:00 GMT"),
                    ("retry-after", "Fri, 02 Jan 2026 05:00:02 GMT"),
                ],
                Some(2),
            ),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "")], None),
            (vec![("retry-after", "99999999999999999999999")], None),
            (vec![], None),
        ] {
            let reply = reply(429, &headers);
            assert_eq!(
                retry_after(&reply, NOW).map(|wait| wait.as_secs()),
                seconds,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn what_asks_for_more_than_a_minute_is_given_to_the_step() {
        assert_eq!(
            first(&look(), &Ok(reply(429, &[("retry-after", "60")]))),
            Some(60_000)
        );
        assert_eq!(
            first(&look(), &Ok(reply(429, &[("retry-after", "61")]))),
            None
        );
    }

    #[test]
    fn a_write_whose_reply_was_lost_is_unknown_and_one_that_was_never_sent_is_not() {
        for (request, code, kind) in [
            (write(), BROKEN, ErrorKind::Unknown),
            (write(), TIMED_OUT, ErrorKind::Unknown),
            (write(), TOO_LARGE, ErrorKind::Unknown),
            (keyed(), BROKEN, ErrorKind::Unknown),
            (write(), UNREACHABLE, ErrorKind::Unreachable),
            (look(), BROKEN, ErrorKind::Unreachable),
        ] {
            let mut repeats = Repeats::new();
            let outcome = || trouble(ErrorKind::Unreachable, code.clone());
            while repeats.wait(&request, &outcome(), NOW).is_some() {}
            let error = repeats.end(&request, outcome()).unwrap_err();
            assert_eq!(error.kind, kind, "{request:?} {code}");
            if kind == ErrorKind::Unknown {
                assert_eq!(error.retry, Retry::Permanent);
            }
        }
    }

    #[test]
    fn a_lost_reply_is_not_forgotten_when_the_last_try_did_not_get_there() {
        let mut repeats = Repeats::new();
        let lost = trouble(ErrorKind::Unreachable, BROKEN);
        assert!(repeats.wait(&keyed(), &lost, NOW).is_some());
        let away = trouble(ErrorKind::Unreachable, UNREACHABLE);
        repeats.wait(&keyed(), &away, NOW);
        let error = repeats.end(&keyed(), away).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown);
        // A reply settles it.
        assert_eq!(
            repeats.end(&keyed(), Ok(reply(201, &[]))).unwrap().status,
            201
        );
    }

    #[test]
    fn one_try_leaves_the_error_as_it_was() {
        let mut repeats = Repeats::new();
        let outcome = trouble(ErrorKind::Unreachable, UNREACHABLE);
        assert_eq!(repeats.wait(&write(), &outcome, NOW), None);
        let error = repeats.end(&write(), outcome).unwrap_err();
        assert_eq!(error.retry, Retry::Temporary);
        assert!(error.context.is_empty());
    }
}
