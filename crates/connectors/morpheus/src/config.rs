//! Inputs as typed, and what is wrong with them beyond their schema.

use podium_connector::{Problem, StepRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The inputs of `morpheus/order`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Order {
    #[serde(default)]
    pub(crate) item: Option<String>,
    #[serde(default)]
    pub(crate) options: Map<String, Value>,
    #[serde(default)]
    pub(crate) context: Option<String>,
    #[serde(default)]
    pub(crate) target: Option<String>,
    #[serde(flatten)]
    pub(crate) common: Common,
}

/// The inputs of `morpheus/provision`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Provision {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) group: Option<String>,
    #[serde(default)]
    pub(crate) cloud: Option<String>,
    #[serde(default)]
    pub(crate) instance_type: Option<String>,
    #[serde(default)]
    pub(crate) layout: Option<String>,
    #[serde(default)]
    pub(crate) plan: Option<String>,
    #[serde(default)]
    pub(crate) blueprint: Option<String>,
    #[serde(default)]
    pub(crate) environment: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    #[serde(default)]
    pub(crate) copies: Option<u64>,
    #[serde(default)]
    pub(crate) options: Map<String, Value>,
    #[serde(default)]
    pub(crate) config: Map<String, Value>,
    #[serde(default)]
    pub(crate) volumes: Vec<Value>,
    #[serde(default)]
    pub(crate) networks: Vec<Value>,
    #[serde(flatten)]
    pub(crate) common: Common,
}

/// The inputs of `morpheus/run-workflow`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunWorkflow {
    #[serde(default)]
    pub(crate) workflow: Option<String>,
    #[serde(default)]
    pub(crate) task: Option<String>,
    #[serde(default)]
    pub(crate) on: On,
    #[serde(default)]
    pub(crate) targets: Vec<String>,
    #[serde(default)]
    pub(crate) label: Option<String>,
    #[serde(default)]
    pub(crate) options: Map<String, Value>,
    #[serde(default)]
    pub(crate) undo_workflow: Option<String>,
    #[serde(flatten)]
    pub(crate) common: Common,
}

/// The inputs of `morpheus/delete`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Delete {
    #[serde(default)]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(flatten)]
    pub(crate) common: Common,
}

/// What several operations take.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Common {
    #[serde(default)]
    pub(crate) approval: Approval,
    #[serde(default)]
    pub(crate) keep_volumes: bool,
    #[serde(default)]
    pub(crate) keep_backups: bool,
    #[serde(default)]
    pub(crate) force: bool,
}

/// What is done when the appliance asks for an approval.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Approval {
    /// A person does it there.
    #[default]
    Wait,
    /// Podium does it, with the bound credential.
    Give,
}

/// What a workflow runs on.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum On {
    /// The appliance itself.
    #[default]
    Appliance,
    Instance,
    InstanceLabel,
    Server,
    ServerLabel,
}

impl On {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Appliance => "appliance",
            Self::Instance => "instance",
            Self::InstanceLabel => "instance-label",
            Self::Server => "server",
            Self::ServerLabel => "server-label",
        }
    }
}

/// What is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    #[default]
    Instance,
    App,
    CatalogItem,
}

/// What is wrong beyond the schema. Pure.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let inputs = &request.inputs;
    let has = |name: &str| {
        inputs
            .get(name)
            .is_some_and(|value| value != "" && value != &Value::Array(Vec::new()))
            || inputs.is_unknown_in(&[&format!("/{name}")])
    };
    let mut problems = Vec::new();
    let mut say = |field: &str, message: &str, hint: &str, fatal: bool| {
        problems.push(Problem {
            field: field.to_owned(),
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
            fatal,
        });
    };
    match request.operation.operation() {
        "provision" => {
            match (has("blueprint"), has("instance_type")) {
                (true, true) => say(
                    "/blueprint",
                    "It is either an app of a blueprint or an instance of a type, not both.",
                    "Leave one of the two empty.",
                    true,
                ),
                (false, false) => say(
                    "/instance_type",
                    "Nothing says what is to be made.",
                    "Choose an instance type, or a blueprint for an app.",
                    true,
                ),
                _ => {}
            }
            if has("instance_type") && !has("blueprint") {
                for field in ["cloud", "plan"] {
                    if !has(field) {
                        say(
                            &format!("/{field}"),
                            &format!("An instance needs a {field}."),
                            "Choose one.",
                            true,
                        );
                    }
                }
            }
        }
        "run-workflow" => {
            match (has("workflow"), has("task")) {
                (true, true) => say(
                    "/task",
                    "It is either a workflow or a task, not both.",
                    "Leave one of the two empty.",
                    true,
                ),
                (false, false) => say(
                    "/workflow",
                    "Nothing says what is to be run.",
                    "Choose a workflow, or a task.",
                    true,
                ),
                _ => {}
            }
            match inputs.text("on") {
                Some("instance" | "server") if !has("targets") => say(
                    "/targets",
                    "Nothing says which it runs on.",
                    "Name at least one.",
                    true,
                ),
                Some("instance-label" | "server-label") if !has("label") => say(
                    "/label",
                    "Nothing says which label is meant.",
                    "Write the label.",
                    true,
                ),
                _ => {}
            }
            if inputs.text("on") == Some("server") {
                let odd = inputs
                    .get("targets")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                if odd
                    .filter_map(Value::as_str)
                    .any(|one| one.parse::<u64>().is_err())
                {
                    say(
                        "/targets",
                        "Servers are named by their ids.",
                        "Write the number that stands in the server's address.",
                        true,
                    );
                }
            }
        }
        "order" if has("target") && !has("context") => say(
            "/context",
            "There is a target, and nothing says whether it is an instance or a server.",
            "Choose the context.",
            true,
        ),
        _ => {}
    }
    if inputs.get("force").and_then(Value::as_bool) == Some(true) {
        say(
            "/force",
            "With force, Morpheus forgets the thing also where it could not be removed in the cloud.",
            "Leave it off unless a deletion fails again and again.",
            false,
        );
    }
    problems
}
