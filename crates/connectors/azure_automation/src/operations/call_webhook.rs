//! `azure-automation/call-webhook`.
//!
//! Effect class: writes, at most once. A webhook takes no key: where the reply is lost, nobody can tell whether a
//! job was started, and a person is asked. Its address is its secret; no more than its host is ever shown.
//!
//! With a login at Azure beside it and the name of the account, the job that it starts is followed.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use podium_connector::{
    Action, Change, Confidence, Context, Identity, Lease, Made, Mode, Observed, Outcome,
    StepPreview, StepRequest, StillRunning, Tls, Undo, UndoClass, UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Dialect, Login, Search, Site, begin, place, secret, segment, trust};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::follow_job::Remote;
use super::{look_around, preview_run, run_runbook};
use crate::client::{self, Account, Azure, SYSTEM, properties, text};
use crate::config::{Errors, Run, Suspended};

/// The port of the webhook's address.
const PORT: &str = "webhook";
/// The port of the login with which the job is followed.
const AZURE: &str = "azure";
/// No usable credential.
const LACKING: Code = Code::new("POD0478");
/// A webhook that is off or over.
const FAILED: Code = Code::new("POD0481");
/// What is kept where Azure gives no id.
const NAMELESS: &str = "webhook";

const DIALECT: Dialect = Dialect {
    system: "The webhook",
    fault: client::fault,
};

/// The inputs.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Ring {
    #[serde(default)]
    body: Map<String, Value>,
    webhook: Option<String>,
    account: Option<String>,
    resource_group: Option<String>,
    subscription: Option<String>,
    #[serde(default)]
    suspended: Suspended,
    #[serde(default)]
    errors: Errors,
}

/// The address of the webhook: where it is, and the token, which stays out of everything that is shown.
struct Door {
    base: String,
    path: String,
    query: Vec<(String, String)>,
    trust: Option<Arc<Tls>>,
}

impl Door {
    fn of(cx: &dyn Context, ring: &Ring) -> Result<Self> {
        if cx.mode() == Mode::Simulated {
            let name = ring.webhook.as_deref().unwrap_or("practice");
            return Ok(Self {
                base: place(cx, AZURE, SYSTEM)?.base,
                path: "/webhooks".into(),
                query: vec![("token".into(), format!("practice-{name}"))],
                trust: None,
            });
        }
        let lease = cx.credential(PORT).ok_or_else(|| {
            Error::new(
                ErrorKind::Unauthorized,
                LACKING,
                "No credential with the address of a webhook is bound to this step.",
            )
            .with_hint("Bind one in the environment, or store one under Credentials first.")
        })?;
        let uri = secret(lease, "uri", "the webhook")?;
        let door = Self::read(uri.expose_str().unwrap_or_default().trim());
        let mut door = door.ok_or_else(|| unusable(lease))?;
        door.trust = trust(Some(lease));
        Ok(door)
    }

    fn read(uri: &str) -> Option<Self> {
        let local = uri.starts_with("http://127.0.0.1:");
        if !(uri.starts_with("https://") || local) || uri.contains(char::is_whitespace) {
            return None;
        }
        let (address, query) = uri.split_once('?')?;
        let host_ends = address.find("://")? + 3;
        let slash = address[host_ends..].find('/')? + host_ends;
        let query: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| {
                (
                    name.to_owned(),
                    percent_decode_str(value).decode_utf8_lossy().into_owned(),
                )
            })
            .collect();
        query
            .iter()
            .any(|(name, value)| name == "token" && !value.is_empty())
            .then(|| Self {
                base: address[..slash].to_owned(),
                path: address[slash..].to_owned(),
                query,
                trust: None,
            })
    }

    async fn knock(&self, cx: &dyn Context, body: &Map<String, Value>) -> Result<String> {
        let site =
            Site::new(cx, DIALECT, self.base.as_str(), Login::Open).trusting(self.trust.clone());
        let mut call = Call::post(self.path.as_str(), &Value::Object(body.clone()));
        for (name, value) in &self.query {
            call = call.query(name, value);
        }
        let given = site.send(call).await.map_err(told)?;
        let id = given.pointer("/JobIds/0").and_then(Value::as_str);
        // The form of the reply is not confirmed: without an id it was accepted all the same.
        Ok(id.map_or_else(
            || NAMELESS.to_owned(),
            |id| Remote::Job(id.to_owned()).kept(),
        ))
    }
}

fn unusable(lease: &Lease) -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        LACKING,
        format!(
            "The credential `{}` holds no address of a webhook.",
            lease.credential
        ),
    )
    .with_hint("Azure shows the address once, when the webhook is made: it begins with `https://` and has a `token`. Make a new webhook where it is lost.")
}

/// A webhook refuses with 400 or 404 whatever is wrong with it.
fn told(mut error: Error) -> Error {
    if matches!(
        error.kind,
        ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Unauthorized
    ) {
        error.code = FAILED;
        error.hint = Some(
            "Look at the webhook in Azure: it may be off, over its end, or gone; or its runbook is. A new webhook has a new address.".into(),
        );
    }
    error
}

/// Where the job can be followed: the account is named, and a login is there.
fn follows<'r>(cx: &dyn Context, ring: &'r Ring) -> Option<&'r str> {
    let known = cx.mode() == Mode::Simulated || cx.credential(AZURE).is_some();
    ring.account.as_deref().filter(|_| known)
}

async fn account<'s, 'a>(azure: &'s Azure<'a>, ring: &Ring, name: &str) -> Result<Account<'s, 'a>> {
    azure.account(name, ring.resource_group.as_deref()).await
}

/// Which runbook a webhook starts.
struct Named {
    runbook: String,
    parameters: Map<String, Value>,
    /// Why it starts none.
    off: Option<String>,
}

async fn named(account: &Account<'_, '_>, webhook: &str, now: i64) -> Result<Named> {
    let found = account
        .find(&format!("webhooks/{}", segment(webhook)))
        .await?;
    let Some(found) = found else {
        return Err(Error::new(
            ErrorKind::NotFound,
            Code::new("POD0445"),
            format!(
                "The automation account `{}` has no webhook called `{webhook}`.",
                account.name
            ),
        )
        .with_hint("Check both names; one that the identity may not see looks the same."));
    };
    let facts = properties(&found);
    let ends = text(facts, "expiryTime");
    let over = crate::timetable::millis(ends).is_some_and(|ends| ends <= now);
    let off = match (facts["isEnabled"] == false, over) {
        (true, _) => Some(format!("The webhook `{webhook}` is off.")),
        (_, true) => Some(format!("The webhook `{webhook}` ended at {ends}.")),
        _ => None,
    };
    Ok(Named {
        runbook: facts
            .pointer("/runbook/name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        parameters: facts
            .get("parameters")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        off,
    })
}

fn undo() -> Undo {
    Undo {
        class: UndoClass::Manual,
        because: Some(
            "Azure Automation cannot take back what a runbook did. Give the step an undo of its own, such as a run of a runbook that does.".into(),
        ),
    }
}

pub(crate) async fn identify(cx: &dyn Context, request: &StepRequest) -> Result<Option<Identity>> {
    let ring: Ring = request.inputs.read()?;
    Door::of(cx, &ring)?;
    if cx.mode() == Mode::Real && cx.credential(AZURE).is_none() {
        // Whoever has the address may use it; it names nobody.
        return Ok(None);
    }
    look_around::identify(cx, request).await.map(Some)
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    let mut inputs = request.inputs.clone();
    inputs.values.shift_remove("body");
    let ring: Ring = inputs.read()?;
    if cx.mode() == Mode::Real {
        Door::of(cx, &ring)?;
    }
    let mut notes = Vec::new();
    if let (Some(name), Some(webhook)) = (follows(cx, &ring), ring.webhook.as_deref()) {
        let azure = Azure::open(cx, ring.subscription.as_deref())?;
        let account = account(&azure, &ring, name).await?;
        let named = named(&account, webhook, cx.now()).await?;
        if let Some(off) = named.off {
            return Err(Error::new(ErrorKind::Invalid, FAILED, off)
                .with_hint("Switch it on in Azure, or make a new one and store its address.")
                .with_context("field", "/webhook"));
        }
        let run = Run {
            account: name.to_owned(),
            runbook: named.runbook,
            parameters: named.parameters,
            resource_group: ring.resource_group,
            subscription: ring.subscription,
            ..Run::default()
        };
        let mut preview = preview_run::look_by_webhook(cx, request, &run).await?;
        preview.undo = undo();
        return Ok(preview);
    }
    if ring.account.is_none() {
        notes.push("The step ends once Azure has accepted the call: without an account and a login nobody can follow the job.".to_owned());
    }
    let name = ring
        .webhook
        .unwrap_or_else(|| "(whose address it is)".into());
    Ok(StepPreview {
        confidence: Confidence::Unknown,
        because: Some(
            "An address does not say which runbook it starts. Name the account and the webhook, and bind a login at Azure, to see what the runbook's text touches.".into(),
        ),
        changes: vec![Change {
            action: Action::Run,
            kind: "webhook".into(),
            name,
            before: Value::Null,
            after: Value::Null,
            stateful: false,
            confidence: None,
            because: None,
        }],
        undo: undo(),
        outputs: Map::new(),
        notes,
    })
}

pub(crate) fn prepare() -> UndoRecord {
    UndoRecord {
        undo: undo(),
        record: Value::Null,
    }
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let ring: Ring = request.inputs.read()?;
    let door = Door::of(cx, &ring)?;
    let id = begin(
        cx,
        request,
        Search::Likely,
        || async { Ok(None) },
        || door.knock(cx, &ring.body),
    )
    .await?;
    let Some(remote) = Remote::parse(&id) else {
        return Ok(accepted(""));
    };
    let Remote::Job(job) = &remote else {
        return Ok(accepted(""));
    };
    let Some(name) = follows(cx, &ring) else {
        return Ok(accepted(job));
    };
    let azure = Azure::open(cx, ring.subscription.as_deref())?;
    let account = account(&azure, &ring, name).await?;
    let found = account.get(&remote.path()).await?;
    let facts = remote.facts(&found);
    let runbook = facts.pointer("/runbook/name").and_then(Value::as_str);
    let run = Run {
        account: name.to_owned(),
        runbook: runbook.unwrap_or("the webhook's runbook").to_owned(),
        suspended: ring.suspended,
        errors: ring.errors,
        ..Run::default()
    };
    run_runbook::finish(cx, &account, &run, remote).await
}

/// The outcome of a start that nobody follows.
fn accepted(job: &str) -> Outcome {
    let mut outputs = Map::new();
    outputs.insert("job".into(), json!(job));
    outputs.insert("status".into(), json!("Accepted"));
    Outcome {
        outputs,
        made: vec![Made {
            kind: "job".into(),
            name: if job.is_empty() {
                "(without an id)".into()
            } else {
                job.to_owned()
            },
            link: None,
        }],
        ..Outcome::default()
    }
}

pub(crate) fn observe(request: &StepRequest) -> Observed {
    match &request.remote {
        Some(_) => Observed::Adopt,
        None => Observed::Unknown {
            because: "The webhook may have been called, and it carries no key: look at the jobs of its runbook in Azure.".into(),
        },
    }
}

pub(crate) async fn cancelled(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let ring: Ring = request.inputs.read()?;
    let remote = request.remote.as_deref().and_then(Remote::parse);
    let (Some(remote), Some(name)) = (remote, follows(cx, &ring)) else {
        return Ok(StillRunning::default());
    };
    let azure = Azure::open(cx, ring.subscription.as_deref())?;
    let account = account(&azure, &ring, name).await?;
    run_runbook::still_running(&account, &remote, "the webhook's runbook").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_one_without_a_token_is_none() {
        let door = Door::read("https://x.webhook.we.azure-automation.net/webhooks?token=a%2bb%3d")
            .unwrap();
        assert_eq!(door.base, "https://x.webhook.we.azure-automation.net");
        assert_eq!(door.path, "/webhooks");
        assert_eq!(door.query, [("token".to_owned(), "a+b=".to_owned())]);
        for wrong in [
            "",
            "http://x.webhook.we.azure-automation.net/webhooks?token=a",
            "https://x.webhook.we.azure-automation.net/webhooks",
            "https://x.webhook.we.azure-automation.net/webhooks?token=",
            "https://x.example/webhooks?token=a b",
        ] {
            assert!(Door::read(wrong).is_none(), "{wrong}");
        }
    }
}
