//! What Azure Automation is, as data.

mod starting;

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, Delivery, Manifest,
    Operation, Support, Verb, explanations,
};
use podium_model::OperationName;
use serde_json::{Map, Value, json};

use crate::operations::look_around::NEEDED;

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
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

/// Values by name.
fn map(title: &str, description: &str) -> Value {
    json!({
        "type": "object", "default": {}, "title": title, "description": description,
        "additionalProperties": true,
    })
}

/// Under More.
fn folded(mut field: Value) -> Value {
    field["x-podium-more"] = json!(true);
    field
}

fn run_on() -> Value {
    json!({
        "type": "string", "minLength": 1, "title": "Run on",
        "description": "A group of hybrid workers. In Azure itself where absent.",
        "x-podium-discover": "worker_groups",
    })
}

fn suspended() -> Value {
    json!({
        "type": "string", "enum": ["wait", "resume", "stop"], "default": "wait",
        "title": "When it is suspended",
        "description": "Wait until somebody resumes or stops it in Azure, resume it once, or stop it.",
    })
}

fn errors() -> Value {
    json!({
        "type": "string", "enum": ["warn", "fail"], "default": "warn",
        "title": "When it writes errors",
        "description": "A job can complete and have written errors: warn, or let the step fail.",
    })
}

fn group() -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": 90, "title": "Resource group",
        "description": "Of the account, where several accounts have one name.",
        "x-podium-discover": "resource_groups",
    })
}

fn subscription() -> Value {
    json!({
        "type": "string", "minLength": 1, "title": "Subscription",
        "description": "The subscription's id. That of the credential where absent.",
        "x-podium-discover": "subscriptions",
    })
}

fn input() -> Value {
    let properties = ordered(vec![
        (
            "account",
            json!({
                "type": "string", "minLength": 1, "maxLength": 256, "title": "Account",
                "description": "The automation account.", "x-podium-discover": "accounts",
            }),
        ),
        (
            "runbook",
            json!({
                "type": "string", "minLength": 1, "maxLength": 128, "title": "Runbook",
                "description": "The runbook's name.", "x-podium-discover": "runbooks",
            }),
        ),
        (
            "parameters",
            map(
                "Parameters",
                "What the runbook is given. Azure keeps them in the clear: for secrets pass the name of a credential or variable of the account.",
            ),
        ),
        ("run_on", run_on()),
        (
            "version",
            json!({
                "type": "string", "enum": ["published", "draft"], "default": "published", "title": "Version",
                "description": "The published text, or a test of the draft. A test really runs.",
            }),
        ),
        ("suspended", folded(suspended())),
        ("errors", folded(errors())),
        ("resource_group", folded(group())),
        ("subscription", folded(subscription())),
        (
            "undo_runbook",
            folded(json!({
                "type": "string", "minLength": 1, "maxLength": 128, "title": "Runbook that undoes",
                "description": "A published runbook of the same account that takes back what this one does. It is run by undo.",
                "x-podium-discover": "runbooks",
            })),
        ),
        (
            "undo_parameters",
            folded(map(
                "Parameters of the undo",
                "What the runbook that undoes is given.",
            )),
        ),
    ]);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["account", "runbook"],
        "additionalProperties": false,
        "properties": properties,
    })
}

/// What is known of a job, of which these are always there.
fn job_output(required: &[&str]) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": {
            "job": { "type": "string", "title": "Job", "description": "The job's id; empty for the test of a draft." },
            "url": { "type": "string", "format": "uri", "title": "Link", "description": "Where a person looks at it." },
            "status": { "type": "string", "title": "State", "description": "Azure's own word for how it ended." },
            "output": { "type": "string", "title": "Output", "description": "What it wrote into its output stream." },
            "result": { "title": "Result", "description": "The output as a value, where it is JSON; else null." },
            "errors": { "type": "integer", "title": "Errors", "description": "Records of its error stream." },
            "warnings": { "type": "integer", "title": "Warnings", "description": "Records of its warning stream." },
        },
    })
}

fn run_runbook() -> Operation {
    Operation {
        name: name("azure-automation/run-runbook"),
        title: "Run a runbook".into(),
        summary: "Runs a runbook of an automation account, in Azure or on a hybrid worker.".into(),
        input: input(),
        output: job_output(&["job", "url", "status", "output"]),
        credentials: vec![starting::azure_port(true, "The login at Azure")],
        capability: Capability::all()
            .with(
                Verb::Identify,
                Support::partly("a login in a browser cannot be asked for while a workflow runs; it is done before, with `podium credentials login`, and exchanged each time."),
            )
            .with(
                Verb::Preview,
                Support::partly("Azure Automation has no dry run; the runbook's text is read, and what it computes cannot be seen."),
            )
            .with(
                Verb::Cancel,
                Support::partly("the job is stopped, and what it did until then stays done."),
            )
            .with(
                Verb::Undo,
                Support::partly("Azure Automation cannot take a job back; where the step names a runbook that does, that one is run."),
            )
            .with(
                Verb::Drift,
                Support::no("Azure Automation keeps no record of what a runbook should have left."),
            ),
        writes: true,
        delivery: Delivery::EffectivelyOnce,
        permissions: NEEDED
            .into_iter()
            .chain([
                "Microsoft.Automation/automationAccounts/runbooks/content/read",
                "Microsoft.Automation/automationAccounts/jobs/streams/read",
                "Microsoft.Automation/automationAccounts/jobs/output/read",
                "Microsoft.Automation/automationAccounts/jobs/stop/action",
                "Microsoft.Automation/automationAccounts/jobs/resume/action",
                "Microsoft.Automation/automationAccounts/jobSchedules/read",
                "Microsoft.Automation/automationAccounts/webhooks/read",
            ])
            .map(String::from)
            .collect(),
    }
}

fn azure() -> CredentialKind {
    let field = |name: &str, label: &str, help: &str, secret, required| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    };
    CredentialKind {
        id: "azure".into(),
        label: "Azure identity".into(),
        fields: vec![
            field(
                "url",
                "Address",
                "`https://management.azure.com`, or that of another cloud of Azure.",
                false,
                true,
            ),
            field(
                "tenant",
                "Tenant",
                "The tenant's id, or one of its domains.",
                false,
                true,
            ),
            field(
                "client_id",
                "Application (client) id",
                "Of the app registration that acts.",
                false,
                true,
            ),
            field(
                "client_secret",
                "Client secret",
                "One of the app registration's secrets; leave empty with a certificate.",
                true,
                false,
            ),
            field(
                "certificate",
                "Certificate",
                "Certificate and private key as PEM in one text, in place of a client secret.",
                true,
                false,
            ),
            field(
                "refresh_token",
                "Refresh token",
                "Leave empty and log in: it comes from a login in a browser, in place of both, and is exchanged for each run. It ends after ninety days.",
                true,
                false,
            ),
            field(
                "subscription",
                "Subscription",
                "The id of the subscription; may be left empty where the identity sees only one.",
                false,
                false,
            ),
            field(
                "login_url",
                "Login address",
                "Leave empty: it follows from the address.",
                false,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "azure-automation".into(),
        label: "Azure Automation".into(),
        summary: "Runs scripts of PowerShell and Python beside what they care for.".into(),
        mark: "Az".into(),
        hue: 245,
        credentials: vec![azure(), starting::webhook()],
        operations: vec![
            run_runbook(),
            starting::call_webhook(),
            starting::schedule_runbook(),
        ],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec!["https://learn.microsoft.com/azure/automation/".into()],
        checked: vec![
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "azure-mgmt-automation 2.0.0".into(),
                by: "tests/referees/azure_automation_story.py".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "Operations and models of azure-mgmt-automation 2.0.0 (2024-10-23)".into(),
                by: "crates/connectors/azure_automation/tests/azure_automation/specification.rs".into(),
            },
        ],
        explained: explanations(include_str!("explained.json")),
        unconfirmed: vec![
            "The grammar of the filter for records of a stream is taken from Microsoft's clients; where it is refused, the whole list is read each time.".into(),
            "Whether a second request for a job that exists is harmless is not documented; the job is asked for first.".into(),
            "Where the summary of a record is cut off is not documented; a record without a summary, or with a long one, is fetched whole.".into(),
            "The portal's address of a job is taken from common use.".into(),
            "The form of the reply to the call of a webhook (`JobIds`) is known from Microsoft's pages alone; without it the call counts as accepted, and the job is not followed.".into(),
            "Whether Azure takes a change of a schedule that has begun by a second PUT was not tried; a refusal is told as it is.".into(),
            "Whether the list of job schedules leaves parameters out is not documented; each is read by itself.".into(),
            "How Azure takes lists and objects as parameters was not seen; they are sent as JSON.".into(),
            "The list of permissions is of the Resource Manager, and was not checked for automation accounts.".into(),
            "The form fields of a login by client secret, by refresh token and by a code (RFC 8628) are those of OAuth 2.0; they were not tried against Entra ID itself.".into(),
        ],
    }
}
