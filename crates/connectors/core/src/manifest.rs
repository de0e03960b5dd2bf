//! What each core connector is, as data. The schemas here are the forms, the checks and the docs.

use podium_connector::{
    Capability, CredentialField, CredentialKind, CredentialPort, Delivery, Manifest, Operation,
    Support, Verb,
};
use podium_model::OperationName;
use serde_json::{Value, json};

/// An object schema that takes these properties and no others.
fn object(required: &[&str], properties: &Value) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// Adds a keyword at the root of a schema.
fn marked(mut schema: Value, keyword: &str, value: &str) -> Value {
    schema[keyword] = Value::String(value.to_owned());
    schema
}

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

/// What every core operation has in common: no account, nothing to look up, nothing inside to draw.
fn local() -> Capability {
    Capability::all()
        .with(
            Verb::Identify,
            Support::no("it acts as the user of this computer."),
        )
        .with(Verb::Drift, Support::no("nobody keeps what it did."))
        .with(
            Verb::Discover,
            Support::no("it has no lists to choose from."),
        )
        .with(Verb::Draw, Support::no("it has nothing inside to draw."))
}

fn secret_port() -> CredentialPort {
    CredentialPort {
        name: "secrets.*".into(),
        kind: "secret".into(),
        required: false,
        title: "Secrets, handed over as private files".into(),
    }
}

struct Face {
    id: &'static str,
    label: &'static str,
    summary: &'static str,
    mark: &'static str,
    hue: u16,
    /// Whether it acts on this computer alone. Not so for a command: it may reach anything.
    local: bool,
}

fn manifest(face: &Face, operations: Vec<Operation>) -> Manifest {
    Manifest {
        id: face.id.into(),
        label: face.label.into(),
        summary: face.summary.into(),
        mark: face.mark.into(),
        hue: face.hue,
        credentials: Vec::new(),
        operations,
        tools: Vec::new(),
        helpers: Vec::new(),
        local: face.local,
        links: Vec::new(),
        checked: Vec::new(),
        explained: Vec::new(),
        unconfirmed: Vec::new(),
    }
}

pub(crate) fn approval() -> Manifest {
    let ask = Operation {
        name: name("approval/ask"),
        title: "Ask for approval".into(),
        summary: "Stops until enough of the people named have said yes.".into(),
        input: marked(
            object(
                &["message"],
                &json!({
                    "message": {
                        "type": "string", "minLength": 1, "title": "Question",
                        "description": "What they are asked, in one sentence.",
                        "x-podium-order": 1, "x-podium-kind": "multiline",
                    },
                    "to": {
                        "type": "array", "items": { "type": "string", "minLength": 1 },
                        "uniqueItems": true, "default": [], "title": "Who may answer",
                        "description": "Names of people or groups. Where empty, whoever may run this workflow.",
                        "x-podium-order": 2,
                    },
                    "quorum": {
                        "type": "integer", "minimum": 1, "default": 1, "title": "How many must say yes",
                        "description": "The step goes on when this many have approved; one no ends it.",
                        "x-podium-order": 3,
                    },
                }),
            ),
            "x-podium-waits",
            "approval",
        ),
        output: object(
            &[],
            &json!({
                "by": {
                    "type": "array", "items": { "type": "string" }, "title": "Approved by",
                    "description": "Who said yes, in order.",
                },
                "note": {
                    "type": "string", "title": "Note",
                    "description": "What the last of them wrote beside it.",
                },
            }),
        ),
        credentials: Vec::new(),
        capability: local(),
        writes: false,
        delivery: Delivery::Idempotent,
        permissions: Vec::new(),
    };
    manifest(
        &Face {
            id: "approval",
            label: "Approval",
            summary: "A person says yes before the run goes on.",
            mark: "Ap",
            hue: 145,
            local: true,
        },
        vec![ask],
    )
}

fn expect(default_words: &str) -> Value {
    json!({
        "type": "object", "additionalProperties": false, "title": "Expected answer",
        "description": default_words,
        "properties": {
            "status": {
                "title": "Status", "description": "A status such as 200, or a list of them. Any 2xx where absent.",
                "anyOf": [
                    { "type": "integer", "minimum": 100, "maximum": 599 },
                    { "type": "array", "minItems": 1, "items": { "type": "integer", "minimum": 100, "maximum": 599 } },
                ],
            },
            "contains": {
                "type": "string", "title": "Contains", "description": "A text that must stand in the body.",
            },
        },
        "x-podium-order": 6,
    })
}

fn http_output() -> Value {
    object(
        &["status", "headers", "text"],
        &json!({
            "status": { "type": "integer", "title": "Status" },
            "headers": {
                "type": "object", "additionalProperties": { "type": "string" }, "title": "Headers",
                "description": "Names in small letters.",
            },
            "json": { "title": "Body as data", "description": "Null where the body is no JSON." },
            "text": { "type": "string", "title": "Body as text" },
        }),
    )
}

pub(crate) fn http() -> Manifest {
    let address = json!({
        "type": "string", "format": "uri", "pattern": "^https?://", "title": "Address",
        "description": "The whole address, with http:// or https://.", "x-podium-order": 1,
    });
    let headers = json!({
        "type": "object", "additionalProperties": { "type": "string" }, "title": "Headers",
        "description": "Sent beside the usual ones. Secrets belong in the credential, not here.",
        "x-podium-order": 5, "x-podium-more": true,
    });
    let auth = CredentialPort {
        name: "auth".into(),
        kind: "http-auth".into(),
        required: false,
        title: "How to log in at the address".into(),
    };
    let request = Operation {
        name: name("http/request"),
        title: "Send a request".into(),
        summary: "Sends one HTTP request and hands its answer on.".into(),
        input: object(
            &["url"],
            &json!({
                "url": address,
                "method": {
                    "type": "string", "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
                    "default": "GET", "title": "Method",
                    "description": "GET and HEAD only look; the others may change something.",
                    "x-podium-order": 2,
                },
                "json": {
                    "title": "Body as data", "description": "Sent as JSON.", "x-podium-order": 3,
                },
                "body": {
                    "type": "string", "title": "Body as text",
                    "description": "Sent as it is. Give either this or the body as data.",
                    "x-podium-order": 4, "x-podium-kind": "multiline", "x-podium-more": true,
                },
                "headers": headers,
                "expect": expect("When the step counts as a success. Any 2xx where absent."),
            }),
        ),
        output: http_output(),
        credentials: vec![auth.clone()],
        capability: local().with(
            Verb::Preview,
            Support::partly("the request is known; what the other side does with it is not."),
        ).with(
            Verb::Undo,
            Support::partly("GET and HEAD leave nothing to undo; another request cannot be taken back, so add a step of your own under `undo`."),
        ),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "The other side cannot be asked, so a person decides whether a request whose answer was lost is sent again.".into(),
        },
        permissions: Vec::new(),
    };
    let check = Operation {
        name: name("http/check"),
        title: "Check an address".into(),
        summary: "Asks an address with GET and fails when the answer is not as expected.".into(),
        input: object(
            &["url"],
            &json!({
                "url": address,
                "headers": headers,
                "expect": expect("What the answer must be. Any 2xx where absent."),
            }),
        ),
        output: http_output(),
        credentials: vec![auth],
        capability: local(),
        writes: false,
        delivery: Delivery::Idempotent,
        permissions: Vec::new(),
    };
    let mut manifest = manifest(
        &Face {
            id: "http",
            label: "HTTP",
            summary: "Speaks to any system that has an HTTP interface.",
            mark: "Ht",
            hue: 230,
            local: false,
        },
        vec![request, check],
    );
    let field = |name: &str, label: &str, help: &str, secret, required| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    };
    manifest.credentials = vec![
        CredentialKind {
            id: "http-auth".into(),
            label: "HTTP login".into(),
            fields: vec![
                field(
                    "scheme",
                    "Scheme",
                    "`bearer`, `basic` or `header`; `bearer` where empty.",
                    false,
                    false,
                ),
                field(
                    "user",
                    "User",
                    "The user's name; for `basic`.",
                    false,
                    false,
                ),
                field(
                    "header",
                    "Header",
                    "The header's name, for example `X-Api-Key`; for `header`.",
                    false,
                    false,
                ),
                field(
                    "value",
                    "Value",
                    "The token, the password, or the header's value.",
                    true,
                    true,
                ),
            ],
        },
        CredentialKind {
            id: "secret".into(),
            label: "Secret value".into(),
            fields: vec![field(
                "value",
                "Value",
                "One value, handed to a step under the name of its port.",
                true,
                true,
            )],
        },
    ];
    manifest
}

pub(crate) fn command() -> Manifest {
    let run = Operation {
        name: name("command/run"),
        title: "Run a command".into(),
        summary: "Runs one program on this computer and hands its output on.".into(),
        input: object(
            &["program"],
            &json!({
                "program": {
                    "type": "string", "minLength": 1, "title": "Program",
                    "description": "A name found on PATH, or a path inside the workspace such as scripts/load.sh.",
                    "x-podium-order": 1,
                },
                "args": {
                    "type": "array", "items": { "type": ["string", "number", "boolean"] }, "default": [],
                    "title": "Arguments",
                    "description": "One each; no shell reads them. Never a secret: others on this computer can see them.",
                    "x-podium-order": 2,
                },
                "directory": {
                    "type": "string", "default": ".", "title": "Folder",
                    "description": "Where it runs, inside the workspace.",
                    "x-podium-order": 3, "x-podium-kind": "directory",
                },
                "env": {
                    "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] },
                    "default": {}, "title": "Environment",
                    "description": "Variables beside PATH, HOME and the like. A secret comes as NAME_FILE, the path of a private file.",
                    "x-podium-order": 4, "x-podium-more": true,
                },
                "accept": {
                    "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 },
                    "minItems": 1, "default": [0], "title": "Exit codes that mean success",
                    "x-podium-order": 5, "x-podium-more": true,
                },
                "undo_program": {
                    "type": "string", "minLength": 1, "title": "Program that takes it back",
                    "description": "Run by Undo in the same folder. Without it this step cannot be undone.",
                    "x-podium-order": 6, "x-podium-more": true,
                },
                "undo_args": {
                    "type": "array", "items": { "type": ["string", "number", "boolean"] }, "default": [],
                    "title": "Its arguments", "x-podium-order": 7, "x-podium-more": true,
                },
            }),
        ),
        output: object(
            &["exit_code", "lines", "text"],
            &json!({
                "exit_code": { "type": "integer", "title": "Exit code" },
                "lines": {
                    "type": "array", "items": { "type": "string" }, "title": "Lines",
                    "description": "What it wrote to standard output.",
                },
                "text": { "type": "string", "title": "Output as text" },
                "json": { "title": "Output as data", "description": "Null where the output is no JSON." },
            }),
        ),
        credentials: vec![secret_port()],
        capability: local()
            .with(
                Verb::Preview,
                Support::partly("nobody can know what a program does before it runs."),
            )
            .with(
                Verb::Undo,
                Support::partly("it is undone by the program that the step names for it."),
            ),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how:
                "Its supervisor keeps its output and its end on disk, and they are taken up again."
                    .into(),
        },
        permissions: Vec::new(),
    };
    manifest(
        &Face {
            id: "command",
            label: "Command",
            summary: "Runs programs on this computer.",
            mark: "Cm",
            hue: 80,
            local: false,
        },
        vec![run],
    )
}

fn place(order: u8) -> Value {
    json!({
        "type": "string", "enum": ["sandbox", "workspace"], "default": "sandbox", "title": "Starts in",
        "description": "The sandbox is a folder for effects on this computer that belongs to the workspace and is not in git.",
        "x-podium-order": order, "x-podium-more": true,
    })
}

pub(crate) fn file() -> Manifest {
    let render = Operation {
        name: name("file/render"),
        title: "Write a file".into(),
        summary: "Fills a template with values and writes the file.".into(),
        input: object(
            &["to"],
            &json!({
                "template": {
                    "type": "string", "minLength": 1, "title": "Template",
                    "description": "A file in the workspace. `{{ name }}` in it is replaced by the value of that name.",
                    "x-podium-order": 1, "x-podium-kind": "file",
                },
                "text": {
                    "type": "string", "title": "Template as text",
                    "description": "The template itself. Give either this or the file.",
                    "x-podium-order": 2, "x-podium-kind": "multiline",
                },
                "to": {
                    "type": "string", "minLength": 1, "title": "Write to",
                    "description": "The file, inside the sandbox (or the workspace, see Starts in).",
                    "x-podium-order": 3, "x-podium-kind": "path",
                },
                "values": {
                    "type": "object", "default": {}, "title": "Values",
                    "description": "What stands for the names in the template. `{{ a.b }}` reaches inside. In .html, .xml and .svg files they are escaped; `{{ name | raw }}` is not.",
                    "x-podium-order": 4,
                },
                "place": place(5),
            }),
        ),
        output: object(
            &["path", "sha256", "bytes", "changed"],
            &json!({
                "path": { "type": "string", "title": "Path", "description": "The whole path on this computer." },
                "sha256": { "type": "string", "title": "Fingerprint" },
                "bytes": { "type": "integer", "title": "Size" },
                "changed": { "type": "boolean", "title": "Changed", "description": "False where the file already was so." },
            }),
        ),
        credentials: Vec::new(),
        capability: local().with(Verb::Drift, Support::Yes),
        writes: true,
        delivery: Delivery::Idempotent,
        permissions: Vec::new(),
    };
    manifest(
        &Face {
            id: "file",
            label: "File",
            summary: "Writes files on this computer, and puts the former ones back.",
            mark: "Fi",
            hue: 60,
            local: true,
        },
        vec![render],
    )
}

pub(crate) fn site() -> Manifest {
    let serve = Operation {
        name: name("site/serve"),
        title: "Serve a site".into(),
        summary: "Serves a folder as a web site on 127.0.0.1 until it is undone.".into(),
        input: object(
            &["directory"],
            &json!({
                "directory": {
                    "type": "string", "minLength": 1, "title": "Folder",
                    "description": "The folder with the pages, inside the sandbox (or the workspace, see Starts in).",
                    "x-podium-order": 1, "x-podium-kind": "directory",
                },
                "port": {
                    "type": "integer", "minimum": 0, "maximum": 65535, "default": 0, "title": "Port",
                    "description": "0 takes a free one.", "x-podium-order": 2,
                },
                "place": place(3),
            }),
        ),
        output: object(
            &["url", "port"],
            &json!({
                "url": { "type": "string", "format": "uri", "title": "Address" },
                "port": { "type": "integer", "title": "Port" },
            }),
        ),
        credentials: Vec::new(),
        capability: local().with(Verb::Drift, Support::Yes),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "The server writes its port and its name into the step's folder; it is found there and asked.".into(),
        },
        permissions: Vec::new(),
    };
    manifest(
        &Face {
            id: "site",
            label: "Site",
            summary: "Shows web pages on this computer.",
            mark: "Si",
            hue: 190,
            local: true,
        },
        vec![serve],
    )
}

pub(crate) fn wait() -> Manifest {
    let operation = |operation: &str, title: &str, summary: &str, field: &str, schema: Value| {
        let mut properties = serde_json::Map::new();
        properties.insert(field.to_owned(), schema);
        Operation {
            name: name(operation),
            title: title.into(),
            summary: summary.into(),
            input: object(&[field], &Value::Object(properties)),
            output: object(
                &["at"],
                &json!({ "at": {
                    "type": "string", "format": "date-time", "title": "Waited until",
                    "description": "RFC 3339, UTC.",
                } }),
            ),
            credentials: Vec::new(),
            capability: local(),
            writes: false,
            delivery: Delivery::Idempotent,
            permissions: Vec::new(),
        }
    };
    manifest(
        &Face {
            id: "wait",
            label: "Wait",
            summary: "Lets time pass; also across a restart.",
            mark: "Wa",
            hue: 20,
            local: true,
        },
        vec![
            operation(
                "wait/for",
                "Wait for a while",
                "Goes on after this time.",
                "duration",
                json!({
                    "type": "string", "pattern": r"^([0-9]+(ms|s|m|h|d))+$", "title": "How long",
                    "description": "For example 30s, 5m or 1h30m.",
                    "x-podium-order": 1, "x-podium-kind": "duration",
                }),
            ),
            operation(
                "wait/until",
                "Wait until a time",
                "Goes on at this moment, or at once when it has passed.",
                "time",
                json!({
                    "type": "string", "format": "date-time", "title": "Until",
                    "description": "RFC 3339 with a zone, for example 2030-01-31T18:00:00+01:00.",
                    "x-podium-order": 1,
                }),
            ),
        ],
    )
}

pub(crate) fn workflow() -> Manifest {
    const BY_THE_RUN: &str = "the steps of the called workflow run as steps of this run.";
    let call = Operation {
        name: name("workflow/call"),
        title: "Call a workflow".into(),
        summary: "Runs the steps of another workflow of this workspace here, as one step.".into(),
        input: marked(
            object(
                &["workflow"],
                &json!({
                    "workflow": {
                        "type": "string", "minLength": 1, "title": "Workflow",
                        "description": "The name of a file in workflows/, without .yaml.",
                        "x-podium-order": 1, "x-podium-discover": "workflows",
                    },
                    "inputs": {
                        "type": "object", "default": {}, "title": "Inputs",
                        "description": "What the other workflow asks for.", "x-podium-order": 2,
                    },
                    "version": {
                        "type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "title": "Version",
                        "description": "The content hash of its file; where it has changed since, nothing runs until somebody accepts it.",
                        "x-podium-order": 3,
                    },
                }),
            ),
            "x-podium-runs",
            "workflow",
        ),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {},
            "description": "The outputs of the called workflow.",
            "additionalProperties": true,
        }),
        credentials: Vec::new(),
        capability: local()
            .with(Verb::Run, Support::no(BY_THE_RUN))
            .with(Verb::Observe, Support::no(BY_THE_RUN))
            .with(Verb::Cancel, Support::no(BY_THE_RUN))
            .with(Verb::Undo, Support::no(BY_THE_RUN))
            .with(Verb::Preview, Support::no(BY_THE_RUN))
            .with(Verb::Discover, Support::Yes),
        writes: true,
        delivery: Delivery::EffectivelyOnce,
        permissions: Vec::new(),
    };
    manifest(
        &Face {
            id: "workflow",
            label: "Workflow",
            summary: "Puts workflows together from others.",
            mark: "Wf",
            hue: 280,
            local: true,
        },
        vec![call],
    )
}
