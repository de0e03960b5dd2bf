//! What the practice appliance knows.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, Asked, wire};

/// Everything.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct World {
    pub(super) next: u64,
    pub(super) now: i64,
    pub(super) groups: Vec<Value>,
    pub(super) zones: Vec<Value>,
    pub(super) policies: Vec<Value>,
    pub(super) environments: Vec<Value>,
    pub(super) types: Vec<Value>,
    pub(super) plans: Vec<Value>,
    pub(super) blueprints: Vec<Value>,
    pub(super) catalog: Vec<Value>,
    pub(super) tasks: Vec<Value>,
    pub(super) workflows: Vec<Value>,
    pub(super) instances: Vec<Value>,
    pub(super) apps: Vec<Value>,
    pub(super) items: Vec<Value>,
    pub(super) executions: Vec<Value>,
    pub(super) approvals: Vec<Value>,
    pub(super) processes: Vec<Process>,
    /// Fingerprints of tokens that were given, and when each ends.
    pub(super) tokens: Vec<(String, i64)>,
}

/// A process that works on something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) id: u64,
    pub(super) kind: String,
    /// What it works on: `instance`, `app` or `execution`, and its id.
    pub(super) of: (String, u64),
    pub(super) name: String,
    pub(super) status: String,
    pub(super) error: Option<String>,
    pub(super) begun: i64,
    pub(super) ended: Option<i64>,
    pub(super) steps: Vec<Step>,
    pub(super) at: usize,
    pub(super) since: i64,
    /// The approval that it waits for.
    pub(super) approval: Option<u64>,
}

/// A step of a process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) millis: i64,
    pub(super) lines: usize,
    pub(super) fails: bool,
}

/// What a failing step says.
pub(super) const TROUBLE: &str =
    "Unable to find available resources: no host with 64 GB of free memory";
/// So long a token holds, in seconds.
const HOLDS: i64 = 3_600;

fn mark(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl World {
    pub(super) fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Gives a token for a password or for a refresh token.
    pub(super) fn grant(&mut self, asked: &Asked<'_>) -> Answer {
        let form = asked.form();
        let get = |name: &str| {
            form.iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
                .or_else(|| asked.query(name))
                .unwrap_or_default()
        };
        let bad = |code: &str, text: &str| {
            Err((400, json!({ "error": code, "error_description": text })))
        };
        let word = match get("grant_type") {
            "password" => get("password").to_owned(),
            "refresh_token" => get("refresh_token").to_owned(),
            "" => return bad("invalid_request", "Missing grant type"),
            _ => return bad("unsupported_grant_type", "Unsupported grant type"),
        };
        if get("client_id").is_empty() || get("client_id").contains("unknown") {
            return Err((
                401,
                json!({ "error": "invalid_client", "error_description": "Bad client credentials" }),
            ));
        }
        if word.is_empty() || word.contains("wrong") || word.contains("expired") {
            return bad("invalid_grant", "Bad credentials");
        }
        let number = self.id();
        let viewer = if word.contains("viewer") {
            "-viewer"
        } else {
            ""
        };
        let token = format!("{}{viewer}", wire::uuid(number));
        self.tokens.push((mark(&token), self.now + HOLDS * 1_000));
        Ok(json!({
            "access_token": token,
            "refresh_token": wire::uuid(number + 1_000_000),
            "expires_in": HOLDS - 1,
            "token_type": "bearer",
            "scope": "write",
        }))
    }

    /// Whether a token that was given here has ended.
    pub(super) fn is_expired(&self, token: &str) -> bool {
        let mark = mark(token);
        self.tokens
            .iter()
            .any(|(known, ends)| *known == mark && *ends <= self.now)
    }
}

impl Process {
    /// As the appliance gives it.
    pub(super) fn shown(&self) -> Value {
        let events: Vec<Value> = self
            .steps
            .iter()
            .enumerate()
            .filter(|(at, _)| *at <= self.at && self.status != "queued")
            .map(|(at, step)| {
                let status = if at < self.at {
                    "complete"
                } else if self.status == "running" {
                    "running"
                } else {
                    &self.status
                };
                let output: String = if at < self.at || (at == self.at && step.fails) {
                    (1..=step.lines)
                        .map(|line| if step.lines == 1 { format!("{} läuft\n", step.name) } else { format!("{} line {line}\n", step.name) })
                        .collect()
                } else {
                    String::new()
                };
                let failed = at == self.at && status == "failed";
                json!({
                    "id": step.id, "processId": self.id, "accountId": 1, "uniqueId": wire::uuid(step.id),
                    "processType": { "code": "step", "name": step.name }, "description": null,
                    "displayName": self.name, "status": status, "reason": null,
                    "percent": if status == "complete" { 100 } else { 0 }, "statusEta": step.millis,
                    "message": null, "output": output, "error": failed.then_some(TROUBLE),
                    "startDate": wire::time(self.since), "dateCreated": wire::time(self.since),
                    "lastUpdated": wire::time(self.since), "duration": step.millis,
                })
            })
            .collect();
        let total = self.steps.len().max(1);
        let percent = 100 * self.at.min(total) / total;
        let mut shown = json!({
            "id": self.id, "accountId": 1, "uniqueId": wire::uuid(self.id),
            "processType": { "code": self.kind, "name": self.kind }, "displayName": self.name,
            "description": null, "subType": null, "subId": null, "integrationId": null,
            "status": self.status, "reason": null, "percent": percent, "statusEta": 0,
            "message": null, "output": null, "error": self.error,
            "startDate": wire::time(self.begun),
            "dateCreated": wire::time(self.begun), "lastUpdated": wire::time(self.since),
            "resultType": null, "resultId": null,
            "createdBy": { "username": "practice", "displayName": "Practice" },
            "updatedBy": { "username": "practice", "displayName": "Practice" },
            "events": events,
        });
        if let Some(ended) = self.ended {
            shown["endDate"] = json!(wire::time(ended));
            shown["duration"] = json!(ended - self.begun);
        }
        // The number of an app is a text in the vendor's description.
        match self.of.0.as_str() {
            "instance" => shown["instanceId"] = json!(self.of.1),
            "app" => shown["appId"] = json!(self.of.1.to_string()),
            _ => {}
        }
        shown
    }
}
