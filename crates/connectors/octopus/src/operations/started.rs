//! What deployments and runbook runs have in common: prompted variables, targets, and a task that is found
//! again by the comment that carries the step's key.

use std::collections::BTreeMap;

use podium_connector::{Action, Change, Context, Drawing, DrawnEdge, DrawnNode};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;
use serde_json::{Map, Value, json};

use crate::client::{Octopus, Thing};
use crate::config::Config;

/// What Octopus says in a preview: steps to carry out, and what it asks for.
pub(crate) struct Plan(pub(crate) Value);

impl Plan {
    fn steps(&self) -> impl Iterator<Item = &Value> {
        self.0["StepsToExecute"].as_array().into_iter().flatten()
    }

    /// A change for each step that would run, with its targets.
    pub(crate) fn changes(&self, config: &Config) -> Vec<Change> {
        self.steps()
            .filter(|step| step["IsDisabled"] != true && !is_skipped(config, step))
            .map(|step| {
                let machines = step["Machines"].as_array().into_iter().flatten();
                let targets: Vec<&str> = machines.filter_map(|one| one["Name"].as_str()).collect();
                let alone = step["HasNoApplicableMachines"] == true;
                Change {
                    action: Action::Run,
                    kind: "Step".into(),
                    name: format!(
                        "{} {}",
                        text(step, "ActionNumber"),
                        text(step, "ActionName")
                    ),
                    before: Value::Null,
                    after: if targets.is_empty() {
                        json!({ "on": "the Octopus server or a worker" })
                    } else {
                        json!({ "on": targets })
                    },
                    stateful: false,
                    confidence: None,
                    because: alone
                        .then(|| "No target is there for this step; Octopus skips it.".into()),
                }
            })
            .collect()
    }

    /// Targets that are not well, as remarks.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for step in self.steps() {
            let machines = step["Machines"].as_array().into_iter().flatten();
            for machine in machines {
                let health = text(machine, "HealthStatus");
                if !matches!(health, "" | "Healthy" | "HasWarnings" | "Unknown") {
                    let remark = format!("The target {} is {health}.", text(machine, "Name"));
                    if !remarks.contains(&remark) {
                        remarks.push(remark);
                    }
                }
            }
        }
        remarks
    }

    /// Its steps, one after the other.
    pub(crate) fn drawing(&self) -> Drawing {
        let nodes: Vec<DrawnNode> = self
            .steps()
            .enumerate()
            .map(|(at, step)| DrawnNode {
                id: match text(step, "ActionId") {
                    "" => format!("step-{at}"),
                    id => id.to_owned(),
                },
                kind: "Step".into(),
                name: text(step, "ActionName").to_owned(),
            })
            .collect();
        let edges = nodes
            .windows(2)
            .map(|pair| DrawnEdge {
                from: pair[0].id.clone(),
                to: pair[1].id.clone(),
            })
            .collect();
        Drawing { nodes, edges }
    }

    /// Ids of the steps to leave out.
    pub(crate) fn skipped(&self, config: &Config) -> Result<Vec<&str>> {
        let wanted = config.skip.as_deref().unwrap_or_default();
        for name in wanted {
            if !self.steps().any(|step| is_step(step, name)) {
                return Err(invalid(
                    format!("Octopus has no step `{name}` in this process."),
                    "Write a step's name or number as Octopus shows it.",
                ));
            }
        }
        Ok(self
            .steps()
            .filter(|step| is_skipped(config, step))
            .map(|step| text(step, "ActionId"))
            .collect())
    }

    /// Values for what Octopus asks, by the names of its form. A secret is opened at the last moment.
    pub(crate) fn answers(
        &self,
        config: &Config,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<Map<String, Value>> {
        let mut values = self.0["Form"]["Values"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        values.retain(|_, value| !value.is_null());
        let given = config.variables.clone().unwrap_or_default();
        let mut used: Vec<&str> = Vec::new();
        for asked in self.asked() {
            let value = given.iter().find(|(name, _)| asked.is(name));
            let secret = secrets.iter().find(|(name, _)| asked.is(name));
            if let Some((name, value)) = value {
                used.push(name);
                values.insert(asked.id.to_owned(), json!(plain(value)));
            } else if let Some((name, secret)) = secret {
                used.push(name);
                let text = secret.expose_str().unwrap_or_default();
                values.insert(asked.id.to_owned(), json!(text));
            } else if asked.required && !values.contains_key(asked.id) {
                return Err(invalid(
                    format!(
                        "Octopus asks for `{}`, and the step gives no value.",
                        asked.label
                    ),
                    "Give it under `variables`, or as a credential at the port `secrets.NAME` where it is secret.",
                ));
            }
        }
        let names = given.keys().chain(secrets.keys());
        if let Some(name) = names
            .into_iter()
            .find(|name| !used.contains(&name.as_str()))
        {
            return Err(invalid(
                format!("Octopus does not ask for `{name}` here."),
                "Only prompted variables can be given; check the name, or mark the variable as prompted in Octopus.",
            ));
        }
        Ok(values)
    }

    fn asked(&self) -> impl Iterator<Item = Asked<'_>> {
        let elements = self.0["Form"]["Elements"].as_array().into_iter().flatten();
        elements
            .filter(|element| element["Control"]["Type"] == "VariableValue")
            .map(|element| Asked {
                id: text(element, "Name"),
                name: text(&element["Control"], "Name"),
                label: match text(&element["Control"], "Label") {
                    "" => text(&element["Control"], "Name"),
                    label => label,
                },
                required: element["IsValueRequired"] == true,
            })
    }
}

/// A prompted variable.
struct Asked<'a> {
    id: &'a str,
    name: &'a str,
    label: &'a str,
    required: bool,
}

impl Asked<'_> {
    fn is(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        [self.id, self.name, self.label]
            .iter()
            .any(|known| known.to_lowercase() == name)
    }
}

/// Values at the ports `secrets.NAME`.
pub(crate) fn secrets(cx: &dyn Context) -> BTreeMap<String, Secret> {
    cx.secrets()
        .into_iter()
        .filter_map(|(name, lease)| Some((name, lease.secrets.into_values().next()?)))
        .collect()
}

/// Ids of machines by name.
async fn machines(octopus: &Octopus<'_>, names: Option<&Vec<String>>) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for name in names.into_iter().flatten() {
        ids.push(
            octopus
                .named("machines", "deployment target", name)
                .await?
                .id,
        );
    }
    Ok(ids)
}

/// The environment and tenant of the step.
pub(crate) async fn target(
    octopus: &Octopus<'_>,
    config: &Config,
) -> Result<(Thing, Option<Thing>)> {
    let name = podium_connector::need(config.environment.as_ref(), "environment")?;
    let environment = octopus.named("environments", "environment", name).await?;
    let tenant = match &config.tenant {
        Some(name) => Some(octopus.named("tenants", "tenant", name).await?),
        None => None,
    };
    Ok((environment, tenant))
}

/// What both kinds of start say: values for what is asked, what is left out, where, for whom, and the mark by
/// which it is found again.
pub(crate) async fn body(
    cx: &dyn Context,
    octopus: &Octopus<'_>,
    plan: &Plan,
    config: &Config,
    (environment, tenant): (&Thing, Option<&Thing>),
    key: &str,
) -> Result<Value> {
    let mut body = json!({
        "EnvironmentId": environment.id,
        "FormValues": plan.answers(config, &secrets(cx))?,
        "SkipActions": plan.skipped(config)?,
        "SpecificMachineIds": machines(octopus, config.only_machines.as_ref()).await?,
        "ExcludedMachineIds": machines(octopus, config.not_machines.as_ref()).await?,
        "UseGuidedFailure": config.guided_failure.unwrap_or_default(),
        "Comments": comment(key),
    });
    if let Some(tenant) = tenant {
        body["TenantId"] = json!(tenant.id);
    }
    Ok(body)
}

/// The comment that a person sees in Octopus, and by which the task is found again.
fn comment(key: &str) -> String {
    format!("Started by Podium [{key}]")
}

/// The thing of a list that carries the step's comment.
pub(crate) fn by_comment<'a>(things: &'a [Thing], key: &str) -> Option<&'a Thing> {
    let comment = comment(key);
    things
        .iter()
        .find(|thing| thing.body["Comments"].as_str() == Some(comment.as_str()))
}

fn is_step(step: &Value, name: &str) -> bool {
    let same = |key: &str| text(step, key).to_lowercase() == name.to_lowercase();
    same("ActionName") || same("ActionNumber") || same("ActionId")
}

fn is_skipped(config: &Config, step: &Value) -> bool {
    let skip = config.skip.as_deref().unwrap_or_default();
    skip.iter().any(|name| is_step(step, name))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // Octopus's own words for a check box.
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

fn invalid(message: String, hint: &str) -> Error {
    Error::new(ErrorKind::Invalid, Code::new("POD0475"), message).with_hint(hint)
}
