//! The calls: who asks, where, what.

mod writes;

use std::borrow::Cow;

use podium_connector::{HttpRequest, HttpResponse, Method};
use serde_json::{Value, json};

use super::kinds::{self, Served};
use super::protobuf;
use super::store::{Place, Store};
use super::wire::{self, Address, Refused, header, refused, reply};
use crate::object::text;
use writes::{create, delete, patch, subresource, update};

/// The version that the practice cluster says it has.
pub(super) const VERSION: &str = "v1.37.2";

/// Answers one call.
pub(super) fn answer(store: &mut Store, now: i64, request: &HttpRequest) -> HttpResponse {
    let answered = in_json(request).and_then(|request| route(store, now, &request));
    match answered {
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

/// The request with a body in JSON, whichever of the two forms it came in; replies are JSON always.
fn in_json(request: &HttpRequest) -> Result<Cow<'_, HttpRequest>, Refused> {
    const FORM: &str = "application/vnd.kubernetes.protobuf";
    let is_form = |name| header(request, name).is_some_and(|value| value.trim() == FORM);
    if is_form("accept") {
        return Err(refused(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
            Value::Null,
        ));
    }
    if request.body.is_empty() || !is_form("content-type") {
        return Ok(Cow::Borrowed(request));
    }
    let object = protobuf::read(&request.body).map_err(|why| match why {
        protobuf::Unread::Broken(why) => wire::bad(format!("the body cannot be read: {why}")),
        protobuf::Unread::Kind(kind) => refused(
            415,
            "UnsupportedMediaType",
            format!("the practice cluster reads {kind} as application/json alone"),
            Value::Null,
        ),
    })?;
    let mut request = request.clone();
    request.body = object.to_string().into_bytes();
    for (name, value) in &mut request.headers {
        if name.eq_ignore_ascii_case("content-type") {
            "application/json".clone_into(value);
        }
    }
    Ok(Cow::Owned(request))
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
        ["openapi", "v2"]
            if header(request, "accept").is_some_and(|form| form.contains("spec.v2")) =>
        {
            Ok(HttpResponse {
                status: 200,
                headers: vec![("content-type".into(), protobuf::DESCRIPTION.into())],
                body: protobuf::description("Kubernetes", VERSION),
            })
        }
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
