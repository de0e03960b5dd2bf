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
