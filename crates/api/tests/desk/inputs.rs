//! The form that a workflow asks its questions with, and what a preview takes of it.

use crate::Desk;
use serde_json::{Value, json};

const SHOP: &str = r#"podium: 1
name: Shop
inputs:
  size: { type: string, enum: [small, large], default: small }
  words:
    type: string
    title: Words on the door
    description: Small letters.
    pattern: "^[a-z]+$"
    when: inputs.size == 'large'
  hosts: { type: array, items: { type: string }, default: [one] }
steps:
  page: { uses: file/render, with: { text: "${{ inputs.words == null ? 'plain' : inputs.words }}", to: a.txt } }
"#;

async fn desk() -> Desk {
    Desk::open(&[
        (
            "podium.yaml",
            "podium: 1\nname: Test\ndefault_environment: play\n",
        ),
        ("environments/play.yaml", "practice: true\n"),
        ("workflows/shop.yaml", SHOP),
    ])
    .await
}

impl Desk {
    async fn asked(&self, inputs: Value) -> Value {
        let request = json!({ "workflow": "shop", "inputs": inputs });
        self.podium.call("inputs.check", request).await.unwrap()
    }
}

#[tokio::test]
async fn a_form_is_told_what_to_ask_and_what_is_wrong() {
    let desk = desk().await;
    assert_eq!(
        desk.asked(json!({})).await,
        json!({ "asked": ["size", "hosts"], "problems": [] })
    );
    assert_eq!(
        desk.asked(json!({ "size": "large" })).await,
        json!({ "asked": ["size", "words", "hosts"], "problems": [
            { "field": "/words", "code": "POD0128", "missing": true, "message": "Words on the door is needed." },
        ] })
    );
    // Also below a value, the field is named.
    let found = desk
        .asked(json!({ "size": "large", "words": "Köln", "hosts": ["a", 5] }))
        .await;
    assert_eq!(
        found["problems"],
        json!([
            { "field": "/words", "code": "POD0129", "missing": false,
              "message": "`\"Köln\"` does not have the form that is asked for. Small letters: `^[a-z]+$`." },
            { "field": "/hosts/1", "code": "POD0129", "missing": false,
              "message": "A whole number stands where a text belongs. Write `\"5\"`, in quotes." },
        ])
    );
    // What was typed before the field was hidden is no problem, and not asked for.
    assert_eq!(
        desk.asked(json!({ "size": "small", "words": "Köln" }))
            .await,
        json!({ "asked": ["size", "hosts"], "problems": [] })
    );
}

#[tokio::test]
async fn a_preview_holds_to_the_same_rules() {
    let desk = desk().await;
    let preview = async |inputs: Value| {
        let request = json!({ "workflow": "shop", "inputs": inputs });
        desk.podium.call("preview.make", request).await
    };
    let made = preview(json!({ "size": "small" })).await.unwrap();
    assert_eq!(
        made["preview"]["inputs"],
        json!({ "size": "small", "words": null, "hosts": ["one"] })
    );
    let codes = async |inputs: Value| -> Vec<String> {
        let refused = preview(inputs).await.unwrap_err();
        refused
            .diagnostics
            .iter()
            .map(|found| format!("{} {:?}", found.code, found.address.field))
            .collect()
    };
    assert_eq!(
        codes(json!({ "size": "large" })).await,
        ["POD0128 Some(\"/inputs/words\")"]
    );
    assert_eq!(
        codes(json!({ "words": "open" })).await,
        ["POD0133 Some(\"/inputs/words\")"]
    );
}
