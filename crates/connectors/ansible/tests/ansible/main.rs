//! The same sentences, told to the simulator and to the real Ansible.
//!
//! `real_tool` runs where `PODIUM_PEERS` names a folder with `bin/ansible-playbook`, and says so where
//! not.

mod carried;
mod checking;
mod choosing;
mod explained;
mod playing;
mod real;
mod ssh;
mod weather;

use std::sync::LazyLock;

use podium_connector::{Connector, Context, StepRequest};
use podium_connector_ansible::Ansible;
use podium_testkit::{FakeContext, RequestBuilder, peers, skipped};
use serde_json::{Value, json};

/// Makes a test of a check against each of the two. The real one is carried by ansible-runner where that one
/// is installed; `carried.rs` holds what it tells against what the real one tells alone.
macro_rules! both {
    ($($check:ident),* $(,)?) => {$(
        mod $check {
            #[tokio::test]
            async fn simulated() {
                super::$check(crate::simulated()).await;
            }
            #[tokio::test]
            async fn real_tool() {
                if let Some(cx) = crate::real() {
                    super::$check(cx).await;
                }
            }
        }
    )*};
}
pub(crate) use both;

pub(crate) fn simulated() -> FakeContext {
    FakeContext::simulated(Ansible::new().simulator(None))
}

pub(crate) fn real() -> Option<FakeContext> {
    let found = peers(&["ansible-playbook"]);
    if found.is_none() {
        skipped("PODIUM_PEERS names no folder with bin/ansible-playbook");
    }
    Some(FakeContext::real().with_tools_in(found?.join("bin")))
}

/// The real one on a computer where ansible-runner is not installed.
pub(crate) fn real_alone() -> Option<FakeContext> {
    static ALONE: LazyLock<Option<tempfile::TempDir>> = LazyLock::new(|| {
        let found = peers(&["ansible-playbook"])?.join("bin/ansible-playbook");
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(found, folder.path().join("ansible-playbook")).expect("a link");
        Some(folder)
    });
    let folder = ALONE.as_ref()?;
    Some(FakeContext::real().with_only_tools_in(folder.path()))
}

/// Writes a page for each host, says something, and hides something.
pub(crate) const SITE: &str = r#"
- name: Set up the shop
  hosts: all
  gather_facts: false
  tasks:
    - name: Write a page
      ansible.builtin.copy:
        content: "hello {{ branch | default('nobody') }}\n"
        dest: "{{ out }}/{{ inventory_hostname }}.html"
        mode: "0644"
    - name: Say hello
      ansible.builtin.command: echo hello
    - name: Keep a secret
      ansible.builtin.copy:
        content: "{{ token | default('none') }}"
        dest: "{{ out }}/{{ inventory_hostname }}.key"
        mode: "0600"
      no_log: true
    - name: Tell the address
      ansible.builtin.set_stats:
        data:
          url: "http://{{ branch | default('nobody') }}.example"
        aggregate: false
"#;

/// Takes it back.
pub(crate) const REMOVE: &str = r#"
- name: Take the shop down
  hosts: all
  gather_facts: false
  tasks:
    - name: Remove a file
      ansible.builtin.file:
        path: "{{ out }}/{{ inventory_hostname }}.{{ item }}"
        state: absent
      loop: [html, key]
"#;

pub(crate) fn shop(cx: &FakeContext) {
    cx.write("site.yml", SITE);
    cx.write("remove.yml", REMOVE);
}

/// A step that plays the shop on two hosts of this computer, into the sandbox.
pub(crate) fn play(cx: &FakeContext, more: Value) -> StepRequest {
    let mut inputs = json!({
        "playbook": "site.yml",
        "inventory": {"hosts": ["west", "ost-ä"], "vars": {"ansible_connection": "local"}},
        "variables": {"out": cx.sandbox(), "branch": "west"},
    });
    if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
        inputs.extend(more);
    }
    RequestBuilder::new("ansible/playbook", inputs)
        .with_defaults_of(Ansible::new().manifest())
        .build()
}
