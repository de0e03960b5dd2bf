use super::*;

fn texts<'a>(document: &'a str, layout: &'a str) -> Texts<'a> {
    Texts { document, layout }
}

#[test]
fn splices_hold_the_smallest_change_between_whole_characters() {
    let check = |before: &str, after: &str, at: usize, removed: &str, inserted: &str| {
        let splice = Splice::between(before, after);
        assert_eq!(
            (splice.at, &*splice.removed, &*splice.inserted),
            (at, removed, inserted)
        );
        assert_eq!(splice.apply(before).as_deref(), Some(after));
        assert_eq!(splice.inverse().apply(after).as_deref(), Some(before));
        let all = splices_between(before, after);
        assert_eq!(apply_all(before, &all).as_deref(), Some(after));
        assert_eq!(
            apply_all(after, &inverse_of_all(&all)).as_deref(),
            Some(before)
        );
    };
    check("abc", "axc", 1, "b", "x");
    check("", "abc", 0, "", "abc");
    check("abc", "", 0, "abc", "");
    check("aaa", "aa", 2, "a", "");
    check("abab", "ab", 2, "ab", "");
    check("aüb", "aöb", 1, "ü", "ö");
    check("a😀b", "a😁b", 1, "😀", "😁");
    check("\u{1F600}x\u{1F600}", "\u{1F600}", 4, "x\u{1F600}", "");
    check("one\r\ntwo\r\n", "one\r\n2\r\n", 5, "two", "2");
    check("same", "same", 4, "", "");
}

#[test]
fn a_rename_in_many_lines_keeps_only_those_places() {
    let before = ["old", "rest", "rest", "rest"]
        .map(|word| format!("line {word}\n"))
        .concat()
        .repeat(4);
    let after = before.replace("old", "a new name");
    let splices = splices_between(&before, &after);
    assert_eq!(splices.len(), 4);
    assert!(
        splices
            .iter()
            .all(|one| one.removed == "old" && one.inserted == "a new name")
    );
    assert_eq!(apply_all(&before, &splices).as_ref(), Some(&after));
    assert_eq!(apply_all(&after, &inverse_of_all(&splices)), Some(before));
}

#[test]
fn a_thousand_actions_go_back_and_forth_and_survive_a_restart() {
    let mut history = History::default();
    let mut versions = vec![String::new()];
    for n in 0..MOST_ENTRIES {
        let mut next = versions[n].clone();
        let at = (0..=n % (next.len() + 1))
            .rev()
            .find(|at| next.is_char_boundary(*at));
        next.insert_str(at.unwrap(), if n % 3 == 0 { "é" } else { "xy" });
        assert!(history.record(
            format!("action {n}"),
            None,
            texts(&versions[n], "{}"),
            texts(&next, "{}")
        ));
        versions.push(next);
    }
    let saved = serde_json::to_string(&history).unwrap();
    let mut history: History = serde_json::from_str(&saved).unwrap();
    let mut now = versions[MOST_ENTRIES].clone();
    for n in (0..MOST_ENTRIES).rev() {
        let moved = history.undo(texts(&now, "{}")).unwrap().unwrap();
        assert_eq!(
            (moved.label, &moved.document),
            (format!("action {n}"), &versions[n])
        );
        now = moved.document;
    }
    assert_eq!(history.undo(texts(&now, "{}")), Ok(None));
    let saved = serde_json::to_string(&history).unwrap();
    let mut history: History = serde_json::from_str(&saved).unwrap();
    for version in &versions[1..] {
        now = history.redo(texts(&now, "{}")).unwrap().unwrap().document;
        assert_eq!(&now, version);
    }
    assert_eq!(history.redo(texts(&now, "{}")), Ok(None));
}

#[test]
fn typing_is_one_entry_until_the_field_is_left() {
    let mut history = History::default();
    for (before, after) in [("", "n"), ("n", "na"), ("na", "nam")] {
        history.record("Rename", Some("name"), texts(before, ""), texts(after, ""));
    }
    assert_eq!(history.len(), 1);
    history.seal();
    history.record("Rename", Some("name"), texts("nam", ""), texts("name", ""));
    assert_eq!(history.len(), 2);
    history.record(
        "Rename",
        Some("title"),
        texts("name", ""),
        texts("name!", ""),
    );
    assert_eq!(history.len(), 3);
    let moved = history.undo(texts("name!", "")).unwrap().unwrap();
    let moved = history.undo(texts(&moved.document, "")).unwrap().unwrap();
    let moved = history.undo(texts(&moved.document, "")).unwrap().unwrap();
    assert_eq!(moved.document, "");

    // Typed and taken out again by hand: nothing is left to undo.
    let mut history = History::default();
    history.record("Rename", Some("name"), texts("a", ""), texts("ab", ""));
    history.record("Rename", Some("name"), texts("ab", ""), texts("a", ""));
    assert!(history.is_empty());
}

#[test]
fn one_action_changes_document_and_layout_together() {
    let mut history = History::default();
    let (before, after) = (
        texts("steps: {}\n", "{}"),
        texts("steps: {a: 1}\n", "{\"a\":1}"),
    );
    history.record("Add step", None, before, after);
    let moved = history.undo(after).unwrap().unwrap();
    assert_eq!(
        (moved.document.as_str(), moved.layout.as_str()),
        (before.document, before.layout)
    );
    assert_eq!(history.redo_label(), Some("Add step"));
}

#[test]
fn a_new_edit_clears_redo_and_nothing_else_does() {
    let mut history = History::default();
    history.record("One", None, texts("", ""), texts("1", ""));
    history.undo(texts("1", "")).unwrap();
    history.seal();
    assert!(!history.record("Nothing", None, texts("", ""), texts("", "")));
    assert_eq!(history.redo_label(), Some("One"));
    history.record("Two", None, texts("", ""), texts("2", ""));
    assert_eq!(
        (history.redo_label(), history.undo_label()),
        (None, Some("Two"))
    );
}

#[test]
fn a_file_changed_outside_is_noticed_and_nothing_is_lost() {
    let mut history = History::default();
    history.record("One", None, texts("a", "l"), texts("ab", "lm"));
    assert_eq!(history.undo(texts("xyz", "lm")), Err(Changed));
    assert_eq!(history.undo(texts("ab", "other")), Err(Changed));
    assert_eq!(history.len(), 1);
    assert!(history.undo(texts("ab", "lm")).unwrap().is_some());
    assert_eq!(history.redo(texts("", "")), Err(Changed));
    assert_eq!(history.redo_label(), Some("One"));
    // Places that are no places of this text must not end the program.
    let odd = Splice {
        at: 1,
        removed: String::new(),
        inserted: "x".into(),
    };
    assert_eq!(odd.apply("ü"), None);
    assert_eq!(apply_all("ü", &[odd.clone(), odd]), None);
}

#[test]
fn the_oldest_go_first() {
    let mut history = History::default();
    for n in 0..MOST_ENTRIES + 5 {
        history.record(
            format!("{n}"),
            None,
            texts(&"x".repeat(n), ""),
            texts(&"x".repeat(n + 1), ""),
        );
    }
    assert_eq!(history.len(), MOST_ENTRIES);
    let mut history = History::default();
    let large = "x".repeat(MOST_BYTES / 3);
    for n in 0..5 {
        history.record(format!("{n}"), None, texts("", ""), texts(&large, ""));
    }
    assert_eq!((history.len(), history.undo_label()), (3, Some("4")));
}
