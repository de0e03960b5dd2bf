//! Templates worked out: values of properties and outputs, names of things.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::state::{Resource, Version};
use super::{Refused, invalid};
use crate::template::{Template, plain};

/// The account of the practice cloud.
pub(crate) const ACCOUNT: &str = "123456789012";

/// Properties by which a thing is named; another name is another thing.
const NAMES: [&str; 9] = [
    "Name",
    "BucketName",
    "TopicName",
    "QueueName",
    "TableName",
    "RoleName",
    "UserName",
    "FunctionName",
    "LogGroupName",
];

pub(crate) fn is_name(property: &str) -> bool {
    NAMES.contains(&property)
}

/// A fingerprint that stands for a secret value.
pub(crate) fn fingerprint(value: &str) -> String {
    let mut text = String::from("****");
    for byte in &Sha256::digest(value.as_bytes())[..6] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// One stack in one region, as its template sees it.
pub(crate) struct View<'a> {
    pub(crate) template: &'a Template,
    pub(crate) parameters: &'a BTreeMap<String, String>,
    pub(crate) resources: &'a [Resource],
    pub(crate) stack: &'a str,
    pub(crate) stack_id: &'a str,
}

impl View<'_> {
    /// Whether the resource's condition holds.
    pub(crate) fn is_wanted(&self, id: &str) -> bool {
        let condition = &self.template.data["Resources"][id]["Condition"];
        condition.as_str().is_none_or(|name| self.condition(name))
    }

    fn condition(&self, name: &str) -> bool {
        self.holds(&self.template.data["Conditions"][name])
    }

    fn holds(&self, value: &Value) -> bool {
        let Some((key, inner)) = value.as_object().and_then(|map| map.iter().next()) else {
            return value.as_bool().unwrap_or(false);
        };
        let list = inner.as_array().map(Vec::as_slice).unwrap_or_default();
        match (key.as_str(), list) {
            ("Fn::Equals", [a, b]) => plain(&self.value(a)) == plain(&self.value(b)),
            ("Fn::Not", [a]) => !self.holds(a),
            ("Fn::And", all) => all.iter().all(|one| self.holds(one)),
            ("Fn::Or", any) => any.iter().any(|one| self.holds(one)),
            ("Condition", _) => inner.as_str().is_some_and(|name| self.condition(name)),
            _ => false,
        }
    }

    pub(crate) fn value(&self, value: &Value) -> Value {
        let Value::Object(map) = value else {
            return match value {
                Value::Array(list) => list.iter().map(|one| self.value(one)).collect(),
                other => other.clone(),
            };
        };
        let [(key, inner)] = map.iter().collect::<Vec<_>>()[..] else {
            return self.object(map);
        };
        let list = inner.as_array().map(Vec::as_slice).unwrap_or_default();
        match (key.as_str(), list) {
            ("Ref", _) => Value::from(self.named(inner.as_str().unwrap_or_default())),
            ("Fn::GetAtt", [id, attribute]) => {
                Value::from(self.attribute(&plain(id), &plain(attribute)))
            }
            ("Fn::Sub", [text, more]) => Value::from(self.substitute(&plain(text), more)),
            ("Fn::Sub", _) => {
                Value::from(self.substitute(inner.as_str().unwrap_or_default(), &Value::Null))
            }
            ("Fn::Join", [by, parts]) => {
                let parts = self.value(parts);
                let parts: Vec<String> =
                    parts.as_array().into_iter().flatten().map(plain).collect();
                Value::from(parts.join(&plain(by)))
            }
            ("Fn::Select", [at, from]) => {
                let at: usize = plain(&self.value(at)).parse().unwrap_or_default();
                self.value(from).get(at).cloned().unwrap_or_default()
            }
            ("Fn::If", [name, yes, no]) => self.value(if self.condition(&plain(name)) {
                yes
            } else {
                no
            }),
            (key, _) if key.starts_with("Fn::") => Value::from(format!("({key})")),
            _ => self.object(map),
        }
    }

    fn object(&self, map: &Map<String, Value>) -> Value {
        let gone = |value: &Value| value["Ref"] == "AWS::NoValue";
        Value::Object(
            map.iter()
                .filter(|(_, inner)| !gone(inner))
                .map(|(key, inner)| (key.clone(), self.value(inner)))
                .collect(),
        )
    }

    fn named(&self, name: &str) -> String {
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        if let Some(resource) = self.resources.iter().find(|resource| resource.id == name) {
            return resource.physical.clone();
        }
        match name {
            "AWS::Region" => "us-east-1".into(),
            "AWS::AccountId" => ACCOUNT.into(),
            "AWS::StackName" => self.stack.into(),
            "AWS::StackId" => self.stack_id.into(),
            "AWS::Partition" => "aws".into(),
            "AWS::URLSuffix" => "amazonaws.com".into(),
            _ => "{{changeSet:KNOWN_AFTER_APPLY}}".into(),
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> String {
        let Some(resource) = self.resources.iter().find(|resource| resource.id == id) else {
            return "{{changeSet:KNOWN_AFTER_APPLY}}".into();
        };
        if let Some(output) = attribute.strip_prefix("Outputs.") {
            return resource.outputs.get(output).cloned().unwrap_or_default();
        }
        match attribute {
            "Arn" | "TopicArn" if resource.physical.starts_with("arn:") => {
                resource.physical.clone()
            }
            "Arn" => format!("arn:aws:practice:us-east-1:{ACCOUNT}:{}", resource.physical),
            _ => resource
                .properties
                .get(attribute)
                .map_or_else(|| format!("{}.{attribute}", resource.physical), plain),
        }
    }

    fn substitute(&self, text: &str, more: &Value) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let Some((name, after)) = rest[at + 2..].split_once('}') else {
                break;
            };
            if let Some(literal) = name.strip_prefix('!') {
                let _ = write!(out, "${{{literal}}}");
            } else if let Some(value) = more.get(name) {
                out.push_str(&plain(&self.value(value)));
            } else if let Some((id, attribute)) = name.split_once('.') {
                out.push_str(&self.attribute(id, attribute));
            } else {
                out.push_str(&self.named(name));
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    pub(crate) fn properties(&self, id: &str) -> Value {
        self.value(&self.template.data["Resources"][id]["Properties"])
    }

    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        let outputs = self.template.data["Outputs"].as_object();
        outputs
            .into_iter()
            .flatten()
            .filter(|(_, output)| {
                output["Condition"]
                    .as_str()
                    .is_none_or(|name| self.condition(name))
            })
            .map(|(name, output)| (name.clone(), plain(&self.value(&output["Value"]))))
            .collect()
    }

    /// The name that the system gives, or that the properties ask for.
    pub(crate) fn physical(&self, id: &str, kind: &str, properties: &Value, number: u64) -> String {
        let asked = NAMES
            .iter()
            .find_map(|name| properties.get(*name).and_then(Value::as_str));
        let name = asked.map_or_else(
            || format!("{}-{id}-{number:06X}", self.stack),
            str::to_owned,
        );
        match kind {
            "AWS::SNS::Topic" => format!("arn:aws:sns:us-east-1:{ACCOUNT}:{name}"),
            "AWS::SQS::Queue" => format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}"),
            "AWS::S3::Bucket" => name.to_lowercase(),
            _ => name,
        }
    }
}

/// The values of all parameters, secrets as fingerprints.
pub(crate) fn parameters(
    template: &Template,
    given: &[(String, Option<String>)],
    former: &Version,
) -> Result<BTreeMap<String, String>, Refused> {
    let mut values = BTreeMap::new();
    let unknown: Vec<&str> = given
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| template.parameters().all(|known| known != *name))
        .collect();
    if !unknown.is_empty() {
        return Err(invalid(format!(
            "Parameters: [{}] do not exist in the template",
            unknown.join(", ")
        )));
    }
    let mut missing = Vec::new();
    for name in template.parameters() {
        let hide = |value: String| {
            if template.is_hidden(name) {
                fingerprint(&value)
            } else {
                value
            }
        };
        let asked = given.iter().find(|(known, _)| known == name);
        let value = match asked {
            Some((_, Some(value))) => Some(hide(value.clone())),
            Some((_, None)) => former.parameters.get(name).cloned(),
            None if template.has_default(name) => {
                Some(hide(plain(&template.data["Parameters"][name]["Default"])))
            }
            None => None,
        };
        match value {
            Some(value) => {
                values.insert(name.to_owned(), value);
            }
            None => missing.push(name),
        }
    }
    if missing.is_empty() {
        return Ok(values);
    }
    Err(invalid(format!(
        "Parameters: [{}] must have values",
        missing.join(", ")
    )))
}

/// Fails where the template makes identities and nobody consented.
pub(crate) fn consent(template: &Template, given: &[String]) -> Result<(), Refused> {
    let identities: Vec<_> = template
        .resources()
        .into_iter()
        .filter(|resource| resource.kind.starts_with("AWS::IAM::"))
        .collect();
    let named = identities.iter().any(|resource| {
        template.data["Resources"][&resource.id]["Properties"]
            .as_object()
            .is_some_and(|properties| properties.keys().any(|key| is_name(key)))
    });
    let has = |capability: &str| given.iter().any(|one| one == capability);
    let need = match (identities.is_empty(), named) {
        (true, _) => return Ok(()),
        (false, true) => "CAPABILITY_NAMED_IAM",
        (false, false) => "CAPABILITY_IAM",
    };
    if has("CAPABILITY_NAMED_IAM") || has(need) {
        return Ok(());
    }
    Err((
        400,
        "InsufficientCapabilitiesException",
        format!("Requires capabilities : [{need}]"),
    ))
}
