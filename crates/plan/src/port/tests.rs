use std::collections::BTreeSet;

use podium_model::expression::{Expression, Scope};
use serde_json::{Value, json};

use super::Port;
use super::kind::Kind;

fn port(schema: &Value) -> Port {
    Port::of_schema(schema)
}

#[test]
fn every_kind_has_words_of_its_own() {
    let kinds: Vec<_> = Kind::all().map(|(_, kind)| kind).collect();
    let words: BTreeSet<_> = kinds.iter().map(|kind| kind.words()).collect();
    let plurals: BTreeSet<_> = kinds.iter().map(|kind| kind.plural()).collect();
    assert_eq!(words.len(), plurals.len());
    assert!(!words.contains("a text"));
    for (name, kind) in Kind::all() {
        let by_hint = port(&json!({"type": "string", "x-podium-kind": name}));
        let by_format = port(&json!({"type": "string", "format": name}));
        assert_eq!(by_hint.words(), kind.words());
        assert_eq!(by_format.words(), kind.words());
    }
}

#[test]
fn there_are_far_more_than_twelve_types_and_each_says_what_it_is() {
    let text = |format: &str| json!({"type": "string", "format": format});
    let types = [
        (json!({"type": "string"}), "a text"),
        (json!({"type": "number"}), "a number"),
        (json!({"type": "integer"}), "a whole number"),
        (json!({"type": "boolean"}), "true or false"),
        (json!({"type": "array"}), "a list"),
        (json!({"type": "object"}), "a map"),
        (
            json!({"enum": ["small", "large"]}),
            "one of “small”, “large”",
        ),
        (text("file"), "a file path"),
        (text("directory"), "a folder path"),
        (text("uri"), "a web address"),
        (text("hostname"), "a host name"),
        (text("host-list"), "a list of hosts"),
        (text("ipv4"), "an IP address"),
        (text("cidr"), "a range of IP addresses (CIDR)"),
        (text("date-time"), "a date with a time"),
        (text("date"), "a date"),
        (text("duration"), "a duration"),
        (text("json"), "a JSON text"),
        (text("yaml"), "a YAML text"),
        (text("region"), "a region"),
        (text("email"), "a mail address"),
        (
            json!({"type": "array", "items": {"type": "integer"}}),
            "a list of whole numbers",
        ),
        (
            json!({"type": "array", "items": text("hostname")}),
            "a list of host names",
        ),
        (json!({"type": ["string", "array"]}), "a text or a list"),
    ];
    for (schema, words) in types {
        assert_eq!(port(&schema).words(), words);
        assert!(
            !port(&schema).refuses(&port(&schema)),
            "{words} into itself"
        );
    }
}

#[test]
fn what_is_not_known_is_not_refused() {
    for schema in [
        json!({"type": "string"}),
        json!({"type": "string", "format": "a-format-of-tomorrow"}),
        json!({}),
    ] {
        for kind in [
            "directory",
            "uri",
            "hostname",
            "cidr",
            "date-time",
            "duration",
            "region",
        ] {
            let known = json!({"type": "string", "format": kind});
            assert!(!port(&schema).refuses(&port(&known)));
            assert!(!port(&known).refuses(&port(&schema)));
        }
    }
}

#[test]
fn a_kind_flows_into_what_it_also_is() {
    for (given, wanted, fits) in [
        ("file", "path", true),
        ("path", "directory", true),
        ("file", "directory", false),
        ("ipv4", "hostname", true),
        ("hostname", "uri", false),
        ("uri", "directory", false),
        ("date-time", "duration", false),
        ("date", "date-time", false),
        ("json", "yaml", true),
        ("region", "hostname", false),
    ] {
        let refused = port(&json!({"type": "string", "format": given})).refuses(&port(
            &json!({"type": ["string", "null"], "format": wanted}),
        ));
        assert_eq!(refused, !fits, "{given} into {wanted}");
    }
    // An inventory is a list of hosts, or the file that lists them.
    let inventory = json!({"type": ["string", "array", "object"], "x-podium-kind": "host-list"});
    assert!(!port(&json!({"type": "string", "x-podium-kind": "file"})).refuses(&port(&inventory)));
}

#[test]
fn choices_without_one_in_common_do_not_fit() {
    let given = port(&json!({"enum": ["red", "green"]}));
    assert!(given.refuses(&port(&json!({"enum": ["small", "large"]}))));
    assert!(!given.refuses(&port(&json!({"enum": ["green", "blue"]}))));
    assert!(!given.refuses(&port(&json!({"type": "string"}))));
}

#[test]
fn lists_are_held_against_each_other_by_what_is_in_them() {
    let list = |items: Value| port(&json!({"type": "array", "items": items}));
    assert!(list(json!({"type": "integer"})).refuses(&list(json!({"type": "string"}))));
    assert!(!list(json!({"type": "string"})).refuses(&list(json!({"type": "string"}))));
    assert!(!port(&json!({"type": "array"})).refuses(&list(json!({"type": "string"}))));
}

#[test]
fn what_a_converter_gives_is_what_the_input_takes() {
    let text = |kind: &str| json!({"type": "string", "format": kind});
    for (given, value, wanted, expression, gives) in [
        (
            json!({"type": "integer"}),
            json!(7),
            json!({"type": "string"}),
            "string(X)",
            json!("7"),
        ),
        (
            json!({"type": "boolean"}),
            json!(true),
            json!({"type": "string"}),
            "string(X)",
            json!("true"),
        ),
        (
            json!({"type": "string"}),
            json!("7"),
            json!({"type": "integer"}),
            "int(X)",
            json!(7),
        ),
        (
            json!({"type": "string"}),
            json!("7.5"),
            json!({"type": "number"}),
            "double(X)",
            json!(7.5),
        ),
        (
            json!({"type": "array"}),
            json!(["a", "b"]),
            json!({"type": "string"}),
            "X[0]",
            json!("a"),
        ),
        (
            json!({"type": "array"}),
            json!(["a", "b"]),
            json!({"type": "integer"}),
            "X[0]",
            json!("a"),
        ),
        (
            json!({"type": "string"}),
            json!("a"),
            json!({"type": "array"}),
            "[X]",
            json!(["a"]),
        ),
        (
            json!({"type": "array"}),
            json!([]),
            json!({"type": "boolean"}),
            "size(X) > 0",
            json!(false),
        ),
        (
            json!({"type": "integer"}),
            json!(0),
            json!({"type": "boolean"}),
            "X != 0",
            json!(false),
        ),
        (
            json!({"type": "object"}),
            json!({"a": 1}),
            json!({"type": "array"}),
            "X.map(name, name)",
            json!(["a"]),
        ),
        (
            json!({"type": "integer"}),
            json!(30),
            text("duration"),
            "string(X) + 's'",
            json!("30s"),
        ),
        (
            text("uri"),
            json!("https://shop.example:8443/a/b"),
            text("hostname"),
            "X.split('://')[1].split('/')[0].split(':')[0]",
            json!("shop.example"),
        ),
        (
            text("hostname"),
            json!("shop.example"),
            text("uri"),
            "'http://' + X",
            json!("http://shop.example"),
        ),
        (
            text("ipv4"),
            json!("10.0.0.1"),
            text("cidr"),
            "X + '/32'",
            json!("10.0.0.1/32"),
        ),
        (
            text("cidr"),
            json!("10.0.0.0/8"),
            text("ipv4"),
            "X.split('/')[0]",
            json!("10.0.0.0"),
        ),
        (
            text("email"),
            json!("a@shop.example"),
            text("hostname"),
            "X.split('@')[1]",
            json!("shop.example"),
        ),
        (
            text("date-time"),
            json!("2030-01-31T18:00:00Z"),
            text("date"),
            "X.split('T')[0]",
            json!("2030-01-31"),
        ),
        (
            text("date"),
            json!("2030-01-31"),
            text("date-time"),
            "X + 'T00:00:00Z'",
            json!("2030-01-31T00:00:00Z"),
        ),
        (
            json!({"type": "array", "items": {"type": "integer"}}),
            json!([1, 2]),
            json!({"type": "array", "items": {"type": "string"}}),
            "X.map(one, string(one))",
            json!(["1", "2"]),
        ),
        (
            text("uri"),
            json!("http://a/b"),
            json!({"type": "array", "items": text("hostname")}),
            "[X.split('://')[1].split('/')[0].split(':')[0]]",
            json!(["a"]),
        ),
    ] {
        let path = "inputs.it";
        let (from, to) = (port(&given), port(&wanted));
        assert!(from.refuses(&to), "{given} into {wanted}");
        let found = from.converters(&to, path);
        assert_eq!(
            found[0].expression,
            expression.replace('X', path),
            "{given} into {wanted}"
        );
        let scope = Scope {
            inputs: json!({"it": value}),
            ..Scope::default()
        };
        for one in &found {
            let read = Expression::parse(&one.expression).expect(&one.expression);
            read.evaluate(&scope)
                .unwrap_or_else(|error| panic!("{}: {error:?}", one.expression));
        }
        let value = Expression::parse(&found[0].expression).expect(expression);
        assert_eq!(value.evaluate(&scope), Ok(gives));
    }
}
