//! What a step says, read into types.

use std::collections::BTreeMap;

use podium_connector::{Problem, StepRequest};
use podium_diagnostics::Result;
use serde::Deserialize;
use serde_json::Value;

/// The inputs of all three operations; a field that one has not is absent there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    pub(crate) space: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) packages: Option<BTreeMap<String, String>>,
    pub(crate) package_version: Option<String>,
    pub(crate) git_ref: Option<String>,
    pub(crate) git_commit: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) keep_existing: Option<bool>,
    pub(crate) release: Option<String>,
    pub(crate) runbook: Option<String>,
    pub(crate) snapshot: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) variables: Option<BTreeMap<String, Value>>,
    pub(crate) skip: Option<Vec<String>>,
    pub(crate) only_machines: Option<Vec<String>>,
    pub(crate) not_machines: Option<Vec<String>>,
    pub(crate) guided_failure: Option<bool>,
    pub(crate) download_packages: Option<bool>,
    pub(crate) interruptions: Option<Interruptions>,
    pub(crate) interruption_notes: Option<String>,
    pub(crate) undo_runbook: Option<String>,
}

/// What is done when Octopus asks for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interruptions {
    /// It waits until somebody answers in Octopus.
    #[default]
    Wait,
    /// Manual interventions are answered with Proceed; guided failures still wait.
    Approve,
}

impl Config {
    pub(crate) fn of(request: &StepRequest) -> Result<Self> {
        request.inputs.read()
    }
}

/// What is wrong beyond the schema.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let inputs = &request.inputs;
    if let Some(Value::Object(packages)) = inputs.get("packages") {
        for step in packages.keys().filter(|step| step.trim().is_empty()) {
            problems.push(Problem {
                field: format!("/packages/{step}"),
                message: "A package is given for a step without a name.".into(),
                hint: Some("Write the name of the step in Octopus before the version.".into()),
                fatal: true,
            });
        }
    }
    if inputs.text("git_commit").is_some() && inputs.text("git_ref").is_none() {
        problems.push(Problem {
            field: "/git_commit".into(),
            message: "A commit is given without the branch or tag it is on.".into(),
            hint: Some("Give `git_ref` as well; Octopus asks for both.".into()),
            fatal: !inputs.unknown.contains_key("/git_ref"),
        });
    }
    for pair in [("only_machines", "not_machines")] {
        let names = |field: &str| -> Vec<String> {
            let list = inputs.get(field).and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_lowercase)
                .collect()
        };
        let excluded = names(pair.1);
        for machine in names(pair.0).iter().filter(|name| excluded.contains(name)) {
            problems.push(Problem {
                field: format!("/{}", pair.1),
                message: format!("`{machine}` is both chosen and left out."),
                hint: Some("Take it out of one of the two lists.".into()),
                fatal: true,
            });
        }
    }
    problems
}
