//! The graph of a template: the nodes of a workflow, or what a job template is made of.

use std::collections::BTreeMap;

use podium_connector::{Context, Drawing, DrawnEdge, DrawnNode, StepRequest};
use podium_diagnostics::Result;
use serde_json::Value;

use crate::client::{Awx, number, text};
use crate::config::{self, Target};
use crate::template::Template;

/// One node of a workflow template.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    id: i64,
    /// What it is in words: `job template`, `approval`.
    pub(crate) kind: String,
    pub(crate) name: String,
    /// When it runs, as a whole sentence; none for the first ones.
    pub(crate) after: Option<String>,
    next: Vec<i64>,
}

impl Part {
    pub(crate) fn is_approval(&self) -> bool {
        self.kind == "approval"
    }
}

/// The nodes of a workflow template, in an order in which they could run.
pub(crate) async fn parts(awx: &Awx<'_>, template: i64) -> Result<Vec<Part>> {
    let path = format!("workflow_job_templates/{template}/workflow_nodes/");
    let nodes = awx.all(&path, &[("order_by", "id")]).await?;
    Ok(ordered(&nodes))
}

fn ordered(nodes: &[Value]) -> Vec<Part> {
    let name_of: BTreeMap<i64, String> = nodes
        .iter()
        .map(|node| (number(node, "id"), name(node)))
        .collect();
    let mut before: BTreeMap<i64, Vec<(i64, &str)>> = BTreeMap::new();
    for node in nodes {
        for (field, word) in [
            ("success_nodes", "succeeded"),
            ("failure_nodes", "failed"),
            ("always_nodes", "ended"),
        ] {
            for next in ids(node, field) {
                before
                    .entry(next)
                    .or_default()
                    .push((number(node, "id"), word));
            }
        }
    }
    let mut left: Vec<&Value> = nodes.iter().collect();
    let mut placed: Vec<i64> = Vec::new();
    let mut parts = Vec::new();
    while !left.is_empty() {
        let ready = |node: &&Value| {
            before
                .get(&number(node, "id"))
                .is_none_or(|list| list.iter().all(|(id, _)| placed.contains(id)))
        };
        // A circle cannot be drawn in AWX; if one comes all the same, nothing is lost.
        let at = left.iter().position(ready).unwrap_or(0);
        let node = left.remove(at);
        let id = number(node, "id");
        placed.push(id);
        let after = before.get(&id).map(|list| {
            let all: Vec<String> = list
                .iter()
                .map(|(id, word)| {
                    let name = name_of.get(id).map_or("?", String::as_str);
                    format!("`{name}` has {word}")
                })
                .collect();
            let joint = if node["all_parents_must_converge"] == true {
                " and "
            } else {
                " or "
            };
            format!("It runs after {}.", all.join(joint))
        });
        parts.push(Part {
            id,
            kind: kind(node).to_owned(),
            name: name(node),
            after,
            next: ["success_nodes", "failure_nodes", "always_nodes"]
                .iter()
                .flat_map(|field| ids(node, field))
                .collect(),
        });
    }
    parts
}

fn ids(node: &Value, field: &str) -> Vec<i64> {
    node.get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect()
}

fn name(node: &Value) -> String {
    let template = "/summary_fields/unified_job_template/name";
    node.pointer(template)
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| text(node, "identifier"))
        .to_owned()
}

fn kind(node: &Value) -> &'static str {
    let kind = "/summary_fields/unified_job_template/unified_job_type";
    match node
        .pointer(kind)
        .and_then(Value::as_str)
        .unwrap_or_default()
    {
        "job" => "job template",
        "workflow_job" => "workflow template",
        "workflow_approval" => "approval",
        "project_update" => "project update",
        "inventory_update" => "inventory update",
        "system_job" => "management job",
        _ => "node",
    }
}

pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let target = Target::of(request);
    let launch = config::read(&request.inputs)?;
    let awx = Awx::open(cx).await?;
    let template = Template::find(&awx, target, &launch).await?;
    if target == Target::Workflow {
        let parts = parts(&awx, template.id).await?;
        let edges = parts.iter().flat_map(|part| {
            part.next.iter().map(|next| DrawnEdge {
                from: part.id.to_string(),
                to: next.to_string(),
            })
        });
        return Ok(Drawing {
            edges: edges.collect(),
            nodes: parts
                .iter()
                .map(|part| DrawnNode {
                    id: part.id.to_string(),
                    kind: part.kind.clone(),
                    name: part.name.clone(),
                })
                .collect(),
        });
    }
    let mut drawing = Drawing {
        nodes: vec![DrawnNode {
            id: "template".into(),
            kind: "job template".into(),
            name: template.name.clone(),
        }],
        edges: Vec::new(),
    };
    let mut add = |id: &str, kind: &str, name: &str| {
        drawing.nodes.push(DrawnNode {
            id: id.into(),
            kind: kind.into(),
            name: name.into(),
        });
        drawing.edges.push(DrawnEdge {
            from: id.into(),
            to: "template".into(),
        });
    };
    for (field, kind) in [
        ("project", "project"),
        ("inventory", "inventory"),
        ("execution_environment", "execution environment"),
    ] {
        if let Some(name) = template.summary(field) {
            add(field, kind, name);
        }
    }
    let credentials = template.detail.pointer("/summary_fields/credentials");
    for (at, one) in credentials
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        add(&format!("credential-{at}"), "credential", text(one, "name"));
    }
    Ok(drawing)
}
