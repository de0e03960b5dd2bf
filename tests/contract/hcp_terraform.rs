//! HCP Terraform.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct HcpTerraform;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("hcp-terraform").unwrap()
}

fn request(workspace: &str, more: Value) -> StepRequest {
    let mut inputs = json!({ "organization": "acme", "workspace": workspace });
    if let Value::Object(more) = more {
        for (name, value) in more {
            inputs[name] = value;
        }
    }
    RequestBuilder::new("hcp-terraform/run", inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn state(cx: &FakeContext) -> Value {
    serde_json::from_str(&cx.simulator_state().unwrap()).unwrap()
}

#[async_trait]
impl Subject for HcpTerraform {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        FakeContext::simulated(connector().simulator(None)).with_credential(
            "hcp",
            "hcp-terraform",
            &[("url", "http://127.0.0.1:9")],
            &[("token", CANARY)],
        )
    }

    fn scenes(&self) -> Vec<Scene> {
        vec![
            Scene::with_job(request(
                "shop-network",
                json!({ "variables": { "branch": "west" } }),
            )),
            Scene::with_job(request("shop-network", json!({ "kind": "plan" }))),
            Scene::with_job(request("shop-network", json!({ "kind": "destroy" }))),
        ]
    }

    /// Plan-only runs, which change nothing and are what a preview is made of, do not count.
    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let mut lines = self.standing(cx).await;
        for run in state(cx)["runs"].as_array().unwrap() {
            if run["plan_only"] == false {
                lines.push(run["id"].to_string());
            }
        }
        lines
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        state(cx)["spaces"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                format!(
                    "{} {} {}",
                    one["name"], one["variables"], one["state"]["things"]
                )
            })
            .collect()
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => request("shop-broken", json!({})),
            Mood::Slow => request("shop-slow", json!({})),
            Mood::Chatty => request("shop-chatty", json!({ "kind": "plan" })),
            Mood::OddState => request("shop-odd-state", json!({})),
            Mood::WaitsForAPerson => request("shop-waiting", json!({})),
            Mood::OtherScripts => request(
                "shop-network",
                json!({ "variables": { "branch": "südwärts 東" }, "message": "Größe Ж" }),
            ),
            Mood::Explained => request("shop-empty", json!({})),
        })
    }

    fn line(&self) -> Line {
        Line::Http { start: "/runs" }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok(("workspaces", request("shop-network", json!({})), 320))
    }
}

podium_testkit::conform!(on_the_simulator, HcpTerraform);
