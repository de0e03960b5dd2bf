//! A stack as it is.

use podium_diagnostics::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::{Client, Does, pair};
use crate::errors::{STATE, TEMPLATE};

/// What `DescribeStacks` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// The ARN.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) outputs: Map<String, Value>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) protected: bool,
    pub(crate) role: Option<String>,
    /// The ARN of the stack around it, where it is nested.
    #[serde(default)]
    pub(crate) root: Option<String>,
}

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) physical: String,
    pub(crate) status: String,
    pub(crate) reason: String,
}

/// What a status means. A word that nobody knows means that it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Running,
    Done,
    Gone,
    RolledBack,
    Failed,
}

impl Standing {
    pub(crate) fn of(status: &str) -> Self {
        match status {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => Self::Done,
            "DELETE_COMPLETE" => Self::Gone,
            "ROLLBACK_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => {
                Self::RolledBack
            }
            "CREATE_FAILED"
            | "ROLLBACK_FAILED"
            | "DELETE_FAILED"
            | "UPDATE_FAILED"
            | "UPDATE_ROLLBACK_FAILED"
            | "IMPORT_ROLLBACK_FAILED" => Self::Failed,
            _ => Self::Running,
        }
    }
}

impl Stack {
    pub(crate) fn standing(&self) -> Standing {
        Standing::of(&self.status)
    }

    /// Whether it is a name with nothing behind it: made by a change set that was never executed.
    pub(crate) fn is_review(&self) -> bool {
        self.status == "REVIEW_IN_PROGRESS"
    }

    /// Fails where the stack cannot be deployed to right now.
    pub(crate) fn ready(&self) -> Result<()> {
        let error = |kind, message: String, hint: &str| {
            Err(Error::new(kind, STATE, message).with_hint(hint.to_owned()))
        };
        if self.is_review() {
            return Ok(());
        }
        match self.status.as_str() {
            "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => error(
                ErrorKind::Conflict,
                format!(
                    "The stack `{}` is {}: what failed when it was made can only be deleted.",
                    self.name, self.status
                ),
                "Run `cloudformation/delete` on it, then deploy again.",
            ),
            "UPDATE_ROLLBACK_FAILED" => error(
                ErrorKind::Conflict,
                format!(
                    "The stack `{}` is stuck (UPDATE_ROLLBACK_FAILED): its last update failed, and so did the way back.",
                    self.name
                ),
                "Repair the resource that failed, run `cloudformation/continue-rollback` on the stack, then deploy again.",
            ),
            _ if self.standing() == Standing::Running => error(
                ErrorKind::Conflict,
                self.busy(),
                "Wait until that has ended; the stack's events in AWS tell who began it.",
            ),
            _ => Ok(()),
        }
    }
}

impl Stack {
    /// What goes on with it, in a sentence.
    fn busy(&self) -> String {
        let Self { name, status, .. } = self;
        match status.as_str() {
            "DELETE_IN_PROGRESS" => {
                format!("The stack `{name}` is being deleted right now ({status}).")
            }
            _ if status.contains("ROLLBACK") => {
                format!("The stack `{name}` is on its way back to its last good state ({status}).")
            }
            _ if status.contains("CLEANUP") => format!(
                "The stack `{name}` was updated just now and what is no longer needed is being removed ({status})."
            ),
            _ => format!("Somebody else is changing the stack `{name}` right now ({status})."),
        }
    }

    /// What is to be known of its state before it is deployed to.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let name = &self.name;
        let mut notes = Vec::new();
        match self.status.as_str() {
            "REVIEW_IN_PROGRESS" => notes.push(format!(
                "`{name}` is only a name so far (REVIEW_IN_PROGRESS): somebody had a first deployment worked out and did not carry it out. It is made now."
            )),
            "UPDATE_FAILED" => notes.push(format!(
                "The last update of `{name}` failed and was kept as it was (UPDATE_FAILED). This deploys over it; `cloudformation/continue-rollback` goes back instead."
            )),
            "UPDATE_ROLLBACK_COMPLETE" => notes.push(format!(
                "The last update of `{name}` failed and was rolled back; the cause may still be there."
            )),
            _ => {}
        }
        if let Some(root) = &self.root {
            let root = root.split('/').nth(1).unwrap_or(root);
            notes.push(format!(
                "`{name}` is nested in the stack `{root}`; what is done to it directly is undone by the next deployment of that one."
            ));
        }
        notes
    }
}

impl Client<'_> {
    /// The stack of this name or ARN; `None` where there is none. A deleted one is seen by its ARN.
    pub(crate) async fn stack(&self, name: &str) -> Result<Option<Stack>> {
        let form = vec![pair("StackName", name)];
        let reply = match self.ask("DescribeStacks", &form, Does::Look).await? {
            Ok(reply) => reply,
            Err(refusal) if refusal.is_missing() => return Ok(None),
            Err(refusal) => return Err(refusal.error("DescribeStacks")),
        };
        let Some(stack) = reply.members("Stacks").next() else {
            return Ok(None);
        };
        let pairs = |list: &str, key: &str, value: &str| {
            stack
                .members(list)
                .map(|member| (member.text(key).to_owned(), member.text(value).to_owned()))
                .collect::<Vec<_>>()
        };
        Ok(Some(Stack {
            id: stack.text("StackId").to_owned(),
            name: stack.text("StackName").to_owned(),
            status: stack.text("StackStatus").to_owned(),
            reason: stack.text("StackStatusReason").to_owned(),
            outputs: pairs("Outputs", "OutputKey", "OutputValue")
                .into_iter()
                .map(|(key, value)| (key, Value::from(value)))
                .collect(),
            parameters: pairs("Parameters", "ParameterKey", "ParameterValue"),
            tags: pairs("Tags", "Key", "Value"),
            capabilities: stack
                .members("Capabilities")
                .map(|m| m.text.clone())
                .collect(),
            protected: stack.text("EnableTerminationProtection") == "true",
            role: stack.get("RoleARN").map(str::to_owned),
            root: stack
                .get("RootId")
                .or(stack.get("ParentId"))
                .map(str::to_owned),
        }))
    }

    /// As [`Client::stack`], where a deleted stack counts as none.
    pub(crate) async fn living(&self, name: &str) -> Result<Option<Stack>> {
        Ok(self
            .stack(name)
            .await?
            .filter(|stack| stack.standing() != Standing::Gone))
    }

    /// The template as it was given.
    pub(crate) async fn original(&self, stack: &str) -> Result<String> {
        let form = vec![pair("StackName", stack), pair("TemplateStage", "Original")];
        let reply = self.call("GetTemplate", &form, Does::Look).await?;
        reply.get("TemplateBody").map(str::to_owned).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                TEMPLATE,
                format!("CloudFormation has no template of `{stack}`."),
            )
        })
    }

    /// What it is made of, in the order of the reply.
    pub(crate) async fn members(&self, stack: &str) -> Result<Vec<Member>> {
        let pages = self
            .pages("ListStackResources", &vec![pair("StackName", stack)])
            .await?;
        Ok(pages
            .iter()
            .flat_map(|page| page.members("StackResourceSummaries"))
            .map(|member| Member {
                id: member.text("LogicalResourceId").to_owned(),
                kind: member.text("ResourceType").to_owned(),
                physical: member.text("PhysicalResourceId").to_owned(),
                status: member.text("ResourceStatus").to_owned(),
                reason: member.text("ResourceStatusReason").to_owned(),
            })
            .collect())
    }

    /// Where a person can look at a stack; only AWS itself has such a place.
    pub(crate) fn link(&self, id: &str) -> Option<String> {
        if self.signer.endpoint.is_some()
            || self.signer.region.starts_with("cn-")
            || self.signer.region.starts_with("us-gov-")
        {
            return None;
        }
        let region = &self.signer.region;
        let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        Some(format!(
            "https://{region}.console.aws.amazon.com/cloudformation/home?region={region}#/stacks/stackinfo?stackId={id}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_nobody_knows_means_that_it_goes_on() {
        for (status, standing) in [
            ("CREATE_COMPLETE", Standing::Done),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Standing::Running),
            (
                "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
                Standing::Running,
            ),
            ("ROLLBACK_COMPLETE", Standing::RolledBack),
            ("DELETE_FAILED", Standing::Failed),
            ("SOMETHING_NEW", Standing::Running),
            ("", Standing::Running),
        ] {
            assert_eq!(Standing::of(status), standing, "{status}");
        }
    }

    #[test]
    fn a_stack_in_a_bad_state_says_what_to_do() {
        for (status, words) in [
            ("ROLLBACK_COMPLETE", "can only be deleted"),
            ("UPDATE_IN_PROGRESS", "Somebody else"),
            ("UPDATE_ROLLBACK_FAILED", "stuck"),
            ("UPDATE_ROLLBACK_IN_PROGRESS", "on its way back"),
            ("ROLLBACK_IN_PROGRESS", "on its way back"),
            ("DELETE_IN_PROGRESS", "being deleted"),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "being removed"),
        ] {
            let stack = Stack {
                status: status.into(),
                name: "shop".into(),
                ..Stack::default()
            };
            let error = stack.ready().unwrap_err();
            assert!(
                error.message.contains(words) && error.hint.is_some(),
                "{}",
                error.message
            );
        }
        for status in [
            "CREATE_COMPLETE",
            "UPDATE_ROLLBACK_COMPLETE",
            "REVIEW_IN_PROGRESS",
        ] {
            let stack = Stack {
                status: status.into(),
                ..Stack::default()
            };
            assert!(stack.ready().is_ok(), "{status}");
        }
    }
}
