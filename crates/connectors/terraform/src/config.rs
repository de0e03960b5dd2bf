//! What is typed into the form, and what is left once it is checked.

use std::collections::BTreeMap;

use podium_connector::{Problem, StepRequest, inside};
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
    /// Addresses that are made anew.
    #[serde(default)]
    replace: Option<Vec<Option<String>>>,
    /// Whether the lock file of providers may change.
    #[serde(default)]
    lock_file: Option<LockFile>,
}

/// What becomes of a lock file of providers that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LockFile {
    /// It stays as it is; what it does not allow is refused.
    #[default]
    Keep,
    /// What is missing in it is added.
    Update,
}

/// Checked. Values that are not yet known stand as [`podium_connector::LATER`] in `variables`.
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
    /// For `-replace`, as typed.
    pub(crate) replace: Vec<String>,
    pub(crate) lock_file: LockFile,
}

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
        request.inputs.fill_later("/variables", &mut variables);
        let mut addresses = |field: &str, typed: Option<Vec<Option<String>>>| -> Vec<String> {
            let list: Vec<String> = typed.unwrap_or_default().into_iter().flatten().collect();
            for (index, address) in list.iter().enumerate() {
                if address.starts_with('-') || address.chars().any(char::is_control) {
                    problems.push(problem(
                        &format!("{field}/{index}"),
                        format!("`{address}` is no address of a resource."),
                    ));
                }
            }
            list
        };
        let targets = addresses("/targets", typed.targets);
        let replace = addresses("/replace", typed.replace);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            directory,
            variables,
            workspace: typed.workspace.filter(|name| name != "default"),
            targets,
            lock_timeout: typed.lock_timeout.unwrap_or_else(|| "30s".to_owned()),
            replace,
            lock_file: typed.lock_file.unwrap_or_default(),
        })
    }
}

/// Whether the folder or the workspace themselves are known only later; then nothing can be asked.
pub(crate) fn place_is_unknown(request: &StepRequest) -> bool {
    request
        .inputs
        .is_unknown_in(&["/directory", "/workspace", "/targets", "/replace"])
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
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
    use podium_connector::LATER;
    use podium_testkit::RequestBuilder;
    use serde_json::json;

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
        assert_eq!(request.waits_for(), "`servers`");
        assert!(!place_is_unknown(&request));
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_field() {
        let request = RequestBuilder::new(
            "terraform/apply",
            json!({"directory": "../x", "variables": {"1/x": 1}, "targets": ["-destroy"], "replace": ["a.b", "-x"]}),
        )
        .build();
        let fields: Vec<String> = Config::of(&request)
            .expect_err("four problems")
            .into_iter()
            .map(|problem| problem.field)
            .collect();
        assert_eq!(
            fields,
            ["/directory", "/variables/1~1x", "/targets/0", "/replace/1"]
        );
    }
}
