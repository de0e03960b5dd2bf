//! What the list of explained errors calls seen, seen: the real tools say it, and it is known again.

use podium_connector::{Connector, EXPLAINED, Phase};
use podium_connector_terraform::Terraform;
use podium_diagnostics::Error;
use podium_testkit::{FakeContext, walk};
use serde_json::json;

use crate::request;

/// File and the explanation that its fault must get.
const FAULTS: &[(&str, &str)] = &[
    (
        "resource \"terraform_data\" \"a\" {\n  nope = 1\n}\n",
        "unsupported-argument",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  nope {\n  }\n}\n",
        "unsupported-block",
    ),
    ("output \"x\" {\n}\n", "missing-argument"),
    (
        "resource \"terraform_data\" \"a\" {\n  input = terraform_data.nope.id\n}\n",
        "undeclared-resource",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n}\noutput \"x\" {\n  value = terraform_data.a.nope\n}\n",
        "unsupported-attribute",
    ),
    (
        "locals {\n  none = []\n}\noutput \"x\" {\n  value = local.none[0]\n}\n",
        "invalid-index",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n}\nresource \"terraform_data\" \"b\" {\n  for_each = toset([terraform_data.a.id])\n}\n",
        "invalid-for-each",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  input = 1\n}\nresource \"terraform_data\" \"b\" {\n  count = terraform_data.a.output\n}\n",
        "invalid-count",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  input = terraform_data.b.id\n}\nresource \"terraform_data\" \"b\" {\n  input = terraform_data.a.id\n}\n",
        "cycle",
    ),
    (
        "variable \"size\" {\n  type    = number\n  default = 3\n  validation {\n    condition     = var.size > 5\n    error_message = \"Too small.\"\n  }\n}\n",
        "validation",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"echo words; exit 3\"\n  }\n}\n",
        "local-exec",
    ),
];

fn id(error: &Error) -> String {
    error
        .context
        .iter()
        .find(|(name, _)| name == EXPLAINED)
        .map_or_else(|| format!("not explained: {error}"), |(_, id)| id.clone())
}

async fn every_fault_is_explained(new: fn() -> Option<FakeContext>) {
    for (file, expected) in FAULTS {
        let Some(cx) = new() else { return };
        cx.write("net/main.tf", file);
        let step = request("terraform/apply", json!({"directory": "net"}));
        let error = walk(&Terraform::new(), &cx, &step)
            .await
            .expect_err(expected);
        assert_eq!(id(&error), format!("terraform/{expected}"), "{error}");
    }
    let Some(cx) = new() else { return };
    cx.write(
        "net/main.tf",
        "resource \"terraform_data\" \"a\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
    );
    let step = request("terraform/apply", json!({"directory": "net"}));
    walk(&Terraform::new(), &cx, &step).await.expect("it runs");
    cx.begin_attempt();
    cx.set_phase(Phase::Read);
    let destroy = request("terraform/destroy", json!({"directory": "net"}));
    let error = Terraform::new()
        .preview(&cx, &destroy)
        .await
        .expect_err("it is kept");
    assert_eq!(id(&error), "terraform/prevent-destroy", "{error}");
}

#[tokio::test]
async fn real_terraforms_faults_are_explained() {
    every_fault_is_explained(crate::real).await;
}

#[tokio::test]
async fn real_opentofus_faults_are_explained() {
    every_fault_is_explained(crate::opentofu).await;
}
