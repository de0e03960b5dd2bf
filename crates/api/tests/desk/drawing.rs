//! What an author's gestures do to the two files of a workflow.

use crate::Desk;
use podium_api::ApiError;
use serde_json::{Value, json};

const SHOP: &str = "podium: 1\nname: Shop\ncredentials: { key: { type: secret } }\nsteps:\n  \
    page:\n    uses: file/render # kept\n    with: { text: hello, to: a.txt }\n  \
    show:\n    uses: site/serve\n    needs: [page]\n    with: { directory: . }\n";

async fn desk() -> Desk {
    Desk::open(&[
        (
            "podium.yaml",
            "podium: 1\nname: Test\ndefault_environment: play\n",
        ),
        (
            "environments/play.yaml",
            "practice: true\nvars: { city: Köln }\n",
        ),
        ("workflows/shop.yaml", SHOP),
        ("workflows/other.yaml", "podium: 1\nname: Other\n"),
    ])
    .await
}

impl Desk {
    async fn ask(&self, command: &str, request: Value) -> Result<Value, ApiError> {
        self.podium.call(command, request).await
    }

    async fn view(&self, workflow: &str) -> Value {
        self.ask("document.open", json!({ "workflow": workflow }))
            .await
            .unwrap()
    }

    async fn paste(&self, workflow: &str, text: &Value) -> Result<Value, ApiError> {
        let version = self.view(workflow).await["version"].clone();
        let request = json!({ "workflow": workflow, "version": version, "label": "Paste", "text": text, "at": { "x": 500, "y": 100 } });
        self.ask("document.paste", request).await
    }

    async fn edit(&self, change: Value) -> Value {
        let mut request = json!({ "workflow": "shop", "version": self.view("shop").await["version"], "label": "Draw" });
        request
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        self.ask("document.edit", request).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paste_gives_the_same_steps_and_one_undo_takes_it_back() {
    let desk = desk().await;
    desk.edit(json!({ "notes": { "why": { "x": 0, "y": 0, "width": 200, "height": 80, "text": "**Why**" } } })).await;
    let copied = desk
        .ask(
            "document.copy",
            json!({ "workflow": "shop", "steps": ["page", "show"], "notes": ["why"] }),
        )
        .await
        .unwrap();
    let pasted = desk.paste("other", &copied["text"]).await.unwrap();
    assert_eq!(pasted["steps"], json!(["page", "show"]));
    let shop = desk.view("shop").await;
    assert_eq!(
        pasted["view"]["document"]["steps"],
        shop["document"]["steps"]
    );
    assert_eq!(pasted["view"]["layout"]["notes"]["why"]["text"], "**Why**");
    let left = pasted["view"]["layout"]["nodes"]["page"]["x"]
        .as_f64()
        .unwrap();
    let note = pasted["view"]["layout"]["notes"]["why"]["x"]
        .as_f64()
        .unwrap();
    assert!((left.min(note) - 500.0).abs() < 1.0, "{left} {note}");

    let again = desk.paste("shop", &copied["text"]).await.unwrap();
    assert_eq!(again["steps"], json!(["page_2", "show_2"]));
    assert_eq!(
        again["view"]["document"]["steps"]["show_2"]["needs"][0]["step"],
        "page_2"
    );
    assert!(again["view"]["text"].as_str().unwrap().starts_with(SHOP));
    let undone = desk
        .ask("document.undo", json!({ "workflow": "shop" }))
        .await
        .unwrap();
    assert_eq!(undone["text"], SHOP);
    assert_eq!(undone["layout"]["notes"], shop["layout"]["notes"]);
    let refused = desk.paste("shop", &json!("not steps")).await.unwrap_err();
    assert_eq!(refused.code.as_str(), "POD0201");
    assert_eq!(desk.view("shop").await["text"], SHOP);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_step_stays_where_it_is_and_tidying_can_be_taken_back() {
    let desk = desk().await;
    desk.edit(json!({ "moves": { "page": { "x": 900, "y": 700 }, "show": { "x": 5, "y": 5 } }, "pins": { "page": true } })).await;
    let before = desk.view("shop").await;
    let tidied = desk
        .ask(
            "document.tidy",
            json!({ "workflow": "shop", "version": before["version"] }),
        )
        .await
        .unwrap();
    assert_eq!(
        tidied["layout"]["nodes"]["page"],
        before["layout"]["nodes"]["page"]
    );
    assert_ne!(
        tidied["layout"]["nodes"]["show"],
        before["layout"]["nodes"]["show"]
    );
    let undone = desk
        .ask("document.undo", json!({ "workflow": "shop" }))
        .await
        .unwrap();
    assert_eq!(undone["layout"], before["layout"]);
    // Moving a pinned step by hand leaves it pinned, until somebody takes the pin out.
    let moved = desk
        .edit(json!({ "moves": { "page": { "x": 1, "y": 2 } } }))
        .await;
    assert_eq!(
        moved["layout"]["nodes"]["page"],
        json!({ "x": 1.0, "y": 2.0, "pinned": true })
    );
    let free = desk.edit(json!({ "pins": { "page": false } })).await;
    assert_eq!(
        free["layout"]["nodes"]["page"],
        json!({ "x": 1.0, "y": 2.0 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_and_notes_change_the_layout_and_nothing_else() {
    let desk = desk().await;
    let frame = json!({ "x": 0, "y": 0, "width": 400, "height": 300, "title": "Filiale Köln", "owner": "ops" });
    let drawn = desk.edit(json!({ "frames": { "west": frame } })).await;
    assert_eq!(drawn["layout"]["frames"]["west"]["title"], "Filiale Köln");
    assert_eq!(drawn["text"], SHOP);
    let gone = desk.edit(json!({ "frames": { "west": null } })).await;
    assert_eq!(gone["layout"]["frames"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_say_what_goes_together_and_what_would_make_it() {
    let desk = desk().await;
    let fits = desk
        .ask(
            "port.between",
            json!({ "from": "site/serve", "step": "show", "to": "file/render" }),
        )
        .await
        .unwrap();
    let find = |output: &str, field: &str| {
        let all = fits.as_array().unwrap().iter();
        all.clone()
            .find(|fit| fit["output"] == output && fit["field"] == field)
            .cloned()
            .unwrap()
    };
    assert_eq!(find("url", "/text")["because"], Value::Null);
    let refused = find("port", "/text");
    assert_eq!(
        refused["because"],
        "“Port” is a whole number; “Template as text” takes a text."
    );
    assert_eq!(
        refused["converters"][0]["expression"],
        "string(steps.show.outputs.port)"
    );
    let fitting = desk
        .ask("port.fitting", json!({ "from": "site/serve" }))
        .await
        .unwrap();
    assert!(fitting.as_array().unwrap().contains(&json!("http/check")));
    let unknown = desk
        .ask("port.fitting", json!({ "from": "no/such" }))
        .await
        .unwrap_err();
    assert_eq!(unknown.code.as_str(), "POD0102");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_without_a_run_says_so() {
    let desk = desk().await;
    let tried = desk
        .ask(
            "expression.try",
            json!({ "workflow": "shop", "text": "${{ steps.page.outputs.path }}" }),
        )
        .await
        .unwrap();
    assert_eq!(tried["value"], Value::Null);
    assert_eq!(tried["because"], "It has not run yet.");
}
