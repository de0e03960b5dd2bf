//! What Terraform is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialPort, Delivery, Manifest, Operation, Support,
    Verb,
};
use podium_model::OperationName;
use serde_json::{Value, json};

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

/// The form of an operation that may make things anew.
fn making() -> Value {
    let mut form = input();
    form["properties"]["replace"] = json!({
        "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
        "uniqueItems": true, "title": "Make anew",
        "description": "Addresses of things that are deleted and made anew, although nothing asks for it.",
        "x-podium-order": 9, "x-podium-more": true,
    });
    form
}

/// The form, shared by all three operations.
fn input() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["directory"],
        "additionalProperties": false,
        "properties": {
            "directory": {
                "type": "string", "minLength": 1, "title": "Directory",
                "description": "The folder in the workspace that holds the `.tf` files.",
                "x-podium-order": 1, "x-podium-kind": "directory",
                "x-podium-discover": "directories",
            },
            "variables": {
                "type": "object", "additionalProperties": true, "default": {}, "title": "Variables",
                "description": "Values for the configuration's variables. For secrets use the credential ports `secrets.NAME`.",
                "x-podium-order": 2,
            },
            "workspace": {
                "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,89}$",
                "title": "Terraform workspace",
                "description": "Which of the configuration's states. `default` where absent.",
                "x-podium-order": 3, "x-podium-discover": "workspaces",
            },
            "targets": {
                "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
                "uniqueItems": true, "title": "Only these resources",
                "description": "Addresses such as `aws_s3_bucket.logs`. Everything that they depend on comes with them.",
                "x-podium-order": 10, "x-podium-more": true,
            },
            "lock_timeout": {
                "type": "string", "pattern": "^[0-9]+(s|m)$", "default": "30s",
                "title": "Wait for the state lock",
                "description": "How long to wait while somebody else works on the same state.",
                "x-podium-order": 11, "x-podium-more": true, "x-podium-kind": "duration",
            },
            "lock_file": {
                "type": "string", "enum": ["keep", "update"], "default": "keep",
                "title": "Provider lock file",
                "description": "Whether `.terraform.lock.hcl`, where there is one, stays as it is, or takes up providers that are missing in it.",
                "x-podium-order": 12, "x-podium-more": true,
            },
        },
    })
}

fn outputs(title: &str) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": title,
        "properties": {},
        "additionalProperties": true,
    })
}

fn credentials() -> Vec<CredentialPort> {
    vec![
        CredentialPort {
            name: "aws".into(),
            kind: "aws".into(),
            required: false,
            title: "The AWS account, where the configuration uses one".into(),
        },
        CredentialPort {
            name: "secrets.*".into(),
            kind: "secret".into(),
            required: false,
            title: "Secret variables, handed over in a private file".into(),
        },
    ]
}

fn capability() -> Capability {
    Capability::all().with(
        Verb::Identify,
        Support::no("it acts as the user of this computer; its providers ask their own systems."),
    )
}

fn how() -> Delivery {
    Delivery::AtLeastOnce {
        how: "The state's serial is compared with the one before, and Terraform is asked what differs."
            .into(),
    }
}

fn plan() -> Operation {
    Operation {
        name: name("terraform/plan"),
        title: "Plan a configuration".into(),
        summary: "Says what a configuration would change, and changes nothing.".into(),
        input: making(),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "changed": { "type": "boolean", "title": "Whether anything would change" },
                "create": { "type": "integer", "title": "Things to create" },
                "update": { "type": "integer", "title": "Things to change in place" },
                "replace": { "type": "integer", "title": "Things to replace" },
                "delete": { "type": "integer", "title": "Things to delete" },
                "words": { "type": "string", "title": "The plan in a sentence" },
            },
        }),
        credentials: credentials(),
        capability: capability(),
        writes: false,
        delivery: Delivery::Idempotent,
        permissions: Vec::new(),
    }
}

fn apply() -> Operation {
    Operation {
        name: name("terraform/apply"),
        title: "Apply a configuration".into(),
        summary: "Brings the real things in line with the configuration.".into(),
        input: making(),
        output: outputs("The configuration's outputs that are not sensitive"),
        credentials: credentials(),
        capability: capability().with(
            Verb::Undo,
            Support::partly(
                "what it made is deleted, and changed inputs are put back where the last apply came from Podium; Terraform itself keeps no former configuration.",
            ),
        ),
        writes: true,
        delivery: how(),
        permissions: Vec::new(),
    }
}

fn destroy() -> Operation {
    Operation {
        name: name("terraform/destroy"),
        title: "Destroy what a configuration made".into(),
        summary: "Deletes everything that the configuration's state holds.".into(),
        input: input(),
        output: outputs("Nothing is left to tell"),
        credentials: credentials(),
        capability: capability().with(
            Verb::Undo,
            Support::no("what is destroyed is gone; applying again makes new things."),
        ),
        writes: true,
        delivery: how(),
        permissions: Vec::new(),
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "terraform".into(),
        label: "Terraform".into(),
        summary:
            "Makes and changes infrastructure from configuration files, with Terraform or OpenTofu."
                .into(),
        mark: "Tf".into(),
        hue: 295,
        credentials: Vec::new(),
        operations: vec![plan(), apply(), destroy()],
        tools: vec!["terraform".into(), "tofu".into()],
        helpers: Vec::new(),
        local: false,
        links: vec![
            "https://developer.hashicorp.com/terraform/docs".into(),
            "https://opentofu.org/docs".into(),
        ],
        checked: vec![
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "Terraform 1.15.5".into(),
                by: "crates/connectors/terraform/tests/terraform/real.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "OpenTofu 1.12.6".into(),
                by: "crates/connectors/terraform/tests/terraform/real.rs".into(),
            },
        ],
        explained: crate::explained::list().to_vec(),
        unconfirmed: Vec::new(),
    }
}
