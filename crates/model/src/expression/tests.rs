use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::id::StepId;

fn scope() -> Scope {
    Scope {
        inputs: json!({
            "branch": "west", "size": "large", "n": 3, "half": 0.5, "big": u64::MAX, "yes": true,
            "none": null, "list": [3, 1, 2], "hosts": [{"name": "a", "on": true}, {"name": "b", "on": false}],
            "tags": {"z": 1, "a": 2, "m": 3}, "grün": "ok", "word": "straße"
        }),
        environment: json!({"name": "play", "vars": {"chat": "http://chat"}}),
        steps: json!({"network": {"status": "succeeded", "outputs": {"url": "http://x", "hosts": ["h1", "h2"]}}}),
        each: None,
        run: json!({"id": "run_1"}),
    }
}

fn value(source: &str) -> Result<Value, EvaluationError> {
    Expression::parse(source)
        .unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
        .evaluate(&scope())
}

#[test]
fn expressions_give_the_values_they_say() {
    for (source, expected) in [
        ("inputs.branch", json!("west")),
        (" inputs.n ", json!(3)),
        ("inputs.n + 1", json!(4)),
        ("inputs.n * 2 == 6", json!(true)),
        ("inputs.half + 0.5", json!(1.0)),
        ("inputs.big", json!(u64::MAX)),
        ("inputs.none == null", json!(true)),
        ("inputs.tags", json!({"z": 1, "a": 2, "m": 3})),
        ("inputs['branch'] + '!'", json!("west!")),
        ("\"shop-\" + inputs.branch", json!("shop-west")),
        ("inputs.list.map(x, x * 10)", json!([30, 10, 20])),
        ("inputs.list.filter(x, x > 1)", json!([3, 2])),
        ("inputs.list.map(x, x > 1, x + 1)", json!([4, 3])),
        ("inputs.list.exists(x, x == 2)", json!(true)),
        ("inputs.list.all(x, x < 3)", json!(false)),
        ("inputs.list.exists_one(x, x == 2)", json!(true)),
        ("inputs.hosts.filter(h, h.on).map(h, h.name)", json!(["a"])),
        ("inputs.tags.map(k, k)", json!(["a", "m", "z"])),
        ("size(inputs.list) + inputs.list.size()", json!(6)),
        ("2 in inputs.list && 'a' in inputs.tags", json!(true)),
        ("has(inputs.nothing)", json!(false)),
        ("has(inputs.branch) ? inputs.branch : 'x'", json!("west")),
        ("inputs.?nothing.orValue('x')", json!("x")),
        ("optional.of(inputs.n).value()", json!(3)),
        (
            "inputs.size == 'large' || environment.name == 'production'",
            json!(true),
        ),
        ("environment.vars.chat.startsWith('http')", json!(true)),
        ("inputs.branch.matches('^[a-z]{3,12}$')", json!(true)),
        ("'a,b,c'.split(',').join('-')", json!("a-b-c")),
        ("['a', 'b'].join()", json!("ab")),
        ("'abc'.split('')", json!(["a", "b", "c"])),
        (
            "' Ab '.trim().lowerAscii() + 'x'.upperAscii()",
            json!("abX"),
        ),
        ("'aXbX'.replace('X', '--')", json!("a--b--")),
        ("'x' + string(inputs.n)", json!("x3")),
        ("int('42') + 1", json!(43)),
        ("[inputs.n, {'k': inputs.yes}]", json!([3, {"k": true}])),
        ("{'b': 1, 'a': 2}", json!({"a": 2, "b": 1})),
        ("type(inputs.n) == int", json!(true)),
        ("inputs.word.size()", json!(6)),
        ("duration('90s')", json!("90000ms")),
        (
            "timestamp('2026-01-02T03:04:05Z').getFullYear()",
            json!(2026),
        ),
        ("inputs.list[0]", json!(3)),
        ("'}}' + '\\''", json!("}}'")),
    ] {
        assert_eq!(value(source), Ok(expected), "{source}");
    }
}

#[test]
fn errors_are_told_in_plain_words() {
    for (source, expected) in [
        ("inputs.nothing", "There is no `inputs.nothing`."),
        ("inputs.nothing + 1", "There is no `inputs.nothing`."),
        ("input.branch", "There is no `input.branch`."),
        ("each.x + 1", "There is no `each.x`."),
        ("inputs.branch.x.y", "There is no `inputs.branch.x.y`."),
        (
            "steps.network.outputs.urll + ''",
            "There is no `steps.network.outputs.urll`.",
        ),
        ("inputs.hosts[0].nope", "There is no `nope`."),
        (
            "has(inputs.x) ? 1 : inputs.hosts[0].nope",
            "There is no `nope`.",
        ),
        ("foo(1)", "There is no function or name `foo`."),
        (
            "inputs.branch + 1",
            "`+` does not work with a text and a whole number.",
        ),
        ("1 / 0", "The expression divides by zero."),
        (
            "9223372036854775807 + 1",
            "A number in the expression grows too large.",
        ),
        (
            "[1][5]",
            "The expression asks for an element after the end of the list.",
        ),
        ("inputs.n.split(',')", "`split` failed: it works on a text."),
        (
            "b'abc'",
            "The result must be a text, a number, true or false, a list or a map; this is bytes.",
        ),
        (
            "inputs.n ? 1 : 2",
            "A value must be true or false; this is a whole number.",
        ),
    ] {
        assert_eq!(value(source).unwrap_err().to_string(), expected, "{source}");
    }
    let condition = Expression::parse("inputs.branch").unwrap();
    assert_eq!(
        condition.is_true(&scope()).unwrap_err().to_string(),
        "a condition must be true or false; this is a text."
    );
    assert_eq!(
        Expression::parse("inputs.yes").unwrap().is_true(&scope()),
        Ok(true)
    );
}

#[test]
fn references_are_paths_with_their_places_and_no_loop_variables() {
    let check = |source: &str, expected: &[&str]| {
        let found = Expression::parse(source).unwrap().references();
        let shown: Vec<String> = found
            .iter()
            .map(|one| format!("{} = {}", one.path.join("/"), &source[one.start..one.end]))
            .collect();
        assert_eq!(shown, expected, "{source}");
    };
    check(
        "steps.network.outputs.url",
        &["steps/network/outputs/url = steps.network.outputs.url"],
    );
    check(
        "inputs.a + inputs.a",
        &["inputs/a = inputs.a", "inputs/a = inputs.a"],
    );
    check(
        "steps['my-step'].status",
        &["steps/my-step/status = steps['my-step'].status"],
    );
    check(
        "steps . a [ \"b\" ] . c == 1",
        &["steps/a/b/c = steps . a [ \"b\" ] . c"],
    );
    check(
        "inputs.list.map(x, x.y + inputs.z)",
        &["inputs/list = inputs.list", "inputs/z = inputs.z"],
    );
    check("[1].exists(x, x == inputs.x)", &["inputs/x = inputs.x"]);
    check("inputs.l.map(inputs, inputs.a)", &["inputs/l = inputs.l"]);
    check("'ü→' + inputs.b", &["inputs/b = inputs.b"]);
    check(
        "has(steps.a.outputs.b)",
        &["steps/a/outputs/b = steps.a.outputs.b"],
    );
    check("inputs.?a.orValue(1)", &["inputs/a = inputs.?a"]);
    check(
        "inputs.list[inputs.n].name",
        &["inputs/list = inputs.list", "inputs/n = inputs.n"],
    );
    check("(inputs).size", &["inputs/size = inputs"]);
    check("type(1) == int && optional.none() == optional.none()", &[]);
    check("{'k': run.id}.k", &["run/id = run.id"]);
    check(
        "\n inputs.a &&\n inputs.b",
        &["inputs/a = inputs.a", "inputs/b = inputs.b"],
    );
}

#[test]
fn syntax_errors_speak_our_words_and_know_their_place() {
    let check = |source: &str, expected: &str| {
        let errors = Expression::parse(source).expect_err(source);
        let first = &errors[0];
        let shown = format!("{} @ {}", first.message, &source[first.start..first.end]);
        assert_eq!(shown, expected, "{source}: {errors:?}");
    };
    check("", "An expression is missing here. @ ");
    check("inputs.a +", "The expression ends too early. @ ");
    check("inputs.a = 1", "`=` does not compare; write `==`. @ =");
    check(
        "inputs.a and inputs.b",
        "Write `&&` instead of `and`. @ and",
    );
    check("'ü' inputs.b", "`inputs` is not expected here. @ inputs");
    check("(inputs.a", "`(` is never closed. @ (");
    check("inputs.a)", "`)` closes nothing. @ )");
    check("'abc", "The text that starts here is never closed. @ 'abc");
    check(
        "steps.my-step.x",
        "`steps.my-step` reads as a subtraction. Ids and names hold `_`, not `-`: write `steps.my_step`, or put spaces around the minus. @ steps.my-step",
    );
    check(
        "${{ inputs.a }}",
        "`${{ }}` does not stand inside an expression; write its content alone. @ $",
    );
    check(
        "has(inputs)",
        "`has(…)` asks for one path with a dot, such as `has(inputs.size)`. @ inputs",
    );
    check(
        "inputs.l.map(1, 2)",
        "The first argument is the name for each element, such as `x` in `list.map(x, x + 1)`. @ 1",
    );
    check("inputs.a # no", "An expression has no comments. @ #");
    assert!(Expression::parse(&"x".repeat(LONGEST_SOURCE + 1)).is_err());
    // Nothing of the parser generator's wording may reach a person.
    for source in [
        "1 +* 2", "a b c", "[1,,2]", "{1}", "a..b", "?", "@", "\\", "a ? b", "0x", "'\\q'", "for",
        "1.2.3", "a.b.", "`x`", "🦀",
    ] {
        for error in Expression::parse(source).expect_err(source) {
            for word in [
                "xpecting",
                "mismatched",
                "viable",
                "Syntax error",
                "token recognition",
                "<EOF>",
                "UNKNOWN",
            ] {
                assert!(!error.message.contains(word), "{source}: {error}");
            }
            assert!(
                source.get(error.start..error.end).is_some(),
                "{source}: {error:?}"
            );
        }
    }
}

/// Runs in a thread with the smallest stack we promise to be safe on.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread.spawn(work).unwrap().join().unwrap();
}

#[test]
fn deep_and_long_expressions_never_overflow_a_small_stack() {
    on_small_stack(|| {
        let shapes: Vec<Box<dyn Fn(usize) -> String>> = vec![
            Box::new(|n| format!("{}1", "1+".repeat(n))),
            Box::new(|n| format!("inputs{}", ".a".repeat(n))),
            Box::new(|n| format!("inputs{}", "[0]".repeat(n))),
            Box::new(|n| format!("{}1{}", "(".repeat(n), ")".repeat(n))),
            Box::new(|n| format!("{}1{}", "[".repeat(n), "]".repeat(n))),
            Box::new(|n| format!("{}1{}", "{1:".repeat(n), "}".repeat(n))),
            Box::new(|n| format!("{}1{}", "size(".repeat(n), ")".repeat(n))),
            Box::new(|n| format!("{}true", "!".repeat(n))),
            Box::new(|n| format!("{}1", "-".repeat(n))),
            Box::new(|n| format!("{}1", "true?1:".repeat(n))),
            Box::new(|n| format!("{}1", "true && ".repeat(n))),
            Box::new(|n| format!("{}[1]", "1 in ".repeat(n))),
            Box::new(|n| format!("[1]{}", ".map(x,x)".repeat(n))),
            Box::new(|n| format!("{}1{}", "[1].map(x,".repeat(n), ")".repeat(n))),
            Box::new(|n| format!("'a'{}", ".trim()".repeat(n))),
        ];
        for shape in &shapes {
            for length in [1, 5, 20, 24, 40, 79, 80, 100, 159, 160, 200, 1_000, 100_000] {
                if let Ok(expression) = Expression::parse(&shape(length)) {
                    let _ = expression.evaluate(&scope());
                    drop(expression.clone());
                }
            }
            assert!(Expression::parse(&shape(100_000)).is_err());
        }
        // What people write is far within the limits.
        let long = vec!["inputs.branch == 'west'"; 20].join(" && ");
        assert_eq!(
            Expression::parse(&long).unwrap().evaluate(&scope()),
            Ok(json!(true))
        );
    });
}

/// Evaluates with the given fuel; gives the result and how often the meter was asked.
fn metered(source: &str, units: u64) -> (Result<Value, EvaluationError>, u64) {
    let fuel = Arc::new(Fuel::new(units));
    let result = Expression::parse(source)
        .unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
        .evaluate_with(&scope(), &fuel);
    if result != Err(EvaluationError::OutOfFuel) {
        assert!(!fuel.is_empty());
        assert!(fuel.left() <= units);
    }
    (result, fuel.asked())
}

#[test]
fn bombs_end_out_of_fuel_after_bounded_work() {
    let thirty = format!(
        "[{}]",
        (0..30).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
    );
    let nested = |depth: usize| {
        let mut source = "1".to_owned();
        for level in 0..depth {
            source = format!("{thirty}.map(v{level}, {source})");
        }
        source
    };
    let doubled = |step: &str| {
        let mut source = "['0123456789012345678901234567890123456789']".to_owned();
        for _ in 0..24 {
            source.push_str(step);
        }
        source
    };
    let bombs = [
        nested(5),
        doubled(".map(s, s + s)"),
        doubled(".map(s, [s, s])"),
        doubled(".map(s, {'a': s, 'b': s})"),
        doubled(".map(s, s.replace('0', s))"),
        doubled(".map(s, s.split('').join(s))"),
        format!("{thirty}.all(a, {thirty}.all(b, {thirty}.all(c, {thirty}.all(d, true))))"),
        format!(
            "{thirty}.all(a, {thirty}.all(b, {thirty}.all(c, {thirty}.all(d, 1 / 0 == 1 || true))))"
        ),
        format!(
            "{thirty}.exists(a, {thirty}.exists(b, {thirty}.exists(c, {thirty}.exists(d, nope == 1))))"
        ),
        format!(
            "{thirty}.exists_one(a, {thirty}.exists_one(b, {thirty}.exists_one(c, {thirty}.exists_one(d, true))))"
        ),
        format!("({} == 1) || true", nested(5)),
        format!("true || {}", "true")
            .replace("true || true", &format!("{} == 2 ? true : true", nested(5))),
        format!("{thirty}.map(a, {thirty}.map(b, {thirty}.map(c, 'aaaa'.matches('(a+)+$'))))"),
        format!("({}).of(1)", nested(5)),
    ];
    for source in &bombs {
        assert!(source.len() <= LONGEST_SOURCE, "{}", source.len());
        let units = 100_000;
        let (result, asked) = metered(source, units);
        assert_eq!(result, Err(EvaluationError::OutOfFuel), "{source}");
        // After the end each part of the source may ask once more, and nothing goes round.
        assert!(asked <= units + 1_000, "{asked} {source}");
    }
}

#[test]
fn ordinary_loops_stay_far_below_the_budget() {
    let (result, asked) = metered("inputs.hosts.map(h, h.name)", 200);
    assert_eq!(result, Ok(json!(["a", "b"])));
    assert!(asked < 20, "{asked}");
    let hosts: Vec<_> = (0..10_000)
        .map(|n| json!({"name": format!("host-{n}"), "on": true}))
        .collect();
    let many = Scope {
        inputs: json!({ "hosts": hosts }),
        ..Scope::default()
    };
    let names = Expression::parse("inputs.hosts.filter(h, h.on).map(h, h.name)").unwrap();
    assert_eq!(
        names.evaluate(&many).unwrap().as_array().unwrap().len(),
        10_000
    );
}

#[test]
fn results_that_are_too_large_are_refused() {
    let text = "x".repeat(LARGEST_TEXT / 2);
    let scope = Scope {
        inputs: json!({ "text": text }),
        ..Scope::default()
    };
    let twice = Expression::parse("[inputs.text, inputs.text]").unwrap();
    assert_eq!(twice.evaluate(&scope), Err(EvaluationError::TooLarge));
    let template = Template::parse("${{ inputs.text }}${{ inputs.text }}!").unwrap();
    assert_eq!(template.render(&scope), Err(EvaluationError::TooLarge));
}

#[test]
fn templates_keep_types_and_fill_texts() {
    for (text, expected) in [
        ("plain", json!("plain")),
        ("", json!("")),
        ("${{ inputs.n }}", json!(3)),
        ("${{ inputs.list }}", json!([3, 1, 2])),
        (" ${{ inputs.n }}", json!(" 3")),
        ("a-${{ inputs.branch }}-${{inputs.n}}", json!("a-west-3")),
        (
            "${{ inputs.none }}|${{ inputs.list }}|${{ inputs.yes }}",
            json!("|[3,1,2]|true"),
        ),
        ("${{ {'a': {'b': 1}} }}", json!({"a": {"b": 1}})),
        ("${{ {'a': {'b': 1}}}}", json!({"a": {"b": 1}})),
        ("${{ '}}' }}", json!("}}")),
        ("$${{ inputs.n }}", json!("$3")),
        ("{{ x }} $ }}", json!("{{ x }} $ }}")),
    ] {
        let template = Template::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        assert_eq!(template.render(&scope()), Ok(expected), "{text}");
    }
    assert!(Template::parse("x $y {{z}}").unwrap().is_literal());
    assert!(!Template::parse("${{ 1 }}").unwrap().is_literal());

    let text = "ü ${{ inputs.a }} and ${{ steps.b.outputs.c }}";
    let found = Template::parse(text).unwrap().references();
    let shown: Vec<_> = found.iter().map(|one| &text[one.start..one.end]).collect();
    assert_eq!(shown, ["inputs.a", "steps.b.outputs.c"]);

    let text = "ü ${{ inputs.a + }} and ${{ ) }} ${{ open";
    let errors = Template::parse(text).unwrap_err();
    let shown: Vec<_> = errors.iter().map(|one| &text[one.start..one.end]).collect();
    assert_eq!(shown, [" ", ")", "${{ open"]);
}

#[test]
fn trees_are_rendered_and_searched_with_pointers() {
    let tree = json!({"a/b": ["${{ inputs.n }}", {"c~": "x${{ steps.network.outputs.url }}"}], "d": 1, "bad": "${{ ) }}"});
    let found: Vec<_> = references(&tree)
        .into_iter()
        .map(|(pointer, reference)| format!("{pointer} {}", reference.path.join(".")))
        .collect();
    assert_eq!(
        found,
        ["/a~1b/0 inputs.n", "/a~1b/1/c~0 steps.network.outputs.url"]
    );
    assert_eq!(syntax_errors(&tree)[0].0, "/bad");
    assert!(matches!(
        render(&tree, &scope()),
        Err(EvaluationError::Failed { .. })
    ));
    let good = json!({"b": ["${{ inputs.n }}"], "a": "${{ inputs.tags }}"});
    let rendered = render(&good, &scope()).unwrap();
    assert_eq!(rendered.to_string(), r#"{"b":[3],"a":{"z":1,"a":2,"m":3}}"#);
}

#[test]
fn what_waits_for_a_step_is_listed_and_left_open() {
    let tree = json!({
        "known": "${{ inputs.branch }}",
        "url": "${{ steps.shop.outputs.url }}/${{ steps.network.outputs.url }}",
        "list": ["${{ steps.page.status }}", "x"],
        "computed": "${{ steps[inputs.branch].status }}",
        "both": "${{ steps.shop.status == steps.page.status }}"
    });
    let pending: BTreeSet<StepId> = ["shop", "page"]
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    let rendered = render_partly(&tree, &scope(), &after_steps(&pending)).unwrap();
    assert_eq!(
        rendered.value,
        json!({"known": "west", "url": null, "list": [null, "x"], "computed": null, "both": null})
    );
    let unknown: Vec<_> = rendered
        .unknown
        .iter()
        .map(|(pointer, steps)| {
            let steps: Vec<_> = steps.iter().map(StepId::as_str).collect();
            format!("{pointer}: {}", steps.join(" "))
        })
        .collect();
    assert_eq!(
        unknown,
        [
            "/both: page shop",
            "/computed: page shop",
            "/list/0: page",
            "/url: shop"
        ]
    );
}

#[test]
fn expressions_can_be_shared_between_threads() {
    fn check<T: Send + Sync + Clone>() {}
    check::<Expression>();
    check::<Template>();
}

#[test]
fn what_the_sentence_builder_writes_is_worked_out() {
    // The same file is read by the test of the window's sentence builder.
    let examples = include_str!("../../../../ui/src/graph/sentences.json");
    let examples: Vec<Value> = serde_json::from_str(examples).unwrap();
    let scope = Scope {
        inputs: json!({ "size": "large", "count": 3, "ready": true, "hosts": ["a"] }),
        steps: json!({ "net": { "status": "succeeded", "outputs": {} } }),
        ..Scope::default()
    };
    assert!(examples.len() > 12);
    for example in examples {
        let text = example["text"].as_str().unwrap();
        let read = Expression::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        assert_eq!(
            Value::from(read.is_true(&scope).unwrap()),
            example["holds"],
            "{text}"
        );
    }
}

/// What CEL's own parser says of an expression.
fn by_cel(source: &str) -> Result<(Vec<Reference>, bool), Vec<SyntaxError>> {
    syntax::check(source)?;
    compile(source).map(|parsed| (parsed.references, parsed.is_path))
}

#[test]
fn what_is_read_without_cel_is_read_as_cel_reads_it() {
    let words = [
        "inputs.size",
        "steps.a.outputs.url",
        "each",
        "int",
        "x",
        "in",
        "true",
        "null",
        "'a b'",
        "\"q\"",
        "''",
        "3",
        "007",
        "3.5",
        "1u",
        "0x1f",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "-",
        "+",
        "?",
        ":",
        ".",
        "[0]",
        "'",
        "r'x'",
        "if",
        "steps.if.x",
        " ",
        "  ",
        "\t",
        "\n",
        "size(x)",
        "a.b.c(1)",
        "in_x",
        "inx",
        "_",
        "a1",
        "1a",
        "x.1",
        "{}",
        "&",
        "|",
        "=",
        "\"\"\"",
        "'''",
        "\\",
        "ü",
        "a.type",
        "as",
    ];
    // A generator of its own, so that the same texts are tried everywhere.
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap() % below
    };
    let (mut read, mut valid) = (0, 0);
    for round in 0..1_500 {
        let mut source = String::new();
        for place in 0..=next(7) {
            // Every other sign joins two values, so that many of the texts mean something.
            let range = if place % 2 == 1 && next(4) > 0 {
                16..22
            } else {
                0..words.len()
            };
            source.push_str(words[range.start + next(range.len())]);
            if next(3) > 0 {
                source.push(' ');
            }
        }
        if source.trim().is_empty() {
            continue;
        }
        let expected = by_cel(&source);
        valid += usize::from(expected.is_ok());
        if let Some(found) = simple::read(&source) {
            read += 1;
            assert_eq!(Ok(found), expected, "round {round}: {source:?}");
        }
    }
    assert!(read > 50, "only {read} of {valid} were read without CEL");
}

#[test]
fn the_usual_expressions_need_no_cel_until_they_are_worked_out() {
    for source in [
        "inputs.size",
        " inputs.size == 'large' || environment.name == 'production'",
        "inputs.size == 'small' || steps.step_1.outputs.count > 2",
        "!(inputs.a && !inputs.b)",
        "steps.a.status == \"failed\"",
        "'x' in inputs.list",
        "true",
        "inputs.n >= 10 && each != null",
    ] {
        let before = work::so_far();
        let expression = Expression::parse(source).unwrap();
        let after = work::so_far();
        assert_eq!(after.expressions, before.expressions + 1, "{source}");
        assert_eq!(after.by_cel, before.by_cel, "{source} was given to CEL");
        assert_eq!(
            Ok((expression.references(), expression.parsed.is_path)),
            by_cel(source)
        );
    }
    // Worked out twice, read by CEL once.
    let expression = Expression::parse("inputs.size == 'large'").unwrap();
    let before = work::so_far().by_cel;
    for _ in 0..2 {
        assert_eq!(expression.evaluate(&scope()), Ok(json!(true)));
    }
    assert_eq!(work::so_far().by_cel, before + 1);
}
