//! The preview of a step that runs once for each element of a list: one answer for all of them.

use podium_connector::{Confidence, StepPreview, UndoClass};

/// Elements that are asked one by one; what is beyond is said in words.
pub(super) const ASKED: usize = 50;
/// Remarks that are kept of all elements.
const REMARKS: usize = 10;

/// Puts the answers of the first elements together; `of` is how many elements there are.
///
/// The whole is as sure as its least sure part, and cannot be known where not every element was asked, so
/// that an approval of it covers the others as well.
pub(super) fn together(answers: Vec<StepPreview>, of: usize) -> Option<StepPreview> {
    let asked = answers.len();
    let mut answers = answers.into_iter();
    let mut whole = answers.next()?;
    for answer in answers {
        if answer.confidence > whole.confidence {
            whole.confidence = answer.confidence;
            whole.because = answer.because;
        }
        if severity(answer.undo.class) > severity(whole.undo.class) {
            whole.undo = answer.undo;
        }
        for change in answer.changes {
            if !whole.changes.contains(&change) {
                whole.changes.push(change);
            }
        }
        for note in answer.notes {
            if !whole.notes.contains(&note) && whole.notes.len() < REMARKS {
                whole.notes.push(note);
            }
        }
    }
    // The step gives a list of what each element gives; that is known when it has run.
    whole.outputs.clear();
    if asked < of {
        whole.confidence = Confidence::Unknown;
        whole.because = Some(format!(
            "It runs for {of} elements, and the first {asked} of them are shown."
        ));
    }
    Some(whole)
}

/// How much an undo leaves to people.
fn severity(class: UndoClass) -> u8 {
    match class {
        UndoClass::Automatic => 0,
        UndoClass::Restore | UndoClass::Delete => 1,
        UndoClass::Manual => 2,
        UndoClass::Impossible => 3,
    }
}

#[cfg(test)]
mod tests {
    use podium_connector::{Action, Change, Undo};
    use serde_json::{Map, Value};

    use super::*;

    fn answer(name: &str, confidence: Confidence, class: UndoClass) -> StepPreview {
        StepPreview {
            confidence,
            because: (confidence != Confidence::Exact).then(|| name.to_owned()),
            changes: vec![Change {
                action: Action::Create,
                kind: "file".into(),
                name: name.into(),
                before: Value::Null,
                after: Value::Null,
                stateful: false,
                confidence: None,
                because: None,
            }],
            undo: Undo {
                class,
                because: None,
            },
            outputs: Map::new(),
            notes: vec![String::from("The same for all.")],
        }
    }

    #[test]
    fn the_whole_is_as_sure_as_its_least_sure_part() {
        let answers = vec![
            answer("a", Confidence::Exact, UndoClass::Delete),
            answer("b", Confidence::Predicted, UndoClass::Manual),
            answer("b", Confidence::Exact, UndoClass::Delete),
        ];
        let whole = together(answers, 3).unwrap();
        assert_eq!(whole.confidence, Confidence::Predicted);
        assert_eq!(whole.because.as_deref(), Some("b"));
        assert_eq!(whole.undo.class, UndoClass::Manual);
        assert_eq!(whole.notes.len(), 1);
        assert_eq!(whole.changes.len(), 2);
    }

    #[test]
    fn elements_that_were_not_asked_are_not_known() {
        let whole = together(
            vec![answer("a", Confidence::Exact, UndoClass::Delete)],
            1_000,
        );
        let whole = whole.unwrap();
        assert_eq!(whole.confidence, Confidence::Unknown);
        assert!(whole.because.unwrap().contains("1000 elements"));
        assert_eq!(together(Vec::new(), 0), None);
    }
}
