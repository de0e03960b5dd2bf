//! What Ansible is, as data.

use podium_connector::{
    Capability, Checked, CheckedAgainst, CredentialField, CredentialKind, CredentialPort, Delivery,
    Manifest, Operation, Support, Verb,
};
use podium_model::OperationName;
use serde_json::{Value, json};

fn name(text: &str) -> OperationName {
    text.parse()
        .expect("the names of our own operations are written here and are valid")
}

fn input() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["playbook"],
        "additionalProperties": false,
        "properties": {
            "playbook": {
                "type": "string", "minLength": 1, "title": "Playbook",
                "description": "A playbook file in the workspace, for example `site.yml`.",
                "x-podium-order": 1, "x-podium-kind": "file", "x-podium-discover": "playbooks",
            },
            "inventory": {
                "type": ["string", "object", "array"], "title": "Inventory",
                "default": { "hosts": ["localhost"], "vars": { "ansible_connection": "local" } },
                "description": "An inventory file in the workspace, a list of hosts, or an object with `hosts` (a list, or names with their variables), `groups` and `vars`. This computer where absent.",
                "items": { "type": ["string", "object"], "x-podium-kind": "host" },
                "properties": {
                    "hosts": {
                        "type": ["array", "object", "string"], "title": "Hosts",
                        "description": "A list of names, or of objects with `name`, `address` and variables; or names with their address or their variables. An output of an earlier step fits as it is.",
                        "items": { "type": ["string", "object"], "x-podium-kind": "host" },
                        "additionalProperties": { "type": ["object", "string", "null"] },
                    },
                    "groups": {
                        "type": "object", "title": "Groups",
                        "description": "Group name → a list of hosts, or names with their variables.",
                        "additionalProperties": { "type": ["array", "object"], "items": { "type": ["string", "object"] } },
                    },
                    "vars": { "type": "object", "title": "Variables of all hosts" },
                },
                "x-podium-order": 2, "x-podium-kind": "host-list",
            },
            "variables": {
                "type": "object", "additionalProperties": true, "default": {}, "title": "Variables",
                "description": "Extra variables, which win over all others. For secrets use the credential ports `secrets.NAME`.",
                "x-podium-order": 3,
            },
            "limit": {
                "type": "string", "title": "Only these hosts",
                "description": "A host pattern, for example `web:!web3`.",
                "x-podium-order": 4,
            },
            "tags": {
                "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
                "uniqueItems": true, "title": "Only these tags",
                "description": "Tasks with one of these tags run; all where empty.",
                "x-podium-order": 5, "x-podium-discover": "tags",
            },
            "undo_playbook": {
                "type": "string", "minLength": 1, "title": "Playbook that takes it back",
                "description": "Played with the same inventory and variables when the step is undone.",
                "x-podium-order": 6, "x-podium-kind": "file", "x-podium-discover": "playbooks",
            },
            "vault_ids": {
                "type": "object", "additionalProperties": { "type": "string", "minLength": 1 },
                "default": {}, "title": "Vault ids",
                "description": "Vault id → the name of the secret that opens it: `dev: dev_vault` takes the credential at `secrets.dev_vault`. A single password goes to the port `vault_password`.",
                "x-podium-order": 7, "x-podium-more": true,
            },
            "check_only": {
                "type": "boolean", "default": false, "title": "Only check",
                "description": "Says what would change, and changes nothing.",
                "x-podium-order": 10, "x-podium-more": true,
            },
            "skip_tags": {
                "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
                "uniqueItems": true, "title": "Without these tags",
                "description": "Tasks with one of these tags are left out.",
                "x-podium-order": 11, "x-podium-more": true, "x-podium-discover": "tags",
            },
            "forks": {
                "type": "integer", "minimum": 1, "maximum": 200, "default": 5,
                "title": "Hosts at a time",
                "description": "On how many hosts it works at once.",
                "x-podium-order": 12, "x-podium-more": true,
            },
        },
    })
}

fn port(name: &str, title: &str) -> CredentialPort {
    CredentialPort {
        name: name.into(),
        kind: "secret".into(),
        required: false,
        title: title.into(),
    }
}

fn playbook() -> Operation {
    Operation {
        name: name("ansible/playbook"),
        title: "Play a playbook".into(),
        summary: "Brings hosts into the state that a playbook describes.".into(),
        input: input(),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": true,
            "properties": {
                "changed": { "type": "integer", "title": "Changes made, over all hosts" },
                "hosts": {
                    "type": "object", "title": "What became of each host",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {
                            "ok": { "type": "integer" }, "changed": { "type": "integer" },
                            "failed": { "type": "integer" }, "unreachable": { "type": "integer" },
                            "skipped": { "type": "integer" }, "rescued": { "type": "integer" },
                            "ignored": { "type": "integer" },
                        },
                    },
                },
            },
        }),
        credentials: vec![
            CredentialPort {
                name: "ssh".into(),
                kind: "ssh-key".into(),
                required: false,
                title: "The key for the hosts; this user's own keys and agent where absent".into(),
            },
            port("vault_password", "The password of Ansible's own vault files"),
            port("secrets.*", "Secret variables, and passwords of vault ids, handed over in private files"),
        ],
        capability: Capability::all()
            .with(
                Verb::Identify,
                Support::no("it acts as the user of this computer; each host knows its own users."),
            )
            .with(
                Verb::Preview,
                Support::partly("modules that have no check mode are skipped, and named."),
            )
            .with(
                Verb::Undo,
                Support::partly(
                    "Ansible keeps no record of what was there before; name a playbook that takes it back.",
                ),
            )
            .with(
                Verb::Drift,
                Support::partly("it is what a check would change now; modules without check mode are left out."),
            ),
        writes: true,
        delivery: Delivery::AtLeastOnce {
            how: "Nothing tells what a lost playbook did; a check shows what it would still change.".into(),
        },
        permissions: Vec::new(),
    }
}

fn ssh_key() -> CredentialKind {
    let field = |name: &str, label: &str, help: &str, secret, required| CredentialField {
        name: name.into(),
        label: label.into(),
        help: help.into(),
        secret,
        required,
    };
    CredentialKind {
        id: "ssh-key".into(),
        label: "SSH key".into(),
        fields: vec![
            field(
                "user",
                "User",
                "Who logs in on the hosts; what the inventory says wins. This user's name where empty.",
                false,
                false,
            ),
            field(
                "private_key",
                "Private key",
                "The whole file, from BEGIN to END, without a passphrase: nobody could type it while a workflow runs.",
                true,
                true,
            ),
        ],
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        id: "ansible".into(),
        label: "Ansible".into(),
        summary: "Sets up servers and devices by playing playbooks.".into(),
        mark: "An".into(),
        hue: 25,
        credentials: vec![ssh_key()],
        operations: vec![playbook()],
        tools: vec!["ansible-playbook".into()],
        helpers: vec!["ansible-runner".into()],
        local: false,
        links: vec!["https://docs.ansible.com/ansible-core/devel/".into()],
        checked: vec![
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "ansible-core 2.19.14".into(),
                by: "crates/connectors/ansible/tests/ansible/real.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "ansible-runner 2.4.3, whose events are held against those of ansible-core alone".into(),
                by: "crates/connectors/ansible/tests/ansible/carried.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "OpenSSH's sshd, as a host that is reached by a key".into(),
                by: "crates/connectors/ansible/tests/ansible/ssh.rs".into(),
            },
            Checked {
                against: CheckedAgainst::RealSoftware,
                what: "ansible-core 2.19.14 through ansible-runner 2.4.3, told all sentences of the contract".into(),
                by: "tests/contract/ansible.rs".into(),
            },
        ],
        explained: crate::explained::list().to_vec(),
        unconfirmed: Vec::new(),
    }
}
