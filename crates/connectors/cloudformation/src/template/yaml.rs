//! YAML with CloudFormation's short forms (`!Ref`, `!Sub`, `!GetAtt a.b`) as JSON.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

/// Deeper documents are refused.
const DEPTH: usize = 100;
/// More nodes than this are refused: aliases can make a short text very large.
const NODES: usize = 200_000;

struct Open {
    value: Value,
    key: Option<String>,
    tag: Option<String>,
    anchor: usize,
}

/// Reads one document. Fails with the reason and the line.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Value> = HashMap::new();
    let mut nodes = 0_usize;
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        let line = span.start.line();
        let finished = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = name_of(tag.as_deref());
                let value = scalar(&text, style, tag.as_deref());
                keep(&mut anchors, anchor, &value);
                value
            }
            Event::Alias(id) => {
                let value = anchors
                    .get(&id)
                    .cloned()
                    .ok_or(format!("an unknown alias in line {line}"))?;
                nodes += size(&value);
                value
            }
            Event::SequenceStart(_, anchor, tag) => {
                push(
                    &mut open,
                    Value::Array(Vec::new()),
                    anchor,
                    tag.as_deref(),
                    line,
                )?;
                continue;
            }
            Event::MappingStart(_, anchor, tag) => {
                push(
                    &mut open,
                    Value::Object(Map::new()),
                    anchor,
                    tag.as_deref(),
                    line,
                )?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(done) = open.pop() else { continue };
                let value = match done.tag {
                    Some(tag) => tagged(&tag, done.value),
                    None => done.value,
                };
                keep(&mut anchors, done.anchor, &value);
                value
            }
            Event::DocumentStart(..) if root.is_some() => {
                return Err(format!("a second document begins in line {line}"));
            }
            _ => continue,
        };
        nodes += 1;
        if nodes > NODES {
            return Err("it is too large".into());
        }
        let Some(parent) = open.last_mut() else {
            root = Some(finished);
            continue;
        };
        match &mut parent.value {
            Value::Array(list) => list.push(finished),
            Value::Object(map) => match parent.key.take() {
                None => match finished {
                    Value::String(key) => parent.key = Some(key),
                    Value::Number(_) | Value::Bool(_) => parent.key = Some(finished.to_string()),
                    _ => return Err(format!("a key that is no text in line {line}")),
                },
                Some(key) => {
                    if map.contains_key(&key) {
                        return Err(format!(
                            "the key `{key}` stands twice, again in line {line}"
                        ));
                    }
                    map.insert(key, finished);
                }
            },
            _ => {}
        }
    }
    root.ok_or_else(|| "it is empty".into())
}

fn push(
    open: &mut Vec<Open>,
    value: Value,
    anchor: usize,
    tag: Option<&Tag>,
    line: usize,
) -> Result<(), String> {
    if open.len() >= DEPTH {
        return Err(format!("it is nested too deep in line {line}"));
    }
    open.push(Open {
        value,
        key: None,
        tag: name_of(tag),
        anchor,
    });
    Ok(())
}

fn keep(anchors: &mut HashMap<usize, Value>, anchor: usize, value: &Value) {
    if anchor != 0 {
        anchors.insert(anchor, value.clone());
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// The name of a local tag such as `!Ref`; core tags (`!!str`) keep their own meaning.
fn name_of(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    Some(match tag.core_suffix() {
        Some(core) => format!("!!{core}"),
        None => tag.suffix().to_owned(),
    })
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&str>) -> Value {
    match tag {
        Some("!!str") => Value::from(text),
        Some(tag) if !tag.starts_with("!!") && !tag.is_empty() => tagged(tag, Value::from(text)),
        _ if style != ScalarStyle::Plain => Value::from(text),
        _ => match text {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text => number(text).unwrap_or_else(|| Value::from(text)),
        },
    }
}

/// Numbers that read back as they were written; others (`2010-09-09`, `0123`, `1.10`) stay text.
fn number(text: &str) -> Option<Value> {
    let value: serde_json::Number = text.parse().ok()?;
    (value.to_string() == text).then_some(Value::Number(value))
}

fn tagged(tag: &str, value: Value) -> Value {
    let (key, value) = match (tag, value) {
        ("Ref" | "Condition", value) => (tag.to_owned(), value),
        ("GetAtt", Value::String(text)) => {
            let parts = match text.split_once('.') {
                Some((id, attribute)) => vec![Value::from(id), Value::from(attribute)],
                None => vec![Value::from(text)],
            };
            ("Fn::GetAtt".to_owned(), Value::Array(parts))
        }
        (tag, value) if tag.starts_with("!!") => return value,
        (tag, value) => (format!("Fn::{tag}"), value),
    };
    Value::Object([(key, value)].into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_values_read_as_people_mean_them() {
        let value = parse(
            "a: 2010-09-09\nb: 3\nc: '3'\nd: true\ne: 0123\nf: ~\ng: 1.10\n80: x\nh: !!str 5\n",
        )
        .unwrap();
        assert_eq!(
            value,
            json!({ "a": "2010-09-09", "b": 3, "c": "3", "d": true, "e": "0123", "f": null, "g": "1.10", "80": "x", "h": "5" })
        );
        assert_eq!(
            parse("{\"a\": [1, {\"b\": null}]}").unwrap(),
            json!({ "a": [1, { "b": null }] })
        );
        assert_eq!(
            parse("a: &x { k: 1 }\nb: *x").unwrap()["b"],
            json!({ "k": 1 })
        );
    }

    #[test]
    fn bad_documents_are_told_and_bombs_do_not_go_off() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let last = n - 1;
            let ten = vec![format!("*a{last}"); 10].join(", ");
            bomb.extend([
                "a",
                &n.to_string(),
                ": &a",
                &n.to_string(),
                " [",
                &ten,
                "]\n",
            ]);
        }
        for text in [
            "",
            "a: 1\na: 2",
            "a: *b",
            "--- {}\n--- {}",
            &"[".repeat(500),
            &bomb,
        ] {
            assert!(parse(text).is_err(), "{}", &text[..text.len().min(30)]);
        }
    }
}
