//! The calls, one by one.

use std::collections::BTreeMap;

use super::compare::changes;
use super::evaluate::{self, ACCOUNT};
use super::nested_sets::SAME;
use super::render::{change_xml, drifts, elements, event_xml, list, stack_xml, time};
use super::state::{Change, Cloud, Event, Set, Stack, Version};
use super::{Fields, Refused, invalid};
use crate::template::{NESTED, Template};

/// How long working out a change set, or looking for drift, takes.
pub(super) const WORKS_OUT: i64 = 300;
/// Entries on a page; few, so that paging is met in practice too.
const PAGE: usize = 20;

/// A page of entries that begins at the token, and the token of the next.
pub(super) fn page<'a, T>(all: &'a [T], fields: &Fields) -> (&'a [T], String) {
    let from: usize = fields.text("NextToken").parse().unwrap_or(0).min(all.len());
    let to = (from + PAGE).min(all.len());
    let next = if to < all.len() {
        elements(&[("NextToken", &to.to_string())])
    } else {
        String::new()
    };
    (&all[from..to], next)
}

impl Cloud {
    pub(super) fn answer(
        &mut self,
        now: i64,
        action: &str,
        fields: &Fields,
    ) -> Result<String, Refused> {
        for stack in &mut self.stacks {
            stack
                .sets
                .retain(|set| set.gone_at.is_none_or(|gone| now < gone));
        }
        match action {
            "GetCallerIdentity" => Ok(elements(&[
                ("Arn", &format!("arn:aws:iam::{ACCOUNT}:user/practice")),
                ("UserId", "AIDAPRACTICE"),
                ("Account", ACCOUNT),
            ])),
            "CreateChangeSet" => self.create_set(now, fields),
            "DescribeChangeSet" => self.describe_set(now, fields),
            "ExecuteChangeSet" => self.execute_set(now, fields),
            "DeleteChangeSet" => {
                let (at, name) = self.set_at(fields)?;
                let stack = self.stacks[at].id.clone();
                for set in self.stacks[at]
                    .sets
                    .iter_mut()
                    .filter(|set| set.name == name)
                {
                    // Nested ones go one after the other.
                    set.gone_at = Some(if set.nested { now + WORKS_OUT } else { now });
                }
                self.discard_below(&stack, &name);
                let at = self.position(&stack)?;
                self.stacks[at]
                    .sets
                    .retain(|set| set.gone_at.is_none_or(|gone| now < gone));
                Ok(String::new())
            }
            "CreateStackSet"
            | "ListStackSets"
            | "DescribeStackSet"
            | "ListStackInstances"
            | "CreateStackInstances"
            | "DeleteStackInstances"
            | "DeleteStackSet" => self.stack_set(now, action, fields),
            "ContinueUpdateRollback" => self.continue_rollback(now, fields),
            "RollbackStack" => {
                let at = self.position(fields.need("StackName")?)?;
                let stack = &self.stacks[at];
                if !matches!(stack.status.as_str(), "CREATE_FAILED" | "UPDATE_FAILED") {
                    return Err(invalid(format!(
                        "Stack:{} is in {} state and can not be rolled back.",
                        stack.id, stack.status
                    )));
                }
                let id = stack.id.clone();
                self.roll_back(now, at, fields.text("ClientRequestToken"));
                self.advance(now);
                Ok(elements(&[("StackId", &id)]))
            }
            "DescribeStacks" => self.describe_stacks(fields),
            "ListStacks" => {
                let wanted = fields.list("StackStatusFilter", |f, p| f.get(p).map(str::to_owned));
                let all: Vec<&Stack> = self
                    .stacks
                    .iter()
                    .filter(|stack| wanted.is_empty() || wanted.contains(&stack.status))
                    .collect();
                let (some, next) = page(&all, fields);
                let some = some.iter().map(|stack| {
                    elements(&[
                        ("StackId", &stack.id),
                        ("StackName", &stack.name),
                        ("StackStatus", &stack.status),
                        ("CreationTime", &time(stack.made_at)),
                    ])
                });
                Ok(format!("{}{next}", list("StackSummaries", some)))
            }
            "DescribeStackEvents" => {
                let stack = self.find(fields.need("StackName")?)?;
                let newest_first: Vec<&Event> = stack.events.iter().rev().collect();
                let (some, next) = page(&newest_first, fields);
                let some = some.iter().map(|event| event_xml(stack, event));
                Ok(format!("{}{next}", list("StackEvents", some)))
            }
            "ListStackResources" => {
                let stack = self.find(fields.need("StackName")?)?;
                let (some, next) = page(&stack.resources, fields);
                let some = some.iter().map(|one| {
                    elements(&[
                        ("LogicalResourceId", &one.id),
                        ("PhysicalResourceId", &one.physical),
                        ("ResourceType", &one.kind),
                        ("ResourceStatus", &one.status),
                        ("ResourceStatusReason", &one.reason),
                        ("LastUpdatedTimestamp", &time(one.at)),
                    ])
                });
                Ok(format!("{}{next}", list("StackResourceSummaries", some)))
            }
            "GetTemplate" => {
                let stack = self.find(fields.need("StackName")?)?;
                Ok(elements(&[("TemplateBody", &stack.now.template)]))
            }
            "DeleteStack" => self.delete_stack(now, fields),
            "CancelUpdateStack" => {
                let at = self.position(fields.need("StackName")?)?;
                if self.stacks[at].status != "UPDATE_IN_PROGRESS" {
                    return Err(invalid(format!(
                        "CancelUpdateStack cannot be called from current stack status {}",
                        self.stacks[at].status
                    )));
                }
                self.turn_back(now, at, fields.text("ClientRequestToken"));
                self.advance(now);
                Ok(String::new())
            }
            "UpdateTerminationProtection" => {
                let at = self.position(fields.need("StackName")?)?;
                self.stacks[at].protected = fields.text("EnableTerminationProtection") == "true";
                Ok(elements(&[("StackId", &self.stacks[at].id)]))
            }
            "DetectStackDrift" => {
                let stack = self.find(fields.need("StackName")?)?.id.clone();
                let id = self.id();
                self.detections.insert(id.clone(), (stack, now + WORKS_OUT));
                Ok(elements(&[("StackDriftDetectionId", &id)]))
            }
            "DescribeStackDriftDetectionStatus" => self.detection(now, fields),
            "DescribeStackResourceDrifts" => {
                let stack = self.find(fields.need("StackName")?)?;
                Ok(drifts(stack))
            }
            // Not the vendor's: somebody makes a bucket with trouble in it.
            "PracticeBucket" => self.storage.trouble(fields),
            // Not the vendor's: somebody repairs what holds a way back up.
            "PracticeRepair" => {
                let at = self.position(fields.need("StackName")?)?;
                for (one, reason) in self.stacks[at]
                    .back
                    .iter_mut()
                    .flat_map(|back| &mut back.stuck)
                {
                    if one.id == fields.text("LogicalResourceId") {
                        reason.clear();
                    }
                }
                Ok(String::new())
            }
            // Not the vendor's: somebody changes a resource behind the stack's back.
            "PracticeChange" => {
                let at = self.position(fields.need("StackName")?)?;
                let id = fields.need("LogicalResourceId")?;
                let one = self.stacks[at]
                    .resources
                    .iter_mut()
                    .find(|one| one.id == id);
                let one = one.ok_or_else(|| invalid(format!("Resource {id} does not exist")))?;
                one.changed
                    .insert(fields.text("Property").into(), fields.text("Value").into());
                Ok(String::new())
            }
            _ => Err((
                400,
                "InvalidAction",
                format!("Could not find operation {action} for version 2010-05-15"),
            )),
        }
    }

    fn position(&self, name: &str) -> Result<usize, Refused> {
        self.stacks
            .iter()
            .position(|stack| stack.id == name || (stack.name == name && !stack.is_gone()))
            .ok_or_else(|| invalid(format!("Stack with id {name} does not exist")))
    }

    fn find(&self, name: &str) -> Result<&Stack, Refused> {
        Ok(&self.stacks[self.position(name)?])
    }

    fn set_at(&self, fields: &Fields) -> Result<(usize, String), Refused> {
        let wanted = fields.need("ChangeSetName")?;
        let missing = || {
            (
                404,
                "ChangeSetNotFound",
                format!("ChangeSet [{wanted}] does not exist"),
            )
        };
        let at = match fields.get("StackName") {
            Some(name) => self.position(name).map_err(|_| missing())?,
            None => self
                .stacks
                .iter()
                .position(|stack| stack.sets.iter().any(|set| set.id == wanted))
                .ok_or_else(missing)?,
        };
        let set = self.stacks[at]
            .sets
            .iter()
            .find(|set| set.id == wanted || set.name == wanted);
        Ok((at, set.ok_or_else(missing)?.name.clone()))
    }

    fn create_set(&mut self, now: i64, fields: &Fields) -> Result<String, Refused> {
        let stack_name = fields.need("StackName")?.to_owned();
        let name = fields.need("ChangeSetName")?.to_owned();
        let fresh = fields.text("ChangeSetType") == "CREATE";
        let known = self.position(&stack_name).ok();
        if let Some(at) = known {
            let stack = &self.stacks[at];
            if let Some(set) = stack.sets.iter().find(|set| set.name == name) {
                if !set.token.is_empty() && set.token == fields.text("ClientToken") {
                    return Ok(elements(&[("Id", &set.id), ("StackId", &stack.id)]));
                }
                return Err((
                    409,
                    "AlreadyExistsException",
                    format!("ChangeSet {name} already exists"),
                ));
            }
            let review = stack.status == "REVIEW_IN_PROGRESS";
            if fresh && !review {
                return Err(invalid(format!(
                    "Stack [{stack_name}] already exists and cannot be created again with the changeSet [{name}]."
                )));
            }
            if !review
                && (stack.status.ends_with("_IN_PROGRESS")
                    || matches!(
                        stack.status.as_str(),
                        "ROLLBACK_COMPLETE" | "UPDATE_ROLLBACK_FAILED"
                    ))
            {
                return Err(invalid(format!(
                    "Stack:{} is in {} state and can not be updated.",
                    stack.id, stack.status
                )));
            }
        } else if !fresh {
            return Err(invalid(format!("Stack [{stack_name}] does not exist")));
        }
        let body = self.storage.template(fields)?;
        let template = Template::parse(body.clone(), &stack_name)
            .map_err(|error| invalid(format!("Template format error: {}", error.message)))?;
        let capabilities = fields.list("Capabilities", |f, p| f.get(p).map(str::to_owned));
        evaluate::consent(&template, &capabilities)?;
        let given = fields.list("Parameters", |f, p| {
            let key = f.get(&format!("{p}.ParameterKey"))?.to_owned();
            let previous = f.text(&format!("{p}.UsePreviousValue")) == "true";
            Some((
                key,
                (!previous).then(|| f.text(&format!("{p}.ParameterValue")).to_owned()),
            ))
        });
        let former = known
            .map(|at| self.stacks[at].now.clone())
            .unwrap_or_default();
        let version = Version {
            parameters: evaluate::parameters(&template, &given, &former)?,
            template: body,
            tags: fields
                .list("Tags", |f, p| {
                    Some((
                        f.get(&format!("{p}.Key"))?.to_owned(),
                        f.text(&format!("{p}.Value")).to_owned(),
                    ))
                })
                .into_iter()
                .collect(),
            capabilities,
            role: fields.get("RoleARN").map(str::to_owned),
            outputs: BTreeMap::new(),
        };
        let at = match known {
            Some(at) => at,
            None => self.make_name(now, &stack_name),
        };
        let mut changes = changes(&self.stacks[at], &template, &version);
        let below = self.look_below(now, at, &template, &version, &mut changes, Some(&name));
        let same = changes.is_empty() && version.tags == former.tags && !fresh;
        let nested = template.resources().iter().any(|one| one.kind == NESTED);
        if fields.text("IncludeNestedStacks") != "true" {
            for change in &mut changes {
                change.set = None;
            }
        }
        let set = Set {
            id: format!(
                "arn:aws:cloudformation:us-east-1:{ACCOUNT}:changeSet/{name}/{}",
                self.id()
            ),
            name,
            token: fields.text("ClientToken").to_owned(),
            execution: "AVAILABLE".into(),
            reason: match below {
                Err(why) => why,
                Ok(()) if same => SAME.into(),
                Ok(()) => String::new(),
            },
            nested,
            gone_at: None,
            version,
            on_failure: fields
                .get("OnStackFailure")
                .unwrap_or("ROLLBACK")
                .to_owned(),
            changes,
            ready_at: now + WORKS_OUT,
            fresh,
            executed_by: None,
        };
        let reply = elements(&[("Id", &set.id), ("StackId", &self.stacks[at].id)]);
        self.stacks[at].sets.push(set);
        Ok(reply)
    }

    pub(super) fn make_name(&mut self, now: i64, name: &str) -> usize {
        let id = format!(
            "arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{name}/{}",
            self.id()
        );
        self.stacks.push(Stack {
            events: vec![Event {
                id: format!("review-{}", self.count),
                about: name.to_owned(),
                kind: "AWS::CloudFormation::Stack".into(),
                physical: id.clone(),
                status: "REVIEW_IN_PROGRESS".into(),
                reason: "User Initiated".into(),
                token: String::new(),
                at: now,
            }],
            id,
            name: name.to_owned(),
            status: "REVIEW_IN_PROGRESS".into(),
            made_at: now,
            changed_at: now,
            ..Stack::default()
        });
        self.stacks.len() - 1
    }

    fn describe_set(&self, now: i64, fields: &Fields) -> Result<String, Refused> {
        let (at, name) = self.set_at(fields)?;
        let stack = &self.stacks[at];
        let set = stack
            .sets
            .iter()
            .find(|set| set.name == name)
            .ok_or_else(|| invalid("gone"))?;
        let (status, execution) = if set.gone_at.is_some() {
            ("DELETE_IN_PROGRESS", "UNAVAILABLE")
        } else if now < set.ready_at {
            ("CREATE_IN_PROGRESS", "UNAVAILABLE")
        } else if set.reason.is_empty() {
            ("CREATE_COMPLETE", set.execution.as_str())
        } else {
            ("FAILED", "UNAVAILABLE")
        };
        let values = fields.text("IncludePropertyValues") == "true";
        let shown: &[Change] = if status == "CREATE_COMPLETE" {
            &set.changes
        } else {
            &[]
        };
        let (some, next) = page(shown, fields);
        let head = elements(&[
            ("ChangeSetName", &set.name),
            ("ChangeSetId", &set.id),
            ("StackId", &stack.id),
            ("StackName", &stack.name),
            ("Status", status),
            ("StatusReason", &set.reason),
            ("ExecutionStatus", execution),
            ("OnStackFailure", &set.on_failure),
            ("IncludeNestedStacks", if set.nested { "true" } else { "" }),
        ]);
        Ok(format!(
            "{head}{}{next}",
            list(
                "Changes",
                some.iter().map(|change| change_xml(change, values))
            )
        ))
    }

    fn execute_set(&mut self, now: i64, fields: &Fields) -> Result<String, Refused> {
        let (at, name) = self.set_at(fields)?;
        let token = fields.text("ClientRequestToken").to_owned();
        let stack = &mut self.stacks[at];
        let Some(set) = stack.sets.iter_mut().find(|set| set.name == name) else {
            return Err(invalid("gone"));
        };
        if set.executed_by.as_deref() == Some(token.as_str()) && !token.is_empty() {
            return Ok(String::new());
        }
        if set.executed_by.is_some() || now < set.ready_at || !set.reason.is_empty() {
            return Err((
                400,
                "InvalidChangeSetStatus",
                format!(
                    "ChangeSet [{}] cannot be executed in its current status",
                    set.id
                ),
            ));
        }
        set.executed_by = Some(token.clone());
        set.execution = "EXECUTE_IN_PROGRESS".into();
        let set = set.clone();
        // The others were worked out from what is past now.
        stack.sets.retain(|other| other.name == set.name);
        self.execute(now, at, &set, &token);
        self.advance(now);
        Ok(String::new())
    }

    fn describe_stacks(&self, fields: &Fields) -> Result<String, Refused> {
        let stacks: Vec<&Stack> = match fields.get("StackName") {
            Some(name) => vec![self.find(name)?],
            None => self
                .stacks
                .iter()
                .filter(|stack| !stack.is_gone())
                .collect(),
        };
        let (some, next) = page(&stacks, fields);
        Ok(format!(
            "{}{next}",
            list("Stacks", some.iter().map(|stack| stack_xml(stack)))
        ))
    }

    fn delete_stack(&mut self, now: i64, fields: &Fields) -> Result<String, Refused> {
        // A stack that is not there is as deleted as can be.
        let Ok(at) = self.position(fields.need("StackName")?) else {
            return Ok(String::new());
        };
        let stack = &self.stacks[at];
        if stack.is_gone() {
            return Ok(String::new());
        }
        if stack.protected {
            return Err(invalid(format!(
                "Stack [{}] cannot be deleted while TerminationProtection is enabled",
                stack.name
            )));
        }
        if stack.status == "UPDATE_IN_PROGRESS" {
            return Err(invalid(format!(
                "Stack [{}] cannot be deleted while in status UPDATE_IN_PROGRESS",
                stack.id
            )));
        }
        if stack.status != "DELETE_IN_PROGRESS" {
            self.remove(now, at, fields.text("ClientRequestToken"));
        }
        Ok(String::new())
    }

    fn continue_rollback(&mut self, now: i64, fields: &Fields) -> Result<String, Refused> {
        let at = self.position(fields.need("StackName")?)?;
        let stack = &self.stacks[at];
        if stack.status != "UPDATE_ROLLBACK_FAILED" {
            return Err(invalid(format!(
                "Stack:{} is in {} state and can not continue update rollback.",
                stack.id, stack.status
            )));
        }
        let skip = fields.list("ResourcesToSkip", |f, p| f.get(p).map(str::to_owned));
        let strange = skip.iter().find(|name| {
            let mut held = stack.back.iter().flat_map(|back| &back.stuck);
            !held.any(|(one, _)| one.id == **name)
        });
        if let Some(name) = strange {
            return Err(invalid(format!(
                "Resources [{name}] cannot be skipped: they are not in UPDATE_FAILED state"
            )));
        }
        self.continue_back(now, at, fields.text("ClientRequestToken"), &skip);
        self.advance(now);
        Ok(String::new())
    }

    fn detection(&self, now: i64, fields: &Fields) -> Result<String, Refused> {
        let id = fields.need("StackDriftDetectionId")?;
        let (stack, ready) = self
            .detections
            .get(id)
            .ok_or_else(|| invalid(format!("Detection {id} does not exist")))?;
        let drifted = self
            .find(stack)?
            .resources
            .iter()
            .filter(|one| !one.changed.is_empty())
            .count();
        let (detection, drift) = match (now < *ready, drifted) {
            (true, _) => ("DETECTION_IN_PROGRESS", ""),
            (false, 0) => ("DETECTION_COMPLETE", "IN_SYNC"),
            (false, _) => ("DETECTION_COMPLETE", "DRIFTED"),
        };
        Ok(elements(&[
            ("StackId", stack),
            ("StackDriftDetectionId", id),
            ("DetectionStatus", detection),
            ("StackDriftStatus", drift),
            ("DriftedStackResourceCount", &drifted.to_string()),
            ("Timestamp", &time(now)),
        ]))
    }
}
