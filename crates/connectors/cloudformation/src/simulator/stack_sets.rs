//! Stack sets: made, given stacks in accounts and regions, read, and taken away.

use super::answer::page;
use super::evaluate::{self, ACCOUNT};
use super::render::{elements, list, time};
use super::state::{Cloud, Instance, StackSet};
use super::{Fields, Refused, invalid};
use crate::template::Template;

/// How long one stack of a set takes.
const TAKES: i64 = 400;

fn missing(name: &str) -> Refused {
    (
        404,
        "StackSetNotFoundException",
        format!("StackSet {name} not found"),
    )
}

fn texts(fields: &Fields, name: &str) -> Vec<String> {
    fields.list(name, |f, p| f.get(p).map(str::to_owned))
}

impl Cloud {
    pub(super) fn stack_set(
        &mut self,
        now: i64,
        action: &str,
        fields: &Fields,
    ) -> Result<String, Refused> {
        match action {
            "CreateStackSet" => self.create_stack_set(fields),
            "ListStackSets" => {
                let status = fields.get("Status");
                let all: Vec<&StackSet> = self
                    .stack_sets
                    .iter()
                    .filter(|set| status.is_none_or(|wanted| wanted == state(set)))
                    .collect();
                let (some, next) = page(&all, fields);
                let some = some.iter().map(|set| {
                    elements(&[
                        ("StackSetName", &set.name),
                        ("StackSetId", &set.id),
                        ("Description", &set.description),
                        ("Status", state(set)),
                        ("PermissionModel", "SELF_MANAGED"),
                        ("DriftStatus", "NOT_CHECKED"),
                    ])
                });
                Ok(format!("{}{next}", list("Summaries", some)))
            }
            "DescribeStackSet" => self.describe_stack_set(fields),
            "ListStackInstances" => {
                let set = self.set_of(fields)?;
                let account = fields.get("StackInstanceAccount");
                let region = fields.get("StackInstanceRegion");
                let all: Vec<&Instance> = set
                    .instances
                    .iter()
                    .filter(|one| account.is_none_or(|wanted| wanted == one.account))
                    .filter(|one| region.is_none_or(|wanted| wanted == one.region))
                    .collect();
                let (some, next) = page(&all, fields);
                let some = some.iter().map(|one| {
                    let (status, detail) = if now < one.ready_at {
                        ("OUTDATED", "RUNNING")
                    } else {
                        ("CURRENT", "SUCCEEDED")
                    };
                    format!(
                        "{}<StackInstanceStatus>{}</StackInstanceStatus>",
                        elements(&[
                            ("StackSetId", &set.id),
                            ("Region", &one.region),
                            ("Account", &one.account),
                            ("StackId", &one.stack),
                            ("Status", status),
                            ("DriftStatus", "NOT_CHECKED"),
                            ("LastOperationId", &one.operation),
                        ]),
                        elements(&[("DetailedStatus", detail)])
                    )
                });
                Ok(format!("{}{next}", list("Summaries", some)))
            }
            "CreateStackInstances" => {
                let (accounts, regions) = (texts(fields, "Accounts"), texts(fields, "Regions"));
                let operation = match fields.get("OperationId") {
                    Some(id) => id.to_owned(),
                    None => self.id(),
                };
                let name = self.set_of(fields)?.name.clone();
                let mut ready_at = now;
                for account in &accounts {
                    for region in &regions {
                        ready_at += TAKES;
                        let stack = format!(
                            "arn:aws:cloudformation:{region}:{account}:stack/StackSet-{name}/{}",
                            self.id()
                        );
                        let one = Instance {
                            account: account.clone(),
                            region: region.clone(),
                            stack,
                            ready_at,
                            operation: operation.clone(),
                        };
                        let set = self.set_mut(&name)?;
                        let there = set
                            .instances
                            .iter()
                            .any(|old| old.account == one.account && old.region == one.region);
                        if !there {
                            set.instances.push(one);
                        }
                    }
                }
                Ok(elements(&[("OperationId", &operation)]))
            }
            "DeleteStackInstances" => {
                let (accounts, regions) = (texts(fields, "Accounts"), texts(fields, "Regions"));
                let operation = self.id();
                let name = self.set_of(fields)?.name.clone();
                self.set_mut(&name)?.instances.retain(|one| {
                    !(accounts.contains(&one.account) && regions.contains(&one.region))
                });
                Ok(elements(&[("OperationId", &operation)]))
            }
            _ => {
                let name = self.set_of(fields)?.name.clone();
                let set = self.set_mut(&name)?;
                if !set.instances.is_empty() {
                    return Err((
                        409,
                        "StackSetNotEmptyException",
                        "StackSet is not empty".into(),
                    ));
                }
                set.deleted = true;
                Ok(String::new())
            }
        }
    }

    fn set_of(&self, fields: &Fields) -> Result<&StackSet, Refused> {
        let name = fields.need("StackSetName")?;
        self.stack_sets
            .iter()
            .find(|set| !set.deleted && (set.name == name || set.id == name))
            .ok_or_else(|| missing(name))
    }

    fn set_mut(&mut self, name: &str) -> Result<&mut StackSet, Refused> {
        self.stack_sets
            .iter_mut()
            .find(|set| !set.deleted && set.name == name)
            .ok_or_else(|| missing(name))
    }

    fn create_stack_set(&mut self, fields: &Fields) -> Result<String, Refused> {
        let name = fields.need("StackSetName")?.to_owned();
        if self
            .stack_sets
            .iter()
            .any(|set| !set.deleted && set.name == name)
        {
            return Err((
                409,
                "NameAlreadyExistsException",
                format!("StackSet {name} already exists"),
            ));
        }
        let body = self.storage.template(fields)?;
        let template = Template::parse(body.clone(), &name)
            .map_err(|error| invalid(format!("Template format error: {}", error.message)))?;
        evaluate::consent(&template, &texts(fields, "Capabilities"))?;
        let given = fields.list("Parameters", |f, p| {
            let key = f.get(&format!("{p}.ParameterKey"))?.to_owned();
            Some((key, Some(f.text(&format!("{p}.ParameterValue")).to_owned())))
        });
        let parameters =
            evaluate::parameters(&template, &given, &super::state::Version::default())?;
        let id = format!("{name}:{}", self.id());
        self.stack_sets.push(StackSet {
            id: id.clone(),
            name,
            description: fields.text("Description").to_owned(),
            template: body,
            parameters,
            deleted: false,
            instances: Vec::new(),
        });
        Ok(elements(&[("StackSetId", &id)]))
    }

    fn describe_stack_set(&self, fields: &Fields) -> Result<String, Refused> {
        let set = self.set_of(fields)?;
        let hidden = Template::parse(set.template.clone(), &set.name).ok();
        let parameters = set.parameters.iter().map(|(name, value)| {
            let secret = hidden.as_ref().is_some_and(|one| one.is_hidden(name));
            elements(&[
                ("ParameterKey", name),
                ("ParameterValue", if secret { "****" } else { value }),
            ])
        });
        let head = elements(&[
            ("StackSetName", &set.name),
            ("StackSetId", &set.id),
            ("Description", &set.description),
            ("Status", state(set)),
            ("TemplateBody", &set.template),
            (
                "StackSetARN",
                &format!(
                    "arn:aws:cloudformation:us-east-1:{ACCOUNT}:stackset/{}",
                    set.id
                ),
            ),
            ("PermissionModel", "SELF_MANAGED"),
        ]);
        let drift = elements(&[
            ("DriftStatus", "NOT_CHECKED"),
            ("LastDriftCheckTimestamp", &time(0)),
            ("TotalStackInstancesCount", &set.instances.len().to_string()),
        ]);
        Ok(format!(
            "<StackSet>{head}{}<StackSetDriftDetectionDetails>{drift}</StackSetDriftDetectionDetails></StackSet>",
            list("Parameters", parameters)
        ))
    }
}

fn state(set: &StackSet) -> &'static str {
    if set.deleted { "DELETED" } else { "ACTIVE" }
}
