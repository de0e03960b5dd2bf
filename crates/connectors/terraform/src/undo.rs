//! How a step is taken back: decided from its preview, kept in a record, carried out later.

use std::collections::BTreeMap;

use podium_connector::{Action, Change, Undo, UndoClass};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::footprint::Applied;
use crate::state::State;

/// What is done to take a step back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub(crate) enum Way {
    /// Nothing changed.
    Nothing,
    /// What this step made is destroyed: what is in the state and was not before.
    Destroy,
    /// The inputs of the former apply are applied again.
    Restore {
        /// Its variables.
        variables: BTreeMap<String, Value>,
        /// Its targets.
        targets: Vec<String>,
    },
    /// A person has to look.
    Person,
}

/// The undo record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(flatten)]
    pub(crate) way: Way,
    /// The state before the first effect, without values.
    pub(crate) before: State,
    /// What was planned: address → action.
    pub(crate) planned: BTreeMap<String, Action>,
    /// Whether a copy of the state lies in the step's folder.
    pub(crate) state_copy: bool,
}

/// Decides for an apply. `last` is the former apply by Podium, where the state is still as that left
/// it and the files are the same.
pub(crate) fn of_apply(
    changes: &[Change],
    imported: &[String],
    before: &State,
    last: Option<&Applied>,
) -> (Undo, Way) {
    let changes: Vec<&Change> = changes
        .iter()
        .filter(|c| c.action != Action::Read)
        .collect();
    let undo = |class, because: Option<String>| Undo { class, because };
    if !imported.is_empty() {
        return (
            undo(
                UndoClass::Manual,
                Some(format!(
                    "{} existed before and only comes under Terraform's care; `terraform state rm` takes it out again.",
                    names(imported.iter().map(String::as_str))
                )),
            ),
            Way::Person,
        );
    }
    if changes.is_empty() {
        return (
            undo(UndoClass::Automatic, Some("Nothing changes.".to_owned())),
            Way::Nothing,
        );
    }
    if before.addresses.is_empty() || changes.iter().all(|c| c.action == Action::Create) {
        return (undo(UndoClass::Delete, None), Way::Destroy);
    }
    let losing: Vec<&str> = changes
        .iter()
        .filter(|c| c.stateful && matches!(c.action, Action::Delete | Action::Replace))
        .map(|c| c.name.as_str())
        .collect();
    if !losing.is_empty() {
        return (
            undo(
                UndoClass::Impossible,
                Some(format!(
                    "{} holds data that is lost with it.",
                    names(losing)
                )),
            ),
            Way::Person,
        );
    }
    if let Some(last) = last {
        let because = if last.secrets.is_empty() {
            "The inputs of the former apply are put back.".to_owned()
        } else {
            format!(
                "The inputs of the former apply are put back; secrets ({}) stay as they are now.",
                names(last.secrets.iter().map(String::as_str))
            )
        };
        return (
            undo(UndoClass::Restore, Some(because)),
            Way::Restore {
                variables: last.variables.clone(),
                targets: last.targets.clone(),
            },
        );
    }
    let gone: Vec<&str> = changes
        .iter()
        .filter(|c| c.action == Action::Delete)
        .map(|c| c.name.as_str())
        .collect();
    if gone.is_empty() {
        (
            undo(
                UndoClass::Manual,
                Some("Terraform keeps no former configuration, and the last apply with these files was not made here. Put the former inputs or files back and apply again.".to_owned()),
            ),
            Way::Person,
        )
    } else {
        (
            undo(
                UndoClass::Impossible,
                Some(format!(
                    "{} will be gone, and Terraform keeps no former configuration.",
                    names(gone)
                )),
            ),
            Way::Person,
        )
    }
}

/// Decides for a destroy.
pub(crate) fn of_destroy(changes: &[Change]) -> Undo {
    if changes.iter().all(|c| c.action == Action::Read) {
        return Undo {
            class: UndoClass::Automatic,
            because: Some("Nothing is left to destroy.".to_owned()),
        };
    }
    Undo {
        class: UndoClass::Impossible,
        because: Some(
            "What is destroyed is gone with what it holds; applying again makes new things."
                .to_owned(),
        ),
    }
}

/// Where nobody can know yet what will change.
pub(crate) fn of_unknown(before: Option<&State>) -> Undo {
    match before {
        Some(state) if state.addresses.is_empty() => Undo {
            class: UndoClass::Delete,
            because: Some("Nothing is there yet; what it makes is deleted.".to_owned()),
        },
        _ => Undo {
            class: UndoClass::Manual,
            because: Some(
                "How it is taken back is known when its inputs are; it is shown again then."
                    .to_owned(),
            ),
        },
    }
}

/// `a`, `b` and 3 more.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(4);
    let shown: Vec<String> = names
        .iter()
        .take(4)
        .map(|name| format!("`{name}`"))
        .collect();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(action: Action, name: &str, stateful: bool) -> Change {
        Change {
            action,
            kind: "t".into(),
            name: name.into(),
            before: Value::Null,
            after: Value::Null,
            stateful,
            confidence: None,
            because: None,
        }
    }

    fn class(changes: &[Change], before: &[&str], last: Option<&Applied>) -> UndoClass {
        let before = State {
            addresses: before.iter().map(|&a| a.to_owned()).collect(),
            ..State::default()
        };
        of_apply(changes, &[], &before, last).0.class
    }

    #[test]
    fn the_class_follows_from_what_changes() {
        let last = Applied {
            lineage: None,
            serial: 1,
            variables: BTreeMap::new(),
            targets: Vec::new(),
            secrets: Vec::new(),
            files: String::new(),
        };
        let create = change(Action::Create, "t.a", false);
        let update = change(Action::Update, "t.b", false);
        let delete = change(Action::Delete, "t.c", false);
        let lose = change(Action::Replace, "t.d", true);
        assert_eq!(class(&[], &["t.b"], None), UndoClass::Automatic);
        assert_eq!(
            class(std::slice::from_ref(&create), &[], None),
            UndoClass::Delete
        );
        assert_eq!(
            class(std::slice::from_ref(&create), &["t.b"], None),
            UndoClass::Delete
        );
        assert_eq!(
            class(&[create.clone(), update.clone()], &["t.b"], None),
            UndoClass::Manual
        );
        assert_eq!(
            class(&[create, update], &["t.b"], Some(&last)),
            UndoClass::Restore
        );
        assert_eq!(
            class(std::slice::from_ref(&delete), &["t.c"], None),
            UndoClass::Impossible
        );
        assert_eq!(class(&[delete], &["t.c"], Some(&last)), UndoClass::Restore);
        assert_eq!(class(&[lose], &["t.d"], Some(&last)), UndoClass::Impossible);
    }

    #[test]
    fn long_lists_of_names_are_cut() {
        assert_eq!(
            names(["e", "d", "c", "b", "a"]),
            "`a`, `b`, `c`, `d` and 1 more"
        );
    }
}
