//! IBM Cloud Schematics against its practice cloud, and against odd answers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod jobs;
mod specification;

use podium_connector::{Connector, StepRequest};
use podium_connector_ibm_schematics::Schematics;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::Value;

pub(crate) fn practice() -> (Schematics, FakeContext) {
    let schematics = Schematics::new();
    let cx = FakeContext::simulated(schematics.simulator(None));
    (schematics, cx)
}

pub(crate) fn step(schematics: &Schematics, operation: &str, inputs: Value) -> StepRequest {
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(schematics.manifest())
        .build()
}
