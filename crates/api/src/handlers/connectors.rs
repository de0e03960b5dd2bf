//! Connectors, and live choices for forms.

use podium_connector::{Choice, Inputs, Manifest, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind};

use crate::types::{Discover, Empty, MakePreview};
use crate::{ApiError, Podium};

impl Podium {
    /// The connectors and their operations.
    pub async fn connector_list(&self, _: Empty) -> Result<Vec<Manifest>, ApiError> {
        Ok(self.host.manifests())
    }

    /// Live choices of a field. The workflow must be able to run as it stands, since the far system is
    /// asked with the step's own credentials.
    pub async fn connector_discover(&self, request: Discover) -> Result<Vec<Choice>, ApiError> {
        let compiled = self.compile(&MakePreview {
            workflow: request.workflow,
            environment: request.environment,
            inputs: serde_json::Map::new(),
        })?;
        let step = compiled.plan.step(&request.step).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                Code::new("POD0708"),
                format!("There is no step `{}` in this workflow.", request.step),
            )
        })?;
        let asked = StepRequest {
            run: None,
            step: step.id.clone(),
            attempt: 1,
            operation: step.uses.clone(),
            inputs: Inputs::known(step.with.clone()),
            key: String::from("discover"),
            resumed: false,
            remote: None,
        };
        let look = self.host.look(&compiled.plan, step).await?;
        let choices = look.discover(&asked, &request.what).await;
        look.close().await;
        Ok(choices?)
    }
}
