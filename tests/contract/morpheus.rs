//! Morpheus.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct Morpheus;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("morpheus").unwrap()
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn instance(name: &str) -> StepRequest {
    request(
        "morpheus/provision",
        json!({
            "name": name, "group": "Shop", "cloud": "Berlin", "instance_type": "ubuntu",
            "plan": "vm-512",
        }),
    )
}

fn care(workflow: &str) -> StepRequest {
    request("morpheus/run-workflow", json!({ "workflow": workflow }))
}

fn of(state: &Value, lists: &[&str]) -> Vec<String> {
    let lines = |list: &&str| {
        let all = state[*list].as_array().cloned().unwrap_or_default();
        all.into_iter()
            .map(|thing| format!("{list} {} {}", thing["id"], thing["name"]))
            .collect::<Vec<_>>()
    };
    lists.iter().flat_map(lines).collect()
}

#[async_trait]
impl Subject for Morpheus {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        FakeContext::simulated(connector().simulator(None)).with_credential(
            "morpheus",
            "morpheus",
            &[("url", "http://127.0.0.1:9"), ("user", "apiuser")],
            &[("password", CANARY)],
        )
    }

    fn scenes(&self) -> Vec<Scene> {
        let mut back = care("Open the shutters");
        let (options, undo) = (json!({ "shop": "west" }), json!("Close the shutters"));
        back.inputs.values.insert("options".into(), options);
        back.inputs.values.insert("undo_workflow".into(), undo);
        vec![
            Scene::with_job(instance("shop-west")),
            Scene::with_job(request(
                "morpheus/provision",
                json!({ "name": "shop-app", "group": "Shop", "blueprint": "Shop front" }),
            )),
            Scene::with_job(request(
                "morpheus/order",
                json!({ "item": "shop server", "options": { "name": "shop-east" } }),
            )),
            Scene::with_job(care("Nightly care")),
            Scene::with_job(back),
            Scene::with_job(request(
                "morpheus/delete",
                json!({ "name": "shop-server-007" }),
            )),
            Scene::with_job(request(
                "morpheus/delete",
                json!({ "name": "shop-server-040" }),
            )),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        of(&state, &["instances", "apps", "items", "executions"])
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        of(&state, &["instances", "apps", "items"])
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => instance("broken-shop"),
            Mood::Slow => instance("slow-shop"),
            Mood::Chatty => care("chatty care"),
            Mood::OddState => instance("odd-state-shop"),
            Mood::WaitsForAPerson => instance("waiting-shop"),
            Mood::OtherScripts => instance("Größe 東京 café"),
            Mood::Explained => {
                let mut many = instance("kitchen");
                many.inputs.values.insert("group".into(), json!("Küche"));
                many.inputs.values.insert("copies".into(), json!(9));
                many
            }
        })
    }

    fn line(&self) -> Line {
        Line::Http {
            start: "/api/instances",
        }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok(("targets", care("Nightly care"), 160))
    }
}

podium_testkit::conform!(on_the_simulator, Morpheus);
