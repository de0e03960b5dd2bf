//! Cloudify.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct Cloudify;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("cloudify").unwrap()
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn deploy(blueprint: &str, deployment: &str) -> StepRequest {
    request(
        "cloudify/deploy",
        json!({
            "blueprint": format!("blueprints/{blueprint}/blueprint.yaml"),
            "deployment": deployment, "inputs": { "branch": "Größe 東京 café" },
        }),
    )
}

/// A blueprint with one node, whose name says how it behaves.
fn blueprint(node: &str) -> String {
    format!(
        "tosca_definitions_version: cloudify_dsl_1_5\n\
         inputs:\n  branch: {{ type: string }}\n\
         node_templates:\n  {node}: {{ type: cloudify.nodes.WebServer }}\n\
         outputs:\n  name: {{ value: {{ get_input: branch }} }}\n"
    )
}

fn keys(state: &Value, list: &str) -> Vec<String> {
    let all = state[list].as_object().cloned().unwrap_or_default();
    all.into_iter()
        .map(|(name, thing)| {
            let own = &thing["own"];
            let instances = thing["instances"].as_array().map_or(0, Vec::len);
            format!(
                "{list} {name} {} {} {instances}",
                own["blueprint_id"], own["inputs"]
            )
        })
        .collect()
}

#[async_trait]
impl Subject for Cloudify {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        let cx = FakeContext::simulated(connector().simulator(None)).with_credential(
            "cloudify",
            "cloudify",
            &[
                ("url", "http://127.0.0.1:9"),
                ("tenant", "shop"),
                ("user", "ops"),
            ],
            &[("password", CANARY)],
        );
        for node in ["web", "broken", "slow", "chatty"] {
            cx.write(
                &format!("blueprints/{node}/blueprint.yaml"),
                &blueprint(node),
            );
        }
        cx
    }

    fn scenes(&self) -> Vec<Scene> {
        vec![
            Scene::with_job(deploy("web", "shop-west")),
            Scene::with_job(request(
                "cloudify/deploy",
                json!({
                    "blueprint": "shop-front", "deployment": "shop-branch-005",
                    "inputs": { "branch": "Filiale 5 – Süd", "size": "large", "servers": 2 },
                }),
            )),
            Scene::with_job(request(
                "cloudify/execute",
                json!({
                    "deployment": "shop-branch-001", "workflow": "scale",
                    "parameters": { "scalable_entity_name": "web", "delta": 1 },
                }),
            )),
            Scene::with_job(request(
                "cloudify/execute",
                json!({ "deployment": "shop-branch-002", "workflow": "restart", "dry_run": false }),
            )),
            Scene::with_job(request(
                "cloudify/uninstall",
                json!({ "deployment": "shop-branch-003" }),
            )),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        let mut all = self.standing(cx).await;
        for one in state["executions"].as_array().into_iter().flatten() {
            if one["dry_run"] != true && one["parameters"]["preview"] != true {
                all.push(format!("execution {} {}", one["id"], one["workflow"]));
            }
        }
        all
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        ["blueprints", "deployments", "secrets"]
            .iter()
            .flat_map(|list| keys(&state, list))
            .collect()
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => deploy("broken", "broken"),
            Mood::Slow => deploy("slow", "slow"),
            Mood::Chatty => deploy("chatty", "chatty"),
            Mood::OddState => deploy("web", "odd-state"),
            Mood::WaitsForAPerson => return Err("Cloudify asks nobody for an approval."),
            Mood::OtherScripts => deploy("web", "shop-east"),
            Mood::Explained => request(
                "cloudify/execute",
                json!({
                    "deployment": "shop-branch-001", "workflow": "scale", "dry_run": false,
                    "parameters": { "scalable_entity_name": "nobody" },
                }),
            ),
        })
    }

    fn line(&self) -> Line {
        Line::Http {
            start: "/executions",
        }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok(("deployments", deploy("web", "shop-west"), 160))
    }
}

podium_testkit::conform!(on_the_simulator, Cloudify);
