//! JSON Schemas (2020-12) of the files, so that editors complete and check them. Printed by
//! `podium schema KIND`, and committed under `docs/schemas/`.
//!
//! They are made from the types; what the text form has beyond them (short forms, expressions where a
//! value belongs, keys of others) is put right here by hand.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::parse::IDENTITY_WORDS;
use crate::{Document, Environment, Schedule, Workspace};

/// Steps and inputs: one path segment in an expression.
const IDENTIFIER: &str = "^[a-z][a-z0-9_]{0,63}$";
/// Environments, credentials and slots: safe as a file name.
const FILE_NAME: &str = "^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$";
const OPERATION: &str = "^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$";

/// The schema of `workflows/NAME.yaml`.
pub fn workflow() -> Value {
    let mut schema = of::<Document>("workflow", "A workflow of Podium");
    require(&mut schema, &["podium"]);
    set(
        &mut schema,
        "/properties/podium",
        json!({ "const": 1, "description": "The version of the format." }),
    );
    for names in ["inputs", "steps", "outputs"] {
        set(
            &mut schema,
            &format!("/properties/{names}/propertyNames"),
            json!({ "pattern": IDENTIFIER }),
        );
    }
    set(
        &mut schema,
        "/properties/inputs/additionalProperties",
        json!({
            "description": "A JSON Schema (2020-12) of what may be given.",
            "type": ["object", "null"],
            "properties": {
                "when": {
                    "description": "Bare CEL over the other inputs, for example `inputs.size == 'large'`: \
                                    when this one is asked for. Where it is not, it has its default, or \
                                    nothing, and is not needed.",
                    "type": ["string", "boolean"],
                },
            },
        }),
    );
    set(
        &mut schema,
        "/properties/credentials/propertyNames",
        json!({ "pattern": FILE_NAME }),
    );
    set(
        &mut schema,
        "/$defs/OperationName/pattern",
        json!(OPERATION),
    );
    set(&mut schema, "/$defs/StepId/pattern", json!(IDENTIFIER));

    require_in(&mut schema, "/$defs/Step", &["uses"]);
    let step = "/$defs/Step/properties";
    describe(
        &mut schema,
        &format!("{step}/needs"),
        json!({
            "type": "array",
            "items": { "anyOf": [
                { "$ref": "#/$defs/StepId", "description": "It must have succeeded." },
                { "$ref": "#/$defs/Need" },
            ] },
        }),
    );
    require_in(&mut schema, "/$defs/Need", &["step"]);
    describe(
        &mut schema,
        &format!("{step}/join"),
        json!({ "anyOf": [{ "enum": ["all", "any"] }, { "type": "integer", "minimum": 1 }] }),
    );
    describe(
        &mut schema,
        &format!("{step}/if"),
        json!({ "type": ["string", "boolean"] }),
    );
    describe(
        &mut schema,
        &format!("{step}/for_each"),
        json!({ "type": ["string", "array"] }),
    );
    describe(
        &mut schema,
        &format!("{step}/max_parallel"),
        json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000 }),
    );
    describe(
        &mut schema,
        &format!("{step}/undo"),
        json!({ "anyOf": [
            { "$ref": "#/$defs/UndoStep" },
            { "type": "array", "items": { "$ref": "#/$defs/UndoStep" } },
        ] }),
    );
    require_in(&mut schema, "/$defs/UndoStep", &["uses"]);
    require_in(&mut schema, "/$defs/RetryRule", &["attempts"]);
    set(
        &mut schema,
        "/$defs/RetryRule/properties/attempts/minimum",
        json!(1),
    );
    set(
        &mut schema,
        "/$defs/RetryRule/properties/attempts/maximum",
        json!(1_000),
    );
    set(
        &mut schema,
        "/$defs/RetryRule/properties/factor/minimum",
        json!(1),
    );
    set(
        &mut schema,
        "/$defs/RetryRule/properties/factor/maximum",
        json!(100),
    );
    tidy(&mut schema);
    schema
}

/// The schema of `environments/NAME.yaml`.
pub fn environment() -> Value {
    let mut schema = of::<Environment>("environment", "An environment of Podium");
    set(
        &mut schema,
        "/$defs/CredentialName/pattern",
        json!(FILE_NAME),
    );
    let days = json!({
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
    });
    for (kind, key) in [("Window", "window"), ("Freeze", "freeze")] {
        describe(
            &mut schema,
            &format!("/$defs/{kind}/properties/days"),
            days.clone(),
        );
        let one = json!({ "$ref": format!("#/$defs/{kind}") });
        describe(
            &mut schema,
            &format!("/$defs/Protection/properties/{key}"),
            json!({ "anyOf": [one, { "type": "array", "items": one }] }),
        );
    }
    let value = json!({ "anyOf": [
        { "type": ["string", "integer"] },
        { "type": "array", "items": { "type": ["string", "integer"] } },
    ] });
    let words: Map<String, Value> = IDENTITY_WORDS
        .iter()
        .map(|word| ((*word).to_owned(), value.clone()))
        .collect();
    set(
        &mut schema,
        "/properties/expect/additionalProperties",
        json!({ "anyOf": [
            { "type": ["string", "integer"], "description": "The account, whatever the system calls it." },
            { "type": "array", "items": { "type": ["string", "integer"] } },
            {
                "type": "object",
                "properties": words,
                "additionalProperties": value,
            },
        ] }),
    );
    tidy(&mut schema);
    schema
}

/// The schema of `schedules/NAME.yaml`.
pub fn schedule() -> Value {
    let mut schema = of::<Schedule>("schedule", "A schedule of Podium");
    require(
        &mut schema,
        &["workflow", "environment", "cron", "time_zone"],
    );
    describe(
        &mut schema,
        "/properties/environment",
        json!({ "type": "string", "pattern": FILE_NAME }),
    );
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        definitions.shift_remove("EnvironmentName");
    }
    set(
        &mut schema,
        "/properties/workflow/pattern",
        json!(r"^[^/\\]+$"),
    );
    set(
        &mut schema,
        "/properties/cron/examples",
        json!(["0 2 * * *", "*/15 8-18 * * MON-FRI", "0 6 L * *", "@daily"]),
    );
    set(
        &mut schema,
        "/properties/cron/pattern",
        json!(r"^\s*(\S+(\s+\S+){4}|@[A-Za-z]+)\s*$"),
    );
    set(
        &mut schema,
        "/properties/time_zone/examples",
        json!(["Europe/Berlin", "America/New_York", "UTC"]),
    );
    tidy(&mut schema);
    schema
}

/// The schema of `podium.yaml`.
pub fn workspace() -> Value {
    let mut schema = of::<Workspace>("workspace", "A workspace of Podium");
    require(&mut schema, &["podium"]);
    set(
        &mut schema,
        "/properties/podium",
        json!({ "const": 1, "description": "The version of the format." }),
    );
    set(
        &mut schema,
        "/$defs/EnvironmentName/pattern",
        json!(FILE_NAME),
    );
    tidy(&mut schema);
    schema
}

/// A schema from a type, with a name and a title. For the documents that other crates publish.
pub fn of<T: JsonSchema>(kind: &str, title: &str) -> Value {
    let schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    set(&mut schema, "/title", json!(title));
    set(
        &mut schema,
        "/$id",
        json!(format!("https://podium.invalid/schemas/{kind}.json")),
    );
    tidy(&mut schema);
    schema
}

/// Sets the value at a pointer; what stands above it must be there.
fn set(schema: &mut Value, pointer: &str, value: Value) {
    let (above, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    if let Some(Value::Object(above)) = schema.pointer_mut(above) {
        above.insert(name.to_owned(), value);
    }
}

/// Replaces the schema of a property and keeps its description.
fn describe(schema: &mut Value, pointer: &str, mut value: Value) {
    let description = schema.pointer(&format!("{pointer}/description")).cloned();
    if let (Some(description), Value::Object(value)) = (description, &mut value) {
        value.insert("description".to_owned(), description);
    }
    set(schema, pointer, value);
}

fn require(schema: &mut Value, names: &[&str]) {
    set(schema, "/required", json!(names));
}

fn require_in(schema: &mut Value, pointer: &str, names: &[&str]) {
    set(schema, &format!("{pointer}/required"), json!(names));
}

/// Removes `unknown`, which collects keys that are not known, and formats that only Rust means.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                let collects = properties.get("unknown").is_some_and(|unknown| {
                    unknown.get("description").is_some_and(|text| {
                        text.as_str()
                            .is_some_and(|text| text.starts_with("Keys that this version"))
                    })
                });
                if collects {
                    properties.shift_remove("unknown");
                }
            }
            let rust = ["uint32", "uint64", "int64", "double"];
            if map
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(|format| rust.contains(&format))
            {
                map.shift_remove("format");
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Every schema of this crate by kind.
pub fn all() -> Map<String, Value> {
    Map::from_iter([
        ("workflow".to_owned(), workflow()),
        ("environment".to_owned(), environment()),
        ("schedule".to_owned(), schedule()),
        ("workspace".to_owned(), workspace()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{parse_environment, parse_schedule, parse_workflow};

    fn errors(schema: &Value, text: &str) -> Vec<String> {
        let (map, _) = crate::tree::read("x.yaml", text.as_bytes());
        let value = map.unwrap().root().to_value();
        let checker = jsonschema::validator_for(schema).unwrap();
        checker
            .iter_errors(&value)
            .map(|error| format!("{} {error}", error.instance_path().as_str()))
            .collect()
    }

    #[test]
    fn what_the_parser_takes_the_schema_takes() {
        let text = concat!(
            "podium: 1\nname: x\nx-other: 1\ninputs: { a: { type: string }, b: }\ncredentials: { c: { type: aws } }\nsteps:\n",
            "  a:\n    uses: terraform/apply\n    needs: [b, { step: c, on: always }]\n    join: 2\n    if: true\n    for_each: [1]\n",
            "    retry: { attempts: 3, backoff: 2s }\n    timeout: 2m\n    undo: { uses: a/b }\n    colour: red\n",
            "  b: { uses: a/b, undo: [{ uses: a/b, with: {} }], join: any, for_each: inputs.x, on_error: ask, off: true }\n",
            "  c: { uses: a/b, with: { x: \"${{ inputs.a }}\" }, credentials: { aws: c } }\noutputs: { u: \"${{ run.id }}\" }\n",
        );
        assert!(!parse_workflow("w.yaml", text.as_bytes()).has_errors());
        assert_eq!(errors(&workflow(), text), Vec::<String>::new());
        let text = "order: 1\nvars: { a: 1 }\ncredentials: { c: acme }\nprotect: { approval: true, confirm: type-name, time_zone: UTC, window: [{ days: mon-thu, from: \"09:00\" }], freeze: { days: [fri, sat], because: x }, override: true }\nexpect: { c: { cluster: [a, 7], x-own: b } }\npractice: true\n";
        assert!(!parse_environment("e.yaml", text.as_bytes()).has_errors());
        assert_eq!(errors(&environment(), text), Vec::<String>::new());
        let text = "title: Ä\nworkflow: care\nenvironment: play\ninputs: { a: 1 }\ncron: \"0 2 * * *\"\ntime_zone: Europe/Berlin\nmissed: skip\noff: true\nx-y: 1\n";
        assert!(!parse_schedule("s.yaml", text.as_bytes()).has_errors());
        assert_eq!(errors(&schedule(), text), Vec::<String>::new());
        let text = "podium: 1\nname: x\ntools: { terraform: \">=1\" }\ndefault_environment: play\n";
        assert_eq!(errors(&workspace(), text), Vec::<String>::new());
    }

    #[test]
    fn what_the_parser_refuses_the_schema_refuses() {
        for text in [
            "name: x\nsteps: {}\n",
            "podium: 2\n",
            "podium: 1\nsteps: []\n",
            "podium: 1\nsteps: { my-step: { uses: a/b } }\n",
            "podium: 1\nsteps: { a: { uses: a } }\n",
            "podium: 1\nsteps: { a: {} }\n",
            "podium: 1\nsteps: { a: { uses: a/b, needs: b } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, needs: [{ on: failure }] } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, needs: [{ step: b, on: fail }] } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, join: some } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, timeout: 30 } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, timeout: 30 seconds } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, retry: { attempts: 0 } } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, off: maybe } }\n",
            "podium: 1\nsteps: { a: { uses: a/b, undo: [{}] } }\n",
            "podium: 1\ninputs: { a: string }\n",
        ] {
            assert!(
                parse_workflow("w.yaml", text.as_bytes()).has_errors(),
                "{text}"
            );
            assert!(!errors(&workflow(), text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_no_schedule_the_schema_refuses_as_well() {
        let good = [
            "workflow: care",
            "environment: play",
            "cron: \"0 2 * * *\"",
            "time_zone: UTC",
        ];
        for wrong in [
            "",
            "workflow: a/b",
            "environment: \"a b\"",
            "cron: \"0 2 * *\"",
            "missed: maybe",
            "off: maybe",
            "inputs: []",
        ] {
            let key = wrong.split(':').next().unwrap_or_default();
            let mut lines: Vec<&str> = good
                .into_iter()
                .filter(|line| !line.starts_with(key) || key.is_empty())
                .collect();
            if key.is_empty() {
                lines.pop();
            } else {
                lines.push(wrong);
            }
            let text = lines.join("\n") + "\n";
            assert!(
                parse_schedule("s.yaml", text.as_bytes()).has_errors(),
                "{text}"
            );
            assert!(!errors(&schedule(), &text).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_committed_schemas_are_fresh() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
        for (kind, schema) in all() {
            let path = folder.join(format!("{kind}.json"));
            let text = format!("{schema:#}\n");
            if std::env::var_os("PODIUM_BLESS").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, text, "run this test with PODIUM_BLESS=1");
        }
    }
}
