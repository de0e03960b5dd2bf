//! The calls: who asks, where, what.

use podium_connector::{HttpRequest, HttpResponse, Method};
use serde_json::{Value, json};

use super::apply::{self, By, Taken};
use super::kinds::{self, Served};
use super::store::{Place, Store, without_times};
use super::wire::{self, Address, Refused, bad, header, refused, reply};
use crate::object::{list, text};

/// The version that the practice cluster says it has.
pub(super) const VERSION: &str = "v1.37.2";

/// Answers one call.
pub(super) fn answer(store: &mut Store, now: i64, request: &HttpRequest) -> HttpResponse {
    match route(store, now, request) {
        Ok(reply) => reply,
        Err(status) => {
            let code = status["code"]
                .as_u64()
                .and_then(|code| u16::try_from(code).ok())
                .unwrap_or(500);
            reply(code, &status)
        }
    }
}

fn who(request: &HttpRequest) -> Result<&str, Refused> {
    match header(request, "authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        Some("expired") => Err(refused(401, "Unauthorized", "Unauthorized", Value::Null)),
        Some("viewer") => Ok("viewer"),
        None | Some(_) => Ok("practice"),
    }
}

fn route(store: &mut Store, now: i64, request: &HttpRequest) -> Result<HttpResponse, Refused> {
    let user = who(request)?;
    let address = Address::of(&request.url);
    let path: Vec<&str> = address.path.iter().map(String::as_str).collect();
    let kinds = kinds::all(store);
    match path.as_slice() {
        ["version"] => Ok(reply(
            200,
            &json!({
                "major": "1", "minor": "37", "gitVersion": VERSION, "gitCommit": "practice",
                "gitTreeState": "clean", "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.26", "compiler": "gc",
                "platform": "linux/amd64",
            }),
        )),
        ["healthz" | "readyz" | "livez", ..] => Ok(wire::plain(200, "ok")),
        ["api"] => Ok(reply(
            200,
            &json!({
                "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [],
            }),
        )),
        ["apis"] => Ok(reply(200, &kinds::groups(&kinds, None))),
        ["openapi", "v3"] => Ok(reply(200, &json!({ "paths": {} }))),
        ["openapi", "v2"] => Ok(reply(
            200,
            &json!({
                "swagger": "2.0", "info": {"title": "Kubernetes", "version": VERSION}, "paths": {}, "definitions": {},
            }),
        )),
        ["apis", group] => match kinds::groups(&kinds, Some(group)) {
            Value::Null => Err(nowhere()),
            found => Ok(reply(200, &found)),
        },
        ["api", version] => kinds::resources(&kinds, "", version)
            .map(|found| reply(200, &found))
            .ok_or_else(nowhere),
        ["apis", group, version] => kinds::resources(&kinds, group, version)
            .map(|found| reply(200, &found))
            .ok_or_else(nowhere),
        ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"] => Ok(reply(
            201,
            &json!({
                "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {},
                "status": {"userInfo": {"username": user, "groups": ["system:authenticated"]}},
            }),
        )),
        [
            "apis",
            "authorization.k8s.io",
            "v1",
            "selfsubjectaccessreviews",
        ] => {
            let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let verb = text(&asked, "/spec/resourceAttributes/verb");
            let allowed = user != "viewer" || matches!(verb, "get" | "list" | "watch");
            Ok(reply(
                201,
                &json!({
                    "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {},
                    "spec": asked["spec"], "status": {"allowed": allowed},
                }),
            ))
        }
        ["api", version, rest @ ..] => {
            let place = place(&kinds, "", version, rest).ok_or_else(nowhere)?;
            call(store, now, request, &address, &place, user)
        }
        ["apis", group, version, rest @ ..] => {
            let place = place(&kinds, group, version, rest).ok_or_else(nowhere)?;
            call(store, now, request, &address, &place, user)
        }
        _ => Err(nowhere()),
    }
}

fn nowhere() -> Refused {
    refused(
        404,
        "NotFound",
        "the server could not find the requested resource",
        json!({}),
    )
}

/// `[namespaces/NS/]PLURAL[/NAME[/SUB]]`.
fn place(kinds: &[Served], group: &str, version: &str, rest: &[&str]) -> Option<Place> {
    let find = |plural: &str| {
        kinds
            .iter()
            .find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
            .cloned()
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, plural, rest @ ..]
            if find(plural).is_some_and(|kind| kind.namespaced) =>
        {
            let mut all = vec![*plural];
            all.extend(rest);
            ((*namespace).to_owned(), all)
        }
        rest => (String::new(), rest.to_vec()),
    };
    let kind = find(rest.first()?)?;
    Some(Place {
        kind,
        namespace,
        name: rest.get(1).copied().unwrap_or_default().to_owned(),
        sub: rest.get(2..).unwrap_or_default().join("/"),
    })
}

fn verb(method: Method, place: &Place, address: &Address) -> &'static str {
    match method {
        Method::Get | Method::Head if address.is("watch") => "watch",
        Method::Get | Method::Head if place.name.is_empty() => "list",
        Method::Get | Method::Head => "get",
        Method::Post => "create",
        Method::Put => "update",
        Method::Patch => "patch",
        Method::Delete if place.name.is_empty() => "deletecollection",
        Method::Delete => "delete",
    }
}

fn call(
    store: &mut Store,
    now: i64,
    request: &HttpRequest,
    address: &Address,
    place: &Place,
    user: &str,
) -> Result<HttpResponse, Refused> {
    let verb = verb(request.method, place, address);
    if user == "viewer" && !matches!(verb, "get" | "list" | "watch") {
        let within = if place.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", place.namespace)
        };
        let quoted = if place.name.is_empty() {
            String::new()
        } else {
            format!(" \"{}\"", place.name)
        };
        return Err(refused(
            403,
            "Forbidden",
            format!(
                "{}{quoted} is forbidden: User \"{user}\" cannot {verb} resource \"{}\" in API group \"{}\" {within}",
                place.kind.resource(),
                place.kind.plural,
                place.kind.group
            ),
            details(place, Value::Null),
        ));
    }
    if !place.sub.is_empty() {
        return subresource(store, now, request, address, place);
    }
    match verb {
        "watch" => Ok(watch(store, address, place)?),
        "list" => listing(store, address, place).map(|list| reply(200, &list)),
        "get" => store
            .get(&place.key())
            .map(|object| reply(200, &shown(object, &place.kind)))
            .ok_or_else(|| missing(place)),
        "create" => create(store, now, request, address, place),
        "update" => update(store, now, request, address, place),
        "patch" => patch(store, now, request, address, place),
        "delete" => delete(store, now, request, address, place),
        _ => {
            let found: Vec<String> = matching(store, address, place)
                .iter()
                .map(|object| key_of(place, object))
                .collect();
            for key in &found {
                if !address.is_dry() {
                    store.delete(now, key, false);
                }
            }
            Ok(reply(
                200,
                &json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 200}),
            ))
        }
    }
}

fn key_of(place: &Place, object: &Value) -> String {
    super::store::key(
        &place.kind.group,
        &place.kind.plural,
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name"),
    )
}

fn details(place: &Place, causes: Value) -> Value {
    let mut details = json!({
        "name": place.name, "group": place.kind.group, "kind": place.kind.plural,
    });
    if !causes.is_null() {
        details["causes"] = causes;
    }
    details
}

fn missing(place: &Place) -> Refused {
    refused(
        404,
        "NotFound",
        format!("{} \"{}\" not found", place.kind.resource(), place.name),
        details(place, Value::Null),
    )
}

/// The object in the version that was asked for.
fn shown(object: &Value, kind: &Served) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = Value::from(kind.api_version());
    object
}

fn matching<'a>(store: &'a Store, address: &Address, place: &Place) -> Vec<&'a Value> {
    let null = json!({});
    store
        .of_plural(&place.kind.group, &place.kind.plural)
        .filter(|object| {
            place.namespace.is_empty() || text(object, "/metadata/namespace") == place.namespace
        })
        .filter(|object| {
            let labels = object.pointer("/metadata/labels").unwrap_or(&null);
            address
                .get("labelSelector")
                .is_none_or(|selector| wire::selects(selector, labels))
                && address
                    .get("fieldSelector")
                    .is_none_or(|selector| wire::picks(selector, object))
        })
        .collect()
}

fn listing(store: &Store, address: &Address, place: &Place) -> Result<Value, Refused> {
    let all = matching(store, address, place);
    let from: usize = match address.get("continue") {
        None => 0,
        Some(token) => token
            .strip_prefix("practice-")
            .and_then(|at| at.parse().ok())
            .ok_or_else(|| {
                refused(410, "Expired", "The provided continue parameter is too old to display a consistent list result.", Value::Null)
            })?,
    };
    let limit = address
        .get("limit")
        .and_then(|limit| limit.parse::<usize>().ok())
        .filter(|limit| *limit > 0)
        .unwrap_or(usize::MAX);
    let until = from.saturating_add(limit).min(all.len());
    let mut metadata = json!({ "resourceVersion": store.version().to_string() });
    if until < all.len() {
        metadata["continue"] = Value::from(format!("practice-{until}"));
        metadata["remainingItemCount"] = json!(all.len() - until);
    }
    let items: Vec<Value> = all
        .get(from..until)
        .unwrap_or_default()
        .iter()
        .map(|object| shown(object, &place.kind))
        .collect();
    Ok(json!({
        "kind": format!("{}List", place.kind.kind), "apiVersion": place.kind.api_version(),
        "metadata": metadata, "items": items,
    }))
}

/// What happened since a version; the stream ends at once, and the client begins the next one.
fn watch(store: &Store, address: &Address, place: &Place) -> Result<HttpResponse, Refused> {
    if address.get("sendInitialEvents").is_some() {
        return Err(refused(
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
            Value::Null,
        ));
    }
    let since: u64 = address
        .get("resourceVersion")
        .and_then(|version| version.parse().ok())
        .unwrap_or(0);
    let mut events: Vec<(u64, Value)> = matching(store, address, place)
        .into_iter()
        .filter_map(|object| {
            let at: u64 = text(object, "/metadata/resourceVersion").parse().ok()?;
            let kind = if since == 0 { "ADDED" } else { "MODIFIED" };
            (at > since).then(|| {
                (
                    at,
                    json!({"type": kind, "object": shown(object, &place.kind)}),
                )
            })
        })
        .collect();
    let prefix = format!(
        "{}|{}|{}",
        place.kind.group, place.kind.plural, place.namespace
    );
    for (at, key, object) in store.gone_after(since) {
        let picked = address
            .get("fieldSelector")
            .is_none_or(|selector| wire::picks(selector, object));
        if key.starts_with(&prefix) && picked {
            events.push((
                *at,
                json!({"type": "DELETED", "object": shown(object, &place.kind)}),
            ));
        }
    }
    events.sort_by_key(|(at, _)| *at);
    let mut body = String::new();
    for (_, event) in &events {
        body.push_str(&event.to_string());
        body.push('\n');
    }
    let mut reply = wire::plain(200, &body);
    reply.headers = vec![("content-type".into(), "application/json".into())];
    Ok(reply)
}

/// The object in a body, JSON or YAML.
fn body(request: &HttpRequest) -> Result<Value, Refused> {
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
    super::controllers::default(&mut object);
    object["apiVersion"] = Value::from(place.kind.api_version());
    object["kind"] = Value::from(place.kind.kind.as_str());
    super::controllers::check(place, before, &object)?;
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

fn create(
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
    super::controllers::default(&mut object);
    let by = By {
        manager: manager(request, address),
        api_version: &place.kind.api_version(),
        force: true,
        now,
    };
    let object = apply::note_update(None, object, by);
    keep(store, now, address, &place, None, object)
}

fn update(
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
    super::controllers::default(&mut object);
    let by = By {
        manager: manager(request, address),
        api_version: &place.kind.api_version(),
        force: true,
        now,
    };
    let object = apply::note_update(Some(before), object, by);
    keep(store, now, address, place, Some(before), object)
}

fn patch(
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
    super::controllers::hide_values(&mut config);
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

fn delete(
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

fn subresource(
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
            &super::controllers::log(&before, address.get("container")),
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
