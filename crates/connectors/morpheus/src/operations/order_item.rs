//! `morpheus/order`: an item of the service catalog is ordered.

use podium_connector::{
    Action, LATER, Observed, Outcome, StepPreview, StepRequest, UndoClass, UndoRecord,
};
use podium_diagnostics::Result;
use podium_rest::{Call, Search, begin};
use serde_json::{Value, json};

use super::{Gone, change, keep, kept, loss, made, no_way_back, predicted, remove, undo};
use crate::client::{Appliance, CATALOG, INSTANCES, ITEMS, id, name};
use crate::config::{Common, Order};
use crate::options;
use crate::watch::{Followed, Thing, behind};
use podium_connector::need;

/// The item with the fields it asks for.
async fn item(appliance: &Appliance<'_>, wanted: &str) -> Result<Value> {
    let found = appliance.named(&CATALOG, wanted).await?;
    let mut whole = appliance
        .send(Call::get(format!("/api/catalog/types/{}", id(&found))).needs("Service Catalog"))
        .await?;
    Ok(whole["catalogItemType"].take())
}

async fn body(appliance: &Appliance<'_>, config: &Order, item: &Value, dry: bool) -> Result<Value> {
    let cx = appliance.context();
    let values = if dry {
        // A value that is not known yet does not count against the order.
        config
            .options
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect()
    } else {
        config.options.clone()
    };
    let mut one = json!({
        "type": { "id": id(item), "name": item["name"] },
        "config": options::sent(cx, &values)?,
    });
    if let Some(context) = &config.context {
        one["context"] = json!(context);
    }
    if let Some(target) = &config.target {
        let number = match target.parse::<u64>() {
            Ok(number) => number,
            Err(_) => id(&appliance.named(&INSTANCES, target).await?),
        };
        one["target"] = json!(number);
    }
    Ok(json!({ "order": { "items": [one] } }))
}

pub(crate) async fn preview(
    appliance: &Appliance<'_>,
    request: &StepRequest,
) -> Result<StepPreview> {
    let config: Order = request.inputs.read()?;
    let back = undo(UndoClass::Delete, None);
    let Some(wanted) = &config.item else {
        let because = format!(
            "the catalog item is known only after {}.",
            request.waits_for()
        );
        return Ok(StepPreview::unknown(because, back));
    };
    let cx = appliance.context();
    let item = item(appliance, wanted).await?;
    options::check(cx, &item["optionTypes"], &config.options, request)?;
    let mut after = json!({ "options": options::shown(cx, &config.options, request) });
    let mut notes = Vec::new();
    let later = request.inputs.is_partial();
    let mut because =
        "some options are known only later, so that Morpheus was not asked.".to_owned();
    if !later {
        let body = body(appliance, &config, &item, true).await?;
        let call = Call::post("/api/catalog/orders", &body)
            .query("validate", true)
            .looks();
        let reply = appliance.send(call.needs("Service Catalog")).await?;
        let line = &reply["order"]["items"][0];
        because = String::from(
            "Morpheus checks an order without placing it, and does not say what it will make.",
        );
        if let Some(price) = line["price"].as_f64().filter(|price| *price > 0.0) {
            let unit = line["unit"].as_str().unwrap_or("month");
            let currency = line["currency"].as_str().unwrap_or_default();
            after["price"] = json!(format!("{price:.2} {currency} a {unit}"));
        }
        if line["valid"] == json!(false) {
            let why = line["errors"].to_string();
            notes.push(format!("Morpheus calls the order not valid: {why}."));
        }
    }
    let called = item["name"].as_str().unwrap_or(LATER);
    let kind = item["type"].as_str().unwrap_or("item");
    let mut changes = vec![change(
        Action::Create,
        &format!("catalog {kind}"),
        called,
        Value::Null,
        after,
    )];
    if kind == "workflow" {
        changes[0].action = Action::Run;
    }
    let back = if kind == "workflow" { manual() } else { back };
    Ok(predicted(&because, changes, back, notes))
}

fn manual() -> podium_connector::Undo {
    undo(
        UndoClass::Manual,
        Some(
            "nobody knows what takes the ordered workflow back; write the steps that do under `undo`.",
        ),
    )
}

/// The orders of this item that are there already.
async fn orders(appliance: &Appliance<'_>, item: &Value) -> Result<Vec<u64>> {
    let all = appliance.all((ITEMS.call)(), ITEMS.name).await?;
    let of = |one: &&Value| id(&one["type"]) == id(item);
    Ok(all.iter().filter(of).map(id).collect())
}

pub(crate) async fn prepare(
    appliance: &Appliance<'_>,
    request: &StepRequest,
) -> Result<UndoRecord> {
    let config: Order = request.inputs.read()?;
    let item = item(appliance, need(config.item.as_ref(), "item")?).await?;
    let is_workflow = item["type"].as_str() == Some("workflow");
    Ok(UndoRecord {
        undo: if is_workflow {
            manual()
        } else {
            undo(UndoClass::Delete, None)
        },
        record: json!({ "item": name(&item), "choices": choices(&config.common) }),
    })
}

/// What stays when it is taken back.
pub(super) fn choices(common: &Common) -> Value {
    json!({
        "keep_volumes": common.keep_volumes, "keep_backups": common.keep_backups, "force": common.force,
    })
}

/// As [`choices`], read again.
pub(super) fn chosen(record: &Value) -> Common {
    let flag = |name: &str| record["choices"][name] == true;
    Common {
        keep_volumes: flag("keep_volumes"),
        keep_backups: flag("keep_backups"),
        force: flag("force"),
        ..Common::default()
    }
}

fn note(request: &StepRequest) -> String {
    format!("before-{}", request.key)
}

/// The order that this attempt placed: the one that was not there before. `None` also where there are
/// several, since nobody can tell them apart.
async fn found(
    appliance: &Appliance<'_>,
    request: &StepRequest,
    item: &Value,
) -> Result<Option<String>> {
    let Some(before) = kept(appliance.context(), &note(request)) else {
        return Ok(None);
    };
    let before: Vec<u64> = before
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    let new: Vec<u64> = orders(appliance, item)
        .await?
        .into_iter()
        .filter(|id| !before.contains(id))
        .collect();
    Ok(match new.as_slice() {
        [one] => Some(Thing::Item(*one).remote()),
        _ => None,
    })
}

pub(crate) async fn run(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Outcome> {
    let cx = appliance.context();
    let config: Order = request.inputs.read()?;
    let item = item(appliance, need(config.item.as_ref(), "item")?).await?;
    options::check(cx, &item["optionTypes"], &config.options, request)?;
    let body = body(appliance, &config, &item, false).await?;
    let is_new = request.remote.is_none() && kept(cx, &note(request)).is_none();
    if is_new {
        keep(cx, &note(request), &json!(orders(appliance, &item).await?))?;
    }
    let find = || found(appliance, request, &item);
    let order = || async {
        let call = Call::post("/api/catalog/orders", &body).needs("Service Catalog");
        let reply = appliance.send(call).await?;
        Ok(Thing::Item(id(&reply["order"]["items"][0])).remote())
    };
    // Before the note there was no order of this attempt.
    let search = if is_new && request.resumed {
        Search::Certain
    } else {
        Search::Likely
    };
    let remote = begin(cx, request, search, find, order).await?;
    keep(cx, "made", &json!(remote))?;
    let thing = Thing::parse(&remote).unwrap_or(Thing::Item(0));
    let end = Followed::new(appliance, thing, config.common.approval)
        .follow()
        .await?;
    let mut outcome = Outcome::default();
    outcome.outputs.insert("item".into(), json!(id(&end)));
    outcome.outputs.insert("name".into(), end["name"].clone());
    outcome
        .outputs
        .insert("status".into(), json!(crate::watch::word_of(thing, &end)));
    let made_of_it = behind(thing, &end);
    let page = made_of_it.unwrap_or(thing).page(appliance);
    outcome.outputs.insert("link".into(), json!(page));
    match made_of_it {
        Some(Thing::Instance(id)) => {
            outcome.outputs.insert("instance".into(), json!(id));
            outcome
                .outputs
                .insert("locations".into(), end["instance"]["locations"].clone());
            outcome.made.push(made(
                appliance,
                "instance",
                end["instance"]["name"].as_str().unwrap_or_default(),
                Thing::Instance(id),
            ));
        }
        Some(Thing::App(id)) => {
            outcome.outputs.insert("app".into(), json!(id));
            outcome.made.push(made(
                appliance,
                "app",
                end["app"]["name"].as_str().unwrap_or_default(),
                Thing::App(id),
            ));
        }
        _ => outcome
            .made
            .push(made(appliance, "order", &name(&end), thing)),
    }
    outcome.outputs.retain(|_, value| !value.is_null());
    Ok(outcome)
}

pub(crate) async fn observe(appliance: &Appliance<'_>, request: &StepRequest) -> Result<Observed> {
    if request.remote.is_some() {
        return Ok(Observed::Adopt);
    }
    let config: Order = request.inputs.read()?;
    if kept(appliance.context(), &note(request)).is_none() {
        return Ok(Observed::NeverStarted);
    }
    let item = item(appliance, need(config.item.as_ref(), "item")?).await?;
    Ok(match found(appliance, request, &item).await? {
        Some(_) => Observed::Adopt,
        None => Observed::Unknown {
            because: format!(
                "Morpheus takes no key for an order, and no single new order of `{}` is found. Look at the inventory: {}",
                name(&item),
                Thing::Item(0).page(appliance)
            ),
        },
    })
}

/// What the step ordered, as far as it is known.
fn ordered(appliance: &Appliance<'_>) -> Option<Thing> {
    Thing::parse(kept(appliance.context(), "made")?.as_str()?)
}

pub(crate) async fn preview_undo(
    appliance: &Appliance<'_>,
    record: &UndoRecord,
) -> Result<StepPreview> {
    let common = chosen(&record.record);
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    match ordered(appliance) {
        Some(thing) => match thing.now(appliance).await? {
            Some(found) => {
                changes.push(loss("order", &found, &common));
                for (field, kind) in [("instance", "instance"), ("app", "app")] {
                    if id(&found[field]) > 0 {
                        changes.push(loss(kind, &found[field], &common));
                    }
                }
            }
            None => notes.push("The order is gone already.".to_owned()),
        },
        None => notes.push("The step ordered nothing.".to_owned()),
    }
    Ok(predicted(
        "Morpheus has no preview of a removal; what is there now is shown.",
        changes,
        no_way_back(),
        notes,
    ))
}

pub(crate) async fn run_undo(appliance: &Appliance<'_>, record: &UndoRecord) -> Result<Outcome> {
    if let Some(thing) = ordered(appliance) {
        let gone = remove(appliance, thing, &chosen(&record.record)).await?;
        debug_assert!(matches!(gone, Gone::Before | Gone::Now | Gone::Later));
    }
    Ok(Outcome::default())
}
