//! Inputs as typed, and how they read for Schematics.

use std::collections::BTreeMap;

use podium_connector::{Inputs, LATER, Problem, StepRequest};
use podium_diagnostics::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the operations ask Schematics for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Command {
    Plan,
    Apply,
    Destroy,
}

impl Command {
    /// Of a step.
    pub(crate) fn of(request: &StepRequest) -> Self {
        match request.operation.operation() {
            "plan" => Self::Plan,
            "destroy" => Self::Destroy,
            _ => Self::Apply,
        }
    }

    /// The word in paths and, in capitals, in the names of activities.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
        }
    }

    /// As a sentence in the present begins.
    pub(crate) fn doing(self) -> &'static str {
        match self {
            Self::Plan => "Planning",
            Self::Apply => "Applying",
            Self::Destroy => "Destroying",
        }
    }
}

/// The inputs of all three operations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    pub(crate) workspace: String,
    pub(crate) variables: Map<String, Value>,
    pub(crate) targets: Vec<String>,
    pub(crate) repository: Option<Repository>,
    pub(crate) create: Option<Create>,
}

/// Where the configuration is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Repository {
    pub(crate) url: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) folder: Option<String>,
}

/// How a workspace is made where there is none of that name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Create {
    pub(crate) location: String,
    pub(crate) resource_group: String,
    pub(crate) terraform: String,
    pub(crate) description: Option<String>,
}

/// Reads inputs that passed the schema.
pub(crate) fn read(inputs: &Inputs) -> Result<Config> {
    inputs.read()
}

/// As [`read`], with what is known later named so.
pub(crate) fn read_partial(inputs: &Inputs) -> Result<Config> {
    let mut config = read(inputs)?;
    let mut variables: BTreeMap<String, Value> = config.variables.into_iter().collect();
    inputs.fill_later("/variables", &mut variables);
    config.variables = variables.into_iter().collect();
    Ok(config)
}

/// A value as Schematics keeps it: text, whatever its type.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The type of a value in Terraform's words, where the workspace does not know it yet.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
        Value::Null | Value::String(_) => "string",
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text
            .chars()
            .all(|char| char.is_alphanumeric() || matches!(char, '_' | '-'))
}

/// What is wrong beyond the schema.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut found = |field: String, message: String, hint: &str| {
        problems.push(Problem {
            field,
            message,
            hint: Some(hint.to_owned()),
            fatal: true,
        });
    };
    let inputs = &request.inputs;
    if let Some(name) = inputs.text("workspace")
        && (name.trim().is_empty() || name.contains(['/', '?', '#']))
    {
        found(
            "/workspace".into(),
            format!("`{name}` is no name and no id of a workspace."),
            "Choose one from the list; names hold no slash.",
        );
    }
    for name in inputs
        .get("variables")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| !is_name(name))
    {
        found(
            format!("/variables/{}", name.replace('~', "~0").replace('/', "~1")),
            format!("`{name}` is no name of a Terraform variable."),
            "Letters, digits, `_` and `-`, beginning with a letter.",
        );
    }
    for (at, target) in inputs
        .get("targets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        if let Some(text) = target.as_str()
            && (!text.contains('.') || text.contains(char::is_whitespace))
        {
            found(
                format!("/targets/{at}"),
                format!("`{text}` is no address of a resource."),
                "Write it as Terraform does: `ibm_is_vpc.shop` or `module.net.ibm_is_vpc.shop`.",
            );
        }
    }
    if let Some(repository) = inputs.get("repository") {
        let set = |name: &str| repository[name].as_str().filter(|text| !text.is_empty());
        if set("branch").is_some() && set("release").is_some() {
            found(
                "/repository/release".into(),
                "A branch and a release are both named.".into(),
                "Name one of them.",
            );
        }
        if let Some(url) = set("url")
            && url != LATER
            && !url.starts_with("https://")
        {
            found(
                "/repository/url".into(),
                format!("`{url}` is no address that Schematics can fetch from."),
                "Write the repository's address with `https://`.",
            );
        }
        if let Some(folder) = set("folder")
            && podium_connector::inside(folder).is_err()
        {
            found(
                "/repository/folder".into(),
                format!("`{folder}` leads out of the repository."),
                "Give a folder inside it, such as `network`.",
            );
        }
    }
    problems
}
