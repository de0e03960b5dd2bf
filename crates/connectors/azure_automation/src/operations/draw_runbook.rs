//! A runbook's own graph: what starts it, what its text touches.

use podium_connector::{Context, Drawing, DrawnEdge, DrawnNode, StepRequest};
use podium_diagnostics::{ErrorKind, Result};
use serde_json::Value;

use crate::client::{Account, Azure, properties, text};
use crate::config;
use crate::reader;
use crate::runbook::Runbook;

/// Something beside Podium that starts a runbook.
pub(crate) struct Starter {
    kind: &'static str,
    name: String,
    enabled: bool,
}

impl Starter {
    pub(crate) fn note(&self) -> String {
        let off = if self.enabled { "" } else { ", which is off" };
        format!(
            "The {} `{}`{off} starts this runbook too.",
            self.kind, self.name
        )
    }
}

/// The schedules and webhooks of a runbook; empty where the identity may not see them.
pub(crate) async fn starters(account: &Account<'_, '_>, runbook: &str) -> Result<Vec<Starter>> {
    let mut found = Vec::new();
    let is_ours = |facts: &Value| {
        facts
            .pointer("/runbook/name")
            .and_then(Value::as_str)
            .is_some_and(|name| name.eq_ignore_ascii_case(runbook))
    };
    for one in seen(account.all("jobSchedules").await)? {
        let facts = properties(&one);
        if is_ours(facts) {
            let name = facts.pointer("/schedule/name").and_then(Value::as_str);
            found.push(Starter {
                kind: "schedule",
                name: name.unwrap_or_default().to_owned(),
                enabled: true,
            });
        }
    }
    for one in seen(account.all("webhooks").await)? {
        let facts = properties(&one);
        if is_ours(facts) {
            found.push(Starter {
                kind: "webhook",
                name: text(&one, "name").to_owned(),
                enabled: facts["isEnabled"] != false,
            });
        }
    }
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(found)
}

fn seen(list: Result<Vec<Value>>) -> Result<Vec<Value>> {
    match list {
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {
            Ok(Vec::new())
        }
        list => list,
    }
}

pub(crate) async fn draw(cx: &dyn Context, request: &StepRequest) -> Result<Drawing> {
    let run = config::read(&request.inputs)?;
    let azure = Azure::open(cx, run.subscription.as_deref())?;
    let account = azure
        .account(&run.account, run.resource_group.as_deref())
        .await?;
    let runbook = Runbook::find(&account, &run).await?;
    let node = |id: &str, kind: &str, name: &str| DrawnNode {
        id: id.into(),
        kind: kind.into(),
        name: name.into(),
    };
    let edge = |from: &str, to: &str| DrawnEdge {
        from: from.into(),
        to: to.into(),
    };
    let mut drawing = Drawing {
        nodes: vec![node("runbook", "runbook", &runbook.name)],
        edges: Vec::new(),
    };
    for (at, one) in starters(&account, &runbook.name).await?.iter().enumerate() {
        let id = format!("start-{at}");
        drawing.nodes.push(node(&id, one.kind, &one.name));
        drawing.edges.push(edge(&id, "runbook"));
    }
    let content = runbook.content(&account).await?;
    let read = content.and_then(|text| reader::read(&runbook.kind, &text, &runbook.values(&run)));
    for (at, touch) in read.iter().flat_map(|read| &read.touches).enumerate() {
        let id = format!("touch-{at}");
        let name = touch.name.as_deref().unwrap_or(&touch.command);
        drawing.nodes.push(node(&id, &touch.kind, name));
        drawing.edges.push(edge("runbook", &id));
    }
    Ok(drawing)
}
