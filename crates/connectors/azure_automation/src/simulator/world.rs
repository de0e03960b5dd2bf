//! What happened in the practice cloud: jobs, tokens, and what was written into the account.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The cloud's memory. Names of accounts stand before the names of what is in them.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct World {
    made: u64,
    /// Fingerprint of a token → when it ends.
    tokens: BTreeMap<String, i64>,
    pub(crate) jobs: BTreeMap<String, Job>,
    /// The one test of each draft.
    pub(crate) tests: BTreeMap<String, Job>,
    pub(crate) schedules: BTreeMap<String, Value>,
    pub(crate) job_schedules: BTreeMap<String, Value>,
    pub(crate) webhooks: BTreeMap<String, Value>,
    pub(crate) variables: BTreeMap<String, Value>,
}

/// One job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) runbook: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) run_on: String,
    pub(crate) created: i64,
    pub(crate) stopped: Option<i64>,
    pub(crate) suspended: Option<i64>,
    pub(crate) resumed: Option<i64>,
}

fn fingerprint(token: &str) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(token.as_bytes()).iter().take(16) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl World {
    /// A new token.
    pub(crate) fn token(&mut self, now: i64, holds: i64) -> String {
        self.made += 1;
        let token = format!(
            "practice.{}.{}",
            fingerprint(&format!("{now} {}", self.made)),
            self.made
        );
        self.tokens.retain(|_, end| *end > now);
        self.tokens.insert(fingerprint(&token), now + holds);
        token
    }

    pub(crate) fn knows(&self, now: i64, token: &str) -> bool {
        self.tokens
            .get(&fingerprint(token))
            .is_some_and(|end| now < *end)
    }
}
