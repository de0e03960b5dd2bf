//! Inputs as typed, and what a stack shall be, as one value.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use podium_connector::{Context, StepRequest};
use podium_diagnostics::{Error, ErrorKind, Result};
use podium_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bucket::{self, Bucket};
use crate::client::{Form, pair};
use crate::errors::{BUCKET, READABLE, TEMPLATE};
use crate::parcel;
use crate::stack::Stack;
use crate::template::{self, Template};

/// The inputs of `cloudformation/deploy`.
#[derive(Debug, Deserialize)]
pub(crate) struct Deploy {
    pub(crate) stack: String,
    pub(crate) template: Value,
    #[serde(default)]
    pub(crate) parameters: Map<String, Value>,
    #[serde(default)]
    pub(crate) capabilities: Vec<String>,
    #[serde(default)]
    pub(crate) tags: Map<String, Value>,
    #[serde(default)]
    pub(crate) on_failure: OnFailure,
    pub(crate) role: Option<String>,
    pub(crate) timeout: Option<u32>,
    pub(crate) bucket: Option<String>,
    pub(crate) prefix: Option<String>,
}

/// The inputs of `cloudformation/delete`.
#[derive(Debug, Deserialize)]
pub(crate) struct Delete {
    pub(crate) stack: String,
    pub(crate) role: Option<String>,
    pub(crate) bucket: Option<String>,
    pub(crate) prefix: Option<String>,
}

/// The inputs of `cloudformation/continue-rollback`.
#[derive(Debug, Deserialize)]
pub(crate) struct Continue {
    pub(crate) stack: String,
    #[serde(default)]
    pub(crate) skip: Vec<String>,
    pub(crate) role: Option<String>,
}

/// The inputs of `cloudformation/read-stack-set`.
#[derive(Debug, Deserialize)]
pub(crate) struct ReadSet {
    pub(crate) stack_set: String,
    #[serde(default)]
    pub(crate) delegated: bool,
}

/// What becomes of a stack that fails.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnFailure {
    #[default]
    Rollback,
    Delete,
    Keep,
}

/// Why a template's path is refused by its form alone.
pub(crate) fn path_problem(path: &str) -> Option<&'static str> {
    if path.trim().is_empty() {
        return Some("it is empty");
    }
    let outside = Path::new(path)
        .components()
        .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
    (outside || path.contains(['\0', '\\'])).then_some("it leads out of the workspace")
}

/// The template that an input names or holds.
pub(crate) fn template(cx: &dyn Context, input: &Value) -> Result<Template> {
    if let Value::Object(_) = input {
        return Template::parse(input.to_string(), "given inline");
    }
    let path = input.as_str().unwrap_or_default();
    let refuse = |why: &str| {
        Error::new(
            ErrorKind::NotFound,
            TEMPLATE,
            format!("The template `{path}` cannot be read: {why}."),
        )
        .with_hint("Give a YAML or JSON file inside the workspace.")
    };
    if let Some(why) = path_problem(path) {
        return Err(refuse(why));
    }
    let file: PathBuf = cx
        .workspace()
        .join(path)
        .canonicalize()
        .map_err(|_| refuse("it is not there"))?;
    let inside = cx
        .workspace()
        .canonicalize()
        .is_ok_and(|root| file.starts_with(root));
    if !inside {
        return Err(refuse("it leads out of the workspace"));
    }
    let text = std::fs::read(&file)
        .map_err(|error| refuse("the disk refused").with_source(error))
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| refuse("it is no UTF-8")))?;
    Template::parse(text, path)
}

/// The value of one parameter.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Plain(String),
    Hidden(Secret),
    /// As the stack has it.
    Former,
}

/// What a stack shall be.
#[derive(Clone, Debug)]
pub(crate) struct Desired {
    pub(crate) stack: String,
    pub(crate) template: Template,
    pub(crate) parameters: BTreeMap<String, Given>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) role: Option<String>,
    /// Where the template goes when it is too long for a request.
    pub(crate) bucket: Option<Bucket>,
}

impl Desired {
    /// The bucket for a template that is too long for a request; nothing where it is short enough.
    ///
    /// Fails with POD0348 where none is named, with POD0349 where its prefix leads elsewhere.
    pub(crate) fn long_way(&self) -> Result<Option<&Bucket>> {
        if !self.template.is_long() {
            return Ok(None);
        }
        let bucket = self
            .bucket
            .as_ref()
            .ok_or_else(|| parcel::too_long(&self.stack, self.template.body.len()))?;
        if let Some(why) = bucket::prefix_problem(&bucket.prefix) {
            let prefix = &bucket.prefix;
            return Err(Error::new(
                ErrorKind::Invalid,
                BUCKET,
                format!("The prefix `{prefix}` cannot be used: {why}."),
            )
            .with_hint("Write it like a folder, for example `podium/templates`."));
        }
        Ok(Some(bucket))
    }

    /// From the inputs of a step, its secrets, and the stack as it is.
    pub(crate) fn of(cx: &dyn Context, config: &Deploy, existing: Option<&Stack>) -> Result<Self> {
        let template = template(cx, &config.template)?;
        let mut parameters: BTreeMap<String, Given> = config
            .parameters
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), Given::Plain(template::plain(value))))
            .collect();
        for (name, lease) in cx.secrets() {
            let Some(value) = lease.secrets.get("value") else {
                continue;
            };
            if !template.is_hidden(&name) {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    READABLE,
                    format!(
                        "The parameter `{name}` takes a secret and is not marked `NoEcho: true`, so that everybody who may look at the stack could read it."
                    ),
                )
                .with_hint("Add `NoEcho: true` to the parameter in the template."));
            }
            parameters.insert(name, Given::Hidden(value.clone()));
        }
        for (name, _) in existing.into_iter().flat_map(|stack| &stack.parameters) {
            let wanted = template.parameters().any(|known| known == name);
            if wanted && !template.has_default(name) && !parameters.contains_key(name) {
                parameters.insert(name.clone(), Given::Former);
            }
        }
        Ok(Self {
            stack: config.stack.clone(),
            template,
            parameters,
            capabilities: config.capabilities.clone(),
            tags: config
                .tags
                .iter()
                .map(|(name, value)| (name.clone(), template::plain(value)))
                .collect(),
            on_failure: config.on_failure,
            role: config.role.clone(),
            bucket: Bucket::of(config.bucket.as_deref(), config.prefix.as_deref()),
        })
    }

    /// Values that may be shown, with those that the stack has already.
    pub(crate) fn plain(&self, existing: Option<&Stack>) -> BTreeMap<String, String> {
        self.parameters
            .iter()
            .filter_map(|(name, given)| {
                let value = match given {
                    Given::Plain(value) => value.clone(),
                    Given::Hidden(_) => "(hidden)".to_owned(),
                    Given::Former => existing?
                        .parameters
                        .iter()
                        .find(|(n, _)| n == name)?
                        .1
                        .clone(),
                };
                Some((name.clone(), value))
            })
            .collect()
    }

    /// The form of `CreateChangeSet`, without its names. `address` is where the template lies, when it
    /// is too long to be sent.
    pub(crate) fn form(&self, address: Option<&str>) -> Form {
        let mut form = vec![
            pair("StackName", &self.stack),
            match address {
                Some(address) => pair("TemplateURL", address),
                None => pair("TemplateBody", &self.template.body),
            },
        ];
        for (at, (name, given)) in self.parameters.iter().enumerate() {
            let field = |last: &str| format!("Parameters.member.{}.{last}", at + 1);
            form.push((field("ParameterKey"), name.clone()));
            form.push(match given {
                Given::Plain(value) => (field("ParameterValue"), value.clone()),
                Given::Hidden(value) => (
                    field("ParameterValue"),
                    value.expose_str().unwrap_or_default().to_owned(),
                ),
                Given::Former => (field("UsePreviousValue"), "true".to_owned()),
            });
        }
        for (at, capability) in self.capabilities.iter().enumerate() {
            form.push((
                format!("Capabilities.member.{}", at + 1),
                capability.clone(),
            ));
        }
        for (at, (name, value)) in self.tags.iter().enumerate() {
            form.push((format!("Tags.member.{}.Key", at + 1), name.clone()));
            form.push((format!("Tags.member.{}.Value", at + 1), value.clone()));
        }
        if let Some(role) = &self.role {
            form.push(pair("RoleARN", role));
        }
        form
    }
}

/// The region that a request names.
pub(crate) fn region(request: &StepRequest) -> Option<&str> {
    request.inputs.text("region")
}
