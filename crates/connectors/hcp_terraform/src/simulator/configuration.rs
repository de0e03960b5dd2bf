//! Reads an uploaded folder: enough of Terraform's language for practice — resources with plain
//! attributes, variables with defaults, outputs.

use std::io::Read as _;

use podium_tfplan::practice::{Output, Part, Template};
use serde_json::{Map, Value};

/// The template in a `tar.gz`; nothing where it is none.
pub(super) fn read(packed: &[u8]) -> Option<Template> {
    let mut template = Template::default();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
    for entry in archive.entries().ok()? {
        let mut entry = entry.ok()?;
        let path = entry.path().ok()?.to_string_lossy().into_owned();
        let ends = std::path::Path::new(&path)
            .extension()
            .is_some_and(|end| end == "tf");
        if ends {
            let mut text = String::new();
            entry.read_to_string(&mut text).ok()?;
            file(&text, &mut template);
        }
    }
    Some(template)
}

fn file(text: &str, template: &mut Template) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        let Some(head) = line.strip_suffix('{').map(str::trim).or_else(|| {
            line.split_once('{')
                .filter(|(_, rest)| rest.trim_end().ends_with('}'))
                .map(|(head, _)| head.trim())
        }) else {
            continue;
        };
        let mut attributes = Map::new();
        let inline = line
            .split_once('{')
            .and_then(|(_, rest)| rest.trim_end().strip_suffix('}'));
        if let Some(inline) = inline {
            attributes.extend(attribute(inline));
        } else {
            let mut depth = 1;
            for line in lines.by_ref() {
                let line = line.trim();
                depth += line.matches('{').count();
                depth = depth.saturating_sub(line.matches('}').count());
                if depth == 0 {
                    break;
                }
                if depth == 1 {
                    attributes.extend(attribute(line));
                }
            }
        }
        let words: Vec<&str> = head
            .split_whitespace()
            .map(|word| word.trim_matches('"'))
            .collect();
        match words.as_slice() {
            ["resource", kind, name] => template.parts.push(Part {
                address: format!("{kind}.{name}"),
                attributes,
                ..Part::default()
            }),
            ["variable", name] => {
                let default = attributes.remove("default").unwrap_or(Value::Null);
                template.variables.insert((*name).to_owned(), default);
            }
            ["output", name] => {
                let sensitive = attributes.get("sensitive") == Some(&Value::Bool(true));
                let value = attributes.remove("value").unwrap_or(Value::Null);
                template
                    .outputs
                    .insert((*name).to_owned(), Output { value, sensitive });
            }
            _ => {}
        }
    }
}

/// `name = value`, where the value is a text, a number, a word or a reference.
fn attribute(line: &str) -> Option<(String, Value)> {
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || value.starts_with(['{', '[']) || name.starts_with('#') {
        return None;
    }
    let value =
        serde_json::from_str(value).unwrap_or_else(|_| Value::String(format!("${{{value}}}")));
    Some((name.to_owned(), value))
}

/// The value of a run's variable, which is an expression.
pub(super) fn value_of(expression: &str) -> Value {
    fn plain(value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace("$${", "${").replace("%%{", "%{")),
            Value::Array(items) => items.into_iter().map(plain).collect(),
            Value::Object(map) => map
                .into_iter()
                .map(|(name, value)| (name, plain(value)))
                .collect(),
            other => other,
        }
    }
    serde_json::from_str(expression).map_or_else(|_| Value::String(expression.to_owned()), plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn resources_variables_and_outputs_are_read() {
        let mut template = Template::default();
        file(
            "variable \"branch\" {\n  type = string\n}\nvariable \"n\" { default = 3 }\n\nresource \"aws_vpc\" \"shop\" {\n  name = \"shop-${var.branch}\"\n  n = var.n\n  tags = {\n    a = 1\n  }\n}\noutput \"id\" {\n  value = aws_vpc.shop.id\n}\n",
            &mut template,
        );
        assert_eq!(template.variables["n"], json!(3));
        assert_eq!(template.parts[0].address, "aws_vpc.shop");
        assert_eq!(
            template.parts[0].attributes,
            *json!({ "name": "shop-${var.branch}", "n": "${var.n}" })
                .as_object()
                .unwrap()
        );
        assert_eq!(template.outputs["id"].value, json!("${aws_vpc.shop.id}"));
    }
}
