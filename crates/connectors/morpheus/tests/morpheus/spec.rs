//! Every call and reply of a whole story, held against the vendor's description of its interface.

use std::path::{Path, PathBuf};

use podium_connector::{Connector, Method};
use podium_testkit::{Overheard, overhearing, skipped, vendor_specs, walk};
use serde_json::{Value, json};

use crate::world::{instance, morpheus, step};

/// The document, with what its references lead to in their places.
struct Document {
    folder: PathBuf,
    paths: Value,
}

impl Document {
    fn read(folder: PathBuf) -> Self {
        let root = yaml(&folder.join("openapi.trimmed.yaml"));
        Self {
            paths: root["paths"].clone(),
            folder,
        }
    }

    /// The operation of a call, where the document has it.
    fn operation(&self, method: Method, path: &str) -> Option<Value> {
        let (route, item) = self
            .paths
            .as_object()?
            .iter()
            .find(|(route, _)| fits(route, path))?;
        let file = item["$ref"]
            .as_str()
            .unwrap_or_else(|| panic!("{route} has no file"));
        let place = self.folder.join(file);
        let whole = resolve(&yaml(&place), place.parent().unwrap(), 0);
        let operation = whole[method.as_str().to_lowercase()].clone();
        operation.is_object().then_some(operation)
    }
}

fn yaml(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_some_and(|kind| kind == "json") {
        return serde_json::from_str(&text).unwrap_or(Value::Null);
    }
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) =
        (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route.iter().zip(&path).all(|(a, b)| {
            // A place for an id takes no word, so that `/instances/service-plans` is not an instance.
            a == b
                || (a.starts_with('{')
                    && (b.chars().all(|c| c.is_ascii_digit()) || *a == "{action}"))
        })
}

fn resolve(value: &Value, folder: &Path, depth: usize) -> Value {
    match value {
        Value::Object(map) => {
            if let Some(file) = map.get("$ref").and_then(Value::as_str) {
                // Examples are not needed, and what leads into itself ends somewhere.
                if depth > 25 || file.contains("/examples/") {
                    return json!({});
                }
                let place = folder.join(file);
                return resolve(&yaml(&place), place.parent().unwrap(), depth + 1);
            }
            map.iter()
                .filter(|(name, _)| *name != "examples" && *name != "example")
                .map(|(name, one)| (name.clone(), resolve(one, folder, depth)))
                .collect()
        }
        Value::Array(list) => list.iter().map(|one| resolve(one, folder, depth)).collect(),
        other => other.clone(),
    }
}

fn against(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator
        .iter_errors(value)
        // In the document every success is also a reply of the kind that tells a failure.
        .filter(|error| !error.to_string().contains("valid under more than one"))
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect()
}

/// What of a call or its reply is not as the document says.
fn problems(document: &Document, one: &Overheard) -> Vec<String> {
    let url = one.request.url.strip_prefix("http://127.0.0.1:9").unwrap();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let call = format!("{} {path}", one.request.method.as_str());
    let Some(operation) = document.operation(one.request.method, path) else {
        return vec![format!("{call} is not in the document")];
    };
    let mut problems = Vec::new();
    let known: Vec<&str> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["name"].as_str())
        .collect();
    for name in query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|name| !name.is_empty())
    {
        // Every list is paged; the document does not repeat it everywhere.
        if !known.contains(&name) && !matches!(name, "max" | "offset") {
            problems.push(format!("{call}: `{name}` is no parameter"));
        }
    }
    if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
        let body: Value = serde_json::from_slice(&one.request.body).unwrap_or(json!({}));
        problems.extend(
            against(schema, &body)
                .into_iter()
                .map(|what| format!("{call} sends: {what}")),
        );
    }
    if let Some(schema) = operation.pointer("/responses/200/content/application~1json/schema")
        && one.reply.status == 200
    {
        let body: Value = serde_json::from_slice(&one.reply.body).unwrap();
        problems.extend(
            against(schema, &body)
                .into_iter()
                .map(|what| format!("{call} gets: {what}")),
        );
    }
    problems
}

#[tokio::test]
async fn every_call_and_reply_is_as_the_vendors_document_says() {
    let Some(folder) = vendor_specs("morpheus") else {
        return skipped(
            "every_call_and_reply_is_as_the_vendors_document_says: the vendors' specifications are not beside the repository",
        );
    };
    let document = Document::read(folder);
    let (cx, heard) = overhearing(morpheus().simulator(None));
    let cx = cx.with_credential(
        "morpheus",
        "morpheus",
        &[("url", "http://127.0.0.1:9"), ("user", "apiuser")],
        &[("password", "a-password-of-practice")],
    );
    let mut given = instance("waiting-west").build();
    given.inputs.values.insert("approval".into(), json!("give"));
    let walked = walk(&morpheus(), &cx, &given).await.unwrap();
    morpheus().undo(&cx, &given, &walked.record).await.unwrap();
    morpheus().identify(&cx, &given).await.unwrap();
    let app = step(
        "provision",
        json!({ "name": "shop", "group": "Shop", "blueprint": "Shop front" }),
    );
    let app = app.key("key-app").build();
    let walked = walk(&morpheus(), &cx, &app).await.unwrap();
    morpheus().undo(&cx, &app, &walked.record).await.unwrap();
    let order = step(
        "order",
        json!({ "item": "shop server", "options": { "name": "east" } }),
    );
    let order = order.key("key-order").build();
    let walked = walk(&morpheus(), &cx, &order).await.unwrap();
    morpheus().undo(&cx, &order, &walked.record).await.unwrap();
    let care = step(
        "run-workflow",
        json!({ "workflow": "Nightly care", "on": "instance", "targets": ["shop-server-001"] }),
    );
    walk(&morpheus(), &cx, &care.key("key-care").build())
        .await
        .unwrap();
    let task = step("run-workflow", json!({ "task": "Clean the cache" }))
        .key("key-task")
        .build();
    walk(&morpheus(), &cx, &task).await.unwrap();
    let kept = step("delete", json!({ "name": "shop-server-040" })).build();
    let walked = walk(&morpheus(), &cx, &kept).await.unwrap();
    morpheus().undo(&cx, &kept, &walked.record).await.unwrap();
    for what in [
        "catalog-items",
        "groups",
        "clouds",
        "instance-types",
        "blueprints",
        "workflows",
        "tasks",
        "targets",
        "environments",
        "layouts",
        "plans",
    ] {
        morpheus().discover(&cx, &given, what).await.unwrap();
    }
    let heard = heard.lock().unwrap();
    assert!(heard.len() > 100, "{}", heard.len());
    let mut problems: Vec<String> = heard
        .iter()
        .flat_map(|one| problems(&document, one))
        .collect();
    problems.sort();
    problems.dedup();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
