//! Asking a connector for the graph inside one step. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use podium_connector::{Drawing, Inputs, Mode, StepRequest, Unknown};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_model::StepId;
use podium_model::expression::{Expression, render_partly};
use podium_plan::{Plan, PlanStep};
use serde_json::{Map, Value};

use crate::host::Host;
use crate::known::Known;
use crate::preview::{Look, given};

/// What a connector drew.
#[derive(Clone, Debug)]
pub struct Inside {
    /// The graph; empty where too little is known.
    pub drawing: Drawing,
    /// Whether the system that was asked is the real one; absent where an input that decides it is not
    /// known.
    pub mode: Option<Mode>,
    /// The steps that must have run before everything about it is known.
    pub waits_for: Vec<StepId>,
}

impl Host {
    /// The graph inside one step of a plan of which nothing has run: its inputs are as far known as they
    /// stand in the plan.
    pub async fn draw(&self, plan: &Plan, step: &PlanStep) -> Result<Inside> {
        let request = request_alone(plan, step)?;
        self.draw_as(plan, step, &request).await
    }

    /// The graph inside one step, asked with this request.
    pub async fn draw_as(
        &self,
        plan: &Plan,
        step: &PlanStep,
        request: &StepRequest,
    ) -> Result<Inside> {
        let mode = self
            .shared
            .connector(&step.uses)?
            .mode(request, plan.mode());
        let look = Look::open(&self.shared, plan, step).await?;
        let drawn = look.draw(request).await;
        look.close().await;
        let waits_for: BTreeSet<StepId> = request
            .inputs
            .unknown
            .values()
            .flat_map(|unknown| unknown.after.iter().cloned())
            .collect();
        let drawing = match drawn {
            // What is refused, or not found, for want of an input is no failure: there is nothing to see yet.
            Err(error)
                if !waits_for.is_empty()
                    && matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound) =>
            {
                Drawing::default()
            }
            drawn => drawn?,
        };
        Ok(Inside {
            drawing,
            mode,
            waits_for: waits_for.into_iter().collect(),
        })
    }
}

/// The request of a step as far as it is known before anything has run.
fn request_alone(plan: &Plan, target: &PlanStep) -> Result<StepRequest> {
    let mut known = Known::new(plan);
    // A plan has every step behind those it waits for, and the steps of a call right behind it.
    for step in plan.steps() {
        if step.id == target.id {
            break;
        }
        if let Some(call) = &step.call {
            let within = step.within.as_ref();
            let rendered = render_partly(
                &Value::Object(step.with.clone()),
                &known.scope(within),
                &|path| known.waits_for(within, path),
            );
            let opened = rendered
                .map_err(|error| error.to_string())
                .and_then(|rendered| given(call, &rendered));
            match opened {
                Ok((inputs, later)) => known.open(&step.id, inputs, later),
                Err(because) => known.open_skipped(&step.id, because),
            }
        } else {
            known.answered(&step.id);
            known.waits(&step.id);
        }
        known.close_calls();
    }
    let within = target.within.as_ref();
    let mut scope = known.scope(within);
    let mut each_waits = BTreeSet::new();
    if let Some(list) = &target.for_each {
        let list =
            Expression::parse(list).map_err(|_| unclear(target, "its list is no expression"))?;
        each_waits = list
            .references()
            .iter()
            .flat_map(|reference| known.waits_for(within, &reference.path))
            .collect();
        if each_waits.is_empty() {
            // The elements are alike; the first one is drawn.
            let items = list
                .evaluate(&scope)
                .map_err(|error| unclear(target, &error.to_string()))?;
            scope.each = items.as_array().and_then(|items| items.first()).cloned();
            if scope.each.is_none() {
                return Err(unclear(target, "its list is empty"));
            }
        }
    }
    let rendered = render_partly(&Value::Object(target.with.clone()), &scope, &|path| {
        if path.first().is_some_and(|root| root == "each") {
            each_waits.clone()
        } else {
            known.waits_for(within, path)
        }
    })
    .map_err(|error| unclear(target, &error.to_string()))?;
    let values = match rendered.value {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    let unknown: BTreeMap<String, Unknown> = rendered
        .unknown
        .into_iter()
        .map(|(pointer, after)| (pointer, Unknown { after }))
        .collect();
    Ok(StepRequest {
        run: None,
        step: target.id.clone(),
        attempt: 1,
        operation: target.uses.clone(),
        inputs: Inputs { values, unknown },
        key: String::from("draw"),
        resumed: false,
        remote: None,
    })
}

fn unclear(step: &PlanStep, why: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        Code::new("POD0710"),
        format!(
            "The inputs of `{}` could not be worked out: {}.",
            step.id,
            why.trim_end_matches('.')
        ),
    )
    .with_hint("Correct the expression in the step.")
}
