//! A template as it is now: what it runs, what it asks for, and what a step's answers come to.

use std::collections::BTreeMap;

use podium_connector::{LATER, StepRequest};
use podium_diagnostics::{Code, Error, ErrorKind, Result};
use podium_secret::Secret;
use serde_json::{Map, Value, json};

use crate::client::{
    Awx, CREDENTIALS, ENVIRONMENTS, GROUPS, INVENTORIES, Kind, LABELS, flag, number, text,
};
use crate::config::{JobType, KEY, Launch, Target};
use crate::survey::{self, Question};

/// The template does not take what the step gives, or lacks what it needs.
const NOT_TAKEN: Code = Code::new("POD0482");
/// A secret would be readable there.
const READABLE: Code = Code::new("POD0461");
/// Passwords of credentials that are asked for at the launch.
const PASSWORDS: [&str; 4] = [
    "ssh_password",
    "become_password",
    "ssh_key_unlock",
    "vault_password",
];

/// A template, and what it asks for.
pub(crate) struct Template {
    pub(crate) target: Target,
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) detail: Value,
    /// What `GET …/launch/` says.
    asks: Value,
    pub(crate) questions: Vec<Question>,
}

/// One thing that keeps a step from being launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snag {
    /// JSON pointer into the inputs.
    pub(crate) field: String,
    message: String,
    hint: String,
    code: Code,
}

/// What is sent, and what of it may be shown.
pub(crate) struct Answers {
    /// AWX's own fields. Holds secrets.
    pub(crate) body: Map<String, Value>,
    /// Names in place of numbers, `(hidden)` in place of secrets.
    pub(crate) shown: Map<String, Value>,
    /// The inventory that it runs on.
    pub(crate) inventory: Option<i64>,
    /// Whether the job can be known again by [`KEY`].
    pub(crate) keyed: bool,
}

impl Template {
    pub(crate) async fn find(awx: &Awx<'_>, target: Target, launch: &Launch) -> Result<Self> {
        let kind = target.templates();
        let mut query = Vec::new();
        if let Some(organization) = &launch.organization {
            query.push(("organization__name", organization.as_str()));
        }
        let detail = awx.named(&kind, &launch.template, &query).await?;
        let id = number(&detail, "id");
        let asks = awx.get(&format!("{}/{id}/launch/", kind.path)).await?;
        let questions = if flag(&asks, "survey_enabled") {
            survey::read(&awx.get(&format!("{}/{id}/survey_spec/", kind.path)).await?)
        } else {
            Vec::new()
        };
        Ok(Self {
            target,
            id,
            name: text(&detail, "name").to_owned(),
            detail,
            asks,
            questions,
        })
    }

    pub(crate) fn takes(&self, flag_name: &str) -> bool {
        flag(&self.asks, flag_name) || flag(&self.detail, flag_name)
    }

    /// The launch without what this template does not ask for.
    pub(crate) fn fitted(&self, mut launch: Launch) -> Launch {
        if !self.takes("ask_inventory_on_launch") {
            launch.inventory = None;
        }
        if !self.takes("ask_limit_on_launch") {
            launch.limit = None;
        }
        launch
    }

    /// Everything that keeps the step from being launched as it stands.
    pub(crate) fn snags(
        &self,
        launch: &Launch,
        secrets: &BTreeMap<String, Secret>,
        request: &StepRequest,
    ) -> Vec<Snag> {
        let later = |name: &str| {
            let pointer = format!("/variables/{}", escaped(name));
            request.inputs.is_unknown_in(&[pointer.as_str()])
                || request.inputs.unknown.contains_key("/variables")
        };
        let mut snags = Vec::new();
        for prompt in launch.given() {
            if !self.takes(prompt.flag) {
                snags.push(Snag {
                    field: format!("/{}", prompt.input),
                    message: format!(
                        "The template `{}` does not ask for `{}`, so that AWX would ignore what the step gives.",
                        self.name, prompt.label
                    ),
                    hint: format!(
                        "In AWX, tick Prompt on launch beside {}, or take `{}` out of the step.",
                        prompt.label, prompt.input
                    ),
                    code: NOT_TAKEN,
                });
            }
        }
        if !self.takes("ask_variables_on_launch") {
            for name in launch.variables.keys() {
                if !self.asks_for(name) {
                    snags.push(Snag {
                        field: format!("/variables/{}", escaped(name)),
                        message: format!(
                            "The template `{}` takes no variable `{name}`, so that AWX would ignore it.",
                            self.name
                        ),
                        hint: "In AWX, tick Prompt on launch beside Variables, or add the variable to the survey.".into(),
                        code: NOT_TAKEN,
                    });
                }
            }
        }
        for wrong in survey::check(&self.questions, &launch.variables, secrets, &later) {
            snags.push(Snag {
                field: format!("/variables/{}", escaped(&wrong.variable)),
                message: wrong.message,
                hint: "Correct the answer under `variables`.".into(),
                code: NOT_TAKEN,
            });
        }
        self.password_snags(secrets, &mut snags);
        if flag(&self.asks, "inventory_needed_to_start") && launch.inventory.is_none() {
            snags.push(Snag {
                field: "/inventory".into(),
                message: format!("The template `{}` has no inventory.", self.name),
                hint: "Name one in the step; the template must ask for it at the launch.".into(),
                code: NOT_TAKEN,
            });
        }
        snags
    }

    fn password_snags(&self, secrets: &BTreeMap<String, Secret>, snags: &mut Vec<Snag>) {
        for name in secrets.keys() {
            if !is_password(name) && !self.asks_password(name) {
                snags.push(Snag {
                    field: format!("/variables/{}", escaped(name)),
                    message: format!(
                        "The secret `{name}` is no password question of the survey, so that everybody who may look at the job could read it."
                    ),
                    hint: format!(
                        "Ask for `{name}` as a password in the survey of `{}`, or keep it in a credential of AWX.",
                        self.name
                    ),
                    code: READABLE,
                });
            }
        }
        let needed = self.asks.get("passwords_needed_to_start");
        for name in needed.and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !secrets.contains_key(name) {
                snags.push(Snag {
                    field: "/credentials".into(),
                    message: format!(
                        "A credential of the template `{}` asks for its `{name}` at each launch.",
                        self.name
                    ),
                    hint: format!("Bind a secret to the port `secrets.{name}` of the step."),
                    code: NOT_TAKEN,
                });
            }
        }
    }

    /// Whether a secret of this name is asked for, by the survey or by a credential.
    pub(crate) fn asks_secret(&self, name: &str) -> bool {
        let needed = self.asks.get("passwords_needed_to_start");
        self.asks_password(name)
            || needed
                .and_then(Value::as_array)
                .is_some_and(|list| list.iter().any(|one| one == name))
    }

    fn asks_for(&self, variable: &str) -> bool {
        self.questions.iter().any(|q| q.variable == variable)
    }

    fn asks_password(&self, variable: &str) -> bool {
        self.questions
            .iter()
            .any(|q| q.variable == variable && q.kind == survey::Kind::Password)
    }

    /// Finds what the step names, and puts the launch together.
    pub(crate) async fn answers(
        &self,
        awx: &Awx<'_>,
        launch: &Launch,
        secrets: &BTreeMap<String, Secret>,
        key: &str,
    ) -> Result<Answers> {
        let mut body = Map::new();
        let mut shown = Map::new();
        let mut inventory = self.detail.get("inventory").and_then(Value::as_i64);
        if let Some(name) = &launch.inventory {
            let found = named(awx, &INVENTORIES, name, launch).await?;
            inventory = Some(number(&found, "id"));
            body.insert("inventory".into(), json!(inventory));
            shown.insert("inventory".into(), json!(text(&found, "name")));
        } else if let Some(name) = self.summary("inventory") {
            shown.insert("inventory".into(), json!(name));
        }
        if !launch.credentials.is_empty() {
            let (ids, names) = self.credentials(awx, launch).await?;
            body.insert("credentials".into(), json!(ids));
            shown.insert("credentials".into(), json!(names));
        }
        if let Some(name) = &launch.execution_environment {
            let found = named(awx, &ENVIRONMENTS, name, launch).await?;
            body.insert("execution_environment".into(), found["id"].clone());
            shown.insert("execution_environment".into(), json!(text(&found, "name")));
        }
        for (field, kind, names) in [
            ("labels", &LABELS, &launch.labels),
            ("instance_groups", &GROUPS, &launch.instance_groups),
        ] {
            if names.is_empty() {
                continue;
            }
            let mut ids = Vec::new();
            for name in names {
                ids.push(named(awx, kind, name, launch).await?["id"].clone());
            }
            body.insert(field.into(), json!(ids));
            shown.insert(field.into(), json!(names));
        }
        for (field, value) in launch.plain() {
            body.insert(field.into(), value.clone());
            shown.insert(field.into(), value);
        }
        let keyed = self.takes("ask_variables_on_launch");
        let mut variables = launch.variables.clone();
        let mut seen = launch.variables.clone();
        let mut passwords = Map::new();
        for (name, secret) in secrets {
            let value = json!(secret.expose_str().unwrap_or_default());
            if self.asks_password(name) {
                variables.insert(name.clone(), value);
                seen.insert(name.clone(), json!("(hidden)"));
            } else {
                passwords.insert(name.clone(), value);
            }
        }
        if !passwords.is_empty() {
            let names: Vec<&String> = passwords.keys().collect();
            shown.insert("credential_passwords".into(), json!(names));
            body.insert("credential_passwords".into(), Value::Object(passwords));
        }
        for question in self
            .questions
            .iter()
            .filter(|question| question.has_default)
        {
            let answer = if question.kind == survey::Kind::Password {
                json!("(hidden)")
            } else {
                question.default.clone()
            };
            seen.entry(question.variable.clone()).or_insert(answer);
        }
        if !seen.is_empty() {
            shown.insert("variables".into(), Value::Object(seen));
        }
        if keyed {
            variables.insert(KEY.into(), json!(key));
        }
        if !variables.is_empty() {
            body.insert("extra_vars".into(), Value::Object(variables));
        }
        Ok(Answers {
            body,
            shown,
            inventory,
            keyed,
        })
    }

    /// AWX takes the list as the whole one: what the template has of other types is kept.
    async fn credentials(
        &self,
        awx: &Awx<'_>,
        launch: &Launch,
    ) -> Result<(Vec<Value>, Vec<String>)> {
        let mut found = Vec::new();
        for name in &launch.credentials {
            found.push(named(awx, &CREDENTIALS, name, launch).await?);
        }
        let kept = self
            .detail
            .pointer("/summary_fields/credentials")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let type_of = |one: &Value| {
            let kind = one.get("credential_type").and_then(Value::as_i64);
            (kind, text(one, "kind").to_owned())
        };
        let replaced: Vec<Option<i64>> = found.iter().map(|one| type_of(one).0).collect();
        let kept = kept.into_iter().filter(|one| match type_of(one) {
            (Some(kind), _) => !replaced.contains(&Some(kind)),
            (None, kind) => !found.iter().any(|given| text(given, "kind") == kind),
        });
        let all: Vec<Value> = kept.chain(found.iter().cloned()).collect();
        Ok((
            all.iter().map(|one| one["id"].clone()).collect(),
            all.iter().map(|one| text(one, "name").to_owned()).collect(),
        ))
    }

    /// The name of something that belongs to the template.
    pub(crate) fn summary(&self, what: &str) -> Option<&str> {
        self.detail
            .pointer(&format!("/summary_fields/{what}/name"))
            .and_then(Value::as_str)
    }

    /// Parts of a workflow that AWX itself calls broken, in words.
    pub(crate) fn broken_parts(&self) -> Vec<String> {
        let count = |field: &str| {
            self.asks
                .get(field)
                .and_then(Value::as_array)
                .map_or(0, Vec::len)
        };
        let mut notes = Vec::new();
        match count("node_templates_missing") {
            0 => {}
            n => notes.push(format!(
                "{n} of its nodes have lost their template; what comes after them does not run."
            )),
        }
        match count("node_prompts_rejected") {
            0 => {}
            n => notes.push(format!(
                "{n} of its nodes give answers that their template does not ask for; AWX ignores those."
            )),
        }
        notes
    }
}

impl Launch {
    /// Fields that need no look at AWX.
    fn plain(&self) -> Vec<(&'static str, Value)> {
        let mut fields = Vec::new();
        let mut add = |name, value: Option<Value>| {
            if let Some(value) = value {
                fields.push((name, value));
            }
        };
        add("limit", self.limit.as_ref().map(|v| json!(v)));
        let list = |list: &[String]| (!list.is_empty()).then(|| json!(list.join(",")));
        add("job_tags", list(&self.tags));
        add("skip_tags", list(&self.skip_tags));
        add(
            "job_type",
            self.job_type.map(|kind| {
                json!(match kind {
                    JobType::Run => "run",
                    JobType::Check => "check",
                })
            }),
        );
        add("diff_mode", self.diff.map(|v| json!(v)));
        add("verbosity", self.verbosity.map(|v| json!(v)));
        add("scm_branch", self.scm_branch.as_ref().map(|v| json!(v)));
        add("forks", self.forks.map(|v| json!(v)));
        add("job_slice_count", self.slices.map(|v| json!(v)));
        add("timeout", self.job_timeout.map(|v| json!(v)));
        fields
    }
}

/// Looked for in the step's organization first, then anywhere: shared things often belong to another.
async fn named(awx: &Awx<'_>, kind: &Kind, name: &str, launch: &Launch) -> Result<Value> {
    if name == LATER {
        return Ok(json!({ "id": null, "name": LATER }));
    }
    match (awx.named(kind, name, &[]).await, &launch.organization) {
        (Err(error), Some(organization)) if error.kind == ErrorKind::Invalid => {
            let query = [("organization__name", organization.as_str())];
            awx.named(kind, name, &query).await
        }
        (found, _) => found,
    }
}

fn is_password(name: &str) -> bool {
    PASSWORDS
        .iter()
        .any(|known| name == *known || name.strip_prefix(known).is_some_and(|r| r.starts_with('.')))
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// One error for all that keeps a step from being launched; none where nothing does.
pub(crate) fn refused(snags: &[Snag]) -> Result<()> {
    let Some(first) = snags.first() else {
        return Ok(());
    };
    let said: Vec<&str> = snags.iter().map(|snag| snag.message.as_str()).collect();
    let mut error = Error::new(ErrorKind::Invalid, first.code.clone(), said.join(" "))
        .with_hint(first.hint.clone());
    for snag in snags {
        error = error.with_context("field", snag.field.as_str());
    }
    Err(error)
}
