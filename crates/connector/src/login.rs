//! A login of a person: a code that is entered at an address, in a browser, wherever that is.

use std::time::Duration;

use podium_secret::Secret;

/// A login that was begun (RFC 8628): a person enters the code at the address, and meanwhile it is asked
/// for again and again whether that happened.
#[derive(Clone, Debug)]
pub struct LoginCode {
    /// What the person enters. It is short-lived, and of no use without `device`.
    pub code: String,
    /// Where, as an address for a browser.
    pub address: String,
    /// When it ends, in milliseconds since 1970 (UTC).
    pub expires: i64,
    /// How long to wait between two questions.
    pub every: Duration,
    /// What proves that it was begun here.
    pub device: Secret,
}
