//! IBM Cloud Orchestrator.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct Orchestrator;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("ibm-orchestrator").unwrap()
}

fn request(offering: &str, more: Value) -> StepRequest {
    let mut inputs = json!({ "offering": offering });
    if let Value::Object(more) = more {
        for (name, value) in more {
            inputs[name] = value;
        }
    }
    RequestBuilder::new("ibm-orchestrator/launch", inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn state(cx: &FakeContext) -> Value {
    serde_json::from_str(&cx.simulator_state().unwrap()).unwrap()
}

#[async_trait]
impl Subject for Orchestrator {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        FakeContext::simulated(connector().simulator(None)).with_credential(
            "ico",
            "ibm-orchestrator",
            &[("url", "http://127.0.0.1:9"), ("user", "möwe")],
            &[("password", CANARY)],
        )
    }

    fn scenes(&self) -> Vec<Scene> {
        let shop = json!({ "name": "shop-nord", "size": 2 });
        vec![
            Scene::with_job(request(
                "Open a shop",
                json!({
                    "parameters": shop,
                    "undo": { "offering": "Close a shop", "instance_parameter": "id" },
                }),
            )),
            Scene::with_job(request("Open a shop", json!({}))),
            Scene::with_job(request(
                "Restart a server",
                json!({ "instance_type": "service", "instance": "41" }),
            )),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let mut lines = self.standing(cx).await;
        for task in state(cx)["tasks"].as_array().unwrap() {
            lines.push(task["id"].to_string());
        }
        lines
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        state(cx)["instances"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(id, one)| format!("{id} {one}"))
            .collect()
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => request("shop broken", json!({})),
            Mood::Slow => request("shop slow", json!({})),
            Mood::Chatty => request("shop chatty", json!({})),
            Mood::OddState => request("shop odd-state", json!({})),
            Mood::WaitsForAPerson => request("shop waiting", json!({})),
            Mood::OtherScripts => request(
                "Läden öffnen – Größe M",
                json!({ "parameters": { "name": "東京 Ж" } }),
            ),
            Mood::Explained => request("Close a shop", json!({})),
        })
    }

    fn line(&self) -> Line {
        Line::Http { start: "/launch" }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok(("offerings", request("Open a shop", json!({})), 180))
    }
}

podium_testkit::conform!(on_the_simulator, Orchestrator);
