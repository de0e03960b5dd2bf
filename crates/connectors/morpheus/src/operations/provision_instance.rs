//! `morpheus/provision`: an instance of a type, or an app of a blueprint, is made.

use podium_connector::{
    Action, Confidence, Drift, DriftItem, Observed, Outcome, StepPreview, StepRequest, UndoClass,
    UndoRecord,
};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::{Call, Search, begin};
use serde_json::{Map, Value, json};

use super::order_item::{choices, chosen};
use super::{change, loss, made, no_way_back, predicted, remove, undo, uuid};
use crate::client::{
    APPS, Appliance, BLUEPRINTS, CLOUDS, GROUPS, INPUTS, INSTANCES, TYPES, id, name, plain,
};
use crate::config::Provision;
use crate::options;
use crate::watch::{Followed, Thing};
use podium_connector::need;

/// What shall be made: the body of the call, and how it is shown.
struct Goal {
    name: String,
    is_app: bool,
    body: Value,
    shown: Value,
    /// What an app's blueprint holds: kind and name.
    parts: Vec<(String, String)>,
    option_types: Value,
}

/// The first of a list of an object that has this name, code or id; the only one where none is wanted.
fn pick<'a>(all: &'a Value, wanted: Option<&str>, what: &str) -> Result<&'a Value> {
    let list: Vec<&Value> = all.as_array().into_iter().flatten().collect();
    let names = || {
        let names: Vec<String> = list.iter().map(|one| format!("`{}`", name(one))).collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    let found = match wanted {
        Some(wanted) => list.iter().find(|one| {
            ["name", "code", "id"]
                .iter()
                .any(|field| plain(&one[*field]).as_deref() == Some(wanted))
        }),
        None if list.len() == 1 => list.first(),
        None => None,
    };
    found.copied().ok_or_else(|| {
        let said = match wanted {
            Some(wanted) => format!("There is no {what} `{wanted}` here; there is {}.", names()),
            None => format!("Say which {what} is meant: {}.", names()),
        };
        Error::new(ErrorKind::Invalid, INPUTS, said)
            .with_hint(format!("Correct the step's input `{what}`."))
    })
}

impl Goal {
    async fn of(
        appliance: &Appliance<'_>,
        config: &Provision,
        request: &StepRequest,
    ) -> Result<Self> {
        let called = need(config.name.as_ref(), "name")?.to_owned();
        let group = appliance
            .named(&GROUPS, need(config.group.as_ref(), "group")?)
            .await?;
        match &config.blueprint {
            Some(wanted) => Self::app(appliance, config, request, called, &group, wanted).await,
            None => Self::instance(appliance, config, request, called, &group).await,
        }
    }

    async fn instance(
        appliance: &Appliance<'_>,
        config: &Provision,
        request: &StepRequest,
        called: String,
        group: &Value,
    ) -> Result<Self> {
        let cloud = appliance
            .named(&CLOUDS, need(config.cloud.as_ref(), "cloud")?)
            .await?;
        let kind = appliance
            .named(
                &TYPES,
                need(config.instance_type.as_ref(), "instance_type")?,
            )
            .await?;
        let whole = appliance
            .send(Call::get(format!("/api/instance-types/{}", id(&kind))))
            .await?;
        let kind = whole["instanceType"].clone();
        let layout = pick(
            &kind["instanceTypeLayouts"],
            config.layout.as_deref(),
            "layout",
        )?
        .clone();
        let plans = appliance
            .send(
                Call::get("/api/instances/service-plans")
                    .query("zoneId", id(&cloud))
                    .query("layoutId", id(&layout))
                    .query("siteId", id(group)),
            )
            .await?;
        let plan = pick(
            &plans["plans"],
            Some(need(config.plan.as_ref(), "plan")?),
            "plan",
        )?
        .clone();
        let mut body = json!({
            "zoneId": id(&cloud),
            "instance": {
                "name": called,
                "uuid": uuid(&request.key),
                "site": { "id": id(group) },
                "instanceType": { "code": kind["code"] },
                "layout": { "id": id(&layout) },
                "plan": { "id": id(&plan) },
            },
            "config": config.config,
        });
        if let Some(environment) = &config.environment {
            body["instance"]["instanceContext"] = json!(environment);
        }
        if let Some(text) = &config.description {
            body["instance"]["description"] = json!(text);
        }
        if !config.labels.is_empty() {
            body["instance"]["labels"] = json!(config.labels);
        }
        if let Some(copies) = config.copies.filter(|copies| *copies > 1) {
            body["copies"] = json!(copies);
        }
        for (field, list) in [
            ("volumes", &config.volumes),
            ("networkInterfaces", &config.networks),
        ] {
            if !list.is_empty() {
                body[field] = json!(list);
            }
        }
        let cx = appliance.context();
        let mut shown = json!({
            "type": name(&kind), "layout": name(&layout), "plan": name(&plan), "cloud": name(&cloud),
            "group": name(group), "options": options::shown(cx, &config.options, request),
        });
        if let Some(price) = price(&plan) {
            shown["price"] = json!(price);
        }
        if let Some(copies) = config.copies.filter(|copies| *copies > 1) {
            shown["copies"] = json!(copies);
        }
        Ok(Self {
            name: called,
            is_app: false,
            body,
            shown,
            parts: Vec::new(),
            option_types: kind["optionTypes"].clone(),
        })
    }

    async fn app(
        appliance: &Appliance<'_>,
        config: &Provision,
        request: &StepRequest,
        called: String,
        group: &Value,
        wanted: &str,
    ) -> Result<Self> {
        let blueprint = appliance.named(&BLUEPRINTS, wanted).await?;
        let whole = appliance
            .send(Call::get(format!("/api/blueprints/{}", id(&blueprint))))
            .await?;
        let blueprint = whole["blueprint"].clone();
        let mut body = json!({
            "name": called,
            "blueprintId": id(&blueprint),
            "group": { "id": id(group) },
            // The key by which it is found again.
            "description": described(config.description.as_deref(), &request.key),
        });
        if let Some(cloud) = &config.cloud {
            let cloud = appliance.named(&CLOUDS, cloud).await?;
            body["defaultCloud"] = json!({ "id": id(&cloud) });
        }
        if let Some(environment) = &config.environment {
            body["environment"] = json!(environment);
        }
        if !config.labels.is_empty() {
            body["labels"] = json!(config.labels);
        }
        if let Some(tiers) = config.config.get("tiers") {
            body["tiers"] = tiers.clone();
        }
        let mut parts = Vec::new();
        for (tier, one) in blueprint["config"]["tiers"]
            .as_object()
            .into_iter()
            .flatten()
        {
            for instance in one["instances"].as_array().into_iter().flatten() {
                let kind = instance["instance"]["type"]
                    .as_str()
                    .or(instance["type"]["code"].as_str());
                let name = instance["instance"]["name"].as_str().unwrap_or(tier);
                parts.push((
                    kind.unwrap_or("instance").to_owned(),
                    format!("{tier}: {name}"),
                ));
            }
        }
        let cx = appliance.context();
        let shown = json!({
            "blueprint": name(&blueprint), "kind": blueprint["type"], "group": name(group),
            "options": options::shown(cx, &config.options, request),
        });
        Ok(Self {
            name: called,
            is_app: true,
            body,
            shown,
            parts,
            option_types: json!([]),
        })
    }

    /// The body with the options, among them the secrets.
    fn sent(&self, appliance: &Appliance<'_>, config: &Provision) -> Result<Value> {
        let mut body = self.body.clone();
        let options = options::sent(appliance.context(), &config.options)?;
        if !options.is_empty() {
            if self.is_app {
                body["templateParameter"] = Value::Object(options);
            } else {
                body["config"]["customOptions"] = Value::Object(options);
            }
        }
        Ok(body)
    }
}

fn described(text: Option<&str>, key: &str) -> String {
    match text {
        Some(text) if !text.trim().is_empty() => format!("{text} (Podium {key})"),
        _ => format!("(Podium {key})"),
    }
}

/// The price of a plan, where the appliance tells one.
fn price(plan: &Value) -> Option<String> {
    let price = plan["price"].as_f64().filter(|price| *price > 0.0)?;
    let currency = plan["currency"].as_str().unwrap_or_default();
    let unit = plan["unit"].as_str().unwrap_or("month");
    Some(format!("{price:.2} {currency} a {unit}"))
}

/// The thing of this name, where there is one.
async fn there(appliance: &Appliance<'_>, is_app: bool, called: &str) -> Result<Option<Value>> {
    let list = if is_app { &APPS } else { &INSTANCES };
    let all = appliance
        .all((list.call)().query("name", called), list.name)
        .await?;
    Ok(all
        .into_iter()
        .find(|one| one["name"].as_str() == Some(called)))
}

/// Whether it was made under this key.
fn is_ours(found: &Value, key: &str) -> bool {
    found["uuid"].as_str() == Some(&uuid(key))
        || found["description"]
            .as_str()
            .is_some_and(|text| text.ends_with(&format!("(Podium {key})")))
}

fn taken(called: &str) -> Error {
    Error::new(
        ErrorKind::Conflict,
        Code::new("POD0446"),
        format!("Morpheus has something called `{called}` already, and this step did not make it."),
    )
    .with_hint("Give another name; names of instances and apps are there once.")
}

pub(crate) async fn preview(
    appliance: &Appliance<'_>,
    request: &StepRequest,
) -> Result<StepPreview> {
    let config: Provision = request.inputs.read()?;
    let back = undo(UndoClass::Delete, None);
    let needed = [
        "/name",
        "/group",
        "/cloud",
        "/instance_type",
        "/layout",
        "/plan",
        "/blueprint",
    ];
    if request.inputs.is_unknown_in(&needed) {
        let because = format!(
            "what is to be made is known only after {}.",
            request.waits_for()
        );
        return Ok(StepPreview::unknown(because, back));
    }
    let goal = Goal::of(appliance, &config, request).await?;
    if goal
        .option_types
        .as_array()
        .is_some_and(|types| !types.is_empty())
    {
        options::check(
            appliance.context(),
            &goal.option_types,
            &config.options,
            request,
        )?;
    }
    if let Some(found) = there(appliance, goal.is_app, &goal.name).await?
        && !is_ours(&found, &request.key)
    {
        return Err(taken(&goal.name));
    }
    let kind = if goal.is_app { "app" } else { "instance" };
    let mut changes = vec![change(
        Action::Create,
        kind,
        &goal.name,
        Value::Null,
        goal.shown,
    )];
    for (kind, name) in &goal.parts {
        let mut one = change(Action::Create, kind, name, Value::Null, json!({}));
        one.confidence = Some(Confidence::Predicted);
        changes.push(one);
    }
    Ok(predicted(
        "Morpheus checks policies, quotas and the cloud's room only when it is ordered.",
        changes,
        back,
        Vec::new(),
    ))
}

pub(crate) fn prepare(request: &StepRequest) -> Result<UndoRecord> {
    let config: Provision = request.inputs.read()?;
    Ok(UndoRecord {
        undo: undo(UndoClass::Delete, None),
        record: json!({
            "name": need(config.name.as_ref(), "name")?,
            "app": config.blueprint.is_some(),
            "key": request.key,
            "choices": choices(&config.common),
        }),
    })
}

fn thing(is_app: bool, found: &Value) -> Thing {
    if is_app {
        Thing::App(id(found))
    } else {
        Thing::Instance(id(found))
    }
}

pub(crate) async fn run(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Outcome> {
    let config: Provision = request.inputs.read()?;
    let goal = Goal::of(appliance, &config, request).await?;
    let body = goal.sent(appliance, &config)?;
    let find = || async {
        let found = there(appliance, goal.is_app, &goal.name).await?;
        Ok(found
            .filter(|found| is_ours(found, &request.key))
            .map(|found| thing(goal.is_app, &found).remote()))
    };
    let order = || async {
        if there(appliance, goal.is_app, &goal.name).await?.is_some() {
            return Err(taken(&goal.name));
        }
        let (path, field, right) = if goal.is_app {
            ("/api/apps", "app", "Provisioning: Apps")
        } else {
            ("/api/instances", "instance", "Provisioning: Instances")
        };
        let reply = appliance.send(Call::post(path, &body).needs(right)).await?;
        Ok(thing(goal.is_app, &reply[field]).remote())
    };
    let remote = begin(appliance.context(), request, Search::Certain, find, order).await?;
    let thing = Thing::parse(&remote).unwrap_or(Thing::Instance(0));
    let end = Followed::new(appliance, thing, config.common.approval)
        .follow()
        .await?;
    let mut outputs = Map::new();
    outputs.insert("id".into(), json!(id(&end)));
    outputs.insert("name".into(), end["name"].clone());
    outputs.insert("status".into(), end["status"].clone());
    outputs.insert("link".into(), json!(thing.page(appliance)));
    let addresses: Vec<&Value> = end["connectionInfo"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| &one["ip"])
        .filter(|ip| ip.is_string())
        .collect();
    outputs.insert("addresses".into(), json!(addresses));
    let kind = if goal.is_app { "app" } else { "instance" };
    Ok(Outcome {
        outputs,
        hidden: Vec::new(),
        made: vec![made(appliance, kind, &goal.name, thing)],
        undo: None,
    })
}

pub(crate) async fn observe(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config: Provision = request.inputs.read()?;
    let called = need(config.name.as_ref(), "name")?;
    let found = there(appliance, config.blueprint.is_some(), called).await?;
    Ok(match found {
        Some(found) if is_ours(&found, &request.key) => Observed::Adopt,
        _ => Observed::NeverStarted,
    })
}

/// The thing that the step made. Fails where somebody made another one of this name.
async fn ours(appliance: &Appliance<'_>, record: &Value) -> Result<Option<Value>> {
    let called = record["name"].as_str().unwrap_or_default();
    let Some(found) = there(appliance, record["app"] == true, called).await? else {
        return Ok(None);
    };
    if is_ours(&found, record["key"].as_str().unwrap_or_default()) {
        return Ok(Some(found));
    }
    Err(Error::new(
        ErrorKind::Conflict,
        Code::new("POD0446"),
        format!("`{called}` in Morpheus is not the one that the step made: somebody made it anew."),
    )
    .with_hint("Look at it there, and delete it there if it is to go."))
}

pub(crate) async fn preview_undo(
    appliance: &Appliance<'_>,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let record = &record.record;
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    match ours(appliance, record).await? {
        Some(found) => {
            let kind = if record["app"] == true {
                "app"
            } else {
                "instance"
            };
            changes.push(loss(kind, &found, &chosen(record)));
            for one in found["instances"].as_array().into_iter().flatten() {
                changes.push(loss("instance", one, &chosen(record)));
            }
        }
        None => notes.push(format!(
            "`{}` is gone already.",
            record["name"].as_str().unwrap_or_default()
        )),
    }
    Ok(predicted(
        "Morpheus has no preview of a removal; what is there now is shown.",
        changes,
        no_way_back(),
        notes,
    ))
}

pub(crate) async fn run_undo(appliance: &Appliance<'_>, record: &UndoRecord) -> Result<Outcome> {
    let record = &record.record;
    if let Some(found) = ours(appliance, record).await? {
        remove(
            appliance,
            thing(record["app"] == true, &found),
            &chosen(record),
        )
        .await?;
    }
    Ok(Outcome::default())
}

pub(crate) async fn drift(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Drift> {
    let config: Provision = request.inputs.read()?;
    let called = need(config.name.as_ref(), "name")?;
    let is_app = config.blueprint.is_some();
    let kind = if is_app { "app" } else { "instance" };
    let mut items = Vec::new();
    let mut say = |name: &str, expected: Value, actual: Value| {
        items.push(DriftItem {
            kind: kind.to_owned(),
            name: name.to_owned(),
            expected,
            actual,
        });
    };
    let Some(found) = there(appliance, is_app, called).await? else {
        say(called, json!("there"), Value::Null);
        return Ok(Drift { items });
    };
    let fields = [
        ("group", &config.group, "group"),
        ("cloud", &config.cloud, "cloud"),
        ("plan", &config.plan, "plan"),
    ];
    for (field, wanted, of) in fields {
        let Some(wanted) = wanted else { continue };
        let now = &found[of];
        let known = ["name", "code", "id"]
            .iter()
            .any(|name| plain(&now[*name]).as_deref() == Some(wanted));
        if !known && now.is_object() {
            say(
                &format!("{called}: {field}"),
                json!(wanted),
                now["name"].clone(),
            );
        }
    }
    if found["status"].as_str() != Some("running") {
        say(
            &format!("{called}: status"),
            json!("running"),
            found["status"].clone(),
        );
    }
    Ok(Drift { items })
}
