//! What every test stands on.

use podium_connector::{Connector, StepRequest};
use podium_connector_azure_automation::AzureAutomation;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

/// A fresh practice cloud.
pub(crate) fn practice() -> FakeContext {
    FakeContext::simulated(AzureAutomation::new().simulator(None))
}

/// A step that runs a runbook of the shop, with more inputs.
pub(crate) fn step(runbook: &str, more: Value) -> RequestBuilder {
    let mut inputs = json!({ "account": "shop-automation", "runbook": runbook });
    if let (Value::Object(inputs), Value::Object(more)) = (&mut inputs, more) {
        inputs.extend(more);
    }
    let azure = AzureAutomation::new();
    RequestBuilder::new("azure-automation/run-runbook", inputs).with_defaults_of(azure.manifest())
}

pub(crate) fn run(runbook: &str, more: Value) -> StepRequest {
    step(runbook, more).build()
}

/// How many calls of this method and part of an address were made.
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
