//! What a system says when it refuses, as errors for people.

use podium_connector::{CODE, HttpResponse, STATUS};
use podium_diagnostics::{Code, Error, ErrorKind, Retry};

use crate::call::Call;

const UNAUTHORIZED: Code = Code::new("POD0443");
const FORBIDDEN: Code = Code::new("POD0444");
const NOT_FOUND: Code = Code::new("POD0445");
const CONFLICT: Code = Code::new("POD0446");
const THROTTLED: Code = Code::new("POD0447");
const ELSEWHERE: Code = Code::new("POD0448");
const NOT_JSON: Code = Code::new("POD0449");
const REJECTED: Code = Code::new("POD0475");
const BROKEN: Code = Code::new("POD0476");
const JOB_FAILED: Code = Code::new("POD0495");
/// Longest part of a reply that is kept in an error, in characters.
const KEPT: usize = 600;

/// What is special about one system's replies.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// What people call it: `Octopus Deploy`.
    pub system: &'static str,
    /// Reads what a refusal says; `None` where the reply is not in the system's own form.
    pub fault: fn(&HttpResponse) -> Option<Fault>,
}

/// A refusal in the system's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// What it says.
    pub message: String,
    /// Its own code, where it has one.
    pub code: Option<String>,
}

impl Fault {
    /// A refusal without a code.
    pub fn said(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: None,
        }
    }
}

impl Dialect {
    /// The error for a reply that is no success. `host` is what may be shown of the address.
    pub(crate) fn refusal(&self, host: &str, call: &Call, reply: &HttpResponse) -> Error {
        let system = self.system;
        if (300..400).contains(&reply.status) {
            return elsewhere(system, host, reply.header("location").unwrap_or_default())
                .with_context(STATUS, reply.status);
        }
        let fault = (self.fault)(reply).filter(|fault| !fault.message.trim().is_empty());
        let page = fault.is_none() && is_page(reply);
        let said = match &fault {
            Some(fault) => format!(" It says: {}", sentence(&fault.message)),
            None if page => " What answered is a web page, perhaps a proxy's.".to_owned(),
            None => String::new(),
        };
        let what = format!("`{} {}`", call.method.as_str(), call.path);
        let (kind, code, message, hint) = self.words(call, reply.status, &what, &said);
        let mut error = Error::new(kind, code, message)
            .with_hint(hint)
            .with_context(STATUS, reply.status)
            .with_context("call", what)
            .with_source(short(&reply.text()));
        if let Some(code) = fault.and_then(|fault| fault.code) {
            error = error.with_context(CODE, code);
        }
        if reply.status >= 500 {
            error = if kind == ErrorKind::Unknown || !call.repeatable {
                error.with_retry(Retry::Permanent)
            } else {
                error.with_retry(Retry::Temporary)
            };
        }
        error
    }

    fn words(
        &self,
        call: &Call,
        status: u16,
        what: &str,
        said: &str,
    ) -> (ErrorKind, Code, String, String) {
        let system = self.system;
        match status {
            401 => (
                ErrorKind::Unauthorized,
                UNAUTHORIZED,
                format!("{system} does not accept the credential.{said}"),
                "It may have expired or been revoked. Store a new one under Credentials, then run again; what is done stays done.".into(),
            ),
            403 => (
                ErrorKind::Forbidden,
                FORBIDDEN,
                match &call.right {
                    Some(right) => format!(
                        "{system} knows the identity, and it may not do this: it needs `{right}`.{said}"
                    ),
                    None => format!("{system} knows the identity, and it may not do this.{said}"),
                },
                match &call.right {
                    Some(right) => format!("Ask for `{right}`, or bind a credential that has it."),
                    None => "Ask for the right, or bind a credential that has it.".into(),
                },
            ),
            404 | 410 => (
                ErrorKind::NotFound,
                NOT_FOUND,
                format!("{system} has no such thing at {what}.{said}"),
                "Check the names in the step; a thing that the identity may not see answers the same.".into(),
            ),
            409 | 412 | 423 => (
                ErrorKind::Conflict,
                CONFLICT,
                format!("Something else holds it in {system}, or it changed in between.{said}"),
                "Look at it there, then run the step again.".into(),
            ),
            429 => (
                ErrorKind::Throttled,
                THROTTLED,
                format!("{system} asks to slow down, longer than Podium waits by itself.{said}"),
                "Run again in some minutes; what is done stays done.".into(),
            ),
            502 | 504 if !call.reads && !call.repeatable => (
                ErrorKind::Unknown,
                BROKEN,
                format!("{system} did not answer in time ({status}), and {what} may have been done.{said}"),
                format!("Look in {system} whether it happened before running the step again."),
            ),
            500.. => (
                if matches!(status, 502..=504) {
                    ErrorKind::Unreachable
                } else {
                    ErrorKind::Failed
                },
                BROKEN,
                format!("{system} has a fault of its own ({status}).{said}"),
                "Try again in some minutes; if it stays, tell whoever runs it.".into(),
            ),
            _ => (
                ErrorKind::Invalid,
                REJECTED,
                format!("{system} refuses the request ({status}).{said}"),
                "Correct the step's inputs as the message says.".into(),
            ),
        }
    }

    /// The error for a success that is not in JSON.
    pub(crate) fn not_json(&self, host: &str, reply: &HttpResponse, why: &str) -> Error {
        let system = self.system;
        let (message, hint) = if is_page(reply) {
            (
                format!("`{host}` answers with a web page where {system} gives data."),
                "Check the address: it must be the server itself, not a login page or a proxy in front of it.",
            )
        } else {
            (
                format!("`{host}` gives an answer that is not what {system} gives."),
                "Check the address, and whether the version of the system is one that Podium knows.",
            )
        };
        Error::new(ErrorKind::Failed, NOT_JSON, message)
            .with_hint(hint)
            .with_context(STATUS, reply.status)
            .with_context("why", why)
            .with_source(short(&reply.text()))
    }
}

/// The error for a far job that ended badly: `what` names it (`The task ServerTasks-4`), `status` is the
/// system's word, `said` what it says itself, `page` where a person can look at it.
pub fn failed(system: &str, what: &str, status: &str, said: &str, page: &str) -> Error {
    let said = match said.trim() {
        "" => "it gives no reason.".to_owned(),
        said => sentence(said),
    };
    let hint = if page.is_empty() {
        format!("The step's log has {system}'s own words.")
    } else {
        format!("The step's log has {system}'s own words; look at it at {page}.")
    };
    Error::new(
        ErrorKind::Failed,
        JOB_FAILED,
        format!("{what} ended as `{status}` in {system}: {said}"),
    )
    .with_hint(hint)
}

/// The error for a redirect, or a next page, that leads to another place.
pub(crate) fn elsewhere(system: &str, host: &str, to: &str) -> Error {
    let to = to.split(['?', '#']).next().unwrap_or_default();
    let target = if to.is_empty() {
        "another place".to_owned()
    } else {
        format!("`{to}`")
    };
    Error::new(
        ErrorKind::Invalid,
        ELSEWHERE,
        format!("{system} at `{host}` points to {target}, and the credential was not sent there."),
    )
    .with_hint(
        "Write the final address into the credential, if it is the right one; a moved server or a login page gives the same message.",
    )
}

fn is_page(reply: &HttpResponse) -> bool {
    reply
        .header("content-type")
        .is_some_and(|kind| kind.contains("html"))
        || reply.body.trim_ascii_start().starts_with(b"<")
}

fn sentence(text: &str) -> String {
    let text = short(text.trim());
    if text.ends_with(['.', '!', '?', '…']) {
        text
    } else {
        format!("{text}.")
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= KEPT {
        return text.to_owned();
    }
    let mut text: String = text.chars().take(KEPT).collect();
    text.push('…');
    text
}
