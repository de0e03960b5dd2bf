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
