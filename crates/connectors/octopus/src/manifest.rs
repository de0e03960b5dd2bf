//! What Octopus Deploy is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use podium_model::OperationName;
use serde_json::{Map, Value, json};

use crate::auth::PORT;

const TASK_OUTPUTS: [(&str, &str, &str); 3] = [
    ("task_id", "Task", "The id of the server task."),
    ("environment", "Environment", "Where it ran."),
    ("link", "Page", "Where a person can look at it."),
];

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

/// A field of text; `more` folds it away, `discover` offers choices.
fn text(order: u32, title: &str, help: &str, discover: Option<&str>, more: bool) -> Value {
    let mut field = json!({
        "type": "string", "title": title, "description": help, "x-podium-order": order,
    });
    if let Some(what) = discover {
        field["x-podium-discover"] = json!(what);
    }
    if more {
        field["x-podium-more"] = json!(true);
    }
    field
}

fn list(order: u32, title: &str, help: &str) -> Value {
    json!({
        "type": "array", "items": { "type": "string" }, "uniqueItems": true, "default": [],
        "title": title, "description": help, "x-podium-order": order, "x-podium-more": true,
    })
}

fn choice(order: u32, title: &str, help: &str) -> Value {
    json!({
        "type": "boolean", "default": false, "title": title, "description": help,
        "x-podium-order": order, "x-podium-more": true,
    })
}

fn project() -> Value {
    text(
        1,
        "Project",
        "The project's name, slug or id.",
        Some("projects"),
        false,
    )
}

fn space() -> Value {
    text(
        30,
        "Space",
        "The space's name or id. The credential's where absent, else the server's default.",
        Some("spaces"),
        true,
    )
}

fn object(required: &[&str], properties: Vec<(&str, Value)>) -> Value {
    let properties: Map<String, Value> = properties
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "required": required, "additionalProperties": false,
        "properties": properties,
    })
}

fn outputs(fields: &[(&str, &str, &str)]) -> Value {
    let properties = fields
        .iter()
        .map(|(name, title, help)| {
            let schema = json!({ "type": "string", "title": title, "description": help });
            (*name, schema)
        })
        .collect();
    let required: Vec<&str> = fields.iter().map(|(name, _, _)| *name).collect();
    object(&required, properties)
}

fn ports(secrets: bool) -> Vec<CredentialPort> {
    let mut ports = vec![CredentialPort {
        name: PORT.into(),
        kind: "octopus".into(),
        required: true,
        title: "The Octopus server".into(),
    }];
    if secrets {
        ports.push(CredentialPort {
            name: "secrets.*".into(),
            kind: "secret".into(),
            required: false,
            title: "Values of prompted variables that are secret".into(),
        });
    }
    ports
}

/// Fields that deployments and runbook runs share.
fn running() -> Vec<(&'static str, Value)> {
    vec![
        (
            "environment",
            text(
                3,
                "Environment",
                "Where it runs.",
                Some("environments"),
                false,
            ),
        ),
        (
            "tenant",
            text(
                4,
                "Tenant",
                "For whom it runs, where the project has tenants; for several use `for_each`.",
                Some("tenants"),
                true,
            ),
        ),
        (
            "variables",
            json!({
                "type": "object", "default": {}, "title": "Prompted variables",
                "additionalProperties": { "type": ["string", "number", "boolean"] },
                "description": "Values for what Octopus asks, by the variable's name or label. Secrets come by the ports `secrets.NAME`.",
                "x-podium-order": 5,
            }),
        ),
        (
            "skip",
            list(
                10,
                "Steps to skip",
                "Names or numbers of steps that are left out.",
            ),
        ),
        (
            "only_machines",
            list(
                11,
                "Only these targets",
                "Names of the deployment targets to use; all where empty.",
            ),
        ),
        (
            "not_machines",
            list(
                12,
                "Not these targets",
                "Names of deployment targets to leave out.",
            ),
        ),
        (
            "guided_failure",
            choice(
                13,
                "Ask when a step fails",
                "Octopus asks a person what to do when a step fails.",
            ),
        ),
        (
            "interruptions",
            json!({
                "type": "string", "enum": ["wait", "approve"], "default": "wait",
                "title": "When Octopus asks for a person",
                "description": "Wait until somebody answers in Octopus, or answer manual interventions with Proceed. Guided failures always wait.",
                "x-podium-order": 14, "x-podium-more": true,
            }),
        ),
        (
            "interruption_notes",
            text(
                15,
                "Notes for the answer",
                "What is written beside the answer.",
                None,
                true,
            ),
        ),
    ]
}

fn create_release() -> Operation {
    Operation {
        name: name("octopus/create-release"),
        title: "Create a release".into(),
        summary: "Makes a release of a project: its process, variables and packages as they are now.".into(),
        input: object(
            &["project"],
            vec![
                ("project", project()),
                ("version", text(2, "Version", "The release's number. Octopus takes the next one where absent.", None, false)),
                ("channel", text(3, "Channel", "The project's default channel where absent.", Some("channels"), false)),
                ("package_version", text(4, "Version of all packages", "For packages without a version of their own; the newest where absent.", None, false)),
                ("packages", json!({
                    "type": "object", "default": {}, "additionalProperties": { "type": "string" },
                    "title": "Versions of packages", "description": "The step's name, and the version of its package.",
                    "x-podium-order": 5,
                })),
                ("git_ref", text(6, "Branch or tag", "For projects whose process is in Git.", None, true)),
                ("git_commit", text(7, "Commit", "A commit on that branch; its head where absent.", None, true)),
                ("notes", json!({
                    "type": "string", "title": "Release notes", "description": "In Markdown.",
                    "x-podium-order": 8, "x-podium-more": true, "x-podium-kind": "multiline",
                })),
                ("keep_existing", choice(9, "Take an existing one", "A release of this version that is there already is taken as it is.")),
                ("space", space()),
            ],
        ),
        output: outputs(&[
            ("release_id", "Release", "The id of the release."),
            ("version", "Version", "Its number."),
            ("link", "Page", "Where a person can look at it."),
        ]),
        credentials: ports(false),
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Octopus has no trial of a release: packages and channel rules are checked when it is made."))
            .with(Verb::Cancel, Support::no("a release is made by one call, which is over at once."))
            .with(Verb::Undo, Support::partly("a release that was deployed meanwhile is kept, since Octopus keeps what was deployed."))
            .with(Verb::Draw, Support::no("a release has no graph; its deployment has one.")),
        writes: true,
        delivery: Delivery::EffectivelyOnce,
        permissions: ["ReleaseCreate", "ReleaseView", "ReleaseDelete", "ProjectView"].map(String::from).to_vec(),
    }
}

fn deploy_release() -> Operation {
    let mut fields = vec![
        ("project", project()),
        (
            "release",
            text(
                2,
                "Release",
                "The version to deploy.",
                Some("releases"),
                false,
            ),
        ),
    ];
    fields.extend(running());
    fields.push((
        "download_packages",
        choice(
            16,
            "Download packages anew",
            "Packages are fetched again, also where the target has them.",
        ),
    ));
    fields.push(("space", space()));
    let mut told = vec![
        ("deployment_id", "Deployment", "The id of the deployment."),
        ("release", "Release", "The version that was deployed."),
    ];
    told.extend(TASK_OUTPUTS);
    Operation {
        name: name("octopus/deploy-release"),
        title: "Deploy a release".into(),
        summary: "Deploys a release to an environment and follows it to its end.".into(),
        input: object(&["project", "release", "environment"], fields),
        output: outputs(&told),
        credentials: ports(true),
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Octopus names the steps, targets and questions; what their scripts change is known when they run."))
            .with(Verb::Observe, Support::partly("Octopus takes no key; a deployment is found again by its comment, and where it is not found a person is asked."))
            .with(Verb::Undo, Support::partly("the release that stood there before is deployed again; a first deployment has none, and Octopus cannot take a deployment away.")),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "The deployments of the project in that environment are searched for the comment with the step's key.".into(),
        },
        permissions: ["DeploymentCreate", "DeploymentView", "TaskView", "TaskCancel", "InterruptionSubmit"].map(String::from).to_vec(),
    }
}

fn run_runbook() -> Operation {
    let mut fields = vec![
        ("project", project()),
        (
            "runbook",
            text(
                2,
                "Runbook",
                "The runbook's name or id.",
                Some("runbooks"),
                false,
            ),
        ),
    ];
    fields.extend(running());
    fields.push((
        "snapshot",
        text(
            16,
            "Snapshot",
            "The published one where absent.",
            None,
            true,
        ),
    ));
    fields.push((
        "undo_runbook",
        text(
            17,
            "Runbook that takes it back",
            "It is run, with the same questions answered, when the step is undone.",
            Some("runbooks"),
            true,
        ),
    ));
    fields.push(("space", space()));
    let mut told = vec![("run_id", "Run", "The id of the runbook run.")];
    told.extend(TASK_OUTPUTS);
    Operation {
        name: name("octopus/run-runbook"),
        title: "Run a runbook".into(),
        summary: "Runs a runbook in an environment and follows it to its end.".into(),
        input: object(&["project", "runbook", "environment"], fields),
        output: outputs(&told),
        credentials: ports(true),
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Octopus names the steps, targets and questions; what their scripts change is known when they run."))
            .with(Verb::Observe, Support::partly("Octopus takes no key; a run is found again by its comment, and where it is not found a person is asked."))
            .with(Verb::Verify, Support::partly("the task accounts for each of its steps; what they left behind is not looked at."))
            .with(Verb::Undo, Support::partly("only a runbook that the step names as its way back can take it back."))
            .with(Verb::Drift, Support::no("a runbook leaves nothing that Octopus could compare.")),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "The runs of the runbook in that environment are searched for the comment with the step's key.".into(),
        },
        permissions: ["RunbookRunCreate", "RunbookView", "RunbookRunView", "TaskView", "TaskCancel", "InterruptionSubmit"].map(String::from).to_vec(),
    }
}

fn server() -> CredentialKind {
    let field = |name: &str, label: &str, help: &str, secret, required| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    };
    CredentialKind {
        id: "octopus".into(),
        label: "Octopus server".into(),
        fields: vec![
            field(
                "url",
                "Address",
                "For example `https://shop.octopus.app`, with the path where the server is below one.",
                false,
                true,
            ),
            field(
                "api_key",
                "API key",
                "It begins with API-; made under Profile, My API Keys.",
                true,
                true,
            ),
            field(
                "space",
                "Space",
                "The name of the space, where it is not the default one.",
                false,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "octopus".into(),
        label: "Octopus Deploy".into(),
        summary: "Creates and deploys releases, and runs runbooks.".into(),
        mark: "Oc".into(),
        hue: 235,
        credentials: vec![server()],
        operations: vec![create_release(), deploy_release(), run_runbook()],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://octopus.com/docs/octopus-rest-api".into()],
        checked: vec![
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "@octopusdeploy/api-client 3.11.0".into(),
                by: "tests/referees/octopus_story.mjs".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "types and addresses of @octopusdeploy/api-client 3.11.0".into(),
                by: "crates/connectors/octopus/tests/octopus/main.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
        unconfirmed: vec![
            "A deployment's and a runbook run's `Comments` are taken to come back unchanged in lists; a lost start is found by them.".into(),
            "The routes of the web pages (`app#/Spaces-1/tasks/…`) and the link `Web` were not seen on a live server.".into(),
            "The names of the values that answer a manual intervention are taken from its form; the button that says Proceed is taken for the approval.".into(),
            "The number of things on a page and the name `Page.Next` of the link are taken from the vendor's client.".into(),
            "The route of a runbook's preview and of a project's runbook snapshots follows that of deployments.".into(),
        ],
    }
}
