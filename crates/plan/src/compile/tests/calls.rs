//! Calls of other workflows: one plan, one scope each, and everything that can be wrong with them.

use std::collections::BTreeMap;

use super::*;
use crate::Source;

/// Files of a workspace: name → what stands below `podium: 1`.
type Files<'f> = [(&'f str, &'f str)];

fn compiled_with(files: &Files<'_>, environment: &str) -> Compiled {
    let files: BTreeMap<&str, String> = files
        .iter()
        .map(|(name, text)| (*name, format!("podium: 1\n{text}")))
        .collect();
    let manifests = manifests();
    let parsed = parse_workflow("workflows/main.yaml", files["main"].as_bytes());
    let names = files.keys().map(|name| (*name).to_owned()).collect();
    let library = Library::gather(&parsed, &manifests, names, |name| {
        Some(Source {
            file: format!("workflows/{name}.yaml"),
            text: files.get(name)?.clone().into_bytes(),
        })
    });
    let environment = parse_environment("e.yaml", environment.as_bytes())
        .value
        .unwrap();
    let name = "play".parse().unwrap();
    let binding = Binding {
        name: &name,
        environment: &environment,
    };
    let found = compile("main", &parsed, &binding, &Map::new(), &library, &manifests);
    assert_eq!(found.plan.is_none(), found.has_errors());
    found
}

/// `FILE CODE line:column detail`.
fn wrong(files: &Files<'_>, expected: &[&str]) {
    let found = compiled_with(
        files,
        "vars: { many: 3 }\ncredentials: { cloud: acme, aws: acme }\n",
    );
    let told: Vec<String> = found
        .diagnostics
        .iter()
        .map(|d| {
            let at = d.span.unwrap_or_else(|| panic!("{d:?} has a place")).start;
            assert!(d.hint.is_some(), "{d:?} says what to do");
            let file = d.address.file.trim_start_matches("workflows/");
            format!("{file} {} {}:{} {}", d.code, at.line, at.column, d.detail)
        })
        .collect();
    assert_eq!(told, expected, "\n{files:?}");
}

const SHOP: &str = concat!(
    "name: Shop\n",
    "inputs: { name: { type: string, pattern: \"^[a-z]+$\" }, count: { type: integer, default: 3 } }\n",
    "credentials: { aws: { type: aws } }\n",
    "steps:\n",
    "  one: { uses: cloud/build, with: { name: \"${{ inputs.name }}\", count: \"${{ inputs.count }}\" }, credentials: { aws: aws } }\n",
    "  two: { uses: cloud/build, title: Two, with: { name: \"${{ steps.one.outputs.url }}\" }, undo: [{ uses: cloud/locked, credentials: { aws: aws } }] }\n",
    "outputs: { url: \"${{ steps.two.outputs.url }}\", words: \"at ${{ steps.one.outputs.url }}\" }\n",
);

#[test]
fn called_steps_become_steps_of_one_plan_in_a_scope_of_their_own() {
    let main = concat!(
        "credentials: { cloud: { type: aws } }\n",
        "steps:\n",
        "  before: { uses: cloud/build, with: { name: a } }\n",
        "  shop:\n",
        "    uses: workflow/call\n",
        "    title: The shop\n",
        "    credentials: { aws: cloud }\n",
        "    with: { workflow: shop, inputs: { name: \"${{ steps.before.outputs.url }}\" } }\n",
        "  after: { uses: cloud/build, with: { name: \"${{ steps.shop.outputs.url }}\" } }\n",
        "outputs: { url: \"${{ steps.shop.outputs.words }}\" }\n",
    );
    let compiled = compiled_with(&[("main", main), ("shop", SHOP)], ENVIRONMENT);
    assert_eq!(told(&compiled), Vec::<String>::new());
    let plan = compiled.plan.unwrap();
    let shown: Vec<String> = plan
        .steps()
        .iter()
        .map(|step| {
            let before: Vec<&str> = step.edges.iter().map(|edge| edge.from.as_str()).collect();
            format!("{} < {}", step.id, before.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "before < ",
            "shop < before",
            "shop.one < ",
            "shop.two < shop.one",
            "after < shop"
        ]
    );
    let [_, shop, one, two, _] = plan.steps() else {
        panic!()
    };
    let call = shop.call.as_ref().unwrap();
    assert_eq!(
        (call.workflow.as_str(), call.title.as_str()),
        ("shop", "Shop")
    );
    assert!(call.version.starts_with("sha256:") && call.version.len() == 71);
    assert!(!shop.writes && shop.credentials.is_empty() && one.writes);
    assert_eq!(one.within.as_ref(), Some(&shop.id));
    assert_eq!(
        one.credentials["aws"].as_str(),
        "acme",
        "the slot is bound through the call"
    );
    assert_eq!(two.undo.as_ref().unwrap()[0].credentials["aws"], "cloud");
    assert_eq!(plan.title_path(two), "The shop › Two");
    assert_eq!(
        call.inputs(&json!({"name": "a"}), &|_| false).unwrap(),
        *json!({"name": "a", "count": 3}).as_object().unwrap()
    );
    for given in [
        json!({"name": "A"}),
        json!({}),
        json!({"name": "a", "x": 1}),
        json!(7),
    ] {
        assert!(call.inputs(&given, &|_| false).is_err(), "{given}");
    }
    let known_later = call
        .inputs(&json!({"name": null}), &|name| name == "name")
        .unwrap();
    assert_eq!(known_later.keys().collect::<Vec<_>>(), ["count"]);
    // The plan survives the journal.
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    let [drawn] = compiled.graph.calls.as_slice() else {
        panic!()
    };
    assert_eq!((drawn.step.as_str(), drawn.graph.nodes.len()), ("shop", 2));
    assert_eq!(
        compiled.graph.nodes.len(),
        3,
        "the canvas shows the document's own steps"
    );
}

#[test]
fn calls_in_calls_have_longer_addresses() {
    let call = |id: &str, to: &str| {
        format!("steps:\n  {id}: {{ uses: workflow/call, with: {{ workflow: {to} }} }}\n")
    };
    let leaf = "steps:\n  a: { uses: cloud/build, with: { name: a } }\n  b: { uses: ask/person, needs: [a] }\n";
    let files = [
        ("main", &*call("x", "m")),
        ("m", &*call("y", "leaf")),
        ("leaf", leaf),
    ];
    let plan = compiled_with(&files, ENVIRONMENT).plan.unwrap();
    let shown: Vec<String> = plan
        .steps()
        .iter()
        .map(|step| {
            let within = step.within.as_ref().map_or("-", StepId::as_str);
            let edges: Vec<&str> = step.edges.iter().map(|edge| edge.from.as_str()).collect();
            format!("{} in {within} < {}", step.id, edges.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "x in - < ",
            "x.y in x < ",
            "x.y.a in x.y < ",
            "x.y.b in x.y < x.y.a"
        ]
    );
    assert!(plan.steps()[3].approval);
}

#[test]
fn what_is_wrong_inside_is_told_with_its_own_file_and_place() {
    let main = concat!(
        "steps:\n",
        "  a: { uses: workflow/call, with: { workflow: shop } }\n",
        "  b: { uses: workflow/call, with: { workflow: shop } }\n",
        "  c: { uses: cloud/build, with: { name: \"${{ steps.a.outputs.ulr }}\" } }\n",
    );
    let shop = concat!(
        "steps:\n",
        "  one: { uses: cloud/bild }\n",
        "  two: { uses: cloud/build, with: { name: \"${{ inputs.x }}\" } }\n",
        "outputs: { url: \"${{ steps.two.outputs.url }}\" }\n",
    );
    wrong(
        &[("main", main), ("shop", shop)],
        &[
            "main.yaml POD0156 3:47 `workflows/shop.yaml` has 2 errors.",
            "main.yaml POD0156 4:47 `workflows/shop.yaml` has 2 errors.",
            "main.yaml POD0110 5:46 `workflows/shop.yaml` gives no output of that name.",
            "shop.yaml POD0102 3:16 cloud does not do `bild`.",
            "shop.yaml POD0108 4:48 `inputs.x` does not exist. The workflow has no such input.",
        ],
    );
    wrong(
        &[
            (
                "main",
                "steps: { a: { uses: workflow/call, with: { workflow: shop } } }\n",
            ),
            ("shop", "steps: [\n"),
        ],
        &[
            "main.yaml POD0156 2:54 `workflows/shop.yaml` has 1 error.",
            "shop.yaml POD0003 2:8 The YAML reader stopped here: unclosed bracket '['.",
        ],
    );
}

#[test]
fn a_call_that_leads_nowhere_back_or_out_is_told() {
    let call = |to: &str| {
        format!("steps: {{ a: {{ uses: workflow/call, with: {{ workflow: {to} }} }} }}\n")
    };
    let leaf = "steps: { a: { uses: ask/person } }\n";
    wrong(
        &[("main", &*call("shopp")), ("shop", leaf)],
        &["main.yaml POD0151 2:54 There is no `workflows/shopp.yaml`."],
    );
    wrong(
        &[("main", &*call("main"))],
        &["main.yaml POD0152 2:54 `main` calls itself."],
    );
    wrong(
        &[("main", &*call("b")), ("b", &*call("main"))],
        &[
            "main.yaml POD0156 2:54 `workflows/b.yaml` has 1 error.",
            "b.yaml POD0152 2:54 Each calls the next: `main` → `b` → `main`.",
        ],
    );
    for out in ["../shop", "/etc/passwd", "sub/shop", ".hidden", "'C:\\x'"] {
        let found = compiled_with(&[("main", &*call(out)), ("shop", leaf)], ENVIRONMENT);
        assert_eq!(found.diagnostics[0].code, code::CALL_NOT_PLAIN, "{out}");
    }
    wrong(
        &[(
            "main",
            "inputs: { w: {} }\nsteps: { a: { uses: workflow/call, with: { workflow: \"${{ inputs.w }}\" } } }\n",
        )],
        &[
            "main.yaml POD0128 2:11 `w` has no default, and no value was given.",
            "main.yaml POD0150 3:54 Which workflow is called must be known before the run, so that its changes can be previewed.",
        ],
    );
}

#[test]
fn calls_have_an_end_in_depth_and_number() {
    let names: Vec<String> = (0..20).map(|depth| format!("w{depth}")).collect();
    let chain = |times: usize| -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = names
            .windows(2)
            .map(|pair| {
                let calls: String = (0..times).fold(String::from("steps:\n"), |text, number| {
                    format!(
                        "{text}  c{number}: {{ uses: workflow/call, with: {{ workflow: {} }} }}\n",
                        pair[1]
                    )
                });
                (pair[0].clone(), calls)
            })
            .collect();
        files.push((
            names[19].clone(),
            "steps: { a: { uses: ask/person } }\n".to_owned(),
        ));
        files[0].0 = "main".to_owned();
        files
    };
    let compiled = |files: &[(String, String)]| {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        compiled_with(&files, ENVIRONMENT)
    };
    let found = compiled(&chain(1));
    let deep = found
        .diagnostics
        .iter()
        .find(|d| d.code == code::CALL_TOO_DEEP)
        .unwrap();
    assert_eq!(deep.address.file, "workflows/w16.yaml");
    // Ten calls in each of twenty would be more steps than there are atoms in a laptop.
    let found = compiled(&chain(10));
    assert!(
        found
            .diagnostics
            .iter()
            .any(|d| d.code == code::CALL_TOO_DEEP)
    );
    let long = "l".repeat(60);
    let call = |to: &str| {
        format!("steps:\n  {long}: {{ uses: workflow/call, with: {{ workflow: {to} }} }}\n")
    };
    let leaf = format!("steps: {{ {long}: {{ uses: ask/person }} }}\n");
    let found = compiled_with(
        &[("main", &*call("b")), ("b", &*call("c")), ("c", &*leaf)],
        ENVIRONMENT,
    );
    assert_eq!(found.diagnostics[0].code, code::CALL_TOO_DEEP);
    assert_eq!(found.diagnostics[0].span.unwrap().start.line, 3);
}

#[test]
fn what_is_given_fits_what_is_asked_for() {
    let main = |inputs: &str| {
        format!(
            "inputs: {{ n: {{ type: integer, default: 1 }} }}\ncredentials: {{ aws: {{ type: aws }} }}\nsteps:\n  s:\n    uses: workflow/call\n    with:\n      workflow: shop\n      inputs: {inputs}\n"
        )
    };
    for (inputs, expected) in [
        ("{ name: a }", vec![]),
        (
            "{}",
            vec!["main.yaml POD0128 9:7 `name` is needed here. `workflows/shop.yaml` asks for it."],
        ),
        (
            "{ nam: a, name: b }",
            vec!["main.yaml POD0127 9:17 `nam` is not known here."],
        ),
        (
            "{ name: A }",
            vec![
                "main.yaml POD0129 9:23 `name`: `\"A\"` does not have the form that is asked for.",
            ],
        ),
        (
            "{ name: a, count: many }",
            vec!["main.yaml POD0129 9:33 `count`: A text stands where a whole number belongs."],
        ),
        (
            "{ name: \"${{ inputs.n }}\" }",
            vec!["main.yaml POD0106 9:23 `inputs.n` is a whole number; `name` takes a text."],
        ),
        ("{ name: \"x${{ inputs.n }}\" }", vec![]),
        (
            "\"${{ steps.s.status }}\"",
            vec![
                "main.yaml POD0106 9:15 `steps.s.status` is a text; `inputs` takes a map.",
                "main.yaml POD0111 9:20 The outputs of `s` do not exist before it has run.",
            ],
        ),
    ] {
        wrong(&[("main", &*main(inputs)), ("shop", SHOP)], &expected);
    }
}

#[test]
fn credentials_pass_through_the_call_by_name() {
    let main = |slots: &str, given: &str| {
        format!(
            "credentials: {{ {slots} }}\nsteps:\n  s:\n    uses: workflow/call\n    with: {{ workflow: shop, inputs: {{ name: a }} }}\n    credentials: {{ {given} }}\n"
        )
    };
    let aws = "aws: { type: aws }";
    for (slots, given, expected) in [
        ("cloud: { type: aws }", "aws: cloud", vec![]),
        (
            "cloud: { type: aws }",
            "",
            vec![
                "main.yaml POD0122 7:5 `workflows/shop.yaml` asks for `aws` (`aws`), and this workflow has no slot of that name.",
            ],
        ),
        (
            "cloud: { type: aws }",
            "aws: clod",
            vec!["main.yaml POD0120 7:20 `clod` does not stand under `credentials:` at the top."],
        ),
        (
            "cloud: { type: aws }",
            "aws: cloud, x: cloud",
            vec!["main.yaml POD0119 7:32 `workflows/shop.yaml` has no slot `x`."],
        ),
        (
            "cloud: { type: secret }",
            "aws: cloud",
            vec![
                "main.yaml POD0121 7:20 `cloud` is of the kind `secret`; `aws` of `workflows/shop.yaml` is `aws`.",
            ],
        ),
    ] {
        wrong(&[("main", &*main(slots, given)), ("shop", SHOP)], &expected);
    }
    let found = compiled_with(
        &[("main", &*main(aws, "")), ("shop", SHOP)],
        "credentials: { aws: acme }",
    );
    assert_eq!(
        told(&found),
        Vec::<String>::new(),
        "the same name needs no words"
    );
    let found = compiled_with(&[("main", &*main(aws, "")), ("shop", SHOP)], "{}");
    assert_eq!(found.diagnostics[0].code, code::CALLED_HAS_ERRORS);
    assert!(
        found
            .diagnostics
            .iter()
            .any(|d| d.code == code::UNBOUND_SLOT)
    );
}

#[test]
fn what_means_nothing_for_a_call_is_refused() {
    let leaf = "steps: { a: { uses: ask/person } }\n";
    for (setting, column) in [
        ("for_each: [1]", 5),
        ("retry: { attempts: 3 }", 5),
        ("timeout: 3s", 5),
        ("undo: []", 5),
    ] {
        let main = format!(
            "steps:\n  s:\n    uses: workflow/call\n    with: {{ workflow: leaf }}\n    {setting}\n"
        );
        let found = compiled_with(&[("main", &*main), ("leaf", leaf)], ENVIRONMENT);
        let [only] = found.diagnostics.as_slice() else {
            panic!("{setting}: {:?}", found.diagnostics)
        };
        assert_eq!(only.code, code::NOT_FOR_A_CALL);
        assert_eq!(
            (
                only.span.unwrap().start.line,
                only.span.unwrap().start.column
            ),
            (6, column)
        );
    }
    let main = "steps:\n  s: { uses: cloud/build, with: { name: a }, undo: [{ uses: workflow/call, with: { workflow: leaf } }] }\n";
    let found = compiled_with(&[("main", main), ("leaf", leaf)], ENVIRONMENT);
    assert_eq!(found.diagnostics[0].code, code::NOT_FOR_A_CALL);
}

#[test]
fn a_pinned_call_is_for_one_content() {
    let leaf = "steps: { a: { uses: ask/person } }\n";
    let main = |pin: &str| {
        format!(
            "steps:\n  s: {{ uses: workflow/call, with: {{ workflow: leaf, version: {pin} }} }}\n"
        )
    };
    let found = compiled_with(
        &[("main", &*main("sha256:00")), ("leaf", leaf)],
        ENVIRONMENT,
    );
    assert_eq!(found.diagnostics[0].code, code::CALLED_CHANGED);
    let hint = found.diagnostics[0].hint.clone().unwrap();
    let version = hint
        .split('`')
        .nth(3)
        .unwrap()
        .trim_start_matches("version: ");
    let found = compiled_with(&[("main", &*main(version)), ("leaf", leaf)], ENVIRONMENT);
    assert_eq!(
        told(&found),
        Vec::<String>::new(),
        "what the hint says is accepted"
    );
}

#[test]
fn a_read_only_environment_refuses_what_a_called_step_writes() {
    let environment = "protect: { read_only: true }\nvars: { owner: me, many: 3 }\n";
    let main = "steps: { s: { uses: workflow/call, with: { workflow: leaf } } }\n";
    let reads = compiled_with(
        &[
            ("main", main),
            ("leaf", "steps: { a: { uses: ask/person } }\n"),
        ],
        environment,
    );
    assert_eq!(told(&reads), Vec::<String>::new());
    let writes = compiled_with(
        &[
            ("main", main),
            (
                "leaf",
                "steps: { a: { uses: cloud/build, with: { name: a } } }\n",
            ),
        ],
        environment,
    );
    assert!(writes.diagnostics.iter().any(|d| d.code == code::READ_ONLY));
}
