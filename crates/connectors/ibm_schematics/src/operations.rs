//! What the three operations share: the wish, its variables, the start, the outputs.

pub(crate) mod preview_command;
pub(crate) mod run_command;
pub(crate) mod undo_command;

use std::collections::BTreeMap;
use std::path::PathBuf;

use podium_connector::{Context, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::{Client, NAME, Variable, Workspace};
use crate::config::{Command, Config, Repository, text_of, type_of};

/// What is kept about a workspace as it was before the step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) command: Option<Command>,
    pub(crate) workspace: String,
    /// Absent where the step makes it.
    pub(crate) id: Option<String>,
    /// Values of secure ones are not among them, since Schematics does not give them.
    pub(crate) variables: Vec<Variable>,
    pub(crate) repository: Repository,
    pub(crate) commit: String,
    /// Addresses that existed.
    pub(crate) resources: Vec<String>,
    /// Whether the step changes variables.
    pub(crate) sets_variables: bool,
    /// Whether the step changes where the configuration is.
    pub(crate) sets_repository: bool,
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
pub(crate) fn secrets(cx: &dyn Context) -> BTreeMap<String, Secret> {
    cx.secrets()
        .into_iter()
        .filter_map(|(name, lease)| Some((name, lease.secrets.get("value")?.clone())))
        .collect()
}

/// The variables as the workspace shall have them; nothing where it has them already.
///
/// Fails where the workspace holds a secure variable that nobody gives: Schematics takes all variables at
/// once and does not give secure values back, so that it would be emptied.
pub(crate) fn wanted(
    workspace: &Workspace,
    given: &Map<String, Value>,
    secrets: &BTreeMap<String, Secret>,
) -> Result<Option<Vec<Variable>>> {
    if let Some(both) = secrets.keys().find(|name| given.contains_key(*name)) {
        return Err(Error::new(
            ErrorKind::Invalid,
            NAME,
            format!("The variable `{both}` is given twice: in the step, and as a secret."),
        )
        .with_hint("Take it out of `variables`, or unbind `secrets.` of that name."));
    }
    let mut variables = workspace.variables.clone();
    for (name, value) in given {
        let text = text_of(value);
        match variables.iter_mut().find(|known| known.name == *name) {
            Some(known) if known.secure => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    NAME,
                    format!("The variable `{name}` is secure in the workspace, and the step gives it in the open."),
                )
                .with_hint(format!("Bind a credential to `secrets.{name}` instead.")));
            }
            Some(known) => known.value = Some(text),
            None => variables.push(Variable {
                name: name.clone(),
                value: Some(text),
                kind: Some(type_of(value).to_owned()),
                secure: false,
            }),
        }
    }
    for name in secrets.keys() {
        match variables.iter_mut().find(|known| known.name == *name) {
            Some(known) => {
                known.secure = true;
                known.value = None;
            }
            None => variables.push(Variable {
                name: name.clone(),
                value: None,
                kind: Some("string".into()),
                secure: true,
            }),
        }
    }
    if variables == workspace.variables && secrets.is_empty() {
        return Ok(None);
    }
    let emptied: Vec<String> = variables
        .iter()
        .filter(|variable| variable.secure && !secrets.contains_key(&variable.name))
        .map(|variable| format!("`{}`", variable.name))
        .collect();
    if !emptied.is_empty() {
        return Err(Error::new(
            ErrorKind::Invalid,
            NAME,
            format!(
                "The workspace holds secure variables that this step does not give: {}. Schematics takes all variables at once and does not give secure values back, so that they would be emptied.",
                emptied.join(", ")
            ),
        )
        .with_hint("Bind a credential to `secrets.NAME` for each of them; or change no variables in this step."));
    }
    Ok(Some(variables))
}

/// Where the configuration shall be: the changed part, as the API takes it, and the folder.
pub(crate) fn moved(workspace: &Workspace, wish: Option<&Repository>) -> (Value, Option<String>) {
    let mut body = Map::new();
    let Some(wish) = wish else {
        return (Value::Object(body), None);
    };
    let set = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    if let Some(url) = set(&wish.url).filter(|url| *url != workspace.url) {
        body.insert("url".into(), json!(url));
    }
    match (set(&wish.branch), set(&wish.release)) {
        (Some(branch), _) if branch != workspace.branch => {
            body.insert("branch".into(), json!(branch));
        }
        (None, Some(release)) if release != workspace.release => {
            body.insert("release".into(), json!(release));
        }
        _ => {}
    }
    if !body.is_empty() && !body.contains_key("url") {
        body.insert("url".into(), json!(workspace.url));
    }
    let folder = set(&wish.folder).filter(|folder| *folder != workspace.folder);
    (Value::Object(body), folder)
}

/// What the step kept on disk before it sent the call that starts a job, so that the job is recognised
/// after a lost reply or a crash.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Baseline {
    /// Activities that were there.
    pub(crate) known: Vec<String>,
    /// Who asks.
    pub(crate) user: String,
    pub(crate) workspace: String,
}

fn baseline_file(cx: &dyn Context, request: &StepRequest, command: Command) -> PathBuf {
    cx.keep()
        .join(format!("before-{}-{}.json", command.word(), request.key))
}

pub(crate) fn baseline(
    cx: &dyn Context,
    request: &StepRequest,
    command: Command,
) -> Option<Baseline> {
    serde_json::from_slice(&std::fs::read(baseline_file(cx, request, command)).ok()?).ok()
}

pub(crate) fn keep_baseline(
    cx: &dyn Context,
    request: &StepRequest,
    command: Command,
    baseline: &Baseline,
) -> Result<()> {
    let text = serde_json::to_vec(baseline).unwrap_or_default();
    podium_connector::write_private(&baseline_file(cx, request, command), &text).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            Code::new("POD0494"),
            "What is needed to find the job again could not be written; nothing was started.",
        )
        .with_hint("Make room on the disk, then run the step again.")
        .with_source(error)
    })
}

/// The activity that began since the baseline: of this command, by the same user.
pub(crate) async fn begun_since(
    client: &Client<'_>,
    baseline: &Baseline,
    command: Command,
) -> Result<Option<String>> {
    let mut found: Vec<(String, String)> = client
        .activities(&baseline.workspace)
        .await?
        .iter()
        .filter(|activity| {
            activity["name"]
                .as_str()
                .is_some_and(|name| name.to_lowercase().contains(command.word()))
        })
        .filter(|activity| {
            let by = activity["performed_by"].as_str().unwrap_or_default();
            by.is_empty() || by == baseline.user
        })
        .filter_map(|activity| {
            let id = activity["action_id"].as_str()?.to_owned();
            let at = activity["performed_at"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            (!baseline.known.contains(&id)).then_some((at, id))
        })
        .collect();
    // The first one since: a later one is somebody else's.
    found.sort();
    Ok(found.into_iter().next().map(|(_, id)| id))
}

/// The outputs of a workspace: open ones, and the names of those that are not shown.
pub(crate) fn outputs(reply: &Value) -> (Map<String, Value>, Vec<String>) {
    let mut open = Map::new();
    let mut hidden = Vec::new();
    for (name, value) in reply
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|template| template["output_values"].as_array())
        .flatten()
        .filter_map(Value::as_object)
        .flatten()
    {
        if value["sensitive"].as_bool().unwrap_or(false) {
            hidden.push(name.clone());
        } else {
            let value = value.get("value").unwrap_or(value);
            open.insert(name.clone(), value.clone());
        }
    }
    hidden.sort();
    open.sort_keys();
    (open, hidden)
}

/// The wish as a record of the repository.
pub(crate) fn repository_of(workspace: &Workspace) -> Repository {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Repository {
        url: some(&workspace.url),
        branch: some(&workspace.branch),
        release: some(&workspace.release),
        folder: some(&workspace.folder),
    }
}

/// What `POST /v1/workspaces` takes.
pub(crate) fn creation(config: &Config, key: &str) -> Value {
    let create = config.create.clone().unwrap_or_default();
    let repository = config.repository.clone().unwrap_or_default();
    let terraform = create.terraform;
    let mut repo = json!({ "url": repository.url });
    if let Some(branch) = repository.branch.filter(|text| !text.is_empty()) {
        repo["branch"] = json!(branch);
    } else if let Some(release) = repository.release.filter(|text| !text.is_empty()) {
        repo["release"] = json!(release);
    }
    let mut body = json!({
        "name": config.workspace,
        "description": create.description.unwrap_or_else(|| "Made by Podium.".into()),
        "type": [terraform],
        "location": create.location,
        "resource_group": create.resource_group,
        "tags": [format!("podium:{key}")],
        "template_repo": repo,
        "template_data": [{ "folder": repository.folder.unwrap_or_else(|| ".".into()), "type": terraform }],
    });
    if let Some(map) = body.as_object_mut() {
        map.retain(|_, value| value.as_str() != Some(""));
    }
    body
}
