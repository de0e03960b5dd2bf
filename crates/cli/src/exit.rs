//! Exit codes; scripts rely on them.

/// It succeeded, or the answer is yes.
pub(crate) const SUCCEEDED: u8 = 0;
/// It failed, or there are errors.
pub(crate) const FAILED: u8 = 1;
/// It was cancelled. (2 is a mistake in the arguments; clap gives it.)
pub(crate) const CANCELLED: u8 = 3;
/// It waits for a person.
pub(crate) const WAITING: u8 = 4;
/// It was refused before anything was written.
pub(crate) const REFUSED: u8 = 5;
