//! Verbs that only look: who it is, what it may do, choices, the graph.

use podium_connector::{
    Choice, Drawing, DrawnEdge, DrawnNode, Fact, Identity, Right, StepRequest, StillRunning,
};
use podium_diagnostics::{ErrorKind, Result};
use podium_rest::{Call, Stage};
use serde_json::{Value, json};

use crate::client::{
    APPS, Appliance, BLUEPRINTS, CATALOG, CLOUDS, ENVIRONMENTS, GROUPS, INSTANCES, ITEMS, List,
    TASKS, TYPES, WORKFLOWS, id, name, plain,
};
use crate::config::{self, Kind};
use crate::watch::{Thing, stage_of, word_of};

pub(crate) async fn identify(appliance: &Appliance<'_>) -> Result<Identity> {
    let who = appliance.send(Call::get("/api/whoami")).await?;
    let text = |pointer: &str| {
        who.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let version = text("/appliance/buildVersion");
    let host = appliance.host();
    let (account, user) = (text("/user/account/name"), text("/user/username"));
    Ok(Identity {
        system: "morpheus".into(),
        facts: Fact::list([
            ("account", account.as_str()),
            ("server", &host),
            ("user", &user),
        ]),
        account,
        user,
        place: Some(if version.is_empty() {
            host
        } else {
            format!("{host} (Morpheus {version})")
        }),
        expires: None,
    })
}

/// The appliance tells what the user may do, by the names of its own role editor.
pub(crate) async fn rights(appliance: &Appliance<'_>, needed: &[String]) -> Result<Vec<Right>> {
    let who = appliance.send(Call::get("/api/whoami")).await?;
    let all: Vec<&Value> = who["permissions"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    Ok(needed
        .iter()
        .map(|right| {
            let mut of = all.iter().filter(|one| one["name"].as_str() == Some(right));
            let held = of
                .next()
                .map(|one| !matches!(one["access"].as_str(), Some("none" | "no") | None));
            Right {
                what: right.clone(),
                held,
            }
        })
        .collect())
}

async fn list(appliance: &Appliance<'_>, list: &List) -> Result<Vec<Choice>> {
    let mut all: Vec<Choice> = appliance
        .all((list.call)(), list.name)
        .await?
        .iter()
        .map(|one| choice(one, true))
        .collect();
    // Names that are there twice are told apart by their ids.
    let names: Vec<String> = all.iter().map(|one| one.value.clone()).collect();
    all.retain(|one| !one.value.is_empty());
    for one in &mut all {
        if names.iter().filter(|name| **name == one.value).count() > 1
            && let Some((_, id)) = one.label.rsplit_once('#')
        {
            one.value = id.to_owned();
        }
    }
    for one in &mut all {
        if let Some((label, id)) = one.label.clone().rsplit_once(" #")
            && one.value != id
        {
            label.clone_into(&mut one.label);
        }
    }
    Ok(all)
}

fn choice(one: &Value, with_id: bool) -> Choice {
    let called = name(one);
    Choice {
        label: if with_id {
            format!("{called} #{}", id(one))
        } else {
            called.clone()
        },
        value: called,
    }
}

fn plain_list(all: &Value) -> Vec<Choice> {
    all.as_array()
        .into_iter()
        .flatten()
        .map(|one| choice(one, false))
        .collect()
}

/// Choices for a field.
pub(crate) async fn discover(
    appliance: &Appliance<'_>,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let text = |name: &str| request.inputs.text(name).filter(|text| !text.is_empty());
    let direct = match what {
        "catalog-items" => Some(&CATALOG),
        "groups" => Some(&GROUPS),
        "clouds" => Some(&CLOUDS),
        "instance-types" => Some(&TYPES),
        "blueprints" => Some(&BLUEPRINTS),
        "workflows" => Some(&WORKFLOWS),
        "tasks" => Some(&TASKS),
        "targets" | "instances" => Some(&INSTANCES),
        "things" => Some(match request.inputs.read::<config::Delete>()?.kind {
            Kind::Instance => &INSTANCES,
            Kind::App => &APPS,
            Kind::CatalogItem => &ITEMS,
        }),
        _ => None,
    };
    if let Some(direct) = direct {
        return list(appliance, direct).await.map(Some);
    }
    let choices = match what {
        "environments" => appliance
            .all((ENVIRONMENTS.call)(), ENVIRONMENTS.name)
            .await?
            .iter()
            .map(|one| Choice {
                label: name(one),
                value: plain(&one["code"]).unwrap_or_else(|| name(one)),
            })
            .collect(),
        "layouts" => match text("instance_type") {
            Some(kind) => {
                let found = appliance.named(&TYPES, kind).await?;
                let path = format!("/api/instance-types/{}", id(&found));
                let whole = appliance.send(Call::get(path)).await?;
                plain_list(&whole["instanceType"]["instanceTypeLayouts"])
            }
            None => Vec::new(),
        },
        "plans" => plans(appliance, request).await?,
        "options" => {
            let types = option_types(appliance, request).await?;
            types
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| {
                    let field = |name: &str| one[name].as_str().unwrap_or_default();
                    let needed = if one["required"] == true {
                        ", needed"
                    } else {
                        ""
                    };
                    Choice {
                        value: field("fieldName").to_owned(),
                        label: format!("{} ({}{needed})", field("fieldLabel"), field("type")),
                    }
                })
                .collect()
        }
        _ => return Ok(None),
    };
    Ok(Some(choices))
}

/// The plans that fit, as far as the other fields say.
async fn plans(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Vec<Choice>> {
    let text = |name: &str| request.inputs.text(name).filter(|text| !text.is_empty());
    let mut call = Call::get("/api/instances/service-plans");
    if let Some(cloud) = text("cloud") {
        call = call.query("zoneId", id(&appliance.named(&CLOUDS, cloud).await?));
    }
    if let Some(group) = text("group") {
        call = call.query("siteId", id(&appliance.named(&GROUPS, group).await?));
    }
    if let Some(kind) = text("instance_type") {
        let found = appliance.named(&TYPES, kind).await?;
        let path = format!("/api/instance-types/{}", id(&found));
        let whole = appliance.send(Call::get(path)).await?;
        let layouts = whole["instanceType"]["instanceTypeLayouts"].as_array();
        let wanted = text("layout");
        let layout = layouts
            .into_iter()
            .flatten()
            .find(|one| wanted.is_none_or(|wanted| plain(&one["name"]).as_deref() == Some(wanted)));
        if let Some(layout) = layout {
            call = call.query("layoutId", id(layout));
        }
    }
    let reply = appliance.send(call).await?;
    Ok(plain_list(&reply["plans"]))
}

/// The fields that the chosen thing asks for.
async fn option_types(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Value> {
    let text = |name: &str| request.inputs.text(name).filter(|text| !text.is_empty());
    let (list, wanted, path, field) = if let Some(item) = text("item") {
        (&CATALOG, item, "catalog/types", "catalogItemType")
    } else if let Some(workflow) = text("workflow") {
        (&WORKFLOWS, workflow, "task-sets", "taskSet")
    } else if let Some(kind) = text("instance_type") {
        (&TYPES, kind, "instance-types", "instanceType")
    } else {
        return Ok(json!([]));
    };
    let found = appliance.named(list, wanted).await?;
    let whole = appliance
        .send(Call::get(format!("/api/{path}/{}", id(&found))))
        .await?;
    Ok(whole[field]["optionTypes"].clone())
}

/// What goes on after a cancel.
pub(crate) async fn cancelled(
    appliance: &Appliance<'_>,
    request: &StepRequest,
) -> Result<StillRunning> {
    let kept = crate::operations::kept(appliance.context(), "made");
    let remote = request
        .remote
        .as_deref()
        .or_else(|| kept.as_ref()?.as_str());
    let Some(thing) = remote.and_then(Thing::parse) else {
        return Ok(StillRunning::default());
    };
    let found = match thing.now(appliance).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(StillRunning::default()),
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(StillRunning::default()),
        Err(error) => return Err(error),
    };
    let stage = stage_of(thing, &found);
    if stage.is_end() {
        return Ok(StillRunning::default());
    }
    let called = name(&found);
    let what = if called.is_empty() {
        thing.remote()
    } else {
        called
    };
    let goes_on = if stage == Stage::Waiting {
        "it still waits for an approval, and begins when somebody gives it"
    } else {
        "Morpheus does not stop this work once it has begun; it goes on to its end"
    };
    Ok(StillRunning {
        what: vec![format!(
            "`{what}` is `{}`: {goes_on} ({}).",
            word_of(thing, &found),
            thing.page(appliance)
        )],
    })
}

/// The instances of an app or of a blueprint, the tasks of a workflow.
pub(crate) async fn draw(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Drawing> {
    let text = |name: &str| request.inputs.text(name).filter(|text| !text.is_empty());
    let mut drawing = Drawing::default();
    let mut node = |id: String, kind: &str, name: String| {
        drawing.nodes.push(DrawnNode {
            id,
            kind: kind.to_owned(),
            name,
        });
    };
    if let Some(wanted) = text("workflow") {
        let found = appliance.named(&WORKFLOWS, wanted).await?;
        let path = format!("/api/task-sets/{}", id(&found));
        let whole = appliance.send(Call::get(path)).await?;
        let tasks = whole["taskSet"]["taskSetTasks"].as_array();
        let count = tasks.map_or(0, Vec::len);
        for (at, one) in tasks.into_iter().flatten().enumerate() {
            let kind = one["task"]["taskType"]["name"].as_str().unwrap_or("task");
            node(at.to_string(), kind, name(&one["task"]));
        }
        for at in 1..count {
            drawing.edges.push(DrawnEdge {
                from: (at - 1).to_string(),
                to: at.to_string(),
            });
        }
    } else if let Some(wanted) = text("blueprint") {
        let found = appliance.named(&BLUEPRINTS, wanted).await?;
        let path = format!("/api/blueprints/{}", id(&found));
        let whole = appliance.send(Call::get(path)).await?;
        for (tier, one) in whole["blueprint"]["config"]["tiers"]
            .as_object()
            .into_iter()
            .flatten()
        {
            node(tier.clone(), "tier", tier.clone());
            for link in one["linkedTiers"].as_array().into_iter().flatten() {
                drawing.edges.push(DrawnEdge {
                    from: link.as_str().unwrap_or_default().to_owned(),
                    to: tier.clone(),
                });
            }
        }
    } else if let Some(wanted) = text("name").or_else(|| text("item")) {
        node("0".into(), "thing", wanted.to_owned());
    }
    Ok(drawing)
}
