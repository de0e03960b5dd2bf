//! How it ended.

use serde::{Deserialize, Serialize};

/// The content of `exit.json`: one of `code`, `signal` and `error` is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The child's own exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// It could not be started: why, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The kind of [`Ended::error`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailedStart>,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// The child ended, but something it had started still held its output open; what that writes from
    /// now on is not recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_running: bool,
    /// So many lines are missing from `output.jsonl` because the disk would not take them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost_lines: u64,
}

/// Why a program could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedStart {
    /// There is no such program.
    NotFound,
    /// It may not be run.
    Permission,
    /// Something else; the message says what.
    Other,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
