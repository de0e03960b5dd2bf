//! Inputs that depend on others: when they are asked for, and what they are where they are not.

use super::*;

/// A workflow that asks for more the more it hears.
const ASKS: &str = concat!(
    "podium: 1\ninputs:\n",
    "  size: { type: string, enum: [small, large] }\n",
    "  servers: { type: integer, minimum: 2, when: \"inputs.size == 'large'\" }\n",
    "  spare: { type: string, when: \"inputs.servers > 4\" }\n",
    "  zone: { type: string, default: west, when: \"inputs.size == 'large'\" }\n",
    "steps:\n  a: { uses: ask/person }\n",
);

fn asked(inputs: &Value) -> (Vec<String>, Vec<String>) {
    let parsed = parse_workflow("w.yaml", ASKS.as_bytes());
    let found = ask(&parsed, inputs.as_object().unwrap());
    let problems = found.problems.iter().map(|problem| {
        let field = problem.address.field.as_deref().unwrap();
        format!("{} {field}", problem.code)
    });
    (found.hidden, problems.collect())
}

#[test]
fn an_input_is_asked_for_when_its_condition_holds() {
    let all = ["servers", "spare", "zone"];
    for (inputs, hidden, problems) in [
        // One thing after the other: what depends on an open question is not asked yet.
        (json!({}), &all[..], &["POD0128 /inputs/size"][..]),
        (json!({"size": "small"}), &all, &[]),
        // What was typed before it was hidden is kept, and no problem.
        (
            json!({"size": "small", "servers": 1, "zone": "east"}),
            &all,
            &[],
        ),
        (
            json!({"size": "large"}),
            &["spare"],
            &["POD0128 /inputs/servers"],
        ),
        (json!({"size": "large", "servers": 3}), &["spare"], &[]),
        (
            json!({"size": "large", "servers": 5}),
            &[],
            &["POD0128 /inputs/spare"],
        ),
        (
            json!({"size": "large", "servers": 1}),
            &["spare"],
            &["POD0129 /inputs/servers"],
        ),
        // A wrong value is told, not the condition that reads it.
        (
            json!({"size": "large", "servers": "many"}),
            &["spare"],
            &["POD0129 /inputs/servers"],
        ),
    ] {
        let (found, told) = asked(&inputs);
        assert_eq!(
            (found.as_slice(), told.as_slice()),
            (
                &hidden.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                &problems.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
            ),
            "{inputs}"
        );
    }
}

#[test]
fn an_input_that_is_not_asked_for_has_its_default() {
    let compiled = |inputs: &Value| compiled_whole(ASKS, ENVIRONMENT, inputs);
    let found = compiled(&json!({"size": "small"}));
    let given = json!({"size": "small", "servers": null, "spare": null, "zone": "west"});
    assert_eq!(told(&found), [""; 0]);
    let plan = found.plan.unwrap();
    assert_eq!(&Value::Object(plan.inputs().clone()), &given);
    // The inputs of a run can be given to the next one.
    assert!(compiled(&given).plan.is_some());
    // What would be ignored is refused, and named.
    let found = compiled(&json!({"size": "small", "zone": "east"}));
    assert_eq!(
        told(&found),
        ["POD0133 6:3 Leave `zone` out, or change the inputs it depends on."]
    );
    assert_eq!(
        found.diagnostics[0].detail,
        "`zone` is asked for only when `inputs.size == 'large'`."
    );
}

#[test]
fn conditions_of_inputs_are_checked() {
    for (inputs, expected) in [
        (
            "  branch: { type: string }\n  b: { type: string, when: \"inputs.brnch == 'x'\" }\n",
            &["POD0108 4:29 Did you mean `inputs.branch`?"][..],
        ),
        (
            "  b: { type: string, when: \"environment.name == 'x'\" }\n",
            &["POD0108 3:29 Write for example `inputs.size == 'large'`."],
        ),
        (
            "  a: { type: string }\n  b: { type: string, when: inputs.a }\n",
            &["POD0117 4:28 Write for example `inputs.a != ''`."],
        ),
        (
            "  b: { type: string, when: [1] }\n",
            &["POD0117 3:28 Write for example `when: inputs.size == 'large'`."],
        ),
        ("  b: { type: string, when: 'inputs.a ==' }\n", &["POD0107"]),
        (
            "  z: { type: string, when: \"inputs.b == 'x'\" }\n  b: { type: string, when: \"inputs.c == 'x'\" }\n  c: { type: string, when: \"inputs.b == 'x'\" }\n  d: { type: string, when: \"inputs.d == 'x'\" }\n",
            &[
                "POD0132 4:28 Remove one of these conditions: some input must be asked for by itself.",
                "POD0132 6:28 Remove one of these conditions: some input must be asked for by itself.",
            ],
        ),
    ] {
        let text = format!("podium: 1\ninputs:\n{inputs}steps:\n  a: {{ uses: ask/person }}\n");
        let parsed = parse_workflow("w.yaml", text.as_bytes());
        let found = crate::check("w", &parsed, &Library::default(), &manifests());
        let told = told(&found);
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{told} is not {expected}");
        }
    }
}

#[test]
fn a_called_workflow_asks_by_the_same_rules() {
    let document = parse_workflow("w.yaml", ASKS.as_bytes()).value.unwrap();
    let call = crate::Call {
        workflow: "w".into(),
        title: "W".into(),
        version: String::new(),
        inputs: crate::library::input_of(&document),
        outputs: Map::new(),
    };
    // What is asked for by a condition is not needed in every call.
    assert_eq!(call.inputs["required"], json!(["size"]));
    let inputs = |given: Value, later: &'static str| {
        call.inputs(&given, &|name| name == later)
            .map(Value::Object)
    };
    assert_eq!(
        inputs(json!({"size": "small"}), ""),
        Ok(json!({"size": "small", "servers": null, "spare": null, "zone": "west"}))
    );
    assert_eq!(
        inputs(json!({"size": "large"}), ""),
        Err("`servers` has no value.".to_owned())
    );
    assert_eq!(
        inputs(json!({"size": "small", "zone": "east"}), ""),
        Err("`zone` is given, and not asked for with these inputs.".to_owned())
    );
    // Behind a value that is known later, everything is known later.
    assert_eq!(inputs(json!({"servers": 3}), "size"), Ok(json!({})));
    assert_eq!(
        call.conditions(),
        [("servers", "size"), ("spare", "servers"), ("zone", "size")]
            .map(|(name, reads)| (name.to_owned(), vec![reads.to_owned()]))
    );
}
