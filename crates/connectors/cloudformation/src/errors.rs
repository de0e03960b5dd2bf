//! What the system says when it refuses, as errors for people.

use podium_connector::{CODE, HttpResponse, STATUS};
use podium_diagnostics::{Code, Error, ErrorKind};

use crate::explained;
use crate::xml::Node;

/// AWS refused the credential.
pub(crate) const REFUSED: Code = Code::new("POD0451");
/// A stack ended otherwise than asked.
pub(crate) const STACK_FAILED: Code = Code::new("POD0452");
/// CloudFormation refuses the request as wrong.
pub(crate) const INVALID: Code = Code::new("POD0453");
/// The stack is in a state that forbids it.
pub(crate) const STATE: Code = Code::new("POD0454");
/// Termination protection.
pub(crate) const PROTECTED: Code = Code::new("POD0455");
/// A template that cannot be used.
pub(crate) const TEMPLATE: Code = Code::new("POD0456");
/// A capability is missing.
pub(crate) const CAPABILITY: Code = Code::new("POD0457");
/// A right is missing.
pub(crate) const DENIED: Code = Code::new("POD0458");
/// AWS asks to slow down.
pub(crate) const THROTTLED: Code = Code::new("POD0459");
/// What answered is not AWS.
pub(crate) const NOT_AWS: Code = Code::new("POD0460");
/// A secret that would be readable.
pub(crate) const READABLE: Code = Code::new("POD0461");
/// The step was cancelled.
pub(crate) const CANCELLED: Code = Code::new("POD0462");
/// A template that is too long to be sent, and no bucket.
pub(crate) const TOO_LONG: Code = Code::new("POD0348");
/// A bucket that does not take a template.
pub(crate) const BUCKET: Code = Code::new("POD0349");

/// A refusal in the vendor's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    /// Reads `ErrorResponse`.
    pub(crate) fn of(status: u16, reply: &Node) -> Option<Self> {
        let error = if reply.name == "ErrorResponse" {
            reply.at("Error")?
        } else {
            reply.at("Errors/Error")?
        };
        Some(Self {
            status,
            code: error.text("Code").to_owned(),
            message: error.text("Message").to_owned(),
        })
    }

    fn says(&self, text: &str) -> bool {
        self.message.to_ascii_lowercase().contains(text)
    }

    /// Whether it says that the stack, or the change set, is not there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ChangeSetNotFound" | "ChangeSetNotFoundException"
        ) || (self.code == "ValidationError"
            && self.says("does not exist")
            && !self.says("parameter"))
    }

    /// Whether it says that such a name is taken.
    pub(crate) fn is_taken(&self) -> bool {
        self.code.starts_with("AlreadyExists")
    }

    /// Whether it says that this identity may not.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(
            self.code.as_str(),
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation"
        )
    }

    /// Whether waiting can help.
    pub(crate) fn is_throttling(&self) -> bool {
        matches!(
            self.code.as_str(),
            "Throttling"
                | "ThrottlingException"
                | "RequestLimitExceeded"
                | "TooManyRequestsException"
                | "ConcurrentResourcesLimitExceeded"
                | "SlowDown"
        ) || self.status == 429
    }

    /// Whether it is about who asks, or about this computer's clock.
    pub(crate) fn is_of_the_login(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ExpiredToken"
                | "ExpiredTokenException"
                | "RequestExpired"
                | "RequestTimeTooSkewed"
                | "SignatureDoesNotMatch"
                | "InvalidSignatureException"
                | "IncompleteSignature"
                | "InvalidClientTokenId"
                | "InvalidToken"
                | "UnrecognizedClientException"
                | "InvalidAccessKeyId"
                | "AuthFailure"
        )
    }

    /// As an error for people. Cause and next action of what is known come from `explained.json`.
    pub(crate) fn error(&self, action: &str) -> Error {
        let (kind, code, message) = self.classify(action);
        let error = Error::new(kind, code, message)
            .with_context("action", action)
            .with_context(STATUS, self.status)
            .with_context(CODE, &self.code)
            .with_source(&self.message);
        let mut error = explained::told(error);
        if let Some(hint) = self.own_hint(action) {
            error.hint = Some(hint);
        }
        if error.hint.is_none() {
            error.hint = Some(self.any_hint().to_owned());
        }
        error
    }

    fn classify(&self, action: &str) -> (ErrorKind, Code, String) {
        let said = sentence(&self.message);
        let refused = || format!("CloudFormation refused `{action}`: {said}");
        if self.is_throttling() {
            return (
                ErrorKind::Throttled,
                THROTTLED,
                format!("AWS put `{action}` off."),
            );
        }
        if self.is_of_the_login() {
            return (
                ErrorKind::Unauthorized,
                REFUSED,
                format!("AWS did not let `{action}` in."),
            );
        }
        match self.code.as_str() {
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "OptInRequired" => (
                ErrorKind::Forbidden,
                DENIED,
                format!("The identity may not do `{action}`. AWS says: {said}"),
            ),
            "InsufficientCapabilitiesException" | "InsufficientCapabilities" => (
                ErrorKind::Forbidden,
                CAPABILITY,
                format!(
                    "The template needs a capability that the step does not give: {}.",
                    self.missing_capabilities()
                ),
            ),
            "OperationInProgressException" | "StaleRequestException" => {
                (ErrorKind::Conflict, STATE, refused())
            }
            "LimitExceededException" => (ErrorKind::Failed, INVALID, refused()),
            "TokenAlreadyExistsException" => (ErrorKind::Conflict, STATE, refused()),
            "ValidationError"
                if self.says("terminationprotection") || self.says("termination protection") =>
            {
                (
                    ErrorKind::Forbidden,
                    PROTECTED,
                    "The stack is protected against deletion.".into(),
                )
            }
            // It reads a long template with the rights of whoever asks.
            "ValidationError" if self.says("s3 error") && self.says("access denied") => {
                (ErrorKind::Forbidden, DENIED, refused())
            }
            "ValidationError" if self.says("_in_progress") => {
                (ErrorKind::Conflict, STATE, refused())
            }
            "ValidationError" if self.says("rollback_complete") || self.says("rollback_failed") => {
                (
                    ErrorKind::Conflict,
                    STATE,
                    format!("The stack's state forbids it. AWS says: {said}"),
                )
            }
            "InternalFailure" | "InternalError" | "ServiceUnavailable" => (
                ErrorKind::Unreachable,
                NOT_AWS,
                format!("CloudFormation had a failure of its own ({}).", self.status),
            ),
            _ => (
                if self.is_missing() {
                    ErrorKind::NotFound
                } else {
                    ErrorKind::Invalid
                },
                INVALID,
                refused(),
            ),
        }
    }

    /// The next action where it is made of this very refusal, so that no list can hold it.
    fn own_hint(&self, action: &str) -> Option<String> {
        let known = explained::list().iter().any(|one| {
            one.when.code.is_none()
                && !one.when.contains.is_empty()
                && one
                    .when
                    .contains
                    .iter()
                    .all(|text| self.says(&text.to_ascii_lowercase()))
        });
        match self.code.as_str() {
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" if !known => {
                let right = if action.contains(':') {
                    action.to_owned()
                } else {
                    format!("cloudformation:{action}")
                };
                Some(format!(
                    "Ask for the right `{right}`, or the one named in the message."
                ))
            }
            "InsufficientCapabilitiesException" | "InsufficientCapabilities" => {
                let list = self.missing_capabilities();
                Some(format!(
                    "Read what the template makes, then add {list} under `capabilities`."
                ))
            }
            "InternalFailure" | "InternalError" | "ServiceUnavailable" => {
                Some("Try again in a minute.".to_owned())
            }
            _ => None,
        }
    }

    /// The next action where no list has one.
    fn any_hint(&self) -> &'static str {
        if self.is_missing() {
            "Look for it in the account and the region that the credential names."
        } else {
            "Change what the message names in the template or in the step, then preview again."
        }
    }

    fn missing_capabilities(&self) -> String {
        let missing: Vec<&str> = [
            "CAPABILITY_NAMED_IAM",
            "CAPABILITY_IAM",
            "CAPABILITY_AUTO_EXPAND",
        ]
        .into_iter()
        .filter(|capability| self.message.contains(capability))
        .collect();
        if missing.is_empty() {
            "one".to_owned()
        } else {
            missing.join(", ")
        }
    }
}

/// The vendor's words as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "nothing more.".into();
    }
    if text.ends_with(['.', '!', '?']) {
        return text.to_owned();
    }
    format!("{text}.")
}

/// A reply that is not the vendor's.
pub(crate) fn not_aws(reply: &HttpResponse, url: &str) -> Error {
    let login = "Test the credential under Credentials, and check its endpoint.";
    let code = match reply.status {
        401 | 403 => REFUSED,
        429 => THROTTLED,
        _ => NOT_AWS,
    };
    let (kind, message, hint) = if reply.status == 401 || reply.status == 407 {
        (
            ErrorKind::Unauthorized,
            format!(
                "`{url}` did not let the request in (status {}), in no words of AWS.",
                reply.status
            ),
            login,
        )
    } else if reply.status == 403 {
        (
            ErrorKind::Forbidden,
            format!("`{url}` refused the request (status 403), in no words of AWS."),
            login,
        )
    } else if reply.status == 429 {
        (
            ErrorKind::Throttled,
            format!("`{url}` asks to slow down."),
            "Try again in a minute.",
        )
    } else if (300..400).contains(&reply.status) {
        (
            ErrorKind::Failed,
            format!(
                "`{url}` answered with a redirect, which is not followed: the credential would go to another place."
            ),
            "Check the endpoint of the credential; a proxy or a login page may stand in between.",
        )
    } else if reply.status >= 500 {
        (
            ErrorKind::Unreachable,
            format!(
                "`{url}` answered {} and what it sent is not AWS's: a proxy may stand in between.",
                reply.status
            ),
            "Try again in a minute; where it stays so, check the endpoint of the credential.",
        )
    } else {
        (
            ErrorKind::Failed,
            format!(
                "What answers at `{url}` is not AWS (status {}).",
                reply.status
            ),
            "Check the endpoint of the credential; a proxy or a login page may stand in between.",
        )
    };
    let start: String = reply.text().chars().take(200).collect();
    Error::new(kind, code, message)
        .with_hint(hint)
        .with_context("status", reply.status)
        .with_context("body", start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, message: &str) -> Refusal {
        Refusal {
            status: 400,
            code: code.into(),
            message: message.into(),
        }
    }

    #[test]
    fn every_refusal_has_a_kind_and_a_next_action() {
        for (code, message, kind, pod, words) in [
            (
                "ExpiredToken",
                "The security token included in the request is expired",
                ErrorKind::Unauthorized,
                REFUSED,
                "session has expired",
            ),
            (
                "SignatureDoesNotMatch",
                "Signature expired: 20150830T123600Z is now earlier than …",
                ErrorKind::Unauthorized,
                REFUSED,
                "clock is wrong",
            ),
            (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match",
                ErrorKind::Unauthorized,
                REFUSED,
                "does not belong",
            ),
            (
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                ErrorKind::Unauthorized,
                REFUSED,
                "does not know",
            ),
            (
                "AccessDenied",
                "User: arn:x is not authorized to perform: iam:CreateRole",
                ErrorKind::Forbidden,
                DENIED,
                "iam:CreateRole",
            ),
            (
                "InsufficientCapabilitiesException",
                "Requires capabilities : [CAPABILITY_NAMED_IAM]",
                ErrorKind::Forbidden,
                CAPABILITY,
                "CAPABILITY_NAMED_IAM",
            ),
            (
                "Throttling",
                "Rate exceeded",
                ErrorKind::Throttled,
                THROTTLED,
                "slow down",
            ),
            (
                "ValidationError",
                "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.",
                ErrorKind::Conflict,
                STATE,
                "Somebody else",
            ),
            (
                "ValidationError",
                "Stack:arn is in ROLLBACK_COMPLETE state and can not be updated.",
                ErrorKind::Conflict,
                STATE,
                "forbids",
            ),
            (
                "ValidationError",
                "Stack [x] cannot be deleted while TerminationProtection is enabled",
                ErrorKind::Forbidden,
                PROTECTED,
                "protected",
            ),
            (
                "ValidationError",
                "Stack with id x does not exist",
                ErrorKind::NotFound,
                INVALID,
                "does not exist",
            ),
            (
                "ValidationError",
                "Parameters: [X] must have values",
                ErrorKind::Invalid,
                INVALID,
                "must have values",
            ),
        ] {
            let error = refusal(code, message).error("UpdateStack");
            assert_eq!((error.kind, &error.code), (kind, &pod), "{code}: {message}");
            assert!(error.message.contains(words), "{}", error.message);
        }
    }

    #[test]
    fn a_page_and_a_redirect_are_not_taken_for_aws() {
        for (status, kind) in [
            (302, ErrorKind::Failed),
            (200, ErrorKind::Failed),
            (503, ErrorKind::Unreachable),
        ] {
            let reply = HttpResponse {
                status,
                headers: Vec::new(),
                body: b"<html>Log in".to_vec(),
            };
            assert_eq!(not_aws(&reply, "https://x/").kind, kind, "{status}");
        }
    }
}
