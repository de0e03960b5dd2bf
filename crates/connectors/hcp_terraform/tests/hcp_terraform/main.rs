//! HCP Terraform against its practice cloud, and against odd answers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod runs;
mod specification;

use podium_connector::{Connector, StepRequest};
use podium_connector_hcp_terraform::HcpTerraform;
use podium_testkit::{FakeContext, RequestBuilder};
use serde_json::{Value, json};

pub(crate) fn practice() -> (HcpTerraform, FakeContext) {
    let hcp = HcpTerraform::new();
    let cx = FakeContext::simulated(hcp.simulator(None));
    (hcp, cx)
}

pub(crate) fn step(hcp: &HcpTerraform, workspace: &str, more: Value) -> StepRequest {
    let mut inputs = json!({ "organization": "acme", "workspace": workspace });
    if let Value::Object(more) = more {
        for (name, value) in more {
            inputs[name] = value;
        }
    }
    RequestBuilder::new("hcp-terraform/run", inputs)
        .with_defaults_of(hcp.manifest())
        .build()
}
