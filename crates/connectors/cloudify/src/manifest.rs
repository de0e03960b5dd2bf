//! What Cloudify is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use podium_model::OperationName;
use serde_json::{Value, json};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// What an id may be (`rest_utils.validate_inputs` of the manager).
const ID: &str = "^[A-Za-z][A-Za-z0-9_.-]{0,255}$";

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

fn field(name: &str, label: &str, help: &str, secret: bool, required: bool) -> CredentialField {
    CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    }
}

fn kind() -> CredentialKind {
    CredentialKind {
        id: "cloudify".into(),
        label: "Cloudify manager".into(),
        fields: vec![
            field(
                "url",
                "Address",
                "Where the manager answers, such as `https://cloudify.example.com`.",
                false,
                true,
            ),
            field(
                "tenant",
                "Tenant",
                "The tenant that is worked in; `default_tenant` where empty.",
                false,
                false,
            ),
            field(
                "user",
                "User",
                "With a password; not needed with a token.",
                false,
                false,
            ),
            field(
                "password",
                "Password",
                "The user's password, where there is no token.",
                true,
                false,
            ),
            field(
                "token",
                "Token",
                "Better than a password: `cfy tokens create` gives one.",
                true,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

fn port() -> CredentialPort {
    CredentialPort {
        name: "cloudify".into(),
        kind: "cloudify".into(),
        required: true,
        title: "The Cloudify manager".into(),
    }
}

fn deployment(order: u32, help: &str) -> Value {
    json!({
        "type": "string", "pattern": ID, "title": "Deployment", "description": help,
        "x-podium-order": order, "x-podium-discover": "deployments",
    })
}

fn queue() -> Value {
    json!({
        "type": "boolean", "default": false, "title": "Queue",
        "description": "Where another execution runs on the deployment, wait for its end instead of failing.",
        "x-podium-order": 20, "x-podium-more": true,
    })
}

fn on_cancel() -> Value {
    json!({
        "type": "string", "enum": ["cancel", "force-cancel", "kill"], "default": "cancel",
        "title": "When the run is cancelled",
        "description": "Cancel lets the operations that run now end. Force cancel leaves the workflow at once, and its operations go on by themselves. Kill stops both, and may leave half-made things.",
        "x-podium-order": 21, "x-podium-more": true,
    })
}

fn gives(extra: &[(&str, &str, &str)]) -> Value {
    let mut properties = json!({
        "deployment": { "type": "string", "title": "Deployment", "description": "The deployment's id." },
        "execution": { "type": "string", "title": "Execution", "description": "The id of the execution; absent where there was nothing to do." },
        "console": { "type": "string", "title": "Console", "description": "Where a person looks at it." },
        "outputs": { "type": "object", "title": "Outputs", "description": "The outputs of the deployment; those that tell a secret are left out.", "additionalProperties": true },
        "capabilities": { "type": "object", "title": "Capabilities", "description": "The capabilities of the deployment; those that tell a secret are left out.", "additionalProperties": true },
    });
    for (name, title, help) in extra {
        properties[*name] = json!({ "type": "string", "title": title, "description": help });
    }
    json!({
        "$schema": DRAFT, "type": "object", "required": ["deployment"],
        "properties": properties, "additionalProperties": false,
    })
}

fn searched() -> Delivery {
    Delivery::AtLeastOnce {
        how: "Cloudify takes no key; the executions that were there before are noted, and after a lost reply a new one of the same workflow and parameters is looked for before anything is started.".into(),
    }
}

fn deploy() -> Operation {
    Operation {
        name: name("cloudify/deploy"),
        title: "Deploy a blueprint".into(),
        summary: "Uploads a blueprint where needed, makes a deployment of it and installs it; a deployment that is there is updated.".into(),
        input: json!({
            "$schema": DRAFT,
            "type": "object",
            "required": ["blueprint", "deployment"],
            "additionalProperties": false,
            "properties": {
                "blueprint": {
                    "type": "string", "minLength": 1, "title": "Blueprint",
                    "description": "A blueprint's YAML file in a folder of the workspace, which is uploaded whole, or the id of a blueprint in Cloudify.",
                    "x-podium-order": 1, "x-podium-kind": "file", "x-podium-discover": "blueprints",
                },
                "deployment": deployment(2, "The deployment's id: letters, digits and `_-.`, beginning with a letter."),
                "inputs": {
                    "type": "object", "default": {}, "additionalProperties": true, "title": "Inputs",
                    "description": "Values for the inputs that the blueprint declares; checked against it in the preview.",
                    "x-podium-order": 3,
                },
                "display_name": {
                    "type": "string", "title": "Shown name", "maxLength": 256,
                    "description": "What people call the deployment, in any letters; its id where absent.",
                    "x-podium-order": 4, "x-podium-more": true,
                },
                "labels": {
                    "type": "object", "default": {}, "additionalProperties": { "type": "string" }, "title": "Labels",
                    "description": "Put on a new deployment, beside Podium's own.",
                    "x-podium-order": 5, "x-podium-more": true,
                },
                "blueprint_id": {
                    "type": "string", "pattern": ID, "title": "Id of the uploaded blueprint",
                    "description": "Where absent it is made of the folder's name and content, so that the same files are uploaded once.",
                    "x-podium-order": 6, "x-podium-more": true,
                },
                "site": {
                    "type": "string", "title": "Site",
                    "description": "The site that a new deployment belongs to.",
                    "x-podium-order": 7, "x-podium-more": true, "x-podium-discover": "sites",
                },
                "visibility": {
                    "type": "string", "enum": ["tenant", "private", "global"], "default": "tenant", "title": "Who sees it",
                    "description": "Everybody of the tenant, only the user and administrators, or every tenant.",
                    "x-podium-order": 8, "x-podium-more": true,
                },
                "skip_plugins_validation": {
                    "type": "boolean", "default": false, "title": "Do not check plugins",
                    "description": "Make the deployment although plugins of the blueprint are not installed on the manager.",
                    "x-podium-order": 9, "x-podium-more": true,
                },
                "queue": queue(),
                "on_cancel": on_cancel(),
            },
        }),
        output: gives(&[("blueprint", "Blueprint", "The id of the blueprint in Cloudify.")]),
        credentials: vec![
            port(),
            CredentialPort {
                name: "secrets.*".into(),
                kind: "secret".into(),
                required: false,
                title: "Secrets that the blueprint reads; stored in Cloudify, hidden, where it has none of that name".into(),
            },
        ],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Cloudify checks a blueprint and previews an update itself, and has no preview of a first installation; that is read from the blueprint."))
            .with(Verb::Cancel, Support::partly("operations that have begun end first, unless force cancel or kill is chosen."))
            .with(Verb::Undo, Support::partly("what a node held is lost with it."))
            .with(Verb::Drift, Support::partly("changes outside are seen where the last `check_drift` and `check_status` of Cloudify saw them.")),
        writes: true,
        delivery: searched(),
        permissions: [
            "blueprint_get", "blueprint_upload", "blueprint_delete", "deployment_get",
            "deployment_create", "deployment_delete", "deployment_update_create",
            "deployment_update_get", "execution_start", "execution_list", "execution_get",
            "execution_cancel", "event_list", "node_list", "node_instance_list", "secret_list",
            "secret_create", "secret_delete",
        ]
        .map(String::from)
        .to_vec(),
    }
}

fn execute() -> Operation {
    Operation {
        name: name("cloudify/execute"),
        title: "Execute a workflow".into(),
        summary: "Runs a workflow of a deployment: scale, heal, start, stop, or one of its own.".into(),
        input: json!({
            "$schema": DRAFT,
            "type": "object",
            "required": ["deployment", "workflow"],
            "additionalProperties": false,
            "properties": {
                "deployment": deployment(1, "The deployment's id."),
                "workflow": {
                    "type": "string", "minLength": 1, "title": "Workflow",
                    "description": "The workflow's name, as the deployment has it: `scale`, `heal`, `restart`, or one of its own.",
                    "x-podium-order": 2, "x-podium-discover": "workflows",
                },
                "parameters": {
                    "type": "object", "default": {}, "additionalProperties": true, "title": "Parameters",
                    "description": "Values for the workflow's parameters; for `scale` these are `scalable_entity_name` and `delta`.",
                    "x-podium-order": 3,
                },
                "dry_run": {
                    "type": "boolean", "default": true, "title": "Rehearse in the preview",
                    "description": "Let Cloudify run the workflow without its operations, to show their order. It changes nothing, and leaves a line in the list of executions.",
                    "x-podium-order": 4,
                },
                "custom_parameters": {
                    "type": "boolean", "default": false, "title": "Allow other parameters",
                    "description": "Hand over parameters that the workflow does not declare.",
                    "x-podium-order": 5, "x-podium-more": true,
                },
                "force": {
                    "type": "boolean", "default": false, "title": "Run beside another one",
                    "description": "Run although another execution runs on the deployment. Both may change the same things.",
                    "x-podium-order": 19, "x-podium-more": true,
                },
                "queue": queue(),
                "on_cancel": on_cancel(),
            },
        }),
        output: gives(&[]),
        credentials: vec![port()],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("a dry run shows which operations run and in which order, and not what they change."))
            .with(Verb::Cancel, Support::partly("operations that have begun end first, unless force cancel or kill is chosen."))
            .with(Verb::Verify, Support::partly("the end of the execution is all that Cloudify tells."))
            .with(Verb::Undo, Support::partly("scale, start, stop, install and uninstall have an opposite; nobody knows what takes another workflow back."))
            .with(Verb::Drift, Support::no("a workflow leaves no state of its own to compare with.")),
        writes: true,
        delivery: searched(),
        permissions: [
            "deployment_get", "execution_start", "execution_list", "execution_get",
            "execution_cancel", "event_list", "node_list", "node_instance_list",
        ]
        .map(String::from)
        .to_vec(),
    }
}

fn uninstall() -> Operation {
    let mut output = gives(&[]);
    output["properties"]["deleted"] = json!({ "type": "boolean", "title": "Deleted", "description": "Whether the deployment itself was deleted." });
    Operation {
        name: name("cloudify/uninstall"),
        title: "Uninstall a deployment".into(),
        summary: "Uninstalls the nodes of a deployment and deletes it.".into(),
        input: json!({
            "$schema": DRAFT,
            "type": "object",
            "required": ["deployment"],
            "additionalProperties": false,
            "properties": {
                "deployment": deployment(1, "The deployment's id."),
                "keep_deployment": {
                    "type": "boolean", "default": false, "title": "Keep the deployment",
                    "description": "Uninstall the nodes only, so that it can be installed again.",
                    "x-podium-order": 2,
                },
                "ignore_failure": {
                    "type": "boolean", "default": false, "title": "Pass over failures",
                    "description": "Go on where an operation fails. Something may stay behind outside Cloudify.",
                    "x-podium-order": 3, "x-podium-more": true,
                },
                "queue": queue(),
                "on_cancel": on_cancel(),
            },
        }),
        output,
        credentials: vec![port()],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Cloudify has no preview of an uninstallation; the node instances that are there are shown."))
            .with(Verb::Cancel, Support::partly("operations that have begun end first, unless force cancel or kill is chosen."))
            .with(Verb::Verify, Support::partly("the end of the execution is all that Cloudify tells."))
            .with(Verb::Undo, Support::partly("the deployment is made anew from its blueprint; what the nodes held is gone."))
            .with(Verb::Drift, Support::no("a deployment that is gone has no drift.")),
        writes: true,
        delivery: searched(),
        permissions: [
            "deployment_get", "deployment_create", "deployment_delete", "execution_start",
            "execution_list", "execution_get", "execution_cancel", "event_list", "node_list",
            "node_instance_list",
        ]
        .map(String::from)
        .to_vec(),
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "cloudify".into(),
        label: "Cloudify".into(),
        summary: "Makes deployments from blueprints and runs their workflows.".into(),
        mark: "Cy".into(),
        hue: 205,
        credentials: vec![kind()],
        operations: vec![deploy(), execute(), uninstall()],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://docs.cloudify.co/latest/developer/apis/rest-service.html".into()],
        checked: vec![
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "cloudify 7.0.5 (the vendor's CLI and REST client)".into(),
                by: "tests/referees/cloudify_story.py".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "the routes of cloudify-manager's source, v3.1".into(),
                by: "crates/connectors/cloudify/tests/cloudify/spec.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
        unconfirmed: vec![
            "Which workflows a deployment has differs by version; the list is read from the deployment, and only the effects of the usual names are predicted.".into(),
            "The reach of a dry run and the names of events were read from the vendor's client and not seen on a manager.".into(),
            "Which words the steps of a previewed update use was read from the manager's source; unknown ones are shown as updates.".into(),
            "Events are counted in the order of their time; one that arrives late may be shown twice or not at all.".into(),
            "The console's addresses of single things differ by version, so that links lead to its start.".into(),
        ],
    }
}
