//! `cloudformation/read-stack-set`.
//!
//! Effect class: none. A stack set and its stacks in many accounts and regions, as outputs.

use podium_connector::{
    Action, Change, Choice, Confidence, Context, Drawing, DrawnEdge, DrawnNode, Outcome,
    StepPreview, StepRequest, Undo, UndoClass,
};
use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use crate::client::{Client, Does, Form, pair};
use crate::config::{self, ReadSet};
use crate::errors::INVALID;
use crate::xml::Node;

/// The kind, as templates call it.
const KIND: &str = "AWS::CloudFormation::StackSet";
/// Most stacks that are read one by one.
const MOST: usize = 5_000;

/// A stack set and its stacks.
struct Found {
    set: Map<String, Value>,
    instances: Vec<Value>,
}

fn called_by(delegated: bool) -> Form {
    if delegated {
        vec![pair("CallAs", "DELEGATED_ADMIN")]
    } else {
        Vec::new()
    }
}

fn texts(node: &Node, path: &str) -> Vec<String> {
    node.members(path)
        .map(|member| member.text.clone())
        .collect()
}

async fn read(client: &Client<'_>, config: &ReadSet) -> Result<Found> {
    let mut form = vec![pair("StackSetName", &config.stack_set)];
    form.extend(called_by(config.delegated));
    let reply = match client.ask("DescribeStackSet", &form, Does::Look).await? {
        Ok(reply) => reply,
        Err(refusal) if refusal.code.starts_with("StackSetNotFound") => {
            return Err(Error::new(
                ErrorKind::NotFound,
                INVALID,
                format!("There is no stack set `{}` in this region.", config.stack_set),
            )
            .with_hint("Stack sets are seen in the region and the account that administer them; choose one of the list, or set `delegated` where this account is a delegated administrator."));
        }
        Err(refusal) => return Err(refusal.error("DescribeStackSet")),
    };
    let set = reply.at("StackSet").cloned().unwrap_or_default();
    let pages = client.pages("ListStackInstances", &form).await?;
    let mut instances: Vec<Value> = pages
        .iter()
        .flat_map(|page| page.members("Summaries"))
        .take(MOST)
        .map(instance)
        .collect();
    let key = |value: &Value| format!("{} {}", value["account"], value["region"]);
    instances.sort_by_key(key);
    let parameters: Map<String, Value> = set
        .members("Parameters")
        .map(|one| {
            let value = match one.text("ParameterValue") {
                hidden if hidden.starts_with("****") => "(hidden)",
                value => value,
            };
            (one.text("ParameterKey").to_owned(), Value::from(value))
        })
        .collect();
    let count = |status: &str| {
        instances
            .iter()
            .filter(|instance| instance["status"] == status)
            .count()
    };
    let list = |key: &str| {
        let mut all: Vec<&str> = instances
            .iter()
            .filter_map(|one| one[key].as_str())
            .collect();
        all.sort_unstable();
        all.dedup();
        json!(all)
    };
    let set = json!({
        "stack_set_id": set.text("StackSetId"),
        "name": set.text("StackSetName"),
        "status": set.text("Status"),
        "description": set.text("Description"),
        "permissions": set.text("PermissionModel"),
        "drift": set.get("StackSetDriftDetectionDetails/DriftStatus").unwrap_or("NOT_CHECKED"),
        "parameters": parameters,
        "organizational_units": texts(&set, "OrganizationalUnitIds"),
        "accounts": list("account"),
        "regions": list("region"),
        "current": count("CURRENT"),
        "outdated": count("OUTDATED"),
        "inoperable": count("INOPERABLE"),
    });
    let Value::Object(set) = set else {
        return Ok(Found {
            set: Map::new(),
            instances,
        });
    };
    Ok(Found { set, instances })
}

fn instance(node: &Node) -> Value {
    json!({
        "account": node.text("Account"),
        "region": node.text("Region"),
        "status": node.text("Status"),
        "detail": node.text("StackInstanceStatus/DetailedStatus"),
        "reason": node.text("StatusReason"),
        "stack_id": node.text("StackId"),
        "drift": node.get("DriftStatus").unwrap_or("NOT_CHECKED"),
    })
}

fn outputs(found: Found) -> Map<String, Value> {
    let mut outputs = found.set;
    outputs.insert("instances".into(), Value::Array(found.instances));
    outputs
}

pub(crate) fn undo() -> Undo {
    Undo {
        class: UndoClass::Automatic,
        because: Some("It only looks.".into()),
    }
}

/// Taking it back.
pub(crate) fn nothing() -> StepPreview {
    StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: Vec::new(),
        undo: undo(),
        outputs: Map::new(),
        notes: vec!["It only looked; there is nothing to take back.".into()],
    }
}

pub(crate) async fn preview(cx: &dyn Context, request: &StepRequest) -> Result<StepPreview> {
    if request
        .inputs
        .is_unknown_in(&["/stack_set", "/region", "/delegated"])
    {
        return Ok(StepPreview::unknown(
            format!(
                "Which stack set it is, is known only after {}.",
                request.waits_for()
            ),
            undo(),
        ));
    }
    let config: ReadSet = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    let found = read(&client, &config).await?;
    let number = |key: &str| found.set.get(key).and_then(Value::as_u64).unwrap_or(0);
    let mut notes = Vec::new();
    for (key, words) in [
        ("outdated", "not up to date with their stack set"),
        (
            "inoperable",
            "left in an unstable state by a deletion that failed",
        ),
    ] {
        if number(key) > 0 {
            notes.push(format!("{} of its stacks are {words}.", number(key)));
        }
    }
    Ok(StepPreview {
        confidence: Confidence::Exact,
        because: None,
        changes: vec![Change {
            action: Action::Read,
            kind: KIND.into(),
            name: config.stack_set,
            before: Value::Null,
            after: json!({
                "status": found.set.get("status"),
                "stacks": found.instances.len(),
                "accounts": found.set.get("accounts"),
                "regions": found.set.get("regions"),
            }),
            stateful: false,
            confidence: None,
            because: None,
        }],
        undo: undo(),
        outputs: outputs(found),
        notes,
    })
}

pub(crate) async fn run(cx: &dyn Context, request: &StepRequest) -> Result<Outcome> {
    let config: ReadSet = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    Ok(Outcome {
        outputs: outputs(read(&client, &config).await?),
        ..Outcome::default()
    })
}

/// The stack sets of this account and region.
pub(crate) async fn choices(client: &Client<'_>, request: &StepRequest) -> Result<Vec<Choice>> {
    let delegated = request.inputs.get("delegated") == Some(&Value::Bool(true));
    let mut form = vec![pair("Status", "ACTIVE")];
    form.extend(called_by(delegated));
    let pages = client.pages("ListStackSets", &form).await?;
    let mut choices: Vec<Choice> = pages
        .iter()
        .flat_map(|page| page.members("Summaries"))
        .map(|set| Choice {
            value: set.text("StackSetName").to_owned(),
            label: match set.get("Description") {
                Some(words) => format!("{}: {words}", set.text("StackSetName")),
                None => set.text("StackSetName").to_owned(),
            },
        })
        .collect();
    choices.sort_by(|a, b| a.value.cmp(&b.value));
    Ok(choices)
}

/// The set, and the stacks that hang from it.
pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let config: ReadSet = request.inputs.read()?;
    let client = Client::new(cx, config::region(request))?;
    let found = read(&client, &config).await?;
    let mut drawing = Drawing {
        nodes: vec![DrawnNode {
            id: config.stack_set.clone(),
            kind: KIND.into(),
            name: config.stack_set.clone(),
        }],
        edges: Vec::new(),
    };
    for one in &found.instances {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        let id = format!("{}/{}", text("account"), text("region"));
        drawing.edges.push(DrawnEdge {
            from: config.stack_set.clone(),
            to: id.clone(),
        });
        drawing.nodes.push(DrawnNode {
            name: id.clone(),
            id,
            kind: "AWS::CloudFormation::Stack".into(),
        });
    }
    Ok(drawing)
}
