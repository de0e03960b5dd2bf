//! What is done once: a text is read once, an edit reads what it wrote once, expressions are left to CEL
//! only where they must be.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use podium_api::Podium;
use podium_api::model::work::{Work, so_far};
use podium_api::runtime::Home;
use serde_json::{Value, json};

const STEPS: u64 = 200;

/// Three expressions a step, of which one is a condition.
fn workflow() -> String {
    let mut text = String::from(
        "podium: 1\nname: Many\ninputs: { word: { type: string, default: a } }\nsteps:\n",
    );
    for step in 0..STEPS {
        let _ = write!(
            text,
            "  s{step}:\n    uses: file/render\n    if: inputs.word == 'a' || inputs.word == 'b{step}'\n    \
             with:\n      to: \"out/${{{{ inputs.word }}}}-{step}.txt\"\n      text: \"${{{{ inputs.word }}}}\"\n"
        );
    }
    text
}

async fn done_by(podium: &Podium, command: &str, request: Value) -> (Value, Work) {
    let before = so_far();
    let answer = podium.call(command, request).await.unwrap();
    let after = so_far();
    let work = Work {
        trees: after.trees - before.trees,
        expressions: after.expressions - before.expressions,
        by_cel: after.by_cel - before.by_cel,
    };
    (answer, work)
}

// One thread, so that its counters see all of it.
#[tokio::test]
async fn a_text_is_read_once_and_so_is_an_edit() {
    let workspace = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(workspace.path().join("workflows")).unwrap();
    std::fs::write(workspace.path().join("workflows/many.yaml"), workflow()).unwrap();
    let podium = Podium::open_at(workspace.path(), Home::at(home.path()).unwrap())
        .await
        .unwrap();
    let once = Work {
        trees: 1,
        expressions: 3 * STEPS,
        by_cel: 0,
    };

    let open = json!({ "workflow": "many" });
    let (view, work) = done_by(&podium, "document.open", open.clone()).await;
    assert_eq!(view["diagnostics"], json!([]));
    assert_eq!(work, once, "opened for the first time");
    let (_, work) = done_by(&podium, "document.open", open.clone()).await;
    assert_eq!(work, Work { trees: 0, ..once }, "opened again");

    let edit = |version: &Value, value: &str| {
        json!({ "workflow": "many", "version": version, "label": "Edit", "edits": [
            { "edit": "set_field", "pointer": "/steps/s7/with/text", "value": value }
        ]})
    };
    let (edited, work) = done_by(&podium, "document.edit", edit(&view["version"], "plain")).await;
    assert_eq!(
        work,
        Work {
            expressions: once.expressions - 1,
            ..once
        },
        "an edit reads the text that it wrote, and nothing else"
    );
    assert_eq!(edited["document"]["steps"]["s7"]["with"]["text"], "plain");

    // Moving a node reads no workflow at all.
    let moved = json!({ "workflow": "many", "version": edited["version"], "label": "Move",
        "edits": [], "moves": { "s7": { "x": 10.0, "y": 20.0 } } });
    let (moved, work) = done_by(&podium, "document.edit", moved).await;
    assert_eq!(work.trees, 0, "a moved node");

    // What another program wrote is seen, also when the name and the length are the same.
    let path = workspace.path().join("workflows/many.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("name: Many", "name: More")).unwrap();
    let (other, work) = done_by(&podium, "document.open", open).await;
    assert_eq!(work.trees, 1);
    assert_eq!(other["document"]["name"], "More");
    assert_ne!(other["version"], moved["version"]);
}
