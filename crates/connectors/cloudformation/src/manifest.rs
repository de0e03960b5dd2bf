//! What CloudFormation is, as data.

mod upkeep;

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb,
};
use podium_model::OperationName;
use serde_json::{Value, json};

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

fn aws_port() -> CredentialPort {
    CredentialPort {
        name: "aws".into(),
        kind: "aws".into(),
        required: true,
        title: "The AWS account".into(),
    }
}

fn stack() -> Value {
    json!({
        "type": "string", "pattern": "^[a-zA-Z][-a-zA-Z0-9]{0,127}$", "title": "Stack",
        "description": "The stack's name: letters, digits and hyphens, beginning with a letter.",
        "x-podium-order": 1, "x-podium-discover": "stacks",
    })
}

fn region() -> Value {
    json!({
        "type": "string", "pattern": "^[a-z]{2}(-[a-z]+)+-[0-9]+$", "title": "Region",
        "description": "Where the stack lives. The credential's region where absent.",
        "x-podium-order": 10, "x-podium-discover": "regions", "x-podium-more": true,
        "x-podium-kind": "region",
    })
}

fn role() -> Value {
    json!({
        "type": "string", "pattern": "^arn:", "title": "Service role",
        "description": "ARN of the role that CloudFormation takes on for this stack.",
        "x-podium-order": 12, "x-podium-more": true,
    })
}

fn bucket(why: &str) -> Value {
    json!({
        "type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "title": "Bucket",
        "description": format!("{why} A bucket of the account, in the stack's region; the template lies there for as long as it is worked on."),
        "x-podium-order": 14, "x-podium-discover": "buckets", "x-podium-more": true,
    })
}

fn prefix() -> Value {
    json!({
        "type": "string", "maxLength": 512, "title": "Prefix in the bucket",
        "description": "What stands before the template's name there, like a folder: `podium/templates`.",
        "x-podium-order": 15, "x-podium-more": true,
    })
}

/// What a long template needs beside.
const BUCKET_RIGHTS: [&str; 5] = [
    "s3:ListAllMyBuckets",
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
];

fn deploy() -> Operation {
    Operation {
        name: name("cloudformation/deploy"),
        title: "Deploy a stack".into(),
        summary: "Creates the stack, or updates it, from a template.".into(),
        input: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["stack", "template"],
            "additionalProperties": false,
            "properties": {
                "stack": stack(),
                "template": {
                    "type": ["string", "object"], "title": "Template",
                    "description": "A YAML or JSON file in the workspace, or the template itself as an object.",
                    "x-podium-order": 2, "x-podium-kind": "file",
                },
                "parameters": {
                    "type": "object", "title": "Parameters", "default": {},
                    "description": "Values for the template's parameters. A list is joined by commas. For secrets use the credential ports `secrets.NAME`.",
                    "additionalProperties": {
                        "type": ["string", "number", "boolean", "array"],
                        "items": { "type": ["string", "number", "boolean"] },
                    },
                    "x-podium-order": 3,
                },
                "capabilities": {
                    "type": "array", "uniqueItems": true, "default": [], "title": "Capabilities",
                    "items": { "type": "string", "enum": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"] },
                    "description": "What the template is allowed to do beyond plain resources: make identities, make named ones, use macros.",
                    "x-podium-order": 4,
                },
                "tags": {
                    "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] },
                    "default": {}, "title": "Tags", "description": "Put on the stack and on all it makes.",
                    "x-podium-order": 5, "x-podium-more": true,
                },
                "region": region(),
                "on_failure": {
                    "type": "string", "enum": ["rollback", "delete", "keep"], "default": "rollback",
                    "title": "When it fails",
                    "description": "Take back what was done, delete a new stack altogether, or keep everything to look at it.",
                    "x-podium-order": 11, "x-podium-more": true,
                },
                "role": role(),
                "timeout": {
                    "type": "integer", "minimum": 1, "title": "Give up after",
                    "description": "Minutes after which the deployment is called off and rolled back.",
                    "x-podium-order": 13, "x-podium-more": true,
                },
                "bucket": bucket("Needed for a template of more than 51,200 bytes, which CloudFormation reads from there."),
                "prefix": prefix(),
            },
        }),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["stack_id"],
            "properties": {
                "stack_id": { "type": "string", "title": "Stack id", "description": "The stack's ARN." },
            },
            "additionalProperties": true,
        }),
        credentials: vec![
            aws_port(),
            CredentialPort {
                name: "secrets.*".into(),
                kind: "secret".into(),
                required: false,
                title: "Values of parameters that are marked NoEcho".into(),
            },
        ],
        capability: Capability::all()
            .with(
                Verb::Preview,
                Support::partly("a change set does not look inside custom resources, and does not check quotas or rights."),
            )
            .with(
                Verb::Cancel,
                Support::partly("an update is rolled back, and a stack that is being created is deleted; a clean-up that has begun goes on."),
            )
            .with(
                Verb::Undo,
                Support::partly("data in a deleted resource is lost, a resource that was replaced comes back new and empty, and a nested stack gets the template that lies at its address by then."),
            ),
        writes: true,
        delivery: Delivery::EffectivelyOnce,
        permissions: [
            "sts:GetCallerIdentity",
            "cloudformation:CreateChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackEvents",
            "cloudformation:ListStackResources",
            "cloudformation:GetTemplate",
            "cloudformation:CancelUpdateStack",
            "cloudformation:DeleteStack",
            "cloudformation:ListStacks",
            "cloudformation:DetectStackDrift",
            "cloudformation:DescribeStackDriftDetectionStatus",
            "cloudformation:DescribeStackResourceDrifts",
        ]
        .into_iter()
        .chain(BUCKET_RIGHTS)
        .map(String::from)
        .collect(),
    }
}

fn delete() -> Operation {
    Operation {
        name: name("cloudformation/delete"),
        title: "Delete a stack".into(),
        summary: "Deletes the stack and all that it made.".into(),
        input: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["stack"],
            "additionalProperties": false,
            "properties": {
                "stack": stack(), "region": region(), "role": role(),
                "bucket": bucket("Needed so that Undo can make a stack anew whose template has more than 51,200 bytes."),
                "prefix": prefix(),
            },
        }),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["deleted"],
            "properties": {
                "stack_id": { "type": "string", "title": "Stack id", "description": "The stack's ARN; absent where there was none." },
                "deleted": { "type": "boolean", "title": "Deleted", "description": "False where there was no such stack." },
            },
            "additionalProperties": false,
        }),
        credentials: vec![aws_port()],
        capability: Capability::all()
            .with(
                Verb::Cancel,
                Support::no("a deletion that CloudFormation has begun cannot be stopped."),
            )
            .with(
                Verb::Undo,
                Support::partly(
                    "the stack is made anew from its template; what the resources held is gone.",
                ),
            )
            .with(Verb::Drift, Support::no("a deleted stack has no drift.")),
        writes: true,
        delivery: Delivery::EffectivelyOnce,
        permissions: [
            "sts:GetCallerIdentity",
            "cloudformation:DescribeStacks",
            "cloudformation:ListStackResources",
            "cloudformation:DescribeStackEvents",
            "cloudformation:GetTemplate",
            "cloudformation:DeleteStack",
            "cloudformation:ListStacks",
        ]
        .into_iter()
        .chain(BUCKET_RIGHTS)
        .map(String::from)
        .collect(),
    }
}

fn aws() -> CredentialKind {
    let field = |name: &str, label: &str, help: &str, secret, required| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    };
    CredentialKind {
        id: "aws".into(),
        label: "AWS account".into(),
        fields: vec![
            field(
                "access_key_id",
                "Access key id",
                "It begins with AKIA, or with ASIA when it is temporary.",
                false,
                true,
            ),
            field(
                "secret_access_key",
                "Secret access key",
                "It was shown once, when the key was made.",
                true,
                true,
            ),
            field(
                "session_token",
                "Session token",
                "For temporary keys only.",
                true,
                false,
            ),
            field(
                "region",
                "Region",
                "For example `eu-central-1`.",
                false,
                true,
            ),
            field(
                "endpoint_url",
                "Endpoint",
                "Leave empty for AWS itself; the address of a VPC endpoint or of a test server.",
                false,
                false,
            ),
            podium_rest::authority_field(),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "cloudformation".into(),
        label: "CloudFormation".into(),
        summary: "Makes AWS resources from templates, as stacks.".into(),
        mark: "Cf".into(),
        hue: 350,
        credentials: vec![aws()],
        operations: vec![
            deploy(),
            delete(),
            upkeep::continue_rollback(),
            upkeep::read_stack_set(),
        ],
        tools: Vec::new(),
        helpers: Vec::new(),
        local: false,
        links: vec![
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html".into(),
        ],
        checked: vec![
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "MiniStack 1.5.33, an AWS API server of others, not AWS".into(),
                by: "crates/connectors/cloudformation/tests/cloudformation/real.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "MiniStack 1.5.33, told all sentences of the contract".into(),
                by: "tests/contract/cloudformation/real.rs".into(),
            },
            Checked {
                against: CheckedAgainst::VendorClient,
                what: "boto3 1.43.106".into(),
                by: "tests/journeys/nine.rs".into(),
            },
            Checked {
                against: CheckedAgainst::VendorSpecification,
                what: "service-2.json of botocore 1.44.5 (2010-05-15)".into(),
                by: "crates/connectors/cloudformation/tests/cloudformation/specification.rs".into(),
            },
        ],
        explained: crate::explained::list().to_vec(),
        unconfirmed: vec![
            "The text by which CloudFormation says that a change set is empty was not seen from the live service; it is matched loosely.".into(),
            "How a change set with nested ones fails when one of those has no changes, and which words name it, was not seen from the live service; the nested reason is read where the reply names a change set.".into(),
            "That a deleted change set with nested ones is listed as DELETE_… until it is gone is the vendor's documentation and was not seen.".into(),
            "The console's address of a stack is taken from common use.".into(),
            "CloudFormation gives the value of a NoEcho parameter back as asterisks; the former value is asked for by UsePreviousValue.".into(),
        ],
    }
}
