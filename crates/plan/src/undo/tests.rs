use podium_model::parse::{parse_environment, parse_workflow};

use super::*;
use crate::{Binding, Library, Manifests, compile};

/// A plan of steps that all use the one operation of a bare connector.
fn plan(steps: &str) -> Plan {
    let manifest = json!({
        "id": "any", "label": "Any", "summary": "", "mark": "An", "hue": 0, "credentials": [],
        "operations": [{
            "name": "any/do", "title": "", "summary": "", "input": {"type": "object"},
            "output": {"type": "object"}, "capability": {}, "writes": true, "delivery": {"claim": "idempotent"},
        }],
    });
    let manifests = Manifests::new(vec![serde_json::from_value(manifest).unwrap()]);
    let text = format!("podium: 1\ninputs: {{ branch: {{ default: west }} }}\nsteps:\n{steps}");
    let parsed = parse_workflow("w.yaml", text.as_bytes());
    let environment = parse_environment("e.yaml", b"vars: { v: 1 }")
        .value
        .unwrap();
    let name = "play".parse().unwrap();
    let binding = Binding {
        name: &name,
        environment: &environment,
    };
    let compiled = compile(
        "w",
        &parsed,
        &binding,
        &Map::new(),
        &Library::default(),
        &manifests,
    );
    compiled
        .plan
        .unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

fn done(id: &str, order: u64, class: UndoClass) -> DoneStep {
    DoneStep {
        id: id.parse().unwrap(),
        item: None,
        inputs: Map::from_iter([("was".to_owned(), json!(id))]),
        record: UndoRecord {
            undo: Undo {
                class,
                because: Some("It is so.".into()),
            },
            record: json!({"of": id}),
        },
        order,
        outputs: json!({"url": format!("http://{id}")}),
        status: "succeeded".into(),
    }
}

/// `id < those it waits for` of each step of the undo plan.
fn shape(plan: &Plan) -> Vec<String> {
    plan.steps()
        .iter()
        .map(|step| {
            let before: Vec<&str> = step.edges.iter().map(|edge| edge.from.as_str()).collect();
            let off = if step.off { " off" } else { "" };
            format!("{}{off} < {}", step.id, before.join(" "))
        })
        .collect()
}

fn run() -> RunId {
    "run_1".parse().unwrap()
}

#[test]
fn a_step_is_undone_after_those_that_depended_on_it() {
    let plan = plan(
        "  a: { uses: any/do }\n  b: { uses: any/do, needs: [a] }\n  c: { uses: any/do, needs: [a] }\n  d: { uses: any/do, needs: [b, c] }\n",
    );
    let all = ["a", "b", "c", "d"];
    let all: Vec<DoneStep> = all
        .iter()
        .zip(1..)
        .map(|(id, order)| done(id, order, UndoClass::Delete))
        .collect();
    let undo = Plan::undo_of(&run(), &plan, &all, &[]);
    assert_eq!(shape(&undo), ["d < ", "c < d", "b < d", "a < b c"]);
    assert_eq!(undo.undoes(), Some(&run()));
    let a = undo.step(&"a".parse().unwrap()).unwrap();
    assert_eq!(a.with["was"], "a");
    assert!(
        matches!(&a.work, Work::Undo { of, record } if of.as_str() == "a" && record.record == json!({"of": "a"}))
    );

    // Of a chain whose middle never ran the ends still keep their order.
    let undo = Plan::undo_of(&run(), &plan, &[all[0].clone(), all[3].clone()], &[]);
    assert_eq!(shape(&undo), ["d < ", "a < d"]);
    assert_eq!(
        shape(&Plan::undo_of(&run(), &plan, &[], &[])),
        Vec::<String>::new()
    );
}

#[test]
fn what_cannot_be_undone_stays_as_a_line() {
    let plan = plan("  a: { uses: any/do }\n  b: { uses: any/do, needs: [a] }\n");
    let undo = Plan::undo_of(
        &run(),
        &plan,
        &[
            done("a", 1, UndoClass::Delete),
            done("b", 2, UndoClass::Impossible),
        ],
        &[],
    );
    assert_eq!(shape(&undo), ["b off < ", "a < b"]);
    assert_eq!(undo.steps()[0].cannot_undo(), Some("It is so."));
    assert_eq!(undo.steps()[1].cannot_undo(), None);
}

#[test]
fn an_override_runs_with_what_the_run_knew() {
    let plan = plan(concat!(
        "  a: { uses: any/do }\n",
        "  b:\n    uses: any/do\n    needs: [a]\n    undo:\n",
        "      - { uses: any/do, with: { b: \"${{ inputs.branch }}\", u: \"${{ steps.a.outputs.url }}\", own: \"${{ steps.b.outputs.url }}\" } }\n",
        "      - { uses: any/do, with: { run: \"${{ run.id }}\", v: \"${{ environment.vars.v }}\" } }\n",
    ));
    let steps = [
        done("a", 1, UndoClass::Delete),
        done("b", 2, UndoClass::Manual),
    ];
    let undo = Plan::undo_of(&run(), &plan, &steps, &[]);
    assert_eq!(
        shape(&undo),
        ["b_undo < ", "b_undo_2 < b_undo", "a < b_undo_2"]
    );
    assert_eq!(
        Value::from(undo.steps()[0].with.clone()),
        json!({"b": "west", "u": "http://a", "own": "http://b"})
    );
    assert_eq!(
        Value::from(undo.steps()[1].with.clone()),
        json!({"run": "run_1", "v": 1})
    );
    assert_eq!(undo.steps()[0].work, Work::Do);

    // A step that broke before it gave outputs leaves its override without what it needs.
    let mut broken = steps.clone();
    broken[1].outputs = json!({});
    let undo = Plan::undo_of(&run(), &plan, &broken, &[]);
    assert_eq!(
        shape(&undo),
        ["b_undo off < ", "b_undo_2 < b_undo", "a < b_undo_2"]
    );
    let because = undo.steps()[0].cannot_undo().unwrap();
    assert!(because.contains("steps.b.outputs.url"), "{because}");
}

#[test]
fn elements_are_undone_one_by_one_under_names_of_their_own() {
    let plan =
        plan("  a: { uses: any/do, for_each: [7, 8] }\n  a_1: { uses: any/do, needs: [a] }\n");
    let element = |at: usize| DoneStep {
        item: Some((at, json!(at + 7))),
        ..done("a", 1, UndoClass::Delete)
    };
    let undo = Plan::undo_of(
        &run(),
        &plan,
        &[element(0), element(1), done("a_1", 5, UndoClass::Delete)],
        &[],
    );
    assert_eq!(shape(&undo), ["a_1 < ", "a_1_2 < a_1", "a_0 < a_1"]);
}
