//! Inputs as typed, and what was validated.

use podium_connector::{Problem, StepRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::manifests;

/// Longest time that waiting may take where a step says nothing.
pub(crate) const PATIENCE: &str = "5m";

fn yes() -> bool {
    true
}

fn patience() -> String {
    PATIENCE.to_owned()
}

/// The inputs of `kubernetes/apply`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Apply {
    pub(crate) manifests: Value,
    pub(crate) namespace: Option<String>,
    #[serde(default = "yes")]
    pub(crate) create_namespace: bool,
    #[serde(default)]
    pub(crate) force: bool,
    #[serde(default = "yes")]
    pub(crate) wait: bool,
    #[serde(default = "patience")]
    pub(crate) patience: String,
}

/// The inputs of `kubernetes/delete`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Delete {
    pub(crate) manifests: Option<Value>,
    pub(crate) kind: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) selector: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) namespace: Option<String>,
    #[serde(default)]
    pub(crate) dependents: Dependents,
    #[serde(default = "patience")]
    pub(crate) patience: String,
}

/// What becomes of objects that a deleted one owns.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dependents {
    /// They go first.
    #[default]
    Foreground,
    /// They go afterwards.
    Background,
    /// They stay.
    Keep,
}

/// The inputs of `kubernetes/wait`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Wait {
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) selector: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) namespace: Option<String>,
    #[serde(default)]
    pub(crate) until: Until,
    pub(crate) condition: Option<String>,
    #[serde(default = "patience")]
    pub(crate) patience: String,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Until {
    #[default]
    Ready,
    Condition,
    Gone,
}

/// The inputs of `kubernetes/restart`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Restart {
    #[serde(default = "deployment")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    #[serde(default = "yes")]
    pub(crate) wait: bool,
    #[serde(default = "patience")]
    pub(crate) patience: String,
}

fn deployment() -> String {
    "Deployment".to_owned()
}

/// The inputs of `kubernetes/helm`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Helm {
    pub(crate) chart: String,
    pub(crate) release: String,
    pub(crate) namespace: Option<String>,
    #[serde(default)]
    pub(crate) values: Map<String, Value>,
    #[serde(default)]
    pub(crate) values_files: Vec<String>,
    pub(crate) version: Option<String>,
    pub(crate) repository: Option<String>,
    #[serde(default = "yes")]
    pub(crate) create_namespace: bool,
    #[serde(default = "yes")]
    pub(crate) wait: bool,
    #[serde(default = "patience")]
    pub(crate) patience: String,
}

/// `1h30m` in milliseconds; 5 minutes where it cannot be read, which `validate` has said.
pub(crate) fn millis(duration: &str) -> i64 {
    parse_duration(duration).unwrap_or(300_000)
}

fn parse_duration(given: &str) -> Option<i64> {
    let mut rest = given.trim();
    if rest.is_empty() {
        return None;
    }
    let mut sum: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let factor = match &after[..end] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(factor)?)?;
        rest = &after[end..];
    }
    Some(sum)
}

/// Whether a text may be the name of a namespace (RFC 1123).
fn is_namespace(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len())
        && name.chars().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Checks beyond the schema. Pure.
pub(crate) fn problems(request: &StepRequest) -> Vec<Problem> {
    let inputs = &request.inputs;
    let mut found = Vec::new();
    let mut add = |field: &str, message: String, hint: &str| {
        found.push(Problem {
            field: field.to_owned(),
            message,
            hint: Some(hint.to_owned()),
            fatal: true,
        });
    };
    if let Some(given) = inputs.get("manifests")
        && let Some(why) = manifests::problem(given)
    {
        add(
            "/manifests",
            format!("The manifests cannot be used: {why}"),
            "Name a file or a folder in the workspace, or write the objects themselves.",
        );
    }
    if let Some(name) = inputs.text("namespace")
        && !is_namespace(name)
    {
        add(
            "/namespace",
            format!("`{name}` cannot be the name of a namespace."),
            "Use small letters, digits and `-`, at most 63.",
        );
    }
    if let Some(given) = inputs.text("patience")
        && parse_duration(given).is_none()
    {
        add(
            "/patience",
            format!("`{given}` is no duration."),
            "Write it as `90s`, `5m` or `1h30m`.",
        );
    }
    match request.operation.operation() {
        "delete" => {
            let named = inputs.get("kind").is_some();
            let known = !inputs.is_unknown_in(&["/manifests", "/kind", "/name", "/selector"]);
            if known && named == inputs.get("manifests").is_some() {
                add(
                    "/manifests",
                    "Give either manifests or a kind with a name or a selector.".into(),
                    "Take one of the two out.",
                );
            }
            if known && named && inputs.get("name").is_some() == inputs.get("selector").is_some() {
                add(
                    "/name",
                    "Give either a name or a selector.".into(),
                    "All objects of a kind are never deleted by leaving both out.",
                );
            }
        }
        "wait" => {
            let known = !inputs.is_unknown_in(&["/name", "/selector"]);
            if known && inputs.get("name").is_some() == inputs.get("selector").is_some() {
                add(
                    "/name",
                    "Give either a name or a selector.".into(),
                    "For example the name of a Deployment, or `app=web`.",
                );
            }
            if inputs.text("until") == Some("condition") && inputs.get("condition").is_none() {
                add(
                    "/condition",
                    "The condition to wait for is missing.".into(),
                    "Write its type, for example `Complete`, or `Ready=False`.",
                );
            }
        }
        "helm" => {
            if let Some(chart) = inputs.text("chart")
                && (chart.starts_with("./") || chart.starts_with("../") || chart.starts_with('/'))
                && let Err(why) = podium_connector::inside(chart)
            {
                add(
                    "/chart",
                    why,
                    "A chart on this computer lies inside the workspace.",
                );
            }
            if let Some(name) = inputs.text("release")
                && (!is_namespace(name) || name.len() > 53)
            {
                add(
                    "/release",
                    format!("`{name}` cannot be the name of a release."),
                    "Use small letters, digits and `-`, at most 53.",
                );
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use podium_testkit::RequestBuilder;
    use serde_json::json;

    #[test]
    fn inputs_are_checked_before_any_cluster_is_asked() {
        for (operation, inputs, fields) in [
            ("kubernetes/apply", json!({"manifests": "k8s"}), vec![]),
            (
                "kubernetes/apply",
                json!({"manifests": "../k8s", "namespace": "Shop", "patience": "soon"}),
                vec!["/manifests", "/namespace", "/patience"],
            ),
            (
                "kubernetes/apply",
                json!({"manifests": [{"kind": "Pod"}]}),
                vec![],
            ),
            ("kubernetes/delete", json!({"kind": "Pod"}), vec!["/name"]),
            ("kubernetes/delete", json!({}), vec!["/manifests"]),
            (
                "kubernetes/delete",
                json!({"kind": "Pod", "name": "a"}),
                vec![],
            ),
            (
                "kubernetes/wait",
                json!({"kind": "Job", "name": "a", "until": "condition"}),
                vec!["/condition"],
            ),
            (
                "kubernetes/helm",
                json!({"chart": "../c", "release": "Web"}),
                vec!["/chart", "/release"],
            ),
            (
                "kubernetes/helm",
                json!({"chart": "oci://r/c", "release": "web"}),
                vec![],
            ),
        ] {
            let request = RequestBuilder::new(operation, inputs.clone()).build();
            let found: Vec<String> = problems(&request).into_iter().map(|p| p.field).collect();
            assert_eq!(found, fields, "{operation} {inputs}");
        }
        assert_eq!(millis("1h30m"), 5_400_000);
        assert_eq!(millis("90s"), 90_000);
    }
}
