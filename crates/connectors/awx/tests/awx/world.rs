//! What every test stands on.

use podium_connector::{Connector, StepRequest};
use podium_connector_awx::Awx;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::Value;

/// A fresh practice server.
pub(crate) fn practice() -> FakeContext {
    FakeContext::simulated(Awx::new().simulator(None))
}

/// A step of one of the two operations, with the schema's defaults.
pub(crate) fn step(operation: &str, inputs: Value) -> RequestBuilder {
    let awx = Awx::new();
    RequestBuilder::new(operation, inputs).with_defaults_of(awx.manifest())
}

pub(crate) fn launch(inputs: Value) -> StepRequest {
    step("awx/launch", inputs).build()
}

pub(crate) fn workflow(inputs: Value) -> StepRequest {
    step("awx/launch-workflow", inputs).build()
}

/// How many calls of this method and part of a path were made.
pub(crate) fn calls(cx: &FakeContext, method: &str, part: &str) -> usize {
    cx.records()
        .requests
        .iter()
        .filter(|asked| asked.starts_with(method) && asked.contains(part))
        .count()
}

/// The log as one text.
pub(crate) fn log(cx: &FakeContext) -> String {
    let lines = cx.records().log.into_iter().map(|line| line.text);
    lines.collect::<Vec<_>>().join("\n")
}

/// The same server behind the platform's gateway: other prefixes, and the controller's address in its answer.
pub(crate) fn gateway() -> FakeContext {
    practice().with_simulator_at("http://127.0.0.1:9/aap")
}
