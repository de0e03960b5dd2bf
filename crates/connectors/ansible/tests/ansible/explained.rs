//! What the list of explained errors calls seen, seen: the real Ansible says it, and it is known again.

use podium_connector::EXPLAINED;
use podium_connector_ansible::Ansible;
use podium_testkit::walk;
use serde_json::json;

use crate::{play, real};

/// Tasks of a play, and the explanation that their fault must get.
const FAULTS: &[(&str, &str)] = &[
    (
        "    - ansible.builtin.debug: { msg: \"{{ nobody_sets_it }}\" }\n",
        "undefined-variable",
    ),
    (
        "    - ansible.builtin.debug: { msg: \"{{ {'a': 1}.nope }}\" }\n",
        "no-attribute",
    ),
    ("    - nothing_such: {}\n", "unknown-module"),
    (
        "    - ansible.builtin.include_role: { name: nowhere }\n",
        "unknown-role",
    ),
    (
        "    - ansible.builtin.file: { path: /tmp/x, nope: 1 }\n",
        "unsupported-parameters",
    ),
    (
        "    - ansible.builtin.file: { state: touch }\n",
        "missing-arguments",
    ),
    ("    - name: [unclosed\n", "yaml"),
    (
        "    - ansible.builtin.ping: {}\n      ansible.builtin.debug: { msg: x }\n",
        "conflicting-action",
    ),
    ("    - name: nothing to do\n", "no-action"),
    (
        "    - ansible.builtin.debug: { msg: \"{{ 1 + }}\" }\n",
        "template-error",
    ),
    (
        "    - ansible.builtin.copy: { src: nowhere.txt, dest: /tmp/x, mode: \"0600\" }\n",
        "file-not-found",
    ),
    (
        "    - ansible.builtin.copy: { content: x, dest: /nowhere/at/all/x, mode: \"0600\" }\n",
        "destination",
    ),
    (
        "    - ansible.builtin.command: sh -c \"exit 3\"\n",
        "exit-code",
    ),
    (
        "    - ansible.builtin.assert: { that: 1 == 2 }\n",
        "assertion",
    ),
];

#[tokio::test]
async fn real_faults_are_explained() {
    let mut others = Vec::new();
    for (tasks, expected) in FAULTS {
        let Some(cx) = real() else { return };
        cx.write(
            "site.yml",
            &format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}"),
        );
        let error = walk(&Ansible::new(), &cx, &play(&cx, json!({"limit": "west"})))
            .await
            .expect_err(expected);
        let id = error
            .context
            .iter()
            .find(|(name, _)| name == EXPLAINED)
            .map_or_else(|| format!("not explained: {error}"), |(_, id)| id.clone());
        if id != format!("ansible/{expected}") {
            others.push(format!("{expected}: {id}: {error}"));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}
