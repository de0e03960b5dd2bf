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
    /// Logins by a code: what the person enters → the login.
    #[serde(default)]
    pub(crate) devices: BTreeMap<String, Device>,
    pub(crate) jobs: BTreeMap<String, Job>,
    /// The one test of each draft.
    pub(crate) tests: BTreeMap<String, Job>,
    pub(crate) schedules: BTreeMap<String, Value>,
    pub(crate) job_schedules: BTreeMap<String, Value>,
    pub(crate) webhooks: BTreeMap<String, Value>,
    /// Writes that are worked on: when each ends, and whether well.
    #[serde(default)]
    pub(crate) pending: BTreeMap<String, (i64, bool)>,
    pub(crate) variables: BTreeMap<String, Value>,
}

/// A login that waits for a person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Device {
    /// Fingerprint of the device code.
    code: String,
    client: String,
    /// Whether a refresh token is asked for.
    pub(crate) offline: bool,
    pub(crate) ends: i64,
    /// When it was last asked for.
    pub(crate) asked: i64,
    /// What the person said.
    pub(crate) answer: Option<bool>,
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

    /// A login for this application: the device code, and what a person enters.
    pub(crate) fn device(
        &mut self,
        now: i64,
        holds: i64,
        client: &str,
        scope: &str,
    ) -> (String, String) {
        self.made += 1;
        let seed = fingerprint(&format!("device {now} {}", self.made));
        let (code, shown) = (format!("device.{seed}"), seed[..8].to_uppercase());
        self.devices.retain(|_, one| one.ends > now);
        self.devices.insert(
            shown.clone(),
            Device {
                code: fingerprint(&code),
                client: client.to_owned(),
                offline: scope.split(' ').any(|one| one == "offline_access"),
                ends: now + holds,
                asked: now,
                answer: None,
            },
        );
        (code, shown)
    }

    /// What the person of this login enters.
    pub(crate) fn shown(&self, code: &str, client: &str) -> Option<String> {
        let code = fingerprint(code);
        let mut devices = self.devices.iter();
        let found = devices.find(|(_, one)| one.code == code && one.client == client);
        found.map(|(shown, _)| shown.clone())
    }

    /// A new refresh token; nothing of it is kept.
    pub(crate) fn refresh(&mut self, now: i64) -> String {
        self.made += 1;
        format!(
            "1.practice-{}",
            fingerprint(&format!("refresh {now} {}", self.made))
        )
    }

    pub(crate) fn knows(&self, now: i64, token: &str) -> bool {
        self.tokens
            .get(&fingerprint(token))
            .is_some_and(|end| now < *end)
    }
}
