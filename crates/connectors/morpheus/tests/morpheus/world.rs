//! The steps that the tests work with.

use podium_connector::Connector;
use podium_connector_morpheus::Morpheus;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

pub(crate) fn morpheus() -> Morpheus {
    Morpheus::new()
}

/// A practice appliance.
pub(crate) fn world() -> FakeContext {
    FakeContext::simulated(morpheus().simulator(None))
}

pub(crate) fn step(operation: &str, inputs: Value) -> RequestBuilder {
    RequestBuilder::new(&format!("morpheus/{operation}"), inputs)
        .with_defaults_of(morpheus().manifest())
}

pub(crate) fn instance(name: &str) -> RequestBuilder {
    step(
        "provision",
        json!({
            "name": name, "group": "Shop", "cloud": "Zürich", "instance_type": "ubuntu",
            "plan": "vm-512",
        }),
    )
    .key(&format!("key-{}", name.len()))
}

/// The simulator's state, as data.
pub(crate) fn state(cx: &FakeContext) -> Value {
    serde_json::from_str(&cx.simulator_state().unwrap()).unwrap()
}

pub(crate) fn names(cx: &FakeContext, list: &str) -> Vec<String> {
    state(cx)[list]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["name"].as_str().map(str::to_owned))
        .collect()
}
