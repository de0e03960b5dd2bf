//! What was approved is what is applied: how often a tool is started for it, what voids it, and that a
//! saved plan is gone when it is no longer needed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::harness::{Desk, event, peers, run_of, tree};

/// A desk on which every start of a tool leaves a line: the real tools behind scripts of the same names.
struct Counted {
    desk: Desk,
    starts: PathBuf,
}

impl Counted {
    fn new(peers: &Path) -> Self {
        let mut desk = Desk::with_peers(peers);
        let folder = desk.root.path().join("counted");
        let starts = desk.root.path().join("starts");
        fs::create_dir(&folder).unwrap();
        for tool in ["terraform", "ansible-playbook"] {
            let path = folder.join(tool);
            let script = format!(
                "#!/bin/sh\necho \"{tool} $*\" >> '{}'\nexec '{}' \"$@\"\n",
                starts.display(),
                peers.join("bin").join(tool).display(),
            );
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = [folder, "/usr/bin".into(), "/bin".into()];
        desk.set("PATH", std::env::join_paths(path).unwrap());
        desk.write(
            "podium.yaml",
            "podium: 1\nname: Counted\ndefault_environment: here\n",
        );
        desk.write("environments/here.yaml", "title: Here\n");
        desk.write(
            "environments/asked.yaml",
            "title: Asked\nprotect: { approval: true }\n",
        );
        Self { desk, starts }
    }

    fn terraform(&self) {
        self.desk.write("tf/main.tf", MAIN);
        self.desk.write(
            "workflows/tf.yaml",
            "podium: 1\nname: Alone\nsteps:\n  network:\n    uses: terraform/apply\n    with: { directory: tf, variables: { word: one } }\n",
        );
    }

    /// What was started since the last time: each tool with its first argument, and whether it looked.
    fn starts(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.starts).unwrap_or_default();
        let _ = fs::remove_file(&self.starts);
        text.lines()
            .map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                if words[0] == "terraform" {
                    words[1].to_owned()
                } else if words.contains(&"--check") {
                    "check".to_owned()
                } else {
                    "play".to_owned()
                }
            })
            .collect()
    }

    /// Saved plans that lie anywhere, with their modes.
    fn plans(&self) -> Vec<u32> {
        tree(self.desk.root.path())
            .into_iter()
            .filter(|(name, _)| name.extension().is_some_and(|end| end == "tfplan"))
            .map(|(name, _)| {
                let path = self.desk.root.path().join(name);
                fs::metadata(path).unwrap().permissions().mode() & 0o777
            })
            .collect()
    }

    fn sign_off(&self, run: &str) {
        self.desk
            .podium(&["runs", "approve", run, "--step", "sign_off", "--json"]);
    }
}

const MAIN: &str = "variable \"word\" {\n  type = string\n}\nresource \"terraform_data\" \"a\" {\n  input = var.word\n}\noutput \"word\" {\n  value = terraform_data.a.output\n}\n";

#[test]
fn real_terraform_is_started_three_times_for_an_apply_and_for_its_undo() {
    let Some(peers) = peers("real_terraform_is_started_three_times_for_an_apply_and_for_its_undo")
    else {
        return;
    };
    let counted = Counted::new(&peers);
    counted.terraform();
    counted.desk.podium(&["preview", "tf"]).expect(0);
    assert_eq!(counted.starts(), ["plan", "show"]);
    assert_eq!(counted.plans(), [0; 0], "a preview that nobody runs");
    let ran = counted
        .desk
        .podium(&["run", "tf", "--json", "--yes"])
        .expect(0)
        .events();
    assert_eq!(counted.starts(), ["plan", "show", "apply"]);
    assert_eq!(counted.plans(), [0; 0], "after the run");
    let succeeded = event(&ran, "step.succeeded", "network");
    assert_eq!(succeeded["data"]["outputs"]["word"], "one");
    counted
        .desk
        .podium(&["runs", "undo", run_of(&ran), "--yes", "--json"])
        .expect(0);
    assert_eq!(counted.starts(), ["plan", "show", "apply"]);
    assert_eq!(counted.plans(), [0; 0], "after the undo");
}

#[test]
fn real_ansible_is_started_twice_for_a_playbook() {
    let Some(peers) = peers("real_ansible_is_started_twice_for_a_playbook") else {
        return;
    };
    let counted = Counted::new(&peers);
    counted.desk.write(
        "play.yml",
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Say it\n      ansible.builtin.debug:\n        msg: Bread and soup\n",
    );
    counted.desk.write(
        "workflows/play.yaml",
        "podium: 1\nname: Alone\nsteps:\n  servers:\n    uses: ansible/playbook\n    with: { playbook: play.yml }\n",
    );
    let ran = counted
        .desk
        .podium(&["run", "play", "--json", "--yes"])
        .expect(0)
        .events();
    assert_eq!(counted.starts(), ["check", "play"]);
    let logs = counted
        .desk
        .podium(&["runs", "logs", run_of(&ran)])
        .expect(0);
    assert!(
        logs.stdout
            .iter()
            .any(|line| line.contains("[localhost] Bread and soup")),
        "{:?}",
        logs.stdout
    );
}

/// A run that has looked and now waits for a person; its id.
fn waiting(counted: &Counted) -> String {
    let events = counted
        .desk
        .podium(&["run", "tf", "--json", "--yes"])
        .expect(4)
        .events();
    assert_eq!(counted.starts(), ["plan", "show"]);
    assert_eq!(counted.plans(), [0o600], "it waits for the yes");
    run_of(&events).to_owned()
}

fn asked_first(peers: &Path) -> Counted {
    let counted = Counted::new(peers);
    counted.terraform();
    counted.desk.write(
        "workflows/tf.yaml",
        "podium: 1\nname: Asked\nsteps:\n  sign_off:\n    uses: approval/ask\n    with: { message: \"Go?\" }\n  network:\n    uses: terraform/apply\n    needs: [sign_off]\n    with: { directory: tf, variables: { word: one } }\n",
    );
    counted
}

#[test]
fn real_approved_plan_is_applied_by_another_process_as_it_was_approved() {
    let Some(peers) = peers("real_approved_plan_is_applied_by_another_process_as_it_was_approved")
    else {
        return;
    };
    let counted = asked_first(&peers);
    let run = waiting(&counted);
    counted.sign_off(&run);
    counted
        .desk
        .podium(&["runs", "resume", &run, "--json"])
        .expect(0);
    assert_eq!(counted.starts(), ["apply"]);
    assert_eq!(counted.plans(), [0; 0]);
    let view = counted.desk.podium(&["runs", "show", &run, "--json"]);
    assert_eq!(view.expect(0).json()["state"], "succeeded");
}

#[test]
fn real_approved_plan_is_void_when_the_configuration_or_the_state_has_changed() {
    let Some(peers) =
        peers("real_approved_plan_is_void_when_the_configuration_or_the_state_has_changed")
    else {
        return;
    };
    let counted = asked_first(&peers);
    let run = waiting(&counted);
    let more = "resource \"terraform_data\" \"b\" {\n  input = 2\n}\n";
    counted.desk.write("tf/more.tf", more);
    counted.sign_off(&run);
    let asked = counted
        .desk
        .podium(&["runs", "resume", &run, "--json"])
        .expect(4)
        .events();
    let question = event(&asked, "step.waiting_approval", "network");
    let reason = question["data"]["reason"].as_str().unwrap();
    assert!(reason.contains("terraform_data.b"), "{reason}");
    assert_eq!(counted.starts(), ["plan", "show"]);
    assert!(!counted.desk.workspace.join("tf/terraform.tfstate").exists());
    counted.desk.podium(&[
        "runs", "answer", &run, "--step", "network", "deny", "--json",
    ]);
    assert_eq!(counted.starts(), [""; 0]);
    assert_eq!(counted.plans(), [0; 0], "after the no");
    fs::remove_file(counted.desk.workspace.join("tf/more.tf")).unwrap();

    // The same configuration, applied by somebody else in between.
    let run = waiting(&counted);
    let applied = std::process::Command::new(peers.join("bin/terraform"))
        .args(["apply", "-auto-approve", "-input=false", "-var=word=other"])
        .current_dir(counted.desk.workspace.join("tf"))
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .unwrap();
    assert!(applied.status.success());
    counted.sign_off(&run);
    let asked = counted
        .desk
        .podium(&["runs", "resume", &run, "--json"])
        .expect(4)
        .events();
    let question = event(&asked, "step.waiting_approval", "network");
    let reason = question["data"]["reason"].as_str().unwrap();
    assert!(reason.contains("change"), "{reason}");
    assert_eq!(counted.starts(), ["plan", "show"]);
    counted.desk.podium(&["runs", "cancel", &run, "--json"]);
    assert_eq!(counted.plans(), [0; 0], "after the cancel");
}
