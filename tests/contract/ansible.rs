//! Ansible: the simulator, and the real ansible-core where it is, through ansible-runner. Each start of that one takes most of a
//! second, and each module on each host another start of Python: so the real one is given the shortest
//! playbook that writes something, on one of its two hosts, in the Python that plays it.

use std::sync::Arc;

use async_trait::async_trait;
use podium_catalogue::Catalogue;
use podium_connector::{Connector, Context, StepRequest};
use podium_testkit::conformance::{CANARY, Line, Mood, Scene, Subject};
use podium_testkit::{FakeContext, RequestBuilder, peers};
use serde_json::{Value, json};

/// Which program it is tried with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ansible {
    Simulated,
    Real,
}

fn connector() -> Arc<dyn Connector> {
    Catalogue::shipped().get("ansible").unwrap()
}

impl Ansible {
    fn request(self, playbook: &str, more: Value) -> StepRequest {
        let mut inputs = json!({
            "playbook": playbook,
            "inventory": { "hosts": ["west", "ost-ä"], "vars": { "ansible_connection": "local" } },
        });
        if self == Self::Real {
            // Not looked for on each host, and not one that a shell script finds.
            inputs["inventory"]["vars"]["ansible_python_interpreter"] =
                json!("{{ ansible_playbook_python }}");
            inputs["limit"] = json!("west");
        }
        if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
            inputs.extend(more);
        }
        RequestBuilder::new("ansible/playbook", inputs)
            .with_defaults_of(connector().manifest())
            .build()
    }
}

fn play(tasks: &str) -> String {
    format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}")
}

const FAILS: &str =
    "    - name: Stop here\n      ansible.builtin.fail:\n        msg: No room in the shop\n";
const CHATTY: &str = "    - name: Say much\n      ansible.builtin.debug:\n        msg: \"{{ range(2100) | join('\\n') }}\"\n";
/// An option that the module does not have.
const EXPLAINED: &str = "    - name: Misspell\n      ansible.builtin.file:\n        path: /tmp\n        sate: directory\n";

fn file(out: &str, what: &str) -> String {
    format!("        {what}: \"{out}/{{{{ inventory_hostname }}}}.html\"\n")
}

#[async_trait]
impl Subject for Ansible {
    fn connector(&self) -> Arc<dyn Connector> {
        connector()
    }

    fn missing(&self) -> Option<&'static str> {
        (*self == Self::Real && peers(&["ansible-playbook", "ansible-runner"]).is_none()).then_some(
            "ansible-playbook or ansible-runner is not in the folder that PODIUM_PEERS names",
        )
    }

    async fn context(&self) -> FakeContext {
        let cx = match self {
            Self::Simulated => FakeContext::simulated(connector().simulator(None)),
            Self::Real => {
                let found = peers(&["ansible-playbook", "ansible-runner"]).unwrap();
                FakeContext::real().with_tools_in(found.join("bin"))
            }
        };
        let cx = cx.with_credential("secrets.token", "secret", &[], &[("value", CANARY)]);
        let out = cx.sandbox().display().to_string();
        let make = match self {
            Self::Simulated => format!(
                "    - name: Write a page\n      ansible.builtin.copy:\n        content: \"hello\"\n        mode: \"0644\"\n{}",
                file(&out, "dest")
            ),
            Self::Real => format!(
                "    - name: Make a folder\n      ansible.builtin.file:\n        state: directory\n        mode: \"0755\"\n{}",
                file(&out, "path")
            ),
        };
        let remove = format!(
            "    - name: Remove the page\n      ansible.builtin.file:\n        state: absent\n{}",
            file(&out, "path")
        );
        cx.write("site.yml", &play(&make));
        cx.write("remove.yml", &play(&remove));
        cx.write("fails.yml", &play(FAILS));
        cx.write("chatty.yml", &play(CHATTY));
        cx.write("explained.yml", &play(EXPLAINED));
        cx
    }

    fn scenes(&self) -> Vec<Scene> {
        let undone = json!({ "undo_playbook": "remove.yml" });
        let mut scenes = vec![
            Scene::of(self.request("site.yml", undone)),
            Scene::of(self.request("site.yml", json!({ "check_only": true }))),
        ];
        if *self == Self::Simulated {
            scenes.push(Scene::of(self.request("site.yml", json!({}))));
        }
        scenes
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
        let real = *self == Self::Real;
        Ok(match mood {
            Mood::Fails if real => self.request("fails.yml", json!({})),
            Mood::Fails => self.request("site.yml", json!({ "variables": { "simulate": "fail" } })),
            Mood::Explained if real => self.request("explained.yml", json!({})),
            Mood::Explained => {
                return Err("the simulator fails in words of its own; the real one is explained");
            }
            Mood::OtherScripts => self.request("site.yml", json!({ "limit": "ost-ä" })),
            Mood::Chatty if real => self.request("chatty.yml", json!({})),
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

podium_testkit::conform!(on_the_simulator, Ansible::Simulated);
podium_testkit::conform!(real_ansible, Ansible::Real);
