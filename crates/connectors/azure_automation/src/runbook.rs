//! A runbook as it is now: its type, its parameters, its text.

use std::collections::BTreeMap;

use podium_connector::{LATER, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_rest::segment;
use serde_json::Value;

use crate::client::{Account, properties, text};
use crate::config::{Run, Version, plain};

/// No such thing, in words of its own.
const NOT_FOUND: Code = Code::new("POD0445");
/// The runbook does not take what the step gives, or lacks what it needs.
const NOT_TAKEN: Code = Code::new("POD0482");

/// A runbook.
pub(crate) struct Runbook {
    pub(crate) name: String,
    /// Azure's word: `PowerShell`, `Python3`, `GraphPowerShell`.
    pub(crate) kind: String,
    pub(crate) version: Version,
    parameters: Vec<Parameter>,
}

/// One parameter that a runbook declares.
#[derive(Clone, Debug)]
struct Parameter {
    name: String,
    kind: String,
    needed: bool,
    default: Option<String>,
}

/// One thing that keeps a step from being run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snag {
    pub(crate) field: String,
    message: String,
    hint: String,
}

impl Runbook {
    pub(crate) async fn find(account: &Account<'_, '_>, run: &Run) -> Result<Self> {
        let path = format!("runbooks/{}", segment(&run.runbook));
        let Some(found) = account.find(&path).await? else {
            return Err(Error::new(
                ErrorKind::NotFound,
                NOT_FOUND,
                format!(
                    "The automation account `{}` has no runbook called `{}`.",
                    account.name, run.runbook
                ),
            )
            .with_hint("Check both names; one that the identity may not see looks the same."));
        };
        let facts = properties(&found);
        let state = text(facts, "state");
        match (run.version, state) {
            (Version::Published, "New") => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    NOT_TAKEN,
                    format!("The runbook `{}` was never published.", run.runbook),
                )
                .with_hint("Publish it in the portal, or test its draft with `version: draft`.")
                .with_context("field", "/version"));
            }
            (Version::Draft, "Published") => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    NOT_TAKEN,
                    format!("The runbook `{}` has no draft.", run.runbook),
                )
                .with_hint("Edit it in the portal first, or take the published text.")
                .with_context("field", "/version"));
            }
            _ => {}
        }
        let declared = facts.get("parameters").and_then(Value::as_object);
        let parameters = declared.into_iter().flatten().map(|(name, one)| Parameter {
            name: name.clone(),
            kind: text(one, "type").to_owned(),
            needed: one["isMandatory"] == true,
            default: one
                .get("defaultValue")
                .filter(|value| !value.is_null())
                .map(plain),
        });
        Ok(Self {
            name: Some(text(&found, "name"))
                .filter(|name| !name.is_empty())
                .unwrap_or(&run.runbook)
                .to_owned(),
            kind: text(facts, "runbookType").to_owned(),
            version: run.version,
            parameters: parameters.collect(),
        })
    }

    /// Everything that keeps the step from being run as it stands.
    pub(crate) fn snags(&self, run: &Run, request: &StepRequest) -> Vec<Snag> {
        let mut snags = Vec::new();
        let mut add = |name: &str, message: String, hint: &str| {
            snags.push(Snag {
                field: format!("/parameters/{}", name.replace('~', "~0").replace('/', "~1")),
                message,
                hint: hint.to_owned(),
            });
        };
        // A Python runbook declares nothing: what it is given, it reads itself.
        let declares = !self.kind.to_lowercase().contains("python") || !self.parameters.is_empty();
        for (name, value) in &run.parameters {
            let known = self
                .parameters
                .iter()
                .find(|one| one.name.eq_ignore_ascii_case(name));
            match known {
                None if declares => add(
                    name,
                    format!("The runbook `{}` has no parameter `{name}`.", self.name),
                    &self.offer(),
                ),
                Some(one) => {
                    if let Some(kind) = one.wrong(value) {
                        add(
                            name,
                            format!("The parameter `{name}` takes {kind}."),
                            "Correct the value under `parameters`.",
                        );
                    }
                }
                None => {}
            }
        }
        for one in self.parameters.iter().filter(|one| one.needed) {
            let given = run
                .parameters
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case(&one.name) && !value.is_null());
            if !given && !request.inputs.unknown.contains_key("/parameters") {
                add(
                    &one.name,
                    format!(
                        "The runbook `{}` needs the parameter `{}`.",
                        self.name, one.name
                    ),
                    "Give it under `parameters`.",
                );
            }
        }
        snags
    }

    fn offer(&self) -> String {
        let names: Vec<String> = self
            .parameters
            .iter()
            .map(|one| format!("`{}`", one.name))
            .collect();
        match names.as_slice() {
            [] => "It takes none; remove it.".to_owned(),
            names => format!("It has {}.", names.join(", ")),
        }
    }

    /// The values of all parameters, small names, as far as they are known: for reading the text.
    pub(crate) fn values(&self, run: &Run) -> BTreeMap<String, String> {
        let mut values: BTreeMap<String, String> = self
            .parameters
            .iter()
            .filter_map(|one| Some((one.name.to_lowercase(), unquoted(one.default.as_ref()?))))
            .collect();
        for (name, value) in &run.parameters {
            if value != LATER && !value.is_null() {
                values.insert(name.to_lowercase(), plain(value));
            } else {
                values.remove(&name.to_lowercase());
            }
        }
        values
    }

    /// Its text; `None` where there is none to read.
    pub(crate) async fn content(&self, account: &Account<'_, '_>) -> Result<Option<String>> {
        let name = segment(&self.name);
        let (path, accept) = match self.version {
            Version::Published => (format!("runbooks/{name}/content"), "text/powershell"),
            Version::Draft => (format!("runbooks/{name}/draft/content"), "text/plain"),
        };
        account.script(&path, accept).await
    }
}

/// Azure gives the default of a text in quotes.
fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'']).to_owned()
}

impl Parameter {
    /// What it takes, where this is not it.
    fn wrong(&self, value: &Value) -> Option<&'static str> {
        if value == LATER || value.is_null() {
            return None;
        }
        let said = plain(value);
        let kind = self.kind.to_lowercase();
        let kind = kind.strip_prefix("system.").unwrap_or(&kind);
        match kind {
            "int" | "int32" | "int64" | "long" => {
                said.parse::<i64>().is_err().then_some("a whole number")
            }
            "double" | "single" | "float" | "decimal" => {
                said.parse::<f64>().is_err().then_some("a number")
            }
            "bool" | "boolean" | "switchparameter" | "management.automation.switchparameter" => {
                let known = matches!(
                    said.to_lowercase().as_str(),
                    "true" | "false" | "$true" | "$false" | "0" | "1"
                );
                (!known).then_some("true or false")
            }
            "string[]" | "object[]" | "array" | "int32[]" => {
                let list = value.is_array() || said.trim_start().starts_with('[');
                (!list).then_some("a list")
            }
            _ => None,
        }
    }
}

/// One error for all that keeps a step from being run; none where nothing does.
pub(crate) fn refused(snags: &[Snag]) -> Result<()> {
    let Some(first) = snags.first() else {
        return Ok(());
    };
    let said: Vec<&str> = snags.iter().map(|snag| snag.message.as_str()).collect();
    let mut error =
        Error::new(ErrorKind::Invalid, NOT_TAKEN, said.join(" ")).with_hint(first.hint.clone());
    for snag in snags {
        error = error.with_context("field", snag.field.as_str());
    }
    Err(error)
}
