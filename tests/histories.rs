//! Every recorded history replays to the same decisions, for ever. A changed decision is a new version,
//! not an edit of a history.

use std::path::Path;

use podium_engine::{Event, replay};

#[test]
fn every_recorded_history_is_decided_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let history: Vec<Event> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        if let Err(mismatch) = replay(&history) {
            panic!("{}: {mismatch}", path.display());
        }
        seen += 1;
    }
    assert!(seen >= 9, "{seen} histories");
}

#[test]
fn every_recorded_history_fits_the_published_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = std::fs::read_to_string(root.join("../docs/schemas/event.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let checker = jsonschema::validator_for(&schema).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(root.join("histories")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines() {
            // As it stands there, and as it is written today.
            let event: Event = serde_json::from_str(line).unwrap();
            for value in [
                serde_json::from_str(line).unwrap(),
                serde_json::to_value(&event).unwrap(),
            ] {
                let wrong: Vec<String> = checker
                    .iter_errors(&value)
                    .map(|error| format!("{}: {error}", error.instance_path().as_str()))
                    .collect();
                assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
            }
            kinds.insert(event.body.name());
        }
    }
    for kind in [
        "run.cancelled",
        "run.waiting",
        "step.retrying",
        "step.unknown",
        "step.undone",
    ] {
        assert!(
            kinds.contains(kind),
            "no {kind} in the histories: {kinds:?}"
        );
    }
}
