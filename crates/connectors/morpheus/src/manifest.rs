//! What Morpheus is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb, explanations,
};
use podium_model::OperationName;
use serde_json::{Map, Value, json};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

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
        id: "morpheus".into(),
        label: "Morpheus appliance".into(),
        fields: vec![
            field(
                "url",
                "Address",
                "Where the appliance answers, such as `https://morpheus.example.com`.",
                false,
                true,
            ),
            field(
                "token",
                "Access token",
                "Under User Settings, API Access. Better than a password.",
                true,
                false,
            ),
            field(
                "user",
                "User",
                "With a password; `subdomain\\user` for a user of a sub-tenant.",
                false,
                false,
            ),
            field(
                "password",
                "Password",
                "Exchanged for a token at each step, where there is no token.",
                true,
                false,
            ),
            field(
                "client_id",
                "Client id",
                "`morph-api` where empty; needed where the appliance has another.",
                false,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

fn port() -> CredentialPort {
    CredentialPort {
        name: "morpheus".into(),
        kind: "morpheus".into(),
        required: true,
        title: "The Morpheus appliance".into(),
    }
}

fn secrets() -> CredentialPort {
    CredentialPort {
        name: "secrets.*".into(),
        kind: "secret".into(),
        required: false,
        title: "Values of options that are passwords".into(),
    }
}

fn text(order: u32, title: &str, help: &str) -> Value {
    json!({ "type": "string", "title": title, "description": help, "x-podium-order": order })
}

fn choice(order: u32, title: &str, help: &str, discover: &str) -> Value {
    let mut one = text(order, title, help);
    one["x-podium-discover"] = json!(discover);
    one
}

fn more(mut one: Value) -> Value {
    one["x-podium-more"] = json!(true);
    one
}

fn flag(order: u32, title: &str, help: &str) -> Value {
    more(
        json!({ "type": "boolean", "default": false, "title": title, "description": help, "x-podium-order": order }),
    )
}

fn options() -> Value {
    json!({
        "type": "object", "default": {}, "additionalProperties": true, "title": "Options",
        "description": "Values for the fields that it asks for, by their field names. Passwords go to `secrets.NAME`.",
        "x-podium-order": 8, "x-podium-discover": "options",
    })
}

fn approval() -> Value {
    more(json!({
        "type": "string", "enum": ["wait", "give"], "default": "wait", "title": "When an approval is asked for",
        "description": "Wait until a person gives it in Morpheus, or let Podium give it with the bound credential, where that may.",
        "x-podium-order": 30,
    }))
}

/// The choices about what stays when something is deleted.
fn leftovers(when: &str) -> Vec<(&'static str, Value)> {
    vec![
        (
            "keep_volumes",
            flag(
                31,
                "Keep volumes",
                &format!("{when}, its volumes stay, with their data."),
            ),
        ),
        (
            "keep_backups",
            flag(32, "Keep backups", &format!("{when}, its backups stay.")),
        ),
        (
            "force",
            flag(
                33,
                "Force",
                &format!("{when}, Morpheus forgets it also where the cloud does not answer."),
            ),
        ),
    ]
}

fn inputs(required: &[&str], fields: Vec<(&str, Value)>) -> Value {
    let properties: Map<String, Value> = fields
        .into_iter()
        .map(|(name, one)| (name.to_owned(), one))
        .collect();
    json!({
        "$schema": DRAFT, "type": "object", "required": required, "additionalProperties": false,
        "properties": properties,
    })
}

fn outputs(required: &[&str], fields: &[(&str, Value, &str, &str)]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|(name, kind, title, help)| {
            let mut one = kind.clone();
            one["title"] = json!(title);
            one["description"] = json!(help);
            ((*name).to_owned(), one)
        })
        .collect();
    json!({
        "$schema": DRAFT, "type": "object", "required": required, "additionalProperties": false,
        "properties": properties,
    })
}

fn number() -> Value {
    json!({ "type": "integer" })
}

fn string() -> Value {
    json!({ "type": "string" })
}

fn list() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

const ENDS: &str = "the end that Morpheus tells is all there is to check.";
const CANCEL: &str = "only processes that Morpheus calls cancelable stop, and open approvals are withdrawn; the rest goes on and is named.";

fn rights(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn order() -> Operation {
    let mut fields = vec![
        (
            "item",
            choice(
                1,
                "Catalog item",
                "The name of the item, as the service catalog shows it, or its id.",
                "catalog-items",
            ),
        ),
        ("options", options()),
        (
            "context",
            more(json!({
                "type": "string", "enum": ["appliance", "instance", "server"], "title": "Context",
                "description": "For items that run a workflow: what it runs on, where the item leaves that open.",
                "x-podium-order": 9,
            })),
        ),
        (
            "target",
            more(choice(
                10,
                "Target",
                "The instance or server that an ordered workflow runs on.",
                "targets",
            )),
        ),
        ("approval", approval()),
    ];
    fields.extend(leftovers("When the step is undone"));
    Operation {
        name: name("morpheus/order"),
        title: "Order a catalog item".into(),
        summary: "Orders an item of the service catalog and waits until it is there.".into(),
        input: inputs(&["item"], fields),
        output: outputs(&["item"], &[
            ("item", number(), "Order", "The id of the ordered item in the inventory."),
            ("name", string(), "Name", "The name of the ordered item."),
            ("status", string(), "Status", "Its state in Morpheus's own word."),
            ("instance", number(), "Instance", "The id of the instance that was made, where it was one."),
            ("app", number(), "App", "The id of the app that was made, where it was one."),
            ("locations", list(), "Locations", "Where it answers, as Morpheus tells it."),
            ("link", string(), "Link", "Where a person looks at it."),
        ]),
        credentials: vec![port(), secrets()],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Morpheus checks an order without placing it, and does not say what it will make."))
            .with(Verb::Observe, Support::partly("an order carries no key; where more than one new order is found, a person is asked."))
            .with(Verb::Cancel, Support::partly(CANCEL))
            .with(Verb::Verify, Support::partly(ENDS))
            .with(Verb::Undo, Support::partly("what was made is removed, and its data with it unless volumes are kept; an ordered workflow cannot be taken back."))
            .with(Verb::Drift, Support::no("an order says nothing about what is made of it.")),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "Morpheus takes no key for an order; the orders that were there before are noted, and after a lost reply a single new one of the same item is taken up, else a person is asked.".into(),
        },
        permissions: rights(&["Service Catalog", "Operations: Approvals"]),
    }
}

fn provision() -> Operation {
    let mut fields = vec![
        (
            "name",
            json!({ "type": "string", "minLength": 1, "maxLength": 200, "title": "Name", "description": "The name of the instance or app; each name is there once.", "x-podium-order": 1 }),
        ),
        (
            "group",
            choice(2, "Group", "The group that it belongs to.", "groups"),
        ),
        (
            "cloud",
            choice(3, "Cloud", "The cloud that it is made in.", "clouds"),
        ),
        (
            "instance_type",
            choice(
                4,
                "Instance type",
                "What kind of instance; leave it empty for an app.",
                "instance-types",
            ),
        ),
        (
            "layout",
            choice(
                5,
                "Layout",
                "Which layout of the type; needed where there are several.",
                "layouts",
            ),
        ),
        (
            "plan",
            choice(6, "Plan", "Processors, memory and storage.", "plans"),
        ),
        (
            "blueprint",
            choice(
                7,
                "Blueprint",
                "For an app: the blueprint that it is made of.",
                "blueprints",
            ),
        ),
        ("options", options()),
        (
            "environment",
            more(choice(
                9,
                "Environment",
                "The environment's code, such as `dev`.",
                "environments",
            )),
        ),
        (
            "description",
            more(text(10, "Description", "A remark for people.")),
        ),
        (
            "labels",
            more(
                json!({ "type": "array", "default": [], "items": { "type": "string" }, "title": "Labels", "description": "Labels to search by.", "x-podium-order": 11 }),
            ),
        ),
        (
            "copies",
            more(
                json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 1, "title": "Copies", "description": "How many are made at once.", "x-podium-order": 12 }),
            ),
        ),
        (
            "volumes",
            more(json!({
                "type": "array", "default": [], "title": "Volumes", "x-podium-order": 13,
                "description": "Disks beside those of the plan.",
                "items": { "type": "object", "additionalProperties": true, "properties": {
                    "name": { "type": "string", "title": "Name", "description": "The disk's name." },
                    "size": { "type": "integer", "title": "Size", "description": "In GB." },
                    "rootVolume": { "type": "boolean", "title": "Root", "description": "Whether the system lies on it." },
                } },
            })),
        ),
        (
            "networks",
            more(json!({
                "type": "array", "default": [], "title": "Networks", "x-podium-order": 14,
                "description": "Network interfaces.",
                "items": { "type": "object", "additionalProperties": true, "properties": {
                    "network": { "type": "object", "title": "Network", "description": "Its id, such as `network-110`.", "additionalProperties": true, "properties": { "id": { "type": ["string", "integer"], "title": "Id", "description": "The network's id." } } },
                } },
            })),
        ),
        (
            "config",
            more(json!({
                "type": "object", "default": {}, "additionalProperties": true, "title": "Cloud settings", "x-podium-order": 15,
                "description": "What the kind of cloud asks for, such as `resourcePoolId`.",
            })),
        ),
        ("approval", approval()),
    ];
    fields.extend(leftovers("When the step is undone"));
    Operation {
        name: name("morpheus/provision"),
        title: "Provision an instance or app".into(),
        summary: "Makes an instance of a type, or an app of a blueprint, and waits until it runs.".into(),
        input: inputs(&["name", "group"], fields),
        output: outputs(&["id", "name"], &[
            ("id", number(), "Id", "The id of the instance or app."),
            ("name", string(), "Name", "Its name."),
            ("status", string(), "Status", "Its state in Morpheus's own word."),
            ("addresses", list(), "Addresses", "The addresses of its machines."),
            ("link", string(), "Link", "Where a person looks at it."),
        ]),
        credentials: vec![port(), secrets()],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Morpheus checks policies, quotas and the cloud's room only when it is ordered."))
            .with(Verb::Cancel, Support::partly(CANCEL))
            .with(Verb::Verify, Support::partly(ENDS))
            .with(Verb::Undo, Support::partly("its data goes with it unless volumes are kept."))
            .with(Verb::Drift, Support::partly("group, cloud, plan and state are compared, and not what is inside the machine.")),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "An instance carries a uuid and an app a remark that follow from the step's key, and names are there once; after a lost reply it is looked for by them.".into(),
        },
        permissions: rights(&["Provisioning: Instances", "Provisioning: Apps", "Operations: Approvals"]),
    }
}

fn run_workflow() -> Operation {
    let fields = vec![
        (
            "workflow",
            choice(
                1,
                "Workflow",
                "The name of an operational workflow, or its id.",
                "workflows",
            ),
        ),
        (
            "task",
            choice(2, "Task", "A single task in place of a workflow.", "tasks"),
        ),
        (
            "on",
            json!({
                "type": "string", "enum": ["appliance", "instance", "instance-label", "server", "server-label"],
                "default": "appliance", "title": "Runs on", "description": "The appliance itself, instances, servers, or all that have a label.",
                "x-podium-order": 3,
            }),
        ),
        (
            "targets",
            json!({
                "type": "array", "default": [], "items": { "type": "string" }, "title": "Targets", "x-podium-discover": "targets",
                "description": "Names or ids of instances; ids of servers.", "x-podium-order": 4,
            }),
        ),
        (
            "label",
            text(5, "Label", "The label, where it runs on all that have one."),
        ),
        ("options", options()),
        (
            "undo_workflow",
            more(choice(
                20,
                "Takes it back",
                "A workflow that takes this one back; it is run on the same targets when the step is undone.",
                "workflows",
            )),
        ),
        ("approval", approval()),
    ];
    Operation {
        name: name("morpheus/run-workflow"),
        title: "Run a workflow or task".into(),
        summary: "Runs a workflow or a task on the appliance, on instances or on servers, and follows its log.".into(),
        input: inputs(&[], fields),
        output: outputs(&["execution"], &[
            ("execution", number(), "Execution", "The id of the execution."),
            ("status", string(), "Status", "Its state in Morpheus's own word."),
            ("result", string(), "Result", "What the last task gave back."),
            ("link", string(), "Link", "Where a person looks at it."),
        ]),
        credentials: vec![port(), secrets()],
        capability: Capability::all()
            .with(Verb::Preview, Support::partly("Morpheus has no dry run of workflows and tasks; their steps and targets are shown."))
            .with(Verb::Cancel, Support::partly(CANCEL))
            .with(Verb::Verify, Support::partly(ENDS))
            .with(Verb::Undo, Support::partly("only with a workflow that takes it back."))
            .with(Verb::Drift, Support::no("a workflow leaves no state of its own to compare with.")),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "The execution is named by the step's key; after a lost reply the executions are searched for that name.".into(),
        },
        permissions: rights(&["Provisioning: Tasks", "Provisioning: Job Executions"]),
    }
}

fn delete() -> Operation {
    let mut fields = vec![
        (
            "kind",
            json!({
                "type": "string", "enum": ["instance", "app", "catalog-item"], "default": "instance", "title": "What",
                "description": "An instance, an app with its instances, or an ordered catalog item.", "x-podium-order": 1,
            }),
        ),
        (
            "name",
            json!({
                "type": "string", "minLength": 1, "title": "Name", "description": "Its name, or its id.",
                "x-podium-order": 2, "x-podium-discover": "things",
            }),
        ),
    ];
    fields.extend(leftovers("When it is deleted"));
    Operation {
        name: name("morpheus/delete"),
        title: "Delete an instance, app or order".into(),
        summary: "Deletes an instance, an app or an ordered item, and waits until it is gone."
            .into(),
        input: inputs(&["name"], fields),
        output: outputs(
            &["deleted"],
            &[
                (
                    "deleted",
                    json!({ "type": "boolean" }),
                    "Deleted",
                    "Whether it is gone.",
                ),
                (
                    "kept_by_policy",
                    json!({ "type": "boolean" }),
                    "Kept for now",
                    "Whether a policy keeps it for some days before it goes.",
                ),
            ],
        ),
        credentials: vec![port()],
        capability: Capability::all()
            .with(
                Verb::Preview,
                Support::partly(
                    "Morpheus has no preview of a removal; what is there now is shown.",
                ),
            )
            .with(
                Verb::Cancel,
                Support::no("a removal that Morpheus has begun is not stopped."),
            )
            .with(Verb::Verify, Support::partly(ENDS))
            .with(
                Verb::Undo,
                Support::partly(
                    "only where a delayed-delete policy keeps it for some days; else it is gone.",
                ),
            )
            .with(Verb::Drift, Support::no("what is deleted has no drift.")),
        writes: true,
        delivery: Delivery::Idempotent,
        permissions: rights(&[
            "Provisioning: Instances",
            "Provisioning: Apps",
            "Service Catalog",
        ]),
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "morpheus".into(),
        label: "Morpheus".into(),
        summary: "Orders catalog items, provisions instances and apps, and runs workflows.".into(),
        mark: "Mo".into(),
        hue: 165,
        credentials: vec![kind()],
        operations: vec![order(), provision(), run_workflow(), delete()],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://apidocs.morpheusdata.com/".into()],
        checked: vec![
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "morpheus-python-sdk 0.0.2 (API 8.0.8), published by HPE".into(),
                by: "tests/referees/morpheus_story.py".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "morpheus-openapi 9.0.0".into(),
                by: "crates/connectors/morpheus/tests/morpheus/spec.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
        unconfirmed: vec![
            "The words for states are free text in the vendor's specification; those seen in its examples are known, everything else is watched on.".into(),
            "An instance in the state `warning` is taken for running.".into(),
            "The addresses of the appliance's pages are taken from common use.".into(),
            "That an instance keeps the uuid that it is given, and an app its remark, was read in the specification and not seen.".into(),
            "How a job execution names its process differs in the vendor's examples; it is read both as an object and as an id.".into(),
            "Which reference an approval item carries was read from an example; it is compared by id and by name.".into(),
            "Whether an order that was denied or failed can be deleted by the user was not seen.".into(),
        ],
    }
}
