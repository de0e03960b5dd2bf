//! AWS CloudFormation: stacks, previewed by change sets and watched resource by resource.

mod manifest;
mod pending;

use podium_connector::Connector;

/// The connector.
pub struct CloudFormation;

impl CloudFormation {
    /// The connector.
    #[expect(clippy::new_ret_no_self, reason = "until its verbs are built")]
    pub fn new() -> impl Connector {
        pending::Pending(manifest::manifest())
    }
}
