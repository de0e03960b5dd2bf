//! The same sentences, told to the simulator, to the real Terraform and to the real OpenTofu.
//!
//! `real_tool` runs where `PODIUM_PEERS` names a folder with `bin/terraform`, `real_opentofu` where it has
//! `go/bin/tofu`; each says so where not.

mod applying;
mod choosing;
mod explained;
mod handing_over;
mod language;
mod previewing;
mod real;
mod undoing;
mod weather;

use podium_connector::StepRequest;
use podium_connector_terraform::Terraform;
use podium_testkit::{FakeContext, RequestBuilder, go_peers, peers, skipped};
use serde_json::{Value, json};

/// Makes a test of a check against each of the three.
macro_rules! each {
    ($($check:ident),* $(,)?) => {$(
        mod $check {
            #[tokio::test]
            async fn simulated() {
                super::$check(crate::simulated()).await;
            }
            #[tokio::test]
            async fn real_tool() {
                if let Some(cx) = crate::real() {
                    super::$check(cx).await;
                }
            }
            #[tokio::test]
            async fn real_opentofu() {
                if let Some(cx) = crate::opentofu() {
                    super::$check(cx).await;
                }
            }
        }
    )*};
}
pub(crate) use each;

pub(crate) fn simulated() -> FakeContext {
    use podium_connector::Connector;
    FakeContext::simulated(Terraform::new().simulator(None))
}

pub(crate) fn real() -> Option<FakeContext> {
    let found = peers(&["terraform"]);
    if found.is_none() {
        skipped("PODIUM_PEERS names no folder with bin/terraform");
    }
    Some(FakeContext::real().with_tools_in(found?.join("bin")))
}

/// A computer on which OpenTofu is, and no Terraform.
pub(crate) fn opentofu() -> Option<FakeContext> {
    let found = go_peers(&["tofu"]);
    if found.is_none() {
        skipped("PODIUM_PEERS names no folder with go/bin/tofu");
    }
    Some(FakeContext::real().with_only_tools_in(found?))
}

/// A network of two things: hosts, and a page that is made anew for another branch.
pub(crate) const SHOP: &str = r#"
variable "branch" {
  type = string
}
variable "token" {
  type      = string
  default   = "none"
  sensitive = true
}
resource "terraform_data" "hosts" {
  input = "shop-${var.branch}"
}
resource "terraform_data" "page" {
  triggers_replace = [var.branch]
  input            = terraform_data.hosts.output
}
output "hosts" {
  value = ["a.${var.branch}", "b.${var.branch}"]
}
output "name" {
  value = terraform_data.hosts.output
}
output "secret" {
  value     = var.token
  sensitive = true
}
"#;

pub(crate) fn request(operation: &str, inputs: Value) -> StepRequest {
    use podium_connector::Connector;
    RequestBuilder::new(operation, inputs)
        .with_defaults_of(Terraform::new().manifest())
        .build()
}

pub(crate) fn apply(branch: &str) -> StepRequest {
    request(
        "terraform/apply",
        json!({"directory": "infra/shop", "variables": {"branch": branch}}),
    )
}

pub(crate) fn shop(cx: &FakeContext) {
    cx.write("infra/shop/main.tf", SHOP);
}
