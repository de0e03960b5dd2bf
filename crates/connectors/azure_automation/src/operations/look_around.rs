//! Who asks, what they may do, and what there is to choose from.

use podium_connector::{Choice, Context, Fact, Identity, Right, StepRequest};
use podium_diagnostics::Result;
use podium_rest::Call;
use serde_json::Value;

use crate::client::{Azure, properties, text};

/// The version of the list of permissions.
const PERMISSIONS: &str = "2022-04-01";
/// What a run needs, in Azure's own words.
pub(crate) const NEEDED: [&str; 4] = [
    "Microsoft.Automation/automationAccounts/read",
    "Microsoft.Automation/automationAccounts/runbooks/read",
    "Microsoft.Automation/automationAccounts/jobs/write",
    "Microsoft.Automation/automationAccounts/jobs/read",
];

/// What tying a schedule to a runbook needs.
pub(crate) const SCHEDULING: [&str; 6] = [
    "Microsoft.Automation/automationAccounts/read",
    "Microsoft.Automation/automationAccounts/runbooks/read",
    "Microsoft.Automation/automationAccounts/schedules/read",
    "Microsoft.Automation/automationAccounts/schedules/write",
    "Microsoft.Automation/automationAccounts/jobSchedules/read",
    "Microsoft.Automation/automationAccounts/jobSchedules/write",
];

pub(crate) async fn identify(cx: &dyn Context, request: &StepRequest) -> Result<Identity> {
    let azure = Azure::open(cx, request.inputs.text("subscription"))?;
    let seen = azure.subscriptions().await?;
    let wanted = azure.subscription().await?;
    let name = seen
        .iter()
        .find(|one| text(one, "subscriptionId").eq_ignore_ascii_case(&wanted))
        .map(|one| text(one, "displayName"))
        .filter(|name| !name.is_empty());
    Ok(Identity {
        system: "azure".into(),
        facts: Fact::list([
            ("subscription", wanted.as_str()),
            ("subscription", name.unwrap_or_default()),
            ("tenant", &azure.tenant),
            ("user", &azure.client),
        ]),
        account: match name {
            Some(name) => format!("{wanted} ({name})"),
            None => wanted,
        },
        user: azure.client.clone(),
        place: Some(format!("tenant {}", azure.tenant)),
        expires: None,
    })
}

/// What the identity may do in the account, as Azure's list of permissions says.
pub(crate) async fn rights(
    cx: &dyn Context,
    request: &StepRequest,
    needed: &[&str],
) -> Result<Vec<Right>> {
    if request
        .inputs
        .is_unknown_in(&["/account", "/resource_group", "/subscription"])
    {
        return Ok(Vec::new());
    }
    let inputs = &request.inputs;
    let Some(name) = inputs.text("account") else {
        return Ok(Vec::new());
    };
    let azure = Azure::open(cx, inputs.text("subscription"))?;
    let account = azure.account(name, inputs.text("resource_group")).await?;
    let path = account.at("providers/Microsoft.Authorization/permissions");
    let call = Call::get(path).query("api-version", PERMISSIONS);
    // The list is not part of Automation's interface: where it is not to be had, nobody can tell before.
    let held = azure.all(call).await.ok();
    Ok(needed
        .iter()
        .map(|needed| Right {
            what: (*needed).to_owned(),
            held: held.as_ref().map(|held| allows(held, needed)),
        })
        .collect())
}

fn allows(permissions: &[Value], needed: &str) -> bool {
    let any = |one: &Value, field: &str| {
        one.get(field)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|pattern| fits(&pattern.to_lowercase(), &needed.to_lowercase()))
    };
    permissions
        .iter()
        .any(|one| any(one, "actions") && !any(one, "notActions"))
}

/// A right against a pattern in which `*` stands for anything.
fn fits(pattern: &str, right: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == right,
        Some((before, after)) => {
            let Some(rest) = right.strip_prefix(before) else {
                return false;
            };
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| fits(after, &rest[at..]))
        }
    }
}

pub(crate) async fn discover(
    cx: &dyn Context,
    request: &StepRequest,
    what: &str,
) -> Result<Option<Vec<Choice>>> {
    let inputs = &request.inputs;
    let azure = Azure::open(cx, inputs.text("subscription"))?;
    let choice = |value: &str, label: String| Choice {
        value: value.to_owned(),
        label,
    };
    let choices = match what {
        "subscriptions" => azure
            .subscriptions()
            .await?
            .iter()
            .map(|one| {
                let id = text(one, "subscriptionId");
                choice(id, format!("{} ({id})", text(one, "displayName")))
            })
            .collect(),
        "accounts" => azure
            .accounts()
            .await?
            .iter()
            .map(|one| choice(text(one, "name"), text(one, "name").to_owned()))
            .collect(),
        "resource_groups" => {
            let mut groups: Vec<String> = azure
                .accounts()
                .await?
                .iter()
                .filter_map(|one| text(one, "id").split('/').nth(4).map(str::to_owned))
                .collect();
            groups.sort();
            groups.dedup();
            groups.iter().map(|one| choice(one, one.clone())).collect()
        }
        "runbooks" | "worker_groups" | "schedules" | "webhooks" => {
            let Some(name) = inputs.text("account") else {
                return Ok(Some(Vec::new()));
            };
            let account = azure.account(name, inputs.text("resource_group")).await?;
            let list = if what == "worker_groups" {
                "hybridRunbookWorkerGroups"
            } else {
                what
            };
            account
                .all(list)
                .await?
                .iter()
                .map(|one| {
                    let name = text(one, "name");
                    let label = match text(properties(one), "state") {
                        "New" => format!("{name} (never published)"),
                        "Edit" => format!("{name} (has a draft)"),
                        _ => name.to_owned(),
                    };
                    choice(name, label)
                })
                .collect()
        }
        _ => return Ok(None),
    };
    Ok(Some(choices))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_right_is_held_where_a_pattern_gives_it_and_none_takes_it_away() {
        let operator = [json!({
            "actions": ["Microsoft.Automation/automationAccounts/jobs/*", "Microsoft.Automation/*/read"],
            "notActions": ["Microsoft.Automation/automationAccounts/jobs/stop/action"],
        })];
        for (needed, held) in [
            ("Microsoft.Automation/automationAccounts/jobs/write", true),
            (
                "Microsoft.Automation/automationAccounts/runbooks/read",
                true,
            ),
            (
                "Microsoft.Automation/automationAccounts/jobs/stop/action",
                false,
            ),
            (
                "Microsoft.Automation/automationAccounts/runbooks/write",
                false,
            ),
        ] {
            assert_eq!(allows(&operator, needed), held, "{needed}");
        }
        assert!(allows(&[json!({ "actions": ["*"] })], NEEDED[2]));
    }
}
