//! Every call of ours, and every reply of the practice cloud, against the operations and models of
//! Microsoft's own client (version 2024-10-23).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use podium_connector::{Connector, HttpRequest};
use podium_connector_azure_automation::AzureAutomation;
use podium_testkit::{FakeContext, RequestBuilder, walk};
use serde_json::{Value, json};

use crate::world::{run, step};

fn specification() -> Option<Value> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../shared/specs/azure-automation/operations-2024-10-23.json"
    );
    let Ok(text) = std::fs::read_to_string(file) else {
        podium_testkit::skipped(
            "the operations of Azure Automation (shared/specs/azure-automation) are not beside this repository",
        );
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// The operation of a call.
fn operation<'s>(spec: &'s Value, method: &str, path: &str) -> Option<&'s Value> {
    let asked: Vec<&str> = path.split('/').collect();
    spec["operations"].as_array().unwrap().iter().find(|one| {
        let known: Vec<&str> = one["path"].as_str().unwrap().split('/').collect();
        one["method"] == method
            && known.len() == asked.len()
            && known
                .iter()
                .zip(&asked)
                .all(|(known, part)| known.starts_with('{') || known == part)
    })
}

/// The names of a model's fields, with those of what it builds on.
fn fields(spec: &Value, model: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut model = model.to_owned();
    while let Some(found) = spec["models"].get(&model) {
        let own = found["fields"].as_array().unwrap().iter();
        names.extend(own.map(|one| one["name"].as_str().unwrap().to_owned()));
        model = found["base"].as_str().unwrap_or_default().to_owned();
    }
    names
}

fn assert_fields(spec: &Value, model: &str, value: &Value) {
    let known = fields(spec, model);
    assert!(!known.is_empty(), "{model}");
    for name in value.as_object().unwrap().keys() {
        assert!(known.contains(name), "{model} has no `{name}`");
    }
}

/// What went over the line: method, path, query, body, reply.
type Seen = Arc<Mutex<Vec<(String, String, String, Vec<u8>, Vec<u8>)>>>;

#[tokio::test]
async fn every_call_and_every_reply_is_of_the_specification() {
    let Some(spec) = specification() else { return };
    let seen: Seen = Arc::default();
    let server = Mutex::new(AzureAutomation::new().simulator(None));
    let kept = seen.clone();
    // Time passes with each call, so that jobs end.
    let calls = std::sync::atomic::AtomicI64::new(0);
    let cx = FakeContext::simulated(AzureAutomation::new().simulator(None)).answering(
        move |request: &HttpRequest| {
            let at = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let now = 1_767_323_045_678 + at * 1_500;
            let reply = server.lock().unwrap().http(now, request);
            let target = request.url.split("127.0.0.1:9").nth(1).unwrap();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            kept.lock().unwrap().push((
                request.method.as_str().to_owned(),
                path.to_owned(),
                query.to_owned(),
                request.body.clone(),
                reply.body.clone(),
            ));
            Ok(reply)
        },
    );
    let azure = AzureAutomation::new();
    let west = json!({ "parameters": { "Branch": "west" }, "run_on": "shop-workers" });
    let care = step("shop-nightly-care", west).key("podium-care").build();
    walk(&azure, &cx, &care).await.unwrap();
    let draft = json!({ "version": "draft", "parameters": { "Branch": "west" } });
    walk(&azure, &cx, &run("shop-edited", draft)).await.unwrap();
    let waiting = json!({ "suspended": "resume" });
    walk(&azure, &cx, &run("shop-waiting", waiting))
        .await
        .unwrap();
    let nightly = json!({
        "account": "shop-automation", "runbook": "shop-report", "schedule": "every night", "every": "week",
        "start": "2026-03-01T23:00:00+01:00", "week_days": ["Friday"], "description": "größe",
    });
    let nightly = RequestBuilder::new("azure-automation/schedule-runbook", nightly)
        .with_defaults_of(azure.manifest())
        .build();
    let walked = walk(&azure, &cx, &nightly).await.unwrap();
    azure.undo(&cx, &nightly, &walked.record).await.unwrap();
    let request = run("shop-report", json!({}));
    for what in ["accounts", "runbooks", "worker_groups"] {
        azure.discover(&cx, &request, what).await.unwrap();
    }

    let mut checked = 0;
    for (method, path, query, body, reply) in seen.lock().unwrap().iter() {
        if path.ends_with("/token") || path == "/subscriptions" {
            continue;
        }
        let found = operation(&spec, method, path);
        let found = found.unwrap_or_else(|| panic!("{method} {path} is no operation"));
        assert!(query.contains("api-version=2024-10-23"), "{path}?{query}");
        let sent: Option<Value> = serde_json::from_slice(body).ok();
        let given: Option<Value> = serde_json::from_slice(reply).ok();
        match found["operation"].as_str().unwrap() {
            "job_create" => {
                let sent = sent.unwrap();
                assert_fields(&spec, "JobCreateParameters", &sent);
                assert_fields(&spec, "JobCreateProperties", &sent["properties"]);
                assert_fields(&spec, "Job", &given.clone().unwrap());
                assert_fields(&spec, "JobProperties", &given.unwrap()["properties"]);
            }
            "schedule_create_or_update" => {
                let sent = sent.unwrap();
                assert_fields(&spec, "ScheduleCreateOrUpdateParameters", &sent);
                assert_fields(
                    &spec,
                    "ScheduleCreateOrUpdateProperties",
                    &sent["properties"],
                );
                assert_fields(&spec, "ScheduleProperties", &given.unwrap()["properties"]);
            }
            "job_schedule_create" => {
                let sent = sent.unwrap();
                assert_fields(&spec, "JobScheduleCreateParameters", &sent);
                assert_fields(&spec, "JobScheduleCreateProperties", &sent["properties"]);
                assert_fields(
                    &spec,
                    "JobScheduleProperties",
                    &given.unwrap()["properties"],
                );
            }
            "job_get" => assert_fields(&spec, "JobProperties", &given.unwrap()["properties"]),
            "test_job_create" => {
                assert_fields(&spec, "TestJobCreateParameters", &sent.unwrap());
                assert_fields(&spec, "TestJob", &given.unwrap());
            }
            "runbook_get"
                if given
                    .as_ref()
                    .is_some_and(|one| one.get("properties").is_some()) =>
            {
                assert_fields(&spec, "Runbook", &given.clone().unwrap());
                assert_fields(&spec, "RunbookProperties", &given.unwrap()["properties"]);
            }
            "job_stream_list_by_job" => {
                for one in given.unwrap()["value"].as_array().unwrap() {
                    assert_fields(&spec, "JobStream", one);
                    assert_fields(&spec, "JobStreamProperties", &one["properties"]);
                }
            }
            _ => {}
        }
        checked += 1;
    }
    assert!(checked > 60, "{checked}");
}
