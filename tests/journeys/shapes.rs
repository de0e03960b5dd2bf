//! The shapes that other programs rely on: what `podium` prints is what its schemas say, and the schemas
//! are those that are committed.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::harness::{Desk, demo, run_of};
use super::people::note_workspace;

/// The schema that the program prints, which is the committed one.
fn published(desk: &Desk, kind: &str) -> Value {
    let printed = desk.podium(&["schema", kind]).expect(0).stdout.join("\n");
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/schemas")
        .join(format!("{kind}.json"));
    let committed = std::fs::read_to_string(committed).unwrap();
    assert_eq!(
        printed,
        serde_json::from_str::<Value>(&committed).unwrap(),
        "`podium schema {kind}` and docs/schemas differ; run `cargo xtask gen`"
    );
    printed
}

fn checker(schema: &Value) -> Validator {
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    jsonschema::validator_for(schema).unwrap()
}

fn fits(checker: &Validator, value: &Value) {
    let wrong: Vec<String> = checker
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path().as_str()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{value:#}");
}

/// Every part of a shape that its schema calls required is missed when it is gone.
fn nothing_required_may_be_missing(checker: &Validator, schema: &Value, good: &Value) {
    fits(checker, good);
    let required = schema["required"].as_array().unwrap();
    assert!(required.len() >= 5, "{required:?}");
    for name in required {
        let mut broken = good.clone();
        let gone = broken
            .as_object_mut()
            .unwrap()
            .remove(name.as_str().unwrap());
        assert!(gone.is_some(), "{name} is required and was not there");
        assert!(!checker.is_valid(&broken), "without {name} it still fits");
    }
}

#[test]
fn every_published_schema_is_the_committed_one() {
    let desk = Desk::without_tools();
    for kind in ["workflow", "environment", "workspace", "preview", "event"] {
        let schema = published(&desk, kind);
        checker(&schema);
        assert!(schema["title"].is_string(), "{kind}");
        assert!(
            schema["$id"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/{kind}.json")),
            "{kind}"
        );
    }
    desk.podium(&["schema", "nothing", "--json"])
        .expect(1)
        .refused_with("POD0823");
}

#[test]
fn the_command_line_asks_as_the_form_does() {
    let desk = Desk::without_tools();
    desk.copy(&demo());
    let preview = |inputs: &[&str], exit: i32| {
        let mut words = vec!["preview", "breaks-at-step-4", "-e", "play", "--json"];
        for input in inputs {
            words.extend(["-i", input]);
        }
        desk.podium(&words).expect(exit)
    };
    // What is not asked for has its default, and is not needed.
    let plain = preview(&[], 0).json();
    assert_eq!(
        plain["inputs"],
        json!({ "cause": "missing-page", "words": "Closed on Mondays" })
    );
    let asked = preview(&["cause=other-words", "words=Shut"], 0).json();
    assert_eq!(asked["inputs"]["words"], "Shut");
    // What would have no effect is refused, at its field.
    let refused = preview(&["words=Shut"], 1).json();
    let problem = &refused["error"]["diagnostics"][0];
    assert_eq!(problem["code"], "POD0133");
    assert_eq!(problem["address"]["field"], "/inputs/words");
}

#[test]
fn previews_and_event_streams_fit_their_schemas() {
    let desk = Desk::without_tools();
    desk.copy(&demo());
    let schema = published(&desk, "preview");
    let previews = checker(&schema);
    let events = checker(&published(&desk, "event"));

    let preview = desk
        .podium(&["preview", "open-a-shop-branch", "-e", "play", "--json"])
        .expect(0)
        .json();
    nothing_required_may_be_missing(&previews, &schema, &preview);
    for (pointer, wrong) in [
        ("/podium", json!("preview/2")),
        ("/hash", json!("sha256:no")),
        ("/steps/0/confidence", json!("sure")),
        ("/steps/0/mode", json!("practice")),
        ("/steps/0/changes/0/action", json!("made")),
        ("/steps/0/undo/class", json!("perhaps")),
        ("/summary/create", json!(-1)),
    ] {
        let mut broken = preview.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        assert!(!previews.is_valid(&broken), "{pointer} may be anything");
    }

    // A preview that cannot be carried out is a preview too. There is no Terraform here.
    let troubled = desk
        .podium(&["preview", "open-a-shop-branch", "-e", "local", "--json"])
        .expect(1)
        .json();
    assert!(troubled["steps"][0]["problem"].is_object(), "{troubled}");
    fits(&previews, &troubled);

    let mut kinds = BTreeSet::new();
    let mut check = |stream: &[Value]| {
        for event in stream {
            fits(&events, event);
            kinds.insert(event["type"].as_str().unwrap().to_owned());
        }
    };
    let ran = desk
        .podium(&["run", "open-a-shop-branch", "-e", "play", "--yes", "--json"])
        .expect(0)
        .events();
    check(&ran);
    fits(&previews, &ran[0]["data"]["preview"]);
    let undone = desk
        .podium(&["runs", "undo", run_of(&ran), "--yes", "--json"])
        .expect(0)
        .events();
    check(&undone);
    fits(&previews, &undone[0]["data"]["preview"]);
    assert!(undone[0]["data"]["preview"]["undoes"].is_string());
    let broken = desk
        .podium(&["run", "breaks-at-step-4", "-e", "play", "--yes", "--json"])
        .expect(1)
        .events();
    check(&broken);
    for kind in [
        "run.created",
        "run.started",
        "run.succeeded",
        "run.failed",
        "step.intent",
        "step.accepted",
        "step.progress",
        "step.log",
        "step.succeeded",
        "step.failed",
        "step.undone",
    ] {
        assert!(kinds.contains(kind), "no {kind} in {kinds:?}");
    }

    // What is no event is refused: the schema says something.
    for (key, wrong) in [
        ("podium", json!("event/2")),
        ("run", json!("west")),
        ("seq", json!(0)),
        ("at", json!(1_700_000_000)),
        ("type", json!("run.exploded")),
        ("data", json!({})),
    ] {
        let mut broken = ran[0].clone();
        broken[key] = wrong;
        assert!(!events.is_valid(&broken), "{key} may be anything");
    }
}

#[test]
fn a_run_that_waits_for_a_person_fits_the_schema() {
    let desk = Desk::without_tools();
    note_workspace(&desk);
    let events = checker(&published(&desk, "event"));
    desk.write(
        "workflows/ask.yaml",
        "podium: 1\nname: Ask\nsteps:\n  ask:\n    uses: approval/ask\n    with: { message: May I? }\n",
    );
    let waits = desk
        .podium(&["run", "ask", "--yes", "--json"])
        .expect(4)
        .events();
    assert_eq!(waits.last().unwrap()["type"], "run.waiting");
    for event in &waits {
        fits(&events, event);
    }
}
