//! Inputs as typed, and how they read for HCP Terraform.

use std::collections::BTreeMap;

use podium_connector::{Inputs, Problem, StepRequest};
use podium_diagnostics::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Plans, and applies what was approved.
    #[default]
    Apply,
    /// Plans alone.
    Plan,
    /// Destroys everything.
    Destroy,
    /// Brings the state up to date with what exists.
    Refresh,
}

impl Kind {
    /// As a sentence in the present begins.
    pub(crate) fn doing(self) -> &'static str {
        match self {
            Self::Apply => "Applying",
            Self::Plan => "Planning",
            Self::Destroy => "Destroying",
            Self::Refresh => "Refreshing",
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Plan => "plan",
            Self::Destroy => "destroy",
            Self::Refresh => "refresh",
        }
    }
}

/// The inputs of `hcp-terraform/run`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    pub(crate) organization: String,
    pub(crate) workspace: String,
    pub(crate) kind: Kind,
    pub(crate) variables: Map<String, Value>,
    pub(crate) directory: Option<String>,
    pub(crate) targets: Vec<String>,
    pub(crate) replace: Vec<String>,
    pub(crate) message: Option<String>,
    pub(crate) override_policies: bool,
}

/// Reads inputs that passed the schema.
pub(crate) fn read(inputs: &Inputs) -> Result<Config> {
    inputs.read()
}

/// As [`read`], without what is known later.
pub(crate) fn read_partial(inputs: &Inputs) -> Result<Config> {
    let mut config = read(inputs)?;
    let mut variables: BTreeMap<String, Value> = config.variables.into_iter().collect();
    inputs.fill_later("/variables", &mut variables);
    config.variables = variables.into_iter().collect();
    Ok(config)
}

/// A value as an expression of Terraform's language: JSON is one, but for the marks of templates in texts.
pub(crate) fn expression(value: &Value) -> String {
    fn plain(value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace("${", "$${").replace("%{", "%%{")),
            Value::Array(items) => items.iter().map(plain).collect(),
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
    plain(value).to_string()
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
    for name in ["organization", "workspace"] {
        if let Some(text) = inputs.text(name)
            && (text.trim().is_empty()
                || text.contains(['/', '?', '#'])
                || text.contains(char::is_whitespace))
        {
            found(
                format!("/{name}"),
                format!("`{text}` is no name of one in HCP Terraform."),
                "Names there hold letters, digits, `-` and `_`.",
            );
        }
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
    for list in ["targets", "replace"] {
        for (at, address) in inputs
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            if let Some(text) = address.as_str()
                && (!text.contains('.') || text.contains(char::is_whitespace))
            {
                found(
                    format!("/{list}/{at}"),
                    format!("`{text}` is no address of a resource."),
                    "Write it as Terraform does: `aws_instance.shop` or `module.net.aws_vpc.shop`.",
                );
            }
        }
    }
    let kind = inputs.text("kind").unwrap_or("apply");
    let given = |name: &str| {
        inputs
            .get(name)
            .and_then(Value::as_array)
            .is_some_and(|list| !list.is_empty())
    };
    if given("replace") && matches!(kind, "destroy" | "refresh") {
        found(
            "/replace".into(),
            format!("A run that is for `{kind}` replaces nothing."),
            "Leave the list empty, or choose `apply`.",
        );
    }
    if let Some(folder) = inputs.text("directory")
        && let Err(why) = podium_connector::inside(folder)
    {
        found(
            "/directory".into(),
            why,
            "Give a folder inside the workspace.",
        );
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_become_expressions_that_mean_just_themselves() {
        for (value, wanted) in [
            (json!("west"), r#""west""#),
            (json!("a ${b} %{c} \"ü\""), r#""a $${b} %%{c} \"ü\"""#),
            (json!(3), "3"),
            (json!([true, "x"]), r#"[true,"x"]"#),
            (json!({ "a": "${x}" }), r#"{"a":"$${x}"}"#),
        ] {
            assert_eq!(expression(&value), wanted);
        }
    }
}
