//! Inputs as typed, and what a template asks for at its launch.

use std::collections::BTreeMap;

use podium_connector::{Context, Inputs, Problem, StepRequest};
use podium_diagnostics::Result;
use podium_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The variable by which a launch is known again.
pub(crate) const KEY: &str = "podium_key";

/// What kind of template an operation launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// A job template: one playbook.
    Job,
    /// A workflow template: a graph of them.
    Workflow,
}

impl Target {
    pub(crate) fn of(request: &StepRequest) -> Self {
        if request.operation.operation() == "launch-workflow" {
            Self::Workflow
        } else {
            Self::Job
        }
    }

    /// Where the templates are.
    pub(crate) fn templates(self) -> crate::client::Kind {
        match self {
            Self::Job => crate::client::Kind {
                path: "job_templates",
                words: "job template",
            },
            Self::Workflow => crate::client::Kind {
                path: "workflow_job_templates",
                words: "workflow template",
            },
        }
    }

    /// Where the jobs are.
    pub(crate) fn jobs(self) -> &'static str {
        match self {
            Self::Job => "jobs",
            Self::Workflow => "workflow_jobs",
        }
    }

    /// The word in a link for people.
    pub(crate) fn page(self) -> &'static str {
        match self {
            Self::Job => "playbook",
            Self::Workflow => "workflow",
        }
    }

    /// What people call a job of it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Workflow => "workflow job",
        }
    }
}

/// Whether a job changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JobType {
    Run,
    Check,
}

/// What happens at an approval inside a workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Approvals {
    /// Somebody answers there.
    #[default]
    Wait,
    /// This step says yes.
    Approve,
    /// This step says no.
    Deny,
}

/// What happens when a step that failed is tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Again {
    /// The template is launched anew.
    #[default]
    Launch,
    /// The job is relaunched on the hosts that failed.
    FailedHosts,
}

/// The inputs of both operations; a workflow's schema lacks what only a job has.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Launch {
    pub(crate) template: String,
    pub(crate) organization: Option<String>,
    pub(crate) inventory: Option<String>,
    #[serde(default)]
    pub(crate) variables: Map<String, Value>,
    pub(crate) limit: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) skip_tags: Vec<String>,
    #[serde(default)]
    pub(crate) credentials: Vec<String>,
    pub(crate) job_type: Option<JobType>,
    pub(crate) diff: Option<bool>,
    pub(crate) verbosity: Option<u8>,
    pub(crate) scm_branch: Option<String>,
    pub(crate) execution_environment: Option<String>,
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    #[serde(default)]
    pub(crate) instance_groups: Vec<String>,
    pub(crate) forks: Option<u32>,
    pub(crate) slices: Option<u32>,
    pub(crate) job_timeout: Option<u32>,
    #[serde(default)]
    pub(crate) approvals: Approvals,
    #[serde(default)]
    pub(crate) again: Again,
    pub(crate) undo_template: Option<String>,
    #[serde(default)]
    pub(crate) undo_variables: Map<String, Value>,
}

/// Reads inputs that passed the schema.
pub(crate) fn read(inputs: &Inputs) -> Result<Launch> {
    inputs.read()
}

/// One thing that is given at the launch: the input's name, AWX's flag that says whether the template takes
/// it, and AWX's label of that.
pub(crate) struct Prompt {
    pub(crate) input: &'static str,
    pub(crate) flag: &'static str,
    pub(crate) label: &'static str,
}

/// Everything that a template may ask for, beside variables.
pub(crate) const PROMPTS: &[Prompt] = &[
    prompt("inventory", "ask_inventory_on_launch", "Inventory"),
    prompt("limit", "ask_limit_on_launch", "Limit"),
    prompt("tags", "ask_tags_on_launch", "Job tags"),
    prompt("skip_tags", "ask_skip_tags_on_launch", "Skip tags"),
    prompt("credentials", "ask_credential_on_launch", "Credentials"),
    prompt("job_type", "ask_job_type_on_launch", "Job type"),
    prompt("diff", "ask_diff_mode_on_launch", "Show changes"),
    prompt("verbosity", "ask_verbosity_on_launch", "Verbosity"),
    prompt(
        "scm_branch",
        "ask_scm_branch_on_launch",
        "Source control branch",
    ),
    prompt(
        "execution_environment",
        "ask_execution_environment_on_launch",
        "Execution environment",
    ),
    prompt("labels", "ask_labels_on_launch", "Labels"),
    prompt(
        "instance_groups",
        "ask_instance_groups_on_launch",
        "Instance groups",
    ),
    prompt("forks", "ask_forks_on_launch", "Forks"),
    prompt("slices", "ask_job_slice_count_on_launch", "Job slicing"),
    prompt("job_timeout", "ask_timeout_on_launch", "Timeout"),
];

const fn prompt(input: &'static str, flag: &'static str, label: &'static str) -> Prompt {
    Prompt { input, flag, label }
}

impl Launch {
    /// Which of the prompts the step answers.
    pub(crate) fn given(&self) -> Vec<&'static Prompt> {
        let is_given = |input: &str| match input {
            "inventory" => self.inventory.is_some(),
            "limit" => self.limit.is_some(),
            "tags" => !self.tags.is_empty(),
            "skip_tags" => !self.skip_tags.is_empty(),
            "credentials" => !self.credentials.is_empty(),
            "job_type" => self.job_type.is_some(),
            "diff" => self.diff.is_some(),
            "verbosity" => self.verbosity.is_some(),
            "scm_branch" => self.scm_branch.is_some(),
            "execution_environment" => self.execution_environment.is_some(),
            "labels" => !self.labels.is_empty(),
            "instance_groups" => !self.instance_groups.is_empty(),
            "forks" => self.forks.is_some(),
            "slices" => self.slices.is_some(),
            "job_timeout" => self.job_timeout.is_some(),
            _ => false,
        };
        PROMPTS
            .iter()
            .filter(|prompt| is_given(prompt.input))
            .collect()
    }

    /// The launch that takes it back: the other template with its own variables, and the same inventory
    /// and limit where it asks for them.
    pub(crate) fn reverse(&self) -> Option<Self> {
        Some(Self {
            template: self.undo_template.clone()?,
            organization: self.organization.clone(),
            inventory: self.inventory.clone(),
            variables: self.undo_variables.clone(),
            limit: self.limit.clone(),
            tags: Vec::new(),
            skip_tags: Vec::new(),
            credentials: Vec::new(),
            job_type: None,
            diff: None,
            verbosity: None,
            scm_branch: None,
            execution_environment: None,
            labels: Vec::new(),
            instance_groups: Vec::new(),
            forks: None,
            slices: None,
            job_timeout: None,
            approvals: self.approvals,
            again: Again::Launch,
            undo_template: None,
            undo_variables: Map::new(),
        })
    }
}

/// The secrets at the ports `secrets.NAME`, by name.
pub(crate) fn secrets(cx: &dyn Context) -> BTreeMap<String, Secret> {
    cx.secrets()
        .into_iter()
        .filter_map(|(name, lease)| Some((name, lease.secrets.get("value")?.clone())))
        .collect()
}

/// What is wrong with the inputs beyond their schema.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let inputs = &request.inputs;
    let mut problems = Vec::new();
    let mut add = |field: &str, message: String, hint: &str, fatal| {
        problems.push(Problem {
            field: field.into(),
            message,
            hint: Some(hint.into()),
            fatal,
        });
    };
    for field in ["template", "undo_template"] {
        if inputs
            .text(field)
            .is_some_and(|name| name.trim().is_empty())
        {
            add(
                &format!("/{field}"),
                "The template's name is empty.".into(),
                "Give the name as AWX shows it, or its number.",
                true,
            );
        }
    }
    let holds_key = |field: &str| {
        inputs
            .get(field)
            .and_then(Value::as_object)
            .is_some_and(|map| map.contains_key(KEY))
    };
    for field in ["variables", "undo_variables"] {
        if holds_key(field) {
            add(
                &format!("/{field}/{KEY}"),
                format!("The variable `{KEY}` is Podium's own: by it a job is found again."),
                "Give the variable another name.",
                true,
            );
        }
    }
    if inputs.get("undo_template").is_none()
        && inputs
            .get("undo_variables")
            .and_then(Value::as_object)
            .is_some_and(|map| !map.is_empty())
        && !inputs.is_unknown_in(&["/undo_template"])
    {
        add(
            "/undo_variables",
            "There are variables for the undo, and no template that undoes.".into(),
            "Name it as `undo_template`, or remove the variables.",
            true,
        );
    }
    problems
}
