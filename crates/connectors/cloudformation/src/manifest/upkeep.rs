//! The operations beside making and deleting: getting a stack unstuck, reading a stack set.

use podium_connector::{Capability, Delivery, Operation, Support, Verb};
use serde_json::json;

use super::{aws_port, name, region, role, stack};

pub(super) fn continue_rollback() -> Operation {
    Operation {
        name: name("cloudformation/continue-rollback"),
        title: "Bring a stuck stack back".into(),
        summary: "Takes a stack whose update failed, or whose way back failed, to its last good state.".into(),
        input: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["stack"],
            "additionalProperties": false,
            "properties": {
                "stack": stack(),
                "skip": {
                    "type": "array", "uniqueItems": true, "default": [], "title": "Resources to skip",
                    "items": { "type": "string", "pattern": "^([a-zA-Z0-9]+|[a-zA-Z][-a-zA-Z0-9]*\\.[a-zA-Z0-9]+)$" },
                    "description": "Resources that cannot be brought back: they stay as they are and count as done. One of a nested stack is written `StackName.Resource`.",
                    "x-podium-order": 2, "x-podium-discover": "stuck-resources",
                },
                "region": region(),
                "role": role(),
            },
        }),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["stack_id", "continued"],
            "properties": {
                "stack_id": { "type": "string", "title": "Stack id", "description": "The stack's ARN." },
                "status": { "type": "string", "title": "Status", "description": "The stack's status at the end, in CloudFormation's word." },
                "continued": { "type": "boolean", "title": "Continued", "description": "False where the stack was in order." },
            },
            "additionalProperties": false,
        }),
        credentials: vec![aws_port()],
        capability: Capability::all()
            .with(
                Verb::Preview,
                Support::partly("CloudFormation has no preview of a way back; the resources that hold it up are told, with the reason of each."),
            )
            .with(
                Verb::Cancel,
                Support::no("a way back that CloudFormation has begun cannot be stopped."),
            )
            .with(
                Verb::Undo,
                Support::no("it ends a deployment that failed; the half-done state before is of no use."),
            ),
        writes: true,
        delivery: Delivery::EffectivelyOnce,
        permissions: [
            "sts:GetCallerIdentity",
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackEvents",
            "cloudformation:ListStackResources",
            "cloudformation:ContinueUpdateRollback",
            "cloudformation:RollbackStack",
            "cloudformation:ListStacks",
            "cloudformation:GetTemplate",
        ]
        .map(String::from)
        .to_vec(),
    }
}

pub(super) fn read_stack_set() -> Operation {
    let text = |title: &str| json!({ "type": "string", "title": title });
    let texts =
        |title: &str| json!({ "type": "array", "items": { "type": "string" }, "title": title });
    let number = |title: &str| json!({ "type": "integer", "title": title });
    Operation {
        name: name("cloudformation/read-stack-set"),
        title: "Read a stack set".into(),
        summary: "Tells a stack set's state and its stacks in all accounts and regions.".into(),
        input: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["stack_set"],
            "additionalProperties": false,
            "properties": {
                "stack_set": {
                    "type": "string", "minLength": 1, "maxLength": 256, "title": "Stack set",
                    "description": "The stack set's name or id.",
                    "x-podium-order": 1, "x-podium-discover": "stack-sets",
                },
                "delegated": {
                    "type": "boolean", "default": false, "title": "As delegated administrator",
                    "description": "For an account that administers stack sets of an organisation without being its management account.",
                    "x-podium-order": 9, "x-podium-more": true,
                },
                "region": region(),
            },
        }),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["stack_set_id", "instances"],
            "properties": {
                "stack_set_id": text("Stack set id"),
                "name": text("Name"),
                "status": text("Status"),
                "description": text("Description"),
                "permissions": text("Who gives the rights: SELF_MANAGED or SERVICE_MANAGED"),
                "drift": text("What the last search for drift found"),
                "parameters": { "type": "object", "title": "Parameters", "additionalProperties": { "type": "string" } },
                "organizational_units": texts("Organisational units"),
                "accounts": texts("Accounts"),
                "regions": texts("Regions"),
                "current": number("Stacks that are up to date"),
                "outdated": number("Stacks that are not up to date"),
                "inoperable": number("Stacks in an unstable state"),
                "instances": {
                    "type": "array", "title": "Its stacks",
                    "items": {
                        "type": "object",
                        "properties": {
                            "account": text("Account"), "region": text("Region"),
                            "status": text("Status"), "detail": text("What the last operation came to"),
                            "reason": text("Why"), "stack_id": text("Stack id"), "drift": text("Drift"),
                        },
                    },
                },
            },
            "additionalProperties": false,
        }),
        credentials: vec![aws_port()],
        capability: Capability::all().with(
            Verb::Drift,
            Support::no("looking for drift is an operation on the whole stack set, which Podium does not start; what AWS found last stands in the output `drift`."),
        ),
        writes: false,
        delivery: Delivery::Idempotent,
        permissions: [
            "sts:GetCallerIdentity",
            "cloudformation:DescribeStackSet",
            "cloudformation:ListStackInstances",
            "cloudformation:ListStackSets",
        ]
        .map(String::from)
        .to_vec(),
    }
}
