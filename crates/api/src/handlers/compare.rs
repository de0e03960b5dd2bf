//! What is different between a run and another one, or what it would be today. Pure but for reading.

use std::collections::BTreeSet;

use podium_diagnostics::{Code, Error, ErrorKind};
use podium_engine::EventBody;
use podium_engine::event::RunEvent;
use podium_model::RunId;
use podium_plan::{EdgeKind, Plan, PlanStep};
use serde_json::{Map, Value, json};

use crate::types::{
    CheckInputs, CompareRun, Comparison, Difference, HowDifferent, MakePreview, StepDifference,
};
use crate::{ApiError, Podium};

impl Podium {
    /// What is different between a run and another one, or what it would be today.
    pub async fn run_compare(&self, request: CompareRun) -> Result<Comparison, ApiError> {
        let plan = self.plan_of(&request.run).await?;
        if let Some(other) = &request.with {
            return Ok(compare(&plan, &self.plan_of(other).await?));
        }
        // The answers of the run, as far as the workflow still asks for them.
        let asked = self
            .inputs_check(CheckInputs {
                workflow: plan.workflow().to_owned(),
                inputs: plan.inputs().clone(),
            })
            .await?;
        let inputs: Map<String, Value> = plan
            .inputs()
            .iter()
            .filter(|(name, _)| asked.asked.contains(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let today = self.compile(&MakePreview {
            workflow: plan.workflow().to_owned(),
            environment: Some(plan.environment().clone()),
            inputs,
        });
        Ok(match today {
            Ok(compiled) => compare(&plan, &compiled.plan),
            Err(error) => Comparison {
                problem: Some(
                    Error::new(
                        ErrorKind::Invalid,
                        Code::new("POD0711"),
                        error
                            .diagnostics
                            .iter()
                            .find(|diagnostic| diagnostic.is_error())
                            .map_or_else(|| error.message.clone(), |first| first.detail.clone()),
                    )
                    .with_hint("Solve the problems of the workflow, then compare again."),
                ),
                ..Comparison::default()
            },
        })
    }

    pub(crate) async fn plan_of(&self, run: &RunId) -> Result<Plan, ApiError> {
        let id = run.clone();
        let first = self
            .host
            .journal(move |journal| journal.events(&id, 1, 1))
            .await?;
        first
            .into_iter()
            .find_map(|event| match event.body {
                EventBody::Run(RunEvent::Created(created)) => Some(created.plan),
                _ => None,
            })
            .ok_or_else(|| crate::handlers::runs::no_run(run).into())
    }
}

fn compare(before: &Plan, after: &Plan) -> Comparison {
    let mut comparison = Comparison::default();
    differ(
        "",
        Some(&Value::Object(before.inputs().clone())),
        Some(&Value::Object(after.inputs().clone())),
        &mut comparison.inputs,
    );
    differ(
        "",
        Some(&settings(before)),
        Some(&settings(after)),
        &mut comparison.settings,
    );
    for step in before.steps() {
        let Some(now) = after.step(&step.id) else {
            comparison
                .steps
                .push(different(step, HowDifferent::Removed, Vec::new()));
            continue;
        };
        let mut fields = Vec::new();
        differ("", Some(&shape(step)), Some(&shape(now)), &mut fields);
        if !fields.is_empty() {
            comparison
                .steps
                .push(different(step, HowDifferent::Changed, fields));
        }
    }
    for step in after.steps() {
        if before.step(&step.id).is_none() {
            comparison
                .steps
                .push(different(step, HowDifferent::Added, Vec::new()));
        }
    }
    comparison
}

fn different(step: &PlanStep, how: HowDifferent, fields: Vec<Difference>) -> StepDifference {
    StepDifference {
        id: step.id.to_string(),
        title: step.title.clone(),
        how,
        fields,
    }
}

/// What a plan has beside its steps and inputs.
fn settings(plan: &Plan) -> Value {
    let vars = plan.environment_values().get("vars").cloned();
    json!({
        "title": plan.title(),
        "environment": plan.environment().as_str(),
        "mode": plan.mode(),
        "vars": vars.unwrap_or(Value::Null),
        "credentials": plan.credentials(),
        "outputs": plan.outputs(),
        "approval": plan.needs_approval(),
    })
}

/// What of a step a person would call different: not how it is worked out.
fn shape(step: &PlanStep) -> Value {
    let after: Map<String, Value> = step
        .edges
        .iter()
        .map(|edge| {
            let kind = match &edge.kind {
                EdgeKind::Order => "order",
                EdgeKind::Data { .. } => "a value flows",
            };
            (
                edge.from.to_string(),
                json!({ "on": edge.on, "edge": kind }),
            )
        })
        .collect();
    json!({
        "title": step.title,
        "uses": step.uses,
        "with": step.with,
        "after": after,
        "join": step.join,
        "if": step.condition,
        "for_each": step.for_each,
        "max_parallel": step.max_parallel,
        "max_failures": step.max_failures,
        "retry": step.retry,
        "timeout": step.timeout,
        "on_error": step.on_error,
        "credentials": step.credentials,
        "off": step.off,
        "undo": step.undo,
    })
}

/// Goes down as far as both are maps, and notes what is not the same.
pub(crate) fn differ(
    what: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    let gone = |value: Option<&Value>| value.is_none_or(Value::is_null);
    if before == after || (gone(before) && gone(after)) {
        return;
    }
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let path = if what.is_empty() {
                name.clone()
            } else {
                format!("{what}.{name}")
            };
            differ(&path, before.get(name), after.get(name), found);
        }
        return;
    }
    found.push(Difference {
        what: what.to_owned(),
        before: before.filter(|value| !value.is_null()).cloned(),
        after: after.filter(|value| !value.is_null()).cloned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(before: &Value, after: &Value) -> Vec<String> {
        let mut found = Vec::new();
        differ("", Some(before), Some(after), &mut found);
        found
            .iter()
            .map(|one| {
                let side = |value: &Option<Value>| {
                    value
                        .as_ref()
                        .map_or_else(|| "-".to_owned(), Value::to_string)
                };
                format!("{}: {} → {}", one.what, side(&one.before), side(&one.after))
            })
            .collect()
    }

    #[test]
    fn maps_are_compared_key_by_key_and_lists_as_a_whole() {
        assert_eq!(
            found(
                &json!({"with": {"a": 1, "same": [1], "deep": {"x": "ä"}}, "gone": null, "list": [1, 2]}),
                &json!({"with": {"a": 2, "same": [1], "deep": {"x": "ä", "y": true}}, "list": [1]}),
            ),
            [
                "list: [1,2] → [1]",
                "with.a: 1 → 2",
                "with.deep.y: - → true",
            ]
        );
        assert!(found(&json!({"a": 1}), &json!({"a": 1})).is_empty());
    }
}
