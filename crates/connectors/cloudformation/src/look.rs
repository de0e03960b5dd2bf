//! Verbs that only look: who, drift, choices, drawing, what goes on.

use std::time::Duration;

use podium_connector::{
    Choice, Context, Drawing, DrawnEdge, DrawnNode, Drift, DriftItem, Fact, Identity, Right,
    StepRequest, StillRunning,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::client::{Client, Does, pair};
use crate::config;
use crate::errors::INVALID;
use crate::operations::read_stack_set;
use crate::stack::Standing;
use crate::template::{DEPTH, NESTED};

/// Regions as of the endpoint rules of botocore 1.44, without the closed partitions.
const REGIONS: [&str; 31] = [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// What stands for a value that is shown to nobody.
const HIDDEN: &str = "(hidden)";

pub(crate) async fn identify(cx: &dyn Context, request: &StepRequest) -> Result<Identity> {
    let client = Client::new(cx, config::region(request))?;
    let reply = client.who().await?;
    let arn = reply.text("Arn");
    let user = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let user = user.strip_prefix("user/").unwrap_or(user);
    Ok(Identity {
        system: "aws".into(),
        facts: Fact::list([
            ("account", reply.text("Account")),
            ("user", user),
            ("region", &client.signer.region),
        ]),
        account: reply.text("Account").to_owned(),
        user: user.to_owned(),
        place: Some(match &client.signer.endpoint {
            Some(endpoint) => format!("{} at {endpoint}", client.signer.region),
            None => client.signer.region.clone(),
        }),
        expires: None,
    })
}

/// What can be told without writing: whether stacks may be looked at. What may be changed shows when it
/// is tried.
pub(crate) async fn rights(cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
    let client = Client::new(cx, config::region(request))?;
    let looked = client
        .ask("DescribeStacks", &Vec::new(), Does::Look)
        .await?;
    let held = match looked {
        Ok(_) => Some(true),
        Err(refusal) if refusal.is_denied() => Some(false),
        Err(_) => None,
    };
    let mut rights = vec![
        Right {
            what: "look at stacks".into(),
            held,
        },
        Right {
            what: "change stacks and what is in them".into(),
            held: None,
        },
    ];
    if let Some(bucket) = request.inputs.text("bucket") {
        rights.push(Right {
            what: format!(
                "put a long template into the bucket `{bucket}` and remove it again (s3:PutObject, s3:GetObject, s3:DeleteObject)"
            ),
            held: None,
        });
    }
    Ok(rights)
}

pub(crate) async fn drift(cx: &dyn Context, request: &StepRequest) -> Result<Drift> {
    let client = Client::new(cx, config::region(request))?;
    let name = request.inputs.text("stack").unwrap_or_default();
    let Some(stack) = client.living(name).await? else {
        return Ok(Drift {
            items: vec![DriftItem {
                kind: "AWS::CloudFormation::Stack".into(),
                name: name.to_owned(),
                expected: Value::from("there"),
                actual: Value::Null,
            }],
        });
    };
    // CloudFormation looks into no nested stack by itself; each is asked for.
    let mut items = Vec::new();
    let mut open = vec![(stack.id, String::new())];
    while let Some((id, path)) = open.pop() {
        detect(&client, &id).await?;
        items.extend(found(&client, &id, &path).await?);
        if path.matches('/').count() >= DEPTH {
            continue;
        }
        let nested = client.members(&id).await?.into_iter().filter(|member| {
            member.kind == NESTED
                && !member.physical.is_empty()
                && Standing::of(&member.status) != Standing::Gone
        });
        open.extend(nested.map(|member| (member.physical, format!("{path}{}/", member.id))));
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Drift { items })
}

/// Lets CloudFormation look for changes in one stack; it writes nothing but its own findings.
async fn detect(client: &Client<'_>, stack: &str) -> Result<()> {
    let cx = client.cx;
    let begun = client
        .call(
            "DetectStackDrift",
            &vec![pair("StackName", stack)],
            Does::Look,
        )
        .await?;
    let id = begun.text("StackDriftDetectionId").to_owned();
    let mut wait = 200;
    loop {
        let form = vec![pair("StackDriftDetectionId", &id)];
        let state = client
            .call("DescribeStackDriftDetectionStatus", &form, Does::Look)
            .await?;
        match state.text("DetectionStatus") {
            "DETECTION_COMPLETE" => return Ok(()),
            "DETECTION_FAILED" => {
                return Err(Error::new(
                    ErrorKind::Failed,
                    INVALID,
                    format!(
                        "CloudFormation could not look for changes: {}",
                        state.text("DetectionStatusReason")
                    ),
                )
                .with_hint("The identity may lack the right to read some of the resources."));
            }
            _ if cx.is_cancelled() => return Err(crate::changes::cancelled()),
            _ => {
                cx.sleep(Duration::from_millis(wait)).await;
                wait = (wait * 2).min(5_000);
            }
        }
    }
}

/// What the last look found in one stack.
async fn found(client: &Client<'_>, stack: &str, path: &str) -> Result<Vec<DriftItem>> {
    let pages = client
        .pages(
            "DescribeStackResourceDrifts",
            &vec![pair("StackName", stack)],
        )
        .await?;
    let properties = |text: Option<&str>| {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null)
    };
    Ok(pages
        .iter()
        .flat_map(|page| page.members("StackResourceDrifts"))
        .filter(|drift| {
            matches!(
                drift.text("StackResourceDriftStatus"),
                "MODIFIED" | "DELETED"
            )
        })
        .map(|drift| {
            let mut expected = properties(drift.get("ExpectedProperties"));
            let mut actual = match drift.text("StackResourceDriftStatus") {
                "DELETED" => Value::Null,
                _ => properties(drift.get("ActualProperties")),
            };
            only_different(&mut expected, &mut actual);
            hide(&mut expected, &mut actual);
            DriftItem {
                kind: drift.text("ResourceType").to_owned(),
                name: format!("{path}{}", drift.text("LogicalResourceId")),
                expected,
                actual,
            }
        })
        .collect())
}

/// Takes away what is the same on both sides.
fn only_different(expected: &mut Value, actual: &mut Value) {
    let (Value::Object(expected), Value::Object(actual)) = (expected, actual) else {
        return;
    };
    let same: Vec<String> = expected
        .iter()
        .filter(|(name, value)| actual.get(*name) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        expected.remove(&name);
        actual.remove(&name);
    }
}

/// Where the expected value is one that CloudFormation hides, the actual one may be the secret itself.
fn hide(expected: &mut Value, actual: &mut Value) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (name, expected) in expected {
                hide(expected, actual.get_mut(name).unwrap_or(&mut Value::Null));
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            for (at, expected) in expected.iter_mut().enumerate() {
                hide(expected, actual.get_mut(at).unwrap_or(&mut Value::Null));
            }
        }
        (expected @ Value::String(_), actual) => {
            let text = expected.as_str().unwrap_or_default();
            if text.contains("****") {
                *expected = Value::from(HIDDEN);
                if !actual.is_null() {
                    *actual = Value::from(HIDDEN);
                }
            }
        }
        _ => {}
    }
}

pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let choice = |text: &str| Choice {
        value: text.to_owned(),
        label: text.to_owned(),
    };
    match what {
        "regions" => Ok(Some(REGIONS.into_iter().map(choice).collect())),
        "stacks" => {
            let client = Client::new(cx, config::region(request))?;
            let pages = client.pages("ListStacks", &Vec::new()).await?;
            let mut names: Vec<&str> = pages
                .iter()
                .flat_map(|page| page.members("StackSummaries"))
                .filter(|stack| stack.text("StackStatus") != "DELETE_COMPLETE")
                .map(|stack| stack.text("StackName"))
                .collect();
            names.sort_unstable();
            names.dedup();
            Ok(Some(names.into_iter().map(choice).collect()))
        }
        "buckets" => {
            let client = Client::new(cx, config::region(request))?;
            let mut names = client.buckets().await?;
            names.sort_unstable();
            Ok(Some(names.iter().map(|name| choice(name)).collect()))
        }
        "stack-sets" => {
            let client = Client::new(cx, config::region(request))?;
            read_stack_set::choices(&client, request).await.map(Some)
        }
        "stuck-resources" => {
            let client = Client::new(cx, config::region(request))?;
            let Some(name) = request.inputs.text("stack") else {
                return Ok(Some(Vec::new()));
            };
            let members = client.members(name).await?;
            let stuck = members.iter().filter(|one| one.status.ends_with("_FAILED"));
            Ok(Some(stuck.map(|member| choice(&member.id)).collect()))
        }
        _ => Ok(None),
    }
}

pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let template = if let Some(input) = request.inputs.get("template") {
        config::template(cx, input)?
    } else {
        let client = Client::new(cx, config::region(request))?;
        let name = request.inputs.text("stack").unwrap_or_default();
        crate::template::Template::parse(client.original(name).await?, name)?
    };
    let resources = template.resources();
    Ok(Drawing {
        edges: resources
            .iter()
            .flat_map(|resource| {
                resource.after.iter().map(|before| DrawnEdge {
                    from: before.clone(),
                    to: resource.id.clone(),
                })
            })
            .collect(),
        nodes: resources
            .into_iter()
            .map(|resource| DrawnNode {
                name: resource.id.clone(),
                id: resource.id,
                kind: resource.kind,
            })
            .collect(),
    })
}

pub(crate) async fn still_running(cx: &dyn Context, request: &StepRequest) -> Result<StillRunning> {
    let client = Client::new(cx, config::region(request))?;
    let name = request
        .remote
        .as_deref()
        .or(request.inputs.text("stack"))
        .unwrap_or_default();
    let Some(stack) = client.living(name).await? else {
        return Ok(StillRunning::default());
    };
    if stack.standing() != Standing::Running {
        return Ok(StillRunning::default());
    }
    let name = &stack.name;
    let words = match stack.status.as_str() {
        "DELETE_IN_PROGRESS" => format!("CloudFormation goes on deleting the stack `{name}`."),
        "REVIEW_IN_PROGRESS" => {
            format!("The stack `{name}` is a name with nothing behind it; Undo removes it.")
        }
        status if status.contains("ROLLBACK") => {
            format!("CloudFormation goes on rolling the stack `{name}` back.")
        }
        status => format!("CloudFormation goes on working on the stack `{name}` ({status})."),
    };
    Ok(StillRunning { what: vec![words] })
}
