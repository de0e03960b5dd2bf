//! Ansible. The sentences that the real ansible-core is told stand beside the connector: all of these would
//! take it several minutes.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, Context, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

struct Ansible;

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("ansible").unwrap()
}

fn request(playbook: &str, more: Value) -> StepRequest {
    let mut inputs = json!({
        "playbook": playbook,
        "inventory": { "hosts": ["west", "ost-ä"], "vars": { "ansible_connection": "local" } },
    });
    if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
        inputs.extend(more);
    }
    RequestBuilder::new("ansible/playbook", inputs)
        .with_defaults_of(connector().manifest())
        .build()
}

fn play(tasks: &str) -> String {
    format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}")
}

fn file(out: &str, what: &str) -> String {
    format!("        {what}: \"{out}/{{{{ inventory_hostname }}}}.html\"\n")
}

#[async_trait]
impl Subject for Ansible {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    async fn context(&self) -> FakeContext {
        let cx = FakeContext::simulated(connector().simulator(None));
        let cx = cx.with_credential("secrets.token", "secret", &[], &[("value", CANARY)]);
        let out = cx.sandbox().display().to_string();
        let make = format!(
            "    - name: Write a page\n      ansible.builtin.copy:\n        content: \"hello\"\n        mode: \"0644\"\n{}",
            file(&out, "dest")
        );
        let remove = format!(
            "    - name: Remove the page\n      ansible.builtin.file:\n        state: absent\n{}",
            file(&out, "path")
        );
        cx.write("site.yml", &play(&make));
        cx.write("remove.yml", &play(&remove));
        cx
    }

    fn scenes(&self) -> Vec<Scene> {
        vec![
            Scene::of(request(
                "site.yml",
                json!({ "undo_playbook": "remove.yml" }),
            )),
            Scene::of(request("site.yml", json!({}))),
            Scene::of(request("site.yml", json!({ "check_only": true }))),
        ]
    }

    async fn things(&self, cx: &FakeContext) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(state) = cx.simulator_state() {
            let state: Value = serde_json::from_str(&state).unwrap();
            let all = state["things"].as_object().into_iter().flatten();
            lines.extend(all.map(|(name, _)| name.clone()));
        }
        let made = std::fs::read_dir(cx.sandbox())
            .into_iter()
            .flatten()
            .flatten();
        lines.extend(made.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        lines.sort();
        lines
    }

    fn mood(&self, mood: Mood) -> Result<StepRequest, &'static str> {
        Ok(match mood {
            Mood::Fails => request("site.yml", json!({ "variables": { "simulate": "fail" } })),
            Mood::Explained => {
                return Err("the simulator fails in words of its own; the real one is explained");
            }
            Mood::OtherScripts => request("site.yml", json!({ "limit": "ost-ä" })),
            Mood::Slow => {
                return Err("it begins no far job; how the program stops is checked beside it");
            }
            Mood::Chatty => return Err("long logs are checked beside the connector"),
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

podium_testkit::conform!(on_the_simulator, Ansible);
