//! What is typed into the form, and what is left once it is checked.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use podium_connector::{Problem, StepRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

/// As typed; null where not yet known.
#[derive(Deserialize)]
struct Typed {
    /// The folder in the workspace that holds the `.tf` files.
    directory: Option<String>,
    /// Values for the configuration's variables.
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    /// Which of the configuration's states.
    #[serde(default)]
    workspace: Option<String>,
    /// Addresses to which the work is limited.
    #[serde(default)]
    targets: Option<Vec<Option<String>>>,
    /// How long to wait for the state lock.
    #[serde(default)]
    lock_timeout: Option<String>,
}

/// Checked. Values that are not yet known stand as [`LATER`] in `variables`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// Relative, with `/`, without `.` and `..`.
    pub(crate) directory: String,
    /// By name, sorted.
    pub(crate) variables: BTreeMap<String, Value>,
    /// Absent for `default`.
    pub(crate) workspace: Option<String>,
    /// As typed.
    pub(crate) targets: Vec<String>,
    /// For `-lock-timeout`.
    pub(crate) lock_timeout: String,
}

/// Stands for a value that is known only after another step.
pub(crate) const LATER: &str = "(known later)";

impl Config {
    /// Reads and checks the inputs. Pure.
    pub(crate) fn of(request: &StepRequest) -> Result<Self, Vec<Problem>> {
        let typed: Typed = request
            .inputs
            .read()
            .map_err(|why| vec![problem("", format!("The inputs cannot be read: {why}."))])?;
        let mut problems = Vec::new();
        let directory = match typed.directory.as_deref() {
            Some(text) => inside(text).unwrap_or_else(|why| {
                problems.push(Problem {
                    hint: Some(
                        "Name a folder in the workspace, for example `infra/network`.".into(),
                    ),
                    ..problem("/directory", why)
                });
                String::new()
            }),
            None => String::new(),
        };
        let mut variables: BTreeMap<String, Value> =
            typed.variables.unwrap_or_default().into_iter().collect();
        for name in variables.keys() {
            if !is_variable(name) {
                problems.push(problem(
                    &format!("/variables/{}", name.replace('~', "~0").replace('/', "~1")),
                    format!("`{name}` cannot be the name of a Terraform variable: it starts with a letter or `_` and holds letters, digits, `_` and `-`."),
                ));
            }
        }
        fill_later(request, &mut variables);
        let targets: Vec<String> = typed
            .targets
            .unwrap_or_default()
            .into_iter()
            .flatten()
            .collect();
        for (index, target) in targets.iter().enumerate() {
            if target.starts_with('-') || target.chars().any(char::is_control) {
                problems.push(problem(
                    &format!("/targets/{index}"),
                    format!("`{target}` is no address of a resource."),
                ));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            directory,
            variables,
            workspace: typed.workspace.filter(|name| name != "default"),
            targets,
            lock_timeout: typed.lock_timeout.unwrap_or_else(|| "30s".to_owned()),
        })
    }
}

/// Whether the folder or the workspace themselves are known only later; then nothing can be asked.
pub(crate) fn place_is_unknown(request: &StepRequest) -> bool {
    request.inputs.unknown.keys().any(|pointer| {
        ["/directory", "/workspace", "/targets"]
            .iter()
            .any(|place| pointer == place || pointer.starts_with(&format!("{place}/")))
            || pointer.is_empty()
    })
}

/// The names of the steps that must have run before everything is known.
pub(crate) fn waits_for(request: &StepRequest) -> String {
    let mut steps: Vec<String> = request
        .inputs
        .unknown
        .values()
        .flat_map(|unknown| &unknown.after)
        .map(|step| format!("`{step}`"))
        .collect();
    steps.sort();
    steps.dedup();
    steps.join(", ")
}

/// Puts the word for "later" where a variable, or a part of one, is not yet known.
fn fill_later(request: &StepRequest, variables: &mut BTreeMap<String, Value>) {
    for pointer in request.inputs.unknown.keys() {
        let Some(rest) = pointer.strip_prefix("/variables/") else {
            continue;
        };
        let (name, below) = rest
            .split_once('/')
            .map_or((rest, None), |(n, b)| (n, Some(b)));
        let name = name.replace("~1", "/").replace("~0", "~");
        let later = Value::String(LATER.to_owned());
        match below {
            None => {
                variables.insert(name, later);
            }
            Some(below) => {
                if let Some(place) = variables
                    .get_mut(&name)
                    .and_then(|value| value.pointer_mut(&format!("/{below}")))
                {
                    *place = later;
                }
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A path that stays inside the workspace, in its plain form.
pub(crate) fn inside(text: &str) -> Result<String, String> {
    if text.contains('\0') {
        return Err("The path holds a character that no path may hold.".to_owned());
    }
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().unwrap_or_default()),
            Component::CurDir => {}
            Component::ParentDir => {
                if parts.pop().is_none() {
                    return Err(format!("`{text}` leads out of the workspace."));
                }
            }
            Component::RootDir | Component::Prefix(_) => {
                return Err(format!("`{text}` is not a path inside the workspace."));
            }
        }
    }
    Ok(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}

fn problem(field: &str, message: impl Into<String>) -> Problem {
    Problem {
        field: field.to_owned(),
        message: message.into(),
        hint: None,
        fatal: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podium_testkit::RequestBuilder;
    use serde_json::json;

    #[test]
    fn a_path_is_made_plain_and_stays_inside() {
        for (text, expected) in [
            ("infra/network", Ok("infra/network")),
            ("./infra//network/", Ok("infra/network")),
            ("infra/../infra/Straße", Ok("infra/Straße")),
            (".", Ok(".")),
            ("..", Err(())),
            ("infra/../../other", Err(())),
            ("/etc", Err(())),
        ] {
            assert_eq!(inside(text).as_deref().map_err(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_known_later_stands_as_such() {
        let request = RequestBuilder::new(
            "terraform/apply",
            json!({"directory": "net", "variables": {"a": "x", "hosts": ["one", "two"]}}),
        )
        .unknown("/variables/hosts/1", "servers")
        .unknown("/variables/b", "servers")
        .build();
        let config = Config::of(&request).expect("it is fine");
        assert_eq!(config.variables["hosts"], json!(["one", LATER]));
        assert_eq!(config.variables["b"], json!(LATER));
        assert_eq!(waits_for(&request), "`servers`");
        assert!(!place_is_unknown(&request));
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_field() {
        let request = RequestBuilder::new(
            "terraform/apply",
            json!({"directory": "../x", "variables": {"1/x": 1}, "targets": ["-destroy"]}),
        )
        .build();
        let fields: Vec<String> = Config::of(&request)
            .expect_err("three problems")
            .into_iter()
            .map(|problem| problem.field)
            .collect();
        assert_eq!(fields, ["/directory", "/variables/1~1x", "/targets/0"]);
    }
}
