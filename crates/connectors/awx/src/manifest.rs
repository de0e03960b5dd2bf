//! What AWX is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use podium_model::OperationName;
use serde_json::{Map, Value, json};

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

fn ports() -> Vec<CredentialPort> {
    vec![
        CredentialPort {
            name: "awx".into(),
            kind: "awx".into(),
            required: true,
            title: "The login at AWX".into(),
        },
        CredentialPort {
            name: "secrets.*".into(),
            kind: "secret".into(),
            required: false,
            title: "Answers to password questions, and passwords that credentials ask for".into(),
        },
    ]
}

/// Numbers the fields in the order in which they stand.
fn ordered(fields: Vec<(&str, Value)>) -> Value {
    let mut properties = Map::new();
    for (at, (name, mut field)) in fields.into_iter().enumerate() {
        field["x-podium-order"] = json!(at + 1);
        properties.insert(name.into(), field);
    }
    Value::Object(properties)
}

fn template(title: &str, what: &str) -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": 512, "title": title,
        "description": format!("The {what}'s name as AWX shows it, or its number."),
        "x-podium-discover": "templates",
    })
}

fn organization() -> Value {
    json!({
        "type": "string", "minLength": 1, "title": "Organization",
        "description": "Whose template it is, where several have one of this name.",
        "x-podium-discover": "organizations", "x-podium-more": true,
    })
}

fn inventory() -> Value {
    json!({
        "type": "string", "minLength": 1, "title": "Inventory",
        "description": "On which hosts it runs. The template's own where absent; the template must ask for it at the launch.",
        "x-podium-discover": "inventories",
    })
}

fn variables() -> Value {
    json!({
        "type": "object", "default": {}, "title": "Variables",
        "description": "Answers to the template's survey, and extra variables where it takes them. For passwords use the credential ports `secrets.NAME`.",
        "additionalProperties": true,
    })
}

fn limit() -> Value {
    json!({
        "type": "string", "title": "Limit",
        "description": "Only these hosts or groups of the inventory, as Ansible writes it: `web:!web3`.",
        "x-podium-discover": "hosts",
    })
}

fn names(title: &str, description: &str, discover: Option<&str>) -> Value {
    let mut field = json!({
        "type": "array", "items": { "type": "string", "minLength": 1 }, "uniqueItems": true,
        "default": [], "title": title, "description": description, "x-podium-more": true,
    });
    if let Some(what) = discover {
        field["items"]["x-podium-discover"] = json!(what);
        field["x-podium-discover"] = json!(what);
    }
    field
}

fn branch() -> Value {
    json!({
        "type": "string", "minLength": 1, "title": "Branch",
        "description": "Branch, tag or commit of the project in place of its own.",
        "x-podium-more": true,
    })
}

fn undo_template() -> Value {
    json!({
        "type": "string", "minLength": 1, "title": "Template that undoes",
        "description": "A template of the same kind that takes back what this one does. It is launched by undo.",
        "x-podium-discover": "templates", "x-podium-more": true,
    })
}

fn undo_variables() -> Value {
    json!({
        "type": "object", "default": {}, "additionalProperties": true,
        "title": "Variables of the undo",
        "description": "What the template that undoes is launched with.",
        "x-podium-more": true,
    })
}

fn number(title: &str, description: &str, least: u32, most: u32) -> Value {
    json!({
        "type": "integer", "minimum": least, "maximum": most, "title": title,
        "description": description, "x-podium-more": true,
    })
}

fn schema(required: &str, properties: &Value) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": [required],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn capability() -> Capability {
    Capability::all()
        .with(
            Verb::Undo,
            Support::partly("AWX cannot take a job back; where the step names a template that does, that one is launched."),
        )
        .with(
            Verb::Drift,
            Support::no("AWX keeps no record of what a playbook should have left on a host."),
        )
}

fn delivery() -> Delivery {
    Delivery::AtLeastOnce {
        how: "The job carries the step's key in the variable `podium_key` where the template takes variables, and is found by it; where it takes none, a job that began meanwhile is shown to a person.".into(),
    }
}

fn outputs(of: &str, more: Value) -> Value {
    let mut fields = vec![
        (
            "job",
            json!({ "type": "integer", "title": "Job", "description": format!("The number of the {of}.") }),
        ),
        (
            "url",
            json!({ "type": "string", "format": "uri", "title": "Link", "description": "Where a person looks at it." }),
        ),
        (
            "status",
            json!({ "type": "string", "title": "State", "description": "AWX's own word for how it ended." }),
        ),
    ];
    if let Value::Object(more) = more {
        let mut properties: Map<String, Value> = fields
            .drain(..)
            .map(|(name, field)| (name.to_owned(), field))
            .collect();
        properties.extend(more);
        return json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["job", "url", "status"],
            "properties": properties,
            "additionalProperties": false,
        });
    }
    Value::Null
}

fn launch() -> Operation {
    Operation {
        name: name("awx/launch"),
        title: "Launch a job template".into(),
        summary: "Runs a playbook in AWX, with the template's prompts and survey.".into(),
        input: schema(
            "template",
            &ordered(vec![
                ("template", template("Template", "job template")),
                ("inventory", inventory()),
                ("variables", variables()),
                ("limit", limit()),
                (
                    "job_type",
                    json!({
                        "type": "string", "enum": ["run", "check"], "title": "Job type",
                        "description": "Run it, or only say what it would change (check mode). The template must ask for it at the launch.",
                    }),
                ),
                ("organization", organization()),
                ("tags", names("Job tags", "Only the tasks with one of these tags.", None)),
                ("skip_tags", names("Skip tags", "No task with one of these tags.", None)),
                (
                    "credentials",
                    names(
                        "Credentials",
                        "Credentials of AWX by name, in place of the template's of the same type; those of other types stay.",
                        Some("credentials"),
                    ),
                ),
                (
                    "diff",
                    json!({
                        "type": "boolean", "title": "Show changes",
                        "description": "Print how files change (diff mode).", "x-podium-more": true,
                    }),
                ),
                ("verbosity", number("Verbosity", "How much Ansible prints: 0 is normal, 5 is everything.", 0, 5)),
                ("scm_branch", branch()),
                (
                    "execution_environment",
                    json!({
                        "type": "string", "minLength": 1, "title": "Execution environment",
                        "description": "The image in which the playbook runs.",
                        "x-podium-discover": "execution_environments", "x-podium-more": true,
                    }),
                ),
                ("labels", names("Labels", "Put on the job.", Some("labels"))),
                (
                    "instance_groups",
                    names("Instance groups", "Where AWX may run it.", Some("instance_groups")),
                ),
                ("forks", number("Forks", "Hosts at the same time.", 0, 5_000)),
                ("slices", number("Slices", "Parts into which the inventory is cut; each is a job of its own.", 1, 5_000)),
                ("job_timeout", number("Stop after", "Seconds after which AWX stops the job.", 0, 2_592_000)),
                (
                    "again",
                    json!({
                        "type": "string", "enum": ["launch", "failed_hosts"], "default": "launch",
                        "title": "When it is tried again",
                        "description": "After it failed: launch the template anew, or relaunch the job, as it was launched, on the hosts that failed.",
                        "x-podium-more": true,
                    }),
                ),
                ("undo_template", undo_template()),
                ("undo_variables", undo_variables()),
            ]),
        ),
        output: outputs(
            "job",
            json!({
                "changed": { "type": "integer", "title": "Changed", "description": "Tasks that changed something, over all hosts." },
                "hosts": {
                    "type": "object", "title": "Hosts",
                    "description": "For each host the number of tasks that were ok, changed, failed, skipped, and so on.",
                    "additionalProperties": true,
                },
                "artifacts": {
                    "type": "object", "title": "Artifacts",
                    "description": "Values that the playbook set with `set_stats`.",
                    "additionalProperties": true,
                },
                "nodes": {
                    "type": "array", "title": "Parts", "items": { "type": "object", "additionalProperties": true },
                    "description": "The jobs of the slices, where the template is cut into slices.",
                },
            }),
        ),
        credentials: ports(),
        capability: capability().with(
            Verb::Preview,
            Support::partly("AWX says what a playbook changes only when it has run; the hosts, the playbook and the questions are told before."),
        ),
        writes: true,
        delivery: delivery(),
        permissions: [
            "execute on the job template",
            "use on the inventory and on the credentials that are named",
            "read on the inventory",
        ]
        .map(String::from)
        .to_vec(),
    }
}

fn launch_workflow() -> Operation {
    Operation {
        name: name("awx/launch-workflow"),
        title: "Launch a workflow template".into(),
        summary: "Runs a workflow of AWX, with its survey and its approvals.".into(),
        input: schema(
            "template",
            &ordered(vec![
                ("template", template("Workflow", "workflow template")),
                ("inventory", inventory()),
                ("variables", variables()),
                ("limit", limit()),
                (
                    "approvals",
                    json!({
                        "type": "string", "enum": ["wait", "approve", "deny"], "default": "wait",
                        "title": "Approvals",
                        "description": "At an approval node: wait until somebody answers in AWX, or answer from here.",
                    }),
                ),
                ("organization", organization()),
                ("tags", names("Job tags", "Only the tasks with one of these tags.", None)),
                ("skip_tags", names("Skip tags", "No task with one of these tags.", None)),
                ("scm_branch", branch()),
                ("labels", names("Labels", "Put on the workflow job.", Some("labels"))),
                ("undo_template", undo_template()),
                ("undo_variables", undo_variables()),
            ]),
        ),
        output: outputs(
            "workflow job",
            json!({
                "nodes": {
                    "type": "array", "title": "Nodes", "items": { "type": "object", "additionalProperties": true },
                    "description": "Each node with its name, its job and how it ended.",
                },
            }),
        ),
        credentials: ports(),
        capability: capability().with(
            Verb::Preview,
            Support::partly("AWX has no dry run of a workflow; its nodes, their order and its questions are told before."),
        ),
        writes: true,
        delivery: delivery(),
        permissions: [
            "execute on the workflow template",
            "approve on the workflow template, where the step answers its approvals",
        ]
        .map(String::from)
        .to_vec(),
    }
}

fn awx() -> CredentialKind {
    let field = |name: &str, label: &str, help: &str, secret, required| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    };
    CredentialKind {
        id: "awx".into(),
        label: "AWX or Automation Platform".into(),
        fields: vec![
            field(
                "url",
                "Address",
                "For example `https://awx.example.com`; of the platform, the gateway's address.",
                false,
                true,
            ),
            field(
                "token",
                "Token",
                "A personal token with the scope write: in AWX under your user, Tokens.",
                true,
                false,
            ),
            field(
                "username",
                "User name",
                "Only without a token, where the server allows it.",
                false,
                false,
            ),
            field("password", "Password", "Only without a token.", true, false),
            podium_rest::authority_field(),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "awx".into(),
        label: "AWX / Automation Platform".into(),
        summary: "Runs playbooks on a server that knows inventories, credentials and rights.".into(),
        mark: "Aw".into(),
        hue: 25,
        credentials: vec![awx()],
        operations: vec![launch(), launch_workflow()],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://docs.ansible.com/projects/awx/en/latest/".into()],
        checked: vec![
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "awxkit 24.6.1".into(),
                by: "tests/referees/awx_story.py".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "The routes in AWX's source (e21dd0a0)".into(),
                by: "crates/connectors/awx/tests/awx/specification.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
        unconfirmed: vec![
            "Which fields come back under `ignored_fields` was read in the source for variables; for each other prompt it was not seen.".into(),
            "The address of a job's page behind a platform gateway is taken from the server's own setting; it was not opened in a browser.".into(),
            "The bodies of 409, 415 and 429 were not seen; their message is taken from `detail` or from whatever text they hold.".into(),
        ],
    }
}
