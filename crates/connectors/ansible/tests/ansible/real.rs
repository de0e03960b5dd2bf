//! What only the real Ansible can show.

use podium_connector::{Connector, Context, Phase};
use podium_connector_ansible::Ansible;
use podium_testkit::walk;
use serde_json::json;

use crate::{play, real, shop};

#[tokio::test]
async fn real_files_are_written_and_taken_back() {
    let Some(cx) = real() else { return };
    shop(&cx);
    let connector = Ansible::new();
    let request = play(&cx, json!({"undo_playbook": "remove.yml"}));
    let walked = walk(&connector, &cx, &request).await.expect("it runs");
    let page = std::fs::read_to_string(cx.sandbox().join("ost-ä.html"));
    assert_eq!(page.expect("the page"), "hello west\n");
    cx.begin_attempt();
    connector
        .undo(&cx, &request, &walked.record)
        .await
        .expect("taken back");
    assert_eq!(
        std::fs::read_dir(cx.sandbox()).expect("a folder").count(),
        0
    );
    assert_eq!(cx.workspace_files(), ["remove.yml", "site.yml"]);
}

#[tokio::test]
async fn real_settings_of_the_workspace_are_not_read() {
    let Some(cx) = real() else { return };
    shop(&cx);
    cx.write(
        "ansible.cfg",
        "[defaults]\nstdout_callback = nothing_such\ninventory = nowhere\n",
    );
    let request = play(&cx, json!({"limit": "west"}));
    walk(&Ansible::new(), &cx, &request).await.expect("it runs");
}

#[tokio::test]
async fn real_vault_files_open_with_the_password_and_are_told_without() {
    let Some(cx) = real() else { return };
    // Encrypted with the password `open sesame`: `{"from_vault": "hello"}`.
    cx.write("vars.yml", include_str!("../fixtures/vaulted.yml"));
    cx.write(
        "site.yml",
        "- hosts: all\n  gather_facts: false\n  vars_files: [vars.yml]\n  tasks:\n    - ansible.builtin.assert:\n        that: from_vault == 'hello'\n",
    );
    cx.set_phase(Phase::Read);
    let request = play(&cx, json!({"limit": "west"}));
    let error = Ansible::new()
        .preview(&cx, &request)
        .await
        .expect_err("no password");
    assert_eq!(error.code.as_str(), "POD0344", "{error}");
    let cx = cx.with_credential("vault_password", "secret", &[], &[("value", "open sesame")]);
    let preview = Ansible::new()
        .preview(&cx, &request)
        .await
        .expect("a preview");
    assert_eq!(preview.notes, [""; 0]);
}

#[tokio::test]
async fn real_hosts_that_cannot_be_reached_are_told() {
    let Some(cx) = real() else { return };
    cx.write(
        "site.yml",
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n",
    );
    let request = play(
        &cx,
        json!({"inventory": {"hosts": {"far": {"ansible_host": "127.0.0.1", "ansible_port": 1}}}}),
    );
    cx.set_phase(Phase::Read);
    let preview = Ansible::new()
        .preview(&cx, &request)
        .await
        .expect("a preview");
    assert_eq!(
        preview.notes,
        ["`far` could not be reached; what changes there is not known."]
    );
    cx.set_phase(Phase::Write);
    let error = Ansible::new()
        .run(&cx, &request)
        .await
        .expect_err("it fails");
    assert_eq!(error.code.as_str(), "POD0342", "{error}");
    assert!(
        error.message.starts_with("`far` could not be reached"),
        "{error}"
    );
}

#[tokio::test]
async fn real_log_shows_what_the_play_shows_and_nothing_that_it_hides() {
    const SECRET: &str = "canary-debug-4f3e2d1c";
    let Some(cx) = real() else { return };
    let cx = cx.with_credential("secrets.key", "secret", &[], &[("value", SECRET)]);
    cx.write(
        "site.yml",
        r#"- hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.debug:
        msg: "{{ ['Bread', 'and soup'] | join('\n') }}"
    - name: Say a secret
      ansible.builtin.debug:
        msg: "It is {{ key }}"
    - name: Say nothing
      ansible.builtin.debug:
        msg: hidden words
      no_log: true
    - name: Say each
      ansible.builtin.debug:
        msg: "one of {{ item }}"
      loop: [apples, pears]
    - name: Ask
      ansible.builtin.command: echo from a command
      register: answer
      check_mode: false
    - name: Show the answer
      ansible.builtin.debug:
        var: answer.stdout
    - name: Go wrong
      ansible.builtin.command: sh -c "echo half way; echo no more soup >&2; exit 3"
      ignore_errors: true
"#,
    );
    let request = play(&cx, json!({"limit": "west"}));
    walk(&Ansible::new(), &cx, &request).await.expect("it runs");
    let log: Vec<String> = cx.records().log.into_iter().map(|line| line.text).collect();
    let whole = log.join("\n");
    for line in [
        "    [west] Bread",
        "    [west] and soup",
        "    [west] It is [hidden: secrets-key]",
        "    [west] one of apples",
        "    [west] one of pears",
        "    [west]   \"answer.stdout\": \"from a command\"",
        "    [west] stdout: half way",
        "    [west] stderr: no more soup",
    ] {
        assert!(log.iter().any(|told| told == line), "{line}\n{whole}");
    }
    assert!(
        !whole.contains("hidden words") && !whole.contains(SECRET),
        "{whole}"
    );
}

#[tokio::test]
async fn real_check_is_recalled_while_nothing_changes_and_no_longer() {
    let Some(cx) = real() else { return };
    shop(&cx);
    let connector = Ansible::new();
    let request = play(&cx, json!({"limit": "west"}));
    cx.set_phase(Phase::Read);
    let preview = connector.preview(&cx, &request).await.expect("a preview");
    let recall = async |request| {
        cx.begin_attempt();
        cx.set_phase(Phase::Read);
        connector
            .recall(&cx, request, None)
            .await
            .expect("an answer")
    };
    assert_eq!(recall(&request).await, Some(preview));
    let other = play(&cx, json!({"limit": "ost-ä"}));
    assert_eq!(recall(&other).await, None);
    cx.write("roles/any/templates/.hidden.j2", "read by a task, perhaps");
    assert_eq!(recall(&request).await, None);
    assert_eq!(cx.records().started, ["preview-check"]);
}
