//! Requests as a workflow would make them.

use serde_json::{Map, Value};

use podium_connector::{Inputs, Manifest, StepRequest, Unknown};
use podium_model::StepId;

/// Builds a [`StepRequest`] with sensible defaults: step `step`, attempt 1, run `run_test`.
#[derive(Clone, Debug)]
pub struct RequestBuilder {
    request: StepRequest,
}

impl RequestBuilder {
    /// A request for an operation such as `terraform/apply`, with these inputs.
    ///
    /// # Panics
    /// When the name is no operation or the inputs are no object: the test is wrong.
    pub fn new(operation: &str, inputs: Value) -> Self {
        let Value::Object(values) = inputs else {
            panic!("inputs of a step are an object, not {inputs}");
        };
        Self {
            request: StepRequest {
                run: Some("run_test".parse().expect("a fixed valid run id")),
                step: "step".parse().expect("a fixed valid step id"),
                attempt: 1,
                operation: operation.parse().expect("a valid operation name"),
                inputs: Inputs::known(values),
                key: "podium-run-test-step-1".to_owned(),
                resumed: false,
                remote: None,
            },
        }
    }

    /// Fills in the defaults of the operation's schema, as `plan` does.
    ///
    /// # Panics
    /// When the manifest has no such operation.
    #[must_use]
    pub fn with_defaults_of(mut self, manifest: &Manifest) -> Self {
        let operation = manifest
            .operations
            .iter()
            .find(|operation| operation.name == self.request.operation)
            .expect("the manifest has the operation");
        let empty = Map::new();
        let properties = operation
            .input
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        for (name, schema) in properties {
            if let Some(default) = schema.get("default") {
                self.request
                    .inputs
                    .values
                    .entry(name.clone())
                    .or_insert_with(|| default.clone());
            }
        }
        self
    }

    /// Names the step.
    ///
    /// # Panics
    /// When it is no step id.
    #[must_use]
    pub fn step(mut self, step: &str) -> Self {
        self.request.step = step.parse().expect("a valid step id");
        self
    }

    /// Says that an input (a JSON pointer such as `/variables/branch`) is known only after a step; the
    /// value there becomes null.
    ///
    /// # Panics
    /// When it is no step id.
    #[must_use]
    pub fn unknown(mut self, pointer: &str, after: &str) -> Self {
        let after: StepId = after.parse().expect("a valid step id");
        let mut values = Value::Object(std::mem::take(&mut self.request.inputs.values));
        if let Some(value) = values.pointer_mut(pointer) {
            *value = Value::Null;
        }
        if let Value::Object(map) = values {
            self.request.inputs.values = map;
        }
        self.request
            .inputs
            .unknown
            .insert(pointer.to_owned(), Unknown { after: vec![after] });
        self
    }

    /// Sets the key that is sent where the system takes one.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.request.key);
        self
    }

    /// As after a crash: the attempt was begun before.
    #[must_use]
    pub fn resumed(mut self, remote: Option<&str>) -> Self {
        self.request.resumed = true;
        self.request.remote = remote.map(str::to_owned);
        self
    }

    /// The request.
    pub fn build(self) -> StepRequest {
        self.request
    }
}
