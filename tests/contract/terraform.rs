//! Terraform: the simulator, and the real Terraform and OpenTofu where they are.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, Context, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder, go_peers, peers};
use serde_json::{Value, json};

/// Which program it is tried with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Terraform {
    Simulated,
    Real,
    Tofu,
}

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("terraform").unwrap()
}

fn request(operation: &str, directory: &str) -> StepRequest {
    RequestBuilder::new(operation, json!({ "directory": directory }))
        .with_defaults_of(connector().manifest())
        .build()
}

fn echoing(lines: usize) -> String {
    let echoes: Vec<String> = (0..lines).map(|n| format!("echo line {n}")).collect();
    echoes.join("; ")
}

fn command(words: &str) -> String {
    format!(
        "resource \"terraform_data\" \"a\" {{\n  provisioner \"local-exec\" {{\n    command = \"{words}\"\n  }}\n}}\n"
    )
}

const NET: &str = "resource \"terraform_data\" \"hosts\" {\n  input = \"shop\"\n}\nresource \"terraform_data\" \"page\" {\n  input = terraform_data.hosts.output\n}\noutput \"name\" {\n  value = terraform_data.hosts.output\n}\n";

#[async_trait]
impl Subject for Terraform {
    fn missing(&self) -> Option<&'static str> {
        let (is_there, what) = match self {
            Self::Simulated => return None,
            Self::Real => (
                peers(&["terraform"]).is_some(),
                "PODIUM_PEERS names no folder with bin/terraform",
            ),
            Self::Tofu => (
                go_peers(&["tofu"]).is_some(),
                "PODIUM_PEERS names no folder with go/bin/tofu",
            ),
        };
        (!is_there).then_some(what)
    }

    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        let cx = match self {
            Self::Simulated => FakeContext::simulated(connector().simulator(None)),
            Self::Real => {
                FakeContext::real().with_tools_in(peers(&["terraform"]).unwrap().join("bin"))
            }
            Self::Tofu => FakeContext::real().with_only_tools_in(go_peers(&["tofu"]).unwrap()),
        };
        let cx = cx.with_credential(
            "aws",
            "aws",
            &[("access_key_id", "AKIATEST"), ("region", "eu-central-1")],
            &[("secret_access_key", CANARY)],
        );
        cx.write("net/main.tf", NET);
        cx.write("Straße-東京/main.tf", NET);
        cx.write("fails/main.tf", &command("echo words; exit 3"));
        cx.write("chatty/main.tf", &command(&echoing(2_100)));
        cx
    }

    fn scenes(&self) -> Vec<Scene> {
        ["plan", "apply", "destroy"]
            .map(|what| Scene::of(request(&format!("terraform/{what}"), "net")))
            .to_vec()
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let mut states: Vec<Value> = Vec::new();
        if let Some(state) = cx.simulator_state() {
            let world: Value = serde_json::from_str(&state).unwrap();
            let all = world["states"].as_object().into_iter().flatten();
            states.extend(all.map(|(_, state)| state["resources"].clone()));
        }
        let mut lines: Vec<String> = states
            .iter()
            .flat_map(|resources| resources.as_object().into_iter().flatten())
            .map(|(address, _)| address.clone())
            .collect();
        for folder in ["net", "Straße-東京", "fails", "chatty"] {
            let path = cx.workspace().join(folder).join("terraform.tfstate");
            let text = std::fs::read(path).unwrap_or_default();
            let state: Value = serde_json::from_slice(&text).unwrap_or_default();
            for one in state["resources"].as_array().into_iter().flatten() {
                lines.push(format!("{folder} {} {}", one["type"], one["name"]));
            }
        }
        lines
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails | Mood::Explained => request("terraform/apply", "fails"),
            Mood::Chatty => request("terraform/apply", "chatty"),
            Mood::OtherScripts => request("terraform/apply", "Straße-東京"),
            Mood::Slow => {
                return Err("it begins no far job; how the program stops is checked beside it");
            }
            Mood::OddState => return Err("the program has no states"),
            Mood::WaitsForAPerson => return Err("the program waits for nobody"),
        })
    }

    fn line(&self) -> Line {
        Line::Process
    }

    fn long_list(&self) -> Result<(&'static str, StepRequest, usize), &'static str> {
        Err("its lists come from this computer, without pages")
    }
}

podium_testkit::conform!(on_the_simulator, Terraform::Simulated);
podium_testkit::conform!(real_terraform, Terraform::Real);
podium_testkit::conform!(real_opentofu, Terraform::Tofu);
