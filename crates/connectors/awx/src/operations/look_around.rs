//! Who asks, what they may do, and what there is to choose from.

use std::collections::BTreeMap;

use podium_connector::{Choice, Context, Fact, Identity, Right, StepRequest};
use podium_diagnostics::{ErrorKind, Result};
use serde_json::Value;

use crate::client::{Awx, flag, number, text};
use crate::config::{self, Target};

pub(crate) async fn identify(cx: &dyn Context) -> Result<Identity> {
    let awx = Awx::open(cx).await?;
    let me = awx.page("me/", &[]).await?;
    let user = me
        .first()
        .map(|me| text(me, "username"))
        .unwrap_or_default();
    // Old and new servers alike tell their version without a login; a proxy may hide it.
    let version = awx
        .get("ping/")
        .await
        .ok()
        .map(|ping| text(&ping, "version").to_owned())
        .filter(|version| !version.is_empty());
    let host = awx.site.host();
    Ok(Identity {
        system: "awx".into(),
        account: host.split("://").nth(1).unwrap_or(&host).to_owned(),
        facts: Fact::list([("server", host.as_str()), ("user", user)]),
        user: user.to_owned(),
        place: Some(match version {
            Some(version) => format!("{}, version {version}", awx.site.base()),
            None => awx.site.base().to_owned(),
        }),
        expires: None,
    })
}

/// What the identity may do with the template, as AWX itself says.
pub(crate) async fn rights(cx: &dyn Context, request: &StepRequest) -> Result<Vec<Right>> {
    if request
        .inputs
        .is_unknown_in(&["/template", "/organization"])
    {
        return Ok(Vec::new());
    }
    let launch = config::read(&request.inputs)?;
    let awx = Awx::open(cx).await?;
    let mut query = Vec::new();
    if let Some(organization) = &launch.organization {
        query.push(("organization__name", organization.as_str()));
    }
    let kind = Target::of(request).templates();
    let held = match awx.named(&kind, &launch.template, &query).await {
        Ok(template) => template
            .pointer("/summary_fields/user_capabilities/start")
            .and_then(Value::as_bool),
        Err(error) if error.kind == ErrorKind::NotFound => Some(false),
        Err(error) => return Err(error),
    };
    Ok(vec![Right {
        what: format!("launch the {} `{}`", kind.words, launch.template),
        held,
    }])
}

pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let target = Target::of(request);
    let path = match what {
        "templates" => target.templates().path,
        "organizations" => "organizations",
        "inventories" => "inventories",
        "credentials" => "credentials",
        "execution_environments" => "execution_environments",
        "labels" => "labels",
        "instance_groups" => "instance_groups",
        "hosts" => return hosts(cx, request).await.map(Some),
        _ => return Ok(None),
    };
    let awx = Awx::open(cx).await?;
    let mut query = vec![("order_by", "name")];
    let organization = request.inputs.text("organization");
    if let (Some(organization), "templates" | "inventories" | "credentials") = (organization, what)
    {
        query.push(("organization__name", organization));
    }
    let list = awx.all(&format!("{path}/"), &query).await?;
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &list {
        *count.entry(text(one, "name")).or_default() += 1;
    }
    let choices = list.iter().map(|one| {
        let name = text(one, "name");
        let owner = one
            .pointer("/summary_fields/organization/name")
            .and_then(Value::as_str);
        let unique = count.get(name) == Some(&1);
        Choice {
            // Two of one name are told apart by their numbers.
            value: if unique {
                name.to_owned()
            } else {
                number(one, "id").to_string()
            },
            label: match owner.filter(|_| !unique) {
                Some(owner) => format!("{name} ({owner})"),
                None if what == "templates" && flag(one, "survey_enabled") => {
                    format!("{name} (asks questions)")
                }
                None => name.to_owned(),
            },
        }
    });
    Ok(Some(choices.collect()))
}

/// Hosts and groups of the inventory, for the limit.
async fn hosts(cx: &dyn Context, request: &StepRequest) -> Result<Vec<Choice>> {
    let awx = Awx::open(cx).await?;
    let path = if let Some(name) = request.inputs.text("inventory") {
        let inventory = awx.named(&crate::client::INVENTORIES, name, &[]).await?;
        format!("inventories/{}", number(&inventory, "id"))
    } else {
        let launch = config::read(&request.inputs)?;
        let kind = Target::of(request).templates();
        let template = awx.named(&kind, &launch.template, &[]).await?;
        match template.get("inventory").and_then(Value::as_i64) {
            Some(id) => format!("inventories/{id}"),
            None => return Ok(Vec::new()),
        }
    };
    let mut choices = Vec::new();
    for (kind, words) in [("groups", "group"), ("hosts", "host")] {
        for one in awx
            .all(&format!("{path}/{kind}/"), &[("order_by", "name")])
            .await?
        {
            let name = text(&one, "name");
            choices.push(Choice {
                value: name.to_owned(),
                label: format!("{name} ({words})"),
            });
        }
    }
    Ok(choices)
}
