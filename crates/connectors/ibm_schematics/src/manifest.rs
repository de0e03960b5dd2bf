//! What Schematics is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use podium_model::OperationName;
use serde_json::{Value, json};

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

fn workspace() -> Value {
    json!({
        "type": "string", "minLength": 1, "title": "Workspace",
        "description": "The workspace's name, or its id where several have one name.",
        "x-podium-order": 1, "x-podium-discover": "workspaces",
    })
}

fn variables() -> Value {
    json!({
        "type": "object", "title": "Variables", "default": {},
        "description": "Values for the configuration's variables; they are kept in the workspace. For secure ones use the credential ports `secrets.NAME`.",
        "additionalProperties": true,
        "x-podium-order": 2,
    })
}

fn targets() -> Value {
    json!({
        "type": "array", "items": { "type": "string", "x-podium-discover": "resources" }, "uniqueItems": true, "default": [],
        "title": "Only these resources",
        "description": "Addresses such as `ibm_is_vpc.shop`; all where empty.",
        "x-podium-order": 5, "x-podium-more": true, "x-podium-discover": "resources",
    })
}

fn repository() -> Value {
    json!({
        "type": "object", "title": "Repository", "additionalProperties": false,
        "description": "Where the configuration is. What is left empty stays as the workspace has it.",
        "x-podium-order": 3,
        "properties": {
            "url": { "type": "string", "title": "Address", "description": "For example `https://github.com/acme/shop`.", "x-podium-order": 1 },
            "branch": { "type": "string", "title": "Branch", "description": "The branch that is fetched.", "x-podium-order": 2 },
            "release": { "type": "string", "title": "Release", "description": "A release in place of a branch.", "x-podium-order": 3 },
            "folder": { "type": "string", "title": "Folder", "description": "The folder with the configuration, inside the repository.", "x-podium-order": 4 },
        },
    })
}

fn create() -> Value {
    json!({
        "type": "object", "title": "Make it where there is none", "additionalProperties": false,
        "description": "How a workspace of this name is made. Without it, a missing workspace is an error.",
        "x-podium-order": 4, "x-podium-more": true,
        "required": ["location", "terraform"],
        "properties": {
            "location": { "type": "string", "title": "Location", "description": "Where Schematics keeps it and works.", "x-podium-order": 1, "x-podium-discover": "locations" },
            "terraform": { "type": "string", "title": "Terraform", "description": "The version, as Schematics names it: `terraform_v1.5`.", "x-podium-order": 2, "x-podium-discover": "terraform-versions" },
            "resource_group": { "type": "string", "title": "Resource group", "description": "The default one where empty.", "default": "", "x-podium-order": 3, "x-podium-discover": "resource-groups" },
            "description": { "type": "string", "title": "Description", "description": "What people read in the list.", "x-podium-order": 4 },
        },
    })
}

fn input(properties: &[(&str, Value)]) -> Value {
    let map: serde_json::Map<String, Value> = properties
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["workspace"],
        "additionalProperties": false,
        "properties": map,
    })
}

fn output(more: &Value) -> Value {
    let mut properties = json!({
        "workspace_id": { "type": "string", "title": "Workspace id", "description": "The workspace's id." },
        "activity_id": { "type": "string", "title": "Activity", "description": "The id of the job." },
    });
    for (name, schema) in more.as_object().into_iter().flatten() {
        properties[name] = schema.clone();
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["workspace_id", "activity_id"],
        "properties": properties,
        "additionalProperties": false,
    })
}

fn ports() -> Vec<CredentialPort> {
    vec![
        CredentialPort {
            name: "ibm".into(),
            kind: "ibm-cloud".into(),
            required: true,
            title: "The IBM Cloud account".into(),
        },
        CredentialPort {
            name: "secrets.*".into(),
            kind: "secret".into(),
            required: false,
            title: "Values of secure variables".into(),
        },
    ]
}

fn delivery() -> Delivery {
    Delivery::AtLeastOnce {
        how: "The activities of the workspace are compared with those that were there before; Schematics refuses a second job while one works, and a job that was done already changes nothing.".into(),
    }
}

fn capability() -> Capability {
    Capability::all()
        .with(
            Verb::Preview,
            Support::partly("Schematics plans by a job, which a preview does not start: the last plan is shown where it still fits, else the state."),
        )
        .with(
            Verb::Cancel,
            Support::partly("Terraform ends what it is doing; what was made stays in the state. Forcing it is left to a person, since the state may be lost."),
        )
        .with(
            Verb::Drift,
            Support::partly("variables and repository are compared; what became of the resources Schematics finds out only by a job."),
        )
}

fn permissions(command: &str) -> Vec<String> {
    [
        "schematics.workspace.read",
        "schematics.workspace.update",
        &format!("schematics.workspace.{command}"),
    ]
    .map(str::to_owned)
    .to_vec()
}

fn plan() -> Operation {
    Operation {
        name: name("ibm-schematics/plan"),
        title: "Plan a workspace".into(),
        summary: "Lets Schematics work out what an apply would change, and changes no resource.".into(),
        input: input(&[
            ("workspace", workspace()),
            ("variables", variables()),
            ("repository", repository()),
            ("targets", targets()),
        ]),
        output: output(&json!({
            "changes": { "type": "object", "title": "Changes", "description": "How many are created, updated, replaced and deleted.", "additionalProperties": { "type": "integer" } },
            "empty": { "type": "boolean", "title": "Nothing to do", "description": "Whether an apply would change nothing." },
        })),
        credentials: ports(),
        capability: capability().with(
            Verb::Undo,
            Support::partly("former variables are put back; the former values of secure ones are not given by Schematics."),
        ),
        writes: true,
        delivery: delivery(),
        permissions: permissions("plan"),
    }
}

fn apply() -> Operation {
    Operation {
        name: name("ibm-schematics/apply"),
        title: "Apply a workspace".into(),
        summary: "Sets variables and repository of a workspace and lets Schematics apply it.".into(),
        input: input(&[
            ("workspace", workspace()),
            ("variables", variables()),
            ("repository", repository()),
            ("create", create()),
            ("targets", targets()),
        ]),
        output: output(&json!({
            "outputs": { "type": "object", "title": "Outputs", "description": "The configuration's outputs; sensitive ones are left out.", "additionalProperties": true },
        })),
        credentials: ports(),
        capability: capability().with(
            Verb::Undo,
            Support::partly("former variables, branch or release are applied again, and what is new is destroyed; without such a change Podium knows no former version, and former secure values are not given."),
        ),
        writes: true,
        delivery: delivery(),
        permissions: permissions("apply"),
    }
}

fn destroy() -> Operation {
    Operation {
        name: name("ibm-schematics/destroy"),
        title: "Destroy what a workspace made".into(),
        summary: "Lets Schematics destroy the resources of a workspace; the workspace stays."
            .into(),
        input: input(&[("workspace", workspace()), ("targets", targets())]),
        output: output(&json!({
            "left": { "type": "integer", "title": "Left", "description": "How many resources are still there." },
        })),
        credentials: ports(),
        capability: capability()
            .with(
                Verb::Undo,
                Support::partly("the resources are made anew by an apply; what they held is gone."),
            )
            .with(
                Verb::Drift,
                Support::no("destroyed resources have no drift."),
            ),
        writes: true,
        delivery: delivery(),
        permissions: permissions("destroy"),
    }
}

fn credential() -> CredentialKind {
    let field = |name: &str, label: &str, help: &str, secret, required| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    };
    CredentialKind {
        id: "ibm-cloud".into(),
        label: "IBM Cloud account".into(),
        fields: vec![
            field(
                "apikey",
                "API key",
                "It was shown once, when the key was made under Manage, Access (IAM), API keys.",
                true,
                true,
            ),
            field(
                "url",
                "Address of Schematics",
                "Leave empty for the public one; the address of a region or a private endpoint.",
                false,
                false,
            ),
            field(
                "iam_url",
                "Address of IAM",
                "Leave empty for `https://iam.cloud.ibm.com`; a private endpoint has its own.",
                false,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "ibm-schematics".into(),
        label: "IBM Cloud Schematics".into(),
        summary: "Runs Terraform in IBM Cloud, by workspaces and their jobs.".into(),
        mark: "Sc".into(),
        hue: 262,
        credentials: vec![credential()],
        operations: vec![plan(), apply(), destroy()],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://cloud.ibm.com/docs/schematics".into()],
        unconfirmed: [
            "The form of Schematics' refusals is read as `message` with `messageid`, or as the first of `errors`.",
            "IAM's refusals are read as `errorMessage` with `errorCode`.",
            "The account and the user are read from the claims `account.bss` and `email` of IAM's token.",
            "A workspace that is locked is taken to answer 409 to a second job.",
            "A job is taken to have the id of its activity: only then the JSON plan is found.",
            "The entries of a workspace's resources are read as `resource_type`, `resource_name` and `resource_id`.",
            "The address of a workspace's page in the console is taken from common use.",
            "The versions of Terraform are read from every text in `supported_template_types` that begins with `terraform_v`.",
        ]
        .map(str::to_owned)
        .to_vec(),
        checked: vec![
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "ibm-schematics 1.1.0 with ibm-cloud-sdk-core 3.28.0".into(),
                by: "tests/referees/ibm_schematics_story.py".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "schematics-go-sdk at 055866a8".into(),
                by: "crates/connectors/ibm_schematics/tests/ibm_schematics/specification.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
    }
}
