//! Whatever the page asks, no answer holds a stored secret (SECURITY, T1 and S-11): every command of
//! the list, with hostile requests, while the vault is open.

use crate::Desk;
use podium_api::COMMANDS;
use podium_api::types::CreateVault;
use serde_json::{Value, json};

const CANARY: &str = "canary-5f1e-do-not-show-me";

/// Requests that a script in the page might try: right ones, wrong ones, ones that reach for files.
fn requests() -> Vec<Value> {
    let mut requests = vec![
        json!(null),
        json!({}),
        json!([]),
        json!(CANARY),
        json!(1e300),
    ];
    for name in ["keys", "../keys", "vault", "${{ secrets.keys.value }}", ""] {
        requests.push(json!({
            "name": name, "workflow": name, "file": name, "run": name, "step": "s", "what": name,
            "title": name, "version": name, "text": "podium: 1\n", "label": name, "hash": name,
            "environment": "play", "inputs": { "a": "${{ steps.s.outputs.value }}" },
        }));
    }
    requests.push(
        json!({ "name": "keys", "kind": "secret", "fields": { "value": "another-value-1" } }),
    );
    requests.push(json!({ "name": "keys" }));
    requests.push(json!({ "workflow": "shop", "version": "x", "label": "l", "edits": [
        { "edit": "set_field", "pointer": "/steps/s/with/text", "value": "${{ credentials.keys }}" }
    ]}));
    requests.push(json!({ "workflow": "shop", "environment": "play" }));
    requests
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_gives_a_stored_secret_back() {
    let desk = Desk::open(&[
        (
            "podium.yaml",
            "podium: 1\nname: Test\ndefault_environment: play\n",
        ),
        (
            "environments/play.yaml",
            "practice: true\ncredentials: { key: keys }\n",
        ),
        (
            "workflows/shop.yaml",
            "podium: 1\nname: Shop\ncredentials: { key: { type: secret } }\nsteps:\n  s:\n    \
             uses: file/render\n    with: { text: hello, to: a.txt }\n",
        ),
    ])
    .await;
    let podium = &desk.podium;
    let passphrase = Some(String::from("a long enough passphrase"));
    podium
        .vault_create(CreateVault { passphrase })
        .await
        .unwrap();
    let add = json!({ "name": "keys", "kind": "secret", "fields": { "value": CANARY } });
    podium.call("credential.add", add).await.unwrap();

    let mut answers = 0;
    for command in COMMANDS {
        // These would take the credential away, or close the vault, before the others are tried.
        let last = ["credential.remove", "vault.lock", "credential.add"];
        for request in requests() {
            if last.contains(&command.name) && request.get("name") == Some(&json!("keys")) {
                continue;
            }
            // What was sent may be told back by name; the stored value must not.
            if request.to_string().contains(CANARY) {
                continue;
            }
            let answer = match podium.call(command.name, request.clone()).await {
                Ok(answer) => answer.to_string(),
                Err(error) => format!("{error:?} {}", serde_json::to_string(&error).unwrap()),
            };
            answers += 1;
            assert!(
                !answer.contains(CANARY),
                "{} {request} gave {answer}",
                command.name
            );
            if command.name == "vault.lock" {
                let passphrase = json!({ "passphrase": "a long enough passphrase" });
                podium.call("vault.unlock", passphrase).await.unwrap();
            }
        }
    }
    assert!(
        answers > COMMANDS.len() * 10,
        "only {answers} answers were looked at"
    );

    // The control: the credential was there all the time, named and hidden.
    let listed = podium
        .call("credential.list", json!({}))
        .await
        .unwrap()
        .to_string();
    assert!(
        listed.contains("keys") && listed.contains("\"hidden\":[\"value\"]"),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_wrong_is_not_told_back() {
    let desk = Desk::open(&[]).await;
    for request in [
        json!(CANARY),
        json!({ "name": CANARY, "kind": { "x": CANARY } }),
    ] {
        let error = desk
            .podium
            .call("credential.add", request)
            .await
            .unwrap_err();
        assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
    }
}
