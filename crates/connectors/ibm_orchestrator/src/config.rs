//! Inputs as typed, and parameters as Orchestrator takes them.

use std::collections::BTreeMap;

use podium_connector::{Inputs, Problem, StepRequest};
use podium_diagnostics::Result;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The inputs of `ibm-orchestrator/launch`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    pub(crate) offering: String,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) parameter_type: Option<String>,
    pub(crate) instance_type: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) undo: Option<Undoing>,
}

/// The offering that takes it back.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, serde::Serialize)]
#[serde(default)]
pub(crate) struct Undoing {
    pub(crate) offering: String,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) parameter_type: Option<String>,
    /// The parameter that takes the id of what was made.
    pub(crate) instance_parameter: Option<String>,
}

/// Reads inputs that passed the schema.
pub(crate) fn read(inputs: &Inputs) -> Result<Config> {
    inputs.read()
}

/// As [`read`], with what is known later named so.
pub(crate) fn read_partial(inputs: &Inputs) -> Result<Config> {
    let mut config = read(inputs)?;
    let mut parameters: BTreeMap<String, Value> = config.parameters.into_iter().collect();
    inputs.fill_later("/parameters", &mut parameters);
    config.parameters = parameters.into_iter().collect();
    Ok(config)
}

/// Whether a text may be the name of an element.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text
            .chars()
            .all(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.'))
        && !text.to_ascii_lowercase().starts_with("xml")
}

/// What is wrong beyond the schema.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut found = |field: String, message: String, hint: &str| {
        problems.push(Problem {
            field,
            message,
            hint: Some(hint.to_owned()),
            fatal: true,
        });
    };
    let inputs = &request.inputs;
    if inputs
        .text("offering")
        .is_some_and(|text| text.trim().is_empty())
    {
        found(
            "/offering".into(),
            "No offering is named.".into(),
            "Choose one from the list.",
        );
    }
    for (place, map) in [
        ("/parameters", inputs.get("parameters")),
        (
            "/undo/parameters",
            inputs.get("undo").and_then(|undo| undo.get("parameters")),
        ),
    ] {
        for name in map
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
        {
            if !is_name(name) {
                found(
                    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")),
                    format!("`{name}` cannot be the name of a parameter."),
                    "Letters, digits, `_`, `-` and `.`, beginning with a letter.",
                );
            }
        }
    }
    if inputs.get("instance").is_some()
        && inputs.get("instance_type").is_none()
        && !inputs.is_unknown_in(&["/instance_type"])
    {
        found(
            "/instance_type".into(),
            "An instance is named, and not of which type it is.".into(),
            "Choose the type of the instance.",
        );
    }
    problems
}

/// The operation's parameter as text in XML, which mirrors the input object of the process. The form is
/// taken from the vendor's example (unconfirmed in its details): an element per field with its type.
pub(crate) fn operation_parameter(kind: &str, parameters: &Map<String, Value>) -> String {
    let mut xml = format!("<variable type=\"{}\">", attribute(kind));
    for (name, value) in parameters {
        element(&mut xml, name, value);
    }
    xml.push_str("</variable>");
    xml
}

fn element(xml: &mut String, name: &str, value: &Value) {
    let open = |xml: &mut String, kind: &str| {
        xml.push('<');
        xml.push_str(name);
        xml.push_str(" type=\"");
        xml.push_str(kind);
        xml.push_str("\">");
    };
    match value {
        Value::Null => return,
        Value::Object(map) => {
            open(xml, "Object");
            for (name, value) in map {
                element(xml, name, value);
            }
        }
        Value::Array(items) => {
            open(xml, "List");
            for item in items {
                element(xml, "item", item);
            }
        }
        Value::Bool(flag) => {
            open(xml, "Boolean");
            xml.push_str(if *flag { "true" } else { "false" });
        }
        Value::Number(number) => {
            open(
                xml,
                if number.is_f64() {
                    "Decimal"
                } else {
                    "Integer"
                },
            );
            xml.push_str(&number.to_string());
        }
        Value::String(text) => {
            open(xml, "String");
            xml.push_str("<![CDATA[");
            // The end mark itself is cut in two.
            xml.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
            xml.push_str("]]>");
        }
    }
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_written_as_the_process_takes_them() {
        let parameters = json!({ "name": "Läden ]]> <x>", "size": 3, "live": true, "disk": { "gb": 1.5 }, "tags": ["a"], "none": null });
        let xml = operation_parameter("Shop\"BO", parameters.as_object().unwrap());
        assert_eq!(
            xml,
            "<variable type=\"Shop&quot;BO\"><name type=\"String\"><![CDATA[Läden ]]]]><![CDATA[> <x>]]></name><size type=\"Integer\">3</size><live type=\"Boolean\">true</live><disk type=\"Object\"><gb type=\"Decimal\">1.5</gb></disk><tags type=\"List\"><item type=\"String\"><![CDATA[a]]></item></tags></variable>"
        );
    }
}
