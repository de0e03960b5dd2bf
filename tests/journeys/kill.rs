//! `kill -9` in the middle of a step, and what is made of it afterwards. Stopping gently, too.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::harness::{Desk, event, peers, processes, run_of, story, tree};
use super::servers::Cloud;

/// A workspace whose first step takes its time in real Terraform and leaves a trace each time it is done.
/// It ends when the file `go` is there, so that nothing depends on how fast this computer is.
fn slow_terraform(desk: &Desk) {
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Slow\ndefault_environment: here\n",
    );
    desk.write("environments/here.yaml", "title: Here\n");
    desk.write(
        "infra/slow/main.tf",
        r#"
variable "folder" { type = string }
resource "terraform_data" "slow" {
  input = "slow"
  provisioner "local-exec" {
    command = "echo began >> \"$FOLDER/trace\"; while [ ! -e \"$FOLDER/go\" ]; do sleep 0.1; done; echo ended >> \"$FOLDER/trace\""
    environment = { FOLDER = var.folder }
  }
}
output "name" { value = terraform_data.slow.output }
"#,
    );
    desk.write(
        "workflows/slow.yaml",
        &format!(
            r#"podium: 1
name: Slow
steps:
  slow:
    uses: terraform/apply
    with:
      directory: infra/slow
      variables: {{ folder: "{}" }}
  note:
    uses: file/render
    with:
      text: "Made: {{{{ name }}}}\n"
      to: note.txt
      values: {{ name: "${{{{ steps.slow.outputs.name }}}}" }}
"#,
            desk.root.path().display()
        ),
    );
}

/// Waits until this holds.
pub(crate) fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(90),
            "waited in vain for: {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn trace(desk: &Desk) -> String {
    fs::read_to_string(desk.root.path().join("trace")).unwrap_or_default()
}

/// Terraform processes that work in this workspace.
fn terraforms(desk: &Desk) -> Vec<u32> {
    let folder = desk.workspace.canonicalize().unwrap();
    processes()
        .into_iter()
        .filter(|pid| {
            let here = fs::read_link(format!("/proc/{pid}/cwd"));
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            here.is_ok_and(|here| here.starts_with(&folder))
                && line.contains("terraform")
                && line.contains("apply")
        })
        .collect()
}

fn in_state(peers: &Path, desk: &Desk) -> String {
    let listed = Command::new(peers.join("bin/terraform"))
        .args(["state", "list"])
        .arg(format!(
            "-state={}",
            desk.workspace
                .join("infra/slow/terraform.tfstate")
                .display()
        ))
        .env("CHECKPOINT_DISABLE", "1")
        .current_dir(desk.root.path())
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    String::from_utf8(listed.stdout).unwrap()
}

/// What was printed before the kill is the beginning of what is printed after it.
fn nothing_is_lost(before: &[Value], after: &[Value]) {
    assert!(after.len() > before.len());
    assert_eq!(before, &after[..before.len()]);
}

#[test]
fn real_kill_9_in_terraform_is_taken_up() {
    let Some(peers) = peers("real_kill_9_in_terraform_is_taken_up") else {
        return;
    };
    let desk = Desk::with_peers(&peers);
    slow_terraform(&desk);
    let mut running = desk.start(&["run", "slow", "--json", "--yes"], "");
    running.until("step.dispatched", "slow");
    wait_for("Terraform is in the middle", || trace(&desk) == "began\n");
    running.signal(Signal::KILL);
    let killed = running.finish();
    assert_eq!(killed.code, None, "a signal ended it");
    let before = killed.events();
    let run = run_of(&before).to_owned();
    assert!(!terraforms(&desk).is_empty(), "Terraform outlives Podium");

    // Nobody drives it; it is neither lost nor called done.
    let view = desk
        .podium(&["runs", "show", &run, "--json"])
        .expect(0)
        .json();
    assert!(
        !["succeeded", "failed", "cancelled"].contains(&view["state"].as_str().unwrap()),
        "{view}"
    );

    let mut resumed = desk.start(&["runs", "resume", &run, "--json"], "");
    loop {
        let again = resumed.until("step.dispatched", "slow");
        if again["data"]["resumed"] == true {
            break;
        }
    }
    fs::write(desk.root.path().join("go"), "").unwrap();
    let after = resumed.finish().expect(0).events();
    nothing_is_lost(&before, &after);
    assert_eq!(after.last().unwrap()["type"], "run.succeeded");
    assert_eq!(trace(&desk), "began\nended\n", "done once");
    assert_eq!(in_state(&peers, &desk), "terraform_data.slow\n");
    assert_eq!(
        story(&after, "slow"),
        [
            "step.ready",
            "step.intent",
            "step.dispatched",
            "step.dispatched",
            "step.succeeded"
        ]
    );
    assert_eq!(
        fs::read_to_string(desk.sandbox().join("note.txt")).unwrap(),
        "Made: slow\n"
    );

    // Taking it up twice is a mistake that harms nothing.
    let ended = desk
        .podium(&["runs", "resume", &run, "--json"])
        .expect(0)
        .events();
    assert_eq!(ended, after);

    desk.podium(&["runs", "undo", &run, "--yes", "--json"])
        .expect(0);
    assert_eq!(in_state(&peers, &desk), "");
    assert!(!desk.sandbox().join("note.txt").exists());
}

/// Processes of this playbook: ansible-runner, or Ansible itself.
fn players(desk: &Desk, program: &str) -> Vec<u32> {
    let folder = desk.workspace.canonicalize().unwrap();
    processes()
        .into_iter()
        .filter(|pid| {
            let here = fs::read_link(format!("/proc/{pid}/cwd"));
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            here.is_ok_and(|here| here.starts_with(&folder))
                && line.split('\0').any(|word| word.ends_with(program))
        })
        .collect()
}

#[test]
fn real_kill_9_in_ansible_is_taken_up_and_nothing_of_its_events_stays() {
    let Some(peers) = peers("real_kill_9_in_ansible_is_taken_up_and_nothing_of_its_events_stays")
    else {
        return;
    };
    let desk = Desk::with_peers(&peers);
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Slow\ndefault_environment: here\n",
    );
    desk.write(
        "environments/here.yaml",
        "title: Here\ncredentials: { word: slow-word }\n",
    );
    desk.credential("slow-word", "secret", &[], "a word that nobody else says");
    let folder = desk.root.path().display().to_string();
    desk.write(
        "play.yml",
        &format!(
            r#"- hosts: all
  connection: local
  gather_facts: false
  vars: {{ ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}" }}
  tasks:
    - name: Say it
      ansible.builtin.debug: {{ msg: "It is {{{{ word }}}}" }}
    - name: Take long
      ansible.builtin.shell: 'echo began >> "{folder}/trace"; while [ ! -e "{folder}/go" ]; do sleep 0.1; done; echo ended >> "{folder}/trace"'
"#
        ),
    );
    desk.write(
        "workflows/slow.yaml",
        "podium: 1\nname: Slow\ncredentials: { word: { type: secret } }\nsteps:\n  slow:\n    uses: ansible/playbook\n    credentials: { secrets.word: word }\n    with: { playbook: play.yml, inventory: { hosts: [one.test] } }\n",
    );
    let mut running = desk.start(&["run", "slow", "--json", "--yes"], "");
    running.until("step.dispatched", "slow");
    wait_for("Ansible is in the middle", || trace(&desk) == "began\n");
    running.signal(Signal::KILL);
    let killed = running.finish();
    assert_eq!(killed.code, None, "a signal ended it");
    let before = killed.events();
    let run = run_of(&before).to_owned();
    assert_eq!(
        players(&desk, "bin/ansible-runner").len(),
        1,
        "it outlives Podium"
    );
    let kept = |home: &Path| -> Vec<String> {
        let files = tree(home).into_keys();
        let files = files.map(|file| file.display().to_string());
        files.filter(|file| file.contains("runner-play")).collect()
    };
    assert!(
        !kept(&desk.home).is_empty(),
        "its events lie in private space"
    );

    let mut resumed = desk.start(&["runs", "resume", &run, "--json"], "");
    loop {
        let again = resumed.until("step.dispatched", "slow");
        if again["data"]["resumed"] == true {
            break;
        }
    }
    fs::write(desk.root.path().join("go"), "").unwrap();
    let after = resumed.finish().expect(0).events();
    nothing_is_lost(&before, &after);
    assert_eq!(after.last().unwrap()["type"], "run.succeeded");
    assert_eq!(trace(&desk), "began\nended\n", "done once");
    let ended = event(&after, "step.succeeded", "slow");
    assert_eq!(ended["data"]["outputs"]["changed"], 1, "{ended}");
    assert_eq!(kept(&desk.home), [""; 0]);
    assert!(players(&desk, "bin/ansible-playbook").is_empty());
}

#[test]
fn real_cancel_in_ansible_ends_all_of_it() {
    let Some(peers) = peers("real_cancel_in_ansible_ends_all_of_it") else {
        return;
    };
    let desk = Desk::with_peers(&peers);
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Slow\ndefault_environment: here\n",
    );
    desk.write("environments/here.yaml", "title: Here\n");
    let folder = desk.root.path().display().to_string();
    desk.write(
        "play.yml",
        &format!(
            "- hosts: all\n  connection: local\n  gather_facts: false\n  vars: {{ ansible_python_interpreter: \"{{{{ ansible_playbook_python }}}}\" }}\n  tasks:\n    - name: Take long\n      ansible.builtin.shell: 'echo began >> \"{folder}/trace\"; while [ ! -e \"{folder}/go\" ]; do sleep 0.1; done'\n"
        ),
    );
    desk.write(
        "workflows/slow.yaml",
        "podium: 1\nname: Slow\nsteps:\n  slow:\n    uses: ansible/playbook\n    with: { playbook: play.yml, inventory: { hosts: [one.test] } }\n",
    );
    let mut running = desk.start(&["run", "slow", "--json", "--yes"], "");
    running.until("step.dispatched", "slow");
    wait_for("Ansible is in the middle", || trace(&desk) == "began\n");
    running.signal(Signal::INT);
    let events = running.finish().expect(3).events();
    assert_eq!(events.last().unwrap()["type"], "run.cancelled");
    wait_for("nothing of it runs on", || {
        processes().into_iter().all(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            !(line.contains(&folder) && (line.contains("ansible") || line.contains("sleep 0.1")))
        })
    });
}

#[test]
fn real_kill_9_in_cloudformation_is_taken_up() {
    let Some(peers) = peers("real_kill_9_in_cloudformation_is_taken_up") else {
        return;
    };
    let cloud = Cloud::start(&peers);
    let desk = Desk::with_peers(&peers);
    cloud.credential(&desk, "test-aws", "a-key-nobody-asks-for");
    desk.write(
        "podium.yaml",
        "podium: 1\nname: Slow\ndefault_environment: here\n",
    );
    desk.write(
        "environments/here.yaml",
        "title: Here\ncredentials: { cloud: test-aws }\n",
    );
    // The stack stands still in the middle until somebody sends the signal.
    desk.write(
        "stack.yaml",
        r#"AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { QueueName: slow-queue }
  Wait:
    Type: AWS::CloudFormation::WaitCondition
    DependsOn: Queue
    CreationPolicy: { ResourceSignal: { Count: 1, Timeout: PT4M } }
Outputs:
  Queue: { Value: !GetAtt Queue.QueueName }
"#,
    );
    desk.write(
        "workflows/slow.yaml",
        r#"podium: 1
name: Slow
credentials: { cloud: { type: aws } }
steps:
  stack:
    uses: cloudformation/deploy
    credentials: { aws: cloud }
    with: { stack: slow, template: stack.yaml }
  note:
    uses: file/render
    with:
      text: "Made: {{ queue }}\n"
      to: note.txt
      values: { queue: "${{ steps.stack.outputs.Queue }}" }
"#,
    );
    let mut running = desk.start(&["run", "slow", "--json", "--yes"], "");
    running.until("step.accepted", "stack");
    let waiting = || {
        cloud.ask(
            "events = client('cloudformation').describe_stack_events(StackName='slow')['StackEvents']\n\
             print(json.dumps([event['LogicalResourceId'] for event in events]))",
        )
    };
    wait_for("the stack stands still", || {
        waiting().as_array().unwrap().contains(&Value::from("Wait"))
    });
    running.signal(Signal::KILL);
    let killed = running.finish();
    assert_eq!(killed.code, None, "a signal ended it");
    let before = killed.events();
    let run = run_of(&before).to_owned();
    assert_eq!(cloud.stack("slow")["StackStatus"], "CREATE_IN_PROGRESS");

    let mut resumed = desk.start(&["runs", "resume", &run, "--json"], "");
    loop {
        let again = resumed.until("step.dispatched", "stack");
        if again["data"]["resumed"] == true {
            break;
        }
    }
    cloud.ask(
        "client('cloudformation').signal_resource(StackName='slow', LogicalResourceId='Wait', \
         UniqueId='one', Status='SUCCESS')\nprint('null')",
    );
    let after = resumed.finish().expect(0).events();
    nothing_is_lost(&before, &after);
    assert_eq!(after.last().unwrap()["type"], "run.succeeded");
    assert_eq!(
        event(&after, "step.succeeded", "stack")["data"]["outputs"]["Queue"],
        "slow-queue"
    );
    // One stack, made once.
    let made = cloud.ask(
        "cf = client('cloudformation')\n\
         stacks = [s for s in cf.list_stacks()['StackSummaries'] if s['StackName'] == 'slow']\n\
         events = cf.describe_stack_events(StackName='slow')['StackEvents']\n\
         begun = [e for e in events if e['ResourceType'] == 'AWS::CloudFormation::Stack' \
         and e['ResourceStatus'] == 'CREATE_IN_PROGRESS']\n\
         queues = [e for e in events if e['LogicalResourceId'] == 'Queue' \
         and e['ResourceStatus'] == 'CREATE_COMPLETE']\n\
         updates = [e for e in events if 'UPDATE' in e['ResourceStatus']]\n\
         print(json.dumps([len(stacks), len(begun), len(queues), len(updates)]))",
    );
    assert_eq!(made, serde_json::json!([1, 1, 1, 0]));

    desk.podium(&["runs", "undo", &run, "--yes", "--json"])
        .expect(0);
    assert_eq!(cloud.stack("slow"), Value::Null);
    assert!(tree(&desk.sandbox()).is_empty());
}

#[test]
fn real_cancel_says_what_keeps_running() {
    let Some(peers) = peers("real_cancel_says_what_keeps_running") else {
        return;
    };
    let desk = Desk::with_peers(&peers);
    slow_terraform(&desk);
    let mut running = desk.start(&["run", "slow", "--json", "--yes"], "");
    running.until("step.dispatched", "slow");
    wait_for("Terraform is in the middle", || trace(&desk) == "began\n");
    running.signal(Signal::INT);
    let stopped = running.finish().expect(3);
    assert!(
        stopped.stderr.contains("Stopping gently"),
        "{}",
        stopped.stderr
    );
    let events = stopped.events();
    assert_eq!(events.last().unwrap()["type"], "run.cancelled");
    let cancelled = event(&events, "step.cancelled", "slow");
    assert!(cancelled["data"]["still_running"].is_array(), "{cancelled}");
    assert!(
        story(&events, "note")
            .iter()
            .all(|kind| kind == "step.skipped"),
        "{events:?}"
    );
    assert!(terraforms(&desk).is_empty(), "nothing of it runs on");
    assert!(
        !desk
            .workspace
            .join("infra/slow/.terraform.tfstate.lock.info")
            .exists()
    );
    assert_eq!(trace(&desk), "began\n");

    // The state is free: the same can be done again, to its end.
    fs::write(desk.root.path().join("go"), "").unwrap();
    let again = desk
        .podium(&["run", "slow", "--json", "--yes"])
        .expect(0)
        .events();
    assert_eq!(again.last().unwrap()["type"], "run.succeeded");
    assert_eq!(in_state(&peers, &desk), "terraform_data.slow\n");
}
