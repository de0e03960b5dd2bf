//! What preview, run and undo share: the request for a run, its configuration, its record.

pub(crate) mod drive_run;
pub(crate) mod preview_run;
pub(crate) mod undo_run;

use std::collections::BTreeSet;

use podium_connector::{Change, Context};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::{Client, NAME, Workspace, get, patch, post};
use crate::config::{Config, Kind, expression};
use crate::pack;

/// What is kept about a workspace as it was before the step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) organization: String,
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// Whether the state held nothing.
    pub(crate) was_empty: bool,
    /// Configuration and variables of the last run that was applied.
    pub(crate) configuration: Option<String>,
    pub(crate) variables: Value,
    /// Sensitive variables that the step makes.
    pub(crate) new_secrets: Vec<String>,
}

impl Record {
    pub(crate) fn read(value: &Value) -> Result<Self> {
        serde_json::from_value(value.clone()).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                Code::new("POD0130"),
                "The undo record of this step cannot be read.",
            )
            .with_source(error)
        })
    }
}

/// The values of the ports `secrets.NAME`.
pub(crate) fn secrets(cx: &dyn Context) -> Vec<(String, Secret)> {
    cx.secrets()
        .into_iter()
        .filter_map(|(name, lease)| Some((name, lease.secrets.get("value")?.clone())))
        .collect()
}

/// Refuses a variable that is given in the open and as a secret.
pub(crate) fn check_twice(cx: &dyn Context, config: &Config) -> Result<()> {
    match secrets(cx)
        .iter()
        .find(|(name, _)| config.variables.contains_key(name))
    {
        None => Ok(()),
        Some((name, _)) => Err(Error::new(
            ErrorKind::Invalid,
            NAME,
            format!("The variable `{name}` is given twice: in the step, and as a secret."),
        )
        .with_hint("Take it out of `variables`, or unbind `secrets.` of that name.")),
    }
}

/// What is asked for by a run.
pub(crate) struct Wish<'a> {
    pub(crate) kind: Kind,
    pub(crate) plan_only: bool,
    pub(crate) variables: Value,
    pub(crate) targets: &'a [String],
    pub(crate) replace: &'a [String],
    pub(crate) message: String,
    pub(crate) configuration: Option<String>,
    pub(crate) only_looks: bool,
}

/// Variables of one run, in the form the API takes.
pub(crate) fn run_variables(variables: &Map<String, Value>) -> Value {
    variables
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| json!({ "key": name, "value": expression(value) }))
        .collect()
}

/// Starts a run; its id.
pub(crate) async fn create_run(
    client: &Client<'_>,
    workspace: &Workspace,
    wish: &Wish<'_>,
) -> Result<String> {
    let mut attributes = json!({
        "message": wish.message,
        "auto-apply": false,
        "is-destroy": wish.kind == Kind::Destroy,
        "refresh-only": wish.kind == Kind::Refresh,
        "plan-only": wish.plan_only,
    });
    for (name, list) in [
        ("target-addrs", wish.targets),
        ("replace-addrs", wish.replace),
    ] {
        if !list.is_empty() {
            attributes[name] = json!(list);
        }
    }
    if wish
        .variables
        .as_array()
        .is_some_and(|list| !list.is_empty())
    {
        attributes["variables"] = wish.variables.clone();
    }
    let mut relationships = json!({
        "workspace": { "data": { "type": "workspaces", "id": workspace.id } },
    });
    if let Some(configuration) = &wish.configuration {
        relationships["configuration-version"] =
            json!({ "data": { "type": "configuration-versions", "id": configuration } });
    }
    let body = json!({ "data": {
        "type": "runs", "attributes": attributes, "relationships": relationships,
    } });
    let mut call = post("/runs", &body).needs("can-queue-run");
    if wish.only_looks {
        call = call.looks();
        // It is not the same twice: a preview that goes wrong is asked for anew by a person.
        call = call.once();
    }
    let reply = client.site.send(call).await?;
    text_in(&reply, "/data/id")
}

/// Sends a folder as a configuration version; its id. With `speculative` nothing can be applied from it.
pub(crate) async fn upload(
    client: &Client<'_>,
    workspace: &Workspace,
    folder: &str,
    speculative: bool,
) -> Result<String> {
    let packed = pack::folder(client.cx, folder)?;
    let body = json!({ "data": {
        "type": "configuration-versions",
        "attributes": { "auto-queue-runs": false, "speculative": speculative },
    } });
    let path = format!("/workspaces/{}/configuration-versions", workspace.id);
    let mut call = post(path, &body).needs("can-queue-run");
    if speculative {
        call = call.looks().once();
    }
    let reply = client.site.send(call).await?;
    let id = text_in(&reply, "/data/id")?;
    let address = text_in(&reply, "/data/attributes/upload-url")?;
    client.upload(&address, packed, speculative).await?;
    let mut wait = std::time::Duration::from_millis(500);
    loop {
        let version = client
            .site
            .send(get(format!("/configuration-versions/{id}")))
            .await?;
        let attributes = &version["data"]["attributes"];
        match attributes["status"].as_str().unwrap_or_default() {
            "uploaded" => return Ok(id),
            status @ ("errored" | "archived") => {
                let why = attributes["error-message"].as_str().unwrap_or_default();
                return Err(podium_rest::failed(
                    crate::client::SYSTEM,
                    &format!("The upload of `{folder}`"),
                    status,
                    why,
                    "",
                ));
            }
            _ if client.cx.is_cancelled() => {
                return Err(Error::new(
                    ErrorKind::Cancelled,
                    Code::new("POD0479"),
                    "It was cancelled before a run was started.",
                ));
            }
            _ => {}
        }
        client.cx.sleep(wait).await;
        wait = (wait * 2).min(std::time::Duration::from_secs(5));
    }
}

/// The variables of a workspace, by name: id, and whether it is sensitive.
pub(crate) async fn workspace_variables(
    client: &Client<'_>,
    workspace: &Workspace,
) -> Result<Vec<(String, String, bool)>> {
    let list = client
        .list(get(format!("/workspaces/{}/vars", workspace.id)))
        .await?;
    Ok(list
        .iter()
        .filter(|entry| entry["attributes"]["category"] == "terraform")
        .filter_map(|entry| {
            Some((
                entry["attributes"]["key"].as_str()?.to_owned(),
                entry["id"].as_str()?.to_owned(),
                entry["attributes"]["sensitive"].as_bool().unwrap_or(false),
            ))
        })
        .collect())
}

/// Keeps the secrets as sensitive variables of the workspace.
pub(crate) async fn set_secrets(client: &Client<'_>, workspace: &Workspace) -> Result<()> {
    let secrets = secrets(client.cx);
    if secrets.is_empty() {
        return Ok(());
    }
    let known = workspace_variables(client, workspace).await?;
    for (name, value) in secrets {
        let mut data = json!({ "type": "vars", "attributes": {
            "key": name, "value": value.expose_str().unwrap_or_default(),
            "category": "terraform", "hcl": false, "sensitive": true,
        } });
        let call = match known.iter().find(|(key, ..)| *key == name) {
            Some((_, id, _)) => {
                data["id"] = json!(id);
                patch(
                    format!("/workspaces/{}/vars/{id}", workspace.id),
                    &json!({ "data": data }),
                )
                .repeatable()
            }
            None => post(
                format!("/workspaces/{}/vars", workspace.id),
                &json!({ "data": data }),
            ),
        };
        client
            .site
            .send(call.needs("can-update-variable"))
            .await
            .map_err(|mut error| {
                // What it repeats of the request may hold the value.
                error.source = None;
                error
            })?;
    }
    Ok(())
}

pub(crate) fn text_in(reply: &Value, pointer: &str) -> Result<String> {
    reply
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Unknown,
                Code::new("POD0449"),
                format!(
                    "{} took the request and gave no `{pointer}`.",
                    crate::client::SYSTEM
                ),
            )
            .with_hint("Look there whether it was done before running the step again.")
        })
}

/// A plan in few words, to tell whether two are the same: what is read does not count.
pub(crate) fn digest(changes: &[Change]) -> Value {
    let lines: BTreeSet<String> = changes
        .iter()
        .filter(|change| change.action != podium_connector::Action::Read)
        .map(|change| json!([change.action, change.name, change.before, change.after]).to_string())
        .collect();
    json!(lines)
}
