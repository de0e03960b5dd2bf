//! The operations that let something else start a runbook: a webhook, a schedule.

use podium_connector::{
    Capability, CredentialField, CredentialKind, CredentialPort, Delivery, Operation, Support, Verb,
};
use serde_json::{Value, json};

use super::{folded, group, map, name, ordered, run_on, subscription};
use crate::operations::look_around::{NEEDED, SCHEDULING};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The login at Azure.
pub(super) fn azure_port(required: bool, title: &str) -> CredentialPort {
    CredentialPort {
        name: "azure".into(),
        kind: "azure".into(),
        required,
        title: title.into(),
    }
}

/// A text of up to so many characters.
fn line(title: &str, description: &str, most: u32, discover: Option<&str>) -> Value {
    let mut field = json!({
        "type": "string", "minLength": 1, "maxLength": most, "title": title, "description": description,
    });
    if let Some(discover) = discover {
        field["x-podium-discover"] = json!(discover);
    }
    field
}

fn moment(title: &str, description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "title": title, "description": description })
}

pub(super) fn call_webhook() -> Operation {
    let properties = ordered(vec![
        (
            "body",
            map(
                "Body",
                "What is sent. The runbook reads it as `WebhookData.RequestBody`. Azure keeps it in the clear.",
            ),
        ),
        (
            "account",
            line(
                "Account",
                "The automation account, to follow the job there; needs a login at Azure. Without it the step ends once the call is accepted.",
                256,
                Some("accounts"),
            ),
        ),
        (
            "webhook",
            line(
                "Webhook",
                "Its name in the account, to see beforehand which runbook it starts.",
                128,
                Some("webhooks"),
            ),
        ),
        ("suspended", folded(super::suspended())),
        ("errors", folded(super::errors())),
        ("resource_group", folded(group())),
        ("subscription", folded(subscription())),
    ]);
    let none = |why: &str| Support::no(why);
    Operation {
        name: name("azure-automation/call-webhook"),
        title: "Call a webhook".into(),
        summary: "Starts a runbook by its webhook, whose address is a secret of its own.".into(),
        input: json!({
            "$schema": DRAFT, "type": "object", "additionalProperties": false, "properties": properties,
        }),
        output: super::job_output(&["job", "status"]),
        credentials: vec![
            CredentialPort {
                name: "webhook".into(),
                kind: "azure-webhook".into(),
                required: true,
                title: "The address of the webhook".into(),
            },
            azure_port(false, "The login at Azure, to follow the job"),
        ],
        capability: Capability::all()
            .with(
                Verb::Identify,
                Support::partly("whoever has the address of a webhook may call it; it names nobody."),
            )
            .with(
                Verb::Preview,
                Support::partly("an address does not say which runbook it starts; with the account, the webhook's name and a login the runbook's text is read."),
            )
            .with(
                Verb::Observe,
                Support::partly("a webhook takes no key: where the reply to the call is lost, a person is asked whether it started."),
            )
            .with(
                Verb::Cancel,
                Support::partly("the job is stopped where it is followed, and what it did until then stays done."),
            )
            .with(
                Verb::Verify,
                none("a call that was accepted leaves nothing to look at; a job that was followed has ended."),
            )
            .with(Verb::Undo, none("Azure Automation cannot take a job back."))
            .with(
                Verb::Drift,
                none("Azure Automation keeps no record of what a runbook should have left."),
            )
            .with(
                Verb::Draw,
                none("the address of a webhook does not say which runbook it starts."),
            ),
        writes: true,
        delivery: Delivery::AtMostOnce,
        permissions: NEEDED
            .into_iter()
            .filter(|right| !right.ends_with("jobs/write"))
            .map(|right| format!("{right} (to follow the job)"))
            .collect(),
    }
}

pub(super) fn schedule_runbook() -> Operation {
    let every = json!({
        "type": "string", "enum": ["once", "minute", "hour", "day", "week", "month"], "default": "day",
        "title": "Every", "description": "How often it runs, from the start on.",
    });
    let interval = json!({
        "type": "integer", "minimum": 1, "maximum": 255, "default": 1, "title": "Interval",
        "description": "2 with `week` is every second week.",
    });
    let week_days = json!({
        "type": "array", "default": [], "uniqueItems": true, "title": "Days of the week",
        "description": "Only with `week`.",
        "items": { "type": "string", "title": "Day", "description": "A day of the week.",
            "enum": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] },
    });
    let month_days = json!({
        "type": "array", "default": [], "uniqueItems": true, "title": "Days of the month",
        "description": "Only with `month`; -1 is the last one.",
        "items": { "type": "integer", "minimum": -1, "maximum": 31, "title": "Day", "description": "A day of the month." },
    });
    let properties = ordered(vec![
        (
            "account",
            line("Account", "The automation account.", 256, Some("accounts")),
        ),
        (
            "runbook",
            line("Runbook", "The runbook's name.", 128, Some("runbooks")),
        ),
        (
            "schedule",
            line(
                "Schedule",
                "The schedule's name. One that is there is changed, for every runbook that it starts.",
                128,
                Some("schedules"),
            ),
        ),
        (
            "start",
            moment(
                "Start",
                "When it runs first, with its offset: `2026-03-01T22:00:00+01:00`. Five minutes from now at the earliest.",
            ),
        ),
        ("every", every),
        ("interval", interval),
        ("week_days", week_days),
        ("month_days", month_days),
        (
            "time_zone",
            json!({
                "type": "string", "minLength": 1, "default": "UTC", "title": "Time zone",
                "description": "Its summer time counts: `Europe/Berlin`.",
            }),
        ),
        (
            "parameters",
            map(
                "Parameters",
                "What the runbook is given each time. Azure keeps them in the clear.",
            ),
        ),
        ("run_on", run_on()),
        ("ends", folded(moment("End", "When it runs no more."))),
        (
            "description",
            folded(json!({
                "type": "string", "maxLength": 512, "title": "Description", "description": "For people who see it in Azure.",
            })),
        ),
        ("resource_group", folded(group())),
        ("subscription", folded(subscription())),
    ]);
    let output = |title: &str, description: &str| json!({ "type": "string", "title": title, "description": description });
    let mut url = output("Link", "Where a person looks at it.");
    url["format"] = json!("uri");
    Operation {
        name: name("azure-automation/schedule-runbook"),
        title: "Schedule a runbook".into(),
        summary: "Makes a schedule of an automation account and ties it to a runbook.".into(),
        input: json!({
            "$schema": DRAFT, "type": "object", "additionalProperties": false, "properties": properties,
            "required": ["account", "runbook", "schedule", "start"],
        }),
        output: json!({
            "$schema": DRAFT, "type": "object", "additionalProperties": false,
            "required": ["schedule", "link", "next_run", "url"],
            "properties": {
                "schedule": output("Schedule", "The schedule's name."),
                "link": output("Link's id", "The id of the link between schedule and runbook."),
                "next_run": output("Next run", "When Azure runs it next; empty where it does not."),
                "url": url,
            },
        }),
        credentials: vec![azure_port(true, "The login at Azure")],
        capability: Capability::all()
            .with(
                Verb::Preview,
                Support::partly("Azure has no dry run; it is compared with what stands in the account."),
            )
            .with(
                Verb::Undo,
                Support::partly("the schedule is deleted, or put back as it was from its next moment on; runs that it started stay done."),
            ),
        writes: true,
        delivery: Delivery::Idempotent,
        permissions: SCHEDULING
            .into_iter()
            .chain([
                "Microsoft.Automation/automationAccounts/schedules/delete",
                "Microsoft.Automation/automationAccounts/jobSchedules/delete",
            ])
            .map(String::from)
            .collect(),
    }
}

/// The address of a webhook, as a credential.
pub(super) fn webhook() -> CredentialKind {
    CredentialKind {
        id: "azure-webhook".into(),
        label: "Azure webhook".into(),
        fields: vec![
            CredentialField {
                name: "uri".into(),
                label: "Address".into(),
                help: "The whole address, as Azure shows it once when the webhook is made. Whoever has it may start the runbook.".into(),
                secret: true,
                required: true,
            },
            podium_rest::authority_field(),
        ],
    }
}
