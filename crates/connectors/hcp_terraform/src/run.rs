//! A run as HCP Terraform tells it: its state, what may be done with it, what stands beside it.

use podium_rest::{Stage, Stages};
use serde_json::Value;

/// What the states of a run mean. Whether somebody must confirm it, its `actions` say.
const STAGES: Stages = Stages(&[
    ("pending", Stage::Running),
    ("fetching", Stage::Running),
    ("fetching_completed", Stage::Running),
    ("pre_plan_running", Stage::Running),
    ("pre_plan_completed", Stage::Running),
    ("pre_plan_awaiting_decision", Stage::Waiting),
    ("queuing", Stage::Running),
    ("plan_queued", Stage::Running),
    ("planning", Stage::Running),
    ("planned", Stage::Running),
    ("cost_estimating", Stage::Running),
    ("cost_estimated", Stage::Running),
    ("policy_checking", Stage::Running),
    ("policy_override", Stage::Waiting),
    ("policy_checked", Stage::Running),
    ("tf_policy_checked", Stage::Running),
    ("tf_policy_override", Stage::Waiting),
    ("post_plan_running", Stage::Running),
    ("post_plan_completed", Stage::Running),
    ("post_plan_awaiting_decision", Stage::Waiting),
    ("confirmed", Stage::Running),
    ("queuing_apply", Stage::Running),
    ("apply_queued", Stage::Running),
    ("pre_apply_running", Stage::Running),
    ("pre_apply_completed", Stage::Running),
    ("pre_apply_awaiting_decision", Stage::Waiting),
    ("applying", Stage::Running),
    ("post_apply_running", Stage::Running),
    ("post_apply_completed", Stage::Running),
    ("assessing", Stage::Running),
    ("applied", Stage::Done),
    ("assessed", Stage::Done),
    ("planned_and_finished", Stage::Done),
    ("planned_and_saved", Stage::Done),
    ("policy_soft_failed", Stage::Failed),
    ("errored", Stage::Failed),
    ("discarded", Stage::Stopped),
    ("canceled", Stage::Stopped),
    ("force_canceled", Stage::Stopped),
]);

/// A run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    pub(crate) status: String,
    pub(crate) confirmable: bool,
    pub(crate) cancelable: bool,
    pub(crate) discardable: bool,
    pub(crate) position: Option<u64>,
    pub(crate) configuration: Option<String>,
    pub(crate) variables: Value,
    pub(crate) plan: Part,
    pub(crate) apply: Part,
    pub(crate) cost: Option<String>,
    pub(crate) task_stages: Vec<(String, String, String)>,
}

/// A plan or an apply of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) status: String,
    /// A secret: it carries its own token.
    pub(crate) log: Option<String>,
    pub(crate) counts: Option<[u64; 3]>,
}

impl Part {
    fn read(data: &Value) -> Self {
        let attributes = &data["attributes"];
        let count = |name: &str| attributes[name].as_u64();
        Self {
            id: data["id"].as_str().unwrap_or_default().to_owned(),
            status: attributes["status"].as_str().unwrap_or_default().to_owned(),
            log: attributes["log-read-url"].as_str().map(str::to_owned),
            counts: count("resource-additions").map(|added| {
                [
                    added,
                    count("resource-changes").unwrap_or(0),
                    count("resource-destructions").unwrap_or(0),
                ]
            }),
        }
    }
}

impl Run {
    /// From a reply, with what was asked to be included.
    pub(crate) fn read(reply: &Value) -> Self {
        let data = &reply["data"];
        let mut run = Self::of(data);
        for part in reply["included"].as_array().into_iter().flatten() {
            match part["type"].as_str() {
                Some("plans") => run.plan = Part::read(part),
                Some("applies") => run.apply = Part::read(part),
                Some("cost-estimates") => run.cost = cost(&part["attributes"]),
                Some("task-stages") => {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    run.task_stages.push((
                        text(&part["id"]),
                        text(&part["attributes"]["stage"]),
                        text(&part["attributes"]["status"]),
                    ));
                }
                _ => {}
            }
        }
        run
    }

    /// From an entry of a list.
    pub(crate) fn of(data: &Value) -> Self {
        let attributes = &data["attributes"];
        let may = |name: &str| attributes["actions"][name].as_bool().unwrap_or(false);
        let beside = |name: &str| {
            data.pointer(&format!("/relationships/{name}/data/id"))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        Self {
            status: attributes["status"].as_str().unwrap_or_default().to_owned(),
            confirmable: may("is-confirmable"),
            cancelable: may("is-cancelable"),
            discardable: may("is-discardable"),
            position: attributes["position-in-queue"].as_u64(),
            configuration: beside("configuration-version"),
            variables: attributes["variables"].clone(),
            plan: Part {
                id: beside("plan").unwrap_or_default(),
                ..Part::default()
            },
            ..Self::default()
        }
    }

    pub(crate) fn stage(&self) -> Stage {
        STAGES.of(&self.status)
    }
}

/// What it costs, in words; nothing where nothing was estimated.
fn cost(attributes: &Value) -> Option<String> {
    let text = |name: &str| attributes[name].as_str().unwrap_or_default();
    match text("status") {
        "finished" => {
            let delta = text("delta-monthly-cost");
            let change = match delta.strip_prefix('-') {
                Some(less) => format!("{less} less"),
                None => format!("{delta} more"),
            };
            Some(format!(
                "HCP Terraform estimates {} USD a month, {change} than before ({} of {} resources have a price).",
                text("proposed-monthly-cost"),
                attributes["matched-resources-count"].as_u64().unwrap_or(0),
                attributes["resources-count"].as_u64().unwrap_or(0),
            ))
        }
        "errored" => Some(format!(
            "HCP Terraform could not estimate what it costs: {}",
            match text("error-message") {
                "" => "it gives no reason.",
                why => why,
            }
        )),
        _ => None,
    }
}

/// A policy check, in words.
pub(crate) fn policy(check: &Value) -> String {
    let attributes = &check["attributes"];
    let count = |name: &str| attributes["result"][name].as_u64().unwrap_or(0);
    let status = match attributes["status"].as_str().unwrap_or_default() {
        "passed" => "passed".to_owned(),
        "soft_failed" => "failed softly: somebody with the right may override it".to_owned(),
        "hard_failed" => "failed and cannot be overridden".to_owned(),
        "overridden" => "failed softly and was overridden".to_owned(),
        other => other.replace('_', " "),
    };
    format!(
        "Policy check: {status} ({} passed, {} failed softly, {} failed hard, {} advice).",
        count("passed"),
        count("soft-failed"),
        count("hard-failed"),
        count("advisory-failed")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_it_costs_is_told_in_words() {
        let attributes = json!({
            "status": "finished", "proposed-monthly-cost": "12.5", "delta-monthly-cost": "-3.0",
            "resources-count": 4, "matched-resources-count": 3,
        });
        assert_eq!(
            cost(&attributes).unwrap(),
            "HCP Terraform estimates 12.5 USD a month, 3.0 less than before (3 of 4 resources have a price)."
        );
        assert_eq!(cost(&json!({ "status": "pending" })), None);
    }
}
