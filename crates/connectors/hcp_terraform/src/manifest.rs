//! What HCP Terraform is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use serde_json::json;

fn run() -> Operation {
    Operation {
        name: "hcp-terraform/run"
            .parse()
            .expect("the name of our own operation is written here and is valid"),
        title: "Run a workspace".into(),
        summary: "Lets HCP Terraform plan a workspace, and applies the plan that was approved.".into(),
        input: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["organization", "workspace"],
            "additionalProperties": false,
            "properties": {
                "organization": {
                    "type": "string", "minLength": 1, "title": "Organisation",
                    "description": "The organisation that the workspace belongs to.",
                    "x-podium-order": 1, "x-podium-discover": "organizations",
                },
                "workspace": {
                    "type": "string", "minLength": 1, "title": "Workspace",
                    "description": "The workspace's name.",
                    "x-podium-order": 2, "x-podium-discover": "workspaces",
                },
                "kind": {
                    "type": "string", "enum": ["apply", "plan", "destroy", "refresh"], "default": "apply",
                    "title": "What for",
                    "description": "Apply the configuration, only plan it, destroy everything, or bring the state up to date.",
                    "x-podium-order": 3,
                },
                "variables": {
                    "type": "object", "title": "Variables", "default": {}, "additionalProperties": true,
                    "description": "Values for this run alone; everybody who may look at the run can read them. For sensitive ones use the credential ports `secrets.NAME`.",
                    "x-podium-order": 4,
                },
                "directory": {
                    "type": "string", "title": "Folder", "x-podium-kind": "directory",
                    "description": "A folder of this workspace that is sent as the configuration. Without it the one that the workspace there has is used, such as its repository.",
                    "x-podium-order": 5,
                },
                "message": {
                    "type": "string", "title": "Message",
                    "description": "What people read in the list of runs.",
                    "x-podium-order": 6, "x-podium-more": true,
                },
                "targets": {
                    "type": "array", "items": { "type": "string" }, "uniqueItems": true, "default": [],
                    "title": "Only these resources",
                    "description": "Addresses such as `aws_instance.shop`; all where empty.",
                    "x-podium-order": 7, "x-podium-more": true, "x-podium-discover": "resources",
                },
                "replace": {
                    "type": "array", "items": { "type": "string" }, "uniqueItems": true, "default": [],
                    "title": "Make anew",
                    "description": "Addresses of resources that are deleted and made anew.",
                    "x-podium-order": 8, "x-podium-more": true, "x-podium-discover": "resources",
                },
                "override_policies": {
                    "type": "boolean", "default": false, "title": "Override policies that fail softly",
                    "description": "Goes on where a policy or a run task fails and may be overridden. Without it the run waits for a person.",
                    "x-podium-order": 9, "x-podium-more": true,
                },
            },
        }),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["run_id", "status"],
            "properties": {
                "run_id": { "type": "string", "title": "Run", "description": "The id of the run." },
                "status": { "type": "string", "title": "State", "description": "How it ended, in HCP Terraform's word." },
                "changes": { "type": "object", "title": "Changes", "description": "How many things were added, changed and destroyed.", "additionalProperties": { "type": "integer" } },
                "outputs": { "type": "object", "title": "Outputs", "description": "The configuration's outputs; sensitive ones are left out.", "additionalProperties": true },
            },
            "additionalProperties": false,
        }),
        credentials: vec![
            CredentialPort {
                name: "hcp".into(),
                kind: "hcp-terraform".into(),
                required: true,
                title: "HCP Terraform".into(),
            },
            CredentialPort {
                name: "secrets.*".into(),
                kind: "secret".into(),
                required: false,
                title: "Values of sensitive variables".into(),
            },
        ],
        capability: Capability::all()
            .with(
                Verb::Preview,
                Support::partly("a plan-only run stays in the list of runs; it is not asked for while the workspace is locked, or while a sensitive variable is new."),
            )
            .with(
                Verb::Cancel,
                Support::partly("before the apply the plan is discarded; during it Terraform ends what it is doing. Force is left to a person, since the state may be lost."),
            )
            .with(
                Verb::Undo,
                Support::partly("a new run applies the last configuration that was applied, with its variables; the workspace's own variables are not put back, and a refresh is taken back by a person."),
            ),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "The step's key stands in the run's message, and the workspace's newest runs are searched for it before one is started.".into(),
        },
        permissions: ["can-queue-run", "can-queue-apply", "can-queue-destroy", "can-read-state-outputs", "can-update-variable"]
            .map(String::from)
            .to_vec(),
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
        id: "hcp-terraform".into(),
        label: "HCP Terraform".into(),
        fields: vec![
            field(
                "token",
                "Token",
                "A user's or a team's token; one of an organisation cannot start runs.",
                true,
                true,
            ),
            field(
                "url",
                "Address",
                "Leave empty for `https://app.terraform.io`; the address of Terraform Enterprise, or of the EU.",
                false,
                false,
            ),
            field(
                "storage",
                "Host of the storage",
                "Leave empty; only where logs and uploads lie on a host that is neither the server nor `archivist.` of its domain.",
                false,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "hcp-terraform".into(),
        label: "HCP Terraform".into(),
        summary: "Plans and applies Terraform in HCP Terraform or Terraform Enterprise, by runs of a workspace.".into(),
        mark: "HT".into(),
        hue: 292,
        credentials: vec![credential()],
        operations: vec![run()],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://developer.hashicorp.com/terraform/cloud-docs/api-docs".into()],
        unconfirmed: [
            "The storage of HCP Terraform is taken to be `archivist.` of the domain that the server is in; another one is named in the credential.",
            "The address of the EU is not known for certain; it is written into the credential.",
            "A token of an organisation is taken to be unable to start runs.",
            "409 is taken to mean that a run is no longer in the state for what was asked; it is read again.",
            "The right that is needed to read a plan in JSON is not documented for certain; without it only the counts are shown.",
            "The address of a run's page is taken from the product itself.",
            "`force_canceled` is taken for an end of a run, as an older client of HashiCorp's lists it.",
        ]
        .map(str::to_owned)
        .to_vec(),
        checked: vec![
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "pytfe 1.5.0".into(),
                by: "tests/referees/hcp_terraform_story.py".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "go-tfe API description at 0fa6b099".into(),
                by: "crates/connectors/hcp_terraform/tests/hcp_terraform/specification.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
    }
}
