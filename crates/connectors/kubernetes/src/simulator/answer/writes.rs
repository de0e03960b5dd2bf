//! The calls that write: made, updated, patched, applied, deleted; each with its dry run.

use podium_connector::{HttpRequest, HttpResponse, Method};
use serde_json::{Value, json};

use super::super::apply::{self, By, Taken};
use super::super::store::{Place, Store, without_times};
use super::super::wire::{self, Address, Refused, bad, header, refused, reply};
use super::super::{admit, controllers};
use super::{details, missing, nowhere, shown};
use crate::object::{list, text};

/// The object in a body, JSON or YAML.
fn body(request: &HttpRequest) -> Result<Value, Refused> {
    let kind = header(request, "content-type").unwrap_or_default();
    if kind.contains("protobuf") || kind.contains("cbor") {
        return Err(refused(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
            Value::Null,
        ));
    }
    if let Ok(value) = serde_json::from_slice(&request.body) {
        return Ok(value);
    }
    std::str::from_utf8(&request.body)
        .ok()
        .and_then(|text| serde_saphyr::from_str(text).ok())
        .filter(Value::is_object)
        .ok_or_else(|| bad("the object provided is unrecognized (must be of type JSON or YAML)"))
}

fn manager<'a>(request: &'a HttpRequest, address: &'a Address) -> &'a str {
    address.get("fieldManager").unwrap_or_else(|| {
        header(request, "user-agent")
            .and_then(|agent| agent.split('/').next())
            .filter(|agent| !agent.is_empty())
            .unwrap_or("unknown")
    })
}

fn check_namespace(store: &Store, place: &Place) -> Result<(), Refused> {
    if !place.kind.namespaced {
        return Ok(());
    }
    let found = store.find("", "namespaces", "", &place.namespace);
    match found {
        None => Err(refused(
            404,
            "NotFound",
            format!("namespaces \"{}\" not found", place.namespace),
            json!({"name": place.namespace, "kind": "namespaces"}),
        )),
        Some(namespace) if namespace.pointer("/metadata/deletionTimestamp").is_some() => {
            Err(refused(
                403,
                "Forbidden",
                format!(
                    "{} \"{}\" is forbidden: unable to create new content in namespace {} because it is being terminated",
                    place.kind.resource(),
                    place.name,
                    place.namespace
                ),
                details(
                    place,
                    json!([{"reason": "NamespaceTerminating", "message": "namespace is being terminated", "field": "metadata.namespace"}]),
                ),
            ))
        }
        Some(_) => Ok(()),
    }
}

/// Checks, defaults, and stores what shall be there; with a dry run only says it.
fn keep(
    store: &mut Store,
    now: i64,
    address: &Address,
    place: &Place,
    before: Option<&Value>,
    mut object: Value,
) -> Result<HttpResponse, Refused> {
    admit::default(&mut object);
    object["apiVersion"] = Value::from(place.kind.api_version());
    object["kind"] = Value::from(place.kind.kind.as_str());
    admit::check(place, before, &object)?;
    let code = if before.is_some() { 200 } else { 201 };
    // Whoever writes an object does not write its state.
    if let Some(before) = before {
        match before.get("status") {
            Some(status) => object["status"] = status.clone(),
            None => {
                if let Some(map) = object.as_object_mut() {
                    map.remove("status");
                }
            }
        }
        if let Some(mark) = before.pointer("/metadata/deletionTimestamp") {
            object["metadata"]["deletionTimestamp"] = mark.clone();
        }
    } else if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if address.is_dry() {
        let mut trial = store.clone();
        let kept = trial.put(now, &place.kind.group, &place.kind.plural, object);
        return Ok(reply(code, &shown(&kept, &place.kind)));
    }
    if place.kind.kind == "Service"
        && text(&object, "/spec/clusterIP").is_empty()
        && text(&object, "/spec/type") != "ExternalName"
    {
        let ip = format!(
            "10.96.{}.{}",
            store.version() / 250 % 250,
            store.version() % 250 + 1
        );
        object["spec"]["clusterIP"] = Value::from(ip.as_str());
        object["spec"]["clusterIPs"] = json!([ip]);
    }
    let kept = store.put(now, &place.kind.group, &place.kind.plural, object);
    let ending = kept.pointer("/metadata/deletionTimestamp").is_some()
        && list(&kept, "/metadata/finalizers").is_empty()
        && place.kind.plural != "namespaces";
    if ending {
        store.remove(&place.key());
    }
    Ok(reply(code, &shown(&kept, &place.kind)))
}

pub(super) fn create(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
) -> Result<HttpResponse, Refused> {
    let mut object = body(request)?;
    let mut place = place.clone();
    if text(&object, "/metadata/name").is_empty() {
        let start = text(&object, "/metadata/generateName").to_owned();
        if start.is_empty() {
            return Err(bad("name or generateName is required"));
        }
        object["metadata"]["name"] = Value::from(format!("{start}{:05x}", store.version()));
    }
    text(&object, "/metadata/name").clone_into(&mut place.name);
    if place.kind.namespaced {
        object["metadata"]["namespace"] = Value::from(place.namespace.as_str());
    }
    check_namespace(store, &place)?;
    if store.get(&place.key()).is_some() {
        return Err(refused(
            409,
            "AlreadyExists",
            format!(
                "{} \"{}\" already exists",
                place.kind.resource(),
                place.name
            ),
            details(&place, Value::Null),
        ));
    }
    admit::default(&mut object);
    let by = By {
        manager: manager(request, address),
        api_version: &place.kind.api_version(),
        force: true,
        now,
    };
    let object = apply::note_update(None, object, by);
    keep(store, now, address, &place, None, object)
}

pub(super) fn update(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
) -> Result<HttpResponse, Refused> {
    let object = body(request)?;
    let before = store
        .get(&place.key())
        .cloned()
        .ok_or_else(|| missing(place))?;
    check_version(place, &before, &object)?;
    changed(store, now, request, address, place, &before, object)
}

fn check_version(place: &Place, before: &Value, object: &Value) -> Result<(), Refused> {
    let wanted = text(object, "/metadata/resourceVersion");
    if wanted.is_empty() || wanted == text(before, "/metadata/resourceVersion") {
        return Ok(());
    }
    Err(refused(
        409,
        "Conflict",
        format!(
            "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please apply your changes to the latest version and try again",
            place.kind.resource(),
            place.name
        ),
        details(place, Value::Null),
    ))
}

fn changed(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
    before: &Value,
    mut object: Value,
) -> Result<HttpResponse, Refused> {
    if place.kind.namespaced {
        object["metadata"]["namespace"] = Value::from(place.namespace.as_str());
    }
    admit::default(&mut object);
    let by = By {
        manager: manager(request, address),
        api_version: &place.kind.api_version(),
        force: true,
        now,
    };
    let object = apply::note_update(Some(before), object, by);
    keep(store, now, address, place, Some(before), object)
}

pub(super) fn patch(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
) -> Result<HttpResponse, Refused> {
    let before = store.get(&place.key()).cloned();
    let how = header(request, "content-type").unwrap_or_default();
    if how.starts_with("application/apply-patch") {
        return applied(store, now, request, address, place, before.as_ref());
    }
    let before = before.ok_or_else(|| missing(place))?;
    let change = body_any(request)?;
    let mut object = before.clone();
    patched(how, &mut object, &change)?;
    check_version(place, &before, &object)?;
    changed(store, now, request, address, place, &before, object)
}

fn body_any(request: &HttpRequest) -> Result<Value, Refused> {
    serde_json::from_slice(&request.body)
        .map_err(|error| bad(format!("error decoding patch: {error}")))
}

fn patched(how: &str, object: &mut Value, change: &Value) -> Result<(), Refused> {
    if how.starts_with("application/merge-patch") {
        apply::merge_patch(object, change);
    } else if how.starts_with("application/strategic-merge-patch") {
        apply::strategic_patch(object, change, &mut Vec::new());
    } else if how.starts_with("application/json-patch") {
        let steps = change.as_array().cloned().unwrap_or_default();
        apply::json_patch(object, &steps)
            .map_err(|why| refused(422, "Invalid", why, Value::Null))?;
    } else {
        return Err(refused(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml (not {how})"
            ),
            Value::Null,
        ));
    }
    Ok(())
}

fn applied(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
    before: Option<&Value>,
) -> Result<HttpResponse, Refused> {
    let Some(manager) = address.get("fieldManager") else {
        return Err(refused(
            422,
            "Invalid",
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
            Value::Null,
        ));
    };
    let mut config = body(request)?;
    if text(&config, "/metadata/name") != place.name {
        return Err(bad(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            text(&config, "/metadata/name"),
            place.name
        )));
    }
    if config
        .pointer("/metadata/managedFields")
        .is_some_and(|fields| !fields.is_null())
    {
        return Err(bad("metadata.managedFields must be nil"));
    }
    check_namespace(store, place)?;
    if place.kind.namespaced {
        config["metadata"]["namespace"] = Value::from(place.namespace.as_str());
    }
    admit::hide_values(&mut config);
    let by = By {
        manager,
        api_version: &place.kind.api_version(),
        force: address.is("force"),
        now,
    };
    let object = apply::apply(before, &config, by).map_err(|taken| conflict(place, &taken))?;
    if let Some(before) = before
        && without_times(before) == without_times(&object)
    {
        return Ok(reply(200, &shown(before, &place.kind)));
    }
    keep(store, now, address, place, before, object)
}

fn conflict(place: &Place, taken: &[Taken]) -> Refused {
    let with = |taken: &Taken| {
        if taken.operation == "Apply" {
            format!("conflict with \"{}\"", taken.owner)
        } else {
            format!(
                "conflict with \"{}\" using {}",
                taken.owner, taken.api_version
            )
        }
    };
    let causes: Vec<Value> = taken
        .iter()
        .map(|one| json!({"reason": "FieldManagerConflict", "message": with(one), "field": one.field}))
        .collect();
    let count = taken.len();
    let many = if count == 1 { "conflict" } else { "conflicts" };
    let lines: Vec<String> = taken
        .iter()
        .map(|one| format!("{}: {}", with(one), one.field))
        .collect();
    refused(
        409,
        "Conflict",
        format!("Apply failed with {count} {many}: {}", lines.join("\n- ")),
        details(place, Value::Array(causes)),
    )
}

pub(super) fn delete(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
) -> Result<HttpResponse, Refused> {
    let before = store
        .get(&place.key())
        .cloned()
        .ok_or_else(|| missing(place))?;
    let options: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let uid = text(&options, "/preconditions/uid");
    if !uid.is_empty() && uid != text(&before, "/metadata/uid") {
        return Err(refused(
            409,
            "Conflict",
            format!(
                "Operation cannot be fulfilled on {} \"{}\": the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                place.kind.resource(),
                place.name,
                text(&before, "/metadata/uid")
            ),
            details(place, Value::Null),
        ));
    }
    if ["default", "kube-system", "kube-public"].contains(&place.name.as_str())
        && place.kind.plural == "namespaces"
    {
        return Err(refused(
            403,
            "Forbidden",
            format!(
                "namespaces \"{}\" is forbidden: this namespace may not be deleted",
                place.name
            ),
            details(place, Value::Null),
        ));
    }
    let policy = address
        .get("propagationPolicy")
        .unwrap_or_else(|| text(&options, "/propagationPolicy"));
    let dry = address.is_dry() || list(&options, "/dryRun").iter().any(|value| value == "All");
    if !dry {
        store.delete(now, &place.key(), policy == "Orphan");
    }
    Ok(reply(
        200,
        &json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": place.name, "group": place.kind.group, "kind": place.kind.plural, "uid": before["metadata"]["uid"]},
        }),
    ))
}

pub(super) fn subresource(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
) -> Result<HttpResponse, Refused> {
    let before = store
        .get(&place.key())
        .cloned()
        .ok_or_else(|| missing(place))?;
    match (place.sub.as_str(), request.method) {
        ("log", Method::Get) => Ok(wire::plain(
            200,
            &controllers::log(&before, address.get("container")),
        )),
        ("status", Method::Get) => Ok(reply(200, &shown(&before, &place.kind))),
        ("status", Method::Put | Method::Patch) => {
            let mut object = before.clone();
            if request.method == Method::Put {
                object["status"] = body(request)?["status"].clone();
            } else {
                let how = header(request, "content-type").unwrap_or_default();
                let how = if how.starts_with("application/apply-patch") {
                    "application/merge-patch+json"
                } else {
                    how
                };
                let mut whole = before.clone();
                patched(how, &mut whole, &body_any(request)?)?;
                object["status"] = whole["status"].clone();
            }
            let kept = store.put(now, &place.kind.group, &place.kind.plural, object);
            Ok(reply(200, &shown(&kept, &place.kind)))
        }
        ("scale", method) => {
            let mut object = before.clone();
            if method != Method::Get {
                let mut scale = json!({"spec": {"replicas": before["spec"]["replicas"]}});
                if method == Method::Put {
                    scale = body(request)?;
                } else {
                    apply::merge_patch(&mut scale, &body_any(request)?);
                }
                object["spec"]["replicas"] = scale["spec"]["replicas"].clone();
                let by = By {
                    manager: manager(request, address),
                    api_version: &place.kind.api_version(),
                    force: true,
                    now,
                };
                object = apply::note_update(Some(&before), object, by);
                if !address.is_dry() {
                    object = store.put(now, &place.kind.group, &place.kind.plural, object);
                }
            }
            Ok(reply(
                200,
                &json!({
                    "kind": "Scale", "apiVersion": "autoscaling/v1",
                    "metadata": {"name": place.name, "namespace": place.namespace, "uid": object["metadata"]["uid"],
                        "resourceVersion": object["metadata"]["resourceVersion"]},
                    "spec": {"replicas": object["spec"]["replicas"]},
                    "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0)},
                }),
            ))
        }
        ("eviction", Method::Post) => {
            store.delete(now, &place.key(), false);
            Ok(reply(
                201,
                &json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}),
            ))
        }
        ("finalize", Method::Put) => {
            let object = body(request)?;
            Ok(reply(200, &object))
        }
        _ => Err(nowhere()),
    }
}
