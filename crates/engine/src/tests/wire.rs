//! The JSON form of events.

use serde_json::{Value, json};

use super::world::{Acts, World, plan};
use crate::Event;
use crate::event::event_schema;

#[test]
fn an_event_has_the_documented_form() {
    let text = r#"{"podium":"event/1","run":"run_01","seq":7,"at":"2026-01-02T03:04:05.678Z","type":"step.succeeded","step":"network","attempt":1,"data":{"outputs":{},"hidden":[],"made":[]}}"#;
    let event: Event = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&event).unwrap(), text);
    assert_eq!(event.at, 1_767_323_045_678);
}

#[test]
fn missing_lists_and_unknown_keys_are_read() {
    let text = r#"{"podium":"event/1","run":"run_01","seq":7,"at":"2026-01-02T03:04:05Z","type":"step.succeeded","step":"network","attempt":1,"data":{"outputs":{},"later":1},"new":2}"#;
    assert_eq!(
        serde_json::from_str::<Event>(text).unwrap().body.name(),
        "step.succeeded"
    );
}

#[test]
fn what_is_no_event_is_refused_with_a_reason() {
    let good = json!({"podium": "event/1", "run": "run_01", "seq": 1, "at": "2026-01-02T03:04:05Z",
        "type": "run.started", "data": {}});
    for (key, value, says) in [
        ("podium", json!("event/2"), "event/2"),
        ("type", json!("run.exploded"), "run.exploded"),
        ("at", json!("yesterday"), "yesterday"),
        ("run", json!("nobody"), "run id"),
        ("seq", json!(-1), "-1"),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        let error = serde_json::from_value::<Event>(bad)
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{key}: {error}");
    }
    assert!(serde_json::from_value::<Event>(good).is_ok());
}

#[test]
fn the_schema_names_every_type_of_the_design() {
    let schema = event_schema();
    let types: Vec<&str> = schema["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["properties"]["type"]["const"].as_str().unwrap())
        .collect();
    for name in [
        "run.created",
        "run.approved",
        "run.started",
        "run.waiting",
        "run.succeeded",
        "run.failed",
        "run.cancelled",
        "step.ready",
        "step.intent",
        "step.dispatched",
        "step.accepted",
        "step.progress",
        "step.log",
        "step.retrying",
        "step.waiting_approval",
        "step.waiting_unlock",
        "step.succeeded",
        "step.failed",
        "step.skipped",
        "step.cancelled",
        "step.unknown",
        "step.undone",
    ] {
        assert!(types.contains(&name), "{name}");
    }
}

#[test]
fn events_of_a_whole_run_keep_their_envelope() {
    let mut world = World::started(
        &plan(&json!([{"id": "a"}, {"id": "b", "edges": ["a"]}])),
        Acts::default(),
    );
    world.run();
    for event in &world.journal {
        let value: Value = serde_json::to_value(event).unwrap();
        let keys: Vec<&str> = value
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(keys[..5], ["podium", "run", "seq", "at", "type"]);
        assert_eq!(keys.last(), Some(&"data"));
    }
}
