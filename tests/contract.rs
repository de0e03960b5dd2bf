//! Every connector, held against the sentences of the contract: the same checks by the same names, on
//! each one's simulator, and on the real system where it is installed and can be made fresh for each check
//! (`real_…`: Terraform, OpenTofu, Kubernetes).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "contract/ansible.rs"]
mod ansible;
#[path = "contract/awx.rs"]
mod awx;
#[path = "contract/azure_automation.rs"]
mod azure_automation;
#[path = "contract/cloudformation.rs"]
mod cloudformation;
#[path = "contract/cloudify.rs"]
mod cloudify;
#[path = "contract/hcp_terraform.rs"]
mod hcp_terraform;
#[path = "contract/ibm_orchestrator.rs"]
mod ibm_orchestrator;
#[path = "contract/ibm_schematics.rs"]
mod ibm_schematics;
#[path = "contract/kubernetes.rs"]
mod kubernetes;
#[path = "contract/morpheus.rs"]
mod morpheus;
#[path = "contract/octopus.rs"]
mod octopus;
#[path = "contract/terraform.rs"]
mod terraform;
