//! Templates as data: parameters, resources, what depends on what.
//!
//! CloudFormation judges templates; here they are only read, to draw them, to tell secrets from plain
//! parameters, and to say what a value will be.

mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use podium_diagnostics::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use crate::errors::TEMPLATE;

/// CloudFormation takes no longer ones in a request; these go through a bucket.
pub(crate) const LIMIT: usize = 51_200;

/// CloudFormation takes no longer ones at all.
const LONGEST: usize = 1_000_000;

/// The kind of a nested stack.
pub(crate) const NESTED: &str = "AWS::CloudFormation::Stack";

/// Stacks nested deeper than this are not looked into.
pub(crate) const DEPTH: usize = 8;

/// A template, as text for the wire and as data.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) body: String,
    pub(crate) data: Value,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) kind: String,
    /// What it refers to, sorted.
    pub(crate) after: BTreeSet<String>,
    /// `DeletionPolicy`.
    pub(crate) policy: Option<String>,
}

impl Template {
    /// Reads YAML or JSON.
    pub(crate) fn parse(body: String, name: &str) -> Result<Self> {
        let wrong = |why: &str, hint: &str| {
            Error::new(
                ErrorKind::Invalid,
                TEMPLATE,
                format!("The template `{name}` {why}."),
            )
            .with_hint(hint.to_owned())
        };
        if body.len() > LONGEST {
            return Err(wrong(
                &format!(
                    "is {} bytes long, and CloudFormation takes {LONGEST} at most",
                    body.len()
                ),
                "Split it into nested stacks, or take out comments and blanks.",
            ));
        }
        let data = yaml::parse(&body)
            .map_err(|why| wrong(&format!("is no YAML or JSON: {why}"), "Correct it there."))?;
        if data
            .get("Resources")
            .and_then(Value::as_object)
            .is_none_or(Map::is_empty)
        {
            return Err(wrong(
                "has no `Resources`",
                "Check that it is a CloudFormation template; each has at least one resource.",
            ));
        }
        Ok(Self { body, data })
    }

    /// Whether it does not fit into a request.
    pub(crate) fn is_long(&self) -> bool {
        self.body.len() > LIMIT
    }

    fn section(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.data
            .get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    }

    /// Names of parameters, in order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.section("Parameters").map(|(name, _)| name.as_str())
    }

    /// Whether it makes other stacks.
    pub(crate) fn is_nesting(&self) -> bool {
        self.section("Resources")
            .any(|(_, resource)| resource["Type"] == NESTED)
    }

    /// Whether a parameter of this name is there and has a default.
    pub(crate) fn has_default(&self, name: &str) -> bool {
        self.data["Parameters"][name].get("Default").is_some()
    }

    /// Whether the parameter's value is shown to nobody.
    pub(crate) fn is_hidden(&self, name: &str) -> bool {
        match &self.data["Parameters"][name]["NoEcho"] {
            Value::Bool(hidden) => *hidden,
            Value::String(text) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// Resources, in order.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        let names: BTreeSet<&str> = self
            .section("Resources")
            .map(|(name, _)| name.as_str())
            .collect();
        self.section("Resources")
            .map(|(id, resource)| {
                let mut after = BTreeSet::new();
                references(resource, &names, &mut after);
                after.remove(id);
                Resource {
                    id: id.clone(),
                    kind: resource["Type"].as_str().unwrap_or("unknown").to_owned(),
                    after,
                    policy: resource["DeletionPolicy"].as_str().map(str::to_owned),
                }
            })
            .collect()
    }

    /// A resource's properties with these parameters, as far as they can be known from here.
    pub(crate) fn properties(&self, id: &str, values: &BTreeMap<String, String>) -> Value {
        let mut all = values.clone();
        for (name, parameter) in self.section("Parameters") {
            if let Some(default) = parameter.get("Default") {
                all.entry(name.clone()).or_insert_with(|| plain(default));
            }
        }
        let properties = &self.data["Resources"][id]["Properties"];
        self.resolve(properties, &all)
    }

    fn resolve(&self, value: &Value, values: &BTreeMap<String, String>) -> Value {
        let later = || Value::from("(known later)");
        match value {
            Value::Object(map) if map.len() == 1 => {
                let (key, inner) = map.iter().next().expect("it has one entry");
                match key.as_str() {
                    "Ref" => self
                        .named(inner.as_str().unwrap_or_default(), values)
                        .map_or_else(later, Value::from),
                    "Fn::Sub" => inner
                        .as_str()
                        .and_then(|text| self.substitute(text, values))
                        .map_or_else(later, Value::from),
                    key if key.starts_with("Fn::") || key == "Condition" => later(),
                    _ => Value::Object(
                        [(key.clone(), self.resolve(inner, values))]
                            .into_iter()
                            .collect(),
                    ),
                }
            }
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(key, inner)| (key.clone(), self.resolve(inner, values)))
                    .collect(),
            ),
            Value::Array(list) => Value::Array(
                list.iter()
                    .map(|inner| self.resolve(inner, values))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    /// The value of a parameter, where it may be shown.
    fn named(&self, name: &str, values: &BTreeMap<String, String>) -> Option<String> {
        if self.is_hidden(name) {
            return Some("(hidden)".into());
        }
        values.get(name).cloned()
    }

    fn substitute(&self, text: &str, values: &BTreeMap<String, String>) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let (name, after) = rest[at + 2..].split_once('}')?;
            match name.strip_prefix('!') {
                Some(literal) => {
                    let _ = write!(out, "${{{literal}}}");
                }
                None => out.push_str(&self.named(name, values)?),
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// Text of a plain value.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Collects the resources that a value refers to.
fn references(value: &Value, names: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    let add = |text: &str, found: &mut BTreeSet<String>| {
        let first = text.split('.').next().unwrap_or_default();
        if names.contains(first) {
            found.insert(first.to_owned());
        }
    };
    let map = match value {
        Value::Object(map) => map,
        Value::Array(list) => {
            for inner in list {
                references(inner, names, found);
            }
            return;
        }
        _ => return,
    };
    for (key, inner) in map {
        match (key.as_str(), inner) {
            ("Ref" | "Fn::GetAtt" | "DependsOn", Value::String(text)) => add(text, found),
            ("Fn::GetAtt", Value::Array(list)) => {
                add(
                    list.first().and_then(Value::as_str).unwrap_or_default(),
                    found,
                );
            }
            ("DependsOn", Value::Array(list)) => {
                for text in list.iter().filter_map(Value::as_str) {
                    add(text, found);
                }
            }
            ("Fn::Sub", inner) => {
                let text = inner.as_str().or_else(|| inner.get(0)?.as_str());
                for part in text.unwrap_or_default().split("${").skip(1) {
                    add(part.split('}').next().unwrap_or_default(), found);
                }
                if let Some(more) = inner.get(1) {
                    references(more, names, found);
                }
            }
            (_, inner) => references(inner, names, found),
        }
    }
}

/// Kinds whose data is lost with them.
pub(crate) fn is_stateful(kind: &str) -> bool {
    const KINDS: [&str; 26] = [
        "AWS::Backup::BackupVault",
        "AWS::Cassandra::Table",
        "AWS::CloudFormation::Stack",
        "AWS::Cognito::UserPool",
        "AWS::DocDB::DBCluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Instance",
        "AWS::EC2::Volume",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Elasticsearch::Domain",
        "AWS::FSx::FileSystem",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::Neptune::DBCluster",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::Timestream::Table",
    ];
    KINDS.binary_search(&kind).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const YAML: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Name: { Type: String }
  Key: { Type: String, NoEcho: true }
  Size: { Type: Number, Default: 3 }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
  Note:
    Type: AWS::SSM::Parameter
    DependsOn: Bucket
    Properties:
      Name: !Sub "/shop/${Name}/${!literal}"
      Value: !Ref Size
      Tier: !If [Big, a, b]
      Secret: !Ref Key
      List: [!Ref Name, !GetAtt Bucket.Arn]
  Page:
    Type: AWS::SSM::Parameter
    Properties:
      Value: !Join ["", [!GetAtt [Bucket, Arn], !Sub ["${x}${Note.Value}", { x: !Ref Bucket }]]]
"#;

    #[test]
    fn yaml_with_short_forms_reads_like_json() {
        let template = Template::parse(YAML.into(), "t").unwrap();
        assert_eq!(
            template.data["Resources"]["Note"]["Properties"]["Value"],
            json!({ "Ref": "Size" })
        );
        assert_eq!(
            template.data["Resources"]["Note"]["Properties"]["List"][1],
            json!({ "Fn::GetAtt": ["Bucket", "Arn"] })
        );
        let names: Vec<&str> = template.parameters().collect();
        assert_eq!(names, ["Name", "Key", "Size"]);
        assert!(template.is_hidden("Key") && !template.is_hidden("Name"));
        assert!(template.has_default("Size") && !template.has_default("Name"));
    }

    #[test]
    fn resources_know_what_they_depend_on() {
        let resources = Template::parse(YAML.into(), "t").unwrap().resources();
        let after: Vec<(&str, Vec<&str>)> = resources
            .iter()
            .map(|r| (r.id.as_str(), r.after.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            after,
            [
                ("Bucket", vec![]),
                ("Note", vec!["Bucket"]),
                ("Page", vec!["Bucket", "Note"])
            ]
        );
        assert_eq!(resources[0].policy.as_deref(), Some("Retain"));
    }

    #[test]
    fn properties_show_what_can_be_known_and_no_secret() {
        let template = Template::parse(YAML.into(), "t").unwrap();
        let values = [
            ("Name".to_owned(), "west".to_owned()),
            ("Key".to_owned(), "hunter2".to_owned()),
        ];
        let properties = template.properties("Note", &values.into_iter().collect());
        assert_eq!(
            properties,
            json!({
                "Name": "/shop/west/${literal}", "Value": "3", "Tier": "(known later)",
                "Secret": "(hidden)", "List": ["west", "(known later)"],
            })
        );
    }

    #[test]
    fn what_is_no_template_is_told() {
        let long = format!("Resources: {{}}\n#{}", "x".repeat(LONGEST));
        for (body, words) in [
            ("Resources: {}", "has no `Resources`"),
            ("[]", "has no `Resources`"),
            ("a: [", "is no YAML or JSON"),
            (long.as_str(), "bytes long"),
        ] {
            let error = Template::parse(body.into(), "t.yaml").unwrap_err();
            assert!(error.message.contains(words), "{}", error.message);
        }
    }

    #[test]
    fn the_list_of_stateful_kinds_is_sorted() {
        assert!(is_stateful("AWS::S3::Bucket") && is_stateful("AWS::Backup::BackupVault"));
        assert!(is_stateful("AWS::Timestream::Table") && !is_stateful("AWS::IAM::Role"));
    }
}
