//! Help while one draws: what goes together, and what an expression gives.

use podium_connector::Operation;
use podium_diagnostics::{Error, ErrorKind};
use podium_model::OperationName;
use podium_model::expression::{Expression, Scope, Template};
use podium_plan::{Fit, between, fitting};
use podium_projections::{RunView, StepView};
use serde_json::{Map, Value, json};

use crate::types::{GetRun, ListRuns, PortsOf, Tried, TryExpression, WhatFits};
use crate::{ApiError, Podium};

impl Podium {
    /// What flows between two operations, what does not and why, and what would make it.
    pub async fn port_between(&self, request: PortsOf) -> Result<Vec<Fit>, ApiError> {
        let (from, to) = (self.operation(&request.from)?, self.operation(&request.to)?);
        Ok(between(from, &request.step, to))
    }

    /// The operations that take something of what one gives.
    pub async fn port_fitting(&self, request: WhatFits) -> Result<Vec<OperationName>, ApiError> {
        let from = self.operation(&request.from)?;
        let all = self.manifests.iter();
        Ok(all
            .flat_map(|manifest| &manifest.operations)
            .filter(|to| fitting(from, to))
            .map(|to| to.name.clone())
            .collect())
    }

    /// What an expression gives with the values of the newest run, as far as they may be shown: the run's
    /// view holds no secret.
    pub async fn expression_try(&self, request: TryExpression) -> Result<Tried, ApiError> {
        let runs = self
            .run_list(ListRuns {
                workflow: Some(request.workflow),
                limit: Some(20),
            })
            .await?;
        let Some(newest) = runs.into_iter().find(|run| run.undoes.is_none()) else {
            return Ok(Tried {
                run: None,
                at: None,
                value: None,
                because: Some("It has not run yet.".to_owned()),
            });
        };
        let view = self
            .run_get(GetRun {
                run: newest.id.clone(),
                at: None,
            })
            .await?;
        let (value, because) = match evaluate(&request.text, &self.scope_of(&view)) {
            Ok(value) => (Some(value), None),
            Err(because) => (None, Some(because)),
        };
        Ok(Tried {
            run: Some(newest.id),
            at: Some(view.created_at),
            value,
            because,
        })
    }

    fn operation(&self, name: &OperationName) -> Result<&Operation, ApiError> {
        self.manifests.operation(name).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                podium_plan::code::UNKNOWN_OPERATION,
                format!("No connector has the operation `{name}`."),
            )
            .with_hint("Choose another operation in the step’s text.")
            .into()
        })
    }

    fn scope_of(&self, view: &RunView) -> Scope {
        let vars = view
            .environment
            .parse()
            .ok()
            .and_then(|name| self.read_environment(&name).ok())
            .map(|(environment, ..)| environment.vars.into_iter().collect::<Map<_, _>>())
            .unwrap_or_default();
        Scope {
            inputs: Value::Object(view.inputs.clone()),
            environment: json!({ "name": view.environment, "vars": vars }),
            steps: view
                .steps
                .iter()
                .map(|step| (step.id.to_string(), values_of(step)))
                .collect::<Map<_, _>>()
                .into(),
            each: None,
            run: json!({ "id": view.id.to_string() }),
        }
    }
}

fn values_of(step: &StepView) -> Value {
    json!({ "outputs": step.outputs, "status": step.state })
}

fn evaluate(text: &str, scope: &Scope) -> Result<Value, String> {
    if text.contains("${{") {
        let template = Template::parse(text).map_err(|errors| first(&errors))?;
        return template.render(scope).map_err(|error| error.to_string());
    }
    let expression = Expression::parse(text).map_err(|errors| first(&errors))?;
    expression
        .evaluate(scope)
        .map_err(|error| error.to_string())
}

fn first(errors: &[podium_model::expression::SyntaxError]) -> String {
    errors
        .first()
        .map(|error| error.message.clone())
        .unwrap_or_default()
}
