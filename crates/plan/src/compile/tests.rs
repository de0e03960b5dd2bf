use podium_connector::{Capability, CredentialKind, CredentialPort, Delivery, Manifest};
use podium_diagnostics::Severity;
use podium_model::parse::{parse_environment, parse_workflow};

use super::*;

mod calls;
mod questions;

fn port(name: &str, kind: &str, required: bool) -> CredentialPort {
    CredentialPort {
        name: name.into(),
        kind: kind.into(),
        required,
        title: "For tests".into(),
    }
}

fn operation(name: &str, input: Value, output: Value, ports: Vec<CredentialPort>) -> Operation {
    Operation {
        name: name.parse().unwrap(),
        title: "For tests".into(),
        summary: "Does nothing.".into(),
        input,
        output,
        credentials: ports,
        capability: Capability::all(),
        writes: name.starts_with("cloud/"),
        delivery: Delivery::Idempotent,
        permissions: Vec::new(),
    }
}

fn manifests() -> Manifests {
    let build = operation(
        "cloud/build",
        json!({
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {
                "name": { "type": "string", "pattern": "^[a-z]+$", "description": "What it is called." },
                "count": { "type": "integer", "minimum": 1, "default": 2 },
                "hosts": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
                "tags": { "type": "object", "additionalProperties": { "type": "string" } },
                "fast": { "type": "boolean" },
                "size": { "enum": ["small", "large"] },
                "status": { "anyOf": [{ "type": "integer" }, { "type": "array", "items": { "type": "integer" } }] },
            },
        }),
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "url": { "type": "string" }, "count": { "type": "integer" }, "ready": { "type": "boolean" },
                "hosts": { "type": "array", "items": { "type": "string" } },
            },
        }),
        vec![
            port("aws", "aws", false),
            port("secrets.*", "secret", false),
        ],
    );
    let locked = operation(
        "cloud/locked",
        json!({ "type": "object" }),
        json!({ "type": "object", "additionalProperties": true }),
        vec![port("aws", "aws", true)],
    );
    let ask = operation(
        "ask/person",
        json!({ "type": "object", "x-podium-waits": "approval" }),
        json!({ "type": "object" }),
        Vec::new(),
    );
    let manifest = |id: &str, operations| Manifest {
        id: id.into(),
        label: id.into(),
        summary: String::new(),
        mark: "Te".into(),
        hue: 0,
        credentials: vec![CredentialKind {
            id: if id == "cloud" { "aws" } else { "secret" }.into(),
            label: String::new(),
            fields: Vec::new(),
        }],
        operations,
        tools: Vec::new(),
        helpers: Vec::new(),
        local: id == "ask",
        links: Vec::new(),
        checked: Vec::new(),
        explained: Vec::new(),
        unconfirmed: Vec::new(),
    };
    let call = operation(
        "workflow/call",
        json!({
            "type": "object", "required": ["workflow"], "additionalProperties": false, "x-podium-runs": "workflow",
            "properties": {
                "workflow": { "type": "string" }, "version": { "type": "string" },
                "inputs": { "type": "object", "default": {} },
            },
        }),
        json!({ "type": "object" }),
        Vec::new(),
    );
    Manifests::new(vec![
        manifest("cloud", vec![build, locked]),
        manifest("ask", vec![ask]),
        manifest("workflow", vec![call]),
    ])
}

const ENVIRONMENT: &str = "vars: { owner: me, many: 3 }\ncredentials: { cloud: acme }\n";

fn compiled(steps: &str, environment: &str, inputs: &Value) -> Compiled {
    let head = concat!(
        "podium: 1\n",
        "inputs: { branch: { type: string }, size: { type: string, default: small }, n: { type: integer, default: 1 } }\n",
        "credentials: { cloud: { type: aws }, other: { type: secret } }\n",
    );
    compiled_whole(&format!("{head}{steps}"), environment, inputs)
}

fn compiled_whole(text: &str, environment: &str, inputs: &Value) -> Compiled {
    let parsed = parse_workflow("workflows/w.yaml", text.as_bytes());
    let environment = parse_environment("e.yaml", environment.as_bytes())
        .value
        .unwrap();
    let name = "play".parse().unwrap();
    let binding = Binding {
        name: &name,
        environment: &environment,
    };
    let inputs = inputs.as_object().unwrap();
    compile(
        "w",
        &parsed,
        &binding,
        inputs,
        &Library::default(),
        &manifests(),
    )
}

/// `CODE line:column hint`, where line 4 is the first of `steps`.
fn check(steps: &str, expected: &[&str]) {
    let found = compiled(steps, ENVIRONMENT, &json!({"branch": "west"}));
    assert_eq!(told(&found), expected, "\n{steps}");
    assert_eq!(found.plan.is_none(), found.has_errors());
}

fn told(compiled: &Compiled) -> Vec<String> {
    compiled
        .diagnostics
        .iter()
        .map(|d| {
            let span = d.span.unwrap_or_else(|| panic!("{d:?} has a place"));
            let hint = d.hint.as_deref().unwrap();
            let (line, column) = (span.start.line, span.start.column);
            format!("{} {line}:{column} {hint}", d.code)
        })
        .collect()
}

/// One step with these lines under `uses: cloud/build` and `name: x`.
fn step(with: &str, expected: &[&str]) {
    check(
        &format!(
            "steps:\n  before:\n    uses: cloud/build\n    with: {{ name: a }}\n  b:\n    uses: cloud/build\n{with}\n"
        ),
        expected,
    );
}

#[test]
fn a_right_document_becomes_a_plan() {
    let steps = concat!(
        "steps:\n",
        "  last:\n    uses: cloud/locked\n    needs: [ask, { step: b, on: always }]\n    credentials: { aws: cloud }\n",
        "  b:\n    uses: cloud/build\n    title: Bé\n    if: inputs.size == 'large'\n",
        "    with: { name: \"${{ steps.a.outputs.url }}\", hosts: \"${{ steps.a.outputs.hosts }}\" }\n",
        "  a:\n    uses: cloud/build\n    with: { name: west, tags: { x: \"${{ environment.vars.owner }}\" } }\n",
        "  ask:\n    uses: ask/person\n    needs: [a]\n    with: { n: \"${{ steps.a.outputs.count + 1 }}\" }\n",
        "outputs: { url: \"${{ steps.a.outputs.url }}\" }\n",
    );
    let compiled = compiled(steps, ENVIRONMENT, &json!({"branch": "west"}));
    assert_eq!(told(&compiled), Vec::<String>::new());
    let plan = compiled.plan.unwrap();
    let order: Vec<&str> = plan.steps().iter().map(|step| step.id.as_str()).collect();
    assert_eq!(order, ["a", "b", "ask", "last"]);
    assert_eq!(
        Value::from(plan.inputs().clone()),
        json!({"branch": "west", "size": "small", "n": 1})
    );
    let b = plan.step(&"b".parse().unwrap()).unwrap();
    assert_eq!(b.with["count"], 2, "defaults are filled in");
    assert_eq!(
        serde_json::to_value(&b.edges).unwrap(),
        json!([{"from": "a", "on": "success", "kind": {"kind": "data", "paths": ["outputs.hosts", "outputs.url"], "drawn": false}}])
    );
    let ask = plan.step(&"ask".parse().unwrap()).unwrap();
    assert!(ask.approval && !ask.writes);
    assert_eq!(
        serde_json::to_value(&ask.edges).unwrap(),
        json!([{"from": "a", "on": "success", "kind": {"kind": "data", "paths": ["outputs.count"], "drawn": true}}])
    );
    let last = plan.step(&"last".parse().unwrap()).unwrap();
    assert_eq!(last.credentials["aws"].as_str(), "acme");
    assert_eq!(
        plan.environment_values(),
        &json!({"name": "play", "vars": {"owner": "me", "many": 3}})
    );
    assert_eq!(compiled.graph.nodes.len(), 4);
    assert_eq!(compiled.graph.edges.len(), 4);
    assert_eq!(compiled.graph.nodes[1].title, "Bé");
    assert_eq!(compiled.graph.nodes[1].badges, [Badge::Condition]);
}

#[test]
fn operations_are_looked_up() {
    check(
        "steps:\n  a: { uses: clowd/build }\n  b: { uses: cloud/biuld }\n  c: { uses: cloud/destroy }\n  d: { uses: nothing/like }\n",
        &[
            "POD0101 5:14 Did you mean `cloud/build`?",
            "POD0102 6:14 Did you mean `cloud/build`?",
            "POD0102 7:14 It has `cloud/build`, `cloud/locked`.",
            "POD0101 8:14 `podium connectors` lists them all.",
        ],
    );
}

#[test]
fn inputs_are_checked_against_the_schema() {
    for (with, expected) in [
        ("    with: {}", "POD0103 10:5 Add `name:` with its value."),
        ("", "POD0103 8:3 Add `name:` with its value."),
        (
            "    with: { name: x, cuont: 1 }",
            "POD0104 10:22 Did you mean `count`?",
        ),
        (
            "    with: { name: 5 }",
            "POD0105 10:19 Write `\"5\"`, in quotes.",
        ),
        (
            "    with: { name: x, count: '3' }",
            "POD0105 10:29 Write `3`, without quotes.",
        ),
        (
            "    with: { name: x, count: 0 }",
            "POD0105 10:29 Write a number of at least 1.",
        ),
        (
            "    with: { name: x, hosts: h1 }",
            "POD0105 10:29 Write `[\"h1\"]`.",
        ),
        (
            "    with: { name: x, size: lrage }",
            "POD0105 10:28 Did you mean `large`?",
        ),
        (
            "    with: { name: x, size: tiny }",
            "POD0105 10:28 Write one of `small` and `large`.",
        ),
        (
            "    with: { name: X }",
            "POD0105 10:19 It has to match `^[a-z]+$`.",
        ),
        (
            "    with: { name: x, status: ok }",
            "POD0105 10:30 Write `[\"ok\"]`.",
        ),
        (
            "    with: { name: x, tags: { a: 1 } }",
            "POD0105 10:33 Write `\"1\"`, in quotes.",
        ),
        (
            "    with: { name: x, count: \"${{ inputs.n }} pieces\" }",
            "POD0105 10:29 Write a whole number.",
        ),
    ] {
        step(with, &[expected]);
    }
    // What an expression will give is not guessed.
    for with in [
        "    with: { name: \"${{ inputs.branch }}-X\" }",
        "    with: { name: x, size: \"${{ inputs.size }}\" }",
        "    with: { name: x, size: \"${{ inputs.size }}er\" }",
        "    with: { name: x, status: \"${{ inputs.n }}\" }",
        "    with: { name: x, status: [\"${{ inputs.n }}\"] }",
        "    with: { name: x, count: \"${{ inputs.n > 2 ? 3 : 4 }}\" }",
        "    with: { name: x, hosts: [\"${{ inputs.size }}\", \"${{ inputs.size }}\"] }",
    ] {
        step(with, &[]);
    }
}

#[test]
fn types_that_do_not_fit_are_refused_with_both_named() {
    for (with, expected) in [
        (
            "name: \"${{ inputs.n }}\"",
            "POD0106 10:19 Write `${{ string(inputs.n) }}`.",
        ),
        (
            "name: x, count: \"${{ inputs.size }}\"",
            "POD0106 10:29 Write `${{ int(inputs.size) }}`.",
        ),
        (
            "name: x, hosts: \"${{ steps.before.outputs.url }}\"",
            "POD0106 10:29 Write `${{ [steps.before.outputs.url] }}`.",
        ),
        (
            "name: \"${{ steps.before.outputs.hosts }}\"",
            "POD0106 10:19 Write `${{ steps.before.outputs.hosts[0] }}`.",
        ),
        (
            "name: x, fast: \"${{ steps.before.outputs.count }}\"",
            "POD0106 10:28 Write `${{ steps.before.outputs.count != 0 }}`.",
        ),
        (
            "name: \"${{ environment.vars.many }}\"",
            "POD0106 10:19 Write `${{ string(environment.vars.many) }}`.",
        ),
        (
            "name: x, tags: \"${{ steps.before.outputs }}\", fast: \"${{ steps.before.outputs.ready }}\", count: \"${{ steps.before.status }}\"",
            "POD0106 10:109 Write `${{ int(steps.before.status) }}`.",
        ),
    ] {
        step(&format!("    with: {{ {with} }}"), &[expected]);
    }
    let found = compiled(
        "steps:\n  a:\n    uses: cloud/build\n    with: { name: \"${{ inputs.n }}\" }\n",
        ENVIRONMENT,
        &json!({"branch": "x"}),
    );
    assert_eq!(
        found.diagnostics[0].detail,
        "`inputs.n` is a whole number; `name` takes a text."
    );
}

#[test]
fn names_in_expressions_are_looked_up() {
    for (text, expected) in [
        (
            "${{ inputs.brnach }}",
            "POD0108 10:24 Did you mean `inputs.branch`?",
        ),
        (
            "x ${{ inputs.nope_at_all }}",
            "POD0108 10:26 There are `inputs.branch`, `inputs.size`, `inputs.n`.",
        ),
        (
            "${{ branch }}",
            "POD0108 10:24 Did you mean `inputs.branch`?",
        ),
        (
            "${{ input.branch }}",
            "POD0108 10:24 Did you mean `inputs`?",
        ),
        (
            "${{ environment.owner }}",
            "POD0108 10:24 Did you mean `environment.vars.owner`?",
        ),
        (
            "${{ environment.vars.ower }}",
            "POD0108 10:24 Did you mean `environment.vars.owner`?",
        ),
        (
            "${{ steps.befor.outputs.url }}",
            "POD0109 10:24 Did you mean `before`?",
        ),
        (
            "${{ steps.before.outputs.ulr }}",
            "POD0110 10:24 Did you mean `steps.before.outputs.url`?",
        ),
        (
            "${{ steps.before.url }}",
            "POD0108 10:24 Did you mean `steps.before.outputs.url`?",
        ),
        (
            "${{ steps.b.outputs.url }}",
            "POD0111 10:24 Use an input, or the output of a step before it.",
        ),
        (
            "${{ each }}",
            "POD0108 10:24 Add `for_each` to the step; in `if` and `for_each` themselves there is no element.",
        ),
        ("${{ run.number }}", "POD0108 10:24 Write `run.id`."),
        (
            "${{ inputs.size + }}",
            "POD0107 10:37 Expressions are CEL, for example `inputs.size == 'large' ? 3 : 1`.",
        ),
    ] {
        let found = compiled(
            &format!(
                "steps:\n  before:\n    uses: cloud/build\n    with: {{ name: a }}\n  b:\n    uses: cloud/build\n    with: {{ name: \"{text}\" }}\n"
            ),
            ENVIRONMENT,
            &json!({"branch": "x"}),
        );
        let told = told(&found);
        assert!(told[0].starts_with(&expected[..8]), "{text}: {told:?}");
        if expected.starts_with("POD0107") {
            assert!(told[0].ends_with(&expected[14..]), "{told:?}");
        } else {
            assert_eq!(told, [expected], "{text}");
        }
    }
}

#[test]
fn cycles_are_named_whole() {
    check(
        concat!(
            "steps:\n  a: { uses: cloud/locked, needs: [c], credentials: { aws: cloud } }\n",
            "  b: { uses: ask/person, with: { x: \"${{ steps.a.outputs.y }}\" } }\n",
            "  c: { uses: ask/person, needs: [b] }\n  d: { uses: ask/person, needs: [c] }\n",
            "  e: { uses: ask/person, needs: [f] }\n  f: { uses: ask/person, needs: [e] }\n  g: { uses: ask/person, needs: [g] }\n",
        ),
        &[
            "POD0112 5:36 Remove one of these edges, for example that `a` waits for `c`.",
            "POD0112 9:34 Remove one of these edges, for example that `e` waits for `f`.",
            "POD0111 11:34 Remove it.",
        ],
    );
    let steps = "steps:\n  a: { uses: ask/person, needs: [b] }\n  b: { uses: ask/person, needs: [c] }\n  c: { uses: ask/person, needs: [a] }\n";
    let found = compiled(steps, ENVIRONMENT, &json!({"branch": "x"}));
    assert_eq!(
        found.diagnostics[0].detail,
        "Each waits for the one before: `a` → `c` → `b` → `a`."
    );
    assert_eq!(found.graph.nodes[0].problems, 1);
}

#[test]
fn needs_are_checked() {
    let ask = "uses: ask/person";
    for (steps, expected) in [
        ("needs: [zz]", "POD0109 6:23 There are `a`, `b`."),
        ("needs: [{ step: aa }]", "POD0109 6:31 There are `a`, `b`."),
        ("needs: [a, a]", "POD0115 6:26 Remove one of the two."),
        (
            "needs: [a, { step: a, on: failure }]",
            "POD0115 6:34 Keep one of the two; `on: always` covers both ways.",
        ),
        ("needs: [a], join: 2", "POD0116 6:33 Remove `join`."),
        ("join: any", "POD0141 6:20 Remove `join`."),
        (
            "if: inputs.size",
            "POD0117 6:18 Write for example `inputs.size != ''`.",
        ),
        (
            "if: steps.a.outputs",
            "POD0117 6:18 Compare it with something, for example `inputs.size == 'large'`.",
        ),
        (
            "for_each: inputs.size",
            "POD0118 6:24 Write for example `[inputs.size]`.",
        ),
        ("for_each: 5", "POD0118 6:24 Write for example `[5]`."),
        (
            "if: \"inputs.size ==\"",
            "POD0107 6:33 Expressions are CEL, for example `inputs.size == 'large' ? 3 : 1`.",
        ),
        (
            "if: 'false'",
            "POD0114 6:18 Remove the condition; write `off: true` to switch the step off.",
        ),
        (
            "max_parallel: 3",
            "POD0141 6:28 Remove it, or add `for_each`.",
        ),
        (
            "retry: { attempts: 1 }",
            "POD0141 6:21 Write `attempts: 2` or more, or remove `retry`.",
        ),
        (
            "credentials: { aws: cloud }",
            "POD0119 6:29 Remove it; the operation takes no credentials.",
        ),
        (
            "needs: [{ step: a, on: failure }], with: { x: \"${{ steps.a.outputs.y }}\" }",
            "POD0113 6:66 Use `steps.a.status`, an input, or the output of a step before `a`.",
        ),
    ] {
        let text = format!("steps:\n  a: {{ uses: ask/person }}\n  b: {{ {steps}, {ask} }}\n");
        let found = compiled(&text, ENVIRONMENT, &json!({"branch": "x"}));
        let found = told(&found);
        if expected.starts_with("POD0107") {
            assert!(found[0].starts_with("POD0107 6:"), "{found:?}");
            continue;
        }
        let code = &expected[..7];
        // Keys before `uses` shift the column; the table counts from the first key of `b`.
        let column = |text: &str| {
            let (place, hint) = text[8..].split_once(' ').unwrap();
            let (line, column) = place.split_once(':').unwrap();
            (
                line.to_owned(),
                column.parse::<i64>().unwrap(),
                hint.to_owned(),
            )
        };
        assert_eq!(found.len(), 1, "{steps}: {found:?}");
        assert!(found[0].starts_with(code), "{steps}: {found:?}");
        assert_eq!(column(&found[0]).2, column(expected).2, "{steps}");
        assert_eq!(column(&found[0]).0, "6");
    }
}

#[test]
fn steps_that_can_never_run_are_told_once() {
    for (steps, expected) in [
        (
            "steps:\n  a: { uses: ask/person }\n  b: { uses: ask/person, needs: [{ step: a, on: failure }] }\n  c: { uses: ask/person, needs: [a, b] }\n  d: { uses: ask/person, needs: [c] }\n",
            vec!["POD0114 7:34 Write `join: any`, or remove one of the needs."],
        ),
        (
            "steps:\n  a: { uses: ask/person, off: true }\n  b: { uses: ask/person, needs: [{ step: a, on: failure }] }\n",
            vec!["POD0114 6:42 Remove the need, or switch the other step on."],
        ),
        (
            "steps:\n  a: { uses: ask/person }\n  b: { uses: ask/person, needs: [{ step: a, on: failure }] }\n  c: { uses: ask/person, needs: [a, b], join: any }\n",
            vec![],
        ),
        (
            "steps:\n  a: { uses: ask/person }\n  b: { uses: ask/person, needs: [{ step: a, on: always }] }\n  c: { uses: ask/person, needs: [a, b] }\n",
            vec![],
        ),
    ] {
        check(steps, &expected);
    }
}

#[test]
fn credentials_are_checked() {
    for (steps, expected) in [
        (
            "uses: cloud/locked",
            "POD0122 5:3 Add `credentials: { aws: cloud }` to the step.",
        ),
        (
            "uses: cloud/locked, credentials: { asw: cloud, aws: cloud }",
            "POD0119 5:43 Did you mean `aws`?",
        ),
        (
            "uses: cloud/locked, credentials: { aws: clowd }",
            "POD0120 5:48 Did you mean `cloud`?",
        ),
        (
            "uses: cloud/locked, credentials: { aws: other }",
            "POD0121 5:48 Use `cloud`, which is of the kind `aws`.",
        ),
    ] {
        check(&format!("steps:\n  a: {{ {steps} }}\n"), &[expected]);
    }
    check(
        "steps:\n  a: { uses: cloud/build, with: { name: x }, credentials: { secrets.token: other } }\n",
        &["POD0123 5:76 Add `other: NAME` under `credentials:` in environments/play.yaml."],
    );
    let steps = "steps:\n  a: { uses: cloud/locked, credentials: { aws: cloud } }\n";
    let practice = compiled(steps, "practice: true\n", &json!({"branch": "x"}));
    assert_eq!(
        told(&practice),
        Vec::<String>::new(),
        "simulators need no credential"
    );
    let read_only = compiled(
        steps,
        "protect: { read_only: true }\ncredentials: { cloud: x }\n",
        &json!({"branch": "x"}),
    );
    assert_eq!(
        told(&read_only),
        ["POD0140 5:14 Choose another environment, or switch the step off."]
    );
}

#[test]
fn inputs_of_the_workflow_are_checked() {
    let steps = "steps:\n  a: { uses: ask/person }\n";
    for (inputs, expected) in [
        (
            json!({}),
            "POD0128 2:11 Give one: `-i branch=VALUE`, or fill in the form.",
        ),
        (
            json!({"branch": 5}),
            "POD0129 2:11 Write `\"5\"`, in quotes.",
        ),
        (
            json!({"branch": "x", "sice": "y"}),
            "POD0127 2:1 Did you mean `size`?",
        ),
    ] {
        assert_eq!(told(&compiled(steps, ENVIRONMENT, &inputs)), [expected]);
    }
    let text = "podium: 1\ninputs:\n  a: { type: strnig }\n  b: { type: string, default: 5 }\n  c: { pattern: '(' }\nsteps:\n  a: { uses: ask/person }\n";
    let found = super::check(
        "w",
        &parse_workflow("w.yaml", text.as_bytes()),
        &Library::default(),
        &manifests(),
    );
    let codes: Vec<String> = told(&found)
        .iter()
        .map(|told| told[..12].to_owned())
        .collect();
    assert_eq!(codes, ["POD0125 3:14", "POD0126 4:31", "POD0125 5:17"]);
}

#[test]
fn for_each_gives_lists_and_off_gives_nothing() {
    check(
        "steps:\n  a: { uses: cloud/build, for_each: ['x', 'y'], with: { name: \"${{ each }}\" } }\n  b: { uses: cloud/build, with: { name: \"${{ steps.a.outputs.url }}\" } }\n",
        &["POD0110 6:46 Write `steps.a.outputs.map(o, o.url)`, or `[0]` for one."],
    );
    check(
        "steps:\n  a: { uses: cloud/build, for_each: [1, 2], with: { name: \"${{ each }}\" } }\n",
        &["POD0106 5:59 Write `${{ string(each) }}`."],
    );
    let off = compiled(
        "steps:\n  a: { uses: cloud/build, off: true, with: { name: x } }\n  b: { uses: cloud/build, with: { name: \"${{ steps.a.outputs.url }}\" } }\n",
        ENVIRONMENT,
        &json!({"branch": "x"}),
    );
    assert_eq!(off.diagnostics[0].severity, Severity::Warning);
    assert!(off.plan.is_some());
}

#[test]
fn a_broken_document_is_still_drawn() {
    let text = "podium: 1\nsteps:\n  a: { uses: ask/person }\n  my-step: { uses: ask/person, needs: [a] }\n  half:\n    title: Half\n";
    let found = super::check(
        "w",
        &parse_workflow("w.yaml", text.as_bytes()),
        &Library::default(),
        &manifests(),
    );
    let nodes: Vec<(&str, &str, u32)> = found
        .graph
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node.title.as_str(), node.problems))
        .collect();
    assert_eq!(
        nodes,
        [
            ("a", "a", 0),
            ("my-step", "my-step", 1),
            ("half", "Half", 1)
        ]
    );
    assert!(found.plan.is_none());
}

#[test]
fn long_chains_do_not_overflow() {
    use std::fmt::Write as _;
    let mut steps = String::from("steps:\n  s0: { uses: ask/person, needs: [s4999] }\n");
    for step in 1..5_000 {
        let _ = writeln!(
            steps,
            "  s{step}: {{ uses: ask/person, needs: [s{}] }}",
            step - 1
        );
    }
    let found = compiled(&steps, ENVIRONMENT, &json!({"branch": "x"}));
    assert_eq!(found.diagnostics.len(), 1);
    assert_eq!(found.diagnostics[0].code, code::CYCLE);
}
