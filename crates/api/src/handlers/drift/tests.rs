use podium_connector::Mode;
use serde_json::json;

use super::*;

fn row(state: DriftState) -> DriftRow {
    DriftRow {
        step: "network".parse().unwrap(),
        title: String::from("Netz für Ärzte"),
        uses: "terraform/apply".parse().unwrap(),
        mode: Mode::Simulated,
        since: 1,
        state,
        because: None,
        things: Vec::new(),
        more: 0,
        error: None,
    }
}

fn view(rows: Vec<DriftRow>, ended: Option<i64>) -> DriftView {
    DriftView {
        run: "run_0000000000000000000000000a".parse().unwrap(),
        title: String::from("A shop"),
        environment: String::from("play"),
        since: 1,
        began: 2,
        ended,
        stopped: false,
        sentence: String::new(),
        newer: None,
        rows,
    }
}

fn item(expected: Value, actual: Value) -> DriftItem {
    DriftItem {
        kind: String::from("AWS::SNS::Topic"),
        name: String::from("Topic"),
        expected,
        actual,
    }
}

#[test]
fn a_difference_is_told_field_by_field() {
    let changed = thing(
        item(
            json!({"a": {"b": 1}, "same": 2}),
            json!({"a": {"b": "ä"}, "same": 2}),
        ),
        Some(3),
    );
    assert_eq!(changed.how, DriftHow::Changed);
    assert_eq!(changed.element, Some(3));
    assert_eq!(changed.fields.len(), 1);
    assert_eq!(changed.fields[0].what, "a.b");
    assert_eq!(changed.fields[0].after, Some(json!("ä")));
    assert_eq!(
        thing(item(json!({"a": 1}), Value::Null), None).how,
        DriftHow::Gone
    );
    assert_eq!(
        thing(item(Value::Null, json!("x")), None).how,
        DriftHow::Added
    );
}

#[test]
fn one_failing_element_does_not_hide_what_another_one_found() {
    let mut found = row(DriftState::Asking);
    hear(
        &mut found,
        Some(0),
        Err(Error::new(
            ErrorKind::Unreachable,
            Code::new("POD0400"),
            "No answer.",
        )),
    );
    hear(
        &mut found,
        Some(1),
        Ok(Drift {
            items: vec![item(json!(1), json!(2))],
        }),
    );
    settle(&mut found);
    assert_eq!(found.state, DriftState::Changed);
    assert_eq!(found.error.unwrap().code, Code::new("POD0400"));
}

#[test]
fn an_answer_that_is_not_there_is_said_as_what_it_is() {
    let states = [
        (ErrorKind::Cancelled, DriftState::Stopped),
        (ErrorKind::Unsupported, DriftState::CannotKnow),
        (ErrorKind::Forbidden, DriftState::Failed),
    ];
    for (kind, state) in states {
        let mut found = row(DriftState::Asking);
        hear(
            &mut found,
            None,
            Err(Error::new(kind, Code::new("POD0400"), "No.")),
        );
        settle(&mut found);
        assert_eq!(found.state, state);
    }
}

#[test]
fn thousands_of_differences_are_counted_and_the_first_are_told() {
    let mut found = row(DriftState::Asking);
    let items = (0..5_000).map(|n| item(json!(n), Value::Null)).collect();
    hear(&mut found, None, Ok(Drift { items }));
    settle(&mut found);
    assert_eq!(found.things.len(), THINGS);
    assert_eq!(found.more, 4_800);
    assert_eq!(
        sentence(&view(vec![found], Some(3))),
        "5000 things are no longer as this run left them."
    );
}

#[test]
fn the_sentence_says_what_was_found_and_what_was_not() {
    use DriftState::{Asking, CannotKnow, Failed, Same, Stopped};
    let said = |states: &[DriftState], ended: Option<i64>| {
        sentence(&view(
            states.iter().map(|state| row(*state)).collect(),
            ended,
        ))
    };
    assert_eq!(
        said(&[Asking, Asking], None),
        "Asking 2 steps; none has answered."
    );
    assert_eq!(
        said(&[Asking, Same], None),
        "Asking 2 steps; one has answered."
    );
    assert_eq!(
        said(&[Same, Same], Some(1)),
        "Everything is as this run left it."
    );
    assert_eq!(
        said(&[Same, CannotKnow], Some(1)),
        "What one step left is as it was. Of one step it cannot be known."
    );
    assert_eq!(
        said(&[Failed, CannotKnow], Some(1)),
        "Nothing was found out. Of one step it cannot be known. One step could not be asked."
    );
    assert_eq!(
        said(&[], Some(1)),
        "This run left nothing that could have changed."
    );
    let mut stopped = view(vec![row(Same), row(Stopped)], Some(1));
    stopped.stopped = true;
    assert_eq!(
        sentence(&stopped),
        "What one step left is as it was. The look was stopped."
    );
}
