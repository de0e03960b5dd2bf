//! The blueprint and the steps that the tests work with.

use podium_connector::{Connector, StepRequest};
use podium_connector_cloudify::Cloudify;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

pub(crate) const SHOP: &str = "
tosca_definitions_version: cloudify_dsl_1_5
imports: [cloudify/types/types.yaml, nodes.yaml]
inputs:
  branch: { type: string, constraints: [{ min_length: 3 }] }
  servers: { type: integer, default: 2 }
node_templates:
  network: { type: cloudify.nodes.Network }
outputs:
  name: { value: { concat: ['Filiale ', { get_input: branch }] } }
";
pub(crate) const NODES: &str = "
node_templates:
  web:
    type: cloudify.nodes.WebServer
    capabilities: { scalable: { properties: { default_instances: 2 } } }
    relationships: [{ type: cloudify.relationships.connected_to, target: disk }]
  disk:
    type: cloudify.nodes.Volume
    relationships: [{ type: cloudify.relationships.contained_in, target: network }]
";

pub(crate) fn cloudify() -> Cloudify {
    Cloudify::new()
}

/// A practice manager, with the shop's blueprint in the workspace.
pub(crate) fn world() -> FakeContext {
    let cx = FakeContext::simulated(cloudify().simulator(None));
    with_blueprint(cx)
}

pub(crate) fn with_blueprint(cx: FakeContext) -> FakeContext {
    cx.write("blueprints/shop/blueprint.yaml", SHOP);
    cx.write("blueprints/shop/nodes.yaml", NODES);
    cx.write("blueprints/shop/scripts/Grüße.sh", "echo grüezi\n");
    cx
}

pub(crate) fn step(operation: &str, inputs: Value) -> RequestBuilder {
    RequestBuilder::new(&format!("cloudify/{operation}"), inputs)
        .with_defaults_of(cloudify().manifest())
}

pub(crate) fn deploy(name: &str) -> StepRequest {
    deploy_with(name, &json!({ "branch": "Zürich–West" }))
}

pub(crate) fn deploy_with(name: &str, inputs: &Value) -> StepRequest {
    step(
        "deploy",
        json!({ "blueprint": "blueprints/shop/blueprint.yaml", "deployment": name, "inputs": inputs }),
    )
    .key(&format!("key-{name}"))
    .build()
}

/// The simulator's state, as data.
pub(crate) fn state(cx: &FakeContext) -> Value {
    serde_json::from_str(&cx.simulator_state().unwrap()).unwrap()
}
