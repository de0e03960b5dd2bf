//! ansible-runner as the carrier of the events: it tells what Ansible tells alone, keeps nothing, and leaves
//! nothing running.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use podium_connector::{Connector, Context, Phase, StepPreview};
use podium_connector_ansible::Ansible;
use podium_diagnostics::ErrorKind;
use podium_testkit::{FakeContext, peers, skipped, walk};
use serde_json::{Value, json};

use crate::playing::is_running;
use crate::{play, real, real_alone, shop};

/// The real one, carried by ansible-runner.
fn carried() -> Option<FakeContext> {
    if peers(&["ansible-playbook", "ansible-runner"]).is_none() {
        skipped("PODIUM_PEERS names no folder with bin/ansible-runner");
        return None;
    }
    real()
}

/// A play with everything that events differ by.
const MANY: &str = r#"
- name: Grüße an alle
  hosts: west
  gather_facts: true
  gather_subset: [min]
  tasks:
    - name: Write größe
      ansible.builtin.copy:
        content: "Grüße, \u2028\x85 \"quoted\" \\ and\nmore lines\n"
        dest: "{{ out }}/größe.txt"
        mode: "0600"
      notify: Say so
    - name: Keep a secret
      ansible.builtin.command: echo hidden words
      no_log: true
    - name: Keep some of a loop
      ansible.builtin.debug:
        msg: "shown {{ item }}"
      loop: [apples, pears]
      no_log: "{{ item == 'pears' }}"
    - name: Go through a list
      ansible.builtin.command: "sh -c 'echo {{ item }}; test {{ item }} != two'"
      loop: [one, two, three]
      ignore_errors: true
    - name: Leave it out
      ansible.builtin.debug: { msg: never }
      when: false
    - name: Try again
      ansible.builtin.command: sh -c "echo . >> '{{ out }}/tries'; test $(wc -l < '{{ out }}/tries') -ge 3"
      register: tried
      until: tried is succeeded
      retries: 5
      delay: 0
      check_mode: false
    - name: Say much
      ansible.builtin.debug:
        msg: "{{ range(9000) | join('\n') }}"
    - name: Ask what nobody answers
      ansible.builtin.pause:
        prompt: Is anybody there?
      when: not ansible_check_mode
    - name: Tell of all
      ansible.builtin.set_stats:
        data: { url: "http://größe.example" }
    - name: Tell of one
      ansible.builtin.set_stats:
        data: { place: here }
        per_host: true
    - name: Rescue it
      block:
        - name: Go wrong
          ansible.builtin.fail: { msg: "It is {{ key }}" }
      rescue:
        - name: Mend it
          ansible.builtin.debug: { msg: mended }
  handlers:
    - name: Say so
      ansible.builtin.debug: { msg: written }
- name: Where nobody is
  hosts: nobody_at_all
  tasks:
    - ansible.builtin.ping:
- name: Far away
  hosts: far
  gather_facts: false
  tasks:
    - name: Knock
      ansible.builtin.ping:
"#;

/// All that a person and the engine are told: the preview, and of the run its progress, its log and its end.
async fn told(cx: FakeContext) -> (StepPreview, Value, Vec<String>) {
    let cx = cx.with_credential(
        "secrets.key",
        "secret",
        &[],
        &[("value", "canary-7-4f3e2d1c")],
    );
    cx.write("site.yml", MANY);
    let python = peers(&["python"]).expect("the peers").join("bin/python");
    let request = play(
        &cx,
        json!({"inventory": {
            "hosts": {"west": {"ansible_connection": "local"}, "far": {"ansible_host": "127.0.0.1", "ansible_port": 1}},
            "vars": {"ansible_python_interpreter": python},
        }}),
    );
    let ansible = Ansible::new();
    cx.set_phase(Phase::Read);
    let mut preview = ansible.preview(&cx, &request).await.expect("a preview");
    let sandbox = cx.sandbox().display().to_string();
    let _ = std::fs::remove_file(cx.sandbox().join("tries"));
    let plain = |text: &str| text.replace(&sandbox, "OUT");
    for change in &mut preview.changes {
        for side in [&mut change.before, &mut change.after] {
            *side = serde_json::from_str(&plain(&side.to_string())).expect("still JSON");
        }
    }
    cx.begin_attempt();
    cx.set_phase(Phase::Write);
    let before = cx.records().log.len();
    let error = ansible.run(&cx, &request).await.expect_err("it fails");
    let records = cx.records();
    let progress: Vec<Value> = records.progress.iter().map(|p| json!(p)).collect();
    let log: Vec<String> = records.log[before..]
        .iter()
        .map(|line| plain(&format!("{:?} {}", line.level, line.text)))
        .filter(|line| !line.contains("ansible-runner"))
        .collect();
    assert!(!format!("{log:?}").contains("4f3e2d1c"));
    (preview, json!([progress, error.to_string()]), log)
}

fn without_numbers(log: &str) -> String {
    let lines = log
        .lines()
        .filter(|line| !line.ends_with(|c: char| c.is_ascii_digit()));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn real_events_are_the_same_with_ansible_runner_and_without() {
    let (Some(with), Some(without)) = (carried(), real_alone()) else {
        return;
    };
    let (carried, alone) = (told(with).await, told(without).await);
    assert_eq!(carried.0, alone.0);
    assert_eq!(carried.1, alone.1);
    assert_eq!(carried.2, alone.2);
    // What they agree on is something.
    let log = alone.2.join("\n");
    for line in [
        "changed: [west] Write größe",
        "changed: [west] Keep a secret",
        "again: [west] Try again",
        "failed: [west] Go through a list: ",
        "ok: [west] Mend it",
        "ok: [west] Say so",
        "no hosts match this play",
        "unreachable: [far] Knock: ",
        "It is [hidden: secrets-key]",
    ] {
        assert!(log.contains(line), "{line}\n{}", without_numbers(&log));
    }
    assert!(!log.contains("hidden words") && !log.contains("shown pears"));
    let notes = alone.0.notes.join("\n");
    assert!(notes.contains("`far` could not be reached"), "{notes}");
    let changed: Vec<&str> = alone.0.changes.iter().map(|c| c.name.as_str()).collect();
    assert!(changed.contains(&"west · Write größe"), "{changed:?}");
}

#[tokio::test]
async fn real_numbers_come_with_ansible_runner_as_without() {
    let (Some(with), Some(without)) = (carried(), real_alone()) else {
        return;
    };
    let mut outputs = Vec::new();
    for (cx, runner) in [(with, true), (without, false)] {
        cx.write("site.yml", "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.set_stats:\n        data: { place: größe }\n        per_host: true\n    - ansible.builtin.set_stats:\n        data: { url: here }\n");
        let request = play(&cx, json!({"limit": "ost-ä"}));
        let walked = walk(&Ansible::new(), &cx, &request).await.expect("it runs");
        outputs.push(walked.outcome.outputs);
        let records = cx.records();
        let programs: Vec<_> = records
            .programs
            .iter()
            .filter_map(|program| program.file_name()?.to_str())
            .collect();
        let expected = if runner {
            "ansible-runner"
        } else {
            "ansible-playbook"
        };
        assert_eq!(programs, [expected, expected]);
        // The log says who it was.
        let said = |words: &str| records.log.iter().any(|line| line.text.starts_with(words));
        assert!(said("ansible-runner carries the events: ") == runner);
        assert!(said("ansible-runner is not used here") != runner);
        // Nothing of what it kept is left.
        let kept: Vec<PathBuf> = cx
            .all_files()
            .into_iter()
            .filter(|file| file.to_string_lossy().contains("runner-"))
            .collect();
        assert!(kept.is_empty(), "{kept:?}");
    }
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0]["place@ost-ä"], "größe");
}

/// A play that takes long; its length is its own, so that no other process is taken for it.
fn long(cx: &FakeContext, tenths: u32) -> String {
    let length = format!("30.{}{tenths}", std::process::id());
    cx.write(
        "site.yml",
        &format!("- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Take long\n      ansible.builtin.command: sleep {length}\n    - name: Go on\n      ansible.builtin.copy:\n        content: a\n        dest: \"{{{{ out }}}}/{{{{ inventory_hostname }}}}\"\n        mode: \"0644\"\n"),
    );
    length
}

/// Processes with such a word among theirs that play in this workspace.
fn at_work(cx: &FakeContext, is: impl Fn(&str) -> bool) -> Vec<u32> {
    let folder = cx.workspace().to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            line.split('\0').any(&is) && line.contains(&folder)
        })
        .collect()
}

fn playbooks(cx: &FakeContext) -> Vec<u32> {
    at_work(cx, |word| word.ends_with("/ansible-playbook"))
}

fn runners(cx: &FakeContext) -> Vec<u32> {
    at_work(cx, |word| word == "--binary=/bin/sh")
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn real_playbook_that_is_killed_has_not_ended_well() {
    let Some(cx) = carried() else { return };
    let length = long(&cx, 1);
    let request = play(&cx, json!({"limit": "west"}));
    let killer = async {
        until("the task runs", || is_running(&["sleep", &length])).await;
        // ansible-runner then says 0.
        playbooks(&cx).into_iter().for_each(kill);
    };
    let ansible = Ansible::new();
    let (result, ()) = tokio::join!(ansible.run(&cx, &request), killer);
    let error = result.expect_err("nobody saw its end");
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert_eq!(error.code.as_str(), "POD0328");
    assert!(
        error
            .message
            .starts_with("`site.yml` ended in the middle, without a word. 0 changes"),
        "{error}"
    );
}

#[tokio::test]
async fn real_playbook_ends_with_its_ansible_runner() {
    let Some(cx) = carried() else { return };
    let length = long(&cx, 2);
    let request = play(&cx, json!({"limit": "west"}));
    let killer = async {
        until("the task runs", || is_running(&["sleep", &length])).await;
        runners(&cx).into_iter().for_each(kill);
    };
    let ansible = Ansible::new();
    let (result, ()) = tokio::join!(ansible.run(&cx, &request), killer);
    let error = result.expect_err("nobody saw its end");
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert!(error.message.contains("was killed (signal 9)"), "{error}");
    until("the playbook has ended", || playbooks(&cx).is_empty()).await;
    until("its task has ended", || !is_running(&["sleep", &length])).await;
    assert_eq!(
        std::fs::read_dir(cx.sandbox()).expect("a folder").count(),
        0,
        "it did not go on"
    );
}

fn kill(pid: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
}

/// Its events hold what a task gave back; they lie in a folder for this user alone, and go.
#[tokio::test]
async fn real_artifacts_lie_in_private_space_while_it_plays() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(cx) = carried() else { return };
    let length = long(&cx, 3);
    let request = play(&cx, json!({"limit": "west"}));
    let kept = cx.private().join("runner-play");
    let look = async {
        until("the task runs", || is_running(&["sleep", &length])).await;
        let mode = kept.metadata().expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let found = kept.join("artifacts/play");
        let mut names: Vec<_> = std::fs::read_dir(&found)
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["command", "job_events"], "no facts, no output");
        cx.cancel();
        std::future::pending::<()>().await;
    };
    let ansible = Ansible::new();
    let result = tokio::select! {
        result = ansible.run(&cx, &request) => result,
        () = look => unreachable!("it waits for the run"),
    };
    assert_eq!(result.expect_err("it stops").kind, ErrorKind::Cancelled);
    assert!(!kept.exists());
    until("its task has ended", || !is_running(&["sleep", &length])).await;
}

#[tokio::test]
async fn real_ansible_runner_that_is_broken_is_told() {
    let Some(cx) = carried() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let found = peers(&["ansible-playbook"]).expect("the peers");
    std::os::unix::fs::symlink(
        found.join("bin/ansible-playbook"),
        folder.path().join("ansible-playbook"),
    )
    .expect("a link");
    // As after an upgrade of the Python that it was installed for.
    let broken =
        "#!/bin/sh\necho \"ModuleNotFoundError: No module named 'ansible_runner'\" >&2\nexit 1\n";
    let program = folder.path().join("ansible-runner");
    std::fs::write(&program, broken).expect("a file");
    std::fs::set_permissions(
        &program,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("a mode");
    let cx = cx.with_only_tools_in(folder.path());
    shop(&cx);
    let error = Ansible::new()
        .run(&cx, &play(&cx, json!({"limit": "west"})))
        .await
        .expect_err("it is broken");
    assert!(
        error.message.contains("No module named 'ansible_runner'"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("ansible-runner --version"));
}
