//! Inputs as typed, and what is wrong with them beyond their schema.

use std::path::Path;

use podium_connector::{Problem, StepRequest, inside};
use podium_diagnostics::Result;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The inputs of `cloudify/deploy`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Deploy {
    #[serde(default)]
    pub(crate) blueprint: Option<String>,
    #[serde(default)]
    pub(crate) deployment: Option<String>,
    #[serde(default)]
    pub(crate) inputs: Map<String, Value>,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) labels: Map<String, Value>,
    #[serde(default)]
    pub(crate) blueprint_id: Option<String>,
    #[serde(default)]
    pub(crate) site: Option<String>,
    #[serde(default)]
    pub(crate) visibility: Option<String>,
    #[serde(default)]
    pub(crate) skip_plugins_validation: bool,
    #[serde(default)]
    pub(crate) queue: bool,
    #[serde(default)]
    pub(crate) on_cancel: OnCancel,
}

/// The inputs of `cloudify/execute`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are four fields of a form"
)]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Execute {
    #[serde(default)]
    pub(crate) deployment: Option<String>,
    #[serde(default)]
    pub(crate) workflow: Option<String>,
    #[serde(default)]
    pub(crate) parameters: Map<String, Value>,
    #[serde(default)]
    pub(crate) custom_parameters: bool,
    #[serde(default)]
    pub(crate) dry_run: bool,
    #[serde(default)]
    pub(crate) queue: bool,
    #[serde(default)]
    pub(crate) force: bool,
    #[serde(default)]
    pub(crate) on_cancel: OnCancel,
}

/// The inputs of `cloudify/uninstall`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Uninstall {
    #[serde(default)]
    pub(crate) deployment: Option<String>,
    #[serde(default)]
    pub(crate) keep_deployment: bool,
    #[serde(default)]
    pub(crate) ignore_failure: bool,
    #[serde(default)]
    pub(crate) queue: bool,
    #[serde(default)]
    pub(crate) on_cancel: OnCancel,
}

/// How an execution is stopped.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnCancel {
    /// The operations that run now end first.
    #[default]
    Cancel,
    /// The workflow is left at once; its operations go on by themselves.
    ForceCancel,
    /// Workflow and operations are killed.
    Kill,
}

impl OnCancel {
    /// The manager's word for it.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::ForceCancel => "force-cancel",
            Self::Kill => "kill",
        }
    }
}

/// Where a blueprint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Uploaded already, under this id.
    Uploaded(String),
    /// A file of the workspace: its folder, and its name in it.
    File { folder: String, main: String },
}

/// A name that ends as a YAML file does is a file; everything else is an id.
pub(crate) fn source(text: &str) -> Result<Source, String> {
    let is_file = Path::new(text)
        .extension()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("yaml") || kind.eq_ignore_ascii_case("yml"));
    if !is_file {
        return Ok(Source::Uploaded(text.to_owned()));
    }
    let path = inside(text)?;
    match path.rsplit_once('/') {
        Some((folder, main)) => Ok(Source::File {
            folder: folder.to_owned(),
            main: main.to_owned(),
        }),
        None => Err(format!(
            "`{text}` lies at the top of the workspace, and a blueprint is uploaded with its whole folder."
        )),
    }
}

/// What is wrong beyond the schema. Pure.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |field: &str, message: String, hint: &str, fatal: bool| {
        problems.push(Problem {
            field: field.to_owned(),
            message,
            hint: Some(hint.to_owned()),
            fatal,
        });
    };
    if let Some(text) = request.inputs.text("blueprint")
        && let Err(why) = source(text)
    {
        say(
            "/blueprint",
            why,
            "Put it into a folder of its own inside the workspace, such as `blueprints/shop/blueprint.yaml`.",
            true,
        );
    }
    if let Some(labels) = request.inputs.get("labels").and_then(Value::as_object) {
        for key in labels.keys().filter(|key| key.starts_with("csys-")) {
            say(
                &format!("/labels/{key}"),
                format!("`{key}` begins with `csys-`, which Cloudify keeps for itself."),
                "Take another key.",
                true,
            );
        }
    }
    if request.operation.operation() == "execute" {
        let delta = request.inputs.get("parameters").map(|all| &all["delta"]);
        if request.inputs.text("workflow") == Some("scale")
            && delta.and_then(Value::as_i64) == Some(0)
        {
            say(
                "/parameters/delta",
                "A scaling by 0 does nothing.".into(),
                "Give how many instances more, or less with a minus.",
                false,
            );
        }
        let force = request.inputs.get("force").and_then(Value::as_bool);
        if force == Some(true) {
            say(
                "/force",
                "With force, it runs beside another execution of the same deployment, and both may change the same things.".into(),
                "Take `queue` to let it wait until the other one has ended.",
                false,
            );
        }
    }
    problems
}
