//! What a deployment shall be, as one value: blueprint, inputs, secrets; and the blueprint's upload.

use podium_connector::StepRequest;
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Job, Look, Pace, Stage, Stages, follow};
use serde_json::{Value, json};

use crate::archive::{self, Archive};
use crate::blueprint::{Blueprint, list};
use crate::client::{self, FAILED, Manager};
use crate::config::{self, Deploy, Source};
use crate::operations::{is_installed, label, missing};
use podium_connector::need;

/// The label that tells what an uploaded blueprint was made of.
const CONTENT: &str = "podium-content";
const UPLOADS: Stages = Stages(&[
    ("pending", Stage::Running),
    ("validating", Stage::Running),
    ("uploading", Stage::Running),
    ("extracting", Stage::Running),
    ("parsing", Stage::Running),
    ("uploaded", Stage::Done),
    ("failed_uploading", Stage::Failed),
    ("failed_extracting", Stage::Failed),
    ("failed_parsing", Stage::Failed),
    ("failed_extracting_to_file_server", Stage::Failed),
    ("invalid", Stage::Failed),
]);

/// What shall be there.
pub(crate) struct Goal {
    pub(crate) config: Deploy,
    pub(crate) blueprint: Blueprint,
    pub(crate) blueprint_id: String,
    /// Absent where the blueprint is in Cloudify already.
    pub(crate) archive: Option<(Archive, String)>,
    /// Secrets that the step may make: those bound to it.
    secrets: Vec<String>,
}

impl Goal {
    pub(crate) async fn of(manager: &Manager<'_>, request: &StepRequest) -> Result<Self> {
        let cx = manager.context();
        let config: Deploy = request.inputs.read()?;
        let text = need(config.blueprint.as_ref(), "blueprint")?;
        let source = config::source(text).map_err(|why| {
            Error::new(ErrorKind::Invalid, archive::UNREADABLE, why)
                .with_hint("Give the id of an uploaded blueprint, or a YAML file in a folder of the workspace.")
        })?;
        let secrets = cx.secrets().into_iter().map(|(name, _)| name).collect();
        match source {
            Source::Uploaded(id) => {
                let found = manager
                    .find(client::blueprint(&id))
                    .await?
                    .ok_or_else(|| missing("blueprint", &id, &manager.tenant))?;
                Ok(Self {
                    blueprint: Blueprint::from_plan(&found["plan"]),
                    blueprint_id: id,
                    archive: None,
                    secrets,
                    config,
                })
            }
            Source::File { folder, main } => {
                let blueprint = Blueprint::from_file(cx, &folder, &main)?;
                let archive = archive::pack(cx, &folder)?;
                let id = config.blueprint_id.clone();
                Ok(Self {
                    blueprint_id: id.unwrap_or_else(|| name_of(&folder, &archive.mark)),
                    blueprint,
                    archive: Some((archive, main)),
                    secrets,
                    config,
                })
            }
        }
    }

    pub(crate) fn deployment(&self) -> Result<&str> {
        need(self.config.deployment.as_ref(), "deployment")
    }

    /// Fails where the inputs are not what the blueprint takes; every problem in one message.
    pub(crate) fn check(&self, request: &StepRequest) -> Result<()> {
        let later = |name: &str| {
            let pointer = format!("/inputs/{}", name.replace('~', "~0").replace('/', "~1"));
            request.inputs.is_unknown_in(&[&pointer])
                || request.inputs.unknown.contains_key("/inputs")
        };
        // Imported blueprints may declare more inputs than are seen here.
        let sees_all = self.archive.is_none()
            || self.blueprint.imports.iter().all(|import| {
                import.starts_with("plugin:")
                    || import.contains("types.yaml")
                    || import.contains("://")
            });
        let problems: Vec<String> = self
            .blueprint
            .problems(&self.config.inputs, &later)
            .into_iter()
            .filter(|(name, _)| sees_all || self.blueprint.inputs.contains_key(name))
            .map(|(_, problem)| problem)
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(
            Error::new(ErrorKind::Invalid, Code::new("POD0487"), problems.join(" "))
                .with_hint("Correct the step's `inputs` as the blueprint declares them."),
        )
    }

    /// The secrets that the blueprint names and Cloudify does not have, and those of them that are bound.
    pub(crate) async fn missing_secrets(
        &self,
        manager: &Manager<'_>,
    ) -> Result<(Vec<String>, Vec<String>)> {
        let wanted: Vec<&String> = self.blueprint.secrets.iter().chain(&self.secrets).collect();
        if wanted.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let known: Vec<String> = manager
            .items(client::secrets())
            .await?
            .iter()
            .filter_map(|secret| secret["key"].as_str().map(str::to_owned))
            .collect();
        let lacking = |name: &String| !known.contains(name);
        let made = self.secrets.iter().filter(|name| lacking(name)).cloned();
        let made: Vec<String> = made.collect();
        let gone = self.blueprint.secrets.iter();
        let gone = gone.filter(|name| lacking(name) && !made.contains(name));
        Ok((gone.cloned().collect(), made))
    }

    /// Whether a deployment is as it shall be already.
    pub(crate) fn is_met(&self, deployment: &Value) -> bool {
        is_installed(deployment)
            && deployment["blueprint_id"].as_str() == Some(&self.blueprint_id)
            && self.differing(deployment).is_empty()
    }

    /// The inputs that differ from those of a deployment.
    pub(crate) fn differing(&self, deployment: &Value) -> Vec<&String> {
        self.config
            .inputs
            .iter()
            .filter(|(name, value)| deployment["inputs"][name.as_str()] != **value)
            .map(|(name, _)| name)
            .collect()
    }

    pub(crate) fn upload(&self) -> Option<(String, Vec<u8>)> {
        let (archive, main) = self.archive.as_ref()?;
        let params = json!({
            "visibility": self.config.visibility.as_deref().unwrap_or("tenant"),
            "application_file_name": main,
            "async_upload": true,
            "labels": [{ CONTENT: archive.mark }],
        });
        Some(archive::form(&params, archive))
    }

    fn mark(&self) -> Option<&str> {
        self.archive
            .as_ref()
            .map(|(archive, _)| archive.mark.as_str())
    }
}

/// A blueprint's id from its folder and content. Ids there are letters, digits and `_-.`.
fn name_of(folder: &str, mark: &str) -> String {
    let last = folder.rsplit('/').next().unwrap_or_default();
    let plain: String = last
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "_-.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .take(200)
        .collect();
    let begins_well = plain.starts_with(|c: char| c.is_ascii_alphabetic());
    let prefix = if begins_well { "" } else { "bp-" };
    format!("{prefix}{plain}-{mark}")
}

pub(crate) fn no_secrets(lacking: &[String]) -> Error {
    let names: Vec<&str> = lacking.iter().map(String::as_str).collect();
    Error::new(
        ErrorKind::NotFound,
        Code::new("POD0488"),
        format!(
            "The blueprint reads secrets that Cloudify does not have in this tenant: {}.",
            list(&names)
        ),
    )
    .with_hint("Store them in Cloudify, or bind a credential to `secrets.NAME` of the step; then Podium stores them there, hidden.")
}

/// Whether the blueprint is there with the same content. Fails with a conflict where the id is taken.
pub(crate) async fn blueprint_there(manager: &Manager<'_>, goal: &Goal) -> Result<bool> {
    let Some(found) = manager.find(client::blueprint(&goal.blueprint_id)).await? else {
        return Ok(false);
    };
    if label(&found, CONTENT) == goal.mark() {
        let state = found["state"].as_str().unwrap_or_default();
        return Ok(UPLOADS.of(state) != Stage::Failed);
    }
    Err(Error::new(
        ErrorKind::Conflict,
        Code::new("POD0446"),
        format!(
            "Cloudify has a blueprint `{}` already, and it is made of something else.",
            goal.blueprint_id
        ),
    )
    .with_hint("Give another `blueprint_id`, or leave it empty: then the id follows the content."))
}

/// Uploads the blueprint where it is not there; whether it did.
pub(crate) async fn upload(manager: &Manager<'_>, goal: &Goal) -> Result<bool> {
    let Some((kind, body)) = goal.upload() else {
        return Ok(false);
    };
    let mut uploads = false;
    if !blueprint_there(manager, goal).await? {
        // What is left of a former upload that failed is in the way.
        manager
            .find(client::delete_blueprint(&goal.blueprint_id))
            .await?;
        let call = client::put_blueprint(&goal.blueprint_id, false, &kind, body);
        match manager.send(call).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => {
                other?;
            }
        }
        uploads = true;
    }
    let mut job = Upload {
        manager,
        id: goal.blueprint_id.clone(),
        error: String::new(),
    };
    let end = follow(manager.context(), Pace::default(), &mut job).await?;
    if end.stage == Stage::Done {
        return Ok(uploads);
    }
    Err(Error::new(
        ErrorKind::Invalid,
        FAILED,
        format!(
            "Cloudify does not take the blueprint `{}` ({}): {}",
            goal.blueprint_id, end.status, job.error
        ),
    )
    .with_hint("Mend the blueprint as the message says; then run the step again."))
}

struct Upload<'a> {
    manager: &'a Manager<'a>,
    id: String,
    error: String,
}

#[async_trait::async_trait]
impl Job for Upload<'_> {
    async fn look(&mut self) -> Result<Look> {
        let found = self.manager.send(client::blueprint(&self.id)).await?;
        let status = found["state"].as_str().unwrap_or("uploaded").to_owned();
        found["error"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut self.error);
        Ok(Look {
            stage: UPLOADS.of(&status),
            words: format!("Uploading the blueprint `{}`", self.id),
            status,
            done: None,
            lines: Vec::new(),
        })
    }

    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }
}
