//! AWX.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

/// On AWX itself, and behind the platform's gateway, which has other prefixes.
struct Awx {
    gateway: bool,
}

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("awx").unwrap()
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn launch(template: &str) -> StepRequest {
    request("awx/launch", json!({ "template": template }))
}

fn front(more: Value) -> StepRequest {
    let mut inputs = json!({ "template": "shop-front", "variables": { "branch": "west" } });
    if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
        inputs.extend(more);
    }
    request("awx/launch", inputs)
}

fn release(approvals: &str) -> StepRequest {
    request(
        "awx/launch-workflow",
        json!({
            "template": "shop-release", "variables": { "branch": "west" }, "approvals": approvals,
            "undo_template": "shop-release-remove",
        }),
    )
}

#[async_trait]
impl Subject for Awx {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        let address = if self.gateway {
            "http://127.0.0.1:9/aap"
        } else {
            "http://127.0.0.1:9"
        };
        FakeContext::simulated(connector().simulator(None))
            .with_simulator_at(address)
            .with_credential("awx", "awx", &[("url", address)], &[("token", CANARY)])
    }

    fn scenes(&self) -> Vec<Scene> {
        vec![
            Scene::with_job(front(json!({ "limit": "web" }))),
            Scene::with_job(front(json!({ "undo_template": "shop-front-remove" }))),
            Scene::with_job(front(
                json!({ "job_type": "check", "inventory": "shop-production" }),
            )),
            Scene::with_job(release("approve")),
            Scene::with_job(request(
                "awx/launch-workflow",
                json!({ "template": "shop-rescue" }),
            )),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        let ids = |table: &str| {
            let map = state[table].as_object().cloned().unwrap_or_default();
            map.into_iter()
                .map(|(id, one)| format!("{table} {id} of {}", one["template"]))
                .collect::<Vec<_>>()
        };
        [ids("jobs"), ids("workflows")].concat()
    }

    // A job is history: what it did on the hosts is not AWX's to know.
    async fn standing(&self, _: &FakeContext) -> Vec<String> {
        Vec::new()
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => launch("shop-broken"),
            Mood::Slow => launch("shop-slow"),
            Mood::Chatty => launch("shop-chatty"),
            Mood::OddState => launch("shop-odd-state"),
            Mood::WaitsForAPerson => release("wait"),
            Mood::OtherScripts => launch("Größe prüfen – ñandú"),
            Mood::Explained => launch("shop-forbidden"),
        })
    }

    fn line(&self) -> Line {
        Line::Http { start: "/launch/" }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok(("hosts", launch("shop-warehouse"), 651))
    }
}

podium_testkit::conform!(on_the_simulator, Awx { gateway: false });
podium_testkit::conform!(behind_the_gateway, Awx { gateway: true });
