//! Octopus Deploy.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct Octopus;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("octopus").unwrap()
}

fn request(operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn deploy(project: &str, environment: &str) -> StepRequest {
    request(
        "octopus/deploy-release",
        json!({ "project": project, "release": "1.0.0", "environment": environment }),
    )
}

fn run(project: &str) -> StepRequest {
    request(
        "octopus/run-runbook",
        json!({ "project": project, "runbook": "Warm the cache", "environment": "Prüfstand" }),
    )
}

fn of(state: &Value, kinds: &[&str]) -> Vec<String> {
    let lines = |kind: &&str| {
        let list = state["things"][*kind].as_array().cloned();
        list.unwrap_or_default()
            .into_iter()
            .map(|thing| format!("{} {}", thing["Id"], thing["Version"]))
            .collect::<Vec<_>>()
    };
    kinds.iter().flat_map(lines).collect()
}

#[async_trait]
impl Subject for Octopus {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        FakeContext::simulated(connector().simulator(None)).with_credential(
            "octopus",
            "octopus",
            &[("url", "http://127.0.0.1:9")],
            &[("api_key", &format!("API-{CANARY}"))],
        )
    }

    fn scenes(&self) -> Vec<Scene> {
        let mut back = run("shop");
        let undo = json!("Clear the cache");
        back.inputs.values.insert("undo_runbook".into(), undo);
        vec![
            Scene::of(request(
                "octopus/create-release",
                json!({ "project": "shop", "version": "1.1.0" }),
            )),
            Scene::of(request(
                "octopus/create-release",
                json!({ "project": "shop" }),
            )),
            Scene::with_job(deploy("shop", "Test")),
            Scene::with_job(deploy("shop", "Production")),
            Scene::with_job(run("shop")),
            Scene::with_job(back),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        of(&state, &["releases", "deployments", "runbookRuns"])
    }

    async fn standing(&self, cx: &FakeContext) -> Vec<String> {
        let state: Value = serde_json::from_str(&cx.simulator_state().unwrap()).unwrap();
        of(&state, &["releases"])
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => run("broken"),
            Mood::Slow => run("slow"),
            Mood::Chatty => run("chatty"),
            Mood::OddState => run("odd-state"),
            Mood::WaitsForAPerson => run("waiting"),
            Mood::OtherScripts => run("Grüße & Café"),
            Mood::Explained => request(
                "octopus/create-release",
                json!({ "project": "shop", "version": "neu" }),
            ),
        })
    }

    fn line(&self) -> Line {
        Line::Http {
            start: "/deployments",
        }
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Ok(("projects", deploy("shop", "Test"), 108))
    }
}

podium_testkit::conform!(on_the_simulator, Octopus);
