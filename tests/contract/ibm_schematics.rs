//! IBM Cloud Schematics.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct Schematics;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("ibm-schematics").unwrap()
}

fn request(command: &str, workspace: &str, more: Value) -> StepRequest {
    let mut inputs = json!({ "workspace": workspace });
    if let Value::Object(more) = more {
        for (name, value) in more {
            inputs[name] = value;
        }
    }
    RequestBuilder::new(&format!("ibm-schematics/{command}"), inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn workspaces(cx: &FakeContext) -> Vec<Value> {
    let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
    state["workspaces"].as_array().unwrap().clone()
}

#[async_trait]
impl Subject for Schematics {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        FakeContext::simulated(connector().simulator(None)).with_credential(
            "ibm",
            "ibm-cloud",
            &[("url", "http://127.0.0.1:9")],
            &[("apikey", CANARY)],
        )
    }

    fn scenes(&self) -> Vec<Scene> {
        let west = json!({ "variables": { "branch": "west" } });
        vec![
            Scene::with_job(request("apply", "shop-network", west.clone())),
            Scene::with_job(request("plan", "shop-network", west)),
            Scene::with_job(request("destroy", "shop-network", json!({}))),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let mut lines = self.standing(cx).await;
        for one in workspaces(cx) {
            for activity in one["activities"].as_array().unwrap() {
                lines.push(format!("{} {}", activity["command"], activity["id"]));
            }
        }
        lines
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        workspaces(cx)
            .iter()
            .map(|one| {
                format!(
                    "{} {} {} {}",
                    one["name"], one["variables"], one["branch"], one["state"]["things"]
                )
            })
            .collect()
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => request("apply", "shop-broken", json!({})),
            Mood::Slow => request("apply", "shop-slow", json!({})),
            Mood::Chatty => request("plan", "shop-chatty", json!({})),
            Mood::OddState => request("apply", "shop-odd-state", json!({})),
            Mood::WaitsForAPerson => {
                return Err(
                    "a job of Schematics waits for nobody: a plan is never confirmed there",
                );
            }
            Mood::OtherScripts => request(
                "apply",
                "shop-Grün-Æøå",
                json!({ "variables": { "branch": "südwärts 東" } }),
            ),
            Mood::Explained => request(
                "apply",
                "shop-none",
                json!({
                    "repository": { "url": "https://github.com/acme/shop-network" },
                    "create": { "location": "eu-de", "terraform": "terraform_v0.11" },
                }),
            ),
        })
    }

    fn line(&self) -> Line {
        Line::Http { start: "/apply" }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok((
            "workspaces",
            request("plan", "shop-network", json!({})),
            320,
        ))
    }
}

podium_testkit::conform!(on_the_simulator, Schematics);
