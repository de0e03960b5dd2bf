//! Which hosts, which tasks, which vaults.

use std::process::Command;

use podium_connector::{Connector, Context, Phase};
use podium_connector_ansible::Ansible;
use podium_testkit::{FakeContext, walk};
use serde_json::{Value, json};

use crate::{both, play, real};

both!(
    tags_choose_tasks_and_leave_others_out,
    a_limit_chooses_hosts_and_holds_for_the_undo_too,
    what_takes_it_back_is_played_whole_whatever_the_tags,
    hosts_come_as_earlier_steps_give_them,
    a_vault_id_without_its_secret_is_told_before_anything_is_played,
);

const TAGGED: &str = r#"
- hosts: all
  gather_facts: false
  tasks:
    - name: Base
      ansible.builtin.copy: { content: "base\n", dest: "{{ out }}/{{ inventory_hostname }}.base", mode: "0644" }
      tags: [base]
    - name: Page
      ansible.builtin.copy: { content: "page\n", dest: "{{ out }}/{{ inventory_hostname }}.page", mode: "0644" }
      tags: [web, page]
    - name: Style
      ansible.builtin.copy: { content: "style\n", dest: "{{ out }}/{{ inventory_hostname }}.style", mode: "0644" }
      tags: [web]
"#;

const TAKE_AWAY: &str = r#"
- hosts: all
  gather_facts: false
  tasks:
    - name: Remove it
      ansible.builtin.file:
        path: "{{ out }}/{{ inventory_hostname }}.{{ item }}"
        state: absent
      loop: [base, page, style]
"#;

/// The names of the preview's changes, as `host · task` lines.
async fn changes(cx: &FakeContext, more: Value) -> Vec<String> {
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let preview = Ansible::new()
        .preview(cx, &play(cx, more))
        .await
        .expect("a preview");
    preview
        .changes
        .into_iter()
        .map(|change| change.name)
        .collect()
}

fn count(names: &[String], text: &str) -> usize {
    names.iter().filter(|name| name.contains(text)).count()
}

async fn tags_choose_tasks_and_leave_others_out(cx: FakeContext) {
    cx.write("site.yml", TAGGED);
    for (more, base, page, style) in [
        (json!({}), 2, 2, 2),
        (json!({"tags": ["web"]}), 0, 2, 2),
        (json!({"tags": ["base", "page"]}), 2, 2, 0),
        (json!({"skip_tags": ["page"]}), 2, 0, 2),
        (json!({"tags": ["web"], "skip_tags": ["page"]}), 0, 0, 2),
    ] {
        let names = changes(&cx, more.clone()).await;
        let found = (
            count(&names, "Base"),
            count(&names, "Page"),
            count(&names, "Style"),
        );
        assert_eq!(found, (base, page, style), "{more}: {names:?}");
    }
    let choices = Ansible::new()
        .discover(&cx, &play(&cx, json!({})), "tags")
        .await
        .expect("choices");
    let tags: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(tags, ["base", "page", "web"]);
}

async fn a_limit_chooses_hosts_and_holds_for_the_undo_too(cx: FakeContext) {
    cx.write("site.yml", TAGGED);
    cx.write("remove.yml", TAKE_AWAY);
    let connector = Ansible::new();
    walk(&connector, &cx, &play(&cx, json!({})))
        .await
        .expect("it runs");
    cx.begin_attempt();
    let one = play(
        &cx,
        json!({"limit": "all:!west", "undo_playbook": "remove.yml"}),
    );
    let walked = walk(&connector, &cx, &one).await.expect("it runs");
    assert_eq!(
        walked.outcome.outputs["hosts"]
            .as_object()
            .map(|hosts| hosts.keys().cloned().collect()),
        Some(vec!["ost-ä".to_owned()])
    );
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let undo = connector
        .preview_undo(&cx, &one, &walked.record)
        .await
        .expect("a preview");
    let names: Vec<String> = undo.changes.into_iter().map(|change| change.name).collect();
    assert!(
        !names.is_empty() && names.iter().all(|name| name.contains("ost-ä")),
        "{names:?}"
    );
}

async fn what_takes_it_back_is_played_whole_whatever_the_tags(cx: FakeContext) {
    cx.write("site.yml", TAGGED);
    cx.write("remove.yml", TAKE_AWAY);
    let connector = Ansible::new();
    let step = play(&cx, json!({"tags": ["web"], "undo_playbook": "remove.yml"}));
    let walked = walk(&connector, &cx, &step).await.expect("it runs");
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let undo = connector
        .preview_undo(&cx, &step, &walked.record)
        .await
        .expect("a preview");
    assert!(
        !undo.changes.is_empty(),
        "tags of the one are not those of the other"
    );
    cx.set_phase(Phase::Write);
    connector
        .undo(&cx, &step, &walked.record)
        .await
        .expect("taken back");
    let left = changes(&cx, json!({"tags": ["web"]})).await;
    assert_eq!(left.len(), 4, "all of it is to be made again: {left:?}");
}

async fn hosts_come_as_earlier_steps_give_them(cx: FakeContext) {
    cx.write("site.yml", TAGGED);
    let local = json!({"ansible_connection": "local"});
    for hosts in [
        json!(["web1", "web2"]),
        json!({"web1": "10.0.0.1", "web2": {"ansible_host": "10.0.0.2"}}),
        json!([{"name": "web1", "address": "10.0.0.1", "size": "small"}, {"hostname": "web2", "ip": "10.0.0.2"}]),
        json!("web1\nweb2\n"),
    ] {
        let more = json!({"inventory": {"hosts": hosts, "vars": local}, "tags": ["base"]});
        let names = changes(&cx, more).await;
        assert_eq!(
            (count(&names, "web1"), count(&names, "web2")),
            (1, 1),
            "{hosts}: {names:?}"
        );
    }
}

async fn a_vault_id_without_its_secret_is_told_before_anything_is_played(cx: FakeContext) {
    cx.write("site.yml", TAGGED);
    cx.set_phase(Phase::Read);
    let error = Ansible::new()
        .preview(&cx, &play(&cx, json!({"vault_ids": {"dev": "dev_vault"}})))
        .await
        .expect_err("no secret");
    assert_eq!(error.code.as_str(), "POD0344", "{error}");
    assert!(
        error
            .message
            .contains("no credential is bound to `secrets.dev_vault`"),
        "{error}"
    );
    assert!(error.hint.is_some());
    assert!(cx.records().started.is_empty());
}

/// Encrypts a file of variables as a person would.
fn encrypt(cx: &FakeContext, name: &str, id: &str, password: &str, variable: &str) {
    cx.write(name, &format!("{variable}: opened\n"));
    let key = cx.sandbox().join(format!("{id}.key"));
    std::fs::write(&key, password).expect("written");
    let tools = podium_testkit::peers(&["ansible-vault"])
        .expect("it is there")
        .join("bin");
    let done = Command::new(tools.join("ansible-vault"))
        .args(["encrypt", "--encrypt-vault-id", id, "--vault-id"])
        .arg(format!("{id}@{}", key.display()))
        .arg(cx.workspace().join(name))
        .output()
        .expect("it runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::remove_file(key).expect("removed");
    let text = std::fs::read_to_string(cx.workspace().join(name)).expect("it is there");
    assert!(
        text.starts_with(&format!("$ANSIBLE_VAULT;1.2;AES256;{id}")),
        "{text}"
    );
}

#[tokio::test]
async fn real_several_vault_ids_are_opened_each_with_its_own_secret() {
    const DEV: &str = "canary-vault-dev-1";
    const OPS: &str = "canary-vault-ops-2";
    let Some(cx) = real() else { return };
    encrypt(&cx, "dev.yml", "dev", DEV, "one");
    encrypt(&cx, "ops.yml", "ops-team", OPS, "two");
    cx.write(
        "site.yml",
        "- hosts: all\n  gather_facts: false\n  vars_files: [dev.yml, ops.yml]\n  tasks:\n    - name: Both are open\n      ansible.builtin.assert: { that: [one == 'opened', two == 'opened', dev_vault is not defined] }\n",
    );
    let step = play(
        &cx,
        json!({"limit": "west", "vault_ids": {"dev": "dev_vault", "ops-team": "ops"}}),
    );
    let cx = cx
        .with_credential("secrets.dev_vault", "secret", &[], &[("value", DEV)])
        .with_credential("secrets.ops", "secret", &[], &[("value", OPS)]);
    let walked = walk(&Ansible::new(), &cx, &step)
        .await
        .expect("both are opened");
    let records = cx.records();
    let told = format!(
        "{:?}{:?}{:?}{:?}",
        walked.preview, walked.outcome, records.log, records.progress
    );
    assert!(!told.contains("canary-vault"), "{told}");
    for file in cx.all_files() {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).into_owned();
        assert!(!text.contains("canary-vault"), "{}", file.display());
    }
    // A wrong password is told as such.
    let Some(other) = real() else { return };
    encrypt(&other, "dev.yml", "dev", DEV, "one");
    other.write(
        "site.yml",
        "- hosts: all\n  gather_facts: false\n  vars_files: [dev.yml]\n  tasks: [{ ansible.builtin.debug: { var: one } }]\n",
    );
    let step = play(
        &other,
        json!({"limit": "west", "vault_ids": {"dev": "dev_vault"}}),
    );
    let other = other.with_credential("secrets.dev_vault", "secret", &[], &[("value", "wrong")]);
    other.set_phase(Phase::Read);
    let error = Ansible::new()
        .preview(&other, &step)
        .await
        .expect_err("a wrong password");
    assert_eq!(error.code.as_str(), "POD0344", "{error}");
}
