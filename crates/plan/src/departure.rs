//! Whether what a step would do now is covered by what was approved.

use std::collections::HashSet;
use std::fmt::Write as _;

use podium_connector::{Action, Change, Confidence, StepPreview};

use crate::preview::PreviewStep;

/// Stands in a name for a part that is known only later.
const KNOWN_LATER: &str = "(known later)";

/// Why the result of asking a step again differs from what was approved, as a sentence for people; `None`
/// where the approval covers it.
///
/// Whatever is deleted or replaced must have been approved by its kind and name. Where the approved preview
/// was exact or predicted, so must everything else but reading; where it was unknown, creating, changing
/// and running are what the approval was for. Fewer changes than approved never depart.
/// The reasons are in `docs/decisions/what-an-approval-covers.md`.
pub fn departure(approved: &PreviewStep, now: &StepPreview) -> Option<String> {
    let known: HashSet<(Action, &str, &str)> = approved
        .changes
        .iter()
        .map(|change| (change.action, change.kind.as_str(), change.name.as_str()))
        .collect();
    let open = approved.confidence == Confidence::Unknown;
    let new: Vec<&Change> = now
        .changes
        .iter()
        .filter(|change| match change.action {
            Action::Read => false,
            Action::Delete | Action::Replace => true,
            Action::Create | Action::Update | Action::Run => !open,
        })
        .filter(|change| !known.contains(&(change.action, &change.kind, &change.name)))
        .filter(|change| !is_foreseen(approved, change))
        .collect();
    let (worst, rest) = new
        .iter()
        .min_by_key(|change| severity(change.action))
        .map(|worst| (*worst, new.len() - 1))?;
    let mut words = if approved.skipped {
        String::from("It was to be skipped, and would now ")
    } else {
        String::from("It would now ")
    };
    words.push_str(verb(worst.action));
    let _ = write!(words, " {} `{}`", worst.kind, worst.name);
    match rest {
        0 => {}
        1 => words.push_str(" and do one more thing"),
        more => {
            let _ = write!(words, " and do {more} more things");
        }
    }
    let was = approved
        .changes
        .iter()
        .find(|change| change.kind == worst.kind && change.name == worst.name);
    match was {
        Some(was) if rest == 0 => {
            let _ = write!(words, "; it was approved to {} it.", verb(was.action));
        }
        _ if rest == 0 => words.push_str(", which was not approved."),
        _ => words.push_str(", which were not approved."),
    }
    Some(words)
}

/// An approved line whose name was to be known later.
fn is_foreseen(approved: &PreviewStep, change: &Change) -> bool {
    if matches!(change.action, Action::Delete | Action::Replace) {
        return false;
    }
    approved.changes.iter().any(|line| {
        line.action == change.action
            && line.kind == change.kind
            && line
                .name
                .split_once(KNOWN_LATER)
                .is_some_and(|(before, after)| {
                    change.name.len() >= before.len() + after.len()
                        && change.name.starts_with(before)
                        && change.name.ends_with(after)
                })
    })
}

fn severity(action: Action) -> u8 {
    match action {
        Action::Delete => 0,
        Action::Replace => 1,
        Action::Update => 2,
        Action::Create => 3,
        Action::Run => 4,
        Action::Read => 5,
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Delete => "delete",
        Action::Replace => "replace",
        Action::Update => "change",
        Action::Create => "create",
        Action::Run => "run",
        Action::Read => "read",
    }
}

#[cfg(test)]
mod tests {
    use podium_connector::{Mode, Undo, UndoClass};
    use serde_json::Value;

    use super::*;

    fn lines(lines: &[(Action, &str)]) -> Vec<Change> {
        lines
            .iter()
            .map(|(action, name)| Change {
                action: *action,
                kind: "bucket".into(),
                name: (*name).into(),
                before: Value::Null,
                after: Value::Null,
                stateful: false,
                confidence: None,
                because: None,
            })
            .collect()
    }

    fn check(
        confidence: Confidence,
        approved: &[(Action, &str)],
        now: &[(Action, &str)],
        expected: Option<&str>,
    ) {
        let undo = Undo {
            class: UndoClass::Automatic,
            because: None,
        };
        let approved = PreviewStep {
            id: "a".parse().unwrap(),
            title: "A".into(),
            uses: "a/b".parse().unwrap(),
            calls: None,
            within: None,
            mode: Mode::Real,
            mode_open: false,
            confidence,
            because: None,
            waits_for: Vec::new(),
            changes: lines(approved),
            undo: undo.clone(),
            notes: Vec::new(),
            skipped: false,
            problem: None,
        };
        let mut answer = StepPreview::unknown("", undo);
        answer.confidence = Confidence::Exact;
        answer.changes = lines(now);
        assert_eq!(departure(&approved, &answer).as_deref(), expected);
    }

    #[test]
    fn what_was_approved_and_less_is_covered() {
        use Action::{Create, Delete, Read, Update};
        let approved = [(Create, "a"), (Delete, "b"), (Update, "c")];
        check(Confidence::Exact, &approved, &approved, None);
        check(Confidence::Exact, &approved, &[(Update, "c")], None);
        check(Confidence::Exact, &approved, &[], None);
        check(Confidence::Predicted, &[], &[(Read, "x")], None);
    }

    #[test]
    fn what_was_known_may_not_grow() {
        use Action::{Create, Delete, Run, Update};
        check(
            Confidence::Exact,
            &[(Create, "a")],
            &[(Create, "a"), (Create, "b")],
            Some("It would now create bucket `b`, which was not approved."),
        );
        check(
            Confidence::Predicted,
            &[(Update, "a")],
            &[(Delete, "a"), (Create, "b"), (Run, "c")],
            Some("It would now delete bucket `a` and do 2 more things, which were not approved."),
        );
        check(
            Confidence::Predicted,
            &[(Update, "a")],
            &[(Action::Replace, "a")],
            Some("It would now replace bucket `a`; it was approved to change it."),
        );
    }

    #[test]
    fn what_nobody_could_know_may_create_and_never_destroy() {
        use Action::{Create, Delete, Replace, Run, Update};
        let unknown = Confidence::Unknown;
        check(
            unknown,
            &[],
            &[(Create, "a"), (Update, "b"), (Run, "c")],
            None,
        );
        check(
            unknown,
            &[],
            &[(Create, "a"), (Delete, "b")],
            Some("It would now delete bucket `b`, which was not approved."),
        );
        check(unknown, &[(Replace, "b")], &[(Replace, "b")], None);
    }

    #[test]
    fn a_name_that_was_to_be_known_later_may_be_known_now() {
        use Action::{Create, Delete};
        let approved = [(Create, "shop-(known later)-x")];
        check(
            Confidence::Predicted,
            &approved,
            &[(Create, "shop-west-x")],
            None,
        );
        check(
            Confidence::Predicted,
            &approved,
            &[(Create, "bank-west-x")],
            Some("It would now create bucket `bank-west-x`, which was not approved."),
        );
        check(
            Confidence::Predicted,
            &[(Delete, "(known later)")],
            &[(Delete, "everything")],
            Some("It would now delete bucket `everything`, which was not approved."),
        );
    }
}
