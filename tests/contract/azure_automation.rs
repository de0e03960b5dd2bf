//! Azure Automation.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct AzureAutomation;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("azure-automation").unwrap()
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn run(runbook: &str, more: Value) -> StepRequest {
    let mut inputs = json!({ "account": "shop-automation", "runbook": runbook });
    if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
        inputs.extend(more);
    }
    request("azure-automation/run-runbook", inputs)
}

/// What somebody put into the account, beside what it has from the start.
fn tables(cx: &FakeContext) -> Vec<String> {
    let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
    let lines = |table: &str| {
        let map = state[table].as_object().cloned().unwrap_or_default();
        map.into_iter()
            .filter(|(id, one)| !one.is_null() && !id.contains("shop-every-night"))
            .filter(|(id, _)| !id.ends_with("0fa462ba-3aa2-4138-83ca-9ebc3bc55cdc"))
            .map(|(id, one)| format!("{table} {id} of {}", one["runbook"]))
            .collect::<Vec<_>>()
    };
    [lines("schedules"), lines("job_schedules")].concat()
}

#[async_trait]
impl Subject for AzureAutomation {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        FakeContext::simulated(connector().simulator(None))
            .with_credential(
                "azure",
                "azure",
                &[
                    ("url", "http://127.0.0.1:9"),
                    ("tenant", "shop.example"),
                    ("client_id", "11111111-2222-4333-8444-555555555555"),
                ],
                &[("client_secret", CANARY)],
            )
            .with_credential(
                "webhook",
                "azure-webhook",
                &[],
                &[(
                    "uri",
                    &format!("https://shop.example/webhooks?token={CANARY}"),
                )],
            )
    }

    fn scenes(&self) -> Vec<Scene> {
        let west = json!({ "parameters": { "Branch": "west" } });
        vec![
            Scene::with_job(run("shop-nightly-care", west.clone())),
            Scene::with_job(run(
                "shop-nightly-care",
                json!({
                    "parameters": { "Branch": "west" }, "run_on": "shop-workers",
                    "undo_runbook": "shop-clean-up", "undo_parameters": { "Branch": "west" },
                }),
            )),
            Scene::with_job(run("shop-start", json!({ "resource_group": "shop" }))),
            Scene::with_job(run(
                "shop-edited",
                json!({ "version": "draft", "parameters": { "Branch": "west" } }),
            )),
            Scene::of(request(
                "azure-automation/schedule-runbook",
                json!({
                    "account": "shop-automation", "runbook": "shop-clean-up", "schedule": "Nächte – ñandú",
                    "start": "2026-03-01T23:00:00+01:00", "parameters": { "Branch": "west" },
                }),
            )),
            Scene::with_job(request(
                "azure-automation/call-webhook",
                json!({ "account": "shop-automation", "webhook": "shop-ring", "body": { "size": "größer" } }),
            )),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        let lines = |table: &str| {
            let map = state[table].as_object().cloned().unwrap_or_default();
            map.into_iter()
                .map(|(id, one)| format!("{table} {id} of {}", one["runbook"]))
                .collect::<Vec<_>>()
        };
        [lines("jobs"), lines("tests"), tables(cx)].concat()
    }

    // A job is history: what it did is not the automation account's to know.
    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        tables(cx)
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => run("shop-broken", json!({})),
            Mood::Slow => run("shop-slow", json!({})),
            Mood::Chatty => run("shop-chatty", json!({})),
            Mood::OddState => run("shop-odd-state", json!({})),
            Mood::WaitsForAPerson => run("shop-waiting", json!({})),
            Mood::OtherScripts => run("Größe prüfen – ñandú", json!({})),
            Mood::Explained => run(
                "shop-report",
                json!({ "subscription": "99999999-0000-4000-8000-000000000000" }),
            ),
        })
    }

    fn line(&self) -> Line {
        Line::Http { start: "/jobs/" }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok(("runbooks", run("shop-report", json!({})), 154))
    }
}

podium_testkit::conform!(on_the_simulator, AzureAutomation);
