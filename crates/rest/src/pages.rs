//! Lists that come in pages.

use podium_diagnostics::{Code, Error, ErrorKind};

use crate::call::Call;

const ENDLESS: Code = Code::new("POD0477");
/// Pages of one list after which it is given up.
pub(crate) const MOST: usize = 1_000;

/// Where the following page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same call with these pairs of the query.
    Query(Vec<(String, String)>),
    /// An address that the system gave; it must be on the same host.
    Link(String),
}

pub(crate) fn endless(system: &str, call: &Call) -> Error {
    Error::new(
        ErrorKind::Failed,
        ENDLESS,
        format!(
            "{system} gives a list without an end at `{}`: a page came twice, or more than {MOST} did.",
            call.path
        ),
    )
    .with_hint("Narrow the step down by a name or a filter; if it stays, tell whoever runs the system.")
}
