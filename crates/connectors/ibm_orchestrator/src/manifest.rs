//! What Orchestrator is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use serde_json::{Value, json};

fn parameters(order: u32) -> Value {
    json!({
        "type": "object", "title": "Parameters", "default": {}, "additionalProperties": true,
        "description": "The fields of the offering's form, by the names that its process gives them.",
        "x-podium-order": order,
    })
}

fn parameter_type(order: u32) -> Value {
    json!({
        "type": "string", "title": "Type of the parameters",
        "description": "The business object that the process takes. Read from the process where it is left empty.",
        "x-podium-order": order, "x-podium-more": true,
    })
}

fn launch() -> Operation {
    Operation {
        name: "ibm-orchestrator/launch"
            .parse()
            .expect("the name of our own operation is written here and is valid"),
        title: "Launch an offering".into(),
        summary: "Launches an offering of the self-service catalogue, or an action on an instance, and follows its task.".into(),
        input: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["offering"],
            "additionalProperties": false,
            "properties": {
                "offering": {
                    "type": "string", "minLength": 1, "title": "Offering",
                    "description": "The offering's name, or its id where several have one name.",
                    "x-podium-order": 1, "x-podium-discover": "offerings",
                },
                "parameters": parameters(2),
                "instance_type": {
                    "type": "string", "title": "Type of the instance",
                    "description": "For an action on something that exists: of which type it is.",
                    "x-podium-order": 3, "x-podium-more": true, "x-podium-discover": "instance-types",
                },
                "instance": {
                    "type": "string", "title": "Instance",
                    "description": "For an action on something that exists: its id.",
                    "x-podium-order": 4, "x-podium-more": true, "x-podium-discover": "instances",
                },
                "parameter_type": parameter_type(5),
                "undo": {
                    "type": "object", "title": "To take it back", "additionalProperties": false,
                    "description": "The offering that takes it back. Without it, taking back is left to a person.",
                    "x-podium-order": 6,
                    "required": ["offering"],
                    "properties": {
                        "offering": { "type": "string", "title": "Offering", "description": "Its name or id.", "x-podium-order": 1, "x-podium-discover": "offerings" },
                        "parameters": parameters(2),
                        "instance_parameter": { "type": "string", "title": "Parameter for the instance", "description": "The parameter that takes the id of what was made.", "x-podium-order": 3 },
                        "parameter_type": parameter_type(4),
                    },
                },
            },
        }),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["task_id", "status"],
            "properties": {
                "task_id": { "type": "string", "title": "Task", "description": "The id of the task." },
                "status": { "type": "string", "title": "State", "description": "How it ended, in Orchestrator's word." },
                "message": { "type": "string", "title": "Message", "description": "The last line that the task says." },
                "service_instance": { "type": "string", "title": "Service instance", "description": "The id of what was made, where the task names one." },
            },
            "additionalProperties": false,
        }),
        credentials: vec![
            CredentialPort {
                name: "ico".into(),
                kind: "ibm-orchestrator".into(),
                required: true,
                title: "IBM Cloud Orchestrator".into(),
            },
            CredentialPort {
                name: "secrets.*".into(),
                kind: "secret".into(),
                required: false,
                title: "Values of parameters that are secret".into(),
            },
        ],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Orchestrator has no preview: the offering, its form and the instance are checked, and what its process does is not known."))
            .with(Verb::Cancel, Support::no("Orchestrator documents no call to stop a task; it goes on there."))
            .with(Verb::Verify, Support::partly("the task's end is checked; what its process should have made is not known."))
            .with(Verb::Undo, Support::partly("another offering takes it back where the step names one; else a person does."))
            .with(Verb::Drift, Support::no("an offering does not say how things should be afterwards."))
            .with(Verb::Draw, Support::no("an offering does not show its process to those who launch it.")),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "The step's key goes along with the launch and is looked for among the tasks; where Orchestrator has not kept it, a person is asked.".into(),
        },
        permissions: vec!["an entry in the offering's access list".into()],
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
        id: "ibm-orchestrator".into(),
        label: "IBM Cloud Orchestrator".into(),
        fields: vec![
            field(
                "url",
                "Address",
                "`https://` and the server's whole name; by its address alone it takes no launches.",
                false,
                true,
            ),
            field("user", "User", "The user who launches.", false, true),
            field("password", "Password", "The user's password.", true, true),
            field(
                "domain",
                "Domain",
                "Only where it is not the user's own.",
                false,
                false,
            ),
            field(
                "project",
                "Project",
                "Only where it is not the user's own.",
                false,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "ibm-orchestrator".into(),
        label: "IBM Cloud Orchestrator".into(),
        summary: "Launches offerings of IBM Cloud Orchestrator 2.4 and 2.5; the product is withdrawn, and Schematics follows it.".into(),
        mark: "Or".into(),
        hue: 232,
        credentials: vec![credential()],
        operations: vec![launch()],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://www.ibm.com/docs/en/cloud-orchestrator".into()],
        unconfirmed: [
            "The reply to a launch is taken to be a task, whose `id` is read.",
            "The states of a task beside `COMPLETED` are taken from older versions; any other word is watched on, unless the task carries an error message.",
            "A single task is read at `/orchestrator/v2/tasks/ID`.",
            "That the key which goes along in `parm` is kept by the task is not known; without it a person is asked after a crash.",
            "How parameters of several levels and lists are written in the XML of `OperationParameter` is worked out from one example.",
            "How an instance is chosen in a launch is not known; its id goes along as `instanceId` in `parm`.",
            "The form of a refusal is not known; the usual names are tried, else the text is shown.",
            "The headers `domainName` and `projectName` are documented for version 2.3 and sent to 2.5 as well.",
            "The form of an offering's input is read from the model of its process, as public scripts do.",
        ]
        .map(str::to_owned)
        .to_vec(),
        checked: vec![
            Checked {
                against: CheckedAgainst::Documents,
                what: "IBM Documentation of version 2.5.0.2".into(),
                by: "crates/connectors/ibm_orchestrator/tests/ibm_orchestrator/main.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
    }
}
